"""Did the pilot work: effects found where they are, refused where the design cannot tell."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from sdg_eval.effects.design import EffectPanel, effect_panel, outcome_panel, programme_window, strata_of
from sdg_eval.effects.did import did, event_study, honest_bounds, wild_bootstrap, within_did
from sdg_eval.effects.outcomes import OutcomeRule
from sdg_eval.effects.power import (
    minimum_detectable,
    panel_detectable,
    power_curve,
    power_of,
    smallest_pretrend,
)
from sdg_eval.effects.randomisation import pretrend_test, randomise, unit_changes
from sdg_eval.effects.synthetic import synthetic_did
from sdg_eval.effects.verdict import (
    COLUMNS,
    VERDICTS,
    evaluate_outcome,
    judge,
    judge_outcomes,
    lasting,
    what_settles,
)
from sdg_eval.effects.within import randomise_effect
from sdg_eval.errors import DataError, UsageError
from sdg_eval.simulate import simulate_effect
from tests.counts import report, times

RULE = OutcomeRule("SI_POV_NAHC", smallest=0.5)


def panel_of(codelists, seed=1, **world):
    table = simulate_effect(codelists, np.random.default_rng(seed), **world)
    return outcome_panel(table, RULE, programme_window(codelists))


def verdict_of(codelists, seed, **world) -> dict:
    table = simulate_effect(codelists, np.random.default_rng([20301231, seed]), **world)
    return judge_outcomes(table, codelists, rules=[RULE], only_verdict=True)[0].iloc[0].to_dict()


# ---------------------------------------------------------------- what the numbers are


def test_the_effect_is_the_difference_of_differences(codelists):
    panel = panel_of(codelists)
    changes = panel.values[:, panel.post].mean(axis=1) - panel.values[:, ~panel.post].mean(axis=1)
    plain = changes[panel.treated].mean() - changes[~panel.treated].mean()
    assert did(panel).effect == pytest.approx(plain)
    assert randomise(unit_changes(panel), panel.treated)[0].statistic == pytest.approx(plain)


def test_the_jackknife_within_strata_leaves_each_province_out(codelists):
    panel = panel_of(codelists)
    holes = np.random.default_rng(1).random(panel.values.shape) < 0.1
    panel, strata = replace(panel, values=np.where(holes, np.nan, panel.values)), strata_of(codelists, panel.areas)
    found = within_did(panel, strata)
    left = []
    for out in range(len(panel.areas)):
        keep = np.arange(len(panel.areas)) != out
        part = replace(panel, areas=tuple(np.array(panel.areas)[keep]), values=panel.values[keep], treated=panel.treated[keep])
        left.append(within_did(part, np.asarray(strata)[keep]).effect)
    n = len(left)
    assert found.se_jackknife == pytest.approx(np.sqrt((n - 1) / n * np.sum((np.array(left) - found.effect) ** 2)), rel=1e-10)


def test_a_known_effect_is_recovered_and_its_interval_holds(codelists):
    strata = strata_of(codelists, codelists.provinces)
    panels = [panel_of(codelists, seed, effect=1.5) for seed in range(times(40, 200))]
    for found in ([did(p) for p in panels], [within_did(p, strata) for p in panels]):
        assert np.mean([f.effect for f in found]) == pytest.approx(1.5, abs=0.12)
        assert np.mean([f.ci_low <= 1.5 <= f.ci_high for f in found]) >= 0.9


@pytest.mark.parametrize("n_treated", [2, 5, 15])
def test_intervals_hold_with_few_treated_provinces(n_treated):
    """Degrees of freedom follow the number treated: with 20 for all, two treated provinces held 84%."""
    rng, count, held = np.random.default_rng(20301231), times(400, 2000), []
    post, areas = np.arange(6) >= 4, tuple(f"TH-{i}" for i in range(10, 87))
    for _ in range(count):
        panel = EffectPanel(areas, tuple(range(6)), rng.normal(size=(77, 6)), np.arange(77) < n_treated, post)
        found = within_did(panel, np.arange(77) % 5)
        held.append(found.ci_low <= 0 <= found.ci_high)
    report("interval", f"{n_treated} treated: {np.mean(held):.1%} of {count} intervals hold the truth")
    assert np.mean(held) >= 0.95 - 0.015 - 2.6 * np.sqrt(0.0475 / count)


def test_within_regions_is_the_model_with_region_by_period_effects(codelists):
    """pyfixest: feols y ~ D | unit + region^period, CRV1 and CRV3; and a regional shock moves the plain difference alone."""
    import pyfixest as pf

    panel = panel_of(codelists, 5, effect=0.4)
    strata = strata_of(codelists, panel.areas)
    values = panel.values + 6.0 * np.outer(strata == "south", panel.post)
    panel = replace(panel, values=values)
    unit, period = np.nonzero(np.isfinite(panel.values))
    table = pd.DataFrame({"y": panel.values[unit, period], "D": (panel.treated[unit] & panel.post[period]).astype(int), "unit": unit,
                          "cell": np.unique(strata, return_inverse=True)[1][unit] * 100 + period})  # fmt: skip
    ours = within_did(panel, strata)
    for kind, wanted in (("CRV1", ours.se / np.sqrt(77 / 76)), ("CRV3", ours.se_jackknife)):
        fit = pf.feols("y ~ D | unit + cell", data=table, vcov={kind: "unit"}, ssc=pf.ssc(k_adj=False, G_adj=False))
        assert fit.coef()["D"] == pytest.approx(ours.effect, rel=1e-9)
        assert fit.se()["D"] in (pytest.approx(wanted, rel=1e-6), pytest.approx(wanted * np.sqrt(77 / 76), rel=1e-6))
    assert randomise(unit_changes(panel, strata), panel.treated, strata, draws=9)[0].statistic == pytest.approx(ours.effect)
    assert abs(ours.effect - 0.4) < 1 < did(panel).effect
    study = event_study(panel, strata).table
    assert study.loc[study["lead"] >= 0, "effect"].mean() == pytest.approx(ours.effect + study.loc[study["lead"] < 0, "effect"].mean(), rel=1e-6)


def test_a_region_without_comparison_says_nothing(codelists):
    panel = panel_of(codelists)
    alone = np.where(panel.treated, "pilots", "others")
    assert np.isnan(within_did(panel, alone).effect)
    assert np.isnan(randomise(unit_changes(panel), panel.treated, alone)[0].p_value)


def test_regional_shocks_leave_the_interval_true_and_spoil_the_plain_one(codelists):
    """Shocks of sd 2 to whole regions after the start: the interval within regions holds the truth, the plain one does not."""
    strata, window, count = strata_of(codelists, codelists.provinces), programme_window(codelists), times(150, 600)
    panels = [outcome_panel(simulate_effect(codelists, np.random.default_rng([77, s]), effect=2.0, regional=2.0), RULE, window) for s in range(count)]
    within, plain = ([f.ci_low <= 2.0 <= f.ci_high for f in found] for found in ([within_did(p, strata) for p in panels], [did(p) for p in panels]))
    report("regional shocks", f"intervals that hold the truth: within regions {np.mean(within):.1%}, plain {np.mean(plain):.1%} of {count}")
    assert np.mean(within) >= 0.94 - 2.6 * np.sqrt(0.0475 / count) and np.mean(plain) < 0.88


# ---------------------------------------------------------------- randomisation


def test_randomisation_keeps_the_strata_and_its_level(codelists):
    rng, panel = np.random.default_rng(20301231), panel_of(codelists)
    strata = strata_of(codelists, panel.areas)
    changes = rng.normal(size=(77, 300))
    p = np.array([r.p_value for r in randomise(changes, panel.treated, strata, draws=999)])
    assert (p < 0.05).mean() == pytest.approx(0.05, abs=0.035)
    region = (strata == "south").astype(float)
    drawn = randomise(region, panel.treated, strata, draws=200)[0]
    assert np.ptp(drawn.draws) < 1e-12  # as many pilots in the south in every draw
    assert drawn.p_value == 1 and drawn.statistic == pytest.approx(0)


def test_regions_that_moved_are_no_effect_of_the_pilots_in_them(codelists):
    """The south rises by 5 everywhere: pilots, many of them southern, differ from the others, and not within their region."""
    rng, panel = np.random.default_rng(20301231), panel_of(codelists)
    strata = strata_of(codelists, panel.areas)
    changes = rng.normal(size=(77, 200)) + 5 * (strata == "south")[:, None]
    found = randomise(changes, panel.treated, strata, draws=499)
    plain = randomise(changes, panel.treated, draws=9)
    assert np.mean([f.statistic for f in plain]) > 1 and np.mean([f.statistic for f in found]) == pytest.approx(0, abs=0.1)
    assert np.mean([f.p_value < 0.05 for f in found]) == pytest.approx(0.05, abs=0.04)
    assert found[0].draws.mean() == pytest.approx(0, abs=0.1)


def test_bangkok_joins_the_centre(codelists):
    assert strata_of(codelists, ["TH-10"])[0] == "centre"


def test_small_designs_are_enumerated_and_large_ones_drawn():
    few = randomise(np.arange(10.0), [1, 1, 0, 0, 0, 0, 0, 0, 0, 0])[0]
    assert few.enumerated and few.n_assignments == 45 and few.p_value == pytest.approx(2 / 45)  # the lowest pair, or the highest
    many = randomise(np.arange(77.0), np.arange(77) < 15, draws=99)[0]
    assert not many.enumerated and many.p_value == 0.01  # never below 1 / (draws + 1)


def test_randomisation_refuses_what_it_cannot_permute():
    with pytest.raises(DataError, match="all provinces"):
        randomise([1.0, 2], [1, 1])
    with pytest.raises(DataError, match="no change"):
        randomise([1.0, np.nan, 3], [1, 0, 0])


# ---------------------------------------------------------------- power


def test_the_detectable_effect_is_detected_four_times_in_five(codelists):
    effect = minimum_detectable(1.0, 15, 62, student=True)
    assert power_of(effect, 1.0, 15, 62) == pytest.approx(0.80, abs=0.002)
    rng, treated = np.random.default_rng(20301231), np.arange(77) < 15
    changes = rng.normal(size=(77, 300)) + np.where(treated, effect, 0)[:, None]
    found = np.mean([r.p_value < 0.05 for r in randomise(changes, treated, draws=999)])
    assert found == pytest.approx(0.8, abs=0.07)


def test_more_noise_hides_more(codelists):
    small, large = (panel_of(codelists, noise=n) for n in (0.5, 2.0))
    assert panel_detectable(large) > 3 * panel_detectable(small)
    assert smallest_pretrend(large) > 3 * smallest_pretrend(small)


# ---------------------------------------------------------------- designs that cannot answer


def rows(areas, years, value=lambda a, y: float(hash_free(a) + y)):
    return pd.DataFrame([{"REF_AREA": a, "period": float(y), "OBS_VALUE": value(a, y)} for a in areas for y in years])


def hash_free(area: str) -> int:
    return int(area[3:]) ** 2 % 17


@pytest.mark.parametrize("areas, years, reason", [
    ("all", range(2015, 2023), "ends_before_the_pilot"), ("all", range(2023, 2026), "begins_with_the_pilot"), ("pilots", range(2015, 2026), "only_pilots_report"),
    ("others", range(2015, 2026), "no_treated_data"), ("one", range(2015, 2026), "few_treated"), ("few", range(2015, 2026), "few_comparisons"),
])  # fmt: skip
def test_a_design_that_cannot_answer_says_why(codelists, areas, years, reason):
    others = [a for a in codelists.provinces if a not in codelists.pilots]
    chosen = {"all": codelists.provinces, "pilots": codelists.pilots, "others": others, "one": [*others, codelists.pilots[0]], "few": [*codelists.pilots, *others[:5]]}[areas]
    panel = effect_panel(rows(chosen, years), codelists.pilots, first_treated=2023)
    assert panel.reason == reason
    with pytest.raises(UsageError, match=reason):
        did(panel)
    assert synthetic_did(panel).reason == reason


def test_a_constant_outcome_and_an_empty_table_say_why(codelists):
    assert effect_panel(rows(codelists.provinces, range(2015, 2026), lambda a, y: 3.0), codelists.pilots, first_treated=2023).reason == "constant_outcome"
    assert effect_panel(rows([], []).reindex(columns=["REF_AREA", "period", "OBS_VALUE"]), codelists.pilots, first_treated=2023).reason == "no_data"


def test_a_pilot_without_data_is_left_out_and_counted(codelists):
    table = simulate_effect(codelists, np.random.default_rng(1))
    gone = table[table["REF_AREA"] != codelists.pilots[3]]
    row = evaluate_outcome(gone, RULE, codelists, programme_window(codelists)).row
    assert row["n_treated"] == 14 and row["n_comparison"] == 55 and np.isfinite(row["effect"])


def test_two_values_of_one_year_are_refused(codelists):
    table = rows(codelists.provinces, range(2015, 2026))
    with pytest.raises(DataError, match="two values"):
        effect_panel(pd.concat([table, table.head(1)]), codelists.pilots, first_treated=2023)


def test_few_periods_before_give_no_claim(codelists):
    two = verdict_of(codelists, 1, years=range(2021, 2026), effect=9.0)
    assert (two["verdict"], two["reason"]) == ("not_evaluable", "few_periods_before") and np.isfinite(two["effect"])
    base = FIRM | {"years_before": 4, "sdid": np.nan, "sdid_reason": "few_periods_before"}
    assert judge(base | {"n_before_calm": 4}) == ("effect_indicated", "weights_need_five")
    assert judge(base | {"n_before_calm": 2}) == ("inconclusive", "rests_on_covid_years")


FIRM = dict(p_left_out=0.02, pretrend_p=0.5, p_adjusted=0.01, effect=1.0, effect_without_covid=0.8, sdid=0.9, sdid_reason="", ci_low=0.5, ci_high=1.5, smallest=0.1,
            detectable=1.0, years_before=8, n_before_calm=6, covid_rebound=False, exploratory=False, staggered=False, plain=0.9, n_treated=15, se=0.25, se_jackknife=0.26, beyond_trend=0.7, beyond_trend_p=0.03, reason="")  # fmt: skip
"""A row that passes every part of the rule."""


@pytest.mark.parametrize("change, verdict", [
    ({}, "effect_detected"), ({"p_left_out": 0.2}, "inconclusive"), ({"pretrend_p": 0.09}, "inconclusive"), ({"sdid": -0.2}, "inconclusive"), ({"effect_without_covid": -1.0}, "inconclusive"),
    ({"p_adjusted": 0.06}, "inconclusive"), ({"p_adjusted": 0.5, "ci_low": -0.05, "ci_high": 0.08}, "no_effect_detected"), ({"reason": "constant_outcome"}, "not_evaluable"),
    ({"covid_rebound": True}, "inconclusive"), ({"beyond_trend_p": 0.2}, "inconclusive"), ({"beyond_trend": -0.1}, "inconclusive"), ({"plain": -0.2}, "inconclusive"), ({"n_treated": 4}, "inconclusive"), ({"ci_low": -0.1}, "inconclusive"), ({"p_adjusted": 0.5, "ci_low": 0.0, "ci_high": 0.0, "se": 0.0, "se_jackknife": 0.0}, "inconclusive"), ({"beyond_trend_p": np.nan}, "inconclusive"), ({"exploratory": True}, "effect_indicated"), ({"years_before": 2}, "not_evaluable"),
    ({"staggered": True, "sdid_reason": "staggered_start"}, "effect_indicated"), ({"p_left_out": np.nan}, "inconclusive"),
])  # fmt: skip
def test_the_rule_of_the_verdict(change, verdict):
    assert judge(FIRM | change)[0] == verdict and verdict in VERDICTS


@pytest.mark.parametrize("change, reason", [
    ({"p_adjusted": 0.06}, "not_beyond_chance"), ({"p_adjusted": 0.06, "ci_low": -0.2}, "design_too_weak"), ({"p_adjusted": 0.06, "ci_low": -0.2, "smallest": 1.0}, "interval_holds_both"),
    ({"n_treated": 4}, "few_pilots"), ({"plain": -0.2}, "regions_differ"), ({"sdid": np.nan, "sdid_reason": "few_complete_provinces"}, "few_complete_provinces"),
])  # fmt: skip
def test_the_reason_is_the_one_that_decided(change, reason):
    assert judge(FIRM | change)[1] == reason


# ---------------------------------------------------------------- what the verdict does


def test_no_effect_is_seldom_called_one_and_a_clear_one_is_found(codelists):
    """A sample of the simulation study (benchmarks/check_effects.py has 400 panels each)."""
    count = times(10, 400)
    strata = strata_of(codelists, codelists.provinces)
    detectable = np.mean([panel_detectable(panel_of(codelists, [11, s]), strata) for s in range(10)])
    shares = {}
    for name, world in {
        "no effect": {}, "effect of 2 MDE": {"effect": 2 * detectable}, "rising trend before": {"differing_trend": 0.4}, "no effect, rho .6": {"rho": 0.6},
        "one province shocked": {"shock": 8.0},
    }.items():  # fmt: skip
        shares[name] = np.mean([verdict_of(codelists, s, **world)["verdict"] == "effect_detected" for s in range(count)])
    report("effects", ", ".join(f"{name}: {share:.1%}" for name, share in shares.items()) + f" detected of {count}")
    slack = 2.6 * np.sqrt(0.05 * 0.95 / count)
    assert max(shares["no effect"], shares["rising trend before"], shares["no effect, rho .6"], shares["one province shocked"]) <= 0.05 + slack
    assert shares["effect of 2 MDE"] >= 0.8 - 2 * np.sqrt(0.16 / count)


def test_a_naive_difference_would_claim_the_trend(codelists):
    """Pilots that rose before: two-way fixed effects alone call it an effect; the verdict does not."""
    naive = [did(panel_of(codelists, [13, s], differing_trend=0.4)).p_value < 0.05 for s in range(30)]
    assert np.mean(naive) > 0.5


def test_outcomes_are_adjusted_over_the_family_that_can_be_evaluated(codelists):
    table = simulate_effect(codelists, np.random.default_rng(2))
    late = replace(RULE, exploratory=True)
    got, behind = judge_outcomes(table, codelists, rules=[RULE, OutcomeRule("TH_GPP_PCAP_REAL"), late])
    assert got["n_family"].tolist() == [1, 1, 1] and got["verdict"].iloc[1] == "not_evaluable" and got["reason"].iloc[1] == "no_data"
    assert len(behind[0].draws) == 9999 and len(behind[1].draws) == 0
    assert list(got.columns) == COLUMNS


def test_a_dip_in_2020_21_makes_what_follows_a_rebound(codelists):
    """Pilots lose 4 in 2020-21 and come back: without the flag the return would be an effect."""
    table = simulate_effect(codelists, np.random.default_rng(8), years=range(2017, 2026), noise=0.4)
    dip = table["REF_AREA"].isin(codelists.pilots) & table["TIME_PERIOD"].isin(["2020", "2021"])
    fallen = table.assign(OBS_VALUE=table["OBS_VALUE"] - 4.0 * dip)
    row = evaluate_outcome(fallen, RULE, codelists, programme_window(codelists), only_verdict=True).row
    assert row["covid_rebound"] and row["covid_dip"] == pytest.approx(-4, abs=0.5) and row["covid_dip_p"] < 0.01 and row["effect"] > 1
    assert judge(row | {"p_adjusted": 0.001, "pretrend_p": 0.5}) == ("inconclusive", "covid_rebound")
    assert not evaluate_outcome(table, RULE, codelists, programme_window(codelists), only_verdict=True).row["covid_rebound"]


@pytest.mark.real
def test_real_outcomes_make_no_causal_claim(shared, tmp_path, codelists):
    """Must show: road deaths have two periods before, tourism rests on the COVID years, the rest ends before the pilot."""
    from sdg_eval.derive import with_derived
    from sdg_eval.ingest_cli import import_files
    from sdg_eval.store import read_observations

    folders = ("doh-road-deaths", "th-boundaries", "th-population-names", "nesdc-econvis", "mots-tourism-monthly", "nso-ses-dopa-cpi", "opendengue", "ookla-broadband")
    import_files([shared / "data" / name for name in folders], tmp_path / "store", codelists)
    table, _ = judge_outcomes(with_derived(read_observations(tmp_path / "store"), codelists), codelists)
    got = table.set_index("SERIES")
    assert (got.loc["TH_ROAD_DEATH_RATE", "verdict"], got.loc["TH_ROAD_DEATH_RATE", "reason"]) == ("not_evaluable", "few_periods_before")
    assert np.isfinite(got.loc["TH_ROAD_DEATH_RATE", "effect"]) and got.loc["TH_ROAD_DEATH_RATE", "n_before"] == 2
    assert (got.loc["TH_TOUR_VISITORS", "verdict"], got.loc["TH_TOUR_VISITORS", "reason"]) == ("inconclusive", "covid_rebound")
    assert got.loc["TH_NET_SPEED", "reason"] == "begins_with_the_pilot" and got.loc["TH_ROAD_DEATH_RATE", "n_events"] == 13890
    for series in ("TH_GPP_PCAP_REAL", "TH_HH_INCOME_REAL", "TH_DENGUE_RATE"):
        assert (got.loc[series, "verdict"], got.loc[series, "reason"]) == ("not_evaluable", "ends_before_the_pilot")
    assert not set(got["verdict"]) & {"effect_detected", "effect_indicated"}


# ---------------------------------------------------------------- other errors for the same estimate


def test_the_estimate_and_its_errors_equal_other_software(codelists):
    """pyfixest (feols, CRV1 and CRV3 without small-sample factors) and the wild bootstrap of diff-diff."""
    import pyfixest as pf
    from diff_diff import wild_bootstrap_se

    panel = panel_of(codelists, 5, effect=0.4)
    unit, period = np.nonzero(np.isfinite(panel.values))
    table = pd.DataFrame({"y": panel.values[unit, period], "D": (panel.treated[unit] & panel.post[period]).astype(int), "unit": unit, "period": period})
    plain, ours = pf.ssc(k_adj=False, G_adj=False), did(panel)
    for kind, wanted in (("CRV1", ours.se / np.sqrt(77 / 76)), ("CRV3", ours.se_jackknife)):
        fit = pf.feols("y ~ D | unit + period", data=table, vcov={kind: "unit"}, ssc=plain)
        assert fit.coef()["D"] == pytest.approx(ours.effect, rel=1e-9)
        assert fit.se()["D"] in (pytest.approx(wanted, rel=1e-6), pytest.approx(wanted * np.sqrt(77 / 76), rel=1e-6))
    x = np.column_stack([table["D"], unit[:, None] == np.arange(77), period[:, None] == np.arange(1, len(panel.periods))]).astype(float)
    left = table["y"].to_numpy() - x @ np.linalg.lstsq(x, table["y"].to_numpy(), rcond=None)[0]
    theirs = wild_bootstrap_se(x, table["y"].to_numpy(), left, unit, 0, n_bootstrap=1999, weight_type="webb", seed=3)
    assert wild_bootstrap(panel) == pytest.approx(theirs.p_value, abs=0.03)


def test_weights_make_it_the_effect_on_a_person(codelists):
    import pyfixest as pf

    panel = panel_of(codelists, 6, effect=1.0)
    people = np.random.default_rng(1).uniform(1, 9, 77)
    unit, period = np.nonzero(np.isfinite(panel.values))
    table = pd.DataFrame({"y": panel.values[unit, period], "D": (panel.treated[unit] & panel.post[period]).astype(int), "unit": unit, "period": period, "w": people[unit]})
    fit = pf.feols("y ~ D | unit + period", data=table, weights="w")
    assert did(panel, weights=people).effect == pytest.approx(fit.coef()["D"], rel=1e-8)
    assert did(panel, weights=np.ones(77)) == did(panel)


def test_an_outcome_weighted_by_people_is_weighted_and_needs_them(codelists):
    table = simulate_effect(codelists, np.random.default_rng(6), effect=1.0)
    people = pd.Series(np.random.default_rng(1).uniform(1, 9, 77), codelists.provinces)
    heavy, window = replace(RULE, weights="population"), programme_window(codelists)
    row = evaluate_outcome(table, heavy, codelists, window, population=people, only_verdict=True).row
    panel = outcome_panel(table, heavy, window)
    changes, w, t = unit_changes(panel), people.to_numpy(), panel.treated
    assert row["plain"] == pytest.approx(np.average(changes[t], weights=w[t]) - np.average(changes[~t], weights=w[~t]))
    import statsmodels.api as sm

    regions = pd.get_dummies(strata_of(codelists, panel.areas)).to_numpy(dtype=float)
    assert row["effect"] == pytest.approx(sm.WLS(changes, np.column_stack([t, regions]), weights=w).fit().params[0])
    assert row["effect"] != pytest.approx(within_did(panel, strata_of(codelists, panel.areas)).effect) and 0 < row["p_random"] <= 1
    assert evaluate_outcome(table, heavy, codelists, window).row["reason"] == "no_population"
    alike = randomise(changes, t, weights=np.full(77, 3.0), draws=199)[0]
    plain = randomise(changes, t, draws=199)[0]
    assert alike.draws == pytest.approx(plain.draws) and alike.statistic == pytest.approx(plain.statistic)


def test_the_wild_bootstrap_keeps_its_level(codelists):
    p = np.array([wild_bootstrap(panel_of(codelists, [21, s]), draws=399) for s in range(times(50, 400))])
    assert np.mean(p < 0.05) <= 0.05 + 2.6 * np.sqrt(0.0475 / len(p))


def test_honest_bounds_are_wider_than_the_interval_and_need_whole_panels(codelists):
    panel = panel_of(codelists, effect=3.0)
    low, high = honest_bounds(panel)
    estimate = did(panel)
    assert low < estimate.ci_low and high > estimate.ci_high and low < 3 < high
    gap = panel.values.copy()
    gap[0, 0] = np.nan
    assert np.isnan(honest_bounds(replace(panel, values=gap))).all()


def test_power_by_simulation_agrees_with_the_formula_and_its_level_holds(codelists):
    panel = panel_of(codelists, 9)
    strata = strata_of(codelists, panel.areas)
    curve = power_curve(panel, strata)
    assert curve.power[0] <= 0.05 + 0.015  # p and interval together: at most the level of either
    assert (np.diff(curve.power) > -0.03).all() and curve.power[-1] > 0.97
    assert curve.detectable == pytest.approx(panel_detectable(panel, strata), rel=0.2)


def test_the_test_really_has_the_power_that_is_printed(codelists):
    """Worlds of known noise: the detectable effect is found in about 80% by the test within regions, and so is the smallest pre-trend."""
    rng, count = np.random.default_rng(20301231), times(150, 600)
    panel = panel_of(codelists, 9)
    strata, t = strata_of(codelists, panel.areas), panel.treated
    changes = rng.normal(size=(77, count))
    one = replace(panel, values=np.column_stack([np.zeros(77), changes[:, 0]]), post=np.array([False, True]), periods=(0.0, 1.0))
    worlds = [replace(one, values=np.column_stack([np.zeros(77), changes[:, j]])) for j in range(count)]
    detectable = np.mean([panel_detectable(w, strata) for w in worlds[:60]])
    both = []
    for world in worlds:
        real = replace(world, values=world.values + np.outer(np.where(t, detectable, 0), [0, 1]))
        estimate = within_did(real, strata)
        both.append(randomise_effect(real, strata, draws=499).p_value < 0.05 and not estimate.ci_low <= 0 <= estimate.ci_high)
    report("power of p and interval at the detectable effect printed", f"{np.mean(both):.1%} of {count}")
    assert np.mean(both) == pytest.approx(0.80, abs=0.05 + 2.6 * np.sqrt(0.16 / count))
    slope = np.mean([smallest_pretrend(panel_of(codelists, [71, s]), strata) for s in range(20)])
    seen = [pretrend_test(panel_of(codelists, [72, s], differing_trend=slope), strata, draws=499).p_value < 0.10 for s in range(count)]
    report("power of the trend test at the slope printed", f"{np.mean(seen):.1%} of {count}")
    assert np.mean(seen) == pytest.approx(0.80, abs=0.05 + 2.6 * np.sqrt(0.16 / count))


# ---------------------------------------------------------------- what would settle it, and did it last


def test_what_would_settle_an_open_verdict(codelists):
    panel = panel_of(codelists, 4)
    weak = FIRM | {"verdict": "inconclusive", "reason": "design_too_weak", "smallest": 0.0, "detectable": panel_detectable(panel)}
    assert what_settles(weak | {"smallest": 0.97 * weak["detectable"]}, panel)["settle"] == "more_years"
    assert what_settles(weak | {"smallest": 0.75 * weak["detectable"]}, panel)["settle"] in ("more_years", "more_provinces")
    assert what_settles(weak | {"smallest": 1e-6}, panel)["settle"] == "out_of_reach"
    few = what_settles(weak | {"verdict": "not_evaluable", "reason": "few_periods_before", "years_before": 2}, panel)
    assert (few["settle"], few["settle_number"]) == ("earlier_values", 1)
    indicated = what_settles(weak | {"verdict": "effect_indicated", "reason": "weights_need_five", "years_before": 4}, panel)
    assert (indicated["settle"], indicated["settle_number"]) == ("earlier_values", 1)  # five years before carry weights
    assert what_settles(FIRM | {"verdict": "effect_detected", "reason": ""}, panel)["settle"] == ""


def test_more_years_really_bring_the_power_promised(codelists):
    """Simulated: with the years said to be needed, the smallest effect is about detectable."""
    from sdg_eval.effects.power import periods_needed

    world = {"years": range(2013, 2025), "noise": 1.0, "rho": 0.0}
    now = float(np.mean([panel_detectable(panel_of(codelists, [31, s], **world)) for s in range(12)]))
    after = periods_needed(panel_of(codelists, [31, 0], **world), 0.75 * now, now)
    later = world | {"years": range(2013, 2023 + after)}
    assert np.mean([panel_detectable(panel_of(codelists, [32, s], **later)) for s in range(12)]) == pytest.approx(0.75 * now, rel=0.1)


@pytest.mark.parametrize("change, word", [
    ({}, "kept"), ({"verdict": "inconclusive"}, "nothing_yet"), ({"n_after": 0}, "no_periods_after"),
    ({"effect_after": 0.1, "after_low": -0.3, "after_high": 0.5}, "faded"), ({"effect_after": 0.8, "after_low": -0.1, "after_high": 1.7}, "cannot_be_told"),
])  # fmt: skip
def test_whether_a_gain_lasted(change, word):
    row = {"verdict": "effect_detected", "n_after": 1, "effect_during": 1.0, "effect_after": 0.9, "after_low": 0.2, "after_high": 1.6}
    assert lasting(row | change) == word


def test_periods_after_the_pilot_fill_in_by_themselves(codelists):
    before, after = (verdict_of(codelists, 3, years=range(2013, last), effect=2.5) for last in (2025, 2027))
    assert before["lasting"] == "no_periods_after" and np.isnan(before["effect_after"]) and before["n_after"] == 0
    assert after["lasting"] == "kept" and after["n_after"] == 2 and after["after_low"] > 0
