"""One cell of a workbook to the value of its column: certain, or a fault with its code.

Read are Thai digits, both eras where the number leaves no doubt, Thai month names, commas between thousands,
the Thai or English word or the code of a list. What could mean two things is a fault.
"""

from __future__ import annotations

import datetime as dt
import re

from sdg_eval.codelists import Codelists
from sdg_eval.delivery.columns import COUNTRY, NUMBERS, ColumnSpec, known_targets, words_of
from sdg_eval.delivery.contract import is_date
from sdg_eval.errors import DataError
from sdg_eval.intake.numbers import DASHES, NO_VALUE, ValueFault, parse_value
from sdg_eval.thai import BE_OFFSET, clean_text, month_number, parse_year, thai_digits_to_arabic

YES = {"ใช่", "มี", "yes", "y", "true", "1", "✓", "✔"}
NO = {"ไม่ใช่", "ไม่มี", "no", "n", "false", "0"}
WHOLE_COUNTRY = {"th", "ประเทศไทย", "ทั้งประเทศ", "ทั่วประเทศ", "ระดับประเทศ", "thailand", "ส่วนกลาง"}
PERCENT_UNITS = {"ร้อยละ", "%", "เปอร์เซ็นต์", "percent", "per cent"}
MULTIPLIERS = {"baht": 1.0, "thousand_baht": 1e3, "million_baht": 1e6}
"""Baht in one unit of `unit_stated`; the same words stand in headers, as งบประมาณ (ล้านบาท)."""

_ERA = r"(?P<era>พ\.?\s?ศ\.?|ค\.?\s?ศ\.?|b\.?e\.?|c\.?e\.?|a\.?d\.?)?"
_DAY_FIRST = re.compile(
    rf"(?:วันที่\s*)?(?P<day>\d{{1,2}})\s*[-/. ]\s*(?P<month>\d{{1,2}})\s*[-/. ]\s*{_ERA}\s*(?P<year>\d+)", re.I
)
_YEAR_FIRST = re.compile(
    r"(?P<era>)(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})(?:[T ]00:00(:00)?)?"
)
_NAMED = re.compile(rf"(?:วันที่\s*)?(?P<day>\d{{1,2}})\s*(?P<month>[^\d\s]+?)\s*{_ERA}\s*(?P<year>\d+)", re.I)
_QUARTERS = (
    re.compile(r"(?P<year>\d{4})\s*[-/]?\s*[Qq]\s*(?P<quarter>\d+)"),
    re.compile(
        r"(?:ไตรมาส(?:ที่)?|[Qq])?\s*(?P<quarter>\d)\s*(?:/|ปีงบประมาณ|ของปีงบประมาณ)\s*(?:พ\.ศ\.\s*)?(?P<year>\d{4})"
    ),
)
_BAHT = re.compile(r"\s*(บาท|thb|฿)$", re.I)


class CellFault(Exception):
    """A cell that is not a value of its column: its code, and what it is held against."""

    def __init__(self, code: str, more: str = ""):
        super().__init__(code)
        self.code, self.more = code, more


def read_cell(
    spec: ColumnSpec, value, codelists: Codelists, *, percent_unit: bool = False, percent_format: bool = False
):
    """Return the value of a filled cell: text, or a float; None where it says that there is no value.

    Words, quarters and codes that are not known are returned as they stand, for the contract to refuse.

    Raises
    ------
    CellFault
        For what is no value of the column's kind, or could be two.
    """
    text = thai_digits_to_arabic(clean_text(str(value)))
    if not isinstance(value, str):
        pass
    elif text in DASHES and spec.kind != "text":
        raise CellFault("dash")
    elif text.startswith("#") and re.fullmatch(r"#(N/A|REF!|DIV/0!|VALUE!|NAME\?|NUM!|NULL!)", text):
        raise CellFault("error_cell")
    reader = {
        "date": _date,
        "fiscal_year": _fiscal_year,
        "quarter": _quarter,
        "flag": _flag,
        "target": _target,
    }.get(spec.kind)
    if reader is not None:
        return reader(value, text)
    if spec.kind == "area":
        return _area(text, codelists)
    if spec.kind == "code":
        return _word(spec, _whole(value, text))
    if spec.kind in NUMBERS:
        return _number(spec, value, percent_unit, percent_format)
    if spec.kind == "id":
        return _whole(value, text)
    return (
        value.date().isoformat() if isinstance(value, dt.datetime) else clean_text(_whole(value, str(value)))
    )


def _whole(value, text: str) -> str:
    """A number typed for a code, without the .0 that the spreadsheet adds."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else text


def _number(spec: ColumnSpec, value, percent_unit: bool, percent_format: bool) -> float | None:
    if spec.kind == "money" and isinstance(value, str):
        value = _BAHT.sub("", clean_text(value))
        if re.search(r"ล้าน|พัน|แสน|หมื่น|million|thousand", value):
            raise CellFault("money_words")
    share = spec.kind == "share" and percent_format  # shown as 25 %, stored as 0.25: a share already
    try:
        return parse_value(value, percent_unit=percent_unit, percent_format=percent_format and not share)[0]
    except ValueFault as fault:
        raise CellFault({"percent_unit": "percent"}.get(fault.code, fault.code)) from None


def _date(value, text: str) -> str | None:
    if isinstance(value, dt.date):
        year = value.year - BE_OFFSET if value.year > 2400 else value.year
        return _possible(year, value.month, value.day)
    if text.casefold() in NO_VALUE:
        return None
    match = _YEAR_FIRST.fullmatch(text) or _DAY_FIRST.fullmatch(text) or _NAMED.fullmatch(text)
    month = match and (int(match["month"]) if match["month"].isdigit() else month_number(match["month"]))
    if not match or not month:
        raise CellFault("date")
    if len(match["year"]) == 2:
        raise CellFault("two_digit_year")
    return _possible(_year(match["year"], match["era"] or ""), month, int(match["day"]))


def _year(text: str, era: str) -> int:
    """The Gregorian year of four digits; a word that names the other era is a fault."""
    era = re.sub(r"[.\s]", "", era).casefold()
    buddhist = int(text) > 2400
    if era in ("พศ", "be") and not buddhist or era in ("คศ", "ce", "ad") and buddhist:
        raise CellFault("era")
    return int(text) - BE_OFFSET if buddhist else int(text)


def _possible(year: int, month: int, day: int) -> str:
    found = f"{year:04d}-{month:02d}-{day:02d}"
    if not is_date(found):
        raise CellFault("date")
    return found


def _fiscal_year(value, text: str) -> float | None:
    if text.casefold() in NO_VALUE:
        return None
    text = re.sub(r"^(ปีงบประมาณ|งบประมาณ)\s*", "", _whole(value, text))
    if re.fullmatch(r"\d\d", text):
        raise CellFault("two_digit_year")
    try:
        return float(parse_year(text) + BE_OFFSET)
    except DataError:
        raise CellFault("fiscal_year") from None


def _quarter(value, text: str) -> str:
    """A Thai fiscal quarter as 2567Q2; a quarter that does not exist keeps its number, for the contract to refuse."""
    for pattern in _QUARTERS:
        if match := pattern.fullmatch(text):
            return f"{match['year']}Q{match['quarter']}"
    return text


def _flag(value, text: str) -> float:
    word = _whole(float(value) if isinstance(value, bool | int) else value, text).casefold()
    if word in YES or word in NO:
        return 1.0 if word in YES else 0.0
    raise CellFault("flag")


def _target(value, text: str) -> str | None:
    """An SDG target; a number has lost the nought that tells 8.10 from 8.1."""
    if text.casefold() in NO_VALUE:
        return None
    if isinstance(value, int | float) and not isinstance(value, bool):
        text = f"{value:g}"
        if f"{text}0" in known_targets():
            raise CellFault("target_ambiguous", f"{text} / {text}0")
        return text
    match = re.match(r"(?:SDG|เป้าประสงค์(?:ที่)?)?\s*(\d{1,2}\.[0-9a-d]{1,2})(?=$|\s|:)", text, re.I)
    return match[1].lower() if match else text


def _area(text: str, codelists: Codelists) -> str:
    if text.casefold() in WHOLE_COUNTRY:
        return COUNTRY
    if area := codelists.find_area(text):
        return area
    raise CellFault("province_unknown")


def _fold(text: str) -> str:
    return re.sub(r"[\s.]", "", text).casefold()


def _word(spec: ColumnSpec, text: str) -> str:
    """The code that a word of the list means; another word stays as it stands."""
    folded = _fold(text)
    for code, words in words_of(spec).items():
        if folded in (_fold(code), *map(_fold, words)):
            return code
    if spec.codes in ("steps", "goals") and (
        match := re.match(r"(?:ขั้นตอน(?:ที่)?|ขั้นที่|step|เป้าหมาย(?:ที่)?|sdg|goal)\s*(\d+)", text, re.I)
    ):
        return match[1]
    return text


def baht_in(text: str) -> float | None:
    """Return how many baht the unit named in a text is: ล้านบาท is 1e6; None where it names no unit of money."""
    folded = _fold(thai_digits_to_arabic(clean_text(text)))
    words = {
        "baht": ("บาท", "baht", "thb"),
        "thousand_baht": ("พันบาท", "thousandbaht", "1000บาท"),
        "million_baht": ("ล้านบาท", "millionbaht", "mb"),
    }
    return next((MULTIPLIERS[code] for code, spellings in words.items() if folded in spellings), None)
