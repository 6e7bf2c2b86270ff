"""Our reading of the SDSN rules against the verdicts SDSN published (Sustainable Development Report 2021).

The report's workbook holds raw series, thresholds and published arrows, so every arrow can be
recomputed. That is the outside check of a trend classifier: `recompute_arrows` gives both verdicts
side by side, `explain` counts the disagreements by kind, and `try_hypotheses` tries the rules that
could explain them, each against all arrows and not only against those it was made for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from sdg_eval.comparisons.composite import goal_means, index_of
from sdg_eval.errors import DataError
from sdg_eval.progress_rules import (
    DECIMALS,
    SDSN_WORDS,
    TARGET_YEAR,
    Verdict,
    not_applicable,
    sdsn_arrow,
    sdsn_goal_arrow,
    sdsn_score,
    sdsn_trend_level,
)

ARROWS = dict(zip("↑➚→↓", SDSN_WORDS, strict=True))
"""Symbols of the workbook's legend (sheet About)."""
NEAREST_YEARS = 1
"""A missing first or last year takes the value of a year this near; the earlier one first (METHODS 3.2)."""
SCORE_TOLERANCE = 0.1
"""Recomputed and published scores within this many points are the same: published raw values are rounded."""

NEAR_GREEN = 0.17
"""A decline is published as stagnating, mostly, while going on at its pace until 2030 would leave the
score within this share of the green threshold. Found here, fitted: no SDSN publication states it."""

RESULTS_SHEET, SERIES_SHEET, CODEBOOK_SHEET = "SDR2021 Data", "Data for Trends", "Codebook"
COUNTRY, GROUP = "Country Code ISO3", "Regions used for the SDR"
SHEETS = {
    RESULTS_SHEET: [COUNTRY, "Country", GROUP],
    SERIES_SHEET: ["id", "Country", "Year"],
    CODEBOOK_SHEET: [
        "IndCode", "SDG", "Indicator", "Years Used for Trend Evaluation", "Optimum (= 100)",
        "Green threshold", "Red threshold", "Lower Bound (=0)",
    ],
}  # fmt: skip
AGGREGATE = "_"
"""First character of the codes of regions and income groups."""


@dataclass(frozen=True)
class SdrWorkbook:
    """The tables of the workbook, headers stripped of blanks.

    `results` has a row per country and aggregate, `series` per country and year, `codebook` per
    indicator (index `IndCode`; the trend years as numbers in `first_year` and `last_year`).
    """

    results: pd.DataFrame
    series: pd.DataFrame
    codebook: pd.DataFrame


def _read_sheet(path: Path, book: pd.ExcelFile, sheet: str) -> pd.DataFrame:
    """One sheet with its columns checked."""
    if sheet not in book.sheet_names:
        raise DataError(
            f"{path.name}: sheet {sheet!r} is missing; found {', '.join(map(repr, book.sheet_names))}. "
            "Give the complete database of the Sustainable Development Report 2021."
        )
    table = pd.read_excel(book, sheet_name=sheet)
    table.columns = [str(column).strip() for column in table.columns]
    if missing := [column for column in SHEETS[sheet] if column not in table.columns]:
        raise DataError(
            f"{path.name}, sheet {sheet!r}: column(s) {', '.join(map(repr, missing))} missing. "
            "Restore them or download the workbook again."
        )
    if table.empty:
        raise DataError(f"{path.name}, sheet {sheet!r}: no rows. Download the workbook again.")
    return table


def read_sdr(path) -> SdrWorkbook:
    """Return the tables of the SDR 2021 workbook.

    Raises DataError, naming file, sheet, column and remedy, where the file is no workbook or lacks
    a sheet, a column, or any published arrow.
    """
    path = Path(path)
    try:
        book = pd.ExcelFile(path, engine="openpyxl")
    except FileNotFoundError as error:
        raise DataError(f"{path.name}: no such file. Give the path of the SDR 2021 workbook.") from error
    except Exception as error:  # a damaged zip raises what its first broken part happens to raise
        raise DataError(
            f"{path.name}: cannot be read as an Excel workbook ({error}). "
            "The file may be cut off: download it again."
        ) from error
    with book:
        results, series, codebook = (_read_sheet(path, book, sheet) for sheet in SHEETS)
    if not any(column.startswith("Trend: ") for column in results.columns):
        raise DataError(
            f"{path.name}, sheet {RESULTS_SHEET!r}: no column 'Trend: <indicator>' with published arrows. "
            "Give the complete database of the Sustainable Development Report 2021."
        )
    codebook["IndCode"] = codebook["IndCode"].str.strip()
    years = codebook["Years Used for Trend Evaluation"].astype(str).str.extract(r"(\d{4})\s*-\s*(\d{4})")
    codebook["first_year"], codebook["last_year"] = years[0].astype(float), years[1].astype(float)
    return SdrWorkbook(results, series, codebook.set_index("IndCode"))


# ---------------------------------------------------------------- indicator arrows


@dataclass(frozen=True)
class Bounds:
    """Codebook row of one indicator, as numbers."""

    optimum: float
    green: float
    lower: float
    first_year: float
    last_year: float

    @property
    def complete(self) -> bool:
        numbers = [self.optimum, self.green, self.lower, self.first_year, self.last_year]
        return bool(np.isfinite(numbers).all()) and self.optimum != self.lower


def _bounds(workbook: SdrWorkbook, indicator: str) -> Bounds | None:
    """The codebook's bounds and years; None without a complete row."""
    if indicator not in workbook.codebook.index:
        return None
    row = workbook.codebook.loc[indicator]
    columns = ["Optimum (= 100)", "Green threshold", "Lower Bound (=0)", "first_year", "last_year"]
    bounds = Bounds(*(float(pd.to_numeric(row[column], errors="coerce")) for column in columns))
    return bounds if bounds.complete else None


def _nearest(values: pd.Series, year: float) -> tuple[float, float]:
    """Value and year: the year itself, else the nearest within one year, the earlier one first."""
    for step in (0, *(sign * n for n in range(1, NEAREST_YEARS + 1) for sign in (-1, 1))):
        value = values.get(year + step, np.nan)
        if np.isfinite(value):
            return float(value), year + step
    return np.nan, np.nan


def trend_indicators(workbook: SdrWorkbook) -> list[str]:
    """Indicators with published arrows, whether or not the codebook has all it takes to recompute them."""
    return [column[7:] for column in workbook.results.columns if column.startswith("Trend: ")]


def recompute_arrows(workbook: SdrWorkbook, *, clip: bool = False, target: str = "green") -> pd.DataFrame:
    """Return one row per published country arrow of an indicator with a complete codebook row.

    Parameters
    ----------
    workbook
        From `read_sdr`.
    clip
        Clip scores to 0-100 first (the published arrows do not).
    target
        `green`: the green threshold is to be reached by 2030; `optimum`: the score 100.

    Returns
    -------
    DataFrame
        `published` and `recomputed` are words (`not_applicable` where a value is missing, with the
        reason), `start_score` ... `pace_ratio` the numbers, `level` the continuous 0-4.
    """
    if target not in ("green", "optimum"):
        raise DataError(f"Target {target!r}: give 'green' or 'optimum'.")
    countries = workbook.results[~workbook.results[COUNTRY].astype(str).str.startswith(AGGREGATE)]
    countries = countries.set_index(COUNTRY)
    rows = []
    for indicator in trend_indicators(workbook):
        bounds = _bounds(workbook, indicator)
        if bounds is None or indicator not in workbook.series.columns:
            continue
        wide = workbook.series.pivot(index="id", columns="Year", values=indicator)
        published = countries[f"Trend: {indicator}"].map(ARROWS).dropna()
        year = countries.get(f"Year: {indicator}", pd.Series(np.nan, countries.index))
        imputed = countries.get(f"Imputation: {indicator}", pd.Series(np.nan, countries.index)).notna()
        goal = int(workbook.codebook.loc[indicator, "SDG"])
        for country in published.index:
            values = wide.loc[country] if country in wide.index else pd.Series(dtype=float)
            key = {
                "country": country, "group": countries.at[country, GROUP], "indicator": indicator,
                "goal": goal, "published": published[country], "imputed": bool(imputed[country]),
                "reference_year": year[country],
            }  # fmt: skip
            rows.append(key | _arrow_row(values, bounds, clip, target))
    return pd.DataFrame(rows)


def _arrow_row(values: pd.Series, bounds: Bounds, clip: bool, target: str) -> dict:
    """The recomputed half of a row."""
    start, start_year = _nearest(values, bounds.first_year)
    end, end_year = _nearest(values, bounds.last_year)
    scores = sdsn_score([start, end, bounds.green], bounds.lower, bounds.optimum, clip=clip)
    row = {
        "start_year": start_year, "end_year": end_year, "start_value": start, "end_value": end,
        "exact_years": start_year == bounds.first_year and end_year == bounds.last_year,
        "start_score": scores[0], "end_score": scores[1], "green_score": scores[2],
    }  # fmt: skip
    if not np.isfinite(scores).all():
        return row | _as_columns(not_applicable("no_data"))
    aim = scores[2] if target == "green" else 100.0
    return row | _as_columns(sdsn_arrow(scores[0], start_year, scores[1], end_year, scores[2], target=aim))


def _as_columns(arrow: Verdict) -> dict:
    return {
        "recomputed": arrow.verdict, "pace_ratio": arrow.value, "level": sdsn_trend_level(arrow),
        "reason": arrow.reason,
    }  # fmt: skip


def agreement(table: pd.DataFrame) -> float:
    """Share of rows with the same verdict, among those that could be recomputed."""
    known = table[table["recomputed"] != "not_applicable"]
    return float((known["published"] == known["recomputed"]).mean())


def confusion(table: pd.DataFrame) -> pd.DataFrame:
    """Counts of published (rows) by recomputed (columns) verdicts, in the order of the arrows."""
    words = [*SDSN_WORDS, "not_applicable"]
    counts = pd.crosstab(table["published"], table["recomputed"])
    return counts.reindex(index=words[:-1], columns=words, fill_value=0)


def explain(table: pd.DataFrame) -> pd.DataFrame:
    """Return the disagreements by kind: how many, where most, and one example with its numbers."""
    differing = table[table["published"] != table["recomputed"]]
    rows = []
    for (published, recomputed), part in differing.groupby(["published", "recomputed"]):
        example = part.sort_values(["indicator", "country"]).iloc[0]
        rows.append({
            "published": published, "recomputed": recomputed, "kind": _kind(published, recomputed),
            "n": len(part), "n_oecd": int((part["group"] == "OECD").sum()),
            "n_imputed": int(part["imputed"].sum()),
            "n_other_years": int((~part["exact_years"]).sum()),
            "most": ", ".join(f"{k} {v}" for k, v in part["indicator"].value_counts().head(3).items()),
            "example": f"{example.country} {example.indicator}: score {example.start_score:.2f} "
            f"({example.start_year:.0f}) to {example.end_score:.2f} ({example.end_year:.0f}), "
            f"green {example.green_score:.2f}",
        })  # fmt: skip
    columns = [
        "published",
        "recomputed",
        "kind",
        "n",
        "n_oecd",
        "n_imputed",
        "n_other_years",
        "most",
        "example",
    ]
    return pd.DataFrame(rows, columns=columns).sort_values("n", ascending=False, ignore_index=True)


def _kind(published: str, recomputed: str) -> str:
    if recomputed == "not_applicable":
        return "no value in or beside the stated years"
    if (published, recomputed) == (SDSN_WORDS[2], SDSN_WORDS[3]):
        return "decline published as stagnating"
    if recomputed == SDSN_WORDS[3]:
        return "decline published as progress"
    if published == SDSN_WORDS[3]:
        return "published as decline, none in the series"
    return "neighbouring class" if _steps(published, recomputed) == 1 else "class further off"


def _steps(one: str, other: str) -> int:
    return abs(SDSN_WORDS.index(one) - SDSN_WORDS.index(other))


# ---------------------------------------------------------------- what the remainder could be


SHORTFALL = "distance to green if the decline goes on to 2030, as share of green"
PER_GROUP = ("distance to the green threshold", "distance to green if the decline goes on to 2030")


def _with_declines(table: pd.DataFrame, stagnating: pd.Series) -> float:
    """Agreement if the marked declines counted as stagnating."""
    changed = table["recomputed"].mask((table["recomputed"] == SDSN_WORDS[3]) & stagnating, SDSN_WORDS[2])
    return agreement(table.assign(recomputed=changed))


def _best_cut(table: pd.DataFrame, size: pd.Series) -> tuple[float, float]:
    """The cut on `size` below which declines, taken as stagnating, agree best; and that agreement."""
    declines = table["recomputed"] == SDSN_WORDS[3]
    ordered = table[declines].assign(size=size[declines]).sort_values("size")
    gain = ordered["published"].map({SDSN_WORDS[2]: 1, SDSN_WORDS[3]: -1}).fillna(0)
    total = gain.groupby(ordered["size"]).sum().cumsum()
    best = float(total.idxmax()) if len(total) and total.max() > 0 else -np.inf
    return best, _with_declines(table, size <= best)


def _decline_sizes(table: pd.DataFrame) -> dict[str, pd.Series]:
    """Measures of how slight a decline is, one per hypothesis; the smaller, the more like standstill.

    NaN for a country that had been green: all of these are published as decreasing.
    """
    years = table["end_year"] - table["start_year"]
    per_year = (table["start_score"] - table["end_score"]) / years
    gap = table["green_score"] - table["end_score"]
    relative = (table["end_value"] / table["start_value"].where(table["start_value"] != 0) - 1).abs()
    shortfall = gap + per_year * (TARGET_YEAR - table["end_year"])
    by_group = table.groupby(["indicator", table["group"] == "OECD"])
    sizes = {
        "pace ratio just below zero": -table["pace_ratio"],
        "score points lost per year": per_year,
        "score points lost in all": table["start_score"] - table["end_score"],
        "relative change of the raw value": relative,
        "distance to the green threshold": gap,
        "distance to green, as share of green": gap / table["green_score"],
        "distance to green if the decline goes on to 2030": shortfall,
        SHORTFALL: shortfall / table["green_score"],
        "the same, in standard deviations of the score in OECD or elsewhere": (
            shortfall / by_group["end_score"].transform("std")
        ),
    }
    return {name: size.where(table["reason"] != "target_lost") for name, size in sizes.items()}


def refine_declines(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with slight declines near the green threshold as stagnating (`NEAR_GREEN`).

    A description of the published arrows, not the published rule: use it to see how much of the
    remainder it covers, not to judge a province.
    """
    slight = _decline_sizes(table)[SHORTFALL] <= NEAR_GREEN
    declines = table["recomputed"] == SDSN_WORDS[3]
    return table.assign(recomputed=table["recomputed"].mask(declines & slight, SDSN_WORDS[2]))


def held_out_agreement(table: pd.DataFrame, size: str) -> tuple[float, float]:
    """Agreement before and after, on countries whose arrows did not set the cut (two halves, both ways).

    Countries are dealt out in alphabetical order, every second one to the other half.
    """
    half = table["country"].rank(method="dense").astype(int) % 2
    before, after = [], []
    for tested in (0, 1):
        cut, _ = _best_cut(table[half != tested], _decline_sizes(table)[size][half != tested])
        part = table[half == tested]
        before.append(agreement(part))
        after.append(_with_declines(part, _decline_sizes(part)[size] <= cut))
    return float(np.mean(before)), float(np.mean(after))


def try_hypotheses(table: pd.DataFrame, workbook: SdrWorkbook) -> pd.DataFrame:
    """Return the agreement, over all arrows, of each rule that could explain the remainder.

    `cut` is the constant that fits best, where there is one: a hypothesis gets every chance. The
    rows named `fitted per ...` have one constant for each indicator and group of countries; they
    are no rule - the constants are in no published column - but show how much there is to explain.
    """
    other_year = _with_declines(table, _other_year(table))
    to_optimum = recompute_arrows(workbook, target="optimum")
    rows = [
        ("plain reading", np.nan, agreement(table)),
        ("scores clipped to 0-100", np.nan, agreement(recompute_arrows(workbook, clip=True))),
        ("optimum instead of green threshold", np.nan, agreement(to_optimum)),
        ("only values of exactly the stated years", np.nan, agreement(table[table["exact_years"]])),
        ("declines to an imputed value stagnate", np.nan, _with_declines(table, table["imputed"])),
        ("declines of poverty projections stagnate", np.nan, _with_declines(table, _poverty(table))),
        ("declines stagnate if the dashboard shows another year", np.nan, other_year),
    ]
    rows += [
        (f"raw values rounded to {n} decimal(s)", np.nan, _with_declines(table, _equal_at(table, n)))
        for n in (0, 1, 2)
    ]
    sizes = _decline_sizes(table)
    rows += [(f"{name} up to", *_best_cut(table, size)) for name, size in sizes.items()]
    fitted = {
        f"fitted per indicator and OECD or not: {name}": _fitted(table, sizes[name]) for name in PER_GROUP
    }
    rows += [(name, np.nan, value) for name, value in fitted.items()]
    result = pd.DataFrame(rows, columns=["hypothesis", "cut", "agreement"])
    return result.assign(gain=result["agreement"] - result["agreement"].iloc[0])


def _poverty(table: pd.DataFrame) -> pd.Series:
    """The two series of World Data Lab, whose last years are projections."""
    return table["indicator"].isin(["sdg1_wpc", "sdg1_320pov"])


def _other_year(table: pd.DataFrame) -> pd.Series:
    """Whether the dashboard shows another year than the one that ends the trend."""
    year = pd.to_numeric(table["reference_year"], errors="coerce")
    return year.notna() & (year != table["end_year"])


def _equal_at(table: pd.DataFrame, decimals: int) -> pd.Series:
    return table["start_value"].round(decimals) == table["end_value"].round(decimals)


def _fitted(table: pd.DataFrame, size: pd.Series) -> float:
    """Agreement with the best constant for each indicator, OECD members apart from the others."""
    stagnating = pd.Series(False, table.index)
    for _, part in table.groupby(["indicator", table["group"] == "OECD"]):
        cut, _ = _best_cut(part, size[part.index])
        stagnating[part.index] = size[part.index] <= cut
    return _with_declines(table, stagnating)


# ---------------------------------------------------------------- goals


def recompute_goal_arrows(
    workbook: SdrWorkbook, table: pd.DataFrame, *, levels: str = "level"
) -> pd.DataFrame:
    """Return one row per published goal arrow: recomputed from the levels of the goal's indicators.

    Parameters
    ----------
    table
        From `recompute_arrows`.
    levels
        `level`: the continuous level; `published`: the middle of the published arrow's class, which
        leaves the indicators' own disagreements out.
    """
    middles = dict(zip(SDSN_WORDS, (3.0, 2.5, 1.5, 0.5), strict=True))
    value = table["level"] if levels == "level" else table["published"].map(middles)
    used = table.assign(used=value)
    by_goal = {key: part for key, part in used.groupby(["country", "goal"])}
    asked = _indicators_by_goal(workbook)
    rows = []
    for record in workbook.results.to_dict("records"):
        country = str(record[COUNTRY])
        if country.startswith(AGGREGATE):
            continue
        for goal in range(1, 18):
            published = ARROWS.get(record.get(f"Goal {goal} Trend"))
            part = by_goal.get((country, goal))
            if published is None or part is None:
                continue
            n = len(asked.get((goal, record[GROUP] == "OECD"), []))
            # The 75% rule is left out: it is of 2018, and 2021 publishes arrows with fewer (`share_known`).
            got = sdsn_goal_arrow(part["used"].to_numpy())
            rows.append({
                "country": country, "group": record[GROUP], "goal": goal, "published": published,
                "recomputed": got.verdict, "level": got.value, "reason": got.reason, "n_indicators": n,
                "share_known": part["used"].notna().sum() / n if n else np.nan,
            })  # fmt: skip
    return pd.DataFrame(rows)


def _indicators_by_goal(workbook: SdrWorkbook) -> dict[tuple[int, bool], list[str]]:
    """Indicators with a trend of each goal: for OECD members and for all others (columns Trend_*)."""
    found = {}
    for oecd, column in ((False, "Trend_Global"), (True, "Trend_OECD")):
        if column not in workbook.codebook.columns:
            continue
        used = workbook.codebook[workbook.codebook[column] == "yes"]
        for goal, part in used.groupby("SDG"):
            found[int(goal), oecd] = list(part.index)
    return found


# ---------------------------------------------------------------- scores


def recompute_scores(workbook: SdrWorkbook) -> pd.DataFrame:
    """Return one row per indicator: how many published scores are within 0.1 of the recomputed ones.

    The raw value is the one printed beside the score; the bounds are the codebook's.
    """
    results = workbook.results[~workbook.results[COUNTRY].astype(str).str.startswith(AGGREGATE)]
    rows = []
    for code, row in workbook.codebook.iterrows():
        column, title = f"Normalized Score: {code}", _value_column(results, str(row["Indicator"]), str(code))
        optimum, lower = (float(row[name]) for name in ("Optimum (= 100)", "Lower Bound (=0)"))
        if column not in results or title is None or not np.isfinite([optimum, lower]).all():
            continue
        published = pd.to_numeric(results[column], errors="coerce")
        values = pd.to_numeric(results[title], errors="coerce")
        score = pd.Series(sdsn_score(values, lower, optimum), results.index)
        difference = (score - published).abs().dropna()
        close = difference.round(DECIMALS) <= SCORE_TOLERANCE
        rows.append({
            "indicator": code, "n": len(difference), "within": int(close.sum()),
            "share": float(close.mean()) if len(close) else np.nan,
            "largest": float(difference.max()) if len(difference) else np.nan,
        })  # fmt: skip
    return pd.DataFrame(rows)


def _value_column(results: pd.DataFrame, title: str, code: str) -> str | None:
    """Column of raw values: the one just before the indicator's year, score or colour columns.

    Titles in the codebook and in the results differ by blanks and cuts, the order does not.
    """
    if title.strip() in results.columns:
        return title.strip()
    own = [i for i, column in enumerate(results.columns) if re.fullmatch(rf"[A-Z][A-Za-z ]+: {code}", column)]
    return results.columns[own[0] - 1] if own and own[0] else None


def recompute_index(workbook: SdrWorkbook) -> pd.DataFrame:
    """Return goal scores and index of every country beside the published ones.

    Columns country, level (`goal` or `index`), goal, published, recomputed, difference, kind. Raw values and the
    codebook's bounds make the indicator scores; the global basket serves all countries; a goal without a score takes
    the workbook's regional score in the index. `kind`: `equal` within 0.1 point; `raw_absent` equal once the
    published score stands in for a raw value that the workbook leaves empty (whole columns); `score_absent` the published mean
    holds an indicator that has neither raw value nor score here; `from_goals` the index differs through such a goal only; `other`.
    """
    results = workbook.results[~workbook.results[COUNTRY].astype(str).str.startswith(AGGREGATE)].reset_index(drop=True)
    codebook = workbook.codebook[workbook.codebook["Global"] == "yes"]
    raw, filled = _score_tables(results, codebook)
    names = sorted(set(codebook.loc[raw.columns, "SDG"].astype(int)))
    member = (codebook.loc[raw.columns, "SDG"].astype(int).to_numpy()[:, None] == np.array(names)).astype(float)
    goals, stand_in = (goal_means(table.to_numpy(), member, max_missing=1.0) for table in (raw, filled))
    published = np.column_stack([pd.to_numeric(results[f"Goal {g} Score"], errors="coerce") for g in names])
    regional = np.column_stack([pd.to_numeric(results[f"Goal {g} Regional Score"], errors="coerce") for g in names])
    rows = []
    for at, country in enumerate(results[COUNTRY]):
        for column, goal in enumerate(names):
            if np.isfinite(published[at, column]):
                pair = goals[at, column], stand_in[at, column]
                rows.append(_index_row(country, "goal", goal, published[at, column], *pair, "score_absent"))
    whole = pd.to_numeric(results["2021 SDG Index Score"], errors="coerce").to_numpy()
    # a goal that was not published has no part in the index either (goal 14 of landlocked countries)
    held = np.isfinite(published)
    ours, with_stand_in, given = (index_of(np.where(held & np.isfinite(g), g, regional)) for g in (goals, stand_in, published))
    for at in np.flatnonzero(np.isfinite(whole)):
        otherwise = "from_goals" if _same(given[at], whole[at]) else "other"
        rows.append(_index_row(results[COUNTRY].iat[at], "index", 0, whole[at], ours[at], with_stand_in[at], otherwise))
    return pd.DataFrame(rows)


def _score_tables(results: pd.DataFrame, codebook: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Scores from raw values, and the same with the published score where a whole raw column is empty."""
    raw, filled = {}, {}
    for code, row in codebook.iterrows():
        title, column = _value_column(results, str(row["Indicator"]), str(code)), f"Normalized Score: {code}"
        if title is None or column not in results:
            continue
        values = pd.to_numeric(results[title], errors="coerce")
        raw[code] = pd.Series(sdsn_score(values, float(row["Lower Bound (=0)"]), float(row["Optimum (= 100)"])), results.index)
        filled[code] = raw[code] if values.notna().any() else pd.to_numeric(results[column], errors="coerce")
    return pd.DataFrame(raw), pd.DataFrame(filled)


def _same(one: float, other: float) -> bool:
    return bool(np.isfinite(one) and round(abs(one - other), DECIMALS) <= SCORE_TOLERANCE)


def _index_row(country, level: str, goal: int, published: float, ours: float, stand_in: float, otherwise: str) -> dict:
    kind = "equal" if _same(ours, published) else "raw_absent" if _same(stand_in, published) else otherwise
    return {
        "country": country, "level": level, "goal": goal, "published": published, "recomputed": ours, "difference": ours - published,
        "kind": kind,
    }  # fmt: skip
