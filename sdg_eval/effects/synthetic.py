"""Synthetic difference in differences: comparison provinces and years weighted so that the past runs parallel.

Arkhangelsky, Athey, Hirshberg, Imbens & Wager 2021, by the library diff-diff (equal to the authors' R package to 1e-9).
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sdg_eval.effects.design import EffectPanel
from sdg_eval.effects.randomisation import FEWEST_COMPLETE

MIN_BEFORE = 5
"""Fewest periods before: fewer cannot carry weights (METHODS 4.5)."""
SEED = 20301231
FIT_DRAWS = 20
"""Placebo fits among which the library places the fit of the past."""


@dataclass(frozen=True)
class Synthetic:
    """Effect, its jackknife and placebo errors, the weights of provinces and of periods; or a reason and no numbers."""

    effect: float
    se: float
    se_placebo: float
    unit_weights: dict[str, float]
    time_weights: dict[float, float]
    n_treated: int
    n_comparison: int
    reason: str = ""
    poor_fit: bool = False  # the weighted past follows the pilots worse than 95% of placebo fits


def synthetic_did(panel: EffectPanel, *, fewest: tuple[int, int] = FEWEST_COMPLETE, placebos: int = 0, judge_fit: bool = True) -> Synthetic:
    """Return the estimate over the provinces that have every period; a reason where the panel cannot bear it.

    `fewest` treated and others must have every value. One treated province has no jackknife error: `se` is NaN. `placebos` groups of comparison provinces of the same size
    give the placebo error (0: not asked, NaN). `judge_fit` asks for `poor_fit`, which costs far more than the estimate; False leaves it False.
    """
    full = np.isfinite(panel.values).all(axis=1)
    treated = panel.treated & full
    n1, n0 = int(treated.sum()), int((full & ~panel.treated).sum())
    reason = panel.reason or ("few_periods_before" if panel.n_before < MIN_BEFORE else "few_complete_provinces" if n1 < fewest[0] or n0 < fewest[1] or n0 <= n1 else "")
    if reason:
        return Synthetic(np.nan, np.nan, np.nan, {}, {}, n1, n0, reason)
    from diff_diff import SyntheticDiD

    areas = np.array(panel.areas)[full]
    table = pd.DataFrame({
        "area": np.repeat(areas, len(panel.periods)), "period": np.tile(panel.periods, len(areas)), "y": panel.values[full].ravel(),
        "treated": np.repeat(panel.treated[full], len(panel.periods)).astype(int),
    })  # fmt: skip
    after = [p for p, post in zip(panel.periods, panel.post, strict=True) if post]
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        # one placebo fit can never call the fit poor; the fit for the placebo error says the same a second time
        few = {} if judge_fit and placebos < FIT_DRAWS else {"n_bootstrap": 1}
        found = SyntheticDiD(variance_method="jackknife", seed=SEED, **few).fit(
            table, outcome="y", treatment="treated", unit="area", time="period", post_periods=after
        )
        error = np.nan
        if placebos:
            error = float(SyntheticDiD(variance_method="placebo", n_bootstrap=placebos, seed=SEED).fit(
                table, outcome="y", treatment="treated", unit="area", time="period", post_periods=after
            ).se)  # fmt: skip
    return Synthetic(
        float(found.att), float(found.se), error, {str(k): float(v) for k, v in found.unit_weights.items()},
        {float(k): float(v) for k, v in found.time_weights.items()}, n1, n0,
        poor_fit=any("fit is poor" in str(w.message) for w in told),
    )  # fmt: skip


# ---------------------------------------------------------------- one province against its synthetic counterpart


@dataclass(frozen=True)
class Counterpart:
    """One pilot province and the weighted comparison provinces that followed it best before the pilot.

    `own` and `synthetic` are paths over `periods`; `effect` the mean gap after; `ratio` that of the mean squared gap
    after to before; `p_value` the place of the ratio among the comparison provinces' own; `shown` is False, with the
    `reason`, where the counterpart did not follow the past.
    """

    area: str
    periods: tuple[float, ...]
    labels: tuple[str, ...]
    own: np.ndarray
    synthetic: np.ndarray
    weights: dict[str, float]
    effect: float
    rmspe_before: float
    ratio: float
    p_value: float
    n_donors: int
    shown: bool
    reason: str = ""


POOR = 2.0
"""A counterpart whose error before is over this many times the median of all provinces' is not shown (METHODS 4.6)."""
NO_WEIGHT = 1e-4


def simplex_weights(donors: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Return weights, none below zero, summing to one, with the least squared distance of `donors` (periods x units) @ w
    to `target`: the exact solution by non-negative least squares, the sum held by a heavy row."""
    from scipy.optimize import nnls

    scale = max(float(np.abs(donors).max()), float(np.abs(target).max()), 1e-12)
    heavy = 1e4
    rows = np.vstack([donors / scale, heavy * np.ones(donors.shape[1])])
    found, _ = nnls(rows, np.append(target / scale, heavy), maxiter=50 * donors.shape[1])
    return found / found.sum()


def counterparts(panel: EffectPanel, areas=None) -> list[Counterpart]:
    """Return the synthetic counterpart of each treated province (or of `areas`), with placebos in space.

    Abadie, Diamond & Hainmueller 2010 with every outcome before the pilot as predictor. Donors are the comparison
    provinces with every period. Empty for a panel with a reason or fewer than five periods before.
    """
    full = np.isfinite(panel.values).all(axis=1)
    donors = np.flatnonzero(full & ~panel.treated)
    if panel.reason or panel.n_before < MIN_BEFORE or len(donors) < 10:
        return []
    wanted = [i for i in np.flatnonzero(full & panel.treated) if areas is None or panel.areas[i] in set(areas)]
    values, before = panel.values, ~panel.post
    fitted = {i: _fit_counterpart(values, donors[donors != i], i, before) for i in [*donors, *wanted]}
    typical = float(np.median([fitted[i][2] for i in donors]))
    placebo = np.array([fitted[i][3] for i in donors if fitted[i][2] <= POOR * typical])
    found = []
    for i in wanted:
        weights, path, error, ratio = fitted[i]
        shown = error <= POOR * typical
        found.append(Counterpart(
            panel.areas[i], panel.periods, panel.labels, values[i], path, {panel.areas[j]: float(w) for j, w in zip(donors, weights, strict=True) if w > NO_WEIGHT},
            float((values[i] - path)[panel.post].mean()), error, ratio, float((1 + np.sum(placebo >= ratio)) / (len(placebo) + 1)), len(donors), shown,
            "" if shown else "poor_fit_before",
        ))  # fmt: skip
    return found


def _fit_counterpart(values: np.ndarray, donors: np.ndarray, own: int, before: np.ndarray) -> tuple[np.ndarray, np.ndarray, float, float]:
    weights = simplex_weights(values[np.ix_(donors, before)].T, values[own, before])
    path = weights @ values[donors]
    gap = (values[own] - path) ** 2
    error = float(np.sqrt(gap[before].mean()))
    return weights, path, error, float(gap[~before].mean() / max(gap[before].mean(), 1e-12 * (1 + np.nanmax(np.abs(values))) ** 2))


def classic_control(
    table: pd.DataFrame, treated, *, outcome: str, unit: str, time: str, first_treated, predictors=(), window=(), special=(), starts: int = 4, seed: int = SEED,
) -> tuple[dict, float, pd.Series]:
    """Return (weights, mean effect, gap by time) of the classic synthetic control with predictors, for worked examples.

    Abadie & Gardeazabal 2003, by diff-diff: predictor weights V by nested search from `starts` points over the periods of
    `table` before `first_treated`. `predictors` are averaged over `window`; `special` are (column, periods, operation).
    """
    from diff_diff import SyntheticControl

    table = table.assign(own=((table[unit] == treated) & (table[time] >= first_treated)).astype(int))
    after = sorted(int(p) for p in table.loc[table[time] >= first_treated, time].unique())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = SyntheticControl(seed=seed, n_starts=starts).fit(
            table, outcome=outcome, treatment="own", unit=unit, time=time, post_periods=after, predictors=list(predictors) or None,
            predictor_window=list(window) or None, special_predictors=[tuple(part) for part in special] or None,
        )  # fmt: skip
    gap = found.get_gap_df()
    column = next(c for c in gap if c.startswith("gap"))
    return {k: float(v) for k, v in found.donor_weights.items() if v > NO_WEIGHT}, float(found.att), gap.set_index(gap.columns[0])[column]
