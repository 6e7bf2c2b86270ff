"""Provinces side by side: the comparisons of one run joined, and the sentences that say them in Thai and English.

What is said first is what cannot be told apart. A rank is written only inside its band.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

from sdg_eval.comparisons.best_practice import (
    LEVEL,
    WANTED,
    YEARS,
    Funnel,
    find_candidates,
    funnel_of,
    judged_series,
    naive_top,
    regression_guard,
    shortlist,
)
from sdg_eval.comparisons.composite import (
    BAND,
    DRAWS,
    SEED,
    Basket,
    Composite,
    Edition,
    RankBands,
    applicable,
    basket_of,
    best_year,
    compose,
    draw_ranks,
    explain_change,
    rank_bands,
    value_matrix,
    values_at,
    yearly_noise,
)
from sdg_eval.comparisons.inequality import (
    evaluate_convergence,
    gap_trends,
    group_gaps,
    worst_against_mean,
    yearly_inequality,
)
from sdg_eval.comparisons.peers import balance, beside_peers, ever_kept, find_peers, window_paces
from sdg_eval.comparisons.space import evaluate_space
from sdg_eval.comparisons.traits import POPULATION, Traits, traits_of
from sdg_eval.errors import DataError
from sdg_eval.evaluation import kept_national
from sdg_eval.observations import select_totals
from sdg_eval.panels import is_province
from sdg_eval.progress_rules import sdsn_colour, sdsn_dashboard, sdsn_goal_colour
from sdg_eval.report_files import read_tables, write_told
from sdg_eval.simulate import SOURCE
from sdg_eval.store import csv_bytes, parquet_bytes, write_atomic, write_json
from sdg_eval.thai import year_text
from sdg_eval.wording import LANGUAGES, change_unit, keep_together, number, p_text

MAX_AGE_SHOWN = 8
"""Years that a value set beside others may lie before the year asked; its own year is always written."""


@dataclass(frozen=True)
class Ranking:
    """The index of `year` over `basket`, its rank bands by choices (`bands`) and by choices and luck (`noisy`)."""

    year: int
    basket: Basket
    values: pd.DataFrame
    composite: Composite
    bands: RankBands
    noisy: RankBands
    colours: pd.DataFrame
    change: pd.DataFrame


def province_values(observations: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of provinces that are not broken down by sex, age or place."""
    return select_totals(observations[is_province(observations["REF_AREA"])])


def rank_provinces(observations: pd.DataFrame, codelists, *, report_year: int, draws: int = DRAWS, seed: int = SEED) -> Ranking:
    """Return index, bands, dashboard colours and the change to the year before.

    The index year is the latest with the most goals. Raises DataError when no series with bounds has a value.
    """
    table, areas = province_values(observations), codelists.provinces
    basket = basket_of(codelists, table["SERIES"].unique())
    year = best_year(table, basket, report_year)
    values = values_at(table[table["SERIES"].isin(basket.series)], year)
    basket = basket.take(values["SERIES"].unique())
    matrix, applies = value_matrix(values, basket, areas), applicable(codelists, basket, areas)
    composite = compose(matrix, basket, areas, applies=applies)
    noise = np.nan_to_num(yearly_noise(table, basket, year))
    plain, noisy = (
        rank_bands(composite, draw_ranks(matrix, basket, draws=draws, seed=seed, noise=sd, applies=applies)) for sd in (None, noise)
    )
    return Ranking(
        year, basket, values, composite, plain, noisy, dashboard(values, codelists), _change(table, codelists, basket, matrix, year)
    )  # fmt: skip


def _change(table, codelists, basket: Basket, matrix: np.ndarray, year: int) -> pd.DataFrame:
    """The index against that of the year before, which had its own basket."""
    areas = codelists.provinces
    before = values_at(table[table["SERIES"].isin(basket_of(codelists, table["SERIES"].unique()).series)], year - 1)
    older = basket_of(codelists, before["SERIES"].unique())
    if not older.series:
        return pd.DataFrame(columns=["REF_AREA", "index_old", "index_new", "change", "data", "basket", "method"])
    index = pd.Index(areas, name="REF_AREA")
    old = Edition(pd.DataFrame(value_matrix(before, older, areas), index, list(older.series)), older)
    return explain_change(old, Edition(pd.DataFrame(matrix, index, list(basket.series)), basket))


def dashboard(values: pd.DataFrame, codelists) -> pd.DataFrame:
    """Return the colour of each REF_AREA and goal by SDSN's two-worst rule: level 0-3, colour, n_indicators.

    Only series with published thresholds (bounds.csv) count; a goal without any has no row.
    """
    bounds = codelists.bounds[codelists.bounds["red"] != ""].set_index("SERIES")
    rows = []
    for row in values[values["SERIES"].isin(bounds.index)].to_dict("records"):
        steps = [float(bounds.at[row["SERIES"], c]) for c in ("lower", "red", "green", "upper")]
        level = sdsn_dashboard(row["OBS_VALUE"], *steps)
        rows.append({"REF_AREA": row["REF_AREA"], "goal": codelists.series_row(row["SERIES"])["goal"], "level": level, "colour": sdsn_colour(level)})
    table = pd.DataFrame(rows, columns=["REF_AREA", "goal", "level", "colour"])
    goals = []
    for (area, goal), part in table.groupby(["REF_AREA", "goal"], sort=True):
        verdict = sdsn_goal_colour(part["level"])
        goals.append({"REF_AREA": area, "goal": goal, "level": verdict.value, "colour": verdict.verdict, "n_indicators": len(part)})
    return pd.DataFrame(goals, columns=["REF_AREA", "goal", "level", "colour", "n_indicators"])


def local_clusters(observations: pd.DataFrame, codelists, year: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return (Moran's I per series, local clusters) of the comparable series at their last common year."""
    table = province_values(observations)
    return evaluate_space(values_at(table[table["SERIES"].isin(judged_series(codelists))], year, max_age=MAX_AGE_SHOWN), codelists)


# ---------------------------------------------------------------- nobody left behind


@dataclass(frozen=True)
class LeftBehind:
    """Inequality per year, convergence per series, the worst fifth and its gap, and the gaps between groups."""

    inequality: pd.DataFrame
    convergence: pd.DataFrame
    gaps: pd.DataFrame
    trends: pd.DataFrame
    groups: pd.DataFrame
    group_trends: pd.DataFrame


def leave_no_one_behind(observations: pd.DataFrame, codelists) -> LeftBehind:
    """Return what says who is left behind, over comparable series; groups over every series that has them."""
    table = province_values(observations)
    comparable = table[table["SERIES"].isin(judged_series(codelists))]
    people = table[(table["SERIES"] == POPULATION[0]) & (table["FREQ"] == "A")].dropna(subset="OBS_VALUE")
    people = people.assign(year=people["TIME_PERIOD"].str[:4].astype(int)).rename(columns={"OBS_VALUE": "people"})
    gaps = worst_against_mean(comparable, codelists)
    groups = group_gaps(observations[is_province(observations["REF_AREA"])], codelists)
    return LeftBehind(
        yearly_inequality(comparable, codelists, weights=people[["REF_AREA", "year", "people"]]), evaluate_convergence(comparable), gaps,
        gap_trends(gaps), groups, gap_trends(groups, ("SERIES", "REF_AREA", "dimension")),
    )  # fmt: skip


# ---------------------------------------------------------------- what a batch works out once and a notebook reads

VIEW = "view.json"


def view_files(tables: dict[str, pd.DataFrame], told: dict) -> dict[str, bytes]:
    """Return tables, and beside them what is no table, as files that `read_view` reads."""
    return {f"{name}.parquet": parquet_bytes(table) for name, table in tables.items()} | {VIEW: json.dumps(told, ensure_ascii=False, sort_keys=True).encode()}


def read_view(folder, names) -> tuple[dict[str, pd.DataFrame], dict]:
    """Return (tables by name, what is no table) of `view_files`. Raises DataError when one is not there."""
    try:
        return read_tables(folder, names), json.loads((Path(folder) / VIEW).read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{error.filename or folder}: is not there. Run `sdg-eval evaluate` again.") from error


# ---------------------------------------------------------------- peers of one province

PEER_TABLES = ("peers", "balance", "beside", "paces")


@dataclass(frozen=True)
class PeerView:
    """One province beside its peers: who, how balanced, what they reach, and whether its pace was ever kept."""

    area: str
    peers: pd.DataFrame
    balance: pd.DataFrame
    beside: pd.DataFrame
    paces: pd.DataFrame
    missing: tuple[str, ...]

    def write(self, folder, observations: pd.DataFrame, text: dict) -> None:
        """Write the four tables, what is no table, and peers.json with the sentences, each complete or not at all."""
        write_tables(folder, observations, **{name: getattr(self, name) for name in PEER_TABLES})
        write_told(folder, {"missing": self.missing})
        write_json(Path(folder) / "peers.json", text)

    def files(self) -> dict[str, bytes]:
        """Return the files from which `load_peers` reads the view."""
        return view_files({name: getattr(self, name) for name in PEER_TABLES}, {"missing": self.missing})


def score_peers(view: PeerView, codelists) -> pd.DataFrame:
    """Return the view on the scale 0-100 of bounds.csv: SERIES, own, low, middle, high; series without bounds are left out."""
    basket = basket_of(codelists, view.beside["SERIES"])
    table = view.beside.set_index("SERIES").loc[list(basket.series)]
    scored = {new: np.clip(100 * (table[old].to_numpy(dtype=float) - basket.lower) / (basket.upper - basket.lower), 0, 100)
              for new, old in (("own", "own"), ("middle", "peers_median"), ("one", "peers_low"), ("other", "peers_high"))}  # fmt: skip
    low, high = np.minimum(scored["one"], scored["other"]), np.maximum(scored["one"], scored["other"])
    return pd.DataFrame({"SERIES": basket.series, "own": scored["own"], "low": low, "middle": scored["middle"], "high": high})


def view_peers(observations: pd.DataFrame, codelists, area: str, progress: pd.DataFrame, trends: pd.DataFrame, *, report_year: int) -> PeerView:
    """Return the peers of `area`; `progress` and `trends` are the national tables. Raises UsageError for no province."""
    return view_all_peers(observations, codelists, [area], progress, trends, report_year=report_year)[area]


def view_all_peers(observations: pd.DataFrame, codelists, areas, progress: pd.DataFrame, trends: pd.DataFrame, *, report_year: int) -> dict[str, PeerView]:
    """Return the view of each of `areas`, as `view_peers` does, with what all of them share worked out once."""
    table = province_values(observations)
    traits = traits_of(table, codelists)
    values = values_at(table[table["SERIES"].isin(judged_series(codelists))], report_year, max_age=MAX_AGE_SHOWN)
    asked = progress[progress["REF_AREA"].isin(areas) & (progress["FREQ"] == "A") & progress["required_pace"].notna()]
    asked = asked[["SERIES", "REF_AREA", "required_pace"]].drop_duplicates(["SERIES", "REF_AREA"])
    paces = window_paces(table[table["SERIES"].isin(set(asked["SERIES"]))])
    views = {}
    for area in areas:
        peers = find_peers(traits, area)
        views[area] = PeerView(
            area, peers, balance(traits, area, peers["REF_AREA"]), beside_peers(values, traits, area, codelists),
            ever_kept(asked[asked["REF_AREA"] == area], paces, trends), traits.missing,
        )  # fmt: skip
    return views


def load_peers(folder, observations, codelists, area: str, *, report_year: int, confidence: float = 0.95) -> PeerView:
    """Return the view that a batch wrote to `folder`, or work it out when `folder` is empty (an adviser's notebook)."""
    if folder:
        tables, told = read_view(folder, PEER_TABLES)
        return PeerView(area, missing=tuple(told["missing"]), **tables)
    national = kept_national(observations, codelists, report_year=report_year, confidence=confidence)
    return view_peers(observations, codelists, area, national.progress, national.trends, report_year=report_year)


# ---------------------------------------------------------------- best practice


@dataclass(frozen=True)
class BestPractice:
    """The shortlist, every province's place per series, and what became of earlier tops."""

    shortlist: pd.DataFrame
    places: pd.DataFrame
    guards: pd.DataFrame
    traits: Traits
    funnels: list[Funnel]


def find_best_practice(observations: pd.DataFrame, codelists, *, projects: pd.DataFrame | None = None) -> BestPractice:
    """Return from whom to learn, as hypotheses: the rule of `best_practice`, its sensitivity and the guard."""
    table = province_values(observations)
    traits = traits_of(table, codelists)
    named = shortlist(table, codelists, traits, projects=projects)
    places, guards = [], []
    for series in judged_series(codelists):
        own = table[table["SERIES"] == series]
        found = find_candidates(own, series, codelists, traits)
        if len(found.table):
            top = set(naive_top(own, series, codelists))
            places.append(found.table.assign(SERIES=series, in_naive_top=found.table["REF_AREA"].isin(top), adjusted=";".join(found.adjusted)))
        guards.append(regression_guard(own, series, codelists, traits))
    guards = pd.DataFrame(guards)
    funnels = [f for s in judged_series(codelists) if (f := funnel_of(table, s, codelists)) is not None]
    return BestPractice(named, pd.concat(places, ignore_index=True) if places else named.head(0), guards[guards["n_top"] > 0].reset_index(drop=True), traits, funnels)


def write_tables(folder, observations: pd.DataFrame, **tables: pd.DataFrame) -> None:
    """Write each table as CSV and Parquet to `folder`, each complete or not at all, with a column that says whether
    any of the observations are synthetic."""
    synthetic = bool((observations["source"] == SOURCE).any())
    for name, table in tables.items():
        table = table.assign(synthetic=synthetic)
        write_atomic(Path(folder) / f"{name}.csv", csv_bytes(table))
        write_atomic(Path(folder) / f"{name}.parquet", parquet_bytes(table))


# ---------------------------------------------------------------- sentences

TRAIT_WORDS = {
    "log_population": ("จำนวนประชากร", "population"), "log_density": ("ความหนาแน่น", "density"), "log_income": ("รายได้", "income"),
    "urban_share": ("สัดส่วนคนเมือง", "urban share"), "border": ("การมีหรือไม่มีชายแดน", "having a border or none"), "coast": ("การมีหรือไม่มีชายฝั่ง", "having a coast or none"), "region": ("ภาค", "region"),
    "start": ("ค่าเริ่มต้นของจังหวัดเอง", "the province's own start"),
}  # fmt: skip
VERDICT_WORDS = {
    "often": ("ทำได้บ่อย", "kept often"), "rarely": ("ทำได้ไม่บ่อย และอาจเป็นเพราะโชค", "kept rarely, perhaps by luck"),
    "never": ("ไม่เคยมีจังหวัดใดทำได้", "never kept by any province"), "no_record": ("ยังบอกไม่ได้: ข้อมูลสั้นเกินไป", "cannot be told yet: the record is too short"),
    "not_needed": ("ไม่ต้องเปลี่ยนแปลงอีก", "no change needed"),
    "converging": ("จังหวัดต่าง ๆ เข้าใกล้กัน", "provinces draw together"), "diverging": ("จังหวัดต่าง ๆ ห่างกันมากขึ้น", "provinces drift apart"),
    "beta_only": ("จังหวัดที่ต่ำโตเร็วกว่า แต่ช่องว่างไม่ลดลง อาจเป็นเพียงการถดถอยเข้าหาค่าเฉลี่ย", "low provinces grow faster, but the spread does not fall: perhaps only regression to the mean"),
    "not_detected": ("ยังไม่พบการเปลี่ยนแปลง", "no change detected"), "insufficient": ("ยังบอกไม่ได้: ข้อมูลน้อยเกินไป", "cannot be told yet: too few data"),
    "no_change": ("ไม่เปลี่ยนแปลง", "no change"), "closing": ("ช่องว่างแคบลง", "the gap closes"), "widening": ("ช่องว่างกว้างขึ้น", "the gap widens"),
}  # fmt: skip

GROUP_WORDS = {
    "SEX": ("เพศ", "sex"), "AGE": ("อายุ", "age"), "URBANISATION": ("เขตเมือง", "place"), "F": ("หญิง", "women"), "M": ("ชาย", "men"),
    "U": ("ในเขตเมือง", "urban"), "R": ("นอกเขตเมือง", "rural"),
}  # fmt: skip


def _pick(lang: str, thai: str, english: str) -> str:
    return keep_together(thai if lang == "th" else english)


def _told(code: str, lang: str) -> str:
    return VERDICT_WORDS[code][lang != "th"]


def trait_words(codes, lang: str) -> str:
    """Return traits in words; a number may carry `:more` or `:less`."""
    side = {"more": ("มากกว่า", "more "), "less": ("น้อยกว่า", "less "), "": ("", "")}
    parts = []
    for code in filter(None, codes.split(";") if isinstance(codes, str) else codes):
        name, _, way = code.partition(":")
        name = name.removeprefix("region_") if name.startswith("region_") else name
        word = TRAIT_WORDS.get(name, TRAIT_WORDS["region"])[lang != "th"]
        parts.append(f"{word}{side[way][0]}" if lang == "th" else f"{side[way][1]}{word}")
    return ", ".join(dict.fromkeys(parts))


def rank_facts(ranking: Ranking) -> pd.DataFrame:
    """Return what the sentence above every table of ranks says, one row per `fact`."""
    plain = ranking.bands
    facts = {
        "pairs": plain.n_pairs, "apart": plain.n_apart, "draws": len(plain.draws), "apart_with_luck": ranking.noisy.n_apart, "series": len(ranking.basket.series),
        "goals": len(ranking.basket.goals), "year": ranking.year,
    }  # fmt: skip
    return pd.DataFrame({"fact": list(facts), "value": list(facts.values())})


def say_ranks(ranking: Ranking, lang: str) -> str:
    """Return how many neighbouring pairs can be told apart: the sentence above every table of ranks."""
    return say_rank_facts(ranking.bands.table, rank_facts(ranking), lang)


def say_rank_facts(ranks: pd.DataFrame, facts: pd.DataFrame, lang: str) -> str:
    """Return the sentence of `say_ranks` from the tables that notebook 40 writes."""
    told = dict(zip(facts["fact"], facts["value"], strict=True))
    n_ranked, width = int(ranks["rank_median"].notna().sum()), (ranks["rank_high"] - ranks["rank_low"]).median()
    thai = (
        f"จากคู่จังหวัดที่อยู่ติดกันในลำดับ {told['pairs']} คู่ แยกออกจากกันได้ {told['apart']} คู่ เมื่อเปลี่ยนขอบเขต น้ำหนัก วิธีเฉลี่ย และตัวชี้วัดที่ตัดออก "
        f"(สุ่ม {told['draws']} ครั้ง ช่วง {BAND[0]}–{BAND[1]}%) และ {told['apart_with_luck']} คู่เมื่อนับโชคของปีนั้นด้วย "
        f"ช่วงลำดับของจังหวัดกึ่งกลางกว้าง {number(width, 0)} ลำดับ ดัชนีนี้มี {told['series']} ตัวชี้วัดใน {told['goals']} จาก 17 เป้าหมาย ของ พ.ศ. {told['year'] + 543} หรือก่อนหน้าไม่เกิน 3 ปี (n = {n_ranked} จังหวัด) "
        "จึงไม่แสดงลำดับเดี่ยว ๆ"
    )
    english = (
        f"Of {told['pairs']} neighbouring pairs of provinces, {told['apart']} can be told apart when bounds, weights, the kind of mean and the indicator "
        f"left out change ({told['draws']} draws, {BAND[0]}–{BAND[1]}% bands), and {told['apart_with_luck']} when the luck of a year counts too. The rank of the "
        f"middle province moves over {number(width, 0)} places. The index holds {told['series']} indicators of {told['goals']} of the 17 goals, of {told['year']} or up to 3 years before "
        f"(n = {n_ranked} provinces). So no single rank is shown."
    )
    return _pick(lang, thai, english)


def say_change(change: pd.DataFrame, lang: str) -> str:
    """Return what the change of the index since the year before is made of, on average over provinces."""
    table = change.dropna(subset="change")
    if table.empty:
        return _pick(lang, "ยังเทียบกับปีก่อนไม่ได้: ปีก่อนไม่มีดัชนี", "No comparison with the year before yet: it has no index.")
    parts = [number(table[c].mean(), 2) for c in ("change", "data", "basket", "method")]
    return _pick(
        lang,
        f"เทียบกับปีก่อน ดัชนีเปลี่ยนเฉลี่ย {parts[0]} คะแนน: จากข้อมูล {parts[1]} จากตัวชี้วัดที่เข้าหรือออก {parts[2]} จากวิธีคำนวณ {parts[3]} (n = {len(table)} จังหวัด)",
        f"Against the year before the index changed by {parts[0]} points on average: {parts[1]} from data, {parts[2]} from indicators that came or went, {parts[3]} from method (n = {len(table)} provinces).",
    )


def ranking_text(ranks: pd.DataFrame, facts: pd.DataFrame, change: pd.DataFrame, space: pd.DataFrame, codelists) -> dict[str, dict]:
    """Return the sentences of provinces side by side by language: `ranks`, `change` and, for each series, `space`."""
    return {
        lang: {
            "ranks": say_rank_facts(ranks, facts, lang), "change": say_change(change, lang),
            "space": [say_space(row, codelists, lang) for row in space.to_dict("records")],
        }
        for lang in LANGUAGES
    }  # fmt: skip


def say_peers(view: PeerView, codelists, lang: str) -> list[str]:
    """Return the sentences of "provinces like yours": who they are and why, what is out of balance, what is not known."""
    names, own = {row["REF_AREA"]: codelists.area_name(row["REF_AREA"], lang) for row in view.peers.to_dict("records")}, codelists.area_name(view.area, lang)
    near = view.peers[view.peers["near"]]
    lines = []
    if near.empty:
        lines.append(_pick(lang, f"ไม่มีจังหวัดใดคล้าย{own}พอที่จะเทียบ: ใกล้ที่สุดคือ{next(iter(names.values()))} แต่ยังต่างมาก",
                           f"No province is enough like {own} to compare: the nearest, {next(iter(names.values()))}, still differs much."))  # fmt: skip
    else:
        listed = [names[a] for a in near["REF_AREA"]]
        lines.append(_pick(lang, f"จังหวัดที่คล้าย{own}ที่สุดในสิ่งที่จังหวัดเลือกเองไม่ได้: {', '.join(listed)}",
                           f"Provinces most like {own} in what a province cannot choose: {', '.join(listed)}."))  # fmt: skip
        for row in near.to_dict("records"):
            alike, differs = trait_words(row["alike"], lang), trait_words(row["differs"], lang)
            text = _pick(lang, f"{names[row['REF_AREA']]}: คล้ายกันที่ {alike or '–'}", f"{names[row['REF_AREA']]}: alike in {alike or '–'}")
            lines.append(text + (_pick(lang, f" ต่างกันที่ {differs}", f"; differs: {differs}") if differs else ""))
    off = view.balance[~view.balance["balanced"]]
    if len(off) and len(near):
        told = ", ".join(f"{TRAIT_WORDS[r['trait']][lang != 'th']} {number(r['difference_sd'], 1)}" for r in off.to_dict("records"))
        lines.append(_pick(lang, f"ระวัง: ยังต่างจากค่าเฉลี่ยของจังหวัดเหล่านี้ (เป็นส่วนเบี่ยงเบนมาตรฐานของทุกจังหวัด) {told}",
                           f"Mind: it still differs from their mean, in standard deviations over all provinces: {told}."))  # fmt: skip
    if view.missing:
        told = trait_words(view.missing, lang)
        lines.append(_pick(lang, f"ยังไม่มีข้อมูล {told} จึงไม่ได้ใช้เทียบ", f"Not used, for want of data: {told}."))
    return lines


def say_beside(row: dict, codelists, lang: str) -> str:
    """Return one line of a province beside its peers, with n and the year."""
    series = codelists.series_row(row["SERIES"])
    decimals = int(series["decimals"] or 1)
    own, low, mid, high = (number(row[c], decimals) for c in ("own", "peers_low", "peers_median", "peers_high"))
    year = year_text(row["year"], lang)
    return _pick(
        lang,
        f"{series['name_th']} ({series['unit_th']}) {year}: {own} จังหวัดที่คล้ายกัน {low} ถึง {high} ค่ากลาง {mid} (n = {row['n_peers']})",
        f"{series['name_en']} ({series['unit_en']}), {year}: {own}; provinces alike {low} to {high}, middle {mid} (n = {row['n_peers']})",
    )


def say_pace(row: dict, codelists, lang: str) -> str:
    """Return whether the required pace was ever kept by any province, with how many, and the caution about luck."""
    series = codelists.series_row(row["SERIES"])
    name, told = series[f"name_{lang}"], _told(row["verdict"], lang)
    if row["verdict"] in ("no_record", "not_needed"):
        return _pick(lang, f"{name}: {told}", f"{name}: {told}.")
    pace, best = number(row["required_pace"], 2), number(row["best_pace"], 2)
    years = f"{year_text(int(row['best_first']), lang)}–{year_text(int(row['best_last']), lang)}"
    where = codelists.area_name(row["best_area"], lang)
    return _pick(
        lang,
        f"{name}: ต้องเปลี่ยนปีละ {pace} {told} มี {int(row['n_kept'])} จาก {int(row['n_provinces'])} จังหวัดที่เคยทำได้ในช่วง 5 ปีใดช่วงหนึ่ง "
        f"และ {int(row['n_surely'])} จาก {int(row['n_intervals'])} จังหวัดทำได้แน่ตลอดข้อมูล เร็วที่สุดคือ{where} {years} ปีละ {best}",
        f"{name}: {pace} a year is asked; {told}. {int(row['n_kept'])} of {int(row['n_provinces'])} provinces kept it over some five years, "
        f"{int(row['n_surely'])} of {int(row['n_intervals'])} surely over all their years. Fastest: {where} {years}, {best} a year.",
    )


def peer_text(view: PeerView, codelists) -> dict[str, dict[str, list[str]]]:
    """Return the sentences of a view by language: `peers`, `beside`, `paces`."""
    return {
        lang: {
            "peers": say_peers(view, codelists, lang),
            "beside": [say_beside(row, codelists, lang) for row in view.beside.to_dict("records")],
            "paces": [say_pace(row, codelists, lang) for row in view.paces.to_dict("records")],
        }
        for lang in LANGUAGES
    }


def left_text(left: LeftBehind, codelists) -> dict[str, dict]:
    """Return the sentences of nobody left behind by language: `gaps` and `convergence` for each series, and `groups`."""
    return {
        lang: {
            "gaps": [say_gap(row, codelists, lang) for row in left.trends.to_dict("records")],
            "convergence": [say_convergence(row, codelists, lang) for row in left.convergence.to_dict("records")],
            "groups": say_groups(left, codelists, lang),
        }
        for lang in LANGUAGES
    }


def practice_text(shortlist: pd.DataFrame, codelists) -> dict[str, dict]:
    """Return the sentences of best practice by language: the `rule`, and the provinces that it names firmly by series and province (`shortlist`), or `nobody`."""
    firm = shortlist[shortlist["firm"].astype(bool)].to_dict("records")
    text = {lang: {"rule": say_rule(lang), "nobody": say_nobody(lang), "shortlist": {}} for lang in LANGUAGES}
    for lang, row in product(LANGUAGES, firm):
        text[lang]["shortlist"].setdefault(row["SERIES"], {})[row["REF_AREA"]] = say_candidate(row, codelists, lang)
    return text


def list_candidates(told: dict) -> str:
    """Return the sentences of `practice_text` in one language on those that the rule names, as a Markdown list; what is said where it names no one."""
    return as_list(sentence for areas in told["shortlist"].values() for sentence in areas.values()) or told["nobody"]


def say_groups(left: LeftBehind, codelists, lang: str) -> str:
    """Return, per series and dimension, how many provinces' gaps between groups close, widen or cannot be told."""
    if left.group_trends.empty:
        return _pick(lang, "ยังบอกไม่ได้: ไม่มีตัวชี้วัดใดแยกตามเพศ อายุ หรือเขตเมือง", "Cannot be told yet: no series is broken down by sex, age or place.")
    lines = []
    for (series, dimension), part in left.group_trends.groupby(["SERIES", "dimension"], sort=True):
        counts = part["verdict"].value_counts()
        own = left.groups[(left.groups["SERIES"] == series) & (left.groups["dimension"] == dimension)]
        last = own[own["year"] == own["year"].max()]
        worst, at = last["worst_group"].mode().iloc[0], int((last["worst_group"] == last["worst_group"].mode().iloc[0]).sum())
        told = ", ".join(f"{_told(v, lang)} {counts[v]}" for v in ("closing", "widening", "not_detected", "no_change", "insufficient") if v in counts)
        name = codelists.series_row(series)[f"name_{lang}"]
        dim = GROUP_WORDS[dimension][lang != "th"]
        group = GROUP_WORDS.get(worst, (worst, worst))[lang != "th"]
        median = number(last["gap"].median(), int(codelists.series_row(series)["decimals"] or 1))
        unit = change_unit(dict(codelists.series_row(series)), lang)
        year = year_text(int(last["year"].iloc[0]), lang)
        lines.append(_pick(
            lang,
            f"{name} แยกตาม{dim}: {year} กลุ่มที่แย่ที่สุดคือ{group}ใน {at} จาก {len(last)} จังหวัด ช่องว่างกึ่งกลาง {median} {unit} แนวโน้มของช่องว่าง: {told}",
            f"{name} by {dim}: in {year} the worst group is {group} in {at} of {len(last)} provinces, middle gap {median} {unit}. Trend of the gap: {told}.",
        ))  # fmt: skip
    return as_list(lines)


def say_nobody(lang: str) -> str:
    """Return what is said when the rule names no one firmly."""
    return _pick(lang, "ไม่มีจังหวัดใดผ่านเกณฑ์อย่างมั่นคง เป็นคำตอบที่ปกติ", "No province passes the rule firmly: a normal answer.")


def say_gap(row: dict, codelists, lang: str) -> str:
    """Return what became of the gap between the worst fifth of provinces and the mean."""
    series = codelists.series_row(row["SERIES"])
    decimals = int(series["decimals"] or 1)
    first, last = number(row["gap_first"], decimals), number(row["gap_last"], decimals)
    sure = p_text(row["p_value"]) if row["p_value"] == row["p_value"] else ""
    unit = change_unit(dict(series), lang)
    note = f"{row['n_years']} {_pick(lang, 'ปี', 'years')}" + (f", {sure}" if sure else "")
    return _pick(
        lang,
        f"{series['name_th']}: ช่องว่างของจังหวัดที่แย่ที่สุดหนึ่งในห้ากับค่าเฉลี่ย {first} เป็น {last} {unit} {_told(row['verdict'], lang)} ({note})",
        f"{series['name_en']}: gap between the worst fifth of provinces and the mean {first} to {last} {unit}; {_told(row['verdict'], lang)} ({note}).",
    )


def say_convergence(row: dict, codelists, lang: str) -> str:
    """Return the one word on convergence, with the spread at both ends and its p."""
    name = codelists.series_row(row["SERIES"])[f"name_{lang}"]
    told = _told(row["verdict"], lang)
    if row["verdict"] == "insufficient" and not row["sigma_first"] == row["sigma_first"]:
        return f"{name}: {told}"
    sure = p_text(row["sigma_p"]) if row["sigma_p"] == row["sigma_p"] else "–"
    spread = f"{number(row['sigma_first'], 3)} → {number(row['sigma_last'], 3)}"
    years = f"{year_text(int(row['first_year']), lang)}–{year_text(int(row['last_year']), lang)}"
    return _pick(lang, f"{name} {years}: {told} (ความกระจายของลอการิทึม {spread}, {sure}, n = {row['n_areas']} จังหวัด)",
                 f"{name}, {years}: {told} (spread of logs {spread}, {sure}, n = {row['n_areas']} provinces)")  # fmt: skip


def say_space(row: dict, codelists, lang: str) -> str:
    """Return whether neighbours are alike, with I, p and n."""
    name = codelists.series_row(row["SERIES"])[f"name_{lang}"]
    if not row["value"] == row["value"]:
        return _pick(lang, f"{name}: ยังบอกไม่ได้ (n = {row['n']})", f"{name}: cannot be told yet (n = {row['n']}).")
    found = row["p_adjusted"] <= 0.10
    alike = row["value"] > row["expected"]
    told = (_pick(lang, "จังหวัดข้างเคียงคล้ายกัน", "neighbours are alike") if alike else _pick(lang, "จังหวัดข้างเคียงต่างกัน", "neighbours differ")) if found else _pick(
        lang, "ไม่พบว่าจังหวัดข้างเคียงคล้ายกัน", "no likeness of neighbours detected")  # fmt: skip
    return f"{name}: {told} (I = {number(row['value'], 2)}, {p_text(row['p_value'])}, n = {row['n']})"


def say_rule(lang: str) -> str:
    """Return the rule of the shortlist, as written down."""
    return _pick(
        lang,
        f"เกณฑ์: จังหวัดที่ดีกว่าที่ประชากร รายได้ ภาค ชายแดน ชายฝั่ง และค่าเริ่มต้นของตนเองอธิบายได้ เกินขอบเขตบน {number(100 * (0.5 + LEVEL / 2), 1)}% ของกรวย "
        f"(ขยายตามความกระจายเกิน) อย่างน้อย {WANTED} ใน {YEARS} ปีล่าสุด เป็นสมมติฐานที่ควรไปดู ไม่ใช่รางวัล",
        f"The rule: a province that does better than population, income, region, border, coast and its own start explain, beyond the upper "
        f"{number(100 * (0.5 + LEVEL / 2), 1)}% funnel limit (widened for over-dispersion) in at least {WANTED} of the last {YEARS} years. A hypothesis to visit, not an award.",
    )


def say_candidate(row: dict, codelists, lang: str) -> str:
    """Return one candidate: by how much, how much of it lasts, how firm the naming is."""
    series = codelists.series_row(row["SERIES"])
    decimals = max(int(series["decimals"] or 1), 1 if series["unit"] != "INDEX_0_1" else 3)
    name, area = series[f"name_{lang}"], codelists.area_name(row["REF_AREA"], lang)
    better, low, high = (number(row[c], decimals) for c in ("shrunken", "shrunken_low", "shrunken_high"))
    lasts, years = number(100 * row["skill"], 0), ", ".join(year_text(int(y), lang) for y in row["years"].split(";"))
    unit = change_unit(dict(series), lang)
    projects = row["projects"].replace(";", ", ") if row["projects"] else _pick(lang, "ยังไม่มีทะเบียนโครงการ", "no project register yet")
    return _pick(
        lang,
        f"{area} – {name}: ดีกว่าที่คาด {better} {unit} (ช่วง 95% {low} ถึง {high} หลังหดเข้าหาค่าเฉลี่ย) ส่วนที่คงอยู่ข้ามปีราว {lasts}% ที่เหลือคือโชค "
        f"ปีที่ใช้ {years} เกณฑ์แบบอื่นเลือกด้วย {row['named_in']} จาก {row['n_variants']} แบบ โครงการ: {projects}",
        f"{area} – {name}: better than expected by {better} {unit} (95% interval {low} to {high}, after shrinking). About {lasts}% of such a lead lasts, "
        f"the rest is luck. Years {years}. {row['named_in']} of {row['n_variants']} variants of the rule name it too. Projects: {projects}.",
    )


def as_list(lines) -> str:
    """Return lines as a Markdown list."""
    return "\n".join(f"- {line}" for line in lines)


def in_languages(lang: str, say) -> str:
    """Return `say(language)` for each language of `lang` (th, en, both), Thai first."""
    return "\n\n".join(say(language) for language in (("th", "en") if lang == "both" else (lang,)))

