"""Values over time as a chart of the site; provinces beside each other are in `country_charts`.

Each function takes plain rows, estimates nothing and returns a whole `<figure>` (see `svg.frame`): it can be read
without a script, by ear, and on paper; with `site.js` its points can be walked and its series switched. Text in
rows is data and is escaped here.

Comparison of two provinces
---------------------------
The page holds `<div id="compare" data-pair="TH-50,TH-83"></div>` (the pair shown first) inside its text, and two
kinds of data file, written by `assets.write_data`, feed it:

- `compare.<lang>`: `{"areas": [[code, name], ...], "series": [[code, name, unit, goal, goal name, href], ...]}`
- `compare/<code>.<lang>`, one per province: `{"cells": [cell or null, ...]}` in the order of `series`; a cell is
  `[period, value, interval, n, status words, status class, source, [[time, value], ...]]`: texts as they are
  shown, then the published values in decimal years for the small chart. Null: nothing was published.
"""

from __future__ import annotations

from statistics import median

from markupsafe import Markup

from sdg_eval.publish.client_words import client_words
from sdg_eval.publish.svg import (
    WIDE,
    frame,
    interval_text,
    key_item,
    known,
    nothing,
    points_text,
    table,
    tag,
    tick_text,
    ticks,
    width_of,
)
from sdg_eval.thai import year_text
from sdg_eval.wording import number

TALL = 250.0
MARKS = ("dot", "square", "triangle", "diamond")
"""Sign of the first, second, ... series: colour is never the only difference."""
FAN = (95, 80, 50)
YEARS_SHOWN = 6


def trend_shape(times, values, slope, low, high, *, since: float = 0.0) -> dict | None:
    """Return the line of a slope through the median point, and its interval as a fan, for `line_chart`.

    `times` and `values` are those that the slope was estimated from; None where there is no slope. What lies before
    `since` is not drawn.

    Examples
    --------
    >>> trend_shape([2020.5, 2021.5, 2022.5], [4.0, 5.0, 6.0], 1.0, 0.5, 1.5)["line"]
    [(2020.5, 4.0), (2022.5, 6.0)]
    """
    if not known(slope) or len(times) < 3:
        return None
    centre, level = median(times), median(values)
    ends = (max(min(times), since), max(times))
    shape = {"line": [(t, level + slope * (t - centre)) for t in ends], "band": []}
    if known(low) and known(high):
        for t in sorted({ends[0], max(centre, ends[0]), ends[1]}):
            edges = sorted((level + low * (t - centre), level + high * (t - centre)))
            shape["band"].append((t, *edges))
    return shape


def line_chart(ident: str, series: list[dict], *, title: str, unit: str, lang: str, decimals: int = 1, target: dict | None = None, breaks=(), source: str = "", synthetic: bool = False) -> Markup:
    """Return values over time as a figure.

    Parameters
    ----------
    ident
        Id of the figure, unique in the page, from codes.
    series
        Up to four, the page's own first. Each: `name`; `points`; and, of the first, optional `trend` (`trend_shape`)
        with `firm` (False: drawn broken, a direction only) and `forecast`.
        A point: `time` (decimal year C.E.), `period` (as shown), `value` (None: a row of the table without a
        point, and a gap in the line), optional `low`, `high`, `n`, `note`, `origin`, `open` (provisional or
        estimated), `gap` (no line from the point before).
        A forecast point: `time`, `period`, `value`, `low_50` ... `high_95`.
    target
        `value`, `time`, `label` (as 'official target 2030').
    breaks
        `time`, `label` of each change of definition.
    """
    own = series[0]
    trend, forecast = own.get("trend"), own.get("forecast") or []
    drawn = [[p for p in s["points"] if known(p["value"])] for s in series]
    if not any(drawn):
        return nothing("line", ident, title=title, unit=unit, data=_line_table(title, series, decimals, lang), lang=lang, source=source, synthetic=synthetic)
    times = [p["time"] for points in drawn for p in points] + [p["time"] for p in forecast]
    levels = [v for points in drawn for p in points for v in (p["value"], p.get("low"), p.get("high")) if known(v)]
    # Wide 95% bands would flatten the values themselves: the axis follows the 80% band at most.
    levels += [v for p in forecast for v in (p["low_80"], p["high_80"]) if known(v)]
    levels += [v for _, *edges in (trend or {}).get("band", []) for v in edges]
    levels += [target["value"]] if target else []
    marks = ticks(min(levels), max(levels))
    left = max(width_of(tick_text(v)) for v in marks) + 10
    x = _scale(min(times) - 0.3, max(times) + 0.3, left, WIDE - 10)
    y = _scale(marks[0], marks[-1], TALL - 30, 12)
    grid = [tag("path", class_="grid", d="".join(f"M{left:.0f} {y(v):.0f}H{WIDE - 10:.0f}" for v in marks))]
    grid += [tag("text", tick_text(v), class_="tick end", x=left - 6, y=y(v) + 4) for v in marks]
    grid += _year_ticks(times, x, lang)
    for b in breaks:
        grid += [tag("path", class_="break", d=f"M{x(b['time']):.1f} 12V{TALL - 30:.0f}"), tag("text", b["label"], class_="tick", x=x(b["time"]) + 4, y=22)]
    layers, row = [], 0
    if forecast:
        layers.append(_fan(forecast, x, y, marks))
    if trend:
        layers.append(_trend(trend, x, y, own.get("firm", True)))
    if target:
        until = min(target.get("time") or max(times), max(times))
        line = [tag("path", d=f"M{x(min(times)):.1f} {y(target['value']):.1f}H{x(until):.1f}"), tag("path", class_="flag", d=_mark("diamond", x(until), y(target["value"]), 5))]
        layers.append(tag("g", *line, class_="layer target", data_layer="target"))
    for index, (s, points) in enumerate(zip(series, drawn, strict=True)):
        rows = {id(p): row + i for i, p in enumerate(s["points"])}
        row += len(s["points"])
        layers.insert(0 if index else len(layers), _points(index, s["points"], points, rows, x, y))
    if forecast:
        dots = [tag("circle", class_="pt", cx=x(p["time"]), cy=y(p["value"]), r=2.5, data_row=row + i) for i, p in enumerate(forecast) if known(p["value"])]
        layers.append(tag("g", *dots, class_="layer forecast", data_layer="forecast"))
    data = _line_table(title, series, decimals, lang)
    return frame(
        "line", ident, grid + layers, TALL, title=title, unit=unit, about=_about_line(own, drawn[0], decimals, target, lang), key=_line_key(series, drawn, target, lang),
        data=data, n_rows=sum(map(len, drawn)), lang=lang, source=source, synthetic=synthetic,
    )


def _scale(low: float, high: float, start: float, end: float):
    room = (high - low) or 1.0
    return lambda value: start + (value - low) / room * (end - start)


def _year_ticks(times, x, lang: str) -> list[Markup]:
    first, last = int(min(times)), int(max(times))
    step = max(1, -(-(last - first + 1) // YEARS_SHOWN))
    return [tag("text", year_text(year, lang), class_="tick mid", x=x(year + 0.5), y=TALL - 12) for year in range(first, last + 1, step)]


def _mark(sign: str, cx: float, cy: float, size: float) -> str:
    ring = {
        "square": [(-0.8, -0.8), (0.8, -0.8), (0.8, 0.8), (-0.8, 0.8)], "triangle": [(0, -1), (1, 0.8), (-1, 0.8)], "diamond": [(0, -1), (1, 0), (0, 1), (-1, 0)],
    }[sign]  # fmt: skip
    return points_text((cx + size * dx, cy + size * dy) for dx, dy in ring) + "Z"


def _points(index: int, points: list[dict], drawn: list[dict], rows: dict, x, y) -> Markup:
    """One series: the line between neighbours, intervals, marks."""
    pieces, piece = [], []
    for p in points:
        # Over a gap or a break the line would claim what was not seen.
        if p.get("gap") or not known(p["value"]):
            pieces, piece = [*pieces, piece], []
        if known(p["value"]):
            piece.append((x(p["time"]), y(p["value"])))
    parts = [tag("path", class_="run", d=points_text(run)) for run in [*pieces, piece] if len(run) > 1]
    small = len(drawn) > 40
    for p in drawn:
        if known(p.get("low")) and known(p.get("high")):
            parts.append(tag("path", class_="whisker", d=f"M{x(p['time']):.1f} {y(p['low']):.1f}V{y(p['high']):.1f}"))
    for p in drawn:
        at = {"class_": "pt open" if p.get("open") else "pt", "data_row": rows[id(p)]}
        if index:
            parts.append(tag("path", d=_mark(MARKS[index], x(p["time"]), y(p["value"]), 4.5), **at))
        else:
            parts.append(tag("circle", cx=x(p["time"]), cy=y(p["value"]), r=2.0 if small else 4.0, **at))
    return tag("g", *parts, class_=f"layer s{index}", data_layer=f"s{index}")


def _trend(trend: dict, x, y, firm: bool) -> Markup:
    band = trend["band"]
    edge = [(x(t), y(high)) for t, _, high in band] + [(x(t), y(low)) for t, low, _ in reversed(band)]
    area = tag("path", class_="area", d=points_text(edge) + "Z") if band else None
    line = tag("path", class_="slope" if firm else "slope early", d=points_text((x(t), y(v)) for t, v in trend["line"]))
    return tag("g", area, line, class_="layer trend", data_layer="trend")


def _fan(forecast: list[dict], x, y, marks) -> Markup:
    inside = lambda value: min(max(value, marks[0]), marks[-1])  # noqa: E731
    parts = []
    for level in FAN:
        sure = [p for p in forecast if known(p.get(f"low_{level}"))]
        edge = [(x(p["time"]), y(inside(p[f"high_{level}"]))) for p in sure] + [(x(p["time"]), y(inside(p[f"low_{level}"]))) for p in reversed(sure)]
        if len(sure) > 1:
            parts.append(tag("path", class_=f"area f{level}", d=points_text(edge) + "Z"))
    middle = [(x(p["time"]), y(inside(p["value"]))) for p in forecast if known(p["value"])]
    parts.append(tag("path", class_="slope", d=points_text(middle)))
    return tag("g", *parts, class_="layer forecast", data_layer="forecast")


def _line_key(series, drawn, target, lang: str) -> list[Markup]:
    words, own = client_words(lang), series[0]
    key = [key_item(f"s{i}", MARKS[i], s["name"]) for i, s in enumerate(series) if drawn[i]]
    if any(p.get("open") for points in drawn for p in points):
        key.append(key_item("", "open", words["provisional"], "s0"))
    if own.get("trend"):
        key.append(key_item("trend", "band" if own["trend"]["band"] else "line", words["trend"]))
    if target:
        key.append(key_item("target", "line", target["label"]))
    if own.get("forecast"):
        key.append(key_item("forecast", "band", words["forecast_80"]))
    return key


def _line_table(name: str, series: list[dict], decimals: int, lang: str) -> Markup:
    words, rows = client_words(lang), []
    several = len(series) > 1
    for s in series:
        for p in s["points"]:
            value = number(p["value"], decimals) if known(p["value"]) else "–"
            rows.append([p["period"], s["name"], value, interval_text(p.get("low"), p.get("high"), decimals, lang), p.get("n", ""), p.get("note", ""), (p.get("origin", ""), "origin")])
    for p in series[0].get("forecast") or []:
        spread = interval_text(p["low_80"], p["high_80"], decimals, lang)
        rows.append([p["period"], series[0]["name"], number(p["value"], decimals), spread, "", words["forecast_80"], ("", "origin")])
    head = [words["period"], words["series"], words["value"], words["interval"], words["n"], words["note"], words["origin"]]
    kept = [i for i in range(len(head)) if i in (0, 2) or (i == 1 and several) or (i > 2 and any(_text(row[i]) for row in rows))]
    return table(name, [head[i] for i in kept], [[row[i] for i in kept] for row in rows], lang, numeric={k for k, i in enumerate(kept) if i in (2, 3, 4)})


def _text(cell) -> str:
    return cell[0] if isinstance(cell, tuple) else cell


def _about_line(own: dict, points: list[dict], decimals: int, target, lang: str) -> str:
    """The alternative text of a line chart, from its values."""
    words = client_words(lang)
    if not points:
        return f"{own['name']}: {words['no_value']}"
    first, last = points[0], points[-1]
    said = words["from_to" if len(points) > 1 else "only_one"].format(first=number(first["value"], decimals), start=first["period"], last=number(last["value"], decimals), end=last["period"])
    parts = [f"{own['name']}: {said}", words["of_which"].format(n=len(points))]
    if target:
        parts.append(f"{target['label']}: {number(target['value'], decimals)}")
    if own.get("forecast"):
        end = own["forecast"][-1]
        parts.append(f"{words['forecast_80']} {end['period']}: {number(end['value'], decimals)} ({interval_text(end['low_80'], end['high_80'], decimals, lang)})")
    return "; ".join(parts)
