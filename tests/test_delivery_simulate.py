"""The synthetic delivery: it keeps its contract, is marked, is the same each time, and its planted facts are there alone."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sdg_eval.delivery.columns import delivery_tables
from sdg_eval.delivery.simulate import (
    clean_kpi_forms,
    planted_facts,
    sample_delivery_csv,
    simulate_delivery,
    truth_json,
)
from sdg_eval.delivery.tables import Delivery, read_delivery, validate_table
from tests.counts import times

SAMPLE = Path(__file__).parents[1] / "data" / "sample"
QUARTERS = ["q1", "q2", "q3", "q4"]


@pytest.fixture(scope="module")
def delivery(codelists):
    return Delivery(simulate_delivery(codelists))


@pytest.fixture(scope="module")
def clean(codelists):
    return Delivery(simulate_delivery(codelists, planted=False))


@pytest.fixture(scope="module")
def facts(codelists):
    return {fact.fact: fact for fact in planted_facts(codelists)}


def of_area(delivery, table, area):
    frame = getattr(delivery, table)
    if "REF_AREA" in frame:
        return frame[frame["REF_AREA"] == area]
    projects = delivery.project.loc[delivery.project["REF_AREA"] == area, "project_id"]
    return frame[frame["project_id"].isin(projects)]


def test_the_committed_files_are_what_the_simulator_writes(codelists):
    files = sample_delivery_csv(codelists)
    for name, content in files.items():
        assert (SAMPLE / "delivery" / name).read_bytes() == content, name
    assert {str(p.relative_to(SAMPLE / "delivery")) for p in (SAMPLE / "delivery").rglob("*.csv")} == set(files)
    assert (SAMPLE / "delivery_truth.json").read_bytes() == truth_json(codelists)
    assert sum(map(len, files.values())) < 4_000_000


def test_what_is_read_back_is_what_was_simulated(delivery):
    read = read_delivery(SAMPLE / "delivery")
    for name, spec in delivery_tables().items():
        if not spec.restricted:
            pd.testing.assert_frame_equal(getattr(read, name), getattr(delivery, name), obj=name)


def test_tables_of_persons_lie_apart_and_hold_pseudonyms_only(delivery):
    restricted = {name for name, spec in delivery_tables().items() if spec.restricted}
    assert restricted == {"training_score", "survey_answer"}
    assert {p.stem for p in (SAMPLE / "delivery" / "restricted").iterdir()} == restricted
    for name in restricted:
        assert getattr(delivery, name)["person"].str.fullmatch(r"p[0-9a-f]{8}").all()


@pytest.mark.parametrize("world", ["delivery", "clean"])
def test_every_table_keeps_its_contract_and_points_at_rows_that_exist(world, request):
    delivery = request.getfixturevalue(world)
    for name in delivery_tables():
        faults = validate_table(name, getattr(delivery, name), delivery)
        assert faults.empty, (name, faults.head(3).to_dict("records"))


def test_every_row_says_that_it_is_synthetic_and_so_does_every_project_name(delivery):
    for name in delivery_tables():
        frame = getattr(delivery, name)
        assert len(frame) and (frame["source"] == "synthetic").all(), name
    assert delivery.synthetic
    assert delivery.project["name_th"].str.endswith("(ตัวอย่างสังเคราะห์)").all()
    assert delivery.project["name_en"].str.endswith("(synthetic example)").all()


def test_it_is_as_large_as_the_programme(delivery, codelists):
    assert set(delivery.project["REF_AREA"]) == {"TH", *codelists.provinces}
    per_province = delivery.project[delivery.project["REF_AREA"] != "TH"].groupby("REF_AREA").size()
    assert per_province.between(8, 12).all()
    assert sorted(set(delivery.budget["fiscal_quarter"])) == [f"{y}Q{q}" for y in (2566, 2567) for q in (1, 2, 3, 4)]
    assert delivery.project["vnr_flag"].sum() == 37
    assert set(delivery.budget["source_type"]) == {"public", "private", "donor", "local"}


def test_bangkok_has_its_own_plan_and_every_provincial_plan_two_versions(delivery):
    plans = delivery.plan[delivery.plan["plan_type"] != "sdg_drive"]
    assert set(plans.loc[plans["REF_AREA"] == "TH-10", "plan_type"]) == {"bangkok_dev"}
    assert set(plans.loc[plans["REF_AREA"] != "TH-10", "plan_type"]) == {"provincial_dev"}
    assert (plans.groupby("REF_AREA")["version"].agg(lambda v: sorted(v) == [1, 2])).all()


def test_the_partnership_with_giz_is_planned_and_has_given_nothing(delivery):
    giz = delivery.agreement[delivery.agreement["partner_b"] == "giz"]
    assert len(giz) == 2 and set(giz["status"]) == {"planned"}
    assert "giz" not in set(delivery.resource["donor"])


def test_weights_of_a_project_sum_to_one_and_one_target_is_primary(delivery):
    by_project = delivery.project_target.groupby("project_id")
    assert np.allclose(by_project["weight"].sum(), 1)
    assert (by_project["is_primary"].sum() == 1).all()


def test_honest_forms_add_up(clean):
    kpi = clean.kpi
    values = kpi[QUARTERS].to_numpy()
    running = (kpi["cumulative"] == 1).to_numpy()
    assert np.allclose(np.nansum(values[~running], axis=1), kpi["total"][~running])
    assert np.allclose(np.nanmax(values[running], axis=1), kpi["total"][running])
    steps = np.diff(values[running], axis=1)
    assert (steps[~np.isnan(steps)] >= 0).all()


def test_another_seed_is_another_world_and_the_same_seed_the_same(codelists, delivery):
    again, other = simulate_delivery(codelists), simulate_delivery(codelists, seed=7)
    for name in delivery_tables():
        pd.testing.assert_frame_equal(again[name], getattr(delivery, name), obj=name)
    assert not other["budget"]["planned_thb"].equals(delivery.budget["planned_thb"])


def test_every_fact_can_be_planted_over_eight_seeds(codelists):
    for seed in range(times(3, 8)):
        assert len(planted_facts(codelists, seed)) == 16


def test_the_truth_file_names_every_fact_with_a_row_that_exists(delivery, facts):
    truth = json.loads((SAMPLE / "delivery_truth.json").read_text(encoding="utf-8"))
    assert truth["synthetic"] is True
    assert {fact["fact"] for fact in truth["facts"]} == set(facts)
    for fact in truth["facts"]:
        if fact["table"] in ("kpi", "budget", "need", "decision"):
            keys = getattr(delivery, fact["table"])[f"{fact['table']}_id"]
            assert set(fact["key"].split(";")) <= set(keys), fact["fact"]


def test_kpi_faults_are_as_told(delivery, facts):
    kpi = delivery.kpi.set_index("kpi_id")
    wrong = kpi.loc[facts["unit_error"].key]
    assert wrong["q3"] > 100 * wrong[["q1", "q2", "q4"]].max()
    copied = kpi.loc[facts["copied_quarter"].key.split(";")]
    assert len(copied) >= 3 and (copied["q2"] == copied["q3"]).all()
    jump = kpi.loc[facts["jump_q4"].key]
    assert jump["q3"] < 0.1 * jump["target_value"] and jump["q4"] == jump["target_value"]
    paid = kpi.loc[facts["paid_no_output"].key]
    assert paid[QUARTERS].sum() == 0 and paid["disbursed_thb"] > 0.95 * paid["budget_thb"]
    done = delivery.activity[(delivery.activity["project_id"] == paid["project_id"]) & (delivery.activity["fiscal_quarter"] >= "2567Q1")]
    assert done["done"].sum() == 0
    heaped = kpi.loc[facts["digit_heaping"].key.split(";"), QUARTERS].to_numpy()
    assert (heaped[~np.isnan(heaped)] % 10 == 0).all()
    small = delivery.budget.set_index("budget_id").loc[facts["unit_error_budget"].key]
    assert small["unit_stated"] == "baht" and 0 < small["planned_thb"] < 100


def test_only_one_province_lacks_a_network(delivery, codelists):
    joined = delivery.project_partner.merge(delivery.project[["project_id", "REF_AREA"]], on="project_id")
    count = joined.groupby("REF_AREA")["network_id"].nunique().drop("TH")
    assert count[count < 7].to_dict() == {"TH-76": 6}


def test_only_one_province_with_many_events_never_saw_a_group(delivery):
    room = delivery.participation_group.merge(delivery.participation[["event_id", "REF_AREA"]], on="event_id")
    seen = room.groupby(["REF_AREA", "group"])["participants"].sum().unstack()
    assert list(seen.index[seen["disability"] == 0]) == ["TH-83"]
    assert (room[(room["REF_AREA"] == "TH-83") & (room["group"] == "women")]["participants"].sum()) > 300


def test_only_one_severe_need_is_in_no_plan(delivery, facts):
    planned = delivery.plan_item.merge(delivery.plan[["plan_id", "REF_AREA"]], on="plan_id")[["REF_AREA", "target"]].drop_duplicates()
    severe = delivery.need[delivery.need["severity"] == 5].merge(planned, on=["REF_AREA", "target"], how="left", indicator=True)
    assert list(severe.loc[severe["_merge"] == "left_only", "need_id"]) == [facts["uncovered_need"].key]


def test_only_one_revision_dropped_a_target(delivery, facts):
    item = delivery.plan_item[delivery.plan_item["target"] != ""].merge(delivery.plan, on="plan_id")
    item = item[item["plan_type"] != "sdg_drive"]
    first, second = ({(a, t) for a, t, v in zip(item["REF_AREA"], item["target"], item["version"], strict=True) if v == version} for version in (1, 2))
    assert {(a, t) for a, t in first - second} == {("TH-84", facts["dropped_target"].key.split(";")[1])}


def test_only_one_mechanism_lapsed(delivery):
    state = delivery.mechanism.pivot(index="REF_AREA", columns="fiscal_quarter", values="committee_exists")
    falls = (state.diff(axis=1) < 0).any(axis=1)
    assert list(state.index[falls]) == ["TH-63"]


def test_only_one_province_works_alone(delivery):
    agencies = delivery.project_agency.groupby("project_id").size().rename("n").reset_index().merge(delivery.project, on="project_id")
    alone = agencies.groupby("REF_AREA")["n"].max().eq(1)
    assert list(alone.index[alone]) == ["TH-58"]


def test_only_one_decision_is_long_overdue(delivery, facts):
    still = delivery.decision[delivery.decision["status"] == "open"]
    late = pd.Timestamp("2024-09-30") - pd.to_datetime(still["due_date"])
    assert list(still.loc[late.dt.days > 120, "decision_id"]) == [facts["decision_overdue"].key]


def test_the_gain_of_one_training_faded_and_of_the_others_stayed(delivery, facts):
    score = delivery.training_score.dropna(subset=["pre_score", "post_score", "follow_up_score"])
    score = score.assign(gain=score["post_score"] - score["pre_score"], kept=score["follow_up_score"] - score["pre_score"])
    mean = score.groupby("event_id")[["gain", "kept"]].mean()
    share = mean["kept"].sum() / mean["gain"].sum()
    faded = mean.loc[facts["awareness_decay"].key]
    assert faded["gain"] > 18 and faded["kept"] < 0.25 * faded["gain"]
    assert share == pytest.approx(0.8, abs=0.08)


def test_only_one_target_has_no_responsible_agency(delivery, codelists):
    assert set(codelists.targets_un["target"]) - set(delivery.responsibility["target"]) == {"12.8"}
    assert (delivery.project_target["target"] == "12.8").any()


def test_one_province_sent_nothing_in_the_last_quarter(delivery):
    for table in ("activity", "budget", "mechanism", "leadership"):
        assert of_area(delivery, table, "TH-96")["fiscal_quarter"].max() == "2567Q3", table
    for table, date in (("meeting", "meeting_date"), ("participation", "event_date"), ("request", "answered_date"), ("decision", "closed_date"), ("activity", "done_date")):
        assert of_area(delivery, table, "TH-96")[date].max() < "2024-07-01", table
    own = of_area(delivery, "kpi", "TH-96")
    assert own.loc[own["fiscal_year"] == 2567, "q4"].isna().all()
    others = delivery.mechanism[delivery.mechanism["fiscal_quarter"] == "2567Q4"]
    assert len(others) == 76


def test_clean_forms_come_quickly_and_are_forms(codelists):
    forms = clean_kpi_forms(3, n=500)
    assert len(forms) == 500 and validate_table("kpi", forms).empty
    assert forms["total"].div(forms["target_value"]).between(0.45, 1.35).all()
