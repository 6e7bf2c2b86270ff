"""From whom to learn: provinces that do better than what they cannot choose explains, in more than one lucky year.

A league table names its top whatever the data: in pure noise as well. Here a province becomes a candidate only when
its residual, after income, people, region and its own start, lies beyond the 97.5% funnel limit, widened for
over-dispersion, in two of the last three years. A candidate is a hypothesis to visit, not an award.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from sdg_eval.comparisons.traits import CAPITAL, Traits, design_of
from sdg_eval.errors import DataError
from sdg_eval.pooling import shrink

LEVEL = 0.95
"""Two-sided: its upper limit is the 97.5% one."""
YEARS, WANTED = 3, 2
WINSORISE = 0.10
BASELINE_BEFORE = 3
"""The start that is adjusted for lies at least this many years before the first year judged."""
MIN_AREAS = 30
"""Fewest provinces for a model with about ten columns."""
TOP = 4
"""Provinces that naming the top of the league would name: one in twenty of 77."""
COVID = (2020, 2021)
FIRM = 0.75
"""A candidate is firm when at least this share of the variants of the rule name it too."""


# ---------------------------------------------------------------- funnel plots


def funnel_limits(exposure, rate: float, *, level: float = LEVEL) -> tuple[np.ndarray, np.ndarray]:
    """Return the exact Poisson limits of a rate around `rate`, per exposure (Spiegelhalter 2005).

    chi2(a/2, 2E)/2 and chi2(1 - a/2, 2(E + 1))/2 over the exposure, E = rate x exposure.
    """
    from scipy.stats import chi2

    n = np.asarray(exposure, dtype=float)
    if (n <= 0).any() or rate < 0:
        raise DataError("Funnel limits: an exposure is zero or negative, or the rate is below 0. Leave such areas out.")
    expected, tail = rate * n, (1 - level) / 2
    low = np.where(expected > 0, chi2.ppf(tail, 2 * np.maximum(expected, 1e-300)) / 2, 0.0)
    return low / n, chi2.ppf(1 - tail, 2 * (expected + 1)) / 2 / n


def funnel_z(counts, exposure, rate: float | None = None) -> np.ndarray:
    """Return (O - E) / sqrt(E) per area; `rate` defaults to the pooled one."""
    o, n = np.asarray(counts, dtype=float), np.asarray(exposure, dtype=float)
    rate = o.sum() / n.sum() if rate is None else rate
    return (o - rate * n) / np.sqrt(rate * n)


def over_dispersion(z, *, winsorise: float = WINSORISE) -> float:
    """Return phi = mean z^2 with the outer tenth at each end set to the tenth's edge; never below 1.

    Examples
    --------
    >>> over_dispersion([-4, 0, 4], winsorise=0)
    10.666666666666666
    """
    z = np.asarray(z, dtype=float)
    z = z[np.isfinite(z)]
    if not len(z):
        return 1.0
    if winsorise:
        z = np.clip(z, *np.quantile(z, [winsorise, 1 - winsorise]))
    return float(max(1.0, np.mean(z**2)))


@dataclass(frozen=True)
class Funnel:
    """Rates of one series and year over exposure: `table` (REF_AREA, exposure, rate, z, beyond), `limits` along the
    exposure (low, high by chance alone; wide_low, wide_high with over-dispersion phi), and the rate of all."""

    series: str
    year: int
    table: pd.DataFrame
    limits: pd.DataFrame
    rate: float
    phi: float


def funnel_of(observations: pd.DataFrame, series: str, codelists, *, level: float = LEVEL) -> Funnel | None:
    """Return the funnel of the last year in which counts and exposure of a rate are known, or None.

    `beyond` is outside the limits after over-dispersion, on either side.
    """
    from statistics import NormalDist

    meta = codelists.series_row(series)
    rows = _yearly(observations[observations["SERIES"] == series])
    rows = rows[rows["NUMERATOR"].notna() & (rows["DENOMINATOR"] > 0)]
    counts = rows.groupby("year")["REF_AREA"].nunique()
    counts = counts[counts >= max(MIN_AREAS, counts.max() / 2)] if len(counts) else counts
    if counts.empty or meta["kind"] != "rate":
        return None
    year = int(counts.index.max())
    own = rows[rows["year"] == year].sort_values("REF_AREA")
    per = float(meta["per"] or 1)
    k, n = own["NUMERATOR"].to_numpy(dtype=float), own["DENOMINATOR"].to_numpy(dtype=float)
    rate, z = k.sum() / n.sum(), funnel_z(k, n)
    phi, reach = over_dispersion(z), NormalDist().inv_cdf(0.5 + level / 2)
    along = np.geomspace(n.min(), n.max(), 120)
    low, high = funnel_limits(along, rate, level=level)
    wide = reach * np.sqrt(phi * rate / along)
    limits = pd.DataFrame({"exposure": along, "low": low * per, "high": high * per, "wide_low": np.maximum(0, rate - wide) * per, "wide_high": (rate + wide) * per})
    table = pd.DataFrame({"REF_AREA": own["REF_AREA"].to_numpy(), "exposure": n, "rate": per * k / n, "z": z, "beyond": np.abs(z) / np.sqrt(phi) > reach})
    return Funnel(series, year, table, limits, rate * per, phi)


# ---------------------------------------------------------------- candidates


@dataclass(frozen=True)
class Rule:
    """The written-down rule; a variant of it is one line of the sensitivity table."""

    level: float = LEVEL
    years: int = YEARS
    wanted: int = WANTED
    covariates: bool = True
    baseline: bool = True
    without: tuple[str, ...] = ()
    skip_years: tuple[int, ...] = ()
    widen: bool = True

    @property
    def limit(self) -> float:
        """Standard deviations beyond which a year counts."""
        from statistics import NormalDist

        return NormalDist().inv_cdf(0.5 + self.level / 2)


VARIANTS = {
    "default": Rule(),
    "without_covariates": Rule(covariates=False),
    "without_start": Rule(baseline=False),
    "without_bangkok": Rule(without=(CAPITAL,)),
    "without_covid_years": Rule(skip_years=COVID),
    "limit_90": Rule(level=0.90),
    "limit_998": Rule(level=0.998),
    "three_of_three": Rule(wanted=3),
    "one_of_three": Rule(wanted=1),
}
"""What the shortlist is tried against."""


@dataclass(frozen=True)
class Candidates:
    """`table` one row per area with values (see `find_candidates`), what was adjusted for, and a reason if empty."""

    table: pd.DataFrame
    adjusted: tuple[str, ...] = ()
    years: tuple[int, ...] = ()
    phi: dict = field(default_factory=dict)
    reason: str = ""


COLUMNS = ["REF_AREA", "n_years", "n_beyond", "z_mean", "residual", "shrunken", "shrunken_low", "shrunken_high", "skill", "candidate", "z_years"]


def grows_with_size(meta) -> bool:
    """True for totals (deaths, tonnes, visitors): a large province leads them by being large."""
    return meta["kind"] == "count" or (meta["kind"] == "amount" and meta["aggregation"] == "sum")


def judged_series(codelists) -> list[str]:
    """Return the evaluated series that can have a better province: with direction, free of size, no index on its own base."""
    rows = [codelists.series_row(s) for s in codelists.evaluated]
    return [
        r["SERIES"] for r in rows
        if r["direction"] in ("higher", "lower") and not grows_with_size(r) and not re.fullmatch(r"INDEX_\d{4}", r["unit"])
    ]  # fmt: skip


def _yearly(part: pd.DataFrame) -> pd.DataFrame:
    rows = part[(part["FREQ"] == "A") & part["OBS_VALUE"].notna()]
    return rows.assign(year=rows["TIME_PERIOD"].str[:4].astype(int)).drop_duplicates(["REF_AREA", "year"])


def _sampling_variance(wide: pd.DataFrame, rows: pd.DataFrame, kind: str, per: float) -> pd.DataFrame:
    """Variance of each value: of its count or proportion where the base is known, else of the years around the
    province's own line (pooled over provinces, so that a quiet province is no outlier by its quietness)."""
    base = rows.pivot(index="REF_AREA", columns="year", values="DENOMINATOR").reindex_like(wide).astype(float)
    if base.notna().to_numpy().any() and kind in ("rate", "proportion", "count") and base[wide.notna()].notna().to_numpy().sum() == wide.notna().to_numpy().sum():
        level = float(np.nanmean(wide.to_numpy()))
        if kind == "proportion":
            share = np.clip(level / per, 1e-6, 1 - 1e-6)
            return per**2 * share * (1 - share) / base
        return per * max(level, 1e-12) / base  # Poisson: var(rate) = rate x per / exposure
    values = wide.to_numpy(dtype=float)
    t = np.array(wide.columns, dtype=float)
    held = np.isfinite(values)
    n = held.sum(axis=1)
    filled = np.where(held, values, 0.0)
    mean_t = (held * t).sum(axis=1) / np.maximum(n, 1)
    mean_y = filled.sum(axis=1) / np.maximum(n, 1)
    dt = np.where(held, t - mean_t[:, None], 0.0)
    slope = (dt * filled).sum(axis=1) / np.maximum((dt**2).sum(axis=1), 1e-300)
    left = np.where(held, values - mean_y[:, None] - slope[:, None] * dt, 0.0)
    enough = n >= 4
    degrees = np.where(enough, n - 2, 0).sum()
    pooled = (left[enough] ** 2).sum() / degrees if degrees else np.nan
    return pd.DataFrame(pooled, wide.index, wide.columns)


def find_candidates(observations: pd.DataFrame, series: str, codelists, traits: Traits, rule: Rule = Rule()) -> Candidates:  # noqa: B008
    """Return every province's place against what it cannot choose, and who is a candidate by the rule.

    Returns
    -------
    Candidates
        Its table: `z_mean` mean of the adjusted z of the years judged (positive is better), n_beyond of n_years
        above the limit, `residual` in the unit of the series (positive is better), `shrunken` towards none by its
        noise with 95% interval, `skill` the share of the spread of residuals that lasts (0 luck .. 1), candidate.
        A series without direction, with fewer than 30 provinces or three years gives none, with a reason.
    """
    meta = codelists.series_row(series)
    sign = {"higher": 1.0, "lower": -1.0}.get(meta["direction"], 0.0)
    empty = pd.DataFrame(columns=COLUMNS)
    if not sign:
        return Candidates(empty, reason="no_direction")
    if grows_with_size(meta):
        return Candidates(empty, reason="grows_with_size")
    rows = _yearly(observations[observations["SERIES"] == series])
    rows = rows[~rows["REF_AREA"].isin(rule.without) & ~rows["year"].isin(rule.skip_years)]
    wide = rows.pivot(index="REF_AREA", columns="year", values="OBS_VALUE").sort_index()
    wide = wide.loc[wide.index.intersection(traits.table.index)]
    counts = wide.notna().sum()
    good = [year for year in wide.columns if counts[year] >= max(MIN_AREAS, counts.max() / 2)]
    if len(good) < rule.years:
        return Candidates(empty, reason="few_years" if counts.max() >= MIN_AREAS else "few_areas")
    judged = good[-rule.years :]
    starts = [year for year in good if year <= judged[0] - BASELINE_BEFORE]
    variance = _sampling_variance(wide, rows, meta["kind"], float(meta["per"] or 1) if meta["kind"] != "proportion" else 100.0)
    areas = wide.index[wide[judged].notna().sum(axis=1) >= rule.wanted]
    extra = None
    if rule.baseline and starts:
        start = wide.loc[areas, starts[-BASELINE_BEFORE:]].mean(axis=1)  # several years: one start is a lucky one
        extra = start.fillna(start.mean()).rename("start").to_frame()
    design = design_of(traits, areas, extra=extra, without=series)
    if not rule.covariates:
        design = design[[c for c in design if c in ("constant", "start")]]
    z, residuals, errors, phi = {}, {}, {}, {}
    for year in judged:
        y = (sign * wide.loc[areas, year]).dropna()
        x = design.loc[y.index].to_numpy()
        v = variance.loc[y.index, year].to_numpy(dtype=float)
        hat = x @ np.linalg.pinv(x)
        left = y.to_numpy() - hat @ y.to_numpy()
        # a residual is smaller than its error by the leverage of its area
        error = np.sqrt(np.maximum(v, 1e-300) * np.clip(1 - np.diag(hat), 1e-6, None))
        ratio = left / error
        phi[year] = over_dispersion(ratio) if rule.widen else 1.0
        z[year] = pd.Series(ratio / np.sqrt(phi[year]), y.index)
        residuals[year], errors[year] = pd.Series(left, y.index), pd.Series(error**2, y.index)
    z, residuals, errors = (pd.DataFrame(part).reindex(areas) for part in (z, residuals, errors))
    table = _candidate_table(z, residuals, errors, rule)
    return Candidates(table, tuple(c for c in design if c != "constant"), tuple(int(y) for y in judged), {int(k): v for k, v in phi.items()})


def _candidate_table(z: pd.DataFrame, residuals: pd.DataFrame, errors: pd.DataFrame, rule: Rule) -> pd.DataFrame:
    n = z.notna().sum(axis=1)
    beyond = (z > rule.limit).sum(axis=1)
    mean = residuals.mean(axis=1)
    # How much the same province's residual moves from year to year says what part of one is luck
    spread = residuals.sub(mean, axis=0)
    degrees = int((n - 1).clip(lower=0).sum())
    own = float((spread**2).sum().sum() / degrees) if degrees else np.nan
    variance = np.maximum(errors.mean(axis=1), own) / n.clip(lower=1)
    pooled = shrink(mean.to_numpy(), variance.to_numpy(dtype=float))
    table = pd.DataFrame(
        {
            "REF_AREA": z.index, "n_years": n.to_numpy(), "n_beyond": beyond.to_numpy(), "z_mean": z.mean(axis=1).to_numpy(),
            "residual": mean.to_numpy(), "shrunken": pooled["shrunken"].to_numpy(),
            "shrunken_low": (pooled["shrunken"] - 1.96 * pooled["se"]).to_numpy(),
            "shrunken_high": (pooled["shrunken"] + 1.96 * pooled["se"]).to_numpy(), "skill": pooled["weight"].to_numpy(),
            "candidate": (beyond >= rule.wanted).to_numpy(),
            "z_years": [";".join(f"{year}:{value:.2f}" for year, value in row.dropna().items()) for _, row in z.iterrows()],
        }  # fmt: skip
    )
    return table.sort_values(["candidate", "z_mean", "REF_AREA"], ascending=[False, False, True], kind="stable")[COLUMNS].reset_index(drop=True)


def naive_top(observations: pd.DataFrame, series: str, codelists, *, count: int = TOP) -> list[str]:
    """Return what a league table of the last year would name: shown beside, as a warning."""
    sign = {"higher": 1, "lower": -1}.get(codelists.series_row(series)["direction"], 0)
    rows = _yearly(observations[observations["SERIES"] == series])
    if not sign or rows.empty:
        return []
    last = rows[rows["year"] == rows["year"].max()].sort_values("REF_AREA").set_index("REF_AREA")["OBS_VALUE"]
    return list((sign * last).sort_values(ascending=False, kind="stable").index[:count])


def regression_guard(observations: pd.DataFrame, series: str, codelists, traits: Traits, *, count: int = TOP) -> dict:
    """Return what became of an earlier top: the guard against celebrating a lucky year.

    The top `count` by residual of the year before last is followed to the last year. `then` and `after` are their
    mean adjusted z; `kept` = after / then, 1 where a lead lasts and 0 where it was luck; with n.
    """
    rule = Rule(years=2, wanted=1, baseline=False)
    found = find_candidates(observations, series, codelists, traits, rule)
    if found.table.empty:
        return {"SERIES": series, "n_top": 0, "then": np.nan, "after": np.nan, "kept": np.nan, "reason": found.reason}
    first, last = found.years[-2:]
    z = {
        row["REF_AREA"]: dict((int(p.partition(":")[0]), float(p.partition(":")[2])) for p in row["z_years"].split(";") if p)
        for row in found.table.to_dict("records")
    }
    both = {area: (years[first], years[last]) for area, years in z.items() if first in years and last in years}
    top = sorted(both, key=lambda area: (-both[area][0], area))[:count]
    then, after = (float(np.mean([both[a][i] for a in top])) if top else np.nan for i in (0, 1))
    return {"SERIES": series, "n_top": len(top), "then": then, "after": after, "kept": after / then if then and then > 0 else np.nan, "reason": ""}


def shortlist(observations: pd.DataFrame, codelists, traits: Traits, *, projects: pd.DataFrame | None = None, variants: dict | None = None) -> pd.DataFrame:
    """Return the candidates of every evaluated yearly series by the default rule, with their sensitivity.

    `named_in` of `n_variants`: in how many variants of the rule the province is named as well (`firm`: three quarters),
    `lost_in` which ones drop it. Columns of `find_candidates`, and SERIES, goal, in_naive_top, projects (of the same province and goal, `;` between).
    """
    variants = VARIANTS if variants is None else variants
    parts = []
    for series in judged_series(codelists):
        mine = observations[observations["SERIES"] == series]
        found = find_candidates(mine, series, codelists, traits)
        named = found.table[found.table["candidate"].astype(bool)] if len(found.table) else found.table
        if named.empty:
            continue
        lists = {name: set(_named(find_candidates(mine, series, codelists, traits, rule))) for name, rule in variants.items()}
        top = set(naive_top(mine, series, codelists))
        goal = codelists.series_row(series)["goal"]
        parts.append(named.assign(
            SERIES=series, goal=goal, n_variants=len(lists), named_in=[sum(a in names for names in lists.values()) for a in named["REF_AREA"]],
            lost_in=[";".join(n for n, names in lists.items() if a not in names) for a in named["REF_AREA"]],
            in_naive_top=[a in top for a in named["REF_AREA"]], projects=[_projects(projects, a, goal) for a in named["REF_AREA"]],
            adjusted=";".join(found.adjusted), years=";".join(map(str, found.years)),
        ))  # fmt: skip
    columns = ["SERIES", "goal", *COLUMNS, "n_variants", "named_in", "firm", "lost_in", "in_naive_top", "projects", "adjusted", "years"]
    if not parts:
        return pd.DataFrame(columns=columns)
    table = pd.concat(parts, ignore_index=True).assign(firm=lambda t: t["named_in"] >= FIRM * t["n_variants"])
    return table.sort_values(["named_in", "z_mean", "SERIES", "REF_AREA"], ascending=[False, False, True, True], kind="stable")[columns].reset_index(drop=True)


def _named(found: Candidates) -> list[str]:
    return list(found.table.loc[found.table["candidate"].astype(bool), "REF_AREA"]) if len(found.table) else []


def _projects(projects: pd.DataFrame | None, area: str, goal: str) -> str:
    """Projects of the province and goal; empty where there is no table of them yet."""
    if projects is None or projects.empty:
        return ""
    own = projects[(projects["REF_AREA"] == area) & (projects["goal"].astype(str) == goal)]
    return ";".join(sorted(own["project_id"].astype(str)))
