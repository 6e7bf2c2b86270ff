"""One run at a time in a reports folder; the operating system frees the lock of a killed run."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path

from sdg_eval.errors import LockedError, WriteError

LOCK = ".lock"


@contextmanager
def run_lock(folder):
    """Hold the lock of `folder`. Raises LockedError naming the holder, WriteError when it cannot be made."""
    path = Path(folder) / LOCK
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = open(path, "a+", encoding="utf-8")
    except OSError as error:
        raise WriteError(f"{folder}: cannot be written ({error.strerror}). Give another folder with --out.") from error
    with file:
        if not _try_lock(file):
            file.seek(0)
            holder = file.read().strip() or "another process"
            raise LockedError(f"{folder}: another run holds the lock (process {holder}). Wait for it, or give another --out.")
        file.seek(0)
        file.truncate()
        file.write(str(os.getpid()))
        file.flush()
        yield


def _try_lock(file) -> bool:
    """Lock without waiting; True when it is ours."""
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
