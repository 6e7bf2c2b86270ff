"""Whether a workbook holds the numbers of its run: its cells are read again from the file and held against the tables on disk.

What writes the workbook has no part in this: the sheet says by its headers which column of which table each cell is.
"""

from __future__ import annotations

import io
import json
import math
import re
from pathlib import Path

import pandas as pd

from sdg_eval.claims.ledger import AS_SAID, Fault
from sdg_eval.errors import DataError
from sdg_eval.publish.documents.excel_words import COLUMNS, excel_words

AS_GOOD_AS_EQUAL = 1e-14
"""Of a number: a workbook holds sixteen digits, and the last of them may be rounded otherwise."""
NAME = re.compile(r"(TH-\d+)_results_.*_(th|en)\.xlsx")
HEAD = 2
"""The row of the headers."""


def require_numbers(content: bytes, run: Path, area: str, lang: str, name: str) -> None:
    """Raise DataError for the first cell of the results in a workbook that is not what the evaluation of the province says."""
    if faults := workbook_faults(content, run, area, lang, name):
        raise DataError(f"{faults[0]} Nothing was published.")


def check_workbooks(run) -> list[Fault]:
    """Return what the workbooks among the documents of a run say otherwise than its tables."""
    faults = []
    for path in sorted((Path(run) / "documents").glob("*.xlsx")):
        if found := NAME.fullmatch(path.name):
            faults += workbook_faults(path.read_bytes(), Path(run), *found.groups(), f"documents/{path.name}")
    return faults


def workbook_faults(content: bytes, run: Path, area: str, lang: str, name: str) -> list[Fault]:
    """Return each number and each sentence on the sheet of results that is not that of the province's evaluation, and each result that is not there once."""
    from openpyxl import load_workbook

    folder = run / "provinces" / area
    try:
        table = pd.read_parquet(folder / "evaluation.parquet").set_index("result_id")
        said = json.loads((folder / "text.json").read_text(encoding="utf-8"))[lang]
    except (OSError, ValueError) as error:
        raise DataError(f"{folder}: no complete evaluation here ({error}). Run `sdg-eval evaluate` again.") from error
    book = load_workbook(io.BytesIO(content), read_only=True, data_only=False)
    rows = list(book[excel_words(lang)["sheet_results"]].iter_rows(values_only=True))
    keys = {COLUMNS[key][lang != "th"]: key for key in COLUMNS}
    head = [keys.get(text, "") for text in rows[HEAD - 1]]
    faults, seen = [], []
    for row in rows[HEAD:]:
        held = dict(zip(head, row, strict=False))
        seen.append(held.get("result_id"))
        if seen[-1] not in table.index:
            faults.append(Fault(name, str(seen[-1]), str(seen[-1]), "a result id of evaluation.parquet", AS_SAID))
            continue
        own = _told(table.loc[seen[-1]])
        for key in head:
            numeric = key in own and COLUMNS[key][2] != "text"
            wanted = own[key] if numeric else said.get(seen[-1], "") if key == "sentence" else None
            if (numeric and not _same(held[key], wanted)) or (key == "sentence" and (held[key] or "") != wanted):
                faults.append(Fault(name, f"{seen[-1]}, {key}", str(held[key]), str(wanted), AS_SAID))
    lost = sorted(set(table.index) - set(seen)) + sorted({key for key in seen if seen.count(key) > 1}, key=str)
    return faults + [Fault(name, str(key), "", "one row for each result of the table", AS_SAID) for key in lost]


def _told(row: pd.Series) -> dict:
    """A row of the evaluation as a workbook tells it: a forecast that has no interval is not told."""
    own = row.to_dict()
    return own | ({"forecast": None, "forecast_year": None} if _blank(own.get("forecast_low")) else {})


def _blank(value) -> bool:
    return value is None or value is pd.NA or value == "" or (isinstance(value, float) and not math.isfinite(value))


def _same(cell, wanted) -> bool:
    if _blank(cell) or _blank(wanted):
        return _blank(cell) and _blank(wanted)
    try:
        return math.isclose(float(cell), float(wanted), rel_tol=AS_GOOD_AS_EQUAL, abs_tol=0.0)
    except (TypeError, ValueError):
        return False
