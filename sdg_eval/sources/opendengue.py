"""Monthly dengue cases by province, compiled by OpenDengue from the Ministry of Public Health's reports.

The definition changes in 2003 (before: all forms, through Project Tycho), which the codelist
declares as a break. Levels are lower than the official totals: use them for relative change.
"""

from __future__ import annotations

from collections import Counter

from sdg_eval.grid import column_letter
from sdg_eval.observations import observation_table
from sdg_eval.sources.reading import (
    RawFile,
    Reading,
    as_text,
    find_columns,
    find_province,
    read_number,
    refuse,
    set_aside_table,
    units,
)

NAME = "opendengue"
TITLE = "OpenDengue: dengue cases by province and month"

HEADER = ["adm_0_name", "adm_1_name", "calendar_start_date", "dengue_total", "case_definition_standardised", "S_res", "T_res"]
CODE = "TH_DENGUE_CASES"


def recognise(raw: RawFile) -> bool:
    """OpenDengue's spatial extract: its header, in a zip of one csv or as csv."""
    if raw.kind == "zip":
        from sdg_eval.errors import DataError

        try:
            return set(HEADER) <= set(raw.first_row)
        except DataError:
            # a cut archive cannot tell what is in it; the reader's own message stands
            raise
    return raw.kind == "text" and set(HEADER) <= set(raw.first_row)


def read(raw: RawFile, codelists) -> Reading:
    """Return monthly cases of the provinces; other countries and other resolutions are set aside."""
    sheet = raw.sheets[0]
    at = find_columns(sheet, HEADER, file=raw.name)
    columns = {h: at[h] - 1 for h in HEADER}
    unit, letter = units(codelists, [CODE])[CODE], column_letter(at["dengue_total"])
    areas, rows, other, aside, seen = {}, [], Counter(), [], {}
    for number, values in enumerate(sheet.values[1:], 2):
        if not values or as_text(values[columns["adm_0_name"]]) != "THAILAND":
            other["other countries"] += 1
            continue
        if values[columns["S_res"]] != "Admin1" or values[columns["T_res"]] != "Month":
            other["country totals or other periods"] += 1
            continue
        name = values[columns["adm_1_name"]]
        if name not in areas:
            areas[name] = find_province(name, codelists, sheet=sheet, row=number, column="adm_1_name", file=raw.name)
        area, period = areas[name], values[columns["calendar_start_date"]][:7]
        value = read_number(sheet, number, at["dengue_total"], file=raw.name)
        if value is None or int(period[:4]) < int(codelists.area(area)["valid_from"]):
            aside.append((sheet.name, number, letter, as_text(values[columns["dengue_total"]]), "blank or before the province existed"))
            continue
        if (area, period) in seen:
            raise refuse(raw.name, sheet.name, number, letter, f"{name} {period} is there twice (row {seen[area, period]})",
                         "Keep one row per province and month.")
        seen[area, period] = number
        rows.append({
            "SERIES": CODE, "REF_AREA": area, "FREQ": "M", "TIME_PERIOD": period, "OBS_VALUE": value, "UNIT_MEASURE": unit,
            "COMMENT_OBS": values[columns["case_definition_standardised"]], "source": NAME, "source_file": raw.name,
            "source_id": sheet.file_id, "source_sheet": sheet.name, "source_row": number, "source_column": letter,
        })  # fmt: skip
    spellings = Counter(areas.values())
    notes = [f"{len(rows):,} province-months of {len(spellings)} provinces under {len(areas)} spellings",
             "; ".join(f"{count:,} rows of {what} passed over" for what, count in sorted(other.items())),
             "definition changes in 2003: only later years are compared"]
    return Reading(observation_table(rows), set_aside_table(aside), notes)
