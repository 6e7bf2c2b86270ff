"""Gross provincial product of NESDC: the wide table level x province x type x sector x years.

Units: GPP in million baht (current prices, and chain volume with reference year 2002); population in
1,000 persons (NESDC mid-year projection), stored in persons. A zero of a province that did not exist
yet is missing, not nothing.
"""

from __future__ import annotations

import re

from sdg_eval.errors import DataError
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

NAME = "nesdc-gpp"
TITLE = "NESDC: gross regional and provincial product"

HEADER = ["level", "province_nesdc_en", "type", "sector"]
SERIES = {
    ("Chain Volume Measures", "Gross provincial product (CVMs)"): ("TH_GPP_CVM", 1),
    ("Current Market Prices", "Gross provincial product (GPP)"): ("TH_GPP_TOTAL_CP", 1),
    ("Current Market Prices", "Manufacturing"): ("TH_GPP_MANF_CP", 1),
    ("Current Market Prices", "Population (1,000 persons)"): ("TH_POP_NESDC", 1000),
}
"""(type, sector) -> series and the factor to its unit."""

PROVISIONAL_YEARS = 2
"""NESDC releases the last two years as preliminary."""
BREAKS = {("TH-43", 2011)}
"""Nong Khai gave eight districts to Bueng Kan in 2011."""


def recognise(raw: RawFile) -> bool:
    """A table whose header has level, NESDC province name, type and sector."""
    return raw.kind in ("text", "xlsx", "xls", "zip") and sum(h in raw.first_row for h in HEADER) >= 3 and (
        "province_nesdc_en" in raw.first_row or "sector" in raw.first_row
    )


def read(raw: RawFile, codelists) -> Reading:
    """Return four series of 77 provinces; duplicates, other levels and years before a province aside."""
    sheet = raw.sheets[0]
    at = find_columns(sheet, HEADER, file=raw.name)
    years = {int(h): c for c, h in enumerate(raw.first_row, 1) if re.fullmatch(r"(19|20)\d\d", h)}
    if not years:
        raise refuse(raw.name, sheet.name, 1, "-", "no column is a year", "Keep one column per year, as 2020.")
    unit = units(codelists, [code for code, _ in SERIES.values()])
    rows, aside, seen, other = [], [], {}, 0
    for number, values in enumerate(sheet.values[1:], 2):
        line = tuple(as_text(v) for v in values)
        if not any(line):
            continue
        level, name, kind, sector = (line[at[h] - 1] for h in HEADER)
        if line in seen:
            aside.append((sheet.name, number, "", sector, f"exact duplicate of row {seen[line]}"))
            continue
        seen[line] = number
        if level != "Provincial":
            aside.append((sheet.name, number, "", f"{level}: {name}", "not a province"))
            continue
        if (kind, sector) not in SERIES:
            other += 1
            continue
        code, factor = SERIES[kind, sector]
        area = find_province(name, codelists, sheet=sheet, row=number, column="province_nesdc_en", file=raw.name)
        made, put = _cells(raw, sheet, number, years, area, codelists)
        aside += put
        rows += [r | {"SERIES": code, "UNIT_MEASURE": unit[code], "OBS_VALUE": r["OBS_VALUE"] * factor} for r in made]
    _require_all_series(raw, sheet, rows)
    return Reading(observation_table(rows), set_aside_table(aside), _notes(rows, aside, other, years))


def _cells(raw, sheet, row, years, area, codelists):
    """Return (observations, set aside) of one row."""
    first = int(codelists.area(area)["valid_from"])
    made, aside = [], []
    for year, column in years.items():
        value = read_number(sheet, row, column, file=raw.name)
        if year < first:
            aside.append((sheet.name, row, str(year), as_text(sheet.values[row - 1][column - 1]),
                          f"{area} did not exist before {first}: missing, not zero"))
            continue
        if value is None:
            aside.append((sheet.name, row, str(year), "", "blank"))
            continue
        status = "P" if year > max(years) - PROVISIONAL_YEARS else "B" if (area, year) in BREAKS else "A"
        made.append(observation(
            raw, sheet, row, column, REF_AREA=area, FREQ="A", TIME_PERIOD=str(year), OBS_VALUE=value,
            OBS_STATUS=status, source=NAME,
        ))
    return made, aside


def _require_all_series(raw, sheet, rows) -> None:
    found = {r["SERIES"] for r in rows}
    if lost := [f"{kind} / {sector}" for (kind, sector), (code, _) in SERIES.items() if code not in found]:
        raise DataError(
            f"{raw.name}, sheet {sheet.name or '-'}, row -, columns type and sector: no provincial row of "
            f"{'; '.join(lost)}. Download the complete table again."
        )


def _notes(rows, aside, other, years) -> list[str]:
    duplicates = sum("duplicate" in a[4] for a in aside)
    levels = sum(a[4] == "not a province" for a in aside)
    provinces = len({r["REF_AREA"] for r in rows})
    last = max(years)
    return [
        f"{provinces} provinces, {min(years)}-{last}; {last - PROVISIONAL_YEARS + 1}-{last} are preliminary",
        f"{duplicates} duplicate rows and {levels} rows of regions and the whole kingdom set aside",
        f"{other} rows of sectors that no series uses were passed over",
    ]
