"""A sheet to the rows of a delivery table: header found, columns named, every filled row read cell by cell.

The template's own headers are known, and the spellings of delivery_headers.csv, so that the ministry's KPI form
comes in as it is: a title above, a header of two rows, merged cells, totals below.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import pandas as pd

from sdg_eval.codelists import Codelists
from sdg_eval.delivery.columns import COUNTRY, ColumnSpec, read_list, table_columns
from sdg_eval.delivery_forms.cells import MULTIPLIERS, PERCENT_UNITS, CellFault, baht_in, read_cell
from sdg_eval.delivery_forms.template import GENERATED, PREFILLED, REQUIRED_MARK
from sdg_eval.grid import Sheet
from sdg_eval.intake import fields
from sdg_eval.thai import clean_text, thai_digits_to_arabic

HEADER_WITHIN = 15
"""A header stands in the first rows; lower it is part of a table of something else."""
FROM_TITLE = {"kpi": ("REF_AREA", "fiscal_year")}
"""Columns that a form may say once, in its title."""
ASIDE = {"ที่", "ลำดับ", "ลำดับที่", "no", "#", "หมายเหตุ", "note", "remark"}
"""Headers of columns that are left out."""
_FISCAL_YEAR = re.compile(r"ปีงบประมาณ\s*(?:พ\.?\s?ศ\.?)?\s*(\d{4})")


@dataclass
class SheetTable:
    """What one sheet gave: `frame` of values with `source_row`, the letter's number of each column, faults as (row, column number, code, value, more)."""

    table: str
    sheet: str
    frame: pd.DataFrame = field(default_factory=pd.DataFrame)
    columns: dict[str, int] = field(default_factory=dict)
    faults: list[tuple] = field(default_factory=list)
    unread: set[tuple[int, str]] = field(default_factory=set)
    header_row: int = 1


def fold(text) -> str:
    """Return a header as it is compared."""
    text = thai_digits_to_arabic(clean_text(str(text)))
    return re.sub(r"[\s.*]", "", text.removesuffix(REQUIRED_MARK.strip())).casefold()


def headers_of(table: str) -> dict[str, ColumnSpec]:
    """Return every spelling of a header, folded, with its column."""
    known = read_list("delivery_headers")
    spellings = known[known["table"] == table]
    found: dict[str, ColumnSpec] = {}
    shared: set[str] = set()
    for spec in table_columns(table):
        for text in (
            spec.label_th,
            spec.label_en,
            spec.column,
            *spellings.loc[spellings["column"] == spec.column, "spelling"],
        ):
            found[fold(text)] = spec
            base = fold(fields.split_unit(text)[0])
            if base in found and found[base] is not spec:
                shared.add(base)
            found.setdefault(base, spec)
    for spec in table_columns(table):
        if spec.kind == "id":  # "หน่วยงาน" and "รหัสหน่วยงาน" are one column
            found.setdefault(fold("รหัส" + spec.label_th), spec)
    own = {
        fold(text) for spec in table_columns(table) for text in (spec.label_th, spec.label_en, spec.column)
    }
    return {text: spec for text, spec in found.items() if text not in shared or text in own}


def spec_of(known: dict[str, ColumnSpec], text: str) -> ColumnSpec | None:
    """Return the column that a header means, with or without the unit at its end."""
    return known.get(fold(text)) or known.get(fold(fields.split_unit(text)[0])) if text else None


def find_header(sheet: Sheet, table: str) -> tuple[int, int]:
    """Return (row, number of columns recognised) of the row that is likest to be the table's header; (0, 0) for none."""
    known, best = headers_of(table), (0, 0)
    for row in range(1, min(sheet.n_rows, HEADER_WITHIN) + 1):
        names = {spec.column for text in _header_texts(sheet, row) if (spec := spec_of(known, text))}
        if len(names) > best[1]:
            best = (row, len(names))
    return best


def _header_texts(sheet: Sheet, row: int) -> list[str]:
    """The header of each column: the cell, or where it is empty the one above (a header of two rows)."""
    texts = []
    for column in range(1, sheet.n_cols + 1):
        value = sheet.value(row, column)
        if value is None or not str(value).strip():
            value = sheet.value(row - 1, column) if row > 1 else None
        texts.append(clean_text(str(value)) if value is not None else "")
    return texts


class SheetReader:
    """Reads one sheet as one delivery table."""

    def __init__(
        self,
        sheet: Sheet,
        table: str,
        codelists: Codelists,
        *,
        personal: set[tuple[int, int]],
        area: str = "",
    ):
        self.sheet, self.table, self.codelists, self.personal = sheet, table, codelists, personal
        self.area = area
        self.specs = {c.column: c for c in table_columns(table)}
        self.out = SheetTable(table, sheet.name)
        self.factors: dict[str, float] = {}
        covered = [(m, sheet.value(m[0], m[1])) for m in sheet.merged if m[2] > m[0] or m[3] > m[1]]
        self.merged = {
            (r, c): value
            for m, value in covered
            for r in range(m[0], m[2] + 1)
            for c in range(m[1], m[3] + 1)
        }

    def read(self) -> SheetTable:
        """Return the rows of the sheet; faults are noted and reading goes on, so that all are told at once."""
        self.out.header_row, matched = find_header(self.sheet, self.table)
        if not matched:
            self._fault(1, 1, "header_missing")
            return self.out
        self._name_columns()
        self._check_hidden()
        said = self._title()
        rows = [
            r
            for row in range(self.out.header_row + 1, self.sheet.n_rows + 1)
            if (r := self._read_row(row, said)) is not None
        ]
        frame = pd.DataFrame(rows, columns=[*self.specs, "source_row"])
        self.out.frame = frame.astype(object).where(frame.notna(), None)
        self._missing_columns(said)
        return self.out

    def _fault(self, row: int, column: int, code: str, value="", more="") -> None:
        self.out.faults.append((row, column, code, value, more))

    def _value(self, row: int, column: int):
        value = self.sheet.value(row, column)
        if value is None and (row, column) in self.merged:
            value = self.merged[row, column]
        return None if isinstance(value, str) and not value.strip() else value

    # ------------------------------------------------------------ header

    def _name_columns(self) -> None:
        known, row = headers_of(self.table), self.out.header_row
        for column, text in enumerate(_header_texts(self.sheet, row), 1):
            spec = spec_of(known, text)
            if spec is None:
                self._unknown_column(row, column, text)
            elif spec.column in self.out.columns:
                self._fault(row, column, "header_twice", text, str(self.out.columns[spec.column]))
            else:
                self.out.columns[spec.column] = column
                self._note_unit(spec, row, column, text)

    def _note_unit(self, spec: ColumnSpec, row: int, column: int, text: str) -> None:
        """The unit in parentheses of a header of money, or of the header that stands above several."""
        above = clean_text(str(self._value(row - 1, column) or "")) if row > 1 else ""
        for words in (text, above):
            if spec.kind == "money" and (factor := baht_in(fields.split_unit(words)[1])):
                self.factors[spec.column] = factor
                return

    def _unknown_column(self, row: int, column: int, text: str) -> None:
        filled = any(self._value(r, column) is not None for r in range(row + 1, self.sheet.n_rows + 1))
        if filled and fold(text) not in ASIDE:
            self._fault(row, column, "column_unknown" if text else "no_header", text)

    def _missing_columns(self, said: dict) -> None:
        generated = GENERATED.get(self.table, ("", ()))[0]
        for spec in self.specs.values():
            if (
                spec.required
                and spec.column not in self.out.columns
                and spec.column != generated
                and spec.column not in said
            ):
                code = "title_missing" if spec.column in FROM_TITLE.get(self.table, ()) else "column_missing"
                self._fault(self.out.header_row, 1, code, "", spec.column)
                self.out.unread |= {(int(r), spec.column) for r in self.out.frame["source_row"]}

    def _title(self) -> dict:
        """What the lines above the header say once for all rows; what the caller said stands in for what they do not."""
        said = {}
        for row in range(1, self.out.header_row):
            for value in self.sheet.values[row - 1]:
                text = thai_digits_to_arabic(clean_text(str(value or "")))
                if match := _FISCAL_YEAR.search(text):
                    said.setdefault("fiscal_year", float(match[1]))
                if (match := re.search(r"จังหวัด\s*(\S+)", text)) and (
                    area := self.codelists.find_area(match[1])
                ):
                    said.setdefault("REF_AREA", area)
        if self.area:
            said.setdefault(
                "REF_AREA",
                COUNTRY if self.area == COUNTRY else self.codelists.find_area(self.area) or self.area,
            )
        return {k: v for k, v in said.items() if k in FROM_TITLE.get(self.table, ())}

    def _check_hidden(self) -> None:
        sheet = self.sheet
        for row in sorted(
            r
            for r in sheet.hidden_rows
            if r <= sheet.n_rows and any(v not in (None, "") for v in sheet.values[r - 1])
        ):
            self._fault(row, 0, "hidden_row")
        for column in sorted(sheet.hidden_columns):
            if any(sheet.value(r, column) not in (None, "") for r in range(1, sheet.n_rows + 1)):
                self._fault(self.out.header_row, column, "hidden_column")

    # ------------------------------------------------------------ rows

    def _read_row(self, row: int, said: dict) -> dict | None:
        cells = {name: self._value(row, column) for name, column in self.out.columns.items()}
        filled = {name: value for name, value in cells.items() if value is not None}
        own = [
            n for n in filled if n not in PREFILLED and self.sheet.value(row, self.out.columns[n]) is not None
        ]
        unsaved = any((row, column) in self.sheet.unsaved for column in self.out.columns.values())
        if not own and not unsaved or self._is_total_or_note(row):
            return None
        unit = clean_text(str(filled.get("unit") or ""))
        values = dict.fromkeys(self.specs) | {"source_row": row}
        for name, column in self.out.columns.items():
            values[name] = self._read_cell(
                row, column, self.specs[name], cells[name], unit.casefold() in PERCENT_UNITS
            )
        for name, value in said.items():
            if values[name] is None and (row, name) not in self.out.unread:
                values[name] = value
        self._in_baht(row, values)
        return values

    def _is_total_or_note(self, row: int) -> bool:
        texts = [clean_text(str(v)) for v in self.sheet.values[row - 1] if v is not None and str(v).strip()]
        if not texts:
            return False
        return (
            fields.is_total(texts[0]) and self.table == "kpi" or len(texts) == 1 and fields.is_note(texts[0])
        )

    def _read_cell(self, row: int, column: int, spec: ColumnSpec, value, percent_unit: bool):
        if (row, column) in self.personal:  # told as personal data, and never looked at again
            self.out.unread.add((row, spec.column))
            return None
        if (row, column) in self.sheet.unsaved:
            self._unread(row, column, spec, "formula", "")
            return None
        if value is None:
            return None
        try:
            return read_cell(
                spec,
                value,
                self.codelists,
                percent_unit=percent_unit,
                percent_format=(row, column) in self.sheet.percents,
            )
        except CellFault as fault:
            self._unread(row, column, spec, fault.code, value, fault.more)
            return None

    def _unread(self, row: int, column: int, spec: ColumnSpec, code: str, value, more: str = "") -> None:
        self.out.unread.add((row, spec.column))
        self._fault(row, column, code, value, more)

    def _in_baht(self, row: int, values: dict) -> None:
        """Amounts in full baht: by the unit that the row states, else by the one in the header."""
        stated = MULTIPLIERS.get(values.get("unit_stated"))
        for spec in self.specs.values():
            factor = stated if stated is not None else self.factors.get(spec.column, 1.0)
            if spec.kind == "money" and isinstance(values[spec.column], float) and factor != 1.0:
                values[spec.column] = round(values[spec.column] * factor, 2)
