"""The overview: where the provinces stand, what changed this quarter, what became of the run; and the page on the pilot's effect."""

from __future__ import annotations

from sdg_eval.effect_words import amount
from sdg_eval.evaluation import STATUSES
from sdg_eval.figures.maps import MAP_LABELS
from sdg_eval.figures.render import balance
from sdg_eval.publish.counted import Counted
from sdg_eval.publish.goal_pages import ORDER
from sdg_eval.publish.material import (
    DONE,
    EFFECT,
    OVERALL,
    PEERS,
    QUARTERLY,
    SIDE_BY_SIDE,
    STATUSES_OF_RUNS,
    Material,
    records,
)
from sdg_eval.publish.pages import Pages, address
from sdg_eval.publish.province_pages import FOUND, documents_of
from sdg_eval.publish.review_box import review_box
from sdg_eval.publish.run_page import notebook_title
from sdg_eval.publish.status_map import draw_country, read_shapes, say_counts
from sdg_eval.publish.words import words_of
from sdg_eval.store import BOUNDARIES
from sdg_eval.thai import format_fiscal_quarter, year_text
from sdg_eval.wording import label, say_false_alarms

FEW = 3
"""Provinces up to which the first lines of each quarterly report stand on the overview; of more, only what changed beyond its error."""
CHANGED_SHOWN = 2
MOVED = ("changed", "behind")
"""What a quarterly report calls a measure that differs by more than its error."""


def write_overview(pages: Pages, material: Material) -> None:
    """Write the overview; it is the last page that moves into place."""
    lang, words = pages.lang, pages.words()
    lines = [_line(material, area, lang) for area in material.areas]
    done = [line for line in lines if line["run"]["status"] in DONE]
    asked = [line for line in lines if line["run"]["status"] != "not_asked"]
    found = sum(line["counts"][status] for line in done for status in FOUND)
    reported = material.statuses(QUARTERLY)
    effect = material.said(f"national/{EFFECT}", "text.json", material.statuses(EFFECT).get("", ""), lang)["text"]
    side = material.said(f"national/{SIDE_BY_SIDE}", "text.json", material.statuses(SIDE_BY_SIDE).get("", ""), lang)
    country, map_counts = _country(material, lang, words)
    pages.write(
        "", "index.html.j2", here="index", review=review_box(material, lang), lines=lines, n_done=Counted("provinces.done", len(done)), n_asked=Counted("provinces.asked", len(asked)), n_all=len(material.codelists.provinces),
        n_reported=Counted("quarters.done", sum(s in DONE for s in reported.values())), n_quarters=Counted("quarters.asked", len(reported)), quarter=quarter_text(material, lang),
        country=country, map_counts=map_counts, heat=_heat(material, [line["area"] for line in asked], lang),
        others=_heat(material, [a for a in material.codelists.provinces if a not in material.provinces], lang), order=ORDER,
        false_alarms=say_false_alarms(found, lang) if done else "", changed=_changed(material, lang), runs={what: k if what == "other" else Counted(f"runs.{what}", k) for what, k in run_counts(material).items()}, run_statuses=STATUSES_OF_RUNS,
        runs_page=runs_page(material, lang), national=_national(material, lang), effect=effect, effects_page=address("effects", lang), side=side,
        letters=[{"file": file, "name": _agency(material, code, lang)} for code, file in material.letters(lang).items()],
        not_beside=[material.codelists.area_name(a, lang) for a, s in material.statuses(PEERS).items() if s not in DONE],
    )  # fmt: skip


def quarter_text(material: Material, lang: str) -> str:
    """The quarter that the run reports, '' where it reports none."""
    quarter = material.record.get("quarter")
    return format_fiscal_quarter(quarter, lang, months=False) if quarter else ""


def runs_page(material: Material, lang: str) -> str:
    """The page that lists every run, where the record of the run holds its plan."""
    return address("runs", lang) if "planned" in material.record else ""


def run_counts(material: Material) -> dict[str, int]:
    """Planned runs and what became of them; the six counts add up to `planned`, and `other` says so where they do not."""
    counts = material.runs["status"].value_counts()
    told = {status: int(counts.get(status, 0)) for status in STATUSES_OF_RUNS}
    return {"planned": len(material.runs), **told, "other": len(material.runs) - sum(told.values())}


def _agency(material: Material, code: str, lang: str) -> str:
    return material.codelists.agencies.set_index("agency").at[code, f"name_{lang}"]


def _line(material: Material, area: str, lang: str) -> dict:
    """One province of the run: its counts, or what became of it."""
    codelists = material.codelists
    line = {
        "area": area, "name": codelists.area_name(area, lang), "pilot": codelists.area(area)["pilot"] == "1",
        "run": material.provinces.get(area, {"status": "not_asked"}), "quarter": material.statuses(QUARTERLY).get(area, ""),
    }  # fmt: skip
    if area in material.evaluations:
        table = material.evaluations[area].table
        shown = table[table["preferred"] & (table["n_obs"] > 0)]
        counts = shown["status"].value_counts()
        line |= {
            "counts": {s: int(counts.get(s, 0)) for s in STATUSES}, "stale": int(shown.loc[shown["status"].isin(FOUND), "stale"].sum()),
            "empty": ", ".join(sorted(table.loc[table["SERIES"] == "", "goal"], key=int)),
        }  # fmt: skip
    return line


def _country(material: Material, lang: str, words: dict) -> tuple[str, list[tuple[str, int]]]:
    """Whether more goals improve than worsen, in every province: the map, and how many provinces have which status."""
    labels = {status: words[f"map_{status}"] for status in MAP_LABELS}
    found = balance(material.goals)
    cells = {}
    for area in material.codelists.provinces:
        status, run = found[area], material.provinces.get(area)
        if run is not None and area not in material.evaluations:
            cells[area] = {"status": "no_data", "label": label(run["status"], lang), "href": address(f"provinces/{area}/", lang)}
            continue
        note = "" if run is not None else f" ({words['not_in_run']})"
        cells[area] = {"status": status, "label": labels[status] + note, "href": address(f"provinces/{area}/", lang) if run is not None else f"#{area}"}
    statuses = [c["status"] for c in cells.values()]
    about = f"{words['map_about']}: {say_counts(statuses, labels)}"
    drawn = draw_country("country", cells, material.codelists, lang, about=about, shapes=read_shapes(material.folder / "national" / BOUNDARIES, material.codelists))
    return drawn, [(status, statuses.count(status)) for status in labels]


def _heat(material: Material, areas: list[str], lang: str) -> list[dict]:
    """Rows of the heat map: the 17 goals of each province, every cell a link; a run that is not done says so instead."""
    rows = []
    for area in sorted(areas):
        run, name = material.provinces.get(area), material.codelists.area_name(area, lang)
        href = address(f"provinces/{area}/", lang) if run is not None else ""
        if run is not None and area not in material.evaluations:
            rows.append({"area": area, "name": name, "href": href, "failed": run["status"], "cells": []})
            continue
        cells = []
        for goal in material.codelists.goals17["goal"]:
            told = material.goal_cells[area, goal]
            to = f"{href}#goal-{goal}" if href else f"{address(f'goals/{goal}/', lang)}#{area}"
            cells.append({"status": told["status"], "href": to, "until": year_text(told["as_of"], lang) if told["stale"] else ""})
        rows.append({"area": area, "name": name, "href": href, "failed": "", "cells": cells})
    return rows


def _changed(material: Material, lang: str) -> list[dict]:
    """What changed in each province that reports: its first lines, or of many provinces only what differs by more than its error."""
    found, reported = [], material.statuses(QUARTERLY)
    for area, status in reported.items():
        said = material.said(f"quarters/{area}", "text.json", status, lang)
        text = said["text"]
        changed = text["changed"] if text else []
        lines = [c["text"] for c in (changed[:CHANGED_SHOWN] if len(reported) <= FEW else [c for c in changed if c["sure"] in MOVED])]
        found.append({
            "name": material.codelists.area_name(area, lang), "href": address(f"quarters/{area}/", lang), "status": status, "done": bool(text), "lines": lines,
            "first": text["actions"][0]["text"] if text and text["actions"] and len(reported) <= FEW else "",
        })  # fmt: skip
    return found


def _national(material: Material, lang: str) -> list[dict]:
    rows = material.runs[material.runs["REF_AREA"] == ""].to_dict("records")
    return [
        {"name": row["notebook"], "title": notebook_title(row["notebook"], lang),
         "done": row["status"] in DONE, "error": row["error"], "status": row["status"]}
        for row in rows
    ]  # fmt: skip


def effect_cells(material: Material, text: dict, lang: str) -> dict[str, dict[str, str]]:
    """Return for each outcome its `effect` with the interval, and `n`: pilots and comparison provinces; a dash for what was not estimated."""
    words, cells = words_of(lang), {}
    effects = {row["SERIES"]: row for row in records(material.table(EFFECT, "effects"))}
    for o in text["outcomes"]:
        row, series = effects[o["series"]], material.series[o["series"]]
        if not o["estimated"]:
            cells[o["series"]] = {"effect": "–", "n": "–"}
            continue
        low, high = (amount(row[c], row, series, lang, unit=False) for c in ("ci_low", "ci_high"))
        cells[o["series"]] = {"effect": f"{amount(row['effect'], row, series, lang)} ({low} {words['interval_to']} {high})", "n": f"{int(row['n_treated'])} / {int(row['n_comparison'])}"}
    return cells


def write_effects(pages: Pages, material: Material) -> None:
    """Write the page on the programme's effect, where that was evaluated."""
    said = material.said(f"national/{EFFECT}", "text.json", material.statuses(EFFECT).get("", ""), pages.lang)
    if not said["text"]:
        return
    overall = material.said(f"national/{OVERALL}", "text.json", material.statuses(OVERALL).get("", ""), pages.lang)
    pages.write(
        "effects", "effects.html.j2", text=said["text"], estimates=effect_cells(material, said["text"], pages.lang), overall=overall["text"], figures=[f for f in said["figures"] if f["series"]],
        documents=documents_of(material, "TH", pages.lang),
        balance=next((f for f in said["figures"] if f["kind"] == "balance"), None),
    )  # fmt: skip
