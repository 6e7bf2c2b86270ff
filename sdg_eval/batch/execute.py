"""One notebook run: into a temporary folder, checked, then put in place; a failure stays a failure.

Runs in a worker process, so that a province that goes wrong takes no other with it.
"""

from __future__ import annotations

import contextlib
import gc
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
    say_room,
)
from sdg_eval.batch.hygiene import without_machine
from sdg_eval.batch.imports import import_jsonschema
from sdg_eval.batch.keys import file_digest
from sdg_eval.batch.ledger import Ledger
from sdg_eval.batch.limits import Limits
from sdg_eval.batch.plan import NOTEBOOKS, Job, run_name
from sdg_eval.batch.warm import NORMAL_KERNEL

LONGEST_ERROR = 600
RUN = "<run>"
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
    """True when the job's folder was made with the same key (data, code and parameters) and holds every file as it was written.

    A file that was lost or changed since makes the run due again: else a batch would call complete what is not.
    """
    folder = run_folder / job.folder
    record = read_record(folder)
    if record.get("key") != key or record.get("status") != "done":
        return False
    return all(file_digest(folder / name) == digest for name, digest in record.get("outputs", {}).items())


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
    needed, error = folder_bytes(final), ""
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{final.name}.", suffix=".tmp", dir=final.parent))
    except OSError as refused:
        return _outcome(job, "failed", started, say_disk_error(refused, final, needed), run_folder)
    try:
        os.chmod(temporary, 0o755)  # mkdtemp's 0700 would hide the results from their readers
        status, error, cells = _attempt(job, temporary, limits or Limits(), kernel, Path(notebooks), synthetic)
        if status != "done" and any(word in error for word in DISK_WORDS):
            # The disk's fault: what was there is good and stays, and there may be no room for more.
            return _outcome(job, status, started, f"{error}. {say_room(final, needed or folder_bytes(temporary))}", run_folder)
        outcome = _outcome(job, status, started, error, run_folder)
        record = asdict(outcome) | {"key": key, "cells": cells, "outputs": file_hashes(temporary)}
        _write(temporary / RECORD, json.dumps(record, ensure_ascii=False, indent=1, sort_keys=True))
        flush(temporary)
        put_in_place(temporary, final)
        return outcome
    except OSError as refused:
        told = say_disk_error(refused, final, needed or folder_bytes(temporary))
        return _outcome(job, "failed", started, f"{error}. {told}" if error else told, run_folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def get_ready() -> None:
    """Import what executing and showing a notebook needs, and show an empty one: what a worker's first notebook would wait for.

    Nothing of it is garbage: none is looked for meanwhile, nor ever again among what is there at the end.
    """
    gc.disable()
    try:
        import_jsonschema()
        import nbformat

        import sdg_eval.batch.cells  # noqa: F401
        from sdg_eval.batch.notebook_html import notebook_page

        notebook_page(nbformat.v4.new_notebook(), title="", synthetic=False)
    finally:
        gc.freeze()
        gc.enable()


def _outcome(job: Job, status: str, started: float, error: str, run_folder: Path) -> Outcome:
    """The outcome in words that can be handed out: the run's folder is called `<run>`."""
    told = without_machine(error, {Path(run_folder): RUN, Path(run_folder).resolve(): RUN})
    return Outcome(job.notebook, job.area, job.folder, status, round(time.monotonic() - started, 1), told)


def _attempt(job: Job, folder: Path, limits: Limits, kernel: str, notebooks: Path, synthetic: bool) -> tuple[str, str, list[dict]]:
    """Execute, look through and export; return (status, error, cells executed). Raises OSError where the disk refuses us."""
    import_jsonschema()
    import nbformat

    from sdg_eval.batch.cells import execute
    from sdg_eval.batch.notebook_html import notebook_page

    ledger, status, error = Ledger(), "done", ""
    try:
        source = nbformat.read(notebooks / f"{job.notebook}.ipynb", as_version=4)
        with open(folder / LOG, "ab") as log:
            execute(source, job.parameters, ledger=ledger, folder=folder, kernel=kernel, limits=limits, log=log.fileno())
        _check_echo(job, folder)
        _write(folder / NOTEBOOK, nbformat.writes(ledger.notebook))
        _write(folder / PAGE, notebook_page(ledger.notebook, title=job.name, synthetic=synthetic))
        require_results(folder, promised_files(source))
        (folder / LOG).unlink()
    except OSError:
        raise
    except Exception as problem:  # whatever the notebook raised is this province's result
        status, error = _told(problem)
        with contextlib.suppress(OSError):  # told with the record, which needs the disk too
            _leave_only(folder, LOG)  # what a run wrote before it failed must not be taken for results
            _write(folder / LOG, without_machine((folder / LOG).read_text(encoding="utf-8", errors="replace"), {folder: "."}))
            if ledger.notebook is not None:
                _write(folder / NOTEBOOK, nbformat.writes(ledger.notebook))
    return status, error, ledger.executed


def _write(path: Path, text: str) -> None:
    """Write a file of a folder that nobody sees yet and that is flushed as a whole."""
    path.write_text(text.rstrip("\n") + "\n", encoding="utf-8", newline="\n")


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
