"""The pack of the provincial SDG committee: what it is asked to decide, what is still to be sent, what stays open, how plans and decisions fared.

Everything in it was said by the quarterly report of the same run; nothing is said anew.
"""

from __future__ import annotations

from sdg_eval.publish.documents.document_words import document_words
from sdg_eval.publish.documents.model import Block, Callout, Document, Heading, Paragraph, Table
from sdg_eval.publish.documents.parts import (
    listed,
    review_box,
    run_figure,
    section,
    sentences,
    source_text,
    title_facts,
)
from sdg_eval.publish.material import PILOT, QUARTERLY, Material
from sdg_eval.publish.province_pages import sources_of
from sdg_eval.thai import format_fiscal_quarter

REVIEWED = ("decisions", "checklist", "pace", "quarter_shares", "maturity", "flags")
"""Sections of the quarterly report that a committee reviews: decisions, plans, money, activities, mechanism, flagged forms."""
UNSETTLED = ("not_told_apart", "not_behind", "few", "no_before", "cannot_be_told")
"""What is said of a change that is not told apart from chance: an open question."""


def committee_document(material: Material, area: str, lang: str) -> Document | None:
    """Return the pack of the province's committee; None where the run has no quarterly report of it."""
    words = document_words(lang)
    said = material.said(f"quarters/{area}", "text.json", material.statuses(QUARTERLY).get(area, ""), lang)
    if not said["text"]:
        return None
    text, place, quarter = said["text"], f"quarters/{area}", material.record["quarter"]
    return Document(
        name=f"{area}_committee_{quarter}_{lang}", kind="committee", lang=lang, title=f"{words['doc_committee']}: {material.codelists.area_name(area, lang)}",
        subtitle=format_fiscal_quarter(quarter, lang), facts=title_facts(material, lang, area),
        blocks=(*_decide(text, place, words), *_send(text, place, words), *_open(material, area, text, place, lang), *_reviews(material, said, place, lang), review_box(material, lang, area)),
        synthetic=bool(material.record["synthetic"]) or any(f["synthetic"] for f in said["figures"]),
        sources=tuple(source_text(s, material, lang) for s in sources_of(material, [v for values in material.values[area].values() for v in values])),
    )  # fmt: skip


def _decide(text: dict, place: str, words: dict) -> list[Block]:
    """The proposed actions as a table to decide on: finding, owner, by when, and an empty cell to write the decision in."""
    actions = text["actions"]
    blocks: list[Block] = [Heading(1, words["doc_to_decide"]), Paragraph(text["headline"], f"{place}#headline", "lead")]
    if not actions:
        return [*blocks, Paragraph(words["nothing_to_do"])]
    rows = tuple((str(i), a["finding"], a["owner"], a["due_text"], " ") for i, a in enumerate(actions, 1))
    columns = ("doc_item", "doc_finding", "doc_owner", "doc_due", "doc_decision")
    return [
        *blocks, Callout("decide", words["to_do"], tuple(a["text"] for a in actions), tuple(f"{place}#actions/{i}" for i in range(len(actions)))),
        Table(words["doc_decisions_asked"], tuple(words[c] for c in columns), rows, words["doc_quarterly"], claims=tuple(f"{place}#actions/{i}" for i in range(len(actions)))),
    ]  # fmt: skip


def _send(text: dict, place: str, words: dict) -> list[Block]:
    """Every datum that is to be sent, with who sends it and by when."""
    return [Heading(1, words["to_send"]), *(listed([s["text"] for s in text["send"]], f"{place}#send") or [Paragraph(words["nothing_to_send"])])]


def _open(material: Material, area: str, text: dict, place: str, lang: str) -> list[Block]:
    """What the committee should not take for settled: changes that cannot be told apart, how sure the rest is, what the pilot did here."""
    words = document_words(lang)
    unsure = [(i, c) for i, c in enumerate(text["changed"]) if c["sure"] in UNSETTLED]
    effect = material.said(f"pilots/{area}", "effect.json", material.statuses(PILOT).get(area, ""), lang)["text"]
    untold = [b for i, c in unsure for b in listed([c["text"]], f"{place}#changed", start=i)]
    blocks = [
        *section(2, words["doc_not_told_apart"], untold), *section(2, words["how_sure"], listed(text["sure"], f"{place}#sure")),
        *section(2, words["said_last"], listed([line["text"] for line in text["loop"]], f"{place}#loop")),
    ]  # fmt: skip
    if effect:
        blocks += section(2, words["province_effect"], [Paragraph(effect["lead"], f"pilots/{area}#lead")])
    return [Heading(1, words["doc_open_questions"]), *blocks]


def _reviews(material: Material, said: dict, place: str, lang: str) -> list[Block]:
    """The sections that are reviewed every quarter, with their figures."""
    words, blocks = document_words(lang), []
    for i, part in enumerate(said["text"]["sections"]):
        if part["id"] in REVIEWED:
            figures = [run_figure(material, place, lang, item, part["title"]) for item in said["figures"] if item["kind"] == part["id"]]
            blocks += section(2, part["title"], [*sentences(part["text"], f"{place}#sections/{i}/text"), *figures])
    return [Heading(1, words["doc_reviews"]), *blocks]
