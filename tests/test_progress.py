"""Progress against a target: the pace rule by hand, the probability beside it, the edges."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdg_eval.errors import DataError
from sdg_eval.observations import observation_table
from sdg_eval.progress import compare_methods, evaluate_progress, is_met, pace_class, read_target
from sdg_eval.progress_rules import METHODS
from sdg_eval.trends import evaluate_trends

SERIES = {"SERIES": "X", "kind": "amount", "direction": "lower", "breaks": "", "provisional": "", "lower": "", "upper": "", "aggregation": "mean"}
TARGET = {"SERIES": "X", "value": "5", "year": "2030", "baseline_year": "2015", "kind": "official", "rule": "fixed", "set_by_en": "UN"}


def progress(values, *, first=2015, series=None, target=None, report_year=2026, **columns):
    """The one row of progress of one province with yearly `values`."""
    table = observation_table([
        {"SERIES": "X", "REF_AREA": "TH-50", "FREQ": "A", "TIME_PERIOD": str(first + i), "OBS_VALUE": v}
        | {name: column[i] for name, column in columns.items()}
        for i, v in enumerate(values) if v == v
    ])  # fmt: skip
    codelists = SimpleNamespace(series=pd.DataFrame([SERIES | (series or {})]), targets=pd.DataFrame([TARGET | (target or {})]))
    trends = evaluate_trends(table, series=codelists.series, report_year=report_year)
    rows = evaluate_progress(table, trends, codelists, report_year=report_year)
    assert len(rows) == 1
    return rows.iloc[0]


def test_the_pace_ratio_is_the_slope_over_the_required_slope_by_hand():
    # 20 in 2015, one less each year to 10 in 2025; target 5 in 2030: exactly the pace required
    row = progress(np.arange(20.0, 9, -1))
    assert row["required_pace"] == pytest.approx((5 - 20) / 15)
    assert row["actual_pace"] == pytest.approx(-1)
    assert row["pace_ratio"] == pytest.approx(1.0)
    assert (row["progress"], row["reach_year"], row["projected_value"]) == ("on_track", 2030, pytest.approx(5))


@pytest.mark.parametrize(
    ("step", "expected"),
    [(-1.2, "on_track"), (-0.6, "moderately_improving"), (-0.3, "stagnating"), (0.0, "stagnating"), (0.4, "decreasing")],
)
def test_classes_follow_the_published_thresholds(step, expected):
    assert progress(20 + step * np.arange(11.0))["progress"] == expected


@pytest.mark.parametrize(("ratio", "expected"), [(1.0, "on_track"), (0.999, "moderately_improving"), (0.5, "moderately_improving"),
                                                 (0.499, "stagnating"), (0.0, "stagnating"), (-1e-9, "decreasing"), (np.nan, "not_assessed")])  # fmt: skip
def test_thresholds_are_at_0_half_and_1(ratio, expected):
    assert pace_class(ratio) == expected


def test_direction_only_turns_the_sign():
    up = progress(np.arange(0.0, 11), series={"direction": "higher"}, target={"value": "15"})
    down = progress(-np.arange(0.0, 11), target={"value": "-15"})
    assert (up["progress"], up["pace_ratio"]) == (down["progress"], pytest.approx(down["pace_ratio"]))


def test_achieved_lost_and_at_risk():
    assert progress([6.0, 5, 4, 3, 2, 1, 1, 1])["progress"] == "achieved"
    assert progress([3.0, 4, 5, 6, 7, 8, 9, 10])["progress"] == "lost"
    rising = progress([1.0, 1.5, 2, 2.5, 3, 3.5, 4, 4.5])
    assert rising["progress"] == "achieved" and rising["at_risk"]


def test_a_derived_target_is_half_of_the_baseline():
    row = progress(np.arange(20.0, 9, -1), target={"value": "", "rule": "half_of_baseline", "kind": "derived"})
    assert (row["target_value"], row["target_kind"]) == (10.0, "derived")


def test_the_baseline_may_be_up_to_three_years_later_and_not_more():
    assert progress(np.arange(20.0, 9, -1), first=2018)["baseline_year"] == 2018
    late = progress(np.arange(20.0, 13, -1), first=2019)
    assert (late["progress"], np.isnan(late["pace_ratio"])) == ("no_baseline", True)


def test_few_points_give_a_class_without_firmness():
    two = progress([20.0, np.nan, np.nan, np.nan, np.nan, 15])
    assert (two["n_obs"], bool(two["firm"]), bool(two["indicative"]), two["draws"]) == (2, False, True, 0)
    assert np.isnan(two["p_on_track"])
    assert progress([20.0])["progress"] == "insufficient_data"


def test_a_series_without_direction_is_not_judged_and_a_passed_target_is_told():
    assert progress(np.arange(20.0, 9, -1), series={"direction": "none"})["progress"] == "not_assessed"
    passed = progress(np.arange(20.0, 9, -1), target={"year": "2020"})
    assert (passed["progress"], bool(passed["met"])) == ("target_year_passed", False)


def test_stale_series_say_so():
    assert bool(progress(np.arange(20.0, 12, -1), report_year=2030)["stale"])


def test_probability_is_the_share_of_simulated_futures_that_reach_the_target():
    """Known truth: with the line exactly on the required pace the chance is one half."""
    rng, chances = np.random.default_rng(20301231), []
    for _ in range(60):
        chances.append(progress(20 - 1.0 * np.arange(11.0) + rng.normal(scale=0.8, size=11))["p_on_track"])
    assert np.mean(chances) == pytest.approx(0.5, abs=0.12)  # standard error of 60 nearly uniform values: .04


def test_a_firm_class_is_rarely_wrong():
    """Noise around a pace of 0.75 of the required one: when the class is firm it is the true one."""
    rng, firm, right = np.random.default_rng(7), 0, 0
    for _ in range(80):
        row = progress(20 - 0.75 * np.arange(11.0) + rng.normal(scale=0.5, size=11))
        firm += bool(row["firm"])
        right += bool(row["firm"]) and row["progress"] == "moderately_improving"
    assert firm > 20
    assert right / firm > 0.8


def test_the_same_data_give_the_same_draws():
    values = [20.0, 18, 19, 16, 15, 15.5, 13, 12]
    assert progress(values)["p_on_track"] == progress(values)["p_on_track"]


def test_is_met_keeps_a_relative_tolerance():
    assert is_met(5 + 1e-12, 5, -1)
    assert not is_met(5.001, 5, -1)


def test_a_target_with_neither_value_nor_rule_is_refused():
    with pytest.raises(DataError, match=r"targets\.csv, series X"):
        read_target(TARGET | {"value": "", "rule": "fixed"})


SHORT = st.lists(st.integers(1, 60), min_size=6, max_size=11)


@settings(max_examples=25, deadline=None)
@given(SHORT, st.sampled_from([0.1, 3.0, 250.0]))
def test_flipping_the_direction_mirrors_and_units_do_not_matter(values, factor):
    values = np.array(values, dtype=float)
    plain = progress(values)
    for other in (
        progress(-values, series={"direction": "higher"}, target={"value": "-5"}),
        progress(values * factor, target={"value": str(5 * factor)}),
    ):
        assert other["progress"] == plain["progress"] and bool(other["met"]) == bool(plain["met"])
        assert other["pace_ratio"] == pytest.approx(plain["pace_ratio"], rel=1e-6, abs=1e-9, nan_ok=True)
    assert other["p_on_track"] == pytest.approx(plain["p_on_track"], abs=2e-3, nan_ok=True)


@settings(max_examples=15, deadline=None)
@given(SHORT)
def test_an_easier_target_is_never_less_likely(values):
    chances = [progress(np.array(values, dtype=float), target={"value": str(goal)})["p_on_track"] for goal in (1, 10, 20, 30, 40)]
    known = [p for p in chances if p == p]
    assert all(one <= other + 1e-9 for one, other in zip(known, known[1:], strict=False))


def test_every_rule_has_a_row_and_disagreements_have_reasons():
    rows = [{"SERIES": "X", "REF_AREA": "TH-50", "FREQ": "A", "TIME_PERIOD": str(2015 + k), "OBS_VALUE": 20 - 0.6 * k} for k in range(11)]
    table = observation_table(rows)
    codelists = SimpleNamespace(series=pd.DataFrame([SERIES]), targets=pd.DataFrame([TARGET]))
    trends = evaluate_trends(table, series=codelists.series, report_year=2026)
    found = evaluate_progress(table, trends, codelists, report_year=2026)
    rules = compare_methods(table, found, codelists)
    assert rules["method"].tolist() == ["linear_pace", *METHODS]
    ours = rules.iloc[0]
    assert (ours["verdict"], ours["common"]) == ("moderately_improving", "improving_slowly")
    assert rules.loc[rules["disagrees"], "why"].ne("").all() and not rules.loc[rules["common"] == "not_applicable", "disagrees"].any()
    none = compare_methods(table, found.head(0), SimpleNamespace(series=codelists.series, targets=pd.DataFrame([TARGET]).head(0)))
    assert none.loc[none["method"] == "istat", "verdict"].tolist() == ["slight_improvement"]  # without a target
    assert none.loc[none["method"] == "sdsn", "reason"].tolist() == ["no_target"]
