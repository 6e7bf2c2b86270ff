"""The exhibition of best practices: who does better than can be explained, which practices have what evidence, and how far to trust it.

Two kinds of exhibits, never mixed: provinces that the written rule names firmly (`comparisons.best_practice`; a hypothesis to visit), and
practices that provinces put forward, with the grade of their evidence. What is not shown is listed with its reason.
"""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from sdg_eval.publish.documents.document_words import document_words
from sdg_eval.publish.documents.model import Block, Document, Heading, Items, Paragraph, Table
from sdg_eval.publish.documents.parts import run_figure, source_text, title_facts
from sdg_eval.publish.documents.proof import require_said
from sdg_eval.publish.material import DONE, Material
from sdg_eval.side_by_side import say_candidate, say_nobody, say_rule
from sdg_eval.store import write_atomic
from sdg_eval.thai import format_period, year_text
from sdg_eval.wording import change_unit, number

THAI = re.compile("[\u0e00-\u0e7f]")
BEST, REGISTER = "50_best_practice", "70_vnr_register"
SIZES = {"A4": 1.0, "A3": 2**0.5, "A1": 2 * 2**0.5}
"""Panels are laid out once, as A4, and enlarged: a sheet of the next size has the same shape."""
SHOWN_VALUES = 10
"""Latest values that stand on a panel without a figure."""
SHOWN_GRADES = ("A", "B")
"""Practices with a result that was measured get a panel; the others stand in the list with their grade."""


def exhibition_document(material: Material, lang: str) -> Document | None:
    """Return the exhibition in the form of one document, a page for each exhibit; None where the run did not look for best practices."""
    if material.statuses(BEST).get("") not in DONE:
        return None
    words, record = document_words(lang), material.record
    named, guards = material.table(BEST, "shortlist"), material.table(BEST, "guards")
    firm = named[named["firm"].astype(bool)].to_dict("records") if len(named) else []
    practices = _practices(material)
    shown = [p for p in practices if p["grade"] in SHOWN_GRADES]
    blocks: list[Block] = [
        Paragraph(say_rule(lang), f"national/{BEST}#rule", "lead"), Paragraph(words["doc_no_award"], kind="note"),
        Heading(1, words["doc_exhibits"]), *_listed(material, firm, practices, lang),
    ]  # fmt: skip
    for row in firm:
        blocks += _candidate(material, row, guards, lang)
    for row in shown:
        blocks += _practice(material, row, lang)
    return Document(
        name=f"TH_panels_{record.get('quarter') or record['report_year']}_{lang}", kind="panels", lang=lang, title=words["doc_exhibition"],
        subtitle=f"{words['report_year']} {year_text(record['report_year'], lang)}", facts=title_facts(material, lang), blocks=tuple(blocks), synthetic=bool(record["synthetic"]),
    )  # fmt: skip


def write_panels(material: Material, lang: str, folder: Path) -> list[str]:
    """Write the panels in each of SIZES into `folder` and return the names of the files; [] where there is nothing to exhibit."""
    from sdg_eval.publish.documents.pdf import pdf_sizes

    document = exhibition_document(material, lang)
    if not document:
        return []
    require_said(document, material)
    made = [f"{document.name.removesuffix(f'_{lang}')}_{size}_{lang}.pdf" for size in SIZES]
    for name, content in zip(made, pdf_sizes(document, SIZES.values()), strict=True):
        write_atomic(folder / name, content)
    return made


def _listed(material: Material, firm: list[dict], practices: list[dict], lang: str) -> list[Block]:
    """Two tables: whom the rule names, and every practice that was put forward with its grade."""
    words, source = document_words(lang), f"national/{BEST}/shortlist.csv"
    blocks: list[Block] = [Paragraph(say_nobody(lang), f"national/{BEST}#nobody")]
    if firm:
        rows, values = [], []
        for r in firm:
            series = material.series[r["SERIES"]]
            decimals = int(series["decimals"] or 1)
            rows.append((
                material.codelists.area_name(r["REF_AREA"], lang), f"{series[f'name_{lang}']} ({change_unit(dict(series), lang)})", number(r["shrunken"], decimals),
                f"{number(r['shrunken_low'], decimals)} {words['doc_to']} {number(r['shrunken_high'], decimals)}", f"{number(100 * r['skill'], 0)}%", f"{int(r['named_in'])}/{int(r['n_variants'])}",
            ))  # fmt: skip
            values.append((None, None, r["shrunken"], None, r["skill"], None))
        columns = ("doc_province", "indicator", "doc_lead", "doc_lead_interval", "doc_lasts", "doc_variants")
        names = tuple(words[c] for c in columns)
        blocks = [Table(words["doc_named"], names, tuple(rows), source, tuple(values), names[2:], tuple(f"national/{BEST}#shortlist/{r['SERIES']}/{r['REF_AREA']}" for r in firm))]
    if practices:
        columns = ("doc_practice", "doc_province", "doc_grade", "doc_grade_by")
        rows = tuple((p[f"title_{lang}"], material.codelists.area_name(p["REF_AREA"], lang), p["grade"] or "–", words["doc_grade_found" if p["found"] else "doc_grade_stated"]) for p in practices)
        blocks.append(Table(words["doc_put_forward"], tuple(words[c] for c in columns), rows, f"national/{REGISTER}/practices.csv", claims=tuple(f"practice#{p['practice_id']}" for p in practices)))
    else:
        blocks.append(Paragraph(words["doc_no_practices"], kind="note"))
    return blocks


def _candidate(material: Material, row: dict, guards: pd.DataFrame, lang: str) -> list[Block]:
    """One province that the rule names: by how much, what of it lasts, what became of earlier leaders, its own course."""
    words, series, area = document_words(lang), material.series[row["SERIES"]], row["REF_AREA"]
    name = series[f"name_{lang}"]
    guard = guards[guards["SERIES"] == row["SERIES"]].to_dict("records")
    facts = [words["doc_visit"]]
    if guard and guard[0]["kept"] == guard[0]["kept"]:
        facts.append(f"{words['doc_guard']}: {number(100 * guard[0]['kept'], 0)}% (n = {int(guard[0]['n_top'])})")
    place = f"provinces/{area}"
    figures = [f for f in material.figures(place, lang) if f["series"] == row["SERIES"]] if area in material.evaluations else []
    return [
        Heading(1, f"{material.codelists.area_name(area, lang)}: {name}"),
        Paragraph(say_candidate(row | {"projects": row["projects"] or ""}, material.codelists, lang), f"national/{BEST}#shortlist/{row['SERIES']}/{area}", "lead"),
        Items(tuple(facts), ("", f"national/{BEST}#guards/{row['SERIES']}")[: len(facts)]),
        *([run_figure(material, place, lang, f, name) for f in figures[:1]] or _values(material, row, lang)),
        *[Paragraph(f"{words['source']}: {source_text(s, material, lang)}", kind="note") for key, s in material.sources.items() if row["SERIES"] in material.files.get(key, {})],
    ]


def _values(material: Material, row: dict, lang: str) -> list[Block]:
    """The province's own values, where the run drew no figure of them: the latest ones, oldest first."""
    words, series, area, code = document_words(lang), material.series[row["SERIES"]], row["REF_AREA"], row["SERIES"]
    values = [v for v in material.values[area].get((code, material.frequency[code]), []) if v["OBS_VALUE"] == v["OBS_VALUE"]][:SHOWN_VALUES][::-1]
    if not values:
        return []
    rows = tuple((format_period(v["TIME_PERIOD"], lang), number(v["OBS_VALUE"], int(series["decimals"] or 1))) for v in values)
    caption = f"{series[f'name_{lang}']} ({series[f'unit_{lang}']}): {material.codelists.area_name(area, lang)}"
    return [Table(caption, (words["period"], words["value"]), rows, "national/observations.parquet", tuple((None, v["OBS_VALUE"]) for v in values), (words["value"],))]


def _practice(material: Material, row: dict, lang: str) -> list[Block]:
    """One practice: what was done, how good the evidence is, under which conditions it can be taken elsewhere, at what cost."""
    words, registered = document_words(lang), row["registered"]
    by = words["doc_grade_found" if row["found"] else "doc_grade_stated"]
    done = list(dict.fromkeys(t for t in (row["deliverable"], row["output_indicator"]) if t))
    facts = [
        f"{words['doc_done']}: {_received(' · '.join(done), lang)}" if done else "", f"{words['doc_grade']}: {row['grade']} ({by})",
        registered.get(f"grade_reason_{lang}", ""), f"{words['doc_conditions']}: {_received(row['conditions_th'], lang)}",
        f"{words['doc_transfer']}: {_received(row['transfer_th'], lang)}", f"{words['doc_cost']}: {number(float(row['cost_thb']), 0)}" if row["cost_thb"] else "",
    ]  # fmt: skip
    said = registered.get(f"statement_{lang}", "")
    facts = tuple(filter(None, facts))
    return [
        Heading(1, f"{row[f'title_{lang}']}: {material.codelists.area_name(row['REF_AREA'], lang)}"), Items(facts, tuple(f"practice#{row['practice_id']}" for _ in facts)),
        Paragraph(said, f"national/{REGISTER}#register/{row['project_id']}") if said else Paragraph(words["doc_contribution"], kind="note"),
    ]  # fmt: skip


def _received(text: str, lang: str) -> str:
    """What a province wrote, which it does in Thai alone: an English reader is told so."""
    words = document_words(lang)
    return f"{text} ({words['doc_in_thai']})" if lang == "en" and THAI.search(text) else text or words["doc_not_stated"]


def _practices(material: Material) -> list[dict]:
    """Practices of provinces as the register of this run graded them (`register_report.graded_practices`), each with its project's line; [] without one."""
    practices, register = (material.table(REGISTER, name, as_text=True) for name in ("practices", "register"))
    if practices is None:
        return []
    registered = {} if register is None else {r["project_id"]: r for r in register.to_dict("records")}
    known = set(material.codelists.provinces)
    return [
        row | {"found": row["found"] == "True", "registered": registered.get(row["project_id"], {})} for row in practices.to_dict("records") if row["REF_AREA"] in known
    ]
