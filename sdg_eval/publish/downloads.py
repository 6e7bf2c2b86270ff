"""What a page shows, as files to take away: CSV for a spreadsheet and SDMX-CSV for a statistics office."""

from __future__ import annotations

import re

import pandas as pd

from sdg_eval.concepts import COLUMNS, KEY, NUMERIC
from sdg_eval.intake.exchange import inert
from sdg_eval.store import csv_bytes, sdmx_csv_bytes

TEXTS = [c for c in COLUMNS if c not in NUMERIC and c not in ("UNIT_MULT", "source_row")]


def line(text: str) -> str:
    """Return text that no spreadsheet computes (`inert`) and that stays in its row: a line break in a name becomes a space."""
    return re.sub(r"[\r\n]+", " ", inert(text))


def series_files(rows: pd.DataFrame, *, synthetic: bool) -> tuple[bytes, bytes]:
    """Return (CSV, SDMX-CSV) of the observations of one series, provenance last; suppressed values are blank with status Q."""
    table = rows[COLUMNS].sort_values(KEY, kind="stable")
    table = table.assign(**{column: table[column].map({text: line(text) for text in table[column].unique()}) for column in TEXTS})
    return csv_bytes(table.assign(synthetic=synthetic)), sdmx_csv_bytes(table)
