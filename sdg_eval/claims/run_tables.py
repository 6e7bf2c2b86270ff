"""The tables of a run as the checker of its pages reads them: each once, by none of the code of pages."""

from __future__ import annotations

from collections import Counter, defaultdict
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace

import pandas as pd

from sdg_eval.claims.slots import TOKEN
from sdg_eval.codelists import read_codelists
from sdg_eval.errors import DataError
from sdg_eval.evaluation import KEY, goal_status, status_of
from sdg_eval.observations import select_totals
from sdg_eval.pairs import pair_values
from sdg_eval.report_files import records

Wanted = str | int | float
"""A number as it must be written: a text to the letter, a whole number as it is, any other rounded."""
EVALUATION, QUARTER = "10_province_evaluation", "20_quarterly_report"
WELL = {"done", "kept"}
CLASSES = ("on_track", "improving_slowly", "stagnating", "moving_away", "not_applicable")
"""Where a published rule puts a province."""


def figures_in(text: str) -> list[Wanted]:
    """Return the numbers of a text, each to be written so."""
    return [found.rstrip(",") for found in TOKEN.findall(text)]


def is_known(value) -> bool:
    """True for what is neither absent nor NaN."""
    return value is not None and value == value


class RunTables:
    """The tables of a run folder, grouped by what is asked for."""

    def __init__(self, run: Path, codelists=None):
        """Take the folder of a run; `codelists` are those of the project unless others are given."""
        self.run, self._codelists = Path(run), codelists
        self._said: dict[tuple[str, str], set[str]] = {}

    @cached_property
    def codelists(self):
        return self._codelists or read_codelists()

    def national(self, name: str, columns: list[str] | None = None) -> pd.DataFrame:
        return self.read(self.run / "national" / f"{name}.parquet", columns)

    def read(self, path: Path, columns: list[str] | None = None) -> pd.DataFrame:
        try:
            return pd.read_parquet(path, columns=columns)
        except (OSError, ValueError) as error:
            raise DataError(f"{path}: cannot be counted ({error}). Run `sdg-eval evaluate` again.") from error

    @cached_property
    def observations(self) -> pd.DataFrame:
        return self.national("observations")

    @cached_property
    def totals(self) -> pd.DataFrame:
        """Rows of provinces that are not broken down."""
        own = select_totals(self.observations)
        return own[own["REF_AREA"].isin(set(self.areas))]

    @cached_property
    def areas(self) -> list[str]:
        return self.codelists.provinces

    @cached_property
    def names(self) -> dict[tuple[str, str], str]:
        return {(row["REF_AREA"], lang): row[f"name_{lang}"] for row in self.codelists.areas.to_dict("records") for lang in ("th", "en")}

    @cached_property
    def coast(self) -> set[str]:
        return set(self.codelists.areas.loc[self.codelists.areas["coast"] == "1", "REF_AREA"])

    @cached_property
    def series(self) -> dict[str, dict]:
        return {row["SERIES"]: row for row in self.codelists.series.to_dict("records")}

    def areas_of(self, code: str) -> list[str]:
        """Return the provinces that a series can be of."""
        return [area for area in self.areas if self.series[code]["coastal_only"] != "1" or area in self.coast]

    @cached_property
    def trends(self) -> dict[tuple[str, str, str], dict]:
        """(province, series, frequency) -> its trend, with its status."""
        detectability = self.national("detectability").drop_duplicates(KEY)
        tells = dict(zip(zip(*(detectability[c] for c in KEY), strict=True), detectability["tells"], strict=True))
        found = {}
        for row in records(self.national("trends")):
            own = tells.get(tuple(row[c] for c in KEY))
            row["tells"] = own if is_known(own) else ""
            row["assessment"] = row["assessment"] if is_known(row["assessment"]) else ""
            row["significant"], row["stale"], row["preferred"] = (bool(is_known(row[c]) and row[c]) for c in ("significant", "stale", "preferred"))
            found[row["REF_AREA"], row["SERIES"], row["FREQ"]] = row | {"status": status_of(row)}
        return found

    @cached_property
    def frequency(self) -> dict[str, str]:
        """The frequency that stands for each series: of its trends, else of its values."""
        found: dict[str, str] = {}
        for code, freq in zip(self.observations["SERIES"], self.observations["FREQ"], strict=True):
            found.setdefault(code, freq)
        of_trends = defaultdict(set)
        for (_, code, freq), row in self.trends.items():
            if row["preferred"]:
                of_trends[code].add(freq)
        return {code: row["freq"] for code, row in self.series.items()} | found | {code: min(freqs) for code, freqs in of_trends.items()}

    @cached_property
    def status(self) -> dict[tuple[str, str], dict]:
        """(province, series) -> the trend that stands for it; `no_data` where the province has none of a series that another has."""
        found = {(area, code): row for (area, code, _), row in self.trends.items() if row["preferred"]}
        for code in {code for _, code, _ in self.trends}:
            for area in self.areas_of(code):
                found.setdefault((area, code), {"status": "no_data", "n_obs": 0, "stale": False, "last_period": ""})
        return found

    @cached_property
    def counts(self) -> dict[str, Counter]:
        """Provinces by status, of each series."""
        return _by_status(self.status)

    @cached_property
    def goals(self) -> dict[tuple[str, str], dict]:
        """(province, goal) -> its status, and the last year of what gave it."""
        rows = [
            {"REF_AREA": area, "goal": self.series[code]["goal"], "direction": self.series[code]["direction"], "preferred": True, "synthetic": False, **{c: row[c] for c in ("status", "n_obs", "stale", "last_period")}}
            for (area, code), row in self.status.items()
        ]  # fmt: skip
        told = {(row["REF_AREA"], row["goal"]): row for row in goal_status(pd.DataFrame(rows)).to_dict("records")} if rows else {}
        nothing = {"status": "no_data", "as_of": 0}
        return {(area, str(goal)): told.get((area, str(goal)), nothing) for area in self.areas for goal in range(1, 18)}

    @cached_property
    def goal_counts(self) -> dict[str, Counter]:
        """Provinces by status, of each goal."""
        return _by_status(self.goals)

    @cached_property
    def runs(self) -> pd.DataFrame:
        try:
            return pd.read_csv(self.run / "runs.csv", dtype=str, keep_default_na=False)
        except (OSError, ValueError) as error:
            raise DataError(f"{self.run / 'runs.csv'}: cannot be counted ({error}). Run `sdg-eval evaluate` again.") from error

    @cached_property
    def asked(self) -> dict[str, str]:
        """What became of the evaluation of each province that was asked for."""
        own = self.runs[self.runs["notebook"] == EVALUATION]
        return dict(zip(own["REF_AREA"], own["status"], strict=True))

    @cached_property
    def reported(self) -> list[str]:
        """The provinces of which the run evaluates or reports something."""
        return sorted({*self.asked, *self.runs.loc[self.runs["notebook"] == QUARTER, "REF_AREA"]})

    @cached_property
    def balance(self) -> Counter:
        """Provinces in which more goals improve than worsen, the other way round, as many, none of either; and those whose evaluation is not done."""
        found = Counter()
        for area in self.areas:
            statuses = [self.goals[area, str(goal)]["status"] for goal in range(1, 18)]
            better, worse = statuses.count("improving"), statuses.count("worsening")
            told = "improving" if better > worse else "worsening" if worse > better else "mixed" if better else "not_detected"
            found[told if self.asked.get(area, "done") in WELL else "no_data"] += 1
        return found

    @cached_property
    def coverage(self) -> dict[str, dict[int, int]]:
        """Provinces with a value by year, of each evaluated series."""
        own = self.totals[self.totals["OBS_VALUE"].notna()]
        evaluated = [code for code, row in self.series.items() if row["evaluate"] == "1"]
        held = defaultdict(set)
        for code, period, area in zip(own["SERIES"], own["TIME_PERIOD"], own["REF_AREA"], strict=True):
            held[code, int(period[:4])].add(area)
        years = [year for code, year in held if code in set(evaluated)]
        return {code: {year: len(held.get((code, year), ())) for year in range(min(years), max(years) + 1)} if years else {} for code in evaluated}

    @cached_property
    def values(self) -> dict[tuple[str, str], dict[str, dict]]:
        """(province, series) -> {period: observation} of the frequency that stands for it, not broken down, in order of time."""
        own = self.totals
        own = own[own["FREQ"] == own["SERIES"].map(self.frequency)].sort_values("TIME_PERIOD", kind="stable")
        columns = ("REF_AREA", "SERIES", "TIME_PERIOD", "OBS_VALUE", "OBS_STATUS", "flags")
        found: dict = defaultdict(dict)
        for area, code, period, value, status, flags in zip(*(own[c].tolist() for c in columns), strict=True):
            found[area, code].setdefault(period, {"value": float(value) if is_known(value) else float("nan"), "status": status, "flags": flags if is_known(flags) else ""})
        return found

    @cached_property
    def periods(self) -> dict[str, list[str]]:
        """The periods of which some province has a row, of each series."""
        found = defaultdict(set)
        for (_, code), own in self.values.items():
            found[code] |= own.keys()
        return {code: sorted(periods) for code, periods in found.items()}

    @cached_property
    def held(self) -> set[str]:
        """Series of which some province has a value, of whatever frequency."""
        return set(self.totals.loc[self.totals["OBS_VALUE"].notna(), "SERIES"])

    @cached_property
    def last(self) -> dict[str, str]:
        """The last period of which some province has a value, of each series."""
        found: dict[str, str] = {}
        for (_, code), own in self.values.items():
            known = [period for period, row in own.items() if is_known(row["value"])]
            found[code] = max(found.get(code, ""), *known, "") if known else found.get(code, "")
        return found

    @cached_property
    def pairs(self) -> dict[tuple[str, str], dict]:
        """(province, series) -> value and pace with their intervals, in the period that most provinces have."""
        national = SimpleNamespace(trends=self.national("trends"), peers=self.national("peers"))
        own = self.observations[self.observations["REF_AREA"].isin(set(self.areas))]
        return {(row["REF_AREA"], row["SERIES"]): row for row in records(pair_values(own, national, self.codelists))}

    @cached_property
    def peers(self) -> dict[tuple[str, str], dict]:
        own = self.national("peers").drop_duplicates(["SERIES", "FREQ"])
        return {(row["SERIES"], row["FREQ"]): row for row in records(own)}

    @cached_property
    def progress(self) -> dict[tuple[str, str, str], dict]:
        own = self.national("progress").drop_duplicates(["REF_AREA", "SERIES", "FREQ"])
        return {(row["REF_AREA"], row["SERIES"], row["FREQ"]): row for row in records(own)}

    @cached_property
    def target_rules(self) -> dict[str, str]:
        """How the first target of each series is set."""
        return {row["SERIES"]: row["rule"] for row in reversed(self.codelists.targets.to_dict("records"))}

    @cached_property
    def rules(self) -> dict[str, dict[str, dict[str, list[Wanted]]]]:
        """{series: {rule: provinces in each class, and how many otherwise than by ours}} of the frequency that stands for the series."""
        columns = ["SERIES", "FREQ", "method", "common", "disagrees"]
        own = self.national("rules", columns)
        own = own[own["FREQ"] == own["SERIES"].map(self.frequency)]
        classes = own.groupby(["SERIES", "method", "common"]).size().to_dict()
        differ = own.groupby(["SERIES", "method"])["disagrees"].sum().to_dict()
        return {
            code: {method: {c: [int(classes.get((code, method, c), 0))] for c in CLASSES} | {"differ": [] if method == "linear_pace" else [int(k)]} for (_, method), k in part}
            for code, part in _by_first(differ)
        }

    @cached_property
    def gaps(self) -> dict[str, dict[str, dict[str, list]]]:
        """{series.frequency: what is missing, of how many provinces, from when to when, how many would change a verdict}."""
        own = self.national("gaps")
        found: dict = defaultdict(list)
        for row in own.to_dict("records"):
            if row["SERIES"] and row["reason"] != "suppressed":
                found[f"{row['SERIES']}.{row['FREQ']}"].append(row)
        return {
            key: {"missing": len(rows), "provinces": len({r["REF_AREA"] for r in rows}), "first": min(r["TIME_PERIOD"] for r in rows), "last": max(r["TIME_PERIOD"] for r in rows), "change": sum("->" in r["would_change"] for r in rows)}
            for key, rows in found.items()
        }

    @cached_property
    def with_value(self) -> pd.DataFrame:
        """Rows with a value, of all areas and breakdowns."""
        return self.observations[self.observations["OBS_VALUE"].notna()]

    @cached_property
    def files(self) -> dict[tuple[str, str], list[list[Wanted]]]:
        """(source, series) -> the figures of each of its files: name, hash, day, day taken in, values; '-' is every series together."""
        groups: dict = {}
        columns = ("source", "SERIES", "source_file", "source_id", "as_of", "vintage")
        for (source, code, *file, vintage), n in self.with_value.groupby(list(columns), sort=False).size().items():
            for one in filter(None, source.split(";")):
                for series in (code, "-"):
                    own = groups.setdefault((one, series), {}).setdefault(tuple(file), [0, ""])
                    own[0], own[1] = own[0] + int(n), max(own[1], vintage)
        letters = {False: 12, True: None}
        return {
            key: [
                [*figures_in(" ".join([name, " sha256 " if file_id else "", file_id[: letters[key[1] == "-"]], " ", as_of, " ", vintage[:10]])), n]
                for (name, file_id, as_of), (n, vintage) in sorted(files.items(), key=lambda item: item[0]) if name or key[1] != "-"
            ]
            for key, files in groups.items()
        }


def _by_status(rows: dict[tuple[str, str], dict]) -> dict[str, Counter]:
    """{series or goal: provinces by status} of rows by (province, series or goal)."""
    found = defaultdict(Counter)
    for (_, what), row in rows.items():
        found[what][row["status"]] += 1
    return found


def _by_first(counts: dict[tuple[str, str], int]) -> list[tuple[str, list]]:
    """[(first part of the key, its items)]."""
    found = defaultdict(list)
    for key, k in counts.items():
        found[key[0]].append((key, k))
    return list(found.items())
