"""The programme as a whole, quarter by quarter: delivery, the chain from need to result, and cities; tables joined.

Notebooks 30, 31 and 34 show them and `programme_words` says them. All is as known on the last day of the quarter. Rows are
of the provinces of the run, and of the country (TH), which counts every province that sent anything. Monitoring only:
what is recorded and how sure, never what brought it about.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import pandas as pd

from sdg_eval.comparisons.inequality import gap_trends
from sdg_eval.delivery.agencies import partnership_rows
from sdg_eval.delivery.chain import (
    LINKS,
    NO_RESULT,
    cascade,
    chain_by_goal,
    mismatch_counts,
    mismatches,
    need_cover,
    need_plan_agreement,
    need_to_result,
)
from sdg_eval.delivery.decisions import follow_through, open_decisions, order_interval
from sdg_eval.delivery.frames import GOALS, NATIONAL
from sdg_eval.delivery.known import as_known
from sdg_eval.delivery.kpi_checks import check_kpis, check_summary
from sdg_eval.delivery.lasting import (
    community_hours,
    community_share,
    group_curve,
    group_formation,
    group_survival,
    mechanism_fates,
    mechanism_survival,
    process_change,
    requests_answered,
    resources_in_use,
)
from sdg_eval.delivery.money import (
    budget_alignment,
    disbursement_pace,
    money_by_goal,
    money_by_source,
)
from sdg_eval.delivery.plans import plan_diff, plan_presence, plan_quality, plan_revision
from sdg_eval.delivery.quarters import quarter_end, quarter_number
from sdg_eval.delivery.register import local_indicators, localisation_detail, localisation_index
from sdg_eval.delivery.shares import clustered_share
from sdg_eval.delivery.steps import (
    activity_delivery,
    concrete_results,
    mechanism_maturity,
    slippage,
    step_curves,
    step_fidelity,
    step_tracker,
    time_to_steps,
)
from sdg_eval.delivery.tables import Delivery, with_registers
from sdg_eval.detectability import evaluate_detectability
from sdg_eval.evaluation import KEY, read_national, status_of
from sdg_eval.observations import FREQUENCIES, select_totals
from sdg_eval.panels import is_province
from sdg_eval.progress import evaluate_progress
from sdg_eval.quarterly_report import arrivals, programme_days, what_was_sent
from sdg_eval.report_files import write_report_files
from sdg_eval.store import csv_bytes, write_atomic, write_json
from sdg_eval.trends import evaluate_trends

SPLITS = ("weights", "primary")
"""The two ways in which a project's money is split over its targets; an answer that hangs on them says so."""
WORKPLAN = 3
"""Maturity from which a mechanism counts as ready: a committee that meets and has a work plan."""
READY = ("mechanism", "sdg_plan", "steps", "needs", "sends")
"""What a province needs before the programme can be extended to it: a list to work off, not a score."""
READINESS = ["REF_AREA", "pilot", *READY, "n_met", "n_unknown", "missing", "reason"]
CITY = "11"
SPLIT = ["SERIES", "REF_AREA", "year", "urban", "rural", "difference", "gap"]
SPLIT_SUMMARY = [
    "SERIES", "goal", "year", "n", "urban", "rural", "difference", "ci_low", "ci_high", "n_rural_worse", "n_years", "gap_first", "gap_last", "p_value", "verdict", "reason",
]  # fmt: skip
INDICATORS = ["indicator", "name_en", "SERIES", "proxy", "n_provinces", "last_period", "has_split", "reason"]
CITY_TRENDS = [*KEY, "status", "n_obs", "first_period", "last_period", "first_value", "last_value", "slope", "ci_low", "ci_high", "p_value", "p_adjusted", "reason"]


@dataclass(frozen=True, eq=False)
class DeliveryReport:
    """Delivery of the programme up to a quarter: every field but the first four is a table of `delivery/`, or of this module."""

    areas: tuple[str, ...]
    quarter: str
    synthetic: bool
    known: Delivery
    tracker: pd.DataFrame
    waiting: pd.DataFrame
    curves: pd.DataFrame
    fidelity: pd.DataFrame
    delivered: pd.DataFrame
    concrete: pd.DataFrame
    slippage: pd.DataFrame
    pace: pd.DataFrame
    maturity: pd.DataFrame
    levels: pd.DataFrame
    flags: pd.DataFrame
    flag_summary: pd.DataFrame
    follow: pd.DataFrame
    decisions: pd.DataFrame
    requests: pd.DataFrame
    resources: pd.DataFrame
    partnership: pd.DataFrame
    process: pd.DataFrame
    groups: pd.DataFrame
    group_life: pd.DataFrame
    group_curve: pd.DataFrame
    fates: pd.DataFrame
    mechanism_life: pd.DataFrame
    community: pd.DataFrame
    hours: pd.DataFrame
    sent: pd.DataFrame


@dataclass(frozen=True, eq=False)
class NeedReport:
    """The chain from need to result up to a quarter; `unused` counts outcome trends that rest on values of after the quarter."""

    areas: tuple[str, ...]
    quarter: str
    synthetic: bool
    unused: int
    compared: bool
    known: Delivery
    chain: pd.DataFrame
    goals: pd.DataFrame
    breaks: pd.DataFrame
    mismatch: pd.DataFrame
    mismatch_counts: pd.DataFrame
    cover: pd.DataFrame
    agreement: pd.DataFrame
    plans: pd.DataFrame
    quality: pd.DataFrame
    checklist: pd.DataFrame
    revision: pd.DataFrame
    revised: pd.DataFrame
    plan_items: pd.DataFrame
    money: pd.DataFrame
    alignment: pd.DataFrame
    sources: pd.DataFrame
    cascade: pd.DataFrame
    readiness: pd.DataFrame
    localisation: pd.DataFrame


@dataclass(frozen=True, eq=False)
class CityReport:
    """Sustainable cities (the first dimension agreed with GIZ): indicators, urban and rural, projects and money of goal 11."""

    areas: tuple[str, ...]
    quarter: str
    synthetic: bool
    known: Delivery
    indicators: pd.DataFrame
    trends: pd.DataFrame
    status_counts: pd.DataFrame
    split: pd.DataFrame
    split_summary: pd.DataFrame
    delivery: pd.DataFrame
    targets: pd.DataFrame
    mismatch: pd.DataFrame
    partnership: pd.DataFrame
    missing: pd.DataFrame


def areas_of(provinces: str) -> tuple[str, ...]:
    """Return the codes of a comma list."""
    return tuple(part.strip() for part in provinces.split(",") if part.strip())


def _own(table: pd.DataFrame, areas) -> pd.DataFrame:
    """The rows of the run's provinces, in its order, then those of the country."""
    order = {area: place for place, area in enumerate([*areas, NATIONAL])}
    rows = table[table["REF_AREA"].isin(order)]
    return rows.sort_values("REF_AREA", key=lambda c: c.map(order), kind="stable", ignore_index=True)


def write_report(report, folder, text: dict) -> None:
    """Write every table (CSV and Parquet, each with a column that says whether anything is synthetic) and text.json."""
    write_report_files(report, folder, synthetic=report.synthetic)
    counts = [{"fact": f.name, "value": getattr(report, f.name)} for f in fields(report) if type(getattr(report, f.name)) is int]
    if counts:  # what a sentence says and no table holds
        write_atomic(Path(folder) / "facts.csv", csv_bytes(pd.DataFrame(counts).assign(synthetic=report.synthetic)))
    write_json(Path(folder) / "text.json", text)


# ---------------------------------------------------------------- delivery (notebook 30)


def report_delivery(delivery: Delivery, codelists, *, provinces: str, quarter: str) -> DeliveryReport:
    """Return what was delivered up to the quarter, for the provinces of the run and for the country.

    Effort and delay of the process (R32) are those of the report's fiscal year against the same quarters of the years before.
    """
    areas, known = areas_of(provinces), as_known(delivery, quarter, year_plan=True)
    start, end = programme_days(codelists)
    every = sorted({*areas, *codelists.provinces})
    maturity = mechanism_maturity(known.mechanism, as_of=quarter, areas=every)
    registered = with_registers(known)
    flags = check_kpis(known.kpi, budget=known.budget, activity=known.activity)
    return DeliveryReport(
        areas, quarter, delivery.synthetic, known,
        tracker=step_tracker(known.milestone, as_of=quarter, areas=list(areas)),
        waiting=time_to_steps(known.milestone, start=start, as_of=quarter, areas=every), curves=step_curves(known.milestone, start=start, as_of=quarter, areas=every),
        fidelity=_own(step_fidelity(known.milestone, as_of=quarter), areas), delivered=activity_delivery(known.activity, known.project, as_of=quarter, areas=list(areas)),
        concrete=concrete_results(known.activity, known.project, known.evidence, as_of=quarter, areas=list(areas)),
        slippage=slippage(known.activity, known.project, as_of=quarter, areas=list(areas)), pace=_until(disbursement_pace(known.budget, as_of=quarter, areas=list(areas)), quarter),
        maturity=_own(maturity, areas), levels=maturity_levels(maturity, quarter), flags=_own_flags(flags, areas),
        flag_summary=check_summary(known.kpi, flags, areas=list(areas)), follow=_own(follow_through(known.decision, known.meeting, as_of=quarter, areas=list(areas)), areas),
        decisions=_own(open_decisions(known.decision, known.meeting, as_of=quarter), areas).sort_values("days_overdue", ascending=False, kind="stable", ignore_index=True),
        requests=requests_answered(known.request, as_of=quarter, areas=list(areas)), resources=resources_in_use(known.resource, as_of=quarter, areas=list(areas)),
        partnership=_partnership(registered, quarter), process=process_change(known.process_metric, change_quarter=f"{quarter[:4]}Q1"),
        groups=group_formation(known.local_group, as_of=quarter, areas=list(areas)), group_life=group_survival(known.local_group, as_of=quarter, areas=list(areas)),
        group_curve=group_curve(known.local_group, as_of=quarter).assign(step_no=1), fates=_fates(known, end, quarter, areas),
        mechanism_life=mechanism_survival(known.mechanism, programme_end=end, as_of=quarter, areas=every), community=community_share(known.project, areas=list(areas)),
        hours=community_hours(known.activity, known.project, as_of=quarter, areas=list(areas)), sent=what_was_sent(known, quarter, every),
    )  # fmt: skip


def _until(table: pd.DataFrame, quarter: str) -> pd.DataFrame:
    """The rows up to the quarter: of the rest of the year the plan is known, which its share rests on, and nothing else."""
    return table[table["fiscal_quarter"] <= quarter].reset_index(drop=True)


def _own_flags(flags: pd.DataFrame, areas) -> pd.DataFrame:
    return flags[flags["REF_AREA"].isin([*areas, NATIONAL])].reset_index(drop=True)


def _fates(known: Delivery, end: str, quarter: str, areas) -> pd.DataFrame:
    """What became of each mechanism since the programme ended; before that nothing can have become of it."""
    if quarter_number(quarter) <= quarter_number(end):
        return pd.DataFrame({"REF_AREA": list(areas), "state": "", "quarters_after": np.nan, "lapsed_quarter": "", "last_reported": "", "reason": "not_over"})
    return mechanism_fates(known.mechanism, programme_end=end, as_of=quarter, areas=list(areas))


def _partnership(registered: Delivery, quarter: str) -> pd.DataFrame:
    return partnership_rows(
        registered.agreement, registered.partner, today=f"{quarter_end(quarter):%Y-%m-%d}", agency=registered.agency, resource=registered.resource,
        project_partner=registered.project_partner, activity=registered.activity,
    )  # fmt: skip


def maturity_levels(maturity: pd.DataFrame, quarter: str) -> pd.DataFrame:
    """Return how many provinces stand at each level (0 to 5) in the quarter, how many of them fell, and how many did not report.

    `areas` names those that fell to this level since their last report, `;` between; `lapsed`, at level 0, those that ever had a
    committee. The last row, with a blank level, is those without a report.
    """
    now = maturity[maturity["fiscal_quarter"] == quarter]
    ever = set(maturity.loc[maturity["maturity"] > 0, "REF_AREA"])
    rows = []
    for level in range(6):
        part = now[now["maturity"] == level]
        fell = part[part["change"] < 0]
        rows.append({"maturity": float(level), "n": len(part), "n_fell": len(fell), "areas": ";".join(fell["REF_AREA"]), "lapsed": ";".join(a for a in part["REF_AREA"] if level == 0 and a in ever), "of": len(now), "reason": ""})
    blank = now[now["maturity"].isna()]
    rows.append({"maturity": np.nan, "n": len(blank), "n_fell": 0, "areas": ";".join(blank["REF_AREA"]), "lapsed": "", "of": len(now), "reason": "not_reported" if len(blank) else ""})
    return pd.DataFrame(rows)


# ---------------------------------------------------------------- from need to result (notebook 31)


def report_needs(delivery: Delivery, codelists, *, provinces: str, quarter: str, national: str = "") -> NeedReport:
    """Return the chain from need to result up to the quarter, for the provinces of the run and for the country.

    `national` is the folder with the national tables of a batch; without it no outcome stands beside the chain, and every
    result is told as not compared.
    """
    areas, known = areas_of(provinces), as_known(delivery, quarter, year_plan=True)
    results, unused, indicators = _results(national, codelists, quarter)
    chain = need_to_result(
        need=known.need, plan=known.plan, plan_item=known.plan_item, project=known.project, project_target=known.project_target, budget=known.budget,
        activity=known.activity, as_of=quarter, results=results,
    )  # fmt: skip
    own, maturity = _own(chain, areas), mechanism_maturity(known.mechanism, as_of=quarter, areas=codelists.provinces)
    plans, revision = plan_presence(known.plan, known.plan_item, areas=codelists.provinces), plan_revision(known.plan, known.plan_item)
    mismatch = mismatches(chain)
    return NeedReport(
        areas, quarter, delivery.synthetic, unused, results is not None, known, chain=own, goals=chain_by_goal(own), breaks=chain_breaks(chain), mismatch=_places(mismatch, areas),
        mismatch_counts=_all_counts(mismatch_counts(chain), areas), cover=_own(need_cover(chain), areas), agreement=need_plan_agreement(own),
        plans=_places(plans, areas), quality=_own(plan_quality(known.plan, known.plan_item), areas), checklist=plan_checklist(known.plan, known.plan_item),
        revision=_places(revision, areas), revised=revision_totals(revision), plan_items=plan_diff(known.plan, known.plan_item, areas=list(areas)),
        money=pd.concat([money_by_goal(known.budget, known.project_target, needs=known.need, tagging=tagging, areas=list(areas)) for tagging in SPLITS], ignore_index=True),
        alignment=pd.concat([budget_alignment(known.budget, known.project_target, needs=known.need, areas=list(areas), amounts=("planned_thb",), taggings=(tagging,)) for tagging in SPLITS], ignore_index=True),
        sources=money_by_source(known.budget, areas=list(areas)), cascade=cascade(known.project, known.project_target, areas=list(areas)),
        readiness=readiness(known, codelists, quarter, maturity=maturity, plans=plans, cover=need_cover(chain)), localisation=_localisation(known, codelists, areas, indicators),
    )  # fmt: skip


def chain_breaks(chain: pd.DataFrame) -> pd.DataFrame:
    """Return one row per goal, all 17: over the chains of all provinces and targets, where each breaks first.

    `n` chains, one column per link with those that lack it first, `whole` those that lack none, and the share that breaks
    before a result is asked for, with Wilson's interval and the design effect of provinces. `measured` chains have a result,
    of which some are `improving` and some `worsening`. Reason: `no_rows`.
    """
    provinces = chain[chain["REF_AREA"] != NATIONAL]
    early = ~provinces["broken_link"].isin(["", "result"])
    rows = []
    for goal in GOALS:
        part = provinces[provinces["goal"] == goal]
        sums = early[part.index].groupby(part["REF_AREA"]).agg(["sum", "size"])
        got = clustered_share(sums["sum"], sums["size"])
        counts = {link: int((part["broken_link"] == link).sum()) for link in LINKS}
        whole, measured = int((part["broken_link"] == "").sum()), part["result"] != NO_RESULT
        rows.append({
            "goal": goal, "n": len(part), "n_provinces": len(sums), **counts, "whole": whole, "measured": int(measured.sum()), "improving": int((part["result"] == "improving").sum()),
            "worsening": int((part["result"] == "worsening").sum()), "n_early": int(early[part.index].sum()), "share": got.share, "ci_low": got.ci_low,
            "ci_high": got.ci_high, "reason": "" if len(part) else "no_rows",
        })  # fmt: skip
    return pd.DataFrame(rows)


def _places(table: pd.DataFrame, areas) -> pd.DataFrame:
    """The rows of the run's provinces, order kept."""
    return table[table["REF_AREA"].isin(areas)].reset_index(drop=True)


def _all_counts(counts: pd.DataFrame, areas) -> pd.DataFrame:
    """Counts of each mismatch in the run's provinces; the country's are those of all provinces added."""
    provinces = counts[counts["REF_AREA"] != NATIONAL]
    country = provinces.groupby("kind", sort=False)["n"].sum().reset_index().assign(REF_AREA=NATIONAL)
    country["n_provinces"] = country["kind"].map(provinces[provinces["n"] > 0].groupby("kind").size()).fillna(0).astype(int)
    own = provinces[provinces["REF_AREA"].isin(areas)].assign(n_provinces=np.nan)
    return pd.concat([own, country], ignore_index=True)[["REF_AREA", "kind", "n", "n_provinces"]] if len(own) else country[["REF_AREA", "kind", "n", "n_provinces"]]


def _results(folder: str, codelists, quarter: str):
    """The latest direction of the outcomes of each target and province, how many trends are left out because they rest on values
    of after the quarter, and which provinces have values of their own; (None, 0, None) without national tables."""
    if not folder:
        return None, 0, None
    national = read_national(folder, ("trends", "detectability"))
    able = national.detectability[[*KEY, "tells"]].drop_duplicates(KEY)
    trends = national.trends.merge(able, on=KEY, how="left").fillna({"tells": ""})
    target = codelists.series.set_index("SERIES")["indicator"].map(codelists.indicators.set_index("indicator")["target"])
    trends = trends.assign(target=trends["SERIES"].map(target))
    trends = trends[trends["target"].notna() & (trends["n_obs"] > 0)]
    later = trends["last_period"].str[:4].astype(int) >= quarter_end(quarter).year
    told = trends[~later]
    verdict = [status_of(row) for row in told.to_dict("records")]
    results = told[["REF_AREA", "target"]].assign(verdict=verdict).reset_index(drop=True)
    held = trends.assign(OBS_VALUE=trends["last_value"])
    return results, int(later.sum()), local_indicators(held, codelists)


def plan_checklist(plan: pd.DataFrame, plan_item: pd.DataFrame) -> pd.DataFrame:
    """Return, over all plans that were revised, the share of items that meet each criterion in the first and the last version."""
    last = plan.groupby(["REF_AREA", "plan_type"])["version"].transform("max")
    first = plan.groupby(["REF_AREA", "plan_type"])["version"].transform("min")
    revised = plan[last > first]
    parts = []
    for number, edge in ((1, first), (2, last)):
        table = plan_quality(revised[revised["version"] == edge[revised.index]], plan_item)
        parts.append(table[table["REF_AREA"] == NATIONAL].assign(version=number, n_plans=int((revised["version"] == edge[revised.index]).sum())))
    return pd.concat(parts, ignore_index=True)


def revision_totals(revision: pd.DataFrame) -> pd.DataFrame:
    """Return in one row what revisions changed in all provinces: plans revised, items kept, reworded, retargeted, dropped, added, and
    the provinces and targets that no item names any more (`;` between)."""
    done = revision[revision["reason"] == ""]
    lost = done[done["targets_dropped"].fillna("") != ""]
    gone = [f"{row['REF_AREA']}:{target}" for row in lost.to_dict("records") for target in row["targets_dropped"].split(";")]
    sums = {c: int(done[c].sum()) for c in ("n_before", "n_after", "kept", "reworded", "retargeted", "dropped", "added")}
    return pd.DataFrame([{"n": len(done), **sums, "n_lost": len(lost), "lost": ";".join(gone), "n_not_revised": int((revision["reason"] != "").sum()), "reason": "" if len(done) else "one_version"}])


def readiness(known: Delivery, codelists, quarter: str, *, maturity: pd.DataFrame, plans: pd.DataFrame, cover: pd.DataFrame) -> pd.DataFrame:
    """Return one row per province, all 77: which conditions for extending the programme it meets, and what is missing.

    Conditions (`yes`, `no`, or `unknown` where nothing was reported): `mechanism` (its maturity is WORKPLAN or more), `sdg_plan`
    (an SDG plan with items), `steps` (steps 1 and 2 done), `needs` (a plan item for every severe need), `sends` (every
    quarterly table of this quarter). They are listed, never added to a score that ranks provinces.
    """
    provinces = codelists.provinces
    level = maturity[maturity["fiscal_quarter"] == quarter].set_index("REF_AREA")["maturity"].reindex(provinces)
    steps = step_tracker(known.milestone, as_of=quarter, areas=provinces)
    first = steps[steps["step_no"].isin([1, 2])].groupby("REF_AREA")["state"]
    drive = plans[plans["plan_type"] == "sdg_drive"].set_index("REF_AREA")["reason"].reindex(provinces)
    need = cover.drop_duplicates("REF_AREA").set_index("REF_AREA").reindex(provinces)
    sent = what_was_sent(known, quarter, provinces).groupby("REF_AREA")["sent"].agg(["sum", "size"])
    found = pd.DataFrame({
        "mechanism": _answer(level >= WORKPLAN, level.isna()), "sdg_plan": _answer(drive == "", pd.Series(len(known.plan) == 0, provinces)),
        "steps": _answer(first.agg(lambda s: (s == "done").all()).reindex(provinces), first.agg(lambda s: (s == "not_reported").all()).reindex(provinces)),
        "needs": _answer(need["covered"] == need["n"], ~(need["n"] > 0)), "sends": _answer((sent["sum"] == sent["size"]).reindex(provinces), pd.Series(False, provinces)),
    }, index=pd.Index(provinces, name="REF_AREA"))  # fmt: skip
    found["n_met"], found["n_unknown"] = (found[list(READY)] == "yes").sum(axis=1), (found[list(READY)] == "unknown").sum(axis=1)
    found["missing"] = [";".join(name for name in READY if row[name] != "yes") for row in found.to_dict("records")]
    found["reason"] = np.where(found["n_unknown"] == len(READY) - 1, "no_rows", np.where(found["n_unknown"] > 0, "partly_reported", ""))
    table = found.reset_index()
    return table.assign(pilot=table["REF_AREA"].isin(codelists.pilots))[READINESS]


def _answer(holds: pd.Series, unknown: pd.Series) -> np.ndarray:
    return np.where(unknown.to_numpy(dtype=bool), "unknown", np.where(holds.fillna(False).to_numpy(dtype=bool), "yes", "no"))


def _localisation(known: Delivery, codelists, areas, indicators) -> pd.DataFrame:
    """The localisation index; without national tables the part of indicators, and so the index, cannot be told."""
    held = pd.DataFrame({"REF_AREA": [], "target": []}) if indicators is None else indicators
    detail = localisation_detail(
        codelists.targets_un["target"], areas, indicators=held, plan=known.plan, plan_item=known.plan_item, project=known.project, project_target=known.project_target,
        budget=known.budget,
    )  # fmt: skip
    table = localisation_index(detail)
    if indicators is None:
        table = table.assign(n_indicator=np.nan, share_indicator=np.nan, n_all=np.nan, share_all=np.nan, index=np.nan, reason="not_compared")
    return _own(table, areas)


# ---------------------------------------------------------------- cities (notebook 34)


def report_city(observations: pd.DataFrame, delivery: Delivery, codelists, *, provinces: str, quarter: str, report_year: int) -> CityReport:
    """Return what is known of goal 11 up to the quarter: indicators, urban and rural, needs, plans, projects and money.

    Values that had not arrived by the end of the quarter (`quarterly_report.arrivals`) are left out.
    """
    areas, known = areas_of(provinces), as_known(delivery, quarter, year_plan=True)
    wanted = observations[is_province(observations["REF_AREA"]) & observations["OBS_VALUE"].notna()]
    there = wanted[arrivals(wanted, codelists) <= quarter_end(quarter)]
    trends = city_trends(there, codelists, report_year=min(report_year, quarter_end(quarter).year))
    split, split_summary = urban_rural(there, codelists)
    chain = need_to_result(
        need=known.need, plan=known.plan, plan_item=known.plan_item, project=known.project, project_target=known.project_target, budget=known.budget,
        activity=known.activity, as_of=quarter, results=_city_results(trends, codelists),
    )  # fmt: skip
    city = chain[chain["goal"] == CITY]
    indicators = city_indicators(there, codelists)
    return CityReport(
        areas, quarter, delivery.synthetic or bool((there["source"] == "synthetic").any()), known, indicators=indicators, trends=_places(trends, areas),
        status_counts=trends.groupby(["SERIES", "status"], sort=True)["REF_AREA"].nunique().rename("n").reset_index().assign(of=trends["REF_AREA"].nunique()),
        split=_places(split, areas), split_summary=split_summary, delivery=_city_delivery(known, _own(city, areas), areas), targets=_city_targets(city, codelists),
        mismatch=_places(mismatches(city), areas), partnership=_partnership(with_registers(known), quarter), missing=city_missing(indicators, split_summary, codelists),
    )  # fmt: skip


def city_series(codelists) -> list[str]:
    """Return the evaluated series of goal 11."""
    return list(codelists.series.loc[(codelists.series["goal"] == CITY) & (codelists.series["evaluate"] == "1"), "SERIES"])


def city_indicators(observations: pd.DataFrame, codelists) -> pd.DataFrame:
    """Return every UN indicator of goal 11 with our series for it: provinces with a value, last period, whether urban and rural
    are told apart. Reason: `no_series` (nothing collected for it), `no_value`."""
    rows = []
    series = codelists.series[codelists.series["SERIES"].isin(city_series(codelists))]
    for record in codelists.indicators[codelists.indicators["goal"] == CITY].to_dict("records"):
        own = series[series["indicator"] == record["indicator"]]
        base = {"indicator": record["indicator"], "name_en": record["name_en"]}
        if own.empty:
            rows.append(base | {"SERIES": "", "proxy": False, "n_provinces": 0, "last_period": "", "has_split": False, "reason": "no_series"})
        for code, proxy in zip(own["SERIES"], own["proxy"], strict=True):
            values = observations[observations["SERIES"] == code]
            rows.append(base | {
                "SERIES": code, "proxy": proxy == "1", "n_provinces": values["REF_AREA"].nunique(), "last_period": values["TIME_PERIOD"].max() if len(values) else "",
                "has_split": bool({"U", "R"} <= set(values["URBANISATION"])), "reason": "" if len(values) else "no_value",
            })  # fmt: skip
    return pd.DataFrame(rows, columns=INDICATORS)


def city_trends(observations: pd.DataFrame, codelists, *, report_year: int) -> pd.DataFrame:
    """Return the trend and its one-word status of every series of goal 11 in every province that has values.

    False-discovery control is over all provinces.
    """
    codes = city_series(codelists)
    own = select_totals(observations[observations["SERIES"].isin(codes) & observations["FREQ"].isin(list(FREQUENCIES))])
    if own.empty:
        return pd.DataFrame(columns=CITY_TRENDS)
    trends = evaluate_trends(own, series=codelists.series, report_year=report_year)
    pace = evaluate_progress(own, trends, codelists, report_year=report_year).rename(columns={"required_pace": "wanted_pace"})
    able = evaluate_detectability(trends, pace)
    trends = trends.merge(able[[*KEY, "tells"]].drop_duplicates(KEY), on=KEY, how="left").fillna({"tells": ""})
    return trends.assign(status=[status_of(row) for row in trends.to_dict("records")])[CITY_TRENDS].reset_index(drop=True)


def _city_results(trends: pd.DataFrame, codelists) -> pd.DataFrame:
    target = codelists.series.set_index("SERIES")["indicator"].map(codelists.indicators.set_index("indicator")["target"])
    return pd.DataFrame({"REF_AREA": trends["REF_AREA"], "target": trends["SERIES"].map(target), "verdict": trends["status"]})


def urban_rural(observations: pd.DataFrame, codelists) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return (rows, summary) of every yearly series that tells urban and rural apart, whichever its goal.

    Rows: per province and year urban, rural, `difference` (rural minus urban) and `gap` (above 0: rural is worse off). Summary: per
    series, in the latest year that most provinces have, the median of both and of the difference over n provinces, with the exact
    interval of the median, in how many rural is worse off, and the trend of the median gap. Goal 11 has a row with the reason
    `no_split` when none of its series has the split.
    """
    table = observations[(observations["FREQ"] == "A") & observations["URBANISATION"].isin(["U", "R"]) & (observations["SEX"] == "_T") & (observations["AGE"] == "_T")]
    table = table.assign(year=table["TIME_PERIOD"].str[:4].astype(int))
    wide = table.pivot_table(index=["SERIES", "REF_AREA", "year"], columns="URBANISATION", values="OBS_VALUE", aggfunc="first").reindex(columns=["U", "R"]).dropna().reset_index()
    wide = wide.rename(columns={"U": "urban", "R": "rural"}).assign(difference=lambda t: t["rural"] - t["urban"])
    sign = {code: {"higher": -1.0, "lower": 1.0}.get(codelists.series_row(code)["direction"], np.nan) for code in set(wide["SERIES"])}
    wide["gap"] = wide["difference"] * wide["SERIES"].map(sign).astype(float)
    rows = [_split_row(code, part, codelists) for code, part in wide.groupby("SERIES", sort=True)]
    if not any(row["goal"] == CITY for row in rows):
        rows.append({"SERIES": "", "goal": CITY, "n": 0, "verdict": "", "reason": "no_split"})
    return wide.reindex(columns=SPLIT), pd.DataFrame(rows, columns=SPLIT_SUMMARY)


def _split_row(code: str, part: pd.DataFrame, codelists) -> dict:
    counts = part.groupby("year")["REF_AREA"].nunique()
    year = int(counts[counts == counts.max()].index.max())
    now = part[part["year"] == year]
    low, high = order_interval(now["difference"])
    medians = part.groupby("year")["gap"].median().dropna().rename("gap").reset_index().assign(SERIES=code)
    trend = gap_trends(medians).iloc[0].to_dict() if len(medians) else {}
    return {
        "SERIES": code, "goal": codelists.series_row(code)["goal"], "year": year, "n": len(now), "urban": now["urban"].median(), "rural": now["rural"].median(),
        "difference": now["difference"].median(), "ci_low": low, "ci_high": high, "n_rural_worse": int((now["gap"] > 0).sum()),
        "reason": "" if len(medians) else "no_direction", **{c: trend.get(c, np.nan) for c in ("n_years", "gap_first", "gap_last", "p_value")}, "verdict": trend.get("verdict", ""),
    }  # fmt: skip


def _city_delivery(known: Delivery, city: pd.DataFrame, areas) -> pd.DataFrame:
    """Per province of the run and for the country: needs, plan items, projects and activities of goal 11, and its share of the money with
    both splits. A goal of which nothing is on record is there with the reason `no_rows`."""
    goals = chain_by_goal(city)
    goals = goals[goals["goal"] == CITY].set_index("REF_AREA").reindex([*areas, NATIONAL]).reset_index()
    counts = ["n_needs", "plan_items", "projects", "activities", "activities_due", "activities_done"]
    goals[counts] = goals[counts].fillna(0).astype(int)
    budget = known.budget[known.budget["REF_AREA"].notna()]
    money = {tagging: money_by_goal(budget, known.project_target, needs=known.need, tagging=tagging, areas=list(areas)) for tagging in SPLITS}
    first = money["weights"][money["weights"]["goal"] == CITY].drop(columns=["goal", "tagging", "amount"])
    other = money["primary"].loc[money["primary"]["goal"] == CITY, ["REF_AREA", "share", "ci_low", "ci_high"]]
    other = other.rename(columns={"share": "share_primary", "ci_low": "primary_low", "ci_high": "primary_high"})
    kept = goals[["REF_AREA", "severity", *counts, "disbursed_thb"]]
    return kept.merge(first, on="REF_AREA", how="left").merge(other, on="REF_AREA", how="left")


def _city_targets(city: pd.DataFrame, codelists) -> pd.DataFrame:
    """The chain of every target of goal 11 in the country, listed whether anything is on record or not."""
    targets = codelists.targets_un.loc[codelists.targets_un["goal"] == CITY, ["target", "name_en"]]
    table = targets.merge(city[city["REF_AREA"] == NATIONAL].drop(columns=["REF_AREA", "goal"]), on="target", how="left")
    there = table["projects"].notna()
    counts = ["n_needs", "plan_items", "projects", "activities", "activities_due", "activities_done"]
    table[counts] = table[counts].fillna(0).astype(int)
    return table.fillna({"planned_thb": 0.0, "disbursed_thb": 0.0, "result": "no_result_data", "broken_link": ""}).assign(reason=np.where(there, "", "no_rows"))


def city_missing(indicators: pd.DataFrame, split_summary: pd.DataFrame, codelists) -> pd.DataFrame:
    """Return what a page per city still lacks: `what`, k there of n needed, as the tables at hand show it."""
    own = split_summary[(split_summary["goal"] == CITY) & (split_summary["reason"] == "")]
    have = indicators[indicators["reason"] == ""]
    return pd.DataFrame([
        {"what": "municipality_codes", "k": 0, "n": np.nan}, {"what": "municipality_values", "k": 0, "n": indicators["indicator"].nunique()},
        {"what": "indicators", "k": have["indicator"].nunique(), "n": indicators["indicator"].nunique()},
        {"what": "urban_rural", "k": own["SERIES"].nunique(), "n": max(1, len(city_series(codelists)))}, {"what": "project_place", "k": 0, "n": np.nan},
    ])  # fmt: skip
