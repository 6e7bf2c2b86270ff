"""The table contract: periods, defaults, refusals in the reader's words, the latest view."""

import numpy as np
import pandas as pd
import pytest

from sdg_eval.concepts import COLUMNS, KEY
from sdg_eval.errors import DataError
from sdg_eval.observations import (
    mid_points,
    observation_table,
    period_bounds,
    period_year,
    select_area,
    select_latest,
    validate_observations,
)


def one(**changes):
    row = {"SERIES": "X", "REF_AREA": "TH-50", "FREQ": "A", "TIME_PERIOD": "2023", "OBS_VALUE": 1.5}
    return row | {"source_file": "officer.xlsx", "source_sheet": "Sheet1", "source_row": 7, "source_column": "C"} | changes


def test_a_row_with_the_least_is_filled_to_the_whole_contract():
    table = observation_table([{k: v for k, v in one().items() if not k.startswith("source")}])
    assert list(table.columns) == COLUMNS
    assert table.loc[0, ["SEX", "AGE", "URBANISATION", "OBS_STATUS"]].tolist() == ["_T", "_T", "_T", "A"]
    assert not table[KEY].isna().any().any()


@pytest.mark.parametrize(
    ("period", "first", "last", "middle", "year"),
    [
        ("2023", "2023-01-01", "2023-12-31", 2023.5, 2023),
        ("2023-Q1", "2023-01-01", "2023-03-31", 2023.125, 2023),
        ("2024-02", "2024-02-01", "2024-02-29", 2024.125, 2024),
        ("2022-10-01/P1Y", "2022-10-01", "2023-09-30", 2023.25, 2023),
    ],
)
def test_periods_know_their_days_middle_and_year(period, first, last, middle, year):
    assert period_bounds(period) == (pd.Timestamp(first), pd.Timestamp(last))
    assert mid_points([period])[0] == pytest.approx(middle)
    assert period_year(period) == year


@pytest.mark.parametrize("period", ["2566/Q5", "23", "2023-13", "", "2023-Q5"])
def test_a_period_that_is_none_is_refused_with_the_right_forms(period):
    with pytest.raises(DataError, match="2023-Q1"):
        period_bounds(period)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"REF_AREA": "Chiang Mai"}, "TH-50 for Chiang Mai"),
        ({"FREQ": "W"}, "A, Q or M"),
        ({"TIME_PERIOD": "2566 B.E."}, "SDMX period"),
        ({"OBS_VALUE": np.inf}, "infinite"),
        ({"SERIES": ""}, "key column is empty"),
    ],
)
def test_a_broken_contract_names_file_sheet_row_column_and_remedy(changes, word):
    with pytest.raises(DataError) as refusal:
        validate_observations(observation_table([one(**changes)]))
    for part in ("officer.xlsx", "Sheet1", "row 7", "column C", word):
        assert part in str(refusal.value)


def test_a_missing_column_is_named():
    with pytest.raises(DataError, match="TIME_PERIOD"):
        validate_observations(observation_table([one()]).drop(columns="TIME_PERIOD"))


def test_the_latest_vintage_wins_and_a_conflict_inside_one_vintage_stays():
    rows = [one(vintage="2026-01-01", OBS_VALUE=1.0), one(vintage="2026-02-01", OBS_VALUE=2.0)]
    assert select_latest(observation_table(rows))["OBS_VALUE"].tolist() == [2.0]
    rows = [one(vintage="2026-02-01", OBS_VALUE=v) for v in (2.0, 3.0, 3.0)]
    assert sorted(select_latest(observation_table(rows))["OBS_VALUE"]) == [2.0, 3.0]


def test_one_area_is_selected():
    table = observation_table([one(), one(REF_AREA="TH-57")])
    assert select_area(table, "TH-57")["REF_AREA"].tolist() == ["TH-57"]
