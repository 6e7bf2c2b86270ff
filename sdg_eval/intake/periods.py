"""What a text means as a period: a year of either era, a fiscal year, a quarter, a month, a span of years.

A period is certain or it is not taken: two digits, a quarter that may be fiscal, a date where a year
belongs are faults, unless the sender has declared how to read them; what was declared is recorded.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, replace
from functools import lru_cache

from sdg_eval.thai import BE_OFFSET, clean_text, fiscal_quarter, month_number, thai_digits_to_arabic

FIRST_YEAR = 1950
"""No provincial series begins before; an older year is a slip of the keyboard (2461 for 2561)."""
MAX_SPAN = 10
"""Years of the longest span that one value may stand for."""

_ERA = r"(?:(?P<era>พศ|คศ|be|ce|ad)\s*)?"
_FISCAL = r"(?:ปีงบประมาณ|ปีงบ|งบประมาณ|ปีงปม|งปม|fiscal year|fy)"
_JOIN = r"[\s/,\-]*(?:ของ|of)?\s*(?:ปี)?\s*"
_YEAR = re.compile(rf"(?:ประจำ)?(?:ปี\s*)?(?P<calendar>ปฏิทิน)?\s*{_ERA}(?P<year>\d{{4}})")
_FISCAL_YEAR = re.compile(rf"(?:ประจำ)?{_FISCAL}\s*{_ERA}(?P<year>\d{{4}})")
_ACADEMIC = re.compile(rf"(?:ปีการศึกษา|academic year)\s*{_ERA}(?P<year>\d{{4}})")
_QUARTER = re.compile(rf"(?:ไตรมาส\s*(?:ที่)?|quarter|q)\s*(?P<quarter>[1-4]){_JOIN}(?P<fiscal>{_FISCAL})?\s*{_ERA}(?P<year>\d{{4}})")
_QUARTER_SDMX = re.compile(r"(?P<year>\d{4})-q(?P<quarter>[1-4])")
_QUARTER_LAST = re.compile(rf"(?P<fiscal>{_FISCAL})?\s*{_ERA}(?P<year>\d{{4}})[\s/,\-]*(?:ไตรมาส\s*(?:ที่)?|quarter|q)\s*(?P<quarter>[1-4])")
_MONTH_NAME = re.compile(rf"(?:เดือน\s*)?(?P<month>[^\d]+?)\s*(?:ปี\s*)?{_ERA}(?P<year>\d{{4}})")
_MONTH = re.compile(r"(?P<year>\d{4})-(?P<month>0[1-9]|1[0-2])")
_MONTH_SLASH = re.compile(r"(?P<month>0?[1-9]|1[0-2])/(?P<year>\d{4})")
_SPAN = re.compile(rf"(?:ปี\s*)?{_ERA}(?P<year>\d{{4}})\s*(?:-|–|ถึง|to)\s*(?:พศ|คศ)?\s*(?P<last>\d{{4}})")
_RANGE = re.compile(r"(?P<year>\d{4})-(?P<month>\d\d)-01/p(?P<years>\d{1,2})y")
_TWO = re.compile(rf"(?:(?:ปี|{_FISCAL}|พศ|คศ)\s*)'?\d\d|'\d\d")
_MONTH_TWO = re.compile(r"([^\d]+?)\s*'?(\d\d)")
_DATE = re.compile(r"\d{4}-\d\d-\d\d([ t].*)?|\d{1,2}[/.]\d{1,2}[/.]\d{2,4}|\d{1,2}-[a-zก-๙.]+-?\d{0,4}|\d{1,2}\s+[ก-๙.]{3,}\s+\d{2,4}")
_MARK = re.compile(r"(?<=\d)\s*\(?(?P<mark>[rp])\)?$")


@dataclass(frozen=True)
class Period:
    """An SDMX period with its frequency; `bare` is a year that says nothing of the kind of year."""

    time_period: str
    freq: str = "A"
    bare: bool = False
    status: str = ""
    assumed: tuple[str, ...] = ()

    @property
    def start(self) -> tuple[int, int]:
        """First year and month."""
        if "-Q" in self.time_period:
            return int(self.time_period[:4]), 3 * int(self.time_period[-1]) - 2
        month = re.match(r"\d{4}-(\d\d)", self.time_period)
        return int(self.time_period[:4]), int(month[1]) if month else 1


class PeriodFault(Exception):
    """A text that speaks of time and is not certain: its code, and what it is held against."""

    def __init__(self, code: str, more: str = ""):
        super().__init__(code)
        self.code, self.more = code, more


def year_range(today: dt.date) -> str:
    """Return the allowed years in both eras, for messages."""
    return f"{FIRST_YEAR}–{today.year}, {FIRST_YEAR + BE_OFFSET}–{today.year + BE_OFFSET}"


def _year(text: str, era: str | None, today: dt.date) -> int:
    number = int(text)
    buddhist = number > 2400
    if (era in ("พศ", "be") and not buddhist) or (era in ("คศ", "ce", "ad") and buddhist):
        raise PeriodFault("era")
    year = number - BE_OFFSET if buddhist else number
    if not FIRST_YEAR <= year <= today.year:
        raise PeriodFault("year_range", year_range(today))
    return year


def fold(value) -> str:
    """Return a text as it is compared: Arabic digits, single spaces, no full stops within words."""
    text = thai_digits_to_arabic(clean_text(str(value))).casefold()
    return re.sub(r"(?<=[^\d])\.|\.(?=[^\d])", "", text).strip()


def parse_period(value, declared) -> Period | None:
    """Return what a cell means as a period; None where it does not speak of time at all.

    Raises PeriodFault for a text that does and is not certain: `year_range`, `era`, `two_digit_year`,
    `date_period`, `quarter_basis`, `period_unclear`.
    """
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, dt.date):
        raise PeriodFault("date_period")
    if isinstance(value, float):
        if not value.is_integer():
            return None
        value = int(value)
    return _parse(str(value), declared.quarters, declared.two_digit_years, declared.today)


@lru_cache(maxsize=50_000)
def _parse(text: str, quarters: str, two_digits: str, today: dt.date) -> Period | None:
    text = fold(text)
    if not re.search(r"\d\d", text):
        return None
    status, assumed = "", ()
    if mark := _MARK.search(text):
        text, status = text[: mark.start()], "P" if mark["mark"] == "p" else ""
        assumed = (f"period_mark:{mark['mark']}",)
    period = _known(text, quarters, today)
    if period is None and (short := _two_digits(text, two_digits, quarters, today)) is not None:
        period = short
    return period and replace(period, status=status, assumed=period.assumed + assumed)


def _known(text: str, quarters: str, today: dt.date) -> Period | None:
    if m := _FISCAL_YEAR.fullmatch(text):
        return Period(f"{_year(m['year'], m['era'], today) - 1}-10-01/P1Y")
    if m := _ACADEMIC.fullmatch(text):
        return Period(f"{_year(m['year'], m['era'], today)}-05-01/P1Y")
    if m := _RANGE.fullmatch(text):
        years = int(m["years"])
        return Period(f"{_year(m['year'], None, today)}-{m['month']}-01/P{years}Y", "A" if years == 1 else f"A{years}")
    if m := _QUARTER_SDMX.fullmatch(text):
        return Period(f"{_year(m['year'], None, today)}-Q{m['quarter']}", "Q")
    if m := _QUARTER.fullmatch(text) or _QUARTER_LAST.fullmatch(text):
        return _quarter(m, quarters, today)
    if m := _MONTH.fullmatch(text) or _MONTH_SLASH.fullmatch(text):
        return Period(f"{_year(m['year'], None, today)}-{int(m['month']):02d}", "M")
    if m := _SPAN.fullmatch(text):
        first, last = _year(m["year"], m["era"], today), _year(m["last"], None, today)
        if not 1 <= last - first < MAX_SPAN:
            raise PeriodFault("period_unclear")
        return Period(f"{first}-01-01/P{last - first + 1}Y", f"A{last - first + 1}")
    if m := _YEAR.fullmatch(text):
        return Period(str(_year(m["year"], m["era"], today)), bare=m["calendar"] is None)
    if (m := _MONTH_NAME.fullmatch(text)) and (month := month_number(m["month"])):
        return Period(f"{_year(m['year'], m['era'], today)}-{month:02d}", "M")
    if _DATE.fullmatch(text):
        raise PeriodFault("date_period")
    return None


def _quarter(match, quarters: str, today: dt.date) -> Period:
    year, quarter = _year(match["year"], match["era"], today), int(match["quarter"])
    if match["fiscal"] or quarters == "fiscal":
        found = fiscal_quarter(year + BE_OFFSET, quarter)
        return Period(found.calendar_quarter.replace("Q", "-Q"), "Q", assumed=() if match["fiscal"] else ("quarters_declared:fiscal",))
    if quarters == "calendar":
        return Period(f"{year}-Q{quarter}", "Q", assumed=("quarters_declared:calendar",))
    if int(match["year"]) > 2400:  # Thai offices number the quarters of both years
        raise PeriodFault("quarter_basis")
    return Period(f"{year}-Q{quarter}", "Q", assumed=("quarter_of_ce_year:calendar",))


def _two_digits(text: str, declared: str, quarters: str, today: dt.date) -> Period | None:
    month = (m := _MONTH_TWO.fullmatch(text)) and month_number(m[1])
    if not (_TWO.fullmatch(text) or month):
        return None
    if not declared:
        raise PeriodFault("two_digit_year")
    long = re.sub(r"'?(\d\d)$", ("25" if declared == "BE" else "20") + r"\1", text)
    period = _known(long, quarters, today)
    return period and replace(period, bare=False if month else period.bare, assumed=(*period.assumed, f"two_digit_years:{declared}"))


def as_fiscal(period: Period) -> Period:
    """Return a bare year as the fiscal year of that number, recorded as such."""
    if not period.bare:
        return period
    return replace(period, time_period=f"{int(period.time_period) - 1}-10-01/P1Y", bare=False, assumed=(*period.assumed, "fiscal_from_title"))


_AS_OF = re.compile(r"(?:ข้อมูล|data)\s*(?:ณ|as of|as at)\s*(?:วันที่)?\s*(?P<day>\d{1,2})\s*(?P<month>[^\d\s]+)\s*(?:พศ|คศ)?\s*(?P<year>\d{4})")
_AS_OF_ISO = re.compile(r"(?:ข้อมูล\s*ณ|data as of)\s*(?:วันที่)?\s*:?\s*(?P<date>\d{4}-\d\d-\d\d)")


def find_as_of(text: str, today: dt.date) -> str:
    """Return the ISO date of "ข้อมูล ณ วันที่ 31 มีนาคม 2567" in a text; '' where there is none."""
    text = fold(text)
    try:
        if m := _AS_OF_ISO.search(text):
            return dt.date.fromisoformat(m["date"]).isoformat()
        if (m := _AS_OF.search(text)) and (month := month_number(m["month"])):
            return dt.date(_year(m["year"], None, today), month, int(m["day"])).isoformat()
    except (ValueError, PeriodFault):
        return ""
    return ""
