"""Other published trend tests beside the default, for an adviser who wants to see what depends on the choice.

The tests are those of pymannkendall (METHODS 2.4); this module says when each of them may be used and
turns its failures into reasons. Corrections for correlation need 20 periods: below, the default of
`trends` with its pooled correlation is the only one that keeps its size.
"""

from __future__ import annotations

import warnings
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from sdg_eval.errors import UsageError
from sdg_eval.ranks import MIN_TEST, finite
from sdg_eval.rates import rate_lines

MIN_CORRECTED = 20
"""Fewest periods for a correction estimated from the series itself (METHODS 2.2)."""
LAGS = 3
"""Lags of the Hamed-Rao correction: with all lags noise alone is corrected for."""
START_ALPHA = 0.05
MIN_DISPERSION, MIN_COUNTS = 1.5, 10
"""Over-dispersion and length from which a negative binomial is worth fitting (METHODS 2.8)."""

OPTIONS = {
    "original": "original_test",
    "hamed_rao": "hamed_rao_modification_test",
    "yue_wang": "yue_wang_modification_test",
    "pre_whitening": "pre_whitening_modification_test",
    "trend_free_pre_whitening": "trend_free_pre_whitening_modification_test",
    "seasonal": "seasonal_test",
    "correlated_seasonal": "correlated_seasonal_test",
    "partial": "partial_test",
}
"""Name here -> name in pymannkendall."""
CORRECTED = ("hamed_rao", "yue_wang", "pre_whitening", "trend_free_pre_whitening")
SEASONAL = ("seasonal", "correlated_seasonal")
VERDICTS = {"increasing": "rising", "decreasing": "falling", "no trend": "not_detected"}


@dataclass(frozen=True)
class OptionTest:
    """One test of one series; NaN and a reason where it does not apply. The slope is per period."""

    method: str
    n_obs: int
    s: float = np.nan
    var_s: float = np.nan
    z: float = np.nan
    p_value: float = np.nan
    tau: float = np.nan
    slope: float = np.nan
    intercept: float = np.nan
    verdict: str = "not_applicable"
    reason: str = ""


def option_test(
    values, method: str, *, period: int | None = None, covariate=None, alpha: float = 0.05, lag: int | None = LAGS, force: bool = False
) -> OptionTest:
    """Return one of `OPTIONS` for one series in time order; missing values are dropped.

    Parameters
    ----------
    period
        Periods in a year, for the seasonal tests; the series must then be complete.
    covariate
        For `partial`: the series whose influence is taken out (Libiseller & Grimvall 2002).
    lag
        Lags looked at by Hamed-Rao; None looks at all of them, as pymannkendall does.
    force
        Corrections also under 20 periods.

    Raises
    ------
    UsageError
        For an unknown method.
    DataError
        For infinite values.
    """
    import pymannkendall

    if method not in OPTIONS:
        raise UsageError(f"method is {method!r}; choose {', '.join(OPTIONS)}.")
    values = finite(values, "The values")
    held = ~np.isnan(values)
    n = int(held.sum())
    if reason := _refusal(method, n, held, period, covariate, force):
        return OptionTest(method, n, reason=reason)
    arguments = {"alpha": alpha}
    if method == "hamed_rao" and lag is not None:
        arguments["lag"] = lag
    if method in SEASONAL:
        arguments["period"] = period
    data = values[held] if method not in SEASONAL else values
    if method == "partial":
        data = np.column_stack([values[held], finite(covariate, "The covariate")[held]])
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # a negative variance is told by its NaN
        found = getattr(pymannkendall, OPTIONS[method])(data, **arguments)
    if not np.isfinite(found.z):
        return OptionTest(method, n, s=float(found.s), var_s=float(found.var_s), reason="negative_variance")
    return OptionTest(
        method, n, *(float(getattr(found, name)) for name in ("s", "var_s", "z", "p", "Tau", "slope", "intercept")),
        VERDICTS[found.trend],
    )  # fmt: skip


def _refusal(method: str, n: int, held: np.ndarray, period, covariate, force: bool) -> str:
    if n < MIN_TEST:
        return "few_periods"
    if method in CORRECTED and n < MIN_CORRECTED and not force:
        return "few_periods_for_correction"
    if method in SEASONAL and not (period and period > 1):
        return "no_season"
    if method in SEASONAL and (n < 3 * period or not held.all()):
        return "few_periods" if held.all() else "gaps"
    if method == "partial" and covariate is None:
        return "no_covariate"
    return ""


def compare_options(values, *, period: int | None = None, covariate=None, alpha: float = 0.05, force: bool = False) -> pd.DataFrame:
    """Return every option for one series, a row each, those that do not apply with their reason."""
    options = {"period": period, "covariate": covariate, "alpha": alpha, "force": force}
    return pd.DataFrame([asdict(option_test(values, method, **options)) for method in OPTIONS])


@dataclass(frozen=True)
class NegativeBinomialTrend:
    """Trend of over-dispersed counts per exposure, log E = a + b t + log exposure, Var = m + alpha m2."""

    n_obs: int
    slope: float = np.nan
    intercept: float = np.nan  # at time 0
    se: float = np.nan
    p_value: float = np.nan
    alpha: float = np.nan
    loglik: float = np.nan
    reason: str = ""


def negative_binomial_trend(counts, exposure, times, *, dispersion: float, force: bool = False) -> NegativeBinomialTrend:
    """Return the NB2 trend by maximum likelihood (METHODS 2.8, option).

    `dispersion` is that of the quasi-Poisson fit; with 1.5 or less, or under 10 periods, nothing is
    fitted and the reason is given, unless `force`.
    """
    from statsmodels.discrete.discrete_model import NegativeBinomial

    counts, times = finite(counts, "The counts"), finite(times, "The times")
    n = len(counts)
    if not force and (dispersion <= MIN_DISPERSION or n < MIN_COUNTS):
        return NegativeBinomialTrend(n, reason="not_overdispersed" if n >= MIN_COUNTS else "few_periods")
    centre = times.mean()
    design = np.column_stack([np.ones(n), times - centre])
    poisson = rate_lines(counts, exposure, times, family="poisson")
    start = [poisson.level[0] + poisson.slope[0] * (centre - poisson.centre[0]), poisson.slope[0], START_ALPHA]
    model = NegativeBinomial(counts, design, loglike_method="nb2", exposure=finite(exposure, "The exposures"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Newton's steps leave the domain in short series; BFGS comes back
        fit = model.fit(start_params=start, disp=False, maxiter=5000, method="bfgs", gtol=1e-7)
    if not np.isfinite([*fit.params, fit.llf]).all():
        return NegativeBinomialTrend(n, reason="model_failed")
    level, slope, alpha = fit.params
    return NegativeBinomialTrend(
        n, float(slope), float(level - slope * centre), float(fit.bse[1]), float(fit.pvalues[1]), float(alpha), float(fit.llf)
    )
