"""Files in, store out, told file by file: what it is, how much came in, what was set aside and why."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from sdg_eval.codelists import read_codelists
from sdg_eval.errors import DataError
from sdg_eval.sources import FileOutcome, import_paths
from sdg_eval.store import BOUNDARIES, csv_bytes, write_atomic, write_observations

SHOWN_REASONS = 4
"""Reasons per file on the screen; the whole list is in the store's `set_aside` folder."""


@dataclass
class ImportReport:
    """What an import did: lines for the reader, observations added, files refused."""

    lines: list[str] = field(default_factory=list)
    n_new: int = 0
    n_known: int = 0
    unrecognised: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def import_files(paths, store, codelists=None) -> ImportReport:
    """Read `paths` (files or folders) and add what they hold to `store`.

    Every file is read before anything is written, so a refused file named explicitly leaves the
    store as it was. Raises DataError for such a file and WriteError when the disk refuses.
    """
    codelists = codelists or read_codelists()
    outcomes = import_paths(paths, codelists)
    vintage = dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    report = ImportReport()
    for outcome in outcomes:
        _take(outcome, Path(store), vintage, report)
    return report


def _take(outcome: FileOutcome, store: Path, vintage: str, report: ImportReport) -> None:
    name = outcome.path.name
    if outcome.error is not None:
        kept = report.refused if outcome.source else report.unrecognised
        kept.append(name)
        report.lines.append(f"{name}: refused. {outcome.error}")
        return
    if outcome.source is None:
        report.unrecognised.append(name)
        report.lines.append(f"{name}: nobody recognises this file; it was left out")
        return
    reading = outcome.reading
    if _is_boundary(outcome.path):
        write_atomic(store / BOUNDARIES, outcome.path.read_bytes())
    if outcome.source == "reference":
        report.lines.append(f"{name}: {'; '.join(reading.notes)}")
        return
    lines = [f"{name}: {outcome.title}"]
    if len(reading.observations):
        result = write_observations(reading.observations, store, vintage=vintage, raw=[outcome.path])
        report.n_new += result.n_rows if result.is_new else 0
        report.n_known += result.n_known
        lines.append(f"{len(reading.observations):,} observations" + (f", {result.n_known:,} already in the store" if result.n_known else ""))
    lines += _told_aside(reading.set_aside)
    lines += reading.notes
    if len(reading.set_aside):
        write_atomic(store / "set_aside" / f"{name}.csv", csv_bytes(reading.set_aside))
    report.lines.append("\n    ".join(lines))


def _is_boundary(path: Path) -> bool:
    """True for GeoJSON of polygons (points are data, not boundaries)."""
    if path.suffix.lower() not in (".geojson", ".json"):
        return False
    with path.open("rb") as file:
        head = file.read(20_000)
    return b'"FeatureCollection"' in head and b"Polygon" in head


def _told_aside(set_aside: pd.DataFrame) -> list[str]:
    """Return `n set aside:` with the commonest reasons (numbers and codes in them folded)."""
    if set_aside.empty:
        return []
    folded = set_aside["reason"].str.replace(r"\bTH-\d\d\b|\d[\d,.]*", "…", regex=True)
    counts = folded.value_counts(sort=True).sort_index().sort_values(ascending=False, kind="stable")
    shown = [f"{count:,} {reason}" for reason, count in counts.head(SHOWN_REASONS).items()]
    rest = len(counts) - SHOWN_REASONS
    return [f"{len(set_aside):,} set aside: " + "; ".join(shown) + (f"; and {rest} more reasons" if rest > 0 else "")]


def closing_line(report: ImportReport, store) -> str:
    """Return the last line of an import."""
    parts = [f"{report.n_new:,} observations added to {store}"]
    if report.n_known:
        parts.append(f"{report.n_known:,} were there already")
    if report.unrecognised:
        parts.append(f"{len(report.unrecognised)} file(s) not recognised: {', '.join(report.unrecognised)}")
    if report.refused:
        parts.append(f"{len(report.refused)} file(s) refused: {', '.join(report.refused)}")
    return "; ".join(parts)


def raise_if_refused(report: ImportReport) -> None:
    """Raise DataError when a file of a known source was refused: what it should have held is missing."""
    if report.refused:
        raise DataError(f"Refused: {', '.join(report.refused)}. The messages above say where and why; the other files are in.")
