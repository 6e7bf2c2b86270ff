"""A copy of gross provincial product at current prices, million baht: only a cross-check of NESDC's table."""

from __future__ import annotations

import pandas as pd

from sdg_eval.observations import observation_table
from sdg_eval.sources.reading import RawFile, Reading, as_text, read_wide, set_aside_table, year_columns

NAME = "nso-gpp"
TITLE = "GPP at current prices (a copy, for cross-checking)"
TOLERANCE_BAHT_MN = 0.5
"""The copy rounds some provinces to whole million baht."""


def recognise(raw: RawFile) -> bool:
    """Province and B.E. years only, without a row of the whole kingdom."""
    header = raw.first_row if raw.kind in ("text", "xlsx", "xls", "zip") else []
    if header[:1] != ["จังหวัด"] or len(header) < 3 or len(year_columns(header)) != len(header) - 1:
        return False
    return not any(as_text(row[0] if row else "") == "ทั่วราชอาณาจักร" for row in raw.sheets[0].values[1:])


def read(raw: RawFile, codelists) -> Reading:
    """Return TH_GPP_CP_NSO of the provinces."""
    rows, aside = read_wide(raw, codelists, series="TH_GPP_CP_NSO", name_column="จังหวัด", source=NAME)
    return Reading(observation_table(rows), set_aside_table(aside), ["not evaluated: compared with NESDC's table value by value"])


def cross_check(observations: pd.DataFrame, tolerance: float = TOLERANCE_BAHT_MN) -> pd.DataFrame:
    """Return the cells where the copy and NESDC's own table differ by more than `tolerance` (million baht).

    Columns REF_AREA, TIME_PERIOD, copy, nesdc.
    """
    wide = observations[observations["SERIES"].isin(["TH_GPP_CP_NSO", "TH_GPP_TOTAL_CP"])]
    wide = wide.pivot_table(index=["REF_AREA", "TIME_PERIOD"], columns="SERIES", values="OBS_VALUE").dropna()
    wide = wide.rename(columns={"TH_GPP_CP_NSO": "copy", "TH_GPP_TOTAL_CP": "nesdc"}).rename_axis(columns=None)
    return wide[(wide["copy"] - wide["nesdc"]).abs() > tolerance].reset_index()
