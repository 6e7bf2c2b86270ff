"""What a page shows, as files to take away: CSV for a spreadsheet and SDMX-CSV for a statistics office."""

from __future__ import annotations

import pandas as pd

from sdg_eval.concepts import COLUMNS, KEY, NUMERIC
from sdg_eval.store import csv_bytes, sdmx_csv_bytes

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""First letters by which a spreadsheet takes text for a formula."""
TEXTS = [c for c in COLUMNS if c not in NUMERIC and c not in ("UNIT_MULT", "source_row")]


def inert(text: str) -> str:
    """Return text that no spreadsheet computes: an apostrophe in front of what would begin a formula.

    Examples
    --------
    >>> inert("=HYPERLINK(1)"), inert("-"), inert("Sheet1")
    ("'=HYPERLINK(1)", "'-", 'Sheet1')
    """
    return f"'{text}" if text.startswith(FORMULA) else text


def series_files(rows: pd.DataFrame, *, synthetic: bool) -> tuple[bytes, bytes]:
    """Return (CSV, SDMX-CSV) of the observations of one series, provenance last; suppressed values are blank with status Q."""
    table = rows[COLUMNS].sort_values(KEY, kind="stable")
    risky = {column: table[column].str.startswith(FORMULA) for column in TEXTS}
    table = table.assign(**{column: table[column].map(inert) for column, found in risky.items() if found.any()})
    return csv_bytes(table.assign(synthetic=synthetic)), sdmx_csv_bytes(table)
