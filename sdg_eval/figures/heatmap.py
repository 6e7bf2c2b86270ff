"""Seventeen goals by provinces: one status per cell, as colour and as sign."""

from __future__ import annotations

import pandas as pd

from sdg_eval.figures.style import COLOURS, DARK, SIGNS, SOFT, add_boxes, add_key, name_columns, name_rows

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
    places = [(x, y, area, goal) for y, area in enumerate(areas) for x, goal in enumerate(numbers)]
    draw_cells(axes, [(x, y, status.get((a, g), "no_data"), 0.5 if stale.get((a, g)) else 0.94) for x, y, a, g in places])
    axes.set_xlim(-0.5, 16.5)
    names = codelists.goals17.set_index("goal")[f"short_{lang}"]
    name_columns(axes, [f"{goal} {names[goal]}" for goal in numbers], size=9, slant=True)
    name_rows(axes, [codelists.area_name(area, lang) for area in areas], size=9.5 if len(areas) < 40 else 8.5)
    axes.set_ylim(len(areas) - 0.5, -0.5)
    for spine in axes.spines.values():
        spine.set_visible(False)
    legend(axes.figure, sorted(set(status.values()), key=list(LABELS).index), lang)
    if any(stale.values()):
        axes.figure.text(0.99, 0.012, STALE[lang != "th"], fontsize=9, color=SOFT, ha="right", va="bottom")
    return axes


def draw_cells(axes, cells: list[tuple[float, float, str, float]], sign_y: float = 0.0) -> None:
    """Draw cells (x, y, status, size): colour, sign, and a thin frame so that "no data" is seen as a cell."""
    boxes, signs = {}, {}
    for x, y, status, size in cells:
        boxes.setdefault((COLOURS[status], "#c3ccd4", 0.6), []).append((x, y, size, size))
        if SIGNS[status]:
            signs.setdefault((status, 6 if size > 0.6 else 4), []).append((x, y + sign_y))
    add_boxes(axes, boxes)
    for (status, size), places in signs.items():
        colour = "white" if status in DARK else SOFT
        axes.plot(*zip(*places, strict=True), marker=SIGNS[status], color=colour, markersize=size, linestyle="", zorder=3)


def legend(figure, statuses, lang: str, labels: dict = LABELS) -> None:
    """Write what each colour and sign means, in the words of `labels`."""
    from matplotlib.lines import Line2D

    handles = []
    for status in statuses:
        ink = "white" if status in DARK else SOFT
        handles.append((
            Line2D([], [], marker="s", markersize=12, color=COLOURS[status], markeredgecolor="#c3ccd4", linestyle=""),
            Line2D([], [], marker=SIGNS[status] or "None", markersize=6, color=ink, linestyle=""),
        ))  # fmt: skip
    words = [labels[status][lang != "th"] for status in statuses]
    add_key(figure, handles, 4, labels=words, size=9.5, length=2.0, pad=0.8, spacing=1.4).foot = 0.012
