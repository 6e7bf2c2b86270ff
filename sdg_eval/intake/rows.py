"""Rows of a table to records: each figure with its key, its unit, its cell, and what was assumed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from sdg_eval.grid import column_letter
from sdg_eval.intake import fields
from sdg_eval.intake.layout import Column, Context, Layout, Table, is_short_year
from sdg_eval.intake.meaning import Meanings, SeriesResolver
from sdg_eval.intake.numbers import ValueFault, looks_like_value, parse_value
from sdg_eval.intake.periods import Period, PeriodFault, as_fiscal, parse_period
from sdg_eval.intake.refusal import Faults
from sdg_eval.thai import clean_text, thai_digits_to_arabic

PERCENT = "PERCENT"
MEASURES = ("OBS_VALUE", "NUMERATOR", "DENOMINATOR")
SEX_FIELD = fields.SEX | dict.fromkeys(fields.BOTH, "_T")


@dataclass
class Record:
    """One observation in the making."""

    series: str
    indicator: str
    area: str
    period: Period
    unit: str
    sex: str
    age: str
    urban: str
    row: int
    column: int = 0
    values: dict = field(default_factory=dict)
    columns: dict = field(default_factory=dict)
    assumed: tuple[str, ...] = ()
    comment: str = ""
    sheet: str = ""


@dataclass(frozen=True)
class Aside:
    """A row or column that gave no observation, and why."""

    sheet: str
    row: int
    column: str
    found: str
    reason: str


class TableReader:
    """Reads the rows of one table."""

    def __init__(self, table: Table, layout: Layout, meanings: Meanings, resolver: SeriesResolver, declared, faults: Faults):
        self.table, self.layout, self.meanings, self.resolver = table, layout, meanings, resolver
        self.declared, self.faults, self.sheet = declared, faults, table.sheet
        self.records: list[Record] = []
        self.aside: list[Aside] = []
        self.by_role: dict[str, list[Column]] = {}
        for column in table.columns:
            self.by_role.setdefault(column.role, []).append(column)
        self.values = self.by_role.get("value", [])
        self.context = self._declared_context(table.context)
        self.section: dict = {}
        header = self.sheet.values[table.header_rows[-1] - 1]
        self.header_width = len(_stripped(header))
        self.header_widths = {len(header), self.header_width}

    def _fault(self, code: str, row: int, column: int | None = None, found="", more="") -> None:
        letter = column_letter(column) if column else ""
        self.faults.add(code, sheet=self.sheet.name, row=row, column=letter, found=found, more=more)

    def _declared_context(self, context: Context) -> Context:
        """The context with what was declared; a title that says otherwise is a fault."""
        dims, head = dict(context.dims), self.table.header_rows[0]
        for key, said in (("series", self.declared.series), ("indicator", self.declared.indicator)):
            if said and dims.get(key, said) != said:
                self._fault("two_meanings", max(1, head - 1), None, dims[key], said)
            if said:
                dims[key] = said
        units, text = context.units, context.unit_text
        if self.declared.unit:
            said = frozenset(self.meanings.codelists.find_units(self.declared.unit))
            if not said:
                self._fault("unit_unknown", head, None, self.declared.unit)
            elif units and not units & said:
                self._fault("two_meanings", context.unit_row or head, None, text, self.declared.unit)
            units, text = said, self.declared.unit
        if context.fiscal and context.calendar:
            self._fault("fiscal_or_calendar", context.fiscal_row or head, None, context.text.strip())
        return replace(context, dims=dims, units=units, unit_text=text)

    def read(self) -> None:
        """Read all rows; faults are noted and reading goes on, so that all are told at once."""
        for column in self.by_role.get("unknown", []) + self.by_role.get("change", []) + self.by_role.get("aside", []):
            self.aside.append(Aside(self.sheet.name, self.table.header_rows[-1], column_letter(column.index), column.header, "column left out"))
        headers = {tuple(clean_text(str(v)) for v in self.sheet.values[r - 1] if v is not None and str(v).strip()) for r in self.table.header_rows}
        for row in range(self.table.first, self.table.last + 1):
            if row not in self.layout.skipped_rows:
                self._read_row(row, headers)

    def _read_row(self, row: int, headers: set) -> None:
        raw = self.sheet.values[row - 1]
        filled = [(c, v) for c, v in enumerate(raw, 1) if v is not None and not (isinstance(v, str) and not v.strip())]
        filled = [(c, v) for c, v in filled if c not in self.layout.skipped_columns]
        filled += [(c.index, "=") for c in self.values if (row, c.index) in self.sheet.unsaved]
        if not filled:
            return
        if isinstance(filled[0][1], str) and tuple(clean_text(str(v)) for _, v in filled) in headers:
            self._set_aside(row, filled, "the header again")
            return
        if len(filled) == 1 and self._take_lone_cell(row, *filled[0]):
            return
        if fields.is_note(str(filled[0][1])) and not any(looks_like_value(v) for c, v in filled if any(c == x.index for x in self.values)):
            self._set_aside(row, filled, "a note")
            return
        if self.sheet.is_text and not self._fits(row, raw):
            return
        self._read_data(row, filled)

    def _fits(self, row: int, raw: list) -> bool:
        """A row of a text file must have as many fields as its header: else its values have moved."""
        if len(raw) not in self.header_widths:
            self._fault("fields", row, None, len(raw), self.header_width)
            return False
        return True

    def _set_aside(self, row: int, filled, reason: str) -> None:
        self.aside.append(Aside(self.sheet.name, row, column_letter(filled[0][0]), clean_text(str(filled[0][1]))[:120], reason))

    def _take_lone_cell(self, row: int, column: int, value) -> bool:
        """A row of one cell: a heading of the rows below, a province without values, or a note."""
        meaning = self.meanings.of(value)
        role = next((c.role for c in self.table.columns if c.index == column), "")
        own = role in ("area", "area_code")
        if role in meaning.dims or (own and "area" in meaning.dims):
            return False  # a row that has its label and no figure
        said = {k: v for k, v in meaning.dims.items() if v is not None}
        if meaning.fault:
            self._fault(meaning.fault[0], row, column, value, meaning.fault[1])
            return True
        if said and not looks_like_value(value) or "period" in said:
            self.section = self.section | said
            self._set_aside(row, [(column, value)], "a heading")
            return True
        if any(c.index == column for c in self.values) and looks_like_value(value):
            return False
        if own and not meaning.total and self.sheet.is_text and len(self.sheet.values[row - 1]) > 1 and not fields.is_note(str(value)) and not meaning.known:
            return False
        title = {}
        context = Context()
        self.layout.read_title(clean_text(str(value)), context, row)
        title = {k: v for k, v in context.dims.items() if k in ("series", "indicator")}
        if title and not fields.is_note(str(value)):
            self.section = self.section | title
        self._set_aside(row, [(column, value)], "a note")
        return True

    # ------------------------------------------------------------ one row of data

    def _cell(self, row: int, column: int):
        return self.layout.value(row, column)

    def _label(self, row: int, role: str) -> tuple[int, object] | None:
        for column in self.by_role.get(role, []):
            value = self._cell(row, column.index)
            if value is not None and str(value).strip():
                return column.index, value
        return None

    def _read_data(self, row: int, filled) -> None:
        values = [c for c in self.values if self._present(row, c)]
        area, known = self._area(row, bool(values))
        if not known:
            return
        if not values:
            return
        for c in values:
            if (row, c.index) in self.sheet.unsaved:
                self._fault("formula", row, c.index)
        dims = self._row_dims(row)
        if dims is None:
            return
        comment = "; ".join(clean_text(str(found[1])) for role in ("note", "source") if (found := self._label(row, role)))
        made: dict[tuple, Record] = {}
        for column in values:
            self._take(row, column, area, dims, comment, made)
        for role, measure in (("numerator", "NUMERATOR"), ("denominator", "DENOMINATOR")):
            for column in self.by_role.get(role, []):
                self._take_part(row, column, measure, made)
        self.records += made.values()

    def _present(self, row: int, column: Column) -> bool:
        if (row, column.index) in self.sheet.unsaved:
            return True
        value = self.sheet.value(row, column.index)
        return value is not None and bool(str(value).strip())

    def _area(self, row: int, has_values: bool) -> tuple[str | None, bool]:
        """(REF_AREA or None, whether the row is to be read)."""
        areas, totals, unknown = [], [], []
        for column, value in self._area_cells(row):
            text = str(int(value)) if isinstance(value, float) and value.is_integer() else clean_text(str(value))
            if area := self.meanings.codelists.find_area(text):
                areas.append((column, value, area))
            elif fields.is_total(text) or fields.is_region(text) or text.casefold() in fields.BOTH:
                totals.append((column, text))
            else:
                unknown.append((column, value, text))
        if totals and not areas:
            self.aside.append(Aside(self.sheet.name, row, column_letter(totals[0][0]), totals[0][1][:120], "a total or region"))
            return None, False
        if unknown and not areas and not has_values and not self._others(row, unknown[0][0]):
            self.aside.append(Aside(self.sheet.name, row, column_letter(unknown[0][0]), unknown[0][2][:120], "a note"))
            return None, False
        for column, value, text in unknown + [(c, t, t) for c, t in totals]:
            self._fault("province_unknown", row, column, value, self.meanings.near(text))
        if unknown or totals:
            return None, False
        for column, value, area in areas[1:]:
            if area != areas[0][2]:
                self._fault("province_code", row, column, areas[0][1], value)
                return None, False
        if areas:
            return areas[0][2], True
        wants = bool(self.by_role.get("area") or self.by_role.get("area_code"))
        said = self.section.get("area") or self.context.dims.get("area")
        if wants and has_values and said is None:
            self._fault("province_missing", row, (self.by_role.get("area") or self.by_role["area_code"])[0].index)
            return None, False
        return said, True

    def _area_cells(self, row: int) -> list[tuple[int, object]]:
        """(column, value) of every cell of the row that names its province: Thai name, English name, code."""
        columns = self.by_role.get("area", []) + self.by_role.get("area_code", [])
        found = [(c.index, self._cell(row, c.index)) for c in columns]
        return [(c, v) for c, v in found if v is not None and str(v).strip()]

    def _others(self, row: int, column: int) -> bool:
        """True where a row holds anything but the cell in `column`."""
        return any(v is not None and str(v).strip() for c, v in enumerate(self.sheet.values[row - 1], 1) if c != column)

    def _row_dims(self, row: int) -> dict | None:
        """What the row's own cells say: period, series, unit, groups; None after a fault."""
        dims: dict = {}
        for role in ("series", "indicator", "series_name"):
            if found := self._label(row, role):
                column, value = found
                meaning = self.meanings.of(value if isinstance(value, str) else str(value))
                text = clean_text(str(value))
                named = {k: v for k, v in meaning.dims.items() if k in ("series", "indicator")}
                if not named and (code := self.meanings.series_in(text)):
                    named = {"series": code}
                elif not named and (code := self.meanings.indicator_in(text)):
                    named = {"indicator": code}
                if not named and role != "series_name" or (not named and not (dims or self.context.dims.keys() & {"series", "indicator"})):
                    self._fault("series_unknown", row, column, value)
                    return None
                for key, code in named.items():
                    if dims.get(key, code) != code:
                        self._fault("two_meanings", row, column, value, dims[key])
                        return None
                    dims[key] = code
        if not self._row_period(row, dims) or not self._row_groups(row, dims):
            return None
        if found := self._label(row, "unit"):
            column, value = found
            dims["unit_text"], dims["units"] = clean_text(str(value)), frozenset(self.meanings.codelists.find_units(value))
            if not dims["units"]:
                self._fault("unit_unknown", row, column, value)
                return None
        return dims

    def _row_period(self, row: int, dims: dict) -> bool:
        found = self._label(row, "period")
        part = self._label(row, "quarter") or self._label(row, "month")
        if found is None and part is None:
            return True
        column, value = found or part
        text = value
        if found and part:
            small = part[1]
            small = int(small) if isinstance(small, float) and small.is_integer() else small
            year = int(value) if isinstance(value, float) and value.is_integer() else value
            word = clean_text(str(small))
            if self._label(row, "quarter"):
                word = word if any(ch.isalpha() for ch in word) else f"ไตรมาส {word}"
                text = f"{word}/{year}"
                try:  # a quarter written in full says its year itself
                    text = small if parse_period(small, self.declared) else text
                except PeriodFault:
                    text = f"{word}/{year}"
            else:
                text = f"{word}/{year}" if word.isdigit() else f"{word} {year}"
            column = part[0]
        try:
            period = parse_period(text, self.declared)
        except PeriodFault as fault:
            self._fault(fault.code, row, column, value if not part else text, fault.more)
            return False
        if period is None:
            self._fault("two_digit_year" if is_short_year(value) else "period_unclear", row, column, value)
            return False
        header = next(c for c in self.table.columns if c.index == column)
        dims["period"] = as_fiscal(period) if header.fiscal else period
        return True

    def _row_groups(self, row: int, dims: dict) -> bool:
        for role, words in (("sex", SEX_FIELD), ("urban", fields.URBAN | dict.fromkeys(fields.BOTH, "_T"))):
            if found := self._label(row, role):
                code = words.get(clean_text(str(found[1])).casefold())
                if code is None:
                    self._fault("breakdown_unknown", row, found[0], found[1])
                    return False
                dims[role] = code
        if found := self._label(row, "age"):
            dims["age"] = age_code(found[1])
            if not dims["age"]:
                self._fault("breakdown_unknown", row, found[0], found[1])
                return False
        return True

    def _take(self, row: int, column: Column, area: str | None, dims: dict, comment: str, made: dict) -> None:
        """Add the figure of one cell to the records of its row."""
        place, value = column.index, self.sheet.value(row, column.index)
        if (row, place) in self.sheet.unsaved:
            return
        if (row, place) in self.sheet.errors:
            self._fault("error_cell", row, place, value)
            return
        key = self._key(row, column, area, dims)
        if key is None:
            return
        (series, indicator, unit, assumed), ref_area, period = key
        number, more = self._number(row, place, value, unit if column.measure == "OBS_VALUE" else "")
        if number is None:
            return
        sex, age, urban = (column.dims.get(k, dims.get(k, self.section.get(k, "_T"))) for k in ("sex", "age", "urban"))
        identity = (series, ref_area, period.time_period, sex, age, urban)
        record = made.get(identity)
        if record is None:
            record = made[identity] = Record(
                series, indicator, ref_area, period, unit, sex, age, urban, row, place, comment=comment,
                assumed=assumed + period.assumed, sheet=self.sheet.name,
            )  # fmt: skip
        record.values[column.measure], record.columns[column.measure] = number, place
        record.assumed += more
        if column.measure == "OBS_VALUE":
            record.column = place

    def _number(self, row: int, place: int, value, unit: str):
        try:
            return parse_value(
                value, percent_unit=unit == PERCENT, unit=unit, percent_format=(row, place) in self.sheet.percents,
                dash=self.declared.dash, decimal_comma=self.sheet.delimiter == ";",
            )  # fmt: skip
        except ValueFault as fault:
            self._fault(fault.code, row, place, value, fault.more)
            return None, ()

    def _key(self, row: int, column: Column, area: str | None, dims: dict):
        """((SERIES, indicator, unit, assumed), REF_AREA, Period) of a cell; None after a fault."""
        head = self.table.header_rows[-1]
        if None in column.dims.values():
            return None  # its header is a fault already
        ref_area = column.dims.get("area") or area
        period = column.dims.get("period") or dims.get("period") or self.section.get("period") or self.context.dims.get("period")
        if "area" in column.dims and area and area != column.dims["area"]:
            self._fault("two_meanings", row, column.index, area, column.dims["area"])
            return None
        if "period" in column.dims and "period" in dims and dims["period"].time_period != column.dims["period"].time_period:
            self._fault("two_meanings", row, column.index, dims["period"].time_period, column.dims["period"].time_period)
            return None
        if ref_area is None:
            self._fault("province_missing", head)
            return None
        if period is None:
            self._fault("period_missing", head)
            return None
        if period.bare and (column.fiscal or self.context.fiscal) and not self.context.calendar:
            period = as_fiscal(period)
        named = {}
        for key in ("series", "indicator"):
            for said in (dims.get(key), column.dims.get(key)):
                if said and named.setdefault(key, said) != said:
                    self._fault("two_meanings", row, column.index, said, named[key])
                    return None
            if key in named and (declared := getattr(self.declared, key)) and declared != named[key]:
                self._fault("two_meanings", row, column.index, named[key], declared)
                return None
        if not named:
            named = {k: v for k, v in (self.context.dims | self.section).items() if k in ("series", "indicator")}
        found, fault = self.resolver.find(named.get("series", ""), named.get("indicator", ""), *self._units(row, column, dims))
        if fault:
            code, what, more = fault
            own = "units" in dims or "series" in dims or "indicator" in dims
            self._fault(code, row if own else head, column.index if own else None, what, more)
            return None
        return found, ref_area, period

    def _units(self, row: int, column: Column, dims: dict) -> tuple[frozenset, str]:
        """(unit codes, their text) that row, column and title agree on; the narrowest where they overlap."""
        units, text = self.context.units, self.context.unit_text
        for own, own_text in ((column.units, column.unit_text), (dims.get("units"), dims.get("unit_text", ""))):
            if not own:
                continue
            if units and not units & own:
                self._fault("two_meanings", row, column.index, own_text, text)
            units, text = (units & own or own) if units else own, own_text
        return units, text

    def _take_part(self, row: int, column: Column, measure: str, made: dict) -> None:
        """Numerator or denominator of a row that has one value."""
        value = self.sheet.value(row, column.index)
        if value is None or not str(value).strip():
            return
        if (row, column.index) in self.sheet.errors:
            self._fault("error_cell", row, column.index, value)
            return
        number, _ = self._number(row, column.index, value, "")
        if number is not None:
            for record in made.values():
                record.values[measure], record.columns[measure] = number, column.index


def age_code(value) -> str:
    """Return the SDMX code of an age group: "15-24 ปี" gives Y15T24, "60 ปีขึ้นไป" Y_GE60; '' when unclear."""
    text = thai_digits_to_arabic(clean_text(str(value))).casefold()
    if text in fields.BOTH:
        return "_T"
    if m := re.fullmatch(r"(\d{1,3})\s*(?:-|–|ถึง|to)\s*(\d{1,3})\s*(?:ปี|years)?", text):
        return f"Y{int(m[1])}T{int(m[2])}"
    if m := re.fullmatch(r"(?:อายุ\s*)?(\d{1,3})\s*(?:ปีขึ้นไป|\+|and over|ปี ขึ้นไป)", text):
        return f"Y_GE{int(m[1])}"
    if m := re.fullmatch(r"(?:ต่ำกว่า|น้อยกว่า|under|<)\s*(\d{1,3})\s*(?:ปี)?", text):
        return f"Y_LT{int(m[1])}"
    return f"Y{int(m[1])}" if (m := re.fullmatch(r"(\d{1,3})\s*(?:ปี)?", text)) else ""


def _stripped(row: list) -> list:
    """A row without the blank cells at its end."""
    row = list(row)
    while row and (row[-1] is None or not str(row[-1]).strip()):
        row.pop()
    return row
