"""The overall evaluation: did the pilot work, how it was carried out, what can be learnt, and what the answer is worth."""

from __future__ import annotations

from sdg_eval.publish.documents.document_words import document_words
from sdg_eval.publish.documents.model import Block, Document, Heading, Paragraph, Table
from sdg_eval.publish.documents.parts import (
    listed,
    review_box,
    run_figure,
    section,
    sentences,
    source_text,
    title_facts,
)
from sdg_eval.publish.material import AGENCIES, CHAIN, DELIVERY, EFFECT, OVERALL, PROVINCE, Material, records
from sdg_eval.publish.overview import effect_cells
from sdg_eval.publish.run_page import notebook_title
from sdg_eval.thai import format_fiscal_quarter, year_text
from sdg_eval.wording import label

PARTNERS, AWARENESS, REGISTER = "32_partners_participation", "33_awareness", "70_vnr_register"
PROCESSES = {
    DELIVERY: ("steps", "activities", "pace", "mechanism", "decisions", "support"), CHAIN: ("chain", "money", "plans", "localisation", "mismatch"),
    PARTNERS: ("partners", "participation"), AWARENESS: ("reach", "change", "decay"), AGENCIES: ("lines",),
}  # fmt: skip
"""What is told of each notebook on how the programme was carried out: places in its text."""
LESSONS = {DELIVERY: ("lasting",), CHAIN: ("readiness",)}
FEW = 12
"""Most lines that one place may fill; the notebook has them all."""


def overall_document(material: Material, lang: str) -> Document | None:
    """Return the overall evaluation of the country; None where the run did not evaluate the pilot."""
    words, record = document_words(lang), material.record
    effect = material.said(f"national/{EFFECT}", "text.json", material.statuses(EFFECT).get("", ""), lang)
    if not effect["text"]:
        return None
    overall = material.said(f"national/{OVERALL}", "text.json", material.statuses(OVERALL).get("", ""), lang)["text"] or {}
    quarter = record.get("quarter") or ""
    return Document(
        name=f"TH_overall_{quarter or record['report_year']}_{lang}", kind="overall", lang=lang, title=f"{words['doc_overall']}: {words['doc_country']}",
        subtitle=format_fiscal_quarter(quarter, lang) if quarter else f"{words['report_year']} {year_text(record['report_year'], lang)}",
        facts=title_facts(material, lang),
        blocks=(
            *_answer(material, effect, overall, lang), *_outcomes(material, effect, lang), *_together(overall, words), *_told(material, PROCESSES, "doc_processes", lang),
            *_told(material, LESSONS, "doc_lessons", lang), *_limits(material, effect["text"], lang), review_box(material, lang),
        ),
        synthetic=bool(record["synthetic"]) or any(f["synthetic"] for f in effect["figures"]),
        sources=tuple(source_text(s, material, lang) for key, s in material.sources.items() if key in material.files),
    )  # fmt: skip


def _answer(material: Material, effect: dict, overall: dict, lang: str) -> list[Block]:
    """The answer first, then the verdict on each outcome as a table with the estimate, then how the pilots were chosen."""
    words, text, place = document_words(lang), effect["text"], f"national/{EFFECT}"
    effects = {r["SERIES"]: r for r in records(material.table(EFFECT, "effects"))}
    cells, rows, values = effect_cells(material, text, lang), [], []
    for o in text["outcomes"]:
        told = cells[o["series"]]
        rows.append((o["name"] + (f" ({words['exploratory']})" if o["exploratory"] else ""), o["verdict_word"], told["effect"], told["n"], o["reason"] or "–"))
        values.append((None, None, float(effects[o["series"]]["effect"]) if o["estimated"] else None, None, None))
    columns = (words["indicator"], words["result"], words["effect_interval"], words["pilots_others"], words["why"])
    return [
        Heading(1, words["pilot_effect"]), Paragraph(text["headline"], f"{place}#headline", "lead"),
        *listed(overall.get("lines", [])[1:], f"national/{OVERALL}#lines", start=1),
        Table(words["verdicts"], columns, tuple(rows), f"{words['doc_results_file']} ({place}/effects.csv)", tuple(values), columns[2:4], tuple(f"{place}#outcomes/{i}" for i in range(len(rows)))),
        *section(2, words["how_chosen"], [Paragraph(text["design"], f"{place}#design"), *listed(text["selection"], f"{place}#selection"), Paragraph(text["plan"], f"{place}#plan", "note")]),
    ]  # fmt: skip


def _outcomes(material: Material, effect: dict, lang: str) -> list[Block]:
    """Pilots against comparison, outcome by outcome, each with its figures."""
    words, place = document_words(lang), f"national/{EFFECT}"
    blocks: list[Block] = []
    for i, o in enumerate(effect["text"]["outcomes"]):
        if not o["estimated"]:
            continue
        said = [Paragraph(o[part], f"{place}#outcomes/{i}/{part}") for part in ("text", "pretrend", "robust", "specs", "placebos") if o[part]]
        said.append(Paragraph(f"{words['lasted']}: {o['lasting']}", f"{place}#outcomes/{i}/lasting", "note"))
        figures = [run_figure(material, place, lang, f, o["name"]) for f in effect["figures"] if f["series"] == o["series"] and f["kind"] in ("paths", "events")]
        blocks += section(2, o["name"], [*said, *figures])
    return [Heading(1, words["doc_pilots_beside"]), *blocks] if blocks else []


def _together(overall: dict, words: dict) -> list[Block]:
    """Did the pilots move alike, and did it last."""
    place = f"national/{OVERALL}"
    blocks = [
        *section(2, words["pilots_alike"], listed(overall.get("provinces", []), f"{place}#provinces")),
        *section(2, words["lasted"], listed(overall.get("lasting", []), f"{place}#lasting")),
    ]  # fmt: skip
    return [Heading(1, words["overall_evaluation"]), *blocks] if blocks else []


def _told(material: Material, places: dict, title: str, lang: str) -> list[Block]:
    """What national notebooks said at `places`; one that is not done is named with its status."""
    words, blocks = document_words(lang), []
    for notebook, parts in places.items():
        status = material.statuses(notebook).get("", "")
        text = material.said(f"national/{notebook}", "text.json", status, lang)["text"]
        heading = notebook_title(notebook, lang)
        if not text:
            blocks += section(2, heading, [Paragraph(label(status or "not_asked", lang))])
            continue
        own: list[Block] = [Paragraph(text["headline"], f"national/{notebook}#headline")] if text.get("headline") else []
        for part in parts:
            inside = "sections" in text and part in text["sections"]
            lines = text["sections"][part] if inside else text.get(part, [])
            path = f"national/{notebook}#{'sections/' if inside else ''}{part}"
            own += sentences(lines[:FEW] if isinstance(lines, list) else lines, path)
            if isinstance(lines, list) and len(lines) > FEW:
                own.append(Paragraph(f"{words['more_lines'].format(n=len(lines) - FEW)}: national/{notebook}/notebook.html", kind="note"))
        blocks += section(2, heading, own)
    return [Heading(1, words[title]), *blocks]


def _limits(material: Material, text: dict, lang: str) -> list[Block]:
    """What would settle the open questions, how to read the words, and what of this run is not done."""
    words, place = document_words(lang), f"national/{EFFECT}"
    settle = [b for i, o in enumerate(text["outcomes"]) if o["settle"] for b in [Paragraph(o["settle"], f"{place}#outcomes/{i}/settle")]]
    undone = material.runs[(material.runs["notebook"] == PROVINCE) & ~material.runs["status"].isin(("done", "kept"))]
    rows = [Paragraph(f"{material.codelists.area_name(r['REF_AREA'], lang)}: {label(r['status'], lang)}") for r in undone.to_dict("records")]
    return [
        Heading(1, words["doc_limits"]), *section(2, words["would_settle"], settle), *section(2, words["doc_not_done"], rows),
        *section(2, words["how_to_read"], [Paragraph(words[f"how_{n}"]) for n in (1, 2, 3, 4, 5)]),
    ]  # fmt: skip
