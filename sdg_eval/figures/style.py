"""One look for every figure, and the same bytes for the same table.

Text becomes paths, so a chart needs no font where it is opened, and Thai marks stay where Sarabun
puts them (docs/decisions/0004).
"""

from __future__ import annotations

from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import numpy as np

from sdg_eval.concepts import SYNTHETIC
from sdg_eval.store import write_atomic

FONTS = Path(__file__).parent / "fonts"
FAMILY = "Sarabun"
SIZE = (6.4, 4.0)  # inches: readable at 9 pt on a phone's width
INK, SOFT, GRID, LINE, BAND, TARGET, PILOT, OTHER, NOTED, FAN = (
    "#1b2733", "#51606f", "#dfe5ea", "#0b5394", "#0b5394", "#7a5b00", "#0072b2", "#a9b4be", "#b3487f", "#3d7a5c",
)  # fmt: skip
COLOURS = {
    "improving": "#1f7a4d", "worsening": "#c2412d", "changed": "#5b5ea6", "mixed": "#b58900", "not_detected": "#b8c2cc",
    "no_change": "#d5dbe1", "indicative": "#f1dfa8", "insufficient": "#f7f1e1", "no_data": "#ffffff",
    "high_high": "#0b5394", "low_low": "#8a5a00", "high_low": "#7fb0dd", "low_high": "#e3c27a",
}  # fmt: skip
"""Colour of a status; green and red differ in lightness too, and every cell also has a sign."""
SIGNS = {
    "improving": "^", "worsening": "v", "changed": "D", "mixed": "X", "not_detected": "_", "no_change": "|",
    "indicative": "o", "insufficient": ".", "no_data": "", "high_high": "^", "low_low": "v", "high_low": "+", "low_high": "x",
}  # fmt: skip
"""Marker drawn in a cell, so that colour is never the only sign."""
DARK = frozenset({"improving", "worsening", "changed", "mixed", "high_high", "low_low"})
"""Colours on which text and signs are white."""


@lru_cache(maxsize=1)
def use_style() -> None:
    """Register Sarabun and set the look; the backend of a notebook stays as it is."""
    import matplotlib
    from matplotlib import font_manager

    for font in sorted(FONTS.glob("*.ttf")):
        font_manager.fontManager.addfont(str(font))
    matplotlib.rcParams.update({
        "font.family": FAMILY, "font.size": 10.5, "axes.titlesize": 12, "axes.titleweight": "bold",
        "axes.titlelocation": "left", "axes.labelcolor": SOFT, "axes.edgecolor": SOFT, "text.color": INK,
        "xtick.color": SOFT, "ytick.color": SOFT, "axes.spines.top": False, "axes.spines.right": False,
        "axes.grid": True, "axes.axisbelow": True, "grid.color": GRID, "grid.linewidth": 0.8,
        "svg.fonttype": "path", "svg.hashsalt": "sdg_eval", "figure.dpi": 100, "axes.unicode_minus": True,
        "path.simplify": True, "legend.frameon": False,
    })  # fmt: skip


PLACE = (0.12, 0.24, 0.84, 0.6)
"""Left, bottom, width and height of the axes: room for the title above and the source lines below."""


def new_figure(size=SIZE):
    """Return (figure, axes) with room for the title above and the source lines below."""
    use_style()
    from matplotlib.figure import Figure

    from sdg_eval.figures.axes import PlainAxes

    figure = Figure(figsize=size, dpi=72)  # a pixel is a point, as the renderer of svg.py counts
    return figure, figure.add_axes(PLACE, axes_class=PlainAxes)


_lent: dict[tuple, tuple] = {}
"""Figure and axes per kind of chart, from one chart to the next."""


@contextmanager
def lend_figure(kind: str, size=SIZE):
    """Lend (figure, axes) of a kind of chart, empty, and keep them for the next of its kind.

    Axes and their ticks cost more to make than a chart costs to draw. What was drawn, limits and texts are taken away;
    ticks, labels and spines stay. So the painter of a kind must set on every chart whatever it sets on any.
    """
    figure, axes = _lent.pop((kind, size), None) or new_figure(size)  # a chart that fails takes its figure with it
    yield figure, axes
    _lent[kind, size] = clear_figure(figure, axes)


def clear_figure(figure, axes) -> tuple:
    """Take off what was drawn and written, with limits, scales and place of the axes; return figure and axes."""
    for artist in [*axes.lines, *axes.collections, *axes.patches, *axes.artists, *(other for other in figure.axes if other is not axes)]:
        artist.remove()
    clear_words(figure, axes)
    for scale, set_scale in ((axes.get_xscale(), axes.set_xscale), (axes.get_yscale(), axes.set_yscale)):
        if scale != "linear":
            set_scale("linear")
    axes.relim()
    axes.set(xlim=(0, 1), ylim=(0, 1), position=PLACE, autoscale_on=True, prop_cycle=None)
    return figure, axes


def clear_words(figure, axes) -> None:
    """Take title, source, key and notes off a figure, so that another language can be written on the same marks."""
    for artist in [*figure.texts, *figure.artists, *axes.texts]:
        artist.remove()


def svg_bytes(figure) -> bytes:
    """Return a figure as SVG: no date, fixed ids."""
    use_style()
    from sdg_eval.figures.svg import Renderer

    figure.dpi = 72
    renderer = Renderer(*(72 * figure.get_size_inches()))
    figure.draw(renderer)
    return renderer.svg()


def save_svg(figure, path) -> None:
    """Write a figure as SVG, complete or not at all; a batch brings the whole folder to the disk when the run is complete."""
    write_atomic(path, svg_bytes(figure), flush=False)


def add_dots(axes, x, y, size: float, face: str, edge: str = "", width: float = 1, *, marker: str = "o", zorder: float = 3, clip: bool = True) -> None:
    """Draw points of `size` square points: what scatter shows, without its look at every single size and colour."""
    axes.plot(
        x, y, linestyle="", marker=marker, markersize=size**0.5, markerfacecolor=face, markeredgecolor=edge or face, markeredgewidth=width,
        zorder=zorder, clip_on=clip,
    )  # fmt: skip


def add_bands(axes, x, ends, colour: str, alphas, *, autolim: bool = True) -> None:
    """Draw bands over `x`, one per (low, high) of `ends` and each with its alpha, as one collection."""
    from matplotlib.collections import PolyCollection
    from matplotlib.colors import to_rgba

    shapes = [np.column_stack([np.concatenate([x, x[::-1]]), np.concatenate([low, high[::-1]])]) for low, high in ends]
    axes.add_collection(PolyCollection(shapes, facecolors=[to_rgba(colour, alpha) for alpha in alphas], linewidths=0, zorder=1), autolim=autolim)


def add_boxes(axes, boxes: dict[tuple, list[tuple]], zorder: float = 2) -> None:
    """Draw many rectangles, one path per look; limits of the axes stay as they are.

    `boxes` maps (fill, edge, width of the edge) to the (x, y, width, height) of its rectangles; x and y are their middles.
    """
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1)]) / 2
    for (fill, edge, line), places in boxes.items():
        places = np.array(places, dtype=float)
        vertices = places[:, None, :2] + corners * places[:, None, 2:]
        codes = np.tile([Path.MOVETO, *[Path.LINETO] * 3, Path.CLOSEPOLY], len(places))
        path = Path(vertices.reshape(-1, 2), codes)
        axes.add_artist(PathPatch(path, facecolor=fill, edgecolor=edge, linewidth=line, zorder=zorder))


def name_rows(axes, labels, *, size: float, colour: str = SOFT, grid: bool = False) -> np.ndarray:
    """Write names left of rows 0, 1, … from the top, optionally with a line through each, and return the rows' heights.

    As texts: a tick with its five artists costs as much as ten of them.
    """
    from matplotlib.transforms import ScaledTranslation

    y = np.arange(len(labels))
    axes.set_yticks([])
    axes.set_ylim(len(labels) - 0.4, -0.6)
    beside = axes.get_yaxis_transform() + ScaledTranslation(-NAME_PAD / 72, 0, axes.figure.dpi_scale_trans)
    for at, label in zip(y, labels, strict=True):
        axes.text(0, at, label, transform=beside, fontsize=size, color=colour, ha="right", va="center_baseline")
    if grid and len(y):
        axes.hlines(y, 0, 1, transform=axes.get_yaxis_transform(), color=GRID, linewidth=0.8, zorder=0.5)
    return y


def name_columns(axes, labels, *, size: float, slant: bool = False) -> None:
    """Write names above columns 0, 1, …, slanted where they are long."""
    from matplotlib.transforms import ScaledTranslation

    axes.set_xticks([])
    axes.xaxis.set_label_position("top")
    above = axes.get_xaxis_transform() + ScaledTranslation(0, NAME_PAD / 72, axes.figure.dpi_scale_trans)
    look = {"rotation": 55, "rotation_mode": "anchor", "ha": "left"} if slant else {"ha": "center", "linespacing": 1.2}
    for at, label in enumerate(labels):
        axes.text(at, 1, label, transform=above, fontsize=size, color=SOFT, va="bottom", **look)


NAME_PAD = 3.5
"""Points between a row or column and its name."""


def place_labels(axes, widest: float, size: float) -> None:
    """Put the labels of both axes where matplotlib would after measuring all ticks twice: beside numbers `widest` points
    wide, and under one line of numbers of `size` points."""
    from matplotlib.transforms import ScaledTranslation

    scale = axes.figure.dpi_scale_trans
    axes.yaxis.set_label_coords(0, 0.5, axes.transAxes + ScaledTranslation(-(TICK_ROOM + widest + 4) / 72, 0, scale))
    axes.xaxis.set_label_coords(0.5, 0, axes.transAxes + ScaledTranslation(0, -(TICK_ROOM + 1.3 * size + 2) / 72, scale))


TICK_ROOM = 7
"""Points of a tick and the space between it and its number."""


def mark_synthetic(figure, lang: str) -> None:
    """Write across the figure that its data are not real; on a tall figure once per 4 inches of height."""
    copies = max(1, round(figure.get_figheight() / 4))
    for copy in range(copies):
        figure.text(
            0.54, (copy + 0.54) / copies, SYNTHETIC[lang], fontsize=22, color="#7a1f5c", alpha=0.22, ha="center",
            va="center", rotation=18, weight="bold", zorder=10,
        )  # fmt: skip


@lru_cache(maxsize=4096)
def text_points(text: str, size: float, weight: str = "normal") -> float:
    """Return the width of one line of Sarabun in points, without hinting, as SVG draws it."""
    use_style()
    from sdg_eval.figures.svg import line_width

    return line_width(text, size, FAMILY, weight)


def wrap_at_spaces(text: str, room: float, size: float, weight: str = "normal") -> str:
    """Break text into lines of at most `room` points, at spaces only: a Thai word is never cut."""
    if text_points(text, size, weight) <= room:
        return text
    lines, line = [], ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if line and text_points(longer, size, weight) > room:
            lines.append(line)
            line = word
        else:
            line = longer
    return "\n".join([*lines, line])


EDGE = 0.012  # of the figure's width and height, left free around title and source lines
TITLE_SIZE, SOURCE_SIZE = 11.5, 9  # points
LEGEND_COLUMNS = 4
TITLE_HEIGHT = 0.26  # inches, of a title line
LINE_HEIGHT = 0.19  # inches, of a source line
LEGEND_HEIGHT = 0.26
AXIS_TEXT_HEIGHT = 0.57  # tick labels and the label under them


def _room(figure) -> float:
    # Hinting makes the letters of a PNG up to 5% wider than those of the SVG.
    return 0.95 * (1 - 2 * EDGE) * figure.get_figwidth() * 72


def finish(figure, axes, source: str, *, lang: str, synthetic: bool) -> float:
    """Write the source lines at the bottom, and place key and axes above them and under the title; return the key's foot."""
    height = figure.get_figheight()
    text = wrap_at_spaces(source, _room(figure), SOURCE_SIZE)
    figure.text(EDGE, EDGE, text, fontsize=SOURCE_SIZE, color=SOFT, ha="left", va="bottom", linespacing=1.05)
    foot = EDGE + (LINE_HEIGHT * (text.count("\n") + 1) + 0.06) / height
    keys = keys_of(figure)
    for key in keys:
        key.foot = foot
    titles = [t.get_text().count("\n") + 1 for t in figure.texts if t.get_label() == "title"]
    # a low figure keeps some air under its title; on a tall one the same share would be a hole
    top = min(0.86 if height < 6 else 1.0, 1 - EDGE - (TITLE_HEIGHT * sum(titles) + 0.1) / height)
    left, _, wide, _ = axes.get_position().bounds
    rows = max((-(-len(key.get_texts()) // min(key.columns, LEGEND_COLUMNS)) for key in keys), default=1)
    bottom = foot + (LEGEND_HEIGHT * rows + AXIS_TEXT_HEIGHT) / height
    axes.set_position((left, bottom, wide, top - bottom))
    if synthetic:
        mark_synthetic(figure, lang)
    return foot


def add_key(figure, handles, columns: int, **options):
    """Add a Key of `handles` (marks with their labels) at the lower left; `finish` puts it above the source lines."""
    from sdg_eval.figures.key import Key

    labels = options.pop("labels", None) or [handle.get_label() for handle in handles]
    return figure.add_artist(Key(handles, labels, columns, **options))


def keys_of(figure) -> list:
    """Return the keys of a figure."""
    from sdg_eval.figures.key import Key

    return [artist for artist in figure.artists if isinstance(artist, Key)]


def title(axes, text: str) -> None:
    """Write the title at the left edge of the figure, wrapped at the right edge."""
    figure = axes.figure
    wrapped = wrap_at_spaces(text, _room(figure), TITLE_SIZE, "bold")
    figure.text(
        EDGE, 1 - EDGE, wrapped, fontsize=TITLE_SIZE, weight="bold", ha="left", va="top", linespacing=1.15, label="title"
    )


def source_text(observations, codelists, lang: str) -> str:
    """Return publisher, title and licence of the rows' sources."""
    parts = []
    for key in sorted(set(observations["source"])):
        row = codelists.source_row(key)
        parts.append(f"{row[f'publisher_{lang}']}, {row[f'title_{lang}']} ({row[f'licence_{lang}']})")
    return {"th": "แหล่งข้อมูล: ", "en": "Source: "}[lang] + "; ".join(parts)


def is_synthetic(observations, codelists) -> bool:
    """True when any row comes from a synthetic source."""
    return any(codelists.source_row(key)["synthetic"] == "1" for key in set(observations["source"]))
