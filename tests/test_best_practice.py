"""From whom to learn: funnel limits, and a rule that luck alone seldom passes."""

import numpy as np
import pandas as pd
import pytest

from sdg_eval.comparisons.best_practice import (
    VARIANTS,
    Rule,
    find_candidates,
    funnel_limits,
    funnel_z,
    naive_top,
    over_dispersion,
    regression_guard,
    shortlist,
)
from sdg_eval.comparisons.traits import Traits, design_of, traits_of
from sdg_eval.errors import DataError
from sdg_eval.observations import observation_table
from sdg_eval.simulate import ar1
from tests.counts import report, times

YEARS = range(2015, 2025)
SERIES = "SI_POV_NAHC"
EFFECT = 3.5
"""Stated effect of a planted province, in standard deviations of what the covariates do not explain (luck of a year and lasting)."""


@pytest.fixture(scope="module")
def traits(codelists):
    rng = np.random.default_rng(1)
    areas = codelists.areas.set_index("REF_AREA").sort_index()
    table = pd.DataFrame({
        "border": (areas["border"] == "1").astype(float), "coast": (areas["coast"] == "1").astype(float), "region": areas["region"],
        "capital": areas.index == "TH-10", "log_population": rng.normal(13, 0.6, 77), "log_income": rng.normal(11, 0.5, 77),
    })  # fmt: skip
    return Traits(table, ("urban_share",), {"log_population": ("TH_POP_DOPA", 2022), "log_income": ("TH_HH_INCOME_REAL", 2021)})


def world(codelists, traits, rng, *, planted=0, effect=EFFECT, lasting=0.0, rho=0.3, seed_areas=None) -> tuple[pd.DataFrame, list[str]]:
    """Poverty that income and region explain, noise of one year (sd 1, correlated) and lasting differences (sd `lasting`).

    `planted` provinces do better by `effect` times the spread that covariates do not explain, from 2020 on.
    """
    areas = codelists.provinces
    mean = 20 - 2.0 * (traits.table["log_income"].to_numpy() - 11) + 1.5 * (traits.table["region"] == "northeast").to_numpy()
    values = mean[:, None] - 0.2 * np.arange(10) + ar1(rng, (77, 10), rho) + lasting * rng.normal(size=(77, 1))
    chosen = rng.choice(77, planted, replace=False)
    values[chosen, 5:] -= effect * np.hypot(1.0, lasting)
    rows = {
        "SERIES": SERIES, "REF_AREA": np.repeat(areas, 10), "FREQ": "A", "TIME_PERIOD": np.tile([str(y) for y in YEARS], 77), "OBS_VALUE": values.ravel(),
    }  # fmt: skip
    return observation_table(pd.DataFrame(rows)), sorted(areas[i] for i in chosen)


# ---------------------------------------------------------------- funnel plots


def test_limits_narrow_with_people_and_hold_95_per_cent():
    low, high = funnel_limits([1, 10, 100], 5.0)
    assert (np.diff(high - low) < 0).all()
    rng = np.random.default_rng(20301231)
    exposure = rng.uniform(5, 50, 20_000)
    rate = rng.poisson(5.0 * exposure) / exposure
    low, high = funnel_limits(exposure, 5.0)
    inside = ((rate >= low) & (rate <= high)).mean()
    assert 0.95 <= inside <= 0.965  # exact limits hold at least what they say


def test_no_events_at_all_and_bad_exposures():
    low, high = funnel_limits([2.0], 0.0)
    assert low[0] == 0 and high[0] == pytest.approx(3.689 / 2, abs=1e-3)  # chi2(.975, 2)/2
    with pytest.raises(DataError, match="exposure"):
        funnel_limits([0.0], 1.0)


def test_over_dispersion_is_one_for_counts_and_grows_with_true_spread():
    rng = np.random.default_rng(2)
    exposure = np.full(77, 20.0)
    plain = over_dispersion(funnel_z(rng.poisson(5 * exposure), exposure))
    spread = over_dispersion(funnel_z(rng.poisson(5 * exposure * rng.gamma(10, 0.1, 77)), exposure))
    assert plain < 1.4 and spread > 3
    assert over_dispersion([]) == 1.0 and over_dispersion([0.1, -0.1]) == 1.0


# ---------------------------------------------------------------- the rule


def test_equal_provinces_are_seldom_named_and_planted_ones_are_found(codelists, traits):
    """Must show: at most 5% named among equal true provinces, 80% of planted ones found; a league table names its top always."""
    runs = times(40, 400)
    false, found, extra, naive_false, naive_found = [], [], [], [], []
    for seed in range(runs):
        rng = np.random.default_rng([20301231, seed])
        table, _ = world(codelists, traits, rng)
        named = find_candidates(table, SERIES, codelists, traits).table
        false.append(named["candidate"].mean())
        naive_false.append(len(naive_top(table, SERIES, codelists)) / 77)
        table, planted = world(codelists, traits, rng, planted=4)
        named = find_candidates(table, SERIES, codelists, traits).table
        hits = set(named.loc[named["candidate"], "REF_AREA"])
        found.append(len(hits & set(planted)) / 4)
        extra.append(len(hits - set(planted)) / 73)
        naive_found.append(len(set(naive_top(table, SERIES, codelists)) & set(planted)) / 4)
    told = f"named {np.mean(false):.2%} of equal provinces; found {np.mean(found):.1%} of 4 planted at {EFFECT} sd, {np.mean(extra):.2%} others beside them"
    report("best practice", f"{told}; league table: named {np.mean(naive_false):.1%} of equal ones, found {np.mean(naive_found):.1%} ({runs} worlds)")
    assert np.mean(false) <= 0.05
    assert np.mean(found) >= 0.80
    assert np.mean(extra) <= 0.05
    assert np.mean(naive_false) == pytest.approx(4 / 77)  # always names four, of none
    assert np.mean(found) > np.mean(naive_found)


def test_lasting_differences_that_nobody_planted_are_still_named_seldom(codelists, traits):
    """Provinces do differ; the rule asks who stands out of that spread, so one in twenty at most is named."""
    named = []
    for seed in range(times(30, 200)):
        table, _ = world(codelists, traits, np.random.default_rng([7, seed]), lasting=2.0, rho=0.5)
        named.append(find_candidates(table, SERIES, codelists, traits).table["candidate"].mean())
    assert np.mean(named) <= 0.05


def test_what_a_province_cannot_choose_names_no_one(codelists, traits):
    """A rich province is at the top of the league and no candidate: its income explains it."""
    rng = np.random.default_rng(3)
    table, _ = world(codelists, traits, rng)
    rich = traits.table["log_income"].idxmax()
    own = table["REF_AREA"] == rich
    shifted = table.assign(OBS_VALUE=np.where(own, table["OBS_VALUE"], table["OBS_VALUE"]))
    got = find_candidates(shifted, SERIES, codelists, traits, Rule(baseline=False)).table.set_index("REF_AREA")
    raw = find_candidates(shifted, SERIES, codelists, traits, Rule(baseline=False, covariates=False)).table.set_index("REF_AREA")
    assert raw.loc[rich, "residual"] > got.loc[rich, "residual"] and not got.loc[rich, "candidate"]


def test_one_lucky_year_is_not_enough(codelists, traits):
    table, _ = world(codelists, traits, np.random.default_rng(4))
    plain = find_candidates(table, SERIES, codelists, traits).table
    usual = plain.loc[plain["z_mean"].abs().idxmin(), "REF_AREA"]
    last = (table["REF_AREA"] == usual) & (table["TIME_PERIOD"] == "2024")
    lucky = table.assign(OBS_VALUE=np.where(last, table["OBS_VALUE"] - 9, table["OBS_VALUE"]))
    row = find_candidates(lucky, SERIES, codelists, traits).table.set_index("REF_AREA").loc[usual]
    assert row["n_beyond"] == 1 and not row["candidate"]
    assert usual in naive_top(lucky, SERIES, codelists)


def test_shrinking_follows_how_much_lasts(codelists, traits):
    """Luck only: the residual is drawn to nothing. Lasting differences: it stays."""
    rng = np.random.default_rng(5)
    free = Rule(baseline=False)
    luck = find_candidates(world(codelists, traits, rng, rho=0.0)[0], SERIES, codelists, traits, free).table
    lasting = find_candidates(world(codelists, traits, rng, rho=0.0, lasting=4.0)[0], SERIES, codelists, traits, free).table
    assert luck["skill"].mean() < 0.35 and lasting["skill"].mean() > 0.9
    assert (luck["shrunken"].abs() <= luck["residual"].abs() + 0.5).all()


def test_the_guard_sees_luck_fade_and_skill_last(codelists, traits):
    kept = {}
    for name, lasting in (("luck", 0.0), ("skill", 3.0)):
        guards = [regression_guard(world(codelists, traits, np.random.default_rng([9, s]), lasting=lasting, rho=0.0)[0], SERIES, codelists, traits) for s in range(20)]
        kept[name] = np.mean([g["after"] for g in guards]) / np.mean([g["then"] for g in guards])
    assert abs(kept["luck"]) < 0.25 and kept["skill"] > 0.7


def test_counts_are_judged_by_their_exposure(codelists, traits):
    """Small provinces are the top and the bottom of every league of rates; the funnel lets them be."""
    rng = np.random.default_rng(6)
    people = np.exp(traits.table["log_population"].to_numpy())[:, None] * np.ones((1, 5))
    deaths = rng.poisson(people * 10 / 1e5)
    rows = {
        "SERIES": "TH_ROAD_DEATH_RATE", "REF_AREA": np.repeat(codelists.provinces, 5), "FREQ": "A", "TIME_PERIOD": np.tile([str(y) for y in range(2020, 2025)], 77),
        "OBS_VALUE": (1e5 * deaths / people).ravel(), "NUMERATOR": deaths.ravel().astype(float), "DENOMINATOR": people.ravel(),
    }  # fmt: skip
    table = observation_table(pd.DataFrame(rows))
    got = find_candidates(table, "TH_ROAD_DEATH_RATE", codelists, traits)
    assert got.table["candidate"].mean() <= 0.05 and all(phi < 1.6 for phi in got.phi.values())


@pytest.mark.parametrize("series, reason", [("TH_BIRTHS", "no_direction"), ("TH_RICE_PROD", "grows_with_size"), (SERIES, "few_years")])
def test_what_cannot_be_judged_says_why(codelists, traits, series, reason):
    table, _ = world(codelists, traits, np.random.default_rng(8))
    table = table[table["TIME_PERIOD"] >= "2023"].assign(SERIES=series)
    got = find_candidates(table, series, codelists, traits)
    assert got.reason == reason and got.table.empty


def test_few_provinces_give_no_candidates(codelists, traits):
    table, _ = world(codelists, traits, np.random.default_rng(8))
    few = table[table["REF_AREA"].isin(codelists.provinces[:20])]
    assert find_candidates(few, SERIES, codelists, traits).reason == "few_areas"


def test_the_shortlist_says_how_firm_it_is_and_joins_projects(codelists, traits):
    table, planted = world(codelists, traits, np.random.default_rng(10), planted=3, effect=6.0)
    projects = pd.DataFrame({"REF_AREA": [planted[0], planted[0], "TH-99"], "goal": ["1", "4", "1"], "project_id": ["P7", "P8", "P9"]})
    got = shortlist(table, codelists, traits, projects=projects)
    assert set(planted) <= set(got["REF_AREA"]) and (got["n_variants"] == len(VARIANTS)).all()
    row = got.set_index("REF_AREA").loc[planted[0]]
    assert row["projects"] == "P7" and 1 <= row["named_in"] <= len(VARIANTS)
    assert len(row["lost_in"].split(";")) == row["n_variants"] - row["named_in"] or row["lost_in"] == ""
    assert shortlist(table.head(0), codelists, traits).empty


def test_the_default_rule_is_the_one_written_down():
    assert (Rule().limit, Rule().years, Rule().wanted) == (pytest.approx(1.959964), 3, 2)
    assert VARIANTS["default"] == Rule()


# ---------------------------------------------------------------- traits and design


def test_traits_come_from_before_the_pilot(codelists, observations):
    got = traits_of(observations, codelists)
    assert got.origin["log_population"] == ("TH_POP_DOPA", 2022)
    assert set(got.missing) == {"log_income", "urban_share"} and len(got.table) == 77
    dense = np.exp(got.table["log_density"])
    assert dense["TH-10"] == pytest.approx(np.exp(got.table.at["TH-10", "log_population"]) / 1568.74)


def test_a_region_of_few_has_no_column_of_its_own(codelists, traits):
    region = traits.table["region"]
    areas = [*region.index[region == "northeast"], *region.index[region == "north"][:5], *region.index[region == "south"][:2]]
    columns = set(design_of(traits, areas))
    assert {"constant", "region_north"} <= columns and not {"region_south", "region_northeast"} & columns


def test_a_series_does_not_explain_itself(traits, codelists):
    assert "log_income" in design_of(traits, codelists.provinces)
    assert "log_income" not in design_of(traits, codelists.provinces, without="TH_HH_INCOME_REAL")
