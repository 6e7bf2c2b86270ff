"""The review's register and the departments' pages in words, Thai and English: sentences of table rows, and the titles of figures.

A project contributes, an agency answers for a target; no sentence says that either moved an indicator. A register is counted in
full: where two ways of tagging differ, the range between them is said.
"""

from __future__ import annotations

import pandas as pd

from sdg_eval.charts import Chart
from sdg_eval.delivery.agencies import CROWDED_ABOVE
from sdg_eval.delivery.frames import NATIONAL
from sdg_eval.delivery.quarters import quarter_end
from sdg_eval.delivery.register import GRADES, UNTAGGED, read_vnr_words
from sdg_eval.people_words import listing, names_of, percent, share_text, source_line
from sdg_eval.register_report import AgencyReport, RegisterReport
from sdg_eval.thai import MONTHS_EN, MONTHS_TH_SHORT, format_fiscal_quarter, year_text
from sdg_eval.wording import LANGUAGES, keep_together, number, pick

GRADE_WORDS = {
    "A": ("มีการเปรียบเทียบกับพื้นที่หรือกลุ่มที่ไม่ได้รับโครงการ", "a comparison with places or groups without the project"),
    "B": ("วัดผลเทียบกับค่าฐาน", "a result measured against a baseline"),
    "C": ("มีหลักฐานที่ตรวจได้ว่าดำเนินการจริง", "evidence that it was carried out"),
    "D": ("ยังไม่มีหลักฐานที่ตรวจได้", "no evidence yet that can be checked"),
}  # fmt: skip
MISSING_WORDS = {
    "evidence": ("หลักฐานที่ตรวจได้ เช่น เอกสาร ชุดข้อมูล หรือผลการตรวจสอบ", "evidence that can be checked: a document, data or an audit"),
    "baseline": ("ค่าฐานของตัวชี้วัด", "a baseline"),
    "result": ("ผลรวมในแบบรายงานตัวชี้วัด", "a total in the KPI form"),
    "baseline;result": ("ค่าฐานและผลรวมในแบบรายงานตัวชี้วัด", "a baseline and a total in the KPI form"),
    "comparison": ("การเปรียบเทียบกับพื้นที่หรือกลุ่มที่ไม่ได้รับโครงการ", "a comparison with places or groups without the project"),
}  # fmt: skip
FAULT_WORDS = {
    "no_target": ("ไม่ระบุเป้าประสงค์", "no target is named"),
    "weights_not_one": ("น้ำหนักของเป้าประสงค์รวมไม่เท่ากับ 1", "weights do not add to one"),
    "primary_not_one": ("ไม่ได้ระบุเป้าประสงค์หลักเพียงข้อเดียว", "not exactly one primary target"),
    "unconfirmed": ("ยังไม่มีผู้ยืนยันเป้าประสงค์", "nobody has confirmed the targets"),
}  # fmt: skip
CROSSWALK_WORDS = {
    "no_national": ("ไม่มีตัวชี้วัดระดับประเทศ", "no national indicator"), "no_global": ("ไม่มีตัวชี้วัดระดับสากล", "no global indicator"),
    "unknown_target": ("เป้าประสงค์ไม่อยู่ในรายการ", "an unknown target"), "unknown_indicator": ("ตัวชี้วัดไม่อยู่ในรายการ", "an unknown indicator"),
    "indicator_of_another_target": ("ตัวชี้วัดเป็นของเป้าประสงค์อื่น", "an indicator of another target"), "targets_differ": ("เป้าประสงค์สองระดับไม่ตรงกัน", "targets that differ"),
}  # fmt: skip
SHOWN = 12
"""Open decisions in the figure, the longest overdue first; all are in the table."""
NAMED = 5


def day_text(day, lang: str) -> str:
    """Return a day as read: `23 มี.ค. 2567`, `23 March 2024`; '–' for none."""
    day = pd.to_datetime(day)
    if pd.isna(day):
        return "–"
    return pick(lang, f"{day.day} {MONTHS_TH_SHORT[day.month - 1]} {year_text(day.year, lang)}", f"{day.day} {MONTHS_EN[day.month - 1]} {day.year}")


def _goals(codes, codelists, lang: str) -> str:
    return listing([f"{g} {codelists.goal_row(g)[f'short_{lang}']}" for g in codes], lang, 17)


# ---------------------------------------------------------------- the register


def say_set(report: RegisterReport, lang: str) -> str:
    """Return whether the set is complete, found and stated, with the source that states the number."""
    said = report.vnr.text(lang).rstrip(".")
    return pick(lang, f"{said} (พบ {report.vnr.found} ควรมี {report.vnr.expected}; จำนวนตาม{report.source['th']})", f"{said} (found {report.vnr.found}, expected {report.vnr.expected}; the number is that of: {report.source['en']})")


def say_coverage(coverage: pd.DataFrame, codelists, lang: str) -> list[str]:
    """Return how many goals the register reaches by either way of tagging, which it does not, and how even it is."""
    lines = []
    for row in coverage.to_dict("records"):
        way = {"weights": ("แบ่งตามน้ำหนักทุกเป้าประสงค์", "split by weight over all targets"), "primary": ("นับเฉพาะเป้าประสงค์หลัก", "by primary target alone")}[row["method"]][lang != "th"]
        if not row["n"]:
            lines.append(pick(lang, f"{way}: ยังบอกไม่ได้ (ไม่มีโครงการในทะเบียน)", f"{way}: cannot be told yet (no project is in the register)"))
            continue
        gaps = [g for g in row["gaps"].split(";") if g]
        told = pick(lang, f"{way}: ถึง {row['n_goals_reached']} จาก {row['n_goals']} เป้าหมาย", f"{way}: {row['n_goals_reached']} of {row['n_goals']} goals are reached")
        open_ = pick(lang, f" ไม่มีโครงการในเป้าหมาย {_goals(gaps, codelists, lang)}", f"; no project for {_goals(gaps, codelists, lang)}") if gaps else ""
        ends = pick(lang, "ยังไม่มีช่วงความเชื่อมั่น เพราะมีโครงการน้อย", "no interval: few projects") if row["ci_low"] != row["ci_low"] else pick(
            lang, f"ช่วงความเชื่อมั่นร้อยละ 95: {number(row['ci_low'], 2)}–{number(row['ci_high'], 2)}", f"95% CI {number(row['ci_low'], 2)} to {number(row['ci_high'], 2)}"
        )  # fmt: skip
        even = pick(lang, f" ความกระจาย {number(row['entropy'], 2)} ({ends}; n = {row['n']} โครงการ; 1 คือกระจายเท่ากันทุกเป้าหมาย)", f"; evenness {number(row['entropy'], 2)} ({ends}; n = {row['n']} projects; 1: all goals alike)")
        lines.append(keep_together(told + open_ + even))
    return lines


def say_largest(portfolio: pd.DataFrame, codelists, lang: str) -> str:
    """Return the goal with the largest share, as the range of the two ways of tagging."""
    rows = portfolio[portfolio["goal"] != UNTAGGED]
    if not rows["share"].notna().any():
        return pick(lang, "ยังบอกสัดส่วนรายเป้าหมายไม่ได้", "Shares of goals cannot be told yet")
    row = rows.loc[rows["share"].idxmax()].to_dict()
    name = _goals([row["goal"]], codelists, lang)
    return keep_together(pick(
        lang, f"เป้าหมายที่มีสัดส่วนมากที่สุดคือ {name} ร้อยละ {percent(row['range_low'])}–{percent(row['range_high'])} (ช่วงระหว่างสองวิธีติดแท็ก; {row['n_projects']} จาก n = {row['n']} โครงการเกี่ยวข้อง)",
        f"The largest share is that of {name}: {percent(row['range_low'])}–{percent(row['range_high'])}% (range of the two ways of tagging; {row['n_projects']} of n = {row['n']} projects reach it)",
    ))  # fmt: skip


def say_tags(faults: pd.DataFrame, n: int, lang: str) -> str:
    """Return what is wrong with the tagging, counted in projects; or that nothing is."""
    counts = faults.groupby("fault")["project_id"].nunique()
    items = [f"{FAULT_WORDS[f][lang != 'th']} {counts[f]}" for f in FAULT_WORDS if f in counts.index]
    if not items:
        return pick(lang, f"ไม่พบข้อสังเกตเรื่องการติดแท็ก ({n} โครงการ)", f"Nothing is amiss with the tags of {n} projects")
    return pick(lang, f"ข้อสังเกตเรื่องการติดแท็ก (จาก {n} โครงการ): {listing(items, lang)}", f"Tags to look at (of {n} projects): {listing(items, lang)}")


def say_grades(grades: pd.DataFrame, lang: str) -> list[str]:
    """Return how many projects have which grade, what lifts most of them, and which photographs may not be shown."""
    n = len(grades)
    if not n:
        return [pick(lang, "ยังไม่มีโครงการให้จัดระดับหลักฐาน", "There is no project to grade yet")]
    counts = grades["grade"].value_counts()
    items = [f"{g} {counts.get(g, 0)} ({GRADE_WORDS[g][lang != 'th']})" for g in GRADES]
    lines = [pick(lang, f"ระดับหลักฐานของ {n} โครงการ: {listing(items, lang)}", f"Evidence of {n} projects: {listing(items, lang)}")]
    lifts = grades[grades["missing"] != ""].groupby(["lifts_to", "missing"]).size().reset_index(name="count").sort_values(["lifts_to", "missing"], ascending=[False, True])
    for row in lifts.to_dict("records"):
        what = MISSING_WORDS.get(row["missing"], (row["missing"],) * 2)[lang != "th"]
        lines.append(pick(lang, f"{row['count']} โครงการจะขึ้นเป็นระดับ {row['lifts_to']} เมื่อมี{what}", f"{_count(row['count'], 'project')} would rise to {row['lifts_to']} with {what}"))
    consent, alt = int(grades["n_photo_without_consent"].sum()), int(grades["n_photo_without_alt"].sum())
    lines.append(pick(lang, f"ภาพถ่ายที่ยังเผยแพร่ไม่ได้: ไม่มีความยินยอม {consent} ภาพ ไม่มีคำบรรยายภาพ {alt} ภาพ จากทั้งหมด {int(grades['n_photo'].sum())} ภาพ", f"Photographs that may not be shown yet: {consent} without consent, {alt} without a text, of {int(grades['n_photo'].sum())}"))
    stated = grades[grades["grade_stated"] != ""]
    if len(stated):
        differ = int((~stated["agrees"].astype(bool)).sum())
        lines.append(pick(lang, f"ระดับที่หน่วยงานระบุเองต่างจากที่ตรวจพบ {differ} จาก {len(stated)} โครงการที่ระบุ", f"The grade stated by the agency differs from the one found in {differ} of {len(stated)} projects that state one"))
    return lines


def say_reason(row: dict, lang: str) -> str:
    """Return a project's grade and why it has it, and no higher one."""
    what = MISSING_WORDS.get(row["missing"], (row["missing"], row["missing"]))[lang != "th"]
    rest = pick(lang, f"; ยังขาด{what}", f"; lacks {what}") if row["missing"] else ""
    return f"{row['grade']}: {GRADE_WORDS[row['grade']][lang != 'th']}{rest}"


def with_reasons(register: pd.DataFrame) -> pd.DataFrame:
    """Return the register with the reason of each project's grade in both languages."""
    rows = register.to_dict("records")
    return register.assign(**{f"grade_reason_{lang}": pd.Series([say_reason(r, lang) for r in rows], dtype="object", index=register.index) for lang in LANGUAGES})


def say_crosswalk(crosswalk: pd.DataFrame, lang: str) -> str:
    """Return how many local indicators can be followed to a national and to a global one, and what is amiss with the others."""
    n, whole = len(crosswalk), int(crosswalk["complete"].astype(bool).sum())
    if not n:
        return pick(lang, "ยังไม่มีตารางเชื่อมโยงตัวชี้วัดท้องถิ่น ประเทศ และสากล", "No crosswalk of local, national and global indicators is entered yet")
    counts = crosswalk["fault"].str.split(";").explode().value_counts().drop("", errors="ignore").sort_index()
    items = [f"{CROSSWALK_WORDS.get(f, (f, f))[lang != 'th']} {c}" for f, c in counts.items()]
    rest = pick(lang, f" ที่เหลือ: {listing(items, lang)}", f"; the others: {listing(items, lang)}") if items else ""
    return pick(lang, f"ตัวชี้วัดท้องถิ่นที่เชื่อมถึงระดับประเทศและสากลได้ครบ {whole} จาก {n} รายการ{rest}", f"{whole} of {n} local indicators can be followed to a national and a global one{rest}")


def register_text(report: RegisterReport, codelists) -> dict:
    """Return headline and lines by section, Thai and English."""
    return {lang: _register_text(report, codelists, lang) for lang in LANGUAGES}


def _register_text(report: RegisterReport, codelists, lang: str) -> dict:
    n = len(report.grades)
    begun = pick(lang, f"โครงการที่ยังไม่เริ่ม ณ สิ้น{format_fiscal_quarter(report.quarter, lang, months=False)}: {report.n_not_begun} จาก {n}", f"Not begun at the end of {format_fiscal_quarter(report.quarter, lang, months=False)}: {report.n_not_begun} of {n}")
    always = read_vnr_words().set_index("key").at["always", f"text_{lang}"]
    sections = {
        "set": [say_set(report, lang), begun],
        "portfolio": [*say_coverage(report.coverage, codelists, lang), say_largest(report.portfolio, codelists, lang), say_tags(report.faults, n, lang)],
        "evidence": [*say_grades(report.grades, lang), always],
        "crosswalk": [say_crosswalk(report.crosswalk, lang)],
    }  # fmt: skip
    lines = [line for section in sections.values() for line in section]
    return {"headline": report.vnr.text(lang), **sections, "lines": [*lines, source_line(report, codelists, lang)], "synthetic": report.synthetic}


def register_charts(report: RegisterReport, codelists) -> list[Chart]:
    """Return the portfolio over the 17 goals, with the finding as its title."""
    gaps = int((report.portfolio.loc[report.portfolio["goal"] != UNTAGGED, "n_projects"] == 0).sum())
    n = len(report.grades)
    caption = {lang: f"n = {n} {pick(lang, 'โครงการ', 'projects')} · {source_line(report, codelists, lang)}" for lang in LANGUAGES}
    title = {"th": f"{n} โครงการ VNR: {gaps} จาก 17 เป้าหมายไม่มีโครงการ", "en": f"{n} VNR projects: {gaps} of 17 goals have none"}
    return [Chart("portfolio", "portfolio", report.portfolio, title, caption, report.synthetic)]


# ---------------------------------------------------------------- an agency's page


def say_owns(row: dict, matrix: pd.DataFrame, lang: str) -> str:
    """Return which targets an agency owns, in which goals."""
    own = matrix[(matrix["agency_id"] == row["agency_id"]) & (matrix["n_owned"] > 0)]
    supported = int(matrix.loc[matrix["agency_id"] == row["agency_id"], "n_supported"].sum())
    if own.empty:
        return pick(lang, f"รับผิดชอบ: ทะเบียนยังไม่ระบุเป้าประสงค์ที่เป็นเจ้าภาพ; สนับสนุน {supported} เป้าประสงค์", f"Owns: the register names no target of its own; supports {supported}")
    goals = listing([f"SDG {r['goal']} ({r['n_owned']})" for r in own.to_dict("records")], lang, 17)
    return pick(lang, f"รับผิดชอบ: เป็นเจ้าภาพ {row['n_owned']} เป้าประสงค์ใน {row['n_goals']} เป้าหมาย: {goals}; สนับสนุน {supported} เป้าประสงค์", f"Owns: {_count(row['n_owned'], 'target')} in {_count(row['n_goals'], 'goal')}: {goals}; supports {supported}")


def _count(n: int, word: str) -> str:
    return f"{n} {word}{'' if n == 1 else 's'}"


def say_crowded(agency_id: str, owners: pd.DataFrame, lang: str) -> str:
    """Return which of an agency's targets have too many owners to ask one."""
    own = owners[(owners["state"] == "crowded") & owners["owners"].str.split(";").map(lambda names: agency_id in names)]
    if own.empty:
        return pick(lang, f"เป้าประสงค์ที่มีเจ้าภาพเกิน {CROWDED_ABOVE} หน่วยงาน: ไม่มี", f"Targets with more than {CROWDED_ABOVE} owners: none")
    return pick(lang, f"เป้าประสงค์ที่มีเจ้าภาพเกิน {CROWDED_ABOVE} หน่วยงาน: {listing(own['target'], lang)}", f"Targets with more than {CROWDED_ABOVE} owners: {listing(own['target'], lang)}")


def say_moved(row: dict, moved: pd.DataFrame, evaluated: bool, codelists, lang: str) -> str:
    """Return how indicators of an agency's targets moved, by series over provinces; no merit or fault of the agency."""
    if not row["n_owned"]:
        return pick(lang, "สิ่งที่เปลี่ยนแปลง: ไม่มีเป้าประสงค์ที่เป็นเจ้าภาพ", "What moved: it owns no target")
    if not evaluated:
        return pick(lang, "สิ่งที่เปลี่ยนแปลง: ไม่ได้ประเมินในการรันครั้งนี้", "What moved: not evaluated in this run")
    own = moved[moved["agency_id"] == row["agency_id"]]
    seen, blank = own[own["SERIES"] != ""], own.loc[own["SERIES"] == "", "target"].nunique()
    rest = pick(lang, f" เป้าประสงค์ที่ไม่มีตัวชี้วัดรายจังหวัด {blank} จาก {row['n_owned']}", f"; {blank} of {row['n_owned']} targets have no provincial indicator") if blank else ""
    items = [_say_series(code, part, codelists, lang) for code, part in seen.groupby("SERIES", sort=True)]
    if not items:
        return pick(lang, "สิ่งที่เปลี่ยนแปลง: ยังบอกไม่ได้", "What moved: cannot be told yet") + rest
    return pick(
        lang, f"สิ่งที่เปลี่ยนแปลง (จำนวนจังหวัด ณ สิ้นไตรมาส): {'; '.join(items)}{rest} (ตัวชี้วัดมีหลายปัจจัยเกี่ยวข้อง ไม่ใช่ผลงานหรือความบกพร่องของหน่วยงาน)",
        f"What moved (provinces, at the end of the quarter): {'; '.join(items)}{rest} (indicators have many sources: no merit or fault of the agency)",
    )  # fmt: skip


def _say_series(code: str, part: pd.DataFrame, codelists, lang: str) -> str:
    part = part.drop_duplicates("REF_AREA")
    counts = {move: int((part["move"] == move).sum()) for move in ("better", "worse", "changed")}
    words = {"better": ("ดีขึ้น", "better"), "worse": ("แย่ลง", "worse"), "changed": ("เปลี่ยนแปลง", "changed")}
    told = " ".join(f"{words[m][0]} {n}" for m, n in counts.items() if n) if lang == "th" else ", ".join(f"{n} {words[m][1]}" for m, n in counts.items() if n)
    if not told:
        return pick(lang, f"{codelists.series_name(code, lang)} ยังไม่พบการเปลี่ยนแปลงหรือยังบอกไม่ได้ใน {len(part)} จังหวัด", f"{codelists.series_name(code, lang)}: none seen, or cannot be told yet, in {len(part)}")
    return pick(lang, f"{codelists.series_name(code, lang)} {told} จาก {len(part)}", f"{codelists.series_name(code, lang)}: {told}, of {len(part)}")


def say_late(row: dict, late: pd.DataFrame, codelists, lang: str) -> str:
    """Return what is late: the share of what is due, what is still open, and the oldest of it."""
    own = late[late["agency_id"] == row["agency_id"]]
    due = own[own["state"].isin(["open_late", "done_late", "done_in_time"])]
    if due.empty:
        return pick(lang, "ล่าช้า: ยังบอกไม่ได้ (ไม่มีงานหรือมติที่ถึงกำหนด)", "Late: cannot be told yet (nothing is due)")
    told = share_text(row["n_late"], len(due), row["share_late"], row["ci_low"], row["ci_high"], lang, ("รายการ", "items"))
    open_ = own[own["state"] == "open_late"].sort_values(["days_late", "id"], ascending=[False, True], kind="stable")
    kinds = {"activity": ("กิจกรรม", "activities"), "decision": ("มติ", "decisions")}
    counts = listing([f"{kinds[k][lang != 'th']} {int((open_['kind'] == k).sum())}" for k in kinds], lang)
    text = pick(lang, f"ล่าช้า: งานและมติที่ถึงกำหนดและเสร็จหลังกำหนดหรือยังค้าง {told}; ยังค้าง {len(open_)} รายการ ({counts})", f"Late: done after its day or still open, {told}; still open {len(open_)} ({counts})")
    if len(open_):
        first = open_.iloc[0]
        where = pick(lang, "ส่วนกลาง", "the centre") if first["REF_AREA"] == NATIONAL else codelists.area_name(first["REF_AREA"], lang)
        text += pick(lang, f" ค้างนานที่สุด {number(first['days_late'], 0)} วัน: {first['what_th']} ({where})", f"; the longest by {number(first['days_late'], 0)} days: {first['what_th']} ({where}, {first['id']})")
    return text


def say_owes(row: dict, owed: pd.DataFrame, lang: str) -> str:
    """Return which data an agency owes."""
    own = owed[owed["agency_id"] == row["agency_id"]]
    if own.empty:
        return pick(lang, "ข้อมูลที่ค้างส่ง: ไม่มีตามที่บันทึกไว้", "Data owed: none, as far as is recorded")
    kinds = {"kpi": ("ช่องไตรมาสในแบบรายงานตัวชี้วัด", "quarters of KPI forms"), "indicator": ("ค่าตัวชี้วัด", "indicator values")}
    items = [f"{kinds[k][lang != 'th']} {int((own['kind'] == k).sum())}" for k in kinds if (own["kind"] == k).any()]
    return pick(lang, f"ข้อมูลที่ค้างส่ง: {len(own)} รายการ ({listing(items, lang)}) เลยกำหนดแล้ว {row['n_owed_late']}", f"Data owed: {len(own)} ({listing(items, lang)}), {row['n_owed_late']} past their day")


def agency_lines(row: dict, report: AgencyReport, codelists, lang: str) -> list[str]:
    """Return the page of one agency: what it owns, what moved, what is late, which data it owes."""
    return [
        say_owns(row, report.matrix, lang), say_crowded(row["agency_id"], report.owners, lang), say_moved(row, report.moved, report.evaluated, codelists, lang),
        say_late(row, report.late, codelists, lang), say_owes(row, report.owed, lang),
    ]  # fmt: skip


# ---------------------------------------------------------------- the committee's page


def say_meetings(meetings: pd.DataFrame, quarter: str, lang: str) -> str:
    """Return when the committee last met, and how often in the quarter."""
    if meetings.empty or not meetings["last_meeting"].iloc[0]:
        return pick(lang, "การประชุม: ยังไม่มีการประชุมที่บันทึกไว้", "Meetings: none is recorded yet")
    name = meetings[f"name_{lang}"].iloc[0] or meetings["name_th"].iloc[0]
    now = int(meetings.loc[meetings["fiscal_quarter"] == quarter, "n_meetings"].sum())
    return pick(lang, f"การประชุม: {name} ประชุมครั้งล่าสุด {day_text(meetings['last_meeting'].iloc[0], lang)} ในไตรมาสนี้ {now} ครั้ง รวม {int(meetings['n_meetings'].sum())} ครั้ง", f"Meetings: the {name} last met on {day_text(meetings['last_meeting'].iloc[0], lang)}, {now} time{'' if now == 1 else 's'} in this quarter, {int(meetings['n_meetings'].sum())} in all")


def say_since(since: pd.DataFrame, meetings: pd.DataFrame, lang: str) -> str:
    """Return what was decided, and what was closed, since the committee last met."""
    if meetings.empty or not meetings["last_meeting"].iloc[0]:
        return pick(lang, "มติตั้งแต่การประชุมครั้งล่าสุด: ยังบอกไม่ได้ เพราะไม่มีวันประชุม", "Decisions since the last meeting: cannot be told yet, no meeting has a day")
    taken, closed = int(since["since"].isin(["taken", "taken_and_closed"]).sum()), int(since["since"].isin(["closed", "taken_and_closed"]).sum())
    return pick(lang, f"มติตั้งแต่การประชุมครั้งล่าสุด: มติใหม่ {taken} รายการ ปิดแล้ว {closed} รายการ (ส่วนกลางและจังหวัด)", f"Decisions since the last meeting: {taken} taken, {closed} closed (centre and provinces)")


def say_open(followed: pd.DataFrame, open_rows: pd.DataFrame, agencies: dict, lang: str) -> str:
    """Return how many decisions due were carried out, how many are open and overdue, and which the longest."""
    row = followed[followed["REF_AREA"] == NATIONAL].iloc[0].to_dict()
    if row["reason"]:
        return pick(lang, "มติที่ค้าง: ยังบอกไม่ได้ (ไม่มีมติที่ถึงกำหนด)", "Open decisions: cannot be told yet (none is due)")
    told = share_text(row["done"], row["n"], row["share"], row["ci_low"], row["ci_high"], lang, ("มติที่ถึงกำหนด", "decisions due"))
    late = open_rows[open_rows["state"] == "overdue"]
    tail = "" if late.empty else pick(
        lang, f" นานที่สุด {number(late['days_overdue'].iloc[0], 0)} วัน: {late['text_th'].iloc[0]} ({agencies.get(late['owner_agency_id'].iloc[0], late['owner_agency_id'].iloc[0])})",
        f", the longest by {number(late['days_overdue'].iloc[0], 0)} days: {late['text_th'].iloc[0]} ({agencies.get(late['owner_agency_id'].iloc[0], late['owner_agency_id'].iloc[0])})",
    )  # fmt: skip
    return pick(lang, f"มติที่ค้าง: ทำเสร็จแล้ว {told}; ยังไม่ปิด {number(row['open'], 0)} เกินกำหนด {number(row['overdue'], 0)}{tail}", f"Open decisions: carried out {told}; {number(row['open'], 0)} open, {number(row['overdue'], 0)} overdue{tail}")


def say_owners(report: AgencyReport, lang: str) -> str:
    """Return what is late in the departments, and which targets nobody, or too many, answer for."""
    owners, total = report.owners, int(report.summary["n_open"].sum())
    by_state = {state: list(owners.loc[owners["state"] == state, "target"]) for state in ("orphan", "crowded")}
    told = {state: f"{len(targets)}" + (f" ({listing(targets, lang)})" if targets else "") for state, targets in by_state.items()}
    return pick(
        lang, f"เจ้าภาพและงานค้าง: เป้าประสงค์ที่ไม่มีเจ้าภาพ {told['orphan']} และที่มีเจ้าภาพเกิน {CROWDED_ABOVE} หน่วยงาน {told['crowded']} จาก {len(owners)}; งานและมติที่เลยกำหนดของ {len(report.summary)} หน่วยงาน {number(total, 0)} รายการ",
        f"Owners and what is late: targets without an owner {told['orphan']}, with more than {CROWDED_ABOVE} {told['crowded']}, of {len(owners)}; {number(total, 0)} items past their day in {len(report.summary)} agencies",
    )  # fmt: skip


def say_partnership(report: AgencyReport, lang: str) -> str:
    """Return data owed, and the partnerships with the status that the register states."""
    items = [f"{row[f'b_{lang}']}: {row[f'status_{lang}']}" for row in report.partnerships.drop_duplicates(["partner_b", "status"]).to_dict("records")]
    owed, late = int(report.summary["n_owed"].sum()), int(report.summary["n_owed_late"].sum())
    none = pick(lang, "ยังไม่มีความตกลงที่บันทึกไว้", "no agreement is recorded")
    return pick(lang, f"ข้อมูลและความร่วมมือ: ข้อมูลค้างส่ง {number(owed, 0)} รายการ เลยกำหนด {number(late, 0)}; {listing(items, lang) or none}", f"Data and partnerships: {number(owed, 0)} data owed, {number(late, 0)} past their day; {listing(items, lang) or none}")


def agency_text(report: AgencyReport, codelists) -> dict:
    """Return headline, the committee's five lines and the lines of every agency, Thai and English."""
    return {lang: _agency_text(report, codelists, lang) for lang in LANGUAGES}


def _agency_text(report: AgencyReport, codelists, lang: str) -> dict:
    names = names_of("moi_agencies", "agency_id", lang)
    five = [
        say_meetings(report.meetings, report.quarter, lang), say_since(report.since, report.meetings, lang), say_open(report.followed, report.open_decisions, names, lang),
        say_owners(report, lang), say_partnership(report, lang),
    ]  # fmt: skip
    orphans = list(report.owners.loc[report.owners["state"] == "orphan", "target"])
    owning = int((report.summary["n_owned"] > 0).sum())
    missing = listing(orphans, lang) or pick(lang, "ไม่มี", "none")
    headline = pick(
        lang, f"{owning} จาก {len(report.summary)} หน่วยงานของกระทรวงเป็นเจ้าภาพเป้าประสงค์ ค้างงานและมติที่เลยกำหนด {number(report.summary['n_open'].sum(), 0)} รายการ เป้าประสงค์ที่ไม่มีเจ้าภาพ: {missing}",
        f"{owning} of {len(report.summary)} agencies of the ministry own a target, {number(report.summary['n_open'].sum(), 0)} items are past their day, and targets without an owner: {missing}.",
    )  # fmt: skip
    agencies = [{"agency_id": row["agency_id"], "agency": row[f"name_{lang}"] or row["name_th"], "lines": agency_lines(row, report, codelists, lang)} for row in report.summary.to_dict("records")]
    return {
        "headline": headline, "lines": five, "agencies": agencies, "brief": list(report.brief[f"text_{lang}"]), "partnerships": [say_agreement(row, lang) for row in report.partnerships.to_dict("records")],
        "source": source_line(report, codelists, lang), "synthetic": report.synthetic,
    }  # fmt: skip


def say_agreement(row: dict, lang: str) -> str:
    """Return one agreement as it stands: its status as stated, what was delivered, and doubts."""
    begins = day_text(row["planned_start"] or None, lang)
    start = pick(lang, f"วันเริ่ม {begins}", f"start {begins}") if row["planned_start"] else pick(lang, "ไม่ระบุวันเริ่ม", "no start is given")
    doubts = [d for d in row["doubt"].split(";") if d and d != "no_start_date"]
    doubt = f"; {row[f'doubt_{lang}']}" if doubts else ""
    topic = pick(lang, f" เรื่อง{row['topic']}", f" ({row['topic']})") if row["topic"] else ""
    return pick(lang, f"{row['a_th']} กับ {row['b_th']}{topic}: {row['status_th']}; {start}; ทรัพยากรที่ส่งมอบแล้ว {row['n_delivered']} รายการ{doubt}", f"{row['a_en']} with {row['b_en']}{topic}: {row['status_en']}; {start}; {row['n_delivered']} resources delivered{doubt}")


def list_agencies(text: dict) -> str:
    """Return the pages of all agencies of one language as Markdown."""
    return "\n\n".join(f"**{page['agency']}**\n\n" + "\n".join(f"- {line}" for line in page["lines"]) for page in text["agencies"])


def agency_charts(report: AgencyReport, codelists) -> list[Chart]:
    """Return who owns what over the 17 goals, and the open decisions, each with the finding as its title."""
    source = {lang: source_line(report, codelists, lang) for lang in LANGUAGES}
    names = {lang: names_of("moi_agencies", "agency_id", lang) for lang in LANGUAGES}
    empty = report.matrix.groupby("goal")["n_owned"].sum().reindex([str(g) for g in range(1, 18)], fill_value=0)
    late, n_open = int((report.open_decisions["state"] == "overdue").sum()), len(report.open_decisions)
    return [
        Chart(
            "matrix", "responsibility", report.matrix,
            {"th": f"{int((empty == 0).sum())} จาก 17 เป้าหมายไม่มีหน่วยงานของกระทรวงเป็นเจ้าภาพ", "en": f"Goals without an owner in the ministry: {int((empty == 0).sum())} of 17"},
            {lang: f"n = {len(report.agency)} {pick(lang, 'หน่วยงาน', 'agencies')} · {source[lang]}" for lang in LANGUAGES}, report.synthetic, names,
        ),
        Chart(
            "decisions", "decisions", report.open_decisions.head(SHOWN), {"th": f"มติที่ยังไม่ปิด {n_open} รายการ เกินกำหนด {late}", "en": f"{n_open} decisions are open, {late} of them overdue"},
            {lang: f"n = {n_open} {pick(lang, f'มติ แสดง {min(SHOWN, n_open)} รายการที่เกินกำหนดนานที่สุด', f'decisions, the {min(SHOWN, n_open)} longest overdue are shown')} · {source[lang]}" for lang in LANGUAGES}, report.synthetic,
            options={"as_of": quarter_end(report.quarter)},
        ),
    ]  # fmt: skip
