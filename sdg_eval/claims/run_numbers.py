"""What the overview, the pages of data, goals, indicators, sources and partners and the comparison must say, counted from the tables of a run by none of the code of pages.

A sentence has a list of numbers, a table a list for each of its cells. A whole number is to be written as it is, any other rounded, and a text
(a period, a chance, the number of a file) to the letter.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cached_property

import numpy as np
import pandas as pd

from sdg_eval.claims.ledger import read_texts
from sdg_eval.claims.prose import squeezed
from sdg_eval.claims.run_tables import WELL, RunTables, Wanted, figures_in, is_known
from sdg_eval.errors import DataError
from sdg_eval.evaluation import STATUSES
from sdg_eval.observations import mid_point
from sdg_eval.report_files import records
from sdg_eval.suppression import STATUS, THRESHOLD
from sdg_eval.thai import format_fiscal_quarter, format_period, year_text
from sdg_eval.wording import chance_text, p_text, say_false_alarms, say_flags

NAME = "name"
"""The column of a table in which the name of the province stands, to the letter."""
FOUND = ("improving", "worsening", "changed")
OF_GOALS = ("improving", "worsening", "mixed", "changed", "not_detected", "no_change", "indicative", "insufficient", "no_data")
"""The order in which the statuses of a goal are told."""
OF_MAP = ("improving", "worsening", "mixed", "not_detected", "no_data")
"""The order in which the map of the overview tells how a province stands."""
LISTED = 60
"""Rows of a list on the page of the data."""
POINTS = 24
"""Values in the small chart of the comparison."""
AGENCIES, CHAIN, DELIVERY = "75_agency_pages", "31_need_plan_money_result", "30_delivery"
LEVELS = ("global", "provincial_admin", "area")


def _listed(*values) -> list[Wanted]:
    """The values that are known."""
    return [value for value in values if is_known(value)]


class RunNumbers(RunTables):
    """The numbers of a run as pages must say them."""

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
        return {period: figures_in(format_period(period, lang)) for period in self.periods.get(code, ())} if kind == "map" else {}

    def said(self, notebooks: str, lang: str) -> set[str]:
        """Return the sentences of national notebooks, without white space."""
        if (notebooks, lang) not in self._said:
            texts = [read_texts(path) for name in notebooks.split() if (path := self.run / "national" / name / "text.json").is_file()]
            self._said[notebooks, lang] = {squeezed(text) for held in texts for text in _strings(held.get(lang))}
        return self._said[notebooks, lang]

    # ------------------------------------------------------------ sentences

    @cached_property
    def record(self) -> dict:
        try:
            return json.loads((self.run / "record.json").read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise DataError(f"{self.run}/record.json: cannot be read ({error}). Give the folder of a run.") from error

    def _say_record(self, _: str, lang: str) -> list[Wanted]:
        return figures_in(f"{year_text(self.record['report_year'], lang)} · {self.record['version']} · {self.record['data_hash'][:12]}")

    def _say_year(self, _: str, lang: str) -> list[Wanted]:
        return [year_text(self.record["report_year"], lang)]

    def _say_quarter(self, _: str, lang: str) -> list[Wanted]:
        return figures_in(format_fiscal_quarter(self.record["quarter"], lang, months=False))

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
        return [len(self._table_suspicions("", lang)), len(self.national("suspicions"))]

    def _say_sums(self, _: str, lang: str) -> list[Wanted]:
        counts = Counter(self.national("sums")["verdict"])
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
        return row and [*figures_in(format_period(row["peer_period"], lang)), int(row["n_peers"]), *(float(row[f"peer_{k}"]) for k in ("median", "low", "high"))]

    def _say_found(self, code: str, lang: str) -> list[Wanted]:
        return figures_in(say_false_alarms(sum(self._row_status(area, code) in FOUND for area in self.areas_of(code)), lang))

    def _say_target(self, code: str, lang: str) -> list[Wanted] | None:
        rows = (self.progress.get((area, code, self.frequency[code])) for area in self.areas_of(code))
        row = next((r for r in rows if r and r["target_kind"] and is_known(r["target_value"])), None)
        return row and [float(row["target_value"]), year_text(int(row["target_year"]), lang)]

    def _say_rows(self, code: str, lang: str) -> list[Wanted]:
        return [int((self.observations["SERIES"] == code).sum())]

    def _say_suppressed(self, code: str, lang: str) -> list[Wanted]:
        return [int(((self.observations["SERIES"] == code) & (self.observations["OBS_STATUS"] == STATUS)).sum())]

    def _say_lag(self, code: str, lang: str) -> list[Wanted]:
        return figures_in(str(self.codelists.owner_of(code)["usual_lag_months"]))

    def _say_bounds(self, code: str, lang: str) -> list[Wanted]:
        own = self.codelists.bounds[self.codelists.bounds["SERIES"] == code].iloc[0]
        return figures_in(f"{own['lower']} {own['upper']}")

    def _say_breaks(self, code: str, lang: str) -> list[Wanted]:
        return [year_text(int(text.partition("@")[0]), lang) for text in self.series[code]["breaks"].split(";") if text]

    def _say_gap(self, key: str, lang: str) -> list[Wanted] | None:
        own = self.gaps.get(key)
        return own and [own["missing"], own["provinces"], *figures_in(format_period(own["first"], lang)), *figures_in(format_period(own["last"], lang)), own["change"]]

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
            rows = self.read(self.run / "provinces" / area / "evaluation.parquet", ["SERIES", "goal", "preferred", "n_obs", "status", "stale"]).to_dict("records")
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
        for row in self.national("quality").to_dict("records"):
            found[f"{row['SERIES']}.{row['FREQ']}"].append(row)
        return {
            key: {verdict: [sum(row["verdict"] == verdict for row in rows)] for verdict in ("full", "indicative", "two_points", "insufficient", "none")}
            | {"stale": [sum(bool(row["stale"]) for row in rows)], "flagged": [int(sum(row["n_flagged"] for row in rows))]}
            for key, rows in found.items()
        }

    def _table_lacking(self, _: str, lang: str) -> dict:
        found = {area: {"missing": [0], "change": [0]} for area in self.areas}
        for row in self.national("gaps").to_dict("records"):
            if row["SERIES"] and row["reason"] != "suppressed":
                found[row["REF_AREA"]]["missing"][0] += 1
                found[row["REF_AREA"]]["change"][0] += "->" in row["would_change"]
        return found

    def _table_suspicions(self, _: str, lang: str) -> dict:
        rows = self.national("suspicions").sort_values(["SERIES", "REF_AREA", "TIME_PERIOD"], kind="stable").head(LISTED)
        return {
            str(k): {"period": figures_in(format_period(row["TIME_PERIOD"], lang)), "value": _listed(row["OBS_VALUE"]), "expected": _listed(row["expected"]), "origin": figures_in(" ".join(str(row[c]) for c in ("source_file", "source_sheet", "source_row", "source_column") if not pd.isna(row[c])))}
            for k, row in enumerate(rows.to_dict("records"))
        }

    def _table_differing(self, _: str, lang: str) -> dict:
        rows = [row for row in self.national("reconciliation").to_dict("records") if row["verdict"] in ("differs", "power_of_ten")]
        rows.sort(key=lambda row: (-abs(float(row["ratio"]) - 1), row["SERIES"], row["REF_AREA"]))
        return {str(k): {"period": figures_in(row["TIME_PERIOD"]), "province": _listed(row["province"]), "central": _listed(row["central"])} for k, row in enumerate(rows[:LISTED])}

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
            key: {"missing": [gap["missing"]], "provinces": [gap["provinces"]], "change": [gap["change"]], "period": [f for p in dict.fromkeys((gap["first"], gap["last"])) for f in figures_in(format_period(p, lang))]}
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
            found[code] = {"last": figures_in(format_period(last, lang)) if last else []} | (told if evaluated else {"held": []})
        return found

    def _table_provinces(self, code: str, lang: str) -> dict:
        fixed = self.target_rules.get(code) == "fixed"
        return {area: self._line(area, code, fixed, lang) for area in self.areas_of(code)}

    def _line(self, area: str, code: str, fixed: bool, lang: str) -> dict[str, list[Wanted]]:
        own, trend, progress = self.values.get((area, code), {}), self.status.get((area, code), {}), self.progress.get((area, code, self.frequency[code]), {})
        latest = list(own)[-1] if own else ""
        row = own.get(latest, {"value": float("nan"), "status": "", "flags": ""})
        adjusted, chance, target = trend.get("p_adjusted"), progress.get("p_on_track"), progress.get("target_value")
        chance = chance_text(chance, lang) if is_known(chance) and progress.get("draws", 0) > 0 else ""
        return {
            "value": _listed(row["value"]), "period": figures_in(format_period(latest, lang)) if latest else [], "pace": _pace(trend), "n": [int(trend.get("n_obs") or 0)],
            "p": figures_in(p_text(adjusted)) if is_known(adjusted) else [], "target": figures_in(chance) + ([] if fixed or not is_known(target) or code not in self.target_rules else [float(target)]),
            "note": ([str(THRESHOLD)] if row["status"] == STATUS else []) + figures_in(say_flags(row["flags"], lang)),
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
        return None if own is None else {str(k): {"delivered": figures_in(row["n_delivered"]), "projects": figures_in(row["n_projects"])} for k, row in enumerate(own.to_dict("records"))}

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
        for row in records(self.read(self.run / "national" / DELIVERY / "resources.parquet")):
            share = [100 * float(row[c]) for c in ("share", "ci_low", "ci_high")] if is_known(row["share"]) else []
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
            has = is_known(value) and is_known(low)
            found[area] = {
                NAME: self.names[area, lang], "value": _listed(value), "period": figures_in(format_period(pair["TIME_PERIOD"], lang)) if is_known(value) and pair["TIME_PERIOD"] else [],
                "interval": [float(low), float(pair["high"])] if has else [], "n": [int(pair["n"])] if has and is_known(pair["n"]) else [],
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
            held = [pair["value"] for area in self.areas_of(code) if is_known((pair := self.pairs.get((area, code), {})).get("value"))]
            row = self.peers.get((code, self.frequency[code]))
            median = [float(row["peer_median"])] if row else []
            period = next((p["TIME_PERIOD"] for area in self.areas_of(code) if is_known((p := self.pairs.get((area, code), {})).get("value")) and p["TIME_PERIOD"]), "")
            return {"desc": [len(held), len(self.areas_of(code)), *([min(held), max(held)] if held else []), *median], "summary": [len(held)], "key": median, "title": format_period(period, lang) if period else ""}
        last, shown = columns[-1], sorted(row["value"] for area in self.areas for period, row in self.values.get((area, code), {}).items() if period in set(columns) and is_known(row["value"]))
        held = [row["value"] for area in self.areas if is_known((row := self.values.get((area, code), {}).get(last, {"value": None}))["value"])]
        edges = [shown[0], *_cuts(shown), shown[-1]] if shown else []
        return {
            "desc": [*figures_in(format_period(last, lang)), len(held), len(self.areas), *([min(held), max(held)] if held else [])], "summary": [len(self.areas)],
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
        known = [(mid_point(p), row["value"]) for p, row in own.items() if is_known(row["value"])]
        interval = [float(pair["low"]), float(pair["high"])] if at and is_known(pair["low"]) else []
        return {
            "texts": {0: figures_in(format_period(period, lang)), 1: _listed(own[period]["value"]), 2: interval, 3: [int(trend["n_obs"])], 10: _pace(trend)}, "status": trend["status"], "points": known[-POINTS:],
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
    columns = ("relative_slope_pct", "relative_ci_low_pct", "relative_ci_high_pct") if is_known(trend.get("relative_slope_pct")) else ("slope", "ci_low", "ci_high")
    centre, low, high = (trend.get(c) for c in columns)
    if not is_known(centre) or not trend.get("n_obs"):
        return []
    return [float(centre)] if not is_known(low) else [float(centre), float(low), float(high)]


def _cuts(values: list[float]) -> list[float]:
    """Where five classes of equally many values meet, each once."""
    cuts = np.quantile(np.asarray(values, dtype=float), [0.2, 0.4, 0.6, 0.8]) if len(values) > 1 else []
    return [cut for k, cut in enumerate(cuts) if k == 0 or cut - cuts[k - 1] > 1e-12 * abs(cut)]
