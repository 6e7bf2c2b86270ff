"""The official sources, one module each: who published a file is told from its content, not its name.

Each module has `NAME` (key of sources.csv), `TITLE`, `recognise(raw)` (cheap, never a full
validation) and `read(raw, codelists)`, which either returns a `Reading` or raises DataError naming
file, sheet, row and column.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from sdg_eval.errors import DataError
from sdg_eval.sources.reading import RawFile, Reading

SOURCES = (
    "doh_road",
    "reference_files",
    "nesdc_gpp",
    "nesdc_hai",
    "mots_annual",
    "mots_monthly",
    "dopa_population",
    "opendengue",
    "nso_ses",
    "dopa_births",
    "moc_cpi",
    "nso_gpp",
    "oae",
    "ookla",
)
"""Module names, asked in this order; the cheap look at helper files comes first."""


@dataclass(frozen=True)
class FileOutcome:
    """What became of one file: its source (None: nobody recognises it), its reading, or its error."""

    path: Path
    source: str | None
    reading: Reading | None
    error: DataError | None = None
    title: str = ""


def source_modules() -> list[ModuleType]:
    """Return the source modules in the order of SOURCES."""
    return [importlib.import_module(f"sdg_eval.sources.{name}") for name in SOURCES]


def recognise_raw(raw: RawFile) -> ModuleType | None:
    """Return the module that recognises `raw`, or None.

    Raises DataError when no module could look into the file (truncated archive, unknown encoding).
    """
    unreadable = None
    for module in source_modules():
        try:
            if module.recognise(raw):
                return module
        except DataError as error:
            unreadable = error
    if unreadable is not None:
        raise unreadable
    return None


def recognise(path) -> ModuleType | None:
    """Return the source module of the file at `path`, told by its content, or None."""
    return recognise_raw(RawFile(Path(path)))


def read(path, codelists) -> Reading:
    """Return the Reading of one file. Raises DataError when nobody recognises it or it is broken."""
    return _read(RawFile(Path(path)), codelists)[1]


def _read(raw: RawFile, codelists) -> tuple[ModuleType, Reading]:
    module = recognise_raw(raw)
    if module is None:
        raise DataError(
            f"{raw.path}: no source recognises this file. "
            f"Known are: {'; '.join(m.TITLE for m in source_modules())}. "
            "Give a file as its publisher issues it, or leave this one out."
        )
    return module, module.read(raw, codelists)


def import_paths(paths, codelists) -> list[FileOutcome]:
    """Read files and folders of downloads; return one FileOutcome per file, in order of path.

    Inside a folder an unrecognised or broken file is an outcome with `source` None or with `error`,
    and the rest goes on; hidden files are passed over. A file named explicitly must be readable:
    otherwise DataError, as for a path that does not exist.
    """
    outcomes = []
    for path in map(Path, paths):
        if path.is_dir():
            files = sorted(f for f in path.rglob("*") if f.is_file() and not _hidden(f, path))
            outcomes += [_read_in_folder(f, codelists) for f in files]
        elif path.exists():
            module, reading = _read(RawFile(path), codelists)
            outcomes.append(FileOutcome(path, module.NAME, reading, None, module.TITLE))
        else:
            raise DataError(f"{path}: there is no such file or folder. Check the path.")
    return outcomes


def _hidden(file: Path, folder: Path) -> bool:
    return any(part.startswith((".", "~$")) for part in file.relative_to(folder).parts)


def _read_in_folder(path: Path, codelists) -> FileOutcome:
    raw = RawFile(path)
    try:
        module = recognise_raw(raw)
    except DataError as error:
        return FileOutcome(path, None, None, error)
    if module is None:
        return FileOutcome(path, None, None)
    try:
        return FileOutcome(path, module.NAME, module.read(raw, codelists), None, module.TITLE)
    except DataError as error:
        return FileOutcome(path, module.NAME, None, error, module.TITLE)
