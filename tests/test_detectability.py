"""What the data could have shown: the detectable change is found as often as promised, and grows with noise."""

import numpy as np
import pandas as pd
import pytest

from sdg_eval.detectability import (
    COLUMNS,
    STEEPEST,
    detectable_slope,
    evaluate_detectability,
    power_of,
    verdict_from,
)
from sdg_eval.ranks import ar1_series, kendall_s
from sdg_eval.trends import evaluate_trends
from tests.counts import times
from tests.test_trends import panel_of, rules, series_of


@pytest.mark.parametrize(("rho", "n", "low", "high"), [(0.0, 6, 0.12, 0.20), (0.0, 10, 0.88, 0.97), (0.5, 10, 0.53, 0.65)])
def test_power_is_what_the_method_specification_says(rho, n, low, high):
    # METHODS 2.2 gives slopes in innovation standard deviations, here they are marginal ones
    assert low < power_of(0.5 * np.sqrt(1 - rho**2), n, rho) < high


def test_longer_and_quieter_series_show_smaller_changes():
    found = [detectable_slope(n, 0.3) for n in (6, 8, 12, 20, 40)]
    assert (np.diff(found) < 0).all()
    assert detectable_slope(10, 0.0) < detectable_slope(10, 0.4) and np.isnan(detectable_slope(5, 0.0))


@pytest.mark.parametrize(
    ("n", "rho", "period", "alpha", "power"),
    [(6, 0.0, 1, 0.05, 0.8), (9, 0.85, 1, 0.05, 0.9), (30, 0.3, 1, 0.1, 0.8), (24, 0.5, 4, 0.05, 0.8), (12, 0.3, 1, 0.05, 0.06), (12, 0.3, 1, 0.05, 0.5)],
)
def test_the_slope_found_is_that_of_bisection_over_all_draws(n, rho, period, alpha, power):
    low, high = 0.0, STEEPEST
    while high - low > 1e-3 * max(high, 1e-3):
        middle = (low + high) / 2
        low, high = (low, middle) if power_of(middle, n, rho, period=period, alpha=alpha) >= power else (middle, high)
    assert detectable_slope(n, rho, period=period, alpha=alpha, power=power) == high


@pytest.mark.parametrize("period", [1, 4])
def test_s_counts_rising_less_falling_pairs_however_many(period):
    series = np.random.default_rng(20301231).integers(0, 3, (2, 600)).astype(float)
    pairs = [(i, j) for i in range(600) for j in range(i + period, 600, period)]
    wanted = [sum(np.sign(row[j] - row[i]) for i, j in pairs) for row in series]
    assert kendall_s(series, period).tolist() == wanted


@pytest.mark.parametrize("freq", ["A", "Q"])
def test_a_change_of_that_size_is_noticed_four_times_in_five(freq):
    n, period = (12, 1) if freq == "A" else (24, 4)
    slope = detectable_slope(n, 0.4, period=period)
    rng, found = np.random.default_rng(20301231), []
    for _ in range(times(5, 12)):
        values = 3 * ar1_series(rng, 77, n, 0.4) + 3 * slope * np.arange(n) + 100
        found.append((evaluate_trends(panel_of(values, freq=freq))["verdict"] == "rising").mean())
    assert np.mean(found) == pytest.approx(0.80, abs=0.08 if times(0, 1) == 0 else 0.06)  # the correlation is estimated anew in each panel


def test_the_estimate_recovers_the_truth_from_the_residual_spread():
    values = 3 * ar1_series(np.random.default_rng(1), 77, 12, 0.4) + 100
    table = evaluate_detectability(evaluate_trends(panel_of(values)))
    truth = 3 * detectable_slope(12, 0.4)
    assert table["detectable"].median() == pytest.approx(truth, rel=0.2)  # 12 points hide part of the spread
    assert (table["detectable_high"] > table["detectable"]).all() and list(table.columns) == COLUMNS


def test_counts_take_it_from_their_model():
    rng, rate = np.random.default_rng(4), 0.06
    found, detectable = [], []
    for _ in range(times(100, 300)):
        counts = rng.poisson(200 * np.exp(rate * (np.arange(10) - 4.5))).astype(float)
        trends = evaluate_trends(series_of(counts, DENOMINATOR=[1e5] * 10), series=rules(kind="count"))
        found.append(trends.loc[0, "verdict"] == "rising")
        detectable.append(evaluate_detectability(trends).loc[0, "detectable"])
    assert np.mean(found) > 0.95  # 12 deaths a year more
    assert np.median(detectable) < 200 * rate


@pytest.mark.parametrize(
    ("values", "verdict", "told"),
    [([1.0, 2, 4], "indicative", "cannot_tell_yet"), ([4.0] * 8, "no_change", "not_needed"), ([1.0, 3, 2, 4, 6, 5, 7, 9], "rising", "can_tell")],
)
def test_what_cannot_be_told_is_said_before_any_arrow(values, verdict, told):
    trends = evaluate_trends(series_of(values))
    assert trends.loc[0, "verdict"] == verdict
    assert evaluate_detectability(trends).loc[0, "tells"] == told


def test_a_target_pace_below_what_would_be_seen_is_hidden_and_has_a_year():
    values = np.round(100 + 3 * ar1_series(np.random.default_rng(7), 30, 8, 0.0), 6)
    trends = evaluate_trends(panel_of(values))
    keys = trends[["SERIES", "REF_AREA", "FREQ"]]
    table = evaluate_detectability(trends, keys.assign(wanted_pace=-0.4))
    hidden = table[table["tells"] == "pace_hidden"]
    assert len(hidden) > 20 and (hidden["detectable"] > 0.4).all()
    assert (hidden["wanted_from"] > 2017).all()
    easy = evaluate_detectability(trends, keys.assign(wanted_pace=-50.0))
    assert (easy["tells"] != "pace_hidden").all() and (easy["wanted_from"] == 2017).all()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("A", "2021", "2023", 3), "2026"), (("A", "2010", "2023", 14), "2023"), (("A", "", "", 0), ""),
        (("Q", "2023-Q1", "2023-Q4", 4), "2025-Q4"), (("M", "2023-01", "2023-12", 12), "2025-12"),
        (("A", "2010", "2014", 5, 2025), "2026"), (("A", "2020-10-01/P1Y", "2022-10-01/P1Y", 3), "2025-10-01/P1Y"),
    ],
)  # fmt: skip
def test_the_first_period_with_a_verdict(arguments, expected):
    assert verdict_from(*arguments) == expected


def test_an_empty_table_stays_empty():
    assert evaluate_detectability(pd.DataFrame()).empty
