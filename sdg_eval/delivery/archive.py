"""Delivery tables in the store: every accepted load is a folder that is only ever added, the newest row of a key counts.

A load is there when its folder stands under its final name, with its tables, the workbooks they were read
from, and the hash of each; a load that was killed left a folder with a dot and is passed over.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from sdg_eval.delivery.columns import delivery_tables, key_of
from sdg_eval.delivery.contract import typed
from sdg_eval.delivery.tables import Delivery, empty_table, with_registers
from sdg_eval.errors import DataError, WriteError
from sdg_eval.ledger import sha256, writer_lock
from sdg_eval.store import last_instant, parquet_bytes, write_atomic, write_json

FOLDER, ENTRY, RAW = "delivery", "load.json", "raw"
WHOLE = {
    "project_target": "project_id", "project_agency": "project_id", "project_partner": "project_id",
    "participation_group": "event_id", "responsibility": "agency_id",
}  # fmt: skip
"""Tables that say a whole by several rows: a newer load replaces all rows of its project, event or agency."""


@dataclass(frozen=True)
class DeliveryLoad:
    """What a write did: the load's folder, the rows it added, and whether it added any."""

    path: Path
    n_rows: int
    is_new: bool


def stored_loads(store) -> list[Path]:
    """Return the folders of the accepted loads, oldest first."""
    folder = Path(store) / FOLDER
    return (
        sorted(p for p in folder.glob("*") if not p.name.startswith(".") and (p / ENTRY).is_file())
        if folder.is_dir()
        else []
    )


def _entry(load: Path) -> dict:
    try:
        return json.loads((load / ENTRY).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _damaged(load / ENTRY) from error


def _damaged(path: Path) -> DataError:
    return DataError(
        f"{path}: damaged or missing. Restore a backup of the store, or take its workbook in again."
    )


def known_files(store) -> set[str]:
    """Return the sha256 of every workbook that was taken in."""
    return {file["sha256"] for load in stored_loads(store) for file in _entry(load)["raw"]}


def write_delivery_load(
    tables: dict[str, pd.DataFrame], store, *, raw=(), vintage: str | None = None
) -> DeliveryLoad:
    """Add tables to the store as one load, all of it or nothing.

    Parameters
    ----------
    tables
        Accepted tables by name; they are not validated again.
    raw
        Paths of the workbooks they were read from, kept beside them under their hash. When all of them were
        taken in before, nothing is added, so an old file that comes again does not undo its correction.
    vintage
        UTC time of taking in, ISO 8601; default now, and always later than the loads before.

    Raises
    ------
    LockedError
        When another process has been writing for half a minute.
    WriteError
        When the disk refuses.
    """
    files = [(Path(p).name, Path(p).read_bytes()) for p in raw]
    with writer_lock(store):
        loads = stored_loads(store)
        if files and {sha256(content) for _, content in files} <= known_files(store):
            return DeliveryLoad(loads[-1], 0, False)
        vintage = vintage or _later(loads)
        parts = {
            name: parquet_bytes(frame.reset_index(drop=True)) for name, frame in tables.items() if len(frame)
        }
        digest = sha256(b"".join(sha256(blob).encode() for blob in parts.values()))[:12]
        name = f"{vintage.replace(':', '').replace('-', '').replace('.', '')}-{digest}"
        working, final = Path(store) / FOLDER / f".{name}", Path(store) / FOLDER / name
        shutil.rmtree(working, ignore_errors=True)
        for _, content in files:
            write_atomic(working / RAW / sha256(content), content)
        for table, blob in parts.items():
            write_atomic(working / f"{table}.parquet", blob)
        write_json(working / ENTRY, {
            "vintage": vintage, "tables": {t: {"sha256": sha256(b), "rows": len(tables[t])} for t, b in parts.items()},
            "raw": [{"name": file, "sha256": sha256(content)} for file, content in files],
        })  # fmt: skip
        try:
            os.replace(working, final)
        except OSError as error:
            raise WriteError(
                f"{final}: cannot be written ({error.strerror}). Make room, or give another folder."
            ) from error
    return DeliveryLoad(final, sum(len(tables[t]) for t in parts), True)


def _later(loads: list[Path]) -> str:
    """The time now, or a little after the newest load where the clock has not moved."""
    form, now = "%Y-%m-%dT%H:%M:%S.%fZ", dt.datetime.now(dt.UTC).replace(tzinfo=None)
    last = dt.datetime.strptime(_entry(loads[-1])["vintage"], form) if loads else dt.datetime.min
    return max(now, last + dt.timedelta(microseconds=1)).strftime(form)


def read_load(load: Path) -> dict[str, pd.DataFrame]:
    """Return the tables of one load. Raises DataError when a file is not what was written."""
    tables = {}
    for name, about in _entry(load)["tables"].items():
        path = load / f"{name}.parquet"
        try:
            blob = path.read_bytes()
        except OSError as error:
            raise _damaged(path) from error
        if sha256(blob) != about["sha256"]:
            raise _damaged(path)
        tables[name] = typed(name, pd.read_parquet(io.BytesIO(blob)))[0]
    return tables


def read_stored_delivery(store, moment: str | None = None) -> Delivery:
    """Return the latest view of a store's delivery tables, with the central registers; empty where nothing was taken in.

    With `moment` (a UTC day or an instant) the view is that of its end: later loads count for nothing.
    """
    until = last_instant(moment)
    loads = [load for load in stored_loads(store) if until is None or _entry(load)["vintage"] <= until]
    return with_registers(latest_view(read_load(load) for load in loads))


def latest_view(loads) -> Delivery:
    """Return the newest row of each key over loads, oldest first; what a newer load says of a whole replaces it."""
    parts: dict[str, list[pd.DataFrame]] = {name: [] for name in delivery_tables()}
    for number, tables in enumerate(loads):
        for name, frame in tables.items():
            parts[name].append(frame.assign(_load=number))
    return Delivery({name: _newest(name, frames) for name, frames in parts.items()})


def _newest(table: str, frames: list[pd.DataFrame]) -> pd.DataFrame:
    if not frames:
        return empty_table(table)
    rows = pd.concat(frames, ignore_index=True)
    if whole := WHOLE.get(table):
        rows = rows[rows["_load"] == rows.groupby(whole)["_load"].transform("max")]
    return rows.drop(columns="_load").drop_duplicates(key_of(table), keep="last").reset_index(drop=True)
