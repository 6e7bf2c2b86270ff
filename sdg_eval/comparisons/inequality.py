"""How unequal provinces and groups are, whether they draw together, and who stays behind.

A mean hides who is left behind, so the gap has its own trend. Poor provinces that grow faster are no proof of
convergence: whoever had a bad first year looks better in the last one (regression to the mean). Convergence is
only said when the spread falls too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sdg_eval.concepts import SPLITS, TOTAL
from sdg_eval.errors import DataError
from sdg_eval.observations import select_totals
from sdg_eval.ranks import ar1_null, mann_kendall, round_rho, theil_sen

MIN_AREAS = 10
"""Fewest areas for an inequality or a convergence line."""
MIN_PERIODS = 6
ASSUMED_RHO = 0.3
"""Lag-1 correlation of a single yearly series of inequality, which is too short to estimate it (METHODS 2.2)."""
WORST_SHARE = 0.2
"""The fifth of provinces that are worst off in a year."""
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Inequality:
    """Gini, Theil T and L (mean log deviation), with the parts between and within groups, which add up."""

    n: int
    gini: float
    theil_t: float
    theil_t_between: float
    theil_t_within: float
    theil_l: float
    theil_l_between: float
    theil_l_within: float


def gini(values, weights=None) -> float:
    """Gini coefficient: mean absolute difference over twice the mean; NaN unless the mean is above 0.

    Examples
    --------
    >>> gini([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    0.3
    """
    y = np.asarray(values, dtype=float)
    w = np.ones(len(y)) if weights is None else np.asarray(weights, dtype=float)
    if not len(y) or (mean := np.average(y, weights=w)) <= 0:
        return np.nan
    order = np.argsort(y, kind="stable")
    y, w = y[order], w[order] / w.sum()
    before = np.cumsum(w) - w
    # sum_ij w_i w_j |y_i - y_j| over the sorted values, without the n x n table
    spread = 2 * np.sum(w * y * (2 * before + w - 1))
    return float(spread / (2 * mean)) + 0.0


def inequality(values, groups=None, weights=None) -> Inequality:
    """Return the inequality of `values`; `weights` are people per area. NaN where a measure is not defined.

    Theil's need every value above 0. Between and within add up to the total exactly (Theil 1967; Shorrocks 1980).
    """
    y = np.asarray(values, dtype=float)
    if not np.isfinite(y).all():
        raise DataError("Inequality: a value is missing or infinite. Leave areas without a value out.")
    w = np.ones(len(y)) if weights is None else np.asarray(weights, dtype=float)
    if len(y) and ((w <= 0).any() or not np.isfinite(w).all()):
        raise DataError("Inequality: a weight is zero, negative or missing. Give people per area, or no weights.")
    g = np.zeros(len(y), dtype=int) if groups is None else pd.factorize(np.asarray(groups))[0]
    if not len(y) or (y <= 0).any():
        return Inequality(len(y), gini(y, w), *[np.nan] * 6)
    w = w / w.sum()
    mean = np.sum(w * y)
    share = np.bincount(g, w)
    group_mean = np.bincount(g, w * y) / share
    ratio = group_mean / mean
    t_between, l_between = float(np.sum(share * ratio * np.log(ratio))), float(-np.sum(share * np.log(ratio)))
    own = y / group_mean[g]
    t_within = float(np.sum(w * (y / mean) * np.log(own)))
    l_within = float(-np.sum(w * np.log(own)))
    return Inequality(len(y), gini(y, w), t_between + t_within, t_between, t_within, l_between + l_within, l_between, l_within)


def jackknife(values, groups=None, weights=None, *, measure: str = "gini", confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Return the jackknife interval of a measure over areas: how far it hangs on which areas are counted."""
    from scipy.stats import t as student

    y = np.asarray(values, dtype=float)
    n = len(y)
    if n < 3:
        return np.nan, np.nan
    pick = [np.arange(n) != i for i in range(n)]

    def take(part, mask):
        return None if part is None else np.asarray(part)[mask]

    if measure == "gini":
        left = np.array([gini(y[m], take(weights, m)) for m in pick])
        value = gini(y, weights)
    else:
        left = np.array([getattr(inequality(y[m], take(groups, m), take(weights, m)), measure) for m in pick])
        value = getattr(inequality(y, groups, weights), measure)
    se = np.sqrt((n - 1) / n * np.sum((left - left.mean()) ** 2))
    reach = student.ppf(0.5 + confidence / 2, n - 1) * se
    if not np.isfinite(value):
        return np.nan, np.nan
    return float(max(0.0, value - reach)), float(min(1.0, value + reach) if measure == "gini" else value + reach)


def yearly_inequality(observations: pd.DataFrame, codelists, *, weights: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return one row per SERIES and year: the measures over provinces, regions between and within, sd of logs, cv.

    `weights` (REF_AREA, year, people) makes Theil and Gini population-weighted; a year without takes the nearest
    one. Years with under half of the provinces of the best year are left out. Column `weighted` says which.
    """
    region = codelists.areas.set_index("REF_AREA")["region"]
    rows = []
    for series, table in _yearly(observations).groupby("SERIES", sort=True):
        counts = table.groupby("year")["REF_AREA"].nunique()
        for year, part in table.groupby("year", sort=True):
            if len(part) < max(MIN_AREAS, counts.max() / 2):
                continue
            part = part.sort_values("REF_AREA")
            people = _people(weights, year, part["REF_AREA"])
            got = inequality(part["OBS_VALUE"], part["REF_AREA"].map(region), people)
            low, high = jackknife(part["OBS_VALUE"], weights=people)
            rows.append({
                "SERIES": series, "year": year, "weighted": people is not None, **vars(got), "gini_low": low, "gini_high": high,
                **yearly_spread(part).iloc[0],
            })  # fmt: skip
    columns = ["SERIES", "year", "weighted", *Inequality.__dataclass_fields__, "gini_low", "gini_high", "sd_log", "cv"]
    return pd.DataFrame(rows, columns=columns)


def yearly_spread(table: pd.DataFrame) -> pd.DataFrame:
    """Return per year the standard deviation of logs (n - 1) and the coefficient of variation; NaN where undefined."""
    groups = table.groupby("year")["OBS_VALUE"]
    defined = groups.min() > 0
    logs = np.log(table["OBS_VALUE"].where(table["OBS_VALUE"] > 0)).groupby(table["year"]).std(ddof=1)
    mean = groups.mean()
    return pd.DataFrame({"sd_log": logs.where(defined), "cv": (groups.std(ddof=1) / mean).where(mean > 0)})


def _yearly(observations: pd.DataFrame) -> pd.DataFrame:
    rows = observations[(observations["FREQ"] == "A") & observations["OBS_VALUE"].notna()]
    rows = select_totals(rows)
    rows = rows.assign(year=rows["TIME_PERIOD"].str[:4].astype(int))
    return rows.drop_duplicates(["SERIES", "REF_AREA", "year"])[["SERIES", "REF_AREA", "year", "OBS_VALUE"]]


def _people(weights: pd.DataFrame | None, year: int, areas: pd.Series) -> np.ndarray | None:
    if weights is None or weights.empty:
        return None
    years = np.array(sorted(set(weights["year"])))
    nearest = years[np.abs(years - year).argmin()]
    people = weights[weights["year"] == nearest].set_index("REF_AREA")["people"].reindex(areas).to_numpy(dtype=float)
    return people if np.isfinite(people).all() and (people > 0).all() else None


@dataclass(frozen=True)
class Convergence:
    """Beta (growth on the first level), sigma (trend of the spread), and the one word that both allow.

    `beta` per year with HC3 interval; `sigma_slope` change of the sd of logs per year, `sigma_p` by rank test
    against an AR(1) null. `verdict`: converging, diverging, beta_only, not_detected, insufficient.
    """

    n_areas: int
    n_years: int
    beta: float
    beta_se: float
    beta_p: float
    beta_low: float
    beta_high: float
    sigma_first: float
    sigma_last: float
    sigma_slope: float
    sigma_p: float
    sigma_verdict: str
    verdict: str
    half_life: float


def beta_convergence(first, last, years: float, *, confidence: float = CONFIDENCE) -> tuple[float, float, float, float, float]:
    """Return beta of ln(last/first)/years on ln(first), its HC3 error, p and interval (Barro & Sala-i-Martin 1992)."""
    import statsmodels.api as sm

    first, last = np.asarray(first, dtype=float), np.asarray(last, dtype=float)
    if (first <= 0).any() or (last <= 0).any():
        raise DataError("Convergence: a value is zero or negative and has no logarithm. Leave the series out.")
    model = sm.OLS(np.log(last / first) / years, sm.add_constant(np.log(first)))
    fit = model.fit(cov_type="HC3", use_t=True)
    low, high = fit.conf_int(1 - confidence)[1]
    return float(fit.params[1]), float(fit.bse[1]), float(fit.pvalues[1]), float(low), float(high)


def convergence(table: pd.DataFrame, *, alpha: float = 0.05, rho: float = ASSUMED_RHO) -> Convergence:
    """Return beta and sigma convergence of `table` (REF_AREA, year, OBS_VALUE), over the areas that have all years.

    "Converging" needs beta below 0 **and** a falling spread; beta alone is `beta_only`: it may be regression to
    the mean. "Diverging" needs a rising spread.
    """
    wide = table.pivot(index="REF_AREA", columns="year", values="OBS_VALUE").dropna()
    years = np.array(wide.columns, dtype=float)
    if len(wide) < MIN_AREAS or len(years) < 2 or (wide.to_numpy() <= 0).any() or np.ptp(wide.iloc[:, 0]) == 0:
        nothing = [np.nan] * 9
        return Convergence(len(wide), len(years), *nothing, "insufficient", "insufficient", np.nan)
    span = years[-1] - years[0]
    beta, se, p, low, high = beta_convergence(wide.iloc[:, 0], wide.iloc[:, -1], span, confidence=1 - alpha)
    spread = yearly_spread(table[table["REF_AREA"].isin(wide.index)])["sd_log"].to_numpy()
    slope, sigma_p, sigma_verdict = single_trend(years, spread, alpha=alpha, rho=rho)
    falling, rising = sigma_verdict == "falling", sigma_verdict == "rising"
    word = "insufficient" if sigma_verdict == "insufficient" else "not_detected"
    if beta < 0 and p < alpha:
        word = "converging" if falling else "diverging" if rising else "beta_only"
    elif rising:
        word = "diverging"
    speed = -np.log(1 + beta * span) / span if 1 + beta * span > 0 else np.nan
    half_life = float(np.log(2) / speed) if speed == speed and speed > 0 else np.nan
    return Convergence(
        len(wide), len(years), beta, se, p, low, high, float(spread[0]), float(spread[-1]), slope, sigma_p, sigma_verdict, word, half_life
    )


def single_trend(years, values, *, alpha: float = 0.05, rho: float = ASSUMED_RHO) -> tuple[float, float, str]:
    """Return slope per year, p and verdict of one series that has no siblings to learn its correlation from.

    The null is AR(1) with an assumed correlation (METHODS 2.2, `rho_assumed`); under six points: `insufficient`.
    """
    years, values = np.asarray(years, dtype=float), np.asarray(values, dtype=float)
    held = np.isfinite(values)
    years, values = years[held], values[held]
    if len(values) < 2:
        return np.nan, np.nan, "insufficient"
    slope = theil_sen(years, values).slope
    if len(values) < MIN_PERIODS:
        return float(slope), np.nan, "insufficient"
    if np.ptp(values) == 0:
        return 0.0, 1.0, "no_change"
    test = mann_kendall(values)
    p = float(ar1_null(len(values), float(round_rho(rho))).p_value(test.s))
    word = "not_detected" if p >= alpha else "rising" if test.s > 0 else "falling"
    return float(slope), p, word


# ---------------------------------------------------------------- nobody left behind


def worst_against_mean(observations: pd.DataFrame, codelists) -> pd.DataFrame:
    """Return per SERIES and year the mean of the worst fifth of provinces beside the mean of all.

    `gap` is positive where the worst are worse off, in the unit of the series; `ratio` worst / mean. The fifth is
    chosen anew each year (`worst`), and once at the first year (`first_worst`): those catch up by luck alone, so
    their gap is shown beside and never as the finding. Only series where better is known.
    """
    rows = []
    for series, table in _yearly(observations).groupby("SERIES", sort=True):
        sign = {"higher": 1, "lower": -1}.get(codelists.series_row(series)["direction"], 0)
        wide = table.pivot(index="REF_AREA", columns="year", values="OBS_VALUE").sort_index()
        counts = wide.notna().sum()
        wide = wide[counts.index[counts >= max(MIN_AREAS, counts.max() / 2)]]
        if not sign or wide.shape[1] == 0:
            continue
        first = _worst(wide.iloc[:, 0], sign)
        for year, values in wide.items():
            values = values.dropna()
            worst = _worst(values, sign)
            mean, low = values.mean(), values[worst].mean()
            kept = values.reindex(first).dropna()
            rows.append({
                "SERIES": series, "year": year, "n": len(values), "n_worst": len(worst), "mean": mean, "worst": low,
                "gap": sign * (mean - low), "ratio": low / mean if values.min() > 0 else np.nan,  # of a growth rate it would mislead
                "first_gap": sign * (mean - kept.mean()) if len(kept) else np.nan, "worst_areas": ";".join(sorted(worst)),
            })  # fmt: skip
    return pd.DataFrame(rows, columns=["SERIES", "year", "n", "n_worst", "mean", "worst", "gap", "ratio", "first_gap", "worst_areas"])


def _worst(values: pd.Series, sign: int) -> list[str]:
    values = values.dropna()
    count = max(1, round(WORST_SHARE * len(values)))
    return list((sign * values).sort_values(kind="stable").index[:count])


def group_gaps(observations: pd.DataFrame, codelists) -> pd.DataFrame:
    """Return per SERIES, REF_AREA, dimension and year the worst group (SEX, AGE or URBANISATION) beside the total.

    Without a total of the same period the mean of the groups stands in (`against` says so). Columns dimension,
    worst_group, worst, mean, gap (positive: worse off), ratio, n_groups, against.
    """
    rows = []
    table = observations[(observations["FREQ"] == "A") & observations["OBS_VALUE"].notna()]
    table = table.assign(year=table["TIME_PERIOD"].str[:4].astype(int))
    totals = select_totals(table).drop_duplicates(["SERIES", "REF_AREA", "year"])
    totals = totals.set_index(["SERIES", "REF_AREA", "year"])["OBS_VALUE"]
    for dimension in SPLITS:
        others = [d for d in SPLITS if d != dimension]
        own = table[(table[dimension] != TOTAL) & (table[others] == TOTAL).all(axis=1)]
        for (series, area, year), part in own.groupby(["SERIES", "REF_AREA", "year"], sort=True):
            sign = {"higher": 1, "lower": -1}.get(codelists.series_row(series)["direction"], 0)
            if not sign or part[dimension].nunique() < 2:
                continue
            part = part.sort_values(dimension, kind="stable")
            at = (sign * part["OBS_VALUE"]).to_numpy().argmin()
            known = (series, area, year) in totals.index
            mean = float(totals[series, area, year]) if known else float(part["OBS_VALUE"].mean())
            worst = float(part["OBS_VALUE"].iloc[at])
            rows.append({
                "SERIES": series, "REF_AREA": area, "dimension": dimension, "year": year, "worst_group": part[dimension].iloc[at],
                "worst": worst, "mean": mean, "gap": sign * (mean - worst), "ratio": worst / mean if mean > 0 else np.nan,
                "n_groups": part[dimension].nunique(), "against": "total" if known else "mean_of_groups",
            })  # fmt: skip
    columns = ["SERIES", "REF_AREA", "dimension", "year", "worst_group", "worst", "mean", "gap", "ratio", "n_groups", "against"]
    return pd.DataFrame(rows, columns=columns)


def gap_trends(gaps: pd.DataFrame, keys=("SERIES",)) -> pd.DataFrame:
    """Return the trend of the gap per key: n_years, first and last gap, slope per year, p, verdict.

    `verdict`: closing, widening, not_detected, insufficient; p against an AR(1) null with assumed correlation.
    """
    words = {"falling": "closing", "rising": "widening"}
    rows = []
    for key, part in gaps.groupby(list(keys), sort=True):
        part = part.sort_values("year")
        slope, p, word = single_trend(part["year"], part["gap"])
        rows.append({
            **dict(zip(keys, key, strict=True)), "n_years": len(part), "first_year": int(part["year"].iloc[0]),
            "last_year": int(part["year"].iloc[-1]), "gap_first": part["gap"].iloc[0], "gap_last": part["gap"].iloc[-1],
            "slope": slope, "p_value": p, "verdict": words.get(word, word),
        })  # fmt: skip
    columns = [*keys, "n_years", "first_year", "last_year", "gap_first", "gap_last", "slope", "p_value", "verdict"]
    return pd.DataFrame(rows, columns=columns)


def evaluate_convergence(observations: pd.DataFrame) -> pd.DataFrame:
    """Return one row of `Convergence` per SERIES with yearly values above zero in ten provinces or more."""
    rows = []
    for series, table in _yearly(observations).groupby("SERIES", sort=True):
        counts = table.groupby("year")["REF_AREA"].nunique()
        full = counts.index[counts >= 0.9 * counts.max()]
        table = table[table["year"].isin(full)]
        rows.append({"SERIES": series, "first_year": min(full), "last_year": max(full), **vars(convergence(table))})
    return pd.DataFrame(rows, columns=["SERIES", "first_year", "last_year", *Convergence.__dataclass_fields__])
