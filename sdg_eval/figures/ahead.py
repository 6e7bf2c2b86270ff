"""Words laid out before they are needed: a warm kernel is forked from a process that has laid out the names it will draw.

Each notebook runs in a kernel of its own, and shaping the words of a province's charts took it a third of a second. A word is laid
out the same whenever that happens (`svg.py`), so nothing but time depends on this.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

from sdg_eval import figures
from sdg_eval.codelists import Codelists
from sdg_eval.figures.style import FAMILY, SOURCE_SIZE, use_style

TITLES = (("series", "name"), ("areas", "name"))
"""What titles hold, in bold letters: (codelist, start of its columns)."""
LINES = (("series", "unit"), ("sources", "publisher"), ("sources", "title"), ("sources", "licence"))
"""What labels of axes and source lines hold."""


def lay_out_ahead(codelists: Codelists) -> None:
    """Lay out names, units and sources of the codelists, and the words that the figures bring along."""
    use_style()
    from sdg_eval.figures.svg import line_width

    for weight, texts in (("bold", _columns(codelists, TITLES)), ("normal", (*_columns(codelists, LINES), *_own_words()))):
        words = {word for text in texts for word in text.split()}
        line_width(" ".join(sorted(words)), SOURCE_SIZE, FAMILY, weight)


def _columns(codelists: Codelists, places) -> Iterator[str]:
    for table, start in places:
        rows = getattr(codelists, table)
        rows = rows[rows["evaluate"] == "1"] if "evaluate" in rows else rows
        for lang in ("th", "en"):
            yield from rows[f"{start}_{lang}"]


def _own_words() -> Iterator[str]:
    """The texts of every dictionary WORDS of a module of figures."""
    for module in pkgutil.iter_modules(figures.__path__, "sdg_eval.figures."):
        for pair in getattr(importlib.import_module(module.name), "WORDS", {}).values():
            yield from pair.values() if isinstance(pair, dict) else pair
