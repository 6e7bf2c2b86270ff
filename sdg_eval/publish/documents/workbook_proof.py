"""Whether a workbook holds the numbers of its run: its cells are read again from the file and held against the tables on disk.

What writes the workbook has no part in this: the sheet says by its headers which column of which table each cell is.
"""

from __future__ import annotations

import io
import json
import math
import re
from functools import lru_cache
from itertools import zip_longest
from pathlib import Path

import pandas as pd

from sdg_eval.claims.ledger import AS_SAID, Fault
from sdg_eval.codelists import read_codelists
from sdg_eval.concepts import KEY
from sdg_eval.errors import DataError
from sdg_eval.observations import select_totals
from sdg_eval.publish.documents.excel_words import COLUMNS, excel_words
from sdg_eval.thai import year_text

AS_GOOD_AS_EQUAL = 1e-14
"""Of a number: a workbook holds sixteen digits, and the last of them may be rounded otherwise."""
NAME = re.compile(r"(TH-\d+)_results_.*_(th|en)\.xlsx")
HEAD = 2
"""The row of the headers."""
IN_WORDS = {"method", "common", "disagrees", "why"}
"""Columns of tables that a sheet shows in words of its language."""
CELL_LIMIT = 32767
"""Letters that a cell can hold."""


def require_numbers(content: bytes, run: Path, area: str, lang: str, name: str) -> None:
    """Raise DataError for the first cell of a workbook that is not what the tables of the run say of the province."""
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
    """Return each number of a workbook, and each text that a table of the run holds as it stands, that is not that of the run; and each row that is lost or too much."""
    folder = run / "provinces" / area
    try:
        table = pd.read_parquet(folder / "evaluation.parquet").set_index("result_id")
        said = json.loads((folder / "text.json").read_text(encoding="utf-8"))[lang]
        observations, rules = (pd.read_parquet(run / "national" / f"{part}.parquet", filters=[("REF_AREA", "==", area)]) for part in ("observations", "rules"))
    except (OSError, ValueError) as error:
        raise DataError(f"{folder}: no complete evaluation here ({error}). Run `sdg-eval evaluate` again.") from error
    book, words = _read_cells(content), excel_words(lang)
    sheets = {key: _rows(book[words[f"sheet_{key}"]]) for key in ("results", "observations", "provenance", "rules", "chart_data", "metadata")}
    observations = observations.sort_values(KEY, kind="stable")
    rules = rules.drop_duplicates(["SERIES", "FREQ", "method"]).sort_values(["SERIES", "FREQ"], kind="stable")
    faults = _result_faults(sheets["results"], table, said, name)
    for key, wanted in (("observations", observations), ("provenance", observations), ("rules", rules)):
        faults += _row_faults(sheets[key], wanted, f"{name}, {key}")
    faults += _chart_faults(sheets["chart_data"], observations, f"{name}, chart_data")
    faults += _metadata_faults(sheets["metadata"], f"{name}, metadata")
    return faults + _fact_faults(book[words["sheet_readme"]], run, lang, f"{name}, readme")


def _read_cells(content: bytes) -> dict[str, list[list]]:
    """The rows of each sheet by its name; rows without cells are left out."""
    from openpyxl import load_workbook
    from openpyxl.utils.escape import unescape

    book = load_workbook(io.BytesIO(content), read_only=True)
    return {sheet.title: [[unescape(v) if isinstance(v, str) else v for v in row] for row in sheet.iter_rows(values_only=True) if any(v is not None for v in row)] for sheet in book.worksheets}


def _rows(sheet: list[list]) -> list[dict]:
    """The rows of a sheet by the keys of its columns, which the headers tell."""
    keys = {COLUMNS[key][side]: key for side in (0, 1) for key in COLUMNS}
    head, *rows = sheet[HEAD - 1:] or [[]]
    head = [keys.get(text, "") for text in head]
    return [dict(zip_longest(head, row)) for row in rows]


def _result_faults(rows: list[dict], table: pd.DataFrame, said: dict, name: str) -> list[Fault]:
    """Each number and each sentence of the results that is not that of the evaluation, and each result that is not there once."""
    faults, seen = [], []
    for held in rows:
        seen.append(held.get("result_id"))
        if seen[-1] not in table.index:
            faults.append(Fault(name, str(seen[-1]), str(seen[-1]), "a result id of evaluation.parquet", AS_SAID))
            continue
        own = _told(table.loc[seen[-1]])
        for key in held:
            numeric = key in own and COLUMNS[key][2] != "text"
            wanted = own[key] if numeric else said.get(seen[-1], "") if key == "sentence" else None
            if (numeric and not _same(held[key], wanted)) or (key == "sentence" and (held[key] or "") != wanted):
                faults.append(Fault(name, f"{seen[-1]}, {key}", str(held[key]), str(wanted), AS_SAID))
    lost = sorted(set(table.index) - set(seen)) + sorted({key for key in seen if seen.count(key) > 1}, key=str)
    return faults + [Fault(name, str(key), "", "one row for each result of the table", AS_SAID) for key in lost]


def _row_faults(rows: list[dict], table: pd.DataFrame, name: str) -> list[Fault]:
    """Each cell that is not that of the same row of a table, for the columns that a sheet shows as the table holds them."""
    if len(rows) != len(table):
        return [Fault(name, "", str(len(rows)), f"{len(table)} rows, as the table has", AS_SAID)]
    faults = []
    for held, wanted in zip(rows, table.to_dict("records"), strict=True):
        for key in (key for key in held if key in wanted and key not in IN_WORDS):
            if not (_equal if COLUMNS[key][2] == "text" else _same)(held[key], wanted[key]):
                faults.append(Fault(name, f"{' '.join(str(wanted[k]) for k in KEY if k in wanted)}, {key}", str(held[key]), str(wanted[key]), AS_SAID))
    return faults


def _chart_faults(rows: list[dict], observations: pd.DataFrame, name: str) -> list[Fault]:
    """Each value of a chart that is not that of the observations, and each value of a series with a chart that its chart has not."""
    whole = select_totals(observations)
    held = dict(zip(zip(whole["SERIES"], whole["FREQ"], whole["TIME_PERIOD"], strict=True), whole["OBS_VALUE"], strict=True))
    told = {(row["SERIES"], row["FREQ"], row["TIME_PERIOD"]): row["OBS_VALUE"] for row in rows}
    drawn = {key[:2] for key in told}
    wrong = [key for key, value in told.items() if not _same(value, held.get(key))]
    lost = [key for key, value in held.items() if key[:2] in drawn and key not in told and not _blank(value)]
    return [Fault(name, " ".join(key), str(told.get(key)), str(held.get(key)), AS_SAID) for key in [*wrong, *lost]]


@lru_cache(maxsize=1)
def _listed() -> dict[str, dict]:
    """The series of the code lists, each with the usual lag of its agency: read once for all workbooks."""
    codelists = read_codelists()
    return {row["SERIES"]: row | {"lag_months": codelists.owner_of(row["SERIES"])["usual_lag_months"]} for row in codelists.series.to_dict("records")}


def _metadata_faults(rows: list[dict], name: str) -> list[Fault]:
    """Each number, name and unit of a series that is not that of the code lists."""
    series, faults = _listed(), []
    for held in rows:
        own = series.get(held["SERIES"], {})
        for key in ("goal", "indicator", "name_th", "name_en", "unit_th", "unit_en", "decimals", "lag_months"):
            if not (_equal if COLUMNS[key][2] == "text" else _same)(held.get(key), own.get(key)):
                faults.append(Fault(name, f"{held['SERIES']}, {key}", str(held.get(key)), str(own.get(key)), AS_SAID))
    return faults


def _fact_faults(sheet: list[list], run: Path, lang: str, name: str) -> list[Fault]:
    """What the first sheet says of the run otherwise than its record, where there is one."""
    path = run / "record.json"
    record = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    told, words = dict(row[:2] for row in sheet if len(row) > 1), excel_words(lang)
    wanted = {"run": record["run"], "data_hash": record["data_hash"], "version": record["version"], "report_year": year_text(record["report_year"], lang)} if record else {}
    return [Fault(name, key, str(told.get(words[key])), value, AS_SAID) for key, value in wanted.items() if told.get(words[key]) != value]


def _told(row: pd.Series) -> dict:
    """A row of the evaluation as a workbook tells it: a forecast that has no interval is not told."""
    own = row.to_dict()
    return own | ({"forecast": None, "forecast_year": None} if _blank(own.get("forecast_low")) else {})


def _blank(value) -> bool:
    return value is None or value is pd.NA or value == "" or (isinstance(value, float) and not math.isfinite(value))


def _equal(cell, wanted) -> bool:
    return ("" if _blank(cell) else str(cell)) == ("" if _blank(wanted) else str(wanted)[:CELL_LIMIT])


def _same(cell, wanted) -> bool:
    if _blank(cell) or _blank(wanted):
        return _blank(cell) and _blank(wanted)
    try:
        return math.isclose(float(cell), float(wanted), rel_tol=AS_GOOD_AS_EQUAL, abs_tol=0.0)
    except (TypeError, ValueError):
        return False
