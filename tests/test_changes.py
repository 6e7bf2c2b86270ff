"""A change between two reports falls into parts that add up, whatever the order."""

import itertools

import numpy as np
import pandas as pd
import pytest

from sdg_eval.changes import (
    KINDS,
    State,
    classify_rows,
    explain_province,
    explain_value,
    explain_verdict,
    latest_value,
    say_change,
    shapley,
    slope_of,
)
from sdg_eval.codelists import Codelists
from sdg_eval.observations import observation_table
from tests.counts import times

SERIES, AREA = "SI_POV_NAHC", "TH-50"


def table(values, series=SERIES, area=AREA):
    return [
        {"SERIES": series, "REF_AREA": area, "FREQ": "A", "TIME_PERIOD": str(year), "OBS_VALUE": value, "UNIT_MEASURE": "PERCENT", "source": "province-file", "source_row": 2}
        for year, value in values.items()
    ]  # fmt: skip


def state(codelists, *parts, year=2026):
    return State(observation_table([row for part in parts for row in part]), codelists, year)


BASE = {2015: 20.0, 2016: 19.0, 2017: 18.5, 2018: 17.0, 2019: 16.5, 2020: 15.0}


@pytest.mark.parametrize(
    ("values", "kind", "change"),
    [
        (BASE | {2021: 14.0}, "real_movement", -1.0),
        (BASE | {2020: 15.5}, "revision", 0.5),
        ({y: v for y, v in BASE.items() if y != 2020}, "missing_data", 1.5),
    ],
)
def test_a_change_of_one_kind_is_put_down_to_it_alone(codelists, values, kind, change):
    found = explain_value(state(codelists, table(BASE)), state(codelists, table(values)), latest_value(SERIES, AREA))
    assert found["change"] == pytest.approx(change)
    assert {k: found[k] for k in KINDS} == pytest.approx(dict.fromkeys(KINDS, 0.0) | {kind: change})


def test_a_series_that_enters_the_basket_moves_its_mean(codelists):
    old, new = state(codelists, table(BASE)), state(codelists, table(BASE), table({2020: 33.0}, area="TH-10"))

    def mean_of_provinces(s):
        return s.observations.sort_values("TIME_PERIOD").groupby("REF_AREA")["OBS_VALUE"].last().mean()

    found = explain_value(old, new, mean_of_provinces)
    assert found["basket"] == pytest.approx(9.0) and found["change"] == pytest.approx(9.0)


def test_another_option_is_method(codelists):
    old = state(codelists, table(BASE), year=2022)
    found = explain_value(old, state(codelists, table(BASE), year=2030), lambda s: float(s.report_year))
    assert found["target_method"] == 8.0
    changed = Codelists(**{**{f: getattr(codelists, f) for f in codelists.__dataclass_fields__}, "targets": codelists.targets.iloc[1:]})
    assert explain_value(old, State(old.observations, changed, 2022), lambda s: float(len(s.codelists.targets)))["target_method"] == -1.0


def test_parts_add_up_and_equal_brute_force_over_all_orders():
    rng = np.random.default_rng(5)
    for _ in range(20):
        table_of = {frozenset(s): rng.normal() for r in range(6) for s in itertools.combinations(KINDS, r)}
        parts = shapley(list(KINDS), table_of.__getitem__)
        assert sum(parts.values()) == pytest.approx(table_of[frozenset(KINDS)] - table_of[frozenset()], abs=1e-9)
        brute = dict.fromkeys(KINDS, 0.0)
        for order in itertools.permutations(KINDS):
            switched = frozenset()
            for kind in order:
                brute[kind] += (table_of[switched | {kind}] - table_of[switched]) / 120
                switched |= {kind}
        assert parts == pytest.approx(brute)


def test_random_changes_of_all_kinds_add_up_for_value_and_slope(codelists):
    rng = np.random.default_rng(11)
    areas = ["TH-50", "TH-10", "TH-83"]
    for _ in range(times(2, 4)):
        values = {a: dict(zip(range(2012, 2022), 20 + rng.normal(0, 2, 10).round(2), strict=True)) for a in areas}
        after = {a: dict(v) for a, v in values.items()}
        for own in after.values():
            own[2022] = round(float(rng.normal(19, 2)), 2)
            own[int(rng.integers(2013, 2020))] += 1.0
            own.pop(2020 if rng.random() < 0.5 else 2012)
        old, new = (state(codelists, *[table(v, area=a) for a, v in side.items()]) for side in (values, after))
        for metric in (latest_value(SERIES, AREA), slope_of(SERIES, AREA)):
            found = explain_value(old, new, metric)
            assert sum(found[k] for k in KINDS) == pytest.approx(found["change"], abs=1e-9)


def test_what_appears_or_disappears_has_no_parts(codelists):
    few = {2020: 9.0}
    found = explain_value(state(codelists, table(few)), state(codelists, table(few | {2021: 8.0, 2022: 7.0})), slope_of(SERIES, AREA))
    assert found["note"] == "appeared" and np.isnan(found["real_movement"])
    back = explain_value(state(codelists, table(few)), state(codelists, []), latest_value(SERIES, AREA))
    assert back["note"] == "disappeared"


def test_the_verdict_names_the_smallest_sets_that_turn_it(codelists):
    short = {y: 20.0 - (y - 2015) for y in range(2015, 2020)}
    old = state(codelists, table(short))
    new = state(codelists, table(short | {y: 20.0 - (y - 2015) for y in range(2020, 2026)}))
    found = explain_verdict(old, new, SERIES, AREA)
    assert (found["old"], found["new"]) == ("indicative", "falling")
    assert found["turned_by"] == [("real_movement",)]


def test_a_province_is_told_what_changed_and_why(codelists):
    old, new = state(codelists, table(BASE)), state(codelists, table(BASE | {2018: 17.5, 2021: 14.0}))
    rows = explain_province(old, new, AREA).to_dict("records")
    value = next(r for r in rows if r["what"] == "value")
    assert (value["old"], value["new"], value["real_movement"], value["revision"]) == (15.0, 14.0, -1.0, 0.0)
    assert "15.0 → 14.0" in say_change(value, codelists, "en") and "ข้อมูลช่วงเวลาใหม่ −1.0" in say_change(value, codelists, "th")
    pace = value | {"what": "slope"}
    assert " percentage points" in say_change(pace, codelists, "en") and " จุดร้อยละ" in say_change(pace, codelists, "th")
    assert explain_province(old, old, AREA).empty


def test_rows_are_classified_with_their_cells(codelists):
    old, new = observation_table(table(BASE)), observation_table(table(BASE | {2020: 15.5, 2022: 14.0}))
    kinds = classify_rows(old, new).set_index("TIME_PERIOD")["kind"].to_dict()
    assert kinds == {"2020": "revision", "2022": "real_movement"}
    assert isinstance(classify_rows(old, old), pd.DataFrame) and classify_rows(old, old).empty
