"""Registered population of the Department of Provincial Administration, persons, end of year.

Two layouts: the wide table of Buddhist-era years (2545-2556) and the province list whose population
column carries its year in the name (`pop_2022`). Registered is not resident: see the series' remark.
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
from sdg_eval.thai import to_ce

NAME = "dopa-population"
TITLE = "Department of Provincial Administration: registered population"

CODE = "TH_POP_DOPA"
BREAKS = {("TH-43", 2010): "districts of Bueng Kan leave the figures of Nong Khai"}
CLEAN_UP = 2004
"""The register was cleaned: the national sum fell by 1.1 million."""


def recognise(raw: RawFile) -> bool:
    """`Province` followed by Buddhist-era years only, or a province list with `pop_YYYY` and ISO codes."""
    header = raw.first_row if raw.kind in ("text", "xlsx", "xls", "zip") else []
    wide = len(header) > 1 and header[0] == "Province" and bool(_wide_years(header)) and not any(
        h and not re.fullmatch(r"25\d\d", h) for h in header[1:]
    )
    return wide or (bool(_listed_years(header)) and "name_en" in header)


def _wide_years(header) -> dict[int, int]:
    return {to_ce(int(h)): c for c, h in enumerate(header, 1) if re.fullmatch(r"25\d\d", h)}


def _listed_years(header) -> dict[int, int]:
    found = {c: re.fullmatch(r"pop_((?:19|20)\d\d)", h) for c, h in enumerate(header, 1)}
    return {int(m[1]): c for c, m in found.items() if m}


def read(raw: RawFile, codelists) -> Reading:
    """Return TH_POP_DOPA; blanks and years before a province existed are set aside."""
    sheet = raw.sheets[0]
    header = raw.first_row
    years = _wide_years(header) or _listed_years(header)
    name_column = "Province" if header[0] == "Province" else "name_en"
    at = find_columns(sheet, [name_column], file=raw.name)[name_column]
    unit = units(codelists, [CODE])[CODE]
    rows, aside, seen = [], [], {}
    for number, values in enumerate(sheet.values[1:], 2):
        line = [as_text(v) for v in values]
        if not any(line):
            continue
        area = find_province(line[at - 1], codelists, sheet=sheet, row=number, column=name_column, file=raw.name)
        if area in seen:
            raise refuse(raw.name, sheet.name, number, name_column,
                         f"{line[at - 1]!r} is there twice (row {seen[area]})", "Keep one row per province.")
        seen[area] = number
        for year, column in years.items():
            value = read_number(sheet, number, column, file=raw.name)
            found = line[column - 1] if column <= len(line) else ""
            if year < int(codelists.area(area)["valid_from"]):
                aside.append((sheet.name, number, header[column - 1], found, f"{area} did not exist yet"))
            elif value is None:
                aside.append((sheet.name, number, header[column - 1], found, "blank"))
            else:
                rows.append(observation(raw, sheet, number, column, OBS_VALUE=value, UNIT_MEASURE=unit,
                                        **_fields(area, year)))
    notes = [f"{len(seen)} provinces, {min(years)}-{max(years)}; {len(aside)} cells set aside"]
    if lost := [p for p in codelists.provinces if p not in seen]:
        notes.append(f"no row for {', '.join(lost)}")
    if min(years) < CLEAN_UP <= max(years):
        notes.append("the register was cleaned in 2004: the national sum falls by 1.1 million")
    return Reading(observation_table(rows), set_aside_table(aside), notes)


def _fields(area: str, year: int) -> dict:
    """Return key, status and remark of one value."""
    return {
        "SERIES": CODE, "REF_AREA": area, "FREQ": "A", "TIME_PERIOD": str(year), "source": NAME,
        "OBS_STATUS": "B" if (area, year) in BREAKS else "A",
        "COMMENT_OBS": BREAKS.get((area, year), "register clean-up" if year == CLEAN_UP else ""),
    }  # fmt: skip
