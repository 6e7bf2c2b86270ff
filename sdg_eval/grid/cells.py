"""A cell, a sheet, a book: values with the place they came from, and what the file says about them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from sdg_eval.errors import DataError
from sdg_eval.thai import clean_text, thai_digits_to_arabic

MISSING_MARKS = {"", "-", "--", "–", "—", "...", "…", "..", "na", "n/a", "n.a.", "nan", "null", "none", "ไม่มีข้อมูล", "ไม่มี", "x"}
"""What publishers write where there is no value; a zero is a value and is not among them."""
_NUMBER = re.compile(r"[+-]?(\d{1,3}(,\d{3})+|\d+)(\.\d+)?([eE][+-]?\d{1,3})?|[+-]?\.\d+")


@dataclass(frozen=True)
class Cell:
    """One cell: its value and where it stands (rows and columns as a spreadsheet counts them)."""

    value: object
    file: str
    sheet: str
    row: int
    column: str

    @property
    def where(self) -> str:
        """The place as error messages give it."""
        return place(self.file, self.sheet, self.row, self.column)


@dataclass(frozen=True)
class Sheet:
    """One sheet as received: `values` is a list of rows, each a list of str, number, bool, date or None.

    What a workbook says beyond values: places are (row, column), both 1-based. `unsaved` are formulas
    without a stored result, `errors` cells such as #N/A, `percents` numbers shown as per cent,
    `merged` ranges as (first row, first column, last row, last column).
    """

    file: str
    file_id: str
    name: str
    values: list[list] = field(repr=False)
    hidden: bool = False
    line_numbers: list[int] = field(default_factory=list, repr=False)
    hidden_rows: frozenset = frozenset()
    hidden_columns: frozenset = frozenset()
    merged: tuple = ()
    unsaved: frozenset = frozenset()
    errors: frozenset = frozenset()
    percents: frozenset = frozenset()
    is_text: bool = False
    delimiter: str = ""

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self.values)

    @property
    def n_cols(self) -> int:
        """Number of columns of the widest row."""
        return max(map(len, self.values), default=0)

    @property
    def field_counts(self) -> list[int]:
        """Number of fields in each row as written: a row that differs was cut or shifted."""
        return [len(row) for row in self.values]

    def cell(self, row: int, column: int) -> Cell:
        """Return the cell at 1-based `row` and `column`; None as its value outside the sheet."""
        return Cell(self.value(row, column), self.file, self.name, row, column_letter(column))

    def value(self, row: int, column: int):
        """Return the value at 1-based `row` and `column`; None outside the sheet."""
        values = self.values[row - 1] if 0 < row <= len(self.values) else []
        return values[column - 1] if 0 < column <= len(values) else None


@dataclass(frozen=True)
class Book:
    """A file as received: its sheets, and every other text in it (comments, properties, text boxes).

    `extras` are (part, text): no figure is read from them, but they may hold what must not come in.
    """

    file: str
    file_id: str
    sheets: list[Sheet]
    extras: tuple[tuple[str, str], ...] = ()
    kind: str = "text"


@dataclass(frozen=True)
class Limits:
    """What is judged before a file is parsed."""

    file_bytes: int = 300_000_000
    unpacked_bytes: int = 600_000_000  # an archive that unpacks to more is refused: no official file met is near it
    ratio: int = 200  # unpacked to packed bytes; honest spreadsheets stay under 60, zip bombs are in the thousands
    members: int = 2_000
    cells: int = 20_000_000
    columns: int = 16_384
    merges: int = 200_000


OFFICIAL = Limits()
"""Downloads from publishers, chosen by the analyst."""
OFFICER = Limits(file_bytes=50_000_000, unpacked_bytes=60_000_000, members=500, cells=300_000, columns=2_000, merges=10_000)
"""Files that anyone may send: 77 provinces, 60 indicators and 10 years are 46,200 cells."""


def place(file: str, sheet: str, row, column) -> str:
    """Return the words in which every message names a place."""
    return f"{file}, sheet {sheet or '-'}, row {row}, column {column}"


def column_letter(number: int) -> str:
    """Return the spreadsheet letters of a 1-based column number.

    Examples
    --------
    >>> column_letter(1), column_letter(27)
    ('A', 'AA')
    """
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def column_number(letters: str) -> int:
    """Return the 1-based number of spreadsheet column letters.

    Examples
    --------
    >>> column_number("AA")
    27
    """
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def parse_number(value, *, where: str) -> float | None:
    """Return the number a cell means, None for a mark of "no value"; DataError for anything else.

    Read: Thai digits, thousands separated by commas in groups of three, decimals with a point.
    Refused, because each can mean two things: `1,5`, `1.234,5`, `12%` beside plain numbers, words.

    Parameters
    ----------
    value
        The raw cell.
    where
        The place as `place()` gives it; it opens the message.
    """
    if value is None:
        return None
    if isinstance(value, bool):
        raise DataError(f"{where}: {value} is not a number. Write the number, or leave the cell empty.")
    if isinstance(value, int | float):
        if value != value:
            return None
        if value in (float("inf"), float("-inf")):
            raise DataError(f"{where}: an infinite number. Leave the cell empty where there is no value.")
        return float(value)
    text = thai_digits_to_arabic(clean_text(str(value))).replace("\u2212", "-")
    if text.casefold() in MISSING_MARKS:
        return None
    if not _NUMBER.fullmatch(text):
        raise DataError(
            f"{where}: {str(value)[:60]!r} is not a number. "
            "Write digits with a decimal point and commas between thousands only, or leave the cell empty."
        )
    return float(text.replace(",", ""))


def find_header(sheet: Sheet, wanted, *, within: int = 20) -> int | None:
    """Return the 1-based row, among the first `within`, that holds all `wanted` names; None if there is none."""
    wanted = {clean_text(w).casefold() for w in wanted}
    for number, row in enumerate(sheet.values[:within], 1):
        if wanted <= {clean_text(str(v)).casefold() for v in row if v is not None}:
            return number
    return None


def require_sheet(sheets: list[Sheet], name: str) -> Sheet:
    """Return the sheet called `name`. Raises DataError listing those there are."""
    for sheet in sheets:
        if clean_text(sheet.name) == clean_text(name):
            return sheet
    file = sheets[0].file if sheets else "the workbook"
    found = ", ".join(s.name for s in sheets) or "none"
    raise DataError(f"{file}: the sheet {name!r} is missing; found {found}. Give the complete workbook.")
