"""One batch at a time in a run's folder; the operating system frees the lock of a killed one."""

from __future__ import annotations

import re
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sdg_eval.errors import LockedError, WriteError
from sdg_eval.ledger import LOCK, writer_lock

__all__ = ["LOCK", "run_lock"]


@contextmanager
def run_lock(folder):
    """Hold the lock of a run's folder. Raises LockedError naming the holder, WriteError when it cannot be made."""
    with ExitStack() as stack:
        try:
            stack.enter_context(writer_lock(folder, wait=0))
        except LockedError as error:
            holder = re.search(r"\((.+)\)", str(error))
            raise LockedError(
                f"{Path(folder)}: another run holds the lock ({holder[1] if holder else 'unknown'}). Wait for it, or give this run another name with --run."
            ) from None
        except WriteError as error:
            raise WriteError(f"{error} Give another folder with --out.") from error
        yield
