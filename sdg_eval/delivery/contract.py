"""The contract of each delivery table: types, words, limits, forms and keys, checked by pandera all at once.

The contract is made of delivery_columns.csv. Pandera finds the cells; the reasons and remedies are ours,
because its own messages speak of schemas and are not Thai (decision 0016).
"""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache

import pandas as pd

from sdg_eval.codelists import default_folder
from sdg_eval.delivery.columns import (
    NUMBERS,
    ColumnSpec,
    key_of,
    known_areas,
    known_targets,
    table_columns,
    words_of,
)
from sdg_eval.delivery.faults import fault

PROVENANCE = ["source", "source_file", "source_sheet", "source_row"]
"""Columns of every table: the source of sources.csv and, for rows that officers sent, the cell's file, sheet and row."""
QUARTER_FORM = r"2[45]\d\dQ[1-4]"
ID_FORM = r"[A-Za-z0-9ก-๙._/:-]{1,40}"
FIRST_DATE, LAST_DATE = "1990-01-01", "2060-12-31"
"""No date of the programme lies outside; one that does was written in the wrong era."""
_TRUE = {"true": "1", "false": "0"}


def typed(table: str, frame: pd.DataFrame) -> tuple[pd.DataFrame, list[dict]]:
    """Return a table with the types of its columns, and a fault for every cell that has another.

    Text is str with "" for a blank; numbers, money, counts, shares and flags are float; years are Int64.
    Missing columns that may be blank are added.
    """
    made, faults, rows = {}, [], row_numbers(frame)
    for spec in table_columns(table):
        if spec.column not in frame.columns:
            if spec.required:
                faults.append(fault("column_missing", table=table, row=1, spec=spec))
            made[spec.column] = _blank(spec, frame.index)
            continue
        made[spec.column], wrong = _typed_column(spec, frame[spec.column])
        faults += [
            fault(_type_fault(spec), table=table, row=rows[i], spec=spec, value=frame[spec.column].iloc[i])
            for i in wrong
        ]
    out = pd.DataFrame(made, index=frame.index)
    for name in PROVENANCE:
        if name == "source_row":
            out[name] = pd.to_numeric(frame[name], errors="coerce") if name in frame else float("nan")
        else:
            out[name] = _as_text(frame[name]) if name in frame else ""
    return out, faults


def _blank(spec: ColumnSpec, index) -> pd.Series:
    if spec.kind == "fiscal_year":
        return pd.Series(pd.NA, index=index, dtype="Int64")
    return (
        pd.Series(float("nan"), index=index, dtype="float64")
        if spec.kind in NUMBERS
        else pd.Series("", index=index, dtype="str")
    )


def _as_text(values: pd.Series) -> pd.Series:
    text = ["" if v is None or v is pd.NA or v != v else str(v).strip() for v in values.tolist()]
    return pd.Series(text, index=values.index, name=values.name, dtype="str")


def _typed_column(spec: ColumnSpec, values: pd.Series) -> tuple[pd.Series, list[int]]:
    """(the column with its type, positions of the cells that could not be read)."""
    if spec.kind not in NUMBERS and spec.kind != "fiscal_year":
        return _as_text(values), []
    if not pd.api.types.is_numeric_dtype(values):
        text = _as_text(values)
        values = pd.to_numeric(
            text.str.lower().replace(_TRUE) if spec.kind == "flag" else text, errors="coerce"
        )
        wrong = (values.isna() & text.ne("")).to_numpy().nonzero()[0].tolist()
    else:
        wrong = []
    values = values.astype("Float64").astype("float64")
    if spec.kind != "fiscal_year":
        return values, wrong
    wrong += ((values % 1 != 0) & values.notna()).to_numpy().nonzero()[0].tolist()
    return values.where(values % 1 == 0).astype("Int64"), wrong


def _type_fault(spec: ColumnSpec) -> str:
    return spec.kind if spec.kind in ("flag", "fiscal_year") else "number"


def row_numbers(frame: pd.DataFrame) -> list[int]:
    """Return the row of each line as a reader finds it: the sheet's row where it is known, else the line of the CSV file."""
    lines = pd.Series(range(2, len(frame) + 2), index=frame.index, dtype="float64")
    if "source_row" in frame.columns:
        lines = pd.to_numeric(frame["source_row"], errors="coerce").fillna(lines)
    return [int(n) for n in lines]


@lru_cache
def contract(table: str, folder=None):
    """Return the pandera contract of a table whose columns are `typed`. Raises UsageError for a table that is none."""
    import pandera.pandas as pa

    if folder is None:  # another folder of codelists is another contract
        return contract(table, default_folder())
    key = key_of(table)
    unique = pa.Check(lambda frame: ~frame.duplicated(key), error="duplicate", name="duplicate")
    return pa.DataFrameSchema(
        {spec.column: pa.Column(_dtype(spec), _checks(pa, spec), nullable=True) for spec in table_columns(table)},
        checks=unique, strict=False, name=table,
    )  # fmt: skip


def _dtype(spec: ColumnSpec):
    return "Int64" if spec.kind == "fiscal_year" else float if spec.kind in NUMBERS else str


def _checks(pa, spec: ColumnSpec) -> list:
    """The checks of one column; each is named by the code of its fault."""
    is_text = _dtype(spec) is str
    filled = (lambda s: s.ne("")) if is_text else (lambda s: s.notna())
    checks = []

    def add(code, test):
        checks.append(pa.Check(lambda s: ~filled(s) | test(s).astype(bool), error=code, ignore_na=False))

    if spec.required:
        checks.append(pa.Check(filled, error="required", ignore_na=False))
    if spec.kind == "id":
        add("id_form", lambda s: s.str.fullmatch(ID_FORM))
    if spec.kind == "code":
        words = set(words_of(spec))
        add("codes", lambda s: s.isin(words))
    if spec.kind == "target":
        targets = known_targets()
        add("target", lambda s: s.isin(targets))
    if spec.kind == "area":
        areas = known_areas()
        add("area", lambda s: s.isin(areas))
    if spec.kind == "quarter":
        add("quarter", lambda s: s.str.fullmatch(QUARTER_FORM))
    if spec.kind == "date":
        add("date", lambda s: s.map(is_date))
    if spec.kind == "count":
        add("whole", lambda s: s % 1 == 0)
    if spec.kind == "flag":
        add("flag", lambda s: s.isin([0.0, 1.0]))
    low, high = ("fiscal_year", "fiscal_year") if spec.kind == "fiscal_year" else ("minimum", "maximum")
    if spec.minimum is not None:
        add(low, lambda s: (s >= spec.minimum).fillna(True).astype(bool))
    if spec.maximum is not None:
        add(high, lambda s: (s <= spec.maximum).fillna(True).astype(bool))
    return checks


def is_date(text: str) -> bool:
    """True for an ISO date within the years a programme can have."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", text) or not FIRST_DATE <= text <= LAST_DATE:
        return False
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        return False
    return True


def contract_faults(table: str, frame: pd.DataFrame) -> list[dict]:
    """Return every breach of the contract by a `typed` table, as fault rows."""
    import pandera.errors

    try:
        contract(table).validate(frame.reset_index(drop=True), lazy=True)
    except pandera.errors.SchemaErrors as error:
        return _told(table, frame, error.failure_cases)
    return []


def _told(table: str, frame: pd.DataFrame, cases: pd.DataFrame) -> list[dict]:
    specs, rows, key = {c.column: c for c in table_columns(table)}, row_numbers(frame), key_of(table)
    found, seen = [], set()
    for case in cases.to_dict("records"):
        code, at = case["check"], int(case["index"])
        # Pandera names every column of a repeated row; the fault is one, at the first column of the key.
        spec = specs[key[0]] if code == "duplicate" else specs[case["column"]]
        if (code, at, spec.column) in seen:
            continue
        seen.add((code, at, spec.column))
        found.append(_fault_of(code, table, rows, at, spec, frame, key))
    return found


def _fault_of(
    code: str, table: str, rows: list[int], at: int, spec: ColumnSpec, frame: pd.DataFrame, key: list[str]
) -> dict:
    value, more, words = frame[spec.column].iloc[at], "", ("", "")
    if code == "duplicate":
        same = (frame[key] == frame[key].iloc[at]).all(axis=1).to_numpy().nonzero()[0]
        value, more = ", ".join(map(str, frame[key].iloc[at])), rows[same[0]]
    elif code == "codes":
        words = tuple(" / ".join(pair[n] for pair in words_of(spec).values()) for n in (0, 1))
    elif code in ("minimum", "maximum"):
        more = getattr(spec, code)
    return fault(
        code, table=table, row=rows[at], spec=spec, value=value, more=more, more_th=words[0], more_en=words[1]
    )
