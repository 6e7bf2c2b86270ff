"""Straight lines by least squares with Newey-West errors, for many series at once (METHODS 2.5).

For 20 periods and more: in shorter series these errors are far too small (docs/methods.md).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

BLOCK = 2**14
"""Values held at once, so that a block stays in the cache."""
MIN_PERIODS = 20
"""Fewest periods for a Newey-West error: at 10 its test calls a trend in .11 to .26 of pure noise."""


@dataclass(frozen=True)
class OlsLines:
    """Level and slope of each series with heteroscedasticity- and autocorrelation-robust errors."""

    n_obs: np.ndarray
    slope: np.ndarray
    intercept: np.ndarray  # at time 0
    se: np.ndarray  # of the slope
    p_value: np.ndarray  # t with n - 2 degrees of freedom
    lags: np.ndarray


def default_lags(n) -> np.ndarray:
    """Newey-West lags: floor(4 (n/100)^(2/9))."""
    return np.floor(4 * (np.asarray(n, dtype=float) / 100) ** (2 / 9) + 1e-9).astype(int)


def ols_newey_west(values, times, *, lags: int | None = None, min_periods: int = MIN_PERIODS) -> OlsLines:
    """Return OLS lines with Bartlett-weighted errors and the factor n/(n-2) (Newey & West 1987).

    Parameters
    ----------
    values
        Series x periods; missing values are dropped, and the lags count the values that are left.
    times
        Time of each column.
    lags
        Number of lags; None takes `default_lags` of each series' own length.
    min_periods
        Series with fewer values are NaN.

    Notes
    -----
    Equals R `sandwich::NeweyWest(prewhite=FALSE, adjust=TRUE)` and statsmodels' HAC with
    `use_correction` and `use_t`.
    """
    values = np.atleast_2d(np.asarray(values, dtype=float))
    rows = max(1, BLOCK // max(values.shape[1], 1))
    parts = [_block(values[start : start + rows], times, lags, min_periods) for start in range(0, max(len(values), 1), rows)]
    return OlsLines(*map(np.concatenate, zip(*parts, strict=True)))


def _block(values: np.ndarray, times, lags: int | None, min_periods: int) -> list[np.ndarray]:
    """Statistics of some rows, in the order of the fields of OlsLines."""
    from scipy.special import stdtr

    held = ~np.isnan(values)
    n = np.count_nonzero(held, axis=1)
    x, y = np.zeros(values.shape), np.zeros(values.shape)
    # Values to the left, so that neighbours in the row are neighbours among what is left.
    left = np.arange(values.shape[1]) < n[:, None]
    x[left] = np.broadcast_to(np.asarray(times, dtype=float), values.shape)[held]
    y[left] = values[held]
    with np.errstate(invalid="ignore", divide="ignore"):
        mean_x, mean_y = x.sum(axis=1) / n, y.sum(axis=1) / n
        x -= mean_x[:, None]
        y -= mean_y[:, None]
        x *= left
        y *= left
        sxx = np.einsum("ij,ij->i", x, x)
        slope = np.einsum("ij,ij->i", x, y) / sxx
        scores = x * (y - slope[:, None] * x)  # with centred times the slope's error needs no other scores
        taken = default_lags(n) if lags is None else np.full(len(n), lags)
        meat = np.einsum("ij,ij->i", scores, scores)
        for lag in range(1, int(taken.max(initial=0)) + 1):
            bartlett = np.clip(1 - lag / (taken + 1.0), 0, None)
            meat += 2 * bartlett * np.einsum("ij,ij->i", scores[:, lag:], scores[:, :-lag])
        se = np.sqrt(np.maximum(meat, 0) * n / (n - 2.0)) / sxx
        p_value = 2 * stdtr(np.maximum(n - 2.0, 1), -np.abs(slope / se))
    short = n < max(min_periods, 3)
    out = [np.where(short, np.nan, part) for part in (slope, mean_y - slope * mean_x, se, p_value)]
    return [n, *out, taken]
