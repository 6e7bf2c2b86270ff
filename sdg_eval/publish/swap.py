"""The old site stands until the new one is whole: pages are made aside, then moved into place by renames.

The pages lie among the results of their run, at addresses that people have kept, so there is no folder to exchange as a
whole (docs/decisions/0020). What is promised instead: nothing is touched before the last page has been written; every
page is the old one or the new one, never half; the overview comes last; and a move that was cut short is finished by
the next call.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from sdg_eval.errors import WriteError
from sdg_eval.store import write_atomic

STAGING = ".site"
READY = "ready"
LIST = "assets/pages.json"
"""Every file of the site, from its root: what the next one may take away."""


def new_staging(folder: Path) -> Path:
    """Finish a move that was cut short, and return an empty place for the files of the next site."""
    staging = folder / STAGING
    if (staging / READY).is_file():
        move_into_place(folder)
    try:
        shutil.rmtree(staging, ignore_errors=True)
        (staging / "site").mkdir(parents=True)
    except OSError as error:
        raise WriteError(f"{staging}: cannot be made ({error.strerror}). Make room, or give another folder.") from error
    return staging / "site"


def move_into_place(folder: Path, *, whole: bool = True) -> None:
    """Move what was written into `new_staging` to its addresses and take away pages that are no more.

    `whole` is False where only some pages were written anew: then the others stand.

    Raises
    ------
    WriteError
        When the disk refuses. Before the mark `ready` stands, nothing outside the staging folder has been changed.
    """
    staging, site = folder / STAGING, folder / STAGING / "site"
    try:
        if not (staging / READY).is_file():
            before = _listed(folder / LIST)
            files = {p.relative_to(site).as_posix() for p in site.rglob("*") if p.is_file()} | (set() if whole else before)
            (site / LIST).parent.mkdir(parents=True, exist_ok=True)
            (site / LIST).write_text(json.dumps(sorted({*files, LIST}), indent=0) + "\n", encoding="utf-8")
            _flush([p for p in site.rglob("*") if p.is_file() and not _same(p, folder / p.relative_to(site))])
            write_atomic(staging / READY, json.dumps(sorted(before - files)).encode("utf-8"))
        gone = json.loads((staging / READY).read_text(encoding="utf-8"))
        for path in sorted((p for p in site.rglob("*") if p.is_file()), key=lambda p: _order(p.relative_to(site))):
            target = folder / path.relative_to(site)
            if not _same(path, target):
                target.parent.mkdir(parents=True, exist_ok=True)
                os.replace(path, target)
        for name in gone:
            if (path := _inside(folder, name)) is not None:
                path.unlink(missing_ok=True)
        shutil.rmtree(staging)
    except OSError as error:
        raise WriteError(f"{folder}: the site cannot be written ({error.strerror or error}). Make room; then publish again.") from error


def _order(path: Path) -> tuple:
    """Assets first, then the deepest pages, the overview last."""
    return (path.parts[0] != "assets", path.name in ("index.html", "index.en.html") and len(path.parts) == 1, -len(path.parts), path.as_posix())


def _same(one: Path, other: Path) -> bool:
    try:
        return one.stat().st_size == other.stat().st_size and one.read_bytes() == other.read_bytes()
    except OSError:
        return False


def _flush(paths: list[Path]) -> None:
    """Bring files to the disk before they take the place of others."""
    for path in paths:
        handle = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def site_files(folder) -> list[str]:
    """Return the files of the site that stands in `folder`, from its root; [] where none does."""
    return sorted(_listed(Path(folder) / LIST))


def _listed(path: Path) -> set[str]:
    try:
        names = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return set()
    return {name for name in names if isinstance(name, str)} if isinstance(names, list) else set()


def _inside(folder: Path, name: str) -> Path | None:
    """A file of a list, if it is one that a site can hold: a list that was tampered with deletes nothing else."""
    path = Path(name)
    if path.is_absolute() or ".." in path.parts or path.suffix not in (".html", ".csv", ".js", ".css", ".woff2") or not path.parts:
        return None
    found = (folder / path).resolve()
    return found if found.is_relative_to(folder.resolve()) else None
