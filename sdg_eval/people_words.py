"""Partners, participation and awareness in words, Thai and English: sentences of table rows, and the titles of figures.

A share is written with k, n and its interval; a blank with its reason. What staff knew before and after is a change, and what
stands beside it in time is never called its cause.
"""

from __future__ import annotations

import pandas as pd

from sdg_eval.charts import Chart
from sdg_eval.delivery.awareness import MIN_PAIRS
from sdg_eval.delivery.columns import read_list
from sdg_eval.delivery.frames import NATIONAL
from sdg_eval.delivery.participation import GROUPS
from sdg_eval.delivery.partners import MIN_PROJECTS, NETWORKS
from sdg_eval.people_report import AwarenessReport, PeopleReport, count_told
from sdg_eval.suppression import THRESHOLD
from sdg_eval.thai import format_fiscal_quarter
from sdg_eval.wording import LANGUAGES, keep_together, number, p_text, pick

NAMED = 5
"""Places that a sentence names; the rest is counted."""
REASONS = {
    "no_person_rows": ("ไม่ได้ให้ไฟล์ข้อมูลรายบุคคล (ข้อมูลจำกัดสิทธิ์) จึงไม่ได้คำนวณส่วนนี้", "the restricted file of person-level rows was not given, so this part was not computed"),
    "no_pairs": ("ไม่มีผู้ที่มีคะแนนทั้งก่อนและหลัง", "nobody has scores both before and after"),
    "few_pairs": (f"ผู้ที่มีคะแนนทั้งก่อนและหลังไม่ถึง {MIN_PAIRS} คน", f"fewer than {MIN_PAIRS} people have scores before and after"),
    "no_follow_up": ("ยังไม่มีคะแนนติดตามผล", "there are no follow-up scores yet"),
    "few_followed_up": (f"ผู้ที่มีคะแนนติดตามผลไม่ถึง {MIN_PAIRS} คน", f"fewer than {MIN_PAIRS} people have follow-up scores"),
    "suppressed": (f"ไม่แสดง เพราะจะเปิดเผยข้อมูลของคนไม่ถึง {THRESHOLD} คน", f"not shown: it would tell of fewer than {THRESHOLD} persons"),
    "all_changes_equal": ("ทุกคนเปลี่ยนแปลงเท่ากัน จึงไม่มีช่วงความเชื่อมั่น", "everyone changed alike, so there is no interval"),
    "no_project": ("ไม่มีโครงการที่บันทึกไว้", "no project is recorded"),
    "no_partner_recorded": ("มีโครงการแต่ไม่ได้บันทึกภาคี", "projects are recorded, their partners are not"),
    "few_projects": (f"มีโครงการที่บันทึกภาคีไม่ถึง {MIN_PROJECTS} โครงการ", f"fewer than {MIN_PROJECTS} projects have recorded partners"),
    "no_agency_recorded": ("ไม่ได้บันทึกหน่วยงาน", "no agency is recorded"),
    "few_shared_projects": ("โครงการที่ทำร่วมกันมีน้อยเกินไป", "too few projects are shared"),
    "no_event": ("ไม่มีเวทีที่บันทึกไว้", "no event is recorded"),
    "no_proposal": ("ไม่มีข้อเสนอ", "nothing was proposed"),
    "not_recorded": ("ไม่ได้นับ", "nobody counted"),
    "no_answers": ("ไม่มีผู้ตอบแบบสำรวจ", "there are no answers"),
    "no_scores": ("ไม่มีคะแนน", "there are no scores"),
    "few_trainings": ("มีการอบรมน้อยเกินไป", "too few trainings"),
    "hours_all_equal": ("ทุกการอบรมมีจำนวนชั่วโมงเท่ากัน", "every training has the same hours"),
    "one_training_decides": ("ผลขึ้นอยู่กับการอบรมเพียงครั้งเดียว", "a single training decides it"),
    "no_training": ("ไม่มีการอบรมที่บันทึกไว้", "no training is recorded"),
    "no_invited_number": ("ไม่ได้บันทึกจำนวนผู้ได้รับเชิญ", "the number invited is not recorded"),
}  # fmt: skip
WALLS = {
    "walls": ("หน่วยงานแบ่งเป็นกลุ่มที่ทำงานกันเองมากกว่าที่จะพบโดยบังเอิญ", "agencies fall into groups that work among themselves more than chance would give"),
    "open": ("หน่วยงานทำงานข้ามกลุ่มมากกว่าที่จะพบโดยบังเอิญ", "agencies work across groups more than chance would give"),
    "as_by_chance": ("ไม่พบว่าหน่วยงานแบ่งเป็นกลุ่มมากกว่าที่จะพบโดยบังเอิญ", "no grouping of agencies is seen beyond what chance would give"),
}  # fmt: skip
HOSTS = {"moi": ("กระทรวงมหาดไทย", "the Ministry of Interior"), "un": ("สหประชาชาติ", "the United Nations"), "province": ("จังหวัด", "provinces"), "academia": ("ภาควิชาการ", "academia")}


# ---------------------------------------------------------------- small pieces


def why(code: str, lang: str) -> str:
    """Return the words for the reason of a blank; an unknown code is shown as it is."""
    return pick(lang, *REASONS.get(code, (code, code)))


def percent(share: float) -> str:
    """Return a share as a number of per cent: whole, or with one digit below 2."""
    return number(100 * share, 1 if 0 < share < 0.02 else 0)


def range_text(low: float, high: float, lang: str, decimals: int = 0) -> str:
    """Return an interval as read, 95% in words; says so where there is none."""
    if low != low or high != high:
        return pick(lang, "ไม่มีช่วงความเชื่อมั่น", "no interval")
    return pick(lang, f"ช่วงความเชื่อมั่นร้อยละ 95: {number(low, decimals)}–{number(high, decimals)}", f"95% CI {number(low, decimals)} to {number(high, decimals)}")


def share_text(k: float, n: float, share: float, low: float, high: float, lang: str, unit: tuple[str, str] = ("โครงการ", "projects")) -> str:
    """Return `k of n (per cent, interval)` as read."""
    ends = pick(lang, f"ช่วงความเชื่อมั่นร้อยละ 95: {percent(low)}–{percent(high)}", f"95% CI {percent(low)}–{percent(high)}%")
    return pick(
        lang, f"{number(k, 0)} จาก {number(n, 0)} {unit[0]} (ร้อยละ {percent(share)}; {ends})", f"{number(k, 0)} of {number(n, 0)} {unit[1]} ({percent(share)}%; {ends})"
    )  # fmt: skip


def listing(items, lang: str, most: int = NAMED) -> str:
    """Return items as a list in words, those beyond `most` counted."""
    items = list(items)
    more = len(items) - most
    if more > 0:
        return pick(lang, f"{', '.join(items[:most])} และอีก {more}", f"{', '.join(items[:most])} and {more} more")
    if len(items) < 2:
        return "".join(items)
    return pick(lang, f"{', '.join(items[:-1])} และ{'' if _thai(items[-1]) else ' '}{items[-1]}", f"{', '.join(items[:-1])} and {items[-1]}")


def _thai(text: str) -> bool:
    return "\u0e00" <= text[:1] <= "\u0e7f"


def names_of(codelist: str, key: str, lang: str) -> dict[str, str]:
    """Return the names of a codelist's codes."""
    table = read_list(codelist)
    return dict(zip(table[key], table[f"name_{lang}"], strict=True))


def place(area: str, codelists, lang: str) -> str:
    """Return a province's name, or the country."""
    return pick(lang, "ทั้งประเทศ", "The country") if area == NATIONAL else codelists.area_name(area, lang)


def source_line(report, codelists, lang: str) -> str:
    """Return from where the rows of a report come, and whether they were made up."""
    said = []
    for key in report.sources:
        known = (codelists.sources["source"] == key).any()
        said.append(f"{codelists.source_row(key)[f'title_{lang}']}" if known else key)
    text = "; ".join(said) or pick(lang, "ไม่มีข้อมูล", "none")
    return pick(lang, f"ที่มา: {text} ข้อมูลตามที่ทราบ ณ สิ้น{format_fiscal_quarter(report.quarter, lang)}", f"Source: {text}. As known at the end of {format_fiscal_quarter(report.quarter, lang)}.")


def _national(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["REF_AREA"] == NATIONAL]


# ---------------------------------------------------------------- partners


def say_networks(shares: pd.DataFrame, lang: str) -> str:
    """Return which of the seven networks takes part most and least in the country's projects."""
    rows = _national(shares)
    if rows.empty or not rows["n_projects"].iloc[0]:
        return pick(lang, "ยังบอกไม่ได้ว่าภาคีใดร่วมงาน: ", "Which networks take part cannot be told yet: ") + why(rows["reason"].iloc[0] if len(rows) else "no_project", lang)
    names = names_of("networks", "network_id", lang)
    top, low = (rows.loc[getattr(rows["share"], end)()].to_dict() for end in ("idxmax", "idxmin"))
    told = [f"{names[r['network_id']]}{pick(lang, ' ', ', ')}{share_text(r['n_with'], r['n_projects'], r['share'], r['ci_low'], r['ci_high'], lang)}" for r in (top, low)]
    return pick(lang, f"ภาคีที่ร่วมโครงการมากที่สุดคือ{told[0]} น้อยที่สุดคือ{told[1]}", f"The network in most projects is {told[0]}, and in fewest {told[1]}")


def say_missing(shares: pd.DataFrame, codelists, lang: str) -> str:
    """Return in which provinces a network is in none of the projects, and how many provinces cannot be told."""
    rows, names = shares[shares["REF_AREA"] != NATIONAL], names_of("networks", "network_id", lang)
    gone = rows[rows["verdict"] == "missing"]
    told = rows.groupby("REF_AREA")["verdict"].agg(lambda v: not (v == "cannot_be_told").all())
    items = [
        pick(lang, f"{place(r['REF_AREA'], codelists, lang)} ({names[r['network_id']]}; 0 จาก {r['n_projects']} โครงการ ช่วงความเชื่อมั่นร้อยละ 95: 0–{percent(r['ci_high'])})",
             f"{place(r['REF_AREA'], codelists, lang)} ({names[r['network_id']]}; 0 of {r['n_projects']} projects, 95% CI 0–{percent(r['ci_high'])}%)")
        for r in gone.to_dict("records")
    ]  # fmt: skip
    n, unknown = int(told.sum()), int((~told).sum())
    open_ = pick(lang, f" ยังบอกไม่ได้ {unknown} จังหวัด", f" {unknown} provinces cannot be told yet.") if unknown else ""
    if gone.empty:
        return pick(lang, f"ไม่พบจังหวัดที่ขาดภาคีใดทั้งหมด ({n} จังหวัดที่บอกได้)", f"No province lacks a network altogether ({n} provinces that can be told).") + open_
    count = gone["REF_AREA"].nunique()
    return pick(lang, f"จังหวัดที่ไม่มีภาคีใดภาคีหนึ่งร่วมโครงการเลยมี {count} จาก {n} จังหวัด: {listing(items, lang)}", f"A network is in no project at all in {count} of {n} provinces: {listing(items, lang)}.") + open_


def say_balance(row: dict, lang: str) -> str:
    """Return how evenly the seven networks share the roles of an area's projects."""
    if row["reason"]:
        return pick(lang, "ยังบอกความสมดุลของ 7 ภาคีไม่ได้: ", "The balance of the seven networks cannot be told yet: ") + why(row["reason"], lang)
    ends = range_text(row["ci_low"], row["ci_high"], lang, 2)
    return keep_together(pick(
        lang, f"ความสมดุลของบทบาท 7 ภาคีเท่ากับ {number(row['balance_corrected'], 2)} ({ends}; n = {number(row['n_projects'], 0)} โครงการ; 0 คือภาคีเดียวทำทั้งหมด 1 คือทุกภาคีมีบทบาทเท่ากัน)",
        f"The balance of the seven networks' roles is {number(row['balance_corrected'], 2)} ({ends}; n = {number(row['n_projects'], 0)} projects; 0: one network holds all roles, 1: all hold as many)",
    ))  # fmt: skip


def say_web(row: dict, lang: str) -> str:
    """Return what the two-mode network looks like: ties of those possible, networks per actor. Described, not tested."""
    if row["reason"]:
        return pick(lang, "ยังไม่มีความเชื่อมโยงที่บันทึกไว้", "No tie is recorded yet")
    actors = {"provinces": ("จังหวัด", "provinces"), "projects": ("โครงการ", "projects")}[row["actors"]]
    possible = row["n_actors"] * len(NETWORKS)
    return pick(
        lang, f"เครือข่ายของ {row['n_actors']} {actors[0]}กับ 7 ภาคี มีความเชื่อมโยง {row['n_ties']} จาก {possible} คู่ที่เป็นไปได้ เฉลี่ย {number(row['mean_networks'], 1)} ภาคีต่อ{actors[0]} (นับทั้งหมด ไม่ได้ทดสอบทางสถิติ)",
        f"The network of {row['n_actors']} {actors[1]} and seven partner networks has {row['n_ties']} of {possible} possible ties, {number(row['mean_networks'], 1)} networks per {actors[1][:-1]} on average (counted in full, not tested)",
    )  # fmt: skip


def say_team(team: pd.DataFrame, codelists, lang: str) -> list[str]:
    """Return the one-team index: how many projects a single agency does alone, and the provinces where all are."""
    row = _national(team).iloc[0].to_dict()
    if row["reason"]:
        return [pick(lang, "ยังบอกไม่ได้ว่าหน่วยงานทำงานร่วมกันเพียงใด: ", "How far agencies work together cannot be told yet: ") + why(row["reason"], lang)]
    told = share_text(row["n_single"], row["n_projects"], row["share"], row["ci_low"], row["ci_high"], lang)
    lines = [pick(lang, f"ดัชนีทีมเดียว: โครงการที่มีหน่วยงานเดียวทำลำพัง {told}", f"One team: projects that a single agency does alone: {told}")]
    alone = team[(team["REF_AREA"] != NATIONAL) & (team["share"] == 1) & (team["reason"] == "")]
    items = [
        f"{place(r['REF_AREA'], codelists, lang)} {share_text(r['n_single'], r['n_projects'], r['share'], r['ci_low'], r['ci_high'], lang)}" for r in alone.to_dict("records")
    ]
    if items:
        lines.append(pick(lang, f"จังหวัดที่ทุกโครงการมีหน่วยงานเดียว: {listing(items, lang)}", f"Provinces where every project has a single agency: {listing(items, lang)}"))
    return lines


def say_walls(row: dict, lang: str) -> str:
    """Return whether agencies fall into groups that work among themselves, beside what chance gives."""
    quarter = format_fiscal_quarter(row["fiscal_quarter"], lang, months=False)
    if row["verdict"] not in WALLS:
        return pick(lang, f"{quarter}: ยังบอกไม่ได้ว่าหน่วยงานแบ่งกลุ่มกันหรือไม่ ({why(row['reason'], lang)})", f"{quarter}: whether agencies fall into groups cannot be told yet ({why(row['reason'], lang)})")
    band = f"{number(row['random_low'], 2)}–{number(row['random_high'], 2)}"
    return pick(
        lang, f"{quarter}: {WALLS[row['verdict']][0]} (ค่าการแบ่งกลุ่ม {number(row['modularity'], 2)} ช่วงที่พบโดยบังเอิญ {band}; {number(row['n_shared'], 0)} โครงการที่ทำร่วมกัน {number(row['n_agencies'], 0)} หน่วยงาน)",
        f"{quarter}: {WALLS[row['verdict']][1]} (modularity {number(row['modularity'], 2)}, band of chance {band}; {number(row['n_shared'], 0)} shared projects, {number(row['n_agencies'], 0)} agencies)",
    )  # fmt: skip


# ---------------------------------------------------------------- participation


def say_groups(representation: pd.DataFrame, lang: str) -> list[str]:
    """Return which groups came less, and which more, than their share of the population, in the country."""
    rows, names = _national(representation), names_of("groups", "group", lang)
    if rows.empty or (rows["reason"] == "no_event").all():
        return [pick(lang, "ยังบอกไม่ได้ว่าใครมีส่วนร่วม: ", "Who took part cannot be told yet: ") + why("no_event", lang)]
    lines = []
    for verdict, thai, english in (("under", "กลุ่มที่เข้าร่วมน้อยกว่าสัดส่วนในประชากร", "Groups that came less than their share of the population"), ("over", "กลุ่มที่เข้าร่วมมากกว่าสัดส่วนในประชากร", "Groups that came more than their share of the population")):
        own = rows[(rows["verdict"] == verdict) & rows["ratio"].notna()].sort_values("ratio", kind="stable")
        items = [f"{names[r['group']]} {number(r['ratio'], 2)} ({number(r['ci_low'], 2)}–{number(r['ci_high'], 2)})" for r in own.to_dict("records")]
        ends = pick(lang, f"อัตราส่วน ช่วงความเชื่อมั่นร้อยละ 95 ในวงเล็บ; n = {number(rows['n_participants'].max(), 0)} คน {number(rows['n_events'].max(), 0)} เวที", f"ratio, 95% CI in brackets; n = {number(rows['n_participants'].max(), 0)} people at {number(rows['n_events'].max(), 0)} events")
        text = listing(items, lang, len(GROUPS)) or pick(lang, "ไม่พบ", "none found")
        lines.append(keep_together(pick(lang, f"{thai}: {text} — {ends}", f"{english}: {text} — {ends}")))
    return lines


def say_silent(representation: pd.DataFrame, silent: pd.DataFrame, codelists, lang: str) -> str:
    """Return the groups of provinces that never, or hardly, took part, of how many that could be told."""
    names, own = names_of("groups", "group", lang), silent[silent["REF_AREA"] != NATIONAL]
    able = count_told(representation)
    items = []
    for r in own.to_dict("records"):
        seen = why("suppressed", lang) if r["reason"] == "suppressed" else pick(
            lang, f"{number(r['participants'], 0)} จาก {number(r['n_participants'], 0)} คนใน {number(r['n_events'], 0)} เวที ขณะที่เป็นร้อยละ {number(100 * r['population_share'], 1)} ของประชากร; อัตราส่วน ช่วงความเชื่อมั่นร้อยละ 95: {number(r['ci_low'], 2)}–{number(r['ci_high'], 2)}",
            f"{number(r['participants'], 0)} of {number(r['n_participants'], 0)} people at {number(r['n_events'], 0)} events, against {number(100 * r['population_share'], 1)}% of the population; ratio, 95% CI {number(r['ci_low'], 2)}–{number(r['ci_high'], 2)}",
        )  # fmt: skip
        items.append(f"{names[r['group']]} {pick(lang, 'ใน', 'in ')}{place(r['REF_AREA'], codelists, lang)} ({seen})")
    if not items:
        return pick(lang, f"ไม่พบกลุ่มที่เงียบหายไปจากเวที (จาก {able} คู่จังหวัดและกลุ่มที่บอกได้)", f"No group is silent (of {able} pairs of province and group that can be told)")
    return pick(lang, f"กลุ่มที่แทบไม่ได้เข้าร่วมเลย {len(items)} จาก {able} คู่จังหวัดและกลุ่มที่บอกได้: {listing(items, lang)}", f"Silent groups: {len(items)} of {able} pairs of province and group that can be told: {listing(items, lang)}")


def say_adoption(row: dict, lang: str) -> list[str]:
    """Return how much of what people proposed was adopted and answered."""
    if row["reason"]:
        return [pick(lang, "ยังบอกไม่ได้ว่าข้อเสนอถูกนำไปใช้เพียงใด: ", "How much was adopted cannot be told yet: ") + why(row["reason"], lang)]
    unit = ("ข้อเสนอ", "proposals")
    adopted = share_text(row["adopted"], row["proposals"], row["adoption_rate"], row["ci_low"], row["ci_high"], lang, unit)
    answered = share_text(row["answered"], row["proposals"], row["answered_rate"], row["answered_low"], row["answered_high"], lang, unit)
    events = number(row["n_events"], 0)
    return [
        pick(lang, f"ข้อเสนอที่นำไปใช้ {adopted} ที่ได้รับคำตอบ {answered} จาก {events} เวที", f"Adopted: {adopted}; answered: {answered}; {events} events"),
    ]  # fmt: skip


def say_priorities(rows: pd.DataFrame, codelists, lang: str) -> str:
    """Return what the people of one province named most, with design effect and effective n, and whether it speaks for all."""
    first = rows.iloc[0].to_dict()
    name = place(first["REF_AREA"], codelists, lang)
    known = rows[rows["share"].notna()]
    if known.empty:
        return pick(lang, f"{name}: ยังบอกไม่ได้ ({why(first['reason'], lang)})", f"{name}: cannot be told yet ({why(first['reason'], lang)})")
    top = known.sort_values("share", ascending=False, kind="stable").head(3)
    goals = [
        f"SDG {r['goal']} {codelists.goal_row(r['goal'])[f'short_{lang}']} " + pick(lang, f"ร้อยละ {percent(r['share'])} ({percent(r['ci_low'])}–{percent(r['ci_high'])})", f"{percent(r['share'])}% ({percent(r['ci_low'])}–{percent(r['ci_high'])})")
        for r in top.to_dict("records")
    ]  # fmt: skip
    weights = pick(lang, "ถ่วงน้ำหนักตามเพศ อายุ และเขตเมือง", "weighted by sex, age and urbanisation") if first["weighted"] else pick(lang, "ไม่ได้ถ่วงน้ำหนัก", "not weighted")
    size = f"n = {number(first['n'], 0)}; n_eff = {number(first['n_eff'], 0)}; deff = {number(first['deff'], 2)}"
    speaks = "" if first["representative"] else pick(
        lang, " ไม่เป็นตัวแทนของประชากร: ผู้ตอบเป็นกลุ่มตามสะดวก ไม่ได้สุ่ม ช่วงความเชื่อมั่นบอกเฉพาะความคลาดเคลื่อนจากจำนวนผู้ตอบ", " Not representative: a convenience sample, not drawn at random; the interval tells only of the number of answers"
    )  # fmt: skip
    return keep_together(pick(lang, f"{name}: เป้าหมายที่ถูกเลือกมากที่สุด {listing(goals, lang)} (ช่วงความเชื่อมั่นร้อยละ 95 ในวงเล็บ; {weights}; {size}){speaks}", f"{name}: most named were {listing(goals, lang)} (95% CI in brackets; {weights}; {size}).{speaks}"))


def people_text(report: PeopleReport, codelists) -> dict:
    """Return headline and lines by section, Thai and English."""
    return {lang: _people_text(report, codelists, lang) for lang in LANGUAGES}


def _people_text(report: PeopleReport, codelists, lang: str) -> dict:
    gone = report.shares[(report.shares["verdict"] == "missing") & (report.shares["REF_AREA"] != NATIONAL)]["REF_AREA"].nunique()
    silent = int((report.silent["REF_AREA"] != NATIONAL).sum())
    tail = pick(lang, f"; {gone} จังหวัดขาดภาคีอย่างน้อยหนึ่งภาคี และมี {silent} กลุ่มในจังหวัดที่แทบไม่ได้เข้าร่วมเลย", f"; {gone} {'province lacks' if gone == 1 else 'provinces lack'} a network altogether, and {silent} {'group is' if silent == 1 else 'groups are'} silent in a province.")
    sections = {
        "partners": [
            say_missing(report.shares, codelists, lang), say_balance(_national(report.balance).iloc[0].to_dict(), lang), say_web(_national(report.web).iloc[0].to_dict(), lang),
            *say_team(report.team, codelists, lang), say_walls(report.walls.iloc[-1].to_dict(), lang), _unrecorded(report, lang),
        ],
        "participation": [*say_groups(report.representation, lang), say_silent(report.representation, report.silent, codelists, lang), *say_adoption(_national(report.adoption).iloc[0].to_dict(), lang)],
        "priorities": _say_all_priorities(report, codelists, lang),
    }  # fmt: skip
    lines = [line for section in sections.values() for line in section]
    return {"headline": say_networks(report.shares, lang) + tail, **sections, "lines": [*lines, source_line(report, codelists, lang)], "synthetic": report.synthetic}


def _unrecorded(report: PeopleReport, lang: str) -> str:
    row = _national(report.balance).iloc[0]
    return pick(lang, f"โครงการที่ไม่ได้บันทึกภาคี {number(row['n_unrecorded'], 0)} โครงการ ไม่นับรวมในสัดส่วน", f"{number(row['n_unrecorded'], 0)} projects have no recorded partner and are in no share")


def _say_all_priorities(report: PeopleReport, codelists, lang: str) -> list[str]:
    if report.priorities.empty or (report.priorities["reason"] == "no_person_rows").all():
        return [pick(lang, "ลำดับความสำคัญของประชาชน: ", "What people asked for first: ") + why("no_person_rows", lang)]
    note = pick(lang, "คำตอบมีเพียงปีงบประมาณ ไม่มีวันที่ จึงนับปีงบประมาณของไตรมาสนี้ทั้งปี", "Answers carry a fiscal year and no day: those of the quarter's year all count")
    return [*(say_priorities(rows, codelists, lang) for _, rows in report.priorities.groupby("REF_AREA", sort=True)), note]


def people_charts(report: PeopleReport, codelists) -> list[Chart]:
    """Return the figures of partners and people, each with the finding as its title."""
    names = {lang: names_of("networks", "network_id", lang) for lang in LANGUAGES}
    places = {lang: {a: codelists.area_name(a, lang) for a in report.areas} for lang in LANGUAGES}
    shares, groups = _national(report.shares), _national(report.representation)
    source = {lang: source_line(report, codelists, lang) for lang in LANGUAGES}
    charts = [
        Chart("share_rows", "networks", shares, _network_title(shares), _caption(source, _whole(shares["n_projects"].max()), ("โครงการ", "projects")), report.synthetic, names, {"counts": ("n_with", "n_projects")}),
        Chart("bipartite", "ties", report.ties, _tie_title(report, codelists), _caption(source, int(report.ties["weight"].sum() if len(report.ties) else 0), ("ครั้งที่ภาคีร่วมโครงการ", "times a network is in a project")), report.synthetic, names, {"left": places}),
        Chart("representation", "groups", groups, _group_title(groups), _caption(source, _whole(groups["n_participants"].max()), ("คน", "people")), report.synthetic, {lang: names_of("groups", "group", lang) for lang in LANGUAGES}),
        Chart(
            "share_rows", "one_team", report.team[report.team["REF_AREA"].isin([*report.areas, NATIONAL])], _team_title(report.team), _caption(source, int(_national(report.team)["n_projects"].iloc[0]), ("โครงการ", "projects")), report.synthetic,
            {lang: places[lang] | {NATIONAL: place(NATIONAL, codelists, lang)} for lang in LANGUAGES}, {"key": "REF_AREA", "counts": ("n_single", "n_projects")},
        ),
    ]  # fmt: skip
    return charts + [_priority_chart(report, rows, codelists, source) for area, rows in report.priorities.groupby("REF_AREA", sort=True) if area in report.areas and rows["share"].notna().any()]


def _caption(source: dict, n: int, unit: tuple[str, str]) -> dict[str, str]:
    return {lang: f"n = {number(n, 0)} {pick(lang, *unit)} · {source[lang]}" for lang in LANGUAGES}


def _whole(value: float) -> int:
    return 0 if value != value else int(value)


def _network_title(rows: pd.DataFrame) -> dict[str, str]:
    low = rows.loc[rows["share"].idxmin()] if rows["share"].notna().any() else None
    if low is None:
        return {"th": "ยังบอกไม่ได้ว่าภาคีใดร่วมโครงการ", "en": "Which networks take part cannot be told yet"}
    name = {lang: names_of("networks", "network_id", lang)[low["network_id"]] for lang in LANGUAGES}
    return {"th": f"{name['th']}ร่วมโครงการน้อยที่สุด: ร้อยละ {percent(low['share'])}", "en": f"{name['en']} is in fewest projects: {percent(low['share'])}%"}


def _tie_title(report: PeopleReport, codelists) -> dict[str, str]:
    possible, found = len(report.areas) * len(NETWORKS), len(report.ties)
    return {"th": f"ภาคีร่วมงานแล้ว {found} จาก {possible} คู่จังหวัดและภาคี", "en": f"{found} of {possible} pairs of province and network work together"}


def _group_title(rows: pd.DataFrame) -> dict[str, str]:
    under = int((rows["verdict"] == "under").sum())
    return {"th": f"{under} จาก {len(GROUPS)} กลุ่มเข้าร่วมน้อยกว่าสัดส่วนในประชากร", "en": f"{under} of {len(GROUPS)} groups came less than their share of the population"}


def _team_title(team: pd.DataFrame) -> dict[str, str]:
    row = _national(team).iloc[0]
    if row["share"] != row["share"]:
        return {"th": "ยังบอกไม่ได้ว่าหน่วยงานทำงานร่วมกันเพียงใด", "en": "How far agencies work together cannot be told yet"}
    return {"th": f"โครงการที่หน่วยงานเดียวทำลำพัง: ร้อยละ {percent(row['share'])} ทั้งประเทศ", "en": f"Projects done by a single agency: {percent(row['share'])}% in the country"}


def _priority_chart(report: PeopleReport, rows: pd.DataFrame, codelists, source: dict) -> Chart:
    first, area = rows.iloc[0], rows["REF_AREA"].iloc[0]
    top = rows.loc[rows["share"].idxmax(), "goal"]
    title = {
        "th": f"{codelists.area_name(area, 'th')}: เลือกเป้าหมายที่ {top} มากที่สุด" + ("" if first["representative"] else " (ไม่เป็นตัวแทนของประชากร)"),
        "en": f"{codelists.area_name(area, 'en')}: goal {top} is named most" + ("" if first["representative"] else " (not representative)"),
    }
    names = {lang: {g: f"{g} {codelists.goal_row(g)[f'short_{lang}']}" for g in rows["goal"]} for lang in LANGUAGES}
    size = {lang: f"n_eff = {number(first['n_eff'], 0)} · deff = {number(first['deff'], 2)} · {source[lang]}" for lang in LANGUAGES}
    label = {"th": "ร้อยละของผู้ตอบที่เลือกเป้าหมาย", "en": "% of people who name the goal"}
    return Chart("share_rows", f"priorities_{area}", rows, title, _caption(size, int(first["n"]), ("คน", "people")), report.synthetic, names, {"key": "goal", "label": label})


# ---------------------------------------------------------------- awareness


def _points(value: float, low: float, high: float, lang: str, more: str = "") -> str:
    """A change in points with its sign, and in brackets its interval and `more` (n)."""
    sign, more = "+" if value > 0 else "", f"; {more}" if more else ""
    return pick(lang, f"{sign}{number(value, 1)} คะแนน ({range_text(low, high, lang, 1)}{more})", f"{sign}{number(value, 1)} points ({range_text(low, high, lang, 1)}{more})")


def _people(n: float, lang: str) -> str:
    return pick(lang, f"n = {number(n, 0)} คน", f"n = {number(n, 0)} people")


def say_change(row: dict, name: str, lang: str) -> str:
    """Return the change of score of one row, with n, interval and its size; or why it cannot be told."""
    if row["change"] != row["change"]:
        return pick(lang, f"{name}: ยังบอกไม่ได้ ({why(row['reason'], lang)})", f"{name}: cannot be told yet ({why(row['reason'], lang)})")
    size = f"dz = {number(row['dz'], 2)}; Hedges g = {number(row['g'], 2)}" if row["dz"] == row["dz"] else pick(lang, "จับคู่รายบุคคลไม่ได้", "people could not be paired")
    test = f"; Wilcoxon {p_text(row['p_wilcoxon'])}" if row["p_wilcoxon"] == row["p_wilcoxon"] else ""
    over = pick(lang, f"{number(row['n_events'], 0)} การอบรม", f"{number(row['n_events'], 0)} training{'' if row['n_events'] == 1 else 's'}")
    told = _points(row["change"], row["ci_low"], row["ci_high"], lang, f"{_people(row['n'], lang)}; {over}; {size}{test}")
    return keep_together(pick(
        lang, f"{name}: คะแนนเฉลี่ยก่อนอบรม {number(row['mean_pre'], 1)} หลังอบรม {number(row['mean_post'], 1)} การเปลี่ยนแปลง {told}",
        f"{name}: mean score {number(row['mean_pre'], 1)} before and {number(row['mean_post'], 1)} after, a change of {told}",
    ))  # fmt: skip


def say_decay(row: dict, name: str, lang: str) -> str:
    """Return what was left of the change at follow-up among people with all three scores."""
    if row["kept"] != row["kept"]:
        return pick(lang, f"{name}: ยังบอกไม่ได้ว่าความรู้คงอยู่เพียงใด ({why(row['reason'], lang)})", f"{name}: what is left at follow-up cannot be told yet ({why(row['reason'], lang)})")
    part = "" if row["kept_share_low"] != row["kept_share_low"] else pick(
        lang, f" คิดเป็นร้อยละ {percent(row['kept_share'])} ของที่เพิ่มขึ้นหลังอบรม (ช่วงความเชื่อมั่นร้อยละ 95: {percent(row['kept_share_low'])}–{percent(row['kept_share_high'])})",
        f", {percent(row['kept_share'])}% of the rise after training (95% CI {percent(row['kept_share_low'])}–{percent(row['kept_share_high'])}%)",
    )  # fmt: skip
    lost = "" if row["attrition"] != row["attrition"] else pick(
        lang, f" ผู้ที่ยังไม่มีคะแนนติดตามผลร้อยละ {percent(row['attrition'])} (ช่วงความเชื่อมั่นร้อยละ 95: {percent(row['attrition_low'])}–{percent(row['attrition_high'])})",
        f" {percent(row['attrition'])}% have no follow-up score yet (95% CI {percent(row['attrition_low'])}–{percent(row['attrition_high'])}%)",
    )  # fmt: skip
    days = number(row["days_median"], 0)
    return keep_together(pick(
        lang, f"{name}: เมื่อติดตามผลหลังอบรม {days} วัน คะแนนต่างจากก่อนอบรม {_points(row['kept'], row['kept_low'], row['kept_high'], lang, _people(row['n_three'], lang) + 'ที่ตอบครบสามครั้ง')}{part}{lost}",
        f"{name}: {days} days after training the score differs from before by {_points(row['kept'], row['kept_low'], row['kept_high'], lang, _people(row['n_three'], lang) + ' with all three scores')}{part}.{lost}",
    ))  # fmt: skip


def say_faded(decay: pd.DataFrame, change: pd.DataFrame, training: pd.DataFrame, codelists, lang: str) -> str:
    """Return the trainings of which less than half of the change is left, even at the upper end of the interval."""
    rows = faded_trainings(decay, change)
    n = int((decay["by"].eq("event_id") & decay["kept"].notna()).sum())
    where = dict(zip(training["event_id"], training["REF_AREA"], strict=True))
    items = [
        pick(lang, f"{r['name']} {place(where[r['name']], codelists, lang)} จาก {_points(r['change'], r['ci_low'], r['ci_high'], lang)} เหลือ ", f"{r['name']} in {place(where[r['name']], codelists, lang)}, from {_points(r['change'], r['ci_low'], r['ci_high'], lang)} to ")
        + _points(r["kept"], r["kept_low"], r["kept_high"], lang, _people(r["n_three"], lang))
        for r in rows.to_dict("records")
    ]  # fmt: skip
    if not items:
        return pick(lang, f"ไม่พบการอบรมที่ความรู้ลดลงเกินครึ่งเมื่อติดตามผล (จาก {n} การอบรมที่บอกได้)", f"No training has lost more than half of its change at follow-up (of {n} that can be told)")
    return keep_together(pick(lang, f"การอบรมที่เหลือไม่ถึงครึ่งของที่เพิ่มขึ้นเมื่อติดตามผล {len(items)} จาก {n} การอบรมที่บอกได้: {listing(items, lang)}", f"Less than half of the change is left at follow-up in {len(items)} of {n} trainings that can be told: {listing(items, lang)}"))


def faded_trainings(decay: pd.DataFrame, change: pd.DataFrame) -> pd.DataFrame:
    """Return the trainings whose kept change lies, interval and all, below half of the lower end of the change after training."""
    own = decay[decay["by"] == "event_id"].merge(change.loc[change["by"] == "event_id", ["name", "change", "ci_low", "ci_high"]], on="name")
    return own[(own["ci_low"] > 0) & (own["kept_high"] < own["ci_low"] / 2)].reset_index(drop=True)


def say_dose(row: dict, lang: str) -> str:
    """Return the change of score per hour of training, as a difference between trainings."""
    if row["slope"] != row["slope"] or row["reason"]:
        return pick(lang, f"ยังบอกไม่ได้ว่าการอบรมที่ยาวกว่าเปลี่ยนแปลงมากกว่าหรือไม่ ({why(row['reason'], lang)})", f"Whether longer trainings changed more cannot be told yet ({why(row['reason'], lang)})")
    hours = f"{number(row['hours_low'], 0)}–{number(row['hours_high'], 0)}"
    more = pick(lang, f"{_people(row['n'], lang)}; {number(row['n_events'], 0)} การอบรม; {hours} ชั่วโมง", f"{_people(row['n'], lang)}; {number(row['n_events'], 0)} trainings; {hours} hours")
    told = _points(row["slope"], row["ci_low"], row["ci_high"], lang, more)
    return keep_together(pick(
        lang, f"เมื่ออบรมนานขึ้นหนึ่งชั่วโมง การเปลี่ยนแปลงของคะแนนต่างกัน {told} การอบรมที่นานกว่าอาจต่างกันด้านอื่นด้วย",
        f"Trainings longer by an hour differ in change by {told}; longer trainings may differ in other ways too",
    ))  # fmt: skip


def say_reach(row: dict, name: str, lang: str) -> str:
    """Return how many of those invited came."""
    if row["rate"] != row["rate"]:
        return pick(lang, f"{name}: ยังบอกไม่ได้ ({why(row['reason'], lang)})", f"{name}: cannot be told yet ({why(row['reason'], lang)})")
    told = share_text(row["rate"] * row["invited"] if row["n_events_no_invited"] else row["attended"], row["invited"], row["rate"], row["ci_low"], row["ci_high"], lang, ("คนที่ได้รับเชิญ", "people invited"))
    return pick(lang, f"{name}: เข้าอบรม {told} ใน {number(row['n_events'], 0)} การอบรม", f"{name}: {told} came to {number(row['n_events'], 0)} trainings")


def _name(by: str, code: str, codelists, agencies: dict, lang: str) -> str:
    if by == "REF_AREA":
        return place(code, codelists, lang)
    return pick(lang, *HOSTS.get(code, (code, code))) if by == "host" else agencies.get(code, code)


def awareness_text(report: AwarenessReport, codelists) -> dict:
    """Return headline and lines by section, Thai and English."""
    return {lang: _awareness_text(report, codelists, lang) for lang in LANGUAGES}


def _awareness_text(report: AwarenessReport, codelists, lang: str) -> dict:
    agencies = names_of("moi_agencies", "agency_id", lang)
    reach = report.reach[(report.reach["by"] == "REF_AREA") & (report.reach["name"] == NATIONAL)].iloc[0].to_dict()
    country = place(NATIONAL, codelists, lang)
    if (report.change["reason"] == "no_person_rows").all():
        left_out = why("no_person_rows", lang)
        sections = {"change": [left_out], "decay": [left_out], "dose": [left_out]}
        headline = pick(lang, f"การเปลี่ยนแปลงของความรู้: {left_out}", f"How knowledge changed: {left_out}")
    else:
        total = _rows(report.change, "REF_AREA", [NATIONAL])[0]
        headline = say_change(total, country, lang)
        sections = {"change": _change_lines(report, codelists, agencies, lang), "decay": _decay_lines(report, codelists, lang), "dose": [say_dose(report.dose.iloc[0].to_dict(), lang)]}
    sections["reach"] = [say_reach(reach, country, lang), *(say_reach(r, _name("agency_id", r["name"], codelists, agencies, lang), lang) for r in _most(report.reach, "agency_id", "attended"))]
    note = pick(lang, "ไม่มีกลุ่มเปรียบเทียบ จึงเรียกว่าการเปลี่ยนแปลงเท่านั้น", "There is no comparison group: what is told is a change, and no more")
    lines = [line for section in sections.values() for line in section]
    return {"headline": headline, **sections, "lines": [*lines, note, source_line(report, codelists, lang)], "synthetic": report.synthetic}


def _rows(table: pd.DataFrame, by: str, names) -> list[dict]:
    own = table[table["by"] == by].set_index("name", drop=False)
    return [own.loc[name].to_dict() for name in names if name in own.index]


def _most(table: pd.DataFrame, by: str, column: str, most: int = NAMED + 1) -> list[dict]:
    own = table[(table["by"] == by) & (table["name"] != NATIONAL) & table[column].notna() & (table[column] > 0)]
    return own.sort_values([column, "name"], ascending=[False, True], kind="stable").head(most).to_dict("records")


def _change_lines(report: AwarenessReport, codelists, agencies: dict, lang: str) -> list[str]:
    lines = [say_change(r, place(r["name"], codelists, lang), lang) for r in _rows(report.change, "REF_AREA", report.areas)]
    lines += [say_change(r, _name("agency_id", r["name"], codelists, agencies, lang), lang) for r in _most(report.change, "agency_id", "n")]
    total = _rows(report.change, "REF_AREA", [NATIONAL])[0]
    areas = report.change[(report.change["by"] == "REF_AREA") & (report.change["name"] != NATIONAL)]
    able = int(areas["change"].notna().sum())
    lines.append(pick(lang, f"มีคะแนนที่แสดงได้ {able} จาก {len(areas)} จังหวัด", f"{able} of {len(areas)} provinces have scores that can be shown"))
    if total["n_unpaired"] == total["n_unpaired"] and total["n_unpaired"]:
        lines.append(pick(lang, f"ผู้ที่มีคะแนนเพียงครั้งเดียว {number(total['n_unpaired'], 0)} คน ไม่อยู่ในค่าเฉลี่ย", f"{number(total['n_unpaired'], 0)} people with one score only are in no mean"))
    return lines


def _decay_lines(report: AwarenessReport, codelists, lang: str) -> list[str]:
    rows = _rows(report.decay, "REF_AREA", [NATIONAL, *report.areas])
    return [*(say_decay(r, place(r["name"], codelists, lang), lang) for r in rows), say_faded(report.decay, report.change, report.training, codelists, lang)]


def awareness_charts(report: AwarenessReport, codelists) -> list[Chart]:
    """Return the change by province (those of the run, and all with scores), by agency, and the reach of agencies."""
    source = {lang: source_line(report, codelists, lang) for lang in LANGUAGES}
    later = report.decay[report.decay["by"] == "REF_AREA"][["name", "kept", "kept_low", "kept_high"]]
    areas = report.change[report.change["by"] == "REF_AREA"].merge(later, on="name", how="left")
    areas = areas[areas["change"].notna() | areas["name"].isin([*report.areas, NATIONAL])]
    agencies = pd.DataFrame(_most(report.change, "agency_id", "n", 20), columns=report.change.columns)
    reach = pd.DataFrame(_most(report.reach, "agency_id", "attended", 20), columns=report.reach.columns).rename(columns={"rate": "share"})
    total = areas[areas["name"] == NATIONAL].iloc[0]
    n = int(total["n"]) if total["n"] == total["n"] else 0
    title = {lang: _change_title(total, lang) for lang in LANGUAGES}
    names = {lang: {a: place(a, codelists, lang) for a in areas["name"]} for lang in LANGUAGES}
    staff = {lang: names_of("moi_agencies", "agency_id", lang) for lang in LANGUAGES}
    return [
        Chart("awareness", "change_by_province", areas, title, _caption(source, n, ("คน", "people")), report.synthetic, names, {"key": "name"}),
        Chart("awareness", "change_by_agency", agencies, _spread_title(agencies, staff), _caption(source, int(agencies["n"].sum()), ("คน", "people")), report.synthetic, staff, {"key": "name"}),
        Chart(
            "share_rows", "reach_by_agency", reach, _reach_title(report), _caption(source, int(reach["invited"].sum()), ("คนที่ได้รับเชิญ", "people invited")), report.synthetic, staff,
            {"key": "name", "label": {"th": "ร้อยละของผู้ได้รับเชิญที่เข้าอบรม", "en": "% of those invited who came"}, "counts": ("attended", "invited")},
        ),
    ]  # fmt: skip


def _change_title(row, lang: str) -> str:
    if row["change"] != row["change"]:
        return pick(lang, "ยังบอกไม่ได้ว่าความรู้เปลี่ยนแปลงเพียงใด", "How knowledge changed cannot be told yet")
    sign = "+" if row["change"] > 0 else ""
    return pick(lang, f"คะแนนหลังอบรมต่างจากก่อนอบรม {sign}{number(row['change'], 1)} คะแนน ({number(row['ci_low'], 1)}–{number(row['ci_high'], 1)}) ทั้งประเทศ", f"After training the score is {sign}{number(row['change'], 1)} points ({number(row['ci_low'], 1)} to {number(row['ci_high'], 1)}) from before")


def _spread_title(agencies: pd.DataFrame, staff: dict) -> dict[str, str]:
    known = agencies[agencies["change"].notna()]
    if known.empty:
        return {"th": "ยังบอกไม่ได้ว่าความรู้ของแต่ละหน่วยงานเปลี่ยนแปลงเพียงใด", "en": "How knowledge changed by agency cannot be told yet"}
    low, high = number(known["change"].min(), 1), number(known["change"].max(), 1)
    return {"th": f"คะแนนเปลี่ยนแปลง {low} ถึง {high} คะแนน ใน {len(known)} หน่วยงาน", "en": f"Changes of {low} to {high} points in {len(known)} agencies"}


def _reach_title(report: AwarenessReport) -> dict[str, str]:
    row = report.reach[(report.reach["by"] == "REF_AREA") & (report.reach["name"] == NATIONAL)].iloc[0]
    if row["rate"] != row["rate"]:
        return {"th": "ยังบอกไม่ได้ว่ามีผู้เข้าอบรมเพียงใด", "en": "How many came cannot be told yet"}
    return {"th": f"ผู้ได้รับเชิญเข้าอบรมร้อยละ {percent(row['rate'])}", "en": f"{percent(row['rate'])}% of those invited came"}
