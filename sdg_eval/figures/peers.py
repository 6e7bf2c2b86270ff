"""Where a province stands among all: every province a point, with the middle half shaded."""

from __future__ import annotations

import numpy as np

from sdg_eval.figures.series import TICK_SIZE, _tick
from sdg_eval.figures.style import BAND, INK, OTHER, PILOT, add_dots, add_key, place_labels, title
from sdg_eval.thai import format_period

WORDS = {
    "peers": ("เทียบทุกจังหวัด", "among all provinces"),
    "median": ("ค่ากลาง", "median"),
    "pilot": ("จังหวัดนำร่อง", "pilot provinces"),
    "other": ("จังหวัดอื่น", "other provinces"),
    "half": ("ครึ่งกลางของทุกจังหวัด", "middle half of all"),
}


def draw_peers(axes, values: dict[str, float], row: dict, codelists, lang: str):
    """Draw each province's value of `row['peer_period']` along one axis, with its words in one language, and return `axes`.

    `values` maps REF_AREA to the value in the unit of the series.
    """
    return name_peers(axes, draw_places(axes, values, row, codelists), row, codelists, lang)


def draw_places(axes, values: dict[str, float], row: dict, codelists) -> tuple[float, float, bool]:
    """Draw what needs no words, as `draw_peers` takes it; return where the province stands, and whether its name goes right."""
    codes = sorted(values, key=lambda code: (values[code], code))
    numbers = np.array([values[code] for code in codes])
    height = _stacked(numbers)
    pilots = set(codelists.pilots)
    axes.axvspan(row["peer_low"], row["peer_high"], color=BAND, alpha=0.1, linewidth=0)
    axes.axvline(row["peer_median"], color=BAND, linewidth=1.2, linestyle=(0, (5, 3)))
    for is_pilot, colour in ((False, OTHER), (True, PILOT)):
        mine = np.array([(code in pilots) == is_pilot for code in codes])
        add_dots(axes, numbers[mine], height[mine], 30, colour, "white", 0.4)
    here = codes.index(row["REF_AREA"])
    add_dots(axes, numbers[[here]], height[[here]], 85, INK, "white", 1, zorder=5)
    axes.set_ylim(-0.6, max(height.max() + 2.2, 4))
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(6))
    axes.xaxis.set_major_formatter(FuncFormatter(_tick))
    return numbers[here], height[here], bool(numbers[here] < (numbers.min() + numbers.max()) / 2)


def name_peers(axes, place: tuple[float, float, bool], row: dict, codelists, lang: str):
    """Write the province's name, unit, title and key in one language, and return `axes`."""
    pick = 0 if lang == "th" else 1
    series, (x, y, right) = codelists.series_row(row["SERIES"]), place
    axes.annotate(
        codelists.area_name(row["REF_AREA"], lang), (x, y), xytext=(0, 11), textcoords="offset points",
        ha="left" if right else "right", fontsize=10.5, weight="bold", zorder=6,
        gid="halo",  # legible over other provinces' points
    )  # fmt: skip
    axes.set_xlabel(series[f"unit_{lang}"].partition(" (")[0], fontsize=9.5)
    place_labels(axes, 0, TICK_SIZE)
    title(axes, f"{series[f'name_{lang}']} · {WORDS['peers'][pick]} {format_period(row['peer_period'], lang)}")
    _key(axes, pick)
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


def _key(axes, pick: int) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    def dot(colour, key):
        return Line2D([], [], marker="o", linestyle="", color=colour, markersize=6, label=WORDS[key][pick])

    handles = [
        dot(PILOT, "pilot"), dot(OTHER, "other"),
        Line2D([], [], color=BAND, linestyle=(0, (5, 3)), linewidth=1.2, label=WORDS["median"][pick]),
        Patch(color=BAND, alpha=0.15, label=WORDS["half"][pick]),
    ]  # fmt: skip
    add_key(axes.figure, handles, 4, length=1.6)
