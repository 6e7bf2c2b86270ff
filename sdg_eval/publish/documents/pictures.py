"""Figures of a run as PNG, for programs that show no SVG of ours (Word, a slide).

All figures of a document become one PDF, a page each, by the drawings that the PDF reports use (`pdf_figures`), and pdfium paints
the pages: so the picture is what the PDF shows, and takes less than a tenth of a second.
"""

from __future__ import annotations

import base64
import io
import re
from dataclasses import dataclass
from pathlib import Path

from sdg_eval.errors import DataError
from sdg_eval.publish.documents.pdf_figures import Drawings, UnknownSvgError

DPI = 130
"""Dots per inch: the smallest text of a chart (8 pt) is 14 dots high, clear in print, and a report of thirty charts stays under 1 MB."""
COLOURS = 64
"""Colours of a picture: a chart has about ten, and their blends at edges."""
POINTS_PER_INCH = 72
SCREEN_DPI = 96
"""Dots per inch of a PNG that says none."""
_ROOT = re.compile(rb"<svg\b[^>]*>")
_SIZE = re.compile(rb'\bviewBox="0 0 ([0-9.]+) ([0-9.]+)"')


@dataclass(frozen=True)
class Picture:
    """A figure as PNG bytes, and its size in points."""

    png: bytes
    width: float
    height: float


def draw_pictures(paths) -> dict[Path, Picture]:
    """Return the figures at `paths` (SVG or PNG files) as pictures; the same file has the same bytes each time.

    An SVG is drawn at DPI and kept in COLOURS colours; a PNG stays as it is. Nothing outside the files is asked for.

    Raises
    ------
    DataError
        For a file that is not there, or is neither an SVG with a viewBox from 0 0 nor a PNG.
    """
    drawings, found = {}, {}
    for path in dict.fromkeys(map(Path, paths)):
        try:
            content = path.read_bytes()
        except OSError as error:
            raise DataError(f"{path}: the figure cannot be read ({error.strerror}). Run `sdg-eval evaluate` again.") from error
        if content.startswith(b"\x89PNG"):
            found[path] = _png_picture(content)
        else:
            drawings[path] = (content, *_svg_size(path, content))
    return found | (_paint(drawings) if drawings else {})


def _svg_size(path: Path, content: bytes) -> tuple[float, float]:
    root = _ROOT.search(content)
    size = _SIZE.search(root[0]) if root else None
    if size is None:
        raise DataError(f"{path}: no SVG with a viewBox from 0 0, and no PNG. Draw the figure again by `sdg-eval evaluate`.")
    return float(size[1]), float(size[2])


def _png_picture(content: bytes) -> Picture:
    from PIL import Image

    with Image.open(io.BytesIO(content)) as image:
        dots = image.info.get("dpi", (SCREEN_DPI, SCREEN_DPI))[0] or SCREEN_DPI
        return Picture(content, image.width * POINTS_PER_INCH / float(dots), image.height * POINTS_PER_INCH / float(dots))


def _paint(drawings: dict[Path, tuple[bytes, float, float]]) -> dict[Path, Picture]:
    """Draw every SVG on a page of its own size and paint the pages."""
    import pydyf

    outlines, others = Drawings(), {}
    for number, (path, (content, width, height)) in enumerate(drawings.items(), 1):
        try:
            outlines.add(number, content)
        except UnknownSvgError:
            others[path] = Picture(_page_pngs(_drawn_by_weasyprint(content, width, height))[0], width, height)
    pdf = pydyf.PDF()
    forms = outlines.forms(pdf)
    own = [(path, *size) for path, (_, *size) in drawings.items() if path not in others]
    for form, (_, width, height) in zip(forms.values(), own, strict=True):
        said = pydyf.Stream([f"1 0 0 -1 0 {height} cm /figure Do"])
        pdf.add_object(said)
        pdf.add_page(pydyf.Dictionary({
            "Type": "/Page", "Parent": pdf.pages.reference, "MediaBox": pydyf.Array([0, 0, width, height]), "Contents": said.reference,
            "Resources": pydyf.Dictionary({"XObject": pydyf.Dictionary({"figure": form})}),
        }))  # fmt: skip
    stream = io.BytesIO()
    pdf.write(stream)
    painted = _page_pngs(stream.getvalue()) if own else []
    return others | {path: Picture(png, width, height) for png, (path, width, height) in zip(painted, own, strict=True)}


def _drawn_by_weasyprint(content: bytes, width: float, height: float) -> bytes:
    """A drawing that says more than ours do, as PDF: slowly."""
    from weasyprint import HTML
    from weasyprint.urls import URLFetcher

    data = base64.b64encode(content).decode("ascii")
    page = f'<style>@page{{size:{width}pt {height}pt;margin:0}}body{{margin:0}}img{{display:block;width:{width}pt;height:{height}pt}}</style><img src="data:image/svg+xml;base64,{data}">'
    return HTML(string=page, url_fetcher=URLFetcher(allowed_protocols=("data",))).write_pdf()


def _page_pngs(pdf: bytes) -> list[bytes]:
    """The pages of a PDF, painted."""
    import pypdfium2

    document = pypdfium2.PdfDocument(pdf)
    try:
        return [_page_png(page) for page in document]
    finally:
        document.close()


def _page_png(page) -> bytes:
    from PIL import Image

    image = page.render(scale=DPI / POINTS_PER_INCH).to_pil().convert("RGB")
    paper = image.getpixel((0, 0))
    image = image.quantize(COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    colours, ground = image.getpalette(), 3 * image.getpixel((0, 0))
    colours[ground : ground + 3] = paper  # else white is mixed with what is near it, and the picture stands out from the page
    image.putpalette(colours)
    stream = io.BytesIO()
    image.save(stream, "PNG", compress_level=9, dpi=(DPI, DPI))
    return stream.getvalue()
