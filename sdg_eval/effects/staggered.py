"""Provinces that began at different times: each cohort against those of its region that have not begun yet.

Two-way fixed effects would use provinces already treated as comparisons (Goodman-Bacon 2021). Callaway & Sant'Anna 2021
never do; their mean over cohorts and periods is the estimate here. A province's own transition period is missing, so it
is neither base nor effect. Many assignments are one matrix product per cohort and period.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from sdg_eval.effects.design import EffectPanel
from sdg_eval.effects.did import CONFIDENCE, Did, interval_of
from sdg_eval.effects.randomisation import Randomisation, stratum_numbers

DRAWS, SEED = 1999, 20301231
OUT = -2
"""In place of a start: this province is neither treated nor comparison."""


def staggered_mean(panel: EffectPanel, began, strata=None, *, part: str = "") -> np.ndarray:
    """Return the mean effect over cohorts and their treated periods, by size, for each row of `began`.

    Parameters
    ----------
    began
        Rows x areas: number of the first treated period, -1 for never, OUT for left out.
    strata
        Comparisons are within these; None: over all.
    part
        `during` or `after`: only the periods of a cohort while its programme ran, or after it ended.
    """
    values, began = panel.values, np.atleast_2d(np.asarray(began))
    groups = stratum_numbers(strata, len(panel.areas))
    of = (groups[:, None] == np.arange(groups.max() + 1)).astype(float)
    total, weight = np.zeros(len(began)), np.zeros(len(began))
    real = np.array(panel.began)
    for start in np.unique(real[real >= 1]):
        base = _base(values, real == start, start)
        ended = min(np.array(panel.ended)[real == start]) if panel.ended else len(panel.periods)
        cells = range(start, values.shape[1])
        for at in cells if base is not None else ():
            if part and (part == "after") != (at >= ended):
                continue
            change = values[:, at] - values[:, base]
            held = np.isfinite(change)
            y = np.where(held, change, 0.0)
            mine = ((began == start) & held).astype(float)
            waiting = (((began == -1) | (began > at)) & (began != start) & held).astype(float)
            n1, n0 = mine @ of, waiting @ of
            difference = (mine * y) @ of / np.maximum(n1, 1) - (waiting * y) @ of / np.maximum(n0, 1)
            able = n1 * n0 / np.maximum(n1 + n0, 1)
            square = able.sum(axis=1)
            size = np.where(square > 0, n1.sum(axis=1), 0)
            total += size * (able * difference).sum(axis=1) / np.where(square > 0, square, 1)
            weight += size
    return np.where(weight > 0, total / np.where(weight > 0, weight, 1), np.nan)


def _base(values: np.ndarray, cohort: np.ndarray, start: int) -> int | None:
    """The last period before a start that at least half of the cohort has a value of (its own transition is missing)."""
    held = np.isfinite(values[cohort, :start]).mean(axis=0) >= 0.5
    return int(np.flatnonzero(held)[-1]) if held.any() else None


def staggered_did(panel: EffectPanel, strata=None, *, part: str = "", confidence: float = CONFIDENCE) -> Did:
    """Return the mean effect over all cohorts and treated periods, with the jackknife error over provinces."""
    began = np.array(panel.began)
    effect = float(staggered_mean(panel, began, strata, part=part)[0])
    without = np.where(np.eye(len(began), dtype=bool), OUT, began)
    left = staggered_mean(panel, without, strata, part=part)
    left = left[np.isfinite(left)]
    se = float(np.sqrt((len(left) - 1) / len(left) * ((left - effect) ** 2).sum())) if len(left) and np.isfinite(effect) else float("nan")
    n_treated = int((began >= 0).sum())
    return Did(effect, se, se, *interval_of(effect, se, n_treated, confidence), int(np.isfinite(panel.values).sum()), n_treated, int((began < 0).sum()), panel.n_before, panel.n_after)


def staggered_randomise(panel: EffectPanel, strata=None, *, draws: int = DRAWS, seed: int = SEED, out: int | None = None) -> Randomisation:
    """Return the randomisation test: who began when is drawn anew within strata. `out` is the number of an area left out."""
    rng, began = np.random.default_rng(seed), np.array(panel.began)
    if out is not None:
        began[out] = OUT
    drawn = np.tile(began, (draws, 1))
    groups = stratum_numbers(strata, len(began))
    for group in range(groups.max() + 1):
        own = np.flatnonzero((groups == group) & (began != OUT))
        drawn[:, own] = began[own][rng.random((draws, len(own))).argsort(axis=1)]
    observed, found = float(staggered_mean(panel, began, strata)[0]), staggered_mean(panel, drawn, strata)
    found = found[np.isfinite(found)]
    far, above = (np.abs(found) >= abs(observed) - 1e-12).sum(), (found >= observed - 1e-12).sum()
    return Randomisation(observed, float((far + 1) / (len(found) + 1)), float((above + 1) / (len(found) + 1)), len(found), False, found)


def staggered_left_out(panel: EffectPanel, strata=None, *, draws: int = DRAWS) -> pd.DataFrame:
    """Return REF_AREA, effect and p_value with each treated province left out."""
    rows = []
    for i in np.flatnonzero(np.array(panel.began) >= 0):
        found = staggered_randomise(panel, strata, draws=draws, out=int(i))
        rows.append({"REF_AREA": panel.areas[i], "effect": found.statistic, "p_value": found.p_value})
    return pd.DataFrame(rows, columns=["REF_AREA", "effect", "p_value"])
