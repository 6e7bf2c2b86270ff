"""What a sentence may say: of which province, with which verdict, and never what brought something about.

Words that say "better", "worse", "rising" stand only where the row's verdict does; what names a cause stands only in a sentence
that says `effect_detected`; what is estimated has its interval beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

CAUSAL = {
    "en": re.compile(
        r"\b(caus(?:ed|es|ing)|(?:led|leads) to|result(?:ed|s|ing) in|thanks to|owing to|brought about|attributable to|as a result of|because of|gave rise to"
        r"|(?:raised|lowered|reduced|increased|improved|worsened) (?:by the (?:programme|pilot|project)|poverty|the)|the (?:programme|pilot|project) (?:raised|lowered|reduced|increased|improved|worked))",
        re.I,
    ),
    "th": re.compile("ทำให้(?!เสร็จ)|ส่งผลให้|เป็นผลจาก|เป็นผลมาจาก|อันเป็นผล|ก่อให้เกิด|สืบเนื่องจาก|เนื่องมาจาก|โครงการช่วย(?:ลด|เพิ่ม|ให้)|นำไปสู่|เพราะโครงการ"),
}  # fmt: skip
"""Words that say what brought something about, in both languages."""


DISCLAIMERS = re.compile(r"may have other causes|ทำให้คำนวณย้อนถึงค่าที่ปกปิดได้|[Ww]hether the (?:programme|pilot|project) worked")
"""Words that name a cause only to say that none is known; each stands in a sentence that no effect is claimed."""


def _is(column: str, *values):
    return lambda row: row.get(column) in values


def _improved(row: dict) -> bool:
    return bool(row.get("significant")) and row.get("assessment") == "improving" and bool(row.get("preferred", True))


def _worsened(row: dict) -> bool:
    return bool(row.get("significant")) and row.get("assessment") == "worsening" and bool(row.get("preferred", True))


def _moves(up: bool):
    def allowed(row: dict) -> bool:
        slope = row.get("slope", float("nan"))
        seen = {row.get("verdict"), row.get("verdict_without_covid")}
        return ("rising" if up else "falling") in seen or (row.get("verdict") == "indicative" and (slope > 0 if up else slope < 0))

    return allowed


VERDICT_WORDS = {
    "en": [
        (r"That is an improvement|\bimproved\b|\bbetter than before\b|\bgot better\b", _improved, "an improvement that is significant after the adjustment"),
        (r"That is a deterioration|\bworsened\b|\bdeteriorated\b|\bgot worse\b", _worsened, "a deterioration that is significant after the adjustment"),
        (r"\b[Rr]ising\b|\b[Rr]ose\b|\b[Ii]ncreased\b", _moves(True), "the verdict rising"),
        (r"\b[Ff]alling\b|\b[Ff]ell\b|\b[Dd]ecreased\b|\b[Dd]eclined\b", _moves(False), "the verdict falling"),
        (r"improving too slowly", _is("progress", "moderately_improving"), "the progress moderately_improving"),
        (r": on track", _is("progress", "on_track"), "the progress on_track"),
        (r": achieved", _is("progress", "achieved"), "the progress achieved"),
        (r": moving away", _is("progress", "decreasing"), "the progress decreasing"),
        (r": stagnating", _is("progress", "stagnating"), "the progress stagnating"),
    ],
    "th": [
        (r"ในทางที่ดีขึ้น|(?<!มีทั้ง)ดีขึ้น(?!แต่ช้า)", _improved, "an improvement that is significant after the adjustment"),
        (r"แย่ลง", _worsened, "a deterioration that is significant after the adjustment"),
        (r"เพิ่มขึ้น", _moves(True), "the verdict rising"),
        (r"ลดลง", _moves(False), "the verdict falling"),
        (r"ดีขึ้นแต่ช้า", _is("progress", "moderately_improving"), "the progress moderately_improving"),
        (r": เป็นไปตามเป้า", _is("progress", "on_track"), "the progress on_track"),
        (r": บรรลุแล้ว", _is("progress", "achieved"), "the progress achieved"),
        (r": ถอยห่างจากเป้า", _is("progress", "decreasing"), "the progress decreasing"),
        (r": แทบไม่คืบหน้า", _is("progress", "stagnating"), "the progress stagnating"),
    ],
}  # fmt: skip
"""(words, what the row must be, that in words) of a sentence about one row of an evaluation."""
EFFECT_WORDS = {
    "en": [
        (r"(?<!no )(?<!No )\beffect(?:s)? (?:was |were |is |are )?(?:detected|found|established|proven)\b", "effect_detected"), (r"\beffect indicated\b", "effect_indicated"),
        (r"\b[Nn]o effect of a size\b", "no_effect_detected"), (r"\binconclusive\b", "inconclusive"), (r"\bcannot be evaluated\b", "not_evaluable"),
    ],
    "th": [
        ("(?<!ไม่)พบผลของโครงการ", "effect_detected"), ("มีสัญญาณเบื้องต้น", "effect_indicated"), ("ไม่พบผลในขนาด", "no_effect_detected"), ("ยังสรุปไม่ได้", "inconclusive"),
        ("ยังประเมินไม่ได้", "not_evaluable"),
    ],
}  # fmt: skip
"""(words, the only verdict with which they may stand) in a sentence on the effect on one outcome."""
BESIDE = [({"slope", "centre"}, {"low", "high"}, {"ci_low"}), ({"forecast"}, {"forecast_low", "forecast_high"}, {"forecast_low"})]
"""(what is estimated, what must stand beside it, unless this cell is blank)."""
SHORT_NAME = 5
"""A Thai name of fewer letters is also part of other words: it counts only after the word for province."""


@lru_cache(maxsize=4)
def _names(areas: tuple[tuple[str, str, str], ...]) -> dict[str, tuple[re.Pattern, dict[str, str]]]:
    thai = {name: code for code, name, _ in areas}
    english = {name: code for code, _, name in areas}
    sure = sorted((n for n in thai if len(n) >= SHORT_NAME), key=len, reverse=True)
    every = sorted(thai, key=len, reverse=True)
    th = re.compile(f"(?:จังหวัด|จ\\.\\s?)({'|'.join(map(re.escape, every))})|({'|'.join(map(re.escape, sure))})")
    en = re.compile(rf"\b({'|'.join(map(re.escape, sorted(english, key=len, reverse=True)))})\b")
    return {"th": (th, thai), "en": (en, english)}


def places_in(text: str, areas: tuple[tuple[str, str, str], ...], lang: str) -> dict[str, str]:
    """Return {code: name as written} of the provinces that a text names; `areas` holds (code, Thai name, English name)."""
    expression, codes = _names(areas)[lang]
    if not any(name in text for name in codes):  # most sentences name none, and to try each at every letter takes long
        return {}
    found = [next(filter(None, m.groups())) for m in expression.finditer(text)]
    return {codes[name]: name for name in found}


def causal_words(text: str, lang: str) -> list[str]:
    """Return the words of a text that say what brought something about."""
    return [m[0] for m in CAUSAL[lang].finditer(DISCLAIMERS.sub("", text))]


def verdict_faults(text: str, row: dict, lang: str) -> list[tuple[str, str]]:
    """Return (words, what the row would have to be) of the words that the verdict of a row does not allow."""
    return [(m[0], wanted) for words, allowed, wanted in VERDICT_WORDS[lang] for m in re.finditer(words, text) if not allowed(row)]


def effect_faults(text: str, verdicts: set[str], lang: str) -> list[tuple[str, str]]:
    """Return (words, what was to be) of the words for a cause or a verdict that no verdict of the outcomes a sentence speaks of allows.

    Examples
    --------
    >>> effect_faults("Poverty: the pilot reduced it; effect detected.", {"inconclusive"}, "en")
    [('the pilot reduced', 'no word for a cause: no effect was detected here'), ('effect detected', 'the verdict inconclusive')]
    """
    causes = [] if "effect_detected" in verdicts else [(words, "no word for a cause: no effect was detected here") for words in causal_words(text, lang)]
    told = [(m[0], verdict) for words, verdict in EFFECT_WORDS[lang] for m in re.finditer(words, text)] if verdicts else []
    return causes + [(words, f"the verdict {' or '.join(sorted(verdicts))}") for words, verdict in told if verdict not in verdicts]


def without_interval(columns: Iterable[str], row: dict) -> list[str]:
    """Return the estimates among the bound columns of a sentence whose interval does not stand beside them."""
    bound = set(columns)
    return [
        estimate
        for estimates, wanted, unless in BESIDE
        for estimate in sorted(estimates & bound)
        if not wanted <= bound and all(row.get(c) == row.get(c) and row.get(c) is not None for c in unless)
    ]
