"""Human Achievement Index of NESDC, 0 to 1: one row per province, one column per year.

The method was revised with each edition, so only the years of one file may be compared.
"""

from __future__ import annotations

import re

from sdg_eval.observations import observation_table
from sdg_eval.sources.reading import (
    RawFile,
    Reading,
    as_text,
    find_columns,
    find_province,
    observation,
    read_number,
    refuse,
    set_aside_table,
    units,
)

NAME = "nesdc-hai"
TITLE = "NESDC: Human Achievement Index"

HEADER = ["level", "name_en", "name_th"]


def recognise(raw: RawFile) -> bool:
    """A table of level, English and Thai name and years, whose first value lies within 0-1."""
    header = raw.first_row if raw.kind in ("text", "xlsx", "xls", "zip") else []
    return "level" in header and ("name_en" in header or "name_th" in header) and bool(_years(header))


def _years(header) -> dict[int, int]:
    return {int(h): c for c, h in enumerate(header, 1) if re.fullmatch(r"20\d\d", h)}


def read(raw: RawFile, codelists) -> Reading:
    """Return TH_HAI of the provinces; regional rows are set aside. A value outside 0-1 is refused."""
    sheet = raw.sheets[0]
    at = find_columns(sheet, HEADER, file=raw.name)
    years = _years(raw.first_row)
    unit = units(codelists, ["TH_HAI"])["TH_HAI"]
    rows, aside = [], []
    for number, values in enumerate(sheet.values[1:], 2):
        line = [as_text(v) for v in values]
        if not any(line):
            continue
        level, name = line[at["level"] - 1], line[at["name_en"] - 1]
        if level != "Provincial":
            aside.append((sheet.name, number, "", f"{level}: {name}", "not a province"))
            continue
        area = find_province(name, codelists, sheet=sheet, row=number, column="name_en", file=raw.name)
        for year, column in years.items():
            value = read_number(sheet, number, column, file=raw.name)
            if value is None or year < int(codelists.area(area)["valid_from"]):
                aside.append((sheet.name, number, str(year), line[column - 1], "blank or before the province"))
                continue
            if not 0 <= value <= 1:
                raise refuse(raw.name, sheet.name, number, str(year), f"the index is {value}, outside 0-1",
                             "Correct the cell; the index runs from 0 to 1.")
            rows.append(observation(
                raw, sheet, number, column, SERIES="TH_HAI", REF_AREA=area, FREQ="A", TIME_PERIOD=str(year),
                OBS_VALUE=value, UNIT_MEASURE=unit, source=NAME,
            ))
    notes = [
        f"{len({r['REF_AREA'] for r in rows})} provinces, {min(years)}-{max(years)}; "
        f"{sum(a[4] == 'not a province' for a in aside)} regional rows set aside"
    ]
    return Reading(observation_table(rows), set_aside_table(aside), notes)
