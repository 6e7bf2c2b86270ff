"""The review's register and the departments' pages: what is on record, what it rests on, and what is still to be answered.

The tables of two national reports joined, as known on the last day of a fiscal quarter; `register_words` says them. A register
is counted in full: a share of it has a range of two ways of tagging, not a sampling error. A project contributes, an agency
answers for a target; neither is said to have moved an indicator.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

import pandas as pd

from sdg_eval.codelists import Codelists
from sdg_eval.delivery.agencies import (
    agency_summary,
    body_timeline,
    committee_brief,
    data_owed,
    partner_matrix,
    partnership_rows,
    responsibility_matrix,
    target_owners,
    what_is_late,
    what_moved,
)
from sdg_eval.delivery.decisions import decision_states, follow_through, open_decisions
from sdg_eval.delivery.frames import GOALS
from sdg_eval.delivery.known import as_known
from sdg_eval.delivery.quarters import quarter_end, quarter_number
from sdg_eval.delivery.register import (
    VnrSet,
    crosswalk_check,
    evidence_grades,
    goal_coverage,
    goal_portfolio,
    is_set,
    read_vnr_sets,
    vnr_register,
    vnr_set,
    weight_faults,
)
from sdg_eval.delivery.tables import Delivery, with_registers
from sdg_eval.evaluation import status_of
from sdg_eval.gap_register import gap_register
from sdg_eval.observations import FREQUENCIES, select_totals
from sdg_eval.panels import is_province
from sdg_eval.people_report import sources_of
from sdg_eval.quality import evaluate_quality
from sdg_eval.quarterly_report import arrivals
from sdg_eval.trends import evaluate_trends

KIND_ORDER = {"department": 0, "state_enterprise": 1}
"""Kinds of agencies that have a page, in the order of the press release."""
COMMITTEE = "global"
"""Level of the body whose page this is: the ministry's own committee."""


@dataclass(frozen=True, eq=False)
class RegisterReport:
    """The review's register: whether it is whole, its spread over the goals, each project's evidence, the crosswalk, practices put forward."""

    quarter: str
    vnr: VnrSet
    source: dict[str, str]
    register: pd.DataFrame
    portfolio: pd.DataFrame
    coverage: pd.DataFrame
    faults: pd.DataFrame
    grades: pd.DataFrame
    crosswalk: pd.DataFrame
    practices: pd.DataFrame
    n_not_begun: int
    synthetic: bool
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class AgencyReport:
    """Who owns what, what moved, what is late and owed; the committee's meetings, decisions and brief; partnerships."""

    quarter: str
    evaluated: bool
    agency: pd.DataFrame
    matrix: pd.DataFrame
    owners: pd.DataFrame
    moved: pd.DataFrame
    late: pd.DataFrame
    owed: pd.DataFrame
    summary: pd.DataFrame
    meetings: pd.DataFrame
    decisions: pd.DataFrame
    since: pd.DataFrame
    followed: pd.DataFrame
    open_decisions: pd.DataFrame
    partnerships: pd.DataFrame
    partners: pd.DataFrame
    brief: pd.DataFrame
    synthetic: bool
    sources: tuple[str, ...] = ()


# ---------------------------------------------------------------- the register


def evaluate_register(delivery: Delivery, codelists: Codelists, *, quarter: str) -> RegisterReport:
    """Return the register of the review, with evidence as known on the last day of the quarter.

    The register has no days of entry, so every flagged project is in it; those that begin later are counted (`n_not_begun`).
    """
    end, known = quarter_end(quarter), as_known(delivery, quarter)
    stated = read_vnr_sets().iloc[0]
    project = delivery.project[is_set(delivery.project["vnr_flag"])].reset_index(drop=True)
    own = _confirmed_by(delivery.project_target[delivery.project_target["project_id"].isin(project["project_id"])].reset_index(drop=True), end)
    grades = evidence_grades(
        project, known.evidence[known.evidence["project_id"].isin(project["project_id"])], activity=_done_by(known.activity, end), plan_item=known.plan_item,
        kpi=known.kpi, practice=known.practice,
    )  # fmt: skip
    begins = pd.to_datetime(project["start_date"].replace("", None))
    return RegisterReport(
        quarter, vnr_set(delivery.project, expected=int(stated["expected"])), {lang: stated[f"source_{lang}"] for lang in ("th", "en")},
        vnr_register(project, own, grades), goal_portfolio(project, own, goals=GOALS), goal_coverage(project, own, goals=GOALS), weight_faults(project, own),
        grades, crosswalk_check(known.crosswalk, targets_un=codelists.targets_un, indicators=codelists.indicators), graded_practices(known.practice, delivery.project, grades),
        int((begins > end).sum()), delivery.synthetic,
        sources_of(project, own, known.evidence, known.activity, known.kpi, known.crosswalk, known.practice),
    )  # fmt: skip


def graded_practices(practice: pd.DataFrame, project: pd.DataFrame, grades: pd.DataFrame) -> pd.DataFrame:
    """Return every practice put forward, of all projects: what its project does, and its grade of evidence.

    `found` is True where the grade is that of the register's evidence; else it is what the province states of itself.
    """
    own = project.drop_duplicates("project_id").set_index("project_id")
    of = grades.set_index("project_id")["grade"]
    found = practice["project_id"].map(of)
    done = {c: practice["project_id"].map(own[c]).fillna("") for c in ("deliverable", "output_indicator")}
    return practice.assign(**done, grade=found.fillna(practice["evidence_grade"]), found=found.notna()).sort_values(["REF_AREA", "practice_id"], kind="stable", ignore_index=True)


def _confirmed_by(project_target: pd.DataFrame, end: pd.Timestamp) -> pd.DataFrame:
    """Targets with who had confirmed them by the day."""
    later = pd.to_datetime(project_target["confirmed_date"].replace("", None)) > end
    return project_target.assign(confirmed_by=project_target["confirmed_by"].where(~later, ""))


def _done_by(activity: pd.DataFrame, end: pd.Timestamp) -> pd.DataFrame:
    """Activities with what was done by the day; a later day of completion is not known yet."""
    later = pd.to_datetime(activity["done_date"].replace("", None)) > end
    return activity.assign(done=activity["done"].where(~later), done_date=activity["done_date"].where(~later, ""))


# ---------------------------------------------------------------- agencies and the committee


def evaluate_agencies(delivery: Delivery, codelists: Codelists, *, quarter: str, report_year: int, observations: pd.DataFrame | None = None) -> AgencyReport:
    """Return who owns what, what moved, what is late and owed, and the committee's page, as known on the last day of the quarter.

    Parameters
    ----------
    observations
        Observations of all provinces, derived series included, after suppression; None leaves out what moved and the gaps of
        indicators, and the report says so. Values that arrived after the quarter are not used.
    """
    quarter_number(quarter)
    end, known = quarter_end(quarter), with_registers(as_known(delivery, quarter))
    year = min(report_year, end.year)
    staff = agencies_shown(known.agency)
    owners = target_owners(codelists.targets_un["target"], known.responsibility)
    there = None if observations is None else values_by(observations, codelists, end)
    moved = what_moved(known.responsibility, None if there is None else target_verdicts(there, codelists, report_year=year))
    late = what_is_late(today=end, activity=known.activity, project=known.project, decision=known.decision)
    owed = data_owed(today=end, gaps=None if there is None else gaps_by(there, codelists, end, report_year=year), kpi=known.kpi)
    matrix = responsibility_matrix(staff, known.responsibility, project_target=known.project_target, project_agency=known.project_agency)
    summary = agency_summary(staff, matrix, moved, late, owed)
    held = known.partner[known.partner["partner_type"].isin(["un", "donor"])]
    partnerships = partnership_rows(
        _agreed_by(known.agreement, end), known.partner, today=end, agency=known.agency, resource=_delivered_by(known.resource, end),
        project_partner=known.project_partner, activity=_done_by(known.activity, end),
    )  # fmt: skip
    body = known.body[known.body["level"] == COMMITTEE]
    meetings = committee_meetings(body, known.meeting, known.decision)
    decisions = decision_states(known.decision, known.meeting, as_of=quarter)
    vnr = vnr_set(delivery.project, expected=int(read_vnr_sets().iloc[0]["expected"]))
    brief = committee_brief(summary=summary, owners=owners, late=late, partnerships=partnerships, quarter=quarter, vnr=vnr)
    return AgencyReport(
        quarter, there is not None, staff, matrix, owners, moved[moved["agency_id"].isin(staff["agency_id"])].reset_index(drop=True),
        late[late["agency_id"].isin(staff["agency_id"])].reset_index(drop=True), owed[owed["agency_id"].isin(staff["agency_id"])].reset_index(drop=True), summary,
        meetings, decisions, since_last_meeting(decisions, last_meeting(body, known.meeting)), follow_through(known.decision, known.meeting, as_of=quarter, areas=[]),
        open_decisions(known.decision, known.meeting, as_of=quarter), partnerships,
        partner_matrix(held, known.project_partner, known.project, known.project_target), brief, delivery.synthetic,
        sources_of(known.responsibility, known.activity, known.decision, known.meeting, known.kpi, known.agreement),
    )  # fmt: skip


def agencies_shown(agency: pd.DataFrame) -> pd.DataFrame:
    """Return the ministry's departments, then its state enterprises: each has a page."""
    own = agency[agency["agency_type"].isin(KIND_ORDER) & (agency["moi"] == 1)]
    order = own["agency_type"].map(KIND_ORDER)
    return own.iloc[order.argsort(kind="stable")].reset_index(drop=True)


def values_by(observations: pd.DataFrame, codelists: Codelists, end: pd.Timestamp) -> pd.DataFrame:
    """Return the provinces' evaluated values that had arrived by the day."""
    rows = observations[observations["SERIES"].isin(codelists.evaluated) & is_province(observations["REF_AREA"]) & observations["FREQ"].isin(list(FREQUENCIES))]
    rows = select_totals(rows)
    return rows[(arrivals(rows, codelists) <= end).to_numpy()].reset_index(drop=True)


def target_verdicts(values: pd.DataFrame, codelists: Codelists, *, report_year: int) -> pd.DataFrame:
    """Return target, SERIES, REF_AREA and the status of every preferred trend of a series that measures a target.

    Only a trend that survives the control of false discoveries over the provinces is called improving or worsening.
    """
    columns = ["target", "SERIES", "REF_AREA", "verdict"]
    if values.empty:
        return pd.DataFrame(columns=columns)
    trends = evaluate_trends(values, series=codelists.series, report_year=report_year)
    trends = trends[trends["preferred"].astype(bool)]
    target = codelists.series.set_index("SERIES")["indicator"].map(codelists.indicators.set_index("indicator")["target"])
    rows = trends.assign(target=trends["SERIES"].map(target).fillna(""), verdict=[status_of(row) for row in trends.to_dict("records")])
    return rows.loc[rows["target"] != "", columns].reset_index(drop=True)


def gaps_by(values: pd.DataFrame, codelists: Codelists, end: pd.Timestamp, *, report_year: int) -> pd.DataFrame | None:
    """Return the values that should have been out by the day and were not; None where there is nothing to judge by."""
    if values.empty:
        return None
    quality = evaluate_quality(values, codelists, report_year=report_year)
    gaps = gap_register(values, codelists, SimpleNamespace(quality=quality), report_year=report_year, on=end.date())
    due = pd.to_datetime(gaps["due_date"].astype("str").replace("", None))
    return gaps[(gaps["reason"] != "suppressed") & (gaps["SERIES"] != "") & ~(due > end)].reset_index(drop=True)


def committee_meetings(body: pd.DataFrame, meeting: pd.DataFrame, decision: pd.DataFrame) -> pd.DataFrame:
    """Return per quarter how often the ministry's committee met and what it decided, with the last day; a body that never met has its reason."""
    table = body_timeline(body, meeting, decision)[["body_id", "name_th", "name_en", "chair_role", "fiscal_quarter", "n_meetings", "n_decisions", "reason"]]
    return table.assign(last_meeting=_iso(last_meeting(body, meeting)))


def last_meeting(body: pd.DataFrame, meeting: pd.DataFrame) -> pd.Timestamp:
    """Return the day of the last known meeting of these bodies; NaT where there is none."""
    return pd.to_datetime(meeting.loc[meeting["body_id"].isin(body["body_id"]), "meeting_date"].replace("", None)).max()


def _iso(day: pd.Timestamp) -> str:
    return "" if pd.isna(day) else f"{day:%Y-%m-%d}"


def since_last_meeting(decisions: pd.DataFrame, last: pd.Timestamp) -> pd.DataFrame:
    """Return the decisions that were taken or closed on or after the committee's last meeting, whoever took them: `since` says which."""
    taken, closed = decisions["decided_on"] >= last, decisions["closed_date"] >= last
    since = pd.Series("closed", index=decisions.index, dtype="object").mask(taken, "taken").mask(taken & closed, "taken_and_closed")
    return decisions.assign(since=since)[taken | closed].sort_values(["decided_on", "decision_id"], kind="stable", ignore_index=True)


def _delivered_by(resource: pd.DataFrame, end: pd.Timestamp) -> pd.DataFrame:
    """Resources that were there by the day."""
    return resource[~(pd.to_datetime(resource["delivered_date"].replace("", None)) > end)].reset_index(drop=True)


def _agreed_by(agreement: pd.DataFrame, end: pd.Timestamp) -> pd.DataFrame:
    """Agreements as they stood on the day: one that ended later was still active, one that begins later was planned."""
    start, stop = (pd.to_datetime(agreement[c].replace("", None)) for c in ("start_date", "end_date"))
    status = agreement["status"].mask((agreement["status"] == "ended") & (stop > end), "active")
    return agreement.assign(status=status.mask((status == "active") & (start > end), "planned"))


def partners_by_goal(partners: pd.DataFrame) -> pd.DataFrame:
    """Return one row per partner with its projects of each of the 17 goals; `reason` where no project of it is on record."""
    head = partners.drop_duplicates("partner_id")[["partner_id", "name_th", "name_en"]].reset_index(drop=True)
    wide = partners.pivot(index="partner_id", columns="goal", values="n_projects").reindex(index=head["partner_id"], columns=GOALS).reset_index(drop=True)
    none = partners.groupby("partner_id")["reason"].agg(lambda r: "no_project_recorded" if (r == "no_project_recorded").all() else "")
    return head.join(wide.rename_axis(columns=None)).assign(reason=head["partner_id"].map(none).fillna(""))
