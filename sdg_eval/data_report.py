"""The state of the data before any result: what looks wrong, where sources disagree, what is missing and whom to ask."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

import pandas as pd

from sdg_eval.errors import DataError
from sdg_eval.gap_register import (
    CHANGE_WORDS,
    REASON_WORDS,
    gap_register,
    letters,
    say_span,
    summarise_gaps,
)
from sdg_eval.reconciliation import check_sums, latest_by_source, reconcile
from sdg_eval.store import (
    csv_bytes,
    parquet_bytes,
    read_observations,
    read_vintages,
    write_atomic,
    write_text,
)
from sdg_eval.suppression import suppress
from sdg_eval.suspicions import KIND_WORDS, find_suspicions
from sdg_eval.thai import format_period
from sdg_eval.wording import LANGUAGES, number, pick

SHOWN = 10
"""Lines of gaps on a province's page; the whole register is linked."""


@dataclass(frozen=True)
class DataReport:
    """Tables of one row per case."""

    suspicions: pd.DataFrame  # values that look wrong, and what their neighbours suggest
    reconciliation: pd.DataFrame  # provincial beside central figures of the same key
    sums: pd.DataFrame  # wholes beside the sum of their parts
    gaps: pd.DataFrame  # what is missing, ranked by what it would change

    def write(self, folder, codelists, *, synthetic: bool = False) -> None:
        """Write each table as Parquet and CSV, and the letters per agency as text, to `folder`."""
        folder = Path(folder)
        for part in fields(self):
            table = getattr(self, part.name)
            write_atomic(folder / f"{part.name}.parquet", parquet_bytes(table))
            write_atomic(folder / f"{part.name}.csv", csv_bytes(table.assign(synthetic=synthetic)))
        for lang in LANGUAGES:
            mark = pick(lang, "(ข้อมูลสังเคราะห์เพื่อสาธิต ไม่ใช่หนังสือจริง)\n\n", "(synthetic data for demonstration, not a real letter)\n\n") if synthetic else ""
            for agency, text in letters(self.gaps, codelists, lang).items():
                write_text(folder / "letters" / f"{agency}.{lang}.txt", mark + text)


def read_data_report(folder) -> DataReport:
    """Return what `DataReport.write` wrote. Raises DataError when a table is absent."""
    parts = {}
    for part in fields(DataReport):
        path = Path(folder) / f"{part.name}.parquet"
        if not path.exists():
            raise DataError(f"{path}: the report on the data is not complete. Run `sdg-eval evaluate` again.")
        parts[part.name] = pd.read_parquet(path)
    return DataReport(**parts)


def all_sources(origin, as_of: str | None = None) -> pd.DataFrame:
    """Return the newest row of every key and source of a store (as it was then), or the observations of a file."""
    path = Path(origin)
    return latest_by_source(read_vintages(path, as_of) if path.is_dir() else read_observations(path))


def evaluate_data(observations: pd.DataFrame, sources: pd.DataFrame, codelists, national, *, report_year: int) -> DataReport:
    """Return the report on the data.

    Parameters
    ----------
    observations
        Observations of all provinces, derived series included, after suppression.
    sources
        Newest row of every key and source (`all_sources`): small cells are suppressed here.
    national
        What `evaluate_national` returned for `observations`.
    """
    shown = suppress(sources, codelists)
    return DataReport(
        find_suspicions(observations, codelists), reconcile(shown), check_sums(shown, codelists),
        gap_register(observations, codelists, national, report_year=report_year),
    )  # fmt: skip


def load_data_report(folder, observations: pd.DataFrame, origin, codelists, national, *, report_year: int) -> DataReport:
    """Return the report of `folder`, or compute it when `folder` is empty (an adviser's notebook)."""
    if folder:
        return read_data_report(folder)
    return evaluate_data(observations, all_sources(origin), codelists, national, report_year=report_year)


def say_gaps(gaps: pd.DataFrame, codelists, lang: str) -> list[dict]:
    """Return the gaps of a province folded by series, in order of rank: name, periods, why, change, owner, due."""
    own = gaps[(gaps["SERIES"] != "") & (gaps["reason"] != "suppressed")]
    names = codelists.agencies.set_index("agency")[f"name_{lang}"]
    lines = []
    for (series, _), rows in own.groupby(["SERIES", "FREQ"], sort=False):
        change = next((c for c in rows["would_change"] if c), "")
        lines.append({
            "series": series, "name": codelists.series_name(series, lang), "periods": say_span(list(rows["TIME_PERIOD"]), lang),
            "reason": pick(lang, *REASON_WORDS[rows["reason"].iloc[0]]), "change": pick(lang, *CHANGE_WORDS[change]),
            "owner": names[rows["owner"].iloc[0]], "lifts": bool(change), "rank": int(rows["rank"].min()),
        })  # fmt: skip
    return sorted(lines, key=lambda line: (not line["lifts"], line["rank"]))[:SHOWN]


def summarise_missing(gaps: pd.DataFrame, codelists, lang: str) -> list[dict]:
    """Return the gaps folded by owner and series, those that would change a verdict first: series, name, owner and its
    code, how many values of how many provinces, from which to which period, and how many would change a verdict."""
    names = codelists.agencies.set_index("agency")[f"name_{lang}"]
    return [
        {
            "series": row["SERIES"], "freq": row["FREQ"], "name": codelists.series_name(row["SERIES"], lang), "owner": names[row["owner"]], "owner_code": row["owner"],
            "missing": row["missing"], "provinces": row["provinces"], "would_change": row["would_change"],
            "first": format_period(row["first"], lang), "last": format_period(row["last"], lang),
        }
        for row in summarise_gaps(gaps, codelists).to_dict("records")
    ]  # fmt: skip


def say_suspicions(rows: pd.DataFrame, codelists, lang: str) -> list[dict]:
    """Return the suspicious values of a province: name, period, value, what it may be, what neighbours suggest, its cell."""
    known = set(codelists.series["SERIES"])
    told = []
    for row in rows.to_dict("records"):
        decimals = int(codelists.series_row(row["SERIES"])["decimals"] or 1) if row["SERIES"] in known else 1
        place = [row["source_file"], row["source_sheet"], "" if pd.isna(row["source_row"]) else str(row["source_row"]), row["source_column"]]
        told.append({
            "name": codelists.series_name(row["SERIES"], lang) if row["SERIES"] in known else row["SERIES"],
            "period": format_period(row["TIME_PERIOD"], lang), "value": number(row["OBS_VALUE"], decimals),
            "kind": pick(lang, *KIND_WORDS[row["kind"]]),
            "expected": number(row["expected"], decimals) if row["expected"] == row["expected"] else "",
            "origin": " ".join(filter(None, place)),
        })  # fmt: skip
    return told
