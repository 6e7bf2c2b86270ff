"""One look for every figure, and the same bytes for the same table.

Text becomes paths, so a chart needs no font where it is opened, and Thai marks stay where Sarabun
puts them (docs/decisions/0004).
"""

from __future__ import annotations

import io
from functools import lru_cache
from pathlib import Path

from sdg_eval.store import write_atomic

FONTS = Path(__file__).parent / "fonts"
FAMILY = "Sarabun"
SIZE = (6.4, 4.0)  # inches: readable at 9 pt on a phone's width
INK, SOFT, GRID, LINE, BAND, TARGET, PILOT, OTHER = (
    "#1b2733", "#51606f", "#dfe5ea", "#0b5394", "#0b5394", "#7a5b00", "#0072b2", "#a9b4be",
)  # fmt: skip
COLOURS = {
    "improving": "#1f7a4d", "worsening": "#c2412d", "changed": "#5b5ea6", "mixed": "#b58900", "not_detected": "#b8c2cc",
    "no_change": "#d5dbe1", "indicative": "#f1dfa8", "insufficient": "#f7f1e1", "no_data": "#ffffff",
}  # fmt: skip
"""Colour of a status; green and red differ in lightness too, and every cell also has a sign."""
SIGNS = {
    "improving": "^", "worsening": "v", "changed": "D", "mixed": "X", "not_detected": "_", "no_change": "|",
    "indicative": "o", "insufficient": ".", "no_data": "",
}  # fmt: skip
"""Marker drawn in a cell, so that colour is never the only sign."""
SYNTHETIC = {"th": "ข้อมูลสังเคราะห์ ไม่ใช่ข้อมูลจริง", "en": "Synthetic data, not real"}


@lru_cache(maxsize=1)
def use_style() -> None:
    """Register Sarabun and set matplotlib for vector figures without a display."""
    import matplotlib
    from matplotlib import font_manager

    matplotlib.use("svg")
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


def new_figure(size=SIZE):
    """Return (figure, axes) with room for the title above and the source lines below."""
    use_style()
    from matplotlib.figure import Figure

    figure = Figure(figsize=size)
    return figure, figure.add_axes((0.12, 0.24, 0.84, 0.6))


def svg_bytes(figure) -> bytes:
    """Return a figure as SVG: no date, fixed ids."""
    use_style()
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    buffer = io.BytesIO()
    FigureCanvasSVG(figure).print_svg(buffer, metadata={"Date": None, "Creator": None})
    return buffer.getvalue()


def save_svg(figure, path) -> None:
    """Write a figure as SVG, complete or not at all."""
    write_atomic(path, svg_bytes(figure))


def save_png(figure, path, dpi: int = 110) -> None:
    """Write a figure as PNG (for looking at it, and for formats without SVG)."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    buffer = io.BytesIO()
    FigureCanvasAgg(figure).figure.savefig(buffer, format="png", dpi=dpi, metadata={"Software": None})
    write_atomic(path, buffer.getvalue())


def mark_synthetic(figure, lang: str) -> None:
    """Write across the figure that its data are not real."""
    figure.text(
        0.54, 0.54, SYNTHETIC[lang], fontsize=22, color="#7a1f5c", alpha=0.22, ha="center", va="center",
        rotation=18, weight="bold", zorder=10,
    )  # fmt: skip


def wrap_at_spaces(text: str, width: int) -> str:
    """Break text into lines at spaces only: a Thai word is never cut.

    Thai marks above and below take no width of their own and are not counted.
    """
    lines, line = [], ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if line and _width(longer) > width:
            lines.append(line)
            line = word
        else:
            line = longer
    return "\n".join([*lines, line])


def _width(text: str) -> int:
    return sum(not ("\u0e31" == c or "\u0e34" <= c <= "\u0e3a" or "\u0e47" <= c <= "\u0e4e") for c in text)


LINE_HEIGHT = 0.17  # inches, of a caption line
LEGEND_HEIGHT = 0.26
AXIS_TEXT_HEIGHT = 0.5  # tick labels and the label under them


def finish(figure, axes, source: str, *, lang: str, synthetic: bool) -> None:
    """Write the source lines at the bottom, and place legend and axes above them."""
    height = figure.get_figheight()
    text = wrap_at_spaces(source, 116 if lang == "th" else 128)
    figure.text(0.012, 0.012, text, fontsize=8, color=SOFT, ha="left", va="bottom", linespacing=1.3)
    foot = 0.012 + (LINE_HEIGHT * (text.count("\n") + 1) + 0.06) / height
    for legend in figure.legends:
        legend.set_bbox_to_anchor((0.005, foot), transform=figure.transFigure)
    left, _, wide, _ = axes.get_position().bounds
    bottom = foot + (LEGEND_HEIGHT + AXIS_TEXT_HEIGHT) / height
    axes.set_position((left, bottom, wide, 0.86 - bottom))
    if synthetic:
        mark_synthetic(figure, lang)


def title(axes, text: str, width: int = 76) -> None:
    """Write the title at the left edge of the figure, wrapped."""
    axes.figure.text(0.012, 0.985, wrap_at_spaces(text, width), fontsize=11.5, weight="bold", ha="left", va="top", linespacing=1.3)


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
