"""What the overview, the pages of data, goals, indicators, sources and partners and the comparison must say, counted from the tables of a run by none of the code of pages.

A sentence has a list of numbers, a table a list for each of its cells. A whole number is to be written as it is, any other rounded, and a text
(a period, a chance, the number of a file) to the letter.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd

from sdg_eval.claims.ledger import read_texts
from sdg_eval.claims.prose import squeezed
from sdg_eval.claims.slots import TOKEN
from sdg_eval.codelists import read_codelists
from sdg_eval.concepts import SPLITS, TOTAL
from sdg_eval.errors import DataError
from sdg_eval.evaluation import KEY, STATUSES, goal_status, status_of
from sdg_eval.observations import mid_point
from sdg_eval.pairs import pair_values
from sdg_eval.report_files import records
from sdg_eval.suppression import STATUS, THRESHOLD
from sdg_eval.thai import format_fiscal_quarter, format_period, year_text
from sdg_eval.wording import chance_text, p_text, say_false_alarms, say_flags

Wanted = str | int | float
NAME = "name"
"""The column of a table in which the name of the province stands, to the letter."""
FOUND = ("improving", "worsening", "changed")
OF_GOALS = ("improving", "worsening", "mixed", "changed", "not_detected", "no_change", "indicative", "insufficient", "no_data")
"""The order in which the statuses of a goal are told."""
OF_MAP = ("improving", "worsening", "mixed", "not_detected", "no_data")
"""The order in which the map of the overview tells how a province stands."""
EVALUATION, QUARTER = "10_province_evaluation", "20_quarterly_report"
WELL = {"done", "kept"}
LISTED = 60
"""Rows of a list on the page of the data."""
POINTS = 24
"""Values in the small chart of the comparison."""
AGENCIES, CHAIN, DELIVERY = "75_agency_pages", "31_need_plan_money_result", "30_delivery"
LEVELS = ("global", "provincial_admin", "area")
_CLASSES = ("on_track", "improving_slowly", "stagnating", "moving_away", "not_applicable")


def _figures(text: str) -> list[Wanted]:
    """The numbers of a text, each to be written so."""
    return [found.rstrip(",") for found in TOKEN.findall(text)]


def _known(value) -> bool:
    return value is not None and value == value


def _listed(*values) -> list[Wanted]:
    """The values that are known."""
    return [value for value in values if _known(value)]


class RunNumbers:
    """The numbers of a run, each table read once and counted when it is first asked for."""

    def __init__(self, run: Path, codelists=None):
        """Take the folder of a run; `codelists` are those of the project unless others are given."""
        self.run, self._codelists = Path(run), codelists
        self._said: dict[tuple[str, str], set[str]] = {}

    # ------------------------------------------------------------ what is asked for

    def sentence(self, name: str, lang: str) -> list[Wanted] | None:
        """Return the numbers of a sentence in their order; None for a name that is not known."""
        kind, _, of = name.partition(".")
        if kind == "file":
            source, _, rest = of.partition(".")
            code, _, k = rest.partition(".")
            files = self.files.get((source, code), [])
            return files[int(k)] if k.isdigit() and int(k) < len(files) else None
        told = getattr(self, f"_say_{kind}", None)
        return None if told is None else told(of, lang)

    def table(self, name: str, lang: str) -> dict[str, dict[str, list[Wanted]]] | None:
        """Return the numbers of each cell of a table by row and column; None for a name that is not known."""
        kind, _, of = name.partition(".")
        told = getattr(self, f"_table_{kind}", None)
        return None if told is None else told(of, lang)

    def heads(self, name: str, lang: str) -> dict[str, list[Wanted]]:
        """Return the numbers in the headers of a table, by column."""
        kind, _, code = name.partition(".")
        if kind == "coverage":
            return {year: [year] for year in next(iter(self._table_coverage("", lang).values()), {})}
        return {period: _figures(format_period(period, lang)) for period in self.periods.get(code, ())} if kind == "map" else {}

    def said(self, notebooks: str, lang: str) -> set[str]:
        """Return the sentences of national notebooks, without white space."""
        if (notebooks, lang) not in self._said:
            texts = [read_texts(path) for name in notebooks.split() if (path := self.run / "national" / name / "text.json").is_file()]
            self._said[notebooks, lang] = {squeezed(text) for held in texts for text in _strings(held.get(lang))}
        return self._said[notebooks, lang]

    # ------------------------------------------------------------ tables of the run

    @cached_property
    def codelists(self):
        return self._codelists or read_codelists()

    def _national(self, name: str, columns: list[str] | None = None) -> pd.DataFrame:
        return self._read(self.run / "national" / f"{name}.parquet", columns)

    def _read(self, path: Path, columns: list[str] | None = None) -> pd.DataFrame:
        try:
            return pd.read_parquet(path, columns=columns)
        except (OSError, ValueError) as error:
            raise DataError(f"{path}: cannot be counted ({error}). Run `sdg-eval evaluate` again.") from error

    @cached_property
    def observations(self) -> pd.DataFrame:
        return self._national("observations")

    @cached_property
    def areas(self) -> list[str]:
        return sorted(self.codelists.areas["REF_AREA"])

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
        detectability = self._national("detectability").drop_duplicates(KEY)
        tells = dict(zip(zip(*(detectability[c] for c in KEY), strict=True), detectability["tells"], strict=True))
        found = {}
        for row in records(self._national("trends")):
            own = tells.get(tuple(row[c] for c in KEY))
            row["tells"] = own if _known(own) else ""
            row["assessment"] = row["assessment"] if _known(row["assessment"]) else ""
            row["significant"], row["stale"], row["preferred"] = (bool(_known(row[c]) and row[c]) for c in ("significant", "stale", "preferred"))
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
        found = defaultdict(Counter)
        for (_, code), row in self.status.items():
            found[code][row["status"]] += 1
        return found

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
        found = defaultdict(Counter)
        for (_, goal), row in self.goals.items():
            found[goal][row["status"]] += 1
        return found

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
        own = self.with_value
        for split in SPLITS:
            own = own[own[split] == TOTAL]
        own = own[own["REF_AREA"].isin(set(self.areas))]
        evaluated = [code for code, row in self.series.items() if row["evaluate"] == "1"]
        held = defaultdict(set)
        for code, period, area in zip(own["SERIES"], own["TIME_PERIOD"], own["REF_AREA"], strict=True):
            held[code, int(period[:4])].add(area)
        years = [year for code, year in held if code in set(evaluated)]
        return {code: {year: len(held.get((code, year), ())) for year in range(min(years), max(years) + 1)} if years else {} for code in evaluated}

    @cached_property
    def values(self) -> dict[tuple[str, str], dict[str, dict]]:
        """(province, series) -> {period: observation} of the frequency that stands for it, not broken down, in order of time."""
        own = self.observations
        for split in SPLITS:
            own = own[own[split] == TOTAL]
        own = own[own["REF_AREA"].isin(set(self.areas)) & (own["FREQ"] == own["SERIES"].map(self.frequency))].sort_values("TIME_PERIOD", kind="stable")
        columns = ("REF_AREA", "SERIES", "TIME_PERIOD", "OBS_VALUE", "OBS_STATUS", "flags")
        found: dict = defaultdict(dict)
        for area, code, period, value, status, flags in zip(*(own[c].tolist() for c in columns), strict=True):
            found[area, code].setdefault(period, {"value": float(value) if _known(value) else float("nan"), "status": status, "flags": flags if _known(flags) else ""})
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
        own = self.observations
        for split in SPLITS:
            own = own[own[split] == TOTAL]
        return set(own.loc[own["OBS_VALUE"].notna() & own["REF_AREA"].isin(set(self.areas)), "SERIES"])

    @cached_property
    def last(self) -> dict[str, str]:
        """The last period of which some province has a value, of each series."""
        found: dict[str, str] = {}
        for (_, code), own in self.values.items():
            known = [period for period, row in own.items() if _known(row["value"])]
            found[code] = max(found.get(code, ""), *known, "") if known else found.get(code, "")
        return found

    @cached_property
    def pairs(self) -> dict[tuple[str, str], dict]:
        """(province, series) -> value and pace with their intervals, in the period that most provinces have."""
        national = SimpleNamespace(trends=self._national("trends"), peers=self._national("peers"))
        own = self.observations[self.observations["REF_AREA"].isin(set(self.areas))]
        return {(row["REF_AREA"], row["SERIES"]): row for row in records(pair_values(own, national, self.codelists))}

    @cached_property
    def peers(self) -> dict[tuple[str, str], dict]:
        own = self._national("peers").drop_duplicates(["SERIES", "FREQ"])
        return {(row["SERIES"], row["FREQ"]): row for row in records(own)}

    @cached_property
    def progress(self) -> dict[tuple[str, str, str], dict]:
        own = self._national("progress").drop_duplicates(["REF_AREA", "SERIES", "FREQ"])
        return {(row["REF_AREA"], row["SERIES"], row["FREQ"]): row for row in records(own)}

    @cached_property
    def target_rules(self) -> dict[str, str]:
        """How the first target of each series is set."""
        return {row["SERIES"]: row["rule"] for row in reversed(self.codelists.targets.to_dict("records"))}

    @cached_property
    def rules(self) -> dict[str, dict[str, dict[str, list[Wanted]]]]:
        """{series: {rule: provinces in each class, and how many otherwise than by ours}} of the frequency that stands for the series."""
        columns = ["SERIES", "FREQ", "method", "common", "disagrees"]
        own = self._national("rules", columns)
        own = own[own["FREQ"] == own["SERIES"].map(self.frequency)]
        classes = own.groupby(["SERIES", "method", "common"]).size().to_dict()
        differ = own.groupby(["SERIES", "method"])["disagrees"].sum().to_dict()
        return {
            code: {method: {c: [int(classes.get((code, method, c), 0))] for c in _CLASSES} | {"differ": [] if method == "linear_pace" else [int(k)]} for (_, method), k in part}
            for code, part in _by_first(differ)
        }

    @cached_property
    def gaps(self) -> dict[str, dict[str, dict[str, list]]]:
        """{series.frequency: what is missing, of how many provinces, from when to when, how many would change a verdict}."""
        own = self._national("gaps")
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
                [*_figures(" ".join([name, " sha256 " if file_id else "", file_id[: letters[key[1] == "-"]], " ", as_of, " ", vintage[:10]])), n]
                for (name, file_id, as_of), (n, vintage) in sorted(files.items(), key=lambda item: item[0]) if name or key[1] != "-"
            ]
            for key, files in groups.items()
        }

    # ------------------------------------------------------------ sentences

    @cached_property
    def record(self) -> dict:
        try:
            return json.loads((self.run / "record.json").read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise DataError(f"{self.run}/record.json: cannot be read ({error}). Give the folder of a run.") from error

    def _say_record(self, _: str, lang: str) -> list[Wanted]:
        return _figures(f"{year_text(self.record['report_year'], lang)} · {self.record['version']} · {self.record['data_hash'][:12]}")

    def _say_year(self, _: str, lang: str) -> list[Wanted]:
        return [year_text(self.record["report_year"], lang)]

    def _say_quarter(self, _: str, lang: str) -> list[Wanted]:
        return _figures(format_fiscal_quarter(self.record["quarter"], lang, months=False))

    def _say_provinces(self, and_goals: str, lang: str) -> list[Wanted]:
        return [len(self.areas), *([17] if and_goals else [])]

    def _say_goal(self, goal: str, lang: str) -> list[Wanted]:
        counts = self.goal_counts[goal]
        return [n for status in OF_GOALS if counts[status] for n in (counts[status], len(self.areas))]

    def _say_country(self, goal: str, lang: str) -> list[Wanted]:
        if goal == "country":
            return [self.balance[status] for status in OF_MAP if self.balance[status]]
        return [self.goal_counts[goal][status] for status in OF_GOALS if self.goal_counts[goal][status]]

    def _say_balance(self, _: str, lang: str) -> list[Wanted]:
        return [n for status in OF_MAP for n in (self.balance[status], len(self.areas))]

    def _say_others(self, _: str, lang: str) -> list[Wanted]:
        return [len(set(self.areas) - set(self.asked))]

    def _say_shown(self, _: str, lang: str) -> list[Wanted]:
        return [len(self._table_suspicions("", lang)), len(self._national("suspicions"))]

    def _say_sums(self, _: str, lang: str) -> list[Wanted]:
        counts = Counter(self._national("sums")["verdict"])
        return [*(counts[verdict] for verdict in sorted(counts)), sum(counts.values())]

    def _say_trends(self, code: str, lang: str) -> list[Wanted]:
        return [self.counts[code][status] for status in OF_GOALS if status != "no_data" and self.counts[code][status]]

    def _row_status(self, area: str, code: str) -> str:
        """The status of a province's line: none where a series is not evaluated and there are values."""
        return self.status[area, code]["status"] if (area, code) in self.status else "" if self.values.get((area, code)) else "no_data"

    def _say_held(self, code: str, lang: str) -> list[Wanted]:
        areas = self.areas_of(code)
        told = [sum(bool(self.values.get((area, code))) for area in areas), len(areas)]
        counts = Counter(self._row_status(area, code) for area in areas)
        return told + ([counts[s] for s in STATUSES if counts[s]] if self.series[code]["evaluate"] == "1" else [])

    def _say_spread(self, code: str, lang: str) -> list[Wanted] | None:
        row = self.peers.get((code, self.frequency[code]))
        return row and [*_figures(format_period(row["peer_period"], lang)), int(row["n_peers"]), *(float(row[f"peer_{k}"]) for k in ("median", "low", "high"))]

    def _say_found(self, code: str, lang: str) -> list[Wanted]:
        return _figures(say_false_alarms(sum(self._row_status(area, code) in FOUND for area in self.areas_of(code)), lang))

    def _say_target(self, code: str, lang: str) -> list[Wanted] | None:
        rows = (self.progress.get((area, code, self.frequency[code])) for area in self.areas_of(code))
        row = next((r for r in rows if r and r["target_kind"] and _known(r["target_value"])), None)
        return row and [float(row["target_value"]), year_text(int(row["target_year"]), lang)]

    def _say_rows(self, code: str, lang: str) -> list[Wanted]:
        return [int((self.observations["SERIES"] == code).sum())]

    def _say_suppressed(self, code: str, lang: str) -> list[Wanted]:
        return [int(((self.observations["SERIES"] == code) & (self.observations["OBS_STATUS"] == STATUS)).sum())]

    def _say_lag(self, code: str, lang: str) -> list[Wanted]:
        return _figures(str(self.codelists.owner_of(code)["usual_lag_months"]))

    def _say_bounds(self, code: str, lang: str) -> list[Wanted]:
        own = self.codelists.bounds[self.codelists.bounds["SERIES"] == code].iloc[0]
        return _figures(f"{own['lower']} {own['upper']}")

    def _say_breaks(self, code: str, lang: str) -> list[Wanted]:
        return [year_text(int(text.partition("@")[0]), lang) for text in self.series[code]["breaks"].split(";") if text]

    def _say_gap(self, key: str, lang: str) -> list[Wanted] | None:
        own = self.gaps.get(key)
        return own and [own["missing"], own["provinces"], *_figures(format_period(own["first"], lang)), *_figures(format_period(own["last"], lang)), own["change"]]

    def _say_derived(self, _: str, lang: str) -> list[Wanted]:
        return [int(self._derived.sum()), len(self.with_value)]

    def _say_values(self, source: str, lang: str) -> list[Wanted]:
        return [sum(int(n) for text, n in self.with_value["source"].value_counts().items() if source in text.split(";"))]

    def _say_files(self, source: str, lang: str) -> list[Wanted]:
        return [len(self.files.get((source, "-"), ()))]

    def _say_unseen(self, _: str, lang: str) -> list[Wanted]:
        return [sum(row["evaluate"] == "1" and code not in self.held for code, row in self.series.items())]

    def _say_partner(self, partner: str, lang: str) -> list[Wanted]:
        return [sum(row["projects"][0] for row in self._partners.get(partner, {}).values())]

    # ------------------------------------------------------------ tables

    def _table_findings(self, _: str, lang: str) -> dict:
        found = {}
        for area in self.reported:
            if self.asked.get(area) not in WELL:
                found[area] = {}
                continue
            rows = self._read(self.run / "provinces" / area / "evaluation.parquet", ["SERIES", "goal", "preferred", "n_obs", "status", "stale"]).to_dict("records")
            shown = [row for row in rows if row["preferred"] and row["n_obs"] > 0]
            counts = Counter(row["status"] for row in shown)
            found[area] = {s: [counts[s]] for s in STATUSES} | {
                "stale": [sum(row["status"] in FOUND and bool(row["stale"]) for row in shown)], "empty": sorted((str(row["goal"]) for row in rows if row["SERIES"] == ""), key=int),
            }  # fmt: skip
        return found

    def _table_coverage(self, _: str, lang: str) -> dict:
        return {code: {year_text(year, lang): [n] if n else [] for year, n in years.items()} for code, years in self.coverage.items()}

    def _table_bears(self, _: str, lang: str) -> dict:
        found: dict = defaultdict(list)
        for row in self._national("quality").to_dict("records"):
            found[f"{row['SERIES']}.{row['FREQ']}"].append(row)
        return {
            key: {verdict: [sum(row["verdict"] == verdict for row in rows)] for verdict in ("full", "indicative", "two_points", "insufficient", "none")}
            | {"stale": [sum(bool(row["stale"]) for row in rows)], "flagged": [int(sum(row["n_flagged"] for row in rows))]}
            for key, rows in found.items()
        }

    def _table_lacking(self, _: str, lang: str) -> dict:
        found = {area: {"missing": [0], "change": [0]} for area in self.areas}
        for row in self._national("gaps").to_dict("records"):
            if row["SERIES"] and row["reason"] != "suppressed":
                found[row["REF_AREA"]]["missing"][0] += 1
                found[row["REF_AREA"]]["change"][0] += "->" in row["would_change"]
        return found

    def _table_suspicions(self, _: str, lang: str) -> dict:
        rows = self._national("suspicions").sort_values(["SERIES", "REF_AREA", "TIME_PERIOD"], kind="stable").head(LISTED)
        return {
            str(k): {"period": _figures(format_period(row["TIME_PERIOD"], lang)), "value": _listed(row["OBS_VALUE"]), "expected": _listed(row["expected"]), "origin": _figures(" ".join(str(row[c]) for c in ("source_file", "source_sheet", "source_row", "source_column") if not pd.isna(row[c])))}
            for k, row in enumerate(rows.to_dict("records"))
        }

    def _table_differing(self, _: str, lang: str) -> dict:
        rows = [row for row in self._national("reconciliation").to_dict("records") if row["verdict"] in ("differs", "power_of_ten")]
        rows.sort(key=lambda row: (-abs(float(row["ratio"]) - 1), row["SERIES"], row["REF_AREA"]))
        return {str(k): {"period": _figures(row["TIME_PERIOD"]), "province": _listed(row["province"]), "central": _listed(row["central"])} for k, row in enumerate(rows[:LISTED])}

    def _table_goals(self, _: str, lang: str) -> dict:
        return {str(goal): {status: [self.goal_counts[str(goal)][status]] for status in OF_GOALS} for goal in range(1, 18)}

    def _table_goal(self, goal: str, lang: str) -> dict:
        codes = [code for code, row in self.series.items() if row["goal"] == goal]
        return {
            area: {"as_of": [year_text(int(self.goals[area, goal]["as_of"]), lang)] if self.goals[area, goal]["as_of"] else []}
            | {code: [int(n)] if (n := self.status.get((area, code), {}).get("n_obs", 0)) else [] for code in codes}
            for area in self.areas
        }

    def _table_gaps(self, goal: str, lang: str) -> dict:
        own = {key: gap for key, gap in self.gaps.items() if not goal or self.series[key.partition(".")[0]]["goal"] == goal}
        return {
            key: {"missing": [gap["missing"]], "provinces": [gap["provinces"]], "change": [gap["change"]], "period": [f for p in dict.fromkeys((gap["first"], gap["last"])) for f in _figures(format_period(p, lang))]}
            for key, gap in own.items()
        }

    def _table_indicators(self, goal: str, lang: str) -> dict:
        found = {}
        for code, row in self.series.items():
            evaluated = row["evaluate"] == "1"
            if row["goal"] != goal or not (evaluated or code in self.held):
                continue
            counts, last = self.counts[code], self.last.get(code, "")
            told = {"held": [sum(n for status, n in counts.items() if status != "no_data")]} | {s: [counts[s]] for s in STATUSES}
            found[code] = {"last": _figures(format_period(last, lang)) if last else []} | (told if evaluated else {"held": []})
        return found

    def _table_provinces(self, code: str, lang: str) -> dict:
        fixed = self.target_rules.get(code) == "fixed"
        return {area: self._line(area, code, fixed, lang) for area in self.areas_of(code)}

    def _line(self, area: str, code: str, fixed: bool, lang: str) -> dict[str, list[Wanted]]:
        own, trend, progress = self.values.get((area, code), {}), self.status.get((area, code), {}), self.progress.get((area, code, self.frequency[code]), {})
        latest = list(own)[-1] if own else ""
        row = own.get(latest, {"value": float("nan"), "status": "", "flags": ""})
        adjusted, chance, target = trend.get("p_adjusted"), progress.get("p_on_track"), progress.get("target_value")
        chance = chance_text(chance, lang) if _known(chance) and progress.get("draws", 0) > 0 else ""
        return {
            "value": _listed(row["value"]), "period": _figures(format_period(latest, lang)) if latest else [], "pace": _pace(trend), "n": [int(trend.get("n_obs") or 0)],
            "p": _figures(p_text(adjusted)) if _known(adjusted) else [], "target": _figures(chance) + ([] if fixed or not _known(target) or code not in self.target_rules else [float(target)]),
            "note": ([str(THRESHOLD)] if row["status"] == STATUS else []) + _figures(say_flags(row["flags"], lang)),
        }  # fmt: skip

    def _table_rules(self, code: str, lang: str) -> dict | None:
        return self.rules.get(code)

    @cached_property
    def _derived(self) -> pd.Series:
        return self.with_value["flags"].str.contains("parent:", regex=False)

    def _table_shares(self, _: str, lang: str) -> dict:
        rows, known = self.with_value, set(self.codelists.sources["source"])
        named = {text: bool(text) and all(key in known for key in text.split(";") if key) and any(text.split(";")) for text in rows["source"].unique()}
        file = rows["source_file"].ne("") & rows["source_id"].ne("")
        cell = file & (rows["source_row"].notna() | rows["source_column"].ne(""))
        counts = {"named": rows["source"].map(named), "file": file | self._derived, "cell": cell | self._derived}
        return {key: {"share": [int(k.sum()), len(rows), *([100 * float(k.mean())] if len(rows) else [])]} for key, k in counts.items()}

    def _table_agreements(self, _: str, lang: str) -> dict | None:
        own = self._written(AGENCIES, "partnerships")
        return None if own is None else {str(k): {"delivered": _figures(row["n_delivered"]), "projects": _figures(row["n_projects"])} for k, row in enumerate(own.to_dict("records"))}

    @cached_property
    def _partners(self) -> dict[str, dict[str, dict[str, list[Wanted]]]]:
        own, found = self._written(AGENCIES, "partners"), defaultdict(dict)
        for row in () if own is None else own.to_dict("records"):
            found[row["partner_id"]][str(row["goal"])] = {"projects": [int(float(row["n_projects"] or 0))], "provinces": [int(float(row["n_areas"] or 0))]}
        return found

    def _table_partner(self, partner: str, lang: str) -> dict | None:
        return self._partners.get(partner)

    def _table_resources(self, _: str, lang: str) -> dict:
        found = {}
        for row in records(self._read(self.run / "national" / DELIVERY / "resources.parquet")):
            share = [100 * float(row[c]) for c in ("share", "ci_low", "ci_high")] if _known(row["share"]) else []
            found[f"{row['REF_AREA']}.{row['kind']}"] = {"in_use": [int(row["in_use"]), int(row["n"])], "share": share, "to_come": [int(row["n_to_come"])], "not_stated": [int(row["n_not_stated"])]}
        return found

    def _table_cascade(self, area: str, lang: str) -> dict:
        own = self._written(CHAIN, "cascade")
        rows = () if own is None else own[own["REF_AREA"] == area].to_dict("records")
        return {str(row["goal"]): {level: [int(float(row[level] or 0))] for level in LEVELS} for row in rows}

    def _written(self, notebook: str, name: str) -> pd.DataFrame | None:
        """A table of a national notebook as text; None where it wrote none."""
        path = self.run / "national" / notebook / f"{name}.csv"
        return pd.read_csv(path, dtype=str, keep_default_na=False, na_values={}) if path.is_file() else None

    # ------------------------------------------------------------ charts and the comparison

    def _table_dots(self, code: str, lang: str) -> dict:
        found = {}
        for area in self.areas_of(code):
            pair = self.pairs.get((area, code), {})
            value, low = pair.get("value"), pair.get("low")
            has = _known(value) and _known(low)
            found[area] = {
                NAME: self.names[area, lang], "value": _listed(value), "period": _figures(format_period(pair["TIME_PERIOD"], lang)) if _known(value) and pair["TIME_PERIOD"] else [],
                "interval": [float(low), float(pair["high"])] if has else [], "n": [int(pair["n"])] if has and _known(pair["n"]) else [],
            }  # fmt: skip
        return found

    def _table_map(self, code: str, lang: str) -> dict:
        return {
            area: {NAME: self.names[area, lang]} | {period: _listed(own[period]["value"]) if period in (own := self.values.get((area, code), {})) else [] for period in self.periods.get(code, ())}
            for area in self.areas
        }

    def chart(self, kind: str, code: str, columns: list[str], lang: str) -> dict:
        """Return the numbers around a chart: of its alternative text, how many values there are, and of its key; and how its title ends.

        `columns` are those of the table below it: of a map, the periods that can be chosen.
        """
        if kind == "dots":
            held = [pair["value"] for area in self.areas_of(code) if _known((pair := self.pairs.get((area, code), {})).get("value"))]
            row = self.peers.get((code, self.frequency[code]))
            median = [float(row["peer_median"])] if row else []
            period = next((p["TIME_PERIOD"] for area in self.areas_of(code) if _known((p := self.pairs.get((area, code), {})).get("value")) and p["TIME_PERIOD"]), "")
            return {"desc": [len(held), len(self.areas_of(code)), *([min(held), max(held)] if held else []), *median], "summary": [len(held)], "key": median, "title": format_period(period, lang) if period else ""}
        last, shown = columns[-1], sorted(row["value"] for area in self.areas for period, row in self.values.get((area, code), {}).items() if period in set(columns) and _known(row["value"]))
        held = [row["value"] for area in self.areas if _known((row := self.values.get((area, code), {}).get(last, {"value": None}))["value"])]
        edges = [shown[0], *_cuts(shown), shown[-1]] if shown else []
        return {
            "desc": [*_figures(format_period(last, lang)), len(held), len(self.areas), *([min(held), max(held)] if held else [])], "summary": [len(self.areas)],
            "key": [float(edge) for pair in zip(edges, edges[1:], strict=False) for edge in pair], "title": "",
        }  # fmt: skip

    def compared(self, area: str, code: str, lang: str) -> dict | None:
        """Return what the comparison holds of a series of a province: numbers in its texts, its status, points and numbers by place; None for nothing."""
        pair, own = self.pairs.get((area, code)), self.values.get((area, code), {})
        if not pair or not own:
            return None
        at = pair["TIME_PERIOD"] if pair["TIME_PERIOD"] in own else ""
        period, trend = at or list(own)[-1], self.status.get((area, code), {"status": "no_data", "n_obs": 0})
        nothing = float("nan")
        known = [(mid_point(p), row["value"]) for p, row in own.items() if _known(row["value"])]
        interval = [float(pair["low"]), float(pair["high"])] if at and _known(pair["low"]) else []
        return {
            "texts": {0: _figures(format_period(period, lang)), 1: _listed(own[period]["value"]), 2: interval, 3: [int(trend["n_obs"])], 10: _pace(trend)}, "status": trend["status"], "points": known[-POINTS:],
            "numbers": {8: pair["low"] if at else nothing, 9: pair["high"] if at else nothing, 11: pair["pace_low"], 12: pair["pace_high"]},
        }  # fmt: skip


def _strings(held) -> Iterator[str]:
    """Every text in what a text file holds."""
    if isinstance(held, str):
        yield held
    for part in held.values() if isinstance(held, dict) else held if isinstance(held, list) else ():
        yield from _strings(part)


def _pace(trend: dict) -> list[Wanted]:
    """The change per year with its interval: in per cent for counts; nothing where none was estimated."""
    columns = ("relative_slope_pct", "relative_ci_low_pct", "relative_ci_high_pct") if _known(trend.get("relative_slope_pct")) else ("slope", "ci_low", "ci_high")
    centre, low, high = (trend.get(c) for c in columns)
    if not _known(centre) or not trend.get("n_obs"):
        return []
    return [float(centre)] if not _known(low) else [float(centre), float(low), float(high)]


def _cuts(values: list[float]) -> list[float]:
    """Where five classes of equally many values meet, each once."""
    cuts = np.quantile(np.asarray(values, dtype=float), [0.2, 0.4, 0.6, 0.8]) if len(values) > 1 else []
    return [cut for k, cut in enumerate(cuts) if k == 0 or cut - cuts[k - 1] > 1e-12 * abs(cut)]


def _by_first(counts: dict[tuple[str, str], int]) -> list[tuple[str, list]]:
    """[(first part of the key, its items)]."""
    found = defaultdict(list)
    for key, k in counts.items():
        found[key[0]].append((key, k))
    return list(found.items())
