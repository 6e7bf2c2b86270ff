"""What was taken in, when, from which files: one small file a load, each holding the hash of the one before.

A load is acknowledged exactly when its entry stands under its final name; everything else a killed load
left behind is passed over. An entry that is changed, lost or put elsewhere breaks the chain.
"""

from __future__ import annotations

import contextlib
import getpass
import hashlib
import json
import os
import re
import socket
import time
from pathlib import Path

from sdg_eval import __version__
from sdg_eval.errors import DataError, LockedError, WriteError

LEDGER, HEAD, LOCK = "ledger", "HEAD", ".lock"
WAIT_SECONDS = 30
"""How long a writer waits for another before it says who holds the store."""
_NAME = re.compile(r"(\d{6})-([0-9a-f]{16})\.json")


def sha256(content: bytes) -> str:
    """Return the sha256 of bytes in hex."""
    return hashlib.sha256(content).hexdigest()


def entry_paths(store) -> list[Path]:
    """Return the entry files in the order of their numbers."""
    return sorted(p for p in (Path(store) / LEDGER).glob("*.json") if _NAME.fullmatch(p.name))


def read_entries(store) -> list[dict]:
    """Return the acknowledged loads, oldest first. Raises DataError naming an entry that cannot be read."""
    entries = []
    for path in entry_paths(store):
        try:
            blob = path.read_bytes()
            if sha256(blob)[:16] != _NAME.fullmatch(path.name)[2]:
                raise ValueError("changed after it was written")
            entries.append(json.loads(blob))
        except (ValueError, OSError) as error:
            raise DataError(f"{path}: this entry of the ledger is damaged ({error}). Run `sdg-eval verify`, then restore a backup.") from error
    return entries


def append_entry(store, write, **content) -> dict:
    """Add a load to the ledger and return its entry; `write(path, bytes)` writes atomically.

    To be called by the holder of the lock, after the load's data are in place.
    """
    paths = entry_paths(store)
    previous = sha256(paths[-1].read_bytes()) if paths else ""
    number = int(paths[-1].name[:6]) + 1 if paths else 1
    entry = {"number": number, "previous": previous, "version": __version__, "who": _who(), **content}
    blob = (json.dumps(entry, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()
    folder = Path(store) / LEDGER
    write(folder / f"{number:06d}-{sha256(blob)[:16]}.json", blob)
    with contextlib.suppress(WriteError):  # the load is in; the next one writes the head first
        write_head(store, write)
    return entry


def write_head(store, write) -> None:
    """Write down which entry is the newest, so that its loss is seen."""
    write(Path(store) / LEDGER / HEAD, _head_of(store))


def _head_of(store) -> bytes:
    paths = entry_paths(store)
    number, digest = (int(paths[-1].name[:6]), sha256(paths[-1].read_bytes())) if paths else (0, "")
    return _head_bytes({"number": number, "sha256": digest})


def _head_bytes(head: dict) -> bytes:
    return (json.dumps(head, sort_keys=True) + "\n").encode()


def ensure_head(store, write) -> None:
    """Write the head where a killed or refused load left it behind."""
    path = Path(store) / LEDGER / HEAD
    if not path.exists() or path.read_bytes() != _head_of(store):
        write_head(store, write)


def _who() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""


@contextlib.contextmanager
def writer_lock(store, *, wait: float = WAIT_SECONDS):
    """Hold the store for writing; the operating system lets go when the process ends, however it ends.

    Raises LockedError naming the holder after `wait` seconds, and WriteError when the disk refuses.
    """
    path = Path(store) / LOCK
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise WriteError(f"{path}: cannot be written ({error.strerror}). Make room, or give another folder.") from error
    try:
        end = time.monotonic() + wait
        while not _try_lock(handle):
            if time.monotonic() > end:
                holder = os.pread(handle, 500, 0).decode("utf-8", "replace").strip() if hasattr(os, "pread") else ""
                raise LockedError(f"{store}: another process writes to this store ({holder or 'unknown'}). Wait for it to end, then run again.")
            time.sleep(0.05)
        # who holds it is told to those who wait; that it is held is the operating system's to say, so a full disk is no matter
        with contextlib.suppress(OSError):
            os.ftruncate(handle, 0)
            os.write(handle, f"pid {os.getpid()} on {socket.gethostname()} since {time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())}".encode())
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                os.ftruncate(handle, 0)
    finally:
        os.close(handle)


def _try_lock(handle: int) -> bool:
    try:
        if os.name == "posix":
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        else:
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
    except OSError:
        return False
    return True


def chain_faults(store) -> list[tuple[Path, str]]:
    """Return (path, what) for every break of the chain: an entry garbled, missing, renamed, or the newest one lost."""
    faults, previous, number, last = [], "", 0, b""
    folder = Path(store) / LEDGER
    for path in entry_paths(store):
        blob, named = path.read_bytes(), _NAME.fullmatch(path.name)
        number += 1
        if sha256(blob)[:16] != named[2]:
            faults.append((path, "the entry was changed after it was written"))
        if int(named[1]) != number:
            faults.append((path, f"entry {number} is missing before this one"))
            number = int(named[1])
        try:
            entry = json.loads(blob)
            if entry.get("previous") != previous or entry.get("number") != number:
                faults.append((path, "does not follow from the entry before"))
        except ValueError:
            faults.append((path, "the entry is garbled"))
        previous, last = sha256(blob), blob
    for path in sorted(folder.glob("*")):
        if path.name != HEAD and not _NAME.fullmatch(path.name) and not path.name.startswith("."):
            faults.append((path, "no entry of the ledger"))
    try:
        blob = (folder / HEAD).read_bytes()
        head = json.loads(blob)
        if blob != _head_bytes(head):
            faults.append((folder / HEAD, "was changed"))
        if head["number"] > number or (head["number"] == number and head["sha256"] != (sha256(last) if number else "")):
            faults.append((folder / HEAD, f"the newest entry should be {head['number']}"))
        elif head["number"] < number - 1:
            faults.append((folder / HEAD, "is older than the ledger"))
        elif head["number"] == number - 1 and json.loads(last)["previous"] != head["sha256"]:
            faults.append((folder / HEAD, "does not belong to this ledger"))
    except (OSError, ValueError, KeyError, TypeError):
        if not number and not (folder / HEAD).exists():
            return faults  # a first load that never ended
        faults.append((folder / HEAD, "is missing or garbled"))
    return faults
