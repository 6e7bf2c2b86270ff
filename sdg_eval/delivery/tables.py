"""The delivery tables in hand: read, typed and held against their contract.

A `Delivery` has every table of delivery_tables.csv; one that nobody has sent is empty, with its columns.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import pandas as pd

from sdg_eval.delivery.columns import delivery_tables, key_of, read_list
from sdg_eval.delivery.contract import PROVENANCE, contract, contract_faults, typed
from sdg_eval.delivery.faults import fault_table
from sdg_eval.delivery.rules import money_faults, row_faults, table_faults, vnr_complete
from sdg_eval.errors import DataError, UsageError

__all__ = [
    "PROVENANCE",
    "REGISTER_SOURCE",
    "SYNTHETIC",
    "Delivery",
    "contract",
    "empty_table",
    "read_delivery",
    "validate_delivery",
    "validate_table",
    "vnr_complete",
    "with_registers",
]

SYNTHETIC = "synthetic"
"""Source of rows that were made up to try the system."""


@dataclass(frozen=True, eq=False)
class Delivery:
    """The delivery tables by name; `delivery.project` is the table `project`, empty where there is none.

    Text columns are str with "" for a blank, dates are ISO text, numbers, money, counts, shares and flags
    are float with NaN for a blank, years (`fiscal_year`, `vnr_year`, `year`) are Int64 of the Buddhist Era.
    `only` names the tables that are at hand where a batch gave a run a part of them; another one is not empty but unknown, and
    asking for it raises DataError.
    """

    tables: dict[str, pd.DataFrame] = field(repr=False)
    only: frozenset[str] | None = None

    def __getattr__(self, name: str) -> pd.DataFrame:
        if name.startswith("_") or name in ("tables", "only") or name not in delivery_tables():
            raise AttributeError(name)
        if self.only is not None and name not in self.only:
            raise DataError(f"The table {name} is not among those that this run was given. Add it to DELIVERY_TABLES in sdg_eval/batch/slices.py.")
        return self.tables[name] if name in self.tables else empty_table(name)

    @property
    def synthetic(self) -> bool:
        """True when any row of any table was made up."""
        return any(
            (frame["source"] == SYNTHETIC).any() for frame in self.tables.values() if "source" in frame
        )


def empty_table(table: str) -> pd.DataFrame:
    """Return a delivery table without rows, with the columns and types of its contract."""
    return typed(table, pd.DataFrame())[0]


def read_delivery(folder, as_of: str | None = None) -> Delivery:
    """Return the delivery tables of a store (its latest view, or that of a UTC day), or of a folder of CSV files; absent ones are empty.

    Raises DataError when the folder or a file cannot be read, or a cell has not the type of its column; UsageError when files
    that know no history are asked for the view of a day.
    """
    from sdg_eval.delivery.archive import FOLDER, read_stored_delivery

    folder = Path(folder)
    if (folder / FOLDER).is_dir():
        return read_stored_delivery(folder, as_of)
    if as_of:
        raise UsageError(f"{folder}: files of delivery tables do not know what was known on {as_of}. Give the store that took the workbooks in.")
    if not folder.is_dir():
        raise DataError(f"{folder}: no folder of delivery tables. Give a store, or a folder that holds project.csv and the others.")
    only = _only(folder)
    return Delivery({name: _read_csv(name, folder / f"{name}.csv") for name in delivery_tables() if only is None or name in only}, only)


ONLY = "tables.json"
"""In a folder that holds a part of the tables: their names."""


def _only(folder: Path) -> frozenset[str] | None:
    try:
        return frozenset(json.loads((folder / ONLY).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise DataError(f"{folder / ONLY}: cannot be read ({error}). Run `sdg-eval evaluate` again.") from error


def _read_csv(table: str, path: Path) -> pd.DataFrame:
    if not path.exists():
        return empty_table(table)
    try:
        raw = pd.read_csv(path, dtype="str", keep_default_na=False, encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read ({error}). Save it as UTF-8 CSV with commas.") from error
    frame, faults = typed(table, raw)
    if faults:
        first = faults[0]
        raise DataError(
            f"{path}, row {first['row']}, column {first['column']}: {first['reason_en']}. {first['remedy_en']}"
        )
    return frame


def validate_table(
    name: str, frame: pd.DataFrame, delivery: Delivery | None = None, *, entering: bool = False
) -> pd.DataFrame:
    """Return every fault of one table, one row each: table, row, column, value, reasons and remedies; empty when it is sound.

    Parameters
    ----------
    frame
        The table, as text or already `typed`. Rows are named by `source_row` where it is known, else by the line of the CSV file.
    delivery
        The tables that this one may refer to; without it references to other tables are not checked.
    entering
        The table is on its way in: amounts that can only be of another unit are faults too.
    """
    clean, faults = typed(name, frame)
    if any(f["code"] == "column_missing" for f in faults):
        return fault_table(faults)
    unread = {(f["row"], f["column"]) for f in faults}
    more = (
        contract_faults(name, clean)
        + row_faults(name, clean)
        + (money_faults(name, clean) if entering else [])
    )
    if delivery is not None:
        more += table_faults(name, clean, partial(getattr, delivery))
    return fault_table(faults + [f for f in more if (f["row"], f["column"]) not in unread])


def validate_delivery(delivery: Delivery, *, entering: bool = False) -> pd.DataFrame:
    """Return every fault of every table of a delivery, held against each other and against the central registers."""
    known = with_registers(delivery)
    parts = [
        validate_table(name, frame, known, entering=entering)
        for name, frame in delivery.tables.items()
        if len(frame)
    ]
    return pd.concat(parts, ignore_index=True) if parts else fault_table([])


REGISTERS = {
    "agency": "moi_agencies",
    "partner": "partners",
    "agreement": "agreements",
    "network": "networks",
}
"""Delivery tables that begin with rows of a codelist."""
REGISTER_SOURCE = "register"


def with_registers(delivery: Delivery) -> Delivery:
    """Return the delivery with the rows of the central registers that it does not give itself."""
    tables = dict(delivery.tables)
    for name, codelist in REGISTERS.items():
        own = tables.get(name, empty_table(name))
        central = typed(name, read_list(codelist).assign(source=REGISTER_SOURCE))[0]
        key = key_of(name)[0]
        tables[name] = pd.concat([central[~central[key].isin(own[key])], own], ignore_index=True)
    return replace(delivery, tables=tables)
