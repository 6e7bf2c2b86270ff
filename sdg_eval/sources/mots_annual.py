"""Annual tourism by province of the Ministry of Tourism and Sports: a long table.

Visitors in persons, receipts in million baht (nominal), occupancy in percent.
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

NAME = "mots-annual"
TITLE = "Ministry of Tourism and Sports: annual tourism by province"

HEADER = ["level", "province_en", "province_th", "variable_en", "year", "value"]
SERIES = {
    "Number of Visitors": "TH_TOUR_VISITORS",
    "Receipts from Visitors (MB)": "TH_TOUR_RECEIPTS",
    "Occupancy Rate (%)": "TH_TOUR_OCC",
}


def recognise(raw: RawFile) -> bool:
    """A long table of province, variable and year with at least one of our variables in it."""
    header = raw.first_row if raw.kind in ("text", "xlsx", "xls", "zip") else []
    if sum(name in header for name in HEADER) < len(HEADER) - 1:
        return False
    known = set(SERIES)
    return any(known & {as_text(v) for v in row} for row in raw.sheets[0].values[1:400])


def read(raw: RawFile, codelists) -> Reading:
    """Return visitors, receipts and occupancy; regions, the kingdom and other variables set aside or noted."""
    sheet = raw.sheets[0]
    at = find_columns(sheet, HEADER, file=raw.name)
    unit = units(codelists, SERIES.values())
    rows, aside, other = [], [], 0
    for number, values in enumerate(sheet.values[1:], 2):
        line = [as_text(v) for v in values]
        if not any(line):
            continue
        level, variable, year = (line[at[h] - 1] for h in ("level", "variable_en", "year"))
        if variable not in SERIES:
            other += 1
            continue
        if level != "Provincial":
            aside.append((sheet.name, number, "", f"{level}: {line[at['province_en'] - 1]}", "not a province"))
            continue
        if not re.fullmatch(r"(19|20)\d\d", year):
            raise refuse(raw.name, sheet.name, number, "year", f"{year!r} is not a year", "Write it as 2022.")
        value = read_number(sheet, number, at["value"], file=raw.name)
        if value is None:
            aside.append((sheet.name, number, "value", "", "blank"))
            continue
        code = SERIES[variable]
        rows.append(observation(
            raw, sheet, number, at["value"], SERIES=code, REF_AREA=_area(raw, sheet, number, line, at, codelists),
            FREQ="A", TIME_PERIOD=year, OBS_VALUE=value, UNIT_MEASURE=unit[code], source=NAME,
        ))
    _require_all_series(raw, sheet, rows)
    years = sorted({r["TIME_PERIOD"] for r in rows})
    notes = [
        f"{len({r['REF_AREA'] for r in rows})} provinces, {years[0]}-{years[-1]}; "
        f"{len(aside)} rows of regions and the whole kingdom set aside",
        f"{other} rows of variables that no series uses were passed over",
    ]
    return Reading(observation_table(rows), set_aside_table(aside), notes)


def _area(raw, sheet, number, line, at, codelists) -> str:
    """Return the province; the English and the Thai name must mean the same one."""
    english, thai = (line[at[h] - 1] for h in ("province_en", "province_th"))
    area = find_province(english, codelists, sheet=sheet, row=number, column="province_en", file=raw.name)
    if thai and codelists.find_area(thai) not in (None, area):
        raise refuse(raw.name, sheet.name, number, "province_en and province_th",
                     f"{english!r} and {thai!r} are two provinces", "Correct one of the names.")
    return area


def _require_all_series(raw, sheet, rows) -> None:
    if lost := [name for name, code in SERIES.items() if code not in {r["SERIES"] for r in rows}]:
        raise DataError(
            f"{raw.name}, sheet {sheet.name or '-'}, row -, column variable_en: no provincial row of "
            f"{', '.join(lost)}. Download the complete table again."
        )
