"""Who answers for what: agencies against the 17 goals, what moved, what is late, which data they owe.

A target's owner is the agency that the register of responsibilities names, never one guessed from its projects.
What moved is taken from an evaluation and is no merit or fault of the agency: indicators have many causes.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from sdg_eval.delivery.frames import GOALS, UNTAGGED, goal_of, optional, take
from sdg_eval.delivery.quarters import quarter_end, quarter_name, quarter_number, quarter_start, quarters_of
from sdg_eval.delivery.shares import Share, clustered_share

CROWDED_ABOVE = 3
"""With more owners than this nobody is the one to be asked."""
KPI_DAYS = 30
"""Days after a quarter's end by which the KPI form should hold its figure: our choice, to be set by the ministry."""
DIRECTIONS = {"improving": "better", "worsening": "worse", "rising": "changed", "falling": "changed", "changed": "changed", "mixed": "changed"}
"""What a verdict of an evaluation counts as; every other verdict is not a move."""
MATRIX = ["agency_id", "goal", "n_owned", "n_supported", "n_projects", "n_projects_lead"]
OWNERS = ["target", "goal", "n_owners", "n_support", "owners", "supporters", "state"]
LATE = ["agency_id", "kind", "id", "REF_AREA", "what_th", "due_date", "closed_date", "days_late", "state", "cluster", "reason"]
MOVED = ["agency_id", "target", "SERIES", "REF_AREA", "verdict", "move", "reason"]
OWES = ["agency_id", "kind", "id", "REF_AREA", "period", "due_date", "days_late", "late"]
SUMMARY = [
    "agency_id", "name_th", "name_en", "n_owned", "n_goals", "n_better", "n_worse", "n_changed", "n_not_told", "n_open", "n_late", "share_late", "ci_low",
    "ci_high", "n_owed", "n_owed_late", "reason",
]  # fmt: skip


# ---------------------------------------------------------------- who owns what


def responsibility_matrix(agency: pd.DataFrame, responsibility: pd.DataFrame, *, project_target=None, project_agency=None) -> pd.DataFrame:
    """Return one row per agency and goal, all 17 for every agency: targets owned and supported, projects, projects led.

    Targets outside the 17 goals are counted in a row `untagged`, which is there only where it is needed.
    """
    ids = list(dict.fromkeys(take(agency, "agency", text=["agency_id"])["agency_id"]))
    own = take(responsibility, "responsibility", text=["agency_id", "target", "role"]).drop_duplicates()
    own["goal"] = goal_of(own["target"])
    counts = {
        "n_owned": own[own["role"] == "owner"].groupby(["agency_id", "goal"]).size(),
        "n_supported": own[own["role"] == "support"].groupby(["agency_id", "goal"]).size(),
    }
    shared = _agency_projects(project_target, project_agency)
    counts["n_projects"] = shared.groupby(["agency_id", "goal"])["project_id"].nunique()
    counts["n_projects_lead"] = shared[shared["role"] == "lead"].groupby(["agency_id", "goal"])["project_id"].nunique()
    outside = [UNTAGGED] if any(UNTAGGED in set(c.index.get_level_values("goal")) for c in counts.values()) else []
    keys = pd.MultiIndex.from_product([ids, [*GOALS, *outside]], names=["agency_id", "goal"])
    table = pd.DataFrame({name: c.reindex(keys).fillna(0).astype(int) for name, c in counts.items()}, index=keys)
    return table.reset_index()[MATRIX]


def _agency_projects(project_target, project_agency) -> pd.DataFrame:
    """Agency, role, project and goal of every project that an agency has part in."""
    if project_target is None or project_agency is None:
        return pd.DataFrame(columns=["agency_id", "role", "project_id", "goal"])
    links = take(project_target, "project_target", text=["project_id", "target"])
    parts = take(project_agency, "project_agency", text=["project_id", "agency_id", "role"])
    found = parts.merge(links.assign(goal=goal_of(links["target"])), on="project_id")
    return found[["agency_id", "role", "project_id", "goal"]].drop_duplicates()


def target_owners(targets, responsibility: pd.DataFrame, *, crowded_above: int = CROWDED_ABOVE) -> pd.DataFrame:
    """Return per target who owns and supports it, and its state: `orphan` (no owner), `crowded` (more than three), `owned`.

    `targets` are all that should have an owner; each is listed. An agency named twice is one owner.
    """
    own = take(responsibility, "responsibility", text=["agency_id", "target", "role"]).drop_duplicates()
    lists = {role: part.groupby("target")["agency_id"].agg(lambda a: ";".join(sorted(set(a)))).to_dict() for role, part in own.groupby("role")}
    table = pd.DataFrame({"target": list(dict.fromkeys(map(str, targets)))}, dtype="str")
    table["goal"] = goal_of(table["target"])
    for column, role in (("owners", "owner"), ("supporters", "support")):
        table[column] = pd.Series([lists.get(role, {}).get(target, "") for target in table["target"]], dtype="str")
    count = {c: table[c].map(lambda text: len(text.split(";")) if text else 0).astype(int) for c in ("owners", "supporters")}
    table["n_owners"], table["n_support"] = count["owners"], count["supporters"]
    table["state"] = np.select([table["n_owners"] == 0, table["n_owners"] > crowded_above], ["orphan", "crowded"], "owned")
    return table[OWNERS]


# ---------------------------------------------------------------- what moved


def what_moved(responsibility: pd.DataFrame, evaluation: pd.DataFrame | None) -> pd.DataFrame:
    """Return per agency, owned target, series and place how the indicator moved, or why that cannot be told.

    Parameters
    ----------
    evaluation
        target, SERIES, REF_AREA, verdict (a status of the evaluation); None when nothing was evaluated.

    Returns
    -------
    DataFrame
        `move`: better, worse, changed (no better side is known), none; `reason`: `not_evaluated` (no evaluation given), `no_series` (no
        indicator of the target), or the verdict that tells no move. No row claims that the agency caused it.
    """
    own = take(responsibility, "responsibility", text=["agency_id", "target", "role"])
    own = own.loc[own["role"] == "owner", ["agency_id", "target"]].drop_duplicates().sort_values(["agency_id", "target"], kind="stable")
    if evaluation is None:
        return own.assign(SERIES="", REF_AREA="", verdict="", move="none", reason="not_evaluated")[MOVED].reset_index(drop=True)
    seen = take(evaluation, "evaluation", text=["target", "SERIES", "REF_AREA", "verdict"])
    table = own.merge(seen, on="target", how="left").fillna("")
    table["move"] = table["verdict"].map(DIRECTIONS).fillna("none").astype("str")
    blank = table["SERIES"] == ""
    table["reason"] = np.where(blank, "no_series", np.where(table["move"] == "none", table["verdict"], ""))
    return table[MOVED].reset_index(drop=True)


# ---------------------------------------------------------------- what is late


def what_is_late(*, today, activity=None, project=None, decision=None) -> pd.DataFrame:
    """Return every activity and decision that is due: its agency, due day, whether late, and by how many days.

    Parameters
    ----------
    today
        Day as of which lateness is counted: what was closed later is open on that day, and decisions of later quarters are not made yet.
    activity, project
        Planned and done dates; the lead agency of the project answers for it.
    decision
        Due and closed dates; the owner agency answers for it. Dropped decisions are not listed.

    Returns
    -------
    DataFrame
        `state`: open_late (not done, day past), done_late, done_in_time, not_due, and cannot_be_told with the reason
        `no_due_date`, `no_project` or `done_without_date` (called done, but no day is given). `cluster`: project of an activity, place of a
        decision; what lies in one goes early or late together.
    """
    today = pd.Timestamp(today)
    parts = [_activities(activity, project), _decisions(decision, today)]
    table = pd.concat([p for p in parts if p is not None and len(p)] or [pd.DataFrame(columns=["agency_id", "kind", "id", "REF_AREA", "what_th", "due", "closed", "is_done", "cluster"])])
    due, closed = pd.to_datetime(table["due"]), pd.to_datetime(table["closed"])
    later = closed > today
    done, closed = table["is_done"].astype(bool) & ~later, closed.mask(later)
    reason = np.select([table["agency_id"] == "", due.isna(), done & closed.isna()], ["no_project", "no_due_date", "done_without_date"], "")
    late_by = (closed.where(done, today) - due).dt.days
    state = np.select(
        [reason != "", done & (late_by > 0), done, late_by > 0], ["cannot_be_told", "done_late", "done_in_time", "open_late"], "not_due"
    )
    table = table.assign(
        due_date=_iso(due), closed_date=_iso(closed), days_late=np.where((reason == "") & (late_by > 0), late_by, 0), state=state, reason=reason,
    )  # fmt: skip
    table["days_late"] = table["days_late"].astype(int)
    return table[LATE].sort_values(["agency_id", "days_late", "id"], ascending=[True, False, True], kind="stable", ignore_index=True)


def _iso(days: pd.Series) -> pd.Series:
    return days.dt.strftime("%Y-%m-%d").fillna("").astype("str")


def _activities(activity, project):
    if activity is None:
        return None
    own = take(activity, "activity", text=["activity_id", "project_id"], numbers=["planned", "done"], dates=["planned_date", "done_date"])
    lead = pd.DataFrame(columns=["project_id", "agency_id", "REF_AREA", "name_th"]) if project is None else take(project, "project", text=["project_id", "agency_id", "REF_AREA", "name_th"])
    own = own.merge(lead.drop_duplicates("project_id"), on="project_id", how="left").fillna({"agency_id": "", "REF_AREA": "", "name_th": ""})
    whole = (own["done"] >= own["planned"]) & (own["planned"] > 0)
    return pd.DataFrame({
        "agency_id": own["agency_id"], "kind": "activity", "id": own["activity_id"], "REF_AREA": own["REF_AREA"], "what_th": own["name_th"],
        "due": own["planned_date"], "closed": own["done_date"], "is_done": own["done_date"].notna() | whole,
        "cluster": own["project_id"],
    })  # fmt: skip


def _decisions(decision, today: pd.Timestamp):
    if decision is None:
        return None
    own = take(
        optional(decision, ["fiscal_quarter"]), "decision", text=["decision_id", "owner_agency_id", "REF_AREA", "text_th", "status"],
        dates=["due_date", "closed_date"], quarters=["fiscal_quarter"],
    )  # fmt: skip
    made = own["fiscal_quarter"].map(lambda q: not q or quarter_start(q) <= today).astype(bool)
    own = own[(own["status"] != "dropped") & made]
    return pd.DataFrame({
        "agency_id": own["owner_agency_id"], "kind": "decision", "id": own["decision_id"], "REF_AREA": own["REF_AREA"], "what_th": own["text_th"],
        "due": own["due_date"], "closed": own["closed_date"], "is_done": own["status"] == "done",
        "cluster": own["REF_AREA"],
    })  # fmt: skip


DUE = ("open_late", "done_late", "done_in_time")
"""States of what was due by the day of the report, and whose lateness can be told."""


def share_late(late: pd.DataFrame) -> Share:
    """Return the share of due activities and decisions that are or were late, its interval over clusters."""
    due = late[late["state"].isin(DUE)]
    return _clustered(due["state"] != "done_in_time", due)


def _clustered(hits: pd.Series, rows: pd.DataFrame) -> Share:
    parts = pd.DataFrame({"hit": hits.astype(float), "all": 1.0}).groupby(rows["kind"] + rows["cluster"]).sum()
    return clustered_share(parts["hit"], parts["all"])


# ---------------------------------------------------------------- which data are owed


def data_owed(*, today, gaps=None, kpi=None, kpi_days: int = KPI_DAYS) -> pd.DataFrame:
    """Return which data each agency owes, with the day they were due and a late flag.

    Parameters
    ----------
    gaps
        The gap register: owner, SERIES, REF_AREA, TIME_PERIOD, due_date.
    kpi
        KPI forms: a blank quarter whose year has reached it is owed, due `kpi_days` after the quarter's end.
    """
    today = pd.Timestamp(today)
    parts = [_gaps_owed(gaps), _kpi_owed(kpi, today, kpi_days)]
    parts = [p for p in parts if p is not None and len(p)]
    if not parts:
        return pd.DataFrame(columns=OWES)
    table = pd.concat(parts)
    table["days_late"] = (today - table["due"]).dt.days.clip(lower=0).fillna(0).astype(int)
    table = table.assign(due_date=_iso(table["due"]), late=table["due"] < today)
    return table[OWES].sort_values(["agency_id", "due_date", "id", "REF_AREA"], kind="stable", ignore_index=True)


def _gaps_owed(gaps):
    if gaps is None:
        return None
    own = take(gaps, "gaps", text=["owner", "SERIES", "REF_AREA", "TIME_PERIOD"], dates=["due_date"])
    return pd.DataFrame({"agency_id": own["owner"], "kind": "indicator", "id": own["SERIES"], "REF_AREA": own["REF_AREA"], "period": own["TIME_PERIOD"], "due": own["due_date"]})


def _kpi_owed(kpi, today: pd.Timestamp, days: int):
    if kpi is None:
        return None
    own = take(kpi, "kpi", text=["kpi_id", "agency_id", "REF_AREA"], numbers=["fiscal_year", "q1", "q2", "q3", "q4"])
    own = own[own["fiscal_year"].notna()]
    parts = []
    for q in (1, 2, 3, 4):
        blank = own[own[f"q{q}"].isna()]
        names = [f"{int(year)}Q{q}" for year in blank["fiscal_year"]]
        ends = pd.Series([quarter_end(n) for n in names], index=blank.index, dtype="datetime64[ns]")
        part = pd.DataFrame({
            "agency_id": blank["agency_id"], "kind": "kpi", "id": blank["kpi_id"], "REF_AREA": blank["REF_AREA"], "period": names, "due": ends + pd.Timedelta(days=days),
        })  # fmt: skip
        parts.append(part[ends < today])  # a quarter that is still running is owed by nobody
    return pd.concat(parts)


# ---------------------------------------------------------------- the agency's line and page


def agency_summary(agency: pd.DataFrame, matrix: pd.DataFrame, moved: pd.DataFrame, late: pd.DataFrame, owed: pd.DataFrame) -> pd.DataFrame:
    """Return one row per agency, every one listed: targets owned, what moved, what is late (share of what is due, interval over projects), what it owes.

    `reason`: `owns_nothing`, `nothing_due` (so no share can be told), `;` between.
    """
    names = optional(agency, ["name_en"])
    names = take(names, "agency", text=["agency_id", "name_th", "name_en"]).drop_duplicates("agency_id")
    rows = []
    for one in names.to_dict("records"):
        key = one["agency_id"]
        mine, goals = moved[moved["agency_id"] == key], matrix[matrix["agency_id"] == key]
        due = late[(late["agency_id"] == key) & late["state"].isin(DUE)]
        n_late = int((due["state"] != "done_in_time").sum())
        share, debts = share_late(due), owed[owed["agency_id"] == key]
        n_owned = int(goals["n_owned"].sum())
        reason = [name for name, holds in (("owns_nothing", not n_owned), ("nothing_due", not len(due))) if holds]
        rows.append(one | {
            "n_owned": n_owned, "n_goals": int((goals["n_owned"] > 0).sum()),
            **{f"n_{m}": int((mine["move"] == m).sum()) for m in ("better", "worse", "changed")}, "n_not_told": int((mine["move"] == "none").sum()),
            "n_open": int((due["state"] == "open_late").sum()), "n_late": n_late, "share_late": share.share, "ci_low": share.ci_low, "ci_high": share.ci_high,
            "n_owed": len(debts), "n_owed_late": int(debts["late"].sum()), "reason": ";".join(reason),
        })  # fmt: skip
    return pd.DataFrame(rows, columns=SUMMARY)


def agency_page(key: str, matrix: pd.DataFrame, moved: pd.DataFrame, late: pd.DataFrame, owed: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the four tables of one agency's page: owns (17 goals), moved, late (open ones first), owes."""
    mine = late[(late["agency_id"] == key) & late["state"].isin(["open_late", "done_late", "cannot_be_told"])]
    order = mine["state"].map({"open_late": 0, "done_late": 1}).fillna(2)
    return {
        "owns": matrix[matrix["agency_id"] == key].reset_index(drop=True),
        "moved": moved[moved["agency_id"] == key].reset_index(drop=True),
        "late": mine.iloc[np.lexsort([-mine["days_late"], order])].reset_index(drop=True),
        "owes": owed[owed["agency_id"] == key].reset_index(drop=True),
    }


# ---------------------------------------------------------------- bodies


def body_timeline(body: pd.DataFrame, meeting: pd.DataFrame, decision: pd.DataFrame) -> pd.DataFrame:
    """Return per body and fiscal quarter how often it met, what it decided, and how much of that is done.

    Every body has a row; one that never met has the reason `no_meeting`, a meeting without a day `no_date`.
    """
    bodies = take(optional(body, ["name_en", "chair_role"]), "body", text=["body_id", "name_th", "name_en", "level", "chair_role"])
    met = take(meeting, "meeting", text=["meeting_id", "body_id"], dates=["meeting_date"])
    met["fiscal_quarter"] = quarters_of(met["meeting_date"])
    made = take(decision, "decision", text=["decision_id", "meeting_id", "status"])
    made = made.merge(met[["meeting_id", "body_id", "fiscal_quarter"]], on="meeting_id")
    meetings = met.groupby(["body_id", "fiscal_quarter"]).size().rename("n_meetings")
    counts = {f"n_{name}": made[keep].groupby(["body_id", "fiscal_quarter"]).size() for name, keep in (
        ("decisions", made["status"] != ""), ("done", made["status"] == "done"), ("open", made["status"] == "open"),
    )}  # fmt: skip
    table = meetings.to_frame().join(pd.DataFrame(counts)).fillna(0).astype(int).reset_index()
    table = bodies.merge(table, on="body_id", how="left")
    numbers = ["n_meetings", *counts]
    table[numbers] = table[numbers].fillna(0).astype(int)
    table["reason"] = np.where(table["n_meetings"] == 0, "no_meeting", np.where(table["fiscal_quarter"].fillna("") == "", "no_date", ""))
    table["fiscal_quarter"] = table["fiscal_quarter"].fillna("").astype("str")
    return table.sort_values(["body_id", "fiscal_quarter"], kind="stable", ignore_index=True)


# ---------------------------------------------------------------- partnerships

STATUS_WORDS = {
    "planned": ("วางแผนไว้ ยังไม่เริ่ม", "planned, not begun"),
    "active": ("ดำเนินการอยู่", "active"),
    "ended": ("สิ้นสุดแล้ว", "ended"),
}  # fmt: skip
DOUBT_WORDS = {
    "start_day_past": ("วันเริ่มตามแผนผ่านไปแล้ว แต่สถานะยังเป็นวางแผน", "the planned start is past, and the status is still planned"),
    "begun_already": ("พบการดำเนินการแล้ว แม้สถานะยังเป็นวางแผน", "something was delivered already, though the status is planned"),
    "not_started_yet": ("สถานะดำเนินการอยู่ แต่วันเริ่มยังมาไม่ถึง", "called active before its start"),
    "end_day_past": ("สถานะดำเนินการอยู่ แต่วันสิ้นสุดผ่านไปแล้ว", "called active after its end"),
    "no_sign": ("ยังไม่พบทรัพยากรหรือโครงการที่บันทึกไว้", "no resource or project is recorded"),
    "no_start_date": ("ไม่ระบุวันเริ่ม", "no start is given"),
    "start_after_end": ("วันเริ่มอยู่หลังวันสิ้นสุด", "it starts after it ends"),
}  # fmt: skip
PARTNERSHIP = [
    "agreement_id", "partner_a", "partner_b", "a_th", "b_th", "a_en", "b_en", "topic", "status", "status_th", "status_en", "planned_start", "first_sign",
    "slip_days", "n_resources", "n_delivered", "n_projects", "doubt", "doubt_th", "doubt_en", "reason",
]  # fmt: skip


def partnership_rows(agreement: pd.DataFrame, partner: pd.DataFrame, *, today, agency=None, resource=None, project_partner=None, activity=None) -> pd.DataFrame:
    """Return one row per agreement: its status as stated, never better, planned start against the first sign of work, and doubts.

    The status is what the register says: an agreement that is `planned` is called planned even when its day is past or something was delivered,
    and the row says so under `doubt`. `first_sign` is the earliest resource delivered or activity done of a project with one of the partners;
    `slip_days` is how much later than the planned start it came, and the reason says why there is none: `not_begun` or `no_start_date`.
    """
    today = pd.Timestamp(today)
    own = take(agreement, "agreement", text=["agreement_id", "partner_a", "partner_b", "topic", "status"], dates=["start_date", "end_date"])
    names = _names(partner, agency)
    rows = []
    for row in own.to_dict("records"):
        sides = [row["partner_a"], row["partner_b"]]
        signs = _signs(set(sides) & set(take(partner, "partner", text=["partner_id"])["partner_id"]), resource, project_partner, activity)
        start, end, first = row["start_date"], row["end_date"], signs.pop("first")
        begun = pd.notna(first) and first <= today
        doubts = [name for name, holds in (
            ("start_after_end", pd.notna(start) and pd.notna(end) and start > end),
            ("start_day_past", row["status"] == "planned" and pd.notna(start) and start < today),
            ("begun_already", row["status"] == "planned" and begun),
            ("not_started_yet", row["status"] == "active" and pd.notna(start) and start > today),
            ("end_day_past", row["status"] == "active" and pd.notna(end) and end < today),
            ("no_sign", row["status"] == "active" and not begun),
            ("no_start_date", pd.isna(start)),
        ) if holds]  # fmt: skip
        slip = (first - start).days if begun and pd.notna(start) else np.nan
        rows.append({
            **row, **{f"{side}_{lang}": names[lang].get(one, one) for side, one in zip("ab", sides, strict=True) for lang in ("th", "en")},
            "status_th": STATUS_WORDS.get(row["status"], (row["status"],) * 2)[0], "status_en": STATUS_WORDS.get(row["status"], (row["status"],) * 2)[1],
            "planned_start": "" if pd.isna(start) else f"{start:%Y-%m-%d}", "first_sign": f"{first:%Y-%m-%d}" if begun else "", "slip_days": slip, **signs,
            "doubt": ";".join(doubts), "doubt_th": "; ".join(DOUBT_WORDS[d][0] for d in doubts), "doubt_en": "; ".join(DOUBT_WORDS[d][1] for d in doubts),
            "reason": "" if pd.notna(slip) else "no_start_date" if begun else "not_begun",
        })  # fmt: skip
    return pd.DataFrame(rows, columns=PARTNERSHIP)


def _names(partner: pd.DataFrame, agency) -> dict[str, dict]:
    """Names of partners and agencies by their code; the Thai one where there is no English."""
    named: dict[str, dict] = {"th": {}, "en": {}}
    for table, key, name in ((agency, "agency_id", "agency"), (partner, "partner_id", "partner")):
        if table is not None:
            for row in take(optional(table, ["name_en"]), name, text=[key, "name_th", "name_en"]).to_dict("records"):
                named["th"][row[key]], named["en"][row[key]] = row["name_th"], row["name_en"] or row["name_th"]
    return named


def _signs(partners: set[str], resource, project_partner, activity) -> dict:
    """What shows that partners are at work: resources, those delivered, projects, and the first day of any."""
    days, found = [], {"n_resources": 0, "n_delivered": 0, "n_projects": 0}
    if resource is not None:
        own = take(resource, "resource", text=["resource_id", "donor"], dates=["delivered_date"])
        own = own[own["donor"].isin(partners)]
        found |= {"n_resources": len(own), "n_delivered": int(own["delivered_date"].notna().sum())}
        days += list(own["delivered_date"].dropna())
    if project_partner is not None:
        links = take(project_partner, "project_partner", text=["project_id", "partner_id"])
        ids = set(links.loc[links["partner_id"].isin(partners), "project_id"])
        found["n_projects"] = len(ids)
        if activity is not None:
            done = take(activity, "activity", text=["project_id"], dates=["done_date"])
            days += list(done.loc[done["project_id"].isin(ids), "done_date"].dropna())
    return found | {"first": min(days, default=pd.NaT)}


def partner_matrix(partner: pd.DataFrame, project_partner: pd.DataFrame, project: pd.DataFrame, project_target: pd.DataFrame) -> pd.DataFrame:
    """Return per partner and goal, all 17 for every partner: projects, provinces (`areas`, `;` between), roles. UN agencies first, then donors, then the rest.

    A partner without any project is there with zeros: what it supports is not recorded, which is not the same as nothing.
    """
    own = take(optional(partner, ["name_en"]), "partner", text=["partner_id", "name_th", "name_en", "partner_type"])
    order = own["partner_type"].map({"un": 0, "donor": 1}).fillna(2)
    own = own.iloc[np.lexsort([own["partner_id"], order])]
    links = take(project_partner, "project_partner", text=["project_id", "partner_id", "role"])
    links = links.merge(take(project, "project", text=["project_id", "REF_AREA"]).drop_duplicates("project_id"), on="project_id")
    goals = take(project_target, "project_target", text=["project_id", "target"])
    links = links.merge(goals.assign(goal=goal_of(goals["target"]))[["project_id", "goal"]].drop_duplicates(), on="project_id", how="left").fillna({"goal": UNTAGGED})
    counts = links.groupby(["partner_id", "goal"]).agg(n_projects=("project_id", "nunique"), n_areas=("REF_AREA", "nunique"), areas=("REF_AREA", lambda r: ";".join(sorted(set(r)))), roles=("role", lambda r: ";".join(sorted(set(r)))))
    outside = [UNTAGGED] if (links["goal"] == UNTAGGED).any() else []
    keys = pd.MultiIndex.from_product([own["partner_id"], [*GOALS, *outside]], names=["partner_id", "goal"])
    table = counts.reindex(keys).reset_index().merge(own, on="partner_id")
    table[["n_projects", "n_areas"]] = table[["n_projects", "n_areas"]].fillna(0).astype(int)
    some = set(links["partner_id"])
    table["reason"] = np.where(table["partner_id"].isin(some), np.where(table["n_projects"] > 0, "", "no_project_of_goal"), "no_project_recorded")
    table[["areas", "roles"]] = table[["areas", "roles"]].fillna("")
    return table[["partner_id", "name_th", "name_en", "partner_type", "goal", "n_projects", "n_areas", "areas", "roles", "reason"]]


# ---------------------------------------------------------------- the committee's page

BRIEF = ["line", "section", "text_th", "text_en", "result_id", "n", "reason"]
BRIEF_LINES = 20
"""Lines that one printed page holds at the size of the ministry's letters."""
SECTIONS = {
    "decisions": ("มติและข้อสั่งการ", "Decisions"),
    "late": ("งานที่ล่าช้า", "What is late"),
    "owners": ("เจ้าภาพ", "Owners"),
    "data": ("ข้อมูลที่ค้างส่ง", "Data owed"),
    "moved": ("สิ่งที่เปลี่ยนแปลง", "What moved"),
    "partners": ("ความร่วมมือ", "Partnership"),
    "vnr": ("รายการ VNR", "VNR register"),
}  # fmt: skip
"""Sections of the brief, always all of them, in the order in which a chair asks."""


def committee_brief(*, summary: pd.DataFrame, owners: pd.DataFrame, late: pd.DataFrame, partnerships: pd.DataFrame, quarter: str, vnr=None, worst: int = 3) -> pd.DataFrame:
    """Return the committee's page as lines, Thai and English, each with the id of its result and its n.

    Every section of SECTIONS has a line, with the reason where there is nothing to say.

    Parameters
    ----------
    summary, owners, late, partnerships
        From `agency_summary`, `target_owners`, `what_is_late`, `partnership_rows`.
    quarter
        Fiscal quarter of the brief; the result ids carry it.
    vnr
        A `register.VnrSet`, or None when no register is at hand.
    worst
        Agencies named under what is late: those with most open late items, ties all in.
    """
    lines = [
        *_decision_lines(late), *_late_lines(summary, late, worst), *_owner_lines(owners), *_data_lines(summary), *_moved_lines(summary),
        *_partner_lines(partnerships), *_vnr_lines(vnr),
    ]  # fmt: skip
    table = pd.DataFrame(lines, columns=["section", "text_th", "text_en", "key", "n", "reason"])
    table["result_id"] = "brief." + quarter_name(quarter_number(quarter)) + "." + table["section"] + "." + table["key"]
    return table.assign(line=range(1, len(table) + 1))[BRIEF]


def _share_text(hits: pd.Series, rows: pd.DataFrame) -> tuple[str, str]:
    """A share in words, with its interval: 3 of 8 (38%, 95% CI 14-69%)."""
    found, part, n = _clustered(hits, rows), int(hits.sum()), len(rows)
    low, high = f"{100 * found.ci_low:.0f}", f"{100 * found.ci_high:.0f}"
    return (
        f"{part} จาก {n} รายการ (ร้อยละ {100 * found.share:.0f} ช่วงความเชื่อมั่นร้อยละ 95: {low}–{high})",
        f"{part} of {n} ({100 * found.share:.0f}%, 95% CI {low}–{high}%)",
    )


def _decision_lines(late: pd.DataFrame) -> list[tuple]:
    own = late[late["kind"] == "decision"]
    if own.empty:
        return [("decisions", "ยังไม่มีมติที่บันทึกไว้", "No decision is recorded.", "none", 0, "no_decision")]
    overdue, done = own[own["state"] == "open_late"], own["closed_date"] != ""
    th, en = _share_text(done, own)
    lines = [("decisions", f"มติที่ทำเสร็จแล้ว {th}", f"Decisions carried out: {en}.", "done", len(own), "")]
    if len(overdue):
        first = overdue.sort_values("days_late", ascending=False, kind="stable").iloc[0]
        lines.append((
            "decisions", f"มติที่เกินกำหนด {len(overdue)} รายการ เกินนานที่สุด {first['days_late']} วัน: {first['what_th']} ({first['agency_id']})",
            f"Open decisions past their day: {len(overdue)}, the oldest by {first['days_late']} days ({first['id']}, {first['agency_id']}).", "overdue", len(overdue), "",
        ))  # fmt: skip
    else:
        lines.append(("decisions", "ไม่มีมติที่เกินกำหนด", "No open decision is past its day.", "overdue", 0, ""))
    if unknown := int((own["state"] == "cannot_be_told").sum()):
        lines.append(("decisions", f"มติ {unknown} รายการไม่มีวันครบกำหนดหรือวันที่เสร็จ จึงบอกไม่ได้ว่าล่าช้าหรือไม่", f"{unknown} decisions lack a due or a closing day: whether they are late cannot be told.", "undated", unknown, "no_date"))
    return lines


def _late_lines(summary: pd.DataFrame, late: pd.DataFrame, worst: int) -> list[tuple]:
    due = late[late["state"].isin(DUE)]
    if due.empty:
        return [("late", "ยังไม่มีงานที่ถึงกำหนด", "Nothing is due yet.", "none", 0, "nothing_due")]
    th, en = _share_text(due["state"] != "done_in_time", due)
    lines = [("late", f"งานที่ถึงกำหนดแล้วล่าช้า {th}", f"Of what is due, late: {en}.", "all", len(due), "")]
    open_ones = summary[summary["n_open"] > 0]
    top = open_ones.nlargest(worst, "n_open", keep="all")
    lines += [
        ("late", f"{r['name_th']}: ค้าง {r['n_open']} รายการ", f"{r['name_en'] or r['name_th']}: {r['n_open']} open and late.", r["agency_id"], int(r["n_open"]), "")
        for r in top.head(2 * worst).to_dict("records")
    ]
    if len(top) > 2 * worst:
        lines.append(("late", f"และอีก {len(top) - 2 * worst} หน่วยงานที่ค้างเท่ากัน", f"and {len(top) - 2 * worst} more agencies with as many.", "more", len(top) - 2 * worst, ""))
    return lines


def _owner_lines(owners: pd.DataFrame) -> list[tuple]:
    lines = []
    for state, th, en in (("orphan", "เป้าประสงค์ที่ไม่มีเจ้าภาพ", "Targets without an owner"), ("crowded", f"เป้าประสงค์ที่มีเจ้าภาพเกิน {CROWDED_ABOVE} หน่วยงาน", f"Targets with more than {CROWDED_ABOVE} owners")):
        own = owners[owners["state"] == state]
        by_goal = own.groupby("goal", sort=False).size()
        spread = ", ".join(f"SDG {goal}: {count}" for goal, count in by_goal.nlargest(5).items())
        shown = (f" (มากที่สุด {spread})", f" (most in {spread})") if len(own) else ("", "")
        lines.append(("owners", f"{th} {len(own)} จาก {len(owners)}{shown[0]}", f"{en}: {len(own)} of {len(owners)}{shown[1]}.", state, len(owners), "" if len(owners) else "no_target"))
    return lines


def _data_lines(summary: pd.DataFrame) -> list[tuple]:
    total, late = int(summary["n_owed"].sum()), int(summary["n_owed_late"].sum())
    if not total:
        return [("data", "ไม่มีข้อมูลค้างส่งตามที่บันทึกไว้", "No data are owed, as far as is recorded.", "none", 0, "nothing_owed")]
    most = summary.loc[summary["n_owed_late"].idxmax()]
    tail = (f" มากที่สุดคือ {most['name_th']} ({most['n_owed_late']})", f", most by {most['name_en'] or most['name_th']} ({most['n_owed_late']})") if late else ("", "")
    return [("data", f"ข้อมูลค้างส่ง {total} รายการ เลยกำหนดแล้ว {late}{tail[0]}", f"Data owed: {total}, past their day: {late}{tail[1]}.", "owed", total, "")]


def _moved_lines(summary: pd.DataFrame) -> list[tuple]:
    counts = {m: int(summary[f"n_{m}"].sum()) for m in ("better", "worse", "changed", "not_told")}
    n = sum(counts.values())
    if counts["not_told"] == n:
        return [("moved", "ยังบอกไม่ได้ว่าตัวชี้วัดที่หน่วยงานรับผิดชอบเปลี่ยนแปลงหรือไม่", "It cannot be told yet whether indicators of the agencies' targets moved.", "none", n, "cannot_be_told")]
    return [(
        "moved", f"ตัวชี้วัดของเป้าประสงค์ที่มีเจ้าภาพ: ดีขึ้น {counts['better']} แย่ลง {counts['worse']} เปลี่ยนแปลง {counts['changed']} ยังบอกไม่ได้ {counts['not_told']} (จาก {n}; ไม่ใช่ผลของหน่วยงานใดโดยลำพัง)",
        f"Indicators of owned targets: {counts['better']} better, {counts['worse']} worse, {counts['changed']} changed, {counts['not_told']} cannot be told (of {n}; no agency's doing alone).",
        "counts", n, "",
    )]  # fmt: skip


def _partner_lines(partnerships: pd.DataFrame) -> list[tuple]:
    if partnerships.empty:
        return [("partners", "ยังไม่มีความตกลงที่บันทึกไว้", "No agreement is recorded.", "none", 0, "no_agreement")]
    lines = []
    for status, part in partnerships.groupby("status", sort=True):
        th, en = STATUS_WORDS.get(status, (status, status))
        names = [sorted(set(part[f"{side}_{lang}"])) for lang in ("th", "en") for side in ("a", "b")]
        doubts = int((part["doubt"] != "").sum())
        tail = (f"; มีข้อสังเกต {doubts}", f"; {doubts} with a remark") if doubts else ("", "")
        lines.append((
            "partners", f"{th}: {len(part)} ความตกลง ({', '.join(names[0])} – {', '.join(names[1])}){tail[0]}",
            f"{en}: {len(part)} agreements ({', '.join(names[2])} – {', '.join(names[3])}){tail[1]}.", status, len(part), "",
        ))  # fmt: skip
    return lines


def _vnr_lines(vnr) -> list[tuple]:
    if vnr is None:
        return [("vnr", "ยังไม่มีทะเบียน VNR", "No VNR register is at hand.", "none", 0, "no_register")]
    return [("vnr", vnr.text("th"), vnr.text("en"), vnr.state, vnr.found, "" if vnr.complete else vnr.state)]
