"""Whether two things are in the same order: Spearman's rank correlation of few, often tied pairs.

Severity has five steps and most needs have no or one plan item, so ties are the rule. The interval is Fisher's with
the variance of Bonett and Wright (2000), which kept its coverage there; a percentile bootstrap of six pairs covered
the truth in 77 of 100 cases. The p-value is by permutation, which ties do not disturb.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sdg_eval.delivery.shares import CONFIDENCE, SEED, normal_quantile
from sdg_eval.errors import DataError

MIN_PAIRS = 6
"""Fewest pairs of which an order is told (METHODS 1: under six there is no test)."""
PERMUTATIONS = 1999


@dataclass(frozen=True)
class Agreement:
    """Spearman's rho with its interval, the permutation p-value and n; `reason` says why it is blank."""

    n: int
    rho: float
    ci_low: float
    ci_high: float
    p_value: float
    reason: str


def rank_agreement(x, y, *, rng: np.random.Generator | None = None, permutations: int = PERMUTATIONS, confidence: float = CONFIDENCE) -> Agreement:
    """Return how far `y` is in the order of `x`; pairs with a missing value are left out.

    Reasons: `few_pairs` under MIN_PAIRS, `all_same` when one of the two does not vary, `same_order` when every pair agrees or
    disagrees, where no interval can be formed.
    """
    from scipy.stats import rankdata

    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if x.shape != y.shape:
        raise DataError(f"An order needs pairs: found {len(x)} and {len(y)} values.")
    known = np.isfinite(x) & np.isfinite(y)
    x, y = x[known], y[known]
    n = len(x)
    if n < MIN_PAIRS:
        return Agreement(n, np.nan, np.nan, np.nan, np.nan, "few_pairs")
    rx, ry = rankdata(x) - (n + 1) / 2, rankdata(y) - (n + 1) / 2
    size = np.sqrt(np.sum(rx**2) * np.sum(ry**2))
    if size == 0:
        return Agreement(n, np.nan, np.nan, np.nan, np.nan, "all_same")
    rho = float(np.sum(rx * ry) / size)
    rng = rng or np.random.default_rng(SEED)
    drawn = rng.permuted(np.tile(ry, (permutations, 1)), axis=1) @ rx / size
    # two equal sums may differ by rounding: as far out as the observed one counts as being as far
    p_value = (1 + int(np.sum(np.abs(drawn) >= abs(rho) - 1e-12))) / (permutations + 1)
    if 1 - abs(rho) < 1e-12:
        return Agreement(n, float(np.sign(rho)), np.nan, np.nan, p_value, "same_order")
    reach = normal_quantile(confidence) * np.sqrt((1 + rho**2 / 2) / (n - 3))
    low, high = np.tanh(np.arctanh(rho) + np.array([-reach, reach]))
    return Agreement(n, rho, float(low), float(high), p_value, "")
