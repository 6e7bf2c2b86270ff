"""Rank statistics of many series at once: Mann-Kendall, Theil-Sen and the AR(1) null they are judged by.

Everything takes arrays of series x periods with gaps (NaN) and loops over lags and blocks, never over
series. One series is an array of one row.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from functools import lru_cache
from statistics import NormalDist

import numpy as np

from sdg_eval.errors import DataError

MIN_TEST = 6
"""Fewest periods for a test: exact Mann-Kendall cannot go below .083 at n = 4, power at 5 is under 10%."""
MIN_YEARS_SEASONAL = 3
"""Seasonal tests need three full years of quarters (12) or months (36)."""
MIN_AREAS_POOLED = 20
RHO_ASSUMED = 0.3
"""Lag-1 correlation taken where fewer than 20 provinces or 6 periods speak about it."""
RHO_MAX = 0.9
RHO_STEP = 0.05
NULL_DRAWS = 9999
CORRECTION_DRAWS = 4000
EXACT_UP_TO = 10
"""Longest series for which the exact distribution of S is offered (METHODS 2.1)."""
RUN = 256
BLOCK = 2**18
"""Pairs of points held at once: 2 MB, so that a block stays near one core and few blocks are needed."""


@dataclass(frozen=True)
class RankLines:
    """Mann-Kendall statistics and Theil-Sen lines; each an array with one number per series.

    Slopes are per unit of time, the intercept holds at time 0; NaN where nothing can be said.
    """

    n_obs: np.ndarray
    s: np.ndarray
    n_pairs: np.ndarray
    tie_share: np.ndarray  # of pairs with equal values
    tau: np.ndarray  # tau-b, times are distinct
    var_s: np.ndarray  # corrected for ties, summed over seasons
    slope: np.ndarray
    intercept: np.ndarray
    ci_low: np.ndarray
    ci_high: np.ndarray
    clipped: np.ndarray  # the interval asked for reaches beyond the outermost pairwise slope
    sigma: np.ndarray  # robust standard deviation around the line


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

    def p_value(self, s):
        """Two-sided p of an observed S (a number or an array): (1 + #{|S*| >= |S|}) / (draws + 1)."""
        at_least = len(self.abs_s) - np.searchsorted(self.abs_s, np.abs(s), side="left")
        p = (1 + at_least) / (len(self.abs_s) + 1)
        return float(p) if np.ndim(s) == 0 else p

    def critical(self, alpha: float) -> float:
        """Return the smallest |S| that is called a trend at level `alpha`, infinity where none is."""
        found = np.unique(self.abs_s)
        called = found[self.p_value(found) < alpha]
        return float(called[0]) if len(called) else np.inf


def finite(values, what: str) -> np.ndarray:
    """Return `values` as floats. Raises DataError where one is infinite."""
    values = np.asarray(values, dtype=float)
    if np.isinf(values).any():
        raise DataError(f"{what} hold an infinite number. Leave the cell empty where there is no value.")
    return values


# ---------------------------------------------------------------- pairs, ties, medians


def _cubic(n):
    return n * (n - 1) * (2 * n + 5)


def variance_of_s(values, period: int = 1) -> np.ndarray:
    """Variance of S without correlation, corrected for ties, summed over seasons (Kendall 1975)."""
    values = np.atleast_2d(values)
    total = np.zeros(len(values))
    for season in range(min(period, values.shape[1])):
        ordered = np.sort(values[:, season::period], axis=1)  # NaN last
        n = (~np.isnan(ordered)).sum(axis=1)
        total += _cubic(n)
        tied = ordered[:, 1:] == ordered[:, :-1]
        if tied.any():
            total -= _tie_sum(tied)
    return total / 18


def _tie_sum(tied: np.ndarray) -> np.ndarray:
    """Sum of t (t - 1)(2 t + 5) over the groups of equal neighbours of each row."""
    total, run = np.zeros(len(tied)), np.zeros(len(tied))
    for column in tied.T:  # t grows by one where the neighbour is equal; the sum grows by the difference
        size = run + 1
        total += np.where(column, _cubic(size + 1) - _cubic(size), 0.0)
        run = np.where(column, size, 0.0)
    return total


def _row_median(ordered: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Median of each sorted row (NaN last) of `counts` values."""
    last = max(ordered.shape[1] - 1, 0)
    if ordered.shape[1] == 0:
        return np.full(len(ordered), np.nan)
    low = np.clip((counts - 1) // 2, 0, last)[:, None]
    high = np.clip(counts // 2, 0, last)[:, None]
    both = np.take_along_axis(ordered, low, axis=1) + np.take_along_axis(ordered, high, axis=1)
    return np.where(counts > 0, both[:, 0] / 2, np.nan)


def row_median(values: np.ndarray) -> np.ndarray:
    """Median of each row, NaN left out; NaN for a row of nothing."""
    return _row_median(np.sort(values, axis=1), (~np.isnan(values)).sum(axis=1))


def _lags(times: np.ndarray, period: int):
    """Yield (lag, years between, first column, end column) of the pairs that are compared."""
    offset = 0
    for lag in range(period, len(times), period):
        end = offset + len(times) - lag
        yield lag, times[lag:] - times[:-lag], offset, end
        offset = end


def rank_lines(values, times, *, period: int = 1, confidence: float = 0.95, var_scale=1.0) -> RankLines:
    """Return Mann-Kendall statistics and Theil-Sen lines of every row of `values`.

    Parameters
    ----------
    values
        Series x periods, NaN where there is no value.
    times
        Time of each column in years, ascending. With `period` > 1 the columns are a regular grid.
    period
        Columns in a year; only points a whole number of years apart are compared (seasonal Mann-Kendall
        and Sen slope; Hirsch, Slack & Smith 1982). 1 compares all points.
    confidence
        Coverage of the slope's rank interval (Sen 1968; ranks rounded as scipy does); NaN under 6 points.
    var_scale
        One number or one per series: Var(S) is multiplied by it for the interval.
    """
    values = np.ascontiguousarray(np.atleast_2d(np.asarray(values, dtype=float)))
    times = np.asarray(times, dtype=float)
    scale = np.broadcast_to(np.asarray(var_scale, dtype=float), len(values))
    lags = list(_lags(times, period))
    n_pairs = lags[-1][3] if lags else 0
    rows = max(1, BLOCK // max(n_pairs, len(times), 1))
    parts = [
        _block(values[start : start + rows], times, lags, n_pairs, period, confidence, scale[start : start + rows])
        for start in range(0, len(values), rows)
    ]
    if not parts:
        return RankLines(*[np.empty(0)] * len(RankLines.__dataclass_fields__))
    return RankLines(*map(np.concatenate, zip(*parts, strict=True)))


def _block(values, times, lags, n_pairs, period, confidence, scale) -> tuple[np.ndarray, ...]:
    """Statistics of some rows, in the order of the fields of RankLines."""
    slopes = np.empty((len(values), n_pairs))
    for lag, years, start, end in lags:
        part = np.subtract(values[:, lag:], values[:, :-lag], out=slopes[:, start:end])
        part /= years
    held = ~np.isnan(values)
    n_obs = held.sum(axis=1)
    in_season = [held[:, season::period].sum(axis=1) for season in range(min(period, len(times)))]
    pairs = sum((n * (n - 1) // 2 for n in in_season), np.zeros(len(values), dtype=np.int64))
    _sort_rows(slopes)
    below, not_above = _first_from(slopes, pairs, 0.0, "left"), _first_from(slopes, pairs, 0.0, "right")
    s, untied = (pairs - not_above) - below, (pairs - not_above) + below
    var_s = variance_of_s(values, period)
    slope = _row_median(slopes, pairs)
    reach = NormalDist().inv_cdf(0.5 + confidence / 2) * np.sqrt(np.maximum(var_s * scale, 0))
    upper = np.rint((pairs + reach) / 2).astype(int)
    lower = np.rint((pairs - reach) / 2).astype(int) - 1
    clipped = (lower < 0) | (upper > pairs - 1)
    last = np.maximum(pairs - 1, 0)
    if n_pairs:
        ci_low = np.take_along_axis(slopes, np.clip(lower, 0, last)[:, None], axis=1)[:, 0]
        ci_high = np.take_along_axis(slopes, np.clip(upper, 0, last)[:, None], axis=1)[:, 0]
    else:
        ci_low = ci_high = np.full(len(values), np.nan)
    without = (n_obs < MIN_TEST) | (pairs == 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        tau = np.where(untied > 0, s / np.sqrt(untied * pairs.astype(float)), 0.0)
        tie_share = np.where(pairs > 0, 1 - untied / pairs, 0.0)
    ordered = np.sort(values, axis=1)
    middle = _row_median(np.sort(np.where(held, times, np.nan), axis=1), n_obs)
    intercept = _row_median(ordered, n_obs) - slope * middle
    sigma = residual_scale(times, values, slope, intercept, period=period)
    return (
        n_obs, s, pairs, tie_share, tau, var_s, slope, intercept, np.where(without, np.nan, ci_low),
        np.where(without, np.nan, ci_high), clipped & ~without, sigma,
    )  # fmt: skip


def _sort_rows(matrix: np.ndarray) -> None:
    """Sort each row in place, NaN last: runs of 256 by numpy's vector networks, then a merge of the runs."""
    if matrix.shape[1] > RUN:
        for start in range(0, matrix.shape[1], RUN):
            matrix[:, start : start + RUN].sort(axis=1)
        matrix.sort(axis=1, kind="stable")
    else:
        matrix.sort(axis=1)


def _first_from(ordered: np.ndarray, counts: np.ndarray, value: float, side: str) -> np.ndarray:
    """`searchsorted` of one value in each sorted row of `counts` values: bisection of all rows at once."""
    low, high = np.zeros(len(ordered), dtype=np.int64), counts.astype(np.int64)
    rows = np.arange(len(ordered))
    for _ in range(int(counts.max(initial=0)).bit_length()):
        middle = (low + high) // 2
        at = ordered[rows, np.minimum(middle, max(ordered.shape[1] - 1, 0))] if ordered.shape[1] else np.zeros(len(rows))
        right = (at < value if side == "left" else at <= value) & (middle < high)
        low, high = np.where(right, middle + 1, low), np.where(right, high, middle)
    return low


def _counts(mask: np.ndarray):
    """Yield the number of True in each column, of 255 rows at a time: bytes that cannot overflow add at many times the speed of a sum."""
    bytes_ = mask.view(np.uint8)
    for start in range(0, len(mask), 255):
        yield np.add.reduce(bytes_[start : start + 255], axis=0, dtype=np.uint8)


def residual_scale(times, values, slope, intercept, *, period: int = 1):
    """Robust standard deviation around the line(s): 1.4826 MAD x sqrt(n/(n-2)).

    With `period` > 1 each season (every `period`-th column) is first freed of its own median.

    Where more than half of the points lie on the line the MAD is zero although the others do not;
    then the root mean square takes its place, because zero would claim certainty.
    """
    single = np.ndim(values) == 1
    values = np.atleast_2d(np.asarray(values, dtype=float))
    line = np.reshape(intercept, (-1, 1)) + np.reshape(slope, (-1, 1)) * np.asarray(times, dtype=float)
    residuals = values - line
    for season in range(period if period > 1 else 0):
        residuals[:, season::period] -= row_median(residuals[:, season::period])[:, None]
    n = (~np.isnan(values)).sum(axis=1)
    spread = 1.4826 * row_median(np.abs(residuals - row_median(residuals)[:, None]))
    squares = np.nansum(residuals**2, axis=1)
    flat = ~(spread > 1e-12 * np.maximum(1.0, np.abs(np.nan_to_num(values)).max(axis=1, initial=0)))
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = np.where(flat, np.sqrt(squares / n), spread)
        result = np.where(n >= 3, spread * np.sqrt(n / (n - 2.0)), np.nan)
    return float(result[0]) if single else result


# ---------------------------------------------------------------- p-values


def z_of_s(s, var_s) -> np.ndarray:
    """Normal score of S with continuity correction; 0 where S or its variance is 0."""
    s, var_s = np.asarray(s, dtype=float), np.asarray(var_s, dtype=float)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(var_s > 0, (s - np.sign(s)) / np.sqrt(np.where(var_s > 0, var_s, 1)), 0.0)


def p_two_sided(z) -> np.ndarray:
    """Two-sided normal p-value."""
    from scipy.special import ndtr

    return 2 * ndtr(-np.abs(z))


@lru_cache(maxsize=16)
def _exact_tail(n: int) -> np.ndarray:
    """P(|S| >= s) for s = 0, 1, 2, ... of n distinct values in random order (Mann 1945)."""
    inversions = np.ones(1)
    for k in range(2, n + 1):
        inversions = np.convolve(inversions, np.ones(k)) / k
    most = n * (n - 1) // 2
    s = np.abs(most - 2 * np.arange(most + 1))
    return np.array([inversions[s >= value].sum() for value in range(most + 1)])


def exact_p(s, n: int) -> np.ndarray:
    """Two-sided exact p of S for n distinct values."""
    return np.minimum(1.0, _exact_tail(int(n))[np.abs(np.asarray(s, dtype=int))])


def mann_kendall(values) -> MannKendall:
    """Mann-Kendall test of `values` in time order; missing values are dropped, never filled.

    Raises DataError for infinite values. Mann 1945; Kendall 1975.

    Examples
    --------
    >>> mann_kendall([10, 11, 12.5, 13]).s
    6
    """
    values = finite(values, "The values")
    values = values[~np.isnan(values)]
    n = len(values)
    if n < 2:
        return MannKendall(n, 0, *[np.nan] * 5)
    line = rank_lines(values, np.arange(n))
    s, untied = int(line.s[0]), line.tie_share[0] < 1
    exact = float(exact_p(s, n)) if line.tie_share[0] == 0 and n <= EXACT_UP_TO else np.nan
    z = float(z_of_s(s, line.var_s[0]))
    normal = float(p_two_sided(z)) if untied else 1.0
    return MannKendall(n, s, float(line.tau[0]), float(line.var_s[0]), z, normal, exact)


def theil_sen(times, values, *, confidence: float = 0.95, var_scale: float = 1.0) -> Slope:
    """Median of pairwise slopes with its rank interval (Sen 1968; ranks rounded as scipy does).

    Parameters
    ----------
    times, values
        Equal-length arrays; missing values are dropped in pairs. Order does not matter.
    confidence
        Coverage of the interval; no interval (NaN) under 6 points.
    var_scale
        Var(S) is multiplied by it: the simulated variance ratio under autocorrelation.

    Raises
    ------
    DataError
        For infinite numbers, or two values of one time.

    Examples
    --------
    >>> theil_sen([2015, 2016, 2018], [9, 8, 5]).slope
    -1.3333333333333333
    """
    times, values = finite(times, "The times"), finite(values, "The values")
    keep = ~(np.isnan(times) | np.isnan(values))
    order = np.argsort(times[keep], kind="stable")
    times, values = times[keep][order], values[keep][order]
    if len(np.unique(times)) < len(times):
        raise DataError("Two values stand at one time: a line needs one value per period.")
    if len(times) < 2:
        return Slope(np.nan, np.nan, np.nan, np.nan)
    line = rank_lines(values, times, confidence=confidence, var_scale=var_scale)
    numbers = (line.slope, line.intercept, line.ci_low, line.ci_high)
    return Slope(*(float(part[0]) for part in numbers), bool(line.clipped[0]))


# ---------------------------------------------------------------- the simulated AR(1) null


def ar1_series(rng: np.random.Generator, draws: int, n: int, rho: float) -> np.ndarray:
    """Return `draws` stationary AR(1) series of `n` steps with standard deviation 1."""
    return _correlated(rng.standard_normal((draws, n)), rho)


def _correlated(noise: np.ndarray, rho: float) -> np.ndarray:
    """Rows of independent noise turned into AR(1) series."""
    n = noise.shape[1]
    if rho:
        fresh, steps = np.sqrt(1 - rho**2), np.ascontiguousarray(noise.T)
        for step in range(1, n):
            steps[step] = rho * steps[step - 1] + fresh * steps[step]
        noise = np.ascontiguousarray(steps.T)
    return noise


def kendall_s(series: np.ndarray, period: int = 1) -> np.ndarray:
    """S of each row of `series`, on a regular grid; with `period` only same-season pairs count."""
    steps = np.ascontiguousarray(series.T)  # the series side by side: two steps are compared in one run through memory
    s = np.zeros(len(series), dtype=np.int64)
    for lag in range(period, len(steps), period):
        for run in _counts(steps[lag:] > steps[:-lag]):
            s += run
        for run in _counts(steps[lag:] < steps[:-lag]):
            s -= run
    return s


def round_rho(rho):
    """Correlation rounded to the 0.05 at which nulls are drawn."""
    return np.round(np.round(np.asarray(rho, dtype=float) / RHO_STEP) * RHO_STEP, 2)


def ar1_null(n: int, rho: float, period: int = 1) -> Ar1Null:
    """Null distribution of S for `n` points with lag-1 correlation `rho`, rounded to 0.05.

    All series of one length share the draws: the seed follows from n, rho and period.
    """
    return _ar1_null(int(n), float(round_rho(rho)), int(period))


@lru_cache(maxsize=2048)
def _ar1_null(n: int, rho: float, period: int) -> Ar1Null:
    seed = zlib.crc32(f"ar1:{n}:{rho:.2f}:{period}".encode())
    s = kendall_s(ar1_series(np.random.default_rng(seed), NULL_DRAWS, n, rho), period)
    independent = float(variance_of_s(np.arange(n, dtype=float), period)[0])
    ratio = float(np.mean(s.astype(float) ** 2) / independent) if rho and independent else 1.0
    return Ar1Null(n, rho, seed, ratio, np.sort(np.abs(s)))


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
    panel = finite(panel, "The panel")
    if panel.ndim != 2 or not panel.size:
        return RHO_ASSUMED, True
    correlation, lengths, told = lag_one(panel, period)
    if told.sum() < MIN_AREAS_POOLED:
        return RHO_ASSUMED, True
    rhos, expected = _expected_r(int(np.median(lengths[told])), period)
    return float(np.clip(np.interp(np.mean(correlation[told]), expected, rhos), 0, RHO_MAX)), False


def lag_one(panel: np.ndarray, period: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lag-1 correlation of each row's residuals, its number of points, and whether the row says anything."""
    if period == 1:
        panel = panel[:, ~np.isnan(panel).all(axis=0)]
    held = ~np.isnan(panel)
    lengths = held.sum(axis=1)
    steps = np.arange(panel.shape[1], dtype=float)
    if held.all():  # every simulated panel: the steps are the same in each row
        y, t = _within_seasons(panel, held, period), _within_seasons(steps[None], held[:1], period)
    else:
        y, t = _within_seasons(panel, held, period), _within_seasons(np.where(held, steps, np.nan), held, period)
    with np.errstate(invalid="ignore", divide="ignore"):
        residual = y - t * ((y * t).sum(axis=1) / (t * t).sum(axis=1))[:, None]
        squares = (residual**2).sum(axis=1)
        pairs = (held[:, 1:] & held[:, :-1]).sum(axis=1)
        products = (residual[:, 1:] * residual[:, :-1]).sum(axis=1)
        correlation = products / squares * (lengths - 1) / pairs
    # A constant or exactly straight series says nothing about correlation.
    largest = np.abs(np.where(held, panel, 0)).max(axis=1, initial=0)
    told = squares > 1e-20 * np.maximum(1.0, largest**2)
    told &= (lengths >= max(MIN_TEST, MIN_YEARS_SEASONAL * period if period > 1 else 0)) & (pairs >= (lengths - 1) / 2)
    return correlation, lengths, told


def _within_seasons(values: np.ndarray, held: np.ndarray, period: int) -> np.ndarray:
    """Values less the mean of their row and season, 0 where there is none: the same as season dummies."""
    result, whole = np.zeros(values.shape), held.all()
    for season in range(period):
        if whole:
            part = values[:, season::period].copy(order="K")
            result[:, season::period] = part - (part.sum(axis=1) / max(part.shape[1], 1))[:, None]
            continue
        own = held[:, season::period]
        part = np.where(own, values[:, season::period], 0.0)
        counts = np.maximum(own.sum(axis=1), 1)
        result[:, season::period] = np.where(own, part - (part.sum(axis=1) / counts)[:, None], 0.0)
    return result


@lru_cache(maxsize=256)
def _expected_r(n: int, period: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean lag-1 correlation of OLS residuals for each true rho, simulated.

    Detrending a short series takes much of its correlation away: at n = 6 a true .5 shows as -.23 on
    average. The closed form (n r + 2)/(n - 4) undoes it for the ratio of sums over areas, but there the
    area with the largest numbers decides; for the mean of ratios it stops at .31.
    """
    rhos, expected = np.arange(0, 0.96, RHO_STEP), []
    noise = np.random.default_rng(zlib.crc32(f"expected_r:{n}:{period}".encode())).standard_normal((CORRECTION_DRAWS, n))
    for rho in rhos:  # one noise for all, so that the curve is smooth
        correlation, _, _ = lag_one(_correlated(noise, rho), period)
        expected.append(np.mean(correlation))
    return rhos, np.maximum.accumulate(expected)
