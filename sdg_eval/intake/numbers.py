"""What a cell means as a value: a number that is certain, or "no value", or a fault."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal

from sdg_eval.thai import clean_text, thai_digits_to_arabic

NO_VALUE = {"", "n/a", "na", "n.a.", "n.a", "..", "...", "…", "ไม่มีข้อมูล", "ไม่มี", "ไม่ได้สำรวจ", "ยังไม่มีข้อมูล", "null", "none", "nan"}
"""Texts that can only mean that there is no value."""
DASHES = {"-", "--", "–", "—", "−", "- -"}
"""A dash may be "no value" or zero: both are usual in Thai tables."""

_PLAIN = re.compile(r"[+-]?(\d+)(\.\d+)?|[+-]?\.\d+")
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
_SCIENTIFIC = re.compile(r"[+-]?\d+(\.\d+)?[eE][+-]?\d{1,3}")
_ERROR = re.compile(r"#(N/A|REF!|DIV/0!|VALUE!|NAME\?|NUM!|NULL!|####*|SPILL!|CALC!)", re.I)
_DATE = re.compile(r"\d{1,2}[-/ ]?[a-zก-๙.]{2,}([-/ ]?\d{2,4})?|[a-zก-๙.]{2,}[-/ ]\d{2,4}|\d{1,4}[-/]\d{1,2}[-/]\d{1,4}|\d{1,2}[/]\d{1,2}", re.I)


class ValueFault(Exception):
    """A cell that is neither a number nor "no value": its code, and what it is held against."""

    def __init__(self, code: str, more: str = ""):
        super().__init__(code)
        self.code, self.more = code, more


def parse_value(value, *, percent_unit: bool, unit: str = "", percent_format: bool = False, dash: str = "", decimal_comma: bool = False) -> tuple[float | None, tuple[str, ...]]:
    """Return (number or None, what was assumed) of a cell in a value column.

    Parameters
    ----------
    percent_unit
        The unit is per cent: a % sign is then part of the writing, not of the value.
    percent_format
        The workbook shows the number as per cent, so 0.125 is 12.5.
    dash
        What a dash was declared to mean: `missing`, `zero`, or '' (a fault).
    decimal_comma
        The file separates columns by semicolons, as programs do that write decimals with a comma.

    Raises
    ------
    ValueFault
        `number`, `number_comma`, `dash`, `date_value`, `error_cell`, `rounded`, `percent_unit`.
    """
    if value is None:
        return None, ()
    if isinstance(value, bool):
        raise ValueFault("number")
    if isinstance(value, dt.date | dt.time | dt.timedelta):
        raise ValueFault("date_value")
    if isinstance(value, int | float):
        return _number(value, percent_unit, unit, percent_format)
    text = thai_digits_to_arabic(clean_text(str(value)))
    if text.casefold() in NO_VALUE:
        return None, ()
    if text in DASHES:
        if dash == "missing":
            return None, ()
        if dash == "zero":
            return 0.0, ("dash_declared:zero",)
        raise ValueFault("dash")
    text, assumed = text.replace("\u2212", "-"), ()
    if text.endswith(("%", "٪", "％")):
        if not percent_unit:
            raise ValueFault("percent_unit", unit)
        text, assumed = text[:-1].rstrip(), ("percent_sign",)
    if _PLAIN.fullmatch(text):
        return float(text), assumed
    if _THOUSANDS.fullmatch(text):
        if decimal_comma and text.count(",") == 1 and "." not in text:
            raise ValueFault("number_comma")
        return float(text.replace(",", "")), (*assumed, "thousands_comma")
    raise ValueFault(_fault_of(text))


def _number(value, percent_unit: bool, unit: str, percent_format: bool) -> tuple[float | None, tuple[str, ...]]:
    if value != value or value in (float("inf"), float("-inf")):
        raise ValueFault("number")
    if not percent_format:
        return float(value), ()
    if not percent_unit:
        raise ValueFault("percent_unit", unit)
    return float(Decimal(repr(float(value))) * 100), ("percent_format",)


def _fault_of(text: str) -> str:
    if _ERROR.fullmatch(text):
        return "error_cell"
    if _SCIENTIFIC.fullmatch(text):
        return "rounded"
    if re.fullmatch(r"[+-]?[\d.,]+", text):
        return "number_comma"
    return "date_value" if _DATE.fullmatch(text) else "number"


def looks_like_value(value) -> bool:
    """True for a cell that could be a figure: a number, or text that begins as one."""
    if isinstance(value, bool) or value is None:
        return False
    if isinstance(value, int | float):
        return True
    return bool(re.match(r"[+-]?[.]?\d", thai_digits_to_arabic(str(value).strip())))
