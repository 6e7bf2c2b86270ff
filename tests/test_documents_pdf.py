"""PDF: what it says is what is extracted, it can be read by a machine that reads aloud, and nothing in it acts."""

import re
import shutil
import subprocess
from types import SimpleNamespace
from xml.etree import ElementTree

import numpy as np
import pypdf
import pypdfium2
import pytest

from sdg_eval.errors import DataError
from sdg_eval.publish.documents import pdf, pdf_figures
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
from sdg_eval.publish.words import WORDS
from tests.counts import report
from tests.payloads import PAYLOADS

WORDS_KEPT_WHOLE = ("มหาดไทย", "ประสิทธิภาพ", "กระทรวง", "จังหวัด", "ตัวชี้วัด", "ยุทธศาสตร์", "งบประมาณ", "ประชาชน", "คณะกรรมการ", "โครงการ")
HARD = ("จัดทำแผนที่นำน้ำสะอาดให้ผู้ใหญ่บ้าน", "ผู้ว่าราชการจังหวัดปัตตานีชี้แจงเรื่องน้ำท่วมซ้ำซาก", "ทั้งนี้ ต้องทำให้เสร็จภายใน ๓๐ วัน ฯลฯ", "กำลังคำนวณค่าต่ำกว่าเกณฑ์ ±๐.๕ “ปกติ”")


def make(*blocks, lang="th", synthetic=False, title="รายงานทดสอบ") -> Document:
    return Document("TH-50_test_th", "quarterly", lang, title, "ไตรมาส 2", (("จังหวัด", "เชียงใหม่"),), blocks, synthetic)


@pytest.fixture(scope="module")
def sentences(codelists) -> list[str]:
    """Two hundred Thai sentences that the suite itself says."""
    own = [t for t, _ in WORDS.values() if len(t) > 20 and re.search("[ก-๙]", t) and "{" not in t]
    own += [name for name in codelists.series["name_th"] if len(name) > 20]
    found = list(dict.fromkeys([*HARD, *own]))
    assert len(found) >= 200
    return found[:200]


@pytest.fixture(scope="module")
def chart(tmp_path_factory):
    """A chart of ours with every kind of mark: line, points, hatch, dashes, transparency, turned Thai text."""
    from matplotlib.figure import Figure as Drawn

    from sdg_eval.figures.style import save_svg, use_style

    use_style()
    drawn = Drawn(figsize=(5, 3))
    ax = drawn.subplots()
    ax.plot([1, 2, 3], [2, 1, 3], "o--", color="#0b5394")
    ax.bar([1, 2, 3], [1, 2, 1], color="#cfe2f3", edgecolor="#0b5394", hatch="///")
    ax.fill_between([1, 2, 3], [0, 1, 1], [1, 2, 3], alpha=0.3)
    ax.set_ylabel("ร้อยละของผู้ที่นำน้ำไปใช้")
    path = tmp_path_factory.mktemp("chart") / "chart.svg"
    save_svg(drawn, path)
    return path


@pytest.fixture(scope="module")
def whole(tmp_path_factory, chart, sentences):
    """A document with every kind of block, as PDF."""
    path = tmp_path_factory.mktemp("whole") / "whole.pdf"
    rows = tuple((f"จังหวัดที่ {n}", f"{n}.5", "ทำได้") for n in range(120))
    pdf.write_pdf(make(
        Heading(1, "สรุป"), Paragraph("นำ", kind="lead"), Heading(2, "รายการ"), Items(tuple(sentences)), Callout("decide", "ควรทำ", ("หนึ่ง", "สอง")), PageBreak(),
        Heading(1, "ภาพและตาราง"), Figure(chart, "กราฟทดสอบ: จาก 2 เป็น 3", "กราฟทดสอบ", "แหล่งข้อมูล: ทดสอบ"), Heading(2, "ตารางยาว"),
        Table("ค่าทั้งหมด", ("จังหวัด", "ค่า", "ผล"), rows, "ทดสอบ", numeric=("ค่า",)), synthetic=True,
    ), path)  # fmt: skip
    return path


def squeezed(text: str) -> str:
    """Text without spaces and ends of lines, which no PDF holds as such."""
    return re.sub(r"[\s\u00a0\u200b\ufffe\x02]+", "", text)


def by_poppler(path) -> str:
    tool = shutil.which("pdftotext")
    assert tool, "pdftotext is absent: install poppler-utils to run this test."
    return subprocess.run([tool, "-layout", str(path), "-"], capture_output=True, check=True).stdout.decode("utf-8")


def by_pdfium(path) -> str:
    with pypdfium2.PdfDocument(path) as document:
        return "\n".join(page.get_textpage().get_text_range() for page in document)


@pytest.mark.parametrize("extract", [by_poppler, by_pdfium])
def test_two_hundred_thai_sentences_are_extracted_as_they_were_written(whole, sentences, extract):
    found = squeezed(extract(whole))
    lost = [s for s in sentences if squeezed(s) not in found]
    report("documents", f"{len(sentences) - len(lost)} of {len(sentences)} Thai sentences extracted by {extract.__name__.removeprefix('by_')}")
    assert lost == []


def test_without_the_text_beside_the_glyphs_thai_is_extracted_wrongly(tmp_path, monkeypatch):
    """The reason for the wrapper: when this fails, WeasyPrint writes Thai rightly, and the wrapper can go."""
    weasyprint = pdf._weasyprint()
    monkeypatch.setattr(pdf, "THAI", re.compile("(?!)"))
    pdf.write_pdf(make(Paragraph(HARD[0])), tmp_path / "plain.pdf")
    assert weasyprint.__version__ == pdf.WEASYPRINT
    assert squeezed(HARD[0]) not in squeezed(by_poppler(tmp_path / "plain.pdf"))


def test_no_thai_word_is_split_at_the_end_of_a_line(tmp_path):
    text = " ".join(f"{a}{b}{c}" for a in WORDS_KEPT_WHOLE for b in WORDS_KEPT_WHOLE for c in WORDS_KEPT_WHOLE[:3])
    cells = tuple((word, text) for word in WORDS_KEPT_WHOLE[:2])
    numbers = " ".join(f"{'ก' * k} พ.ศ. 2567 ร้อยละ 12.7 (−0.43 ถึง +1.2; n = 11)" for k in range(1, 40))
    pdf.write_pdf(make(Paragraph(text), Paragraph(numbers), Items((text,)), Table("t", ("a", "b"), cells, "s")), tmp_path / "words.pdf")
    found = by_pdfium(tmp_path / "words.pdf").replace("\r", "")
    assert found.count("\n") > 60
    for word in WORDS_KEPT_WHOLE:
        assert found.count(word) == squeezed(found).count(word) >= 4 * 60, word
    assert not re.search(r"(พ\.ศ\.|ร้อยละ|[−+=]|\bn) *\n", found) and found.count("−0.43") == 39  # a sign, a year, a count stay with their number


def elements(node, kind=None):
    """Every element of the structure tree, in reading order."""
    if isinstance(node, pypdf.generic.IndirectObject):
        node = node.get_object()
    if isinstance(node, list):
        for one in node:
            yield from elements(one)
    elif isinstance(node, dict):
        if "/S" in node:
            yield node
        yield from elements(node.get("/K", []))


def test_the_structure_tells_a_reader_aloud_what_stands_where(whole):
    reader = pypdf.PdfReader(whole)
    root = reader.trailer["/Root"]
    assert root["/Lang"] == "th" and root["/MarkInfo"]["/Marked"] and root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reader.metadata.title.startswith("รายงานทดสอบ")
    assert b'pdfuaid' in root["/Metadata"].get_data() and b"1" in root["/Metadata"].get_data()
    found = list(elements(root["/StructTreeRoot"]["/K"]))
    figures = [e for e in found if e["/S"] == "/Figure"]
    assert [f["/Alt"] for f in figures] == ["กราฟทดสอบ: จาก 2 เป็น 3"]
    levels = [int(e["/S"][2:]) for e in found if re.fullmatch("/H[1-6]", e["/S"])]
    assert levels[0] == 1 and all(b - a <= 1 for a, b in zip(levels, levels[1:], strict=False))
    kinds = [e["/S"] for e in found]
    assert kinds.count("/LBody") >= 202 and "/Caption" in kinds
    tables = [e for e in found if e["/S"] == "/Table"]
    assert len(tables) >= 3  # one table over several pages
    for table in tables:
        heads = [e for e in elements(table["/K"]) if e["/S"] == "/TH"]
        assert len(heads) > 3, "the head of a table is repeated on every page"
        cells = [e for e in elements(table["/K"]) if e["/S"] == "/TD"]
        assert all(e["/A"].get_object()["/Headers"] for e in cells)


def test_every_page_says_synthetic_and_which_page_of_how_many_it_is(whole):
    with pypdfium2.PdfDocument(whole) as document:
        pages = [squeezed(page.get_textpage().get_text_range()) for page in document]
    assert len(pages) > 4
    for n, text in enumerate(pages, 1):
        assert squeezed(WORDS["synthetic"][0]) in text
        assert f"หน้า{n}จาก{len(pages)}" in text
        assert n == 1 or "รายงานทดสอบไตรมาส2" in text.replace("ตารางที่", "") or "รายงานทดสอบ" in text


def test_only_sarabun_is_used_and_it_is_embedded(whole):
    fonts = {}
    for page in pypdf.PdfReader(whole).pages:
        for font in page["/Resources"]["/Font"].values():
            own = font.get_object()["/DescendantFonts"][0].get_object()
            fonts[own["/BaseFont"]] = "/FontFile2" in own["/FontDescriptor"] or "/FontFile3" in own["/FontDescriptor"]
    assert fonts and all("Sarabun" in name for name in fonts) and all(fonts.values())


def test_the_same_document_gives_the_same_bytes_and_no_date(whole, chart, tmp_path):
    document = make(Heading(1, "ก"), Figure(chart, "กราฟ", "กราฟ", "ที่มา"), Paragraph("ข้อความ"))
    for name in ("one.pdf", "two.pdf"):
        pdf.write_pdf(document, tmp_path / name)
    assert (tmp_path / "one.pdf").read_bytes() == (tmp_path / "two.pdf").read_bytes()
    content = whole.read_bytes()
    assert b"CreationDate" not in content and b"ModDate" not in content and str(tmp_path).encode() not in content


def test_payloads_are_text_and_nothing_acts(tmp_path, chart):
    lines = [p.replace("\x01", "").replace("\t", " ") for p in PAYLOADS]
    more = ["=HYPERLINK(\"http://far.invalid\")", "+1+1", "-2", "@SUM(A1)", "\\input{/etc/passwd}", "\\write18{id}", "https://far.invalid/"]
    hostile = (*lines, *more)
    path = tmp_path / "hostile.pdf"
    pdf.write_pdf(make(
        Heading(1, hostile[0]), *(Paragraph(p) for p in hostile), Items(hostile), Callout("decide", hostile[4], hostile),
        Table(hostile[1], hostile[:2], tuple(zip(hostile, hostile, strict=True)), hostile[3]), Figure(chart, hostile[24], hostile[25], hostile[26]), title=hostile[0],
    ), path)  # fmt: skip
    reader = pypdf.PdfReader(path)
    for number in range(1, reader.trailer["/Size"]):
        held = reader.get_object(number)
        if isinstance(held, dict):
            assert not {"/JS", "/JavaScript", "/Launch", "/URI", "/AA", "/OpenAction", "/EmbeddedFile", "/SubmitForm"} & set(held), held
            assert held.get("/S") not in ("/URI", "/JavaScript", "/Launch", "/GoToR", "/SubmitForm"), held
    found = squeezed(by_pdfium(path))
    assert [p for p in hostile if squeezed(p) not in found] == []


def test_a_document_reads_nothing_but_its_own_figures_and_fonts(chart):
    from weasyprint.urls import FatalURLFetchingError

    for address in ("http://far.invalid/x.png", "file:///etc/passwd", "figure:2", "font:../x.ttf", "data:image/svg+xml,<svg/>"):
        with pytest.raises(FatalURLFetchingError, match="a document reads nothing but"):
            pdf.render_pdf(f'<html lang="en"><title>t</title><img alt="x" src="{address}">', [Figure(chart, "a", "c", "s")])


def test_the_page_is_the_same_document_however_it_is_read_and_laid_out_once_for_all_sizes(chart, monkeypatch):
    document = make(Heading(1, "ก < ข & ค"), Paragraph("นำ", kind="lead"), Items(HARD), Figure(chart, "กราฟ \"ก\"", "กราฟ", "ที่มา"), Table("ตาราง", ("ก", "ข"), (("น้ำ", "1.5"),) * 30, "ที่มา", numeric=("ข",)))
    first = pdf.pdf_bytes(document)
    assert pdf.pdf_sizes(document, (1.0, 2**0.5)) == [first, pdf.pdf_bytes(document, zoom=2**0.5)]

    def refuse(text):
        raise ElementTree.ParseError

    monkeypatch.setattr(pdf, "ElementTree", SimpleNamespace(fromstring=refuse, ParseError=ElementTree.ParseError))
    monkeypatch.setattr(pdf, "_plain_style", lambda: pytest.fail("the page was read as XML"))
    assert pdf.pdf_bytes(document) == first


def test_a_line_is_shaped_before_it_is_drawn_and_not_again(monkeypatch):
    pdf.pdf_bytes(make(Paragraph("น้ำ")))  # the wrappers are in place
    from weasyprint.text import line_break

    shaped, plain = [], line_break.Layout.setup
    monkeypatch.setattr(line_break.Layout, "setup", lambda self, style: (shaped.append(1), plain(self, style))[1])
    pdf.pdf_bytes(make(*[Paragraph(f"จัดทำแผน {n}") for n in range(20)]))
    once = len(shaped)
    pdf.pdf_bytes(make(*[Paragraph(f"จัดทำแผน {n}") for n in range(40)]))
    assert len(shaped) - once - once < 20 * 1.5  # one for each line more: WeasyPrint's own way makes two


def test_python_looks_for_cycles_again_after_a_document_that_failed():
    import gc

    with pytest.raises(DataError):
        pdf.pdf_bytes(make(Paragraph("\U000f1234")))
    assert gc.isenabled()


def test_a_letter_without_a_glyph_is_an_error_and_no_box(tmp_path):
    with pytest.raises(DataError, match="notdef"):
        pdf.write_pdf(make(Paragraph("\U000f1234")), tmp_path / "box.pdf")


def pixels(path) -> np.ndarray:
    with pypdfium2.PdfDocument(path) as document:
        return np.asarray(document[0].render(scale=1.5).to_pil().convert("L"), dtype=float)


def test_a_figure_put_in_looks_as_weasyprint_draws_it(tmp_path, chart, monkeypatch):
    document = make(Figure(chart, "กราฟ", "กราฟ", "ที่มา"))
    monkeypatch.setattr(pdf_figures, "SCALE", 1.0)  # a drawing that is WeasyPrint's has its own size
    pdf.write_pdf(document, tmp_path / "ours.pdf")

    def refuse(svg, number):
        raise pdf_figures.UnknownSvgError

    monkeypatch.setattr(pdf, "placeholder", refuse)
    pdf.write_pdf(document, tmp_path / "theirs.pdf")
    ours, theirs = pixels(tmp_path / "ours.pdf"), pixels(tmp_path / "theirs.pdf")
    blank = pixels_without(document, tmp_path)
    assert np.abs(theirs - blank).mean() > 3  # there is something to compare
    assert np.abs(blurred(ours) - blurred(theirs)).max() < 40  # hatches begin elsewhere; a lost or moved mark of one block would be far more
    assert np.abs(blurred(ours) - blurred(theirs)).mean() < 0.5


def blurred(image: np.ndarray, block: int = 12) -> np.ndarray:
    """Means of blocks of pixels."""
    high, wide = (n // block * block for n in image.shape)
    return image[:high, :wide].reshape(high // block, block, wide // block, block).mean(axis=(1, 3))


def pixels_without(document: Document, tmp_path) -> np.ndarray:
    pdf.write_pdf(make(Paragraph("ว่าง")), tmp_path / "blank.pdf")
    return pixels(tmp_path / "blank.pdf")


def test_a_drawing_that_is_not_ours_is_left_to_weasyprint(tmp_path):
    path = tmp_path / "other.svg"
    path.write_text('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><circle cx="5" cy="5" r="4" fill="red"/></svg>')
    pdf.write_pdf(make(Figure(path, "วงกลม", "วงกลม", "ที่มา")), tmp_path / "other.pdf")
    assert (pixels(tmp_path / "other.pdf") < 120).sum() > 2000


def test_where_pango_is_missing_one_line_tells_what_to_install(monkeypatch):
    import sys

    pdf._weasyprint.cache_clear()
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    try:
        with pytest.raises(pdf.PdfMissingError, match="apt install libpango") as caught:
            pdf.require_pdf()
        assert "\n" not in str(caught.value)
    finally:
        pdf._weasyprint.cache_clear()
