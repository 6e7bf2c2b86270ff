"""How long until it happens, when for some it has not happened yet: Kaplan-Meier curves with Greenwood's interval.

A province that has not reached a step by the end of the quarter is not dropped and not counted as never: it is
known to have waited so long (right-censored). The curve comes from statsmodels; the interval is taken on the
log(-log) scale, where it stays inside 0 to 1 (Kalbfleisch & Prentice 1980).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sdg_eval.delivery.shares import CONFIDENCE, DRAWS, normal_quantile, resample_counts
from sdg_eval.errors import DataError

CURVE = ["time", "n_risk", "n_event", "survival", "std_err", "ci_low", "ci_high"]
MIN_CASES = 6
"""Fewest cases for which an interval of a median is given; with fewer the times are only listed."""


@dataclass(frozen=True)
class Waiting:
    """The median time to the event with its interval, how many cases, how many had the event; NaN where not reached.

    `reason` says why the median is blank: `no_rows`, `not_reached` (under half have had it), or `few_cases` when only
    the interval is.
    """

    n: int
    n_event: int
    median: float
    ci_low: float
    ci_high: float
    reason: str


def _checked(times, events) -> tuple[np.ndarray, np.ndarray]:
    times, events = np.asarray(times, dtype=float), np.asarray(events, dtype=bool)
    if not np.isfinite(times).all():
        raise DataError("A waiting time is missing. Leave out those of whom no time is known, and count them.")
    return times, events


def km_curve(times, events, *, confidence: float = CONFIDENCE) -> pd.DataFrame:
    """Return the Kaplan-Meier curve: one row per time at which something happened, from those still waiting.

    `survival` is the share that has not had the event after `time`. Times may be negative (ahead of plan). The interval
    is blank where the curve has reached 0, and is 1 to 1 where nothing has happened yet.
    """
    times, events = _checked(times, events)
    if not events.any():
        return pd.DataFrame(columns=CURVE).astype(dict.fromkeys(CURVE, "float64"))
    from statsmodels.duration.survfunc import SurvfuncRight

    # times are counted from the first, because the implementation begins at 0
    curve = SurvfuncRight(times - times.min(), events.astype(int))
    survival, std_err = curve.surv_prob, curve.surv_prob_se
    low, high = log_log_interval(survival, std_err, confidence)
    rows = [curve.surv_times + times.min(), curve.n_risk, curve.n_events, survival, std_err, low, high]
    return pd.DataFrame(dict(zip(CURVE, (np.asarray(r, dtype=float) for r in rows), strict=True)))


def log_log_interval(survival, std_err, confidence: float = CONFIDENCE) -> tuple[np.ndarray, np.ndarray]:
    """Return the ends of the interval of a survival share on the log(-log) scale; NaN at 0, and the share itself at 1."""
    survival, std_err = np.asarray(survival, dtype=float), np.asarray(std_err, dtype=float)
    inside = (survival > 0) & (survival < 1)
    s = np.where(inside, survival, 0.5)
    reach = normal_quantile(confidence) * std_err / (s * np.abs(np.log(s)))
    low = np.where(inside, s ** np.exp(reach), np.where(survival >= 1, 1.0, np.nan))
    high = np.where(inside, s ** np.exp(-reach), np.where(survival >= 1, 1.0, np.nan))
    return low, high


def survival_at(curve: pd.DataFrame, times, *, last: float) -> pd.DataFrame:
    """Return the curve at the given times: survival, ci_low, ci_high; blank after `last`, beyond which nobody was watched."""
    rows = []
    for time in times:
        past = curve[curve["time"] <= time]
        if time > last:
            rows.append({"time": time, "survival": np.nan, "ci_low": np.nan, "ci_high": np.nan, "reason": "not_watched_so_long"})
        elif past.empty:
            rows.append({"time": time, "survival": 1.0, "ci_low": np.nan, "ci_high": 1.0, "reason": "no_event_yet"})
        else:
            at = past.iloc[-1]
            gone = "all_ended" if at["survival"] == 0 else ""
            rows.append({"time": time, "survival": at["survival"], "ci_low": at["ci_low"], "ci_high": at["ci_high"], "reason": gone})
    return pd.DataFrame(rows, columns=["time", "survival", "ci_low", "ci_high", "reason"])


def median_wait(times, events, *, confidence: float = CONFIDENCE) -> Waiting:
    """Return the median time to the event, with the interval of Brookmeyer and Crowley (1982) on the log(-log) scale.

    An end of the interval that the curve does not reach is NaN: all that is known is that it lies later.
    """
    times, events = _checked(times, events)
    curve = km_curve(times, events)
    n, n_event = len(times), int(events.sum())
    if not n:
        return Waiting(0, 0, np.nan, np.nan, np.nan, "no_rows")
    median = first_time(curve["time"], curve["survival"])
    low, high = first_time(curve["time"], curve["ci_low"]), first_time(curve["time"], curve["ci_high"])
    if n < MIN_CASES:
        low = high = np.nan
    return Waiting(n, n_event, median, low, high, "not_reached" if np.isnan(median) else "few_cases" if n < MIN_CASES else "")


def first_time(times, share, level: float = 0.5) -> float:
    """Return the first time at which a falling curve is at or below `level`; NaN if it stays above.

    Where the curve is blank it has reached 0 at that time.
    """
    share = np.nan_to_num(np.asarray(share, dtype=float), nan=0.0)
    # a share such as 1/2 made of quotients may stand a rounding above one half
    reached = np.flatnonzero(share <= level + 1e-12)
    return float(np.asarray(times, dtype=float)[reached[0]]) if len(reached) else np.nan


def clustered_median(times, events, clusters, rng: np.random.Generator, *, draws: int = DRAWS, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Return the interval of the median when cases come in clusters: the clusters are drawn anew, with all their cases.

    The activities of one project are late together; taken as independent they would promise too much. An end that
    is not reached in the draws is NaN.
    """
    times, events = _checked(times, events)
    order = np.argsort(times, kind="stable")
    times, events = times[order], events[order]
    codes, names = pd.factorize(np.asarray(clusters)[order])
    weights = resample_counts(len(names), draws, rng)[:, codes].astype(float)
    grid, at = np.unique(times, return_inverse=True)
    steps = np.zeros((len(times), len(grid)))
    steps[np.arange(len(times)), at] = 1.0
    ended, leaving = weights @ (steps * events[:, None]), weights @ steps
    at_risk = np.cumsum(leaving[:, ::-1], axis=1)[:, ::-1]
    curves = np.cumprod(1 - np.divide(ended, at_risk, out=np.zeros_like(ended), where=at_risk > 0), axis=1)
    below = curves <= 0.5 + 1e-12
    found = np.where(below.any(axis=1), grid[below.argmax(axis=1)], np.inf)
    ends = np.quantile(found, [0.5 - confidence / 2, 0.5 + confidence / 2], method="closest_observation")
    low, high = np.where(np.isfinite(ends), ends, np.nan)
    return float(low), float(high)
