"""Words of the explorer and the workbench, Thai first."""

from __future__ import annotations

from sdg_eval.wording import label

DIMENSIONS = {
    "years": ("ช่วงปีที่ใช้", "window of years"), "covid": ("ปีโควิด 2563–2564", "COVID years 2020–21"), "provisional": ("ค่าเบื้องต้น", "provisional values"),
    "outliers": ("ค่าที่ผิดแผก", "outliers"), "method": ("วิธีคำนวณ", "method"), "weights": ("น้ำหนักของปี", "weights of years"),
    "correlation": ("สหสัมพันธ์ในตัวเอง", "autocorrelation"), "group": ("กลุ่มเปรียบเทียบ", "comparison group"), "test": ("เกณฑ์ทดสอบ", "test"),
    "base_year": ("ปีฐาน", "base year"), "target": ("ค่าเป้าหมาย", "target"), "target_year": ("ปีเป้าหมาย", "target year"),
}  # fmt: skip
OPTIONS = {
    "years": {
        "all": ("ทุกปีหลังการเปลี่ยนนิยามครั้งล่าสุด", "all after the last break"), "since_2015": ("ตั้งแต่ 2558", "since 2015"), "last_10": ("10 ปีล่าสุด", "latest 10 years"),
        "without_first": ("ไม่นับปีแรก", "without the first year"), "without_last": ("ไม่นับปีล่าสุด", "without the latest year"),
    },
    "covid": {"kept": ("นับรวม", "kept"), "left_out": ("ไม่นับ", "left out")},
    "provisional": {"left_out": ("ไม่นับ", "left out"), "kept": ("นับรวม", "kept")},
    "outliers": {"kept": ("นับทุกค่า", "all kept"), "beyond_3.5": ("ตัดที่เกิน 3.5 ส่วนเบี่ยงเบน", "beyond 3.5 sd left out"), "beyond_2.5": ("ตัดที่เกิน 2.5 ส่วนเบี่ยงเบน", "beyond 2.5 sd left out")},
    "method": {
        "official": ("วิธีทางการของชนิดข้อมูล", "official for the kind of data"), "ranks": ("อันดับ (Mann-Kendall, Theil-Sen)", "ranks (Mann-Kendall, Theil-Sen)"),
        "straight_line": ("เส้นตรงกำลังสองน้อยสุด", "least-squares line"), "end_points": ("ค่าแรกกับค่าสุดท้าย", "end points"), "sdsn": ("SDSN", "SDSN"),
        "escap_csi": ("UN ESCAP (สถานะ)", "UN ESCAP (status)"), "escap_api": ("UN ESCAP (คาดการณ์)", "UN ESCAP (anticipated)"), "eurostat": ("Eurostat", "Eurostat"),
        "unsd_2022": ("UNSD 2022", "UNSD 2022"), "unsd_2023": ("UNSD 2023", "UNSD 2023"), "open_sdg": ("Open SDG", "Open SDG"),
        "oecd_outlook": ("OECD (โอกาส)", "OECD (outlook)"),
    },
    "weights": {"equal": ("เท่ากัน", "equal"), "recent": ("ปีหลังหนักกว่า", "recent years weigh more")},
    "correlation": {"pooled": ("ประมาณจากทุกจังหวัดในกลุ่ม", "pooled over the group"), "none": ("ไม่มี (0)", "none (0)"), "assumed": ("สมมติ 0.3", "assumed 0.3"), "strong": ("สมมติ 0.6", "assumed 0.6")},
    "group": {"all": ("77 จังหวัด", "77 provinces"), "without_bangkok": ("ไม่รวมกรุงเทพมหานคร", "without Bangkok"), "region": ("ภาคเดียวกัน", "same region"), "alike": ("จังหวัดที่คล้ายกัน 5 แห่ง", "5 provinces alike")},
    "test": {
        "official": ("p < 0.05 และ BH 10%", "p < 0.05 and BH at 10%"), "single": ("p < 0.05 เพียงลำพัง", "p < 0.05 alone"), "yekutieli": ("Benjamini-Yekutieli 10%", "Benjamini-Yekutieli 10%"),
        "bonferroni": ("Bonferroni 5%", "Bonferroni 5%"), "strict": ("p < 0.01 และ BH 5%", "p < 0.01 and BH at 5%"),
    },
    "base_year": {"official": ("ทางการ", "official"), "first": ("ปีแรกที่มีค่า", "first year held"), "2016": ("2559", "2016"), "2017": ("2560", "2017"), "2018": ("2561", "2018")},
    "target": {"official": ("ทางการ", "official"), "stricter": ("เข้มขึ้น 10%", "10% stricter"), "easier": ("ผ่อนลง 10%", "10% easier")},
    "target_year": {"official": ("ทางการ", "official"), "later": ("ช้าลง 5 ปี", "5 years later")},
}  # fmt: skip

TRAITS = {
    "log_population": ("คนมาก", "more people"), "log_density": ("หนาแน่น", "denser"), "log_income": ("รายได้สูง", "higher income"), "urban_share": ("คนเมืองมาก", "more urban"), "border": ("ติดชายแดน", "at the border"),
    "coast": ("ติดทะเล", "at the sea"), "region_north": ("ภาคเหนือ", "north"), "region_northeast": ("ภาคอีสาน", "northeast"), "region_centre": ("ภาคกลาง", "centre"), "region_east": ("ภาคตะวันออก", "east"),
    "region_west": ("ภาคตะวันตก", "west"), "region_south": ("ภาคใต้", "south"),
}  # fmt: skip
LITTLE = {
    "log_population": ("คนน้อย", "fewer people"), "log_density": ("เบาบาง", "sparser"), "log_income": ("รายได้ต่ำ", "lower income"), "urban_share": ("คนเมืองน้อย", "less urban"),
    "border": ("ไม่ติดชายแดน", "away from the border"), "coast": ("ไม่ติดทะเล", "inland"),
}  # fmt: skip
TESTS = {
    "mann_kendall": ("Mann-Kendall", "Mann-Kendall"), "seasonal_mann_kendall": ("Mann-Kendall ตามฤดูกาล", "seasonal Mann-Kendall"), "ar1": ("ค่าศูนย์ AR(1) จำลอง", "simulated AR(1) null"),
    "z_ties": ("มีค่าซ้ำ", "with ties"), "normal": ("การแจกแจงปกติ", "normal"), "exact": ("แม่นตรง", "exact"), "theil_sen": ("ความชัน Theil-Sen ไม่ทดสอบ", "Theil-Sen slope, not tested"),
    "quasi_poisson": ("quasi-Poisson ของจำนวนนับ", "quasi-Poisson of counts"), "quasi_binomial": ("quasi-binomial ของสัดส่วน", "quasi-binomial of shares"), "rule_of_three": ("กฎของสาม", "rule of three"),
    "end_points": ("ค่าแรกกับค่าสุดท้าย ไม่ทดสอบ", "end points, not tested"), "year_on_year": ("เทียบช่วงเดียวกันของปีก่อน ไม่ทดสอบ", "against the year before, not tested"),
}  # fmt: skip
"""Methods of the trend table, and the parts that a test of ranks is named by."""


def _pick(pair: tuple[str, str], lang: str) -> str:
    return pair[0] if lang == "th" else pair[1]


def dimension_name(name: str, lang: str) -> str:
    """Return what a choice is called.

    Examples
    --------
    >>> dimension_name("base_year", "th"), dimension_name("base_year", "en")
    ('ปีฐาน', 'base year')
    """
    return _pick(DIMENSIONS[name], lang)


def choice_name(name: str, option: str, lang: str) -> str:
    """Return what an option of a choice is called; an adviser's own number as it is."""
    pair = OPTIONS[name].get(option)
    return option if pair is None else _pick(pair, lang)


def verdict_name(verdict: str, lang: str) -> str:
    """Return a verdict in words."""
    return label(verdict, lang)


def trait_name(trait: str, lang: str, *, much: bool = True) -> str:
    """Return what much or little of a trait means, in words; '' for not lying in a region."""
    return _pick((TRAITS if much else LITTLE).get(trait, ("", "")), lang)


def question_name(question: str, lang: str) -> str:
    """Return a question in words."""
    return _pick({"trend": ("แนวโน้มเปลี่ยนหรือไม่", "Is it moving?"), "progress": ("จะบรรลุเป้าหมายหรือไม่", "Will the target be met?")}[question], lang)


def test_name(method: str, lang: str) -> str:
    """Return how a trend was estimated and tested, in words.

    Examples
    --------
    >>> test_name("seasonal_mann_kendall_ar1_z_ties", "en")
    'seasonal Mann-Kendall, simulated AR(1) null, with ties'
    """
    if method in TESTS:
        return _pick(TESTS[method], lang)
    base = max((name for name in TESTS if method.startswith(name)), key=len, default="")
    if not base:
        return method
    rest = method.removeprefix(base).strip("_")
    return ", ".join(_pick(TESTS[part], lang) for part in (base, *(p for p in ("ar1", "z_ties", "normal", "exact") if p in rest)))


def rule_name(method: str) -> str:
    """Return what a published rule is called; ours is sdg_eval."""
    own = {"linear_pace": "sdg_eval", "istat": "ISTAT", "oecd_trend": "OECD (trend)", "eurostat_long": "Eurostat (15)", "eurostat_short": "Eurostat (5)"}
    return own.get(method) or choice_name("method", method, "en")
