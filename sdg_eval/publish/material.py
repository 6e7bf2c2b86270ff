"""What a run wrote, read once and grouped by what pages ask for: no page searches a table of its own."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path

import pandas as pd

from sdg_eval.concepts import SPLITS, TOTAL
from sdg_eval.data_report import DataReport, read_data_report, summarise_missing
from sdg_eval.errors import DataError
from sdg_eval.evaluation import Evaluation, National, read_evaluation, read_national
from sdg_eval.national_status import goals_of_provinces, status_table
from sdg_eval.observations import mid_points, select_totals
from sdg_eval.pairs import pair_values
from sdg_eval.report_files import records
from sdg_eval.reviews import Gate, default_folder, judge_run, read_reviews, run_hash
from sdg_eval.suppression import STATUS

DONE = ("done", "kept")
STATUSES_OF_RUNS = ("done", "kept", "failed", "refused", "suppressed", "interrupted")
"""What can become of a planned run; the counts of all six add up to what was planned."""
PROVINCE, PEERS, SIDE_BY_SIDE = "10_province_evaluation", "41_peers", "40_provinces_side_by_side"
PILOT, EFFECT, OVERALL = "61_province_effect", "60_pilot_effect", "65_overall_evaluation"
QUARTERLY, SYNTHESIS = "20_quarterly_report", "90_synthesis"
DELIVERY, CHAIN, AGENCIES = "30_delivery", "31_need_plan_money_result", "75_agency_pages"


@dataclass(frozen=True, eq=False)
class Material:
    """A run folder as tables; `record` is what the batch noted of it (run, lang, report_year, data_hash, version, synthetic, quarter)."""

    folder: Path
    codelists: object
    record: dict
    runs: pd.DataFrame
    observations: pd.DataFrame  # after suppression, derived series included
    national: National
    data: DataReport
    evaluations: dict[str, Evaluation] = field(default_factory=dict)

    @cached_property
    def provinces(self) -> dict[str, dict]:
        """The run of the province evaluation by REF_AREA."""
        rows = self.runs[self.runs["notebook"] == PROVINCE].to_dict("records")
        return {row["REF_AREA"]: row for row in rows}

    @cached_property
    def gate(self) -> Gate:
        """What advisers say of this run, and whether it is a draft, reviewed or released."""
        roles = self.codelists.review_roles
        return judge_run(read_reviews(default_folder(), roles), run_hash(self.folder), roles)

    @cached_property
    def run_hash(self) -> str:
        """Content hash of the run, by which reviews name it."""
        return run_hash(self.folder)

    def statuses(self, notebook: str) -> dict[str, str]:
        """What became of a notebook, by REF_AREA ('' for a national one)."""
        own = self.runs[self.runs["notebook"] == notebook]
        return dict(zip(own["REF_AREA"], own["status"], strict=True))

    @cached_property
    def areas(self) -> list[str]:
        """The provinces that this run speaks of, in the order of their codes."""
        return sorted({*self.provinces, *self.statuses(QUARTERLY)})

    @cached_property
    def totals(self) -> pd.DataFrame:
        """Observations of provinces that are not broken down."""
        rows = select_totals(self.observations)
        return rows[rows["REF_AREA"].isin(set(self.codelists.provinces))]

    @cached_property
    def values(self) -> dict[str, dict[tuple[str, str], list[dict]]]:
        """{REF_AREA: {(SERIES, FREQ): observations as dicts, the latest period first}}."""
        ordered = self.totals.sort_values("TIME_PERIOD", ascending=False, kind="stable")
        found: dict = defaultdict(lambda: defaultdict(list))
        for row in records(ordered):
            found[row["REF_AREA"]][row["SERIES"], row["FREQ"]].append(row)
        return found

    @cached_property
    def of_series(self) -> dict[str, pd.DataFrame]:
        """The observations of each series, broken down ones too."""
        return dict(list(self.observations.groupby("SERIES", sort=True)))

    @cached_property
    def rules(self) -> dict[str, dict[tuple[str, str], list[dict]]]:
        """{REF_AREA: {(SERIES, FREQ): one dict per progress rule, ours first}}."""
        own = self.national.rules.drop_duplicates(["SERIES", "REF_AREA", "FREQ", "method"])
        found: dict = defaultdict(lambda: defaultdict(list))
        for row in records(own):
            found[row["REF_AREA"]][row["SERIES"], row["FREQ"]].append(row)
        return found

    @cached_property
    def forecasts(self) -> dict[tuple[str, str, str], list[dict]]:
        """{(REF_AREA, SERIES, FREQ): forecasts of values that are not broken down}."""
        found: dict = defaultdict(list)
        for row in records(select_totals(self.national.forecasts)):
            found[row["REF_AREA"], row["SERIES"], row["FREQ"]].append(row)
        return found

    @cached_property
    def series(self) -> dict[str, dict]:
        """Rows of series.csv by code."""
        return {row["SERIES"]: row for row in self.codelists.series.to_dict("records")}

    @cached_property
    def sources(self) -> dict[str, dict]:
        """Rows of sources.csv by key."""
        return {row["source"]: row for row in self.codelists.sources.to_dict("records")}

    @cached_property
    def targets(self) -> dict[str, dict]:
        """The first target of each series."""
        return {row["SERIES"]: row for row in reversed(self.codelists.targets.to_dict("records"))}

    @cached_property
    def status(self) -> pd.DataFrame:
        """One status per province, series and frequency, all provinces (`national_status.status_table`)."""
        return status_table(self.national, self.totals, self.codelists)

    @cached_property
    def goals(self) -> pd.DataFrame:
        """One status per province and goal, all provinces and goals."""
        return goals_of_provinces(self.status, self.codelists)

    @cached_property
    def goal_cells(self) -> dict[tuple[str, str], dict]:
        """(REF_AREA, goal) -> its row of `goals`."""
        return {(row["REF_AREA"], row["goal"]): row for row in records(self.goals)}

    @cached_property
    def goal_counts(self) -> dict[str, Counter]:
        """How many provinces have which status, by goal."""
        found: dict = defaultdict(Counter)
        for (_, goal), row in self.goal_cells.items():
            found[goal][row["status"]] += 1
        return found

    @cached_property
    def series_counts(self) -> dict[str, Counter]:
        """How many provinces have which status, by series."""
        found: dict = defaultdict(Counter)
        for (_, series), row in self.series_status.items():
            found[series][row["status"]] += 1
        return found

    @cached_property
    def frequency(self) -> dict[str, str]:
        """The frequency that stands for each series: of its trends, else of its values, else as series.csv says."""
        told = {code: row["freq"] for code, row in self.series.items()}
        told |= self.observations.drop_duplicates("SERIES").set_index("SERIES")["FREQ"].to_dict()
        return told | self.status[self.status["preferred"]].groupby("SERIES")["FREQ"].min().to_dict()

    @cached_property
    def last_period(self) -> dict[str, str]:
        """The last period of which some province has a value, of the frequency that stands for the series."""
        held = self.totals[self.totals["OBS_VALUE"].notna()]
        held = held[held["FREQ"] == held["SERIES"].map(self.frequency)]
        return held.groupby("SERIES")["TIME_PERIOD"].max().to_dict()

    @cached_property
    def results(self) -> dict[str, set[str]]:
        """The ids of the results on each evaluated province's page."""
        return {area: set(evaluation.table["result_id"]) for area, evaluation in self.evaluations.items()}

    @cached_property
    def owners(self) -> dict[str, dict]:
        """The agency that owns each series."""
        return {code: dict(self.codelists.owner_of(code)) for code in self.series}

    @cached_property
    def un_targets(self) -> dict[str, list[dict]]:
        """The UN's targets of each goal, each with its indicators."""
        of_target: dict = defaultdict(list)
        for row in self.codelists.indicators.to_dict("records"):
            of_target[row["target"]].append(row)
        found: dict = defaultdict(list)
        for row in self.codelists.targets_un.to_dict("records"):
            found[row["goal"]].append(row | {"indicators": of_target[row["target"]]})
        return found

    @cached_property
    def series_facts(self) -> dict[str, dict]:
        """Of each series with values: how many rows its file has, how many of them are suppressed, by what they are broken down."""
        splits = {c: self.observations.loc[self.observations[c] != TOTAL, "SERIES"].unique().tolist() for c in SPLITS}
        hidden = self.observations[self.observations["OBS_STATUS"] == STATUS]["SERIES"].value_counts()
        return {
            code: {"n_rows": int(n), "suppressed": int(hidden.get(code, 0)), "splits": [c for c in SPLITS if code in splits[c]]}
            for code, n in self.observations["SERIES"].value_counts().items()
        }

    @cached_property
    def rule_counts(self) -> dict[tuple[str, str], dict[str, Counter]]:
        """(SERIES, FREQ) -> {rule: how many provinces it puts in which class, and how many of them otherwise than ours ('differ')}."""
        found: dict = defaultdict(lambda: defaultdict(Counter))
        own = self.national.rules
        for series, freq, method, common, differs in zip(*(own[c].tolist() for c in ("SERIES", "FREQ", "method", "common", "disagrees")), strict=True):
            found[series, freq][method][common] += 1
            found[series, freq][method]["differ"] += bool(differs)
        return found

    @cached_property
    def series_status(self) -> dict[tuple[str, str], dict]:
        """(REF_AREA, SERIES) -> the row of `status` that stands for the series."""
        return {(row["REF_AREA"], row["SERIES"]): row for row in records(self.status[self.status["preferred"]])}

    @cached_property
    def pairs(self) -> pd.DataFrame:
        """Value and pace of each series in each province, with their intervals (`pairs.pair_values`)."""
        return pair_values(self.totals, self.national, self.codelists)

    @cached_property
    def pair_rows(self) -> dict[tuple[str, str], dict]:
        """(REF_AREA, SERIES) -> its row of `pairs`."""
        return {(row["REF_AREA"], row["SERIES"]): row for row in records(self.pairs)}

    @cached_property
    def peer_groups(self) -> dict[tuple[str, str], dict]:
        """(SERIES, FREQ) -> median and quartiles of the provinces, in the latest period that most have."""
        own = self.national.peers.drop_duplicates(["SERIES", "FREQ"])
        return {(row["SERIES"], row["FREQ"]): row for row in records(own)}

    @cached_property
    def progress(self) -> dict[tuple[str, str, str], dict]:
        """(REF_AREA, SERIES, FREQ) -> the progress towards the first target."""
        own = self.national.progress.drop_duplicates(["REF_AREA", "SERIES", "FREQ"])
        return {(row["REF_AREA"], row["SERIES"], row["FREQ"]): row for row in records(own)}

    @cached_property
    def times(self) -> dict[str, float]:
        """The middle of each period, in decimal years."""
        periods = sorted(self.totals["TIME_PERIOD"].unique())
        return dict(zip(periods, mid_points(periods).tolist(), strict=True))

    @cached_property
    def files(self) -> dict[str, dict[str, list[dict]]]:
        """{source: {SERIES: files as received, each with its hash, day and number of values}}; '' as SERIES is all of them."""
        rows = self.observations[self.observations["OBS_VALUE"].notna()]
        counts = rows.groupby(["source", "SERIES", "source_file", "source_id", "as_of"], sort=True).agg(n=("OBS_VALUE", "size"), vintage=("vintage", "max")).reset_index()
        found: dict = defaultdict(lambda: defaultdict(dict))
        for row in counts.to_dict("records"):
            key = (row["source_file"], row["source_id"], row["as_of"])
            for source in filter(None, row["source"].split(";")):
                for series in (row["SERIES"], ""):
                    one = found[source][series].setdefault(key, {k: row[k] for k in ("source_file", "source_id", "as_of")} | {"n": 0, "vintage": ""})
                    one["n"], one["vintage"] = one["n"] + row["n"], max(one["vintage"], row["vintage"])
        return {source: {series: [files[key] for key in sorted(files)] for series, files in own.items()} for source, own in found.items()}

    @lru_cache(maxsize=2)  # noqa: B019 - one for each language, and there is one Material
    def missing(self, lang: str) -> list[dict]:
        """The gaps folded by owner and series (`summarise_missing`), each with its goal and the letter that asks for it."""
        letters = self.letters(lang)
        lines = summarise_missing(self.data.gaps, self.codelists, lang)
        return [line | {"letter": letters.get(line["owner_code"], ""), "goal": self.series[line["series"]]["goal"]} for line in lines]

    @cached_property
    def gaps(self) -> dict[str, pd.DataFrame]:
        """The register of gaps by REF_AREA ('' for what nobody has)."""
        return dict(list(self.data.gaps.groupby("REF_AREA", sort=True)))

    @cached_property
    def suspicions(self) -> dict[str, pd.DataFrame]:
        """Values to check by REF_AREA."""
        return dict(list(self.data.suspicions.groupby("REF_AREA", sort=True)))

    @cached_property
    def wanted(self) -> dict[tuple[str, str], list[dict]]:
        """(goal, coast) -> rows of the series that would be evaluated, were they sent; none of the sea inland."""
        found: dict = defaultdict(list)
        for row in self.series.values():
            if row["evaluate"] == "1":
                found[row["goal"], "1"].append(row)
                if row["coastal_only"] != "1":
                    found[row["goal"], "0"].append(row)
        return found

    @cached_property
    def shown(self) -> list[str]:
        """Series that have a page: those that are evaluated or have a value of a province; by goal, the cross-cutting ones last."""
        shown = [row for row in self.series.values() if row["evaluate"] == "1" or row["SERIES"] in self.held]
        return [row["SERIES"] for row in sorted(shown, key=lambda row: (int(row["goal"]) or 99, row["indicator"] or "~", row["SERIES"]))]

    @cached_property
    def held(self) -> set[str]:
        """Series of which some province has a value."""
        return set(self.totals.loc[self.totals["OBS_VALUE"].notna(), "SERIES"])

    def said(self, place: str, name: str, status: str, lang: str) -> dict:
        """What a run wrote in `place`: the sentences of the file `name` and its figures, or only the status where it is not done."""
        if status not in DONE:
            return {"status": status, "figures": [], "text": None}
        path = self.folder / place
        text = json.loads((path / name).read_text(encoding="utf-8"))[lang]
        return {"status": status, "figures": self.figures(place, lang), "text": text}

    def figures(self, place: str, lang: str) -> list[dict]:
        """The figures drawn in `place`, with their alternative texts; none where none were drawn."""
        path = self.folder / place / "figures" / lang / "figures.json"
        return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []

    @cached_property
    def documents(self) -> list:
        """The documents that lie beside the run and are of its results (`shelf.shelved`)."""
        from sdg_eval.publish.documents.shelf import shelved  # which reads a run itself

        return shelved(self.folder, self.record)

    def table(self, notebook: str, name: str, *, as_text: bool = False) -> pd.DataFrame | None:
        """A table that a national notebook wrote, None where it did not run or wrote none; `as_text`: as the CSV file reads, without kinds."""
        if self.statuses(notebook).get("") not in DONE:
            return None
        parquet, text = (self.folder / "national" / notebook / f"{name}.{form}" for form in ("parquet", "csv"))
        if parquet.is_file() and not as_text:
            return pd.read_parquet(parquet)
        return pd.read_csv(text, keep_default_na=False, na_values={}, dtype=str) if text.is_file() else None

    def letters(self, lang: str) -> dict[str, str]:
        """Address, from the site's root, of the letter to each agency."""
        place = self.folder / "national" / "letters"
        return {p.name.partition(".")[0]: f"national/letters/{p.name}" for p in sorted(place.glob(f"*.{lang}.txt"))}


def read_material(folder, codelists, record: dict, runs: pd.DataFrame) -> Material:
    """Return what is in a run folder. Raises DataError where the national tables or a finished evaluation are not complete."""
    folder = Path(folder)
    path = folder / "national" / "observations.parquet"
    if not path.is_file():
        raise DataError(f"{path}: the run is not complete. Run `sdg-eval evaluate` again.")
    done = runs[(runs["notebook"] == PROVINCE) & runs["status"].isin(DONE)]["REF_AREA"]
    return Material(
        folder, codelists, record, runs, pd.read_parquet(path), read_national(folder / "national"), read_data_report(folder / "national"),
        {area: read_evaluation(folder / "provinces" / area) for area in done},
    )  # fmt: skip
