"""The country: provinces as tiles, or as their shapes where a boundary file is there."""

from __future__ import annotations

from sdg_eval.figures.heatmap import draw_cells, legend
from sdg_eval.figures.style import COLOURS, DARK, INK, SOFT

MAP_LABELS = {
    "improving": ("ดีขึ้นมากกว่า", "more improve"), "worsening": ("แย่ลงมากกว่า", "more worsen"),
    "mixed": ("เท่ากัน", "as many of each"), "not_detected": ("ยังไม่พบแนวโน้ม", "no trend detected"),
    "no_data": ("ไม่อยู่ในรอบนี้", "not in this run"),
}  # fmt: skip
"""Words for what a province's colour means on the map."""
CLUSTER_LABELS = {
    "high_high": ("สูง ท่ามกลางจังหวัดสูง", "high among high"), "low_low": ("ต่ำ ท่ามกลางจังหวัดต่ำ", "low among low"),
    "high_low": ("สูง ท่ามกลางจังหวัดต่ำ", "high among low"), "low_high": ("ต่ำ ท่ามกลางจังหวัดสูง", "low among high"),
    "not_detected": ("ไม่พบกลุ่ม", "no cluster detected"), "no_data": ("ไม่มีข้อมูล", "no data"),
}  # fmt: skip
"""Words for a local cluster of alike neighbours."""
SIMPLIFY_DEGREES = 0.01
"""About one kilometre: finer than a pixel of a map of the whole country."""
NAME_KEYS = ("shapeISO", "ISO", "iso", "ADM1_PCODE", "shapeName", "name_th", "name_en", "ADM1_EN", "NAME_1", "name")


def draw_tiles(axes, values: dict[str, str], codelists, lang: str, labels: dict = MAP_LABELS):
    """Draw each province as a tile of equal size with its official abbreviation; `values` maps REF_AREA to a status."""
    areas = codelists.areas.to_dict("records")
    draw_cells(axes, [(int(a["col"]), int(a["row"]), values.get(a["REF_AREA"]) or "no_data", 0.94) for a in areas], sign_y=0.16)
    for area in areas:
        ink = "white" if values.get(area["REF_AREA"]) in DARK else SOFT
        axes.text(int(area["col"]), int(area["row"]) - 0.42, area[f"abbr_{lang}"], fontsize=7.5, ha="center", va="top", color=ink)
    columns, rows = codelists.areas["col"].astype(int), codelists.areas["row"].astype(int)
    axes.set_xlim(columns.min() - 0.6, columns.max() + 0.6)
    axes.set_ylim(rows.max() + 0.6, rows.min() - 0.6)
    _bare(axes)
    legend(axes.figure, _order(values, labels), lang, labels)
    return axes


def area_of(feature: dict, codelists) -> str | None:
    """Return the REF_AREA of a GeoJSON feature by any of its names, or None."""
    properties = feature.get("properties") or {}
    for key in (*NAME_KEYS, *sorted(properties)):
        if properties.get(key) and (area := codelists.find_area(properties[key])):
            return area
    return None


def draw_map(axes, geojson: dict, values: dict[str, str], codelists, lang: str, labels: dict = MAP_LABELS):
    """Draw each province's shape in the colour of its status; provinces without one stay white."""
    import numpy as np
    from matplotlib.collections import PathCollection
    from matplotlib.path import Path
    from shapely.geometry import shape

    paths, colours = [], []
    for feature in geojson["features"]:
        area = area_of(feature, codelists)
        geometry = shape(feature["geometry"]).simplify(SIMPLIFY_DEGREES)
        rings = [r for polygon in getattr(geometry, "geoms", [geometry]) for r in (polygon.exterior, *polygon.interiors)]
        vertices = [np.asarray(ring.coords)[:, :2] for ring in rings if len(ring.coords) > 3]
        paths.append(Path.make_compound_path(*[Path(v, closed=True) for v in vertices]))
        colours.append(COLOURS[values.get(area, "no_data")])
        if values.get(area) and values[area] not in ("no_data", "not_detected"):
            _sign(axes, geometry.representative_point(), values[area])
    axes.add_collection(PathCollection(paths, facecolors=colours, edgecolors="#9aa7b2", linewidths=0.4, zorder=1))
    axes.autoscale_view()
    axes.set_aspect(1 / np.cos(np.radians(13.5)))  # degrees of longitude are shorter at Thailand's latitude
    _bare(axes)
    legend(axes.figure, _order(values, labels), lang, labels)
    return axes


def _sign(axes, point, status: str) -> None:
    from sdg_eval.figures.style import SIGNS

    if SIGNS[status]:
        axes.plot([point.x], [point.y], marker=SIGNS[status], color=INK, markersize=4, linestyle="", zorder=3)


def _order(values: dict[str, str], labels: dict) -> list[str]:
    return sorted(set(values.values()) | {"no_data"}, key=list(labels).index)


def _bare(axes) -> None:
    axes.set_xticks([])
    axes.set_yticks([])
    axes.grid(visible=False)
    for spine in axes.spines.values():
        spine.set_visible(False)
