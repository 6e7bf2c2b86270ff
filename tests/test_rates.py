"""Counts and proportions: one Newton iteration for all series, against statsmodels one by one."""

import numpy as np
import pytest
import statsmodels.api as sm

from sdg_eval.rates import count_trend, proportion_trend, rate_lines

TIMES = np.arange(2012, 2024) + 0.5


@pytest.mark.parametrize("n", [3, 5, 12])
def test_counts_equal_statsmodels(n):
    rng = np.random.default_rng(20301231)
    for _ in range(25):
        times, exposure = TIMES[:n], rng.uniform(1e4, 1e6, n)
        counts = rng.poisson(exposure * 1e-4 * np.exp(0.1 * rng.normal() * (times - 2015)))
        design = sm.add_constant(times - times.mean())
        fit = sm.GLM(counts, design, family=sm.families.Poisson(), offset=np.log(exposure)).fit(tol=1e-12)
        got = count_trend(counts, exposure, times)
        assert (got.level, got.slope) == pytest.approx(tuple(fit.params), rel=1e-7, abs=1e-10)
        assert got.dispersion == pytest.approx(fit.pearson_chi2 / (n - 2), rel=1e-7)
        assert got.se_model == pytest.approx(np.sqrt(fit.normalized_cov_params[1, 1]), rel=1e-6)


@pytest.mark.parametrize("n", [3, 5, 12])
def test_proportions_equal_statsmodels(n):
    rng = np.random.default_rng(7)
    for _ in range(25):
        times, trials = TIMES[:n], rng.integers(50, 500, n)
        share = 1 / (1 + np.exp(-(rng.normal() + 0.1 * rng.normal() * (times - 2014))))
        hits = rng.binomial(trials, share)
        if 0 < hits.sum() < trials.sum():
            design = sm.add_constant(times - times.mean())
            fit = sm.GLM(np.column_stack([hits, trials - hits]), design, family=sm.families.Binomial()).fit(tol=1e-12)
            got = proportion_trend(hits, trials, times)
            assert (got.level, got.slope) == pytest.approx(tuple(fit.params), rel=1e-6, abs=1e-9)
            assert got.dispersion == pytest.approx(fit.pearson_chi2 / (n - 2), rel=1e-6)


def test_gaps_give_the_same_as_leaving_the_year_out():
    counts = np.array([9.0, 12, np.nan, 15, 11, 20, 24])
    base = np.full(7, 1e5)
    held = ~np.isnan(counts)
    both = rate_lines(np.stack([counts, counts]), np.stack([base, base]), TIMES[:7], family="poisson")
    alone = count_trend(counts[held], base[held], TIMES[:7][held])
    assert both.slope == pytest.approx([alone.slope] * 2) and both.p_value == pytest.approx([alone.p_value] * 2)


@pytest.mark.parametrize("hits", [[0, 0, 0, 10, 10, 10], [0, 0, 0, 0, 0, 10]])
def test_a_curve_without_finite_maximum_is_not_a_number(hits):
    assert np.isnan(proportion_trend(hits, [10] * 6, TIMES[:6]).slope)
