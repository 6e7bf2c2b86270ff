"""What one notebook may take of the machine, watched while it runs; beyond it the kernel ends, with all it started."""

from __future__ import annotations

import os
import shutil
import threading
import time
from dataclasses import dataclass

import psutil

from sdg_eval.batch.processes import GONE, end_processes, marked, memory_of, tree
from sdg_eval.errors import UsageError

LOOK_SECONDS = 0.1
MB = 10**6
LARGEST_FILE = 2000 * MB
"""Nothing a notebook writes comes near it; a kernel that talks without end would fill the disk with its log."""


@dataclass(frozen=True)
class Limits:
    """Bounds for one notebook."""

    cell_seconds: float = 600
    notebook_seconds: float = 3600
    memory_mb: float = 2000  # of the kernel and all it starts
    output_mb: float = 100  # of all outputs together, as they stand in the notebook
    processes: int = 64  # the kernel and all it starts: no notebook of the suite starts any

    def __post_init__(self):
        for option, value, least in (("--cell-timeout", self.cell_seconds, 1), ("--notebook-timeout", self.notebook_seconds, 1), ("--memory", self.memory_mb, 200)):
            if not value >= least:
                raise UsageError(f"{option} {value:g}: give at least {least}.")


class Watch:
    """Looks at a kernel's processes while it works. Use as a context manager around the work.

    `mark` is in the environment of all of them (`processes.MARK`); `place` is the folder of the kernel's sockets. `breach` says
    which limit was broken, '' while none is; then the processes are ended.
    """

    def __init__(self, limits: Limits, pid: int, mark: str, place: str = ""):
        self.limits, self.mark, self.place, self.breach = limits, mark, place, ""
        self.root, self.started = psutil.Process(pid), time.monotonic()
        parent = self.root.parent()
        # A warm kernel has a keeper, and what lost its parent hangs on that; a normal one is our own child.
        self.keeper = parent if parent is not None and parent.pid not in (os.getpid(), 1) else None
        self.cell_started: float | None = None
        self._seen: set[psutil.Process] = {self.root}
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look_on, daemon=True, name="limits")

    def __enter__(self):
        _running.add(self)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._done.set()
        self._thread.join()
        self.end()
        _running.discard(self)

    def start_cell(self) -> None:
        """Begin to count the time of a cell."""
        self.cell_started = time.monotonic()

    def end_cell(self) -> None:
        """End the count; what comes between cells counts for the notebook."""
        self.cell_started = None

    def break_off(self, breach: str) -> None:
        """End the kernel and all it started for `breach`; the first one counts."""
        self.breach = self.breach or breach
        self.end()

    def end(self) -> None:
        """End the kernel and all it started, also what has lost its parent since."""
        end_processes([*self._seen], lambda: self._processes() + marked(self.mark))

    def _processes(self) -> list[psutil.Process]:
        """The kernel and all it started that lives, also what has lost its parent since it was seen."""
        if self.keeper is not None:
            return tree(self.keeper)[1:]
        return list({process for root in self._seen for process in tree(root)})

    def _look_on(self) -> None:
        while not self._done.wait(LOOK_SECONDS):
            if breach := self._look():
                return self.break_off(breach)

    def _look(self) -> str:
        """Return which limit is broken, '' for none."""
        limits, now = self.limits, time.monotonic()
        if self.cell_started is not None and now - self.cell_started > limits.cell_seconds:
            return f"the cell took longer than {limits.cell_seconds:g} s (timeout). Allow more with --cell-timeout."
        if now - self.started > limits.notebook_seconds:
            return f"the notebook took longer than {limits.notebook_seconds:g} s (timeout). Allow more with --notebook-timeout."
        processes = self._processes()
        self._seen |= set(processes)
        if len(processes) > limits.processes:
            return f"the kernel started {len(processes) - 1} processes; {limits.processes - 1} are allowed. Look for a loop that starts processes."
        used = memory_of(processes, int(limits.memory_mb * MB))
        if used > limits.memory_mb * MB:
            return f"the kernel took {used / MB:,.0f} MB of memory; {limits.memory_mb:,.0f} MB are allowed. Allow more with --memory, or run fewer at a time with --jobs."
        return ""


def limit_allocations(pid: int, limits: Limits) -> None:
    """Let a single huge allocation or file fail at once, before the watch can look; for memory at twice what is allowed.

    Needs Linux; elsewhere the watch alone counts.
    """
    bound = int(2 * limits.memory_mb * MB)
    try:
        process = psutil.Process(pid)
        process.rlimit(psutil.RLIMIT_DATA, (bound, bound))
        process.rlimit(psutil.RLIMIT_FSIZE, (LARGEST_FILE, LARGEST_FILE))
        process.rlimit(psutil.RLIMIT_CORE, (0, 0))
    except (*GONE, AttributeError, OSError, ValueError):  # not Linux, or a lower bound of the system's own, which stays
        return


_running: set[Watch] = set()


def end_running() -> None:
    """End every kernel that this process watches: it is about to end itself."""
    for watch in list(_running):
        watch.end()
        if watch.place:
            shutil.rmtree(watch.place, ignore_errors=True)
