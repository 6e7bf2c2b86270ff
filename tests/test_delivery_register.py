"""The VNR register: whole only at the stated number, spread over 17 goals, graded by its evidence, claiming no effect."""

import numpy as np
import pandas as pd
import pytest

from sdg_eval.delivery.register import (
    contribution_statement,
    crosswalk_check,
    evidence_grades,
    goal_coverage,
    goal_portfolio,
    local_indicators,
    localisation_detail,
    localisation_index,
    read_vnr_sets,
    read_vnr_words,
    vnr_register,
    vnr_set,
    weight_faults,
)
from sdg_eval.errors import DataError
from sdg_eval.observations import observation_table

GOALS = [str(g) for g in range(1, 18)]
PROJECT = ["project_id", "name_th", "name_en", "agency_id", "REF_AREA", "plan_item_id", "level", "start_date", "end_date", "deliverable",
           "output_indicator", "initiator", "vnr_flag", "vnr_year"]  # fmt: skip
TARGET = ["project_id", "target", "weight", "is_primary", "confirmed_by", "confirmed_date"]
EVIDENCE = ["evidence_id", "kind", "file_sha256", "project_id", "evidence_date", "consent", "alt_th"]


def projects(*ids, **change):
    return pd.DataFrame([{"project_id": i, "name_th": f"โครงการ {i}", "agency_id": "cdd", "REF_AREA": "TH-50", "vnr_flag": "1"} | change for i in ids], columns=PROJECT)


def tagged(*rows):
    """(project, target, weight, primary) rows, confirmed."""
    return pd.DataFrame([(p, t, w, first, "planner", "2024-01-01") for p, t, w, first in rows], columns=TARGET)


# ---------------------------------------------------------------- the set


@pytest.mark.parametrize("count, state", [(0, "empty"), (1, "short"), (36, "short"), (37, "complete"), (38, "over")])
def test_a_set_is_called_complete_at_exactly_the_stated_number_and_says_the_number_found(count, state):
    found = vnr_set(projects(*(f"p{i}" for i in range(count))), expected=37)
    assert (found.state, found.complete, found.found) == (state, state == "complete", count)
    for lang in ("th", "en"):
        text = found.text(lang)
        assert "37" in text and (str(count) in text or not count)
        assert ("The VNR set is complete" in text or "VNR ครบ" in text) == (state == "complete")


def test_the_stated_number_comes_from_the_codelist_and_not_from_the_code():
    sets = read_vnr_sets().set_index("vnr_set")
    assert sets.at["moi_293_2566", "expected"] == 37 and "293/2566" in sets.at["moi_293_2566", "source_th"]
    assert vnr_set(projects("a", "b"), expected=2).complete


def test_thirty_seven_rows_of_thirty_six_projects_are_no_complete_set():
    found = vnr_set(projects(*(f"p{i}" for i in range(36)), "p0"), expected=37)
    assert not found.complete and found.state == "twice" and "36" in found.text("th")


def test_only_flagged_projects_of_the_year_asked_for_count():
    table = pd.concat([projects("a", vnr_year=2568), projects("b", vnr_year=2564), projects("c", vnr_flag="0"), projects("d", vnr_flag="")])
    assert vnr_set(table, expected=2).project_ids == ("a", "b")
    assert vnr_set(table.assign(vnr_year=table["vnr_year"].astype(float)), expected=1, year=2568).complete
    assert vnr_set(table.assign(vnr_flag=table["vnr_flag"] == "1"), expected=2).complete  # flags that were read as truth values


# ---------------------------------------------------------------- the goals


def test_all_17_goals_are_listed_and_shares_add_to_one_with_the_untagged():
    table = projects("a", "b", "c", "d")
    targets = tagged(("a", "11.6", 0.5, 1), ("a", "13.1", 0.5, 0), ("b", "11.1", 1, 1), ("c", "6.1", 0.7, 1))
    portfolio = goal_portfolio(table, targets, goals=GOALS).set_index("goal")
    assert list(portfolio.index) == [*GOALS, "untagged"]
    assert portfolio.loc["11", ["n_projects", "n_primary", "weight", "share", "share_primary"]].tolist() == [2, 2, 1.5, 0.375, 0.5]
    assert portfolio.loc["13", ["n_projects", "n_primary", "share", "share_primary"]].tolist() == [1, 0, 0.125, 0]
    assert (portfolio.at["11", "range_low"], portfolio.at["11", "range_high"]) == (0.375, 0.5)
    # c's weights make 0.7 and d has no target: both are untagged, not spread over the goals
    assert portfolio.loc["untagged", ["n_projects", "share"]].tolist() == [2, 0.5]
    assert portfolio["share"].sum() == pytest.approx(1) and portfolio["share_primary"].sum() == pytest.approx(1)
    assert portfolio.at["6", "reason"] == portfolio.at["17", "reason"] == "no_project" and set(portfolio["n"]) == {4}


def test_faults_of_tagging_are_named_project_by_project():
    table = projects("a", "b", "c", "d", "e")
    targets = tagged(("a", "11.6", 0.33, 1), ("a", "13.1", 0.33, 0), ("a", "6.1", 0.33, 0), ("b", "1.2", 0.6, 1), ("c", "2.1", 0.5, 1), ("c", "3.4", 0.5, 1), ("e", "4.2", 1, 1))
    targets.loc[targets["project_id"] == "e", "confirmed_by"] = ""
    faults = weight_faults(table, targets)
    assert faults[["project_id", "fault"]].to_records(index=False).tolist() == [
        ("b", "weights_not_one"), ("c", "primary_not_one"), ("d", "no_target"), ("e", "unconfirmed"),
    ]  # fmt: skip
    portfolio = goal_portfolio(table, targets, goals=GOALS).set_index("goal")
    assert portfolio["share"].sum() == pytest.approx(1)  # three thirds written as 0.33 lose nothing
    assert portfolio.at["untagged", "n_primary"] == 3  # b, c and d have no single primary target


def test_an_empty_register_lists_17_goals_with_the_reason():
    portfolio = goal_portfolio(projects(), tagged(), goals=GOALS)
    assert len(portfolio) == 18 and set(portfolio["reason"][:17]) == {"no_register"} and portfolio["share"].isna().all()
    coverage = goal_coverage(projects(), tagged(), goals=GOALS)
    assert coverage["entropy"].isna().all() and set(coverage["reason"]) == {"no_register"}


def test_entropy_is_one_over_equal_goals_nothing_over_one_and_scipys_in_between():
    from scipy.stats import entropy

    ids = [f"p{i:02d}" for i in range(17)]
    even = goal_coverage(projects(*ids), tagged(*((p, f"{g}.1", 1, 1) for p, g in zip(ids, GOALS, strict=True))), goals=GOALS)
    assert even["entropy"].tolist() == pytest.approx([1, 1]) and even["effective_goals"].tolist() == pytest.approx([17, 17])
    assert set(even["gaps"]) == {""}
    one = goal_coverage(projects(*ids), tagged(*((p, "11.6", 1, 1) for p in ids)), goals=GOALS)
    assert one["entropy"].tolist() == [0, 0] and one["gaps"].iloc[0].split(";") == [g for g in GOALS if g != "11"]
    split = goal_coverage(projects("a", "b"), tagged(("a", "1.2", 0.5, 1), ("a", "2.1", 0.5, 0), ("b", "1.4", 1, 1)), goals=GOALS).set_index("method")
    assert split.at["weights", "entropy"] == pytest.approx(entropy([1.5, 0.5]) / np.log(17))
    assert split.at["primary", "entropy"] == 0 and set(split["reason"]) == {"few_projects"} and split["ci_low"].isna().all()


def test_the_interval_of_the_entropy_holds_the_entropy_of_the_portfolio_that_projects_are_drawn_from():
    """60 registers of 37 projects drawn from known shares (seed 37): in 600 the 95% interval covered the truth in 92%."""
    from scipy.stats import entropy

    rng = np.random.default_rng(37)
    shares = np.array([0.25, 0.2, 0.15, 0.1, 0.1, 0.05, 0.05, 0.05, 0.05] + [0] * 8)
    truth, held = entropy(shares) / np.log(17), 0
    ids = [f"p{i:02d}" for i in range(37)]
    for _ in range(60):
        goals = rng.choice(17, size=37, p=shares) + 1
        row = goal_coverage(projects(*ids), tagged(*((p, f"{g}.1", 1, 1) for p, g in zip(ids, goals, strict=True))), goals=GOALS, draws=300).iloc[0]
        held += row["ci_low"] <= truth <= row["ci_high"]
    assert held / 60 >= 0.85


# ---------------------------------------------------------------- evidence


def test_each_grade_asks_for_more_and_says_what_lifts_it():
    table = projects("a", "b", "c", "d", "photo", "photo_done")
    table["plan_item_id"] = ["i1", "i1", "i2", "", "", ""]
    seen = [("e1", "audit", "a"), ("e2", "data", "b"), ("e3", "document", "c"), ("e4", "photo", "photo"), ("e5", "photo", "photo_done")]
    evidence = pd.DataFrame([{"evidence_id": e, "kind": k, "project_id": p, "consent": "0" if p == "photo" else "1"} for e, k, p in seen], columns=EVIDENCE)
    found = evidence_grades(
        table, evidence, compared=["a"],
        plan_item=pd.DataFrame({"plan_item_id": ["i1", "i2"], "baseline": ["120", " "]}),
        kpi=pd.DataFrame({"project_id": ["a", "b", "c"], "total": [5, 0, None]}),
        activity=pd.DataFrame({"project_id": ["photo_done", "photo"], "done": [3, 0], "done_date": [None, None]}),
        practice=pd.DataFrame({"project_id": ["b", "c"], "evidence_grade": ["A", "C"]}),
    ).set_index("project_id")  # fmt: skip
    assert found["grade"].to_dict() == {"a": "A", "b": "B", "c": "C", "d": "D", "photo": "D", "photo_done": "C"}
    assert found["missing"].to_dict() == {
        "a": "", "b": "comparison", "c": "baseline;result", "d": "evidence", "photo": "evidence", "photo_done": "baseline;result",
    }  # fmt: skip
    assert found.at["b", "grade_stated"] == "A" and not found.at["b", "agrees"] and found.at["c", "agrees"]
    assert found.loc[["photo", "photo_done"], "n_photo_without_consent"].tolist() == [1, 0] and found.loc[["photo", "photo_done", "a"], "n_photo_without_alt"].tolist() == [1, 1, 0]
    assert found.at["d", "reason"] == "no_evidence"


def test_a_comparison_without_evidence_or_a_result_lifts_nothing():
    table = projects("a")
    nothing = pd.DataFrame(columns=EVIDENCE)
    assert evidence_grades(table, nothing, compared=["a"])["grade"].tolist() == ["D"]
    assert evidence_grades(projects(), nothing).empty


def test_every_grade_has_words_that_contribute_and_never_claim():
    words = read_vnr_words()
    for grade in "ABCD":
        thai, english = (contribution_statement(grade, lang, words) for lang in ("th", "en"))
        assert "มีส่วน" in thai and "ไม่ได้อ้างว่าเป็นผลของโครงการ" in thai
        assert "contribut" in english and english.endswith("claims no effect.")
    assert "due to the project" not in contribution_statement("C", "en") and "cannot be told" in contribution_statement("B", "en")


def test_the_register_numbers_flagged_projects_and_says_where_no_target_is_named():
    table = pd.concat([projects("b", "a"), projects("z", vnr_flag="0")])
    grades = evidence_grades(table, pd.DataFrame(columns=EVIDENCE))
    register = vnr_register(table, tagged(("a", "13.1", 0.4, 0), ("a", "11.6", 0.6, 1)), grades)
    assert register["place"].tolist() == [1, 2] and register["project_id"].tolist() == ["a", "b"]
    assert register.loc[0, ["targets", "goals", "primary_target", "grade", "reason"]].tolist() == ["11.6;13.1", "11;13", "11.6", "D", ""]
    assert register.at[1, "reason"] == "no_target" and register.at[1, "statement_en"].startswith("No target is named")
    assert vnr_register(projects(), tagged(), grades).empty


# ---------------------------------------------------------------- crosswalk and localisation


def test_a_local_indicator_is_followed_to_a_national_and_a_global_one(codelists):
    rows = [
        ("whole", "np13", "1.2", ""), ("whole", "un", "1.2", "1.2.1"),
        ("no_nation", "un", "1.2", "1.2.1"), ("no_world", "np13", "1.2", ""), ("no_world", "un", "1.2", ""),
        ("elsewhere", "np13", "6.1", ""), ("elsewhere", "un", "1.2", "1.2.1"),
        ("wrong", "np13", "6.1", ""), ("wrong", "un", "6.1", "1.2.1"), ("unknown", "np13", "18.1", ""), ("unknown", "un", "1.2", "1.2.9"),
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=["local_indicator", "framework_id", "target", "indicator"])
    found = crosswalk_check(table, targets_un=codelists.targets_un, indicators=codelists.indicators).set_index("local_indicator")
    assert found["fault"].to_dict() == {
        "whole": "", "no_nation": "no_national", "no_world": "no_global", "elsewhere": "targets_differ",
        "wrong": "indicator_of_another_target", "unknown": "unknown_target;unknown_indicator;targets_differ",
    }  # fmt: skip
    assert found.index[found["complete"]].tolist() == ["whole"]
    assert crosswalk_check(table[:0], targets_un=codelists.targets_un, indicators=codelists.indicators).empty


def test_a_target_is_at_home_where_it_has_indicator_target_value_money_and_owner():
    tables = {
        "indicators": pd.DataFrame({"REF_AREA": ["TH-50", "TH-50"], "target": ["1.2", "6.1"]}),
        "plan": pd.DataFrame({"plan_id": ["q"], "REF_AREA": ["TH-50"]}),
        "plan_item": pd.DataFrame({"plan_id": ["q", "q"], "target": ["1.2", "6.1"], "target_value": [10, None], "agency_id": ["", "dla"]}),
        "project": pd.DataFrame({"project_id": ["p"], "agency_id": ["cdd"], "REF_AREA": ["TH-50"]}),
        "project_target": tagged(("p", "1.2", 1, 1)),
        "budget": pd.DataFrame({"project_id": ["p", "p"], "REF_AREA": ["TH-50", "TH-57"], "planned_thb": [100.0, 0]}),
    }
    detail = localisation_detail(["1.2", "6.1", "17.1"], ["TH-50", "TH-57"], **tables)
    assert len(detail) == 6
    assert detail[detail["REF_AREA"] == "TH-50"].iloc[:, 2:].to_numpy().tolist() == [[True] * 4, [True, False, False, True], [False] * 4]
    index = localisation_index(detail).set_index("REF_AREA")
    assert index.loc["TH-50", ["n", "n_indicator", "n_target", "n_budget", "n_owner", "n_all"]].tolist() == [3, 2, 1, 1, 2, 1]
    assert index.at["TH-50", "index"] == pytest.approx((2 + 1 + 1 + 2) / 12)
    assert index.at["TH-57", "index"] == 0 and index.at["TH-57", "reason"] == "no_indicator;no_target;no_budget;no_owner"


def test_empty_tables_make_an_index_of_nothing_and_no_error():
    empty = {
        "indicators": pd.DataFrame(columns=["REF_AREA", "target"]), "plan": pd.DataFrame(columns=["plan_id", "REF_AREA"]),
        "plan_item": pd.DataFrame(columns=["plan_id", "target", "target_value", "agency_id"]),
        "project": pd.DataFrame(columns=["project_id", "agency_id", "REF_AREA"]), "project_target": tagged(),
        "budget": pd.DataFrame(columns=["project_id", "REF_AREA", "planned_thb"]),
    }  # fmt: skip
    index = localisation_index(localisation_detail(["1.2"], ["TH-50"], **empty))
    assert index.loc[0, ["n", "n_all", "index"]].tolist() == [1, 0, 0]


def test_a_provinces_own_values_make_a_local_indicator_and_the_countrys_do_not(codelists):
    rows = [{"SERIES": "SI_POV_NAHC", "REF_AREA": area, "FREQ": "A", "TIME_PERIOD": "2023", "OBS_VALUE": v, "source": "nso-ses"} for area, v in (("TH-50", 4.0), ("TH", 5.0), ("TH-57", None))]
    assert local_indicators(observation_table(rows), codelists).to_records(index=False).tolist() == [("TH-50", "1.2")]


def test_a_damaged_codelist_of_words_is_refused_by_name(tmp_path):
    (tmp_path / "vnr_words.csv").write_text("key,text_th\nA,ก\n", encoding="utf-8")
    with pytest.raises(DataError, match="vnr_words.csv, row 1.*text_en"):
        read_vnr_words(tmp_path)
    with pytest.raises(DataError, match="vnr_sets"):
        read_vnr_sets(tmp_path)


def test_the_count_that_intake_asks_for_is_the_stated_one():
    from sdg_eval.delivery.columns import VNR_COUNT

    assert VNR_COUNT == read_vnr_sets().set_index("vnr_set").at["moi_293_2566", "expected"]
