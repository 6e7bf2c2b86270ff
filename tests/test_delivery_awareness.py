"""Knowledge before and after training: change, its size, what is left of it, and hours."""

import numpy as np
import pandas as pd
import pytest

from sdg_eval.delivery.awareness import (
    awareness_change,
    awareness_decay,
    awareness_dose,
    awareness_reach,
    clustered_mean,
    dose_slope,
    hedges_factor,
    paired_change,
    unpaired_change,
)
from sdg_eval.errors import DataError, UsageError
from tests.counts import report, times


def trainings(count: int, **columns) -> pd.DataFrame:
    return pd.DataFrame({
        "event_id": [f"E{k:02d}" for k in range(count)], "event_date": "2024-01-15", "host": "un", "agency_id": "dopa", "REF_AREA": "TH-50",
        "topic": "sdg", "hours": 6, "invited": 30, "attended": 20,
    }).assign(**columns)  # fmt: skip


def scores(event, pre, post, follow=None) -> pd.DataFrame:
    return pd.DataFrame({
        "event_id": event, "person": [f"p{k}" for k in range(len(pre))], "pre_score": pre, "post_score": post,
        "follow_up_score": np.nan if follow is None else follow, "follow_up_date": "2024-07-15",
    })  # fmt: skip


# ---------------------------------------------------------------- one group


def test_hedges_factor_is_the_ratio_of_gamma_functions():
    # closed forms: gamma(1) / gamma(1/2) with 2 degrees of freedom, gamma(2) / (sqrt(2) gamma(3/2)) with 4
    assert [hedges_factor(2), hedges_factor(4)] == pytest.approx([1 / np.sqrt(np.pi), np.sqrt(2 / np.pi)], rel=1e-12)


def test_welch_agrees_with_scipy():
    from scipy.stats import ttest_ind

    rng = np.random.default_rng(1)
    pre, post = rng.normal(50, 10, 14), rng.normal(58, 4, 9)
    got, wanted = unpaired_change(pre, post), ttest_ind(post, pre, equal_var=False)
    interval = wanted.confidence_interval()
    assert (got.t, got.p_value, got.df) == pytest.approx((wanted.statistic, wanted.pvalue, wanted.df))
    assert (got.ci_low, got.ci_high) == pytest.approx((interval.low, interval.high)) and got.method == "welch_unpaired"


def test_fewer_than_six_pairs_are_only_counted():
    got = paired_change([1, 2, 3, 4, 5, np.nan], [2, 3, 4, 5, 9, 1])
    assert (got.n, got.reason) == (5, "few_pairs") and np.isnan(got.change)
    assert paired_change([], []).reason == "no_pairs"


def test_equal_changes_have_no_interval_and_no_change_at_all_has_p_one():
    same = paired_change(np.arange(8), np.arange(8) + 2.0)
    assert same.change == 2 and same.reason == "all_changes_equal" and np.isnan(same.ci_low) and same.rank_biserial == 1
    none = paired_change(np.arange(8), np.arange(8))
    assert none.p_wilcoxon == 1 and none.n_zero == 8 and none.change == 0


def test_ties_hidden_by_binary_fractions_are_seen():
    # 1.1 - (-0.2) and 0.1 - (-1.2) are both 1.3, but not in binary: with the tie the p is the normal one
    assert paired_change([-0.2, -1.2, 0, 0, 0, 0], [1.1, 0.1, 1, 2, 3, 4]).wilcoxon_method == "normal"
    assert paired_change([0] * 6, [1, 2, 3, 4, 5, 6]).p_wilcoxon == pytest.approx(2 / 2**6)  # exact: one sign pattern of 64, twice


def test_scores_that_are_no_pairs_are_refused():
    with pytest.raises(DataError, match="no pairs"):
        paired_change([1, 2], [1])


@pytest.mark.parametrize("n", [6, 25])
def test_intervals_of_change_and_of_g_hold_the_truth(n):
    rng, runs = np.random.default_rng(20301231), times(600, 10_000)
    held, size = [], []
    for _ in range(runs):
        pre = rng.normal(50, 10, n)
        got = paired_change(pre, pre + rng.normal(4, 8, n))
        held.append(got.ci_low <= 4 <= got.ci_high)
        # g estimates .5; its interval is that of dz times the same factor
        size.append(got.g_low / hedges_factor(n - 1) <= 0.5 <= got.g_high / hedges_factor(n - 1))
    assert np.mean(held) == pytest.approx(0.95, abs=0.025) and np.mean(size) == pytest.approx(0.95, abs=0.025)


def test_without_change_the_rank_test_finds_one_at_most_one_time_in_twenty():
    rng, p = np.random.default_rng(20301231), []
    for _ in range(times(500, 5000)):
        pre = rng.integers(3, 9, 20)
        p.append(paired_change(pre, pre + rng.integers(-2, 3, 20)).p_wilcoxon)
    assert np.mean(np.array(p) < 0.05) == pytest.approx(0.045, abs=0.02)


# ---------------------------------------------------------------- tables


def test_people_that_cannot_be_paired_are_compared_as_two_groups_and_it_is_said():
    pre, post = [50.0, 55, 52, 48, 60, 51] + [np.nan] * 6, [np.nan] * 6 + [60.0, 66, 61, 63, 70, 59]
    row = awareness_change(trainings(1), scores("E00", pre, post)).iloc[0]
    assert (row["method"], row["n_pre_only"], row["n_post_only"]) == ("welch_unpaired", 6, 6)
    assert row["change"] == pytest.approx(np.mean(post[6:]) - np.mean(pre[:6])) and np.isnan(row["dz"])


def test_trainings_without_scores_are_listed_with_their_reason():
    table = awareness_change(trainings(2), scores("E00", np.arange(12.0), np.arange(12.0) + [1, 2] * 6), listed=["E00", "E01"])
    assert table["reason"].tolist() == ["", "no_pairs"] and table["publishable"].tolist() == [True, False]
    area = awareness_change(trainings(2), scores("E00", np.arange(12.0), np.arange(12.0) + [1, 2] * 6), by="REF_AREA", listed=["TH-50", "TH-51"])
    assert area.set_index("REF_AREA")["n"].to_dict() == {"TH-50": 12, "TH-51": 0, "TH": 12}


def test_over_several_trainings_the_interval_is_over_trainings_and_holds_the_truth():
    rng, held, naive = np.random.default_rng(20301231), [], []
    events = np.repeat(np.arange(8), 20)
    for _ in range(times(400, 4000)):
        change = 5 + rng.normal(0, 3, 8)[events] + rng.normal(0, 6, 160)
        _, low, high, count = clustered_mean(change, events)
        held.append(low <= 5 <= high)
        plain = paired_change(np.zeros(160), change)
        naive.append(plain.ci_low <= 5 <= plain.ci_high)
    report("awareness", f"8 trainings of 20: interval over trainings holds {np.mean(held):.1%}, over persons {np.mean(naive):.1%}")
    assert count == 8 and np.mean(held) == pytest.approx(0.95, abs=0.03) and np.mean(naive) < 0.75


def test_over_trainings_no_p_of_persons_is_shown():
    rng = np.random.default_rng(5)
    pre = rng.normal(50, 9, 60)
    table = awareness_change(trainings(6), scores(np.repeat([f"E{k:02d}" for k in range(6)], 10), pre, pre + rng.normal(5, 5, 60)), by="REF_AREA")
    assert table["ci_kind"].tolist() == ["trainings", "trainings"] and table[["p_value", "p_wilcoxon"]].isna().all(axis=None)


def test_what_is_left_at_follow_up_counts_only_people_scored_three_times():
    pre, post = np.full(20, 50.0), 50 + np.tile([8.0, 12.0], 10)
    follow = np.r_[50 + np.tile([4.0, 8.0], 6), np.full(8, np.nan)]
    row = awareness_decay(trainings(1), scores("E00", pre, post, follow), by="event_id").iloc[0]
    assert (row["n_pairs"], row["n_three"], row["attrition"]) == (20, 12, 0.4)
    assert (row["gain"], row["decay"], row["kept"], row["kept_share"]) == (10, -4, 6, pytest.approx(0.6))
    assert row["days_median"] == 182 and row["returned_less_lost"] == 0
    assert row["attrition_low"] < 0.4 < row["attrition_high"]


def test_fieller_holds_the_share_kept():
    rng, held = np.random.default_rng(20301231), []
    for _ in range(times(120, 3000)):
        gain = rng.normal(8, 8, 40)
        row = awareness_decay(trainings(1), scores("E00", np.zeros(40), gain, 0.6 * gain + rng.normal(0, 5, 40)), by="event_id").iloc[0]
        held.append(row["kept_share_low"] <= 0.6 <= row["kept_share_high"])
    assert np.mean(held) == pytest.approx(0.95, abs=0.045)


def test_without_follow_up_the_reason_is_given():
    row = awareness_decay(trainings(1), scores("E00", np.zeros(12), np.ones(12)), by="event_id").iloc[0]
    assert row["reason"] == "no_follow_up" and row["attrition"] == 1 and np.isnan(row["decay"])


# ---------------------------------------------------------------- hours


def test_the_slope_on_hours_is_least_squares():
    rng = np.random.default_rng(2)
    hours = np.repeat(rng.integers(2, 13, 9), 15).astype(float)
    change = 3 + 0.8 * hours + rng.normal(0, 4, 135)
    got = dose_slope(change, hours, np.repeat(np.arange(9), 15))
    assert got.slope == pytest.approx(np.polyfit(hours, change, 1)[0]) and (got.n, got.n_events) == (135, 9)


@pytest.mark.parametrize("count", [7, 20])
def test_the_interval_of_the_slope_holds_the_truth_when_trainings_differ(count):
    rng, held = np.random.default_rng(20301231), []
    for _ in range(times(400, 4000)):
        hours, sizes = rng.choice([3.0, 6.0, 12.0, 18.0], count), rng.integers(8, 30, count)
        if len(set(hours)) < 2:
            continue
        own = 4 + 0.9 * hours + rng.normal(0, 3, count)
        events = np.repeat(np.arange(count), sizes)
        got = dose_slope(own[events] + rng.normal(0, 6, sizes.sum()), hours[events], events)
        if not got.reason:
            held.append(got.ci_low <= 0.9 <= got.ci_high)
    report("awareness", f"slope on hours, {count} trainings: interval holds {np.mean(held):.1%}")
    assert 0.925 <= np.mean(held) <= 0.995


def test_hours_that_do_not_vary_give_no_slope():
    events = np.repeat(np.arange(8), 5)
    assert dose_slope(np.ones(40), np.full(40, 6.0), events).reason == "hours_all_equal"
    assert dose_slope(np.ones(10), np.arange(10), np.repeat([0, 1], 5)).reason == "few_trainings"
    assert dose_slope([], [], []).reason == "no_scores"
    only = np.where(events == 0, 12.0, 6.0)
    assert dose_slope(np.arange(40.0), only, events).reason == "one_training_decides"


def test_the_slope_table_ends_with_the_country():
    rng = np.random.default_rng(4)
    table = trainings(8, hours=[3, 6, 9, 12] * 2, REF_AREA=["TH-50"] * 6 + ["TH-51"] * 2)
    rows = scores(np.repeat(table["event_id"].to_numpy(), 10), rng.normal(50, 5, 80), rng.normal(55, 5, 80))
    got = awareness_dose(table, rows).set_index("REF_AREA")
    assert list(got.index) == ["TH-50", "TH-51", "TH"] and got.loc["TH-51", "reason"] == "few_trainings" and got.loc["TH", "n"] == 80


# ---------------------------------------------------------------- reach


def test_reach_counts_who_came_of_who_was_invited():
    table = trainings(6, invited=[30, 30, "", 30, 30, 10], attended=[15, 20, 12, 30, 10, 14], agency_id=["dopa"] * 6)
    row, none = awareness_reach(table, listed=["dopa", "dla"]).to_dict("records")
    # the third says no number invited, the sixth had more guests than invitations
    assert (row["n_events"], row["n_events_no_invited"], row["attended"], row["rate"]) == (6, 2, 101, 75 / 120)
    assert row["ci_low"] < row["rate"] < row["ci_high"] and none["reason"] == "no_training"


def test_scores_of_an_unknown_training_and_double_persons_are_refused():
    with pytest.raises(DataError, match="E09"):
        awareness_change(trainings(1), scores("E09", [1.0], [2.0]))
    twice = pd.concat([scores("E00", [1.0], [2.0])] * 2)
    with pytest.raises(DataError, match="more than once"):
        awareness_change(trainings(1), twice)
    with pytest.raises(UsageError, match="by is"):
        awareness_change(trainings(1), scores("E00", [1.0], [2.0]), by="colour")
