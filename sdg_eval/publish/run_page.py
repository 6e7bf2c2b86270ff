"""The page of the run itself: what was planned, what became of it, province by province, and why something is missing.

Every planned run is counted once; a page whose sums did not agree with the plan would say so before anything else.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from sdg_eval.publish.counted import Counted
from sdg_eval.publish.material import Material
from sdg_eval.publish.pages import Pages
from sdg_eval.publish.words import words_of
from sdg_eval.run_table import GOOD, RUN, STATUSES, UNKNOWN, next_step, reconcile, totals
from sdg_eval.thai import BE_OFFSET, MONTHS_EN, MONTHS_TH_SHORT

SIGN = {
    "done": "✓", "kept": "=", "failed": "✗", "refused": "!", "suppressed": "○", "interrupted": "‖", UNKNOWN: "?",
}  # fmt: skip
"""A sign for each status, so that colour is never the only one."""
TITLES = {
    "10_province_evaluation": "run_evaluation", "41_peers": "run_peers", "61_province_effect": "run_effect", "20_quarterly_report": "quarterly",
    "00_data_quality": "quality", "15_targets_and_forecasts": "scoreboard", "40_provinces_side_by_side": "side_by_side",
    "45_leave_no_one_behind": "left_behind", "50_best_practice": "best_practice", "60_pilot_effect": "pilot_effect",
    "65_overall_evaluation": "overall_evaluation", "30_delivery": "delivery_30", "31_need_plan_money_result": "delivery_31",
    "32_partners_participation": "delivery_32", "33_awareness": "delivery_33", "34_city_sdg11": "delivery_34",
    "70_vnr_register": "delivery_70", "75_agency_pages": "delivery_75", "90_synthesis": "synthesis",
}  # fmt: skip
"""The word of `words.WORDS` by which a notebook is called."""
ABOUT = ("command", "python", "commit", "data_hash", "code_hash", "lock_hash", "packages_hash")
"""What the page tells of how a run was made, where it is known."""
BANGKOK = dt.timezone(dt.timedelta(hours=7))


def notebook_title(notebook: str, lang: str) -> str:
    """Return what a notebook is called on a page; its file name where it has no title."""
    words = words_of(lang)
    return words[TITLES[notebook]] if notebook in TITLES else notebook


@dataclass(frozen=True, eq=False)
class RunMaterial:
    """What the page needs of `Material`, where nothing else of the run is read."""

    folder: Path
    codelists: object
    record: dict
    runs: pd.DataFrame


def write_run_page(pages: Pages, material: Material | RunMaterial) -> None:
    """Write the page of a run in the language of `pages`.

    The record of the run holds planned (notebook, REF_AREA, folder) and what is known of how the run was made; the table of runs
    holds notebook, REF_AREA, status, seconds, error, recorded.
    """
    folder, lang, record, runs = material.folder, pages.lang, material.record, material.runs
    codelists = material.codelists
    planned = pd.DataFrame(record["planned"], columns=[*RUN, "folder"])
    by_area = reconcile(planned, runs)
    every = planned.merge(runs[[*RUN, "status", "seconds", "error"]], on=RUN, how="left")
    every["status"] = every["status"].where(every["status"].isin(STATUSES), UNKNOWN)
    every["error"] = every["error"].fillna("")
    cells = {
        (r["notebook"], r["REF_AREA"]): _cell(r, folder, codelists, lang) for r in every.to_dict("records")
    }
    own = list(dict.fromkeys(planned.loc[planned["REF_AREA"] != "", "notebook"]))
    pages.write(
        "runs", "runs.html.j2", record=dict.fromkeys(ABOUT, "") | record, totals=_marked(totals(by_area)), statuses=STATUSES, sign=SIGN, own=[notebook_title(n, lang) for n in own],
        provinces=[
            row | {"name": codelists.area_name(row["REF_AREA"], lang), "cells": [cells.get((n, row["REF_AREA"])) for n in own]}
            for row in by_area[by_area["REF_AREA"] != ""].to_dict("records")
        ],
        national=[cell for (_, area), cell in cells.items() if not area],
        national_row=next(iter(by_area[by_area["REF_AREA"] == ""].to_dict("records")), None),
        open_ones=[cell for cell in cells.values() if cell["open"]], synthetic=record["synthetic"], as_of=_moment(record.get("as_of") or "", lang), started=_moment(record.get("started", ""), lang),
        ended=_moment(max(runs["recorded"], default=""), lang), seconds=float(runs["seconds"].sum()),
        slowest=float(runs["seconds"].max()) if len(runs) else 0.0,
    )  # fmt: skip


def _marked(counts: dict) -> dict:
    """Totals, each with the name under which it is counted again."""
    return counts | {"planned": Counted("plan.planned", counts["planned"])} | {status: Counted(f"runs.{status}", counts[status]) for status in STATUSES}


def _cell(row: dict, folder: Path, codelists, lang: str) -> dict:
    """What the page shows of one run."""
    name, area = row["notebook"], row["REF_AREA"]
    path = f"{row['folder']}/notebook.html"
    return {
        "notebook": name, "title": notebook_title(name, lang), "area": codelists.area_name(area, lang) if area else "", "status": row["status"],
        "error": row["error"], "seconds": row["seconds"], "next": next_step(row["status"], row["error"], lang), "open": row["status"] not in GOOD, "why": f"why-{area}-{name}",
        "href": path if row["status"] in ("done", "kept") and (folder / path).is_file() else "",
    }  # fmt: skip


def _moment(text: str, lang: str) -> str:
    """A UTC time as the clock shows it in Thailand: 26 พ.ย. 2569 08:21 น., 26 November 2026 08:21 (Bangkok); a day as a day."""
    try:
        time = dt.datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return ""
    if len(text) <= 10:
        return (
            f"{time.day} {MONTHS_TH_SHORT[time.month - 1]} {time.year + BE_OFFSET} (UTC)"
            if lang == "th"
            else f"{time.day} {MONTHS_EN[time.month - 1]} {time.year} (UTC)"
        )
    time = time.astimezone(BANGKOK)
    if lang == "th":
        return f"{time.day} {MONTHS_TH_SHORT[time.month - 1]} {time.year + BE_OFFSET} {time:%H:%M} น."
    return f"{time.day} {MONTHS_EN[time.month - 1]} {time.year} {time:%H:%M} (Bangkok)"
