"""One model for all provinces: a random intercept and slope each (METHODS 2.11, option)."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sdg_eval.ranks import finite

MIN_GROUPS = 20
"""Fewest provinces: the variance between slopes is known from no fewer."""


@dataclass(frozen=True)
class MixedSlopes:
    """Mean line, its spread over groups, and each group's own line drawn towards it."""

    n_obs: int
    n_groups: int
    intercept: float = np.nan
    slope: float = np.nan
    se_intercept: float = np.nan
    se_slope: float = np.nan
    sd_intercept: float = np.nan
    sd_slope: float = np.nan
    correlation: float = np.nan
    sd_residual: float = np.nan
    loglik: float = np.nan  # restricted
    groups: pd.DataFrame | None = None  # index group; intercept, slope
    reason: str = ""


def mixed_slopes(groups, times, values, *, force: bool = False) -> MixedSlopes:
    """Return the REML fit of y = a + b t with a random intercept and slope per group.

    Parameters
    ----------
    groups, times, values
        Equal-length columns; rows without a value are dropped.
    force
        Also under 20 groups.

    Notes
    -----
    Where the variance of slopes cannot be estimated (no convergence, a singular fit) the groups keep
    only an intercept of their own and share the slope: reason `intercept_only`.
    """
    table = pd.DataFrame({"group": np.asarray(groups).astype(str), "t": finite(times, "The times"), "y": finite(values, "The values")})
    table = table.dropna()
    count = table["group"].nunique()
    if count < MIN_GROUPS and not force:
        return MixedSlopes(len(table), count, reason="few_groups")
    fit = _fit(table, "~t")
    if fit is None or fit.cov_re.to_numpy()[1, 1] <= 1e-10 * fit.scale:
        fit = _fit(table, "~1")
        if fit is None:
            return MixedSlopes(len(table), count, reason="model_failed")
        return _result(table, fit, "intercept_only")
    return _result(table, fit, "")


def _fit(table: pd.DataFrame, random: str):
    from statsmodels.regression.mixed_linear_model import MixedLM

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            fit = MixedLM.from_formula("y ~ t", table, groups="group", re_formula=random).fit(reml=True, method=["lbfgs", "bfgs"])
        except np.linalg.LinAlgError:
            return None
    return fit if fit.converged else None


def _result(table: pd.DataFrame, fit, reason: str) -> MixedSlopes:
    cov = fit.cov_re.to_numpy()
    effects = pd.DataFrame(fit.random_effects).T
    own = pd.DataFrame({
        "intercept": fit.fe_params["Intercept"] + effects.iloc[:, 0],
        "slope": fit.fe_params["t"] + (effects.iloc[:, 1] if effects.shape[1] > 1 else 0.0),
    }).rename_axis("group")  # fmt: skip
    sd = np.sqrt(np.diag(cov))
    slopes = len(sd) > 1
    return MixedSlopes(
        len(table), len(own), float(fit.fe_params["Intercept"]), float(fit.fe_params["t"]),
        float(fit.bse_fe["Intercept"]), float(fit.bse_fe["t"]), float(sd[0]), float(sd[1]) if slopes else 0.0,
        float(cov[0, 1] / (sd[0] * sd[1])) if slopes else np.nan, float(np.sqrt(fit.scale)), float(fit.llf), own, reason,
    )  # fmt: skip
