"""Which choice moves an index most: Sobol indices, by SALib.

For methods notebooks and advisers only; the batch needs the rank bands, not where they come from.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from sdg_eval.comparisons.composite import BOUND_SHIFT, INDEX_MISSING, Basket, goal_means, index_of
from sdg_eval.errors import UsageError

BASE, SEED = 1024, 20301231


def sobol_indices(model: Callable, inputs: dict[str, tuple[float, float]], *, base: int = BASE, seed: int = SEED) -> pd.DataFrame:
    """Return per input first-order and total Sobol index, each with the half width of its 95% interval.

    `model` maps runs x inputs to one number a run; inputs are uniform between their bounds. Saltelli et al. 2008.
    A model whose output never changes has no indices: NaN. Raises UsageError unless `base` is a power of two.
    """
    from SALib.analyze import sobol as analyse
    from SALib.sample import sobol as sample

    if base < 2 or base & (base - 1):
        raise UsageError(f"base is {base}; Sobol sequences need a power of two, such as 1024.")
    problem = {"num_vars": len(inputs), "names": list(inputs), "bounds": [list(b) for b in inputs.values()]}
    runs = sample.sample(problem, base, calc_second_order=False, seed=seed)
    output = np.asarray(model(runs), dtype=float)
    if np.ptp(output) == 0:
        return pd.DataFrame({"input": list(inputs), "first": np.nan, "first_half": np.nan, "total": np.nan, "total_half": np.nan})
    got = analyse.analyze(problem, output, calc_second_order=False, seed=seed)
    return pd.DataFrame(
        {"input": list(inputs), "first": got["S1"], "first_half": got["S1_conf"], "total": got["ST"], "total_half": got["ST_conf"]}
    )


def rank_model(values, basket: Basket, area: int) -> tuple[Callable, dict[str, tuple[float, float]]]:
    """Return (model, inputs) for the rank of one area: its inputs are the choices of `draw_ranks`.

    bounds (one shift for all lower, one for all upper), weights (how far goal weights lean to the area's best goals),
    mean (arithmetic below .5) and the indicator left out.
    """
    values = np.asarray(values, dtype=float)
    kept = np.isfinite(values).mean(axis=1) >= 1 - INDEX_MISSING
    own = goal_means(100 * (values - basket.lower) / (basket.upper - basket.lower), basket.membership)[area]
    lean = np.argsort(np.argsort(np.nan_to_num(own))) / max(len(own) - 1, 1) - 0.5
    n = len(basket.series)

    def model(runs: np.ndarray) -> np.ndarray:
        ranks = np.empty(len(runs))
        span = basket.upper - basket.lower
        for i, (low, high, tilt, mean, out) in enumerate(runs):
            lower, upper = basket.lower + low * span, basket.upper + high * span
            scored = np.clip(100 * (values - lower) / (upper - lower), 0, 100)
            membership = basket.membership.copy()
            if int(out) < n:
                membership[int(out)] = 0
            index = index_of(goal_means(scored, basket.membership, weights=membership), np.exp(tilt * lean), mean="arithmetic" if mean < 0.5 else "geometric")
            ranks[i] = 1 + (index[kept] > index[area]).sum()
        return ranks

    return model, {
        "lower bounds": (-BOUND_SHIFT, BOUND_SHIFT), "upper bounds": (-BOUND_SHIFT, BOUND_SHIFT), "weights": (-3.0, 3.0),
        "kind of mean": (0.0, 1.0), "indicator left out": (0.0, n + 1 - 1e-9),
    }  # fmt: skip
