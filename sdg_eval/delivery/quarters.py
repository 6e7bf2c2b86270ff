"""Thai fiscal quarters as the delivery tables write them: 2567Q2 is January to March 2024.

Quarters are counted in a row so that "last quarter" and "two quarters on" are sums, across the new year too.
"""

from __future__ import annotations

import re
from functools import lru_cache

import numpy as np
import pandas as pd

from sdg_eval.errors import DataError
from sdg_eval.thai import BE_OFFSET, fiscal_quarter


@lru_cache(maxsize=1024)
def quarter_number(quarter: str) -> int:
    """Return the quarter's place in a row of quarters: the next quarter has the next number.

    Raises DataError for anything but a B.E. fiscal year, Q and 1 to 4.

    Examples
    --------
    >>> quarter_number("2567Q1") - quarter_number("2566Q4")
    1
    """
    found = re.fullmatch(r"(2[45]\d\d|2600)Q([1-4])", str(quarter))
    if not found:
        raise DataError(f"{quarter!r} is not a fiscal quarter. Write the B.E. fiscal year and the quarter, as 2567Q2.", code="bad_quarter", found=str(quarter))
    return int(found[1]) * 4 + int(found[2]) - 1


def quarter_name(number: int) -> str:
    """Return the quarter of a place in the row: 2567Q2."""
    return f"{number // 4}Q{number % 4 + 1}"


def shift_quarter(quarter: str, by: int) -> str:
    """Return the quarter `by` quarters later.

    Examples
    --------
    >>> shift_quarter("2567Q1", -1)
    '2566Q4'
    """
    return quarter_name(quarter_number(quarter) + by)


def quarters_between(first: str, last: str) -> list[str]:
    """Return every quarter from first to last, both included; empty when the last comes first."""
    return [quarter_name(n) for n in range(quarter_number(first), quarter_number(last) + 1)]


@lru_cache(maxsize=1024)
def quarter_start(quarter: str) -> pd.Timestamp:
    """Return the quarter's first day."""
    year, q = divmod(quarter_number(quarter), 4)
    return pd.Timestamp(fiscal_quarter(year, q + 1).start)


@lru_cache(maxsize=1024)
def quarter_end(quarter: str) -> pd.Timestamp:
    """Return the quarter's last day, up to which things count as known in its report.

    Examples
    --------
    >>> quarter_end("2567Q2")
    Timestamp('2024-03-31 00:00:00')
    """
    year, q = divmod(quarter_number(quarter), 4)
    return pd.Timestamp(fiscal_quarter(year, q + 1).end)


def quarters_of(dates: pd.Series) -> pd.Series:
    """Return the fiscal quarter of each date; blank where there is none."""
    dates = pd.to_datetime(dates)
    month, year = dates.dt.month, dates.dt.year + BE_OFFSET
    fiscal = year + (month >= 10)
    part = ((month + 2) % 12) // 3 + 1
    known = dates.notna().to_numpy()
    named = fiscal.fillna(0).astype(int).astype(str) + "Q" + part.fillna(0).astype(int).astype(str)
    return pd.Series(np.where(known, named, ""), index=dates.index, dtype="object")


def up_to(quarters: pd.Series, last: str) -> np.ndarray:
    """Return which quarters are no later than `last`; a blank, of which nothing is known, is taken as one of them."""
    limit = quarter_number(last)
    return np.array([not q or quarter_number(q) <= limit for q in quarters], dtype=bool)
