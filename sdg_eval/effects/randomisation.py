"""How often would 15 provinces drawn at random have done as well as the pilots?

The pilots were chosen, not drawn: the p says "as if assigned at random within strata" and is worded so. The outcome is
reduced to one change per province once; every draw of who is treated is then one row of a matrix product.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, product
from math import comb, prod

import numpy as np

from sdg_eval.effects.design import EffectPanel
from sdg_eval.errors import DataError

DRAWS, SEED, ENUMERATE = 9999, 20301231, 20_000
_BLOCK = 2000


@dataclass(frozen=True)
class Randomisation:
    """The statistic (difference in mean change), two-sided and one-sided p, assignments tried, and whether all were.

    `expected` is what the draws give on average: pilots of regions that moved more than others differ without any effect.
    The two-sided p counts distances from it, and `within` is the statistic less it: the difference within strata.
    """

    statistic: float
    expected: float
    p_value: float
    p_greater: float
    n_assignments: int
    enumerated: bool
    draws: np.ndarray  # statistics of the assignments, for the histogram

    @property
    def within(self) -> float:
        """The difference within strata."""
        return self.statistic - self.expected


def unit_changes(panel: EffectPanel) -> np.ndarray:
    """Return each province's mean after less its mean before, period effects taken out.

    With all values there, the difference of its means between treated and others is the two-way fixed effects estimate
    exactly. With gaps the period effects are those of the two-way model without treatment.
    """
    left = _period_free(panel)
    return np.nanmean(left[:, panel.post], axis=1) - np.nanmean(left[:, ~panel.post], axis=1)


def beyond_trend(panel: EffectPanel) -> np.ndarray:
    """Return each province's mean after less what its own straight line before would have given; NaN under three values before.

    A difference in trend between pilots and others that goes on is no effect of the pilot, and this change is free of it. It
    is noisier: a line is drawn beyond its data.
    """
    left, before = _period_free(panel), ~panel.post
    t, held = np.array(panel.periods, dtype=float), np.isfinite(left)
    known = held & before
    n = known.sum(axis=1)
    centre = np.where(known, t, 0).sum(axis=1) / np.maximum(n, 1)
    shift = t - centre[:, None]
    square = np.where(known, shift**2, 0).sum(axis=1)
    filled = np.where(held, left, 0)
    level = np.where(known, filled, 0).sum(axis=1) / np.maximum(n, 1)
    slope = np.where(known, shift * filled, 0).sum(axis=1) / np.where(square > 0, square, 1)
    beyond = np.where(held & panel.post, filled - level[:, None] - slope[:, None] * shift, 0).sum(axis=1) / (held & panel.post).sum(axis=1)
    return np.where(n >= 3, beyond, np.nan)


def _period_free(panel: EffectPanel) -> np.ndarray:
    """Values less the period effects of the two-way model; NaN where there is no value."""
    values = panel.values
    held = np.isfinite(values)
    filled = np.where(held, values, 0.0)
    period = np.zeros(values.shape[1])
    for _ in range(500):
        unit = (filled - held * period).sum(axis=1) / held.sum(axis=1)
        new = (filled - held * unit[:, None]).sum(axis=0) / held.sum(axis=0)
        if np.abs(new - period).max() <= 1e-12 * (1 + np.abs(new).max()):
            break
        period = new
    return np.where(held, values - period, np.nan)


def randomise(changes, treated, strata=None, *, draws: int = DRAWS, seed: int = SEED, weights=None) -> list[Randomisation]:
    """Return the randomisation test of each outcome: `changes` areas x outcomes (or one column).

    Who is treated is drawn anew within strata, as many as there were; all assignments are enumerated when they are at most
    20,000. Drawn: p = (1 + as far) / (draws + 1); enumerated, the real assignment among them: share. `weights` (one per
    area) make the statistic a difference of weighted means. Raises DataError for missing changes or a treatment that is all or none.
    """
    observed, drawn, every, expected = _differences(changes, treated, strata, draws, seed, weights)
    far = (np.abs(drawn - expected) >= np.abs(observed - expected) - 1e-12).sum(axis=0)
    above = (drawn >= observed - 1e-12).sum(axis=0)
    extra, total = (0, len(drawn)) if every else (1, len(drawn) + 1)
    return [
        Randomisation(float(observed[j]), float(expected[j]), float((far[j] + extra) / total), float((above[j] + extra) / total), len(drawn), every, drawn[:, j])
        for j in range(len(observed))
    ]


def pretrend_test(panel: EffectPanel, strata=None, *, draws: int = DRAWS, seed: int = SEED) -> tuple[float, float]:
    """Return (statistic, p) of the joint test that pilots and others moved alike before the pilot, by randomisation.

    The vector of differences in deviation from each province's own mean before, measured by the spread of such vectors
    between provinces; who is treated is drawn anew. The usual cluster F test of the leads rejects a third of truly
    parallel panels at 10% with 15 treated provinces and seven leads (docs/decisions/0014). NaN with fewer than two
    periods before, or where provinces lack values there.
    """
    before = panel.values[:, ~panel.post]
    full = np.isfinite(before).all(axis=1)
    if before.shape[1] < 2 or panel.treated[full].sum() < 2 or (~panel.treated)[full].sum() < 2:
        return np.nan, np.nan
    deviation = before[full] - before[full].mean(axis=1, keepdims=True)
    strata = None if strata is None else np.asarray(strata)[full]
    observed, drawn, every, expected = _differences(deviation[:, 1:], panel.treated[full], strata, draws, seed)
    observed, drawn = observed - expected, drawn - expected
    precision = np.linalg.pinv(np.cov(deviation[:, 1:], rowvar=False).reshape(before.shape[1] - 1, -1))
    own = float(observed @ precision @ observed)
    far = int((np.einsum("ij,jk,ik->i", drawn, precision, drawn) >= own - 1e-12).sum())
    return own, (far / len(drawn)) if every else (far + 1) / (len(drawn) + 1)


def _differences(changes, treated, strata, draws: int, seed: int, weights=None) -> tuple[np.ndarray, np.ndarray, bool, np.ndarray]:
    """Difference in means of each column, really and for every assignment tried; whether all were tried; its mean over all."""
    y = np.asarray(changes, dtype=float)
    y = y[:, None] if y.ndim == 1 else y
    t = np.asarray(treated, dtype=bool)
    if not np.isfinite(y).all():
        raise DataError("Randomisation: a province has no change. Leave it out of the panel.")
    if t.all() or not t.any():
        raise DataError("Randomisation: all provinces are treated, or none is.")
    groups = np.zeros(len(t), dtype=int) if strata is None else np.unique(np.asarray(strata), return_inverse=True)[1]
    every = prod(comb(int((groups == g).sum()), int(t[groups == g].sum())) for g in range(groups.max() + 1)) <= ENUMERATE
    source = _all_assignments(t, groups) if every else drawn_assignments(t, groups, draws, seed)
    if weights is not None:
        w = np.asarray(weights, dtype=float)

        def difference(block):
            mine, heavy = block @ (w[:, None] * y), (block @ w)[:, None]
            return mine / heavy - ((w[:, None] * y).sum(axis=0) - mine) / (w.sum() - heavy)

        drawn = np.concatenate([difference(block) for block in source])
        return difference(t[None, :].astype(float))[0], drawn, every, drawn.mean(axis=0)
    centred = y - y.mean(axis=0)
    scale = 1 / t.sum() + 1 / (~t).sum()  # mean treated - mean others = sum over treated of centred changes, times this
    drawn = np.concatenate([block @ centred * scale for block in source])
    return centred[t].sum(axis=0) * scale, drawn, every, expected_sum(centred, t, groups) * scale


def expected_sum(centred: np.ndarray, t: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Return the sum over treated areas that draws within groups give on average: each group's mean times its treated."""
    return sum((t[groups == g].sum() * centred[groups == g].mean(axis=0) for g in np.unique(groups)), np.zeros(centred.shape[1:]))


def _all_assignments(t: np.ndarray, groups: np.ndarray):
    places = [np.flatnonzero(groups == g) for g in range(groups.max() + 1)]
    choices = [list(combinations(own, int(t[own].sum()))) for own in places]
    block = []
    for chosen in product(*choices):
        row = np.zeros(len(t))
        row[[i for part in chosen for i in part]] = 1
        block.append(row)
        if len(block) == _BLOCK:
            yield np.array(block)
            block = []
    if block:
        yield np.array(block)


def drawn_assignments(t: np.ndarray, groups: np.ndarray, draws: int, seed: int):
    """Yield blocks of rows of 0 and 1 (draws x areas): as many treated in each group (numbers from 0) as there are in `t`."""
    rng = np.random.default_rng(seed)
    for start in range(0, draws, _BLOCK):
        count = min(_BLOCK, draws - start)
        block = np.zeros((count, len(t)))
        for g in range(groups.max() + 1):
            own = np.flatnonzero(groups == g)
            size = int(t[own].sum())
            if size:
                order = rng.random((count, len(own))).argpartition(size - 1, axis=1)[:, :size]
                np.put_along_axis(block, own[order], 1, axis=1)
        yield block
