"""How good a plan is on paper, and what its revision changed.

A plan item can be followed up when it says what is counted, from which baseline, to which value, by whom, with what
money and for which SDG target. Two versions are laid side by side by likeness of their text, so that a reworded item is
not taken for one dropped and one added.

Bangkok has no provincial development plan in the ordinary sense: it is asked for its own development plan instead.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sdg_eval.delivery.chain import current_plans
from sdg_eval.delivery.frames import NATIONAL, UNTAGGED, goal_of, list_areas, one_per, take
from sdg_eval.delivery.shares import CONFIDENCE, clustered_share, wilson
from sdg_eval.errors import DataError
from sdg_eval.thai import clean_text

BANGKOK = "TH-10"
PLAN_TYPES = ("provincial_dev", "sdg_drive", "bangkok_dev")
CRITERIA = ("measurable", "baseline", "target_value", "owner", "budget", "target_tagged")
"""What a plan item is asked for; `all_six` is all of them."""
ALIKE = 0.25
"""Likeness from which two items are the same one reworded. Of 525 true pairs of Thai project titles 9 were missed and 17
wrong ones made at this value; the ratio of difflib missed 77 and made 22 at its own 0.6."""
GRAM = 3
"""Letters in a row that are compared: Thai has no spaces between words, and a syllable has about three."""
BOILERPLATE = ("โครงการ", "กิจกรรม", "แผนงาน")
"""First words that nearly every item has."""
QUALITY = ["REF_AREA", "plan_id", "plan_type", "version", "criterion", "k", "n", "share", "ci_low", "ci_high", "reason"]
PRESENCE = ["REF_AREA", "plan_type", "plan_id", "version", "approved_date", "n_items", "reason"]
DIFF = [
    "REF_AREA", "plan_type", "version_before", "version_after", "change", "text_before", "text_after", "similarity", "target_before", "target_after",
    "text_changed", "target_changed", "value_changed", "item_before", "item_after",
]  # fmt: skip
CHANGES = ("kept", "reworded", "retargeted", "dropped", "added")
REVISION = [
    "REF_AREA", "plan_type", "version_before", "version_after", "n_before", "n_after", *CHANGES, "targets_added", "targets_dropped", "measurable_before",
    "measurable_after", "difference", "ci_low", "ci_high", "reason",
]  # fmt: skip
_ITEM_TEXT = ["plan_item_id", "plan_id", "text_th", "target", "measure", "unit", "agency_id"]


@dataclass(frozen=True)
class Difference:
    """Second share minus first, with Newcombe's interval; NaN where one of the two has no cases."""

    difference: float
    ci_low: float
    ci_high: float


def difference_interval(a, a_low, a_high, b, b_low, b_high) -> tuple[float, float]:
    """Return the interval of b - a from the intervals of both (MOVER; for two Wilson intervals it is Newcombe's method 10).

    Examples
    --------
    >>> [float(round(x, 4)) for x in difference_interval(0.6, 0.4905, 0.7003, 0.8, 0.6918, 0.8770)]
    [0.0524, 0.3339]
    """
    return b - a - np.hypot(b - b_low, a_high - a), b - a + np.hypot(b_high - b, a - a_low)


def newcombe(k_before: int, n_before: int, k_after: int, n_after: int, *, confidence: float = CONFIDENCE) -> Difference:
    """Return the share after minus the share before, with the interval of Newcombe (1998, method 10) for independent shares.

    Items kept from one version to the next make the two shares alike, and the interval is then wider than it need be.

    Examples
    --------
    >>> round(newcombe(48, 80, 56, 70).ci_low, 4)
    0.0524
    """
    a, b = wilson(k_before, n_before, confidence=confidence), wilson(k_after, n_after, confidence=confidence)
    low, high = difference_interval(a.share, a.ci_low, a.ci_high, b.share, b.ci_low, b.ci_high)
    return Difference(float(b.share - a.share), float(low), float(high))


def expected_types(area: str) -> tuple[str, ...]:
    """Return the plan types that an area is asked for: its development plan and its SDG plan."""
    return ("bangkok_dev", "sdg_drive") if area == BANGKOK else ("provincial_dev", "sdg_drive")


def _checked_plans(plan: pd.DataFrame) -> pd.DataFrame:
    rows = take(plan, "plan", text=["plan_id", "REF_AREA", "plan_type"], numbers=["version"], dates=["approved_date"])
    if len(wrong := rows.loc[~rows["plan_type"].isin(PLAN_TYPES), "plan_type"]):
        raise DataError(f"Table plan: plan_type {wrong.iloc[0]!r} is not one of {', '.join(PLAN_TYPES)}.")
    bangkok = rows["REF_AREA"] == BANGKOK
    wrong = rows[(bangkok & (rows["plan_type"] == "provincial_dev")) | (~bangkok & (rows["plan_type"] == "bangkok_dev"))]
    if len(wrong):
        row = wrong.iloc[0]
        right = "bangkok_dev" if row["REF_AREA"] == BANGKOK else "provincial_dev"
        raise DataError(f"Table plan: {row['plan_id']} of {row['REF_AREA']} is called {row['plan_type']}. The development plan of this area is {right}.")
    return one_per(rows, "plan", ["REF_AREA", "plan_type", "version"])


def _items(plan_item: pd.DataFrame) -> pd.DataFrame:
    """Plan items with one column of truth for each criterion."""
    rows = take(plan_item, "plan_item", text=_ITEM_TEXT, numbers=["baseline", "target_value"], money=["budget_thb"])
    holds = {
        "measurable": (rows["measure"] != "") & (rows["unit"] != ""), "has_baseline": rows["baseline"].notna(), "has_value": rows["target_value"].notna(),
        "owner": rows["agency_id"] != "", "budget": rows["budget_thb"] > 0, "target_tagged": goal_of(rows["target"]) != UNTAGGED,
    }  # fmt: skip
    rows = one_per(rows, "plan_item", ["plan_item_id"]).assign(**{f"is_{c}": mask for c, mask in zip(CRITERIA, holds.values(), strict=True)})
    return rows.assign(is_all_six=rows[[f"is_{c}" for c in CRITERIA]].all(axis=1))


def plan_presence(plan: pd.DataFrame, plan_item: pd.DataFrame, *, areas=None) -> pd.DataFrame:
    """Return one row per province and plan type that it is asked for: the version in force, its items, or why it is blank.

    Reasons: `no_plan`, `no_items`. Bangkok is asked for its own development plan, not for a provincial one.
    """
    rows, items = _checked_plans(plan), take(plan_item, "plan_item", text=["plan_id"])
    force = current_plans(plan)[["plan_id"]].merge(rows, on="plan_id")
    count = items["plan_id"].value_counts()
    provinces = [a for a in list_areas(areas, rows["REF_AREA"]) if a != NATIONAL]
    grid = pd.DataFrame([(a, t) for a in provinces for t in expected_types(a)], columns=["REF_AREA", "plan_type"])
    table = grid.merge(force, on=["REF_AREA", "plan_type"], how="left").fillna({"plan_id": ""})
    table["n_items"] = table["plan_id"].map(count).fillna(0).astype(int)
    table["reason"] = np.select([table["plan_id"] == "", table["n_items"] == 0], ["no_plan", "no_items"], "").astype(object)
    return table[PRESENCE]


def plan_quality(plan: pd.DataFrame, plan_item: pd.DataFrame, *, areas=None) -> pd.DataFrame:
    """Return one row per plan in force and criterion: how many of its items meet it, the share with Wilson's interval, n.

    Criteria: `measurable` (says what is counted and in which unit), `baseline`, `target_value`, `owner` (an agency), `budget`
    (above 0 baht), `target_tagged` (an SDG target), and `all_six`. The area TH, with a blank plan, is all plans together, its
    interval with the design effect of plans. Reasons: `no_plan`, `no_items`.
    """
    items = _items(plan_item)
    there = plan_presence(plan, plan_item, areas=areas)
    criteria = [*CRITERIA, "all_six"]
    rows = []
    for one in there.to_dict("records"):
        own = items[items["plan_id"] == one["plan_id"]] if one["plan_id"] else items.iloc[:0]
        for criterion in criteria:
            got = wilson(int(own[f"is_{criterion}"].sum()), len(own))
            rows.append({
                **{c: one[c] for c in ("REF_AREA", "plan_id", "plan_type", "version", "reason")}, "criterion": criterion, "k": int(own[f"is_{criterion}"].sum()),
                "n": len(own), "share": got.share, "ci_low": got.ci_low, "ci_high": got.ci_high,
            })  # fmt: skip
    everywhere = items[items["plan_id"].isin(set(there["plan_id"]) - {""})]
    for criterion in criteria:
        sums = everywhere.groupby("plan_id")[f"is_{criterion}"].agg(["sum", "size"])
        got = clustered_share(sums["sum"], sums["size"])
        rows.append({
            "REF_AREA": NATIONAL, "plan_id": "", "plan_type": "", "version": np.nan, "criterion": criterion, "k": int(sums["sum"].sum()), "n": int(got.n),
            "share": got.share, "ci_low": got.ci_low, "ci_high": got.ci_high, "reason": "" if len(sums) else "no_items",
        })  # fmt: skip
    return pd.DataFrame(rows, columns=QUALITY)


# ---------------------------------------------------------------- what a revision changed


def likeness(before, after) -> np.ndarray:
    """Return how alike the texts are, 0 to 1: rows of `before`, columns of `after`.

    Cosine of the three-letter pieces of two texts, a piece weighing more the fewer of the texts have it (Salton & Buckley
    1988), so that what every project title says counts little.
    """
    before, after = list(before), list(after)
    pieces = [_pieces(text) for text in [*before, *after]]
    found = Counter(piece for own in pieces for piece in own)
    place = {piece: i for i, piece in enumerate(found)}
    weight = np.zeros((len(pieces), len(place)))
    for row, own in enumerate(pieces):
        for piece, count in own.items():
            weight[row, place[piece]] = count * np.log((1 + len(pieces)) / found[piece])
    size = np.linalg.norm(weight, axis=1, keepdims=True)
    unit = np.divide(weight, size, out=np.zeros_like(weight), where=size > 0)
    return np.clip(unit[: len(before)] @ unit[len(before) :].T, 0.0, 1.0)


def _pieces(text: str) -> Counter:
    text = clean_text(text).replace(" ", "")
    for word in BOILERPLATE:
        text = text.removeprefix(word)
    return Counter(text[i : i + GRAM] for i in range(max(1, len(text) - GRAM + 1)))


def match_items(before: pd.DataFrame, after: pd.DataFrame, *, alike: float = ALIKE) -> list[tuple[int, int, float]]:
    """Return the pairs of rows (before, after, likeness) that are the same item: together as alike as can be.

    Equal texts count 1; between equals the one with the same SDG target goes first.
    """
    from scipy.optimize import linear_sum_assignment

    if before.empty or after.empty:
        return []
    scores = likeness(before["text_th"], after["text_th"])
    texts = [[clean_text(t) for t in side["text_th"]] for side in (before, after)]
    scores[np.array([[a == b for b in texts[1]] for a in texts[0]])] = 1.0
    same = before["target"].to_numpy()[:, None] == after["target"].to_numpy()[None, :]
    rows, columns = linear_sum_assignment(-(scores + 0.001 * same + (scores == 1.0)))
    return [(int(i), int(j), float(scores[i, j])) for i, j in zip(rows, columns, strict=True) if scores[i, j] >= alike]


def _version_pairs(plan: pd.DataFrame):
    """Each area and plan type with its versions in a row, two by two."""
    for (area, kind), own in _checked_plans(plan).groupby(["REF_AREA", "plan_type"], sort=True):
        versions = own.sort_values("version").to_dict("records")
        for first, second in zip(versions, versions[1:], strict=False):
            yield area, kind, first, second


def plan_diff(plan: pd.DataFrame, plan_item: pd.DataFrame, *, areas=None, alike: float = ALIKE) -> pd.DataFrame:
    """Return one row per item of two versions that follow each other: what became of it.

    change: `kept` (same text and SDG target), `reworded` (same target, other words), `retargeted` (another SDG target, or one
    where there was none; `text_changed` says whether the words changed too), `dropped`, `added`. `value_changed`: the target
    value or baseline is another. `similarity` is 1 for equal texts.
    """
    items = _items(plan_item)
    rows = []
    for area, kind, first, second in _version_pairs(plan):
        if areas is not None and area not in set(areas):
            continue
        before, after = (items[items["plan_id"] == one["plan_id"]].reset_index(drop=True) for one in (first, second))
        head = {"REF_AREA": area, "plan_type": kind, "version_before": int(first["version"]), "version_after": int(second["version"])}
        pairs = match_items(before, after, alike=alike)
        rows += [head | _paired(before.loc[i], after.loc[j], likeness_) for i, j, likeness_ in pairs]
        rows += [head | _alone(before.loc[i], "before", "dropped") for i in sorted(set(before.index) - {p[0] for p in pairs})]
        rows += [head | _alone(after.loc[j], "after", "added") for j in sorted(set(after.index) - {p[1] for p in pairs})]
    return pd.DataFrame(rows, columns=DIFF)


def _paired(old: pd.Series, new: pd.Series, score: float) -> dict:
    words, target = clean_text(old["text_th"]) != clean_text(new["text_th"]), old["target"] != new["target"]
    value = not all(old[c] == new[c] or (pd.isna(old[c]) and pd.isna(new[c])) for c in ("target_value", "baseline"))
    return {
        "change": "retargeted" if target else "reworded" if words else "kept", "similarity": score, "text_changed": words, "target_changed": target,
        "value_changed": value, **_side(old, "before"), **_side(new, "after"),
    }  # fmt: skip


def _alone(item: pd.Series, side: str, change: str) -> dict:
    other = {"before": "after", "after": "before"}[side]
    blank = {f"{c}_{other}": "" for c in ("text", "target", "item")} | {f"item_{other}": ""}
    return {"change": change, "similarity": np.nan, "text_changed": False, "target_changed": False, "value_changed": False, **_side(item, side), **blank}


def _side(item: pd.Series, side: str) -> dict:
    return {f"text_{side}": item["text_th"], f"target_{side}": item["target"], f"item_{side}": item["plan_item_id"]}


def plan_revision(plan: pd.DataFrame, plan_item: pd.DataFrame, *, areas=None, alike: float = ALIKE) -> pd.DataFrame:
    """Return one row per area, plan type and step from one version to the next: what the revision changed.

    Returns
    -------
    DataFrame
        Items before and after, how many were kept, reworded, retargeted, dropped, added; the SDG targets that came in and that
        no item names any more (`;` between); the measurable share before and after, its difference with Newcombe's interval.
        Provinces and plan types without two versions are listed, with the reason `no_plan`, `one_version` or `no_items`.
    """
    items, changes = _items(plan_item), plan_diff(plan, plan_item, areas=areas, alike=alike)
    there = plan_presence(plan, plan_item, areas=areas)
    pairs: dict[tuple, list] = {}
    for area, kind, first, second in _version_pairs(plan):
        pairs.setdefault((area, kind), []).append((first, second))
    rows = []
    for one in there.to_dict("records"):
        key = (one["REF_AREA"], one["plan_type"])
        if key not in pairs:
            blank = dict.fromkeys(["n_before", "n_after", *CHANGES], 0) | {"targets_added": "", "targets_dropped": ""}
            rows.append({"REF_AREA": key[0], "plan_type": key[1], **blank, "version_after": one["version"], "reason": one["reason"] or "one_version"})
        for first, second in pairs.get(key, []):
            own = changes[(changes["REF_AREA"] == key[0]) & (changes["plan_type"] == key[1]) & (changes["version_after"] == second["version"])]
            before, after = (items[items["plan_id"] == v["plan_id"]] for v in (first, second))
            rows.append({"REF_AREA": key[0], "plan_type": key[1], "version_before": first["version"], "version_after": second["version"], **_revised(own, before, after)})
    return pd.DataFrame(rows, columns=REVISION)


def _revised(changes: pd.DataFrame, before: pd.DataFrame, after: pd.DataFrame) -> dict:
    count = changes["change"].value_counts()
    old, new = (set(side.loc[side["is_target_tagged"], "target"]) for side in (before, after))
    k = [int(side["is_measurable"].sum()) for side in (before, after)]
    got = newcombe(k[0], len(before), k[1], len(after))
    return {
        "n_before": len(before), "n_after": len(after), **{c: int(count.get(c, 0)) for c in CHANGES}, "targets_added": ";".join(_in_order(new - old)),
        "targets_dropped": ";".join(_in_order(old - new)), "measurable_before": k[0] / len(before) if len(before) else np.nan,
        "measurable_after": k[1] / len(after) if len(after) else np.nan, "difference": got.difference, "ci_low": got.ci_low, "ci_high": got.ci_high,
        "reason": "" if len(before) and len(after) else "no_items",
    }  # fmt: skip


def _in_order(targets: set[str]) -> list[str]:
    """Targets as the goals count: 2.1 before 11.6, 11.6 before 11.a."""
    return sorted(targets, key=lambda t: (int(t.split(".")[0]), t.partition(".")[2].rjust(3)))
