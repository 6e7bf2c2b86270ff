"""Is a series moving, how fast, and how surely: one row per series and area.

SDG series are short, uneven and autocorrelated, so the trend is described by rank methods: the
Theil-Sen slope says how fast, the Mann-Kendall test with a simulated AR(1) null says how surely.
Counts and proportions have models of their own. "Not detected" is never "no trend".
"""

from __future__ import annotations

import warnings
import zlib
from dataclasses import dataclass, field
from functools import lru_cache
from statistics import NormalDist

import numpy as np
import pandas as pd

from sdg_eval.concepts import KEY
from sdg_eval.errors import DataError, UsageError
from sdg_eval.observations import mid_points, period_year, select_latest

MIN_TWO = 2
MIN_SLOPE = 3
"""Fewest periods for a slope; with two there is only a change between end points."""
MIN_TEST = 6
"""Fewest periods for a test: exact Mann-Kendall cannot go below .083 at n = 4, power at 5 is under 10%."""
MIN_SPAN_YEARS = 3
STALE_AFTER_YEARS = 3
MIN_YEARS_SEASONAL = 3
"""Seasonal tests need three full years of quarters (12) or months (36)."""
MIN_AREAS_POOLED = 20
RHO_ASSUMED = 0.3
"""Lag-1 correlation taken where fewer than 20 provinces or 6 periods speak about it."""
RHO_MAX = 0.9
RHO_STEP = 0.05
NULL_DRAWS = 9999
CORRECTION_DRAWS = 4000
Q_FAMILY = 0.10
COVID_YEARS = (2020, 2021)
PERIODS_PER_YEAR = {"A": 1, "Q": 4, "M": 12}
NOT_OBSERVED = ("P", "E", "I")
"""OBS_STATUS of provisional, estimated and imputed values: tests leave them out."""
NULLS = ("ar1", "exact", "normal")
DIMENSIONS = [c for c in KEY if c != "TIME_PERIOD"]
FAMILY = [c for c in DIMENSIONS if c != "REF_AREA"]

COLUMNS = DIMENSIONS + [
    "n_obs", "first_period", "last_period", "first_value", "last_value",
    "slope", "ci_low", "ci_high", "intercept", "sigma",
    "relative_slope_pct", "relative_ci_low_pct", "relative_ci_high_pct", "odds_ratio", "dispersion",
    "upper_limit", "tau", "s", "p_value", "p_adjusted", "significant", "n_tests",
    "rho", "rho_assumed", "null_seed", "null_draws", "tie_share", "method", "verdict", "assessment", "reason",
    "stale", "report_year", "confidence", "segment_start", "n_provisional",
    "slope_with_provisional", "verdict_with_provisional", "slope_without_covid", "verdict_without_covid",
    "preferred",
]  # fmt: skip
"""Columns of the trend table, in order; docs/methods.md says what each one holds."""


# ---------------------------------------------------------------- statistics of one series


@dataclass(frozen=True)
class MannKendall:
    """Mann-Kendall statistics of one series; NaN where nothing was tested."""

    n_obs: int
    s: int
    tau: float  # tau-b, times are distinct
    var_s: float  # corrected for ties
    z: float  # with continuity correction
    p_normal: float
    p_exact: float  # NaN with ties or n > 10


@dataclass(frozen=True)
class Slope:
    """Theil-Sen slope (unit per year), its interval and the line's intercept at time 0."""

    slope: float
    intercept: float
    ci_low: float
    ci_high: float
    clipped: bool = False  # the interval asked for reaches beyond the outermost pairwise slope


@dataclass(frozen=True)
class Ar1Null:
    """Simulated distribution of |S| when there is no trend but lag-1 correlation `rho`."""

    n_obs: int
    rho: float
    seed: int
    var_ratio: float  # Var(S*) / Var(S without correlation)
    abs_s: np.ndarray = field(repr=False, compare=False)

    def p_value(self, s: float) -> float:
        """Two-sided p of an observed S: (1 + number of |S*| >= |S|) / (draws + 1)."""
        at_least = len(self.abs_s) - np.searchsorted(self.abs_s, abs(s), side="left")
        return float((1 + at_least) / (len(self.abs_s) + 1))


@dataclass(frozen=True)
class RateTrend:
    """Quasi-likelihood trend on a log (counts) or logit (proportions) scale, per year."""

    n_obs: int
    slope: float  # log rate ratio or log odds ratio per year
    intercept: float  # at time 0
    se: float  # dispersion taken as at least 1
    se_model: float  # Poisson or binomial, dispersion 1
    dispersion: float  # Pearson chi2 / degrees of freedom
    p_value: float  # t with n - 2 degrees of freedom
    ci_low: float  # of slope
    ci_high: float
    centre: float = np.nan  # time at which `level` holds
    level: float = np.nan  # linear predictor at `centre`
    cov: tuple = ()  # of (level, slope), scaled like `se`
    upper_limit: float = np.nan  # rule of three, where no event was seen

    def linear(self, times) -> np.ndarray:
        """Linear predictor at `times`."""
        return self.level + self.slope * (np.asarray(times, dtype=float) - self.centre)


def _finite(values, what: str) -> np.ndarray:
    values = np.asarray(values, dtype=float)
    if np.isinf(values).any():
        raise DataError(f"{what} hold an infinite number. Leave the cell empty where there is no value.")
    return values


def _same_season_pairs(seasons: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Indices i < j of all pairs of points of one season (all pairs when there is one season)."""
    i, j = np.triu_indices(len(seasons), 1)
    same = seasons[i] == seasons[j]
    return i[same], j[same]


def _var_s(values: np.ndarray, seasons: np.ndarray | None = None) -> float:
    """Variance of S without correlation, corrected for ties, summed over seasons (Kendall 1975)."""

    def cubic(n):
        return n * (n - 1) * (2 * n + 5)

    if seasons is not None and len(np.unique(seasons)) > 1:
        return sum(_var_s(values[seasons == season]) for season in np.unique(seasons))
    _, ties = np.unique(values, return_counts=True)
    return float(cubic(len(values)) - cubic(ties).sum()) / 18


def _z(s: float, var_s: float) -> float:
    return (s - np.sign(s)) / np.sqrt(var_s) if var_s > 0 else 0.0


def _p_two_sided(z: float) -> float:
    return 2 * NormalDist().cdf(-abs(z))


def mann_kendall(values) -> MannKendall:
    """Mann-Kendall test of `values` in time order; missing values are dropped, never filled.

    Raises DataError for infinite values. Mann 1945; Kendall 1975.

    Examples
    --------
    >>> mann_kendall([10, 11, 12.5, 13]).s
    6
    """
    values = _finite(values, "The values")
    values = values[~np.isnan(values)]
    n = len(values)
    if n < MIN_TWO:
        return MannKendall(n, 0, *[np.nan] * 5)
    i, j = np.triu_indices(n, 1)
    signs = np.sign(values[j] - values[i])
    s, untied = int(signs.sum()), int((signs != 0).sum())
    var_s = _var_s(values)
    tau = s / np.sqrt(untied * len(signs)) if untied else 0.0
    p_exact = np.nan
    if untied == len(signs) and n <= 10:
        from scipy.stats import kendalltau

        p_exact = float(kendalltau(np.arange(n), values, method="exact").pvalue)
    z = float(_z(s, var_s))
    return MannKendall(n, s, float(tau), var_s, z, _p_two_sided(z) if untied else 1.0, p_exact)


def theil_sen(times, values, *, confidence: float = 0.95, var_scale: float = 1.0, seasons=None) -> Slope:
    """Median of pairwise slopes with its rank interval (Sen 1968; ranks rounded as scipy does).

    Parameters
    ----------
    times, values
        Equal-length arrays; missing values are dropped in pairs. Order does not matter.
    confidence
        Coverage of the interval; no interval (NaN) under 6 points.
    var_scale
        Var(S) is multiplied by it: the simulated variance ratio under autocorrelation.
    seasons
        Only points of one season are compared (seasonal Sen slope; Hirsch, Slack & Smith 1982).

    Examples
    --------
    >>> theil_sen([2015, 2016, 2018], [9, 8, 5]).slope
    -1.3333333333333333
    """
    times, values = _finite(times, "The times"), _finite(values, "The values")
    keep = ~(np.isnan(times) | np.isnan(values))
    times, values = times[keep], values[keep]
    seasons = np.zeros(len(times), dtype=int) if seasons is None else np.asarray(seasons)[keep]
    i, j = _same_season_pairs(seasons)
    apart = times[i] != times[j]
    i, j = i[apart], j[apart]
    if not len(i):
        return Slope(np.nan, np.nan, np.nan, np.nan)
    slopes = np.sort((values[j] - values[i]) / (times[j] - times[i]))
    slope = float(np.median(slopes))
    intercept = float(np.median(values) - slope * np.median(times))
    if len(values) < MIN_TEST:
        return Slope(slope, intercept, np.nan, np.nan)
    reach = NormalDist().inv_cdf(0.5 + confidence / 2) * np.sqrt(_var_s(values, seasons) * var_scale)
    upper, lower = round((len(slopes) + reach) / 2), round((len(slopes) - reach) / 2) - 1
    clipped = bool(lower < 0 or upper > len(slopes) - 1)
    low, high = slopes[max(lower, 0)], slopes[min(upper, len(slopes) - 1)]
    return Slope(slope, intercept, float(low), float(high), clipped)


def residual_scale(times, values, slope: float, intercept: float) -> float:
    """Robust standard deviation around the line: 1.4826 MAD x sqrt(n/(n-2)).

    Where more than half of the points lie on the line the MAD is zero although the others do not;
    then the root mean square takes its place, because zero would claim certainty.
    """
    values = np.asarray(values, dtype=float)
    residuals = values - intercept - slope * np.asarray(times, dtype=float)
    n = len(values)
    if n < MIN_SLOPE:
        return np.nan
    spread = 1.4826 * np.median(np.abs(residuals - np.median(residuals)))
    if spread <= 1e-12 * max(1.0, np.abs(values).max()):
        spread = np.sqrt(np.mean(residuals**2))
    return float(spread * np.sqrt(n / (n - 2)))


def ar1_series(rng: np.random.Generator, draws: int, n: int, rho: float) -> np.ndarray:
    """Return `draws` stationary AR(1) series of `n` steps with standard deviation 1."""
    noise = rng.standard_normal((draws, n))
    if rho:
        fresh = np.sqrt(1 - rho**2)
        for step in range(1, n):
            noise[:, step] = rho * noise[:, step - 1] + fresh * noise[:, step]
    return noise


def kendall_s(series: np.ndarray, period: int = 1) -> np.ndarray:
    """S of each row of `series`, on a regular grid; with `period` only same-season pairs count."""
    s = np.zeros(len(series), dtype=np.int64)
    for lag in range(period, series.shape[1], period):
        s += np.sign(series[:, lag:] - series[:, :-lag]).sum(axis=1, dtype=np.int64)
    return s


def ar1_null(n: int, rho: float, period: int = 1) -> Ar1Null:
    """Null distribution of S for `n` points with lag-1 correlation `rho`, rounded to 0.05.

    All series of one length share the draws: the seed follows from n, rho and period.
    """
    return _ar1_null(int(n), float(np.round(rho / RHO_STEP) * RHO_STEP), int(period))


@lru_cache(maxsize=512)
def _ar1_null(n: int, rho: float, period: int) -> Ar1Null:
    seed = zlib.crc32(f"ar1:{n}:{rho:.2f}:{period}".encode())
    s = kendall_s(ar1_series(np.random.default_rng(seed), NULL_DRAWS, n, rho), period)
    independent = _var_s(np.arange(n, dtype=float), np.arange(n) % period)
    ratio = float(np.mean(s.astype(float) ** 2) / independent) if rho and independent else 1.0
    return Ar1Null(n, round(rho, 2), seed, ratio, np.sort(np.abs(s)))


def _design(steps: np.ndarray, period: int) -> np.ndarray:
    """Constant, time and season dummies at the grid positions `steps`."""
    seasons = [(steps % period == season).astype(float) for season in range(1, period)]
    return np.column_stack([np.ones(len(steps)), steps - steps.mean(), *seasons])


def pooled_rho(panel, period: int = 1) -> tuple[float, bool]:
    """Lag-1 correlation shared by the areas of one indicator, and whether it had to be assumed.

    Parameters
    ----------
    panel
        Areas x periods on a regular grid, NaN where there is no value. Each area is detrended by
        OLS (with season dummies when `period` > 1) and scaled to unit variance, so that one large
        area does not decide for all. Periods that no area has are left out, so that for a survey
        every second year "lag 1" is the survey before; products reach over no other gap.

    Returns
    -------
    rho, assumed
        Bias-corrected, within 0..0.9; (0.3, True) with fewer than 20 areas or 6 periods.
    """
    panel = _finite(panel, "The panel")
    if period == 1 and panel.size:
        panel = panel[:, ~np.isnan(panel).all(axis=0)]
    lengths, correlations = [], []
    for row in panel.reshape(-1, panel.shape[-1] if panel.size else 1):
        steps = np.flatnonzero(~np.isnan(row))
        if len(steps) < max(MIN_TEST, MIN_YEARS_SEASONAL * period if period > 1 else 0):
            continue
        design = _design(steps, period)
        residual = np.full(len(row), np.nan)
        residual[steps] = row[steps] - design @ np.linalg.lstsq(design, row[steps], rcond=None)[0]
        squares = np.nansum(residual**2)
        if squares <= 1e-20 * max(1.0, np.nanmax(np.abs(row)) ** 2):
            continue  # a constant or exactly straight series says nothing about correlation
        products = residual[1:] * residual[:-1]
        pairs = int((~np.isnan(products)).sum())
        if pairs >= (len(steps) - 1) / 2:
            lengths.append(len(steps))
            correlations.append(np.nansum(products) / squares * (len(steps) - 1) / pairs)
    if len(lengths) < MIN_AREAS_POOLED:
        return RHO_ASSUMED, True
    rhos, expected = _expected_r(int(np.median(lengths)), period)
    return float(np.clip(np.interp(np.mean(correlations), expected, rhos), 0, RHO_MAX)), False


@lru_cache(maxsize=64)
def _expected_r(n: int, period: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean lag-1 correlation of OLS residuals for each true rho, simulated.

    Detrending a short series takes much of its correlation away: at n = 6 a true .5 shows as -.23 on
    average. The closed form (n r + 2)/(n - 4) undoes it for the ratio of sums over areas, but there the
    area with the largest numbers decides; for the mean of ratios it stops at .31.
    """
    design = _design(np.arange(n), period)
    maker = np.eye(n) - design @ np.linalg.pinv(design)
    rhos, expected = np.arange(0, 0.96, RHO_STEP), []
    for rho in rhos:
        rng = np.random.default_rng(zlib.crc32(f"expected_r:{n}:{period}".encode()))
        residual = ar1_series(rng, CORRECTION_DRAWS, n, rho) @ maker
        products = (residual[:, 1:] * residual[:, :-1]).sum(axis=1)
        expected.append(np.mean(products / (residual**2).sum(axis=1)))
    return rhos, np.maximum.accumulate(expected)


def _glm(response, times, family_name: str, offset=None, *, confidence: float) -> RateTrend:
    """Fit level and slope by statsmodels' GLM; dispersion below 1 counts as 1 (METHODS 2.8)."""
    from scipy.stats import t as student
    from statsmodels.genmod import families
    from statsmodels.genmod.generalized_linear_model import GLM
    from statsmodels.tools.sm_exceptions import PerfectSeparationWarning

    times = np.asarray(times, dtype=float)
    centre = times.mean()
    design = np.column_stack([np.ones(len(times)), times - centre])
    model = GLM(response, design, family=getattr(families, family_name)(), offset=offset)
    with warnings.catch_warnings():
        # Where the points lie on the curve exactly (0% before a year, 100% after) the caller sees
        # it by the standard error and takes ranks.
        warnings.simplefilter("ignore", PerfectSeparationWarning)
        fit = model.fit(tol=1e-12)
    df = len(times) - 2
    level, slope = fit.params
    dispersion = float(fit.pearson_chi2 / df) if df else np.nan
    scale = max(dispersion, 1.0) if df else np.nan
    cov = np.asarray(fit.normalized_cov_params)
    se_model = float(np.sqrt(cov[1, 1]))
    se = se_model * np.sqrt(scale)
    reach = student.ppf(0.5 + confidence / 2, df) * se if df else np.nan
    p_value = float(2 * student.sf(abs(slope / se), df)) if df else np.nan
    return RateTrend(
        len(times), float(slope), float(level - slope * centre), float(se), se_model, dispersion, p_value,
        float(slope - reach), float(slope + reach), float(centre), float(level),
        tuple(map(tuple, cov * scale)),
    )  # fmt: skip


def count_trend(counts, exposure, times, *, confidence: float = 0.95) -> RateTrend:
    """Quasi-Poisson trend of events per exposure: log E = a + b t + log exposure.

    `exposure` may be None (taken as 1). With no event at all nothing is fitted and `upper_limit`
    is 3 / total exposure (rule of three). Raises DataError for negative counts or exposure <= 0.
    """
    counts, times = _finite(counts, "The counts"), _finite(times, "The times")
    exposure = np.ones(len(counts)) if exposure is None else _finite(exposure, "The exposures")
    if (counts < 0).any() or (exposure <= 0).any():
        raise DataError("Counts below zero or exposures of zero or less have no rate. Correct or leave out.")
    if not counts.any():
        limit = 3 / exposure.sum() if len(counts) else np.nan
        return RateTrend(len(counts), *[np.nan] * 8, upper_limit=float(limit))
    return _glm(counts, times, "Poisson", np.log(exposure), confidence=confidence)


def proportion_trend(successes, trials, times, *, confidence: float = 0.95) -> RateTrend:
    """Quasi-binomial trend of k out of n on the logit scale.

    At 0 or 100% throughout nothing is fitted (all NaN). Raises DataError unless 0 <= k <= n, n > 0.
    """
    successes, trials = _finite(successes, "The numerators"), _finite(trials, "The denominators")
    if (successes < 0).any() or (trials <= 0).any() or (successes > trials).any():
        raise DataError("A proportion needs 0 <= numerator <= denominator and a denominator above 0.")
    if not successes.any() or (successes == trials).all():
        return RateTrend(len(successes), *[np.nan] * 8)
    response = np.column_stack([successes, trials - successes])
    return _glm(response, times, "Binomial", confidence=confidence)


# ---------------------------------------------------------------- what may be used of a series


@dataclass(frozen=True)
class SeriesRule:
    """What the codelist says about a series, as far as statistics need it."""

    kind: str = "amount"
    direction: str = "none"
    breaks: tuple[tuple[int, str], ...] = ()  # (first year of the new regime, area or "" for all)
    provisional: frozenset[int] = frozenset()
    bounds: tuple[float, float] = (np.nan, np.nan)  # natural bounds
    wanted: tuple[float, float] = (np.nan, np.nan)  # low and high of direction `range`
    aggregation: str = "none"

    @property
    def sign(self) -> int:
        """+1 where higher is better, -1 where lower is, 0 where neither. A range looks at distance."""
        if self.direction == "range" and np.isnan(self.wanted).any():
            return 0
        return {"higher": 1, "lower": -1, "range": -1}.get(self.direction, 0)


def _number(text) -> float:
    return float(text) if str(text).strip() not in ("", "nan", "None", "<NA>") else np.nan


def _break(text: str) -> tuple[int, str]:
    year, _, area = text.strip().partition("@")
    return int(year), area.strip()


def series_rules(series: pd.DataFrame | None) -> dict[str, SeriesRule]:
    """Return the rules by SERIES from the codelist's table (None: no rules, all defaults)."""
    if series is None:
        return {}
    rules = {}
    for row in series.to_dict("records"):
        def listed(column, row=row):
            return [part for part in str(row.get(column, "") or "").split(";") if part.strip()]

        rules[row["SERIES"]] = SeriesRule(
            kind=row.get("kind") or "amount",
            direction=row.get("direction") or "none",
            breaks=tuple(_break(part) for part in listed("breaks")),
            provisional=frozenset(int(part) for part in listed("provisional")),
            bounds=(_number(row.get("lower", "")), _number(row.get("upper", ""))),
            wanted=(_number(row.get("range_low", "")), _number(row.get("range_high", ""))),
            aggregation=row.get("aggregation") or "none",
        )
    return rules


@dataclass(frozen=True)
class Points:
    """Time-ordered numbers of one series in one area."""

    periods: np.ndarray
    times: np.ndarray  # decimal years, middle of the period
    years: np.ndarray
    seasons: np.ndarray
    values: np.ndarray
    numerators: np.ndarray
    denominators: np.ndarray

    def __len__(self) -> int:
        return len(self.times)

    def where(self, mask) -> Points:
        """Return the points where `mask` holds."""
        return Points(**{name: getattr(self, name)[mask] for name in self.__dataclass_fields__})


@dataclass(frozen=True)
class Segment:
    """A series in one area, with what METHODS section 1 allows to be used of it."""

    keys: dict
    everything: Points
    after_break: np.ndarray  # bool per point of `everything`
    provisional: np.ndarray
    conflict: bool
    reasons: tuple[str, ...]

    @property
    def break_period(self) -> str:
        """First period after the last break, '' where no point lies before it."""
        return "" if self.after_break.all() else str(self.everything.periods[self.after_break][0])

    @property
    def with_provisional(self) -> Points:
        """All points after the last break."""
        return self.everything.where(self.after_break)

    @property
    def observed(self) -> Points:
        """Points after the last break without provisional, estimated and imputed ones."""
        return self.everything.where(self.after_break & ~self.provisional)

    @property
    def only_provisional(self) -> bool:
        """Too little was observed for a slope, while all points together would give one."""
        return len(self.observed) < MIN_SLOPE <= len(self.with_provisional)

    @property
    def usable(self) -> Points:
        """What statistics use: the observed points, or all where hardly any were observed."""
        return self.with_provisional if self.only_provisional else self.observed


def _distance_to_range(values: np.ndarray, wanted: tuple[float, float]) -> np.ndarray:
    low, high = wanted
    return np.maximum(0, np.maximum(low - values, values - high))


def _break_starts(points: Points, statuses: np.ndarray, fiscal: np.ndarray, rule: SeriesRule, area: str):
    """Yield (index of the first point after a break, reason) for declared, marked and basis breaks."""
    for year, where in rule.breaks:
        if where in ("", area) and (points.years >= year).any():
            yield int(np.argmax(points.years >= year)), "break_segment"
    for index in np.flatnonzero(statuses == "B"):
        yield int(index), "break_segment"
    for index in np.flatnonzero(fiscal[1:] != fiscal[:-1]):
        yield int(index) + 1, "basis_change"


def _segment(keys: dict, part: dict[str, np.ndarray], rule: SeriesRule) -> Segment:
    order = np.argsort(part["time"], kind="stable")
    part = {name: column[order] for name, column in part.items()}
    values, reasons = part["OBS_VALUE"], []
    if rule.direction == "range":
        if np.isnan(rule.wanted).any():
            reasons.append("no_range")
        else:
            values = _distance_to_range(values, rule.wanted)
    points = Points(
        part["TIME_PERIOD"], part["time"], part["year"], part["season"], values,
        part["NUMERATOR"], part["DENOMINATOR"],
    )  # fmt: skip
    starts = list(_break_starts(points, part["OBS_STATUS"], part["fiscal"], rule, keys["REF_AREA"]))
    start, why = max(starts, default=(0, ""))
    if start > 0:
        reasons.append(why)
    provisional = np.isin(part["OBS_STATUS"], NOT_OBSERVED) | np.isin(part["year"], list(rule.provisional))
    conflict = len(np.unique(part["TIME_PERIOD"])) < len(points)
    return Segment(keys, points, np.arange(len(points)) >= start, provisional, conflict, tuple(reasons))


def segments(observations: pd.DataFrame, series: pd.DataFrame | None = None) -> list[Segment]:
    """Split an observation table into one Segment per series, area, breakdown and frequency.

    Later vintages replace earlier ones; rows without a value are dropped, never filled. Two values
    of one period and vintage mark the segment as `conflict`. Raises DataError for infinite values.
    """
    _finite(observations["OBS_VALUE"], "The observations")
    table = observations[observations["OBS_VALUE"].notna()]
    if table.empty:
        return []
    table = select_latest(table)
    years = {period: period_year(period) for period in table["TIME_PERIOD"].unique()}
    table["time"] = mid_points(table["TIME_PERIOD"])
    table["year"] = table["TIME_PERIOD"].map(years).astype(int)
    per_year = table["FREQ"].map(PERIODS_PER_YEAR).astype(int)
    table["season"] = np.floor((table["time"] % 1) * per_year).astype(int).where(per_year > 1, 0)
    table["fiscal"] = table["TIME_PERIOD"].str.contains("/", regex=False)
    used = ["TIME_PERIOD", "time", "year", "season", "fiscal", "OBS_VALUE", "NUMERATOR", "DENOMINATOR", "OBS_STATUS"]
    columns = {name: table[name].to_numpy() for name in used}
    columns["TIME_PERIOD"] = columns["TIME_PERIOD"].astype(object)
    columns["OBS_STATUS"] = columns["OBS_STATUS"].astype(object)
    rules = series_rules(series)
    return [
        _segment(
            dict(zip(DIMENSIONS, key, strict=True)),
            {name: column[index] for name, column in columns.items()},
            rules.get(key[0], SeriesRule()),
        )
        for key, index in table.groupby(DIMENSIONS, sort=True).indices.items()
    ]


# ---------------------------------------------------------------- one row of the table


@dataclass(frozen=True)
class _Options:
    rho: float
    assumed: bool
    confidence: float
    null: str
    report_year: int

    @property
    def alpha(self) -> float:
        return 1 - self.confidence


def _verdict(p_value: float, slope: float, s: float, alpha: float) -> str:
    if not p_value < alpha:
        return "not_detected"
    return "rising" if (slope or s) > 0 else "falling"


def _rank_p(values, seasons, s: int, ties: float, options: _Options, period: int) -> tuple[float, str, Ar1Null]:
    """p of S, the method's name and the null whose variance ratio widens the interval."""
    null = ar1_null(len(values), options.rho if options.null == "ar1" else 0.0, period)
    prefix = "seasonal_mann_kendall" if period > 1 else "mann_kendall"
    if options.null == "exact" and period == 1 and not ties and len(values) <= 10:
        return mann_kendall(values).p_exact, f"{prefix}_exact", null
    if options.null != "ar1":
        return _p_two_sided(_z(s, _var_s(values, seasons))), f"{prefix}_normal", null
    if ties:
        # The simulated series never tie, so their |S| runs larger than ours could; the tie-corrected
        # variance, widened by the simulated ratio, takes the place of the simulated ranks.
        return _p_two_sided(_z(s, _var_s(values, seasons) * null.var_ratio)), f"{prefix}_ar1_z_ties", null
    return null.p_value(s), f"{prefix}_ar1", null


def _rank_estimate(points: Points, options: _Options, period: int = 1) -> dict:
    """Theil-Sen slope and, from 6 points, the Mann-Kendall test."""
    times, values, seasons = points.times, points.values, points.seasons
    i, j = _same_season_pairs(seasons)
    signs = np.sign(values[j] - values[i])
    s, untied = int(signs.sum()), int((signs != 0).sum())
    ties = 1 - untied / len(signs) if len(signs) else 0.0
    row = {"s": s, "tau": s / np.sqrt(untied * len(signs)) if untied else 0.0, "tie_share": ties, "reasons": []}
    if (values == values[0]).all():
        return row | _flat(values, len(values) >= MIN_TEST)
    testable = len(values) >= MIN_TEST
    p_value, method, scale = np.nan, "theil_sen", 1.0
    if options.null == "ar1":
        row |= {"rho": options.rho, "rho_assumed": options.assumed}  # progress simulates with it
    if testable:
        p_value, method, null = _rank_p(values, seasons, s, ties, options, period)
        scale = null.var_ratio
        if options.null == "ar1":
            row |= {"null_seed": null.seed, "null_draws": NULL_DRAWS}
        row["reasons"] += ["rho_assumed"] if options.null == "ar1" and options.assumed else []
        row["reasons"] += ["tie_share"] if ties else []
    line = theil_sen(times, values, confidence=options.confidence, var_scale=scale, seasons=seasons)
    row["reasons"] += ["interval_clipped"] if line.clipped else []
    verdict = _verdict(p_value, line.slope, s, options.alpha) if testable else "indicative"
    return row | {
        "slope": line.slope, "intercept": line.intercept, "ci_low": line.ci_low, "ci_high": line.ci_high,
        "sigma": residual_scale(times, values, line.slope, line.intercept),
        "p_value": p_value, "method": method, "verdict": verdict,
    }  # fmt: skip


def _flat(values: np.ndarray, testable: bool) -> dict:
    """All values equal is a result, not an error: slope 0, p 1."""
    interval = {"ci_low": 0.0, "ci_high": 0.0} if testable else {}
    return interval | {
        "slope": 0.0, "intercept": float(values[0]), "sigma": 0.0, "p_value": 1.0,
        "method": "none", "verdict": "no_change",
    }  # fmt: skip


def _model_row(model: RateTrend, points: Points, at, method: str, options: _Options) -> dict:
    """Row of a count or proportion model; `at(slope)` gives the fitted change per year in the unit."""
    testable = len(points) >= MIN_TEST
    verdict = _verdict(model.p_value, model.slope, 0, options.alpha) if testable else "indicative"
    slope = at(model.slope)
    return {
        "slope": slope,
        "ci_low": at(model.ci_low) if testable else np.nan,
        "ci_high": at(model.ci_high) if testable else np.nan,
        "dispersion": model.dispersion,
        "p_value": model.p_value if testable else np.nan,
        "method": method,
        "verdict": verdict,
        "reasons": [],
    }


def _pct(log_ratio: float) -> float:
    """Per cent a year of a log ratio; short series can have limits beyond what a number can hold."""
    return float(100 * np.expm1(np.clip(log_ratio, -700, 700)))


def _model_failed(points: Points, options: _Options, reasons: list[str]) -> dict:
    """Ranks take over where the likelihood has no finite maximum (0% before a year, 100% after)."""
    row = _rank_estimate(points, options)
    return row | {"reasons": [*reasons, *row["reasons"], "model_failed"]}


def exposure_of(points: Points) -> np.ndarray | None:
    """The DENOMINATOR of each count, or None where any is missing or not above 0."""
    known = np.isfinite(points.denominators) & (points.denominators > 0)
    return points.denominators if len(points) and known.all() else None


def _count_estimate(points: Points, options: _Options) -> dict:
    """Quasi-Poisson; the slope in the unit is that of the fitted count at the latest exposure."""
    exposure = exposure_of(points)
    missing = [] if exposure is not None else ["no_exposure"]
    model = count_trend(points.values, exposure, points.times, confidence=options.confidence)
    if not points.values.any():
        return _flat(points.values, False) | {
            "p_value": np.nan, "upper_limit": model.upper_limit, "verdict": "no_events",
            "method": "rule_of_three", "reasons": missing,
        }  # fmt: skip
    if not np.isfinite([model.slope, model.se]).all():
        return _model_failed(points, options, missing)
    latest = exposure[-1] if exposure is not None else 1.0
    ends = points.times[[0, -1]]

    def at(slope):
        logs = np.clip(model.level + slope * (ends - model.centre), -700, 700)
        first, last = latest * np.exp(logs)
        return float((last - first) / (ends[1] - ends[0]))

    row = _model_row(model, points, at, "quasi_poisson", options)
    limits = (model.ci_low, model.ci_high) if len(points) >= MIN_TEST else (np.nan, np.nan)
    return row | {
        "relative_slope_pct": _pct(model.slope),
        "relative_ci_low_pct": _pct(limits[0]),
        "relative_ci_high_pct": _pct(limits[1]),
        "reasons": missing,
    }


def proportion_scale(points: Points) -> float | None:
    """Unit of the values as a multiple of numerator / denominator (1 or 100), None if they disagree."""
    k, n = points.numerators, points.denominators
    if not (np.isfinite(k).all() and np.isfinite(n).all() and (n > 0).all()) or (k < 0).any() or (k > n).any():
        return None
    for scale in (100.0, 1.0):
        # Published shares are rounded, hence the allowance.
        if np.allclose(points.values, scale * k / n, rtol=0.01, atol=0.006 * scale):
            return scale
    return None


def _proportion_estimate(points: Points, scale: float, options: _Options) -> dict:
    """Quasi-binomial; the slope in the unit is that of the fitted share between the end points."""
    model = proportion_trend(points.numerators, points.denominators, points.times, confidence=options.confidence)
    share = points.numerators / points.denominators
    if share.max() == 0 or share.min() == 1:
        return _flat(points.values, False) | {"p_value": np.nan, "verdict": "at_bound", "reasons": []}
    if not np.isfinite([model.slope, model.se]).all():
        return _model_failed(points, options, [])
    ends = points.times[[0, -1]]

    def at(slope):
        logits = np.clip(model.level + slope * (ends - model.centre), -700, 700)
        first, last = scale / (1 + np.exp(-logits))
        return float((last - first) / (ends[1] - ends[0]))

    row = _model_row(model, points, at, "quasi_binomial", options)
    return row | {"odds_ratio": float(np.exp(np.clip(model.slope, -700, 700)))}


def _year_on_year_estimate(points: Points) -> dict:
    """Median change against the same quarter or month of the year before; no test."""
    i, j = _same_season_pairs(points.seasons)
    year_apart = np.isclose(points.times[j] - points.times[i], 1)
    changes = (points.values[j] - points.values[i])[year_apart]
    if not len(changes):
        return {"verdict": "insufficient_data", "method": "none", "reasons": ["few_periods"]}
    return {
        "slope": float(np.median(changes)), "verdict": "indicative", "method": "year_on_year",
        "reasons": ["few_periods"],
    }  # fmt: skip


def _annual_estimate(points: Points, rule: SeriesRule, options: _Options) -> dict:
    scale = proportion_scale(points) if rule.kind == "proportion" else None
    if rule.direction == "range":
        return _rank_estimate(points, options)
    if rule.kind == "count" and (points.values >= 0).all():
        return _count_estimate(points, options)
    if scale:
        return _proportion_estimate(points, scale, options)
    row = _rank_estimate(points, options)
    if rule.kind == "proportion" and np.isfinite(points.numerators).any():
        row["reasons"].append("numerator_mismatch")
    return row


def _estimate(points: Points, freq: str, rule: SeriesRule, options: _Options) -> dict:
    """Choose the method that the number of points, the frequency and the kind allow."""
    period, n = PERIODS_PER_YEAR[freq], len(points)
    if n < MIN_TWO:
        return {"verdict": "insufficient_data", "method": "none", "reasons": ["few_periods"]}
    if period > 1:
        enough = n >= MIN_YEARS_SEASONAL * period and _cover_years(points, period) >= MIN_YEARS_SEASONAL
        row = _rank_estimate(points, options, period) if enough else _year_on_year_estimate(points)
    elif n == MIN_TWO:
        slope = float(np.diff(points.values)[0] / np.diff(points.times)[0])
        row = {"slope": slope, "verdict": "two_points", "method": "end_points", "reasons": ["two_points"]}
    else:
        row = _annual_estimate(points, rule, options)
        row["reasons"] += ["few_periods"] if n < MIN_TEST else []
        row["reasons"] += ["short_span"] if np.ptp(points.times) < MIN_SPAN_YEARS else []
    if row["verdict"] == "no_change" and points.values[0] in rule.bounds:
        row["verdict"] = "at_bound"
    return row


def _cover_years(points: Points, period: int) -> float:
    """Years from the start of the first to the end of the last period."""
    return round(float(np.ptp(points.times) + 1 / period), 6)


def _assessment(verdict: str, sign: int) -> str:
    moved = {"rising": 1, "falling": -1}.get(verdict, 0) * sign
    return {1: "improving", -1: "worsening"}.get(moved, "")


def _sensitivity(segment: Segment, rule: SeriesRule, options: _Options) -> dict:
    """Slope and verdict with provisional values, and without 2020-21; blank where nothing differs."""
    freq, used = segment.keys["FREQ"], segment.usable
    row = {}
    if not segment.only_provisional and segment.provisional[segment.after_break].any():
        other = _estimate(segment.with_provisional, freq, rule, options)
        row |= {"slope_with_provisional": other.get("slope", np.nan), "verdict_with_provisional": other["verdict"]}
    covid = np.isin(used.years, COVID_YEARS)
    if covid.any() and len(used) >= MIN_SLOPE:
        other = _estimate(used.where(~covid), freq, rule, options)
        row |= {"slope_without_covid": other.get("slope", np.nan), "verdict_without_covid": other["verdict"]}
    return row


def _trend_row(segment: Segment, rule: SeriesRule, options: _Options) -> dict:
    points = segment.usable
    row = dict.fromkeys(COLUMNS, np.nan) | dict.fromkeys(
        ["method", "reason", "assessment", "verdict_with_provisional", "verdict_without_covid",
         "first_period", "last_period", "segment_start"], "",
    ) | segment.keys  # fmt: skip
    row |= {
        "n_obs": len(points), "n_provisional": int(segment.provisional[segment.after_break].sum()),
        "rho_assumed": False, "stale": False, "significant": False, "preferred": False,
        "report_year": options.report_year, "confidence": options.confidence,
    }  # fmt: skip
    if segment.conflict:
        return row | {"verdict": "data_conflict", "method": "none", "reason": "conflict"}
    estimate = _estimate(points, segment.keys["FREQ"], rule, options)
    reasons = [*segment.reasons, *estimate.pop("reasons")]
    if segment.only_provisional:
        reasons.append("provisional_only")
        if estimate["verdict"] in ("rising", "falling", "not_detected"):
            estimate["verdict"] = "indicative"
    elif row["n_provisional"]:
        reasons.append("provisional")
    row |= estimate | _sensitivity(segment, rule, options)
    if len(points):
        row |= {
            "first_period": points.periods[0], "last_period": points.periods[-1],
            "segment_start": points.periods[0],
            "first_value": points.values[0], "last_value": points.values[-1],
            "stale": bool(options.report_year - points.years[-1] > STALE_AFTER_YEARS),
        }  # fmt: skip
    reasons += ["stale"] if row["stale"] else []
    return row | {"reason": ";".join(reasons), "assessment": _assessment(row["verdict"], rule.sign)}


# ---------------------------------------------------------------- the table


def is_province(codes) -> np.ndarray:
    """True for ISO codes of provinces (TH-10 … TH-96), not for the country or regions."""
    return pd.Series(codes, dtype="str").str.match(r"^TH-\d\d$").to_numpy(dtype=bool)


def _family_panel(family: list[Segment]) -> np.ndarray:
    """Usable values of the provinces of one family on a regular grid, NaN where there is none."""
    period = PERIODS_PER_YEAR[family[0].keys["FREQ"]]
    rows = [s.usable for s in family if not s.conflict and is_province([s.keys["REF_AREA"]])[0]]
    rows = [points for points in rows if len(points)]
    if not rows:
        return np.empty((0, 1))
    steps = [np.floor(points.times * period + 1e-6).astype(int) for points in rows]
    first, last = min(s.min() for s in steps), max(s.max() for s in steps)
    panel = np.full((len(rows), last - first + 1), np.nan)
    for row, (step, points) in enumerate(zip(steps, rows, strict=True)):
        panel[row, step - first] = points.values
    return panel


def _adjust_family(table: pd.DataFrame) -> pd.DataFrame:
    """Benjamini-Hochberg over the provinces of each series; other areas are families of their own."""
    from scipy.stats import false_discovery_control

    province = is_province(table["REF_AREA"])
    own_family = table["REF_AREA"].where(~province, "provinces")
    tested = table["p_value"].notna()
    for _, index in table[tested].groupby([*[table[c] for c in FAMILY], own_family[tested]]).groups.items():
        table.loc[index, "p_adjusted"] = false_discovery_control(table.loc[index, "p_value"].to_numpy(dtype=float))
        table.loc[index, "n_tests"] = len(index)
    table["significant"] = table["p_adjusted"] <= Q_FAMILY
    return table


def _mark_preferred(table: pd.DataFrame) -> pd.DataFrame:
    """Annual rows stand for a series; where there is none, quarterly, then monthly ones."""
    rank = table["FREQ"].map({"A": 0, "Q": 1, "M": 2})
    same = [table[c] for c in DIMENSIONS if c != "FREQ"]
    table["preferred"] = rank == rank.groupby(same).transform("min")
    return table


def _absent(known: list[Segment], areas) -> list[dict]:
    """Keys of the areas that a family does not hold: they are listed, never dropped."""
    families = {tuple(s.keys[c] for c in FAMILY) for s in known}
    held = {tuple(s.keys[c] for c in DIMENSIONS) for s in known}
    keys = [dict(zip(FAMILY, family, strict=True)) | {"REF_AREA": area} for family in families for area in areas]
    return [key for key in keys if tuple(key[c] for c in DIMENSIONS) not in held]


def evaluate_trends(
    observations: pd.DataFrame,
    *,
    series: pd.DataFrame | None = None,
    report_year: int | None = None,
    confidence: float = 0.95,
    null: str = "ar1",
    areas=None,
) -> pd.DataFrame:
    """Return one row of trend statistics per series, area, breakdown and frequency.

    Parameters
    ----------
    observations
        An observation table; pass all provinces together, for the correlation is pooled over them.
    series
        The codelist of series: kind, direction, breaks, provisional years, bounds.
    report_year
        A series that ends more than three years before it is `stale`. Default: the latest year held.
    confidence
        Coverage of intervals; a trend is `rising` or `falling` when p < 1 - confidence.
    null
        `ar1` (simulated, correlation pooled), `exact` (n <= 10 without ties) or `normal`.
    areas
        Codes to be listed whether they have data or not.

    Raises
    ------
    DataError
        For infinite values or an unreadable period.
    UsageError
        For an unknown `null` or a confidence outside 0.5..1.
    """
    if null not in NULLS:
        raise UsageError(f"null is {null!r}; choose {', '.join(NULLS)}.")
    if not 0.5 <= confidence < 1:
        raise UsageError(f"confidence is {confidence}; give a number from 0.5 to below 1, such as 0.95.")
    known = segments(observations, series)
    rules = series_rules(series)
    if report_year is None:
        report_year = max((int(s.everything.years.max()) for s in known), default=0)
    families: dict[tuple, list[Segment]] = {}
    for segment in known:
        families.setdefault(tuple(segment.keys[c] for c in FAMILY), []).append(segment)
    rows = []
    for family in families.values():
        period = PERIODS_PER_YEAR[family[0].keys["FREQ"]]
        rho, assumed = pooled_rho(_family_panel(family), period)
        options = _Options(rho, assumed, confidence, null, int(report_year))
        rule = rules.get(family[0].keys["SERIES"], SeriesRule())
        rows += [_trend_row(segment, rule, options) for segment in family]
    for key in _absent(known, areas or ()):
        rows.append(_no_data_row(key, report_year, confidence))
    if not rows:
        return pd.DataFrame(columns=COLUMNS)
    table = pd.DataFrame(rows)[COLUMNS].sort_values(DIMENSIONS, ignore_index=True)
    return _mark_preferred(_adjust_family(table))


def _no_data_row(key: dict, report_year: int, confidence: float) -> dict:
    empty = Points(*[np.array([], dtype=object), *[np.array([])] * 6])
    nothing = np.array([], dtype=bool)
    segment = Segment(key, empty, nothing, nothing, False, ("no_data",))
    return _trend_row(segment, SeriesRule(), _Options(0, True, confidence, "ar1", int(report_year)))
