"""The country as a drawing of links: one tile per province, or its shape where a boundary file is there.

Drawn into the page itself: it can be walked by keyboard, read aloud, printed, and needs no script. A status is told by
colour and by sign; no data is hatched.
"""

from __future__ import annotations

import json
from pathlib import Path

from markupsafe import Markup

from sdg_eval.figures.maps import area_of
from sdg_eval.publish.pages import MARK
from sdg_eval.publish.svg import tag

TILE, GAP = 40, 3
SIMPLIFY_DEGREES = 0.03
"""About three kilometres: finer than the line that is drawn around a province, and a tenth of the bytes of the file."""
UNITS_PER_DEGREE = 40
STRETCH = 0.972
"""cos 13.5°: degrees of longitude are that much shorter than those of latitude in the middle of the country."""


def draw_country(ident: str, cells: dict[str, dict], codelists, lang: str, *, about: str, shapes: dict[str, tuple[str, float, float]] | None = None, small: bool = False) -> Markup:
    """Return the country as SVG.

    Parameters
    ----------
    ident
        Id of the drawing, unique in its page.
    cells
        REF_AREA -> `status` (a key of MARK), `label` (what the status means, in words), optional `href`.
    about
        What the drawing shows, in one sentence with its counts.
    shapes
        From `read_shapes`; None draws tiles.
    """
    areas = sorted(codelists.areas.to_dict("records"), key=lambda a: (int(a["row"]), int(a["col"])))
    nothing = {"status": "no_data", "label": ""}
    drawn = [_province(a, cells.get(a["REF_AREA"], nothing), lang, None if shapes is None else shapes.get(a["REF_AREA"]), tiles=shapes is None, empty=f"url(#{ident}-hatch)") for a in areas]
    if shapes is None:
        left, top = min(int(a["col"]) for a in areas), min(int(a["row"]) for a in areas)
        wide, tall = max(int(a["col"]) for a in areas) + 1, max(int(a["row"]) for a in areas) + 1
        box = f"{left * TILE - GAP} {top * TILE - GAP} {(wide - left) * TILE + GAP} {(tall - top) * TILE + GAP}"
    else:
        box = _box(shapes)
    hatch = Markup(
        f'<defs><pattern id="{ident}-hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        '<rect class="under" width="6" height="6"/><path class="stripe" d="M0 0V6"/></pattern></defs>'
    )
    style = "country small" if small else "country"
    return tag("svg", tag("title", about), hatch, *drawn, viewBox=box, role="group", class_=style, id=ident, aria_label=about)


def _province(area: dict, cell: dict, lang: str, shape, *, tiles: bool, empty: str) -> Markup:
    name, status = area[f"name_{lang}"], cell["status"]
    told = f"{name}: {cell['label']}" if cell["label"] else name
    fill = empty if status == "no_data" else None  # the style sheet fills the others; it cannot name this page's pattern
    if tiles:
        x, y = int(area["col"]) * TILE, int(area["row"]) * TILE
        inside = [
            tag("rect", x=x, y=y, width=TILE - GAP, height=TILE - GAP, rx=3, fill=fill, class_=f"tile {status}"),
            tag("text", area[f"abbr_{lang}"], x=x + (TILE - GAP) / 2, y=y + 15, class_="abbr"),
            tag("text", MARK[status], x=x + (TILE - GAP) / 2, y=y + 31, class_="sign", aria_hidden="true"),
        ]
    elif shape is None:
        return Markup("")
    else:
        path, x, y = shape
        inside = [tag("path", d=path, fill=fill, class_=f"tile {status}"), tag("text", MARK[status], x=x, y=y + 4, class_="sign", aria_hidden="true")]
    body = [tag("title", told), *inside]
    if not cell.get("href"):
        return tag("g", *body, class_=f"province {status}", role="img", aria_label=told)
    return tag("a", *body, href=cell["href"], class_=f"province {status}", aria_label=told)


def read_shapes(path: Path, codelists) -> dict[str, tuple[str, float, float]] | None:
    """Return REF_AREA -> (SVG path, x and y of a point inside) from a GeoJSON file; None where there is no such file."""
    if not path.is_file():
        return None
    from shapely.geometry import shape

    found = {}
    for feature in json.loads(path.read_text(encoding="utf-8"))["features"]:
        area = area_of(feature, codelists)
        if area is None:
            continue
        whole = shape(feature["geometry"])
        geometry = whole.simplify(SIMPLIFY_DEGREES)
        rings = [polygon.exterior.coords for polygon in getattr(geometry, "geoms", [geometry]) if not polygon.is_empty and polygon.area > 1e-4]
        text = "".join(_ring(ring) for ring in rings)
        inside = whole.representative_point()
        if text:
            found[area] = (text, *(round(v, 1) for v in _point(inside.x, inside.y)))
    return found or None


def _point(longitude: float, latitude: float) -> tuple[float, float]:
    return (longitude - 97) * UNITS_PER_DEGREE * STRETCH, (21 - latitude) * UNITS_PER_DEGREE


def _ring(points) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in (_point(*p[:2]) for p in points)) + "Z"


def _box(shapes: dict) -> str:
    numbers = [float(n) for text, _, _ in shapes.values() for n in text.replace("M", " ").replace("L", " ").replace("Z", " ").split()]
    xs, ys = numbers[::2], numbers[1::2]
    return f"{min(xs) - 2:.0f} {min(ys) - 2:.0f} {max(xs) - min(xs) + 4:.0f} {max(ys) - min(ys) + 4:.0f}"


def say_counts(statuses, labels: dict[str, str]) -> str:
    """Return how many provinces have which status, in words: the alternative text of a map."""
    counts: dict[str, int] = {}
    for status in statuses:
        counts[status] = counts.get(status, 0) + 1
    return ", ".join(f"{labels[s]} {counts[s]}" for s in labels if s in counts)
