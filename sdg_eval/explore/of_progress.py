"""Will the target be met, under other choices? Judged by the report's own `progress.progress_row` and by published rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
import pandas as pd

from sdg_eval.errors import UsageError
from sdg_eval.explore.case import Case
from sdg_eval.explore.choices import (
    DATA,
    LATER,
    PROGRESS,
    RESULT,
    RULES,
    SHIFT,
    TREND,
    blank_results,
    picked,
    whole_specifications,
)
from sdg_eval.explore.straight_lines import weighted_lines
from sdg_eval.panels import Points, Segment, SeriesRule, annual_points
from sdg_eval.progress import Line, Target, annual_first, pace_line, progress_row, sen_line
from sdg_eval.progress_rules import NONE, OURS, Course, compare

OWN_TARGET = Target(np.nan, 2030, 2015, "own", "fixed", "")
"""What an adviser's own number stands in for, where the series has no target."""


def specify(case: Case) -> pd.DataFrame:
    """Return every defensible specification; the official one first, and none that rests on the same values and target as another."""
    if case.closed or not case.rule.sign or not case.targets:
        return whole_specifications("progress", [{}])
    judge, seen, found = _Judge(case), set(), []
    methods = [(method, weights) for method in PROGRESS["method"] for weights in PROGRESS["weights"] if weights == "equal" or method == "straight_line"]
    for data in case.variants("progress"):
        segment = judge.segment(data)
        points = annual_points(segment.usable, segment.keys["FREQ"], case.rule.aggregation)
        for base in PROGRESS["base_year"]:
            for aim in PROGRESS["target"]:
                for year in PROGRESS["target_year"]:
                    target = judge.target(data, base, aim, year)
                    row = judge.outline(segment, target)
                    start, value = row["baseline_year"], (row["target_value"], target.year)
                    for method, weights in methods:
                        # Published rules see all values, and take the first one from the base year on however late it is.
                        own = points.where(points.years >= (start if method not in RULES and start == start else 0))
                        first = points.years[points.years >= target.baseline_year][:1].tobytes() if method in RULES else str(start)
                        key = (own.times.tobytes(), own.values.tobytes(), first, value, method, weights)
                        if key not in seen:
                            seen.add(key)
                            found.append(dict(zip(DATA, data, strict=True)) | {"base_year": base, "target": aim, "target_year": year, "method": method, "weights": weights})
    return pd.DataFrame(found, columns=list(PROGRESS), dtype=object)


def run(case: Case, specs: pd.DataFrame) -> pd.DataFrame:
    """Return what each specification says of the target (columns RESULT)."""
    if case.closed:
        return blank_results(len(specs), case.closed if case.closed == "no_data" else NONE, case.closed)
    if not case.rule.sign:
        return blank_results(len(specs), NONE, "no_direction")
    judge = _Judge(case)
    return pd.DataFrame([judge.told(spec) for spec in specs.to_dict("records")], columns=RESULT, index=range(len(specs)))


@dataclass(frozen=True, eq=False)
class _Judge:
    """Judges specifications of one finding; what several of them share is worked out once."""

    case: Case
    known: dict = field(default_factory=dict)
    lines: dict = field(default_factory=dict)

    def _once(self, key: tuple, make: Callable):
        if key not in self.known:
            self.known[key] = make()
        return self.known[key]

    @property
    def whole(self) -> Segment:
        """All values of the province."""
        return self._once(("whole",), lambda: annual_first([self.case.panel.segment(self.case.own)])[0])

    def told(self, spec: dict) -> dict:
        """What one specification says."""
        data, rules = tuple(spec[name] for name in DATA), spec["method"] in RULES
        picked("method", spec["method"], PROGRESS["method"], "progress")
        picked("weights", spec["weights"], PROGRESS["weights"], "progress")
        aim = (data, spec["base_year"], spec["target"], spec["target_year"])
        target = self._once(("target", *aim), lambda: self.target(*aim))
        if target is None:
            return blank_results(1, NONE, "no_target").iloc[0].to_dict()
        # A published rule takes the target, and the outlook the probability, of the official pace.
        how = ("official", "equal") if rules else (spec["method"], spec["weights"])
        row = self._once(("row", *aim, *how), lambda: self.row(self.segment(data), target, partial(_line_of, self.lines, *how)))
        told = {
            "verdict": OURS.get(row["progress"], NONE), "estimate": float(row["pace_ratio"]), "probability": float(row["p_on_track"]), "pace": float(row["actual_pace"]), "n_obs": int(row["n_obs"]),
            "reason": row["progress"], "aim": float(row["target_value"]), "aim_year": target.year, "base": float(row["baseline_year"]),
        }  # fmt: skip
        if rules:
            one = self._once(("rules", *aim), lambda: self.by_rules(self.segment(data), target, row))[spec["method"]]
            told |= {"verdict": one["common"], "estimate": float(one["value"]), "reason": one["verdict"], "probability": np.nan, "pace": np.nan}
        return told

    def row(self, segment: Segment, target: Target, line_of, trend: dict | None = None) -> dict:
        """The row of `progress` for other values, another target, another pace."""
        return progress_row(segment, self.case.rule, target, self.case.official_row if trend is None else trend, self.case.desk.report_year, len(self.case.targets) > 1, line_of)

    def outline(self, segment: Segment, target: Target) -> dict:
        """The row without a pace: baseline and target value."""
        return self.row(segment, target, _no_line, {})

    def by_rules(self, segment: Segment, target: Target, row: dict) -> dict[str, dict]:
        """What each published rule says of the course."""
        points = annual_points(segment.usable, segment.keys["FREQ"], self.case.rule.aggregation)
        years, first = np.unique(points.years, return_index=True)
        course = Course(years, points.values[first], self.case.rule.sign, target.baseline_year, float(row["target_value"]), target.year, p_on_track=float(row["p_on_track"]))
        return {one["method"]: one for one in compare(course, RULES)}

    # ------------------------------------------------------------ values and targets

    def segment(self, data: tuple) -> Segment:
        """The values that a choice takes."""
        return self._once(("segment", data), lambda: self._segment(data))

    def _segment(self, data: tuple) -> Segment:
        whole, panel, own = self.whole, self.case.panel, self.case.own
        if data == tuple(TREND[name][0] for name in DATA):
            return whole
        mask = self.case.mask(data)[own][~np.isnan(panel.values[own])]
        # Values that are kept on purpose are no longer told apart as provisional.
        provisional = np.zeros(int(mask.sum()), dtype=bool) if data[DATA.index("provisional")] == "kept" else whole.provisional[mask]
        return replace(whole, everything=whole.everything.where(mask), after_break=whole.after_break[mask], provisional=provisional)

    def target(self, data: tuple, base: str, aim: str, year: str) -> Target | None:
        """The target of a specification: the official one, moved, or a number of the adviser's own."""
        segment = self.segment(data)
        if not self.case.targets and aim in PROGRESS["target"]:
            return None
        target = self.case.targets[0] if self.case.targets else OWN_TARGET
        if base == "first" and len(segment.usable):
            target = replace(target, baseline_year=int(segment.usable.years[0]))
        elif base.isdigit():
            target = replace(target, baseline_year=int(base))
        elif base not in ("official", "first"):
            raise UsageError(f"base_year is {base!r}; write a year such as 2016, official or first.")
        if year == "later":
            target = replace(target, year=target.year + LATER)
        elif year.isdigit():
            target = replace(target, year=int(year))
        elif year != "official":
            raise UsageError(f"target_year is {year!r}; write a year such as 2030, official or later.")
        if aim in ("stricter", "easier"):
            return self._moved(target, segment, 1 if aim == "stricter" else -1)
        if aim == "official":
            return target
        try:
            value = float(aim)
        except ValueError:
            value = np.nan
        if not np.isfinite(value):
            raise UsageError(f"target is {aim!r}; write a number in the unit of the series, official, stricter or easier.")
        return replace(target, value=value, rule="fixed")

    def _moved(self, target: Target, segment: Segment, harder: int) -> Target:
        """A target a tenth stricter or easier; one that a rule derives from the baseline is worked out first."""
        row = self.outline(segment, target)
        value = float(row["target_value"])
        moved = value + self.case.rule.sign * harder * SHIFT * (abs(value) or abs(float(row["baseline_value"])))
        low, high = (limit if limit == limit else other for limit, other in zip(self.case.rule.bounds, (-np.inf, np.inf), strict=True))
        return replace(target, value=float(np.clip(moved, low, high)), rule="fixed")


# ---------------------------------------------------------------- paces


def _no_line(points: Points, rule: SeriesRule, horizon: float, rho: float, seed: int) -> Line:
    return Line(0.0, float(points.values[-1]), "none", np.array([]), np.array([]))


def _line_of(kept: dict, method: str, weights: str, points: Points, rule: SeriesRule, horizon: float, rho: float, seed: int) -> Line:
    """Return the pace by one method; drawn once for the same values, whatever the target."""
    key = (points.times.tobytes(), points.values.tobytes(), rho, seed, method, weights)
    if key not in kept:
        if method == "sen":
            kept[key] = horizon, sen_line(points, horizon, rho, seed)
        elif method == "official" or len(points) < 3:
            kept[key] = horizon, pace_line(points, rule, horizon, rho, seed)
        else:
            kept[key] = horizon, _other_line(points, method, weights, horizon, _line_of(kept, "sen", "", points, rule, horizon, rho, seed))
    known, line = kept[key]
    return line if known == horizon else replace(line, projected=line.projected + line.pace * (horizon - known))


def _other_line(points: Points, method: str, weights: str, horizon: float, sen: Line) -> Line:
    """Pace between end points, or by least squares; drawn with the noise of the Theil-Sen line, so that all are judged by one noise."""
    times, values = points.times, points.values
    if method == "end_points":
        pace = float((values[-1] - values[0]) / (times[-1] - times[0]))
        projected, name = float(values[-1] + pace * (horizon - times[-1])), "end_points"
    else:
        line = weighted_lines(values[None], times, recent=weights == "recent")
        pace = float(line.slope[0])
        projected, name = float(line.level[0] + pace * (horizon - line.centre[0])), "least_squares"
    years = horizon - times[0]
    start, sen_start = projected - pace * years, sen.projected - sen.pace * years
    return Line(pace, projected, name, sen.paces + (pace - sen.pace), sen.starts + (start - sen_start))
