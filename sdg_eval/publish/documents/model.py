"""A report as plain blocks, said once and rendered as PDF, Word and Excel from the same words.

Builders read what a run wrote (sentences, tables, figures) and return a `Document`; renderers know nothing of results. So no
format can say what another does not.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Heading:
    """A heading; level 1 opens a part of the report, 2 a section, 3 a series or a step."""

    level: int
    text: str


@dataclass(frozen=True)
class Paragraph:
    """A paragraph. `claim` is the id of the result its numbers come from; '' where it holds none. `kind`: plain, lead or note."""

    text: str
    claim: str = ""
    kind: str = "plain"


@dataclass(frozen=True)
class Items:
    """A list; `claims` runs along `texts`."""

    texts: tuple[str, ...]
    claims: tuple[str, ...] = ()
    numbered: bool = False


@dataclass(frozen=True)
class Table:
    """A table with a caption above and its source below.

    `rows` are texts as they are read; `values` has the same shape and holds the numbers behind them (None where there is none),
    for Excel. `numeric` names the columns set to the right.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    source: str
    values: tuple[tuple, ...] = ()
    numeric: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()  # one for each row


@dataclass(frozen=True)
class Figure:
    """A figure of the run: the file (SVG or PNG), its alternative text, caption and source."""

    path: Path
    alt: str
    caption: str
    source: str


@dataclass(frozen=True)
class Callout:
    """A box beside the text: `decide`, `caution`, `missing` or `review`."""

    kind: str
    title: str
    texts: tuple[str, ...]
    claims: tuple[str, ...] = ()


@dataclass(frozen=True)
class PageBreak:
    """The next block opens a page."""


Block = Heading | Paragraph | Items | Table | Figure | Callout | PageBreak


@dataclass(frozen=True)
class Document:
    """One report in one language.

    `name` is the file's name without ending, made from codes (`TH-50_quarterly_2567Q2_th`), never from text.
    """

    name: str
    kind: str  # quarterly, committee, overall, annex, catalogue
    lang: str  # th or en
    title: str
    subtitle: str
    facts: tuple[tuple[str, str], ...]  # label and value for the title block: province, quarter, report year, data hash, version
    blocks: tuple[Block, ...]
    synthetic: bool
    sources: tuple[str, ...] = field(default=())  # one line for each source: name, publisher, licence, date
