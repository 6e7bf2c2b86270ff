"""Names of the columns, one line of meaning each.

Capitals are SDMX concepts: they came from the source or the standard. Lower case we computed.
"""

KEY = ["SERIES", "REF_AREA", "SEX", "AGE", "URBANISATION", "FREQ", "TIME_PERIOD"]
"""The observation's key; `_T` means not broken down; a key has no nulls."""

MEASURES = {
    "OBS_VALUE": "the value, in UNIT_MEASURE",
    "NUMERATOR": "events or persons counted, where the value is a rate or share",
    "DENOMINATOR": "exposure or persons at risk behind the value",
    "STD_ERR": "standard error that the source gives",
    "SAMPLE_SIZE": "respondents behind a survey estimate",
    "UNIT_MEASURE": "unit of OBS_VALUE (code of series.csv)",
    "UNIT_MULT": "power of ten that multiplies OBS_VALUE (always 0 in the store)",
    "OBS_STATUS": "A normal, P provisional, B first period after a break, E estimated, I imputed",
    "LOWER_BOUND": "lower bound that the source gives",
    "UPPER_BOUND": "upper bound that the source gives",
    "COMMENT_OBS": "the source's remark",
}

PROVENANCE = {
    "source": "key of sources.csv",
    "source_file": "file name as received",
    "source_id": "sha256 of the raw file",
    "source_sheet": "sheet (or member of an archive); '' where the file has none",
    "source_row": "spreadsheet row, 1 is the first line of the file",
    "source_column": "spreadsheet column letter(s); for JSON the property",
    "as_of": "date of which the file says its figures are (ISO 8601); '' where it says none",
    "flags": "what we did or noticed, ';' between: nearest_province:12, denominator_carried:2, …",
    "vintage": "when we took it in (UTC, ISO 8601)",
}

COLUMNS = KEY + list(MEASURES) + list(PROVENANCE)
NUMERIC = ["OBS_VALUE", "NUMERATOR", "DENOMINATOR", "STD_ERR", "SAMPLE_SIZE", "LOWER_BOUND", "UPPER_BOUND"]
SPLITS = ("SEX", "AGE", "URBANISATION")
"""Dimensions by which a value can be broken down."""
TOTAL = "_T"

OFFICER_SOURCE = "province-file"
"""Key of sources.csv for files that officers send; a published source of the same value goes before it."""

SYNTHETIC = {"th": "ข้อมูลสังเคราะห์ ไม่ใช่ข้อมูลจริง", "en": "Synthetic data, not real"}
"""Stands on every page and figure made from data that are not real."""
