"""Is a series moving, how fast, and how surely: one row per series and area.

SDG series are short, uneven and autocorrelated, so the trend is described by rank methods: the
Theil-Sen slope says how fast, the Mann-Kendall test with a simulated AR(1) null says how surely.
Counts and proportions have models of their own. "Not detected" is never "no trend".
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from sdg_eval.errors import UsageError
from sdg_eval.least_squares import MIN_PERIODS as MIN_OLS
from sdg_eval.least_squares import ols_newey_west
from sdg_eval.panels import (
    DIMENSIONS,
    FAMILY,
    MIN_SLOPE,
    MIN_TWO,
    Panel,
    build_panels,
    exposures,
    is_province,
)
from sdg_eval.ranks import (
    EXACT_UP_TO,
    MIN_TEST,
    MIN_YEARS_SEASONAL,
    NULL_DRAWS,
    ar1_null,
    exact_p,
    p_two_sided,
    pooled_rho,
    rank_lines,
    round_rho,
    z_of_s,
)
from sdg_eval.rates import LIMIT, rate_lines

MIN_SPAN_YEARS = 3
STALE_AFTER_YEARS = 3
Q_FAMILY = 0.10
COVID_YEARS = (2020, 2021)
NULLS = ("ar1", "exact", "normal")
TESTED = ("rising", "falling", "not_detected")

COLUMNS = DIMENSIONS + [
    "n_obs", "first_period", "last_period", "first_value", "last_value",
    "slope", "ci_low", "ci_high", "intercept", "sigma",
    "relative_slope_pct", "relative_ci_low_pct", "relative_ci_high_pct", "odds_ratio", "dispersion",
    "upper_limit", "tau", "s", "p_value", "p_adjusted", "significant", "n_tests",
    "rho", "rho_assumed", "null_seed", "null_draws", "tie_share", "method", "verdict", "assessment", "reason",
    "stale", "report_year", "confidence", "segment_start", "n_provisional",
    "slope_with_provisional", "verdict_with_provisional", "slope_without_covid", "verdict_without_covid",
    "ols_slope", "ols_se", "ols_p_value", "preferred",
]  # fmt: skip
"""Columns of the trend table, in order; docs/methods.md says what each one holds."""

REASONS = [
    "no_data", "no_range", "break_segment", "basis_change", "conflict", "no_exposure", "model_failed", "rho_assumed",
    "tie_share", "interval_clipped", "numerator_mismatch", "two_points", "few_periods", "short_span",
    "provisional_only", "provisional", "stale",
]  # fmt: skip
"""Why a row says no more than it does, in the order in which they are listed."""


@dataclass(frozen=True)
class _Options:
    confidence: float
    null: str
    report_year: int

    @property
    def alpha(self) -> float:
        return 1 - self.confidence


class _Estimates:
    """Columns of some rows while they are filled: numbers, texts, and reasons as flags."""

    NUMBERS = (
        "slope", "ci_low", "ci_high", "intercept", "sigma", "relative_slope_pct", "relative_ci_low_pct",
        "relative_ci_high_pct", "odds_ratio", "dispersion", "upper_limit", "tau", "s", "p_value", "rho", "null_seed",
        "null_draws", "tie_share",
    )  # fmt: skip

    def __init__(self, n: int):
        self.numbers = {name: np.full(n, np.nan) for name in self.NUMBERS}
        self.rho_assumed = np.zeros(n, dtype=bool)
        self.method = np.full(n, "none", dtype=object)
        self.verdict = np.full(n, "insufficient_data", dtype=object)
        self.flags = {reason: np.zeros(n, dtype=bool) for reason in REASONS}

    def put(self, rows, **columns) -> None:
        """Set columns of `rows`; numbers by name, else method, verdict."""
        for name, value in columns.items():
            (self.numbers[name] if name in self.numbers else getattr(self, name))[rows] = value

    def flag(self, reason: str, rows, on=True) -> None:
        """Give `rows` a reason (where `on`)."""
        self.flags[reason][rows] |= on


@dataclass(frozen=True)
class _Rows:
    """Some rows of a panel with the values that may be used of them; everything else is NaN."""

    panel: Panel
    rows: np.ndarray
    mask: np.ndarray
    rho: np.ndarray
    assumed: np.ndarray

    @cached_property
    def values(self) -> np.ndarray:
        """The values that may be used."""
        return np.where(self.mask, self.panel.values[self.rows], np.nan)

    @cached_property
    def n(self) -> np.ndarray:
        """How many they are."""
        return self.mask.sum(axis=1)

    @cached_property
    def first(self) -> np.ndarray:
        """Column of the first of them."""
        return np.argmax(self.mask, axis=1)

    @cached_property
    def last(self) -> np.ndarray:
        """Column of the last of them."""
        return self.mask.shape[1] - 1 - np.argmax(self.mask[:, ::-1], axis=1)

    def __len__(self) -> int:
        return len(self.rows)

    def part(self, of) -> _Rows:
        """Return some of the rows."""
        return _Rows(self.panel, self.rows[of], self.mask[of], self.rho[of], self.assumed[of])

    def rule(self, what) -> np.ndarray:
        """`what(rule)` of each row."""
        return np.array([what(rule) for rule in self.panel.rules])[self.panel.family[self.rows]]

    def at(self, column: np.ndarray) -> np.ndarray:
        """Value of each row in `column`, NaN where the row is empty."""
        return self.values[np.arange(len(self)), column]

    def numbers(self, name: str) -> np.ndarray:
        """Numerators or denominators of the values that are used."""
        return np.where(self.mask, getattr(self.panel, name)[self.rows], np.nan)

    @property
    def ends(self) -> np.ndarray:
        """Times of the first and last value, rows x 2."""
        return self.panel.times[np.column_stack([self.first, self.last])]


# ---------------------------------------------------------------- estimates by method


def _verdicts(p_value, slope, s, alpha: float) -> np.ndarray:
    up = np.where(slope != 0, slope, s) > 0
    return np.where(p_value < alpha, np.where(up, "rising", "falling"), "not_detected").astype(object)


def _flat(out: _Estimates, rows, values, testable) -> None:
    """All values equal is a result, not an error: slope 0, p 1."""
    zero = np.where(testable, 0.0, np.nan)
    out.put(rows, slope=0.0, ci_low=zero, ci_high=zero, intercept=values, sigma=0.0, p_value=1.0, verdict="no_change")


def _null_columns(n_obs, rho, period: int, s=None):
    """Variance ratio, seed and p of each row, each null drawn once per length and correlation."""
    ratio, seed, p_value = (np.full(len(n_obs), np.nan) for _ in range(3))
    rounded = round_rho(rho)
    pairs = n_obs * 1000 + np.round(rounded * 100).astype(int)
    for pair in np.unique(pairs):
        own = pairs == pair
        null = ar1_null(int(n_obs[own][0]), float(rounded[own][0]), period)
        ratio[own], seed[own] = null.var_ratio, null.seed
        if s is not None:
            p_value[own] = null.p_value(s[own])
    return ratio, seed, p_value


def _rank_estimates(out: _Estimates, at: np.ndarray, part: _Rows, options: _Options, period: int = 1) -> None:
    """Theil-Sen slope and, from 6 points, the Mann-Kendall test; `at` says where in `out` the rows belong."""
    ar1 = options.null == "ar1"
    testable = part.n >= MIN_TEST
    scale = np.ones(len(part))
    if testable.any():
        scale[testable] = _null_columns(part.n[testable], part.rho[testable] if ar1 else np.zeros(testable.sum()), period)[0]
    line = rank_lines(part.values, part.panel.times, period=period, confidence=options.confidence, var_scale=scale)
    out.put(at, s=line.s, tau=line.tau, tie_share=line.tie_share)
    flat = np.nanmax(part.values, axis=1) == np.nanmin(part.values, axis=1)
    _flat(out, at[flat], part.at(part.first)[flat], testable[flat])
    if ar1:
        out.put(at[~flat], rho=part.rho[~flat], rho_assumed=part.assumed[~flat])
    tied = line.tie_share > 0
    p_value, method = np.full(len(part), np.nan), np.full(len(part), "theil_sen", dtype=object)
    prefix = "seasonal_mann_kendall" if period > 1 else "mann_kendall"
    tested = testable & ~flat
    if ar1:
        ranked = tested & ~tied
        _, seed, p_value[ranked] = _null_columns(part.n[ranked], part.rho[ranked], period, line.s[ranked])
        # The simulated series never tie, so their |S| runs larger than ours could; the tie-corrected
        # variance, widened by the simulated ratio, takes the place of the simulated ranks.
        by_z = tested & tied
        p_value[by_z] = p_two_sided(z_of_s(line.s, line.var_s * scale))[by_z]
        method[ranked], method[by_z] = f"{prefix}_ar1", f"{prefix}_ar1_z_ties"
        out.put(at[ranked], null_seed=seed)
        out.put(at[by_z], null_seed=_null_columns(part.n[by_z], part.rho[by_z], period)[1])
        out.put(at[tested], null_draws=NULL_DRAWS)
        out.flag("rho_assumed", at[tested], part.assumed[tested])
        out.flag("tie_share", at[tested], tied[tested])
    else:
        p_value[tested] = p_two_sided(z_of_s(line.s, line.var_s))[tested]
        method[tested] = f"{prefix}_normal"
        exact = tested & ~tied & (part.n <= EXACT_UP_TO) & (options.null == "exact") & (period == 1)
        for n in np.unique(part.n[exact]):
            own = exact & (part.n == n)
            p_value[own], method[own] = exact_p(line.s[own], n), f"{prefix}_exact"
    out.flag("interval_clipped", at[~flat], line.clipped[~flat])
    verdict = np.where(testable, _verdicts(p_value, line.slope, line.s, options.alpha), "indicative")
    columns = {
        "slope": line.slope, "intercept": line.intercept, "ci_low": line.ci_low, "ci_high": line.ci_high,
        "sigma": line.sigma, "p_value": p_value, "method": method, "verdict": verdict,
    }  # fmt: skip
    out.put(at[~flat], **{name: column[~flat] for name, column in columns.items()})


def _pct(log_ratio) -> np.ndarray:
    """Per cent a year of a log ratio; short series can have limits beyond what a number can hold."""
    return 100 * np.expm1(np.clip(log_ratio, -LIMIT, LIMIT))


def _count_estimates(out: _Estimates, at: np.ndarray, part: _Rows, options: _Options) -> None:
    """Quasi-Poisson; the slope in the unit is that of the fitted count at the latest exposure."""
    exposure, known = exposures(part.numbers("denominators"), part.mask)
    out.flag("no_exposure", at, ~known)
    none = np.nansum(part.values, axis=1) == 0
    _flat(out, at[none], 0.0, False)
    out.put(at[none], p_value=np.nan, upper_limit=3 / np.nansum(exposure[none], axis=1), verdict="no_events", method="rule_of_three")
    lines = rate_lines(part.values, exposure, part.panel.times, family="poisson", confidence=options.confidence)
    good = np.isfinite(lines.slope) & np.isfinite(lines.se) & ~none
    latest = exposure[np.arange(len(part)), part.last]

    def change(slope):
        return latest * np.exp(np.clip(lines.level[:, None] + slope[:, None] * _from_centre(part, lines), -LIMIT, LIMIT)).T

    _model_estimates(out, at, part, lines, good, change, "quasi_poisson", options)
    testable = part.n >= MIN_TEST
    out.put(
        at[good], relative_slope_pct=_pct(lines.slope)[good],
        relative_ci_low_pct=np.where(testable, _pct(lines.ci_low), np.nan)[good],
        relative_ci_high_pct=np.where(testable, _pct(lines.ci_high), np.nan)[good],
    )  # fmt: skip
    _without_model(out, at, part, ~good & ~none, options)


def proportion_scale(values, numerators, denominators, mask) -> np.ndarray:
    """Unit of each row's values as a multiple of numerator / denominator (100 or 1), NaN if they disagree."""
    with np.errstate(invalid="ignore", divide="ignore"):
        sound = np.isfinite(numerators) & np.isfinite(denominators) & (denominators > 0)
        sound &= (numerators >= 0) & (numerators <= denominators)
        share = numerators / denominators
        scale = np.full(len(values), np.nan)
        for unit in (1.0, 100.0):
            # Published shares are rounded, hence the allowance.
            near = np.abs(values - unit * share) <= 0.006 * unit + 0.01 * np.abs(unit * share)
            scale[(~mask | (sound & near)).all(axis=1) & mask.any(axis=1)] = unit
    return scale


def _proportion_estimates(out: _Estimates, at: np.ndarray, part: _Rows, scale: np.ndarray, options: _Options) -> None:
    """Quasi-binomial; the slope in the unit is that of the fitted share between the end points."""
    k, n = part.numbers("numerators"), part.numbers("denominators")
    share = k / n
    bound = (np.nanmax(share, axis=1) == 0) | (np.nanmin(share, axis=1) == 1)
    _flat(out, at[bound], part.at(part.first)[bound], False)
    out.put(at[bound], p_value=np.nan, verdict="at_bound")
    lines = rate_lines(k, n, part.panel.times, family="binomial", confidence=options.confidence)
    good = np.isfinite(lines.slope) & np.isfinite(lines.se) & ~bound

    def change(slope):
        linear = np.clip(lines.level[:, None] + slope[:, None] * _from_centre(part, lines), -LIMIT, LIMIT)
        return scale * (1 / (1 + np.exp(-linear))).T

    _model_estimates(out, at, part, lines, good, change, "quasi_binomial", options)
    out.put(at[good], odds_ratio=np.exp(np.clip(lines.slope, -LIMIT, LIMIT))[good])
    _without_model(out, at, part, ~good & ~bound, options)


def _from_centre(part: _Rows, lines) -> np.ndarray:
    return part.ends - lines.centre[:, None]


def _model_estimates(out, at, part: _Rows, lines, good, change, method: str, options: _Options) -> None:
    """Columns of a count or proportion model; `change(slope)` gives the fitted first and last value."""
    testable = part.n >= MIN_TEST
    years = part.ends[:, 1] - part.ends[:, 0]

    def in_unit(slope):
        first, last = change(slope)
        return (last - first) / years

    verdict = np.where(testable, _verdicts(lines.p_value, lines.slope, 0, options.alpha), "indicative")
    columns = {
        "slope": in_unit(lines.slope), "ci_low": np.where(testable, in_unit(lines.ci_low), np.nan),
        "ci_high": np.where(testable, in_unit(lines.ci_high), np.nan), "dispersion": lines.dispersion,
        "p_value": np.where(testable, lines.p_value, np.nan), "verdict": verdict,
    }  # fmt: skip
    out.put(at[good], method=method, **{name: column[good] for name, column in columns.items()})


def _without_model(out: _Estimates, at, part: _Rows, failed, options: _Options) -> None:
    """Ranks take over where the likelihood has no finite maximum (0% before a year, 100% after)."""
    if failed.any():
        _rank_estimates(out, at[failed], part.part(failed), options)
        out.flag("model_failed", at[failed])


def _year_on_year(out: _Estimates, at: np.ndarray, part: _Rows, period: int) -> None:
    """Median change against the same quarter or month of the year before; no test."""
    changes = part.values[:, period:] - part.values[:, :-period] if part.values.shape[1] > period else np.empty((len(part), 0))
    some = ~np.isnan(changes).all(axis=1)
    out.flag("few_periods", at)
    out.put(at[some], slope=np.nanmedian(changes[some], axis=1), verdict="indicative", method="year_on_year")


def _estimate(part: _Rows, options: _Options) -> _Estimates:
    """Choose for each row the method that the number of points, the frequency and the kind allow."""
    out, period = _Estimates(len(part)), part.panel.per_year
    n, everything = part.n, np.arange(len(part))

    def do(rows, method, *rest):
        if rows.any():
            method(out, everything[rows], part.part(rows), *rest)

    out.flag("few_periods", n < MIN_TWO)
    span = part.ends[:, 1] - part.ends[:, 0]
    if period > 1:
        covered = np.round(span + 1 / period, 6) >= MIN_YEARS_SEASONAL
        enough = (n >= MIN_YEARS_SEASONAL * period) & covered
        do(enough, _rank_estimates, options, period)
        do((n >= MIN_TWO) & ~enough, _year_on_year, period)
    else:
        two = n == MIN_TWO
        with np.errstate(invalid="ignore", divide="ignore"):
            slope = (part.at(part.last) - part.at(part.first)) / span
        out.put(two, slope=slope[two], verdict="two_points", method="end_points")
        out.flag("two_points", two)
        _annual(out, part, n >= MIN_SLOPE, do, options)
        out.flag("few_periods", (n >= MIN_SLOPE) & (n < MIN_TEST))
        out.flag("short_span", (n >= MIN_SLOPE) & (span < MIN_SPAN_YEARS))
    bounds = part.rule(lambda rule: rule.bounds)
    value = part.at(part.first)
    still = out.verdict == "no_change"
    out.verdict[still & ((value == bounds[:, 0]) | (value == bounds[:, 1]))] = "at_bound"
    return out


def _annual(out: _Estimates, part: _Rows, enough: np.ndarray, do, options: _Options) -> None:
    """Three years and more: counts and proportions by their models, everything else by ranks."""
    kind = part.rule(lambda rule: "range" if rule.direction == "range" else rule.kind)
    with np.errstate(invalid="ignore"):
        counts = enough & (kind == "count") & ~(part.values < 0).any(axis=1)
    proportion = enough & (kind == "proportion")
    scale, told = np.full(len(part), np.nan), np.zeros(len(part), dtype=bool)
    if proportion.any():
        own = part.part(proportion)
        numerators = own.numbers("numerators")
        told[proportion] = np.isfinite(numerators).any(axis=1)
        scale[proportion] = proportion_scale(own.values, numerators, own.numbers("denominators"), own.mask)
    modelled = proportion & ~np.isnan(scale)
    do(counts, _count_estimates, options)
    do(modelled, _proportion_estimates, scale[modelled], options)
    do(enough & ~counts & ~modelled, _rank_estimates, options)
    out.flag("numerator_mismatch", proportion & ~modelled & told)


# ---------------------------------------------------------------- the table


def family_rho(panel: Panel, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Correlation of each row's family, pooled over its provinces, and whether it was assumed."""
    values = np.where(mask, panel.values, np.nan)
    values = year_grid(panel, values)
    speaks = is_province(panel.keys["REF_AREA"]) & ~panel.conflict & mask.any(axis=1)
    rho, assumed = np.empty(len(panel.rules)), np.empty(len(panel.rules), dtype=bool)
    for number in range(len(panel.rules)):
        rho[number], assumed[number] = pooled_rho(values[speaks & (panel.family == number)], panel.per_year)
    return rho[panel.family], assumed[panel.family]


def year_grid(panel: Panel, values: np.ndarray) -> np.ndarray:
    """Annual values with an empty column for each year that no area has."""
    if panel.per_year > 1:
        return values
    steps = np.floor(panel.times + 1e-6).astype(int)
    grid = np.full((len(values), steps[-1] - steps[0] + 1), np.nan)
    for column, step in enumerate(steps - steps[0]):  # a year with fiscal and calendar values keeps the later one
        there = ~np.isnan(values[:, column])
        grid[there, step] = values[there, column]
    return grid


def estimate_rows(panel: Panel, mask: np.ndarray, rho: np.ndarray, assumed: np.ndarray, *, confidence: float = 0.95, null: str = "ar1") -> dict[str, np.ndarray]:
    """Return the estimates of every row of a panel from the values in `mask`, by the rules of `evaluate_trends`.

    For who asks what other values or another correlation would have said: with `panel.usable` and `family_rho` the numbers are
    those of the table. Rows of a conflict stay NaN.

    Parameters
    ----------
    mask
        Rows x periods, True where a value is taken.
    rho, assumed
        Lag-1 correlation of each row, and whether it was assumed.

    Returns
    -------
    dict
        The columns of the trend table that are estimated (slope and its interval per year in the unit of the values), n_obs,
        method and verdict; an array of one item per row each.
    """
    options = _Options(confidence, null, 0)
    sound = np.flatnonzero(~panel.conflict)
    out = _Estimates(len(panel))
    estimate = _estimate(_Rows(panel, sound, mask[sound], rho[sound], assumed[sound]), options)
    for name, column in estimate.numbers.items():
        out.numbers[name][sound] = column
    out.put(sound, method=estimate.method, verdict=estimate.verdict)
    out.verdict[panel.conflict] = "data_conflict"
    return out.numbers | {"n_obs": mask.sum(axis=1), "method": out.method, "verdict": out.verdict}


def _texts(flags: dict[str, np.ndarray]) -> np.ndarray:
    """Reasons of each row, joined by semicolons."""
    codes = sum(on.astype(np.int64) << bit for bit, on in enumerate(flags.values()))
    unique, inverse = np.unique(codes, return_inverse=True)
    said = [";".join(name for bit, name in enumerate(flags) if code >> bit & 1) for code in unique]
    return np.array(said, dtype=object)[inverse]


def _assessments(verdict: np.ndarray, sign: np.ndarray) -> np.ndarray:
    moved = np.where(verdict == "rising", 1, np.where(verdict == "falling", -1, 0)) * sign
    return np.array(["worsening", "", "improving"], dtype=object)[moved + 1]


def _sensitivity(columns: dict, panel: Panel, part: _Rows, options: _Options) -> None:
    """Slope and verdict with provisional values, and without 2020-21; blank where nothing differs."""
    covid = part.mask & np.isin(panel.years, COVID_YEARS)
    runs = {
        "with_provisional": ((panel.held & panel.provisional).any(axis=1) & ~panel.only_provisional, panel.held),
        "without_covid": (covid.any(axis=1) & (part.n >= MIN_SLOPE), part.mask & ~covid),
    }
    for name, (rows, mask) in runs.items():
        rows = np.flatnonzero(rows & ~panel.conflict)
        slope, verdict = np.full(len(panel), np.nan), np.full(len(panel), "", dtype=object)
        if len(rows):
            other = _estimate(_Rows(panel, rows, mask[rows], part.rho[rows], part.assumed[rows]), options)
            slope[rows], verdict[rows] = other.numbers["slope"], other.verdict
        columns[f"slope_{name}"], columns[f"verdict_{name}"] = slope, verdict


def _panel_columns(panel: Panel, options: _Options) -> dict[str, np.ndarray]:
    """All columns of the trend table for the rows of one panel, but for the adjusted p."""
    mask = panel.usable
    part = _Rows(panel, np.arange(len(panel)), mask, *family_rho(panel, mask))
    out = _Estimates(len(panel))
    sound = np.flatnonzero(~panel.conflict)
    estimate = _estimate(part.part(sound), options)
    for name, column in estimate.numbers.items():
        out.numbers[name][sound] = column
    out.put(sound, method=estimate.method, verdict=estimate.verdict, rho_assumed=estimate.rho_assumed)
    for name, on in estimate.flags.items():
        out.flags[name][sound] = on
    out.verdict[panel.conflict] = "data_conflict"
    provisional = (panel.held & panel.provisional).sum(axis=1)
    some, only = part.n > 0, panel.only_provisional & ~panel.conflict
    out.verdict[only & np.isin(out.verdict.astype(str), TESTED)] = "indicative"
    told = some & ~panel.conflict
    stale = told & (options.report_year - panel.years[part.last] > STALE_AFTER_YEARS)
    out.flags |= {
        "no_range": panel.no_range & ~panel.conflict, "break_segment": panel.broken & ~panel.conflict,
        "basis_change": panel.changed_basis & ~panel.conflict, "conflict": panel.conflict, "provisional_only": only,
        "provisional": (provisional > 0) & ~panel.only_provisional & ~panel.conflict, "stale": stale,
    }  # fmt: skip

    def text(column, rows):
        return np.where(rows, panel.periods[column], "").astype(object)

    columns = dict(panel.keys) | out.numbers
    columns |= {
        "n_obs": part.n, "first_period": text(part.first, told), "last_period": text(part.last, told),
        "segment_start": text(part.first, told), "first_value": np.where(told, part.at(part.first), np.nan),
        "last_value": np.where(told, part.at(part.last), np.nan), "rho_assumed": out.rho_assumed,
        "method": out.method, "verdict": out.verdict, "reason": _texts(out.flags), "stale": stale,
        "assessment": _assessments(out.verdict, part.rule(lambda rule: rule.sign)), "n_provisional": provisional,
        "report_year": np.full(len(panel), options.report_year), "confidence": np.full(len(panel), options.confidence),
    }  # fmt: skip
    _sensitivity(columns, panel, part, options)
    _least_squares(columns, panel, part)
    return columns


def _least_squares(columns: dict, panel: Panel, part: _Rows) -> None:
    """OLS with Newey-West errors beside the ranks, for annual series of 20 and more (METHODS 2.5)."""
    names = ("ols_slope", "ols_se", "ols_p_value")
    columns |= {name: np.full(len(panel), np.nan) for name in names}
    rows = np.flatnonzero((part.n >= MIN_OLS) & ~panel.conflict)
    if panel.per_year == 1 and len(rows):
        lines = ols_newey_west(part.values[rows], panel.times)
        for name, column in zip(names, (lines.slope, lines.se, lines.p_value), strict=True):
            columns[name][rows] = column


def adjust_p(p_value: np.ndarray, family: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Benjamini-Hochberg p of each family (numbered from 0) and the number of its tests; untested p stay NaN."""
    adjusted, counts = np.full(len(p_value), np.nan), np.full(len(p_value), np.nan)
    tested = np.flatnonzero(~np.isnan(p_value))
    if not len(tested):
        return adjusted, counts
    order = tested[np.lexsort((p_value[tested], family[tested]))]
    own = family[order]
    size = np.bincount(own)[own]
    start = np.searchsorted(own, own)
    ranks = np.arange(len(order)) - start + 1
    scaled = np.minimum(p_value[order] * size / ranks, 1.0)
    # The smallest of all larger ranks, family by family: families are set two apart, so none reaches the next.
    lifted = scaled + 2.0 * own
    adjusted[order] = np.minimum.accumulate(lifted[::-1])[::-1] - 2.0 * own
    counts[order] = size
    return adjusted, counts


def _adjust_family(table: pd.DataFrame) -> pd.DataFrame:
    """Benjamini-Hochberg over the provinces of each series; other areas are families of their own."""
    province = is_province(table["REF_AREA"])
    own = table["REF_AREA"].where(~pd.Series(province, index=table.index), "provinces")
    family = table.groupby([*[table[c] for c in FAMILY], own], sort=False).ngroup().to_numpy()
    p_adjusted, n_tests = adjust_p(table["p_value"].to_numpy(dtype=float), family)
    return table.assign(p_adjusted=p_adjusted, n_tests=n_tests, significant=p_adjusted <= Q_FAMILY)


def _mark_preferred(table: pd.DataFrame) -> pd.DataFrame:
    """Annual rows stand for a series; where there is none, quarterly, then monthly ones."""
    rank = table["FREQ"].map({"A": 0, "Q": 1, "M": 2})
    same = [table[c] for c in DIMENSIONS if c != "FREQ"]
    return table.assign(preferred=rank == rank.groupby(same).transform("min"))


def _absent(table: pd.DataFrame, areas, options: _Options) -> pd.DataFrame:
    """Rows of the areas that a family does not hold: they are listed, never dropped."""
    families = table[FAMILY].drop_duplicates()
    wanted = families.merge(pd.DataFrame({"REF_AREA": list(areas)}), how="cross")
    held = pd.MultiIndex.from_frame(table[DIMENSIONS])
    absent = wanted[~pd.MultiIndex.from_frame(wanted[DIMENSIONS]).isin(held)]
    texts = dict.fromkeys(
        ["first_period", "last_period", "segment_start", "assessment", "verdict_with_provisional", "verdict_without_covid"], ""
    )
    return absent.assign(
        n_obs=0, n_provisional=0, method="none", verdict="insufficient_data", reason="no_data;few_periods", stale=False,
        rho_assumed=False, report_year=options.report_year, confidence=options.confidence, **texts,
    )  # fmt: skip


def evaluate_trends(
    observations: pd.DataFrame,
    *,
    series: pd.DataFrame | None = None,
    report_year: int | None = None,
    confidence: float = 0.95,
    null: str = "ar1",
    areas=None,
) -> pd.DataFrame:
    """Return one row of trend statistics per series, area, breakdown and frequency.

    Parameters
    ----------
    observations
        An observation table, or any table with SERIES, REF_AREA, TIME_PERIOD and OBS_VALUE; pass all
        provinces together, for the correlation is pooled over them.
    series
        The codelist of series: kind, direction, breaks, provisional years, bounds.
    report_year
        A series that ends more than three years before it is `stale`. Default: the latest year held.
    confidence
        Coverage of intervals; a trend is `rising` or `falling` when p < 1 - confidence.
    null
        `ar1` (simulated, correlation pooled), `exact` (n <= 10 without ties) or `normal`.
    areas
        Codes to be listed whether they have data or not.

    Raises
    ------
    DataError
        For missing columns, empty keys, infinite values, an unreadable period or mixed frequencies.
    UsageError
        For an unknown `null` or a confidence outside 0.5..1.
    """
    if null not in NULLS:
        raise UsageError(f"null is {null!r}; choose {', '.join(NULLS)}.")
    if not 0.5 <= confidence < 1:
        raise UsageError(f"confidence is {confidence}; give a number from 0.5 to below 1, such as 0.95.")
    panels = build_panels(observations, series)
    if not panels:
        return pd.DataFrame(columns=COLUMNS)
    if report_year is None:
        report_year = max(int(panel.years[~np.isnan(panel.values).all(axis=0)].max()) for panel in panels)
    options = _Options(confidence, null, int(report_year))
    parts = [_panel_columns(panel, options) for panel in panels]
    table = pd.DataFrame({name: np.concatenate([part[name] for part in parts]) for name in parts[0]})
    if areas is not None:
        table = pd.concat([table, _absent(table, areas, options)], ignore_index=True)
    table = table.sort_values(DIMENSIONS, ignore_index=True)
    return _mark_preferred(_adjust_family(table))[COLUMNS]


