"""Synthetic delivery of 77 provinces over eight fiscal quarters, with planted facts that must be found.

Nothing here is official: every row says `synthetic` as its source, names of projects say it too. The world is made clean
first; each planted fact then changes a few rows, so that a test can ask for the clean world and count false alarms.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from sdg_eval.delivery import simulated_people as people
from sdg_eval.delivery import simulated_programme as programme
from sdg_eval.delivery.columns import delivery_tables, table_columns
from sdg_eval.delivery.contract import typed
from sdg_eval.delivery.simulated_programme import FISCAL_YEARS, QUARTERS, THEMES, World, read_world
from sdg_eval.errors import DataError
from sdg_eval.simulate import SEED, SOURCE, rng_of
from sdg_eval.store import csv_bytes, write_atomic

QUARTER_COLUMNS = ["q1", "q2", "q3", "q4"]
RESTRICTED_FOLDER = "restricted"
UNIT_FACTOR, HEAP = 1000, 10
LAST_QUARTER, LAST_QUARTER_FROM = "2567Q4", "2024-07-01"


@dataclass(frozen=True)
class Fact:
    """One planted fact: where it lies (`key` lists ids of `table`, by ;) and what must be found."""

    fact: str
    REF_AREA: str
    table: str
    key: str
    th: str
    en: str


def simulate_delivery(codelists, seed: int = SEED, *, planted: bool = True) -> dict[str, pd.DataFrame]:
    """Return every delivery table, typed as `read_delivery` types it; without `planted` there is no fault in them."""
    tables = _clean_tables(codelists, seed)
    if planted:
        tables, _ = plant_facts(tables)
    return _typed(tables)


def planted_facts(codelists, seed: int = SEED) -> list[Fact]:
    """Return the facts planted in `simulate_delivery(codelists, seed)`."""
    return plant_facts(_clean_tables(codelists, seed))[1]


def clean_kpi_forms(seed: int, n: int = 300) -> pd.DataFrame:
    """Return `n` honest KPI forms of one fiscal year, made quickly: for counting false alarms over many seeds."""
    rng = rng_of("clean forms", seed)
    first = rng.choice(4, n, p=[0.6, 0.2, 0.2, 0.0])
    theme = THEMES.iloc[rng.integers(0, len(THEMES), n)].reset_index(drop=True)
    projects = pd.DataFrame({
        "project_id": [f"P00-{at:04d}" for at in range(n)], "agency_id": theme["lead"], "REF_AREA": "TH-50", "output_indicator": "จำนวน" + theme["unit"],
        "unit": theme["unit"], "target": theme["target"], "first": first, "last": 3,
    })  # fmt: skip
    budget = rng.lognormal(13.5, 0.8, n).round(-2)
    spent = pd.DataFrame({
        "project_id": projects["project_id"], "fiscal_quarter": "2566Q1", "planned_thb": budget, "disbursed_thb": (budget * rng.normal(0.88, 0.08, n).clip(0.5, 1)).round(),
    })  # fmt: skip
    return _typed({"kpi": programme.kpi_table(World((), frozenset(), frozenset(), frozenset(), (), {}, seed), projects, spent)})["kpi"]


def _typed(tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    return {name: typed(name, _text(name, frame.reset_index(drop=True)))[0] for name, frame in tables.items()}


def _text(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """The columns of the contract in its order, marked synthetic, missing values as empty cells, as a file would have them."""
    frame = frame.assign(source=SOURCE)[[*(c.column for c in table_columns(name)), "source"]]
    return pd.DataFrame({column: _cells(values) for column, values in frame.items()})


def _cells(values: pd.Series) -> pd.Series:
    if pd.api.types.is_numeric_dtype(values):
        return pd.Series([f"{v:.10g}" if v == v else "" for v in values.to_numpy(dtype=float)], index=values.index, dtype="str")
    return values.astype("str")


def _clean_tables(codelists, seed: int) -> dict[str, pd.DataFrame]:
    """Every table of the design without faults, as plain values."""
    world = read_world(codelists, seed)
    needs, plans = programme.need_table(world), programme.plan_table(world)
    items = programme.plan_item_table(world, plans, needs)
    projects = programme.project_table(world, needs, plans, items)
    activities, budgets = programme.activity_table(world, projects), programme.budget_table(world, projects)
    population, mechanism = people.population_group_table(world), people.mechanism_table(world)
    events, trainings = people.participation_table(world, projects), people.training_table(world)
    margins, meetings = people.survey_margin_table(world, population), people.meeting_table(world, mechanism)
    said = people.said_table(world)
    decisions = people.decision_table(world, meetings, said)
    made = {
        "agency": programme.agency_table(world), "responsibility": programme.responsibility_table(world), "body": people.body_table(world),
        "network": world.registers["networks"], "partner": people.partner_table(world), "agreement": people.agreement_table(world),
        "plan": plans, "plan_item": items, "need": needs, "project": projects[programme.PROJECT_COLUMNS],
        "project_target": programme.project_target_table(world, projects), "project_agency": programme.project_agency_table(world, projects),
        "project_partner": people.project_partner_table(world, projects), "activity": activities, "budget": budgets, "kpi": programme.kpi_table(world, projects, budgets),
        "participation": events, "participation_group": people.participation_group_table(world, events, population), "population_group": population,
        "training": trainings, "training_score": people.training_score_table(world, trainings), "survey_answer": people.survey_answer_table(world, margins),
        "survey_margin": margins, "mechanism": mechanism, "milestone": people.milestone_table(world), "practice": programme.practice_table(world, projects),
        "evidence": programme.evidence_table(world, activities), "meeting": meetings, "decision": decisions, "adjustment": people.adjustment_table(world, decisions),
        "said": said, "local_group": people.local_group_table(world), "leadership": people.leadership_table(world), "request": people.request_table(world),
        "resource": people.resource_table(world), "process_metric": people.process_metric_table(world), "framework": people.framework_table(),
        "crosswalk": people.crosswalk_table(codelists.indicators),
    }  # fmt: skip
    return {name: made[name] for name in delivery_tables()}


def plant_facts(tables: dict[str, pd.DataFrame]) -> tuple[dict[str, pd.DataFrame], list[Fact]]:
    """Return clean tables with every fact planted, and the facts; the tables given stay as they are."""
    tables, facts = {name: frame.copy() for name, frame in tables.items()}, []
    for plant, area in PLANTED:
        facts.append(plant(tables, area))
    return tables, facts


def _whole_form(tables: dict, area: str, year: int = FISCAL_YEARS[-1]) -> int:
    """Row of the largest KPI form of an area and year with all four quarters."""
    kpi = tables["kpi"]
    own = kpi[(kpi["REF_AREA"] == area) & (kpi["fiscal_year"] == year) & kpi[QUARTER_COLUMNS].notna().all(axis=1)]
    if own.empty:
        raise DataError(f"{area} has no KPI form of {year} with four quarters to plant a fact in. Take another seed.")
    return own["target_value"].idxmax()


def _by_quarter(tables: dict, rows) -> None:
    """Write cumulative forms as results of each quarter."""
    kpi = tables["kpi"]
    running = kpi.index.isin(rows) & (kpi["cumulative"] == 1)
    values = kpi.loc[running, QUARTER_COLUMNS]
    kpi.loc[running, QUARTER_COLUMNS] = values.diff(axis=1).fillna(values)
    kpi.loc[running, "cumulative"] = 0


def _sum_up(tables: dict, rows) -> None:
    """Write the totals of forms anew: the last quarter of cumulative ones, else the sum."""
    kpi = tables["kpi"]
    values = kpi.loc[rows, QUARTER_COLUMNS]
    kpi.loc[rows, "total"] = values.sum(axis=1).where(kpi.loc[rows, "cumulative"] == 0, values.max(axis=1))


def _unit_error(tables: dict, area: str) -> Fact:
    row, kpi = _whole_form(tables, area), tables["kpi"]
    _by_quarter(tables, [row])
    kpi.loc[row, "q3"] *= UNIT_FACTOR
    _sum_up(tables, [row])
    return Fact("unit_error", area, "kpi", kpi.at[row, "kpi_id"], f"q3 มากกว่าไตรมาสอื่นราว {UNIT_FACTOR} เท่า", f"q3 is about {UNIT_FACTOR} times the other quarters: a unit error")


def _unit_error_budget(tables: dict, area: str) -> Fact:
    budget = tables["budget"]
    row = budget.index[(budget["REF_AREA"] == area) & (budget["source_type"] == "public")][3]
    budget.loc[row, ["planned_thb", "disbursed_thb"]] /= 1e6
    return Fact("unit_error_budget", area, "budget", budget.at[row, "budget_id"], "เขียนล้านบาทแต่ระบุว่าบาท", "an amount in millions in a row that says baht")


def _copied_quarter(tables: dict, area: str) -> Fact:
    kpi = tables["kpi"]
    rows = kpi.index[(kpi["REF_AREA"] == area) & (kpi["fiscal_year"] == FISCAL_YEARS[-1]) & kpi[["q2", "q3"]].notna().all(axis=1)]
    _by_quarter(tables, rows)
    kpi.loc[rows, "q3"] = kpi.loc[rows, "q2"]
    _sum_up(tables, rows)
    return Fact("copied_quarter", area, "kpi", ";".join(kpi.loc[rows, "kpi_id"]), "q3 เท่ากับ q2 ทุกแบบฟอร์มของปี 2567", "q3 repeats q2 in every form of fiscal year 2567")


def _jump_at_year_end(tables: dict, area: str) -> Fact:
    row, kpi = _whole_form(tables, area), tables["kpi"]
    kpi.loc[row, QUARTER_COLUMNS] = (kpi.at[row, "target_value"] * np.array([0.03, 0.05, 0.08, 1.0])).round()
    kpi.loc[row, "cumulative"] = 1
    _sum_up(tables, [row])
    return Fact("jump_q4", area, "kpi", kpi.at[row, "kpi_id"], "จาก 8% ใน q3 เป็น 100% พอดีใน q4", "8% of the target in q3 and exactly 100% in q4")


def _paid_without_output(tables: dict, area: str) -> Fact:
    row, kpi, budget, activity = _whole_form(tables, area), tables["kpi"], tables["budget"], tables["activity"]
    project, year = kpi.at[row, "project_id"], str(FISCAL_YEARS[-1])
    paid = (budget["project_id"] == project) & budget["fiscal_quarter"].str.startswith(year)
    budget.loc[paid, "disbursed_thb"] = (0.97 * budget.loc[paid, "planned_thb"]).round()
    kpi.loc[row, [*QUARTER_COLUMNS, "total", "cumulative"]] = 0
    kpi.loc[row, "disbursed_thb"] = budget.loc[paid, "disbursed_thb"].sum()
    _undone(tables, (activity["project_id"] == project) & activity["fiscal_quarter"].str.startswith(year))
    return Fact("paid_no_output", area, "kpi", kpi.at[row, "kpi_id"], "เบิกจ่าย 97% แต่ผลงานเป็นศูนย์ทั้งปี", "97% disbursed and no output in the whole year")


def _undone(tables: dict, rows: pd.Series) -> None:
    """Take back what activities did, with their evidence."""
    activity, evidence = tables["activity"], tables["evidence"]
    tables["evidence"] = evidence[~evidence["evidence_id"].isin(activity.loc[rows, "evidence_id"])]
    activity.loc[rows, ["done", "community_hours"]] = 0
    activity.loc[rows, ["done_date", "evidence_id"]] = ""


def _heaped_digits(tables: dict, area: str) -> Fact:
    kpi = tables["kpi"]
    rows = kpi.index[kpi["REF_AREA"] == area]
    kpi.loc[rows, QUARTER_COLUMNS] = (kpi.loc[rows, QUARTER_COLUMNS] / HEAP).round() * HEAP
    _sum_up(tables, rows)
    return Fact("digit_heaping", area, "kpi", ";".join(kpi.loc[rows, "kpi_id"]), "ตัวเลขทุกไตรมาสลงท้ายด้วย 0", "every quarterly figure of the province ends in 0")


def _silent_group(tables: dict, area: str, group: str = "disability") -> Fact:
    room, events = tables["participation_group"], tables["participation"]
    own = room["event_id"].isin(events.loc[events["REF_AREA"] == area, "event_id"]) & (room["group"] == group)
    room.loc[own, "participants"] = 0
    return Fact("silent_group", area, "participation_group", group, "คนพิการไม่เคยเข้าร่วมเลยตลอด 8 ไตรมาส", "persons with disabilities were in none of the rooms over eight quarters")


def _missing_network(tables: dict, area: str, network: str = "religious") -> Fact:
    partner, project = tables["project_partner"], tables["project"]
    own = partner["project_id"].isin(project.loc[project["REF_AREA"] == area, "project_id"]) & (partner["network_id"] == network)
    tables["project_partner"] = partner[~own]
    return Fact("missing_network", area, "project_partner", network, "ไม่มีโครงการใดมีภาคผู้นำศาสนา", "religious leaders take part in no project")


def _uncovered_need(tables: dict, area: str) -> Fact:
    need, plan, item, project, tagged = (tables[t] for t in ("need", "plan", "plan_item", "project", "project_target"))
    taken = {*need.loc[need["REF_AREA"] == area, "target"], *item.loc[item["plan_id"].isin(plan.loc[plan["REF_AREA"] == area, "plan_id"]), "target"],
             *tagged.loc[tagged["project_id"].isin(project.loc[project["REF_AREA"] == area, "project_id"]), "target"], "14.1", "12.8"}  # fmt: skip
    free = [t for t in THEMES["target"] if t not in taken]
    if not free:
        raise DataError(f"Every theme is already needed or planned in {area}. Take another seed.")
    row = {"need_id": f"N{area[3:]}-11", "REF_AREA": area, "target": free[0], "severity": 5, "fiscal_year": 2567, "origin": "hearing"}
    tables["need"] = pd.concat([need, pd.DataFrame([row])], ignore_index=True).sort_values("need_id", kind="stable", ignore_index=True)
    return Fact("uncovered_need", area, "need", row["need_id"], f"เป้าประสงค์ {free[0]} รุนแรงระดับ 5 แต่ไม่มีรายการในแผนใด", f"target {free[0]} has severity 5 and is in no plan")


def _dropped_target(tables: dict, area: str) -> Fact:
    item, need, project = tables["plan_item"], tables["need"], tables["project"]
    severe = set(need.loc[(need["REF_AREA"] == area) & (need["severity"] == 5), "target"])
    old, new = (f"L{area[3:]}-{version}" for version in (1, 2))
    first = item[(item["plan_id"] == old) & ~item["target"].isin(["", *severe])]
    target = first["target"].iloc[-1]
    gone = item.loc[(item["plan_id"] == new) & (item["target"] == target), "plan_item_id"]
    project.loc[project["plan_item_id"].isin(gone), "plan_item_id"] = ""
    tables["plan_item"] = item[~item["plan_item_id"].isin(gone)]
    return Fact("dropped_target", area, "plan_item", f"{new};{target}", f"ฉบับที่ 2 ไม่มีเป้าประสงค์ {target} ซึ่งมีในฉบับที่ 1", f"version 2 of the plan has lost target {target}")


def _forget_meetings(tables: dict, rows) -> None:
    """Remove meetings with their decisions and what came of them."""
    gone = set(tables["meeting"].loc[rows, "meeting_id"])
    tables["meeting"] = tables["meeting"][~rows]
    decided = tables["decision"]["meeting_id"].isin(gone)
    lost = set(tables["decision"].loc[decided, "decision_id"])
    tables["decision"] = tables["decision"][~decided]
    tables["adjustment"] = tables["adjustment"][~tables["adjustment"]["decision_id"].isin(lost)]


def _lapsed_mechanism(tables: dict, area: str) -> Fact:
    mechanism, meeting = tables["mechanism"], tables["meeting"]
    own = mechanism["REF_AREA"] == area
    ever = mechanism[own & (mechanism["committee_exists"] == 1)].iloc[0]
    mechanism.loc[own, ["committee_exists", "has_workplan", "has_secretariat"]] = 1
    mechanism.loc[own, ["order_no", "order_date", "chair_role"]] = [ever["order_no"], "2022-11-01", ever["chair_role"]]
    gone = own & (mechanism["fiscal_quarter"] >= "2567Q3")
    mechanism.loc[gone, ["committee_exists", "meetings_held", "has_workplan", "has_secretariat", "has_data_officer", "reports_on_time"]] = 0
    mechanism.loc[gone, ["order_no", "order_date", "chair_role"]] = ""
    _forget_meetings(tables, (meeting["REF_AREA"] == area) & (meeting["meeting_date"] >= "2024-04-01"))
    return Fact("mechanism_lapsed", area, "mechanism", "2567Q3", "คณะกรรมการมีถึง 2567Q2 แล้วไม่มีอีก", "the committee existed up to 2567Q2 and then no more")


def _silo(tables: dict, area: str) -> Fact:
    joined, project = tables["project_agency"], tables["project"]
    own = joined["project_id"].isin(project.loc[project["REF_AREA"] == area, "project_id"])
    tables["project_agency"] = joined[~own | (joined["role"] == "lead")]
    return Fact("silo", area, "project_agency", area, "ทุกโครงการมีหน่วยงานเดียว", "every project has a single agency")


def _overdue_decision(tables: dict, area: str) -> Fact:
    decision = tables["decision"]
    row = decision.index[decision["REF_AREA"] == area][0]
    decision.loc[row, ["due_date", "status", "closed_date"]] = ["2023-06-30", "open", ""]
    key = decision.at[row, "decision_id"]
    tables["adjustment"] = tables["adjustment"][tables["adjustment"]["decision_id"] != key]
    return Fact("decision_overdue", area, "decision", key, "ครบกำหนด 30 มิ.ย. 2566 ยังไม่เสร็จ", "due on 2023-06-30 and still open")


def _decaying_awareness(tables: dict, area: str) -> Fact:
    training, score = tables["training"], tables["training_score"]
    event = training.loc[training["REF_AREA"] == area, "event_id"].iloc[0]
    row, rng, n = training["event_id"] == event, rng_of("decay", SEED), 30
    training.loc[row, ["event_date", "host", "hours", "invited", "attended"]] = ["2023-03-15", "un", 6, 45, 36]
    before = rng.normal(50, 10, n).round()
    after = (before + rng.normal(22, 6, n)).clip(0, 100).round()
    later = (before + 0.1 * (after - before) + rng.normal(0, 4, n)).clip(0, 100).round()
    own = pd.DataFrame({
        "event_id": event, "person": [people.pseudonym(event, at) for at in range(n)], "pre_score": before, "post_score": after, "follow_up_score": later, "follow_up_date": "2023-09-11",
    })  # fmt: skip
    tables["training_score"] = pd.concat([score[score["event_id"] != event], own]).sort_values("event_id", kind="stable", ignore_index=True)
    return Fact("awareness_decay", area, "training_score", event, "คะแนนเพิ่มราว 22 จุดหลังอบรม เหลือราว 1 ใน 10 เมื่อครบ 6 เดือน", "about 22 points gained, a tenth of it left after half a year")


def _orphan_target(tables: dict, area: str, target: str = "12.8") -> Fact:
    tables["responsibility"] = tables["responsibility"][tables["responsibility"]["target"] != target]
    return Fact("orphan_target", area, "responsibility", target, f"เป้าประสงค์ {target} ไม่มีหน่วยงานรับผิดชอบ", f"target {target} has no responsible agency")


def _sent_nothing(tables: dict, area: str) -> Fact:
    late, project = LAST_QUARTER_FROM, tables["project"]
    own = set(project.loc[project["REF_AREA"] == area, "project_id"])
    activity = tables["activity"]
    of_area = activity["project_id"].isin(own)
    _undone(tables, of_area & (activity["done_date"] >= late))
    tables["activity"] = activity[~(of_area & (activity["fiscal_quarter"] == LAST_QUARTER))]
    for name in ("budget", "mechanism", "leadership", "process_metric"):
        frame = tables[name]
        tables[name] = frame[~((frame["REF_AREA"] == area) & (frame["fiscal_quarter"] == LAST_QUARTER))]
    _forget_meetings(tables, (tables["meeting"]["REF_AREA"] == area) & (tables["meeting"]["meeting_date"] >= late))
    _forget_last_quarter(tables, area)
    kpi = tables["kpi"]
    rows = kpi.index[(kpi["REF_AREA"] == area) & (kpi["fiscal_year"] == FISCAL_YEARS[-1])]
    kpi.loc[rows, "q4"] = np.nan
    _sum_up(tables, rows)
    budget = tables["budget"]
    left = budget[budget["fiscal_quarter"].str.startswith(str(FISCAL_YEARS[-1]))].groupby("project_id")[["planned_thb", "disbursed_thb"]].sum()
    kpi.loc[rows, ["budget_thb", "disbursed_thb"]] = left.reindex(kpi.loc[rows, "project_id"]).fillna(0).to_numpy()
    return Fact("sent_nothing", area, "activity", LAST_QUARTER, "ไม่มีข้อมูลไตรมาส 2567Q4 เลย", "nothing at all was sent for 2567Q4")


def _forget_last_quarter(tables: dict, area: str) -> None:
    """Remove events of the last quarter, and what became known in it about earlier ones."""
    late = LAST_QUARTER_FROM
    for name, date in (("participation", "event_date"), ("training", "event_date"), ("request", "request_date"), ("local_group", "start_date"), ("resource", "delivered_date")):
        frame = tables[name]
        tables[name] = frame[~((frame["REF_AREA"] == area) & (frame[date] >= late))]
    for name, parent in (("participation_group", "participation"), ("training_score", "training")):
        tables[name] = tables[name][tables[name]["event_id"].isin(tables[parent]["event_id"])]
    for name, date in (("milestone", "actual_date"), ("request", "answered_date"), ("local_group", "end_date")):
        frame = tables[name]
        frame.loc[(frame["REF_AREA"] == area) & (frame[date] >= late), date] = ""
    tables["training_score"].loc[:, ["follow_up_score", "follow_up_date"]] = _without_late_follow_up(tables, area)
    decision, adjustment = tables["decision"], tables["adjustment"]
    reopened = (decision["REF_AREA"] == area) & (decision["closed_date"] >= late)
    tables["adjustment"] = adjustment[~adjustment["decision_id"].isin(decision.loc[reopened, "decision_id"])]
    decision.loc[reopened, ["status", "closed_date"]] = ["open", ""]


def _without_late_follow_up(tables: dict, area: str) -> pd.DataFrame:
    score, training = tables["training_score"], tables["training"]
    own = score["event_id"].isin(training.loc[training["REF_AREA"] == area, "event_id"]) & (score["follow_up_date"] >= LAST_QUARTER_FROM)
    return pd.DataFrame({"follow_up_score": score["follow_up_score"].mask(own), "follow_up_date": score["follow_up_date"].mask(own, "")})


PLANTED = (
    (_unit_error, "TH-50"), (_unit_error_budget, "TH-30"), (_copied_quarter, "TH-57"), (_jump_at_year_end, "TH-34"), (_paid_without_output, "TH-41"),
    (_heaped_digits, "TH-90"), (_silent_group, "TH-83"), (_missing_network, "TH-76"), (_uncovered_need, "TH-95"), (_dropped_target, "TH-84"),
    (_lapsed_mechanism, "TH-63"), (_silo, "TH-58"), (_overdue_decision, "TH-94"), (_decaying_awareness, "TH-10"), (_orphan_target, "TH"), (_sent_nothing, "TH-96"),
)  # fmt: skip
"""Each fact and the place it is planted in: one for every pilot province, so that every report has something to find."""


def sample_delivery_csv(codelists, seed: int = SEED) -> dict[str, bytes]:
    """Return the sample as files: name under data/sample/delivery -> CSV; tables of persons lie in `restricted/`."""
    tables, _ = plant_facts(_clean_tables(codelists, seed))
    specs = delivery_tables()
    return {
        f"{RESTRICTED_FOLDER}/{name}.csv" if specs[name].restricted else f"{name}.csv": csv_bytes(_text(name, frame)) for name, frame in tables.items()
    }


def truth_json(codelists, seed: int = SEED) -> bytes:
    """Return what is true of the sample: the planted facts, and the rates from which it was drawn."""
    truth = {
        "synthetic": True, "seed": seed, "quarters": list(QUARTERS), "facts": [asdict(fact) for fact in planted_facts(codelists, seed)],
        "parameters": {
            "vnr_projects": programme.VNR_PROJECTS, "network_reach": people.NETWORK_REACH, "group_turnout": people.GROUP_TURNOUT, "adopted": people.ADOPTED, "answered": people.ANSWERED,
            "pilot_adds_to_adopted_and_answered": 0.1, "gain_base": people.GAIN_BASE, "gain_per_hour": people.GAIN_PER_HOUR, "gain_kept": people.GAIN_KEPT,
        },
    }  # fmt: skip
    return (json.dumps(truth, ensure_ascii=False, indent=1) + "\n").encode("utf-8")


def write_sample_delivery(folder, codelists, seed: int = SEED) -> None:
    """Write the sample of delivery tables and its truth into `folder` (data/sample)."""
    folder = Path(folder)
    for name, content in sample_delivery_csv(codelists, seed).items():
        write_atomic(folder / "delivery" / name, content)
    write_atomic(folder / "delivery_truth.json", truth_json(codelists, seed))


if __name__ == "__main__":
    from sdg_eval.codelists import read_codelists

    write_sample_delivery(Path(__file__).parents[2] / "data" / "sample", read_codelists())
