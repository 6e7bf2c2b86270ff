"""What each run may see: its own part of what the batch worked out once, in a folder of its own.

A notebook that is given a slice can show nothing else, reads small files, and finds small cells hidden already. What its
result depends on is what lies there: the hash of its slice is the data's part of a run's key (`keys`), so exactly those runs
are done again whose rows changed.

- Provinces (10, 20, 41, 61, and 15 and 90 for the provinces of the run): rows by area. Where a province is set beside others, the others'
  values of that period are there, without their provenance; or the comparison itself is, worked out for all at once.
- Country (40 to 65, 34, 75): all provinces, of the series that the notebook can use.
- Delivery (30 to 34, 70, 75): the tables that the notebook reads. Asking for another one is an error (`Delivery.only`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields
from functools import cached_property, partial

import numpy as np
import pandas as pd

from sdg_eval.batch.plan import PEERS, PILOT, PROVINCE, QUARTERLY, Job
from sdg_eval.comparisons.best_practice import judged_series
from sdg_eval.comparisons.traits import INCOME, POPULATION, URBAN
from sdg_eval.concepts import KEY, SPLITS, TOTAL
from sdg_eval.data_report import DataReport
from sdg_eval.delivery.columns import delivery_tables
from sdg_eval.delivery.tables import ONLY, Delivery
from sdg_eval.evaluation import National
from sdg_eval.observations import FREQUENCIES, observation_table, select_totals
from sdg_eval.people_report import SCORES
from sdg_eval.programme_report import city_series
from sdg_eval.quarterly_report import PREPARED, Prepared, own_tables
from sdg_eval.shown import shown_arrow
from sdg_eval.store import csv_bytes

SYNTHETIC = "synthetic"
COUNTRY = "TH"
OBSERVATIONS = "observations.parquet"
NATIONAL_TABLES = {
    "00_data_quality": ("quality",), PROVINCE: tuple(f.name for f in fields(National)), "15_targets_and_forecasts": ("progress", "rules", "forecasts", "scoreboard"),
    "31_need_plan_money_result": ("trends", "detectability"), "90_synthesis": tuple(f.name for f in fields(National)),
}  # fmt: skip
"""National tables that a notebook reads."""
_MONEY = ("project", "project_target", "activity", "budget")
_TO_RESULT = ("need", "plan", "plan_item", *_MONEY)
_PARTNERS = ("agency", "agreement", "partner", "project_partner", "resource")
DELIVERY_TABLES = {
    "30_delivery": (
        *_PARTNERS, "project", "activity", "budget", "decision", "adjustment", "evidence", "kpi", "leadership", "local_group", "mechanism", "meeting", "milestone",
        "process_metric", "request",
    ),
    "31_need_plan_money_result": (*_TO_RESULT, "kpi", "leadership", "mechanism", "milestone"),
    "32_partners_participation": ("project", "project_agency", "project_partner", "participation", "participation_group", "population_group", "survey_margin"),
    "33_awareness": ("agency", "training", "training_score"),
    "34_city_sdg11": (*_TO_RESULT, *_PARTNERS),
    "70_vnr_register": ("activity", "crosswalk", "evidence", "kpi", "plan", "plan_item", "practice", "project", "project_target"),
    "75_agency_pages": (
        *_PARTNERS, "activity", "budget", "adjustment", "body", "decision", "kpi", "meeting", "project", "project_agency", "project_target", "responsibility",
    ),
}  # fmt: skip
"""Delivery tables that a notebook reads, with those that say what was known when (`delivery.known`)."""
NOT_OF_A_PROVINCE = ("body", "network", "partner", "agreement", "framework", "crosswalk")
"""Delivery tables that a province's report does not read."""


class Rows:
    """A table of which rows are taken by area (or another column), without a look at the others.

    Types are those of the whole table: a part in which a column is blank comes back as it would from the whole.
    """

    def __init__(self, table: pd.DataFrame, arrow=None, *, by: str = "REF_AREA"):
        import pyarrow as pa

        self.table = table
        self.arrow = pa.Table.from_pandas(table, preserve_index=False) if arrow is None else arrow
        self.places = table.groupby(by, sort=False).indices if by in table else {}

    def of(self, areas: Iterable[str]):
        """Return the rows of some areas as an Arrow table, in the order of the table."""
        return self.arrow.take(np.sort(np.concatenate([np.zeros(0, dtype=int), *(self.places.get(area, ()) for area in areas)]).astype(int)))


@dataclass(frozen=True)
class Shared:
    """What all slices of a batch are cut from. Tables that no planned run needs are None or empty."""

    codelists: object
    observations: pd.DataFrame = field(repr=False)  # of all provinces, as they may be shown
    national: National = field(repr=False)
    data: DataReport = field(repr=False)
    synthetic: bool = False  # any observation was made up
    synthetic_delivery: bool = False
    delivery: Delivery | None = field(default=None, repr=False)
    known: Delivery | None = field(default=None, repr=False)  # as known at the end of the quarter, with the registers
    prepared: Prepared | None = field(default=None, repr=False)

    # ------------------------------------------------------------ observations

    @cached_property
    def plain(self) -> pd.DataFrame:
        """Observations without the day on which we took them in: taking the same file in again changes no result."""
        return self.observations.assign(vintage="")

    @cached_property
    def totals(self) -> pd.DataFrame:
        """Evaluated values that are not broken down, of every area."""
        return select_totals(self.plain[self.plain["SERIES"].isin(self.codelists.evaluated)])

    @cached_property
    def own(self) -> Rows:
        return Rows(self.totals, shown_arrow(self.totals))

    @cached_property
    def beside(self) -> dict[tuple[str, str], object]:
        """The values of all areas in the period in which provinces are compared, by SERIES and FREQ, without their provenance."""
        period = self.national.peers.drop_duplicates(["SERIES", "FREQ"])[["SERIES", "FREQ", "peer_period"]]
        rows = self.totals.dropna(subset="OBS_VALUE").merge(period, left_on=["SERIES", "FREQ", "TIME_PERIOD"], right_on=["SERIES", "FREQ", "peer_period"])
        bare = observation_table(rows[[*KEY, "OBS_VALUE"]])
        arrow = shown_arrow(bare).cast(self.own.arrow.schema)
        return {key: arrow.take(np.asarray(places)) for key, places in bare.groupby(["SERIES", "FREQ"]).indices.items()}

    @cached_property
    def reported(self) -> Rows:
        """Evaluated values of provinces with the day on which they came, for what is told of a quarter."""
        rows = self.observations[self.observations["SERIES"].isin(self.codelists.evaluated) & self.observations["REF_AREA"].isin(self.codelists.provinces)]
        rows = select_totals(rows[rows["FREQ"].isin(list(FREQUENCIES))])
        return Rows(rows, shown_arrow(rows))

    def mark(self, synthetic: bool):
        """A row without a value that says whether anything of the country is made up: what rests on it carries the mark."""
        rows = observation_table([{"SERIES": "", "REF_AREA": COUNTRY, "FREQ": "A", "TIME_PERIOD": "", "source": SYNTHETIC}] if synthetic else [])
        return shown_arrow(rows).cast(self.own.arrow.schema)

    def sources(self, series: Iterable[str]):
        """A row without a value per series and source, for the line that names the sources of a figure."""
        rows = self.plain.loc[self.plain["SERIES"].isin(list(series)), ["SERIES", "source"]].drop_duplicates().assign(REF_AREA=COUNTRY, FREQ="A")
        return shown_arrow(observation_table(rows)).cast(self.own.arrow.schema)

    def of_series(self, series: Iterable[str], *, dated: bool = False):
        """All rows of some series."""
        table = self.observations if dated else self.plain
        return shown_arrow(table[table["SERIES"].isin(set(series))].reset_index(drop=True))

    @cached_property
    def of_quarter(self) -> dict[str, Rows]:
        """What the reports of all provinces share; what may be shown of scores is by training."""
        return {f.name: Rows(getattr(self.prepared, f.name), by="name" if f.name in ("change", "decay") else "REF_AREA") for f in fields(Prepared)}

    # ------------------------------------------------------------ national tables

    @cached_property
    def tables(self) -> dict[str, Rows]:
        return {f.name: Rows(getattr(self.national, f.name)) for f in fields(National)}

    @cached_property
    def families(self) -> tuple[dict, object]:
        """(place of SERIES and FREQ, a row of each without a value): every series and frequency that any province has is listed."""
        import pyarrow as pa

        rows = self.national.trends.drop_duplicates(["SERIES", "FREQ"]).reset_index(drop=True)
        places = {key: place for place, key in enumerate(zip(rows["SERIES"], rows["FREQ"], strict=True))}
        blank = {c: np.zeros(len(rows), dtype=rows[c].dtype) if rows[c].dtype.kind in "iufb" else "" for c in rows}
        rows = rows.assign(**blank | {"SERIES": rows["SERIES"], "FREQ": rows["FREQ"], "REF_AREA": COUNTRY})
        return places, pa.Table.from_pandas(rows, preserve_index=False).cast(self.tables["trends"].arrow.schema)

    def national_of(self, name: str, areas: Iterable[str]):
        """Return the rows of some areas of a national table."""
        import pyarrow as pa

        if name == "scoreboard":
            return self.tables[name].arrow
        own = self.tables[name].of(areas)
        if name != "trends":
            return own
        places, blank = self.families
        held = set(zip(own["SERIES"].to_pylist(), own["FREQ"].to_pylist(), strict=True))
        return pa.concat_tables([own, blank.take(np.array([p for key, p in places.items() if key not in held], dtype=int))])


# ---------------------------------------------------------------- series that a notebook about the country can use


def _traits() -> set[str]:
    return {*POPULATION, *INCOME, *URBAN}


def _compared(shared: Shared) -> set[str]:
    return set(shared.codelists.bounds["SERIES"]) | set(judged_series(shared.codelists))


def _left_behind(shared: Shared) -> set[str]:
    rows = shared.observations[shared.observations["REF_AREA"].isin(shared.codelists.provinces)]
    return set(judged_series(shared.codelists)) | {POPULATION[0]} | set(rows.loc[(rows[list(SPLITS)] != TOTAL).any(axis=1), "SERIES"])


def outcome_series(shared: Shared) -> set[str]:
    """Return the series that the evaluation of the programme's effect rests on."""
    return set(shared.codelists.effect_outcomes["SERIES"]) | _traits()


def _city(shared: Shared) -> set[str]:
    rows = shared.observations
    return set(city_series(shared.codelists)) | set(rows.loc[rows["URBANISATION"].isin(["U", "R"]), "SERIES"])


SERIES: dict[str, Callable[[Shared], set[str]]] = {
    "40_provinces_side_by_side": _compared, "45_leave_no_one_behind": _left_behind, "50_best_practice": lambda shared: set(judged_series(shared.codelists)) | _traits(),
    "60_pilot_effect": outcome_series, "65_overall_evaluation": outcome_series,
}  # fmt: skip


def peer_series(shared: Shared) -> set[str]:
    """Return the series that a province and its peers are told by."""
    return set(judged_series(shared.codelists)) | set(shared.codelists.targets["SERIES"]) | _traits()


# ---------------------------------------------------------------- one run's slice


def cut(job: Job, shared: Shared) -> dict[str, bytes]:
    """Return the files of a run's slice by name, but for those of delivery tables; views that are worked out for all at once are not among them."""
    import pyarrow as pa

    areas = [job.area] if job.area else job.parameters.get("PROVINCES", "").split(",")
    tables = {f"{name}.parquet": shared.national_of(name, areas) for name in NATIONAL_TABLES.get(job.notebook, ())}
    join = partial(pa.concat_tables, promote_options="none")
    if job.notebook == "00_data_quality":
        tables = {"quality.parquet": shared.tables["quality"].arrow, OBSERVATIONS: shown_arrow(shared.observations)}
        tables |= {f"{f.name}.parquet": pa.Table.from_pandas(getattr(shared.data, f.name), preserve_index=False) for f in fields(DataReport)}
    elif job.notebook == "31_need_plan_money_result":
        tables = {f"{name}.parquet": shared.tables[name].arrow for name in NATIONAL_TABLES[job.notebook]}
    elif job.notebook in (PROVINCE, "90_synthesis"):
        compared = zip(*(tables["peers.parquet"][c].to_pylist() for c in ("SERIES", "FREQ")), strict=True) if job.area else ()
        tables[OBSERVATIONS] = join([shared.own.of(areas), *(_without(shared.beside[key], areas) for key in compared)])
    elif job.notebook == PEERS:
        tables[OBSERVATIONS] = join([shared.sources(judged_series(shared.codelists)), shared.mark(shared.synthetic)])
    elif job.notebook == PILOT:
        tables[OBSERVATIONS] = join([shared.sources(shared.codelists.effect_outcomes["SERIES"]), shared.mark(shared.synthetic)])
    elif job.notebook == QUARTERLY:
        tables[OBSERVATIONS] = join([shared.reported.of(areas), shared.mark(shared.synthetic or shared.synthetic_delivery)])
        tables |= _prepared(job.area, shared)
    elif job.notebook == "34_city_sdg11":
        tables[OBSERVATIONS] = shared.of_series(_city(shared), dated=True)
    elif job.notebook == "75_agency_pages":
        tables[OBSERVATIONS] = shared.reported.arrow
    elif job.notebook in SERIES:
        tables[OBSERVATIONS] = join([shared.of_series(SERIES[job.notebook](shared)), shared.mark(shared.synthetic)])
    return {name: parquet(table) for name, table in tables.items()}


def _without(table, areas: list[str]):
    """The rows of other areas: a province's own stand in its slice in full."""
    import pyarrow.compute as pc

    return table.filter(pc.invert(pc.is_in(table["REF_AREA"], value_set=_texts(areas, table))))


def _texts(values: list[str], table):
    import pyarrow as pa

    return pa.array(values, type=table.schema.field("REF_AREA").type)


def _prepared(area: str, shared: Shared) -> dict[str, object]:
    """What all provinces share of the quarter: the rows of the province, and of its trainings."""
    training = shared.known.training
    events = training.loc[training["REF_AREA"] == area, "event_id"]
    return {f"{PREPARED}/{name}.parquet": rows.of(events if name in ("change", "decay") else [area]) for name, rows in shared.of_quarter.items()}


def frame_digest(table: pd.DataFrame) -> str:
    """Return sha256 over the rows of a table, in their order."""
    return hashlib.sha256(parquet(shown_arrow(table))).hexdigest()


def parquet(table) -> bytes:
    """Return an Arrow table as the bytes of a Parquet file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    return sink.getvalue().to_pybytes()


def cut_delivery(job: Job, shared: Shared) -> dict[str, bytes]:
    """Return the delivery tables of a run's slice as files by name: they hold what nobody but the notebook may see."""
    if shared.known is None or "DELIVERY" not in job.parameters:
        return {}
    if job.notebook == QUARTERLY:
        return _files(_of_province(job.area, shared.known), [name for name in delivery_tables() if name not in NOT_OF_A_PROVINCE])
    wanted = DELIVERY_TABLES[job.notebook]
    return _files({name: frame for name, frame in shared.delivery.tables.items() if name in wanted and name != SCORES}, wanted)


def _of_province(area: str, known: Delivery) -> dict[str, pd.DataFrame]:
    """The tables of a province as known at the end of the quarter, and the evidence that its activities name."""
    tables = {name: frame for name, frame in own_tables(known, area).tables.items() if name not in (*NOT_OF_A_PROVINCE, SCORES)}
    named = set(tables["activity"]["evidence_id"])
    if "evidence" in tables:
        tables["evidence"] = tables["evidence"][tables["evidence"]["evidence_id"].isin(named)]
    return tables


def _files(tables: dict[str, pd.DataFrame], only: Iterable[str]) -> dict[str, bytes]:
    held = {f"delivery/{name}.csv": csv_bytes(frame) for name, frame in tables.items() if len(frame)}
    return held | {f"delivery/{ONLY}": (json.dumps(sorted(only)) + "\n").encode()}
