"""Methods in plain words, the decisions behind them, and the glossary in Thai and English."""

from __future__ import annotations

import re
from pathlib import Path

from markupsafe import Markup, escape

from sdg_eval.method_words import METHODS
from sdg_eval.publish.pages import Pages

DOCS = Path(__file__).parents[2] / "docs"


def write_methods(pages: Pages) -> None:
    """Write the page of methods with the glossary, and the page of decisions."""
    lang = 0 if pages.lang == "th" else 1
    decisions = read_decisions(DOCS / "decisions")
    known = {d["number"]: d["title"] for d in decisions}
    methods = [
        {"ident": m.ident, "title": m.title[lang], "plain": m.plain[lang], "defaults": m.defaults[lang], "published": m.published, "decisions": [(n, known[n]) for n in m.decisions if n in known]}
        for m in METHODS
    ]  # fmt: skip
    pages.write("methods", "methods.html.j2", methods=methods, glossary=read_glossary(DOCS / "glossary.md"), n_decisions=len(decisions))
    pages.write("decisions", "decisions.html.j2", here="methods", decisions=decisions)


def read_glossary(path: Path) -> list[dict]:
    """Return the words of docs/glossary.md: english, thai, meaning in both; none where the documentation is not installed."""
    if not path.is_file():
        return []
    rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    return [{"en": plain(r[0]), "th": plain(r[1]), "meaning_en": plain(r[2]), "meaning_th": plain(r[3])} for r in rows[2:] if len(r) == 4]


def plain(text: str) -> str:
    """Return Markdown of one line without its marks."""
    return re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text).replace("`", "").replace("**", "")


def read_decisions(folder: Path) -> list[dict]:
    """Return the decision records: number, title and body; none where the documentation is not installed."""
    found = []
    for path in sorted(folder.glob("[0-9][0-9][0-9][0-9]-*.md")):
        first, _, body = path.read_text(encoding="utf-8").partition("\n")
        found.append({"number": path.name[:4], "title": first.removeprefix("#").strip().removeprefix(path.name[:4]).strip(), "body": _body(body)})
    return found


def _body(text: str) -> Markup:
    """Paragraphs and lists of a record as HTML; everything is escaped, and only bold and code are marked."""
    parts = []
    for block in re.split(r"\n\s*\n", text.strip()):
        lines = block.splitlines()
        if all(line.startswith("|") for line in lines):
            parts.append(Markup("<pre>") + escape(block) + Markup("</pre>"))
        elif lines[0].startswith(("- ", "* ", "1. ")):
            items = re.split(r"\n(?=(?:- |\* |\d+\. ))", block)
            parts.append(Markup("<ul>") + Markup("").join(Markup("<li>") + _line(re.sub(r"^(?:- |\* |\d+\. )", "", i)) + Markup("</li>") for i in items) + Markup("</ul>"))
        else:
            parts.append(Markup("<p>") + _line(re.sub(r"^#+ ", "", block)) + Markup("</p>"))
    return Markup("\n").join(parts)


def _line(text: str) -> Markup:
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", " ".join(text.split()))
    marked = re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", str(escape(text)))
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", marked))
