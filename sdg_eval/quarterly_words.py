"""The quarterly report in words, Thai and English: from a row of its tables to the sentence that says it.

Two pages for a governor (what was said and done, what changed, outcomes; then what to do, what to send, how sure), and the
evaluation part behind them. No sentence says what brought something about: this is monitoring.
"""

from __future__ import annotations

import re
from functools import lru_cache

import pandas as pd

from sdg_eval.charts import Chart
from sdg_eval.data_report import say_span
from sdg_eval.delivery.chain import KINDS, SEVERE
from sdg_eval.delivery.columns import delivery_tables, groups, networks, steps
from sdg_eval.delivery.kpi_words import CHECKS
from sdg_eval.delivery.lasting import CAUTION_EN, CAUTION_TH
from sdg_eval.delivery.quarters import quarter_end, quarter_start, shift_quarter
from sdg_eval.gap_register import CHANGE_WORDS, REASON_WORDS
from sdg_eval.quarterly_report import BANGKOK, BEHIND, FADED, MOST_SERIES, QuarterReport
from sdg_eval.report_files import records
from sdg_eval.suppression import THRESHOLD
from sdg_eval.thai import MONTHS_EN, MONTHS_TH_SHORT, format_period, year_text
from sdg_eval.wording import LANGUAGES, keep_together, label, number, pick, quantity, say_trend

SHOWN = 5
"""Rows named in a sentence; the others are counted and stand in the table."""

STEP_STATES = {
    "done": ("ทำแล้วเมื่อ", "done on"), "late": ("เลยกำหนดแล้ว กำหนดเดิม", "past its date, which was"), "due": ("ยังไม่ถึงกำหนด กำหนด", "not yet due, planned for"),
    "not_reported": ("ไม่มีรายงานทั้งวันกำหนดและวันที่ทำ", "neither a planned nor an actual date is reported"),
}  # fmt: skip
RUNGS = {
    "order": ("แจ้งเลขที่และวันที่ของคำสั่งแต่งตั้งคณะกรรมการ", "name the number and date of the committee's order"),
    "committee": ("จัดตั้งคณะกรรมการโดยมีคำสั่ง", "set up the committee by an order"), "works": ("มีฝ่ายเลขานุการและประชุมสม่ำเสมอ", "have a secretariat and meet"),
    "workplan": ("จัดทำแผนงานของคณะกรรมการ", "write a work plan"), "data": ("มอบหมายผู้รับผิดชอบข้อมูล", "name a data officer"), "reports": ("ส่งรายงานตรงเวลา", "report on time"),
}  # fmt: skip
PLAN_WORDS = {"provincial_dev": ("แผนพัฒนาจังหวัด", "provincial development plan"), "sdg_drive": ("แผนการขับเคลื่อน SDGs", "SDG action plan"), "bangkok_dev": ("แผนพัฒนากรุงเทพมหานคร", "Bangkok development plan")}
CRITERIA = {
    "measurable": ("วัดได้", "measurable"), "baseline": ("มีค่าปีฐาน", "has a baseline"), "target_value": ("มีค่าเป้าหมาย", "has a target value"), "owner": ("มีผู้รับผิดชอบ", "has an owner"),
    "budget": ("มีงบประมาณ", "has a budget"), "target_tagged": ("ระบุเป้าประสงค์ SDG", "names an SDG target"), "all_six": ("ครบทั้ง 6 ข้อ", "meets all 6"),
}  # fmt: skip
SOURCE_WORDS = {"public": ("งบรัฐ", "public"), "private": ("เงินเอกชน", "private"), "donor": ("เงินผู้ให้ทุน", "donors"), "local": ("งบท้องถิ่น", "local government")}
KIND_WORDS = {
    "need_uncovered": ("ปัญหารุนแรงที่ไม่มีรายการในแผน", "severe needs in no plan"), "planned_without_money": ("มีในแผนแต่ไม่มีงบประมาณ", "planned, no money"),
    "money_without_activity": ("เบิกจ่ายแล้วแต่ไม่มีกิจกรรม", "paid, no activity"), "activity_without_result": ("ทำกิจกรรมแล้วแต่ไม่มีข้อมูลผลลัพธ์", "done, no result measured"),
    "plan_without_need": ("มีในแผนแต่ไม่พบปัญหาที่บันทึกไว้", "planned, no need recorded"), "plan_untagged": ("รายการในแผนที่ไม่ระบุเป้าประสงค์", "plan items without a target"),
    "money_untagged": ("เงินที่ไม่ระบุเป้าประสงค์", "money without a target"),
}  # fmt: skip
GROUP_VERDICTS = {
    "under": ("น้อยกว่าสัดส่วนประชากร", "fewer than in the population"), "over": ("มากกว่าสัดส่วนประชากร", "more than in the population"),
    "as_expected": ("ใกล้เคียงสัดส่วนประชากร", "about as in the population"), "cannot_be_told": ("ยังบอกไม่ได้", "cannot be told yet"),
}  # fmt: skip
WHY_BLANK = {
    "not_sent": ("ยังไม่ได้รับข้อมูลของไตรมาสนี้", "no data of this quarter were received"), "not_reported": ("ยังไม่มีรายงานของไตรมาสนี้", "nothing is reported for this quarter"),
    "no_rows": ("ไม่มีข้อมูลในตาราง", "the table holds no rows"), "no_proposals": ("ไม่มีข้อเสนอที่นับไว้", "no proposals were counted"), "nothing_due": ("ยังไม่มีมติที่ครบกำหนด", "no decision is due yet"),
    "no_needs": ("ไม่มีปัญหาที่บันทึกไว้", "no need is recorded"), "no_severe_need": ("ไม่มีปัญหารุนแรงที่บันทึกไว้", "no severe need is recorded"), "no_plan": ("ไม่พบแผน", "no plan is on record"),
    "no_items": ("แผนไม่มีรายการ", "the plan has no items"), "few_projects": ("โครงการน้อยเกินไป", "too few projects"), "no_project": ("ไม่มีโครงการ", "no project"), "no_money": ("ไม่มีเงินที่รายงาน", "no money reported"),
    "no_partner_recorded": ("ไม่มีบันทึกภาคี", "no partner is recorded"), "one_version": ("มีแผนเพียงฉบับเดียว", "there is one version only"), "suppressed": ("ไม่แสดง เพราะมีน้อยกว่า 10 คน", "not shown: fewer than 10 persons"),
    "few_cases": ("จำนวนน้อยเกินไป", "too few cases"), "not_watched_so_long": ("ยังติดตามไม่นานพอ", "not watched for so long yet"), "few_pairs": ("ผู้มีคะแนนครบน้อยเกินไป", "too few people with all scores"),
    "few_followed_up": ("มีผู้ตอบติดตามผลน้อยเกินไป", "too few came back"), "no_follow_up": ("ยังไม่มีการติดตามผล", "no follow-up yet"),
    "no_event": ("ไม่มีเวที", "no event"), "few_events": ("เวทีน้อยเกินไป", "too few events"), "not_stated": ("ไม่ได้ระบุ", "not stated"), "no_scores": ("ไม่มีคะแนน", "no scores"),
}  # fmt: skip
SURE_WORDS = {
    "changed": ("ต่างกันเกินกว่าความคลาดเคลื่อนของข้อมูล", "that is more than the noise of these data"),
    "not_told_apart": ("ยังบอกไม่ได้ว่าต่างจากปีก่อน", "whether it differs from the year before cannot be told"), "few": ("จำนวนน้อยเกินกว่าจะบอกความคลาดเคลื่อน", "too few to say how sure"),
    "no_before": ("ยังไม่มีค่าของไตรมาสเดียวกันของปีก่อนให้เทียบ", "there is no value of the same quarter a year before to compare with"), "counted": ("เป็นการนับครบ ไม่ใช่ตัวอย่าง", "a complete count, not a sample"),
    "cannot_be_told": ("ยังบอกไม่ได้", "cannot be told yet"), "behind": (f"ต่ำกว่าร้อยละ {100 * BEHIND:.0f} ของแผนสะสมอย่างชัดเจน", f"clearly under {100 * BEHIND:.0f}% of the plan to date"),
    "not_behind": (f"ยังบอกไม่ได้ว่าต่ำกว่าร้อยละ {100 * BEHIND:.0f} ของแผนสะสม", f"not clearly under {100 * BEHIND:.0f}% of the plan to date"),
}  # fmt: skip
LOOP_WORDS = {
    "closed": ("ดำเนินการแล้วและรายงานผลแล้ว", "done, and its result reported"), "done_no_result": ("ดำเนินการแล้ว แต่ยังไม่รายงานผล", "done, no result reported yet"), "decided": ("มีมติแล้ว อยู่ระหว่างดำเนินการ", "decided, under way"),
    "overdue": ("มีมติแล้ว แต่เกินกำหนด", "decided, past its due day"), "dropped": ("มีมติแล้ว แต่ยกเลิก", "decided, then dropped"), "no_decision": ("ยังไม่มีมติ", "no decision yet"),
}  # fmt: skip
ACTION_WORDS = {
    "data_missing": ("ส่งข้อมูลของไตรมาสนี้ให้ครบก่อน", "Send the data of this quarter first"), "decision_overdue": ("เร่งรัดมติที่เกินกำหนด", "Carry out the overdue decision, or set it a new day"),
    "need_uncovered": ("บรรจุเรื่องนี้ในแผน หรือบันทึกเหตุผลที่ไม่บรรจุ", "Put this need into a plan, or record why not"), "mechanism_lapsed": ("แต่งตั้งคณะกรรมการขึ้นใหม่", "Appoint the committee again"),
    "mechanism_absent": ("แต่งตั้งคณะกรรมการโดยมีคำสั่ง", "Appoint a committee by an order"),
    "mechanism_order": ("ขอเลขที่และวันที่ของคำสั่งแต่งตั้งคณะกรรมการ", "Send the number and date of the committee's order"),
    "pace": ("เร่งรัดการเบิกจ่าย หรือปรับแผนการใช้จ่าย", "Speed up payment, or revise the spending plan"), "group_silent": ("จัดเวทีที่กลุ่มนี้เข้าถึงได้ และเชิญโดยตรง", "Hold an event that this group can reach, and invite it directly"),
    "network_missing": ("เชิญภาคีนี้ร่วมอย่างน้อยหนึ่งโครงการ", "Invite this network to at least one project"), "kpi": ("ขอให้หน่วยงานตรวจสอบแบบรายงานตัวชี้วัด", "Ask the office to check its KPI forms"),
    "plan_missing": ("จัดทำหรือส่งแผนที่ยังไม่มี", "Write the plan, or send it"), "target_dropped": ("ยืนยันว่าตั้งใจตัดออก หรือใส่กลับเข้าแผน", "Confirm that it was meant to go, or put it back"),
    "money_without_activity": ("ให้หน่วยงานบันทึกกิจกรรมของเงินที่เบิกจ่ายแล้ว", "Have the activities recorded on which the money was spent"), "activities_late": ("ติดตามกิจกรรมที่ยังไม่เสร็จ", "Follow up the activities that are not done"),
    "silo": ("ให้โครงการใหม่มีหน่วยงานร่วมตั้งแต่ต้น", "Give new projects a second agency from the start"), "step_late": ("กำหนดวันใหม่และผู้รับผิดชอบของขั้นตอนนี้", "Set the step a new day and an owner"),
    "awareness_decay": ("จัดทบทวนความรู้ และติดตามผลอีกครั้ง", "Hold a refresher, and follow up again"),
}  # fmt: skip


# ---------------------------------------------------------------- pieces of sentences


def say_quarter(quarter: str, lang: str) -> str:
    """Return a fiscal quarter with its months: 'ไตรมาส 2 ปีงบประมาณ 2567 (ม.ค.–มี.ค. 2567)', 'Q2 of FY 2024 (Jan–Mar 2024)'.

    Examples
    --------
    >>> say_quarter("2567Q1", "en")
    'Q1 of FY 2024 (Oct–Dec 2023)'
    """
    start, end = quarter_start(quarter), quarter_end(quarter)
    months = MONTHS_TH_SHORT if lang == "th" else [m[:3] for m in MONTHS_EN]
    span = f"{months[start.month - 1]}–{months[end.month - 1]} {year_text(end.year, lang)}"
    year = year_text(int(quarter[:4]) - 543, lang)
    return pick(lang, f"ไตรมาส {quarter[-1]} ปีงบประมาณ {year} ({span})", f"Q{quarter[-1]} of FY {year} ({span})")


def short_quarter(quarter: str, lang: str) -> str:
    """Return a fiscal quarter without its months: 'ไตรมาส 2 ปีงบฯ 2567', 'Q2 FY2024'."""
    year = year_text(int(quarter[:4]) - 543, lang)
    return pick(lang, f"ไตรมาส {quarter[-1]} ปีงบฯ {year}", f"Q{quarter[-1]} FY{year}")


def by_months(text: str, lang: str) -> str:
    """Return a text with its calendar quarters named by their months, so that none is taken for a fiscal one.

    Examples
    --------
    >>> by_months("Q1 2024", "en")
    'Jan–Mar 2024'
    >>> by_months("ระหว่างไตรมาส 1/2562", "th")
    'ระหว่าง ม.ค.–มี.ค. 2562'
    """
    months = MONTHS_TH_SHORT if lang == "th" else [m[:3] for m in MONTHS_EN]
    pattern = r"ไตรมาส ([1-4])/(\d{4})" if lang == "th" else r"\bQ([1-4]) (\d{4})\b"
    if lang == "th":  # the months need the space that the word did without
        text = re.sub(r"(?<=[ก-๙])(?=ไตรมาส [1-4]/\d{4})", " ", text)
    return re.sub(pattern, lambda m: f"{months[3 * int(m[1]) - 3]}–{months[3 * int(m[1]) - 1]} {m[2]}", text)


def say_day(day, lang: str) -> str:
    """Return a day as read: '30 มิ.ย. 2566', '30 Jun 2023'; a dash for a blank."""
    if day is None or day == "" or pd.isna(day):
        return "–"
    day = pd.Timestamp(day)
    months = MONTHS_TH_SHORT if lang == "th" else [m[:3] for m in MONTHS_EN]
    return f"{day.day} {months[day.month - 1]} {year_text(day.year, lang)}"


def per_cent(share: float, lang: str) -> str:
    """Return a share in whole per cent, with one decimal where it would else read as nothing: 'ร้อยละ 79', '79%'."""
    text = points(share)
    return pick(lang, f"ร้อยละ {text}", f"{text}%")


def points(share: float) -> str:
    """Return a share times 100 without unit."""
    return number(100 * share, 1 if 0 < abs(share) < 0.01 else 0)


def signed(share: float) -> str:
    """Return a difference of shares in points with its sign: '+7', '−32', '0'."""
    text = points(share)
    return text if text.startswith("−") or float(text.replace(",", "")) == 0 else f"+{text}"


def interval(low: float, high: float, lang: str, *, scale: float = 100, decimals: int = 0) -> str:
    """Return the 95% interval in words; that there is none where there is none."""
    if low != low or high != high:
        return pick(lang, "ยังบอกช่วงความเชื่อมั่นไม่ได้", "no interval can be given")
    ends = f"{number(scale * low, decimals)} {pick(lang, 'ถึง', 'to')} {number(scale * high, decimals)}"
    return pick(lang, f"ช่วงความเชื่อมั่นร้อยละ 95: {ends}", f"95% interval {ends}")


def say_share(row: dict, lang: str, *, value="value", low="ci_low", high="ci_high", n="n", of: tuple[str, str] = ("", "")) -> str:
    """Return a share with its interval and n: 'ร้อยละ 79 (ช่วงความเชื่อมั่นร้อยละ 95: 73 ถึง 83; n = 9 โครงการ)'."""
    count = f"n = {int(row[n])}" + (f" {pick(lang, *of)}" if of[0] else "")
    return f"{per_cent(row[value], lang)} ({interval(row[low], row[high], lang)}; {count})"


def million(thb: float, lang: str) -> str:
    """Return baht in millions with two decimals."""
    return f"{number(thb / 1e6, 2)} {pick(lang, 'ล้านบาท', 'million baht')}"


def why(reason: str, lang: str) -> str:
    """Return why something is blank."""
    return pick(lang, *WHY_BLANK.get(reason, ("ยังบอกไม่ได้", "cannot be told yet")))


def whole(value) -> int:
    """Return a count as a whole number; 0 for a blank."""
    return 0 if value != value or value is None else int(value)


def place_name(area: str, codelists, lang: str) -> str:
    """Return a province as addressed: 'จังหวัดเชียงใหม่', and 'กรุงเทพมหานคร', which is none."""
    name = codelists.area_name(area, lang)
    return name if lang == "en" or area == BANGKOK else f"จังหวัด{name}"


def say_target(target: str, codelists, lang: str) -> str:
    """Return an SDG target with the short name of its goal."""
    goal = str(target).split(".")[0]
    names = codelists.goals17.set_index("goal")[f"short_{lang}"]
    return pick(lang, f"เป้าประสงค์ {target}", f"target {target}") + (f" ({names[goal]})" if goal in names.index else "")


def table_name(name: str, lang: str) -> str:
    """Return the name of a delivery table."""
    spec = delivery_tables()[name]
    return spec.name_th if lang == "th" else spec.name_en


@lru_cache
def group_names(lang: str) -> dict[str, str]:
    """Return the groups of people by code."""
    return groups().set_index("group")[f"name_{lang}"].to_dict()


@lru_cache
def network_names(lang: str) -> dict[str, str]:
    """Return the seven networks by code."""
    return networks().set_index("network_id")[f"name_{lang}"].to_dict()


@lru_cache
def step_names(lang: str) -> dict[str, str]:
    """Return the four steps by number."""
    return {str(k): v for k, v in steps().set_index("step_no")[f"name_{lang}"].to_dict().items()}


def _listing(items, lang: str, most: int = SHOWN) -> str:
    """Return items with commas; beyond `most` the rest is counted."""
    items = list(items)
    more = f" {pick(lang, 'และอีก', 'and')} {len(items) - most} {pick(lang, 'รายการ', 'more')}" if len(items) > most else ""
    return ", ".join(items[:most]) + more


def _source(row: dict, lang: str) -> str:
    return pick(lang, f" [ที่มา: ตาราง{table_name(row['source'], lang)}]", f" [source: table {table_name(row['source'], lang)}]")


# ---------------------------------------------------------------- what we said, and what became of it


def say_loop(rows: list[dict], report: QuarterReport, lang: str) -> str:
    """Return one finding of the quarter before: what was said, decided, done, what happened, and whether it is still found."""
    first = rows[0]
    parts = [pick(lang, f"รายงานว่า: {first['text_th']}", f"We said: {first['text_en']}")]
    for row in {r["decision_id"]: r for r in rows if r["decision_id"]}.values():
        due = "" if pd.isna(row["due_date"]) else pick(lang, f" กำหนด {say_day(row['due_date'], lang)}", f", due {say_day(row['due_date'], lang)}")
        parts.append(pick(lang, f"มติ: “{row['decision_th']}” ({_loop_word(row)[0]}{due})", f"Decided (in Thai): “{row['decision_th']}” ({_loop_word(row)[1]}{due})"))
    if not first["decision_id"]:
        parts.append(pick(lang, "มติ: ยังไม่มี", "Decided: nothing yet"))
    done = [r for r in rows if r["action_th"]]
    parts += [pick(lang, f"ดำเนินการ: {r['action_th']}", f"Done (in Thai): {r['action_th']}") for r in done] or [_nothing_told(rows, lang)]
    told = [r["result_th"] for r in done if r["result_th"]]
    parts += [pick(lang, f"ผล: {t}", f"What happened (in Thai): {t}") for t in told] or [pick(lang, "ผล: ยังไม่มีรายงาน", "What happened: nothing reported")]
    still = {1.0: ("ไตรมาสนี้ยังพบเรื่องนี้", "It is still found this quarter"), 0.0: ("ไตรมาสนี้ไม่พบเรื่องนี้แล้ว", "It is not found this quarter")}
    parts.append(pick(lang, *still.get(first["still_found"], ("ไตรมาสนี้ยังบอกไม่ได้ว่ายังมีเรื่องนี้หรือไม่", "Whether it is still so cannot be told this quarter"))))
    return pick(lang, " · ".join(parts), ". ".join(parts) + ".")


def _loop_word(row: dict) -> tuple[str, str]:
    """How far a decision came; one that was closed without a word on how is told apart in `_nothing_told`."""
    bare = row["loop"] == "done_no_result" and not row["action_th"]
    return ("ปิดมติแล้ว", "closed") if bare else LOOP_WORDS[row["loop"]]


def _nothing_told(rows: list[dict], lang: str) -> str:
    """What is said where nobody reported what was done: nothing, or that the decision was closed as done."""
    closed = next((r for r in rows if r["loop"] in ("closed", "done_no_result")), None)
    if closed is None:
        return pick(lang, "ดำเนินการ: ยังไม่มีรายงาน", "Done: nothing reported")
    day = say_day(closed.get("closed_date", ""), lang)
    on = ("", "") if day == "–" else (f" (ปิดมติเมื่อ {day})", f" (closed on {day})")
    return pick(lang, f"ดำเนินการแล้ว{on[0]} แต่ไม่ได้รายงานวิธีดำเนินการ", f"Done{on[1]}, but how was not reported")


def loop_lines(report: QuarterReport, lang: str) -> list[dict]:
    """Return the loop as lines, one per finding of the last report, then how many findings were taken up so far."""
    table = report.loop
    before = short_quarter(shift_quarter(report.quarter, -1), lang)
    if table["loop"].iloc[0] == "nothing_said":
        lines = [{"finding_id": "", "text": pick(lang, f"ไม่มีข้อค้นพบที่รายงานไว้ใน{before} จึงยังไม่มีเรื่องให้ติดตาม", f"No finding of {before} is on record, so there is nothing to follow up yet.")}]
    else:
        lines = [{"finding_id": f, "text": say_loop(records(rows), report, lang)} for f, rows in table.groupby("finding_id", sort=False)]
    closure = report.closure.set_index("stage").to_dict("index")
    if closure and closure["decided"]["n"]:
        of = ("ข้อค้นพบ", "findings")
        shares = {s: say_share(closure[s], lang, value="share", of=of) for s in ("decided", "done")}
        lines.append({"finding_id": "", "text": pick(
            lang, f"ข้อค้นพบทั้งหมดที่เคยรายงานก่อนไตรมาสนี้: มีมติรองรับ {shares['decided']} ดำเนินการแล้ว {shares['done']}",
            f"Of all findings reported before this quarter: decided on {shares['decided']}, carried out {shares['done']}.",
        )})  # fmt: skip
    return lines


# ---------------------------------------------------------------- what changed


MEASURE_LABELS = {
    "activities": ("กิจกรรมที่ทำเสร็จ", "Activities done"), "money": ("การเบิกจ่ายเทียบแผนสะสม", "Money paid against plan to date"), "mechanism": ("กลไกระดับจังหวัด", "Provincial mechanism"),
    "events": ("เวทีการมีส่วนร่วม", "Participation events"), "adoption": ("ข้อเสนอที่นำไปใช้", "Proposals adopted"), "decisions": ("มติที่ดำเนินการแล้ว", "Decisions carried out"),
}  # fmt: skip


def say_measure(row: dict, lang: str, area: str = "") -> dict:
    """Return {label, value, text, sure, source} of one measure: value, interval, n, change on the quarter before, how sure, source."""
    name = row["measure"]
    if name == "step":
        return _say_step(row, lang)
    title = pick(lang, *MEASURE_LABELS[name]) if not (name == "mechanism" and area == BANGKOK) else pick(lang, "กลไกของกรุงเทพมหานคร", "Mechanism of Bangkok")
    base = {"measure": name, "label": title, "sure": row["sure"], "source": row["source"]}
    if row["value"] != row["value"]:
        text = pick(lang, f"{title}: ยังบอกไม่ได้ ({why(row['reason'], lang)})", f"{title}: cannot be told yet ({why(row['reason'], lang)})")
        return base | {"value": "–", "text": text + _source(row, lang)}
    value, said = {"activities": _say_activities, "money": _say_money, "mechanism": _say_mechanism, "events": _say_events, "adoption": _say_adoption, "decisions": _say_decided}[name](row, lang)
    return base | {"value": value, "text": f"{title}: {said}{_source(row, lang)}"}


def _before(row: dict, lang: str) -> str:
    """The same quarter of the year before, the change on it with its interval and how sure; the quarter before beside it, without verdict."""
    text = _year_before(row, lang) if row["year_before"] == row["year_before"] else pick(lang, f" {SURE_WORDS['no_before'][0]}", f"; {SURE_WORDS['no_before'][1]}")
    if row["year_before"] == row["year_before"]:
        text += pick(lang, f" {SURE_WORDS[row['sure']][0]}", f": {SURE_WORDS[row['sure']][1]}")
    if row["before"] == row["before"]:
        text += pick(
            lang, f" ส่วน{short_quarter(row['before_quarter'], lang)} คือ{per_cent(row['before'], lang)} (ต่างฤดูกาล จึงไม่ทดสอบ)",
            f"; {short_quarter(row['before_quarter'], lang)} was {per_cent(row['before'], lang)} (another season: not tested)",
        )  # fmt: skip
    return text


def _year_before(row: dict, lang: str) -> str:
    ends = f" ({interval(row['change_low'], row['change_high'], lang)})" if row["change_low"] == row["change_low"] else ""
    return pick(
        lang, f" ไตรมาสเดียวกันของปีก่อน{per_cent(row['year_before'], lang)} ต่างกัน {signed(row['change'])} จุดร้อยละ{ends}",
        f"; the same quarter a year before {per_cent(row['year_before'], lang)}, a difference of {signed(row['change'])} points{ends}",
    )  # fmt: skip


def _say_activities(row: dict, lang: str) -> tuple[str, str]:
    n = int(row["n"])
    head = pick(lang, f"ครบกำหนด {n} รายการ เสร็จ {whole(row['k'])} รายการ หรือ", f"{n} due, {whole(row['k'])} done, ")
    return f"{whole(row['k'])}/{n}", head + say_share(row, lang, of=("กิจกรรม", "activities")) + _before(row, lang)


def _say_money(row: dict, lang: str) -> tuple[str, str]:
    head = pick(lang, f"เบิกจ่ายแล้ว {million(row['thb'], lang)} จากแผนสะสม {million(row['thb_plan'], lang)} หรือ", f"{million(row['thb'], lang)} paid of {million(row['thb_plan'], lang)} planned to date, ")
    part = pick(lang, " รายงานยังไม่ครบทุกโครงการ", "; not every project has reported") if row["reason"] == "partly_reported" else ""
    told = pick(lang, f" {SURE_WORDS[row['sure']][0]}", f": {SURE_WORDS[row['sure']][1]}")
    if row["year_before"] == row["year_before"]:
        told += _year_before(row, lang)
    if row["before"] == row["before"]:
        told += pick(
            lang, f" ณ สิ้น{short_quarter(row['before_quarter'], lang)} {per_cent(row['before'], lang)} (ยอดสะสม จึงไม่ทดสอบ)",
            f"; at the end of {short_quarter(row['before_quarter'], lang)} {per_cent(row['before'], lang)} (running totals: not tested)",
        )  # fmt: skip
    return per_cent(row["value"], lang), head + say_share(row, lang, of=("โครงการ", "projects")) + part + told


def _say_step(row: dict, lang: str) -> dict:
    name = step_names(lang)[row["step_no"]]
    title = pick(lang, f"ขั้นตอนที่ {row['step_no']} {name}", f"Step {row['step_no']} {name}")
    said = pick(lang, *STEP_STATES[row["state"]]) + (f" {say_day(row['day'], lang)}" if row["day"] else "")
    new = pick(lang, " (เสร็จในไตรมาสนี้)", " (done this quarter)") if row["change"] == 1 else ""
    return {"measure": "step", "label": title, "value": pick(lang, *label_of_state(row["state"])), "text": f"{title}: {said}{new}{_source(row, lang)}", "sure": row["sure"], "source": row["source"]}


def label_of_state(state: str) -> tuple[str, str]:
    """Return the short words of a step's state."""
    return {"done": ("ทำแล้ว", "done"), "late": ("เลยกำหนด", "late"), "due": ("ยังไม่ถึงกำหนด", "not due"), "not_reported": ("ไม่มีรายงาน", "not reported")}[state]


def _say_mechanism(row: dict, lang: str) -> tuple[str, str]:
    level = int(row["value"])
    text = pick(lang, f"ระดับ {level} จาก 5", f"level {level} of 5")
    if row["before"] == row["before"]:
        text += pick(lang, f" ไตรมาสก่อนระดับ {int(row['before'])}", f", the quarter before {int(row['before'])}")
    if row["state"] in RUNGS:
        text += pick(lang, f" ขั้นถัดไป: {RUNGS[row['state']][0]}", f"; next: {RUNGS[row['state']][1]}")
    return f"{level}/5", text + pick(lang, " (นับตามรายงาน)", " (as reported)")


def _say_events(row: dict, lang: str) -> tuple[str, str]:
    count = int(row["value"])
    text = pick(lang, f"จัด {count} ครั้ง", f"{count} held")
    if row["k"] == row["k"]:
        text += pick(lang, f" ผู้เข้าร่วมรวม {number(row['k'], 0)} คน", f", {number(row['k'], 0)} people in all")
    if row["state"] == "suppressed":
        text += pick(lang, f" ผู้เข้าร่วมรวมน้อยกว่า {THRESHOLD} คน", f", under {THRESHOLD} people in all")
    if row["before"] == row["before"]:
        text += pick(lang, f" ไตรมาสก่อนจัด {int(row['before'])} ครั้ง", f"; the quarter before {int(row['before'])}")
    return str(count), text + pick(lang, " (นับครบ)", " (a complete count)")


def _say_adoption(row: dict, lang: str) -> tuple[str, str]:
    head = pick(lang, f"ใน 4 ไตรมาสล่าสุด ข้อเสนอ {int(row['n'])} ข้อ นำไปใช้ {whole(row['k'])} ข้อ หรือ", f"over the last 4 quarters {whole(row['k'])} of {int(row['n'])} proposals, ")
    text = head + say_share(row, lang, of=("ข้อเสนอ", "proposals"))
    if row["year_before"] == row["year_before"]:
        ends = f" ({interval(row['change_low'], row['change_high'], lang)})" if row["change_low"] == row["change_low"] else ""
        told = {"not_told_apart": ("ยังบอกไม่ได้ว่าต่างกัน", "cannot be told apart")}.get(row["sure"], SURE_WORDS[row["sure"]])
        text += pick(lang, f" 4 ไตรมาสก่อนหน้านั้น{per_cent(row['year_before'], lang)} ต่างกัน {signed(row['change'])} จุดร้อยละ{ends} {told[0]}", f"; the 4 before {per_cent(row['year_before'], lang)}, a difference of {signed(row['change'])} points{ends}: {told[1]}")
    return f"{whole(row['k'])}/{int(row['n'])}", text


def _say_decided(row: dict, lang: str) -> tuple[str, str]:
    head = pick(lang, f"มติที่ครบกำหนดแล้วทั้งหมด {int(row['n'])} เรื่อง ดำเนินการแล้ว {whole(row['k'])} เรื่อง หรือ", f"{whole(row['k'])} of {int(row['n'])} due so far, ")
    text = head + say_share(row, lang, of=("มติ", "decisions"))
    if row["before"] == row["before"]:
        text += pick(lang, f" ณ สิ้นไตรมาสก่อน{per_cent(row['before'], lang)} (ยอดสะสม จึงไม่ทดสอบ)", f"; at the end of the quarter before {per_cent(row['before'], lang)} (running totals: not tested)")
    return f"{whole(row['k'])}/{int(row['n'])}", text


# ---------------------------------------------------------------- outcomes


def say_outcome(row: dict, trend: dict | None, codelists, lang: str) -> dict:
    """Return one outcome: with a new value its verdict, without one that there is none, the latest value, and when the next is usually out.

    `arrow` is a status only where the value is new; else ''.
    """
    if not row["SERIES"]:
        name = codelists.goal_name(row["goal"], lang)
        no = {"goal_needs_coast": ("จังหวัดไม่ติดทะเล จึงไม่มีข้อมูลที่ต้องส่ง", "no coast, so nothing to send")}.get(row["reason"], ("ยังไม่มีข้อมูลของพื้นที่นี้", "no data of this province yet"))
        return {"goal": row["goal"], "series": "", "new": False, "status": "no_data", "arrow": "", "text": pick(lang, f"เป้าหมายที่ {row['goal']} {name}: {no[0]}", f"Goal {row['goal']} {name}: {no[1]}")}
    series = dict(codelists.series_row(row["SERIES"]))
    name, period, value = codelists.series_name(row["SERIES"], lang), format_period(row["last_period"], lang), quantity(row["last_value"], series, lang)
    goal = "" if row["goal"] == "0" else pick(lang, f"เป้าหมายที่ {row['goal']} ", f"Goal {row['goal']} ")
    base = {"goal": row["goal"], "series": row["SERIES"], "new": bool(row["new"]), "status": row["status"]}
    if row["new"]:
        said = "" if trend is None else say_trend(trend, series, lang)
        text = pick(lang, f"{goal}{name}: มีค่าใหม่ {period} คือ {value} [{label(row['status'], lang)}] {said}", f"{goal}{name}: new value {value} ({period}) [{label(row['status'], lang)}] {said}")
        return base | {"arrow": row["status"], "text": by_months(text.strip(), lang)}
    # a series that should be out long since, or that comes every few years, has no usual day that lies ahead
    ahead = row["next_due"] and pd.Timestamp(row["next_due"]) > pd.Timestamp(row["asked_on"])
    following = pick(lang, f" ค่าถัดไปตามปกติออกภายใน {say_day(row['next_due'], lang)}", f" The next is usually out by {say_day(row['next_due'], lang)}.") if ahead else ""
    return base | {"arrow": "", "text": pick(lang, f"{goal}{name}: ไตรมาสนี้ยังไม่มีข้อมูลใหม่ ค่าล่าสุด {by_months(period, lang)} คือ {value}{following}", f"{goal}{name}: no new value this quarter; the latest is {value} ({by_months(period, lang)}).{following}")}


def outcome_lines(report: QuarterReport, codelists, lang: str) -> list[dict]:
    """Return every outcome, those with a new value first, then the others by goal; all 17 goals are there."""
    trends = {(r["SERIES"], r["FREQ"]): r for r in records(report.trends)}
    rows = records(report.outcomes.sort_values("new", ascending=False, kind="stable"))
    asked = quarter_end(report.quarter)
    return [say_outcome(row | {"asked_on": asked}, trends.get((row["SERIES"], row["FREQ"])), codelists, lang) for row in rows]


# ---------------------------------------------------------------- actions


def _stopped(text: str, lang: str) -> str:
    """An explanation as a sentence of its own: English ends it with a full stop, Thai with a space."""
    return pick(lang, text, f"{text.rstrip('.')}.")


def say_finding(row: dict, codelists, lang: str, area: str = "") -> str:
    """Return a finding in one sentence, with its n and interval where it is a share."""
    kind, subject, n = row["kind"], row["subject"], whole(row["n"])
    if kind == "data_missing":
        names = _listing([table_name(t, lang) for t in str(row["detail_th"]).split(";")], lang, 7)
        return pick(lang, f"ยังไม่ได้รับข้อมูลของไตรมาสนี้ {whole(row['k'])} จาก {n} ตาราง: {names}", f"{whole(row['k'])} of {n} tables of this quarter have not come: {names}")
    if kind == "decision_overdue":
        return pick(lang, f"มติ “{row['detail_th']}” ({subject}) เกินกำหนด {whole(row['days'])} วัน", f"decision (in Thai) “{row['detail_th']}” ({subject}) is {whole(row['days'])} days overdue")
    if kind == "need_uncovered":
        return pick(lang, f"ปัญหาตาม{say_target(subject, codelists, lang)} รุนแรงระดับ {whole(row['value'])} จาก 5 แต่ไม่มีรายการในแผนใด", f"the need under {say_target(subject, codelists, lang)} has severity {whole(row['value'])} of 5 and is in no plan")
    if kind == "mechanism_absent":
        where = pick(lang, "กรุงเทพมหานคร" if area == BANGKOK else "จังหวัด", "the province" if area != BANGKOK else "Bangkok")
        return pick(lang, f"{where}ยังไม่มีคณะกรรมการขับเคลื่อน SDGs ตามรายงาน {n} ไตรมาส", f"{where} has no SDG committee yet in {n} quarterly reports")
    if kind == "mechanism_order":
        where = pick(lang, "กรุงเทพมหานคร" if area == BANGKOK else "จังหวัด", "the province" if area != BANGKOK else "Bangkok")
        return pick(lang, f"{where}มีคณะกรรมการขับเคลื่อน SDGs ตามรายงาน แต่ไม่ได้ระบุเลขที่หรือวันที่ของคำสั่ง", f"{where} reports an SDG committee, without the number or date of its order")
    if kind == "mechanism_lapsed":
        where = pick(lang, "กรุงเทพมหานคร" if area == BANGKOK else "จังหวัด", "the province" if area != BANGKOK else "Bangkok")
        last = pick(lang, f" (มีครั้งสุดท้ายใน{short_quarter(row['detail_th'], lang)})", f" (last there in {short_quarter(row['detail_th'], lang)})") if row["detail_th"] else ""
        return pick(lang, f"{where}ไม่มีคณะกรรมการขับเคลื่อน SDGs{last}", f"{where} has no SDG committee{last}")
    if kind == "pace":
        return pick(lang, f"เบิกจ่ายได้{say_share(row, lang, of=('โครงการ', 'projects'))} ของแผนสะสม ยังขาด {million(row['thb'], lang)}", f"paid {say_share(row, lang, of=('โครงการ', 'projects'))} of the plan to date, {million(row['thb'], lang)} short")
    if kind == "group_silent":
        return _say_silent(row, lang)
    if kind == "network_missing":
        name = network_names(lang)[subject]
        return pick(lang, f"ไม่มี{name}ร่วมในโครงการใดเลย {per_cent(0, lang)} ({interval(row['ci_low'], row['ci_high'], lang)}; n = {n} โครงการ)", f"{name}: in no project, {per_cent(0, lang)} ({interval(row['ci_low'], row['ci_high'], lang)}; n = {n} projects)")
    if kind == "kpi":
        keys = _listing(str(row["detail_th"]).split(";"), lang, 3)
        return pick(lang, f"แบบรายงานหรือรายการเงิน {n} รายการมีข้อสังเกต “{CHECKS[subject][0]}” ({keys})", f"{n} {'form or row is' if row['n'] == 1 else 'forms or rows are'} flagged “{CHECKS[subject][1]}” ({keys})")
    if kind == "plan_missing":
        return pick(lang, f"ไม่พบ{PLAN_WORDS[subject][0]}ในระบบ", f"no {PLAN_WORDS[subject][1]} is on record")
    if kind == "target_dropped":
        return pick(lang, f"{PLAN_WORDS[row['detail_th']][0]}ฉบับใหม่ไม่มี{say_target(subject, codelists, lang)} ซึ่งฉบับก่อนมี", f"the new {PLAN_WORDS[row['detail_th']][1]} no longer has {say_target(subject, codelists, lang)}")
    if kind == "money_without_activity":
        return pick(lang, f"{say_target(subject, codelists, lang)} เบิกจ่ายแล้ว {million(row['thb'], lang)} แต่ไม่มีกิจกรรมที่บันทึกไว้", f"{say_target(subject, codelists, lang)}: {million(row['thb'], lang)} paid, no activity on record")
    if kind == "activities_late":
        return pick(lang, f"กิจกรรมที่ครบกำหนดในไตรมาสนี้ {n} รายการ ยังไม่เสร็จหรือเสร็จบางส่วน {whole(row['k'])} รายการ", f"{whole(row['k'])} of {n} activities due this quarter are not done, or done in part")
    if kind == "silo":
        return pick(lang, f"โครงการ {whole(row['k'])} จาก {n} โครงการมีหน่วยงานเดียว หรือ{say_share(row, lang, of=('โครงการ', 'projects'))}", f"{whole(row['k'])} of {n} projects have a single agency, {say_share(row, lang, of=('โครงการ', 'projects'))}")
    if kind == "step_late":
        return pick(lang, f"ขั้นตอนที่ {subject} {step_names(lang)[subject]} เลยกำหนด {whole(row['days'])} วัน", f"step {subject} {step_names(lang)[subject]} is {whole(row['days'])} days past its date")
    return pick(
        lang, f"การอบรม {subject}: เมื่อติดตามผล คะแนนที่เพิ่มขึ้นคงเหลือ{say_share(row, lang, of=('คน', 'people'))} ต่ำกว่าครึ่ง",
        f"training {subject}: at follow-up {say_share(row, lang, of=('คน', 'people'))} of the gain in score was left, under half",
    )  # fmt: skip


def _say_silent(row: dict, lang: str) -> str:
    name, n = group_names(lang)[row["subject"]], whole(row["n"])
    ends = interval(row["ci_low"], row["ci_high"], lang, scale=1, decimals=2)
    if row["k"] == 0:
        return pick(lang, f"ไม่พบ{name}ในเวทีใดเลยจาก {n} ครั้ง (สัดส่วนผู้เข้าร่วมต่อสัดส่วนประชากร {number(0, 2)}; {ends})", f"{name}: in none of {n} events (share in the room over share in the population {number(0, 2)}; {ends})")
    value = number(row["value"], 2)
    return pick(lang, f"{name}เข้าร่วมน้อยกว่าครึ่งของสัดส่วนประชากร (อัตราส่วน {value}; {ends}; n = {n} ครั้ง)", f"{name}: under half of their share of the population (ratio {value}; {ends}; n = {n} events)")


def say_action(row: dict, codelists, lang: str, area: str = "") -> dict:
    """Return one action: text, the finding that it is bound to, owner, and the quarter by whose end it is due."""
    finding = say_finding(row, codelists, lang, area)
    owner, due = row[f"owner_{lang}"], say_quarter(row["due_quarter"], lang)
    do = pick(lang, *ACTION_WORDS[row["kind"]])
    text = pick(lang, f"{do}: {finding} ผู้รับผิดชอบ: {owner} ภายในสิ้น{due}", f"{do}: {finding}. Owner: {owner}, by the end of {due}.")
    return {"text": text, "finding_id": row["finding_id"], "finding": _first_up(finding), "owner": owner, "due": row["due_quarter"], "due_text": due}


def _first_up(text: str) -> str:
    return text[:1].upper() + text[1:]


# ---------------------------------------------------------------- what to send


def say_send(row: dict, codelists, lang: str, quarter: str) -> dict:
    """Return one line of what to send, by whom, by when."""
    due, owner = say_day(row["due_date"], lang), row[f"owner_{lang}"]
    tail = pick(lang, f" ผู้ส่ง: {owner} ภายใน {due}", f" From: {owner}, by {due}.")
    if row["kind"] == "form":
        what, fix = row[f"what_{lang}"], row[f"fix_{lang}"]
        text = pick(lang, f"ตรวจสอบ {row['subject']}: {what} {fix}", f"Check {row['subject']}: {_stopped(what, lang)} {fix}")
    elif row["kind"] == "series":
        periods = by_months(say_span(str(row["what_th"]).split(";"), lang), lang)
        name = codelists.series_name(row["subject"], lang)
        reason, change = pick(lang, *REASON_WORDS[row["reason"]]), pick(lang, *CHANGE_WORDS[row["fix_th"]])
        text = pick(lang, f"ตัวชี้วัด{name} {periods} ({reason}) ประโยชน์: {change}", f"{name}, {periods} ({reason}). It would tell: {change}.")
    elif row["reason"] == "partly":
        text = pick(lang, f"{table_name(row['subject'], lang)}: ยังไม่รายงาน {whole(row['k'])} จาก {whole(row['n'])} รายการของไตรมาสนี้", f"{table_name(row['subject'], lang)}: {whole(row['k'])} of {whole(row['n'])} rows of this quarter are not reported.")
    elif row["reason"] == "not_sent":
        text = pick(lang, f"{table_name(row['subject'], lang)}: ยังไม่ได้รับข้อมูลของไตรมาสนี้ (ไตรมาสก่อนมี {whole(row['n'])} รายการ)", f"{table_name(row['subject'], lang)}: nothing of this quarter has come (the quarter before had {whole(row['n'])} rows).")
        if row["subject"] == "kpi":
            text = pick(lang, f"{table_name('kpi', lang)}: ยังไม่ได้รับตัวเลขของไตรมาสนี้ (มีแบบรายงานของปีนี้ {whole(row['n'])} ฉบับ)", f"{table_name('kpi', lang)}: no figure of this quarter has come ({whole(row['n'])} forms of this year are on record).")
    else:
        text = pick(lang, f"{table_name(row['subject'], lang)}: ไม่มีรายการในไตรมาสนี้ หากมีการดำเนินการ ขอให้ส่ง หากไม่มี ขอให้ยืนยัน", f"{table_name(row['subject'], lang)}: no rows of this quarter. If something happened, send it; if not, confirm.")
    return {"kind": row["kind"], "subject": row["subject"], "text": text + tail, "owner": owner, "due": row["due_date"], "reason": row["reason"]}


def send_lines(report: QuarterReport, codelists, lang: str) -> list[dict]:
    """Return what to send: all tables and flagged forms, and the first outcome series; how many more there are is said."""
    table = report.to_send
    series = table[table["kind"] == "series"]
    shown = pd.concat([table[table["kind"] != "series"], series.head(MOST_SERIES)])
    lines = [say_send(row, codelists, lang, report.quarter) for row in records(shown)]
    if len(series) > MOST_SERIES:
        rest = len(series) - MOST_SERIES
        lines.append({"kind": "series", "subject": "", "owner": "", "due": "", "reason": "", "text": pick(lang, f"ยังมีตัวชี้วัดที่ขาดข้อมูลอีก {rest} รายการ ดูตารางแนบ", f"{rest} more indicators lack data; they are in the table.")})
    if not lines:
        lines.append({"kind": "", "subject": "", "owner": "", "due": "", "reason": "", "text": pick(lang, "ได้รับข้อมูลของไตรมาสนี้ครบแล้ว ไม่มีข้อมูลที่ต้องส่งเพิ่ม", "All data of this quarter have come; nothing more to send.")})
    return lines


# ---------------------------------------------------------------- how sure


def sure_lines(report: QuarterReport, codelists, lang: str) -> list[str]:
    """Return what the report is, how sure its changes are, and what cannot be told yet."""
    changed = report.changed[report.changed["measure"] != "step"]
    tested = changed[changed["sure"].isin(["changed", "not_told_apart"])]
    moved = int((tested["sure"] == "changed").sum())
    blank = report.changed[report.changed["value"].isna()]
    outcomes = report.outcomes[report.outcomes["SERIES"] != ""]
    new = int(outcomes["new"].sum())
    missing = report.sent[report.sent["state"] == "missing"]
    lines = [pick(
        lang, "รายงานนี้เป็นการติดตามผล ไม่ใช่การประเมินผล จึงบอกว่าอะไรต่างจากเดิม แต่ไม่บอกว่าต่างเพราะอะไร",
        "This is monitoring, not evaluation: it says what differs from before, not why.",
    )]  # fmt: skip
    if report.nothing_sent:
        lines.append(pick(lang, f"ยังไม่ได้รับข้อมูลใดของไตรมาสนี้ ({len(report.sent)} ตาราง) ช่องว่างในรายงานจึงหมายถึงไม่ทราบ ไม่ใช่ศูนย์", f"No data of this quarter were sent ({len(report.sent)} tables). A blank in this report means unknown, not zero."))
    elif len(missing):
        lines.append(pick(lang, f"ยังขาด {len(missing)} จาก {len(report.sent)} ตารางของไตรมาสนี้ ช่องว่างหมายถึงไม่ทราบ ไม่ใช่ศูนย์", f"{len(missing)} of {len(report.sent)} tables of this quarter are missing. A blank means unknown, not zero."))
    lines.append(pick(
        lang, f"การเปลี่ยนแปลงจากช่วงเดียวกันของปีก่อนที่เทียบได้ {len(tested)} รายการ เกินความคลาดเคลื่อน {moved} รายการ (ใช้ช่วงความเชื่อมั่นร้อยละ 95 ทีละรายการ โดยเฉลี่ยจะเกินโดยบังเอิญ 1 ใน 20)",
        f"Of {len(tested)} changes on the same time a year before that could be compared, {moved} went beyond the noise (95% intervals one by one: by chance 1 in 20 would).",
    ))  # fmt: skip
    lines.append(pick(
        lang, f"ผลลัพธ์มีค่าใหม่ {new} จาก {len(outcomes)} ตัวชี้วัด ส่วนที่เหลือไม่มีข้อสรุปใหม่ในไตรมาสนี้",
        f"{new} of {len(outcomes)} outcome indicators have a new value; the others get no new verdict this quarter.",
    ))  # fmt: skip
    if len(blank):
        names = _listing([say_measure(r, lang, report.area)["label"] for r in records(blank)], lang, 10)
        lines.append(pick(lang, f"สิ่งที่ยังบอกไม่ได้: {names}", f"What cannot be told yet: {names}."))
    if len(report.flags):
        lines.append(pick(lang, f"ตัวเลขในแบบรายงาน {len(report.flags)} รายการมีข้อสังเกต ระบบไม่แก้ไขเอง จนกว่าหน่วยงานจะยืนยัน", f"{len(report.flags)} reported figures are flagged. Nothing is corrected until the office confirms."))
    if report.synthetic:
        lines.append(pick(lang, "ข้อมูลสังเคราะห์เพื่อทดลองระบบ ไม่ใช่ข้อมูลจริง", "Synthetic data to try the system out; not real figures."))
    return lines


# ---------------------------------------------------------------- headline


def say_quarter_headline(report: QuarterReport, codelists, lang: str) -> str:
    """Return the one sentence that opens the report: activities, money, outcomes, and the first thing to do."""
    head = f"{place_name(report.area, codelists, lang)} {say_quarter(report.quarter, lang)}: "
    first = say_finding(report.actions.iloc[0].to_dict(), codelists, lang, report.area) if len(report.actions) else ""
    todo = pick(
        lang, f"มีเรื่องที่ควรทำ {len(report.actions)} เรื่อง เรื่องแรกคือ {first}" if first else "ไม่พบเรื่องที่ต้องเร่งดำเนินการ",
        f"{len(report.actions)} thing{'' if len(report.actions) == 1 else 's'} to do, first: {first}." if first else "nothing found that needs action now.",
    )  # fmt: skip
    if report.nothing_sent:
        who = "กรุงเทพมหานคร" if report.area == BANGKOK else "จังหวัด"
        return head + pick(lang, f"{who}ยังไม่ได้ส่งข้อมูลของไตรมาสนี้ จึงยังบอกผลการดำเนินงานไม่ได้ {todo}", f"no data of this quarter were sent, so delivery cannot be told; {todo}")
    rows = report.changed.drop_duplicates("measure").set_index("measure").to_dict("index")
    act, money = rows["activities"], rows["money"]
    outcomes = report.outcomes[report.outcomes["SERIES"] != ""]
    parts = [
        pick(lang, "กิจกรรมยังบอกไม่ได้", "activities cannot be told") if act["value"] != act["value"] else pick(lang, f"กิจกรรมที่ครบกำหนดเสร็จ {whole(act['k'])} จาก {whole(act['n'])} รายการ", f"{whole(act['k'])} of {whole(act['n'])} activities due were done"),
        pick(lang, "การเบิกจ่ายยังบอกไม่ได้", "payment cannot be told") if money["value"] != money["value"] else pick(lang, f"เบิกจ่าย {number(money['thb'] / 1e6, 2)} จากแผนสะสม {million(money['thb_plan'], lang)}", f"{number(money['thb'] / 1e6, 2)} of {million(money['thb_plan'], lang)} planned to date were paid"),
        pick(lang, f"ผลลัพธ์มีค่าใหม่ {int(outcomes['new'].sum())} จาก {len(outcomes)} ตัวชี้วัด", f"{int(outcomes['new'].sum())} of {len(outcomes)} outcomes have a new value"),
    ]  # fmt: skip
    return head + pick(lang, " ", ", ").join(parts) + pick(lang, " ", "; ") + todo


# ---------------------------------------------------------------- the evaluation part


def _plan_lines(report: QuarterReport, codelists, lang: str) -> list[str]:
    lines = []
    for plan in records(report.plans):
        name = pick(lang, *PLAN_WORDS[plan["plan_type"]])
        if plan["reason"]:
            lines.append(f"{_first_up(name)}: {why(plan['reason'], lang)}")
            continue
        rows = report.quality[(report.quality["plan_id"] == plan["plan_id"]) & report.quality["n"].gt(0)].set_index("criterion").to_dict("index")
        least = min((c for c in CRITERIA if c in rows and c != "all_six"), key=lambda c: (rows[c]["share"], list(CRITERIA).index(c)))
        of = ("รายการ", "items")
        lines.append(pick(
            lang, f"{name} ฉบับที่ {whole(plan['version'])}: {CRITERIA['all_six'][0]} {say_share(rows['all_six'], lang, value='share', of=of)} ข้อที่น้อยที่สุดคือ{CRITERIA[least][0]} {say_share(rows[least], lang, value='share', of=of)}",
            f"{_first_up(name)}, version {whole(plan['version'])}: items that meet all 6 points {say_share(rows['all_six'], lang, value='share', of=of)}; least often met: {CRITERIA[least][1]}, {say_share(rows[least], lang, value='share', of=of)}.",
        ))  # fmt: skip
    for row in records(report.revision):
        name = pick(lang, *PLAN_WORDS[row["plan_type"]])
        if row["reason"]:
            lines.append(pick(lang, f"การปรับ{name}: {why(row['reason'], lang)}", f"Revision of the {name}: {why(row['reason'], lang)}."))
            continue
        gone = pick(lang, f" เป้าประสงค์ที่หายไป: {row['targets_dropped'].replace(';', ', ')}", f" Targets gone: {row['targets_dropped'].replace(';', ', ')}.") if row["targets_dropped"] else pick(lang, " ไม่มีเป้าประสงค์ที่หายไป", " No target is gone.")
        came = pick(lang, f" เป้าประสงค์ที่เพิ่ม: {row['targets_added'].replace(';', ', ')}", f" Targets added: {row['targets_added'].replace(';', ', ')}.") if row["targets_added"] else ""
        counts = {c: whole(row[c]) for c in ("kept", "reworded", "retargeted", "added", "dropped")}
        ends = interval(row["ci_low"], row["ci_high"], lang)
        lines.append(pick(
            lang, f"การปรับ{name}จากฉบับที่ {whole(row['version_before'])} เป็น {whole(row['version_after'])}: คงเดิม {counts['kept']} ปรับถ้อยคำ {counts['reworded']} เปลี่ยนเป้าประสงค์ {counts['retargeted']} เพิ่ม {counts['added']} ตัดออก {counts['dropped']} รายการ{came}{gone} สัดส่วนที่วัดได้ต่างกัน {signed(row['difference'])} จุดร้อยละ ({ends}; n = {whole(row['n_before'])} และ {whole(row['n_after'])})",
            f"Revision of the {name}, version {whole(row['version_before'])} to {whole(row['version_after'])}: {counts['kept']} kept, {counts['reworded']} reworded, {counts['retargeted']} given another target, {counts['added']} added, {counts['dropped']} dropped.{came}{gone} Measurable share differs by {signed(row['difference'])} points ({ends}; n = {whole(row['n_before'])} and {whole(row['n_after'])}).",
        ))  # fmt: skip
    if report.area == BANGKOK:
        lines.append(pick(lang, "กรุงเทพมหานครมีแผนพัฒนากรุงเทพมหานคร จึงไม่ถูกถามหาแผนพัฒนาจังหวัด", "Bangkok has its own development plan and is not asked for a provincial one."))
    return lines


def _chain_lines(report: QuarterReport, codelists, lang: str) -> list[str]:
    chain = report.chain[report.chain["target"] != "untagged"]
    cover = report.cover.iloc[0].to_dict()
    if chain.empty:
        return [pick(lang, f"ทั้ง 17 เป้าหมายยังไม่มีบันทึก ({why('no_rows', lang)})", f"None of the 17 goals has anything on record ({why('no_rows', lang)}).")]
    broken, empty = int((chain["broken_link"] != "").sum()), int((report.goals["reason"] == "no_rows").sum())
    lines = [pick(
        lang, f"มีบันทึก {len(chain)} เป้าประสงค์ ต่อกันครบจากปัญหาถึงผลลัพธ์ {len(chain) - broken} เป้าประสงค์ ขาดอย่างน้อยหนึ่งช่วง {broken} เป้าประสงค์ (นับครบ) ใน 17 เป้าหมายมี {empty} เป้าหมายที่ไม่มีบันทึกใดเลย",
        f"Targets on record: {len(chain)}. Linked from need to result: {len(chain) - broken}; with a missing link: {broken} (a complete count). Of the 17 goals {empty} have nothing on record.",
    )]  # fmt: skip
    if cover["n"]:
        lines.append(pick(lang, f"ปัญหารุนแรงระดับ {SEVERE} ขึ้นไปที่มีรายการในแผน {say_share(cover, lang, value='share_covered', of=('ปัญหา', 'needs'))}", f"Needs of severity {SEVERE} or more that a plan item answers: {say_share(cover, lang, value='share_covered', of=('ปัญหา', 'needs'))}."))
    else:
        lines.append(pick(lang, f"ปัญหารุนแรงระดับ {SEVERE} ขึ้นไป: {why(cover['reason'], lang)}", f"Needs of severity {SEVERE} or more: {why(cover['reason'], lang)}."))
    for kind in KINDS:
        rows = report.mismatch[report.mismatch["kind"] == kind]
        if len(rows):
            names = _listing(rows.loc[rows["target"] != "untagged", "target"], lang)
            lines.append(f"{_first_up(pick(lang, *KIND_WORDS[kind]))}: {len(rows)}" + (f" ({names})" if names else ""))
    return lines


def _pace_lines(report: QuarterReport, codelists, lang: str) -> list[str]:
    row = report.changed[report.changed["measure"] == "money"].iloc[0].to_dict()
    lines = [say_measure(row, lang)["text"]]
    now = report.pace[report.pace["fiscal_quarter"] == report.quarter]
    if len(now) and row["value"] == row["value"] and now["year_share"].notna().iloc[0]:
        year = now.iloc[0].to_dict()
        lines.append(pick(lang, f"เทียบกับแผนทั้งปีงบประมาณ: {say_share(year, lang, value='year_share', low='year_low', high='year_high', of=('โครงการ', 'projects'))}", f"Of the plan of the whole fiscal year: {say_share(year, lang, value='year_share', low='year_low', high='year_high', of=('โครงการ', 'projects'))}."))
    return lines


def _source_lines(report: QuarterReport, codelists, lang: str) -> list[str]:
    lines = []
    for row in records(report.sources):
        name = pick(lang, *SOURCE_WORDS[row["source_type"]])
        if row["share"] != row["share"]:
            lines.append(f"{_first_up(name)}: {why(row['reason'] or 'no_money', lang)}")
        else:
            lines.append(f"{_first_up(name)}: {million(row['planned_thb'], lang)}, {say_share(row, lang, value='share', of=('โครงการ', 'projects'))}")
    return lines


def _money_lines(report: QuarterReport, codelists, lang: str) -> list[str]:
    rows = report.money[report.money["goal"] != "untagged"]
    known = rows[rows["thb"].gt(0)].sort_values(["thb", "goal"], ascending=[False, True], kind="stable")
    names = codelists.goals17.set_index("goal")[f"short_{lang}"]
    if known.empty:
        return [pick(lang, f"ยังไม่มีเงินที่ระบุเป้าหมายของปีนี้ ({why('no_money', lang)})", f"No money of this year has a goal ({why('no_money', lang)}).")]
    top = known.iloc[0].to_dict()
    need = "" if top["need_share"] != top["need_share"] else pick(lang, f" ขณะที่สัดส่วนปัญหาของเป้าหมายนี้คือ{per_cent(top['need_share'], lang)}", f", against {per_cent(top['need_share'], lang)} of the need")
    bare = rows[(rows["thb"].fillna(0) == 0) & rows["need_share"].gt(0)]["goal"]
    lines = [pick(
        lang, f"เป้าหมายที่มีเงินตามแผนมากที่สุดคือเป้าหมายที่ {top['goal']} {names[top['goal']]} {say_share(top, lang, value='share', of=('โครงการ', 'projects'))}{need}",
        f"Most planned money: goal {top['goal']} {names[top['goal']]}, {say_share(top, lang, value='share', of=('โครงการ', 'projects'))}{need}.",
    )]  # fmt: skip
    lines.append(pick(lang, f"ใน 17 เป้าหมาย มีปัญหาที่บันทึกไว้แต่ไม่มีเงินปีนี้ {len(bare)} เป้าหมาย" + (f": {_listing(bare, lang, 17)}" if len(bare) else ""), f"Of the 17 goals {len(bare)} have a recorded need and no money this year" + (f": {_listing(bare, lang, 17)}." if len(bare) else ".")))
    return lines


def _network_lines(report: QuarterReport, codelists, lang: str) -> list[str]:
    names = network_names(lang)
    lines = [pick(lang, "นับโครงการทั้งหมดที่เริ่มแล้ว ส่วนความสมดุลนับเฉพาะโครงการที่ดำเนินการในไตรมาสนี้", "All projects begun are counted; for the balance those that ran in this quarter.")]
    for row in records(report.networks):
        if row["n_projects"]:
            lines.append(f"{names[row['network_id']]}: {whole(row['n_with'])}/{whole(row['n_projects'])}, {say_share(row, lang, value='share', n='n_projects', of=('โครงการ', 'projects'))}" + (pick(lang, " ไม่มีในโครงการใดเลย", ": in no project") if row["verdict"] == "missing" else ""))
        else:
            lines.append(f"{names[row['network_id']]}: {why(row['reason'], lang)}")
    even = report.balance.iloc[0].to_dict()
    if even["balance_corrected"] == even["balance_corrected"]:
        ends = interval(even["ci_low"], even["ci_high"], lang, scale=1, decimals=2)
        lines.append(pick(lang, f"ความสมดุลของ 7 ภาคีเครือข่าย (0 ภาคีเดียว ถึง 1 เท่ากันหมด): {number(even['balance_corrected'], 2)} ({ends}; n = {whole(even['n_projects'])} โครงการ)", f"Balance of the 7 networks (0 one alone, 1 all alike): {number(even['balance_corrected'], 2)} ({ends}; n = {whole(even['n_projects'])} projects)."))
    team = report.team.iloc[0].to_dict()
    if team["n_projects"] and team["share"] == team["share"]:
        lines.append(pick(lang, f"ทีมเดียว: โครงการที่มีหน่วยงานเดียว {say_share(team, lang, value='share', n='n_projects', of=('โครงการ', 'projects'))}", f"One team: projects of a single agency {say_share(team, lang, value='share', n='n_projects', of=('โครงการ', 'projects'))}."))
    return lines


def _group_lines(report: QuarterReport, codelists, lang: str) -> list[str]:
    names, lines = group_names(lang), []
    for row in records(report.groups):
        if row["ratio"] != row["ratio"]:
            # a hidden figure keeps its verdict: who is missing may be said, how few there were may not
            told = pick(lang, *GROUP_VERDICTS[row["verdict"]]) if row["reason"] == "suppressed" and row["verdict"] in GROUP_VERDICTS else ""
            lines.append(f"{names[row['group']]}: {why(row['reason'] or 'no_event', lang)}" + (f" ({told})" if told else ""))
            continue
        ends = interval(row["ci_low"], row["ci_high"], lang, scale=1, decimals=2)
        told = pick(lang, *GROUP_VERDICTS.get(row["verdict"], GROUP_VERDICTS["cannot_be_told"]))
        lines.append(pick(lang, f"{names[row['group']]}: อัตราส่วน {number(row['ratio'], 2)} ({ends}; n = {whole(row['n_events'])} ครั้ง) {told}", f"{names[row['group']]}: ratio {number(row['ratio'], 2)} ({ends}; n = {whole(row['n_events'])} events), {told}"))
    adopted = report.adopted.iloc[0].to_dict()
    if adopted["adoption_rate"] == adopted["adoption_rate"]:
        lines.append(pick(lang, f"ข้อเสนอที่นำไปใช้ ตั้งแต่เริ่มเก็บข้อมูล: {say_share(adopted, lang, value='adoption_rate', n='proposals', of=('ข้อเสนอ', 'proposals'))}", f"Proposals adopted since records began: {say_share(adopted, lang, value='adoption_rate', n='proposals', of=('ข้อเสนอ', 'proposals'))}."))
    return lines


def _awareness_lines(report: QuarterReport, codelists, lang: str) -> list[str]:
    reach = report.reach.iloc[0].to_dict() if len(report.reach) else {}
    lines = []
    if reach and reach["rate"] == reach["rate"]:
        lines.append(pick(lang, f"อบรม {whole(reach['n_events'])} ครั้ง ผู้ได้รับเชิญเข้าร่วม {say_share(reach, lang, value='rate', n='invited', of=('คน', 'people'))}", f"{whole(reach['n_events'])} trainings; of those invited came {say_share(reach, lang, value='rate', n='invited', of=('คน', 'people'))}."))
    else:
        told = reach["reason"] if reach and reach["reason"] == "suppressed" else ""
        lines.append(pick(lang, f"การอบรม: {why(told, lang)}" if told else "การอบรม: ยังไม่มีข้อมูล", f"Trainings: {why(told, lang)}." if told else "Trainings: no data yet."))
    decay = report.decay.set_index("event_id").to_dict("index") if len(report.decay) else {}
    scored = report.awareness[report.awareness["change"].notna()] if len(report.awareness) else report.awareness
    for row in records(scored):
        ends = interval(row["ci_low"], row["ci_high"], lang, scale=1, decimals=1)
        text = pick(lang, f"การอบรม {row['event_id']}: คะแนนเฉลี่ยหลังอบรมต่างจากก่อนอบรม {number(row['change'], 1)} คะแนน ({ends}; n = {whole(row['n'])} คน)", f"Training {row['event_id']}: mean score after minus before: {number(row['change'], 1)} points ({ends}; n = {whole(row['n'])} people)")
        kept = decay.get(row["event_id"], {})
        if kept and kept["kept_share"] == kept["kept_share"]:
            text += pick(lang, f" เมื่อติดตามผลคงเหลือ{say_share(kept, lang, value='kept_share', low='kept_share_low', high='kept_share_high', n='n_three', of=('คน', 'people'))}", f"; left at follow-up {say_share(kept, lang, value='kept_share', low='kept_share_low', high='kept_share_high', n='n_three', of=('คน', 'people'))}")
            if kept["kept_share_high"] < FADED:
                text += pick(lang, " เลือนไปเกินครึ่ง", ": more than half has faded")
        lines.append(text)
    if scored.empty:
        lines.append(pick(lang, "คะแนนก่อนและหลังอบรม: ไม่มีคะแนน หรือมีน้อยกว่า 10 คน จึงไม่แสดง", "Scores before and after: none, or of fewer than 10 persons and not shown."))
    return lines


def _step_lines(report: QuarterReport, codelists, lang: str) -> list[str]:
    rows = records(report.changed[report.changed["measure"] == "step"])
    return [_say_step(row, lang)["text"] for row in rows]


def _delivery_lines(report: QuarterReport, codelists, lang: str) -> list[str]:
    row = report.changed[report.changed["measure"] == "activities"].iloc[0].to_dict()
    lines = [say_measure(row, lang)["text"]]
    slip, real = report.slippage.iloc[0].to_dict(), report.concrete.iloc[0].to_dict()
    if slip["share_late"] == slip["share_late"]:
        lines.append(pick(lang, f"กิจกรรมที่ล่าช้ากว่าวันกำหนด ตั้งแต่เริ่มเก็บข้อมูล: {say_share(slip, lang, value='share_late', low='late_low', high='late_high', of=('กิจกรรม', 'activities'))}", f"Activities later than their day, since records began: {say_share(slip, lang, value='share_late', low='late_low', high='late_high', of=('กิจกรรม', 'activities'))}."))
    if real["n"] and real["share"] == real["share"]:
        lines.append(pick(lang, f"กิจกรรมที่เสร็จและมีทั้งสิ่งส่งมอบและหลักฐาน: {say_share(real, lang, value='share', of=('กิจกรรม', 'activities'))}", f"Activities done with both a deliverable and evidence: {say_share(real, lang, value='share', of=('กิจกรรม', 'activities'))}."))
    return lines


def _maturity_lines(report: QuarterReport, codelists, lang: str) -> list[str]:
    row = report.changed[report.changed["measure"] == "mechanism"].iloc[0].to_dict()
    lines = [say_measure(row, lang, report.area)["text"]]
    if report.quarter > report.window[1]:
        fate = report.fate.iloc[0].to_dict() if len(report.fate) else {"state": "not_reported"}
        words = {
            "alive": ("กลไกยังทำงานตามรายงานล่าสุด", "the mechanism was alive in its last report"), "lapsed": ("กลไกหยุดไปแล้ว", "the mechanism has lapsed"),
            "not_alive_at_end": ("ไม่มีกลไกตั้งแต่สิ้นสุดโครงการ", "there was none when the programme ended"), "not_reported": ("ยังบอกไม่ได้ ไม่มีรายงาน", "cannot be told, no report"),
        }[fate["state"]]  # fmt: skip
        end = short_quarter(report.window[1], lang)
        lines.append(pick(lang, f"หลังสิ้นสุดช่วงนำร่องใน{end}: {words[0]}", f"After the pilot's end in {end}: {words[1]}."))
    return lines


def _decision_lines(report: QuarterReport, codelists, lang: str) -> list[str]:
    row = report.changed[report.changed["measure"] == "decisions"].iloc[0].to_dict()
    follow = report.follow.iloc[0].to_dict()
    lines = [say_measure(row, lang)["text"]]
    if follow["reason"] != "no_rows":
        lines.append(pick(lang, f"มติที่ยังไม่เสร็จ {whole(follow['open'])} เรื่อง ในจำนวนนี้เกินกำหนด {whole(follow['overdue'])} เรื่อง ยกเลิกแล้ว {whole(follow['dropped'])} เรื่อง", f"Open decisions: {whole(follow['open'])}, overdue among them: {whole(follow['overdue'])}; dropped: {whole(follow['dropped'])}."))
    return lines


def _lasting_lines(report: QuarterReport, codelists, lang: str) -> list[str]:
    lines = []
    now = report.local_groups[report.local_groups["fiscal_quarter"] == report.quarter] if len(report.local_groups) else report.local_groups
    if report.nothing_sent:
        lines.append(pick(lang, f"กลุ่มในพื้นที่: {why('not_sent', lang)}", f"Local groups: {why('not_sent', lang)}."))
    elif len(now) and now["active"].notna().iloc[0]:
        row = now.iloc[0]
        lines.append(pick(lang, f"กลุ่มในพื้นที่ที่ยังดำเนินการ {whole(row['active'])} กลุ่ม เกิดใหม่ในไตรมาสนี้ {whole(row['formed'])} กลุ่ม สิ้นสุด {whole(row['ended'])} กลุ่ม (นับครบ)", f"{whole(row['active'])} local groups active; {whole(row['formed'])} formed and {whole(row['ended'])} ended this quarter (a complete count)."))
    else:
        lines.append(pick(lang, f"กลุ่มในพื้นที่: {why('no_rows', lang)}", f"Local groups: {why('no_rows', lang)}."))
    life = report.group_life[report.group_life["days"] == 365]
    if len(life):
        row = life.iloc[0].to_dict()
        if row["survival"] == row["survival"]:
            lines.append(pick(lang, f"กลุ่มที่ยังอยู่เมื่อครบ 365 วัน: {say_share(row, lang, value='survival', of=('กลุ่ม', 'groups'))}", f"Groups still there after 365 days: {say_share(row, lang, value='survival', of=('กลุ่ม', 'groups'))}."))
        else:
            lines.append(pick(lang, f"กลุ่มที่ยังอยู่เมื่อครบ 365 วัน: ยังบอกไม่ได้ ({why(row['reason'], lang)})", f"Groups still there after 365 days: cannot be told yet ({why(row['reason'], lang)})."))
    began = report.community[report.community["initiator"] == "community"]
    if len(began) and began["share"].notna().iloc[0]:
        lines.append(pick(lang, f"โครงการที่ชุมชนริเริ่ม: {say_share(began.iloc[0].to_dict(), lang, value='share', of=('โครงการ', 'projects'))}", f"Projects that the community began: {say_share(began.iloc[0].to_dict(), lang, value='share', of=('โครงการ', 'projects'))}."))
    hours = report.hours.iloc[0].to_dict()
    if hours["n"]:
        lines.append(pick(lang, f"ชุมชนสละเวลารวม {number(hours['hours'], 0)} ชั่วโมง ในกิจกรรม{say_share(hours, lang, value='share_with', of=('กิจกรรม', 'activities'))}", f"The community gave {number(hours['hours'], 0)} hours in all, to {say_share(hours, lang, value='share_with', of=('กิจกรรม', 'activities'))} of activities."))
    after = report.quarter > report.window[1]
    if not after:
        lines.append(pick(lang, "ผลจะอยู่ได้นานหรือไม่: ยังบอกไม่ได้จนกว่าช่วงนำร่องจะสิ้นสุด", "Whether it lasts: cannot be told before the pilot has ended."))
    return lines


def _flag_lines(report: QuarterReport, codelists, lang: str) -> list[str]:
    if report.flags.empty:
        return [pick(lang, "ไม่พบข้อสังเกตในแบบรายงานตัวชี้วัดและรายการเงิน", "Nothing was flagged in the KPI forms and money rows.")]
    return [f"{row['key']}: {_stopped(row[f'explanation_{lang}'], lang)} {row[f'suggested_fix_{lang}']}" for row in records(report.flags)]


def _leader_lines(report: QuarterReport, codelists, lang: str) -> list[str]:
    row = report.leaders.iloc[0].to_dict() if len(report.leaders) else {"governor_led_events": float("nan"), "quarters_since_change": float("nan")}
    who = pick(lang, "ผู้ว่าราชการกรุงเทพมหานคร" if report.area == BANGKOK else "ผู้ว่าราชการจังหวัด", "The governor")
    events = row["governor_led_events"]
    lines = [
        pick(lang, f"กิจกรรมที่{who}นำเองในไตรมาสนี้: ไม่มีรายงาน", "Events led by the governor this quarter: not reported.") if events != events
        else pick(lang, f"{who}นำกิจกรรมเอง {int(events)} ครั้งในไตรมาสนี้ (นับตามรายงาน)", f"{who} led {int(events)} events this quarter (as reported)."),
    ]  # fmt: skip
    since = row["quarters_since_change"]
    if since == since:
        lines.append(pick(lang, f"เปลี่ยนผู้ดำรงตำแหน่งครั้งล่าสุดเมื่อ {int(since)} ไตรมาสก่อน", f"The office last changed hands {int(since)} quarters ago."))
    return [*lines, pick(lang, CAUTION_TH, CAUTION_EN)]


SECTIONS = (
    ("checklist", ("คุณภาพของแผนและสิ่งที่เปลี่ยนเมื่อปรับแผน", "Quality of the plans, and what their revision changed"), _plan_lines),
    ("chain", ("จากปัญหา แผน เงิน กิจกรรม ถึงผลลัพธ์", "From need to plan, money, activity and result"), _chain_lines),
    ("pace", ("การเบิกจ่ายเทียบแผน", "Money paid against plan"), _pace_lines),
    ("money_sources", ("แหล่งเงินภาครัฐและเอกชน", "Public and private money"), _source_lines),
    ("money_goals", ("เงินเทียบกับปัญหา ทั้ง 17 เป้าหมาย", "Money beside need, all 17 goals"), _money_lines),
    ("share_rows", ("7 ภาคีเครือข่าย", "The 7 partner networks"), _network_lines),
    ("representation", ("ใครอยู่ในเวทีรับฟังความคิดเห็น", "Who was in the room"), _group_lines),
    ("awareness", ("การสร้างความตระหนักรู้", "Awareness"), _awareness_lines),
    ("tracker", ("4 ขั้นตอนของแผนปฏิบัติการ", "The 4 steps of the action plan"), _step_lines),
    ("quarter_shares", ("กิจกรรมตามแผน", "Activities against plan"), _delivery_lines),
    ("maturity", ("ความพร้อมของกลไก", "Maturity of the mechanism"), _maturity_lines),
    ("decisions", ("มติและการดำเนินการ", "Decisions and what became of them"), _decision_lines),
    ("lasting", ("ความต่อเนื่องและพลังของชุมชน", "Does it last, and the community's own part"), _lasting_lines),
    ("flags", ("ข้อสังเกตในแบบรายงานตัวชี้วัด", "Flags on the KPI forms"), _flag_lines),
    ("leadership", ("บริบท: ผู้นำในพื้นที่", "Context: leaders"), _leader_lines),
)  # fmt: skip
"""The evaluation part in its order: id (the kind of its figure), titles, lines."""
FIGURED = ("checklist", "chain", "pace", "money_sources", "money_goals", "share_rows", "representation", "awareness", "tracker", "quarter_shares", "maturity", "decisions")


def quarter_text(report: QuarterReport, codelists) -> dict[str, dict]:
    """Return {lang: {headline, quarter, loop, changed, outcomes, actions, send, sure, sections}} of a report."""
    return {lang: _kept(_text(report, codelists, lang)) for lang in LANGUAGES}


def _text(report: QuarterReport, codelists, lang: str) -> dict:
    return {
        "headline": say_quarter_headline(report, codelists, lang),
        "quarter": say_quarter(report.quarter, lang),
        "loop": loop_lines(report, lang),
        "changed": [say_measure(row, lang, report.area) for row in records(report.changed)],
        "outcomes": outcome_lines(report, codelists, lang),
        "actions": [say_action(row, codelists, lang, report.area) for row in records(report.actions)],
        "send": send_lines(report, codelists, lang),
        "sure": sure_lines(report, codelists, lang),
        "sections": [
            {"id": code, "title": pick(lang, *titles), "text": lines(report, codelists, lang)} | ({"figure": f"{code}.svg"} if code in FIGURED else {})
            for code, titles, lines in SECTIONS
        ],
    }  # fmt: skip


def _kept(value):
    """Figures such as n = 9 are not cut by the end of a line, wherever they stand."""
    if isinstance(value, str):
        return keep_together(value)
    if isinstance(value, dict):
        return {key: item if key in ("finding_id", "subject", "id", "figure") else _kept(item) for key, item in value.items()}
    return [_kept(item) for item in value] if isinstance(value, list) else value


# ---------------------------------------------------------------- the notebook's pages


def say_page(text: dict, page: int, lang: str) -> str:
    """Return one of the governor's two pages as Markdown."""
    part = text[lang]
    titles = {
        "loop": ("ไตรมาสก่อนรายงานว่าอะไร มีมติอะไร ทำอะไร เกิดอะไรขึ้น", "What we said last quarter, what was decided, what was done, what happened"),
        "changed": ("ไตรมาสนี้อะไรเปลี่ยนแปลง", "What changed this quarter"), "outcomes": ("ผลลัพธ์", "Outcomes"), "actions": ("สิ่งที่ควรทำ", "What to do now"),
        "send": ("ข้อมูลที่ต้องส่ง", "What data to send"), "sure": ("แน่ใจได้แค่ไหน", "How sure"),
    }  # fmt: skip
    keys = ("loop", "changed", "outcomes") if page == 1 else ("actions", "send", "sure")
    lines = [f"**{part['headline']}**", ""] if page == 1 else []
    for key in keys:
        mark = (lambda k: f"{k}.") if key == "actions" else (lambda k: "-")
        items = [item if isinstance(item, str) else item["text"] for item in part[key]]
        lines += [f"**{pick(lang, *titles[key])}**", "", *(f"{mark(k)} {item}" for k, item in enumerate(items, 1)), ""]
    return "\n".join(lines)


def say_sections(text: dict, lang: str) -> str:
    """Return the evaluation part as Markdown, a list per section."""
    parts = []
    for section in text[lang]["sections"]:
        parts += [f"**{section['title']}**", "", *(f"- {line}" for line in section["text"]), ""]
    return "\n".join(parts)


# ---------------------------------------------------------------- charts


def quarter_charts(report: QuarterReport, codelists) -> list[Chart]:
    """Return the figures of the evaluation part, one per section that has one, each titled by its finding."""
    both = {lang: {code: (pick(lang, *titles), lines(report, codelists, lang)) for code, titles, lines in SECTIONS} for lang in LANGUAGES}
    charts = []
    for code, (table, tables, n, names, options) in _chart_tables(report, codelists).items():
        titles = {lang: keep_together(_title(report, code, codelists, lang) or both[lang][code][0]) for lang in LANGUAGES}
        captions = {lang: keep_together(_caption(report, tables, n, codelists, lang)) for lang in LANGUAGES}
        charts.append(Chart(code, code, table, titles, captions, report.synthetic, names, options))
    return charts


def _caption(report: QuarterReport, tables: tuple[str, ...], n: tuple[str, str], codelists, lang: str) -> str:
    known = set(codelists.sources["source"])
    sources = sorted(set(report.origins.loc[report.origins["table"].isin(tables), "source"]))
    said = [codelists.source_row(s)[f"title_{lang}"] if s in known else s for s in sources]
    names = ", ".join(table_name(t, lang) for t in tables)
    origin = pick(lang, f"ที่มา: {names}", f"Source: {names}") + (f" ({'; '.join(said)})" if said else "")
    return f"{place_name(report.area, codelists, lang)} · {short_quarter(report.quarter, lang)} · {pick(lang, *n)} · {origin}"


def _title(report: QuarterReport, code: str, codelists, lang: str) -> str:
    """The finding of a figure in few words; '' where the section's title must do."""
    changed = report.changed.drop_duplicates("measure").set_index("measure").to_dict("index")
    if code == "pace" and changed["money"]["value"] == changed["money"]["value"]:
        return pick(lang, f"เบิกจ่ายแล้ว{per_cent(changed['money']['value'], lang)} ของแผนสะสม", f"{per_cent(changed['money']['value'], lang)} of the plan to date is paid")
    if code == "quarter_shares" and changed["activities"]["value"] == changed["activities"]["value"]:
        row = changed["activities"]
        return pick(lang, f"กิจกรรมที่ครบกำหนดเสร็จ {whole(row['k'])} จาก {whole(row['n'])} รายการ", f"{whole(row['k'])} of {whole(row['n'])} activities due are done")
    if code == "share_rows" and report.networks["n_projects"].max() > 0:
        gone = [network_names(lang)[c] for c in report.networks.loc[report.networks["verdict"] == "missing", "network_id"]]
        present = int((report.networks["verdict"] == "present").sum())
        return pick(lang, f"ไม่มี{' '.join(gone)}ในโครงการใดเลย" if gone else f"พบ {present} จาก 7 ภาคีเครือข่าย", f"{', '.join(gone)}: in no project" if gone else f"{present} of 7 networks take part")
    if code == "chain":
        empty = int((report.goals["reason"] == "no_rows").sum())
        return pick(lang, f"มีบันทึก {17 - empty} จาก 17 เป้าหมาย", f"{17 - empty} of 17 goals have anything on record")
    if code == "maturity" and changed["mechanism"]["value"] == changed["mechanism"]["value"]:
        return pick(lang, f"กลไกอยู่ที่ระดับ {int(changed['mechanism']['value'])} จาก 5", f"The mechanism stands at level {int(changed['mechanism']['value'])} of 5")
    if code == "tracker":
        done = int((report.steps["state"] == "done").sum())
        return pick(lang, f"ทำแล้ว {done} จาก 4 ขั้นตอน", f"{done} of 4 steps are done")
    if code == "decisions" and len(report.decisions):
        late = int((report.decisions["state"] == "overdue").sum())
        return pick(lang, f"มติที่เกินกำหนด {late} จาก {len(report.decisions)} เรื่อง", f"{late} of {len(report.decisions)} decisions are overdue")
    return ""


def _chart_tables(report: QuarterReport, codelists) -> dict:
    """Per figure: its table, the delivery tables behind it, n in words, names of codes, options."""
    named = {"groups": {lang: group_names(lang) for lang in LANGUAGES}, "networks": {lang: network_names(lang) for lang in LANGUAGES}, "steps": {lang: step_names(lang) for lang in LANGUAGES}}
    projects = int(report.networks["n_projects"].max()) if len(report.networks) else 0
    plan = report.plans.loc[report.plans["reason"] == "", "plan_id"].head(1)
    quality = report.quality[report.quality["plan_id"].isin(plan)]
    pace = report.pace[report.pace["fiscal_quarter"] <= report.quarter]
    pace = pace if pace["cum_planned_thb"].gt(0).any() else pace.head(0)
    sent = report.sent.set_index("table")["rows"].to_dict()
    if not sent["budget"]:
        pace = pace.assign(planned_thb=pace["planned_thb"].where(pace["fiscal_quarter"] != report.quarter))
    share_label = {"th": "กิจกรรมที่ครบกำหนดและเสร็จ", "en": "activities due that are done"}
    events = int(report.groups["n_events"].max()) if len(report.groups) and report.groups["n_events"].notna().any() else 0
    due = int(report.delivered["n"].sum()) if len(report.delivered) else 0
    return {
        "checklist": (quality, ("plan", "plan_item"), _n(quality["n"].max() if len(quality) else 0, "รายการในแผน", "plan items"), {lang: {c: pick(lang, *w) for c, w in CRITERIA.items()} for lang in LANGUAGES}, {}),
        "chain": (report.goals, ("need", "plan_item", "budget", "activity"), _n(len(report.chain), "เป้าประสงค์", "targets"), {}, {}),
        "pace": (pace, ("budget",), _n(pace["n"].max() if len(pace) else 0, "โครงการ", "projects"), {}, {}),
        "money_sources": (report.sources, ("budget",), _n(report.sources["n"].max(), "โครงการ", "projects"), {}, {}),
        "money_goals": (report.money, ("budget", "project_target", "need"), _n(report.money["n"].max() if len(report.money) else 0, "โครงการ", "projects"), {}, {}),
        "share_rows": (report.networks, ("project", "project_partner"), _n(projects, "โครงการ", "projects"), named["networks"], {"key": "network_id", "counts": ("n_with", "n_projects")}),
        "representation": (report.groups, ("participation", "participation_group", "population_group"), _n(events, "เวที", "events"), named["groups"], {}),
        "awareness": (_awareness_table(report), ("training", "training_score"), _n(report.awareness["n"].sum() if len(report.awareness) else 0, "คน", "people"), {}, {}),
        "tracker": (report.steps, ("milestone",), _n(4, "ขั้นตอน", "steps"), named["steps"], {}),
        "quarter_shares": (_quarters_drawn(report), ("activity", "project"), _n(due, "กิจกรรม", "activities"), {}, {"label": share_label}),
        "maturity": (report.maturity, ("mechanism",), _n(report.maturity["maturity"].notna().sum(), "รายงาน", "reports"), {}, {}),
        "decisions": (report.decisions, ("decision", "meeting"), _n(len(report.decisions), "มติ", "decisions"), {}, {"as_of": quarter_end(report.quarter)}),
    }  # fmt: skip


def _n(count, thai: str, english: str) -> tuple[str, str]:
    return f"n = {whole(count)} {thai}", f"n = {whole(count)} {english}"


def _quarters_drawn(report: QuarterReport) -> pd.DataFrame:
    table = report.delivered
    return table.assign(share=table["share"].where(table["reason"] == "")) if len(table) else table


def _awareness_table(report: QuarterReport) -> pd.DataFrame:
    table = report.awareness
    if table.empty:
        return table
    kept = ["kept", "kept_low", "kept_high"]
    return table.merge(report.decay[["event_id", *kept]], on="event_id", how="left") if set(kept) <= set(report.decay.columns) else table
