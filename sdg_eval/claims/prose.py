"""Text as it came out: of pages, executed notebooks, and of PDF and Word files, read for the sentences of the ledger.

White space is what layout makes of it, so text is compared without any. A sentence is found by its words; then its numbers are
compared with those of the ledger.
"""

from __future__ import annotations

import json
import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from html import unescape
from pathlib import Path

from sdg_eval.claims.slots import TOKEN
from sdg_eval.thai import thai_digits_to_arabic

_SILENT = re.compile(r"<(script|style|svg|template|noscript|head)\b.*?</\1>|<!--.*?-->", re.S | re.I)
_BLOCK = re.compile(
    r"</?(?:p|li|ul|ol|h[1-6]|figcaption|figure|dd|dt|dl|summary|caption|td|th|tr|table|div|section|article|blockquote|pre|br|details|nav|main|header|footer|option|label|button)\b[^>]*>", re.I
)
_TAG = re.compile(r"<[^>]*>")
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))
_SPACE = re.compile("[\\s\u200b\u2060]+")
_PIECES = re.compile(r"(?<=[.;:)\]])\s+|\s+(?=[(\[])|\n+")
SHORTEST = 12
"""Fewest letters of a piece of a sentence that is looked for: a shorter one stands in other sentences too."""


@dataclass(frozen=True)
class Skeleton:
    """A text without white space in which each number is `#`, and the numbers."""

    words: str
    numbers: tuple[str, ...]
    places: tuple[int, ...]  # of each number in `words`


@lru_cache(maxsize=1 << 16)
def skeleton(text: str) -> Skeleton:
    """Return the words and the numbers of a text.

    Examples
    --------
    >>> skeleton("n = 12; p < 0.001").words, skeleton("n = 12; p < 0.001").numbers
    ('n=#;p<#', ('12', '0.001'))
    """
    text = unicodedata.normalize("NFC", text).translate(_INVISIBLE).replace("#", "")
    text = thai_digits_to_arabic(text)
    numbers: list[str] = []

    def keep(match):
        number = match[0].rstrip(",")
        numbers.append(number)
        return "#" + match[0][len(number):]

    words = re.sub(r"\s+", "", TOKEN.sub(keep, text))
    return Skeleton(words, tuple(numbers), tuple(m.start() for m in re.finditer("#", words)))


def squeezed(text: str) -> str:
    """Return a text without white space, in small letters.

    Examples
    --------
    >>> squeezed("No new value: n = 9")
    'nonewvalue:n=9'
    """
    return _SPACE.sub("", text).casefold()


def pieces(text: str) -> list[str]:
    """Return the parts of a sentence that layout may part: between brackets and marks."""
    return [part for part in _PIECES.split(text) if part]


def html_blocks(text: str) -> list[str]:
    """Return the blocks of text of a page of ours, without scripts, styles and drawings.

    Our pages escape every `<` and `>` that is no tag, so tags are told by their brackets: a fifth of the time of a parser.

    Examples
    --------
    >>> html_blocks("<p>n&nbsp;= <b>12</b></p><script>var x = 3</script><li>a</li>")
    ['n = 12', 'a']
    """
    plain = unescape(_TAG.sub("", _BLOCK.sub("\x00", _SILENT.sub(" ", text))))
    told = (" ".join(part.split()) for part in plain.split("\x00"))
    return [block for block in told if block]


def notebook_blocks(text: str) -> list[str]:
    """Return the blocks of text in the outputs of an executed notebook: Markdown, and plain text where there is nothing else."""
    blocks = []
    for cell in json.loads(text)["cells"]:
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            said = data.get("text/markdown") or (None if "text/html" in data else data.get("text/plain")) or output.get("text") or ""
            said = said if isinstance(said, str) else "".join(said)
            blocks += [re.sub(r"[*`|]", "", line).strip(" -#>") for line in said.splitlines() if line.strip()]
    return blocks


def read_blocks(path: Path) -> list[str]:
    """Return the blocks of text of a page or an executed notebook."""
    text = path.read_text(encoding="utf-8")
    return notebook_blocks(text) if path.suffix == ".ipynb" else html_blocks(text)


class Known:
    """Sentences of a ledger, and their pieces, by their words; beside those of `base`."""

    def __init__(self, sentences: Iterable[str], base: Known | None = None):
        self.whole: dict[str, set[tuple[str, ...]]] = {words: set(held) for words, held in base.whole.items()} if base else {}
        self.parts: dict[str, set[tuple[str, ...]]] = {words: set(held) for words, held in base.parts.items()} if base else {}
        self.exact: set[str] = set(base.exact) if base else set()
        for text in sentences:
            self.exact.add(squeezed(text))
            own = skeleton(text)
            if own.numbers and len(own.words) >= SHORTEST:
                self.whole.setdefault(own.words, set()).add(own.numbers)
            for part in pieces(text):
                own = skeleton(part)
                if own.numbers and len(own.words) - len(own.numbers) >= SHORTEST:
                    self.parts.setdefault(own.words, set()).add(own.numbers)

    def stands(self, words: str, numbers: tuple[str, ...]) -> bool:
        """True when a sentence has these words with these numbers anywhere: layout parts sentences where we do not."""
        for whole, held in self.whole.items():
            at = whole.find(words)
            while at >= 0:
                first = whole.count("#", 0, at)
                if any(own[first:first + len(numbers)] == numbers for own in held):
                    return True
                at = whole.find(words, at + 1)
        return False


def compare(text: Skeleton, words: str, allowed: set[tuple[str, ...]]) -> list[tuple[int, tuple[str, ...]]]:
    """Return (first number's index, numbers found) wherever these words stand in a text with numbers that are not allowed."""
    found, at, n = [], text.words.find(words), words.count("#")
    while at >= 0:
        first = bisect_left(text.places, at)
        numbers = text.numbers[first:first + n]
        if numbers not in allowed:
            found.append((first, numbers))
        at = text.words.find(words, at + 1)
    return found
