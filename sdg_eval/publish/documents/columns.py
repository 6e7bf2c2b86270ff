"""How wide the columns of a table are: the same shares in Word and in PDF, reckoned from their texts.

A program that shares the width itself gives long Thai text, which it may break anywhere between words, a narrow column, and
needs a look at every cell to do so.
"""

from __future__ import annotations

import re

from sdg_eval.publish.documents.model import Document, Table
from sdg_eval.publish.thai_words import WHOLE

LANDSCAPE_FROM = 9
"""Columns from which a table does not fit an upright page: the whole document is then laid across."""
NARROWEST, WIDEST, HEAD_LETTERS = 4, 40, 8
"""Letters that a column's width is reckoned for, at least and at most; of its header kept on a line."""
KEPT_WHOLE, NUMBER_WHOLE, TEXT_LEAST = 10, 18, 20
"""Letters of a text and of a number (with its interval) that are not broken, and of a line of long text."""
LETTER, HEAD, DIGIT, PADDING = 112, 130, 100, 170
"""A letter, a bold one and a digit of 9.5 pt and the free space of a cell, in twentieths of a point."""
EMPTY_LETTERS = 18
"""Letters of a column that is left empty for a hand to write in."""
_UNCUT = re.compile("[!-~\u2212]+|" + "|".join(WHOLE))
"""What no line ends within: Latin, numbers, and the Thai words that are kept whole."""
_MARKS = re.compile("[\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u200b]")


def is_wide(document: Document) -> bool:
    """True where a table has more columns than an upright page holds."""
    return any(isinstance(block, Table) and len(block.columns) >= LANDSCAPE_FROM for block in document.blocks)


def column_widths(block: Table, width: int) -> tuple[int, ...]:
    """Share the page's width among the columns: each holds its longest word or number, the rest goes to those with long texts."""
    least, wanted = [], []
    for place, column in enumerate(block.columns):
        texts = [row[place] for row in block.rows]
        word = max((letters(word) for text in texts for word in _UNCUT.findall(text)), default=0)
        longest = max(map(letters, texts), default=0)
        numeric = column in block.numeric
        if longest <= (NUMBER_WHOLE if numeric else KEPT_WHOLE):
            whole = longest
        else:
            whole = 0 if numeric else min(max(HEAD_LETTERS, longest // 2), TEXT_LEAST)
        empty = EMPTY_LETTERS if texts and not any(map(str.strip, texts)) else 0
        held = max(min(max(word, whole), WIDEST), NARROWEST, empty) * (DIGIT if numeric else LETTER)
        least.append(max(held, min(letters(column), HEAD_LETTERS) * HEAD) + PADDING)
        wanted.append(max(least[-1], min(longest, WIDEST) * LETTER + PADDING))
    short = width - sum(least)
    more = [w - m for w, m in zip(wanted, least, strict=True)]
    if short <= 0:
        widths = [int(m * width / sum(least)) for m in least]
    elif sum(more) > short:
        widths = [int(m + short * extra / sum(more)) for m, extra in zip(least, more, strict=True)]
    else:
        widths = [int(w * width / sum(wanted)) for w in wanted]
    widths[-1] += width - sum(widths)
    return tuple(widths)


def letters(text: str) -> int:
    """Return how many letters stand side by side: Thai marks stand above and below others."""
    return len(_MARKS.sub("", text))
