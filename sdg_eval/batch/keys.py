"""What a run's result depends on, as one hash: notebook, parameters, code, and the rows that it was given.

A run whose key is that of its last result is kept. So the key may leave out nothing that can change a result, and should hold
nothing that cannot: of the code all that a notebook can import, and not how pages are made; of the data its own slice
(`slices`); of the other notebooks nothing.
"""

from __future__ import annotations

import hashlib
import platform
import re
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from sdg_eval.batch.plan import NOTEBOOKS, Job, notebook_path, parameters_json
from sdg_eval.delivery.restricted import ROWS, is_restricted
from sdg_eval.ledger import LEDGER, entry_paths
from sdg_eval.store import BOUNDARIES

PACKAGE = Path(__file__).parents[1]
LOCK = PACKAGE.parent / "requirements.lock"
AROUND = ("batch", "publish", "delivery_forms", "__main__.py", "ingest_cli.py", "intake_cli.py", "runs_cli.py", "supply_chain.py")
"""Parts of the package that run notebooks, take files in and make pages: no notebook imports them (`tests/test_project.py`, layer 6)."""


def digest(parts: Iterable[str | bytes]) -> str:
    """Return sha256 over parts, each with its length, so that no two lists of parts look alike."""
    total = hashlib.sha256()
    for part in parts:
        blob = part.encode() if isinstance(part, str) else part
        total.update(len(blob).to_bytes(8, "big") + blob)
    return total.hexdigest()


def file_digest(path) -> str:
    """Return sha256 of a file's bytes, '' where there is no such file."""
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (FileNotFoundError, NotADirectoryError):
        return ""


# ---------------------------------------------------------------- code


def code_hash(codelists) -> str:
    """Return sha256 over package, notebooks and codelists: which version of everything made a run."""
    return digest(_tree(PACKAGE, "**/*") + _tree(NOTEBOOKS, "*.ipynb") + _tree(codelists.folder, "*.csv"))


def preparation_hash(codelists) -> str:
    """Return sha256 over what the preparation of a batch rests on: the package, the codelists, and the libraries."""
    return digest(_tree(PACKAGE, "**/*") + _tree(codelists.folder, "*.csv") + libraries())


def result_hash(codelists) -> str:
    """Return sha256 over what any notebook can rest on: the package but for AROUND, the codelists, and the libraries."""
    return digest(_tree(PACKAGE, "**/*", AROUND) + _tree(codelists.folder, "*.csv") + libraries())


def _tree(root: Path, pattern: str, without: tuple[str, ...] = ()) -> list[str | bytes]:
    """Name and content of every file, in the order of names."""
    found = {path.relative_to(root): path for path in root.glob(pattern) if path.is_file() and "__pycache__" not in path.parts}
    return [part for name, path in sorted(found.items()) if name.parts[0] not in without for part in (name.as_posix(), path.read_bytes())]


@cache
def libraries() -> list[str]:
    """Return Python's version and, of the packages of the lock file, the lock and what is installed."""
    text = LOCK.read_text(encoding="utf-8") if LOCK.is_file() else ""
    named = {_plain(name) for name in re.findall(r"^([A-Za-z0-9][\w.-]*)==", text, re.M)}
    installed = {path.name.removesuffix(".dist-info") for folder in sys.path for path in Path(folder).glob("*.dist-info")}
    return [platform.python_version(), text, *sorted(name for name in installed if _plain(name.rpartition("-")[0]) in named)]


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


# ---------------------------------------------------------------- data


def data_identity(origin, as_of: str | None = None) -> str:
    """Return what tells the observations of a store or a file from others, without reading them: a store's entries name their files by hash."""
    origin = Path(origin)
    if not origin.is_dir():
        return digest([file_digest(origin)])
    entries = [path.name for path in entry_paths(origin)]
    files = [] if (origin / LEDGER).is_dir() else [part for path in sorted(origin.glob("observations/*.parquet")) for part in (path.name, file_digest(path))]
    return digest([*entries, "", *files, "", file_digest(origin / BOUNDARIES), as_of or ""])


def delivery_identity(folder, as_of: str | None = None) -> str:
    """Return what tells the delivery tables of a store or a folder from others."""
    if folder is None:
        return ""
    folder = Path(folder)
    stored = sorted((folder / "delivery").glob("*/load.json"))
    return digest([part for path in stored or sorted(folder.glob("*.csv")) for part in (path.relative_to(folder).as_posix(), file_digest(path))] + [as_of or ""])


def persons_identity(place) -> str:
    """Return what tells rows of persons from others. A restricted store names its files at random, anew whenever they change: their
    names say it, and no hash of a person's row leaves the store."""
    if not place:
        return ""
    if is_restricted(place):
        return digest(sorted(path.name for path in (Path(place) / ROWS).glob("*.csv")))
    return file_digest(place)


# ---------------------------------------------------------------- runs


def slice_digest(folder: str, files: dict[str, str]) -> str:
    """Return one hash over the files below `folder`; `files` are {path: sha256}."""
    return digest(part for name in sorted(files) if name.startswith(f"{folder}/") for part in (name, files[name]))


def run_key(job: Job, rows: str, code: str, *, synthetic: bool = False) -> str:
    """Return the key of a run.

    Parameters
    ----------
    rows
        Hash of the rows that it was given.
    code
        `result_hash`.
    synthetic
        Whether its page is marked as made from data that are not real.
    """
    return digest([job.notebook, file_digest(notebook_path(job.notebook)), parameters_json(job), rows, code, str(synthetic)])
