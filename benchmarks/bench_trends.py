"""Trends of many series: the array core against a loop over pymannkendall, scipy and statsmodels.

Same data, one process, one thread, a tenth of the cells empty. S, Sen slope with its interval, OLS slope
and Newey-West error of every series are compared before any time is taken. Times are CPU seconds per
series; the median of paired rounds is printed. The face `evaluate_trends` does more in its time (the
simulated null, pooled correlation, sensitivity runs, verdicts with reasons) and is printed beside.
"""

import json
import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import statistics  # noqa: E402
import time  # noqa: E402

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
import pymannkendall  # noqa: E402
import statsmodels.api as sm  # noqa: E402
from scipy.stats import theilslopes  # noqa: E402

from sdg_eval.least_squares import default_lags, ols_newey_west  # noqa: E402
from sdg_eval.ranks import rank_lines  # noqa: E402
from sdg_eval.trends import evaluate_trends  # noqa: E402

SERIES = {20: 77 * 50, 60: 77 * 20}
LOOPED, ROUNDS, GAPS, SEED = 300, 3, 0.10, 20301231
GROWTH = (10_000, 100_000, 1_000_000)


def panel(series: int, periods: int) -> np.ndarray:
    """Series x periods of noise and trend, a tenth of the cells empty."""
    rng = np.random.default_rng(SEED)
    values = rng.normal(size=(series, periods)) + rng.normal(scale=0.1, size=(series, 1)) * np.arange(periods)
    values[rng.random(values.shape) < GAPS] = np.nan
    return values


def core(values: np.ndarray) -> np.ndarray:
    """S, slope, interval, OLS slope and its error of every row."""
    times = np.arange(values.shape[1], dtype=float)
    ranks, lines = rank_lines(values, times), ols_newey_west(values, times, min_periods=3)
    return np.column_stack([ranks.s, ranks.slope, ranks.ci_low, ranks.ci_high, lines.slope, lines.se])


def loop(values: np.ndarray) -> np.ndarray:
    """The same numbers, one series and one library call at a time."""
    rows = []
    for row in values:
        held = ~np.isnan(row)
        y, t = row[held], np.flatnonzero(held).astype(float)
        test = pymannkendall.original_test(y)
        slope = theilslopes(y, t, 0.95)
        options = {"maxlags": int(default_lags(len(y))), "use_correction": True}
        fit = sm.OLS(y, sm.add_constant(t)).fit(cov_type="HAC", cov_kwds=options, use_t=True)
        rows.append([test.s, slope.slope, slope.low_slope, slope.high_slope, fit.params[1], fit.bse[1]])
    return np.array(rows)


def seconds(function, *arguments) -> float:
    """CPU seconds of one call."""
    started = time.process_time()
    function(*arguments)
    return time.process_time() - started


def table_of(values: np.ndarray) -> pd.DataFrame:
    """The panel as an observation table of 77 provinces."""
    areas = np.array([f"TH-{10 + k}" for k in range(77)], dtype=object)
    series, period = np.nonzero(~np.isnan(values))
    years = np.array([str(1960 + k) for k in range(values.shape[1])], dtype=object)
    return pd.DataFrame({
        "SERIES": np.array([f"SIM_{k:06d}" for k in range(-(-len(values) // 77))], dtype=object)[series // 77],
        "REF_AREA": areas[series % 77], "TIME_PERIOD": years[period], "OBS_VALUE": values[series, period],
    })  # fmt: skip


def say(name: str, value: float, unit: str, basis: str) -> None:
    """Print one figure as a line of JSON."""
    print(json.dumps({"name": name, "value": float(f"{value:.4g}"), "unit": unit, "basis": basis}), flush=True)


def compare(periods: int) -> None:
    """Check equality, then print the ratio of the paired times per series."""
    values = panel(SERIES[periods], periods)
    ours, theirs = core(values)[:LOOPED], loop(values[:LOOPED])
    assert np.allclose(ours, theirs, rtol=1e-8, atol=1e-10), "outputs differ"
    table = table_of(values)
    evaluate_trends(table)  # draws the nulls, which all later calls share
    rounds = [
        (seconds(core, values) / len(values), seconds(loop, values[:LOOPED]) / LOOPED, seconds(evaluate_trends, table) / len(values))
        for _ in range(ROUNDS)
    ]
    mine, plain, face = (statistics.median(times) for times in zip(*rounds, strict=True))
    basis = f"CPU time per series, {periods} periods, 10% gaps, outputs equal, median of {ROUNDS} paired rounds"
    say(f"loop_over_core_{periods}", plain / mine, "ratio", basis)
    say(f"loop_over_evaluate_trends_{periods}", plain / face, "ratio", basis + "; with null, pooling and verdicts")
    say(f"core_{periods}", 1e6 * mine, "microseconds per series", basis)


def growth() -> None:
    """Cost of the core at growing numbers of series."""
    for series in GROWTH:
        values = panel(series, 20)
        basis = f"CPU time of the core, {series:,} series x 20 periods, 10% gaps"
        say(f"core_series_{series}", 1e6 * seconds(core, values) / series, "microseconds per series", basis)


if __name__ == "__main__":
    for length in SERIES:
        compare(length)
    growth()
