"""What effect could this design have shown? The smallest one, and the smallest pre-trend."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sdg_eval.effects.design import EffectPanel
from sdg_eval.effects.did import degrees_of, within_did
from sdg_eval.effects.randomisation import (
    before_deviations,
    drawn_assignments,
    stratum_means,
    stratum_numbers,
    unit_changes,
)

ALPHA, POWER, PRETREND = 0.05, 0.80, 0.10
WORLDS, SEED = 1000, 20301231
RHO_ASSUMED = 0.3
"""Correlation from period to period where it cannot be estimated (METHODS 2.2)."""


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


def detectable_effect(error: float, n_treated: int, *, alpha: float = ALPHA, power: float = POWER) -> float:
    """Return the effect whose interval leaves out zero with `power`, for an estimate with that standard error: t with the
    degrees of the number treated (Bloom 1995 takes the normal, and promises too much with 15 treated)."""
    from scipy.stats import t as t_law

    degrees = degrees_of(n_treated)
    return float((t_law.ppf(1 - alpha / 2, degrees) + t_law.ppf(power, degrees)) * error)


def panel_detectable(panel: EffectPanel, strata=None, **options) -> float:
    """Return `detectable_effect` of a panel's estimate within strata."""
    found = within_did(panel, strata)
    return detectable_effect(max(found.se, found.se_jackknife), found.n_treated, **options)


def smallest_pretrend(panel: EffectPanel, strata=None, *, alpha: float = PRETREND, power: float = POWER) -> float:
    """Return the difference in slope per period between pilots and others, before the pilot, that the joint test of trends
    (`randomisation.pretrend_test`, p below `alpha`) sees with `power`.

    From the non-central chi square of the test's own distance, over the provinces with every value before; a joint test
    spreads its power over all shapes and sees a straight line later than a test of slopes would. NaN where the test has
    too few provinces.
    """
    from scipy.optimize import brentq
    from scipy.stats import chi2, ncx2

    before = panel.values[:, ~panel.post]
    full = np.isfinite(before).all(axis=1)
    k, treated = before.shape[1] - 1, panel.treated[full].astype(float)
    if k < 1 or full.sum() < k + 3:
        return float("nan")
    part = None if strata is None else np.asarray(strata)[full]
    deviation = before_deviations(before[full], part)
    groups = stratum_numbers(part, len(treated))
    own = treated - stratum_means(treated[:, None], groups, np.ones(len(treated)))[:, 0]
    time = np.array(panel.periods)[~panel.post]
    line = (time - time.mean())[1:]
    spread = np.atleast_2d(deviation.T @ deviation) / (len(treated) - groups.max() - 1)
    per_unit = float(own @ own) * float(line @ np.linalg.pinv(spread) @ line)
    if not per_unit > 0:
        return float("nan")
    cut = chi2.ppf(1 - alpha, k)
    needed = brentq(lambda size: ncx2.sf(cut, k, size) - power, 1e-6, 500)
    return float(np.sqrt(needed / per_unit))


# ---------------------------------------------------------------- by simulation on the panel's own noise


@dataclass(frozen=True)
class PowerCurve:
    """Share of worlds in which a true effect of each size is found; at 0 it is the share of false alarms.

    `detectable` is the effect found in 80% of them, interpolated; NaN where no size tried reaches it.
    """

    effects: np.ndarray
    power: np.ndarray
    error: np.ndarray  # Monte Carlo standard error of `power`
    detectable: float
    n_worlds: int
    n_draws: int


def power_curve(
    panel: EffectPanel, strata, *, worlds: int = WORLDS, draws: int = 999, alpha: float = ALPHA, power: float = POWER, seed: int = SEED
) -> PowerCurve:
    """Return the power of the randomisation test and the interval together, on the noise that the comparison provinces really have.

    In each world every province gets the change of a comparison province of its region, drawn with replacement; the pilots
    get the effect on top, and the test runs as it does on the data. No normal distribution, no assumed correlation.
    """
    from scipy.stats import t as t_law

    strata, treated = np.asarray(strata), panel.treated
    changes = unit_changes(panel)
    rng = np.random.default_rng(seed)
    drawn = np.empty((worlds, len(changes)))
    for group in np.unique(strata):
        own = np.flatnonzero(strata == group)
        pool = changes[own[~treated[own]]]
        pool = pool if len(pool) > 1 else changes[~treated]  # a region of pilots alone has no noise of its own
        # less the pool's mean: a region's common change is held by the strata, and is no noise of the test
        drawn[:, own] = rng.choice((pool - pool.mean()) * np.sqrt(len(pool) / (len(pool) - 1)), size=(worlds, len(own)))
    n, groups = len(changes), stratum_numbers(strata, len(changes))
    drawn = drawn - stratum_means(drawn.T, groups, np.ones(n)).T
    own = treated - stratum_means(treated[:, None].astype(float), groups, np.ones(n))[:, 0]
    others = np.concatenate(list(drawn_assignments(treated, groups, draws, seed + 1)))
    by_chance, overlap, square = drawn @ others.T, others @ own, float(own @ own)
    # the interval of each world: an effect moves the estimate alone, so its error is that of the noise
    left = drawn - (drawn @ treated / square)[:, None] * own
    score, leverage = left * own, 1 / np.bincount(groups)[groups] + own**2 / square
    able = leverage < 1 - 1e-9
    jack = np.sqrt((able.sum() - 1) / able.sum() * ((score[:, able] / (1 - leverage[able])) ** 2).sum(axis=1))
    error = np.maximum(np.sqrt((score**2).sum(axis=1) * n / (n - 1)), jack) / square
    both = np.isin(groups, np.intersect1d(groups[treated], groups[~treated]))
    reach = t_law.ppf(1 - alpha / 2, degrees_of(int(treated[both].sum()))) * error
    spread = float(drawn.std()) * np.sqrt(n / (n - groups.max() - 1)) / np.sqrt(square)  # standard error of the difference within strata
    effects = np.linspace(0, 2.5, 11) * spread * minimum_detectable(1.0, 2, 2, alpha=alpha, power=power)  # two and two: quantiles alone
    found = []
    for effect in effects:
        observed = drawn @ treated + effect * square
        far = (np.abs(by_chance + effect * overlap) >= np.abs(observed)[:, None] - 1e-12).sum(axis=1)
        found.append(np.mean(((far + 1) / (draws + 1) < alpha) & (np.abs(observed) / square > reach)))
    found = np.array(found)
    rising = np.maximum.accumulate(found)
    detectable = float(np.interp(power, rising, effects)) if rising[-1] >= power else float("nan")
    return PowerCurve(effects, found, np.sqrt(found * (1 - found) / worlds), detectable, worlds, draws)


# ---------------------------------------------------------------- what would settle it


def noise_correlation(panel: EffectPanel) -> float:
    """Return the lag-1 correlation of the comparison provinces' deviations before, corrected as METHODS 2.2 does; 0.3 where
    there are fewer than six periods before or twenty complete provinces."""
    before = panel.values[np.ix_(~panel.treated, ~panel.post)]
    before = before[np.isfinite(before).all(axis=1)]
    n = before.shape[1]
    if n < 6 or len(before) < 20:
        return RHO_ASSUMED
    t = np.arange(n) - (n - 1) / 2
    left = before - before.mean(axis=0)
    left = left - left.mean(axis=1, keepdims=True)
    left = left - (left @ t / (t @ t))[:, None] * t
    r = float((left[:, 1:] * left[:, :-1]).sum() / (left**2).sum())
    return float(np.clip((n * r + 2) / (n - 4), 0, 0.9))


def periods_needed(panel: EffectPanel, smallest: float, detectable: float, *, most: int = 15) -> int | None:
    """Return how many periods after the start in all would let the design see `smallest` with 80% power; None: more than `most`.

    The detectable effect of today is scaled by how the variance of a province's change falls with periods after, under
    the noise correlation of the panel: more years help less the more noise carries over.
    """
    now = _change_variance(panel.n_before, panel.n_after, noise_correlation(panel))
    for after in range(panel.n_after, most + 1):
        later = _change_variance(panel.n_before, after, noise_correlation(panel))
        if detectable * np.sqrt(later / now) <= smallest:
            return after
    return None


def _change_variance(before: int, after: int, rho: float) -> float:
    """Variance of mean after less mean before of a stationary AR(1) series of variance one."""
    lag = np.abs(np.subtract.outer(np.arange(before + after), np.arange(before + after)))
    contrast = np.r_[np.full(before, -1 / before), np.full(after, 1 / after)]
    return float(contrast @ rho**lag @ contrast)


def provinces_needed(panel: EffectPanel, smallest: float, detectable: float) -> int | None:
    """Return how many treated provinces of the same number in all would let the design see `smallest`; None: not even half."""
    n1, n = int(panel.treated.sum()), len(panel.areas)
    unit = detectable / standard_error(1.0, n1, n - n1)
    for more in range(n1, n // 2 + 1):
        if unit * standard_error(1.0, more, n - more) <= smallest:
            return more
    return None
