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
    """The difference within strata, two-sided and one-sided p, assignments tried, and whether all were.

    NaN, and no draws, where no stratum holds both treated and others.
    """

    statistic: float
    p_value: float
    p_greater: float
    n_assignments: int
    enumerated: bool
    draws: np.ndarray  # statistics of the assignments, for the histogram


def unit_changes(panel: EffectPanel, strata=None) -> np.ndarray:
    """Return each province's mean after less its mean before, period effects (of its stratum) taken out.

    With all values there, the difference of its means between treated and others is the two-way fixed effects estimate
    exactly. NaN where nothing is left on one side of the start.
    """
    left = _period_free(panel, strata)
    held = np.isfinite(left)
    filled = np.where(held, left, 0.0)
    sides = [(filled[:, mask].sum(axis=1), held[:, mask].sum(axis=1)) for mask in (panel.post, ~panel.post)]
    after, before = (np.where(count > 0, total / np.maximum(count, 1), np.nan) for total, count in sides)
    return after - before


def stratum_numbers(strata, n: int) -> np.ndarray:
    """Return the strata as numbers from 0; None: all areas in one."""
    return np.zeros(n, dtype=int) if strata is None else np.unique(np.asarray(strata), return_inverse=True)[1]


def stratum_means(values: np.ndarray, groups: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return each area's stratum mean of `values` (areas x columns), weighted."""
    heavy = np.bincount(groups, weights)
    return (np.column_stack([np.bincount(groups, weights * values[:, j]) for j in range(values.shape[1])]) / heavy[:, None])[groups]


def _period_free(panel: EffectPanel, strata) -> np.ndarray:
    """Values less the period effects of their stratum, as the values without treatment give them (else an effect would hide
    in them where comparisons are missing); NaN where there is no value, or none to compare it with."""
    groups = stratum_numbers(strata, len(panel.areas))
    usable = np.isfinite(panel.values) & ~np.outer(panel.treated, panel.post)
    left = panel.values.copy()
    for group in range(groups.max() + 1):
        own = groups == group
        left[own] -= _period_effects(np.where(usable[own], panel.values[own], np.nan))
    return left


def _period_effects(values: np.ndarray) -> np.ndarray:
    """Period effects of the two-way model; NaN for a period without values."""
    held = np.isfinite(values)
    filled, areas, there = np.where(held, values, 0.0), held.sum(axis=1), held.sum(axis=0)
    period = np.zeros(values.shape[1])
    for _ in range(500):
        unit = (filled - held * period).sum(axis=1) / np.maximum(areas, 1)
        new = (filled - held * unit[:, None]).sum(axis=0) / np.maximum(there, 1)
        if np.abs(new - period).max() <= 1e-12 * (1 + np.abs(new).max()):
            break
        period = new
    return np.where(there > 0, period, np.nan)


def randomise(changes, treated, strata=None, *, draws: int = DRAWS, seed: int = SEED, weights=None) -> list[Randomisation]:
    """Return the randomisation test of each outcome: `changes` areas x outcomes (or one column).

    The statistic is the difference within strata: the coefficient of treatment in a regression on it and the strata
    (region x period effects in the panel). Who is treated is drawn anew within strata, as many as there were; all
    assignments are enumerated when they are at most 20,000. Drawn: p = (1 + as far) / (draws + 1); enumerated, the real
    assignment among them: share. `weights` (one per area) make it a weighted regression. Raises DataError for missing
    changes or a treatment that is all or none.
    """
    observed, drawn, every = _differences(changes, treated, strata, draws, seed, weights)
    if not len(drawn):
        return [Randomisation(np.nan, np.nan, np.nan, 0, False, np.array([]))] * len(observed)
    return [judged_by_chance(float(observed[j]), drawn[:, j], every) for j in range(len(observed))]


def judged_by_chance(observed: float, drawn: np.ndarray, every: bool) -> Randomisation:
    """Return p of a statistic among those of assignments; `every`: they are all there are, the real one among them."""
    slack = 1e-12 * max(1.0, abs(observed))
    extra, total = (0, len(drawn)) if every else (1, len(drawn) + 1)
    far, above = (np.abs(drawn) >= abs(observed) - slack).sum(), (drawn >= observed - slack).sum()
    return Randomisation(observed, float((far + extra) / total), float((above + extra) / total), len(drawn), every, drawn)


def assignments(treated: np.ndarray, groups: np.ndarray, draws: int, seed: int) -> tuple:
    """Return (blocks of rows of 0 and 1, whether they are all there are): as many treated in each group as there are."""
    every = prod(comb(int((groups == g).sum()), int(treated[groups == g].sum())) for g in range(groups.max() + 1)) <= ENUMERATE
    return (_all_assignments(treated, groups) if every else drawn_assignments(treated, groups, draws, seed)), every


FEWEST_COMPLETE = (5, 10)
"""Fewest pilots and others with every value before: trends of two or three provinces say nothing of fifteen."""


@dataclass(frozen=True)
class Pretrend:
    """Joint test that pilots and others moved alike before; NaN with few complete provinces. `n_treated` and
    `n_comparison` have every value before."""

    statistic: float
    p_value: float
    n_treated: int
    n_comparison: int


def pretrend_test(panel: EffectPanel, strata=None, *, draws: int = DRAWS, seed: int = SEED) -> Pretrend:
    """Return the joint test that pilots and others of their stratum moved alike before the pilot, by randomisation.

    The vector of differences in deviation from each province's own mean before, measured by the spread of such vectors
    between provinces; who is treated is drawn anew. The usual cluster F test of the leads rejects a third of truly
    parallel panels at 10% with 15 treated provinces and seven leads (docs/decisions/0014). NaN with fewer than two
    periods before, or where too few provinces have every value there.
    """
    before = panel.values[:, ~panel.post]
    full = np.isfinite(before).all(axis=1)
    n1, n0 = int(panel.treated[full].sum()), int((~panel.treated)[full].sum())
    if before.shape[1] < 2 or n1 < FEWEST_COMPLETE[0] or n0 < FEWEST_COMPLETE[1]:
        return Pretrend(np.nan, np.nan, n1, n0)
    strata = None if strata is None else np.asarray(strata)[full]
    deviation = before_deviations(before[full], strata)
    observed, drawn, every = _differences(deviation, panel.treated[full], strata, draws, seed)
    if not len(drawn):
        return Pretrend(np.nan, np.nan, n1, n0)
    precision = np.linalg.pinv(np.cov(deviation, rowvar=False).reshape(deviation.shape[1], -1))
    own = float(observed @ precision @ observed)
    far = int((np.einsum("ij,jk,ik->i", drawn, precision, drawn) >= own - 1e-12).sum())
    return Pretrend(own, (far / len(drawn)) if every else (far + 1) / (len(drawn) + 1), n1, n0)


def before_deviations(before: np.ndarray, strata) -> np.ndarray:
    """Return deviations from each province's own mean before, less those of its stratum, without the first period."""
    deviation = (before - before.mean(axis=1, keepdims=True))[:, 1:]
    return deviation - stratum_means(deviation, stratum_numbers(strata, len(before)), np.ones(len(before)))


def _differences(changes, treated, strata, draws: int, seed: int, weights=None) -> tuple[np.ndarray, np.ndarray, bool]:
    """Difference within strata of each column, really and for every assignment tried; whether all were tried."""
    y = np.asarray(changes, dtype=float)
    y = y[:, None] if y.ndim == 1 else y
    t = np.asarray(treated, dtype=bool)
    if not np.isfinite(y).all():
        raise DataError("Randomisation: a province has no change. Leave it out of the panel.")
    if t.all() or not t.any():
        raise DataError("Randomisation: all provinces are treated, or none is.")
    groups = stratum_numbers(strata, len(t))
    w = np.ones(len(t)) if weights is None else np.asarray(weights, dtype=float)
    heavy = np.bincount(groups, w)
    centred = w[:, None] * (y - stratum_means(y, groups, w))
    weigh = w[:, None] * (groups[:, None] == np.arange(len(heavy)))

    def square(block):  # sum of squares of treatment within strata, of each assignment
        mine = block @ weigh
        return (mine - mine**2 / heavy).sum(axis=-1)

    own = float(square(t.astype(float)))
    if own < 1e-12 * w.sum():
        return np.full(y.shape[1], np.nan), np.empty((0, y.shape[1])), False
    source, every = assignments(t, groups, draws, seed)
    same = weights is None  # as many treated in each stratum in every draw: one divisor
    drawn = np.concatenate([block @ centred / (own if same else square(block)[:, None]) for block in source])
    return centred[t].sum(axis=0) / own, drawn, every


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
                lots = rng.random((count, len(own)))
                block[:, own] = lots <= np.partition(lots, size - 1, axis=1)[:, size - 1 : size]
        yield block
