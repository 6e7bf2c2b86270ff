"""Who was in the room, who was not, and what became of what they asked for.

A group is held against its share of the population. People come together in events, so events, not persons,
decide how sure a share is. Groups overlap (a woman may be old and poor): sex, age and the other groups are each
their own family, and the whole of each is everyone in the room, the women and the men.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from sdg_eval.delivery.frames import NATIONAL, list_areas, of_area, one_per, take
from sdg_eval.delivery.quarters import quarters_of
from sdg_eval.delivery.shares import CONFIDENCE, MIN_CLUSTERS, Share, clustered_share, likeness
from sdg_eval.errors import DataError
from sdg_eval.suppression import THRESHOLD

GROUPS = {
    "women": "sex", "men": "sex", "youth": "age", "older": "age",
    "disability": "other", "ethnic": "other", "migrant": "other", "poor": "other",
}  # fmt: skip
"""Group -> family, as codelist groups.csv."""
EVERYONE = ("women", "men")
"""The groups that together are all participants."""
NEAR = (0.8, 1.25)
"""A ratio whose whole interval lies here is as expected: at most a fifth too few, or a quarter too many."""
SILENT_BELOW = 0.5
"""A group is silent when even the upper end of its ratio is under half of its share of the population."""
MIN_EVENTS = MIN_CLUSTERS
"""Fewest events from which a verdict is given."""

COLUMNS = [
    "REF_AREA", "group", "family", "n_events", "n_events_unrecorded", "n_events_wrong", "events_wrong", "n_participants", "participants", "share", "population_share",
    "ratio", "ci_low", "ci_high", "n_eff", "verdict", "silent", "reason",
]  # fmt: skip
ADOPTION_COLUMNS = [
    "REF_AREA", "n_events", "n_events_unrecorded", "n_events_wrong", "events_wrong", "proposals", "adopted", "adoption_rate", "ci_low", "ci_high",
    "answered", "answered_rate", "answered_low", "answered_high", "reason",
]  # fmt: skip


# ---------------------------------------------------------------- who was in the room


def read_rooms(participation: pd.DataFrame, participation_group: pd.DataFrame, *, quarters=None) -> pd.DataFrame:
    """Return one row per event: REF_AREA, the participants of each group, `everyone` (women and men), and `wrong`.

    A group without a row counts as 0 where another group of its family was counted at the event, and as not
    counted (NaN) where none was; a row without a number is not counted. An event in which a group is larger than
    everyone is not counted at all, for nothing says which of its numbers is wrong; `wrong` names its first such
    group. Raises DataError where a row names an unknown group or event.
    """
    events = one_per(take(participation, "participation", text=["event_id", "REF_AREA"], dates=["event_date"]), "participation", ["event_id"])
    rows = take(participation_group, "participation_group", text=["event_id", "group"], money=["participants"])
    rows = one_per(rows, "participation_group", ["event_id", "group"])
    if unknown := sorted(set(rows["group"]) - set(GROUPS)):
        raise DataError(f"Unknown group {unknown[0]!r} in participation_group. There are: {', '.join(GROUPS)}.", code="unknown_code", sheet="participation_group")
    if unknown := sorted(set(rows["event_id"]) - set(events["event_id"])):
        raise DataError(f"participation_group names the event {unknown[0]}, which table participation does not have.", code="unknown_id", sheet="participation_group")
    if quarters is not None:
        events = events[quarters_of(events["event_date"]).isin(list(quarters)).to_numpy()]
    counted = rows.pivot(index="event_id", columns="group", values="participants").reindex(index=events["event_id"], columns=list(GROUPS))
    written = rows.assign(w=1.0).pivot(index="event_id", columns="group", values="w").reindex_like(counted).notna()
    for family in dict.fromkeys(GROUPS.values()):
        own = [g for g, f in GROUPS.items() if f == family]
        known = counted[own].notna().any(axis=1)
        for group in own:
            counted.loc[known & ~written[group], group] = 0.0
    counted["everyone"] = counted[list(EVERYONE)].sum(axis=1, skipna=False)
    above = counted[list(GROUPS)].gt(counted["everyone"], axis=0)
    wrong = above.idxmax(axis=1).where(above.any(axis=1), "").astype(object) if len(above) else pd.Series(dtype=object)
    counted = counted.mask(above.any(axis=1), np.nan).assign(wrong=wrong)
    return events.set_index("event_id")[["REF_AREA"]].join(counted)


def population_shares(population_group: pd.DataFrame) -> pd.DataFrame:
    """Return area x group: share of the population, of the latest year that counts women and men; the country sums provinces.

    A row of the country itself goes before the sum.
    """
    rows = take(population_group, "population_group", text=["REF_AREA", "group"], money=["people"], numbers=["year"])
    rows = rows[rows["people"].notna()].sort_values("year", kind="stable").drop_duplicates(["REF_AREA", "group"], keep="last")
    wide = rows.pivot(index="REF_AREA", columns="group", values="people").reindex(columns=list(GROUPS))
    if NATIONAL not in wide.index and len(wide):
        wide.loc[NATIONAL] = wide.sum(min_count=len(wide))
    everyone = wide[list(EVERYONE)].sum(axis=1, skipna=False)
    return wide.div(everyone.where(everyone > 0), axis=0)


def representativeness(
    participation: pd.DataFrame, participation_group: pd.DataFrame, population_group: pd.DataFrame, *, areas=None, quarters=None,
    threshold: int = THRESHOLD, confidence: float = CONFIDENCE,
) -> pd.DataFrame:  # fmt: skip
    """Return eight rows per province (the country last): each group's share of participants against the population's.

    Returns
    -------
    DataFrame
        ratio = share / population_share with its interval: Wilson's at the size that the clustering in events
        leaves (its strength is estimated over all provinces given). `verdict`: over, under (the interval leaves
        1 out), as_expected (it lies within 0.8 to 1.25) or cannot_be_told. `silent`: five events or more, and
        nobody came though the interval leaves 1 out, or even its upper end is under half. `n_events_wrong` events, named in
        `events_wrong`, have a group larger than everyone and are left out: they are among the unrecorded. 1 to 9 participants
        are not shown (reason suppressed), nor the other sex where one is hidden; the verdict stays.
    """
    rooms = read_rooms(participation, participation_group, quarters=quarters)
    wanted = population_shares(population_group)
    alike = {}
    for group in GROUPS:
        known = rooms[rooms[group].notna() & rooms["everyone"].gt(0)]
        alike[group] = likeness(known[group], known["everyone"], known["REF_AREA"])
    rows = []
    for area in list_areas(areas, rooms["REF_AREA"]):
        own = of_area(rooms, area)
        rows += [_group_row(area, group, own, wanted, alike[group], confidence) for group in GROUPS]
    return _hide_few(pd.DataFrame(rows, columns=COLUMNS), threshold)


def _group_row(area: str, group: str, own: pd.DataFrame, wanted: pd.DataFrame, alike: float, confidence: float) -> dict:
    usable = own[own[group].notna() & own["everyone"].gt(0)]
    told = clustered_share(usable[group], usable["everyone"], alike=alike, confidence=confidence)
    expected = wanted.at[area, group] if area in wanted.index else np.nan
    expected = expected if expected > 0 else np.nan
    ratio, low, high = told.share / expected, told.ci_low / expected, told.ci_high / expected
    reason = "no_event" if own.empty else "not_recorded" if usable.empty else "no_population" if np.isnan(expected) else ""
    reason = reason or ("few_events" if len(usable) < MIN_EVENTS else "")
    nobody = told.share == 0
    silent = not reason and bool(high < SILENT_BELOW or (nobody and high < 1))
    if reason:
        verdict = "cannot_be_told"
    else:
        verdict = "over" if low > 1 else "under" if high < 1 else "as_expected" if NEAR[0] <= low and high <= NEAR[1] else "cannot_be_told"
        reason = "interval_too_wide" if verdict == "cannot_be_told" else ""
    return {
        "REF_AREA": area, "group": group, "family": GROUPS[group], "n_events": len(usable), "n_events_unrecorded": len(own) - len(usable),
        **_wrong(own.index[own["wrong"] != ""]),
        "n_participants": usable["everyone"].sum(), "participants": usable[group].sum(), "share": told.share, "population_share": expected,
        "ratio": ratio, "ci_low": low, "ci_high": high, "n_eff": told.n_eff, "verdict": verdict, "silent": silent, "reason": reason,
    }  # fmt: skip


def _wrong(events) -> dict:
    """How many events contradict themselves, and which."""
    return {"n_events_wrong": len(events), "events_wrong": ", ".join(sorted(events))}


def _hide_few(table: pd.DataFrame, threshold: int) -> pd.DataFrame:
    few = table["participants"].gt(0) & table["participants"].lt(threshold) | table["n_participants"].gt(0) & table["n_participants"].lt(threshold)
    # everyone less the women are the men: one hidden, the other is hidden too
    sexes = table["group"].isin(EVERYONE)
    few |= sexes & (few & sexes).groupby(table["REF_AREA"]).transform("any")
    numbers = ["participants", "share", "ratio", "ci_low", "ci_high", "n_eff"]
    table[numbers] = table[numbers].astype(float)
    table.loc[few, numbers] = np.nan
    table.loc[few, "reason"] = "suppressed"
    return table


def silent_groups(representation: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of `representativeness` whose group is silent, the provinces first and the country last."""
    return representation[representation["silent"].astype(bool)].reset_index(drop=True)


# ---------------------------------------------------------------- what became of it


def adoption(participation: pd.DataFrame, *, areas=None, quarters=None, confidence: float = CONFIDENCE) -> pd.DataFrame:
    """Return one row per province (the country last): shares of proposals that were adopted and that were answered.

    Wilson's interval at the size that the clustering in events leaves: proposals of one forum share their fate.
    Events whose proposals nobody counted are left out and counted; a blank `adopted` is not a zero. So are those with more
    adopted, or answered, than proposed, which `events_wrong` names: nothing says which of the numbers is wrong.
    """
    events = take(participation, "participation", text=["event_id", "REF_AREA"], dates=["event_date"], money=["proposals", "adopted", "answered"])
    one_per(events, "participation", ["event_id"])
    events["wrong"] = (events["adopted"] > events["proposals"]) | (events["answered"] > events["proposals"])
    events.loc[events["wrong"], ["proposals", "adopted", "answered"]] = np.nan
    if quarters is not None:
        events = events[quarters_of(events["event_date"]).isin(list(quarters)).to_numpy()]
    alike = {column: likeness(*_counted(events, column), _kept(events, column)["REF_AREA"]) for column in ("adopted", "answered")}
    rows = []
    for area in list_areas(areas, events["REF_AREA"]):
        own = of_area(events, area)
        told = {c: clustered_share(*_counted(own, c), alike=alike[c], confidence=confidence) for c in ("adopted", "answered")}
        rows.append(_adoption_row(area, own, told["adopted"], told["answered"]))
    return pd.DataFrame(rows, columns=ADOPTION_COLUMNS)


def _kept(events: pd.DataFrame, column: str) -> pd.DataFrame:
    return events[events["proposals"].gt(0) & events[column].notna()]


def _counted(events: pd.DataFrame, column: str) -> tuple[pd.Series, pd.Series]:
    kept = _kept(events, column)
    return kept[column], kept["proposals"]


def _adoption_row(area: str, own: pd.DataFrame, adopted: Share, answered: Share) -> dict:
    kept = _kept(own, "adopted")
    counted = own["proposals"].notna()
    reason = "no_event" if own.empty else "not_recorded" if not counted.any() else "no_proposal" if not own["proposals"].gt(0).any() else ""
    return {
        "REF_AREA": area, "n_events": len(own), "n_events_unrecorded": int((~counted | (own["proposals"].gt(0) & own["adopted"].isna())).sum()),
        **_wrong(own.loc[own["wrong"], "event_id"]), "proposals": kept["proposals"].sum(), "adopted": kept["adopted"].sum(), "adoption_rate": adopted.share, "ci_low": adopted.ci_low,
        "ci_high": adopted.ci_high, "answered": _kept(own, "answered")["answered"].sum(), "answered_rate": answered.share,
        "answered_low": answered.ci_low, "answered_high": answered.ci_high, "reason": reason or ("not_recorded" if kept.empty else ""),
    }  # fmt: skip
