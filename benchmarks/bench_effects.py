"""Randomisation of 20 outcomes at once against a loop over outcomes and draws: 9,999 draws, 77 provinces, 15 periods.

Statistics of both ways are compared before any time is taken; CPU seconds, one thread. The loop is timed on a part.
"""

import json
import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import time  # noqa: E402

import numpy as np  # noqa: E402

from sdg_eval.codelists import read_codelists  # noqa: E402
from sdg_eval.effects.design import EffectPanel, strata_of  # noqa: E402
from sdg_eval.effects.did import _cells, _long, _residualise, within_did  # noqa: E402
from sdg_eval.effects.randomisation import drawn_assignments, randomise, unit_changes  # noqa: E402

OUTCOMES, PERIODS, DRAWS, LOOPED, SEED, ROUNDS = 20, 15, 9999, 20, 20301231, 5


def main() -> None:
    """Compare, then time."""
    codelists, rng = read_codelists(), np.random.default_rng(SEED)
    areas = codelists.provinces
    treated, strata = np.isin(areas, codelists.pilots), strata_of(codelists, areas)
    post = np.arange(PERIODS) >= 11
    panels = [EffectPanel(tuple(areas), tuple(range(PERIODS)), rng.normal(size=(77, PERIODS)), treated, post) for _ in range(OUTCOMES)]

    def fast():
        return randomise(np.column_stack([unit_changes(p, strata) for p in panels]), treated, strata, draws=DRAWS, seed=SEED)

    results = fast()
    rows = np.concatenate(list(drawn_assignments(treated, np.unique(strata, return_inverse=True)[1], DRAWS, SEED)))[:LOOPED].astype(bool)

    def loop(panel):
        y, unit, period = _long(panel)
        effects = []
        for row in rows:
            own = _residualise(np.column_stack([y, row[unit] & post[period]]), unit, _cells(panel, strata, unit, period))
            effects.append(own[:, 1] @ own[:, 0] / (own[:, 1] @ own[:, 1]))
        return effects

    started = time.process_time()
    looped = loop(panels[0])
    slow = (time.process_time() - started) / LOOPED * DRAWS * OUTCOMES
    assert np.allclose(results[0].draws[:LOOPED], looped, atol=1e-9), "the two ways differ"
    assert all(np.isclose(r.statistic, within_did(p, strata).effect) for r, p in zip(results, panels, strict=True)), "the statistic is not the estimate"
    times = []
    for _ in range(ROUNDS):
        started = time.process_time()
        fast()
        times.append(time.process_time() - started)
    basis = f"{DRAWS} draws x {OUTCOMES} outcomes x 77 provinces x {PERIODS} periods, one thread, residualised once; statistics equal to those of the regression with region by period effects; wanted under 10"
    print(json.dumps({"name": "randomisation_cpu", "value": round(float(np.median(times)), 3), "unit": "s", "basis": basis}))
    print(json.dumps({"name": "randomisation_ratio", "value": round(slow / float(np.median(times)), 1), "unit": "times", "basis": f"against a regression per draw, timed on {LOOPED} draws of one outcome"}))


if __name__ == "__main__":
    main()
