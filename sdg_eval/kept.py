"""Tables that take long to work out, kept by all that they rest on, so that an adviser's notebooks do it once.

Where they are kept is the user's own cache folder, or that which SDG_EVAL_CACHE names (`off`: nowhere). What is there may be lost
at any time, so whatever is wrong with it makes no error: then the tables are worked out. A batch neither reads nor writes here,
for its results are to be proved by working them out (docs/decisions/0030).
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import platform
import stat
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pandas as pd

from sdg_eval.errors import WriteError
from sdg_eval.shown import shown_arrow
from sdg_eval.store import parquet_bytes, write_atomic

PLACE = "SDG_EVAL_CACHE"
NOWHERE = "off"
SUFFIX = ".tables"
MOST_KEPT = 12
"""Entries; one of 77 provinces takes about 1 MB. The one that was read longest ago goes first."""
PACKAGE = Path(__file__).parent


def cache_folder() -> Path | None:
    """Return the folder of kept tables, made where it was not; None where nothing is to be kept or the folder is not the user's alone.

    In a folder that others may write to, tables could be put under the name of ours.
    """
    named = os.environ.get(PLACE, "")
    if named == NOWHERE:
        return None
    with contextlib.suppress(OSError, RuntimeError):  # RuntimeError: a user without a home
        folder = Path(named) if named else _users() / "sdg_eval"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder if is_own(folder) else None
    return None


def _users() -> Path:
    """The folder in which this system keeps what a user's programs may lose."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    given = os.environ.get("XDG_CACHE_HOME", "")
    return Path(given) if os.path.isabs(given) else Path.home() / ".cache"


def is_own(path: Path) -> bool:
    """True for a file or folder, no link, that belongs to this user and that nobody else may write to."""
    found = path.lstat()
    return not stat.S_ISLNK(found.st_mode) and (not hasattr(os, "getuid") or (found.st_uid == os.getuid() and not found.st_mode & 0o022))


def rests_on(what: str, observations: pd.DataFrame | Path, codelists, *options) -> str:
    """Return sha256 over what tables depend on: the observations, codelists, program, libraries, options.

    Of observations as a table every column counts, in its order; of a file or the folder of a store every byte, and a file's name.
    Raises OSError where they cannot be read.
    """
    total = hashlib.sha256()
    for part in (what, repr(options), *_program()):
        total.update(f"{len(part)} {part}".encode())
    for path in sorted(codelists.folder.glob("*.csv")):
        total.update(path.name.encode() + hashlib.sha256(path.read_bytes()).digest())
    total.update(_files(observations) if isinstance(observations, Path) else _rows(observations))
    return total.hexdigest()


def _files(path: Path) -> bytes:
    """Hash of the names and contents of a file, or of all files of a folder."""
    total = hashlib.sha256()
    for file in sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]:
        with file.open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").digest()
        total.update(os.path.relpath(file, path.parent).encode() + digest)
    return total.digest()


def _rows(observations: pd.DataFrame) -> bytes:
    """Hash of a table's columns, types and values."""
    import pyarrow as pa

    sink, table = pa.BufferOutputStream(), shown_arrow(observations.reset_index(drop=True))
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table.combine_chunks())
    return hashlib.sha256(sink.getvalue()).digest()


@cache
def _program() -> tuple[str, ...]:
    """What this process computes with: read once, as the modules are."""
    files = [path for path in sorted(PACKAGE.rglob("*")) if path.is_file() and "__pycache__" not in path.parts]
    libraries = {path.name for folder in sys.path for path in Path(folder).glob("*.dist-info")}
    return (
        platform.python_version(), platform.machine(), *sorted(libraries),
        *(f"{path.relative_to(PACKAGE).as_posix()} {hashlib.sha256(path.read_bytes()).hexdigest()}" for path in files),
    )  # fmt: skip


def read_kept(folder, key: str, names: Iterable[str]) -> dict[str, pd.DataFrame] | None:
    """Return the tables kept under `key`, by name; None where not all of them are there, whole, and written by this user."""
    path = Path(folder) / f"{key}{SUFFIX}"
    try:
        if not is_own(path):
            return None
        told, _, content = path.read_bytes().partition(b"\n")
        if told.decode() != _seal(key, content):
            return None
        head, _, rest = content.partition(b"\n")
        places = json.loads(head)
        found = {name: pd.read_parquet(io.BytesIO(rest[places[name][0] : sum(places[name])])) for name in names}
    except (OSError, ValueError, KeyError):
        return None
    with contextlib.suppress(OSError):
        os.utime(path)
    return found


def write_kept(folder, key: str, tables: dict[str, pd.DataFrame]) -> None:
    """Keep tables under `key`; a disk that refuses is no matter."""
    places, rest = {}, b""
    for name, table in tables.items():
        blob = parquet_bytes(table)
        places[name], rest = (len(rest), len(blob)), rest + blob
    content = json.dumps(places).encode() + b"\n" + rest
    with contextlib.suppress(OSError, WriteError):
        # not flushed: what a power cut tore has not its hash
        write_atomic(Path(folder) / f"{key}{SUFFIX}", _seal(key, content).encode() + b"\n" + content, mode=0o600, flush=False)
        _drop_oldest(Path(folder))


def _seal(key: str, content: bytes) -> str:
    """Hash of an entry under its name: one that was damaged, or given another's name, has not its hash."""
    return hashlib.sha256(key.encode() + content).hexdigest()


def _drop_oldest(folder: Path) -> None:
    entries = {}
    for path in folder.glob(f"*{SUFFIX}"):
        with contextlib.suppress(OSError):
            entries[path] = path.stat().st_mtime_ns
    for path in sorted(entries, key=entries.get)[: max(0, len(entries) - MOST_KEPT)]:
        with contextlib.suppress(OSError):
            path.unlink()
