"""Figures of delivery: each `Chart` names a kind, its table, and the finding that its title says; files come out.

Nothing is estimated here. Every figure has its source and n below it, and a mark across it when its data are synthetic.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from sdg_eval.charts import Chart
from sdg_eval.errors import UsageError
from sdg_eval.figures import delivery_grids as grids
from sdg_eval.figures import delivery_shares as shares
from sdg_eval.figures import delivery_time as time
from sdg_eval.figures.render import languages_of
from sdg_eval.figures.style import (
    clear_figure,
    finish,
    is_synthetic,
    new_figure,
    save_svg,
    source_text,
    title,
)
from sdg_eval.store import write_json

RIGHT = 0.95
"""Inches kept right of rows for k of n."""


@dataclass(frozen=True)
class _Kind:
    """How a kind of figure is laid out and painted: `size`, `left`, `head`, `right` are inches, given chart, labels' room and language."""

    paint: Callable
    size: Callable
    left: Callable = lambda chart, codelists, lang: 0.8
    right: float = 0.15
    head: Callable = lambda chart, codelists, lang: 0.0
    legend: bool = True


def caption(frames, codelists, n: dict[str, str]) -> tuple[dict[str, str], bool]:
    """Return ({lang: "n, sources" text}, synthetic?) of the delivery tables that a figure rests on; `n` says what was counted."""
    rows = pd.concat([frame[["source"]] for frame in frames if len(frame)], ignore_index=True) if any(len(f) for f in frames) else pd.DataFrame({"source": []})
    known = rows["source"].isin(set(codelists.sources["source"]))
    unknown = sorted(set(rows.loc[~known, "source"].astype(str)) - {""})
    text = {}
    for lang in n:
        said = source_text(rows[known], codelists, lang) if known.any() else ""
        parts = [n[lang], said, *(f"{name} ({dict(th='ไม่อยู่ใน sources.csv', en='not in sources.csv')[lang]})" for name in unknown)]
        text[lang] = " · ".join(part for part in parts if part)
    return text, bool(known.any() and is_synthetic(rows[known], codelists))


def _names(chart: Chart, lang: str) -> dict:
    return chart.names.get(lang, {})


def _row_labels(chart: Chart, lang: str, key: str) -> list[str]:
    return shares.names_of(chart.table, key, _names(chart, lang)) if len(chart.table) else []


def _goals(chart: Chart, codelists, lang: str) -> float:
    return shares.room_for([*grids._goal_labels(codelists, lang), shares.word("untagged", lang)])


def _areas(chart: Chart, codelists, lang: str) -> float:
    return shares.room_for([codelists.area_name(a, lang) for a in set(chart.table["REF_AREA"])]) if len(chart.table) else 0.8


def _slanted(chart: Chart, codelists, lang: str) -> float:
    return 0.1 + 0.82 * shares.room_for(grids._goal_labels(codelists, lang), 9)


def _rows(key: str, each: float = 0.36, base: float = 2.1):
    return lambda chart, codelists, lang: (6.8, max(3.2, base + each * len(set(chart.table[key]) if len(chart.table) else ())))


def _left_of(key: str):
    return lambda chart, codelists, lang: max(0.8, shares.room_for(_row_labels(chart, lang, key)))


def _share_rows(axes, chart, codelists, lang):
    options = dict(chart.options)
    label = options.pop("label", {}).get(lang, shares.word("of_projects", lang))
    return shares.draw_share_rows(axes, chart.table, _names(chart, lang), lang, key=options.pop("key", "network_id"), label=label, **options)


def _bipartite(axes, chart, codelists, lang):
    return grids.draw_bipartite(axes, chart.table, chart.options.get("left", {}).get(lang, {}), _names(chart, lang), lang)


def _bipartite_room(side: str):
    def room(chart, codelists, lang):
        names = _names(chart, lang) if side == "right" else chart.options.get("left", {}).get(lang, {})
        codes = {*names, *(chart.table[side] if len(chart.table) else ())}
        return 0.35 + shares.room_for([f"{names.get(c, c)} (99)" for c in codes], 9.5)

    return room


def _grid_size(key: str, wide: float, each: float = 0.3, base: float = 2.9):
    return lambda chart, codelists, lang: (wide, base + each * max(2, len(set(chart.table[key])) if len(chart.table) else 0))


KINDS: dict[str, _Kind] = {
    "need_plan": _Kind(lambda a, c, cl, la: grids.draw_need_plan(a, c.table, cl, la), _grid_size("REF_AREA", 8.6), _areas, 0.75, _slanted),
    "chain": _Kind(lambda a, c, cl, la: grids.draw_chain(a, c.table, cl, la), lambda c, cl, la: (8.4, 7.2), _goals, 0.15, lambda c, cl, la: 0.5),
    "money_goals": _Kind(lambda a, c, cl, la: shares.draw_money_goals(a, c.table, cl, la), lambda c, cl, la: (6.8, 7.4), _goals, 0.2),
    "money_sources": _Kind(lambda a, c, cl, la: shares.draw_sources(a, c.table, la), lambda c, cl, la: (6.8, 3.4), lambda c, cl, la: 0.95, 1.15),
    "pace": _Kind(lambda a, c, cl, la: time.draw_pace(a, c.table, la), lambda c, cl, la: (6.8, 4.4)),
    "quarter_shares": _Kind(lambda a, c, cl, la: time.draw_quarter_shares(a, c.table, la, label=c.options["label"][la]), lambda c, cl, la: (6.8, 4.0), lambda c, cl, la: 0.9),
    "share_rows": _Kind(_share_rows, lambda c, cl, la: _rows(c.options.get("key", "network_id"))(c, cl, la), lambda c, cl, la: _left_of(c.options.get("key", "network_id"))(c, cl, la), RIGHT),
    "bipartite": _Kind(_bipartite, lambda c, cl, la: (8.4, 1.6 + 0.36 * max(5, len({*c.options.get("left", {}).get(la, {}), *(c.table["left"] if len(c.table) else ())}), len(_names(c, la)))),
                       _bipartite_room("left"), 0.0, legend=False),
    "tracker": _Kind(lambda a, c, cl, la: grids.draw_tracker(a, c.table, _names(c, la), cl, la), _grid_size("REF_AREA", 8.4, 0.3, 2.6), _areas, 0.15, lambda c, cl, la: 0.75),
    "curves": _Kind(lambda a, c, cl, la: time.draw_curves(a, c.table, _names(c, la), la, **{k: v[la] if isinstance(v, dict) else v for k, v in c.options.items()}), lambda c, cl, la: (6.8, 4.8), lambda c, cl, la: 0.85),
    "representation": _Kind(lambda a, c, cl, la: shares.draw_representation(a, c.table, _names(c, la), la), _rows("group"), _left_of("group"), 1.15),
    "awareness": _Kind(lambda a, c, cl, la: shares.draw_awareness(a, c.table, _names(c, la), la, **c.options), lambda c, cl, la: _rows(c.options.get("key", "event_id"), 0.46)(c, cl, la), lambda c, cl, la: _left_of(c.options.get("key", "event_id"))(c, cl, la), 0.75),
    "checklist": _Kind(lambda a, c, cl, la: shares.draw_checklist(a, c.table, _names(c, la), la), _rows("criterion", 0.5), _left_of("criterion"), RIGHT),
    "portfolio": _Kind(lambda a, c, cl, la: shares.draw_portfolio(a, c.table, cl, la), lambda c, cl, la: (6.8, 7.2), _goals, 1.0),
    "matrix": _Kind(lambda a, c, cl, la: grids.draw_matrix(a, c.table, _names(c, la), cl, la), _grid_size("agency_id", 9.2), lambda c, cl, la: max(1.0, shares.room_for(_row_labels(c, la, "agency_id"))), 0.75, _slanted),
    "maturity": _Kind(lambda a, c, cl, la: grids.draw_maturity(a, c.table, cl, la), _grid_size("REF_AREA", 7.2, 0.28, 2.2), _areas, 0.15, lambda c, cl, la: 0.32),
    "decisions": _Kind(lambda a, c, cl, la: time.draw_decisions(a, c.table, la, as_of=c.options["as_of"]), lambda c, cl, la: (8.4, max(3.4, 2.4 + 0.34 * len(c.table))), lambda c, cl, la: time.label_room(c.table, "text_th") if len(c.table) else 0.8),
    "flags": _Kind(lambda a, c, cl, la: grids.draw_flags(a, c.table, la), lambda c, cl, la: (8.4, 1.5 + 0.175 * (grids.flag_lines(c.table, 8.4 * 72 * 0.95) if len(c.table) else 6)), lambda c, cl, la: 0.12, 0.12, legend=False),
}  # fmt: skip
"""Every kind of figure with its layout. Names of tables are those of sdg_eval/delivery; each painter says its columns."""


TOLD = {
    "money_goals": ("goal", "share"), "portfolio": ("goal", "n_projects"), "money_sources": ("source_type", "share"), "pace": ("fiscal_quarter", "pace"), "quarter_shares": ("fiscal_quarter", "share"),
    "share_rows": ("network_id", "share"), "representation": ("group", "ratio"), "awareness": ("event_id", "change"), "checklist": ("criterion", "share"), "maturity": ("REF_AREA", "maturity"),
    "tracker": ("REF_AREA", "state"), "decisions": ("decision_id", "state"), "need_plan": ("goal", "severity"), "chain": ("goal", "broken_link"), "matrix": ("agency_id", "n_owned"),
}  # fmt: skip
"""What a listener needs of each kind: the label and the value of its rows."""
LISTED = 20
"""Rows told in an alternative text; of a longer table the values are counted."""


def alt_text(chart: Chart, codelists, lang: str) -> str:
    """Return a figure in words for whom it cannot be seen: its finding, then its rows, or how often each value occurs."""
    head = chart.title[lang]
    if chart.kind not in TOLD or chart.table.empty:
        return f"{head}. {shares.word('nothing', lang) if chart.table.empty else _rows_word(len(chart.table), lang)}"
    key, value = TOLD[chart.kind]
    key = chart.options.get("key", key)
    if value not in chart.table or key not in chart.table:
        return head
    told = [_told(v, value) for v in chart.table[value]]
    if len(told) > LISTED:
        counts = pd.Series(told).value_counts().sort_index()
        return f"{head}. {_rows_word(len(told), lang)}: " + "; ".join(f"{v or shares.word('untold', lang)} × {n}" for v, n in counts.head(LISTED).items())
    labels = [_label(code, key, chart, codelists, lang) for code in chart.table[key].astype(str)]
    return f"{head}. " + "; ".join(f"{label} {v or shares.word('untold', lang)}" for label, v in zip(labels, told, strict=True))


def _rows_word(n: int, lang: str) -> str:
    return {"th": f"{n} แถว", "en": f"{n} rows"}[lang]


def _told(value, column: str) -> str:
    if isinstance(value, str):
        return value
    if value is None or value != value:
        return ""
    return shares.percent(value) if column in ("share", "pace") else f"{value:g}" if float(value).is_integer() else f"{value:.2f}"


def _label(code: str, key: str, chart: Chart, codelists, lang: str) -> str:
    if key == "REF_AREA":
        return codelists.area_name(code, lang)
    if key == "fiscal_quarter":
        return time.quarter_label(code, lang)
    return shares.word(code, lang) if key == "source_type" else _names(chart, lang).get(code, code)


def paint(chart: Chart, codelists, lang: str, again=None):
    """Return the figure of one chart in one language: title, axes, legend, source and n, the synthetic mark.

    `again` is the figure of the same chart in another language, to be painted over: its axes need not be made anew.
    """
    if chart.kind not in KINDS:
        raise UsageError(f"{chart.kind!r} is no kind of delivery figure. Known are {', '.join(KINDS)}.")
    kind = KINDS[chart.kind]
    wide, high = kind.size(chart, codelists, lang)
    figure, axes = new_figure((wide, high)) if again is None else clear_figure(again, again.axes[0])
    figure.set_size_inches(wide, high)
    left = min(kind.left(chart, codelists, lang), 0.55 * wide)
    right = _bipartite_room("right")(chart, codelists, lang) if chart.kind == "bipartite" else kind.right
    axes.set_position((left / wide, 0.2, max(0.2, 1 - (left + right) / wide), 0.6))
    title(axes, chart.title[lang])
    kind.paint(axes, chart, codelists, lang)
    finish(figure, axes, chart.caption[lang], lang=lang, synthetic=chart.synthetic)
    _make_room(figure, axes, kind.head(chart, codelists, lang), legend=kind.legend)
    return figure


def _make_room(figure, axes, head: float, *, legend: bool) -> None:
    """Leave `head` inches for labels above the cells; without a legend and an axis below, use their room too."""
    high = figure.get_figheight()
    left, bottom, wide, tall = axes.get_position().bounds
    if not axes.xaxis.get_visible() or not legend or axes.xaxis.get_label_position() == "top":
        spare = (0.45 if legend else 0.7) / high
        bottom, tall = bottom - spare, tall + spare
    axes.set_position((left, bottom, wide, tall - head / high))


def chart_of(spec: dict, codelists) -> Chart:
    """Return the chart that a report asks for: the fields of Chart by name, with `frames` (tables that it rests on) and
    `n` ({lang: what was counted}) in place of caption and synthetic."""
    given = {key: value for key, value in spec.items() if key not in ("frames", "n")}
    text, synthetic = caption(spec["frames"], codelists, spec["n"])
    return Chart(caption=text, synthetic=synthetic, **given)


def draw_delivery(charts, codelists, folder, lang: str) -> list[dict]:
    """Write each chart as <folder>/<lang>/<name>.svg, and figures.json beside them; return what was written.

    A chart is a Chart or a dict that `chart_of` takes. `lang` is th, en or both. Each entry has file, alt, kind, lang,
    synthetic, source, series and freq.
    """
    charts = [chart_of(chart, codelists) if isinstance(chart, dict) else chart for chart in charts]
    found = {language: [] for language in languages_of(lang)}
    for chart in charts:
        figure = None
        for language, entries in found.items():
            figure = paint(chart, codelists, language, figure)
            save_svg(figure, Path(folder) / language / f"{chart.name}.svg")
            entries.append({
                "file": f"{chart.name}.svg", "alt": chart.alt.get(language) or alt_text(chart, codelists, language), "series": "", "freq": "", "kind": chart.kind, "lang": language,
                "synthetic": chart.synthetic, "source": chart.caption[language],
            })  # fmt: skip
    for language, entries in found.items():
        write_json(Path(folder) / language / "figures.json", entries)
    return [entry for entries in found.values() for entry in entries]
