"""What may be used of a series: refusals name series, province and period; order never matters."""

import numpy as np
import pandas as pd
import pytest

from sdg_eval.errors import DataError
from sdg_eval.observations import observation_table
from sdg_eval.panels import build_panels, segments
from sdg_eval.trends import evaluate_trends


def rows(periods, values=None, **columns) -> pd.DataFrame:
    values = np.arange(len(periods), dtype=float) if values is None else values
    return pd.DataFrame({"SERIES": "S", "REF_AREA": "TH-50", "TIME_PERIOD": periods, "OBS_VALUE": values} | columns)


def test_four_columns_are_enough():
    table = evaluate_trends(rows([str(y) for y in range(2010, 2020)]))
    assert table.loc[0, ["FREQ", "SEX", "n_obs", "verdict"]].tolist() == ["A", "_T", 10, "rising"]
    quarterly = evaluate_trends(rows([f"{y}-Q{q}" for y in range(2018, 2022) for q in (1, 2, 3, 4)]))
    assert quarterly.loc[0, ["FREQ", "method"]].tolist() == ["Q", "seasonal_mann_kendall_ar1"]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (rows(["2015", "2016"]).drop(columns="REF_AREA"), "lack the column.*REF_AREA"),
        (rows(["2015", "2016"], [1.0, np.inf]), "infinite.*series S, area TH-50, period 2016"),
        (rows(["2015", "2016-Q1"]), "mixes frequencies.*series S, area TH-50, period 2016-Q1"),
        (rows(["2015", "2016-Q1"], FREQ="A"), "not of the row's frequency.*2016-Q1"),
        (rows(["2015", "2016"], FREQ="W"), "FREQ is not A, Q or M"),
        (rows(["2015", "spring"]), "spring.*not an SDMX period"),
        (rows(["2015", None]), "TIME_PERIOD is empty.*series S"),
    ],
)
def test_bad_tables_are_refused_with_series_area_and_period(table, message):
    with pytest.raises(DataError, match=message):
        evaluate_trends(table)


def test_a_conflict_is_a_row_whatever_the_order():
    table = rows(["2015", "2016", "2016", "2017", "2018", "2019", "2020", "2021"])
    one, other = evaluate_trends(table), evaluate_trends(table.iloc[::-1])
    assert one.loc[0, ["verdict", "reason"]].tolist() == ["data_conflict", "conflict"]
    pd.testing.assert_frame_equal(one, other)


def test_series_with_other_periods_get_panels_of_their_own_and_quarters_a_grid_without_holes():
    annual = rows(["2015", "2016", "2018"])
    other = rows(["2001", "2002"]).assign(SERIES="T")
    quarters = rows(["2015-Q1", "2016-Q2"]).assign(SERIES="U")
    panels = build_panels(pd.concat([annual, other, quarters]))
    assert sorted((p.freq, len(p.periods)) for p in panels) == [("A", 2), ("A", 3), ("Q", 6)]


def test_segments_come_in_key_order_with_their_numbers():
    table = observation_table([
        {"SERIES": s, "REF_AREA": a, "FREQ": "A", "TIME_PERIOD": p, "OBS_VALUE": v, "NUMERATOR": v * 2, "DENOMINATOR": 9}
        for s in ("T", "S") for a in ("TH-51", "TH-50") for p, v in (("2016", 2.0), ("2015", 1.0))
    ])  # fmt: skip
    found = segments(table)
    assert [(s.keys["SERIES"], s.keys["REF_AREA"]) for s in found] == [
        ("S", "TH-50"), ("S", "TH-51"), ("T", "TH-50"), ("T", "TH-51"),
    ]  # fmt: skip
    assert found[0].everything.numerators.tolist() == [2.0, 4.0] and found[0].everything.times.tolist() == [2015.5, 2016.5]
