"""From observations to the evaluation of a province: one table, and the sentences that say it.

Correlation, pooling and false-discovery control are national, so they are computed once for all
provinces (`evaluate_national`) and each province takes its rows (docs/decisions/0002).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from pathlib import Path

import pandas as pd

from sdg_eval.detectability import evaluate_detectability
from sdg_eval.errors import DataError, UsageError
from sdg_eval.forecasts import TARGET_YEAR, evaluate_forecasts
from sdg_eval.kept import cache_folder, read_kept, rests_on, write_kept
from sdg_eval.observations import FREQUENCIES, select_totals
from sdg_eval.panels import is_province
from sdg_eval.pooling import shrink
from sdg_eval.progress import compare_methods, evaluate_progress
from sdg_eval.quality import evaluate_quality
from sdg_eval.report_files import records
from sdg_eval.shown import read_shown
from sdg_eval.store import csv_bytes, parquet_bytes, write_atomic, write_json
from sdg_eval.trends import evaluate_trends
from sdg_eval.wording import LANGUAGES, say, say_false_alarms, say_goal, say_headline

KEY = ["SERIES", "REF_AREA", "FREQ"]
MIN_PEERS = 5
"""Fewest provinces with a value of the same period before a province is set beside them."""
PROGRESS_COLUMNS = [
    "baseline_year", "baseline_value", "target_value", "target_year", "target_kind", "target_set_by", "required_pace",
    "actual_pace", "pace_ratio", "progress", "p_on_track", "draws", "firm", "projected_value", "reach_year", "at_risk", "met",
]  # fmt: skip
POOLED_COLUMNS = ["shrunken_slope", "shrunken_low", "shrunken_high", "pooled_weight", "n_pooled"]
DETECTABLE_COLUMNS = [
    "detectable", "detectable_high", "detectable_pct", "wanted_pace", "verdict_from", "wanted_from", "tells",
]  # fmt: skip
FORECAST_COLUMNS = [
    "forecast_year", "forecast", "forecast_low", "forecast_high", "forecast_p_target", "forecast_model", "forecast_calibrated",
    "forecast_reason", "forecast_coverage", "forecast_checked",
]  # fmt: skip
RULE_COLUMNS = ["n_rules", "n_rules_differ", "rules_why"]
PEER_COLUMNS = ["peer_period", "peer_value", "peer_median", "peer_low", "peer_high", "peer_place", "n_peers"]
_OWN_BASE = re.compile(r"INDEX_\d{4}")
STATUSES = ["improving", "worsening", "changed", "not_detected", "no_change", "indicative", "insufficient", "no_data"]
"""One word per row for overviews; `changed` is a trend of a series that has no better or worse."""


@dataclass(frozen=True)
class National:
    """What is computed over all provinces together; each a table of one row per series and area."""

    trends: pd.DataFrame
    progress: pd.DataFrame
    quality: pd.DataFrame
    pooled: pd.DataFrame
    peers: pd.DataFrame
    detectability: pd.DataFrame
    rules: pd.DataFrame  # every published progress rule beside ours
    forecasts: pd.DataFrame
    scoreboard: pd.DataFrame  # how good such forecasts were so far, one row per series

    def files(self, synthetic: bool = False) -> dict[str, bytes]:
        """Return each table as Parquet and CSV, by name of the file; the CSV says whether any data are synthetic."""
        tables = {part.name: getattr(self, part.name) for part in fields(self)}
        found = {f"{name}.parquet": parquet_bytes(table) for name, table in tables.items()}
        return found | {f"{name}.csv": csv_bytes(table.assign(synthetic=synthetic)) for name, table in tables.items()}

    def write(self, folder, synthetic: bool = False) -> None:
        """Write the files of the tables to `folder`."""
        for name, content in self.files(synthetic).items():
            write_atomic(Path(folder) / name, content)


def read_national(folder, only=()) -> National:
    """Return what `National.write` wrote; of the tables named in `only` alone, where any are named: the others are None.

    Raises DataError when a table is absent.
    """
    parts = {part.name: None for part in fields(National)}
    for part in fields(National):
        if only and part.name not in only:
            continue
        path = Path(folder) / f"{part.name}.parquet"
        if not path.exists():
            raise DataError(f"{path}: the national tables are not complete. Run `sdg-eval evaluate` again.")
        parts[part.name] = pd.read_parquet(path)
    return National(**parts)


def load_national(
    folder, observations, codelists, *, report_year: int, confidence: float = 0.95, only=()
) -> National:
    """Return the national tables of `folder` (those named in `only`), or compute them when `folder` is empty (an adviser's notebook).

    `observations` is an observation table as it may be shown, or the path of one, which is read only to compute.
    """
    if folder:
        return read_national(folder, only)
    if not isinstance(observations, pd.DataFrame):
        observations = read_shown(observations, codelists)
    return kept_national(observations, codelists, report_year=report_year, confidence=confidence)


def kept_national(observations: pd.DataFrame, codelists, *, report_year: int, confidence: float = 0.95) -> National:
    """Return what `evaluate_national` does, read from the user's cache folder where it was worked out before (`kept`).

    Every notebook that an adviser opens by itself asks for it, and it takes a quarter of a minute.
    """
    place, names = cache_folder(), [part.name for part in fields(National)]
    if place is None:
        return evaluate_national(observations, codelists, report_year=report_year, confidence=confidence)
    key = rests_on("national", evaluated_rows(observations, codelists), codelists, report_year, confidence)
    held = read_kept(place, key, names)
    if held is None:
        made = evaluate_national(observations, codelists, report_year=report_year, confidence=confidence)
        write_kept(place, key, {name: getattr(made, name) for name in names})
        held = read_kept(place, key, names) or {name: getattr(made, name) for name in names}  # types as they are the next time
    return National(**held)


@dataclass(frozen=True)
class Evaluation:
    """The evaluation of one province: `table` one row per series or empty goal, `text` by language.

    `text[lang]` maps each `result_id` of the table, and `headline`, to its sentence.
    """

    area: str
    table: pd.DataFrame
    text: dict[str, dict[str, str]]

    def sentence(self, lang: str) -> str:
        """Return the headline in `lang` (th or en)."""
        return self.text[lang]["headline"]


def evaluate_national(
    observations: pd.DataFrame, codelists, *, report_year: int, confidence: float = 0.95, null: str = "ar1"
) -> National:
    """Return trends, progress, data quality, pooled slopes and peer values of every province.

    Parameters
    ----------
    observations
        An observation table of all provinces, derived series included (`derive.with_derived`).
    report_year
        A series that ends more than three years before is `stale`.
    confidence
        Coverage of intervals (0.5 to below 1).
    null
        Null distribution of the trend test: `ar1` (default), `exact` or `normal`.
    """
    table = evaluated_rows(observations, codelists)
    trends = evaluate_trends(table, series=codelists.series, report_year=report_year, confidence=confidence, null=null)
    progress = evaluate_progress(table, trends, codelists, report_year=report_year)
    quality = evaluate_quality(table, codelists, report_year=report_year)
    wanted = progress.rename(columns={"required_pace": "wanted_pace"})
    forecasts, scoreboard = evaluate_forecasts(table, codelists, progress, report_year=report_year)
    return National(
        trends, progress, quality, pool_slopes(trends, confidence), compare_with_peers(table, codelists),
        evaluate_detectability(trends, wanted), compare_methods(table, progress, codelists), forecasts, scoreboard,
    )  # fmt: skip


def evaluated_rows(observations: pd.DataFrame, codelists) -> pd.DataFrame:
    """Return the rows that the national tables rest on: whole values of provinces, of the series that are evaluated."""
    wanted = codelists.series.loc[codelists.series["evaluate"] == "1", "SERIES"]
    table = observations[observations["SERIES"].isin(set(wanted)) & is_province(observations["REF_AREA"])]
    table = table[table["FREQ"].isin(FREQUENCIES)]  # a value of several years is no point of a trend
    return select_totals(table)


def forecast_columns(forecasts: pd.DataFrame, scoreboard: pd.DataFrame) -> pd.DataFrame:
    """Return per SERIES, REF_AREA, FREQ the forecast of 2030, with what the scoreboard says of such intervals."""
    last = forecasts[forecasts["year"] == TARGET_YEAR].rename(
        columns={
            "year": "forecast_year", "low_80": "forecast_low", "high_80": "forecast_high", "p_target": "forecast_p_target",
            "model": "forecast_model", "calibrated": "forecast_calibrated", "reason": "forecast_reason",
        }  # fmt: skip
    )
    scores = scoreboard.rename(columns={"coverage_80": "forecast_coverage", "n_checked": "forecast_checked"})
    scores = scores[["SERIES", "FREQ", "forecast_coverage", "forecast_checked"]].drop_duplicates(["SERIES", "FREQ"])
    return last.merge(scores, on=["SERIES", "FREQ"], how="left")[KEY + FORECAST_COLUMNS]


def count_rules(rules: pd.DataFrame) -> pd.DataFrame:
    """Return per SERIES, REF_AREA, FREQ how many published rules say something, how many differ from ours, and why."""
    theirs = rules[(rules["method"] != "linear_pace") & (rules["common"] != "not_applicable")]
    groups = theirs.groupby(KEY, sort=True)
    counts = pd.DataFrame({"n_rules": groups.size(), "n_rules_differ": groups["disagrees"].sum().astype(int)}).reset_index()
    ours = rules[rules["method"] == "linear_pace"].drop_duplicates(KEY).rename(columns={"why": "rules_why"})
    return counts.merge(ours[[*KEY, "rules_why"]], on=KEY, how="left")


def pool_slopes(trends: pd.DataFrame, confidence: float = 0.95) -> pd.DataFrame:
    """Return each province's slope drawn towards the others of its series (METHODS 2.10).

    The standard error of a slope is its interval's width over twice the normal quantile; series
    without intervals are not pooled.
    """
    from statistics import NormalDist

    reach = 2 * NormalDist().inv_cdf(0.5 + confidence / 2)
    parts = []
    for _, family in trends[trends["ci_low"].notna()].groupby(["SERIES", "FREQ"], sort=True):
        variance = ((family["ci_high"] - family["ci_low"]) / reach) ** 2
        family, variance = family[variance > 0], variance[variance > 0]
        if len(family) < MIN_PEERS:
            continue
        pooled = shrink(family["slope"].to_numpy(dtype=float), variance.to_numpy(dtype=float))
        parts.append(
            family[KEY].assign(
                shrunken_slope=pooled["shrunken"].to_numpy(),
                shrunken_low=pooled["shrunken"].to_numpy() - reach / 2 * pooled["se"].to_numpy(),
                shrunken_high=pooled["shrunken"].to_numpy() + reach / 2 * pooled["se"].to_numpy(),
                pooled_weight=pooled["weight"].to_numpy(), n_pooled=len(family),
            )  # fmt: skip
        )
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=KEY + POOLED_COLUMNS)


def compare_with_peers(observations: pd.DataFrame, codelists) -> pd.DataFrame:
    """Return each province's value beside all provinces, in the latest period that most of them have.

    `peer_place` is the share of provinces with a smaller value (ties count half): a place, not a
    verdict, and never a rank without its spread. Provisional values are not compared where others
    are there; an index whose base year is 100 in every province is not compared at all.
    """
    parts = []
    for (series, freq), family in observations.groupby(["SERIES", "FREQ"], sort=True):
        if _OWN_BASE.fullmatch(codelists.series_row(series)["unit"]):
            continue
        family = family.dropna(subset="OBS_VALUE").drop_duplicates(["REF_AREA", "TIME_PERIOD"])
        years = set(codelists.series_row(series)["provisional"].split(";"))
        firm = family[~family["OBS_STATUS"].isin(["P", "E", "I"]) & ~family["TIME_PERIOD"].str[:4].isin(years)]
        family = family if firm.empty else firm
        counts = family.groupby("TIME_PERIOD")["REF_AREA"].nunique()
        enough = counts[counts >= max(MIN_PEERS, counts.max() / 2)]
        if enough.empty:
            continue
        latest = family[family["TIME_PERIOD"] == enough.index.max()]
        values = latest["OBS_VALUE"]
        place = (values.rank(method="average") - 0.5) / len(values)
        parts.append(
            pd.DataFrame(
                {
                    "SERIES": series, "REF_AREA": latest["REF_AREA"], "FREQ": freq, "peer_period": enough.index.max(),
                    "peer_value": values, "peer_median": values.median(), "peer_low": values.quantile(0.25),
                    "peer_high": values.quantile(0.75), "peer_place": place, "n_peers": len(values),
                }  # fmt: skip
            )
        )
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=KEY + PEER_COLUMNS)


def status_of(row: dict) -> str:
    """Return the one word (STATUSES) for an overview. Only a finding that survives false-discovery
    control is called improving or worsening; the others are shown as not detected, or as
    `insufficient` where the data could not even have shown the pace that the target asks for."""
    verdict = row["verdict"]
    if row.get("tells") == "pace_hidden":
        return "insufficient"
    if verdict in ("rising", "falling"):
        if not row["significant"]:
            return "not_detected"
        return row["assessment"] or "changed"
    return {
        "not_detected": "not_detected", "no_change": "no_change", "at_bound": "no_change", "no_events": "no_change",
        "indicative": "indicative", "two_points": "indicative", "no_data": "no_data",
    }.get(verdict, "insufficient")  # fmt: skip


def provenance(observations: pd.DataFrame) -> pd.DataFrame:
    """Return per SERIES, REF_AREA, FREQ: sources, files, flags and whether anything is synthetic."""
    def joined(values):
        return ";".join(sorted(set(filter(None, values))))

    groups = select_totals(observations).groupby(KEY, sort=True)
    return pd.DataFrame(
        {
            "sources": groups["source"].agg(joined),
            "files": groups["source_file"].agg(joined),
            "n_flagged": groups["flags"].agg(lambda f: int(f.str.contains("nearest_|carried|broken|suspect|sum_of").sum())),
        }
    ).reset_index()


def evaluate(
    observations: pd.DataFrame,
    codelists,
    area: str,
    *,
    report_year: int,
    confidence: float = 0.95,
    national: National | None = None,
) -> Evaluation:
    """Return the evaluation of one province: a row for each series and for each goal without any.

    Parameters
    ----------
    observations
        An observation table of all provinces, derived series included.
    area
        ISO 3166-2 code of a province (TH-50).
    national
        What `evaluate_national` returned for the same observations; computed when None.

    Raises
    ------
    UsageError
        For a code that is not a province.
    """
    if area not in set(codelists.provinces):
        raise UsageError(f"{area!r} is not a province. Write the ISO code, as TH-50 for Chiang Mai.")
    if national is None:
        national = evaluate_national(observations, codelists, report_year=report_year, confidence=confidence)
    table = _series_rows(observations, codelists, area, national, report_year, confidence)
    table = pd.concat([table, _goal_rows(table, codelists, area, report_year, confidence)], ignore_index=True)
    table = table.copy()  # one block again after the joins
    order = table["goal"].astype(int).replace(0, 99)  # cross-cutting series close the list
    table = table.assign(order=order).sort_values(["order", "indicator", "SERIES", "FREQ"], kind="stable", ignore_index=True)
    table = table.drop(columns="order")
    table = table.astype({column: "str" for column in table if table[column].dtype == "object"})
    return Evaluation(area, table, say_table(table, codelists, area))


def say_table(table: pd.DataFrame, codelists, area: str) -> dict[str, dict[str, str]]:
    """Return the sentences of the table of an evaluation by language: one for each `result_id`, and `headline`."""
    rows, text = records(table), {}
    for lang in LANGUAGES:
        text[lang] = {r["result_id"]: say(r, codelists, lang) if r["SERIES"] else say_goal(r, codelists, lang) for r in rows}
        text[lang]["headline"] = say_headline(table, codelists, area, lang)
    return text


def _series_rows(observations, codelists, area, national, report_year, confidence) -> pd.DataFrame:
    """One row per series and frequency that any province has, for this province."""
    meta = codelists.series[["SERIES", "goal", "indicator", "direction", "kind", "proxy", "decimals", "coastal_only"]]
    families = national.trends[["SERIES", "FREQ"]].drop_duplicates()
    families = families.merge(meta, on="SERIES", how="left")
    if codelists.area(area)["coast"] != "1":
        families = families[families["coastal_only"] != "1"]
    mine = families.assign(REF_AREA=area)
    for part, columns in (
        (national.trends, [c for c in national.trends.columns if c not in ("SEX", "AGE", "URBANISATION")]),
        (national.progress.drop_duplicates(KEY), KEY + PROGRESS_COLUMNS),
        (national.pooled, KEY + POOLED_COLUMNS),
        (national.peers, KEY + PEER_COLUMNS),
        (national.detectability, KEY + DETECTABLE_COLUMNS),
        (count_rules(national.rules), KEY + RULE_COLUMNS),
        (forecast_columns(national.forecasts, national.scoreboard), KEY + FORECAST_COLUMNS),
        (national.quality.rename(columns={"verdict": "data_verdict", "reason": "data_reason"}),
         [*KEY, "missing", "longest_gap", "break_after", "data_verdict", "data_reason"]),
        (provenance(observations[observations["REF_AREA"] == area]), None),
    ):  # fmt: skip
        own = part[part["REF_AREA"] == area]
        mine = mine.merge(own if columns is None else own[columns], on=KEY, how="left")
    absent = mine["verdict"].isna()
    mine["verdict"] = mine["verdict"].fillna("no_data")
    mine.loc[absent, "reason"] = "no_data_here"
    mine["report_year"], mine["confidence"] = report_year, confidence
    text = mine.select_dtypes(include=["object", "str"]).columns
    mine[text] = mine[text].astype("object").where(mine[text].notna(), "")
    for column in ("stale", "significant", "firm", "at_risk", "met", "rho_assumed", "preferred", "forecast_calibrated"):
        mine[column] = mine[column].astype("object").fillna(False).astype(bool)
    mine["preferred"] |= absent & (mine["FREQ"] == mine.groupby("SERIES")["FREQ"].transform("min"))
    mine["n_obs"] = mine["n_obs"].fillna(0).astype(int)
    mine["status"] = [status_of(row) for row in mine.to_dict("records")]
    mine["synthetic"] = mine["sources"].str.contains("synthetic")
    mine["result_id"] = mine["SERIES"] + "." + mine["FREQ"]
    return mine.drop(columns="coastal_only")


def _goal_rows(table: pd.DataFrame, codelists, area: str, report_year: int, confidence: float) -> pd.DataFrame:
    """One row per goal of the 17 that has no value in this province, with the reason."""
    with_data = set(table.loc[table["n_obs"] > 0, "goal"])
    named = set(table["goal"])
    evaluated = codelists.series[codelists.series["evaluate"] == "1"]
    inland = codelists.area(area)["coast"] != "1"
    coastal = {g for g, own in evaluated.groupby("goal") if inland and (own["coastal_only"] == "1").all()}

    def why(goal):
        return "goal_needs_coast" if goal in coastal else "goal_without_values_here" if goal in named else "goal_without_series"

    rows = [
        {
            "REF_AREA": area, "goal": goal, "indicator": "", "SERIES": "", "FREQ": "", "verdict": "no_data",
            "status": "no_data", "reason": why(goal),
            "result_id": f"goal.{goal}", "n_obs": 0, "preferred": True, "report_year": report_year,
            "confidence": confidence,
        }  # fmt: skip
        for goal in map(str, range(1, 18))
        if goal not in with_data
    ]
    goals = pd.DataFrame(rows, columns=table.columns)
    for column in table.columns:
        if table[column].dtype == bool:
            goals[column] = goals[column].eq(True)
        elif table[column].dtype == object or isinstance(table[column].dtype, pd.StringDtype):
            goals[column] = goals[column].astype("object").where(goals[column].notna(), "")
        else:
            goals[column] = pd.to_numeric(goals[column]).astype(float if goals[column].isna().any() else table[column].dtype)
    return goals


def evaluate_areas(
    observations: pd.DataFrame, codelists, areas, *, report_year: int, confidence: float = 0.95, national: National | None = None
) -> pd.DataFrame:
    """Return the evaluation tables of several provinces one below the other."""
    if national is None:
        national = evaluate_national(observations, codelists, report_year=report_year, confidence=confidence)
    options = {"report_year": report_year, "confidence": confidence, "national": national}
    parts = [evaluate(observations, codelists, area, **options).table for area in areas]
    return pd.concat(parts, ignore_index=True)


def what_moved(table: pd.DataFrame) -> pd.DataFrame:
    """Return the findings that hold (improving, worsening, changed), the surest first, one row each."""
    rows = table[table["preferred"] & table["status"].isin(["improving", "worsening", "changed"])]
    columns = ["REF_AREA", "goal", "SERIES", "status", "slope", "ci_low", "ci_high", "n_obs", "p_value", "p_adjusted"]
    columns += ["first_period", "last_period", "stale", "synthetic"]
    return rows.sort_values(["p_adjusted", "p_value", "REF_AREA", "SERIES"], kind="stable")[columns].reset_index(drop=True)


def moved_text(moved: pd.DataFrame) -> dict[str, dict[str, str]]:
    """Return by language how many of what moved in all provinces is expected to be chance."""
    return {lang: {"false_alarms": say_false_alarms(len(moved), lang, everywhere=True)} for lang in LANGUAGES}


def summarise_quality(quality: pd.DataFrame) -> pd.DataFrame:
    """Return per SERIES and FREQ how many provinces have which data verdict, and how many are stale."""
    counts = quality.groupby(["SERIES", "FREQ", "verdict"]).size().unstack(fill_value=0)
    counts = counts.reindex(columns=["full", "indicative", "two_points", "insufficient", "none"], fill_value=0)
    groups = quality.groupby(["SERIES", "FREQ"])
    extra = pd.DataFrame({"stale": groups["stale"].sum().astype(int), "n_flagged": groups["n_flagged"].sum().astype(int)})
    return counts.join(extra).rename_axis(columns=None).reset_index()


def count_provinces(observations: pd.DataFrame, codelists) -> pd.DataFrame:
    """Return how many provinces have a value, one row per evaluated SERIES and one column per year."""
    rows = observations[observations["SERIES"].isin(codelists.evaluated) & observations["OBS_VALUE"].notna()]
    rows = rows[is_province(rows["REF_AREA"])].assign(year=rows["TIME_PERIOD"].str[:4].astype(int))
    counts = rows.groupby(["SERIES", "year"])["REF_AREA"].nunique().unstack(fill_value=0)
    years = range(int(rows["year"].min()), int(rows["year"].max()) + 1) if len(rows) else range(0)
    return counts.reindex(columns=years, fill_value=0)


def select_areas(table: pd.DataFrame, areas: str) -> pd.DataFrame:
    """Return the rows of the provinces in a comma list of codes."""
    return table[table["REF_AREA"].isin(areas.split(","))].reset_index(drop=True)


def count_classes(rules: pd.DataFrame) -> pd.DataFrame:
    """Return how many courses each progress rule puts in which class of the common scale."""
    order = ["on_track", "improving_slowly", "stagnating", "moving_away", "not_applicable"]
    counts = rules.groupby(["method", "common"], sort=False).size().unstack(fill_value=0)
    return counts.reindex(columns=order, fill_value=0).rename_axis(columns=None)


def write_echo(folder, **answered) -> None:
    """Write echo.json: for which province and year a notebook ran, so that the batch can check it."""
    write_json(Path(folder) / "echo.json", answered)


def goal_status(table: pd.DataFrame) -> pd.DataFrame:
    """Return one status per REF_AREA and goal from the preferred rows: the word of all, or `mixed`.

    A trend, wherever there is one, comes before "not detected"; improving and worsening together
    are `mixed`. A series without direction is context and decides nothing while another is there. `as_of` is the last year of the rows that gave the status, and `stale` says that all
    of them end more than three years before the report year.
    """
    rows = table[table["preferred"] & (table["goal"] != "0")]
    context = (rows["direction"] == "none") & (rows["n_obs"] > 0)
    alone = context.groupby([rows["REF_AREA"], rows["goal"]]).transform("all")
    rows = rows[~context | alone]
    groups = rows.groupby(["REF_AREA", "goal"])
    status = groups["status"].agg(lambda s: _combine(set(s))).to_frame()
    deciding = rows.merge(status.rename(columns={"status": "combined"}), on=["REF_AREA", "goal"])
    mixed = (deciding["combined"] == "mixed") & deciding["status"].isin(["improving", "worsening"])
    deciding = deciding[((deciding["status"] == deciding["combined"]) | mixed) & (deciding["n_obs"] > 0)]
    groups = deciding.assign(year=deciding["last_period"].str[:4].replace("", "0").astype(int)).groupby(["REF_AREA", "goal"])
    told = pd.DataFrame({"as_of": groups["year"].max(), "stale": groups["stale"].all(), "synthetic": groups["synthetic"].any()})
    told = status.join(told).reset_index()
    return told.assign(
        as_of=told["as_of"].fillna(0).astype(int),
        **{flag: told[flag].astype("object").fillna(False).astype(bool) for flag in ("stale", "synthetic")},
    )


def _combine(found: set[str]) -> str:
    if {"improving", "worsening"} <= found:
        return "mixed"
    for status in STATUSES:
        if status in found:
            return status
    return "no_data"


def write_evaluation(evaluation: Evaluation, folder) -> None:
    """Write evaluation.csv, evaluation.parquet and text.json to `folder`, each complete or not at all."""
    folder = Path(folder)
    table = evaluation.table.assign(
        sentence_th=evaluation.table["result_id"].map(evaluation.text["th"]),
        sentence_en=evaluation.table["result_id"].map(evaluation.text["en"]),
    )
    write_atomic(folder / "evaluation.csv", csv_bytes(table))
    write_atomic(folder / "evaluation.parquet", parquet_bytes(table))
    write_json(folder / "text.json", evaluation.text)


def read_evaluation(folder) -> Evaluation:
    """Return what `write_evaluation` wrote. Raises DataError when it is not there."""
    import json

    folder = Path(folder)
    try:
        table = pd.read_parquet(folder / "evaluation.parquet").drop(columns=["sentence_th", "sentence_en"])
        text = json.loads((folder / "text.json").read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{folder}: no complete evaluation here. Run `sdg-eval evaluate` again.") from error
    return Evaluation(str(table["REF_AREA"].iloc[0]), table, text)


