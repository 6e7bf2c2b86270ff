"""How a Word report looks: every style with its Latin and its Thai font, size and language, and the fonts in the file.

Word takes the font, size and boldness of Thai letters from the "complex script" half of a style. A style that sets only the
Latin half shows Thai in another font and size, so each of ours sets both, and names Thai as the language: by it Word breaks
lines between Thai words.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

FAMILY = "Sarabun"
OTHER_FAMILIES = "TH Sarabun New,TH SarabunPSK,Cordia New"
"""Fonts that stand in where embedded fonts are switched off, the nearest first."""
FONTS = Path(__file__).parents[2] / "figures" / "fonts"
THAI = "th-TH"
LATIN = {"th": "en-US", "en": "en-GB"}
"""Language of Latin letters in a report of each language."""
INK, SOFT, ACCENT, LINE, SHADE, ALARM = "1B2733", "51606F", "0B5394", "C4CDD5", "EEF2F6", "A3211A"
BOXES = {"decide": ("0B5394", "EAF2FA"), "caution": ("8A5A00", "FBF4E2"), "missing": ("51606F", "F1F3F5"), "review": ("5B3A8C", "F5F1FA")}
"""Line and ground of a box by its kind; its title says the same in words."""
OBFUSCATED = "application/vnd.openxmlformats-officedocument.obfuscatedFont"


@dataclass(frozen=True)
class Look:
    """One paragraph style; sizes in points, spaces in twentieths of a point."""

    style: str
    name: str
    size: float = 11
    bold: bool = False
    colour: str = INK
    before: int = 0
    after: int = 80
    keep: bool = False  # with the paragraph that follows
    level: int | None = None  # of the outline
    align: str = ""
    extra: str = ""  # further paragraph properties that stand before the spacing
    based: str = "Normal"


def _box(kind: str) -> str:
    line, ground = BOXES[kind]
    sides = "".join(f'<w:{side} w:val="single" w:sz="{4 if side != "left" else 36}" w:space="6" w:color="{line}"/>' for side in ("top", "left", "bottom", "right"))
    return f'<w:pBdr>{sides}</w:pBdr><w:shd w:val="clear" w:color="auto" w:fill="{ground}"/>'


def _list(number: int) -> str:
    return f'<w:numPr><w:ilvl w:val="0"/><w:numId w:val="{number}"/></w:numPr>'


BULLET, NUMBERED = 1, 2
"""Numbers of the two kinds of lists in numbering.xml."""
LOOKS = (
    Look("Normal", "Normal", 10.5, based="", after=60),
    Look("Title", "Title", 20, True, ACCENT, 0, 40, True),
    Look("Subtitle", "Subtitle", 13, False, SOFT, 0, 100),
    Look("Heading1", "heading 1", 16, True, ACCENT, 220, 70, True, 0),
    Look("Heading2", "heading 2", 13, True, INK, 150, 50, True, 1),
    Look("Heading3", "heading 3", 12, True, INK, 150, 50, True, 2),
    Look("Lead", "Lead", 11.5, False, INK, 0, 90),
    Look("Note", "Note", 9.5, False, SOFT, 0, 120),
    Look("Caption", "caption", 10.5, True, INK, 200, 80, True),
    Look("FigureCaption", "Figure Caption", 10.5, True, INK, 60, 40, True),
    Look("Figure", "Figure", before=160, after=60, keep=True),
    Look("Source", "Source", 9, False, SOFT, 60, 200),
    Look("ListBullet", "List Bullet", 10.5, after=30, extra=_list(BULLET)),
    Look("ListNumber", "List Number", 10.5, after=30, extra=_list(NUMBERED)),
    *(Look(f"Box{kind.title()}", f"Box {kind}", 10.5, after=0, extra=_box(kind), keep=True) for kind in BOXES),
    Look("TableText", "Table Text", 9.5, after=0),
    Look("TableNumber", "Table Number", 9.5, after=0, align="right"),
    Look("TableHead", "Table Head", 9.5, True, INK, after=0, keep=True),
    Look("Mark", "Synthetic Mark", 10.5, True, ALARM, after=0, align="center"),
    Look("Header", "header", 9, False, SOFT, after=40),
    Look("Footer", "footer", 9, False, SOFT, after=0),
)
"""Every paragraph style of a report. No other is in the file."""


def run_properties(lang: str, *, size: float, bold: bool = False, colour: str = INK) -> str:
    """Return the properties of letters as XML, the Latin and the Thai half alike."""
    half = round(2 * size)
    strong = "<w:b/><w:bCs/>" if bold else '<w:b w:val="0"/><w:bCs w:val="0"/>'
    return (
        f'<w:rPr><w:rFonts w:ascii="{FAMILY}" w:hAnsi="{FAMILY}" w:eastAsia="{FAMILY}" w:cs="{FAMILY}"/>{strong}'
        f'<w:color w:val="{colour}"/><w:sz w:val="{half}"/><w:szCs w:val="{half}"/>'
        f'<w:lang w:val="{LATIN[lang]}" w:eastAsia="{LATIN[lang]}" w:bidi="{THAI}"/></w:rPr>'
    )


def _paragraph_style(look: Look, lang: str) -> str:
    based = f'<w:basedOn w:val="{look.based}"/>' if look.based else ""
    default = "" if look.based else ' w:default="1"'
    follower = '<w:next w:val="Normal"/>' if look.level is not None or look.style in ("Title", "Subtitle") else ""
    keep = "<w:keepNext/>" if look.keep else ""
    align = f'<w:jc w:val="{look.align}"/>' if look.align else ""
    outline = f'<w:outlineLvl w:val="{look.level}"/>' if look.level is not None else ""
    indent = '<w:ind w:left="180" w:right="180"/>' if look.style.startswith("Box") else ""
    return (
        f'<w:style w:type="paragraph"{default} w:styleId="{look.style}"><w:name w:val="{look.name}"/>{based}{follower}<w:qFormat/>'
        f'<w:pPr>{keep}{look.extra}<w:spacing w:before="{look.before}" w:after="{look.after}" w:line="252" w:lineRule="auto"/>{indent}{align}{outline}</w:pPr>'
        f"{run_properties(lang, size=look.size, bold=look.bold, colour=look.colour)}</w:style>"
    )


def _table_style(lang: str) -> str:
    lines = "".join(f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="{LINE}"/>' for side in ("top", "bottom", "insideH"))
    letters = run_properties(lang, size=9.5)
    return (
        f'<w:style w:type="table" w:default="1" w:styleId="TableNormal"><w:name w:val="Normal Table"/>{letters}'
        '<w:tblPr><w:tblInd w:w="0" w:type="dxa"/><w:tblCellMar><w:top w:w="25" w:type="dxa"/><w:left w:w="80" w:type="dxa"/>'
        '<w:bottom w:w="25" w:type="dxa"/><w:right w:w="80" w:type="dxa"/></w:tblCellMar></w:tblPr></w:style>'
        f'<w:style w:type="table" w:styleId="ReportTable"><w:name w:val="Report Table"/><w:basedOn w:val="TableNormal"/>{letters}<w:tblPr><w:tblBorders>{lines}</w:tblBorders></w:tblPr>'
        f'<w:tblStylePr w:type="firstRow">{run_properties(lang, size=9.5, bold=True)}<w:tcPr><w:shd w:val="clear" w:color="auto" w:fill="{SHADE}"/></w:tcPr></w:tblStylePr></w:style>'
    )


def styles_xml(lang: str) -> bytes:
    """Return word/styles.xml of a report in `lang` (th or en)."""
    letters = run_properties(lang, size=11)
    character = (
        '<w:style w:type="character" w:default="1" w:styleId="DefaultParagraphFont"><w:name w:val="Default Paragraph Font"/></w:style>'
        '<w:style w:type="character" w:styleId="Strong"><w:name w:val="Strong"/><w:rPr><w:b/><w:bCs/></w:rPr></w:style>'
    )
    paragraphs = "".join(_paragraph_style(look, lang) for look in LOOKS)
    return (
        f'<w:styles {nsdecls("w")}><w:docDefaults><w:rPrDefault>{letters}</w:rPrDefault><w:pPrDefault/></w:docDefaults>{paragraphs}{character}'
        f'<w:style w:type="numbering" w:default="1" w:styleId="NoList"><w:name w:val="No List"/></w:style>{_table_style(lang)}</w:styles>'
    ).encode()


def numbering_xml(lang: str, numbered: int) -> bytes:
    """Return word/numbering.xml: bullets as list 1, and `numbered` lists that each begin at 1 as lists 2, 3, …"""
    letters = run_properties(lang, size=11)
    kinds = "".join(
        f'<w:abstractNum w:abstractNumId="{k}"><w:multiLevelType w:val="singleLevel"/><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="{form}"/>'
        f'<w:lvlText w:val="{text}"/><w:lvlJc w:val="left"/><w:pPr><w:ind w:left="400" w:hanging="300"/></w:pPr>{letters}</w:lvl></w:abstractNum>'
        for k, (form, text) in enumerate((("bullet", "•"), ("decimal", "%1.")))
    )
    lists = "".join(
        f'<w:num w:numId="{NUMBERED + k}"><w:abstractNumId w:val="1"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride></w:num>'
        for k in range(max(numbered, 1))
    )
    return f'<w:numbering {nsdecls("w")}>{kinds}<w:num w:numId="{BULLET}"><w:abstractNumId w:val="0"/></w:num>{lists}</w:numbering>'.encode()


# ---------------------------------------------------------------- fonts in the file


@lru_cache(maxsize=1)
def embedded_fonts() -> tuple[tuple[str, str, bytes], ...]:
    """Return (element, key, obfuscated font) of the regular and the bold Sarabun, as ECMA-376 part 4, 17.8.1 asks.

    The first 32 bytes are mixed with the key, so that the part is no font that a program takes out of the file unasked.
    """
    found = []
    for element, weight in (("embedRegular", "Regular"), ("embedBold", "Bold")):
        font = (FONTS / f"{FAMILY}-{weight}.ttf").read_bytes()
        mark = hashlib.sha256(font).hexdigest()[:32].upper()
        key = f"{{{mark[:8]}-{mark[8:12]}-{mark[12:16]}-{mark[16:20]}-{mark[20:]}}}"
        found.append((element, key, mix(font, key)))
    return tuple(found)


def mix(font: bytes, key: str) -> bytes:
    """Return `font` with its first 32 bytes mixed with `key`; mixed twice, it is what it was."""
    own = bytes.fromhex(key.strip("{}").replace("-", ""))[::-1]
    return bytes(byte ^ own[k % 16] for k, byte in enumerate(font[:32])) + font[32:]


def apply(document, lang: str, numbered: int) -> None:
    """Give a python-docx document our styles, lists, fonts and languages in place of those of its template."""
    package, main = document.part.package, document.part
    _replace(document.styles.element, styles_xml(lang))
    _replace(main.numbering_part.element, numbering_xml(lang, numbered))
    for owner in (main, package):
        for key, relation in list(owner.rels.items()):
            # a picture of the template, a copy of its styles, and its data
            if relation.reltype.rsplit("/", 1)[-1] in ("thumbnail", "stylesWithEffects", "customXml", "webSettings"):
                del owner.rels[key]
    _embed(main, package)
    settings = document.settings.element
    for child in list(settings):
        settings.remove(child)
    for text in (
        "<w:embedTrueTypeFonts {0}/>", '<w:defaultTabStop {0} w:val="720"/>', '<w:characterSpacingControl {0} w:val="doNotCompress"/>',
        '<w:compat {0}><w:compatSetting w:name="compatibilityMode" w:uri="http://schemas.microsoft.com/office/word" w:val="15"/></w:compat>',
        f'<w:themeFontLang {{0}} w:val="{LATIN[lang]}" w:bidi="{THAI}"/>', '<w:decimalSymbol {0} w:val="."/>', '<w:listSeparator {0} w:val=","/>',
    ):  # fmt: skip
        settings.append(parse_xml(text.format(nsdecls("w"))))


def _replace(element, content: bytes) -> None:
    """Put the children of the XML `content` in place of those of `element`."""
    for child in list(element):
        element.remove(child)
    for child in list(parse_xml(content)):
        element.append(child)


def _embed(main, package) -> None:
    table = main.part_related_by(RELATIONSHIP_TYPE.FONT_TABLE)
    fonts = []
    for number, (element, key, content) in enumerate(embedded_fonts(), 1):
        part = Part(PackURI(f"/word/fonts/font{number}.odttf"), OBFUSCATED, content, package)
        relation = table.relate_to(part, "http://schemas.openxmlformats.org/officeDocument/2006/relationships/font")
        fonts.append(f'<w:{element} r:id="{relation}" w:fontKey="{key}"/>')
    table._blob = (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<w:fonts {nsdecls("w", "r")}><w:font w:name="{FAMILY}"><w:altName w:val="{OTHER_FAMILIES}"/>'
        f'<w:charset w:val="DE"/><w:family w:val="swiss"/><w:pitch w:val="variable"/>{"".join(fonts)}</w:font></w:fonts>'
    ).encode()
