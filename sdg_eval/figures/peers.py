"""Where a province stands among all: every province a point, with the middle half shaded."""

from __future__ import annotations

import numpy as np

from sdg_eval.figures.series import _tick
from sdg_eval.figures.style import BAND, INK, OTHER, PILOT, title
from sdg_eval.thai import format_period

WORDS = {
    "peers": ("เทียบทุกจังหวัด", "among all provinces"),
    "median": ("ค่ากลาง", "median"),
    "pilot": ("จังหวัดนำร่อง", "pilot provinces"),
    "other": ("จังหวัดอื่น", "other provinces"),
    "half": ("ครึ่งกลางของทุกจังหวัด", "middle half of all"),
}


def draw_peers(axes, values: dict[str, float], row: dict, codelists, lang: str):
    """Draw each province's value of `row['peer_period']` along one axis and return `axes`.

    `values` maps REF_AREA to the value in the unit of the series.
    """
    pick = 0 if lang == "th" else 1
    series, area = codelists.series_row(row["SERIES"]), row["REF_AREA"]
    codes = sorted(values, key=lambda code: (values[code], code))
    numbers = np.array([values[code] for code in codes])
    height = _stacked(numbers)
    pilots = set(codelists.pilots)
    axes.axvspan(row["peer_low"], row["peer_high"], color=BAND, alpha=0.1, linewidth=0)
    axes.axvline(row["peer_median"], color=BAND, linewidth=1.2, linestyle=(0, (5, 3)))
    for is_pilot, colour in ((False, OTHER), (True, PILOT)):
        mine = np.array([(code in pilots) == is_pilot for code in codes])
        axes.scatter(numbers[mine], height[mine], s=30, color=colour, edgecolor="white", linewidth=0.4, zorder=3)
    here = codes.index(area)
    axes.scatter(numbers[here], height[here], s=85, color=INK, edgecolor="white", linewidth=1, zorder=5)
    right = numbers[here] < (numbers.min() + numbers.max()) / 2
    from matplotlib.patheffects import withStroke

    axes.annotate(
        codelists.area_name(area, lang), (numbers[here], height[here]), xytext=(0, 11), textcoords="offset points",
        ha="left" if right else "right", fontsize=10.5, weight="bold", zorder=6,
        path_effects=[withStroke(linewidth=3, foreground="white")],  # legible over other provinces' points
    )  # fmt: skip
    axes.set_ylim(-0.6, max(height.max() + 2.2, 4))
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(6))
    axes.xaxis.set_major_formatter(FuncFormatter(_tick))
    axes.set_xlabel(series[f"unit_{lang}"].partition(" (")[0], fontsize=9.5, labelpad=2)
    name = f"{series[f'name_{lang}']} · {WORDS['peers'][pick]} {format_period(row['peer_period'], lang)}"
    title(axes, name)
    _legend(axes, pick)
    return axes


def _stacked(numbers: np.ndarray) -> np.ndarray:
    """Heights of sorted points so that near ones stand one above the other instead of hiding each other."""
    width = np.ptp(numbers) / 45 or 1.0
    heights, last = np.zeros(len(numbers)), {}
    for index, value in enumerate(numbers):
        level = 0
        while value - last.get(level, -np.inf) < width:
            level += 1
        last[level], heights[index] = value, level
    return heights


def _legend(axes, pick: int) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    def dot(colour, key):
        return Line2D([], [], marker="o", linestyle="", color=colour, markersize=6, label=WORDS[key][pick])

    handles = [
        dot(PILOT, "pilot"), dot(OTHER, "other"),
        Line2D([], [], color=BAND, linestyle=(0, (5, 3)), linewidth=1.2, label=WORDS["median"][pick]),
        Patch(color=BAND, alpha=0.15, label=WORDS["half"][pick]),
    ]  # fmt: skip
    axes.figure.legend(
        handles=handles, loc="lower left", bbox_to_anchor=(0.005, 0.075), ncols=4, fontsize=9, handlelength=1.6,
        columnspacing=1.2, handletextpad=0.5, borderaxespad=0,
    )  # fmt: skip
