"""On the whole synthetic sample: no baht is lost, nothing is silently absent, and what lapsed or was not sent is dated."""

import json
from pathlib import Path

import pytest

from sdg_eval.delivery import chain, lasting, money, steps
from sdg_eval.delivery.tables import read_delivery

SAMPLE = Path(__file__).parents[1] / "data" / "sample"
AS_OF = "2567Q4"


@pytest.fixture(scope="module")
def sample():
    return read_delivery(SAMPLE / "delivery")


@pytest.fixture(scope="module")
def planted():
    facts = json.loads((SAMPLE / "delivery_truth.json").read_text(encoding="utf-8"))["facts"]
    return {fact["fact"]: fact for fact in facts}


@pytest.fixture(scope="module")
def links(sample):
    names = ("need", "plan", "plan_item", "project", "project_target", "budget", "activity")
    return chain.need_to_result(**{name: getattr(sample, name) for name in names}, as_of=AS_OF)


def test_the_chain_keeps_every_baht_and_lists_every_goal_of_every_province(sample, links):
    country = links[links["REF_AREA"] == "TH"]
    assert country["planned_thb"].sum() == pytest.approx(sample.budget["planned_thb"].sum())
    assert country["disbursed_thb"].sum() == pytest.approx(sample.budget["disbursed_thb"].sum())
    goals = chain.chain_by_goal(links)
    assert len(goals) == 78 * 17


def test_the_mechanism_that_lapsed_is_found_with_its_quarter_and_falls_to_nothing(sample, planted):
    fact = planted["mechanism_lapsed"]
    fates = lasting.mechanism_fates(sample.mechanism, programme_end="2567Q2", as_of=AS_OF).set_index("REF_AREA")
    assert fates.index[fates["state"] == "lapsed"].tolist() == [fact["REF_AREA"]]
    assert fates.loc[fact["REF_AREA"], "lapsed_quarter"] == fact["key"]
    levels = steps.mechanism_maturity(sample.mechanism, as_of=AS_OF).set_index(["REF_AREA", "fiscal_quarter"])
    assert levels.loc[(fact["REF_AREA"], fact["key"]), "maturity"] == 0 and levels.loc[(fact["REF_AREA"], fact["key"]), "change"] < 0


def test_the_province_that_sent_nothing_is_listed_with_the_reason(sample, planted):
    fact = planted["sent_nothing"]
    table = steps.activity_delivery(sample.activity, sample.project, as_of=AS_OF).set_index(["REF_AREA", "fiscal_quarter"])
    assert table.index[table["reason"] == "nothing_sent"].tolist() == [(fact["REF_AREA"], fact["key"])]


def test_money_shares_of_every_province_sum_to_one(sample):
    table = money.money_by_goal(sample.budget, sample.project_target, needs=sample.need)
    sums = table[table["reason"] != "no_money"].groupby("REF_AREA")["share"].sum()
    assert len(sums) == 78 and sums.to_numpy() == pytest.approx(1)
