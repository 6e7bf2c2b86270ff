"""From a figure on a page back to the cell it came from, with everything that was done on the way."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import pandas as pd

from sdg_eval.codelists import Codelists
from sdg_eval.derive import with_derived
from sdg_eval.errors import DataError
from sdg_eval.grid import book_of, column_number
from sdg_eval.observations import select_totals
from sdg_eval.store import raw_path, read_latest, revisions
from sdg_eval.thai import format_period

_CELL = re.compile(r"(?P<series>[A-Z0-9_]+)@(?P<file>.*):(?P<sheet>[^:]*):(?P<row>\d*):(?P<column>[^:]*)")
NO_TEXT = "(the raw file is not kept in this store)"


@dataclass(frozen=True)
class Origin:
    """One cell: where it stands, and the text that is found there now."""

    series: str
    file: str
    source_id: str
    sheet: str
    row: str
    column: str
    raw_text: str
    value: float = float("nan")
    vintage: str = ""
    as_of: str = ""


@dataclass(frozen=True)
class Trace:
    """A value, the steps that made it, and the cells it rests on."""

    SERIES: str
    REF_AREA: str
    TIME_PERIOD: str
    value: float
    unit: str
    steps: list[str]
    origins: list[Origin]
    history: list[tuple[str, float, str]] = field(default_factory=list)


def trace_value(store, codelists: Codelists, area: str, series: str, time_period: str) -> Trace:
    """Return where the latest value of a series in an area and period comes from.

    Raises DataError when there is no such value; it names the periods that there are.
    """
    rule = codelists.derivations[codelists.derivations["SERIES"] == series]
    parents = [p for p in rule[["numerator", "denominator"]].to_numpy().ravel() if p] if len(rule) else []
    table = read_latest(store, series=_with_ancestors([series, *parents], codelists), areas=[area])
    table = with_derived(table, codelists) if len(rule) else table
    rows = table[(table["SERIES"] == series) & (table["REF_AREA"] == area)]
    found = rows[rows["TIME_PERIOD"] == time_period]
    if found.empty:
        there = ", ".join(sorted(set(rows["TIME_PERIOD"]))) or "none"
        raise DataError(f"{series} in {area} has no value of {time_period}; there are: {there}. Write one of these.")
    total = select_totals(found)
    row = (total if len(total) else found).iloc[0]
    steps, origins = _steps(row, rule), [_origin(row, store)]
    for part in str(row["flags"]).split(";"):
        if part.startswith(("parent:", "exposure:")) and (cell := _CELL.fullmatch(part.partition(":")[2])):
            origins.append(_parent(cell, table, store))
    if any(o.series != series for o in origins):
        origins = [o for o in origins if o.series != series or o.raw_text]
    history = []
    if not len(rule):
        own = revisions(store, series, area=area)
        own = select_totals(own[own["TIME_PERIOD"] == time_period])
        history = [(r["vintage"], r["OBS_VALUE"], r["source_file"]) for r in own.to_dict("records")]
    return Trace(series, area, time_period, float(row["OBS_VALUE"]), row["UNIT_MEASURE"], steps, origins, history)


def _with_ancestors(series: list[str], codelists: Codelists) -> list[str]:
    """Series and everything they are derived from."""
    wanted, rules = list(series), codelists.derivations.set_index("SERIES")
    for code in wanted:
        if code in rules.index:
            for parent in (rules.at[code, "numerator"], rules.at[code, "denominator"]):
                if parent and parent not in wanted:
                    wanted.append(parent)
    return wanted


def _steps(row: pd.Series, rule: pd.DataFrame) -> list[str]:
    """What was done between the cell and the value, in order."""
    steps = [flag.replace("assumed:", "rule applied: ") for flag in str(row["flags"]).split(";") if flag and not flag.startswith(("parent:", "exposure:"))]
    for r in rule.to_dict("records"):
        over = f" / {r['denominator']}" if r["denominator"] else ""
        steps.append(f"{r['rule']}: {r['numerator']}{over} x {r['factor']}" + (f" ({r['note']})" if r["note"] else ""))
    return steps


def _origin(row: pd.Series, store) -> Origin:
    place = [str(row["source_sheet"]), "" if pd.isna(row["source_row"]) else str(row["source_row"]), str(row["source_column"])]
    return Origin(
        row["SERIES"], row["source_file"], row["source_id"], *place, raw_text(store, row["source_id"], row["source_file"], *place),
        float(row["OBS_VALUE"]), row["vintage"], row["as_of"],
    )  # fmt: skip


def _parent(cell, table: pd.DataFrame, store) -> Origin:
    """The cell of a parent value, with the hash of its file."""
    own = table[(table["SERIES"] == cell["series"]) & (table["source_file"] == cell["file"]) & (table["source_sheet"] == cell["sheet"])]
    own = own[(own["source_row"].astype("str") == cell["row"]) & (own["source_column"] == cell["column"])]
    if own.empty:
        return Origin(cell["series"], cell["file"], "", cell["sheet"], cell["row"], cell["column"], NO_TEXT)
    return _origin(own.iloc[0], store)


def raw_text(store, source_id: str, file: str, sheet: str, row: str, column: str) -> str:
    """Return the text that stands in a cell of a kept raw file; a reason in brackets where there is none."""
    path = raw_path(store, source_id)
    if path is None:
        return NO_TEXT
    if not row or not re.fullmatch(r"[A-Z]{1,3}", column):
        return "(no cell: the value was summed or stands in a file without columns)"
    try:
        book = book_of(file, source_id, path.read_bytes())
    except DataError:
        return "(not a table of cells)"
    sheets = [s for s in book.sheets if s.name == sheet] or book.sheets[:1]
    value = sheets[0].value(int(row), column_number(column)) if sheets else None
    return "" if value is None else str(value)


def trace_lines(trace: Trace, codelists: Codelists) -> list[str]:
    """Return a trace as a terminal shows it."""
    known = trace.SERIES in set(codelists.series["SERIES"])
    name = f" ({codelists.series_name(trace.SERIES, 'th')})" if known else ""
    lines = [
        f"{trace.SERIES}{name}",
        f"{codelists.area_name(trace.REF_AREA, 'th')} {trace.REF_AREA}, {format_period(trace.TIME_PERIOD, 'th')} ({trace.TIME_PERIOD}): {trace.value:.10g} {trace.unit}",
    ]
    for origin in trace.origins:
        sheet = f", sheet {origin.sheet}" if origin.sheet else ""
        lines += [
            f"  cell: {origin.file}{sheet}, row {origin.row or '-'}, column {origin.column or '-'}: {origin.raw_text!r}  [{origin.series} = {origin.value:.10g}]",
            f"    file sha256 {origin.source_id or '-'}; taken in {origin.vintage or '-'}" + (f"; figures as of {origin.as_of}" if origin.as_of else ""),
        ]
    lines += [f"  then: {step}" for step in trace.steps]
    if len(trace.history) > 1:
        lines += [f"  vintage {vintage}: {value:.10g} ({file})" for vintage, value, file in trace.history]
    return [*lines, f"  on the page: provinces/{trace.REF_AREA}/index.html#{trace.SERIES}"]
