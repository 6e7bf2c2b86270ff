"""Whether the money goes where the need is, how fast it is spent, and how much of it is private.

Amounts are counted in full, so a share of money is a fact; its interval says how far it would move had other projects
of the same kind been chosen. Dissimilarity needs more care: a handful of projects cannot spread over 17 goals as need
does, so its plain value is always above 0, and a bootstrap only adds to that. Its interval is therefore found by asking
which true mismatch, with projects of these sizes, would look as the observed one does; and the value that mere lumpiness
would give stands beside it.

`planned_thb` and `disbursed_thb` are amounts of the quarter, not running totals. Blanks are not zeros.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from sdg_eval.delivery.agreement import rank_agreement
from sdg_eval.delivery.frames import GOALS, NATIONAL, UNTAGGED, goal_of, list_areas, of_area, take
from sdg_eval.delivery.quarters import quarter_number, quarters_between
from sdg_eval.delivery.shares import (
    CONFIDENCE,
    DRAWS,
    Share,
    area_seed,
    normal_quantile,
    resample_counts,
    wilson,
)
from sdg_eval.errors import DataError, UsageError

AMOUNTS = ("planned_thb", "disbursed_thb")
TAGGINGS = ("weights", "equal", "primary")
"""How a project with several targets is split: by its confirmed weights, in equal parts, or all to the primary one."""
SOURCE_TYPES = ("public", "private", "donor", "local")
MIN_PROJECTS = 6
"""Fewest projects from which an interval is drawn; with fewer the amount is told, and that it rests on few."""
WEIGHT_SLACK = 0.02
"""How far the weights of a project may miss 1 and still be read as rounded: three thirds are written as 0.33."""
INVERSIONS = 600
"""Simulated programmes for each end of the interval of the dissimilarity: 2.5% of them are 15."""
CATEGORIES = [*GOALS, UNTAGGED]
GOAL_TABLE = [
    "REF_AREA", "goal", "tagging", "amount", "thb", "share", "ci_low", "ci_high", "need_share", "difference", "difference_low", "difference_high",
    "n", "reason",
]  # fmt: skip
ALIGNMENT = [
    "REF_AREA", "amount", "tagging", "thb", "dissimilarity", "ci_low", "ci_high", "chance", "chance_high", "dissimilarity_tagged", "hellinger",
    "concentration", "concentration_low", "concentration_high", "concentration_of_need", "untagged_share", "n", "verdict", "reason",
]  # fmt: skip
PACE = [
    "REF_AREA", "fiscal_year", "fiscal_quarter", "planned_thb", "disbursed_thb", "cum_planned_thb", "cum_disbursed_thb", "pace", "ci_low", "ci_high",
    "year_share", "year_low", "year_high", "n", "n_missing", "reason",
]  # fmt: skip
SOURCES = ["REF_AREA", "fiscal_year", "source_type", "planned_thb", "disbursed_thb", "share", "ci_low", "ci_high", "n", "n_with", "reason"]
AGAINST_GAP = ["REF_AREA", "amount", "rho", "ci_low", "ci_high", "p_value", "concentration", "n", "reason"]


# ---------------------------------------------------------------- tagging


def tag_weights(project_target: pd.DataFrame, *, tagging: str = "weights", by: str = "goal") -> pd.DataFrame:
    """Return project_id, goal (or target), weight: how each project is split; its weights sum to 1.

    A project whose stated weights miss 1 by more than WEIGHT_SLACK, or of which no one target is primary where that is
    asked, is not split by guess: all of it is `untagged`. One with a single target needs no statement.
    """
    if tagging not in TAGGINGS:
        raise UsageError(f"tagging {tagging!r} is not known. Choose from {', '.join(TAGGINGS)}.")
    rows = take(project_target, "project_target", text=["project_id", "target"], money=["weight"], flags=["is_primary"])
    rows = rows[(rows["project_id"] != "") & (rows["target"] != "")].drop_duplicates(["project_id", "target"])
    of = rows.groupby("project_id", sort=False)
    count = of["target"].transform("size")
    if tagging == "equal":
        share = 1 / count
    elif tagging == "primary":
        primary = (rows["is_primary"] == 1).astype(float)
        share = primary.where(of["is_primary"].transform(lambda f: (f == 1).sum()) == 1).where(count > 1, 1.0)
    else:
        total = of["weight"].transform("sum")
        share = (rows["weight"].fillna(0) / total).where((total - 1).abs() <= WEIGHT_SLACK).where(count > 1, 1.0)
    rows = rows.assign(goal=goal_of(rows["target"]), weight=share)
    rows.loc[rows["weight"].isna(), ["goal", "target"]] = UNTAGGED
    rows["weight"] = rows["weight"].fillna(1 / count)
    split = rows.groupby(["project_id", by], as_index=False, sort=True)["weight"].sum()
    return split[split["weight"] > 0].reset_index(drop=True)


def split_money(budget: pd.DataFrame, weights: pd.DataFrame, *, by: str = "goal") -> pd.DataFrame:
    """Return REF_AREA, project_id, goal (or target), planned_thb, disbursed_thb: each project's money over its tags.

    Projects that no row of `weights` names are `untagged`. Sums equal those of the budget to the baht.
    """
    rows = _budget(budget)
    sums = rows.groupby(["REF_AREA", "project_id"], as_index=False, sort=True)[list(AMOUNTS)].sum()
    split = sums.merge(weights[["project_id", by, "weight"]], on="project_id", how="left")
    split[by] = split[by].fillna(UNTAGGED)
    share = split["weight"].fillna(1.0)
    return split.assign(planned_thb=split["planned_thb"] * share, disbursed_thb=split["disbursed_thb"] * share).drop(columns="weight")


def _budget(budget: pd.DataFrame) -> pd.DataFrame:
    return take(budget, "budget", text=["project_id", "REF_AREA", "source_type"], money=AMOUNTS, quarters=["fiscal_quarter"])


def need_shares(need: pd.DataFrame, *, areas=None) -> pd.DataFrame:
    """Return REF_AREA, goal (all 17), share: each goal's part of the need of an area, from the latest year of each target.

    The severity of a target (1 to 5, the highest that any origin gives) is its weight. That makes steps of a scale into
    amounts, which is a choice: shares from citizens' priorities or from gaps can be given instead. An area without needs
    has blank shares.
    """
    rows = latest_needs(need)
    goals = rows.assign(goal=goal_of(rows["target"]))
    parts = []
    for area in list_areas(areas, rows["REF_AREA"]):
        sums = of_area(goals, area).groupby("goal")["severity"].sum().reindex(GOALS, fill_value=0.0)
        share = sums / sums.sum() if sums.sum() > 0 else sums * np.nan
        parts.append(pd.DataFrame({"REF_AREA": area, "goal": GOALS, "share": share.to_numpy()}))
    return pd.concat(parts, ignore_index=True)


def latest_needs(need: pd.DataFrame) -> pd.DataFrame:
    """Return one row per REF_AREA and target: the highest severity of the latest fiscal year, and how many needs say so."""
    rows = take(need, "need", text=["REF_AREA", "target"], numbers=["severity", "fiscal_year"])
    if (wrong := rows["severity"].notna() & ~rows["severity"].between(1, 5)).any():
        raise DataError(f"Table need: severity {rows.loc[wrong, 'severity'].iloc[0]:g} is not on the scale of 1 to 5.")
    rows = rows[(rows["target"] != "") & rows["severity"].notna()]
    latest = rows.groupby(["REF_AREA", "target"])["fiscal_year"].transform("max")
    rows = rows[(rows["fiscal_year"] == latest) | latest.isna()]
    return rows.groupby(["REF_AREA", "target"], as_index=False, sort=True).agg(
        severity=("severity", "max"), n_needs=("severity", "size"), fiscal_year=("fiscal_year", "max")
    )


def _need_table(needs: pd.DataFrame, areas) -> pd.DataFrame:
    """Area x goal shares, whether needs came as a need table or as shares; the country is the mean of its provinces."""
    if "severity" in needs.columns:
        return need_shares(needs, areas=areas).pivot(index="REF_AREA", columns="goal", values="share")[GOALS]
    rows = take(needs, "needs", text=["REF_AREA", "goal"], money=["share"])
    wide = rows.pivot_table(index="REF_AREA", columns="goal", values="share", aggfunc="sum").reindex(columns=GOALS).fillna(0.0)
    if len(off := wide.index[(wide.sum(axis=1) - 1).abs() > 1e-6]):
        raise DataError(f"Table needs: the shares of {off[0]} do not sum to 1 over the 17 goals.")
    if NATIONAL not in wide.index and len(wide):
        wide.loc[NATIONAL] = wide.mean()
    return wide


# ---------------------------------------------------------------- shares of money, with intervals over projects


def ratio_share(parts, wholes, *, confidence: float = CONFIDENCE) -> Share:
    """Return sum(parts) / sum(wholes), 0 to 1, with Wilson's interval at the number of equal projects that these are worth.

    That number comes from the jackknife variance of the ratio, each project left out in turn, with Student's quantile; where
    the share is 0 or 1 it is Kish's effective number of the amounts. With ten projects of very unequal size it covered the
    truth in 91% of cases, a bootstrap over projects in 86%. Under MIN_PROJECTS projects the ends are NaN.
    """
    from scipy.stats import t as student

    parts, wholes = np.asarray(parts, dtype=float), np.asarray(wholes, dtype=float)
    parts, wholes = parts[wholes > 0], wholes[wholes > 0]
    n, total = len(wholes), float(wholes.sum())
    if not n:
        return Share(0, 0, np.nan, np.nan, np.nan)
    share = min(1.0, float(parts.sum()) / total)
    if n < MIN_PROJECTS:
        return Share(n, np.nan, share, np.nan, np.nan)
    shrink = (normal_quantile(confidence) / student.ppf(0.5 + confidence / 2, n - 1)) ** 2
    without = (parts.sum() - parts) / (total - wholes)
    variance = (n - 1) / n * float(np.sum((without - without.mean()) ** 2))
    worth = share * (1 - share) / variance if 0 < share < 1 and variance > 0 else total**2 / float(np.sum(wholes**2))
    got = wilson(share, 1.0, n_eff=worth * shrink, confidence=confidence)
    return Share(n, worth * shrink, share, got.ci_low, got.ci_high)


def ratio_interval(parts, wholes, rng: np.random.Generator, *, draws: int = DRAWS, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Return the bootstrap interval over projects of sum(parts) / sum(wholes), which may exceed 1.

    Percentiles are widened as Student's t asks (Hesterberg 2015, "expanded percentile"), since the plain ones are too
    narrow with few projects. NaN under MIN_PROJECTS projects.
    """
    from scipy.special import ndtr
    from scipy.stats import t as student

    parts, wholes = np.asarray(parts, dtype=float), np.asarray(wholes, dtype=float)
    n = len(wholes)
    if n < MIN_PROJECTS or wholes.sum() <= 0:
        return np.nan, np.nan
    counts = resample_counts(n, draws, rng)
    below = counts @ wholes
    ratios = (counts @ parts)[below > 0] / below[below > 0]
    tail = float(ndtr(-np.sqrt(n / (n - 1)) * student.ppf(0.5 + confidence / 2, n - 1)))
    low, high = np.quantile(ratios, [tail, 1 - tail])
    return float(low), float(high)


def money_by_goal(budget: pd.DataFrame, project_target: pd.DataFrame, *, needs: pd.DataFrame | None = None, amount: str = "planned_thb", tagging: str = "weights", areas=None) -> pd.DataFrame:
    """Return one row per area and goal (17 and `untagged`): baht, share, its interval over projects, and share minus need share.

    Parameters
    ----------
    needs
        A need table, or shares of need (REF_AREA, goal, share); without it `difference` is blank.
    amount
        `planned_thb` or `disbursed_thb`.

    Returns
    -------
    DataFrame
        `n` counts the projects of the area with money; `difference` has the interval of the share, moved by the need share,
        which is taken as known. Reasons: `no_money`, `few_projects` (no interval), `no_needs` (no difference).
    """
    _known_amount(amount)
    money = split_money(budget, tag_weights(project_target, tagging=tagging))
    need = _need_table(needs, areas) if needs is not None else None
    rows = []
    for area in list_areas(areas, money["REF_AREA"]):
        wide = _by_project(of_area(money, area), amount)
        wholes = wide.sum(axis=1)
        for goal in CATEGORIES:
            got = ratio_share(wide[goal], wholes)
            wanted = _need_of(need, area, goal)
            rows.append({
                "REF_AREA": area, "goal": goal, "tagging": tagging, "amount": amount, "thb": float(wide[goal].sum()), "share": got.share,
                "ci_low": got.ci_low, "ci_high": got.ci_high, "need_share": wanted, "difference": got.share - wanted,
                "difference_low": got.ci_low - wanted, "difference_high": got.ci_high - wanted, "n": int(got.n),
                "reason": "no_money" if not got.n else "few_projects" if got.n < MIN_PROJECTS else "no_needs" if need is not None and np.isnan(wanted) else "",
            })  # fmt: skip
    return pd.DataFrame(rows, columns=GOAL_TABLE)


def _known_amount(amount: str) -> None:
    if amount not in AMOUNTS:
        raise UsageError(f"amount {amount!r} is not known. Choose from {', '.join(AMOUNTS)}.")


def _need_of(need: pd.DataFrame | None, area: str, goal: str) -> float:
    if need is None or area not in need.index:
        return np.nan
    return 0.0 * need.loc[area].sum() if goal == UNTAGGED else float(need.at[area, goal])


def _by_project(money: pd.DataFrame, amount: str) -> pd.DataFrame:
    """Project x category amounts, only projects with money."""
    wide = money.pivot_table(index="project_id", columns="goal", values=amount, aggfunc="sum", fill_value=0.0) if len(money) else pd.DataFrame()
    wide = wide.reindex(columns=CATEGORIES, fill_value=0.0).astype(float)
    return wide[wide.sum(axis=1) > 0]


# ---------------------------------------------------------------- money beside need


def dissimilarity(shares, needs) -> float:
    """Return half the sum of differences: the part of the money that would have to move for its shares to be those of need.

    Examples
    --------
    >>> dissimilarity([0.5, 0.5, 0], [0.25, 0.25, 0.5])
    0.5
    """
    return float(0.5 * np.abs(np.asarray(shares, dtype=float) - np.asarray(needs, dtype=float)).sum())


def hellinger(shares, needs) -> float:
    """Return Hellinger's distance, 0 to 1; it weighs a goal with need and no money more than dissimilarity does."""
    roots = np.sqrt(np.asarray(shares, dtype=float)) - np.sqrt(np.asarray(needs, dtype=float))
    return float(np.sqrt(0.5 * np.sum(roots**2)))


def concentration_scores(order) -> np.ndarray:
    """Return per goal 2R - 1, R its fractional rank by `order` with ties at their middle; a weighted mean of it is the index."""
    from scipy.stats import rankdata

    return 2 * (rankdata(order) - 0.5) / len(order) - 1


def concentration(amounts, order) -> float:
    """Return the concentration index of `amounts` over goals in rising `order` (Kakwani, Wagstaff & van Doorslaer 1997).

    Above 0 the money lies with the goals of more need, below 0 with those of less; 0 is alike for all. Of the need itself
    it is the value that money in proportion to need would have.

    Examples
    --------
    >>> concentration([1, 2, 3, 4, 5], [1, 2, 3, 4, 5]).__round__(4)
    0.2667
    """
    amounts = np.asarray(amounts, dtype=float)
    if amounts.sum() <= 0:
        return np.nan
    return float(concentration_scores(order) @ amounts / amounts.sum())


def budget_alignment(budget: pd.DataFrame, project_target: pd.DataFrame, *, needs: pd.DataFrame, areas=None, amounts=AMOUNTS, taggings=TAGGINGS) -> pd.DataFrame:
    """Return one row per area, amount and tagging: how far the money's shares of goals are from those of need.

    Parameters
    ----------
    needs
        A need table, or shares of need (REF_AREA, goal, share that sum to 1 over the 17 goals), taken as known.

    Returns
    -------
    DataFrame
        `dissimilarity` (0 to 1; untagged money is a category that no need asks for), its interval, and `chance`: its mean had
        each project been given to goals in proportion to need, `chance_high` the value that 97.5% of such programmes stay
        under. `dissimilarity_tagged` leaves untagged money out. Intervals are given for the first tagging; the others show how
        far the answer hangs on how projects are split. `n` projects with money. verdict: `off_need` above `chance_high`, else
        `not_told_apart`. Reasons: `no_money`, `no_needs`, `few_projects`.
    """
    need = _need_table(needs, areas)
    rows = []
    for place, tagging in enumerate(taggings):
        money = split_money(budget, tag_weights(project_target, tagging=tagging))
        for area in list_areas(areas, money["REF_AREA"], need.index.to_series()):
            wanted = need.loc[area].to_numpy(dtype=float) if area in need.index else np.full(len(GOALS), np.nan)
            for amount in amounts:
                _known_amount(amount)
                wide = _by_project(of_area(money, area), amount)
                rows.append({"REF_AREA": area, "amount": amount, "tagging": tagging, **_alignment(wide, wanted, area, intervals=place == 0)})
    table = pd.DataFrame(rows, columns=ALIGNMENT)
    order = {area: i for i, area in enumerate(dict.fromkeys(table["REF_AREA"]))}
    return table.sort_values("REF_AREA", key=lambda c: c.map(order), kind="stable", ignore_index=True)


def _alignment(wide: pd.DataFrame, wanted: np.ndarray, area: str, *, intervals: bool) -> dict:
    pieces = wide.to_numpy(dtype=float)
    n, total = len(pieces), float(pieces.sum())
    blank = {"thb": total, "n": n, "untagged_share": pieces[:, -1].sum() / total if total else np.nan, "verdict": "cannot_tell"}
    if not n or np.isnan(wanted).any():
        return blank | {"reason": "no_money" if not n else "no_needs"}
    need = np.append(wanted, 0.0)
    shares = pieces.sum(axis=0) / total
    tagged = shares[:-1].sum()
    scores = concentration_scores(wanted)
    got = blank | {
        "dissimilarity": dissimilarity(shares, need), "hellinger": hellinger(shares, need), "concentration_of_need": concentration(wanted, wanted),
        "dissimilarity_tagged": dissimilarity(shares[:-1] / tagged, wanted) if tagged > 0 else np.nan, "concentration": concentration(shares[:-1], wanted),
    }  # fmt: skip
    if n < MIN_PROJECTS:
        return got | {"reason": "few_projects"}
    if not intervals:
        return got | {"verdict": "", "reason": ""}
    low, high, chance, chance_high = dissimilarity_interval(pieces, need, area_seed(area))
    own = pieces[:, :-1]
    edges = mean_interval(own @ scores, own.sum(axis=1), limit=1 - 1 / len(GOALS))
    return got | {
        "ci_low": low, "ci_high": high, "chance": chance, "chance_high": chance_high, "concentration_low": edges[0], "concentration_high": edges[1],
        "verdict": "off_need" if got["dissimilarity"] > chance_high else "not_told_apart", "reason": "",
    }  # fmt: skip


def mean_interval(parts, wholes, *, limit: float, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Return Student's interval over projects of a weighted mean sum(parts) / sum(wholes), cut at -limit and limit."""
    from scipy.stats import t as student

    parts, wholes = np.asarray(parts, dtype=float), np.asarray(wholes, dtype=float)
    parts, wholes = parts[wholes > 0], wholes[wholes > 0]
    n = len(wholes)
    if n < MIN_PROJECTS:
        return np.nan, np.nan
    mean = parts.sum() / wholes.sum()
    reach = student.ppf(0.5 + confidence / 2, n - 1) * np.sqrt(n / (n - 1) * np.sum((parts - mean * wholes) ** 2)) / wholes.sum()
    return float(max(-limit, mean - reach)), float(min(limit, mean + reach))


def dissimilarity_interval(pieces, needs, rng: np.random.Generator, *, draws: int = INVERSIONS, confidence: float = CONFIDENCE) -> tuple[float, float, float, float]:
    """Return ci_low, ci_high, chance, chance_high of the dissimilarity, with the lumpiness of projects taken into account.

    Parameters
    ----------
    pieces
        Project x category amounts: each amount above 0 is one piece of money, given to one goal.
    needs
        Shares of need over the same categories.

    Notes
    -----
    A programme whose true shares are need + s (observed - need) is simulated by giving every piece to a goal at random
    by these shares. The interval holds the mismatches of those s for which the observed dissimilarity is neither among
    the 2.5% highest nor the 2.5% lowest. `chance` is the mean at s = 0. A bootstrap over projects covers 0 in none of 100
    programmes that follow the need exactly. Measured: it covers in 94 to 99% of cases with 8 to 80 projects; with 25 projects
    a true mismatch of 0.52 lies above `chance_high` in 73% of cases and one of 0.26 in 14%: few projects cannot show a mild one.
    """
    pieces, needs = np.asarray(pieces, dtype=float), np.asarray(needs, dtype=float)
    observed = pieces.sum(axis=0) / pieces.sum()
    distance, tail = dissimilarity(observed, needs), 0.5 - confidence / 2
    sizes = pieces[pieces > 0] / pieces.sum()
    simulate = partial(_simulated, sizes, observed, needs, rng.random((draws, len(sizes))))
    aligned, _ = simulate(0.0)
    chance, chance_high = float(aligned.mean()), float(np.quantile(aligned, 1 - tail))
    top = 1 / distance if distance > 0 else 1.0
    low = 0.0 if np.mean(aligned >= distance - 1e-12) >= tail else _first(lambda s: np.mean(simulate(s)[0] >= distance - 1e-12) >= tail, top)
    high = _first(lambda s: np.mean(simulate(s)[0] <= distance + 1e-12) < tail, top)
    return simulate(low)[1] if low else 0.0, simulate(high)[1], chance, chance_high


def _simulated(sizes: np.ndarray, observed: np.ndarray, needs: np.ndarray, uniform: np.ndarray, step: float) -> tuple[np.ndarray, float]:
    """Dissimilarities of simulated programmes, and the true one that they were drawn from."""
    true = np.clip(needs + step * (observed - needs), 0.0, None)
    true = true / true.sum()
    edges = np.cumsum(true)
    edges[-1] = 1.0
    draws, k = len(uniform), len(true)
    goal = np.searchsorted(edges, uniform.ravel(), side="right") + np.repeat(np.arange(draws) * k, len(sizes))
    shares = np.bincount(goal, np.tile(sizes, draws), draws * k).reshape(draws, k)
    return 0.5 * np.abs(shares - needs).sum(axis=1), dissimilarity(true, needs)


def _first(holds, top: float, steps: int = 9) -> float:
    """Where a condition that fails at 0 begins to hold, by halving; `top` if it does not before."""
    low, high = 0.0, top
    for _ in range(steps):
        middle = (low + high) / 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def spend_against_gap(budget: pd.DataFrame, project_target: pd.DataFrame, gaps: pd.DataFrame, *, amount: str = "disbursed_thb", areas=None) -> pd.DataFrame:
    """Return one row per area: does more money go to the goals that are further from their target?

    Parameters
    ----------
    gaps
        REF_AREA, goal, gap: distance to the target, 0 or more, blank where it cannot be told. Goals without a gap are left
        out, and `n` counts the others.

    Returns
    -------
    DataFrame
        Spearman's rho of money and gap over goals with interval and permutation p, and the concentration index of the money
        ordered by gap. Reasons: `few_pairs`, `all_same`, `same_order`, `no_money`.
    """
    _known_amount(amount)
    money = split_money(budget, tag_weights(project_target))
    known = take(gaps, "gaps", text=["REF_AREA", "goal"], money=["gap"])
    rows = []
    for area in list_areas(areas, money["REF_AREA"], known["REF_AREA"]):
        spent = of_area(money, area).groupby("goal")[amount].sum().reindex(GOALS, fill_value=0.0)
        gap = known[known["REF_AREA"] == area].groupby("goal")["gap"].mean().reindex(GOALS)
        got = rank_agreement(gap.to_numpy(), spent.to_numpy(), rng=area_seed(area))
        there = gap.notna()
        index = concentration(spent[there], gap[there]) if got.n >= MIN_PROJECTS else np.nan
        reason = "no_money" if spent.sum() == 0 else got.reason
        rows.append({
            "REF_AREA": area, "amount": amount, "rho": got.rho, "ci_low": got.ci_low, "ci_high": got.ci_high, "p_value": got.p_value,
            "concentration": index, "n": got.n, "reason": reason,
        })  # fmt: skip
    return pd.DataFrame(rows, columns=AGAINST_GAP)


# ---------------------------------------------------------------- pace and sources


def disbursement_pace(budget: pd.DataFrame, *, as_of: str, areas=None) -> pd.DataFrame:
    """Return one row per area and fiscal quarter: planned and disbursed, running totals of the year, and their ratio.

    Parameters
    ----------
    as_of
        Quarter of the report; later quarters are listed with the plan and the reason `not_yet`.

    Returns
    -------
    DataFrame
        All four quarters of every fiscal year that has money. `pace` is disbursed over planned so far, `year_share` disbursed
        so far over the plan of the whole year, both with a bootstrap interval over projects. A project's quarter that is
        planned but not reported is left out of both sides of `pace` and counted in `n_missing`; its plan stays in the year's.
        Reasons: `no_rows`, `not_yet`, `not_reported` (nothing in that quarter), `partly_reported`, `no_plan`, `few_projects`.
    """
    rows = _budget(budget)
    rows = rows[rows["fiscal_quarter"] != ""]
    last = quarter_number(as_of)
    years = sorted({q[:4] for q in rows["fiscal_quarter"]} | {as_of[:4]})
    table = []
    for area in list_areas(areas, rows["REF_AREA"]):
        own = of_area(rows, area)
        # summed within project and quarter: a blank with a figure beside it is not a gap
        sums = own.groupby(["project_id", "fiscal_quarter"], as_index=False)[list(AMOUNTS)].agg(lambda a: a.sum(min_count=1))
        for year in years:
            table += _pace_of_year(sums[sums["fiscal_quarter"].str[:4] == year], area, year, last)
    return pd.DataFrame(table, columns=PACE)


def _pace_of_year(sums: pd.DataFrame, area: str, year: str, last: int) -> list[dict]:
    number = sums["fiscal_quarter"].map(quarter_number) if len(sums) else pd.Series(dtype=int)
    year_plan = sums.groupby("project_id")["planned_thb"].sum()
    rows = []
    for quarter in quarters_between(f"{year}Q1", f"{year}Q4"):
        here, so_far = sums[sums["fiscal_quarter"] == quarter], sums[(number <= quarter_number(quarter)).to_numpy(dtype=bool)]
        row = {"REF_AREA": area, "fiscal_year": int(year), "fiscal_quarter": quarter, "planned_thb": _sum(here["planned_thb"]), "disbursed_thb": _sum(here["disbursed_thb"])}
        row |= {"cum_planned_thb": so_far["planned_thb"].sum(), "n": so_far["project_id"].nunique(), "n_missing": 0}
        if quarter_number(quarter) > last:
            rows.append(row | {"disbursed_thb": np.nan, "reason": "not_yet"})
            continue
        told = so_far[so_far["disbursed_thb"].notna()]
        gap = so_far["disbursed_thb"].isna() & (so_far["planned_thb"] > 0)
        row |= {"cum_disbursed_thb": _sum(told["disbursed_thb"]), "n_missing": int(gap.sum())}
        rows.append(row | _pace(told, year_plan, area, quarter) | {"reason": _pace_reason(sums, here, told, gap)})
    return rows


def _sum(column: pd.Series) -> float:
    return float(column.sum(min_count=1))


def _pace(told: pd.DataFrame, year_plan: pd.Series, area: str, quarter: str) -> dict:
    projects = told.groupby("project_id")[list(AMOUNTS)].sum()
    planned, spent = projects["planned_thb"], projects["disbursed_thb"]
    got = {}
    if planned.sum() > 0:
        low, high = ratio_interval(spent, planned, area_seed(area + quarter))
        got |= {"pace": spent.sum() / planned.sum(), "ci_low": low, "ci_high": high}
    if year_plan.sum() > 0 and len(projects):
        low, high = ratio_interval(spent.reindex(year_plan.index, fill_value=0.0), year_plan, area_seed(area + quarter))
        got |= {"year_share": spent.sum() / year_plan.sum(), "year_low": low, "year_high": high}
    return got


def _pace_reason(sums: pd.DataFrame, here: pd.DataFrame, told: pd.DataFrame, gap: pd.Series) -> str:
    if sums.empty:
        return "no_rows"
    if len(here) and here["disbursed_thb"].isna().all():
        return "not_reported"
    if told["planned_thb"].sum() <= 0:
        return "no_plan"
    if gap.any():
        return "partly_reported"
    return "few_projects" if told["project_id"].nunique() < MIN_PROJECTS else ""


def money_by_source(budget: pd.DataFrame, *, amount: str = "planned_thb", areas=None) -> pd.DataFrame:
    """Return one row per area, fiscal year and source of money (all four): baht, share with interval over projects, n.

    `n` counts projects with money of any source, `n_with` those with money of this one. Money of a source outside the four
    raises DataError. Reasons: `no_rows`, `no_money`, `few_projects`.
    """
    _known_amount(amount)
    rows = _budget(budget)
    if len(wrong := rows.loc[~rows["source_type"].isin(SOURCE_TYPES), "source_type"]):
        raise DataError(f"Table budget: source_type {wrong.iloc[0]!r} is not one of {', '.join(SOURCE_TYPES)}.")
    years = sorted({int(q[:4]) for q in rows["fiscal_quarter"] if q})
    year_of = rows["fiscal_quarter"].str[:4]
    table = []
    for area in list_areas(areas, rows["REF_AREA"]):
        own = of_area(rows, area)
        for year in years:
            part = own[year_of.reindex(own.index) == str(year)]
            table += _sources(part, area, year, amount)
    return pd.DataFrame(table, columns=SOURCES)


def _sources(part: pd.DataFrame, area: str, year: int, amount: str) -> list[dict]:
    wide = part.pivot_table(index="project_id", columns="source_type", values=amount, aggfunc="sum", fill_value=0.0) if len(part) else pd.DataFrame()
    wide = wide.reindex(columns=SOURCE_TYPES, fill_value=0.0).astype(float)
    totals = part.groupby("source_type")[list(AMOUNTS)].sum().reindex(SOURCE_TYPES, fill_value=0.0)
    rows = []
    for kind in SOURCE_TYPES:
        got = ratio_share(wide[kind], wide.sum(axis=1))
        reason = "no_rows" if part.empty else "no_money" if not got.n else "few_projects" if got.n < MIN_PROJECTS else ""
        rows.append({
            "REF_AREA": area, "fiscal_year": year, "source_type": kind, "planned_thb": totals.at[kind, "planned_thb"],
            "disbursed_thb": totals.at[kind, "disbursed_thb"], "share": got.share, "ci_low": got.ci_low, "ci_high": got.ci_high, "n": int(got.n),
            "n_with": int((wide[kind] > 0).sum()), "reason": reason,
        })  # fmt: skip
    return rows


def private_share(budget: pd.DataFrame, *, amount: str = "planned_thb", areas=None) -> pd.DataFrame:
    """Return one row per area and fiscal year: the private sector's share of the money, its interval over projects and n."""
    table = money_by_source(budget, amount=amount, areas=areas)
    return table[table["source_type"] == "private"].drop(columns="source_type").reset_index(drop=True)
