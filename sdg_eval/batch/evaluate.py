"""The batch: plan, lock, compute what is national once, run the notebooks, write the site."""

from __future__ import annotations

import concurrent.futures as futures
import hashlib
import os
import shutil
import sys
import time
from pathlib import Path

import pandas as pd

from sdg_eval import __version__
from sdg_eval.batch.execute import Outcome, is_done, run_job
from sdg_eval.batch.lock import run_lock
from sdg_eval.batch.plan import (
    DEFAULT_RUN,
    DELIVERY,
    FOLDERS,
    NOTEBOOKS,
    PROVINCE,
    QUARTERLY,
    Job,
    inputs_folder,
    parameters_json,
    parse_languages,
    parse_notebooks,
    parse_provinces,
    parse_report_year,
    parse_run_name,
    plan_jobs,
    run_name,
)
from sdg_eval.codelists import read_codelists
from sdg_eval.data_report import all_sources, evaluate_data
from sdg_eval.delivery.columns import delivery_tables
from sdg_eval.delivery.known import quarters_on_record, reported_quarters
from sdg_eval.delivery.restricted import is_restricted, open_beside, read_rows, register_output
from sdg_eval.delivery.tables import Delivery, read_delivery, with_registers
from sdg_eval.derive import with_derived
from sdg_eval.errors import DataError, RunsFailedError, UsageError, WriteError
from sdg_eval.evaluation import evaluate_national
from sdg_eval.intake.template import parse_quarter
from sdg_eval.people_report import SCORES, SURVEY, read_persons
from sdg_eval.publish import write_site
from sdg_eval.quarterly_report import prepare_quarter, write_prepared
from sdg_eval.store import (
    BOUNDARIES,
    csv_bytes,
    data_hash,
    parquet_bytes,
    read_observations,
    write_atomic,
    write_json,
)
from sdg_eval.suppression import suppress
from sdg_eval.thai import BE_OFFSET

PURPOSE = "quarterly_report"
"""What the log of the restricted store says of a batch."""
SCORES_FILE = f"restricted/{SCORES}.csv"
"""Training scores, as seen from the inputs of a run."""
PACKAGE = Path(__file__).parents[1]
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
    tables, quarter, scores = _delivery(delivery, quarter, asked=bool(notebooks) and bool({QUARTERLY, *DELIVERY} & set(wanted)), say=say)
    planned = plan_jobs(
        areas, report_year=year, lang=languages, overrides=parameters, pilots=sorted(codelists.rollout["REF_AREA"]), quarter=quarter,
        scores=SCORES_FILE if scores else "", notebooks=wanted, run=name,
    )  # fmt: skip
    persons = {kind: path for kind, path in ((SCORES, scores), (SURVEY, _survey(parameters))) if path}
    table = read_observations(observations)
    if table.empty:
        raise DataError(f"{observations}: holds no values. Import files first.")
    with run_lock(out):
        folder = Path(out) / name
        record = _prepare(table, codelists, folder, year, _confidence(planned), observations, tables, quarter, persons)
        say(f"{len(areas)} provinces, report year {year}, {f'quarter {quarter}, ' if quarter else ''}data {record['data_hash'][:12]}")
        outcomes = _run_all(planned, folder, record, _workers(jobs), again, say)
        _remove_others(folder, areas)
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


def _delivery(folder: Path | None, quarter: str, *, asked: bool = False, say=print) -> tuple[dict[str, pd.DataFrame], str, Path | None]:
    """(delivery tables, quarter, where the training scores are); nothing where there are no tables.

    `asked` says that a notebook of delivery was named. Raises UsageError for a quarter without any tables, or outside those they
    speak of; DataError where something of delivery is asked for and the tables hold no quarter.
    """
    if folder is None:
        if quarter:
            raise UsageError("--quarter needs delivery tables. Give --delivery, or a store that `sdg-eval delivery` has filled.")
        return {}, "", None
    open_tables = [name for name, spec in delivery_tables().items() if not spec.restricted]
    read = read_delivery(folder)
    tables = {name: getattr(read, name) for name in open_tables if len(getattr(read, name))}
    known = quarters_on_record(Delivery(tables))
    if not known:
        if quarter or asked:
            raise DataError(f"{folder}: holds no delivery tables with quarters. Take in workbooks with `sdg-eval delivery`.")
        say("the delivery tables hold no quarter yet: what needs them is left out")
        return {}, "", None
    return tables, _asked_quarter(quarter, known) if quarter else _last_quarter(Delivery(tables), known), _scores(Path(folder))


def _asked_quarter(text: str, known: list[str]) -> str:
    """The quarter asked for. Raises UsageError for a year of the common era, and for a quarter outside those on record."""
    span = f"The delivery tables speak of {known[0]} to {known[-1]}."
    quarter = f"{parse_quarter(text).fiscal_year_ce + BE_OFFSET}Q{text.strip()[-1]}"
    if text.strip()[:4] != quarter[:4]:
        raise UsageError(f"--quarter {text}: write the Thai fiscal year in the Buddhist Era, as {quarter}. {span}")
    if not known[0] <= quarter <= known[-1]:
        raise UsageError(f"--quarter {text}: nothing is known of it. {span}")
    return quarter


def _last_quarter(delivery: Delivery, known: list[str]) -> str:
    """The last quarter in which something was done or paid; before anything was, the first of those planned."""
    reported = reported_quarters(delivery)
    return reported[-1] if reported else known[0]


def _scores(folder: Path) -> Path | None:
    """Where the training scores of a delivery folder are: the restricted store, or a file; None where there are none."""
    place = folder / "restricted"
    return place if is_restricted(place) else next((p for p in [place / f"{SCORES}.csv"] if p.is_file()), None)


def _workers(jobs: int | None) -> int:
    return jobs or max(1, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


def _prepare(table, codelists, folder: Path, year: int, confidence: float, origin, delivery: dict, quarter: str, persons: dict[str, Path] | None = None) -> dict:
    """Write what all provinces share: observations, national tables, boundaries; return the record.

    The delivery tables as they came in go beside the run, for the notebooks alone (`inputs_folder` says why).
    """
    national = folder / "national"
    shutil.rmtree(national / "delivery", ignore_errors=True)  # where runs of an earlier version had them
    digest = _write_inputs(inputs_folder(folder.parent, folder.name), delivery, persons or {}, data_hash(table))
    # nothing that is written from here on can hold a small cell: every statistic is computed without them
    invented = [table, *(frame for frame in delivery.values() if "source" in frame)]
    table, synthetic = suppress(with_derived(table, codelists), codelists), any((frame["source"] == "synthetic").any() for frame in invented)
    write_atomic(national / "observations.parquet", parquet_bytes(table))
    tables = evaluate_national(table, codelists, report_year=year, confidence=confidence)
    tables.write(national, synthetic)
    shutil.rmtree(national / "letters", ignore_errors=True)
    evaluate_data(table, all_sources(origin), codelists, tables, report_year=year).write(national, codelists, synthetic=synthetic)
    boundaries = Path(origin) / BOUNDARIES
    if boundaries.is_file():
        write_atomic(national / BOUNDARIES, boundaries.read_bytes())
    else:
        (national / BOUNDARIES).unlink(missing_ok=True)
    if quarter:
        prepared = prepare_quarter(table, with_registers(Delivery(delivery)), codelists, quarter, report_year=year)
        write_prepared(prepared, national)
    record = {
        "version": __version__, "report_year": year, "confidence": confidence, "data_hash": digest,
        "code_hash": code_hash(codelists), "synthetic": synthetic, "quarter": quarter,
    }  # fmt: skip
    write_json(folder / "record.json", record)
    return record


def _survey(parameters: list[str]) -> Path | None:
    """Where `-p SURVEY=` says that answers of persons are: the restricted store, or a file."""
    given = [text.partition("=")[2] for text in parameters if text.startswith("SURVEY=")]
    return Path(given[-1]) if given and given[-1] else None


def _write_inputs(folder: Path, delivery: dict[str, pd.DataFrame], persons: dict[str, Path], digest: str) -> str:
    """Write delivery tables and rows of persons where only their owner may read them; return `digest` continued over them.

    Rows from the restricted store are read through its log, and the file is registered there, so that a deletion reaches it.
    """
    shutil.rmtree(folder, ignore_errors=True)
    if not delivery and not persons:
        return digest
    try:
        for path in (folder.parent, folder, folder / "delivery", folder / "restricted"):
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.chmod(0o700)
    except OSError as error:
        raise WriteError(f"{folder}: cannot be made ({error.strerror}).") from error
    contents = {f"delivery/{name}.csv": csv_bytes(frame) for name, frame in sorted(delivery.items())}
    contents |= {f"restricted/{kind}.csv": _persons(kind, place, folder / "restricted" / f"{kind}.csv") for kind, place in persons.items()}
    for name, content in contents.items():
        write_atomic(folder / name, content, mode=0o600)
        digest = hashlib.sha256(digest.encode() + Path(name).stem.encode() + content).hexdigest()
    return digest


def _persons(table: str, place: Path, target: Path) -> bytes:
    """Rows of persons as CSV. What comes from the restricted store is registered before it is written, so no file is unknown there."""
    if not is_restricted(place):
        return csv_bytes(read_persons(table, str(place)))
    store = open_beside(place)
    rows = read_rows(store, table, purpose=PURPOSE)
    register_output(store, target, rows, purpose=PURPOSE)
    return csv_bytes(rows[[c for c in read_persons(table, "") if c in rows]])


def code_hash(codelists) -> str:
    """Return sha256 over package, notebooks and codelists: a result is kept only if none of them changed."""
    digest = hashlib.sha256()
    for root, pattern in ((PACKAGE, "**/*"), (NOTEBOOKS, "*.ipynb"), (codelists.folder, "*.csv")):
        for path in sorted(root.glob(pattern)):
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


def _fingerprint(job: Job, record: dict) -> str:
    text = f"{job.notebook} {parameters_json(job)} {record['data_hash']} {record['code_hash']}"
    return hashlib.sha256(text.encode()).hexdigest()


def _run_all(planned: list[Job], folder: Path, record: dict, workers: int, again: bool, say) -> list[Outcome]:
    """Run what is not done yet, `workers` at a time; Ctrl-C keeps what is complete."""
    from sdg_eval.batch.screen import Progress

    outcomes, open_jobs = {}, []
    for job in planned:
        if not again and is_done(job, folder, _fingerprint(job, record)):
            outcomes[job.name] = Outcome(job.notebook, job.area, job.folder, "kept", 0.0)
        else:
            open_jobs.append(job)
    with Progress(len(planned), say, stream=sys.stderr) as progress:
        for outcome in outcomes.values():
            progress.tell(outcome)
        try:
            for outcome in _run_open(open_jobs, folder, record, workers):
                outcomes[outcome.name] = outcome
                progress.tell(outcome)
        except KeyboardInterrupt:
            say("interrupted: finished provinces are kept")
    return [
        outcomes.get(job.name, Outcome(job.notebook, job.area, job.folder, "interrupted", 0.0)) for job in planned
    ]


def _run_open(open_jobs: list[Job], folder: Path, record: dict, workers: int):
    """Yield outcomes as they end."""
    import multiprocessing

    if not open_jobs:
        return
    context = multiprocessing.get_context("spawn")
    pool = futures.ProcessPoolExecutor(min(workers, len(open_jobs)), mp_context=context)
    started = {pool.submit(run_job, job, folder, _fingerprint(job, record), record["synthetic"]): job for job in open_jobs}
    try:
        for done in futures.as_completed(started):
            job, problem = started[done], done.exception()
            if problem is None:
                yield done.result()
            else:  # the worker itself was killed: memory, or a crash below Python
                yield Outcome(job.notebook, job.area, job.folder, "failed", 0.0, f"{type(problem).__name__}: {problem}")
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _remove_others(folder: Path, areas: list[str]) -> None:
    """Drop province folders of an earlier call with the same name, and what a killed run left behind."""
    for part in FOLDERS.values():
        for path in (folder / part).glob("*"):
            if path.name not in areas:
                shutil.rmtree(path, ignore_errors=True)
    for path in (folder / "national").glob(".*.tmp"):
        shutil.rmtree(path, ignore_errors=True)


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
