"""What a notebook run leaves: looked through, named by hash, flushed to disk, and put in place in one step.

A reader never sees a half-written folder under its final name: it is made beside it under a temporary name and exchanged.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

RECORD, LOG, ECHO = "run.json", "kernel.log", "echo.json"
NOTEBOOK, PAGE = "notebook.ipynb", "notebook.html"
ENDINGS = {".svg": b"</svg>", ".html": b"</html>", ".png": b"IEND\xaeB`\x82", ".parquet": b"PAR1", ".csv": b"\n"}
"""How a complete file of a kind ends; after it only white space may come."""
SHORTEST_PARQUET = 12  # bytes: it begins as it ends, and the length of its description comes between
_PROMISED = re.compile(r"`([\w.-]+\.(?:csv|json|parquet|xlsx))`")
FLUSHERS = 8
EXCHANGE, HERE = 2, -100  # RENAME_EXCHANGE and AT_FDCWD of Linux


class Incomplete(Exception):
    """A result is missing, empty or cut off; the message names it."""


def promised_files(notebook) -> list[str]:
    """Return the files that a notebook's first cell says it writes (in back-ticks, after the word "writes")."""
    cells = notebook.cells[:1]
    text = "".join(cell.source for cell in cells if cell.cell_type == "markdown").partition("writes")[2]
    return sorted(set(_PROMISED.findall(text)))


def require_results(folder: Path, promised: list[str]) -> None:
    """Raise Incomplete unless what was promised is there, something is, and every file is whole."""
    missing = [name for name in promised if not (folder / name).is_file()]
    if missing:
        raise Incomplete(f"the notebook did not write {', '.join(missing)}, which its first cell promises")
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    if not [p for p in paths if p.name not in (ECHO, LOG, NOTEBOOK, PAGE, RECORD)]:
        raise Incomplete("the notebook wrote no result")
    for path in paths:
        if path.name != LOG:
            require_whole(path, path.relative_to(folder).as_posix())
    for listing in sorted(folder.rglob("figures.json")):
        for figure in json.loads(listing.read_text(encoding="utf-8")):
            if not (listing.parent / figure["file"]).is_file():
                raise Incomplete(f"{listing.relative_to(folder).as_posix()} names {figure['file']}, which is not there")


def require_whole(path: Path, name: str) -> None:
    """Raise Incomplete for a file that is empty or cut off, as far as its kind tells."""
    content = path.read_bytes()
    if not content:
        raise Incomplete(f"{name} is empty")
    if path.suffix in (".json", ".ipynb"):
        try:
            json.loads(content)
        except ValueError:
            raise Incomplete(f"{name} is cut off or garbled") from None
    ending = ENDINGS.get(path.suffix)
    is_short = path.suffix == ".parquet" and len(content) < SHORTEST_PARQUET
    if is_short or (ending and not (content.endswith(ending) or content.rstrip().endswith(ending))):
        raise Incomplete(f"{name} is cut off")


def file_hashes(folder: Path) -> dict[str, str]:
    """Return {path below `folder`: sha256} of every file in it."""
    return {p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.rglob("*")) if p.is_file()}


def flush(folder: Path) -> None:
    """Bring every file and folder below `folder` to the disk; several at a time, as the disk takes them together."""
    if os.name != "posix":
        return
    with ThreadPoolExecutor(FLUSHERS) as pool:
        list(pool.map(_flush, [*folder.rglob("*"), folder]))


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def put_in_place(temporary: Path, final: Path) -> None:
    """Give a complete folder its final name; what was there before is gone. Both are on the same disk."""
    if not final.exists():
        os.rename(temporary, final)
    elif not _exchange(temporary, final):
        # Without an exchange the name is free for a moment; a reader then finds nothing, and never half of something.
        old = temporary.with_name(f"{temporary.name}.old.tmp")
        os.rename(final, old)
        os.rename(temporary, final)
        temporary = old
    if os.name == "posix":
        _flush(final.parent)
    shutil.rmtree(temporary, ignore_errors=True)


def _exchange(first: Path, second: Path) -> bool:
    """Exchange two names in one step; False where the system cannot."""
    import ctypes

    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError, TypeError):
        return False
    return renameat2(HERE, os.fsencode(first), HERE, os.fsencode(second), EXCHANGE) == 0


def say_disk_error(error: BaseException, folder: Path, needed: int) -> str:
    """Say which folder the disk refuses and why, with the room there is and the room a run needs."""
    if isinstance(error, FileNotFoundError):
        return f"{folder}: the folder that it ran in was removed while it ran. Run it again; nothing else may write below {folder.parent}."
    why, place = getattr(error, "strerror", "") or error, Path(getattr(error, "filename", None) or folder)
    if place.is_absolute() and folder.parent not in place.parents:  # another disk, as that of temporary files
        folder = place
    return f"{folder}: cannot be written ({why}). {say_room(folder, needed)} Make room, or give another folder with --out."


def say_room(folder: Path, needed: int) -> str:
    """Say how much room the disk of a folder has, and how much a run needs."""
    try:
        free = f"{shutil.disk_usage(_nearest(folder)).free / 1e6:,.1f} MB are free on this disk"
    except OSError:
        return f"A run needs about {needed / 1e6:,.1f} MB."
    return f"{free}, about {needed / 1e6:,.1f} MB are needed for a run."


def _nearest(folder: Path) -> Path:
    return next((p for p in (folder, *folder.parents) if p.exists()), Path("."))


def folder_bytes(folder: Path) -> int:
    """Return the bytes of the files below a folder; 0 where there is none."""
    total = 0
    for path in folder.rglob("*") if folder.is_dir() else ():
        with contextlib.suppress(OSError):
            total += path.stat().st_size
    return total
