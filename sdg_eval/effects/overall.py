"""All outcomes and all pilot provinces together: random effects, how much they differ, and what chance alone gives.

Outcomes of the same provinces are not independent, so the interval of the mean over outcomes is that of a meta-analysis
as if they were, and its p is that of randomisation: one draw of who is treated moves all outcomes at once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from sdg_eval.effects.design import EffectPanel
from sdg_eval.effects.did import within_did
from sdg_eval.effects.randomisation import DRAWS, SEED, stratum_numbers, unit_changes
from sdg_eval.effects.within import within_parts
from sdg_eval.pooling import heterogeneity

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Pooled:
    """Random-effects mean with the Hartung-Knapp interval, interval of a new case, and heterogeneity; NaN under two cases."""

    mean: float
    ci_low: float
    ci_high: float
    predict_low: float
    predict_high: float
    tau2: float
    q: float
    q_p: float
    i2: float
    n: int


def random_effects(effects, errors, *, confidence: float = CONFIDENCE) -> Pooled:
    """Return the pooled mean of `effects` with standard `errors`: REML, Hartung & Knapp 2001, Higgins et al. 2009 (prediction).

    With few cases a variance between them of zero is common and no proof that there is none; Q and its p say what was seen.
    """
    from scipy.stats import chi2
    from scipy.stats import t as student

    y, v = np.asarray(effects, dtype=float), np.asarray(errors, dtype=float) ** 2
    held = np.isfinite(y) & (v > 0)
    y, v = y[held], v[held]
    n = len(y)
    if n < 2:
        return Pooled(*([float("nan")] * 9), n)
    between = heterogeneity(y, v)
    weights = 1 / (v + between.tau2)
    mean = float(weights @ y / weights.sum())
    factor = max(1.0, float(weights @ (y - mean) ** 2 / (n - 1)))  # never narrower than the plain interval
    se = float(np.sqrt(factor / weights.sum()))
    reach = student.ppf(0.5 + confidence / 2, n - 1) * se
    q_p = float(chi2.sf(between.q, n - 1))
    wide = student.ppf(0.5 + confidence / 2, n - 2) * np.sqrt(between.tau2 + se**2) if n > 2 else float("nan")
    return Pooled(mean, mean - reach, mean + reach, mean - wide, mean + wide, between.tau2, between.q, q_p, between.i2, n)


LEFT_OUT = ("trends_differed_before", "trends_unchecked", "covid_rebound", "few_pilots")
"""Reasons that say an estimate is no effect: such outcomes are not pooled."""
POOLED_COLUMNS = ["SERIES", "effect_sd", "se_sd", "verdict", "n_treated", "left_out"]


def why_not_pooled(row: dict, panel: EffectPanel) -> str:
    """Return why an outcome is left out of the pooled mean: a reason, or ''."""
    if row["verdict"] == "not_evaluable":
        return "not_evaluable"
    if row["exploratory"]:
        return "exploratory"
    if row["reason"] in LEFT_OUT:
        return row["reason"]
    return "staggered_start" if panel.staggered else "" if row["expected"] else "no_side"


def pool_outcomes(rows: pd.DataFrame, panels: list[EffectPanel], strata: list[np.ndarray]) -> tuple[pd.DataFrame, Pooled, float]:
    """Return (one row per outcome in standard deviations between provinces, better side up; the pooled mean; its p).

    Outcomes that are left out have their reason in `left_out`: without an expected side or three years before, exploratory,
    trends that differed or could not be checked, staggered starts. Every province counts alike. p: all outcomes move with
    the same draw of who is treated (provinces that lack an outcome are out of it there), so their correlation is in it,
    and the draws are pooled with the weights of the mean.
    """
    kept, draws = [], []
    for row, panel, groups in zip(rows.to_dict("records"), panels, strata, strict=True):
        line = {"SERIES": row["SERIES"], "verdict": row["verdict"], "n_treated": row["n_treated"], "left_out": why_not_pooled(row, panel)}
        if not line["left_out"]:
            found = within_did(panel, groups)
            line |= {"effect_sd": found.effect / (panel.spread * row["expected"]), "se_sd": max(found.se, found.se_jackknife) / panel.spread}
            draws.append(_common_draws(panel, groups) / (panel.spread * row["expected"]))
        kept.append(line)
    table = pd.DataFrame(kept, columns=POOLED_COLUMNS)
    own = table[table["left_out"] == ""]
    pooled = random_effects(own["effect_sd"], own["se_sd"])
    if pooled.n < 2:
        return table, pooled, float("nan")
    weights = 1 / (own["se_sd"].to_numpy(dtype=float) ** 2 + pooled.tau2)
    by_chance = np.array(draws).T @ weights / weights.sum()
    return table, pooled, float((1 + np.sum(np.abs(by_chance) >= abs(pooled.mean) - 1e-12)) / (len(by_chance) + 1))


def _common_draws(panel: EffectPanel, strata: np.ndarray) -> np.ndarray:
    """Effects within strata under one list of draws over all provinces of Thailand: each draw orders the provinces by a
    number that depends on the province alone, and takes the first of each stratum, so that outcomes share it."""
    order = np.array([np.random.default_rng([SEED, int(area[3:])]).random(DRAWS) for area in panel.areas]).T
    groups = stratum_numbers(strata, len(panel.areas))
    called = np.zeros((DRAWS, len(panel.areas)))
    for group in range(groups.max() + 1):
        places = np.flatnonzero(groups == group)
        size = int(panel.treated[places].sum())
        if size:
            first = order[:, places].argpartition(min(size, len(places)) - 1, axis=1)[:, :size]
            np.put_along_axis(called, places[first], 1, axis=1)
    return within_parts(panel, strata).effects(called)


def province_effects(panel: EffectPanel, strata=None) -> pd.DataFrame:
    """Return per pilot REF_AREA its change less the mean change of the comparison provinces of its stratum, standard error,
    interval, p and their number. A stratum with fewer than two of them has no row.

    The error is the spread of the comparison provinces' own changes within strata (one province against some); p is the
    share of comparison provinces that changed as far from the rest of theirs.
    """
    from scipy.stats import t as student

    columns = ["REF_AREA", "effect", "se", "ci_low", "ci_high", "p_value", "n_comparison"]
    if panel.reason or panel.staggered:
        return pd.DataFrame(columns=columns)
    changes, groups = unit_changes(panel, strata), stratum_numbers(strata, len(panel.areas))
    known = np.isfinite(changes)
    others = known & ~panel.treated
    n = np.bincount(groups[others], minlength=groups.max() + 1)
    mean = np.bincount(groups[others], changes[others], minlength=len(n)) / np.maximum(n, 1)
    compared = n[groups] >= 2
    left, own = (changes - mean[groups])[others & compared], n[groups][others & compared]
    degrees = len(left) - int((n >= 2).sum())
    if degrees < 1:
        return pd.DataFrame(columns=columns)
    spread = float(np.sqrt((left**2).sum() / degrees))
    placebo = np.abs(left) * np.sqrt(own / (own - 1))  # each against the others of its stratum, on the scale of one change
    rows = []
    for i in np.flatnonzero(panel.treated & known & compared):
        wide = np.sqrt(1 + 1 / n[groups[i]])
        effect, reach = float(changes[i] - mean[groups[i]]), student.ppf(0.5 + CONFIDENCE / 2, degrees) * spread * wide
        rows.append({
            "REF_AREA": panel.areas[i], "effect": effect, "se": spread * wide, "ci_low": effect - reach, "ci_high": effect + reach,
            "p_value": float((1 + np.sum(placebo >= abs(effect) / wide)) / (len(placebo) + 1)), "n_comparison": int(n[groups[i]]),
        })  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def pool_provinces(panel: EffectPanel, strata=None) -> Pooled:
    """Return whether the pilots moved alike: the pooled effect over pilot provinces, with tau2, Q and I2.

    Pilots of one stratum share its comparison provinces, so their errors go together: Q is that of the whole covariance,
    held against F. Taking them as independent calls equal provinces different too often.
    """
    from scipy.stats import f as fisher

    table = province_effects(panel, strata)
    pooled = random_effects(table["effect"], table["se"])
    if len(table) < 2:
        return pooled
    groups = stratum_numbers(strata, len(panel.areas))[[panel.areas.index(a) for a in table["REF_AREA"]]]
    shared = 1 / table["n_comparison"].to_numpy(dtype=float)
    variance = float(table["se"].iloc[0] ** 2 / (1 + shared[0]))
    covariance = variance * (np.eye(len(table)) + (groups[:, None] == groups) * shared[:, None])
    inverse, y = np.linalg.inv(covariance), table["effect"].to_numpy()
    weight = inverse.sum(axis=0)
    q = float(y @ inverse @ y - (weight @ y) ** 2 / weight.sum())
    degrees = int((~panel.treated).sum()) - len(np.unique(stratum_numbers(strata, len(panel.areas))))
    n = len(table) - 1
    return replace(pooled, q=q, q_p=float(fisher.sf(q / n, n, max(1, degrees))), i2=max(0.0, 100 * (q - n) / q) if q > 0 else 0.0)
