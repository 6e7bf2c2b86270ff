"""Forecasts: nothing later is seen, bounds hold, intervals hold what they say on series whose truth is known."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdg_eval.forecasts import (
    CANDIDATES,
    LEVELS,
    NO_CHANGE,
    SAME_TREND,
    Scale,
    choose_candidate,
    choose_scale,
    evaluate_forecasts,
    fit_family,
    local_trend,
    origins_of,
    rolling_errors,
    same_trend,
    split_origins,
)
from sdg_eval.observations import select_totals
from sdg_eval.panels import SeriesRule
from sdg_eval.progress import evaluate_progress
from sdg_eval.ranks import ar1_series, theil_sen
from sdg_eval.trends import evaluate_trends

LEVEL, SLOPE = 0.5, 0.3


@pytest.mark.parametrize("damping", [1.0, 0.8])
def test_a_local_trend_equals_statsmodels_with_the_same_parameters(damping):
    from statsmodels.tsa.holtwinters import ExponentialSmoothing

    values = np.random.default_rng(3).normal(size=14).cumsum() + 50
    line = theil_sen(np.arange(14), values)
    model = ExponentialSmoothing(
        values, trend="add", damped_trend=damping < 1, initialization_method="known",
        initial_level=line.intercept - line.slope, initial_trend=line.slope,
    )  # fmt: skip
    fit = model.fit(
        smoothing_level=LEVEL, smoothing_trend=SLOPE, optimized=False, **({"damping_trend": damping} if damping < 1 else {})
    )
    assert local_trend(values[None], 6, LEVEL, SLOPE, damping)[0] == pytest.approx(fit.forecast(6), rel=1e-9)


def test_the_same_trend_is_the_sen_line():
    values = np.array([1.0, 3, 2, 5, 4, 6])
    line = theil_sen(np.arange(6), values)
    assert same_trend(values[None], 2)[0] == pytest.approx(line.intercept + line.slope * np.array([6, 7]))


def test_nothing_after_the_origin_is_seen():
    panel = np.random.default_rng(1).normal(size=(20, 14)).cumsum(axis=1)
    spoiled = panel.copy()
    spoiled[:, 10:] += 1000
    for candidate in CANDIDATES:
        one, other = (rolling_errors(p, candidate, np.array([9])) for p in (panel, spoiled))
        assert other.error - one.error == pytest.approx(np.full(len(one.error), 1000.0))


def test_origins_need_a_history_and_a_later_value():
    panel = np.full((10, 12), np.nan)
    panel[:, 2:10] = 1.0
    assert origins_of(panel).tolist() == [7, 8]
    assert origins_of(panel[:, :8]).tolist() == []
    choosing, judging = split_origins(np.arange(7, 16))
    assert judging.tolist() == [13, 14, 15] and choosing.tolist() == list(range(7, 13))
    assert len(split_origins(np.arange(2))[1]) == 0


def test_walks_are_carried_on_as_they_are_and_lines_as_lines():
    rng = np.random.default_rng(20301231)
    walk = rng.normal(size=(77, 20)).cumsum(axis=1)
    line = 5.0 * np.arange(20) + rng.normal(size=(77, 20))
    assert choose_candidate(walk, origins_of(walk)).model in ("no_change", "damped_trend")
    score = fit_family(line, SeriesRule()).score
    assert score["over_no_change"] < 0.3 and score["over_same_trend"] <= 1.02


@pytest.mark.parametrize("kind", ["walk", "line", "ar1"])
def test_intervals_hold_what_they_say_at_held_out_origins_and_after_the_end(kind):
    rng = np.random.default_rng(20301231)
    held, checked = [], []
    for _ in range(8):
        noise = rng.normal(size=(77, 24))
        values = {"walk": noise.cumsum(axis=1), "line": noise + 2 * np.arange(24.0), "ar1": ar1_series(rng, 77, 24, 0.6)}[kind]
        fitted = fit_family(values[:, :20], SeriesRule())
        held.append([fitted.score[f"coverage_{level}"] for level in (80, 95)])
        errors = rolling_errors(values, fitted.candidate, np.array([19]))
        units = np.abs(errors.error / fitted.spread.scale(errors.horizon, errors.spread, errors.known))
        checked.append([np.mean(units <= fitted.spread.quantile(0.5 + level / 2)) for level in LEVELS[1:]])
    for share in (np.mean(held, axis=0), np.mean(checked, axis=0)):
        assert share == pytest.approx([0.80, 0.95], abs=0.04)


def test_probabilities_beat_the_share_of_events():
    values = np.random.default_rng(5).normal(size=(77, 20)).cumsum(axis=1)
    score = fit_family(values, SeriesRule()).score
    assert score["brier"] < score["brier_base"] and score["over_no_change"] <= 1.05


def test_few_origins_are_said_and_give_no_interval():
    few = fit_family(np.random.default_rng(1).normal(size=(5, 8)), SeriesRule())
    assert few.spread is None and few.score["reason"] == "too_few_origins" and not few.score["calibrated"]
    assert fit_family(np.random.default_rng(1).normal(size=(5, 4)), SeriesRule()).candidate == SAME_TREND
    assert len(rolling_errors(np.ones((3, 4)), NO_CHANGE, np.array([], dtype=int)).error) == 0


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(0.5, 99.5), min_size=12, max_size=12), st.integers(0, 50))
def test_no_forecast_leaves_the_bounds(values, seed):
    panel = np.clip(np.array(values) + np.random.default_rng(seed).normal(size=(30, 12)), 0.1, 99.9)
    rule = SeriesRule(kind="proportion", bounds=(0.0, 100.0))
    fitted = fit_family(panel, rule)
    scale = choose_scale(panel, rule)
    path = scale.back(fitted.candidate(scale.forward(panel), 10))
    assert ((path >= 0) & (path <= 100)).all()


def test_a_target_at_a_bound_is_infinitely_far_not_an_error():
    assert Scale("logit", 0.0, 100.0).forward(100.0) == np.inf
    assert Scale("logit", 0.0, 100.0).forward(0) == -np.inf


def test_scales_keep_what_the_kind_says():
    def scale(values, **rule):
        return choose_scale(np.array(values), SeriesRule(**rule)).name

    assert scale([1.0, 50], kind="rate", bounds=(0.0, 100.0)) == "logit"
    assert scale([0.0, 50], kind="rate", bounds=(0.0, 100.0)) == "root"
    assert scale([3.0, 50], kind="amount") == "log" and scale([-1.0, 50], kind="index") == "linear"
    for name in ("log", "root"):
        kept = choose_scale(np.array([1.0 if name == "log" else 0.0, 4]), SeriesRule(kind="rate", bounds=(0.0, np.nan)))
        assert kept.name == name and kept.back(kept.forward(np.array([1.0, 4.0]))) == pytest.approx([1.0, 4.0])


@pytest.fixture(scope="module")
def tables(observations, codelists):
    wanted = select_totals(observations[observations["SERIES"].isin(codelists.evaluated)])
    trends = evaluate_trends(wanted, series=codelists.series, report_year=2026)
    progress = evaluate_progress(wanted, trends, codelists, report_year=2026)
    return *evaluate_forecasts(wanted, codelists, progress, report_year=2026), progress


def test_the_tables_hold_a_row_for_each_year_and_a_score_for_each_series(tables, codelists):
    forecasts, scores, _ = tables
    assert set(scores["SERIES"]) <= set(codelists.evaluated) and not scores["SERIES"].duplicated().any()
    assert forecasts["year"].max() == 2030 and (forecasts["year"] == forecasts["origin_year"] + forecasts["horizon"]).all()
    known = forecasts.dropna(subset="low_95")
    for low, high in (("low_95", "low_80"), ("low_80", "low_50"), ("low_50", "forecast"), ("forecast", "high_50"), ("high_80", "high_95")):
        assert (known[low] <= known[high] + 1e-9).all()
    few = scores[scores["n_origins"] < 3]
    assert len(few) and few["reason"].str.contains("too_few_origins").all() and not few["calibrated"].any()


def test_probabilities_of_targets_grow_with_easier_targets(observations, codelists, tables):
    _, _, progress = tables
    wanted = observations[observations["SERIES"] == "SI_POV_NAHC"]
    chances = []
    for factor in (0.5, 1.0, 1.5, 2.0):  # the rate is to fall: a higher target is easier
        eased = progress.assign(target_value=progress["target_value"] * factor)
        table, _ = evaluate_forecasts(wanted, codelists, eased, report_year=2026)
        chances.append(table.dropna(subset="p_target").set_index("REF_AREA")["p_target"])
    assert len(chances[0]) > 60
    assert all((one <= other + 1e-12).all() for one, other in zip(chances, chances[1:], strict=False))


def test_the_order_of_rows_does_not_matter(observations, codelists):
    wanted = observations[observations["SERIES"].isin(["SI_POV_NAHC", "EN_ATM_PM25"])]
    one, other = (evaluate_forecasts(t, codelists, report_year=2026)[0] for t in (wanted, wanted.iloc[::-1]))
    pd.testing.assert_frame_equal(one, other)
