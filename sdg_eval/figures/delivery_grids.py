"""Delivery as cells, links and lists: need and plan, the chain, the step tracker, agencies by goal, networks, flagged forms.

Tables in, axes out; nothing is estimated here. Every goal, step and network keeps its place, with a sign for what is missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from sdg_eval.figures.delivery_shares import say_nothing
from sdg_eval.figures.delivery_time import day_label, quarter_label
from sdg_eval.figures.style import (
    FAN,
    INK,
    LINE,
    NOTED,
    OTHER,
    SOFT,
    TARGET,
    add_boxes,
    add_key,
    name_columns,
    name_rows,
    text_points,
    wrap_at_spaces,
)

WORDS = {
    "severity": ("ความรุนแรงของปัญหา", "severity of the need"), "uncovered": ("มีปัญหาที่ไม่อยู่ในแผน", "a need in no plan"),
    "only_plan": ("มีในแผน แต่ไม่พบปัญหาที่บันทึกไว้", "planned, no need recorded"), "need": ("ปัญหา\n(ระดับ 1–5)", "need\n(severity 1–5)"), "plan": ("แผน\n(รายการ)", "plan\n(items)"),
    "money": ("เงินตามแผน\n(ล้านบาท)", "planned\n(million baht)"), "disbursement": ("เบิกจ่าย\n(ล้านบาท)", "disbursed\n(million baht)"), "activity": ("กิจกรรม\n(ทั้งหมด)", "activities\n(all)"),
    "delivery": ("กิจกรรม\n(เสร็จ)", "activities\n(done)"), "result": ("ผลลัพธ์\n(ที่วัดแล้ว)", "results\n(measured)"), "first_gap": ("จุดแรกที่ขาด", "first missing link"), "there": ("มี", "there"),
    "after_gap": ("ไม่มี", "not there"), "no_rows": ("ไม่มีข้อมูลในทุกขั้น", "nothing on record"), "done": ("ทำแล้ว", "done"), "late": ("เลยกำหนด", "past its date"), "due": ("ยังไม่ถึงกำหนด", "not yet due"),
    "not_reported": ("ไม่มีรายงาน", "not reported"), "owns": ("เป็นเจ้าภาพ (จำนวนเป้าประสงค์)", "owns (number of targets)"), "supports": ("สนับสนุน", "supports"), "no_owner": ("ไม่มีเจ้าภาพเลย", "no owner at all"),
    "not_sent": ("ไม่ส่ง", "not sent"), "level": ("ระดับของกลไก 0–5", "maturity 0–5"), "none": ("ไม่มี", "none"), "no_flags": ("ไม่พบข้อสังเกต", "Nothing was flagged"),
    "form": ("แบบฟอร์ม", "form"), "quarter": ("ไตรมาส", "quarter"), "found": ("สิ่งที่พบ", "what was found"), "fix": ("ควรทำอะไร", "what to do"), "more": ("และอีก {n} รายการในตาราง", "and {n} more in the table"),
    "not_all": ("วันที่ที่แสดงคือวันที่ทำสำเร็จ หรือกำหนดเดิม", "dates: when it was done, or when it is due"),
}  # fmt: skip
LINKS = ("need", "plan", "money", "disbursement", "activity", "delivery", "result")
"""Links of the chain in their order, as `broken_link` names them."""
CHAIN_COLUMNS = {
    "need": "severity", "plan": "plan_items", "money": "planned_thb", "disbursement": "disbursed_thb", "activity": "activities", "delivery": "activities_done", "result": "n_results",
}  # fmt: skip
STATES = {"done": ("#0b5394", "white", "o"), "late": ("#b3487f", "white", "v"), "due": ("#dbe7f3", INK, "_"), "not_reported": ("#f7f1e1", SOFT, ".")}
"""Fill, ink and sign of a step's state."""
MOST_FLAGS = 12


def _w(key: str, lang: str) -> str:
    return WORDS[key][lang != "th"]


@lru_cache(maxsize=128)
def _blues(level: float) -> tuple[str, str]:
    """Fill and ink of a severity or level from 0 (white) to 1 (dark)."""
    from matplotlib.colors import LinearSegmentedColormap, to_hex

    scale = LinearSegmentedColormap.from_list("need", ["#f2f6fa", "#b9d3ea", "#5f9bd1", "#0b4a86"])
    return to_hex(scale(level)), "white" if level > 0.7 else INK


@dataclass(frozen=True)
class _Cell:
    """A cell of a grid with its text; a thick edge (`line`) lies over its neighbours."""

    x: float
    y: float
    fill: str
    text: str = ""
    ink: str = INK
    size: float = 9
    edge: str = "#c3ccd4"
    weight: str = "normal"
    line: float = 0.6


def _draw_cells(axes, cells: list[_Cell]) -> None:
    """Draw cells by their looks, and the text of each."""
    plain, framed = {}, {}
    for cell in cells:
        boxes = framed if cell.line > 1 else plain
        boxes.setdefault((cell.fill, cell.edge, cell.line), []).append((cell.x, cell.y, 0.94, 0.92))
        if cell.text:
            axes.text(cell.x, cell.y, cell.text, ha="center", va="center", fontsize=cell.size, color=cell.ink, weight=cell.weight, zorder=4)
    add_boxes(axes, plain, zorder=2)
    add_boxes(axes, framed, zorder=3)


def _marks(axes, places: list[tuple[float, float]], **look) -> None:
    """Draw one marker at each of `places`."""
    if places:
        axes.plot(*zip(*places, strict=True), linestyle="", **look)


def _bare(axes, columns: list[str], rows: list[str], *, slant: bool = False, size: float = 9) -> None:
    """Label columns on top and rows at the left, without grid and frame."""
    name_columns(axes, columns, size=size, slant=slant)
    name_rows(axes, rows, size=9.5 if len(rows) < 40 else 8.5, colour=INK)
    axes.set_xlim(-0.5, len(columns) - 0.5)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _goal_labels(codelists, lang: str) -> list[str]:
    names = codelists.goals17.set_index("goal")[f"short_{lang}"]
    return [f"{goal} {names[goal]}" for goal in map(str, range(1, 18))]


def draw_need_plan(axes, table: pd.DataFrame, codelists, lang: str):
    """Draw how severe the need is by province and goal (17 always), and whether a plan answers it.

    `table` has one row per province and target: REF_AREA, goal, severity (blank: no need recorded), plan_items. A cell shows
    the most severe need of its goal, and a cross when any need of it, however well the others are planned for, is in no plan.
    """
    if table.empty:
        say_nothing(axes, lang)
        return axes
    areas = list(dict.fromkeys(table["REF_AREA"]))
    needed, planned = table["severity"].fillna(0) > 0, table["plan_items"].fillna(0) > 0
    grid, uncovered, only_plan = [], [], []
    rows = table.assign(goal=table["goal"].astype(str), open=needed & ~planned, planned=planned)
    cells = rows.groupby(["REF_AREA", "goal"]).agg({"severity": "max", "open": "any", "planned": "any"}).to_dict("index")
    for y, area in enumerate(areas):
        for x in range(17):
            cell = cells.get((area, str(x + 1)), {"severity": np.nan, "open": False, "planned": False})
            severity = cell["severity"] if cell["severity"] == cell["severity"] else 0
            fill, ink = _blues(min(severity, 5) / 5) if severity > 0 else ("#ffffff", SOFT)
            grid.append(_Cell(x, y, fill, f"{severity:.0f}" if severity > 0 else "", ink, 8.5))
            if cell["open"]:
                uncovered.append((x + 0.3, y - 0.26))
            elif cell["planned"] and not severity:
                only_plan.append((x, y))
    _draw_cells(axes, grid)
    _marks(axes, uncovered, marker="X", markersize=7.5, color=NOTED, markeredgecolor="white", markeredgewidth=0.7, zorder=5)
    _marks(axes, only_plan, marker="o", markersize=5, markerfacecolor="none", markeredgecolor=TARGET, zorder=5)
    _bare(axes, _goal_labels(codelists, lang), [codelists.area_name(area, lang) for area in areas], slant=True)
    from matplotlib.lines import Line2D

    add_key(axes.figure, [
        *(Line2D([], [], marker="s", linestyle="", markersize=11, color=_blues(level / 5)[0], markeredgecolor="#c3ccd4", label=f"{_w('severity', lang)} {level}" if level == 1 else str(level)) for level in (1, 3, 5)),
        Line2D([], [], marker="X", linestyle="", color=NOTED, markersize=7, label=_w("uncovered", lang)),
        Line2D([], [], marker="o", linestyle="", markerfacecolor="none", markeredgecolor=TARGET, markersize=6, label=_w("only_plan", lang)),
    ], 5)  # fmt: skip
    return axes


def draw_chain(axes, table: pd.DataFrame, codelists, lang: str):
    """Draw the chain of one area for each of the 17 goals: from need to result, with the first link that is missing.

    `table` has goal, severity, plan_items, planned_thb, disbursed_thb, activities, activities_done, n_results, broken_link, reason.
    """
    rows = pd.DataFrame({"goal": [*map(str, range(1, 18))]}).merge(table.assign(goal=table["goal"].astype(str)), on="goal", how="left")
    grid = []
    for y, row in enumerate(rows.to_dict("records")):
        if row.get("reason") == "no_rows" or all(row.get(c) != row.get(c) for c in CHAIN_COLUMNS.values()):
            axes.text(-0.42, y, _w("no_rows", lang), ha="left", va="center", fontsize=9, color=SOFT)
            continue
        for x, link in enumerate(LINKS):
            value = row.get(CHAIN_COLUMNS[link], np.nan)
            there, money = value == value and value > 0, link in ("money", "disbursement")
            text = (f"{value / 1e6:,.2f}" if money else f"{value:,.0f}") if there else "–"
            first = row.get("broken_link") == link
            ink = NOTED if first else INK if there else SOFT
            grid.append(_Cell(x, y, "#e8f0f8" if there else "#ffffff", text, ink, 9, NOTED if first else "#c3ccd4", "bold" if first else "normal", 1.8 if first else 0.6))
    _draw_cells(axes, grid)
    _bare(axes, [_w(link, lang) for link in LINKS], _goal_labels(codelists, lang))
    from matplotlib.lines import Line2D

    add_key(axes.figure, [
        Line2D([], [], marker="s", linestyle="", markersize=11, color="#e8f0f8", markeredgecolor="#c3ccd4", label=_w("there", lang)),
        Line2D([], [], marker="s", linestyle="", markersize=11, color="white", markeredgecolor="#c3ccd4", label=_w("after_gap", lang) + " (–)"),
        Line2D([], [], marker="s", linestyle="", markersize=11, color="white", markeredgecolor=NOTED, markeredgewidth=1.8, label=_w("first_gap", lang)),
    ], 3)  # fmt: skip
    return axes


def draw_tracker(axes, table: pd.DataFrame, names: dict, codelists, lang: str):
    """Draw the four steps (always) of each province: done, past its date, not yet due, not reported, with the date.

    `table` has REF_AREA, step_no, planned_date, actual_date, state.
    """
    if table.empty:
        say_nothing(axes, lang)
        return axes
    areas, steps = list(dict.fromkeys(table["REF_AREA"])), ["1", "2", "3", "4"]
    cells = {(r["REF_AREA"], str(r["step_no"]).removesuffix(".0")): r for r in table.to_dict("records")}
    grid, signs = [], {}
    for y, area in enumerate(areas):
        for x, step in enumerate(steps):
            row = cells.get((area, step), {})
            state = row["state"] if row.get("state") in STATES else "not_reported"
            fill, ink, sign = STATES[state]
            day = row.get("actual_date") if state == "done" else row.get("planned_date")
            day = pd.to_datetime(day) if day not in ("", None) else pd.NaT
            text = day_label(day, lang) if day == day else _w(state, lang)
            grid.append(_Cell(x, y, fill, f"    {text}", ink, 8.5))
            signs.setdefault((sign, ink), []).append((x - 0.39, y))
    _draw_cells(axes, grid)
    for (sign, ink), places in signs.items():
        _marks(axes, places, marker=sign, markersize=5.5, color=ink, zorder=4)
    labels = [_wrap_thai(f"{step} {names.get(step, '')}", 118, 9) for step in steps]
    _bare(axes, labels, [codelists.area_name(area, lang) for area in areas])
    from matplotlib.lines import Line2D

    add_key(axes.figure, [
        *(Line2D([], [], marker="s", linestyle="", markersize=11, color=fill, markeredgecolor="#c3ccd4", label=_w(state, lang)) for state, (fill, _, _) in STATES.items()),
        Line2D([], [], linestyle="", label=_w("not_all", lang)),
    ], 5)  # fmt: skip
    return axes


JOINTS = ("การขับเคลื่อน", "ประเมินผล", "กระบวนงาน", "ตระหนักรู้", "ตามแผน", "การพัฒนา")
"""Where a reader would pause in the names of the steps; a Thai word is never cut."""


def _wrap_thai(text: str, room: float, size: float) -> str:
    """Break text at spaces and at the joints of Thai phrases; joints leave no space where no line ends."""
    for joint in JOINTS:
        text = text.replace(joint, "\x1f" + joint)
    lines, line = [], ""
    for part in text.replace(" ", "\x1f ").split("\x1f"):
        if line and text_points(line + part, size) > room:
            lines.append(line)
            line = part.lstrip()
        else:
            line += part
    return "\n".join([*lines, line]).strip()


def draw_matrix(axes, table: pd.DataFrame, names: dict, codelists, lang: str):
    """Draw which agency owns (number of targets) or supports (ring) targets of each of the 17 goals.

    `table` has agency_id, goal, n_owned, n_supported. A goal without any owner is marked under its column.
    """
    if table.empty:
        say_nothing(axes, lang)
        return axes
    table = table.assign(goal=table["goal"].astype(str))
    agencies = list(dict.fromkeys(table["agency_id"]))
    owned, helped = (table.groupby(["agency_id", "goal"])[c].sum().to_dict() for c in ("n_owned", "n_supported"))
    most, grid, supported = max([1, *owned.values()]), [], []
    for y, agency in enumerate(agencies):
        for x in range(17):
            n, support = owned.get((agency, str(x + 1)), 0), helped.get((agency, str(x + 1)), 0)
            fill, ink = _blues(0.25 + 0.75 * n / most) if n else ("#ffffff", INK)
            grid.append(_Cell(x, y, fill, f"{int(n)}" if n else "", ink))
            if support and not n:
                supported.append((x, y))
    _draw_cells(axes, grid)
    _marks(axes, supported, marker="o", markersize=6, markerfacecolor="none", markeredgecolor=FAN, markeredgewidth=1.4, zorder=5)
    _bare(axes, _goal_labels(codelists, lang), [names.get(a, a) for a in agencies], slant=True)
    ownerless = [x for x in range(17) if not sum(n for (_, goal), n in owned.items() if goal == str(x + 1))]
    _marks(axes, [(x, len(agencies) - 0.5) for x in ownerless], marker="X", markersize=8, color=NOTED, clip_on=False, zorder=6)
    from matplotlib.lines import Line2D

    add_key(axes.figure, [
        Line2D([], [], marker="s", linestyle="", markersize=11, color=_blues(0.6)[0], markeredgecolor="#c3ccd4", label=_w("owns", lang)),
        Line2D([], [], marker="o", linestyle="", markerfacecolor="none", markeredgecolor=FAN, markersize=7, label=_w("supports", lang)),
        Line2D([], [], marker="X", linestyle="", color=NOTED, markersize=8, label=_w("no_owner", lang)),
    ], 3)  # fmt: skip
    return axes


def draw_maturity(axes, table: pd.DataFrame, codelists, lang: str):
    """Draw the maturity of each province's mechanism by quarter, 0 to 5; a quarter without a report stays empty, a fall is framed.

    `table` has REF_AREA, fiscal_quarter, maturity.
    """
    if table.empty:
        say_nothing(axes, lang)
        return axes
    areas, quarters = list(dict.fromkeys(table["REF_AREA"])), sorted(set(table["fiscal_quarter"]))
    grid = []
    level = table.drop_duplicates(["REF_AREA", "fiscal_quarter"]).set_index(["REF_AREA", "fiscal_quarter"])["maturity"].to_dict()
    for y, area in enumerate(areas):
        before = np.nan
        for x, quarter in enumerate(quarters):
            now = level.get((area, quarter), np.nan)
            if now != now:
                grid.append(_Cell(x, y, "#ffffff", _w("not_sent", lang), NOTED, 8))
                continue
            fill, ink = _blues(now / 5)
            falls = before == before and now < before
            grid.append(_Cell(x, y, fill, f"{now:.0f}", ink, edge=NOTED if falls else "#c3ccd4", line=1.8 if falls else 0.6))
            before = now
    _draw_cells(axes, grid)
    _bare(axes, [quarter_label(q, lang) for q in quarters], [codelists.area_name(a, lang) for a in areas])
    from matplotlib.lines import Line2D

    add_key(axes.figure, [
        *(Line2D([], [], marker="s", linestyle="", markersize=11, color=_blues(k / 5)[0], markeredgecolor="#c3ccd4", label=f"{_w('level', lang)}: 0" if k == 0 else str(k)) for k in (0, 3, 5)),
        Line2D([], [], marker="s", linestyle="", markersize=11, color="white", markeredgecolor=NOTED, markeredgewidth=1.8, label={"th": "ลดลงจากไตรมาสก่อน", "en": "fell since the quarter before"}[lang]),
    ], 4)  # fmt: skip
    return axes


def draw_bipartite(axes, edges: pd.DataFrame, left_names: dict, right_names: dict, lang: str):
    """Draw who works with whom: rows at the left, all codes of `right_names` at the right, a line per tie; whoever has none is named.

    `edges` has left, right, and `weight` (width of the line) where ties differ.
    """
    if edges.empty and not right_names:
        say_nothing(axes, lang)
        return axes
    left = list(dict.fromkeys([*left_names, *edges["left"]]))
    right = list(dict.fromkeys([*right_names, *edges["right"]]))
    height = max(len(left), len(right), 2) - 1
    at_left, at_right = ({code: height * (k + 0.5) / len(codes) for k, code in enumerate(codes)} for codes in (left, right))
    weight = edges["weight"].to_numpy(dtype=float) if "weight" in edges else np.ones(len(edges))
    top = np.nanmax(weight) if len(weight) and not np.isnan(weight).all() else 1
    colours = (LINE, FAN, TARGET, NOTED, "#5b5ea6", "#2a7f86", "#8a5a00", "#51606f")
    hue = {code: colours[k % len(colours)] for k, code in enumerate(right)}
    x = np.linspace(0, 1, 40)
    for a, b, w in zip(edges["left"], edges["right"], np.nan_to_num(weight), strict=True):
        bend = at_left[a] + (at_right[b] - at_left[a]) * (3 * x**2 - 2 * x**3)
        axes.plot(x, bend, color=hue[b], linewidth=0.6 + 2.4 * w / top, alpha=0.55, zorder=2)
    n_left, n_right = edges["left"].value_counts(), edges["right"].value_counts()
    for codes, place, counts, names, at, side in ((left, at_left, n_left, left_names, 0.0, "right"), (right, at_right, n_right, right_names, 1.0, "left")):
        for code in codes:
            n, step = int(counts.get(code, 0)), -0.03 if side == "right" else 0.03
            axes.plot([at], [place[code]], marker="o", markersize=8, color=(hue.get(code, INK) if side == "left" else INK) if n else "white", markeredgecolor=INK if n else NOTED, zorder=4)
            text = f"{names.get(code, code)} ({n})" if n else f"{names.get(code, code)} ({_w('none', lang)})"
            axes.text(at + step, place[code], text, ha=side, va="center", fontsize=9, color=INK if n else NOTED, weight="normal" if n else "bold")
    axes.set_xlim(-0.02, 1.02)
    axes.set_ylim(height + 0.3, -0.3)
    axes.set_axis_off()
    return axes


def draw_flags(axes, table: pd.DataFrame, lang: str):
    """Draw the flagged forms as a list: which form, which quarter, what was found, what to do; the rest is counted.

    `table` has form, quarter, found, fix: text in the language of the figure.
    """
    if table.empty:
        say_nothing(axes, lang, _w("no_flags", lang))
        return axes
    axes.set_axis_off()
    shown = table.head(MOST_FLAGS)
    wide = axes.get_position().width * axes.figure.get_figwidth() * 72
    columns = {"form": (0.0, 0.14), "quarter": (0.155, 0.09), "found": (0.26, 0.36), "fix": (0.64, 0.36)}
    cells = [{c: wrap_at_spaces(str(row.get(c, "")), 0.93 * share * wide, 9) for c, (_, share) in columns.items()} for row in shown.to_dict("records")]
    lines = [max(text.count("\n") + 1 for text in cell.values()) for cell in cells]
    total = sum(lines) + 0.6 * len(lines) + 1.6 + (len(table) > len(shown))
    axes.set_xlim(0, 1)
    axes.set_ylim(total, 0)
    for column, (at, _) in columns.items():
        axes.text(at, 0.5, _w(column, lang), fontsize=9.5, weight="bold", color=SOFT, va="center")
    axes.axhline(1.15, color=SOFT, linewidth=1)
    y = 1.5
    for cell, n in zip(cells, lines, strict=True):
        for column, (at, _) in columns.items():
            axes.text(at, y, cell[column], fontsize=9, va="top", color=NOTED if column == "found" else INK, linespacing=1.25)
        y += n + 0.6
        axes.axhline(y - 0.25, color=OTHER, linewidth=0.5)
    if len(table) > len(shown):
        axes.text(0, y + 0.2, _w("more", lang).format(n=len(table) - len(shown)), fontsize=9, color=SOFT, va="top")
    return axes


def flag_lines(table: pd.DataFrame, wide: float) -> float:
    """Return the lines of text that `draw_flags` needs at a width in points."""
    shares = {"form": 0.14, "quarter": 0.09, "found": 0.36, "fix": 0.36}
    lines = [max(wrap_at_spaces(str(row.get(c, "")), 0.93 * s * wide, 9).count("\n") + 1 for c, s in shares.items()) for row in table.head(MOST_FLAGS).to_dict("records")]
    return sum(lines) + 0.6 * len(lines) + 2.6
