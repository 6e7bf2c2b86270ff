"""Observations on disk: Parquet files that are only ever added, complete or absent, never half.

A load is a Parquet file, the raw files it was read from, and an entry of the ledger that names both by
their hash; only with the entry is it there. Reading goes through DuckDB over the Parquet files, never
through a database file: many readers never wait, and two writers take turns.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import errno
import hashlib
import io
import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from sdg_eval.concepts import COLUMNS, KEY, MEASURES, NUMERIC, OFFICER_SOURCE
from sdg_eval.errors import DataError, UsageError, WriteError
from sdg_eval.grid import column_letter, read_bytes
from sdg_eval.ledger import (
    LEDGER,
    append_entry,
    ensure_head,
    entry_paths,
    read_entries,
    sha256,
    write_head,
    writer_lock,
)
from sdg_eval.observations import observation_table, select_latest, validate_observations

FOLDER, RAW = "observations", "raw"
BOUNDARIES = "boundaries.geojson"
SDMX_DATAFLOW = "SDG_EVAL:DF_PROVINCES(1.0)"


@dataclass(frozen=True)
class StoreResult:
    """What a write did: the file, the rows it added, whether it added any, and the rows that were there already."""

    path: Path
    n_rows: int
    is_new: bool
    n_known: int = 0


def write_atomic(path, content: bytes, *, mode: int = 0o644, flush: bool = True) -> None:
    """Write `content` so that `path` holds all of it or what it held before.

    Temporary name in the same folder, flushed to disk, then renamed. Raises WriteError when the
    disk refuses. `mode` 0o600 keeps the file from everyone but its owner, from the first byte on.
    Without `flush` a power cut may lose the file: for one of many in a folder that is flushed as a whole.
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".tmp")
    except OSError as error:
        raise _refused(path, error, len(content)) from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            if flush:
                os.fsync(file.fileno())
        os.chmod(temporary, mode)  # mkstemp's 0600 would hide a shared report from its readers
        os.replace(temporary, path)
        if flush:
            _sync_folder(path.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            Path(temporary).unlink(missing_ok=True)
        raise _refused(path, error, len(content)) from error
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


def _refused(path: Path, error: OSError, needed: int = 0) -> WriteError:
    room = ""
    if error.errno == errno.ENOSPC:
        with contextlib.suppress(OSError):
            room = f" {shutil.disk_usage(path.parent).free / 1e6:,.1f} MB are free, {needed / 1e6:,.1f} MB are needed."
    return WriteError(f"{path}: cannot be written ({error.strerror or error}).{room} Make room, or give another folder.")


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


def write_observations(
    table: pd.DataFrame, store, *, vintage: str | None = None, raw=(), kind: str = "import", declared: dict | None = None
) -> StoreResult:
    """Add observations to the store as one load, all of it or nothing; what is there already adds nothing.

    A row is there already when the newest vintage of its key from its source says the same. A raw file
    that was taken in before with the same declarations adds nothing at all, so an old file that
    arrives again after its correction does not bring the old figures back.

    Parameters
    ----------
    table
        An observation table; validated here, so nothing broken is ever stored.
    vintage
        UTC time of taking in, ISO 8601; default now. All rows get it.
    raw
        Paths of the files the rows were read from; they are kept under their hash, so that a figure can
        be traced to its cell.
    kind
        `import` (publishers' files) or `intake` (officers' files).
    declared
        What the caller declared of the files; part of the identity of the load.

    Raises
    ------
    DataError
        When the table breaks its contract.
    LockedError
        When another process has been writing for half a minute.
    WriteError
        When the disk refuses.
    """
    store = Path(store)
    table = validate_observations(observation_table(table))
    files = [(Path(p).name, Path(p).read_bytes()) for p in raw]
    with writer_lock(store):
        _begin_ledger(store)
        identity = [{"name": name, "sha256": sha256(content), "bytes": len(content)} for name, content in files]
        entries = read_entries(store)
        known = {(f["sha256"], json.dumps(e["declared"], sort_keys=True)) for e in entries for f in e["raw"]}
        mark = json.dumps(declared or {}, sort_keys=True)
        again = {f["sha256"] for f in identity if (f["sha256"], mark) in known}
        new = table[~table["source_id"].isin(again)] if again else table
        new = _unknown_rows(new, store, entries)
        if new.empty:
            last = entries[-1]["file"] if entries else ""
            return StoreResult(store / FOLDER / last, 0, False, len(table))
        vintage = _after(entries, vintage or dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"), fixed=vintage is not None)
        new = new.assign(vintage=vintage).sort_values(KEY, kind="stable", ignore_index=True)
        blob = parquet_bytes(new)
        name = f"{vintage.replace(':', '').replace('-', '').replace('.', '')}-{sha256(blob)[:12]}.parquet"
        for (_, content), about in zip(files, identity, strict=True):
            if about["sha256"] not in again and not (store / RAW / about["sha256"]).exists():
                write_atomic(store / RAW / about["sha256"], content)
        write_atomic(store / FOLDER / name, blob)
        append_entry(
            store, write_atomic, vintage=vintage, kind=kind, file=name, sha256=sha256(blob), rows=len(new),
            series=sorted(set(new["SERIES"])), areas=sorted(set(new["REF_AREA"])), declared=declared or {},
            dated=bool((new["as_of"] != "").any()),
            raw=[f for f in identity if f["sha256"] not in again],
        )  # fmt: skip
    return StoreResult(store / FOLDER / name, len(new), True, len(table) - len(new))


def _after(entries: list[dict], vintage: str, *, fixed: bool) -> str:
    """The vintage, later than every one before it: two loads within a clock's tick keep their order."""
    last = max((e["vintage"] for e in entries), default="")
    if fixed or vintage > last:
        return vintage
    moment = dt.datetime.strptime(last, "%Y-%m-%dT%H:%M:%S.%fZ") + dt.timedelta(microseconds=1)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _begin_ledger(store: Path) -> None:
    """Begin the ledger of a new store, or mend its head; enter the files of a store that is older than the ledger.

    Old files are entered all at once, by one rename: a kill in between leaves the store as it was.
    """
    if (store / LEDGER).is_dir():
        if entry_paths(store):
            ensure_head(store, write_atomic)
        return
    working = store / ".begin"
    shutil.rmtree(working, ignore_errors=True)
    for path in sorted(p for p in (store / FOLDER).glob("*.parquet") if not p.name.startswith(".")):
        table = _read_parquet(path)
        append_entry(
            working, write_atomic, vintage=table["vintage"].max(), kind="import", file=path.name, sha256=sha256(path.read_bytes()),
            rows=len(table), series=sorted(set(table["SERIES"])), areas=sorted(set(table["REF_AREA"])), declared={}, raw=[],
        )  # fmt: skip
    write_head(working, write_atomic)
    try:
        os.replace(working / LEDGER, store / LEDGER)
    except OSError as error:
        raise _refused(store / LEDGER, error) from error
    finally:
        shutil.rmtree(working, ignore_errors=True)


def _unknown_rows(table: pd.DataFrame, store: Path, entries: list[dict]) -> pd.DataFrame:
    """The rows that say something new: other than the newest vintage of their key from their source.

    Loads are asked from the newest back until every key is found, so a store of many loads costs no more
    than its last ones.
    """
    import duckdb
    import pyarrow as pa

    series, areas = set(table["SERIES"]), set(table["REF_AREA"])
    identity, said = [*KEY, "source"], [*MEASURES, "as_of"]
    asked = table[[*identity, *said]].assign(place=range(len(table)))
    keep, names = set(range(len(table))), {c: f"s.{c} = a.{c}" for c in identity}
    with duckdb.connect() as connection:
        for entry in sorted(entries, key=lambda e: e["vintage"], reverse=True):
            if asked.empty:
                break
            if not (series & set(entry["series"]) and areas & set(entry["areas"])):
                continue
            path = store / FOLDER / entry["file"]
            try:
                held = {row[0] for row in connection.execute("SELECT name FROM parquet_schema(?)", [str(path)]).fetchall()}
                equal = " AND ".join(f"s.{c} IS NOT DISTINCT FROM a.{c}" for c in said if c in held)
                connection.register("asked", pa.Table.from_pandas(asked, preserve_index=False))
                found = connection.execute(
                    f"SELECT a.place, bool_or({equal}) AS same FROM asked a JOIN read_parquet(?) s ON {' AND '.join(names.values())} GROUP BY a.place",
                    [str(path)],
                ).df()  # fmt: skip
            except duckdb.Error as error:
                raise _damaged(path, error) from error
            keep -= set(found.loc[found["same"], "place"])
            asked = asked[~asked["place"].isin(set(found["place"]))]
    return table.iloc[sorted(keep)]


def stored_files(store) -> list[Path]:
    """Return the observation files of a store, oldest first. Raises DataError when it is no store."""
    folder = Path(store) / FOLDER
    if not folder.is_dir():
        raise DataError(f"{store}: holds no observations. Run `sdg-eval import` with files first, or check the path.")
    if (Path(store) / LEDGER).is_dir():
        return [folder / entry["file"] for entry in read_entries(store)]
    return sorted(p for p in folder.glob("*.parquet") if not p.name.startswith("."))


def _damaged(path, error) -> DataError:
    return DataError(f"{path}: damaged or missing ({type(error).__name__}). Run `sdg-eval verify`, then restore a backup or import its files again.")


def _read_parquet(path: Path) -> pd.DataFrame:
    try:
        return pd.read_parquet(path)
    except Exception as error:  # pyarrow has an exception for every way a file can be damaged
        raise _damaged(path, error) from error


def read_vintages(store, moment: str | None = None) -> pd.DataFrame:
    """Return everything the store holds, all vintages (to the end of a UTC day or an instant), as an observation table."""
    parts = [_read_parquet(path) for path in stored_files(store)]
    table = observation_table(pd.concat(parts, ignore_index=True) if parts else [])
    return table if moment is None else table[table["vintage"] <= last_instant(moment)].reset_index(drop=True)


def _query(files: list[Path], *, series=None, areas=None, until: str | None = None, best: bool = False, columns=None):
    """Rows of Parquet files through DuckDB, filtered there; `best` keeps what `select_latest` would keep.

    Returns an observation table, or an Arrow table of `columns`. Only keys that occur more than once are
    ranked: a hash finds them (two keys of one hash are merely ranked in vain), so most rows are never sorted.
    """
    import duckdb

    names, order = [str(f) for f in files], f"(source <> '{OFFICER_SOURCE}') DESC, as_of DESC, vintage DESC"
    conditions, values = ["true"], []
    for column, wanted in (("SERIES", series), ("REF_AREA", areas)):
        if wanted is not None:
            conditions.append(f"{column} IN (SELECT unnest(?))")
            values.append(list(wanted))
    if until is not None:
        conditions.append("vintage <= ?")
        values.append(until)
    keys = ", ".join(KEY)
    with duckdb.connect() as connection:
        connection.execute("SET preserve_insertion_order = false; SET memory_limit = '4GB'")
        try:
            held = {row[0] for row in connection.execute("SELECT DISTINCT name FROM parquet_schema(?)", [names]).fetchall()}
            as_of = "coalesce(as_of, '')" if "as_of" in held else "''"
            asked = [*dict.fromkeys([*(columns or COLUMNS), *(KEY if best else []), *(("source", "as_of", "vintage") if best else ())])]
            shown = ", ".join(f"{as_of} AS as_of" if c == "as_of" else c for c in asked)
            source = f"FROM read_parquet(?, union_by_name = true) WHERE {' AND '.join(conditions)}"
            sql, given = f"SELECT {shown} {source}", [names, *values]
            if best:
                repeated = f"SELECT hash({keys}) AS h {source} GROUP BY h HAVING count(*) > 1"
                sql = (
                    f"WITH repeated AS MATERIALIZED ({repeated}), held AS (SELECT {shown}, hash({keys}) AS h {source}) "
                    f"SELECT * EXCLUDE (h) FROM held WHERE h NOT IN (SELECT h FROM repeated) UNION ALL "
                    f"SELECT * EXCLUDE (h) FROM (SELECT * FROM held WHERE h IN (SELECT h FROM repeated)) "
                    f"QUALIFY rank() OVER (PARTITION BY {keys} ORDER BY {order}) = 1"
                )
                given = given * 3 if sql.count("read_parquet") == 3 else given * 2
            if columns:
                return connection.sql(sql, params=given).to_arrow_table().select(list(columns))
            return observation_table(connection.execute(sql, given).df())
        except duckdb.Error as error:
            for path in files:  # say which file it is
                _read_parquet(path)
            raise _damaged(files[0].parent, error) from error


def read_latest(store, *, series=None, areas=None) -> pd.DataFrame:
    """Return the latest view of a store, as `select_latest` defines it, of some series or areas or of all."""
    return read_as_of(store, None, series=series, areas=areas)


def read_as_of(store, moment: str | None, *, series=None, areas=None) -> pd.DataFrame:
    """Return the view of a store as it was at the end of a UTC day (2024-03-31), or at an instant.

    Raises UsageError for a text that is no date, DataError when it is no store or is damaged.
    """
    files = stored_files(store)
    if not files:
        return observation_table([])
    table = _query(files, series=series, areas=areas, until=last_instant(moment), best=True)
    return table.drop_duplicates(KEY + ["OBS_VALUE"]).sort_values(KEY, kind="stable", ignore_index=True)


VIEW_COLUMNS = [*KEY, "OBS_VALUE", "OBS_STATUS", "UNIT_MEASURE", "source", "as_of", "vintage"]


def as_of_arrow(store, moment: str | None, *, columns=tuple(VIEW_COLUMNS)):
    """Return the whole view as an Arrow table of `columns`, in no order, for work over millions of rows."""
    return _query(stored_files(store), until=last_instant(moment), best=True, columns=list(columns))


def last_instant(moment: str | None) -> str | None:
    """Return the last vintage that counts at a moment: the end of a UTC day, or the instant itself; None for no limit.

    Raises UsageError for a text that is no date.
    """
    if moment is None:
        return None
    try:
        parsed = dt.datetime.fromisoformat(moment.replace("Z", "+00:00"))
    except ValueError:
        raise UsageError(f"{moment!r} is no date. Write 2024-03-31, or an instant such as 2024-03-31T12:00:00Z.") from None
    if len(moment) <= 10:
        return f"{moment}T23:59:59.999999Z"
    utc = parsed.astimezone(dt.UTC) if parsed.tzinfo else parsed
    return utc.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


REVISION_COLUMNS = ["vintage", "OBS_VALUE", "change", "source", "source_file", "source_sheet", "source_row", "source_column", "as_of"]


def revisions(store, series: str, *, area: str | None = None) -> pd.DataFrame:
    """Return every vintage of a series' values, oldest first within a key, with the change from the vintage before."""
    files = stored_files(store)
    table = _query(files, series=[series], areas=None if area is None else [area]) if files else observation_table([])
    table = table.sort_values([*KEY, "vintage"], kind="stable", ignore_index=True)
    return table.assign(change=table.groupby(KEY)["OBS_VALUE"].diff())[[*KEY, *REVISION_COLUMNS]]


def read_dated(store, series) -> pd.DataFrame:
    """Return every stored row of some series from files that say of which date their figures are."""
    store = Path(store)
    if not (store / LEDGER).is_dir():
        return observation_table([])
    files = [store / FOLDER / e["file"] for e in read_entries(store) if e.get("dated") and set(series) & set(e["series"])]
    table = _query(files, series=sorted(series)) if files else observation_table([])
    return table[table["as_of"] != ""]


def raw_path(store, source_id: str) -> Path | None:
    """Return where the raw file of a hash is kept, or None where it is not."""
    path = Path(store) / RAW / source_id
    return path if source_id and path.is_file() else None


def read_observations(path) -> pd.DataFrame:
    """Return the latest value per key from a store folder, a Parquet file or a CSV of observations.

    Raises DataError when it does not exist or is none of these.
    """
    path = Path(path)
    if path.is_dir():
        return read_latest(path)
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


def sdmx_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return observations with the columns of SDMX-CSV 2.0: STRUCTURE, STRUCTURE_ID, ACTION, then ours; our provenance columns last."""
    lead = pd.DataFrame({"STRUCTURE": "dataflow", "STRUCTURE_ID": SDMX_DATAFLOW, "ACTION": "I"}, index=table.index)
    order = [*KEY, *MEASURES, *[c for c in COLUMNS if c not in KEY and c not in MEASURES]]
    return pd.concat([lead, table[order]], axis=1).sort_values(KEY, kind="stable")


def sdmx_csv_bytes(table: pd.DataFrame) -> bytes:
    """Return observations as SDMX-CSV 2.0 (`sdmx_table`)."""
    return csv_bytes(sdmx_table(table))


def write_sdmx_csv(table: pd.DataFrame, path) -> None:
    """Write observations as SDMX-CSV 2.0."""
    write_atomic(path, sdmx_csv_bytes(table))
