"""What was decided, whether it was done, and what came of what the last report said.

A quarterly report is worth something when a finding leads to a decision, the decision to an action, and the action to a
result that somebody tells. Each step of that loop is shown with what it lacks; a finding that comes back is said again.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from sdg_eval.delivery.frames import NATIONAL, list_areas, of_area, one_per, optional, take
from sdg_eval.delivery.quarters import quarter_end, quarter_number, shift_quarter, up_to
from sdg_eval.delivery.shares import CONFIDENCE, Share, clustered_share, wilson
from sdg_eval.delivery.steps import DONE as ACTIVITY_DONE
from sdg_eval.delivery.steps import DUE as ACTIVITY_DUE
from sdg_eval.delivery.steps import activity_states
from sdg_eval.errors import DataError

STATUSES = ("open", "done", "dropped")
LOOP = ("closed", "done_no_result", "decided", "overdue", "dropped", "no_decision", "nothing_said")
"""How far a finding of the last report has come, from the whole loop to none of it."""
STATES = [
    "decision_id", "REF_AREA", "fiscal_quarter", "text_th", "owner_agency_id", "finding_id", "decided_on", "due_date", "closed_date", "state", "age_days",
    "days_overdue",
]  # fmt: skip
FOLLOW = [
    "REF_AREA", "share", "ci_low", "ci_high", "n", "done", "done_in_time", "share_in_time", "time_low", "time_high", "overdue", "dropped", "open", "n_no_due",
    "median_age_days", "age_low", "age_high", "oldest_days", "reason",
]  # fmt: skip
SAID = [
    "REF_AREA", "said_quarter", "quarter", "finding_id", "text_th", "text_en", "decision_id", "decision_th", "owner_agency_id", "due_date", "decision_state",
    "adjustment_id", "action_th", "done_date", "result_th", "loop", "still_found", "activities_due", "activities_done", "reason",
]  # fmt: skip
CLOSURE = ["REF_AREA", "stage", "k", "n", "share", "ci_low", "ci_high", "reason"]
STAGES = ("decided", "done", "result_told")
_TEXT = ["decision_id", "meeting_id", "REF_AREA", "text_th", "owner_agency_id", "status", "finding_id"]


def decision_states(decision: pd.DataFrame, meeting: pd.DataFrame | None = None, *, as_of: str) -> pd.DataFrame:
    """Return each decision taken up to the end of `as_of` with its state on that day, its age and the days it is overdue.

    state: `done` and `dropped` when it was closed by then, else `open`, or `overdue` when its due day has passed. `decided_on`
    is the day of the meeting, else the last day of its quarter, so an age may be too short but not too long. `age_days` runs to
    the day it was closed; of one that is closed without a day it is blank. Such a one is closed only from the last quarter of the
    table on, in which it is known to be; before that nothing says so, and it is open.
    """
    rows = take(optional(decision, ["meeting_id", "finding_id"]), "decision", text=_TEXT, dates=["due_date", "closed_date"], quarters=["fiscal_quarter"])
    if len(wrong := rows.loc[~rows["status"].isin(STATUSES), "status"]):
        raise DataError(f"Table decision: status {wrong.iloc[0]!r} is not one of {', '.join(STATUSES)}.")
    end = quarter_end(as_of)
    rows = one_per(rows[rows["fiscal_quarter"] != ""], "decision", ["decision_id"])
    is_past = not up_to(rows["fiscal_quarter"], as_of).all()
    rows = rows[up_to(rows["fiscal_quarter"], as_of)].reset_index(drop=True)
    days = {}
    if meeting is not None:
        held = take(meeting, "meeting", text=["meeting_id"], dates=["meeting_date"])
        days = held.dropna().drop_duplicates("meeting_id").set_index("meeting_id")["meeting_date"].to_dict()
    closing = rows["fiscal_quarter"].map(quarter_end)
    decided = pd.to_datetime(rows["meeting_id"].map(days)).fillna(closing) if days else closing
    decided = pd.to_datetime(decided).clip(upper=end)
    closed = (rows["status"] != "open") & ~(rows["closed_date"] > end) & ~(rows["closed_date"].isna() & is_past)
    late = ~closed & (rows["due_date"] < end)
    rows["state"] = np.select([closed, late], [rows["status"], "overdue"], "open").astype(object)
    until = rows["closed_date"].where(closed, end)
    rows["decided_on"], rows["age_days"] = decided, (until - decided).dt.days.clip(lower=0).astype("float64")
    rows["days_overdue"] = (end - rows["due_date"]).dt.days.where(late).astype("float64")
    return rows.assign(closed_date=rows["closed_date"].where(closed))[STATES]


def open_decisions(decision: pd.DataFrame, meeting: pd.DataFrame | None = None, *, as_of: str, area: str | None = None) -> pd.DataFrame:
    """Return the decisions that are not closed, the longest overdue first: the action log of a committee paper."""
    rows = decision_states(decision, meeting, as_of=as_of)
    rows = rows[rows["state"].isin(["open", "overdue"])]
    if area is not None:
        rows = rows[rows["REF_AREA"] == area]
    return rows.sort_values(["days_overdue", "age_days"], ascending=False, na_position="last", kind="stable", ignore_index=True)


def order_interval(values, *, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Return the interval of a median from the order of the values, exact by the binomial; NaN where n is too small for one.

    Examples
    --------
    >>> order_interval(range(1, 11))
    (2.0, 9.0)
    """
    from scipy.stats import binom

    ordered = np.sort(np.asarray(list(values), dtype=float))
    n = len(ordered)
    below = int(binom.ppf(0.5 - confidence / 2, n, 0.5)) if n else 0
    # the widest pair of values with at most half of the rest outside on each side
    if below and binom.cdf(below - 1, n, 0.5) > 0.5 - confidence / 2:
        below -= 1
    if not below:
        return np.nan, np.nan
    return float(ordered[below - 1]), float(ordered[n - below])


def follow_through(decision: pd.DataFrame, meeting: pd.DataFrame | None = None, *, as_of: str, areas=None) -> pd.DataFrame:
    """Return one row per area: the share of decisions done of those due, Wilson's interval and n, and how old the open ones are.

    Returns
    -------
    DataFrame
        Due are decisions whose day has come by the end of `as_of`; n counts them. One that was closed ahead of a later day enters
        when its day comes: until then only the quick ones could be seen. A dropped decision is in n and not done, and is shown.
        `share_in_time` is done by the due day. Decisions without a due day are no part of the share (`n_no_due`). Ages are of all open decisions; the median's interval is exact. The interval
        of TH has the design effect of areas. Reasons: `no_rows`, `nothing_due`.
    """
    rows = decision_states(decision, meeting, as_of=as_of)
    end = quarter_end(as_of)
    closed = rows["state"].isin(["done", "dropped"])
    rows = rows.assign(due=rows["due_date"] <= end, done=rows["state"] == "done", is_open=~closed)
    rows["in_time"] = rows["done"] & ~(rows["closed_date"] > rows["due_date"])
    table = [{"REF_AREA": area, **_followed(of_area(rows, area), area)} for area in list_areas(areas, rows["REF_AREA"])]
    return pd.DataFrame(table, columns=FOLLOW)


def _followed(own: pd.DataFrame, area: str) -> dict:
    due, ages = own[own["due"]], own.loc[own["is_open"], "age_days"]
    done, in_time = _share(due, "done", area), _share(due, "in_time", area)
    low, high = order_interval(ages)
    return {
        "share": done.share, "ci_low": done.ci_low, "ci_high": done.ci_high, "n": len(due), "done": int(due["done"].sum()),
        "done_in_time": int(due["in_time"].sum()), "share_in_time": in_time.share, "time_low": in_time.ci_low, "time_high": in_time.ci_high,
        "overdue": int((own["state"] == "overdue").sum()), "dropped": int((own["state"] == "dropped").sum()), "open": len(ages),
        "n_no_due": int(own["due_date"].isna().sum()), "median_age_days": ages.median() if len(ages) else np.nan, "age_low": low,
        "age_high": high, "oldest_days": ages.max() if len(ages) else np.nan,
        "reason": "no_rows" if own.empty else "" if len(due) else "nothing_due",
    }  # fmt: skip


def _share(rows: pd.DataFrame, column: str, area: str) -> Share:
    """The share of a flag: Wilson's in one area, with the design effect of areas over all."""
    if area != NATIONAL:
        return wilson(int(rows[column].sum()), len(rows))
    sums = rows.groupby("REF_AREA")[column].agg(["sum", "size"])
    return clustered_share(sums["sum"], sums["size"])


# ---------------------------------------------------------------- what we said last quarter


def _findings(said: pd.DataFrame) -> pd.DataFrame:
    rows = take(said, "said", text=["REF_AREA", "finding_id", "text_th", "text_en"], quarters=["fiscal_quarter"])
    return one_per(rows, "said", ["REF_AREA", "fiscal_quarter", "finding_id"])


def _adjustments(adjustment: pd.DataFrame, as_of: str) -> pd.DataFrame:
    """Adjustments recorded up to the quarter; one completed later is not done yet."""
    rows = take(adjustment, "adjustment", text=["adjustment_id", "decision_id", "action_th", "result_th"], dates=["done_date"], quarters=["fiscal_quarter"])
    rows = rows[up_to(rows["fiscal_quarter"], as_of)].reset_index(drop=True)
    done = rows["done_date"] <= quarter_end(as_of)
    return rows.assign(done_date=rows["done_date"].where(done), result_th=rows["result_th"].where(done, ""), acted=done).drop(columns="fiscal_quarter")


def what_was_said(said, decision, adjustment, activity, area: str, quarter: str, *, project: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return what the report of the quarter before said of an area, what was decided on it, what was done, and what happened.

    Parameters
    ----------
    said
        Findings as the reports wrote them.
    activity, project
        Give the area's activities due and done in this quarter, beside the loop; without `project` the activities must name
        their REF_AREA, or these two columns are blank.
    quarter
        The quarter of the report being written. Decisions of this quarter answer the findings of the one before; all is as known
        on the last day of this quarter.

    Returns
    -------
    DataFrame
        One row per finding, decision and adjustment. `loop`: `closed` (done, and the result told), `done_no_result`, `decided`,
        `overdue`, `dropped`, `no_decision`. `still_found` is 1 when this quarter's report says the same, 0 when it does not, blank
        when it says nothing at all. When the last report said nothing, one row with `nothing_said`.
    """
    before = shift_quarter(quarter, -1)
    findings = _findings(said)
    own = findings[(findings["REF_AREA"] == area) & (findings["fiscal_quarter"] == before)]
    now = findings.loc[(findings["REF_AREA"] == area) & (findings["fiscal_quarter"] == quarter), "finding_id"]
    due, done = _activity_counts(activity, project, area, quarter)
    head = {"REF_AREA": area, "said_quarter": before, "quarter": quarter, "activities_due": due, "activities_done": done}
    if own.empty:
        blank = dict.fromkeys(["finding_id", "text_th", "text_en", "decision_id", "decision_th", "owner_agency_id", "decision_state"], "")
        blank |= dict.fromkeys(["adjustment_id", "action_th", "result_th"], "")
        return pd.DataFrame([head | blank | {"loop": "nothing_said", "still_found": np.nan, "reason": "nothing_said"}], columns=SAID)
    taken = decision_states(decision, as_of=quarter)
    taken = taken[(taken["REF_AREA"] == area) & (taken["fiscal_quarter"] == quarter) & (taken["finding_id"] != "")]
    taken = taken.rename(columns={"text_th": "decision_th", "state": "decision_state"})
    chosen = ["finding_id", "decision_id", "decision_th", "owner_agency_id", "due_date", "decision_state"]
    table = own[["finding_id", "text_th", "text_en"]].merge(taken[chosen], on="finding_id", how="left")
    table = table.merge(_adjustments(adjustment, quarter), on="decision_id", how="left")
    words = ["decision_id", "decision_th", "owner_agency_id", "decision_state", "adjustment_id", "action_th", "result_th"]
    table[words] = table[words].fillna("")
    table["loop"] = _loop(table)
    table["still_found"] = table["finding_id"].isin(set(now)).astype(float) if len(now) else np.nan
    return table.assign(**head, reason=np.where(table["loop"] == "no_decision", "no_decision", ""))[SAID]


def _loop(table: pd.DataFrame) -> np.ndarray:
    """How far each finding has come."""
    decided = table["decision_id"] != ""
    acted = (table["acted"].fillna(False).astype(bool)) | (table["decision_state"] == "done")
    conditions = [~decided, acted & (table["result_th"] != ""), acted, table["decision_state"] == "dropped", table["decision_state"] == "overdue"]
    return np.select(conditions, ["no_decision", "closed", "done_no_result", "dropped", "overdue"], "decided").astype(object)


def _activity_counts(activity, project, area: str, quarter: str) -> tuple[float, float]:
    if activity is None or (project is None and "REF_AREA" not in activity.columns):
        return np.nan, np.nan
    states = activity_states(activity, as_of=quarter)
    if project is None:
        owner = take(activity, "activity", text=["REF_AREA"])["REF_AREA"]
    else:
        owner = states["project_id"].map(take(project, "project", text=["project_id", "REF_AREA"]).drop_duplicates("project_id").set_index("project_id")["REF_AREA"])
    own = states[(owner == area) & (states["fiscal_quarter"] == quarter)]
    return float(own["state"].isin(ACTIVITY_DUE).sum()), float(own["state"].isin(ACTIVITY_DONE).sum())


def loop_closure(said, decision, adjustment, *, as_of: str, areas=None) -> pd.DataFrame:
    """Return one row per area and stage: of the findings said before `as_of`, the share decided on, done, and with a result told.

    A decision answers a finding when it names it, is of the same area, and comes in a later quarter, up to `as_of`; one that
    names a finding said several times answers the latest before it. Intervals are Wilson's; that of TH has the design effect of
    areas. Reason: `nothing_said`.
    """
    findings = _findings(said)
    findings = findings[(findings["fiscal_quarter"] != "") & (findings["finding_id"] != "")].copy()
    findings["said"] = findings["fiscal_quarter"].map(quarter_number).astype("int64")
    findings = findings[findings["said"] < quarter_number(as_of)].reset_index(drop=True)
    taken = decision_states(decision, as_of=as_of)
    acted = _adjustments(adjustment, as_of)
    told = acted[acted["acted"] & (acted["result_th"] != "")]["decision_id"]
    taken = taken.assign(
        place=taken["fiscal_quarter"].map(quarter_number).astype("int64"), done=(taken["state"] == "done") | taken["decision_id"].isin(acted.loc[acted["acted"], "decision_id"]),
        result_told=taken["decision_id"].isin(told),
    )  # fmt: skip
    pairs = findings[["REF_AREA", "finding_id", "said"]].merge(taken[["REF_AREA", "finding_id", "place", "decision_id", "done", "result_told"]], on=["REF_AREA", "finding_id"])
    pairs = pairs[pairs["said"] < pairs["place"]]
    pairs = pairs[pairs["said"] == pairs.groupby("decision_id")["said"].transform("max")].assign(decided=True)
    reached = pairs.groupby(["REF_AREA", "finding_id", "said"])[list(STAGES)].max().reset_index()
    table = findings.merge(reached, on=["REF_AREA", "finding_id", "said"], how="left")
    table[list(STAGES)] = table[list(STAGES)].fillna(False).astype(bool)
    rows = []
    for area in list_areas(areas, findings["REF_AREA"]):
        own = of_area(table, area)
        for stage in STAGES:
            got = _share(own, stage, area)
            rows.append({
                "REF_AREA": area, "stage": stage, "k": int(own[stage].sum()), "n": len(own), "share": got.share, "ci_low": got.ci_low,
                "ci_high": got.ci_high, "reason": "" if len(own) else "nothing_said",
            })  # fmt: skip
    return pd.DataFrame(rows, columns=CLOSURE)
