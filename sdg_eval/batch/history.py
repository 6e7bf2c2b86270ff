"""Runs that were made: found in a reports folder, read, counted against their plan, and why a run failed.

A batch that was killed wrote no runs.csv; then what each notebook's own folder says counts, and the rest is `interrupted`.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from sdg_eval.batch.execute import LOG, RECORD
from sdg_eval.batch.lock import LOCK, run_lock
from sdg_eval.batch.plan import FOLDERS
from sdg_eval.errors import DataError, LockedError, UsageError, WriteError
from sdg_eval.run_table import GOOD, STATUSES, UNKNOWN, next_step, reconcile, totals

RUN_RECORD, RUNS, LATEST = "record.json", "runs.csv", "latest"
LOG_LINES = 20
"""Lines of the kernel's log that are shown; the whole file is named."""
COLUMNS = ["notebook", "REF_AREA", "status", "seconds", "error", "recorded", "folder"]
_COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


@dataclass(frozen=True, eq=False)
class Run:
    """One run folder as it is now."""

    name: str
    folder: Path
    record: dict  # record.json; {} where it is missing or garbled
    planned: pd.DataFrame = field(repr=False)  # notebook, REF_AREA, folder
    table: pd.DataFrame = field(repr=False)  # COLUMNS, one row per run that something is said of
    ended: bool = True  # the batch came to its end, with or without failures

    @property
    def provinces(self) -> list[str]:
        """Provinces of the plan, in its order."""
        return [area for area in dict.fromkeys(self.planned["REF_AREA"]) if area]

    @property
    def totals(self) -> dict:
        """Counts by status over everything planned, as `run_table.totals`."""
        return totals(reconcile(self.planned, self.table))

    @property
    def is_complete(self) -> bool:
        """True when the batch ended, the counts agree with the plan, and nothing is left to do."""
        counts = self.totals
        return self.ended and counts["agrees"] and counts["planned"] == sum(counts[s] for s in GOOD)


def list_runs(out) -> list[Run]:
    """Return the runs of a reports folder, newest first. Raises DataError when there is no such folder."""
    out = Path(out)
    if not out.is_dir():
        raise DataError(f"{out}: there is no such folder. Give the folder of reports with --out.")
    folders = [p for p in out.iterdir() if p.is_dir() and not p.is_symlink() and not p.name.startswith(".")]
    runs = [read_run(p) for p in folders if (p / RUN_RECORD).is_file() or (p / RUNS).is_file()]
    return sorted(runs, key=lambda run: (when(run), run.name), reverse=True)


def find_run(out, text: str) -> Run:
    """Return a run by its name in `out`, by `latest`, or by its folder. Raises UsageError naming those that are there."""
    out = Path(out)
    name = text
    if text == LATEST and (out / LATEST).is_file():  # where links are not allowed, the file holds the name
        name = (out / LATEST).read_text(encoding="utf-8").strip()
    for folder in (out / name, Path(text)):
        if (folder / RUN_RECORD).is_file() or (folder / RUNS).is_file():
            return read_run(folder.resolve() if folder.is_symlink() else folder)
    known = ", ".join(run.name for run in list_runs(out)) if out.is_dir() else ""
    raise UsageError(
        f"{text}: there is no such run in {out}. "
        + (f"There are: {known}." if known else "Give the folder of reports with --out.")
    )


def when(run: Run) -> str:
    """Return when a run ended, else when it began: UTC, ISO 8601; '' where nothing says it."""
    recorded = max(run.table["recorded"], default="")
    return recorded if run.ended and recorded else str(run.record.get("started", "")) or recorded


def read_run(folder) -> Run:
    """Return a run folder as it is. Raises DataError when it holds neither a plan nor a table of runs."""
    folder = Path(folder)
    record, table = _read_record(folder / RUN_RECORD), _read_runs(folder / RUNS)
    if "planned" in record:
        planned = pd.DataFrame(record["planned"], columns=["notebook", "REF_AREA", "folder"])
    elif table is not None:
        planned = table[["notebook", "REF_AREA", "folder"]]
    else:
        raise DataError(f"{folder}: holds neither a plan nor {RUNS}. Run `sdg-eval evaluate` again.")
    started = str(record.get("started", ""))
    ended = table is not None and (not started or max(table["recorded"], default="") >= started)
    if not ended:
        table = pd.DataFrame(
            [_said_by(folder, job, started) for job in planned.to_dict("records")], columns=COLUMNS
        )
    return Run(folder.resolve().name, folder, record, planned, table, ended)


def _read_record(path: Path) -> dict:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def _read_runs(path: Path) -> pd.DataFrame | None:
    """runs.csv as text with `folder` and numeric `seconds`; None where there is none."""
    try:
        table = pd.read_csv(path, dtype="str", keep_default_na=False)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read ({error}). Run the same command again.") from error
    if missing := [c for c in COLUMNS[:-1] if c not in table]:
        raise DataError(f"{path}: lacks the column(s) {', '.join(missing)}. Run the same command again.")
    places = [
        f"{FOLDERS[r.notebook]}/{r.REF_AREA}" if r.notebook in FOLDERS else f"national/{r.notebook}"
        for r in table.itertuples()
    ]
    return table.assign(folder=places, seconds=pd.to_numeric(table["seconds"], errors="coerce"))


def _said_by(folder: Path, job: dict, started: str) -> dict:
    """What the folder of one notebook says of itself, if it was written since the batch began."""
    path = folder / job["folder"] / RECORD
    said = _read_record(path)
    written = (
        dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if said else ""
    )
    row = {
        "notebook": job["notebook"],
        "REF_AREA": job["REF_AREA"],
        "folder": job["folder"],
        "seconds": float("nan"),
        "recorded": written,
    }
    if written and written >= started and said.get("status") in STATUSES:
        return row | {"status": said["status"], "error": str(said.get("error", ""))}
    return row | {"status": "interrupted", "error": "the batch was ended before this run", "recorded": ""}


def is_running(folder) -> bool:
    """Return whether a batch holds the folder of a run, or the folder of reports around it, now."""
    return any(_is_held(place) for place in (Path(folder), Path(folder).parent))


def _is_held(folder: Path) -> bool:
    if not (folder / LOCK).exists():
        return False
    try:
        with run_lock(folder):
            return False
    except LockedError:
        return True
    except WriteError:  # not ours to write: nobody can be running here as we
        return False


# ------------------------------------------------------------------ why a run failed


@dataclass(frozen=True)
class Failure:
    """Why one run is not done; what is not known is '' or 0."""

    notebook: str
    area: str
    status: str
    error: str
    cell: int  # among the code cells, as the [n] on the notebook's page
    heading: str  # the heading above the cell
    source: str  # of the cell
    trace: str  # what the kernel said of it
    log: str  # last lines of kernel.log
    folder: Path
    next_th: str
    next_en: str


def explain_failures(run: Run, area: str = "") -> list[Failure]:
    """Return why runs are not done: those of one province, or all. Raises UsageError for a province outside the plan."""
    if area and area not in set(run.planned["REF_AREA"]):
        raise UsageError(
            f"{area}: is not in run {run.name}. It has {', '.join(run.provinces) or 'no provinces'}."
        )
    every = run.planned.merge(
        run.table[[c for c in COLUMNS if c != "folder"]], on=["notebook", "REF_AREA"], how="left"
    )
    every["status"] = every["status"].where(every["status"].isin(STATUSES), UNKNOWN)
    every["error"] = every["error"].fillna("")
    wanted = every[~every["status"].isin(GOOD) & (every["REF_AREA"].eq(area) if area else True)]
    return [_failure(run, row) for row in wanted.to_dict("records")]


def _failure(run: Run, row: dict) -> Failure:
    place = run.folder / row["folder"]
    known = row["status"] not in ("interrupted", UNKNOWN)  # what lies there is of an earlier batch otherwise
    cell, heading, source, trace = (
        _failing_cell(place / "notebook.ipynb", row["error"]) if known else (0, "", "", "")
    )
    return Failure(
        row["notebook"], row["REF_AREA"], row["status"], row["error"], cell, heading, source, trace, _tail(place / LOG) if known else "", place,
        *(next_step(row["status"], f"{row['error']} {trace[-500:]}", lang) for lang in ("th", "en")),
    )  # fmt: skip


def _failing_cell(path: Path, error: str) -> tuple[int, str, str, str]:
    """(number among code cells, heading, source, trace) of the cell that raised or that `error` names; zeros where there is none."""
    named = re.search(r"\bcell (\d+)\b", error)
    number, heading, found = 0, "", (0, "", "", "")
    for cell in _read_record(path).get("cells", []):
        source = "".join(cell.get("source", ""))
        if cell.get("cell_type") == "markdown":
            told = re.search(r"^#+ +(.+)$", source, re.M)
            heading = told[1].strip() if told else heading
        if cell.get("cell_type") != "code" or not source.strip():
            continue
        number += 1
        raised = next((o for o in cell.get("outputs", []) if o.get("output_type") == "error"), None)
        if raised:
            trace = "\n".join(raised.get("traceback", [])) or f"{raised.get('ename')}: {raised.get('evalue')}"
            return number, heading, source, _COLOURS.sub("", trace)
        if named and number == int(named[1]):
            found = (number, heading, source, "")
    return found


def _tail(path: Path) -> str:
    try:
        lines = path.read_bytes()[-64_000:].decode("utf-8", "replace").splitlines()
    except OSError:
        return ""
    return _COLOURS.sub("", "\n".join(lines[-LOG_LINES:]))
