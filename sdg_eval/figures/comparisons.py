"""Provinces side by side: rank bands, funnels, dumbbells, the spread over years, maps of clusters.

Tables in, axes out; nothing is estimated here.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from sdg_eval.figures.maps import CLUSTER_LABELS, draw_map, draw_tiles
from sdg_eval.figures.render import languages_of, read_boundaries
from sdg_eval.figures.style import (
    BAND,
    INK,
    LINE,
    NOTED,
    OTHER,
    SOFT,
    add_dots,
    add_key,
    finish,
    is_synthetic,
    name_rows,
    new_figure,
    save_svg,
    source_text,
    text_points,
    title,
    wrap_at_spaces,
)
from sdg_eval.store import write_json
from sdg_eval.thai import year_text

WORDS = {
    "rank": ("ลำดับ (1 คือคะแนนสูงสุด) แถบคือช่วง 5–95%", "rank (1 is the highest score); bars hold 5–95% of draws"),
    "choices": ("ช่วงจากทางเลือกของวิธี", "band from choices of method"), "luck": ("รวมโชคของปีนั้น", "with the luck of a year"),
    "median": ("ลำดับกึ่งกลาง จังหวัดอื่น", "middle rank, other provinces"), "pilot": ("ลำดับกึ่งกลาง จังหวัดนำร่อง", "middle rank, pilot provinces"),
    "plain": ("ขอบเขต 95% ถ้าต่างกันเพราะความบังเอิญเท่านั้น", "95% limits if only chance differs"),
    "wide": ("ขอบเขตที่ขยายตามความกระจายเกิน", "limits widened for over-dispersion"), "whole": ("อัตรารวมทุกจังหวัด", "rate of all provinces"),
    "province": ("จังหวัด", "province"), "named": ("พ้นขอบเขตที่ขยายแล้ว", "beyond the wide limits"),
    "first": ("ปีแรก", "first year"), "last": ("ปีล่าสุด", "last year"), "own": ("จังหวัดนี้", "this province"), "peers": ("ค่ากลางของจังหวัดที่คล้ายกัน", "middle of provinces alike"),
    "span": ("ช่วงของจังหวัดที่คล้ายกัน", "span of provinces alike"),
    "ratio": ("ค่าเฉลี่ยของหนึ่งในห้าที่แย่ที่สุด ÷ ค่าเฉลี่ยทุกจังหวัด", "mean of the worst fifth ÷ mean of all provinces"),
    "score": ("คะแนน 0–100 ตามขอบเขตใน bounds.csv", "score 0–100 on the bounds of bounds.csv"),
    "spread": ("ส่วนเบี่ยงเบนมาตรฐานของลอการิทึม", "standard deviation of logs"), "year": ("ปี", "year"),
}  # fmt: skip


def _sources(own: pd.DataFrame, codelists, lang: str) -> tuple[bool, str]:
    """(synthetic?, source line) of a figure over many provinces. A source that sources.csv does not know is written as
    it is found: it stops the run of its own province, and must not stop everyone's."""
    known = own["source"].isin(set(codelists.sources["source"]))
    text = source_text(own[known], codelists, lang)
    unknown = sorted(set(own.loc[~known, "source"]))
    note = {"th": "ไม่อยู่ใน sources.csv", "en": "not in sources.csv"}[lang]
    return is_synthetic(own[known], codelists), "; ".join([text, *(f"{name} ({note})" for name in unknown)])


def _w(key: str, lang: str) -> str:
    return WORDS[key][lang != "th"]


def draw_rank_bands(axes, bands: pd.DataFrame, noisy: pd.DataFrame, codelists, lang: str):
    """Draw one line per province, in order of middle rank: its band by choices, and by choices and luck."""
    table = bands[bands["rank_median"].notna()].reset_index(drop=True)
    wide = noisy.set_index("REF_AREA").loc[table["REF_AREA"]]
    y, pilots = np.arange(len(table)), set(codelists.pilots)
    axes.hlines(y, wide["rank_low"], wide["rank_high"], color=OTHER, linewidth=1.2, zorder=2)
    axes.hlines(y, table["rank_low"], table["rank_high"], color=BAND, alpha=0.45, linewidth=4.5, zorder=3)
    for is_pilot, colour, marker in ((False, INK, "o"), (True, NOTED, "D")):
        mine = table["REF_AREA"].isin(pilots).to_numpy() == is_pilot
        add_dots(axes, table["rank_median"][mine], y[mine], 16, colour, "white", 0.4, marker=marker, zorder=4)
    name_rows(axes, [codelists.area_name(a, lang) for a in table["REF_AREA"]], size=8.5, grid=True)
    axes.set_xlim(0, len(table) + 1)
    axes.set_xlabel(_w("rank", lang), fontsize=9.5)
    from matplotlib.lines import Line2D

    add_key(axes.figure, [
        Line2D([], [], color=BAND, alpha=0.45, linewidth=4.5, label=_w("choices", lang)), Line2D([], [], color=OTHER, linewidth=1.2, label=_w("luck", lang)),
        Line2D([], [], marker="o", linestyle="", color=INK, markersize=5, label=_w("median", lang)),
        Line2D([], [], marker="D", linestyle="", color=NOTED, markersize=5, label=_w("pilot", lang)),
    ], 2)  # fmt: skip
    return axes


def draw_funnel(axes, table: pd.DataFrame, limits: pd.DataFrame, rate: float, codelists, lang: str, unit: str):
    """Draw rates over exposure with funnel limits; `table` has REF_AREA, exposure, rate, beyond; `limits` exposure, low, high, wide_low, wide_high."""
    axes.set_xscale("log")
    limits = limits.sort_values("exposure")
    axes.axhline(rate, color=SOFT, linewidth=1, linestyle=(0, (5, 3)))
    for low, high, style in (("low", "high", (0, (1, 0))), ("wide_low", "wide_high", (0, (4, 2)))):
        for column in (low, high):
            axes.plot(limits["exposure"], limits[column], color=LINE, linewidth=1.1, linestyle=style)
    inside = ~table["beyond"].astype(bool)
    add_dots(axes, table["exposure"][inside], table["rate"][inside], 22, OTHER, "white", 0.4)
    add_dots(axes, table["exposure"][~inside], table["rate"][~inside], 30, NOTED, "white", 0.4, marker="D", zorder=4)
    if table["rate"].max() > 4 * limits["wide_high"].max():  # one province would press all others flat
        axes.set_yscale("function", functions=(lambda v: np.sqrt(np.clip(v, 0, None)), np.square))
    axes.set_ylim(bottom=0)
    _name_apart(axes, table[~inside], rate, codelists, lang)
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:,.0f}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_ylabel(unit.partition(" (")[0], fontsize=9.5)
    axes.set_xlabel({"th": "ประชากร (คน)", "en": "population (persons)"}[lang], fontsize=9.5)
    from matplotlib.lines import Line2D

    add_key(axes.figure, [
        Line2D([], [], color=LINE, linewidth=1.1, label=_w("plain", lang)), Line2D([], [], color=LINE, linewidth=1.1, linestyle=(0, (4, 2)), label=_w("wide", lang)),
        Line2D([], [], color=SOFT, linewidth=1, linestyle=(0, (5, 3)), label=_w("whole", lang)),
        Line2D([], [], marker="D", linestyle="", color=NOTED, markersize=5, label=_w("named", lang)),
    ], 2)  # fmt: skip
    return axes


def _name_apart(axes, table: pd.DataFrame, rate: float, codelists, lang: str) -> None:
    """Write the names of points, those farthest out first; a name that would lie on another is left to the table."""
    middle, size = np.sqrt(axes.get_xlim()[0] * axes.get_xlim()[1]), 8.5
    points, taken = axes.figure.dpi / 72, []
    far = table.assign(far=(np.sqrt(table["rate"]) - np.sqrt(rate)).abs()).sort_values(["far", "REF_AREA"], ascending=[False, True], kind="stable")
    for row in far.to_dict("records"):
        name, side = codelists.area_name(row["REF_AREA"], lang), -1 if row["exposure"] > middle else 1
        x, y = axes.transData.transform((row["exposure"], row["rate"])) / points
        start = x + 5 if side > 0 else x - 5 - text_points(name, size)
        box = (start, start + text_points(name, size), y - 2, y + 1.5 * size)
        if all(box[1] < b[0] or b[1] < box[0] or box[3] < b[2] or b[3] < box[2] for b in taken):
            taken.append(box)
            axes.annotate(name, (row["exposure"], row["rate"]), xytext=(5 * side, 3), textcoords="offset points", fontsize=size, ha="left" if side > 0 else "right")


def draw_dumbbells(axes, rows: list[dict], lang: str, ends: tuple[str, str], label: str):
    """Draw one line per row from `start` to `end`; `name` on the left, `low` and `high` (optional) as a pale span."""
    y = np.arange(len(rows))
    spans = [(at, row["low"], row["high"]) for at, row in zip(y, rows, strict=True) if row.get("low") is not None]
    if spans:
        axes.hlines(*zip(*spans, strict=True), color=OTHER, alpha=0.55, linewidth=6, zorder=1)
    axes.hlines(y, [r["start"] for r in rows], [r["end"] for r in rows], color=SOFT, linewidth=1.6, zorder=2)
    add_dots(axes, [r["start"] for r in rows], y, 42, "white", LINE, 1.5, zorder=3)
    add_dots(axes, [r["end"] for r in rows], y, 42, LINE, "white", 0.6, zorder=4)
    room = axes.get_position().x0 * axes.figure.get_figwidth() * 72 - 14
    names = [wrap_at_spaces(r["name"], room, 9) for r in rows]
    # a Thai name has no spaces to break at: the names share the size at which the longest fits
    widest = max(text_points(line, 9) for name in names for line in name.split("\n"))
    name_rows(axes, names, size=9 * min(1.0, room / widest), grid=True)
    axes.set_xlabel(label, fontsize=9.5)
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], marker="o", linestyle="", markerfacecolor="white", markeredgecolor=LINE, markersize=7, label=_w(ends[0], lang)),
        Line2D([], [], marker="o", linestyle="", color=LINE, markersize=7, label=_w(ends[1], lang)),
    ]
    if any(r.get("low") is not None for r in rows):
        handles.append(Line2D([], [], color=OTHER, alpha=0.55, linewidth=6, label=_w("span", lang)))
    add_key(axes.figure, handles, 3)
    return axes


def draw_spread(axes, inequality: pd.DataFrame, codelists, lang: str):
    """Draw the spread of logs over years, one line per series, its name at the end; missing years stay gaps."""
    ends = []
    for series, part in inequality.dropna(subset="sd_log").groupby("SERIES", sort=True):
        years = np.arange(part["year"].min(), part["year"].max() + 1)
        values = part.set_index("year")["sd_log"].reindex(years)
        line = axes.plot(years, values, linewidth=1.6, marker="o", markersize=3)[0]
        ends.append([float(values.dropna().iloc[-1]), int(years[-1]), codelists.series_row(series)[f"name_{lang}"], line.get_color()])
    low, high = axes.get_ylim()
    last = -np.inf
    for value, year, name, colour in sorted(ends):
        at = max(value, last + (high - low) * 0.075)
        last = at
        text = wrap_at_spaces(name, 270, 8.5)
        axes.annotate(text, (year, value), xytext=(axes.get_xlim()[1], at), textcoords="data", fontsize=8.5, color=colour, va="center", annotation_clip=False, linespacing=0.95)
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda v, _: year_text(int(v), lang).removeprefix("พ.ศ. ")))
    axes.set_ylabel(_w("spread", lang), fontsize=9.5)
    axes.set_ylim(min(0, low), max(high, last))
    return axes


# ---------------------------------------------------------------- files


def _save(figure, name: str, alt: str, source: str, folder: Path, lang: str, synthetic: bool) -> dict:
    save_svg(figure, folder / f"{name}.svg")
    return {"file": f"{name}.svg", "alt": alt, "series": "", "freq": "", "lang": lang, "synthetic": synthetic, "source": source}


def _each_language(lang: str, folder, draw) -> list[dict]:
    """Call `draw(language, place)` for each language and write figures.json beside its figures."""
    written = []
    for language in languages_of(lang):
        place = Path(folder) / language
        found = draw(language, place)
        write_json(place / "figures.json", found)
        written += found
    return written


def draw_ranking(observations, ranking, local: pd.DataFrame, codelists, folder, lang: str, headline: dict[str, str], boundaries: str = "") -> list[dict]:
    """Write rank_bands.svg and one map of local clusters per series that has any; `headline` is the text of the first."""
    own = observations[observations["SERIES"].isin(ranking.basket.series)]
    geojson = read_boundaries(boundaries)

    def draw(language, place):
        synthetic, source = _sources(own, codelists, language)
        figure, axes = new_figure((7.2, 14.6))
        axes.set_position((0.22, 0.1, 0.74, 0.8))
        draw_rank_bands(axes, ranking.bands.table, ranking.noisy.table, codelists, language)
        told = {"th": f"แยกออกจากกันได้ {ranking.bands.n_apart} จาก {ranking.bands.n_pairs} คู่ที่อยู่ติดกัน", "en": f"{ranking.bands.n_apart} of {ranking.bands.n_pairs} neighbouring pairs can be told apart"}
        title(axes, told[language])
        finish(figure, axes, source, lang=language, synthetic=synthetic)
        found = [_save(figure, "rank_bands", headline[language], source, place, language, synthetic)]
        for series in [s for s, part in local.groupby("SERIES", sort=True) if (part["kind"] != "not_detected").any()]:
            found.append(_cluster_map(observations[observations["SERIES"] == series], local[local["SERIES"] == series], series, codelists, place, language, geojson))
        return found

    return _each_language(lang, folder, draw)


def _cluster_map(own, local, series: str, codelists, place: Path, lang: str, geojson) -> dict:
    kinds = dict(zip(local["REF_AREA"], local["kind"], strict=True))
    figure, axes = new_figure((6.4, 8.6))
    axes.set_position((0.05, 0.14, 0.9, 0.76))
    if geojson is None:
        draw_tiles(axes, kinds, codelists, lang, CLUSTER_LABELS)
        axes.set_aspect("equal")
    else:
        draw_map(axes, geojson, kinds, codelists, lang, CLUSTER_LABELS)
    name = codelists.series_row(series)[f"name_{lang}"]
    title(axes, f"{name}: {dict(th='กลุ่มจังหวัดข้างเคียง', en='clusters of neighbours')[lang]}")
    synthetic, source = _sources(own, codelists, lang)
    finish(figure, axes, source, lang=lang, synthetic=synthetic)
    counts = {k: sum(v == k for v in kinds.values()) for k in CLUSTER_LABELS}
    told = ", ".join(f"{CLUSTER_LABELS[k][lang != 'th']} {n}" for k, n in counts.items() if n)
    return _save(figure, f"clusters_{series}", f"{name}: {told}", source, place, lang, synthetic) | {"series": series}


def draw_left_behind(observations, left, codelists, folder, lang: str) -> list[dict]:
    """Write gaps.svg (worst fifth over the mean, first and last year) and spread.svg (spread of logs over years)."""
    def draw(language, place):
        own = observations[observations["SERIES"].isin(set(left.gaps["SERIES"]))]
        synthetic, source = _sources(own, codelists, language)
        ratios = left.gaps.dropna(subset="ratio").sort_values("year").groupby("SERIES", sort=True)["ratio"].agg(["first", "last", "size"])
        ratios = ratios[ratios["size"] >= 2]
        found = []
        if len(ratios):
            names = {s: codelists.series_row(s)[f"name_{language}"] for s in ratios.index}
            rows = [{"name": names[s], "start": r["first"], "end": r["last"]} for s, r in ratios.iterrows()]
            figure, axes = new_figure((7.6, 2.4 + 0.42 * len(rows)))
            axes.set_position((0.45, 0.2, 0.51, 0.6))
            draw_dumbbells(axes, rows, language, ("first", "last"), _w("ratio", language))
            axes.axvline(1, color=SOFT, linewidth=1, linestyle=(0, (5, 3)))
            title(axes, {"th": "หนึ่งในห้าที่แย่ที่สุดเทียบกับค่าเฉลี่ย (เส้นประ: เท่ากับค่าเฉลี่ย)", "en": "The worst fifth of provinces against the mean (dashed: equal to it)"}[language])
            finish(figure, axes, source, lang=language, synthetic=synthetic)
            alt = "; ".join(f"{r['name']} {r['start']:.2f} → {r['end']:.2f}" for r in rows)
            found.append(_save(figure, "gaps", alt, source, place, language, synthetic))
        if left.inequality["sd_log"].notna().any():
            figure, axes = new_figure((9.2, 5.8))
            axes.set_position((0.08, 0.2, 0.47, 0.6))
            draw_spread(axes, left.inequality, codelists, language)
            title(axes, {"th": "จังหวัดต่าง ๆ เข้าใกล้กันหรือไม่: เส้นที่ลดลงคือเข้าใกล้กัน", "en": "Do provinces draw together? A falling line says yes"}[language])
            finish(figure, axes, source, lang=language, synthetic=synthetic)
            last = left.inequality.dropna(subset="sd_log").groupby("SERIES")["sd_log"].agg(["first", "last"])
            alt = "; ".join(f"{codelists.series_row(s)[f'name_{language}']} {r['first']:.2f} → {r['last']:.2f}" for s, r in last.iterrows())
            found.append(_save(figure, "spread", alt, source, place, language, synthetic))
        return found

    return _each_language(lang, folder, draw)


def draw_peer_view(observations, scored: pd.DataFrame, codelists, area: str, folder, lang: str) -> list[dict]:
    """Write peers.svg: own score and the peers' middle and span, per series with bounds; `scored` has SERIES, own, low, middle, high."""
    def draw(language, place):
        if scored.empty:
            return []
        own = observations[observations["SERIES"].isin(set(scored["SERIES"]))]
        synthetic, source = _sources(own, codelists, language)
        rows = [
            {"name": codelists.series_row(r["SERIES"])[f"name_{language}"], "start": r["middle"], "end": r["own"], "low": r["low"], "high": r["high"]}
            for r in scored.to_dict("records")
        ]
        figure, axes = new_figure((7.6, 2.4 + 0.42 * len(rows)))
        axes.set_position((0.45, 0.2, 0.51, 0.6))
        draw_dumbbells(axes, rows, language, ("peers", "own"), _w("score", language))
        axes.set_xlim(-3, 103)
        name = codelists.area_name(area, language)
        title(axes, {"th": f"{name}เทียบกับจังหวัดที่คล้ายกัน", "en": f"{name} beside provinces alike"}[language])
        finish(figure, axes, source, lang=language, synthetic=synthetic)
        alt = "; ".join(f"{r['name']} {r['end']:.0f} ({r['start']:.0f})" for r in rows)
        return [_save(figure, "peers", alt, source, place, language, synthetic)]

    return _each_language(lang, folder, draw)


def draw_funnels(observations, funnels: list, codelists, folder, lang: str) -> list[dict]:
    """Write funnel_<series>.svg per funnel: objects with series, year, table, limits, rate, phi."""
    def draw(language, place):
        found = []
        for funnel in funnels:
            own = observations[observations["SERIES"] == funnel.series]
            synthetic, source = _sources(own, codelists, language)
            meta = codelists.series_row(funnel.series)
            figure, axes = new_figure((7.2, 5.0))
            axes.set_position((0.12, 0.24, 0.84, 0.6))
            draw_funnel(axes, funnel.table, funnel.limits, funnel.rate, codelists, language, meta[f"unit_{language}"])
            n, of = int(funnel.table["beyond"].sum()), len(funnel.table)
            told = {"th": f"พ้นขอบเขตที่ขยายแล้ว {n} จาก {of} จังหวัด", "en": f"{n} of {of} provinces beyond the wide limits"}[language]
            alt = f"{meta[f'name_{language}']} {year_text(funnel.year, language)}: {told}"
            title(axes, alt)
            finish(figure, axes, source, lang=language, synthetic=synthetic)
            found.append(_save(figure, f"funnel_{funnel.series}", alt, source, place, language, synthetic) | {"series": funnel.series})
        return found

    return _each_language(lang, folder, draw)
