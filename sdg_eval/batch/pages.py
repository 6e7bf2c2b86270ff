"""The pages of a run: written anew only when something that they show changed.

Seventy-seven provinces in two languages are some four hundred pages. The page of the run, which tells what became of it this
time, is written every time.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pandas as pd

from sdg_eval.batch.keys import digest, file_digest, preparation_hash
from sdg_eval.batch.plan import INPUTS
from sdg_eval.batch.prepare import read_state
from sdg_eval.batch.workers import Pool
from sdg_eval.publish import site_files, write_run_pages, write_site
from sdg_eval.publish.documents.shelf import shelved
from sdg_eval.reviews import default_folder
from sdg_eval.store import write_atomic

KEPT = "kept"
LONGEST_SECONDS = 1800.0
"""After which a process that writes pages or documents is taken for stuck."""
RUN_PAGES = ("runs.html", "runs.en.html")
SHOWN = ("run", "lang", "version", "report_year", "data_hash", "synthetic", "quarter", "planned")
"""What pages other than that of the run tell of the record."""


def write_pages(out, codelists, record: dict, runs: pd.DataFrame, keys: dict[str, str], *, only: set[tuple[str, str]] | None = None, pool: Pool | None = None) -> bool:
    """Write the pages of a run and return whether any but that of the run were written.

    They stand when every run was kept, what they are made of is the same as last time, and each of them is what was written.

    Parameters
    ----------
    keys
        Key of each run, by name.
    only
        As in `write_site`: of a batch that was stopped; then the others are due next time.
    pool
        Processes that may write pages side by side.
    """
    out, folder = Path(out), Path(out) / record["run"]
    place = out / INPUTS / f".{record['run']}.pages.json"
    stages = {name: stage["files"] for name, stage in read_state(out, record["run"]).get("stages", {}).items()}
    key = digest([preparation_hash(codelists), *(json.dumps(part, sort_keys=True) for part in ({name: record.get(name) for name in SHOWN}, keys, stages, [d.file for d in shelved(folder, record)], _reviews()))])
    if only is None and (runs["status"] == KEPT).all() and _stand(place, folder, key):
        write_run_pages(folder, codelists, record, runs)
        return False
    place.unlink(missing_ok=True)
    write_site(folder, codelists, record, runs, only=only, several=side_by_side(pool))
    if only is None:
        pages = {name: file_digest(folder / name) for name in site_files(folder) if name not in RUN_PAGES}
        write_atomic(place, (json.dumps({"key": key, "pages": pages}, sort_keys=True) + "\n").encode(), mode=0o600)
    return True


def side_by_side(pool: Pool | None) -> Callable[[list[tuple]], list] | None:
    """What `write_site`, `write_documents` and `make_ledger` take as `several`: worker processes, or None for one alone."""
    return partial(pool.do_all, seconds=LONGEST_SECONDS) if pool and pool.count > 1 else None


def _reviews() -> dict[str, str]:
    """Hash of each review: a new one is printed though every run was kept."""
    return {path.name: file_digest(path) for path in sorted(default_folder().glob("*.yml"))}


def _stand(place: Path, folder: Path, key: str) -> bool:
    try:
        held = json.loads(place.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return held["key"] == key and all(file_digest(folder / name) == expected for name, expected in held["pages"].items())
