"""Pooling: adjusted p-values and shrunken slopes behave as their theory says."""

import numpy as np
import pandas as pd
import pytest

from sdg_eval.errors import DataError, UsageError
from sdg_eval.pooling import false_discovery, shrink


def test_missing_p_leave_the_family():
    assert np.isnan(false_discovery([np.nan, np.nan])).all()
    assert false_discovery([]).size == 0
    assert false_discovery([0.04, np.nan]).tolist()[0] == 0.04


def test_impossible_p_and_options_are_refused():
    with pytest.raises(DataError):
        false_discovery([0.1, 1.2])
    with pytest.raises(UsageError):
        false_discovery([0.1], method="holm")
    with pytest.raises(UsageError):
        false_discovery([0.1], 10)
    with pytest.raises(UsageError):
        shrink([1, 2], [1, 1], method="ML")


def test_false_discoveries_stay_under_a_tenth():
    from scipy.stats import norm

    rng = np.random.default_rng(20301231)
    shares = []
    for _ in range(300):
        effect = np.r_[np.full(20, 3.0), np.zeros(57)]
        found = false_discovery(2 * norm.sf(np.abs(rng.normal(effect)))) <= 0.10
        shares.append(found[20:].sum() / max(1, found.sum()))
    assert np.mean(shares) < 0.10


def test_equal_slopes_have_no_variance_between_and_all_take_the_mean():
    table = shrink([1.0, 1.1, 0.9, 1.0, 1.05], [1.0] * 5)
    assert (table["tau2"] == 0).all() and (table["weight"] == 0).all()
    assert table["shrunken"].to_numpy() == pytest.approx(1.01)


def test_the_noisier_province_is_pulled_further():
    table = shrink([5.0, -5, 5, -5, 5, -5], [0.1, 0.1, 0.1, 0.1, 10, 10])
    assert table["weight"].iloc[4] < table["weight"].iloc[0]
    assert abs(table["shrunken"].iloc[4]) < abs(table["shrunken"].iloc[0]) < 5


def test_shrunken_slopes_lie_nearer_the_truth_and_their_intervals_cover_it():
    rng = np.random.default_rng(8)
    gains, covered = [], []
    for _ in range(100):
        variances = rng.uniform(0.1, 2, 77)
        truth = rng.normal(1, 0.5, 77)
        slopes = rng.normal(truth, np.sqrt(variances))
        table = shrink(slopes, variances)
        gains.append(np.mean((table["shrunken"] - truth) ** 2) / np.mean((slopes - truth) ** 2))
        covered.append(np.mean(np.abs(table["shrunken"] - truth) < 1.96 * table["se"]))
    assert np.mean(gains) < 0.4
    # tau2 is estimated, so the standard error is conservative on purpose (pooling._shrunken_se)
    assert 0.94 < np.mean(covered) < 0.98


@pytest.mark.parametrize("method", ["REML", "DL", "PM"])
def test_variance_between_provinces_is_recovered(method):
    rng = np.random.default_rng(9)
    found = []
    for _ in range(100):
        variances = rng.uniform(0.1, 0.5, 77)
        found.append(shrink(rng.normal(rng.normal(0, 0.6, 77), np.sqrt(variances)), variances, method=method)["tau2"].iloc[0])
    assert np.mean(found) == pytest.approx(0.36, rel=0.08)


def test_each_region_has_its_own_mean_when_four_provinces_speak():
    slopes = np.r_[np.linspace(9, 11, 6), np.linspace(-11, -9, 6)]
    table = shrink(slopes, np.full(12, 4.0), ["north"] * 6 + ["south"] * 6)
    assert table["mu"].iloc[0] == pytest.approx(10) and table["mu"].iloc[-1] == pytest.approx(-10)
    small = shrink(slopes, np.full(12, 4.0), ["north"] * 10 + ["south"] * 2)
    assert small["mu"].nunique() == 1


def test_what_was_not_estimated_stays_missing_and_the_index_stays():
    slopes = pd.Series([1.0, np.nan, 2.0, 3.0], index=["a", "b", "c", "d"])
    table = shrink(slopes, pd.Series([1.0, 1, 0, 1], index=slopes.index))
    assert table.index.tolist() == ["a", "b", "c", "d"]
    assert table["shrunken"].isna().tolist() == [False, True, True, False]
    assert shrink([1.0], [1.0])["shrunken"].isna().all()


def test_the_unit_of_slopes_does_not_matter():
    y, v = np.array([0.1, 0.5, -0.2, 0.9, 0.3]), np.array([0.01, 0.02, 0.03, 0.05, 0.01])
    big, small = shrink(y, v), shrink(y * 1e-8, v * 1e-16)
    assert small["shrunken"].to_numpy() == pytest.approx(big["shrunken"].to_numpy() * 1e-8, abs=0, rel=1e-6)
