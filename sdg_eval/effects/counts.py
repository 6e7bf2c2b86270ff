"""An effect on counts: Poisson with province and period effects, population as exposure.

The rate ratio needs no normal distribution and no constant noise; the error allows for over-dispersion and for
correlation within a province (clustered).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sdg_eval.effects.did import CONFIDENCE, degrees_of


@dataclass(frozen=True)
class CountEffect:
    """Rate ratio of treated provinces after the start, its interval and p, events counted, dispersion; or a reason."""

    ratio: float
    ci_low: float
    ci_high: float
    p_value: float
    n_events: int
    n_obs: int
    dispersion: float
    reason: str = ""


def count_effect(events, exposure, treated, post, *, confidence: float = CONFIDENCE) -> CountEffect:
    """Return the effect on `events` (areas x periods, NaN where there is none) over `exposure` (persons).

    `treated` marks areas, `post` periods. A province without any event says nothing about a ratio and is left out.
    """
    import statsmodels.api as sm
    from scipy.stats import t as student

    events, exposure = np.asarray(events, dtype=float), np.asarray(exposure, dtype=float)
    treated, post = np.asarray(treated, dtype=bool), np.asarray(post, dtype=bool)
    held = np.isfinite(events) & (exposure > 0)
    some = np.where(held, events, 0).sum(axis=1) > 0
    held &= some[:, None]
    unit, period = np.nonzero(held)
    d = treated[unit] & post[period]
    y = events[unit, period]
    if not d.any() or not (treated[unit] & ~post[period]).any() or not (~treated[unit] & post[period]).any() or y[d].sum() == 0:
        return CountEffect(np.nan, np.nan, np.nan, np.nan, int(y.sum()), len(y), np.nan, "few_events")
    numbers = np.unique(unit, return_inverse=True)[1]
    design = np.column_stack([
        d, numbers[:, None] == np.arange(numbers.max() + 1)[None], period[:, None] == np.unique(period)[None, 1:],
    ]).astype(float)  # fmt: skip
    model = sm.GLM(y, design, family=sm.families.Poisson(), offset=np.log(exposure[unit, period]))
    fit = model.fit(cov_type="cluster", cov_kwds={"groups": numbers, "use_correction": False})
    clusters = numbers.max() + 1
    se = float(np.sqrt(fit.cov_params()[0, 0] * clusters / (clusters - 1)))
    degrees = degrees_of(int(treated[np.unique(unit)].sum()))
    beta, reach = float(fit.params[0]), student.ppf(0.5 + confidence / 2, degrees) * se
    return CountEffect(
        float(np.exp(beta)), float(np.exp(beta - reach)), float(np.exp(beta + reach)), float(2 * student.sf(abs(beta) / se, degrees)),
        int(y.sum()), len(y), float(fit.pearson_chi2 / fit.df_resid),
    )  # fmt: skip
