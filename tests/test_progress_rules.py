"""Published progress rules: reference cases, edges, and what may not depend on units or direction."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdg_eval import progress_rules as rules
from sdg_eval.errors import DataError
from sdg_eval.progress_rules import Course, compare, disagreement

SIGN = {"positive": 1, "negative": -1}


def close(case: dict, expected):
    """pytest.approx with the tolerance of the reference file."""
    return pytest.approx(expected, rel=case["tolerance"]["rel"], abs=case["tolerance"]["abs"], nan_ok=True)


# ---------------------------------------------------------------- reference cases


def test_growth_rules_equal_the_transcribed_cases(reference):
    file = reference("cagr_rules_a")
    asked = {
        "eurostat_no_target": rules.eurostat_no_target, "eurostat_target": rules.eurostat_target,
        "unsd_no_target": rules.unsd_no_target, "unsd_target": rules.unsd_target, "istat": rules.istat,
    }  # fmt: skip
    seen = 0
    for case in file["cases"]:
        given_, sign = case["input"], SIGN[case["input"]["direction"]]
        ends = (given_["base"], given_["base_year"], given_["current"], given_["current_year"], sign)
        for name, rule in asked.items():
            if name not in case["expected"]:
                continue
            expected = case["expected"][name]
            aimed = name in ("eurostat_target", "unsd_target")
            got = rule(*ends, given_["target"], given_["target_year"]) if aimed else rule(*ends)
            assert got.verdict == expected["verdict"], (case["case"], name)
            for number in ("cagr", "required", "ratio", "directed"):
                if number in expected:
                    assert got.numbers[number] == close(file, expected[number]), (case["case"], name, number)
            seen += 1
        if "escap_csi" in case["expected"]:
            base, _, latest, year, _ = ends
            got = rules.escap_csi(
                base, latest, year, sign, given_["target"], target_year=given_["target_year"]
            )
            assert got.value == close(file, case["expected"]["escap_csi"]["csi"])
    assert seen == 15 * 3 + 12 * 2


def test_arrows_and_gaps_equal_the_transcribed_cases(reference):
    file = reference("sdsn_escap_a")
    for case in file["cases"]:
        asked, expected = case["input"], case["expected"]
        if "arrow" in expected:
            got = rules.sdsn_arrow(
                asked["score_start"], asked["year_start"], asked["score_latest"], asked["year_latest"],
                asked["green_threshold_score"], target=100.0,
            )  # fmt: skip
            assert got.verdict == expected["arrow"], case["case"]
            for number in ("actual_per_year", "needed_per_year", "ratio"):
                assert got.numbers[number] == close(file, expected[number]), case["case"]
        else:
            sign = SIGN[asked["direction"]]
            got = rules.escap_gap(asked["baseline"], asked["predicted_2030"], sign, asked["target"])
            assert got.verdict == expected["verdict"], case["case"]
            assert got.value == close(file, expected["progress_gap_pct"])


def test_open_sdg_equals_sdg_build(reference):
    file = reference("open_sdg_progress_a")
    for case in file["cases"]:
        asked, expected = case["input"], case["expected"]
        got = rules.open_sdg(
            asked["base"], asked["base_year"], asked["cur"], asked["cur_year"], SIGN[asked["direction"]],
            asked.get("target"), asked.get("target_year", 2030), asked.get("limit"),
        )  # fmt: skip
        verdict = "not_available" if got.verdict == "not_applicable" else got.verdict
        assert verdict == expected["status"], case["case"]
        value, score = (np.nan if expected[k] is None else expected[k] for k in ("progress_value", "score"))
        assert got.value == close(file, value), case["case"]
        assert got.numbers["score"] == close(file, score), case["case"]
        for ours, theirs in (("high", "high"), ("medium", "med"), ("low", "low")):
            assert got.numbers[ours] == close(file, expected["thresholds"][theirs]), case["case"]


def test_goal_colours_equal_the_published_ones(reference, shared):
    case = reference("sdsn_dashboard_a")["cases"][0]
    table = pd.read_csv(shared / "reference" / case["input"]["csv"])
    table = table[table["determined_by_colours_alone"] == 1]
    assert len(table) == case["expected"]["rows_determined"]
    # Of the underlying levels only the class is printed: any level of the class must give the goal colour.
    ends = {"red": (0.0, 0.99), "orange": (1.0, 1.49), "yellow": (1.5, 1.99), "green": (2.0, 3.0)}
    for end in (0, 1):
        for row in table.itertuples():
            levels = [ends[colour][end] for colour in row.indicator_colours.split(";")]
            assert rules.sdsn_goal_colour(levels).verdict == row.goal_colour_published, row


def test_spearman_equals_scipy_and_counts_orders_for_few_points():
    from scipy.stats import spearmanr

    rng = np.random.default_rng(20300101)
    for n in (9, 10, 15, 24):
        values = rng.integers(0, 12, n)
        rho, p_value = rules.spearman(np.arange(n), values)
        expected = spearmanr(np.arange(n), values)
        assert (rho, p_value) == pytest.approx((expected.statistic, expected.pvalue), rel=1e-9)
    rho, p_value = rules.spearman([1, 2, 3, 4], [1, 2, 3, 4])
    assert (rho, p_value) == pytest.approx((1.0, 2 / 24))  # two of 24 orders lie this far out


# ---------------------------------------------------------------- the rules at their edges


def test_thresholds_are_inclusive_as_written():
    years = 7
    for rate, verdict in ((0.015, "substantial"), (0.005, "fair"), (-0.01, "limited_or_none")):
        latest = 50 * (1 + rate) ** years
        assert rules.unsd_no_target(50, 2015, latest, 2015 + years, 1).verdict == verdict
    assert rules.eurostat_no_target(50, 2015, 50 * 0.99**7, 2022, 1).verdict == "significant_movement_away"
    assert rules.istat(50, 2015, 50 * 1.05**7, 2022, 1).verdict == "slight_improvement"
    assert rules.istat(50, 2015, 50 * 0.99**7, 2022, 1).verdict == "slight_worsening"
    assert rules.escap_gap(20, 11, -1, 10).verdict == "maintain"  # exactly 10%
    assert rules.escap_gap(20, 20, -1, 10).verdict == "accelerate"  # exactly 100%


def test_sdsn_score_is_the_published_formula_and_knows_lower_is_better():
    assert rules.sdsn_score([0, 42.3, 50], 42.3, 0.0) == pytest.approx([100, 0, 0])
    assert rules.sdsn_score(50, 42.3, 0.0, clip=False) == pytest.approx(100 * (50 - 42.3) / -42.3)


def test_sdsn_colours_follow_the_dashboard_scale():
    levels = [rules.sdsn_dashboard(v, 42.3, 15, 7.5, 0) for v in (50, 42.3, 15, 11.25, 7.5, 0)]
    assert levels == pytest.approx([0, 0, 1, 1.5, 2, 3])
    assert [rules.sdsn_colour(level) for level in levels] == [
        "red",
        "red",
        "orange",
        "yellow",
        "green",
        "green",
    ]
    with pytest.raises(DataError, match="neither rise nor fall"):
        rules.sdsn_dashboard(1, 0, 3, 2, 4)


def test_a_goal_is_green_only_if_all_are_and_red_only_if_both_worst_are():
    assert rules.sdsn_goal_colour([1.9, 2.9, 3]).verdict == "yellow"
    assert rules.sdsn_goal_colour([0.1, 1.2, 3]).verdict == "orange"
    assert rules.sdsn_goal_colour([0.1]).verdict == "red"
    assert rules.sdsn_goal_colour([]).verdict == "not_applicable"


def test_a_goal_arrow_is_the_mean_level_and_needs_three_quarters_of_its_indicators():
    assert rules.sdsn_goal_arrow([3, 3]).verdict == "on_track_or_maintaining"
    assert rules.sdsn_goal_arrow([3, 1]).verdict == "moderately_improving"
    assert rules.sdsn_goal_arrow([0.5, 1.2, np.nan]).verdict == "decreasing"
    assert rules.sdsn_goal_arrow([3, np.nan], n_indicators=2).reason == "few_indicators"
    held = rules.sdsn_arrow(95, 2015, 93, 2020, 90)
    assert rules.sdsn_trend_level(held) == rules.SDSN_MAINTAINING
    assert rules.sdsn_trend_level(rules.sdsn_arrow(95, 2015, 85, 2020, 90)) < 1
    assert rules.sdsn_trend_level(rules.sdsn_arrow(40, 2015, 40, 2020, 90)) == 1


def test_escap_projection_of_a_straight_line_is_the_line():
    years = np.array([1995, 2001, 2004, 2015, 2021])
    values = np.where(years < 2000, 999.0, 3 + 2.0 * (years - 2000))  # before 2000: not read
    assert rules.escap_projection(years, values) == pytest.approx(63)


def test_escap_projection_weighs_late_years_more():
    years, values = np.array([2000.0, 2010, 2020]), np.array([0.0, 0, 10])
    weights = 30 / (2030 - years)
    expected = np.polyval(np.polyfit(years - 2010, values, 1, w=np.sqrt(weights)), 20)
    assert rules.escap_projection(years, values) == pytest.approx(expected)
    assert expected > np.polyval(np.polyfit(years - 2010, values, 1), 20)


def test_parity_is_missed_from_either_side():
    assert rules.escap_csi(0.8, 1.1, 2022, 1, 1.0, parity=True).value == pytest.approx(5)
    assert rules.escap_csi(0.8, 1.1, 2022, 1, 1.0).value == 10


def test_several_series_are_achieved_only_together():
    met = rules.open_sdg(80, 2015, 96, 2023, 1, 95)
    slow = rules.open_sdg(32.7, 2015, 28, 2022, -1, 12)
    none = rules.open_sdg(-2, 2015, 1, 2022, 1)
    assert rules.open_sdg_indicator([met, met]).verdict == "target_achieved"
    both = rules.open_sdg_indicator([met, slow, none])
    assert both.value == pytest.approx((5 + slow.numbers["score"]) / 2)
    assert both.verdict == "moderate_progress"
    assert rules.open_sdg_indicator([none]).verdict == "not_applicable"


def test_open_sdg_limit_shrinks_thresholds_on_both_sides_of_it():
    assert rules.open_sdg_coefficient(100, 100) == 0
    assert rules.open_sdg_coefficient(250, 100) == 1
    assert rules.open_sdg_coefficient(120, 100) == pytest.approx(1 - 0.8**4.44)
    assert rules.open_sdg(100, 2015, 100, 2022, 1, limit=100).numbers["score"] == 5


def test_2023_revision_projects_growth_to_the_target_year():
    got = rules.unsd_2023_target(50, 2015, 60, 2020, 1, 100)
    assert got.numbers["projected"] == pytest.approx(60 * (60 / 50) ** 2)
    assert got.verdict == "fair"
    assert rules.unsd_2023_target(5, 2015, 3, 2022, -1, 0).verdict == "fair"  # a target of zero is allowed


def test_oecd_distance_is_counted_in_spreads_and_ends_at_the_target():
    assert rules.oecd_distance(12, 10, -1, 4) == 0.5
    assert rules.oecd_distance(9, 10, -1, 4) == 0
    assert np.isnan(rules.oecd_distance(12, 10, -1, 0))
    words = [rules.oecd_outlook(p).verdict for p in (0.61, 0.6, 0.4, 0.39, np.nan)]
    assert words == ["likely", "open", "open", "unlikely", "not_applicable"]


# ---------------------------------------------------------------- one course, all rules


def verdicts(course: Course) -> dict[str, str]:
    return {row["method"]: row["verdict"] for row in compare(course)}


def test_every_course_gets_a_row_of_every_method():
    courses = itertools.product(
        [[], [2020], [2010], [2015, 2022], [2035], [2001, 2016, 2018, 2020, 2023]],
        [0.0, -3.0, 5.0], [0.0, 1.0], [1, -1], [np.nan, 0.0, 5.0, -3.0, 100.0],
        [2020, 2030], [None, 0.0, 6.0],
    )  # fmt: skip
    for years, level, step, sign, target, year, limit in courses:
        values = level + step * np.arange(len(years))
        course = Course(years, values, sign, target=target, target_year=year, limit=limit)
        rows = compare(course)
        assert [row["method"] for row in rows] == list(rules.METHODS)
        for row in rows:
            assert row["verdict"] and row["edition"]
            assert row["common"] in (rules.ON_TRACK, rules.SLOW, rules.STAGNATING, rules.AWAY, rules.NONE)
            assert (row["common"] == rules.NONE) == (row["verdict"] == "not_applicable"), row
            assert row["reason"] or row["verdict"] != "not_applicable", row


@pytest.mark.parametrize("wrong", [
    {"values": [1, np.nan]}, {"values": [1, np.inf]}, {"values": [1, 2, 3]}, {"years": [2015, 2015]},
    {"sign": 0}, {"target": np.inf}, {"limit": np.nan}, {"years": [2015, np.nan]},
])  # fmt: skip
def test_a_course_that_is_no_course_is_refused(wrong):
    with pytest.raises(DataError):
        Course(**({"years": [2015, 2020], "values": [1, 2], "sign": 1} | wrong))


def test_rules_refuse_numbers_that_are_none():
    for wrong in (np.nan, np.inf):
        with pytest.raises(DataError, match="finite"):
            rules.eurostat_target(wrong, 2015, 2, 2020, 1, 5)
        with pytest.raises(DataError, match="finite"):
            rules.sdsn_arrow(wrong, 2015, 2, 2020, 90)
        with pytest.raises(DataError, match="finite"):
            rules.open_sdg(1, 2015, wrong, 2020, 1)


def test_growth_rules_say_nothing_about_zero_and_negative_values():
    rows = {row["method"]: row for row in compare(Course([2015, 2022], [0, 5], 1, target=20))}
    for method in ("eurostat", "unsd_2022", "unsd_2023", "istat"):
        assert rows[method]["verdict"] == "not_applicable"
        assert rows[method]["reason"] == "value_not_positive"
    assert rows["sdsn"]["verdict"] == "moderately_improving"


def test_a_target_met_counts_for_every_rule_with_a_target():
    rows = {row["method"]: row for row in compare(Course([2015, 2022], [100, 110], 1, target=90))}
    for method in ("sdsn", "escap_csi", "escap_api", "eurostat", "unsd_2022", "unsd_2023", "open_sdg"):
        assert rows[method]["common"] == rules.ON_TRACK, method


def test_a_lost_target_is_never_progress():
    rows = {row["method"]: row for row in compare(Course([2015, 2022], [100, 80], 1, target=90))}
    for method in ("sdsn", "escap_csi", "escap_api", "eurostat", "unsd_2022", "open_sdg"):
        assert rows[method]["common"] == rules.AWAY, method


def test_growth_classes_of_a_share_and_its_complement_differ():
    share = verdicts(Course([2015, 2022], [90, 95], 1))
    complement = verdicts(Course([2015, 2022], [10, 5], -1))
    assert share["istat"] == "stable" and complement["istat"] == "clear_improvement"


def test_disagreement_names_other_years_other_targets_and_refused_growth():
    course = Course([2000, 2015, 2018, 2022], [60, 20, 19, 16], -1, target=5)
    ours = {"progress": "moderately_improving", "baseline_year": 2015, "last_year": 2022}
    found, reasons = disagreement(compare(course), ours)
    assert found
    assert {"different_window", "different_target_rule", "scale_dependent"} <= set(reasons)
    free = Course([2015, 2022], [20, 19.9], -1)
    assert "no_target_rule" in disagreement(compare(free), "on_track")[1]
    zero = compare(Course([2015, 2022], [5, 3], -1, target=0))
    assert "cagr_not_applicable" in disagreement(zero, "moderately_improving")[1]
    same = [row for row in compare(course) if row["method"] == "sdsn"]
    assert disagreement(same, same[0]["common"].replace("improving_slowly", "moderately_improving")) == (
        False,
        [],
    )
    assert disagreement(compare(course), "insufficient_data")[0] is False


# ---------------------------------------------------------------- properties


numbers = st.floats(1, 1000).map(lambda x: round(x, 2))
series = st.lists(numbers, min_size=1, max_size=7)
factors = st.sampled_from([1e-6, 0.001, 0.25, 8.0, 1000.0, 1e6])


@settings(max_examples=60, deadline=None)
@given(series, numbers, st.sampled_from([1, -1]), factors)
def test_units_do_not_matter(values, target, sign, factor):
    years = np.arange(2015, 2015 + len(values))
    one = Course(years, values, sign, target=target)
    other = Course(years, np.array(values) * factor, sign, target=target * factor)
    assert verdicts(one) == verdicts(other)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-50, 50), min_size=1, max_size=7), st.integers(-50, 50), st.sampled_from([1, -1]))
def test_linear_rules_do_not_know_up_from_down(values, target, sign):
    years = np.arange(2014, 2014 + len(values))
    one = verdicts(Course(years, values, sign, target=target))
    other = verdicts(Course(years, -np.array(values), -sign, target=-target))
    for method in ("sdsn", "escap_csi", "escap_api", "oecd_trend"):
        assert one[method] == other[method]


@settings(max_examples=60, deadline=None)
@given(numbers, numbers, numbers, st.floats(-500, 500))
def test_the_zero_of_the_scale_does_not_matter_to_linear_rules(first, last, target, shift):
    years = [2015, 2022]
    one = rules.sdsn_arrow(first, years[0], last, years[1], target)
    other = rules.sdsn_arrow(first + shift, years[0], last + shift, years[1], target + shift)
    if (
        min(abs(first - target), abs(last - target), abs(last - first)) > 1e-6
        and one.verdict == other.verdict
    ):
        assert one.value == pytest.approx(other.value, rel=1e-6, abs=1e-6)


@settings(max_examples=100, deadline=None)
@given(numbers, numbers, numbers, st.floats(0.01, 100), st.sampled_from([1, -1]))
def test_a_better_latest_value_never_gets_a_worse_class(base, latest, target, better, sign):
    order = [rules.AWAY, rules.STAGNATING, rules.SLOW, rules.ON_TRACK]
    other = latest + sign * better
    if other <= 0:
        return
    worse, best = (
        {
            row["method"]: row["common"]
            for row in compare(Course([2015, 2022], [base, y], sign, target=target))
        }
        for y in (latest, other)
    )
    for method in (
        "sdsn",
        "escap_csi",
        "escap_api",
        "eurostat",
        "unsd_2022",
        "unsd_2023",
        "open_sdg",
        "istat",
    ):
        if rules.NONE not in (worse[method], best[method]):
            assert order.index(worse[method]) <= order.index(best[method]), method
