"""Agreement of two orders: the published coefficient, an interval that covers, a p-value that is not too small."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from sdg_eval.delivery.agreement import MIN_PAIRS, rank_agreement
from sdg_eval.errors import DataError


def _needs(rng, n, slope):
    """Severity 1 to 5 and a count of plan items that rises with it: ties as in the tables."""
    severity = rng.integers(1, 6, n)
    return severity, rng.poisson(np.exp(-0.5 + slope * (severity - 3)))


def test_rho_is_that_of_scipy_with_ties():
    rng = np.random.default_rng(3)
    for _ in range(20):
        x, y = _needs(rng, 12, 0.3)
        expected = spearmanr(x, y).statistic
        got = rank_agreement(x, y).rho
        assert got == pytest.approx(expected, abs=1e-12) if np.isfinite(expected) else np.isnan(got)


def test_the_interval_is_that_of_bonett_and_wright_by_hand():
    # ten pairs of Spearman's classic layout: sum of d^2 = 36, rho = 1 - 6 * 36 / 990 = 0.781818
    x, y = np.arange(1, 11), np.array([3, 1, 4, 2, 5, 8, 10, 6, 9, 7])
    assert np.sum((x - y) ** 2) == 36
    got = rank_agreement(x, y)
    assert got.rho == pytest.approx(0.781818, abs=1e-6)
    # z = 1.05003, se = sqrt((1 + 0.611240 / 2) / 7) = 0.431876; tanh(z -+ 1.959964 se)
    assert (got.ci_low, got.ci_high) == pytest.approx((0.2008, 0.9559), abs=2e-4)


def test_the_interval_covers_the_true_agreement_of_tied_pairs():
    rng = np.random.default_rng(20301231)
    truth = spearmanr(*_needs(np.random.default_rng(1), 200_000, 0.25)).statistic
    for n in (6, 10, 17):
        runs = [rank_agreement(*_needs(rng, n, 0.25), permutations=9) for _ in range(300)]
        told = [r for r in runs if np.isfinite(r.ci_low)]
        assert np.mean([r.ci_low <= truth <= r.ci_high for r in told]) >= 0.93


def test_unrelated_orders_are_called_related_about_alpha_of_the_time():
    rng = np.random.default_rng(5)
    p = [rank_agreement(*_needs(rng, 10, 0.0), rng=rng, permutations=199).p_value for _ in range(400)]
    assert np.nanmean(np.array(p) <= 0.05) == pytest.approx(0.05, abs=0.03)


def test_thin_or_constant_data_say_so():
    assert rank_agreement([], []).reason == "few_pairs" and rank_agreement([1] * 5, range(5)).n == MIN_PAIRS - 1
    assert rank_agreement([2] * 8, range(8)).reason == "all_same"
    assert rank_agreement([1, 2, 3, 4, 5, 6, np.nan], [1, 2, 3, 4, 5, np.nan, 7]).reason == "few_pairs"
    same = rank_agreement(range(8), range(8))
    assert same.rho == 1 and same.reason == "same_order" and np.isnan(same.ci_low) and same.p_value < 0.01
    with pytest.raises(DataError, match="pairs"):
        rank_agreement([1, 2], [1])
