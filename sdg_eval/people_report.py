"""Partners and people: who works with whom, who was heard, what people asked for, and what staff knew before and after training.

The tables of two national reports joined, as known on the last day of a fiscal quarter; `people_words` says them. Every
province, the seven networks and the eight groups are always listed, with the reason for a blank. Answers and scores of
persons are read here, and nothing that rests on fewer than ten of them leaves.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from sdg_eval.delivery.awareness import (
    awareness_change,
    awareness_decay,
    awareness_dose,
    awareness_reach,
    read_scores,
)
from sdg_eval.delivery.contract import typed
from sdg_eval.delivery.disclosure import Group, hidden_groups
from sdg_eval.delivery.frames import NATIONAL
from sdg_eval.delivery.known import as_known
from sdg_eval.delivery.participation import adoption, representativeness, silent_groups
from sdg_eval.delivery.partners import (
    NETWORKS,
    active_projects,
    bipartite,
    missing_networks,
    network_shares,
    one_team,
    partner_balance,
    partner_network,
    team_modularity,
)
from sdg_eval.delivery.priorities import priorities
from sdg_eval.delivery.quarters import quarter_number
from sdg_eval.delivery.restricted import is_restricted, open_beside, read_rows
from sdg_eval.delivery.tables import SYNTHETIC, Delivery, empty_table, with_registers
from sdg_eval.errors import DataError
from sdg_eval.report_files import write_report_files
from sdg_eval.store import write_json
from sdg_eval.suppression import THRESHOLD

QUARTERS_SHOWN = 8
"""Quarters of the balance over time, the one asked for last."""
WALL_DRAWS = 39
"""Registers dealt anew beside the modularity: its band of 95% then rests on single draws; more take the notebook too long."""
PURPOSE = "quarterly_report"
"""What the log of the restricted store says of a reading."""
SURVEY, SCORES = "survey_answer", "training_score"
NO_FILE = "no_person_rows"
"""Reason of a section whose restricted file was not given."""
CHANGE_SHOWN = [
    "n", "n_unpaired", "n_events", "mean_pre", "mean_post", "change", "ci_low", "ci_high", "dz", "g", "g_low", "g_high", "p_wilcoxon", "wilcoxon_method",
    "rank_biserial", "method", "ci_kind", "reason",
]  # fmt: skip
DECAY_SHOWN = [
    "n_pairs", "n_three", "n_events", "attrition", "attrition_low", "attrition_high", "days_median", "gain", "gain_low", "gain_high", "decay", "decay_low",
    "decay_high", "kept", "kept_low", "kept_high", "kept_share", "kept_share_low", "kept_share_high", "returned_less_lost", "returned_less_lost_low",
    "returned_less_lost_high", "reason",
]  # fmt: skip
SCORE_COLUMNS = ["pre_score", "post_score", "follow_up_score"]
GAIN_COLUMNS = [f"{c}{end}" for c in ("gain", "decay", "kept_share") for end in ("", "_low", "_high")]
LOST_COLUMNS = [f"{c}{end}" for c in ("attrition", "returned_less_lost") for end in ("", "_low", "_high")] + ["n_pairs"]
CHANGE_BY = ("REF_AREA", "agency_id", "host", "event_id")
"""What a row is, the widest first: when parts would give few persons away, the finer table gives way."""
WEB = ["REF_AREA", "actors", "n_actors", "n_networks", "n_ties", "density", "mean_networks", "n_components", "reason"]


@dataclass(frozen=True, eq=False)
class PeopleReport:
    """Partners, participation and priorities of all provinces (the country is TH); `ties` are of the provinces of the run."""

    quarter: str
    areas: tuple[str, ...]
    shares: pd.DataFrame
    balance: pd.DataFrame
    balance_by_quarter: pd.DataFrame
    missing: pd.DataFrame
    ties: pd.DataFrame
    web: pd.DataFrame
    team: pd.DataFrame
    walls: pd.DataFrame
    representation: pd.DataFrame
    silent: pd.DataFrame
    adoption: pd.DataFrame
    priorities: pd.DataFrame
    synthetic: bool
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class AwarenessReport:
    """Scores before, after and at follow-up: `change` and `decay` have one row per name of a `by` (province, agency, host, training)."""

    quarter: str
    areas: tuple[str, ...]
    change: pd.DataFrame
    decay: pd.DataFrame
    dose: pd.DataFrame
    reach: pd.DataFrame
    training: pd.DataFrame
    synthetic: bool
    sources: tuple[str, ...] = ()


# ---------------------------------------------------------------- reading


def parse_areas(text: str, codelists) -> tuple[str, ...]:
    """Return the provinces of a comma list of codes. Raises DataError for one that is none."""
    found = [part.strip() for part in text.split(",") if part.strip()]
    if unknown := [part for part in found if part not in set(codelists.provinces)]:
        raise DataError(f"Not a province: {', '.join(unknown)}. Write codes such as TH-50,TH-10.")
    return tuple(found)


def read_persons(table: str, path: str) -> pd.DataFrame:
    """Return a restricted table (`survey_answer`, `training_score`) from its CSV file or the restricted store; empty for '', which leaves it out.

    A store is read through its log, which names the reading before the rows are here. Raises DataError for a file that cannot be read or has a cell of the wrong kind; no cell is repeated in the message.
    """
    if not path:
        return empty_table(table)
    if is_restricted(path):
        rows = read_rows(open_beside(path), table, purpose=PURPOSE)
        return rows[[c for c in empty_table(table) if c in rows]]
    try:
        raw = pd.read_csv(path, dtype="str", keep_default_na=False, encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read. Give the restricted file {table}.csv, the restricted store, or '' to leave it out.") from error
    frame, faults = typed(table, raw)
    if faults:
        raise DataError(f"{path}, row {faults[0]['row']}, column {faults[0]['column']}: {faults[0]['reason_en']}. {faults[0]['remedy_en']}")
    return frame


def sources_of(*frames: pd.DataFrame) -> tuple[str, ...]:
    """Return the keys of the sources of the rows that a report rests on."""
    return tuple(sorted({s for frame in frames if "source" in frame for s in frame["source"].unique() if s}))


# ---------------------------------------------------------------- partners, participation, priorities


def evaluate_people(delivery: Delivery, codelists, *, quarter: str, areas: str, survey: str = "") -> PeopleReport:
    """Return partners, participation and priorities as known on the last day of the quarter.

    Parameters
    ----------
    areas
        Provinces of the run, comma between: their ties are drawn; the tables list every province.
    survey
        File of person-level answers, restricted; '' leaves the priorities out.
    """
    quarter_number(quarter)
    chosen, everywhere = parse_areas(areas, codelists), list(codelists.provinces)
    known = as_known(delivery, quarter)
    project, partner = known.project, known.project_partner
    representation = representativeness(known.participation, known.participation_group, known.population_group, areas=everywhere)
    answers = read_persons(SURVEY, survey)
    answers = answers[~(answers["fiscal_year"] > int(quarter[:4])).fillna(False).astype(bool)]
    return PeopleReport(
        quarter, chosen, network_shares(project, partner, areas=everywhere), partner_balance(project, partner, areas=everywhere),
        _balance_by_quarter(project, partner, quarter), missing_networks(project, partner), _ties(project, partner, chosen), _web(project, partner, everywhere),
        one_team(project, known.project_agency, areas=everywhere), team_modularity(project, known.project_agency, [quarter], draws=WALL_DRAWS),
        representation, silent_groups(representation), adoption(known.participation, areas=everywhere), _priorities(answers, known.survey_margin, chosen, survey),
        delivery.synthetic or SYNTHETIC in sources_of(answers),
        sources_of(project, partner, known.project_agency, known.participation, known.participation_group, answers),
    )  # fmt: skip


def _balance_by_quarter(project, partner, quarter: str) -> pd.DataFrame:
    """The country's balance of the projects that ran in each quarter, the oldest first."""
    last = quarter_number(quarter)
    wanted = [f"{n // 4}Q{n % 4 + 1}" for n in range(last - QUARTERS_SHOWN + 1, last + 1)]
    rows = [partner_balance(project, partner, areas=[], quarter=q).assign(fiscal_quarter=q) for q in wanted if len(active_projects(project, q))]
    table = pd.concat(rows, ignore_index=True) if rows else partner_balance(project, partner, areas=[]).head(0).assign(fiscal_quarter="")
    return table[["fiscal_quarter", *[c for c in table if c != "fiscal_quarter"]]]


def _ties(project, partner, areas) -> pd.DataFrame:
    """Province, network, and the projects in which they meet, of the provinces of the run."""
    own = project[project["REF_AREA"].isin(areas)][["project_id", "REF_AREA"]]
    met = partner[partner["network_id"].isin(NETWORKS)].merge(own, on="project_id").drop_duplicates(["project_id", "network_id"])
    table = met.groupby(["REF_AREA", "network_id"]).size().rename("weight").reset_index()
    return table.rename(columns={"REF_AREA": "left", "network_id": "right"})


def _web(project, partner, areas) -> pd.DataFrame:
    """Measures of the two-mode network: of each province its projects by networks, of the country its provinces by networks."""
    rows = []
    for area in areas:
        own = project[project["REF_AREA"] == area]
        rows.append(_web_row(area, "projects", bipartite(partner[partner["project_id"].isin(own["project_id"])], "project_id", "network_id", events=NETWORKS)))
    return pd.DataFrame([*rows, _web_row(NATIONAL, "provinces", partner_network(project[project["REF_AREA"] != NATIONAL], partner, actors=areas))], columns=WEB)


def _web_row(area: str, actors: str, net) -> dict:
    return {
        "REF_AREA": area, "actors": actors, "n_actors": net.n_actors, "n_networks": int((net.events["degree"] > 0).sum()), "n_ties": net.n_edges, "density": net.density,
        "mean_networks": net.n_edges / net.n_actors if net.n_actors else np.nan, "n_components": net.n_components, "reason": net.reason,
    }  # fmt: skip


def _priorities(answers, margins, chosen, survey: str) -> pd.DataFrame:
    """17 goals of each province with answers and of each of the run; without a file all of them have the reason."""
    surveyed = sorted(set(answers["REF_AREA"]) - {""}) if len(answers) else []
    latest = None if not len(answers) else int(answers["fiscal_year"].max())
    table = priorities(answers, margins, areas=sorted({*surveyed, *chosen}), fiscal_year=latest)
    return table if survey else table.assign(reason=NO_FILE)


# ---------------------------------------------------------------- awareness


def evaluate_awareness(delivery: Delivery, codelists, *, quarter: str, areas: str, scores: str = "") -> AwarenessReport:
    """Return what staff knew before and after training, as known on the last day of the quarter.

    Parameters
    ----------
    scores
        File of person-level scores, restricted; '' leaves out everything but the reach.

    Notes
    -----
    A row is shown only when ten persons or more stand behind it and behind every difference to the other rows shown:
    those of the provinces first, then of agencies, hosts and single trainings, then those at follow-up.
    """
    chosen, everywhere = parse_areas(areas, codelists), list(codelists.provinces)
    tables = dict(delivery.tables) | {SCORES: read_persons(SCORES, scores)}
    known = with_registers(as_known(replace(delivery, tables=tables), quarter))
    training, rows = known.training, known.training_score
    held = read_scores(training, rows)
    agencies = sorted({*training["agency_id"], *_staff(known.agency)["agency_id"]} - {""})
    listed = {"REF_AREA": everywhere, "agency_id": agencies, "host": None, "event_id": None}
    seen: list[frozenset] = []
    seen_later: list[frozenset] = []
    change = pd.concat([shown_change(training, rows, held, by, listed[by], seen) for by in CHANGE_BY], ignore_index=True)
    decay = pd.concat([shown_decay(training, rows, held, by, listed[by], seen, seen_later) for by in ("REF_AREA", "event_id")], ignore_index=True)
    dose = awareness_dose(training, rows, listed=[])
    reach = pd.concat([shown_reach(training, by, listed[by]) for by in ("REF_AREA", "agency_id", "host")], ignore_index=True)
    if not scores:
        change, decay, dose = (t.assign(reason=NO_FILE) for t in (change, decay, dose))
    days = training[["event_id", "event_date", "host", "agency_id", "REF_AREA", "topic", "hours"]]
    return AwarenessReport(
        quarter, chosen, change, decay, dose.assign(reason=np.where(dose["n"].between(1, THRESHOLD - 1), "suppressed", dose["reason"])), reach, days,
        delivery.synthetic or SYNTHETIC in sources_of(rows), sources_of(training, rows),
    )  # fmt: skip


def _staff(agency: pd.DataFrame) -> pd.DataFrame:
    """Departments and state enterprises of the ministry: always listed."""
    return agency[agency["agency_type"].isin(["department", "state_enterprise"]) & (agency["moi"] == 1)]


def _persons(part: pd.DataFrame, columns: list[str]) -> frozenset:
    """Rows behind a figure, as `person.row`."""
    used = part.dropna(subset=columns)
    return frozenset(used["person"].str.replace(".", "_", regex=False) + "." + used["event_id"])


def _guard(names, sets: list[frozenset], seen: list[frozenset]) -> dict:
    """Why each name must stay blank, `""` where it may be shown; what is shown is added to `seen`."""
    why = hidden_groups([Group(rows, is_total=name == NATIONAL) for name, rows in zip(names, sets, strict=True)], seen)
    seen += [rows for rows, reason in zip(sets, why, strict=True) if not reason and rows and rows not in seen]
    return dict(zip(names, why, strict=True))


def _part(held: pd.DataFrame, by: str, name: str) -> pd.DataFrame:
    return held if by == "REF_AREA" and name == NATIONAL else held[held[by] == name]


def _blank(table: pd.DataFrame, why: pd.Series, numbers: list[str]) -> pd.DataFrame:
    """Blank the numbers of hidden rows, and say why."""
    table[numbers] = table[numbers].astype(float)
    table.loc[why != "", numbers] = np.nan
    words = table.select_dtypes(exclude="number").columns.intersection(["method", "ci_kind", "wilcoxon_method"])
    table.loc[why != "", words] = ""
    return table.assign(reason=np.where(why != "", "suppressed", table["reason"]))


def shown_change(training, rows, held, by: str, listed, seen: list[frozenset]) -> pd.DataFrame:
    table = awareness_change(training, rows, by=by, listed=listed)
    wanted = [["pre_score", "post_score"] if method != "welch_unpaired" else [] for method in table["method"]]
    sets = [_persons(_part(held, by, name), columns) for name, columns in zip(table[by], wanted, strict=True)]
    why = table[by].map(_guard(list(table[by]), sets, seen))
    unpaired = (table["n_scored"] - table["n"]).astype(float)
    table["n_unpaired"] = unpaired.mask(unpaired.between(1, THRESHOLD - 1))
    why = why.mask((why == "") & table["n"].between(1, THRESHOLD - 1), "suppressed")
    table = _blank(table, why, [c for c in CHANGE_SHOWN if c in table and pd.api.types.is_numeric_dtype(table[c]) and c != "n_events"])
    return table.rename(columns={by: "name"}).assign(by=by)[["by", "name", *CHANGE_SHOWN]]


def shown_decay(training, rows, held, by: str, listed, seen: list[frozenset], seen_later: list[frozenset]) -> pd.DataFrame:
    """Decay with its small groups blank.

    A gain of those who came back, beside that of all, gives away the gain of those who did not: where these are few, only `kept` stays,
    which says nothing of the score after the training.
    """
    table = awareness_decay(training, rows, by=by, listed=listed)
    sets = [_persons(_part(held, by, name), SCORE_COLUMNS) for name in table[by]]
    few = table["n_three"].between(1, THRESHOLD - 1)
    later, both = (table[by].map(_guard(list(table[by]), sets, before)).mask(few, "suppressed") for before in (seen_later, seen))
    table = _blank(table, later, [c for c in DECAY_SHOWN if c not in ("n_events", "reason")])
    table.loc[both != "", GAIN_COLUMNS] = np.nan
    table.loc[(table["n_pairs"] - table["n_three"]).between(1, THRESHOLD - 1), LOST_COLUMNS] = np.nan
    return table.rename(columns={by: "name"}).assign(by=by)[["by", "name", *DECAY_SHOWN]]


def shown_reach(training, by: str, listed) -> pd.DataFrame:
    table = awareness_reach(training, by=by, listed=listed)
    few = table["attended"].between(1, THRESHOLD - 1) | table["invited"].between(1, THRESHOLD - 1)
    table = _blank(table, few.map({True: "suppressed", False: ""}), ["invited", "attended", "rate", "ci_low", "ci_high"])
    return table.rename(columns={by: "name"}).assign(by=by)[["by", "name", *[c for c in table if c != by]]]


# ---------------------------------------------------------------- writing


def count_told(representation: pd.DataFrame) -> int:
    """Return of how many pairs of province and group it can be told whether the group took part."""
    asked = representation[(representation["REF_AREA"] != NATIONAL) & representation["n_events"].gt(0)]
    return int((~asked["reason"].isin(["no_event", "not_recorded", "no_population", "few_events"])).sum())


def write_report(report, folder, text: dict, **more: pd.DataFrame) -> None:
    """Write each table of a report as CSV and Parquet, with a column that says whether it rests on synthetic data, and text.json."""
    if hasattr(report, "representation"):
        more["facts"] = pd.DataFrame([{"fact": "pairs_told", "value": count_told(report.representation)}])
    write_report_files(report, folder, synthetic=report.synthetic, **more)
    write_json(Path(folder) / "text.json", text)
