"""What was done of what was planned, how late, how long to each step, how grown the mechanism."""

import numpy as np
import pandas as pd
import pytest

from sdg_eval.delivery.steps import (
    RUNGS,
    activity_delivery,
    activity_states,
    concrete_results,
    mean_by_project,
    mechanism_maturity,
    project_timeline,
    share_by_project,
    slippage,
    step_curves,
    step_fidelity,
    step_tracker,
    time_to_steps,
)
from sdg_eval.errors import DataError

ACTIVITY = ["activity_id", "project_id", "fiscal_quarter", "planned", "done", "planned_date", "done_date", "evidence_id"]


def activities(*rows) -> pd.DataFrame:
    return pd.DataFrame([(f"A{i}", *row) for i, row in enumerate(rows)], columns=ACTIVITY)


def projects(*rows, **more) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["project_id", "REF_AREA"]).assign(**more)


WORK = activities(
    ("P1", "2567Q1", 4, 4, "2023-11-01", "2023-10-30", "E1"),  # done, two days early
    ("P1", "2567Q1", 4, 5, "2023-11-01", "2023-11-11", "E2"),  # done late by ten days
    ("P1", "2567Q1", 4, 2, "2023-11-01", "2023-11-05", ""),  # closed with half of it
    ("P1", "2567Q2", 4, 1, "2024-03-01", None, ""),  # a quarter done, still open
    ("P1", "2567Q2", 4, 0, "2024-03-01", None, ""),  # nothing done, reported so
    ("P2", "2567Q2", 4, None, "2024-03-01", None, ""),  # nobody said
    ("P2", "2567Q2", None, None, "2024-03-01", "2024-03-02", "E9"),  # done by its day
    ("P2", "2567Q2", 0, 0, None, None, ""),  # nothing was planned
    ("P2", "2567Q3", 4, None, "2024-05-01", None, ""),  # lies ahead
    ("P2", "2567Q2", 4, 4, "2024-03-20", "2024-04-20", ""),  # done after the day asked about
)
TWO = projects(("P1", "TH-50"), ("P2", "TH-50"), deliverable=["road", ""], output_indicator=["km", ""], start_date=["2023-10-01", "2024-01-01"], end_date=["2024-03-31", "2024-12-31"])


# ---------------------------------------------------------------- activities


def test_each_activity_has_one_state_on_the_day_asked_about():
    states = activity_states(WORK, as_of="2567Q2")
    assert states["state"].tolist() == [
        "done", "done_late", "partly", "partly", "late", "not_reported", "done_late", "nothing_planned", "to_come", "late",
    ]  # fmt: skip
    assert states["days_late"].tolist()[:5] == [-2, 10, 4, 30, 30] and states["days_late"].isna().tolist()[5:] == [True, False, True, True, False]
    assert states["completion"].tolist()[:5] == [1, 1, 0.5, 0.25, 0]
    later = activity_states(WORK, as_of="2567Q3")["state"].tolist()
    assert later[8:] == ["not_reported", "done_late"]


def test_what_is_done_after_the_quarter_is_not_known_in_its_report():
    late = activities(("P1", "2567Q1", 4, 4, "2023-12-01", "2024-02-01", ""))
    now, later = activity_states(late, as_of="2567Q1").iloc[0], activity_states(late, as_of="2567Q2").iloc[0]
    assert now["state"] != "done_late" and not now["closed"] and now["completion"] == 0
    assert later["state"] == "done_late" and later["days_late"] == 62


def test_silence_is_in_n_and_never_counts_as_done():
    table = activity_delivery(WORK, TWO, as_of="2567Q2").set_index(["REF_AREA", "fiscal_quarter"])
    first, second = table.loc[("TH-50", "2567Q1")], table.loc[("TH-50", "2567Q2")]
    assert (first["n"], first["done"], first["partly"]) == (3, 2, 1) and first["share"] == pytest.approx(2 / 3)
    assert first["completion"] == pytest.approx(2.5 / 3)
    assert (second["n"], second["done"], second["late"], second["not_reported"]) == (5, 1, 2, 1)
    assert second["share"] == pytest.approx(1 / 5) and second["share_of_reported"] == pytest.approx(1 / 4)
    assert table.loc[("TH", "2567Q2"), "n"] == 5


def test_quarters_and_provinces_without_rows_are_listed_with_the_reason():
    table = activity_delivery(WORK, TWO, as_of="2567Q2", first="2566Q4", areas=["TH-50", "TH-96"])
    assert len(table) == 3 * 3
    assert set(table[table["REF_AREA"] == "TH-96"]["reason"]) == {"no_rows"}
    running = activity_delivery(WORK.iloc[:0], TWO, as_of="2567Q2", first="2567Q1").set_index(["REF_AREA", "fiscal_quarter"])["reason"]
    assert running.loc["TH-50"].tolist() == ["nothing_sent", "nothing_sent"]  # the register says that projects run
    later = projects(("P1", "TH-50"), start_date="2024-02-01", end_date="2024-12-31")
    assert activity_delivery(activities(), later, as_of="2567Q2")["reason"].tolist() == ["no_rows", "no_rows"]
    silent = activities(("P1", "2567Q1", 4, None, "2023-11-01", None, ""))
    assert activity_delivery(silent, TWO, as_of="2567Q1")["reason"].tolist() == ["not_reported", "not_reported"]
    assert set(activity_delivery(activities(), projects(), as_of="2567Q1", areas=["TH-50"])["reason"]) == {"no_rows"}


def test_of_activities_independent_of_their_project_the_share_has_wilsons_interval():
    from statsmodels.stats.proportion import proportion_confint

    # 40 projects with one activity each, 30 done: only Student's quantile separates the two
    got = share_by_project(pd.Series([1] * 30 + [0] * 10), pd.Series(range(40)))
    low, high = proportion_confint(30, 40, method="wilson")
    assert (got.ci_low, got.ci_high) == pytest.approx((low, high), abs=0.012) and got.ci_low < low and got.ci_high > high


def test_the_interval_covers_though_activities_of_a_project_fail_together():
    rng = np.random.default_rng(20301231)
    covered, plain = 0, 0
    for _ in range(300):
        project = np.repeat(np.arange(20), 6)
        done = rng.random(120) < rng.beta(1.4, 0.6, 20)[project]
        got = share_by_project(pd.Series(done), pd.Series(project))
        covered += got.ci_low <= 0.7 <= got.ci_high
        half = 1.96 * np.sqrt(done.mean() * (1 - done.mean()) / 120)
        plain += abs(done.mean() - 0.7) <= half
    assert covered / 300 >= 0.92 and plain / 300 <= 0.80


def test_slippage_is_the_median_of_closed_and_open_with_those_planned_later_left_out():
    row = slippage(WORK, TWO, as_of="2567Q2").set_index("REF_AREA").loc["TH-50"]
    # days: -2, 10, 4, 1 closed; 30, 30, 11 still open. Kaplan-Meier by hand: 6/7, 5/7, 4/7, 3/7 -> 10 days
    assert (row["n"], row["n_done"], row["n_open"], row["n_unknown"]) == (7, 4, 3, 1)
    assert row["median_days"] == 10 and row["reason"] == "few_projects" and np.isnan(row["ci_low"])
    assert row["share_late"] == pytest.approx(6 / 7)


def test_early_completion_of_later_plans_does_not_flatter_slippage():
    eager = activities(*[("P1", "2567Q2", 1, 1, "2024-06-01", "2024-02-01", "")] * 5, ("P1", "2567Q2", 1, 1, "2024-02-01", "2024-02-09", ""))
    row = slippage(eager, TWO, as_of="2567Q2").set_index("REF_AREA").loc["TH-50"]
    assert row["n"] == 1 and row["median_days"] == 8


def test_slippage_without_rows_or_when_little_is_closed_says_so():
    table = slippage(activities(), TWO, as_of="2567Q2", areas=["TH-50"])
    assert table["reason"].tolist() == ["no_rows", "no_rows"] and table["median_days"].isna().all()
    waiting = activities(*[("P1", "2567Q1", 1, 0, "2023-11-01", None, "")] * 8)
    assert slippage(waiting, TWO, as_of="2567Q2").iloc[0]["reason"] == "not_reached"


def test_a_project_stands_where_its_activities_stand():
    table = project_timeline(WORK, TWO, as_of="2567Q2").set_index("project_id")
    assert table["state"].to_dict() == {"P1": "behind", "P2": "behind"} and table.loc["P1", "due"] == 5
    assert table.loc["P1", "last_done"] == pd.Timestamp(2023, 11, 11)
    all_done = activities(("P1", "2567Q1", 1, 1, "2023-11-01", "2023-11-01", ""), ("P2", "2567Q3", 1, None, "2024-05-01", None, ""))
    assert project_timeline(all_done, TWO, as_of="2567Q2")["state"].tolist() == ["done", "to_come"]
    assert project_timeline(activities(), TWO, as_of="2567Q2")["state"].tolist() == ["no_activities"] * 2


def test_concrete_results_need_a_deliverable_and_evidence_that_exists():
    evidence = pd.DataFrame({"evidence_id": ["E1", "E2", "E7"], "evidence_date": ["2023-11-02", "2024-05-01", "2023-11-02"]})
    row = concrete_results(WORK, TWO, evidence, as_of="2567Q2").set_index("REF_AREA").loc["TH-50"]
    # done: A0 (E1 held), A1 (E2 dated after the quarter), A6 of P2 (no deliverable, E9 nowhere)
    assert (row["n"], row["deliverable"], row["evidence"], row["both"]) == (3, 2, 1, 1)
    assert row["share"] == pytest.approx(1 / 3) and 0 < row["ci_low"] < 1 / 3 < row["ci_high"]
    none = concrete_results(activities(), TWO, evidence, as_of="2567Q2", areas=["TH-50"])
    assert set(none["reason"]) == {"nothing_done"}


def test_wrong_activity_tables_are_refused():
    with pytest.raises(DataError, match="below 0"):
        activity_states(WORK.assign(done=-1), as_of="2567Q2")
    with pytest.raises(DataError, match="lacks the column"):
        activity_states(WORK.drop(columns="planned_date"), as_of="2567Q2")
    with pytest.raises(DataError, match="not a fiscal quarter"):
        activity_states(WORK, as_of="2024Q2")
    with pytest.raises(DataError, match="more than once"):
        slippage(WORK, pd.concat([TWO, TWO]), as_of="2567Q2")


# ---------------------------------------------------------------- the four steps


def milestones(*rows) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["REF_AREA", "step_no", "planned_date", "actual_date"])


TRACK = milestones(
    ("TH-50", 1, "2023-01-31", "2023-01-20"), ("TH-50", 2, "2023-06-30", "2023-07-10"), ("TH-50", 3, "2024-01-31", None), ("TH-50", 4, "2024-09-30", None),
    ("TH-10", 1, "2023-01-31", None), ("TH-10", 3, None, "2023-05-01"), ("TH-10", 4, "2023-05-01", "2024-06-01"),
)  # fmt: skip


def test_the_four_steps_are_always_listed_each_with_its_state():
    table = step_tracker(TRACK, as_of="2567Q2", areas=["TH-50", "TH-10", "TH-96"]).set_index(["REF_AREA", "step_no"])
    assert len(table) == 12
    assert table.loc["TH-50", "state"].tolist() == ["done", "done", "late", "due"]
    assert table.loc["TH-10", "state"].tolist() == ["late", "not_reported", "done", "late"]  # done in June is not known in March
    assert table.loc["TH-96", "state"].tolist() == ["not_reported"] * 4
    assert table.loc[("TH-50", 1), "days_late"] == -11 and table.loc[("TH-50", 3), "days_late"] == 60
    assert not table.loc[("TH-10", 3), "in_order"] and table.loc[("TH-50", 2), "in_order"]


def test_time_to_a_step_is_the_published_curve_with_the_quarter_end_as_cut():
    # the leukaemia data of Freireich et al. (1963) again, a week as a day: relapse is a step done, loss to follow-up a cut
    weeks = [6, 6, 6, 7, 10, 13, 16, 22, 23]
    start = pd.Timestamp(2023, 12, 1)
    rows = [(f"TH-{i}", 1, "2024-06-01", (start + pd.Timedelta(days=w)).date().isoformat()) for i, w in enumerate(weeks, 10)]
    curve = step_curves(milestones(*rows, *[(f"TH-{i}", 1, "2024-06-01", None) for i in range(30, 42)]), start=start, as_of="2567Q1")
    # all twelve others wait until 31 December, day 30: shares of 21 by hand
    assert curve["survival"].to_numpy() == pytest.approx(np.array([18, 17, 16, 15, 14, 13, 12]) / 21)
    table = time_to_steps(milestones(*rows), start=start, as_of="2567Q1").set_index("step_no")
    assert table.loc[1, "median_days"] == 10 and table.loc[1, "n_done"] == 9 and table.index.tolist() == [1, 2, 3, 4]
    assert table.loc[2, "reason"] == "no_rows" and table.loc[2, "n_not_reported"] == 9


def test_steps_done_before_the_start_count_from_its_first_day_and_silence_is_apart():
    table = time_to_steps(TRACK, start="2023-02-01", as_of="2567Q2", areas=["TH-50", "TH-10", "TH-96"]).set_index("step_no")
    assert (table.loc[1, "n"], table.loc[1, "n_done"], table.loc[1, "n_not_reported"]) == (2, 1, 1)
    assert table.loc[1, "median_days"] == 0 and table.loc[1, "reason"] == "few_cases"
    assert table.loc[4, "reason"] == "not_reached" and table.loc[1, "share_done"] == 0.5
    with pytest.raises(DataError, match="after 2567Q2 has ended"):
        time_to_steps(TRACK, start="2024-04-01", as_of="2567Q2")


def test_fidelity_gives_a_whole_point_on_time_and_half_a_point_late():
    table = step_fidelity(TRACK, as_of="2567Q2", areas=["TH-50", "TH-10"]).set_index(["REF_AREA", "step_no"])
    own = table.loc[("TH-50", "")]
    assert own["fidelity"] == pytest.approx((1 + 0.5 + 0) / 3) and own["n"] == 3 and own["reason"] == "complete_count"
    assert table.loc[("TH", "1"), "fidelity"] == 0.5 and table.loc[("TH", "1"), "reason"] == "few_areas"
    assert table.loc[("TH-10", "")]["n_not_reported"] == 1
    later = milestones(*[(f"TH-{a}", 1, "2030-01-01", None) for a in range(10, 20)])
    assert set(step_fidelity(later, as_of="2567Q2")["reason"]) == {"nothing_due"}


def test_the_mean_of_half_points_covers_the_truth_over_provinces():
    rng = np.random.default_rng(4)
    provinces = pd.Series(range(40))
    covered = 0
    for _ in range(300):
        points = pd.Series(rng.choice([1.0, 0.5, 0.0], 40, p=[0.63, 0.27, 0.10]))
        got = mean_by_project(points, provinces)
        covered += got.ci_low <= 0.63 + 0.135 <= got.ci_high
    assert 0.92 <= covered / 300 <= 0.985


def test_a_fifth_step_and_a_step_told_twice_are_refused():
    with pytest.raises(DataError, match="step 5 does not exist"):
        step_tracker(milestones(("TH-50", 5, None, None)), as_of="2567Q2")
    with pytest.raises(DataError, match="more than once"):
        step_tracker(pd.concat([TRACK, TRACK]), as_of="2567Q2")


# ---------------------------------------------------------------- the mechanism


def mechanism(*rows) -> pd.DataFrame:
    columns = [
        "REF_AREA", "fiscal_quarter", "committee_exists", "order_no", "meetings_held", "has_secretariat", "has_workplan", "has_data_officer", "reports_on_time",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def test_each_rung_stands_on_the_ones_below():
    rows = [("TH-50", "2566Q1", 0, "", 0, 0, 0, 0, 0), ("TH-50", "2566Q2", 1, "", 1, 1, 1, 1, 1)]  # no order yet: nothing stands
    rows += [("TH-50", "2566Q3", 1, "12/2566", 0, 1, 0, 1, 1), ("TH-50", "2567Q1", 1, "12/2566", 1, 1, 1, 1, 1)]
    rows += [("TH-50", "2567Q2", 1, "12/2566", 0, 1, 1, 1, 0)]
    table = mechanism_maturity(mechanism(*rows), as_of="2567Q2").set_index("fiscal_quarter")
    assert table["maturity"].tolist()[:3] == [0, 0, 2] and table["maturity"].tolist()[4:] == [5, 4]
    assert table["points"].tolist()[1] == 4 and table.loc["2566Q2", "next_rung"] == "committee"
    assert np.isnan(table.loc["2566Q4", "maturity"]) and table.loc["2566Q4", "reason"] == "not_reported"
    # from the last quarter that has a level, over the silent one
    assert table.loc["2567Q1", "change"] == 3 and table.loc["2567Q2", "change"] == -1
    assert table.loc["2567Q2", "next_rung"] == RUNGS[-1] and table.loc["2567Q1", "next_rung"] == ""


def test_provinces_that_never_reported_are_listed():
    table = mechanism_maturity(mechanism(), as_of="2566Q2", first="2566Q1", areas=["TH-50", "TH-96"])
    assert len(table) == 4 and set(table["reason"]) == {"not_reported"} and table["maturity"].isna().all()
