"""All provinces in one chart: each with its interval, or as tiles of the country with a year to choose.

Rows and areas stand in the order in which they are given; an order by value would be a rank.
"""

from __future__ import annotations

from bisect import bisect_right
from statistics import quantiles

from markupsafe import Markup

from sdg_eval.publish.client_words import client_words
from sdg_eval.publish.svg import (
    WIDE,
    frame,
    interval_text,
    key_item,
    known,
    nothing,
    table,
    tag,
    tick_text,
    ticks,
    width_of,
)
from sdg_eval.wording import number

ROW = 18.0
"""Units from one province to the next in a dot chart."""
NAME_SHARE = {"th": 1.1, "en": 0.92}
"""Width of a name's letters against that of digits."""
TILE_W, TILE_H, GAP = 40.0, 36.0, 2.0
CLASSES = 5
LONGEST = 6
"""Letters of a value that fit in a tile."""
FACTORS = {"th": ((1, ""), (1_000, "พัน"), (1_000_000, "ล้าน")), "en": ((1, ""), (1_000, "thousand"), (1_000_000, "million"))}


def dot_chart(ident: str, rows: list[dict], *, title: str, unit: str, lang: str, decimals: int = 1, references=(), source: str = "", synthetic: bool = False) -> Markup:
    """Return one line per province, with value and interval, as a figure.

    Parameters
    ----------
    rows
        `name`, `value` (None: hatched, with its `note`), optional `low`, `high`, `n`, `period`, `note`, `origin`,
        `chosen` (True marks the province that the page is about).
    references
        `value`, `label` of upright lines: a target, the median of the provinces; at most three.
    """
    words = client_words(lang)
    shown = [r for r in rows if known(r["value"])]
    levels = [v for r in shown for v in (r["value"], r.get("low"), r.get("high")) if known(v)] + [r["value"] for r in references]
    marks = ticks(min(levels), max(levels), 4) if levels else [0.0, 1.0]
    left = min(max((width_of(r["name"]) for r in rows), default=60) * NAME_SHARE[lang] + 8, 172.0)
    right = WIDE - max((width_of(number(r["value"], decimals)) for r in shown), default=30) - 10
    x = lambda v: left + (v - marks[0]) / (marks[-1] - marks[0]) * (right - left)  # noqa: E731
    height = 24 + ROW * len(rows) + 8
    drawing = [tag("path", class_="grid", d="".join(f"M{x(v):.0f} 20V{height - 8:.0f}" for v in marks))]
    drawing += [tag("text", tick_text(v), class_="tick mid", x=x(v), y=14) for v in marks]
    for i, r in enumerate(references):
        drawing.append(tag("g", tag("path", d=f"M{x(r['value']):.1f} 20V{height - 8:.0f}"), class_=f"layer ref ref{i}", data_layer=f"ref{i}"))
    for index, r in enumerate(rows):
        drawing.append(_dot(index, r, 24 + ROW * (index + 0.5), x, left, right, decimals, words))
    key = [key_item("chosen", "dot", words["chosen"])] if any(r.get("chosen") for r in rows) else []
    key += [key_item(f"ref{i}", "line", f"{r['label']}: {number(r['value'], decimals)}", "ref") for i, r in enumerate(references)]
    return frame(
        "dots", ident, drawing, height, title=title, unit=unit, about=_about_dots(rows, shown, references, decimals, lang), key=key,
        data=_dot_table(title, rows, decimals, lang, of=ident.replace("-", ".", 1)), n_rows=len(shown), lang=lang, source=source, synthetic=synthetic,
    )


def _dot(index: int, row: dict, y: float, x, left: float, right: float, decimals: int, words: dict) -> Markup:
    name = tag("text", row["name"], class_="name end", x=left - 8, y=y + 4.5)
    chosen = " chosen" if row.get("chosen") else ""
    if not known(row["value"]):
        empty = [tag("rect", class_="hatched", x=left, y=y - 6, width=right - left, height=12), tag("text", row.get("note") or words["no_data"], class_="tick blank", x=left + 6, y=y + 4.5)]
        return tag("g", name, *empty, class_=f"pt row nodata{chosen}", data_row=index)
    whisker = None
    if known(row.get("low")) and known(row.get("high")):
        whisker = tag("path", class_="whisker", d=f"M{x(row['low']):.1f} {y:.1f}H{x(row['high']):.1f}")
    dot = tag("circle", cx=x(row["value"]), cy=y, r=5.5 if chosen else 3.8)
    value = tag("text", number(row["value"], decimals), class_="tick end", x=WIDE - 2, y=y + 4.5)
    return tag("g", name, whisker, dot, value, class_=f"pt row{chosen}", data_row=index)


def _dot_table(name: str, rows: list[dict], decimals: int, lang: str, *, of: str) -> Markup:
    words = client_words(lang)
    keys = ("name", "period", "value", "interval", "n", "note", "origin")
    head = [words["province"], *(words[key] for key in keys[1:])]
    body = [
        [r["name"], r.get("period", ""), number(r["value"], decimals), interval_text(r.get("low"), r.get("high"), decimals, lang), r.get("n", ""), r.get("note", ""), r.get("origin", "")]
        for r in rows
    ]  # fmt: skip
    kept = [i for i in range(len(head)) if i in (0, 2) or any(row[i] for row in body)]
    return table(name, [head[i] for i in kept], [[row[i] for i in kept] for row in body], lang, numeric={k for k, i in enumerate(kept) if i in (2, 3, 4)}, of=of, columns=[keys[i] for i in kept])


def _about_dots(rows, shown, references, decimals: int, lang: str) -> str:
    words = client_words(lang)
    parts = [words["with_data"].format(n=len(shown), all=len(rows))]
    if shown:
        values = [r["value"] for r in shown]
        parts.append(f"{words['value']} {interval_text(min(values), max(values), decimals, lang)}")
    for r in rows:
        if r.get("chosen"):
            spread = interval_text(r.get("low"), r.get("high"), decimals, lang)
            parts.append(f"{r['name']} {number(r['value'], decimals)}" + (f" ({spread})" if spread else ""))
    return "; ".join(parts + [f"{r['label']} {number(r['value'], decimals)}" for r in references])


def tile_map(ident: str, areas: list[dict], periods: list[tuple[str, str]], cells: dict, *, title: str, unit: str, lang: str, decimals: int = 1, legend=None, chosen=(), source: str = "", synthetic: bool = False) -> Markup:
    """Return the country as tiles of equal size, one per province, with a period to choose.

    Parameters
    ----------
    areas
        `REF_AREA`, `name`, `abbr`, `col`, `row` of each province.
    periods
        (code, as shown), in order; the last one is drawn, the others are reached by the slider.
    cells
        {(REF_AREA, period code): cell}. A cell: `value`, or None with a `note` (as 'suppressed'); with `legend`
        also `cls` and optional `text` in place of the number. A cell that is missing is drawn hatched.
    legend
        None: five classes of equally many values, the same for all periods. Else [(cls, label, sign), ...] for
        classes of `style.css` such as the statuses.
    """
    words = client_words(lang)
    if not periods:
        empty = table(title, [words["province"]], [[a["name"]] for a in areas], lang)
        return nothing("tiles", ident, title=title, unit=unit, data=empty, lang=lang, source=source, synthetic=synthetic)
    values = sorted(c["value"] for c in cells.values() if known(c.get("value")))
    cuts = _cuts(values) if legend is None else []
    factor, factor_word = _factor(values, decimals, lang)
    digits = decimals if factor == 1 else 0 if values and max(values) / factor >= 100 else 1

    def shown(area: str, period: str) -> dict:
        cell = cells.get((area, period)) or {}
        if legend is None and not known(cell.get("value")):
            return {"cls": "nodata", "text": cell.get("note") or words["no_data"], "short": "–"}
        if legend is not None and not cell.get("cls"):
            return {"cls": "nodata", "text": words["no_data"], "short": ""}
        text = cell.get("text") or number(cell.get("value"), decimals)
        brief = cell["text"] if "text" in cell else number(cell["value"] / factor, digits) if known(cell.get("value")) else ""
        sign = dict((c, s) for c, _, s in legend or ()).get(cell.get("cls"), "")
        return {"cls": cell["cls"] if legend else f"q{bisect_right(cuts, cell['value']) + 1}", "text": text, "short": sign or brief}

    last = periods[-1][0]
    first_row = min(a["row"] for a in areas)
    tiles = [_tile(i, a, shown(a["REF_AREA"], last), first_row, a["REF_AREA"] in chosen) for i, a in enumerate(areas)]
    height = (max(a["row"] for a in areas) - first_row + 1) * (TILE_H + GAP) + 2
    head = [words["province"], *(text for _, text in periods)]
    body = []
    for a in areas:
        row = [a["name"]]
        for code, _ in periods:
            cell = shown(a["REF_AREA"], code)
            row.append((cell["text"], cell["cls"], cell["short"]))
        body.append(row)
    have = [c["value"] for a in areas if known((c := cells.get((a["REF_AREA"], last)) or {}).get("value"))]
    about = f"{periods[-1][1]}: " + words["with_data"].format(n=sum("nodata" not in t for t in tiles), all=len(areas))
    if have and legend is None:
        about += f"; {words['value']} {interval_text(min(have), max(have), decimals, lang)}"
    key = _tile_key(legend, cuts, values, decimals, words, lang)
    if factor_word:
        key.append(tag("li", words["in_tiles"].format(word=factor_word), class_="remark"))
    numeric = set() if legend else set(range(1, len(head)))
    return frame(
        "tiles", ident, tiles, height, title=title, unit=unit, about=about, key=key, data=table(title, head, body, lang, numeric=numeric, of=ident.replace("-", ".", 1), columns=["name", *(code for code, _ in periods)]), n_rows=len(areas), lang=lang,
        source=source, synthetic=synthetic, data_period=periods[-1][1], data_choose=words["choose_period"],
    )


def _cuts(values: list[float]) -> list[float]:
    if len(values) < 2:
        return []
    return sorted(set(quantiles(values, n=CLASSES, method="inclusive")))


def _factor(values: list[float], decimals: int, lang: str) -> tuple[int, str]:
    """The smallest of 1, thousand, million by which the longest value fits in a tile."""
    for factor, word in FACTORS[lang]:
        longest = max((len(number(v / factor, decimals if factor == 1 else 0)) for v in (values[:1] + values[-1:])), default=0)
        if longest <= LONGEST:
            return factor, word
    return FACTORS[lang][-1]


def _tile(index: int, area: dict, cell: dict, first_row: int, chosen: bool) -> Markup:
    x, y = 1 + area["col"] * (TILE_W + GAP), 1 + (area["row"] - first_row) * (TILE_H + GAP)
    parts = [
        tag("rect", x=x, y=y, width=TILE_W, height=TILE_H, rx=3), tag("path", class_="hatch", d=f"M{x:.0f} {y + TILE_H:.0f}l{TILE_H:.0f} -{TILE_H:.0f}m-{TILE_H / 2:.0f} {TILE_H:.0f}l{TILE_H / 2:.0f} -{TILE_H / 2:.0f}M{x:.0f} {y + TILE_H / 2:.0f}l{TILE_H / 2:.0f} -{TILE_H / 2:.0f}"),
        tag("text", area["abbr"], class_="abbr mid", x=x + TILE_W / 2, y=y + 15), tag("text", cell["short"], class_="val mid", x=x + TILE_W / 2, y=y + 30),
    ]  # fmt: skip
    return tag("g", *parts, class_=f"pt tile {cell['cls']}{' chosen' if chosen else ''}", data_row=index)


def _tile_key(legend, cuts, values, decimals: int, words: dict, lang: str) -> list[Markup]:
    if legend is not None:
        key = [key_item("", "tile", f"{sign} {label}".strip(), cls) for cls, label, sign in legend]
    else:
        edges = [values[0], *cuts, values[-1]] if values else []
        key = [key_item("", "tile", interval_text(low, high, decimals, lang), f"q{i + 1}") for i, (low, high) in enumerate(zip(edges, edges[1:], strict=False))]
    return [*key, key_item("", "tile", words["no_data"], "nodata")]
