"""Did it last: groups, the mechanism and results after the programme; who began it; and what went with a change of leader.

What lasts shows only with time, so most answers are survival curves in which the living are not counted as dead, or shares
with the reason why nothing can be said yet. A leader's change and the pace of work are laid side by side as a description:
governors change in October with much else, and no cause follows from it.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from sdg_eval.delivery.frames import NATIONAL, list_areas, of_area, one_per, take
from sdg_eval.delivery.quarters import (
    quarter_end,
    quarter_number,
    quarters_between,
    quarters_of,
    shift_quarter,
    up_to,
)
from sdg_eval.delivery.shares import CONFIDENCE, Share, clustered_share, wilson
from sdg_eval.delivery.survival import CURVE, MIN_CASES, km_curve, median_wait, survival_at
from sdg_eval.errors import DataError, UsageError

HORIZONS = (183, 365, 548, 730)
"""Days after their start at which it is asked how many groups are still there: half-years."""
QUIET = 2
"""Reported quarters in a row without a meeting after which a mechanism counts as lapsed."""
KEEP = 0.5
"""Part of a gain that must be left for it to count as kept. At one half, noise alone keeps half of what it gave: see
`kept_by_noise`."""
MIN_AREAS = 6
"""Fewest provinces for an interval over provinces (METHODS 6.1: under six pairs, list only)."""
INITIATORS = ("state", "community", "private", "joint")
KINDS = ("software", "hardware", "people")
ANSWER_DAYS = 30
"""Days within which a request for information counts as answered in time: a parameter, not a rule that we know of."""
METRICS = ("hours", "latency_days", "rework")
CAUTION_TH = "เป็นการบรรยายเท่านั้น ไม่ใช่ผลของการเปลี่ยนผู้นำ เพราะการโยกย้ายเกิดพร้อมกับเรื่องอื่นอีกมาก"
CAUTION_EN = "A description only, not an effect of the change: leaders change together with much else."
SURVIVAL = ["REF_AREA", "days", "survival", "ci_low", "ci_high", "n", "n_ended", "n_unknown", "reason"]
FORMATION = ["REF_AREA", "fiscal_quarter", "formed", "ended", "active", "members", "reason"]
FATES = ["REF_AREA", "state", "quarters_after", "lapsed_quarter", "last_reported", "reason"]
AFTER = ["quarters_after", "n_risk", "n_lapsed", "survival", "ci_low", "ci_high", "n", "n_not_alive", "n_not_reported", "reason"]
GAINS = ["REF_AREA", "SERIES", "baseline", "at_end", "gain", "after", "kept_part", "kept", "kept_throughout", "reason"]
KEPT = ["REF_AREA", "share", "ci_low", "ci_high", "kept", "n", "n_no_gain", "n_not_yet", "n_unknown", "by_noise", "verdict", "reason"]
BEGAN = ["REF_AREA", "initiator", "k", "n", "share", "ci_low", "ci_high", "n_not_stated", "reason"]
HOURS = ["REF_AREA", "hours", "activities_with", "n", "share_with", "ci_low", "ci_high", "n_not_stated", "reason"]
TURNOVER = ["measure", "difference", "ci_low", "ci_high", "n", "n_changes", "n_quarters", "caution", "reason"]
ORDER = ["REF_AREA", "leader", "team", "citizens", "lag_team", "lag_citizens", "order", "reason"]
LEADERS = ["REF_AREA", "fiscal_quarter", "governor_led_events", "changes", "last_change", "quarters_since_change", "reason"]
IN_USE = ["REF_AREA", "kind", "share", "ci_low", "ci_high", "in_use", "n", "quantity", "quantity_in_use", "n_not_stated", "n_to_come", "reason"]
PROCESS = ["step", "metric", "before", "after", "difference", "ci_low", "ci_high", "change_pct", "n", "caution", "reason"]
ANSWERED = [
    "REF_AREA", "share", "ci_low", "ci_high", "in_time", "n", "n_open", "oldest_open_days", "median_days", "days_low", "days_high", "n_waits", "reason",
]  # fmt: skip


def _share(hits: pd.Series, areas: pd.Series, area: str) -> Share:
    """The share of hits: Wilson's in one area, with the design effect of areas over all."""
    if area != NATIONAL:
        return wilson(int(hits.sum()), len(hits))
    sums = hits.astype(float).groupby(areas).agg(["sum", "size"])
    return clustered_share(sums["sum"], sums["size"])


# ---------------------------------------------------------------- local groups


def _groups(local_group: pd.DataFrame, as_of: str) -> pd.DataFrame:
    rows = take(local_group, "local_group", text=["group_id", "REF_AREA"], money=["members"], dates=["start_date", "end_date"])
    if len(wrong := rows[rows["end_date"] < rows["start_date"]]):
        raise DataError(f"Table local_group: {wrong['group_id'].iloc[0]} ends before it starts. Correct one of the two days.")
    end = quarter_end(as_of)
    rows = one_per(rows, "local_group", ["group_id"])
    rows = rows[~(rows["start_date"] > end)].reset_index(drop=True)
    ended = rows["end_date"] <= end
    return rows.assign(ended=ended, days=(rows["end_date"].where(ended, end) - rows["start_date"]).dt.days.astype("float64"))


def group_survival(local_group: pd.DataFrame, *, as_of: str, days=HORIZONS, areas=None) -> pd.DataFrame:
    """Return one row per area and horizon: the share of local groups still there so many days after their start.

    Kaplan-Meier with Greenwood's interval on the log(-log) scale; groups alive on the last day of `as_of` are censored there.
    `n_unknown` groups without a start day are not in n. Reasons: `no_rows`, `few_cases` (under six groups: n and n_ended only),
    `not_watched_so_long`, `no_event_yet` (all there, no interval), `all_ended`.
    """
    groups = _groups(local_group, as_of)
    rows = []
    for area in list_areas(areas, groups["REF_AREA"]):
        own = of_area(groups, area)
        told = own[own["days"].notna()]
        head = {"REF_AREA": area, "n": len(told), "n_ended": int(told["ended"].sum()), "n_unknown": len(own) - len(told)}
        if len(told) < MIN_CASES:
            rows += [head | {"days": d, "reason": "few_cases" if len(told) else "no_rows"} for d in days]
            continue
        curve = km_curve(told["days"], told["ended"])
        at = survival_at(curve, days, last=float(told["days"].max()))
        rows += [head | {"days": r.pop("time"), **r} for r in at.to_dict("records")]
    return pd.DataFrame(rows, columns=SURVIVAL)


def group_curve(local_group: pd.DataFrame, *, as_of: str, area: str = NATIONAL) -> pd.DataFrame:
    """Return the survival curve of the local groups of an area, for drawing: time in days, n_risk, n_event, survival, interval."""
    groups = of_area(_groups(local_group, as_of), area).dropna(subset="days")
    return km_curve(groups["days"], groups["ended"])[CURVE]


def group_formation(local_group: pd.DataFrame, *, as_of: str, first: str | None = None, areas=None) -> pd.DataFrame:
    """Return one row per area and quarter: groups formed, ended, active on its last day, and their members (blank if none say).

    Reason: `no_rows`, an area without any group on record.
    """
    groups = _groups(local_group, as_of)
    begun = first or min((q for q in quarters_of(groups["start_date"]) if q), default=as_of, key=quarter_number)
    rows = []
    for area in list_areas(areas, groups["REF_AREA"]):
        own = of_area(groups, area)
        starts, ends = quarters_of(own["start_date"]), quarters_of(own["end_date"])
        for quarter in quarters_between(begun, as_of):
            end = quarter_end(quarter)
            there = own[(own["start_date"] <= end) & ~(own["end_date"] <= end)]
            rows.append({
                "REF_AREA": area, "fiscal_quarter": quarter, "formed": int((starts == quarter).sum()), "ended": int((ends == quarter).sum()),
                "active": len(there), "members": there["members"].sum(min_count=1), "reason": "" if len(own) else "no_rows",
            })  # fmt: skip
    return pd.DataFrame(rows, columns=FORMATION)


# ---------------------------------------------------------------- the mechanism after the programme


def mechanism_fates(mechanism: pd.DataFrame, *, programme_end: str, as_of: str, areas=None) -> pd.DataFrame:
    """Return one row per province: what became of its mechanism after the quarter in which the programme ended.

    state: `alive` (in its last report), `lapsed` (no committee, or QUIET reported quarters in a row without a meeting, dated at
    the last of these), `not_alive_at_end` (no committee in its last report up to the end), `not_reported` (no report up to the
    end, or none after). `quarters_after`: quarters from the end to the lapse or to the last report. Meetings that nobody counted
    are not counted as none.
    """
    rows = take(mechanism, "mechanism", text=["REF_AREA"], money=["meetings_held"], flags=["committee_exists"], quarters=["fiscal_quarter"])
    rows = one_per(rows[(rows["fiscal_quarter"] != "") & rows["committee_exists"].notna()], "mechanism", ["REF_AREA", "fiscal_quarter"])
    rows = rows.assign(place=rows["fiscal_quarter"].map(quarter_number).astype("int64")).sort_values(["REF_AREA", "place"])
    rows = rows[rows["place"] <= quarter_number(as_of)]
    provinces = [a for a in list_areas(areas, rows["REF_AREA"]) if a != NATIONAL]
    return pd.DataFrame([{"REF_AREA": a, **_fate(rows[rows["REF_AREA"] == a], quarter_number(programme_end))} for a in provinces], columns=FATES)


def _fate(own: pd.DataFrame, end: int) -> dict:
    before, after = own[own["place"] <= end], own[own["place"] > end]
    blank = {"quarters_after": np.nan, "lapsed_quarter": "", "last_reported": own["fiscal_quarter"].iloc[-1] if len(own) else ""}
    if before.empty or (after.empty and before["committee_exists"].iloc[-1] == 1):
        return blank | {"state": "not_reported", "reason": "no_report_before" if before.empty else "no_report_after"}
    if before["committee_exists"].iloc[-1] != 1:
        return blank | {"state": "not_alive_at_end", "reason": "not_alive_at_end"}
    quiet = 0
    for row in after.itertuples():
        quiet = quiet + 1 if row.meetings_held == 0 else 0
        if row.committee_exists == 0 or quiet >= QUIET:
            return blank | {"state": "lapsed", "quarters_after": float(row.place - end), "lapsed_quarter": row.fiscal_quarter, "reason": ""}
    return blank | {"state": "alive", "quarters_after": float(after["place"].iloc[-1] - end), "reason": ""}


def mechanism_survival(mechanism: pd.DataFrame, *, programme_end: str, as_of: str, areas=None) -> pd.DataFrame:
    """Return one row per quarter after the programme's end: the share of mechanisms alive at the end that still are.

    Kaplan-Meier in quarters over provinces; a province counts as watched up to its last report. n provinces alive at the end
    and reporting after it; `n_not_alive` and `n_not_reported` are not in n. Reasons: `not_over` (the programme has not ended
    before `as_of`), `no_rows`, `few_cases`, `not_watched_so_long`, `no_event_yet`, `all_ended`.
    """
    fates = mechanism_fates(mechanism, programme_end=programme_end, as_of=as_of, areas=areas)
    told = fates[fates["state"].isin(["alive", "lapsed"])]
    head = {
        "n": len(told), "n_not_alive": int((fates["state"] == "not_alive_at_end").sum()), "n_not_reported": int((fates["state"] == "not_reported").sum()),
    }  # fmt: skip
    span = quarter_number(as_of) - quarter_number(programme_end)
    if span <= 0:
        return pd.DataFrame([head | {"quarters_after": 0, "reason": "not_over"}], columns=AFTER)
    quarters = range(1, span + 1)
    waited = told["quarters_after"]
    counts = [{"n_risk": int((waited >= q).sum()), "n_lapsed": int(((waited == q) & (told["state"] == "lapsed")).sum())} for q in quarters]
    if len(told) < MIN_CASES:
        reason = "few_cases" if len(told) else "no_rows"
        return pd.DataFrame([head | {"quarters_after": q, **c, "reason": reason} for q, c in zip(quarters, counts, strict=True)], columns=AFTER)
    curve = km_curve(waited, told["state"] == "lapsed")
    at = survival_at(curve, quarters, last=float(waited.max())).to_dict("records")
    return pd.DataFrame([head | c | {"quarters_after": r.pop("time"), **r} for c, r in zip(counts, at, strict=True)], columns=AFTER)


# ---------------------------------------------------------------- results kept


def kept_by_noise(keep: float = KEEP) -> float:
    """Return the share of gains that would count as kept if nothing had changed at all and values only varied by chance.

    A gain picked because the last value was good falls back (regression to the mean). With independent normal noise around one
    level the part kept exceeds `keep` in 1/2 + arcsin(r)/pi of cases, r = (1 - 2 keep) / (2 sqrt(1 - keep + keep^2)).

    Examples
    --------
    >>> kept_by_noise(0.5)
    0.5
    """
    r = (1 - 2 * keep) / (2 * np.sqrt(1 - keep + keep**2))
    return float(0.5 + np.arcsin(r) / np.pi)


def sustained_gain(values: pd.DataFrame, *, start: int, end: int, k: int = 1, keep: float = KEEP) -> pd.DataFrame:
    """Return one row per REF_AREA and SERIES: what was gained from the programme's start to its end, and what is left of it.

    Parameters
    ----------
    values
        REF_AREA, SERIES, period (a whole number, as a year), value, direction (`higher` or `lower` is better).
    start, end
        Last period before the programme and its last period: the baseline is the last value up to `start`, the value at the end
        the last one after `start` and up to `end`.
    k
        Periods after the end at which it is asked: the value of that very period.

    Returns
    -------
    DataFrame
        `kept_part` is (after - baseline) / (at_end - baseline); `kept` when at least `keep`; `kept_throughout` when so in every
        period from the end up to k that has a value. Reasons: `no_direction`, `no_baseline`, `no_value_at_end`, `no_gain`,
        `not_yet` (no value k periods after).
    """
    if k < 1:
        raise UsageError(f"k {k} is no time after the end. Ask about 1 period or more.")
    rows = take(values, "values", text=["REF_AREA", "SERIES", "direction"], numbers=["period", "value"])
    rows = one_per(rows[rows["value"].notna() & rows["period"].notna()], "values", ["REF_AREA", "SERIES", "period"]).sort_values("period")
    table = [{"REF_AREA": area, "SERIES": series, **_gain(own, start, end, k, keep)} for (area, series), own in rows.groupby(["REF_AREA", "SERIES"], sort=True)]
    return pd.DataFrame(table, columns=GAINS)


def _gain(own: pd.DataFrame, start: int, end: int, k: int, keep: float) -> dict:
    sign = {"higher": 1.0, "lower": -1.0}.get(own["direction"].iloc[-1], np.nan)
    before, during = own[own["period"] <= start]["value"], own[(own["period"] > start) & (own["period"] <= end)]["value"]
    got: dict = {"kept": np.nan, "kept_throughout": np.nan}
    got |= {"baseline": before.iloc[-1] if len(before) else np.nan, "at_end": during.iloc[-1] if len(during) else np.nan}
    if np.isnan(sign):
        return got | {"reason": "no_direction"}
    if np.isnan(got["baseline"]) or np.isnan(got["at_end"]):
        return got | {"reason": "no_baseline" if np.isnan(got["baseline"]) else "no_value_at_end"}
    got["gain"] = sign * (got["at_end"] - got["baseline"])
    if got["gain"] <= 0:
        return got | {"reason": "no_gain"}
    after = own[(own["period"] > end) & (own["period"] <= end + k)].set_index("period")["value"]
    if end + k not in after.index:
        return got | {"reason": "not_yet"}
    parts = sign * (after - got["baseline"]) / got["gain"]
    return got | {
        "after": after[end + k], "kept_part": parts[end + k], "kept": float(parts[end + k] >= keep), "kept_throughout": float((parts >= keep).all()),
        "reason": "",
    }  # fmt: skip


def share_kept(gains: pd.DataFrame, *, keep: float = KEEP, areas=None) -> pd.DataFrame:
    """Return one row per area: the share of gains that are kept, its interval, n, and what noise alone would keep.

    `gains` comes from `sustained_gain`, with the same `keep`. verdict: `kept` when the whole interval lies above `by_noise`,
    `lost` when below it, else `not_told_apart`. The benchmark holds for values that vary around a level; where they drift, more is
    kept without any programme. The interval of TH has the design effect of areas. Reasons: `no_gains`.
    """
    noise = kept_by_noise(keep)
    rows = []
    for area in list_areas(areas, gains["REF_AREA"]):
        own = of_area(gains, area)
        told = own[own["kept"].notna()]
        got = _share(told["kept"] == 1, told["REF_AREA"], area)
        verdict = "cannot_tell" if told.empty else "kept" if got.ci_low > noise else "lost" if got.ci_high < noise else "not_told_apart"
        unknown = own["reason"].isin(["no_direction", "no_baseline", "no_value_at_end"])
        rows.append({
            "REF_AREA": area, "share": got.share, "ci_low": got.ci_low, "ci_high": got.ci_high, "kept": int((told["kept"] == 1).sum()), "n": len(told),
            "n_no_gain": int((own["reason"] == "no_gain").sum()), "n_not_yet": int((own["reason"] == "not_yet").sum()), "n_unknown": int(unknown.sum()),
            "by_noise": noise, "verdict": verdict, "reason": "" if len(told) else "no_gains",
        })  # fmt: skip
    return pd.DataFrame(rows, columns=KEPT)


# ---------------------------------------------------------------- by the community's own power


def community_share(project: pd.DataFrame, *, areas=None) -> pd.DataFrame:
    """Return one row per area and initiator (all four): projects begun by it, the share of those that say so, interval and n.

    The row `community` is the community-initiated share; joint beginnings are a row of their own and count for nobody else. The
    interval of TH has the design effect of areas. Reasons: `no_rows`, `not_stated`.
    """
    rows = one_per(take(project, "project", text=["project_id", "REF_AREA", "initiator"]), "project", ["project_id"])
    if len(wrong := rows.loc[~rows["initiator"].isin(["", *INITIATORS]), "initiator"]):
        raise DataError(f"Table project: initiator {wrong.iloc[0]!r} is not one of {', '.join(INITIATORS)}.")
    table = []
    for area in list_areas(areas, rows["REF_AREA"]):
        own = of_area(rows, area)
        told = own[own["initiator"] != ""]
        for one in INITIATORS:
            hits = told["initiator"] == one
            got = _share(hits, told["REF_AREA"], area)
            table.append({
                "REF_AREA": area, "initiator": one, "k": int(hits.sum()), "n": len(told), "share": got.share, "ci_low": got.ci_low, "ci_high": got.ci_high,
                "n_not_stated": len(own) - len(told), "reason": "" if len(told) else "not_stated" if len(own) else "no_rows",
            })  # fmt: skip
    return pd.DataFrame(table, columns=BEGAN)


def community_hours(activity: pd.DataFrame, project: pd.DataFrame, *, as_of: str, areas=None) -> pd.DataFrame:
    """Return one row per area: hours that the community gave, and the share of activities to which it gave any, with interval.

    Over activities of quarters up to `as_of` that state their hours, 0 included; a blank is not a zero (`n_not_stated`). The
    interval has the design effect of projects. Reasons: `no_rows`, `not_stated`.
    """
    rows = take(activity, "activity", text=["project_id"], money=["community_hours"], quarters=["fiscal_quarter"])
    rows = rows[up_to(rows["fiscal_quarter"], as_of)]
    owners = one_per(take(project, "project", text=["project_id", "REF_AREA"]), "project", ["project_id"])
    rows = rows.merge(owners, on="project_id", how="left").fillna({"REF_AREA": ""})
    table = []
    for area in list_areas(areas, owners["REF_AREA"]):
        own = of_area(rows, area)
        told = own[own["community_hours"].notna()]
        gave = told["community_hours"] > 0
        sums = gave.astype(float).groupby(told["project_id"]).agg(["sum", "size"])
        got = clustered_share(sums["sum"], sums["size"])
        table.append({
            "REF_AREA": area, "hours": told["community_hours"].sum(min_count=1), "activities_with": int(gave.sum()), "n": len(told), "share_with": got.share,
            "ci_low": got.ci_low, "ci_high": got.ci_high, "n_not_stated": len(own) - len(told),
            "reason": "" if len(told) else "not_stated" if len(own) else "no_rows",
        })  # fmt: skip
    return pd.DataFrame(table, columns=HOURS)


# ---------------------------------------------------------------- leaders


def leadership_context(leadership: pd.DataFrame, *, as_of: str, areas=None) -> pd.DataFrame:
    """Return one row per province: governor-led events of the quarter, changes so far, and quarters since the last one.

    Roles only, never names. Reasons: `not_reported` (no row for this quarter).
    """
    rows = take(leadership, "leadership", text=["REF_AREA"], money=["governor_led_events"], dates=["role_change_date"], quarters=["fiscal_quarter"])
    rows = one_per(rows, "leadership", ["REF_AREA", "fiscal_quarter"])
    table = []
    for area in [a for a in list_areas(areas, rows["REF_AREA"]) if a != NATIONAL]:
        own = rows[rows["REF_AREA"] == area]
        now = own.loc[own["fiscal_quarter"] == as_of, "governor_led_events"]
        changes = own.loc[own["role_change_date"] <= quarter_end(as_of), "role_change_date"].drop_duplicates()
        last = quarters_of(changes).map(quarter_number).max() if len(changes) else np.nan
        table.append({
            "REF_AREA": area, "fiscal_quarter": as_of, "governor_led_events": now.iloc[0] if len(now) else np.nan, "changes": len(changes),
            "last_change": changes.max() if len(changes) else pd.NaT, "quarters_since_change": quarter_number(as_of) - last,
            "reason": "" if len(now) and now.notna().all() else "not_reported",
        })  # fmt: skip
    return pd.DataFrame(table, columns=LEADERS)


def turnover_and_pace(leadership: pd.DataFrame, pace: pd.DataFrame, *, measure: str = "pace", after: int = 1, confidence: float = CONFIDENCE) -> pd.DataFrame:
    """Return in one row how much the pace differed in the quarters of a change of leader, as a description.

    Parameters
    ----------
    pace
        REF_AREA, fiscal_quarter and the column `measure`, such as the share of activities done or the pace of disbursement.
    after
        Quarters after the change that are counted to it.

    Returns
    -------
    DataFrame
        `difference` is the coefficient of a quarter of change in a regression on provinces and quarters (two-way fixed effects):
        how far the pace lay from what the province usually does and from what the others did in the same quarter, for leaders
        change in some quarters more than in others. The interval is clustered by province, with Student's quantile at the number
        of provinces with a change (`n`) less one. `caution` is always `described_not_caused` (in words: CAUTION_TH, CAUTION_EN).
        Reasons: `no_changes`, `few_areas` (fewer than six with a change, or without).
    """
    changes = take(leadership, "leadership", text=["REF_AREA"], dates=["role_change_date"]).dropna().drop_duplicates()
    rows = take(pace, "pace", text=["REF_AREA"], numbers=[measure], quarters=["fiscal_quarter"]).rename(columns={measure: "value"})
    rows = rows[rows["value"].notna() & (rows["REF_AREA"] != NATIONAL) & (rows["fiscal_quarter"] != "")]
    rows = one_per(rows, "pace", ["REF_AREA", "fiscal_quarter"])
    moved = {(a, shift_quarter(q, step)) for a, q in zip(changes["REF_AREA"], quarters_of(changes["role_change_date"]), strict=True) for step in range(after + 1)}
    rows["changed"] = [key in moved for key in zip(rows["REF_AREA"], rows["fiscal_quarter"], strict=True)]
    share = rows.groupby("REF_AREA")["changed"].mean()
    both = int(((share > 0) & (share < 1)).sum())
    head = {
        "measure": measure, "n": both, "n_changes": int(changes["REF_AREA"].isin(rows["REF_AREA"]).sum()), "n_quarters": int(rows["changed"].sum()),
        "caution": "described_not_caused",
    }  # fmt: skip
    difference = std_err = np.nan
    if both >= MIN_AREAS and (share == 0).sum() >= MIN_AREAS:
        difference, std_err = two_way_difference(rows["value"], rows["changed"], rows["REF_AREA"], rows["fiscal_quarter"])
    if not np.isfinite(std_err):
        return pd.DataFrame([head | {"reason": "few_areas" if rows["changed"].any() else "no_changes"}], columns=TURNOVER)
    from scipy.stats import t as student

    reach = student.ppf(0.5 + confidence / 2, both - 1) * std_err
    return pd.DataFrame([head | {"difference": difference, "ci_low": difference - reach, "ci_high": difference + reach, "reason": ""}], columns=TURNOVER)


def two_way_difference(values, flags, units, periods) -> tuple[float, float]:
    """Return the coefficient of a flag beside unit and period effects, and its standard error clustered by unit (CR1).

    NaN where the flag is a sum of unit and period effects, so that nothing is left to compare.
    """
    y, d = np.asarray(values, dtype=float), np.asarray(flags, dtype=float)
    unit, period = pd.factorize(np.asarray(units))[0], pd.factorize(np.asarray(periods))[0]
    effects = np.hstack([np.eye(unit.max() + 1)[unit], np.eye(period.max() + 1)[period][:, 1:]])
    fit = np.linalg.lstsq(effects, np.column_stack([y, d]), rcond=None)
    y, d = (np.column_stack([y, d]) - effects @ fit[0]).T
    size = float(d @ d)
    if size < 1e-9:
        return np.nan, np.nan
    slope, clusters = float(d @ y) / size, unit.max() + 1
    scores = np.bincount(unit, d * (y - slope * d))
    k = int(fit[2]) + 1
    if len(y) <= k or clusters < 2:
        return np.nan, np.nan
    small = clusters / (clusters - 1) * (len(y) - 1) / (len(y) - k)
    return slope, float(np.sqrt(small * np.sum(scores**2)) / size)


def mean_ends(values, *, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Return Student's interval of the mean of at least two values."""
    from scipy.stats import t as student

    values = np.asarray(values, dtype=float)
    reach = student.ppf(0.5 + confidence / 2, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
    return float(values.mean() - reach), float(values.mean() + reach)


def order_of_events(leadership, training, participation, local_group, *, as_of: str, areas=None) -> pd.DataFrame:
    """Return one row per province: in which quarter leaders, then the team, then citizens were first seen to act.

    `leader`: the first quarter with a governor-led event; `team`: the first training; `citizens`: the first participation event
    or local group. Lags are in quarters. order: `as_told` (leader no later than team, team no later than citizens: the
    order of the programme's own story), `other`, `incomplete`. A sequence is no mediation: it says what came first, not what
    brought what; and what happened before reporting began is not seen. The share as told is `order_share`.
    """
    led = take(leadership, "leadership", text=["REF_AREA"], money=["governor_led_events"], quarters=["fiscal_quarter"])
    taught = take(training, "training", text=["REF_AREA"], dates=["event_date"])
    heard = take(participation, "participation", text=["REF_AREA"], dates=["event_date"])
    formed = take(local_group, "local_group", text=["REF_AREA"], dates=["start_date"]).rename(columns={"start_date": "event_date"})
    led = led[(led["governor_led_events"] > 0) & (led["fiscal_quarter"] != "")]
    firsts = {
        "leader": led.assign(place=led["fiscal_quarter"].map(quarter_number)).groupby("REF_AREA")["place"].min(),
        "team": _first_quarter(taught), "citizens": _first_quarter(pd.concat([heard, formed], ignore_index=True)),
    }  # fmt: skip
    provinces = [a for a in list_areas(areas, *[pd.Series(f.index, dtype="str") for f in firsts.values()]) if a != NATIONAL]
    table = pd.DataFrame({name: first.reindex(provinces).astype("float64") for name, first in firsts.items()}, index=provinces)
    table = table.where(table <= quarter_number(as_of))
    whole = table.notna().all(axis=1)
    told = (table["leader"] <= table["team"]) & (table["team"] <= table["citizens"])
    result = pd.DataFrame({name: [_name(v) for v in table[name]] for name in firsts}, index=provinces)
    result = result.assign(
        REF_AREA=provinces, lag_team=table["team"] - table["leader"], lag_citizens=table["citizens"] - table["team"],
        order=np.select([~whole, told], ["incomplete", "as_told"], "other"), reason=np.where(whole, "", "not_seen_yet"),
    )  # fmt: skip
    return result[ORDER].reset_index(drop=True)


def _first_quarter(events: pd.DataFrame) -> pd.Series:
    events = events[events["event_date"].notna()]
    return quarters_of(events["event_date"]).map(quarter_number).groupby(events["REF_AREA"]).min()


def _name(place: float) -> str:
    return "" if np.isnan(place) else f"{int(place) // 4}Q{int(place) % 4 + 1}"


def order_share(order: pd.DataFrame) -> Share:
    """Return the share of provinces whose events came in the order told, among those with all three, with Wilson's interval."""
    whole = order[order["order"] != "incomplete"]
    return wilson(int((whole["order"] == "as_told").sum()), len(whole))


# ---------------------------------------------------------------- inputs, effort, answers


def resources_in_use(resource: pd.DataFrame, *, as_of: str, areas=None) -> pd.DataFrame:
    """Return one row per area and kind (software, hardware, people): the share of deliveries in use, its interval and n.

    Over rows delivered by the end of `as_of` that say whether they are in use (`n_not_stated` do not; `n_to_come` are not
    delivered). Quantities are summed beside it. The interval of TH has the design effect of areas. Reasons: `no_rows`,
    `not_stated`, `to_come`.
    """
    rows = take(resource, "resource", text=["REF_AREA", "kind"], money=["quantity"], dates=["delivered_date"], flags=["in_use"])
    if len(wrong := rows.loc[~rows["kind"].isin(KINDS), "kind"]):
        raise DataError(f"Table resource: kind {wrong.iloc[0]!r} is not one of {', '.join(KINDS)}.")
    rows["here"] = rows["delivered_date"] <= quarter_end(as_of)
    table = []
    for area in list_areas(areas, rows["REF_AREA"]):
        for kind in KINDS:
            own = of_area(rows, area)
            own = own[own["kind"] == kind]
            here = own[own["here"]]
            told = here[here["in_use"].notna()]
            used = told["in_use"] == 1
            got = _share(used, told["REF_AREA"], area)
            table.append({
                "REF_AREA": area, "kind": kind, "share": got.share, "ci_low": got.ci_low, "ci_high": got.ci_high, "in_use": int(used.sum()), "n": len(told),
                "quantity": here["quantity"].sum(min_count=1), "quantity_in_use": told.loc[used, "quantity"].sum(min_count=1),
                "n_not_stated": len(here) - len(told), "n_to_come": len(own) - len(here),
                "reason": "" if len(told) else "not_stated" if len(here) else "to_come" if len(own) else "no_rows",
            })  # fmt: skip
    return pd.DataFrame(table, columns=IN_USE)


def process_change(process_metric: pd.DataFrame, *, change_quarter: str, steps=(1, 2, 3, 4), confidence: float = CONFIDENCE) -> pd.DataFrame:
    """Return one row per step and metric: effort and delay before and from `change_quarter` on, paired by province.

    Each province is compared with itself in the same quarters of the year (a first quarter with first quarters), so the season
    does not enter; Student's interval of the mean difference over n provinces. Without a comparison group it is a change, not an
    effect (`caution` says `change_not_effect`). `change_pct` is the difference over the mean before. Reasons: `no_rows`,
    `few_areas`.
    """
    rows = take(process_metric, "process_metric", text=["step", "REF_AREA"], money=METRICS, quarters=["fiscal_quarter"])
    rows = one_per(rows[(rows["fiscal_quarter"] != "") & (rows["REF_AREA"] != NATIONAL)], "process_metric", ["step", "fiscal_quarter", "REF_AREA"])
    later = rows["fiscal_quarter"].map(quarter_number).astype("float64") >= quarter_number(change_quarter)
    rows = rows.assign(later=later, season=rows["fiscal_quarter"].str[-1])
    table = []
    for step in map(str, steps):
        for metric in METRICS:
            own = rows[(rows["step"].str.removesuffix(".0") == step) & rows[metric].notna()]
            means = own.groupby(["REF_AREA", "season", "later"])[metric].mean().unstack("later").reindex(columns=[False, True]).dropna()
            pairs = means.groupby(level="REF_AREA").mean()
            table.append({"step": step, "metric": metric, "caution": "change_not_effect", "n": len(pairs), **_change(pairs, confidence)})
    return pd.DataFrame(table, columns=PROCESS)


def _change(pairs: pd.DataFrame, confidence: float) -> dict:
    if len(pairs) < MIN_AREAS:
        return {"reason": "few_areas" if len(pairs) else "no_rows"}
    steps, before = pairs[True] - pairs[False], pairs[False].mean()
    low, high = mean_ends(steps, confidence=confidence)
    return {
        "before": before, "after": pairs[True].mean(), "difference": steps.mean(), "ci_low": low, "ci_high": high,
        "change_pct": 100 * steps.mean() / before if before > 0 else np.nan, "reason": "",
    }  # fmt: skip


def requests_answered(request: pd.DataFrame, *, as_of: str, days: int = ANSWER_DAYS, areas=None) -> pd.DataFrame:
    """Return one row per area: the share of requests answered within `days`, its interval and n, and the median wait.

    The share is over requests whose time was up by the end of `as_of`; those still within it are left out, answered or not,
    since only the quick ones would count. The median wait is Kaplan-Meier's over all requests (`n_waits`), open ones censored.
    The interval of TH has the design effect of areas. Reasons: `no_rows`, `none_due`.
    """
    rows = take(request, "request", text=["request_id", "REF_AREA"], dates=["request_date", "answered_date"])
    if len(wrong := rows[rows["answered_date"] < rows["request_date"]]):
        raise DataError(f"Table request: {wrong['request_id'].iloc[0]} was answered before it was asked. Correct one of the two days.")
    end = quarter_end(as_of)
    rows = one_per(rows, "request", ["request_id"])
    rows = rows[rows["request_date"] <= end].reset_index(drop=True)
    answered = rows["answered_date"] <= end
    rows = rows.assign(answered=answered, wait=(rows["answered_date"].where(answered, end) - rows["request_date"]).dt.days.astype("float64"))
    rows["due"] = rows["request_date"] + pd.Timedelta(days=days) <= end
    table = []
    for area in list_areas(areas, rows["REF_AREA"]):
        own = of_area(rows, area)
        due = own[own["due"]]
        hits = due["answered"] & (due["wait"] <= days)
        got, wait = _share(hits, due["REF_AREA"], area), median_wait(own["wait"], own["answered"])
        waiting = own.loc[~own["answered"], "wait"]
        table.append({
            "REF_AREA": area, "share": got.share, "ci_low": got.ci_low, "ci_high": got.ci_high, "in_time": int(hits.sum()), "n": len(due),
            "n_open": len(waiting), "oldest_open_days": waiting.max() if len(waiting) else np.nan, "median_days": wait.median, "days_low": wait.ci_low,
            "days_high": wait.ci_high, "n_waits": wait.n, "reason": "no_rows" if own.empty else "" if len(due) else "none_due",
        })  # fmt: skip
    return pd.DataFrame(table, columns=ANSWERED)
