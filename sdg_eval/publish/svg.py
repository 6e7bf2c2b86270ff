"""Elements, scales and the frame that every chart of the site has.

A chart is a `<figure>`: title, key, drawing, source, and the table of its values. The drawing needs no script and the
table is the only place where values stand as text: `site.js` reads from it what it shows beside a point.
"""

from __future__ import annotations

import math
import re
import unicodedata

from markupsafe import Markup, escape

from sdg_eval.publish.client_words import client_words
from sdg_eval.wording import number

WIDE = 420.0
"""Units across a drawing: at a phone's width one unit is 0.8 px, so that text of 13 units is still read."""
LETTER = 7.4
"""Units that a digit takes at the largest text size."""
_SPECIAL = re.compile(r"""[&<>'"]""")


def tag(name: str, *children, **attributes) -> Markup:
    """Return an element; text and attributes are escaped, `class_` is class, `aria_label` is aria-label, None is left out."""
    parts = []
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        key = key.rstrip("_").replace("_", "-")
        parts.append(f" {key}" if value is True else f' {key}="{_escaped(value)}"')
    inside = "".join([_escaped(child) for child in children if child is not None])
    if name in ("path", "line", "rect", "circle") and not inside:
        return Markup(f"<{name}{''.join(parts)}/>")
    return Markup(f"<{name}{''.join(parts)}>{inside}</{name}>")


def _escaped(value) -> str:
    """A value as it stands in a page. A site of 77 provinces has a million of them, and few hold a letter that must be escaped."""
    if isinstance(value, Markup):
        return value
    text = str(short(value))
    return str(escape(text)) if _SPECIAL.search(text) else text


def short(value):
    """Return a float with one decimal at most, as fine as a drawing needs; anything else as it is."""
    if not isinstance(value, float):
        return value
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def known(value) -> bool:
    """True for a number that can be drawn."""
    return value is not None and math.isfinite(value)


def ticks(low: float, high: float, wanted: int = 5) -> list[float]:
    """Return round values from just below `low` to just above `high`.

    Examples
    --------
    >>> ticks(3.2, 18.9)
    [0.0, 5.0, 10.0, 15.0, 20.0]
    """
    room = (high - low) or abs(high) or 1.0
    base = 10 ** math.floor(math.log10(room / (wanted - 1)))
    step = next(m * base for m in (1, 2, 2.5, 5, 10) if m * base * (wanted - 1) >= room * 0.999)
    first = math.floor(low / step + 1e-9)
    last = math.ceil(high / step - 1e-9)
    return [round(i * step, 10) for i in range(first, max(last, first + 1) + 1)]


def tick_text(value: float) -> str:
    """Return a tick as read: no more decimals than it has, a true minus sign."""
    text = f"{value:,.0f}" if abs(value) >= 1000 or float(value).is_integer() else f"{value:,.4g}"
    return text.replace("-", "−")


def interval_text(low, high, decimals: int, lang: str) -> str:
    """Return 'low ถึง high', '' where there is no interval."""
    if not (known(low) and known(high)):
        return ""
    return f"{number(low, decimals)} {'ถึง' if lang == 'th' else 'to'} {number(high, decimals)}"


def width_of(text: str) -> float:
    """Return about how many units a text takes at the largest size; marks above and below a Thai letter take none."""
    return LETTER * sum(unicodedata.category(letter) != "Mn" for letter in text)


def points_text(points) -> str:
    """Return points as the data of a path's line: 'M1 2L3 4'."""
    return "M" + "L".join(f"{short(float(x))} {short(float(y))}" for x, y in points)


def key_item(layer: str, sign: str, text: str, extra: str = "") -> Markup:
    """Return one entry of the key; a `layer` named here can be switched off and on."""
    marks = {
        "dot": tag("circle", cx=12, cy=7, r=4), "open": tag("circle", cx=12, cy=7, r=4), "line": tag("path", d="M1 7H23"),
        "band": Markup('<path class="area" d="M1 2H23V12H1Z"/><path d="M1 7H23"/>'), "square": tag("rect", x=8, y=3, width=8, height=8),
        "triangle": tag("path", d="M12 2L17 11H7Z"), "diamond": tag("path", d="M12 1L17 7L12 13L7 7Z"), "tile": tag("rect", x=3, y=0, width=18, height=14),
    }  # fmt: skip
    picture = tag("svg", marks[sign], viewBox="0 0 24 14", class_="key", aria_hidden="true")
    return tag("li", picture, " ", tag("span", text), class_=" ".join(filter(None, (sign, layer, extra))), data_layer=layer or None)


def table(name: str, head: list[str], rows: list[list], lang: str, *, numeric=(), of: str = "", columns=()) -> Markup:
    """Return a table in a box that scrolls and says its `name`; the first cell of each row is its header.

    A cell is text, or (text, class), or (text, class, short text for a tile). `numeric` are the columns set to
    the right. `of` and `columns` name the table and its columns for the checker (`claims.page_numbers`).
    """
    words = client_words(lang)

    def cell(index: int, value) -> Markup:
        text, kind, brief = (*value, None)[:3] if isinstance(value, tuple) else (value, "", None)
        kind = f"{'num ' if index in numeric else ''}{kind}".strip() or None
        return tag("td", text, class_=kind, data_short=brief if brief != text else None) if index else tag("th", text, scope="row", class_=kind)

    top = [tag("th", text, scope="col", class_="num" if i in numeric else None, data_c=columns[i] if columns else None) for i, text in enumerate(head)]
    body = [tag("tr", *(cell(i, value) for i, value in enumerate(row))) for row in rows]
    inner = tag("table", tag("thead", tag("tr", *top)), tag("tbody", *body), data_of=of or None)
    return tag("div", inner, class_="scroll", tabindex="0", role="region", aria_label=f"{words['table']}: {name}")


def frame(kind: str, ident: str, drawing: list[Markup], height: float, *, title: str, unit: str, about: str, key, data: Markup, n_rows: int, lang: str, source: str, synthetic: bool, **attributes) -> Markup:
    """Return the whole figure.

    Parameters
    ----------
    drawing
        Elements, on `WIDE` x `height` units.
    about
        The alternative text: what the drawing shows, with its numbers.
    key
        Entries of the key (`key_item`).
    data, n_rows
        The table of the values, and how many there are.
    """
    words = client_words(lang)
    marked = _synthetic(words["synthetic"], height) if synthetic else []
    names = [tag("title", f"{title} ({unit})" if unit else title, id=f"{ident}-t"), tag("desc", about, id=f"{ident}-d")]
    svg = tag("svg", *names, *drawing, *marked, viewBox=f"0 0 {short(WIDE)} {short(height)}", role="img", aria_labelledby=f"{ident}-t {ident}-d")
    caption = tag("figcaption", tag("strong", title), " ", tag("span", unit, class_="unit") if unit else None)
    legend = tag("ul", *key, class_="legend", aria_label=words["show_series"]) if key else None
    below = tag("details", tag("summary", f"{words['chart_data']} (n = {n_rows})"), data, class_="data")
    footing = tag("p", source, tag("strong", (" · " if source else "") + words["synthetic"]) if synthetic else None, class_="source") if source or synthetic else None
    return tag("figure", caption, legend, tag("div", svg, class_="plot"), footing, below, id=ident, class_=f"chart {kind}", data_chart=kind, **attributes)


def _synthetic(text: str, height: float) -> list[Markup]:
    """The words across a drawing that its data are not real; on a tall one wherever it is cut there is one of them."""
    copies = max(1, round(height / 350))
    middles = [(i + 0.5) * height / copies for i in range(copies)]
    return [tag("text", text, class_="synth", x=WIDE / 2, y=y, transform=f"rotate(-14 {short(WIDE / 2)} {short(y)})") for y in middles]


def nothing(kind: str, ident: str, *, title: str, unit: str, data: Markup, lang: str, source: str, synthetic: bool) -> Markup:
    """Return the figure of a series without a value that can be shown: it says so, and its table holds the notes."""
    text = client_words(lang)["no_value"]
    drawing = [tag("text", text, class_="tick mid", x=WIDE / 2, y=40.0)]
    return frame(kind, ident, drawing, 70.0, title=title, unit=unit, about=text, key=[], data=data, n_rows=0, lang=lang, source=source, synthetic=synthetic)
