"""Is the store what it was? Every byte against the ledger; and copies that can be proved equal."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from sdg_eval.errors import DataError, WriteError
from sdg_eval.ledger import HEAD, LEDGER, chain_faults, entry_paths, read_entries, sha256, write_head
from sdg_eval.store import FOLDER, RAW, write_atomic

MANIFEST = "manifest.json"
DELIVERY, ENTRY = "delivery", "load.json"
"""Folder of the delivery tables in a store, and the file of a load that names its own files by their hash."""
REMEDY = (
    "กู้คืนจากสำเนาสำรองด้วย sdg-eval restore หรือนำเข้าไฟล์ต้นทางใหม่ในคลังใหม่",
    "Restore a backup with sdg-eval restore, or take the files in again into a new store.",
)


@dataclass(frozen=True)
class StoreFault:
    """One thing that is not as it was written; a `leftover` of a killed load is told and is no fault."""

    path: str
    what: str
    kind: str = "fault"
    remedy_th: str = REMEDY[0]
    remedy_en: str = REMEDY[1]


def verify(store) -> list[StoreFault]:
    """Return everything in a store that is not as the ledger says; [] for a sound one.

    Reads every column of every Parquet file, compares sha256 and row counts, every raw file, and the
    chain of the ledger itself. Raises DataError when the folder is no store.
    """
    store = Path(store)
    if not (store / LEDGER).is_dir():
        if (store / FOLDER).is_dir() and any((store / FOLDER).glob("*.parquet")) and not (store / RAW).exists():
            return [StoreFault(str(store / LEDGER), "this store was written before there was a ledger: nothing to compare with")]
        if (store / DELIVERY).is_dir() and not (store / FOLDER).is_dir():
            return _delivery_faults(store)
        if (store / FOLDER).is_dir() or (store / RAW).is_dir():
            return [StoreFault(str(store / LEDGER), "the ledger is missing")]
        raise DataError(f"{store}: is no store. Check the path.")
    faults = [StoreFault(str(path), what) for path, what in chain_faults(store)]
    named, raws = set(), set()
    for path in entry_paths(store):
        try:
            entry = json.loads(path.read_bytes())
            data, raw, _ = entry["file"], {f["sha256"] for f in entry["raw"]}, (entry["sha256"], entry["rows"])
        except (ValueError, KeyError, TypeError):
            continue  # told by the chain already
        named.add(data)
        raws |= raw
        faults += _data_faults(store / FOLDER / data, entry)
    for name in sorted(raws):
        path = store / RAW / name
        if not path.is_file():
            faults.append(StoreFault(str(path), "a raw file is missing"))
        elif sha256(path.read_bytes()) != name:
            faults.append(StoreFault(str(path), "a raw file was changed"))
    return faults + _delivery_faults(store) + _leftovers(store, named, raws)


def _delivery_files(load: Path) -> dict[str, str]:
    """sha256 by name of the files of one load of delivery tables, as its entry says. Raises ValueError for a garbled entry."""
    try:
        entry = json.loads((load / ENTRY).read_bytes())
        tables = {f"{name}.parquet": about["sha256"] for name, about in entry["tables"].items()}
        return tables | {f"{RAW}/{file['sha256']}": file["sha256"] for file in entry["raw"]}
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("garbled") from error


def _delivery_loads(store: Path) -> list[Path]:
    return sorted(p.parent for p in (store / DELIVERY).glob(f"[!.]*/{ENTRY}"))


def _delivery_faults(store: Path) -> list[StoreFault]:
    faults = []
    for load in _delivery_loads(store):
        try:
            files = _delivery_files(load)
        except (OSError, ValueError):
            faults.append(StoreFault(str(load / ENTRY), "the entry is garbled"))
            continue
        for name, digest in files.items():
            if not (load / name).is_file():
                faults.append(StoreFault(str(load / name), "the file of a load is missing"))
            elif sha256((load / name).read_bytes()) != digest:
                faults.append(StoreFault(str(load / name), "was changed after it was written"))
    return faults


def _data_faults(path: Path, entry: dict) -> list[StoreFault]:
    if not path.is_file():
        return [StoreFault(str(path), "the file of a load is missing")]
    content = path.read_bytes()
    faults = [] if sha256(content) == entry["sha256"] else [StoreFault(str(path), "was changed after it was written")]
    import pyarrow.parquet as pq

    try:
        rows = pq.ParquetFile(path).read().num_rows
        if rows != entry["rows"]:
            faults.append(StoreFault(str(path), f"holds {rows} rows and should hold {entry['rows']}"))
    except Exception as error:  # pyarrow has an exception for every way a file can be damaged
        faults.append(StoreFault(str(path), f"cannot be read ({type(error).__name__})"))
    return faults


def _leftovers(store: Path, named: set, raws: set) -> list[StoreFault]:
    found = [p for p in sorted((store / FOLDER).glob("*")) if p.name not in named]
    found += [p for p in sorted((store / RAW).glob("*")) if p.name not in raws]
    return [
        StoreFault(str(p), "left by a load that did not end; it is not read", "leftover", "ลบได้", "It can be deleted.") for p in found
    ]


def backup(store, target) -> int:
    """Copy a store into a new folder while loads may go on; return the number of loads in it.

    What is copied is what the ledger named at the start; the folder appears under its name only when
    every copy has the hash that was written for it. Raises DataError when the store is damaged,
    WriteError when the disk refuses or the folder is there already.
    """
    store, target = Path(store), Path(target)
    if target.exists():
        raise WriteError(f"{target}: is there already. Give a new folder for the backup.")
    listed = entry_paths(store)
    entries = read_entries(store)[: len(listed)]
    loads = _delivery_loads(store)
    if not entries and not loads:
        raise DataError(f"{store}: holds no loads to back up.")
    wanted = {f"{LEDGER}/{p.name}": sha256(p.read_bytes()) for p in listed}
    wanted |= {f"{FOLDER}/{e['file']}": e["sha256"] for e in entries}
    wanted |= {f"{RAW}/{f['sha256']}": f["sha256"] for e in entries for f in e["raw"]}
    for load in loads:
        own = f"{DELIVERY}/{load.name}"
        try:
            wanted |= {f"{own}/{name}": digest for name, digest in _delivery_files(load).items()}
        except ValueError as error:
            raise DataError(f"{load / ENTRY}: is damaged. Run `sdg-eval verify`.") from error
        wanted[f"{own}/{ENTRY}"] = sha256((load / ENTRY).read_bytes())
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        working = Path(tempfile.mkdtemp(dir=target.parent, prefix=".backup-"))
    except OSError as error:
        raise WriteError(f"{target}: cannot be written ({error.strerror}). Make room, or give another folder.") from error
    try:
        for name, digest in sorted(wanted.items()):
            _copy(store / name, working / name, digest)
        write_head(working, write_atomic)
        write_atomic(working / MANIFEST, (json.dumps(wanted, indent=1, sort_keys=True) + "\n").encode())
        os.chmod(working, 0o755)
        os.replace(working, target)
    except OSError as error:
        raise WriteError(f"{target}: cannot be written ({error.strerror}). Make room, or give another folder.") from error
    finally:
        shutil.rmtree(working, ignore_errors=True)
    return len(entries) + len(loads)


def _copy(source: Path, target: Path, digest: str) -> None:
    try:
        content = source.read_bytes()
    except OSError as error:
        raise DataError(f"{source}: is missing ({error.strerror}). Run `sdg-eval verify`.") from error
    if sha256(content) != digest:
        raise DataError(f"{source}: is damaged. Run `sdg-eval verify`.")
    write_atomic(target, content)


def restore(source, store) -> int:
    """Make a store of a backup, in a folder that is empty or not there; return the number of loads.

    Every file is compared with the manifest before and after. Raises DataError for a damaged or
    incomplete backup, WriteError when the folder is not empty or the disk refuses.
    """
    source, store = Path(source), Path(store)
    if store.exists() and any(store.iterdir()):
        raise WriteError(f"{store}: is not empty. Give a new folder for the restored store.")
    try:
        manifest = json.loads((source / MANIFEST).read_bytes())
    except (OSError, ValueError) as error:
        raise DataError(f"{source}: is no complete backup (no {MANIFEST}). Give another backup.") from error
    for name, digest in sorted(manifest.items()):
        _copy(source / name, store / name, digest)
    _copy(source / LEDGER / HEAD, store / LEDGER / HEAD, sha256((source / LEDGER / HEAD).read_bytes()))
    if faults := [f for f in verify(store) if f.kind == "fault"]:
        raise DataError(f"{faults[0].path}: {faults[0].what}. Give another backup.")
    return len(read_entries(store)) + len(_delivery_loads(store))
