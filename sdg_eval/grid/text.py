"""Bytes to text to rows: the encoding and the delimiter are certain, or the file is refused.

A wrong guess of the encoding of Thai text gives other Thai-looking text, so cp874 is accepted only
where the result is spelt as Thai can be: no vowel or tone mark without a consonant under it.
"""

from __future__ import annotations

import csv
import io
import re

from sdg_eval.errors import DataError
from sdg_eval.grid.cells import Limits, Sheet, place

AGAIN = "Download or save the file again."
SAVE_UTF8 = "Save the file as 'CSV UTF-8'."
DELIMITERS = (",", ";", "\t", "|")
_CONSONANT = "\u0e01-\u0e2e"
_FAULT = re.compile(
    f"(?<![{_CONSONANT}\u0e31\u0e34-\u0e3a\u0e47-\u0e4e])[\u0e31\u0e34-\u0e3a\u0e47-\u0e4e]"  # a mark over or under nothing
    f"|[\u0e40-\u0e44](?![{_CONSONANT}\u0e40])"  # a leading vowel that leads nothing
)
_MAX_FAULTS = 0.03
"""Share of Thai letters: real Thai has typing slips, a wrong encoding has faults in most words."""
_MOJIBAKE = re.compile("(à¸[\u0080-\u00ff€-™]|à¹[\u0080-\u00ff€-™]|เธ[ก-๛€-™\x80-\x9f]|เน[€-™\x80-\x9f]){3}")


def spelt_as_thai(text: str) -> bool:
    """True when `text` holds Thai and (nearly) every mark in it stands where Thai allows it."""
    letters = len(re.findall("[\u0e01-\u0e5b]", text))
    return letters > 0 and bool(re.search(f"[{_CONSONANT}]", text)) and len(_FAULT.findall(text)) <= _MAX_FAULTS * letters


def decode(name: str, content: bytes) -> str:
    """Return text of UTF-8, UTF-16, or Windows-874; DataError (`encoding`, `double_encoded`) when none fits.

    Windows-874 (and TIS-620, its subset) is accepted only when every byte has a meaning in it and
    the text is spelt as Thai; a file that mixes encodings, or was encoded twice, is refused.
    """
    if content.startswith((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")):
        raise DataError(f"{name}: in UTF-32, which few programs read. {SAVE_UTF8}", code="encoding", row=1, found="0 (UTF-32)")
    for mark, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if content.startswith(mark):
            return _utf16(name, content, encoding)
    if b"\0" in content[:4096]:
        for encoding in ("utf-16-le", "utf-16-be"):
            if (text := _plain_utf16(content, encoding)) is not None:
                return text
        raise DataError(f"{name}: neither a table in text nor a spreadsheet. Give csv, xlsx or xls.", code="not_a_table")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return _decode_874(name, content, error)
    if at := _MOJIBAKE.search(text):
        row = text.count("\n", 0, at.start()) + 1
        raise DataError(
            f"{place(name, '', row, '-')}: Thai letters were encoded twice ({at[0][:12]}…). Open the original file and save it once as 'CSV UTF-8'.",
            code="double_encoded", row=row, found=at[0][:12],
        )  # fmt: skip
    if "\ufffd" in text:
        row = text.count("\n", 0, text.index("\ufffd")) + 1
        raise DataError(
            f"{place(name, '', row, '-')}: letters were lost in an earlier conversion (�). Send the original file.",
            code="lost_letters", row=row, found="�",
        )  # fmt: skip
    return text


def _utf16(name: str, content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        row = content[: error.start].decode(encoding, "ignore").count("\n") + 1
        raise DataError(f"{name}: cut off within a letter (UTF-16). {AGAIN}", code="encoding", row=row, found=f"{error.start} (UTF-16)") from error


def _plain_utf16(content: bytes, encoding: str) -> str | None:
    """Return UTF-16 without its mark, where every character is one that tables hold; else None."""
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        return None
    return text if re.fullmatch("[\t\r\n\x20-\x7e\u00a0\u0e01-\u0e5b\u2010-\u2026]+", text) else None


def _decode_874(name: str, content: bytes, fault: UnicodeDecodeError) -> str:
    row = content[: fault.start].count(b"\n") + 1
    try:
        text = content.decode("cp874")
    except UnicodeDecodeError:
        text = ""
    if _holds_utf8_thai(content) or not spelt_as_thai(text):
        raise DataError(
            f"{place(name, '', row, '-')}: not valid UTF-8 at byte {fault.start}, and not Windows-874 either. {SAVE_UTF8}",
            code="encoding", row=row, found=f"{fault.start} (0x{content[fault.start]:02x})",
        ) from fault  # fmt: skip
    return text


def _holds_utf8_thai(content: bytes) -> bool:
    """True when the bytes hold Thai letters in UTF-8: then a wrong byte is damage, not another encoding."""
    return bool(re.search(rb"(\xe0[\xb8\xb9][\x80-\xbf]){3}", content))


def find_delimiter(text: str) -> str:
    """Return the one of comma, semicolon, tab, bar that splits the first lines most evenly (comma when none)."""
    lines = [line for line in text[:20_000].splitlines() if line.strip()][:30]
    fields = {mark: [len(row) for row in csv.reader(lines, delimiter=mark)] for mark in DELIMITERS}
    best = {}
    for mark, counts in fields.items():
        split = [c for c in counts if c > 1]  # titles and notes are one field in any delimiter
        usual = max(sorted(set(split)), key=split.count) if split else 1
        uneven = sum(c != usual for c in split)
        # a header that this mark leaves whole and another splits: commas of thousands are no columns
        whole = sum(c == 1 and any(len(f) > n and f[n] > 1 for f in fields.values()) for n, c in enumerate(counts))
        best[mark] = (split.count(usual) - uneven - whole, len(split), usual)
    return max(best, key=lambda mark: best[mark])


def _too_wide(name: str, sheet: str, row: int, columns: int, limits: Limits) -> DataError:
    return DataError(
        f"{place(name, sheet, row, '-')}: {columns:,} columns, more than {limits.columns:,}. Split the table.",
        code="too_many_columns", row=row, found=f"{columns:,}",
    )  # fmt: skip


def read_csv(name: str, file_id: str, content: bytes, limits: Limits, sheet: str = "") -> Sheet:
    """Return the rows of a text table. Raises DataError (`encoding`, `quotes`, `too_many_cells`, `too_many_columns`)."""
    text = decode(name, content)
    declared = re.match(r"sep=(.)\r?\n", text)
    mark = declared[1] if declared else find_delimiter(text)
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > limits.columns and line.count(mark) >= limits.columns and '"' not in line:  # before a list is made of it
            raise _too_wide(name, sheet, number, line.count(mark) + 1, limits)
    csv.field_size_limit(10_000_000)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
    rows, numbers, cells = [], [], 0
    try:
        for row in reader:
            cells += len(row)
            if len(row) > limits.columns:
                raise _too_wide(name, sheet, len(rows) + 1, len(row), limits)
            if cells > limits.cells:
                raise DataError(f"{name}: more than {limits.cells:,} cells. Split the table.", code="too_many_cells", row=len(rows) + 1)
            rows.append(row)
            numbers.append(reader.line_num)
    except csv.Error as error:
        raise DataError(
            f"{place(name, sheet, reader.line_num, '-')}: a quotation mark is not closed or stands inside a field ({error}). "
            "Save the table again as CSV UTF-8.",
            code="quotes", row=len(rows) + 1, sheet=sheet,
        ) from error  # fmt: skip
    if declared:
        rows[0] = []
    return Sheet(name, file_id, sheet, rows, False, numbers, is_text=True, delimiter=mark)
