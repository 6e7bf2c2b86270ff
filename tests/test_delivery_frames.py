"""Delivery tables are read as what they are, or refused with row and column; quarters are Thai fiscal ones."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from sdg_eval.delivery.frames import UNTAGGED, goal_of, list_areas, of_area, one_per, optional, take
from sdg_eval.delivery.quarters import (
    quarter_end,
    quarter_name,
    quarter_number,
    quarter_start,
    quarters_between,
    quarters_of,
    shift_quarter,
)
from sdg_eval.errors import DataError

TABLE = pd.DataFrame({
    "name": [" a ", None, "b"], "thb": ["1000", "", 3.5], "day": ["2024-03-31", "", None], "flag": [True, "0", None], "quarter": ["2567Q2", "", "2566Q4"],
    "source_row": [7, 8, 9],
})  # fmt: skip


def test_cells_become_text_numbers_days_and_flags_and_blanks_stay_blank():
    got = take(TABLE, "t", text=["name"], money=["thb"], dates=["day"], flags=["flag"], quarters=["quarter"])
    assert got["name"].tolist() == ["a", "", "b"] and got["quarter"].tolist() == ["2567Q2", "", "2566Q4"]
    assert got["thb"].tolist()[::2] == [1000, 3.5] and np.isnan(got["thb"][1])
    assert got["day"][0] == pd.Timestamp(2024, 3, 31) and got["day"].isna().sum() == 2
    assert got["flag"].tolist()[:2] == [1, 0] and np.isnan(got["flag"][2])


def test_an_empty_table_keeps_the_types_of_its_columns():
    got = take(TABLE.iloc[:0], "t", text=["name"], money=["thb"], dates=["day"], flags=["flag"], quarters=["quarter"])
    assert got.empty and got["thb"].dtype == got["flag"].dtype == "float64" and got["day"].dtype.kind == "M"


@pytest.mark.parametrize(
    ("column", "cell", "kind", "words"),
    [
        ("thb", "-5", "money", "below 0"), ("thb", "ล้าน", "numbers", "not a number"), ("thb", np.inf, "numbers", "finite"),
        ("day", "31/3/2567", "dates", "not a date"), ("day", "2567-03-31", "dates", "Buddhist"), ("flag", "อาจจะ", "flags", "neither yes nor no"),
        ("quarter", "2567Q5", "quarters", "fiscal quarter"), ("quarter", "2024Q1", "quarters", "fiscal quarter"),
    ],
)  # fmt: skip
def test_a_wrong_cell_is_refused_with_the_row_of_the_officers_file(column, cell, kind, words):
    spoiled = TABLE.astype(object)
    spoiled.loc[1, column] = cell
    with pytest.raises(DataError, match=words) as refusal:
        take(spoiled, "budget", **{kind: [column]})
    assert refusal.value.row == 8 and refusal.value.column == column and "budget" in str(refusal.value)


def test_a_missing_column_is_named():
    with pytest.raises(DataError, match="project lacks the column.s. level"):
        take(TABLE, "project", text=["name", "level"])
    assert take(optional(TABLE, ["level"]), "project", text=["level"])["level"].tolist() == ["", "", ""]


def test_a_key_that_is_there_twice_is_refused():
    with pytest.raises(DataError, match="name b more than once"):
        one_per(pd.DataFrame({"name": ["a", "b", "b"]}), "project", ["name"])


def test_the_goal_of_a_target_is_one_of_seventeen_or_untagged():
    assert goal_of(pd.Series(["11.6", "1.a", "17.18", "", "18.1", "ภาพรวม"])).tolist() == ["11", "1", "17", UNTAGGED, UNTAGGED, UNTAGGED]
    assert goal_of(pd.Series([], dtype="str")).empty


def test_areas_asked_for_are_listed_even_without_rows_and_the_country_comes_last():
    rows = pd.DataFrame({"REF_AREA": ["TH-50", "TH", "TH-10"]})
    assert list_areas(None, rows["REF_AREA"]) == ["TH-10", "TH-50", "TH"]
    assert list_areas(["TH-96", "TH-10"], rows["REF_AREA"]) == ["TH-10", "TH-96", "TH"]
    assert len(of_area(rows, "TH")) == 3 and len(of_area(rows, "TH-50")) == 1


def test_fiscal_quarters_run_from_october():
    assert (quarter_start("2566Q1"), quarter_end("2566Q1")) == (pd.Timestamp(2022, 10, 1), pd.Timestamp(2022, 12, 31))
    assert quarter_end("2567Q2") == pd.Timestamp(2024, 3, 31)  # a leap year's March
    days = pd.Series(pd.to_datetime([dt.date(2022, 9, 30), dt.date(2022, 10, 1), dt.date(2023, 1, 1), dt.date(2023, 6, 30), None]))
    assert quarters_of(days).tolist() == ["2565Q4", "2566Q1", "2566Q2", "2566Q3", ""]


def test_quarters_are_counted_across_the_new_fiscal_year():
    assert quarters_between("2566Q3", "2567Q2") == ["2566Q3", "2566Q4", "2567Q1", "2567Q2"]
    assert shift_quarter("2567Q1", -1) == "2566Q4" and quarters_between("2567Q2", "2567Q1") == []
    assert quarter_name(quarter_number("2567Q4")) == "2567Q4"
    with pytest.raises(DataError, match="not a fiscal quarter"):
        quarter_number("2567-Q1")
