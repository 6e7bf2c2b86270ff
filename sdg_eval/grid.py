"""Bytes of any kind to grids of cells that know their sheet, row and column: the only reader there is.

Nothing is guessed silently: an encoding, a delimiter or a number is either certain or refused with
file, place and remedy.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import zipfile
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from sdg_eval.errors import DataError
from sdg_eval.thai import clean_text, thai_digits_to_arabic

MAX_FILE_BYTES = 300_000_000
MAX_UNPACKED_BYTES = 600_000_000
"""An archive that unpacks to more is refused: no official file met is near it."""
MAX_RATIO = 200
"""Unpacked to packed bytes; honest spreadsheets stay under 60, zip bombs are in the thousands."""
MAX_MEMBERS = 2_000
MAX_CELLS = 20_000_000

MISSING_MARKS = {"", "-", "--", "–", "—", "...", "…", "..", "na", "n/a", "n.a.", "nan", "null", "none", "ไม่มีข้อมูล", "ไม่มี", "x"}
"""What officers write where there is no value; a zero is a value and is not among them."""
_NUMBER = re.compile(r"[+-]?(\d{1,3}(,\d{3})+|\d+)(\.\d+)?([eE][+-]?\d{1,3})?|[+-]?\.\d+")
_AGAIN = "Download or save the file again."


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
    """One sheet as received: `values` is a list of rows, each a list of str, number, bool, date or None."""

    file: str
    file_id: str
    name: str
    values: list[list] = field(repr=False)
    hidden: bool = False
    line_numbers: list[int] = field(default_factory=list, repr=False)

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
        values = self.values[row - 1] if 0 < row <= len(self.values) else []
        value = values[column - 1] if 0 < column <= len(values) else None
        return Cell(value, self.file, self.name, row, column_letter(column))


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


def read_bytes(path) -> tuple[bytes, str]:
    """Return a file's bytes and their sha256. Raises DataError when it cannot be read or is too large."""
    path = Path(path)
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise DataError(f"{path}: larger than {MAX_FILE_BYTES // 10**6} MB. Split it or give the original table.")
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}). Check the path and its rights.") from error
    return content, hashlib.sha256(content).hexdigest()


def read_json(path) -> tuple[object, str]:
    """Return (parsed JSON, sha256). Raises DataError when it is broken."""
    content, file_id = read_bytes(path)
    try:
        return json.loads(content.decode("utf-8-sig")), file_id
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: not readable as JSON ({error}). {_AGAIN}") from error


def read_rds(path):
    """Return (DataFrame, sha256) of an R file that holds one data frame. Raises DataError otherwise."""
    import pandas as pd
    import rdata

    content, file_id = read_bytes(path)
    try:
        import warnings

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # rdata warns of R classes that do not concern the values
            frame = rdata.conversion.convert(rdata.parser.parse_data(content), default_encoding="cp874")  # Thai R on Windows leaves text unmarked
    except Exception as error:  # rdata raises whatever its parser stumbles over
        raise DataError(f"{path}: not readable as an R file ({type(error).__name__}). {_AGAIN}") from error
    if not isinstance(frame, pd.DataFrame):
        raise DataError(f"{path}: the R file holds a {type(frame).__name__}, not a table. Give the table as data frame.")
    return frame, file_id


def read_grid(path) -> list[Sheet]:
    """Return the sheets of a file: csv (any of four encodings), xlsx, xls, or a zip of one csv.

    The kind follows from the first bytes, not from the name. Merged cells keep their value in the
    top left cell only; formulas give their stored result. Raises DataError naming file and remedy.
    """
    path = Path(path)
    content, file_id = read_bytes(path)
    name = path.name
    if not content.strip(b"\0\r\n\t \xef\xbb\xbf"):
        raise DataError(f"{name}: the file is empty. Save it again with its content.")
    if content.startswith(b"PK"):
        with _open_archive(name, content) as archive:
            if "xl/workbook.xml" in archive.namelist():
                return _read_xlsx(name, file_id, content, archive)
            member, text = _only_table(name, archive)
            return [_read_csv(name, file_id, text, sheet=member)]
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        return _read_xls(name, file_id, content)
    if b"\0" in content[:4096] and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise DataError(f"{name}: neither a table in text nor a spreadsheet. Give csv, xlsx or xls.")
    return [_read_csv(name, file_id, content)]


# ---------------------------------------------------------------- archives


def _open_archive(name: str, content: bytes) -> zipfile.ZipFile:
    """Return the archive after checking, without unpacking, that it can be unpacked safely."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except zipfile.BadZipFile as error:
        raise DataError(f"{name}: the archive is cut off or damaged ({error}). Download the file again.") from error
    members = archive.infolist()
    unpacked = sum(m.file_size for m in members)
    if len(members) > MAX_MEMBERS or unpacked > MAX_UNPACKED_BYTES or unpacked > MAX_RATIO * len(content) + 10**7:
        raise DataError(
            f"{name}: unpacks to {unpacked / 1e6:,.0f} MB in {len(members)} parts from {len(content) / 1e6:.1f} MB, "
            "more than any table needs. Save the table as a new file."
        )
    for member in members:
        parts = PurePosixPath(member.filename.replace("\\", "/"))
        if parts.is_absolute() or ".." in parts.parts or (member.external_attr >> 16) & 0o170000 == 0o120000:
            raise DataError(f"{name}: the part {member.filename!r} points outside the archive. Pack the table alone.")
    return archive


def _read_member(name: str, archive: zipfile.ZipFile, member: str) -> bytes:
    try:
        return archive.read(member)
    except (zipfile.BadZipFile, EOFError, OSError, RuntimeError, NotImplementedError, ValueError) as error:
        raise DataError(f"{name}, part {member}: damaged or locked ({error}). Download the file again.") from error


def _only_table(name: str, archive: zipfile.ZipFile) -> tuple[str, bytes]:
    tables = [m for m in archive.namelist() if m.lower().endswith((".csv", ".tsv", ".txt")) and "__MACOSX" not in m]
    tables = [m for m in tables if not PurePosixPath(m).name.startswith(".")]
    csvs = [m for m in tables if m.lower().endswith(".csv")] or tables
    if len(csvs) != 1:
        found = ", ".join(archive.namelist()[:5]) or "nothing"
        raise DataError(f"{name}: the archive must hold one csv table; found {found}. Unpack it and give the table.")
    return csvs[0], _read_member(name, archive, csvs[0])


# ---------------------------------------------------------------- text


def decode(name: str, content: bytes) -> str:
    """Return text of UTF-8, UTF-16 with its mark, or Windows-874; DataError when none fits.

    Windows-874 is accepted only when every byte has a meaning in it and the text holds Thai.
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return content.decode("utf-16")
        except UnicodeDecodeError as error:
            raise DataError(f"{name}: cut off within a letter (UTF-16). {_AGAIN}") from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        fault = error
    row = content[: fault.start].count(b"\n") + 1
    mixed = _holds_utf8_thai(content)
    try:
        text = content.decode("cp874")
    except UnicodeDecodeError:
        text = ""
    if mixed or not re.search("[\u0e01-\u0e2e]", text):
        raise DataError(
            f"{place(name, '', row, '-')}: the byte at position {fault.start} fits neither UTF-8 nor Windows-874. "
            "Save the file as 'CSV UTF-8'."
        )
    return text


def _holds_utf8_thai(content: bytes) -> bool:
    """True when the bytes hold Thai letters in UTF-8: then a wrong byte is damage, not another encoding."""
    return bool(re.search(rb"(\xe0[\xb8\xb9][\x80-\xbf]){3}", content))


def _delimiter(text: str) -> str:
    """Return the one of comma, semicolon, tab that splits the first lines most evenly (comma when none)."""
    lines = [line for line in text[:20_000].splitlines() if line.strip()][:30]
    best = {}
    for mark in (",", ";", "\t"):
        counts = [len(row) for row in csv.reader(lines, delimiter=mark)]
        usual = max(set(counts), key=counts.count) if counts else 1
        best[mark] = (counts.count(usual) * (usual > 1), usual)
    return max(best, key=lambda mark: best[mark])


def _read_csv(name: str, file_id: str, content: bytes, sheet: str = "") -> Sheet:
    text = decode(name, content)
    csv.field_size_limit(10_000_000)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    rows, numbers = [], []
    try:
        for row in reader:
            rows.append(row)
            numbers.append(reader.line_num)
    except csv.Error as error:
        raise DataError(
            f"{place(name, sheet, reader.line_num, '-')}: a quotation mark is not closed or stands inside a field ({error}). "
            "Save the table again as CSV UTF-8."
        ) from error
    return Sheet(name, file_id, sheet, rows, False, numbers)


# ---------------------------------------------------------------- workbooks


def _read_xlsx(name: str, file_id: str, content: bytes, archive: zipfile.ZipFile) -> list[Sheet]:
    for member in archive.namelist():
        if member.endswith((".xml", ".rels")):
            head = _read_member(name, archive, member)[:4096]
            if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
                raise DataError(f"{name}, part {member}: holds a document type declaration. Save it anew from the spreadsheet program.")
    import openpyxl

    try:
        book = openpyxl.load_workbook(io.BytesIO(content), data_only=True, read_only=False)
    except Exception as error:  # openpyxl raises whatever the damaged part makes it stumble over
        raise DataError(f"{name}: not readable as a workbook ({type(error).__name__}: {error}). {_AGAIN}") from error
    sheets, cells = [], 0
    for page in book.worksheets:
        cells += page.max_row * page.max_column
        if cells > MAX_CELLS:
            raise DataError(f"{name}, sheet {page.title}: more than {MAX_CELLS:,} cells. Delete the empty rows and columns.")
        values = [list(row) for row in page.iter_rows(values_only=True)]
        sheets.append(Sheet(name, file_id, page.title, values, page.sheet_state != "visible"))
    return sheets


def _read_xls(name: str, file_id: str, content: bytes) -> list[Sheet]:
    import xlrd

    try:
        book = xlrd.open_workbook(file_contents=content)
    except Exception as error:
        raise DataError(f"{name}: not readable as a workbook ({type(error).__name__}). Save it as xlsx.") from error
    sheets = []
    for page in book.sheets():
        values = [
            [_xls_value(book, page.cell(r, c)) for c in range(page.ncols)] for r in range(page.nrows)
        ]
        sheets.append(Sheet(name, file_id, page.name, values, page.visibility != 0))
    return sheets


def _xls_value(book, cell):
    import xlrd

    if cell.ctype == xlrd.XL_CELL_DATE:
        return xlrd.xldate_as_datetime(cell.value, book.datemode)
    if cell.ctype in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK):
        return None
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return xlrd.error_text_from_code.get(cell.value, "#ERR")
    return bool(cell.value) if cell.ctype == xlrd.XL_CELL_BOOLEAN else cell.value


# ---------------------------------------------------------------- what cells mean


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
