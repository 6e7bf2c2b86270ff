"""The columns of the delivery tables, read from the codelists: kind, key, references, words, limits, remedies.

One row of delivery_columns.csv describes one column; the contract, the workbooks for officers and the
documentation all come from it, so that they cannot disagree.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from sdg_eval.codelists import default_folder
from sdg_eval.errors import DataError, UsageError

KINDS = (
    "id",
    "text",
    "code",
    "area",
    "target",
    "quarter",
    "fiscal_year",
    "date",
    "number",
    "count",
    "share",
    "money",
    "flag",
)
NUMBERS = ("number", "count", "share", "money", "flag")
"""Kinds kept as numbers (float, blank is NaN); a flag is 1 or 0."""
COUNTRY = "TH"
"""REF_AREA of rows of the whole country."""
N_NETWORKS = 7
"""The action plan names seven partner networks, no more and no fewer."""
VNR_COUNT = 37
"""Projects and activities of the ministry presented in the VNR (press release 293/2566)."""


class ColumnSpec(NamedTuple):
    """One column of a delivery table, as delivery_columns.csv says it."""

    table: str
    column: str
    kind: str
    required: bool
    key: bool
    refers: tuple[str, ...]
    codes: str
    minimum: float | None
    maximum: float | None
    unit: str
    label_th: str
    label_en: str
    remedy_th: str
    remedy_en: str


class TableSpec(NamedTuple):
    """One delivery table, as delivery_tables.csv says it; `set` is the workbook in which officers send it."""

    table: str
    set: str
    name_th: str
    name_en: str
    purpose_th: str
    purpose_en: str
    restricted: bool


def read_list(name: str) -> pd.DataFrame:
    """Return a codelist file of the delivery tables as text. Raises DataError when it cannot be read."""
    return _read(default_folder(), name).copy()


@lru_cache
def _read(folder: Path, name: str) -> pd.DataFrame:
    path = folder / f"{name}.csv"
    try:
        return pd.read_csv(path, dtype="str", keep_default_na=False, encoding="utf-8-sig").fillna("")
    except (OSError, ValueError) as error:
        raise DataError(
            f"{path}: the codelist cannot be read ({error}). Restore it, saved as UTF-8 CSV with commas."
        ) from error


def delivery_tables() -> dict[str, TableSpec]:
    """Return every delivery table by its name, in the order of the file."""
    return _tables(default_folder())


@lru_cache
def _tables(folder: Path) -> dict[str, TableSpec]:
    rows = _read(folder, "delivery_tables").to_dict("records")
    return {r["table"]: TableSpec(**(r | {"restricted": r["restricted"] == "1"})) for r in rows}


def table_columns(table: str) -> list[ColumnSpec]:
    """Return the columns of a table, in order. Raises UsageError for a table that is none."""
    try:
        return _columns(default_folder())[table]
    except KeyError:
        raise UsageError(
            f"{table!r} is no delivery table. Known are {', '.join(delivery_tables())}."
        ) from None


@lru_cache
def _columns(folder: Path) -> dict[str, list[ColumnSpec]]:
    known = _tables(folder)
    columns: dict[str, list[ColumnSpec]] = {name: [] for name in known}
    for line, row in enumerate(_read(folder, "delivery_columns").to_dict("records"), 2):
        if row["table"] not in columns or row["kind"] not in KINDS:
            raise DataError(
                f"delivery_columns.csv, row {line}: the table {row['table']!r} or the kind {row['kind']!r} is not known."
            )
        row |= {c: row[c] == "1" for c in ("required", "key")} | {
            c: float(row[c]) if row[c] else None for c in ("minimum", "maximum")
        }
        columns[row["table"]].append(
            ColumnSpec(**(row | {"refers": tuple(filter(None, row["refers"].split("|")))}))
        )
    return columns


def key_of(table: str) -> list[str]:
    """Return the names of a table's key columns."""
    return [c.column for c in table_columns(table) if c.key]


def words_of(spec: ColumnSpec) -> dict[str, tuple[str, str]]:
    """Return the codes of a code column with their Thai and English words, in order."""
    return dict(_words(default_folder(), spec.table, spec.column, spec.codes))


LISTS = {"networks": "network_id", "steps": "step_no", "groups": "group", "goals": "goal"}
"""Codelists of their own, with the column that holds the code."""


@lru_cache
def _words(folder: Path, table: str, column: str, codes: str) -> dict[str, tuple[str, str]]:
    if codes in LISTS:
        rows = _read(folder, codes)
        rows = rows[rows[LISTS[codes]] != "0"]  # the row of cross-cutting series is no goal
        return {r[LISTS[codes]]: (r["name_th"], r["name_en"]) for r in rows.to_dict("records")}
    rows = _read(folder, "delivery_codes")
    rows = rows[rows["list"].isin([f"{table}.{column}", column])]
    named = {r["code"]: (r["name_th"], r["name_en"]) for r in rows.to_dict("records")}
    if missing := [c for c in codes.split(";") if c not in named]:
        raise DataError(
            f"delivery_codes.csv: no words for {', '.join(missing)} of {table}.{column}. Add a row for each."
        )
    return {c: named[c] for c in codes.split(";")}


@lru_cache
def _targets(folder: Path) -> frozenset[str]:
    return frozenset(_read(folder, "targets_un")["target"])


@lru_cache
def _areas(folder: Path) -> frozenset[str]:
    return frozenset(_read(folder, "areas")["REF_AREA"]) | {COUNTRY}


def known_targets() -> frozenset[str]:
    """Return the codes of the UN targets."""
    return _targets(default_folder())


def known_areas() -> frozenset[str]:
    """Return the REF_AREA codes of the provinces and of the country."""
    return _areas(default_folder())


def networks() -> pd.DataFrame:
    """Return the partner networks, exactly seven. Raises DataError for another number."""
    table = read_list("networks")
    if len(table) != N_NETWORKS or table["network_id"].nunique() != N_NETWORKS:
        raise DataError(
            f"networks.csv: {len(table)} networks, but the action plan names exactly {N_NETWORKS}. Restore the file."
        )
    return table


def steps() -> pd.DataFrame:
    """Return the four steps of the action plan."""
    return read_list("steps")


def groups() -> pd.DataFrame:
    """Return the groups of people that are counted, with the family (sex, age, other) each belongs to."""
    return read_list("groups")
