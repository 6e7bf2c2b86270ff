"""Difference in differences with province and period effects, clustered by province; the event study beside it.

Fifteen treated clusters are few: the jackknife (CRV3) stands beside the usual cluster error, and the headline p is
that of randomisation (`randomisation`). One start date, so two-way fixed effects are unbiased under parallel trends.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sdg_eval.effects.design import EffectPanel
from sdg_eval.effects.randomisation import stratum_numbers
from sdg_eval.effects.within import within_estimate
from sdg_eval.errors import UsageError

TREATED_DEGREES = 20
"""Most degrees of freedom of t: Satterthwaite's of CR2 on 15 of 77 provinces is about 21 (METHODS 4.2)."""
CONFIDENCE = 0.95
BOOTSTRAP, SEED = 9999, 20301231
WEBB = np.array([-np.sqrt(1.5), -1.0, -np.sqrt(0.5), np.sqrt(0.5), 1.0, np.sqrt(1.5)])
"""Webb's weights: with 15 treated clusters two signs give too few different draws (METHODS 4.8)."""


@dataclass(frozen=True)
class Did:
    """Effect per period treated, in the unit of the outcome, with both cluster errors.

    `se` is CRV1 with G/(G - 1) only, `se_jackknife` CRV3; interval and p use the larger of the two, with
    `degrees_of` the number treated.
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


def degrees_of(n_treated: int) -> int:
    """Return the degrees of freedom of t: the error rests on the treated provinces, and with few of them on few. With 20 for
    all, intervals of two treated provinces hold the truth in 84% of worlds and those of five in 91%, instead of 95%."""
    return max(1, min(TREATED_DEGREES, n_treated - 1))


def interval_of(effect: float, error: float, n_treated: int, confidence: float) -> tuple[float, float, float]:
    """(low, high, p) of t with the degrees of the number treated."""
    from scipy.stats import t as student

    degrees = degrees_of(n_treated)
    reach = student.ppf(0.5 + confidence / 2, degrees) * error
    return float(effect - reach), float(effect + reach), float(2 * student.sf(abs(effect) / error, degrees)) if error > 0 else np.nan


def within_did(panel: EffectPanel, strata=None, *, confidence: float = CONFIDENCE, weights: np.ndarray | None = None) -> Did:
    """Return the effect within strata: provinces against others of their own region (decision 0015).

    The two-way model with stratum x period effects. Errors are clustered by province as in `did`; the jackknife leaves one
    province out exactly. `n_treated` and `n_comparison` are those of strata that hold both: the others say nothing. Raises
    UsageError for a panel with a reason; NaN where no stratum holds both.
    """
    _require(panel)
    groups = stratum_numbers(strata, len(panel.areas))
    both = np.isin(groups, np.intersect1d(groups[panel.treated], groups[~panel.treated]))
    n_treated = int(panel.treated[both].sum())
    sizes = (int(np.isfinite(panel.values).sum()), n_treated, int((~panel.treated)[both].sum()), panel.n_before, panel.n_after)
    effect, se, jack = within_estimate(panel, strata, weights)
    return Did(effect, se, jack, *interval_of(effect, max(se, jack), n_treated, confidence), *sizes)


def _long(panel: EffectPanel) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(outcome, province number, period number) of the cells with a value."""
    unit, period = np.nonzero(np.isfinite(panel.values))
    return panel.values[unit, period], unit, period


def _residualise(columns: np.ndarray, unit: np.ndarray, period: np.ndarray, root: np.ndarray | None = None) -> np.ndarray:
    """Columns less province and period effects: provinces are swept out, periods by least squares.

    `root` are square roots of weights that do not change within a province; the columns come back times `root`.
    """
    def within(x):
        counts = np.bincount(unit)
        means = np.column_stack([np.bincount(unit, x[:, j]) for j in range(x.shape[1])]) / counts[:, None]
        return x - means[unit]

    dummies = within((period[:, None] == np.unique(period)[None, 1:]).astype(float))
    own = within(columns)
    if root is not None:
        dummies, own = dummies * root[:, None], own * root[:, None]
    # by the normal equations: swept dummies are collinear not at all or exactly (within strata), which 1e-11 tells apart, and a
    # decomposition of the dummies themselves takes ten times as long
    return own - dummies @ (np.linalg.pinv(dummies.T @ dummies, rcond=1e-11, hermitian=True) @ (dummies.T @ own))


def _fit(y: np.ndarray, x: np.ndarray, unit: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Coefficients of residualised columns, CRV0 covariance, and the score of each cluster."""
    bread = np.linalg.pinv(x.T @ x)  # thin panels may leave a column to the others
    beta = bread @ (x.T @ y)
    left = y - x @ beta
    scores = np.zeros((unit.max() + 1, x.shape[1]))
    np.add.at(scores, unit, x * left[:, None])
    return beta, bread @ (scores.T @ scores) @ bread, scores


def _require(panel: EffectPanel) -> None:
    if panel.reason:
        raise UsageError(f"The panel cannot be estimated: {panel.reason}. Show its reason instead.")


def did(panel: EffectPanel, *, confidence: float = CONFIDENCE, weights: np.ndarray | None = None) -> Did:
    """Return the two-way fixed effects estimate. Raises UsageError for a panel with a reason.

    CRV1 with G/(G - 1); CRV3 leaves one province out at a time (MacKinnon, Nielsen & Webb 2023). `weights` (one per
    province, above zero) makes it the effect on a person rather than on a province.
    """
    _require(panel)
    y, unit, period = _long(panel)
    d = (panel.treated[unit] & panel.post[period]).astype(float)
    root = None if weights is None else np.sqrt(np.asarray(weights, dtype=float))[unit]
    residual = _residualise(np.column_stack([y, d]), unit, period, root)
    clusters = len(panel.areas)
    beta, covariance, _ = _fit(residual[:, 0], residual[:, 1:], unit)
    se = float(np.sqrt(covariance[0, 0] * clusters / (clusters - 1)))
    jack = _jackknife(y, d, unit, period, float(beta[0]), root)
    n_treated = int(panel.treated.sum())
    return Did(
        float(beta[0]), se, jack, *interval_of(float(beta[0]), max(se, jack), n_treated, confidence), len(y), n_treated, int((~panel.treated).sum()),
        panel.n_before, panel.n_after,
    )  # fmt: skip


def _jackknife(y, d, unit, period, whole: float, root: np.ndarray | None) -> float:
    """CRV3 of the effect: (G - 1)/G times the squared changes when one province is left out."""
    estimates = []
    for out in range(unit.max() + 1):
        keep = unit != out
        renumbered = np.unique(unit[keep], return_inverse=True)[1]
        part = _residualise(np.column_stack([y[keep], d[keep]]), renumbered, period[keep], None if root is None else root[keep])
        square = part[:, 1] @ part[:, 1]
        if square > 1e-10:  # the last treated province: without it there is no effect to estimate
            estimates.append(part[:, 1] @ part[:, 0] / square)
    count = len(estimates)
    return float(np.sqrt((count - 1) / count * np.sum((np.array(estimates) - whole) ** 2)))


def _cells(panel: EffectPanel, strata, unit: np.ndarray, period: np.ndarray) -> np.ndarray:
    """Number of the stratum and period of each value: what the period effects are of."""
    return stratum_numbers(strata, len(panel.areas))[unit] * len(panel.periods) + period


def wild_bootstrap(panel: EffectPanel, strata=None, *, draws: int = BOOTSTRAP, seed: int = SEED) -> float:
    """Return the p-value of the wild cluster restricted bootstrap-t with Webb's six weights (Cameron, Gelbach & Miller 2008).

    The bootstrap world has no effect: residuals of the model without it, each province's times one weight. Every draw is
    linear in the weights, so all draws are two matrix products. p = (1 + as far) / (draws + 1): never zero.
    """
    _require(panel)
    y, unit, period = _long(panel)
    d = (panel.treated[unit] & panel.post[period]).astype(float)
    period = _cells(panel, strata, unit, period)
    residual = _residualise(np.column_stack([y, d]), unit, period)
    own, x = residual[:, 0], residual[:, 1]
    clusters, square = len(panel.areas), float(x @ x)
    by_cluster = np.zeros((len(own), clusters))
    by_cluster[np.arange(len(own)), unit] = own  # residuals under no effect, one column per province
    moved = _residualise(by_cluster, unit, period)
    at = np.zeros((clusters, clusters))
    np.add.at(at, unit, x[:, None] * moved)  # score of each province when another's residuals are turned
    squares = np.bincount(unit, x * x, clusters)

    def t_values(weights):
        scores = weights @ at.T
        beta = scores.sum(axis=1) / square
        left = scores - beta[:, None] * squares
        return beta / np.sqrt((left**2).sum(axis=1))

    rng = np.random.default_rng(seed)
    drawn = t_values(rng.choice(WEBB, size=(draws, clusters)))
    observed = t_values(np.ones((1, clusters)))[0]
    return float((1 + np.sum(np.abs(drawn) >= abs(observed) * (1 - 1e-12))) / (draws + 1))


def honest_bounds(panel: EffectPanel, *, size: float = 1.0) -> tuple[float, float]:
    """Return the robust interval of the mean effect if trends differ after by at most `size` times the largest step between
    two periods before (Rambachan & Roth 2023, relative magnitudes, by diff-diff).

    NaN with fewer than three periods before, with gaps, or with as many periods as treated provinces: their covariance
    has no full rank then.
    """
    import warnings

    _require(panel)
    if panel.n_before < 3 or len(panel.periods) >= panel.treated.sum() or not np.isfinite(panel.values).all():
        return float("nan"), float("nan")
    from diff_diff import HonestDiD, TwoWayFixedEffects

    y, unit, period = _long(panel)
    table = pd.DataFrame({"area": unit, "period": period, "y": y, "treated": panel.treated[unit].astype(int)})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library tells of its own defaults; the numbers are tested
        events = TwoWayFixedEffects(cluster="area").fit(
            table, outcome="y", treatment="treated", unit="area", time="period", event_study=True,
            post_periods=[int(p) for p in np.flatnonzero(panel.post)], reference_period=panel.n_before - 1,
        )  # fmt: skip
        found = HonestDiD(method="relative_magnitude", M=size).fit(events)
    return float(found.ci_lb), float(found.ci_ub)


def event_study(panel: EffectPanel, strata=None, *, confidence: float = CONFIDENCE) -> EventStudy:
    """Return leads and lags against the last period before (within strata), with the joint test of the leads.

    A period in which no stratum holds both has no estimate: NaN.

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
    residual = _residualise(np.column_stack([y, columns]), unit, _cells(panel, strata, unit, period))
    clusters = len(panel.areas)
    seen = (residual[:, 1:] ** 2).sum(axis=0) > 1e-9  # else no stratum holds both in that period
    beta, se = np.full(len(others), np.nan), np.full(len(others), np.nan)
    covariance = np.full((len(others), len(others)), np.nan)
    if seen.any():
        beta[seen], covariance[np.ix_(seen, seen)], _ = _fit(residual[:, 0], residual[:, 1:][:, seen], unit)
    covariance = covariance * clusters / (clusters - 1)
    se = np.sqrt(np.diag(covariance))
    reach = student.ppf(0.5 + confidence / 2, degrees_of(int(panel.treated.sum())))
    rows = [{"period": panel.periods[reference], "lead": -1, "effect": 0.0, "se": 0.0, "ci_low": 0.0, "ci_high": 0.0}]
    for at, p in enumerate(others):
        rows.append({
            "period": panel.periods[p], "lead": p - panel.n_before, "effect": float(beta[at]), "se": float(se[at]),
            "ci_low": float(beta[at] - reach * se[at]), "ci_high": float(beta[at] + reach * se[at]),
        })  # fmt: skip
    leads = [at for at, p in enumerate(others) if p < reference]
    able = 0 < len(leads) < panel.treated.sum() - 1 and seen[leads].all()  # else the covariance of the leads has no full rank
    statistic = float(beta[leads] @ np.linalg.pinv(covariance[np.ix_(leads, leads)]) @ beta[leads] / len(leads)) if able else np.nan
    p_value = float(fisher.sf(statistic, len(leads), clusters - 1)) if able else np.nan
    table = pd.DataFrame(rows).sort_values("lead", ignore_index=True)
    return EventStudy(table, statistic, len(leads), p_value)
