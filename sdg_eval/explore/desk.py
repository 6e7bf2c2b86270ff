"""What an adviser has on the desk: observations, codelists, the national tables, and which run they are.

Everything else in `explore` takes a `Desk` and gives a table. It is read from the folder of a run, or worked out from
observations where there is no run yet.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path

import pandas as pd

from sdg_eval.codelists import Codelists, read_codelists
from sdg_eval.comparisons.peers import distances
from sdg_eval.comparisons.traits import Traits, traits_of
from sdg_eval.detectability import evaluate_detectability
from sdg_eval.errors import DataError, UsageError
from sdg_eval.evaluation import National, compare_with_peers, evaluated_rows, read_national
from sdg_eval.kept import read_kept, rests_on, write_kept
from sdg_eval.national_status import status_table
from sdg_eval.observations import observation_table, select_totals
from sdg_eval.panels import is_province
from sdg_eval.progress import compare_methods, evaluate_progress
from sdg_eval.quality import evaluate_quality
from sdg_eval.reviews import HASHED, content_hash
from sdg_eval.shown import read_shown
from sdg_eval.store import parquet_bytes
from sdg_eval.suppression import STATUS
from sdg_eval.trends import evaluate_trends

PACKAGE = Path(__file__).parents[1]
SAMPLE = PACKAGE.parent / "data" / "sample" / "observations.csv"
NEEDED = ("trends", "progress", "quality", "peers", "rules", "detectability")
"""National tables that the explorer and the workbench show. Forecasts take most of the time, and neither shows them."""
OBSERVATIONS = "observations"
REPORTS = PACKAGE.parent / "reports"
LATEST = "latest"
"""Word for the run in `REPORTS` that was made last."""
N_LIKE = 5
"""Provinces that are called alike."""


@dataclass(frozen=True, eq=False)
class Desk:
    """Observations as they may be shown, codelists and national tables.

    `run` is '' where no run was read; `call` is the code that opens the same desk again, `origin` what was opened, in words.
    """

    observations: pd.DataFrame
    codelists: Codelists
    national: National
    report_year: int
    confidence: float
    run: str = ""
    call: str = "open_desk()"
    origin: str = ""

    @cached_property
    def cases(self) -> dict:
        """The finding that is doubted just now (`case.case_of`): a workbench asks for the same one at every click."""
        return {}

    @cached_property
    def rows(self) -> pd.DataFrame:
        """What the national tables rest on: totals of provinces, of the series that are evaluated."""
        return evaluated_rows(self.observations, self.codelists)

    @cached_property
    def totals(self) -> pd.DataFrame:
        """Totals of provinces and of the country that have a value or a suppressed one, with the cell each comes from."""
        rows = select_totals(self.observations)
        rows = rows[(rows["OBS_VALUE"].notna() | (rows["OBS_STATUS"] == STATUS)) & (is_province(rows["REF_AREA"]) | (rows["REF_AREA"] == "TH"))]
        return rows.sort_values(["SERIES", "REF_AREA", "FREQ", "TIME_PERIOD"], ignore_index=True)

    @cached_property
    def series(self) -> list[str]:
        """Evaluated series of which some province has a value, by goal, the cross-cutting ones last."""
        rows = [r for r in self.codelists.series.to_dict("records") if r["SERIES"] in self._frequencies]
        return [r["SERIES"] for r in sorted(rows, key=lambda r: (int(r["goal"]) or 99, r["indicator"] or "~", r["SERIES"]))]

    def frequencies(self, series: str, area: str = "") -> list[str]:
        """Frequencies of a series, annual first; with `area` those of which it has a value. Raises UsageError for a series without a value."""
        found = self._frequencies.get(series, {})
        if not found:
            raise UsageError(f"{series!r} has no value of a province here. There are: {', '.join(self.series)}.")
        return [freq for freq in ("A", "Q", "M") if freq in found and (not area or area in found[freq])]

    @cached_property
    def _frequencies(self) -> dict[str, dict[str, set[str]]]:
        found: dict[str, dict[str, set[str]]] = {}
        held = self.rows.loc[self.rows["OBS_VALUE"].notna(), ["SERIES", "FREQ", "REF_AREA"]].drop_duplicates()
        for series, freq, area in held.itertuples(index=False):
            found.setdefault(series, {}).setdefault(freq, set()).add(area)
        return found

    @cached_property
    def status(self) -> pd.DataFrame:
        """The status of every series in every province, in the words of the report (`national_status`)."""
        return status_table(self.national, self.observations, self.codelists)

    @cached_property
    def traits(self) -> Traits:
        """What provinces cannot choose (`comparisons.traits`)."""
        return traits_of(self.totals[self.totals["OBS_VALUE"].notna()], self.codelists)

    @cached_property
    def like(self) -> dict[str, list[str]]:
        """REF_AREA -> the nearest provinces on what a province cannot choose (`comparisons.peers`), the nearest first."""
        apart = distances(self.traits)
        return {area: list(apart.loc[area].drop(area).sort_values(kind="stable").index[:N_LIKE]) for area in apart.index}

    @cached_property
    def run_hash(self) -> str:
        """sha256 over the tables of trends and progress: the same for every run, or none, that found the same."""
        return content_hash({name: parquet_bytes(getattr(self.national, name)) for name in HASHED})

    @cached_property
    def synthetic(self) -> bool:
        """True where any value is not real."""
        return bool(self.observations["source"].str.contains("synthetic").any())


def latest_run(reports) -> str:
    """Return the folder of the run in `reports` that was made last, '' where there is none."""
    found = []
    for path in sorted(Path(reports).glob("*/record.json")):
        try:
            started = json.loads(path.read_text(encoding="utf-8")).get("started", "")
        except (OSError, ValueError):
            continue  # a run that is being written, or was cut short
        if all((path.parent / "national" / f"{name}.parquet").is_file() for name in ("observations", *NEEDED)):
            found.append((started, str(path.parent)))
    return os.path.relpath(max(found)[1]) if found else ""


def open_desk(data="", *, report_year: int = 2026, confidence: float = 0.95, keep="") -> Desk:
    """Return the desk of a run or of observations.

    Parameters
    ----------
    data
        Folder of a run (`reports/<run>`; its own report year and confidence are taken), or a store folder, Parquet or CSV file of
        observations of all provinces. `latest` is the run in reports/ that was made last. The synthetic sample where it is '', or
        where no run was made yet.
    report_year, confidence
        Of observations; a run has its own.
    keep
        Folder in which observations as they may be shown and their national tables are kept, and read again while data, codelists and
        program are the same; '' keeps nothing.

    Raises
    ------
    DataError
        For a folder that is neither a whole run nor a store, or observations that cannot be read.

    Examples
    --------
    >>> desk = open_desk()
    >>> desk.synthetic, desk.frequencies("SI_POV_NAHC")
    (True, ['A'])
    """
    codelists = read_codelists()
    data = latest_run(REPORTS) if data == LATEST else str(data)
    if data and ((Path(data) / "record.json").exists() or (Path(data) / "national").exists()):
        return _read_run(data, codelists)
    path = Path(data or SAMPLE)
    own = {"call": f"open_desk({data!r}, report_year={report_year!r}, confidence={confidence!r}, keep={str(keep)!r})", "origin": path.name}

    def rests() -> str:
        try:
            return rests_on("desk", path, codelists, report_year, confidence) if keep else ""
        except OSError:
            return ""  # the reader of observations says what is wrong

    key = rests()
    held = read_kept(keep, key, (OBSERVATIONS, *NEEDED)) if key else None
    if held is None:
        held = _work_out(read_shown(path, codelists), codelists, report_year, confidence)
        if key and rests() == key:  # the file did not change while it was read
            write_kept(keep, key, held)
    table = observation_table(held.pop(OBSERVATIONS))
    return Desk(table, codelists, National(**dict.fromkeys(part.name for part in fields(National)) | held), report_year, confidence, **own)


def _work_out(table: pd.DataFrame, codelists: Codelists, report_year: int, confidence: float) -> dict[str, pd.DataFrame]:
    """Return observations and the national tables that a desk needs."""
    rows = evaluated_rows(table, codelists)
    trends = evaluate_trends(rows, series=codelists.series, report_year=report_year, confidence=confidence)
    progress = evaluate_progress(rows, trends, codelists, report_year=report_year)
    return {
        OBSERVATIONS: table, "trends": trends, "progress": progress, "quality": evaluate_quality(rows, codelists, report_year=report_year),
        "peers": compare_with_peers(rows, codelists), "rules": compare_methods(rows, progress, codelists),
        "detectability": evaluate_detectability(trends, progress.rename(columns={"required_pace": "wanted_pace"})),
    }  # fmt: skip


def _read_run(data: str, codelists: Codelists) -> Desk:
    folder = Path(data)
    try:
        record = json.loads((folder / "record.json").read_text(encoding="utf-8"))
        report_year, confidence = int(record["report_year"]), float(record["confidence"])
        table = pd.read_parquet(folder / "national" / "observations.parquet")
    except (OSError, ValueError, KeyError) as error:
        raise DataError(f"{folder}: no complete run is here. Give the folder of a whole run or of a store, or '' for the sample.") from error
    return Desk(table, codelists, read_national(folder / "national", NEEDED), report_year, confidence, str(record.get("run", folder.name)), f"open_desk({data!r})", folder.name)
