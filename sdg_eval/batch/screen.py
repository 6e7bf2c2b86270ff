"""How far the batch is: bars on a terminal, plain lines elsewhere, with the time that is left."""

from __future__ import annotations

import contextlib
import os
import time

LEAST_TOLD = 5.0
"""Seconds; less is not worth telling."""


def unless_closed(say):
    """Return `say` that goes quiet when nobody reads any more (`| head`, a closed window): results do not depend on it."""

    def tell(line: str) -> None:
        try:
            say(line)
        except (OSError, ValueError):
            with contextlib.suppress(OSError):  # else Python itself fails on the way out, when it empties its buffer
                os.dup2(os.open(os.devnull, os.O_WRONLY), 1)

    return tell


class Progress:
    """Tell each outcome as it comes. Use as a context manager.

    `expected` is {run: seconds} of the runs to come; the time left is theirs, shared among `workers`, corrected by how long
    those that ended took in truth.
    """

    def __init__(self, total: int, say, stream, *, expected: dict[str, float] | None = None, workers: int = 1):
        self.total, self.say, self.count, self.bar = total, say, 0, None
        self.expected, self.workers = dict(expected or {}), max(1, workers)
        self.begun: dict[str, tuple[int, float]] = {}  # run: (worker, since when)
        self.foreseen = self.taken = 0.0
        if stream.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
            from rich.progress import Progress as Bar

            columns = BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}")
            self.bar = Bar(*columns, console=Console(file=stream))

    def __enter__(self):
        if self.bar:
            self.bar.start()
            self.task = self.bar.add_task("", total=self.total)
            self.lines = [self.bar.add_task("", total=None, visible=False) for _ in range(self.workers)]
        return self

    def __exit__(self, *_):
        if self.bar:
            self.bar.stop()

    def keep(self, count: int) -> None:
        """Show that `count` runs are kept as they are."""
        self.count += count
        if self.bar:
            self.bar.update(self.task, advance=count, description=f"{count} kept")
        elif count:
            self.say(f"[{self.count}/{self.total}] {count} kept: made before with the same data and code")

    def start(self, worker: int, name: str) -> None:
        """Show that a worker begins a run."""
        self.begun[name] = (worker, time.monotonic())
        if self.bar:
            self.bar.reset(self.lines[worker], description=f"worker {worker + 1}: {name}", visible=True)

    def tell(self, outcome) -> None:
        """Count one outcome and show it."""
        self.count += 1
        worker, _ = self.begun.pop(outcome.name, (None, 0.0))
        foreseen = self.expected.pop(outcome.name, 0.0)
        if outcome.status == "done":
            self.foreseen, self.taken = self.foreseen + foreseen, self.taken + outcome.seconds
        line = f"{outcome.name} {outcome.status}" + (f" in {outcome.seconds:.0f} s" if outcome.seconds else "")
        left = self._left()
        if self.bar:
            if worker is not None:
                self.bar.update(self.lines[worker], visible=False)
            self.bar.update(self.task, advance=1, description=f"{left}, {line}" if left else line)
        else:
            self.say(f"[{self.count}/{self.total}] {line}" + (f"; {left}" if left else ""))

    def _left(self) -> str:
        """Say how much time is left; '' where it is little or nothing has ended yet to judge by."""
        if not self.foreseen or not self.expected:
            return ""
        pace, now = self.taken / self.foreseen, time.monotonic()
        rest = [max(0.0, s * pace - (now - self.begun[n][1] if n in self.begun else 0.0)) for n, s in self.expected.items()]
        seconds = max(sum(rest) / self.workers, max(rest, default=0.0))
        if seconds < LEAST_TOLD:
            return ""
        return f"about {seconds:.0f} s left" if seconds < 90 else f"about {seconds / 60:.0f} min left"
