"""Where will the series stand in 2030, how sure is that, and how good were such forecasts so far.

Three ways to go on - as it is, along the Theil-Sen line, along a local trend that may be damped - compete
at rolling origins; the winner of the earlier origins is judged at the later ones, which had no part in
choosing it. Intervals are not a model's own: they are the errors really made, pooled over provinces.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sdg_eval.panels import (
    DIMENSIONS,
    FAMILY,
    PERIODS_PER_YEAR,
    Segment,
    SeriesRule,
    annual_points,
    segments,
    series_rules,
)
from sdg_eval.ranks import MIN_TEST, rank_lines

TARGET_YEAR = 2030
MIN_HISTORY = MIN_TEST
"""Fewest annual values behind a forecast."""
MIN_ORIGINS = 3
"""Fewest rolling origins for a choice and a check of it; with fewer the scoreboard says so."""
MIN_ERRORS = 40
"""Fewest pooled errors behind an interval: its 95% limits rest on the two outermost."""
LONGEST = 5
"""Longest horizon, in years, at which errors are collected."""
HELD_OUT = 1 / 3
"""Share of the origins, the latest ones, that judge and do not choose."""
LEVELS = (0.50, 0.80, 0.95)
SMOOTHING = tuple((a, b, d) for d in (1.0, 0.9, 0.8) for a in (0.2, 0.5, 0.8) for b in (0.1, 0.3))
"""(level, slope, damping) tried for the local trend, shared by all provinces; damping 1 does not damp."""
THRESHOLDS = (-1.0, 0.0, 1.0)
"""Events of the Brier score: the value passes the last one by this many typical changes over the horizon."""
WITHIN = 0.03
"""Coverage counts as right within three points of nominal."""
GROWTH, LEARNING = (0.3, 1.2), (0.0, 0.5)
"""Limits of the two exponents: a walk's errors grow with the root of the horizon, a wrong line's with the horizon.
Half of the fitted fall with the history is used, because it flattens: the noise of the next value never goes away.
On simulated lines 80% intervals then hold 80%; with the whole of it they hold 73%, with none 87%."""
REACH = 2
"""No interval further ahead than this many times the longest horizon that could be checked."""

COLUMNS = DIMENSIONS + [
    "year", "origin_year", "horizon", "forecast", "low_50", "high_50", "low_80", "high_80", "low_95", "high_95", "target_value",
    "target_year", "p_target", "model", "scale", "n_obs", "n_errors", "calibrated", "beyond_check", "widened", "report_year", "reason",
]  # fmt: skip
SCORE_COLUMNS = FAMILY + [
    "n_areas", "n_origins", "n_held_out", "n_errors", "n_checked", "longest", "model", "scale", "level", "slope", "damping", "mae",
    "over_no_change", "over_same_trend", "coverage_50", "coverage_80", "coverage_95", "brier", "brier_base", "widened", "calibrated", "reason",
]  # fmt: skip
"""`over_no_change`, `over_same_trend`: mean absolute error at held-out origins relative to those two; below 1 is
better. `coverage_*`: of intervals set before the held-out origins; `widened`: factor by which the published ones are
then made wider, where those were too narrow. `brier`: of the probabilities at held-out origins; `brier_base`: of the share of events, the same for all."""


# ---------------------------------------------------------------- scales that keep bounds


@dataclass(frozen=True)
class Scale:
    """Values as they are, as logarithms or roots, or as logits between the bounds, so that no forecast leaves them."""

    name: str
    low: float = np.nan
    high: float = np.nan

    def forward(self, values):
        """Values on the scale on which errors are added; a bound itself is infinitely far."""
        values = np.asarray(values, dtype=float)
        with np.errstate(divide="ignore", invalid="ignore"):
            if self.name == "log":
                return np.log(values)
            if self.name == "root":
                return np.sqrt(values)
            if self.name == "logit":
                return np.log((values - self.low) / (self.high - values))
        return values

    def back(self, scaled):
        """Values again."""
        scaled = np.asarray(scaled, dtype=float)
        if self.name == "log":
            return np.exp(np.clip(scaled, -700, 700))
        if self.name == "root":
            return np.maximum(scaled, 0) ** 2
        if self.name == "logit":
            return self.low + (self.high - self.low) / (1 + np.exp(-np.clip(scaled, -700, 700)))
        return scaled


def choose_scale(values: np.ndarray, rule: SeriesRule) -> Scale:
    """Return logit where both bounds are known and no value touches them, log for positive values, root where some are 0.

    The root because a log of zero would need an invented constant.
    """
    values = values[np.isfinite(values)]
    low, high = rule.bounds
    if np.isfinite([low, high]).all() and len(values) and values.min() > low and values.max() < high:
        return Scale("logit", low, high)
    if rule.direction != "range" and rule.kind != "proportion" and len(values) and low == 0 and values.min() == 0:
        return Scale("root")
    if rule.kind in ("count", "rate", "amount", "index") and len(values) and values.min() > 0 and rule.direction != "range":
        return Scale("log")
    return Scale("linear")


# ---------------------------------------------------------------- ways to go on


def no_change(history: np.ndarray, steps: int) -> np.ndarray:
    """The last value, for every step ahead; series x steps."""
    return np.repeat(_last(history)[:, None], steps, axis=1)


def same_trend(history: np.ndarray, steps: int) -> np.ndarray:
    """The Theil-Sen line of the history, carried on."""
    n = history.shape[1]
    line = rank_lines(history, np.arange(n))
    return line.intercept[:, None] + line.slope[:, None] * (n - 1 + np.arange(1, steps + 1))


def local_trend(history: np.ndarray, steps: int, level: float, slope: float, damping: float) -> np.ndarray:
    """Level and slope that follow the series, the slope damped (Holt 1957; Gardner & McKenzie 1985).

    Starts on the Theil-Sen line of the history; a missing year moves the level on and corrects nothing.
    Equals statsmodels' ExponentialSmoothing with the same parameters and start.
    """
    line = rank_lines(history, np.arange(history.shape[1]))
    at = line.intercept - line.slope
    pace = line.slope.copy()
    for column in history.T:
        ahead = at + damping * pace
        error = np.where(np.isnan(column), 0.0, column - ahead)
        at, pace = ahead + level * error, damping * pace + level * slope * error
    reach = np.cumsum(damping ** np.arange(1, steps + 1))
    return at[:, None] + pace[:, None] * reach


def _last(history: np.ndarray) -> np.ndarray:
    there = ~np.isnan(history)
    column = history.shape[1] - 1 - np.argmax(there[:, ::-1], axis=1)
    return history[np.arange(len(history)), column]


@dataclass(frozen=True)
class Candidate:
    """A way to go on, with its parameters."""

    model: str
    parameters: tuple[float, float, float] = (np.nan, np.nan, np.nan)

    def __call__(self, history: np.ndarray, steps: int) -> np.ndarray:
        """Forecasts 1..steps after the last column of `history`."""
        if self.model == "no_change":
            return no_change(history, steps)
        if self.model == "same_trend":
            return same_trend(history, steps)
        return local_trend(history, steps, *self.parameters)


NO_CHANGE, SAME_TREND = Candidate("no_change"), Candidate("same_trend")
CANDIDATES = (
    NO_CHANGE, SAME_TREND, *(Candidate("local_trend" if p[2] == 1 else "damped_trend", p) for p in SMOOTHING),
)  # fmt: skip


# ---------------------------------------------------------------- rolling origins


@dataclass(frozen=True)
class Errors:
    """Errors of one candidate at rolling origins: one entry per area, origin and horizon."""

    area: np.ndarray
    origin: np.ndarray  # column of the last value that was known
    horizon: np.ndarray
    error: np.ndarray  # truth less forecast, on the scale
    spread: np.ndarray  # typical change from year to year in the history of the area
    known: np.ndarray  # values in that history

    def where(self, mask) -> Errors:
        """Return the entries where `mask` holds."""
        return Errors(*(getattr(self, name)[mask] for name in self.__dataclass_fields__))

    @property
    def size(self) -> np.ndarray:
        """Absolute errors in typical changes, so that all areas count alike."""
        return np.abs(self.error) / self.spread


def typical_change(history: np.ndarray) -> np.ndarray:
    """Mean absolute change from one value to the next, per year; the pooled one where an area's is 0."""
    steps = np.abs(np.diff(history, axis=1))
    with np.errstate(invalid="ignore"):
        mean = np.nansum(steps, axis=1) / np.maximum((~np.isnan(steps)).sum(axis=1), 1)
    typical = np.median(mean[mean > 0]) if (mean > 0).any() else 1.0
    return np.where(mean > 0.05 * typical, mean, typical)


def origins_of(panel: np.ndarray) -> np.ndarray:
    """Columns that can be the last known year: enough areas have a history and a later value."""
    there = ~np.isnan(panel)
    history = np.cumsum(there, axis=1)
    later = there[:, ::-1].cumsum(axis=1)[:, ::-1] - there
    ready = (there & (history >= MIN_HISTORY) & (later > 0)).sum(axis=0)
    return np.flatnonzero(ready >= max(1, ready.max(initial=0) / 4))


def rolling_errors(panel: np.ndarray, candidate: Candidate, origins: np.ndarray) -> Errors:
    """Errors of `candidate` at each origin, up to five years ahead, nothing later than the origin being seen."""
    parts = []
    there = ~np.isnan(panel)
    for origin in origins:
        rows = np.flatnonzero(there[:, origin] & (there[:, : origin + 1].sum(axis=1) >= MIN_HISTORY))
        steps = min(LONGEST, panel.shape[1] - 1 - origin)
        if not len(rows) or not steps:
            continue
        history = panel[rows, : origin + 1]
        error = panel[rows, origin + 1 : origin + 1 + steps] - candidate(history, steps)
        area, horizon = np.meshgrid(rows, np.arange(1, steps + 1), indexing="ij")
        spread = np.broadcast_to(typical_change(history)[:, None], error.shape)
        known = np.broadcast_to((~np.isnan(history)).sum(axis=1)[:, None], error.shape)
        kept = ~np.isnan(error)
        parts.append((area[kept], np.full(kept.sum(), origin), horizon[kept], error[kept], spread[kept], known[kept]))
    if not parts:
        nothing = np.empty(0)
        return Errors(*[nothing.astype(int)] * 3, nothing, nothing, nothing)
    return Errors(*map(np.concatenate, zip(*parts, strict=True)))


def split_origins(origins: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Origins that choose, and the latest third that judges; none judges where there are fewer than three."""
    if len(origins) < MIN_ORIGINS:
        return origins, origins[:0]
    held_out = max(1, int(np.floor(len(origins) * HELD_OUT)))
    return origins[:-held_out], origins[-held_out:]


def choose_candidate(panel: np.ndarray, origins: np.ndarray) -> Candidate:
    """The candidate with the smallest mean error, in typical changes, at the choosing origins.

    Every horizon counts alike. Without any origin the Theil-Sen line is taken, as in `progress`.
    """
    if not len(origins):
        return SAME_TREND
    scores = []
    for candidate in CANDIDATES:
        errors = rolling_errors(panel, candidate, origins)
        if not len(errors.error):
            return SAME_TREND
        scores.append(pd.Series(errors.size).groupby(errors.horizon).mean().mean())
    return CANDIDATES[int(np.argmin(scores))]


# ---------------------------------------------------------------- intervals from errors really made


@dataclass(frozen=True)
class Spread:
    """Pooled errors in typical changes, freed of their growth with the horizon and fall with the history."""

    growth: float  # errors grow with horizon ** growth
    learning: float  # and fall with (number of known values) ** learning: a line is known better, a walk is not
    sorted: np.ndarray

    def quantile(self, share: float) -> float:
        """Error that `share` of all errors stay below; the outermost are never reached (n + 1 rule)."""
        return float(np.quantile(self.sorted, share, method="weibull"))

    def above(self, needed) -> np.ndarray:
        """Share of errors at or above `needed`, by the n + 1 rule, so never 0 or 1."""
        at_least = len(self.sorted) - np.searchsorted(self.sorted, needed, side="left")
        return (at_least + 0.5) / (len(self.sorted) + 1)

    def scale(self, horizon, spread, known):
        """Size of one unit of error at a horizon, for an area's typical change and number of known values."""
        return spread * np.asarray(horizon, dtype=float) ** self.growth / np.asarray(known, dtype=float) ** self.learning


def fit_spread(errors: Errors) -> Spread:
    """Growth of the errors with the horizon, fall with the history, and what is left, taken both ways.

    Errors count in both directions because the direction of past surprises says little of the next.
    """
    cells = pd.Series(errors.size).groupby([errors.horizon, errors.known]).agg(["mean", "size"])
    cells = cells[cells["mean"] > 0]
    growth, learning = 0.5, 0.0
    horizons, known = (cells.index.get_level_values(k).to_numpy(dtype=float) for k in (0, 1))
    if len(np.unique(horizons)) >= 3:
        columns = [np.ones(len(cells)), np.log(horizons)] + ([-np.log(known)] if len(np.unique(known)) >= 3 else [])
        root = np.sqrt(cells["size"].to_numpy(dtype=float))
        design = np.column_stack(columns) * root[:, None]
        fit = np.linalg.lstsq(design, np.log(cells["mean"].to_numpy()) * root, rcond=None)[0]
        growth = float(np.clip(fit[1], *GROWTH))
        learning = float(np.clip(fit[2] / 2, *LEARNING)) if len(fit) == 3 else 0.0
    units = errors.error / (errors.spread * errors.horizon**growth / errors.known**learning)
    return Spread(growth, learning, np.sort(np.concatenate([units, -units])))


def coverages(errors: Errors, spread: Spread) -> dict[float, float]:
    """Share of errors inside the intervals of each level."""
    units = np.abs(errors.error / spread.scale(errors.horizon, errors.spread, errors.known))
    return {level: float(np.mean(units <= spread.quantile(0.5 + level / 2))) for level in LEVELS}


def event_probabilities(panel: np.ndarray, candidate: Candidate, errors: Errors, spread: Spread):
    """Probabilities of passing thresholds around the last value, and whether they were passed.

    The thresholds lie at the last value and one typical change over the horizon above and below it:
    a stated rule, since few official targets lie in the past.
    """
    truth_less_forecast = errors.error
    last = panel[errors.area, errors.origin]
    truth = panel[errors.area, errors.origin + errors.horizon]
    forecast = truth - truth_less_forecast
    unit = spread.scale(errors.horizon, errors.spread, errors.known)
    p, event = [], []
    for k in THRESHOLDS:
        threshold = last + k * errors.spread * errors.horizon**0.5
        p.append(spread.above((threshold - forecast) / unit))
        event.append(truth >= threshold)
    return np.concatenate(p), np.concatenate(event)


# ---------------------------------------------------------------- tables


@dataclass(frozen=True)
class _Family:
    """The annual values of one series in all areas, on a grid of years."""

    keys: list[dict]
    years: np.ndarray
    values: np.ndarray
    rule: SeriesRule


def _families(observations: pd.DataFrame, codelists) -> list[_Family]:
    """Annual values per series and breakdown: published, else complete years of quarters or months."""
    rules = series_rules(codelists.series)
    best: dict[tuple, Segment] = {}
    for segment in sorted(segments(observations, codelists.series), key=lambda s: PERIODS_PER_YEAR[s.keys["FREQ"]]):
        best.setdefault(tuple(segment.keys[c] for c in DIMENSIONS if c != "FREQ"), segment)
    groups: dict[tuple, list[tuple[dict, np.ndarray, np.ndarray]]] = {}
    for segment in best.values():
        rule = rules.get(segment.keys["SERIES"], SeriesRule())
        points = annual_points(segment.usable, segment.keys["FREQ"], rule.aggregation)
        if len(points) and not segment.conflict:
            family = tuple(segment.keys[c] for c in FAMILY)
            groups.setdefault(family, []).append((segment.keys, points.years, points.values))
    return [_family(parts, rules.get(family[0], SeriesRule())) for family, parts in sorted(groups.items())]


def _family(parts: list[tuple[dict, np.ndarray, np.ndarray]], rule: SeriesRule) -> _Family:
    first, last = min(years[0] for _, years, _ in parts), max(years[-1] for _, years, _ in parts)
    parts = sorted(parts, key=lambda part: part[0]["REF_AREA"])
    values = np.full((len(parts), last - first + 1), np.nan)
    for row, (_, years, numbers) in enumerate(parts):
        values[row, years - first] = numbers
    return _Family([keys for keys, _, _ in parts], np.arange(first, last + 1), values, rule)


@dataclass(frozen=True)
class Fitted:
    """What rolling origins taught about one series: the way to go on, its errors, its score."""

    candidate: Candidate
    scale: Scale
    spread: Spread | None
    n_errors: int
    score: dict


def fit_family(values: np.ndarray, rule: SeriesRule) -> Fitted:
    """Choose the way to go on for areas x years, and score it at origins that had no part in choosing."""
    scale = choose_scale(values, rule)
    panel = scale.forward(values)
    origins = origins_of(panel)
    choosing, judging = split_origins(origins)
    candidate = choose_candidate(panel, choosing)
    learned, everything = (rolling_errors(panel, candidate, o) for o in (choosing, origins))
    score = {
        "n_areas": len(values), "n_origins": len(origins), "n_held_out": len(judging), "n_errors": len(everything.error),
        "longest": int(everything.horizon.max(initial=0)), "model": candidate.model, "scale": scale.name,
        **dict(zip(("level", "slope", "damping"), candidate.parameters, strict=True)),
    }  # fmt: skip
    reasons = []
    if len(everything.error) < MIN_ERRORS:
        return Fitted(candidate, scale, None, len(everything.error), score | {"calibrated": False, "reason": "too_few_origins"})
    if len(judging) and len(learned.error) >= MIN_ERRORS:
        score |= _judge(panel, candidate, learned, judging)
        score["calibrated"] = all(abs(score[f"coverage_{level:.0%}"[:-1]] - level) <= WITHIN for level in (0.80, 0.95))
        reasons += [] if score["calibrated"] else ["coverage_off"]
    else:
        score["calibrated"] = False
        reasons.append("too_few_origins")
    # What is known by now is used: the published intervals rest on the errors of all origins, and are as
    # wide as the latest errors were where those were larger.
    spread = fit_spread(everything)
    score["widened"] = widened = _widening(spread, everything.where(np.isin(everything.origin, judging)))
    spread = Spread(spread.growth, spread.learning, spread.sorted * widened)
    return Fitted(candidate, scale, spread, len(everything.error), score | {"reason": ";".join(reasons)})


def _widening(spread: Spread, latest: Errors) -> float:
    """Factor, at least 1, after which four fifths of the latest errors lie inside the 80% interval."""
    if not len(latest.error):
        return 1.0
    units = np.abs(latest.error / spread.scale(latest.horizon, latest.spread, latest.known))
    return float(max(1.0, np.quantile(units, 0.80) / spread.quantile(0.90)))


def _judge(panel: np.ndarray, candidate: Candidate, learned: Errors, judging: np.ndarray) -> dict:
    """Scores at the held-out origins, with intervals from the choosing origins alone."""
    spread = fit_spread(learned)
    errors = rolling_errors(panel, candidate, judging)
    mae = float(np.mean(errors.size))
    other = {name: float(np.mean(rolling_errors(panel, c, judging).size)) for name, c in
             (("over_no_change", NO_CHANGE), ("over_same_trend", SAME_TREND))}  # fmt: skip
    p, event = event_probabilities(panel, candidate, errors, spread)
    return {
        "n_checked": len(errors.error), "mae": mae, **{name: mae / value if value else np.nan for name, value in other.items()},
        **{f"coverage_{level:.0%}"[:-1]: share for level, share in coverages(errors, spread).items()},
        "brier": float(np.mean((p - event) ** 2)), "brier_base": float(event.mean() * (1 - event.mean())),
    }  # fmt: skip


def _targets(progress: pd.DataFrame | None) -> dict[tuple, tuple[float, int]]:
    if progress is None or progress.empty:
        return {}
    known = progress[progress["target_value"].notna()]
    return {(r["SERIES"], r["REF_AREA"]): (float(r["target_value"]), int(r["target_year"])) for r in known.to_dict("records")}


def evaluate_forecasts(
    observations: pd.DataFrame, codelists, progress: pd.DataFrame | None = None, *, report_year: int, until: int = TARGET_YEAR
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return forecasts (one row per series, area and year up to `until`) and the scoreboard (one row per series).

    Parameters
    ----------
    observations
        All areas together: the way to go on is chosen, and errors are pooled, over them.
    progress
        From `evaluate_progress`: target values, for the probability that they are met.
    report_year, until
        Recorded; last year of the forecasts.

    Notes
    -----
    Intervals are quantiles of the errors made at rolling origins, in units of each area's typical change
    from year to year, growing with the horizon as the errors did. `beyond_check` marks horizons longer
    than any that could be checked. A series with fewer than 6 values in an area gets no forecast there;
    one with fewer than 40 errors in all gets no interval and no probability.
    """
    targets, rows, scores = _targets(progress), [], []
    for family in _families(observations, codelists):
        fitted = fit_family(family.values, family.rule)
        scores.append({c: family.keys[0][c] for c in FAMILY} | fitted.score)
        rows += _forecast_rows(family, fitted, targets, report_year, until)
    return pd.DataFrame(rows, columns=COLUMNS), pd.DataFrame(scores, columns=SCORE_COLUMNS)


def _forecast_rows(family: _Family, fitted: Fitted, targets: dict, report_year: int, until: int) -> list[dict]:
    """Rows of all areas of a series."""
    panel = fitted.scale.forward(family.values)
    rows = []
    there = ~np.isnan(panel)
    last = panel.shape[1] - 1 - np.argmax(there[:, ::-1], axis=1)
    for column in np.unique(last):
        own = np.flatnonzero((last == column) & (there.sum(axis=1) >= MIN_HISTORY))
        steps = until - int(family.years[column])
        if not len(own) or steps < 1:
            continue
        history = panel[own, : column + 1]
        path, typical = fitted.candidate(history, steps), typical_change(history)
        for k, row in enumerate(own):
            known = family.keys[row]
            base = known | {
                "widened": fitted.score.get("widened", np.nan), "origin_year": int(family.years[column]), "model": fitted.candidate.model, "scale": fitted.scale.name,
                "n_obs": int(there[row].sum()), "n_errors": fitted.n_errors, "calibrated": bool(fitted.score["calibrated"]),
                "report_year": report_year, "reason": fitted.score["reason"],
            }  # fmt: skip
            target = targets.get((known["SERIES"], known["REF_AREA"]), (np.nan, 0))
            rows += [base | _year_row(path[k], typical[k], int(there[row].sum()), h, family, fitted, int(family.years[column]), target)
                     for h in range(1, steps + 1)]  # fmt: skip
    return rows


def _year_row(path: np.ndarray, typical: float, known: int, horizon: int, family: _Family, fitted: Fitted, origin: int, target) -> dict:
    """Forecast of one year, its intervals, and the chance that a target of that year is met."""
    centre, scale = path[horizon - 1], fitted.scale
    row = {
        "year": origin + horizon, "horizon": horizon, "forecast": float(scale.back(centre)), "p_target": np.nan,
        "target_value": np.nan, "target_year": np.nan, "beyond_check": horizon > fitted.score["longest"],
    }  # fmt: skip
    if fitted.spread is None:
        return row
    if horizon > REACH * fitted.score["longest"]:
        return row | {"reason": ";".join(filter(None, [fitted.score["reason"], "horizon_too_long"]))}
    unit = float(fitted.spread.scale(horizon, typical, known))
    for level in LEVELS:
        reach = fitted.spread.quantile(0.5 + level / 2) * unit
        name = f"{level:.0%}"[:-1]
        row[f"low_{name}"], row[f"high_{name}"] = (float(v) for v in scale.back([centre - reach, centre + reach]))
    value, year = target
    if year == origin + horizon and family.rule.sign:
        goal = float(scale.forward(value))
        if np.isnan(goal) or goal == np.inf:
            above = np.nan
        else:
            above = 1.0 if goal == -np.inf else float(fitted.spread.above((goal - centre) / unit))
        p_target = above if family.rule.sign > 0 else (0.0 if goal == -np.inf else 1 - above)
        row |= {"p_target": p_target, "target_value": value, "target_year": year}
    return row

