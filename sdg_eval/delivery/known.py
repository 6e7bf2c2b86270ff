"""What was known on the last day of a quarter: a report of that quarter may look no further ahead.

A report that is made again later must say what it said then. So rows of later quarters and days are left out, and KPI
forms lose the quarters that were still to come, with the totals that held them.
"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from sdg_eval.delivery.quarters import quarter_end, quarter_number, up_to
from sdg_eval.delivery.tables import Delivery
from sdg_eval.thai import BE_OFFSET

DAYS = {
    "project": "start_date", "participation": "event_date", "training": "event_date", "meeting": "meeting_date", "request": "request_date",
    "local_group": "start_date", "plan": "approved_date", "evidence": "evidence_date",
}  # fmt: skip
"""The day on which a row becomes known; a blank, of which nothing is known, is kept."""
QUARTERS = ("activity", "budget", "mechanism", "decision", "adjustment", "said", "leadership", "process_metric")
YEARS = {"need": "fiscal_year", "kpi": "fiscal_year", "survey_answer": "fiscal_year", "population_group": "year"}
"""The B.E. year up to which a row is known. The people of a group are counted by year; a later count is not known yet."""
FIRST_BE = 2400
"""A year below this is of the common era."""


def quarters_on_record(delivery: Delivery) -> list[str]:
    """Return the quarters that any table names, plans for later ones too, in order."""
    return sorted({q for frame in delivery.tables.values() if "fiscal_quarter" in frame for q in frame["fiscal_quarter"] if q})


def reported_quarters(delivery: Delivery) -> list[str]:
    """Return the quarters in which something was done or paid, in order: what is only planned is no report."""
    activity, budget = delivery.activity, delivery.budget
    told = [*activity.loc[activity["done"].notna(), "fiscal_quarter"], *budget.loc[budget["disbursed_thb"] > 0, "fiscal_quarter"]]
    return sorted({q for q in told if q})


def as_known(delivery: Delivery, quarter: str, *, year_plan: bool = False) -> Delivery:
    """Return the delivery tables as they could be known on the last day of `quarter`.

    `year_plan` keeps the planned money of the rest of the fiscal year, which is known from its first day; what is paid is not.
    What is done, closed or answered on a later day is left to the statistics, which take the quarter as `as_of`. Rows that a
    left-out project, plan or event owns go with it.
    """
    tables = {name: _until(name, frame, quarter) for name, frame in delivery.tables.items()}
    if year_plan and "budget" in tables:
        ahead = delivery.budget[(delivery.budget["fiscal_quarter"].str[:4] == quarter[:4]) & ~up_to(delivery.budget["fiscal_quarter"], quarter)]
        tables["budget"] = pd.concat([tables["budget"], ahead.assign(disbursed_thb=float("nan"))]).sort_index().reset_index(drop=True)
    if "decision" in tables:
        tables["decision"] = _not_closed_yet(tables["decision"], delivery, quarter)
    known = replace(delivery, tables=tables)
    for owner, key, owned in (
        ("project", "project_id", ("project_target", "project_agency", "project_partner")), ("plan", "plan_id", ("plan_item",)), ("participation", "event_id", ("participation_group",)),
        ("training", "event_id", ("training_score",)),
    ):  # fmt: skip
        if not any(name in tables for name in owned):
            continue
        held = set(getattr(known, owner)[key])
        gone = set(getattr(delivery, owner)[key]) - held
        for name in owned:
            if name in tables:
                # an item or a person without its plan or event has no day: nothing says that it was known
                kept = ~tables[name][key].isin(gone) if owner == "project" else tables[name][key].isin(held)
                tables[name] = tables[name][kept].reset_index(drop=True)
    return replace(delivery, tables=tables)


def _not_closed_yet(decision: pd.DataFrame, delivery: Delivery, quarter: str) -> pd.DataFrame:
    """Decisions that are closed without a day, open before the last quarter that anything is told of: from then on they are known to be closed."""
    told = [*reported_quarters(delivery), *(q for name in ("decision", "adjustment") for q in getattr(delivery, name)["fiscal_quarter"] if q)]
    if not told or quarter >= max(told):
        return decision
    undated = decision["closed_date"].fillna("").eq("") & decision["status"].ne("open")
    return decision.assign(status=decision["status"].mask(undated, "open"))


def _until(name: str, frame: pd.DataFrame, quarter: str) -> pd.DataFrame:
    year, number = int(quarter[:4]), quarter_number(quarter) - quarter_number(f"{quarter[:4]}Q1") + 1
    if name in DAYS:
        frame = frame[~(pd.to_datetime(frame[DAYS[name]].replace("", None)) > quarter_end(quarter))]
    elif name in QUARTERS:
        frame = frame[up_to(frame["fiscal_quarter"], quarter)]
    elif name in YEARS:
        told = frame[YEARS[name]]
        told = told.mask((told < FIRST_BE).fillna(False).astype(bool), told + BE_OFFSET)
        frame = frame[~(told > year).fillna(False).astype(bool)]
    if name == "kpi":
        later = [f"q{n}" for n in range(number + 1, 5)] + ["total", "disbursed_thb"] * (number < 4)
        frame = frame.copy()
        frame.loc[(frame["fiscal_year"] == year).fillna(False).astype(bool), later] = float("nan")
    if name == "training_score" and len(frame):
        ahead = pd.to_datetime(frame["follow_up_date"].replace("", None)) > quarter_end(quarter)
        frame = frame.assign(follow_up_score=frame["follow_up_score"].mask(ahead), follow_up_date=frame["follow_up_date"].mask(ahead, ""))
    return frame.reset_index(drop=True)
