"""Figures of a run in a PDF: the same outlines, each glyph written once for the whole document.

WeasyPrint draws an SVG glyph by glyph and takes a second and 80 kB for a chart of ours. Our charts use few words of SVG
(`figures.svg`), so they are put into the PDF's own words here: a glyph or marker becomes a form that all figures refer to.
WeasyPrint gets an empty drawing of the same size in the figure's place, keeps its tags and its alternative text, and
in its finisher (a public hook) the drawing is put in. A figure that says more than we know is left to WeasyPrint.
"""

from __future__ import annotations

import re
from functools import lru_cache
from xml.etree import ElementTree

SVG, LINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}href"
SCALE = 0.85
"""Of a figure in a report: letters of 8 pt are 6.8 pt high, and two charts stand on a page."""
MARK = -7777
"""An empty path at this abscissa is where a figure goes: far outside any figure, and without an area."""
FAR = 30_000
"""A glyph is drawn within so many units of its origin: a box that cuts nothing off."""
CAPS, JOINS = {"butt": 0, "round": 1, "square": 2}, {"miter": 0, "round": 1, "bevel": 2}
KNOWN = {
    "fill", "stroke", "fill-opacity", "stroke-opacity", "opacity", "stroke-width", "stroke-linejoin", "stroke-linecap", "stroke-dasharray",
    "stroke-dashoffset", "clip-path", "transform", "d", "id", "x", "y", "width", "height", "viewBox", "version", "patternUnits", LINK,
}  # fmt: skip
PLACED = {LINK, "x", "y"}
PLAIN = {"fill": "none", "stroke": "none", "fill-opacity": "1", "stroke-opacity": "1", "opacity": "1"}


class UnknownSvgError(ValueError):
    """The drawing uses words of SVG that our figures do not."""


def placeholder(svg: bytes, number: int) -> bytes:
    """Return an empty drawing of the form of `svg` at SCALE of its size, which `Drawings.finish` fills. Raises UnknownSvgError for what is no SVG with a viewBox."""
    head = re.search(rb"<svg[^>]*>", svg[:2000])
    size = head and re.search(rb'viewBox="([\d. -]+)"', head.group())
    if not size:
        raise UnknownSvgError("no <svg> with a viewBox")
    box = size.group(1).decode()
    wide, high = box.split()[2:]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{float(wide) * SCALE:g}pt" height="{float(high) * SCALE:g}pt" viewBox="{box}"><path fill="#000" d="M{MARK} {number}L{MARK} {number}"/></svg>'
    ).encode()


class Drawings:
    """The figures of one document, by their numbers from 1; what they share stands once."""

    def __init__(self):
        self._figures: dict[int, tuple[str, list[str], dict]] = {}
        self._shared: dict[str, str] = {}  # name -> operators of a glyph or marker

    def add(self, number: int, svg: bytes) -> None:
        """Take a figure. Raises UnknownSvgError where it says what ours do not; then nothing was taken."""
        drawing = _drawn(svg)
        self._figures[number] = (drawing.box, drawing.operators, drawing.resources)
        self._shared |= drawing.glyphs

    def forms(self, pdf) -> dict:
        """Add every figure to a PDF as a form in its own coordinates (y downwards), and return their references by number."""
        import pydyf

        glyphs, forms = {}, {}
        for name, said in sorted(self._shared.items()):
            form = pydyf.Stream([said], {"Type": "/XObject", "Subtype": "/Form", "BBox": pydyf.Array([-FAR, -FAR, FAR, FAR])}, compress=True)
            pdf.add_object(form)
            glyphs[name] = form.reference
        for number, (box, said, resources) in self._figures.items():
            x, y, wide, high = map(float, box.split())
            used = {name: glyphs[name] for name in sorted(resources["glyphs"])}
            own = pydyf.Dictionary({"XObject": pydyf.Dictionary(used)})
            own["ExtGState"] = pydyf.Dictionary({name: pydyf.Dictionary({"ca": fill, "CA": stroke}) for name, (fill, stroke) in sorted(resources["states"].items())})
            own["Pattern"] = pydyf.Dictionary()
            for name, (step, operators) in sorted(resources["patterns"].items()):
                tile = pydyf.Stream([operators], {
                    "Type": "/Pattern", "PatternType": 1, "PaintType": 1, "TilingType": 1, "BBox": pydyf.Array([0, 0, step, step]),
                    "XStep": step, "YStep": step, "Resources": pydyf.Dictionary({}),
                }, compress=True)  # fmt: skip
                pdf.add_object(tile)
                own["Pattern"][name] = tile.reference
            form = pydyf.Stream([said], {
                "Type": "/XObject", "Subtype": "/Form", "BBox": pydyf.Array([x, y, x + wide, y + high]), "Resources": own,
            }, compress=True)  # fmt: skip
            pdf.add_object(form)
            forms[number] = form.reference
        return forms

    def finish(self, document, pdf) -> None:
        """Put the figures where their placeholders stand: WeasyPrint's finisher."""
        import pydyf

        forms = self.forms(pdf)
        pages = [o for o in pdf.objects if isinstance(o, pydyf.Dictionary) and o.get("Type") == "/Page"]
        by_reference = {o.reference: o for o in pdf.objects if isinstance(o, pydyf.Dictionary | pydyf.Stream)}
        for page in pages:
            resources = by_reference[page["Resources"]]
            for at in page["Contents"] if isinstance(page["Contents"], list) else [page["Contents"]]:
                _put_in(by_reference[at].stream, forms, resources)


def _put_in(said: list, forms: dict, resources: dict) -> None:
    """Replace each empty path at MARK by the figure of its number."""
    begins = b"%d " % MARK
    for at in [k for k, text in enumerate(said) if isinstance(text, bytes) and text.startswith(begins)][::-1]:
        found = re.fullmatch(rb"%d (\d+) m" % MARK, said[at])
        if found and (number := int(found.group(1))) in forms:
            end = next(k for k in range(at, len(said)) if said[k] in (b"f", b"f*", b"B", b"S", b"n", "f"))
            said[at : end + 1] = [f"/sdg{number} Do".encode()]
            resources["XObject"][f"sdg{number}"] = forms[number]


@lru_cache(maxsize=128)
def _drawn(svg: bytes) -> _Drawing:
    """A figure as operators; a report, its Word file and the committee's pack show the same ones."""
    root = ElementTree.fromstring(svg)
    drawing = _Drawing(root)
    drawing.walk(root, PLAIN | {"stroke-linejoin": "round"})
    drawing.operators = "\n".join(drawing.said)
    return drawing


class _Drawing:
    """One figure as operators of PDF, in the figure's own coordinates."""

    def __init__(self, root):
        self.box, self.operators = root.get("viewBox"), ""
        self.said: list[str] = []
        self.glyphs: dict[str, str] = {}
        self.resources: dict[str, dict] = {"glyphs": {}, "states": {}, "patterns": {}}
        self.named = {e.get("id"): e for e in root.iter() if e.get("id")}

    def walk(self, element, style: dict) -> None:
        """Say an element and what it holds; `style` is what it inherits."""
        shown = _paint(style)
        for child in element:
            tag = child.tag.removeprefix(SVG)
            if tag == "use" and shown and child.attrib.keys() <= PLACED:  # a letter or a mark: most of what a chart says
                self.said.append("q")
                self._use(child, shown)
                self.said.append("Q")
                continue
            if unknown := set(child.attrib) - KNOWN:
                raise UnknownSvgError(f"attribute {sorted(unknown)[0]}")
            if tag == "defs":
                continue
            if tag not in ("g", "path", "rect", "use"):
                raise UnknownSvgError(f"element {tag}")
            own = style | {k: v for k, v in child.attrib.items() if k not in ("transform", "clip-path", "d", "id", "x", "y", LINK)}
            if tag == "g" and style["opacity"] != "1" and "opacity" in child.attrib:
                raise UnknownSvgError("opacity within opacity")
            self.said.append("q")
            if place := child.get("transform"):
                self.said += _transform(place)
            if clip := child.get("clip-path"):
                self.said += [*(_shape(e) for e in self.named[clip[5:-1]]), "W n"]
            # a group says once what all it holds share; a shape that differs says it again
            if tag == "g" or own != style:
                self.said += self._look(own)
            if tag == "g":
                self.walk(child, own)
            elif paint := _paint(own):
                if tag == "use":
                    self._use(child, paint)
                else:
                    self.said += [_shape(child), paint]
            self.said.append("Q")

    def _use(self, element, paint: str) -> None:
        name = f"{element.get(LINK)[1:]}{paint}"
        if name not in self.glyphs:
            self.glyphs[name] = f"{_path(self.named[element.get(LINK)[1:]].get('d'))}\n{paint}"
        self.resources["glyphs"][name] = True
        self.said.append(f"1 0 0 1 {element.get('x', '0')} {element.get('y', '0')} cm /{name} Do")

    def _look(self, own: dict) -> list[str]:
        """Colours, line and transparency as operators."""
        said = []
        if own["fill"].startswith("url("):
            said += ["/Pattern cs", f"/{self._pattern(own['fill'][5:-1])} scn"]
        elif own["fill"] != "none":
            said.append(f"{_colour(own['fill'])} rg")
        if own["stroke"] != "none":
            said.append(f"{_colour(own['stroke'])} RG {own.get('stroke-width', '1')} w")
            said.append(f"{CAPS[own.get('stroke-linecap', 'butt')]} J {JOINS[own['stroke-linejoin']]} j")
            if "stroke-dasharray" in own:
                said.append(f"[{own['stroke-dasharray']}] {own.get('stroke-dashoffset', '0')} d")
        whole = float(own["opacity"])
        alphas = (round(whole * float(own["fill-opacity"]), 4), round(whole * float(own["stroke-opacity"]), 4))
        if alphas != (1, 1):
            name = "a" + "".join(f"{round(a * 10000):05d}" for a in alphas)
            self.resources["states"][name] = alphas
            said.append(f"/{name} gs")
        return said

    def _pattern(self, name: str) -> str:
        pattern = self.named[name]
        said = []
        for child in pattern:
            own = PLAIN | {"stroke-linejoin": "round"} | dict(child.attrib)
            if paint := _paint(own):
                said += ["q", *self._look(own), _shape(child), paint, "Q"]
        self.resources["patterns"][name] = (float(pattern.get("width")), "\n".join(said))
        return name


def _paint(own: dict) -> str:
    """The operator that fills, strokes or both; '' for neither."""
    return {(True, True): "B", (True, False): "f", (False, True): "S", (False, False): ""}[own["fill"] != "none", own["stroke"] != "none"]


def _colour(text: str) -> str:
    if not re.fullmatch("#[0-9a-f]{6}", text):
        raise UnknownSvgError(f"colour {text}")
    return " ".join(f"{int(text[i : i + 2], 16) / 255:.4g}" for i in (1, 3, 5))


def _number(value: float) -> str:
    """A number as PDF reads it: never with an exponent."""
    return f"{value:.6f}".rstrip("0").rstrip(".")


def _transform(text: str) -> list[str]:
    """The transforms of our figures as `cm`: translate, rotate, scale."""
    from math import cos, radians, sin

    said = []
    for name, inside in re.findall(r"(\w+)\(([^)]*)\)", text):
        values = [float(v) for v in inside.replace(",", " ").split()]
        if name == "translate":
            matrix = (1, 0, 0, 1, values[0], values[1] if len(values) > 1 else 0)
        elif name == "scale":
            matrix = (values[0], 0, 0, values[-1], 0, 0)
        elif name == "rotate" and len(values) == 1:
            c, s = cos(radians(values[0])), sin(radians(values[0]))
            matrix = (c, s, -s, c, 0, 0)
        else:
            raise UnknownSvgError(f"transform {name}")
        said.append(" ".join(map(_number, matrix)) + " cm")
    return said


def _shape(element) -> str:
    if element.tag == f"{SVG}rect":
        return " ".join(element.get(name, "0") for name in ("x", "y", "width", "height")) + " re"
    return _path(element.get("d"))


@lru_cache(maxsize=4096)
def _path(data: str) -> str:
    """A path of SVG as operators; glyphs come again in every figure."""
    from fontTools.pens.basePen import BasePen
    from fontTools.svgLib.path import parse_path

    said = []

    def point(*points):
        return " ".join(_number(round(v, 3)) for p in points for v in p)

    class Pen(BasePen):
        def _moveTo(self, to):
            said.append(f"{point(to)} m")

        def _lineTo(self, to):
            said.append(f"{point(to)} l")

        def _curveToOne(self, one, two, to):
            said.append(f"{point(one, two, to)} c")

        def _closePath(self):
            said.append("h")

    parse_path(data, Pen(None))
    return "\n".join(said)
