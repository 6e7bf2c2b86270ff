"""Trends: rules on points, the statistics, and what noise and known slopes come out as."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdg_eval.errors import DataError, UsageError
from sdg_eval.observations import observation_table
from sdg_eval.ranks import (
    NULL_DRAWS,
    ar1_null,
    ar1_series,
    kendall_s,
    mann_kendall,
    pooled_rho,
    residual_scale,
    theil_sen,
)
from sdg_eval.rates import count_trend, proportion_trend
from sdg_eval.trends import COLUMNS, evaluate_trends
from tests.counts import times

YEARS = np.arange(2010, 2022)


def series_of(values, *, start=2015, area="TH-50", series="S", freq="A", **columns) -> pd.DataFrame:
    """Observation table of one area; None leaves the year out."""
    rows = []
    for k, value in enumerate(values):
        if value is None:
            continue
        year, part = (start + k, "") if freq == "A" else (start + k // 4, f"-Q{k % 4 + 1}")
        row = {"SERIES": series, "REF_AREA": area, "FREQ": freq, "TIME_PERIOD": f"{year}{part}", "OBS_VALUE": value}
        rows.append(row | {name: column[k] for name, column in columns.items()})
    return observation_table(rows)


def panel_of(values: np.ndarray, *, start=2010, freq="A", series="S") -> pd.DataFrame:
    parts = [series_of(row, start=start, area=f"TH-{10 + k}", freq=freq, series=series) for k, row in enumerate(values)]
    return pd.concat(parts, ignore_index=True)


def rules(**columns) -> pd.DataFrame:
    """A codelist of one series `S`."""
    return pd.DataFrame([{"SERIES": "S", "kind": "rate", "direction": "lower"} | columns])


def one(table: pd.DataFrame, **options) -> pd.Series:
    result = evaluate_trends(table, **options)
    assert list(result.columns) == COLUMNS
    assert len(result) == 1
    return result.iloc[0]


# ---------------------------------------------------------------- statistics


def test_slope_is_the_median_of_pairwise_slopes():
    values = np.array([3.0, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8])
    pairwise = [(values[j] - values[i]) / (YEARS[j] - YEARS[i]) for i in range(12) for j in range(i + 1, 12)]
    assert theil_sen(YEARS, values).slope == pytest.approx(np.median(pairwise))


@pytest.mark.parametrize("n", [6, 7, 9, 14, 25])
@pytest.mark.parametrize("rounded", [False, True])
def test_slope_and_interval_equal_scipy(n, rounded):
    from scipy.stats import theilslopes

    rng = np.random.default_rng(n)
    for _ in range(20):
        times = np.sort(rng.choice(np.arange(40), n, replace=False)) + 0.5
        values = rng.normal(size=n) + 0.1 * times
        values = np.round(values, 1 if rounded else 12)
        got, expected = theil_sen(times, values), theilslopes(values, times, 0.95, method="separate")
        assert (got.slope, got.intercept) == pytest.approx((expected.slope, expected.intercept))
        assert (got.ci_low, got.ci_high) == pytest.approx((expected.low_slope, expected.high_slope))


def test_missing_values_are_dropped_in_pairs():
    assert theil_sen([2015, 2016, np.nan, 2018], [9, np.nan, 7, 3]).slope == pytest.approx(-2)
    assert mann_kendall([1, np.nan, 2, 3]).s == 3


def test_slopes_use_the_true_gaps():
    assert theil_sen([2010, 2011, 2021], [0, 1, 11]).slope == pytest.approx(1)


def test_no_interval_under_six_points():
    assert np.isnan(theil_sen(np.arange(5), [1, 2, 4, 3, 5]).ci_low)


def test_an_interval_wider_than_the_data_says_so():
    line = theil_sen(np.arange(6), [1, 2, 4, 3, 5, 7.5], var_scale=4)
    assert line.clipped and line.ci_high == 2.5  # the steepest pair is 7.5 after 5


def test_mann_kendall_of_nothing_is_nan_and_of_equals_is_one():
    assert np.isnan(mann_kendall([]).p_normal) and np.isnan(mann_kendall([3]).z)
    assert mann_kendall([4, 4, 4, 4]).p_normal == 1.0 and mann_kendall([4, 4, 4]).tau == 0


def test_null_without_correlation_equals_the_exact_test():
    null = ar1_null(8, 0.0)
    for values in ([1, 2, 3, 4, 5, 6, 8, 7], [2, 1, 4, 3, 6, 5, 8, 7], [3, 1, 2, 5, 4, 8, 6, 7]):
        exact = mann_kendall(values)
        assert null.p_value(exact.s) == pytest.approx(exact.p_exact, abs=4 * np.sqrt(0.25 / NULL_DRAWS))


def test_null_is_drawn_once_per_length_and_rounded_correlation():
    assert ar1_null(9, 0.31) is ar1_null(9, 0.29)
    assert ar1_null(9, 0.31).seed != ar1_null(9, 0.4).seed
    assert ar1_null(10, 0.5).var_ratio > 1.5
    assert ar1_null(10, 0.0).p_value(0) == 1.0


def test_kendall_s_of_a_matrix_equals_row_by_row():
    values = np.random.default_rng(2).normal(size=(30, 11))
    assert kendall_s(values).tolist() == [mann_kendall(row).s for row in values]


@pytest.mark.parametrize("n", [6, 10, 15])
@pytest.mark.parametrize("rho", [0.0, 0.3, 0.6])
def test_pooled_correlation_is_recovered_whatever_the_scale_of_a_province(n, rho):
    rng = np.random.default_rng(20301231)
    panels = [ar1_series(rng, 77, n, rho) * np.exp(rng.normal(size=(77, 1))) + np.arange(n) for _ in range(100)]
    found = np.array([pooled_rho(panel)[0] for panel in panels])
    assert np.mean(found) == pytest.approx(rho, abs=0.1 if n == 6 else 0.05)


def test_correlation_is_assumed_with_few_provinces_or_short_series():
    rng = np.random.default_rng(1)
    assert pooled_rho(rng.normal(size=(19, 12))) == (0.3, True)
    assert pooled_rho(rng.normal(size=(77, 5))) == (0.3, True)
    assert pooled_rho(np.empty((0, 1))) == (0.3, True)
    assert pooled_rho(np.ones((77, 12))) == (0.3, True)  # constant series say nothing
    assert pooled_rho(rng.normal(size=(20, 12)))[1] is False


def test_surveys_every_second_year_pool_over_surveys():
    panel = np.full((77, 19), np.nan)
    panel[:, ::2] = ar1_series(np.random.default_rng(4), 77, 10, 0.6)
    assert pooled_rho(panel) == pooled_rho(panel[:, ::2])


def test_residual_scale_estimates_the_standard_deviation():
    rng = np.random.default_rng(3)
    values = rng.normal(scale=2, size=4000)
    assert residual_scale(np.arange(4000), values, 0, 0) == pytest.approx(2, rel=0.05)
    assert residual_scale(np.arange(7), [0, 0, 0, 0, 0, 0, 3], 0, 0) > 0


# ---------------------------------------------------------------- simulation: size, power, coverage


def rejections(n: int, rho: float, slope: float, *, panels: int, seed: int = 20301231, decimals=None):
    """Share of provinces called a trend, and share of intervals that hold the truth."""
    rng, verdicts, covered = np.random.default_rng(seed), [], []
    times = np.arange(n)
    for _ in range(panels):
        values = ar1_series(rng, 77, n, rho) / np.sqrt(1 - rho**2) + slope * times
        null = ar1_null(n, pooled_rho(values)[0])
        verdicts += [null.p_value(s) < 0.05 for s in kendall_s(values)]
        lines = [theil_sen(times, row, var_scale=null.var_ratio) for row in values[:20]]
        covered += [line.ci_low <= slope <= line.ci_high for line in lines]
    return np.mean(verdicts), np.mean(covered)


@pytest.mark.parametrize(
    ("rho", "n", "published"),
    [(0.0, 6, 0.019), (0.0, 10, 0.037), (0.5, 6, 0.029), (0.5, 10, 0.041)],  # METHODS 2.2, last column
)
def test_noise_is_called_a_trend_no_more_than_five_times_in_a_hundred(rho, n, published):
    size, coverage = rejections(n, rho, 0.0, panels=60)
    # 60 x 77 tests of one p share a rho per panel: two to three binomial standard errors (.003).
    assert size == pytest.approx(published, abs=0.01)
    assert size < 0.05
    assert coverage >= 0.94


@pytest.mark.parametrize(
    ("rho", "n", "low", "high"),
    [(0.0, 6, 0.12, 0.20), (0.5, 6, 0.12, 0.20), (0.0, 8, 0.5, 0.62), (0.5, 8, 0.26, 0.42), (0.0, 10, 0.88, 0.97), (0.5, 10, 0.53, 0.65)],
)
def test_power_is_what_the_method_specification_says(rho, n, low, high):
    # panels differ in their pooled rho, so the power of 30 panels has a standard error of about .03
    power, coverage = rejections(n, rho, 0.5, panels=30)
    assert low < power < high
    assert coverage >= 0.94


def test_rounded_values_keep_the_size():
    sizes = []
    for seed in range(times(5, 12)):
        rounded = np.round(ar1_series(np.random.default_rng(seed), 77, 10, 0.5) * 1.15)
        table = evaluate_trends(panel_of(rounded))
        sizes.append(table["verdict"].isin(["rising", "falling"]).mean())
    assert set(table["method"]) <= {"mann_kendall_ar1_z_ties", "mann_kendall_ar1"}
    assert (table.loc[table["tie_share"] > 0, "method"] == "mann_kendall_ar1_z_ties").all()
    assert table.loc[table["tie_share"] > 0, "reason"].str.contains("tie_share").all()
    assert np.mean(sizes) < 0.06


@pytest.mark.parametrize("rho", [0.0, 0.5])
def test_quarters_with_a_season_are_not_called_a_trend_but_trends_are_found(rho):
    rng = np.random.default_rng(11)
    season = np.tile([5.0, 0, -5, 2], 6)
    false, true, slopes = [], [], []
    for _ in range(times(2, 5)):
        noise = ar1_series(rng, 77, 24, rho) + season
        quiet = evaluate_trends(panel_of(noise, freq="Q"))
        loud = evaluate_trends(panel_of(noise + 0.25 * np.arange(24), freq="Q"))
        false.append(quiet["verdict"].isin(["rising", "falling"]).mean())
        true.append((loud["verdict"] == "rising").mean())
        slopes.append(loud["slope"].mean())
    assert set(quiet["method"]) == {"seasonal_mann_kendall_ar1"}
    assert np.mean(false) < 0.07  # 385 tests, standard error .011
    assert np.mean(true) > 0.8
    assert np.mean(slopes) == pytest.approx(1.0, abs=0.05)  # 0.25 a quarter is 1 a year


# ---------------------------------------------------------------- rules on points


@pytest.mark.parametrize(
    ("values", "verdict", "reason"),
    [
        ([1.0], "insufficient_data", "few_periods"),
        ([1.0, 3.0], "two_points", "two_points"),
        ([1.0, 3.0, 5.5], "indicative", "few_periods;short_span"),
        ([1.0, 3.0, 5.5, 6.0, 7.0], "indicative", "few_periods"),
        ([4.0] * 8, "no_change", ""),
    ],
)
def test_few_points_claim_no_more_than_they_can(values, verdict, reason):
    row = one(series_of(values))
    assert (row["verdict"], row["reason"]) == (verdict, reason)
    assert row["n_obs"] == len(values)
    assert not row["significant"]


def test_two_points_give_the_change_per_year_and_no_test():
    row = one(series_of([1.0, None, None, 7.0]))
    assert row["slope"] == pytest.approx(2) and np.isnan(row["p_value"]) and row["method"] == "end_points"


def test_all_equal_is_slope_zero_and_p_one():
    row = one(series_of([4.0] * 8))
    assert (row["slope"], row["p_value"], row["ci_low"], row["ci_high"]) == (0, 1, 0, 0)


def test_at_its_natural_bound_throughout_is_said():
    row = one(series_of([100.0] * 7), series=rules(kind="proportion", lower="0", upper="100"))
    assert row["verdict"] == "at_bound"


def test_an_empty_table_and_rows_without_value_give_no_row():
    assert evaluate_trends(observation_table([])).empty
    assert evaluate_trends(series_of([np.nan, np.nan])).empty


def test_provinces_without_data_are_listed():
    table = evaluate_trends(series_of([1.0, 2, 3, 4, 5, 6]), areas=["TH-50", "TH-51"])
    assert table["REF_AREA"].tolist() == ["TH-50", "TH-51"]
    assert table["verdict"].tolist()[1] == "insufficient_data"
    assert table["reason"].tolist()[1].startswith("no_data") and table["n_obs"].tolist()[1] == 0


def test_infinite_values_are_refused():
    with pytest.raises(DataError, match="infinite"):
        evaluate_trends(series_of([1.0, np.inf, 2.0]))
    for call in (lambda: mann_kendall([1, np.inf]), lambda: theil_sen([1, 2], [-np.inf, 1])):
        with pytest.raises(DataError, match="infinite"):
            call()


def test_unknown_options_are_refused():
    with pytest.raises(UsageError, match="null"):
        evaluate_trends(series_of([1.0]), null="hamed")
    with pytest.raises(UsageError, match="confidence"):
        evaluate_trends(series_of([1.0]), confidence=95)


def test_equal_duplicates_collapse_and_different_ones_are_a_conflict():
    table = series_of([1.0, 2, 3, 4, 5, 6, 7])
    assert one(pd.concat([table, table]))["n_obs"] == 7
    other = table.copy()
    other.loc[3, "OBS_VALUE"] = 9
    row = one(pd.concat([table, other]))
    assert (row["verdict"], row["reason"]) == ("data_conflict", "conflict")
    assert np.isnan(row["slope"]) and np.isnan(row["p_value"])


def test_a_later_vintage_replaces_an_earlier_one():
    early, late = series_of([1.0, 2, 3, 4, 5, 6]), series_of([1.0, 2, 3, 4, 5, 60])
    late["vintage"] = "2025-01-01T00:00:00Z"
    assert one(pd.concat([early, late]))["last_value"] == 60


def test_a_declared_break_starts_a_new_series():
    values = [1.0, 2, 3, 4, 5, 50, 49, 48, 47, 46, 45, 44]
    row = one(series_of(values, start=2010), series=rules(breaks="2015"))
    assert (row["segment_start"], row["n_obs"]) == ("2015", 7)
    assert row["slope"] == pytest.approx(-1) and row["verdict"] == "falling" and row["assessment"] == "improving"
    assert row["reason"].startswith("break_segment")


def test_a_break_in_another_province_changes_nothing():
    table = series_of(np.arange(12.0), start=2008, area="TH-50")
    assert one(table, series=rules(breaks="2011@TH-43"))["n_obs"] == 12
    assert one(series_of(np.arange(12.0), start=2008, area="TH-43"), series=rules(breaks="2011@TH-43"))["n_obs"] == 9


def test_status_b_is_a_break_and_a_short_segment_is_only_indicative():
    table = series_of(np.arange(12.0), OBS_STATUS=["A"] * 8 + ["B"] + ["A"] * 3)
    row = one(table)
    assert (row["n_obs"], row["verdict"]) == (4, "indicative") and "break_segment" in row["reason"]


def test_a_break_before_or_after_the_data_drops_nothing():
    assert one(series_of(np.arange(8.0)), series=rules(breaks="2010;2030"))["reason"] == "rho_assumed"


def test_calendar_and_fiscal_years_are_not_mixed():
    table = series_of(np.arange(12.0), start=2010)
    table["TIME_PERIOD"] = [f"{y}" if y < 2014 else f"{y - 1}-10-01/P1Y" for y in range(2010, 2022)]
    row = one(table)
    assert (row["n_obs"], row["segment_start"]) == (8, "2013-10-01/P1Y") and "basis_change" in row["reason"]


def test_provisional_values_stay_out_of_the_test_and_in_the_sensitivity_run():
    status = ["A"] * 8 + ["P"]
    row = one(series_of([1.0, 2, 3, 4, 5, 6, 7, 8, -90], OBS_STATUS=status))
    assert (row["n_obs"], row["n_provisional"], row["last_value"]) == (8, 1, 8)
    assert row["verdict"] == "rising" and "provisional" in row["reason"].split(";")
    assert row["verdict_with_provisional"] == "not_detected"
    declared = one(series_of([1.0, 2, 3, 4, 5, 6, 7, 8, -90]), series=rules(provisional="2023"))
    assert declared["n_obs"] == 8


def test_only_provisional_values_are_used_but_never_beyond_indicative():
    row = one(series_of(np.arange(8.0), OBS_STATUS=["E"] * 8))
    assert (row["n_obs"], row["verdict"]) == (8, "indicative") and "provisional_only" in row["reason"]


def test_without_2020_and_2021_is_reported_beside():
    row = one(series_of([1.0, 2, 3, 4, 5, -80, -90, 8, 9, 10]))
    assert row["verdict_without_covid"] == "rising" and row["verdict"] == "not_detected"


def test_a_series_that_ended_long_ago_is_stale_as_of_its_last_year():
    table = series_of(np.arange(8.0), start=2012)  # ends 2019
    assert not one(table, report_year=2022)["stale"]
    row = one(table, report_year=2023)
    assert row["stale"] and row["reason"].endswith("stale") and row["report_year"] == 2023


def test_direction_decides_what_is_better_and_none_decides_nothing():
    table = series_of(np.arange(8.0))
    for direction, assessment in [("higher", "improving"), ("lower", "worsening"), ("none", "")]:
        row = one(table, series=rules(direction=direction))
        assert (row["verdict"], row["assessment"]) == ("rising", assessment)


def test_a_range_is_judged_by_the_distance_to_it():
    table = series_of([0.0, 1, 2, 3, 4, 5, 6])
    row = one(table, series=rules(direction="range", range_low="6", range_high="9"))
    assert row["slope"] == pytest.approx(-1) and row["assessment"] == "improving"
    assert "no_range" in one(table, series=rules(direction="range"))["reason"]


def test_confidence_sets_the_level_of_the_verdict():
    table = series_of([1.0, 3, 2, 4, 6, 5, 7])
    strict, loose = one(table, confidence=0.999), one(table, confidence=0.8)
    assert strict["p_value"] == loose["p_value"]
    assert (strict["verdict"], loose["verdict"]) == ("not_detected", "rising")


def test_adjusted_p_is_per_indicator_over_the_provinces():
    values = np.random.default_rng(5).normal(size=(30, 10)) + np.r_[np.ones(5), np.zeros(25)][:, None] * np.arange(10)
    both = pd.concat([panel_of(values), panel_of(values, series="T"), series_of(values[0], start=2010, area="TH")])
    table = evaluate_trends(both)
    assert set(table.loc[table["REF_AREA"] != "TH", "n_tests"]) == {30}
    assert (table["p_adjusted"] >= table["p_value"] - 1e-12).all()
    assert table.query("REF_AREA == 'TH'")["n_tests"].tolist() == [1]
    assert (table["significant"] == (table["p_adjusted"] <= 0.10)).all()


def test_other_nulls_are_offered_and_named():
    table = series_of([1.0, 2, 3, 5, 4, 6, 7])
    exact = one(table, null="exact")
    assert exact["p_value"] == pytest.approx(mann_kendall([1.0, 2, 3, 5, 4, 6, 7]).p_exact)
    assert exact["method"] == "mann_kendall_exact" and one(table, null="normal")["method"] == "mann_kendall_normal"


@settings(max_examples=25, deadline=None)
@given(st.permutations(range(9)))
def test_the_order_of_rows_does_not_matter(order):
    table = series_of([3.0, 1, 4, 1, 5, 9, 2, 6, 8], OBS_STATUS=["A", "A", "B"] + ["A"] * 6)
    pd.testing.assert_frame_equal(evaluate_trends(table.iloc[list(order)]), evaluate_trends(table))


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.integers(-50, 50), min_size=6, max_size=12),
    st.floats(0.5, 20),
    st.floats(-100, 100),
)
def test_units_change_the_slope_and_nothing_else(values, factor, shift):
    plain, scaled = one(series_of(np.array(values, float))), one(series_of(np.round(np.array(values) * factor, 9)))
    mirrored, moved = one(series_of(-np.array(values, float))), one(series_of(np.array(values, float) + round(shift)))
    assert moved["slope"] == pytest.approx(plain["slope"]) and moved["p_value"] == plain["p_value"]
    assert {mirrored["verdict"], plain["verdict"]} in ({"rising", "falling"}, {plain["verdict"]})
    assert scaled["p_value"] == plain["p_value"] == mirrored["p_value"]
    assert scaled["slope"] == pytest.approx(plain["slope"] * factor, abs=1e-6)
    assert mirrored["slope"] == pytest.approx(-plain["slope"])


# ---------------------------------------------------------------- counts, proportions, quarters


def test_counts_follow_the_rate_and_not_the_population():
    population = 1000.0 * 1.05 ** np.arange(10)
    deaths = np.round(0.1 * population)
    row = one(series_of(deaths, DENOMINATOR=population), series=rules(kind="count"))
    assert row["method"] == "quasi_poisson" and row["verdict"] == "not_detected"
    assert row["relative_slope_pct"] == pytest.approx(0, abs=0.2)
    falling = np.round(0.1 * population * 0.9 ** np.arange(10))
    row = one(series_of(falling, DENOMINATOR=population), series=rules(kind="count"))
    assert row["verdict"] == "falling" and row["relative_slope_pct"] == pytest.approx(-10, abs=0.5)
    assert row["relative_ci_low_pct"] < -10 < row["relative_ci_high_pct"] and row["ci_low"] < row["slope"] < row["ci_high"] < 0


def test_counts_without_exposure_say_so():
    # large enough that Poisson noise alone does not explain the fall
    row = one(series_of([300.0, 280, 260, 270, 220, 200, 180]), series=rules(kind="count"))
    assert row["verdict"] == "falling" and "no_exposure" in row["reason"]
    partly = one(series_of([30.0, 28, 26, 27, 22, 20, 18], DENOMINATOR=[1e5] * 6 + [np.nan]), series=rules(kind="count"))
    assert "no_exposure" in partly["reason"]


def test_no_events_give_the_rule_of_three():
    row = one(series_of([0.0] * 6, DENOMINATOR=[1000.0] * 6), series=rules(kind="count"))
    assert row["verdict"] == "no_events" and row["upper_limit"] == pytest.approx(3 / 6000)
    assert np.isnan(row["p_value"])
    exact = -np.log(0.05) / 6000  # the 95% limit that the rule rounds
    assert row["upper_limit"] == pytest.approx(exact, rel=0.002)


def test_short_counts_are_indicative():
    row = one(series_of([9.0, 8, 3, 2], DENOMINATOR=[1e5] * 4), series=rules(kind="count"))
    assert row["verdict"] == "indicative" and np.isnan(row["p_value"]) and row["relative_slope_pct"] < 0


def test_impossible_counts_and_proportions_are_refused():
    with pytest.raises(DataError):
        count_trend([1, -2, 3], None, [1, 2, 3])
    with pytest.raises(DataError):
        count_trend([1, 2, 3], [1, 0, 1], [1, 2, 3])
    with pytest.raises(DataError):
        proportion_trend([5, 11, 3], [10, 10, 10], [1, 2, 3])


def test_quasi_poisson_keeps_its_size_when_counts_are_overdispersed():
    rng = np.random.default_rng(6)
    counts = rng.negative_binomial(5, 5 / 85, size=(400, 12))  # mean 80, dispersion 17
    p_values = [count_trend(row, None, YEARS).p_value for row in counts]
    assert np.mean(np.array(p_values) < 0.05) == pytest.approx(0.05, abs=0.035)


def test_proportions_use_their_numerators_in_per_cent_or_shares():
    k, n = np.array([612.0, 655, 671, 702, 731, 760, 771]), np.full(7, 1000.0)
    for scale in (100, 1):
        row = one(series_of(scale * k / n, NUMERATOR=k, DENOMINATOR=n), series=rules(kind="proportion", direction="higher"))
        assert row["method"] == "quasi_binomial" and row["verdict"] == "rising"
        assert row["odds_ratio"] == pytest.approx(1.13702061651695)  # R 4.2.2, reference trend_proportion_a
        assert row["slope"] == pytest.approx(scale * 0.0275, rel=0.05)


def test_a_proportion_at_its_bound_has_no_model():
    n = np.full(7, 50.0)
    row = one(series_of([100.0] * 7, NUMERATOR=n, DENOMINATOR=n), series=rules(kind="proportion"))
    assert row["verdict"] == "at_bound" and np.isnan(row["p_value"])


def test_numerators_that_contradict_the_value_are_not_used():
    row = one(series_of(np.linspace(10, 20, 7), NUMERATOR=[1.0] * 7, DENOMINATOR=[2.0] * 7), series=rules(kind="proportion"))
    assert row["method"] == "mann_kendall_ar1" and "numerator_mismatch" in row["reason"]


def test_few_quarters_are_compared_with_the_quarter_a_year_before():
    row = one(series_of([1.0, 9, 5, 3, 3, 11, 7, 5], freq="Q"))
    assert (row["verdict"], row["method"], row["slope"]) == ("indicative", "year_on_year", 2.0)
    assert one(series_of([1.0, 2, 3], freq="Q"))["verdict"] == "insufficient_data"


def test_annual_rows_stand_for_a_series_that_has_both():
    both = pd.concat([series_of(np.arange(8.0)), series_of(np.arange(32.0), freq="Q"), series_of(np.arange(16.0), freq="Q", series="T")])
    table = evaluate_trends(both)
    assert table[["SERIES", "FREQ", "preferred"]].to_numpy().tolist() == [["S", "A", True], ["S", "Q", False], ["T", "Q", True]]
