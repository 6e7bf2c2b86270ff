"""The workbook that a provincial officer fills in: Thai headers, lists to choose from, last known values in grey.

Filled in and sent back, it loads without a question: every series, unit and period stands in its row.
Values typed outside the bounds of their series are refused by the spreadsheet already.
"""

from __future__ import annotations

import datetime as dt
import io
import re
from pathlib import Path

from sdg_eval.codelists import Codelists
from sdg_eval.errors import DataError, UsageError
from sdg_eval.thai import BE_OFFSET, fiscal_quarter, format_period, to_ce

GUIDE_SHEET, DATA_SHEET, LIST_SHEET = "คำแนะนำ", "ข้อมูล", "รายการ"
HEADERS = {
    "series": "รหัสชุดข้อมูล", "indicator": "ตัวชี้วัด", "series_name": "ชื่อชุดข้อมูล", "area": "จังหวัด", "area_code": "รหัสจังหวัด",
    "period": "ช่วงเวลา", "value": "ค่า", "numerator": "ตัวตั้ง", "denominator": "ตัวหาร", "unit": "หน่วย", "source": "แหล่งที่มา",
    "note": "หมายเหตุ", "last_value": "ค่าล่าสุดที่มี", "last_period": "ช่วงเวลาของค่าล่าสุด",
}  # fmt: skip
"""Column of the data sheet: its header, in order."""
INPUTS = ("value", "numerator", "denominator", "source", "note")
WIDTHS = {"series": 22, "indicator": 10, "series_name": 46, "area": 16, "area_code": 12, "period": 18, "value": 14, "numerator": 12,
          "denominator": 12, "unit": 26, "source": 28, "note": 32, "last_value": 15, "last_period": 22}  # fmt: skip
PERIODS = 3
"""Years asked for: the one of the report and the two before, which are often revised."""
LINES_OF_TWO = 36
"""Height of a row whose text may take two lines; LibreOffice does not find it by itself in a protected sheet."""
SETS = ("indicators",)
CREATED = dt.datetime(2024, 1, 1)  # a fixed date: the same template has the same bytes

_GUIDE = [
    ("วิธีกรอก", None),
    ("1. กรอกเฉพาะช่องสีขาวในแผ่น “ข้อมูล”: ค่า ตัวตั้ง ตัวหาร แหล่งที่มา หมายเหตุ", "Fill in the white cells of the sheet ข้อมูล only: value, numerator, denominator, source, note."),
    ("2. ไม่มีข้อมูลให้เว้นว่าง และเขียนเหตุผลในหมายเหตุ เลขศูนย์ให้พิมพ์ 0 ไม่ใช้เครื่องหมายขีด", "Where there is no value leave the cell empty and say why in the note; write 0 for zero, never a dash."),
    ("3. ใช้จุดเป็นทศนิยม ค่าร้อยละพิมพ์เป็นตัวเลข เช่น 12.5 ไม่ใช่ 0.125", "Write decimals with a point, and per cent as 12.5, not 0.125."),
    ("4. ห้ามใส่ข้อมูลส่วนบุคคล เช่น ชื่อ เลขบัตรประชาชน โทรศัพท์", "No personal data: no names, identity numbers or telephone numbers."),
    ("5. ช่องสีเทาคือค่าล่าสุดที่ส่วนกลางมี ใช้เทียบเท่านั้น", "Grey cells show the last value that is known centrally, for comparison only."),
    ("6. เขียนวันที่ของข้อมูลในช่องด้านล่าง เพื่อให้รู้ว่าฉบับใดใหม่กว่า", "Give the date of the figures below, so that the newer file is known."),
]  # fmt: skip


def parse_quarter(text: str):
    """Return the FiscalQuarter of "2567Q2": quarter 2 of Thai fiscal year 2567. Raises UsageError otherwise."""
    found = re.fullmatch(r"(\d{4})[-/ ]?[Qq]([1-4])", text.strip())
    try:
        return fiscal_quarter(to_ce(int(found[1])) + BE_OFFSET, int(found[2]))
    except (TypeError, DataError):
        raise UsageError(f"--quarter {text}: write the Thai fiscal year and the quarter, as 2567Q2.") from None


def wanted_periods(freq: str, end: dt.date) -> list[str]:
    """Return the last PERIODS complete periods up to a day, as Thai offices write them: 2566, 2566-Q1, 2566-05."""
    if freq == "A":
        last = end.year if (end.month, end.day) == (12, 31) else end.year - 1
        return [str(y + BE_OFFSET) for y in range(last - PERIODS + 1, last + 1)]
    size = 3 if freq == "Q" else 1
    count = (end.year * 12 + end.month) // size
    found = []
    for place in range(count - PERIODS, count):
        year, part = divmod(place, 12 // size)
        found.append(f"{year + BE_OFFSET}-Q{part + 1}" if freq == "Q" else f"{year + BE_OFFSET}-{part + 1:02d}")
    return found


def template_bytes(codelists: Codelists, *, area: str, quarter: str, series=None, known=None, set_name: str = "indicators") -> bytes:
    """Return the workbook as bytes; the same arguments give the same bytes.

    Parameters
    ----------
    area
        ISO 3166-2 code or a name of a province.
    quarter
        Thai fiscal quarter, as 2567Q2.
    series
        SERIES codes; default: every evaluated series that is reported, not derived.
    known
        Observation table of values that are known already.

    Raises
    ------
    UsageError
        For a province, quarter, series or set that does not exist.
    """
    import xlsxwriter

    code = codelists.find_area(area)
    if code is None:
        codelists.area(area)
    if set_name not in SETS:
        raise UsageError(f"--set {set_name}: known are {', '.join(SETS)}.")
    at, rows = parse_quarter(quarter), _series_rows(codelists, code, series)
    stream = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(stream, options) as book:
        book.set_properties({"title": "sdg_eval", "author": "", "created": CREATED})
        book.set_custom_property("sdg_eval_template", "1")
        look = formats(book)
        _write_guide(book, look, codelists, code, quarter, at)
        _write_data(book, look, codelists, code, rows, at, known)
        _write_lists(book, look, codelists, rows)
        book.worksheets()[1].activate()
    return stream.getvalue()


def write_template(path, codelists: Codelists, **options) -> Path:
    """Write `template_bytes` to `path`, complete or not at all."""
    from sdg_eval.store import write_atomic

    write_atomic(path, template_bytes(codelists, **options))
    return Path(path)


def _series_rows(codelists: Codelists, area: str, wanted) -> list[dict]:
    table = codelists.series
    if wanted:
        for code in wanted:
            codelists.series_row(code)
        return [dict(codelists.series_row(code)) for code in wanted]
    keep = (table["evaluate"] == "1") & (table["derived"] == "") & (table["proxy"] != "1")
    if codelists.area(area)["coast"] != "1":
        keep &= table["coastal_only"] != "1"
    return table[keep].to_dict("records")


def formats(book) -> dict:
    """Return the cell formats of the workbooks for officers, by name."""
    base = {"font_name": "Sarabun", "font_size": 11, "valign": "top", "text_wrap": True}
    return {
        "title": book.add_format(base | {"bold": True, "font_size": 16, "text_wrap": False}),
        "text": book.add_format(base), "small": book.add_format(base | {"font_color": "#6B7280", "font_size": 10}),
        "head": book.add_format(base | {"bold": True, "bg_color": "#1F3A5F", "font_color": "#FFFFFF", "border": 1}),
        "fixed": book.add_format(base | {"bg_color": "#F3F4F6", "border": 1, "border_color": "#D1D5DB"}),
        "grey": book.add_format(base | {"bg_color": "#E5E7EB", "font_color": "#6B7280", "border": 1, "border_color": "#D1D5DB"}),
        "input": book.add_format(base | {"locked": False, "border": 1, "border_color": "#1F3A5F"}),
        "date": book.add_format(base | {"locked": False, "border": 1, "border_color": "#1F3A5F", "num_format": "@"}),
    }  # fmt: skip


def _write_guide(book, look, codelists, area: str, quarter: str, at) -> None:
    sheet = book.add_worksheet(GUIDE_SHEET)
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 70)
    sheet.set_column(1, 1, 70)
    sheet.set_row(0, 30)
    sheet.write_string(0, 0, f"แบบรายงานข้อมูลตัวชี้วัด จังหวัด{codelists.area_name(area, 'th')}", look["title"])
    year, number = at.fiscal_year_ce + BE_OFFSET, quarter.strip()[-1]
    sheet.write_string(1, 0, f"ไตรมาสที่ {number} ปีงบประมาณ {year}", look["text"])
    sheet.write_string(1, 1, f"Quarter {number} of Thai fiscal year {year} ({at.start:%b %Y} - {at.end:%b %Y}), {codelists.area_name(area, 'en')}", look["text"])
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    for row, (thai, english) in enumerate(_GUIDE, 3):
        sheet.set_row(row, LINES_OF_TWO)
        sheet.write_string(row, 0, thai, look["text"])
        sheet.write_string(row, 1, english or "How to fill this in", look["text"])
    last = 4 + len(_GUIDE)
    sheet.set_row(last, LINES_OF_TWO)
    sheet.write_string(last, 0, "ข้อมูล ณ วันที่ (ปี-เดือน-วัน เช่น 2024-03-31) / Figures as of (year-month-day)", look["text"])
    sheet.write_string(last, 1, "", look["date"])
    sheet.protect("", {"format_columns": True, "format_rows": True})


def _write_data(book, look, codelists, area: str, rows: list[dict], at, known) -> None:
    sheet, columns = book.add_worksheet(DATA_SHEET), list(HEADERS)
    for c, name in enumerate(columns):
        sheet.set_column(c, c, WIDTHS[name])
        sheet.write_string(0, c, HEADERS[name], look["head"])
    line = 1
    for series in rows:
        last_value, last_period = _last_known(known, series["SERIES"], area)
        first = line
        for period in wanted_periods(series["freq"], at.end):
            cells = {
                "series": series["SERIES"], "indicator": series["indicator"], "series_name": series["name_th"],
                "area": codelists.area_name(area, "th"), "area_code": area, "period": period, "unit": series["unit_th"],
            }  # fmt: skip
            for c, name in enumerate(columns):
                if name in INPUTS:
                    sheet.write_blank(line, c, None, look["input"])
                elif name == "last_value" and last_value is not None:
                    sheet.write_number(line, c, last_value, look["grey"])
                elif name in ("last_value", "last_period"):
                    sheet.write_string(line, c, last_period if name == "last_period" else "", look["grey"])
                else:
                    sheet.write_string(line, c, cells[name], look["fixed"])
            sheet.set_row(line, LINES_OF_TWO)
            line += 1
        _validate(sheet, columns, series, first, line - 1)
    sheet.freeze_panes(1, columns.index("period") + 1)
    sheet.autofilter(0, 0, max(line - 1, 1), len(columns) - 1)
    sheet.protect("", {"format_columns": True, "format_rows": True, "autofilter": True, "sort": True})
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)


def _validate(sheet, columns: list[str], series: dict, first: int, last: int) -> None:
    """Let the spreadsheet refuse what the series cannot be."""
    lower = float(series["lower"]) if series["lower"] else 0.0 if series["kind"] != "index" else -1e12
    percent = series["unit"] == "PERCENT" and series["kind"] in ("rate", "proportion")
    upper = float(series["upper"]) if series["upper"] else 100.0 if percent else 1e15
    bounds = {"validate": "decimal", "criteria": "between", "ignore_blank": True, "error_title": "ค่าไม่ถูกต้อง"}
    span = f"ตั้งแต่ {lower:g} ถึง {upper:g}" if upper < 1e15 else f"ตั้งแต่ {lower:g} ขึ้นไป"
    value = columns.index("value")
    sheet.data_validation(first, value, last, value, bounds | {
        "minimum": lower, "maximum": upper, "error_message": f"กรอกตัวเลข{span} หรือเว้นว่างถ้าไม่มีข้อมูล",
        "input_title": "ค่า", "input_message": f"หน่วย: {series['unit_th']}"[:250],
    })  # fmt: skip
    for name in ("numerator", "denominator"):
        c = columns.index(name)
        sheet.data_validation(first, c, last, c, bounds | {"minimum": 0, "maximum": 1e15, "error_message": "กรอกจำนวนที่ไม่ติดลบ หรือเว้นว่าง"})
    source = columns.index("source")
    sheet.data_validation(first, source, last, source, {
        "validate": "list", "source": f"={LIST_SHEET}!$A$2:$A${len(SOURCES) + 1}", "ignore_blank": True, "error_type": "information",
        "error_title": "แหล่งที่มา", "error_message": "เลือกจากรายการ หรือพิมพ์แหล่งอื่น",
    })  # fmt: skip


SOURCES = ("สำรวจของจังหวัด", "ทะเบียนของหน่วยงาน", "รายงานประจำปีของหน่วยงาน", "หน่วยงานส่วนกลาง", "อื่น ๆ (ระบุในหมายเหตุ)")


def _write_lists(book, look, codelists, rows: list[dict]) -> None:
    """The lists to choose from: visible, for a hidden sheet is refused when the file comes back."""
    sheet = book.add_worksheet(LIST_SHEET)
    lists = {
        "แหล่งที่มา": SOURCES, "หน่วย": sorted({r["unit_th"] for r in rows}),
        "จังหวัด": [codelists.area_name(a, "th") for a in codelists.provinces],
    }  # fmt: skip
    for c, (head, words) in enumerate(lists.items()):
        sheet.set_column(c, c, 34)
        sheet.write_string(0, c, head, look["head"])
        for r, word in enumerate(words, 1):
            sheet.write_string(r, c, word, look["text"])
    sheet.protect("")


def _last_known(known, series: str, area: str) -> tuple[float | None, str]:
    if known is None:
        return None, ""
    own = known[(known["SERIES"] == series) & (known["REF_AREA"] == area) & known["OBS_VALUE"].notna()]
    own = own[(own[["SEX", "AGE", "URBANISATION"]] == "_T").all(axis=1)]
    if own.empty:
        return None, ""
    last = own.sort_values("TIME_PERIOD", kind="stable").iloc[-1]
    return float(last["OBS_VALUE"]), format_period(last["TIME_PERIOD"], "th")
