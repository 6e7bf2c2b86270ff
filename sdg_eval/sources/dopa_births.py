"""Live births registered by the Department of Provincial Administration: counts, long table of B.E. years."""

from __future__ import annotations

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
from sdg_eval.thai import parse_year

NAME = "dopa-births"
TITLE = "Department of Provincial Administration: live births"

HEADER = ["จังหวัด", "ปี", "ชาย (คน)", "หญิง (คน)", "รวม (คน)"]
CODE = "TH_BIRTHS"


def recognise(raw: RawFile) -> bool:
    """Province, year, male, female, total."""
    return raw.kind in ("text", "xlsx", "xls", "zip") and set(HEADER) <= set(raw.first_row)


def read(raw: RawFile, codelists) -> Reading:
    """Return live births by province and year. A total that is not male plus female is refused."""
    sheet = raw.sheets[0]
    at = find_columns(sheet, HEADER, file=raw.name)
    unit = units(codelists, [CODE])[CODE]
    rows, aside = [], []
    for number, values in enumerate(sheet.values[1:], 2):
        line = [as_text(v) for v in values]
        if not any(line):
            continue
        area = find_province(line[at["จังหวัด"] - 1], codelists, sheet=sheet, row=number, column="A", file=raw.name)
        year = parse_year(line[at["ปี"] - 1])
        male, female, total = (read_number(sheet, number, at[h], file=raw.name) for h in HEADER[2:])
        if year < int(codelists.area(area)["valid_from"]):
            aside.append((sheet.name, number, HEADER[4], line[at[HEADER[4]] - 1], f"{area} did not exist yet"))
            continue
        if total is None:
            aside.append((sheet.name, number, HEADER[4], "", "blank"))
            continue
        if male is not None and female is not None and male + female != total:
            raise refuse(raw.name, sheet.name, number, "E", f"{male:g} + {female:g} is not {total:g}", "Correct the row.")
        rows.append(observation(raw, sheet, number, at[HEADER[4]], SERIES=CODE, REF_AREA=area, FREQ="A",
                                TIME_PERIOD=str(year), OBS_VALUE=total, UNIT_MEASURE=unit, source=NAME))
    years = sorted({r["TIME_PERIOD"] for r in rows})
    notes = [f"{len({r['REF_AREA'] for r in rows})} provinces, {years[0]}-{years[-1]}: counts, although such files are called rates"]
    return Reading(observation_table(rows), set_aside_table(aside), notes)
