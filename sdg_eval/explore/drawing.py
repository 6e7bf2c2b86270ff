"""Pictures of the workbench as SVG text: a finding before and after, and the specification curve. Nothing is estimated here."""

from __future__ import annotations

from math import floor, log10
from statistics import median
from xml.sax.saxutils import escape

import pandas as pd

from sdg_eval.explore.choices import CHOICES
from sdg_eval.explore.words import choice_name, dimension_name

WIDE = 900
INK, SOFT, GRID, HOLDS, TURNS, OFFICIAL, TARGET = "#1b2733", "#51606f", "#e3e8ed", "#0b5394", "#c2412d", "#b35900", "#7a5b00"
FONT = "font-family:SarabunExplorer,'Noto Sans Thai',sans-serif"


def plain_number(value: float, digits: int = 3, *, sign: bool = False) -> str:
    """Return a number with so many digits that count, and never a power of ten.

    Examples
    --------
    >>> plain_number(1128.24, sign=True), plain_number(-0.0672), plain_number(19490.0, 4)
    ('+1,128', '−0.0672', '19,490')
    """
    if value != value:
        return "–"
    size = 0 if value == 0 else floor(log10(abs(value)))
    return f"{value:{'+' if sign else ''},.{min(max(digits - 1 - size, 0), 9)}f}".replace("-", "−")


def draw_before_after(before: pd.DataFrame, after: pd.DataFrame, pace: tuple[float, float], targets, titles: tuple[str, str], lang: str, *, synthetic: str = "") -> str:
    """Return two charts on one scale: values (hollow where not used), the pace, the target.

    Parameters
    ----------
    before, after
        From `used_values`.
    pace
        Change per year of both; NaN draws no line.
    targets
        (value, year) or None, of both.
    """
    values = [v for part in (before, after) for v in part["value"]] + [t[0] for t in targets if t]
    times = list(before["time"]) + [t[1] + 0.5 for t in targets if t]
    if not values:
        return ""
    low, high, first, last = min(values), max(values), min(times), max(times)
    room = (high - low) or abs(high) or 1.0
    low, high = low - 0.06 * room, high + 0.06 * room
    parts = []
    for i, (table, slope, target, title) in enumerate(zip((before, after), pace, targets, titles, strict=True)):
        left = 54 + i * 452

        def x(t, left=left):
            return left + (t - first) / ((last - first) or 1) * 372

        def y(v):
            return 44 + (high - v) / (high - low) * 180

        parts.append(f'<text x="{left}" y="22" font-size="15" font-weight="700" fill="{OFFICIAL if i == 0 else INK}">{escape(title)}</text>')
        for step in range(5):
            v = low + (high - low) * step / 4
            parts.append(f'<path d="M{left} {y(v):.1f}h372" stroke="{GRID}"/><text x="{left - 5}" y="{y(v) + 4:.1f}" font-size="11" text-anchor="end" fill="{SOFT}">{plain_number(v, 4)}</text>')
        for year in range(int(first), int(last) + 1, max(1, (int(last) - int(first)) // 6)):
            parts.append(f'<text x="{x(year + 0.5):.1f}" y="244" font-size="11" text-anchor="middle" fill="{SOFT}">{year + 543 if lang == "th" else year}</text>')
        used = table[table["used"]]
        if len(used) >= 2 and slope == slope:
            centre, level = median(used["time"]), median(used["value"])
            end = target[1] + 0.5 if target else used["time"].max()
            ends = [(t, level + slope * (t - centre)) for t in (used["time"].min(), used["time"].max(), end)]
            drawn = [(x(t), min(228.0, max(40.0, y(v)))) for t, v in ends]
            parts.append(f'<path d="M{drawn[0][0]:.1f} {drawn[0][1]:.1f}L{drawn[1][0]:.1f} {drawn[1][1]:.1f}" stroke="{HOLDS}" stroke-width="2" fill="none"/>')
            parts.append(f'<path d="M{drawn[1][0]:.1f} {drawn[1][1]:.1f}L{drawn[2][0]:.1f} {drawn[2][1]:.1f}" stroke="{HOLDS}" stroke-width="1.4" stroke-dasharray="5 4" fill="none"/>')
        if target:
            parts.append(f'<path d="M{x(target[1] + 0.5):.1f} {y(target[0]) - 6:.1f}l6 6l-6 6l-6-6Z" fill="{TARGET}"><title>{plain_number(target[0], 4)}</title></path>')
        parts += [f'<circle cx="{x(t):.1f}" cy="{y(v):.1f}" r="4" stroke="{INK}" fill="{INK if on else "#fff"}"><title>{plain_number(v, 6)}</title></circle>' for t, v, on in table.itertuples(index=False)]
    mark = f'<text x="{WIDE / 2}" y="140" font-size="30" font-weight="700" text-anchor="middle" fill="#7a1f5c" opacity=".13">{escape(synthetic)}</text>' if synthetic else ""
    about = "; ".join(f"{title}: n = {int(table['used'].sum())}" for title, table in zip(titles, (before, after), strict=True))
    return f'<svg viewBox="0 0 {WIDE} 252" role="img" aria-label="{escape(about, {chr(34): "&quot;"})}" style="width:100%;{FONT}">{"".join(parts)}{mark}</svg>'


def draw_curve(table: pd.DataFrame, choices: pd.DataFrame, lang: str, *, about: str, axis: str = "", synthetic: str = "") -> str:
    """Return the specification curve of one question: every estimate in order, and below it the choices that made it.

    Blue where the verdict holds, red where it turns; the official specification is marked. Rows whose option alone turns the
    verdict are red. `axis` says what an estimate is. What gave no estimate is not drawn in the curve but counts in the rows' shares.
    """
    question = str(table["question"].iloc[0])
    drawn = table[table["estimate"].notna()].reset_index(drop=True)
    if drawn.empty:
        return ""
    left, top, high, row = 250, 16, 170, 13
    low_value, high_value = drawn["estimate"].quantile(0.005), drawn["estimate"].quantile(0.995)
    low_value, high_value = min(low_value, 0), max(high_value, 0)
    room = (high_value - low_value) or 1.0

    def x(i):
        return left + (i + 0.5) / len(drawn) * (WIDE - left - 60)

    def y(v):
        return top + (high_value + 0.05 * room - min(max(v, low_value), high_value)) / (1.1 * room) * high

    parts = [f'<path d="M{left} {y(0):.1f}H{WIDE - 60}" stroke="{SOFT}" stroke-dasharray="3 3"/><text x="{left - 6}" y="{y(0) + 4:.1f}" font-size="11" text-anchor="end" fill="{SOFT}">0</text>']
    parts += [f'<text x="{left - 6}" y="{y(v) + 4:.1f}" font-size="11" text-anchor="end" fill="{SOFT}">{plain_number(v)}</text>' for v in {low_value, high_value} - {0}]
    for holds, colour in ((True, HOLDS), (False, TURNS)):
        own = drawn[drawn["holds"] == holds]
        ranges = "".join(f"M{x(i):.1f} {y(a):.1f}V{y(b):.1f}" for i, a, b in zip(own.index, own["ci_low"], own["ci_high"], strict=True) if a == a and b == b)
        dots = "".join(f"M{x(i) - 0.9:.1f} {y(v):.1f}h1.8" for i, v in zip(own.index, own["estimate"], strict=True))
        parts.append(f'<path d="{ranges}" stroke="{colour}" stroke-width=".5" opacity=".22"/><path d="{dots}" stroke="{colour}" stroke-width="2.4"/>')
    parts.append(f'<text x="4" y="{top + 9}" font-size="11.5" font-weight="700" fill="{INK}">{escape(axis)}</text>')
    mine = drawn[drawn["official"]]
    for i, v in zip(mine.index, mine["estimate"], strict=True):
        parts.append(f'<path d="M{x(i):.1f} {top}V{top + high}" stroke="{OFFICIAL}"/><circle cx="{x(i):.1f}" cy="{y(v):.1f}" r="4.5" fill="{OFFICIAL}"/>')
    at = top + high + 16
    for name in CHOICES[question]:
        own = choices[choices["choice"] == name]
        if len(own) < 2:
            continue
        parts.append(f'<text x="4" y="{at + 9}" font-size="11.5" font-weight="700" fill="{INK}">{escape(dimension_name(name, lang))}</text>')
        for option in own.to_dict("records"):
            hits = drawn.index[drawn[name] == option["option"]]
            colour = TURNS if option["flips"] else OFFICIAL if option["official"] else SOFT
            label = choice_name(name, option["option"], lang) + (" ✓" if option["official"] else " ↯" if option["flips"] else "")
            marks = "".join(f"M{x(i):.1f} {at + 1}v{row - 4}" for i in hits)
            parts.append(f'<text x="{left - 6}" y="{at + 9}" font-size="11" text-anchor="end" fill="{colour}">{escape(label)}</text>')
            parts.append(f'<path d="{marks}" stroke="{colour}" stroke-width="{max(0.5, min(3, 500 / len(drawn))):.1f}"/><text x="{WIDE - 52}" y="{at + 9}" font-size="11" fill="{colour}">{100 * option["share"]:.0f}%</text>')
            at += row
        at += 6
    mark = f'<text x="{WIDE / 2 + 90}" y="{top + 95}" font-size="28" font-weight="700" text-anchor="middle" fill="#7a1f5c" opacity=".13">{escape(synthetic)}</text>' if synthetic else ""
    return f'<svg viewBox="0 0 {WIDE} {at + 4}" role="img" aria-label="{escape(about, {chr(34): "&quot;"})}" style="width:100%;{FONT}">{"".join(parts)}{mark}</svg>'
