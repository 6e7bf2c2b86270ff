"""The two-way model with stratum x period effects, taken apart province by province.

Every assignment of treatment is then two sums: with `score` b and `matrix` G of `Parts`, the effect of treating the
provinces T is (T b) / (T G T'), exactly the coefficient of the regression, gaps and weights included. Strata do not share
an effect, so each is a small problem of its own, and leaving one province out changes its stratum alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from sdg_eval.effects.design import EffectPanel
from sdg_eval.effects.randomisation import (
    DRAWS,
    SEED,
    Randomisation,
    assignments,
    judged_by_chance,
    stratum_numbers,
)


@dataclass(frozen=True)
class Parts:
    """`score` (areas) and `matrix` (areas x areas, zero between strata) of the indicator "this province, after"."""

    score: np.ndarray
    matrix: np.ndarray

    def effects(self, called: np.ndarray) -> np.ndarray:
        """Return the effect of each row of `called` (0 and 1, rows x areas); NaN where no stratum holds both."""
        square = np.einsum("ij,ij->i", called @ self.matrix, called)
        able = square > 1e-9 * max(1.0, float(np.trace(self.matrix)) / max(1, len(self.score)))
        return np.where(able, called @ self.score / np.where(able, square, 1), np.nan)


def _stratum(values: np.ndarray, post: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray, tuple]:
    """(score, matrix, what residuals need) of the provinces of one stratum."""
    held = np.isfinite(values)
    n = np.maximum(held.sum(axis=1), 1)
    filled = np.where(held, values, 0.0)
    y = np.where(held, filled - (filled.sum(axis=1) / n)[:, None], 0.0)
    z = np.where(held, post - ((held & post).sum(axis=1) / n)[:, None], 0.0)
    periods = np.diag((w[:, None] * held).sum(axis=0)) - (held * (w / n)[:, None]).T @ held
    inverse = np.linalg.pinv(periods, rcond=1e-10, hermitian=True)  # the periods sum to nothing: one value is zero but for rounding
    heavy = w[:, None] * z
    own = w * (z * y).sum(axis=1)
    common = inverse @ (w[:, None] * y).sum(axis=0)
    return own - heavy @ common, np.diag(w * (z**2).sum(axis=1)) - heavy @ inverse @ heavy.T, (held, y, z, common, inverse @ heavy.T)


def _each_left_out(values: np.ndarray, post: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Score and matrix of `_stratum` with each province left out in turn: n x (n - 1), and n x (n - 1) x (n - 1)."""
    rest = np.array([np.delete(np.arange(len(w)), i) for i in range(len(w))], dtype=int).reshape(len(w), len(w) - 1)
    values, w = values[rest], w[rest][..., None]
    held = np.isfinite(values)
    n = np.maximum(held.sum(axis=2), 1)[..., None]
    filled = np.where(held, values, 0.0)
    y = np.where(held, filled - filled.sum(axis=2)[..., None] / n, 0.0)
    z = np.where(held, post - (held & post).sum(axis=2)[..., None] / n, 0.0)
    there = (w * held).sum(axis=1)
    periods = there[:, :, None] * np.eye(len(post)) - (held * (w / n)).swapaxes(1, 2) @ held
    inverse = np.linalg.pinv(periods, rcond=1e-10, hermitian=True)
    heavy = w * z
    own = w[..., 0] * (z * y).sum(axis=2)
    common = inverse @ (w * y).sum(axis=1)[..., None]
    square = (w[..., 0] * (z**2).sum(axis=2))[:, :, None] * np.eye(len(w[0]))
    return own - (heavy @ common)[..., 0], square - heavy @ inverse @ heavy.swapaxes(1, 2)


def within_parts(panel: EffectPanel, strata=None, weights=None) -> Parts:
    """Return the parts of a panel; `weights` are one per province."""
    groups = stratum_numbers(strata, len(panel.areas))
    w = np.ones(len(groups)) if weights is None else np.asarray(weights, dtype=float)
    return _joined(len(groups), _by_stratum(panel, groups, w))


def _by_stratum(panel: EffectPanel, groups: np.ndarray, w: np.ndarray) -> list[tuple]:
    """(numbers of the provinces, what `_stratum` gives) of each stratum."""
    places = [np.flatnonzero(groups == group) for group in range(groups.max() + 1)]
    return [(own, _stratum(panel.values[own], panel.post, w[own])) for own in places]


def _joined(n: int, found: list[tuple]) -> Parts:
    score, matrix = np.zeros(n), np.zeros((n, n))
    for own, (one, two, _) in found:
        score[own], matrix[np.ix_(own, own)] = one, two
    return Parts(score, matrix)


def within_estimate(panel: EffectPanel, strata=None, weights=None) -> tuple[float, float, float]:
    """Return (effect, cluster error, jackknife error) of the panel's own treatment; NaN where no stratum holds both."""
    groups, t = stratum_numbers(strata, len(panel.areas)), panel.treated.astype(float)
    w = np.ones(len(groups)) if weights is None else np.asarray(weights, dtype=float)
    found = _by_stratum(panel, groups, w)
    parts = _joined(len(groups), found)
    effect = float(parts.effects(t[None])[0])
    if np.isnan(effect):
        return (np.nan,) * 3
    above, below = float(t @ parts.score), float(t @ parts.matrix @ t)
    scores, left = np.zeros(len(groups)), []
    for own, (score, matrix, (held, y, z, common, moved)) in found:
        values, mine = panel.values[own], t[own]

        def swept(path, held=held):  # a period path less its mean over each province's own periods
            rows = np.where(held, path[None], 0.0)
            return np.where(held, rows - (rows.sum(axis=1) / np.maximum(held.sum(axis=1), 1))[:, None], 0.0)

        d = mine[:, None] * z - swept(moved @ mine)
        scores[own] = w[own] * (d * (y - swept(common) - effect * d)).sum(axis=1)
        without = _each_left_out(values, panel.post, w[own])
        for i in range(len(own)):
            up, down = above - mine @ score, below - mine @ matrix @ mine
            if len(own) > 1:
                others = np.delete(mine, i)
                up, down = up + others @ without[0][i], down + others @ without[1][i] @ others
            if down > 1e-9 * max(1.0, below):  # else this province carried the effect alone
                left.append(up / down)
    n, left = len(groups), np.array(left)
    return effect, float(np.sqrt(scores @ scores * n / (n - 1))) / below, float(np.sqrt((len(left) - 1) / len(left) * ((left - effect) ** 2).sum()))


def randomise_effect(panel: EffectPanel, strata=None, *, draws: int = DRAWS, seed: int = SEED, weights=None, out: int | None = None) -> Randomisation:
    """Return the randomisation test of the effect within strata. `out` is the number of a province left out."""
    keep = np.ones(len(panel.areas), dtype=bool)
    if out is not None:
        keep[out] = False
    groups, t = stratum_numbers(strata, len(keep))[keep], panel.treated[keep]
    part = EffectPanel(tuple(np.array(panel.areas)[keep]), panel.periods, panel.values[keep], t, panel.post)
    parts = within_parts(part, groups, None if weights is None else np.asarray(weights, dtype=float)[keep])
    observed = float(parts.effects(t[None].astype(float))[0])
    if np.isnan(observed):
        return Randomisation(np.nan, np.nan, np.nan, 0, False, np.array([]))
    source, every = assignments(t, groups, draws, seed)
    drawn = np.concatenate([parts.effects(block) for block in source])
    return judged_by_chance(observed, drawn[np.isfinite(drawn)], every)


def detrended(panel: EffectPanel) -> EffectPanel:
    """Return the panel less each province's own straight line of before the (first) start; NaN under three values there.

    A difference in trend between pilots and others that goes on is no effect of the pilot, and this panel is free of it. It
    is noisier: a line is drawn beyond its data.
    """
    t, held = np.array(panel.periods, dtype=float), np.isfinite(panel.values)
    values = np.full(panel.values.shape, np.nan)
    for i in np.flatnonzero((held & ~panel.post).sum(axis=1) >= 3):
        own = held[i] & ~panel.post
        line = np.polyfit(t[own] - t[own].mean(), panel.values[i, own], 1)
        values[i] = panel.values[i] - np.polyval(line, t - t[own].mean())
    return replace(panel, values=values)
