"""A random intercept and slope per province: the spread of true slopes is recovered, few groups are refused."""

import numpy as np
import pytest

from sdg_eval.mixed import mixed_slopes


def panel(sd_slope, seed=20301231, groups=77, n=10):
    rng = np.random.default_rng(seed)
    group, times = np.repeat(np.arange(groups), n), np.tile(np.arange(n) - 4.5, groups)
    slopes = rng.normal(0.5, sd_slope, size=groups)
    return group, times, slopes[group] * times + rng.normal(size=groups)[group] * 3 + rng.normal(size=len(group)), slopes


def test_the_mean_and_the_spread_of_slopes_are_recovered():
    group, times, values, slopes = panel(0.3)
    got = mixed_slopes(group, times, values)
    assert got.slope == pytest.approx(slopes.mean(), abs=0.02) and got.sd_slope == pytest.approx(slopes.std(ddof=1), rel=0.1)
    own = got.groups.loc[[str(k) for k in range(77)], "slope"].to_numpy()
    assert np.mean((own - slopes) ** 2) < 1.2 / 82.5  # better than each group's own least squares


def test_slopes_that_do_not_differ_are_shared():
    group, times, values, _ = panel(0.0, seed=2)
    got = mixed_slopes(group, times, values)
    assert got.sd_slope < 0.05


def test_few_groups_say_so():
    group, times, values, _ = panel(0.3, groups=8)
    assert mixed_slopes(group, times, values).reason == "few_groups"
    assert mixed_slopes(group, times, values, force=True).n_groups == 8
