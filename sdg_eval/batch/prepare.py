"""What all runs of a batch share, computed once and written before any notebook runs: national tables, and each run's slice.

The preparation goes in stages. A stage is kept while what it rests on is the same and its files are what was written, so a new
delivery table computes no trend again, and nothing is done twice after a kill. A state file beside the run's inputs holds the
hash of every file; what it does not vouch for is made anew. So files of the preparation are not flushed to disk one by one:
one that a power cut tore has not its hash.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from sdg_eval import __version__
from sdg_eval.batch.keys import (
    code_hash,
    data_identity,
    delivery_identity,
    digest,
    file_digest,
    persons_identity,
    preparation_hash,
    result_hash,
    run_key,
    slice_digest,
)
from sdg_eval.batch.plan import INPUTS, PEERS, PILOT, QUARTERLY, SLICES, Job, inputs_folder, parameters_json
from sdg_eval.batch.workers import WorkerLost, begun_beside
from sdg_eval.errors import DataError, UsageError, WriteError
from sdg_eval.store import BOUNDARIES, csv_bytes, write_atomic
from sdg_eval.thai import BE_OFFSET

if TYPE_CHECKING:
    from sdg_eval.evaluation import National

PURPOSE = "quarterly_report"
"""What the log of the restricted store says of a batch."""
SCORES, SURVEY = "training_score", "survey_answer"
SCORES_FILE = f"restricted/{SCORES}.csv"
"""Training scores, as seen from the inputs of a run."""
SYNTHETIC = "synthetic"
OBSERVATIONS = "observations.parquet"
"""Of all provinces, as they may be shown."""
LONGEST_SECONDS = 1800.0
"""After which the process that works out the national tables is taken for stuck."""
EFFECTS = ("60_pilot_effect", "65_overall_evaluation")
"""Notebooks that tell of the judged outcomes of the programme."""


# ---------------------------------------------------------------- what is read


@dataclass(frozen=True)
class Inputs:
    """What a batch reads: where it is, what tells it from other data, and the tables once they are asked for."""

    observations: Path
    as_of: str | None = None
    delivery: Path | None = None
    quarter: str = ""
    """'' where no delivery table holds a quarter."""
    asked_quarter: str = ""
    scores: Path | None = None
    survey: Path | None = None
    known: bool = False
    """The run was prepared from the same before."""

    def require_values(self) -> None:
        """Raise DataError where there are no observations; those that a run was prepared from are not read again."""
        if not self.known:
            _ = self.table

    @cached_property
    def table(self) -> pd.DataFrame:
        """The observations. Raises DataError where there are none."""
        from sdg_eval.store import read_as_of, read_observations

        table = read_as_of(self.observations, self.as_of) if self.as_of else read_observations(self.observations)
        if table.empty:
            raise DataError(f"{self.observations}: holds no values{f' on {self.as_of}' if self.as_of else ''}. Import files first.")
        return table

    @cached_property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The delivery tables that have rows, but for rows of persons."""
        return open_tables(self.delivery, self.as_of) if self.quarter else {}

    @property
    def persons(self) -> dict[str, Path]:
        """Where rows of persons are, by table: the restricted store, or a file."""
        return {kind: place for kind, place in ((SCORES, self.scores), (SURVEY, self.survey)) if place}

    @cached_property
    def identity(self) -> dict[str, str]:
        """A hash of each kind of data, which needs none of it read."""
        return {
            "observations": data_identity(self.observations, self.as_of), "delivery": delivery_identity(self.delivery, self.as_of),
            "scores": persons_identity(self.scores), "survey": persons_identity(self.survey),
        }  # fmt: skip


def find_inputs(
    observations, delivery, quarter: str, parameters: list[str], codelists, out, run: str, *, asked: bool = False, as_of: str | None = None, say=print,
) -> Inputs:  # fmt: skip
    """Return what a batch reads; no table is opened where the run was prepared from the same before.

    `asked` says that a notebook of delivery was named. Raises UsageError for a quarter without any tables, or outside those they
    speak of; DataError where something of delivery is asked for and the tables hold no quarter.
    """
    known, survey = read_state(out, run), survey_file(parameters)
    same = Inputs(Path(observations), as_of, delivery, known.get("quarter", ""), quarter, _scores(delivery) if delivery and known.get("quarter") else None, survey, True)
    resolved = quarter in (known.get("asked_quarter"), known.get("quarter")) and (same.quarter or not asked)
    if resolved and known.get("identity") == same.identity and known.get("code") == preparation_hash(codelists):
        return same
    tables, found, scores = delivery_inputs(delivery, quarter, asked=asked, as_of=as_of, say=say)
    fresh = Inputs(Path(observations), as_of, delivery, found, quarter, scores, survey)
    fresh.__dict__["tables"] = tables  # read already
    return fresh


def open_tables(folder, as_of: str | None = None) -> dict[str, pd.DataFrame]:
    """Return the delivery tables of a folder or store that have rows, but for those of persons."""
    from sdg_eval.delivery.columns import delivery_tables
    from sdg_eval.delivery.tables import read_delivery

    read = read_delivery(folder, as_of)
    names = [name for name, spec in delivery_tables().items() if not spec.restricted]
    return {name: getattr(read, name) for name in names if len(getattr(read, name))}


def delivery_inputs(folder: Path | None, quarter: str, *, asked: bool = False, as_of: str | None = None, say=print) -> tuple[dict[str, pd.DataFrame], str, Path | None]:
    """(delivery tables, quarter, where the training scores are); nothing where there are no tables.

    `asked` says that a notebook of delivery was named. Raises UsageError for a quarter without any tables, or outside those they
    speak of; DataError where something of delivery is asked for and the tables hold no quarter.
    """
    from sdg_eval.delivery.known import quarters_on_record
    from sdg_eval.delivery.tables import Delivery

    if folder is None:
        if quarter:
            raise UsageError("--quarter needs delivery tables. Give --delivery, or a store that `sdg-eval delivery` has filled.")
        return {}, "", None
    tables = open_tables(folder, as_of)
    known = quarters_on_record(Delivery(tables))
    if not known:
        if quarter or asked:
            raise DataError(f"{folder}: holds no delivery tables with quarters. Take in workbooks with `sdg-eval delivery`.")
        say("the delivery tables hold no quarter yet: what needs them is left out")
        return {}, "", None
    return tables, _asked_quarter(quarter, known) if quarter else _last_quarter(Delivery(tables), known), _scores(folder)


def _asked_quarter(text: str, known: list[str]) -> str:
    """The quarter asked for. Raises UsageError for a year of the common era, and for a quarter outside those on record."""
    from sdg_eval.intake.template import parse_quarter

    span = f"The delivery tables speak of {known[0]} to {known[-1]}."
    quarter = f"{parse_quarter(text).fiscal_year_ce + BE_OFFSET}Q{text.strip()[-1]}"
    if text.strip()[:4] != quarter[:4]:
        raise UsageError(f"--quarter {text}: write the Thai fiscal year in the Buddhist Era, as {quarter}. {span}")
    if not known[0] <= quarter <= known[-1]:
        raise UsageError(f"--quarter {text}: nothing is known of it. {span}")
    return quarter


def _last_quarter(delivery, known: list[str]) -> str:
    """The last quarter in which something was done or paid; before anything was, the first of those planned."""
    from sdg_eval.delivery.known import reported_quarters

    reported = reported_quarters(delivery)
    return reported[-1] if reported else known[0]


def _scores(folder) -> Path | None:
    """Where the training scores of a delivery folder are: the restricted store, or a file; None where there are none."""
    from sdg_eval.delivery.restricted import is_restricted

    place = Path(folder) / "restricted"
    return place if is_restricted(place) else next((p for p in [place / f"{SCORES}.csv"] if p.is_file()), None)


def survey_file(parameters: list[str]) -> Path | None:
    """Where `-p SURVEY=` says that answers of persons are: the restricted store, or a file."""
    given = [text.partition("=")[2] for text in parameters if text.startswith("SURVEY=")]
    return Path(given[-1]) if given and given[-1] else None


# ---------------------------------------------------------------- what was written, and whether it still stands


def state_path(out, run: str) -> Path:
    """Return where the state of a run's preparation is kept: open to its owner alone, for it holds hashes of what is restricted."""
    return Path(out) / INPUTS / f".{run}.prepared.json"


def read_state(out, run: str) -> dict:
    """Return what is known of a run's preparation; {} where there is nothing, or it cannot be read."""
    try:
        return json.loads(state_path(out, run).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


@dataclass
class Preparation:
    """The preparation of one run in the making: which stages stand, and the hash of every file they wrote."""

    out: Path
    run: str
    before: dict
    stages: dict[str, dict] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        return self.out / self.run

    def place(self, name: str) -> Path:
        """Return where a file is: names are relative to `out`, so that a reports folder may be moved."""
        return self.out / name

    def stands(self, stage: str, key: str) -> bool:
        """True when a stage was made with the same key and each of its files is what was written; then it is taken over."""
        held = self.before.get("stages", {}).get(stage, {})
        if held.get("key") != key or not self.whole(held):
            return False
        self.stages[stage] = held
        return True

    def whole(self, held: dict) -> bool:
        """True when each file of a stage is what was written."""
        try:
            stats = {name: [self.place(name).stat().st_size, self.place(name).stat().st_mtime_ns] for name in held.get("private", {})}
        except OSError:
            return False
        return stats == held.get("private", {}) and all(file_digest(self.place(name)) == expected for name, expected in held["files"].items())

    def done(self, stage: str, key: str, names: Iterable[str], *, private: Iterable[str] = (), **told) -> None:
        """Note that a stage is done. Of `private` files, which hold rows of persons, no hash is taken: size and time must do."""
        stats = {name: [self.place(name).stat().st_size, self.place(name).stat().st_mtime_ns] for name in private}
        self.stages[stage] = {"key": key, "files": {name: file_digest(self.place(name)) for name in sorted(names)}, "private": stats, "told": told}
        self.save({"stages": self.before.get("stages", {}) | self.stages})

    def put(self, contents: dict[str, bytes], *, mode: int = 0o644) -> list[str]:
        """Write files by name and return their names; one that holds the same already is left."""
        for name, content in contents.items():
            path = self.place(name)
            try:
                if path.is_file() and path.read_bytes() == content:
                    continue
                _make_folder(path.parent, self.out, private=mode == 0o600)
                temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
                handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
                with os.fdopen(handle, "wb") as file:
                    file.write(content)
                os.replace(temporary, path)
            except OSError as error:
                raise WriteError(f"{path}: cannot be written ({error.strerror or error}). Make room, or give another folder with --out.") from error
        return list(contents)

    def save(self, more: dict) -> None:
        """Write the state down; only the last time it says what was asked for, and so that the preparation is complete."""
        path = state_path(self.out, self.run)
        _make_folder(path.parent, self.out, private=True)
        write_atomic(path, (json.dumps({"stages": self.stages} | more, sort_keys=True) + "\n").encode(), mode=0o600)

    def files(self) -> dict[str, str]:
        return {name: held for stage in self.stages.values() for name, held in stage["files"].items()}

    def remove_others(self) -> None:
        """Drop what an earlier preparation wrote and this one did not."""
        kept = set(self.files())
        for stage in self.before.get("stages", {}).values():
            for name in (*stage["files"], *stage.get("private", {})):
                if name not in kept and not any(name in s["private"] for s in self.stages.values()):
                    self.place(name).unlink(missing_ok=True)
        for root in (self.folder / SLICES, inputs_folder(self.out, self.run)):
            for path in sorted(root.rglob("*"), reverse=True):
                if path.is_dir() and not any(path.iterdir()):
                    path.rmdir()
            if root.is_dir() and not any(root.iterdir()):
                root.rmdir()


def _make_folder(folder: Path, out: Path, *, private: bool) -> None:
    """Make a folder below `out`, and those between; a private one can be opened by its owner alone."""
    folder.mkdir(parents=True, exist_ok=True)
    if private and folder.stat().st_mode & 0o077:
        for path in (folder, *folder.parents):
            if path == out or out not in path.parents:
                break
            path.chmod(0o700)


# ---------------------------------------------------------------- the preparation


def prepare_run(inputs: Inputs, planned: list[Job], codelists, out, run: str, *, year: int, confidence: float, workers: int = 1) -> tuple[dict, dict[str, str]]:
    """Write what the planned runs read; return (what is to be recorded of it, the key of each run by name).

    What holds counts of one to nine persons, or rows of persons, goes beside the run, for the notebooks alone (`inputs_folder`
    says why). Nothing is written where the last preparation was of the same and still stands. With two `workers` or more, the
    national tables are worked out in a second process; what is written is the same.
    """
    work = Preparation(Path(out), run, read_state(out, run))
    code = preparation_hash(codelists)
    plan = [f"{job.folder} {parameters_json(job)}" for job in planned]
    asked = digest([code, json.dumps(inputs.identity, sort_keys=True), inputs.quarter, str(year), str(confidence), *plan])
    if work.before.get("asked") == asked and all(work.whole(stage) for stage in work.before["stages"].values()):
        work.stages, record = work.before["stages"], work.before["record"]
    else:
        shutil.rmtree(work.folder / "national" / "delivery", ignore_errors=True)  # where runs of an earlier version had them
        shutil.rmtree(inputs_folder(out, run) / "delivery", ignore_errors=True)
        record = _prepare(work, inputs, planned, codelists, code, year, confidence, workers)
        work.remove_others()
        work.save({
            "asked": asked, "identity": inputs.identity, "asked_quarter": inputs.asked_quarter, "quarter": inputs.quarter, "code": code, "record": record,
        })  # fmt: skip
    return record, _keys(work, inputs, planned, codelists, record)


def _keys(work: Preparation, inputs: Inputs, planned: list[Job], codelists, record: dict) -> dict[str, str]:
    """The key of every planned run."""
    files, code = work.files(), result_hash(codelists)
    boundaries = file_digest(work.folder / "national" / BOUNDARIES)
    keys = {}
    for job in planned:
        rows = [slice_digest(place, files) for place in (f"{run_slice(work.run, job)}", f"{private_slice(work.run, job)}")]
        rows += [inputs.identity[kind] for kind, name in (("scores", "SCORES"), ("survey", "SURVEY")) if job.parameters.get(name)]
        rows += [boundaries] if "BOUNDARIES" in job.parameters else []
        keys[job.name] = run_key(job, digest(rows), code, synthetic=record["synthetic"])
    return keys


def run_slice(run: str, job: Job) -> str:
    """Return the folder of a job's slice, below `out`."""
    return f"{run}/{SLICES}/{job.folder}"


def private_slice(run: str, job: Job) -> str:
    """Return the folder of the part of a job's slice that only its owner may see, below `out`."""
    return f"{INPUTS}/{run}/{job.folder}"


def _prepare(work: Preparation, inputs: Inputs, planned: list[Job], codelists, code: str, year: int, confidence: float, workers: int) -> dict:
    """Go through the stages; return the record."""
    from sdg_eval.batch.slices import Shared, cut, cut_delivery

    shown = _show(work, inputs, codelists, code)
    _persons(work, inputs)
    delivery = _delivery(work, inputs)
    synthetic = work.stages["shown"]["told"]["synthetic"] or delivery.synthetic
    _boundaries(work, inputs)
    shared = Shared(
        codelists, shown, None, None, synthetic=work.stages["shown"]["told"]["synthetic"], synthetic_delivery=delivery.synthetic, delivery=delivery,
    )  # fmt: skip
    with _national_begun(work, shown, codelists, code, year, confidence, synthetic, workers) as finish:  # what needs none of its tables goes on meanwhile
        shared = _quarter(work, inputs, planned, shared, code, year)
        _effects(work, planned, shared, code)
        national = finish()
    shared = replace(shared, national=national, data=_data(work, inputs, shown, national, codelists, code, year, synthetic))
    _peers(work, planned, shared, code, year)
    names = []
    for job in planned:
        names += work.put({f"{run_slice(work.run, job)}/{name}": content for name, content in cut(job, shared).items()})
        names += work.put({f"{private_slice(work.run, job)}/{name}": content for name, content in cut_delivery(job, shared).items()}, mode=0o600)
    work.done("slices", "", names)
    return {
        "version": __version__, "report_year": year, "confidence": confidence, "code_hash": code_hash(codelists), "synthetic": synthetic, "quarter": inputs.quarter,
        "data_hash": digest([work.stages["shown"]["told"]["data_hash"], *(inputs.identity[kind] for kind in ("delivery", "scores", "survey") if inputs.quarter or kind == "survey")]),
    }  # fmt: skip


def _show(work: Preparation, inputs: Inputs, codelists, code: str) -> pd.DataFrame:
    """The observations with derived series and without small cells: nothing that is written from here on can hold one."""
    from sdg_eval.shown import read_shown, show, shown_arrow
    from sdg_eval.store import data_hash

    name, key = f"{work.run}/national/{OBSERVATIONS}", digest([inputs.identity["observations"], code])
    if not work.stands("shown", key):
        from sdg_eval.batch.slices import parquet

        table = show(inputs.table, codelists)
        names = work.put({name: parquet(shown_arrow(table))})
        work.done("shown", key, names, data_hash=data_hash(inputs.table), synthetic=bool((inputs.table["source"] == SYNTHETIC).any()))
    return read_shown(work.place(name), codelists)


def _persons(work: Preparation, inputs: Inputs) -> None:
    """Rows of persons, where only their owner may read them.

    Those of the restricted store are read through its log, and the file is registered there before it is written, so that a
    deletion reaches it and no file is unknown there.
    """
    from sdg_eval.delivery.restricted import is_restricted, open_beside, read_rows, register_output
    from sdg_eval.people_report import read_persons

    key = digest([kind + inputs.identity["scores" if kind == SCORES else "survey"] for kind in inputs.persons])
    if not inputs.persons or work.stands("persons", key):
        return
    names = []
    for kind, place in inputs.persons.items():
        name = f"{INPUTS}/{work.run}/restricted/{kind}.csv"
        if is_restricted(place):
            store = open_beside(place)
            rows = read_rows(store, kind, purpose=PURPOSE)
            register_output(store, work.place(name), rows, purpose=PURPOSE)
            rows = rows[[c for c in read_persons(kind, "") if c in rows]]
        else:
            rows = read_persons(kind, str(place))
        names += work.put({name: csv_bytes(rows)}, mode=0o600)
    work.done("persons", key, (), private=names)


def _delivery(work: Preparation, inputs: Inputs):
    """The delivery tables, with the training scores where there are any."""
    from sdg_eval.delivery.tables import Delivery
    from sdg_eval.people_report import read_persons

    scores = {SCORES: read_persons(SCORES, str(work.place(f"{INPUTS}/{work.run}/{SCORES_FILE}")))} if inputs.scores else {}
    return Delivery(inputs.tables | scores)


@contextmanager
def _national_begun(
    work: Preparation, shown: pd.DataFrame, codelists, code: str, year: int, confidence: float, synthetic: bool, workers: int,
) -> Iterator[Callable[[], National]]:  # fmt: skip
    """Begin the national tables, beside this process where there are workers, and give what writes and returns them."""
    from sdg_eval.batch.slices import frame_digest
    from sdg_eval.evaluation import evaluated_rows, read_national

    key, folder = digest([frame_digest(evaluated_rows(shown, codelists)), str((year, confidence, synthetic)), code]), f"{work.run}/national"
    options = {"year": year, "confidence": confidence, "synthetic": synthetic}

    def finish(contents: Callable[[], dict[str, bytes]] | None) -> National:
        if contents is not None:
            work.done("national", key, work.put({f"{folder}/{name}": content for name, content in contents().items()}))
        return read_national(work.place(folder))

    def here() -> dict[str, bytes]:
        return national_files(shown, codelists, **options)

    def there() -> dict[str, bytes]:
        try:
            return wait()
        except WorkerLost:  # killed, or a fault of ours, which is told as it is where it happens here
            return here()

    if work.stands("national", key):
        yield partial(finish, None)
    elif workers > 1:
        place = work.place(f"{folder}/{OBSERVATIONS}")
        with begun_beside((national_files_of, (place, codelists.folder), options), seconds=LONGEST_SECONDS) as wait:
            yield partial(finish, there)
    else:
        yield partial(finish, here)


def national_files_of(observations: Path, codelists: Path, **options) -> dict[str, bytes]:
    """As `national_files`, of a file of observations: what a second process is given."""
    from sdg_eval.codelists import read_codelists
    from sdg_eval.shown import read_shown

    read = read_codelists(codelists)
    return national_files(read_shown(observations, read), read, **options)


def national_files(shown: pd.DataFrame, codelists, *, year: int, confidence: float, synthetic: bool) -> dict[str, bytes]:
    """Return the national tables as files by name."""
    from sdg_eval.evaluation import evaluate_national

    return evaluate_national(shown, codelists, report_year=year, confidence=confidence).files(synthetic)


def _data(work: Preparation, inputs: Inputs, shown: pd.DataFrame, national, codelists, code: str, year: int, synthetic: bool):
    from sdg_eval.data_report import all_sources, evaluate_data, read_data_report

    folder = work.folder / "national"
    stages = [*work.stages["shown"]["files"].values(), *work.stages["national"]["files"].values()]
    key = digest([*stages, inputs.identity["observations"], str((year, synthetic)), code])
    if not work.stands("data", key):
        shutil.rmtree(folder / "letters", ignore_errors=True)
        report = evaluate_data(shown, all_sources(inputs.observations, inputs.as_of), codelists, national, report_year=year)
        report.write(folder, codelists, synthetic=synthetic)
        written = [folder / f"{f.name}.{kind}" for f in fields(report) for kind in ("csv", "parquet")] + sorted((folder / "letters").glob("*.txt"))
        work.done("data", key, [path.relative_to(work.out).as_posix() for path in written])
    return read_data_report(folder)


def _boundaries(work: Preparation, inputs: Inputs) -> None:
    source, name = Path(inputs.observations) / BOUNDARIES, f"{work.run}/national/{BOUNDARIES}"
    if source.is_file():
        work.done("boundaries", "", work.put({name: source.read_bytes()}))
    else:
        work.place(name).unlink(missing_ok=True)


def _quarter(work: Preparation, inputs: Inputs, planned: list[Job], shared, code: str, year: int):
    """`shared` with what was known at the end of the quarter, and what the reports of all provinces share."""
    from sdg_eval.batch.slices import frame_digest
    from sdg_eval.delivery.known import as_known
    from sdg_eval.delivery.tables import with_registers
    from sdg_eval.quarterly_report import PREPARED, Prepared, prepare_quarter, read_prepared, write_prepared

    if not inputs.quarter:
        return shared
    known = as_known(with_registers(shared.delivery), inputs.quarter, year_plan=True)
    if not any(job.notebook == QUARTERLY for job in planned):
        return replace(shared, known=known)
    folder = work.folder / "national"
    key = digest([frame_digest(shared.reported.table), inputs.identity["delivery"], inputs.identity["scores"], inputs.quarter, str(year), code])
    if not work.stands("quarter", key):
        write_prepared(prepare_quarter(shared.observations, shared.delivery, shared.codelists, inputs.quarter, report_year=year), folder)
        work.done("quarter", key, [f"{work.run}/national/{PREPARED}/{f.name}.parquet" for f in fields(Prepared)])
    return replace(shared, known=known, prepared=read_prepared(folder))


def _views(work: Preparation, jobs: list[Job], stage: str, key: str, make: Callable[[], dict]) -> None:
    """What is told of each province beside all others, worked out for all at once and written to their slices."""
    if jobs and not work.stands(stage, key):
        views = make()
        names = [name for job in jobs for name in work.put({f"{run_slice(work.run, job)}/{file}": content for file, content in views[job.area].files().items()})]
        work.done(stage, key, names)


def _peers(work: Preparation, planned: list[Job], shared, code: str, year: int) -> None:
    from sdg_eval.batch.slices import frame_digest, peer_series
    from sdg_eval.side_by_side import view_all_peers

    jobs, national = [job for job in planned if job.notebook == PEERS], work.stages["national"]["files"]
    areas, rows = [job.area for job in jobs], shared.plain[shared.plain["SERIES"].isin(peer_series(shared))]
    key = digest([frame_digest(rows), *(national[f"{work.run}/national/{name}.parquet"] for name in ("progress", "trends")), str((year, areas)), code])
    _views(
        work, jobs, "peers", key,
        lambda: view_all_peers(shared.observations, shared.codelists, areas, shared.national.progress, shared.national.trends, report_year=year),
    )  # fmt: skip


def _effects(work: Preparation, planned: list[Job], shared, code: str) -> None:
    """The outcomes of the programme, judged once for all who tell of them, and each pilot province beside the others."""
    from sdg_eval.batch.slices import frame_digest, outcome_series
    from sdg_eval.effect_report import judge_programme, view_province_effects
    from sdg_eval.effects.judged import JUDGED, judged_bytes, read_judged

    jobs = {job.name: job for job in planned if job.notebook in EFFECTS}
    pilots = [job for job in planned if job.notebook == PILOT]
    if not jobs and not pilots:
        return
    rows = shared.plain[shared.plain["SERIES"].isin(outcome_series(shared))]
    window = {name: [*jobs.values(), *pilots][0].parameters[f"PILOT_{name.upper()}"] for name in ("start", "end")}
    key = digest([frame_digest(rows), str((window, sorted(jobs))), code])
    if jobs and not work.stands("judged", key):
        content = judged_bytes(judge_programme(shared.observations, shared.codelists, **window))
        work.done("judged", key, work.put({f"{run_slice(work.run, job)}/{JUDGED}": content for job in jobs.values()}))
    held = [f"{run_slice(work.run, job)}/{JUDGED}" for job in jobs.values()]
    areas = [job.area for job in pilots]
    key = digest([frame_digest(rows), str((window, areas)), code])
    _views(
        work, pilots, "pilots", key,
        lambda: view_province_effects(shared.observations, shared.codelists, areas, **window, judged=read_judged(work.place(held[0])) if held else None),
    )  # fmt: skip
