"""The cells that a text without declared slots may speak of: those of the tables that were written beside it.

A number is bound to a cell that reads the same with the decimals it is written with; the row that the sentence belongs to is looked
at first. A number of rows, of rows of a kind, or of kinds is a cell too. What stands in a name or a code is bound to that name.
"""

from __future__ import annotations

import re
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
    places: list[tuple[str, str, str]]  # table, row, column
    texts: str
    years: set[str]
    tables: dict[str, pd.DataFrame]

    @cached_property
    def in_logs(self) -> bool:
        """True where effects of some series are differences of logarithms."""
        return any("scale" in t.columns and t["scale"].eq("log").any() for t in self.tables.values())

    @cached_property
    def sums(self) -> Cells:
        """Sums of counts by kind."""
        return _sums(self.tables)

    def find(self, wanted: float, half: float) -> int:
        """Return the position of a cell within `half` of a number; -1 where there is none."""
        k = int(np.searchsorted(self.values, wanted - half))
        return k if k < len(self.values) and self.values[k] <= wanted + half else -1


def read_cells(tables: dict[str, pd.DataFrame]) -> Cells:
    """Return the cells of tables by name, with their counts."""
    values, places, texts = [], [], []
    for name, table in tables.items():
        _add(values, places, name, "", "rows", len(table))
        for column in table.columns:
            own = table[column]
            if pd.api.types.is_bool_dtype(own):
                _add(values, places, name, "", f"{column}=true", int(own.sum()))
            elif pd.api.types.is_numeric_dtype(own):
                number = own.to_numpy(dtype=float, na_value=np.nan)
                for i in np.flatnonzero(np.isfinite(number)):
                    values.append(float(number[i]))
                    places.append((name, str(i), column))
                if np.isfinite(number).any():
                    _add(values, places, name, "", f"sum({column})", float(np.nansum(number)))
            else:
                words = own.dropna().astype(str)
                texts.append(" ".join(words.unique()))
                counts = words.value_counts()
                if len(counts) <= MOST_KINDS:
                    _add(values, places, name, "", f"kinds({column})", len(counts))
                    for kind, count in counts.items():
                        _add(values, places, name, "", f"{column}={kind[:40]}", int(count))
    order = np.argsort(np.array(values, dtype=float), kind="stable")
    joined = " ".join(texts)
    numbers = np.array(values, dtype=float)[order]
    years = {str(int(v)) for v in numbers[(numbers >= 1900) & (numbers <= 2700)] if v == int(v)}
    return Cells(numbers, [places[i] for i in order], joined, years | set(re.findall(r"\d{4}", joined)), tables)


def _sums(tables: dict[str, pd.DataFrame]) -> Cells:
    """Sums of counts by kind: looked at only where no cell of its own reads like a number, as most texts need none."""
    values, places = [], []
    for name, table in tables.items():
        whole = [c for c in table.columns if pd.api.types.is_integer_dtype(table[c])]
        kinds = [c for c in table.columns if whole and not pd.api.types.is_numeric_dtype(table[c]) and 1 < table[c].nunique() <= MOST_KINDS]
        for kind in kinds:
            sums = table.groupby(kind, sort=True, dropna=True)[whole].sum()
            for value, own in zip(sums.index, sums.to_numpy(), strict=True):
                for column, number in zip(whole, own, strict=True):
                    _add(values, places, name, "", f"sum({column}) of {kind}={str(value)[:40]}", float(number))
    order = np.argsort(np.array(values, dtype=float), kind="stable")
    return Cells(np.array(values, dtype=float)[order], [places[i] for i in order], "", set(), {})


def _add(values: list, places: list, *place_and_value) -> None:
    *place, value = place_and_value
    values.append(float(value))
    places.append(tuple(place))


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
            table, row, column = cells.places[k]
            return Claim(token.at, token.text, f"{table}|{row}|{column}", f"x{scale:g}", float(cells.values[k]), token.text)
    if _dated(plain, before, after, cells):
        return Claim(token.at, token.text, "day", "day", plain, token.text)
    marked = before + "\x02" + after
    for name, allowed, words in _RULES:
        if plain in allowed and any(m.start() <= len(before) < m.end() for m in words.finditer(marked)):
            return Claim(token.at, token.text, f"rule.{name}", "rule", plain, token.text)
    if cells.in_logs and value > -100:  # a change of a logarithm is told in per cent
        low, high = (float(np.log1p(v / 100)) for v in (value - half, value + half))
        if (k := cells.find((low + high) / 2, (high - low) / 2)) >= 0:
            return Claim(token.at, token.text, "|".join(cells.places[k]), "log", float(cells.values[k]), token.text)
    if not decimals and (k := cells.sums.find(value, half)) >= 0:
        return Claim(token.at, token.text, "|".join(cells.sums.places[k]), "x1", float(cells.sums.values[k]), token.text)
    if before_it is not None and re.search(r"(?:of|จาก) $", before) and (share := _share_of(before_it, value, cells)):
        return Claim(token.at, token.text, share, "k/share", value, token.text)
    return Claim(token.at, token.text, code, "name", code, token.text) if plain in re.findall(r"[\d.]+", cells.texts) else None


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
    for name, table in cells.tables.items():
        numbers = table.select_dtypes(include=["number"])
        for row in np.flatnonzero((numbers == counted.value).any(axis=1)):
            for column, share in numbers.iloc[row].items():
                if 0 < share <= 1 and round(counted.value / share) == whole:
                    return f"{name}|{row}|{column}"
    return ""
