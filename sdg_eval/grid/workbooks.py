"""Workbooks to sheets: openpyxl and xlrd give the values, the judged XML gives what they leave out."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from html.parser import HTMLParser
from xml.etree import ElementTree

from sdg_eval.errors import DataError
from sdg_eval.grid.cells import Book, Limits, Sheet
from sdg_eval.grid.containers import AGAIN, extra_texts, read_member, refuse_entities, scan_sheet
from sdg_eval.grid.text import decode

_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def read_xlsx(name: str, file_id: str, content: bytes, archive: zipfile.ZipFile, limits: Limits) -> Book:
    """Return the sheets of an xlsx workbook that `open_archive` let through.

    Merged cells keep their value in the top left cell only; formulas give their stored result.
    Raises DataError (`dtd`, `macros`, `workbook_damaged`, `too_many_…`).
    """
    refuse_entities(name, archive)
    members = archive.namelist()
    for needed in ("[Content_Types].xml", "xl/_rels/workbook.xml.rels"):
        if needed not in members:
            raise DataError(f"{name}: not readable as a workbook (the part {needed} is missing). {AGAIN}", code="workbook_damaged", found=needed)
    if b"macroEnabled" in read_member(name, archive, "[Content_Types].xml"):
        raise DataError(f"{name}: holds macros. Save it as a workbook without macros (.xlsx).", code="macros")
    facts, cells = {}, 0
    for title, member in _sheet_parts(name, archive).items():
        facts[title] = scan_sheet(name, archive, member, limits)
        cells += facts[title].cells
        if cells > limits.cells:
            raise DataError(f"{name}: more than {limits.cells:,} cells. Delete the empty rows and columns, or split the file.", code="too_many_cells")
    import openpyxl

    try:
        book = openpyxl.load_workbook(io.BytesIO(content), data_only=True, read_only=False, keep_links=False)
    except Exception as error:  # openpyxl raises whatever the damaged part makes it stumble over
        raise DataError(f"{name}: not readable as a workbook ({type(error).__name__}: {error}). {AGAIN}", code="workbook_damaged") from error
    sheets, area = [], 0
    for page in book.worksheets:
        area += page.max_row * page.max_column
        if area > 10 * limits.cells:
            raise DataError(f"{name}, sheet {page.title}: cells far apart make more than {10 * limits.cells:,} places. Delete the far ones.", code="too_many_cells", sheet=page.title)
        sheets.append(_xlsx_sheet(name, file_id, page, facts.get(page.title)))
    extras = extra_texts(name, archive) + [(f"{title} header and footer", " ".join(f.texts)) for title, f in facts.items() if f.texts]
    return Book(name, file_id, sheets, tuple(extras), "xlsx")


def _xlsx_sheet(name: str, file_id: str, page, facts) -> Sheet:
    values, errors, percents = [], set(), set()
    for number, row in enumerate(page.iter_rows(), 1):
        line = []
        for place, cell in enumerate(row, 1):
            value = cell.value
            line.append(value)
            if value is None:
                continue
            if cell.data_type == "e":
                errors.add((number, place))
            elif cell.data_type == "n" and "%" in (cell.number_format or ""):
                percents.add((number, place))
        values.append(line)
    seen = {} if facts is None else {
        "hidden_rows": frozenset(facts.hidden_rows), "hidden_columns": frozenset(facts.hidden_columns),
        "merged": tuple(facts.merged), "unsaved": frozenset(facts.unsaved),
    }  # fmt: skip
    return Sheet(name, file_id, page.title, values, page.sheet_state != "visible", errors=frozenset(errors), percents=frozenset(percents), **seen)


def _sheet_parts(name: str, archive: zipfile.ZipFile) -> dict[str, str]:
    """Return {sheet title: its part} as the workbook lists them."""
    try:
        targets = {}
        for relation in ElementTree.fromstring(read_member(name, archive, "xl/_rels/workbook.xml.rels")):
            target = relation.get("Target", "")
            targets[relation.get("Id")] = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join("xl", target))
        book = ElementTree.fromstring(read_member(name, archive, "xl/workbook.xml"))
    except ElementTree.ParseError as error:
        raise DataError(f"{name}: not readable as a workbook ({error}). {AGAIN}", code="workbook_damaged") from error
    known = set(archive.namelist())
    listed = [(e.get("name", ""), targets.get(e.get(_RELATION), "")) for e in book.iter() if e.tag.rpartition("}")[2] == "sheet"]
    return {title: part for title, part in listed if part in known}


def read_xls(name: str, file_id: str, content: bytes, limits: Limits) -> Book:
    """Return the sheets of an old workbook. Raises DataError (`password`, `macros`, `workbook_damaged`, `too_many_cells`)."""
    if "EncryptedPackage".encode("utf-16-le") in content:
        raise DataError(f"{name}: locked with a password. Save it without one.", code="password")
    if "_VBA_PROJECT".encode("utf-16-le") in content:
        raise DataError(f"{name}: holds macros. Save it as a workbook without macros (.xlsx).", code="macros")
    import xlrd

    try:
        book = xlrd.open_workbook(file_contents=content, formatting_info=True, logfile=io.StringIO())
    except Exception as error:
        if "encrypted" in str(error).lower() or "password" in str(error).lower():
            raise DataError(f"{name}: locked with a password. Save it without one.", code="password") from error
        raise DataError(f"{name}: not readable as a workbook ({type(error).__name__}). Save it as xlsx.", code="workbook_damaged") from error
    sheets, cells, extras = [], 0, []
    for page in book.sheets():
        cells += page.nrows * page.ncols
        if cells > limits.cells:
            raise DataError(f"{name}, sheet {page.name}: more than {limits.cells:,} cells. Delete the empty rows and columns.", code="too_many_cells", sheet=page.name)
        sheets.append(_xls_sheet(name, file_id, book, page))
        extras += [(f"{page.name} comment", note.text) for _, note in sorted(page.cell_note_map.items())]
    if book.user_name:
        extras.append(("user name", book.user_name))
    return Book(name, file_id, sheets, tuple(extras), "xls")


def _xls_sheet(name: str, file_id: str, book, page) -> Sheet:
    import xlrd

    values, errors, percents = [], set(), set()
    for r in range(page.nrows):
        line = []
        for c in range(page.ncols):
            cell = page.cell(r, c)
            line.append(_xls_value(book, cell))
            if cell.ctype == xlrd.XL_CELL_ERROR:
                errors.add((r + 1, c + 1))
            elif cell.ctype == xlrd.XL_CELL_NUMBER and "%" in book.format_map[book.xf_list[cell.xf_index].format_key].format_str:
                percents.add((r + 1, c + 1))
        values.append(line)
    return Sheet(
        name, file_id, page.name, values, page.visibility != 0,
        hidden_rows=frozenset(r + 1 for r, info in page.rowinfo_map.items() if info.hidden),
        hidden_columns=frozenset(c + 1 for c, info in page.colinfo_map.items() if info.hidden),
        merged=tuple((a + 1, c + 1, b, d) for a, b, c, d in page.merged_cells),
        errors=frozenset(errors), percents=frozenset(percents),
    )  # fmt: skip


def _xls_value(book, cell):
    import xlrd

    if cell.ctype == xlrd.XL_CELL_DATE:
        return xlrd.xldate_as_datetime(cell.value, book.datemode)
    if cell.ctype in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK):
        return None
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return xlrd.error_text_from_code.get(cell.value, "#ERR")
    return bool(cell.value) if cell.ctype == xlrd.XL_CELL_BOOLEAN else cell.value


class _Tables(HTMLParser):
    """Collects the tables of a page as rows of text; spans become merged ranges."""

    def __init__(self, name: str, limits: Limits):
        super().__init__(convert_charrefs=True)
        self.name, self.limits, self.tables, self.cells = name, limits, [], 0
        self.open, self.text, self.spans = None, None, (1, 1)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if tag == "table":
            if self.open is not None:
                raise DataError(f"{self.name}: a table stands within a table. Save the table as xlsx.", code="workbook_damaged")
            self.open = {"rows": [], "merged": [], "hidden": set(), "taken": {}}
        elif self.open is None:
            return
        elif tag == "tr":
            self._close_cell()
            self.open["rows"].append([])
            if re.search(r"display\s*:\s*none", attributes.get("style") or ""):
                self.open["hidden"].add(len(self.open["rows"]))
        elif tag in ("td", "th"):
            self._close_cell()
            self.text, self.spans = [], tuple(self._span(attributes.get(k)) for k in ("rowspan", "colspan"))
        elif tag == "br" and self.text is not None:
            self.text.append(" ")

    def _span(self, text) -> int:
        return min(int(text), self.limits.columns) if text and text.isdecimal() and int(text) > 0 else 1

    def handle_endtag(self, tag):
        if self.open is None:
            return
        if tag in ("td", "th", "tr"):
            self._close_cell()
        elif tag == "table":
            self._close_cell()
            self.tables.append(self.open)
            self.open = None

    def handle_data(self, data):
        if self.text is not None:
            self.text.append(data)

    def _close_cell(self):
        if self.text is None:
            return
        if not self.open["rows"]:
            self.open["rows"].append([])
        row, number = self.open["rows"][-1], len(self.open["rows"])
        while self.open["taken"].get((number, len(row) + 1)):
            row.append(None)
        down, across = self.spans
        first = len(row) + 1
        self.cells += across
        if self.cells > self.limits.cells or down * across > self.limits.cells or first + across > self.limits.columns:
            raise DataError(f"{self.name}: more than {self.limits.cells:,} cells. Split the table.", code="too_many_cells")
        row += [" ".join("".join(self.text).split()) or None] + [None] * (across - 1)
        if down * across > 1:
            self.open["merged"].append((number, first, number + down - 1, first + across - 1))
            for below in range(number + 1, number + down):
                self.open["taken"] |= dict.fromkeys(((below, c) for c in range(first, first + across)), True)
        self.text = None


def read_html(name: str, file_id: str, content: bytes, limits: Limits) -> Book:
    """Return the tables of a page that was saved under a workbook's name. Raises DataError when it has none."""
    parser = _Tables(name, limits)
    parser.feed(decode(name, content))
    parser.close()
    if not parser.tables:
        raise DataError(f"{name}: a web page without a table. Give csv, xlsx or xls.", code="not_a_table")
    many = len(parser.tables) > 1
    sheets = [
        Sheet(name, file_id, f"table {n}" if many else "", t["rows"], hidden_rows=frozenset(t["hidden"]), merged=tuple(t["merged"]))
        for n, t in enumerate(parser.tables, 1)
    ]
    return Book(name, file_id, sheets, (), "html")
