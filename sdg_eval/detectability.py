"""What could these data show at all, and from when: the smallest change that would be noticed.

"No trend detected" means little where only a very steep trend could have been. The smallest change per
year that the test of `trends` would notice with 80% power is simulated per length and correlation, on
the same footing as the test's own null, and compared with the pace that a target asks for.
"""

from __future__ import annotations

import zlib
from functools import lru_cache

import numpy as np
import pandas as pd

from sdg_eval.observations import mid_point
from sdg_eval.panels import DIMENSIONS, PERIODS_PER_YEAR
from sdg_eval.ranks import (
    MIN_TEST,
    MIN_YEARS_SEASONAL,
    RHO_ASSUMED,
    ar1_null,
    ar1_series,
    kendall_s,
    rank_lines,
    round_rho,
)
from sdg_eval.trends import MIN_SPAN_YEARS, TESTED

POWER = 0.80
DRAWS = 4000
SPREAD_DRAWS = 1000
GUESS_DRAWS, GUESS_ERROR = 250, 0.15
"""The smallest slope seen in so many draws lies within so much of that of all draws, nearly always."""
STEEPEST = 20.0
"""Largest slope tried, in standard deviations per period; beyond it nothing is noticed however steep."""
YEARS_AHEAD = 30
MAD_EFFICIENCY = 0.37
"""The robust scale knows as much as a standard deviation of 37% of the points (Rousseeuw & Croux 1993)."""
RANK_METHODS = ("mann_kendall_ar1", "mann_kendall_ar1_z_ties", "seasonal_mann_kendall_ar1", "seasonal_mann_kendall_ar1_z_ties")

COLUMNS = DIMENSIONS + [
    "n_obs", "detectable", "detectable_high", "detectable_pct", "power", "wanted_pace", "verdict_from", "wanted_from", "tells",
    "tells_reason",
]  # fmt: skip
"""`detectable`: smallest change per year seen with 80% power, in the unit; `_high`: its upper 90% bound, for the
spread is itself estimated; `_pct`: of the latest value; `verdict_from`: first period with a test if data keep
coming; `wanted_from`: first year in which the pace a target asks for would be seen; `tells`: see TELLS."""
TELLS = ("can_tell", "cannot_tell_yet", "pace_hidden", "not_needed")
"""Can tell; too few periods for a test; tested, but the target's pace is below what would be seen; nothing to test."""


@lru_cache(maxsize=2048)
def _noise(n: int, rho: float) -> np.ndarray:
    seed = zlib.crc32(f"power:{n}:{rho:.2f}".encode())
    return ar1_series(np.random.default_rng(seed), DRAWS, n, rho)


def power_of(slope: float, n: int, rho: float, *, period: int = 1, alpha: float = 0.05) -> float:
    """Share of series with a true `slope` (standard deviations per period) that the default test calls a trend."""
    null = ar1_null(n, rho, period)
    s = kendall_s(_noise(n, float(round_rho(rho))) + slope * np.arange(n), period)
    return float(np.mean(np.abs(s) >= null.critical(alpha)))


def detectable_slope(n: int, rho: float, *, period: int = 1, alpha: float = 0.05, power: float = POWER) -> float:
    """Smallest slope, in standard deviations per period, that is noticed with `power`; NaN if none is.

    The simulated noise is the same for every slope, so the power grows with it and bisection finds it.

    Parameters
    ----------
    n, rho
        Number of periods on a regular grid and lag-1 correlation (rounded to 0.05).
    period
        Periods in a year for the seasonal test, else 1.
    """
    return _detectable_slope(int(n), float(round_rho(rho)), int(period), float(alpha), float(power))


@lru_cache(maxsize=4096)
def _detectable_slope(n: int, rho: float, period: int, alpha: float, power: float) -> float:
    if n < MIN_TEST:
        return np.nan
    enough = _known_power(n, rho, period, alpha, power)
    return _bisected(enough) if enough(STEEPEST) else np.nan


def _bisected(enough) -> float:
    """Smallest slope up to STEEPEST that is `enough`, to a thousandth of it."""
    low, high = 0.0, STEEPEST
    while high - low > 1e-3 * max(high, 1e-3):
        middle = (low + high) / 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def _known_power(n: int, rho: float, period: int, alpha: float, power: float):
    """Return a function that says whether a slope is noticed with `power`: `power_of`, with most draws known beforehand.

    A draw that is called rising at one slope is at every steeper one, and one that is not called falling is at none. So two
    slopes around the answer, guessed from some of the draws, decide nearly all draws for every slope between and beyond.
    """
    noise, steps, critical = _noise(n, rho), np.arange(n), ar1_null(n, rho, period).critical(alpha)

    def called(rows, slope) -> tuple[np.ndarray, np.ndarray]:
        s = kendall_s(rows + slope * steps, period)
        return s >= critical, s <= -critical

    def share(rows, slope) -> float:
        return np.mean(np.logical_or(*called(rows, slope)))

    guess = _bisected(lambda slope: share(noise[:GUESS_DRAWS], slope) >= power)
    low, high = guess * (1 - GUESS_ERROR), guess * (1 + GUESS_ERROR)
    falling = called(noise, 0.0)[1]
    (low_up, low_down), (high_up, high_down) = called(noise, low), called(noise, high)
    settled, still = low_up | high_down, ~(low_up | high_down) & (high_up | low_down)
    unsettled, count = noise[still], int(settled.sum())

    def enough(slope: float) -> bool:
        if slope >= high and np.mean(high_up) >= power:
            return True
        if slope <= low and np.mean(low_up | falling) < power:
            return False
        if low < slope < high:
            return (count + int(np.logical_or(*called(unsettled, slope)).sum())) / len(noise) >= power
        return share(noise, slope) >= power

    return enough


@lru_cache(maxsize=4096)
def spread_share(n: int, rho: float, period: int = 1) -> float:
    """Median of the robust spread around a fitted line, where the true standard deviation is 1.

    The line takes part of slow noise for trend: at n = 12 and rho = .4 only .78 is left, and a detectable
    change computed from it would be that much too small.
    """
    series = _noise(n, rho)[:SPREAD_DRAWS]
    return float(np.median(rank_lines(series, np.arange(n) / period, period=period).sigma))


def _per_year(n: np.ndarray, rho: np.ndarray, freq: np.ndarray, alpha: float) -> np.ndarray:
    """Detectable slope in observed spreads per period, by unique length, correlation and frequency."""
    keys = pd.DataFrame({"n": n, "rho": round_rho(rho), "freq": freq})
    found = {}
    for key in keys.drop_duplicates().itertuples(index=False, name=None):
        period = PERIODS_PER_YEAR[key[2]]
        found[key] = detectable_slope(key[0], key[1], period=period, alpha=alpha) / spread_share(key[0], key[1], period)
    return np.array([found[key] for key in keys.itertuples(index=False, name=None)], dtype=float)


def _by_ranks(rows: pd.DataFrame, alpha: float) -> np.ndarray:
    """Detectable change per year of rank tests: sigma times the simulated slope, over the real span."""
    first, last = (rows[c].map(_decimal).to_numpy(dtype=float) for c in ("first_period", "last_period"))
    n = rows["n_obs"].to_numpy(dtype=int)
    slope = _per_year(n, rows["rho"].fillna(RHO_ASSUMED).to_numpy(), rows["FREQ"].to_numpy(), alpha)
    return slope * rows["sigma"].to_numpy(dtype=float) * (n - 1) / (last - first)


def _by_models(rows: pd.DataFrame, confidence: float) -> np.ndarray:
    """Detectable change per year of count and proportion models, from the width of the interval (Bloom 1995)."""
    from scipy.stats import t as student

    df = rows["n_obs"].to_numpy(dtype=float) - 2
    reach = student.ppf(0.5 + confidence / 2, df)
    width = (rows["ci_high"] - rows["ci_low"]).to_numpy(dtype=float)
    return (reach + student.ppf(POWER, df)) * width / (2 * reach)


def _decimal(period: str) -> float:
    return mid_point(period) if period else np.nan


def _upper(n: np.ndarray, ranks: np.ndarray) -> np.ndarray:
    """Factor to the upper 90% bound of a standard deviation estimated from n points around a line."""
    from scipy.stats import chi2

    df = np.maximum(np.where(ranks, MAD_EFFICIENCY, 1.0) * (n - 2.0), 1.0)
    return np.sqrt(df / chi2.ppf(0.1, df))


def verdict_from(freq: str, first: str, last: str, n_obs: int, from_year: int | None = None) -> str:
    """First period in which a test becomes possible if a value comes in every period from now on.

    `from_year` is the year before the first new value where the series has long ended. '' for an empty
    series; the last period itself where a test is possible already.

    Examples
    --------
    >>> verdict_from("A", "2021", "2023", 3), verdict_from("Q", "2023-Q1", "2023-Q4", 4)
    ('2026', '2025-Q4')
    """
    if not last:
        return ""
    per_year = PERIODS_PER_YEAR[freq]
    needed = MIN_TEST if per_year == 1 else MIN_YEARS_SEASONAL * per_year
    step = int(np.floor(_decimal(last) * per_year + 1e-6))
    begin = int(np.floor(_decimal(first) * per_year + 1e-6))
    if from_year is not None:
        step = max(step, (from_year + 1) * per_year - 1)
    span = MIN_SPAN_YEARS * per_year - (0 if per_year == 1 else 1)
    missing = max(needed - n_obs, span - (step - begin), 0)
    if not missing:
        return last
    year, part = divmod(step + missing, per_year)
    if "/" in last:
        return f"{year - 1}{last[4:]}" if last[5:7] != "01" else f"{year}{last[4:]}"
    return str(year) if freq == "A" else f"{year}-Q{part + 1}" if freq == "Q" else f"{year}-{part + 1:02d}"


def _wanted_from(row: dict, alpha: float) -> float:
    """First year in which the wanted pace would be seen, if a value comes every year; NaN if not within 30."""
    if not (np.isfinite(row["wanted_pace"]) and row["wanted_pace"] and np.isfinite(row["detectable"])):
        return np.nan
    year, pace = int(row["last_period"][:4]), abs(row["wanted_pace"])
    if row["detectable"] <= pace:
        return float(year)
    per_year = PERIODS_PER_YEAR[row["FREQ"]]
    ranks = row["method"] in RANK_METHODS
    for ahead in range(1, YEARS_AHEAD + 1):
        n = row["n_obs"] + ahead * per_year
        if ranks:
            rho = row["rho"] if np.isfinite(row["rho"]) else RHO_ASSUMED
            sigma = row["sigma"] / spread_share(int(row["n_obs"]), float(round_rho(rho)), per_year)
            seen = detectable_slope(n, rho, period=per_year, alpha=alpha) * sigma * per_year
        else:  # the error of a slope falls with the power 3/2 of the length
            seen = row["detectable"] * (row["n_obs"] / n) ** 1.5
        if seen <= pace:
            return float(year + ahead)
    return np.nan


def evaluate_detectability(trends: pd.DataFrame, wanted: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return one row per row of `trends`: what it could have shown, and from when it can be told.

    Parameters
    ----------
    trends
        From `evaluate_trends`.
    wanted
        SERIES, REF_AREA, FREQ and `wanted_pace`: the change per year that a target asks for; None without.

    Notes
    -----
    Rank tests: the simulated slope times the robust spread around the line, on a regular grid with the
    same number of periods over the same years. Models: from the interval's width.
    """
    if trends.empty:
        return pd.DataFrame(columns=COLUMNS)
    confidence = float(trends["confidence"].iloc[0])
    alpha = 1 - confidence
    table = trends[[*DIMENSIONS, "n_obs", "first_period", "last_period", "last_value", "method", "verdict", "rho", "sigma",
                    "stale", "report_year"]].copy()  # fmt: skip
    tested = trends["verdict"].isin(TESTED).to_numpy()
    ranks = tested & trends["method"].isin(RANK_METHODS).to_numpy()
    models = tested & ~ranks & trends["ci_low"].notna().to_numpy()
    detectable = np.full(len(table), np.nan)
    if ranks.any():
        detectable[ranks] = _by_ranks(trends[ranks], alpha)
    if models.any():
        detectable[models] = _by_models(trends[models], confidence)
    table["detectable"] = detectable
    table["detectable_high"] = detectable * _upper(table["n_obs"].to_numpy(dtype=float), ranks)
    level = table["last_value"].abs().to_numpy(dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        table["detectable_pct"] = np.where(level > 0, 100 * detectable / level, np.nan)
    table["power"] = np.where(np.isfinite(detectable), POWER, np.nan)
    if wanted is None:
        table["wanted_pace"] = np.nan
    else:
        keys = ["SERIES", "REF_AREA", "FREQ"]
        table = table.merge(wanted.drop_duplicates(keys)[[*keys, "wanted_pace"]], on=keys, how="left")
    records = table.to_dict("records")
    table["verdict_from"] = [
        verdict_from(r["FREQ"], r["first_period"], r["last_period"], r["n_obs"], r["report_year"] - 1 if r["stale"] else None)
        for r in records
    ]  # fmt: skip
    table["wanted_from"] = [_wanted_from(r, alpha) for r in records]
    told = [_tells(r) for r in records]
    table["tells"], table["tells_reason"] = [t[0] for t in told], [t[1] for t in told]
    return table[COLUMNS]


def _tells(row: dict) -> tuple[str, str]:
    """Whether the row can answer, and why not (`TELLS`)."""
    if row["verdict"] in ("no_change", "at_bound", "no_events", "data_conflict"):
        return "not_needed", row["verdict"]
    if row["verdict"] not in TESTED:
        return "cannot_tell_yet", "few_periods"
    pace = abs(row["wanted_pace"])
    if row["verdict"] == "not_detected" and np.isfinite(pace) and pace and not row["detectable"] <= pace:
        return "pace_hidden", "wanted_pace_below_detectable"
    return "can_tell", ""
