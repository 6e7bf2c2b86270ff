"""The cells that a text without declared slots may speak of: those of the tables that were written beside it.

A number is bound to a cell that reads the same with the decimals it is written with; the row that the sentence belongs to is looked
at first. A number of rows, of rows of a kind, or of kinds is a cell too. What stands in a name or a code is bound to that name.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from sdg_eval.claims.slots import Claim, Token
from sdg_eval.thai import BE_OFFSET, MONTHS_EN, MONTHS_TH_SHORT, thai_digits_to_arabic

MOST_KINDS = 40
"""A column of more different texts than these holds names, not kinds to count."""
RULES = {
    "interval": ({"95", "80", "90", "97.5"}, r"ช่วง(?:ความเชื่อมั่น)?(?:ร้อยละ)? ?#|#% (?:intervals?|funnel)|ขอบเขตบน #|ระดับ #"),
    "goals": ({"17"}, r"# ?(?:goals|เป้าหมาย|SDG)|เป้าหมายทั้ง #|ครบทั้ง #"),
    "networks": ({"7"}, r"# (?:partner )?networks|# ภาคี|เครือข่าย #|# เครือข่าย"),
    "steps": ({"1", "2", "3", "4"}, r"[Ss]teps? #|ขั้นตอนที่ #|# (?:steps|ขั้นตอน)"),
    "chance": ({"1", "20"}, r"# in \d|1 in #|# ใน \d|1 ใน #|บังเอิญ #"),
    "seldom": ({f"{10**k:,}" for k in range(1, 7)}, r"than 1 in #|กว่า 1 ใน #"),
    "scale": ({"1", "2", "3", "4", "5"}, r"of #|จาก #|/#|severity #|ระดับ #|รุนแรง\S* #"),
    "quarters": ({"4"}, r"last # quarters|# ไตรมาส|the # before|# ก่อนหน้า"),
    "criteria": ({"6"}, r"all #|ครบทั้ง #|ครบ #"),
    "smallest_group": ({"10"}, r"(?:fewer than|under|น้อยกว่า) #"),
    "cut": ({"80", "50", "10", "5"}, r"(?:under|below|ต่ำกว่า(?:ร้อยละ)?|ไม่ถึง(?:ร้อยละ)?|ร้อยละ) #|# ?%"),
    "factor": ({f"{10**k:,}" for k in range(1, 10)} | {str(10**k) for k in range(1, 10)}, r"about # times|ราว # เท่า"),
    "smallest_p": ({"0.001"}, r"p < #"),
    "least": ({"2", "3", "5", "6", "10", "12"}, r"(?:needs?|at least|least|อย่างน้อย|ต้องมี) #"),
}  # fmt: skip
"""Numbers of rules, lists and scales that texts name: which they are, and the words around them; `#` is the number."""
_RULES = [(name, allowed, re.compile(words.replace("#", "\x02"))) for name, (allowed, words) in RULES.items()]
_PER_CENT = re.compile(r"ร้อยละ ?$")
_POINTS = re.compile(r"^ ?(?:%|points?\b|จุด|percentage)")
_MILLION = re.compile(r"^(?:\)| ?(?:of|จากแผนสะสม) [\d.,]+)? ?(?:million|ล้าน)")
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.\-_/]*")


@dataclass(eq=False)
class Cells:
    """Numbers of the tables of one folder, sorted, each with its place; and its texts."""

    values: np.ndarray
    columns: list[tuple[str, str]]  # table, column or what was counted
    places: np.ndarray  # of each number: which of `columns`, and which row, -1 for a count
    texts: str
    tables: dict[str, pd.DataFrame]

    @cached_property
    def years(self) -> set[str]:
        """Four figures that a number or a text holds."""
        whole = self.values[(self.values >= 1900) & (self.values <= 2700)]
        return {str(int(v)) for v in np.unique(whole) if v == int(v)} | set(re.findall(r"\d{4}", self.texts))

    @cached_property
    def figures(self) -> set[str]:
        """Numbers inside the texts."""
        return set(re.findall(r"[\d.]+", self.texts))

    @cached_property
    def in_logs(self) -> bool:
        """True where effects of some series are differences of logarithms."""
        return any("scale" in t.columns and t["scale"].eq("log").any() for t in self.tables.values())

    @cached_property
    def sums(self) -> Cells:
        """Sums of counts by kind."""
        return _sums(self.tables)

    @cached_property
    def numbers(self) -> dict[str, tuple[list[str], np.ndarray]]:
        """Of each table the columns that hold numbers, and the numbers."""
        parts = {name: table.select_dtypes(include=["number"]) for name, table in self.tables.items()}
        return {name: (list(part.columns), part.to_numpy(dtype=float, na_value=np.nan)) for name, part in parts.items()}

    def find(self, wanted: float, half: float) -> int:
        """Return the position of a cell within `half` of a number; -1 where there is none."""
        k = int(np.searchsorted(self.values, wanted - half))
        return k if k < len(self.values) and self.values[k] <= wanted + half else -1

    def place(self, k: int) -> tuple[str, str, str]:
        """Return table, row and column of the cell at a position; no row for a count."""
        column, row = self.places[k]
        table, name = self.columns[column]
        return table, "" if row < 0 else str(row), name


def read_cells(tables: dict[str, pd.DataFrame]) -> Cells:
    """Return the cells of tables by name, with their counts."""
    found, texts = _Found(), []
    for name, table in tables.items():
        found.count(name, "rows", len(table))
        for column in table.columns:
            own = table[column]
            if own.dtype == bool:
                found.count(name, f"{column}=true", own.sum())
            elif own.dtype.kind in "iuf":
                number = own.to_numpy(dtype=float, na_value=np.nan)
                rows = np.flatnonzero(np.isfinite(number))
                if len(rows):
                    found.add(name, column, number[rows], rows)
                    found.count(name, f"sum({column})", np.nansum(number))
            else:
                counts = Counter(str(cell) for cell in own.to_numpy(dtype=object) if cell is not None and cell == cell)
                texts += counts
                if len(counts) <= MOST_KINDS:
                    found.count(name, f"kinds({column})", len(counts))
                    for kind, count in counts.items():
                        found.count(name, f"{column}={kind[:40]}", count)
    return found.cells(" ".join(texts), tables)


def _sums(tables: dict[str, pd.DataFrame]) -> Cells:
    """Sums of counts by kind: looked at only where no cell of its own reads like a number, as most texts need none."""
    found = _Found()
    for name, table in tables.items():
        whole = [c for c in table.columns if pd.api.types.is_integer_dtype(table[c])]
        kinds = [c for c in table.columns if whole and not pd.api.types.is_numeric_dtype(table[c]) and 1 < table[c].nunique() <= MOST_KINDS]
        for kind in kinds:
            sums = table.groupby(kind, sort=True, dropna=True)[whole].sum()
            for value, own in zip(sums.index, sums.to_numpy(), strict=True):
                for column, number in zip(whole, own, strict=True):
                    found.count(name, f"sum({column}) of {kind}={str(value)[:40]}", number)
    return found.cells("", {})


class _Found:
    """Cells as they are found, in order."""

    def __init__(self):
        self.values, self.rows, self.columns = [], [], []

    def add(self, table: str, column: str, values, rows) -> None:
        self.values.append(values)
        self.rows.append(rows)
        self.columns.append((table, column))

    def count(self, table: str, what: str, value) -> None:
        self.add(table, what, [float(value)], [-1])

    def cells(self, texts: str, tables: dict[str, pd.DataFrame]) -> Cells:
        """What was found, sorted; of equal numbers the first found comes first."""
        values = np.concatenate([np.asarray(v, dtype=float) for v in self.values]) if self.values else np.empty(0)
        columns = np.repeat(np.arange(len(self.columns)), [len(v) for v in self.values])
        rows = np.concatenate(self.rows).astype(int) if self.rows else np.empty(0, dtype=int)
        order = np.argsort(values, kind="stable")
        return Cells(values[order], self.columns, np.column_stack([columns, rows])[order], texts, tables)


def bind_value(token: Token, text: str, cells: Cells, lang: str, before_it: Claim | None = None) -> Claim | None:
    """Return the claim of a number of a text, bound to a cell, a name or a rule; None where nothing reads so.

    `before_it` is the claim before, if there is one: "230 of 415" is also bound where a share stands in the row of the 230.
    """
    plain = thai_digits_to_arabic(token.text)
    before, after = text[max(0, token.at - 40):token.at], text[token.end:token.end + 40]
    code = _code_around(text, token)
    if code != plain and (code in cells.texts):
        return Claim(token.at, token.text, code, "name", code, token.text)
    value = float(plain.replace(",", "").replace("−", "-").replace("+", ""))
    decimals = len(plain.partition(".")[2])
    half = 0.5 * 10.0**-decimals * (1 + 1e-9)
    if re.fullmatch(r"\d{4}", plain):
        other = str(int(plain) - BE_OFFSET if lang == "th" else int(plain) + BE_OFFSET)
        if plain in cells.years or other in cells.years:
            return Claim(token.at, token.text, "year", "year", plain, token.text)
    for scale in _scales(before, after):
        k = cells.find(value / scale, half / scale)
        if k >= 0:
            return Claim(token.at, token.text, "|".join(cells.place(k)), f"x{scale:g}", float(cells.values[k]), token.text)
    if _dated(plain, before, after, cells):
        return Claim(token.at, token.text, "day", "day", plain, token.text)
    marked = before + "\x02" + after
    for name, allowed, words in _RULES:
        if plain in allowed and any(m.start() <= len(before) < m.end() for m in words.finditer(marked)):
            return Claim(token.at, token.text, f"rule.{name}", "rule", plain, token.text)
    if cells.in_logs and value > -100:  # a change of a logarithm is told in per cent
        low, high = (float(np.log1p(v / 100)) for v in (value - half, value + half))
        if (k := cells.find((low + high) / 2, (high - low) / 2)) >= 0:
            return Claim(token.at, token.text, "|".join(cells.place(k)), "log", float(cells.values[k]), token.text)
    if not decimals and (k := cells.sums.find(value, half)) >= 0:
        return Claim(token.at, token.text, "|".join(cells.sums.place(k)), "x1", float(cells.sums.values[k]), token.text)
    if before_it is not None and re.search(r"(?:of|จาก) $", before) and (share := _share_of(before_it, value, cells)):
        return Claim(token.at, token.text, share, "k/share", value, token.text)
    return Claim(token.at, token.text, code, "name", code, token.text) if plain in cells.figures else None


def _scales(before: str, after: str) -> tuple[float, ...]:
    """By what a cell is multiplied before it is written, the likeliest first."""
    if _MILLION.search(after):
        return (1e-6, 1.0)
    if _PER_CENT.search(before) or _POINTS.search(after):
        return (100.0, 1.0)
    return (1.0, 100.0)


def _code_around(text: str, token: Token) -> str:
    """The name or code that a number is part of: K50-03-67, 12.8, PM2.5; the number itself where it stands alone."""
    for match in _CODE.finditer(text, max(0, token.at - 40), token.end + 40):
        if match.start() <= token.at + (token.text[0] in "−+") and token.end <= match.end():
            return match[0].rstrip(".-/")
    return token.text


_MONTHS = {name[:3]: k + 1 for k, name in enumerate(MONTHS_EN)} | {name: k + 1 for k, name in enumerate(MONTHS_TH_SHORT)}
_MONTH_AFTER = re.compile("^ (" + "|".join(map(re.escape, _MONTHS)) + r") (\d{4})")


def _dated(plain: str, before: str, after: str, cells: Cells) -> bool:
    """True for the day of a date, and the number of a quarter, that a table holds."""
    if match := _MONTH_AFTER.match(after):
        year = int(match[2]) - (BE_OFFSET if int(match[2]) > 2400 else 0)
        return plain.isdecimal() and f"{year}-{_MONTHS[match[1]]:02d}-{int(plain):02d}" in cells.texts
    if re.search(r"(?:Q|ไตรมาส ?)$", before) and plain in "1234":
        return f"Q{plain}" in cells.texts
    return False


def _share_of(counted: Claim, whole: float, cells: Cells) -> str:
    """The place of a share that is `counted` over `whole`, in any row that holds the counted number; '' where there is none."""
    for name, (columns, numbers) in cells.numbers.items():
        for row in np.flatnonzero((numbers == counted.value).any(axis=1)):
            for column, share in zip(columns, numbers[row], strict=True):
                if 0 < share <= 1 and round(counted.value / share) == whole:
                    return f"{name}|{row}|{column}"
    return ""
