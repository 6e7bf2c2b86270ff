"""What a source module gets and gives: a raw file that loads itself once, and a `Reading`.

A file is recognised by what is in it, so every module looks at the same few lines; `RawFile` reads
them once, whatever the number of modules that ask.
"""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pandas as pd

from sdg_eval.errors import DataError

SET_ASIDE_COLUMNS = ["sheet", "row", "column", "found", "reason"]
HEAD_BYTES = 8192
"""Bytes of a file that `text_head` shows: enough for the head of any table met so far."""


@dataclass(frozen=True)
class Reading:
    """What one file gave: observations, what was set aside and why, and notes for the reader.

    `observations` is an observation table (vintage empty: the store sets it); `set_aside` has the
    columns of SET_ASIDE_COLUMNS, one row per cell or row of the file that gave no observation.
    """

    observations: pd.DataFrame
    set_aside: pd.DataFrame
    notes: list[str] = field(default_factory=list)


@dataclass
class RawFile:
    """A file as received. Everything is read at most once; a failure is remembered and raised again."""

    path: Path

    def __post_init__(self):
        self.path = Path(self.path)
        self._grid = None
        self._grid_error = None

    @property
    def name(self) -> str:
        """File name as received."""
        return self.path.name

    @cached_property
    def head(self) -> bytes:
        """First bytes of the file. Raises DataError when it cannot be read."""
        try:
            with open(self.path, "rb") as file:
                return file.read(HEAD_BYTES)
        except OSError as error:
            raise DataError(f"{self.path}: cannot be read ({error.strerror}). Check the path and its rights.") from error

    @cached_property
    def kind(self) -> str:
        """`xlsx`, `xls`, `zip`, `rds`, `json`, `text` or `empty`, by the first bytes, not by the name."""
        head = self.head
        if not head.strip():
            return "empty"
        if head.startswith(b"PK"):
            return "xlsx" if self.sheet_names else "zip"
        if head.startswith(b"\xd0\xcf\x11\xe0"):
            return "xls"
        if head.startswith((b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"X\n\x00", b"RDX")):
            return "rds"
        if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"[")):
            return "json"
        return "text"

    @cached_property
    def sheet_names(self) -> list[str]:
        """Names of the sheets of a workbook (xlsx), read without loading any; [] for anything else."""
        try:
            with zipfile.ZipFile(self.path) as archive:
                book = archive.read("xl/workbook.xml").decode("utf-8", "replace")
        except (zipfile.BadZipFile, KeyError, OSError, EOFError):
            return []
        from html import unescape

        return [unescape(n) for n in re.findall(r"<(?:\w+:)?sheet\b[^>]*?\bname=\"([^\"]*)\"", book)]

    @cached_property
    def text_head(self) -> str:
        """The first bytes as text (UTF-8, UTF-16 or Windows-874); '' for a binary file."""
        if self.kind not in ("text", "json"):
            return ""
        if self.head.startswith((b"\xff\xfe", b"\xfe\xff")):
            return self.head.decode("utf-16", "replace")
        text = self.head.decode("utf-8-sig", "replace")
        # the head may be cut within one character, hence one stray mark is no proof of cp874
        return text if text.count("�") <= 3 else self.head.decode("cp874", "replace")

    @property
    def sheets(self) -> list:
        """The file's sheets (grid.Sheet); [] for JSON and R files. Raises DataError when unreadable."""
        if self._grid_error is not None:
            raise self._grid_error
        if self._grid is None:
            from sdg_eval.grid import read_grid

            try:
                self._grid = [] if self.kind in ("json", "rds") else read_grid(self.path)
            except DataError as error:
                self._grid_error = error
                raise
        return self._grid

    @cached_property
    def json(self):
        """The parsed JSON, or None for another kind. Raises DataError when it is broken."""
        if self.kind != "json":
            return None
        from sdg_eval.grid import read_json

        parsed = read_json(self.path)
        return parsed[0] if isinstance(parsed, tuple) else parsed

    @cached_property
    def rds(self):
        """(DataFrame, sha256) of an R file, or None for another kind. Raises DataError when broken."""
        if self.kind != "rds":
            return None
        from sdg_eval.grid import read_rds

        return read_rds(self.path)

    @cached_property
    def file_id(self) -> str:
        """sha256 of the whole file."""
        from sdg_eval.grid import read_bytes

        return read_bytes(self.path)[1]

    @property
    def first_row(self) -> list[str]:
        """The first row of the first sheet as stripped text ('' for blank cells); [] without sheets."""
        return self.row_text(1)

    def row_text(self, row: int, sheet: int = 0) -> list[str]:
        """Row `row` (1 is the first) of sheet number `sheet` as stripped text; [] where there is none."""
        sheets = self.sheets
        if sheet >= len(sheets) or row > len(sheets[sheet].values):
            return []
        return [as_text(value) for value in sheets[sheet].values[row - 1]]


def as_text(value) -> str:
    """Return a cell as stripped text without a byte-order mark; '' for a blank; 2.0 as '2'."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip().lstrip("\ufeff").strip()


def refuse(file: str, sheet: str, row, column, found, remedy: str) -> DataError:
    """Return (not raise) the DataError that names file, sheet, row, column, what was found, the remedy."""
    return DataError(f"{file}, sheet {sheet or '-'}, row {row}, column {column}: {found}. {remedy}")


def find_columns(sheet, wanted, *, row: int = 1, file: str = "") -> dict[str, int]:
    """Return {name: 1-based column} of the `wanted` names in row `row` of `sheet`.

    Names are compared stripped. Raises DataError naming the absent ones and those found.
    """
    found = [as_text(v) for v in sheet.values[row - 1]] if len(sheet.values) >= row else []
    file = file or getattr(sheet, "file", "")
    if missing := [name for name in wanted if name not in found]:
        shown = ", ".join(name for name in found if name)[:400] or "nothing"
        raise refuse(
            file, sheet.name, row, "-", f"the column(s) {', '.join(missing)} are missing; found {shown}",
            "Download the file again, or give the layout it had before.",
        )
    return {name: found.index(name) + 1 for name in wanted}


def find_province(text, codelists, *, sheet, row: int, column: str, file: str = "") -> str:
    """Return the REF_AREA of a province name. Raises DataError for a name nobody knows (never a guess)."""
    area = codelists.find_area(as_text(text))
    if area is None:
        raise refuse(
            file or getattr(sheet, "file", ""), getattr(sheet, "name", sheet), row, column,
            f"{as_text(text)!r} is not the name of a province",
            "Correct the name, or add this spelling to data/codelists/area_names.csv.",
        )
    return area


def read_number(sheet, row: int, column: int, *, file: str = "") -> float | None:
    """Return the number in a cell (1-based), None for a blank. Raises DataError naming the cell."""
    from sdg_eval.grid import column_letter, parse_number

    values = sheet.values[row - 1]
    value = values[column - 1] if column <= len(values) else None
    if isinstance(value, float | int) and not isinstance(value, bool):
        return None if value != value else float(value)
    name = file or Path(str(getattr(sheet, "file", ""))).name
    return parse_number(value, where=f"{name}, sheet {sheet.name or '-'}, row {row}, column {column_letter(column)}")


def observation(raw: RawFile, sheet, row: int, column: int, **fields) -> dict:
    """Return one observation as a dict: `fields` and the cell (1-based) it came from."""
    from sdg_eval.grid import column_letter

    return fields | {
        "source_file": raw.name,
        "source_id": sheet.file_id,
        "source_sheet": "" if raw.kind == "text" else sheet.name,
        "source_row": row,
        "source_column": column_letter(column),
    }


def units(codelists, series) -> dict[str, str]:
    """Return {SERIES: unit code} of the named series, from the codelist."""
    return {code: codelists.series_row(code)["unit"] for code in series}


def set_aside_table(rows) -> pd.DataFrame:
    """Return dicts or tuples (sheet, row, column, found, reason) as the table of what was set aside."""
    table = pd.DataFrame(list(rows), columns=SET_ASIDE_COLUMNS)
    return table.astype({"sheet": "str", "row": "Int64", "column": "str", "found": "str", "reason": "str"})


def sum_of_months(monthly: pd.DataFrame) -> pd.DataFrame:
    """Return quarterly and annual sums of a monthly table, only where every month is there.

    Only for amounts and counts: a rate is never summed. `source_sheet` names the first and last
    month's sheet as `first:last`, row and column are those of the first month, and `flags` says
    `sum_of_months:3` or `:12`.
    """
    key = ["SERIES", "REF_AREA", "SEX", "AGE", "URBANISATION", "TIME_PERIOD"]
    month = monthly["TIME_PERIOD"].str[5:].astype(int)
    year = monthly["TIME_PERIOD"].str[:4]
    periods = {"Q": year + "-Q" + ((month + 2) // 3).astype(str), "A": year}
    parts = []
    for freq, size in (("Q", 3), ("A", 12)):
        rows = monthly.assign(TIME_PERIOD=periods[freq], FREQ=freq, month=month, flags=f"sum_of_months:{size}")
        groups = rows.sort_values("month", kind="stable").groupby(key, sort=True)
        table = groups.nth(0).set_index(key).sort_index()
        table["OBS_VALUE"] = groups["OBS_VALUE"].sum()
        table["source_sheet"] = groups["source_sheet"].first() + ":" + groups["source_sheet"].last()
        # twice the same month, or a month without value, leaves the period out
        whole = (groups["month"].nunique() == size) & (groups["OBS_VALUE"].count() == size)
        parts.append(table[whole].reset_index())
    return pd.concat(parts, ignore_index=True)[list(monthly.columns)]


def year_columns(header, first: int = 1) -> dict[int, int]:
    """Return {CE year: 1-based column} of the header cells that are a year of either era."""
    from sdg_eval.thai import to_ce

    found = {c: re.fullmatch(r"(?:19|20|25)\d\d", h) for c, h in enumerate(header, 1) if c >= first}
    return {to_ce(int(m[0])): c for c, m in found.items() if m}


def read_wide(raw: RawFile, codelists, *, series: str, name_column: str, source: str, skip=()):
    """Return (observations, set aside) of a table with one row per province and one column per year.

    Parameters
    ----------
    series
        SERIES of every value; its unit comes from the codelist.
    name_column
        Header of the column that names the province.
    skip
        Names that are rows of regions or the whole kingdom: set aside.

    Raises DataError naming row and column for an unknown province, one that is there twice, or a cell
    that is no number. Blanks and years before a province existed are set aside.
    """
    sheet, header = raw.sheets[0], raw.first_row
    at = find_columns(sheet, [name_column], file=raw.name)[name_column]
    years, unit = year_columns(header), units(codelists, [series])[series]
    rows, aside, seen = [], [], {}
    for number, values in enumerate(sheet.values[1:], 2):
        line = [as_text(v) for v in values]
        if not any(line):
            continue
        if line[at - 1] in skip:
            aside.append((sheet.name, number, "", line[at - 1], "not a province"))
            continue
        area = find_province(line[at - 1], codelists, sheet=sheet, row=number, column=name_column, file=raw.name)
        if area in seen:
            raise refuse(raw.name, sheet.name, number, name_column,
                         f"{line[at - 1]!r} is there twice (row {seen[area]})", "Keep one row per province.")
        seen[area] = number
        for year, column in years.items():
            value = read_number(sheet, number, column, file=raw.name)
            found = line[column - 1] if column <= len(line) else ""
            if year < int(codelists.area(area)["valid_from"]):
                aside.append((sheet.name, number, header[column - 1], found, f"{area} did not exist yet"))
            elif value is None:
                aside.append((sheet.name, number, header[column - 1], found, "blank"))
            else:
                rows.append(observation(raw, sheet, number, column, SERIES=series, REF_AREA=area, FREQ="A",
                                        TIME_PERIOD=str(year), OBS_VALUE=value, UNIT_MEASURE=unit, source=source))
    return rows, aside
