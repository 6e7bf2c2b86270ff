"""Patterns of sentences with typed slots: where a number stands in the words says which cell it must come from.

A pattern is the words around the numbers: `n = {n_obs:count}` says that after "n = " stands the column `n_obs`, written as a count.
`~` stands for any words without a figure. What is expected in a slot is worked out from the row, never from the sentence.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

from sdg_eval.thai import format_period, year_text
from sdg_eval.wording import chance_text, number, p_text, small

FIGURE = r"[−+]?\d[\d,]*(?:\.\d+)?"
"""One figure as it is written: a true minus or plus sign, thousands commas, decimals."""
TOKEN = re.compile(r"[−+]?[0-9๐-๙][0-9๐-๙,]*(?:\.[0-9๐-๙]+)?")
_PERIOD = r"(?:Q[1-4] |ไตรมาส ?[1-4]/|พ\.ศ\. ?|ปีงบประมาณ |ปีการศึกษา |FY |school year |[A-Z][a-z]{2}(?:–[A-Z][a-z]{2})? |[ก-ฮ]\.?[ก-ฮเมิี]{1,3}\.(?:–[ก-ฮ]\.?[ก-ฮเมิี]{1,3}\.)? )?\d{4}(?: \(Oct \d{4} - Sep \d{4}\)|–\d{4})?"
_SHAPES = {"period": _PERIOD, "year": r"\d{4}", "p": r"[<=] \d\.\d+", "chance": r"(?:(?:ต่ำกว่า|สูงกว่า)?ร้อยละ \d+|[<>]?\d+%)"}


@dataclass(frozen=True)
class Token:
    """One number as a reader meets it: its text and where it begins."""

    text: str
    at: int

    @property
    def end(self) -> int:
        """Where it ends."""
        return self.at + len(self.text)


@dataclass(frozen=True)
class Claim:
    """A number of a sentence and the cell that it comes from; `expected` is the cell as it must be written."""

    at: int
    text: str
    column: str
    form: str
    value: object
    expected: str

    @property
    def holds(self) -> bool:
        """True when the sentence says what the cell holds."""
        return self.text == self.expected


def read_tokens(text: str) -> list[Token]:
    """Return the numbers of a text, in Thai or Arabic digits, in order.

    Examples
    --------
    >>> [t.text for t in read_tokens("−0.13 (95% interval; 2,000 draws, ๒๕๖๖)")]
    ['−0.13', '95', '2,000', '๒๕๖๖']
    """
    return [Token(m[0].rstrip(","), m.start()) for m in TOKEN.finditer(text)]


@lru_cache(maxsize=4096)
def compile_pattern(pattern: str) -> tuple[re.Pattern, tuple[tuple[str, str], ...], str]:
    """Return the regular expression of a pattern, its slots, each (column, form), and the longest word that a text must hold for it."""
    parts, slots, words = [], [], [""]
    for piece in re.split(r"(\{[a-z_0-9]+:[a-z_0-9]+\}|~)", pattern):
        if piece == "~":
            parts.append(r"[^0-9๐-๙]*?")
        elif piece.startswith("{") and piece.endswith("}") and ":" in piece:
            column, form = piece[1:-1].split(":")
            slots.append((column, form))
            parts.append(f"({_SHAPES.get(form, FIGURE)})(?!\\d)")
        else:
            parts.append(re.escape(piece).replace(r"\ ", r"\s+"))
            words += piece.split()
    return re.compile("".join(parts)), tuple(slots), max(words, key=len)


def _whole(value: float) -> str:
    return f"{int(value):,}"


FORMS: dict[str, Callable] = {
    "count": lambda value, row, lang: _whole(value),
    "year": lambda value, row, lang: year_text(int(value), lang),
    "period": lambda value, row, lang: format_period(value, lang),
    "value": lambda value, row, lang: number(value, int(row["decimals"] or 1)),
    "target": lambda value, row, lang: number(value, 0 if value % 1 == 0 else int(row["decimals"] or 1)),
    "change": lambda value, row, lang: small(value, int(row["decimals"] or 1)),
    "pace": lambda value, row, lang: small(abs(value), int(row["decimals"] or 1)),
    "share": lambda value, row, lang: f"{100 * value:.0f}",
    "chance": lambda value, row, lang: chance_text(value, lang),
    "p": lambda value, row, lang: p_text(value).removeprefix("p "),
    "slope": lambda value, row, lang: small(value, row["told_decimals"]),
}
"""How a cell is written in a sentence: value, row, language -> text."""


def bind(text: str, row: dict, patterns: Iterable[str], lang: str) -> tuple[list[Claim], list[Token]]:
    """Return the claims of a sentence and its numbers that no pattern knows.

    Parameters
    ----------
    text
        A sentence.
    row
        The cells that it may speak of, by column; a slot of a column that is missing or blank claims nothing.
    patterns
        In order: a number belongs to the first pattern that holds it.
    """
    claims, taken = [], []
    for pattern in patterns:
        expression, slots, word = compile_pattern(pattern)
        if word not in text:  # a search takes long, and most patterns are of other sentences
            continue
        for match in expression.finditer(text):
            spans = [match.span(k + 1) for k in range(len(slots))]
            if any(start < end_ and begin < end for start, end in spans for begin, end_ in taken):
                continue
            taken += spans
            for (column, form), (start, end) in zip(slots, spans, strict=True):
                value = row.get(column)
                blank = value is None or value != value or value == ""
                expected = "" if blank else FORMS[form](value, row, lang)
                claims.append(Claim(start, text[start:end], column, form, value, expected))
    loose = [t for t in read_tokens(text) if not any(start <= t.at and t.end <= end for start, end in taken)]
    return sorted(claims, key=lambda claim: claim.at), loose
