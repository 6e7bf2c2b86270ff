"""The chain from need to result: its first broken link, what does not fit, and whether plans follow needs."""

import numpy as np
import pandas as pd
import pytest

from sdg_eval.delivery.chain import (
    KINDS,
    cascade,
    chain_by_goal,
    current_plans,
    mismatch_counts,
    mismatches,
    need_cover,
    need_plan_agreement,
    need_to_result,
)
from sdg_eval.delivery.frames import GOALS, UNTAGGED
from sdg_eval.errors import DataError, UsageError

COLUMNS = {
    "need": ["REF_AREA", "target", "severity", "fiscal_year"],
    "plan": ["plan_id", "REF_AREA", "plan_type", "version"],
    "plan_item": ["plan_item_id", "plan_id", "target"],
    "project": ["project_id", "REF_AREA", "level"],
    "project_target": ["project_id", "target", "weight", "is_primary"],
    "budget": ["project_id", "REF_AREA", "fiscal_quarter", "source_type", "planned_thb", "disbursed_thb"],
    "activity": ["activity_id", "project_id", "fiscal_quarter", "planned", "done", "planned_date", "done_date", "evidence_id"],
}  # fmt: skip


def tables(**rows) -> dict[str, pd.DataFrame]:
    return {name: pd.DataFrame(rows.get(name, []), columns=columns) for name, columns in COLUMNS.items()}


def link(number: int, *, target: str, need=True, item=True, planned=100.0, disbursed=50.0, activity=1.0) -> dict:
    """One target of TH-50 that has the chain up to a link; `activity` is what was done of one, None for no activity."""
    one = f"P{number}"
    rows: dict = {"project": [(one, "TH-50", "area")], "project_target": [(one, target, 1, 1)]}
    if need:
        rows["need"] = [("TH-50", target, 5, 2566)]
    if item:
        rows["plan_item"] = [(f"I{number}", "L2", target)]
    if planned or disbursed:
        rows["budget"] = [(one, "TH-50", "2567Q1", "public", planned, disbursed)]
    if activity is not None:
        rows["activity"] = [(f"A{number}", one, "2567Q1", 1, activity, "2023-11-01", "2023-11-01" if activity else None, "")]
    return rows


def join(*parts: dict) -> dict[str, pd.DataFrame]:
    rows: dict = {"plan": [("L1", "TH-50", "provincial_dev", 1), ("L2", "TH-50", "provincial_dev", 2)]}
    for part in parts:
        for name, own in part.items():
            rows[name] = rows.get(name, []) + own
    return tables(**rows)


EACH = join(
    link(1, target="1.2"), link(2, target="2.1", need=False), link(3, target="3.4", item=False), link(4, target="4.1", planned=0, disbursed=0),
    link(5, target="5.2", disbursed=0), link(6, target="6.1", activity=None), link(7, target="7.2", activity=0.0), link(8, target="8.3"),
    {"plan_item": [("I9", "L1", "9.1")]},  # an item of the version before
)  # fmt: skip
SEEN = pd.DataFrame({"REF_AREA": "TH-50", "target": ["1.2"], "verdict": ["improving"]})


def test_the_first_broken_link_is_named_for_each_target():
    chain = need_to_result(**EACH, as_of="2567Q2", results=SEEN)
    own = chain[chain["REF_AREA"] == "TH-50"].set_index("target")
    assert own["broken_link"].to_dict() == {
        "1.2": "", "2.1": "need", "3.4": "plan", "4.1": "money", "5.2": "disbursement", "6.1": "activity", "7.2": "delivery", "8.3": "result",
    }  # fmt: skip
    assert own.loc["1.2", "result"] == "improving" and own.loc["8.3", "result"] == "no_result_data"
    assert own.loc["1.2", ["planned_thb", "disbursed_thb", "activities_done"]].tolist() == [100, 50, 1]
    assert "9.1" not in own.index  # only the version in force counts


def test_what_does_not_fit_is_listed_by_kind_the_worst_need_first():
    table = mismatches(need_to_result(**EACH, as_of="2567Q2", results=SEEN))
    assert table.groupby("kind")["target"].agg(list).to_dict() == {
        "need_uncovered": ["3.4"], "planned_without_money": ["4.1"], "money_without_activity": ["6.1"], "plan_without_need": ["2.1"],
        "activity_without_result": ["3.4", "5.2", "8.3", "4.1", "2.1"],
    }  # fmt: skip
    counts = mismatch_counts(need_to_result(**EACH, as_of="2567Q2"))
    assert len(counts) == len(KINDS) and counts.set_index("kind").at["money_untagged", "n"] == 0


def test_money_and_activities_of_later_quarters_are_not_in_the_report():
    late = join({
        "need": [("TH-50", "1.2", 5, 2566)], "plan_item": [("I1", "L2", "1.2")], "project": [("P1", "TH-50", "")], "project_target": [("P1", "1.2", 1, 1)],
        "budget": [("P1", "TH-50", "2567Q3", "public", 100, 100)], "activity": [("A1", "P1", "2567Q3", 1, None, "2024-05-01", None, "")],
    })  # fmt: skip
    row = need_to_result(**late, as_of="2567Q2").iloc[0]
    assert row["planned_thb"] == 0 and row["activities"] == 0 and row["broken_link"] == "money"


def test_what_has_no_target_is_a_line_of_its_own():
    loose = join({
        "plan_item": [("I1", "L2", "")], "project": [("P1", "TH-50", ""), ("P2", "TH-50", "")], "budget": [("P1", "TH-50", "2567Q1", "public", 70, 0)],
        "project_target": [("P2", "1.2", 1, 1)],
    })  # fmt: skip
    chain = need_to_result(**loose, as_of="2567Q2")
    own = chain[(chain["REF_AREA"] == "TH-50") & (chain["target"] == UNTAGGED)].iloc[0]
    assert own["plan_items"] == 1 and own["planned_thb"] == 70 and own["projects"] == 1
    assert set(mismatches(chain)["kind"]) == {"plan_untagged", "money_untagged"}


def test_a_national_project_counts_where_its_money_goes_and_once_for_the_country():
    national = join({
        "project": [("P1", "TH", "global")], "project_target": [("P1", "1.2", 1, 1)],
        "budget": [("P1", a, "2567Q1", "public", 10, 5) for a in ("TH-50", "TH-10")],
        "activity": [("A1", "P1", "2567Q1", 1, 1, "2023-11-01", "2023-11-01", "")],
    })  # fmt: skip
    chain = need_to_result(**national, as_of="2567Q2").set_index("REF_AREA")
    assert chain["activities_done"].to_dict() == {"TH-10": 1, "TH-50": 1, "TH": 1}
    assert chain["planned_thb"].to_dict() == {"TH-10": 10, "TH-50": 10, "TH": 20}


def test_two_series_that_differ_are_mixed():
    two = pd.DataFrame({"REF_AREA": "TH-50", "target": ["8.3", "8.3", "1.2", "1.2"], "verdict": ["improving", "worsening", "improving", "improving"]})
    own = need_to_result(**EACH, as_of="2567Q2", results=two).query("REF_AREA == 'TH-50'").set_index("target")
    assert own.loc["8.3", "result"] == "mixed" and own.loc["1.2", "result"] == "improving"


def test_all_seventeen_goals_are_listed_with_wilsons_interval_of_what_is_broken():
    from statsmodels.stats.proportion import proportion_confint

    more = join(link(1, target="1.2"), link(2, target="1.4", item=False))
    table = chain_by_goal(need_to_result(**more, as_of="2567Q2", results=SEEN))
    own = table[table["REF_AREA"] == "TH-50"].set_index("goal")
    assert own.index.tolist() == GOALS and (own["reason"] == "no_rows").sum() == 16
    assert (own.loc["1", "n_targets"], own.loc["1", "n_broken"], own.loc["1", "share_broken"]) == (2, 1, 0.5)
    assert own.loc["1", ["ci_low", "ci_high"]].tolist() == pytest.approx(proportion_confint(1, 2, method="wilson"))
    assert own.loc["1", "plan_items"] == 1 and own.loc["1", "result"] == "improving" and own.loc["2", "broken_link"] == ""


def test_cover_counts_severe_needs_only_and_says_when_there_are_none():
    mild = join(link(1, target="1.2"), link(2, target="3.4", item=False), {"need": [("TH-50", "9.1", 2, 2566)], "plan_item": [("I5", "L2", "10.1")]})
    row = need_cover(need_to_result(**mild, as_of="2567Q2")).set_index("REF_AREA").loc["TH-50"]
    assert (row["covered"], row["n"], row["share_covered"]) == (1, 2, 0.5) and row["without_need"] == 1
    no_need = join(link(1, target="1.2", need=False))
    assert need_cover(need_to_result(**no_need, as_of="2567Q2"))["reason"].tolist() == ["no_needs", "no_needs"]


def test_a_plan_that_follows_severity_agrees_and_a_few_needs_say_too_few():
    rows = [("TH-50", f"{g}.1", 1 + g % 5, 2566) for g in range(1, 16)]
    items = [(f"I{g}-{k}", "L2", f"{g}.1") for g in range(1, 16) for k in range(1 + g % 5)]
    chain = need_to_result(**join({"need": rows, "plan_item": items}), as_of="2567Q2")
    row = need_plan_agreement(chain).set_index(["REF_AREA", "against"]).loc[("TH-50", "plan_items")]
    assert row["rho"] == 1 and row["n"] == 15 and row["reason"] == "same_order"
    assert need_plan_agreement(chain).set_index(["REF_AREA", "against"]).loc[("TH-50", "planned_thb"), "reason"] == "all_same"
    assert need_plan_agreement(chain, level="goal")["n"].tolist() == [17] * 4
    few = need_to_result(**join({"need": rows[:5], "plan_item": items}), as_of="2567Q2")
    assert set(need_plan_agreement(few)["reason"]) == {"few_pairs"}
    with pytest.raises(UsageError, match="level"):
        need_plan_agreement(chain, level="plan")


def test_empty_tables_make_an_empty_chain_and_no_error():
    chain = need_to_result(**tables(), as_of="2567Q2")
    assert chain.empty and mismatches(chain).empty and chain_by_goal(chain).empty and need_plan_agreement(chain).empty


def test_chance_plans_are_said_to_follow_need_about_alpha_of_the_time():
    rng = np.random.default_rng(20301231)
    areas = [f"TH-{i}" for i in range(100, 400)]
    chain = pd.DataFrame({
        "REF_AREA": np.repeat(areas, 12), "target": [f"{g}.1" for g in range(1, 13)] * 300, "goal": [str(g) for g in range(1, 13)] * 300,
        "severity": rng.integers(1, 6, 3600).astype(float), "plan_items": rng.poisson(1, 3600), "planned_thb": rng.lognormal(10, 1, 3600),
    })  # fmt: skip
    table = need_plan_agreement(chain)
    assert len(table) == 600 and np.mean(table["p_value"] <= 0.05) == pytest.approx(0.05, abs=0.025)


def test_the_newest_version_of_each_plan_type_is_in_force():
    plan = pd.DataFrame([("a", "TH-50", "sdg_drive", 1), ("b", "TH-50", "sdg_drive", 3), ("c", "TH-50", "provincial_dev", 2), ("d", "TH-10", "sdg_drive", 2)], columns=COLUMNS["plan"])
    assert current_plans(plan)["plan_id"].tolist() == ["b", "c", "d"]


def test_the_cascade_breaks_at_the_first_level_that_is_missing():
    project = pd.DataFrame([("N", "TH", "global"), ("A", "TH-50", "area"), ("B", "TH-50", "provincial_admin"), ("C", "TH-10", ""), ("D", "TH-10", "area")], columns=COLUMNS["project"])
    marks = pd.DataFrame({"project_id": ["N", "N", "A", "B", "C", "D"], "target": ["1.1", "2.1", "1.2", "1.4", "3.1", "4.1"]})
    table = cascade(project, marks).set_index(["REF_AREA", "goal"])
    assert len(table) == 3 * 17
    assert table.loc[("TH-50", "1"), "broken_link"] == "" and table.loc[("TH-50", "1"), "n"] == 3
    assert table.loc[("TH-10", "1"), "broken_link"] == "provincial_admin" and table.loc[("TH-10", "4"), "broken_link"] == "global"
    assert table.loc[("TH-10", "3"), "reason"] == "level_not_stated" and table.loc[("TH-10", "5"), "reason"] == "no_rows"
    with pytest.raises(DataError, match="'local' is not one of"):
        cascade(project.assign(level="local"), marks)
