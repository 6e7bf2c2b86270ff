"""What is missing, whose it is, and whether it would change a verdict: adding it does."""

import datetime as dt

import pandas as pd
import pytest

from sdg_eval.evaluation import evaluate_national
from sdg_eval.gap_register import (
    CHANGE_WORDS,
    REASON_WORDS,
    gap_register,
    letters,
    next_level,
    say_span,
    summarise_gaps,
    usual_due,
)
from sdg_eval.observations import observation_table
from sdg_eval.quality import data_verdict

YEARS = range(2015, 2025)


def rows(area, years, series="SI_POV_NAHC", **change):
    return [
        {"SERIES": series, "REF_AREA": area, "FREQ": "A", "TIME_PERIOD": str(y), "OBS_VALUE": 20.0 - 0.5 * (y - 2015) + (y % 3) / 10,
         "UNIT_MEASURE": "PERCENT", "source": "province-file", "source_row": 2} | change
        for y in years
    ]  # fmt: skip


def register(codelists, parts, report_year=2026):
    table = observation_table([row for part in parts for row in part])
    national = evaluate_national(table, codelists, report_year=report_year)
    return gap_register(table, codelists, national, report_year=report_year), national


@pytest.fixture(scope="module")
def made(codelists):
    return register(codelists, [
        rows("TH-10", YEARS), rows("TH-50", [y for y in YEARS if y != 2018]), rows("TH-83", range(2020, 2025)), rows("TH-57", range(2015, 2021)),
    ])  # fmt: skip


def test_each_gap_has_its_reason_owner_and_day(made):
    table = made[0]
    own = table[table["REF_AREA"] == "TH-50"]
    assert own[["TIME_PERIOD", "reason", "owner", "due_date"]].to_dict("records") == [
        {"TIME_PERIOD": "2018", "reason": "gap_inside", "owner": "nso", "due_date": "2019-12-31"}
    ]
    assert set(table.loc[table["REF_AREA"] == "TH-57", "reason"]) == {"ended_early"}
    assert set(table.loc[table["REF_AREA"] == "TH-83", "reason"]) == {"began_late"}
    assert set(table.loc[table["REF_AREA"] == "TH-20", "reason"]) == {"province_missing"}
    assert table[table["SERIES"] == "SI_POV_NAHC"].query("REF_AREA == 'TH-10'").empty


def test_the_value_that_lifts_a_verdict_comes_first_and_lifts_it(codelists, made):
    table, national = made
    first = table[table["SERIES"] != ""].iloc[0]
    own = table[(table["REF_AREA"] == "TH-83")]
    assert set(own["would_change"]) == {"indicative->full"} and set(own["points_short"]) == {1}
    assert first["would_change"] in ("indicative->full", "none->insufficient")
    more = [rows("TH-10", YEARS), rows("TH-83", [2019, *range(2020, 2025)])]
    after = register(codelists, more)[1].quality
    before = national.quality
    pick = (before["REF_AREA"] == "TH-83") & (before["SERIES"] == "SI_POV_NAHC")
    assert before.loc[pick, "verdict"].item() == "indicative"
    assert after.loc[(after["REF_AREA"] == "TH-83") & (after["SERIES"] == "SI_POV_NAHC"), "verdict"].item() == "full"


def test_every_promised_change_of_verdict_comes_true_when_the_values_are_sent(codelists, made):
    """Each province's missing values are added, the verdict is run again: it is the one that the register promised."""
    table, _ = made
    own = table[(table["SERIES"] == "SI_POV_NAHC") & (table["would_change"] != "")]
    held = {"TH-10": YEARS, "TH-50": [y for y in YEARS if y != 2018], "TH-83": range(2020, 2025), "TH-57": range(2015, 2021)}
    checked = 0
    for (area, change), part in own.groupby(["REF_AREA", "would_change"], sort=True):
        wanted = change.partition("->")[2]
        needed = sorted(part["TIME_PERIOD"].astype(int))[-int(part["points_short"].iloc[0]) :]
        after = register(codelists, [rows(a, {*years, *(needed if a == area else [])}) for a, years in (held | {area: held.get(area, [])}).items()])[1].quality
        row = after[(after["REF_AREA"] == area) & (after["SERIES"] == "SI_POV_NAHC")].iloc[0]
        assert (not row["stale"]) if wanted == "current" else row["verdict"] == wanted, (area, change)
        checked += 1
        if checked == 12:  # provinces without any value are all alike
            break
    assert checked >= 5 and set(own["would_change"]) >= {"indicative->full", "stale->current"}


def test_a_stale_result_becomes_current(made):
    own = made[0].query("REF_AREA == 'TH-57'").set_index("TIME_PERIOD")["would_change"].to_dict()
    assert own["2024"] == own["2023"] == "stale->current" and own["2021"] == ""


def test_a_survey_of_every_third_year_is_not_wanted_between(codelists):
    table, _ = register(codelists, [rows("TH-10", [2015, 2018, 2021]), rows("TH-50", [2015, 2021])])
    own = table[table["SERIES"] == "SI_POV_NAHC"]
    assert set(own.loc[own["REF_AREA"] == "TH-50", "TIME_PERIOD"]) == {"2018", "2024"}
    assert set(own.loc[own["REF_AREA"] == "TH-10", "TIME_PERIOD"]) == {"2024"}


def test_suppressed_values_are_told_as_such_and_asked_of_nobody(codelists):
    hidden = rows("TH-50", [2019], OBS_STATUS="Q", OBS_VALUE=float("nan"))
    table, _ = register(codelists, [rows("TH-10", YEARS), rows("TH-50", [y for y in YEARS if y != 2019]), hidden])
    (row,) = table[table["REF_AREA"] == "TH-50"].to_dict("records")
    assert row["reason"] == "suppressed"
    assert "2019" not in letters(table[table["REF_AREA"] == "TH-50"], codelists, "en").get("nso", "")


def test_a_goal_without_any_series_is_one_line(made):
    empty = made[0][made[0]["reason"] == "no_series_at_all"]
    assert len(empty) == 16 and set(empty["REF_AREA"]) == {""} and "1" not in set(empty["goal"])


def test_letters_fold_years_and_provinces_in_both_languages(codelists, made):
    own = made[0][made[0]["REF_AREA"] == "TH-50"]
    thai, english = letters(own, codelists, "th")["nso"], letters(own, codelists, "en")["nso"]
    assert "จังหวัด (รายชื่อตามบัญชีแนบ)" in letters(made[0], codelists, "th")["nso"]
    assert thai.startswith("เรียน สำนักงานสถิติแห่งชาติ") and "จึงเรียนมาเพื่อโปรดพิจารณา" in thai
    assert "พ.ศ. 2561; เชียงใหม่" in thai and "2018; Chiang Mai" in english
    assert "2562" in say_span(["2018", "2019", "2021"], "th") and say_span(["2018", "2019", "2021"], "en") == "2018–2019, 2021"
    assert say_span(["2023-01", "2023-02", "2023-04"], "en") == "Jan 2023 – Feb 2023, Apr 2023"


def test_the_register_is_the_same_each_time_and_its_words_are_complete(codelists, made):
    again, _ = register(codelists, [
        rows("TH-57", range(2015, 2021)), rows("TH-83", range(2020, 2025)), rows("TH-50", [y for y in YEARS if y != 2018]), rows("TH-10", YEARS),
    ])  # fmt: skip
    pd.testing.assert_frame_equal(again, made[0])
    assert set(made[0]["reason"]) <= set(REASON_WORDS) and set(made[0]["would_change"]) <= set(CHANGE_WORDS)
    assert summarise_gaps(made[0], codelists)["missing"].sum() == (made[0]["SERIES"] != "").sum()
    assert list(made[0]["rank"]) == list(range(1, len(made[0]) + 1))


@pytest.mark.parametrize(("n", "freq", "level"), [(0, "A", 1), (1, "A", 2), (2, "A", 3), (5, "A", 6), (6, "A", None), (4, "Q", 5), (5, "Q", 12), (12, "Q", None)])
def test_levels_are_those_of_the_data_verdict(n, freq, level):
    assert next_level(n, freq) == level
    if level and n:
        assert data_verdict(level, freq) != data_verdict(level - 1, freq)


def test_a_figure_is_due_at_its_end_plus_the_usual_lag():
    assert usual_due("2023-Q1", 3) == dt.date(2023, 6, 30)


def test_every_evaluated_series_has_an_owner(codelists):
    owners = {s: codelists.owner_of(s)["agency"] for s in codelists.evaluated}
    assert "unknown" not in owners.values(), {s for s, o in owners.items() if o == "unknown"}
