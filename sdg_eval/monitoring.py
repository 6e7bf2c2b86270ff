"""Quarter by quarter: is the latest change out of the ordinary (METHODS 2.12).

Each value is compared with the same quarter (or month) of the year before, never with the quarter
before it, and the differences are put on an individuals chart.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sdg_eval.panels import DIMENSIONS, PERIODS_PER_YEAR, build_panels
from sdg_eval.ranks import finite

LIMIT = 2.66
"""Limits are the mean plus and minus 2.66 mean moving ranges, which is three standard deviations of noise."""
MIN_BASELINE = 8
RUN = 8
"""This many in a row on one side of the centre are a signal."""
LATEST_YEARS = 1
"""The latest year is judged and does not set the limits, where enough differences are left without it."""

COLUMNS = DIMENSIONS + [
    "TIME_PERIOD", "value", "year_before", "difference", "centre", "lower", "upper", "n_baseline", "signal", "reason",
]  # fmt: skip


@dataclass(frozen=True)
class XmR:
    """Individuals chart: centre, limits and the signal of each difference ('' where there is none)."""

    centre: float
    lower: float
    upper: float
    n_baseline: int
    signals: np.ndarray


def xmr_chart(values, *, judged: int = 0) -> XmR:
    """Return the individuals chart of `values` in time order; NaN is a gap, and no moving range spans it.

    Parameters
    ----------
    judged
        So many of the latest values set no limits, if 8 others are left.

    Returns
    -------
    XmR
        Signals are `above`, `below` (outside the limits), `run_above`, `run_below` (8 in a row on one
        side). With fewer than 8 values limits are NaN and there is no signal. Raises DataError for
        infinite values.
    """
    values = finite(values, "The differences")
    signals = np.full(len(values), "", dtype=object)
    base = values[: len(values) - judged] if judged and (~np.isnan(values[: len(values) - judged])).sum() >= MIN_BASELINE else values
    count = int((~np.isnan(base)).sum())
    if count < MIN_BASELINE:
        return XmR(np.nan, np.nan, np.nan, count, signals)
    ranges = np.abs(np.diff(base))
    ranges = ranges[~np.isnan(ranges)]
    centre = float(np.nanmean(base))
    if not len(ranges):
        return XmR(centre, np.nan, np.nan, count, signals)
    reach = LIMIT * float(ranges.mean())
    side, length = 0, 0
    for k, value in enumerate(values):
        if np.isnan(value):
            side = length = 0
            continue
        here = int(np.sign(round(value - centre, 12)))
        length = length + 1 if here and here == side else 1
        side = here
        if value > centre + reach or value < centre - reach:
            signals[k] = "above" if value > centre else "below"
        elif side and length >= RUN:
            signals[k] = "run_above" if side > 0 else "run_below"
    return XmR(centre, centre - reach, centre + reach, count, signals)


def monitor(observations: pd.DataFrame, series: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return one row per quarterly or monthly value: its change on the year before and whether that is unusual.

    Parameters
    ----------
    observations, series
        As for `evaluate_trends`; annual series are left out. Provisional values are compared as well.

    Notes
    -----
    A row without a value a year before has reason `no_year_before`; with fewer than 8 differences there
    are numbers and no limits (`few_differences`); a key with two values for one period has
    `data_conflict`.
    """
    parts = []
    for panel in build_panels(observations, series):
        if panel.per_year == 1:
            continue
        year = panel.per_year
        values = np.where(panel.held, panel.values, np.nan)
        before = np.full(values.shape, np.nan)
        before[:, year:] = values[:, :-year]
        difference = values - before
        for row in range(len(panel)):
            parts.append(_rows(panel, row, values[row], before[row], difference[row]))
    if not parts:
        return pd.DataFrame(columns=COLUMNS)
    return pd.concat(parts, ignore_index=True)[COLUMNS].sort_values([*DIMENSIONS, "TIME_PERIOD"], ignore_index=True)


def _rows(panel, row: int, values, before, difference) -> pd.DataFrame:
    chart = xmr_chart(difference, judged=LATEST_YEARS * PERIODS_PER_YEAR[panel.freq])
    there = ~np.isnan(values)
    conflict = bool(panel.conflict[row])
    reason = np.where(np.isnan(difference), "no_year_before", "few_differences" if np.isnan(chart.upper) else "")
    keys = {name: column[row] for name, column in panel.keys.items()}
    return pd.DataFrame({
        "TIME_PERIOD": panel.periods[there], "value": values[there], "year_before": before[there],
        "difference": difference[there], "centre": chart.centre, "lower": chart.lower, "upper": chart.upper,
        "n_baseline": chart.n_baseline, "signal": "" if conflict else chart.signals[there],
        "reason": "data_conflict" if conflict else reason[there],
    }).assign(**keys)  # fmt: skip


def compare_cumulative(fiscal_years, quarters, totals) -> pd.DataFrame:
    """Return cumulative counts of fiscal years beside the same cumulative quarter of the year before.

    Parameters
    ----------
    fiscal_years, quarters, totals
        Fiscal year (CE), fiscal quarter 1 to 4 and the count from its first day to the end of that quarter.

    Returns
    -------
    DataFrame
        fiscal_year, quarter, total, year_before, difference, partial_year (whether the year is not
        complete), in order. An incomplete year is never set beside a whole one.
    """
    table = pd.DataFrame({"fiscal_year": fiscal_years, "quarter": quarters, "total": finite(totals, "The totals")})
    table = table.sort_values(["fiscal_year", "quarter"], ignore_index=True)
    earlier = table.assign(fiscal_year=table["fiscal_year"] + 1).rename(columns={"total": "year_before"})
    table = table.merge(earlier, on=["fiscal_year", "quarter"], how="left")
    complete = table.groupby("fiscal_year")["quarter"].transform("max") == 4
    return table.assign(difference=table["total"] - table["year_before"], partial_year=~complete)
