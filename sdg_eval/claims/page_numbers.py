"""The numbers of tables, sentences and charts on the pages, held against what the tables of the run give.

A page says with `data-from` which notebook said a sentence or those of a list, with `data-of` what a sentence or a table speaks of, and a table with `data-c` what stands in a column and with `id` or `data-r`
on which row; a chart is known by its id. All numbers of a sentence or a cell, in their order, must be those that `run_numbers` gives: a whole
number exactly, any other rounded to the decimals that it is written with.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from html import unescape
from pathlib import Path

from sdg_eval.claims.ledger import AS_SAID, Fault, masked
from sdg_eval.claims.prose import squeezed
from sdg_eval.claims.run_numbers import NAME, RunNumbers
from sdg_eval.claims.run_tables import Wanted
from sdg_eval.claims.slots import TOKEN
from sdg_eval.thai import thai_digits_to_arabic

PAGES = ("index", "data", "sources", "partners", "cascade", "compare")
COMPARED = "assets/compare"
FACTORS = (1, 1_000, 1_000_000)
"""What the values of a map may be divided by to fit into its tiles: all by the same."""
SIX_DIGITS = 1e-5
"""Of a number in the data of the comparison, which hold six digits."""
_SENTENCE = re.compile(r'<(?!table)(\w+) data-of="([^"]*)"[^>]*>(.*?)</\1>', re.S)
_QUOTED = re.compile(r'<(ul|p) data-from="([^"]*)"[^>]*>(.*?)</\1>', re.S)
_TABLE = re.compile(r'<table data-of="([^"]*)"[^>]*>(.*?)</table>', re.S)
_CHART = re.compile(r'<figure id="((?:dots|map)-[^"]*)"[^>]*>(.*?)</figure>', re.S)
_COUNTRY = re.compile(r'<svg(?=[^>]* id="(map-\d+|country)")[^>]* aria-label="([^"]*)"[^>]*><title>([^<]*)</title>')
_ROW = re.compile(r'<tr(?: (?:id|data-r)="([^"]*)")?[^>]*>(.*?)(?=<tr|</tbody|</thead|$)', re.S)
_CELL = re.compile(r'<t[hd]((?: [^>]*)?)>(.*?)</t[hd]>', re.S)
_COLUMN, _SHORT = re.compile(r'data-c="([^"]*)"'), re.compile(r'data-short="([^"]*)"')
_DRAWN = re.compile(r'<g class="pt [^"]*" data-row="(\d+)">(.*?)</g>', re.S)
_DRAWN_VALUE = re.compile(r'<text class="(?:val mid|tick end)"[^>]*>([^<]*)</text>')


def number_faults(pages: Path, run: Path) -> list[Fault]:
    """Return each number on the overview and the pages of the data, of goals, indicators, sources, partners and of the comparison that the tables of a run do not give."""
    known, faults = RunNumbers(run), []
    places = [p for name in PAGES for p in (pages / f"{name}.html", pages / f"{name}.en.html") if p.is_file()]
    for path in [*places, *sorted(p for kind in ("goals", "indicators") for p in (pages / kind).rglob("index*.html"))]:
        content, file = path.read_text(encoding="utf-8"), path.relative_to(pages).as_posix()
        lang = (re.search(r'<html[^>]* lang="(\w+)"', content) or [None, "th"])[1]
        faults += [Fault(file, what, found, wanted, AS_SAID) for what, found, wanted in page_faults(content, known, lang)]
    codes: dict[str, list[str]] = {}
    for path in sorted((pages / COMPARED).glob("*.js")):
        area, lang = path.name.split(".")[:2]
        if lang not in codes:
            codes[lang] = [row[0] for row in _data(pages / f"{COMPARED}.{lang}.js")["series"]]
        faults += [Fault(f"{COMPARED}/{path.name}", what, found, wanted, AS_SAID) for what, found, wanted in compared_faults(_data(path)["cells"], codes[lang], area, known, lang)]
    return faults


def page_faults(content: str, known: RunNumbers, lang: str) -> Iterator[tuple[str, str, str]]:
    """(what, as told, as counted) of each sentence, cell and chart that tells other numbers."""
    for _, name, inside in _SENTENCE.findall(content):
        yield from _told(name, inside, known.sentence(name, lang), known, lang)
    for kind, notebooks, inside in _QUOTED.findall(content):
        said = known.said(notebooks, lang)
        for item in re.findall(r"<li>(.*?)</li>", inside, re.S) if kind == "ul" else [inside]:
            if squeezed(_text(item)) not in said:
                yield notebooks, _text(item), "a sentence of this notebook, letter for letter"
    for name, inside in _TABLE.findall(content):
        yield from _table_faults(name, inside, known, lang)
    for ident, label, title in _COUNTRY.findall(content):
        name = f"country.{ident.removeprefix('map-')}"
        for text in (label, title):
            yield from _told(name, text, known.sentence(name, lang), known, lang)
    for ident, inside in _CHART.findall(content):
        yield from _chart_faults(ident, inside, known, lang)


def _table_faults(name: str, inside: str, known: RunNumbers, lang: str) -> Iterator[tuple[str, str, str]]:
    wanted = known.table(name, lang)
    if wanted is None:
        yield name, "", "a table that is known by its name"
        return
    order, seen, brief = list(wanted), [], []
    for key, columns, cells in read_rows(inside):
        key = key or (order[len(seen)] if len(seen) < len(order) else "")  # a table without names of rows has them all, in their order
        seen.append(key)
        own = wanted.get(key)
        if own is None:
            yield name, key, "no such row"
            continue
        if NAME in own and (text := _text(cells[0][1])) != own[NAME]:
            yield f"{name} {key}", text, own[NAME]
        for column, (attributes, text) in zip(columns, cells, strict=False):
            if column in own and column != NAME:
                yield from _told(f"{name} {key} {column}", text, own[column], known, lang)
                if short := _SHORT.search(attributes):
                    brief.append((f"{name} {key} {column} tile", unescape(short[1]), own[column]))
    if sorted(seen) != sorted(order):
        yield name, ", ".join(sorted({key for key in seen if seen.count(key) > 1})), f"one row for each of {', '.join(map(str, sorted(set(order) - set(seen)))) or 'them'}"
    yield from ((what, text, " ".join(map(str, value)) or "–") for what, text, value in min(([one for one in brief if not _in_tile(*one[1:], factor)] for factor in FACTORS), key=len))
    for column, text in read_heads(inside).items():
        if column in known.heads(name, lang):
            yield from _told(f"{name} {column}", text, known.heads(name, lang)[column], known, lang)


def _in_tile(text: str, wanted: list[Wanted], factor: int) -> bool:
    """True where a tile tells a value in ones, thousands or millions; where there is none, a dash."""
    return same(numbers_in(text), [value / factor for value in wanted])


def read_heads(inside: str) -> dict[str, str]:
    """Return {name of a column: text of its header} of a table."""
    head = inside.partition("</thead>")[0]
    return {found[1]: text for attributes, text in _CELL.findall(head) if (found := _COLUMN.search(attributes))}


def read_rows(inside: str) -> Iterator[tuple[str, list[str], list[tuple[str, str]]]]:
    """Return (name of the row, names of the columns, (attributes, text) of each cell) of the rows of a table."""
    head, _, body = inside.partition("</thead>")
    columns = [found[1] if (found := _COLUMN.search(attributes)) else "" for attributes, _ in _CELL.findall(head)]
    for key, row in _ROW.findall(body):
        yield key, columns, _CELL.findall(row)


def _chart_faults(ident: str, inside: str, known: RunNumbers, lang: str) -> Iterator[tuple[str, str, str]]:
    """The words of a chart (alternative text, key, how many values) and what is drawn, against the table below it, which is held against the run."""
    kind, _, code = ident.partition("-")
    table = re.search(r"<table data-of=[^>]*>(.*?)</table>", inside, re.S)
    rows = [cells for _, _, cells in read_rows(table[1])] if table else []
    columns = list(read_heads(table[1])) if table else []
    if not columns:
        return
    told = known.chart(kind, code, [c for c in columns if c != NAME], lang)
    desc, summary = re.search(r"<desc[^>]*>(.*?)</desc>", inside, re.S), re.search(r"<summary>(.*?)</summary>", inside, re.S)
    title, legend = re.search(r"<figcaption><strong>(.*?)</strong>", inside, re.S), re.search(r'<ul class="[^"]*legend[^"]*"[^>]*>(.*?)</ul>', inside, re.S)
    parts = (("desc", desc), ("summary", summary), ("key", legend))
    for what, found in parts:
        yield from _told(f"{ident} {what}", found[1] if found else "", told[what], known, lang)
    if title and not unescape(title[1]).endswith(told["title"]):
        yield f"{ident} title", unescape(title[1]), told["title"]
    last = columns.index("value") if kind == "dots" else -1
    for row, drawn in _DRAWN.findall(inside):
        attributes, text = rows[int(row)][last]
        brief = _SHORT.search(attributes)
        value, shown = _DRAWN_VALUE.search(drawn), unescape(brief[1] if brief else text)
        if (value[1] if value else "–") != shown:
            yield f"{ident} row {row}", value[1] if value else "", shown
def _told(what: str, text: str, wanted: list[Wanted] | None, known: RunNumbers, lang: str) -> Iterator[tuple[str, str, str]]:
    if wanted is None:
        yield what, _text(text), "numbers that are known by this name"
        return
    said = _text(text)
    if not same(numbers_in(said), wanted):  # names and units that hold figures are looked for only where the numbers differ: it takes long
        found = numbers_in(masked(said, known.codelists, lang))
        if not same(found, wanted):
            yield what, " ".join(found) or said, " ".join(map(str, wanted)) or "no number"


@lru_cache(maxsize=1 << 16)
def _text(html: str) -> str:
    if "<" in html:
        html = re.sub(r"<[^>]*>", "", html.replace("<br>", " "))
    return " ".join((unescape(html) if "&" in html else html).split())


@lru_cache(maxsize=1 << 16)
def numbers_in(text: str) -> tuple[str, ...]:
    """Return the numbers of a text in their order.

    Examples
    --------
    >>> numbers_in("−0.67 (−0.92 ถึง −0.43), พ.ศ. 2567")
    ('−0.67', '−0.92', '−0.43', '2567')
    """
    return tuple(thai_digits_to_arabic(found).rstrip(",") for found in TOKEN.findall(text))


def same(found: tuple[str, ...], wanted: list[Wanted]) -> bool:
    """True where numbers as written are those wanted, one after the other."""
    return len(found) == len(wanted) and all(agrees(text, one) for text, one in zip(found, wanted, strict=True))


def agrees(text: str, wanted: Wanted) -> bool:
    """True where a number is written as wanted: a text to the letter, a number to half of the last decimal that is written.

    Examples
    --------
    >>> agrees("10.9", 10.94), agrees("10.8", 10.94), agrees("1,200", 1200), agrees("2567", "2567")
    (True, False, True, True)
    """
    if isinstance(wanted, str):
        return text == wanted
    plain = text.replace(",", "").replace("−", "-")
    half = 0.5 * 10.0 ** -len(plain.partition(".")[2])
    return abs(float(plain) - wanted) <= half * (1 + 1e-9) + 1e-12 * abs(wanted) if isinstance(wanted, float) else float(plain) == wanted


# ---------------------------------------------------------------- the data of the comparison


def _data(path: Path) -> dict:
    """What a data file of the site hands over."""
    text = path.read_text(encoding="utf-8")
    return json.loads(text[text.index(",") + 1:text.rindex(")")])


def compared_faults(cells: list, codes: list[str], area: str, known: RunNumbers, lang: str) -> Iterator[tuple[str, str, str]]:
    """What the comparison is told of a province otherwise than the run holds: texts by their numbers, numbers to six digits."""
    if len(cells) != len(codes):
        yield area, str(len(cells)), f"{len(codes)} series"
    for code, cell in zip(codes, cells, strict=False):
        wanted = known.compared(area, code, lang)
        if (cell is None) != (wanted is None):
            yield code, str(cell)[:60], "a value" if wanted else "no value"
        if cell is None or wanted is None:
            continue
        for place, texts in wanted["texts"].items():
            yield from _told(f"{code} {place}", cell[place], texts, known, lang)
        if cell[5] != wanted["status"]:
            yield f"{code} 5", cell[5], wanted["status"]
        points = [(round(time, 3), value) for time, value in wanted["points"]]
        if [tuple(point) for point in cell[7]] != points:
            yield f"{code} 7", next((str(a) for a, b in zip(cell[7], points, strict=False) if tuple(a) != b), str(len(cell[7]))), f"{len(points)} values of the run"
        for place, value in wanted["numbers"].items():
            if (cell[place] is None) != (value != value) or (cell[place] is not None and abs(cell[place] - value) > SIX_DIGITS * abs(value)):
                yield f"{code} {place}", str(cell[place]), str(value)
