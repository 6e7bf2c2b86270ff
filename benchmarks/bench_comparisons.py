"""Rank bands of 2,000 draws and neighbours of 9,999 permutations: the array code against plain loops.

77 provinces, 60 indicators, one process, one thread. Ranks and p-values of both ways are compared before any time
is taken; times are CPU seconds. The loops are timed on a part and scaled, as the basis says.
"""

import json
import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import time  # noqa: E402

import numpy as np  # noqa: E402

from sdg_eval.codelists import read_codelists  # noqa: E402
from sdg_eval.comparisons.composite import Basket, draw_ranks  # noqa: E402
from sdg_eval.comparisons.space import _orders, local_moran, moran, neighbour_lists, row_standardised  # noqa: E402

AREAS, SERIES, DRAWS, PERMUTATIONS, SEED, ROUNDS = 77, 60, 2000, 9999, 20301231, 3
LOOPED_DRAWS, LOOPED_SERIES = 50, 2


def tell(name: str, value: float, unit: str, basis: str) -> None:
    """Print one figure as a line of JSON."""
    print(json.dumps({"name": name, "value": round(value, 3), "unit": unit, "basis": basis}))


def loop_ranks(values: np.ndarray, goals: np.ndarray, draws: int) -> np.ndarray:
    """Ranks draw by draw, area by area, from the same weights as `draw_ranks(vary=("weights",))`."""
    rng = np.random.default_rng(SEED)
    rng.uniform(-0.1, 0.1, (draws, 2, values.shape[1]))
    names = sorted(set(goals), key=lambda g: (len(g), g))
    ranks = np.empty((draws, len(values)))
    for draw, weights in enumerate(rng.dirichlet(np.ones(len(names)), draws)):
        index = [
            sum(w * np.nanmean([v for v, g in zip(row, goals, strict=True) if g == name]) for w, name in zip(weights, names, strict=True)) / weights.sum()
            for row in values
        ]
        ranks[draw] = [1 + sum(other > own for other in index) for own in index]
    return ranks


def loop_moran(y: np.ndarray, near: list[list[int]], w: np.ndarray) -> float:
    """p of Moran's I, permutation by permutation, from the same permutations."""
    z = y - y.mean()
    total, expected = (z**2).sum(), -1 / (len(z) - 1)
    observed = z @ w @ z / total
    far = sum(abs(p @ w @ p / total - expected) >= abs(observed - expected) - 1e-12 for p in (z[order] for order in _orders(len(z), PERMUTATIONS, SEED)))
    return (1 + far) / (PERMUTATIONS + 1)


def main() -> None:
    """Compare, then time."""
    rng = np.random.default_rng(SEED)
    values = rng.uniform(0, 100, (AREAS, SERIES))
    goals = np.array([str(1 + i % 17) for i in range(SERIES)])
    basket = Basket(tuple(f"S{i}" for i in range(SERIES)), tuple(goals), np.zeros(SERIES), np.full(SERIES, 100.0))
    started = time.process_time()
    looped = loop_ranks(values, goals, LOOPED_DRAWS)
    slow = (time.process_time() - started) * DRAWS / LOOPED_DRAWS
    ours = draw_ranks(values, basket, draws=LOOPED_DRAWS, seed=SEED, vary=("weights",))
    assert np.array_equal(ours, looped), "ranks differ"
    fast = []
    for _ in range(ROUNDS):
        started = time.process_time()
        draw_ranks(values, basket, draws=DRAWS, seed=SEED)
        fast.append(time.process_time() - started)
    what = f"{DRAWS} draws x {AREAS} provinces x {SERIES} indicators, one thread"
    tell("rank_bands_cpu", float(np.median(fast)), "s", f"{what}; all choices moved; ranks equal to the loop's; wanted under 2")
    tell("rank_bands_ratio", slow / float(np.median(fast)), "times", f"loop timed on {LOOPED_DRAWS} draws that move weights only")

    codelists = read_codelists()
    near = neighbour_lists(codelists, codelists.provinces)
    panel, w = rng.normal(size=(SERIES, AREAS)), row_standardised(near)
    started = time.process_time()
    looped = [loop_moran(y, near, w) for y in panel[:LOOPED_SERIES]]
    slow = (time.process_time() - started) * SERIES / LOOPED_SERIES
    assert [moran(y, near).p_value for y in panel[:LOOPED_SERIES]] == looped, "p-values differ"
    fast, both = [], []
    for _ in range(ROUNDS):
        started = time.process_time()
        for y in panel:
            moran(y, near)
        fast.append(time.process_time() - started)
        for y in panel:
            local_moran(y, near)
        both.append(time.process_time() - started)
    what = f"{PERMUTATIONS} permutations, {SERIES} series, {AREAS} provinces, one thread"
    tell("moran_and_local_cpu", float(np.median(both)), "s", f"{what}; wanted under 5")
    tell("moran_ratio", slow / float(np.median(fast)), "times", f"{what}; global I only, p equal to the loop's; loop timed on {LOOPED_SERIES} series")


if __name__ == "__main__":
    main()
