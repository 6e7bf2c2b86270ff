"""Officers' files by the thousand: a true table, a way of writing it, and perhaps one defect at a known place.

Nothing here uses the package's readers: what a file holds and where its fault lies is known because
it was put there. `mutant(seed)` draws encoding x digits x era x layout x defect; `clean(seed)` draws
without a defect and must load.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import random
from dataclasses import dataclass, field

import openpyxl
from openpyxl.utils import get_column_letter

PROVINCES = {
    "TH-40": "ขอนแก่น", "TH-32": "สุรินทร์", "TH-95": "ยะลา", "TH-92": "ตรัง", "TH-55": "น่าน", "TH-50": "เชียงใหม่", "TH-42": "เลย",
    "TH-63": "ตาก", "TH-54": "แพร่", "TH-10": "กรุงเทพมหานคร", "TH-83": "ภูเก็ต", "TH-30": "นครราชสีมา", "TH-34": "อุบลราชธานี",
    "TH-14": "พระนครศรีอยุธยา", "TH-57": "เชียงราย", "TH-80": "นครศรีธรรมราช", "TH-19": "สระบุรี", "TH-20": "ชลบุรี", "TH-43": "หนองคาย",
}  # fmt: skip
ENGLISH = {
    "TH-40": "Khon Kaen", "TH-32": "Surin", "TH-95": "Yala", "TH-92": "Trang", "TH-55": "Nan", "TH-50": "Chiang Mai", "TH-42": "Loei",
    "TH-63": "Tak", "TH-54": "Phrae", "TH-10": "Bangkok", "TH-83": "Phuket", "TH-30": "Nakhon Ratchasima", "TH-34": "Ubon Ratchathani",
    "TH-14": "Phra Nakhon Si Ayutthaya", "TH-57": "Chiang Rai", "TH-80": "Nakhon Si Thammarat", "TH-19": "Saraburi", "TH-20": "Chon Buri",
    "TH-43": "Nong Khai",
}  # fmt: skip
POVERTY = {"indicator": "1.2.1", "unit": "ร้อยละ", "title": "ตัวชี้วัด 1.2.1 สัดส่วนประชากรที่อยู่ใต้เส้นความยากจน (ร้อยละ)"}
INCOME = {"indicator": "8.1.1", "unit": "บาท", "title": "ตัวชี้วัด 8.1.1 ผลิตภัณฑ์ต่อหัว (บาท)"}
CONTAINERS = ("utf-8", "utf-8-sig", "utf-16", "cp874", "xlsx", "html")
LAYOUTS = ("years_across", "provinces_across", "long", "two_levels", "sections", "sheet_each", "two_tables")
ERAS = ("be", "ce", "be_word", "ce_word", "fiscal")
THAI = str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙")
TODAY = dt.date(2026, 11, 24)


@dataclass
class Page:
    """One sheet in the making: rows of cells, and where each figure and header stands (1-based)."""

    name: str
    rows: list = field(default_factory=list)
    header_row: int = 0
    place: dict = field(default_factory=dict)
    year_place: dict = field(default_factory=dict)
    area_place: dict = field(default_factory=dict)
    percent: set = field(default_factory=set)
    merged: list = field(default_factory=list)
    hidden: bool = False
    hidden_row: int = 0
    hidden_column: int = 0
    formula: tuple = ()


@dataclass
class Made:
    """A file, what was declared of it, and what must come of it."""

    content: bytes
    name: str
    declared: dict
    expected: set  # (REF_AREA, SEX, TIME_PERIOD, value)
    defect: str
    code: str = ""  # '' for a file that must load
    sheet: str = ""
    row: int = 0
    column: str = ""
    recipe: str = ""


class Maker:
    """Draws one file from a seed."""

    def __init__(self, seed: int, defect: str | None, provinces: int | None = None):
        self.random = random.Random(seed)
        r = self.random
        self.kind = r.choice([POVERTY, POVERTY, INCOME])
        self.container, self.layout = r.choice(CONTAINERS), r.choice(LAYOUTS)
        if self.layout == "sheet_each":
            self.container = "xlsx"
        self.era, self.thai_digits = r.choice(ERAS), r.random() < 0.25
        self.english = r.random() < 0.2 and self.container != "cp874"
        self.text_numbers = self.container != "xlsx" or r.random() < 0.3
        self.style = r.choice(["plain", "plain", "percent_sign" if self.kind is POVERTY else "thousands", "percent_format"])
        if self.style == "percent_format" and not (self.container == "xlsx" and self.kind is POVERTY and not self.text_numbers):
            self.style = "plain"
        if self.thai_digits and not self.text_numbers:
            self.thai_digits = False
        self.titled, self.noted, self.totals = r.random() < 0.6, r.random() < 0.5, r.random() < 0.4
        self.blank_rows = r.random() < 0.3
        self.delimiter = r.choice([",", ",", ";", "\t"])
        self.defect = defect
        chosen = provinces or r.randint(4, 9)
        names = list(PROVINCES)
        self.areas = r.sample(names, min(chosen, len(names)))
        self.years = list(range(start := r.randint(2008, 2018), start + r.randint(3, 6)))
        self.sexes = ["M", "F"] if self.layout == "two_levels" else ["_T"]
        self.values = {(a, s, y): self._value() for a in self.areas for s in self.sexes for y in self.years}
        self.result = {"code": "", "sheet": "", "row": 0, "column": ""}
        self.declared = {} if self.titled else {"indicator": self.kind["indicator"], "unit": self.kind["unit"]}

    def _value(self) -> float:
        if self.kind is POVERTY:
            return round(self.random.uniform(1.5, 48), self.random.choice([1, 2]))
        return float(round(self.random.uniform(18_000, 420_000), self.random.choice([0, 1])))

    # -------------------------------------------------------- writing

    def digits(self, text: str) -> str:
        return text.translate(THAI) if self.thai_digits else text

    def name(self, area: str) -> str:
        name = (ENGLISH if self.english else PROVINCES)[area]
        prefix = self.random.choice(["", "", "", "จ.", "จังหวัด"]) if not self.english and area != "TH-10" else ""
        return prefix + name

    def year(self, year: int):
        text = {
            "be": str(year + 543), "ce": str(year), "be_word": f"พ.ศ. {year + 543}", "ce_word": f"ค.ศ. {year}",
            "fiscal": f"ปีงบประมาณ {year + 543}",
        }[self.era]  # fmt: skip
        if self.container == "cp874" and self.english:
            text = str(year)
        if not self.text_numbers and self.era in ("be", "ce"):
            return int(text)
        return self.digits(text)

    def period(self, year: int) -> str:
        return f"{year - 1}-10-01/P1Y" if self.era == "fiscal" else str(year)

    def number(self, value: float):
        if not self.text_numbers:
            from decimal import Decimal

            return float(Decimal(repr(value)) / 100) if self.style == "percent_format" else value
        text = f"{value:,}" if self.style == "thousands" else f"{value}"
        return self.digits(text + ("%" if self.style == "percent_sign" else ""))

    def title(self, page: Page) -> None:
        if self.titled:
            page.rows.append([self.kind["title"]])
            if self.blank_rows:
                page.rows.append([])

    def note(self, page: Page) -> None:
        if self.noted:
            page.rows.append(["ที่มา: สำรวจของจังหวัด"])

    def put(self, page: Page, row: list, keys: dict) -> None:
        page.rows.append(row)
        for column, key in keys.items():
            page.place[key] = (len(page.rows), column)
            if self.style == "percent_format":
                page.percent.add((len(page.rows), column))

    def pages(self) -> list[Page]:
        return getattr(self, "_" + self.layout)()

    def _table(self, page: Page, areas: list) -> None:
        """Provinces down, years across."""
        page.rows.append(["Province" if self.english else "จังหวัด", *[self.year(y) for y in self.years]])
        page.header_row = page.header_row or len(page.rows)
        for column, y in enumerate(self.years, 2):
            page.year_place.setdefault(y, (len(page.rows), column))
        for area in areas:
            page.area_place[area] = (len(page.rows) + 1, 1)
            keys = {c: (area, "_T", y) for c, y in enumerate(self.years, 2)}
            self.put(page, [self.name(area), *[self.number(self.values[area, "_T", y]) for y in self.years]], keys)
        if self.totals:
            page.rows.append(["รวม", *[self.number(1.0) for _ in self.years]])

    def _years_across(self) -> list[Page]:
        page = Page("ข้อมูล")
        self.title(page)
        self._table(page, self.areas)
        self.note(page)
        return [page]

    def _two_tables(self) -> list[Page]:
        page = Page("ข้อมูล")
        self.title(page)
        half = len(self.areas) // 2
        self._table(page, self.areas[:half])
        page.rows.append([])
        self._table(page, self.areas[half:])
        self.note(page)
        return [page]

    def _provinces_across(self) -> list[Page]:
        page = Page("ข้อมูล")
        self.title(page)
        page.rows.append(["ปี", *[self.name(a) for a in self.areas]])
        page.header_row = len(page.rows)
        for column, area in enumerate(self.areas, 2):
            page.area_place[area] = (len(page.rows), column)
        for y in self.years:
            page.year_place[y] = (len(page.rows) + 1, 1)
            keys = {c: (a, "_T", y) for c, a in enumerate(self.areas, 2)}
            self.put(page, [self.year(y), *[self.number(self.values[a, "_T", y]) for a in self.areas]], keys)
        self.note(page)
        return [page]

    def _long(self) -> list[Page]:
        page = Page("ข้อมูล")
        self.title(page)
        page.rows.append(["ลำดับ", "จังหวัด", "ปี", "ค่า", "หน่วย", "หมายเหตุ"])
        page.header_row = len(page.rows)
        number = 0
        for area in self.areas:
            for y in self.years:
                number += 1
                row = [str(number) if self.text_numbers else number, self.name(area), self.year(y), self.number(self.values[area, "_T", y]), self.kind["unit"], ""]
                page.area_place.setdefault(area, (len(page.rows) + 1, 2))
                page.year_place.setdefault(y, (len(page.rows) + 1, 3))
                self.put(page, row, {4: (area, "_T", y)})
        return [page]

    def _two_levels(self) -> list[Page]:
        page = Page("ข้อมูล")
        self.title(page)
        first, second = ["จังหวัด"], [""]
        for y in self.years:
            page.year_place[y] = (len(page.rows) + 1, len(first) + 1)
            page.merged.append((len(page.rows) + 1, len(first) + 1, len(page.rows) + 1, len(first) + 2))
            first += [self.year(y), ""]
            second += ["ชาย", "หญิง"]
        page.merged.append((len(page.rows) + 1, 1, len(page.rows) + 2, 1))
        page.header_row = len(page.rows) + 1
        page.rows += [first, second]
        for area in self.areas:
            page.area_place[area] = (len(page.rows) + 1, 1)
            keys = {2 + 2 * i + j: (area, s, y) for i, y in enumerate(self.years) for j, s in enumerate(self.sexes)}
            row = [self.name(area)] + [self.number(self.values[area, s, y]) for y in self.years for s in self.sexes]
            self.put(page, row, keys)
        self.note(page)
        return [page]

    def _sections(self) -> list[Page]:
        page = Page("ข้อมูล")
        self.title(page)
        page.rows.append(["จังหวัด", "ค่า"])
        page.header_row = len(page.rows)
        for y in self.years:
            word = self.year(y)
            page.rows.append([word if isinstance(word, int) or not str(word)[0].isdigit() else f"ปี {word}"])
            page.year_place[y] = (len(page.rows), 1)
            for area in self.areas:
                page.area_place.setdefault(area, (len(page.rows) + 1, 1))
                self.put(page, [self.name(area), self.number(self.values[area, "_T", y])], {2: (area, "_T", y)})
        return [page]

    def _sheet_each(self) -> list[Page]:
        pages = []
        for area in self.areas:
            page = Page(PROVINCES[area])
            self.title(page)
            page.rows.append(["ปี", "ค่า"])
            page.header_row = len(page.rows)
            for y in self.years:
                page.year_place[y] = (len(page.rows) + 1, 1)
                self.put(page, [self.year(y), self.number(self.values[area, "_T", y])], {2: (area, "_T", y)})
            self.note(page)
            pages.append(page)
        return pages

    # -------------------------------------------------------- containers

    def render(self, pages: list[Page]) -> tuple[bytes, str]:
        if self.container == "xlsx":
            return self._xlsx(pages), "officer.xlsx"
        if self.container == "html":
            return self._html(pages[0]), "officer.xls"
        width = max(len(r) for r in pages[0].rows)
        stream = io.StringIO()
        writer = csv.writer(stream, delimiter=self.delimiter, lineterminator="\r\n")
        for row in pages[0].rows:
            if len(row) == 1 and row[0] == self.kind["title"] and self.delimiter in row[0]:
                row = [row[0].replace(self.delimiter, " ")]
            writer.writerow(row)
        _ = width
        return stream.getvalue().encode(self.container), "officer.csv"

    def _xlsx(self, pages: list[Page]) -> bytes:
        book = openpyxl.Workbook()
        book.remove(book.active)
        for page in pages:
            sheet = book.create_sheet(page.name)
            for row in page.rows:
                sheet.append([None if v == "" else v for v in row])
            for r, c in page.percent:
                sheet.cell(r, c).number_format = "0.0%"
            for r1, c1, r2, c2 in page.merged:
                sheet.merge_cells(start_row=r1, start_column=c1, end_row=r2, end_column=c2)
            if page.hidden:
                sheet.sheet_state = "hidden"
            if page.hidden_row:
                sheet.row_dimensions[page.hidden_row].hidden = True
            if page.hidden_column:
                sheet.column_dimensions[get_column_letter(page.hidden_column)].hidden = True
            if page.formula:
                sheet.cell(*page.formula).value = "=1+2"
        stream = io.BytesIO()
        book.save(stream)
        return stream.getvalue()

    def _html(self, page: Page) -> bytes:
        covered = {(r, c) for r1, c1, r2, c2 in page.merged for r in range(r1, r2 + 1) for c in range(c1, c2 + 1)}
        spans = {(r1, c1): (r2 - r1 + 1, c2 - c1 + 1) for r1, c1, r2, c2 in page.merged}
        out = ["<html><head><meta charset='utf-8'></head><body><table border=1>"]
        for r, row in enumerate(page.rows, 1):
            out.append("<tr>")
            for c, v in enumerate(row, 1):
                if (r, c) in covered and (r, c) not in spans:
                    continue
                down, across = spans.get((r, c), (1, 1))
                out.append(f"<td rowspan={down} colspan={across}>{v}</td>")
            out.append("</tr>")
        return "\n".join([*out, "</table></body></html>"]).encode()

    # -------------------------------------------------------- defects

    def make(self) -> Made:
        pages = self.pages()
        recipe = f"{self.container} {self.layout} {self.era} thai={self.thai_digits} {self.style} {self.defect}"
        expected = {(a, s, self.period(y), v) for (a, s, y), v in self.values.items()}
        if self.defect:
            applied = getattr(self, "d_" + self.defect)(pages)
            if applied is False:
                self.defect = None
            else:
                expected = applied if isinstance(applied, set) else expected
        content, name = self.render(pages)
        if self.defect and hasattr(self, "b_" + self.defect):
            content = getattr(self, "b_" + self.defect)(content, pages[0])
            if content is None:
                self.defect, self.result = None, {"code": "", "sheet": "", "row": 0, "column": ""}
                content, name = self.render(pages)
        result = self.result
        return Made(content, name, self.declared, expected, self.defect or "none", recipe=recipe, **result)

    def fault(self, code: str, page: Page | None, row: int, column: int = 0) -> None:
        sheet = page.name if page and self.container == "xlsx" else ""
        self.result = {"code": code, "sheet": sheet, "row": row, "column": get_column_letter(column) if column else ""}

    def pick(self, pages: list[Page]):
        page = self.random.choice(pages)
        key = self.random.choice(sorted(page.place))
        return page, key, *page.place[key]

    def spoil(self, pages, text, code) -> None:
        page, _, row, column = self.pick(pages)
        page.rows[row - 1][column - 1] = text
        page.percent.discard((row, column))
        self.fault(code, page, row, column)

    def d_dash(self, pages):
        self.spoil(pages, "-", "dash")

    def d_word(self, pages):
        self.spoil(pages, self.random.choice(["ประมาณ 5", "n.s.", "5*", "<5", "5-6", "(5.5)", "5 500", "O.5", "5.5.1"]), "")
        self.result["code"] = "any"

    def d_decimal_comma(self, pages):
        self.spoil(pages, "6,15", "number_comma")

    def d_error(self, pages):
        self.spoil(pages, self.random.choice(["#N/A", "#DIV/0!", "#REF!"]), "error_cell")

    def d_rounded(self, pages):
        self.spoil(pages, "1.2E+03", "rounded")

    def d_date_value(self, pages):
        self.spoil(pages, dt.datetime(2024, 6, 5) if self.container == "xlsx" else self.random.choice(["5-มิ.ย.", "5-Jun"]), "date_value")

    def d_over(self, pages):
        if self.kind is not POVERTY:
            return False
        self.spoil(pages, self.digits("550") if self.text_numbers else (5.5 if self.style == "percent_format" else 550), "bounds")
        if self.style == "percent_format":
            page = next(p for p in pages if p.name == self.result["sheet"])
            page.percent.add((self.result["row"], openpyxl.utils.column_index_from_string(self.result["column"])))

    def d_negative(self, pages):
        self.spoil(pages, self.digits("-3.5") if self.text_numbers else -3.5, "any")

    def d_percent_in_baht(self, pages):
        if self.kind is POVERTY:
            return False
        self.spoil(pages, "5%", "percent_unit")

    def d_missing(self, pages):
        """Marks that can only mean "no value": the file loads without that figure."""
        page, key, row, column = self.pick(pages)
        if len(page.place) < 2:
            return False
        page.rows[row - 1][column - 1] = self.random.choice(["n/a", "..", "ไม่มีข้อมูล", ""])
        return {(a, s, self.period(y), v) for (a, s, y), v in self.values.items() if (a, s, y) != key}

    def d_unknown_province(self, pages):
        page = pages[0]
        if not page.area_place:
            return False
        row, column = page.area_place[self.random.choice(sorted(page.area_place))]
        page.rows[row - 1][column - 1] = self.random.choice(["NA", "เชียงใหมม่", "อำเภอเมือง", "Chang Mai", "????", "ขอน แก่นน", "=1+1"])
        self.fault("any", page, row, column)

    def d_no_province(self, pages):
        page = pages[0]
        if self.layout not in ("years_across", "long", "two_tables"):
            return False
        row, column = page.area_place[self.random.choice(sorted(page.area_place))]
        page.rows[row - 1][column - 1] = ""
        self.fault("province_missing", page, row, column)

    def d_conflict(self, pages):
        page = pages[0]
        if self.layout not in ("years_across", "long"):
            return False
        area = self.random.choice(sorted(page.area_place))
        row, _ = page.area_place[area]
        again = list(page.rows[row - 1])
        column = 4 if self.layout == "long" else self.random.randint(2, len(again))
        again[column - 1] = self.number(self._value() / 3 + 0.01) if self.style != "thousands" else self.number(17_001.5)
        place = max(r for r, _ in page.place.values())
        page.rows.insert(place, again)
        self.fault("duplicate", page, place + 1, column)

    def d_twice_the_same(self, pages):
        page = pages[0]
        if self.layout not in ("years_across", "long"):
            return False
        row, _ = page.area_place[self.random.choice(sorted(page.area_place))]
        page.rows.insert(max(r for r, _ in page.place.values()), list(page.rows[row - 1]))
        return None

    def _any_year(self, pages):
        page = self.random.choice(pages)
        year = self.random.choice(sorted(page.year_place)[1:-1] or sorted(page.year_place))
        return page, year, *page.year_place[year]

    def d_year_typo(self, pages):
        page, year, row, column = self._any_year(pages)
        wrong = {"ce": 2091, "ce_word": "ค.ศ. 2091"}.get(self.era, {"be": 2653, "be_word": "พ.ศ. 2653", "fiscal": "ปีงบประมาณ 2653"}.get(self.era))
        page.rows[row - 1][column - 1] = wrong if not self.text_numbers else self.digits(str(wrong))
        self.fault("year_range", page, row, column)

    def d_year_order(self, pages):
        if self.layout not in ("years_across", "two_levels") or len(self.years) < 4:
            return False
        page, year, row, column = self._any_year(pages)
        page.rows[row - 1][column - 1] = self.year(year - 10)
        self.fault("year_order", page, row, column)

    def d_era_mix(self, pages):
        page, year, row, column = self._any_year(pages)
        page.rows[row - 1][column - 1] = "พ.ศ. 2018"
        self.fault("era", page, row, column)

    def d_two_digits(self, pages):
        page, year, row, column = self._any_year(pages)
        page.rows[row - 1][column - 1] = self.random.choice(["ปี 66", "'66", "พ.ศ. 66"])
        self.fault("two_digit_year", page, row, column)

    def d_date_head(self, pages):
        page, year, row, column = self._any_year(pages)
        page.rows[row - 1][column - 1] = dt.datetime(year, 1, 1) if self.container == "xlsx" else f"1/1/{year + 543}"
        self.fault("date_period", page, row, column)

    def d_quarter(self, pages):
        page, year, row, column = self._any_year(pages)
        page.rows[row - 1][column - 1] = self.digits(f"ไตรมาส 1/{year + 543}")
        self.fault("quarter_basis", page, row, column)

    def d_year_word(self, pages):
        if self.layout in ("sections",):
            return False
        page, year, row, column = self._any_year(pages)
        page.rows[row - 1][column - 1] = "25x3"
        self.fault("any", page, row, column)

    def d_column_twice(self, pages):
        if self.layout != "years_across":
            return False
        page = pages[0]
        columns = len(self.years)
        for r in range(page.header_row, page.header_row + 1 + len(self.areas)):
            page.rows[r - 1].append(page.rows[r - 1][columns])
        if self.totals:
            page.rows[page.header_row + len(self.areas)].append("")
        self.fault("header_twice", page, page.header_row, columns + 2)

    def d_both_eras(self, pages):
        """The same year in both eras, with other figures."""
        if self.layout != "years_across" or self.era not in ("be", "ce"):
            return False
        page = pages[0]
        last = self.years[-1]
        other = str(last if self.era == "be" else last + 543)
        for r in range(page.header_row, page.header_row + 1 + len(self.areas)):
            page.rows[r - 1].append(other if r == page.header_row else self.number(2.5) if self.kind is POVERTY else self.number(20_000.0))
        if self.totals:
            page.rows[page.header_row + len(self.areas)].append("")
        self.fault("header_twice", page, page.header_row, len(self.years) + 2)

    def d_no_header(self, pages):
        if self.layout != "years_across":
            return False
        page = pages[0]
        column = self.random.randint(2, len(self.years) + 1)
        page.rows[page.header_row - 1][column - 1] = ""
        if column == len(self.years) + 1 and self.container not in ("xlsx", "html"):
            self.fault("any", page, page.header_row + 1)  # a text row then has a field more than its header
        else:
            self.fault("no_header", page, page.header_row + 1, column)

    def d_unknown_column(self, pages):
        if self.layout != "years_across":
            return False
        page = pages[0]
        column = self.random.randint(2, len(self.years) + 1)
        page.rows[page.header_row - 1][column - 1] = "ผลรวมสะสม (ถ่วง)"
        self.fault("column_unknown", page, page.header_row, column)

    def d_hidden_sheet(self, pages):
        if self.container != "xlsx":
            return False
        draft = Page("ร่าง", [list(r) for r in pages[0].rows], hidden=True)
        pages.insert(0, draft)
        self.fault("hidden_sheet", draft, 1)

    def d_hidden_row(self, pages):
        if self.container != "xlsx":
            return False
        page, _, row, _ = self.pick(pages)
        page.hidden_row = row
        self.fault("hidden_rows", page, row)

    def d_hidden_column(self, pages):
        if self.container != "xlsx":
            return False
        page, _, _, column = self.pick(pages)
        page.hidden_column = column
        first = next(r for r, row in enumerate(page.rows, 1) if len(row) >= column and row[column - 1] not in ("", None))
        self.fault("hidden_columns", page, first, column)

    def d_formula(self, pages):
        if self.container != "xlsx":
            return False
        page, _, row, column = self.pick(pages)
        page.formula = (row, column)
        page.percent.discard((row, column))
        self.fault("formula", page, row, column)

    def d_wrong_unit(self, pages):
        if not self.titled:
            return False
        self.declared = {"indicator": self.kind["indicator"], "unit": "ครัวเรือน" if self.kind is POVERTY else "ร้อยละ"}
        page = pages[0]
        self.fault("two_meanings", page, 1)

    def d_short_row(self, pages):
        if self.container not in ("utf-8", "utf-8-sig", "utf-16", "cp874") or self.layout in ("sections",):
            return False
        page, key, row, column = self.pick(pages)
        if len(page.rows[row - 1]) < 3:
            return False
        del page.rows[row - 1][column - 1]
        self.fault("fields", page, row)

    def d_long_row(self, pages):
        if self.container not in ("utf-8", "utf-8-sig", "utf-16", "cp874"):
            return False
        page, key, row, column = self.pick(pages)
        page.rows[row - 1].insert(column - 1, self.digits("7"))
        self.fault("fields", page, row)

    def d_thousands_unquoted(self, pages):
        if self.kind is not INCOME or self.container not in ("utf-8", "utf-8-sig", "utf-16", "cp874"):
            return False
        self.delimiter = ","
        page, key, row, column = self.pick(pages)
        page.rows[row - 1][column - 1 : column] = ["18", "250.5"]
        self.fault("fields", page, row)

    def d_bad_bytes(self, pages):
        if self.container not in ("utf-8", "utf-8-sig"):
            return False
        page, _, row, _ = self.pick(pages)
        self.fault("encoding", None, row)

    def b_bad_bytes(self, content, page):
        lines = content.split(b"\r\n")
        at = self.result["row"] - 1
        lines[at] = lines[at][:4] + b"\xff\xfe\x81" + lines[at][4:]
        return b"\r\n".join(lines)

    def d_mixed_encodings(self, pages):
        if self.container != "utf-8" or self.english or self.layout in ("provinces_across", "sections"):
            return False
        row, _ = pages[0].area_place[self.areas[0]]
        self.fault("encoding", None, row)

    def b_mixed_encodings(self, content, page):
        lines = content.split(b"\r\n")
        at = self.result["row"] - 1
        lines[at] = lines[at].decode().encode("cp874")
        return b"\r\n".join(lines)

    def d_encoded_twice(self, pages):
        if self.container != "utf-8" or self.english:
            return False
        first = next(r for r, row in enumerate(pages[0].rows, 1) if row)
        self.fault("double_encoded", None, first)

    def b_encoded_twice(self, content, page):
        return content.decode("latin-1").encode("utf-8")

    def d_not_yet(self, pages):
        """Bueng Kan became a province in 2011."""
        if self.layout != "years_across" or self.years[0] >= 2011 or self.era == "fiscal":
            return False
        page = pages[0]
        row, column = page.area_place[self.areas[0]]
        page.rows[row - 1][column - 1] = "Bueng Kan" if self.english else "บึงกาฬ"
        self.fault("province_not_yet", page, row, 2)

    def d_personal(self, pages):
        page, key, row, column = self.pick(pages)
        page.rows[row - 1][column - 1] = self.random.choice([national_id(self.random), "081-234-5678", "somchai@example.go.th"])
        self.fault("personal", page, row, column)


def national_id(rng: random.Random) -> str:
    """An invented 13-digit number with a right check digit."""
    digits = [rng.randint(1, 8), *[rng.randint(0, 9) for _ in range(11)]]
    digits[1:3] = [5, 0]
    check = (11 - sum((13 - i) * d for i, d in enumerate(digits)) % 11) % 10
    return "".join(map(str, [*digits, check]))


DEFECTS = [name[2:] for name in dir(Maker) if name.startswith("d_")]


def mutant(seed: int) -> Made:
    """A file with (usually) one defect."""
    return Maker(seed, DEFECTS[seed % len(DEFECTS)]).make()


def clean(seed: int) -> Made:
    """A file without a defect."""
    return Maker(seed, None, provinces=15 if seed % 2 else None).make()
