"""Trends of 77 provinces x 20 series: evaluate_trends against a plain loop over pymannkendall and scipy.

Both are run on the same synthetic data, in turn, five times; the ratio of the medians is printed.
Outputs are compared first: S and the Theil-Sen slope of every series must be equal. evaluate_trends
does more in its time: the simulated null, pooled correlation, intervals, sensitivity runs, verdicts.
"""

import json
import statistics
import time

import numpy as np
import pandas as pd
import pymannkendall
from scipy.stats import theilslopes

from sdg_eval.codelists import read_codelists
from sdg_eval.simulate import simulate_panel
from sdg_eval.trends import evaluate_trends

SERIES, YEARS, ROUNDS = 20, range(2010, 2026), 5


def panel() -> pd.DataFrame:
    """Observations of 20 series in 77 provinces over 16 years, slopes from -1 to 1."""
    areas = read_codelists().provinces
    parts = [
        simulate_panel(areas, YEARS, slope=slope, rho=0.4, seed=seed).assign(SERIES=f"SIM_{seed:02d}")
        for seed, slope in enumerate(np.linspace(-1, 1, SERIES))
    ]
    return pd.concat(parts, ignore_index=True)


def plain_loop(observations: pd.DataFrame) -> pd.DataFrame:
    """One call of each library per series and province."""
    rows = []
    for (series, area), part in observations.groupby(["SERIES", "REF_AREA"], sort=True):
        values, years = part["OBS_VALUE"].to_numpy(), part["TIME_PERIOD"].astype(int).to_numpy()
        test = pymannkendall.original_test(values)
        slope = theilslopes(values, years).slope
        rows.append({"SERIES": series, "REF_AREA": area, "s": test.s, "slope": slope})
    return pd.DataFrame(rows)


def seconds(function, *arguments) -> float:
    """Wall time of one call."""
    started = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - started


def main() -> None:
    """Check equality, then print one JSON line per figure."""
    observations = panel()
    ours, theirs = evaluate_trends(observations), plain_loop(observations)
    both = ours.merge(theirs, on=["SERIES", "REF_AREA"], suffixes=("", "_plain"))
    assert len(both) == SERIES * 77
    assert (both["s"] == both["s_plain"]).all()
    assert np.allclose(both["slope"], both["slope_plain"], rtol=1e-9)
    pairs = [(seconds(evaluate_trends, observations), seconds(plain_loop, observations)) for _ in range(ROUNDS)]
    mine, plain = (statistics.median(times) for times in zip(*pairs, strict=True))
    basis = f"median of {ROUNDS} paired rounds, {SERIES} series x 77 provinces x {len(YEARS)} years, S and slopes equal"
    for name, value, unit in (
        ("trends_seconds", mine, "s"),
        ("plain_loop_seconds", plain, "s"),
        ("trends_over_plain_loop", mine / plain, "ratio"),
    ):
        print(json.dumps({"name": name, "value": round(value, 3), "unit": unit, "basis": basis}))


if __name__ == "__main__":
    main()
