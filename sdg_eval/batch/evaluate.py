"""The batch: plan, lock, compute what is national once, run the notebooks, write the site."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pandas as pd

from sdg_eval.batch.execute import Outcome
from sdg_eval.batch.lock import run_lock
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
from sdg_eval.batch.prepare import SCORES_FILE, delivery_inputs, prepare_run, survey_file
from sdg_eval.batch.run import count_workers, remove_others, run_all
from sdg_eval.codelists import read_codelists
from sdg_eval.errors import DataError, RunsFailedError, WriteError
from sdg_eval.people_report import SCORES, SURVEY
from sdg_eval.publish import write_site
from sdg_eval.store import csv_bytes, read_observations, write_atomic

DONE = ("done", "kept")


def evaluate_provinces(
    *, provinces: str, observations: Path, out: Path, run: str | None, report_year: int | None, jobs: int | None,
    lang: str, parameters: list[str], again: bool = False, delivery: Path | None = None, quarter: str = "", notebooks: list[str] | None = None, say=print,
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
    say
        Takes lines for the reader.

    Raises
    ------
    UsageError, DataError, LockedError, WriteError
        Before anything is run.
    RunsFailedError
        After everything ran, when a run failed; the site says which.
    """
    codelists = read_codelists()
    areas = parse_provinces(provinces, codelists)
    languages, year = parse_languages(lang), parse_report_year(report_year)
    name = parse_run_name(run or (DEFAULT_RUN if Path(observations).is_file() else Path(observations).resolve().name))
    wanted = parse_notebooks(notebooks or [])
    tables, quarter, scores = delivery_inputs(delivery, quarter, asked=bool(notebooks) and bool({QUARTERLY, *DELIVERY} & set(wanted)), say=say)
    planned = plan_jobs(
        areas, report_year=year, lang=languages, overrides=parameters, pilots=sorted(codelists.rollout["REF_AREA"]), quarter=quarter,
        scores=SCORES_FILE if scores else "", notebooks=wanted, run=name,
    )  # fmt: skip
    persons = {kind: path for kind, path in ((SCORES, scores), (SURVEY, survey_file(parameters))) if path}
    table = read_observations(observations)
    if table.empty:
        raise DataError(f"{observations}: holds no values. Import files first.")
    with run_lock(out):
        folder = Path(out) / name
        record = prepare_run(table, codelists, folder, year, _confidence(planned), observations, tables, quarter, persons)
        say(f"{len(areas)} provinces, report year {year}, {f'quarter {quarter}, ' if quarter else ''}data {record['data_hash'][:12]}")
        outcomes = run_all(planned, folder, record, count_workers(jobs), again, say)
        remove_others(folder, areas)
        runs = _runs_table(planned, outcomes, record)
        write_atomic(folder / "runs.csv", csv_bytes(runs))
        write_site(folder, codelists, record | {"run": name, "lang": languages}, runs)
        complete = bool(runs["status"].isin(DONE).all())
        if complete:
            _point_latest(Path(out), name)
    _summarise(runs, folder, say)
    if (runs["status"] == "interrupted").any():
        raise KeyboardInterrupt
    if not complete:
        failed = ", ".join(o.name for o in outcomes if o.status not in DONE)
        raise RunsFailedError(f"Not done: {failed}. The other results stand; {folder / 'runs.csv'} has the reasons.")
    return runs


def _confidence(planned: list[Job]) -> float:
    """The confidence that notebooks were given; 0.95 where none of those wanted takes it."""
    return next((job.parameters["CONFIDENCE"] for job in planned if "CONFIDENCE" in job.parameters), 0.95)


def _runs_table(planned: list[Job], outcomes: list[Outcome], record: dict) -> pd.DataFrame:
    started = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    rows = [
        {
            "notebook": job.notebook, "REF_AREA": job.area, "status": outcome.status, "seconds": outcome.seconds,
            "error": outcome.error, "parameters": parameters_json(job), "data_hash": record["data_hash"],
            "code_hash": record["code_hash"], "version": record["version"], "recorded": started,
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
    done = int(provinces["status"].isin(DONE).sum())
    for row in runs[~runs["status"].isin(DONE)].to_dict("records"):
        say(f"  {run_name(row['notebook'], row['REF_AREA'])}: {row['status']}. {row['error']}")
    counts = ", ".join(f"{count} {status}" for status, count in runs["status"].value_counts().sort_index().items())
    say(f"{done} of {len(provinces)} provinces ({counts}); slowest {runs['seconds'].max():.0f} s")
    say(f"open {(folder / 'index.html').resolve().as_uri()}")
