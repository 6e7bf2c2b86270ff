"""Did the pilot work: event study, paths, randomisation, specifications, power and balance.

Tables in, axes out; nothing is estimated here. The finding in each title comes with the tables.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from sdg_eval.figures.comparisons import _each_language, _save, _sources
from sdg_eval.figures.style import (
    BAND,
    INK,
    LINE,
    NOTED,
    OTHER,
    PILOT,
    SOFT,
    add_boxes,
    add_dots,
    add_key,
    finish,
    keys_of,
    lend_figure,
    name_rows,
    new_figure,
    text_points,
    title,
    wrap_at_spaces,
)
from sdg_eval.thai import year_text

WORDS = {
    "difference": ("ผลต่างภายในภาคเดียวกัน", "difference within regions"), "pilots": ("จังหวัดนำร่อง (เฉลี่ย)", "pilot provinces (mean)"),
    "weighted": ("จังหวัดเปรียบเทียบถ่วงน้ำหนัก", "weighted comparison provinces"), "others": ("จังหวัดเปรียบเทียบทั้งหมด (เลื่อนระดับ)", "all comparison provinces (level moved)"),
    "window": ("ตั้งแต่เริ่มโครงการ", "from the start of the programme"), "reference": ("ช่วงอ้างอิง", "reference"), "ci": ("ผลต่างและช่วง 95%", "difference, 95% interval"), "plain": ("ไม่แยกตามภาค", "over all regions"),
    "drawn": ("กลุ่มที่สุ่มขึ้นมา", "groups drawn at random"), "real": ("จังหวัดนำร่องจริง", "the real pilots"), "count": ("จำนวนครั้ง", "draws"),
    "effect": ("ขนาดผล", "effect"), "estimate": ("ค่าประมาณ", "estimate"), "power": ("โอกาสที่จะพบ", "chance to find it"), "smallest": ("ขนาดที่มีความหมาย", "size that matters"), "eighty": ("ร้อยละ 80", "80%"),
    "balance": ("ผลต่างเป็นส่วนเบี่ยงเบนมาตรฐาน", "difference in standard deviations"), "own": ("จังหวัดนี้", "this province"), "synthetic": ("คู่เทียบสังเคราะห์", "synthetic counterpart"),
    "official": ("วิธีทางการ", "official specification"), "sure": ("p < 0.05", "p < 0.05"), "unsure": ("p ≥ 0.05", "p ≥ 0.05"),
    "areas": ("จังหวัด", "areas"), "periods": ("ปี", "years"), "weights": ("น้ำหนัก", "weights"), "estimator": ("วิธี", "estimator"), "log": ("ลอการิทึม", "logarithm"),
}  # fmt: skip
CHOICES = {
    "all": ("ทั้งหมด", "all"), "without_bangkok": ("ไม่รวม กทม.", "without Bangkok"), "without_neighbours": ("ไม่รวมที่ติดกัน", "without neighbours"), "matched": ("จับคู่", "matched"),
    "without_covid": ("ไม่รวม 2563–64", "without 2020–21"), "none": ("ไม่ถ่วง", "none"), "population": ("ประชากร", "population"), "did": ("DiD ภายในภาค", "DiD within regions"), "plain": ("DiD ไม่แยกภาค", "DiD, all regions"), "sdid": ("DiD สังเคราะห์", "synthetic DiD"),
}  # fmt: skip


def _w(key: str, lang: str) -> str:
    return WORDS[key][lang != "th"]


def _period_axis(axes, periods, labels, lang: str) -> None:
    """Years, or the first quarter of every year, at most ten of them."""
    # a fiscal year (2022-10-01/P1Y) is named by the year it ends in
    places = [(p, int(label[:4]) + ("/" in label)) for p, label in zip(periods, labels, strict=True) if len(label) == 4 or label.endswith("-Q1") or "/" in label]
    step = max(1, -(-len(places) // 10))
    axes.set_xticks([p for p, _ in places[::step]], [year_text(year, lang).removeprefix("พ.ศ. ") for _, year in places[::step]])


def _shade(axes, periods, first: float, lang: str) -> None:
    gap = min(np.diff(sorted(periods)), default=1)
    axes.axvspan(first - gap / 2, max(periods) + gap / 2, color=BAND, alpha=0.07, linewidth=0)


def draw_event_study(axes, events: pd.DataFrame, lang: str):
    """Draw difference and 95% interval per period; `events` has period, label, lead, effect, ci_low, ci_high, and `plain`
    (the difference over all regions) where it is known."""
    events = events.sort_values("period")
    _shade(axes, events["period"], events.loc[events["lead"] >= 0, "period"].min(), lang)
    axes.axhline(0, color=SOFT, linewidth=1)
    before = events["lead"] < 0
    for rows, colour in ((events[before], SOFT), (events[~before], PILOT)):
        axes.vlines(rows["period"], rows["ci_low"], rows["ci_high"], color=colour, linewidth=1.6)
        add_dots(axes, rows["period"], rows["effect"], 30, colour)
    if "plain" in events:
        add_dots(axes, events["period"], events["plain"], 24, NOTED, width=1.3, marker="x", zorder=5)
    reference = events[events["lead"] == -1]
    add_dots(axes, reference["period"], reference["effect"], 44, "white", INK, zorder=4)
    _period_axis(axes, events["period"], events["label"], lang)
    axes.set_ylabel(_w("difference", lang), fontsize=9.5)
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    add_key(axes.figure, [
        Line2D([], [], marker="o", color=PILOT, markersize=5, label=_w("ci", lang)), Line2D([], [], marker="o", linestyle="", markerfacecolor="white", markeredgecolor=INK, label=_w("reference", lang)),
        *([Line2D([], [], marker="x", linestyle="", color=NOTED, label=_w("plain", lang))] if "plain" in events else []), Patch(color=BAND, alpha=0.12, label=_w("window", lang)),
    ], 2)  # fmt: skip
    return axes


def draw_paths(axes, paths: pd.DataFrame, lang: str, unit: str, names: tuple[str, str] = ("pilots", "weighted")):
    """Draw the treated path against its counterpart; `paths` has period, label, post and the columns `names` (and `others`)."""
    _shade(axes, paths["period"], paths.loc[paths["post"], "period"].min(), lang)
    from matplotlib.lines import Line2D

    handles = []
    if "others" in paths:
        axes.plot(paths["period"], paths["others"], color=OTHER, linewidth=1.4, linestyle=(0, (1, 1.5)))
        handles.append(Line2D([], [], color=OTHER, linewidth=1.4, linestyle=(0, (1, 1.5)), label=_w("others", lang)))
    axes.plot(paths["period"], paths[names[1]], color=SOFT, linewidth=1.8, linestyle=(0, (5, 2)))
    axes.plot(paths["period"], paths[names[0]], color=PILOT, linewidth=2.2, marker="o", markersize=3.5)
    words = {"pilots": "pilots", "weighted": "weighted", "own": "own", "synthetic": "synthetic"}
    handles = [
        Line2D([], [], color=PILOT, linewidth=2.2, marker="o", markersize=3.5, label=_w(words[names[0]], lang)),
        Line2D([], [], color=SOFT, linewidth=1.8, linestyle=(0, (5, 2)), label=_w(words[names[1]], lang)), *handles,
    ]  # fmt: skip
    _period_axis(axes, paths["period"], paths["label"], lang)
    axes.set_ylabel(unit, fontsize=9.5)
    add_key(axes.figure, handles, 2)
    return axes


def draw_randomisation(axes, draws: np.ndarray, observed: float, lang: str):
    """Draw the differences of groups drawn at random and where the real pilots lie (dashed: as far on the other side)."""
    reach = 1.05 * max(np.abs(draws).max(), abs(observed))
    counts, edges = np.histogram(draws, bins=np.linspace(-reach, reach, 42))
    middles = (edges[:-1] + edges[1:]) / 2
    add_boxes(axes, {(OTHER, "white", 0.4): [(x, n / 2, edges[1] - edges[0], n) for x, n in zip(middles, counts, strict=True) if n]}, zorder=1)
    axes.set(xlim=(-1.1 * reach, 1.1 * reach), ylim=(0, 1.05 * max(counts.max(), 1)))
    for side, style in ((observed, (0, (1, 0))), (-observed, (0, (2, 2)))):
        axes.axvline(side, color=NOTED, linewidth=2, linestyle=style)
    axes.set_ylabel(_w("count", lang), fontsize=9.5)
    axes.set_xlabel(_w("difference", lang), fontsize=9.5)
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    add_key(axes.figure, [Patch(color=OTHER, label=_w("drawn", lang)), Line2D([], [], color=NOTED, linewidth=2, label=_w("real", lang))], 2)
    return axes


def draw_specifications(axes, specs: pd.DataFrame, lang: str):
    """Draw every specification sorted by effect with its interval, and below it which choices it makes."""
    known = specs[specs["effect"].notna()].reset_index(drop=True)
    x = np.arange(len(known))
    left, bottom, wide, high = axes.get_position().bounds
    groups = [(c, [v for v in CHOICES if v in set(known[c])]) for c in ("areas", "periods", "weights", "estimator")]
    rows = [(column, value) for column, values in groups for value in values]
    share = 0.5
    axes.set_position((left, bottom + high * share, wide, high * (1 - share)))
    sure = known["p_value"] < 0.05
    for rows_of, colour in ((known[~sure], OTHER), (known[sure], PILOT)):
        axes.vlines(rows_of.index, rows_of["ci_low"], rows_of["ci_high"], color=colour, linewidth=1.4, alpha=0.75)
        add_dots(axes, rows_of.index, rows_of["effect"], 18, colour)
    official = known[known["official"].astype(bool)]
    add_dots(axes, official.index, official["effect"], 70, "none", NOTED, 1.8, zorder=4)
    axes.axhline(0, color=SOFT, linewidth=1)
    axes.set_xticks([])
    axes.set_xlim(-0.8, len(known) - 0.2)
    axes.set_ylabel(_w("estimate", lang), fontsize=9)
    lower = axes.figure.add_axes((left, bottom, wide, high * share - 0.02))
    made = np.array([(known[column] == value).to_numpy() for column, value in rows])
    for chosen, size, colour, marker in ((made, 13, INK, "s"), (~made, 5, OTHER, "o")):
        at, column = np.nonzero(chosen)
        add_dots(lower, x[column], at, size, colour, marker=marker, zorder=1)
    for edge in np.cumsum([len(values) for _, values in groups])[:-1]:
        lower.axhline(edge - 0.5, color=OTHER, linewidth=0.6)
    names = [f"{_w(c, lang)}: {CHOICES[v][lang != 'th']}" for c, v in rows]
    name_rows(lower, names, size=8)
    lower.set_xlim(-0.8, len(known) - 0.2)
    lower.set_xticks([])
    from matplotlib.lines import Line2D

    add_key(axes.figure, [
        Line2D([], [], marker="o", linestyle="", markerfacecolor="none", markeredgecolor=NOTED, markersize=8, label=_w("official", lang)),
        Line2D([], [], marker="o", color=PILOT, markersize=4, label=_w("sure", lang)), Line2D([], [], marker="o", color=OTHER, markersize=4, label=_w("unsure", lang)),
    ], 3)  # fmt: skip
    return axes


def draw_power(axes, power: pd.DataFrame, smallest: float, lang: str, unit: str):
    """Draw the share of worlds in which an effect is found, over its size; `power` has effect, power, mc_error, detectable."""
    axes.fill_between(power["effect"], power["power"] - 1.96 * power["mc_error"], power["power"] + 1.96 * power["mc_error"], color=BAND, alpha=0.15, linewidth=0)
    axes.plot(power["effect"], power["power"], color=LINE, linewidth=2, marker="o", markersize=4)
    axes.axhline(0.8, color=SOFT, linewidth=1, linestyle=(0, (5, 3)))
    if smallest <= 1.1 * power["effect"].max():
        axes.axvline(smallest, color=NOTED, linewidth=1.8, linestyle=(0, (2, 2)))
    axes.set_ylim(0, 1.03)
    axes.set_yticks([0, 0.2, 0.4, 0.6, 0.8, 1.0], [f"{100 * v:.0f}%" for v in (0, 0.2, 0.4, 0.6, 0.8, 1.0)])
    axes.set_ylabel(_w("power", lang), fontsize=9.5)
    axes.set_xlabel(f"{_w('effect', lang)} ({unit})", fontsize=9.5)
    from matplotlib.lines import Line2D

    add_key(axes.figure, [
        Line2D([], [], color=LINE, linewidth=2, marker="o", markersize=4, label=_w("power", lang)), Line2D([], [], color=SOFT, linewidth=1, linestyle=(0, (5, 3)), label=_w("eighty", lang)),
        Line2D([], [], color=NOTED, linewidth=1.8, linestyle=(0, (2, 2)), label=_w("smallest", lang)),
    ], 3)  # fmt: skip
    return axes


def draw_balance(axes, balance: pd.DataFrame, names: list[str], lang: str):
    """Draw the standardised difference of each trait; beyond the dashed lines it is not balanced."""
    y = np.arange(len(balance))
    for edge in (-0.25, 0.25):
        axes.axvline(edge, color=SOFT, linewidth=1, linestyle=(0, (5, 3)))
    axes.axvline(0, color=SOFT, linewidth=0.8)
    even = balance["balanced"].astype(bool).to_numpy()
    for mine, colour, marker in ((even, OTHER, "o"), (~even, NOTED, "D")):
        axes.hlines(y[mine], 0, balance["difference_sd"][mine], color=colour, linewidth=1.4)
        add_dots(axes, balance["difference_sd"][mine], y[mine], 32, colour, marker=marker)
    room = axes.get_position().x0 * axes.figure.get_figwidth() * 72 - 14
    wrapped = [wrap_at_spaces(name, room, 8.5) for name in names]
    widest = max((text_points(line, 8.5) for name in wrapped for line in name.split("\n")), default=1)
    name_rows(axes, wrapped, size=8.5 * min(1.0, room / widest), grid=True)
    axes.set_xlabel(_w("balance", lang), fontsize=9.5)
    return axes


# ---------------------------------------------------------------- files


def draw_pilot(observations, charts: list[dict], balance: dict, codelists, folder, lang: str) -> list[dict]:
    """Write five figures per outcome and the balance plot.

    Each of `charts` has series, unit {lang}, titles {lang: {chart: text}}, events, paths, draws, observed, specifications,
    power, smallest; an empty table is no chart. `balance` has table, names {lang}, title {lang}.
    """
    def draw(language, place):
        found = []
        for chart in charts:
            own = observations[observations["SERIES"] == chart["series"]]
            synthetic, source = _sources(own, codelists, language)
            titles, unit = chart["titles"][language], chart["unit"][language]
            parts = {
                "paths": (chart["paths"], (6.8, 4.6), lambda a, c=chart, u=unit: draw_paths(a, c["paths"], language, u)),
                "events": (chart["events"], (6.8, 4.6), lambda a, c=chart: draw_event_study(a, c["events"], language)),
                "randomisation": (chart["draws"], (6.8, 4.4), lambda a, c=chart: draw_randomisation(a, c["draws"], c["observed"], language)),
                "specifications": (chart["specifications"], (6.8, 6.2), lambda a, c=chart: draw_specifications(a, c["specifications"], language)),
                "power": (chart["power"], (6.8, 4.4), lambda a, c=chart, u=unit: draw_power(a, c["power"], c["smallest"], language, u)),
            }  # fmt: skip
            for name, (data, size, paint) in parts.items():
                if not len(data):
                    continue
                with lend_figure(f"pilot_{name}", size) as (figure, axes):
                    axes.set_position((0.25 if name == "specifications" else 0.13, 0.24, 0.72 if name == "specifications" else 0.83, 0.6))
                    title(axes, titles[name])
                    if name == "specifications":  # cuts its axes in two, within the room that is left
                        foot = finish(figure, axes, source, lang=language, synthetic=synthetic)
                        paint(axes)
                        for key in keys_of(figure):
                            key.foot = foot
                    else:
                        paint(axes)
                        finish(figure, axes, source, lang=language, synthetic=synthetic)
                    found.append(_save(figure, f"{name}_{chart['series']}", titles[name], source, place, language, synthetic) | {"series": chart["series"], "kind": name})
        if len(balance["table"]):
            synthetic, source = _sources(observations[observations["SERIES"].isin([c["series"] for c in charts])], codelists, language)
            figure, axes = new_figure((6.8, 2.2 + 0.4 * len(balance["table"])))
            axes.set_position((0.5, 0.2, 0.46, 0.66))
            draw_balance(axes, balance["table"], balance["names"][language], language)
            title(axes, balance["title"][language])
            finish(figure, axes, source, lang=language, synthetic=synthetic)
            found.append(_save(figure, "balance", balance["title"][language], source, place, language, synthetic) | {"kind": "balance"})
        return found

    return _each_language(lang, folder, draw)


def draw_province_effect(observations, matches: list[dict], codelists, folder, lang: str) -> list[dict]:
    """Write one chart per outcome with a counterpart that may be shown: own path against the synthetic one.

    Each of `matches` has series, paths (period, label, post, own, synthetic), unit {lang}, title {lang}.
    """
    def draw(language, place):
        found = []
        for match in matches:
            own = observations[observations["SERIES"] == match["series"]]
            synthetic, source = _sources(own, codelists, language)
            with lend_figure("counterpart", (6.4, 4.2)) as (figure, axes):
                draw_paths(axes, match["paths"], language, match["unit"][language], ("own", "synthetic"))
                title(axes, match["title"][language])
                finish(figure, axes, source, lang=language, synthetic=synthetic)
                found.append(_save(figure, f"counterpart_{match['series']}", match["title"][language], source, Path(place), language, synthetic) | {"series": match["series"]})
        return found

    return _each_language(lang, folder, draw)
