"""The word for one outcome, by a rule written down before the numbers.

A claim needs all of it: rarely reached by chance among provinces drawn at random, no differing trend before, and the same sign
when the comparison is weighted. Where the design cannot answer, the word says so, and what would settle it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

import numpy as np
import pandas as pd

from sdg_eval.effects.counts import CountEffect, count_effect
from sdg_eval.effects.design import (
    COVID,
    MIN_BEFORE,
    EffectPanel,
    Window,
    outcome_panel,
    outcome_rows,
    programme_window,
    strata_of,
    years_of,
)
from sdg_eval.effects.did import did, event_study, honest_bounds, wild_bootstrap, within_did
from sdg_eval.effects.outcomes import OutcomeRule, outcome_rules, plan_hash
from sdg_eval.effects.power import (
    detectable_effect,
    periods_needed,
    provinces_needed,
    smallest_pretrend,
)
from sdg_eval.effects.randomisation import pretrend_test, randomise
from sdg_eval.effects.sensitivity import CAPITAL, leave_one_out, neighbours_of_pilots, panel_variant
from sdg_eval.effects.staggered import staggered_did, staggered_randomise
from sdg_eval.effects.synthetic import MIN_BEFORE as WEIGHTED_BEFORE
from sdg_eval.effects.synthetic import synthetic_did
from sdg_eval.effects.within import detrended, randomise_effect
from sdg_eval.pooling import false_discovery

ALPHA, PRETREND = 0.05, 0.10
LEFT_OUT = 0.10
"""A claim must keep a p below this whichever pilot province is left out."""
MIN_FIRM = 5
"""Fewest pilots with values for any claim: an error of two or three provinces is hardly known."""
PLACEBOS = 200
VERDICTS = ("effect_detected", "effect_indicated", "no_effect_detected", "inconclusive", "not_evaluable")
COLUMNS = [
    "SERIES", "scale", "freq", "expected", "smallest", "exploratory", "registered_on", "row_sha256", "plan_sha256",
    "effect", "ci_low", "ci_high", "se", "se_jackknife", "plain", "plain_low", "plain_high", "plain_p", "p_random", "p_adjusted", "n_assignments", "n_family", "p_bootstrap", "p_cluster",
    "pretrend_p", "n_pretrend", "n_pretrend_others", "pretrend_p_cluster", "pretrend_detectable", "beyond_trend", "beyond_trend_p", "honest_low", "honest_high", "covid_dip", "covid_dip_p", "covid_rebound",
    "sdid", "sdid_se", "sdid_se_placebo", "sdid_reason", "sdid_poor_fit", "n_sdid", "n_sdid_others", "p_left_out", "left_out", "detectable",
    "rate_ratio", "rate_ratio_low", "rate_ratio_high", "rate_ratio_p", "n_events", "dispersion",
    "n_treated", "n_comparison", "n_obs", "n_unobserved", "effect_with_unobserved", "n_conflict", "n_before", "years_before", "n_during", "n_after", "first_period", "last_period", "staggered",
    "effect_during", "during_low", "during_high", "effect_after", "after_low", "after_high", "lasting",
    "n_calm", "n_before_calm", "p_without_covid", "effect_without_covid", "effect_without_bangkok", "effect_without_neighbours",
    "verdict", "reason", "settle", "settle_number", "settle_period",
]  # fmt: skip
TEXT = ("scale", "freq", "registered_on", "row_sha256", "plan_sha256", "sdid_reason", "left_out", "first_period", "last_period", "lasting", "verdict", "reason", "settle", "settle_period")


@dataclass(frozen=True)
class Outcome:
    """One row of `judge_outcomes`, and the panel, event study and draws behind it for the charts."""

    row: dict
    rule: OutcomeRule
    panel: EffectPanel
    events: pd.DataFrame
    draws: np.ndarray


def estimate(panel: EffectPanel, strata, weights=None) -> tuple:
    """Return (Did, Randomisation) of a panel within strata: one change per province for one start, cohorts against those not
    yet treated for several.

    `weights` (one per province) are those of an outcome weighted by people; there are none for several starts.
    """
    if panel.staggered:
        return staggered_did(panel, strata), staggered_randomise(panel, strata)
    return within_did(panel, strata, weights=weights), randomise_effect(panel, strata, weights=weights)


def evaluate_outcome(observations: pd.DataFrame, rule: OutcomeRule, codelists, window: Window, *, population: pd.Series | None = None, only_verdict: bool = False) -> Outcome:
    """Return every number of one outcome; what the design cannot give is NaN with the panel's reason.

    `population` by REF_AREA is needed by an outcome whose rule weights by people; estimate, interval, randomisation, during and
    after are weighted then, what is tested beside them (trends, single provinces, variants) is not. `only_verdict` leaves out the errors that stand beside and decide nothing (wild bootstrap, honest bounds, placebo error,
    rate ratio): for simulations.
    """
    panel, weights = outcome_panel(observations, rule, window, codelists.series), None
    if rule.weights == "population" and not panel.reason:
        known = None if population is None else population.reindex(list(panel.areas)).to_numpy(dtype=float)
        if known is None or not (known > 0).all():
            panel = replace(panel, reason="no_population")
        elif panel.staggered:
            panel = replace(panel, reason="staggered_weights")
        weights = known
    strata = strata_of(codelists, panel.areas)
    if not panel.reason:
        found, chance = estimate(panel, strata, weights)
        if found.effect != found.effect:
            panel = replace(panel, reason="no_region_holds_both")
    whole = None
    if panel.n_unobserved:
        whole = outcome_panel(observations, rule, window, codelists.series, unobserved=True)
        if panel.reason in ("no_data", "no_treated_data", "only_pilots_report", "ends_before_the_pilot") and not whole.reason:
            panel = replace(panel, reason="only_provisional")
    row = dict.fromkeys(COLUMNS, np.nan) | dict.fromkeys(TEXT, "") | _facts(rule, panel)
    if whole is not None:
        row["effect_with_unobserved"] = _statistic(whole, codelists)
    if panel.reason:
        return Outcome(row, rule, panel, pd.DataFrame(), np.array([]))
    row |= {k: asdict(found)[k] for k in ("effect", "ci_low", "ci_high", "se", "se_jackknife", "n_obs", "n_treated", "n_comparison")} | {"p_cluster": found.p_value}
    row["detectable"] = detectable_effect(max(found.se, found.se_jackknife), found.n_treated)
    row |= {"p_random": chance.p_value, "n_assignments": chance.n_assignments, "pretrend_detectable": smallest_pretrend(panel, strata)}
    plain = staggered_did(panel) if panel.staggered else did(panel, weights=weights)
    row |= {"plain": plain.effect, "plain_low": plain.ci_low, "plain_high": plain.ci_high, "plain_p": plain.p_value}
    events = pd.DataFrame()
    if panel.staggered:
        row["sdid_reason"] = "staggered_start"
    else:
        if not only_verdict:
            row["p_bootstrap"] = wild_bootstrap(panel, strata)
            row["honest_low"], row["honest_high"] = honest_bounds(panel)
            row |= _counts(outcome_rows(observations, replace(rule, scale="level"), codelists.series), panel)
        if panel.n_before >= 2:
            study = event_study(panel, strata)
            row["pretrend_p_cluster"], events = study.pretrend_p, study.table.assign(label=list(panel.labels))
            events = events if only_verdict else events.assign(plain=event_study(panel).table["effect"])
        weighted = synthetic_did(panel, placebos=0 if only_verdict else PLACEBOS)
        row |= {"sdid": weighted.effect, "sdid_se": weighted.se, "sdid_se_placebo": weighted.se_placebo, "sdid_reason": weighted.reason, "sdid_poor_fit": weighted.poor_fit,
                "n_sdid": weighted.n_treated, "n_sdid_others": weighted.n_comparison}  # fmt: skip
    row |= _left_out(panel, strata)
    if panel.years_before >= MIN_BEFORE:
        trends = pretrend_test(panel, strata)
        row |= {"pretrend_p": trends.p_value, "n_pretrend": trends.n_treated, "n_pretrend_others": trends.n_comparison} | _beyond_trend(panel, strata)
    row |= _covid(panel, strata, row) | _apart(panel, strata, weights) | _sensitivity(panel, codelists, window)
    return Outcome(row, rule, panel, events, chance.draws)


def _facts(rule: OutcomeRule, panel: EffectPanel) -> dict:
    """What was asked, and what is there."""
    shown = panel.labels or ("",)
    return {
        "SERIES": rule.series, "scale": rule.scale, "freq": rule.freq, "expected": rule.expected, "smallest": rule.smallest, "exploratory": rule.exploratory,
        "registered_on": rule.registered_on, "row_sha256": rule.row_sha256, "reason": panel.reason, "n_treated": int(panel.treated.sum()),
        "n_comparison": int((~panel.treated).sum()), "n_before": panel.n_before, "years_before": panel.years_before,
        "n_during": sum(p == "during" for p in panel.phases), "n_after": sum(p == "after" for p in panel.phases), "first_period": shown[0],
        "last_period": shown[-1], "staggered": panel.staggered, "n_assignments": 0, "n_unobserved": panel.n_unobserved, "n_conflict": len(panel.conflicts), "n_obs": int(np.isfinite(panel.values).sum()), "covid_rebound": False,
    }  # fmt: skip


def _statistic(panel: EffectPanel, codelists) -> float:
    """The estimate alone, NaN where the panel cannot be estimated."""
    if panel.reason:
        return np.nan
    strata = strata_of(codelists, panel.areas)
    return staggered_did(panel, strata).effect if panel.staggered else within_did(panel, strata).effect


def _counts(rows: pd.DataFrame, panel: EffectPanel) -> dict:
    """The rate ratio of an outcome that counts events over people, over the values of the panel; empty for others."""
    rows = rows[rows["REF_AREA"].isin(panel.areas) & rows["TIME_PERIOD"].isin(panel.labels)].dropna(subset=["NUMERATOR", "DENOMINATOR"])
    per = rows["OBS_VALUE"] * rows["DENOMINATOR"] / rows["NUMERATOR"].where(rows["NUMERATOR"] > 0)
    if rows.empty or not (per.dropna() > 101).all():  # shares of persons are no counts of events
        return {}
    held = np.isfinite(panel.values)
    events, people = (rows.pivot(index="REF_AREA", columns="TIME_PERIOD", values=c).reindex(index=list(panel.areas), columns=list(panel.labels)).where(held) for c in ("NUMERATOR", "DENOMINATOR"))
    found: CountEffect = count_effect(events, people.fillna(0), panel.treated, panel.post)
    return {
        "rate_ratio": found.ratio, "rate_ratio_low": found.ci_low, "rate_ratio_high": found.ci_high, "rate_ratio_p": found.p_value, "n_events": found.n_events,
        "dispersion": found.dispersion,
    }  # fmt: skip


def _left_out(panel: EffectPanel, strata: np.ndarray) -> dict:
    """The largest p when one pilot province is left out, and which: a finding of one province is none of the pilot."""
    table = leave_one_out(panel, dict(zip(panel.areas, strata, strict=True)))
    if table.empty:
        return {}
    worst = table.sort_values(["p_value", "REF_AREA"], kind="stable").iloc[-1]
    return {"p_left_out": float(worst["p_value"]), "left_out": worst["REF_AREA"]}


def _beyond_trend(panel: EffectPanel, strata: np.ndarray) -> dict:
    """The effect if pilots and others kept their own straight lines of before: what a trend too weak to be seen cannot explain."""
    own = detrended(panel)
    found = staggered_randomise(own, strata) if panel.staggered else randomise_effect(own, strata)
    return {"beyond_trend": found.statistic, "beyond_trend_p": found.p_value}


def _covid(panel: EffectPanel, strata: np.ndarray, row: dict) -> dict:
    """Did the pilots fall or rise more than others in 2020-21? A dip opposite to the effect and at least half its size makes
    the effect a rebound, if chance seldom gives such a dip or too few calm years stand beside it to tell. Where the effect
    itself is no larger than its error there is nothing to explain."""
    years = years_of(panel)
    calm, dip = (years < COVID[0]) & ~panel.post, np.isin(years, COVID) & ~panel.post
    if not calm.any() or not dip.any():
        return {}
    held = np.isfinite(panel.values)
    known = held[:, calm].any(axis=1) & held[:, dip].any(axis=1)
    if panel.treated[known].sum() < 2 or (~panel.treated[known]).sum() < 2:
        return {}
    means = [np.nanmean(np.where(held[known][:, mask], panel.values[known][:, mask], np.nan), axis=1) for mask in (calm, dip)]
    found = randomise(means[1] - means[0], panel.treated[known], strata[known])[0]
    n_calm = int(calm.sum()) // {"A": 1, "Q": 4}[panel.freq]
    moved = row["p_random"] < PRETREND or abs(row["effect"]) > max(row["se"], row["se_jackknife"])
    return {
        "n_calm": n_calm, "covid_dip": found.statistic, "covid_dip_p": found.p_value,
        "covid_rebound": bool(moved and found.statistic * row["effect"] < 0 and abs(found.statistic) >= abs(row["effect"]) / 2 and (found.p_value < PRETREND or n_calm < MIN_BEFORE)),
    }  # fmt: skip


def _apart(panel: EffectPanel, strata: np.ndarray, weights: np.ndarray | None) -> dict:
    """The effect while the pilot ran and after it, apart (R16), and whether a gain lasted (R56)."""
    phases, before = np.array(panel.phases), ~panel.post
    row = {}
    for name in ("during", "after"):
        if panel.staggered:
            found = staggered_did(panel, strata, part=name)
        else:
            part = panel.take(periods=before | (phases == name))
            if part.reason:
                continue
            own = np.isin(panel.areas, part.areas)
            found = within_did(part, strata[own], weights=None if weights is None else weights[own])
        row |= {f"effect_{name}": found.effect, f"{name}_low": found.ci_low, f"{name}_high": found.ci_high}
    return row


def _sensitivity(panel: EffectPanel, codelists, window: Window) -> dict:
    """METHODS 4.8 as far as estimates go: without Bangkok, without the neighbours of pilots, without 2020-21."""
    near = neighbours_of_pilots(codelists, begun_areas(panel) or window.starts)
    calm = panel_variant(panel, "all", "without_covid", near)
    p = np.nan
    if not calm.reason:
        strata = strata_of(codelists, calm.areas)
        p = (staggered_randomise(calm, strata) if calm.staggered else randomise_effect(calm, strata)).p_value
    return {
        "effect_without_covid": _statistic(calm, codelists), "p_without_covid": p, "n_before_calm": calm.years_before,
        "effect_without_bangkok": _statistic(panel_variant(panel, "without_bangkok", "all", near), codelists) if CAPITAL in panel.areas else np.nan,
        "effect_without_neighbours": _statistic(panel_variant(panel, "without_neighbours", "all", near), codelists),
    }  # fmt: skip


def begun_areas(panel: EffectPanel) -> list[str]:
    """Return the provinces that were treated within the panel."""
    return [area for area, own in zip(panel.areas, panel.treated, strict=True) if own]


def judge(row: dict) -> tuple[str, str]:
    """Return (verdict, reason) of one row by METHODS 4.7; `p_adjusted`, `smallest` and `expected` filled in."""
    if row["reason"]:
        return "not_evaluable", row["reason"]
    if row["years_before"] < MIN_BEFORE:
        return "not_evaluable", "few_periods_before"
    if row["n_treated"] < MIN_FIRM:
        return "inconclusive", "few_pilots"
    if row["pretrend_p"] < PRETREND:
        return "inconclusive", "trends_differed_before"
    if not row["pretrend_p"] >= PRETREND:
        return "inconclusive", "trends_unchecked"  # too few provinces have every value before
    if row["covid_rebound"]:
        return "inconclusive", "covid_rebound"
    apart = row["ci_low"] > 0 or row["ci_high"] < 0
    if row["p_adjusted"] < ALPHA and apart:
        return _claim(row)
    if row["ci_low"] > -row["smallest"] and row["ci_high"] < row["smallest"] and max(row["se"], row["se_jackknife"]) > 0:
        return "no_effect_detected", ""
    if apart:
        return "inconclusive", "not_beyond_chance"
    return "inconclusive", "interval_holds_both" if row["detectable"] <= row["smallest"] else "design_too_weak"


def _claim(row: dict) -> tuple[str, str]:
    """What a difference that chance seldom gives must survive before it is called an effect (decision 0014)."""
    sign = np.sign(row["effect"])
    if row["n_before_calm"] < MIN_BEFORE:
        return "inconclusive", "rests_on_covid_years"  # too few calm years before to see whether trends were parallel
    if np.sign(row["plain"]) != sign:
        return "inconclusive", "regions_differ"  # it turns when regions are not told apart
    if not row["beyond_trend_p"] < ALPHA or np.sign(row["beyond_trend"]) != sign:
        return "inconclusive", "trend_could_explain"  # a trend too weak for the test of trends would do as well
    if not row["p_left_out"] < LEFT_OUT:
        return "inconclusive", "rests_on_one_province"
    if np.sign(row["effect_without_covid"]) != sign:
        return "inconclusive", "gone_without_covid_years"
    if row["exploratory"]:
        return "effect_indicated", "exploratory"
    if row["sdid_reason"]:
        return "effect_indicated", {"few_periods_before": "weights_need_five"}.get(row["sdid_reason"], row["sdid_reason"])
    if np.sign(row["sdid"]) != sign:
        return "inconclusive", "weighted_comparison_disagrees"
    return "effect_detected", ""


SETTLE = {
    "no_data": "any_values", "no_population": "population_values", "no_treated_data": "pilot_values", "only_pilots_report": "comparison_values", "few_treated": "pilot_values", "few_comparisons": "comparison_values",
    "ends_before_the_pilot": "later_values", "begins_with_the_pilot": "earlier_values", "few_periods_before": "earlier_values", "few_complete_provinces": "missing_values", "trends_unchecked": "missing_values", "constant_outcome": "finer_values", "data_conflict": "one_value", "only_provisional": "final_values", "no_region_holds_both": "comparison_values", "staggered_weights": "replication", "few_pilots": "pilot_values", "weights_need_five": "earlier_values", "not_beyond_chance": "luck_of_the_draw",
    "trends_differed_before": "other_comparison", "trend_could_explain": "other_comparison", "regions_differ": "other_comparison", "covid_rebound": "calm_years", "rests_on_covid_years": "calm_years", "gone_without_covid_years": "calm_years",
    "rests_on_one_province": "more_provinces", "weighted_comparison_disagrees": "other_comparison", "staggered_start": "replication", "exploratory": "replication",
}  # fmt: skip


def what_settles(row: dict, panel: EffectPanel) -> dict:
    """Return what would settle an open verdict: `settle` (a word), `settle_number` (years or provinces), `settle_period`.

    `more_years` gives the first year with which the design would see the smallest effect that matters, if the noise stays
    as it is; `more_provinces` how many treated ones would, where no number of years up to fifteen does.
    """
    nothing = {"settle": "", "settle_number": np.nan, "settle_period": ""}
    if row["verdict"] in ("effect_detected", "no_effect_detected"):
        return nothing
    if row["reason"] in SETTLE:
        number = np.nan
        if row["reason"] in ("few_periods_before", "weights_need_five"):
            # three years before make a verdict possible, five carry the weights that a firm one needs
            number = (MIN_BEFORE if row["reason"] == "few_periods_before" else WEIGHTED_BEFORE) - row["years_before"]
        settle = SETTLE[row["reason"]]
        if settle == "calm_years" and row["n_calm"] >= MIN_BEFORE:
            settle = "other_comparison"  # the calm years are there
        return nothing | {"settle": settle, "settle_number": number}
    if panel.reason or row["verdict"] == "effect_indicated":
        return nothing | {"settle": "replication"}
    per_year = {"A": 1, "Q": 4}[panel.freq]
    after = periods_needed(panel, row["smallest"], row["detectable"], most=15 * per_year)
    if after is not None and after > panel.n_after:
        return nothing | {"settle": "more_years", "settle_number": (after - panel.n_after) / per_year, "settle_period": str(int(max(panel.periods) + np.ceil((after - panel.n_after) / per_year)))}
    if after is not None:
        return nothing | {"settle": "luck_of_the_draw"}  # the design could see it: this interval just holds both
    many = provinces_needed(panel, row["smallest"], row["detectable"])
    return nothing | {"settle": "more_provinces" if many else "out_of_reach", "settle_number": float(many) if many else np.nan}


def lasting(row: dict) -> str:
    """Return whether a gain lasted after the programme (R56): `nothing_yet` where nothing was found, `no_periods_after`,
    `kept` (still there, at least half), `faded` (the interval after holds zero and less than half is left), `cannot_be_told`."""
    if row["verdict"] not in ("effect_detected", "effect_indicated"):
        return "nothing_yet"
    if not row["n_after"] or row["effect_after"] != row["effect_after"]:
        return "no_periods_after"
    share = row["effect_after"] / row["effect_during"] if row["effect_during"] else np.nan
    clear = row["after_low"] > 0 or row["after_high"] < 0
    if clear and share >= 0.5:
        return "kept"
    return "faded" if not clear and share < 0.5 else "cannot_be_told"


def judge_outcomes(
    observations: pd.DataFrame, codelists, *, rules: list[OutcomeRule] | None = None, window: Window | None = None, population: pd.Series | None = None,
    only_verdict: bool = False,
) -> tuple[pd.DataFrame, list[Outcome]]:
    """Return one row per outcome named in advance (effect_outcomes.csv) with its verdict, and what lies behind each.

    p_random is adjusted (Benjamini-Hochberg) over the outcomes that can be evaluated (`n_family`), registered and exploratory
    ones apart. An effect on the other side than `expected` is said as found, and is no success.
    """
    rules = outcome_rules(codelists.effect_outcomes, codelists.effect_register) if rules is None else rules
    window = programme_window(codelists) if window is None else window
    found = [evaluate_outcome(observations, rule, codelists, window, population=population, only_verdict=only_verdict) for rule in rules]
    table = pd.DataFrame([o.row for o in found], columns=COLUMNS)
    able = (table["reason"] == "") & (table["years_before"] >= MIN_BEFORE)
    for late in (False, True):
        family = able & (table["exploratory"].astype(bool) == late)
        adjusted = false_discovery(table["p_random"].astype(float).where(family).to_numpy())
        table.loc[family, "p_adjusted"] = adjusted[family]
        table.loc[table["exploratory"].astype(bool) == late, "n_family"] = int(family.sum())
    table["plan_sha256"] = plan_hash(rules)
    rows = []
    for row, outcome in zip(table.to_dict("records"), found, strict=True):
        row["verdict"], row["reason"] = judge(row)
        row |= what_settles(row, outcome.panel)
        row["lasting"] = lasting(row)
        rows.append(row)
    return outcome_table(rows), [Outcome(row, o.rule, o.panel, o.events, o.draws) for row, o in zip(rows, found, strict=True)]


def outcome_table(rows: list[dict]) -> pd.DataFrame:
    """Return the rows of judged outcomes as a table."""
    table = pd.DataFrame(rows, columns=COLUMNS)
    return table.assign(n_family=table["n_family"].astype(int))
