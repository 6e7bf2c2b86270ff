"""`sdg-eval publish`: the site and the documents of a run that has ended, from its results alone; nothing is computed anew."""

from __future__ import annotations

from pathlib import Path

from sdg_eval.batch.audit import logged_run
from sdg_eval.batch.history import find_run
from sdg_eval.batch.lock import run_lock
from sdg_eval.batch.pages import side_by_side
from sdg_eval.batch.results import file_hash, read_manifest, result_files
from sdg_eval.batch.run import count_workers, stopped_by_signals
from sdg_eval.batch.workers import Pool
from sdg_eval.claims.check import require_pages, standing_faults
from sdg_eval.claims.page_counts import require_counts
from sdg_eval.codelists import read_codelists
from sdg_eval.errors import DataError, UsageError
from sdg_eval.publish import write_site
from sdg_eval.publish.documents.pdf import PdfMissingError
from sdg_eval.publish.documents.shelf import Shelved, drop_outdated, parse_formats, shelved, write_documents
from sdg_eval.wording import LANGUAGES


def publish_run(run: str, *, out: Path, formats: str, lang: str = "", jobs: int | None = None, say=print) -> list[Shelved]:
    """Write the documents of a run, then its site with links to them, and return the documents.

    Parameters
    ----------
    run
        Name of the run in `out`, `latest`, or its folder.
    formats
        Comma list of `shelf.FORMATS`; without `html` the pages stay as they are, and so do their links.
    lang
        Comma list of th and en; '' takes the languages of the run.
    jobs
        Processes at a time; None: one for each core.

    Raises
    ------
    UsageError
        For a run, format or language that is not there.
    DataError
        When the run did not come to its end, its results are not those that its log names or its words not those of its tables, and
        when a page or document would say other than the run; what stood before stands.
    PdfMissingError
        After everything else is written, where PDF cannot be written on this computer.
    WriteError
        When the disk refuses; what stood before stands.
    """
    wanted = parse_formats(formats)
    found = find_run(out, run)
    folder, record = found.folder.resolve(), found.record
    if not found.ended or "data_hash" not in record:
        raise DataError(f"{folder}: the run did not come to its end. Give `sdg-eval runs resume {found.name}` first.")
    languages = parse_document_languages(lang, record)
    _require_results(folder)
    if wrong := [fault for fault in standing_faults(folder) or () if fault.decides]:
        raise DataError(f"{folder}: {len(wrong)} numbers or words of the run are not those of its tables, the first: {wrong[0]} Nothing is published.")
    late, codelists = None, read_codelists()
    words = ["publish", found.name, "--formats", ",".join(wanted), "--lang", ",".join(languages)]
    with stopped_by_signals(), Pool(count_workers(jobs)) as pool, run_lock(folder), logged_run(folder.parent, folder.name, command=words, as_of=record.get("as_of") or "", planned=len(found.planned)) as ending:
        several = side_by_side(pool)
        drop_outdated(folder, record)
        try:
            write_documents(folder, codelists, record, found.table, formats=wanted, languages=languages, several=several, say=say)
        except PdfMissingError as error:
            late = error  # the other formats are written, and the site is
        if "html" in wanted:
            write_site(folder, codelists, record, found.table, several=several, proof=lambda pages: (require_pages(pages, folder), require_counts(pages, folder)))
        ending |= {"status": "complete" if found.is_complete else "incomplete", "counts": found.totals, "data_hash": record["data_hash"], "code_hash": record.get("code_hash", "")}
    documents = shelved(folder, record)
    say(f"{len(documents)} documents in {folder.name}/documents; open {(folder / 'index.html').as_uri()}")
    if late:
        raise late
    return documents


def parse_document_languages(text: str, record: dict) -> tuple[str, ...]:
    """Return the languages asked for, Thai first; '' is those of the run. Raises UsageError for one that the run does not have."""
    held = LANGUAGES if record["lang"] == "both" else (record["lang"],)
    asked = [part.strip() for part in text.split(",") if part.strip()]
    if missing := [one for one in asked if one not in held]:
        raise UsageError(f"--lang {text}: this run does not have {', '.join(missing)}; it has {', '.join(held)}.")
    return tuple(one for one in held if one in asked) if asked else held


def _require_results(folder: Path) -> None:
    """Raise DataError where a table or figure is not the one that the run wrote: nothing else is to be printed."""
    for name, digest in result_files(read_manifest(folder)).items():
        if file_hash(folder / name) != digest:
            raise DataError(f"{folder / name}: was changed after the run. Make the run again with `sdg-eval runs resume --again {folder.name}`, or restore it.")
