"""Shares, ratios and scores of delivery as rows with their intervals: money, networks, groups, checklists, portfolio, scores.

Tables in, axes out; nothing is estimated here. A row without a value stays in its place and says that it cannot be told yet.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

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
)

WORDS = {
    "untold": ("ยังบอกไม่ได้", "cannot be told yet"), "nothing": ("ยังไม่มีข้อมูลให้วาด", "No data to draw yet"), "none": ("ไม่มี", "none"),
    "of_money": ("ร้อยละของเงินทั้งหมด", "% of all money"), "of_projects": ("ร้อยละของโครงการ", "% of projects"), "interval": ("ช่วง 95%", "95% interval"),
    "interval_of_none": ("ช่วง 95% ของเป้าหมายที่ไม่มีเงิน", "95% interval where no money went"),
    "public": ("งบรัฐ", "public"), "private": ("เงินเอกชน", "private"), "donor": ("ผู้ให้ทุน", "donors"), "local": ("งบท้องถิ่น", "local government"),
    "money": ("สัดส่วนเงิน", "share of money"), "money_private": ("ในนั้นเป็นเงินเอกชน", "of it private"), "need": ("สัดส่วนปัญหา (ถ่วงด้วยความรุนแรง)", "share of need (by severity)"),
    "untagged": ("ไม่ได้ระบุเป้าหมาย", "no goal given"), "fair": ("เท่ากับสัดส่วนในประชากร", "as in the population"),
    "ratio": ("สัดส่วนในห้องประชุม ÷ สัดส่วนในประชากร", "share in the room ÷ share in the population"),
    "score": ("คะแนนเฉลี่ย (0–100)", "mean score (0–100)"), "pre": ("ก่อน", "before"), "post": ("หลัง (ช่วง 95% ของการเปลี่ยนแปลง)", "after (95% interval of the change)"),
    "follow": ("ติดตามผล (เฉพาะผู้ที่ตอบครบ)", "follow-up (those who answered all three)"),
    "range": ("ช่วงระหว่างสองวิธีติดแท็ก", "range of two ways of tagging"), "year": ("ปีงบประมาณ", "fiscal year"),
}  # fmt: skip
REASONS = {
    "suppressed": ("ไม่แสดง: น้อยกว่า 10 คน", "not shown: under 10 persons"), "few_projects": ("โครงการน้อยเกินไป", "too few projects"), "few_events": ("กิจกรรมน้อยเกินไป", "too few events"),
    "few_pairs": ("ผู้ตอบครบทั้งก่อนและหลังน้อยเกินไป", "too few pairs"), "no_projects": ("ไม่มีโครงการ", "no projects"), "no_events": ("ไม่มีกิจกรรม", "no events"), "no_rows": ("ไม่มีข้อมูล", "no data"),
    "not_reported": ("ไม่มีรายงาน", "not reported"),
}  # fmt: skip
"""Why a row has no value, in words; another reason is said as "cannot be told yet"."""
SOURCE_LOOKS = {"public": (LINE, ""), "local": (TARGET, ".."), "private": (FAN, "//"), "donor": (NOTED, "xx")}
"""Colour and hatch of each source of money, so that colour is never the only sign."""
ROW_FONT = 9.5
LEAST_RATIO = 1 / 16
"""Where a ratio of 0 is drawn on the logarithmic axis, as an arrow."""


def word(key: str, lang: str) -> str:
    """Return a word of these figures in `th` or `en`."""
    return WORDS[key][lang != "th"]


def percent(share: float) -> str:
    """Return a share as a percentage: whole, or with one digit when that would round a small share to nothing."""
    return f"{100 * share:.1f}%" if 0 < share < 0.02 else f"{100 * share:.0f}%"


def say_nothing(axes, lang: str, text: str = "") -> None:
    """Write that there is nothing to draw yet, instead of an empty frame."""
    axes.set_axis_off()
    axes.text(0.5, 0.5, text or word("nothing", lang), transform=axes.transAxes, ha="center", va="center", fontsize=12, color=SOFT)


def names_of(table: pd.DataFrame, key: str, names: dict) -> list[str]:
    """Return the label of each row; a code without a name is shown as it is."""
    return [names.get(code, str(code)) for code in table[key].astype(str)]


def room_for(labels, size: float = ROW_FONT) -> float:
    """Return inches that the widest label needs left of the axes."""
    return max((text_points(line, size) for label in labels for line in str(label).split("\n")), default=0) * 1.05 / 72 + 0.22


def rows_axis(axes, labels: list[str]) -> np.ndarray:
    """Name one row per label, first on top, and return their heights."""
    return name_rows(axes, labels, size=ROW_FONT, colour=INK)


def percent_axis(axes, top: float, label: str) -> None:
    """Scale the x axis in percent from 0 to `top`."""
    top = min(1.0, top if top > 0 else 1.0)
    axes.set_xlim(0, top * 1.02)
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{100 * v:.0f}%"))
    axes.set_xlabel(label, fontsize=9.5)


def untold(axes, y, missing, lang: str, reasons=None) -> None:
    """Write in the rows without a value that they cannot be told yet, or why (`reasons`, a column of codes)."""
    codes = [""] * len(y) if reasons is None else list(reasons)
    for at in np.flatnonzero(missing):
        text = REASONS[codes[at]][lang != "th"] if codes[at] in REASONS else word("untold", lang)
        axes.text(0.01, y[at], text, transform=axes.get_yaxis_transform(), fontsize=8.5, color=SOFT, va="center", ha="left", style="normal")


def draw_share_rows(axes, table: pd.DataFrame, names: dict, lang: str, *, key: str, label: str, counts: tuple[str, str] = ("", ""), low="ci_low", high="ci_high", interval="interval"):
    """Draw one row per `key`: its share as a bar, its interval as a line, and k of n in words at the end of the row.

    Parameters
    ----------
    table
        share, `low`, `high`, and the columns of `counts` (k, n); a share of 0 stands as "none". `reason` says why one is blank.
    """
    if table.empty:
        say_nothing(axes, lang)
        return axes
    y = rows_axis(axes, names_of(table, key, names))
    share, ends = table["share"].to_numpy(dtype=float), table[[low, high]].to_numpy(dtype=float)
    known = ~np.isnan(share)
    axes.barh(y[known], share[known], height=0.5, color=LINE, alpha=0.55, zorder=2)
    _whiskers(axes, y, ends, INK)
    top = np.nanmax([0.05, *share[known], *ends[~np.isnan(ends)]])
    percent_axis(axes, top, label)
    for at in np.flatnonzero(known):
        k, n = (table[c].iloc[at] if c in table else np.nan for c in counts)
        text = f"{int(k)}/{int(n)}" if k == k and n == n else percent(share[at])
        text = f"{text} {word('none', lang)}" if share[at] == 0 else text
        axes.text(1.01, y[at], text, transform=axes.get_yaxis_transform(), fontsize=9, va="center", color=NOTED if share[at] == 0 else INK, weight="bold" if share[at] == 0 else "normal")
    untold(axes, y, ~known, lang, table.get("reason"))
    from matplotlib.lines import Line2D

    add_key(axes.figure, [Line2D([], [], color=INK, linewidth=1.4, label=word(interval, lang))], 1)
    return axes


def _whiskers(axes, y, ends: np.ndarray, colour: str, **looks) -> None:
    there = ~np.isnan(ends).any(axis=1)
    axes.hlines(y[there], ends[there, 0], ends[there, 1], color=colour, linewidth=1.4, zorder=3, **looks)


def draw_money_goals(axes, table: pd.DataFrame, codelists, lang: str):
    """Draw the share of money per goal beside its share of need: always 17 rows, and one for money without a goal.

    `table` has goal, share, ci_low, ci_high, need_share, and `private_share` (that part of all money which is private and of
    this goal) where the split is known.
    """
    names = codelists.goals17.set_index("goal")[f"short_{lang}"]
    rows = pd.DataFrame({"goal": [*map(str, range(1, 18)), "untagged"]}).merge(table.assign(goal=table["goal"].astype(str)), on="goal", how="left")
    labels = [f"{goal} {names[goal]}" if goal in names.index else word("untagged", lang) for goal in rows["goal"]]
    y = rows_axis(axes, labels)
    share, need = rows["share"].to_numpy(dtype=float), rows["need_share"].to_numpy(dtype=float)
    ends = rows[["ci_low", "ci_high"]].to_numpy(dtype=float)
    private = rows["private_share"].to_numpy(dtype=float) if "private_share" in rows else np.full(len(rows), np.nan)
    own = np.nan_to_num(np.minimum(private, share))
    axes.barh(y, np.nan_to_num(share) - own, height=0.56, color=LINE, alpha=0.6, zorder=2)
    axes.barh(y, own, left=np.nan_to_num(share) - own, height=0.56, facecolor="white", edgecolor=FAN, hatch="////", linewidth=0.8, zorder=2)
    nothing = share == 0  # an interval is there too, and must not shout louder than the money that was spent
    _whiskers(axes, y, np.where(nothing[:, None], np.nan, ends), INK)
    _whiskers(axes, y, np.where(nothing[:, None], ends, np.nan), OTHER, linestyle=(0, (1, 1.5)))
    add_dots(axes, need[need > 0], y[need > 0], 34, NOTED, "white", 0.6, marker="D", zorder=5)
    add_dots(axes, need[need == 0], y[need == 0], 26, "white", NOTED, 1, marker="D", zorder=5, clip=False)
    untold(axes, y, np.isnan(share), lang, rows.get("reason"))
    values = np.concatenate([share, need, ends.ravel()])
    percent_axis(axes, np.nanmax(values) if (~np.isnan(values)).any() else 1, word("of_money", lang))
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    add_key(axes.figure, [
        Patch(color=LINE, alpha=0.6, label=word("money", lang)),
        *([Patch(facecolor="white", edgecolor=FAN, hatch="////", label=word("money_private", lang))] if (own > 0).any() else []),
        Line2D([], [], color=INK, linewidth=1.4, label=word("interval", lang)),
        Line2D([], [], marker="D", linestyle="", color=NOTED, markersize=6, label=word("need", lang)),
        Line2D([], [], color=OTHER, linewidth=1.4, linestyle=(0, (1, 1.5)), label=word("interval_of_none", lang)),
    ], 2)  # fmt: skip
    return axes


def draw_sources(axes, table: pd.DataFrame, lang: str):
    """Draw the sources of money of each fiscal year as parts of one bar; `table` has fiscal_year, source_type, share, ci_low, ci_high."""
    table = table[table["share"].notna()] if len(table) else table
    if table.empty:
        say_nothing(axes, lang)
        return axes
    years = sorted(set(table["fiscal_year"].astype(int)))
    y = rows_axis(axes, [str(year if lang == "th" else year - 543) for year in years])
    axes.set_ylabel(word("year", lang), fontsize=9.5)
    from matplotlib.patches import Patch

    for at, year in enumerate(years):
        own, left = table[table["fiscal_year"].astype(int) == year].set_index("source_type"), 0.0
        for source, (colour, hatch) in SOURCE_LOOKS.items():
            share = float(own["share"].get(source, 0.0))
            axes.barh(y[at], share, left=left, height=0.55, facecolor=colour, hatch=hatch, edgecolor="white", linewidth=0.8, zorder=2)
            if share >= 0.06:
                axes.text(left + share / 2, y[at], percent(share), ha="center", va="center", color="white", fontsize=9.5, weight="bold", zorder=4,
                          bbox={"facecolor": colour, "edgecolor": "none", "pad": 1.2})  # fmt: skip
            left += share
        if "private" in own.index and own["ci_low"].get("private") == own["ci_low"].get("private"):
            low, high = own.loc["private", ["ci_low", "ci_high"]]
            axes.text(1.01, y[at], f"{word('private', lang)} {percent(own.loc['private', 'share'])}\n({percent(low)}–{percent(high)})", transform=axes.get_yaxis_transform(), fontsize=9, va="center", linespacing=1.3)
    percent_axis(axes, 1.0, word("of_money", lang))
    add_key(axes.figure, [Patch(facecolor=colour, hatch=hatch, edgecolor="white", label=word(source, lang)) for source, (colour, hatch) in SOURCE_LOOKS.items()], 4)
    return axes


def draw_representation(axes, table: pd.DataFrame, names: dict, lang: str):
    """Draw each group's share in the room over its share in the population, with its interval, on a doubling axis.

    `table` has group, ratio, ci_low, ci_high, participants; a group that nobody saw stands at the left edge with an arrow.
    """
    if table.empty:
        say_nothing(axes, lang)
        return axes
    y = rows_axis(axes, names_of(table, "group", names))
    ratio, ends = table["ratio"].to_numpy(dtype=float), table[["ci_low", "ci_high"]].to_numpy(dtype=float)
    axes.set_xscale("log", base=2)
    axes.axvline(1, color=SOFT, linewidth=1.2, linestyle=(0, (5, 3)), zorder=1)
    _whiskers(axes, y, np.clip(ends, LEAST_RATIO, None), SOFT)
    below, above = _sides(table, ends)
    for mine, colour, marker in ((~below & ~above, OTHER, "o"), (above, LINE, "^"), (below, NOTED, "v")):
        mine = mine & (ratio > 0)
        add_dots(axes, ratio[mine], y[mine], 52, colour, "white", 0.6, marker=marker, zorder=4)
    silent = ratio == 0
    add_dots(axes, np.full(silent.sum(), LEAST_RATIO), y[silent], 70, NOTED, marker="<", zorder=5, clip=False)
    for at in np.flatnonzero(~np.isnan(ratio)):
        told = "0" if silent[at] else f"{ratio[at]:.2f}"
        count = table["participants"].iloc[at] if "participants" in table else np.nan
        people = "" if count != count else {"th": f" ({int(count):,} คน)", "en": f" ({int(count):,})"}[lang]
        axes.text(1.01, y[at], told + people, transform=axes.get_yaxis_transform(), fontsize=9, va="center", color=NOTED if silent[at] else INK, weight="bold" if silent[at] else "normal")
    untold(axes, y, np.isnan(ratio), lang, table.get("reason"))
    values = np.concatenate([ratio, ends.ravel()])
    top = np.nanmax(values) if (~np.isnan(values)).any() else 2
    axes.set_xlim(LEAST_RATIO / 1.3 if silent.any() else min(0.5, max(LEAST_RATIO, 0.8 * np.nanmin([0.5, *values[values > 0]]))), max(2.2, 1.1 * min(top, 16)))
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter

    axes.xaxis.set_major_locator(FixedLocator([1 / 16, 1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8, 16]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:g}" if v >= 1 else f"1/{1 / v:.0f}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel(word("ratio", lang), fontsize=9.5)
    from matplotlib.lines import Line2D

    add_key(axes.figure, [
        Line2D([], [], color=SOFT, linewidth=1.4, label=word("interval", lang)), Line2D([], [], color=SOFT, linewidth=1.2, linestyle=(0, (5, 3)), label=word("fair", lang)),
        Line2D([], [], marker="v", linestyle="", color=NOTED, markersize=6, label={"th": "น้อยกว่าประชากร", "en": "fewer than in the population"}[lang]),
        Line2D([], [], marker="^", linestyle="", color=LINE, markersize=6, label={"th": "มากกว่าประชากร", "en": "more than in the population"}[lang]),
    ], 2)  # fmt: skip
    return axes


def _sides(table: pd.DataFrame, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(fewer than in the population, more): by the verdict where the table has one, else by the interval."""
    if "verdict" in table:
        return (table["verdict"] == "under").to_numpy(), (table["verdict"] == "over").to_numpy()
    return ends[:, 1] < 1, ends[:, 0] > 1


def draw_awareness(axes, table: pd.DataFrame, names: dict, lang: str, *, key: str = "event_id"):
    """Draw mean scores before and after each training with the interval of the change, and at follow-up where there is one.

    `table` has `key`, n, mean_pre, mean_post, ci_low, ci_high (of the change), and kept, kept_low, kept_high (what was left
    of the gain at follow-up, in points above the mean before).
    """
    if table.empty:
        say_nothing(axes, lang)
        return axes
    y = rows_axis(axes, names_of(table, key, names))
    before, after = table["mean_pre"].to_numpy(dtype=float), table["mean_post"].to_numpy(dtype=float)
    known = ~np.isnan(before) & ~np.isnan(after)
    for at in np.flatnonzero(known):
        axes.annotate("", (after[at], y[at] - 0.12), (before[at], y[at] - 0.12), arrowprops={"arrowstyle": "-", "color": OTHER, "linewidth": 1.6}, zorder=1)
    _whiskers(axes, y - 0.12, before[:, None] + table[["ci_low", "ci_high"]].to_numpy(dtype=float), LINE)
    add_dots(axes, before[known], y[known] - 0.12, 42, "white", SOFT, 1.4, zorder=4)
    add_dots(axes, after[known], y[known] - 0.12, 46, LINE, zorder=5)
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], marker="o", linestyle="", markerfacecolor="white", markeredgecolor=SOFT, label=word("pre", lang)),
        Line2D([], [], marker="o", color=LINE, markersize=6, label=word("post", lang)),
    ]  # fmt: skip
    if "kept" in table and table["kept"].notna().any():
        later = before + table["kept"].to_numpy(dtype=float)
        _whiskers(axes, y + 0.2, before[:, None] + table[["kept_low", "kept_high"]].to_numpy(dtype=float), NOTED)
        add_dots(axes, later, y + 0.2, 38, NOTED, "white", 0.5, marker="D", zorder=5)
        handles.append(Line2D([], [], marker="D", color=NOTED, markersize=5, label=word("follow", lang)))
    for at, n in enumerate(table["n"] if "n" in table else []):
        if n == n:
            axes.text(1.01, y[at], f"n = {int(n)}", transform=axes.get_yaxis_transform(), fontsize=9, va="center")
    untold(axes, y, ~known, lang, table.get("reason"))
    axes.set_xlim(0, 100)
    axes.set_xlabel(word("score", lang), fontsize=9.5)
    add_key(axes.figure, handles, 2)
    return axes


def draw_checklist(axes, table: pd.DataFrame, names: dict, lang: str):
    """Draw the share of plan items that meet each criterion, in the first and the last version of a plan, with intervals.

    `table` is one plan type of one area: criterion, version, k, n, share, ci_low, ci_high.
    """
    if table.empty:
        say_nothing(axes, lang)
        return axes
    checks, versions = list(dict.fromkeys(table["criterion"].astype(str))), sorted(set(table["version"].dropna()))
    y = rows_axis(axes, [names.get(check, check) for check in checks])
    looks = {versions[-1]: (0.0, LINE)} if len(versions) == 1 else {versions[0]: (-0.2, OTHER), versions[-1]: (0.2, LINE)} if versions else {}
    for version, (shift, colour) in looks.items():
        own = table[table["version"] == version].drop_duplicates("criterion").set_index("criterion").reindex(checks)
        share, ends = own["share"].to_numpy(dtype=float), own[["ci_low", "ci_high"]].to_numpy(dtype=float)
        axes.barh(y + shift, np.nan_to_num(share), height=0.36, color=colour, alpha=0.75, zorder=2)
        _whiskers(axes, y + shift, ends, INK)
        for at in range(len(checks)):
            k, n = (own[c].iloc[at] if c in own else np.nan for c in ("k", "n"))
            text = word("untold", lang) if share[at] != share[at] else f"{int(k)}/{int(n)}" if k == k and n == n else percent(share[at])
            axes.text(1.01, y[at] + shift, text, transform=axes.get_yaxis_transform(), fontsize=8.5, va="center", color=SOFT if shift < 0 else INK)
    percent_axis(axes, 1.0, {"th": "ร้อยละของรายการในแผน", "en": "% of plan items"}[lang])
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    version_word = {"th": "แผนฉบับที่ {}", "en": "version {} of the plan"}[lang]
    add_key(axes.figure, [*(Patch(color=colour, alpha=0.75, label=version_word.format(int(v))) for v, (_, colour) in looks.items()), Line2D([], [], color=INK, linewidth=1.4, label=word("interval", lang))], 3)
    return axes


def draw_portfolio(axes, table: pd.DataFrame, codelists, lang: str):
    """Draw how many projects reach each of the 17 goals, as weight, with the range of two ways of tagging.

    `table` has goal, n_projects, share, range_low, range_high; a goal that no project reaches says so.
    """
    names = codelists.goals17.set_index("goal")[f"short_{lang}"]
    rows = pd.DataFrame({"goal": [*map(str, range(1, 18)), "untagged"]}).merge(table.assign(goal=table["goal"].astype(str)), on="goal", how="left")
    rows = rows[(rows["goal"] != "untagged") | (rows["n_projects"].fillna(0) > 0)].reset_index(drop=True)
    labels = [f"{goal} {names[goal]}" if goal in names.index else word("untagged", lang) for goal in rows["goal"]]
    y = rows_axis(axes, labels)
    share, ends = rows["share"].to_numpy(dtype=float), rows[["range_low", "range_high"]].to_numpy(dtype=float)
    count = rows["n_projects"].to_numpy(dtype=float)
    axes.barh(y, np.nan_to_num(share), height=0.55, color=LINE, alpha=0.6, zorder=2)
    _whiskers(axes, y, ends, INK)
    for at in range(len(rows)):
        nothing = count[at] == 0
        text = word("untold", lang) if count[at] != count[at] else {"th": "ไม่มีโครงการ", "en": "no project"}[lang] if nothing else f"{int(count[at])}"
        axes.text(1.01, y[at], text, transform=axes.get_yaxis_transform(), fontsize=9, va="center", color=NOTED if nothing else INK, weight="bold" if nothing else "normal")
    values = np.concatenate([share, ends.ravel()])
    percent_axis(axes, np.nanmax(values) if (~np.isnan(values)).any() else 1, word("of_projects", lang))
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    add_key(axes.figure, [
        Patch(color=LINE, alpha=0.6, label={"th": "สัดส่วนตามน้ำหนัก", "en": "share by weight"}[lang]), Line2D([], [], color=INK, linewidth=1.4, label=word("range", lang)),
        Line2D([], [], linestyle="", marker="$3$", color=INK, markersize=6, label={"th": "ตัวเลขท้ายแถว: จำนวนโครงการ", "en": "figure at the right: projects"}[lang]),
    ], 3)  # fmt: skip
    return axes


