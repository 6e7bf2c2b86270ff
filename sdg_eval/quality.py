"""What the data can bear: coverage, gaps, breaks and staleness, before any statistic."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sdg_eval.observations import select_totals
from sdg_eval.panels import MIN_SLOPE, PERIODS_PER_YEAR, Segment, is_province, segments
from sdg_eval.ranks import MIN_TEST, MIN_YEARS_SEASONAL
from sdg_eval.trends import STALE_AFTER_YEARS

COLUMNS = [
    "SERIES", "REF_AREA", "FREQ", "n_obs", "first_period", "last_period", "expected", "missing",
    "longest_gap", "stale", "break_after", "n_after_break", "n_provisional", "n_flagged", "verdict", "reason",
    "report_year",
]  # fmt: skip


def _steps(segment: Segment) -> np.ndarray:
    """Position of each period on the grid of its frequency; whole numbers, one apart when adjacent."""
    per_year = PERIODS_PER_YEAR[segment.keys["FREQ"]]
    if per_year == 1:
        return segment.everything.years.astype(int)
    return np.floor(segment.everything.times * per_year + 1e-6).astype(int)


def longest_gap(steps) -> int:
    """Most periods missing in a row between the first and the last.

    Examples
    --------
    >>> longest_gap([2015, 2016, 2019])
    2
    """
    steps = np.unique(steps)
    return int(np.diff(steps).max() - 1) if len(steps) > 1 else 0


def data_verdict(n: int, freq: str) -> str:
    """What `n` usable periods allow: full, indicative, two_points, insufficient or none."""
    full = MIN_TEST if freq == "A" else MIN_YEARS_SEASONAL * PERIODS_PER_YEAR[freq]
    slope = MIN_SLOPE if freq == "A" else PERIODS_PER_YEAR[freq] + 1  # one year-on-year pair
    if n >= full:
        return "full"
    if n >= slope:
        return "indicative"
    if n == 0:
        return "none"
    return "two_points" if n == 2 and freq == "A" else "insufficient"


def _row(segment: Segment, first: int, last: int, flagged: int, report_year: int) -> dict:
    """Quality of one area against the periods `first`..`last` that its series covers anywhere."""
    points, steps = segment.everything, np.unique(_steps(segment))
    usable, freq = segment.usable, segment.keys["FREQ"]
    stale = bool(report_year - points.years[-1] > STALE_AFTER_YEARS)
    verdict = "insufficient" if segment.conflict else data_verdict(len(usable), freq)
    if segment.only_provisional and verdict == "full":
        verdict = "indicative"
    n_provisional = int(segment.provisional.sum())
    reasons = [
        "conflict" if segment.conflict else "",
        *segment.reasons,
        "few_periods" if verdict != "full" and not segment.conflict else "",
        "provisional_only" if segment.only_provisional else "provisional" if n_provisional else "",
        "gaps" if longest_gap(steps) else "",
        "stale" if stale else "",
    ]
    return {
        "SERIES": segment.keys["SERIES"], "REF_AREA": segment.keys["REF_AREA"], "FREQ": freq,
        "n_obs": len(steps), "first_period": points.periods[0], "last_period": points.periods[-1],
        "expected": last - first + 1, "missing": last - first + 1 - len(steps), "longest_gap": longest_gap(steps),
        "stale": stale, "break_after": segment.break_period, "n_after_break": int(segment.after_break.sum()),
        "n_provisional": n_provisional, "n_flagged": flagged, "verdict": verdict,
        "reason": ";".join(filter(None, reasons)), "report_year": report_year,
    }  # fmt: skip


def _none_row(series: str, area: str, freq: str, expected: int, report_year: int, reason: str) -> dict:
    return {
        "SERIES": series, "REF_AREA": area, "FREQ": freq, "n_obs": 0, "first_period": "", "last_period": "",
        "expected": expected, "missing": expected, "longest_gap": expected, "stale": False, "break_after": "",
        "n_after_break": 0, "n_provisional": 0, "n_flagged": 0, "verdict": "none", "reason": reason,
        "report_year": report_year,
    }  # fmt: skip


def _area_lists(codelists) -> tuple[dict[str, int], set[str]]:
    """First year of each province, and the coastal ones."""
    areas = codelists.areas[is_province(codelists.areas["REF_AREA"])]
    since = dict(zip(areas["REF_AREA"], pd.to_numeric(areas["valid_from"]).astype(int), strict=True))
    return since, set(areas.loc[areas["coast"].astype(str) == "1", "REF_AREA"])


def _first_step(first: int, freq: str, valid_from: int) -> int:
    return max(first, valid_from * PERIODS_PER_YEAR[freq])


def evaluate_quality(observations: pd.DataFrame, codelists, *, report_year: int) -> pd.DataFrame:
    """Return one row per series, area and frequency, also for provinces that hold nothing.

    `expected` counts the periods from the first to the last that the series has in any area (from
    the year the province exists); `break_after` is the first period after the last break; breakdowns
    (sex, age, urbanisation) are not counted. Raises DataError for infinite values.
    """
    whole = select_totals(observations)
    flagged = whole[whole["flags"] != ""].groupby(["SERIES", "REF_AREA", "FREQ"])["TIME_PERIOD"].nunique().to_dict()
    since, coastal = _area_lists(codelists)
    series = codelists.series.set_index("SERIES")
    families: dict[tuple[str, str], list[Segment]] = {}
    for segment in segments(whole, codelists.series):
        families.setdefault((segment.keys["SERIES"], segment.keys["FREQ"]), []).append(segment)
    rows = []
    for (code, freq), family in families.items():
        first, last = min(_steps(s)[0] for s in family), max(_steps(s)[-1] for s in family)
        for segment in family:
            area = segment.keys["REF_AREA"]
            own_first = min(_first_step(first, freq, since.get(area, 0)), int(_steps(segment)[0]))
            rows.append(_row(segment, own_first, last, flagged.get((code, area, freq), 0), report_year))
        held = {s.keys["REF_AREA"] for s in family}
        for area in _absent(code, held, series, since, coastal):
            expected = max(0, last - _first_step(first, freq, since[area]) + 1)
            rows.append(_none_row(code, area, freq, expected, report_year, "no_data"))
    rows += _series_without_data(codelists.series, {code for code, _ in families}, since, coastal, report_year)
    return pd.DataFrame(rows, columns=COLUMNS).sort_values(COLUMNS[:3], ignore_index=True)


def _absent(code: str, held: set[str], series: pd.DataFrame, since: dict, coastal: set[str]) -> list[str]:
    """Provinces that the series should cover and does not."""
    coastal_only = code in series.index and str(series.loc[code].get("coastal_only", "0")) == "1"
    return sorted((coastal if coastal_only else set(since)) - held)


def _series_without_data(series: pd.DataFrame, held: set[str], since: dict, coastal: set[str], report_year: int):
    """Rows of evaluated series that no area holds."""
    indexed = series.set_index("SERIES")
    for row in series.to_dict("records"):
        if row["SERIES"] not in held and str(row.get("evaluate", "1")) == "1":
            for area in _absent(row["SERIES"], set(), indexed, since, coastal):
                yield _none_row(row["SERIES"], area, row.get("freq") or "A", 0, report_year, "no_data")
