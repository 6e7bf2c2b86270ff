"""Suspicious values are named and left as they are; honest ones are named about once in a thousand."""

import numpy as np
import pandas as pd
import pytest

from sdg_eval.observations import observation_table
from sdg_eval.simulate import ar1
from sdg_eval.suspicions import FAR, KIND_WORDS, MIN_POOL, far, find_suspicions
from tests.counts import report, times

AREAS = [f"TH-{n}" for n in (10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21)]
SMOOTH = [31.2, 30.1, 28.8, 27.9, 26.7, 25.6, 24.8, 23.6, 22.9, 21.7]


def table(values, series="SI_POV_NAHC", areas=AREAS, unit="PERCENT", **change):
    """The same course in several provinces, each with its own level."""
    rows = []
    for place, area in enumerate(areas):
        own = values(place) if callable(values) else values
        for year, value in zip(range(2014, 2014 + len(own)), own, strict=True):
            rows.append({"SERIES": series, "REF_AREA": area, "FREQ": "A", "TIME_PERIOD": str(year), "OBS_VALUE": float(value),
                         "UNIT_MEASURE": unit, "source": "province-file", "source_file": "f.xlsx", "source_row": year - 2000, "source_column": "C"} | change)  # fmt: skip
    return observation_table(rows)


def noisy(place):
    rng = np.random.default_rng(100 + place)
    return np.round(np.array(SMOOTH) + place + rng.normal(0, 0.4, len(SMOOTH)), 2)


def spoil(frame, year, value, area="TH-10"):
    frame.loc[(frame["REF_AREA"] == area) & (frame["TIME_PERIOD"] == str(year)), "OBS_VALUE"] = value
    return frame


def test_a_quiet_table_is_not_suspected(codelists):
    assert find_suspicions(table(noisy), codelists).empty


@pytest.mark.parametrize(
    ("year", "wrong", "kind"),
    [(2018, 267.0, "power_of_ten"), (2018, 2.67, "power_of_ten"), (2018, 0.27, "share_for_percent"), (2018, 62.7, "digit_slip"), (2018, 44.1, "jump")],
)
def test_one_wrong_value_is_named_with_what_its_neighbours_suggest(codelists, year, wrong, kind):
    before = table(noisy)
    true = before.loc[(before["REF_AREA"] == "TH-10") & (before["TIME_PERIOD"] == str(year)), "OBS_VALUE"].iloc[0]
    frame = spoil(before.copy(), year, wrong)
    (row,) = find_suspicions(frame, codelists).to_dict("records")
    assert (row["REF_AREA"], row["TIME_PERIOD"], row["kind"]) == ("TH-10", str(year), kind)
    assert row["expected"] == pytest.approx(true, abs=1.5) and row["OBS_VALUE"] == wrong
    assert (row["source_row"], row["source_column"]) == (year - 2000, "C")


def test_false_alarms_are_about_one_in_a_thousand_and_large_jumps_are_seen(codelists):
    rng = np.random.default_rng(20301)
    alarms = values = 0
    seen = {size: 0 for size in (5, 8, 12)}
    for n in (6, 10, 20):
        for rho in (0.0, 0.6):
            def course(place, n=n, rho=rho):
                noise = rng.normal(size=n)
                for t in range(1, n):
                    noise[t] += rho * noise[t - 1]
                return 50 + 0.5 * np.arange(n) + noise
            frame = table(course, areas=[f"TH-{k}" for k in range(10, 87)])
            alarms += len(find_suspicions(frame, codelists))
            values += len(frame)
            for size in seen:
                hit = spoil(frame.copy(), 2014 + n // 2, frame["OBS_VALUE"].iloc[n // 2] + size)
                found = find_suspicions(hit, codelists)
                seen[size] += ((found["REF_AREA"] == "TH-10") & (found["TIME_PERIOD"] == str(2014 + n // 2))).any()
    print(f"false alarms {alarms} of {values}; jumps seen of 6: {seen}")
    assert alarms / values < 0.002 and seen[12] >= 5


def test_thresholds_of_single_series_are_passed_by_one_clean_value_in_a_thousand(codelists):
    """Under ten provinces no spread is pooled: each series has the threshold of its own length (FAR)."""
    rng, totals = np.random.default_rng(20302), {}
    for n in FAR:
        alarms = values = 0
        for repeat in range(times(24, 600)):
            rho = (0.0, 0.3, 0.6)[repeat % 3]

            def course(place, n=n, rho=rho):
                return 50 + 0.5 * np.arange(n) + ar1(rng, (1, n), rho)[0]

            frame = table(course, areas=AREAS[: MIN_POOL - 1])
            alarms, values = alarms + len(find_suspicions(frame, codelists)), values + len(frame)
        totals[n] = (alarms, values)
        assert alarms <= 0.001 * values + 3 * np.sqrt(0.001 * values) + 1, totals
    report("suspicions, single series", ", ".join(f"n {n}: {a} of {v}" for n, (a, v) in totals.items()))


def test_a_single_short_series_is_not_judged(codelists):
    assert find_suspicions(spoil(table(SMOOTH[:6], areas=["TH-10"]), 2016, 90.0), codelists).empty
    assert far(7) == float("inf") and far(30) == 4.5


def test_a_declared_break_is_no_jump(codelists):
    frame = table(lambda p: [*noisy(p)[:5], *(noisy(p)[5:] + 20)])
    frame.loc[frame["TIME_PERIOD"] == "2019", "OBS_STATUS"] = "B"
    assert find_suspicions(frame, codelists).empty


def test_copied_values_are_seen_between_years_and_between_provinces(codelists):
    frame = table(noisy)
    for year in (2019, 2020, 2021):
        spoil(frame, year, 25.37)
    copied = find_suspicions(frame, codelists)
    assert set(copied.loc[copied["kind"] == "copied", "TIME_PERIOD"]) == {"2020", "2021"}
    twin = table(noisy)
    mine = twin.loc[twin["REF_AREA"] == "TH-10", "OBS_VALUE"].to_numpy()
    twin.loc[twin["REF_AREA"] == "TH-11", "OBS_VALUE"] = mine
    assert set(find_suspicions(twin, codelists).query("kind == 'copied'")["REF_AREA"]) == {"TH-11"}


def test_zeros_in_small_counts_are_neither_copied_nor_jumps(codelists):
    rng = np.random.default_rng(7)
    frame = table(lambda p: rng.poisson(0.4, 10), series="TH_ROAD_DEATHS", unit="DEATHS")
    assert find_suspicions(frame, codelists).empty


def test_a_rate_that_its_parts_do_not_give_is_named(codelists):
    frame = table([40.0], areas=["TH-10"], NUMERATOR=40.0, DENOMINATOR=100.0)
    assert find_suspicions(frame, codelists).empty
    (row,) = find_suspicions(frame.assign(OBS_VALUE=45.0), codelists).to_dict("records")
    assert row["kind"] == "rate_mismatch" and row["expected"] == pytest.approx(40.0)


def test_nothing_is_changed(codelists):
    frame = spoil(table(noisy), 2018, 267.0)
    before = frame.copy()
    find_suspicions(frame, codelists)
    pd.testing.assert_frame_equal(frame, before)
    assert all(all(words) for words in KIND_WORDS.values())
