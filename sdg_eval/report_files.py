"""A report on disk: its tables, and beside them what is no table (`told.json`), so that its text can be made again from files alone.

The checker of claims does that: a text that is not what its tables say is found to the letter.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import asdict, fields, is_dataclass
from functools import lru_cache
from pathlib import Path
from typing import get_origin, get_type_hints

import numpy as np
import pandas as pd

from sdg_eval.delivery.tables import Delivery
from sdg_eval.errors import DataError
from sdg_eval.store import csv_bytes, parquet_bytes, write_atomic, write_json

TOLD = "told.json"


def report_tables(report) -> dict[str, pd.DataFrame]:
    """Return the tables of a report by name, in their order."""
    return {f.name: getattr(report, f.name) for f in fields(report) if isinstance(getattr(report, f.name), pd.DataFrame)}


def write_report_files(report, folder, *, synthetic: bool, **more: pd.DataFrame) -> None:
    """Write every table of a report as CSV and Parquet, each with a column that says whether anything is synthetic, and told.json.

    `more` are tables beside those of the report, or in place of them with columns added.
    """
    mixed = {}
    for name, table in (report_tables(report) | more).items():
        odd = [c for c in table.columns if table[c].dtype == object]
        if cells := {c: [_cell(value) for value in table[c]] for c in odd if not all(isinstance(value, str) for value in table[c])}:
            mixed[name] = cells
        plain = table.assign(**{c: table[c].map(_plain) for c in odd}).assign(synthetic=synthetic)
        write_atomic(Path(folder) / f"{name}.csv", csv_bytes(plain))
        write_atomic(Path(folder) / f"{name}.parquet", parquet_bytes(plain))
    write_told(folder, {f.name: getattr(report, f.name) for f in fields(report) if not isinstance(getattr(report, f.name), pd.DataFrame)}, mixed)


def write_told(folder, values: dict, mixed: dict | None = None) -> None:
    """Write what a report is beside its tables: `values` by name, and the cells of columns of mixed kinds, which a table holds as text."""
    write_json(Path(folder) / TOLD, {"values": {name: _told(value) for name, value in values.items()}, "mixed": mixed or {}})


def read_told(folder) -> dict:
    """Return what lies in told.json. Raises DataError when it cannot be read."""
    path = Path(folder) / TOLD
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read ({error}). Run `sdg-eval evaluate` again.") from error


def read_tables(folder, names: Iterable[str], mixed: dict | None = None) -> dict[str, pd.DataFrame]:
    """Return tables by name as they were before they were written. Raises DataError when one cannot be read."""
    tables = {}
    for name in names:
        table = blanks_apart(read_table(Path(folder) / f"{name}.parquet"))
        held = {c: pd.Series([_value(cell) for cell in cells], dtype=object) for c, cells in (mixed or {}).get(name, {}).items()}
        tables[name] = table.assign(**held) if held else table
    return tables


def read_table(path: Path) -> pd.DataFrame:
    """Return a table from its Parquet file, which is not to be changed in place. Raises DataError when it cannot be read."""
    try:
        return _read_table(path, path.stat().st_mtime_ns)
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read ({error}). Run `sdg-eval evaluate` again.") from error


@lru_cache(maxsize=64)
def _read_table(path: Path, changed: int) -> pd.DataFrame:
    from pyarrow.parquet import ParquetFile

    # what pandas does, without its threads and file systems: a report is dozens of small files
    return ParquetFile(path).read(use_threads=False).to_pandas(use_threads=False)


def blanks_apart(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table that was read from Parquet with its blanks as NaN: among flags they come back as None, and None equals itself."""
    mixed = [c for c, kind in table.dtypes.items() if pd.api.types.is_object_dtype(kind)]
    return table.assign(**{c: table[c].where(table[c].notna(), np.nan) for c in mixed}) if mixed else table


def read_report(kind: type, folder):
    """Return the report of a class that `write_report_files` wrote to a folder. Raises DataError when a file of it cannot be read."""
    hints, told = get_type_hints(kind), read_told(folder)
    tables = read_tables(folder, [name for name, hint in hints.items() if hint is pd.DataFrame], told["mixed"])
    return kind(**tables, **{name: _again(hints[name], value) for name, value in told["values"].items()})


def _told(value):
    """A value as JSON holds it; of delivery tables only what texts say of them: where their rows come from."""
    if isinstance(value, Delivery):
        return sorted({source for frame in value.tables.values() if "source" in frame for source in frame["source"] if source})
    if is_dataclass(value):
        return asdict(value)
    return value.item() if isinstance(value, np.generic) else value


def _again(hint, value):
    if hint is Delivery:
        return Delivery({"sources": pd.DataFrame({"source": value}, dtype="str")})
    if is_dataclass(hint):
        kinds = get_type_hints(hint)
        return hint(**{name: _again(kinds[name], part) for name, part in value.items()})
    return tuple(value) if get_origin(hint) is tuple else value


def _plain(cell) -> str:
    """A cell of a column of mixed kinds as text; a blank stays one."""
    if cell is None or cell is pd.NaT or cell != cell:
        return ""
    return f"{cell:%Y-%m-%d}" if isinstance(cell, (dt.date, pd.Timestamp)) else str(cell)


def _cell(value):
    """A cell of a column of mixed kinds as JSON holds it."""
    if value is None or value is pd.NaT or (not isinstance(value, (list, tuple, dict, set)) and value != value):
        return None
    if isinstance(value, (dt.date, pd.Timestamp)):
        return {"day": pd.Timestamp(value).isoformat()}
    if isinstance(value, (tuple, list)):
        return {"list": list(value)}
    return value.item() if isinstance(value, np.generic) else value


def _value(cell):
    if isinstance(cell, dict):
        return pd.Timestamp(cell["day"]) if "day" in cell else tuple(cell["list"])
    return np.nan if cell is None else cell


def records(table: pd.DataFrame) -> list[dict]:
    """Return the rows of a table as dicts: `to_dict("records")`, which reads columns of text a letter at a time, in a fifth of the time."""
    columns = [table[name].to_numpy(dtype=object).tolist() for name in table]
    return [dict(zip(table.columns, row, strict=True)) for row in zip(*columns, strict=True)]
