"""The observation table: what every module hands to the next.

One row is one value of one series in one area and period, and it knows the cell it came from.
"""

from __future__ import annotations

import re
from functools import lru_cache

import numpy as np
import pandas as pd

from sdg_eval.concepts import COLUMNS, KEY, NUMERIC, OFFICER_SOURCE, SPLITS, TOTAL
from sdg_eval.errors import DataError

FREQUENCIES = {"A": "annual", "Q": "quarterly", "M": "monthly"}
_YEAR = re.compile(r"^\d{4}$")
_QUARTER = re.compile(r"^(\d{4})-Q([1-4])$")
_MONTH = re.compile(r"^(\d{4})-(0[1-9]|1[0-2])$")
_RANGE = re.compile(r"^(\d{4})-(0[1-9]|1[0-2])-01/P(\d{1,2})Y$")
_SPAN_FREQ = re.compile(r"A([2-9]|10)")
"""SDMX codes of values that stand for several years: kept, and never mixed with annual ones."""
_AREA = re.compile(r"^TH(-[0-9A-Z]{1,6})?$")


def observation_table(rows) -> pd.DataFrame:
    """Return `rows` (dicts or a frame) as an observation table: all columns, defaults, key order.

    Missing dimensions become `_T`, missing status `A`, missing flags empty; numbers are float.
    """
    table = pd.DataFrame(rows)
    defaults = {"SEX": TOTAL, "AGE": TOTAL, "URBANISATION": TOTAL, "OBS_STATUS": "A", "UNIT_MULT": 0}
    for column in COLUMNS:
        if column not in table:
            table[column] = np.nan if column in NUMERIC else defaults.get(column, "")
    table = table[COLUMNS].copy()
    for column in COLUMNS:
        if column in NUMERIC:
            table[column] = table[column].astype("float64")
        elif column == "UNIT_MULT":
            table[column] = table[column].fillna(0).astype("int64")
        elif column == "source_row":
            table[column] = pd.to_numeric(table[column].replace("", np.nan)).astype("Int64")
        else:
            table[column] = table[column].fillna(defaults.get(column, "")).astype("str")
    return table.sort_values(KEY, kind="stable", ignore_index=True)


@lru_cache(maxsize=16384)
def period_bounds(time_period: str) -> tuple[pd.Timestamp, pd.Timestamp]:
    """Return first and last day of an SDMX period: `2023`, `2023-Q1`, `2023-05`, `2022-10-01/P1Y`.

    Raises DataError for anything else.
    """
    if _YEAR.match(time_period):
        return pd.Timestamp(f"{time_period}-01-01"), pd.Timestamp(f"{time_period}-12-31")
    if m := _QUARTER.match(time_period):
        start = pd.Timestamp(int(m[1]), 3 * int(m[2]) - 2, 1)
        return start, start + pd.DateOffset(months=3) - pd.Timedelta(days=1)
    if m := _MONTH.match(time_period):
        start = pd.Timestamp(int(m[1]), int(m[2]), 1)
        return start, start + pd.DateOffset(months=1) - pd.Timedelta(days=1)
    if m := _RANGE.match(time_period):
        start = pd.Timestamp(int(m[1]), int(m[2]), 1)
        return start, start + pd.DateOffset(years=int(m[3])) - pd.Timedelta(days=1)
    raise DataError(
        f"TIME_PERIOD {time_period!r} is not an SDMX period. "
        "Write 2023, 2023-Q1, 2023-05, or 2022-10-01/P1Y for fiscal year 2566."
    )


def mid_points(time_periods) -> np.ndarray:
    """Return the middle of each period in decimal years (METHODS 1.3), same length as the input."""
    return np.array([mid_point(period) for period in pd.Series(time_periods, dtype="str")], dtype=float)


@lru_cache(maxsize=16384)
def mid_point(time_period: str) -> float:
    """Return the middle of one period in decimal years. Raises DataError for what is none."""
    if _YEAR.match(time_period):  # exact halves keep slopes of annual series exact
        return int(time_period) + 0.5
    if m := _QUARTER.match(time_period):
        return int(m[1]) + (int(m[2]) - 0.5) / 4
    if m := _MONTH.match(time_period):
        return int(m[1]) + (int(m[2]) - 0.5) / 12
    start, _ = period_bounds(time_period)
    return start.year + (start.month - 1) / 12 + int(_RANGE.match(time_period)[3]) / 2


def frequency_of(time_period: str) -> str:
    """Return A, Q or M (A3 for three years) as the form of an SDMX period says. Raises DataError for anything else.

    Examples
    --------
    >>> [frequency_of(p) for p in ("2023", "2022-10-01/P1Y", "2023-Q1", "2023-05", "2018-01-01/P3Y")]
    ['A', 'A', 'Q', 'M', 'A3']
    """
    if _QUARTER.match(time_period):
        return "Q"
    if _MONTH.match(time_period):
        return "M"
    period_bounds(time_period)
    years = _RANGE.match(time_period)
    return f"A{years[3]}" if years and years[3] != "1" else "A"


def period_year(time_period: str) -> int:
    """Return the calendar year a period ends in (fiscal year 2566 = 2022-10-01/P1Y ends in 2023)."""
    return period_bounds(time_period)[1].year


def validate_observations(table: pd.DataFrame, *, where: str = "observations") -> pd.DataFrame:
    """Return `table` unchanged if it keeps the contract, else raise DataError naming the first faults.

    Checked: columns, no null keys, area codes, frequencies, periods, finite values.
    """
    if missing := [c for c in COLUMNS if c not in table.columns]:
        raise DataError(f"{where} lack the column(s) {', '.join(missing)}. Found: {', '.join(table.columns)}.")
    faults = []

    def note(mask, what, remedy):
        for _, row in table[mask].head(5).iterrows():
            place = f"{row['source_file'] or where}, sheet {row['source_sheet'] or '-'}, row {row['source_row']}, column {row['source_column'] or '-'}"
            faults.append(f"{place}: {what} (series {row['SERIES']}, area {row['REF_AREA']}, period {row['TIME_PERIOD']}). {remedy}")

    keys = table[KEY]
    note(keys.isna().any(axis=1) | (keys == "").any(axis=1), "a key column is empty", "Give series, area, frequency and period.")
    note(~table["REF_AREA"].str.match(_AREA), "REF_AREA is not an ISO 3166-2 code", "Write TH-50 for Chiang Mai.")
    spans = table["FREQ"].str.fullmatch(_SPAN_FREQ.pattern)
    note(~table["FREQ"].isin(FREQUENCIES) & ~spans, "FREQ is not A, Q or M", "Write A, Q or M, or A3 for a value of three years.")
    good = {p: bool(_YEAR.match(p) or _QUARTER.match(p) or _MONTH.match(p) or _RANGE.match(p)) for p in table["TIME_PERIOD"].unique()}
    note(~table["TIME_PERIOD"].map(good).astype(bool), "TIME_PERIOD is not an SDMX period", "Write 2023, 2023-Q1, 2023-05 or 2022-10-01/P1Y.")
    note(np.isinf(table["OBS_VALUE"]), "OBS_VALUE is infinite", "Leave the cell empty where there is no value.")
    if faults:
        raise DataError("\n".join(faults))
    return table


def select_latest(table: pd.DataFrame) -> pd.DataFrame:
    """Return one row per key: a published source before an officer's file, then the latest `as_of`, then the latest vintage.

    Rows of the same key that are equal in all three and differ in value stay, both: the trend says
    `data_conflict` (METHODS 1.4). Identical ones collapse to one.
    """
    rank = pd.DataFrame(
        {"published": table["source"] != OFFICER_SOURCE, "as_of": table["as_of"], "vintage": table["vintage"]}
    )
    for column in rank:  # the best of each column among those that are best in the columns before it
        best = rank[column].groupby([table[k] for k in KEY]).transform("max")
        keep = rank[column] == best
        table, rank = table[keep], rank[keep]
    return table.drop_duplicates(KEY + ["OBS_VALUE"]).sort_values(KEY, kind="stable", ignore_index=True)


def select_totals(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that are not broken down by sex, age or place: what trends, charts and tables speak of."""
    return table[(table[list(SPLITS)] == TOTAL).all(axis=1)].reset_index(drop=True)


def select_area(table: pd.DataFrame, ref_area: str) -> pd.DataFrame:
    """Return the rows of one area."""
    return table[table["REF_AREA"] == ref_area].reset_index(drop=True)
