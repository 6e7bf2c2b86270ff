"""Derived series: rates, shares, growth and deflated amounts with the provenance of all parents."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from sdg_eval.derive import attach_denominators, derive, nearest_years, with_derived
from sdg_eval.errors import DataError
from sdg_eval.observations import observation_table


def obs(series, values: dict, area="TH-50", freq="A", **more):
    return [
        {"SERIES": series, "REF_AREA": area, "FREQ": freq, "TIME_PERIOD": str(p), "OBS_VALUE": v,
         "source_file": f"{series}.csv", "source_row": i, "source_column": "B", **more}
        for i, (p, v) in enumerate(values.items(), 2)
    ]  # fmt: skip


def values(table, series, area="TH-50"):
    rows = table[(table["SERIES"] == series) & (table["REF_AREA"] == area) & (table["FREQ"] == "A")]
    return dict(zip(rows["TIME_PERIOD"], rows["OBS_VALUE"], strict=True))


def test_a_rate_is_count_over_population_and_keeps_both(codelists):
    table = derive(observation_table(obs("TH_ROAD_DEATHS", {2021: 50}) + obs("TH_POP_DOPA", {2021: 200_000})), codelists)
    row = table[table["SERIES"] == "TH_ROAD_DEATH_RATE"].iloc[0]
    assert (row["OBS_VALUE"], row["NUMERATOR"], row["DENOMINATOR"]) == (25.0, 50, 200_000)
    assert "parent:TH_ROAD_DEATHS@TH_ROAD_DEATHS.csv::2:B" in row["flags"]
    assert "parent:TH_POP_DOPA@TH_POP_DOPA.csv::2:B" in row["flags"]
    assert "carried" not in row["flags"]


def test_a_denominator_is_carried_three_years_at_most_and_says_so(codelists):
    deaths = obs("TH_ROAD_DEATHS", {y: 50 for y in range(2021, 2028)})
    table = derive(observation_table(deaths + obs("TH_POP_DOPA", {2022: 200_000})), codelists)
    rates = table[table["SERIES"] == "TH_ROAD_DEATH_RATE"].set_index("TIME_PERIOD")
    assert list(rates.index) == ["2021", "2022", "2023", "2024", "2025"]
    assert "denominator_carried:1" in rates.loc["2021", "flags"]
    assert "denominator_carried:3" in rates.loc["2025", "flags"]


def test_the_nearest_year_is_taken_and_of_two_the_earlier():
    assert nearest_years(np.array([2010, 2014]), 2012) == 2010
    assert nearest_years(np.array([2010, 2013]), 2012) == 2013
    assert nearest_years(np.array([2010]), 2014) is None
    assert nearest_years(np.array([]), 2014) is None


def test_another_provinces_population_never_helps_out(codelists):
    rows = obs("TH_ROAD_DEATHS", {2021: 50}) + obs("TH_POP_DOPA", {2021: 200_000}, area="TH-57")
    assert derive(observation_table(rows), codelists).empty


def test_shares_and_deflated_amounts_use_the_same_year_only(codelists):
    rows = obs("TH_GPP_MANF_CP", {2019: 30, 2020: 20}) + obs("TH_GPP_TOTAL_CP", {2020: 80})
    rows += obs("TH_HH_INCOME", {2019: 20_000, 2021: 21_000}) + obs("TH_CPI", {2019: 100, 2020: 99})
    table = derive(observation_table(rows), codelists)
    assert values(table, "NV_IND_MANF") == {"2020": 25.0}
    assert values(table, "TH_HH_INCOME_REAL") == {"2019": 20_000.0}


def test_growth_needs_the_year_before_and_never_crosses_a_break(codelists):
    gpp = {2009: 90, 2010: 99, 2011: 50, 2012: 55, 2014: 60}
    rows = []
    for area in ("TH-43", "TH-50"):
        people = obs("TH_POP_NESDC", dict.fromkeys(gpp, 1_000_000), area=area)
        rows += obs("TH_GPP_CVM", gpp, area=area) + people
    table = derive(observation_table(rows), codelists)
    assert values(table, "NY_GDP_PCAP", "TH-50") == pytest.approx({"2010": 10.0, "2011": -49.4949495, "2012": 10.0})
    assert values(table, "NY_GDP_PCAP", "TH-43") == pytest.approx({"2010": 10.0, "2012": 10.0})


def test_a_year_total_needs_all_twelve_months(codelists):
    months = {f"2020-{m:02d}": m for m in range(1, 13)} | {f"2021-{m:02d}": m for m in range(1, 12)}
    table = derive(observation_table(obs("TH_DENGUE_CASES", months, freq="M") + obs("TH_POP_DOPA", {2020: 100_000})), codelists)
    assert values(table, "TH_DENGUE_CASES") == {"2020": 78.0}
    assert values(table, "TH_DENGUE_RATE") == {"2020": 78.0}


def test_a_provisional_parent_makes_a_provisional_child(codelists):
    rows = obs("TH_ROAD_DEATHS", {2021: 50}, OBS_STATUS="P") + obs("TH_POP_DOPA", {2021: 200_000})
    assert derive(observation_table(rows), codelists)["OBS_STATUS"].tolist() == ["P"]


def test_a_published_value_is_never_replaced(codelists):
    rows = obs("TH_ROAD_DEATHS", {2021: 50}) + obs("TH_POP_DOPA", {2021: 200_000}) + obs("TH_ROAD_DEATH_RATE", {2021: 9.9})
    assert values(with_derived(observation_table(rows), codelists), "TH_ROAD_DEATH_RATE") == {"2021": 9.9}


def test_deriving_twice_changes_nothing(codelists, sample):
    once = with_derived(sample, codelists)
    pd.testing.assert_frame_equal(with_derived(once, codelists), once)


def test_counts_get_their_exposure_with_its_age(codelists):
    rows = obs("TH_ROAD_DEATHS", {2021: 50, 2024: 40, 2030: 1}) + obs("TH_POP_DOPA", {2022: 200_000})
    table = attach_denominators(observation_table(rows), codelists)
    deaths = table[table["SERIES"] == "TH_ROAD_DEATHS"].set_index("TIME_PERIOD")
    assert deaths["DENOMINATOR"].tolist()[:2] == [200_000, 200_000]
    assert np.isnan(deaths.loc["2030", "DENOMINATOR"])
    assert "denominator_carried:2" in deaths.loc["2024", "flags"]


def test_a_zero_denominator_gives_no_rate(codelists):
    rows = obs("TH_ROAD_DEATHS", {2021: 50}) + obs("TH_POP_DOPA", {2021: 0})
    assert derive(observation_table(rows), codelists).empty


def test_an_unknown_rule_is_refused_by_name():
    rules = pd.DataFrame([{"SERIES": "X", "rule": "guess", "numerator": "A", "denominator": "", "factor": "1", "note": ""}])
    with pytest.raises(DataError, match="'guess' does not exist"):
        derive(observation_table([]), SimpleNamespace(derivations=rules))
