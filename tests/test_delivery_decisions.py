"""Decisions followed through, and the loop from what was said to what happened."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint

from sdg_eval.delivery.decisions import (
    STAGES,
    decision_states,
    follow_through,
    loop_closure,
    open_decisions,
    order_interval,
    what_was_said,
)
from sdg_eval.errors import DataError


def decisions(*rows) -> pd.DataFrame:
    columns = ["decision_id", "meeting_id", "REF_AREA", "fiscal_quarter", "text_th", "owner_agency_id", "due_date", "status", "closed_date", "finding_id"]
    return pd.DataFrame(rows, columns=columns)


def one(name, quarter, due, status="open", closed=None, finding="", area="TH-50", meeting="") -> tuple:
    return (name, meeting, area, quarter, f"ให้ทำ {name}", "cdd", due, status, closed, finding)


def said(*rows) -> pd.DataFrame:
    return pd.DataFrame([(*r, f"พบ {r[2]}", f"found {r[2]}") for r in rows], columns=["REF_AREA", "fiscal_quarter", "finding_id", "text_th", "text_en"])


def adjustments(*rows) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["adjustment_id", "decision_id", "fiscal_quarter", "action_th", "done_date", "result_th"])


MEETING = pd.DataFrame({"meeting_id": ["M1"], "meeting_date": ["2023-10-15"]})
FIVE = decisions(
    one("D1", "2567Q1", "2023-12-01", "done", "2023-11-20", meeting="M1"), one("D2", "2567Q1", "2023-12-01", "done", "2024-01-15"),
    one("D3", "2567Q1", "2024-02-01"), one("D4", "2567Q2", "2024-06-01"), one("D5", "2567Q1", "2024-01-01", "dropped", "2023-12-20"),
    one("D6", "2567Q2", None), one("D7", "2567Q3", "2024-07-01"), one("D8", "2567Q1", "2024-03-01", "done", "2024-05-01"),
)  # fmt: skip


# ---------------------------------------------------------------- follow-through


def test_a_decision_stands_as_it_was_known_on_the_day_asked_about():
    states = decision_states(FIVE, MEETING, as_of="2567Q2").set_index("decision_id")
    assert states["state"].to_dict() == {"D1": "done", "D2": "done", "D3": "overdue", "D4": "open", "D5": "dropped", "D6": "open", "D8": "overdue"}
    assert states.loc["D1", "age_days"] == 36 and states.loc["D3", "days_overdue"] == 59  # 15 Oct to 20 Nov; 1 Feb to 31 Mar
    assert states.loc["D2", "decided_on"] == pd.Timestamp(2023, 12, 31)  # no meeting: the last day of its quarter
    assert decision_states(FIVE, as_of="2567Q3").set_index("decision_id")["state"].to_dict()["D8"] == "done"


def test_a_decision_closed_without_a_day_is_closed_only_from_the_last_quarter_on():
    table = decisions(one("A", "2566Q3", "2023-09-01", "done"), one("B", "2566Q3", None, "dropped"), one("C", "2567Q2", None))
    states = {q: decision_states(table, as_of=q).set_index("decision_id")["state"].to_dict() for q in ("2566Q3", "2567Q1", "2567Q2")}
    assert states["2566Q3"] == {"A": "open", "B": "open"} and states["2567Q1"] == {"A": "overdue", "B": "open"}
    assert states["2567Q2"] == {"A": "done", "B": "dropped", "C": "open"}
    before = follow_through(table, as_of="2567Q1").set_index("REF_AREA").loc["TH-50"]
    assert (before["n"], before["done"]) == (1, 0)


def test_the_rate_counts_what_fell_due_and_its_interval_is_wilsons():
    row = follow_through(FIVE, MEETING, as_of="2567Q2").set_index("REF_AREA").loc["TH-50"]
    # due by 31 March: D1, D2 done; D3, D8 not; D5 dropped
    assert (row["n"], row["done"], row["done_in_time"], row["overdue"], row["dropped"], row["open"], row["n_no_due"]) == (5, 2, 1, 2, 1, 4, 1)
    assert (row["ci_low"], row["ci_high"]) == pytest.approx(proportion_confint(2, 5, method="wilson"))
    assert row["oldest_days"] == 91 and np.isnan(row["age_low"])  # four open: no interval of a median


def test_quick_closures_of_decisions_not_yet_due_do_not_raise_the_rate():
    early = decisions(*[one(f"E{i}", "2567Q2", "2024-08-01", "done", "2024-03-01") for i in range(5)], one("L", "2567Q1", "2024-01-01"))
    row = follow_through(early, as_of="2567Q2").set_index("REF_AREA").loc["TH-50"]
    assert (row["n"], row["done"], row["share"]) == (1, 0, 0)


def test_areas_without_decisions_or_without_any_due_say_so():
    table = follow_through(decisions(one("D4", "2567Q2", "2024-06-01")), as_of="2567Q2", areas=["TH-50", "TH-96"]).set_index("REF_AREA")
    assert table["reason"].to_dict() == {"TH-50": "nothing_due", "TH-96": "no_rows", "TH": "nothing_due"}
    empty = follow_through(decisions(), as_of="2567Q2", areas=["TH-50"])
    assert set(empty["reason"]) == {"no_rows"} and empty["share"].isna().all()


def test_the_action_log_opens_with_the_longest_overdue():
    log = open_decisions(FIVE, MEETING, as_of="2567Q2")
    assert log["decision_id"].tolist() == ["D3", "D8", "D4", "D6"]
    assert open_decisions(FIVE, as_of="2567Q2", area="TH-96").empty


def test_wrong_status_and_a_decision_told_twice_are_refused():
    with pytest.raises(DataError, match="'closed' is not one of"):
        follow_through(decisions(one("D1", "2567Q1", None, "closed")), as_of="2567Q2")
    with pytest.raises(DataError, match="more than once"):
        follow_through(decisions(one("D1", "2567Q1", None), one("D1", "2567Q1", None)), as_of="2567Q2")
    with pytest.raises(DataError, match="lacks the column"):
        follow_through(FIVE.drop(columns="due_date"), as_of="2567Q2")


def test_the_interval_of_a_median_by_order_is_the_tabled_one():
    # Conover (1999), Practical Nonparametric Statistics: at least 95% for n = 10 is the 2nd and 9th, n = 15 the 4th and 12th, n = 20 the 6th and 15th
    for n, ends in ((6, (1, 6)), (10, (2, 9)), (15, (4, 12)), (20, (6, 15)), (25, (8, 18))):
        assert order_interval(range(1, n + 1)) == ends
    assert np.isnan(order_interval([])).all() and np.isnan(order_interval(range(5))).all()


def test_the_interval_of_the_median_age_covers():
    rng = np.random.default_rng(20301231)
    covered = [low <= 10 * np.log(2) <= high for low, high in (order_interval(rng.exponential(10, 17)) for _ in range(600))]
    assert 0.94 <= np.mean(covered) <= 0.985  # exact coverage of the 5th and 13th of 17 is 0.951


def test_the_rate_of_the_country_covers_though_provinces_differ():
    rng = np.random.default_rng(9)
    covered = 0
    for _ in range(60):
        rows = [
            one(f"{a}-{i}", "2567Q1", "2024-01-01", "done" if rng.random() < p else "open", "2023-12-31", area=f"TH-{a}")
            for a, p in enumerate(rng.beta(2, 1, 20), 10) for i in range(8)
        ]  # fmt: skip
        row = follow_through(decisions(*rows), as_of="2567Q2", areas=[]).iloc[-1]
        covered += row["ci_low"] <= 2 / 3 <= row["ci_high"]
    assert covered / 60 >= 0.88  # Wilson's with n = 160 covers about three times in four here


# ---------------------------------------------------------------- the loop


SAID = said(
    ("TH-50", "2567Q1", "pace"), ("TH-50", "2567Q1", "need"), ("TH-50", "2567Q1", "group"), ("TH-50", "2567Q1", "late"), ("TH-50", "2567Q1", "gone"),
    ("TH-50", "2567Q2", "pace"), ("TH-50", "2566Q4", "old"), ("TH-10", "2567Q1", "pace"),
)  # fmt: skip
ANSWERED = decisions(
    one("A", "2567Q2", "2024-03-01", "done", "2024-02-20", "pace"), one("B", "2567Q2", "2024-06-01", finding="need"),
    one("C", "2567Q2", "2024-02-01", finding="late"), one("G", "2567Q2", "2024-03-01", "dropped", "2024-03-05", "gone"),
    one("X", "2567Q1", "2024-03-01", "done", "2024-02-20", "group"),  # taken before the report said so
    one("Y", "2567Q2", "2024-03-01", "done", "2024-02-20", "pace", area="TH-10"),
)  # fmt: skip
ACTED = adjustments(("J1", "A", "2567Q2", "ปรับแผน", "2024-02-20", "เร็วขึ้น"), ("J2", "B", "2567Q2", "เพิ่มงบ", "2024-05-02", "ครบแล้ว"))
WORK = pd.DataFrame(
    [("A1", "P1", "2567Q2", 1, 1, "2024-02-01", "2024-02-01", ""), ("A2", "P1", "2567Q2", 1, 0, "2024-02-01", None, "")],
    columns=["activity_id", "project_id", "fiscal_quarter", "planned", "done", "planned_date", "done_date", "evidence_id"],
)  # fmt: skip
PROJECT = pd.DataFrame({"project_id": ["P1"], "REF_AREA": ["TH-50"]})


def test_the_report_opens_with_what_became_of_each_finding():
    table = what_was_said(SAID, ANSWERED, ACTED, WORK, "TH-50", "2567Q2", project=PROJECT).set_index("finding_id")
    assert table["loop"].to_dict() == {"pace": "closed", "need": "decided", "group": "no_decision", "late": "overdue", "gone": "dropped"}
    assert table.loc["pace", ["decision_id", "adjustment_id", "result_th"]].tolist() == ["A", "J1", "เร็วขึ้น"]
    # what was done in May is not known in the report of January to March
    assert table.loc["need", "adjustment_id"] == "J2" and pd.isna(table.loc["need", "done_date"]) and table.loc["need", "result_th"] == ""
    assert table["still_found"].to_dict() == {"pace": 1, "need": 0, "group": 0, "late": 0, "gone": 0}
    assert table["activities_due"].iloc[0] == 2 and table["activities_done"].iloc[0] == 1
    assert table.loc["pace", "said_quarter"] == "2567Q1" and table.loc["group", "reason"] == "no_decision"


def test_when_nothing_was_said_there_is_one_row_that_says_so():
    table = what_was_said(SAID, ANSWERED, ACTED, None, "TH-96", "2567Q2")
    assert table["loop"].tolist() == ["nothing_said"] and table["reason"].tolist() == ["nothing_said"] and np.isnan(table["activities_due"][0])
    nobody = what_was_said(said(), decisions(), adjustments(), WORK.iloc[:0], "TH-50", "2567Q2", project=PROJECT)
    assert nobody["loop"].tolist() == ["nothing_said"] and nobody["activities_due"].tolist() == [0]


def test_done_without_a_told_result_is_not_a_closed_loop():
    table = what_was_said(SAID, ANSWERED, adjustments(), WORK, "TH-50", "2567Q2", project=PROJECT).set_index("finding_id")
    assert table.loc["pace", "loop"] == "done_no_result"


def test_the_share_of_findings_answered_falls_from_stage_to_stage():
    table = loop_closure(SAID, ANSWERED, ACTED, as_of="2567Q2").set_index(["REF_AREA", "stage"])
    own = table.loc["TH-50"]
    # said before 2567Q2: pace, need, group, late, gone, old; decided on: pace, need, late, gone
    assert own["n"].tolist() == [6] * 3 and own["k"].to_dict() == {"decided": 4, "done": 1, "result_told": 1} and own.index.tolist() == list(STAGES)
    assert (own.loc["decided", "ci_low"], own.loc["decided", "ci_high"]) == pytest.approx(proportion_confint(4, 6, method="wilson"))
    assert table.loc[("TH-10", "done"), "k"] == 1 and table.loc[("TH-10", "result_told"), "k"] == 0
    assert loop_closure(SAID, ANSWERED, ACTED, as_of="2567Q3").set_index(["REF_AREA", "stage"]).loc[("TH-50", "result_told"), "k"] == 2
    assert set(loop_closure(said(), decisions(), adjustments(), as_of="2567Q2", areas=["TH-50"])["reason"]) == {"nothing_said"}


def test_a_decision_answers_the_latest_time_that_a_finding_was_said():
    again = said(("TH-50", "2566Q4", "pace"), ("TH-50", "2567Q1", "pace"), ("TH-50", "2567Q2", "pace"))
    table = loop_closure(again, decisions(one("A", "2567Q2", None, finding="pace")), adjustments(), as_of="2567Q3").set_index(["REF_AREA", "stage"])
    assert table.loc[("TH-50", "decided"), ["k", "n"]].tolist() == [1, 3]
