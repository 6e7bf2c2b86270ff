"""The ministry's KPI form as arrays: what the checks on it share.

A form is one row of table kpi: one indicator of one agency, province and fiscal year, its target, four quarters and
a total. `family` groups forms of the same indicator and unit, `series` those of the same indicator in the same place,
`kin` the forms that one is held against: its family, or, where the indicator is free text and few share it, its unit.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from sdg_eval.delivery.frames import one_per, take
from sdg_eval.thai import clean_text

QUARTERS = ["q1", "q2", "q3", "q4"]
PERCENT = ("ร้อยละ", "%", "เปอร์เซ็นต์", "percent", "per cent")
"""How units of shares begin."""
MIN_KIN = 6
"""Fewest forms with the same words and unit that are a group of their own."""
COLUMNS = [
    "table", "key", "kpi_id", "agency_id", "REF_AREA", "fiscal_year", "check", "column", "value", "expected", "power", "n",
    "chance", "other", "strength",
]  # fmt: skip
"""Columns of a flag before its words: `n` is how many figures the expectation rests on, `chance` how often equal
figures would meet by chance, `other` what it is compared with."""


def read_forms(kpi: pd.DataFrame) -> pd.DataFrame:
    """Return the forms with numbers as numbers, cleaned names, `is_share`, `family`, `kin` and `series`.

    Raises DataError for a missing column, a cell that is no number, or a kpi_id that is there twice.
    """
    forms = take(
        kpi, "kpi", text=["kpi_id", "agency_id", "project_id", "REF_AREA", "indicator", "unit"], numbers=["fiscal_year", "target_value", *QUARTERS, "total"],
        money=["budget_thb", "disbursed_thb"], flags=["cumulative"],
    )  # fmt: skip
    one_per(forms, "kpi", ["kpi_id"])
    names = {c: forms[c].map(lambda v: clean_text(v).casefold()) for c in ("indicator", "unit")}
    forms["is_share"] = names["unit"].str.startswith(PERCENT)
    forms["family"] = names["indicator"] + "|" + names["unit"]
    forms["kin"] = forms["family"].where(forms.groupby("family")["kpi_id"].transform("size") >= MIN_KIN, "|" + names["unit"])
    forms["series"] = forms["REF_AREA"] + "|" + forms["project_id"] + "|" + forms["family"]
    return forms


def quarters_in(forms: pd.DataFrame) -> np.ndarray:
    """Return forms x 4: the figures of the quarters, NaN where blank."""
    return forms[QUARTERS].to_numpy(dtype=float)


def last_given(values: np.ndarray) -> np.ndarray:
    """Return the last figure of each row that is there; NaN for none.

    Examples
    --------
    >>> last_given(np.array([[1.0, 2.0, np.nan, np.nan]])).tolist()
    [2.0]
    """
    given = np.isfinite(values)
    last = values.shape[1] - 1 - np.argmax(given[:, ::-1], axis=1)
    return np.where(given.any(axis=1), values[np.arange(len(values)), last], np.nan)


def year_result(forms: pd.DataFrame) -> np.ndarray:
    """Return what the quarters say the year came to: the last one of cumulative forms and shares, else their sum."""
    values = quarters_in(forms)
    summed = np.where(np.isfinite(values).any(axis=1), np.nansum(values, axis=1), np.nan)
    running = (forms["cumulative"] == 1).to_numpy() | forms["is_share"].to_numpy()
    return np.where(running, last_given(values), summed)


def place_value(values: np.ndarray, decimals: int = 3) -> np.ndarray:
    """Return the step in which each figure is written: 1 for 1,237, 100 for 1,200, 0.1 for 4.5; NaN for 0 and blanks.

    Examples
    --------
    >>> place_value(np.array([1237, 1200, 4.5])).tolist()
    [1.0, 100.0, 0.1]
    """
    values = np.abs(np.asarray(values, dtype=float))
    step = np.full(values.shape, np.nan)
    for power in range(12, -decimals - 1, -1):
        ticks = values / 10.0**power
        fits = np.isnan(step) & (values > 0) & (np.abs(ticks - np.round(ticks)) < 1e-6) & (np.round(ticks) >= 1)
        step = np.where(fits, 10.0**power, step)
    return step


def flag(forms: pd.DataFrame, row: int, check: str, column: str, value, expected, *, strength: str, **more) -> dict:
    """Return one flag on a form as a row of COLUMNS."""
    own = forms.iloc[row]
    base = {"table": "kpi", "key": own["kpi_id"], "power": np.nan, "n": np.nan, "chance": np.nan, "other": ""}
    base |= {c: own[c] for c in ("kpi_id", "agency_id", "REF_AREA", "fiscal_year")}
    return base | {"check": check, "column": column, "value": value, "expected": expected, "strength": strength} | more
