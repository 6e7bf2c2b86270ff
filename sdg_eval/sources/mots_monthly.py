"""Monthly tourism workbook of the Ministry of Tourism and Sports: one sheet per month.

Each month sheet holds the month of its own year and the same month of the year before, revised, so
twelve sheets give 24 months. Visitors in persons, receipts in million baht (nominal), occupancy in
percent. Quarters and years are sums of their months, for visitors and receipts; occupancy is a rate
and is never summed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import pandas as pd

from sdg_eval.errors import DataError
from sdg_eval.observations import observation_table
from sdg_eval.sources.reading import (
    RawFile,
    Reading,
    as_text,
    find_province,
    observation,
    read_number,
    refuse,
    set_aside_table,
    sum_of_months,
    units,
)
from sdg_eval.thai import month_number, to_ce

NAME = "mots-monthly"
TITLE = "Ministry of Tourism and Sports: monthly tourism by province"

MEASURES = {
    "อัตราการเข้าพัก": "TH_TOUR_OCC",
    "จำนวนผู้เยี่ยมเยือนทั้งหมด (คน)": "TH_TOUR_VISITORS",
    "รายได้จากผู้เยี่ยมเยือน (ล้านบาท)": "TH_TOUR_RECEIPTS",
}
SUMMED = ["TH_TOUR_VISITORS", "TH_TOUR_RECEIPTS"]
PROVINCE = "จังหวัด"
CUMULATIVE = "ยอดสะสม"
TOLERANCE = 0.02
"""Million baht (or persons) by which the cumulative sheet may differ from the sum: its rounding."""
MONTHS_TH = ["ม.ค.", "ก.พ.", "มี.ค.", "เม.ย.", "พ.ค.", "มิ.ย.", "ก.ค.", "ส.ค.", "ก.ย.", "ต.ค.", "พ.ย.", "ธ.ค."]
_SHEET = re.compile(r"^\s*([^\d\s()]+)\s*((?:25|26)\d\d)\s*(?:\(?R\)?)?\s*$")
_TITLE = re.compile(r"เดือน\s*(\S+)\s+ปี\s*((?:25|26)\d\d)")
_YEAR = re.compile(r"^((?:25|26)\d\d)\s*\(?([RP]?)\)?$")


@dataclass(frozen=True)
class Layout:
    """Where things are in a sheet: 1-based rows and columns, and {(SERIES, CE year): (column, label)}."""

    first_row: int
    province: int
    columns: dict[tuple[str, int], tuple[int, str]]


def recognise(raw: RawFile) -> bool:
    """A workbook with sheets named after Thai months of a year and tourism measures in its headers."""
    if raw.kind not in ("xlsx", "xls"):
        return False
    names = raw.sheet_names or [s.name for s in raw.sheets]
    if not any(_month_of(name) for name in names):
        return False
    return any(as_text(v) in MEASURES for s in raw.sheets for row in s.values[:6] for v in row)


def read(raw: RawFile, codelists) -> Reading:
    """Return monthly visitors, receipts and occupancy, and quarterly and annual sums of the first two.

    Raises DataError for a month sheet that is missing, that carries another month's title, or that
    lacks a measure. The cumulative sheet only checks the months.
    """
    months = {_month_of(s.name): s for s in raw.sheets if _month_of(s.name)}
    _require_months(raw, months)
    unit = units(codelists, MEASURES.values())
    rows, aside, notes = [], [], []
    for (year, month), sheet in sorted(months.items()):
        _require_title(raw, sheet, year, month)
        made, put, said = _read_month(raw, sheet, month, codelists, unit)
        rows, aside = rows + made, aside + put
        notes += [n for n in said if n not in notes]
    monthly = observation_table(rows)
    sums = sum_of_months(monthly[monthly["SERIES"].isin(SUMMED)])
    for sheet in raw.sheets:
        if _month_of(sheet.name):
            continue
        reason = (
            _check_cumulative(raw, sheet, monthly, codelists)
            if sheet.name.strip().startswith(CUMULATIVE)
            else f"{'hidden ' if sheet.hidden else ''}working sheet, not a month: not read"
        )
        aside.append((sheet.name, None, "", "", reason))
        notes.append(f"sheet {sheet.name}: {reason}")
    notes.insert(0, f"{monthly['TIME_PERIOD'].nunique()} months x {monthly['REF_AREA'].nunique()} provinces; "
                    f"{len(sums)} quarterly and annual sums where all months are there (never of occupancy)")
    table = observation_table(pd.concat([monthly, sums], ignore_index=True))
    return Reading(table, set_aside_table(aside), notes)


def _month_of(name: str) -> tuple[int, int] | None:
    """Return (CE year, month) of a sheet named like `ม.ค.2567(R)`, else None."""
    if not (match := _SHEET.match(name)):
        return None
    month = month_number(match[1])
    return (to_ce(int(match[2])), month) if month else None


def _require_months(raw: RawFile, months) -> None:
    """Refuse a workbook that lacks a month between January and its last, as its cumulative sheet says."""
    years = {year for year, _ in months}
    year = max(years)
    last = max(month for y, month in months if y == year)
    for name in (s.name for s in raw.sheets if s.name.strip().startswith(CUMULATIVE)):
        spoken = [month_number(w) for w in re.findall(r"[ก-ฮ]+\.(?:[ก-ฮ]+\.)?|[ก-ฮ][ก-๎]{3,}", name.replace(CUMULATIVE, ""))]
        last = max([last, *(m for m in spoken if m)])
    if lost := [m for m in range(1, last + 1) if (year, m) not in months]:
        wanted = ", ".join(f"{MONTHS_TH[m - 1]}{year + 543}" for m in lost)
        raise DataError(
            f"{raw.name}, sheet {wanted}: the sheet is missing (found: {', '.join(s.name for s in raw.sheets)}). "
            "Download the workbook again; one sheet per month is needed."
        )


def _title(sheet) -> re.Match | None:
    for row in sheet.values[:3]:
        for value in row:
            if match := _TITLE.search(as_text(value)):
                return match
    return None


def _require_title(raw: RawFile, sheet, year: int, month: int) -> None:
    title = _title(sheet)
    if title and (to_ce(int(title[2])), month_number(title[1])) != (year, month):
        raise refuse(raw.name, sheet.name, 1, "-", f"the title says {title[0]!r}, another month than the sheet's name",
                     "Find out which is right and correct the sheet's name or title.")


def _layout(raw: RawFile, sheet) -> Layout:
    """Return the layout under a header of measures (merged over three columns) and a row of years."""
    for number, values in enumerate(sheet.values[:10], 1):  # noqa: B007 used below
        texts = [as_text(v) for v in values]
        if PROVINCE in texts:
            break
    else:
        raise refuse(raw.name, sheet.name, "1-10", "-", f"no header cell {PROVINCE!r}", "Keep the ministry's header rows.")
    year_rows = [n for n in range(number + 1, min(number + 4, len(sheet.values) + 1))
                 if any(_YEAR.match(as_text(v)) for v in sheet.values[n - 1])]
    if not year_rows:
        raise refuse(raw.name, sheet.name, f"{number + 1}-{number + 3}", "-", "no row of years such as 2567R",
                     "Keep the ministry's header rows.")
    columns, measure = {}, ""
    labels = sheet.values[year_rows[0] - 1]
    for column, value in enumerate(labels, 1):
        measure = (texts[column - 1] if column <= len(texts) else "") or measure
        match = _YEAR.match(as_text(value))
        code = MEASURES.get(" ".join(measure.split()))
        if match and code:
            columns.setdefault((code, to_ce(int(match[1]))), (column, as_text(value)))
    found = {code for code, _ in columns}
    if lost := [name for name, code in MEASURES.items() if code not in found]:
        raise refuse(raw.name, sheet.name, number, "-", f"the measure(s) {', '.join(lost)} are missing",
                     "Download the workbook again.")
    return Layout(year_rows[0] + 1, texts.index(PROVINCE) + 1, columns)


def _province_rows(raw, sheet, layout, codelists):
    """Return ({REF_AREA: row}, set aside, footnotes) of a sheet; subtotals and the total are set aside."""
    areas, aside, footnotes = {}, [], []
    for number in range(layout.first_row, len(sheet.values) + 1):
        values = sheet.values[number - 1]
        name = as_text(values[layout.province - 1]) if layout.province <= len(values) else ""
        cells = [values[c - 1] for c, _ in layout.columns.values() if c <= len(values)]
        empty = all(as_text(v) == "" for v in cells)
        if not name and empty:
            continue
        area = codelists.find_area(name)
        if area is None and (name.startswith(("ภาค", "รวม")) or name == "ทั่วราชอาณาจักร"):
            aside.append((sheet.name, number, "", name, "subtotal or total, not a province"))
        elif area is None and empty:
            footnotes.append(name)
        elif area in areas:
            raise refuse(raw.name, sheet.name, number, PROVINCE, f"{name!r} is there twice (row {areas[area]})",
                         "Keep one row per province.")
        else:
            area = area or find_province(name, codelists, sheet=sheet, row=number, column=PROVINCE, file=raw.name)
            areas[area] = number
    return areas, aside, footnotes


def _read_month(raw, sheet, month, codelists, unit):
    """Return (observations, set aside, notes) of one month sheet."""
    layout = _layout(raw, sheet)
    areas, aside, notes = _province_rows(raw, sheet, layout, codelists)
    rows = []
    for area, number in areas.items():
        for (code, year), (column, label) in layout.columns.items():
            value = read_number(sheet, number, column, file=raw.name)
            if value is None:
                aside.append((sheet.name, number, label, "", f"blank ({code}, {area})"))
                continue
            rows.append(observation(
                raw, sheet, number, column, SERIES=code, REF_AREA=area, FREQ="M",
                TIME_PERIOD=f"{year}-{month:02d}", OBS_VALUE=value, UNIT_MEASURE=unit[code], source=NAME,
                COMMENT_OBS=f"{label} (R: revised)" if label.endswith("R") else "",
            ))
    if lost := [p for p in codelists.provinces if p not in areas]:
        notes.append(f"sheet {sheet.name} has no row for {', '.join(lost)}")
    return rows, aside, notes


def _check_cumulative(raw, sheet, monthly, codelists) -> str:
    """Return what to say of the cumulative sheet: whether it equals the sum of the months."""
    layout = _layout(raw, sheet)
    areas, _, _ = _province_rows(raw, sheet, layout, codelists)
    year = monthly["TIME_PERIOD"].str[:4].astype(int)
    sums = monthly.assign(year=year).groupby(["SERIES", "year", "REF_AREA"])["OBS_VALUE"].sum()
    differ, checked = [], 0
    for (code, y), (column, label) in layout.columns.items():
        for area, number in areas.items() if code in SUMMED else ():
            value = read_number(sheet, number, column, file=raw.name)
            checked += 1
            if value is None or abs(value - sums.get((code, y, area), float("nan"))) > TOLERANCE:
                differ.append(f"{area} {label} row {number}")
    title = _title(sheet)
    said = f", although its title says {title[1]}" if title else ""
    if differ:
        return (f"cumulative sheet set aside{said}: {len(differ)} of {checked} cells differ from the sum of the "
                f"months ({'; '.join(differ[:5])}); the months are used")
    return f"cumulative sheet set aside{said}: equals the sum of the months in all {checked} cells"
