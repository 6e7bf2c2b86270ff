"""Figures as SVG, small and quickly written: a renderer for matplotlib's artists.

matplotlib's own SVG writer lays out every text anew, repeats style and clipping for each point, and writes six digits;
it took most of a province's notebook and 120 kB per chart. Here a line of text is laid out once per process, a glyph
stands once per file in whole thousandths of its size, and a point is a reference to its marker (docs/decisions/0004).
It knows what our charts draw: paths, markers, collections, hatches, text. Images and gradients it refuses.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from matplotlib.backend_bases import RendererBase
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.ft2font import LoadFlags
from matplotlib.path import Path
from matplotlib.textpath import text_to_path
from matplotlib.transforms import Affine2D

DIGITS = 2
"""Decimals of a coordinate in points: a hundredth is far below a pixel of a screen or a dot of a printer."""
EM = 1000
"""Units of a glyph's outline per size of its font, as Sarabun has them: whole numbers lose nothing."""
HALO, HALO_WIDTH = "halo", 3
"""A text with this gid gets a white edge of so many points, to be legible over marks."""
HATCH = 72
"""Points after which a hatch repeats, as in matplotlib."""
HEAD = (
    '<?xml version="1.0" encoding="utf-8"?>\n<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" version="1.1" '
    'width="{0}pt" height="{1}pt" viewBox="0 0 {0} {1}" fill="none" stroke-linejoin="round">\n'
)
COMMANDS = {Path.MOVETO: ("M", 1), Path.LINETO: ("L", 1), Path.CURVE3: ("Q", 2), Path.CURVE4: ("C", 3)}
CAPS = {"projecting": "square", "round": "round"}
FACES = {"Sarabun-Regular": "r", "Sarabun-Bold": "b"}
"""Short names of our fonts: an id always means one glyph, so that two charts can stand in one page."""


def _number(value: float) -> str:
    return f"{round(value, DIGITS) + 0.0:.7g}"  # + 0.0 makes -0.0 a plain zero


def _path_data(path: Path) -> str:
    """Return a path in SVG's letters and numbers."""
    points = [f"{x:.7g} {y:.7g}" for x, y in (np.round(path.vertices, DIGITS) + 0.0).tolist()]
    if path.codes is None:
        return "M" + "L".join(points)
    said, at, codes = [], 0, path.codes.tolist()
    while at < len(codes) and codes[at] != Path.STOP:
        if codes[at] == Path.CLOSEPOLY:
            said.append("Z")
            at += 1
            continue
        letter, count = COMMANDS[codes[at]]
        said.append(letter + " ".join(points[at : at + count]))
        at += count
    return "".join(said)


def _hex(colour) -> str:
    return "#" + "".join(f"{round(255 * part):02x}" for part in colour[:3])


def _content_id(letter: str, content: str) -> str:
    return letter + hashlib.sha256(content.encode()).hexdigest()[:8]


# ---------------------------------------------------------------- text, laid out once per process


@dataclass(frozen=True)
class _Line:
    """Glyphs of a line as (id, x, y), y downwards, and its extents; all in thousandths of the size."""

    glyphs: tuple[tuple[str, int, int], ...]
    advance: float  # where the next word would start
    width: float
    top: float
    descent: float


_outlines: dict[str, str] = {}
"""Outline of every glyph that a text of this process has used, by its id."""


def _face(prop: FontProperties) -> tuple:
    """What chooses the font file: the properties without the size."""
    return tuple(prop.get_family()), prop.get_style(), prop.get_variant(), prop.get_weight(), prop.get_stretch(), prop.get_file()


@lru_cache(maxsize=64)
def _font_file(face: tuple) -> str:
    family, style, variant, weight, stretch, file = face
    return file or findfont(FontProperties(family=list(family), style=style, variant=variant, weight=weight, stretch=stretch))


def _font(face: tuple):
    font = get_font(_font_file(face))
    font.set_size(EM, 72)  # a pixel is then a thousandth of the size; others who share the font set their own
    return font


_words: dict[tuple[str, tuple], _Line] = {}
"""Every word laid out in this process, by text and face: shaping is what costs, and words come back in other lines."""


def _lay_out(words: list[str], face: tuple) -> None:
    """Lay out new words in one go, each between spaces, so that a word is the same whatever line it first came in."""
    font, outlines = _font(face), {}
    placed, _, _ = text_to_path.get_glyphs_with_font(font, f" {' '.join(words)} ", glyph_map=outlines)
    names, wide, boxes = {}, {}, {}
    for name, (vertices, codes) in outlines.items():
        file, _, number = name.rpartition("-")
        names[name] = own = f"{FACES.get(file, file + '-')}{number}"
        if own not in _outlines:
            _outlines[own] = _outline(np.round(vertices * [1, -1]).astype(int), codes) if len(vertices) else ""
        glyph = font.load_glyph(int(number, 16), flags=LoadFlags.NO_HINTING)
        wide[name], boxes[name] = glyph.horiAdvance / 64, [edge / 64 for edge in glyph.bbox]
    space = placed[0][0]
    ends = [k for k, (name, *_) in enumerate(placed) if name == space]
    if len(ends) != len(words) + 1:  # a no-break or zero-width space within a word is the same glyph
        for word in words if len(words) > 1 else ():
            _lay_out([word], face)
        ends = [0, len(placed) - 1]
        words = words[-1:] if len(words) == 1 else []
    for text, first, last in zip(words, ends, ends[1:], strict=False):
        start = placed[first][1] + wide[space]
        own, right, top, bottom = [], 0.0, 0.0, 0.0
        for name, x, y, _ in placed[first + 1 : last]:
            _, low, far, high = boxes[name]
            right, top, bottom = max(right, x - start + far), max(top, y + high), min(bottom, y + low)
            if _outlines[names[name]]:
                own.append((names[name], round(x - start), -round(y)))
        advance = placed[last][1] - start
        _words[text, face] = _Line(tuple(own), advance, max(advance, right), top, -bottom)
    _words["", face] = _Line((), wide[space], 0.0, 0.0, 0.0)  # between two words


@lru_cache(maxsize=8192)
def _line(text: str, face: tuple) -> _Line:
    """Lay out a line, word by word."""
    words = text.split(" ")
    new = [word for word in dict.fromkeys(words) if (word, face) not in _words]
    if new:
        _lay_out([word for word in new if word], face)
    start, parts = 0.0, []
    for word in words:
        if word:
            parts.append((start, _words[word, face]))
            start += parts[-1][1].advance
        start += _words["", face].advance
    start -= _words["", face].advance
    glyphs = tuple((name, x + round(at), y) for at, word in parts for name, x, y in word.glyphs)
    width = max([start, *(at + word.width for at, word in parts)])
    return _Line(glyphs, start, width, max((w.top for _, w in parts), default=0), max((w.descent for _, w in parts), default=0))


@lru_cache(maxsize=64)
def _line_metrics(face: tuple) -> tuple[float, float, float]:
    """Return ascent, descent and gap of a line at a size of one point, as the font's designer set them."""
    font = _font(face)
    units, table = font.get_sfnt_table("head")["unitsPerEm"], font.get_sfnt_table("OS/2")
    return table["sTypoAscender"] / units, -table["sTypoDescender"] / units, table["sTypoLineGap"] / units


def line_width(text: str, size: float, family: str, weight: str) -> float:
    """Return the width of one line in points as it will be drawn."""
    return size / EM * _line(text, ((family,), "normal", "normal", weight, "normal", None)).width


def _outline(vertices: np.ndarray, codes: np.ndarray) -> str:
    """Return a glyph's outline in steps from point to point; a curve that goes on as the last one ended says only its end."""
    said, at, here, control, start = [], 0, (0, 0), None, (0, 0)
    points, codes = [tuple(point) for point in vertices.tolist()], codes.tolist()
    while at < len(codes) and codes[at] != Path.STOP:
        code = codes[at]
        if code == Path.CLOSEPOLY:
            said.append("z")
            here, control, at = start, None, at + 1
            continue
        letter, count = COMMANDS[code]
        ends = points[at : at + count]
        smooth = letter == "Q" and control is not None and max(abs(2 * here[k] - control[k] - ends[0][k]) for k in (0, 1)) <= 1
        steps = [(x - here[0], y - here[1]) for x, y in (ends[1:] if smooth else ends)]
        if letter == "L" and 0 in steps[0]:
            said.append(f"v{steps[0][1]}" if steps[0][0] == 0 else f"h{steps[0][0]}")
        else:
            numbers = " ".join(str(number) for step in steps for number in step).replace(" -", "-")
            said.append(("t" if smooth else letter.lower()) + numbers)
        # where the reader of the file will take the last control point to be
        control = ((2 * here[0] - control[0], 2 * here[1] - control[1]) if smooth else ends[0]) if letter == "Q" else None
        here, at = ends[-1], at + count
        start = here if letter == "M" else start
    return "".join(said)


# ---------------------------------------------------------------- the renderer


class Renderer(RendererBase):
    """Takes what artists draw and returns it as SVG; a point of the figure is a unit of the file."""

    def __init__(self, width: float, height: float):
        super().__init__()
        self.width, self.height = width, height
        self._defs: dict[str, str] = {}
        self._body: list[str] = []
        self._to_file = Affine2D().scale(1, -1).translate(0, height)

    def svg(self) -> bytes:
        """Return the whole file."""
        head = HEAD.format(_number(self.width), _number(self.height))
        return "".join([head, "<defs>\n", *self._defs.values(), "</defs>\n", *self._body, "</svg>\n"]).encode()

    def get_canvas_width_height(self):
        """Return width and height in points."""
        return self.width, self.height

    # -- style

    def _style(self, gc, face) -> str:
        """Fill, stroke and clipping of a graphics context as attributes."""
        said, forced = [], gc.get_forced_alpha()
        if gc.get_hatch() is not None:
            said.append(f'fill="url(#{self._hatch(gc, face)})"')
        elif face is not None:
            said.append(f'fill="{_hex(face)}"')
        if face is not None and len(face) == 4 and face[3] != 1 and not forced:
            said.append(f'fill-opacity="{_number(face[3])}"')
        if forced and gc.get_alpha() != 1:
            said.append(f'opacity="{_number(gc.get_alpha())}"')
        if width := gc.get_linewidth():
            colour = gc.get_rgb()
            said.append(f'stroke="{_hex(colour)}"')
            if colour[3] != 1 and not forced:
                said.append(f'stroke-opacity="{_number(colour[3])}"')
            if width != 1:
                said.append(f'stroke-width="{_number(width)}"')
            if (join := gc.get_joinstyle()) != "round":
                said.append(f'stroke-linejoin="{join}"')
            if (cap := gc.get_capstyle()) in CAPS:
                said.append(f'stroke-linecap="{CAPS[cap]}"')
            offset, dashes = gc.get_dashes()
            if dashes is not None:
                said.append(f'stroke-dasharray="{" ".join(map(_number, dashes))}"')
                if offset:
                    said.append(f'stroke-dashoffset="{_number(offset)}"')
        return " ".join([*said, *self._clip(gc)])

    def _clip(self, gc) -> list[str]:
        path, transform = gc.get_clip_path()
        if path is not None:
            shape = f'<path d="{_path_data(path.cleaned(transform + self._to_file, curves=True))}"/>'
        elif (box := gc.get_clip_rectangle()) is not None:
            x, y, wide, high = box.bounds
            shape = f'<rect x="{_number(x)}" y="{_number(self.height - y - high)}" width="{_number(wide)}" height="{_number(high)}"/>'
        else:
            return []
        return [f'clip-path="url(#{self._define("c", "<clipPath", f">{shape}</clipPath>")})"']

    def _hatch(self, gc, face) -> str:
        size = Affine2D().scale(HATCH, -HATCH).translate(0, HATCH)
        colour, fill = _hex(gc.get_hatch_color()), "none" if face is None else _hex(face)
        lines = _path_data(gc.get_hatch_path().cleaned(size, curves=True))
        return self._define(
            "h", "<pattern",
            f' patternUnits="userSpaceOnUse" width="{HATCH}" height="{HATCH}"><rect width="{HATCH + 1}" height="{HATCH + 1}" fill="{fill}"/>'
            f'<path d="{lines}" fill="{colour}" stroke="{colour}" stroke-width="{_number(gc.get_hatch_linewidth())}" stroke-linejoin="miter"/></pattern>',
        )  # fmt: skip

    def _define(self, letter: str, start: str, rest: str) -> str:
        """Keep `start id rest` once among the definitions and return its id, which comes from its content."""
        name = _content_id(letter, rest)
        self._defs.setdefault(name, f'{start} id="{name}"{rest}\n')
        return name

    # -- shapes

    def draw_path(self, gc, path, transform, rgbFace=None):
        """Draw one path; a line is cut at the edge of the figure."""
        line = rgbFace is None and gc.get_hatch_path() is None
        clean = path.cleaned(
            transform + self._to_file, remove_nans=True, clip=(0, 0, self.width, self.height) if line else None,
            simplify=path.should_simplify and line, curves=True, sketch=gc.get_sketch_params(),
        )  # fmt: skip
        if data := _path_data(clean):
            self._body.append(f'<path d="{data}" {self._style(gc, rgbFace)}/>\n')

    def draw_markers(self, gc, marker_path, marker_trans, path, trans, rgbFace=None):
        """Draw one marker at each point of a path."""
        ends = [segment[-2:] for segment, _ in path.iter_segments(trans + self._to_file, simplify=False)]
        self._uses(marker_path, marker_trans, np.array(ends).reshape(-1, 2), self._style(gc, rgbFace))

    def draw_path_collection(self, gc, master_transform, paths, all_transforms, offsets, offset_trans, facecolors, edgecolors,
                             linewidths, linestyles, antialiaseds, urls, offset_position, *, hatchcolors=None):  # fmt: skip
        """Draw many paths: points of one look as references to their marker, others one by one."""
        rest = (facecolors, edgecolors, linewidths, linestyles, antialiaseds, urls, offset_position)
        options = {"hatchcolors": [] if hatchcolors is None else hatchcolors}
        shapes = list(self._iter_collection_raw_paths(master_transform, paths, all_transforms))
        one_look = len(shapes) == 1 and all(len(each) <= 1 for each in rest[:4])
        if one_look and len(offsets) > 1:
            for *_, own, face in self._iter_collection(gc, shapes, offsets[:1] * 0, offset_trans, *rest, **options):
                self._uses(*shapes[0], (offset_trans + self._to_file).transform(offsets), self._style(own, face))
            return
        last = None
        for x, y, (path, transform), own, face in self._iter_collection(gc, shapes, offsets, offset_trans, *rest, **options):
            data = _path_data(path.cleaned(transform + Affine2D().translate(x, y) + self._to_file, remove_nans=True, curves=True))
            style = self._style(own, face)
            if style != last:
                self._body.append(f"{'' if last is None else '</g>'}<g {style}>\n")
                last = style
            self._body.append(f'<path d="{data}"/>\n')
        if last is not None:
            self._body.append("</g>\n")

    def _uses(self, marker: Path, transform, places: np.ndarray, style: str) -> None:
        """Write a marker's outline once, and a reference to it at each of `places`."""
        name = self._define("m", "<path", f' d="{_path_data(marker.cleaned(transform + Affine2D().scale(1, -1), curves=True))}"/>')
        places = places[np.isfinite(places).all(axis=1)]
        uses = (f'<use xlink:href="#{name}" x="{x:.7g}" y="{y:.7g}"/>' for x, y in (np.round(places, DIGITS) + 0.0).tolist())
        self._body.append(f"<g {style}>\n{chr(10).join(uses)}</g>\n")

    # -- text

    def draw_text(self, gc, x, y, s, prop, angle, ismath=False, mtext=None):
        """Draw one line of text as references to its glyphs; formulas go the way of matplotlib."""
        if ismath:
            super().draw_text(gc, x, y, s, prop, angle, ismath, mtext)
            return
        uses = []
        for name, right, down in _line(s, _face(prop)).glyphs:
            self._defs.setdefault(name, f'<path id="{name}" d="{_outlines[name]}"/>\n')
            uses.append(f'<use xlink:href="#{name}" x="{right}"{f" y={chr(34)}{down}{chr(34)}" if down else ""}/>')
        colour = gc.get_rgb()
        alpha = gc.get_alpha() if gc.get_forced_alpha() else colour[3]
        turned, scale = f" rotate({_number(-angle)})" if angle else "", prop.get_size_in_points() / EM
        start, glyphs = f'<g transform="translate({_number(x)} {_number(y)}){turned} scale({scale:.5g})"', "".join(uses)
        clip = "".join(f" {said}" for said in self._clip(gc))
        if mtext is not None and mtext.get_gid() == HALO:
            self._body.append(f'{start}{clip} fill="#ffffff" stroke="#ffffff" stroke-width="{_number(HALO_WIDTH / scale)}">{glyphs}</g>\n')
        faded = f' opacity="{_number(alpha)}"' if alpha != 1 else ""
        self._body.append(f'{start}{clip} fill="{_hex(colour)}"{faded}>{glyphs}</g>\n')

    def get_text_width_height_descent(self, s, prop, ismath):
        """Return width, height and descent of one line, in points."""
        if ismath:
            return text_to_path.get_text_width_height_descent(s, prop, ismath)
        line, scale = _line(s, _face(prop)), prop.get_size_in_points() / EM
        return line.width * scale, (line.top + line.descent) * scale, line.descent * scale

    def _get_font_height_metrics(self, prop):
        """Asked by matplotlib's text layout, which without it reads the font's tables again for every text."""
        size = prop.get_size_in_points()
        ascent, descent, gap = _line_metrics(_face(prop))
        return ascent * size, descent * size, gap * size
