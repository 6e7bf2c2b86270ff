"""Results as sentences, in Thai and in English: every number with its uncertainty, its n and its years.

The sentences are computed from the row, so no text can say what the table does not. Thai comes
first; neither language is a translation of the other's leftovers.
"""

from __future__ import annotations

import re

import pandas as pd

from sdg_eval.detectability import POWER
from sdg_eval.errors import UsageError
from sdg_eval.panels import MIN_SLOPE
from sdg_eval.ranks import MIN_TEST, MIN_YEARS_SEASONAL
from sdg_eval.thai import format_period, year_text
from sdg_eval.trends import COVID_YEARS, MIN_SPAN_YEARS, Q_FAMILY

LANGUAGES = ("th", "en")
FORECAST_LEVEL = 80
"""Per cent of the interval of a forecast that sentences tell: the columns low_80 and high_80 of `forecasts`."""
LABELS = {
    # overview (evaluation.STATUSES)
    "improving": ("ดีขึ้น", "improving"),
    "worsening": ("แย่ลง", "worsening"),
    "changed": ("เปลี่ยนแปลง", "changed"),
    "mixed": ("มีทั้งดีขึ้นและแย่ลง", "mixed"),
    "not_detected": ("ยังไม่พบแนวโน้ม", "no trend detected"),
    "no_change": ("ไม่เปลี่ยนแปลง", "no change"),
    "indicative": ("บ่งชี้เบื้องต้น", "indicative only"),
    "insufficient": ("ยังบอกไม่ได้", "cannot be told yet"),
    "no_data": ("ไม่มีข้อมูล", "no data"),
    # verdicts of the trend
    "rising": ("เพิ่มขึ้น", "rising"),
    "falling": ("ลดลง", "falling"),
    "at_bound": ("อยู่ที่ขีดจำกัดตามธรรมชาติ", "at its natural limit"),
    "no_events": ("ไม่มีเหตุการณ์", "no events"),
    "two_points": ("มีเพียงสองช่วงเวลา", "two periods only"),
    "insufficient_data": ("ยังบอกไม่ได้", "cannot be told yet"),
    "data_conflict": ("ข้อมูลขัดแย้งกัน", "conflicting data"),
    # progress towards a target
    "achieved": ("บรรลุแล้ว", "achieved"),
    "lost": ("เคยบรรลุแต่หลุดจากเป้า", "once met, lost again"),
    "on_track": ("เป็นไปตามเป้า", "on track"),
    "moderately_improving": ("ดีขึ้นแต่ช้ากว่าที่ต้องการ", "improving too slowly"),
    "stagnating": ("แทบไม่คืบหน้า", "stagnating"),
    "decreasing": ("ถอยห่างจากเป้า", "moving away"),
    "not_assessed": ("ไม่ประเมิน", "not assessed"),
    "no_baseline": ("ไม่มีค่าปีฐาน", "no baseline value"),
    "target_year_passed": ("พ้นปีเป้าหมายแล้ว", "target year passed"),
    "no_target": ("ไม่มีค่าเป้าหมาย", "no target set"),
    # the common scale of the published rules
    "improving_slowly": ("ดีขึ้นแต่ช้า", "improving slowly"),
    "moving_away": ("ถอยห่าง", "moving away"),
    "not_applicable": ("ใช้ไม่ได้", "not applicable"),
    # data quality
    "full": ("ทดสอบได้", "can be tested"),
    "none": ("ไม่มีข้อมูล", "none"),
    # kinds of target
    "official": ("ค่าทางการ", "official"),
    "derived": ("คำนวณโดยโครงการ", "derived"),
    # run statuses
    "done": ("เสร็จสมบูรณ์", "done"),
    "kept": ("คงผลเดิม", "kept"),
    "failed": ("ไม่สำเร็จ", "failed"),
    "refused": ("ปฏิเสธ", "refused"),
    "suppressed": ("ปกปิดทั้งหมด", "suppressed"),
    "unaccounted": ("ไม่ทราบผล", "unaccounted for"),
    "interrupted": ("ถูกหยุดกลางคัน", "interrupted"),
    "not_asked": ("ไม่ได้ขอในรอบนี้", "not asked for"),
}
_TARGETED = ("achieved", "lost", "on_track", "moderately_improving", "stagnating", "decreasing")


def keep_together(text: str) -> str:
    """Return text whose figures such as `n = 12` and `p < 0.001` cannot be cut by the end of a line.

    Examples
    --------
    >>> keep_together("n = 12; p < 0.001") == "n\\u00a0=\\u00a012; p\\u00a0<\\u00a00.001"
    True
    """
    return re.sub(r"\b([np]) ([=<]) (?=\d)", "\\1\u00a0\\2\u00a0", text)


def pick(lang: str, thai: str, english: str) -> str:
    """Return the text of `lang`. Raises UsageError for a language that is neither th nor en."""
    if lang not in LANGUAGES:
        raise UsageError(f"Language {lang!r} is not known. Write th or en.")
    return thai if lang == "th" else english


def label(code: str, lang: str) -> str:
    """Return the words for a verdict, status or class; an unknown code is shown as it is."""
    return pick(lang, *LABELS.get(code, (code, code)))


def number(value: float, decimals: int = 1) -> str:
    """Return a number with thousands commas and a true minus sign; '–' for a missing one.

    Examples
    --------
    >>> number(-1234.56)
    '−1,234.6'
    """
    if value is None or value != value:
        return "–"
    text = f"{value:,.{decimals}f}"
    if float(text.replace(",", "")) == 0:
        text = text.lstrip("-")
    return text.replace("-", "−")


def small(value: float, decimals: int) -> str:
    """Return a change per year: one decimal more than the values, two where it would else read as zero."""
    extra = 1 if abs(value) < 10 else 0
    return number(value, decimals + extra + (decimals + extra < 2 and 0 < abs(value) < 0.1))


def p_text(p: float) -> str:
    """Return `p = 0.012` or `p < 0.001`."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def unit_words(series: dict, lang: str) -> tuple[str, str]:
    """Return (words before, words after) a value: ('ร้อยละ ', '') or ('', ' คน'); remarks in brackets dropped."""
    unit = re.sub(r"\s*\([^)]*\)", "", series[f"unit_{lang}"]).strip()
    if unit in ("ร้อยละ", "%"):
        return ("ร้อยละ ", "") if lang == "th" else ("", "%")
    if unit.startswith(("ดัชนี", "index")):
        return "", ""
    return "", f" {unit}"


def quantity(value: float, series: dict, lang: str) -> str:
    """Return a value with its unit, as read: 'ร้อยละ 5.2', '5.2%', '1,200 คน'."""
    before, after = unit_words(series, lang)
    return before + number(value, int(series["decimals"] or 1)) + after


def change_unit(series: dict, lang: str) -> str:
    """Return the unit of a change: percentage points for per cent, points for an index."""
    unit = re.sub(r"\s*\([^)]*\)", "", series[f"unit_{lang}"]).strip()
    if unit in ("ร้อยละ", "%"):
        return pick(lang, "จุดร้อยละ", "percentage points")
    if unit.startswith(("ดัชนี", "index")):
        return pick(lang, "จุด", "points")
    return unit


def change(row: dict, series: dict, lang: str, *figures: str) -> str:
    """Return the slope a year with, in brackets, its interval and `figures` (n, p).

    Per cent a year for counts, else the unit of the series.
    """
    relative = row.get("relative_slope_pct", float("nan"))
    if relative == relative:
        centre, low, high = relative, row["relative_ci_low_pct"], row["relative_ci_high_pct"]
        unit, decimals = pick(lang, "ร้อยละ", "%"), 1
    else:
        centre, low, high = row["slope"], row["ci_low"], row["ci_high"]
        unit, decimals = change_unit(series, lang), int(series["decimals"] or 1)
    value = small(centre, decimals)
    if lang == "th":
        text = f"เฉลี่ยปีละร้อยละ {value}" if unit == "ร้อยละ" else f"เฉลี่ยปีละ {value} {unit}"
    else:
        text = f"{value}{'' if unit == '%' else ' '}{unit} a year"
    share = f"{row['confidence']:.0%}".rstrip("%")
    interval = "" if low != low else pick(
        lang,
        f"ช่วงความเชื่อมั่นร้อยละ {share} คือ {small(low, decimals)} ถึง {small(high, decimals)}",
        f"{share}% interval {small(low, decimals)} to {small(high, decimals)}",
    )  # fmt: skip
    inside = "; ".join(filter(None, [interval, *figures]))
    return f"{text} ({inside})" if inside else text


def span(row: dict, lang: str) -> str:
    """Return 'from … to …' of the periods that were used."""
    first, last = (format_period(row[c], lang) for c in ("first_period", "last_period"))
    return pick(lang, f"ระหว่าง{_space(first)} ถึง{_space(last)}", f"from {first} to {last}")


def say(row: dict, codelists, lang: str) -> str:
    """Return what a row of the evaluation says, in complete sentences: `say_parts`, one after the other."""
    return " ".join(say_parts(row, codelists, lang))


def say_parts(row: dict, codelists, lang: str) -> list[str]:
    """Return the paragraphs of a row: the trend with its notes, target and forecast, the other rules, the peers."""
    series = dict(codelists.series_row(row["SERIES"]))
    parts = [
        (say_trend(row, series, lang), *_notes(row, lang)),
        (say_progress(row, series, lang), say_forecast(row, series, lang)),
        (say_rules(row, lang),),
        (say_peers(row, series, lang),),
    ]
    return [" ".join(filter(None, part)) for part in parts if any(part)]


def say_trend(row: dict, series: dict, lang: str) -> str:
    """Return the sentence on the trend alone."""
    n, verdict = row["n_obs"], row["verdict"]
    if row.get("tells") == "pace_hidden":
        return _say_hidden(row, series, lang)
    if verdict in ("rising", "falling", "not_detected"):
        return _say_tested(row, series, lang)
    if verdict == "indicative":
        few = too_few(row, lang)
        towards = "rising" if row["slope"] > 0 else "falling" if row["slope"] < 0 else "no_change"
        return pick(
            lang,
            f"มีข้อมูลเพียง {few} ยังทดสอบไม่ได้: {span(row, lang)} ค่ามีทิศทาง{label(towards, lang)} {change(row, series, lang, f'n = {n}')} "
            f"เป็นเพียงข้อบ่งชี้ ยังไม่ใช่ข้อค้นพบ{_when(row, lang)}",
            f"Only {few}: {span(row, lang)} the values point to {label(towards, lang)}, "
            f"{change(row, series, lang, f'n = {n}')}. An indication, not a finding.{_when(row, lang)}",
        )
    if verdict == "two_points":
        first, last = quantity(row["first_value"], series, lang), quantity(row["last_value"], series, lang)
        return pick(
            lang,
            f"มีเพียงสองช่วงเวลา: {format_period(row['first_period'], lang)} {first} และ {format_period(row['last_period'], lang)} {last} "
            f"ยังบอกความไม่แน่นอนไม่ได้{_when(row, lang)}",
            f"Two periods only: {first} in {format_period(row['first_period'], lang)}, {last} in "
            f"{format_period(row['last_period'], lang)}. Its uncertainty cannot be told.{_when(row, lang)}",
        )
    if verdict in ("no_change", "at_bound", "no_events"):
        value = quantity(row["last_value"], series, lang)
        limit = "" if row["upper_limit"] != row["upper_limit"] else pick(
            lang, " ศูนย์เหตุการณ์ไม่ได้แปลว่าไม่มีความเสี่ยง", " No event seen does not mean no risk."
        )  # fmt: skip
        return pick(
            lang,
            f"{label(verdict, lang)}: ทุกช่วงเวลา{span(row, lang)} มีค่า {value} (n = {n}){limit}",
            f"{label(verdict, lang).capitalize()}: {value} in every period {span(row, lang)} (n = {n}).{limit}",
        )
    if verdict == "data_conflict":
        return pick(
            lang,
            "ข้อมูลของช่วงเวลาเดียวกันมีมากกว่าหนึ่งค่า ยังไม่ประเมินจนกว่าหน่วยงานเจ้าของข้อมูลจะยืนยันค่าที่ถูกต้อง",
            "One period has more than one value; nothing is judged until the owner of the data says which is right.",
        )
    if verdict == "no_data":
        return pick(
            lang,
            "ไม่มีข้อมูลของจังหวัดนี้ในชุดข้อมูลที่นำเข้า",
            "The data that were imported hold no value of this province.",
        )
    return pick(
        lang,
        f"ยังบอกไม่ได้: มีข้อมูลที่ใช้ได้เพียง {n} ช่วงเวลา ต้องมีอย่างน้อย {MIN_SLOPE} ช่วงเวลาจึงบอกทิศทางได้ และ {MIN_TEST} ช่วงเวลาจึงทดสอบได้{_when(row, lang)}",
        f"Cannot be told yet: n = {n} usable period{'' if n == 1 else 's'}; a direction needs {MIN_SLOPE}, a test needs {MIN_TEST}.{_when(row, lang)}",
    )


def _when(row: dict, lang: str) -> str:
    """From when a test is possible if data keep coming; '' where it is not known."""
    period = row.get("verdict_from", "")
    if not period or period == row["last_period"]:
        return ""
    when = format_period(period, lang)
    return pick(lang, f" หากส่งข้อมูลต่อเนื่องจะทดสอบได้ตั้งแต่{_space(when)}", f" If data keep coming, a test is possible from {when}.")


def _small_change(value: float, series: dict, lang: str) -> str:
    """A change a year with its unit."""
    text, unit = small(value, int(series["decimals"] or 1)), change_unit(series, lang)
    return pick(lang, f"ปีละ {text} {unit}", f"{text} {unit} a year")


def _visible(row: dict, series: dict, lang: str) -> str:
    """The smallest change these data would show; '' where it is not known."""
    smallest = row.get("detectable", float("nan"))
    if smallest != smallest:
        return ""
    said = _small_change(smallest, series, lang)
    return pick(
        lang,
        f"ข้อมูลชุดนี้จะเห็นแนวโน้มได้ต่อเมื่อเปลี่ยนแปลงราว{said}ขึ้นไป (โอกาสเห็นร้อยละ {100 * POWER:.0f})",
        f"These data would show a change of about {said} or more (with {100 * POWER:.0f}% power)",
    )


def _say_hidden(row: dict, series: dict, lang: str) -> str:
    """Tested and not detected, while even the pace that the target asks for would not have been seen."""
    pace = _small_change(abs(row["wanted_pace"]), series, lang)
    year = row.get("wanted_from", float("nan"))
    when = "" if year != year else pick(
        lang, f" หากส่งข้อมูลทุกปีจะเห็นได้ราว พ.ศ. {year_text(int(year), lang)}", f" If data come every year, it would be seen by about {int(year)}."
    )  # fmt: skip
    figures = (f"n = {row['n_obs']}", p_text(row["p_value"]))
    return pick(
        lang,
        f"ยังบอกไม่ได้: {_visible(row, series, lang)} แต่การไปให้ถึงเป้าหมายต้องการเพียง{pace} "
        f"ค่าประมาณ{span(row, lang)} คือ{change(row, series, lang, *figures)}{when}",
        f"Cannot be told yet: {_lower(_visible(row, series, lang))}, and the target asks for {pace}. "
        f"The estimate {span(row, lang)} is {change(row, series, lang, *figures)}.{when}",
    )


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def too_few(row: dict, lang: str) -> str:
    """Return how many periods there are and how many a test needs, in words of the frequency."""
    thai, english, needed = {"A": ("ปี", "years", MIN_TEST), "Q": ("ไตรมาส", "quarters", 4 * MIN_YEARS_SEASONAL), "M": ("เดือน", "months", 12 * MIN_YEARS_SEASONAL)}[row["FREQ"]]
    if row["n_obs"] >= needed:
        return pick(lang, f"{row['n_obs']} {thai} ซึ่งเป็นค่าเบื้องต้นหรือครอบคลุมไม่ถึง {MIN_SPAN_YEARS} ปี",
                    f"{row['n_obs']} {english}, provisional or within less than {MIN_SPAN_YEARS} years")  # fmt: skip
    return pick(lang, f"{row['n_obs']} {thai} (การทดสอบต้องมี {needed} {thai})", f"{row['n_obs']} {english} (a test needs {needed})")


def _say_tested(row: dict, series: dict, lang: str) -> str:
    """A tested trend; false-discovery control over the provinces has the last word."""
    n, tests = row["n_obs"], int(row["n_tests"]) if row["n_tests"] == row["n_tests"] else 1
    adjusted = row["p_adjusted"] if row["p_adjusted"] == row["p_adjusted"] else row["p_value"]
    figures = (f"n = {n}", p_text(row["p_value"]))
    family = pick(lang, f"{p_text(adjusted)} เมื่อปรับตามการทดสอบ {tests} จังหวัด", f"{p_text(adjusted)} adjusted for {tests} provinces tested")
    moved = label(row["verdict"], lang)
    if row["verdict"] == "not_detected":
        return pick(
            lang,
            f"ยังไม่พบแนวโน้ม{span(row, lang)}: ค่าประมาณ{change(row, series, lang, *figures)} "
            + (f"{_visible(row, series, lang)} จึง" if _visible(row, series, lang) else "") + "ไม่ได้แปลว่าไม่มีการเปลี่ยนแปลง",
            f"No trend detected {span(row, lang)}: estimate {change(row, series, lang, *figures)}. "
            + (f"{_visible(row, series, lang)}, so this" if _visible(row, series, lang) else "This") + " is not proof of no change.",
        )
    if not row["significant"]:
        return pick(
            lang,
            f"{moved}{span(row, lang)} {change(row, series, lang, *figures)} แต่ไม่ยืนยันเมื่อคำนึงว่าทดสอบหลายจังหวัดพร้อมกัน ({family}) "
            "จึงถือว่ายังไม่พบแนวโน้ม",
            f"{moved.capitalize()} {span(row, lang)}, {change(row, series, lang, *figures)}, but this does not hold once the "
            f"number of provinces is allowed for ({family}): taken as not detected.",
        )
    judged = pick(lang, " ข้อมูลรายปีเป็นตัวตัดสิน", " The annual values decide.") if not row["preferred"] else {
        "improving": pick(lang, " เป็นการเปลี่ยนแปลงในทางที่ดีขึ้น", " That is an improvement."),
        "worsening": pick(lang, " เป็นการเปลี่ยนแปลงในทางที่แย่ลง", " That is a deterioration."),
    }.get(row["assessment"], pick(lang, " ตัวชี้วัดนี้ไม่กำหนดว่าทิศทางใดดีกว่า", " This series has no better or worse direction."))
    # the test and the interval are worked out in different ways (METHODS 2.2 and 2.3), and may not agree about zero
    care = row["ci_low"] <= 0 <= row["ci_high"]
    return pick(
        lang,
        f"{moved}{span(row, lang)} {change(row, series, lang, *figures, family)}{judged}" + (" แต่ช่วงความเชื่อมั่นนี้คร่อมศูนย์ จึงควรใช้ทิศทางนี้ด้วยความระมัดระวัง" if care else ""),
        f"{moved.capitalize()} {span(row, lang)}, {change(row, series, lang, *figures, family)}.{judged}" + (" The interval includes zero: take the direction with care." if care else ""),
    )


def _notes(row: dict, lang: str) -> list[str]:
    """What limits the finding: staleness, breaks, provisional values, sensitivity, missing exposure."""
    reasons, notes = set(filter(None, row["reason"].split(";"))), []
    if "stale" in reasons:
        last = format_period(row["last_period"], lang)
        notes.append(pick(
            lang,
            f"ข้อมูลล่าสุดเป็นของ{_space(last)} จึงบอกสภาพ ณ เวลานั้น ไม่ใช่ปัจจุบัน (ปีรายงาน {year_text(int(row['report_year']), lang)})",
            f"The last value is of {last}: it speaks of then, not of today (report year {int(row['report_year'])}).",
        ))  # fmt: skip
    if reasons & {"break_segment", "basis_change"} and row["segment_start"]:
        start = format_period(row["segment_start"], lang)
        notes.append(pick(
            lang,
            f"นิยามหรือวิธีเก็บข้อมูลเปลี่ยน จึงใช้เฉพาะค่าตั้งแต่{_space(start)} เป็นต้นมา",
            f"Definition or method changed; only values from {start} on are used.",
        ))  # fmt: skip
    if "provisional_only" in reasons:
        notes.append(pick(lang, "ใช้ค่าเบื้องต้นซึ่งอาจมีการปรับปรุง", "It rests on provisional values that may be revised."))
    elif row["n_provisional"] > 0:
        count = int(row["n_provisional"])
        notes.append(pick(lang, f"ไม่นำค่าเบื้องต้นหรือค่าประมาณ {count} ค่ามาทดสอบ", f"{count} provisional or estimated value{'' if count == 1 else 's'} left out of the test."))
    if "no_exposure" in reasons:
        notes.append(pick(lang, "ไม่มีจำนวนประชากรของช่วงเวลานี้ จึงเทียบจำนวนนับโดยไม่ปรับตามประชากร", "No population for these periods: counts are compared without it."))
    if "short_span" in reasons:
        notes.append(pick(lang, f"ข้อมูลครอบคลุมไม่ถึง {MIN_SPAN_YEARS} ปี", f"The values span less than {MIN_SPAN_YEARS} years."))
    other = row["verdict_without_covid"]
    if (row["significant"] or row["verdict"] == "not_detected") and other in ("rising", "falling", "not_detected") and other != row["verdict"]:
        notes.append(pick(lang, f"หากไม่รวม พ.ศ. {year_text(COVID_YEARS[0], lang)}–{year_text(COVID_YEARS[1], lang)} ผลจะเป็น “{label(other, lang)}”", f"Without {COVID_YEARS[0]}–{COVID_YEARS[1] % 100} the verdict would be “{label(other, lang)}”."))
    return notes


def _space(text: str) -> str:
    return f" {text}" if text.startswith("พ.ศ.") else text


def say_target(row: dict, series: dict, lang: str) -> str:
    """Return the target in words with its kind; '' where none stands."""
    if not row["target_kind"] or row["target_value"] != row["target_value"]:
        return ""
    value = quantity(row["target_value"], series | {"decimals": "0"} if row["target_value"] % 1 == 0 else series, lang)
    year = year_text(int(row["target_year"]), lang)
    kind = label(row["target_kind"], lang)
    return pick(lang, f"เป้าหมาย {value} ภายใน พ.ศ. {year} ({kind})", f"Target {value} by {year} ({kind})")


def chance_text(p: float, lang: str) -> str:
    """Return a probability in whole per cent; simulated draws never prove 0 or 100.

    Examples
    --------
    >>> [chance_text(p, "en") for p in (0.0, 0.42, 1.0)]
    ['<1%', '42%', '>99%']
    """
    if p < 0.01:
        return pick(lang, "ต่ำกว่าร้อยละ 1", "<1%")
    if p > 0.99:
        return pick(lang, "สูงกว่าร้อยละ 99", ">99%")
    return pick(lang, f"ร้อยละ {100 * p:.0f}", f"{100 * p:.0f}%")


def say_progress(row: dict, series: dict, lang: str) -> str:
    """Return the sentence on the target: class, probability, draws; '' where no target stands."""
    progress = row["progress"]
    if not progress:
        return ""
    target = say_target(row, series, lang)
    if not target:
        return pick(lang, "คำนวณค่าเป้าหมายไม่ได้ เพราะไม่มีค่าปีฐาน", "The target cannot be derived: there is no value of the baseline year.")
    if progress not in _TARGETED:
        return f"{target}: {label(progress, lang)}{pick(lang, '', '.')}"
    known = row["p_on_track"] == row["p_on_track"] and row["draws"] > 0
    unsure = pick(lang, " (ระดับนี้ยังไม่แน่นอน)", " (this class is not firm)") if known and not row["firm"] else ""
    words = [f"{target}: {label(progress, lang)}{unsure}"]
    if known:
        chance = chance_text(row["p_on_track"], lang)
        words.append(pick(
            lang,
            f"โอกาสถึงเป้าหากแนวโน้มคงเดิม{chance} (จำลอง {int(row['draws']):,} ครั้ง)",
            f"{chance} chance of reaching it if the trend goes on ({int(row['draws']):,} simulated draws)",
        ))  # fmt: skip
    else:
        words.append(pick(lang, "ยังบอกโอกาสไม่ได้", "the chance cannot be told yet"))
    if row["at_risk"]:
        words.append(pick(lang, "เสี่ยงที่จะหลุดจากเป้า", "at risk of being lost"))
    return pick(lang, " ", ", ").join(words).replace(": ,", ":") + pick(lang, "", ".")


def say_forecast(row: dict, series: dict, lang: str) -> str:
    """Return the forecast of 2030 with its interval and how such intervals fared; '' where there is none."""
    value = row.get("forecast", float("nan"))
    if value != value:
        return ""
    year, decimals = year_text(int(row["forecast_year"]), lang), int(series["decimals"] or 1)
    centre = quantity(value, series, lang)
    reasons = set(row["forecast_reason"].split(";"))
    if row["forecast_low"] != row["forecast_low"]:
        why = pick(
            lang,
            *(("ไกลเกินกว่าที่ตรวจสอบย้อนหลังได้", "it is further ahead than could be checked") if "horizon_too_long" in reasons
              else ("มีค่าย้อนหลังน้อยเกินกว่าจะตรวจสอบได้", "there are too few past values to check it")),
        )  # fmt: skip
        return pick(lang, f"ยังคาดการณ์ พ.ศ. {year} ไม่ได้ เพราะ{why}", f"The value of {year} cannot be forecast: {why}.")
    low, high = number(row["forecast_low"], decimals), number(row["forecast_high"], decimals)
    chance = row["forecast_p_target"]
    met = "" if chance != chance else pick(
        lang, f" โอกาสถึงเป้าหมายตามการคาดการณ์{chance_text(chance, lang)}", f", with a {chance_text(chance, lang)} chance of meeting the target"
    )  # fmt: skip
    return pick(
        lang,
        f"คาดการณ์ พ.ศ. {year}: {centre} (ช่วงร้อยละ {FORECAST_LEVEL} คือ {low} ถึง {high}; {_fared(row, lang)}){met}",
        f"Forecast for {year}: {centre} ({FORECAST_LEVEL}% interval {low} to {high}; {_fared(row, lang)}){met}.",
    )


def _fared(row: dict, lang: str) -> str:
    """How 80% intervals fared at origins that had no part in making them."""
    share, count = row["forecast_coverage"], row["forecast_checked"]
    if share != share:
        return pick(lang, "ยังตรวจสอบย้อนหลังไม่ได้", "not yet checked on past values")
    return pick(
        lang,
        f"ตรวจย้อนหลัง {int(count):,} ค่า ช่วงเช่นนี้ครอบคลุมค่าจริงร้อยละ {100 * share:.0f}",
        f"checked on {int(count):,} past values, such intervals held {100 * share:.0f}%",
    )


RULE_REASONS = {
    "different_window": ("ใช้ช่วงปีต่างกัน", "other years"),
    "no_target_rule": ("ใช้เกณฑ์อัตราคงที่แทนค่าเป้าหมาย", "fixed thresholds instead of the target"),
    "different_target_rule": ("วัดความคืบหน้าสู่เป้าหมายด้วยวิธีอื่น", "progress to the target measured otherwise"),
    "scale_dependent": ("คิดเป็นร้อยละของค่าเริ่มต้น ผลจึงขึ้นกับจุดศูนย์ของมาตรวัด", "growth in per cent, which depends on the zero of the scale"),
    "direction_only": ("ดูเฉพาะทิศทาง", "direction only"),
    "other_thresholds": ("ใช้จุดตัดต่างกัน", "other cuts"),
    "cagr_not_applicable": ("อัตราเติบโตคำนวณไม่ได้เพราะมีค่าศูนย์หรือติดลบ", "growth rates are not defined at zero or below"),
}
"""Why a published rule judges otherwise: (Thai, English)."""


def say_reasons(why: str, lang: str) -> str:
    """Return the reasons of a disagreement in words."""
    return pick(lang, *(", ".join(RULE_REASONS[w][k] for w in why.split(";") if w in RULE_REASONS) for k in (0, 1)))


def say_rules(row: dict, lang: str) -> str:
    """Return how many published rules judge otherwise, and why; '' where ours says nothing or all agree."""
    if row["progress"] not in _TARGETED or not row.get("n_rules_differ", 0) > 0:
        return ""
    differ, count = int(row["n_rules_differ"]), int(row["n_rules"])
    why = say_reasons(row["rules_why"], lang)
    return pick(
        lang,
        f"เกณฑ์สากลอื่น {differ} จาก {count} วิธีตัดสินต่างออกไป ({why})",
        f"{differ} of {count} other published rules judge otherwise ({why}).",
    )


def say_false_alarms(findings: int, lang: str, *, everywhere: bool = False) -> str:
    """Return how many of the findings are expected to be chance, given the false-discovery control at 10%.

    `both` gives both languages, a paragraph each. `everywhere`: the findings are those of all provinces of a run, and the sentence
    says so, as it stands beside those of single provinces.
    """
    if lang == "both":
        return "\n\n".join(say_false_alarms(findings, language, everywhere=everywhere) for language in LANGUAGES)
    here = pick(lang, " รายการของทุกจังหวัด", " findings of all provinces") if everywhere else pick(lang, " รายการนี้", " findings")
    expected = number(Q_FAMILY * findings, 1)
    return pick(
        lang,
        f"ในข้อค้นพบ {findings}{here} คาดว่าเกิดจากความบังเอิญโดยเฉลี่ยไม่เกิน {expected} รายการ (ควบคุมอัตราการค้นพบผิดที่ร้อยละ {100 * Q_FAMILY:.0f})",
        f"Of {'the' if everywhere else 'these'} {findings}{here}, at most {expected} on average are expected to be chance (false discoveries held at {100 * Q_FAMILY:.0f}%).",
    )


def say_peers(row: dict, series: dict, lang: str) -> str:
    """Return where the province stands among all, with the spread; '' where it cannot be said."""
    if row["peer_value"] != row["peer_value"] or row["n_peers"] != row["n_peers"]:
        return ""
    period, count = format_period(row["peer_period"], lang), int(row["n_peers"])
    value, median = quantity(row["peer_value"], series, lang), quantity(row["peer_median"], series, lang)
    low, high = (number(row[c], int(series["decimals"] or 1)) for c in ("peer_low", "peer_high"))
    return pick(
        lang,
        f"ใน{_space(period)} มีค่า {value} ขณะที่ค่ากลางของ {count} จังหวัดคือ {median} (ครึ่งหนึ่งของจังหวัดอยู่ระหว่าง {low} ถึง {high})",
        f"In {period} it stands at {value}; the median of {count} provinces is {median}, and half of them lie between {low} and {high}.",
    )


def wanted_series(goal: str, codelists, area: str) -> pd.DataFrame:
    """Return the series of a goal that would be evaluated if the province sent them; none of the sea where it has no coast."""
    series = codelists.series
    wanted = series[(series["goal"] == goal) & (series["evaluate"] == "1")]
    return wanted if codelists.area(area)["coast"] == "1" else wanted[wanted["coastal_only"] != "1"]


def wanted_names(goal: str, codelists, area: str, lang: str) -> list[str]:
    """Return the names of the series of a goal that would be evaluated, with their indicator."""
    wanted = wanted_series(goal, codelists, area)
    return [f"{r[f'name_{lang}']}{' (' + r['indicator'] + ')' if r['indicator'] else ''}" for _, r in wanted.iterrows()]


def say_goal(row: dict, codelists, lang: str) -> str:
    """Return why a goal has no result, and what to send."""
    names = wanted_names(row["goal"], codelists, row["REF_AREA"], lang)
    if row["reason"] == "goal_needs_coast":
        return pick(lang, "จังหวัดนี้ไม่ติดทะเล จึงไม่มีข้อมูลที่ต้องส่ง", "The province has no coast: nothing to send.")
    reason = pick(
        lang,
        "ยังบอกไม่ได้: ชุดข้อมูลที่นำเข้าไม่มีค่าของเป้าหมายนี้สำหรับจังหวัดนี้",
        "Cannot be told yet: the imported data hold no value of this goal for this province.",
    )
    if not names:
        return reason
    return pick(
        lang,
        f"{reason} ข้อมูลที่ควรส่ง (รายปีอย่างน้อย {MIN_TEST} ปี): {' และ '.join(names)}",
        f"{reason} What to send (yearly values, {MIN_TEST} years or more): {'; '.join(names)}.",
    )


def say_headline(table: pd.DataFrame, codelists, area: str, lang: str) -> str:
    """Return the two sentences that open a province's page: counts of findings, goals without data."""
    rows = table[table["preferred"] & (table["n_obs"] > 0)]
    count = rows["status"].value_counts()
    empty = sorted(table.loc[table["SERIES"] == "", "goal"].astype(int))
    def told(*codes):
        return int(sum(count.get(code, 0) for code in codes))

    better, worse, other = told("improving"), told("worsening"), told("changed")
    unseen, early, open_ = told("not_detected", "no_change"), told("indicative"), told("insufficient", "no_data")
    held = rows[rows["status"].isin(["improving", "worsening", "changed"])]
    old = int(held["stale"].sum())
    note = "" if not old else pick(
        lang,
        f" ในรายการที่ดีขึ้น แย่ลง หรือเปลี่ยนแปลง มี {old} รายการที่ข้อมูลสิ้นสุดก่อน พ.ศ. {year_text(int(rows['report_year'].max()) - 3, lang)} จึงไม่ใช่สภาพปัจจุบัน",
        f" Of the findings, {old} rest on series that end before {int(rows['report_year'].max()) - 3}: they speak of then, not of today.",
    )  # fmt: skip
    name = codelists.area_name(area, lang)
    goals = ", ".join(map(str, empty))
    return pick(
        lang,
        f"จังหวัด{name}มีข้อมูล {len(rows)} รายการ: ดีขึ้น {better} แย่ลง {worse} ยังไม่พบแนวโน้ม {unseen} "
        f"บ่งชี้เบื้องต้น {early} ยังบอกไม่ได้ {open_}" + (f" เปลี่ยนแปลงโดยไม่มีทิศทางดีหรือแย่ {other}" if other else "")
        + (f" เป้าหมายที่ไม่มีข้อมูล: {goals}" if empty else f" มีข้อมูลครบทั้ง {len(codelists.goals17)} เป้าหมาย") + note,
        f"{name} has values of {len(rows)} series: {better} improving, {worse} worsening, {unseen} without a detected trend, "
        f"{early} indicative only, {open_} that cannot be told yet" + (f", {other} changed without a better or worse" if other else "")
        + (f". Goals without data: {goals}." if empty else f". All {len(codelists.goals17)} goals have data.") + note,
    ).replace("จังหวัดกรุงเทพ", "กรุงเทพ")


_FLAGS = {
    "nearest_province": ("{0} รายอยู่นอกเขตแผนที่ นับเข้าจังหวัดที่ใกล้ที่สุด", "{0} lay outside the map, counted in the nearest province"),
    "denominator_carried": ("ใช้ประชากรของปีที่ห่างไป {0} ปี", "population of {0} year(s) away"),
    "sum_of_months": ("ผลรวมของ {0} เดือน", "sum of {0} months"),
    "definition_break": ("นิยามเปลี่ยน", "definition changed"),
    "broken_broiler": ("ข้อมูลไก่เนื้อผิดปกติ", "broken broiler figures"),
}


def say_flags(flags: str, lang: str) -> str:
    """Return an observation's flags in words; the cells of parents are left to the CSV."""
    said = []
    for flag in filter(None, flags.split(";")):
        name, _, value = flag.partition(":")
        if name not in ("parent", "exposure"):
            words = _FLAGS.get(name, (name.replace("_", " ") + " {0}",) * 2)
            said.append(pick(lang, *words).format(value).strip())
    return "; ".join(dict.fromkeys(said))


def say_evaluation(evaluation, codelists, lang: str) -> str:
    """Return an evaluation as Markdown: headline, then every goal with its sentences; `both` gives both languages."""
    parts = []
    for language in LANGUAGES if lang == "both" else (lang,):
        text = evaluation.text[language]
        parts.append(f"**{text['headline']}**")
        for row in evaluation.table[evaluation.table["preferred"]].to_dict("records"):
            goal = "" if row["goal"] == "0" else f"{row['goal']} "
            name = codelists.series_name(row["SERIES"], language) if row["SERIES"] else codelists.goal_name(row["goal"], language)
            parts.append(f"- **{goal}{name}**: {text[row['result_id']]}")
    return "\n".join(part if part.startswith("-") else f"\n{part}\n" for part in parts)
