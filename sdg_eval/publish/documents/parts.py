"""What several documents are built of: title block, sources, lists and figures of a run, each with where it was said.

A claim is written `<folder of the run>#<place in its text>`: `quarters/TH-50#changed/0`, `provinces/TH-50#SI_POV_NAHC.A`.
The text of that place is what the document says, letter for letter.
"""

from __future__ import annotations

from collections.abc import Iterable

from sdg_eval.errors import DataError
from sdg_eval.publish.documents.document_words import document_words
from sdg_eval.publish.documents.model import Block, Callout, Figure, Heading, Items, Paragraph
from sdg_eval.publish.material import Material
from sdg_eval.publish.review_box import review_box as review_of
from sdg_eval.thai import format_fiscal_quarter, format_period, year_text


def title_facts(material: Material, lang: str, area: str = "") -> tuple[tuple[str, str], ...]:
    """Return label and value of what the title block tells: province, quarter, report year, data and version."""
    words, record = document_words(lang), material.record
    found = []
    if area:
        row = material.codelists.area(area)
        group = words["pilot"] if row["pilot"] == "1" else words["not_pilot"]
        found += [(words["doc_province"], f"{row[f'name_{lang}']} ({area})"), (words["doc_group"], group)]
    if record.get("quarter"):
        found.append((words["doc_quarter"], format_fiscal_quarter(record["quarter"], lang)))
    found += [
        (words["report_year"], f"{words['era']} {year_text(record['report_year'], lang)}".strip()),
        (words["data_hash"], record["data_hash"][:12]), (words["version"], record["version"]),
    ]  # fmt: skip
    return tuple(found)


def source_text(source: dict, material: Material, lang: str) -> str:
    """Return one line for a source: publisher, title, licence, and the day that its newest file is of."""
    words = document_words(lang)
    days = [row["as_of"] for row in material.files.get(source["source"], {}).get("", []) if row["as_of"]]
    parts = [f"{source[f'publisher_{lang}']}, {source[f'title_{lang}']}", f"{words['licence']}: {source[f'licence_{lang}']}"]
    if source["non_commercial"] == "1":
        parts.append(words["non_commercial"])
    if source["synthetic"] == "1":
        parts.append(words["synthetic_short"])
    if days:
        parts.append(f"{words['doc_as_of']} {_day(max(days), lang)}")
    return " · ".join(parts)


def _day(text: str, lang: str) -> str:
    """A day or period of `as_of` as it is read; what is neither stands as it is."""
    from sdg_eval.programme_words import day_text

    try:
        return day_text(text[:10], lang) if len(text) >= 10 else format_period(text, lang)
    except (ValueError, KeyError):
        return text


def listed(texts: Iterable[str], place: str, *, start: int = 0, numbered: bool = False) -> list[Block]:
    """Return a list of sentences, each with its claim `<place>/<number>`; nothing for none."""
    texts = tuple(texts)
    return [Items(texts, tuple(f"{place}/{start + i}" for i in range(len(texts))), numbered)] if texts else []


def sentences(said, place: str) -> list[Block]:
    """Return what a run said at one place, a sentence or a list of them."""
    if isinstance(said, str):
        return [Paragraph(said, place)] if said else []
    return listed(said, place)


def section(level: int, title: str, blocks: list[Block], *, empty: str = "") -> list[Block]:
    """Return a heading with its blocks; where there are none, `empty` stands in their place, and without it nothing at all."""
    if not blocks and not empty:
        return []
    return [Heading(level, title), *(blocks or [Paragraph(empty)])]


def review_box(material: Material, lang: str, area: str = "") -> Callout:
    """Return what advisers said of these numbers when the document was written: release status, verdicts by role, dissent, challenges of an area."""
    words, held = document_words(lang), review_of(material, lang, area)
    waiting = f" ({words['review_waiting']}: {', '.join(held['waiting'])})" if held["waiting"] else ""
    texts = [f"{words['release_status']}: {held['status_text']}{waiting} · {words['doc_numbers']} {held['hash']}"]
    for v in held["verdicts"]:
        texts.append(f"{v['role']}: {v['verdict']} ({v['day']}): {v['reason']}" + (f" {words['dissent']}: {v['dissent']}" if v["dissent"] else ""))
    for c in held["challenges"]:
        tried = f" ({'; '.join(c['tried'])})" if c["tried"] else ""
        parts = [f"{c['role']}: {c['verdict']} ({c['day']}). {c['area']}, {c['series']}: {c['question']} {c['before']} → {c['after']}{tried}. {c['reason']}"]
        parts.append(f"{words['dissent']}: {c['dissent']}" if c["dissent"] else "")
        parts.append(f"{words['holds_in']} {c['share']} {words['of_specifications']} (n = {c['n']:,})." if c["share"] else "")
        parts.append("" if c["current"] else f"{words['speaks_of_other']} {c['hash']}")
        texts.append(" ".join(filter(None, parts)))
    if len(texts) == 1:
        texts.append(words["no_reviews"])
    return Callout("review", words["doc_reviewed"], tuple(texts))


def run_figure(material: Material, place: str, lang: str, item: dict, caption: str) -> Figure:
    """Return a figure of a run.

    Raises
    ------
    DataError
        When its file or its alternative text is missing.
    """
    path = material.folder / place / "figures" / lang / item["file"]
    if not path.is_file():
        raise DataError(f"{path}: the figure is missing. Run `sdg-eval evaluate` again.")
    if not item["alt"].strip():
        raise DataError(f"{path}: the figure has no alternative text. Run `sdg-eval evaluate --force` again.")
    return Figure(path, item["alt"], caption, item["source"])
