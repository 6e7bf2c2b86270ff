"""One notebook run: into a temporary folder, checked, then put in place; a failure stays a failure.

Runs in a worker process, so that a province that goes wrong takes no other with it.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from sdg_eval.batch.artefacts import (
    ECHO,
    LOG,
    NOTEBOOK,
    PAGE,
    RECORD,
    Incomplete,
    file_hashes,
    flush,
    folder_bytes,
    promised_files,
    put_in_place,
    require_results,
    say_disk_error,
)
from sdg_eval.batch.ledger import Ledger
from sdg_eval.batch.limits import Limits
from sdg_eval.batch.plan import NOTEBOOKS, Job, run_name
from sdg_eval.batch.warm import NORMAL_KERNEL
from sdg_eval.errors import WriteError
from sdg_eval.store import write_json, write_text

LONGEST_ERROR = 600
DISK_WORDS = ("No space left on device", "Disk quota exceeded", "Input/output error", "Read-only file system", "File too large")
"""What a cell's error says when the disk refused."""


@dataclass(frozen=True)
class Outcome:
    """What became of a run: done, kept, failed, refused or interrupted."""

    notebook: str
    area: str
    folder: str
    status: str
    seconds: float
    error: str = ""

    @property
    def name(self) -> str:
        """As `Job.name`."""
        return run_name(self.notebook, self.area)


def read_record(folder: Path) -> dict:
    """Return run.json of a job's folder, {} where there is none or it cannot be read."""
    try:
        return json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def is_done(job: Job, run_folder: Path, key: str) -> bool:
    """True when the job's folder is complete and was made with the same key: data, code and parameters."""
    record = read_record(run_folder / job.folder)
    return record.get("key") == key and record.get("status") == "done"


def run_job(
    job: Job, run_folder: Path, key: str, *, synthetic: bool = False, limits: Limits | None = None, kernel: str = NORMAL_KERNEL, notebooks: Path = NOTEBOOKS
) -> Outcome:  # fmt: skip
    """Execute one job; never raises for what the notebook or the disk did, the Outcome says it.

    Parameters
    ----------
    run_folder
        The run's folder, with `national` in it.
    key
        What the result depends on; `is_done` compares it.
    synthetic
        Marks the audit page as made from data that are not real.
    kernel
        Name of a kernel spec.
    notebooks
        Folder of the notebooks.
    """
    started, final = time.monotonic(), Path(run_folder) / job.folder
    needed = folder_bytes(final)
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{final.name}.", suffix=".tmp", dir=final.parent))
    except OSError as error:
        return _outcome(job, "failed", started, say_disk_error(error, final.parent, needed))
    try:
        os.chmod(temporary, 0o755)  # mkdtemp's 0700 would hide the results from their readers
        status, error, cells = _attempt(job, temporary, limits or Limits(), kernel, Path(notebooks), synthetic)
        outcome = _outcome(job, status, started, error)
        if status != "done" and any(word in error for word in DISK_WORDS):
            return outcome  # the disk's fault: what was there is good and stays, and there may be no room for more
        write_json(temporary / RECORD, asdict(outcome) | {"key": key, "cells": cells, "outputs": file_hashes(temporary)})
        flush(temporary)
        put_in_place(temporary, final)
        return outcome
    except (OSError, WriteError) as refused:
        return _outcome(job, "failed", started, say_disk_error(refused, final, needed))
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _outcome(job: Job, status: str, started: float, error: str) -> Outcome:
    return Outcome(job.notebook, job.area, job.folder, status, round(time.monotonic() - started, 1), error)


def _attempt(job: Job, folder: Path, limits: Limits, kernel: str, notebooks: Path, synthetic: bool) -> tuple[str, str, list[dict]]:
    """Execute, look through and export; return (status, error, ledger). Raises OSError or WriteError where the disk refuses us."""
    import nbformat

    from sdg_eval.batch.cells import execute
    from sdg_eval.batch.pages import notebook_page

    ledger, status, error = Ledger(), "done", ""
    try:
        source = nbformat.read(notebooks / f"{job.notebook}.ipynb", as_version=4)
        with open(folder / LOG, "ab") as log:
            execute(source, job.parameters, ledger=ledger, folder=folder, kernel=kernel, limits=limits, log=log.fileno())
        _check_echo(job, folder)
        write_text(folder / NOTEBOOK, nbformat.writes(ledger.notebook) + "\n")
        write_text(folder / PAGE, notebook_page(ledger.notebook, title=job.name, synthetic=synthetic))
        require_results(folder, promised_files(source))
        (folder / LOG).unlink()
    except (OSError, WriteError):
        raise
    except Exception as problem:  # whatever the notebook raised is this province's result
        status, error = _told(problem)
        _leave_only(folder, LOG)  # results of a run that failed half-way must not be taken for results
        if ledger.notebook is not None:
            write_text(folder / NOTEBOOK, nbformat.writes(ledger.notebook) + "\n")
    return status, error, ledger.executed


def _leave_only(folder: Path, name: str) -> None:
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != name:
            path.unlink()


def _check_echo(job: Job, folder: Path) -> None:
    """The notebook must say which province, year and quarter it ran for: the requested ones."""
    try:
        echo = json.loads((folder / ECHO).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        raise Incomplete("the notebook did not say for which province it ran (no echo.json, or a garbled one)") from None
    wanted = {"REF_AREA": job.area} | {name: job.parameters[name] for name in ("REPORT_YEAR", "QUARTER") if name in job.parameters}
    if echo != wanted:
        raise Incomplete(f"the notebook answered for {echo}, asked was {wanted}")


def _told(problem: Exception) -> tuple[str, str]:
    """Return (status, one line) for an exception: our own data errors are refusals."""
    name = getattr(problem, "name", None) or type(problem).__name__
    text = " ".join(f"{name}: {problem}".split())
    return ("refused" if name == "DataError" else "failed"), text[:LONGEST_ERROR]
