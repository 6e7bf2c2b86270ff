"""Difference in differences with province and period effects, clustered by province; the event study beside it.

Fifteen treated clusters are few: the jackknife (CRV3) stands beside the usual cluster error, and the headline p is
that of randomisation (`randomisation`). One start date, so two-way fixed effects are unbiased under parallel trends.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sdg_eval.effects.design import EffectPanel
from sdg_eval.errors import UsageError

TREATED_DEGREES = 20
"""Degrees of freedom of t: Satterthwaite's of CR2 on 15 of 77 provinces is about 21 (METHODS 4.2)."""
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Did:
    """Effect per period treated, in the unit of the outcome, with both cluster errors.

    `se` is CRV1 with G/(G - 1) only, `se_jackknife` CRV3; interval and p use the larger of the two, with
    `TREATED_DEGREES` degrees of freedom.
    """

    effect: float
    se: float
    se_jackknife: float
    ci_low: float
    ci_high: float
    p_value: float
    n_obs: int
    n_treated: int
    n_comparison: int
    n_before: int
    n_after: int


@dataclass(frozen=True)
class EventStudy:
    """`table`: period, lead (periods from the first treated; -1 is the reference), effect, se, interval. The joint F test of
    all leads before -1, with clusters - 1 denominator degrees of freedom."""

    table: pd.DataFrame
    pretrend_f: float
    pretrend_df: int
    pretrend_p: float


def _long(panel: EffectPanel) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(outcome, province number, period number) of the cells with a value."""
    unit, period = np.nonzero(np.isfinite(panel.values))
    return panel.values[unit, period], unit, period


def _residualise(columns: np.ndarray, unit: np.ndarray, period: np.ndarray) -> np.ndarray:
    """Columns less province and period effects, exactly: provinces are swept out, periods by least squares."""
    def within(x):
        counts = np.bincount(unit)
        means = np.column_stack([np.bincount(unit, x[:, j]) for j in range(x.shape[1])]) / counts[:, None]
        return x - means[unit]

    dummies = within((period[:, None] == np.unique(period)[None, 1:]).astype(float))
    own = within(columns)
    solution, *_ = np.linalg.lstsq(dummies, own, rcond=None)
    return own - dummies @ solution


def _fit(y: np.ndarray, x: np.ndarray, unit: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Coefficients of residualised columns, CRV0 covariance, and the score of each cluster."""
    bread = np.linalg.inv(x.T @ x)
    beta = bread @ (x.T @ y)
    left = y - x @ beta
    scores = np.zeros((unit.max() + 1, x.shape[1]))
    np.add.at(scores, unit, x * left[:, None])
    return beta, bread @ (scores.T @ scores) @ bread, scores


def _require(panel: EffectPanel) -> None:
    if panel.reason:
        raise UsageError(f"The panel cannot be estimated: {panel.reason}. Show its reason instead.")


def did(panel: EffectPanel, *, confidence: float = CONFIDENCE) -> Did:
    """Return the two-way fixed effects estimate. Raises UsageError for a panel with a reason.

    CRV1 with G/(G - 1); CRV3 leaves one province out at a time (MacKinnon, Nielsen & Webb 2023).
    """
    from scipy.stats import t as student

    _require(panel)
    y, unit, period = _long(panel)
    d = (panel.treated[unit] & panel.post[period]).astype(float)
    residual = _residualise(np.column_stack([y, d]), unit, period)
    clusters = len(panel.areas)
    beta, covariance, _ = _fit(residual[:, 0], residual[:, 1:], unit)
    se = float(np.sqrt(covariance[0, 0] * clusters / (clusters - 1)))
    jack = _jackknife(y, d, unit, period, float(beta[0]))
    reach = student.ppf(0.5 + confidence / 2, TREATED_DEGREES) * max(se, jack)
    p = float(2 * student.sf(abs(beta[0]) / max(se, jack), TREATED_DEGREES)) if max(se, jack) > 0 else np.nan
    return Did(
        float(beta[0]), se, jack, float(beta[0] - reach), float(beta[0] + reach), p, len(y), int(panel.treated.sum()), int((~panel.treated).sum()),
        panel.n_before, panel.n_after,
    )  # fmt: skip


def _jackknife(y, d, unit, period, whole: float) -> float:
    """CRV3 of the effect: (G - 1)/G times the squared changes when one province is left out."""
    estimates = []
    for out in range(unit.max() + 1):
        keep = unit != out
        renumbered = np.unique(unit[keep], return_inverse=True)[1]
        part = _residualise(np.column_stack([y[keep], d[keep]]), renumbered, period[keep])
        square = part[:, 1] @ part[:, 1]
        if square > 1e-10:  # the last treated province: without it there is no effect to estimate
            estimates.append(part[:, 1] @ part[:, 0] / square)
    count = len(estimates)
    return float(np.sqrt((count - 1) / count * np.sum((np.array(estimates) - whole) ** 2)))


def event_study(panel: EffectPanel, *, confidence: float = CONFIDENCE) -> EventStudy:
    """Return leads and lags against the last period before, with the joint test of the leads.

    A pre-trend that is not seen is no proof that there is none (Roth 2022): `power.smallest_pretrend` says what could
    have been seen. Raises UsageError for a panel with a reason or fewer than two periods before.
    """
    from scipy.stats import f as fisher
    from scipy.stats import t as student

    _require(panel)
    if panel.n_before < 2:
        raise UsageError("An event study needs two periods before the pilot; show the estimate without it.")
    y, unit, period = _long(panel)
    reference = panel.n_before - 1
    others = [p for p in range(len(panel.periods)) if p != reference]
    columns = np.column_stack([(panel.treated[unit] & (period == p)).astype(float) for p in others])
    residual = _residualise(np.column_stack([y, columns]), unit, period)
    clusters = len(panel.areas)
    beta, covariance, _ = _fit(residual[:, 0], residual[:, 1:], unit)
    covariance = covariance * clusters / (clusters - 1)
    se = np.sqrt(np.diag(covariance))
    reach = student.ppf(0.5 + confidence / 2, TREATED_DEGREES)
    rows = [{"period": panel.periods[reference], "lead": -1, "effect": 0.0, "se": 0.0, "ci_low": 0.0, "ci_high": 0.0}]
    for at, p in enumerate(others):
        rows.append({
            "period": panel.periods[p], "lead": p - panel.n_before, "effect": float(beta[at]), "se": float(se[at]),
            "ci_low": float(beta[at] - reach * se[at]), "ci_high": float(beta[at] + reach * se[at]),
        })  # fmt: skip
    leads = [at for at, p in enumerate(others) if p < reference]
    statistic = float(beta[leads] @ np.linalg.solve(covariance[np.ix_(leads, leads)], beta[leads]) / len(leads)) if leads else np.nan
    p_value = float(fisher.sf(statistic, len(leads), clusters - 1)) if leads else np.nan
    table = pd.DataFrame(rows).sort_values("lead", ignore_index=True)
    return EventStudy(table, statistic, len(leads), p_value)
