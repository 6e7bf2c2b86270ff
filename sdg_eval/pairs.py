"""Two provinces beside each other: which values and paces can be told apart, by one written rule.

A difference between two figures is no finding while their intervals overlap. The rule is simple on purpose, so that an
officer can check it by eye: it is stricter than a test of the difference (two independent 95% intervals that just do not
overlap differ at about p = 0.006), and what it does not tell apart may still differ.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from sdg_eval.delivery.shares import normal_quantile, wilson
from sdg_eval.observations import select_totals

CONFIDENCE = 0.95
MIN_SCATTER = 6
"""Fewest values from which the scatter of one year around a province's own line is taken: as many as a trend test needs."""
COLUMNS = ["SERIES", "REF_AREA", "FREQ", "TIME_PERIOD", "value", "low", "high", "basis", "n", "pace", "pace_low", "pace_high"]
BASIS_WORDS = {
    "published": ("ช่วงที่หน่วยงานเจ้าของข้อมูลเผยแพร่", "the interval that the publisher gives"),
    "counted": ("คำนวณจากจำนวนที่นับได้", "from the numbers counted"),
    "scatter": ("การขึ้นลงรายปีรอบแนวโน้มของจังหวัดเอง", "the scatter of single years around the province's own line"),
    "none": ("ไม่ทราบช่วง", "no interval is known"),
}
"""What the interval of a value rests on."""
RULE_WORDS = (
    "แยกออกจากกันได้ เมื่อช่วงร้อยละ 95 ของสองจังหวัดไม่ซ้อนกันและเป็นช่วงเวลาเดียวกัน ถ้าซ้อนกัน ถือว่าแยกออกจากกันไม่ได้ "
    "ถ้าจังหวัดใดไม่มีช่วง ถือว่ายังบอกไม่ได้",
    "Told apart when the 95% intervals of the two provinces do not overlap and are of the same period. Where they overlap, "
    "the two cannot be told apart; where either has no interval, it cannot be told yet.",
)
"""The rule, in Thai and in English."""


def pair_values(observations: pd.DataFrame, national, codelists) -> pd.DataFrame:
    """Return one row (COLUMNS) per series and province: the value of the period that most provinces have, and the pace.

    Parameters
    ----------
    observations
        Observations after suppression; a suppressed value is none.
    national
        What `evaluation.evaluate_national` returned for them.

    Returns
    -------
    One frequency per series, the one that stands for it. `low` and `high` are NaN with basis `none`; paces are per year, in
    per cent for counts, NaN where no interval was estimated.
    """
    trends = national.trends[national.trends["preferred"]]
    frequency = trends.groupby("SERIES")["FREQ"].min()
    peers = national.peers.merge(frequency.reset_index(), on=["SERIES", "FREQ"])
    at = ["SERIES", "REF_AREA", "FREQ", "TIME_PERIOD"]
    own = select_totals(observations)
    own = own[own["OBS_VALUE"].notna()].drop_duplicates(at)
    rows = peers.rename(columns={"peer_period": "TIME_PERIOD"})[at].merge(own, on=at, how="inner")
    lines = trends[["SERIES", "REF_AREA", "FREQ", "sigma", "dispersion", "n_obs", "slope", "ci_low", "ci_high", "relative_slope_pct", "relative_ci_low_pct", "relative_ci_high_pct"]]
    rows = rows.merge(lines, on=["SERIES", "REF_AREA", "FREQ"], how="outer").sort_values(["SERIES", "REF_AREA"], kind="stable")
    series = codelists.series.set_index("SERIES")[["kind", "lower", "upper"]].to_dict("index")
    told = []
    for row in rows.to_dict("records"):
        low, high, basis = interval(row, series[row["SERIES"]])
        relative = row["relative_slope_pct"] == row["relative_slope_pct"]
        pace = ("relative_slope_pct", "relative_ci_low_pct", "relative_ci_high_pct") if relative else ("slope", "ci_low", "ci_high")
        told.append({
            "SERIES": row["SERIES"], "REF_AREA": row["REF_AREA"], "FREQ": row["FREQ"],
            "TIME_PERIOD": row["TIME_PERIOD"] if isinstance(row["TIME_PERIOD"], str) else "", "value": row["OBS_VALUE"],
            "low": low, "high": high, "basis": basis, "n": row["n_obs"], **dict(zip(("pace", "pace_low", "pace_high"), (row[c] for c in pace), strict=True)),
        })  # fmt: skip
    return pd.DataFrame(told, columns=COLUMNS)


def interval(row: dict, series: dict) -> tuple[float, float, str]:
    """Return (low, high, basis) of one value at 95%, within the natural limits of the series.

    Published bounds first, then the published standard error, then the counts behind a share (Wilson, widened by the
    dispersion of its trend), then events counted, then the scatter around the province's own line.
    """
    value, z = row["OBS_VALUE"], normal_quantile(CONFIDENCE)
    if value != value:
        return np.nan, np.nan, "none"
    if row["LOWER_BOUND"] == row["LOWER_BOUND"] and row["UPPER_BOUND"] == row["UPPER_BOUND"]:
        return row["LOWER_BOUND"], row["UPPER_BOUND"], "published"
    spread = max(1.0, row["dispersion"]) if row["dispersion"] == row["dispersion"] else 1.0
    if row["STD_ERR"] == row["STD_ERR"]:
        low, high, basis = value - z * row["STD_ERR"], value + z * row["STD_ERR"], "published"
    elif series["kind"] == "proportion" and row["DENOMINATOR"] > 0 and 0 <= row["NUMERATOR"] <= row["DENOMINATOR"]:
        share = wilson(row["NUMERATOR"], row["DENOMINATOR"], n_eff=row["DENOMINATOR"] / spread)
        scale = 1.0 if row["UNIT_MEASURE"] == "SHARE" else 100.0
        low, high, basis = share.ci_low * scale, share.ci_high * scale, "counted"
    elif series["kind"] == "count" and value >= 0:
        reach = z * np.sqrt(spread * max(value, 1.0))  # the variance of a Poisson count, times the dispersion
        low, high, basis = value - reach, value + reach, "counted"
    elif row["sigma"] > 0 and row["n_obs"] >= MIN_SCATTER:
        low, high, basis = value - z * row["sigma"], value + z * row["sigma"], "scatter"
    else:
        return np.nan, np.nan, "none"
    if series["lower"]:
        low = max(low, min(float(series["lower"]), value))
    if series["upper"]:
        high = min(high, max(float(series["upper"]), value))
    return float(low), float(high), basis


def told_apart(one: tuple[float, float], other: tuple[float, float]) -> str:
    """Return what two intervals (low, high) of the same period say of the first: `higher`, `lower`, `alike`, or `unknown`.

    Examples
    --------
    >>> told_apart((4.0, 5.0), (1.0, 3.9)), told_apart((4.0, 5.0), (5.0, 6.0))
    ('higher', 'alike')
    """
    if any(end != end for end in (*one, *other)):
        return "unknown"
    return "higher" if one[0] > other[1] else "lower" if one[1] < other[0] else "alike"
