"""Other trend tests: when they apply, and what they do with noise."""

import numpy as np
import pytest

from sdg_eval.errors import DataError, UsageError
from sdg_eval.trend_options import OPTIONS, compare_options, negative_binomial_trend, option_test


def test_every_option_has_a_row_and_those_that_do_not_apply_a_reason():
    table = compare_options(np.arange(10.0)).set_index("method")
    assert list(table.index) == list(OPTIONS)
    assert table.loc["original", "verdict"] == "rising"
    assert table.loc["hamed_rao", "reason"] == "few_periods_for_correction"
    assert table.loc["seasonal", "reason"] == "no_season" and table.loc["partial", "reason"] == "no_covariate"
    assert compare_options([1.0, 2.0])["reason"].eq("few_periods").all()


def test_seasons_need_complete_years():
    values = np.arange(16.0)
    assert option_test(values, "seasonal", period=4).verdict == "rising"
    values[3] = np.nan
    assert option_test(values, "seasonal", period=4).reason == "gaps"


def test_a_negative_variance_is_a_reason_and_no_warning():
    season = np.tile([100.0, 0, -100, 0], 8) + np.random.default_rng(0).normal(size=32)
    found = [option_test(season, "hamed_rao", lag=lag) for lag in (3, None)]
    assert any(t.reason == "negative_variance" and np.isnan(t.p_value) for t in found)


def test_taking_out_what_drives_the_series_leaves_no_trend():
    rng = np.random.default_rng(20301231)
    driver = np.arange(30.0) + rng.normal(size=30)
    assert option_test(driver + rng.normal(size=30), "original").verdict == "rising"
    assert abs(option_test(driver + rng.normal(size=30), "partial", covariate=driver).z) < 3


def test_corrections_of_short_correlated_noise_call_too_many_trends():
    # METHODS 2.2: Hamed-Rao at rho .5, n = 10 calls .195 instead of .05; it is offered from 20 periods on
    rng = np.random.default_rng(20301231)
    calls = []
    for _ in range(400):
        noise = rng.normal(size=60)
        for k in range(1, 60):
            noise[k] += 0.5 * noise[k - 1]
        calls.append(option_test(noise[-10:], "hamed_rao", lag=None, force=True).p_value < 0.05)
    assert np.mean(calls) == pytest.approx(0.195, abs=0.06)


def test_negative_binomials_are_fitted_only_to_overdispersed_counts():
    rng, times = np.random.default_rng(5), np.arange(40)
    counts = rng.poisson(rng.gamma(5, 20 * np.exp(0.03 * times) / 5))
    assert negative_binomial_trend(counts, np.ones(40), times, dispersion=1.1).reason == "not_overdispersed"
    got = negative_binomial_trend(counts, np.ones(40), times, dispersion=8.0)
    assert got.slope == pytest.approx(0.03, abs=0.02) and got.alpha == pytest.approx(0.2, abs=0.12)


def test_wrong_input_is_refused():
    with pytest.raises(UsageError, match="choose"):
        option_test(np.arange(9.0), "best")
    with pytest.raises(DataError, match="infinite"):
        option_test([1.0, np.inf, 2, 3, 4, 5, 6], "original")
