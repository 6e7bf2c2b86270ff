"""Agencies: who owns which target, what moved, what is late, which data are owed; partnerships as they stand."""

import numpy as np
import pandas as pd
import pytest

from sdg_eval.delivery.agencies import (
    BRIEF_LINES,
    SECTIONS,
    agency_page,
    agency_summary,
    body_timeline,
    committee_brief,
    data_owed,
    partner_matrix,
    partnership_rows,
    responsibility_matrix,
    target_owners,
    what_is_late,
    what_moved,
)
from sdg_eval.delivery.register import vnr_set
from sdg_eval.errors import DataError

TODAY = "2024-03-31"
AGENCY = pd.DataFrame({"agency_id": ["ddpm", "dla", "dol"], "name_th": ["ปภ.", "สถ.", "ที่ดิน"], "name_en": ["DDPM", "DLA", ""]})


def table(columns, *rows):
    return pd.DataFrame(rows, columns=columns.split())


def responsibilities(*rows):
    return table("agency_id target role", *rows)


OWNS = responsibilities(("ddpm", "13.1", "owner"), ("ddpm", "11.5", "owner"), ("dla", "11.6", "owner"), ("dla", "13.1", "support"), ("dla", "11.6", "owner"))


# ---------------------------------------------------------------- who owns what


def test_every_agency_has_all_17_goals_and_an_agency_that_owns_nothing_has_zeros():
    matrix = responsibility_matrix(AGENCY, OWNS)
    assert len(matrix) == 3 * 17 and matrix.groupby("agency_id")["goal"].nunique().tolist() == [17] * 3
    found = matrix.set_index(["agency_id", "goal"])
    assert found.loc[("ddpm", "13"), ["n_owned", "n_supported"]].tolist() == [1, 0]
    assert found.loc[("dla", "11"), "n_owned"] == 1  # the same line twice is one target
    assert found.loc[("dla", "13"), ["n_owned", "n_supported"]].tolist() == [0, 1]
    assert matrix.loc[matrix["agency_id"] == "dol", "n_owned"].sum() == 0


def test_projects_count_once_per_goal_and_agency_whatever_the_number_of_targets():
    matrix = responsibility_matrix(
        AGENCY, OWNS,
        project_target=table("project_id target", ("p", "11.5"), ("p", "11.6"), ("p", "13.1"), ("q", "")),
        project_agency=table("project_id agency_id role", ("p", "ddpm", "lead"), ("p", "dla", "co"), ("q", "dla", "lead")),
    ).set_index(["agency_id", "goal"])  # fmt: skip
    assert matrix.loc[("ddpm", "11"), ["n_projects", "n_projects_lead"]].tolist() == [1, 1]
    assert matrix.loc[("dla", "11"), ["n_projects", "n_projects_lead"]].tolist() == [1, 0]
    assert matrix.loc[("dla", "untagged"), "n_projects_lead"] == 1  # a project without a target is shown, not spread


def test_an_empty_register_of_agencies_gives_an_empty_matrix():
    assert responsibility_matrix(AGENCY[:0], OWNS[:0]).empty
    assert len(responsibility_matrix(AGENCY[:1], OWNS[:0])) == 17


@pytest.mark.parametrize("owners, state", [(0, "orphan"), (1, "owned"), (3, "owned"), (4, "crowded")])
def test_a_target_without_an_owner_is_an_orphan_and_with_more_than_three_it_is_crowded(owners, state):
    rows = [(f"a{i}", "13.1", "owner") for i in range(owners)] + [("s", "13.1", "support")]
    found = target_owners(["13.1"], responsibilities(*rows))
    assert found.loc[0, ["n_owners", "n_support", "state", "goal"]].tolist() == [owners, 1, state, "13"]


def test_all_169_targets_are_listed_though_nobody_owns_them(codelists):
    found = target_owners(codelists.targets_un["target"], OWNS)
    assert len(found) == 169 and (found["state"] == "orphan").sum() == 166
    assert found.set_index("target").at["11.6", "n_owners"] == 1  # named twice, one owner


def test_a_missing_column_is_named():
    with pytest.raises(DataError, match="responsibility.*role"):
        target_owners(["1.1"], OWNS.drop(columns="role"))


# ---------------------------------------------------------------- what moved


def test_what_moved_comes_from_the_evaluation_and_every_owned_target_has_a_row():
    evaluation = table(
        "target SERIES REF_AREA verdict", ("13.1", "S1", "TH", "improving"), ("11.6", "S2", "TH", "worsening"), ("11.6", "S3", "TH", "not_detected"), ("1.1", "S4", "TH", "improving"),
    )  # fmt: skip
    found = what_moved(OWNS, evaluation)
    assert found[["agency_id", "target", "move", "reason"]].to_records(index=False).tolist() == [
        ("ddpm", "11.5", "none", "no_series"), ("ddpm", "13.1", "better", ""), ("dla", "11.6", "worse", ""), ("dla", "11.6", "none", "not_detected"),
    ]  # fmt: skip


def test_without_an_evaluation_nothing_moved_and_the_reason_stands_there():
    found = what_moved(OWNS, None)
    assert set(found["reason"]) == {"not_evaluated"} and set(found["move"]) == {"none"} and len(found) == 3


# ---------------------------------------------------------------- what is late

ACTIVITY = table(
    "activity_id project_id planned done planned_date done_date",
    ("open", "p", 10, 4, "2024-03-01", ""), ("late", "p", 10, 10, "2024-01-01", "2024-01-11"), ("early", "p", 10, 10, "2024-02-01", "2024-01-20"),
    ("future", "p", 10, 0, "2024-06-01", ""), ("nodate", "p", 10, 0, "", ""), ("whole", "p", 10, 10, "2024-02-01", ""), ("orphan", "x", 1, 0, "2024-01-01", ""),
)  # fmt: skip
PROJECT = table("project_id agency_id REF_AREA name_th", ("p", "ddpm", "TH-50", "โครงการ"))
DECISION = table(
    "decision_id owner_agency_id REF_AREA text_th status due_date closed_date",
    ("d1", "dla", "TH", "ส่งแผน", "open", "2024-03-21", ""), ("d2", "dla", "TH", "ทบทวน", "done", "2024-03-01", "2024-02-28"),
    ("d3", "dla", "TH", "ยกเลิก", "dropped", "2024-01-01", ""), ("d4", "dla", "TH", "ไม่มีวัน", "open", "", ""),
)  # fmt: skip


def test_lateness_is_counted_in_days_and_what_has_no_day_cannot_be_told():
    found = what_is_late(today=TODAY, activity=ACTIVITY, project=PROJECT, decision=DECISION).set_index("id")
    assert found["state"].to_dict() == {
        "open": "open_late", "late": "done_late", "early": "done_in_time", "future": "not_due", "nodate": "cannot_be_told", "whole": "cannot_be_told",
        "orphan": "cannot_be_told", "d1": "open_late", "d2": "done_in_time", "d4": "cannot_be_told",
    }  # fmt: skip
    assert found["days_late"].to_dict() | {} == {
        "open": 30, "late": 10, "early": 0, "future": 0, "nodate": 0, "whole": 0, "orphan": 0, "d1": 10, "d2": 0, "d4": 0,
    }  # fmt: skip
    assert found.loc[["nodate", "whole", "orphan"], "reason"].tolist() == ["no_due_date", "done_without_date", "no_project"]
    assert found.at["d1", "agency_id"] == "dla" and "d3" not in found.index


def test_what_is_due_today_is_not_late_yet():
    found = what_is_late(today="2024-03-21", decision=DECISION).set_index("id")
    assert found.at["d1", "state"] == "not_due"


def test_what_happened_after_the_day_of_the_report_is_not_known_yet():
    rows = table(
        "decision_id owner_agency_id REF_AREA text_th status due_date closed_date fiscal_quarter",
        ("old", "dla", "TH", "ก", "done", "2024-03-01", "2024-05-01", "2567Q1"), ("new", "dla", "TH", "ข", "open", "2024-06-01", "", "2567Q3"),
    )  # fmt: skip
    found = what_is_late(today=TODAY, decision=rows)
    assert found[["id", "state", "closed_date", "days_late"]].to_records(index=False).tolist() == [("old", "open_late", "", 30)]
    own = ACTIVITY[ACTIVITY["activity_id"] == "late"]
    assert what_is_late(today="2024-01-05", activity=own, project=PROJECT)[["state", "days_late"]].iloc[0].tolist() == ["open_late", 4]


def test_nothing_given_is_an_empty_list_of_late_things():
    assert what_is_late(today=TODAY).empty
    assert what_is_late(today=TODAY, decision=DECISION[:0], activity=ACTIVITY[:0], project=PROJECT[:0]).empty


# ---------------------------------------------------------------- data owed


def test_blank_quarters_of_the_kpi_form_are_owed_once_they_have_ended():
    kpi = table("kpi_id agency_id REF_AREA fiscal_year q1 q2 q3 q4", ("k", "dla", "TH-50", 2567, 5, None, None, None), ("whole", "dla", "TH-50", 2566, 1, 2, 3, 4))
    found = data_owed(today="2024-04-15", kpi=kpi)
    assert found[["id", "period", "due_date", "late"]].to_records(index=False).tolist() == [("k", "2567Q2", "2024-04-30", False)]
    later = data_owed(today="2024-07-31", kpi=kpi)
    assert later[["period", "late", "days_late"]].to_records(index=False).tolist() == [("2567Q2", True, 92), ("2567Q3", True, 1)]


def test_gaps_of_the_register_are_owed_by_their_owner():
    gaps = table("owner SERIES REF_AREA TIME_PERIOD due_date", ("dla", "S1", "TH-50", "2023", "2024-03-30"), ("nso", "S2", "", "", ""))
    found = data_owed(today=TODAY, gaps=gaps)
    assert found[["agency_id", "kind", "late", "days_late"]].to_records(index=False).tolist() == [("dla", "indicator", True, 1), ("nso", "indicator", False, 0)]
    assert data_owed(today=TODAY).empty and data_owed(today=TODAY, gaps=gaps[:0]).empty


# ---------------------------------------------------------------- summary and page


def made():
    late = what_is_late(today=TODAY, activity=ACTIVITY, project=PROJECT, decision=DECISION)
    owed = data_owed(today=TODAY, gaps=table("owner SERIES REF_AREA TIME_PERIOD due_date", ("dla", "S1", "TH-50", "2023", "2024-03-30")))
    matrix, moved = responsibility_matrix(AGENCY, OWNS), what_moved(OWNS, None)
    return matrix, moved, late, owed, agency_summary(AGENCY, matrix, moved, late, owed)


def test_each_agency_has_one_line_and_a_share_late_whose_interval_counts_projects_not_activities():
    summary = made()[-1].set_index("agency_id")
    assert list(summary.index) == ["ddpm", "dla", "dol"]
    assert summary.loc["ddpm", ["n_owned", "n_goals", "n_open", "n_late", "n_not_told"]].tolist() == [2, 2, 1, 2, 2]
    # two of three activities, all of one project: worth one case, in statsmodels' Wilson interval
    from statsmodels.stats.proportion import proportion_confint

    assert summary.loc["ddpm", ["ci_low", "ci_high"]].tolist() == pytest.approx(proportion_confint(2 / 3, 1, method="wilson"))
    assert summary.at["dol", "reason"] == "owns_nothing;nothing_due" and np.isnan(summary.at["dol", "share_late"])
    assert summary.loc["dla", ["n_owed", "n_owed_late"]].tolist() == [1, 1]


def test_the_page_of_an_agency_has_17_goals_and_open_late_things_first():
    matrix, moved, late, owed, _ = made()
    page = agency_page("ddpm", matrix, moved, late, owed)
    assert len(page["owns"]) == 17 and page["owes"].empty and len(page["moved"]) == 2
    assert page["late"]["state"].tolist() == ["open_late", "done_late", "cannot_be_told", "cannot_be_told"]


# ---------------------------------------------------------------- bodies and partnerships


def test_a_body_that_never_met_is_listed_and_quarters_are_fiscal():
    body = table("body_id name_th level", ("b1", "คณะกรรมการ", "global"), ("b2", "คณะทำงาน", "area"))
    meeting = table("meeting_id body_id meeting_date", ("m1", "b1", "2023-03-27"), ("m2", "b1", "2023-10-02"), ("m3", "b1", ""))
    decision = table("decision_id meeting_id status", ("d1", "m1", "done"), ("d2", "m1", "open"))
    found = body_timeline(body, meeting, decision)
    assert found[["body_id", "fiscal_quarter", "n_meetings", "n_decisions", "n_done", "reason"]].to_records(index=False).tolist() == [
        ("b1", "", 1, 0, 0, "no_date"), ("b1", "2566Q2", 1, 2, 1, ""), ("b1", "2567Q1", 1, 0, 0, ""), ("b2", "", 0, 0, 0, "no_meeting"),
    ]  # fmt: skip


PARTNER = table("partner_id name_th partner_type", ("giz", "จีไอแซด", "donor"), ("undp", "ยูเอ็นดีพี", "un"), ("temple", "วัด", "network"))


def agreements(**change):
    return pd.DataFrame([{"agreement_id": "g", "partner_a": "moi", "partner_b": "giz", "topic": "เมือง", "start_date": "", "end_date": "", "status": "planned"} | change])


@pytest.mark.parametrize(
    "change, doubt",
    [
        ({}, "no_start_date"),
        ({"start_date": "2024-06-01"}, ""),
        ({"start_date": "2023-06-01"}, "start_day_past"),
        ({"status": "active", "start_date": "2024-06-01"}, "not_started_yet;no_sign"),
        ({"status": "active", "start_date": "2020-01-01", "end_date": "2021-01-01"}, "end_day_past;no_sign"),
        ({"status": "ended", "start_date": "2022-01-01", "end_date": "2021-01-01"}, "start_after_end"),
    ],
)
def test_an_agreement_keeps_its_stated_status_and_doubts_are_told_beside_it(change, doubt):
    row = partnership_rows(agreements(**change), PARTNER, today=TODAY).iloc[0]
    assert row["status"] == change.get("status", "planned") and row["doubt"] == doubt
    assert (row["status"] == "planned") == ("ยังไม่เริ่ม" in row["status_th"])
    assert row["reason"] == "not_begun" and np.isnan(row["slip_days"])


def test_planned_stays_planned_though_something_was_delivered_and_the_slip_is_counted():
    resource = table("resource_id kind donor quantity REF_AREA delivered_date in_use", ("r1", "software", "giz", 5, "TH-50", "2023-12-31", 1), ("r2", "hardware", "giz", 2, "TH-50", "", ""))
    row = partnership_rows(agreements(start_date="2023-12-01"), PARTNER, today=TODAY, resource=resource).iloc[0]
    assert row["status_en"] == "planned, not begun" and row["doubt"] == "start_day_past;begun_already"
    assert row[["first_sign", "slip_days", "n_resources", "n_delivered"]].tolist() == ["2023-12-31", 30, 2, 1]
    # a delivery after the day of the report is no sign yet
    assert partnership_rows(agreements(start_date="2023-12-01"), PARTNER, today="2023-12-15", resource=resource).iloc[0]["first_sign"] == ""


def test_work_of_a_partner_on_projects_is_a_sign_and_of_the_ministry_alone_is_none():
    links = table("project_id partner_id", ("p", "giz"), ("q", "moi"))
    done = table("project_id done_date", ("p", "2024-02-01"), ("q", "2023-01-01"))
    row = partnership_rows(agreements(status="active"), PARTNER, today=TODAY, agency=pd.DataFrame({"agency_id": ["moi"], "name_th": ["มท."]}), project_partner=links, activity=done).iloc[0]
    assert row[["n_projects", "first_sign", "reason", "a_th"]].tolist() == [1, "2024-02-01", "no_start_date", "มท."]


def test_the_committed_giz_agreements_are_planned(codelists):
    rows = pd.read_csv(codelists.folder / "agreements.csv", dtype="str", keep_default_na=False)
    partners = pd.read_csv(codelists.folder / "partners.csv", dtype="str", keep_default_na=False)
    found = partnership_rows(rows, partners, today=TODAY)
    giz = found[found["partner_b"] == "giz"]
    assert len(giz) == 2 and set(giz["status_en"]) == {"planned, not begun"} and "no_start_date" in set(giz["doubt"])
    assert partnership_rows(rows[:0], partners, today=TODAY).empty


def test_every_partner_has_17_goals_un_first_and_one_without_projects_says_so():
    found = partner_matrix(
        PARTNER, table("project_id partner_id role", ("p", "undp", "plan"), ("q", "undp", "fund"), ("q", "temple", "deliver")),
        table("project_id REF_AREA", ("p", "TH-50"), ("q", "TH-57")), table("project_id target", ("p", "13.1"), ("q", "13.1"), ("q", "13.2")),
    )  # fmt: skip
    assert list(dict.fromkeys(found["partner_id"])) == ["undp", "giz", "temple"] and len(found) == 51
    undp = found[found["partner_id"] == "undp"].set_index("goal")
    assert undp.loc["13", ["n_projects", "n_areas", "areas", "roles"]].tolist() == [2, 2, "TH-50;TH-57", "fund;plan"]
    assert set(found.loc[found["partner_id"] == "giz", "reason"]) == {"no_project_recorded"} and undp.at["1", "reason"] == "no_project_of_goal"


# ---------------------------------------------------------------- the committee's page


def test_the_brief_has_every_section_a_result_id_for_each_line_and_fits_a_page():
    *_, late, owed, summary = made()
    brief = committee_brief(
        summary=summary, owners=target_owners(["13.1", "11.5", "11.6", "1.1"], OWNS), late=late, quarter="2567Q2",
        partnerships=partnership_rows(agreements(), PARTNER, today=TODAY), vnr=vnr_set(table("project_id vnr_flag", ("p", 1)), expected=37),
    )  # fmt: skip
    assert set(brief["section"]) == set(SECTIONS) and len(brief) <= BRIEF_LINES
    assert brief["result_id"].is_unique and brief["result_id"].str.startswith("brief.2567Q2.").all()
    said = dict(zip(brief["result_id"], brief["text_en"], strict=True))
    assert said["brief.2567Q2.decisions.overdue"].startswith("Open decisions past their day: 1, the oldest by 10 days (d1")
    assert said["brief.2567Q2.owners.orphan"].startswith("Targets without an owner: 1 of 4")
    assert "planned, not begun" in said["brief.2567Q2.partners.planned"]
    assert said["brief.2567Q2.vnr.short"].startswith("Cannot be called complete: 1 of 37")
    assert "cannot be told" in said["brief.2567Q2.moved.none"] and "95% CI" in said["brief.2567Q2.late.all"]
    assert brief["text_th"].str.contains("[ก-๙]").all()


def test_an_empty_programme_gives_a_brief_of_reasons():
    nothing = what_is_late(today=TODAY)
    matrix = responsibility_matrix(AGENCY, OWNS[:0])
    summary = agency_summary(AGENCY, matrix, what_moved(OWNS[:0], None), nothing, data_owed(today=TODAY))
    brief = committee_brief(
        summary=summary, owners=target_owners(["1.1"], OWNS[:0]), late=nothing, partnerships=partnership_rows(agreements()[:0], PARTNER, today=TODAY), quarter="2567Q2"
    )
    assert set(brief["section"]) == set(SECTIONS)
    assert set(brief["reason"]) == {"no_decision", "nothing_due", "", "nothing_owed", "cannot_be_told", "no_agreement", "no_register"}


def test_many_agencies_with_the_same_number_late_do_not_flood_the_page():
    agency = pd.DataFrame({"agency_id": [f"a{i:02d}" for i in range(40)], "name_th": "จังหวัด", "name_en": ""})
    rows = [(f"d{i}", f"a{i:02d}", "TH", "งาน", "open", "2024-01-01", "") for i in range(40)]
    late = what_is_late(today=TODAY, decision=table("decision_id owner_agency_id REF_AREA text_th status due_date closed_date", *rows))
    summary = agency_summary(agency, responsibility_matrix(agency, OWNS[:0]), what_moved(OWNS[:0], None), late, data_owed(today=TODAY))
    brief = committee_brief(summary=summary, owners=target_owners(["1.1"], OWNS), late=late, partnerships=partnership_rows(agreements(), PARTNER, today=TODAY), quarter="2567Q2")
    assert len(brief) <= BRIEF_LINES and "34 more agencies" in " ".join(brief["text_en"])
