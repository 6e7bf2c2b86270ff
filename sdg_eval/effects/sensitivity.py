"""Would another defensible choice have said otherwise? All of them, always (METHODS 4.8).

A finding that stands only in the official specification is shown as such: every choice has its row, and the one that
flips the answer is named.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd

from sdg_eval.effects.design import COVID, MIN_BEFORE, EffectPanel, years_of
from sdg_eval.effects.did import within_did
from sdg_eval.effects.selection import matched_areas
from sdg_eval.effects.staggered import staggered_did, staggered_left_out, staggered_randomise
from sdg_eval.effects.synthetic import synthetic_did
from sdg_eval.effects.within import randomise_effect

CAPITAL = "TH-10"
DRAWS = 1999
AREAS = ("all", "without_bangkok", "without_neighbours", "matched")
PERIODS = ("all", "without_covid")
WEIGHTS = ("none", "population")
ESTIMATORS = ("did", "plain", "sdid")
"""Within regions (official), over all regions at once, and synthetic."""
COLUMNS = [
    "areas", "periods", "weights", "estimator", "official", "effect", "ci_low", "ci_high", "p_value", "p_kind", "n_treated", "n_comparison", "n_before",
    "n_after", "reason",
]  # fmt: skip


def neighbours_of_pilots(codelists, pilots) -> set[str]:
    """Return the comparison provinces that border a pilot: what the pilot did may have spilled over to them."""
    pilots = set(pilots)
    return {n for a in pilots for n in codelists.neighbours(a)} - pilots


def panel_variant(panel: EffectPanel, areas: str, periods: str, near: set[str]) -> EffectPanel:
    """Return the panel of one choice of areas and periods; `near` are the pilots' neighbours."""
    keep = {
        "all": lambda: np.ones(len(panel.areas), dtype=bool), "without_bangkok": lambda: np.array([a != CAPITAL for a in panel.areas]),
        "without_neighbours": lambda: np.array([a not in near for a in panel.areas]), "matched": lambda: matched_areas(panel),
    }[areas]()  # fmt: skip
    calm = np.ones(len(panel.periods), dtype=bool) if periods == "all" else ~np.isin(years_of(panel), COVID)
    return panel.take(keep, calm)


def specifications(panel: EffectPanel, strata: dict[str, str], near: set[str], population: pd.Series | None = None, *, weighted: bool = False) -> pd.DataFrame:
    """Return one row per specification, those that cannot be estimated with their reason; sorted by effect.

    `strata` is area -> stratum, `population` by REF_AREA (None: the weighted ones are left out); `weighted` says that the
    official one weights by people. p is that of randomisation for differences within regions, of the jackknife error
    otherwise: `p_kind` says which. Staggered starts have the estimator for them alone.
    """
    rows, own = [], "population" if weighted else "none"
    for areas, periods in product(AREAS, PERIODS):
        part = panel_variant(panel, areas, periods, near)
        for weights, estimator in product(WEIGHTS, ESTIMATORS):
            if (weights == "population" and (population is None or estimator == "sdid")) or panel.reason:
                continue
            if panel.staggered and (weights == "population" or estimator == "sdid"):
                continue
            row = {"areas": areas, "periods": periods, "weights": weights, "estimator": estimator, "official": (areas, periods, weights, estimator) == ("all", "all", own, "did")}
            rows.append(row | _estimate(part, weights, estimator, strata, population))
    return pd.DataFrame(rows, columns=COLUMNS).sort_values(["effect", *COLUMNS[:4]], kind="stable", ignore_index=True)


def _estimate(panel: EffectPanel, weights: str, estimator: str, strata: dict[str, str], population) -> dict:
    sizes = {"n_treated": int(panel.treated.sum()), "n_comparison": int((~panel.treated).sum()), "n_before": panel.n_before, "n_after": panel.n_after}
    if panel.reason:
        return sizes | {"reason": panel.reason}
    if estimator == "sdid":
        found = synthetic_did(panel, judge_fit=False)
        if found.reason:
            return sizes | {"reason": found.reason}
        low, high, p = _normal(found.effect, found.se)
        return sizes | {"effect": found.effect, "ci_low": low, "ci_high": high, "p_value": p, "p_kind": "jackknife", "reason": ""}
    heavy = None
    if weights == "population":
        known = population.reindex(list(panel.areas))
        if not (known > 0).all():
            return sizes | {"reason": "no_population"}
        heavy = known.to_numpy(dtype=float)
    groups = [strata[a] for a in panel.areas] if estimator == "did" else None
    if panel.staggered:
        found, p = staggered_did(panel, groups), staggered_randomise(panel, groups).p_value
    else:
        found = within_did(panel, groups, weights=heavy)
        p = randomise_effect(panel, groups, draws=DRAWS, weights=heavy).p_value if estimator == "did" else found.p_value
    sizes |= {"n_treated": found.n_treated, "n_comparison": found.n_comparison}
    if found.effect != found.effect:
        return sizes | {"reason": "no_region_holds_both"}
    kind = "randomisation" if estimator == "did" or panel.staggered else "jackknife"
    return sizes | {"effect": found.effect, "ci_low": found.ci_low, "ci_high": found.ci_high, "p_value": p, "p_kind": kind, "reason": ""}


def _normal(effect: float, se: float) -> tuple[float, float, float]:
    from scipy.stats import norm

    if not se > 0:
        return np.nan, np.nan, np.nan
    reach = norm.ppf(0.975) * se
    return effect - reach, effect + reach, float(2 * norm.sf(abs(effect) / se))


def what_flips(specs: pd.DataFrame, *, alpha: float = 0.05) -> dict:
    """Return how many specifications could be estimated, how many share the official sign, how many are below `alpha` with it,
    and the choices under which the sign turns (`;` between)."""
    known = specs[specs["effect"].notna()]
    official = known[known["official"]]
    if official.empty:
        return {"n_specs": len(known), "n_same_sign": 0, "n_sure": 0, "flips": ""}
    sign = np.sign(official["effect"].iloc[0])
    same = np.sign(known["effect"]) == sign
    flips = [f"{r['areas']}/{r['periods']}/{r['weights']}/{r['estimator']}" for r in known[~same].to_dict("records")]
    return {"n_specs": len(known), "n_same_sign": int(same.sum()), "n_sure": int((same & (known["p_value"] < alpha)).sum()), "flips": ";".join(flips)}


def placebo_dates(panel: EffectPanel, strata: dict[str, str]) -> pd.DataFrame:
    """Return the effect of a start that never was: each period before, with three periods before it, and only values from
    before the pilot. Columns start, effect, p_value, n_before, n_after. A real effect shows at none of them."""
    rows = []
    if not panel.reason and not panel.staggered:
        past = panel.take(periods=~panel.post)
        for at in range(MIN_BEFORE, len(past.periods)):
            part = replace(past, post=np.arange(len(past.periods)) >= at, began=(), ended=()).take()
            if part.reason:
                continue
            chance = randomise_effect(part, [strata[a] for a in part.areas], draws=DRAWS)
            label = past.labels[at] if past.labels else str(int(past.periods[at]))
            rows.append({"start": label, "effect": chance.statistic, "p_value": chance.p_value, "n_before": part.n_before, "n_after": part.n_after})
    return pd.DataFrame(rows, columns=["start", "effect", "p_value", "n_before", "n_after"])


def leave_one_out(panel: EffectPanel, strata: dict[str, str]) -> pd.DataFrame:
    """Return REF_AREA, effect and p_value with each pilot province left out."""
    rows = []
    if not panel.reason:
        groups = np.array([strata[a] for a in panel.areas])
        if panel.staggered:
            return staggered_left_out(panel, groups)
        for i in np.flatnonzero(panel.treated):
            if panel.treated.sum() > 2:
                found = randomise_effect(panel, groups, draws=DRAWS, out=int(i))
                rows.append({"REF_AREA": panel.areas[i], "effect": found.statistic, "p_value": found.p_value})
    return pd.DataFrame(rows, columns=["REF_AREA", "effect", "p_value"])

