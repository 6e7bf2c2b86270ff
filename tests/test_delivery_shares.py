"""Shares: Wilson's interval, and what clustering does to n."""

import numpy as np
import pandas as pd
import pytest

from sdg_eval.delivery.shares import clustered_share, design_effect, require, wilson
from sdg_eval.errors import DataError
from tests.counts import times


@pytest.mark.parametrize(("k", "n"), [(0, 10), (3, 7), (10, 10), (37, 120), (1, 1)])
def test_wilson_agrees_with_statsmodels(k, n):
    from statsmodels.stats.proportion import proportion_confint

    got = wilson(k, n)
    assert (got.ci_low, got.ci_high) == pytest.approx(proportion_confint(k, n, method="wilson"), abs=1e-12)


def test_no_case_gives_no_share_and_an_impossible_one_is_refused():
    assert np.isnan(wilson(0, 0).share) and np.isnan(clustered_share([], []).ci_low)
    with pytest.raises(DataError, match="5 of 3"):
        wilson(5, 3)
    with pytest.raises(DataError, match="lacks the column"):
        require(pd.DataFrame({"a": [1]}), "kpi", ["a", "q1"])


def test_clusters_that_agree_inside_are_worth_their_number():
    parts, wholes = np.array([10, 0] * 10), np.full(20, 10)
    # every cluster is all or nothing: 200 cases say as much as 20, times 20/19 for the estimated variance
    assert design_effect(parts, wholes) == pytest.approx(10 * 20 / 19)
    assert design_effect(np.full(20, 5), wholes) == 1.0
    assert clustered_share(parts, wholes).n_eff < 20


@pytest.mark.parametrize(("clusters", "alike"), [(6, 0.05), (10, 0.15), (25, 0.15)])
def test_the_interval_of_a_clustered_share_holds_the_truth(clusters, alike):
    rng, held, naive = np.random.default_rng(20301231), [], []
    for _ in range(times(400, 4000)):
        sizes = rng.integers(5, 60, clusters)
        own = rng.beta(0.3 * (1 / alike - 1), 0.7 * (1 / alike - 1), clusters)
        parts = rng.binomial(sizes, own)
        got, plain = clustered_share(parts, sizes), wilson(int(parts.sum()), int(sizes.sum()))
        held.append(got.ci_low <= 0.3 <= got.ci_high)
        naive.append(plain.ci_low <= 0.3 <= plain.ci_high)
    assert 0.92 <= np.mean(held) <= 0.985
    assert np.mean(naive) < np.mean(held) - 0.05
