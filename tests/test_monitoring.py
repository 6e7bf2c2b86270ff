"""Quarter by quarter: same quarter of the year before, gaps stay gaps, false signals as rare as theory says."""

import numpy as np
import pandas as pd
import pytest

from sdg_eval.errors import DataError
from sdg_eval.monitoring import COLUMNS, compare_cumulative, monitor, xmr_chart
from tests.test_trends import series_of


def test_limits_are_the_mean_and_266_mean_moving_ranges():
    chart = xmr_chart([1.0, 3, 2, 4, 3, 5, 4, 2])
    assert chart.centre == 3 and chart.upper - chart.centre == pytest.approx(2.66 * 11 / 7)
    assert chart.n_baseline == 8 and not chart.signals.any()


def test_one_point_outside_and_eight_on_one_side_are_signals():
    noise = np.tile([0.0, 1, 0.5, -1], 4)
    spiked = xmr_chart(np.r_[noise, 40.0], judged=1)
    assert spiked.signals[-1] == "above" and not spiked.signals[:-1].any()
    shifted = xmr_chart(np.r_[noise, np.full(8, 0.4)], judged=8)
    assert shifted.signals[-1] == "run_above" and shifted.signals[-2] == ""
    assert xmr_chart(np.r_[noise, -40.0], judged=1).signals[-1] == "below"


def test_points_of_noise_fall_outside_three_in_a_thousand_times():
    rng = np.random.default_rng(20301231)
    found = [np.isin(xmr_chart(rng.normal(size=40)).signals, ["above", "below"]).mean() for _ in range(400)]
    assert np.mean(found) == pytest.approx(0.0027, abs=0.002)


def test_gaps_end_runs_and_span_no_range():
    values = np.array([0.0, 1, 0, 1, np.nan, 50, 51, 50, 51, 50])
    chart = xmr_chart(values)
    assert chart.upper - chart.centre == pytest.approx(2.66)  # the jump over the gap is no moving range
    assert xmr_chart(np.zeros(9)).upper == 0 and not xmr_chart(np.zeros(9)).signals.any()
    few = xmr_chart([1.0, 2.0])
    assert np.isnan(few.upper) and few.n_baseline == 2
    with pytest.raises(DataError, match="infinite"):
        xmr_chart([np.inf])


def test_quarters_are_compared_with_the_same_quarter_of_the_year_before():
    values = [10.0, 20, 30, 40, 11, 22, None, 44]
    table = monitor(series_of(values, freq="Q"))
    assert list(table.columns) == COLUMNS and len(table) == 7
    last = table.set_index("TIME_PERIOD").loc["2016-Q4"]
    assert (last["year_before"], last["difference"], last["reason"]) == (40, 4, "few_differences")
    assert table["reason"].tolist()[:4] == ["no_year_before"] * 4
    assert monitor(series_of(values)).empty  # years


def test_a_jump_in_the_latest_quarter_is_a_signal_in_every_province_that_has_it():
    rng = np.random.default_rng(6)
    season = np.tile([5.0, 0, -5, 2], 6)
    quiet, loud = season + rng.normal(size=24), season + rng.normal(size=24)
    loud[-1] += 30
    table = monitor(pd.concat([series_of(quiet, freq="Q"), series_of(loud, freq="Q", area="TH-51")]))
    last = table[table["TIME_PERIOD"] == "2020-Q4"].set_index("REF_AREA")["signal"]
    assert last["TH-51"] == "above" and last["TH-50"] == ""
    assert set(table["n_baseline"]) == {16}  # 20 differences, the latest year judged


def test_a_running_fiscal_year_is_set_beside_the_same_part_of_the_last():
    table = compare_cumulative([2024, 2024, 2024, 2024, 2025, 2025], [1, 2, 3, 4, 1, 2], [10.0, 25, 40, 60, 12, 31])
    now = table[(table["fiscal_year"] == 2025) & (table["quarter"] == 2)].iloc[0]
    assert (now["year_before"], now["difference"], bool(now["partial_year"])) == (25, 6, True)
    assert not table.loc[table["fiscal_year"] == 2024, "partial_year"].any()
