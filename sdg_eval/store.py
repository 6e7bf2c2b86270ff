"""Observations on disk: Parquet files that are only ever added, complete or absent, never half.

A file is named by its vintage and by the hash of what it holds, so the same data taken in twice is
one file, and what was evaluated can be proved later by one hash.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from sdg_eval.concepts import COLUMNS, KEY, MEASURES, NUMERIC
from sdg_eval.errors import DataError, WriteError
from sdg_eval.grid import column_letter, read_bytes
from sdg_eval.observations import observation_table, select_latest, validate_observations

FOLDER = "observations"
BOUNDARIES = "boundaries.geojson"
SDMX_DATAFLOW = "SDG_EVAL:DF_PROVINCES(1.0)"


@dataclass(frozen=True)
class StoreResult:
    """What a write did: the file, its number of rows, and whether it was new."""

    path: Path
    n_rows: int
    is_new: bool


def write_atomic(path, content: bytes) -> None:
    """Write `content` so that `path` holds all of it or what it held before.

    Temporary name in the same folder, flushed to disk, then renamed. Raises WriteError when the
    disk refuses.
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".tmp")
    except OSError as error:
        raise _refused(path, error) from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)  # mkstemp's 0600 would hide a shared report from its readers
        os.replace(temporary, path)
        _sync_folder(path.parent)
    except OSError as error:
        Path(temporary).unlink(missing_ok=True)
        raise _refused(path, error) from error
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":  # without it a power cut can lose the new name
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _refused(path: Path, error: OSError) -> WriteError:
    return WriteError(f"{path}: cannot be written ({error.strerror or error}). Make room, or give another folder.")


def write_text(path, text: str) -> None:
    """Write UTF-8 text atomically."""
    write_atomic(path, text.encode("utf-8"))


def write_json(path, value) -> None:
    """Write JSON atomically, readable and in a fixed order."""
    write_text(path, json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False) + "\n")


def csv_bytes(table: pd.DataFrame) -> bytes:
    """Return a table as UTF-8 CSV with a fixed number format: same table, same bytes."""
    return table.to_csv(index=False, lineterminator="\n", float_format="%.10g").encode("utf-8")


def write_table(table: pd.DataFrame, path) -> None:
    """Write a table of results as CSV, complete or not at all."""
    write_atomic(path, csv_bytes(table))


def parquet_bytes(table: pd.DataFrame) -> bytes:
    """Return a table as Parquet bytes."""
    return table.to_parquet(index=False, compression="zstd")


def data_hash(table: pd.DataFrame) -> str:
    """Return sha256 of the observations' content, whatever their order and vintage."""
    content = table[[c for c in COLUMNS if c != "vintage"]].sort_values([*KEY, "OBS_VALUE", "source_id"], kind="stable")
    return hashlib.sha256(csv_bytes(content)).hexdigest()


def write_observations(table: pd.DataFrame, store, *, vintage: str | None = None) -> StoreResult:
    """Add observations to the store; content that is already there adds nothing.

    Parameters
    ----------
    table
        An observation table; validated here, so nothing broken is ever stored.
    vintage
        UTC time of taking in, ISO 8601; default now. All rows get it.

    Raises
    ------
    DataError
        When the table breaks its contract.
    WriteError
        When the disk refuses.
    """
    table = validate_observations(observation_table(table))
    digest = data_hash(table)[:12]
    folder = Path(store) / FOLDER
    if known := sorted(folder.glob(f"*-{digest}.parquet")):
        return StoreResult(known[0], len(table), False)
    vintage = vintage or dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    path = folder / f"{vintage.replace(':', '').replace('-', '').replace('.', '')}-{digest}.parquet"
    write_atomic(path, parquet_bytes(table.assign(vintage=vintage)))
    return StoreResult(path, len(table), True)


def stored_files(store) -> list[Path]:
    """Return the observation files of a store, oldest first. Raises DataError when it is no store."""
    folder = Path(store) / FOLDER
    if not folder.is_dir():
        raise DataError(f"{store}: holds no observations. Run `sdg-eval import` with files first, or check the path.")
    return sorted(p for p in folder.glob("*.parquet") if not p.name.startswith("."))


def read_vintages(store) -> pd.DataFrame:
    """Return everything the store holds, all vintages, as an observation table."""
    parts = []
    for path in stored_files(store):
        try:
            parts.append(pd.read_parquet(path))
        except Exception as error:  # pyarrow has an exception for every way a file can be damaged
            raise DataError(f"{path}: damaged ({type(error).__name__}). Delete it and import its files again.") from error
    return observation_table(pd.concat(parts, ignore_index=True) if parts else [])


def read_observations(path) -> pd.DataFrame:
    """Return the latest value per key from a store folder, a Parquet file or a CSV of observations.

    Raises DataError when it does not exist or is none of these.
    """
    path = Path(path)
    if path.is_dir():
        return select_latest(read_vintages(path))
    if not path.exists():
        raise DataError(f"{path}: there are no observations here. Give a store folder, a Parquet or a CSV file.")
    try:
        table = pd.read_parquet(path) if path.suffix == ".parquet" else _read_csv(path)
    except (ValueError, OSError) as error:
        raise DataError(f"{path}: not readable as observations ({error}). Give the file that was exported.") from error
    return select_latest(validate_observations(observation_table(table), where=path.name))


def _read_csv(path: Path) -> pd.DataFrame:
    content, file_id = read_bytes(path)
    table = pd.read_csv(io.BytesIO(content), dtype="str", keep_default_na=False, encoding="utf-8-sig")
    for column in NUMERIC:
        if column in table:
            table[column] = pd.to_numeric(table[column].replace("", None))
    if "source_file" not in table:  # a table written by hand: its own cells are the source
        table = table.assign(source_file=path.name, source_id=file_id, source_row=table.index + 2)
        if "OBS_VALUE" in table:
            table["source_column"] = column_letter(list(table.columns).index("OBS_VALUE") + 1)
    return table


def store_status(table: pd.DataFrame) -> pd.DataFrame:
    """Return per SERIES and FREQ: provinces, first and last period, values, flagged, vintages, sources."""
    groups = table.groupby(["SERIES", "FREQ"], sort=True)
    return pd.DataFrame(
        {
            "provinces": groups["REF_AREA"].nunique(),
            "first_period": groups["TIME_PERIOD"].min(),
            "last_period": groups["TIME_PERIOD"].max(),
            "periods": groups["TIME_PERIOD"].nunique(),
            "values": groups.size(),
            "flagged": groups["flags"].agg(lambda f: int((f != "").sum())),
            "vintages": groups["vintage"].nunique(),
            "source": groups["source"].agg(lambda s: "; ".join(sorted(set(s)))),
        }
    ).reset_index()


def write_sdmx_csv(table: pd.DataFrame, path) -> None:
    """Write observations as SDMX-CSV 2.0 (STRUCTURE columns first; our provenance columns last)."""
    lead = pd.DataFrame({"STRUCTURE": "dataflow", "STRUCTURE_ID": SDMX_DATAFLOW, "ACTION": "I"}, index=table.index)
    order = [*KEY, *MEASURES, *[c for c in COLUMNS if c not in KEY and c not in MEASURES]]
    write_atomic(path, csv_bytes(pd.concat([lead, table[order].sort_values(KEY, kind="stable")], axis=1)))
