"""Will the target be met: pace so far against the pace required, and how sure that is.

The default rule `linear_pace` (METHODS 3.1) works with zero and negative values and does not care
which direction is good. A class is never given without the probability that stands behind it.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sdg_eval.errors import DataError
from sdg_eval.panels import (
    DIMENSIONS,
    MIN_SLOPE,
    PERIODS_PER_YEAR,
    Points,
    Segment,
    SeriesRule,
    annual_points,
    exposure_of,
    segments,
    series_rules,
)
from sdg_eval.progress_rules import NONE, OURS, Course, compare, disagreement
from sdg_eval.ranks import MIN_TEST, RHO_ASSUMED, ar1_series, residual_scale, theil_sen
from sdg_eval.rates import RateTrend, count_trend, proportion_trend
from sdg_eval.trends import STALE_AFTER_YEARS, proportion_scale

DRAWS = 2000
TARGET_YEAR = 2030
BASELINE_YEAR = 2015
BASELINE_LATER_YEARS = 3
ON_TRACK, MODERATE = 1.0, 0.5
"""Pace ratios at which the SDSN classes begin (METHODS 3.1)."""
UNCERTAIN_FROM = 0.20
"""A class is firm when less than this share of the draws falls outside it."""
MET_TOLERANCE = 1e-9
SHARE_OF_BASELINE = {"half_of_baseline": 0.5, "double_of_baseline": 2.0}

COLUMNS = DIMENSIONS + [
    "baseline_year", "baseline_value", "target_value", "target_year", "target_kind", "target_set_by",
    "last_year", "last_value", "n_obs", "required_pace", "actual_pace", "pace_ratio", "progress",
    "p_on_track", "draws", "seed", "firm", "outside_class", "projected_value", "reach_year", "at_risk",
    "catch_up_pace", "catch_up", "met", "indicative", "stale", "report_year", "method", "reason",
]  # fmt: skip


# ---------------------------------------------------------------- the rule, on numbers


def pace_class(ratio: float) -> str:
    """Class of a pace ratio (actual / required); NaN is `not_assessed`.

    Examples
    --------
    >>> [pace_class(r) for r in (1.0, 0.5, 0.0, -0.01)]
    ['on_track', 'moderately_improving', 'stagnating', 'decreasing']
    """
    if np.isnan(ratio):
        return "not_assessed"
    if ratio >= ON_TRACK:
        return "on_track"
    if ratio >= MODERATE:
        return "moderately_improving"
    return "stagnating" if ratio >= 0 else "decreasing"


def is_met(value: float, target: float, sign: int) -> bool:
    """Whether `value` is at or beyond `target` (+1: higher is better), to a relative 1e-9."""
    return bool(sign * (value - target) >= -MET_TOLERANCE * max(abs(target), abs(value)))


@dataclass(frozen=True)
class Line:
    """The pace between baseline and latest year, and draws of what it could as well have been."""

    pace: float  # unit per year
    projected: float  # at the target year
    method: str
    paces: np.ndarray  # draws; empty with fewer than three points
    starts: np.ndarray  # fitted value at the baseline, per draw


def median_slopes(times: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """Theil-Sen slope of each row of `draws`."""
    i, j = np.triu_indices(len(times), 1)
    return np.median((draws[:, j] - draws[:, i]) / (times[j] - times[i]), axis=1)


def sen_line(points: Points, horizon: float, rho: float, seed: int) -> Line:
    """Theil-Sen pace, with draws of the line plus AR(1) residuals, each refitted (METHODS 3.1)."""
    times, values = points.times, points.values
    line = theil_sen(times, values)
    sigma = residual_scale(times, values, line.slope, line.intercept)
    rng = np.random.default_rng(seed)
    noise = sigma * ar1_series(rng, DRAWS, len(times), rho)
    draws = line.intercept + line.slope * times + noise
    paces = median_slopes(times, draws)
    starts = np.median(draws, axis=1) + paces * (times[0] - np.median(times))
    return Line(line.slope, line.intercept + line.slope * horizon, "sen", paces, starts)


def share_scale(points: Points) -> float | None:
    """Unit of the values as a multiple of numerator / denominator (1 or 100), None if they disagree."""
    everything = np.ones((1, len(points)), dtype=bool)
    scale = proportion_scale(points.values[None], points.numerators[None], points.denominators[None], everything)[0]
    return None if np.isnan(scale) else float(scale)


def model_line(model: RateTrend, points: Points, horizon: float, seed: int, scale: float | None) -> Line:
    """Mean pace of the fitted curve, with draws of level and slope from the model's own t distribution.

    `scale` None: counts (each year's exposure; the latest one stays in the projection); else a share
    times `scale`.
    """
    exposure = exposure_of(points)
    ends = points.times[[0, -1]]
    exposed = np.ones(2) if exposure is None else exposure[[0, -1]]

    def curve(level, slope):
        linear = np.clip(level + np.multiply.outer(ends - model.centre, slope), -700, 600)  # exp of it, times the largest population, is still a number
        if scale is not None:
            return scale / (1 + np.exp(-linear))
        return (exposed * np.exp(linear).T).T

    rng = np.random.default_rng(seed)
    # Student's t: the dispersion behind the covariance is itself estimated from n - 2 degrees.
    widen = np.sqrt((len(points) - 2) / rng.chisquare(len(points) - 2, DRAWS))
    shift = rng.multivariate_normal([0, 0], np.array(model.cov), DRAWS) * widen[:, None]
    drawn = curve(model.level + shift[:, 0], model.slope + shift[:, 1])
    fitted = curve(model.level, model.slope)
    years = ends[1] - ends[0]
    pace = float((fitted[1] - fitted[0]) / years)
    projected = float(fitted[0] + pace * (horizon - ends[0]))
    name = "quasi_poisson" if scale is None else "quasi_binomial"
    return Line(pace, projected, name, (drawn[1] - drawn[0]) / years, drawn[0])


def pace_line(points: Points, rule: SeriesRule, horizon: float, rho: float, seed: int) -> Line:
    """The pace by the method that kind and number of points allow."""
    if len(points) < MIN_SLOPE:
        pace = float((points.values[-1] - points.values[0]) / np.ptp(points.times))
        projected = points.values[-1] + pace * (horizon - points.times[-1])
        return Line(pace, float(projected), "two_points", np.array([]), np.array([]))
    scale = share_scale(points) if rule.kind == "proportion" and rule.direction != "range" else None
    model = None
    if rule.kind == "count" and rule.direction != "range" and (points.values >= 0).all():
        model = count_trend(points.values, exposure_of(points), points.times)
    elif scale:
        model = proportion_trend(points.numerators, points.denominators, points.times)
    if model is None or not np.isfinite([model.slope, model.se]).all():
        return sen_line(points, horizon, rho, seed)
    return model_line(model, points, horizon, seed, scale)


# ---------------------------------------------------------------- the table


@dataclass(frozen=True)
class Target:
    """One row of targets.csv as numbers."""

    value: float  # NaN where the rule derives it from the baseline
    year: int
    baseline_year: int
    kind: str
    rule: str
    set_by: str


def _blank(text) -> bool:
    return str(text).strip() in ("", "nan", "None", "<NA>")


def read_target(row: dict) -> Target:
    """Return a row of targets.csv as a Target; blank years mean 2030 and 2015.

    Raises DataError where neither a value nor a known rule gives the target.
    """

    def year(column, default):
        return default if _blank(row.get(column, "")) else int(float(row[column]))

    rule = "" if _blank(row.get("rule", "")) else str(row["rule"]).strip()
    value = np.nan if _blank(row.get("value", "")) else float(row["value"])
    if np.isnan(value) and rule not in SHARE_OF_BASELINE:
        raise DataError(
            f"targets.csv, series {row['SERIES']}: no value, and rule {rule!r} derives none. "
            f"Give a value or one of the rules {', '.join(SHARE_OF_BASELINE)}."
        )
    return Target(
        value, year("year", TARGET_YEAR), year("baseline_year", BASELINE_YEAR),
        str(row.get("kind", "")), rule, str(row.get("set_by_en", "")),
    )  # fmt: skip


def _baseline_index(years: np.ndarray, wanted: int) -> int | None:
    """Index of the first point in the wanted year or up to three years later."""
    allowed = np.flatnonzero((years >= wanted) & (years <= wanted + BASELINE_LATER_YEARS))
    return int(allowed[0]) if len(allowed) else None


def _empty_row(segment: Segment, target: Target, report_year: int) -> dict:
    return dict.fromkeys(COLUMNS, np.nan) | segment.keys | {
        "target_year": target.year, "target_value": target.value, "target_kind": target.kind,
        "target_set_by": target.set_by, "progress": "", "draws": 0, "firm": False, "at_risk": False,
        "met": False, "indicative": False, "stale": False, "report_year": report_year,
        "method": "linear_pace", "reason": "", "n_obs": 0,
    }  # fmt: skip


def _adverse(trend: dict, sign: int) -> bool:
    return {"rising": 1, "falling": -1}.get(trend.get("verdict"), 0) == -sign


def _passed(row: dict, points: Points, target: Target, sign: int) -> dict:
    """A target whose year lies behind: met or not in that year, else in the last year before it."""
    until = points.where(points.years <= target.year)
    if not len(until):
        return row | {"progress": "target_year_passed", "met": np.nan, "reason": "no_data_by_target_year"}
    reason = "" if until.years[-1] == target.year else "no_data_in_target_year"
    return row | {
        "progress": "target_year_passed", "met": is_met(until.values[-1], row["target_value"], sign),
        "last_year": int(until.years[-1]), "last_value": until.values[-1], "reason": reason,
    }  # fmt: skip


def progress_row(
    segment: Segment, rule: SeriesRule, target: Target, trend: dict, report_year: int, several: bool, line_of=pace_line
) -> dict:
    """Return the row of one series, area and target: a dict of `COLUMNS`.

    Parameters
    ----------
    trend
        Row of the trend table: its correlation and verdict are taken.
    several
        The series has more than one target; then the year is part of the seed.
    line_of
        How the pace is estimated: (points, rule, horizon, rho, seed) -> Line.
    """
    row, sign = _empty_row(segment, target, report_year), rule.sign
    if segment.conflict:
        return row | {"progress": "data_conflict", "reason": "conflict"}
    if not sign:
        reason = "no_range" if rule.direction == "range" else "no_direction"
        return row | {"progress": "not_assessed", "reason": reason}
    points = annual_points(segment.usable, segment.keys["FREQ"], rule.aggregation)
    if not len(points):
        reason = "no_annual_value" if len(segment.usable) else "no_data"
        return row | {"progress": "insufficient_data", "reason": reason}
    stale = bool(report_year - points.years[-1] > STALE_AFTER_YEARS)
    row |= {"last_year": int(points.years[-1]), "last_value": points.values[-1], "stale": stale}
    reasons = [*segment.reasons, *(["provisional_only"] if segment.only_provisional else [])]
    reasons += ["stale"] if stale else []
    index = _baseline_index(points.years, target.baseline_year)
    if index is not None:
        row |= {"baseline_year": int(points.years[index]), "baseline_value": points.values[index]}
    if rule.direction == "range":
        row["target_value"] = 0.0
    elif np.isnan(target.value) and index is not None:
        row["target_value"] = points.values[index] * SHARE_OF_BASELINE[target.rule]
    if np.isnan(row["target_value"]) or (index is None and target.year >= report_year):
        met = bool(np.isfinite(row["target_value"]) and is_met(points.values[-1], row["target_value"], sign))
        return row | {"progress": "no_baseline", "met": met, "reason": ";".join(["no_baseline", *reasons])}
    if target.year < report_year:
        passed = _passed(row, points, target, sign)
        return passed | {"reason": ";".join(filter(None, [passed["reason"], *segment.reasons]))}
    span = points.where(np.arange(len(points)) >= index)
    name = [segment.keys["SERIES"], segment.keys["REF_AREA"], *([str(target.year)] if several else [])]
    seed = zlib.crc32(":".join(name).encode())
    return _assess(row, span, rule, trend, reasons, seed, line_of)


def _assess(row: dict, span: Points, rule: SeriesRule, trend: dict, reasons: list[str], seed: int, line_of) -> dict:
    """Class, probability, reach year and catch-up of the points from baseline to latest."""
    sign, goal = rule.sign, row["target_value"]
    n, last = len(span), span.values[-1]
    first_time, last_time = span.times[0], span.times[-1]
    # Periods keep their place in the year, so that a fiscal 2030 is met in the middle of fiscal 2030.
    horizon = row["target_year"] + (last_time - span.years[-1])
    met_before, met = is_met(span.values[0], goal, sign), is_met(last, goal, sign)
    row |= {"n_obs": n, "met": met, "indicative": n < MIN_TEST or "provisional_only" in reasons}
    if n < 2:
        progress = "achieved" if met else "insufficient_data"
        return row | {"progress": progress, "reason": ";".join(["few_periods", *reasons])}
    rho = trend.get("rho", np.nan)
    assumed = bool(np.isnan(rho) or trend.get("rho_assumed") or row["FREQ"] != "A")
    rho = RHO_ASSUMED if np.isnan(rho) or row["FREQ"] != "A" else float(rho)
    line = line_of(span, rule, horizon, rho, seed)
    needed_now = _divide(goal - last, horizon - last_time)
    required = needed_now if met_before else _divide(goal - span.values[0], horizon - first_time)
    ratio = np.nan if met_before or met else _divide(line.pace, required)
    short = sign * (line.projected - goal) < -MET_TOLERANCE * max(abs(goal), abs(line.projected))
    progress = "achieved" if met else "lost" if met_before else pace_class(ratio)
    row |= {
        "required_pace": np.nan if met and met_before else required,
        "actual_pace": line.pace, "pace_ratio": ratio, "progress": progress,
        "projected_value": line.projected, "method": f"linear_pace_{line.method}",
        "at_risk": bool(met and (short or _adverse(trend, sign))),
    }  # fmt: skip
    if not met:
        row |= {"catch_up_pace": needed_now, "catch_up": _catch_up(needed_now, line.pace, sign)}
        row["reach_year"] = _reach_year(last, last_time, goal, line.pace, sign, horizon - row["target_year"])
    if len(line.paces):
        row |= _certainty(line, goal, horizon, span, sign, progress) | {"seed": seed}
        row["firm"] = bool(row["firm"] and not row["indicative"])
        if assumed and line.method == "sen":
            reasons = [*reasons, "rho_assumed"]
    few = ["two_points"] if n == 2 else ["few_periods"] if n < MIN_TEST else []
    return row | {"reason": ";".join([*few, *reasons])}


def _divide(top: float, bottom: float) -> float:
    return float(top / bottom) if bottom else np.nan


def _catch_up(needed: float, pace: float, sign: int) -> float:
    """How many times the present pace is needed from now on; NaN where the pace is not towards it."""
    return _divide(needed, pace) if sign * pace > 0 else np.nan


def _reach_year(last: float, last_time: float, goal: float, pace: float, sign: int, offset: float) -> float:
    """First year whose value meets the target at the present pace, NaN if never."""
    if sign * pace <= 0:
        return np.nan
    years = (goal - last) / pace
    return float(np.ceil(last_time + years - offset - 1e-9))


def _certainty(line: Line, goal: float, horizon: float, span: Points, sign: int, progress: str) -> dict:
    """P(on track), and the share of draws that would give another class than the one printed."""
    years, elapsed = horizon - span.times[0], span.times[-1] - span.times[0]
    on_track = sign * (line.starts + line.paces * years - goal) >= 0
    met = sign * (line.starts + line.paces * elapsed - goal) >= 0
    gap = goal - line.starts
    behind = sign * gap > 0
    # A draw that starts beyond the target has no required pace: it is on track or decreasing.
    ratio = np.full(len(gap), -1.0)
    if years > 0:
        ratio[behind] = line.paces[behind] * years / gap[behind]
    ratio[on_track] = np.maximum(ratio[on_track], ON_TRACK)
    if progress == "achieved":
        outside = 1 - np.mean(met)
    elif progress == "lost":
        outside = np.mean(met)
    else:
        lower = {"on_track": ON_TRACK, "moderately_improving": MODERATE, "stagnating": 0.0}.get(progress, -np.inf)
        upper = {"on_track": np.inf, "moderately_improving": ON_TRACK, "stagnating": MODERATE}.get(progress, 0.0)
        outside = 1 - np.mean((ratio >= lower) & (ratio < upper))
    return {
        "p_on_track": float(np.mean(on_track)), "draws": len(line.paces),
        "outside_class": float(outside), "firm": bool(outside < UNCERTAIN_FROM),
    }  # fmt: skip


def annual_first(parts: list[Segment]) -> list[Segment]:
    """For each series, area and breakdown the annual segment, else the coarsest there is."""
    best: dict[tuple, Segment] = {}
    for segment in sorted(parts, key=lambda s: PERIODS_PER_YEAR[s.keys["FREQ"]]):
        best.setdefault(tuple(segment.keys[c] for c in DIMENSIONS if c != "FREQ"), segment)
    return list(best.values())


def evaluate_progress(observations: pd.DataFrame, trends: pd.DataFrame, codelists, *, report_year: int) -> pd.DataFrame:
    """Return one row per series, area, breakdown and target; series without a target have no row.

    Parameters
    ----------
    observations, trends
        The table and what `evaluate_trends` returned for it (correlation and verdicts are taken from it).
    codelists
        Has `series` (direction, kind, aggregation, breaks) and `targets`.
    report_year
        A target year before it is `target_year_passed`; a series ending three years before is `stale`.

    Raises
    ------
    DataError
        For infinite values, or a target with neither value nor known rule.
    """
    targets: dict[str, list[Target]] = {}
    for record in codelists.targets.to_dict("records"):
        targets.setdefault(record["SERIES"], []).append(read_target(record))
    wanted = observations[observations["SERIES"].isin(list(targets))]
    rules = series_rules(codelists.series)
    known = {tuple(record[c] for c in DIMENSIONS): record for record in trends.to_dict("records")} if len(trends) else {}
    rows = []
    for segment in annual_first(segments(wanted, codelists.series)):
        series = segment.keys["SERIES"]
        trend = known.get(tuple(segment.keys.values()), {})
        for target in targets[series]:
            several = len(targets[series]) > 1
            rows.append(progress_row(segment, rules.get(series, SeriesRule()), target, trend, report_year, several))
    table = pd.DataFrame(rows, columns=COLUMNS)
    return table.sort_values([*DIMENSIONS, "target_year"], ignore_index=True)


RULE_COLUMNS = DIMENSIONS + [
    "target_year", "target_value", "method", "edition", "verdict", "common", "value", "yardstick", "first_year", "last_year",
    "n_obs", "reason", "disagrees", "why", "report_year",
]  # fmt: skip
"""`common`: the verdict on one scale of four; `disagrees`: it differs from ours; `why`: by what that can be explained."""


def _course(segment: Segment, rule: SeriesRule, row: dict) -> Course:
    """The annual values of a series from its last break on, as the published rules take them."""
    points = annual_points(segment.usable, segment.keys["FREQ"], rule.aggregation)
    years, first = np.unique(points.years, return_index=True)
    target = float(row["target_value"])
    return Course(
        years, points.values[first], rule.sign, int(row["_baseline"]), target, int(row["target_year"]),
        p_on_track=float(row["p_on_track"]),
    )  # fmt: skip


def _ours(row: dict) -> list[dict]:
    return [{
        "method": "linear_pace", "edition": "sdg_eval", "verdict": row["progress"], "common": OURS.get(row["progress"], NONE), "value": row["pace_ratio"],
        "yardstick": "target", "first_year": row["baseline_year"], "last_year": row["last_year"], "reason": row["reason"],
    }]  # fmt: skip


def compare_methods(observations: pd.DataFrame, progress: pd.DataFrame, codelists) -> pd.DataFrame:
    """Return every published rule beside ours: one row per series, area, target and method.

    Parameters
    ----------
    observations, progress
        The table and what `evaluate_progress` returned for it. A series with a direction but without a
        target has rows too: the growth-rate rules then judge by fixed thresholds, ours does not.

    Notes
    -----
    All rules see the annual values after the last break. Thresholds and sources: `progress_rules`.
    """
    rules = series_rules(codelists.series)
    targets = {key: part for key, part in progress.groupby(DIMENSIONS, sort=False)} if len(progress) else {}
    baselines = {(r["SERIES"], read_target(r).year): read_target(r).baseline_year for r in codelists.targets.to_dict("records")}
    report_year = int(progress["report_year"].max()) if len(progress) else 0
    parts = []
    for segment in annual_first(segments(observations, codelists.series)):
        rule = rules.get(segment.keys["SERIES"], SeriesRule())
        if not rule.sign or segment.conflict:
            continue
        own = targets.get(tuple(segment.keys[c] for c in DIMENSIONS))
        rows = own.to_dict("records") if own is not None else [_no_target(segment)]
        for row in rows:
            row = row | {"_baseline": baselines.get((row["SERIES"], row["target_year"]), BASELINE_YEAR)}
            course = _course(segment, rule, row)
            found = compare(course)
            _, why = disagreement(found, row)
            shown = [r | {"disagrees": disagreement([r], row)[0], "why": ""} for r in found]
            for one in shown:
                one["why"] = ";".join(disagreement([one], row)[1]) if one["disagrees"] else ""
            ours = [r | {"disagrees": any(x["disagrees"] for x in shown), "why": ";".join(why)} for r in _ours(row)]
            keys = segment.keys | {"target_year": row["target_year"], "target_value": row["target_value"]}
            parts += [keys | {"n_obs": len(course.years), "report_year": report_year} | r for r in ours + shown]
    return pd.DataFrame(parts, columns=RULE_COLUMNS)


def _no_target(segment: Segment) -> dict:
    return segment.keys | {
        "target_year": TARGET_YEAR, "target_value": np.nan, "p_on_track": np.nan, "progress": "no_target",
        "pace_ratio": np.nan, "baseline_year": np.nan, "last_year": np.nan, "reason": "no_target",
    }  # fmt: skip
