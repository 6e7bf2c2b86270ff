"""What effect could this design have shown? The smallest one, and the smallest pre-trend."""

from __future__ import annotations

import numpy as np

from sdg_eval.effects.design import EffectPanel
from sdg_eval.effects.randomisation import unit_changes

ALPHA, POWER = 0.05, 0.80


def minimum_detectable(sd_change: float, n_treated: int, n_comparison: int, *, alpha: float = ALPHA, power: float = POWER, student: bool = False) -> float:
    """Return the effect that is seen with `power`: (z_{1-alpha/2} + z_power) sd sqrt(1/n1 + 1/n0) (Bloom 1995).

    `student` takes t with n1 + n0 - 2 degrees of freedom: a little more.

    Examples
    --------
    >>> round(minimum_detectable(1.0, 15, 62), 3)
    0.806
    """
    from scipy.stats import norm
    from scipy.stats import t as t_law

    degrees = n_treated + n_comparison - 2
    quantile = (lambda p: t_law.ppf(p, degrees)) if student else norm.ppf
    return float((quantile(1 - alpha / 2) + quantile(power)) * standard_error(sd_change, n_treated, n_comparison))


def standard_error(sd_change: float, n_treated: int, n_comparison: int) -> float:
    """Return the standard error of a difference in mean change."""
    return float(sd_change * np.sqrt(1 / n_treated + 1 / n_comparison))


def power_of(effect: float, sd_change: float, n_treated: int, n_comparison: int, *, alpha: float = ALPHA) -> float:
    """Return the exact power of the two-sided t test for `effect` (non-central t)."""
    from scipy.stats import nct
    from scipy.stats import t as t_law

    degrees = n_treated + n_comparison - 2
    shift = effect / standard_error(sd_change, n_treated, n_comparison)
    cut = t_law.ppf(1 - alpha / 2, degrees)
    return float(nct.sf(cut, degrees, shift) + nct.cdf(-cut, degrees, shift))


def panel_detectable(panel: EffectPanel, **options) -> float:
    """Return the minimum detectable effect of a panel, from the spread of its own changes within each group."""
    changes = unit_changes(panel)
    groups = [changes[panel.treated], changes[~panel.treated]]
    degrees = sum(len(g) - 1 for g in groups)
    spread = float(np.sqrt(sum(((g - g.mean()) ** 2).sum() for g in groups) / degrees))
    return minimum_detectable(spread, len(groups[0]), len(groups[1]), **options)


def smallest_pretrend(panel: EffectPanel, *, alpha: float = ALPHA, power: float = POWER) -> float:
    """Return the difference in slope per period between pilots and others, before the pilot, seen with `power`.

    From the spread of the provinces' own slopes before; NaN with fewer than two periods before.
    """
    before = panel.values[:, ~panel.post]
    t = np.array(panel.periods)[~panel.post]
    held = np.isfinite(before)
    enough = held.sum(axis=1) >= 2
    if len(t) < 2 or enough.sum() < 4:
        return float("nan")
    centred = np.where(held, t, 0) - np.where(held, (held * t).sum(axis=1, keepdims=True) / np.maximum(held.sum(axis=1, keepdims=True), 1), 0)
    slope = (centred * np.where(held, before, 0)).sum(axis=1)[enough] / (centred**2).sum(axis=1)[enough]
    treated = panel.treated[enough]
    groups = [slope[treated], slope[~treated]]
    if min(map(len, groups)) < 2:
        return float("nan")
    spread = float(np.sqrt(sum(((g - g.mean()) ** 2).sum() for g in groups) / (len(slope) - 2)))
    return minimum_detectable(spread, len(groups[0]), len(groups[1]), alpha=alpha, power=power)
