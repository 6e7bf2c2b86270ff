"""The pages of the 17 goals: what the goal asks, which series speak of it, where every province stands, what is missing."""

from __future__ import annotations

from sdg_eval.publish.material import Material
from sdg_eval.publish.pages import Pages, address
from sdg_eval.publish.status_map import draw_country, say_counts
from sdg_eval.thai import year_text
from sdg_eval.wording import label

ORDER = ("improving", "worsening", "mixed", "changed", "not_detected", "no_change", "indicative", "insufficient", "no_data")


def write_goals(pages: Pages, material: Material) -> None:
    """Write the list of goals and the page of each."""
    goals = material.codelists.goals17.to_dict("records")
    lines = [{"goal": g, "counts": _counts(material, g["goal"]), "series": _series(material, g["goal"], pages.lang)} for g in goals]
    pages.write("goals/", "goals.html.j2", lines=lines, order=ORDER, n=len(material.codelists.provinces))
    for goal in goals:
        pages.write(f"goals/{goal['goal']}/", "goal.html.j2", here="goals/", **_goal(material, goal, pages))


def _counts(material: Material, goal: str) -> dict[str, int]:
    return {status: material.goal_counts[goal][status] for status in ORDER}


def _series(material: Material, goal: str, lang: str) -> list[dict]:
    """Series of a goal that have a page, with how many provinces have which status."""
    found = []
    for code in material.shown:
        series = material.series[code]
        if series["goal"] != goal:
            continue
        told = {status: material.series_counts[code][status] for status in ORDER}
        found.append({"code": code, "name": series[f"name_{lang}"], "series": series, "counts": told, "held": sum(told.values()) - told["no_data"], "evaluated": series["evaluate"] == "1", "columns": code in material.held and series["evaluate"] == "1"})
    return found


def _goal(material: Material, goal: dict, pages: Pages) -> dict:
    lang, number = pages.lang, goal["goal"]
    series = _series(material, number, lang)
    rows = [_row(material, area, number, series, lang) for area in material.codelists.provinces]
    names = {status: label(status, lang) for status in ORDER}
    cells = {r["area"]: {"status": r["status"], "label": names[r["status"]], "href": f"#{r['area']}"} for r in rows}
    about = f"{goal[f'name_{lang}']}: {say_counts([r['status'] for r in rows], names)}"
    return {
        "goal": goal, "series": series, "rows": rows, "order": ORDER, "counts": _counts(material, number), "n": len(rows),
        "targets": _targets(material, number, series), "country": draw_country(f"map-{number}", cells, material.codelists, lang, about=about, small=True),
        "gaps": [m for m in material.missing(lang) if m["goal"] == number],
        "wanted": [r | {"owner": material.owners[r["SERIES"]][f"name_{lang}"]} for r in material.wanted[number, "1"] if r["SERIES"] not in material.held],
        "previous": str(int(number) - 1) if number != "1" else "", "next": str(int(number) + 1) if number != "17" else "",
    }  # fmt: skip


def _row(material: Material, area: str, goal: str, series: list[dict], lang: str) -> dict:
    told, evaluated = material.goal_cells[area, goal], area in material.evaluations
    return {
        "area": area, "name": material.codelists.area_name(area, lang), "pilot": material.codelists.area(area)["pilot"] == "1",
        "status": told["status"], "note": "" if material.wanted[goal, material.codelists.area(area)["coast"]] or not material.wanted[goal, "1"] else "no_coast", "stale": told["stale"], "as_of": year_text(told["as_of"], lang) if told["as_of"] else "–",
        "each": [material.series_status.get((area, s["code"]), {"status": "no_data", "n_obs": 0}) for s in series if s["columns"]],
        "href": f"{address(f'provinces/{area}/', lang)}#goal-{goal}" if evaluated else "",
    }  # fmt: skip


def _targets(material: Material, goal: str, series: list[dict]) -> list[dict]:
    """The UN's targets of a goal, each with its indicators, and with the series that speak of them."""
    of_indicator: dict[str, list[dict]] = {}
    for line in series:
        of_indicator.setdefault(line["series"]["indicator"], []).append(line)
    found = []
    for target in material.un_targets[goal]:
        indicators = [i | {"series": of_indicator.get(i["indicator"], [])} for i in target["indicators"]]
        found.append(target | {"indicators": indicators, "n_series": sum(len(i["series"]) for i in indicators)})
    return found


