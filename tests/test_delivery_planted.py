"""Every fact planted in the synthetic delivery is found by the statistic that should find it, at its place and there alone."""

import json
from pathlib import Path

import pandas as pd
import pytest

from sdg_eval.delivery.agencies import target_owners
from sdg_eval.delivery.awareness import awareness_decay
from sdg_eval.delivery.chain import mismatches, need_to_result
from sdg_eval.delivery.decisions import open_decisions
from sdg_eval.delivery.participation import representativeness, silent_groups
from sdg_eval.delivery.partners import network_shares, one_team
from sdg_eval.delivery.plans import plan_revision
from sdg_eval.delivery.register import vnr_set
from sdg_eval.delivery.steps import activity_delivery, mechanism_maturity
from sdg_eval.delivery.tables import read_delivery

SAMPLE = Path(__file__).parents[1] / "data" / "sample"
LAST = "2567Q4"


@pytest.fixture(scope="module")
def delivery():
    return read_delivery(SAMPLE / "delivery")


@pytest.fixture(scope="module")
def truth():
    facts = json.loads((SAMPLE / "delivery_truth.json").read_text(encoding="utf-8"))["facts"]
    return {fact["fact"]: fact for fact in facts}


def test_the_missing_network(delivery, truth):
    table = network_shares(delivery.project, delivery.project_partner)
    missing = table[table["verdict"] == "missing"]
    assert missing[["REF_AREA", "network_id"]].values.tolist() == [[truth["missing_network"]["REF_AREA"], truth["missing_network"]["key"]]]


def test_the_silent_group(delivery, truth):
    found = silent_groups(representativeness(delivery.participation, delivery.participation_group, delivery.population_group))
    assert found[["REF_AREA", "group"]].values.tolist() == [[truth["silent_group"]["REF_AREA"], truth["silent_group"]["key"]]]


def test_the_uncovered_need_is_the_first_of_the_mismatches(delivery, truth):
    chain = need_to_result(
        need=delivery.need, plan=delivery.plan, plan_item=delivery.plan_item, project=delivery.project, project_target=delivery.project_target, budget=delivery.budget,
        activity=delivery.activity, as_of=LAST,
    )  # fmt: skip
    found = mismatches(chain)
    worst = found[(found["kind"] == "need_uncovered") & (found["severity"] == 5)]
    need = delivery.need.set_index("need_id").loc[truth["uncovered_need"]["key"]]
    assert worst[["REF_AREA", "target"]].values.tolist() == [[need["REF_AREA"], need["target"]]]
    assert found.iloc[0]["REF_AREA"] == need["REF_AREA"]


def test_the_target_that_a_revision_dropped(delivery, truth):
    table = plan_revision(delivery.plan, delivery.plan_item)
    dropped = table[table["targets_dropped"] != ""]
    assert dropped[["REF_AREA", "targets_dropped"]].values.tolist() == [[truth["dropped_target"]["REF_AREA"], truth["dropped_target"]["key"].split(";")[1]]]


def test_the_mechanism_that_lapsed(delivery, truth):
    table = mechanism_maturity(delivery.mechanism, as_of=LAST)
    gone = table[(table["maturity"] == 0) & (table["change"] < 0)]
    assert gone[["REF_AREA", "fiscal_quarter"]].values.tolist() == [[truth["mechanism_lapsed"]["REF_AREA"], truth["mechanism_lapsed"]["key"]]]


def test_the_province_that_works_alone(delivery, truth):
    table = one_team(delivery.project, delivery.project_agency)
    assert list(table.loc[table["share"] == 1, "REF_AREA"]) == [truth["silo"]["REF_AREA"]]


def test_the_decision_that_is_long_overdue(delivery, truth):
    first = open_decisions(delivery.decision, delivery.meeting, as_of=LAST).iloc[0]
    assert (first["decision_id"], first["REF_AREA"]) == (truth["decision_overdue"]["key"], truth["decision_overdue"]["REF_AREA"])
    assert first["days_overdue"] == (pd.Timestamp("2024-09-30") - pd.Timestamp("2023-06-30")).days


def test_the_training_whose_gain_faded(delivery, truth):
    scores = pd.read_csv(SAMPLE / "delivery" / "restricted" / "training_score.csv")
    table = awareness_decay(delivery.training, scores, by="event_id").set_index("event_id")
    faded = truth["awareness_decay"]["key"]
    assert table["kept_share"].idxmin() == faded
    assert table.loc[faded, "kept_share_high"] < 0.3  # a tenth was left
    others = table["kept_share"].drop(faded)
    assert others.min() > 0.4 and others.mean() == pytest.approx(0.8, abs=0.06)


def test_the_target_that_nobody_owns(delivery, truth, codelists):
    table = target_owners(codelists.targets_un["target"], delivery.responsibility)
    assert list(table.loc[table["state"] == "orphan", "target"]) == [truth["orphan_target"]["key"]]


def test_the_province_that_sent_nothing(delivery, truth):
    table = activity_delivery(delivery.activity, delivery.project, as_of=LAST)
    silent = table[(table["fiscal_quarter"] == truth["sent_nothing"]["key"]) & (table["n"] == 0)]
    assert list(silent["REF_AREA"]) == [truth["sent_nothing"]["REF_AREA"]]
    quiet = mechanism_maturity(delivery.mechanism, as_of=LAST)
    assert list(quiet.loc[quiet["reason"] == "not_reported", "REF_AREA"]) == [truth["sent_nothing"]["REF_AREA"]]


def test_the_vnr_set_is_complete(delivery):
    assert vnr_set(delivery.project, expected=37).complete
