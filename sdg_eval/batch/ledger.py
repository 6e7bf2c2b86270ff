"""What was executed of a notebook: the only thing that says whether a run is done.

A run is done when every code cell that was planned was executed, in order, and answered "ok" without an error among its
outputs. Nothing else counts: not the notebook's metadata, where papermill marks cells as completed that never ran; not the
kernel's end; and `sys.exit(0)` in a cell is a failure like any other, for what comes after it is missing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


class CellFailed(Exception):
    """A notebook stopped. `name` is the kind of error as Python calls it; the text says cell, first line and reason."""

    def __init__(self, name: str, text: str):
        super().__init__(text)
        self.name = name


@dataclass
class Ledger:
    """What was executed of a notebook."""

    planned: list[int] = field(default_factory=list)  # numbers of code cells, from 1
    executed: list[dict] = field(default_factory=list)  # cell, seconds, outputs (sha256), in the order of execution
    notebook: Any = None  # with the outputs so far

    def require_complete(self) -> None:
        """Raise CellFailed where a planned cell was not executed, or anything else than the plan was."""
        done = [row["cell"] for row in self.executed]
        if done != self.planned or not done:
            missing = [n for n in self.planned if n not in done]
            what = f"cell(s) {', '.join(map(str, missing))} never ran" if missing else f"{len(done)} cells ran, {len(self.planned)} were planned"
            raise CellFailed("NotExecuted", f"{what}. Run it again; if that does not help, send notebook and log to the maintainers.")
