"""The programme effect in words, Thai and English: verdicts, reasons, what would settle them, titles of charts.

What the design cannot answer is said first and as plainly as what it can. No causal word stands outside `effect_detected`.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from sdg_eval.effect_report import (
    Checks,
    Overall,
    PilotEffect,
    ProvinceEffect,
    Selection,
    estimated,
    synthetic_path,
)
from sdg_eval.effects.design import MIN_BEFORE
from sdg_eval.effects.sensitivity import what_flips
from sdg_eval.effects.verdict import Outcome
from sdg_eval.side_by_side import TRAIT_WORDS, as_list
from sdg_eval.thai import format_period
from sdg_eval.wording import change_unit, keep_together, number, p_text, pick

TRAIT_NAMES = {name: words for name, words in TRAIT_WORDS.items()} | {
    "region_north": ("ภาคเหนือ", "region: north"), "region_northeast": ("ภาคตะวันออกเฉียงเหนือ", "region: northeast"), "region_centre": ("ภาคกลาง", "region: centre"),
    "region_east": ("ภาคตะวันออก", "region: east"), "region_west": ("ภาคตะวันตก", "region: west"), "region_south": ("ภาคใต้", "region: south"),
}  # fmt: skip
VERDICT_WORDS = {
    "effect_detected": ("พบผลของโครงการ", "effect detected"),
    "effect_indicated": ("มีสัญญาณเบื้องต้น แต่ยังยืนยันไม่ได้", "effect indicated, not established"),
    "no_effect_detected": ("ไม่พบผลในขนาดที่มีความหมาย", "no effect of a size that matters"),
    "inconclusive": ("ยังสรุปไม่ได้", "inconclusive"),
    "not_evaluable": ("ยังประเมินไม่ได้", "cannot be evaluated yet"),
}  # fmt: skip
REASON_WORDS = {
    "no_data": ("ไม่มีข้อมูลรายจังหวัด", "there are no provincial values"),
    "no_treated_data": ("ไม่มีข้อมูลของจังหวัดนำร่อง", "no pilot province has values"),
    "only_pilots_report": ("มีเฉพาะข้อมูลของจังหวัดนำร่อง ไม่มีจังหวัดให้เทียบ", "only pilot provinces have values: nothing to compare with"),
    "few_treated": ("มีข้อมูลของจังหวัดนำร่องน้อยเกินไป", "too few pilot provinces have values"),
    "few_comparisons": ("มีจังหวัดเปรียบเทียบน้อยเกินไป", "too few comparison provinces have values"),
    "ends_before_the_pilot": ("ข้อมูลสิ้นสุดก่อนเริ่มโครงการ", "the values end before the pilot begins"),
    "begins_with_the_pilot": ("ข้อมูลเริ่มพร้อมโครงการ ไม่มีค่าก่อนหน้าให้เทียบ", "the values begin with the pilot: there is no before"),
    "constant_outcome": ("ค่าของทุกจังหวัดไม่เปลี่ยนแปลงเลย", "no province's value changes"),
    "data_conflict": ("มีค่าต่างกันสองค่าในช่วงเวลาเดียวกันของจังหวัดเดียวกัน", "one province and period has two different values"),
    "only_provisional": ("ค่าหลังเริ่มโครงการยังเป็นค่าเบื้องต้นหรือค่าประมาณ", "the values from the start of the programme on are still provisional or estimated"),
    "no_region_holds_both": ("ไม่มีภาคใดที่มีทั้งจังหวัดนำร่องและจังหวัดเปรียบเทียบ", "no region holds both pilot and comparison provinces"),
    "staggered_weights": ("จังหวัดเริ่มไม่พร้อมกัน จึงยังคำนวณแบบถ่วงน้ำหนักประชากรไม่ได้", "provinces began at different times: an effect weighted by people is not computed for that"),
    "few_pilots": ("มีจังหวัดนำร่องที่มีข้อมูลไม่ถึง 5 จังหวัด", "fewer than five pilot provinces have values"),
    "weights_need_five": ("มีช่วงเวลาก่อนโครงการไม่ถึง 5 ช่วง จึงใช้วิธีถ่วงน้ำหนักยืนยันไม่ได้", "fewer than five periods before, so the weighted comparison cannot confirm it"),
    "not_beyond_chance": ("ความแตกต่างที่พบยังไม่พ้นความบังเอิญเมื่อเทียบภายในภาคและปรับตามจำนวนตัวชี้วัดที่ทดสอบ", "the difference is not beyond chance, within regions and for the number of outcomes tested"),
    "few_periods_before": ("มีช่วงเวลาก่อนโครงการน้อยเกินกว่าจะตรวจว่าแนวโน้มขนานกันหรือไม่", "too few periods before to see whether trends were parallel"),
    "trends_differed_before": ("แนวโน้มของจังหวัดนำร่องต่างจากจังหวัดอื่นตั้งแต่ก่อนโครงการ", "pilots and others did not move alike before the pilot"),
    "trends_unchecked": ("มีจังหวัดที่ข้อมูลก่อนโครงการครบน้อยเกินกว่าจะตรวจแนวโน้ม", "too few provinces have every value before, so trends cannot be checked"),
    "trend_could_explain": ("แนวโน้มเดิมที่ต่างกันเพียงเล็กน้อยจนการทดสอบตรวจไม่พบ ก็อธิบายความแตกต่างขนาดนี้ได้", "a difference in trend too small to be seen before could give as much"),
    "regions_differ": ("ทิศทางกลับกันเมื่อไม่แยกเทียบภายในภาคเดียวกัน", "the sign turns when provinces are not compared within their region"),
    "covid_rebound": ("จังหวัดนำร่องได้รับผลกระทบในช่วงโควิด-19 ต่างจากจังหวัดอื่น การเปลี่ยนแปลงหลังจากนั้นอาจเป็นเพียงการฟื้นตัว: แนวโน้มไม่ขนานกัน", "pilots were hit otherwise by COVID-19, so what followed may only be the rebound: trends were not parallel"),
    "rests_on_covid_years": ("ช่วงก่อนโครงการส่วนใหญ่เป็นปีโควิด-19 จึงตรวจแนวโน้มไม่ได้", "most of the years before are COVID-19 years, so trends cannot be checked"),
    "rests_on_one_province": ("ความแตกต่างที่พบมาจากจังหวัดเดียว", "it rests on a single province"),
    "gone_without_covid_years": ("ทิศทางกลับกันเมื่อไม่นับปีโควิด-19", "the sign turns without the COVID-19 years"),
    "weighted_comparison_disagrees": ("วิธีถ่วงน้ำหนักจังหวัดเปรียบเทียบให้ทิศทางตรงข้าม", "the weighted comparison has the other sign"),
    "interval_holds_both": ("ช่วงความเชื่อมั่นมีทั้งศูนย์และขนาดที่มีความหมาย", "the interval holds both zero and a size that matters"),
    "design_too_weak": ("ข้อมูลชุดนี้ตรวจพบได้เฉพาะผลที่ใหญ่กว่าขนาดที่มีความหมาย", "these data would show only effects larger than the size that matters"),
    "no_population": ("ไม่มีจำนวนประชากรสำหรับถ่วงน้ำหนัก", "there are no numbers of people to weight by"),
    "staggered_start": ("จังหวัดเริ่มไม่พร้อมกัน จึงใช้วิธีที่รองรับ และบอกได้เพียงเค้า", "provinces began at different times: an estimator for that is used, and indicates at most"),
    "exploratory": ("ตัวชี้วัดนี้เพิ่มหลังลงทะเบียนแผน จึงเป็นเชิงสำรวจ", "the outcome was added after the plan was set: exploratory"),
    "few_complete_provinces": ("มีจังหวัดที่ข้อมูลครบน้อยเกินไป", "too few provinces have every value"),
}  # fmt: skip
SETTLE_WORDS = {
    "any_values": ("ต้องมีข้อมูลรายจังหวัดอย่างน้อย 3 ปีก่อนและ 1 ปีหลังเริ่มโครงการ ทั้งจังหวัดนำร่องและจังหวัดอื่น", "provincial values of at least 3 years before and 1 after the start, of pilots and others"),
    "pilot_values": ("ต้องมีข้อมูลของจังหวัดนำร่อง", "values of the pilot provinces"),
    "comparison_values": ("ต้องมีข้อมูลของจังหวัดอื่นที่ไม่ใช่จังหวัดนำร่อง", "values of provinces that are no pilots"),
    "population_values": ("ต้องมีจำนวนประชากรรายจังหวัด", "numbers of people by province"),
    "later_values": ("ต้องมีข้อมูลตั้งแต่ปีที่เริ่มโครงการเป็นต้นไป", "values from the start of the programme on"),
    "earlier_values": ("ต้องหาข้อมูลย้อนหลังก่อนเริ่มโครงการเพิ่ม", "earlier values, from before the pilot"),
    "missing_values": ("ต้องเติมข้อมูลปีที่ขาดของแต่ละจังหวัด", "the missing years of each province"),
    "final_values": ("ต้องรอค่าสุดท้าย (ไม่ใช่ค่าเบื้องต้น) ของช่วงหลังเริ่มโครงการ", "final values, not provisional ones, from after the start"),
    "one_value": ("ต้องชี้ขาดว่าค่าใดถูก", "a decision which of the two values is right"),
    "finer_values": ("ต้องมีค่าที่ละเอียดกว่านี้", "values in finer steps"),
    "other_comparison": ("จำนวนปีที่เพิ่มขึ้นไม่ช่วย ต้องมีกลุ่มเปรียบเทียบอื่น เช่น จังหวัดระยะที่สอง", "more years will not help: another comparison is needed, such as provinces of a second wave"),
    "calm_years": ("ต้องมีข้อมูลก่อนปีโควิด-19 (ก่อน พ.ศ. 2563) อย่างน้อย 3 ปี", "at least three years from before COVID-19 (before 2020)"),
    "more_provinces": ("ต้องมีจังหวัดนำร่องมากขึ้น", "more pilot provinces"),
    "more_years": ("ต้องมีข้อมูลต่อเนื่อง", "more years of values"),
    "luck_of_the_draw": ("ช่วงจะแคบลงเมื่อมีข้อมูลปีต่อไป", "the values of further years will narrow the interval"),
    "out_of_reach": ("ข้อมูลรายจังหวัดไม่ละเอียดพอจะตรวจพบผลที่เล็กเพียงนี้ แม้รออีกหลายปีหรือเพิ่มจังหวัดนำร่องเป็นครึ่งประเทศ ต้องวัดให้ละเอียดกว่าระดับจังหวัด", "not with values of this kind, even after many years or with half the country as pilots: it takes a measure finer than the province"),
    "replication": ("ต้องพบซ้ำในข้อมูลใหม่ เช่น จังหวัดระยะที่สอง", "it must be found again in new data, such as a second wave"),
}  # fmt: skip
LASTING_WORDS = {
    "nothing_yet": ("ยังไม่มีผลที่ยืนยันได้ให้ติดตาม", "nothing has been found yet that could last"),
    "no_periods_after": ("ยังไม่มีข้อมูลหลังสิ้นสุดโครงการ", "there are no values from after the programme yet"),
    "kept": ("ความแตกต่างที่พบยังคงอยู่หลังสิ้นสุดโครงการ", "what was found is still there after the programme"),
    "faded": ("ไม่พบว่าความแตกต่างยังคงอยู่หลังสิ้นสุดโครงการ", "it is not found any more after the programme"),
    "cannot_be_told": ("ยังบอกไม่ได้ว่าผลคงอยู่หรือไม่", "whether it lasted cannot be told yet"),
}  # fmt: skip
CHOICE_WORDS = {
    "all": ("ทั้งหมด", "all"), "without_bangkok": ("ไม่รวมกรุงเทพฯ", "without Bangkok"), "without_neighbours": ("ไม่รวมจังหวัดติดกัน", "without neighbours"), "matched": ("เฉพาะที่จับคู่ได้", "matched only"),
    "without_covid": ("ไม่รวม 2563–64", "without 2020–21"), "none": ("ไม่ถ่วงน้ำหนัก", "unweighted"), "population": ("ถ่วงด้วยประชากร", "by population"), "did": ("ผลต่างของผลต่างภายในภาค", "DiD within regions"), "plain": ("ผลต่างของผลต่างไม่แยกภาค", "DiD over all regions"), "sdid": ("ผลต่างสังเคราะห์", "synthetic DiD"),
}  # fmt: skip


def _pick(lang: str, thai: str, english: str) -> str:
    return keep_together(pick(lang, thai, english))


def _word(words: dict, key: str, lang: str) -> str:
    return pick(lang, *words.get(key, (key, key)))


def amount(value: float, row: dict, series, lang: str, *, unit: bool = True) -> str:
    """Return an effect as read: in the unit of a change, or in per cent where the scale is logarithmic; with its sign."""
    if value != value:
        return "–"
    if row["scale"] == "log":
        shown, name = 100 * (np.exp(value) - 1), pick(lang, "%", "%")
        text = number(shown, 1)
        return ("+" if shown > 0 else "") + text + (name if unit else "")
    decimals = max(int(series["decimals"] or 1), 1)
    text = number(value, decimals + (abs(value) < 1))
    name = change_unit(dict(series), lang)
    return ("+" if value > 0 else "") + text + (f"\u00a0{name}" if unit else "")  # a number and its unit stay on one line


def verdict_word(verdict: str, lang: str) -> str:
    """Return the words of a verdict."""
    return _word(VERDICT_WORDS, verdict, lang)


def effect_numbers(row: dict, series, lang: str) -> str:
    """Return the estimate with interval, p, n and periods, for any verdict."""
    low, high = (amount(row[c], row, series, lang, unit=False) for c in ("ci_low", "ci_high"))
    p = p_text(row["p_random"])
    adjusted = f", {pick(lang, 'ปรับแล้ว', 'adjusted')} {p_text(row['p_adjusted'])}" if row["p_adjusted"] == row["p_adjusted"] else ""
    first, last = format_period(row["first_period"], lang), format_period(row["last_period"], lang).removeprefix("พ.ศ. ")
    ratio = ""
    if row.get("rate_ratio", np.nan) == row.get("rate_ratio", np.nan):
        ratio = pick(lang, f" อัตราส่วนทั้งประเทศ {number(row['rate_ratio'], 2)} ({number(row['rate_ratio_low'], 2)} ถึง {number(row['rate_ratio_high'], 2)})",
                     f"; rate ratio over all regions {number(row['rate_ratio'], 2)} ({number(row['rate_ratio_low'], 2)} to {number(row['rate_ratio_high'], 2)})")  # fmt: skip
    return pick(
        lang,
        f"เปลี่ยนแปลงต่างจากค่าเฉลี่ยของจังหวัดเปรียบเทียบในภาคเดียวกัน {amount(row['effect'], row, series, lang)} (ช่วง 95% {low} ถึง {high}; {p}{adjusted} คำนวณเสมือนจังหวัดนำร่องได้มาจากการสุ่มภายในภาค; "
        f"นำร่อง {row['n_treated']} เทียบ {row['n_comparison']} จังหวัด; {first}–{last} ก่อน {row['n_before']} ระหว่าง {row['n_during']} หลัง {row['n_after']} ช่วงเวลา){ratio}",
        f"{amount(row['effect'], row, series, lang)} against the comparison provinces of the same region (95% interval {low} to {high}; {p}{adjusted}, as if assigned at random within regions; "
        f"{row['n_treated']} pilots, {row['n_comparison']} others of their regions; {first}–{last}: {row['n_before']} periods before, {row['n_during']} during, {row['n_after']} after){ratio}",
    )


def say_effect(row: dict, codelists, lang: str) -> str:
    """Return one outcome: the verdict, the reason, the estimate with its uncertainty, what could have been seen."""
    series = codelists.series_row(row["SERIES"])
    name, verdict = series[f"name_{lang}"], verdict_word(row["verdict"], lang)
    reason = f" ({_word(REASON_WORDS, row['reason'], lang)})" if row["reason"] else ""
    parts = [f"{name}: {verdict}{reason}"]
    if row["n_conflict"]:
        parts.append(pick(lang, f"ไม่นับ {int(row['n_conflict'])} จังหวัดที่มีค่าขัดแย้งกันสองค่า", f"{int(row['n_conflict'])} province(s) with two conflicting values are left out"))
    if row["n_unobserved"]:
        parts.append(say_unobserved(row, series, lang))
    if row["effect"] == row["effect"]:
        parts.append(effect_numbers(row, series, lang))
        seen, smallest = amount(row["detectable"], row, series, lang).lstrip("+"), amount(row["smallest"], row, series, lang).lstrip("+")
        parts.append(pick(lang, f"ข้อมูลชุดนี้แยกความแตกต่างจากศูนย์ได้เมื่อมีขนาดตั้งแต่ {seen} ขึ้นไป (โอกาสร้อยละ 80) การยืนยันว่าเป็นผลต้องใหญ่กว่านั้น ขนาดที่มีความหมายคือ {smallest}", f"These data would tell {seen} or more from zero (80% power), and a claim takes more; the size that matters is {smallest}"))
        if row["verdict"] in ("effect_detected", "effect_indicated"):
            parts.append(say_side(row, lang))
            sizes = [row[c] for c in ("effect", "plain", "beyond_trend", "sdid") if row[c] == row[c]]
            low, high = (amount(v, row, series, lang) for v in (min(sizes), max(sizes)))
            parts.append(pick(lang, f"ขนาดขึ้นกับวิธี: {low} ถึง {high}", f"Its size depends on the method: {low} to {high}"))
    if row["exploratory"]:
        parts.append(pick(lang, "เชิงสำรวจ (นอกแผนที่ลงทะเบียน)", "Exploratory: not in the registered plan"))
    return keep_together(". ".join(parts) + "." if lang == "en" else " ".join(parts))


def say_unobserved(row: dict, series, lang: str) -> str:
    """Return how many provisional or estimated values are left out, and the estimate with them (METHODS 1.5)."""
    other = "" if row["effect_with_unobserved"] != row["effect_with_unobserved"] else pick(
        lang, f" ถ้านับด้วยจะเป็น {amount(row['effect_with_unobserved'], row, series, lang)}", f"; with them {amount(row['effect_with_unobserved'], row, series, lang)}")  # fmt: skip
    return pick(lang, f"ไม่นับค่าเบื้องต้นหรือค่าประมาณ {int(row['n_unobserved'])} ค่า{other}", f"{int(row['n_unobserved'])} provisional or estimated values are left out{other}")


def say_side(row: dict, lang: str) -> str:
    """Return whether an effect is on the hoped-for side; '' where no side was named."""
    if not row["expected"]:
        return ""
    if np.sign(row["effect"]) == row["expected"]:
        return pick(lang, "เป็นไปในทางที่คาดหวัง", "On the side that was hoped for")
    return pick(lang, "เป็นไปในทางตรงข้ามกับที่คาดหวัง จึงไม่ใช่ความสำเร็จ", "On the other side than hoped for: no success")


def say_settle(row: dict, codelists, lang: str) -> str:
    """Return what would settle an open verdict, and when; '' for a settled one."""
    if not row["settle"]:
        return ""
    name, told = codelists.series_row(row["SERIES"])[f"name_{lang}"], _word(SETTLE_WORDS, row["settle"], lang)
    if row["settle"] == "more_years":
        when, years = format_period(row["settle_period"], lang), number(row["settle_number"], 0 if float(row["settle_number"]).is_integer() else 2)
        told += pick(lang, f" อีก {years} ปี คือถึง {when}", f": {years} more, to {when}")
    elif row["settle"] == "earlier_values" and row["settle_number"] == row["settle_number"]:
        told += pick(lang, f" อีกอย่างน้อย {number(row['settle_number'], 0)} ปี", f", at least {number(row['settle_number'], 0)} more year(s)")
    elif row["settle"] == "more_provinces" and row["settle_number"] == row["settle_number"]:
        told += pick(lang, f" รวมราว {number(row['settle_number'], 0)} จังหวัด", f", about {number(row['settle_number'], 0)} in all")
    return _pick(lang, f"{name}: {told}", f"{name}: {told}.")


def say_design(report: PilotEffect | Overall, codelists, lang: str) -> str:
    """Return the box "how the pilots were chosen, and what that means for claims" (R14)."""
    row = codelists.programmes.iloc[0]
    n, others = len(report.window.starts), len(codelists.provinces) - len(report.window.starts)
    start, end = (format_period(p, lang) for p in (report.window.start, report.window.end))
    waves = len(set(report.window.starts.values()))
    in_waves = "" if waves == 1 else pick(lang, f" เริ่ม {waves} ระยะ", f" in {waves} waves")
    return _pick(
        lang,
        f"{row['name_th']}: {n} จังหวัดนำร่อง{in_waves} ({start}–{end}) {row['selected_th']} อีก {others} จังหวัดเป็นกลุ่มเปรียบเทียบ "
        f"ความแตกต่างที่พบจึงอาจมาจากการคัดเลือก ไม่ใช่จากโครงการ ค่า p ทุกค่าหมายถึง “ถ้าจังหวัดนำร่องได้มาจากการสุ่มภายในภาค” เท่านั้น ({row['source_th']})",
        f"{row['name_en']}: {n} pilot provinces{in_waves} ({start}–{end}), {row['selected_en']}. The other {others} are the comparison. "
        f"A difference may come from the choice and not from the programme; every p means “as if pilots had been drawn at random within regions” and no more ({row['source_en']}).",
    )


def trait_name(trait: str, codelists, lang: str) -> str:
    """Return a trait in words; level and slope of an outcome before the pilot carry its name."""
    kind, _, series = trait.partition(":")
    if series:
        name = codelists.series_row(series)[f"name_{lang}"]
        return pick(lang, f"{'ระดับ' if kind == 'level' else 'แนวโน้ม'}ก่อนโครงการ: {name}", f"{kind} before: {name}")
    return pick(lang, *TRAIT_NAMES.get(trait, (trait, trait)))


def say_selection(selection: Selection, codelists, lang: str) -> list[str]:
    """Return in what the pilots differed before, and which pilots are like no comparison province."""
    table = selection.balance
    off = table[~table["balanced"]].sort_values("difference_sd", key=lambda d: -d.abs(), kind="stable")
    lines = []
    if len(table):
        told = ", ".join(f"{trait_name(r['trait'], codelists, lang)} {'+' if r['difference_sd'] > 0 else ''}{number(r['difference_sd'], 2)}" for r in off.head(6).to_dict("records"))
        lines.append(_pick(
            lang,
            f"ก่อนโครงการ จังหวัดนำร่องต่างจากจังหวัดอื่นเกิน 0.25 ส่วนเบี่ยงเบนมาตรฐานใน {len(off)} จาก {len(table)} ลักษณะ" + (f" มากที่สุดคือ {told}" if told else "") + f" (n = {int(table['n_pilot'].max())} และ {int(table['n_other'].max())} จังหวัด)",
            f"Before the pilot, pilots differed from the others by over 0.25 standard deviations in {len(off)} of {len(table)} traits" + (f"; largest: {told}" if told else "") + f" (n = {int(table['n_pilot'].max())} and {int(table['n_other'].max())} provinces).",
        ))  # fmt: skip
    outside = selection.overlap[selection.overlap["outside"]]
    names = ", ".join(codelists.area_name(a, lang) for a in outside["REF_AREA"])
    lines.append(_pick(
        lang,
        f"จังหวัดนำร่องที่ไม่มีจังหวัดเปรียบเทียบใดคล้ายพอ: {names or 'ไม่มี'} ({len(outside)} จาก {len(selection.overlap)})",
        f"Pilots that no comparison province is much like: {names or 'none'} ({len(outside)} of {len(selection.overlap)}).",
    ))  # fmt: skip
    if selection.missing:
        told = ", ".join(pick(lang, *TRAIT_NAMES.get(t, (t, t))) for t in selection.missing)
        lines.append(_pick(lang, f"ยังไม่มีข้อมูล {told} จึงไม่ได้ตรวจ", f"Not checked, for want of data: {told}."))
    return lines


def say_headline(table: pd.DataFrame, lang: str) -> str:
    """Return the whole in one sentence: how many outcomes named in advance, and how many of each verdict.

    An effect on the other side than hoped for is told apart, and so are exploratory outcomes.
    """
    late = table["exploratory"].astype(bool)
    named = table[~late]
    counts = named["verdict"].value_counts()
    told = ", ".join(f"{verdict_word(v, lang)} {counts[v]}" for v in VERDICT_WORDS if v in counts)
    found = named[named["verdict"] == "effect_detected"]
    wrong = int((found["expected"].astype(int) * np.sign(found["effect"].astype(float)) < 0).sum())
    sure, n = len(found) - wrong, len(named)
    opening = pick(lang, f"จากตัวชี้วัดที่กำหนดไว้ล่วงหน้า {n} ตัว พบผลของโครงการนำร่อง {sure} ตัว", f"Of {n} outcomes named in advance, an effect of the pilot is detected in {sure}")
    if not sure:
        opening = pick(lang, f"ยังไม่มีตัวชี้วัดใดใน {n} ตัวที่กำหนดไว้ล่วงหน้าที่ยืนยันผลของโครงการนำร่องได้", f"No effect of the pilot is established in any of the {n} outcomes named in advance")
        if wrong:
            opening = pick(lang, f"จากตัวชี้วัดที่กำหนดไว้ล่วงหน้า {n} ตัว ไม่พบผลในทางที่คาดหวังเลย", f"Of {n} outcomes named in advance, none shows an effect on the side hoped for")
    if wrong:
        opening += pick(lang, f" และพบผลในทางตรงข้ามกับที่คาดหวัง {wrong} ตัว", f", and {wrong} show one on the other side")
    extra = pick(lang, f" และตัวชี้วัดเชิงสำรวจอีก {int(late.sum())} ตัว", f"; {int(late.sum())} more are exploratory") if late.any() else ""
    return _pick(lang, f"{opening} ({told}){extra}", f"{opening} ({told}){extra}.")


def say_specifications(specs: pd.DataFrame, lang: str) -> str:
    """Return how many defensible specifications agree, and which choice flips the sign."""
    told = what_flips(specs)
    flips = [" + ".join(_word(CHOICE_WORDS, c, lang) for c in text.split("/") if c not in ("all", "none")) or _word(CHOICE_WORDS, "all", lang) for text in filter(None, told["flips"].split(";"))]
    turning = "" if not flips else pick(lang, f" ทิศทางกลับเมื่อ {'; '.join(flips[:4])}", f". The sign turns with: {'; '.join(flips[:4])}")
    return _pick(
        lang,
        f"จากวิธีคำนวณที่ยอมรับได้ {told['n_specs']} แบบ {told['n_same_sign']} แบบให้ทิศทางเดียวกัน และ {told['n_sure']} แบบมี p < 0.05{turning}",
        f"Of {told['n_specs']} defensible specifications, {told['n_same_sign']} have the same sign and {told['n_sure']} of these p < 0.05{turning}.",
    )


def say_placebos(checks: Checks, series: str, lang: str) -> str:
    """Return what happens where nothing can have happened: groups without an effect, and starts that never were."""
    power, dates = (t[t["SERIES"] == series] for t in (checks.power, checks.placebo_dates))
    parts = []
    if len(power):
        none = power.iloc[0]
        parts.append(pick(lang, f"กลุ่มสมมติ: ในชุดข้อมูลจำลองที่ไม่มีผล {int(none['n_worlds']):,} ชุด การทดสอบนี้บอกว่ามีผล {number(100 * none['power'], 1)}%",
                          f"Placebo groups: of {int(none['n_worlds']):,} worlds without effect the test would call one in {number(100 * none['power'], 1)}%"))  # fmt: skip
    if len(dates):
        found, low = int((dates["p_value"] < 0.05).sum()), float(dates["p_value"].min())
        parts.append(pick(lang, f"จุดเริ่มสมมติ: {found} จาก {len(dates)} จุดมี p < 0.05 ({p_text(low)} ต่ำสุด)", f"placebo starts: {found} of {len(dates)} have p < 0.05 (lowest {p_text(low)})"))
    return keep_together("; ".join(parts))


def say_pretrend(row: dict, series, lang: str) -> str:
    """Return what is known of the trends before: the joint test, its n, and the smallest difference it could have seen."""
    if row["pretrend_p"] != row["pretrend_p"]:
        if row["years_before"] < MIN_BEFORE:
            return _pick(lang, f"ก่อนโครงการ: มีเพียง {row['n_before']} ช่วงเวลา ตรวจไม่ได้ว่าแนวโน้มขนานกันหรือไม่", f"Before the pilot: {row['n_before']} periods only, parallel trends cannot be checked")
        return _pick(lang, f"ก่อนโครงการ: มีข้อมูลครบทุกช่วงเพียง {int(row['n_pretrend'])} จังหวัดนำร่องและ {int(row['n_pretrend_others'])} จังหวัดอื่น ตรวจไม่ได้ว่าแนวโน้มขนานกันหรือไม่",
                     f"Before the pilot: only {int(row['n_pretrend'])} pilots and {int(row['n_pretrend_others'])} others have every value, parallel trends cannot be checked")  # fmt: skip
    word = pick(lang, "แนวโน้มต่างกัน", "trends differed") if row["pretrend_p"] < 0.10 else pick(lang, "ไม่พบว่าแนวโน้มต่างกัน", "no difference in trend seen")
    n = f"n = {int(row['n_pretrend'])} {pick(lang, 'และ', 'and')} {int(row['n_pretrend_others'])}"
    seen = amount(row["pretrend_detectable"], row, series, lang).lstrip("+")
    able = "" if row["pretrend_detectable"] != row["pretrend_detectable"] else pick(lang, f" การทดสอบนี้ตรวจพบได้เมื่อต่างกันปีละ {seen} ขึ้นไป", f"; it would be seen from {seen} a year")
    return _pick(lang, f"ก่อนโครงการ: {word} ({p_text(row['pretrend_p'])}, {n}){able}", f"Before the pilot: {word} ({p_text(row['pretrend_p'])}, {n}){able}")


def say_robust(row: dict, series, lang: str) -> str:
    """Return the bounds that allow trends to differ after as much as they did before, and the other estimates beside."""
    parts = []
    if row["plain"] == row["plain"]:
        low, high = (amount(row[c], row, series, lang, unit=False) for c in ("plain_low", "plain_high"))
        parts.append(pick(lang, f"เทียบทั้งประเทศโดยไม่แยกภาค {amount(row['plain'], row, series, lang)} ({low} ถึง {high})", f"over all regions at once {amount(row['plain'], row, series, lang)} ({low} to {high})"))
    if row["beyond_trend"] == row["beyond_trend"]:
        parts.append(pick(lang, f"ถ้าทุกจังหวัดเป็นไปตามแนวโน้มเดิมของตน {amount(row['beyond_trend'], row, series, lang)} ({p_text(row['beyond_trend_p'])})",
                          f"if every province had kept its own line {amount(row['beyond_trend'], row, series, lang)} ({p_text(row['beyond_trend_p'])})"))  # fmt: skip
    if row["honest_low"] == row["honest_low"]:
        low, high = (amount(row[c], row, series, lang, unit=False) for c in ("honest_low", "honest_high"))
        parts.append(pick(lang, f"ถ้าแนวโน้มอาจต่างกันได้อีกเท่าที่เคยต่างก่อนโครงการ ช่วงของทั้งประเทศจะเป็น {low} ถึง {high}", f"if trends may differ after by as much as the largest step before, the interval over all regions is {low} to {high}"))
    if row["sdid"] == row["sdid"]:
        parts.append(pick(lang, f"ผลต่างสังเคราะห์ทั้งประเทศ {amount(row['sdid'], row, series, lang)} (ค่าคลาดเคลื่อนมาตรฐาน {amount(row['sdid_se'], row, series, lang, unit=False).lstrip('+')}, n = {int(row['n_sdid'])} และ {int(row['n_sdid_others'])})",
                          f"synthetic DiD over all regions {amount(row['sdid'], row, series, lang)} (standard error {amount(row['sdid_se'], row, series, lang, unit=False).lstrip('+')}, n = {int(row['n_sdid'])} and {int(row['n_sdid_others'])})"))  # fmt: skip
    if row["p_bootstrap"] == row["p_bootstrap"]:
        parts.append(f"{pick(lang, 'บูตสแตรปแบบกลุ่ม', 'wild bootstrap')} {p_text(row['p_bootstrap'])}")
    if row["staggered"]:
        parts.append(pick(lang, "จังหวัดเริ่มไม่พร้อมกัน จึงไม่ได้คำนวณวิธีถ่วงน้ำหนัก บูตสแตรป และเส้นกำลังการทดสอบ", "with staggered starts no weighted comparison, bootstrap or power curve is computed"))
    return keep_together(pick(lang, "วิธีอื่น: ", "Other ways: ") + "; ".join(parts))


def pilot_text(report: PilotEffect, codelists) -> dict[str, dict]:
    """Return the sentences by language: headline, design, selection, and per outcome verdict, settle, pretrend, robust, specs."""
    text = {}
    for lang in ("th", "en"):
        rows = report.table.to_dict("records")
        specs = dict(list(report.checks.specifications.groupby("SERIES"))) if len(report.checks.specifications) else {}
        text[lang] = {
            "headline": say_headline(report.table, lang), "design": say_design(report, codelists, lang), "selection": say_selection(report.selection, codelists, lang),
            "outcomes": [
                {
                    "series": r["SERIES"], "name": codelists.series_row(r["SERIES"])[f"name_{lang}"], "verdict": r["verdict"], "verdict_word": verdict_word(r["verdict"], lang),
                    "estimated": bool(r["effect"] == r["effect"]), "exploratory": bool(r["exploratory"]), "text": say_effect(r, codelists, lang), "settle": say_settle(r, codelists, lang),
                    "reason": _word(REASON_WORDS, r["reason"], lang) if r["reason"] else "",
                    "pretrend": say_pretrend(r, codelists.series_row(r["SERIES"]), lang) if r["effect"] == r["effect"] else "",
                    "robust": say_robust(r, codelists.series_row(r["SERIES"]), lang) if r["effect"] == r["effect"] else "",
                    "specs": say_specifications(specs[r["SERIES"]], lang) if r["SERIES"] in specs else "",
                    "placebos": say_placebos(report.checks, r["SERIES"], lang) if r["SERIES"] in specs else "",
                    "lasting": _word(LASTING_WORDS, r["lasting"], lang),
                }
                for r in rows
            ],
            "plan": _pick(lang, f"ตัวชี้วัดกำหนดไว้ล่วงหน้า ลงทะเบียน {format_day(min(filter(None, report.table['registered_on']), default=''), lang)} รหัสแผน {report.table['plan_sha256'].iloc[0][:12]}",
                          f"Outcomes named in advance, registered {format_day(min(filter(None, report.table['registered_on']), default=''), lang)}; hash of the plan {report.table['plan_sha256'].iloc[0][:12]}"),
        }  # fmt: skip
    return text


def list_outcomes(text: dict, part: str) -> str:
    """Return one part (`text`, `specs`, `settle`) of every outcome that has it, as a Markdown list; `text` is that of one language."""
    lines = [o[part] if o[part].startswith(o["name"]) else f"{o['name']}: {o[part]}" for o in text["outcomes"] if o[part]]
    return as_list(lines)


def format_day(day: str, lang: str) -> str:
    """Return an ISO date, its year in the era of the language."""
    if not day:
        return "–"
    return f"{day[8:]}/{day[5:7]}/{int(day[:4]) + 543}" if lang == "th" else day


def say_province(row: dict, area: str, codelists, lang: str) -> str:
    """Return what is known of one outcome in one pilot province: its own change, and the national verdict. No verdict on it."""
    series = codelists.series_row(row["SERIES"])
    name, national = series[f"name_{lang}"], verdict_word(row["verdict"], lang)
    if row.get("own_effect", np.nan) != row.get("own_effect", np.nan):
        national_lacks = row["national_reason"] or ("staggered_start" if row["staggered"] else "")
        reason = _word(REASON_WORDS, national_lacks, lang) if national_lacks else pick(lang, "จังหวัดนี้ไม่มีข้อมูลพอ", "this province has too few values")
        return _pick(lang, f"{name}: ยังบอกไม่ได้ ({reason})", f"{name}: cannot be told yet ({reason}).")
    low, high = (amount(row[c], row, series, lang, unit=False) for c in ("ci_low", "ci_high"))
    synthetic = ""
    if row.get("synthetic_effect", np.nan) == row.get("synthetic_effect", np.nan):
        if row["synthetic_shown"]:
            synthetic = pick(lang, f" เทียบกับคู่เทียบสังเคราะห์ {amount(row['synthetic_effect'], row, series, lang, unit=False)} ({p_text(row['synthetic_p'])}, จาก {int(row['n_donors'])} จังหวัด)",
                             f"; against its synthetic counterpart {amount(row['synthetic_effect'], row, series, lang, unit=False)} ({p_text(row['synthetic_p'])}, from {int(row['n_donors'])} provinces)")  # fmt: skip
        else:
            synthetic = pick(lang, " ไม่มีคู่เทียบสังเคราะห์ที่ใกล้เคียงพอ", "; no synthetic counterpart followed it closely enough")
    peers = ""
    if row.get("n_peers", 0) and row["vs_peers"] == row["vs_peers"]:
        peers = pick(lang, f" เทียบกับจังหวัดที่คล้ายกัน {int(row['n_peers'])} จังหวัด {amount(row['vs_peers'], row, series, lang, unit=False)}", f"; against {int(row['n_peers'])} provinces like it {amount(row['vs_peers'], row, series, lang, unit=False)}")
    return _pick(
        lang,
        f"{name}: เปลี่ยนแปลงต่างจากค่าเฉลี่ยของจังหวัดเปรียบเทียบในภาคเดียวกัน {amount(row['own_effect'], row, series, lang)} (ช่วง 95% ของหนึ่งจังหวัด {low} ถึง {high}, {p_text(row['p_value'])}, n = {int(row['n_comparison'])}){synthetic}{peers} ระดับประเทศ: {national}",
        f"{name}: {amount(row['own_effect'], row, series, lang)} against the comparison provinces of its region (95% interval of one province {low} to {high}, {p_text(row['p_value'])}, n = {int(row['n_comparison'])}){synthetic}{peers}. Nationally: {national}.",
    )


def say_peers(view: ProvinceEffect, codelists, lang: str) -> str:
    """Return which comparison provinces are like this one."""
    names = ", ".join(codelists.area_name(a, lang) for a in view.peers)
    none = pick(lang, "ไม่มีจังหวัดเปรียบเทียบที่คล้ายพอ", "no comparison province is much like it")
    return _pick(lang, f"จังหวัดเปรียบเทียบที่คล้ายกัน ({len(view.peers)}): {names or none}", f"Comparison provinces like it ({len(view.peers)}): {names or none}.")


def province_text(view: ProvinceEffect, codelists) -> dict[str, dict]:
    """Return the sentences of one pilot province by language: `lead`, and `lines` per outcome."""
    text = {}
    for lang in ("th", "en"):
        name = codelists.area_name(view.area, lang)
        text[lang] = {
            "lead": _pick(lang, f"หนึ่งจังหวัดคือหนึ่งกรณี: ช่วงความไม่แน่นอนกว้าง และการเปลี่ยนแปลงของ{name}อาจมีเหตุอื่น คำตอบว่าโครงการได้ผลหรือไม่อยู่ที่ระดับประเทศ",
                          f"One province is one case: its interval is wide, and what changed in {name} may have other causes. Whether the pilot worked is answered nationally."),
            "lines": [say_province(r, view.area, codelists, lang) for r in view.table.to_dict("records")],
            "peers": say_peers(view, codelists, lang),
        }  # fmt: skip
    return text


NOT_POOLED = {
    "not_evaluable": ("ยังประเมินไม่ได้", "cannot be evaluated yet"), "exploratory": ("เชิงสำรวจ", "exploratory"), "no_side": ("ไม่ได้กำหนดทิศทางที่คาดหวัง", "no side was hoped for"),
}  # fmt: skip


def say_overall(overall: Overall, codelists, lang: str) -> list[str]:
    """Return the overall evaluation: pooled outcomes with heterogeneity, and what was left out of them and why."""
    pooled, table = overall.pooled, overall.by_outcome
    lines, n = [say_headline(overall.table, lang)], int((table["left_out"] == "").sum())
    if pooled.n >= 2:
        mean, low, high = (number(v, 2) for v in (pooled.mean, pooled.ci_low, pooled.ci_high))
        wide = "" if pooled.predict_low != pooled.predict_low else pick(lang, f" ตัวชี้วัดใหม่อาจอยู่ระหว่าง {number(pooled.predict_low, 2)} ถึง {number(pooled.predict_high, 2)}", f"; a further outcome may lie between {number(pooled.predict_low, 2)} and {number(pooled.predict_high, 2)}")
        lines.append(_pick(
            lang,
            f"รวม {n} ตัวชี้วัด (ด้านดีเป็นบวก หน่วยเป็นส่วนเบี่ยงเบนมาตรฐานระหว่างจังหวัด): เฉลี่ย {mean} (ช่วง 95% {low} ถึง {high}) {p_text(overall.p_value)} เมื่อสุ่มจังหวัดพร้อมกันทุกตัวชี้วัด ความต่างระหว่างตัวชี้วัด I² {number(pooled.i2, 0)}%{wide}",
            f"Over {n} outcomes (better side up, in standard deviations between provinces): mean {mean} (95% interval {low} to {high}), {p_text(overall.p_value)} when provinces are drawn for all outcomes at once; outcomes differ with I² {number(pooled.i2, 0)}%{wide}.",
        ))  # fmt: skip
    else:
        lines.append(_pick(lang, f"ยังรวมตัวชี้วัดไม่ได้: มี {n} ตัวที่รวมได้ ต้องมีอย่างน้อย 2 ตัว", f"Outcomes cannot be pooled yet: {n} could be, two are needed."))
    for reason, own in table[table["left_out"] != ""].groupby("left_out"):
        names = ", ".join(codelists.series_row(s)[f"name_{lang}"] for s in own["SERIES"])
        why = _word(NOT_POOLED | {k: v for k, v in REASON_WORDS.items() if k not in NOT_POOLED}, reason, lang)
        lines.append(_pick(lang, f"ไม่ได้รวม {len(own)} ตัว ({why}): {names}", f"Not pooled, {len(own)} ({why}): {names}."))
    return lines


def say_provinces_alike(row: dict, codelists, lang: str) -> str:
    """Return whether the pilots moved alike on one outcome."""
    name = codelists.series_row(row["SERIES"])[f"name_{lang}"]
    if row["n"] < 2 or row["q_p"] != row["q_p"]:
        return _pick(lang, f"{name}: ยังบอกไม่ได้ (n = {row['n']})", f"{name}: cannot be told yet (n = {row['n']}).")
    word = pick(lang, "จังหวัดนำร่องเปลี่ยนไปต่างกัน", "pilots moved differently") if row["q_p"] < 0.05 else pick(lang, "ไม่พบว่าจังหวัดนำร่องเปลี่ยนไปต่างกัน", "no difference between pilots seen")
    return _pick(lang, f"{name}: {word} (I² {number(row['i2'], 0)}%, {p_text(row['q_p'])}, n = {row['n']} จังหวัด)", f"{name}: {word} (I² {number(row['i2'], 0)}%, {p_text(row['q_p'])}, n = {row['n']} provinces).")


def say_lasting(row: dict, codelists, lang: str) -> str:
    """Return whether a gain lasted, with the effect during and after apart (R16, R56)."""
    series = codelists.series_row(row["SERIES"])
    told = _word(LASTING_WORDS, row["lasting"], lang)
    parts = []
    for phase, words in (("during", ("ระหว่างโครงการ", "during")), ("after", ("หลังโครงการ", "after"))):
        if row[f"effect_{phase}"] == row[f"effect_{phase}"]:
            low, high = (amount(row[f"{phase}_{c}"], row, series, lang, unit=False) for c in ("low", "high"))
            parts.append(f"{pick(lang, *words)} {amount(row[f'effect_{phase}'], row, series, lang)} ({low} {pick(lang, 'ถึง', 'to')} {high})")
    inside = f" ({'; '.join(parts)})" if parts else ""
    return _pick(lang, f"{series['name_th']}: {told}{inside}", f"{series['name_en']}: {told}{inside}.")


def overall_text(overall: Overall, codelists) -> dict[str, dict]:
    """Return the sentences of the overall evaluation by language: `lines`, `provinces`, `lasting`."""
    return {
        lang: {
            "lines": say_overall(overall, codelists, lang),
            "provinces": [say_provinces_alike(r, codelists, lang) for r in overall.provinces.to_dict("records")],
            "lasting": [say_lasting(r, codelists, lang) for r in overall.table.to_dict("records") if r["effect"] == r["effect"]],
        }
        for lang in ("th", "en")
    }


# ---------------------------------------------------------------- titles of figures


def chart_titles(outcome: Outcome, checks: Checks, codelists, lang: str) -> dict[str, str]:
    """Return the finding that each chart of an outcome says in its title."""
    row, series = outcome.row, codelists.series_row(outcome.rule.series)
    name = series[f"name_{lang}"]
    low, high = (amount(row[c], row, series, lang, unit=False) for c in ("ci_low", "ci_high"))
    specs = checks.specifications[checks.specifications["SERIES"] == row["SERIES"]]
    power = checks.power[checks.power["SERIES"] == row["SERIES"]]
    told = what_flips(specs) if len(specs) else {"n_specs": 0, "n_same_sign": 0, "n_sure": 0}
    seen = amount(row["detectable"], row, series, lang).lstrip("+") if len(power) else "–"
    smallest = amount(row["smallest"], row, series, lang).lstrip("+")
    far, groups = int((np.abs(outcome.draws) >= abs(row["effect"]) - 1e-12).sum()), len(outcome.draws)
    # the lines drawn are those of the weighted comparison, over all regions: their gap is its estimate
    drawn = "" if row["sdid"] != row["sdid"] else pick(lang, f"; ห่างจากเส้นถ่วงน้ำหนัก {amount(row['sdid'], row, series, lang)}", f"; from the weighted line {amount(row['sdid'], row, series, lang)}")
    return {
        "events": f"{name}: {say_pretrend(row, series, lang)}",
        "paths": _pick(lang, f"{name}: {verdict_word(row['verdict'], lang)} ภายในภาค {amount(row['effect'], row, series, lang)} ({low} ถึง {high}){drawn}", f"{name}: {verdict_word(row['verdict'], lang)}, {amount(row['effect'], row, series, lang)} within regions ({low} to {high}){drawn}"),
        "randomisation": _pick(lang, f"{name}: จาก {groups:,} กลุ่มที่สุ่มขึ้นมา {far:,} กลุ่มมีผลต่างเท่านี้หรือมากกว่า ({p_text(row['p_random'])})", f"{name}: {far:,} of {groups:,} groups drawn at random differ as much or more ({p_text(row['p_random'])})"),
        "specifications": _pick(lang, f"{name}: {told['n_same_sign']} จาก {told['n_specs']} วิธีให้ทิศทางเดียวกัน {told['n_sure']} วิธีมี p < 0.05", f"{name}: {told['n_same_sign']} of {told['n_specs']} specifications agree in sign, {told['n_sure']} with p < 0.05"),
        "power": _pick(lang, f"{name}: แยกจากศูนย์ได้ตั้งแต่ {seen} ขึ้นไป ขนาดที่มีความหมายคือ {smallest}", f"{name}: a difference is told from zero from {seen}; the size that matters is {smallest}"),
    }  # fmt: skip


def balance_title(selection: Selection, lang: str) -> str:
    """Return the finding of the balance chart."""
    off, n = int((~selection.balance["balanced"]).sum()), len(selection.balance)
    return _pick(lang, f"ก่อนโครงการ จังหวัดนำร่องต่างจากจังหวัดอื่นใน {off} จาก {n} ลักษณะ", f"Before the pilot, pilots differed from the others in {off} of {n} traits")


def scale_unit(row: dict, series, lang: str) -> str:
    """Return the unit of an outcome's values on its chart."""
    unit = series[f"unit_{lang}"]
    return pick(lang, f"ลอการิทึมของ {unit}", f"logarithm of {unit}") if row["scale"] == "log" else unit


def pilot_charts(report: PilotEffect, codelists) -> tuple[list[dict], dict]:
    """Return what `figures.draw_pilot` takes: one dict per outcome with an estimate, and the balance plot's."""
    charts = []
    for outcome in estimated(report):
        series, row = codelists.series_row(outcome.rule.series), outcome.row
        own = {name: getattr(report.checks, name) for name in ("events", "specifications", "power")}
        own = {name: t[t["SERIES"] == row["SERIES"]].reset_index(drop=True) for name, t in own.items()}
        charts.append(own | {
            "series": row["SERIES"], "paths": synthetic_path(outcome.panel) if not outcome.panel.staggered else pd.DataFrame(), "draws": outcome.draws, "observed": row["effect"],
            "smallest": row["smallest"], "unit": {lang: scale_unit(row, series, lang) for lang in ("th", "en")},
            "titles": {lang: chart_titles(outcome, report.checks, codelists, lang) for lang in ("th", "en")},
        })  # fmt: skip
    table = report.selection.balance
    balance = {
        "table": table, "names": {lang: [trait_name(t, codelists, lang) for t in table["trait"]] for lang in ("th", "en")},
        "title": {lang: balance_title(report.selection, lang) for lang in ("th", "en")},
    }  # fmt: skip
    return charts, balance


def province_charts(view: ProvinceEffect, codelists) -> list[dict]:
    """Return what `figures.draw_province_effect` takes: the counterparts that followed the past closely enough to be shown."""
    rows, charts = view.table.set_index("SERIES"), []
    for code, match in view.counterparts.items():
        if not match.shown:
            continue
        row, series = rows.loc[code].to_dict(), codelists.series_row(code)
        first = rows.at[code, "n_before"]
        paths = pd.DataFrame({"period": match.periods, "label": match.labels, "own": match.own, "synthetic": match.synthetic, "post": np.arange(len(match.periods)) >= first})
        charts.append({
            "series": code, "paths": paths, "unit": {lang: scale_unit(row, series, lang) for lang in ("th", "en")},
            "title": {lang: f"{series[f'name_{lang}']}: {amount(match.effect, row, series, lang)} ({p_text(match.p_value)})" for lang in ("th", "en")},
        })  # fmt: skip
    return charts
