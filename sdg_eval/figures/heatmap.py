"""Seventeen goals by provinces: one status per cell, as colour and as sign."""

from __future__ import annotations

import pandas as pd

from sdg_eval.figures.style import COLOURS, DARK, INK, SIGNS, SOFT

LABELS = {
    "improving": ("ดีขึ้น", "improving"), "worsening": ("แย่ลง", "worsening"), "mixed": ("มีทั้งสองทาง", "mixed"),
    "changed": ("เปลี่ยนแปลง", "changed"), "not_detected": ("ยังไม่พบแนวโน้ม", "no trend detected"),
    "no_change": ("ไม่เปลี่ยนแปลง", "no change"), "indicative": ("บ่งชี้เบื้องต้น", "indicative only"),
    "insufficient": ("ยังบอกไม่ได้", "cannot be told yet"), "no_data": ("ไม่มีข้อมูล", "no data"),
}  # fmt: skip

STALE = ("ช่องเล็ก: ข้อมูลสิ้นสุดก่อนปีรายงานเกิน 3 ปี", "Small cells: data end over 3 years before the report year")


def draw_goals(axes, goals: pd.DataFrame, codelists, lang: str):
    """Draw one row per province and one column per goal; `goals` has REF_AREA, goal, status, stale.

    Small cells are stale: their data end more than three years before the report year.
    """
    areas = [code for code in codelists.provinces if code in set(goals["REF_AREA"])]
    numbers = [str(g) for g in range(1, 18)]
    cells = goals.set_index(["REF_AREA", "goal"])
    status, stale = cells["status"].to_dict(), cells["stale"].to_dict()
    for y, area in enumerate(areas):
        for x, goal in enumerate(numbers):
            draw_cell(axes, x, y, status.get((area, goal), "no_data"), size=0.5 if stale.get((area, goal)) else 0.94)
    axes.set_xlim(-0.5, 16.5)
    axes.set_ylim(len(areas) - 0.5, -0.5)
    names = codelists.goals17.set_index("goal")[f"short_{lang}"]
    axes.set_xticks(range(17), [f"{goal} {names[goal]}" for goal in numbers], rotation=55, ha="left", rotation_mode="anchor", fontsize=9)
    axes.xaxis.tick_top()
    axes.set_yticks(range(len(areas)), [codelists.area_name(area, lang) for area in areas], fontsize=9.5 if len(areas) < 40 else 8.5)
    axes.tick_params(length=0)
    axes.grid(visible=False)
    for spine in axes.spines.values():
        spine.set_visible(False)
    legend(axes.figure, sorted(set(status.values()), key=list(LABELS).index), lang)
    if any(stale.values()):
        axes.figure.text(0.99, 0.012, STALE[lang != "th"], fontsize=9, color=SOFT, ha="right", va="bottom")
    return axes


def draw_cell(axes, x: float, y: float, status: str, size: float = 0.94, sign_y: float = 0.0) -> None:
    """Draw one cell: colour, sign, and a thin frame so that "no data" is seen as a cell."""
    from matplotlib.patches import Rectangle

    axes.add_patch(Rectangle((x - size / 2, y - size / 2), size, size, facecolor=COLOURS[status], edgecolor="#c3ccd4", linewidth=0.6))
    if SIGNS[status]:
        dark = status in DARK
        axes.plot([x], [y + sign_y], marker=SIGNS[status], color="white" if dark else SOFT, markersize=6 if size > 0.6 else 4, linestyle="")


def legend(figure, statuses, lang: str, labels: dict = LABELS) -> None:
    """Write what each colour and sign means, in the words of `labels`."""
    from matplotlib.lines import Line2D

    handles = []
    for status in statuses:
        dark = status in DARK
        handles.append(_Swatch(status, dark, labels[status][lang != "th"]))
    lines = [
        Line2D([], [], marker="s", markersize=12, color=COLOURS[h.status], markeredgecolor="#c3ccd4", linestyle="", label=h.label)
        for h in handles
    ]
    signs = [Line2D([], [], marker=SIGNS[h.status] or "None", markersize=6, color="white" if h.dark else SOFT, linestyle="") for h in handles]
    from matplotlib.legend_handler import HandlerTuple

    figure.legend(
        handles=list(zip(lines, signs, strict=True)), labels=[h.label for h in handles], loc="lower left",
        bbox_to_anchor=(0.01, 0.005), ncols=4, fontsize=9.5, handler_map={tuple: HandlerTuple(ndivide=1)}, columnspacing=1.4,
        labelcolor=INK,
    )  # fmt: skip


class _Swatch:
    """A status in the legend."""

    def __init__(self, status: str, dark: bool, label: str):
        self.status, self.dark, self.label = status, dark, label
