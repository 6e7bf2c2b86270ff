"""The review's register and the departments' pages as their readers meet them."""

import json
import re
from pathlib import Path

import pandas as pd
import pytest

from sdg_eval.claims.remake import remake
from sdg_eval.delivery.tables import Delivery, read_delivery
from sdg_eval.figures.delivery import paint
from sdg_eval.people_report import write_report
from sdg_eval.register_report import (
    agencies_shown,
    evaluate_agencies,
    evaluate_register,
    partners_by_goal,
    values_by,
)
from sdg_eval.register_words import (
    agency_charts,
    agency_text,
    list_agencies,
    register_charts,
    register_text,
    say_moved,
    say_reason,
    with_reasons,
)

SAMPLE = Path(__file__).parents[1] / "data" / "sample"
QUARTER = "2567Q2"
CAUSES = r"\bcaus|because of|led to|impact|thanks to|ทำให้|ส่งผล|เกิดจาก"


@pytest.fixture(scope="module")
def delivery():
    return read_delivery(SAMPLE / "delivery")


@pytest.fixture(scope="module")
def truth():
    facts = json.loads((SAMPLE / "delivery_truth.json").read_text(encoding="utf-8"))["facts"]
    return {fact["fact"]: fact for fact in facts}


@pytest.fixture(scope="module")
def register(delivery, codelists):
    return evaluate_register(delivery, codelists, quarter=QUARTER)


@pytest.fixture(scope="module")
def agencies(delivery, codelists, observations):
    return evaluate_agencies(delivery, codelists, quarter=QUARTER, report_year=2026, observations=observations)


def with_table(delivery, **tables) -> Delivery:
    return Delivery(dict(delivery.tables) | tables)


# ---------------------------------------------------------------- the register


def test_thirty_seven_is_complete_and_one_more_or_fewer_is_not(delivery, register, codelists):
    assert register.vnr.complete and "ครบ 37" in register_text(register, codelists)["th"]["headline"]
    project = delivery.project
    flagged = project["vnr_flag"] == 1
    fewer = project.assign(vnr_flag=project["vnr_flag"].mask(project.index == project.index[flagged][0], 0.0))
    more = project.assign(vnr_flag=project["vnr_flag"].mask(project.index == project.index[~flagged][0], 1.0))
    for frame, found in ((fewer, 36), (more, 38)):
        text = register_text(evaluate_register(with_table(delivery, project=frame), codelists, quarter=QUARTER), codelists)
        assert "ยังเรียกว่าครบไม่ได้" in text["th"]["headline"] and "Cannot be called complete" in text["en"]["headline"]
        assert f"พบ {found} ควรมี 37" in text["th"]["set"][0] and f"found {found}, expected 37" in text["en"]["set"][0]


def test_all_17_goals_are_listed_and_the_gaps_are_named_by_either_way_of_tagging(register, codelists):
    assert list(register.portfolio["goal"]) == [*map(str, range(1, 18)), "untagged"]
    own = register.register["goals"].str.split(";").explode()
    unreached = [g for g in map(str, range(1, 18)) if g not in set(own)]
    assert unreached and list(register.coverage["method"]) == ["weights", "primary"]
    assert register.coverage.set_index("method").at["weights", "gaps"] == ";".join(unreached)
    said = register_text(register, codelists)["en"]["portfolio"][0]
    assert all(f"{g} {codelists.goal_row(g)['short_en']}" in said for g in unreached)


def test_every_project_has_a_grade_with_its_reason_and_contributes_without_a_claim(register):
    table = with_reasons(register.register)
    assert len(table) == 37 and table["grade"].isin(list("ABCD")).all() and (table["grade_reason_th"] != "").all()
    assert table["statement_th"].str.contains("มีส่วนต่อ").all() and table["statement_en"].str.contains("contribut").all()
    assert say_reason({"grade": "C", "missing": "baseline"}, "en") == "C: evidence that it was carried out; lacks a baseline"


def test_evidence_of_later_days_lifts_no_grade(delivery, codelists):
    early, late = (evaluate_register(delivery, codelists, quarter=q).grades.set_index("project_id")["grade"] for q in ("2566Q1", "2567Q4"))
    assert (early >= late).all() and (early > late).any()  # D sorts after A
    counts = evaluate_register(delivery, codelists, quarter="2566Q1")
    assert counts.vnr.complete and counts.n_not_begun > 0
    confirmed = delivery.project_target.set_index("project_id")["confirmed_date"]
    open_then = {p for p in counts.vnr.project_ids if (confirmed.loc[[p]] > "2022-12-31").any() or (confirmed.loc[[p]] == "").any()}
    assert set(counts.faults.loc[counts.faults["fault"] == "unconfirmed", "project_id"]) == open_then


def test_a_broken_way_from_local_to_global_is_told(delivery, codelists):
    crosswalk = delivery.crosswalk
    local = crosswalk["local_indicator"].iloc[0]
    broken = crosswalk[~((crosswalk["local_indicator"] == local) & (crosswalk["framework_id"] == "un"))]
    report = evaluate_register(with_table(delivery, crosswalk=broken), codelists, quarter=QUARTER)
    said = register_text(report, codelists)["en"]["crosswalk"][0]
    n = crosswalk["local_indicator"].nunique()
    assert said.startswith(f"{n - 1} of {n} ") and "no global indicator 1" in said


def test_an_empty_register_says_so_and_one_project_has_no_interval(delivery, codelists):
    empty = evaluate_register(Delivery({}), codelists, quarter=QUARTER)
    text = register_text(empty, codelists)
    assert "ยังไม่มีรายการ" in text["th"]["headline"] and "cannot be told yet" in text["en"]["portfolio"][0]
    assert paint(register_charts(empty, codelists)[0], codelists, "th")
    one = delivery.project[delivery.project["vnr_flag"] == 1].head(1)
    report = evaluate_register(with_table(delivery, project=one), codelists, quarter=QUARTER)
    assert "no interval" in register_text(report, codelists)["en"]["portfolio"][0] and report.vnr.state == "short"


# ---------------------------------------------------------------- agencies and the committee


def test_departments_come_first_then_state_enterprises_and_each_has_a_page(agencies, codelists):
    kinds = list(agencies.agency["agency_type"])
    assert kinds == sorted(kinds) and set(kinds) == {"department", "state_enterprise"}
    assert {"ddpm", "dopa", "cdd", "dol", "dla", "dpt"} <= set(agencies.agency["agency_id"]) and kinds.count("state_enterprise") == 6
    for lang in ("th", "en"):
        pages = agency_text(agencies, codelists)[lang]["agencies"]
        assert [page["agency_id"] for page in pages] == list(agencies.agency["agency_id"]) and all(len(page["lines"]) == 5 for page in pages)
        assert list_agencies({"agencies": pages}).count("**") == 2 * len(pages)
    assert (agencies.matrix.groupby("agency_id").size() == 17).all()


def test_agencies_shown_come_from_the_central_register_even_without_tables(codelists):
    report = evaluate_agencies(Delivery({}), codelists, quarter=QUARTER, report_year=2026)
    assert len(agencies_shown(report.agency)) == len(report.agency) == 13
    text = agency_text(report, codelists)
    assert "ยังไม่มีการประชุมที่บันทึกไว้" in text["th"]["lines"][0] and "cannot be told yet" in text["en"]["lines"][2]
    assert (report.summary["reason"] == "owns_nothing;nothing_due").all()
    assert all(paint(chart, codelists, "th") for chart in agency_charts(report, codelists))


def test_the_orphan_target_is_named_in_the_headline_and_a_crowded_one_on_the_page(agencies, delivery, truth, codelists):
    target = truth["orphan_target"]["key"]
    assert list(agencies.owners.loc[agencies.owners["state"] == "orphan", "target"]) == [target]
    assert all(target in agency_text(agencies, codelists)[lang]["headline"] for lang in ("th", "en"))
    four = pd.DataFrame({"agency_id": ["cdd", "dla", "dpt", "dol"], "target": "12.8", "role": "owner", "source": "synthetic"})
    crowded = with_table(delivery, responsibility=pd.concat([delivery.responsibility, four], ignore_index=True))
    text = agency_text(evaluate_agencies(crowded, codelists, quarter=QUARTER, report_year=2026), codelists)
    pages = {page["agency_id"]: page["lines"] for page in text["en"]["agencies"]}
    assert pages["cdd"][1] == "Targets with more than 3 owners: 12.8" and pages["dopa"][1].endswith("none")


def test_without_observations_what_moved_is_not_evaluated_and_it_is_said(delivery, codelists):
    report = evaluate_agencies(delivery, codelists, quarter=QUARTER, report_year=2026)
    text = agency_text(report, codelists)
    assert text["th"]["agencies"][3]["lines"][2] == "สิ่งที่เปลี่ยนแปลง: ไม่ได้ประเมินในการรันครั้งนี้"
    assert text["en"]["agencies"][3]["lines"][2] == "What moved: not evaluated in this run"


def test_what_moved_counts_provinces_of_each_series_and_targets_without_any(agencies, codelists):
    moved = pd.DataFrame({
        "agency_id": "cdd", "target": ["1.2", "1.2", "1.2", "1.5"], "SERIES": ["SI_POV_NAHC"] * 3 + [""], "REF_AREA": ["TH-10", "TH-50", "TH-57", ""],
        "verdict": ["improving", "not_detected", "worsening", ""], "move": ["better", "none", "worse", "none"], "reason": ["", "not_detected", "", "no_series"],
    })  # fmt: skip
    said = say_moved({"agency_id": "cdd", "n_owned": 2}, moved, True, codelists, "en")
    assert f"{codelists.series_name('SI_POV_NAHC', 'en')}: 1 better, 1 worse, of 3" in said and "1 of 2 targets have no provincial indicator" in said
    assert agencies.evaluated and (agencies.moved["move"] == "better").any()


def test_values_that_arrived_after_the_quarter_are_not_used(observations, codelists):
    end = pd.Timestamp("2024-03-31")
    used = values_by(observations, codelists, end)
    assert len(used) and (used["TIME_PERIOD"].str[:4].astype(int) <= 2023).all() and (observations["TIME_PERIOD"].str[:4] > "2024").any()


def test_what_happens_after_the_quarter_changes_no_page(delivery, codelists):
    later = delivery.decision["fiscal_quarter"] > QUARTER
    closed = delivery.decision["closed_date"] > "2024-03-31"
    decision = delivery.decision.assign(
        text_th=delivery.decision["text_th"].mask(later, "เรื่องใหม่"), closed_date=delivery.decision["closed_date"].mask(closed, "2030-01-01"),
    )  # fmt: skip
    resource = pd.concat([delivery.resource, delivery.resource.head(1).assign(resource_id="R-new", delivered_date="2024-05-01")], ignore_index=True)
    meeting = delivery.meeting.assign(place=delivery.meeting["place"].mask(delivery.meeting["meeting_date"] > "2024-03-31", "ที่อื่น"))
    told = [agency_text(evaluate_agencies(d, codelists, quarter=QUARTER, report_year=2026), codelists) for d in (delivery, with_table(delivery, decision=decision, resource=resource, meeting=meeting))]
    assert later.any() and closed.any() and told[0] == told[1]


def test_the_partnership_with_giz_is_called_planned_and_one_that_ended_later_was_still_active(delivery, agencies, codelists):
    status = agencies.partnerships.set_index("agreement_id")["status"]
    assert set(status[status.index.str.contains("giz")]) == {"planned"} and status["moi-undp"] == "active"
    later = evaluate_agencies(delivery, codelists, quarter="2567Q4", report_year=2026).partnerships.set_index("agreement_id")["status"]
    assert later["moi-undp"] == "ended" and set(later[later.index.str.contains("giz")]) == {"planned"}
    assert any("GIZ" in line and "วางแผนไว้ ยังไม่เริ่ม" in line for line in agency_text(agencies, codelists)["th"]["partnerships"])


def test_partners_are_shown_over_17_goals_in_order_and_one_without_projects_says_so(agencies):
    table = partners_by_goal(agencies.partners).set_index("partner_id")
    assert list(table.columns) == ["name_th", "name_en", *map(str, range(1, 18)), "reason"] and {"undp", "giz"} <= set(table.index)
    assert table.at["giz", "reason"] == "no_project_recorded" and (table.loc["giz", [*map(str, range(1, 18))]] == 0).all()
    one = agencies.partners.assign(n_projects=1, reason="").head(17)
    assert list(partners_by_goal(one)["reason"]) == [""]


def test_the_committees_page_has_five_lines_meetings_first_and_counts_since_the_last_meeting(agencies, delivery, codelists):
    text = agency_text(agencies, codelists)
    assert all(len(text[lang]["lines"]) == 5 for lang in ("th", "en"))
    held = delivery.meeting[(delivery.meeting["body_id"] == "C00") & (delivery.meeting["meeting_date"] <= "2024-03-31")]
    assert held["meeting_date"].max() == "2024-03-23" and "23 มี.ค. 2567" in text["th"]["lines"][0] and "23 March 2024" in text["en"]["lines"][0]
    decided = delivery.decision.merge(delivery.meeting[["meeting_id", "meeting_date"]], on="meeting_id")
    taken = decided[decided["meeting_date"].between("2024-03-23", "2024-03-31")]
    closed = decided[(decided["meeting_date"] <= "2024-03-31") & decided["closed_date"].between("2024-03-23", "2024-03-31")]
    assert f": {len(taken)} taken, {len(closed)} closed" in text["en"]["lines"][1]
    assert list(agencies.brief["line"]) == list(range(1, len(agencies.brief) + 1)) and len(agencies.brief) <= 20


# ---------------------------------------------------------------- words


def figures(line: str) -> list[str]:
    line = re.sub(r"ไตรมาส.*?\d{4}|Q\d of fiscal year \d{4}|\d+ [ก-๙.]+ \d{4}|\d+ [A-Z][a-z]+ \d{4}|\([^()]*(ข่าว|press release).*", "", line)
    line = re.sub(r"[A-Z]\d\d-\d\d-\d+", "", line)
    return sorted(re.findall(r"[−+]?\d[\d,.]*\d|\d", line))


def test_both_languages_have_the_same_numbers(register, agencies, codelists):
    one, two = register_text(register, codelists), agency_text(agencies, codelists)
    pairs = list(zip(one["th"]["lines"][:-1], one["en"]["lines"][:-1], strict=True)) + list(zip(two["th"]["lines"], two["en"]["lines"], strict=True))
    for thai, english in zip(two["th"]["agencies"], two["en"]["agencies"], strict=True):
        pairs += [pair for k, pair in enumerate(zip(thai["lines"], english["lines"], strict=True)) if k != 2]  # names of series hold numbers of their own
    for thai, english in pairs:
        assert figures(thai) == figures(english), (thai, english)


def test_no_line_names_a_cause(register, agencies, codelists):
    for lang in ("th", "en"):
        lines = register_text(register, codelists)[lang]["lines"] + agency_text(agencies, codelists)[lang]["lines"]
        lines += [line for page in agency_text(agencies, codelists)[lang]["agencies"] for line in page["lines"]]
        assert [line for line in lines if re.search(CAUSES, line, re.I)] == []


def test_the_same_tables_give_the_same_words(delivery, register, codelists):
    assert register_text(evaluate_register(delivery, codelists, quarter=QUARTER), codelists) == register_text(register, codelists)


def test_every_file_says_whether_it_is_synthetic(register, agencies, codelists, tmp_path):
    texts = {"70_vnr_register": register_text(register, codelists), "75_agency_pages": agency_text(agencies, codelists)}
    write_report(register, tmp_path / "70_vnr_register", texts["70_vnr_register"], register=with_reasons(register.register))
    write_report(agencies, tmp_path / "75_agency_pages", texts["75_agency_pages"])
    assert {name: remake(tmp_path / name, "", codelists) for name in texts} == texts  # what was written is enough to say it again
    files = list(tmp_path.rglob("*.csv"))
    assert len(files) >= 20
    for path in files:
        table = pd.read_csv(path)
        assert "synthetic" in table and set(table["synthetic"]) <= {True}, path
    assert "grade_reason_th" in pd.read_csv(tmp_path / "70_vnr_register" / "register.csv")
