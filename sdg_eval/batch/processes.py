"""Processes that a kernel starts: found, measured and ended, also those that left its group.

On Linux the children of a process are read from /proc, which is quick enough to be done ten times a second; elsewhere psutil
lists every process. A process that lost its parent is found by a mark in its environment.
"""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

import psutil

MARK = "SDG_EVAL_KERNEL"
"""Environment variable that a kernel and all it starts carry: which notebook run they belong to."""
SECONDS_TO_END = 5.0
GONE = (psutil.NoSuchProcess, psutil.AccessDenied, ProcessLookupError)
_HAS_CHILDREN = Path(f"/proc/self/task/{os.getpid()}/children").exists()


def tree(root: psutil.Process) -> list[psutil.Process]:
    """Return `root` and every process below it that lives."""
    found, todo = [], [root]
    while todo:
        process = todo.pop()
        with contextlib.suppress(*GONE):
            if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
                todo += _children(process)
    return found


def _children(process: psutil.Process) -> list[psutil.Process]:
    if not _HAS_CHILDREN:
        return process.children()
    pids = set()
    for task in Path(f"/proc/{process.pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            pids |= set(task.read_text().split())
    found = []
    for pid in sorted(map(int, pids)):
        with contextlib.suppress(*GONE):
            found.append(psutil.Process(pid))
    return found


def memory_of(processes: list[psutil.Process], enough: int) -> int:
    """Return the bytes of memory that processes take; what they share counts once where that could reach `enough`.

    Adding up their resident memory is quick, and too much where they share pages, as forked kernels do; only when that sum
    reaches `enough` is the kernel asked for each one's proportion.
    """
    total = sum(_memory(p, lambda p: p.memory_info().rss) for p in processes)
    return total if total < enough else sum(_memory(p, _share) for p in processes)


def _share(process: psutil.Process) -> int:
    full = process.memory_full_info()
    return getattr(full, "pss", full.rss)


def _memory(process: psutil.Process, measure) -> int:
    try:
        return measure(process)
    except GONE:
        return 0


def marked(mark: str) -> list[psutil.Process]:
    """Return the processes whose environment carries `mark`, wherever they hang."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(*GONE, OSError):
            if process.pid != os.getpid() and process.environ().get(MARK) == mark:
                found.append(process)
    return found


def end_processes(processes: list[psutil.Process], find=lambda: []) -> None:
    """Kill processes with everything below them; `find` returns more to kill, until there are none.

    They are all stopped first, so that none starts another while its neighbour is killed.
    """
    deadline = time.monotonic() + SECONDS_TO_END
    while time.monotonic() < deadline:
        doomed = [p for root in {*processes, *find()} for p in tree(root)]
        if not doomed:
            return
        for action in ("suspend", "kill"):
            for process in doomed:
                with contextlib.suppress(*GONE):
                    getattr(process, action)()
        psutil.wait_procs(doomed, timeout=0.02)
