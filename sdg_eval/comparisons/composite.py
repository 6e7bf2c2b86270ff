"""Scores from 0 to 100, goal scores and an index, and how little a rank among them says.

An index is a chain of choices: bounds, weights, kind of mean, basket. None is right and none is wrong, so a
rank is only worth telling with the band it moves in when the choices move (OECD/JRC Handbook 2008). Ranks are
off unless asked for; what is shown first is which provinces cannot be told apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations

import numpy as np
import pandas as pd

from sdg_eval.errors import DataError, UsageError

GOAL_MISSING, INDEX_MISSING = 0.5, 0.2
"""Above these shares of missing indicators there is no goal score, no index (METHODS 5.1)."""
FLOOR = 1.0
"""Lowest goal score inside a geometric mean: a zero would wipe out all other goals."""
DRAWS, SEED = 2000, 20301231
BAND = (5, 95)
BOUND_SHIFT = 0.10
"""Each bound moves up to this share of its range either way, evenly: bounds are a convention, not a measurement."""
MEANS = ("arithmetic", "geometric")
MAX_AGE = 3
"""A value older than this many years before the index year counts as missing."""
_CHUNK = 250


@dataclass(frozen=True)
class Basket:
    """The indicators of an index: `series` and their `goal`, score 0 at `lower` and 100 at `upper`.

    `upper` may lie below `lower`: then less is better.
    """

    series: tuple[str, ...]
    goal: tuple[str, ...]
    lower: np.ndarray
    upper: np.ndarray

    @property
    def goals(self) -> tuple[str, ...]:
        """Goals in their order, each once."""
        return tuple(sorted(set(self.goal), key=lambda g: (len(g), g)))

    @property
    def membership(self) -> np.ndarray:
        """series x goals, 1 where the series belongs to the goal."""
        return (np.array(self.goal)[:, None] == np.array(self.goals)[None, :]).astype(float)

    def take(self, series) -> Basket:
        """Return the basket of these series only, in the order of this one."""
        keep = [i for i, s in enumerate(self.series) if s in set(series)]
        return Basket(
            tuple(self.series[i] for i in keep), tuple(self.goal[i] for i in keep), self.lower[keep], self.upper[keep]
        )


@dataclass(frozen=True)
class Composite:
    """`scores` area x series, `goal_scores` area x goal, `index` per area; NaN where too much is missing."""

    scores: pd.DataFrame
    goal_scores: pd.DataFrame
    index: pd.Series
    missing: pd.Series  # share of the basket without a value, per area


def basket_of(codelists, available) -> Basket:
    """Return the basket of the evaluated series in `available` that have bounds in bounds.csv and a goal."""
    rows = codelists.bounds[codelists.bounds["SERIES"].isin(set(available))]
    goals = [codelists.series_row(series)["goal"] for series in rows["SERIES"]]
    rows = rows.assign(goal=goals)
    rows = rows[rows["goal"] != "0"].sort_values("SERIES", key=lambda s: s.map({c: i for i, c in enumerate(codelists.series["SERIES"])}))
    return Basket(
        tuple(rows["SERIES"]), tuple(rows["goal"]), rows["lower"].astype(float).to_numpy(), rows["upper"].astype(float).to_numpy()
    )


def values_at(observations: pd.DataFrame, year: int, *, max_age: int = MAX_AGE) -> pd.DataFrame:
    """Return one value per REF_AREA and SERIES: the last yearly one of `year` or up to `max_age` years before.

    All provinces take the same period of a series (the last that at least half of the provinces of its best year
    have), so that no rank comes from a province that reports earlier. Quarters count by their mean of a full
    year. Columns SERIES, REF_AREA, year, OBS_VALUE.
    """
    table = yearly_values(observations)
    counts = table.groupby(["SERIES", "year"])["REF_AREA"].nunique().reset_index(name="n")
    counts = counts[counts["n"] >= counts.groupby("SERIES")["n"].transform("max") / 2]
    last = counts[(counts["year"] <= year) & (counts["year"] >= year - max_age)].groupby("SERIES")["year"].max()
    return table[table["year"] == table["SERIES"].map(last)].reset_index(drop=True)


def yearly_values(observations: pd.DataFrame) -> pd.DataFrame:
    """Return SERIES, REF_AREA, year, OBS_VALUE: yearly values, or the mean of four quarters where there are none."""
    rows = observations[observations["OBS_VALUE"].notna()]
    rows = rows.assign(year=rows["TIME_PERIOD"].str[:4].astype(int))
    yearly = rows[rows["FREQ"] == "A"][["SERIES", "REF_AREA", "year", "OBS_VALUE"]]
    quarters = rows[(rows["FREQ"] == "Q") & ~rows["SERIES"].isin(set(yearly["SERIES"]))]
    groups = quarters.groupby(["SERIES", "REF_AREA", "year"])["OBS_VALUE"].agg(["mean", "size"]).reset_index()
    full = groups[groups["size"] == 4].rename(columns={"mean": "OBS_VALUE"})[yearly.columns]
    return pd.concat([yearly, full], ignore_index=True).drop_duplicates(["SERIES", "REF_AREA", "year"])


def best_year(observations: pd.DataFrame, basket: Basket, until: int) -> int:
    """Return the latest year, not after `until`, for which the most goals of the basket have values.

    Sources end in different years; the year with the widest basket says most. Raises DataError without any value.
    """
    years = sorted({int(y) for y in observations.loc[observations["OBS_VALUE"].notna(), "TIME_PERIOD"].str[:4]} | {until})
    goal = dict(zip(basket.series, basket.goal, strict=True))
    table = observations[observations["SERIES"].isin(set(basket.series))]
    covered = {
        year: len({goal[s] for s in values_at(table, year)["SERIES"].unique()}) for year in years if year <= until
    }
    if not any(covered.values()):
        raise DataError("No indicator with bounds has a value: no index can be made. Add bounds to bounds.csv.")
    widest = max(covered, key=lambda year: (covered[year], year))
    return int(values_at(table, widest)["year"].max())  # no later than the newest value in it


def yearly_noise(observations: pd.DataFrame, basket: Basket, until: int, *, years: int = 10) -> np.ndarray:
    """Return per series of the basket the spread of values around each province's own line, pooled over provinces.

    The last `years` years until `until`, provinces with four values or more; NaN where there are none. It is the
    standard deviation of one year's luck, in units of the series.
    """
    table = yearly_values(observations[observations["SERIES"].isin(set(basket.series))])
    table = table[(table["year"] <= until) & (table["year"] > until - years)]
    found = {series: _pooled_noise(part.pivot(index="REF_AREA", columns="year", values="OBS_VALUE")) for series, part in table.groupby("SERIES")}
    return np.array([found.get(series, np.nan) for series in basket.series])


def _pooled_noise(wide: pd.DataFrame) -> float:
    squares, degrees = 0.0, 0
    for row in wide.to_numpy(dtype=float):
        held = np.isfinite(row)
        if held.sum() >= 4:
            t = np.flatnonzero(held).astype(float)
            line = np.polyfit(t, row[held], 1)
            squares += float(((row[held] - np.polyval(line, t)) ** 2).sum())
            degrees += int(held.sum()) - 2
    return float(np.sqrt(squares / degrees)) if degrees else np.nan


def value_matrix(values: pd.DataFrame, basket: Basket, areas) -> np.ndarray:
    """Return `values` as areas x series of the basket; NaN where there is none."""
    wide = values.pivot(index="REF_AREA", columns="SERIES", values="OBS_VALUE")
    return wide.reindex(index=list(areas), columns=list(basket.series)).to_numpy(dtype=float)


def scores(values, basket: Basket) -> np.ndarray:
    """Return values as scores 0-100 on fixed bounds, clipped (Lafortune et al. 2018; OECD/JRC 2008).

    Raises DataError where a lower bound equals its upper bound.
    """
    span = basket.upper - basket.lower
    if not (span != 0).all():
        same = [s for s, d in zip(basket.series, span, strict=True) if d == 0]
        raise DataError(f"bounds.csv: lower and upper are the same for {', '.join(same)}. They must differ to make a score.")
    return np.clip(100 * (np.asarray(values, dtype=float) - basket.lower) / span, 0, 100)


def goal_means(scored, membership, *, weights=None, max_missing: float = GOAL_MISSING) -> np.ndarray:
    """Return areas x goals: the (weighted) arithmetic mean of what is there; NaN above 50% missing.

    `scored` may have leading dimensions (draws); `membership` is series x goals.
    """
    weights = membership if weights is None else weights
    held = np.isfinite(scored)
    total = np.where(held, scored, 0.0) @ weights
    weight = held.astype(float) @ weights
    count, size = held.astype(float) @ (weights > 0), (weights > 0).sum(axis=-2)
    with np.errstate(invalid="ignore", divide="ignore"):
        means = total / weight
    enough = count >= (1 - max_missing) * (size[..., None, :] if size.ndim > 1 else size)
    return np.where(enough & (weight > 0), means, np.nan)


def index_of(goals, weights=None, *, mean: str = "arithmetic") -> np.ndarray:
    """Return the mean over goals (last axis) of those that have a score; `weights` default to equal.

    Raises UsageError for a mean that is neither arithmetic nor geometric.
    """
    if mean not in MEANS:
        raise UsageError(f"mean is {mean!r}; choose {', '.join(MEANS)}.")
    goals = np.asarray(goals, dtype=float)
    held = np.isfinite(goals)
    weights = np.ones(goals.shape[-1]) if weights is None else np.asarray(weights, dtype=float)
    weights = np.where(held, weights, 0.0)
    filled = np.where(held, goals if mean == "arithmetic" else np.log(np.maximum(np.nan_to_num(goals), FLOOR)), 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        value = (filled * weights).sum(axis=-1) / weights.sum(axis=-1)
    return value if mean == "arithmetic" else np.exp(value)


def applicable(codelists, basket: Basket, areas) -> np.ndarray:
    """Return areas x series: False where a series of the sea meets a province without coast. It is not missing there."""
    inland = np.array([codelists.area(area)["coast"] != "1" for area in areas])
    sea = np.array([codelists.series_row(series)["coastal_only"] == "1" for series in basket.series], dtype=bool)
    return ~(inland[:, None] & sea[None, :])


def _missing(values: np.ndarray, applies) -> np.ndarray:
    """Share of the indicators that apply to an area and have no value."""
    applies = np.ones(values.shape, dtype=bool) if applies is None else applies
    wanted = applies.sum(axis=1)
    return np.where(wanted > 0, 1 - (np.isfinite(values) & applies).sum(axis=1) / np.maximum(wanted, 1), 1.0)


def compose(
    values, basket: Basket, areas, *, mean: str = "arithmetic", max_missing: float = INDEX_MISSING, applies=None
) -> Composite:
    """Return scores, goal scores and index of every area from areas x series `values`.

    An area with more than `max_missing` of the basket missing gets no index: it is listed with NaN, never dropped.
    `applies` (`applicable`) marks what can be missing at all.
    """
    scored = scores(values, basket)
    goals = goal_means(scored, basket.membership)
    missing = _missing(scored, applies)
    index = np.where(missing <= max_missing + 1e-12, index_of(goals, mean=mean), np.nan)
    areas = pd.Index(list(areas), name="REF_AREA")
    return Composite(
        pd.DataFrame(scored, areas, list(basket.series)), pd.DataFrame(goals, areas, list(basket.goals)),
        pd.Series(index, areas, name="index"), pd.Series(missing, areas, name="missing"),
    )  # fmt: skip


# ---------------------------------------------------------------- how far a rank moves


@dataclass(frozen=True)
class RankBands:
    """`table`: REF_AREA, index, rank_median, rank_low, rank_high, groups, n_alike; in order of rank.

    `apart`: per neighbouring pair (table order) whether the bands do not overlap; `surely`: the share of draws in
    which the upper one is above. `draws` ranks draw x area (NaN: no index).
    """

    table: pd.DataFrame
    apart: np.ndarray
    surely: np.ndarray
    draws: np.ndarray

    @property
    def n_pairs(self) -> int:
        """Neighbouring pairs."""
        return len(self.apart)

    @property
    def n_apart(self) -> int:
        """Neighbouring pairs whose bands do not overlap."""
        return int(self.apart.sum())


def draw_ranks(
    values, basket: Basket, *, draws: int = DRAWS, seed: int = SEED, noise=None, applies=None,
    vary=("bounds", "weights", "mean", "leave_out"),
) -> np.ndarray:  # fmt: skip
    """Return ranks, draws x areas (1 is best, NaN without index), over the choices that could have been made.

    Each draw moves every bound by up to 10% of its range, takes goal weights from an even Dirichlet, one of two
    kinds of mean, and leaves one indicator (or, one time in k + 1, none) out. `noise`, areas x series standard
    deviations in units of the values, adds the year-to-year noise of the values themselves. `vary` limits what
    is moved.
    """
    rng = np.random.default_rng(seed)
    values = np.asarray(values, dtype=float)
    n_series, membership = len(basket.series), basket.membership
    rankable = _missing(values, applies) <= INDEX_MISSING + 1e-12
    span = basket.upper - basket.lower
    parts = []
    for start in range(0, draws, _CHUNK):
        count = min(_CHUNK, draws - start)
        shift = rng.uniform(-BOUND_SHIFT, BOUND_SHIFT, (count, 2, n_series)) * span * ("bounds" in vary)
        lower, upper = basket.lower + shift[:, 0], basket.upper + shift[:, 1]
        weights = rng.dirichlet(np.ones(membership.shape[1]), count) if "weights" in vary else np.ones((count, membership.shape[1]))
        geometric = rng.random(count) < 0.5 * ("mean" in vary)
        left = rng.integers(0, n_series + 1, count) if "leave_out" in vary else np.full(count, n_series)
        scale = (100 / (upper - lower))[:, None, :]
        scored = values * scale
        scored -= lower[:, None, :] * scale
        if noise is not None:
            scored += rng.standard_normal(scored.shape) * noise * np.abs(scale)
        np.clip(scored, 0, 100, out=scored)
        kept = membership * (np.arange(n_series)[None, :, None] != left[:, None, None])
        goals = goal_means(scored, membership, weights=kept)
        index = np.where(
            geometric[:, None], index_of(goals, weights[:, None, :], mean="geometric"), index_of(goals, weights[:, None, :])
        )
        index[:, ~rankable] = np.nan
        parts.append(_rank(index))
    return np.concatenate(parts)


def _rank(index: np.ndarray) -> np.ndarray:
    """Rank each row, the largest first, ties by their mean place; NaN stays NaN."""
    from scipy.stats import rankdata

    ranks = rankdata(np.where(np.isfinite(index), -index, np.inf), axis=1)
    return np.where(np.isfinite(index), ranks, np.nan)


def rank_bands(composite: Composite, draws: np.ndarray) -> RankBands:
    """Return median rank and 5-95% band per area, and the groups that cannot be told apart.

    `groups` numbers the largest sets of areas whose bands all overlap; an area may be in several. `n_alike` counts
    the others that it cannot be told apart from; `p_above_next` is the share of draws in which it is above the next one. Areas without an index close the table, without a rank.
    """
    areas, index = composite.index.index, composite.index.to_numpy()
    held = np.isfinite(draws).any(axis=0)
    low, median, high = (np.full(len(areas), np.nan) for _ in range(3))
    if held.any():
        low[held], high[held] = np.nanpercentile(draws[:, held], BAND, axis=0)
        median[held] = np.nanmedian(draws[:, held], axis=0)
    order = np.lexsort((np.arange(len(areas)), -np.nan_to_num(index), np.where(held, median, np.inf)))
    overlap = (low[:, None] <= high[None, :]) & (low[None, :] <= high[:, None])
    table = pd.DataFrame(
        {
            "REF_AREA": areas, "index": index, "rank_median": median, "rank_low": low, "rank_high": high,
            "groups": _groups(low, high), "n_alike": np.where(held, overlap.sum(axis=1) - 1, 0), "missing": composite.missing.to_numpy(),
        }  # fmt: skip
    ).iloc[order]
    ranked = order[: held.sum()]
    above, below = ranked[:-1], ranked[1:]
    surely = (draws[:, above] < draws[:, below]).mean(axis=0) if len(above) else np.zeros(0)
    table["p_above_next"] = np.append(surely, np.full(len(order) - len(surely), np.nan))
    return RankBands(table.reset_index(drop=True), ~overlap[above, below], surely, draws)


def _groups(low: np.ndarray, high: np.ndarray) -> list[str]:
    """Number the largest sets of intervals that share a point, from the top; ';' between several."""
    found: list[frozenset] = []
    for point in np.unique(low[np.isfinite(low)]):
        members = frozenset(np.flatnonzero((low <= point) & (point <= high)).tolist())
        if not any(members <= other for other in found):
            found = [other for other in found if not other < members] + [members]
    return [";".join(str(n + 1) for n, group in enumerate(found) if i in group) for i in range(len(low))]


# ---------------------------------------------------------------- year on year


@dataclass(frozen=True)
class Edition:
    """One published state of the index: values (areas x series of `basket`), the basket, the kind of mean."""

    values: pd.DataFrame
    basket: Basket
    mean: str = "arithmetic"


def explain_change(old: Edition, new: Edition) -> pd.DataFrame:
    """Split each area's change of index into data, basket and method; the three add up to the change.

    `basket` is which indicators are in, `method` their bounds and the mean, `data` their values. Each part is its
    mean effect over all orders in which the three could have changed (Shapley), so no order is privileged. NaN
    where an area has no index in one of the states.
    """
    areas = sorted(set(old.values.index) & set(new.values.index))
    names = ("data", "basket", "method")
    cache = {}

    def index(changed: frozenset) -> np.ndarray:
        if changed not in cache:
            source = {name: new if name in changed else old for name in names}
            listed = source["basket"].basket.series
            goal_of = dict(zip(source["basket"].basket.series, source["basket"].basket.goal, strict=True))
            mine, other = source["method"].basket, (old if source["method"] is new else new).basket
            rows = [_bounds_of(series, mine, other) for series in listed]
            basket = Basket(
                listed, tuple(goal_of[s] for s in listed), np.array([r[0] for r in rows]), np.array([r[1] for r in rows])
            )
            values = source["data"].values.reindex(index=areas, columns=list(listed))
            fallback = (old if source["data"] is new else new).values.reindex(index=areas, columns=list(listed))
            absent = [s for s in listed if s not in source["data"].values.columns]
            values[absent] = fallback[absent]  # a series that came or went has values in one state only
            cache[changed] = compose(values.to_numpy(dtype=float), basket, areas, mean=source["method"].mean).index.to_numpy()
        return cache[changed]

    parts = {name: np.zeros(len(areas)) for name in names}
    orders = list(permutations(names))
    for order in orders:
        changed = frozenset()
        for name in order:
            after = changed | {name}
            parts[name] += (index(after) - index(changed)) / len(orders)
            changed = after
    before, after = index(frozenset()), index(frozenset(names))
    return pd.DataFrame({"REF_AREA": areas, "index_old": before, "index_new": after, "change": after - before, **parts})


def _bounds_of(series: str, mine: Basket, other: Basket) -> tuple[float, float]:
    for basket in (mine, other):
        if series in basket.series:
            at = basket.series.index(series)
            return float(basket.lower[at]), float(basket.upper[at])
    raise DataError(f"{series} has bounds in neither edition.")
