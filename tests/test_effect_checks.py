"""Around the estimate: counterparts, counts, staggered starts, selection, specifications, pooling."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from diff_diff import CallawaySantAnna

from sdg_eval.comparisons.peers import distances
from sdg_eval.comparisons.traits import traits_of
from sdg_eval.effects.counts import count_effect
from sdg_eval.effects.design import outcome_panel, programme_window, strata_of
from sdg_eval.effects.did import did, within_did
from sdg_eval.effects.outcomes import OutcomeRule
from sdg_eval.effects.overall import pool_outcomes, pool_provinces, province_effects, random_effects
from sdg_eval.effects.selection import baseline_balance, matched_areas, overlap
from sdg_eval.effects.sensitivity import (
    leave_one_out,
    neighbours_of_pilots,
    placebo_dates,
    specifications,
    what_flips,
)
from sdg_eval.effects.staggered import staggered_did, staggered_mean, staggered_randomise
from sdg_eval.effects.synthetic import counterparts, simplex_weights, synthetic_did
from sdg_eval.effects.verdict import judge_outcomes
from sdg_eval.observations import observation_table
from sdg_eval.simulate import simulate_effect
from tests.counts import times

RULE = OutcomeRule("SI_POV_NAHC", expected=-1, smallest=0.5)


def panel_of(codelists, seed=1, **world):
    return outcome_panel(simulate_effect(codelists, np.random.default_rng(seed), **world), RULE, programme_window(codelists))


def strata(codelists):
    return dict(zip(codelists.provinces, strata_of(codelists, codelists.provinces), strict=True))


# ---------------------------------------------------------------- synthetic counterparts


def test_weights_are_those_of_a_general_optimiser():
    from scipy.optimize import minimize

    rng = np.random.default_rng(20301231)
    donors, target = rng.normal(size=(8, 5)).cumsum(axis=0) + 20, rng.normal(size=8).cumsum() + 20
    ours = simplex_weights(donors, target)
    theirs = minimize(lambda w: ((donors @ w - target) ** 2).sum(), np.full(5, 0.2), bounds=[(0, 1)] * 5, constraints={"type": "eq", "fun": lambda w: w.sum() - 1},
                      method="SLSQP", options={"ftol": 1e-14, "maxiter": 500})  # fmt: skip
    assert ours.sum() == pytest.approx(1) and (ours >= 0).all()
    assert ((donors @ ours - target) ** 2).sum() <= theirs.fun * (1 + 1e-6)
    assert ours == pytest.approx(theirs.x, abs=1e-3)


def test_a_province_made_of_others_gets_their_weights_and_its_effect(codelists):
    panel = panel_of(codelists, noise=0.3)
    others = np.flatnonzero(~panel.treated)
    mixed = 0.7 * panel.values[others[3]] + 0.3 * panel.values[others[9]] + np.where(panel.post, 4.0, 0)
    values = panel.values.copy()
    values[np.flatnonzero(panel.treated)[0]] = mixed
    found = counterparts(replace(panel, values=values))[0]
    assert found.weights == {panel.areas[others[3]]: pytest.approx(0.7, abs=1e-4), panel.areas[others[9]]: pytest.approx(0.3, abs=1e-4)}
    assert found.effect == pytest.approx(4.0, abs=1e-3) and found.shown and found.p_value <= 1 / 30


def test_placebo_ranks_are_uniform_without_an_effect(codelists):
    p = np.array([c.p_value for s in range(times(12, 60)) for c in counterparts(panel_of(codelists, [41, s])) if c.shown])
    assert np.mean(p <= 0.1) == pytest.approx(0.1, abs=3 * np.sqrt(0.09 / len(p)) + 0.02)


def test_a_counterpart_that_did_not_follow_the_past_is_not_shown(codelists):
    panel = panel_of(codelists)
    values = panel.values.copy()
    values[np.flatnonzero(panel.treated)[2]] += np.where(np.arange(values.shape[1]) % 2, 30, 0)
    found = counterparts(replace(panel, values=values))[2]
    assert not found.shown and found.reason == "poor_fit_before"
    assert counterparts(panel_of(codelists, years=range(2020, 2026))) == []  # three years before are too few


def test_the_placebo_error_is_near_the_jackknifes(codelists):
    found = synthetic_did(panel_of(codelists, 2), placebos=200)
    assert found.se_placebo == pytest.approx(found.se, rel=0.5) and found.se_placebo > 0


# ---------------------------------------------------------------- counts


def poisson_world(rng, effect=0.0, dispersion=1.0):
    treated, post = np.arange(77) < 15, np.arange(8) >= 5
    people = rng.uniform(2e5, 2e6, size=(77, 1)) * np.ones((1, 8))
    rate = np.exp(rng.normal(-9, 0.4, size=(77, 1)) + rng.normal(0, 0.2, size=(1, 8)) + effect * np.outer(treated, post))
    if dispersion > 1:
        rate = rate * rng.gamma(1 / (dispersion - 1), dispersion - 1, size=rate.shape)
    return rng.poisson(people * rate).astype(float), people, treated, post


def test_a_rate_ratio_equals_other_software_and_the_two_by_two_table():
    import pyfixest as pf

    events, people, treated, post = poisson_world(np.random.default_rng(5), effect=-0.3)
    found = count_effect(events, people, treated, post)
    unit, period = np.indices(events.shape)
    table = pd.DataFrame({"y": events.ravel(), "D": np.outer(treated, post).astype(int).ravel(), "unit": unit.ravel(), "period": period.ravel(), "off": np.log(people).ravel()})
    fit = pf.fepois("y ~ D | unit + period", data=table, offset="off", vcov={"CRV1": "unit"})
    assert np.log(found.ratio) == pytest.approx(fit.coef()["D"], abs=1e-6)
    small = count_effect([[10.0, 30], [20, 20], [15, 15]], np.full((3, 2), 1e5), [True, False, False], [False, True])
    assert small.ratio == pytest.approx((30 / 10) / (35 / 35))


def test_rate_ratios_recover_the_truth_and_keep_their_level():
    rng, count = np.random.default_rng(20301231), times(60, 300)
    null = [count_effect(*poisson_world(rng, dispersion=1.3)) for _ in range(count)]
    real = [count_effect(*poisson_world(rng, effect=-0.3, dispersion=1.3)) for _ in range(20)]
    assert np.mean([r.p_value < 0.05 for r in null]) <= 0.05 + 2.6 * np.sqrt(0.0475 / count) + 0.02
    assert np.mean(np.log([r.ratio for r in real])) == pytest.approx(-0.3, abs=0.08)


def test_counts_without_events_say_so_and_provinces_without_any_are_left_out():
    events, people, treated, post = poisson_world(np.random.default_rng(1))
    events[20] = 0
    assert count_effect(events, people, treated, post).n_obs == 76 * 8
    assert count_effect(events * 0, people, treated, post).reason == "few_events"


# ---------------------------------------------------------------- staggered starts


def staggered_world(codelists, seed, effect=2.0):
    """Fifteen provinces start in 2023, fifteen more in 2025: only new rows in the codelist."""
    second = [a for a in codelists.provinces if a not in codelists.pilots][::4][:15]
    table = simulate_effect(codelists, np.random.default_rng(seed), years=range(2014, 2028))
    years = table["TIME_PERIOD"].astype(int)
    on = (table["REF_AREA"].isin(codelists.pilots) & (years >= 2023)) | (table["REF_AREA"].isin(second) & (years >= 2025))
    rows = pd.DataFrame({"programme": "undp_pilot", "REF_AREA": second, "wave": "2", "start": "2024-12"})
    later = replace(codelists, rollout=pd.concat([codelists.rollout, rows], ignore_index=True))
    return table.assign(OBS_VALUE=table["OBS_VALUE"] + effect * on), later


def test_a_second_wave_switches_to_cohorts_against_those_not_yet_treated(codelists):
    table, later = staggered_world(codelists, 3)
    panel = outcome_panel(table, RULE, programme_window(later))
    assert panel.staggered and panel.treated.sum() == 30 and set(panel.began) == {-1, 9, 11}
    began = np.array(panel.began)
    area, period = np.indices(panel.values.shape)
    long = pd.DataFrame({"area": area.ravel(), "period": period.ravel() + 1, "y": panel.values.ravel(), "first": np.where(began < 0, 0, began + 1)[area.ravel()]})
    theirs = CallawaySantAnna(control_group="not_yet_treated").fit(long, outcome="y", unit="area", time="period", first_treat="first")
    assert staggered_did(panel).effect == pytest.approx(theirs.overall_att, rel=1e-9)
    assert staggered_did(panel).se == pytest.approx(theirs.overall_se, rel=0.15)
    strata = strata_of(later, panel.areas)
    found = staggered_did(panel, strata)
    assert found.effect == pytest.approx(2.0, abs=0.8) and found.ci_low < 2.0 < found.ci_high
    assert staggered_randomise(panel, strata, draws=199).p_value <= 0.01
    one = replace(panel, began=tuple(9 if b >= 0 else -1 for b in began))  # one start: the usual estimate, from the last period before
    last = replace(one, values=np.column_stack([one.values[:, 8], one.values[:, 9:].mean(axis=1)]), periods=(0.0, 1.0), post=np.array([False, True]))
    assert staggered_mean(one, one.began, strata)[0] == pytest.approx(within_did(last, strata).effect)


def test_a_later_waves_own_transition_is_neither_base_nor_effect(codelists):
    """Wave 2 starts in 2024-12: the last quarter of 2024 is its transition, and a wild value there changes nothing."""
    second = [a for a in codelists.provinces if a not in codelists.pilots][::4][:15]
    rows = pd.DataFrame({"programme": "undp_pilot", "REF_AREA": second, "wave": "2", "start": "2024-12", "end": "2026-03"})
    later = replace(codelists, rollout=pd.concat([codelists.rollout.assign(end=""), rows], ignore_index=True))
    rng, quarters = np.random.default_rng(3), [f"{y}-Q{q}" for y in range(2018, 2027) for q in (1, 2, 3, 4)]
    table = observation_table([
        {"SERIES": "SL_TLF_UEM", "REF_AREA": a, "FREQ": "Q", "TIME_PERIOD": p, "source": "synthetic", "OBS_VALUE": 10 + rng.normal(scale=0.3) + 2.0 * (a in second and p >= "2025")}
        for a in later.provinces for p in quarters
    ])  # fmt: skip
    rule, window = OutcomeRule("SL_TLF_UEM", freq="Q"), programme_window(later)
    panel = outcome_panel(table, rule, window)
    spoiled = table.assign(OBS_VALUE=table["OBS_VALUE"].where(~(table["REF_AREA"].isin(second) & (table["TIME_PERIOD"] == "2024-Q4")), 99.0))
    assert staggered_did(outcome_panel(spoiled, rule, window)).effect == pytest.approx(staggered_did(panel).effect)
    assert window.of(second[0]) == ("2024-12", "2026-03") and window.of(codelists.pilots[0]) == ("2022-12", "2024-04")
    at = panel.areas.index(second[0])
    assert panel.labels[panel.began[at]] == "2025-Q1" and panel.labels[panel.ended[at]] == "2026-Q2"
    during, after = (staggered_did(panel, part=p).effect for p in ("during", "after"))
    assert 0.3 < during < 2 and 0.3 < after < 2  # half of the treated provinces gained 2
    silent = outcome_panel(table[~(table["REF_AREA"].isin(second) & (table["TIME_PERIOD"] >= "2025"))], rule, window)
    assert not silent.staggered and silent.treated.sum() == 15 and not set(second) & set(silent.areas)  # a wave without a value since its start
    assert programme_window(replace(later, rollout=later.rollout.drop(columns="end"))).of(second[0]) == ("2024-12", "2026-04")  # as long as the first
    gone = outcome_panel(table[~table["REF_AREA"].isin(codelists.pilots)], rule, window)  # wave 1 sent nothing: wave 2 is the first
    assert not gone.staggered and gone.labels[gone.n_before] == "2025-Q1" and within_did(gone).effect == pytest.approx(2.0, abs=0.2)


def test_staggered_starts_give_an_indication_at_most_and_keep_their_level(codelists):
    table, later = staggered_world(codelists, 4, effect=3.0)
    row = judge_outcomes(table, later, rules=[RULE], window=programme_window(later))[0].iloc[0]
    assert (row["verdict"], row["reason"], bool(row["staggered"])) == ("effect_indicated", "staggered_start", True)
    assert row["p_left_out"] < 0.05 and np.isfinite(row["effect_without_bangkok"]) and row["detectable"] > 0 and row["beyond_trend_p"] < 0.05
    p, held = [], []
    for seed in range(times(30, 200)):
        table, later = staggered_world(codelists, [5, seed], effect=0.0)
        panel = outcome_panel(table, RULE, programme_window(later))
        p.append(staggered_randomise(panel, strata_of(later, panel.areas), draws=199, seed=seed).p_value)
        found = staggered_did(panel, strata_of(later, panel.areas))
        held.append(found.ci_low <= 0 <= found.ci_high)
    assert np.mean(np.array(p) < 0.05) <= 0.05 + 2.6 * np.sqrt(0.0475 / len(p))
    assert np.mean(held) >= 0.94 - 2.6 * np.sqrt(0.0475 / len(held))


# ---------------------------------------------------------------- selection


def test_balance_is_the_standardised_difference(codelists):
    table = pd.DataFrame({"x": np.r_[np.full(15, 3.0), np.full(62, 1.0)] + np.tile([0.0, 1], 39)[:77], "flat": 1.0}, index=[f"TH-{i}" for i in range(10, 87)])
    found = baseline_balance(table, table.index[:15]).set_index("trait")
    a, b = table["x"][:15], table["x"][15:]
    assert found.at["x", "difference_sd"] == pytest.approx((a.mean() - b.mean()) / np.sqrt((a.var() + b.var()) / 2))
    assert not found.at["x", "balanced"] and found.at["x", "p_random"] < 0.001
    assert found.at["flat", "difference_sd"] == 0 and found.at["flat", "balanced"] and found.at["flat", "p_random"] == 1


def test_pilots_like_nobody_are_outside(observations, codelists):
    apart = distances(traits_of(observations, codelists))
    apart.loc["TH-10", apart.columns != "TH-10"] += 9
    found = overlap(apart, codelists.pilots).set_index("REF_AREA")
    assert len(found) == 15 and found["outside"].sum() >= 1 and found.at["TH-10", "outside"] and found["limit"].nunique() == 1
    assert not set(found["nearest"]) & set(codelists.pilots)


def test_matched_provinces_have_the_pilots_level_and_slope(codelists):
    panel = panel_of(codelists, differing_trend=0.3)
    chosen = matched_areas(panel)
    before = panel.values[:, ~panel.post]
    slope = np.polyfit(np.arange(before.shape[1]), before.T, 1)[0]
    assert chosen[panel.treated].all() and 15 < chosen.sum() < 77
    matched = abs(slope[panel.treated].mean() - slope[chosen & ~panel.treated].mean())
    assert matched < abs(slope[panel.treated].mean() - slope[~panel.treated].mean())


# ---------------------------------------------------------------- specifications


def test_every_choice_has_its_row_and_the_official_one_is_the_estimate(codelists):
    panel = panel_of(codelists, effect=2.5)
    people = pd.Series(np.linspace(1, 9, 77), codelists.provinces)
    specs = specifications(panel, strata(codelists), neighbours_of_pilots(codelists, codelists.pilots), people)
    assert len(specs) == 40 and specs["official"].sum() == 1
    assert specs.loc[specs["official"], "effect"].item() == pytest.approx(within_did(panel, strata_of(codelists, panel.areas)).effect)
    plain = specs[(specs["estimator"] == "plain") & (specs["areas"] == "all") & (specs["periods"] == "all") & (specs["weights"] == "none")]
    assert plain["effect"].item() == pytest.approx(did(panel).effect)
    told = what_flips(specs)
    assert (told["n_specs"], told["n_same_sign"], told["flips"]) == (40, 40, "") and told["n_sure"] >= 30
    heavy = specifications(panel, strata(codelists), set(), people, weighted=True)
    assert heavy.loc[heavy["official"], "weights"].tolist() == ["population"]


def test_a_short_panel_keeps_the_rows_it_cannot_estimate_with_the_reason(codelists):
    specs = specifications(panel_of(codelists, years=range(2019, 2026)), strata(codelists), set())
    assert (specs.loc[specs["estimator"] == "sdid", "reason"] == "few_periods_before").all() and specs["effect"].notna().any()


def test_the_choice_that_flips_the_sign_is_named(codelists):
    panel = panel_of(codelists, noise=0.2)
    values = panel.values.copy()
    values[panel.areas.index("TH-10"), panel.post] += 300
    specs = specifications(replace(panel, values=values - np.outer(panel.treated, panel.post) * 3), strata(codelists), set())
    assert "without_bangkok" in what_flips(specs)["flips"]


def test_placebo_dates_use_nothing_from_the_pilot_and_find_nothing(codelists):
    one, other = (placebo_dates(panel_of(codelists, 7, effect=e), strata(codelists)) for e in (0.0, 9.0))
    pd.testing.assert_frame_equal(one, other)
    assert one["start"].tolist() == ["2018", "2019", "2020", "2021", "2022"] and one["n_before"].min() == 3
    p = np.concatenate([placebo_dates(panel_of(codelists, [8, s]), strata(codelists))["p_value"] for s in range(times(60, 300))])
    assert np.mean(p < 0.05) <= 0.05 + 0.03


def test_each_pilot_is_left_out_once(codelists):
    found = leave_one_out(panel_of(codelists, effect=1.0), strata(codelists))
    assert found["REF_AREA"].tolist() == codelists.pilots and found["effect"].std() > 0


# ---------------------------------------------------------------- all together


def test_random_effects_equal_the_reference_between_cases(reference):
    """tau2 by REML equals metafor's; with equal errors the mean is the plain one, and the interval Student's."""
    y, se = np.array([1.0, 2, 3, 4]), np.full(4, 0.1)
    found = random_effects(y, se)
    assert found.mean == pytest.approx(2.5) and found.tau2 == pytest.approx(np.var(y, ddof=1) - 0.01, rel=1e-6)
    from scipy.stats import t

    assert found.ci_high - found.mean == pytest.approx(t.ppf(0.975, 3) * np.std(y, ddof=1) / 2, rel=1e-6)
    assert np.isnan(random_effects([1.0], [0.1]).mean)


def test_random_effects_hold_their_interval():
    rng, count, held = np.random.default_rng(20301231), times(150, 600), []
    for _ in range(count):
        se = rng.uniform(0.3, 1.0, 8)
        found = random_effects(0.5 + rng.normal(0, 0.4, 8) + rng.normal(0, se), se)
        held.append(found.ci_low <= 0.5 <= found.ci_high)
    assert np.mean(held) >= 0.93 - 2 * np.sqrt(0.0475 / count)


def test_outcomes_pool_on_their_better_side_and_correlated_ones_do_not_cry_wolf(codelists):
    window, wanted = programme_window(codelists), [RULE, replace(RULE, series="SH_H2O_SAFE", expected=1)]
    p, means = [], []
    for seed in range(times(60, 300)):
        one = simulate_effect(codelists, np.random.default_rng([51, seed]))
        panels = [outcome_panel(one, RULE, window)]
        panels.append(replace(panels[0], values=-panels[0].values))  # the same noise twice
        rows = pd.DataFrame([{"SERIES": r.series, "expected": r.expected, "verdict": "inconclusive", "reason": "", "exploratory": False, "n_treated": 15} for r in wanted])
        found, pooled, chance = pool_outcomes(rows, panels, [strata_of(codelists, p.areas) for p in panels])
        p.append(chance)
        means.append(found["effect_sd"].to_numpy())
    assert np.ptp(np.array(means), axis=1).max() < 1e-9  # poverty down and water up are the same good news
    assert np.mean(np.array(p) < 0.05) <= 0.05 + 2.6 * np.sqrt(0.0475 / len(p))


def test_what_is_no_effect_is_not_pooled_and_says_why(codelists):
    panel = panel_of(codelists)
    base = {"SERIES": "SI_POV_NAHC", "expected": -1, "verdict": "inconclusive", "reason": "", "exploratory": False, "n_treated": 15}
    changes = [{}, {}, {"exploratory": True}, {"reason": "trends_differed_before"}, {"verdict": "not_evaluable"}, {"expected": 0}]
    table, pooled, p = pool_outcomes(pd.DataFrame([base | c for c in changes]), [panel] * 6, [strata_of(codelists, panel.areas)] * 6)
    assert table["left_out"].tolist() == ["", "", "exploratory", "trends_differed_before", "not_evaluable", "no_side"]
    assert pooled.n == 2 and 0 < p <= 1
    alone = pool_outcomes(pd.DataFrame([base]), [panel], [strata_of(codelists, panel.areas)])
    assert np.isnan(alone[1].mean) and np.isnan(alone[2])


def test_pilot_provinces_are_pooled_and_their_differences_measured(codelists):
    panel = panel_of(codelists, 4, effect=1.0)
    table = province_effects(panel)
    assert table["REF_AREA"].tolist() == codelists.pilots and table["effect"].mean() == pytest.approx(did(panel).effect)
    strata = strata_of(codelists, panel.areas)
    within = province_effects(panel, strata)
    changes = panel.values[:, panel.post].mean(axis=1) - panel.values[:, ~panel.post].mean(axis=1)
    south = ~panel.treated & (strata == "south")
    first = within.iloc[[panel.areas[i] in set(within["REF_AREA"]) and strata[i] == "south" for i in map(panel.areas.index, within["REF_AREA"])].index(True)]
    assert first["effect"] == pytest.approx(changes[panel.areas.index(first["REF_AREA"])] - changes[south].mean()) and first["n_comparison"] == south.sum()
    alike = pool_provinces(panel)
    values = panel.values + np.outer(np.where(panel.treated, np.linspace(-8, 8, 77), 0), panel.post)
    apart = pool_provinces(replace(panel, values=values))
    assert alike.i2 < 50 < apart.i2 and apart.q_p < 0.01 < alike.q_p and alike.n == 15
    for regional in (0.0, 2.0):  # equal provinces are seldom called different, though their regions moved
        q_p = np.array([pool_provinces(panel_of(codelists, [61, s], regional=regional), strata).q_p for s in range(times(150, 600))])
        assert np.mean(q_p < 0.05) == pytest.approx(0.05, abs=2.6 * np.sqrt(0.0475 / len(q_p)) + 0.01)
