"""The same course of an indicator, judged by each published rule (METHODS 3.2 to 3.9).

Our own rule is `linear_pace` in `progress`. Readers know others: SDSN arrows, ESCAP gaps, Eurostat
and UNSD growth rates. They disagree by construction - other years, other targets, growth in per cent
instead of in units - so each is a pure function here, `compare` puts them side by side on one scale,
and `disagreement` says by what a different verdict can be explained.

Source marks as in METHODS: [read] in the publication or its code, [recalled] from memory, [ours].
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import permutations
from math import comb, nan, pi

import numpy as np

from sdg_eval.errors import DataError

TARGET_YEAR = 2030
DECIMALS = 12
"""Numbers are compared with thresholds after rounding to this: 1.01 ** 7 must count as 1% (METHODS 3.9)."""

SDSN_ON_TRACK, SDSN_MODERATE = 1.0, 0.5
"""Share of the needed pace. [read: SDR 2021]"""
SDSN_COLOUR_CUTS = (1.0, 1.5, 2.0)
"""Red/orange, orange/yellow, yellow/green on the 0-3 scale. [read: Africa SDG Index FAQ 2018]"""
SDSN_GOAL_SHARE = 0.75
"""A goal arrow needs trends for this share of its indicators. [read: 2018 Africa edition]"""
SDSN_MAINTAINING = 3.0
"""Level of an indicator that is green and stays so: exactly the foot of `on track`. [read]"""
SDSN_LEVEL_RATIOS = (-5.0, 0.0, SDSN_MODERATE, SDSN_ON_TRACK, 3.0)
"""Pace ratios of the levels 0, 1, 2, 3, 4. [inner three read; the ends are ours, chosen to fit: of the
2,707 goal arrows published in the SDR 2021 they give 90%, ends at -1 and 2 give 87%]"""
SDSN_LOST_LEVEL = 0.5
"""Level of an indicator that was green and is no more: the middle of `decreasing`. [ours]"""

ESCAP_FIRST_YEAR = 2000
"""The regression takes all points from this year on. [read: SDG-MENARO code]"""
ESCAP_BASE_YEAR = 2015
"""Expected progress is counted from this year. [read]"""
ESCAP_MAINTAIN, ESCAP_REVERSE = 10.0, 100.0
"""Anticipated gap in per cent of the baseline gap: up to 10 maintain, up to 100 accelerate. [read in code]"""
ESCAP_CSI_LIMIT = 10.0

EUROSTAT_SIGNIFICANT = 0.01
"""Directed growth per year without a target; mirrored below zero. [recalled]"""
EUROSTAT_TARGET_CUTS = (0.95, 0.60, 0.0)
"""Share of the required growth. [read: Statistics Canada's rule, after Eurostat 2021]"""
EUROSTAT_LONG = (15, 10)
EUROSTAT_SHORT = (5, 3)
"""Years of the window, and the fewest that will do. [15 and 5 read; 10 and 3 recalled]"""

UNSD_SUBSTANTIAL = 0.015
"""Disputed: 1.5% in Statistics Canada's rule [read], more than 1% in another code [read]."""
UNSD_CUTS = (UNSD_SUBSTANTIAL, 0.005, -0.01)
UNSD_TARGET_CUTS = (0.95, 0.50, -0.10)
"""Share of the required growth. [read in two codes after the 2022 note]"""
UNSD_2023_CUTS = (0.02, 0.005)
UNSD_2023_TARGET_CUTS = (0.95, 0.10)
"""Growth per year; share of the way to the target at 2030. [read as adapted by Eustat]"""

OPEN_SDG_CUTS = (0.015, 0.005, 0.0)
OPEN_SDG_TARGET_CUTS = (0.95, 0.60, 0.0)
OPEN_SDG_SCORE_CUTS = (2.5, 0.0, -2.5)
OPEN_SDG_TINY = 0.001
"""Stands in for a target or base of zero. All [read, run: open-sdg/sdg-build 139fede]."""
OPEN_SDG_LIMIT_POWER = 4.44
OPEN_SDG_SCORE_LIMIT = 5.0
OPEN_SDG_LINES = {
    "deterioration": (125.0, -2.5), "limited": (500.0, -2.5), "moderate": (250.0, -1.25),
    "substantial": (500.0, -5.0), "target_low": (4.1667, -2.5), "target_high": (7.1429, -4.2857),
}  # fmt: skip
"""Slope and intercept of the score; rounded as in that code, so the scores are as well. [read]"""

ISTAT_CLEAR, ISTAT_SLIGHT = 0.05, 0.01
"""Directed growth per year, mirrored. [read]"""

OECD_ALPHA = 0.10
"""Level of the Spearman test of a trend. [recalled]"""
OECD_LIKELY, OECD_UNLIKELY = 0.60, 0.40
"""Probability of reaching the target. [ours]"""
EXACT_SPEARMAN = 8
"""Up to this many points the p-value counts all orders: Student's t is wrong for so few. [ours]"""


@dataclass(frozen=True)
class Verdict:
    """What one rule says: its own word, the number cut into classes, the numbers behind it, the reason.

    `value` is NaN and `reason` says why where the verdict is `not_applicable`.
    """

    verdict: str
    value: float = nan
    reason: str = ""
    numbers: dict[str, float] = field(default_factory=dict)


def not_applicable(reason: str, **numbers: float) -> Verdict:
    """A verdict that there is none, with the reason."""
    return Verdict("not_applicable", nan, reason, numbers)


def _finite(**numbers: float) -> None:
    """Raise DataError for NaN or infinite input: missing values are dropped before a rule is asked."""
    if wrong := [name for name, value in numbers.items() if not np.isfinite(value)]:
        raise DataError(
            f"Not a finite number: {', '.join(f'{name} = {numbers[name]}' for name in wrong)}. "
            "Drop missing values before applying a progress rule."
        )


def _sign(sign: int) -> None:
    if sign not in (1, -1):
        raise DataError(f"Direction {sign!r}: give +1 (higher is better) or -1 (lower is better).")


def _cut(value: float, cuts: tuple[float, ...], words: tuple[str, ...]) -> str:
    """First word whose cut `value` reaches, inclusive after rounding; the last word below all cuts."""
    for cut, word in zip(cuts, words, strict=False):
        if round(value, DECIMALS) >= round(cut, DECIMALS):
            return word
    return words[-1]


def _reaches(value: float, target: float, sign: int) -> bool:
    """Whether `value` is at or beyond `target`, to 1e-12 of their size."""
    size = max(abs(value), abs(target), np.finfo(float).tiny)
    return bool(sign * (value - target) / size >= -(10.0**-DECIMALS))


# ---------------------------------------------------------------- growth rates


def growth(base: float, latest: float, years: float) -> float:
    """Compound annual growth rate; NaN unless both values are positive and time has passed.

    Examples
    --------
    >>> round(growth(50, 58, 7), 6)
    0.021429
    """
    if base <= 0 or latest <= 0 or years <= 0:
        return nan
    # Through logarithms: the quotient of a huge and a tiny value would overflow.
    return float(np.expm1((np.log(latest) - np.log(base)) / years))


def _growth_reason(base: float, latest: float, years: float) -> str:
    """Why there is no growth rate; empty if there is one."""
    if years <= 0:
        return "one_period"
    if base <= 0 or latest <= 0:
        return "value_not_positive"
    return ""


@dataclass(frozen=True)
class GrowthRatio:
    """Growth achieved and required, both per year, and their ratio; NaN and a reason where undefined."""

    cagr: float = nan
    required: float = nan
    ratio: float = nan
    reason: str = ""

    @property
    def numbers(self) -> dict[str, float]:
        return {"cagr": self.cagr, "required": self.required, "ratio": self.ratio}


def growth_ratio(
    base: float, base_year: float, latest: float, latest_year: float, target: float, target_year: float
) -> GrowthRatio:
    """Growth so far relative to the growth required from the base year to the target year."""
    elapsed = latest_year - base_year
    cagr = growth(base, latest, elapsed)
    if reason := _growth_reason(base, latest, elapsed):
        return GrowthRatio(cagr, reason=reason)
    if target <= 0:
        return GrowthRatio(cagr, reason="target_not_positive")
    if target_year <= base_year:
        return GrowthRatio(cagr, reason="target_year_passed")
    required = growth(base, target, target_year - base_year)
    if not round(required, DECIMALS):
        return GrowthRatio(cagr, required, reason="target_equals_baseline")
    return GrowthRatio(cagr, required, cagr / required)


def _target_verdict(
    rate: GrowthRatio, met_before: bool, met: bool, cuts: tuple[float, ...], words: tuple[str, ...]
) -> Verdict:
    """Class of a growth ratio, which has no meaning beyond the target: first word if held, last if lost."""
    if met:
        return Verdict(words[0], rate.ratio, "target_met", rate.numbers)
    if met_before:
        return Verdict(words[-1], rate.ratio, "target_lost", rate.numbers)
    if rate.reason:
        return Verdict("not_applicable", nan, rate.reason, rate.numbers)
    return Verdict(_cut(rate.ratio, cuts, words), rate.ratio, "", rate.numbers)


def _free_verdict(
    base: float, latest: float, years: float, sign: int, cuts: tuple[float, ...], words: tuple[str, ...]
) -> Verdict:
    """Class of the directed growth rate, where no target is set."""
    cagr = growth(base, latest, years)
    if reason := _growth_reason(base, latest, years):
        return not_applicable(reason, cagr=nan, directed=nan)
    return Verdict(_cut(sign * cagr, cuts, words), sign * cagr, "", {"cagr": cagr, "directed": sign * cagr})


EUROSTAT_TARGET_WORDS = (
    "significant_progress",
    "moderate_progress",
    "insufficient_progress",
    "movement_away",
)
UNSD_WORDS = ("substantial", "fair", "limited_or_none", "deterioration")
UNSD_2023_WORDS = ("on_track", "fair", "stagnation_or_regression")


def eurostat_no_target(base, base_year, latest, latest_year, sign: int) -> Verdict:
    """Eurostat's class of directed growth (METHODS 3.4); exactly -1% is significant movement away."""
    _finite(base=base, base_year=base_year, latest=latest, latest_year=latest_year)
    _sign(sign)
    words = ("significant_progress", "moderate_progress", "moderate_movement_away")
    cuts = (EUROSTAT_SIGNIFICANT, 0.0, -EUROSTAT_SIGNIFICANT)
    got = _free_verdict(
        base, latest, latest_year - base_year, sign, cuts, (*words, "significant_movement_away")
    )
    if got.verdict == words[2] and round(got.value, DECIMALS) == -EUROSTAT_SIGNIFICANT:
        return Verdict("significant_movement_away", got.value, got.reason, got.numbers)
    return got


def eurostat_target(
    base, base_year, latest, latest_year, sign: int, target, target_year=TARGET_YEAR
) -> Verdict:
    """Eurostat's class of growth relative to the growth required for the target (METHODS 3.4)."""
    _finite(base=base, base_year=base_year, latest=latest, latest_year=latest_year, target=target)
    _sign(sign)
    rate = growth_ratio(base, base_year, latest, latest_year, target, target_year)
    met_before, met = _reaches(base, target, sign), _reaches(latest, target, sign)
    return _target_verdict(rate, met_before, met, EUROSTAT_TARGET_CUTS, EUROSTAT_TARGET_WORDS)


def unsd_no_target(base, base_year, latest, latest_year, sign: int) -> Verdict:
    """UN Progress Chart 2022 without a target (METHODS 3.5); the upper cut is disputed."""
    _finite(base=base, base_year=base_year, latest=latest, latest_year=latest_year)
    _sign(sign)
    return _free_verdict(base, latest, latest_year - base_year, sign, UNSD_CUTS, UNSD_WORDS)


def unsd_target(base, base_year, latest, latest_year, sign: int, target, target_year=TARGET_YEAR) -> Verdict:
    """UN Progress Chart 2022 with a target (METHODS 3.5)."""
    _finite(base=base, base_year=base_year, latest=latest, latest_year=latest_year, target=target)
    _sign(sign)
    rate = growth_ratio(base, base_year, latest, latest_year, target, target_year)
    met_before, met = _reaches(base, target, sign), _reaches(latest, target, sign)
    return _target_verdict(rate, met_before, met, UNSD_TARGET_CUTS, UNSD_WORDS)


def unsd_2023_no_target(base, base_year, latest, latest_year, sign: int) -> Verdict:
    """Three classes of the 2023 revision without a target (METHODS 3.5)."""
    _finite(base=base, base_year=base_year, latest=latest, latest_year=latest_year)
    _sign(sign)
    return _free_verdict(base, latest, latest_year - base_year, sign, UNSD_2023_CUTS, UNSD_2023_WORDS)


def unsd_2023_target(
    base, base_year, latest, latest_year, sign: int, target, target_year=TARGET_YEAR
) -> Verdict:
    """Three classes of the 2023 revision: the share of the way covered by the target year at this growth.

    A target of zero is allowed here: only the values must be positive.
    """
    _finite(base=base, base_year=base_year, latest=latest, latest_year=latest_year, target=target)
    _sign(sign)
    cagr = growth(base, latest, latest_year - base_year)
    reason = _growth_reason(base, latest, latest_year - base_year)
    if _reaches(latest, target, sign):
        return Verdict(UNSD_2023_WORDS[0], nan, "target_met", {"cagr": cagr})
    if _reaches(base, target, sign):
        return Verdict(UNSD_2023_WORDS[-1], nan, "target_lost", {"cagr": cagr})
    if reason:
        return not_applicable(reason, cagr=cagr)
    with np.errstate(over="ignore"):  # a steep growth rate over decades may leave the range of numbers
        projected = float(np.multiply(latest, np.power(1 + cagr, max(target_year - latest_year, 0.0))))
    share = (projected - base) / (target - base)
    if not np.isfinite(share):
        return not_applicable("projection_out_of_range", cagr=cagr)
    verdict = _cut(share, UNSD_2023_TARGET_CUTS, UNSD_2023_WORDS)
    return Verdict(verdict, share, "", {"cagr": cagr, "projected": projected, "share": share})


def istat(base, base_year, latest, latest_year, sign: int) -> Verdict:
    """ISTAT / South Tyrol class of directed growth (METHODS 3.7): beyond 5% clear, from 1% slight."""
    _finite(base=base, base_year=base_year, latest=latest, latest_year=latest_year)
    _sign(sign)
    cagr = growth(base, latest, latest_year - base_year)
    if reason := _growth_reason(base, latest, latest_year - base_year):
        return not_applicable(reason, cagr=nan, directed=nan)
    directed = sign * cagr
    size, way = round(abs(directed), DECIMALS), "improvement" if directed > 0 else "worsening"
    word = f"clear_{way}" if size > ISTAT_CLEAR else f"slight_{way}" if size >= ISTAT_SLIGHT else "stable"
    return Verdict(word, directed, "", {"cagr": cagr, "directed": directed})


# ---------------------------------------------------------------- SDSN


SDSN_WORDS = ("on_track_or_maintaining", "moderately_improving", "stagnating", "decreasing")


def sdsn_score(value, lower: float, optimum: float, *, clip: bool = True):
    """Score 0-100 from the published bounds; unclipped it may leave that range, as the arrows need it.

    `lower` above `optimum` covers indicators of which less is better.

    Examples
    --------
    >>> float(sdsn_score(7.5, 42.3, 0.0).round(2))
    82.27
    """
    _finite(lower=lower, optimum=optimum)
    if lower == optimum:
        raise DataError(f"Lower bound and optimum are both {lower}: they must differ to make a score.")
    score = 100.0 * (np.asarray(value, dtype=float) - lower) / (optimum - lower)
    return np.clip(score, 0.0, 100.0) if clip else score


def sdsn_arrow(
    start, start_year, latest, latest_year, green, *, target=None, target_year=TARGET_YEAR
) -> Verdict:
    """SDSN arrow from two unclipped scores (higher is better).

    Parameters
    ----------
    start, latest
        Scores, 100 = optimum.
    green
        Score of the green threshold: at or beyond it is on track whatever the slope.
    target
        Score to be reached by `target_year`; the green threshold unless given. The rule is often
        told with 100, but only the green threshold gives the published arrows (METHODS 3.2).
    """
    _finite(start=start, start_year=start_year, latest=latest, latest_year=latest_year, green=green)
    goal = green if target is None else target
    elapsed, ahead = latest_year - start_year, target_year - start_year
    numbers = {
        "actual_per_year": (latest - start) / elapsed if elapsed > 0 else nan,
        "needed_per_year": (goal - start) / ahead if ahead > 0 else nan,
    }
    needed = numbers["needed_per_year"]
    # A need of NaN stays NaN; only a need of exactly zero has no ratio. No rounding: units must not matter.
    ratio = numbers["actual_per_year"] / needed if needed != 0 else nan
    numbers["ratio"] = ratio
    if _reaches(latest, green, 1):
        return Verdict(SDSN_WORDS[0], ratio, "target_met", numbers)
    if elapsed <= 0:
        return Verdict("not_applicable", nan, "one_period", numbers)
    if _reaches(start, green, 1):
        return Verdict(SDSN_WORDS[-1], ratio, "target_lost", numbers)
    if np.isnan(ratio):
        return Verdict("not_applicable", nan, "target_year_passed", numbers)
    return Verdict(_cut(ratio, (SDSN_ON_TRACK, SDSN_MODERATE, 0.0), SDSN_WORDS), ratio, "", numbers)


def sdsn_dashboard(value: float, lower: float, red: float, green: float, upper: float) -> float:
    """Level 0-3 of an indicator: 0 lower bound, 1 red threshold, 2 green threshold, 3 upper bound.

    Halfway between the thresholds, at 1.5, orange turns yellow. The bounds may fall instead
    of rise. Outside them the level stays at 0 or 3.
    """
    _finite(value=value, lower=lower, red=red, green=green, upper=upper)
    bounds = np.array([lower, red, green, upper], dtype=float) * (1 if upper >= lower else -1)
    if (np.diff(bounds) < 0).any():
        raise DataError(f"Thresholds {lower}, {red}, {green}, {upper} neither rise nor fall throughout.")
    return float(np.interp(value * (1 if upper >= lower else -1), bounds, [0.0, 1.0, 2.0, 3.0]))


def sdsn_colour(level: float) -> str:
    """Colour of a dashboard level."""
    red, orange, yellow = SDSN_COLOUR_CUTS
    return _cut(level, (yellow, orange, red), ("green", "yellow", "orange", "red"))


def sdsn_goal_colour(levels) -> Verdict:
    """Colour of a goal: mean of its two worst levels, green only if all are, red only if both worst are.

    Examples
    --------
    >>> sdsn_goal_colour([0.5, 2.5, 2.5]).verdict
    'yellow'
    """
    worst = np.sort(np.asarray(levels, dtype=float))[:2]
    if not len(worst):
        return not_applicable("no_data")
    _finite(worst=worst[0], second=worst[-1])
    mean = float(worst.mean())
    colours = [sdsn_colour(level) for level in worst]
    colour = sdsn_colour(mean)
    if colour == "green" and "green" != colours[0]:
        colour = "yellow"
    if colour == "red" and set(colours) != {"red"}:
        colour = "orange"
    return Verdict(colour, mean, "", {"worst": float(worst[0]), "second": float(worst[-1])})


def sdsn_trend_level(arrow: Verdict) -> float:
    """Continuous level 0-4 of an indicator's arrow; NaN where it has none.

    The classes are [read] (0-1 decreasing ... 3-4 on track, maintaining exactly 3); the line within
    each is [ours]: linear in the pace ratio, between `SDSN_LEVEL_RATIOS`.
    """
    if arrow.verdict == "not_applicable":
        return nan
    if arrow.reason == "target_met":
        return SDSN_MAINTAINING
    if arrow.reason == "target_lost":
        return SDSN_LOST_LEVEL
    return float(np.interp(arrow.value, SDSN_LEVEL_RATIOS, [0.0, 1.0, 2.0, 3.0, 4.0]))


def sdsn_goal_arrow(levels, *, n_indicators: int | None = None) -> Verdict:
    """Arrow of a goal: the mean of the levels 0-4 of its indicators, cut at 1, 2 and 3.

    `n_indicators` counts those of the goal, with or without a trend; below 75% no arrow.
    """
    known = np.asarray(levels, dtype=float)
    known = known[~np.isnan(known)]
    if not len(known):
        return not_applicable("no_data")
    _finite(sum=float(known.sum()))
    if n_indicators and len(known) / n_indicators < SDSN_GOAL_SHARE:
        return not_applicable("few_indicators", share=len(known) / n_indicators)
    mean = float(known.mean())
    return Verdict(_cut(mean, (3.0, 2.0, 1.0), SDSN_WORDS), mean, "", {"n_trends": float(len(known))})


# ---------------------------------------------------------------- UN ESCAP


ESCAP_API_WORDS = ("maintain", "accelerate", "reverse")


def escap_csi(
    base, latest, latest_year, sign: int, target, *, target_year=TARGET_YEAR, parity=False
) -> Verdict:
    """ESCAP Current Status Index, -10 to 10, beside the progress expected by now (METHODS 3.3).

    The index is published as a number; the words are [ours].
    """
    _finite(base=base, latest=latest, latest_year=latest_year, target=target)
    _sign(sign)
    gap = abs(target - base)
    expected = ESCAP_CSI_LIMIT * (latest_year - ESCAP_BASE_YEAR) / (target_year - ESCAP_BASE_YEAR)
    if not parity and _reaches(latest, target, sign) or parity and latest == target:
        csi, reason = ESCAP_CSI_LIMIT, "target_met"
    elif gap == 0:
        return not_applicable("target_equals_baseline", csi=nan, expected=expected)
    else:
        moved = 1 - abs(target - latest) / gap if parity else sign * (latest - base) / gap
        csi, reason = float(np.clip(ESCAP_CSI_LIMIT * moved, -ESCAP_CSI_LIMIT, ESCAP_CSI_LIMIT)), ""
    numbers = {"csi": csi, "expected": expected}
    if reason:
        return Verdict("met", csi, reason, numbers)
    size = round(csi, DECIMALS)
    if size <= 0:
        return Verdict("no_progress" if size == 0 else "regressed", csi, "", numbers)
    return Verdict("as_expected" if size >= round(expected, DECIMALS) else "behind", csi, "", numbers)


def escap_projection(years, values, *, target_year=TARGET_YEAR) -> float:
    """Value at the target year from the regression that weighs late years more; NaN below two points.

    Weight (T - first year) / (T - year), intercept from the same weighted fit. Years from the target
    year on have no weight and are left out.
    """
    years, values = np.asarray(years, dtype=float), np.asarray(values, dtype=float)
    kept = (years >= ESCAP_FIRST_YEAR) & (years < target_year)
    years, values = years[kept], values[kept]
    if len(years) < 2:
        return nan
    weights = (target_year - years.min()) / (target_year - years)
    centre = np.average(years, weights=weights)
    level = np.average(values, weights=weights)
    slope = np.sum(weights * (years - centre) * (values - level)) / np.sum(weights * (years - centre) ** 2)
    return float(level + slope * (target_year - centre))


def escap_gap(base, predicted, sign: int, target) -> Verdict:
    """ESCAP Anticipated Progress Index: the gap left at the target year, in per cent of the baseline gap."""
    _finite(base=base, predicted=predicted, target=target)
    _sign(sign)
    numbers = {"predicted": float(predicted)}
    if _reaches(predicted, target, sign):
        return Verdict(ESCAP_API_WORDS[0], 0.0, "", numbers | {"progress_gap_pct": 0.0})
    if _reaches(base, target, sign):
        # No distance to share: a baseline at or beyond the target that falls back must be turned round.
        return Verdict(ESCAP_API_WORDS[-1], nan, "target_lost", numbers | {"progress_gap_pct": nan})
    gap = 100.0 * abs(target - predicted) / abs(target - base)
    word = _cut(-gap, (-ESCAP_MAINTAIN, -ESCAP_REVERSE), ESCAP_API_WORDS)
    return Verdict(word, gap, "", numbers | {"progress_gap_pct": gap})


# ---------------------------------------------------------------- Open SDG


OPEN_SDG_WORDS = ("substantial_progress", "moderate_progress", "limited_progress", "deterioration")


def open_sdg_coefficient(base: float, limit: float) -> float:
    """How much the thresholds shrink for a base value near a natural limit: 0 at it, 1 far away."""
    base, limit = abs(base), abs(limit)
    if base >= 2 * limit:
        return 1.0
    nearness = base / limit if base <= limit else (2 * limit - base) / limit
    return 1.0 - nearness**OPEN_SDG_LIMIT_POWER


def _open_sdg_score(value: float, cuts: tuple[float, ...], coefficient: float, target: bool) -> float:
    """Score in [-5, 5] of a progress value; near a limit improvement counts as if far from it."""
    high, medium, low = (round(value, DECIMALS) >= round(cut, DECIMALS) for cut in cuts)
    if target:
        line, scaled = OPEN_SDG_LINES["target_high" if medium else "target_low"], value
    elif not low:
        line, scaled = OPEN_SDG_LINES["deterioration"], value
    elif coefficient == 0:
        return OPEN_SDG_SCORE_LIMIT
    else:
        line = OPEN_SDG_LINES["substantial" if high else "moderate" if medium else "limited"]
        scaled = value / coefficient
    return float(np.clip(line[0] * scaled + line[1], -OPEN_SDG_SCORE_LIMIT, OPEN_SDG_SCORE_LIMIT))


def open_sdg(
    base, base_year, latest, latest_year, sign: int, target=None, target_year=TARGET_YEAR, limit=None
) -> Verdict:
    """Status of sdg-build (METHODS 3.6); `value` is its progress value, `numbers["score"]` its score."""
    _finite(base=base, base_year=base_year, latest=latest, latest_year=latest_year)
    _sign(sign)
    way = -1.0 if base < 0 else 1.0
    coefficient = open_sdg_coefficient(base, limit) if limit is not None and target is None else 1.0
    cuts = tuple(cut * coefficient for cut in OPEN_SDG_CUTS) if target is None else OPEN_SDG_TARGET_CUTS
    numbers = {"high": cuts[0], "medium": cuts[1], "low": cuts[2], "coefficient": coefficient, "score": nan}
    base = base or OPEN_SDG_TINY
    aim = None if target is None else float(target) or OPEN_SDG_TINY
    met = aim is not None and sign * (latest - aim) >= 0
    value, reason = _open_sdg_value(base, base_year, latest, latest_year, sign * way, aim, target_year)
    if met:
        score = {"score": OPEN_SDG_SCORE_LIMIT}
        return Verdict("target_achieved", value, reason or "target_met", numbers | score)
    if reason:
        return Verdict("not_applicable", nan, reason, numbers)
    score = _open_sdg_score(value, cuts, coefficient, target is not None)
    return Verdict(_cut(value, cuts, OPEN_SDG_WORDS), value, "", numbers | {"score": score})


def _open_sdg_value(base, base_year, latest, latest_year, way, target, target_year) -> tuple[float, str]:
    """Directed growth, or its ratio to the growth required, and the reason where there is none."""
    if base * latest < 0:
        return nan, "sign_change"
    if latest_year - base_year < 1:
        return nan, "one_period"
    achieved = _signed_growth(base, latest, latest_year - base_year)
    if target is None:
        return way * achieved, ""
    if base * target < 0:
        return nan, "target_sign_change"
    if target_year <= base_year:
        return nan, "target_year_passed"
    required = _signed_growth(base, target, target_year - base_year)
    if not round(required, DECIMALS):
        return nan, "target_equals_baseline"
    return way * achieved / abs(required), ""


def _signed_growth(base: float, latest: float, years: float) -> float:
    """Growth of the size of two values of one sign; a latest value of zero is -100%."""
    return -1.0 if latest == 0 else growth(abs(base), abs(latest), years)


def open_sdg_indicator(series: list[Verdict]) -> Verdict:
    """Status of an indicator with several series: class of their mean score; achieved only if all are."""
    scored = [one for one in series if np.isfinite(one.numbers["score"])]
    if not scored:
        return not_applicable("no_data", score=nan)
    score = float(np.mean([one.numbers["score"] for one in scored]))
    if all(one.verdict == "target_achieved" for one in scored):
        return Verdict("target_achieved", score, "target_met", {"score": score})
    return Verdict(_cut(score, OPEN_SDG_SCORE_CUTS, OPEN_SDG_WORDS), score, "", {"score": score})


# ---------------------------------------------------------------- OECD


def oecd_distance(value: float, target: float, sign: int, spread: float) -> float:
    """Distance to go in standard deviations of the reference group; 0 once met, NaN without spread."""
    _finite(value=value, target=target, spread=spread)
    _sign(sign)
    return max(0.0, sign * (target - value)) / spread if spread > 0 else nan


def _ranks(values: np.ndarray) -> np.ndarray:
    """Ranks from 1, ties averaged."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts - 1) / 2)[inverse]


@cache
def _orders(n: int) -> np.ndarray:
    """All orders of n items, one a row."""
    return np.array(list(permutations(range(n))))


def _student_two_sided(t: float, degrees: int) -> float:
    """P(|T| >= |t|), the finite series for a whole number of degrees (Abramowitz & Stegun 26.7.3-4)."""
    angle = np.arctan2(abs(t), np.sqrt(degrees))
    sine, cosine = np.sin(angle), np.cos(angle)
    if degrees % 2:
        powers = range((degrees - 1) // 2)
        # 2/3, 2.4/3.5, ...: the ratio of even to odd products, through central binomials.
        series = sum(4.0**k / ((2 * k + 1) * comb(2 * k, k)) * cosine ** (2 * k + 1) for k in powers)
        return float(1 - 2 / pi * (angle + sine * series))
    series = sum(comb(2 * k, k) / 4.0**k * cosine ** (2 * k) for k in range(degrees // 2))
    return float(1 - sine * series)


def spearman(years, values) -> tuple[float, float]:
    """Spearman's rho with time and its two-sided p-value, exact up to eight points; NaN if undefined."""
    first, second = _ranks(np.asarray(years, dtype=float)), _ranks(np.asarray(values, dtype=float))
    n = len(first)
    if n < 3 or np.ptp(second) == 0:
        return nan, nan
    first, second = first - first.mean(), second - second.mean()
    size = np.sqrt((first @ first) * (second @ second))
    rho = float(np.clip(first @ second / size, -1, 1))
    if n <= EXACT_SPEARMAN:
        as_far = np.abs(second[_orders(n)] @ first / size) >= abs(rho) - 10.0**-DECIMALS
        return rho, float(as_far.mean())
    rest = 1 - rho**2
    return rho, _student_two_sided(rho * np.sqrt((n - 2) / rest), n - 2) if rest > 0 else 0.0


def oecd_trend(years, values, sign: int) -> Verdict:
    """OECD trend class by Spearman's rho with time at 10% (METHODS 3.8); direction only, no pace."""
    _sign(sign)
    rho, p_value = spearman(years, values)
    if np.isnan(rho):
        return not_applicable("few_periods" if len(np.asarray(values)) < 3 else "no_change")
    numbers = {"rho": rho, "p_value": p_value}
    if p_value > OECD_ALPHA:
        return Verdict("no_identifiable_trend", sign * rho, "", numbers)
    return Verdict("improving" if sign * rho > 0 else "deteriorating", sign * rho, "", numbers)


def oecd_outlook(probability: float) -> Verdict:
    """Outlook class of a probability to reach the target: likely, open, unlikely (our own cuts)."""
    if np.isnan(probability):
        return not_applicable("no_probability")
    if not 0 <= probability <= 1:
        raise DataError(f"Probability {probability}: give a share between 0 and 1.")
    if round(probability, DECIMALS) > OECD_LIKELY:
        return Verdict("likely", probability)
    return Verdict("open" if round(probability, DECIMALS) >= OECD_UNLIKELY else "unlikely", probability)


# ---------------------------------------------------------------- one course, all rules


@dataclass(frozen=True)
class Course:
    """One indicator in one area: what every rule is asked about.

    Years and values are finite, of equal length, one value a year, sorted when made; `target` is NaN
    where none is set. Raises DataError otherwise.
    """

    years: np.ndarray
    values: np.ndarray
    sign: int  # +1 higher is better, -1 lower is better
    baseline_year: int = 2015  # the first year from here on that has a value counts as baseline
    target: float = nan
    target_year: int = TARGET_YEAR
    limit: float | None = None  # natural limit, known to Open SDG only
    p_on_track: float = nan  # our probability of reaching the target, for the outlook

    def __post_init__(self):
        years, values = np.asarray(self.years, dtype=float), np.asarray(self.values, dtype=float)
        if years.ndim != 1 or years.shape != values.shape:
            raise DataError(
                f"A course needs one value per year; found {years.shape} years, {values.shape} values."
            )
        if not (np.isfinite(years).all() and np.isfinite(values).all()):
            raise DataError("A course has years or values that are not finite. Drop missing values first.")
        if len(np.unique(years)) != len(years):
            raise DataError("A course has a year twice. Keep one value a year.")
        if np.isinf(self.target) or (self.limit is not None and not np.isfinite(self.limit)):
            raise DataError(
                f"Target {self.target} or limit {self.limit} is not finite. Leave it out if there is none."
            )
        _sign(self.sign)
        _finite(baseline_year=self.baseline_year, target_year=self.target_year)
        order = np.argsort(years)
        object.__setattr__(self, "years", years[order])
        object.__setattr__(self, "values", values[order])

    @property
    def has_target(self) -> bool:
        return not np.isnan(self.target)

    @property
    def latest(self) -> tuple[float, float]:
        """Latest value and its year."""
        return float(self.values[-1]), float(self.years[-1])

    def first_from(self, year: float) -> tuple[float, float] | None:
        """Value and year of the first point from `year` on."""
        later = np.flatnonzero(self.years >= year)
        return (float(self.values[later[0]]), float(self.years[later[0]])) if len(later) else None


@dataclass(frozen=True)
class Method:
    """A rule as applied to a course: its years, its yardstick and its words on the common scale."""

    rule: Callable[[Course, tuple[float, float]], Verdict]
    common: Mapping[str, str]
    edition: str
    yardstick: str  # target, growth_target, no_target_rule, projection, direction, probability
    window: Callable[[Course], tuple[float, float] | None]

    def __call__(self, course: Course) -> Verdict:
        start = self.window(course)
        if not len(course.years):
            return not_applicable("no_data")
        return not_applicable("no_baseline") if start is None else self.rule(course, start)


def _baseline(course: Course) -> tuple[float, float] | None:
    return course.first_from(course.baseline_year)


def _window(years: int, fewest: int) -> Callable[[Course], tuple[float, float] | None]:
    """Start of a window of `years` up to the latest value, or the longest one of at least `fewest`."""

    def start(course: Course) -> tuple[float, float] | None:
        if not len(course.years):
            return None
        last = course.years[-1]
        found = course.first_from(last - years)
        return found if found is not None and last - found[1] >= fewest else None

    return start


def _growth_method(free, aimed) -> Callable[[Course, tuple[float, float]], Verdict]:
    """A growth rule in both forms: relative to the target where there is one, else fixed thresholds."""

    def rule(course: Course, start: tuple[float, float]) -> Verdict:
        ends = (*start, *course.latest, course.sign)
        if aimed is None or not course.has_target:
            return free(*ends)
        return aimed(*ends, course.target, course.target_year)

    return rule


def _sdsn(course: Course, start: tuple[float, float]) -> Verdict:
    """The arrow in the indicator's own unit: unclipped scores are linear, so the bounds cancel."""
    if not course.has_target:
        return not_applicable("no_target")
    (base, base_year), (latest, year), sign = start, course.latest, course.sign
    return sdsn_arrow(
        sign * base, base_year, sign * latest, year, sign * course.target, target_year=course.target_year
    )


def _escap_csi(course: Course, start: tuple[float, float]) -> Verdict:
    if not course.has_target:
        return not_applicable("no_target")
    if course.target_year <= ESCAP_BASE_YEAR:
        return not_applicable("target_year_passed")
    return escap_csi(start[0], *course.latest, course.sign, course.target, target_year=course.target_year)


def _escap_api(course: Course, start: tuple[float, float]) -> Verdict:
    if not course.has_target:
        return not_applicable("no_target")
    predicted = escap_projection(course.years, course.values, target_year=course.target_year)
    if np.isnan(predicted):
        return not_applicable("few_periods")
    return escap_gap(start[0], predicted, course.sign, course.target)


def _open_sdg(course: Course, start: tuple[float, float]) -> Verdict:
    target = course.target if course.has_target else None
    return open_sdg(*start, *course.latest, course.sign, target, course.target_year, course.limit)


def _oecd_trend(course: Course, start: tuple[float, float]) -> Verdict:
    return oecd_trend(course.years, course.values, course.sign)


def _oecd_outlook(course: Course, start: tuple[float, float]) -> Verdict:
    return oecd_outlook(course.p_on_track)


def _earliest(course: Course) -> tuple[float, float] | None:
    return course.first_from(-np.inf)


ON_TRACK, SLOW, STAGNATING, AWAY, NONE = (
    "on_track",
    "improving_slowly",
    "stagnating",
    "moving_away",
    "not_applicable",
)
"""The common scale: achieved or on track, improving too slowly, no movement to speak of, moving away."""

_EUROSTAT = {
    "significant_progress": ON_TRACK, "moderate_progress": SLOW, "insufficient_progress": STAGNATING,
    "movement_away": AWAY, "moderate_movement_away": AWAY, "significant_movement_away": AWAY,
}  # fmt: skip
_UNSD = dict(zip(UNSD_WORDS, (ON_TRACK, SLOW, STAGNATING, AWAY), strict=True))
_OPEN_SDG = {"target_achieved": ON_TRACK} | dict(
    zip(OPEN_SDG_WORDS, (ON_TRACK, SLOW, STAGNATING, AWAY), strict=True)
)
# The lowest class of 2023 covers standstill and regress alike; the value's sign cannot always part them.
_UNSD_2023 = dict(zip(UNSD_2023_WORDS, (ON_TRACK, SLOW, STAGNATING), strict=True))
_ISTAT = {
    "clear_improvement": ON_TRACK, "slight_improvement": SLOW, "stable": STAGNATING,
    "slight_worsening": AWAY, "clear_worsening": AWAY,
}  # fmt: skip
_ESCAP_CSI = {
    "met": ON_TRACK,
    "as_expected": ON_TRACK,
    "behind": SLOW,
    "no_progress": STAGNATING,
    "regressed": AWAY,
}

METHODS: dict[str, Method] = {
    "sdsn": Method(
        _sdsn, dict(zip(SDSN_WORDS, (ON_TRACK, SLOW, STAGNATING, AWAY), strict=True)),
        "SDR 2021", "target", _baseline,
    ),
    "escap_csi": Method(_escap_csi, _ESCAP_CSI, "SDG-MENARO code after ESCAP", "target", _baseline),
    "escap_api": Method(
        _escap_api, dict(zip(ESCAP_API_WORDS, (ON_TRACK, SLOW, AWAY), strict=True)),
        "Bidarbakht Nia 2017, 2020", "projection", _baseline,
    ),
    "eurostat": Method(
        _growth_method(eurostat_no_target, eurostat_target), _EUROSTAT, "2021", "growth_target", _baseline
    ),
    "eurostat_long": Method(
        _growth_method(eurostat_no_target, eurostat_target), _EUROSTAT, "2021", "growth_target",
        _window(*EUROSTAT_LONG),
    ),
    "eurostat_short": Method(
        _growth_method(eurostat_no_target, eurostat_target), _EUROSTAT, "2021", "growth_target",
        _window(*EUROSTAT_SHORT),
    ),
    "unsd_2022": Method(
        _growth_method(unsd_no_target, unsd_target), _UNSD, "2022", "growth_target", _baseline
    ),
    "unsd_2023": Method(
        _growth_method(unsd_2023_no_target, unsd_2023_target), _UNSD_2023, "2023", "growth_target", _baseline
    ),
    "open_sdg": Method(_open_sdg, _OPEN_SDG, "sdg-build 139fede", "growth_target", _baseline),
    "istat": Method(_growth_method(istat, None), _ISTAT, "South Tyrol", "no_target_rule", _baseline),
    "oecd_trend": Method(
        _oecd_trend, {"improving": SLOW, "no_identifiable_trend": STAGNATING, "deteriorating": AWAY},
        "2022 Annex A", "direction", _earliest,
    ),
    "oecd_outlook": Method(
        _oecd_outlook, {"likely": ON_TRACK, "open": SLOW, "unlikely": STAGNATING},
        "cuts of sdg_eval", "probability", _baseline,
    ),
}  # fmt: skip
"""Every rule by its name, in the order in which tables print them."""

GROWTH_YARDSTICKS = ("growth_target", "no_target_rule")

OURS = {
    "achieved": ON_TRACK, "on_track": ON_TRACK, "moderately_improving": SLOW, "stagnating": STAGNATING,
    "decreasing": AWAY, "lost": AWAY,
}  # fmt: skip
"""Classes of `linear_pace` on the common scale; any other word is not applicable."""


def _yardstick(method: Method, course: Course) -> str:
    """What the course was measured against: growth rules fall back to fixed thresholds without a target."""
    return (
        "no_target_rule"
        if method.yardstick == "growth_target" and not course.has_target
        else method.yardstick
    )


def compare(course: Course, methods=()) -> list[dict]:
    """Return one row per method (those named, else all): its own verdict and value, the common class, years and yardstick.

    Every method has a row; where it says nothing, verdict and common are `not_applicable` and
    `reason` tells why.
    """
    rows = []
    for name in methods or METHODS:
        method = METHODS[name]
        got, start = method(course), method.window(course) if len(course.years) else None
        if name == "escap_api":  # its regression reaches further back than the baseline
            start = course.first_from(ESCAP_FIRST_YEAR) if len(course.years) else None
        rows.append({
            "method": name, "verdict": got.verdict, "common": method.common.get(got.verdict, NONE),
            "value": got.value, "reason": got.reason, "edition": method.edition,
            "yardstick": _yardstick(method, course),
            "first_year": nan if start is None else start[1],
            "last_year": course.latest[1] if len(course.years) else nan,
        })  # fmt: skip
    return rows


def disagreement(rows: list[dict], ours: str | Mapping) -> tuple[bool, list[str]]:
    """Return whether any method differs from our class on the common scale, and what may explain it.

    Parameters
    ----------
    rows
        From `compare`.
    ours
        Our class, or a row of `evaluate_progress`: with its `baseline_year` and `last_year` windows
        are compared too.

    Returns
    -------
    tuple
        The reasons are words: `different_window` (other years), `no_target_rule` (fixed thresholds,
        for want of a target), `different_target_rule` (the target measured otherwise than by pace in
        units), `scale_dependent` (per cent growth: the class changes with the zero of the scale),
        `direction_only`, `other_thresholds` (same years and target, other cuts or end points); and,
        with or without disagreement, `cagr_not_applicable` where values or target are not positive.
    """
    row = {"progress": ours} if isinstance(ours, str) else ours
    our_class = OURS.get(str(row.get("progress", "")), NONE)
    differing = [r for r in rows if NONE not in (our_class, r["common"]) and r["common"] != our_class]
    reasons: list[str] = []
    for one in differing:
        reasons += _reasons(one, row)
    refused = {"value_not_positive", "target_not_positive", "sign_change", "target_sign_change"}
    if any(r["common"] == NONE and r["reason"] in refused for r in rows):
        reasons.append("cagr_not_applicable")
    return bool(differing), list(dict.fromkeys(reasons))


def _reasons(one: dict, ours: Mapping) -> list[str]:
    """What may explain that one method says otherwise."""
    found = []
    for theirs, column in (("first_year", "baseline_year"), ("last_year", "last_year")):
        year = ours.get(column, nan)
        if year is not None and np.isfinite(year) and one[theirs] != year:
            found.append("different_window")
    if one["yardstick"] == "no_target_rule":
        found.append("no_target_rule")
    elif one["yardstick"] in ("growth_target", "projection", "probability"):
        found.append("different_target_rule")
    if one["yardstick"] in GROWTH_YARDSTICKS:
        found.append("scale_dependent")
    if one["yardstick"] == "direction":
        found.append("direction_only")
    return found or ["other_thresholds"]
