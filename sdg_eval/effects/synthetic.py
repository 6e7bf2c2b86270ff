"""Synthetic difference in differences: comparison provinces and years weighted so that the past runs parallel.

Arkhangelsky, Athey, Hirshberg, Imbens & Wager 2021, by the library diff-diff (equal to the authors' R package to 1e-9).
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sdg_eval.effects.design import EffectPanel

MIN_BEFORE = 5
"""Fewest periods before: fewer cannot carry weights (METHODS 4.5)."""
SEED = 20301231


@dataclass(frozen=True)
class Synthetic:
    """Effect, its jackknife error, the weights of provinces and of periods; or a reason and no numbers."""

    effect: float
    se: float
    unit_weights: dict[str, float]
    time_weights: dict[float, float]
    n_treated: int
    n_comparison: int
    reason: str = ""
    poor_fit: bool = False  # the weighted past follows the pilots worse than 95% of placebo fits


def synthetic_did(panel: EffectPanel, *, fewest_treated: int = 2) -> Synthetic:
    """Return the estimate over the provinces that have every period; a reason where the panel cannot bear it.

    One treated province has no jackknife error: `se` is NaN.
    """
    full = np.isfinite(panel.values).all(axis=1)
    treated = panel.treated & full
    n1, n0 = int(treated.sum()), int((full & ~panel.treated).sum())
    reason = panel.reason or ("few_periods_before" if panel.n_before < MIN_BEFORE else "few_complete_provinces" if n1 < fewest_treated or n0 <= n1 else "")
    if reason:
        return Synthetic(np.nan, np.nan, {}, {}, n1, n0, reason)
    from diff_diff import SyntheticDiD

    areas = np.array(panel.areas)[full]
    table = pd.DataFrame({
        "area": np.repeat(areas, len(panel.periods)), "period": np.tile(panel.periods, len(areas)), "y": panel.values[full].ravel(),
        "treated": np.repeat(panel.treated[full], len(panel.periods)).astype(int),
    })  # fmt: skip
    after = [p for p, post in zip(panel.periods, panel.post, strict=True) if post]
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        found = SyntheticDiD(variance_method="jackknife", seed=SEED).fit(
            table, outcome="y", treatment="treated", unit="area", time="period", post_periods=after
        )
    return Synthetic(
        float(found.att), float(found.se), {str(k): float(v) for k, v in found.unit_weights.items()},
        {float(k): float(v) for k, v in found.time_weights.items()}, n1, n0,
        poor_fit=any("fit is poor" in str(w.message) for w in told),
    )  # fmt: skip
