"""Bytes of any kind to grids of cells that know their sheet, row and column: the only reader there is.

Nothing is guessed silently: an encoding, a delimiter or a number is either certain or refused with
file, place and remedy. What a file is follows from its first bytes, never from its name.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path, PurePosixPath

from sdg_eval.errors import DataError
from sdg_eval.grid.cells import (
    MISSING_MARKS,
    OFFICER,
    OFFICIAL,
    Book,
    Cell,
    Limits,
    Sheet,
    column_letter,
    column_number,
    find_header,
    parse_number,
    place,
    require_sheet,
)
from sdg_eval.grid.containers import AGAIN, open_archive, read_member
from sdg_eval.grid.text import decode, read_csv
from sdg_eval.grid.workbooks import read_html, read_xls, read_xlsx

__all__ = [
    "MISSING_MARKS", "OFFICER", "OFFICIAL", "Book", "Cell", "Limits", "Sheet", "column_letter", "column_number", "decode",
    "find_header", "parse_number", "place", "read_book", "read_bytes", "read_grid", "read_json", "read_rds", "require_sheet",
]  # fmt: skip

_FOREIGN = {
    b"%PDF": "a PDF", b"\x89PNG": "a picture", b"\xff\xd8\xff": "a picture", b"GIF8": "a picture", b"{\\rtf": "a text document (RTF)",
    b"\x7fELF": "a program", b"MZ": "a program", b"PAR1": "a Parquet file", b"\x1f\x8b": "a packed file (gzip)",
    b"7z\xbc\xaf": "a packed file (7z)", b"Rar!": "a packed file (rar)", b"\x80\x04": "a Python pickle", b"\x80\x05": "a Python pickle",
}  # fmt: skip
_OFFICE = {
    "word/document.xml": "a Word document", "ppt/presentation.xml": "a presentation", "content.xml": "an OpenDocument file",
    "xl/workbook.bin": "a binary workbook (.xlsb)",
}  # fmt: skip


def read_bytes(path, limits: Limits = OFFICIAL) -> tuple[bytes, str]:
    """Return a file's bytes and their sha256. Raises DataError when it cannot be read or is too large."""
    path = Path(path)
    try:
        if not path.is_file() and path.exists():
            raise DataError(f"{path}: not a file. Give the path of a file.", code="not_a_file")
        size = path.stat().st_size
        if size > limits.file_bytes:
            raise DataError(
                f"{path}: {size / 1e6:,.0f} MB, larger than {limits.file_bytes // 10**6} MB. Split it or give the original table.",
                code="too_large", found=f"{size / 1e6:,.0f} MB",
            )  # fmt: skip
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}). Check the path and its rights.", code="unreadable") from error
    return content, hashlib.sha256(content).hexdigest()


def read_json(path) -> tuple[object, str]:
    """Return (parsed JSON, sha256). Raises DataError when it is broken."""
    content, file_id = read_bytes(path)
    try:
        return json.loads(content.decode("utf-8-sig")), file_id
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: not readable as JSON ({error}). {AGAIN}") from error


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
        raise DataError(f"{path}: not readable as an R file ({type(error).__name__}). {AGAIN}") from error
    if not isinstance(frame, pd.DataFrame):
        raise DataError(f"{path}: the R file holds a {type(frame).__name__}, not a table. Give the table as data frame.")
    return frame, file_id


def read_grid(path, limits: Limits = OFFICIAL) -> list[Sheet]:
    """Return the sheets of a file: csv (any of four encodings), xlsx, xls, HTML, or a zip of one csv.

    Merged cells keep their value in the top left cell only; formulas give their stored result. Raises
    DataError naming file and remedy.
    """
    return read_book(path, limits).sheets


def read_book(path, limits: Limits = OFFICIAL) -> Book:
    """Return a file as a Book: its sheets and every other text in it. Raises DataError as `read_grid`."""
    path = Path(path)
    content, file_id = read_bytes(path, limits)
    return book_of(path.name, file_id, content, limits)


def book_of(name: str, file_id: str, content: bytes, limits: Limits = OFFICIAL) -> Book:
    """Return the Book of a file's bytes. Raises DataError as `read_grid`."""
    if not content.strip(b"\0\r\n\t \xef\xbb\xbf"):
        raise DataError(f"{name}: the file is empty. Save it again with its content.", code="empty")
    for mark, what in _FOREIGN.items():
        if content.startswith(mark):
            raise DataError(f"{name}: {what}, not a table. Give csv, xlsx or xls.", code="not_a_table", found=what)
    if content.startswith(b"PK"):
        return _read_archive(name, file_id, content, limits)
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        return read_xls(name, file_id, content, limits)
    head = content[:4096].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith(b"<?xml") and b"urn:schemas-microsoft-com:office:spreadsheet" in head:
        raise DataError(f"{name}: an XML spreadsheet of 2003. Save it as xlsx.", code="not_a_table", found="XML 2003")
    if head.startswith((b"<!doctype html", b"<html", b"<table", b"<meta", b"<head", b"<body", b"<style")) or (head.startswith(b"<?xml") and b"<html" in head):
        return read_html(name, file_id, content, limits)
    if head.startswith(b"<"):
        raise DataError(f"{name}: marked-up text, not a table. Give csv, xlsx or xls.", code="not_a_table", found="XML")
    return Book(name, file_id, [read_csv(name, file_id, content, limits)], (), "text")


def _read_archive(name: str, file_id: str, content: bytes, limits: Limits) -> Book:
    with open_archive(name, content, limits) as archive:
        members = archive.namelist()
        if "xl/workbook.xml" in members:
            return read_xlsx(name, file_id, content, archive, limits)
        for member, what in _OFFICE.items():
            if member in members:
                raise DataError(f"{name}: {what}, not a table that can be read. Save it as xlsx.", code="not_a_table", found=what)
        member, text = _only_table(name, archive)
        return Book(name, file_id, [read_csv(name, file_id, text, limits, sheet=member)], (), "zip")


def _only_table(name: str, archive) -> tuple[str, bytes]:
    tables = [m for m in archive.namelist() if m.lower().endswith((".csv", ".tsv", ".txt")) and "__MACOSX" not in m]
    tables = [m for m in tables if not PurePosixPath(m).name.startswith(".")]
    csvs = [m for m in tables if m.lower().endswith(".csv")] or tables
    if len(csvs) != 1:
        found = ", ".join(archive.namelist()[:5]) or "nothing"
        raise DataError(f"{name}: the archive must hold one csv table; found {found}. Unpack it and give the table.", code="zip_content", found=found)
    return csvs[0], read_member(name, archive, csvs[0])
