"""Provinces that began at different times: each cohort against those that have not begun yet.

Two-way fixed effects would use provinces already treated as comparisons (Goodman-Bacon 2021). Callaway & Sant'Anna 2021
never do; their mean over cohorts and periods is the estimate here, by diff-diff, and its p that of randomisation.
"""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd

from sdg_eval.effects.design import EffectPanel
from sdg_eval.effects.did import CONFIDENCE, TREATED_DEGREES, Did
from sdg_eval.effects.randomisation import Randomisation

DRAWS, SEED = 1999, 20301231


def staggered_did(panel: EffectPanel, *, confidence: float = CONFIDENCE) -> Did:
    """Return the mean effect over all cohorts and treated periods; provinces with gaps are left out."""
    from diff_diff import CallawaySantAnna
    from scipy.stats import t as student

    values, began = _complete(panel)
    areas, periods = np.indices(values.shape)
    table = pd.DataFrame({"area": areas.ravel(), "period": periods.ravel() + 1, "y": values.ravel(), "first": np.where(began < 0, 0, began + 1)[areas.ravel()]})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = CallawaySantAnna(control_group="not_yet_treated").fit(table, outcome="y", unit="area", time="period", first_treat="first")
    effect, se = float(found.overall_att), float(found.overall_se)
    reach = student.ppf(0.5 + confidence / 2, TREATED_DEGREES) * se
    return Did(
        effect, se, se, effect - reach, effect + reach, float(2 * student.sf(abs(effect) / se, TREATED_DEGREES)), values.size, int((began >= 0).sum()),
        int((began < 0).sum()), panel.n_before, panel.n_after,
    )  # fmt: skip


def staggered_mean(values: np.ndarray, began: np.ndarray) -> float:
    """Return the same mean by hand: (change of a cohort since the period before it began) less (that of provinces not yet
    treated), over cohorts and their periods, by size. `began` is the first treated period, -1 for never."""
    total, weight = 0.0, 0
    for start in np.unique(began[began >= 1]):
        cohort = began == start
        for at in range(start, values.shape[1]):
            waiting = ((began < 0) | (began > at)) & ~cohort
            if not waiting.any():
                continue
            change = values[:, at] - values[:, start - 1]
            total += cohort.sum() * (change[cohort].mean() - change[waiting].mean())
            weight += int(cohort.sum())
    return total / weight if weight else float("nan")


def staggered_randomise(panel: EffectPanel, strata, *, draws: int = DRAWS, seed: int = SEED) -> Randomisation:
    """Return the randomisation test: who began when is drawn anew within strata."""
    values, began = _complete(panel)
    strata = np.asarray(strata)[np.isfinite(panel.values).all(axis=1)]
    rng, observed = np.random.default_rng(seed), staggered_mean(values, began)
    found = np.empty(draws)
    for draw in range(draws):
        shuffled = began.copy()
        for group in np.unique(strata):
            own = np.flatnonzero(strata == group)
            shuffled[own] = began[rng.permutation(own)]
        found[draw] = staggered_mean(values, shuffled)
    expected = float(found.mean())
    far, above = (np.abs(found - expected) >= abs(observed - expected) - 1e-12).sum(), (found >= observed - 1e-12).sum()
    return Randomisation(observed, expected, float((far + 1) / (draws + 1)), float((above + 1) / (draws + 1)), draws, False, found)


def _complete(panel: EffectPanel) -> tuple[np.ndarray, np.ndarray]:
    full = np.isfinite(panel.values).all(axis=1)
    return panel.values[full], np.array(panel.began)[full]
