"""Weighted least-squares lines of many series at once: the method beside the ranks that an adviser may ask for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sdg_eval.ranks import MIN_TEST


@dataclass(frozen=True)
class StraightLines:
    """Weighted least-squares lines, one per row; `level` is the fitted value at `centre`, both in the rows' own units."""

    n: np.ndarray
    slope: np.ndarray
    se: np.ndarray
    level: np.ndarray
    centre: np.ndarray

    def judged(self, rows, rho, confidence: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return two-sided p, and the interval's ends, of `rows` by Student's t with n - 2 degrees and the error widened by `rho`.

        NaN under six values, as for ranks.
        """
        from scipy.special import stdtr, stdtrit

        degrees, slope = np.maximum(self.n[rows] - 2, 1), self.slope[rows]
        se = self.se[rows] * np.sqrt((1 + rho) / (1 - rho))
        with np.errstate(invalid="ignore", divide="ignore"):
            p = 2 * stdtr(degrees, -np.abs(slope / se))
        few = self.n[rows] < MIN_TEST
        reach = stdtrit(degrees, 0.5 + confidence / 2) * se
        p = np.where(se > 0, p, np.where(slope == 0, 1.0, 0.0))  # values that lie on the line exactly
        return tuple(np.where(few, np.nan, part) for part in (p, slope - reach, slope + reach))


def weighted_lines(values: np.ndarray, times: np.ndarray, *, recent: bool = False, until: float = 2030.5) -> StraightLines:
    """Return least-squares lines of every row of `values` (NaN left out), over `times` in years.

    `recent` weighs by (T - t_first) / (T - t) with T = `until`, as UN ESCAP does (METHODS 3.3), so that the latest years count
    several times as much as the first.

    Examples
    --------
    >>> weighted_lines(np.array([[1.0, 2.0, 3.0]]), np.array([2019.5, 2020.5, 2021.5])).slope.tolist()
    [1.0]
    """
    held = ~np.isnan(values)
    first = np.where(held, times, np.inf).min(axis=1)
    latest = max(until, float(times.max()) + 1)
    with np.errstate(invalid="ignore"):
        weight = np.where(held, (latest - np.where(np.isfinite(first), first, 0)[:, None]) / (latest - times), 0.0) if recent else held.astype(float)
    n, total = held.sum(axis=1), np.maximum(weight.sum(axis=1), 1e-300)
    y = np.where(held, values, 0.0)
    centre, level = (weight * times).sum(axis=1) / total, (weight * y).sum(axis=1) / total
    apart = np.where(held, times - centre[:, None], 0.0)
    squares = (weight * apart**2).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        slope = np.where(squares > 0, (weight * apart * y).sum(axis=1) / squares, np.nan)
        residual = np.where(held, values - level[:, None] - slope[:, None] * apart, 0.0)
        spread = (weight * residual**2).sum(axis=1) / np.maximum(n - 2, 1)
        # Weights say how much a year counts, not how exact it is: the sandwich keeps the error honest.
        scale = (weight**2 * apart**2).sum(axis=1) / squares**2 if recent else 1 / squares
        se = np.sqrt(np.where(recent, (residual**2).sum(axis=1) / np.maximum(n - 2, 1), spread) * scale)
    return StraightLines(n, slope, np.where(n >= 3, se, np.nan), level, centre)
