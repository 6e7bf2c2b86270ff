"""Small cells are hidden and cannot be worked out from what is shown: an attacker tries."""

import itertools

import numpy as np
import pandas as pd
import pytest

from sdg_eval.concepts import KEY
from sdg_eval.derive import with_derived
from sdg_eval.errors import UsageError
from sdg_eval.observations import observation_table
from sdg_eval.suppression import (
    HIDDEN,
    MIN_WIDTH,
    THRESHOLD,
    feasible_intervals,
    small_cells,
    suppress,
    suppressed_note,
)

AREAS = ["TH-50", "TH-95", "TH-92"]


def counts(seed, *, country=True, quarters=False, threshold=THRESHOLD):
    """A table of counts of persons by sex and age in provinces, with all its totals."""
    rng = np.random.default_rng(seed)
    periods = ["2023-Q1", "2023-Q2", "2023-Q3", "2023-Q4"] if quarters else ["2023"]
    cells = {
        key: float(rng.poisson(rng.choice([3, 12, 60])))
        for key in itertools.product(AREAS, ["M", "F"], ["Y0T14", "Y15T59", "Y_GE60"], periods)
    }  # fmt: skip
    axes = [[*AREAS, "TH"] if country else AREAS, ["M", "F", "_T"], ["Y0T14", "Y15T59", "Y_GE60", "_T"], [*periods, "2023"] if quarters else periods]
    whole = [{"TH"}, {"_T"}, {"_T"}, {"2023"} if quarters else set()]
    rows = []
    for key in itertools.product(*axes):
        value = sum(v for k, v in cells.items() if all(part == own or part in w for part, own, w in zip(key, k, whole, strict=True)))
        area, sex, age, period = key
        rows.append({"SERIES": "TH_RPT_3_3_1_CASES", "REF_AREA": area, "SEX": sex, "AGE": age, "FREQ": "Q" if "Q" in period else "A",
                     "TIME_PERIOD": period, "OBS_VALUE": value, "UNIT_MEASURE": "CASES", "source": "province-file"})  # fmt: skip
    return observation_table(rows)


def broken(before, after):
    """Suppressed cells that an attacker knows to within less than three persons."""
    found = feasible_intervals(before, after["OBS_STATUS"] == "Q")
    assert ((found["low"] - 1e-6 <= found["true"]) & (found["true"] <= found["high"] + 1e-6)).all()
    return found[found["high"] - found["low"] < MIN_WIDTH - 1e-6]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("quarters", [False, True])
def test_no_hidden_cell_can_be_worked_out(codelists, seed, quarters):
    before = counts(seed, quarters=quarters)
    after = suppress(before, codelists)
    assert (after["OBS_STATUS"] == "Q").sum() > 0
    assert broken(before, after).empty


def test_hiding_only_the_small_cells_would_be_broken(codelists):
    """The attack is real: with primary suppression alone it recovers cells."""
    recovered = 0
    for seed in range(6):
        before = counts(seed)
        naive = before.copy()
        small = small_cells(before, codelists, THRESHOLD)
        naive.loc[small, "OBS_STATUS"] = "Q"
        naive.loc[small, "OBS_VALUE"] = np.nan
        recovered += len(broken(before, naive))
    assert recovered > 5


def survey(**change):
    row = {"SERIES": "SI_POV_NAHC", "REF_AREA": "TH-95", "FREQ": "A", "TIME_PERIOD": "2023", "OBS_VALUE": 25.0, "NUMERATOR": 1.0,
           "DENOMINATOR": 4.0, "UNIT_MEASURE": "PERCENT", "source": "province-file", "COMMENT_OBS": "1 จาก 4"}  # fmt: skip
    return row | change


def test_four_respondents_in_yala_are_hidden_and_a_hundred_in_trang_are_shown(codelists):
    table = observation_table([survey(), survey(REF_AREA="TH-92", OBS_VALUE=40.0, NUMERATOR=40.0, DENOMINATOR=100.0, COMMENT_OBS="")])
    after = suppress(table, codelists).set_index("REF_AREA")
    assert after.at["TH-92", "OBS_VALUE"] == 40.0 and after.at["TH-92", "OBS_STATUS"] == "A"
    yala = after.loc["TH-95"]
    assert yala[HIDDEN].isna().all() and yala["OBS_STATUS"] == "Q" and yala["COMMENT_OBS"] == "" and yala["flags"] == "suppressed:primary"


@pytest.mark.parametrize(
    ("change", "is_hidden"),
    [
        ({"NUMERATOR": 9.0, "DENOMINATOR": 500.0}, True),
        ({"NUMERATOR": 495.0, "DENOMINATOR": 500.0}, True),  # the five who are not poor
        ({"NUMERATOR": 0.0, "DENOMINATOR": 500.0}, False),
        ({"NUMERATOR": 10.0, "DENOMINATOR": 500.0}, False),
        ({"NUMERATOR": np.nan, "DENOMINATOR": np.nan, "SAMPLE_SIZE": 9.0}, True),
        ({"NUMERATOR": np.nan, "DENOMINATOR": np.nan}, False),
        ({"NUMERATOR": 9.0, "DENOMINATOR": 500.0, "source": "nso-ses"}, False),  # published already
        ({"NUMERATOR": 2.0, "DENOMINATOR": 8.0, "source": "nso-ses"}, True),  # a per cent of eight persons, whoever printed it
    ],
)
def test_what_counts_as_few_persons(codelists, change, is_hidden):
    after = suppress(observation_table([survey(**change)]), codelists)
    assert (after["OBS_STATUS"] == "Q").all() == is_hidden


def test_every_vintage_of_a_hidden_value_is_hidden(codelists):
    table = observation_table([survey(vintage="1"), survey(vintage="2", NUMERATOR=30.0, DENOMINATOR=100.0, OBS_VALUE=30.0)])
    assert (suppress(table, codelists)["OBS_STATUS"] == "Q").all()


def test_a_rate_does_not_give_its_hidden_count_away(codelists):
    rows = [
        {"SERIES": "TH_ROAD_DEATHS", "REF_AREA": "TH-95", "FREQ": "A", "TIME_PERIOD": "2023", "OBS_VALUE": 4.0, "UNIT_MEASURE": "DEATHS", "source": "province-file", "source_row": 2},
        {"SERIES": "TH_POP_DOPA", "REF_AREA": "TH-95", "FREQ": "A", "TIME_PERIOD": "2023", "OBS_VALUE": 500_000.0, "UNIT_MEASURE": "PERSONS", "source": "dopa-population", "source_row": 2},
    ]  # fmt: skip
    table = with_derived(observation_table(rows), codelists)
    after = suppress(table, codelists).set_index("SERIES")["OBS_STATUS"]
    assert after["TH_ROAD_DEATHS"] == after["TH_ROAD_DEATH_RATE"] == "Q" and after["TH_POP_DOPA"] == "A"


def test_the_threshold_cannot_go_below_five(codelists):
    with pytest.raises(UsageError, match="5 or more"):
        suppress(counts(1), codelists, threshold=4)
    assert "10" in suppressed_note("th") and "12" in suppressed_note("en", 12)


def test_keys_and_rows_stay_and_nothing_changes_without_small_cells(codelists, observations):
    table = observations[observations["SERIES"] == "SI_POV_NAHC"]
    pd.testing.assert_frame_equal(suppress(table, codelists), table)
    before = counts(3)
    pd.testing.assert_frame_equal(suppress(before, codelists)[KEY], before[KEY])
