"""Who was treated when: phases, windows, quarters, and outcomes registered in advance."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from sdg_eval.effects.design import outcome_panel, outcome_rows, phase_of, programme_window
from sdg_eval.effects.outcomes import OutcomeRule, outcome_rules, plan_hash, row_hash
from sdg_eval.errors import DataError
from sdg_eval.observations import observation_table
from sdg_eval.simulate import simulate_effect

RULE = OutcomeRule("SI_POV_NAHC")


@pytest.mark.parametrize("period, phase", [
    ("2021", "before"), ("2022", "before"), ("2023", "during"), ("2024", "during"), ("2025", "after"),
    ("2022-Q3", "before"), ("2022-Q4", "transition"), ("2023-Q1", "during"), ("2024-Q1", "during"), ("2024-Q2", "after"),
    ("2021-10-01/P1Y", "before"), ("2022-10-01/P1Y", "during"), ("2023-10-01/P1Y", "during"), ("2024-10-01/P1Y", "after"),
])  # fmt: skip
def test_phases_are_those_of_the_method(period, phase):
    """METHODS 4.1: calendar, quarterly and fiscal (FY2566 is the first treated one)."""
    assert phase_of(period, "2022-12", "2024-04") == phase


def test_the_window_is_a_parameter(codelists):
    window = programme_window(codelists)
    assert (window.start, window.end, len(window.starts), window.staggered) == ("2022-12", "2024-04", 15, False)
    moved = programme_window(codelists, start="2023-06", end="2024-06")
    assert set(moved.starts.values()) == {"2023-06"} and phase_of("2023", moved.start, moved.end) == "during"
    for wrong in ({"start": "2025-01"}, {"end": "April 2024"}):
        with pytest.raises(DataError, match="window"):
            programme_window(codelists, **wrong)


def test_the_pilots_of_the_areas_are_the_first_wave(codelists):
    assert sorted(codelists.rollout["REF_AREA"]) == codelists.pilots


def test_the_transition_quarter_is_left_out_and_seasons_are_no_effect(codelists):
    """Pilots with a strong season of their own, and no effect: the quarterly panel shows none."""
    rng, quarters = np.random.default_rng(20301231), [f"{y}-Q{q}" for y in range(2018, 2025) for q in (1, 2, 3, 4)]
    season = {1: 5.0, 2: 0.0, 3: -4.0, 4: 1.0}
    rows = [
        {"SERIES": "SL_TLF_UEM", "REF_AREA": a, "FREQ": "Q", "TIME_PERIOD": p, "source": "synthetic",
         "OBS_VALUE": 10 + rng.normal(scale=0.1) + (season[int(p[-1])] if a in codelists.pilots else 0)}
        for a in codelists.provinces for p in quarters[:-2]
    ]  # fmt: skip
    panel = outcome_panel(observation_table(rows), OutcomeRule("SL_TLF_UEM", freq="Q"), programme_window(codelists))
    assert "2022-Q4" not in panel.labels and panel.years_before == 4 and panel.n_before == 19
    gap = panel.values[panel.treated].mean(axis=0) - panel.values[~panel.treated].mean(axis=0)
    assert np.abs(gap).max() < 0.2


def test_periods_and_provinces_outside_the_rule_are_left_out(codelists):
    table = simulate_effect(codelists, np.random.default_rng(1), years=range(2012, 2026))
    rule = replace(RULE, first="2015", last="2024", exclude=("TH-10", "TH-57"))
    panel = outcome_panel(table, rule, programme_window(codelists))
    assert panel.labels[0] == "2015" and panel.labels[-1] == "2024" and not {"TH-10", "TH-57"} & set(panel.areas)


def test_a_log_needs_values_above_zero_and_groups_are_no_outcome(codelists):
    table = simulate_effect(codelists, np.random.default_rng(1))
    table.loc[table.index[:3], "OBS_VALUE"] = 0.0
    group = table.head(500).assign(URBANISATION="U", OBS_VALUE=99.0)
    panel = outcome_panel(pd.concat([table, group]), replace(RULE, scale="log"), programme_window(codelists))
    assert np.isfinite(panel.values).sum() == len(table) - 3 and np.nanmax(panel.values) < np.log(90)


def test_only_observed_values_from_after_the_last_break_are_used(codelists):
    """METHODS 1.4, 1.5, 1.7: conflicts, provisional values, breaks for all and for one province."""
    table, window = simulate_effect(codelists, np.random.default_rng(1)), programme_window(codelists)
    whole = outcome_panel(table, RULE, window)
    spoiled = table.copy()
    spoiled.loc[spoiled["TIME_PERIOD"] == "2024", "OBS_STATUS"] = "P"
    observed = outcome_panel(spoiled, RULE, window)
    assert (observed.labels[-1], observed.n_unobserved, whole.labels[-1]) == ("2023", 77, "2024")
    assert outcome_panel(spoiled, RULE, window, unobserved=True).labels[-1] == "2024"
    rules = pd.DataFrame({"SERIES": ["SI_POV_NAHC"], "breaks": ["2018;2020@TH-43"], "provisional": ["2023"]})
    panel = outcome_panel(table, RULE, window, rules)
    assert panel.labels[0] == "2018" and "2023" not in panel.labels
    assert np.isnan(panel.values[panel.areas.index("TH-43"), [0, 1]]).all() and np.isfinite(panel.values[panel.areas.index("TH-43"), 2])
    twice = outcome_panel(pd.concat([table, table.head(1).assign(OBS_VALUE=1.0)], ignore_index=True), RULE, window)
    assert twice.conflicts == ("TH-10",) and "TH-10" not in twice.areas and len(twice.areas) == 76  # named, and the others stay
    late = replace(RULE, first="2016")  # a conflict of 2015 is not asked for
    assert outcome_panel(pd.concat([table, table.head(1).assign(OBS_VALUE=1.0)], ignore_index=True), late, window).conflicts == ()
    assert outcome_panel(pd.concat([table, table.assign(OBS_VALUE=1.0)], ignore_index=True), RULE, window).reason == "data_conflict"
    assert outcome_panel(pd.concat([table, table.head(5)], ignore_index=True), RULE, window).reason == ""


def test_the_last_year_of_a_rule_holds_its_quarters(codelists):
    rows = [{"SERIES": "SL_TLF_UEM", "REF_AREA": a, "FREQ": "Q", "TIME_PERIOD": f"{y}-Q{q}", "source": "synthetic", "OBS_VALUE": 1.0 + y + q}
            for a in codelists.provinces for y in range(2019, 2026) for q in (1, 2, 3, 4)]  # fmt: skip
    got = outcome_rows(observation_table(rows), OutcomeRule("SL_TLF_UEM", freq="Q", first="2020", last="2024"))
    assert (got["TIME_PERIOD"].min(), got["TIME_PERIOD"].max()) == ("2020-Q1", "2024-Q4")


# ---------------------------------------------------------------- named in advance


def test_registered_outcomes_are_confirmatory_and_changed_or_late_ones_exploratory(codelists):
    outcomes, register = codelists.effect_outcomes, codelists.effect_register
    rules = outcome_rules(outcomes, register)
    assert not any(r.exploratory for r in rules)
    changed = outcomes.copy()
    changed.loc[0, "smallest"] = "0.1"
    assert outcome_rules(changed, register)[0].exploratory
    assert all(r.exploratory for r in outcome_rules(outcomes.head(1), register.iloc[1:]))
    late = register.copy()
    late.loc[1, "registered_on"] = "2027-01-01"
    assert [r.exploratory for r in outcome_rules(outcomes, late)][:3] == [False, True, False]
    assert plan_hash(rules) != plan_hash(outcome_rules(changed, register))


def test_the_hash_does_not_depend_on_the_order_of_columns():
    row = {"SERIES": "A", "smallest": "1"}
    assert row_hash(row) == row_hash(dict(reversed(row.items()))) != row_hash(row | {"smallest": "2"})
