"""What a statistic asks of a delivery table: its columns, each read as what it is, or a refusal that says which.

The tables come from intake, from the sample or from an adviser's own notebook, as text or typed. Each function names
the columns that it uses and gets a new frame of just these; a blank stays a blank and is never a zero.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from sdg_eval.delivery.quarters import quarter_number
from sdg_eval.delivery.shares import require
from sdg_eval.errors import DataError

NATIONAL = "TH"
"""Area of rows that belong to the country as a whole; its line of a result counts every row, of provinces too."""
GOALS = [str(g) for g in range(1, 18)]
"""The 17 goals; a table by goal lists all of them."""
UNTAGGED = "untagged"
"""What has no goal: shown as a line of its own, never spread over the goals."""
YES = {"1", "1.0", "true", "yes", "y", "ใช่", "มี"}
NO = {"0", "0.0", "false", "no", "n", "ไม่", "ไม่ใช่", "ไม่มี"}
LAST_YEAR_CE = 2200
"""A later year in a date is a Buddhist one that nobody converted."""


def take(table, name: str, *, text=(), numbers=(), money=(), dates=(), flags=(), quarters=()) -> pd.DataFrame:
    """Return the named columns of `table`, rows numbered from 0: text without blanks around, numbers, dates, flags as 0/1.

    A blank is "" in text and quarters, NaN or NaT elsewhere. Raises DataError for a missing column, for a cell that is
    not what its column holds, and for an amount of money or a count (`money`) below 0.
    """
    columns = [*text, *numbers, *money, *dates, *flags, *quarters]
    require(table, name, columns)
    read = {
        **{c: _text(table[c]) for c in text},
        **{c: _numbers(table, name, c) for c in numbers},
        **{c: _amounts(table, name, c) for c in money},
        **{c: _dates(table, name, c) for c in dates},
        **{c: _flags(table, name, c) for c in flags},
        **{c: _quarters(table, name, c) for c in quarters},
    }
    return pd.DataFrame({c: read[c].reset_index(drop=True) for c in columns})


def optional(table, columns) -> pd.DataFrame:
    """Return `table` with the columns that it lacks added as blanks: what older files do not ask for yet."""
    missing = [c for c in columns if c not in table.columns]
    return table.assign(**dict.fromkeys(missing, "")) if missing else table


def _text(column: pd.Series) -> pd.Series:
    # plain objects: an empty column of Arrow strings cannot be joined on
    text = [str(v).strip() if there else "" for v, there in zip(column.tolist(), column.notna(), strict=True)]
    return pd.Series(text, index=column.index, name=column.name, dtype="object")


def _refuse(table: pd.DataFrame, name: str, column: str, wrong, what: str) -> None:
    """Raise for the first wrong cell, with its row in the officer's file where that is known."""
    wrong = np.asarray(wrong, dtype=bool)
    if not wrong.any():
        return
    first = int(np.flatnonzero(wrong)[0])
    found = str(table[column].iloc[first])
    row = table["source_row"].iloc[first] if "source_row" in table.columns else first + 1
    more = f" ({int(wrong.sum()) - 1} more cells likewise)" if wrong.sum() > 1 else ""
    raise DataError(
        f"Table {name}, row {row}, column {column}: {found!r} {what}{more}.",
        code="bad_cell", sheet=name, row=int(row) if str(row).isdigit() else None, column=column, found=found,
    )  # fmt: skip


def _numbers(table: pd.DataFrame, name: str, column: str) -> pd.Series:
    cells = table[column]
    if not pd.api.types.is_numeric_dtype(cells):
        text = _text(cells)
        values = pd.to_numeric(text.where(text != ""), errors="coerce")
        _refuse(table, name, column, (values.isna() & (text != "")), "is not a number; write digits with a decimal point")
        cells = values
    values = cells.astype("float64")
    _refuse(table, name, column, np.isinf(values), "is not a finite number")
    return values


def _amounts(table: pd.DataFrame, name: str, column: str) -> pd.Series:
    values = _numbers(table, name, column)
    _refuse(table, name, column, values < 0, "is below 0; write what came back as an amount of its own, with a note")
    return values


def _dates(table: pd.DataFrame, name: str, column: str) -> pd.Series:
    text = _text(table[column])
    text = text.where(~text.isin(["NaT", "nan", "None", "<NA>"]), "")
    days = pd.Series([day[:10] or None for day in text], index=text.index, dtype="object")
    values = pd.to_datetime(days, format="%Y-%m-%d", errors="coerce")
    _refuse(table, name, column, values.isna().to_numpy() & (text != "").to_numpy(), "is not a date; write year-month-day, as 2024-03-31")
    _refuse(table, name, column, values.dt.year > LAST_YEAR_CE, "has a year of the Buddhist Era; dates are Gregorian inside the tables")
    return values.astype("datetime64[ns]")


def _flags(table: pd.DataFrame, name: str, column: str) -> pd.Series:
    text = _text(table[column]).str.casefold()
    text = text.where(~text.isin(["nan", "none", "<na>"]), "")
    values = text.map(lambda v: 1.0 if v in YES else 0.0 if v in NO else np.nan).astype("float64")
    _refuse(table, name, column, values.isna() & (text != ""), "is neither yes nor no; write 1 or 0")
    return values


def _quarters(table: pd.DataFrame, name: str, column: str) -> pd.Series:
    text = _text(table[column])

    def wrong(quarter: str) -> bool:
        try:
            return bool(quarter) and not quarter_number(quarter)
        except DataError:
            return True

    bad = {q for q in set(text) if wrong(q)}
    _refuse(table, name, column, text.isin(bad), "is not a fiscal quarter; write the B.E. year and the quarter, as 2567Q2")
    return text


def list_areas(areas, *columns: pd.Series) -> list[str]:
    """Return the provinces that a result lists: those asked for, else all that occur, sorted; the country comes last."""
    own = set(areas) if areas is not None else {a for column in columns for a in column.unique()}
    return sorted(own - {NATIONAL, ""}) + [NATIONAL]


def of_area(table: pd.DataFrame, area: str) -> pd.DataFrame:
    """Return the rows of one area; the country takes every row."""
    return table if area == NATIONAL else table[table["REF_AREA"] == area]


def goal_of(targets: pd.Series) -> pd.Series:
    """Return the goal of each target (11 of 11.6); `untagged` for a blank or for what is none of the 17."""
    goals = targets.map(lambda t: str(t).partition(".")[0]).astype("object")
    return goals.where(goals.isin(GOALS), UNTAGGED)


def one_per(table: pd.DataFrame, name: str, key: list[str]) -> pd.DataFrame:
    """Return `table` if its key occurs once each; raises DataError for one that is there twice."""
    twice = table[table.duplicated(key)]
    if len(twice):
        what = ", ".join(f"{k} {twice[k].iloc[0]}" for k in key)
        raise DataError(f"Table {name} has {what} more than once. Keep one row of it.", code="twice", sheet=name)
    return table
