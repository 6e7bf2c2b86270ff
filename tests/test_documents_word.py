"""A report as a Word file: every style speaks Thai, every block is there, nothing in it is alive."""

import datetime as dt
import io
import re
import zipfile
from pathlib import Path

import pytest
from docx import Document as open_docx
from docx.oxml.ns import qn
from lxml import etree

from sdg_eval.concepts import SYNTHETIC
from sdg_eval.errors import DataError
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
from sdg_eval.publish.documents.pictures import DPI, draw_pictures
from sdg_eval.publish.documents.word import docx_bytes, legible, write_docx
from sdg_eval.publish.documents.word_styles import FONTS, embedded_fonts, mix
from tests.office_writer import to_pdf
from tests.payloads import PAYLOADS

THAI = "กระทรวงมหาดไทยเพิ่มประสิทธิภาพ จัดทำแผน น้ำดื่ม ผู้ป่วย ที่ตั้ง ญาติ ฐาน ปั๊ม (ช่วง 95%: −0.92 ถึง −0.43; n = 11)"
SPREADSHEET = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "=cmd|' /C calc'!A0", "{ DDEAUTO c:\\\\x }", "\\input{/etc/passwd}", "HYPERLINK \"http://far.invalid\"", "INCLUDEPICTURE http://far.invalid/x"]
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="144pt" height="72pt" viewBox="0 0 144 72"><rect x="0" y="0" width="72" height="72" fill="#0b5394"/></svg>'


@pytest.fixture(scope="module")
def chart(tmp_path_factory):
    path = tmp_path_factory.mktemp("figures") / "chart.svg"
    path.write_text(SVG, encoding="utf-8")
    return path


def every_block(chart: Path, lang: str = "th", **changes) -> Document:
    columns = ("ตัวชี้วัด", "ค่าล่าสุด", "n")
    blocks = (
        Heading(1, "สรุปสำหรับผู้ว่าราชการจังหวัด"), Paragraph(THAI, "provinces/TH-50#SI_POV_NAHC.A", "lead"), Heading(2, "สิ่งที่เปลี่ยนแปลง"), Items(("ข้อหนึ่ง", "ข้อสอง")),
        Items(("ลำดับแรก", "ลำดับสอง"), numbered=True), Callout("decide", "เรื่องที่ต้องตัดสินใจ", ("อนุมัติงบ",)), Callout("caution", "ข้อควรระวัง", ("ค่าเบื้องต้น",)), Callout("missing", "ข้อมูลที่ขาด", ("เป้าหมาย 14",)),
        Heading(3, "ตัวชี้วัดทั้งหมด"), Table("ตารางผล", columns, tuple((f"แถว {k}", f"{k}.5", "11") for k in range(40)), "สำนักงานสถิติแห่งชาติ", numeric=columns[1:]), PageBreak(),
        Figure(chart, "กราฟความยากจน จาก 18.3 เป็น 10.9", "ความยากจน", "แหล่งข้อมูล: สศช."), Items(("เริ่มนับใหม่",), numbered=True), Paragraph("หมายเหตุ", kind="note"),
    )  # fmt: skip
    return Document(**({"name": f"TH-50_quarterly_2567Q2_{lang}", "kind": "quarterly", "lang": lang, "title": "รายงานรายไตรมาส: เชียงใหม่", "subtitle": "ไตรมาส 2", "facts": (("จังหวัด", "เชียงใหม่"),), "blocks": blocks, "synthetic": True, "sources": ("แหล่งที่หนึ่ง",)} | changes))  # fmt: skip


def parts(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        return {name: file.read(name) for name in file.namelist()}


@pytest.mark.parametrize("lang", ["th", "en"])
def test_every_style_sets_font_size_boldness_and_language_of_thai_too(chart, lang):
    styles = etree.fromstring(parts(docx_bytes(every_block(chart, lang)))["word/styles.xml"])
    looks = [s for s in styles.iter(qn("w:style")) if s.get(qn("w:type")) in ("paragraph", "table") ] + [next(styles.iter(qn("w:rPrDefault")))]
    assert len(looks) > 20
    for style in looks:
        run = next(style.iter(qn("w:rPr")))
        fonts, size, other, spoken = (run.find(qn(f"w:{name}")) for name in ("rFonts", "sz", "szCs", "lang"))
        assert {fonts.get(qn(f"w:{a}")) for a in ("ascii", "hAnsi", "cs")} == {"Sarabun"}
        assert size.get(qn("w:val")) == other.get(qn("w:val")) and spoken.get(qn("w:bidi")) == "th-TH"
        assert run.find(qn("w:b")).get(qn("w:val")) == run.find(qn("w:bCs")).get(qn("w:val"))


def test_no_paragraph_or_run_has_a_style_that_is_not_in_the_file(chart):
    held = parts(docx_bytes(every_block(chart)))
    known = {s.get(qn("w:styleId")) for s in etree.fromstring(held["word/styles.xml"]).iter(qn("w:style"))}
    used = {e.get(qn("w:val")) for name, part in held.items() if re.fullmatch(r"word/(document|header\d*|footer\d*)\.xml", name) for tag in ("pStyle", "rStyle", "tblStyle") for e in etree.fromstring(part).iter(qn(f"w:{tag}"))}
    assert used and used <= known


def test_the_fonts_are_in_the_file_and_whole(chart):
    held = parts(docx_bytes(every_block(chart)))
    for number, (_, key, _) in enumerate(embedded_fonts(), 1):
        weight = ("Regular", "Bold")[number - 1]
        assert mix(held[f"word/fonts/font{number}.odttf"], key) == (FONTS / f"Sarabun-{weight}.ttf").read_bytes()
        assert key.encode() in held["word/fontTable.xml"]
    assert b"embedTrueTypeFonts" in held["word/settings.xml"]


def test_text_of_the_file_is_the_text_of_the_blocks_in_order(chart):
    document = every_block(chart)
    file = open_docx(io.BytesIO(docx_bytes(document)))
    told = "\n".join("".join(t.text or "" for t in p.iter(qn("w:t"))) for p in file.element.body.iter(qn("w:p")))
    wanted = [document.title, document.subtitle, "เชียงใหม่"]
    for block in document.blocks:
        match block:
            case Heading() | Paragraph():
                wanted.append(block.text)
            case Items():
                wanted += block.texts
            case Callout():
                wanted += [block.title, *block.texts]
            case Table():
                wanted += [block.caption, *block.columns, *(cell for row in block.rows for cell in row), block.source]
            case Figure():
                wanted += [block.caption, block.source]
    at = 0
    for text in [*wanted, *document.sources]:
        found = told.find(text, at)
        assert found >= 0, text
        at = found + len(text)


def test_headings_are_headings_tables_repeat_their_header_and_pictures_have_text(chart):
    file = open_docx(io.BytesIO(docx_bytes(every_block(chart))))
    assert [p.style.style_id for p in file.paragraphs if p.style.name.startswith("Heading")] == ["Heading1", "Heading2", "Heading3", "Heading1"]
    table = file.tables[-1]
    assert table.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None and len(table.rows) == 41
    (drawing,) = file.element.body.iter("{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}docPr")
    assert drawing.get("descr") == "กราฟความยากจน จาก 18.3 เป็น 10.9"
    first, second = ([p._p.pPr.numPr.numId.val for p in file.paragraphs if p.style.style_id == "ListNumber"][k] for k in (0, 2))
    assert first != second  # each numbered list begins at 1


def test_synthetic_data_are_marked_in_the_header_and_real_data_are_not(chart):
    for synthetic in (True, False):
        content = docx_bytes(every_block(chart, synthetic=synthetic))
        file = open_docx(io.BytesIO(content))
        header = "".join(t.text for t in file.sections[0].header._element.iter(qn("w:t")))
        assert (SYNTHETIC["th"] in header) == synthetic and not file.sections[0].different_first_page_header_footer
        assert (file.core_properties.comments == SYNTHETIC["th"]) == synthetic


def test_the_properties_are_told_and_dates_are_the_given_ones(chart):
    known = open_docx(io.BytesIO(docx_bytes(every_block(chart), made=dt.datetime(2026, 4, 1)))).core_properties
    assert (known.title, known.language, known.created, known.modified) == ("รายงานรายไตรมาส: เชียงใหม่", "th-TH", dt.datetime(2026, 4, 1, tzinfo=dt.UTC), dt.datetime(2026, 4, 1, tzinfo=dt.UTC))
    assert known.author == "sdg_eval"


def test_the_same_document_has_the_same_bytes(chart, tmp_path):
    write_docx(every_block(chart), tmp_path / "a.docx")
    assert (tmp_path / "a.docx").read_bytes() == docx_bytes(every_block(chart))
    with zipfile.ZipFile(tmp_path / "a.docx") as file:
        assert {member.date_time for member in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_payloads_in_every_field_stay_text(chart):
    every = [*PAYLOADS, *SPREADSHEET]
    blocks = tuple(
        block for payload in every for block in (
            Heading(1, payload), Paragraph(payload), Items((payload,)), Items((payload,), numbered=True), Callout("decide", payload, (payload,)),
            Table(payload, (payload,), ((payload,),), payload), Figure(chart, payload, payload, payload),
        )
    )  # fmt: skip
    held = parts(docx_bytes(every_block(chart, title=" ".join(every), subtitle=" ".join(every), facts=tuple((payload, payload) for payload in every), blocks=blocks, sources=tuple(every))))
    for name, content in held.items():
        if name.endswith(".rels"):
            assert b'TargetMode="External"' not in content
        if name.endswith(".xml"):
            root = etree.fromstring(content)
            assert not {e.tag for e in root.iter() if isinstance(e.tag, str)} & {qn("w:hyperlink"), qn("w:fldSimple"), qn("w:object"), qn("w:altChunk")}, name
            assert {e.text.strip() for e in root.iter(qn("w:instrText"))} <= {"PAGE", "NUMPAGES"}, name
    body = etree.fromstring(held["word/document.xml"])
    told = "".join("\t" if e.tag == qn("w:tab") else e.text or "" for e in body.iter(qn("w:t"), qn("w:tab")))
    assert len(every) == 60
    for payload in every:
        assert told.count(legible(payload)) >= 17, payload


def test_a_figure_without_text_and_a_crooked_table_are_refused(chart, tmp_path):
    for block, message in (
        (Figure(chart, " ", "c", "s"), "no alternative text"), (Table("t", ("a", "b"), (("1",),), ""), "row 1"), (Figure(tmp_path / "no.svg", "a", "c", "s"), "no.svg"),
    ):  # fmt: skip
        with pytest.raises(DataError, match=message):
            docx_bytes(every_block(chart, blocks=(block,)))


def test_a_drawing_becomes_a_picture_of_its_size_and_colours(chart):
    from PIL import Image

    picture = draw_pictures([chart])[chart]
    image = Image.open(io.BytesIO(picture.png)).convert("RGB")
    assert (picture.width, picture.height) == (144, 72) and image.size == (144 * DPI // 72, DPI)
    assert image.getpixel((DPI // 2, DPI // 2)) == (0x0B, 0x53, 0x94) and image.getpixel((DPI * 3 // 2, DPI // 2)) == (255, 255, 255)


def test_libreoffice_shows_every_letter_in_sarabun(chart, tmp_path):
    import pypdf

    write_docx(every_block(chart), tmp_path / "report.docx")
    pdf = pypdf.PdfReader(to_pdf(tmp_path / "report.docx", tmp_path))
    fonts = {str(font.get_object()["/BaseFont"]) for page in pdf.pages for font in page["/Resources"].get_object()["/Font"].get_object().values()}
    assert fonts and all(re.fullmatch(r"/[A-Z]{6}\+Sarabun-(Regular|Bold)", name) for name in fonts), fonts
    assert len(pdf.pages) >= 3
