"""Delivery over time: money paid against plan, shares by quarter, time until a step is reached, decisions and their dates.

Tables in, axes out; nothing is estimated here. A quarter that was not sent stays open, it is never a zero.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from sdg_eval.figures.delivery_shares import say_nothing, word
from sdg_eval.figures.style import (
    FAN,
    INK,
    LINE,
    NOTED,
    OTHER,
    SOFT,
    TARGET,
    add_dots,
    add_key,
    name_rows,
    text_points,
    wrap_at_spaces,
)
from sdg_eval.thai import MONTHS_EN, MONTHS_TH_SHORT, year_text

WORDS = {
    "planned": ("แผนสะสมของปี", "planned so far this year"), "paid": ("เบิกจ่ายสะสม", "disbursed so far"), "million": ("ล้านบาท (สะสมในปีงบประมาณ)", "million baht (running total of the fiscal year)"),
    "not_sent": ("ยังไม่ส่ง", "not sent"), "quarter": ("ไตรมาส/ปีงบประมาณ", "quarter/fiscal year (from October)"), "interval": ("ช่วง 95%", "95% interval"),
    "days": ("วันนับจากเริ่มโครงการ", "days from the start of the programme"), "reached": ("ร้อยละของจังหวัดที่ทำแล้ว", "% of provinces that have done it"),
    "still": ("ร้อยละที่ยังดำเนินการอยู่", "% still active"), "met": ("วันที่มีมติ", "decided"), "due": ("ครบกำหนด", "due"), "done": ("เสร็จ", "done"), "dropped": ("ยกเลิก", "dropped"),
    "overdue": ("เกินกำหนด", "over its date"), "as_of": ("วันสิ้นไตรมาส", "end of the quarter"),
}  # fmt: skip
STEP_LOOKS = ((LINE, "-"), (FAN, (0, (5, 2))), (TARGET, (0, (1, 1.2))), (NOTED, (0, (5, 2, 1, 2))))


def _w(key: str, lang: str) -> str:
    return WORDS[key][lang != "th"]


def quarter_label(quarter: str, lang: str) -> str:
    """Return a fiscal quarter as read on an axis: 2/2567 in Thai, 2/2024 in English.

    Examples
    --------
    >>> quarter_label("2567Q2", "en")
    '2/2024'
    """
    year, _, number = str(quarter).partition("Q")
    return f"{number}/{year if lang == 'th' else int(year) - 543}"


def day_label(day, lang: str) -> str:
    """Return a day as read: 30 มิ.ย. 66 in Thai, 30 Jun 2023 in English."""
    day = pd.Timestamp(day)
    if lang == "th":
        return f"{day.day} {MONTHS_TH_SHORT[day.month - 1]} {str(day.year + 543)[2:]}"
    return f"{day.day} {MONTHS_EN[day.month - 1][:3]} {day.year}"


def _quarter_axis(axes, quarters: list[str], lang: str) -> np.ndarray:
    x = np.arange(len(quarters))
    axes.set_xticks(x, [quarter_label(q, lang) for q in quarters])
    axes.set_xlim(-0.6, len(quarters) - 0.4)
    axes.grid(visible=False, axis="x")
    axes.set_xlabel(_w("quarter", lang), fontsize=9.5)
    return x


def draw_pace(axes, table: pd.DataFrame, lang: str):
    """Draw money planned and disbursed up to each quarter of its fiscal year, the pace in words above it.

    `table` is one area: fiscal_quarter, planned_thb, cum_planned_thb, cum_disbursed_thb, pace, ci_low, ci_high.
    """
    if table.empty or table["cum_planned_thb"].isna().all():
        say_nothing(axes, lang)
        return axes
    table = table.sort_values("fiscal_quarter", kind="stable").reset_index(drop=True)
    x = _quarter_axis(axes, list(table["fiscal_quarter"]), lang)
    sent = table["planned_thb"].notna().to_numpy()
    plan, paid = (table[c].to_numpy(dtype=float) / 1e6 for c in ("cum_planned_thb", "cum_disbursed_thb"))
    ends = table[["ci_low", "ci_high"]].to_numpy(dtype=float) * plan[:, None]
    axes.bar(x[sent], plan[sent], width=0.72, facecolor="white", edgecolor=SOFT, linewidth=1.3, zorder=2)
    axes.bar(x[sent], np.nan_to_num(paid[sent]), width=0.5, color=LINE, alpha=0.65, zorder=3)
    there = sent & ~np.isnan(ends).any(axis=1)
    axes.vlines(x[there], ends[there, 0], ends[there, 1], color=INK, linewidth=1.6, zorder=4)
    top = 1.18 * np.nanmax(plan)
    axes.set_ylim(0, top)
    for at in range(len(table)):
        pace = table["pace"].iloc[at]
        if not sent[at]:
            axes.text(x[at], 0.03 * top, _w("not_sent", lang), ha="center", va="bottom", rotation=90, fontsize=9.5, color=NOTED)
        elif pace == pace:
            axes.text(x[at], plan[at] + 0.015 * top, f"{100 * pace:.0f}%", ha="center", va="bottom", fontsize=9.5, color=INK, weight="bold")
    for at in np.flatnonzero(table["fiscal_quarter"].str.endswith("Q1").to_numpy()[1:]) + 1:
        axes.axvline(at - 0.5, color=OTHER, linewidth=0.8)
    axes.set_ylabel(_w("million", lang), fontsize=9.5)
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    add_key(axes.figure, [
        Patch(facecolor="white", edgecolor=SOFT, label=_w("planned", lang)), Patch(color=LINE, alpha=0.65, label=_w("paid", lang)),
        Line2D([], [], color=INK, linewidth=1.6, label={"th": "ช่วง 95% ของอัตราเบิกจ่าย", "en": "95% interval of the pace"}[lang]),
    ], 3)  # fmt: skip
    return axes


def draw_quarter_shares(axes, table: pd.DataFrame, lang: str, *, label: str):
    """Draw a share with its interval per quarter; `table` has fiscal_quarter, share, ci_low, ci_high, n."""
    if table.empty:
        say_nothing(axes, lang)
        return axes
    table = table.sort_values("fiscal_quarter", kind="stable").reset_index(drop=True)
    x = _quarter_axis(axes, list(table["fiscal_quarter"]), lang)
    share = table["share"].to_numpy(dtype=float)
    known, ends = ~np.isnan(share), table[["ci_low", "ci_high"]].to_numpy(dtype=float)
    there = ~np.isnan(ends).any(axis=1)
    axes.plot(x, share, color=LINE, linewidth=1.2, alpha=0.5)
    axes.vlines(x[there], ends[there, 0], ends[there, 1], color=LINE, linewidth=1.8)
    add_dots(axes, x[known], share[known], 42, LINE)
    counts = table["n"].to_numpy(dtype=float) if "n" in table else np.full(len(table), np.nan)
    axes.set_xticks(x, [f"{quarter_label(q, lang)}\nn = {n:.0f}" if n == n else quarter_label(q, lang) for q, n in zip(table["fiscal_quarter"], counts, strict=True)])
    for at in np.flatnonzero(~known):
        axes.text(x[at], 0.03, word("untold", lang), ha="center", va="bottom", fontsize=9, color=NOTED, rotation=90)
    axes.set_ylim(0, 1.04)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0%", "25%", "50%", "75%", "100%"])
    axes.set_ylabel(label, fontsize=9.5)
    from matplotlib.lines import Line2D

    add_key(axes.figure, [Line2D([], [], color=LINE, linewidth=1.8, label=_w("interval", lang))], 1)
    return axes


def draw_curves(axes, curves: pd.DataFrame, names: dict, lang: str, *, key: str = "step_no", reached: bool = True, last: float | None = None, label: str = ""):
    """Draw Kaplan-Meier steps with their bands, one per `key`: those who have reached it (or, not `reached`, are still there).

    `curves` has `key`, time, survival, ci_low, ci_high. Curves end at their last event, or at `last` day where it is given.
    """
    curves = curves[curves["survival"].notna()] if len(curves) else curves
    if curves.empty:
        say_nothing(axes, lang)
        return axes
    end = float(last if last is not None else curves["time"].max())
    from matplotlib.lines import Line2D

    handles = []
    for (code, own), (colour, style) in zip(curves.groupby(key, sort=True), STEP_LOOKS * 4, strict=False):
        own = own.sort_values("time", kind="stable")
        first = np.concatenate([[0.0], own["time"], [max(end, own["time"].max())]])
        middle, low, high = (np.concatenate([[1.0], own[c], [own[c].iloc[-1]]]) for c in ("survival", "ci_low", "ci_high"))
        if reached:
            middle, low, high = 1 - middle, 1 - high, 1 - low
        axes.fill_between(first, low, high, step="post", color=colour, alpha=0.10, linewidth=0)
        axes.step(first, middle, where="post", color=colour, linewidth=2, linestyle=style)
        handles.append(Line2D([], [], color=colour, linewidth=2, linestyle=style, label=names.get(str(code), str(code))))
    axes.set_xlim(0, end)
    axes.set_ylim(0, 1.02)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0%", "25%", "50%", "75%", "100%"])
    axes.set_ylabel(_w("reached" if reached else "still", lang), fontsize=9.5)
    axes.set_xlabel(label or _w("days", lang), fontsize=9.5)
    add_key(axes.figure, handles, 2)
    return axes


def draw_decisions(axes, table: pd.DataFrame, lang: str, *, as_of):
    """Draw decisions over time: from the day decided to the day due, and when they were closed; what is overdue stands out.

    `table` has decision_id, text_th, decided_on, due_date, closed_date, state (done, dropped, open, overdue); dates may be missing.
    """
    if table.empty:
        say_nothing(axes, lang)
        return axes
    table = table.reset_index(drop=True)
    end = pd.Timestamp(as_of)
    begin, due, closed = (pd.to_datetime(table[c].replace("", None)) for c in ("decided_on", "due_date", "closed_date"))
    y = name_rows(axes, [wrap_at_spaces(f"{t}", 190, 9) for t in table["text_th"]], size=9, colour=INK)
    for at in y:
        late = table["state"].iloc[at] == "overdue"
        stop = closed[at] if closed[at] == closed[at] else end
        start = begin[at] if begin[at] == begin[at] else due[at]
        if start != start:
            axes.text(0.01, at, word("untold", lang), transform=axes.get_yaxis_transform(), fontsize=8.5, color=SOFT, va="center")
            continue
        axes.hlines(at, start, min(stop, due[at]) if due[at] == due[at] else stop, color=SOFT, linewidth=2.2)
        if due[at] == due[at] and stop > due[at]:
            axes.hlines(at, due[at], stop, color=NOTED, linewidth=4.5 if late else 2.6)
        if late:
            axes.text(stop, at, "  " + _late(int((end - due[at]).days), lang), fontsize=9, color=NOTED, va="center", weight="bold")
    _marks(axes, begin, y, "|", INK, 60)
    _marks(axes, due, y, "D", TARGET, 26)
    for state, marker, colour in (("done", "o", LINE), ("dropped", "x", SOFT)):
        mine = (table["state"] == state).to_numpy()
        _marks(axes, closed[mine], y[mine], marker, colour, 40)
    axes.axvline(end, color=INK, linewidth=1, linestyle=(0, (5, 3)))
    _month_axis(axes, pd.concat([begin, due, closed]).dropna(), end, lang)
    from matplotlib.lines import Line2D

    add_key(axes.figure, [
        Line2D([], [], marker="|", linestyle="", color=INK, markersize=9, label=_w("met", lang)), Line2D([], [], marker="D", linestyle="", color=TARGET, markersize=5, label=_w("due", lang)),
        Line2D([], [], marker="o", linestyle="", color=LINE, markersize=6, label=_w("done", lang)), Line2D([], [], marker="x", linestyle="", color=SOFT, markersize=6, label=_w("dropped", lang)),
        Line2D([], [], color=NOTED, linewidth=4, label=_w("overdue", lang)), Line2D([], [], color=INK, linewidth=1, linestyle=(0, (5, 3)), label=_w("as_of", lang)),
    ], 3)  # fmt: skip
    return axes


def _late(days: int, lang: str) -> str:
    return {"th": f"เกินกำหนด {days:,} วัน", "en": f"{days:,} days late"}[lang]


def _marks(axes, dates, y, marker: str, colour: str, size: float) -> None:
    there = dates.notna().to_numpy()
    add_dots(axes, dates[there], y[there], size, colour, marker=marker, zorder=4)


def _month_axis(axes, dates: pd.Series, end: pd.Timestamp, lang: str) -> None:
    """Ticks at the first day of fiscal quarters (or years, when there are many), with room for words right of the last day."""
    first = min([*dates, end]) - pd.Timedelta(days=15)
    last = max([*dates, end])
    span = (last - first).days
    axes.set_xlim(first, last + pd.Timedelta(days=max(30, int(0.22 * span))))
    months = pd.date_range(first, last, freq="QS" if span < 1200 else "YS")
    axes.set_xticks(months, [_month(m, lang) for m in months])


def _month(day: pd.Timestamp, lang: str) -> str:
    names = MONTHS_TH_SHORT if lang == "th" else [m[:3] for m in MONTHS_EN]
    return f"{names[day.month - 1]}\n{year_text(day.year, lang)}"


def label_room(table: pd.DataFrame, column: str, size: float = 9, most: float = 190) -> float:
    """Return inches for wrapped labels of at most `most` points left of the axes."""
    widths = [text_points(line, size) for text in table[column].astype(str) for line in wrap_at_spaces(text, most, size).split("\n")]
    return max(widths, default=0) / 72 + 0.22
