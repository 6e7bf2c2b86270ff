"""What a header or label cell means: a period, a province, a group, a series, a unit, or the kind of column."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field

from sdg_eval.codelists import Codelists
from sdg_eval.intake import fields
from sdg_eval.intake.periods import Period, PeriodFault, parse_period
from sdg_eval.thai import clean_text

_INDICATOR = re.compile(r"(?<![\d.])(\d{1,2}\.[0-9a-dA-D]{1,2}\.\d{1,2})(?![\d.])")
_SERIES = re.compile(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b")
REPORTED = "TH_RPT_"
"""Prefix of the series of an indicator that provinces report and that no series of the codelist covers."""


@dataclass(frozen=True)
class Meaning:
    """`dims` are the parts of the key that the cell gives; `field` the kind of column; `units` its unit codes."""

    dims: dict = field(default_factory=dict)
    field: str = ""
    units: frozenset = frozenset()
    unit_text: str = ""
    total: bool = False
    fault: tuple[str, str] | None = None
    known: bool = True


NOTHING = Meaning()
UNKNOWN = Meaning(known=False)


class Meanings:
    """Looks cells up, each different text once."""

    def __init__(self, codelists: Codelists, declared):
        self.codelists, self.declared, self._cache = codelists, declared, {}
        self._series_names = {}
        for row in codelists.series.to_dict("records"):
            for text in (row["SERIES"], row["name_th"], row["name_en"]):
                self._series_names[fields.fold_header(text)] = ("series", row["SERIES"])
        self._indicators = set(codelists.indicators["indicator"])
        self._known_series = set(codelists.series["SERIES"])

    def of(self, value) -> Meaning:
        """Return what a cell means on its own."""
        if value is None or value == "":
            return NOTHING
        key = (type(value), value)
        if key not in self._cache:
            self._cache[key] = self._look_up(value)
        return self._cache[key]

    def _look_up(self, value) -> Meaning:
        if isinstance(value, bool):
            return UNKNOWN
        try:
            if period := parse_period(value, self.declared):
                return Meaning({"period": period})
        except PeriodFault as fault:
            return Meaning({"period": None}, fault=(fault.code, fault.more))
        if not isinstance(value, str):
            return UNKNOWN
        text = clean_text(value)
        if not text:
            return NOTHING
        if (found := self._word(text)) is not None:
            return found
        base, unit = fields.split_unit(text)
        if unit and (units := self.codelists.find_units(unit)):
            inner = self.of(base) if base else Meaning(field="value")
            if inner.known:
                return Meaning(inner.dims, inner.field, frozenset(units), unit, inner.total, inner.fault)
            return Meaning(units=frozenset(units), unit_text=unit, known=False)
        if (code := self.indicator_in(text)) and re.match(r"(ตัวชี้วัด(ที่)?|indicator|sdg)?\s*" + re.escape(code), text, re.I):
            return Meaning({"indicator": code})
        return UNKNOWN

    def _word(self, text: str) -> Meaning | None:
        folded = fields.fold_header(text)
        if name := fields.FIELDS.get(folded):
            return Meaning(field=name)
        low = text.casefold()
        if low in fields.SEX:
            return Meaning({"sex": fields.SEX[low]})
        if low in fields.URBAN:
            return Meaning({"urban": fields.URBAN[low]})
        if not folded.isdigit() and (area := self.codelists.find_area(text)):
            return Meaning({"area": area})
        if low in fields.BOTH or fields.is_total(text):
            return Meaning(total=True)
        if fields.is_region(text):
            return Meaning(total=True)
        if found := self._series_names.get(folded):
            return Meaning(dict([found]))
        if text in self._indicators:
            return Meaning({"indicator": text})
        if units := self.codelists.find_units(text):
            return Meaning(field="value", units=frozenset(units), unit_text=text)
        return None

    def indicator_in(self, text: str) -> str:
        """Return the one indicator code of the framework that a text names; '' for none or several."""
        found = {code.lower() for code in _INDICATOR.findall(text)} & self._indicators
        return found.pop() if len(found) == 1 else ""

    def series_in(self, text: str) -> str:
        """Return the one SERIES code of the codelist that a text names; '' for none or several."""
        found = set(_SERIES.findall(text)) & self._known_series
        return found.pop() if len(found) == 1 else ""

    def near(self, text: str) -> str:
        """Return " (did you mean …?)" with the likeliest province names; '' when none is near. Never acted on."""
        names = [*self.codelists.areas["name_th"], *self.codelists.areas["name_en"]]
        close = difflib.get_close_matches(clean_text(str(text)), names, n=2, cutoff=0.72)
        return f" ({' / '.join(close)}?)" if close else ""


def text_period(text: str, declared) -> Period | None:
    """Return the one period that a title names beside other words; None for none or several."""
    pattern = (
        r"(?:ไตรมาส(?:ที่)?\s*[1-4๑-๔][\s/]*(?:ของ)?(?:ปี)?\s*(?:งบประมาณ|ปฏิทิน)?\s*(?:พ\.?ศ\.?)?\s*[\d๐-๙]{4})"
        r"|(?:(?:ประจำ)?ปี\s*(?:งบประมาณ|การศึกษา)?\s*(?:พ\.?ศ\.?|ค\.?ศ\.?)?\s*[\d๐-๙]{4}(?!\s*(?:-|–|ถึง)))"
        r"|(?:พ\.?ศ\.?\s*[\d๐-๙]{4}(?!\s*(?:-|–|ถึง)))"
    )
    found = set()
    for text_part in re.findall(pattern, clean_text(text)):
        text_part = text_part.replace("ปีของ", "ปี")
        try:
            if period := parse_period(text_part, declared):
                found.add(period)
        except PeriodFault:
            return None
    return found.pop() if len(found) == 1 else None


class SeriesResolver:
    """Finds the series of a value from what names it and its unit; every decision is a recorded rule."""

    def __init__(self, codelists: Codelists):
        self.codelists, self._cache = codelists, {}
        self._series = {row["SERIES"]: row for row in codelists.series.to_dict("records")}
        self._indicators = set(codelists.indicators["indicator"])

    def find(self, series: str, indicator: str, units: frozenset, unit_text: str):
        """Return ((SERIES, indicator, unit code, assumed), None) or (None, (fault code, found, more))."""
        key = (series, indicator, units, unit_text)
        if key not in self._cache:
            self._cache[key] = self._find(*key)
        return self._cache[key]

    def _find(self, series, indicator, units, unit_text):
        if unit_text and not units:
            return None, ("unit_unknown", unit_text, "")
        if series:
            row = self._series.get(series)
            if row is None:
                return None, ("series_unknown", series, "")
            if indicator and row["indicator"] and row["indicator"] != indicator:
                return None, ("two_meanings", indicator, f"{series} ({row['indicator']})")
            return self._with_unit(row, units, unit_text)
        if not indicator:
            return None, ("series_missing", "", "")
        if indicator not in self._indicators:
            return None, ("series_unknown", indicator, "")
        rows = [r for r in self._series.values() if r["indicator"] == indicator and not r["derived"] and r["proxy"] != "1"]
        if units:
            rows = [r for r in rows if r["unit"] in units]
        if len(rows) > 1:
            return None, ("series_ambiguous", indicator, ", ".join(r["SERIES"] for r in rows))
        if rows:
            (found, fault) = self._with_unit(rows[0], units, unit_text)
            return (found and (*found[:3], (*found[3], f"series_of_indicator:{indicator}"))), fault
        if not units:
            return None, ("unit_missing", "", "")
        unit = self.one_unit(units, unit_text)
        code = REPORTED + indicator.upper().replace(".", "_") + "_" + unit
        return (code, indicator, unit, (f"reported_series:{indicator}",)), None

    def _with_unit(self, row, units, unit_text):
        if not units:
            return (row["SERIES"], row["indicator"], row["unit"], ("unit_from_codelist",)), None
        if row["unit"] not in units:
            return None, ("unit_mismatch", unit_text, row["unit_th"])
        return (row["SERIES"], row["indicator"], row["unit"], ()), None

    def one_unit(self, units: frozenset, unit_text: str) -> str:
        """Return the unit whose own name the text is, before those that are merely also called so."""
        named = self.codelists.units.set_index("unit")["name_th"]
        own = [u for u in sorted(units) if clean_text(named[u]) == clean_text(unit_text)]
        return (own or sorted(units))[0]
