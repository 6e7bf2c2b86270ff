"""How the pilots were chosen shows in how they differ: balance, overlap, and comparison provinces like them.

UNDP chose the provinces. Nothing here undoes that; it says how far the pilots lay from the others before they were
pilots, and which comparison provinces were like them in level and slope.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from sdg_eval.effects.design import EffectPanel
from sdg_eval.effects.randomisation import randomise

UNBALANCED = 0.25
"""Standardised difference beyond which a regression no longer mends it by itself (Imbens & Rubin 2015, ch. 14)."""
MATCHES = 3
"""Comparison provinces per pilot in a matched set, drawn with replacement."""
OUTSIDE = 0.95
"""A pilot is outside if its nearest comparison lies farther than this share of comparison provinces' own nearest."""


def baseline_balance(traits: pd.DataFrame, treated, strata=None) -> pd.DataFrame:
    """Return per column of `traits` (by REF_AREA, numbers) how the treated differ: means, standard deviations, standardised
    difference, ratio of variances, n of both groups, and `p_random`: how often as many provinces drawn at random differ as much.

    The standardised difference is (mean treated - mean others) / sqrt((variance treated + variance others) / 2).
    """
    mine = traits.index.isin(set(treated))
    rows = []
    for name in traits:
        values = traits[name].astype(float).to_numpy()
        held = np.isfinite(values)
        a, b = values[held & mine], values[held & ~mine]
        if len(a) < 2 or len(b) < 2:
            continue
        pooled = np.sqrt((a.var(ddof=1) + b.var(ddof=1)) / 2)
        chance = randomise(values[held], mine[held], None if strata is None else np.asarray(strata)[held])[0].p_value if pooled > 0 else 1.0
        rows.append({
            "trait": name, "mean_pilot": a.mean(), "mean_other": b.mean(), "sd_pilot": a.std(ddof=1), "sd_other": b.std(ddof=1),
            "difference_sd": (a.mean() - b.mean()) / pooled if pooled > 0 else 0.0,
            "variance_ratio": a.var(ddof=1) / b.var(ddof=1) if b.var(ddof=1) > 0 else np.nan, "n_pilot": len(a), "n_other": len(b), "p_random": chance,
        })  # fmt: skip
    table = pd.DataFrame(rows, columns=["trait", "mean_pilot", "mean_other", "sd_pilot", "sd_other", "difference_sd", "variance_ratio", "n_pilot", "n_other", "p_random"])
    return table.assign(balanced=table["difference_sd"].abs() <= UNBALANCED)


def overlap(distances: pd.DataFrame, treated) -> pd.DataFrame:
    """Return per treated REF_AREA its nearest comparison province, the distance, the limit, and whether it lies outside.

    `distances` is area x area (comparisons.peers.distances). The limit is the 95th percentile of the distance from a
    comparison province to its own nearest comparison province.
    """
    mine = distances.index.isin(set(treated))
    others = distances.to_numpy()[np.ix_(~mine, ~mine)].copy()
    np.fill_diagonal(others, np.inf)
    limit = float(np.quantile(others.min(axis=1), OUTSIDE))
    rows = []
    for area in distances.index[mine]:
        own = distances.loc[area, ~mine]
        rows.append({"REF_AREA": area, "nearest": own.idxmin(), "distance": float(own.min()), "limit": limit, "outside": bool(own.min() > limit), "n_other": int((~mine).sum())})
    return pd.DataFrame(rows, columns=["REF_AREA", "nearest", "distance", "limit", "outside", "n_other"])


def matched_areas(panel: EffectPanel, *, count: int = MATCHES) -> np.ndarray:
    """Return a mask: the pilots, and per pilot the `count` comparison provinces nearest in level and slope before the pilot.

    Level and slope (least squares over the periods before) are standardised over all provinces; with replacement.
    """
    before = panel.values[:, ~panel.post]
    t, held = np.array(panel.periods)[~panel.post], np.isfinite(before)
    known = held.sum(axis=1)
    level = np.where(held, before, 0).sum(axis=1) / np.maximum(known, 1)
    centre = np.where(held, t, 0).sum(axis=1) / np.maximum(known, 1)
    shift = np.where(held, t - centre[:, None], 0)
    square = (shift**2).sum(axis=1)
    slope = (shift * np.where(held, before, 0)).sum(axis=1) / np.where(square > 0, square, 1)
    features = np.column_stack([level, slope])
    spread = features.std(axis=0)
    # season-free quarters have no level: what is left of it is rounding, and must not choose
    real = spread > 1e-9 * (1 + np.abs(np.where(held, before, 0)).max())
    z = np.where(real, features / np.where(real, spread, 1), 0)
    chosen, others = panel.treated.copy(), np.flatnonzero(~panel.treated)
    for pilot in np.flatnonzero(panel.treated):
        near = np.argsort(((z[others] - z[pilot]) ** 2).sum(axis=1), kind="stable")[:count]
        chosen[others[near]] = True
    return chosen
