"""A document as PDF: tagged for readers of any kind, in Sarabun, with a text layer that says what stands on the page.

WeasyPrint writes the right glyphs and, for Thai, the wrong text: จัดทำ is extracted as จัดทา. So every line of Thai is
written with its text beside it (ActualText), and is told where it may not end, by wrappers around two private functions of
WeasyPrint: its version is pinned, another one is refused, and tests extract the text again (docs/decisions/0024).
"""

from __future__ import annotations

import gc
import logging
import re
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from xml.etree import ElementTree

from sdg_eval.claims.prose import html_blocks
from sdg_eval.errors import DataError, WriteError
from sdg_eval.publish.documents.columns import column_widths, is_wide
from sdg_eval.publish.documents.document_words import document_words
from sdg_eval.publish.documents.model import Document, Figure
from sdg_eval.publish.documents.pdf_figures import Drawings, UnknownSvgError, placeholder
from sdg_eval.publish.documents.proof import require_printed
from sdg_eval.publish.thai_words import WHOLE
from sdg_eval.store import write_atomic

THAI = re.compile("[\u0e00-\u0e7f]")
WEASYPRINT = "70.0"
"""The version whose private function is wrapped."""
_TIED = re.compile(r"ปีงบประมาณ(?:[ \u00a0]\d+)?|(?:พ\.ศ\.|ร้อยละ|เป้าหมายที่|ตารางที่|ภาพที่|ไตรมาส|ภายใน)[ \u00a0][−+]?\d[\d,.]*|\b[np] [=<] [\d.,]+|[−+]\d[\d,.]*|" + "|".join(WHOLE))
"""Where no line ends: before the number of `พ.ศ. 2567`, `n = 12` and `−0.4`, and within words."""
_PREFIX = re.compile("(?:ความ|การ|ผู้)(?=[ก-ฮเ-ไ])")
"""What makes a word of the verb that follows."""
_PASSAGE = re.compile(r"[\u0e00-\u0e7f](?:[\u0e00-\u0e7f\d ,.·()–-]*[\u0e00-\u0e7f])?")
"""Thai words with what stands between them."""
HERE = Path(__file__).parents[1]
FONTS = HERE.parent / "figures" / "fonts"
VARIANT = "pdf/ua-1"
"""PDF/UA-1 (ISO 14289-1): what readers and checkers know today; WeasyPrint writes PDF/UA-2 too."""
TEXT_WIDTH = {False: 9751, True: 14683}
"""Of a page upright and across, in twentieths of a point: 172 and 259 mm."""
LETTER, LETTER_PANELS = 8.5 / 9.5, 10.5 / 9.5
"""Letters of a table against those that `column_widths` reckons with."""
INSTALL = "Install Pango: `apt install libpango-1.0-0 libpangoft2-1.0-0` (Debian, Ubuntu), `brew install pango` (macOS), or MSYS2's `pacman -S mingw-w64-x86_64-pango` (Windows)."


class PdfMissingError(WriteError):
    """PDF cannot be written on this computer; the other formats can."""


def require_pdf() -> None:
    """Raise PdfMissingError, with the command that helps, where WeasyPrint or the libraries it draws with are absent."""
    _weasyprint()


def write_pdf(document: Document, path, *, zoom: float = 1.0) -> None:
    """Write a document as PDF; the same document gives the same bytes. `zoom` enlarges the sheet with all that is on it: √2 makes A3 of A4.

    Raises
    ------
    PdfMissingError
        Where Pango or WeasyPrint is missing.
    DataError
        When a figure cannot be read, a letter has no glyph, or the page says other than the document.
    """
    write_atomic(Path(path), pdf_bytes(document, zoom=zoom))


def pdf_bytes(document: Document, *, zoom: float = 1.0) -> bytes:
    """Return a document as PDF; parameters and errors as in `write_pdf`."""
    return pdf_sizes(document, (zoom,))[0]


def pdf_sizes(document: Document, zooms) -> list[bytes]:
    """Return a document as PDF once for each of `zooms`, laid out once; errors as in `write_pdf`."""
    html = _html(document)
    require_printed(document, html_blocks(html), "html")
    return render_pdf(html, document.blocks, zooms)


def render_pdf(html: str, blocks=(), zooms=(1.0,)) -> list[bytes]:
    """Return the PDF of a page of HTML for each of `zooms`; its figures are `figure:1`, `figure:2` … of `blocks`, and nothing else is read.

    Raises
    ------
    PdfMissingError
        Where Pango or WeasyPrint is missing.
    DataError
        When a figure cannot be read, or a letter has no glyph.
    """
    weasyprint = _weasyprint()
    drawings, figures = Drawings(), []
    for number, block in enumerate((b for b in blocks if isinstance(b, Figure)), 1):
        figures.append(_figure(drawings, number, block.path))
    with _complaints() as told, _uncollected():
        fetcher, fonts = _fetcher(figures), weasyprint.text.fonts.FontConfiguration()
        style = weasyprint.CSS(string=(HERE / "templates" / "document.css").read_text(encoding="utf-8"), url_fetcher=fetcher, font_config=fonts)
        # the kind of PDF is told to the layout too, as tags are made from what it keeps
        laid = _page(weasyprint, html, fetcher).render(stylesheets=[style], font_config=fonts, pdf_variant=VARIANT)
        written = [laid.write_pdf(zoom=zoom, pdf_variant=VARIANT, finisher=drawings.finish) for zoom in zooms]
    if told:
        raise DataError(f"The document cannot be written as PDF: {told[0]}")
    return written


def _html(document: Document) -> str:
    """The page that is printed; every text is escaped."""
    from sdg_eval import __version__

    blocks = [(type(block).__name__, block) for block in document.blocks]
    wide = is_wide(document)
    letter = LETTER_PANELS if document.kind == "panels" else LETTER

    def shares(table):
        widths = column_widths(table, round(TEXT_WIDTH[wide] / letter))
        return [round(100 * width / sum(widths), 2) for width in widths]

    return _template().render(d=document, blocks=blocks, w=document_words(document.lang), version=__version__, wide=wide, shares=shares)


def marked(text: str, lang: str):
    """Return text, escaped for HTML; Thai words in an English document are marked as Thai.

    Examples
    --------
    >>> marked("<b>Done: ฝาย 3 แห่ง (2)", "en")
    Markup('&lt;b&gt;Done: <span lang="th">ฝาย 3 แห่ง</span> (2)')
    """
    from markupsafe import Markup, escape

    escaped = escape(text)
    return escaped if lang == "th" else Markup(_PASSAGE.sub(r'<span lang="th">\g<0></span>', str(escaped)))


@lru_cache(maxsize=1)
def _template():
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context

    environment = Environment(loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["marked"] = pass_context(lambda context, text: marked(text, context["d"].lang))
    return environment.get_template("document.html.j2")


@lru_cache(maxsize=1)
def _weasyprint():
    """WeasyPrint, whose lines of Thai carry their text and end between words."""
    try:
        import weasyprint
        from weasyprint.draw import text
        from weasyprint.text import line_break
    except (ImportError, OSError) as error:
        raise PdfMissingError(f"PDF cannot be written: {str(error).splitlines()[0]}. {INSTALL}") from error
    if weasyprint.__version__ != WEASYPRINT:
        raise PdfMissingError(f"PDF is written with WeasyPrint {WEASYPRINT}, found {weasyprint.__version__}. Install what the lock file names.")
    _give_text(text)
    _keep_together(line_break)
    _shape_once(line_break)
    return weasyprint


def _give_text(module) -> None:
    """Wrap the function that draws a line, so that Thai carries its text."""
    plain = module.draw_first_line

    def draw_first_line(stream, textbox, *rest):
        if not THAI.search(textbox.text):
            return plain(stream, textbox, *rest)
        stream.begin_marked_content("Span", f"<</Lang (th) /ActualText <FEFF{textbox.text.encode('utf-16-be').hex().upper()}>>>")
        emojis = plain(stream, textbox, *rest)
        stream.end_marked_content()
        return emojis

    module.draw_first_line = draw_first_line


def _keep_together(module) -> None:
    """Wrap the function that hands Pango a text, so that no line ends within what belongs together.

    Pango breaks Thai words after it has looked at the signs that forbid it (U+2060, a no-break space), and only this attribute comes later. An element
    around each such word would do it too, and cost a fifth of the time.
    """
    ffi, pango, plain = module.ffi, module.pango, module.Layout.set_text
    ffi.cdef("PangoAttribute * pango_attr_allow_breaks_new (gboolean allow_breaks);", override=True)

    def set_text(layout, text, justify=False):
        plain(layout, text, justify)
        found = _held(layout.text)
        if not found:
            return
        held = pango.pango_layout_get_attributes(layout.layout)
        held = ffi.gc(pango.pango_attr_list_new(), pango.pango_attr_list_unref) if held == ffi.NULL else held
        for start, end in found:
            attribute = pango.pango_attr_allow_breaks_new(False)
            attribute.start_index, attribute.end_index = start, end
            pango.pango_attr_list_insert(held, attribute)
        pango.pango_layout_set_attributes(layout.layout, held)

    module.Layout.set_text = set_text


@lru_cache(maxsize=4096)
def _held(text: str) -> tuple[tuple[int, int], ...]:
    """From which byte to which a text may not be broken."""
    found = [m.span() for m in _TIED.finditer(text)] + [(m.start(), m.end() + 1) for m in _PREFIX.finditer(text)]
    return tuple((len(text[:start].encode()), len(text[:end].encode())) for start, end in found)


def _shape_once(module) -> None:
    """Keep the glyphs of a line from its layout until it is drawn: WeasyPrint throws them away to save memory, and shapes each line a second time."""
    layout, pango, plain = module.Layout, module.pango, module.Layout.set_text
    forget, again = layout.deactivate, layout.reactivate

    def set_text(self, text, justify=False):
        plain(self, text, justify)
        # Drawing turns this mode on, and Pango then begins anew; it makes a difference only to a text with an end of line in it.
        pango.pango_layout_set_single_paragraph_mode(self.layout, "\n" not in text)

    def deactivate(self):
        if self.justification_spacing or "\n" in self.text:
            forget(self)

    def reactivate(self, style):
        if not hasattr(self, "layout"):
            again(self, style)

    layout.set_text, layout.deactivate, layout.reactivate = set_text, deactivate, reactivate


def _figure(drawings: Drawings, number: int, path: Path) -> tuple[bytes, str]:
    """What WeasyPrint is given in a figure's place, and of which kind it is: the empty drawing of one that we put in, else the figure itself."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: the figure cannot be read ({error.strerror}). Run `sdg-eval evaluate` again.") from error
    if path.suffix != ".svg":
        return content, "image/png"
    try:
        empty = placeholder(content, number)
        drawings.add(number, content)
    except UnknownSvgError:
        return content, "image/svg+xml"
    return empty, "image/svg+xml"


def _fetcher(figures: list[tuple[bytes, str]]):
    """What a document may read: the two fonts and its own figures; every other address is refused before it is asked for."""
    from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

    class Refused(FatalURLFetchingError):
        """Not one of the document's own files."""

    class Own(URLFetcher):
        def fetch(self, url, headers=None):
            scheme, _, name = url.partition(":")
            if scheme == "font" and re.fullmatch(r"Sarabun-(Regular|Bold)\.ttf", name):
                return URLFetcherResponse(url, (FONTS / name).read_bytes(), {"Content-Type": "font/ttf"})
            if scheme == "figure" and name.isdecimal() and 0 < int(name) <= len(figures):
                content, kind = figures[int(name) - 1]
                return URLFetcherResponse(url, content, {"Content-Type": kind})
            raise Refused(f"{url[:80]}: a document reads nothing but its own figures and fonts.")

    return Own()


def _page(weasyprint, html: str, fetcher):
    """The page for WeasyPrint, read by the parser of XML where it can: a tenth of the work. A sign that XML forbids leaves it to WeasyPrint's own parser."""
    try:
        root = ElementTree.fromstring(html)
    except ElementTree.ParseError:
        return weasyprint.HTML(string=html, url_fetcher=fetcher)
    page = weasyprint.HTML(string="<html></html>", url_fetcher=fetcher)  # it takes no tree
    page.wrapper_element = weasyprint.cssselect2.ElementWrapper.from_html_root(root, content_language=None)
    page.etree_element = page.wrapper_element.etree_element
    page._ua_stylesheets = lambda forms=False: [_plain_style()]
    return page


@lru_cache(maxsize=1)
def _plain_style():
    """WeasyPrint's own style sheet without notes, which our documents have none of, and with signs of a list for its items alone: each of these
    rules gives every cell of a table one more style to work out."""
    from weasyprint import CSS, html

    lines = [line for line in html.UA.splitlines() if not line.startswith(("::footnote-", "::note-"))]
    return CSS(string="\n".join("li" + line if line.startswith("::marker") else line for line in lines))


@contextmanager
def _uncollected():
    """Without Python's search for cycles: layout makes some hundred thousand objects that all live until the file is written, and a fifth of its time went into looking through them."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


@contextmanager
def _complaints():
    """Collect what WeasyPrint could not do: figures it could not read, letters without a glyph."""
    told: list[str] = []

    class Listener(logging.Handler):
        def emit(self, record):
            text = record.getMessage()
            if record.levelno >= logging.ERROR or ".notdef" in text:
                told.append(text)

    logger, listener = logging.getLogger("weasyprint"), Listener()
    logger.addHandler(listener)
    try:
        yield told
    finally:
        logger.removeHandler(listener)
