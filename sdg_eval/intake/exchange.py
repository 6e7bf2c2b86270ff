"""The exchange view of what was taken in: the columns that offices know, safe to open in a spreadsheet."""

from __future__ import annotations

import pandas as pd

from sdg_eval.codelists import Codelists
from sdg_eval.intake.meaning import REPORTED

EXCHANGE_COLUMNS = ["indicator", "province", "province_code", "period", "value", "numerator", "denominator", "unit", "note"]
PROVENANCE_COLUMNS = [
    "SERIES", "REF_AREA", "SEX", "AGE", "URBANISATION", "FREQ", "TIME_PERIOD", "OBS_STATUS", "as_of", "source_file", "source_id",
    "source_sheet", "source_row", "source_column", "flags",
]  # fmt: skip
_LIVE = ("=", "+", "-", "@", "\t", "\r")


def inert(text: str) -> str:
    """Return a text that no spreadsheet program runs as a formula: a live first sign gets an apostrophe before it."""
    return "'" + text if text.startswith(_LIVE) else text


def indicator_of(series: str, codelists: Codelists) -> str:
    """Return the indicator code of a series, also of one that provinces report outside the codelist."""
    if series.startswith(REPORTED):
        first, second, third = series.removeprefix(REPORTED).split("_")[:3]
        return f"{first}.{second.lower()}.{third}"
    return codelists.series_row(series)["indicator"]


def unit_text(series: str, unit: str, codelists: Codelists) -> str:
    """Return the Thai name of an observation's unit."""
    if not series.startswith(REPORTED):
        return codelists.series_row(series)["unit_th"]
    return codelists.units.set_index("unit")["name_th"][unit]


def exchange_table(observations: pd.DataFrame, codelists: Codelists) -> pd.DataFrame:
    """Return observations with EXCHANGE_COLUMNS, then PROVENANCE_COLUMNS; all text inert.

    `period` is the Gregorian year, `2022-10-01/P1Y` for a fiscal year, `2023-Q1` for a quarter; a span
    of years stays one.
    """
    pairs = {s: indicator_of(s, codelists) for s in observations["SERIES"].unique()}
    units = {
        (s, u): unit_text(s, u, codelists)
        for s, u in observations[["SERIES", "UNIT_MEASURE"]].drop_duplicates().itertuples(index=False)
    }
    table = pd.DataFrame(
        {
            "indicator": observations["SERIES"].map(pairs),
            "province": [codelists.area_name(a, "th") for a in observations["REF_AREA"]],
            "province_code": observations["REF_AREA"].str.removeprefix("TH-"),
            "period": observations["TIME_PERIOD"],
            "value": observations["OBS_VALUE"], "numerator": observations["NUMERATOR"], "denominator": observations["DENOMINATOR"],
            "unit": [units[key] for key in zip(observations["SERIES"], observations["UNIT_MEASURE"], strict=True)],
            "note": observations["COMMENT_OBS"],
        }
    )  # fmt: skip
    table = table.join(observations[PROVENANCE_COLUMNS])
    for column in ("note", "source_file", "source_sheet"):
        table[column] = table[column].map(inert)
    return table
