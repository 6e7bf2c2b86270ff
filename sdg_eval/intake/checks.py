"""What a figure must keep to before it is believed: bounds, its own numerator and denominator, one value a key."""

from __future__ import annotations

from sdg_eval.grid import column_letter
from sdg_eval.intake.refusal import Faults
from sdg_eval.intake.rows import PERCENT, Record

SHARE_KINDS = ("rate", "proportion")


def check_records(records: list[Record], codelists, declared, faults: Faults) -> list[Record]:
    """Return the records, each key once; every breach of the codelist's rules is added to `faults`."""
    series = {row["SERIES"]: row for row in codelists.series.to_dict("records")}
    since = dict(zip(codelists.areas["REF_AREA"], codelists.areas["valid_from"].astype(int), strict=True))
    for record in records:
        _check_bounds(record, series.get(record.series), declared, faults)
        _check_parts(record, series.get(record.series), faults)
        if record.period.start[0] < since[record.area]:
            _fault(faults, "province_not_yet", record, codelists.area_name(record.area, "th"), since[record.area])
    return _once(records, faults)


def _fault(faults: Faults, code: str, record: Record, found, more="", measure: str = "OBS_VALUE") -> None:
    column = record.columns.get(measure, record.column)
    faults.add(code, sheet=record.sheet, row=record.row, column=column_letter(column), found=found, more=more)


def bounds_of(record: Record, row: dict | None, allow_negative: bool) -> tuple[float | None, float | None]:
    """Return (lowest, highest) allowed value: the codelist's, 0-100 for a per cent of a whole, never negative unless said."""
    percent = record.unit == PERCENT
    if row is not None:
        lower = float(row["lower"]) if row["lower"] else None
        upper = float(row["upper"]) if row["upper"] else (100.0 if percent and row["kind"] in SHARE_KINDS else None)
        if lower is None and row["kind"] != "index":
            lower = 0.0
    else:
        lower, upper = 0.0, 100.0 if percent else None
    return (None if allow_negative else lower), upper


def _check_bounds(record: Record, row: dict | None, declared, faults: Faults) -> None:
    lower, upper = bounds_of(record, row, declared.allow_negative)
    for measure, value in record.values.items():
        low, high = (lower, upper) if measure == "OBS_VALUE" else (0.0, None)
        if low == 0 and value < 0 and high is None:
            _fault(faults, "negative", record, f"{value:g}", measure=measure)
        elif (low is not None and value < low) or (high is not None and value > high):
            span = f"{'' if low is None else f'{low:g}'}-{'' if high is None else f'{high:g}'}"
            _fault(faults, "bounds", record, f"{value:g}", span, measure)


def _check_parts(record: Record, row: dict | None, faults: Faults) -> None:
    value, top, base = (record.values.get(m) for m in ("OBS_VALUE", "NUMERATOR", "DENOMINATOR"))
    if value is None:
        if top is not None or base is not None:
            _fault(faults, "value_missing", record, "", measure="NUMERATOR" if top is not None else "DENOMINATOR")
        return
    if top is None or base is None:
        return
    factor = 100.0 if record.unit == PERCENT else float(row["per"]) if row and row["kind"] == "rate" and row["per"] else None
    if record.unit == PERCENT and top > base:
        _fault(faults, "parts_order", record, f"{top:g}", f"{base:g}", "NUMERATOR")
    elif factor and base > 0 and abs(top / base * factor - value) > _rounding(value):
        _fault(faults, "parts", record, f"{value:g}", f"{top:g}/{base:g} = {top / base * factor:.4g}")


def _rounding(value: float) -> float:
    """Half of the last digit shown, and a little: what an honest rounding can take away."""
    text = f"{value:.10f}".rstrip("0")
    shown = len(text.partition(".")[2])
    return 0.5 * 10.0**-shown + 1e-9 + (0.5 if shown == 0 else 0.0) * 0.1


def _once(records: list[Record], faults: Faults) -> list[Record]:
    """One record a key: the same figure twice counts once, two different ones are a conflict told at both places."""
    kept: dict[tuple, Record] = {}
    for record in records:
        key = (record.series, record.area, record.period.time_period, record.sex, record.age, record.urban)
        first = kept.setdefault(key, record)
        if first is record:
            continue
        if first.values == record.values:
            first.assumed += ("said_twice",)
            continue
        value = record.values.get("OBS_VALUE", "")
        other = first.values.get("OBS_VALUE", "")
        _fault(faults, "duplicate", record, _text(value), f"{_text(other)} ({_place(first)})")
        _fault(faults, "duplicate", first, _text(other), f"{_text(value)} ({_place(record)})")
    return list(kept.values())


def _text(value) -> str:
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _place(record: Record) -> str:
    return f"{record.sheet + ' ' if record.sheet else ''}{column_letter(record.column)}{record.row}"
