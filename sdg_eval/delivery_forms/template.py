"""The workbooks in which officers send delivery tables: Thai headers, lists to choose from, a note on every column.

Everything in them comes from delivery_columns.csv, so that what a workbook asks for is what the intake takes.
Province, quarter and step stand in the first rows already; a row counts as filled when it says more than that.
"""

from __future__ import annotations

import io
from pathlib import Path

from sdg_eval.codelists import Codelists
from sdg_eval.delivery.columns import (
    COUNTRY,
    NUMBERS,
    ColumnSpec,
    TableSpec,
    delivery_tables,
    table_columns,
    words_of,
)
from sdg_eval.delivery.tables import Delivery, with_registers
from sdg_eval.errors import UsageError
from sdg_eval.grid import column_letter
from sdg_eval.intake.template import CREATED, GUIDE_SHEET, LINES_OF_TWO, LIST_SHEET, formats, parse_quarter
from sdg_eval.thai import BE_OFFSET, clean_text

LAST_ROW = 2_000
"""Rows for which lists and limits are laid; more rows are read all the same."""
PREFILLED_ROWS = 50
YEARS_AROUND = 2
"""Fiscal years before and after the one of the workbook whose quarters can be chosen."""
PREFILLED = ("REF_AREA", "fiscal_quarter", "fiscal_year", "step_no", "step")
"""Columns that a workbook fills in beforehand: a row that holds nothing else is empty."""
GENERATED = {"kpi": ("kpi_id", ("agency_id", "project_id", "REF_AREA", "fiscal_year", "indicator"))}
"""Codes that a form does not ask for: made of the columns that say what the row is, so the same row has the same code."""
REQUIRED_MARK = " *"
FLAG_WORDS = ("ใช่", "ไม่ใช่")
COUNTRY_NAME = "ประเทศไทย"
EXAMPLES = {
    "id": "P-50-001", "text": "", "code": "", "area": "เชียงใหม่", "target": "11.6", "quarter": "2567Q2", "fiscal_year": "2567",
    "date": "31 มีนาคม 2567", "number": "12.5", "count": "40", "share": "0.25", "money": "1,250,000", "flag": "ใช่",
}  # fmt: skip
_WIDE = {"text": 34, "id": 18, "code": 24, "area": 18, "target": 12, "quarter": 13, "date": 18, "money": 18}
_GUIDE = [
    ("วิธีกรอก", "How to fill this in"),
    ("1. กรอกทีละแถวในแต่ละแผ่นงาน หัวคอลัมน์ที่มีเครื่องหมาย * ต้องกรอก", "Fill in each sheet row by row; columns marked * must be filled."),
    ("2. เลือกจากรายการในช่องถ้ามี รายการทั้งหมดอยู่ในแผ่นงาน “รายการ”", "Choose from the list in the cell where there is one; all lists stand in the sheet รายการ."),
    ("3. ไม่มีข้อมูลให้เว้นว่าง เลขศูนย์ให้พิมพ์ 0 ไม่ใช้เครื่องหมายขีด", "Where there is no value leave the cell empty; write 0 for zero, never a dash."),
    ("4. จำนวนเงินเป็นบาทเต็มจำนวน เช่น 1,250,000 หากเป็นล้านบาท ให้เลือก ล้านบาท ในช่องหน่วยเงิน", "Write amounts in full baht, as 1,250,000; for millions choose ล้านบาท in the unit column."),
    ("5. วันที่เป็น วัน เดือน ปี พ.ศ. เช่น 31/3/2567 ไตรมาสของปีงบประมาณ เช่น 2567Q2 (ม.ค.–มี.ค. 2567)", "Dates in the Buddhist Era, as 31/3/2567; fiscal quarters as 2567Q2 (January to March 2024)."),
    ("6. ห้ามใส่ข้อมูลส่วนบุคคล เช่น ชื่อ เลขบัตรประชาชน โทรศัพท์ ให้เขียนตำแหน่งแทน", "No personal data: no names, identity numbers or telephone numbers; write the office instead."),
    ("7. ห้ามแก้หัวตารางหรือชื่อแผ่นงาน แถวที่มีเพียงจังหวัดและไตรมาสถือว่าว่าง", "Do not change headers or sheet names; a row with province and quarter alone counts as empty."),
    ("8. ส่งแก้ไขได้เสมอ รหัสเดิมคือแถวเดิม ข้อมูลใหม่จะแทนของเก่า และเก็บของเก่าไว้", "Corrections are welcome: the same code is the same row, the new replaces the old, and the old is kept."),
]  # fmt: skip


def template_sets() -> dict[str, list[TableSpec]]:
    """Return the tables of each set that can be asked for, by the name of the set; `all` is every one but the registers."""
    sets: dict[str, list[TableSpec]] = {}
    for table in delivery_tables().values():
        if table.set and not table.restricted:
            sets.setdefault(table.set, []).append(table)
    return sets | {"all": [table for name, tables in sets.items() if name != "registers" for table in tables]}


def delivery_template_bytes(
    codelists: Codelists, *, area: str, quarter: str, set_name: str, known: Delivery | None = None
) -> bytes:
    """Return the workbook of a set as bytes; the same arguments give the same bytes.

    Parameters
    ----------
    area
        ISO 3166-2 code or a name of a province; TH for a department that works in the whole country.
    quarter
        Thai fiscal quarter, as 2567Q2.
    known
        Tables that are stored already: their project codes become a list to choose from.

    Raises
    ------
    UsageError
        For a province, quarter or set that does not exist.
    """
    import xlsxwriter

    code = COUNTRY if area.strip() in (COUNTRY, COUNTRY_NAME) else codelists.find_area(area)
    if code is None:
        codelists.area(area)
    sets = template_sets()
    if set_name not in sets:
        raise UsageError(f"--set {set_name}: known are indicators, {', '.join(sets)}.")
    at, stream = parse_quarter(quarter), io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_numbers": False,
        "strings_to_urls": False,
    }
    with xlsxwriter.Workbook(stream, options) as book:
        book.set_properties({"title": "sdg_eval", "author": "", "created": CREATED})
        book.set_custom_property("sdg_eval_template", f"delivery/{set_name}")
        look = formats(book)
        writer = _Writer(
            book,
            look,
            codelists,
            code,
            f"{at.fiscal_year_ce + BE_OFFSET}Q{quarter.strip()[-1]}",
            sets[set_name],
            known or Delivery({}),
        )
        writer.write()
    return stream.getvalue()


def write_delivery_template(path, codelists: Codelists, **options) -> Path:
    """Write `delivery_template_bytes` to `path`, complete or not at all."""
    from sdg_eval.store import write_atomic

    write_atomic(path, delivery_template_bytes(codelists, **options))
    return Path(path)


def header(spec: ColumnSpec) -> str:
    """Return the header of a column as the workbook shows it."""
    return spec.label_th + (REQUIRED_MARK if spec.required else "")


def asked_columns(table: str) -> list[ColumnSpec]:
    """Return the columns that a workbook asks for: all but the codes that the intake makes itself."""
    return [spec for spec in table_columns(table) if spec.column != GENERATED.get(table, ("",))[0]]


class _Writer:
    """Writes the sheets of one workbook."""

    def __init__(
        self,
        book,
        look: dict,
        codelists: Codelists,
        area: str,
        quarter: str,
        tables: list[TableSpec],
        known: Delivery,
    ):
        self.book, self.look, self.codelists, self.tables = book, look, codelists, tables
        self.area, self.quarter = area, quarter
        self.known, self.registers = known, with_registers(known)
        self.area_name = COUNTRY_NAME if area == COUNTRY else codelists.area_name(area, "th")
        self.lists = self._lists()
        base = {"font_name": "Sarabun", "font_size": 11, "valign": "top", "locked": False}
        self.text = book.add_format(base | {"text_wrap": True, "num_format": "@"})  # what is typed stays as it is typed
        self.number = book.add_format(base)  # no format of numbers: a per cent sign would vanish behind it
        self.money = book.add_format(base | {"num_format": "#,##0.##"})

    def write(self) -> None:
        """Write guide, one sheet per table, lists; the first table is open."""
        self._write_guide()
        for table in self.tables:
            self._write_table(table)
        self._write_lists()
        self.book.worksheets()[1].activate()

    def _lists(self) -> dict[str, list[str]]:
        """Each list to choose from by its name, in the order of its column on the list sheet."""
        year = int(self.quarter[:4])
        lists = {
            "จังหวัด": [COUNTRY_NAME, *(self.codelists.area_name(a, "th") for a in self.codelists.provinces)],
            "ใช่/ไม่ใช่": list(FLAG_WORDS),
            "ไตรมาส": [
                f"{y}Q{q}" for y in range(year - YEARS_AROUND, year + YEARS_AROUND + 1) for q in "1234"
            ],
            "หน่วยงาน": list(dict.fromkeys(self.registers.agency["name_th"])),
            "เป้าประสงค์ SDG": list(self.codelists.targets_un["target"]),
        }
        projects = self.known.project
        own = projects[projects["REF_AREA"].isin([self.area, COUNTRY])] if self.area != COUNTRY else projects
        if len(own):
            lists["โครงการที่มีอยู่"] = list(own["project_id"])
        for table in self.tables:
            for spec in table_columns(table.table):
                if spec.kind == "code":
                    lists.setdefault(_list_name(spec), [thai for thai, _ in words_of(spec).values()])
        return lists

    def _source(self, name: str) -> str:
        letter = column_letter(2 * list(self.lists).index(name) + 1)
        return f"={LIST_SHEET}!${letter}$2:${letter}${len(self.lists[name]) + 1}"

    # ------------------------------------------------------------ sheets

    def _write_guide(self) -> None:
        sheet, look = self.book.add_worksheet(GUIDE_SHEET), self.look
        sheet.hide_gridlines(2)
        for column, width in enumerate((44, 30, 52, 22, 52)):
            sheet.set_column(column, column, width)
        sheet.set_row(0, 30)
        place = self.area_name if self.area in (COUNTRY, "TH-10") else f"จังหวัด{self.area_name}"
        sheet.write_string(
            0, 0, f"แบบรายงาน {' · '.join(t.name_th for t in self.tables[:3])} {place}", look["title"]
        )
        year, number = self.quarter[:4], self.quarter[-1]
        sheet.write_string(1, 0, f"ไตรมาสที่ {number} ปีงบประมาณ {year}", look["text"])
        sheet.write_string(1, 2, f"Quarter {number} of Thai fiscal year {year}", look["text"])
        for row, (thai, english) in enumerate(_GUIDE, 3):
            sheet.set_row(row, LINES_OF_TWO)
            sheet.merge_range(row, 0, row, 1, thai, look["text"])
            sheet.merge_range(row, 2, row, 4, english, look["text"])
        row = 4 + len(_GUIDE)
        for column, word in enumerate(("แผ่นงาน", "คอลัมน์ (* ต้องกรอก)", "วิธีกรอก", "ตัวอย่าง", "In English")):
            sheet.write_string(row, column, word, look["head"])
        for table in self.tables:
            for spec in asked_columns(table.table):
                row += 1
                sheet.set_row(row, LINES_OF_TWO)
                example = (
                    next(iter(words_of(spec).values()))[0] if spec.kind == "code" else EXAMPLES[spec.kind]
                )
                texts = (
                    table.name_th,
                    header(spec),
                    spec.remedy_th,
                    example,
                    f"{spec.label_en}: {spec.remedy_en}",
                )
                for column, text in enumerate(texts):
                    sheet.write_string(row, column, text, look["fixed"])
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.protect("", {"format_columns": True, "format_rows": True})

    def _write_table(self, table: TableSpec) -> None:
        sheet, specs = self.book.add_worksheet(table.name_th), asked_columns(table.table)
        for c, spec in enumerate(specs):
            sheet.set_column(c, c, _WIDE.get(spec.kind, 15), self._format(spec))
            sheet.write_string(0, c, header(spec), self.look["head"])
            sheet.write_comment(0, c, _note(spec), {"author": "", "x_scale": 2, "y_scale": 1.2})
            self._validate(sheet, c, spec)
        sheet.set_row(0, LINES_OF_TWO)
        self._prefill(sheet, specs)
        sheet.freeze_panes(1, 1)
        sheet.protect(
            "",
            {
                "format_columns": True,
                "format_rows": True,
                "insert_rows": True,
                "delete_rows": True,
                "autofilter": True,
                "sort": True,
            },
        )
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)

    def _format(self, spec: ColumnSpec):
        if spec.kind == "money":
            return self.money
        return self.number if spec.kind in NUMBERS and spec.kind != "flag" else self.text

    def _prefill(self, sheet, specs: list[ColumnSpec]) -> None:
        """Province, quarter and year in the first rows; each step its own row; one row where they are the whole key."""
        values = {"REF_AREA": self.area_name, "fiscal_quarter": self.quarter, "fiscal_year": self.quarter[:4]}
        steps = next(
            ([thai for thai, _ in words_of(s).values()] for s in specs if s.column in ("step_no", "step")),
            None,
        )
        whole_key = all(s.column in PREFILLED for s in specs if s.key)
        for row in range(len(steps) if steps else 1 if whole_key else PREFILLED_ROWS):
            for c, spec in enumerate(specs):
                if steps and spec.column in ("step_no", "step"):
                    sheet.write_string(row + 1, c, steps[row], self.text)
                elif spec.column in values:
                    sheet.write_string(row + 1, c, values[spec.column], self.text)

    def _validate(self, sheet, c: int, spec: ColumnSpec) -> None:
        """Let the spreadsheet refuse, or ask about, what the column cannot hold."""
        rule = self._rule(spec)
        rule |= {
            "ignore_blank": True, "error_title": spec.label_th[:32], "error_message": spec.remedy_th[:255],
            "input_title": spec.label_th[:32], "input_message": spec.remedy_th[:255],
        }  # fmt: skip
        sheet.data_validation(1, c, LAST_ROW, c, rule)

    def _rule(self, spec: ColumnSpec) -> dict:
        lists = {
            "area": "จังหวัด",
            "flag": "ใช่/ไม่ใช่",
            "quarter": "ไตรมาส",
            "target": "เป้าประสงค์ SDG",
            "code": _list_name(spec),
        }
        if spec.kind in lists:
            # another year's quarter is right, but seldom meant
            return {
                "validate": "list",
                "source": self._source(lists[spec.kind]),
                "error_type": "warning" if spec.kind == "quarter" else "stop",
            }
        if "agency.agency_id" in spec.refers and spec.table != "agency":
            return {"validate": "list", "source": self._source("หน่วยงาน"), "error_type": "information"}
        if "project.project_id" in spec.refers:
            own = next((t for t in self.tables if t.table == "project"), None)
            source = (
                f"='{own.name_th}'!$A$2:$A${LAST_ROW}"
                if own
                else self._source("โครงการที่มีอยู่")
                if "โครงการที่มีอยู่" in self.lists
                else None
            )
            if source:
                return {"validate": "list", "source": source, "error_type": "information"}
        if spec.kind in ("number", "count", "share", "money"):
            low = spec.minimum if spec.minimum is not None else -1e15
            high = spec.maximum if spec.maximum is not None else 1e15
            return {
                "validate": "integer" if spec.kind == "count" else "decimal",
                "criteria": "between",
                "minimum": low,
                "maximum": high,
            }
        return {
            "validate": "length",
            "criteria": "<=",
            "value": {"id": 40, "date": 40, "fiscal_year": 20}.get(spec.kind, 2_000),
        }

    def _write_lists(self) -> None:
        """The lists to choose from, each with a column of explanation; visible, for a hidden sheet is refused when the file comes back."""
        sheet, targets = self.book.add_worksheet(LIST_SHEET), self.codelists.targets_un
        projects = dict(zip(self.known.project["project_id"], self.known.project["name_th"], strict=True))
        beside = {
            "เป้าประสงค์ SDG": dict(zip(targets["target"], targets["name_en"], strict=True)),
            "หน่วยงาน": dict(
                zip(self.registers.agency["name_th"], self.registers.agency["agency_id"], strict=True)
            ),
            "โครงการที่มีอยู่": {code: clean_text(name) for code, name in projects.items()},
        }
        for n, (name, words) in enumerate(self.lists.items()):
            explained = beside.get(name, {})
            sheet.set_column(2 * n, 2 * n, 34 if name not in ("ไตรมาส", "ใช่/ไม่ใช่", "เป้าประสงค์ SDG") else 16)
            sheet.set_column(2 * n + 1, 2 * n + 1, 40 if explained else 3)
            sheet.write_string(0, 2 * n, name, self.look["head"])
            for row, word in enumerate(words, 1):
                sheet.write_string(row, 2 * n, word, self.look["text"])
                if word in explained:
                    sheet.write_string(row, 2 * n + 1, explained[word], self.look["small"])
        sheet.freeze_panes(1, 0)
        sheet.protect("")


def _list_name(spec: ColumnSpec) -> str:
    """Name of the list of a code column: its label, with the table's where two tables use one label for other words."""
    shared = spec.codes in ("networks", "steps", "groups", "goals") or spec.column == "level"
    return spec.label_th if shared else f"{spec.label_th} ({delivery_tables()[spec.table].name_th})"


def _note(spec: ColumnSpec) -> str:
    need = "ต้องกรอก" if spec.required else "เว้นว่างได้"
    unit = f" หน่วย: {spec.unit}" if spec.unit else ""
    return f"{spec.label_th} ({need}){unit}\n{spec.remedy_th}\n{spec.label_en}"
