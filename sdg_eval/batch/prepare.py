"""What all runs of a batch share, computed once and written before any notebook runs: observations, national tables, inputs."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pandas as pd

from sdg_eval import __version__
from sdg_eval.batch.plan import NOTEBOOKS, inputs_folder
from sdg_eval.data_report import all_sources, evaluate_data
from sdg_eval.delivery.columns import delivery_tables
from sdg_eval.delivery.known import quarters_on_record, reported_quarters
from sdg_eval.delivery.restricted import is_restricted, open_beside, read_rows, register_output
from sdg_eval.delivery.tables import Delivery, read_delivery, with_registers
from sdg_eval.derive import with_derived
from sdg_eval.errors import DataError, UsageError, WriteError
from sdg_eval.evaluation import evaluate_national
from sdg_eval.intake.template import parse_quarter
from sdg_eval.people_report import SCORES, read_persons
from sdg_eval.quarterly_report import prepare_quarter, write_prepared
from sdg_eval.store import BOUNDARIES, csv_bytes, data_hash, parquet_bytes, write_atomic
from sdg_eval.suppression import suppress
from sdg_eval.thai import BE_OFFSET

PURPOSE = "quarterly_report"
"""What the log of the restricted store says of a batch."""
SCORES_FILE = f"restricted/{SCORES}.csv"
"""Training scores, as seen from the inputs of a run."""
PACKAGE = Path(__file__).parents[1]


def delivery_inputs(folder: Path | None, quarter: str, *, asked: bool = False, as_of: str | None = None, say=print) -> tuple[dict[str, pd.DataFrame], str, Path | None]:
    """(delivery tables, quarter, where the training scores are); nothing where there are no tables.

    `asked` says that a notebook of delivery was named. Raises UsageError for a quarter without any tables, or outside those they
    speak of; DataError where something of delivery is asked for and the tables hold no quarter.
    """
    if folder is None:
        if quarter:
            raise UsageError("--quarter needs delivery tables. Give --delivery, or a store that `sdg-eval delivery` has filled.")
        return {}, "", None
    open_tables = [name for name, spec in delivery_tables().items() if not spec.restricted]
    read = read_delivery(folder, as_of)
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


def prepare_run(table, codelists, folder: Path, year: int, confidence: float, origin, delivery: dict, quarter: str, persons: dict[str, Path] | None = None, as_of: str | None = None) -> dict:
    """Write what all provinces share: observations, national tables, boundaries; return what is to be recorded of it.

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
    evaluate_data(table, all_sources(origin, as_of), codelists, tables, report_year=year).write(national, codelists, synthetic=synthetic)
    boundaries = Path(origin) / BOUNDARIES
    if boundaries.is_file():
        write_atomic(national / BOUNDARIES, boundaries.read_bytes())
    else:
        (national / BOUNDARIES).unlink(missing_ok=True)
    if quarter:
        prepared = prepare_quarter(table, with_registers(Delivery(delivery)), codelists, quarter, report_year=year)
        write_prepared(prepared, national)
    return {
        "version": __version__, "report_year": year, "confidence": confidence, "data_hash": digest,
        "code_hash": code_hash(codelists), "synthetic": synthetic, "quarter": quarter,
    }  # fmt: skip


def survey_file(parameters: list[str]) -> Path | None:
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
