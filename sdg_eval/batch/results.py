"""What a run gave, as hashes: its tables and figures, so that two runs can be held against each other byte by byte.

Pages and executed notebooks carry times and are left out of the hash of the results; so is the input itself, whose
hash is `data_hash`. Everything is in the list of files, in the form that `sha256sum -c` reads.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path

from sdg_eval.claims.ledger import AS_SAID, Fault
from sdg_eval.errors import DataError, UsageError

ROOT = Path(__file__).parents[2]
MANIFEST, ANCHOR = "files.sha256", "audit.json"
RESULT_KINDS = (".csv", ".parquet", ".json", ".txt", ".svg", ".png")
NO_RESULT = ("run.json", "record.json", "runs.csv", "observations.parquet", ANCHOR)
NO_RESULT_FOLDERS = ("assets/", "documents/", "slices/")
"""They say when and how a run was made, are what it was made from, or how it looks."""
PRINTS = (".html", ".ipynb", ".pdf", ".docx")
PAGES = "index"
"""How the names of the pages begin that the site writes into the folder of a run of a notebook."""
SHORTEST = 12
"""Fewest hexadecimal digits that name a hash."""


def hash_files(folder, known: dict[str, str] | None = None, kept: Iterable[str] = ()) -> dict[str, str]:
    """Return {path below `folder`: sha256} of every file, sorted; hidden files and the log's own are left out.

    Folders in `kept` are not read again but for their pages (index…), which the site writes anew: their files have the hashes
    of `known`, those of the run that made them, even where one is lost. So a change since is found by `verify_runs`, and not
    taken for the truth.
    """
    folder, kept = str(folder), set(kept)
    found = {
        path: digest
        for path, digest in (known or {}).items()
        if _kept_in(path) in kept and not path.rpartition("/")[2].startswith(PAGES)
    }
    kept = {_kept_in(path) for path in found}  # of the others nothing is known
    for place, folders, names in os.walk(folder):
        below = os.path.relpath(place, folder).replace(os.sep, "/")
        prefix = "" if below == "." else f"{below}/"
        if below in kept:
            folders[:], names = [], [name for name in names if name.startswith(PAGES)]
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            if not name.startswith(".") and prefix + name not in (MANIFEST, ANCHOR):
                found[prefix + name] = file_hash(os.path.join(place, name))
    return dict(sorted(found.items()))


def _kept_in(path: str) -> str:
    """The folder of a run of a notebook that a file lies in: the first two parts of its path."""
    return "/".join(path.split("/", 2)[:2])


def file_hash(path) -> str:
    """Return sha256 of a file's bytes. Raises DataError when it cannot be read."""
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DataError(
            f"{path}: cannot be read ({error.strerror}). Give the right to read it, or restore it."
        ) from error


def manifest_text(files: dict[str, str]) -> str:
    """Return the list of files in the form of sha256sum."""
    return "".join(f"{digest}  {name}\n" for name, digest in sorted(files.items()))


def read_manifest(folder) -> dict[str, str]:
    """Return {path: sha256} of a run's list of files; {} where there is none. A garbled line is passed over."""
    try:
        lines = (Path(folder) / MANIFEST).read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return {}
    parts = (re.fullmatch(r"([0-9a-f]{64})  (.+)", line) for line in lines)
    return {m[2]: m[1] for m in parts if m}


def result_files(files: dict[str, str]) -> dict[str, str]:
    """Return those of {path: sha256} that are tables or figures."""
    return {
        name: digest for name, digest in files.items()
        if name.endswith(RESULT_KINDS) and name.rpartition("/")[2] not in NO_RESULT and not name.startswith(NO_RESULT_FOLDERS)
    }  # fmt: skip


def changed_prints(folder) -> list[Fault]:
    """Return the pages, executed notebooks and documents of a run that are not what was written: in any letter, of prose or of tables."""
    files = {name: digest for name, digest in read_manifest(folder).items() if name.endswith(PRINTS)}
    lost = [name for name, digest in files.items() if not (Path(folder) / name).is_file() or file_hash(Path(folder) / name) != digest]
    return [Fault(name, "", "", "the file that was written, whose sha256 is in files.sha256", AS_SAID) for name in lost]


def results_hash(files: dict[str, str]) -> str:
    """Return sha256 over names and hashes of the tables and figures among `files`."""
    return hashlib.sha256(manifest_text(result_files(files)).encode()).hexdigest()


@dataclass(frozen=True)
class Comparison:
    """Two runs' tables and figures; equal when nothing differs and nothing is in one alone."""

    hashes: tuple[str, str]
    n_same: int
    different: list[str]
    only_first: list[str]
    only_second: list[str]

    @property
    def is_equal(self) -> bool:
        """True when every table and figure has the same bytes."""
        return self.hashes[0] == self.hashes[1]


def compare_results(first, second) -> Comparison:
    """Compare tables and figures of two run folders; every file is read. Raises DataError when a folder holds none."""
    left, right = (result_files(hash_files(folder)) for folder in (first, second))
    for folder, files in ((first, left), (second, right)):
        if not files:
            raise DataError(f"{folder}: holds no tables and figures to compare. Give the folder of a run.")
    both = sorted(left.keys() & right.keys())
    different = [name for name in both if left[name] != right[name]]
    return Comparison(
        (results_hash(left), results_hash(right)), len(both) - len(different), different,
        sorted(left.keys() - right.keys()), sorted(right.keys() - left.keys()),
    )  # fmt: skip


def parse_hash(text: str) -> str:
    """Return a hash as given, lower case: 12 to 64 hexadecimal digits. Raises UsageError otherwise."""
    if not re.fullmatch(rf"[0-9a-f]{{{SHORTEST},64}}", text.strip().lower()):
        raise UsageError(
            f"{text!r} is no hash of results. Give {SHORTEST} to 64 of its digits, as `sdg-eval runs show` prints them."
        )
    return text.strip().lower()


# ------------------------------------------------------------------ what made it


@cache
def made_with() -> dict[str, str]:
    """Return what results rest on beside code and data: commit, lock_hash, packages_hash, python.

    commit
        Of the folder the package runs from, with `-dirty` where it was edited; '' where it is no git folder.
    lock_hash
        sha256 of requirements.lock, which says what should be installed; '' where it is not beside the package.
    packages_hash
        sha256 over names and versions of what is installed.
    """
    lock = ROOT / "requirements.lock"
    return {
        "commit": _commit(), "lock_hash": file_hash(lock) if lock.is_file() else "", "packages_hash": _packages_hash(),
        "python": ".".join(map(str, sys.version_info[:3])),
    }  # fmt: skip


def _commit() -> str:
    if not (
        ROOT / ".git"
    ).exists():  # installed into some environment: a git folder above it is another project's
        return ""
    command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=20).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""


def _packages_hash() -> str:
    about = (d.metadata for d in metadata.distributions())  # once each: name and version would both read the file
    installed = sorted({f"{m['Name']}=={m['Version']}" for m in about})
    return hashlib.sha256("\n".join(installed).encode()).hexdigest()
