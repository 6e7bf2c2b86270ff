"""The batch: plan, lock, compute what is national once, run the notebooks, write the site."""

from __future__ import annotations

import datetime as dt
import os
import time
from pathlib import Path

import pandas as pd

from sdg_eval.batch import begins_anew
from sdg_eval.batch.audit import command_words, logged_run, write_command
from sdg_eval.batch.cluster import require_scheduler
from sdg_eval.batch.execute import Outcome, get_ready
from sdg_eval.batch.limits import Limits
from sdg_eval.batch.lock import run_lock
from sdg_eval.batch.pages import side_by_side, write_pages
from sdg_eval.batch.plan import (
    DEFAULT_RUN,
    DELIVERY,
    FOLDERS,
    PROVINCE,
    QUARTERLY,
    Job,
    parameters_json,
    parse_languages,
    parse_notebooks,
    parse_provinces,
    parse_report_year,
    parse_run_name,
    plan_jobs,
    run_name,
)
from sdg_eval.batch.prepare import SCORES_FILE, find_inputs, prepare_run
from sdg_eval.batch.results import made_with, parse_hash
from sdg_eval.batch.run import count_workers, remove_others, run_all, stopped_by_signals
from sdg_eval.batch.screen import unless_closed
from sdg_eval.batch.workers import Pool
from sdg_eval.claims.check import make_ledger, standing_faults
from sdg_eval.codelists import read_codelists
from sdg_eval.errors import DataError, RunsFailedError, UsageError, WriteError
from sdg_eval.publish.documents.pdf import PdfMissingError
from sdg_eval.publish.documents.shelf import drop_outdated, parse_formats, write_documents
from sdg_eval.run_table import GOOD, reconcile, totals
from sdg_eval.store import csv_bytes, last_instant, write_atomic, write_json
from sdg_eval.wording import LANGUAGES

MOST_FAULTS = 20
"""Claims told at the end of a batch; the command `runs claims` tells all."""


def evaluate_provinces(
    *, provinces: str, observations: Path, out: Path, run: str | None, report_year: int | None, jobs: int | None,
    lang: str, parameters: list[str], again: bool = False, delivery: Path | None = None, quarter: str = "", notebooks: list[str] | None = None,
    as_of: str | None = None, expect: str = "", cell_timeout: float | None = None, notebook_timeout: float | None = None,
    memory: float | None = None, scheduler: str = "local", formats: str | None = None, say=print,
) -> pd.DataFrame:  # fmt: skip
    """Evaluate provinces into `out`/`run` and return the table of runs (also written as runs.csv).

    Parameters
    ----------
    provinces
        `pilot`, `all` or a comma list.
    observations
        A store folder, or a CSV or Parquet file of observations.
    parameters
        NAME=VALUE texts for the notebooks.
    delivery
        Folder of delivery tables, or a store that holds them; None: what needs them is left out. So it is where the tables hold no
        quarter yet, unless a quarter or a notebook of delivery is asked for.
    quarter
        Thai fiscal quarter of the quarterly report, as 2567Q2; '' takes the last one with something done or paid.
    notebooks
        Names or numbers of the notebooks wanted; none: all.
    as_of
        A UTC day (2024-03-31) or an instant: the store as it was at its end, in a run of its own name. The report year is that of the day.
    expect
        Hash that the tables and figures must have, or its first 12 digits or more.
    cell_timeout, notebook_timeout
        Seconds that one cell and one notebook may take; None: 600 and 3600.
    memory
        MB that one notebook may take; None: 2000.
    scheduler
        `local`, or the address of a Dask scheduler, as tcp://host:8786.
    formats
        Comma list of what is published: `html`, the site, always; with it documents (`shelf.FORMATS`). None: the site alone.
    say
        Takes lines for the reader.

    Raises
    ------
    KeyboardInterrupt
        After Ctrl-C, SIGTERM or SIGHUP, when everything it started has ended; runs.csv and the site say what is `interrupted`.
    UsageError, DataError, LockedError, WriteError
        Before anything is run.
    RunsFailedError
        After everything ran, when a run failed, which the site says; or when a sentence says what the tables do not.
    DataError
        After everything ran, when the results are not those expected.
    PdfMissingError
        After everything ran, when PDF was asked for and cannot be written on this computer.
    """
    printed, late = parse_formats(formats) if formats else (), None
    scheduler = require_scheduler(scheduler)
    say, codelists = unless_closed(say), read_codelists()
    areas = parse_provinces(provinces, codelists)
    as_of, expected = _parse_as_of(as_of, observations), parse_hash(expect) if expect else ""
    languages, year = parse_languages(lang), parse_report_year(report_year or (int(as_of[:4]) if as_of else None))
    own = DEFAULT_RUN if Path(observations).is_file() else Path(observations).resolve().name
    name = parse_run_name(run or (f"{own}-{as_of[:10]}" if as_of else own))
    bounds = {"cell_seconds": cell_timeout, "notebook_seconds": notebook_timeout, "memory_mb": memory}
    limits = Limits(**{name: value for name, value in bounds.items() if value is not None})
    wanted = parse_notebooks(notebooks or [])
    asked = bool(notebooks) and bool({QUARTERLY, *DELIVERY} & set(wanted))
    inputs = find_inputs(observations, delivery, quarter, parameters, codelists, out, name, asked=asked, as_of=as_of, say=say)
    planned = plan_jobs(
        areas, report_year=year, lang=languages, overrides=parameters, pilots=sorted(codelists.rollout["REF_AREA"]), quarter=inputs.quarter,
        scores=SCORES_FILE if inputs.scores else "", notebooks=wanted, run=name,
    )  # fmt: skip
    inputs.require_values()
    call = {
        "provinces": provinces, "observations": _whole(observations), "run": name, "report_year": year, "jobs": jobs, "lang": lang,
        "parameters": [_whole_parameter(text) for text in parameters], "delivery": _whole(delivery) if delivery else None,
        "quarter": inputs.quarter, "notebooks": list(notebooks or []), "as_of": as_of,
        "cell_timeout": cell_timeout, "notebook_timeout": notebook_timeout, "memory": memory, "scheduler": scheduler, "formats": formats,
    }  # fmt: skip
    words = command_words(call)
    folder = Path(out) / name
    with stopped_by_signals(), Pool(count_workers(jobs), get_ready) as pool, run_lock(folder), logged_run(out, name, command=words, as_of=as_of or "", planned=len(planned)) as ending:
        write_command(out, name, call)
        record = made_with() | {
            "run": name, "lang": languages, "command": words, "as_of": as_of, "started": _now(),
            "planned": [{"notebook": job.notebook, "REF_AREA": job.area, "folder": job.folder} for job in planned],
        }  # fmt: skip
        write_json(folder / "record.json", record)  # from here on the run is one that has not ended
        begun = time.monotonic()
        if scheduler == "local" and begins_anew(out, name, again):
            pool.start(len(planned))
        prepared, keys = prepare_run(inputs, planned, codelists, out, name, year=year, confidence=_confidence(planned), workers=pool.count)
        record |= prepared | {"seconds": {"preparation": round(time.monotonic() - begun, 1)}}
        write_json(folder / "record.json", record)
        say(f"{len(areas)} provinces, report year {year}, {f'quarter {inputs.quarter}, ' if inputs.quarter else ''}data {record['data_hash'][:12]}")
        begun = time.monotonic()
        outcomes = run_all(
            planned, folder, lambda job: keys[job.name], pool, say, again=again, synthetic=record["synthetic"], limits=limits, scheduler=scheduler,
        )  # fmt: skip
        record["seconds"]["notebooks"] = round(time.monotonic() - begun, 1)
        write_json(folder / "record.json", record)
        remove_others(folder, areas)
        runs = _runs_table(planned, outcomes, record, keys)
        write_atomic(folder / "runs.csv", csv_bytes(runs))
        counts = totals(reconcile(pd.DataFrame(record["planned"]), runs))
        # Whoever stops a batch waits: then only the pages that say so are written; the same command writes the others.
        undone = runs.loc[~runs["status"].isin(GOOD), ["notebook", "REF_AREA"]]
        drop_outdated(folder, record)
        if printed and not counts["interrupted"]:
            try:
                spoken = LANGUAGES if languages == "both" else (languages,)
                write_documents(folder, codelists, record, runs, formats=printed, languages=spoken, several=side_by_side(pool), say=say)
            except PdfMissingError as error:
                late = error  # the results stand, and their pages are written
        anew = write_pages(out, codelists, record, runs, keys, only=set(undone.itertuples(index=False, name=None)) if counts["interrupted"] else None, pool=pool)
        faults = [] if counts["interrupted"] else None if anew else standing_faults(folder)
        if faults is None:
            faults = make_ledger(folder, codelists, several=side_by_side(pool))[1]
        wrong = [fault for fault in faults if fault.decides]
        complete = counts["agrees"] and bool(runs["status"].isin(GOOD).all()) and not wrong
        if complete:
            _point_latest(Path(out), name)
        ending |= {
            "status": "complete" if complete else "interrupted" if counts["interrupted"] else "incomplete", "counts": counts,
            "data_hash": record["data_hash"], "code_hash": record["code_hash"], "kept": [o.folder for o in outcomes if o.status == "kept"],
        }  # fmt: skip
    _summarise(runs, folder, say)
    for fault in wrong[:MOST_FAULTS]:
        say(f"  claim: {fault}")
    if loose := len(faults) - len(wrong):
        say(f"{loose} numbers or words of the prose could not be followed to a table (nothing is known to be wrong): `sdg-eval runs claims {name} --out {out}`")
    say(f"log entry {ending['entry']['number']}, sha256 {ending['entry']['sha256'][:16]}; tables and figures, sha256 {ending['results'][:16]}")
    if counts["interrupted"]:
        raise KeyboardInterrupt
    if wrong:
        raise RunsFailedError(
            f"{folder}: {len(wrong)} numbers or words of the prose are not those of the tables, the first: {wrong[0]} "
            f"`sdg-eval runs claims {name} --out {out}` tells all of them. Do not hand out this run."
        )
    if not complete:
        failed = ", ".join(o.name for o in outcomes if o.status not in GOOD)
        raise RunsFailedError(f"Not done: {failed}. The other results stand; `sdg-eval runs why {name} --out {out}` tells the reasons.")
    if expected and not ending["results"].startswith(expected):
        raise DataError(
            f"{folder}: tables and figures have sha256 {ending['results']}, expected was {expected}. `sdg-eval runs compare` with the earlier run "
            "names what differs, and whether data, code or packages were others."
        )
    if late:
        raise late
    return runs


def _parse_as_of(text: str | None, observations) -> str | None:
    """The moment a run is to be rebuilt for. Raises UsageError for no date, for the future, and for a file, which knows no history."""
    if not text:
        return None
    if not Path(observations).is_dir():
        raise UsageError(f"--as-of {text}: {observations} is no store, and knows only how things are now. Give --store.")
    # a day further on: it is tomorrow in Bangkok seven hours before it is in UTC
    if last_instant(text)[:10] > (dt.datetime.now(dt.UTC) + dt.timedelta(days=1)).strftime("%Y-%m-%d"):
        raise UsageError(f"--as-of {text}: lies in the future. What will be known then cannot be rebuilt.")
    return text


def _whole(path) -> str:
    """A path that leads to the same place from any folder."""
    return str(Path(path).resolve())


def _whole_parameter(text: str) -> str:
    name, _, value = text.partition("=")
    return f"{name}={_whole(value)}" if name == "SURVEY" and value else text


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def _confidence(planned: list[Job]) -> float:
    """The confidence that notebooks were given; 0.95 where none of those wanted takes it."""
    return next((job.parameters["CONFIDENCE"] for job in planned if "CONFIDENCE" in job.parameters), 0.95)


def _runs_table(planned: list[Job], outcomes: list[Outcome], record: dict, keys: dict[str, str]) -> pd.DataFrame:
    ended = _now()
    rows = [
        {
            "notebook": job.notebook, "REF_AREA": job.area, "status": outcome.status, "seconds": outcome.seconds,
            "error": outcome.error, "key": keys[job.name], "parameters": parameters_json(job), "data_hash": record["data_hash"],
            "code_hash": record["code_hash"], "version": record["version"], "recorded": ended,
        }  # fmt: skip
        for job, outcome in zip(planned, outcomes, strict=True)
    ]
    return pd.DataFrame(rows)


def _point_latest(out: Path, name: str) -> None:
    """Make `latest` lead to the run; where links are not allowed, a file holds its name."""
    link, temporary = out / "latest", out / ".latest.tmp"
    try:
        temporary.unlink(missing_ok=True)
        try:
            temporary.symlink_to(name, target_is_directory=True)
        except OSError:
            temporary.write_text(name + "\n", encoding="utf-8")
        os.replace(temporary, link)
    except OSError as error:
        raise WriteError(f"{link}: cannot be written ({error.strerror}).") from error


def _summarise(runs: pd.DataFrame, folder: Path, say) -> None:
    """Tell the counts, every run that is not done, and where the site is."""
    wanted = [name for name in FOLDERS if (runs["notebook"] == name).any()]  # of a run without evaluations, the first that speaks of provinces
    provinces = runs[runs["notebook"] == (wanted[0] if wanted else PROVINCE)]
    done = int(provinces["status"].isin(GOOD).sum())
    for row in runs[~runs["status"].isin(GOOD)].to_dict("records"):
        say(f"  {run_name(row['notebook'], row['REF_AREA'])}: {row['status']}. {row['error']}")
    counts = ", ".join(f"{count} {status}" for status, count in runs["status"].value_counts().sort_index().items())
    say(f"{done} of {len(provinces)} provinces ({counts}); slowest {runs['seconds'].max():.0f} s")
    say(f"open {(folder / 'index.html').resolve().as_uri()}")
