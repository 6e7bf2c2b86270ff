"""The gallery of best practices: the rule, whom it names, what provinces put forward, and the panels to print."""

from __future__ import annotations

from sdg_eval.publish.documents.exhibition import BEST, exhibition_document
from sdg_eval.publish.documents.model import Paragraph, Table
from sdg_eval.publish.material import Material
from sdg_eval.publish.pages import Pages
from sdg_eval.publish.province_pages import documents_of


def write_exhibition(pages: Pages, material: Material) -> None:
    """Write the gallery; what the run did not look for is said with its reason."""
    document = exhibition_document(material, pages.lang)
    blocks = document.blocks if document else ()
    panels = [d for d in documents_of(material, "TH", pages.lang) if "_panels_" in d["href"]]
    said = [b.text for b in blocks if isinstance(b, Paragraph) and b.kind == "lead"]  # the rule, then each that it names
    pages.write(
        "exhibition", "exhibition.html.j2", rule=said[:1], named=said[1:], tables=[b for b in blocks if isinstance(b, Table)], documents=panels,
        status=material.statuses(BEST).get("", ""), notebook=f"national/{BEST}/notebook.html",
    )  # fmt: skip
