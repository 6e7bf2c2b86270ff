"""Inequality, convergence and the gap of those left behind."""

import numpy as np
import pandas as pd
import pytest

from sdg_eval.comparisons.inequality import (
    convergence,
    gap_trends,
    gini,
    group_gaps,
    inequality,
    jackknife,
    single_trend,
    worst_against_mean,
    yearly_inequality,
)
from sdg_eval.errors import DataError
from sdg_eval.observations import observation_table

YEARS = range(2012, 2022)


def long(wide: np.ndarray, areas=None, years=YEARS) -> pd.DataFrame:
    areas = [f"A{i}" for i in range(len(wide))] if areas is None else areas
    return pd.DataFrame(
        [{"REF_AREA": a, "year": y, "OBS_VALUE": v} for a, row in zip(areas, wide, strict=True) for y, v in zip(years, row, strict=True)]
    )


def test_equal_values_have_no_inequality_and_one_owner_the_most():
    assert gini([3, 3, 3]) == pytest.approx(0, abs=1e-15)
    assert gini([0, 0, 0, 8]) == 0.75
    got = inequality([2.0, 2, 2], ["a", "a", "b"])
    assert [got.theil_t, got.theil_l] == pytest.approx([0, 0], abs=1e-15)


def test_weights_count_people():
    assert gini([1, 5], [3, 1]) == pytest.approx(gini([1, 1, 1, 5]))
    one, many = inequality([1, 5], ["a", "b"], [3, 1]), inequality([1, 1, 1, 5], ["a", "a", "a", "b"])
    assert (one.theil_t, one.theil_l, one.theil_t_between) == pytest.approx((many.theil_t, many.theil_l, many.theil_t_between))


@pytest.mark.parametrize("seed", range(5))
def test_between_and_within_add_up_with_weights(seed):
    rng = np.random.default_rng(seed)
    y, g, w = rng.lognormal(size=40), rng.integers(0, 5, 40), rng.uniform(1, 9, 40)
    got = inequality(y, g, w)
    whole = inequality(y, None, w)
    assert got.theil_t_between + got.theil_t_within == pytest.approx(whole.theil_t, rel=1e-12)
    assert got.theil_l_between + got.theil_l_within == pytest.approx(whole.theil_l, rel=1e-12)


def test_zero_or_negative_values_have_a_gini_only_while_the_mean_is_positive():
    got = inequality([0.0, 1, 2])
    assert np.isnan(got.theil_t) and got.gini == pytest.approx(4 / 9)
    assert np.isnan(gini([-3, 1])) and np.isnan(gini([]))


def test_missing_values_and_weights_are_refused():
    with pytest.raises(DataError, match="missing"):
        inequality([1, np.nan])
    with pytest.raises(DataError, match="weight"):
        inequality([1, 2], None, [1, 0])


def test_the_jackknife_interval_holds_the_true_gini():
    """Lognormal with sd .4: Gini = 2 Phi(.4 / sqrt 2) - 1."""
    from scipy.stats import norm

    rng, true = np.random.default_rng(20301231), 2 * norm.cdf(0.4 / np.sqrt(2)) - 1
    held = [low <= true <= high for low, high in (jackknife(rng.lognormal(0, 0.4, 77)) for _ in range(200))]
    assert np.mean(held) == pytest.approx(0.95, abs=0.045)


def test_yearly_table_leaves_thin_years_out_and_says_whether_it_is_weighted(codelists):
    areas = codelists.provinces
    rows = [{"SERIES": "S", "REF_AREA": a, "FREQ": "A", "TIME_PERIOD": str(y), "OBS_VALUE": 1.0 + i} for y in (2020, 2021) for i, a in enumerate(areas)]
    rows += [{"SERIES": "S", "REF_AREA": a, "FREQ": "A", "TIME_PERIOD": "2022", "OBS_VALUE": 1.0} for a in areas[:20]]
    table = observation_table(rows)
    got = yearly_inequality(table, codelists)
    assert got["year"].tolist() == [2020, 2021] and not got["weighted"].any() and (got["n"] == 77).all()
    assert (got["gini_low"] < got["gini"]).all() and (got["gini"] < got["gini_high"]).all()
    people = pd.DataFrame({"REF_AREA": areas, "year": 2019, "people": np.arange(1.0, 78)})
    assert yearly_inequality(table, codelists, weights=people)["weighted"].all()


# ---------------------------------------------------------------- convergence


def test_true_convergence_is_found():
    rng = np.random.default_rng(1)
    start = rng.normal(10, 0.5, (77, 1))
    pulled = 10 + (start - 10) * 0.9 ** np.arange(10) + 0.01 * rng.standard_normal((77, 10))
    got = convergence(long(np.exp(pulled)))
    assert got.verdict == "converging" and got.beta < 0 and got.sigma_slope < 0
    assert got.half_life == pytest.approx(np.log(2) / -np.log(0.9), rel=0.25)


def test_regression_to_the_mean_alone_is_never_called_convergence():
    """Fixed provinces with yearly noise: beta falls below zero by luck, the spread stays. At most 5% converge."""
    rng, words = np.random.default_rng(20301231), []
    for _ in range(200):
        fixed = rng.normal(10, 0.2, (77, 1))
        words.append(convergence(long(np.exp(fixed + 0.2 * rng.standard_normal((77, 10))))).verdict)
    assert np.mean([w == "converging" for w in words]) <= 0.05
    assert np.mean([w == "beta_only" for w in words]) > 0.8  # what a beta regression alone would celebrate


def test_provinces_that_drift_apart_diverge():
    rng = np.random.default_rng(2)
    got = convergence(long(np.exp(10 + np.cumsum(0.1 * rng.standard_normal((77, 10)), axis=1))))
    assert got.verdict == "diverging"


def test_too_few_provinces_years_or_a_zero_give_no_verdict():
    assert convergence(long(np.ones((5, 10)))).verdict == "insufficient"
    assert convergence(long(np.ones((20, 1)), years=[2020])).verdict == "insufficient"
    zero = np.ones((20, 10))
    zero[0, 0] = 0
    assert convergence(long(zero)).verdict == "insufficient"
    assert convergence(long(np.column_stack([np.full(20, 100.0), np.random.default_rng(1).lognormal(size=(20, 9))]))).verdict == "insufficient"
    rng = np.random.default_rng(3)
    assert convergence(long(rng.lognormal(size=(20, 4)), years=range(2018, 2022))).sigma_verdict == "insufficient"


def test_a_single_series_of_noise_is_seldom_a_trend():
    from sdg_eval.simulate import ar1

    rng = np.random.default_rng(20301231)
    for rho in (0.0, 0.3):
        noise = ar1(rng, (800, 10), rho)
        found = [single_trend(YEARS, row)[2] in ("rising", "falling") for row in noise]
        assert np.mean(found) <= 0.05 + 2.6 * np.sqrt(0.05 * 0.95 / 800), rho
    assert single_trend(YEARS, np.arange(10))[2] == "rising"
    assert single_trend(YEARS, np.ones(10)) == (0.0, 1.0, "no_change")
    assert single_trend([2020], [1.0])[2] == "insufficient"


# ---------------------------------------------------------------- nobody left behind


def observations_of(values: dict, series="SI_POV_NAHC", **more) -> pd.DataFrame:
    return observation_table(
        [
            {"SERIES": series, "REF_AREA": a, "FREQ": "A", "TIME_PERIOD": str(y), "OBS_VALUE": v, **more}
            for a, line in values.items()
            for y, v in zip(YEARS, line, strict=False)
        ]
    )


def test_the_worst_fifth_is_chosen_on_the_bad_side(codelists):
    areas = codelists.provinces[:10]
    table = observations_of({a: [float(i)] for i, a in enumerate(areas)})
    row = worst_against_mean(table, codelists).iloc[0]
    assert row["worst_areas"] == ";".join(sorted(areas[8:]))  # poverty: the highest are the worst
    assert (row["mean"], row["worst"], row["gap"], row["n_worst"]) == (4.5, 8.5, 4.0, 2)
    higher = worst_against_mean(observations_of({a: [float(i)] for i, a in enumerate(areas)}, "SE_TOT_CPLR"), codelists).iloc[0]
    assert higher["worst_areas"] == ";".join(sorted(areas[:2])) and higher["gap"] == 4.0


def test_a_mean_can_improve_while_the_gap_widens(codelists):
    areas = codelists.provinces[:20]
    lines = {a: list(20 - (0.2 if i < 4 else 1.0) * np.arange(10)) for i, a in enumerate(areas)}
    gaps = worst_against_mean(observations_of(lines), codelists)
    trend = gap_trends(gaps).iloc[0]
    assert gaps["mean"].iloc[-1] < gaps["mean"].iloc[0] and trend["verdict"] == "widening" and trend["slope"] > 0


def test_the_first_years_worst_catch_up_by_luck_and_the_yearly_worst_do_not(codelists):
    rng = np.random.default_rng(5)
    lines = {a: list(10 + rng.standard_normal(10)) for a in codelists.provinces}
    gaps = worst_against_mean(observations_of(lines), codelists)
    assert gaps["first_gap"].iloc[0] > 1 and abs(gaps["first_gap"].iloc[1:].mean()) < 0.4
    assert gaps["gap"].min() > 1
    assert gap_trends(gaps).iloc[0]["verdict"] == "not_detected"


def test_the_worst_group_is_named_beside_the_total(codelists):
    total = observations_of({"TH-50": [10.0] * 10})
    parts = [observations_of({"TH-50": [v] * 10}, URBANISATION=u) for u, v in (("U", 6.0), ("R", 14.0))]
    got = group_gaps(pd.concat([total, *parts], ignore_index=True), codelists)
    assert set(got["worst_group"]) == {"R"} and set(got["gap"]) == {4.0} and set(got["against"]) == {"total"} and len(got) == 10
    alone = group_gaps(pd.concat(parts, ignore_index=True), codelists)
    assert set(alone["against"]) == {"mean_of_groups"} and set(alone["gap"]) == {4.0}
    assert group_gaps(total, codelists).empty
