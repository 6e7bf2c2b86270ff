"""How far the batch is: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations


class Progress:
    """Tell each outcome as it comes. Use as a context manager."""

    def __init__(self, total: int, say, stream):
        self.total, self.say, self.count, self.bar = total, say, 0, None
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
        return self

    def __exit__(self, *_):
        if self.bar:
            self.bar.stop()

    def tell(self, outcome) -> None:
        """Count one outcome and show it."""
        self.count += 1
        line = f"{outcome.name} {outcome.status}" + (f" in {outcome.seconds:.0f} s" if outcome.seconds else "")
        if self.bar:
            self.bar.update(self.task, advance=1, description=line)
        else:
            self.say(f"[{self.count}/{self.total}] {line}")
