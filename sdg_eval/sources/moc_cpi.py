"""Provincial consumer price index of the Ministry of Commerce: two layouts with two base years.

The yearly table has one column per province, entering in different years. The monthly download has
one row per province and names its base year; an index of another base is never chained here without
an overlap, so the two stay two series.
"""

from __future__ import annotations

import re

import numpy as np

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
    units,
)
from sdg_eval.thai import month_number, parse_year, to_ce

NAME = "moc-cpi"
TITLE = "Ministry of Commerce: provincial consumer price index"

YEARLY, MONTHLY = "TH_CPI", "TH_CPI_2023"
BASE_YEARLY = 2019
_BASE = re.compile(r"ปีฐาน\s*\(?\s*(25\d\d)\s*=\s*100")
_MONTH = re.compile(r"^([^\d\s]+)\s*(25\d\d)$")


def recognise(raw: RawFile) -> bool:
    """Years down and provinces across, or the ministry's preamble with a base year."""
    if raw.kind not in ("text", "xlsx", "xls", "zip"):
        return False
    header = raw.first_row
    if _base(raw):
        return True
    return header[:1] == ["ปี"] and len(header) > 20 and "ชาย (คน)" not in header


def _base(raw: RawFile) -> int | None:
    for row in range(1, 5):
        for text in raw.row_text(row)[:2]:
            if match := _BASE.search(text):
                return to_ce(int(match[1]))
    return None


def read(raw: RawFile, codelists) -> Reading:
    """Return the yearly index (2019 = 100) or the monthly one (2023 = 100)."""
    base = _base(raw)
    return _read_monthly(raw, codelists, base) if base else _read_yearly(raw, codelists)


def _read_yearly(raw: RawFile, codelists) -> Reading:
    sheet, header = raw.sheets[0], raw.first_row
    unit = units(codelists, [YEARLY])[YEARLY]
    areas = {c: find_province(h, codelists, sheet=sheet, row=1, column=h, file=raw.name)
             for c, h in enumerate(header, 1) if c > 1 and h}  # fmt: skip
    rows, aside = [], []
    for number, values in enumerate(sheet.values[1:], 2):
        if not any(as_text(v) for v in values):
            continue
        year = parse_year(as_text(values[0]))
        for column, area in areas.items():
            value = read_number(sheet, number, column, file=raw.name)
            if value is None or year < int(codelists.area(area)["valid_from"]):
                found = as_text(values[column - 1]) if column <= len(values) else ""
                aside.append((sheet.name, number, header[column - 1], found, "blank" if value is None else f"{area} did not exist yet"))
                continue
            rows.append(observation(raw, sheet, number, column, SERIES=YEARLY, REF_AREA=area, FREQ="A",
                                    TIME_PERIOD=str(year), OBS_VALUE=value, UNIT_MEASURE=unit, source=NAME))
    base = [r["OBS_VALUE"] for r in rows if r["TIME_PERIOD"] == str(BASE_YEARLY)]
    if base and not np.allclose(base, 100, atol=0.6):
        raise refuse(raw.name, sheet.name, "-", "-", f"the index of {BASE_YEARLY} is not 100 in every province",
                     "Give the table with base year 2562 (2019); another base would be a series of its own.")
    years = sorted({r["TIME_PERIOD"] for r in rows})
    notes = [f"{len(areas)} provinces, {years[0]}-{years[-1]}, 2019 = 100 (told from the values: all are 100 in that year)"]
    return Reading(observation_table(rows), set_aside_table(aside), notes)


def _read_monthly(raw: RawFile, codelists, base: int) -> Reading:
    sheet = raw.sheets[0]
    start = next((n for n in range(1, min(12, sheet.n_rows) + 1) if raw.row_text(n)[:1] == ["จังหวัด"]), None)
    if start is None:
        raise refuse(raw.name, sheet.name, "1-12", "A", "no header cell 'จังหวัด'", "Keep the ministry's header row.")
    if base != 2023:
        raise refuse(raw.name, sheet.name, "1-4", "A", f"the base year is {base}, known is 2023 (2566)",
                     "An index of another base is a series of its own: add it to data/codelists/series.csv.")
    unit = units(codelists, [MONTHLY])[MONTHLY]
    months = {c: (to_ce(int(m[2])), month_number(m[1])) for c, h in enumerate(raw.row_text(start), 1) if (m := _MONTH.match(h))}
    rows, aside, seen = [], [], set()
    for number in range(start + 1, sheet.n_rows + 1):
        line = raw.row_text(number)
        if not any(line):
            continue
        if not any(line[c - 1] for c in months if c <= len(line)):
            aside.append((sheet.name, number, "A", line[0], "a note, not a province"))
            continue
        area = find_province(line[0], codelists, sheet=sheet, row=number, column="A", file=raw.name)
        seen.add(area)
        for column, (year, month) in months.items():
            value = read_number(sheet, number, column, file=raw.name)
            if value is None:
                aside.append((sheet.name, number, str(column), "", "blank"))
                continue
            rows.append(observation(raw, sheet, number, column, SERIES=MONTHLY, REF_AREA=area, FREQ="M",
                                    TIME_PERIOD=f"{year}-{month:02d}", OBS_VALUE=value, UNIT_MEASURE=unit, source=NAME))
    lost = ", ".join(p for p in codelists.provinces if p not in seen)
    notes = [f"{len(seen)} provinces, {len(months)} months, 2023 = 100; without {lost or 'none'}"]
    return Reading(observation_table(rows), set_aside_table(aside), notes)
