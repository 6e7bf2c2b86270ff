"""Waiting times: curves and medians equal published ones, and their intervals cover the truth."""

import numpy as np
import pandas as pd
import pytest

from sdg_eval.delivery.survival import (
    MIN_CASES,
    clustered_median,
    km_curve,
    log_log_interval,
    median_wait,
    survival_at,
)
from sdg_eval.errors import DataError

# Weeks in remission under 6-mercaptopurine, + censored: Freireich et al. (1963), Blood 21, table of many textbooks.
WEEKS = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
RELAPSED = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]


def test_the_leukaemia_curve_is_the_published_one():
    curve = km_curve(WEEKS, RELAPSED)
    assert curve["time"].tolist() == [6, 7, 10, 13, 16, 22, 23]
    assert curve["survival"].to_numpy() == pytest.approx([0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448], abs=5e-4)
    assert curve["std_err"].to_numpy() == pytest.approx([0.0764, 0.0869, 0.0963, 0.1068, 0.1141, 0.1282, 0.1346], abs=5e-5)
    assert curve["n_risk"].tolist() == [21, 17, 15, 12, 11, 7, 6]


def test_the_log_log_interval_is_that_of_the_textbook_formula():
    # S = 0.857143, Greenwood se = 0.076360; ends S^exp(+-1.96 se / (S ln S)), by hand: 0.6197 and 0.9516
    low, high = log_log_interval([6 / 7], [0.0763604])
    assert (low[0], high[0]) == pytest.approx((0.6197, 0.9516), abs=1e-4)
    low, high = log_log_interval([0.0, 1.0], [0.0, 0.0])
    assert np.isnan(low[0]) and low[1] == high[1] == 1


def test_the_median_remission_is_23_weeks_and_its_upper_end_is_not_reached():
    wait = median_wait(WEEKS, RELAPSED)
    assert (wait.n, wait.n_event, wait.median, wait.ci_low) == (21, 9, 23, 13)
    assert np.isnan(wait.ci_high) and wait.reason == ""


def test_without_censoring_the_curve_is_the_share_still_waiting():
    rng = np.random.default_rng(1)
    days = rng.integers(-20, 40, 50)
    curve = km_curve(days, np.ones(50))
    assert curve["survival"].to_numpy() == pytest.approx([np.mean(days > t) for t in curve["time"]])
    assert median_wait(days, np.ones(50)).median == np.sort(days)[24]


def test_thin_data_give_a_reason_and_no_error():
    assert median_wait([], []).reason == "no_rows"
    assert median_wait([5], [1]).reason == "few_cases"
    assert median_wait([5, 6, 7], [0, 0, 0]).reason == "not_reached"
    assert km_curve([], []).empty and km_curve([3, 4], [0, 0]).empty
    few = median_wait(range(MIN_CASES - 1), np.ones(MIN_CASES - 1))
    assert few.median == 2 and np.isnan(few.ci_low) and few.reason == "few_cases"


def test_a_missing_time_is_refused():
    with pytest.raises(DataError, match="waiting time is missing"):
        km_curve([1, np.nan], [1, 1])


def test_the_curve_is_read_at_given_times_and_not_beyond_those_watched():
    at = survival_at(km_curve(WEEKS, RELAPSED), [5, 10, 30, 40], last=35).set_index("time")
    assert at.loc[5, "survival"] == 1 and at.loc[5, "reason"] == "no_event_yet"
    assert at.loc[10, "survival"] == pytest.approx(0.753, abs=5e-4)
    assert at.loc[30, "survival"] == pytest.approx(0.448, abs=5e-4)
    assert np.isnan(at.loc[40, "survival"]) and at.loc[40, "reason"] == "not_watched_so_long"
    gone = survival_at(km_curve([1, 2], [1, 1]), [2], last=2)
    assert gone["survival"][0] == 0 and gone["reason"][0] == "all_ended"


def test_intervals_of_the_median_and_of_the_curve_cover_the_truth():
    rng = np.random.default_rng(20301231)
    median, at_100, runs = 0, 0, 300
    for _ in range(runs):
        true, cut = rng.exponential(100, 77), rng.uniform(50, 300, 77)
        days, event = np.minimum(true, cut), true <= cut
        wait = median_wait(days, event)
        median += wait.ci_low <= 100 * np.log(2) <= np.nan_to_num(wait.ci_high, nan=np.inf)
        at = survival_at(km_curve(days, event), [100.0], last=300)
        at_100 += at["ci_low"][0] <= np.exp(-1) <= at["ci_high"][0]
    assert 0.92 <= median / runs <= 0.985
    assert 0.92 <= at_100 / runs <= 0.985


def test_projects_that_are_late_together_widen_the_interval_of_the_median():
    rng = np.random.default_rng(7)
    covered = {"projects": 0, "activities": 0}
    for seed in range(200):
        project = np.repeat(np.arange(15), 8)
        days = np.round(rng.normal(0, 20, 15)[project] + rng.normal(10, 8, 120))
        event = rng.random(120) < 0.9
        low, high = clustered_median(days, event, project, np.random.default_rng(seed), draws=400)
        plain = median_wait(days, event)
        # with a tenth censored at random the true Kaplan-Meier median stays near 10; half a day for rounding
        covered["projects"] += low - 0.5 <= 10 <= high + 0.5
        covered["activities"] += plain.ci_low - 0.5 <= 10 <= plain.ci_high + 0.5
    assert covered["projects"] / 200 > 0.88 > covered["activities"] / 200


def test_bootstrap_curves_equal_the_estimate_when_every_case_is_drawn_once(monkeypatch):
    import sdg_eval.delivery.survival as survival

    monkeypatch.setattr(survival, "resample_counts", lambda n, draws, rng: np.ones((draws, n), dtype=int))
    assert clustered_median(WEEKS, RELAPSED, range(21), np.random.default_rng(1), draws=3) == (23, 23)


def test_the_curve_is_a_table_of_numbers_even_when_empty():
    assert (km_curve([1.0], [0]).dtypes == "float64").all() and isinstance(km_curve([1], [1]), pd.DataFrame)
