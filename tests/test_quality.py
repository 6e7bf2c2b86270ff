"""What the data can bear: counts, gaps, breaks, staleness, and provinces that hold nothing."""

import pytest

from sdg_eval.observations import observation_table
from sdg_eval.quality import data_verdict, evaluate_quality, longest_gap


def table(years, series="SE_TOT_CPLR", area="TH-50", **more):
    return [{"SERIES": series, "REF_AREA": area, "FREQ": "A", "TIME_PERIOD": str(y), "OBS_VALUE": 1.0 + y % 7} | more for y in years]


def quality(rows, codelists, area="TH-50", series="SE_TOT_CPLR", report_year=2026):
    result = evaluate_quality(observation_table(rows), codelists, report_year=report_year)
    return result[(result["SERIES"] == series) & (result["REF_AREA"] == area)].iloc[0]


def test_periods_are_counted_against_what_any_province_has(codelists):
    row = quality(table([2015, 2016, 2019, 2021]) + table(range(2014, 2025), area="TH-57"), codelists)
    assert (row["n_obs"], row["expected"], row["missing"], row["longest_gap"]) == (4, 11, 7, 2)
    assert (row["first_period"], row["last_period"], row["verdict"]) == ("2015", "2021", "indicative")
    assert "gaps" in row["reason"] and bool(row["stale"])


def test_every_province_that_holds_nothing_is_listed(codelists):
    result = evaluate_quality(observation_table(table(range(2014, 2025))), codelists, report_year=2026)
    mine = result[result["SERIES"] == "SE_TOT_CPLR"]
    assert len(mine) == 77
    assert (mine["verdict"] == "none").sum() == 76


def test_a_coastal_series_asks_no_inland_province(codelists):
    result = evaluate_quality(observation_table(table(range(2014, 2025), "TH_COAST_WQ", "TH-83")), codelists, report_year=2026)
    mine = result[result["SERIES"] == "TH_COAST_WQ"]
    assert set(mine["REF_AREA"]) == set(codelists.areas.loc[codelists.areas["coast"] == "1", "REF_AREA"])


def test_bueng_kan_is_not_expected_before_2011(codelists):
    rows = table(range(2005, 2025)) + table(range(2011, 2025), area="TH-38")
    row = quality(rows, codelists, area="TH-38")
    assert (row["expected"], row["missing"]) == (14, 0)


def test_after_a_break_only_the_later_part_counts(codelists):
    row = quality(table(range(2014, 2022), "EN_ATM_PM25"), codelists, series="EN_ATM_PM25")
    assert (row["n_obs"], row["n_after_break"], row["break_after"], row["verdict"]) == (8, 4, "2018", "indicative")


def test_flags_and_provisional_values_are_counted(codelists):
    row = quality(table([2022, 2023], flags="nearest_province:2") + table([2024], OBS_STATUS="P"), codelists)
    assert (row["n_flagged"], row["n_provisional"]) == (2, 1)


@pytest.mark.parametrize(
    ("n", "freq", "expected"),
    [(0, "A", "none"), (1, "A", "insufficient"), (2, "A", "two_points"), (3, "A", "indicative"), (5, "A", "indicative"),
     (6, "A", "full"), (4, "Q", "insufficient"), (5, "Q", "indicative"), (11, "Q", "indicative"), (12, "Q", "full"),
     (13, "M", "indicative"), (36, "M", "full")],
)  # fmt: skip
def test_what_a_number_of_periods_allows(n, freq, expected):
    assert data_verdict(n, freq) == expected


def test_the_longest_gap_is_between_first_and_last():
    assert [longest_gap(s) for s in ([], [2015], [2015, 2016], [2015, 2019, 2021])] == [0, 0, 0, 3]
