"""Rules that one column cannot hold: cells of a row against each other, rows and tables against each other.

What is odd but possible (more paid than planned, more people than invited) is no fault here; the checks of
reported figures look at it and ask.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pandas as pd

from sdg_eval.delivery.columns import (
    N_NETWORKS,
    VNR_COUNT,
    ColumnSpec,
    delivery_tables,
    table_columns,
    words_of,
)
from sdg_eval.delivery.contract import row_numbers
from sdg_eval.delivery.faults import fault
from sdg_eval.errors import DataError

BANGKOK = "TH-10"
GIZ = "giz"
"""Partner whose cooperation was announced for the future (press release 293/2566)."""
WEIGHT_SLACK = 0.01
"""Three weights of 0.33 are meant as one; more than a hundredth off is a mistake."""
LEAST_PLANNED, LEAST_PAID, MOST_BAHT = 1_000.0, 100.0, 1e11
"""Baht of a budget line: less was written in millions, more counts the unit twice (the ministry's whole year is some 3.5e11)."""


class RowRule(NamedTuple):
    """A rule on the cells of one row: `broken(frame)` marks the rows, `against(frame)` is what they are held against."""

    code: str
    column: str
    broken: Callable
    against: Callable | None = None


def _before(first: str, last: str) -> Callable:
    return lambda t: t[first].ne("") & t[last].ne("") & (t[last] < t[first])


def _of(column: str) -> Callable:
    return lambda t: t[column]


def _order(first: str, last: str) -> RowRule:
    return RowRule("date_order", last, _before(first, last), _of(first))


ROW_RULES: dict[str, list[RowRule]] = {
    "agreement": [
        _order("start_date", "end_date"),
        RowRule("giz_planned", "status", lambda t: ((t["partner_a"] == GIZ) | (t["partner_b"] == GIZ)) & t["status"].isin(["active", "ended"]) & t["start_date"].eq("")),
    ],
    "partner": [
        RowRule("network_missing", "network_id", lambda t: t["partner_type"].eq("network") & t["network_id"].eq("")),
        RowRule("network_extra", "network_id", lambda t: t["partner_type"].isin(["un", "donor"]) & t["network_id"].ne("")),
    ],
    "plan": [
        RowRule("year_order", "fiscal_year_to", lambda t: (t["fiscal_year_to"] < t["fiscal_year_from"]).fillna(False).astype(bool), _of("fiscal_year_from")),
        RowRule("bangkok_plan", "plan_type", lambda t: t["REF_AREA"].eq(BANGKOK) & t["plan_type"].eq("provincial_dev")),
        RowRule("bangkok_only", "plan_type", lambda t: t["REF_AREA"].ne(BANGKOK) & t["REF_AREA"].ne("") & t["plan_type"].eq("bangkok_dev")),
    ],
    "project": [
        _order("start_date", "end_date"),
        RowRule("vnr_year", "vnr_year", lambda t: t["vnr_flag"].eq(1) & t["vnr_year"].isna()),
    ],
    "activity": [
        RowRule("unit_missing", "unit", lambda t: (t["planned"].notna() | t["done"].notna()) & t["unit"].eq(""), lambda t: t["done"].fillna(t["planned"])),
    ],
    "participation": [
        RowRule("adopted_over", "adopted", lambda t: t["adopted"] > t["proposals"], _of("proposals")),
        RowRule("adopted_over", "answered", lambda t: t["answered"] > t["proposals"], _of("proposals")),
    ],
    "evidence": [RowRule("sha256", "file_sha256", lambda t: t["file_sha256"].ne("") & ~t["file_sha256"].str.fullmatch("[0-9a-f]{64}"))],
    "decision": [
        RowRule("closed_date", "closed_date", lambda t: t["status"].isin(["done", "dropped"]) & t["closed_date"].eq(""), _of("status")),
        RowRule("closed_open", "closed_date", lambda t: t["status"].eq("open") & t["closed_date"].ne("")),
    ],
    "local_group": [_order("start_date", "end_date")],
    "request": [_order("request_date", "answered_date")],
}  # fmt: skip
SEXES = ("women", "men")
"""Groups that together are everyone at an event."""
PLANNED = {"budget": "planned_thb", "kpi": "budget_thb", "plan_item": "budget_thb"}
PAID = {"budget": "disbursed_thb", "kpi": "disbursed_thb"}


def row_faults(table: str, frame: pd.DataFrame) -> list[dict]:
    """Return the faults of a `typed` table that lie between the cells of one row."""
    return _marked(table, frame, ROW_RULES.get(table, []))


def money_faults(table: str, frame: pd.DataFrame) -> list[dict]:
    """Return amounts that officers can only have written in another unit: asked when a file comes in, not of what is stored."""
    rules = []
    for columns, least in ((PLANNED, LEAST_PLANNED), (PAID, LEAST_PAID)):
        if name := columns.get(table):
            rules.append(
                RowRule(
                    "money_small", name, lambda t, c=name, low=least: (t[c] > 0) & (t[c] < low) & _stated(t)
                )
            )
            rules.append(RowRule("money_large", name, lambda t, c=name: t[c] > MOST_BAHT))
    return _marked(table, frame, rules)


def _stated(frame: pd.DataFrame) -> pd.Series:
    """Rows whose unit is known: where it has to be stated and is not, that is the fault."""
    return frame["unit_stated"].ne("") if "unit_stated" in frame else pd.Series(True, index=frame.index)


def _marked(table: str, frame: pd.DataFrame, rules: list[RowRule]) -> list[dict]:
    if frame.empty or not rules:
        return []
    specs, rows, found = {c.column: c for c in table_columns(table)}, row_numbers(frame), []
    for rule in rules:
        for at in rule.broken(frame).to_numpy().nonzero()[0]:
            more = rule.against(frame).iloc[at] if rule.against else ""
            words = words_of(specs["status"]).get(more, ("", "")) if rule.code == "closed_date" else ("", "")
            spec = specs[rule.column]
            found.append(
                fault(
                    rule.code,
                    table=table,
                    row=rows[at],
                    spec=spec,
                    value=frame[rule.column].iloc[at],
                    more=more,
                    more_th=words[0],
                    more_en=words[1],
                )
            )
    return found


def table_faults(table: str, frame: pd.DataFrame, known: Callable[[str], pd.DataFrame]) -> list[dict]:
    """Return the faults of a `typed` table that lie between rows or tables; `known(name)` gives every other table."""
    found = [
        f
        for spec in table_columns(table)
        if spec.refers
        for f in _reference_faults(table, frame, spec, known)
    ]
    rule = {"project_target": _weight_faults, "network": _network_faults, "project": _vnr_faults, "project_agency": _lead_faults,
            "participation_group": _group_faults}.get(table)  # fmt: skip
    return found + (rule(frame, known) if rule and len(frame) else [])


def _reference_faults(table: str, frame: pd.DataFrame, spec: ColumnSpec, known: Callable) -> list[dict]:
    asked = frame[spec.column]
    if asked.eq("").all():
        return []
    there: set[str] = set()
    for target in spec.refers:
        other, column = target.split(".")
        there |= set(frame[column] if other == table else []) | set(known(other)[column])
    tables, rows = [delivery_tables()[t.split(".")[0]] for t in spec.refers], row_numbers(frame)
    names = {
        "more_th": " / ".join(t.name_th for t in tables),
        "more_en": " / ".join(t.name_en for t in tables),
    }
    missing = (asked.ne("") & ~asked.isin(there)).to_numpy().nonzero()[0]
    return [
        fault("refers", table=table, row=rows[i], spec=spec, value=asked.iloc[i], **names) for i in missing
    ]


def _spec(table: str, column: str) -> ColumnSpec:
    return next(c for c in table_columns(table) if c.column == column)


def _first_rows(frame: pd.DataFrame, by: str) -> dict:
    """Row number of the first line of each value of `by`."""
    return dict(zip(reversed(frame[by].tolist()), reversed(row_numbers(frame)), strict=True))


def _weight_faults(frame: pd.DataFrame, known: Callable) -> list[dict]:
    named = frame[frame["project_id"].ne("")]
    first = _first_rows(named, "project_id")
    whole = named.groupby("project_id", sort=False).agg(
        total=("weight", "sum"), n=("weight", "count"), rows=("weight", "size"), primary=("is_primary", "sum")
    )
    found = []
    for project, row in whole.iterrows():
        # A weight that is missing or out of range is told at its own cell.
        sound = (
            row["n"] == row["rows"]
            and named.loc[named["project_id"] == project, "weight"].between(0, 1).all()
        )
        if sound and abs(row["total"] - 1) > WEIGHT_SLACK + 1e-9:
            found.append(
                fault(
                    "weights",
                    table="project_target",
                    row=first[project],
                    spec=_spec("project_target", "weight"),
                    value=float(row["total"]),
                    more=project,
                )
            )
        if row["primary"] > 1:
            found.append(
                fault(
                    "primary",
                    table="project_target",
                    row=first[project],
                    spec=_spec("project_target", "is_primary"),
                    value=float(row["primary"]),
                    more=project,
                )
            )
    return found


def _network_faults(frame: pd.DataFrame, known: Callable) -> list[dict]:
    count = frame["network_id"].nunique()
    if count == N_NETWORKS == len(frame):
        return []
    return [
        fault(
            "networks",
            table="network",
            row=row_numbers(frame)[-1],
            spec=_spec("network", "network_id"),
            value=len(frame),
            more=N_NETWORKS,
        )
    ]


def _vnr_faults(frame: pd.DataFrame, known: Callable) -> list[dict]:
    """Too many projects of one VNR are a fault at once; too few only when the set is called complete."""
    named = frame[frame["vnr_flag"].eq(1) & frame["vnr_year"].notna()].drop_duplicates("project_id")
    stored = known("project")
    stored = stored[stored["vnr_flag"].eq(1) & ~stored["project_id"].isin(frame["project_id"])]
    found = []
    for year, part in named.groupby("vnr_year"):
        count = len(part) + int((stored["vnr_year"] == year).fillna(False).sum())
        if count > VNR_COUNT:
            beyond = max(len(part) - (count - VNR_COUNT), 0)
            found.append(
                fault(
                    "vnr_count",
                    table="project",
                    row=row_numbers(part)[beyond],
                    spec=_spec("project", "vnr_flag"),
                    value=count,
                    more=VNR_COUNT,
                )
            )
    return found


def _lead_faults(frame: pd.DataFrame, known: Callable) -> list[dict]:
    leads = dict(zip(known("project")["project_id"], known("project")["agency_id"], strict=True))
    rows, spec = row_numbers(frame), _spec("project_agency", "agency_id")
    return [
        fault("lead_differs", table="project_agency", row=rows[at], spec=spec, value=row["agency_id"], more=leads[row["project_id"]])
        for at, row in enumerate(frame.to_dict("records"))
        if row["role"] == "lead" and leads.get(row["project_id"], row["agency_id"]) != row["agency_id"]
    ]  # fmt: skip


def _group_faults(frame: pd.DataFrame, known: Callable) -> list[dict]:
    population = (
        known("population_group")
        .sort_values("year", kind="stable")
        .drop_duplicates(["REF_AREA", "group"], keep="last")
    )
    people = {(r["REF_AREA"], r["group"]): r["people"] for r in population.to_dict("records")}
    area = dict(zip(known("participation")["event_id"], known("participation")["REF_AREA"], strict=True))
    rows, spec = row_numbers(frame), _spec("participation_group", "participants")
    sexes = frame[frame["group"].isin(SEXES)].drop_duplicates(["event_id", "group"]).dropna(subset=["participants"])
    everyone = sexes.groupby("event_id")["participants"].agg(["sum", "size"])
    everyone = everyone.loc[everyone["size"] == len(SEXES), "sum"].to_dict()
    found = []
    for at, row in enumerate(frame.to_dict("records")):
        most = people.get((area.get(row["event_id"]), row["group"]))
        if most is not None and row["participants"] > most:
            found.append(
                fault(
                    "group_over",
                    table="participation_group",
                    row=rows[at],
                    spec=spec,
                    value=row["participants"],
                    more=float(most),
                )
            )
        elif (whole := everyone.get(row["event_id"])) is not None and row["participants"] > whole:
            found.append(fault("group_above", table="participation_group", row=rows[at], spec=spec, value=row["participants"], more=float(whole)))
    return found


def vnr_complete(
    project: pd.DataFrame, *, year: int | None = None, expected: int = VNR_COUNT
) -> pd.DataFrame:
    """Return the projects of a VNR when the set is complete.

    Raises DataError, with the number found and the number expected, for any other count.
    """
    chosen = project[project["vnr_flag"].eq(1)]
    if year is not None:
        chosen = chosen[(chosen["vnr_year"] == year).fillna(False).astype(bool)]
    found = chosen["project_id"].nunique()
    if found != expected:
        of = f" of {year}" if year is not None else ""
        raise DataError(
            f"The VNR set{of} is not complete: found {found} projects, expected {expected}. "
            f"ชุดโครงการ VNR ยังไม่ครบถ้วนถูกต้อง: พบ {found} โครงการ ต้องมี {expected} โครงการ",
            code="vnr_count", found=str(found),
        )  # fmt: skip
    return chosen.reset_index(drop=True)
