"""The documents of a run: written aside, moved into place when all are whole, and known to be of these results.

They lie in `documents/` of the run folder, with a list (`documents.json`) that says from which data and code they were
made. Documents of other results are not linked, and the next batch takes them away: no report outlives its numbers.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pandas as pd

from sdg_eval.errors import SdgEvalError, UsageError, WriteError
from sdg_eval.publish.documents.proof import require_said
from sdg_eval.publish.material import Material, read_material
from sdg_eval.store import write_json

FOLDER, STAGING, LIST = "documents", ".documents", "documents.json"
FORMATS = ("html", "pdf", "docx", "xlsx", "annex", "panels")
"""What `publish` can write; `html` is the site itself, `annex` the statistical annex, `panels` the exhibition."""
MADE_FROM = ("data_hash", "code_hash", "report_year", "quarter")
"""What of the run's record names the results that documents are made from."""
NATIONAL = "TH"
SIDE_BY_SIDE_FROM = 4
"""Areas, the country among them, from which a process of its own is worth its start."""


@dataclass(frozen=True)
class Shelved:
    """One document: its file in `documents/`, what it is, of which area, in which language ('' for data, which have none) and format."""

    file: str
    kind: str
    area: str
    lang: str
    form: str


def parse_formats(text: str) -> tuple[str, ...]:
    """Return the formats of a comma list. Raises UsageError for one that is not known, or that this version cannot write.

    Examples
    --------
    >>> parse_formats("pdf,html")
    ('html', 'pdf')
    """
    asked = {part.strip() for part in text.split(",") if part.strip()}
    if unknown := asked - set(FORMATS):
        raise UsageError(f"--formats {text}: {', '.join(sorted(unknown))} is not known. Write some of {', '.join(FORMATS)}.")
    if not asked:
        raise UsageError(f"--formats: nothing is asked for. Write some of {', '.join(FORMATS)}.")
    for form in asked & {"docx", "xlsx", "annex"}:
        _writer(form)
    return tuple(form for form in FORMATS if form in asked)


def _writer(form: str) -> Callable:
    """The function that writes a format of another module. Raises UsageError where this version has none."""
    from importlib import import_module

    module, name = {"docx": ("word", "write_docx"), "xlsx": ("excel", "write_workbook"), "annex": ("annex", "write_annex")}[form]
    try:
        return getattr(import_module(f"sdg_eval.publish.documents.{module}"), name)
    except ModuleNotFoundError as error:
        raise UsageError(f"--formats {form}: this version cannot write it ({error.name} is not there). Leave it out.") from error


def shelved(folder, record: dict) -> list[Shelved]:
    """Return the documents in `folder` that are of the results that `record` names, in the order of their names; [] for none."""
    try:
        held = json.loads((Path(folder) / FOLDER / LIST).read_text(encoding="utf-8"))
        documents, made_from = [Shelved(**row) for row in held["documents"]], held["made_from"]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    known = [d for d in documents if Path(d.file).name == d.file and (Path(folder) / FOLDER / d.file).is_file()]
    return sorted(known, key=lambda d: d.file) if made_from == _made_from(record) else []


def _made_from(record: dict) -> dict:
    return {name: record.get(name) for name in MADE_FROM}


def drop_outdated(folder, record: dict) -> None:
    """Take away the documents of other results. Only the holder of the run's lock may do this."""
    place = Path(folder) / FOLDER
    if place.is_dir() and not shelved(folder, record):
        shutil.rmtree(place, ignore_errors=True)


def write_documents(folder, codelists, record: dict, runs: pd.DataFrame, *, formats: Iterable[str], languages: Iterable[str], several: Callable[[list[tuple]], list] | None = None, say=print) -> list[Shelved]:
    """Write the documents of a run and return all that lie in its folder now. Only the holder of the run's lock may do this.

    Those of other formats and languages stay; those of these that are no more are taken away. Nothing is touched before
    all are written.

    Parameters
    ----------
    formats
        Of FORMATS; `html` is passed over.
    several
        Does (function, arguments, options) of each area, several at a time, and returns their results, an Exception for what was not
        done; None: one after the other in this process.
    say
        Takes lines for the reader.

    Raises
    ------
    DataError
        When the run is not complete, or a figure is missing.
    PdfMissingError
        After the other formats are in place, where PDF cannot be written on this computer.
    WriteError
        When the disk refuses; the old documents stand.
    """
    folder, formats, languages = Path(folder), [f for f in formats if f != "html"], tuple(languages)
    missing = _missing_pdf(formats)
    if missing:
        say(str(missing))
        formats = [f for f in formats if f not in ("pdf", "panels")]
    staging = folder / STAGING
    shutil.rmtree(staging, ignore_errors=True)
    try:
        if formats:
            staging.mkdir(parents=True)
            areas = sorted(set(runs.loc[runs["REF_AREA"] != "", "REF_AREA"]))
            made = _write_areas(folder, codelists, record, runs, [NATIONAL, *areas], tuple(formats), languages, several)
            _move_into_place(folder, record, made, formats, languages)
    except OSError as error:
        raise WriteError(f"{staging}: cannot be written ({error.strerror or error}). Make room, or give another folder.") from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    if missing:
        raise missing
    return shelved(folder, record)


def _missing_pdf(formats) -> SdgEvalError | None:
    """Why PDF cannot be written here; None where it can, or is not asked for."""
    from sdg_eval.publish.documents.pdf import PdfMissingError, require_pdf

    if not {"pdf", "panels"} & set(formats):
        return None
    try:
        require_pdf()
    except PdfMissingError as error:
        return error
    return None


def _write_areas(folder: Path, codelists, record: dict, runs: pd.DataFrame, areas: list[str], formats: tuple[str, ...], languages: tuple[str, ...], several) -> list[Shelved]:
    """Write the documents of each area into the staging folder; side by side where a process is worth its start."""
    if several is None or len(areas) < SIDE_BY_SIDE_FROM:
        material = read_material(folder, codelists, record, runs)
        return [document for area in areas for document in write_area(material, area, formats, languages, folder / STAGING)]
    made = []
    for area, found in zip(areas, several([(_write_in_worker, (str(folder), json.dumps(record), area, formats, languages), {}) for area in areas]), strict=True):
        if isinstance(found, SdgEvalError):
            raise found
        if isinstance(found, Exception):
            raise WriteError(f"The documents of {area} were not written: {found}")
        made += found
    return made


def _write_in_worker(folder: str, record: str, area: str, formats: tuple[str, ...], languages: tuple[str, ...]) -> list[Shelved]:
    """Write the documents of one area. Runs in a worker, which reads the run once."""
    return write_area(_material(folder, record), area, formats, languages, Path(folder) / STAGING)


@lru_cache(maxsize=1)
def _material(folder: str, record: str) -> Material:
    from sdg_eval.batch.history import read_run
    from sdg_eval.codelists import read_codelists

    return read_material(folder, read_codelists(), json.loads(record), read_run(folder).table)


def write_area(material: Material, area: str, formats: tuple[str, ...], languages: tuple[str, ...], to: Path) -> list[Shelved]:
    """Write the documents of a province, or of the country (`TH`), into the folder `to` and return what was written."""
    made = []
    for lang in languages:
        for document in _documents(material, area, lang):
            require_said(document, material)
            for form in [f for f in formats if f in ("pdf", "docx")]:
                file = f"{document.name}.{form}"
                _write(document, form, to / file)
                made.append(Shelved(file, document.kind, area, lang, form))
        if "xlsx" in formats and area in material.evaluations:
            file = f"{area}_results_{material.record.get('quarter') or material.record['report_year']}_{lang}.xlsx"
            _writer("xlsx")(material, area, lang, to / file)
            made.append(Shelved(file, "results", area, lang, "xlsx"))
    if area == NATIONAL and "annex" in formats:
        made += [Shelved(path.name, "annex" if lang else "annex_data", area, lang, "annex") for path, lang in _writer("annex")(material, to, languages)]
    if area == NATIONAL and "panels" in formats:
        from sdg_eval.publish.documents.exhibition import write_panels

        for lang in languages:
            made += [Shelved(file, "panels", area, lang, "panels") for file in write_panels(material, lang, to)]
    return made


def _documents(material: Material, area: str, lang: str) -> list:
    from sdg_eval.publish.documents.committee import committee_document
    from sdg_eval.publish.documents.overall import overall_document
    from sdg_eval.publish.documents.quarterly import quarterly_document

    if area == NATIONAL:
        return [d for d in [overall_document(material, lang)] if d]
    return [d for d in (quarterly_document(material, area, lang), committee_document(material, area, lang)) if d]


def _write(document, form: str, path: Path) -> None:
    if form == "pdf":
        from sdg_eval.publish.documents.pdf import write_pdf

        write_pdf(document, path)
    else:
        _writer(form)(document, path)


def _move_into_place(folder: Path, record: dict, made: list[Shelved], formats: list[str], languages: tuple[str, ...]) -> None:
    """Rename every new document to its place, list them, and take away those of these formats and languages that are no more."""
    place, staging = folder / FOLDER, folder / STAGING
    kept = [d for d in shelved(folder, record) if not (d.form in formats and d.lang in (*languages, ""))]
    try:
        place.mkdir(exist_ok=True)
        for path in sorted(p for p in staging.rglob("*") if p.is_file()):
            to = place / path.relative_to(staging)
            to.parent.mkdir(parents=True, exist_ok=True)
            os.replace(path, to)
        documents = sorted({d.file: d for d in [*kept, *made]}.values(), key=lambda d: d.file)
        write_json(place / LIST, {"made_from": _made_from(record), "documents": [vars(d) for d in documents]})
        files = {d.file for d in documents} | {LIST}
        for path in place.iterdir():
            if path.is_file() and path.name not in files:
                path.unlink()
    except OSError as error:
        raise WriteError(f"{place}: the documents cannot be written ({error.strerror or error}). Make room; then publish again.") from error
