"""A change after a date, and breaks nobody declared: the truth is recovered, noise is mostly left alone."""

import numpy as np
import pytest

from sdg_eval.errors import DataError
from sdg_eval.interruptions import find_breaks, interrupted, sup_f_p
from sdg_eval.ranks import ar1_series

TIMES = np.arange(40)


def test_level_and_slope_changes_are_recovered():
    rng, found = np.random.default_rng(20301231), []
    for _ in range(200):
        values = 5 + 0.2 * TIMES + np.where(TIMES >= 25, 3 + 0.5 * (TIMES - 25), 0) + rng.normal(size=40)
        got = interrupted(TIMES, values, 25)
        found.append((got.level, got.slope, got.trend))
    assert np.mean(found, axis=0) == pytest.approx([3, 0.5, 0.2], abs=0.1)


@pytest.mark.parametrize("rho", [0.0, 0.5])
def test_noise_is_called_a_change_about_five_times_in_a_hundred_although_newey_west_errors_are_too_small(rho):
    rng, called, alone = np.random.default_rng(1), [], []
    for noise in ar1_series(rng, 300, 40, rho):
        got = interrupted(TIMES, noise, 25)
        called.append(got.verdict == "change_after")
        alone.append(min(got.level_p, got.slope_p) < 0.025)  # what Newey-West and Bonferroni would say
    assert np.mean(called) < 0.05 + 0.04
    assert np.mean(alone) > 0.15


@pytest.mark.parametrize(("since", "seasons", "reason"), [(7, None, "few_before"), (37, None, "few_after"), (10, TIMES % 4, "few_before")])
def test_too_few_periods_on_a_side_give_no_answer(since, seasons, reason):
    got = interrupted(TIMES, np.arange(40.0), since, seasons=seasons)
    assert (got.verdict, got.reason) == ("insufficient_data", reason) and np.isnan(got.level)


def test_seasons_are_taken_out():
    values = np.tile([10.0, 0, -10, 0], 10) + np.where(TIMES >= 24, 2.0, 0) + np.random.default_rng(2).normal(scale=0.3, size=40)
    assert interrupted(TIMES, values, 24, seasons=TIMES % 4).level == pytest.approx(2, abs=0.5)


def test_one_break_is_found_where_it_is_and_none_in_most_noise():
    rng, right, none = np.random.default_rng(3), [], []
    for _ in range(100):
        noise = rng.normal(size=40)
        none.append(find_breaks(noise).last_before == ())
        right.append(find_breaks(noise + 4 * (TIMES >= 20)).last_before == (20,))
    assert np.mean(none) > 0.9 and np.mean(right) > 0.8


def test_sup_f_rejects_about_as_often_as_it_says():
    rng = np.random.default_rng(4)
    p = [find_breaks(rng.normal(size=100)).sup_f_p for _ in range(300)]
    assert 0.005 < np.mean(np.array(p) < 0.05) < 0.06  # a hundred dates are fewer than the continuum it is derived for
    assert sup_f_p(0) == 1.0 and sup_f_p(75.9) < 1e-12


def test_short_constant_and_infinite_series():
    assert find_breaks(np.arange(19.0)).reason == "few_periods"
    assert find_breaks(np.full(30, 4.0)).reason == "constant"
    with pytest.raises(DataError, match="infinite"):
        find_breaks([np.inf] * 30)
