"""Thai administrative text: Buddhist Era, fiscal calendar, digits, months, province names.

Years become Gregorian here, once; names are looked up here in one folded form, never by likeness.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from sdg_eval.errors import DataError

BE_OFFSET = 543
"""Buddhist Era minus Common Era, for dates from 1 January 1941 on (B.E. 2484)."""
YEARS_CE = range(1900, 2201)
YEARS_BE = range(2401, 2201 + BE_OFFSET)

_DIGITS = str.maketrans("๐๑๒๓๔๕๖๗๘๙", "0123456789")
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u200f"))

MONTHS_TH = [
    "มกราคม", "กุมภาพันธ์", "มีนาคม", "เมษายน", "พฤษภาคม", "มิถุนายน",
    "กรกฎาคม", "สิงหาคม", "กันยายน", "ตุลาคม", "พฤศจิกายน", "ธันวาคม",
]  # fmt: skip
MONTHS_TH_SHORT = ["ม.ค.", "ก.พ.", "มี.ค.", "เม.ย.", "พ.ค.", "มิ.ย.", "ก.ค.", "ส.ค.", "ก.ย.", "ต.ค.", "พ.ย.", "ธ.ค."]
MONTHS_EN = [
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
]  # fmt: skip


@dataclass(frozen=True)
class FiscalQuarter:
    """One quarter of a Thai fiscal year (October to September)."""

    start: dt.date
    end: dt.date
    fiscal_year_ce: int
    calendar_quarter: str  # as 2022Q4


def to_ce(year: int) -> int:
    """Return the Gregorian year of a year of either era; above 2400 it is Buddhist Era.

    Raises DataError for a year that is neither a likely B.E. nor a likely C.E. one.

    Examples
    --------
    >>> to_ce(2566), to_ce(2023)
    (2023, 2023)
    """
    if year in YEARS_BE:
        return year - BE_OFFSET
    if year in YEARS_CE:
        return year
    raise DataError(
        f"{year} is no year that data can be of. Write B.E. as 2566 or C.E. as 2023, in four digits."
    )


@lru_cache(maxsize=65_536)
def clean_text(text: str) -> str:
    """Return `text` in one encoding of the same letters: NFC, sara am whole, no invisible marks.

    Double sara e becomes sara ae, nikhahit + sara aa becomes sara am (also with the tone mark in
    between, as some systems store it), all white space becomes single spaces.
    """
    text = unicodedata.normalize("NFC", text).translate(_INVISIBLE)
    text = text.replace("เเ", "แ")
    text = re.sub("\u0e4d([\u0e48-\u0e4b]?)\u0e32", "\\1\u0e33", text)
    text = re.sub("([\u0e48-\u0e4b])\u0e4d\u0e32", "\\1\u0e33", text)
    return " ".join(text.split())


def thai_digits_to_arabic(text: str) -> str:
    """Return `text` with Thai digits written as Arabic ones."""
    return text.translate(_DIGITS)


def parse_year(text) -> int:
    """Return the Gregorian year that `text` means: 2566, '๒๕๖๖', 'พ.ศ. 2566', 'B.E. 2566', 'ค.ศ. 2023'.

    Raises DataError for anything that is not exactly one year, and when word and number disagree.
    """
    if isinstance(text, dt.date):
        return to_ce(text.year)
    if isinstance(text, float) and text.is_integer():
        text = int(text)
    plain = thai_digits_to_arabic(clean_text(str(text))).replace(" ", "")
    found = re.fullmatch(r"(ปี)?(พ\.?ศ\.?|ค\.?ศ\.?|B\.?E\.?|C\.?E\.?|A\.?D\.?)?(\d{4})", plain, re.I)
    if not found:
        raise DataError(f"{text!r} is not a year. Write it in four digits, as 2566 or 2023.")
    era, year = (found[2] or "").replace(".", "").upper(), int(found[3])
    buddhist = year in YEARS_BE
    if (era in ("พศ", "BE") and not buddhist) or (era in ("คศ", "CE", "AD") and buddhist):
        raise DataError(f"{text!r} names one era and a year of the other. Correct the era or the year.")
    return to_ce(year)


def fiscal_year_bounds(fiscal_year_be: int) -> tuple[dt.date, dt.date]:
    """Return first and last day of a fiscal year: 2566 runs from 2022-10-01 to 2023-09-30."""
    end = to_ce(fiscal_year_be)
    return dt.date(end - 1, 10, 1), dt.date(end, 9, 30)


def fiscal_quarter(fiscal_year_be: int, quarter: int) -> FiscalQuarter:
    """Return quarter 1..4 of a fiscal year: quarter 2 of 2566 is January to March 2023.

    Raises DataError for another quarter number.
    """
    if quarter not in (1, 2, 3, 4):
        raise DataError(f"Quarter {quarter!r} does not exist. Write 1, 2, 3 or 4.")
    year = to_ce(fiscal_year_be)
    month = (9 + 3 * (quarter - 1)) % 12 + 1
    start = dt.date(year - 1 if quarter == 1 else year, month, 1)
    last_month = start.replace(month=month + 2)
    end = (last_month.replace(day=28) + dt.timedelta(days=4)).replace(day=1) - dt.timedelta(days=1)
    return FiscalQuarter(start, end, year, f"{start.year}Q{(month + 2) // 3}")


def _fold_month(text: str) -> str:
    return re.sub(r"[\s.]", "", clean_text(text)).casefold()


_MONTH_NUMBER = {
    _fold_month(name): number
    for names in (MONTHS_TH, MONTHS_TH_SHORT, MONTHS_EN, [m[:3] for m in MONTHS_EN], ["Sept"])
    for number, name in enumerate(names, 9 if names == ["Sept"] else 1)
}


def month_number(text) -> int | None:
    """Return 1..12 for a month's Thai or English name, long or short; None for anything else."""
    return _MONTH_NUMBER.get(_fold_month(str(text)))


_PREFIX = re.compile(r"^(จังหวัด|จ\.|จว\.|changwat |province of )\s*")
_SUFFIX = re.compile(r"\s*\b(province|changwat|prov\.?)$")


def normalise_province_name(text: str) -> str:
    """Return the folded form under which a province name is looked up; never a guess at likeness.

    Case, spaces, hyphens, dots and apostrophes do not count; 'จังหวัด', 'จ.', 'Changwat' and
    'Province' are dropped.

    Examples
    --------
    >>> normalise_province_name("จ. เชียงใหม่") == normalise_province_name("จังหวัดเชียงใหม่")
    True
    """
    text = clean_text(str(text)).casefold()
    text = _SUFFIX.sub("", _PREFIX.sub("", text))
    return re.sub(r"[\s.\-'’`*_]", "", thai_digits_to_arabic(text))


def year_text(year: int, lang: str) -> str:
    """Return a Gregorian year as shown: 2566 in Thai, 2023 in English (no era word)."""
    return str(year + BE_OFFSET) if lang == "th" else str(year)


def format_period(time_period: str, lang: str) -> str:
    """Return an SDMX period as read: 'พ.ศ. 2566', 'ไตรมาส 1/2566', 'ม.ค. 2566', 'ปีงบประมาณ 2566'.

    In English: '2023', 'Q1 2023', 'Jan 2023', 'FY 2023 (Oct 2022 - Sep 2023)'. Raises DataError for no period.
    """
    thai = lang == "th"
    if re.fullmatch(r"\d{4}", time_period):
        return f"พ.ศ. {int(time_period) + BE_OFFSET}" if thai else time_period
    if m := re.fullmatch(r"(\d{4})-Q([1-4])", time_period):
        return f"ไตรมาส {m[2]}/{int(m[1]) + BE_OFFSET}" if thai else f"Q{m[2]} {m[1]}"
    if m := re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])", time_period):
        index = int(m[2]) - 1
        return f"{MONTHS_TH_SHORT[index]} {int(m[1]) + BE_OFFSET}" if thai else f"{MONTHS_EN[index][:3]} {m[1]}"
    if m := re.fullmatch(r"(\d{4})-10-01/P1Y", time_period):
        year = int(m[1]) + 1
        return f"ปีงบประมาณ {year + BE_OFFSET}" if thai else f"FY {year} (Oct {year - 1} - Sep {year})"
    if m := re.fullmatch(r"(\d{4})-05-01/P1Y", time_period):
        return f"ปีการศึกษา {int(m[1]) + BE_OFFSET}" if thai else f"school year {m[1]}"
    if m := re.fullmatch(r"(\d{4})-01-01/P(\d{1,2})Y", time_period):
        first, last = int(m[1]), int(m[1]) + int(m[2]) - 1
        return f"พ.ศ. {first + BE_OFFSET}–{last + BE_OFFSET}" if thai else f"{first}–{last}"
    raise DataError(f"{time_period!r} is not an SDMX period. Write 2023, 2023-Q1, 2023-05 or 2022-10-01/P1Y.")


def format_fiscal_quarter(quarter: str, lang: str, *, months: bool = True) -> str:
    """Return a Thai fiscal quarter as read; `months` adds which months it has.

    Examples
    --------
    >>> format_fiscal_quarter("2567Q2", "th")
    'ไตรมาส 2 ปีงบประมาณ 2567 (ม.ค.–มี.ค. 2567)'
    >>> format_fiscal_quarter("2567Q1", "en")
    'Q1 of fiscal year 2024 (Oct–Dec 2023)'
    """
    year, number = int(quarter[:4]), int(quarter[-1])
    own = fiscal_quarter(year, number)
    first, last = own.start.month - 1, own.end.month - 1
    if lang == "th":
        inside = f" ({MONTHS_TH_SHORT[first]}–{MONTHS_TH_SHORT[last]} {own.start.year + BE_OFFSET})" if months else ""
        return f"ไตรมาส {number} ปีงบประมาณ {year}{inside}"
    inside = f" ({MONTHS_EN[first][:3]}–{MONTHS_EN[last][:3]} {own.start.year})" if months else ""
    return f"Q{number} of fiscal year {own.fiscal_year_ce}{inside}"
