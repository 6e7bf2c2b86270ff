"""The word for one outcome, by a rule written down before the numbers.

A claim needs all of it: rarely reached by chance among provinces drawn at random, no differing trend before, and the same sign
when the comparison is weighted. Where the design cannot answer, the word says so.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from sdg_eval.effects.design import FIRST_AFTER, FIRST_TREATED, MIN_BEFORE, EffectPanel, effect_panel
from sdg_eval.effects.did import did, event_study
from sdg_eval.effects.power import panel_detectable, smallest_pretrend
from sdg_eval.effects.randomisation import pretrend_test, randomise, unit_changes
from sdg_eval.effects.synthetic import synthetic_did
from sdg_eval.observations import select_totals
from sdg_eval.panels import is_province
from sdg_eval.pooling import false_discovery

ALPHA, PRETREND = 0.05, 0.10
LEFT_OUT, LEFT_OUT_DRAWS = 0.10, 1999
"""A claim must keep a p below this whichever pilot province is left out."""
JOINED = {"TH-10": "centre"}
"""Stratum of provinces that stand alone in theirs: Bangkok joins the centre."""
VERDICTS = ("effect_detected", "effect_indicated", "no_effect_detected", "inconclusive", "not_evaluable")
COLUMNS = [
    "SERIES", "scale", "expected", "smallest", "effect", "ci_low", "ci_high", "se", "se_jackknife", "p_random", "p_adjusted", "n_assignments",
    "n_family", "pretrend_p", "pretrend_p_cluster", "pretrend_detectable", "sdid", "sdid_se", "sdid_reason", "sdid_poor_fit", "p_left_out", "left_out", "detectable", "n_treated", "n_comparison", "n_before",
    "n_during", "n_after", "first_period", "last_period", "effect_during", "effect_after", "n_before_calm", "p_without_covid", "effect_without_covid",
    "effect_without_bangkok", "effect_without_neighbours", "verdict", "reason",
]  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """One row of `judge_outcomes`, and the panel, event study and draws behind it for the charts."""

    row: dict
    panel: EffectPanel
    events: pd.DataFrame
    draws: np.ndarray


def outcome_table(observations: pd.DataFrame, series: str, scale: str) -> pd.DataFrame:
    """Return REF_AREA, period (year), OBS_VALUE of the yearly provincial values; `log` needs values above zero, others are left out."""
    rows = observations[(observations["SERIES"] == series) & (observations["FREQ"] == "A") & observations["OBS_VALUE"].notna()]
    rows = select_totals(rows[is_province(rows["REF_AREA"])])
    rows = rows.assign(period=rows["TIME_PERIOD"].str[:4].astype(float)).drop_duplicates(["REF_AREA", "period"])
    if scale == "log":
        rows = rows[rows["OBS_VALUE"] > 0].assign(OBS_VALUE=lambda t: np.log(t["OBS_VALUE"]))
    return rows[["REF_AREA", "period", "OBS_VALUE"]]


def strata_of(codelists, areas) -> np.ndarray:
    """Return the region of each area as its stratum."""
    return np.array([JOINED.get(area, codelists.area(area)["region"]) for area in areas])


def evaluate_outcome(observations: pd.DataFrame, series: str, scale: str, codelists, *, first_treated: int = FIRST_TREATED, first_after: int = FIRST_AFTER) -> Outcome:
    """Return every number of one outcome; what the design cannot give is NaN with the panel's reason."""
    table = outcome_table(observations, series, scale)
    panel = effect_panel(table, codelists.pilots, first_treated=first_treated)
    row = dict.fromkeys(COLUMNS, np.nan) | {
        "SERIES": series, "scale": scale, "reason": panel.reason, "n_treated": int(panel.treated.sum()), "n_comparison": int((~panel.treated).sum()),
        "n_before": panel.n_before, "n_during": sum(first_treated <= p < first_after for p in panel.periods), "n_after": sum(p >= first_after for p in panel.periods),
        "first_period": str(int(min(panel.periods))) if panel.periods else "", "last_period": str(int(max(panel.periods))) if panel.periods else "",
        "sdid_reason": "", "n_assignments": 0,
    }  # fmt: skip
    if panel.reason:
        return Outcome(row, panel, pd.DataFrame(), np.array([]))
    estimate, strata = did(panel), strata_of(codelists, panel.areas)
    chance = randomise(unit_changes(panel), panel.treated, strata)[0]
    row |= {k: asdict(estimate)[k] for k in ("effect", "ci_low", "ci_high", "se", "se_jackknife")}
    row |= {"p_random": chance.p_value, "n_assignments": chance.n_assignments, "detectable": panel_detectable(panel), "pretrend_detectable": smallest_pretrend(panel)}
    events = event_study(panel).table if panel.n_before >= 2 else pd.DataFrame()
    if panel.n_before >= MIN_BEFORE:
        row["pretrend_p"], row["pretrend_p_cluster"] = pretrend_test(panel, strata)[1], event_study(panel).pretrend_p
    weighted = synthetic_did(panel)
    row |= {"sdid": weighted.effect, "sdid_se": weighted.se, "sdid_reason": weighted.reason, "sdid_poor_fit": weighted.poor_fit}
    row |= _left_out(panel, strata)
    row |= _apart(table, codelists, first_treated, first_after) | _sensitivity(table, codelists, first_treated)
    return Outcome(row, panel, events, chance.draws)


def _estimate(table: pd.DataFrame, pilots, first_treated: int) -> float:
    panel = effect_panel(table, pilots, first_treated=first_treated)
    if panel.reason:
        return np.nan
    return randomise(unit_changes(panel), panel.treated, draws=1)[0].statistic


def _left_out(panel: EffectPanel, strata: np.ndarray) -> dict:
    """The largest p when one pilot province is left out, and which: a finding of one province is none of the pilot."""
    changes, found = unit_changes(panel), []
    for i in np.flatnonzero(panel.treated):
        keep = np.arange(len(panel.areas)) != i
        if panel.treated[keep].sum() >= 2:
            found.append((randomise(changes[keep], panel.treated[keep], strata[keep], draws=LEFT_OUT_DRAWS)[0].p_value, panel.areas[i]))
    worst = max(found, default=(np.nan, ""))
    return {"p_left_out": worst[0], "left_out": worst[1]}


def _apart(table: pd.DataFrame, codelists, first_treated: int, first_after: int) -> dict:
    """The effect while the pilot ran and after it, apart (R16, R56)."""
    during, after = table[table["period"] < first_after], table[(table["period"] < first_treated) | (table["period"] >= first_after)]
    return {"effect_during": _estimate(during, codelists.pilots, first_treated), "effect_after": _estimate(after, codelists.pilots, first_treated)}


def _sensitivity(table: pd.DataFrame, codelists, first_treated: int) -> dict:
    """METHODS 4.8 as far as estimates go: without Bangkok, without the neighbours of pilots, without 2020-21."""
    pilots = set(codelists.pilots)
    near = {n for a in pilots for n in codelists.neighbours(a)} - pilots
    calm = table[~table["period"].isin([2020, 2021])]
    panel = effect_panel(calm, pilots, first_treated=first_treated)
    p = np.nan if panel.reason else randomise(unit_changes(panel), panel.treated, strata_of(codelists, panel.areas))[0].p_value
    return {
        "effect_without_covid": _estimate(calm, pilots, first_treated), "p_without_covid": p, "n_before_calm": panel.n_before,
        "effect_without_bangkok": _estimate(table[table["REF_AREA"] != "TH-10"], pilots, first_treated),
        "effect_without_neighbours": _estimate(table[~table["REF_AREA"].isin(near)], pilots, first_treated),
    }  # fmt: skip


def judge(row: dict) -> tuple[str, str]:
    """Return (verdict, reason) of one row by METHODS 4.7; `p_adjusted`, `smallest` and `expected` filled in."""
    if row["reason"]:
        return "not_evaluable", row["reason"]
    if row["n_before"] < MIN_BEFORE:
        return "not_evaluable", "few_periods_before"
    if row["pretrend_p"] < PRETREND:
        return "inconclusive", "trends_differed_before"
    if row["p_adjusted"] < ALPHA:
        if row["n_before_calm"] < MIN_BEFORE:
            return "inconclusive", "rests_on_covid_years"  # too few calm years before to see whether trends were parallel
        if not row["p_left_out"] < LEFT_OUT:
            return "inconclusive", "rests_on_one_province"
        if np.sign(row["effect_without_covid"]) != np.sign(row["effect"]):
            return "inconclusive", "gone_without_covid_years"
        if row["sdid_reason"]:
            return "effect_indicated", row["sdid_reason"]
        if np.sign(row["sdid"]) != np.sign(row["effect"]):
            return "inconclusive", "weighted_comparison_disagrees"
        return "effect_detected", ""
    if row["ci_low"] > -row["smallest"] and row["ci_high"] < row["smallest"]:
        return "no_effect_detected", ""
    return "inconclusive", "interval_holds_both" if row["detectable"] <= row["smallest"] else "design_too_weak"


def judge_outcomes(observations: pd.DataFrame, codelists, *, outcomes: pd.DataFrame | None = None, **window) -> tuple[pd.DataFrame, list[Outcome]]:
    """Return one row per outcome named in advance (effect_outcomes.csv) with its verdict, and what lies behind each.

    p_random is adjusted (Benjamini-Hochberg) over the outcomes that can be evaluated (`n_family`). `expected` is +1 or -1: the side
    that is better, by the series' direction; an effect on the other side is said as found, and is no success.
    """
    named = codelists.effect_outcomes if outcomes is None else outcomes
    found = [evaluate_outcome(observations, r["SERIES"], r["scale"], codelists, **window) for r in named.to_dict("records")]
    table = pd.DataFrame([o.row for o in found], columns=COLUMNS)
    able = (table["reason"] == "") & (table["n_before"] >= MIN_BEFORE)
    table["p_adjusted"] = false_discovery(table["p_random"].astype(float).where(able).to_numpy())
    table["n_family"] = int(able.sum())
    table["smallest"] = named["smallest"].astype(float).to_numpy()
    table["expected"] = [{"higher": 1, "lower": -1}.get(codelists.series_row(s)["direction"], 0) for s in named["SERIES"]]
    table[["verdict", "reason"]] = [judge(row) for row in table.to_dict("records")]
    return table, [Outcome(row, o.panel, o.events, o.draws) for row, o in zip(table.to_dict("records"), found, strict=True)]
