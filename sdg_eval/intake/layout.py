"""Where the tables of a sheet are: title, header rows, columns and what each holds, data rows, notes.

Officers lay tables out in many ways (years or provinces across, two-level headers, a sheet a
province). All come down to one question for each figure: what do its row, its column, the section it
stands in, the title and the sheet's name say about it? A header is what speaks of provinces, periods
and values; a column that says nothing while it holds figures is a fault, never left out in silence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from sdg_eval.grid import Sheet, column_letter
from sdg_eval.intake import fields
from sdg_eval.intake.meaning import Meanings, text_period
from sdg_eval.intake.numbers import looks_like_value
from sdg_eval.intake.refusal import Faults
from sdg_eval.thai import clean_text

HEADER_WITHIN = 60
"""Rows from the top of a sheet in which its first header must come."""
LABELS = 3
"""Most label columns of a header that has no word such as จังหวัด and is known by its years alone."""
KEY_FIELDS = {"area", "area_code", "period", "quarter", "month", "series", "indicator", "series_name"}
_FISCAL = re.compile(r"ปีงบประมาณ|งบประมาณ|fiscal|\bfy\b", re.I)
_CALENDAR = re.compile(r"ปีปฏิทิน|calendar", re.I)
_UNIT_LABEL = re.compile(r"(?:หน่วย(?:นับ|วัด)?|unit)\s*[:：]\s*([^,;()\n]+)", re.I)
_PARENTHESES = re.compile(r"[(\[]([^()\[\]]+)[)\]]")
_AREA_IN_TEXT = re.compile(r"(?:จังหวัด|จ\.)\s*([ก-๙]+)|(?:changwat|province of)\s+([A-Za-z ]+)", re.I)


@dataclass
class Context:
    """What is said of all figures of a table: by the title, the sheet's name, or what was declared."""

    dims: dict = field(default_factory=dict)
    units: frozenset = frozenset()
    unit_text: str = ""
    unit_row: int | None = None
    fiscal: bool = False
    calendar: bool = False
    fiscal_row: int | None = None
    text: str = ""


@dataclass
class Column:
    """One column: `role` is a field name, `value`, or `aside`; `dims` what its header gives."""

    index: int
    role: str
    dims: dict = field(default_factory=dict)
    units: frozenset = frozenset()
    unit_text: str = ""
    header: str = ""
    measure: str = "OBS_VALUE"
    fiscal: bool = False
    unclear: bool = False


@dataclass
class Table:
    """One table of a sheet: rows `first`..`last` of data under its header rows."""

    sheet: Sheet
    header_rows: list[int]
    columns: list[Column]
    first: int
    last: int
    context: Context
    assumed: tuple[str, ...] = ()


class Layout:
    """Finds the tables of one sheet."""

    def __init__(self, sheet: Sheet, meanings: Meanings, faults: Faults, leave_out_hidden: bool = False):
        self.sheet, self.meanings, self.faults = sheet, meanings, faults
        self.merged = self._merged_map()
        self.skipped_rows = sheet.hidden_rows if leave_out_hidden else frozenset()
        self.skipped_columns = sheet.hidden_columns if leave_out_hidden else frozenset()

    def _merged_map(self) -> dict[tuple[int, int], tuple[int, int]]:
        """{place within a merged range: its top left place}, for ranges within the sheet."""
        found = {}
        for r1, c1, r2, c2 in self.sheet.merged:
            for r in range(r1, min(r2, self.sheet.n_rows) + 1):
                for c in range(c1, min(c2, self.sheet.n_cols) + 1):
                    found[r, c] = (r1, c1)
        return found

    def value(self, row: int, column: int):
        """Return a cell's value; within a merged range the value of the range."""
        return self.sheet.value(*self.merged.get((row, column), (row, column)))

    def tables(self) -> list[Table]:
        """Return the tables in order; an empty list where no header is found."""
        tops = self._header_tops()
        found = []
        for number, top in enumerate(tops):
            end = tops[number + 1] - 1 if number + 1 < len(tops) else self.sheet.n_rows
            start = found[-1].last + 1 if found else 1
            found.append(self._table(top, start, end, found[-1].context if found else None))
        return found

    # ------------------------------------------------------------ headers

    def _row(self, row: int) -> list[tuple[int, object]]:
        """(column, value) of the non-blank cells of a row."""
        if row in self.skipped_rows:
            return []
        values = self.sheet.values[row - 1]
        return [
            (c, v) for c, v in enumerate(values, 1)
            if v is not None and v != "" and c not in self.skipped_columns and not (isinstance(v, str) and not v.strip())
        ]

    def _header_tops(self) -> list[int]:
        """Rows that are main header rows; repeats of a header are left to the data rows."""
        tops, known = [], set()
        for row in range(1, self.sheet.n_rows + 1):
            if not tops and row > HEADER_WITHIN:
                break
            cells = self._row(row)
            if len(cells) < 2 or not self._is_header(row, cells, bool(tops)):
                continue
            if tops and (row - 1 in tops or self._is_below(tops[-1], row)):
                continue
            signature = tuple((c, clean_text(str(v))) for c, v in cells)
            if signature not in known:
                known.add(signature)
                tops.append(row)
        return tops

    def _is_header(self, row: int, cells, again: bool) -> bool:
        means = [(v, self.meanings.of(v)) for _, v in cells]
        keys = {m.field for _, m in means} & KEY_FIELDS
        periods = sum("period" in m.dims for _, m in means)
        areas = sum("area" in m.dims for _, m in means)
        groups = sum("sex" in m.dims or "urban" in m.dims for _, m in means)
        measures = sum(m.field in ("value", "numerator", "denominator") or bool({"series", "indicator"} & set(m.dims)) for _, m in means)
        if keys:
            if len(cells) == 2 and (periods + areas == 1) and not ("area" in keys and periods):
                return False  # a label and its value: ปี | 2566
            if periods or areas or groups or measures:
                return True
            short = [v for v, m in means if not m.field and is_short_year(v)]
            if "area" in keys and len(short) == len(cells) - len(keys) and short:
                return True
            return not again and "area" in keys and self._levels_below(row)
        if again:
            return False
        numbers = sum(looks_like_value(v) and "period" not in m.dims for v, m in means)
        first = means[0][1]
        plain = not numbers and (not first.dims or len(means) == periods or len(means) == areas)
        return plain and (periods >= 2 or areas >= 2) and max(periods, areas) >= len(means) - LABELS

    def _levels_below(self, row: int) -> bool:
        """True where one of the next two rows is a second header level: periods or groups, nothing else."""
        for below in (row + 1, row + 2):
            cells = self._row(below) if below <= self.sheet.n_rows else []
            if cells:
                means = [self.meanings.of(v) for _, v in cells]
                return sum(bool({"period", "sex", "area", "urban"} & set(m.dims)) or bool(m.units) for m in means) >= 2 and not any(
                    looks_like_value(v) and "period" not in m.dims for (_, v), m in zip(cells, means, strict=True)
                )
        return False

    def _is_below(self, top: int, row: int) -> bool:
        """True when a row is a lower level of the header at `top`."""
        return row <= top + 2 and row in self._lower_rows(top)

    def _lower_rows(self, top: int) -> list[int]:
        """Rows under a main header row that are header levels too."""
        found = []
        for row in range(top + 1, min(top + 4, self.sheet.n_rows + 1)):
            cells = self._row(row)
            if not cells:
                if found or not self._levels_below(top):
                    break
                continue
            means = [self.meanings.of(v) for _, v in cells]
            inside = all(
                bool({"period", "sex", "urban"} & set(m.dims)) or m.field in ("value", "numerator", "denominator", "change") or m.units or m.total
                or ("area" in m.dims and len(means) > 1 and all("area" in x.dims for x in means))
                or (not m.known and isinstance(v, str) and not looks_like_value(v) and self._is_value_place(top, c))
                for (c, v), m in zip(cells, means, strict=True)
            )  # fmt: skip
            speaks = any(m.dims or m.units or m.field for m in means)
            starts_left = self.meanings.of(self.value(top, cells[0][0])).field in KEY_FIELDS and (cells[0][0] and (row, cells[0][0]) not in self.merged)
            if not inside or not speaks or starts_left:
                break
            found.append(row)
        return found

    def _is_value_place(self, top: int, column: int) -> bool:
        return self.meanings.of(self.value(top, column)).field not in KEY_FIELDS

    def _upper_rows(self, top: int, start: int) -> list[int]:
        """Rows right above a main header row that group its columns."""
        found = []
        for row in range(top - 1, max(start, top - 3) - 1, -1):
            cells = self._row(row)
            beyond = [(c, v) for c, v in cells if self.meanings.of(self.value(top, c)).field not in KEY_FIELDS or (row, c) in self.merged]
            if not cells or len(cells) == 1 and cells[0][0] == 1 or not beyond:
                break
            if any(self.meanings.of(v).field in KEY_FIELDS and not self.meanings.of(v).dims for _, v in cells[:1]) and len(cells) == 2:
                break  # a label and its value
            found.insert(0, row)
        return found

    # ------------------------------------------------------------ a table

    def _table(self, top: int, start: int, end: int, before: Context | None) -> Table:
        upper = self._upper_rows(top, start)
        header = [*upper, top, *self._lower_rows(top)]
        context = self._context(start, header[0] - 1, before)
        columns = self._columns(header, top, end, context)
        return Table(self.sheet, header, columns, header[-1] + 1, end, context)

    def _columns(self, header: list[int], top: int, end: int, context: Context) -> list[Column]:
        # in a text file a field beyond the header's is a fault of its row, not a column
        rows = header if self.sheet.is_text else range(header[0], end + 1)
        width = max((len(self.sheet.values[r - 1]) for r in rows), default=0)
        shared = self._shared_group(header, top, width)
        stacks = {c: self._stack(header, top, c, shared) for c in range(1, width + 1) if c not in self.skipped_columns}
        if shared:
            self.read_title(clean_text(str(shared[1])), context, shared[0])
        grouped = {key for stack in stacks.values() for _, m, _, _ in stack for key in m.dims if key in ("sex", "urban")}
        found = []
        for c, stack in stacks.items():
            column = self._column(c, stack, grouped, header)
            if column is not None:
                found.append(column)
            elif any(looks_like_value(self.sheet.value(r, c)) for r in range(header[-1] + 1, end + 1)):
                row = next(r for r in range(header[-1] + 1, end + 1) if looks_like_value(self.sheet.value(r, c)))
                self.faults.add("no_header", sheet=self.sheet.name, row=row, column=column_letter(c), found=self.sheet.value(row, c))
        self._check_order(found, top)
        self._check_twice(found, top)
        return self._name_id_column(found, header, end)

    def _shared_group(self, header: list[int], top: int, width: int):
        """(row, text) of a group header that spans all value columns: it is a title, not a part of the key."""
        for row in header:
            if row >= top:
                break
            cells = [(c, v) for c, v in self._row(row)]
            texts = [(c, v) for c, v in cells if not self.meanings.of(v).dims and not self.meanings.of(v).total]
            if len(cells) == 1 and len(texts) == 1:
                return row, texts[0][1]
        return None

    def _stack(self, header: list[int], top: int, column: int, shared) -> list[tuple[int, object, object, int]]:
        """(row, meaning, value, column where it stands) of the header cells over a column, from the top; groups reach to the right."""
        found = []
        for row in header:
            if shared and row == shared[0]:
                continue
            origin = self.merged.get((row, column), (row, column))[1]
            value = self.value(row, column)
            if (value is None or value == "") and row != header[-1]:
                value, origin = self._from_left(row, column, header)
            if value is None or (isinstance(value, str) and not value.strip()):
                continue
            found.append((row, self.meanings.of(value), value, origin))
        return found

    def _from_left(self, row: int, column: int, header: list[int]):
        """The group header that reaches over a blank cell, where a lower level stands under it."""
        if not any(self.sheet.value(r, column) not in (None, "") for r in header if r > row):
            return None, column
        for left in range(column - 1, 0, -1):
            value = self.sheet.value(row, left)
            if value not in (None, ""):
                return (value if self.meanings.of(value).field not in KEY_FIELDS else None), left
        return None, column

    def _column(self, c: int, stack, grouped: set, header: list[int]) -> Column | None:
        """The column that a stack of header cells describes; None where nothing is said."""
        if not stack:
            return None
        letter, text = column_letter(c), " ".join(clean_text(str(v)) for _, _, v, _ in stack)
        dims, units, unit_text, measure, role, fiscal, unknown = {}, frozenset(), "", "OBS_VALUE", "", False, None
        for row, meaning, value, origin in stack:
            if meaning.fault:
                code, more = meaning.fault
                self.faults.add(code, sheet=self.sheet.name, row=row, column=column_letter(origin), found=value, more=more)
            elif not meaning.known and is_short_year(value):
                self.faults.add("two_digit_year", sheet=self.sheet.name, row=row, column=letter, found=value)
            for key, found in meaning.dims.items():
                if key in dims and dims[key] != found and found is not None:
                    self.faults.add("two_meanings", sheet=self.sheet.name, row=row, column=letter, found=value, more=text)
                dims[key] = found
            if meaning.units:
                units, unit_text = (meaning.units & units or meaning.units) if units else meaning.units, meaning.unit_text
            if meaning.total and not meaning.dims:
                if grouped:
                    dims.setdefault(next(iter(sorted(grouped))), "_T")
                else:
                    role = "aside"
            if meaning.field in ("numerator", "denominator"):
                measure = meaning.field.upper()
            role = meaning.field if meaning.field and (not role or role == "aside") else role
            fiscal = fiscal or bool(isinstance(value, str) and _FISCAL.search(value) and not meaning.dims)
            if not meaning.known:
                unknown = (row, value, origin)
        if "period" in dims or "area" in dims or {"sex", "urban"} & set(dims):
            # "ปี" above the years, or "ค่า" under them, only describes them
            role = "change" if role == "change" else "aside" if role == "aside" else "value"
        elif role in ("value", "numerator", "denominator") or (not role and ({"series", "indicator"} & set(dims) or units)):
            role = "value"
        if unknown is not None and role == "value" and not is_short_year(unknown[1]):
            self.faults.add("column_unknown", sheet=self.sheet.name, row=unknown[0], column=column_letter(unknown[2]), found=unknown[1])
        return Column(c, role or "unknown", dims, units, unit_text, text, measure, fiscal, unclear=unknown is not None)

    def _check_order(self, columns: list[Column], top: int) -> None:
        """Years across must run one way: 2561, 2562, 2553 is a slip, and both readings of it are years."""
        groups: dict[tuple, list[Column]] = {}
        for column in columns:
            if column.role == "value" and column.dims.get("period") is not None and not column.unclear:
                rest = tuple(sorted((k, str(v)) for k, v in column.dims.items() if k != "period"))
                groups.setdefault((rest, column.measure, column.dims["period"].freq), []).append(column)
        for group in groups.values():
            starts = [c.dims["period"].start for c in group]
            odd = _out_of_order(starts)
            if odd is not None:
                self.faults.add(
                    "year_order", sheet=self.sheet.name, row=top, column=column_letter(group[odd].index), found=group[odd].header
                )  # fmt: skip

    def _check_twice(self, columns: list[Column], top: int) -> None:
        seen: dict[tuple, Column] = {}
        for column in columns:
            if column.role in ("aside", "unknown", "change", "note", "area", "series_name") or column.unclear:
                continue
            if column.role == "value" and None in column.dims.values():
                continue
            dims = tuple(sorted((k, getattr(v, "time_period", v)) for k, v in column.dims.items()))
            key = (column.role, dims, column.measure, column.units)
            if key in seen:
                self.faults.add(
                    "header_twice", sheet=self.sheet.name, row=top, column=column_letter(column.index),
                    found=column.header, more=column_letter(seen[key].index),
                )  # fmt: skip
            seen.setdefault(key, column)

    def _name_id_column(self, columns: list[Column], header: list[int], end: int) -> list[Column]:
        """Give a column of provinces its role where its header does not say it; any other unknown column is a fault.

        Left out, it could be what tells the rows apart: a district, a sector, a group.
        """
        roles = {c.role for c in columns}
        kept = []
        for column in columns:
            if column.role == "unknown":
                values = [self.sheet.value(r, column.index) for r in range(header[-1] + 1, end + 1)]
                texts = [v for v in values if v not in (None, "")]
                if sum("area" in self.meanings.of(v).dims for v in texts) >= max(1, len(texts) / 2):
                    column.role = "area"
                    roles.add("area")
                elif texts:
                    self.faults.add(
                        "column_unknown", sheet=self.sheet.name, row=header[-1], column=column_letter(column.index), found=column.header
                    )  # fmt: skip
            kept.append(column)
        if not roles & {"area", "area_code"}:
            self._label_without_header(kept, header, end)
        return kept

    def _label_without_header(self, columns: list[Column], header: list[int], end: int) -> None:
        """A first column without a header word that holds provinces, or periods under provinces across."""
        taken = {c.index for c in columns}
        across = any(c.role == "value" and "area" in c.dims for c in columns)
        wanted = "period" if across and not any(c.role == "period" for c in columns) else "area"
        if across and wanted == "area":
            return
        for c in range(1, 4):
            if c in taken or c in self.skipped_columns:
                continue
            means = [self.meanings.of(self.sheet.value(r, c)) for r in range(header[-1] + 1, min(end, header[-1] + 30) + 1)]
            if sum(wanted in m.dims for m in means) >= 1:
                columns.insert(0, Column(c, wanted))
                self.faults.problems[:] = [
                    p for p in self.faults.problems
                    if not (p.code == "no_header" and p.sheet == self.sheet.name and p.column == column_letter(c) and p.row and p.row > header[-1])
                ]  # fmt: skip
                return

    # ------------------------------------------------------------ what stands around it

    def _context(self, first: int, last: int, before: Context | None) -> Context:
        """Read the rows between the table before and the header; what they do not say, the earlier title says."""
        context = Context(text="")
        for row in range(first, last + 1):
            cells = self._row(row)
            if not cells or fields.is_note(str(cells[0][1])) and first > 1:
                continue
            self._read_pairs(cells, context, row)
            for _, value in cells:
                self.read_title(clean_text(str(value)), context, row)
        sheet_name = clean_text(self.sheet.name)
        meaning = self.meanings.of(sheet_name)
        for key, found in meaning.dims.items():
            if found is not None:
                context.dims.setdefault(key, found)
        if before is not None:
            context.dims = before.dims | context.dims
            context.fiscal, context.calendar = context.fiscal or (before.fiscal and not context.calendar), context.calendar
            if not context.units:
                context.units, context.unit_text = before.units, before.unit_text
        return context

    def _read_pairs(self, cells, context: Context, row: int) -> None:
        """A label and its value beside it: จังหวัด | ขอนแก่น."""
        for (_, label), (c, value) in zip(cells, cells[1:], strict=False):
            name = self.meanings.of(str(label).rstrip(" :：")).field
            meaning = self.meanings.of(value)
            if name == "unit":
                context.unit_text, context.unit_row = clean_text(str(value)), row
                context.units = frozenset(self.meanings.codelists.find_units(value))
            wanted = {"area_code": "area", "series_name": "series"}.get(name, name)
            if wanted in meaning.dims:
                if meaning.fault:
                    self.faults.add(meaning.fault[0], sheet=self.sheet.name, row=row, column=column_letter(c), found=value, more=meaning.fault[1])
                else:
                    context.dims[wanted] = meaning.dims[wanted]

    def read_title(self, text: str, context: Context, row: int) -> None:
        """Add to `context` the indicator, unit, province, period and kind of year that a line above a table names."""
        context.text += text + "\n"
        if code := self.meanings.series_in(text):
            context.dims["series"] = code
        if (code := self.meanings.indicator_in(text)) and "series" not in context.dims:
            context.dims["indicator"] = code
        meaning = self.meanings.of(text)
        if "series" in meaning.dims:
            context.dims["series"] = meaning.dims["series"]
        if label := _UNIT_LABEL.search(text):
            context.unit_text, context.unit_row = clean_text(label[1]), row
            context.units = frozenset(self.meanings.codelists.find_units(label[1]))
        else:
            for inside in _PARENTHESES.findall(text):
                if units := self.meanings.codelists.find_units(inside):
                    context.units, context.unit_text, context.unit_row = frozenset(units), clean_text(inside), row
        areas = {self.meanings.codelists.find_area(a or b) for a, b in _AREA_IN_TEXT.findall(text)} - {None}
        if "area" in meaning.dims:
            areas.add(meaning.dims["area"])
        if len(areas) == 1:
            context.dims["area"] = areas.pop()
        if period := text_period(text, self.meanings.declared):
            context.dims["period"] = period
        if _FISCAL.search(text):
            context.fiscal, context.fiscal_row = True, row
        if _CALENDAR.search(text):
            context.calendar = True


def is_short_year(value) -> bool:
    """True for a bare number or text of two digits, such as 66."""
    if isinstance(value, bool):
        return False
    text = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()
    return bool(re.fullmatch(r"[3-9๓-๙][0-9๐-๙]", text))


def _out_of_order(starts: list) -> int | None:
    """Place of the one period that breaks the order of the others; None when they run one way.

    Equal neighbours are no break of order: they are refused as the same column twice.
    """
    if len(starts) < 2:
        return None
    best = None
    for sign in (1, -1):
        keys = [(sign * y, sign * m) for y, m in starts]
        bad = [i for i in range(1, len(keys)) if keys[i] < keys[i - 1]]
        if not bad:
            return None
        if best is None or len(bad) < len(best[0]):
            best = (bad, keys)
    bad, keys = best
    at = bad[0]
    # the slip is the one without which the rest runs on: 2561 2562 2553 2564, or 2561 2572 2563 2564
    without_before = keys[: at - 1] + keys[at:]
    runs = all(a <= b for a, b in zip(without_before, without_before[1:], strict=False))
    without_at = keys[:at] + keys[at + 1 :]
    return at - 1 if runs and not all(a <= b for a, b in zip(without_at, without_at[1:], strict=False)) else at
