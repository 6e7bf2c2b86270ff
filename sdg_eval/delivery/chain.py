"""From need to plan to money to activity to result: where the chain breaks first, target by target.

A need that no plan answers, a plan without money, money without activity, activity of which nobody measured a result:
each is listed, the worst need first. The chain says what is recorded, not what caused what; a result that moved is no
proof that the money moved it.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from sdg_eval.delivery.agreement import rank_agreement
from sdg_eval.delivery.frames import GOALS, NATIONAL, UNTAGGED, goal_of, list_areas, one_per, take
from sdg_eval.delivery.money import AMOUNTS, latest_needs, split_money, tag_weights
from sdg_eval.delivery.quarters import up_to
from sdg_eval.delivery.shares import area_seed, clustered_share, wilson
from sdg_eval.delivery.steps import DONE, DUE, activity_states
from sdg_eval.errors import DataError, UsageError

SEVERE = 4
"""Severity (of 5) from which a need without a plan item is listed as uncovered."""
NO_RESULT = "no_result_data"
MIXED = "mixed"
LINKS = ("need", "plan", "money", "disbursement", "activity", "delivery", "result")
"""The links in their order; `broken_link` is the first that is missing, blank when none is."""
KINDS = (
    "need_uncovered", "planned_without_money", "money_without_activity", "activity_without_result", "plan_without_need", "plan_untagged", "money_untagged",
)  # fmt: skip
LEVELS = ("global", "provincial_admin", "area")
"""The three levels of the frame, from the first."""
CHAIN = [
    "REF_AREA", "target", "goal", "severity", "n_needs", "plan_items", "planned_thb", "disbursed_thb", "projects", "activities", "activities_due",
    "activities_done", "activities_partly", "result", "broken_link",
]  # fmt: skip
GOAL_CHAIN = [
    "REF_AREA", "goal", "severity", "n_needs", "plan_items", "planned_thb", "disbursed_thb", "projects", "activities", "activities_due", "activities_done",
    "activities_partly", "n_results", "result", "broken_link", "n_targets", "n_broken", "share_broken", "ci_low", "ci_high", "reason",
]  # fmt: skip
MISMATCH = ["REF_AREA", "target", "goal", "kind", "severity", "plan_items", "planned_thb", "disbursed_thb", "activities_done"]
AGREEMENT = ["REF_AREA", "against", "rho", "ci_low", "ci_high", "p_value", "n", "reason"]
COVER = ["REF_AREA", "share_covered", "ci_low", "ci_high", "covered", "n", "plan_items", "without_need", "untagged", "reason"]
CASCADE = ["REF_AREA", "goal", *LEVELS, "n", "broken_link", "reason"]
_WORK = ["projects", "activities", "activities_due", "activities_done", "activities_partly"]
_SUMS = ["n_needs", "plan_items", *AMOUNTS, *_WORK]
_COUNTS = ["n_needs", "plan_items", *_WORK]


def current_plans(plan: pd.DataFrame) -> pd.DataFrame:
    """Return plan_id, REF_AREA, plan_type, version of the plans in force: the highest version of each type in each area."""
    rows = take(plan, "plan", text=["plan_id", "REF_AREA", "plan_type"], numbers=["version"])
    rows = one_per(rows, "plan", ["plan_id"])
    newest = rows.groupby(["REF_AREA", "plan_type"])["version"].transform("max")
    return rows[(rows["version"] == newest) | newest.isna()].reset_index(drop=True)


def need_to_result(
    *, need, plan, plan_item, project, project_target, budget, activity, as_of: str, results: pd.DataFrame | None = None, tagging: str = "weights", areas=None,
) -> pd.DataFrame:  # fmt: skip
    """Return one row per area and target that occurs anywhere in the chain, with the first link that is missing.

    Parameters
    ----------
    need, plan, plan_item, project, project_target, budget, activity
        Delivery tables. Needs count with the latest year of each target, plans with the version in force, money as split by
        `tagging`. A project counts for each of its targets, and where it is registered as well as where its money goes; so
        activities of two targets, or of two provinces, may be the same.
    as_of
        Quarter of the report: money and activities of later quarters are left out.
    results
        REF_AREA, target, verdict: the latest evaluated direction of the outcome series. Two series that say different things
        give `mixed`; none gives `no_result_data`.

    Returns
    -------
    DataFrame
        `severity` is blank where no need is recorded, counts and baht are 0 where nothing is. `activities` are those of the
        projects, of any quarter up to `as_of`; `activities_due` and `activities_done` those that should be and are done.
        broken_link: `need` (something is planned or paid and no need is recorded), `plan`, `money` (none planned),
        `disbursement`, `activity` (none on record), `delivery` (of those due none even in part), `result` (nothing measured), or blank.
        The area TH counts all rows, of the country and of the provinces, each project once, with the highest severity. `untagged` is a target here.
    """
    weights = tag_weights(project_target, tagging=tagging, by="target")
    paid = _until(budget, as_of)
    parts = [
        _with_country(latest_needs(need), {"severity": "max", "n_needs": "sum"}),
        _with_country(_items_in_force(plan, plan_item).assign(plan_items=1), {"plan_items": "sum"}),
        _with_country(split_money(paid, weights, by="target"), dict.fromkeys(AMOUNTS, "sum")),
        _work(activity, project, weights, paid, as_of),
    ]
    table = parts[0]
    for part in parts[1:]:
        table = table.merge(part, on=["REF_AREA", "target"], how="outer")
    table[_SUMS] = table[_SUMS].fillna(0.0)
    table["result"] = _results(table, results)
    if areas is not None:
        table = table[table["REF_AREA"].isin({*areas, NATIONAL})]
    table = table.assign(goal=goal_of(table["target"]), broken_link=_broken(table)).astype(dict.fromkeys(_COUNTS, int))
    order = table.assign(a=table["REF_AREA"] == NATIONAL, g=_goal_order(table["goal"])).sort_values(["a", "REF_AREA", "g", "target"], kind="stable")
    return order[CHAIN].reset_index(drop=True)


def _goal_order(goals: pd.Series) -> pd.Series:
    return goals.map({g: i for i, g in enumerate([*GOALS, UNTAGGED])})


def _items_in_force(plan, plan_item) -> pd.DataFrame:
    items = take(plan_item, "plan_item", text=["plan_item_id", "plan_id", "target"])
    items = one_per(items, "plan_item", ["plan_item_id"]).merge(current_plans(plan)[["plan_id", "REF_AREA"]], on="plan_id")
    return items.assign(target=items["target"].where(goal_of(items["target"]) != UNTAGGED, UNTAGGED))


def _until(budget: pd.DataFrame, as_of: str) -> pd.DataFrame:
    quarters = take(budget, "budget", quarters=["fiscal_quarter"])["fiscal_quarter"]
    return budget[up_to(quarters, as_of)]


def _with_country(rows: pd.DataFrame, how: dict) -> pd.DataFrame:
    """Rows per area and target, with those of the country made from all of them."""
    own = rows[rows["REF_AREA"] != NATIONAL].groupby(["REF_AREA", "target"], as_index=False).agg(how)
    return pd.concat([own, rows.groupby("target", as_index=False).agg(how).assign(REF_AREA=NATIONAL)], ignore_index=True)


def _work(activity, project, weights: pd.DataFrame, budget, as_of: str) -> pd.DataFrame:
    """Projects and activities per area and target: a project counts where it is registered and where its money goes, in TH once."""
    owners = one_per(take(project, "project", text=["project_id", "REF_AREA"]), "project", ["project_id"])
    paid = take(budget, "budget", text=["project_id", "REF_AREA"])
    places = pd.concat([owners, paid[paid["project_id"].isin(owners["project_id"])]], ignore_index=True).drop_duplicates()
    places = pd.concat([places[places["REF_AREA"] != NATIONAL], owners.assign(REF_AREA=NATIONAL)], ignore_index=True)
    tags = places.merge(weights[["project_id", "target"]], on="project_id", how="left").fillna({"target": UNTAGGED})
    states = activity_states(activity, as_of=as_of)
    begun = up_to(states["fiscal_quarter"], as_of)
    state = states["state"]
    counts = pd.DataFrame({
        "project_id": states["project_id"], "activities": begun & (state != "nothing_planned"), "activities_due": state.isin(DUE),
        "activities_done": state.isin(DONE), "activities_partly": state == "partly",
    }).groupby("project_id", as_index=False).sum()  # fmt: skip
    tags = tags.merge(counts, on="project_id", how="left").assign(projects=1).fillna(0)
    return tags.groupby(["REF_AREA", "target"], as_index=False)[_WORK].sum()


def _results(table: pd.DataFrame, results: pd.DataFrame | None) -> pd.Series:
    if results is None:
        return pd.Series(NO_RESULT, index=table.index)
    rows = take(results, "results", text=["REF_AREA", "target", "verdict"])
    rows = rows[(rows["verdict"] != "") & (rows["verdict"] != NO_RESULT)]
    said = rows.groupby(["REF_AREA", "target"])["verdict"].agg(lambda v: v.iloc[0] if v.nunique() == 1 else MIXED).to_dict()
    return pd.Series([said.get(key, NO_RESULT) for key in zip(table["REF_AREA"], table["target"], strict=True)], index=table.index, dtype="object")


def _broken(table: pd.DataFrame) -> np.ndarray:
    """The first missing link of each row."""
    missing = [
        table["severity"].isna(), table["plan_items"] == 0, table["planned_thb"] <= 0, table["disbursed_thb"] <= 0, table["activities"] == 0,
        (table["activities_due"] > 0) & (table["activities_done"] + table["activities_partly"] == 0), table["result"] == NO_RESULT,
    ]  # fmt: skip
    return np.select(missing, LINKS, "").astype(object)


def chain_by_goal(chain: pd.DataFrame) -> pd.DataFrame:
    """Return one row per area and goal, all 17 listed: the chain of its targets summed, and how many of them are broken.

    `severity` is the highest of the targets, `result` the one thing that its measured targets say or `mixed`, `broken_link` the
    first link that the goal as a whole lacks; `n_broken` of the `n_targets` in the chain lack one, `share_broken` with Wilson's
    interval. Activities of a project with two targets in one goal count for both. Reason: `no_rows`, nothing on record.
    """
    areas = list(dict.fromkeys(chain["REF_AREA"]))
    own = chain.assign(n_results=(chain["result"] != NO_RESULT).astype(int), broken=(chain["broken_link"] != "").astype(int))
    keys = ["REF_AREA", "goal"]
    sums = own.groupby(keys).agg({"severity": "max", **dict.fromkeys([*_SUMS, "n_results"], "sum"), "broken": "sum", "target": "size"})
    told = own[own["result"] != NO_RESULT].groupby(keys)["result"].agg(lambda v: v.iloc[0] if v.nunique() == 1 else MIXED)
    grid = pd.MultiIndex.from_product([areas, GOALS], names=keys)
    table = sums.join(told).reindex(grid).reset_index().rename(columns={"broken": "n_broken", "target": "n_targets"})
    more = ["n_results", "n_broken", "n_targets"]
    table[[*_SUMS, *more]] = table[[*_SUMS, *more]].fillna(0)
    table = table.astype(dict.fromkeys([*_COUNTS, *more], int))
    table["result"] = table["result"].astype(object).where(table["result"].notna(), NO_RESULT)
    empty = table["n_targets"] == 0
    shares = [wilson(k, n) for k, n in zip(table["n_broken"], table["n_targets"], strict=True)]
    table = table.assign(
        broken_link=np.where(empty, "", _broken(table)), share_broken=[s.share for s in shares], ci_low=[s.ci_low for s in shares],
        ci_high=[s.ci_high for s in shares], reason=np.where(empty, "no_rows", ""),
    )  # fmt: skip
    return table[GOAL_CHAIN]


def mismatches(chain: pd.DataFrame, *, severe: int = SEVERE) -> pd.DataFrame:
    """Return what does not fit, per province and target, the most severe need first, then the most money.

    kind: `need_uncovered` (severity `severe` or more, no plan item), `planned_without_money` (a plan item and no baht planned),
    `money_without_activity` (baht paid out, no activity on record), `activity_without_result` (activities done and no result
    measured), `plan_without_need` (a plan item, no need recorded), `plan_untagged` and `money_untagged` (without a target, so
    nobody can tell). One target may be listed under several kinds. No severity is a blank, not a mild need.
    """
    own = chain[chain["REF_AREA"] != NATIONAL]
    tagged = own["target"] != UNTAGGED
    holds = {
        "need_uncovered": tagged & (own["severity"] >= severe) & (own["plan_items"] == 0),
        "planned_without_money": tagged & (own["plan_items"] > 0) & (own["planned_thb"] <= 0),
        "money_without_activity": tagged & (own["disbursed_thb"] > 0) & (own["activities"] == 0),
        "activity_without_result": tagged & (own["activities_done"] > 0) & (own["result"] == NO_RESULT),
        "plan_without_need": tagged & (own["plan_items"] > 0) & own["severity"].isna(),
        "plan_untagged": ~tagged & (own["plan_items"] > 0),
        "money_untagged": ~tagged & (own["planned_thb"] + own["disbursed_thb"] > 0),
    }
    table = pd.concat([own[mask].assign(kind=kind, place=place) for place, (kind, mask) in enumerate(holds.items())], ignore_index=True)
    table = table.sort_values(["place", "severity", "planned_thb", "REF_AREA"], ascending=[True, False, False, True], kind="stable", na_position="last")
    return table[MISMATCH].reset_index(drop=True)


def mismatch_counts(chain: pd.DataFrame, *, severe: int = SEVERE) -> pd.DataFrame:
    """Return REF_AREA, kind (all seven), n: how many of each mismatch a province has, 0 included."""
    table = mismatches(chain, severe=severe)
    areas = [a for a in dict.fromkeys(chain["REF_AREA"]) if a != NATIONAL]
    counts = table.groupby(["REF_AREA", "kind"]).size()
    return counts.reindex(pd.MultiIndex.from_product([areas, KINDS], names=["REF_AREA", "kind"]), fill_value=0).rename("n").reset_index()


def need_cover(chain: pd.DataFrame, *, severe: int = SEVERE) -> pd.DataFrame:
    """Return one row per area: the share of severe needs that a plan item answers, with Wilson's interval and n.

    The area TH counts the needs of all provinces, with the design effect that provinces show. `plan_items` of which
    `without_need` lie on targets that no need names, and `untagged` on none. Reasons: `no_needs`, `no_severe_need`.
    """
    own = chain[chain["REF_AREA"] != NATIONAL]
    rows = []
    for area in dict.fromkeys(chain["REF_AREA"]):
        part = own if area == NATIONAL else own[own["REF_AREA"] == area]
        severe_ones = part[part["severity"] >= severe]
        covered = severe_ones["plan_items"] > 0
        sums = covered.groupby(severe_ones["REF_AREA"]).agg(["sum", "size"])
        got = clustered_share(sums["sum"], sums["size"]) if area == NATIONAL else wilson(int(covered.sum()), len(covered))
        tagged = part["target"] != UNTAGGED
        rows.append({
            "REF_AREA": area, "share_covered": got.share, "ci_low": got.ci_low, "ci_high": got.ci_high, "covered": int(covered.sum()), "n": len(covered),
            "plan_items": int(part["plan_items"].sum()), "without_need": int(part.loc[tagged & part["severity"].isna(), "plan_items"].sum()),
            "untagged": int(part.loc[~tagged, "plan_items"].sum()),
            "reason": "" if len(covered) else "no_needs" if part["severity"].isna().all() else "no_severe_need",
        })  # fmt: skip
    return pd.DataFrame(rows, columns=COVER)


def need_plan_agreement(chain: pd.DataFrame, *, level: str = "target") -> pd.DataFrame:
    """Return one row per area and measure: do the more severe needs get more plan items, and more baht?

    Parameters
    ----------
    level
        `target`: over the targets with a recorded need, so what is planned without need does not enter. `goal`: over all 17
        goals, severity summed over the targets of a goal; nothing needed and nothing planned is an agreement there. For TH
        the severities of the provinces are summed.

    Returns
    -------
    DataFrame
        Spearman's rho with its interval, the permutation p and n. Reasons: `few_pairs`, `all_same`, `same_order`.
    """
    if level not in ("target", "goal"):
        raise UsageError(f"level {level!r} is not known. Choose target or goal.")
    measures = ["severity", "plan_items", "planned_thb"]
    rows = []
    for area in dict.fromkeys(chain["REF_AREA"]):
        part = chain[(chain["REF_AREA"] == area) & (chain["target"] != UNTAGGED)]
        if area == NATIONAL:
            # the highest severity anywhere is 5 for nearly all: of the country, the severities of its provinces are summed
            part = chain[(chain["REF_AREA"] != NATIONAL) & (chain["target"] != UNTAGGED)].groupby(["goal", "target"])[measures].sum(min_count=1).reset_index()
        if level == "goal":
            part = part.groupby("goal")[measures].sum().reindex(GOALS, fill_value=0.0)
        part = part[part["severity"].notna()]
        for against in ("plan_items", "planned_thb"):
            got = rank_agreement(part["severity"], part[against], rng=area_seed(area))
            rows.append({
                "REF_AREA": area, "against": against, "rho": got.rho, "ci_low": got.ci_low, "ci_high": got.ci_high, "p_value": got.p_value, "n": got.n,
                "reason": got.reason,
            })  # fmt: skip
    return pd.DataFrame(rows, columns=AGREEMENT)


def cascade(project: pd.DataFrame, project_target: pd.DataFrame, *, areas=None) -> pd.DataFrame:
    """Return one row per area and goal (all 17): projects at each of the three levels, and where the cascade breaks.

    A project of the country as a whole counts in every province at its level. broken_link is the first level without a
    project while another level has one (`global`, `provincial_admin`, `area`), or blank. `n` projects in all, those without a
    level among them. Reasons: `no_rows`, `level_not_stated` (projects, but none says its level).
    """
    rows = one_per(take(project, "project", text=["project_id", "REF_AREA", "level"]), "project", ["project_id"])
    if len(wrong := rows.loc[~rows["level"].isin(["", *LEVELS]), "level"]):
        raise DataError(f"Table project: level {wrong.iloc[0]!r} is not one of {', '.join(LEVELS)}.")
    tags = take(project_target, "project_target", text=["project_id", "target"])
    tags = tags.assign(goal=goal_of(tags["target"]))[["project_id", "goal"]].drop_duplicates()
    pairs = rows.merge(tags, on="project_id")
    counts = pairs.groupby(["REF_AREA", "goal", "level"]).size()
    table = []
    for area in list_areas(areas, rows["REF_AREA"]):
        for goal in GOALS:
            everywhere = pairs["REF_AREA"].unique() if area == NATIONAL else [area, NATIONAL]
            found = {level: int(sum(counts.get((a, goal, level), 0) for a in everywhere)) for level in (*LEVELS, "")}
            stated = sum(found[level] for level in LEVELS)
            gap = next((level for level in LEVELS if not found[level]), "") if stated else ""
            reason = "" if stated else "level_not_stated" if found[""] else "no_rows"
            table.append({"REF_AREA": area, "goal": goal, **{k: found[k] for k in LEVELS}, "n": stated + found[""], "broken_link": gap, "reason": reason})
    return pd.DataFrame(table, columns=CASCADE)
