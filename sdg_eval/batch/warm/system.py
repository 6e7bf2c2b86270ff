"""What Linux knows of processes and Python has no word for."""

from __future__ import annotations

import ctypes
import os

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
"""From linux/prctl.h."""


def set_process(option: int, value: int) -> None:
    """Call prctl(option, value) for this process. Raises OSError."""
    if ctypes.CDLL(None, use_errno=True).prctl(option, ctypes.c_ulong(value), 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")


def count_threads() -> int:
    """Return how many threads this process has."""
    return len(os.listdir("/proc/self/task"))


def open_descriptors() -> set[int]:
    """Return the file descriptors that are open in this process."""
    found = set()
    for name in os.listdir("/proc/self/fd"):
        try:
            os.fstat(int(name))
        except OSError:  # the one that listed the folder
            continue
        found.add(int(name))
    return found
