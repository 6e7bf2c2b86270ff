"""Trends of counts and proportions on their own scale: quasi-Poisson and quasi-binomial lines.

One Newton iteration serves all series at once. Dispersion below 1 counts as 1 (METHODS 2.8, 2.9).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sdg_eval.errors import DataError
from sdg_eval.ranks import finite

STEPS = 100
LIMIT = 700.0
"""Largest linear predictor: exp(700) is still a number."""
SEPARATED = 30.0
"""A fitted curve that crosses this many units of log or logit has no finite maximum (0% before a year, 100% after)."""


@dataclass(frozen=True)
class RateLines:
    """Level and slope of many series on the log or logit scale; arrays of one number per series."""

    n_obs: np.ndarray
    slope: np.ndarray  # per year
    level: np.ndarray  # at `centre`
    centre: np.ndarray
    se: np.ndarray  # of the slope, dispersion taken as at least 1
    se_model: np.ndarray  # Poisson or binomial, dispersion 1
    dispersion: np.ndarray  # Pearson chi2 / degrees of freedom
    p_value: np.ndarray  # t with n - 2 degrees of freedom
    ci_low: np.ndarray
    ci_high: np.ndarray
    cov: np.ndarray  # series x 2 x 2, of (level, slope), scaled like `se`

    def linear(self, times) -> np.ndarray:
        """Linear predictor of every series at `times` (one row per series)."""
        return self.level[:, None] + self.slope[:, None] * (np.asarray(times) - self.centre[:, None])


@dataclass(frozen=True)
class RateTrend:
    """Quasi-likelihood trend of one series on a log (counts) or logit (proportions) scale, per year."""

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


def rate_lines(events, base, times, *, family: str, confidence: float = 0.95) -> RateLines:
    """Return quasi-Poisson (`family="poisson"`) or quasi-binomial (`"binomial"`) lines of every row.

    Parameters
    ----------
    events, base
        Series x periods: counts and their exposure, or successes and trials; NaN where there is none.
    times
        Time of each column in years.

    Notes
    -----
    Newton's method with halved steps; NaN where the likelihood has no finite maximum.
    """
    from scipy.special import stdtr, stdtrit

    events, base = np.atleast_2d(events).astype(float), np.atleast_2d(base).astype(float)
    held = ~(np.isnan(events) | np.isnan(base))
    n = held.sum(axis=1)
    k, size = np.where(held, events, 0.0), np.where(held, base, 0.0)
    grid = np.where(held, np.asarray(times, dtype=float), 0.0)
    with np.errstate(all="ignore"):
        centre = grid.sum(axis=1) / n
        x = np.where(held, grid - centre[:, None], 0.0)
        share = k.sum(axis=1) / size.sum(axis=1)
        level = np.log(share) if family == "poisson" else np.log(share / (1 - share))
        slope = np.zeros(len(k))
        settled = np.zeros(len(k), dtype=bool)
        likelihood = _likelihood(k, size, level, slope, x, family)
        for _ in range(STEPS):
            mean, weight = _moments(size, level, slope, x, family)
            error = k - mean
            a, b, c = weight.sum(axis=1), (weight * x).sum(axis=1), (weight * x * x).sum(axis=1)
            u, v = error.sum(axis=1), (error * x).sum(axis=1)
            det = a * c - b * b
            up, across = (c * u - b * v) / det, (a * v - b * u) / det
            for _ in range(30):
                new = _likelihood(k, size, level + up, slope + across, x, family)
                worse = ~(new >= likelihood - 1e-9 * np.abs(likelihood)) & ~settled
                if not worse.any():
                    break
                up, across = np.where(worse, up / 2, up), np.where(worse, across / 2, across)
            moving = ~settled & np.isfinite(up) & np.isfinite(across)
            level, slope = np.where(moving, level + up, level), np.where(moving, slope + across, slope)
            likelihood = np.where(moving, new, likelihood)
            settled |= (np.abs(up) <= 1e-11 * (1 + np.abs(level))) & (np.abs(across) <= 1e-11 * (1 + np.abs(slope)))
            if (settled | ~np.isfinite(likelihood)).all():
                break
        mean, weight = _moments(size, level, slope, x, family)
        a, b, c = weight.sum(axis=1), (weight * x).sum(axis=1), (weight * x * x).sum(axis=1)
        det = a * c - b * b
        chi2 = np.where(held & (weight > 0), (k - mean) ** 2 / weight, 0.0).sum(axis=1)
        df = n - 2
        dispersion = np.where(df > 0, chi2 / df, np.nan)
        span = np.abs(slope) * (np.max(x, axis=1) - np.min(x, axis=1))
        good = settled & (n >= 2) & np.isfinite(det) & (det > 0) & (span < SEPARATED)
        scale = np.maximum(dispersion, 1.0)
        cov = np.stack([np.stack([c, -b], -1), np.stack([-b, a], -1)], -2) / det[:, None, None]
        se_model = np.sqrt(a / det)
        se = se_model * np.sqrt(scale)
        reach = stdtrit(np.maximum(df, 1), 0.5 + confidence / 2) * se
        p_value = 2 * stdtr(np.maximum(df, 1), -np.abs(slope / se))
    parts = [slope, level, centre, se, se_model, dispersion, p_value, slope - reach, slope + reach]
    parts = [np.where(good, part, np.nan) for part in parts]
    return RateLines(n, *parts, np.where(good[:, None, None], cov * scale[:, None, None], np.nan))


def _moments(size, level, slope, x, family) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance of the events at each point."""
    linear = np.clip(level[:, None] + slope[:, None] * x, -LIMIT, LIMIT)
    if family == "poisson":
        mean = size * np.exp(linear)
        return mean, mean
    share = 1 / (1 + np.exp(-linear))
    return size * share, size * share * (1 - share)


def _likelihood(k, size, level, slope, x, family) -> np.ndarray:
    linear = np.clip(level[:, None] + slope[:, None] * x, -LIMIT, LIMIT)
    if family == "poisson":
        return (k * linear - size * np.exp(linear)).sum(axis=1)
    return (k * linear - size * np.logaddexp(0, linear)).sum(axis=1)


def _single(lines: RateLines) -> RateTrend:
    """The only row of `lines` as plain numbers."""
    slope, level, centre = float(lines.slope[0]), float(lines.level[0]), float(lines.centre[0])
    return RateTrend(
        int(lines.n_obs[0]), slope, level - slope * centre,
        *(float(part[0]) for part in (lines.se, lines.se_model, lines.dispersion, lines.p_value, lines.ci_low, lines.ci_high)),
        centre, level, tuple(map(tuple, lines.cov[0].tolist())),
    )  # fmt: skip


def count_trend(counts, exposure, times, *, confidence: float = 0.95) -> RateTrend:
    """Quasi-Poisson trend of events per exposure: log E = a + b t + log exposure.

    `exposure` may be None (taken as 1). With no event at all nothing is fitted and `upper_limit`
    is 3 / total exposure (rule of three). Raises DataError for negative counts or exposure <= 0.
    """
    counts, times = finite(counts, "The counts"), finite(times, "The times")
    exposure = np.ones(len(counts)) if exposure is None else finite(exposure, "The exposures")
    if (counts < 0).any() or (exposure <= 0).any():
        raise DataError("Counts below zero or exposures of zero or less have no rate. Correct or leave out.")
    if not counts.any():
        limit = 3 / exposure.sum() if len(counts) else np.nan
        return RateTrend(len(counts), *[np.nan] * 8, upper_limit=float(limit))
    return _single(rate_lines(counts, exposure, times, family="poisson", confidence=confidence))


def proportion_trend(successes, trials, times, *, confidence: float = 0.95) -> RateTrend:
    """Quasi-binomial trend of k out of n on the logit scale.

    At 0 or 100% throughout nothing is fitted (all NaN). Raises DataError unless 0 <= k <= n, n > 0.
    """
    successes, trials = finite(successes, "The numerators"), finite(trials, "The denominators")
    if (successes < 0).any() or (trials <= 0).any() or (successes > trials).any():
        raise DataError("A proportion needs 0 <= numerator <= denominator and a denominator above 0.")
    if not successes.any() or (successes == trials).all():
        return RateTrend(len(successes), *[np.nan] * 8)
    times = finite(times, "The times")
    return _single(rate_lines(successes, trials, times, family="binomial", confidence=confidence))
