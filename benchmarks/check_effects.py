"""Does the verdict find an effect that is there, and claim none that is not? 400 panels of 77 provinces per world.

Each line has the share of panels with `effect_detected`, its Monte Carlo error, and beside it how often the interval misses
the truth, and how often a plain difference in differences (cluster errors, p < 0.05) would have claimed an effect.
"""

import json
import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

from concurrent.futures import ProcessPoolExecutor  # noqa: E402
from functools import cache  # noqa: E402

import numpy as np  # noqa: E402

from sdg_eval.codelists import read_codelists  # noqa: E402
from sdg_eval.effects.design import outcome_panel, programme_window, strata_of  # noqa: E402
from sdg_eval.effects.outcomes import OutcomeRule  # noqa: E402
from sdg_eval.effects.power import panel_detectable  # noqa: E402
from sdg_eval.effects.verdict import judge_outcomes  # noqa: E402
from sdg_eval.simulate import simulate_effect  # noqa: E402

PANELS, SEED = int(os.environ.get("PANELS", "400")), 20301231
RULE = OutcomeRule("SI_POV_NAHC", smallest=0.5)
codelists = cache(read_codelists)


def judged(task: tuple) -> tuple[str, str, bool, bool]:
    """(verdict, reason, would a plain difference claim it, does the interval miss the truth) of one world."""
    number, seed, world = task
    table = simulate_effect(codelists(), np.random.default_rng([SEED, number, seed]), **dict(world))
    row = judge_outcomes(table, codelists(), rules=[RULE], only_verdict=True)[0].iloc[0]
    return row["verdict"], row["reason"], bool(row["plain_p"] < 0.05), not row["ci_low"] <= dict(world).get("effect", 0.0) <= row["ci_high"]


def detectable(rho: float) -> float:
    """Mean minimum detectable effect of panels with that correlation."""
    window = programme_window(codelists())
    panels = (outcome_panel(simulate_effect(codelists(), np.random.default_rng([SEED, 99, s]), rho=rho), RULE, window) for s in range(40))
    return float(np.mean([panel_detectable(panel, strata_of(codelists(), panel.areas)) for panel in panels]))


def main() -> None:
    """Print one line per world."""
    worlds = [
        ("no_effect", {}, "wanted at most 5%"), ("effect_2_mde", {"effect": 2 * detectable(0.3)}, "wanted at least 80%"),
        *((f"rising_trend_{str(trend).replace('.', '')}", {"differing_trend": trend}, "pilots chosen on a rising trend, noise 1; wanted at most 5% where the plain difference claims over 50%")
          for trend in (0.1, 0.15, 0.2, 0.4)),
        ("one_province_shock", {"shock": 8.0}, "wanted at most 5%"), ("no_effect_rho_06", {"rho": 0.6}, "wanted at most 5%"),
        ("no_effect_regional_shocks", {"regional": 1.0}, "wanted at most 5%"), ("effect_2_mde_regional_shocks", {"effect": 2 * detectable(0.3), "regional": 1.0}, "wanted at least 80%"),
        ("no_effect_gaps", {"gaps": 0.05}, "one value in twenty missing; wanted at most 5%"), ("effect_2_mde_gaps", {"effect": 2 * detectable(0.3), "gaps": 0.05}, "not asked: gaps leave few provinces for the test of trends"),
        ("effect_2_mde_rho_06", {"effect": 2 * detectable(0.6), "rho": 0.6}, "not asked: power under strong correlation"),
    ]  # fmt: skip
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for number, (name, world, wanted) in enumerate(worlds):
            found = list(pool.map(judged, [(number, seed, tuple(world.items())) for seed in range(PANELS)], chunksize=20))
            share = np.mean([verdict == "effect_detected" for verdict, *_ in found])
            naive = np.mean([claim for _, _, claim, _ in found])
            kinds = {f"{v}{'/' + r if r else ''}" for v, r, *_ in found}
            counts = ", ".join(f"{k} {sum(f'{v}/{r}'.rstrip('/') == k for v, r, *_ in found)}" for k in sorted(kinds))
            basis = f"{PANELS} panels, 77 provinces, 2015-2024, {dict(world)}; {wanted}; Monte Carlo error {100 * np.sqrt(share * (1 - share) / PANELS):.1f} points; {counts}"
            print(json.dumps({"name": f"effect_detected_{name}", "value": round(100 * share, 2), "unit": "% of panels", "basis": basis}), flush=True)
            missed = np.mean([miss for *_, miss in found])
            if "differing_trend" not in world and "shock" not in world:
                print(json.dumps({"name": f"interval_misses_{name}", "value": round(100 * missed, 2), "unit": "% of panels", "basis": "95% interval within regions; wanted 5%"}), flush=True)
            print(json.dumps({"name": f"plain_difference_claims_{name}", "value": round(100 * naive, 2), "unit": "% of panels", "basis": "two-way fixed effects, cluster error, p < 0.05"}), flush=True)


if __name__ == "__main__":
    main()
