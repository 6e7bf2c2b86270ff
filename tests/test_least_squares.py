"""OLS with Newey-West errors: R's sandwich, statsmodels, and gaps."""

import numpy as np
import pytest
import statsmodels.api as sm

from sdg_eval.least_squares import default_lags, ols_newey_west


def test_errors_equal_r_sandwich(reference):
    file = reference("trend_hac_a")
    for case in file["cases"]:
        values, expected = np.array(case["input"]["y"], dtype=float), case["expected"]
        got = ols_newey_west(values, np.arange(1, len(values) + 1), lags=case["input"]["maxlags"], min_periods=3)
        corrected = expected["hac_small_sample_n_over_n_minus_k"]
        for value, wanted in (
            (got.slope[0], expected["slope"]), (got.intercept[0], expected["intercept"]),
            (got.se[0], corrected["se_slope"]), (got.p_value[0], corrected["p_slope_t_dist"]),
        ):  # fmt: skip
            assert value == pytest.approx(wanted, rel=file["tolerance"]["rel"], abs=file["tolerance"]["abs"])


@pytest.mark.parametrize("n", [20, 60])
def test_many_series_with_gaps_equal_statsmodels_one_by_one(n):
    rng = np.random.default_rng(n)
    values = rng.normal(size=(30, n)).cumsum(axis=1)
    values[rng.random(values.shape) < 0.1] = np.nan
    got = ols_newey_west(values, np.arange(n), min_periods=3)
    for k, row in enumerate(values):
        held = ~np.isnan(row)
        fit = sm.OLS(row[held], sm.add_constant(np.arange(n)[held])).fit(
            cov_type="HAC", cov_kwds={"maxlags": int(default_lags(held.sum())), "use_correction": True}, use_t=True
        )
        assert (got.slope[k], got.se[k], got.p_value[k]) == pytest.approx((fit.params[1], fit.bse[1], fit.pvalues[1]))


def test_short_series_get_no_error():
    lines = ols_newey_west(np.arange(19.0), np.arange(19))
    assert np.isnan(lines.slope[0]) and np.isnan(lines.se[0])


def test_noise_alone_rejects_too_often_in_short_series_and_near_nominal_in_long_ones():
    rng = np.random.default_rng(20301231)
    short = ols_newey_west(rng.normal(size=(4000, 10)), np.arange(10), lags=1, min_periods=3).p_value < 0.05
    long = ols_newey_west(rng.normal(size=(4000, 400)), np.arange(400)).p_value < 0.05
    assert np.mean(short) == pytest.approx(0.108, abs=0.02)  # METHODS 2.2, table: why it waits for 20 periods
    assert np.mean(long) == pytest.approx(0.055, abs=0.015)  # .08 at 100
