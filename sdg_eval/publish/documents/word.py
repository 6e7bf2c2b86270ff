"""A report as a Word file (.docx): the blocks of a `Document` as real headings, lists, tables and pictures.

Text is only ever text: no block makes a field, a link or an object, and the fields for page numbers are ours. The same document
gives the same bytes: dates in the file are given, not taken from the clock.
"""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

from sdg_eval.concepts import SYNTHETIC
from sdg_eval.errors import DataError
from sdg_eval.intake.template import CREATED
from sdg_eval.publish.documents.columns import column_widths, is_wide
from sdg_eval.publish.documents.document_words import document_words
from sdg_eval.publish.documents.model import (
    Callout,
    Document,
    Figure,
    Heading,
    Items,
    PageBreak,
    Paragraph,
    Table,
)
from sdg_eval.publish.documents.pictures import Picture, draw_pictures
from sdg_eval.publish.documents.proof import require_printed, word_texts
from sdg_eval.store import write_atomic

PAGE, MARGINS = (11906, 16838), {"top": 1021, "bottom": 1021, "left": 1418, "right": 1134, "header": 567, "footer": 567, "gutter": 0}
"""A4, and margins of 1.8 cm above and below, 2 cm at the side (2.5 cm where it is bound), in twentieths of a point: the governor's part fits two pages."""
HIGHEST = 520
"""Points that a picture may be high: the page with its caption and source."""
EMU = 12700
"""English metric units of a point."""
FIXED_TIME = (1980, 1, 1, 0, 0, 0)
"""Time of every member of the file: the first that a zip can hold."""
PARAGRAPHS = {"plain": "Normal", "lead": "Lead", "note": "Note"}
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def write_docx(document: Document, path, *, made: dt.datetime = CREATED) -> None:
    """Write `document` as a Word file to `path`, complete or not at all; parameters and errors as in `docx_bytes`."""
    content = docx_bytes(document, made=made)
    require_printed(document, word_texts(content), "docx")
    write_atomic(path, content)


def docx_bytes(document: Document, *, made: dt.datetime = CREATED) -> bytes:
    """Return `document` as a Word file.

    Parameters
    ----------
    made
        The date in the file's properties (UTC); the same document and date give the same bytes.

    Raises
    ------
    DataError
        For a figure without alternative text, or whose file cannot be read; for a table row that is not as long as its columns.
    """
    from docx import Document as new_file

    from sdg_eval.publish.documents.word_styles import apply

    _check(document)
    file = new_file()
    numbered = sum(isinstance(block, Items) and block.numbered for block in document.blocks)
    apply(file, document.lang, numbered)
    writer = _Writer(file, document, draw_pictures(block.path for block in document.blocks if isinstance(block, Figure)))
    writer.write()
    _tell_properties(file, document, made)
    stream = io.BytesIO()
    file.save(stream)
    return same_time(stream.getvalue())


def legible(text: str) -> str:
    """Return text without the characters that no XML file can hold (control signs, halves of pairs)."""
    return _ILLEGAL.sub("", text)


def same_time(content: bytes) -> bytes:
    """Return a zip with the same members, in the same order, all of FIXED_TIME."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            member = zipfile.ZipInfo(name, FIXED_TIME)
            # a picture is compressed already
            member.compress_type, member.external_attr = zipfile.ZIP_STORED if name.endswith(".png") else zipfile.ZIP_DEFLATED, 0o644 << 16
            new.writestr(member, old.read(name))
    return stream.getvalue()


def _check(document: Document) -> None:
    for block in document.blocks:
        if isinstance(block, Figure) and not block.alt.strip():
            raise DataError(f"{document.name}: the figure {Path(block.path).name} has no alternative text. Give it one from its data.")
        if isinstance(block, Table):
            for number, row in enumerate(block.rows, 1):
                if len(row) != len(block.columns):
                    raise DataError(f"{document.name}: row {number} of the table “{block.caption}” has {len(row)} cells, and {len(block.columns)} columns are named.")


def _tell_properties(file, document: Document, made: dt.datetime) -> None:
    known = file.core_properties
    mark = SYNTHETIC[document.lang] if document.synthetic else ""
    known.title, known.subject, known.category = legible(document.title)[:255], legible(document.subtitle)[:255], document.kind
    known.author = known.last_modified_by = "sdg_eval"
    known.keywords, known.comments, known.content_status = f"SDG; {document.kind}; {document.lang}", mark, mark
    known.language, known.identifier, known.version = "th-TH" if document.lang == "th" else "en-GB", document.name, ""
    known.created = known.modified = made
    known.revision = 1


class _Writer:
    """Writes the blocks of one document into the body of a Word file."""

    def __init__(self, file, document: Document, pictures: dict[Path, Picture]):
        self.file, self.document, self.pictures = file, document, pictures
        self.body, self.section = file.element.body, file.sections[0]
        self.words = document_words(document.lang)
        self.page = PAGE[::-1] if is_wide(document) else PAGE
        self.width = self.page[0] - MARGINS["left"] - MARGINS["right"]
        self.highest = HIGHEST * self.page[1] / PAGE[1]
        self.counts = {"table": 0, "figure": 0, "list": 0}
        self.next_breaks = False
        self.end = self.body.sectPr

    def write(self) -> None:
        """Write title block, blocks, sources, header and footer."""
        self._lay_page()
        self._add(self._paragraph("Title", self.document.title))
        if self.document.subtitle:
            self._add(self._paragraph("Subtitle", self.document.subtitle))
        if self.document.facts:
            self._write_facts()
        for before, block in zip((None, *self.document.blocks), self.document.blocks, strict=False):
            self._write_block(block, below=isinstance(before, Heading))
        if self.document.sources:
            self._add(self._paragraph("Heading1", self.words["doc_sources"]))
            for text in self.document.sources:
                self._add(self._paragraph("ListBullet", text))
        self._write_head_and_foot()

    # ------------------------------------------------------------ page

    def _lay_page(self) -> None:
        section = self.body.sectPr
        for child in list(section):
            section.remove(child)
        wide, high = self.page
        across = ' w:orient="landscape"' if wide > high else ""
        margins = " ".join(f'w:{side}="{size}"' for side, size in MARGINS.items())
        for text in (f'<w:pgSz {_W} w:w="{wide}" w:h="{high}"{across}/>', f"<w:pgMar {_W} {margins}/>", f'<w:cols {_W} w:space="720"/>'):
            section.append(_parse(text))

    def _write_head_and_foot(self) -> None:
        head, foot = self.section.header, self.section.footer
        for part in (head, foot):
            part.is_linked_to_previous = False
            for child in list(part._element):
                part._element.remove(child)
        tab = f'<w:tabs><w:tab w:val="right" w:pos="{self.width}"/></w:tabs>'
        if self.document.synthetic:
            head._element.append(_parse(self._paragraph("Mark", SYNTHETIC[self.document.lang])))
        head._element.append(_parse(self._paragraph("Header", self.document.title)))
        line = f'<w:pBdr><w:top w:val="single" w:sz="4" w:space="4" w:color="C4CDD5"/></w:pBdr>{tab}'
        of = f" {self.words['doc_of']} "
        number = f'{_run(self.document.subtitle)}<w:r><w:tab/></w:r>{_run(self.words["doc_page"] + " ")}{_field("PAGE")}{_run(of)}{_field("NUMPAGES")}'
        foot._element.append(_parse(f'<w:p {_W}><w:pPr><w:pStyle w:val="Footer"/>{line}</w:pPr>{number}</w:p>'))

    # ------------------------------------------------------------ blocks

    def _write_block(self, block, *, below: bool) -> None:
        """Write a block; `below` is True for one that follows a heading."""
        match block:
            case Heading():
                self._add(self._paragraph(f"Heading{min(max(block.level, 1), 3)}", block.text))
            case Paragraph():
                # a note below a heading speaks of what follows, and does not stay behind with it at the foot of a page
                self._add(self._paragraph(PARAGRAPHS.get(block.kind, "Normal"), block.text, keep="<w:keepNext/>" if below and block.kind == "note" else ""))
            case Items():
                self._write_items(block)
            case Table():
                self._write_table(block)
            case Figure():
                self._write_figure(block)
            case Callout():
                self._write_box(block)
            case PageBreak():
                self.next_breaks = True
            case _:
                raise DataError(f"{self.document.name}: Word knows no block of the kind {type(block).__name__}.")

    def _write_items(self, block: Items) -> None:
        style, extra = "ListBullet", ""
        if block.numbered:
            from sdg_eval.publish.documents.word_styles import NUMBERED

            extra = f'<w:numPr><w:ilvl w:val="0"/><w:numId w:val="{NUMBERED + self.counts["list"]}"/></w:numPr>'
            style, self.counts["list"] = "ListNumber", self.counts["list"] + 1
        for text in block.texts:
            self._add(self._paragraph(style, text, extra))

    def _write_box(self, block: Callout) -> None:
        style = f"Box{block.kind.title()}"
        texts = [block.title, *block.texts]
        for place, text in enumerate(texts):
            last = place == len(texts) - 1
            space = f'<w:spacing w:before="{120 if place == 0 else 20}" w:after="{160 if last else 20}"/>'
            self._add(self._paragraph(style, text, space, keep='<w:keepNext w:val="0"/>' if last else "", strong=place == 0))

    def _write_facts(self) -> None:
        """Two facts in a row: the first pages are short of room."""
        label, value = self.width * 16 // 100, self.width // 2 - self.width * 16 // 100
        cells = [self._cell("TableHead", name, label) + self._cell("TableText", text, value) for name, text in self.document.facts]
        cells += [self._cell("TableHead", "", label) + self._cell("TableText", "", value)] * (len(cells) % 2)
        rows = "".join(f"<w:tr><w:trPr><w:cantSplit/></w:trPr>{first}{second}</w:tr>" for first, second in zip(cells[::2], cells[1::2], strict=True))
        self._add(self._table_xml(self.document.title, "", (label, value) * 2, rows, head=False))
        self._add(self._paragraph("Source", "", '<w:spacing w:before="0" w:after="0"/>'))

    def _write_table(self, block: Table) -> None:
        self.counts["table"] += 1
        self._add(self._paragraph("Caption", f"{self.words['doc_table']} {self.counts['table']} {block.caption}"))
        widths = column_widths(block, self.width)
        styles = ["TableNumber" if column in block.numeric else "TableText" for column in block.columns]
        head = "".join(self._cell("TableHead", text, width, right=style == "TableNumber") for text, width, style in zip(block.columns, widths, styles, strict=True))
        rows = f"<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>{head}</w:tr>" + "".join(
            f"<w:tr><w:trPr><w:cantSplit/></w:trPr>{''.join(self._cell(*part) for part in zip(styles, row, widths, strict=True))}</w:tr>" for row in block.rows
        )
        self._add(self._table_xml(block.caption, block.source, widths, rows, head=True))
        self._write_source(block.source)

    def _write_figure(self, block: Figure) -> None:
        self.counts["figure"] += 1
        picture = self.pictures[Path(block.path)]
        scale = min(self.width / 20 / picture.width, self.highest / picture.height)
        paragraph = _parse(self._paragraph("Figure", ""))
        self._add(paragraph)
        from docx.text.paragraph import Paragraph as WordParagraph

        run = WordParagraph(paragraph, self.file._body).add_run()
        shape = run.add_picture(io.BytesIO(picture.png), width=round(picture.width * scale * EMU), height=round(picture.height * scale * EMU))
        shape._inline.docPr.set("descr", legible(block.alt))
        shape._inline.docPr.set("name", f"{self.words['doc_figure']} {self.counts['figure']}")
        named = shape._inline.graphic.graphicData.pic.nvPicPr.cNvPr
        named.set("name", f"figure{self.counts['figure']}.png")
        named.set("descr", legible(block.alt))
        self._add(self._paragraph("FigureCaption", f"{self.words['doc_figure']} {self.counts['figure']} {block.caption}"))
        self._add(self._paragraph("Source", block.source))  # the source of a figure says itself that it is one

    def _write_source(self, text: str) -> None:
        """The source line; an empty one still parts a table from what follows, which Word would else join."""
        self._add(self._paragraph("Source", f"{self.words['source']}: {text}" if text else ""))

    # ------------------------------------------------------------ parts

    def _add(self, xml) -> None:
        self.end.addprevious(_parse(xml) if isinstance(xml, str) else xml)

    def _paragraph(self, style: str, text: str, extra: str = "", *, keep: str = "", strong: bool = False) -> str:
        breaks = "<w:pageBreakBefore/>" if self.next_breaks else ""
        self.next_breaks = False
        return f'<w:p {_W}><w:pPr><w:pStyle w:val="{style}"/>{keep}{breaks}{extra}</w:pPr>{_run(text, strong=strong)}</w:p>'

    def _cell(self, style: str, text: str, width: int, *, right: bool = False) -> str:
        align = '<w:jc w:val="right"/>' if right else ""
        return f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/></w:tcPr><w:p><w:pPr><w:pStyle w:val="{style}"/>{align}</w:pPr>{_run(text)}</w:p></w:tc>'

    def _table_xml(self, caption: str, source: str, widths, rows: str, *, head: bool) -> str:
        """A table; its caption is also what a screen reader says of it."""
        quoted, grid = {'"': "&quot;"}, "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
        told = f'<w:tblCaption w:val="{escape(legible(caption), quoted)}"/>' + (f'<w:tblDescription w:val="{escape(legible(source), quoted)}"/>' if source else "")
        return (
            f'<w:tbl {_W}><w:tblPr><w:tblStyle w:val="ReportTable"/><w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:tblLayout w:type="fixed"/>'
            f'<w:tblLook w:val="{"0020" if head else "0080"}" w:firstRow="{int(head)}" w:lastRow="0" w:firstColumn="{int(not head)}" w:lastColumn="0" w:noHBand="1" w:noVBand="1"/>{told}</w:tblPr>'
            f"<w:tblGrid>{grid}</w:tblGrid>{rows}</w:tbl>"
        )


def _parse(xml: str):
    from docx.oxml import parse_xml

    return parse_xml(xml)


def _run(text: str, *, strong: bool = False) -> str:
    """Text as runs: a line break and a tab are elements in Word, all else is text."""
    if not text:
        return ""
    look = '<w:rPr><w:rStyle w:val="Strong"/></w:rPr>' if strong else ""
    parts = re.split("(\r\n|\r|\n|\t)", legible(text))
    told = "".join("<w:tab/>" if part == "\t" else "<w:br/>" if part in ("\r\n", "\r", "\n") else f'<w:t xml:space="preserve">{escape(part)}</w:t>' for part in parts if part)
    return f"<w:r>{look}{told}</w:r>"


def _field(name: str) -> str:
    """A field that Word and LibreOffice work out: PAGE or NUMPAGES."""
    begin, part, end = (f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>' for kind in ("begin", "separate", "end"))
    return f'{begin}<w:r><w:instrText xml:space="preserve"> {name} </w:instrText></w:r>{part}<w:r><w:t>1</w:t></w:r>{end}'
