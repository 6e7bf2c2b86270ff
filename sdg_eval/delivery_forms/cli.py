"""The command `sdg-eval delivery`: filled workbooks to the store, told table by table, or refused as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from sdg_eval.codelists import Codelists, read_codelists
from sdg_eval.delivery.archive import known_files, read_stored_delivery, write_delivery_load
from sdg_eval.delivery.columns import delivery_tables
from sdg_eval.delivery.contract import typed
from sdg_eval.delivery.tables import REGISTER_SOURCE, SYNTHETIC, validate_table
from sdg_eval.delivery_forms.intake import TakenIn, take_in_workbooks
from sdg_eval.errors import DataError
from sdg_eval.intake.refusal import Refusal, problems_json
from sdg_eval.store import csv_bytes, write_atomic, write_text

PROBLEMS = "problems.json"


@dataclass(frozen=True)
class DeliveryReport:
    """What a load did: lines for the reader, rows added, workbooks that were there already."""

    lines: list[str]
    n_rows: int
    n_known: int


def load_workbooks(
    paths, *, store: Path | None, out: Path | None = None, page: Path | None = None, area: str = "", dry_run: bool = False,
    codelists: Codelists | None = None,
) -> DeliveryReport:  # fmt: skip
    """Take filled workbooks in, all or none, and return what came of it.

    A workbook that was taken in before adds nothing. `out` gets the tables as CSV, or problems.json and
    nothing else; `page` the refusal as a page in Thai to send back. Raises Refusal when any workbook has a
    fault; the store is then as it was.
    """
    codelists, stored = (
        codelists or read_codelists(),
        read_stored_delivery(store) if store is not None else None,
    )
    try:
        taken = take_in_workbooks(paths, codelists, stored, area=area)
    except Refusal as refusal:
        if not dry_run:
            _write_refusal(refusal, out, page)
        raise
    there = known_files(store) if store is not None else set()
    new = [t for t in taken if t.file_id not in there]
    lines = [line for t in taken for line in _told(t, is_new=t in new)]
    tables: dict[str, list[pd.DataFrame]] = {}
    for one in new:
        for name, frame in one.tables.items():
            tables.setdefault(name, []).append(frame)
    joined = {name: pd.concat(parts, ignore_index=True) for name, parts in tables.items()}
    if not dry_run and new:
        if store is not None:
            write_delivery_load(joined, store, raw=[t.path for t in new])
        if out is not None:
            for name, frame in joined.items():
                write_atomic(Path(out) / f"{name}.csv", csv_bytes(frame))
            (Path(out) / PROBLEMS).unlink(missing_ok=True)
    return DeliveryReport(lines, sum(map(len, joined.values())), len(taken) - len(new))


def _write_refusal(refusal: Refusal, out: Path | None, page: Path | None) -> None:
    if out is not None:
        write_text(Path(out) / PROBLEMS, problems_json(refusal.problems))
    if page is not None:
        from sdg_eval.publish.refusal import refusal_page

        write_text(page, refusal_page(refusal.problems))


def _told(taken: TakenIn, *, is_new: bool) -> list[str]:
    """What came of one workbook, in a few lines."""
    if not is_new:
        return [f"{taken.path.name}: รับไว้แล้วก่อนหน้านี้ ไม่เพิ่มข้อมูล / was taken in before, nothing added"]
    names = delivery_tables()
    rows = [
        f"    {names[name].name_th} {len(frame):,} แถว / {names[name].name_en}: {len(frame):,} rows"
        for name, frame in taken.tables.items()
    ]
    return [f"{taken.path.name}: รับข้อมูลแล้ว / taken in", *rows]


def keep_said(run, store) -> tuple[int, int]:
    """Put what the quarterly reports of a run said into the store, so that the next quarter's reports can ask about it.

    Returns (rows added, reports read). Raises DataError for a run without quarterly reports and for rows that break the
    contract; synthetic reports are refused by a store that holds other data.
    """
    found = sorted(Path(run).glob("quarters/*/said.csv"))
    if not found:
        raise DataError(f"{run}: holds no quarterly reports. Run `sdg-eval evaluate --quarter ... --notebook 20_quarterly_report` first.")
    said = pd.concat([pd.read_csv(path, dtype="str", keep_default_na=False) for path in found], ignore_index=True)
    real = any((~frame["source"].isin([SYNTHETIC, REGISTER_SOURCE])).any() for frame in read_stored_delivery(store).tables.values())
    if real and (said["source"] == SYNTHETIC).any():
        raise DataError(f"{run}: the reports are of synthetic data, the store is not. Nothing was kept.")
    faults = validate_table("said", said)
    if len(faults):
        first = faults.iloc[0]
        raise DataError(f"{run}: said.csv, row {first['row']}, column {first['column']}: {first['reason_en']}. {first['remedy_en']}")
    if len(said):
        write_delivery_load({"said": typed("said", said)[0]}, store)
    return len(said), len(found)
