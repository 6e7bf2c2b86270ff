"""Planned and done, how late, how long to each of the four steps, and how grown the provincial mechanism is.

What is known is known up to the last day of a quarter (`as_of`). Something not done by then is late or still to come, and
its waiting time is cut off there, not dropped. What nobody reported is its own state: it never counts as done, and is
never silently counted as failed either.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from sdg_eval.delivery.frames import NATIONAL, list_areas, of_area, one_per, optional, take
from sdg_eval.delivery.money import MIN_PROJECTS, ratio_share
from sdg_eval.delivery.quarters import quarter_end, quarter_number, quarter_start, quarters_between
from sdg_eval.delivery.shares import (
    CONFIDENCE,
    Share,
    area_seed,
    clustered_share,
    wilson,
)
from sdg_eval.delivery.survival import CURVE, clustered_median, km_curve, median_wait
from sdg_eval.errors import DataError

STEPS = (1, 2, 3, 4)
"""The four steps of the ministry's action plan (codelist steps.csv); all are listed, always."""
DONE = ("done", "done_late")
OPEN = ("partly", "late")
DUE = (*DONE, *OPEN, "not_reported")
"""States of an activity that was due by the day asked about; the others are `to_come` and `nothing_planned`."""
ON_TIME, LATE = 1.0, 0.5
"""Fidelity points of a step done by its planned day, and of one done later: a choice, in one place."""
RUNGS = ("committee", "works", "workplan", "data", "reports")
"""The rungs of the mechanism's maturity, from the lowest."""
ACTIVITY = ["activity_id", "project_id", "fiscal_quarter", "planned", "done", "planned_date", "done_date", "evidence_id", "state", "closed", "completion", "days_late"]
DELIVERED = [
    "REF_AREA", "fiscal_quarter", "planned", "done", "partly", "late", "not_reported", "share", "ci_low", "ci_high", "share_of_reported", "completion",
    "completion_low", "completion_high", "n", "n_projects", "reason",
]  # fmt: skip
SLIPPAGE = [
    "REF_AREA", "n", "n_done", "n_open", "n_unknown", "n_projects", "median_days", "ci_low", "ci_high", "share_late", "late_low", "late_high", "reason",
]  # fmt: skip
WAITING = [
    "step_no", "n", "n_done", "n_waiting", "n_not_reported", "share_done", "share_low", "share_high", "median_days", "ci_low", "ci_high", "reason",
]  # fmt: skip
TRACKER = ["REF_AREA", "step_no", "planned_date", "actual_date", "state", "days_late", "in_order", "reason"]
FIDELITY = ["REF_AREA", "step_no", "fidelity", "ci_low", "ci_high", "on_time", "late", "not_done", "n", "n_not_reported", "reason"]
MATURITY = ["REF_AREA", "fiscal_quarter", "maturity", "points", "next_rung", "change", *RUNGS, "reason"]
CONCRETE = [
    "REF_AREA", "deliverable", "evidence", "both", "n", "n_projects", "share_deliverable", "deliverable_low", "deliverable_high", "share_evidence",
    "evidence_low", "evidence_high", "share", "ci_low", "ci_high", "reason",
]  # fmt: skip
TIMELINE = ["project_id", "REF_AREA", "start_date", "end_date", "first_planned", "last_done", "due", "done", "not_reported", "state", "reason"]


# ---------------------------------------------------------------- activities


def activity_states(activity: pd.DataFrame, *, as_of: str) -> pd.DataFrame:
    """Return each activity with its state on the last day of `as_of` and its days late.

    Returns
    -------
    DataFrame
        state: `done` (the planned quantity, or a date of completion where no quantity is given), `done_late` (after its
        planned day), `partly`, `late` (nothing done by then), `not_reported` (due, and neither quantity nor date came),
        `to_come` (its quarter or planned day lies ahead), `nothing_planned`. `closed`: its day of completion has come, with
        all of the quantity or part of it. `completion` is done over planned, at most 1. `days_late` is the day of completion
        minus the planned day; of one that is not closed it is the days it has waited so far.
    """
    rows = take(
        activity, "activity", text=["activity_id", "project_id", "evidence_id"], money=["planned", "done"], dates=["planned_date", "done_date"], quarters=["fiscal_quarter"],
    )  # fmt: skip
    end, last = quarter_end(as_of), quarter_number(as_of)
    number = rows["fiscal_quarter"].map(lambda q: quarter_number(q) if q else -1).astype(int)
    dated = rows["done_date"] <= end
    # a completion after the day asked about is not known yet on that day
    ahead = rows["done_date"] > end
    enough = (rows["done"] >= rows["planned"]) & (rows["done"] > 0) | rows["planned"].isna() & (rows["done"] > 0)
    done = (enough & ~ahead) | (rows["done"].isna() & dated)
    to_come = ((number > last) | (rows["planned_date"] > end)) & ~done
    to_come |= number > last
    empty = (rows["planned"] == 0) & ~(rows["done"] > 0) & ~dated
    silent = rows["done"].isna() & rows["done_date"].isna()
    state = np.select(
        [empty, to_come, done & (rows["done_date"] > rows["planned_date"]), done, silent, (rows["done"] > 0) & ~enough],
        ["nothing_planned", "to_come", "done_late", "done", "not_reported", "partly"],
        "late",
    )
    closed = dated & ~(rows["done"] <= 0) & np.isin(state, (*DONE, *OPEN))
    # done without a day of completion: it is over, and nobody knows since when
    undated = np.isin(state, DONE) & ~dated
    days = (rows["done_date"].where(closed, end) - rows["planned_date"]).dt.days.where(np.isin(state, (*DONE, *OPEN)) & ~undated)
    completion = (rows["done"] / rows["planned"]).where(rows["planned"] > 0).clip(upper=1.0).fillna(pd.Series(np.isin(state, DONE), dtype=float))
    return rows.assign(state=state.astype(str), closed=closed, completion=completion.where(~ahead, 0.0), days_late=days.astype("float64"))[ACTIVITY]


def _with_area(states: pd.DataFrame, project: pd.DataFrame) -> pd.DataFrame:
    """Activities with the area of their project; one whose project is not in the register has none and counts for the country."""
    owners = take(project, "project", text=["project_id", "REF_AREA"])
    return states.merge(one_per(owners, "project", ["project_id"]), on="project_id", how="left").fillna({"REF_AREA": ""})


def activity_delivery(activity: pd.DataFrame, project: pd.DataFrame, *, as_of: str, first: str | None = None, areas=None) -> pd.DataFrame:
    """Return one row per area and quarter up to `as_of`: activities due, done, late, and the share done with its interval.

    Returns
    -------
    DataFrame
        `share` is done over due (`planned` = n): what was not reported is in n and not in done, so silence never raises
        it; `share_of_reported` leaves it out. `completion` is the mean part of the planned quantity that was done, over all
        due: near `share` when things are done or not, above it when much is half done. The interval is Wilson's at n divided by the design effect of projects, whose
        activities are late together. Reasons: `no_rows` (no activity, and no project runs), `nothing_sent` (projects run in that
        quarter, by their days in the register, and no activity of it is on record), `not_reported` (nothing of what was due).
    """
    states = _with_area(activity_states(activity, as_of=as_of), project)
    due = states[states["state"].isin(DUE)]
    begun = min((q for q in states["fiscal_quarter"] if q), default=as_of, key=quarter_number)
    spans = take(optional(project, ["start_date", "end_date"]), "project", text=["REF_AREA"], dates=["start_date", "end_date"])
    rows = []
    for area in list_areas(areas, states["REF_AREA"], spans["REF_AREA"]):
        own, run = of_area(due, area), of_area(spans, area)
        for quarter in quarters_between(first or begun, as_of):
            got = _delivered(own[own["fiscal_quarter"] == quarter])
            if got["reason"] == "no_rows" and _running(run, quarter):
                got["reason"] = "nothing_sent"
            rows.append({"REF_AREA": area, "fiscal_quarter": quarter, **got})
    return pd.DataFrame(rows, columns=DELIVERED)


def _running(spans: pd.DataFrame, quarter: str) -> bool:
    """Whether a project of these runs through the whole quarter; one without a first day is not known to."""
    return bool(((spans["start_date"] <= quarter_start(quarter)) & ~(spans["end_date"] < quarter_end(quarter))).any())


def _delivered(part: pd.DataFrame) -> dict:
    count = part["state"].value_counts()
    done, silent = int(sum(count.get(s, 0) for s in DONE)), int(count.get("not_reported", 0))
    n = len(part)
    got, amount = share_by_project(part["state"].isin(DONE), part["project_id"]), mean_by_project(part["completion"], part["project_id"])
    return {
        "planned": n, "done": done, "partly": int(count.get("partly", 0)), "late": int(count.get("late", 0)), "not_reported": silent,
        "share": got.share, "ci_low": got.ci_low, "ci_high": got.ci_high, "share_of_reported": done / (n - silent) if n > silent else np.nan,
        "completion": amount.share, "completion_low": amount.ci_low, "completion_high": amount.ci_high, "n": n, "n_projects": part["project_id"].nunique(), "reason": "no_rows" if not n else "not_reported" if silent == n else "",
    }  # fmt: skip


def share_by_project(hits: pd.Series, projects: pd.Series, *, confidence: float = CONFIDENCE) -> Share:
    """Return the share of hits with Wilson's interval, n divided by the design effect that the projects show."""
    sums = hits.astype(float).groupby(projects).agg(["sum", "size"])
    return clustered_share(sums["sum"], sums["size"], confidence=confidence)


def mean_by_project(parts: pd.Series, projects: pd.Series) -> Share:
    """Return the mean of parts (each 0 to 1) with its interval over projects; half-done things vary less than yes and no."""
    sums = parts.astype(float).groupby(projects).agg(["sum", "size"])
    return ratio_share(sums["sum"], sums["size"])


def slippage(activity: pd.DataFrame, project: pd.DataFrame, *, as_of: str, areas=None) -> pd.DataFrame:
    """Return one row per area: the median days from planned to done of what was due, and the share that was late.

    Returns
    -------
    DataFrame
        Over activities planned for a day up to the end of `as_of`, until their day of completion, whether all of the quantity
        was done or part. Those not closed are censored on that day, so the median is Kaplan-Meier's; below 0 is early. Those planned for a later day are left out even where they are done already: only
        the early ones could be seen. The interval draws projects anew. `n_unknown`: due, but without a planned
        day, a day of completion though done, or any report. Reasons: `no_rows`, `not_reached` (under half are done), `few_projects` (no
        interval).
    """
    end = quarter_end(as_of)
    states = _with_area(activity_states(activity, as_of=as_of), project)
    states = states[states["state"].isin(DUE)]
    known = states[states["days_late"].notna() & (states["planned_date"] <= end)]
    rows = []
    for area in list_areas(areas, states["REF_AREA"]):
        own = of_area(known, area)
        rows.append({"REF_AREA": area, **_slip(own, area), "n_unknown": int(of_area(states, area)["days_late"].isna().sum())})
    return pd.DataFrame(rows, columns=SLIPPAGE)


def _slip(own: pd.DataFrame, area: str) -> dict:
    done, days = own["closed"], own["days_late"]
    wait = median_wait(days, done)
    projects = own["project_id"].nunique()
    late = share_by_project(days > 0, own["project_id"])
    ends = clustered_median(days, done, own["project_id"], area_seed(area)) if projects >= MIN_PROJECTS else (np.nan, np.nan)
    few = "few_projects" if projects < MIN_PROJECTS else ""
    return {
        "n": wait.n, "n_done": wait.n_event, "n_open": wait.n - wait.n_event, "n_projects": projects, "median_days": wait.median, "ci_low": ends[0],
        "ci_high": ends[1], "share_late": late.share, "late_low": late.ci_low, "late_high": late.ci_high,
        "reason": wait.reason if wait.reason in ("no_rows", "not_reached") else few,
    }  # fmt: skip


def project_timeline(activity: pd.DataFrame, project: pd.DataFrame, *, as_of: str) -> pd.DataFrame:
    """Return one row per project for a Gantt chart: its planned span, its last completion, and where it stands.

    state: `done` (all that was due, and its end has passed), `on_time` (all that was due), `behind`, `to_come`,
    `not_reported` (nothing of what was due), `no_activities`.
    """
    states = activity_states(activity, as_of=as_of)
    rows = take(project, "project", text=["project_id", "REF_AREA"], dates=["start_date", "end_date"])
    due = states[states["state"].isin(DUE)]
    per = pd.DataFrame({
        "first_planned": states.groupby("project_id")["planned_date"].min(), "last_done": due[due["state"].isin(DONE)].groupby("project_id")["done_date"].max(),
        "due": due.groupby("project_id").size(), "done": due["state"].isin(DONE).groupby(due["project_id"]).sum(),
        "not_reported": (due["state"] == "not_reported").groupby(due["project_id"]).sum(), "all": states.groupby("project_id").size(),
    })  # fmt: skip
    got = one_per(rows, "project", ["project_id"]).merge(per, left_on="project_id", right_index=True, how="left")
    got = got.fillna(dict.fromkeys(["due", "done", "not_reported", "all"], 0)).astype(dict.fromkeys(["due", "done", "not_reported", "all"], int))
    for column in ("first_planned", "last_done"):
        got[column] = pd.to_datetime(got[column])
    full, over = got["done"] == got["due"], got["end_date"] <= quarter_end(as_of)
    got["state"] = np.select(
        [got["all"] == 0, got["due"] == 0, got["not_reported"] == got["due"], full & over, full],
        ["no_activities", "to_come", "not_reported", "done", "on_time"],
        "behind",
    )
    return got.assign(reason=np.where(got["all"] == 0, "no_rows", ""))[TIMELINE].reset_index(drop=True)


def concrete_results(activity: pd.DataFrame, project: pd.DataFrame, evidence: pd.DataFrame, *, as_of: str, areas=None) -> pd.DataFrame:
    """Return one row per area: of the activities done, the share with a verifiable deliverable, with evidence, with both.

    A deliverable is verifiable when the project names it and how it is counted (`deliverable` and `output_indicator`). Evidence
    is a row of the evidence table that the activity names; an id that is not there is none. Evidence dated after the quarter is
    not known yet. `share` is of both, over n activities done. Intervals are Wilson's with the design effect of projects.
    Reason: `nothing_done`.
    """
    states = _with_area(activity_states(activity, as_of=as_of), project)
    done = states[states["state"].isin(DONE)].copy()
    named = take(project, "project", text=["project_id", "deliverable", "output_indicator"])
    there = set(named.loc[(named["deliverable"] != "") & (named["output_indicator"] != ""), "project_id"])
    held = take(evidence, "evidence", text=["evidence_id"], dates=["evidence_date"])
    ids = set(held.loc[~(held["evidence_date"] > quarter_end(as_of)), "evidence_id"]) - {""}
    done["deliverable"], done["evidence"] = done["project_id"].isin(there), done["evidence_id"].isin(ids)
    done["both"] = done["deliverable"] & done["evidence"]
    rows = []
    for area in list_areas(areas, states["REF_AREA"]):
        own = of_area(done, area)
        a, b, c = (share_by_project(own[k], own["project_id"]) for k in ("deliverable", "evidence", "both"))
        rows.append({
            "REF_AREA": area, "deliverable": int(own["deliverable"].sum()), "evidence": int(own["evidence"].sum()), "both": int(own["both"].sum()),
            "n": len(own), "n_projects": own["project_id"].nunique(), "share_deliverable": a.share, "deliverable_low": a.ci_low, "deliverable_high": a.ci_high,
            "share_evidence": b.share, "evidence_low": b.ci_low, "evidence_high": b.ci_high, "share": c.share, "ci_low": c.ci_low, "ci_high": c.ci_high,
            "reason": "" if len(own) else "nothing_done",
        })  # fmt: skip
    return pd.DataFrame(rows, columns=CONCRETE)


# ---------------------------------------------------------------- the four steps


def _milestones(milestone: pd.DataFrame) -> pd.DataFrame:
    rows = take(milestone, "milestone", text=["REF_AREA"], numbers=["step_no"], dates=["planned_date", "actual_date"])
    if len(wrong := rows.loc[~rows["step_no"].isin(STEPS), "step_no"]):
        raise DataError(f"Table milestone: step {wrong.iloc[0]:g} does not exist. The action plan has steps 1 to 4.")
    return one_per(rows.astype({"step_no": int}), "milestone", ["REF_AREA", "step_no"])


def step_tracker(milestone: pd.DataFrame, *, as_of: str, areas=None) -> pd.DataFrame:
    """Return one row per province and step (all four): its days and its state on the last day of `as_of`.

    state: `done`, `late` (its planned day has passed), `due` (planned for a later day), `not_reported` (no planned and no
    actual day). `days_late` is actual minus planned day, or days waited past it so far. `in_order` is False where a step was
    done before the one ahead of it.
    """
    end = quarter_end(as_of)
    known = _milestones(milestone)
    provinces = [a for a in list_areas(areas, known["REF_AREA"]) if a != NATIONAL]
    grid = pd.MultiIndex.from_product([provinces, STEPS], names=["REF_AREA", "step_no"]).to_frame(index=False)
    rows = grid.merge(known, on=["REF_AREA", "step_no"], how="left")
    done = rows["actual_date"] <= end
    blank = rows["planned_date"].isna() & rows["actual_date"].isna()
    late = ~done & (rows["planned_date"] <= end)
    rows["state"] = np.select([blank, done, late], ["not_reported", "done", "late"], "due").astype(str)
    until = rows["actual_date"].where(done, end)
    rows["days_late"] = (until - rows["planned_date"]).dt.days.where(done | late).astype("float64")
    rows["actual_date"] = rows["actual_date"].where(done)
    before = rows.groupby("REF_AREA")["actual_date"].shift()
    rows["in_order"] = ~(done & (rows["step_no"] > 1) & ~(before <= rows["actual_date"]))
    return rows.assign(reason=np.where(blank, "not_reported", ""))[TRACKER]


def _waits(milestone: pd.DataFrame, start, as_of: str, areas) -> pd.DataFrame:
    """Days from the start to each step, censored on the last day of the quarter; provinces that reported nothing are left out."""
    begun, end = pd.Timestamp(start), quarter_end(as_of)
    if end <= begun:
        raise DataError(f"The programme starts on {begun.date()}, after {as_of} has ended. Ask about a later quarter.")
    rows = step_tracker(milestone, as_of=as_of, areas=areas)
    rows = rows.assign(event=rows["state"] == "done")
    days = (rows["actual_date"].where(rows["event"], end) - begun).dt.days
    # a step done before the programme began was there on its first day
    return rows.assign(days=days.clip(lower=0).astype("float64"))


def time_to_steps(milestone: pd.DataFrame, *, start, as_of: str, areas=None) -> pd.DataFrame:
    """Return one row per step (all four): the median days from the programme's start until a province has done it.

    Parameters
    ----------
    start
        First day of the programme.
    as_of
        Quarter up to whose last day things are known: a province that has not done the step by then is censored there.

    Returns
    -------
    DataFrame
        Kaplan-Meier median with its interval (NaN: the curve does not reach it), the share that has done the step with
        Wilson's interval, n provinces watched, and `n_not_reported`, which are not in n. Reasons: `no_rows`, `not_reached`,
        `few_cases` (no interval of the median).
    """
    waits = _waits(milestone, start, as_of, areas)
    rows = []
    for step in STEPS:
        own = waits[waits["step_no"] == step]
        told = own[own["state"] != "not_reported"]
        wait, share = median_wait(told["days"], told["event"]), wilson(int(told["event"].sum()), len(told))
        rows.append({
            "step_no": step, "n": wait.n, "n_done": wait.n_event, "n_waiting": wait.n - wait.n_event, "n_not_reported": len(own) - len(told),
            "share_done": share.share, "share_low": share.ci_low, "share_high": share.ci_high, "median_days": wait.median, "ci_low": wait.ci_low,
            "ci_high": wait.ci_high, "reason": wait.reason,
        })  # fmt: skip
    return pd.DataFrame(rows, columns=WAITING)


def step_curves(milestone: pd.DataFrame, *, start, as_of: str, areas=None) -> pd.DataFrame:
    """Return the Kaplan-Meier curve of each step: step_no, time (days from the start), n_risk, n_event, survival and interval.

    `survival` is the share of provinces that have not done the step yet. A step that none has done has no rows here; the
    table of `time_to_steps` says so.
    """
    waits = _waits(milestone, start, as_of, areas)
    told = waits[waits["state"] != "not_reported"]
    parts = []
    for step in STEPS:
        own = told[told["step_no"] == step]
        parts.append(km_curve(own["days"], own["event"]).assign(step_no=step))
    return pd.concat(parts, ignore_index=True)[["step_no", *CURVE]]


def step_fidelity(milestone: pd.DataFrame, *, as_of: str, areas=None) -> pd.DataFrame:
    """Return how faithfully the steps were carried out: one row per province, per step (area TH), and over all (TH, blank step).

    A step that was to be done by the end of `as_of`, or is done, scores 1 on time, 0.5 later, 0 when not done: `fidelity` is
    the mean over n such steps. Of one province these are all there is, so it has no interval (`complete_count`). Means over
    provinces have an interval over provinces. What is not reported is counted apart, never scored.
    Reasons: `complete_count`, `nothing_due`, `few_areas`.
    """
    tracker = step_tracker(milestone, as_of=as_of, areas=areas)
    tracker["points"] = np.select([tracker["state"] == "done", tracker["state"] == "late"], [np.where(tracker["days_late"] > 0, LATE, ON_TIME), 0.0], np.nan)
    rows = [{"REF_AREA": area, "step_no": "", **_fidelity(own, many=False)} for area, own in tracker.groupby("REF_AREA", sort=True)]
    rows += [{"REF_AREA": NATIONAL, "step_no": str(step), **_fidelity(tracker[tracker["step_no"] == step], many=True)} for step in STEPS]
    rows.append({"REF_AREA": NATIONAL, "step_no": "", **_fidelity(tracker, many=True)})
    return pd.DataFrame(rows, columns=FIDELITY)


def _fidelity(own: pd.DataFrame, *, many: bool) -> dict:
    scored = own[own["points"].notna()]
    shown = many and scored["REF_AREA"].nunique() >= MIN_PROJECTS
    ends = mean_by_project(scored["points"], scored["REF_AREA"]) if shown else Share(0, 0, np.nan, np.nan, np.nan)
    reason = "nothing_due" if scored.empty else "" if shown else "few_areas" if many else "complete_count"
    return {
        "fidelity": scored["points"].mean(), "ci_low": ends.ci_low, "ci_high": ends.ci_high, "on_time": int((scored["points"] == ON_TIME).sum()),
        "late": int((scored["points"] == LATE).sum()), "not_done": int((scored["points"] == 0).sum()), "n": len(scored),
        "n_not_reported": int((own["state"] == "not_reported").sum()), "reason": reason,
    }  # fmt: skip


# ---------------------------------------------------------------- the provincial mechanism


def mechanism_maturity(mechanism: pd.DataFrame, *, as_of: str, first: str | None = None, areas=None) -> pd.DataFrame:
    """Return one row per province and quarter: how grown the provincial mechanism is, from 0 to 5, and what comes next.

    Each rung stands on the ones below it, so `maturity` is the number of rungs reached without a gap:

    1. `committee`: the committee exists, by an order with number or date.
    2. `works`: it has a secretariat, and met in this quarter or the one before.
    3. `workplan`: it has a work plan.
    4. `data`: a data officer is named.
    5. `reports`: it reported on time this quarter.

    0 is a province that reported and has no committee. `points` counts the rungs that hold wherever they stand; `next_rung` is
    the lowest that does not. A blank counts as not there. The scale is ours: what it asks for is what the press release asks of
    level 2, its order is that in which one thing needs the other. A quarter without a report has no level (`not_reported`), and
    `change` is from the last quarter that has one.
    """
    rows = take(
        optional(mechanism, ["order_no", "order_date", "meetings_held", "has_workplan", "has_secretariat", "has_data_officer", "reports_on_time"]), "mechanism",
        text=["REF_AREA", "order_no"], money=["meetings_held"], dates=["order_date"], quarters=["fiscal_quarter"],
        flags=["committee_exists", "has_workplan", "has_secretariat", "has_data_officer", "reports_on_time"],
    )  # fmt: skip
    rows = one_per(rows[rows["fiscal_quarter"] != ""], "mechanism", ["REF_AREA", "fiscal_quarter"])
    provinces = [a for a in list_areas(areas, rows["REF_AREA"]) if a != NATIONAL]
    begun = first or min(rows["fiscal_quarter"], default=as_of, key=quarter_number)
    grid = pd.MultiIndex.from_product([provinces, quarters_between(begun, as_of)], names=["REF_AREA", "fiscal_quarter"]).to_frame(index=False)
    table = grid.merge(rows, on=["REF_AREA", "fiscal_quarter"], how="left")
    reported = table["committee_exists"].notna()
    before = table.groupby("REF_AREA")["meetings_held"].shift()
    rungs = pd.DataFrame({
        "committee": (table["committee_exists"] == 1) & ((table["order_no"].fillna("") != "") | table["order_date"].notna()),
        "works": (table["has_secretariat"] == 1) & ((table["meetings_held"] > 0) | (before > 0)), "workplan": table["has_workplan"] == 1,
        "data": table["has_data_officer"] == 1, "reports": table["reports_on_time"] == 1,
    })  # fmt: skip
    level = rungs.to_numpy().cumprod(axis=1).sum(axis=1)
    table = table.assign(**rungs, maturity=np.where(reported, level, np.nan), points=np.where(reported, rungs.sum(axis=1), np.nan))
    table["next_rung"] = np.where(reported, [(*RUNGS, "")[k] for k in level], "")
    known = table.groupby("REF_AREA")["maturity"].ffill()
    table["change"] = table["maturity"] - known.groupby(table["REF_AREA"]).shift()
    return table.assign(reason=np.where(reported, "", "not_reported"))[MATURITY]
