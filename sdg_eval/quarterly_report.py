"""The quarterly report of one province: what was said and done, what changed, what to do, what to send, and how sure it is.

Monitoring and nothing more: it says what is recorded and how it differs from the quarter before, never what brought it
about. Everything is as known on the last day of the quarter, so that a report of an earlier quarter can be made again.
Two speeds stand side by side: delivery moves by the quarter, outcomes by the year. An outcome without a new value in
the quarter says so and gets no verdict.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd

from sdg_eval.delivery.awareness import read_scores
from sdg_eval.delivery.chain import (
    NO_RESULT,
    SEVERE,
    chain_by_goal,
    mismatches,
    need_cover,
    need_to_result,
)
from sdg_eval.delivery.columns import table_columns
from sdg_eval.delivery.decisions import (
    decision_states,
    follow_through,
    loop_closure,
    what_was_said,
)
from sdg_eval.delivery.known import as_known
from sdg_eval.delivery.lasting import (
    community_hours,
    community_share,
    group_formation,
    group_survival,
    leadership_context,
    mechanism_fates,
)
from sdg_eval.delivery.money import disbursement_pace, money_by_goal, money_by_source
from sdg_eval.delivery.participation import SILENT_BELOW, adoption, read_rooms, representativeness
from sdg_eval.delivery.partners import (
    active_projects,
    missing_networks,
    network_shares,
    one_team,
    partner_balance,
)
from sdg_eval.delivery.plans import difference_interval, plan_diff, plan_presence, plan_quality, plan_revision
from sdg_eval.delivery.quarters import (
    quarter_end,
    quarter_start,
    quarters_between,
    quarters_of,
    shift_quarter,
)
from sdg_eval.delivery.steps import (
    activity_delivery,
    concrete_results,
    mechanism_maturity,
    slippage,
    step_tracker,
)
from sdg_eval.delivery.tables import SYNTHETIC, Delivery, empty_table, with_registers
from sdg_eval.detectability import evaluate_detectability
from sdg_eval.errors import DataError, UsageError
from sdg_eval.evaluation import status_of
from sdg_eval.gap_register import gap_register, usual_due
from sdg_eval.observations import FREQUENCIES, select_totals
from sdg_eval.panels import is_province
from sdg_eval.people_report import CHANGE_BY, shown_change, shown_decay, shown_reach
from sdg_eval.progress import evaluate_progress
from sdg_eval.quality import evaluate_quality
from sdg_eval.report_files import write_report_files
from sdg_eval.store import csv_bytes, parquet_bytes, write_atomic, write_json
from sdg_eval.suppression import THRESHOLD
from sdg_eval.trends import evaluate_trends

BANGKOK = "TH-10"
PROGRAMME = "undp_pilot"
WRITTEN = "quarterly-report"
"""Source of findings that a report wrote itself, when its data are not synthetic."""
SEND_DAYS = 30
"""Days after the end of the quarter by which its data are asked for, as for the KPI form."""
MOST_ACTIONS = 5
MOST_SERIES = 5
"""Outcome series named on the page that asks for data; all are in the table."""
YEAR = 4
QUARTERLY_TABLES = ("activity", "budget", "participation", "mechanism", "leadership", "decision")
"""Tables that a province sends every quarter, in the order in which they are asked for; the KPI form is looked at by its quarter's cell."""
NEEDED = ("activity", "budget", "mechanism")
"""Of these, the ones without which a quarter cannot be reported at all; of the others none may have happened."""

# ---------------------------------------------------------------- the rule of the actions

KIND_ORDER = (
    "data_missing", "decision_overdue", "need_uncovered", "mechanism_lapsed", "mechanism_absent", "mechanism_order", "pace", "group_silent", "network_missing", "kpi", "plan_missing",
    "target_dropped", "money_without_activity", "activities_late", "silo", "step_late", "awareness_decay",
)  # fmt: skip
"""What comes first: data without which nothing can be told; what was decided and is overdue; severe needs that no plan answers; the
mechanism; money behind plan; groups never heard; networks never there; forms that look wrong; then the plan and the work itself. One
action of each kind before a second of any; within a kind the more severe, the longer, the more baht, then the id."""
LATER = ("need_uncovered", "network_missing", "plan_missing", "target_dropped", "silo")
"""What takes a revision of plan or project: due in two quarters. The rest is due in the next."""
BEHIND = 0.8
"""Pace is a finding when the whole interval of paid over planned so far lies below this. Ours: hardly any plan is paid to the last baht."""
FADED = 0.5
"""A training's gain has faded when even the upper end of what is left lies below this part of it."""
ALONE = 0.5
"""Projects are done alone when even the lower end of the share of single agencies lies above this."""

FINDINGS = [
    "finding_id", "kind", "subject", "place", "weight", "k", "n", "value", "ci_low", "ci_high", "thb", "days", "detail_th", "detail_en", "owner_id",
    "owner_th", "owner_en", "due_quarter",
]  # fmt: skip
CHANGED = [
    "measure", "step_no", "k", "n", "value", "ci_low", "ci_high", "unit", "before_quarter", "before", "change", "change_low", "change_high",
    "year_before", "thb", "thb_plan", "state", "day", "sure", "source", "reason",
]  # fmt: skip
OUTCOMES = [
    "goal", "SERIES", "FREQ", "indicator", "new", "last_period", "last_value", "arrived", "next_period", "next_due", "status", "reason",
]  # fmt: skip
SEND = ["kind", "subject", "table", "what_th", "what_en", "fix_th", "fix_en", "k", "n", "owner_th", "owner_en", "due_date", "reason"]
SENT = ["table", "rows", "state", "rows_before"]
SENT_ROWS = ["REF_AREA", "table", "n_rows", "n_filled", "sent", "reason"]
SENT_TABLES = {
    "activity": ("done", "done_date"), "budget": ("disbursed_thb",), "mechanism": ("committee_exists", "meetings_held"), "leadership": ("governor_led_events",),
}  # fmt: skip
"""Tables sent every quarter, and the cells of which one must be filled for a row to say anything; the KPI form beside them."""


@dataclass(frozen=True, eq=False)
class QuarterReport:
    """One province and quarter: the tables behind the two pages, then those of the evaluation part.

    `trends` holds the full rows of outcomes with a new value; `outcomes` lists all of them, and every goal without any.
    """

    area: str
    quarter: str
    report_year: int
    synthetic: bool
    window: tuple[str, str]
    sent: pd.DataFrame
    loop: pd.DataFrame
    closure: pd.DataFrame
    changed: pd.DataFrame
    outcomes: pd.DataFrame
    trends: pd.DataFrame
    findings: pd.DataFrame
    actions: pd.DataFrame
    to_send: pd.DataFrame
    flags: pd.DataFrame
    plans: pd.DataFrame
    quality: pd.DataFrame
    revision: pd.DataFrame
    plan_items: pd.DataFrame
    chain: pd.DataFrame
    goals: pd.DataFrame
    mismatch: pd.DataFrame
    cover: pd.DataFrame
    pace: pd.DataFrame
    sources: pd.DataFrame
    money: pd.DataFrame
    networks: pd.DataFrame
    balance: pd.DataFrame
    project_networks: pd.DataFrame
    team: pd.DataFrame
    groups: pd.DataFrame
    adopted: pd.DataFrame
    reach: pd.DataFrame
    awareness: pd.DataFrame
    decay: pd.DataFrame
    delivered: pd.DataFrame
    concrete: pd.DataFrame
    slippage: pd.DataFrame
    steps: pd.DataFrame
    maturity: pd.DataFrame
    fate: pd.DataFrame
    decisions: pd.DataFrame
    follow: pd.DataFrame
    local_groups: pd.DataFrame
    group_life: pd.DataFrame
    community: pd.DataFrame
    hours: pd.DataFrame
    leaders: pd.DataFrame
    origins: pd.DataFrame

    @property
    def nothing_sent(self) -> bool:
        """True when the province sent no table at all for the quarter."""
        return bool((self.sent["rows"] == 0).all())


# ---------------------------------------------------------------- what was known on the last day of the quarter


def with_scores(delivery: Delivery, path) -> Delivery:
    """Return the delivery with the training scores of a CSV file beside it; unchanged for an empty path.

    Scores are rows of persons and live apart; only figures of ten persons or more leave this report.
    """
    if not path:
        return delivery
    from sdg_eval.delivery.contract import typed

    try:
        raw = pd.read_csv(path, dtype="str", keep_default_na=False, encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read ({error}). Give the file of training scores, or nothing.") from error
    return replace(delivery, tables=dict(delivery.tables) | {"training_score": typed("training_score", raw)[0]})


def _table(tables: dict, name: str) -> pd.DataFrame:
    return tables[name] if name in tables else empty_table(name)


def own_tables(delivery: Delivery, area: str) -> Delivery:
    """Return the rows of one province: its own tables, the projects that it registered or that spend there, and what hangs on them."""
    tables = {name: frame[frame["REF_AREA"] == area].reset_index(drop=True) if "REF_AREA" in frame else frame for name, frame in delivery.tables.items()}
    known = partial(_table, tables)
    every = _table(delivery.tables, "project")
    ids = set(known("project")["project_id"]) | set(known("budget")["project_id"])
    tables["project"] = every[every["project_id"].isin(ids)].reset_index(drop=True)
    for name in ("activity", "project_target", "project_agency", "project_partner"):
        frame = known(name)
        tables[name] = frame[frame["project_id"].isin(ids)].reset_index(drop=True)
    for name, key, other in (("plan_item", "plan_id", "plan"), ("participation_group", "event_id", "participation"), ("training_score", "event_id", "training")):
        frame = known(name)
        tables[name] = frame[frame[key].isin(known(other)[key])].reset_index(drop=True)
    return replace(delivery, tables=tables)


def arrivals(observations: pd.DataFrame, codelists) -> pd.Series:
    """Return for each row the day by which its value was there to be used.

    The rule: the last day of its period plus the usual lag of the agency that owns the series. A file that says of which day its
    figures are (`as_of`), or else the day on which we took it in (`vintage`), corrects this: no value came later than that day,
    and the newest period that this file has of a series in a province came on it, since that is what the file was new for.
    """
    lags = {code: int(codelists.owner_of(code)["usual_lag_months"]) for code in set(observations["SERIES"])}
    due = {(s, p): usual_due(p, lags[s]) for s, p in observations[["SERIES", "TIME_PERIOD"]].drop_duplicates().itertuples(index=False)}
    usual = pd.Series(pd.to_datetime([due[key] for key in zip(observations["SERIES"], observations["TIME_PERIOD"], strict=True)]), index=observations.index, dtype="datetime64[ns]")
    stated = observations["as_of"].where(observations["as_of"] != "", observations["vintage"]).str[:10]
    stated = pd.to_datetime(stated.where(stated.str.fullmatch(r"\d{4}-\d\d-\d\d"), None)).astype("datetime64[ns]")
    # the newest of its own file: a later file does not change on which day an earlier one came
    newest = observations["TIME_PERIOD"] == observations.groupby(["SERIES", "REF_AREA", "FREQ", stated.rename("stated")], dropna=False)["TIME_PERIOD"].transform("max")
    came = usual.where(stated.isna() | (usual <= stated), stated)
    return came.where(stated.isna() | ~newest, stated)


# ---------------------------------------------------------------- outcomes, at their own speed


def arrived(observations: pd.DataFrame, codelists, quarter: str) -> tuple[pd.DataFrame, pd.Series]:
    """Return (the provinces' values of evaluated series that had arrived by the quarter's end, the day each came)."""
    wanted = observations[observations["SERIES"].isin(codelists.evaluated) & is_province(observations["REF_AREA"]) & observations["FREQ"].isin(list(FREQUENCIES))]
    wanted = select_totals(wanted)
    came = arrivals(wanted, codelists)
    there = came <= quarter_end(quarter)
    return wanted[there], came[there]


def outcomes_of(observations: pd.DataFrame, codelists, area: str, quarter: str, *, report_year: int, prepared: Prepared | None = None):
    """Return (outcomes, trends, all trends): every outcome of a province, and a verdict for those with a new value.

    A value is new when it arrived in the quarter (`arrivals`). Only then is its trend told, with the false-discovery control over
    all provinces; otherwise `status` is `no_new_value` and there is nothing to draw an arrow from.
    """
    known, came = arrived(observations, codelists, quarter)
    year = min(report_year, quarter_end(quarter).year)
    trends = evaluate_trends(known, series=codelists.series, report_year=year) if prepared is None else prepared.trends
    own = trends[trends["REF_AREA"] == area]
    # what these data could show at all is worked out where a verdict is given, and nowhere else
    fresh = own[[bool(f) for f in _is_new(known, came, own, area, quarter)]]
    pace = evaluate_progress(known[known["REF_AREA"] == area], fresh, codelists, report_year=year).rename(columns={"required_pace": "wanted_pace"})
    able = evaluate_detectability(fresh, pace) if len(fresh) else pd.DataFrame(columns=["SERIES", "REF_AREA", "FREQ"])
    own = own.merge(able.drop(columns=[c for c in able.columns if c in own.columns and c not in ("SERIES", "REF_AREA", "FREQ")]), on=["SERIES", "REF_AREA", "FREQ"], how="left")
    text = [c for c in ("tells", "verdict_from") if c in own.columns]
    own = own.assign(**{c: own[c].astype("object").where(own[c].notna(), "") for c in text})
    own["status"] = [status_of(row) for row in own.to_dict("records")]
    outcomes = _outcome_rows(known, came, own, codelists, area, quarter)
    new = outcomes.loc[outcomes["new"], ["SERIES", "FREQ"]]
    return outcomes, own.merge(new, on=["SERIES", "FREQ"]), own


def _is_new(known, came, own, area: str, quarter: str) -> list[bool]:
    """For each row of trends, whether the newest value of its series arrived in the quarter."""
    mine = known[(known["REF_AREA"] == area) & known["OBS_VALUE"].notna()].assign(arrived=came).sort_values("TIME_PERIOD", kind="stable")
    last = mine.groupby(["SERIES", "FREQ"])["arrived"].last().to_dict()
    return [last.get(key, pd.Timestamp.min) >= quarter_start(quarter) for key in zip(own["SERIES"], own["FREQ"], strict=True)]


def _outcome_rows(known, came, own, codelists, area: str, quarter: str) -> pd.DataFrame:
    mine = known[(known["REF_AREA"] == area) & known["OBS_VALUE"].notna()].assign(arrived=came)
    coast = codelists.area(area)["coast"] == "1"
    status = own.set_index(["SERIES", "FREQ"])["status"].to_dict()
    chosen = own.set_index(["SERIES", "FREQ"])["preferred"].to_dict()
    rows = []
    for (code, freq), values in mine.groupby(["SERIES", "FREQ"], sort=True):
        if not chosen.get((code, freq), True):
            continue
        series, last = codelists.series_row(code), values.sort_values("TIME_PERIOD").iloc[-1]
        lag = int(codelists.owner_of(code)["usual_lag_months"])
        new = last["arrived"] >= quarter_start(quarter)
        following = _next_period(last["TIME_PERIOD"])
        rows.append({
            "goal": series["goal"], "SERIES": code, "FREQ": freq, "indicator": series["indicator"], "new": bool(new), "last_period": last["TIME_PERIOD"],
            "last_value": last["OBS_VALUE"], "arrived": f"{last['arrived']:%Y-%m-%d}", "next_period": following,
            "next_due": usual_due(following, lag).isoformat() if following else "", "status": status.get((code, freq), "insufficient") if new else "no_new_value",
            "reason": "" if new else "no_new_value",
        })  # fmt: skip
    inland = {"14"} if not coast else set()
    for goal in map(str, range(1, 18)):
        if goal not in {row["goal"] for row in rows}:
            rows.append({"goal": goal, "SERIES": "", "FREQ": "", "indicator": "", "new": False, "last_period": "", "last_value": np.nan, "arrived": "", "next_period": "", "next_due": "", "status": "no_data", "reason": "goal_needs_coast" if goal in inland else "no_values"})
    table = pd.DataFrame(rows, columns=OUTCOMES)
    order = table["goal"].astype(int).replace(0, 99)
    return table.assign(order=order).sort_values(["order", "SERIES", "FREQ"], kind="stable").drop(columns="order").reset_index(drop=True)


def _next_period(period: str) -> str:
    """The period after a year, quarter or month; '' for another form."""
    if period.isdigit():
        return str(int(period) + 1)
    year, _, part = period.partition("-")
    if part[:1] == "Q":
        return f"{int(year) + 1}-Q1" if part == "Q4" else f"{year}-Q{int(part[1]) + 1}"
    if part.isdigit():
        return f"{int(year) + 1}-01" if part == "12" else f"{year}-{int(part) + 1:02d}"
    return ""


def results_by_target(own: pd.DataFrame, codelists, area: str) -> pd.DataFrame:
    """Return REF_AREA, target, verdict of the outcomes of a province: what the chain from need to result ends in."""
    series = codelists.series.set_index("SERIES")["indicator"]
    targets = own["SERIES"].map(series).fillna("").str.rsplit(".", n=1).str[0]
    rows = pd.DataFrame({"REF_AREA": area, "target": targets, "verdict": own["status"]})
    return rows[(rows["target"] != "") & (rows["verdict"] != "no_data")].reset_index(drop=True)


# ---------------------------------------------------------------- the report


@dataclass(frozen=True)
class Prepared:
    """What is told of a quarter over all provinces, as known at its end: trends, values not sent yet (`gaps`), flags, what may be
    shown of scores, and who was in the room (`groups`)."""

    trends: pd.DataFrame
    gaps: pd.DataFrame
    flags: pd.DataFrame
    change: pd.DataFrame
    decay: pd.DataFrame
    groups: pd.DataFrame


PREPARED = "quarter"
"""Folder below a batch's national tables that holds what `write_prepared` wrote."""


def prepare_quarter(observations: pd.DataFrame, delivery: Delivery, codelists, quarter: str, *, report_year: int) -> Prepared:
    """Return what the reports of all provinces share, so that a batch computes it once."""
    known, _ = arrived(observations, codelists, quarter)
    year, every = min(report_year, quarter_end(quarter).year), as_known(with_registers(delivery), quarter)
    return Prepared(
        evaluate_trends(known, series=codelists.series, report_year=year), _gaps(known, codelists, quarter, year), all_flags(with_registers(delivery), quarter),
        *_scores_shown(every), _groups(every, codelists.provinces),
    )  # fmt: skip


def _gaps(known: pd.DataFrame, codelists, quarter: str, year: int) -> pd.DataFrame:
    """The values that should have been out by the end of the quarter and were not."""
    quality = evaluate_quality(known, codelists, report_year=year)
    return gap_register(known, codelists, SimpleNamespace(quality=quality), report_year=year, on=quarter_end(quarter).date()) if len(known) else pd.DataFrame(columns=["REF_AREA"])


def _groups(every: Delivery, areas) -> pd.DataFrame:
    """Each group's share in the room; how alike the people of one event are is estimated over all provinces."""
    return _without_counts(representativeness(every.participation, every.participation_group, every.population_group, areas=list(areas)))


def write_prepared(prepared: Prepared, folder) -> None:
    """Write the shared tables of a quarter below a batch's national folder."""
    for part in fields(Prepared):
        write_atomic(Path(folder) / PREPARED / f"{part.name}.parquet", parquet_bytes(getattr(prepared, part.name)))


def read_prepared(national) -> Prepared | None:
    """Return what `write_prepared` wrote; None for no folder: the report then works it out itself."""
    if not national or not all((Path(national) / PREPARED / f"{part.name}.parquet").exists() for part in fields(Prepared)):
        return None
    return Prepared(**{part.name: pd.read_parquet(Path(national) / PREPARED / f"{part.name}.parquet") for part in fields(Prepared)})


def evaluate_quarter(
    observations: pd.DataFrame, delivery: Delivery, codelists, area: str, quarter: str, *, report_year: int, prepared: Prepared | None = None,
) -> QuarterReport:  # fmt: skip
    """Return the report of one province and fiscal quarter, as known on the last day of the quarter.

    Parameters
    ----------
    observations
        Observations of all provinces, derived series included, after suppression.
    delivery
        Delivery tables of all provinces (`read_delivery`); with `with_scores` awareness can be told too.
    quarter
        Thai fiscal quarter, as 2567Q2.
    prepared
        What `prepare_quarter` returned for the same tables and quarter, where many provinces are reported; None works it out.

    Raises
    ------
    UsageError
        For a code that is not a province, or a text that is no fiscal quarter.
    """
    if area not in set(codelists.provinces):
        raise UsageError(f"{area!r} is not a province. Write the ISO code, as TH-50 for Chiang Mai.")
    try:
        before = shift_quarter(quarter, -1)
    except DataError as error:
        raise UsageError(str(error)) from error
    synthetic = delivery.synthetic or bool((observations["source"] == SYNTHETIC).any())
    every = as_known(with_registers(delivery), quarter, year_plan=True)
    own = own_tables(every, area)
    outcomes, trends, all_trends = outcomes_of(observations, codelists, area, quarter, report_year=report_year, prepared=prepared)
    chain = need_to_result(
        need=own.need, plan=own.plan, plan_item=own.plan_item, project=own.project, project_target=own.project_target, budget=own.budget,
        activity=own.activity, as_of=quarter, results=results_by_target(all_trends, codelists, area), areas=[area],
    )  # fmt: skip
    chain = chain[chain["REF_AREA"] == area].reset_index(drop=True)
    start, end = programme_days(codelists)
    window = (quarters_of(pd.Series([start])).iloc[0], end)
    parts = _parts(own, chain, area, quarter, window)
    parts["groups"] = _only(_groups(every, [area]) if prepared is None else prepared.groups, area)
    # a batch may have prepared the quarter without the restricted scores, which this report has
    scores = (prepared.change, prepared.decay) if prepared is not None and (len(prepared.change) or every.training_score.empty) else _scores_shown(every)
    parts["awareness"], parts["decay"] = (_of_events(table, list(own.training["event_id"])) for table in scores)
    flags = flags_of(all_flags(every, quarter) if prepared is None else prepared.flags, area)
    gaps = _gaps(arrived(observations, codelists, quarter)[0], codelists, quarter, min(report_year, quarter_end(quarter).year)) if prepared is None else prepared.gaps
    sent = tables_sent(own, area, quarter)
    changed = what_changed(own, parts, sent, area, quarter, before)
    owners = _Owners(own, area, codelists)
    findings = find(own, parts, changed, sent, flags, owners, area, quarter)
    loop = what_was_said(own.said, own.decision, own.adjustment, own.activity, area, quarter, project=own.project)
    closed = dict(zip(parts["decisions"]["decision_id"], parts["decisions"]["closed_date"], strict=True))
    loop = loop.assign(closed_date=[closed.get(d, pd.NaT) for d in loop["decision_id"]], still_found=[_still(f, findings, parts | {"chain": chain}, changed, sent, own, quarter) for f in loop["finding_id"]])
    return QuarterReport(
        area=area, quarter=quarter, report_year=report_year, synthetic=synthetic, window=window, sent=sent, loop=loop,
        closure=_only(loop_closure(own.said, own.decision, own.adjustment, as_of=quarter, areas=[area]), area), changed=changed, outcomes=outcomes,
        trends=trends, findings=findings, actions=choose_actions(findings), to_send=what_to_send(own, sent, flags, gaps, codelists, owners, area, quarter),
        flags=flags, chain=chain, origins=_origins(own), **parts,
    )  # fmt: skip


def programme_days(codelists) -> tuple[pd.Timestamp, str]:
    """Return the programme's first day, and the fiscal quarter in which it ends."""
    row = codelists.programmes.set_index("programme").loc[PROGRAMME]
    end = quarters_of(pd.Series(pd.to_datetime([row["end"] + "-01"])))
    return pd.Timestamp(row["start"] + "-01"), end.iloc[0]


def _only(table: pd.DataFrame, area: str) -> pd.DataFrame:
    return table[table["REF_AREA"] == area].reset_index(drop=True)


def _parts(own: Delivery, chain: pd.DataFrame, area: str, quarter: str, window) -> dict[str, pd.DataFrame]:
    """The tables of the evaluation part, each of the province alone."""
    only, areas, year = partial(_only, area=area), [area], int(quarter[:4])
    this_year = own.budget[own.budget["fiscal_quarter"].str[:4] == quarter[:4]]
    begun = own.project[own.project["REF_AREA"] == area]
    active = active_projects(begun, quarter)
    pace = only(disbursement_pace(own.budget, as_of=quarter, areas=areas))
    parts = {
        "plans": only(plan_presence(own.plan, own.plan_item, areas=areas)),
        "quality": only(plan_quality(own.plan, own.plan_item, areas=areas)),
        "revision": only(plan_revision(own.plan, own.plan_item, areas=areas)),
        "plan_items": only(plan_diff(own.plan, own.plan_item, areas=areas)),
        "goals": _goals_listed(chain, area), "mismatch": mismatches(chain), "cover": _cover(chain, area),
        "pace": pace, "sources": only(money_by_source(this_year, areas=areas)),
        "money": only(money_by_goal(this_year, own.project_target, needs=own.need, areas=areas)),
        # who is missing and who works alone shows over projects, not within a quarter: all that have begun are counted
        "networks": only(network_shares(begun, own.project_partner, areas=areas)),
        "balance": only(partner_balance(active, own.project_partner, areas=areas)),
        "project_networks": missing_networks(active, own.project_partner),
        "team": only(one_team(begun, own.project_agency, areas=areas)),
        "adopted": only(adoption(own.participation, areas=areas)),
        "reach": shown_reach(own.training, "REF_AREA", areas).rename(columns={"name": "REF_AREA"}).drop(columns="by").pipe(only),
        "delivered": only(activity_delivery(own.activity, own.project, as_of=quarter, areas=areas)),
        "concrete": only(concrete_results(own.activity, own.project, own.evidence, as_of=quarter, areas=areas)),
        "slippage": only(slippage(own.activity, own.project, as_of=quarter, areas=areas)),
        "steps": only(step_tracker(own.milestone, as_of=quarter, areas=areas)),
        "maturity": only(mechanism_maturity(own.mechanism, as_of=quarter, areas=areas)),
        "fate": only(mechanism_fates(own.mechanism, programme_end=window[1], as_of=quarter, areas=areas)),
        "decisions": decision_states(own.decision, own.meeting, as_of=quarter),
        "follow": only(follow_through(own.decision, own.meeting, as_of=quarter, areas=areas)),
        "local_groups": only(group_formation(own.local_group, as_of=quarter, areas=areas)),
        "group_life": only(group_survival(own.local_group, as_of=quarter, areas=areas)),
        "community": only(community_share(begun, areas=areas)),
        "hours": only(community_hours(own.activity, own.project, as_of=quarter, areas=areas)),
        "leaders": only(leadership_context(own.leadership, as_of=quarter, areas=areas)),
    }  # fmt: skip
    parts["sources"] = _sources_listed(parts["sources"], area, year)
    return parts


def _goals_listed(chain: pd.DataFrame, area: str) -> pd.DataFrame:
    """The chain by goal; without any chain the 17 goals with the reason."""
    if len(chain):
        return chain_by_goal(chain)
    blank = pd.DataFrame({"REF_AREA": area, "target": ["0"], "goal": ["1"]})
    from sdg_eval.delivery.chain import CHAIN

    table = chain_by_goal(blank.reindex(columns=CHAIN).astype({"result": "object", "broken_link": "object"}).fillna({"result": NO_RESULT, "broken_link": ""}).fillna(0))
    return table.assign(n_targets=0, broken_link="", severity=np.nan, reason="no_rows", ci_low=np.nan, ci_high=np.nan, share_broken=np.nan)


def _cover(chain: pd.DataFrame, area: str) -> pd.DataFrame:
    return need_cover(chain) if len(chain) else pd.DataFrame([{"REF_AREA": area, "share_covered": np.nan, "ci_low": np.nan, "ci_high": np.nan, "covered": 0, "n": 0, "plan_items": 0, "without_need": 0, "untagged": 0, "reason": "no_needs"}])


def _sources_listed(table: pd.DataFrame, area: str, year: int) -> pd.DataFrame:
    """Four sources of money, whether or not any has been reported this year."""
    if len(table):
        return table
    rows = [{"REF_AREA": area, "fiscal_year": year, "source_type": s, "n": 0, "n_with": 0, "reason": "no_rows"} for s in ("public", "private", "donor", "local")]
    return pd.DataFrame(rows).reindex(columns=table.columns)


def _scores_shown(every: Delivery) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Change and decay of every training, blank wherever the national report on awareness blanks them.

    What is shown here stands beside what is shown there, so the same chain over all provinces decides: a training that may be
    shown alone may give few persons away beside its agency's or province's row.
    """
    training, rows = every.training, every.training_score
    held = read_scores(training, rows)
    seen: list[frozenset] = []
    later: list[frozenset] = []
    change = [shown_change(training, rows, held, by, None, seen) for by in CHANGE_BY][-1]
    decay = [shown_decay(training, rows, held, by, None, seen, later) for by in ("REF_AREA", "event_id")][-1]
    return change, decay


def _of_events(table: pd.DataFrame, events: list[str]) -> pd.DataFrame:
    """The rows of the events named, in their order; one without scores says so."""
    own = table.drop(columns="by").rename(columns={"name": "event_id"}).set_index("event_id").reindex(events)
    words = [c for c in ("wilcoxon_method", "method", "ci_kind") if c in own]
    numbers = {c: own[c].astype(float) for c in own.columns.difference([*words, "reason"])}
    return own.assign(reason=own["reason"].astype("object").fillna("no_scores"), **{c: own[c].astype("object").fillna("") for c in words}, **numbers).rename_axis("event_id").reset_index()


def _without_counts(groups: pd.DataFrame) -> pd.DataFrame:
    """The groups in the room by rounded shares: counts of two quarters, subtracted, would tell how few came in between."""
    nobody = groups["participants"] == 0
    rounded = {c: groups[c].astype(float).round(2) for c in ("share", "ratio", "ci_low", "ci_high")}
    return groups.assign(**rounded, nobody=nobody).drop(columns=["participants", "n_participants", "n_eff"])


def _origins(own: Delivery) -> pd.DataFrame:
    """Which sources the rows of each table name."""
    rows = [(name, source, n) for name, frame in own.tables.items() if "source" in frame and "REF_AREA" in {s.column for s in table_columns(name)} for source, n in frame["source"].value_counts().sort_index().items()]
    return pd.DataFrame(rows, columns=["table", "source", "rows"])


# ---------------------------------------------------------------- what was sent


def what_was_sent(known: Delivery, quarter: str, areas, *, tables: dict[str, tuple[str, ...]] = SENT_TABLES) -> pd.DataFrame:
    """Return one row per province and table that is sent every quarter: its rows of the quarter, and how many say anything.

    A row that is there with every figure blank is not sent: a plan brings the rows, a report fills their cells. Reasons:
    `nothing_sent` (no table at all), `not_sent` (not this one), `all_blank` (rows without a figure).
    """
    owner = known.project.drop_duplicates("project_id").set_index("project_id")["REF_AREA"]
    parts = []
    for name, cells in tables.items():
        frame = getattr(known, name)
        if "fiscal_quarter" not in frame:
            frame = frame.assign(fiscal_quarter=quarters_of(frame["event_date"].replace("", None)))
        now = frame[frame["fiscal_quarter"] == quarter]
        area = now["REF_AREA"] if "REF_AREA" in now else now["project_id"].map(owner)
        filled = np.logical_or.reduce([now[c].notna() & (now[c].astype("object") != "") for c in cells]) if len(now) else np.zeros(0, dtype=bool)
        parts.append(pd.DataFrame({"REF_AREA": area.to_numpy(), "table": name, "filled": filled}))
    forms = known.kpi[(known.kpi["fiscal_year"] == int(quarter[:4])).fillna(False).astype(bool)]
    parts.append(pd.DataFrame({"REF_AREA": forms["REF_AREA"].to_numpy(), "table": "kpi", "filled": forms[f"q{quarter[-1]}"].notna().to_numpy()}))
    counts = pd.concat(parts, ignore_index=True).groupby(["REF_AREA", "table"])["filled"].agg(["size", "sum"])
    keys = pd.MultiIndex.from_product([list(areas), [*tables, "kpi"]], names=["REF_AREA", "table"])
    table = counts.reindex(keys, fill_value=0).astype(int).reset_index().rename(columns={"size": "n_rows", "sum": "n_filled"})
    table["sent"] = table["n_filled"] > 0
    anything = table.groupby("REF_AREA")["sent"].transform("any")
    table["reason"] = np.select([table["sent"], ~anything, table["n_rows"] > 0], ["", "nothing_sent", "all_blank"], "not_sent")
    return table[SENT_ROWS]


def tables_sent(own: Delivery, area: str, quarter: str) -> pd.DataFrame:
    """Return per table of the quarter how many rows with a figure the province sent (`what_was_sent`), and its state.

    state: `sent`, `partly` (due activities or planned money without a report), `missing` (nothing; the quarter cannot be told
    without it), `none` (nothing, and perhaps nothing happened).
    """
    cells = SENT_TABLES | {"participation": ("event_date",), "decision": ("decision_id",)}
    now, earlier = (what_was_sent(own, q, [area], tables=cells).set_index("table") for q in (quarter, shift_quarter(quarter, -1)))
    rows = []
    for name in QUARTERLY_TABLES:
        filled, there = now.at[name, "n_filled"], now.at[name, "n_rows"]
        gap = name in ("activity", "budget") and filled < there
        state = "partly" if filled and gap else "sent" if filled else "missing" if name in NEEDED else "none"
        rows.append({"table": name, "rows": int(filled), "state": state, "rows_before": int(earlier.at[name, "n_filled"])})
    forms, filled = _forms_due(own, quarter), int(now.at["kpi", "n_filled"])
    state = "none" if forms.empty else "sent" if filled == len(forms) else "partly" if filled else "missing"
    rows.append({"table": "kpi", "rows": filled, "state": state, "rows_before": len(forms)})
    return pd.DataFrame(rows, columns=SENT)


def _forms_due(own: Delivery, quarter: str) -> pd.DataFrame:
    """The KPI forms of the year of which a figure of the quarter is to be expected: those whose project runs in it, or is not known."""
    forms = own.kpi[(own.kpi["fiscal_year"] == int(quarter[:4])).fillna(False).astype(bool)]
    idle = set(own.project["project_id"]) - set(active_projects(own.project, quarter)["project_id"])
    return forms[~forms["project_id"].isin(idle) | forms[f"q{quarter[-1]}"].notna()]


# ---------------------------------------------------------------- what changed


def _measure(name: str, source: str, now: dict, before: dict, year: dict | None = None, *, unit: str = "share", **more) -> dict:
    """One row: value, its interval and n now, the value of the quarter before, the difference to the year before with its interval, how sure.

    Quarters of a fiscal year differ by season, so only the same quarter of the year before is tested against.
    """
    year = year or {}
    row = dict.fromkeys(CHANGED, np.nan) | {"measure": name, "source": source, "unit": unit, "state": "", "day": "", "reason": "", "before_quarter": "", "step_no": ""}
    row |= {k: now.get(k, np.nan) for k in ("k", "n", "value", "ci_low", "ci_high")} | more
    value, old = row["value"], year.get("value", np.nan)
    row["before"], row["year_before"] = before.get("value", np.nan), old
    if old == old and value == value:
        row["change"] = value - old
        if all(x == x for x in (row["ci_low"], row["ci_high"], year.get("ci_low", np.nan), year.get("ci_high", np.nan))):
            row["change_low"], row["change_high"] = difference_interval(old, year["ci_low"], year["ci_high"], value, row["ci_low"], row["ci_high"])
    row["sure"] = row["sure"] if isinstance(row["sure"], str) else _sure(row)
    return row


def _sure(row: dict) -> str:
    """How surely the measure changed."""
    if row["value"] != row["value"]:
        return "cannot_be_told"
    if row["unit"] in ("count", "level"):
        return "counted"
    if row["ci_low"] != row["ci_low"]:
        return "few"
    if row["year_before"] != row["year_before"]:
        return "no_before"
    if row["change_low"] != row["change_low"]:
        return "few"
    return "changed" if row["change_low"] > 0 or row["change_high"] < 0 else "not_told_apart"


def what_changed(own: Delivery, parts: dict, sent: pd.DataFrame, area: str, quarter: str, before: str) -> pd.DataFrame:
    """Return one row per measure of the quarter: activities, money, the four steps, mechanism, participation, decisions.

    A share has its interval and n. Its change on the same quarter of the year before has an interval too; the quarter before
    stands beside it untested, since quarters of a fiscal year differ. What was not sent is blank with the reason `not_sent`, never 0.
    """
    state = sent.set_index("table")["state"].to_dict()
    rows = [
        _activities(parts["delivered"], state["activity"], quarter, before), _money(parts["pace"], state["budget"], quarter, before),
        *_steps(own, parts["steps"], area, before), _mechanism(own, parts["maturity"], quarter, before), *_rooms(own, area, quarter, before, heard=(sent["rows"] > 0).any()),
        _followed(own, area, quarter, before, parts["follow"], heard=(sent["rows"] > 0).any()),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=CHANGED)


def _at(table: pd.DataFrame, quarter: str, **names) -> dict:
    """The row of a quarter with its columns renamed to value, ci_low, ci_high, n, k; empty where there is none."""
    rows = table[table["fiscal_quarter"] == quarter]
    return {} if rows.empty else {new: rows.iloc[0][old] for new, old in names.items()}


def _activities(delivered: pd.DataFrame, state: str, quarter: str, before: str) -> dict:
    names = {"value": "share", "ci_low": "ci_low", "ci_high": "ci_high", "n": "n", "k": "done"}
    now, old, year = (_at(delivered, q, **names) for q in (quarter, before, shift_quarter(quarter, -YEAR)))
    if state == "missing" or not now or not now["n"] or _at(delivered, quarter, r="reason")["r"] == "not_reported":
        return _measure("activities", "activity", {}, {}, year, before_quarter=before, reason="not_sent" if state == "missing" else "not_reported")
    return _measure("activities", "activity", now, old, year, before_quarter=before)


def _money(pace: pd.DataFrame, state: str, quarter: str, before: str) -> dict:
    names = {"value": "pace", "ci_low": "ci_low", "ci_high": "ci_high", "n": "n", "thb": "cum_disbursed_thb", "thb_plan": "cum_planned_thb", "reason": "reason"}
    now, old, year = (_at(pace, q, **names) for q in (quarter, before, shift_quarter(quarter, -YEAR)))
    if state == "missing" or not now or now["reason"] in ("not_reported", "no_rows"):
        return _measure("money", "budget", {}, {}, year, unit="pace", before_quarter=before, reason="not_sent" if state == "missing" else "not_reported")
    # running totals begin anew with the fiscal year, and those of one year hold each other's money: no test
    same_year = before[:4] == quarter[:4]
    row = _measure("money", "budget", now, {"value": old.get("value", np.nan)} if same_year else {}, year, unit="pace", before_quarter=before if same_year else "", thb=now["thb"], thb_plan=now["thb_plan"], reason=now["reason"])
    behind = row["ci_high"] < BEHIND
    return row | {"sure": "few" if row["ci_high"] != row["ci_high"] else "behind" if behind else "not_behind"}


def _steps(own: Delivery, steps: pd.DataFrame, area: str, before: str) -> list[dict]:
    old = _only(step_tracker(own.milestone, as_of=before, areas=[area]), area).set_index("step_no")["state"].to_dict()
    rows = []
    for step in steps.to_dict("records"):
        day = step["actual_date"] if step["state"] == "done" else step["planned_date"]
        new = step["state"] == "done" and old.get(step["step_no"]) != "done"
        rows.append(_measure(
            "step", "milestone", {"value": float(step["state"] == "done") if step["state"] != "not_reported" else np.nan, "n": 1}, {}, unit="state", before_quarter=before,
            step_no=str(step["step_no"]), state=step["state"], day="" if pd.isna(day) or day == "" else f"{pd.Timestamp(day):%Y-%m-%d}",
            change=float(new), sure="counted" if step["state"] != "not_reported" else "cannot_be_told", reason="" if step["state"] != "not_reported" else "not_reported",
        ))  # fmt: skip
    return rows


def _mechanism(own: Delivery, maturity: pd.DataFrame, quarter: str, before: str) -> dict:
    now, old = (_at(maturity, q, value="maturity", rung="next_rung", reason="reason") for q in (quarter, before))
    told = now.get("value", np.nan)
    rows = own.mechanism[own.mechanism["fiscal_quarter"] == quarter]
    rung = "order" if told == 0 and rows["committee_exists"].eq(1).any() else str(now.get("rung", "") or "")
    more = {"state": rung if told == told else "", "before_quarter": before, "reason": "" if told == told else "not_sent"}
    return _measure("mechanism", "mechanism", {"value": told, "n": 1 if told == told else np.nan}, old, unit="level", **more)


def _rooms(own: Delivery, area: str, quarter: str, before: str, *, heard: bool) -> list[dict]:
    """Events of the quarter with the people in them, and what became of proposals over four quarters beside the four before.

    Where the province sent nothing at all (not `heard`), no event on record is not the same as none held.
    """
    rooms = read_rooms(own.participation, own.participation_group)
    events = own.participation.assign(fiscal_quarter=quarters_of(own.participation["event_date"].replace("", None)))
    everyone = rooms.set_index("event_id")["everyone"] if "event_id" in rooms else rooms["everyone"]
    counted = {}
    for q in (quarter, before):
        ids = events.loc[events["fiscal_quarter"] == q, "event_id"]
        counted[q] = {"value": float(len(ids)), "n": float(len(ids)), "k": everyone.reindex(ids).sum(min_count=1) if len(ids) else np.nan}
    none = "no_rows" if not len(events) else "not_sent" if not heard else ""
    people = counted[quarter]["k"]
    few = 0 < people < THRESHOLD
    now = counted[quarter] | {"k": np.nan if few else people}
    rows = [_measure("events", "participation", {} if none else now, {} if none else counted[before], unit="count", before_quarter=before, state="suppressed" if few and not none else "", reason=none)]
    spans = [quarters_between(shift_quarter(quarter, -YEAR + 1 - back), shift_quarter(quarter, -back)) for back in (0, YEAR)]
    found = []
    for span in spans:
        got = _only(adoption(own.participation, areas=[area], quarters=span), area).iloc[0]
        found.append({"value": got["adoption_rate"], "ci_low": got["ci_low"], "ci_high": got["ci_high"], "n": got["proposals"], "k": got["adopted"]})
    reason = "not_sent" if not heard and len(events) else "" if found[0]["value"] == found[0]["value"] else "no_proposals"
    return [*rows, _measure("adoption", "participation", found[0] if not reason else {}, {}, found[1], before_quarter=spans[1][-1], reason=reason)]


def _followed(own: Delivery, area: str, quarter: str, before: str, follow: pd.DataFrame, *, heard: bool) -> dict:
    now = follow.iloc[0]
    if not heard and now["n"]:
        return _measure("decisions", "decision", {}, {}, before_quarter=before, reason="not_sent")
    old = _only(follow_through(own.decision, own.meeting, as_of=before, areas=[area]), area).iloc[0]
    pick = [{"value": r["share"], "ci_low": r["ci_low"], "ci_high": r["ci_high"], "n": r["n"], "k": r["done"]} for r in (now, old)]
    row = _measure("decisions", "decision", pick[0] if now["n"] else {}, {"value": pick[1]["value"]}, before_quarter=before, reason="" if now["n"] else "nothing_due")
    # the same decisions are in both: what differs between the two is counted, not drawn
    return row | {"sure": "counted" if row["value"] == row["value"] else row["sure"]}


# ---------------------------------------------------------------- forms that look wrong


def all_flags(delivery: Delivery, quarter: str) -> pd.DataFrame:
    """Return the flags on every province's KPI forms and money of this fiscal year and the last, with explanation and suggested fix.

    Forms are held against those of all provinces. Nothing is corrected: a flag is a question to the office that filled the form.
    """
    from sdg_eval.delivery.kpi_checks import check_kpis

    known = as_known(delivery, quarter, year_plan=True)
    found = check_kpis(known.kpi, budget=known.budget, activity=known.activity)
    year = pd.to_numeric(found["fiscal_year"], errors="coerce")
    return found[~(year < int(quarter[:4]) - 1)].reset_index(drop=True)


def flags_of(flags: pd.DataFrame, area: str) -> pd.DataFrame:
    """Return the flags of one province."""
    return flags[flags["REF_AREA"] == area].reset_index(drop=True)


# ---------------------------------------------------------------- findings, actions, what to send


class _Owners:
    """Who answers for what in a province: code, Thai and English name."""

    def __init__(self, own: Delivery, area: str, codelists):
        self.names = own.agency.drop_duplicates("agency_id").set_index("agency_id")[["name_th", "name_en"]].to_dict("index")
        th, en = codelists.area_name(area, "th"), codelists.area_name(area, "en")
        bangkok = area == BANGKOK
        self.province = ("province", th if bangkok else f"สำนักงานจังหวัด{th}", "Bangkok Metropolitan Administration" if bangkok else f"{en} Provincial Office")
        self.governor = ("governor", "ผู้ว่าราชการกรุงเทพมหานคร" if bangkok else f"ผู้ว่าราชการจังหวัด{th}", f"the Governor of {en}")
        owners = own.responsibility[own.responsibility["role"] == "owner"].sort_values(["target", "agency_id"], kind="stable")
        self.targets = owners.drop_duplicates("target").set_index("target")["agency_id"].to_dict()
        self.leads = own.project.drop_duplicates("project_id").set_index("project_id")["agency_id"].to_dict()

        self.rows = own.budget.drop_duplicates("budget_id").set_index("budget_id")["project_id"].map(self.leads).to_dict()

    def of_flag(self, flag: dict) -> tuple[str, str, str]:
        """The agency of a flagged form; of a flagged row of money the lead of its project."""
        code = str(flag["agency_id"])
        return self.agency(code if code in self.names else str(self.rows.get(str(flag["key"]), "")))

    def agency(self, code: str) -> tuple[str, str, str]:
        """The agency of a code; the province's office where it is blank or nobody knows it."""
        if code not in self.names:
            return self.province
        return code, self.names[code]["name_th"], self.names[code]["name_en"] or self.names[code]["name_th"]

    def of_target(self, target: str) -> tuple[str, str, str]:
        return self.agency(self.targets.get(target, ""))

    def of_most(self, projects, amounts=None) -> tuple[str, str, str]:
        """The lead agency to which most of the rows (or of the amounts) belong; between equals the first by code."""
        leads = pd.Series([self.leads.get(p, "") for p in projects], dtype="object")
        size = pd.Series(1.0, index=leads.index) if amounts is None else pd.Series(list(amounts), dtype=float)
        sums = size.groupby(leads).sum().sort_index()
        return self.agency(sums.idxmax()) if len(sums) else self.province


def _finding(kind: str, owner: tuple, *, subject: str = "", weight: float = 0.0, **more) -> dict:
    head = {"finding_id": f"{kind}:{subject}" if subject else kind, "kind": kind, "subject": subject, "place": KIND_ORDER.index(kind), "weight": float(weight)}
    names = dict(zip(("owner_id", "owner_th", "owner_en"), owner, strict=True))
    return {c: "" if c.startswith("detail") else np.nan for c in FINDINGS} | head | names | more


def find(own: Delivery, parts: dict, changed: pd.DataFrame, sent: pd.DataFrame, flags: pd.DataFrame, owners: _Owners, area: str, quarter: str) -> pd.DataFrame:
    """Return every finding that asks for an action, in the order of KIND_ORDER, the heaviest of a kind first.

    Ids are the same from quarter to quarter (`need_uncovered:3.4`, `group_silent:disability`, `pace`), so that a decision can name
    one, and the next report can say whether it is still found.
    """
    found = [
        *_find_data(sent, owners), *_find_decisions(parts["decisions"], owners), *_find_chain(parts["mismatch"], owners), *_find_mechanism(own, owners),
        *_find_pace(own, changed, owners, quarter), *_find_people(parts, owners), *_find_flags(flags, owners), *_find_plans(parts, owners),
        *_find_work(own, parts, owners, area, quarter),
    ]  # fmt: skip
    table = pd.DataFrame(found, columns=FINDINGS)
    table["due_quarter"] = [shift_quarter(quarter, 2 if kind in LATER else 1) for kind in table["kind"]]
    return table.sort_values(["place", "weight", "finding_id"], ascending=[True, False, True], kind="stable", ignore_index=True)


def _find_data(sent: pd.DataFrame, owners: _Owners) -> list[dict]:
    gone = list(sent.loc[sent["state"] == "missing", "table"])
    gone = [name for name in gone if name != "kpi" or len(gone) > 1]
    return [_finding("data_missing", owners.province, k=len(gone), n=len(sent), detail_th=";".join(gone), detail_en=";".join(gone))] if gone else []


def _find_decisions(decisions: pd.DataFrame, owners: _Owners) -> list[dict]:
    late = decisions[decisions["state"] == "overdue"]
    return [
        _finding(
            "decision_overdue", owners.agency(row["owner_agency_id"]), subject=row["decision_id"], weight=row["days_overdue"], days=row["days_overdue"], k=1, n=len(late),
            detail_th=row["text_th"], detail_en=row["text_th"],
        )
        for row in late.to_dict("records")
    ]  # fmt: skip


def _find_chain(mismatch: pd.DataFrame, owners: _Owners) -> list[dict]:
    found = []
    for row in mismatch.to_dict("records"):
        if row["kind"] == "need_uncovered":
            found.append(_finding("need_uncovered", owners.of_target(row["target"]), subject=row["target"], weight=row["severity"], value=row["severity"]))
        elif row["kind"] == "money_without_activity":
            found.append(_finding("money_without_activity", owners.of_target(row["target"]), subject=row["target"], weight=row["disbursed_thb"], thb=row["disbursed_thb"]))
    return found


def _find_mechanism(own: Delivery, owners: _Owners) -> list[dict]:
    """No committee, or one whose order is not named: a blank order says nothing of whether there is a committee."""
    told = own.mechanism[own.mechanism["committee_exists"].notna()].sort_values("fiscal_quarter", kind="stable")
    if told.empty:
        return []
    last = told.iloc[-1]
    if last["committee_exists"] == 1:
        bare = last["order_no"] in ("", None) and last["order_date"] in ("", None)
        return [_finding("mechanism_order", owners.province, k=0, n=1)] if bare else []
    had = told[told["committee_exists"] == 1]
    if had.empty:
        return [_finding("mechanism_absent", owners.governor, k=0, n=len(told), value=0.0)]
    seen = had["fiscal_quarter"].iloc[-1]
    return [_finding("mechanism_lapsed", owners.governor, detail_th=seen, detail_en=seen, k=0, n=len(told), value=0.0)]


def _find_pace(own: Delivery, changed: pd.DataFrame, owners: _Owners, quarter: str) -> list[dict]:
    row = changed[changed["measure"] == "money"].iloc[0]
    if row["sure"] != "behind":
        return []
    year = own.budget[(own.budget["fiscal_quarter"].str[:4] == quarter[:4]) & own.budget["disbursed_thb"].notna()]
    left = (year["planned_thb"].fillna(0) - year["disbursed_thb"]).groupby(year["project_id"]).sum().clip(lower=0)
    return [_finding(
        "pace", owners.of_most(left.index, left), weight=row["thb_plan"] - row["thb"], thb=row["thb_plan"] - row["thb"], n=row["n"], value=row["value"], ci_low=row["ci_low"],
        ci_high=row["ci_high"],
    )]  # fmt: skip


def _find_people(parts: dict, owners: _Owners) -> list[dict]:
    silent = parts["groups"][parts["groups"]["silent"].astype("object").eq(True)]
    gone = parts["networks"][parts["networks"]["verdict"] == "missing"]
    team = parts["team"].iloc[0]
    found = [
        _finding("group_silent", owners.province, subject=r["group"], weight=r["population_share"], k=0 if r["nobody"] else np.nan, n=r["n_events"], value=r["ratio"], ci_low=r["ci_low"], ci_high=r["ci_high"])
        for r in silent.to_dict("records")
    ]  # fmt: skip
    found += [
        _finding("network_missing", owners.province, subject=r["network_id"], weight=r["n_projects"], k=0, n=r["n_projects"], value=0.0, ci_low=r["ci_low"], ci_high=r["ci_high"])
        for r in gone.to_dict("records")
    ]  # fmt: skip
    if team["ci_low"] > ALONE and team["reason"] == "":
        found.append(_finding("silo", owners.governor, weight=team["share"], k=team["n_single"], n=team["n_projects"], value=team["share"], ci_low=team["ci_low"], ci_high=team["ci_high"]))
    return found


def _find_flags(flags: pd.DataFrame, owners: _Owners) -> list[dict]:
    found = []
    for check, rows in flags.groupby("check", sort=True):
        keys = sorted({one for key in rows["key"].astype(str) for one in key.split(";")})
        strong = (rows["strength"] == "strong").sum()
        found.append(_finding("kpi", owners.of_flag(rows.iloc[0].to_dict()), subject=check, weight=1000.0 * strong + len(keys), k=len(rows), n=len(keys), detail_th=";".join(keys), detail_en=";".join(keys)))
    return found


def _find_plans(parts: dict, owners: _Owners) -> list[dict]:
    plans, revision = parts["plans"], parts["revision"]
    found = [_finding("plan_missing", owners.province, subject=kind) for kind in plans.loc[plans["reason"] == "no_plan", "plan_type"]]
    dropped = sorted({(t, r["plan_type"]) for r in revision.to_dict("records") for t in str(r["targets_dropped"] or "").split(";") if t and t != "nan"})
    return found + [_finding("target_dropped", owners.of_target(t), subject=t, detail_th=kind, detail_en=kind) for t, kind in dropped]


def _find_work(own: Delivery, parts: dict, owners: _Owners, area: str, quarter: str) -> list[dict]:
    found = []
    from sdg_eval.delivery.steps import OPEN, activity_states

    states = activity_states(own.activity, as_of=quarter)
    mine = states["project_id"].map(own.project.drop_duplicates("project_id").set_index("project_id")["REF_AREA"]) == area
    late = states[mine & (states["fiscal_quarter"] == quarter) & states["state"].isin(OPEN)]
    row = parts["delivered"][parts["delivered"]["fiscal_quarter"] == quarter]
    if len(late) and len(row):
        row = row.iloc[0]
        found.append(_finding("activities_late", owners.of_most(late["project_id"]), weight=len(late), k=len(late), n=row["n"], value=row["share"], ci_low=row["ci_low"], ci_high=row["ci_high"]))
    late_steps = parts["steps"][parts["steps"]["state"] == "late"]
    found += [_finding("step_late", owners.province, subject=str(r["step_no"]), weight=r["days_late"], days=r["days_late"]) for r in late_steps.to_dict("records")]
    decay = parts["decay"]
    faded = decay[decay["kept_share_high"] < FADED]
    return found + [
        _finding("awareness_decay", owners.province, subject=r["event_id"], weight=1 - r["kept_share"], n=r["n_three"], value=r["kept_share"], ci_low=r["kept_share_low"], ci_high=r["kept_share_high"])
        for r in faded.to_dict("records")
    ]  # fmt: skip


def choose_actions(findings: pd.DataFrame) -> pd.DataFrame:
    """Return at most MOST_ACTIONS findings, ranked: one of each kind in the order of KIND_ORDER, then second ones in the same order."""
    turn = findings.groupby("kind", sort=False).cumcount()
    chosen = findings.assign(turn=turn).sort_values(["turn", "place"], kind="stable").head(MOST_ACTIONS)
    return chosen.drop(columns="turn").assign(rank=range(1, len(chosen) + 1)).reset_index(drop=True)


def _still(said: str, findings: pd.DataFrame, parts: dict, changed: pd.DataFrame, sent: pd.DataFrame, own: Delivery, quarter: str) -> float:
    """1 when this quarter finds the same, 0 only when what was reported excludes it, blank where it cannot be told.

    That a rule did not find it again may mean no more than too few cases. A bare kind stands for all its findings.
    """
    kind, _, subject = said.partition(":")
    if not said or kind not in KIND_ORDER:
        return np.nan
    if (findings["finding_id"] == said).any() or (not subject and (findings["kind"] == kind).any()):
        return 1.0
    if (sent["rows"] == 0).all():
        return np.nan
    return 0.0 if _excluded(kind, subject, parts, changed.drop_duplicates("measure").set_index("measure"), sent.set_index("table")["state"], own, quarter) else np.nan


def _excluded(kind: str, subject: str, parts: dict, changed: pd.DataFrame, state: pd.Series, own: Delivery, quarter: str) -> bool:
    """Whether the figures of the quarter leave no room for a finding."""

    def row(table: pd.DataFrame, column: str) -> dict:
        rows = table[table[column].astype(str) == subject]
        return rows.iloc[-1].to_dict() if len(rows) else {}

    if kind == "data_missing":
        return True
    if kind in ("mechanism_lapsed", "mechanism_absent", "mechanism_order"):
        now = own.mechanism[own.mechanism["fiscal_quarter"] == quarter]
        named = (now["order_no"] != "") | (now["order_date"] != "")
        return bool((now["committee_exists"].eq(1) & (named | (kind != "mechanism_order"))).any())
    if kind == "pace":
        return bool(changed.at["money", "ci_low"] >= BEHIND)
    if kind == "silo":
        return bool((parts["team"]["ci_high"] <= ALONE).any())
    if kind == "activities_late":
        return bool(state["activity"] == "sent" and changed.at["activities", "k"] == changed.at["activities", "n"])
    if kind == "kpi":
        return bool(state["kpi"] == "sent" and state["budget"] == "sent")
    if kind == "decision_overdue":
        return row(parts["decisions"], "decision_id").get("state") in ("done", "dropped", "open")
    if kind == "need_uncovered":
        link = row(parts["chain"], "target")
        return bool(link.get("plan_items", 0) > 0 or link.get("severity", np.nan) < SEVERE)
    if kind == "money_without_activity":
        return bool(row(parts["chain"], "target").get("activities", 0) > 0)
    if kind == "group_silent":
        group = row(parts["groups"], "group")
        return bool(group.get("verdict") in ("as_expected", "over") or group.get("ci_low", np.nan) >= SILENT_BELOW)
    if kind == "network_missing":
        return bool(row(parts["networks"], "network_id").get("n_with", 0) > 0)
    if kind == "plan_missing":
        return row(parts["plans"], "plan_type").get("reason", "no_plan") != "no_plan"
    if kind == "target_dropped":
        return bool(row(parts["chain"], "target").get("plan_items", 0) > 0)
    if kind == "step_late":
        return row(parts["steps"], "step_no").get("state") in ("done", "due")
    return bool(row(parts["decay"], "event_id").get("kept_share_low", np.nan) >= FADED)


def what_to_send(own: Delivery, sent, flags, gaps: pd.DataFrame, codelists, owners: _Owners, area: str, quarter: str) -> pd.DataFrame:
    """Return what data to send, by whom and by when: tables of the quarter, forms to check, outcome series.

    Tables are asked for within SEND_DAYS of the end of the quarter; flagged forms within the same days; outcome series, which other
    agencies own, by the end of the next quarter.
    """
    due = (quarter_end(quarter) + pd.Timedelta(days=SEND_DAYS)).date().isoformat()
    rows = [*_send_tables(own, sent, owners, area, quarter, due), *_send_flags(flags, owners, due)]
    later = quarter_end(shift_quarter(quarter, 1)).date().isoformat()
    agencies = codelists.agencies.set_index("agency")
    if len(gaps):
        mine = gaps[(gaps["REF_AREA"] == area) & (gaps["reason"] != "suppressed")]
        for code, own_gaps in mine.groupby("SERIES", sort=False):
            owner = own_gaps["owner"].iloc[0]
            change = next((c for c in own_gaps["would_change"] if c), "")
            rows.append({
                "kind": "series", "subject": code, "table": "", "what_th": ";".join(own_gaps["TIME_PERIOD"]), "what_en": ";".join(own_gaps["TIME_PERIOD"]), "fix_th": change,
                "fix_en": change, "k": len(own_gaps), "n": np.nan, "owner_th": agencies.at[owner, "name_th"], "owner_en": agencies.at[owner, "name_en"], "due_date": later,
                "reason": own_gaps["reason"].iloc[0],
            })  # fmt: skip
    return pd.DataFrame(rows, columns=SEND)


def _send_tables(own: Delivery, sent: pd.DataFrame, owners: _Owners, area: str, quarter: str, due: str) -> list[dict]:
    rows = []
    for row in sent.to_dict("records"):
        name = row["table"]
        base = {"kind": "table", "subject": name, "table": name, "due_date": due, "owner_th": owners.province[1], "owner_en": owners.province[2]}
        if row["state"] in ("missing", "none"):
            # how many rows the province sent the quarter before says how much is to be expected; none is no reason to ask twice
            rows.append(base | {"k": 0, "n": row["rows_before"], "reason": "not_sent" if row["state"] == "missing" else "nothing_recorded"})
        elif row["state"] == "partly":
            open_rows, total = _unreported(own, name, area, quarter)
            owner = owners.of_most(open_rows["project_id"]) if "project_id" in open_rows else owners.province
            rows.append(base | {"k": len(open_rows), "n": total, "reason": "partly", "owner_th": owner[1], "owner_en": owner[2]})
    return rows


def _unreported(own: Delivery, name: str, area: str, quarter: str) -> tuple[pd.DataFrame, int]:
    """The rows of a table whose figure of the quarter is blank, and how many rows there are."""
    frame = getattr(own, name)
    if name == "kpi":
        forms = _forms_due(own, quarter)
        return forms[forms[f"q{quarter[-1]}"].isna()], len(forms)
    now = frame[frame["fiscal_quarter"] == quarter]
    if name == "activity":
        return now[now["done"].isna() & (now["done_date"] == "")], len(now)
    return now[now["disbursed_thb"].isna()], len(now)


def _send_flags(flags: pd.DataFrame, owners: _Owners, due: str) -> list[dict]:
    rows = []
    for row in flags.to_dict("records"):
        owner = owners.of_flag(row)
        rows.append({
            "kind": "form", "subject": str(row["key"]), "table": row["table"], "what_th": row["explanation_th"], "what_en": row["explanation_en"],
            "fix_th": row["suggested_fix_th"], "fix_en": row["suggested_fix_en"], "k": 1, "n": np.nan, "owner_th": owner[1], "owner_en": owner[2], "due_date": due,
            "reason": row["check"],
        })  # fmt: skip
    return rows


# ---------------------------------------------------------------- files


def said_table(report: QuarterReport, text: dict) -> pd.DataFrame:
    """Return what this report says, for the next one: the findings behind its actions, in the columns of the delivery table `said`."""
    rows = [
        {
            "REF_AREA": report.area, "fiscal_quarter": report.quarter, "finding_id": th["finding_id"], "text_th": th["finding"], "text_en": en["finding"],
            "source": SYNTHETIC if report.synthetic else WRITTEN,
        }
        for th, en in zip(text["th"]["actions"], text["en"]["actions"], strict=True)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["REF_AREA", "fiscal_quarter", "finding_id", "text_th", "text_en", "source"])


def write_quarter(report: QuarterReport, folder, observations: pd.DataFrame, text: dict) -> None:
    """Write every table (CSV and Parquet, with a column that says whether anything is synthetic), text.json, and said.csv for the next quarter."""
    synthetic = report.synthetic or bool((observations["source"] == SYNTHETIC).any())
    write_report_files(report, folder, synthetic=synthetic)
    write_atomic(Path(folder) / "said.csv", csv_bytes(said_table(report, text)))
    write_json(Path(folder) / "text.json", text)
