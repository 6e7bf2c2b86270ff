"""Pages on the programme: the cascade through its three levels, and who works with the ministry and what they gave."""

from __future__ import annotations

import pandas as pd

from sdg_eval.programme_words import day_text
from sdg_eval.publish.material import AGENCIES, CHAIN, DELIVERY, Material
from sdg_eval.publish.pages import Pages

LEVELS = ("global", "provincial_admin", "area")
"""The three levels of the ministry's frame, from the press release on."""


def write_cascade(pages: Pages, material: Material) -> None:
    """Write the page of the three levels; what was not evaluated is said with its reason."""
    lang = pages.lang
    status = material.statuses(CHAIN).get("", "")
    text = material.said(f"national/{CHAIN}", "text.json", status, lang)["text"] or {}
    sections = text.get("sections", {})
    table = material.table(CHAIN, "cascade")
    figures = [f for f in material.figures(f"national/{CHAIN}", lang) if f["file"] == "chain.svg"]
    areas, lines = _cascade(material, table, lang), sections.get("cascade", [])
    named = {area["name"] for area in areas}
    for area in areas:  # what is said of a province stands with its table
        area["lines"] = [line for line in lines if line.partition(":")[0] == area["name"]]
    pages.write(
        "cascade", "cascade.html.j2", status=status, lines=[line for line in lines if line.partition(":")[0] not in named], chain=sections.get("chain", []),
        areas=areas, levels=LEVELS, source=sections.get("source", []), figures=figures, folder=f"national/{CHAIN}/figures/{lang}", notebook=f"national/{CHAIN}/notebook.html",
    )  # fmt: skip


def _cascade(material: Material, table: pd.DataFrame | None, lang: str) -> list[dict]:
    """Per province, the 17 goals with how many projects stand on which level, and the level at which the chain breaks."""
    if table is None:
        return []
    names = {g["goal"]: g[f"short_{lang}"] for g in material.codelists.goals17.to_dict("records")}
    known = set(material.codelists.provinces)
    found = []
    for area, own in table.groupby("REF_AREA", sort=True):
        rows = [
            {"goal": str(r["goal"]), "name": names[str(r["goal"])], "counts": [int(float(r[level] or 0)) for level in LEVELS], "broken": r["broken_link"], "reason": r["reason"]}
            for r in own.to_dict("records")
        ]
        found.append({"area": area, "name": material.codelists.area_name(area, lang) if area in known else "", "rows": rows, "broken": sum(bool(r["broken"]) for r in rows)})
    return found


def write_partners(pages: Pages, material: Material) -> None:
    """Write the page of partners: agreements as they stand, the UN's agencies by goal, what was given and is in use."""
    lang = pages.lang
    status = material.statuses(AGENCIES).get("", "")
    text = material.said(f"national/{AGENCIES}", "text.json", status, lang)["text"] or {}
    delivery = material.said(f"national/{DELIVERY}", "text.json", material.statuses(DELIVERY).get("", ""), lang)["text"] or {}
    pages.write(
        "partners", "partners.html.j2", status=status, lines=text.get("partnerships", []), source=text.get("source", ""),
        agreements=_agreements(material.table(AGENCIES, "partnerships", as_text=True), lang), partners=_partners(material, lang),
        resources=_resources(material, lang), support=delivery.get("sections", {}).get("support", []), delivery_status=material.statuses(DELIVERY).get("", ""),
        notebooks=[n for n in (AGENCIES, DELIVERY) if material.statuses(n).get("") in ("done", "kept")],
    )  # fmt: skip


def _agreements(table: pd.DataFrame | None, lang: str) -> list[dict]:
    if table is None:
        return []
    return [
        {"a": r[f"a_{lang}"], "b": r[f"b_{lang}"], "topic": r["topic"], "status": r[f"status_{lang}"], "start": day_text(r["planned_start"], lang) if r["planned_start"] else "", "delivered": r["n_delivered"], "projects": r["n_projects"], "doubt": r[f"doubt_{lang}"]}
        for r in table.fillna("").to_dict("records")
    ]  # fmt: skip


def _partners(material: Material, lang: str) -> list[dict]:
    """Each partner with the 17 goals: projects, provinces, and the reason for a blank; the UN's first."""
    table = material.table(AGENCIES, "partners", as_text=True)
    if table is None:
        return []
    short = {g["goal"]: g[f"short_{lang}"] for g in material.codelists.goals17.to_dict("records")}
    found = []
    for partner, own in table.fillna("").groupby("partner_id", sort=False):
        rows = [{"goal": str(r["goal"]), "name": short[str(r["goal"])], "projects": int(float(r["n_projects"] or 0)), "areas": int(float(r["n_areas"] or 0)), "reason": r["reason"]} for r in own.to_dict("records")]
        first = own.iloc[0]
        found.append({"id": partner, "name": first[f"name_{lang}"], "other": first["name_en" if lang == "th" else "name_th"], "kind": first["partner_type"], "rows": rows, "projects": sum(r["projects"] for r in rows)})
    return sorted(found, key=lambda p: p["kind"] != "un")


def _resources(material: Material, lang: str) -> list[dict]:
    """Software, hardware and people delivered, and how much of it is in use, by province."""
    table = material.table(DELIVERY, "resources")
    if table is None:
        return []
    known = set(material.codelists.provinces)
    table = table.sort_values("REF_AREA", kind="stable")  # TH, the country, comes before its provinces
    return [
        {"area": r["REF_AREA"], "place": material.codelists.area_name(r["REF_AREA"], lang) if r["REF_AREA"] in known else "", "kind": r["kind"], "n": int(r["n"]), "in_use": int(r["in_use"]),
         "share": r["share"], "low": r["ci_low"], "high": r["ci_high"], "to_come": int(r["n_to_come"]), "not_stated": int(r["n_not_stated"]), "reason": r["reason"]}
        for r in table.to_dict("records")
    ]  # fmt: skip
