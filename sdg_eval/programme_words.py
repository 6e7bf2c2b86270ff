"""The programme as a whole in words, Thai and English: delivery, need to result, cities; titles and notes of their charts.

Every sentence is a function of table rows. A share comes with its interval and n, a blank with its reason; nothing is
said to have brought about anything. `text["th"]["sections"]` has the sentences of each part, `lines` all of them.
"""

from __future__ import annotations

import pandas as pd

from sdg_eval.delivery.chain import KINDS, LEVELS, LINKS, SEVERE
from sdg_eval.delivery.columns import read_list, steps
from sdg_eval.delivery.frames import GOALS, NATIONAL, UNTAGGED
from sdg_eval.delivery.kpi_words import CHECKS
from sdg_eval.delivery.lasting import INITIATORS
from sdg_eval.delivery.lasting import KINDS as RESOURCES
from sdg_eval.delivery.money import SOURCE_TYPES
from sdg_eval.delivery.plans import CRITERIA
from sdg_eval.delivery.quarters import quarter_end
from sdg_eval.delivery.tables import with_registers
from sdg_eval.programme_report import READY, CityReport, DeliveryReport, NeedReport
from sdg_eval.quarterly_report import programme_days
from sdg_eval.side_by_side import VERDICT_WORDS
from sdg_eval.thai import MONTHS_EN, MONTHS_TH_SHORT, format_fiscal_quarter, year_text
from sdg_eval.wording import LANGUAGES, change_unit, keep_together, label, number, p_text, pick

MOST_LISTED = 12
"""Items named one by one among the sentences; the rest is counted, and stands in the table."""
UNITS = {
    "provinces": ("จังหวัด", "provinces"), "activities": ("กิจกรรม", "activities"), "projects": ("โครงการ", "projects"), "decisions": ("มติ", "decisions"), "forms": ("แบบรายงาน", "forms"),
    "requests": ("คำขอ", "requests"), "items": ("รายการ", "items"), "needs": ("ปัญหา", "needs"), "groups": ("กลุ่ม", "groups"), "deliveries": ("รายการที่ส่งมอบ", "deliveries"), "goals": ("เป้าหมาย", "goals"),
    "mechanisms": ("กลไก", "mechanisms"), "targets": ("เป้าประสงค์", "targets"), "steps": ("ขั้นตอนที่ถึงกำหนด", "steps due"), "values": ("ค่า", "values"), "chains": ("เป้าประสงค์รายจังหวัด", "targets of provinces"),
}  # fmt: skip
REASONS = {
    "no_rows": ("ไม่มีข้อมูลที่บันทึกไว้", "nothing is on record"), "not_reported": ("ไม่มีรายงาน", "not reported"),
    "partly_reported": ("รายงานยังไม่ครบ", "partly reported"), "not_yet": ("ยังไม่ถึงเวลา", "not yet"),
    "not_reached": ("ยังไม่ถึงครึ่งหนึ่ง จึงยังไม่มีค่ามัธยฐาน", "under half are there, so there is no median yet"), "few_cases": ("จำนวนน้อยเกินไป", "too few cases"),
    "few_projects": ("โครงการน้อยเกินไป", "too few projects"), "few_areas": ("จังหวัดน้อยเกินไป", "too few provinces"), "few_pairs": ("จำนวนคู่น้อยเกินไป", "too few pairs"),
    "nothing_due": ("ยังไม่มีรายการที่ครบกำหนด", "nothing is due yet"), "none_due": ("ยังไม่มีคำขอที่ครบกำหนดตอบ", "no request is due yet"), "nothing_done": ("ยังไม่มีกิจกรรมที่แล้วเสร็จ", "nothing is done yet"),
    "no_plan": ("ไม่มีแผน", "no plan"), "no_items": ("มีแผนแต่ไม่มีรายการ", "a plan without items"), "one_version": ("มีแผนฉบับเดียว ยังเทียบไม่ได้", "one version only: nothing to compare"),
    "not_watched_so_long": ("ยังติดตามไม่นานพอ", "not watched so long yet"), "no_event_yet": ("ยังไม่มีรายใดสิ้นสุด จึงไม่มีช่วงความเชื่อมั่น", "none has ended yet, so no interval"), "all_ended": ("สิ้นสุดแล้วทั้งหมด", "all have ended"),
    "not_over": ("โครงการนำร่องยังไม่สิ้นสุดในไตรมาสนี้", "the pilot programme had not ended by this quarter"), "not_stated": ("ไม่ได้ระบุไว้", "not stated"), "to_come": ("ยังไม่ถึงวันส่งมอบ", "not delivered yet"),
    "no_money": ("ไม่มีเงินที่บันทึกไว้", "no money on record"), "no_needs": ("ไม่มีปัญหาที่บันทึกไว้", "no need on record"), "no_severe_need": ("ไม่มีปัญหาระดับรุนแรงที่บันทึกไว้", "no severe need on record"),
    "all_same": ("ค่าเท่ากันทั้งหมด", "all values are the same"), "same_order": ("ลำดับตรงกันหมด จึงไม่มีช่วงความเชื่อมั่น", "every pair agrees, so no interval"), "level_not_stated": ("โครงการไม่ได้ระบุระดับ", "no project states its level"),
    "not_compared": ("ไม่ได้นำตารางตัวชี้วัดมาเทียบในครั้งนี้", "no tables of indicators were given to this run"), "no_form": ("ไม่มีแบบรายงาน", "no form"), "nothing_sent": ("ไม่ส่งตารางใดเลย", "no table sent"),
    "not_sent": ("ไม่ส่ง", "not sent"), "all_blank": ("ส่งแถวมาแต่ไม่มีตัวเลข", "rows without a figure"), "no_split": ("ไม่มีตัวชี้วัดที่แยกในเขตเมืองกับนอกเขตเมือง", "no series tells urban and rural apart"),
    "no_direction": ("ตัวชี้วัดไม่มีทิศทางดีหรือแย่", "the series has no better side"), "no_series": ("ยังไม่มีตัวชี้วัดที่จัดเก็บ", "no series is collected"), "no_value": ("ไม่มีค่าที่ได้รับภายในไตรมาสนี้", "no value had arrived by this quarter"),
}  # fmt: skip
TABLES = {
    "activity": ("กิจกรรม", "activities"), "budget": ("งบประมาณ", "budget"), "mechanism": ("กลไกจังหวัด", "mechanism"), "leadership": ("กิจกรรมที่ผู้นำร่วม", "leadership"), "kpi": ("แบบรายงานตัวชี้วัด", "KPI forms"),
}  # fmt: skip
LEVEL_WORDS = {
    0: ("ไม่มีคณะกรรมการ", "no committee"), 1: ("มีคณะกรรมการ", "a committee exists"), 2: ("คณะกรรมการทำงาน", "the committee works"), 3: ("มีแผนการทำงาน", "a work plan"), 4: ("มีผู้รับผิดชอบข้อมูล", "a data officer"), 5: ("รายงานตรงเวลา", "reports on time"),
}  # fmt: skip
KIND_WORDS = {
    "need_uncovered": ("ปัญหารุนแรงที่ไม่มีในแผน", "severe need in no plan"), "planned_without_money": ("มีในแผนแต่ไม่มีเงิน", "planned, no money"), "money_without_activity": ("เบิกจ่ายแล้วแต่ไม่มีกิจกรรมที่บันทึกไว้", "paid, no activity on record"),
    "activity_without_result": ("ทำกิจกรรมแล้วแต่ไม่มีผลลัพธ์ที่วัด", "activities done, no result measured"), "plan_without_need": ("มีในแผนแต่ไม่มีปัญหาที่บันทึกไว้", "planned, no need recorded"),
    "plan_untagged": ("รายการในแผนที่ไม่ระบุเป้าประสงค์", "plan items without a target"), "money_untagged": ("เงินที่ไม่ระบุเป้าประสงค์", "money without a target"),
}  # fmt: skip
LINK_WORDS = {
    "need": ("ไม่มีปัญหาที่บันทึกไว้", "no need recorded"), "plan": ("ไม่มีในแผน", "not planned"), "money": ("ไม่มีเงินตามแผน", "no planned money"), "disbursement": ("ยังไม่เบิกจ่าย", "nothing disbursed"),
    "activity": ("ไม่มีกิจกรรม", "no activity"), "delivery": ("ยังไม่มีกิจกรรมที่เสร็จ", "none of what was due is done"), "result": ("ไม่มีผลลัพธ์ที่วัด", "no result measured"), "": ("ครบทุกช่วง", "no link missing"),
}  # fmt: skip
CRITERION_WORDS = {
    "measurable": ("วัดได้ (มีตัวชี้วัดและหน่วย)", "measurable (what and in which unit)"), "baseline": ("มีค่าฐาน", "has a baseline"), "target_value": ("มีค่าเป้าหมาย", "has a target value"), "owner": ("มีหน่วยงานรับผิดชอบ", "has an owner"),
    "budget": ("มีงบประมาณ", "has a budget"), "target_tagged": ("ระบุเป้าประสงค์ SDG", "names an SDG target"), "all_six": ("ครบทั้ง 6 ข้อ", "meets all 6"),
}  # fmt: skip
READY_WORDS = {
    "mechanism": ("กลไกทำงานและมีแผนการทำงาน", "a working mechanism with a work plan"), "sdg_plan": ("มีแผนขับเคลื่อน SDGs", "an SDG action plan"), "steps": ("ทำขั้นที่ 1 และ 2 แล้ว", "steps 1 and 2 done"),
    "needs": ("ปัญหารุนแรงทุกเรื่องอยู่ในแผน", "every severe need in a plan"), "sends": ("ส่งข้อมูลครบทุกตารางในไตรมาสนี้", "sent every table this quarter"),
}  # fmt: skip
METRIC_WORDS = {"hours": ("ชั่วโมงทำงาน", "hours of work"), "latency_days": ("วันที่ใช้จนรายงานเสร็จ", "days until reported"), "rework": ("จำนวนครั้งที่แก้ไขซ้ำ", "times redone")}
TOPIC_WORDS = {
    "moi-giz-city": ("มิติการพัฒนาเมืองอย่างยั่งยืน", "dimension of sustainable urban development"),
    "moi-giz-sdgs": ("มิติการขับเคลื่อน SDGs ในภาพรวม ครอบคลุม 17 เป้าหมาย", "dimension of the SDGs as a whole, all 17 goals"),
}  # fmt: skip
"""Topics that the register gives in Thai alone."""
BEGUN_WORDS = {
    "state": ("โครงการที่ภาครัฐริเริ่ม", "Projects begun by the state"), "community": ("โครงการที่ชุมชนริเริ่ม", "Projects begun by the community"),
    "private": ("โครงการที่เอกชนริเริ่ม", "Projects begun by the private sector"), "joint": ("โครงการที่ริเริ่มร่วมกัน", "Projects begun jointly"),
}  # fmt: skip
MISSING_WORDS = {
    "municipality_codes": ("ยังไม่มีรหัสเทศบาลในบัญชีพื้นที่ ซึ่งมีถึงระดับจังหวัดเท่านั้น ต้องได้บัญชีเทศบาลจากกรมส่งเสริมการปกครองท้องถิ่น", "the list of areas ends at the province: codes of municipalities are needed from the Department of Local Administration"),
    "municipality_values": ("ยังไม่มีค่าระดับเทศบาล: {k} จาก {n} ตัวชี้วัดของเป้าหมาย 11", "no value of any municipality: {k} of the {n} indicators of goal 11"),
    "indicators": ("ตัวชี้วัดเป้าหมาย 11 ที่มีค่ารายจังหวัด: {k} จาก {n} ตัว", "indicators of goal 11 with provincial values: {k} of {n}"),
    "urban_rural": ("ตัวชี้วัดเป้าหมาย 11 ที่แยกในเขตเมืองกับนอกเขตเมือง: {k} จาก {n} ชุดที่จัดเก็บ", "series of goal 11 that tell urban and rural apart: {k} of the {n} collected"),
    "project_place": ("โครงการระบุพื้นที่ถึงระดับจังหวัด ไม่ถึงเทศบาล จึงยังแยกเงินและกิจกรรมรายเมืองไม่ได้", "projects name a province, not a municipality, so money and activities cannot be told by city"),
}  # fmt: skip


# ---------------------------------------------------------------- words


def _pick(lang: str, thai: str, english: str) -> str:
    return keep_together(pick(lang, thai, english))


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _word(words: dict, key, lang: str) -> str:
    return pick(lang, *words.get(key, (str(key), str(key))))


def reason_text(codes: str, lang: str) -> str:
    """Return why something is blank, in words; several codes are joined."""
    return ", ".join(_word(REASONS, code, lang) for code in str(codes).split(";") if code) or _word(REASONS, "no_rows", lang)


def code_text(name: str, code: str, lang: str) -> str:
    """Return a code of a delivery column in words, such as (`budget.source_type`, `local`)."""
    table = read_list("delivery_codes")
    found = table.loc[(table["list"] == name) & (table["code"] == code), f"name_{lang}"]
    return found.iloc[0] if len(found) else code


def percent(share: float) -> str:
    """Return a share as per cent: whole, or with one digit where that would hide a small share or a near whole one.

    Examples
    --------
    >>> percent(0.637), percent(0.0139), percent(1.0)
    ('64', '1.4', '100')
    """
    if share != share:
        return "–"
    value = 100 * share
    return number(value, 0 if value in (0, 100) or 5 <= value <= 95 else 1)


def share_text(row: dict, lang: str, unit: str, *, share="share", low="ci_low", high="ci_high", n="n") -> str:
    """Return a share with its interval and n, or why it is blank."""
    count, many = f"n = {number(row[n], 0)}", _word(UNITS, unit, lang)
    if row[share] != row[share]:
        return _pick(lang, f"ยังบอกไม่ได้ ({count} {many}: {reason_text(row.get('reason', ''), lang)})", f"cannot be told yet ({count} {many}: {reason_text(row.get('reason', ''), lang)})")
    own = percent(row[share])
    if row[low] != row[low]:
        why = _why_no_interval(row, lang)
        return _pick(lang, f"ร้อยละ {own} ({count} {many} {why})", f"{own}% ({count} {many}, {why})")
    ends = percent(row[low]), percent(row[high])
    return _pick(lang, f"ร้อยละ {own} (ช่วงความเชื่อมั่น 95%: {ends[0]}–{ends[1]}; {count} {many})", f"{own}% (95% interval {ends[0]}–{ends[1]}; {count} {many})")


def _why_no_interval(row: dict, lang: str) -> str:
    told = row.get("reason", "")
    return reason_text(told, lang) if told == "no_event_yet" else pick(lang, "น้อยเกินกว่าจะให้ช่วงความเชื่อมั่น", "too few for an interval")


def value_text(row: dict, lang: str, value: str, low: str, high: str, n: str, unit: str, words: tuple[str, str], decimals: int = 0) -> str:
    """Return a value in a unit (`words`) with its interval and n, or why it is blank."""
    count, many = f"n = {number(row[n], 0)}", _word(UNITS, unit, lang)
    if row[value] != row[value]:
        return _pick(lang, f"ยังบอกไม่ได้ ({count} {many}: {reason_text(row.get('reason', ''), lang)})", f"cannot be told yet ({count} {many}: {reason_text(row.get('reason', ''), lang)})")
    own = f"{number(row[value], decimals)} {pick(lang, *words)}".strip()
    low, high = row[low], row[high]
    if low != low and high != high:
        return _pick(lang, f"{own} ({count} {many} น้อยเกินกว่าจะให้ช่วงความเชื่อมั่น)", f"{own} ({count} {many}, too few for an interval)")
    first, last = number(low, decimals), number(high, decimals)
    if high != high:
        return _pick(lang, f"{own} (ช่วงความเชื่อมั่น 95%: ตั้งแต่ {first} ขึ้นไป ยังไม่ทราบขอบบน; {count} {many})", f"{own} (95% interval from {first} on, upper end not reached yet; {count} {many})")
    if low != low:
        return _pick(lang, f"{own} (ช่วงความเชื่อมั่น 95%: ไม่เกิน {last} ยังไม่ทราบขอบล่าง; {count} {many})", f"{own} (95% interval up to {last}, lower end not known; {count} {many})")
    return _pick(lang, f"{own} (ช่วงความเชื่อมั่น 95%: {first} ถึง {last}; {count} {many})", f"{own} (95% interval {first} to {last}; {count} {many})")


def baht(value: float, lang: str) -> str:
    """Return money in million baht."""
    return f"{number(value / 1e6, 1)} {pick(lang, 'ล้านบาท', 'million baht')}"


def day_text(day, lang: str) -> str:
    """Return a day as read: 30 มิ.ย. 2566 in Thai, 30 Jun 2023 in English."""
    day = pd.Timestamp(day)
    month = MONTHS_TH_SHORT[day.month - 1] if lang == "th" else MONTHS_EN[day.month - 1][:3]
    return f"{day.day} {month} {year_text(day.year, lang)}"


def place(area: str, codelists, lang: str) -> str:
    """Return a province's name; the country is "All provinces"."""
    return pick(lang, "ทุกจังหวัด", "All provinces") if area == NATIONAL else codelists.area_name(area, lang)


def listed(names, lang: str, most: int = MOST_LISTED) -> str:
    """Return names in a row, at most `most`, the rest counted; "none" for no name."""
    names = list(names)
    shown = ", ".join(names[:most]) or pick(lang, "ไม่มี", "none")
    return shown + (pick(lang, f" และอีก {len(names) - most}", f" and {len(names) - most} more") if len(names) > most else "")


def synthetic_mark(synthetic: bool, lang: str) -> str:
    """Return the words that mark invented data, with a blank before; nothing for real data."""
    return pick(lang, " (ข้อมูลสังเคราะห์ ไม่ใช่ข้อมูลจริง)", " (synthetic data, not real)") if synthetic else ""


def source_line(frames, codelists, lang: str) -> str:
    """Return where the rows come from: publisher and title of each source."""
    keys = sorted({key for frame in frames if "source" in frame for key in frame["source"] if key})
    known = codelists.sources.set_index("source")
    told = [f"{known.at[k, f'publisher_{lang}']} – {known.at[k, f'title_{lang}']}" if k in known.index else k for k in keys]
    return _pick(lang, f"ที่มา: {listed(told, lang)}", f"Source: {listed(told, lang)}.")


def _national(table: pd.DataFrame) -> dict:
    return table[table["REF_AREA"] == NATIONAL].iloc[-1].to_dict()


def _rows(table: pd.DataFrame, areas) -> list[dict]:
    return table[table["REF_AREA"].isin(areas)].to_dict("records")


def _more(total: int, shown: int, lang: str) -> list[str]:
    left = total - shown
    return [_pick(lang, f"และอีก {left} รายการในตาราง", f"And {left} more in the table.")] if left > 0 else []


def _assemble(lang: str, headline: str, sections: dict[str, list[str]]) -> dict:
    return {"headline": headline, "lines": [line for lines in sections.values() for line in lines], "sections": sections}


# ---------------------------------------------------------------- delivery (notebook 30)


def delivery_text(report: DeliveryReport, codelists) -> dict[str, dict]:
    """Return the sentences on delivery by language: headline, lines, and sections by name."""
    found = {}
    for lang in LANGUAGES:
        sections = {
            "steps": say_steps(report, codelists, lang), "activities": say_activities(report, codelists, lang), "pace": say_pace(report, codelists, lang), "mechanism": say_mechanism(report, codelists, lang),
            "kpi": say_flags(report, codelists, lang), "decisions": say_decisions(report, codelists, lang), "support": say_support(report, codelists, lang), "lasting": say_lasting(report, codelists, lang),
            "sent": say_sent(report, codelists, lang), "source": [source_line(report.known.tables.values(), codelists, lang)],
        }  # fmt: skip
        found[lang] = _assemble(lang, delivery_headline(report, lang), sections)
    return found


def delivery_headline(report: DeliveryReport, lang: str) -> str:
    """Return the one sentence on delivery."""
    done = _national(report.delivered[report.delivered["fiscal_quarter"] == report.quarter])
    pace = _national(report.pace[report.pace["fiscal_quarter"] == report.quarter])
    last, late = report.waiting.iloc[-1], report.follow[report.follow["REF_AREA"] == NATIONAL]
    silent = report.sent[report.sent["reason"] == "nothing_sent"]["REF_AREA"].nunique()
    when = format_fiscal_quarter(report.quarter, lang)
    overdue = int(late["overdue"].iloc[0]) if len(late) else 0
    return _pick(
        lang,
        f"ณ สิ้น{when} กิจกรรมที่ถึงกำหนดในไตรมาสแล้วเสร็จ {share_text(done, lang, 'activities')} เบิกจ่ายสะสมของปีงบประมาณเทียบแผน {share_text(pace, lang, 'projects', share='pace')} "
        f"ทำถึงขั้นที่ {last['step_no']} แล้ว {last['n_done']} จาก {last['n']} จังหวัด มติที่เกินกำหนด {overdue} เรื่อง และจังหวัดที่ไม่ส่งข้อมูลเลย {silent} จังหวัด{synthetic_mark(report.synthetic, lang)}",
        f"At the end of {when}, {share_text(done, lang, 'activities')} of the activities due in the quarter are done and {share_text(pace, lang, 'projects', share='pace')} of the year's planned money so far is disbursed; "
        f"step {last['step_no']} is done in {last['n_done']} of {last['n']} provinces, {overdue} decisions are overdue, and {silent} provinces sent nothing{synthetic_mark(report.synthetic, lang)}.",
    )


def say_steps(report: DeliveryReport, codelists, lang: str) -> list[str]:
    """Return the four steps: how many provinces did each, the median wait with its interval, n, and how many still wait."""
    names = steps().set_index("step_no")[f"name_{lang}"]
    start = day_text(programme_days(codelists)[0], lang)
    lines = []
    for row in report.waiting.to_dict("records"):
        wait = value_text(row, lang, "median_days", "ci_low", "ci_high", "n", "provinces", ("วัน", "days"))
        name, share = names[str(row["step_no"])], share_text(row, lang, "provinces", share="share_done", low="share_low", high="share_high")
        lines.append(_pick(
            lang,
            f"ขั้นที่ {row['step_no']} {name}: ทำแล้ว {row['n_done']} จังหวัด {share} เวลารอกึ่งกลางนับจาก {start}: {wait} "
            f"ยังไม่ทำ {row['n_waiting']} จังหวัด ไม่มีรายงาน {row['n_not_reported']} จังหวัด",
            f"Step {row['step_no']}, {name}: done in {row['n_done']} provinces, {share}. Median wait from {start}: {wait}. "
            f"{row['n_waiting']} still wait, {row['n_not_reported']} not reported.",
        ))  # fmt: skip
    lines.append(_pick(
        lang,
        "จังหวัดที่ยังไม่ทำขั้นใด นับเวลารอถึงวันสิ้นไตรมาส (ข้อมูลถูกตัดปลายทางขวา) และไม่ถูกตัดออกจากการคำนวณ",
        "A province that has not done a step is counted as waiting up to the last day of the quarter (right-censored), never dropped.",
    ))  # fmt: skip
    late = report.tracker[report.tracker["state"] == "late"]
    told = [_pick(lang, f"{place(r['REF_AREA'], codelists, lang)} ขั้นที่ {r['step_no']} ({number(r['days_late'], 0)} วัน)", f"{place(r['REF_AREA'], codelists, lang)} step {r['step_no']} ({number(r['days_late'], 0)} days)") for r in late.to_dict("records")]
    unknown = int((report.tracker["state"] == "not_reported").sum())
    lines.append(_pick(lang, f"จังหวัดของรายงานนี้ที่เลยกำหนด: {listed(told, lang)} ช่องที่ไม่มีรายงาน {unknown}", f"Past the planned day among the provinces of this report: {listed(told, lang)}; {unknown} cells not reported."))
    over = report.fidelity[(report.fidelity["REF_AREA"] == NATIONAL) & (report.fidelity["step_no"].astype(str) == "")]
    for row in over.to_dict("records"):
        lines.append(_pick(
            lang,
            f"ทำตามกำหนดการโดยรวม (ตรงเวลา 1 ล่าช้า 0.5 ไม่ทำ 0): คะแนน {value_text(row, lang, 'fidelity', 'ci_low', 'ci_high', 'n', 'steps', ('', ''), 2)}",
            f"Kept to the schedule over all (on time 1, late 0.5, not done 0): {value_text(row, lang, 'fidelity', 'ci_low', 'ci_high', 'n', 'steps', ('', ''), 2)}.",
        ))  # fmt: skip
    return lines


def say_activities(report: DeliveryReport, codelists, lang: str) -> list[str]:
    """Return planned against done in the quarter, country first, then slippage and what can be verified."""
    now = report.delivered[report.delivered["fiscal_quarter"] == report.quarter]
    lines = []
    for row in [_national(now), *_rows(now, report.areas)]:
        name = place(row["REF_AREA"], codelists, lang)
        lines.append(_pick(
            lang,
            f"{name}: กิจกรรมที่ถึงกำหนดในไตรมาสแล้วเสร็จ {share_text(row, lang, 'activities')} ทำบางส่วน {row['partly']} ยังไม่ทำ {row['late']} ไม่รายงาน {row['not_reported']}",
            f"{name}: {share_text(row, lang, 'activities')} of the activities due in the quarter are done; {row['partly']} in part, {row['late']} not, {row['not_reported']} not reported.",
        ))  # fmt: skip
    lines.append(_pick(lang, "กิจกรรมของไตรมาสล่าสุดมีเวลาทำให้เสร็จน้อยกว่าไตรมาสก่อน ๆ ซึ่งนับงานที่เสร็จภายหลังด้วย จึงไม่ควรอ่านเป็นการลดลง", "Activities of the latest quarter had less time to be finished than earlier ones, whose later completions count: do not read it as a fall."))
    for row in [_national(report.slippage), *_rows(report.slippage, report.areas)]:
        name = place(row["REF_AREA"], codelists, lang)
        days = value_text(row, lang, "median_days", "ci_low", "ci_high", "n", "activities", ("วัน", "days"))
        late = share_text(row, lang, "activities", share="share_late", low="late_low", high="late_high")
        lines.append(_pick(
            lang,
            f"{name}: ความล่าช้ากึ่งกลาง {days} ล่าช้ากว่ากำหนด {late} รวม {row['n_open']} กิจกรรมที่ยังไม่ปิดซึ่งนับถึงสิ้นไตรมาส",
            f"{name}: median slip {days}; late: {late}, with {row['n_open']} still open and counted up to the end of the quarter.",
        ))  # fmt: skip
    row = _national(report.concrete)
    lines.append(_pick(
        lang,
        f"กิจกรรมที่แล้วเสร็จซึ่งมีทั้งผลผลิตที่ตรวจสอบได้และหลักฐาน: {share_text(row, lang, 'activities')}",
        f"Done, with a deliverable that can be verified and evidence: {share_text(row, lang, 'activities')}.",
    ))  # fmt: skip
    return lines


def say_pace(report: DeliveryReport, codelists, lang: str) -> list[str]:
    """Return money disbursed against plan up to the quarter in its fiscal year, country first."""
    now = report.pace[report.pace["fiscal_quarter"] == report.quarter]
    lines = []
    for row in [_national(now), *_rows(now, report.areas)]:
        name, paid, plan = place(row["REF_AREA"], codelists, lang), baht(row["cum_disbursed_thb"], lang), baht(row["cum_planned_thb"], lang)
        lines.append(_pick(
            lang,
            f"{name}: เบิกจ่ายสะสมของปีงบประมาณ {paid} จากแผน {plan} คิดเป็น {share_text(row, lang, 'projects', share='pace')} ค้างรายงาน {row['n_missing']} รายการ",
            f"{name}: {paid} of {plan} planned so far in the fiscal year, {share_text(row, lang, 'projects', share='pace')}; {row['n_missing']} not reported.",
        ))  # fmt: skip
    return lines


def say_mechanism(report: DeliveryReport, codelists, lang: str) -> list[str]:
    """Return how many provinces stand at each level, which fell, and where the run's provinces stand."""
    total = int(report.levels["of"].max()) if len(report.levels) else 0
    parts = [
        _pick(lang, f"ระดับ {int(r['maturity'])} {_word(LEVEL_WORDS, int(r['maturity']), lang)} {r['n']}", f"level {int(r['maturity'])} ({_word(LEVEL_WORDS, int(r['maturity']), lang)}) {r['n']}")
        for r in report.levels[report.levels["maturity"].notna()].to_dict("records")
    ]  # fmt: skip
    blank = int(report.levels.loc[report.levels["maturity"].isna(), "n"].sum())
    lines = [_pick(lang, f"กลไกจังหวัด ({total} จังหวัด): {', '.join(parts)} ไม่มีรายงาน {blank}", f"Provincial mechanism ({total} provinces): {', '.join(parts)}; not reported {blank}.")]
    now = report.maturity[report.maturity["fiscal_quarter"] == report.quarter]
    for row in _rows(now, report.areas):
        name = place(row["REF_AREA"], codelists, lang)
        if row["maturity"] != row["maturity"]:
            lines.append(_pick(lang, f"{name}: ไม่มีรายงานกลไกในไตรมาสนี้", f"{name}: the mechanism was not reported this quarter."))
            continue
        level = int(row["maturity"])
        moved = ("+" if row["change"] > 0 else "") + number(row["change"], 0)
        change = "" if row["change"] != row["change"] or row["change"] == 0 else _pick(lang, f" เปลี่ยนจากรายงานก่อนหน้า {moved} ระดับ", f", {moved} since the last report")
        lines.append(_pick(lang, f"{name}: ระดับ {level} จาก 5 {_word(LEVEL_WORDS, level, lang)}{change}", f"{name}: level {level} of 5, {_word(LEVEL_WORDS, level, lang)}{change}."))
    gone = [place(a, codelists, lang) for areas in report.levels["lapsed"] for a in areas.split(";") if a]
    lines.append(_pick(lang, f"จังหวัดที่เคยมีคณะกรรมการแต่ไตรมาสนี้ไม่มี: {listed(gone, lang)}", f"Had a committee once and have none this quarter: {listed(gone, lang)}."))
    return lines


def say_flags(report: DeliveryReport, codelists, lang: str) -> list[str]:
    """Return how many KPI forms look wrong, and each flag of the run's provinces with what it may be and what to do."""
    row = _national(report.flag_summary)
    lines = [_pick(
        lang,
        f"แบบรายงานตัวชี้วัดที่ควรตรวจสอบ: {row['n_flagged']} ฉบับ {share_text(row | {'n': row['n_forms'], 'reason': row['reason']}, lang, 'forms')} เป็นคำถามถึงหน่วยงานที่กรอก ไม่ใช่ข้อกล่าวหา และไม่มีการแก้ตัวเลขให้",
        f"KPI forms to be checked: {row['n_flagged']}, {share_text(row | {'n': row['n_forms'], 'reason': row['reason']}, lang, 'forms')}. A question to the office that filled it, no accusation; no figure was corrected.",
    )]  # fmt: skip
    if report.flags.empty:
        return [*lines, _pick(lang, "ไม่พบข้อสังเกตในจังหวัดของรายงานนี้", "Nothing was flagged in the provinces of this report.")]
    groups = list(report.flags.groupby(["REF_AREA", "check"], sort=False))
    for (area, check), rows in groups[:MOST_LISTED]:
        flag, keys = rows.iloc[0], list(dict.fromkeys(rows["key"]))
        # a flag on a reporter names the province itself
        own = [key for key in keys if key != area]
        name, shown = place(area, codelists, lang) + (f" {listed(own, lang)}" if own else ""), _word(CHECKS, check, lang)
        first = "" if len(keys) == 1 else _pick(lang, f" ({len(keys)} แบบ ตัวอย่างจากแบบแรก)", f" ({len(keys)} forms, told of the first)")
        lines.append(_pick(
            lang,
            f"{name} – {shown}{first}: {flag['explanation_th']} ข้อเสนอ: {flag['suggested_fix_th']}",
            f"{name} – {shown}{first}: {flag['explanation_en'].rstrip('.')}. Suggested: {flag['suggested_fix_en']}",
        ))  # fmt: skip
    return lines + _more(len(groups), MOST_LISTED, lang)


def say_decisions(report: DeliveryReport, codelists, lang: str) -> list[str]:
    """Return the follow-through of decisions, country first, and the overdue ones of the run's provinces, the longest first."""
    if not (report.follow["REF_AREA"] == NATIONAL).any():
        return [_pick(lang, f"มติ: {reason_text('no_rows', lang)}", f"Decisions: {reason_text('no_rows', lang)}.")]
    lines = []
    for row in [_national(report.follow), *_rows(report.follow, report.areas)]:
        name = place(row["REF_AREA"], codelists, lang)
        lines.append(_pick(
            lang,
            f"{name}: มติที่ครบกำหนดและทำแล้วเสร็จ {share_text(row, lang, 'decisions')} เกินกำหนด {row['overdue']} ยกเลิก {row['dropped']} ค้างทั้งหมด {row['open']}",
            f"{name}: {share_text(row, lang, 'decisions')} of the decisions due are done; {row['overdue']} overdue, {row['dropped']} dropped, {row['open']} open in all.",
        ))  # fmt: skip
    agency = with_registers(report.known).agency.drop_duplicates("agency_id").set_index("agency_id")[f"name_{lang}"]
    late = report.decisions[report.decisions["state"] == "overdue"]
    for row in late.head(MOST_LISTED).to_dict("records"):
        owner = agency.get(row["owner_agency_id"], row["owner_agency_id"]) or pick(lang, "ไม่ระบุผู้รับผิดชอบ", "no owner named")
        lines.append(_pick(
            lang,
            f"{place(row['REF_AREA'], codelists, lang)} {row['decision_id']} “{row['text_th']}”: ครบกำหนด {day_text(row['due_date'], lang)} เกินมา {number(row['days_overdue'], 0)} วัน ผู้รับผิดชอบ: {owner}",
            f"{place(row['REF_AREA'], codelists, lang)} {row['decision_id']} “{row['text_th']}”: due {day_text(row['due_date'], lang)}, {number(row['days_overdue'], 0)} days over; owner: {owner}.",
        ))  # fmt: skip
    return lines + _more(len(late), MOST_LISTED, lang)


def say_support(report: DeliveryReport, codelists, lang: str) -> list[str]:
    """Return requests answered, resources in use, what is agreed with GIZ, and the process before and after."""
    row = _national(report.requests)
    lines = [_pick(
        lang,
        f"คำขอข้อมูลที่ได้รับคำตอบภายใน 30 วัน: {share_text(row, lang, 'requests')} เวลารอกึ่งกลาง {value_text(row, lang, 'median_days', 'days_low', 'days_high', 'n_waits', 'requests', ('วัน', 'days'))} ยังไม่ตอบ {row['n_open']}",
        f"Requests answered within 30 days: {share_text(row, lang, 'requests')}; median wait {value_text(row, lang, 'median_days', 'days_low', 'days_high', 'n_waits', 'requests', ('วัน', 'days'))}; {row['n_open']} open.",
    )]  # fmt: skip
    national = report.resources[report.resources["REF_AREA"] == NATIONAL].set_index("kind")
    for kind in RESOURCES:
        row = national.loc[kind].to_dict()
        lines.append(_pick(lang, f"{code_text('resource.kind', kind, lang)}ที่ส่งมอบแล้วและใช้งานอยู่: {share_text(row, lang, 'deliveries')}", f"{_upper(code_text('resource.kind', kind, lang))} delivered and in use: {share_text(row, lang, 'deliveries')}."))
    lines += say_giz(report.partnership, lang)
    year = year_text(int(report.quarter[:4]) - 543, lang)
    lines.append(_pick(
        lang,
        f"กระบวนงานของปีงบประมาณ {year} เทียบกับไตรมาสเดียวกันของปีก่อนหน้า เป็นการเปลี่ยนแปลงที่สังเกตได้ ไม่มีกลุ่มเปรียบเทียบ จึงไม่ใช่การบอกผลของโครงการ",
        f"Work processes in fiscal year {year} against the same quarters before: changes that were seen; without a comparison group none is claimed as an effect.",
    ))  # fmt: skip
    for row in report.process.to_dict("records"):
        change = value_text(row, lang, "difference", "ci_low", "ci_high", "n", "provinces", ("", ""), 1)
        metric, told = _word(METRIC_WORDS, row["metric"], lang), ""
        if row["before"] == row["before"]:
            told = _pick(lang, f"จาก {number(row['before'], 1)} เป็น {number(row['after'], 1)} ", f"from {number(row['before'], 1)} to {number(row['after'], 1)}, ")
        lines.append(_pick(lang, f"ขั้นที่ {row['step']} {metric}: {told}เปลี่ยนไป {change}", f"Step {row['step']}, {metric}: {told}change {change}."))
    return lines


def say_giz(partnership: pd.DataFrame, lang: str) -> list[str]:
    """Return the status of every agreement with GIZ as the register states it, never better, with what was delivered."""
    lines = []
    for row in partnership[(partnership["partner_a"] == "giz") | (partnership["partner_b"] == "giz")].to_dict("records"):
        doubt = f" ({row[f'doubt_{lang}']})" if row["doubt"] else ""
        topic = _word(TOPIC_WORDS, row["agreement_id"], lang) if row["agreement_id"] in TOPIC_WORDS else row["topic"]
        lines.append(_pick(
            lang,
            f"ความร่วมมือกับ GIZ {topic}: {row['status_th']} ทรัพยากรที่ส่งมอบแล้ว {row['n_delivered']} โครงการที่ร่วม {row['n_projects']}{doubt}",
            f"Agreement with GIZ, {topic}: {row['status_en']}; {row['n_delivered']} resources delivered, {row['n_projects']} projects{doubt}.",
        ))  # fmt: skip
    return lines or [_pick(lang, "ไม่มีข้อตกลงกับ GIZ ในทะเบียน", "No agreement with GIZ is in the register.")]


def say_lasting(report: DeliveryReport, codelists, lang: str) -> list[str]:
    """Return what lasts: local groups, mechanisms after the programme, and what the community itself began and gave."""
    lines = []
    life = report.group_life[report.group_life["REF_AREA"] == NATIONAL]
    for row in life.to_dict("records"):
        lines.append(_pick(
            lang,
            f"กลุ่มในพื้นที่ที่ยังดำเนินการอยู่เมื่อครบ {row['days']} วัน: {share_text(row, lang, 'groups', share='survival')} สิ้นสุดแล้ว {row['n_ended']}",
            f"Local groups still active after {row['days']} days: {share_text(row, lang, 'groups', share='survival')}; {row['n_ended']} have ended.",
        ))  # fmt: skip
    now = report.groups[report.groups["fiscal_quarter"] == report.quarter]
    for row in [_national(now), *_rows(now, report.areas)] if len(now) else []:
        name = place(row["REF_AREA"], codelists, lang)
        lines.append(_pick(lang, f"{name}: กลุ่มใหม่ในไตรมาส {row['formed']} สิ้นสุด {row['ended']} ดำเนินการอยู่ {row['active']}", f"{name}: {row['formed']} groups formed in the quarter, {row['ended']} ended, {row['active']} active."))
    for row in report.mechanism_life.to_dict("records"):
        if row["reason"] == "not_over":
            lines.append(_pick(lang, f"กลไกหลังสิ้นสุดโครงการนำร่อง: {reason_text('not_over', lang)}", f"Mechanisms after the pilot programme: {reason_text('not_over', lang)}."))
            continue
        told, after = share_text(row, lang, "mechanisms", share="survival"), int(row["quarters_after"])
        lines.append(_pick(lang, f"กลไกที่ยังอยู่ {after} ไตรมาสหลังสิ้นสุดโครงการนำร่อง: {told}", f"Mechanisms still alive {after} quarters after the pilot programme ended: {told}."))
    began = report.community[report.community["REF_AREA"] == NATIONAL].set_index("initiator")
    for who in INITIATORS:
        row = began.loc[who].to_dict()
        lines.append(f"{_word(BEGUN_WORDS, who, lang)}: {share_text(row, lang, 'projects')}" + pick(lang, "", "."))
    row = _national(report.hours)
    lines.append(_pick(
        lang,
        f"กิจกรรมที่ชุมชนลงแรง: {share_text(row, lang, 'activities', share='share_with')} รวม {number(row['hours'], 0)} ชั่วโมง ไม่ระบุ {row['n_not_stated']}",
        f"Activities to which the community gave its hours: {share_text(row, lang, 'activities', share='share_with')}; {number(row['hours'], 0)} hours in all, {row['n_not_stated']} not stated.",
    ))  # fmt: skip
    lines.append(_pick(lang, "ผลลัพธ์คงอยู่หรือไม่ ดูที่สมุดงาน 65", "Whether outcomes lasted is told in notebook 65."))
    return lines


def say_sent(report: DeliveryReport, codelists, lang: str) -> list[str]:
    """Return who has not sent: provinces that sent nothing, and what each of the run's provinces still owes."""
    sent = report.sent
    silent = list(dict.fromkeys(sent.loc[sent["reason"] == "nothing_sent", "REF_AREA"]))
    full = int(sent.groupby("REF_AREA")["sent"].all().sum())
    total = sent["REF_AREA"].nunique()
    names = ": " + listed([place(a, codelists, lang) for a in silent], lang) if silent else ""
    lines = [_pick(
        lang,
        f"ส่งข้อมูลครบทุกตารางของไตรมาส {full} จาก {total} จังหวัด ไม่ส่งเลย {len(silent)} จังหวัด{names}",
        f"{full} of {total} provinces sent every table of the quarter; {len(silent)} sent none{names}.",
    )]  # fmt: skip
    owed = sent[sent["REF_AREA"].isin(report.areas) & ~sent["sent"]]
    for area, rows in owed.groupby("REF_AREA", sort=True):
        told = [f"{_word(TABLES, r['table'], lang)} ({reason_text(r['reason'], lang)})" for r in rows.to_dict("records")]
        lines.append(_pick(lang, f"{place(area, codelists, lang)} ยังไม่ส่ง: {listed(told, lang)}", f"{place(area, codelists, lang)} has not sent: {listed(told, lang)}."))
    if owed.empty:
        lines.append(_pick(lang, "จังหวัดของรายงานนี้ส่งข้อมูลครบทุกตาราง", "The provinces of this report sent every table."))
    return lines


# ---------------------------------------------------------------- from need to result (notebook 31)


def needs_text(report: NeedReport, codelists) -> dict[str, dict]:
    """Return the sentences from need to result by language: headline, lines, and sections by name."""
    found = {}
    for lang in LANGUAGES:
        sections = {
            "chain": say_chain(report, codelists, lang), "mismatch": say_mismatch(report, codelists, lang), "plans": say_plans(report, codelists, lang), "money": say_money(report, codelists, lang),
            "sources": say_sources(report, lang), "cascade": say_cascade(report, codelists, lang), "readiness": say_readiness(report, codelists, lang),
            "localisation": say_localisation(report, codelists, lang), "source": [source_line(report.known.tables.values(), codelists, lang)],
        }  # fmt: skip
        found[lang] = _assemble(lang, needs_headline(report, lang), sections)
    return found


def needs_headline(report: NeedReport, lang: str) -> str:
    """Return the one sentence from need to result."""
    cover = _one(report.cover, "share_covered")
    count = report.mismatch_counts[report.mismatch_counts["REF_AREA"] == NATIONAL].set_index("kind")["n"]
    when = format_fiscal_quarter(report.quarter, lang)
    money = int(count.get("planned_without_money", 0))
    verdict = _alignment_word(_one(report.alignment, "dissimilarity"), lang)
    return _pick(
        lang,
        f"ณ สิ้น{when} ปัญหารุนแรง (ระดับ {SEVERE}–5) ที่มีรายการในแผนรองรับ: {share_text(cover, lang, 'needs', share='share_covered')} เป้าประสงค์ที่อยู่ในแผนแต่ไม่มีเงิน {money} รายการ และเงินเมื่อเทียบกับปัญหา: {verdict}{synthetic_mark(report.synthetic, lang)}",
        f"At the end of {when}, {share_text(cover, lang, 'needs', share='share_covered')} of the severe needs (level {SEVERE}–5) have an item in a plan; {money} planned targets have no money; money beside need: {verdict}{synthetic_mark(report.synthetic, lang)}.",
    )


def _one(table: pd.DataFrame, value: str) -> dict:
    """The country's first row; a blank one with the reason `no_rows` where there is none."""
    rows = table[table["REF_AREA"] == NATIONAL]
    return rows.iloc[0].to_dict() if len(rows) else dict.fromkeys(table.columns, float("nan")) | {value: float("nan"), "n": 0, "reason": "no_rows"}


def _alignment_word(row: dict, lang: str) -> str:
    words = {
        "off_need": ("ต่างจากสัดส่วนปัญหาเกินกว่าความบังเอิญ", "further from need than chance"), "not_told_apart": ("ยังแยกจากความบังเอิญไม่ได้", "not told apart from chance"),
        "cannot_tell": ("ยังบอกไม่ได้", "cannot be told yet"),
    }  # fmt: skip
    return _word(words, row.get("verdict") if isinstance(row.get("verdict"), str) and row.get("verdict") else "cannot_tell", lang)


def say_chain(report: NeedReport, codelists, lang: str) -> list[str]:
    """Return the chain of each of the 17 goals in the country: need, plan, money, work, result, and what breaks first."""
    names, breaks = codelists.goals17.set_index("goal")[f"short_{lang}"], report.breaks.set_index("goal")
    national = report.goals[report.goals["REF_AREA"] == NATIONAL].set_index("goal")
    lines = []
    for goal in GOALS:
        row = national.loc[goal].to_dict() if goal in national.index else {"reason": "no_rows"}
        if row["reason"] == "no_rows":
            lines.append(_pick(lang, f"เป้าหมาย {goal} {names[goal]}: {reason_text('no_rows', lang)}", f"Goal {goal}, {names[goal]}: {reason_text('no_rows', lang)}."))
            continue
        plan, paid = baht(row["planned_thb"], lang), baht(row["disbursed_thb"], lang)
        own = breaks.loc[goal].to_dict()
        result = _pick(
            lang,
            f"ผลลัพธ์ที่วัดแล้ว {own['measured']} จาก {own['n']} เป้าประสงค์รายจังหวัด ดีขึ้น {own['improving']} แย่ลง {own['worsening']}",
            f"result measured in {own['measured']} of {own['n']} targets of provinces, {own['improving']} improving, {own['worsening']} worsening",
        ) if report.compared else _pick(lang, "ผลลัพธ์ยังไม่ได้เทียบ", "result not compared")  # fmt: skip
        at = listed([f"{_word(LINK_WORDS, link, lang)} {own[link]}" for link in LINKS[:-1] if own[link]], lang)
        lines.append(_pick(
            lang,
            f"เป้าหมาย {goal} {names[goal]}: ปัญหา {row['n_needs']} เรื่อง → แผน {row['plan_items']} รายการ → เงินตามแผน {plan} เบิกจ่าย {paid} → กิจกรรมเสร็จ {row['activities_done']} จากที่ถึงกำหนด {row['activities_due']} → {result} "
            f"ขาดช่วงก่อนถึงขั้นวัดผล {share_text(own, lang, 'chains')}: {at}",
            f"Goal {goal}, {names[goal]}: needs {row['n_needs']} → plan items {row['plan_items']} → {plan} planned, {paid} disbursed → activities done {row['activities_done']} of {row['activities_due']} due → {result}. "
            f"Broken before a result is asked for: {share_text(own, lang, 'chains')}: {at}.",
        ))  # fmt: skip
    if not report.compared:
        lines.append(_pick(lang, f"ผลลัพธ์: {reason_text('not_compared', lang)}", f"Results: {reason_text('not_compared', lang)}."))
    elif report.unused:
        lines.append(_pick(lang, f"แนวโน้ม {number(report.unused, 0)} รายการอาศัยค่าหลังสิ้นไตรมาส จึงไม่นำมาใช้", f"{number(report.unused, 0)} trends rest on values of after the quarter and were not used."))
    return lines


def say_mismatch(report: NeedReport, codelists, lang: str) -> list[str]:
    """Return how many of each mismatch, all seven kinds, and the worst of the run's provinces one by one."""
    country = report.mismatch_counts[report.mismatch_counts["REF_AREA"] == NATIONAL].set_index("kind")
    lines = []
    for kind in KINDS:
        row = country.loc[kind] if kind in country.index else {"n": 0, "n_provinces": 0}
        lines.append(_pick(lang, f"{_word(KIND_WORDS, kind, lang)}: {number(row['n'], 0)} รายการ ใน {number(row['n_provinces'], 0)} จังหวัด", f"{_upper(_word(KIND_WORDS, kind, lang))}: {number(row['n'], 0)} in {number(row['n_provinces'], 0)} provinces."))
    cover = _one(report.cover, "share_covered")
    lines.append(_pick(lang, f"ปัญหารุนแรงที่มีในแผน: {share_text(cover, lang, 'needs', share='share_covered')}", f"Severe needs that a plan answers: {share_text(cover, lang, 'needs', share='share_covered')}."))
    shown = report.mismatch.head(MOST_LISTED)
    for row in shown.to_dict("records"):
        severity = _pick(lang, "ไม่มีระดับความรุนแรงที่บันทึกไว้", "no severity recorded") if row["severity"] != row["severity"] else _pick(lang, f"ความรุนแรง {number(row['severity'], 0)} จาก 5", f"severity {number(row['severity'], 0)} of 5")
        lines.append(_pick(
            lang,
            f"{place(row['REF_AREA'], codelists, lang)} เป้าประสงค์ {row['target']}: {_word(KIND_WORDS, row['kind'], lang)} {severity} เงินตามแผน {baht(row['planned_thb'], lang)}",
            f"{place(row['REF_AREA'], codelists, lang)}, target {row['target']}: {_word(KIND_WORDS, row['kind'], lang)}; {severity}; {baht(row['planned_thb'], lang)} planned.",
        ))  # fmt: skip
    lines += _more(len(report.mismatch), MOST_LISTED, lang)
    for row in report.agreement.to_dict("records"):
        against = _word({"plan_items": ("รายการในแผน", "plan items"), "planned_thb": ("เงินตามแผน", "planned money")}, row["against"], lang)
        rho = value_text(row, lang, "rho", "ci_low", "ci_high", "n", "targets", ("", ""), 2)
        sure = f"; {p_text(row['p_value'])}" if row["p_value"] == row["p_value"] else ""
        lines.append(_pick(
            lang,
            f"{place(row['REF_AREA'], codelists, lang)}: ลำดับความรุนแรงของปัญหากับ{against} สหสัมพันธ์ {rho}{sure}",
            f"{place(row['REF_AREA'], codelists, lang)}: order of severity against {against}, rank correlation {rho}{sure}.",
        ))  # fmt: skip
    return lines


def say_plans(report: NeedReport, codelists, lang: str) -> list[str]:
    """Return which plans are there, how many items meet each criterion, and what the revision changed."""
    lines = []
    for area, rows in report.plans.groupby("REF_AREA", sort=True):
        told = [
            _pick(lang, f"{code_text('plan.plan_type', r['plan_type'], lang)} ฉบับที่ {number(r['version'], 0)} ({r['n_items']} รายการ)", f"{code_text('plan.plan_type', r['plan_type'], lang)} version {number(r['version'], 0)} ({r['n_items']} items)")
            if r["reason"] == "" else f"{code_text('plan.plan_type', r['plan_type'], lang)}: {reason_text(r['reason'], lang)}" for r in rows.to_dict("records")
        ]  # fmt: skip
        lines.append(f"{place(area, codelists, lang)}: " + "; ".join(told))
    quality = report.quality[report.quality["REF_AREA"] == NATIONAL].set_index("criterion")
    for name in (*CRITERIA, "all_six"):
        row = quality.loc[name].to_dict()
        lines.append(_pick(lang, f"รายการในแผนที่{_word(CRITERION_WORDS, name, lang)}: {share_text(row, lang, 'items')}", f"Plan items, {_word(CRITERION_WORDS, name, lang)}: {share_text(row, lang, 'items')}."))
    row = report.revised.iloc[0]
    lost = [f"{place(a, codelists, lang)} {t}" for a, _, t in (x.partition(":") for x in row["lost"].split(";") if x)]
    lines.append(_pick(
        lang,
        f"การปรับแผน {row['n']} แผน: รายการ {row['n_before']} เป็น {row['n_after']} คงเดิม {row['kept']} ปรับถ้อยคำ {row['reworded']} เปลี่ยนเป้าประสงค์ {row['retargeted']} ตัดออก {row['dropped']} เพิ่ม {row['added']} "
        f"เป้าประสงค์ที่หายไปจากแผน: {listed(lost, lang)}",
        f"{row['n']} plans were revised: {row['n_before']} items became {row['n_after']}; {row['kept']} kept, {row['reworded']} reworded, {row['retargeted']} with another target, {row['dropped']} dropped, {row['added']} added. "
        f"Targets that no item names any more: {listed(lost, lang)}.",
    ))  # fmt: skip
    for r in report.revision[report.revision["reason"] == ""].to_dict("records"):
        change = value_text(r | {"difference": 100 * r["difference"], "ci_low": 100 * r["ci_low"], "ci_high": 100 * r["ci_high"]}, lang, "difference", "ci_low", "ci_high", "n_after", "items", ("จุดร้อยละ", "percentage points"), 0)
        lines.append(_pick(
            lang,
            f"{place(r['REF_AREA'], codelists, lang)} {code_text('plan.plan_type', r['plan_type'], lang)}: เป้าประสงค์ที่เพิ่ม {listed(filter(None, r['targets_added'].split(';')), lang)} ที่หายไป {listed(filter(None, r['targets_dropped'].split(';')), lang)} รายการที่วัดได้เปลี่ยนไป {change}",
            f"{place(r['REF_AREA'], codelists, lang)}, {code_text('plan.plan_type', r['plan_type'], lang)}: targets added {listed(filter(None, r['targets_added'].split(';')), lang)}, lost {listed(filter(None, r['targets_dropped'].split(';')), lang)}; measurable items changed by {change}.",
        ))  # fmt: skip
    return lines


def say_money(report: NeedReport, codelists, lang: str) -> list[str]:
    """Return how far money lies from need under both ways of splitting a project, and the goals with surely more or less than their need."""
    lines = []
    for area in (NATIONAL, *report.areas):
        rows = report.alignment[report.alignment["REF_AREA"] == area].set_index("tagging")
        if "weights" not in rows.index:
            continue
        row, other = rows.loc["weights"].to_dict(), rows.loc["primary"].to_dict()
        by_chance = "" if row["chance_high"] != row["chance_high"] else _pick(lang, f" ลำพังความบังเอิญก็ได้ถึงร้อยละ {percent(row['chance_high'])}", f"; chance alone reaches {percent(row['chance_high'])}%")
        lines.append(_pick(
            lang,
            f"{place(area, codelists, lang)}: เงินตามแผนที่ต้องย้ายเป้าหมายจึงจะตรงกับสัดส่วนปัญหา {share_text(row, lang, 'projects', share='dissimilarity')}{by_chance} ({_alignment_word(row, lang)}) หากนับเฉพาะเป้าประสงค์หลัก {share_text(other, lang, 'projects', share='dissimilarity')} ({_alignment_word(other, lang)})",
            f"{place(area, codelists, lang)}: planned money that would have to move for its shares to be those of need, {share_text(row, lang, 'projects', share='dissimilarity')}{by_chance} ({_alignment_word(row, lang)}); by primary target only {share_text(other, lang, 'projects', share='dissimilarity')} ({_alignment_word(other, lang)}).",
        ))  # fmt: skip
    lines.append(_pick(
        lang,
        "ช่วงความเชื่อมั่นหักส่วนที่เกิดจากเงินมาเป็นก้อนตามโครงการแล้ว จึงอาจอยู่ต่ำกว่าค่าที่เห็น สัดส่วนปัญหาถือเป็นค่าที่ทราบ",
        "The interval takes off what lumps of money do by themselves, so it may lie below the value seen; shares of need are taken as known.",
    ))  # fmt: skip
    names = codelists.goals17.set_index("goal")[f"short_{lang}"]
    national = report.money[report.money["REF_AREA"] == NATIONAL]
    split = {t: national[national["tagging"] == t].set_index("goal") for t in ("weights", "primary")}
    for sign, words in ((1, ("มากกว่าสัดส่วนปัญหา", "more than their share of need")), (-1, ("น้อยกว่าสัดส่วนปัญหา", "less than their share of need"))):
        both = [g for g in GOALS if g in split["weights"].index and all(_sure(t.loc[g], sign) for t in split.values())]
        told = [f"{g} {names[g]} {share_text(split['weights'].loc[g].to_dict(), lang, 'projects')} {_pick(lang, 'ปัญหาร้อยละ ', 'need ')}{percent(split['weights'].loc[g, 'need_share'])}{'' if lang == 'th' else '%'}" for g in both]
        lines.append(_pick(lang, f"เป้าหมายที่ได้เงิน{words[0]} ทั้งสองวิธีแบ่ง: {listed(told, lang, len(GOALS))}", f"Goals with {words[1]}, by both splits: {listed(told, lang, len(GOALS))}."))
    blank = national[(national["tagging"] == "weights") & (national["goal"] == UNTAGGED)]
    for row in blank.to_dict("records"):
        lines.append(_pick(lang, f"เงินที่ไม่ระบุเป้าหมาย: {share_text(row, lang, 'projects')}", f"Money without a goal: {share_text(row, lang, 'projects')}."))
    return lines


def _sure(row: pd.Series, sign: int) -> bool:
    return bool(row["difference_low"] > 0 if sign > 0 else row["difference_high"] < 0)


def say_sources(report: NeedReport, lang: str) -> list[str]:
    """Return the four sources of the money of the report's fiscal year, in the country."""
    year = int(report.quarter[:4])
    rows = report.sources[(report.sources["REF_AREA"] == NATIONAL) & (report.sources["fiscal_year"] == year)].set_index("source_type")
    if rows.empty:
        return [_pick(lang, f"แหล่งเงิน: {reason_text('no_rows', lang)}", f"Sources of money: {reason_text('no_rows', lang)}.")]
    lines = []
    for kind in SOURCE_TYPES:
        row, name = rows.loc[kind].to_dict(), code_text("budget.source_type", kind, lang)
        lines.append(_pick(
            lang,
            f"{name} ปีงบประมาณ {year_text(year - 543, lang)}: {baht(row['planned_thb'], lang)} {share_text(row, lang, 'projects')} โครงการที่มีเงินนี้ {row['n_with']}",
            f"{_upper(name)}, fiscal year {year_text(year - 543, lang)}: {baht(row['planned_thb'], lang)}, {share_text(row, lang, 'projects')}; {row['n_with']} projects have any.",
        ))  # fmt: skip
    return lines


def say_cascade(report: NeedReport, codelists, lang: str) -> list[str]:
    """Return the three levels: projects at each, and the goals at which the cascade breaks, country first."""
    lines = []
    for area in (NATIONAL, *report.areas):
        rows = report.cascade[report.cascade["REF_AREA"] == area]
        counts = [_pick(lang, f"{code_text('level', level, lang)} {int(rows[level].sum())}", f"{code_text('level', level, lang)} {int(rows[level].sum())}") for level in LEVELS]
        broken = [_pick(lang, f"{code_text('level', level, lang)}: {listed(rows.loc[rows['broken_link'] == level, 'goal'], lang, 17)}", f"{code_text('level', level, lang)}: {listed(rows.loc[rows['broken_link'] == level, 'goal'], lang, 17)}") for level in LEVELS]
        none = listed(rows.loc[rows["reason"] == "no_rows", "goal"], lang, 17)
        lines.append(_pick(
            lang,
            f"{place(area, codelists, lang)}: โครงการนับตามเป้าหมาย {', '.join(counts)} เป้าหมายที่ขาดในระดับใด – {'; '.join(broken)} เป้าหมายที่ไม่มีโครงการ: {none}",
            f"{place(area, codelists, lang)}: projects counted by goal, {', '.join(counts)}. Goals that lack a level: {'; '.join(broken)}. Goals without any project: {none}.",
        ))  # fmt: skip
    return lines


def say_readiness(report: NeedReport, codelists, lang: str) -> list[str]:
    """Return how many of the provinces outside the pilot meet each condition for being taken in, and what the run's provinces lack."""
    table = report.readiness
    rest = table[~table["pilot"]]
    full = rest[rest["n_met"] == len(READY)]
    lines = [_pick(
        lang,
        f"ความพร้อมขยายผล: จากจังหวัดนอกโครงการนำร่อง {len(rest)} จังหวัด ครบทั้ง {len(READY)} เงื่อนไข {len(full)} จังหวัด: {listed([place(a, codelists, lang) for a in full['REF_AREA']], lang)} เป็นรายการตรวจสอบ ไม่ใช่การจัดอันดับ",
        f"Readiness to extend: of {len(rest)} provinces outside the pilot {len(full)} meet all {len(READY)} conditions: {listed([place(a, codelists, lang) for a in full['REF_AREA']], lang)}. A checklist, no ranking.",
    )]  # fmt: skip
    for name in READY:
        counts = rest[name].value_counts()
        yes, no, unknown = (int(counts.get(k, 0)) for k in ("yes", "no", "unknown"))
        lines.append(_pick(lang, f"{_word(READY_WORDS, name, lang)}: ใช่ {yes} ไม่ใช่ {no} ไม่มีรายงาน {unknown} จังหวัด", f"{_upper(_word(READY_WORDS, name, lang))}: yes {yes}, no {no}, not reported {unknown} provinces."))
    for row in _rows(table, report.areas):
        lacks = [_word(READY_WORDS, name, lang) for name in row["missing"].split(";") if name]
        lines.append(_pick(lang, f"{place(row['REF_AREA'], codelists, lang)} ยังขาด: {listed(lacks, lang)}", f"{place(row['REF_AREA'], codelists, lang)} still lacks: {listed(lacks, lang)}."))
    return lines


def say_localisation(report: NeedReport, codelists, lang: str) -> list[str]:
    """Return per province how many of the targets have a local indicator, target value, budget and owner; all are counted, none sampled."""
    lines = []
    for row in report.localisation.to_dict("records"):
        have = number(row["n_indicator"], 0) if row["n_indicator"] == row["n_indicator"] else _pick(lang, f"ยังบอกไม่ได้ ({reason_text('not_compared', lang)})", f"cannot be told ({reason_text('not_compared', lang)})")
        index = "" if row["index"] != row["index"] else _pick(lang, f" ดัชนีการนำไปปฏิบัติในพื้นที่ {number(row['index'], 2)}", f" Localisation index {number(row['index'], 2)}.")
        lines.append(_pick(
            lang,
            f"{place(row['REF_AREA'], codelists, lang)}: จาก {row['n']} เป้าประสงค์ มีตัวชี้วัดของจังหวัด {have} มีค่าเป้าหมาย {row['n_target']} มีงบประมาณ {row['n_budget']} มีหน่วยงานรับผิดชอบ {row['n_owner']} (นับครบทุกเป้าประสงค์ จึงไม่มีช่วงความเชื่อมั่น){index}",
            f"{place(row['REF_AREA'], codelists, lang)}: of {row['n']} targets, a local indicator {have}, a target value {row['n_target']}, a budget {row['n_budget']}, an owner {row['n_owner']} (all targets are counted, so there is no interval).{index}",
        ))  # fmt: skip
    return lines


# ---------------------------------------------------------------- cities (notebook 34)


def city_text(report: CityReport, codelists) -> dict[str, dict]:
    """Return the sentences on cities by language: headline, lines, and sections by name."""
    found = {}
    for lang in LANGUAGES:
        sections = {
            "indicators": say_city_indicators(report, codelists, lang), "split": say_split(report, codelists, lang), "delivery": say_city_delivery(report, codelists, lang),
            "giz": say_giz(report.partnership, lang), "missing": say_missing(report, lang), "source": [source_line(report.known.tables.values(), codelists, lang)],
        }  # fmt: skip
        found[lang] = _assemble(lang, city_headline(report, lang), sections)
    return found


def city_headline(report: CityReport, lang: str) -> str:
    """Return the one sentence on cities."""
    have = report.missing.set_index("what").loc["indicators"]
    row = _one(report.delivery, "share")
    when = format_fiscal_quarter(report.quarter, lang)
    return _pick(
        lang,
        f"ณ สิ้น{when} เป้าหมาย 11 มีตัวชี้วัดรายจังหวัด {number(have['k'], 0)} จาก {number(have['n'], 0)} ตัว มีโครงการ {row['projects']} โครงการ และได้เงินตามแผน {share_text(row, lang, 'projects')} ยังทำหน้ารายเมืองไม่ได้เพราะไม่มีข้อมูลระดับเทศบาล{synthetic_mark(report.synthetic, lang)}",
        f"At the end of {when}, goal 11 has provincial values of {number(have['k'], 0)} of its {number(have['n'], 0)} indicators, {row['projects']} projects, and {share_text(row, lang, 'projects')} of the planned money; a page per city is not possible yet for want of municipal data{synthetic_mark(report.synthetic, lang)}.",
    )


def say_city_indicators(report: CityReport, codelists, lang: str) -> list[str]:
    """Return what is measured of goal 11, which indicators are not, and the trend in the run's provinces and over all."""
    lines = []
    for row in report.indicators[report.indicators["SERIES"] != ""].to_dict("records"):
        name = codelists.series_name(row["SERIES"], lang)
        if row["reason"]:
            lines.append(_pick(lang, f"{row['indicator']} {name}: {reason_text(row['reason'], lang)}", f"{row['indicator']} {name}: {reason_text(row['reason'], lang)}."))
            continue
        year = year_text(int(row["last_period"][:4]), lang)
        split = _pick(lang, "แยกในเขตเมืองกับนอกเขตเมืองได้" if row["has_split"] else "ไม่แยกในเขตเมืองกับนอกเขตเมือง", "urban and rural are told apart" if row["has_split"] else "urban and rural are not told apart")
        lines.append(_pick(lang, f"{row['indicator']} {name}: {row['n_provinces']} จังหวัด ถึงปี {year} {split}", f"{row['indicator']} {name}: {row['n_provinces']} provinces, up to {year}; {split}."))
    none = report.indicators.loc[report.indicators["reason"] == "no_series", "indicator"]
    lines.append(_pick(lang, f"ตัวชี้วัดที่ยังไม่มีชุดข้อมูล {len(none)} ตัว: {listed(none, lang, 20)}", f"{len(none)} indicators without any series: {listed(none, lang, 20)}."))
    for series, rows in report.status_counts.groupby("SERIES", sort=True):
        told = ", ".join(f"{label(r['status'], lang)} {r['n']}" for r in rows.to_dict("records"))
        lines.append(_pick(lang, f"{codelists.series_name(series, lang)} แนวโน้มใน {rows['of'].iloc[0]} จังหวัด: {told}", f"{codelists.series_name(series, lang)}, trend in {rows['of'].iloc[0]} provinces: {told}."))
    for row in report.trends.to_dict("records"):
        digits = int(codelists.series_row(row["SERIES"])["decimals"] or 1)
        first, last = year_text(int(row["first_period"][:4]), lang), year_text(int(row["last_period"][:4]), lang)
        slope = value_text(row | {"reason": ""}, lang, "slope", "ci_low", "ci_high", "n_obs", "values", ("ต่อปี", "a year"), digits + 1)
        lines.append(_pick(
            lang,
            f"{place(row['REF_AREA'], codelists, lang)} {first}–{last}: {label(row['status'], lang)} จาก {number(row['first_value'], digits)} เป็น {number(row['last_value'], digits)} {codelists.series_row(row['SERIES'])[f'unit_{lang}']} {slope}",
            f"{place(row['REF_AREA'], codelists, lang)}, {first}–{last}: {label(row['status'], lang)}, from {number(row['first_value'], digits)} to {number(row['last_value'], digits)} {codelists.series_row(row['SERIES'])[f'unit_{lang}']}; {slope}.",
        ))  # fmt: skip
    return lines


def say_split(report: CityReport, codelists, lang: str) -> list[str]:
    """Return urban beside rural of every series that tells them apart: middle provinces, interval, n, and whether the gap moves."""
    lines = []
    for row in report.split_summary.to_dict("records"):
        if not row["SERIES"]:
            lines.append(_pick(lang, f"เป้าหมาย {row['goal']}: {reason_text(row['reason'], lang)}", f"Goal {row['goal']}: {reason_text(row['reason'], lang)}."))
            continue
        series = codelists.series_row(row["SERIES"])
        digits, unit = int(series["decimals"] or 1), series[f"unit_{lang}"]
        gap = value_text(row, lang, "difference", "ci_low", "ci_high", "n", "provinces", (change_unit(dict(series), "th"), change_unit(dict(series), "en")), digits)
        trend = pick(lang, *VERDICT_WORDS.get(row["verdict"], ("", "")))
        p = f"; {p_text(row['p_value'])}" if row["p_value"] == row["p_value"] else ""
        lines.append(_pick(
            lang,
            f"{series['name_th']} (เป้าหมาย {row['goal']}) ปี {year_text(int(row['year']), lang)}: ค่ากึ่งกลางในเขตเมือง {number(row['urban'], digits)} นอกเขตเมือง {number(row['rural'], digits)} {unit} ส่วนต่างกึ่งกลาง {gap} นอกเขตเมืองแย่กว่าใน {row['n_rural_worse']:.0f} จังหวัด {trend}{p}",
            f"{series['name_en']} (goal {row['goal']}), {year_text(int(row['year']), lang)}: middle value urban {number(row['urban'], digits)}, rural {number(row['rural'], digits)} {unit}; middle difference {gap}; rural worse off in {row['n_rural_worse']:.0f} provinces; {trend}{p}.",
        ))  # fmt: skip
    return lines


def say_city_delivery(report: CityReport, codelists, lang: str) -> list[str]:
    """Return needs, plans, projects and money of goal 11, country first; then every target of the goal; then what does not fit."""
    lines = []
    for row in [_one(report.delivery, "share"), *_rows(report.delivery, report.areas)]:
        name = place(row["REF_AREA"], codelists, lang)
        need = "" if row["need_share"] != row["need_share"] else _pick(lang, f" สัดส่วนปัญหา ร้อยละ {percent(row['need_share'])}", f"; its share of need is {percent(row['need_share'])}%")
        primary = share_text(row, lang, "projects", share="share_primary", low="primary_low", high="primary_high")
        lines.append(_pick(
            lang,
            f"{name} เป้าหมาย 11: ปัญหา {row['n_needs']} เรื่อง แผน {row['plan_items']} รายการ โครงการ {row['projects']} กิจกรรมเสร็จ {row['activities_done']} จากที่ถึงกำหนด {row['activities_due']} เงินตามแผน {baht(row['thb'], lang)} {share_text(row, lang, 'projects')}{need} หากนับเฉพาะเป้าประสงค์หลัก {primary}",
            f"{name}, goal 11: needs {row['n_needs']}, plan items {row['plan_items']}, projects {row['projects']}, activities done {row['activities_done']} of {row['activities_due']} due; {baht(row['thb'], lang)} planned, {share_text(row, lang, 'projects')}{need}; by primary target only {primary}.",
        ))  # fmt: skip
    for row in report.targets.to_dict("records"):
        if row["reason"]:
            lines.append(_pick(lang, f"เป้าประสงค์ {row['target']}: {reason_text(row['reason'], lang)}", f"Target {row['target']}: {reason_text(row['reason'], lang)}."))
            continue
        lines.append(_pick(
            lang,
            f"เป้าประสงค์ {row['target']}: ปัญหา {row['n_needs']} แผน {row['plan_items']} โครงการ {row['projects']} เงินตามแผน {baht(row['planned_thb'], lang)} {_word(LINK_WORDS, row['broken_link'], lang)}",
            f"Target {row['target']}: needs {row['n_needs']}, plan items {row['plan_items']}, projects {row['projects']}, {baht(row['planned_thb'], lang)} planned; {_word(LINK_WORDS, row['broken_link'], lang)}.",
        ))  # fmt: skip
    for row in report.mismatch.head(MOST_LISTED).to_dict("records"):
        lines.append(_pick(lang, f"{place(row['REF_AREA'], codelists, lang)} เป้าประสงค์ {row['target']}: {_word(KIND_WORDS, row['kind'], lang)}", f"{place(row['REF_AREA'], codelists, lang)}, target {row['target']}: {_word(KIND_WORDS, row['kind'], lang)}."))
    return lines + _more(len(report.mismatch), MOST_LISTED, lang)


def say_missing(report: CityReport, lang: str) -> list[str]:
    """Return what a page per city still lacks."""
    lines = [_pick(lang, *(words.format(k=number(row["k"], 0), n=number(row["n"], 0)) for words in MISSING_WORDS[row["what"]])) for row in report.missing.to_dict("records")]
    return [_upper(line) + pick(lang, "", ".") for line in lines]


# ---------------------------------------------------------------- charts


def _both(say) -> dict[str, str]:
    return {lang: say(lang) for lang in LANGUAGES}


def _count(n: int, unit: str) -> dict[str, str]:
    return _both(lambda lang: keep_together(f"n = {number(n, 0)} {_word(UNITS, unit, lang)}"))


def _chart(kind: str, name: str, table: pd.DataFrame, title, frames, n: dict, **more) -> dict:
    """What `figures.draw_delivery` takes: the title by language, the tables that it rests on, and what was counted."""
    return {"kind": kind, "name": name, "table": table.reset_index(drop=True), "title": _both(title), "frames": list(frames), "n": n, **more}


def delivery_charts(report: DeliveryReport, codelists) -> list[dict]:
    """Return the charts of delivery: steps, waiting times, activities, money, mechanism, decisions, groups, who began projects."""
    known, quarter = report.known, report.quarter
    names = {lang: dict(zip(steps()["step_no"].astype(str), steps()[f"name_{lang}"], strict=True)) for lang in LANGUAGES}
    numbered = {lang: {k: f"{k} {v}" for k, v in own.items()} for lang, own in names.items()}
    end, start = quarter_end(quarter), programme_days(codelists)[0]
    done = _national(report.delivered[report.delivered["fiscal_quarter"] == quarter])
    pace = _national(report.pace[report.pace["fiscal_quarter"] == quarter])
    reached = ", ".join(str(n) for n in report.waiting["n_done"])
    total = int(report.waiting["n"].max())
    late = report.decisions[report.decisions["state"] == "overdue"]
    fourth = report.tracker[report.tracker["step_no"] == 4]
    now = report.maturity[report.maturity["fiscal_quarter"] == quarter]
    own = report.maturity[report.maturity["REF_AREA"].isin(report.areas)]
    begun = report.community[report.community["REF_AREA"] == NATIONAL]
    community = begun.set_index("initiator").loc["community"].to_dict()
    life = report.group_life[(report.group_life["REF_AREA"] == NATIONAL)].iloc[0].to_dict()
    return [
        _chart("tracker", "steps", report.tracker, lambda lang: _pick(lang, f"จังหวัดของรายงานนี้ที่ทำถึงขั้นที่ 4 แล้ว: {int((fourth['state'] == 'done').sum())} จาก {len(fourth)}", f"Step 4 is done in {int((fourth['state'] == 'done').sum())} of the {len(fourth)} provinces of this report"),
               [known.milestone], _count(len(report.areas), "provinces"), names=names),
        _chart("curves", "waiting", report.curves, lambda lang: _pick(lang, f"ถึงสิ้นไตรมาส ทำขั้นที่ 1–4 แล้ว {reached} จาก {total} จังหวัด", f"By the end of the quarter steps 1–4 are done in {reached} of {total} provinces"),
               [known.milestone], _both(lambda lang: _pick(lang, f"n = {total} จังหวัด ที่ยังไม่ทำนับเวลารอถึงสิ้นไตรมาส", f"n = {total} provinces; those still waiting are censored at the end of the quarter")),
               names=numbered, options={"last": float((end - start).days)}),
        _chart("quarter_shares", "activities", report.delivered[report.delivered["REF_AREA"] == NATIONAL], lambda lang: _pick(lang, f"กิจกรรมที่ถึงกำหนดในไตรมาสแล้วเสร็จ{_short(done, lang)}", f"{_short(done, lang)} of the activities due in the quarter are done"),
               [known.activity], _count(int(report.delivered.loc[report.delivered["REF_AREA"] == NATIONAL, "n"].sum()), "activities"), options={"label": {"th": "ร้อยละที่แล้วเสร็จ", "en": "% done"}}),
        _chart("pace", "pace", report.pace[(report.pace["REF_AREA"] == NATIONAL) & (report.pace["reason"] != "not_yet") & (report.pace["cum_planned_thb"] > 0)], lambda lang: _pick(lang, f"เบิกจ่ายสะสมของปีงบประมาณเทียบแผน{_short(pace, lang, 'pace')}", f"{_short(pace, lang, 'pace')} of the money planned so far this fiscal year is disbursed"),
               [known.budget], _count(int(pace["n"]), "projects")),
        _chart("maturity", "maturity", own, lambda lang: _pick(lang, f"กลไกระดับ 3 ขึ้นไปในไตรมาสนี้ {int((now['maturity'] >= 3).sum())} จาก {len(now)} จังหวัด", f"The mechanism stands at level 3 or more in {int((now['maturity'] >= 3).sum())} of {len(now)} provinces"),
               [known.mechanism], _count(len(report.areas), "provinces")),
        _chart("decisions", "decisions", report.decisions.head(MOST_LISTED), lambda lang: _pick(lang, f"มติที่เกินกำหนดในจังหวัดของรายงานนี้ {len(late)} เรื่อง", f"{len(late)} decisions are overdue in the provinces of this report"),
               [known.decision], _count(len(report.decisions), "decisions"), options={"as_of": f"{end:%Y-%m-%d}"}),
        _chart("curves", "groups", report.group_curve, lambda lang: _pick(lang, f"กลุ่มในพื้นที่ที่ยังอยู่เมื่อครบ {life['days']} วัน {_short(life, lang, 'survival')}", f"{_short(life, lang, 'survival')} of the local groups are still active after {life['days']} days"),
               [known.local_group], _both(lambda lang: _pick(lang, f"n = {life['n']} กลุ่ม กลุ่มที่ยังอยู่นับถึงสิ้นไตรมาส", f"n = {life['n']} groups; those still active are censored at the end of the quarter")),
               names={"th": {"1": "กลุ่มในพื้นที่"}, "en": {"1": "local groups"}}, options={"reached": False, "label": {"th": "วันนับจากก่อตั้งกลุ่ม", "en": "days from the start of the group"}}),
        _chart("share_rows", "begun_by", begun, lambda lang: _pick(lang, f"โครงการที่ชุมชนริเริ่ม{_short(community, lang)}", f"{_short(community, lang)} of projects were begun by the community"),
               [known.project], _count(int(community["n"]), "projects"), names={lang: {who: code_text("project.initiator", who, lang) for who in INITIATORS} for lang in LANGUAGES}, options={"key": "initiator", "counts": ("k", "n")}),
    ]  # fmt: skip


def _short(row: dict, lang: str, share: str = "share") -> str:
    """A share with its interval, as short as a title asks."""
    if row[share] != row[share]:
        return pick(lang, " ยังบอกไม่ได้", "It cannot be told yet what part")
    ends = "" if row["ci_low"] != row["ci_low"] else f" ({percent(row['ci_low'])}–{percent(row['ci_high'])})"
    return pick(lang, f"ร้อยละ {percent(row[share])}{ends}", f"{percent(row[share])}%{ends}")


def needs_charts(report: NeedReport, codelists) -> list[dict]:
    """Return the charts from need to result: needs beside plans, the chain by goal, money beside need, sources, the checklist of plans."""
    known = report.known
    own = report.chain[report.chain["REF_AREA"].isin(report.areas) & (report.chain["goal"] != UNTAGGED)]
    uncovered = int(((own["severity"] >= SEVERE) & (own["plan_items"] == 0)).sum())
    goals = report.goals[report.goals["REF_AREA"] == NATIONAL]
    measured = goals["goal"].map(report.breaks.set_index("goal")["measured"]).fillna(0).astype(int)
    # a result of the country is that of its provinces: there is no series of the country here
    goals = goals.assign(n_results=measured, broken_link=goals["broken_link"].where(~((goals["broken_link"] == "result") & (measured > 0)), ""))
    broken = int((goals["broken_link"] != "").sum())
    money = report.money[(report.money["REF_AREA"] == NATIONAL) & (report.money["tagging"] == "weights")]
    align = _one(report.alignment, "dissimilarity")
    sources = report.sources[report.sources["REF_AREA"] == NATIONAL]
    year = sources[sources["fiscal_year"] == int(report.quarter[:4])].set_index("source_type")
    private = year.loc["private"].to_dict() if len(year) else {"share": float("nan"), "n": 0}
    full = report.checklist[report.checklist["criterion"] == "all_six"].set_index("version")
    first, last = (full.loc[v].to_dict() if v in full.index else {"share": float("nan"), "n": 0} for v in (1, 2))
    tables = [known.need, known.plan_item, known.project, known.budget, known.activity]
    return [
        _chart("need_plan", "need_plan", own, lambda lang: _pick(lang, f"ปัญหารุนแรงที่ไม่มีในแผนของจังหวัดในรายงานนี้ {uncovered} เรื่อง", f"{uncovered} severe needs are in no plan of the provinces of this report"), [known.need, known.plan_item], _count(int(own["n_needs"].sum()), "needs")),
        _chart("chain", "chain", goals, lambda lang: _pick(lang, f"จากปัญหาถึงผลลัพธ์: {broken} จาก 17 เป้าหมายขาดช่วงอย่างน้อยหนึ่งช่วง", f"From need to result: {broken} of 17 goals lack at least one link"), tables, _count(int(goals["n_targets"].sum()), "targets")),
        _chart("money_goals", "money_goals", money, lambda lang: _pick(lang, f"เงินที่ต้องย้ายเป้าหมายจึงจะตรงกับสัดส่วนปัญหา {_short(align, lang, 'dissimilarity')}", f"{_short(align, lang, 'dissimilarity')} of the money would have to move to follow need"), [known.budget, known.need], _count(int(align["n"]), "projects")),
        _chart("money_sources", "money_sources", sources, lambda lang: _pick(lang, f"เงินเอกชนปีงบประมาณ {year_text(int(report.quarter[:4]) - 543, lang)} ถึงไตรมาสนี้ {_short(private, lang)}", f"Private money in fiscal year {year_text(int(report.quarter[:4]) - 543, lang)} up to this quarter: {_short(private, lang)}"), [known.budget], _count(int(private["n"]), "projects")),
        _chart("checklist", "plan_quality", report.checklist, lambda lang: _pick(lang, f"รายการในแผนที่ครบ 6 ข้อ: ฉบับแรก{_short(first, lang)} ฉบับล่าสุด{_short(last, lang)}", f"Plan items that meet all 6: {_short(first, lang)} in first versions, {_short(last, lang)} in the latest"),
               [known.plan_item], _both(lambda lang: _pick(lang, f"n = {number(first['n'], 0)} และ {number(last['n'], 0)} รายการ", f"n = {number(first['n'], 0)} and {number(last['n'], 0)} items")), names={lang: {k: _word(CRITERION_WORDS, k, lang) for k in CRITERION_WORDS} for lang in LANGUAGES}),
    ]  # fmt: skip


def city_charts(report: CityReport, codelists) -> list[dict]:
    """Return the chart of cities: the share of the planned money that goes to goal 11, by province."""
    row = _one(report.delivery, "share")
    names = {lang: {a: place(a, codelists, lang) for a in report.delivery["REF_AREA"]} for lang in LANGUAGES}
    return [
        _chart("share_rows", "money_goal11", report.delivery, lambda lang: _pick(lang, f"เงินตามแผนที่ไปสู่เป้าหมาย 11 ทุกจังหวัดรวมกัน {_short(row, lang)}", f"{_short(row, lang)} of the planned money of all provinces goes to goal 11"), [report.known.budget], _count(int(row["n"]), "projects"),
               names=names, options={"key": "REF_AREA", "label": {"th": "ร้อยละของเงินตามแผน", "en": "% of planned money"}}),
    ]  # fmt: skip
