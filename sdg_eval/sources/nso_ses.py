"""Household Socio-Economic Survey of the National Statistical Office: mean monthly baht per household.

Wide tables of Buddhist-era years, irregularly spaced. The survey publishes no standard errors, and
provincial samples are small: jumps of a fifth between waves are sampling noise.
"""

from __future__ import annotations

from statistics import median

from sdg_eval.observations import observation_table
from sdg_eval.sources.reading import RawFile, Reading, as_text, read_wide, set_aside_table, year_columns

NAME = "nso-ses"
TITLE = "National Statistical Office: household income and expenditure (SES)"

WHOLE = "ทั่วราชอาณาจักร"
HEADER = ["ภาค", "จังหวัด"]
INCOME_YEARS, EXPENDITURE_YEARS = {2004, 2006, 2007, 2009, 2011}, {2012, 2014, 2016, 2018, 2020}
"""Income is asked in odd years (2006 apart), so a file with waves before 2012 is income; expenditure
is asked every year."""


def recognise(raw: RawFile) -> bool:
    """Region, province and B.E. years, with a row of the whole kingdom in baht per month."""
    if raw.kind not in ("text", "xlsx", "xls", "zip") or raw.first_row[:2] != HEADER or not year_columns(raw.first_row):
        return False
    return any(as_text(row[1] if len(row) > 1 else "") == WHOLE for row in raw.sheets[0].values[1:4])


def series_of(raw: RawFile) -> str:
    """Return TH_HH_INCOME or TH_HH_EXPEND: neither file says which it is, but their years do."""
    years = set(year_columns(raw.first_row))
    return "TH_HH_INCOME" if years & INCOME_YEARS or not years & EXPENDITURE_YEARS else "TH_HH_EXPEND"


def read(raw: RawFile, codelists) -> Reading:
    """Return mean monthly household income or expenditure of the provinces."""
    series = series_of(raw)
    rows, aside = read_wide(raw, codelists, series=series, name_column="จังหวัด", source=NAME, skip=(WHOLE,))
    years = sorted(year_columns(raw.first_row))
    told = "income" if series == "TH_HH_INCOME" else "expenditure"
    notes = [
        f"read as household {told}, told from its years {', '.join(map(str, years))}; "
        f"median {median(r['OBS_VALUE'] for r in rows):,.0f} baht a month",
        "no standard errors are published: a change between two waves may be sampling noise",
    ]
    return Reading(observation_table(rows), set_aside_table(aside), notes)
