"""Did the pilot work: the effect tables of one run joined, and the sentences that say them in Thai and English.

What the design cannot answer is said first and as plainly as what it can. No causal word stands outside `effect_detected`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from sdg_eval.comparisons.peers import distances, find_peers
from sdg_eval.comparisons.traits import Traits, traits_of
from sdg_eval.effects.design import EffectPanel, Window, programme_window, strata_of
from sdg_eval.effects.overall import Pooled, pool_outcomes, pool_provinces, province_effects
from sdg_eval.effects.power import power_curve
from sdg_eval.effects.randomisation import unit_changes
from sdg_eval.effects.selection import baseline_balance, overlap
from sdg_eval.effects.sensitivity import (
    leave_one_out,
    neighbours_of_pilots,
    placebo_dates,
    specifications,
    what_flips,
)
from sdg_eval.effects.synthetic import Counterpart, counterparts, synthetic_did
from sdg_eval.effects.verdict import Outcome, judge_outcomes
from sdg_eval.errors import UsageError
from sdg_eval.interruptions import interrupted
from sdg_eval.observations import select_totals
from sdg_eval.panels import is_province
from sdg_eval.side_by_side import TRAIT_WORDS, as_list, write_tables
from sdg_eval.store import write_json
from sdg_eval.thai import format_period
from sdg_eval.wording import change_unit, keep_together, number, p_text, pick

TRAIT_NAMES = {name: words for name, words in TRAIT_WORDS.items()} | {
    "region_north": ("ภาคเหนือ", "region: north"), "region_northeast": ("ภาคตะวันออกเฉียงเหนือ", "region: northeast"), "region_centre": ("ภาคกลาง", "region: centre"),
    "region_east": ("ภาคตะวันออก", "region: east"), "region_west": ("ภาคตะวันตก", "region: west"), "region_south": ("ภาคใต้", "region: south"),
}  # fmt: skip
SHOWN_TRAITS = ("log_population", "log_density", "log_income", "urban_share")


# ---------------------------------------------------------------- tables


@dataclass(frozen=True)
class Selection:
    """How the pilots differed before they were pilots: `balance` per trait and outcome, `overlap` per pilot, traits without data."""

    balance: pd.DataFrame
    overlap: pd.DataFrame
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Checks:
    """What would break a finding: one row per outcome and specification, placebo date, pilot left out, and effect size."""

    specifications: pd.DataFrame
    placebo_dates: pd.DataFrame
    left_out: pd.DataFrame
    power: pd.DataFrame
    events: pd.DataFrame


@dataclass(frozen=True)
class PilotEffect:
    """The national evaluation: `table` one row per outcome, what lies behind each, selection and checks."""

    window: Window
    table: pd.DataFrame
    outcomes: list[Outcome]
    selection: Selection
    checks: Checks


def whole_provinces(observations: pd.DataFrame) -> pd.DataFrame:
    """Return the provinces' values that are not broken down."""
    return select_totals(observations[is_province(observations["REF_AREA"])])


def people_of(traits: Traits) -> pd.Series | None:
    """Return people by REF_AREA before the pilot, or None where no series has them."""
    return np.exp(traits.table["log_population"]) if "log_population" in traits.table else None


def evaluate_pilot(observations: pd.DataFrame, codelists, *, start: str = "", end: str = "") -> PilotEffect:
    """Return the evaluation of the outcomes named in advance, with everything that could break it.

    `start` and `end` (months, `2022-12`) move the programme's window; empty takes programmes.csv.
    """
    window = programme_window(codelists, start=start, end=end)
    traits = traits_of(whole_provinces(observations), codelists)
    table, outcomes = judge_outcomes(observations, codelists, window=window, population=people_of(traits))
    return PilotEffect(window, table, outcomes, evaluate_selection(traits, outcomes, codelists, window), run_checks(outcomes, traits, codelists, window))


def evaluate_selection(traits: Traits, outcomes: list[Outcome], codelists, window: Window) -> Selection:
    """Return balance and overlap of the pilots over what a province cannot choose, and over each outcome's level and slope before."""
    table = traits.table[traits.numbers + ["border", "coast"]].astype(float)
    for region in sorted(traits.table["region"].unique()):
        table[f"region_{region}"] = (traits.table["region"] == region).astype(float)
    for outcome in outcomes:
        panel = outcome.panel
        if panel.n_before >= 2:
            before, t = panel.values[:, ~panel.post], np.array(panel.periods)[~panel.post]
            full = np.isfinite(before).all(axis=1)
            if full.sum() >= 20:
                areas = np.array(panel.areas)[full]
                level = pd.Series(before[full].mean(axis=1), areas)
                slope = pd.Series(np.polyfit(t - t.mean(), before[full].T, 1)[0], areas)
                if panel.freq == "A":
                    table[f"level:{outcome.rule.series}"] = level.reindex(table.index)
                table[f"slope:{outcome.rule.series}"] = slope.reindex(table.index)
    return Selection(baseline_balance(table, window.starts), overlap(distances(traits), window.starts), traits.missing)


def run_checks(outcomes: list[Outcome], traits: Traits, codelists, window: Window) -> Checks:
    """Return specifications, placebo dates, left-out pilots, power and event studies of every outcome that can be estimated."""
    strata = dict(zip(codelists.provinces, strata_of(codelists, codelists.provinces), strict=True))
    near = neighbours_of_pilots(codelists, window.starts)
    people = people_of(traits)
    parts: dict[str, list[pd.DataFrame]] = {name: [] for name in ("specifications", "placebo_dates", "left_out", "power", "events")}
    for outcome in outcomes:
        panel, series = outcome.panel, outcome.rule.series
        if panel.reason or panel.staggered:
            continue
        found = {
            "specifications": specifications(panel, strata, near, people), "placebo_dates": placebo_dates(panel, strata),
            "left_out": leave_one_out(panel, strata), "events": outcome.events,
        }  # fmt: skip
        curve = power_curve(panel, strata_of(codelists, panel.areas))
        found["power"] = pd.DataFrame({"effect": curve.effects, "power": curve.power, "mc_error": curve.error, "detectable": curve.detectable, "n_worlds": curve.n_worlds})
        for name, table in found.items():
            if len(table):
                parts[name].append(table.assign(SERIES=series))
    return Checks(**{name: pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=["SERIES"]) for name, tables in parts.items()})


def estimated(report: PilotEffect) -> list[Outcome]:
    """Return the outcomes that have an estimate, those with a verdict first."""
    known = [o for o in report.outcomes if o.row["effect"] == o.row["effect"]]
    return sorted(known, key=lambda o: (o.row["verdict"] == "not_evaluable", report.outcomes.index(o)))


def synthetic_path(panel: EffectPanel) -> pd.DataFrame:
    """Return period, label, pilots' mean, weighted comparison moved to the pilots' level before, and plain comparison mean.

    The weights are those of synthetic difference in differences; empty where the panel cannot bear them.
    """
    weighted = synthetic_did(panel)
    if weighted.reason:
        return pd.DataFrame(columns=["period", "label", "pilots", "weighted", "others"])
    full = np.isfinite(panel.values).all(axis=1)
    weights = np.array([weighted.unit_weights.get(a, 0.0) if keep and not own else 0.0 for a, keep, own in zip(panel.areas, full, panel.treated, strict=True)])
    weights = weights / weights.sum()
    pilots, others = panel.values[panel.treated & full].mean(axis=0), panel.values[~panel.treated & full].mean(axis=0)
    path = weights @ np.where(full[:, None], panel.values, 0)
    lag = np.array([weighted.time_weights.get(p, 0.0) for p in panel.periods])
    lag = lag / lag.sum() if lag.sum() > 0 else (~panel.post) / (~panel.post).sum()
    return pd.DataFrame({
        "period": panel.periods, "label": panel.labels, "pilots": pilots, "weighted": path + lag @ (pilots - path),
        "others": others + (pilots - others)[~panel.post].mean(), "post": panel.post,
    })  # fmt: skip


def write_pilot(report: PilotEffect, folder, observations: pd.DataFrame, text: dict) -> None:
    """Write the tables (CSV and Parquet) and text.json, each complete or not at all."""
    write_tables(
        folder, observations, effects=report.table, balance=report.selection.balance, overlap=report.selection.overlap,
        **{name: getattr(report.checks, name) for name in ("specifications", "placebo_dates", "left_out", "power", "events")},
    )  # fmt: skip
    write_json(Path(folder) / "text.json", text)


# ---------------------------------------------------------------- one pilot province


@dataclass(frozen=True)
class ProvinceEffect:
    """One pilot province: `table` one row per outcome (its change against comparison provinces and against its synthetic
    counterpart, with the national verdict), and the counterparts for the charts."""

    area: str
    table: pd.DataFrame
    counterparts: dict[str, Counterpart]
    peers: tuple[str, ...]


def view_province_effect(observations: pd.DataFrame, codelists, area: str, *, start: str = "", end: str = "") -> ProvinceEffect:
    """Return what can be said of one pilot province. Raises UsageError for a province that is no pilot.

    One province is one case: its interval is that of one province against many, and nothing here is a verdict on it.
    `vs_peers` is its change less the mean change of the comparison provinces among its ten nearest peers.
    """
    window = programme_window(codelists, start=start, end=end)
    if area not in window.starts:
        raise UsageError(f"{area} is no pilot province. Pilots are {', '.join(sorted(window.starts))}.")
    traits = traits_of(whole_provinces(observations), codelists)
    table, outcomes = judge_outcomes(observations, codelists, window=window, population=people_of(traits), only_verdict=True)
    near = find_peers(traits, area, count=10)
    peers = tuple(a for a in near.loc[near["near"], "REF_AREA"] if a not in window.starts)
    rows, found = [], {}
    for row, outcome in zip(table.to_dict("records"), outcomes, strict=True):
        panel = outcome.panel
        line = {"SERIES": row["SERIES"], "scale": row["scale"], "freq": row["freq"], "verdict": row["verdict"], "reason": row["reason"], "expected": row["expected"], "smallest": row["smallest"]}
        own = province_effects(panel)
        own = own[own["REF_AREA"] == area]
        if len(own):
            line |= {f"own_{c}" if c in ("effect", "se") else c: own.iloc[0][c] for c in ("effect", "ci_low", "ci_high", "p_value", "n_comparison")}
            changes = dict(zip(panel.areas, unit_changes(panel), strict=True))
            held = [changes[a] for a in peers if a in changes]
            line |= {"vs_peers": changes[area] - np.mean(held) if held else np.nan, "n_peers": len(held)}
        for match in counterparts(panel, [area]) if not panel.staggered else []:
            found[row["SERIES"]] = match
            line |= {"synthetic_effect": match.effect, "synthetic_p": match.p_value, "synthetic_shown": match.shown, "n_donors": match.n_donors, "rmspe_before": match.rmspe_before}
        line |= {"n_before": row["n_before"], "n_during": row["n_during"], "n_after": row["n_after"], "first_period": row["first_period"], "last_period": row["last_period"]}
        its = own_change(observations, outcome, area)
        rows.append(line | its)
    return ProvinceEffect(area, pd.DataFrame(rows), found, peers)


def own_change(observations: pd.DataFrame, outcome: Outcome, area: str) -> dict:
    """The province's own series before and after, without any comparison: change after, never effect (METHODS 2.6)."""
    panel = outcome.panel
    if panel.reason or area not in panel.areas:
        return {"its_verdict": "insufficient_data", "its_reason": panel.reason}
    values, times = panel.values[panel.areas.index(area)], np.array(panel.periods)
    found = interrupted(times, values, times[panel.post][0])
    return {"its_verdict": found.verdict, "its_reason": found.reason, "its_level": found.level, "its_slope": found.slope, "its_p": found.p_value}


# ---------------------------------------------------------------- overall


@dataclass(frozen=True)
class Overall:
    """All outcomes together: `by_outcome` in standard deviations between provinces (better side up), `pooled` with its
    randomisation p, `provinces` per outcome (do pilots move alike), `lasting` per outcome, `its` (pilots' mean less the others')."""

    window: Window
    table: pd.DataFrame
    by_outcome: pd.DataFrame
    pooled: Pooled
    p_value: float
    provinces: pd.DataFrame
    its: pd.DataFrame


def evaluate_overall(observations: pd.DataFrame, codelists, *, start: str = "", end: str = "") -> Overall:
    """Return the overall evaluation (R48, R56). It fills itself as periods after the programme arrive."""
    window = programme_window(codelists, start=start, end=end)
    people = people_of(traits_of(whole_provinces(observations), codelists))
    table, outcomes = judge_outcomes(observations, codelists, window=window, population=people)
    by_outcome, pooled, p = pool_outcomes(table, [o.panel for o in outcomes], [strata_of(codelists, o.panel.areas) for o in outcomes])
    provinces, its = [], []
    for outcome in outcomes:
        panel = outcome.panel
        if panel.reason or panel.staggered:
            continue
        provinces.append({"SERIES": outcome.rule.series} | asdict(pool_provinces(panel)))
        gap = np.nanmean(panel.values[panel.treated], axis=0) - np.nanmean(panel.values[~panel.treated], axis=0)
        times = np.array(panel.periods)
        found = interrupted(times, gap, times[panel.post][0])
        its.append({"SERIES": outcome.rule.series, "n_before": found.n_before, "n_after": found.n_after, "level": found.level, "slope": found.slope, "p_value": found.p_value, "verdict": found.verdict, "reason": found.reason})
    return Overall(window, table, by_outcome, pooled, p, pd.DataFrame(provinces), pd.DataFrame(its))


# ---------------------------------------------------------------- words

VERDICT_WORDS = {
    "effect_detected": ("พบผลของโครงการ", "effect detected"),
    "effect_indicated": ("มีสัญญาณเบื้องต้น แต่ยังยืนยันไม่ได้", "effect indicated, not established"),
    "no_effect_detected": ("ไม่พบผลในขนาดที่มีความหมาย", "no effect of a size that matters"),
    "inconclusive": ("ยังสรุปไม่ได้", "inconclusive"),
    "not_evaluable": ("ยังประเมินไม่ได้", "cannot be evaluated yet"),
}  # fmt: skip
REASON_WORDS = {
    "no_data": ("ไม่มีข้อมูลรายจังหวัด", "there are no provincial values"),
    "no_treated_data": ("ไม่มีข้อมูลของจังหวัดนำร่อง", "no pilot province has values"),
    "only_pilots_report": ("มีเฉพาะข้อมูลของจังหวัดนำร่อง ไม่มีจังหวัดให้เทียบ", "only pilot provinces have values: nothing to compare with"),
    "few_treated": ("มีข้อมูลของจังหวัดนำร่องน้อยเกินไป", "too few pilot provinces have values"),
    "few_comparisons": ("มีจังหวัดเปรียบเทียบน้อยเกินไป", "too few comparison provinces have values"),
    "ends_before_the_pilot": ("ข้อมูลสิ้นสุดก่อนเริ่มโครงการ", "the values end before the pilot begins"),
    "begins_with_the_pilot": ("ข้อมูลเริ่มพร้อมโครงการ ไม่มีค่าก่อนหน้าให้เทียบ", "the values begin with the pilot: there is no before"),
    "constant_outcome": ("ค่าเท่ากันทุกจังหวัดทุกช่วงเวลา", "every value is the same"),
    "few_periods_before": ("มีช่วงเวลาก่อนโครงการน้อยเกินกว่าจะตรวจว่าแนวโน้มขนานกันหรือไม่", "too few periods before to see whether trends were parallel"),
    "trends_differed_before": ("แนวโน้มของจังหวัดนำร่องต่างจากจังหวัดอื่นตั้งแต่ก่อนโครงการ", "pilots and others did not move alike before the pilot"),
    "trends_unchecked": ("มีจังหวัดที่ข้อมูลก่อนโครงการครบน้อยเกินกว่าจะตรวจแนวโน้ม", "too few provinces have every value before, so trends cannot be checked"),
    "trend_could_explain": ("แนวโน้มที่ต่างกันเล็กน้อยซึ่งการตรวจมองไม่เห็นก็ให้ผลเท่านี้ได้", "a difference in trend too small to be seen before could give as much"),
    "regions_differ": ("ภาคของจังหวัดนำร่องเปลี่ยนไป แต่จังหวัดนำร่องไม่ต่างจากจังหวัดอื่นในภาคเดียวกัน", "the pilots' regions moved, and the pilots not more than others of their region"),
    "covid_rebound": ("จังหวัดนำร่องถูกกระทบในช่วงโควิด-19 ต่างจากจังหวัดอื่น การเปลี่ยนแปลงหลังจากนั้นอาจเป็นเพียงการฟื้นตัว: แนวโน้มไม่ขนานกัน", "pilots were hit otherwise by COVID-19, so what followed may only be the rebound: trends were not parallel"),
    "rests_on_covid_years": ("ช่วงก่อนโครงการส่วนใหญ่เป็นปีโควิด-19 จึงตรวจแนวโน้มไม่ได้", "most of the years before are COVID-19 years, so trends cannot be checked"),
    "rests_on_one_province": ("ความแตกต่างที่พบมาจากจังหวัดเดียว", "it rests on a single province"),
    "gone_without_covid_years": ("ทิศทางกลับกันเมื่อไม่นับปีโควิด-19", "the sign turns without the COVID-19 years"),
    "weighted_comparison_disagrees": ("วิธีถ่วงน้ำหนักจังหวัดเปรียบเทียบให้ทิศทางตรงข้าม", "the weighted comparison has the other sign"),
    "interval_holds_both": ("ช่วงความเชื่อมั่นมีทั้งศูนย์และขนาดที่มีความหมาย", "the interval holds both zero and a size that matters"),
    "design_too_weak": ("ข้อมูลชุดนี้มองไม่เห็นผลในขนาดที่มีความหมาย", "these data could not have shown an effect of the size that matters"),
    "no_population": ("ไม่มีจำนวนประชากรสำหรับถ่วงน้ำหนัก", "there are no numbers of people to weight by"),
    "staggered_start": ("จังหวัดเริ่มไม่พร้อมกัน จึงใช้วิธีที่รองรับ และบอกได้เพียงเค้า", "provinces began at different times: an estimator for that is used, and indicates at most"),
    "exploratory": ("ตัวชี้วัดนี้เพิ่มหลังกำหนดแผนการประเมิน จึงเป็นการสำรวจ", "the outcome was added after the plan was set: exploratory"),
    "few_complete_provinces": ("มีจังหวัดที่ข้อมูลครบน้อยเกินไป", "too few provinces have every value"),
}  # fmt: skip
SETTLE_WORDS = {
    "any_values": ("ต้องมีข้อมูลรายจังหวัดอย่างน้อย 3 ปีก่อนและ 1 ปีหลังเริ่มโครงการ ทั้งจังหวัดนำร่องและจังหวัดอื่น", "provincial values of at least 3 years before and 1 after the start, of pilots and others"),
    "pilot_values": ("ต้องมีข้อมูลของจังหวัดนำร่อง", "values of the pilot provinces"),
    "comparison_values": ("ต้องมีข้อมูลของจังหวัดอื่นที่ไม่ใช่จังหวัดนำร่อง", "values of provinces that are no pilots"),
    "population_values": ("ต้องมีจำนวนประชากรรายจังหวัด", "numbers of people by province"),
    "later_values": ("ต้องมีข้อมูลตั้งแต่ปีที่เริ่มโครงการเป็นต้นไป", "values from the start of the programme on"),
    "earlier_values": ("ต้องหาข้อมูลย้อนหลังก่อนเริ่มโครงการเพิ่ม", "earlier values, from before the pilot"),
    "missing_values": ("ต้องเติมข้อมูลปีที่ขาดของแต่ละจังหวัด", "the missing years of each province"),
    "finer_values": ("ต้องมีค่าที่ละเอียดกว่านี้", "values in finer steps"),
    "other_comparison": ("จำนวนปีที่เพิ่มขึ้นไม่ช่วย ต้องมีกลุ่มเปรียบเทียบอื่น เช่น จังหวัดระยะที่สอง", "more years will not help: another comparison is needed, such as provinces of a second wave"),
    "calm_years": ("ต้องหาข้อมูลก่อน พ.ศ. 2563 อย่างน้อย 3 ปี", "at least three years from before 2020"),
    "more_provinces": ("ต้องมีจังหวัดนำร่องมากขึ้น", "more pilot provinces"),
    "more_years": ("ต้องมีข้อมูลต่อเนื่อง", "more years of values"),
    "luck_of_the_draw": ("ข้อมูลปีต่อไปจะทำให้ช่วงแคบลง", "the values of further years will narrow the interval"),
    "out_of_reach": ("ข้อมูลรายจังหวัดไม่ละเอียดพอจะตรวจพบผลที่เล็กเพียงนี้ แม้รออีกหลายปีหรือเพิ่มจังหวัดนำร่องเป็นครึ่งประเทศ ต้องวัดให้ละเอียดกว่าระดับจังหวัด", "not with values of this kind, even after many years or with half the country as pilots: it takes a measure finer than the province"),
    "replication": ("ต้องพบซ้ำในข้อมูลใหม่ เช่น จังหวัดระยะที่สอง", "it must be found again in new data, such as a second wave"),
}  # fmt: skip
LASTING_WORDS = {
    "nothing_yet": ("ยังไม่มีผลที่ยืนยันได้ให้ติดตาม", "nothing has been found yet that could last"),
    "no_periods_after": ("ยังไม่มีข้อมูลหลังสิ้นสุดโครงการ", "there are no values from after the programme yet"),
    "kept": ("ความแตกต่างที่พบยังคงอยู่หลังสิ้นสุดโครงการ", "what was found is still there after the programme"),
    "faded": ("ไม่พบว่าความแตกต่างยังคงอยู่หลังสิ้นสุดโครงการ", "it is not found any more after the programme"),
    "cannot_be_told": ("ยังบอกไม่ได้ว่าผลคงอยู่หรือไม่", "whether it lasted cannot be told yet"),
}  # fmt: skip
CHOICE_WORDS = {
    "all": ("ทั้งหมด", "all"), "without_bangkok": ("ไม่รวมกรุงเทพฯ", "without Bangkok"), "without_neighbours": ("ไม่รวมจังหวัดติดกัน", "without neighbours"), "matched": ("เฉพาะที่จับคู่ได้", "matched only"),
    "without_covid": ("ไม่รวม 2563–64", "without 2020–21"), "none": ("ไม่ถ่วงน้ำหนัก", "unweighted"), "population": ("ถ่วงด้วยประชากร", "by population"), "did": ("ผลต่างของผลต่าง", "DiD"), "sdid": ("ผลต่างสังเคราะห์", "synthetic DiD"),
}  # fmt: skip


def _pick(lang: str, thai: str, english: str) -> str:
    return keep_together(pick(lang, thai, english))


def _word(words: dict, key: str, lang: str) -> str:
    return pick(lang, *words.get(key, (key, key)))


def amount(value: float, row: dict, series, lang: str, *, unit: bool = True) -> str:
    """Return an effect as read: in the unit of a change, or in per cent where the scale is logarithmic; with its sign."""
    if value != value:
        return "–"
    if row["scale"] == "log":
        shown, name = 100 * (np.exp(value) - 1), pick(lang, "%", "%")
        text = number(shown, 1)
        return ("+" if shown > 0 else "") + text + (name if unit else "")
    decimals = max(int(series["decimals"] or 1), 1)
    text = number(value, decimals + (abs(value) < 1))
    name = change_unit(dict(series), lang)
    return ("+" if value > 0 else "") + text + (f"\u00a0{name}" if unit else "")  # a number and its unit stay on one line


def verdict_word(verdict: str, lang: str) -> str:
    """Return the words of a verdict."""
    return _word(VERDICT_WORDS, verdict, lang)


def effect_numbers(row: dict, series, lang: str) -> str:
    """Return the estimate with interval, p, n and periods, for any verdict."""
    low, high = (amount(row[c], row, series, lang, unit=False) for c in ("ci_low", "ci_high"))
    p = p_text(row["p_random"])
    adjusted = f", {pick(lang, 'ปรับแล้ว', 'adjusted')} {p_text(row['p_adjusted'])}" if row["p_adjusted"] == row["p_adjusted"] else ""
    first, last = format_period(row["first_period"], lang), format_period(row["last_period"], lang).removeprefix("พ.ศ. ")
    ratio = ""
    if row.get("rate_ratio", np.nan) == row.get("rate_ratio", np.nan):
        ratio = pick(lang, f" อัตราส่วน {number(row['rate_ratio'], 2)} ({number(row['rate_ratio_low'], 2)} ถึง {number(row['rate_ratio_high'], 2)})",
                     f"; rate ratio {number(row['rate_ratio'], 2)} ({number(row['rate_ratio_low'], 2)} to {number(row['rate_ratio_high'], 2)})")  # fmt: skip
    return pick(
        lang,
        f"ต่างจากจังหวัดเปรียบเทียบ {amount(row['effect'], row, series, lang)} (ช่วง 95% {low} ถึง {high}; {p}{adjusted} เสมือนสุ่มจังหวัดภายในภาค; "
        f"นำร่อง {row['n_treated']} เทียบ {row['n_comparison']} จังหวัด; {first}–{last} ก่อน {row['n_before']} ระหว่าง {row['n_during']} หลัง {row['n_after']} ช่วงเวลา){ratio}",
        f"{amount(row['effect'], row, series, lang)} against the comparison provinces (95% interval {low} to {high}; {p}{adjusted}, as if assigned at random within regions; "
        f"{row['n_treated']} pilots, {row['n_comparison']} others; {first}–{last}: {row['n_before']} periods before, {row['n_during']} during, {row['n_after']} after){ratio}",
    )


def say_effect(row: dict, codelists, lang: str) -> str:
    """Return one outcome: the verdict, the reason, the estimate with its uncertainty, what could have been seen."""
    series = codelists.series_row(row["SERIES"])
    name, verdict = series[f"name_{lang}"], verdict_word(row["verdict"], lang)
    reason = f" ({_word(REASON_WORDS, row['reason'], lang)})" if row["reason"] else ""
    parts = [f"{name}: {verdict}{reason}"]
    if row["effect"] == row["effect"]:
        parts.append(effect_numbers(row, series, lang))
        seen, smallest = amount(row["detectable"], row, series, lang).lstrip("+"), amount(row["smallest"], row, series, lang).lstrip("+")
        parts.append(pick(lang, f"ข้อมูลนี้เห็นผลได้ตั้งแต่ {seen} (โอกาสเห็นร้อยละ 80) ขนาดที่มีความหมายคือ {smallest}", f"These data would show {seen} or more (80% power); the size that matters is {smallest}"))
        if row["verdict"] in ("effect_detected", "effect_indicated"):
            parts.append(say_side(row, lang))
            sizes = [row[c] for c in ("effect", "within_regions", "beyond_trend", "sdid") if row[c] == row[c]]
            low, high = (amount(v, row, series, lang) for v in (min(sizes), max(sizes)))
            parts.append(pick(lang, f"ขนาดขึ้นกับวิธี: {low} ถึง {high}", f"Its size depends on the method: {low} to {high}"))
    if row["exploratory"]:
        parts.append(pick(lang, "เป็นการสำรวจ ไม่อยู่ในแผนที่ลงทะเบียนไว้", "Exploratory: not in the registered plan"))
    return keep_together(". ".join(parts) + "." if lang == "en" else " ".join(parts))


def say_side(row: dict, lang: str) -> str:
    """Return whether an effect is on the hoped-for side; '' where no side was named."""
    if not row["expected"]:
        return ""
    if np.sign(row["effect"]) == row["expected"]:
        return pick(lang, "เป็นไปในทางที่คาดหวัง", "On the side that was hoped for")
    return pick(lang, "เป็นไปในทางตรงข้ามกับที่คาดหวัง จึงไม่ใช่ความสำเร็จ", "On the other side than hoped for: no success")


def say_settle(row: dict, codelists, lang: str) -> str:
    """Return what would settle an open verdict, and when; '' for a settled one."""
    if not row["settle"]:
        return ""
    name, told = codelists.series_row(row["SERIES"])[f"name_{lang}"], _word(SETTLE_WORDS, row["settle"], lang)
    if row["settle"] == "more_years":
        when, years = format_period(row["settle_period"], lang), number(row["settle_number"], 0 if float(row["settle_number"]).is_integer() else 2)
        told += pick(lang, f" อีก {years} ปี คือถึง {when}", f": {years} more, to {when}")
    elif row["settle"] == "earlier_values" and row["settle_number"] == row["settle_number"]:
        told += pick(lang, f" อีกอย่างน้อย {number(row['settle_number'], 0)} ปี", f", at least {number(row['settle_number'], 0)} more year(s)")
    elif row["settle"] == "more_provinces" and row["settle_number"] == row["settle_number"]:
        told += pick(lang, f" รวมราว {number(row['settle_number'], 0)} จังหวัด", f", about {number(row['settle_number'], 0)} in all")
    return _pick(lang, f"{name}: {told}", f"{name}: {told}.")


def say_design(report: PilotEffect | Overall, codelists, lang: str) -> str:
    """Return the box "how the pilots were chosen, and what that means for claims" (R14)."""
    row = codelists.programmes.iloc[0]
    n, others = len(report.window.starts), len(codelists.provinces) - len(report.window.starts)
    start, end = (format_period(p, lang) for p in (report.window.start, report.window.end))
    return _pick(
        lang,
        f"{row['name_th']}: {n} จังหวัดนำร่อง ({start}–{end}) {row['selected_th']} อีก {others} จังหวัดเป็นกลุ่มเปรียบเทียบ "
        f"ความแตกต่างที่พบจึงอาจมาจากการคัดเลือก ไม่ใช่จากโครงการ ค่า p ทุกค่าหมายถึง «ถ้าเสมือนสุ่มจังหวัดนำร่องภายในภาค» เท่านั้น ({row['source_th']})",
        f"{row['name_en']}: {n} pilot provinces ({start}–{end}), {row['selected_en']}. The other {others} are the comparison. "
        f"A difference may come from the choice and not from the programme; every p means “as if pilots had been drawn at random within regions” and no more ({row['source_en']}).",
    )


def trait_name(trait: str, codelists, lang: str) -> str:
    """Return a trait in words; level and slope of an outcome before the pilot carry its name."""
    kind, _, series = trait.partition(":")
    if series:
        name = codelists.series_row(series)[f"name_{lang}"]
        return pick(lang, f"{'ระดับ' if kind == 'level' else 'แนวโน้ม'}ก่อนโครงการ: {name}", f"{kind} before: {name}")
    return pick(lang, *TRAIT_NAMES.get(trait, (trait, trait)))


def say_selection(selection: Selection, codelists, lang: str) -> list[str]:
    """Return in what the pilots differed before, and which pilots are like no comparison province."""
    table = selection.balance
    off = table[~table["balanced"]].sort_values("difference_sd", key=lambda d: -d.abs(), kind="stable")
    lines = []
    if len(table):
        told = ", ".join(f"{trait_name(r['trait'], codelists, lang)} {'+' if r['difference_sd'] > 0 else ''}{number(r['difference_sd'], 2)}" for r in off.head(6).to_dict("records"))
        lines.append(_pick(
            lang,
            f"ก่อนโครงการ จังหวัดนำร่องต่างจากจังหวัดอื่นเกิน 0.25 ส่วนเบี่ยงเบนมาตรฐานใน {len(off)} จาก {len(table)} ลักษณะ" + (f" มากที่สุดคือ {told}" if told else "") + f" (n = {int(table['n_pilot'].max())} และ {int(table['n_other'].max())} จังหวัด)",
            f"Before the pilot, pilots differed from the others by over 0.25 standard deviations in {len(off)} of {len(table)} traits" + (f"; largest: {told}" if told else "") + f" (n = {int(table['n_pilot'].max())} and {int(table['n_other'].max())} provinces).",
        ))  # fmt: skip
    outside = selection.overlap[selection.overlap["outside"]]
    names = ", ".join(codelists.area_name(a, lang) for a in outside["REF_AREA"])
    lines.append(_pick(
        lang,
        f"จังหวัดนำร่องที่ไม่มีจังหวัดเปรียบเทียบใดคล้ายพอ: {names or 'ไม่มี'} ({len(outside)} จาก {len(selection.overlap)})",
        f"Pilots that no comparison province is much like: {names or 'none'} ({len(outside)} of {len(selection.overlap)}).",
    ))  # fmt: skip
    if selection.missing:
        told = ", ".join(pick(lang, *TRAIT_NAMES.get(t, (t, t))) for t in selection.missing)
        lines.append(_pick(lang, f"ยังไม่มีข้อมูล {told} จึงไม่ได้ตรวจ", f"Not checked, for want of data: {told}."))
    return lines


def say_headline(table: pd.DataFrame, lang: str) -> str:
    """Return the whole in one sentence: how many outcomes, and how many of each verdict."""
    counts = table["verdict"].value_counts()
    told = ", ".join(f"{verdict_word(v, lang)} {counts[v]}" for v in VERDICT_WORDS if v in counts)
    sure = int(counts.get("effect_detected", 0))
    opening = {
        True: pick(lang, f"จากตัวชี้วัดที่กำหนดไว้ล่วงหน้า {len(table)} ตัว พบผลของโครงการนำร่อง {sure} ตัว", f"Of {len(table)} outcomes named in advance, an effect of the pilot is detected in {sure}"),
        False: pick(lang, f"ยังไม่มีตัวชี้วัดใดใน {len(table)} ตัวที่กำหนดไว้ล่วงหน้าที่ยืนยันผลของโครงการนำร่องได้", f"No effect of the pilot is established in any of the {len(table)} outcomes named in advance"),
    }[sure > 0]  # fmt: skip
    return _pick(lang, f"{opening} ({told})", f"{opening} ({told}).")


def say_specifications(specs: pd.DataFrame, lang: str) -> str:
    """Return how many defensible specifications agree, and which choice flips the sign."""
    told = what_flips(specs)
    flips = [" + ".join(_word(CHOICE_WORDS, c, lang) for c in text.split("/") if c not in ("all", "none")) or _word(CHOICE_WORDS, "all", lang) for text in filter(None, told["flips"].split(";"))]
    turning = "" if not flips else pick(lang, f" ทิศทางกลับเมื่อ {'; '.join(flips[:4])}", f". The sign turns with: {'; '.join(flips[:4])}")
    return _pick(
        lang,
        f"จากวิธีคำนวณที่ยอมรับได้ {told['n_specs']} แบบ {told['n_same_sign']} แบบให้ทิศทางเดียวกัน และ {told['n_sure']} แบบมี p < 0.05{turning}",
        f"Of {told['n_specs']} defensible specifications, {told['n_same_sign']} have the same sign and {told['n_sure']} of these p < 0.05{turning}.",
    )


def say_placebos(checks: Checks, series: str, lang: str) -> str:
    """Return what happens where nothing can have happened: groups without an effect, and starts that never were."""
    power, dates = (t[t["SERIES"] == series] for t in (checks.power, checks.placebo_dates))
    parts = []
    if len(power):
        none = power.iloc[0]
        parts.append(pick(lang, f"กลุ่มหลอก: ใน {int(none['n_worlds']):,} โลกจำลองที่ไม่มีผล การทดสอบนี้บอกว่ามีผล {number(100 * none['power'], 1)}%",
                          f"Placebo groups: of {int(none['n_worlds']):,} worlds without effect the test would call one in {number(100 * none['power'], 1)}%"))  # fmt: skip
    if len(dates):
        found, low = int((dates["p_value"] < 0.05).sum()), float(dates["p_value"].min())
        parts.append(pick(lang, f"ปีเริ่มหลอก: {found} จาก {len(dates)} ปีมี p < 0.05 ({p_text(low)} ต่ำสุด)", f"placebo starts: {found} of {len(dates)} have p < 0.05 (lowest {p_text(low)})"))
    return keep_together("; ".join(parts))


def say_pretrend(row: dict, series, lang: str) -> str:
    """Return what is known of the trends before: the joint test, and the smallest difference it could have seen."""
    seen = amount(row["pretrend_detectable"], row, series, lang).lstrip("+")
    if row["pretrend_p"] != row["pretrend_p"]:
        return _pick(lang, f"ก่อนโครงการ: มีเพียง {row['n_before']} ช่วงเวลา ตรวจไม่ได้ว่าแนวโน้มขนานกัน", f"Before the pilot: {row['n_before']} periods only, parallel trends cannot be checked")
    word = pick(lang, "แนวโน้มต่างกัน", "trends differed") if row["pretrend_p"] < 0.10 else pick(lang, "ไม่พบว่าแนวโน้มต่างกัน", "no difference in trend seen")
    return _pick(lang, f"ก่อนโครงการ: {word} ({p_text(row['pretrend_p'])}) เห็นได้เมื่อต่างปีละ {seen} ขึ้นไป", f"Before the pilot: {word} ({p_text(row['pretrend_p'])}); it would be seen from {seen} a year")


def say_robust(row: dict, series, lang: str) -> str:
    """Return the bounds that allow trends to differ after as much as they did before, and the other estimates beside."""
    parts = [pick(lang, f"เทียบภายในภาคเดียวกัน {amount(row['within_regions'], row, series, lang)}", f"within regions {amount(row['within_regions'], row, series, lang)}")]
    if row["beyond_trend"] == row["beyond_trend"]:
        parts.append(pick(lang, f"ถ้าทุกจังหวัดเดินตามแนวโน้มเดิม {amount(row['beyond_trend'], row, series, lang)} ({p_text(row['beyond_trend_p'])})",
                          f"if every province had kept its own line {amount(row['beyond_trend'], row, series, lang)} ({p_text(row['beyond_trend_p'])})"))  # fmt: skip
    if row["honest_low"] == row["honest_low"]:
        low, high = (amount(row[c], row, series, lang, unit=False) for c in ("honest_low", "honest_high"))
        parts.append(pick(lang, f"ถ้าแนวโน้มอาจต่างกันได้อีกเท่าที่เคยต่างก่อนโครงการ ช่วงจะเป็น {low} ถึง {high}", f"if trends may differ after by as much as the largest step before, the interval is {low} to {high}"))
    if row["sdid"] == row["sdid"]:
        parts.append(pick(lang, f"ผลต่างสังเคราะห์ {amount(row['sdid'], row, series, lang)} (ค่าคลาดเคลื่อน {amount(row['sdid_se'], row, series, lang, unit=False).lstrip('+')})",
                          f"synthetic DiD {amount(row['sdid'], row, series, lang)} (standard error {amount(row['sdid_se'], row, series, lang, unit=False).lstrip('+')})"))  # fmt: skip
    if row["p_bootstrap"] == row["p_bootstrap"]:
        parts.append(f"{pick(lang, 'บูตสแตรป', 'wild bootstrap')} {p_text(row['p_bootstrap'])}")
    return keep_together(pick(lang, "วิธีอื่น: ", "Other ways: ") + "; ".join(parts))


def pilot_text(report: PilotEffect, codelists) -> dict[str, dict]:
    """Return the sentences by language: headline, design, selection, and per outcome verdict, settle, pretrend, robust, specs."""
    text = {}
    for lang in ("th", "en"):
        rows = report.table.to_dict("records")
        specs = dict(list(report.checks.specifications.groupby("SERIES"))) if len(report.checks.specifications) else {}
        text[lang] = {
            "headline": say_headline(report.table, lang), "design": say_design(report, codelists, lang), "selection": say_selection(report.selection, codelists, lang),
            "outcomes": [
                {
                    "series": r["SERIES"], "name": codelists.series_row(r["SERIES"])[f"name_{lang}"], "verdict": r["verdict"], "verdict_word": verdict_word(r["verdict"], lang),
                    "estimated": bool(r["effect"] == r["effect"]), "exploratory": bool(r["exploratory"]), "text": say_effect(r, codelists, lang), "settle": say_settle(r, codelists, lang),
                    "reason": _word(REASON_WORDS, r["reason"], lang) if r["reason"] else "",
                    "pretrend": say_pretrend(r, codelists.series_row(r["SERIES"]), lang) if r["effect"] == r["effect"] else "",
                    "robust": say_robust(r, codelists.series_row(r["SERIES"]), lang) if r["effect"] == r["effect"] else "",
                    "specs": say_specifications(specs[r["SERIES"]], lang) if r["SERIES"] in specs else "",
                    "placebos": say_placebos(report.checks, r["SERIES"], lang) if r["SERIES"] in specs else "",
                    "lasting": _word(LASTING_WORDS, r["lasting"], lang),
                }
                for r in rows
            ],
            "plan": _pick(lang, f"ตัวชี้วัดกำหนดไว้ล่วงหน้า ลงทะเบียน {format_day(min(filter(None, report.table['registered_on']), default=''), lang)} รหัสแผน {report.table['plan_sha256'].iloc[0][:12]}",
                          f"Outcomes named in advance, registered {format_day(min(filter(None, report.table['registered_on']), default=''), lang)}; hash of the plan {report.table['plan_sha256'].iloc[0][:12]}"),
        }  # fmt: skip
    return text


def list_outcomes(text: dict, part: str) -> str:
    """Return one part (`text`, `specs`, `settle`) of every outcome that has it, as a Markdown list; `text` is that of one language."""
    lines = [o[part] if o[part].startswith(o["name"]) else f"{o['name']}: {o[part]}" for o in text["outcomes"] if o[part]]
    return as_list(lines)


def left_out_table(checks: Checks) -> pd.DataFrame:
    """Return p by pilot left out and outcome."""
    return checks.left_out.pivot(index="REF_AREA", columns="SERIES", values="p_value") if len(checks.left_out) else checks.left_out


def format_day(day: str, lang: str) -> str:
    """Return an ISO date, its year in the era of the language."""
    if not day:
        return "–"
    return f"{day[8:]}/{day[5:7]}/{int(day[:4]) + 543}" if lang == "th" else day


def say_province(row: dict, area: str, codelists, lang: str) -> str:
    """Return what is known of one outcome in one pilot province: its own change, and the national verdict. No verdict on it."""
    series = codelists.series_row(row["SERIES"])
    name, national = series[f"name_{lang}"], verdict_word(row["verdict"], lang)
    if row.get("own_effect", np.nan) != row.get("own_effect", np.nan):
        known = row["verdict"] in ("effect_detected", "effect_indicated", "no_effect_detected") or not row["reason"]
        reason = pick(lang, "จังหวัดนี้ไม่มีข้อมูลพอ", "this province has too few values") if known else _word(REASON_WORDS, row["reason"], lang)
        return _pick(lang, f"{name}: ยังบอกไม่ได้ ({reason})", f"{name}: cannot be told yet ({reason}).")
    low, high = (amount(row[c], row, series, lang, unit=False) for c in ("ci_low", "ci_high"))
    synthetic = ""
    if row.get("synthetic_effect", np.nan) == row.get("synthetic_effect", np.nan):
        if row["synthetic_shown"]:
            synthetic = pick(lang, f" เทียบกับคู่เทียบสังเคราะห์ {amount(row['synthetic_effect'], row, series, lang, unit=False)} ({p_text(row['synthetic_p'])}, จาก {int(row['n_donors'])} จังหวัด)",
                             f"; against its synthetic counterpart {amount(row['synthetic_effect'], row, series, lang, unit=False)} ({p_text(row['synthetic_p'])}, from {int(row['n_donors'])} provinces)")  # fmt: skip
        else:
            synthetic = pick(lang, " ไม่มีคู่เทียบสังเคราะห์ที่ใกล้เคียงพอ", "; no synthetic counterpart followed it closely enough")
    peers = ""
    if row.get("n_peers", 0) and row["vs_peers"] == row["vs_peers"]:
        peers = pick(lang, f" เทียบกับจังหวัดที่คล้ายกัน {int(row['n_peers'])} จังหวัด {amount(row['vs_peers'], row, series, lang, unit=False)}", f"; against {int(row['n_peers'])} provinces like it {amount(row['vs_peers'], row, series, lang, unit=False)}")
    return _pick(
        lang,
        f"{name}: เปลี่ยนไป {amount(row['own_effect'], row, series, lang)} เทียบกับจังหวัดเปรียบเทียบ (ช่วง 95% ของหนึ่งจังหวัด {low} ถึง {high}, {p_text(row['p_value'])}, n = {int(row['n_comparison'])}){synthetic}{peers} ระดับประเทศ: {national}",
        f"{name}: {amount(row['own_effect'], row, series, lang)} against the comparison provinces (95% interval of one province {low} to {high}, {p_text(row['p_value'])}, n = {int(row['n_comparison'])}){synthetic}{peers}. Nationally: {national}.",
    )


def province_text(view: ProvinceEffect, codelists) -> dict[str, dict]:
    """Return the sentences of one pilot province by language: `lead`, and `lines` per outcome."""
    text = {}
    for lang in ("th", "en"):
        name = codelists.area_name(view.area, lang)
        text[lang] = {
            "lead": _pick(lang, f"หนึ่งจังหวัดคือหนึ่งกรณี: ช่วงความไม่แน่นอนกว้าง และการเปลี่ยนแปลงของ{name}อาจมีเหตุอื่น คำตอบว่าโครงการได้ผลหรือไม่อยู่ที่ระดับประเทศ",
                          f"One province is one case: its interval is wide, and what changed in {name} may have other causes. Whether the pilot worked is answered nationally."),
            "lines": [say_province(r, view.area, codelists, lang) for r in view.table.to_dict("records")],
        }  # fmt: skip
    return text


def say_overall(overall: Overall, codelists, lang: str) -> list[str]:
    """Return the overall evaluation: pooled outcomes with heterogeneity, provinces alike or not, and whether it lasted."""
    pooled, n = overall.pooled, len(overall.by_outcome)
    lines = [say_headline(overall.table, lang)]
    if pooled.n >= 2:
        mean, low, high = (number(v, 2) for v in (pooled.mean, pooled.ci_low, pooled.ci_high))
        wide = "" if pooled.predict_low != pooled.predict_low else pick(lang, f" ตัวชี้วัดใหม่อาจอยู่ระหว่าง {number(pooled.predict_low, 2)} ถึง {number(pooled.predict_high, 2)}", f"; a further outcome may lie between {number(pooled.predict_low, 2)} and {number(pooled.predict_high, 2)}")
        lines.append(_pick(
            lang,
            f"รวม {n} ตัวชี้วัดที่ประเมินได้ (ด้านดีเป็นบวก หน่วยเป็นส่วนเบี่ยงเบนมาตรฐานระหว่างจังหวัด): เฉลี่ย {mean} (ช่วง 95% {low} ถึง {high}) {p_text(overall.p_value)} เมื่อสุ่มจังหวัดพร้อมกันทุกตัวชี้วัด ความต่างระหว่างตัวชี้วัด I² {number(pooled.i2, 0)}%{wide}",
            f"Over {n} outcomes that can be evaluated (better side up, in standard deviations between provinces): mean {mean} (95% interval {low} to {high}), {p_text(overall.p_value)} when provinces are drawn for all outcomes at once; outcomes differ with I² {number(pooled.i2, 0)}%{wide}.",
        ))  # fmt: skip
    else:
        lines.append(_pick(lang, f"ยังรวมตัวชี้วัดไม่ได้: ประเมินได้เพียง {n} ตัว (ต้องมีอย่างน้อย 2)", f"Outcomes cannot be pooled yet: {n} can be evaluated, two are needed."))
    return lines


def say_provinces_alike(row: dict, codelists, lang: str) -> str:
    """Return whether the pilots moved alike on one outcome."""
    name = codelists.series_row(row["SERIES"])[f"name_{lang}"]
    if row["n"] < 2 or row["q_p"] != row["q_p"]:
        return _pick(lang, f"{name}: ยังบอกไม่ได้ (n = {row['n']})", f"{name}: cannot be told yet (n = {row['n']}).")
    word = pick(lang, "จังหวัดนำร่องเปลี่ยนไปต่างกัน", "pilots moved differently") if row["q_p"] < 0.05 else pick(lang, "ไม่พบว่าจังหวัดนำร่องเปลี่ยนไปต่างกัน", "no difference between pilots seen")
    return _pick(lang, f"{name}: {word} (I² {number(row['i2'], 0)}%, {p_text(row['q_p'])}, n = {row['n']} จังหวัด)", f"{name}: {word} (I² {number(row['i2'], 0)}%, {p_text(row['q_p'])}, n = {row['n']} provinces).")


def say_lasting(row: dict, codelists, lang: str) -> str:
    """Return whether a gain lasted, with the effect during and after apart (R16, R56)."""
    series = codelists.series_row(row["SERIES"])
    told = _word(LASTING_WORDS, row["lasting"], lang)
    parts = []
    for phase, words in (("during", ("ระหว่างโครงการ", "during")), ("after", ("หลังโครงการ", "after"))):
        if row[f"effect_{phase}"] == row[f"effect_{phase}"]:
            low, high = (amount(row[f"{phase}_{c}"], row, series, lang, unit=False) for c in ("low", "high"))
            parts.append(f"{pick(lang, *words)} {amount(row[f'effect_{phase}'], row, series, lang)} ({low} {pick(lang, 'ถึง', 'to')} {high})")
    inside = f" ({'; '.join(parts)})" if parts else ""
    return _pick(lang, f"{series['name_th']}: {told}{inside}", f"{series['name_en']}: {told}{inside}.")


def overall_text(overall: Overall, codelists) -> dict[str, dict]:
    """Return the sentences of the overall evaluation by language: `lines`, `provinces`, `lasting`."""
    return {
        lang: {
            "lines": say_overall(overall, codelists, lang),
            "provinces": [say_provinces_alike(r, codelists, lang) for r in overall.provinces.to_dict("records")],
            "lasting": [say_lasting(r, codelists, lang) for r in overall.table.to_dict("records") if r["effect"] == r["effect"]],
        }
        for lang in ("th", "en")
    }


def write_overall(overall: Overall, folder, observations: pd.DataFrame, text: dict) -> None:
    """Write the tables and text.json of the overall evaluation."""
    pooled = pd.DataFrame([asdict(overall.pooled) | {"p_value": overall.p_value}])
    write_tables(folder, observations, overall=overall.table, by_outcome=overall.by_outcome, pooled=pooled, provinces_alike=overall.provinces, interrupted=overall.its)
    write_json(Path(folder) / "text.json", text)


def write_province_effect(view: ProvinceEffect, folder, observations: pd.DataFrame, text: dict) -> None:
    """Write the table, the weights of the counterparts and effect.json of one pilot province."""
    weights = pd.DataFrame(
        [{"SERIES": s, "REF_AREA": a, "weight": w} for s, match in view.counterparts.items() for a, w in sorted(match.weights.items())], columns=["SERIES", "REF_AREA", "weight"]
    )
    write_tables(folder, observations, effect=view.table, counterparts=weights)
    write_json(Path(folder) / "effect.json", text)


# ---------------------------------------------------------------- titles of figures


def chart_titles(outcome: Outcome, checks: Checks, codelists, lang: str) -> dict[str, str]:
    """Return the finding that each chart of an outcome says in its title."""
    row, series = outcome.row, codelists.series_row(outcome.rule.series)
    name = series[f"name_{lang}"]
    low, high = (amount(row[c], row, series, lang, unit=False) for c in ("ci_low", "ci_high"))
    specs = checks.specifications[checks.specifications["SERIES"] == row["SERIES"]]
    power = checks.power[checks.power["SERIES"] == row["SERIES"]]
    told = what_flips(specs) if len(specs) else {"n_specs": 0, "n_same_sign": 0, "n_sure": 0}
    seen = amount(float(power["detectable"].iloc[0]), row, series, lang).lstrip("+") if len(power) else "–"
    smallest = amount(row["smallest"], row, series, lang).lstrip("+")
    far = int(round(row["p_random"] * (row["n_assignments"] + 1)))
    return {
        "events": f"{name}: {say_pretrend(row, series, lang)}",
        "paths": _pick(lang, f"{name}: {verdict_word(row['verdict'], lang)} {amount(row['effect'], row, series, lang)} ({low} ถึง {high})", f"{name}: {verdict_word(row['verdict'], lang)}, {amount(row['effect'], row, series, lang)} ({low} to {high})"),
        "randomisation": _pick(lang, f"{name}: จังหวัดที่สุ่มขึ้นมา {far:,} จาก {row['n_assignments'] + 1:,} กลุ่มต่างได้ไกลเท่านี้ ({p_text(row['p_random'])})", f"{name}: {far:,} of {row['n_assignments'] + 1:,} groups drawn at random differ as much ({p_text(row['p_random'])})"),
        "specifications": _pick(lang, f"{name}: {told['n_same_sign']} จาก {told['n_specs']} วิธีให้ทิศทางเดียวกัน {told['n_sure']} วิธีมี p < 0.05", f"{name}: {told['n_same_sign']} of {told['n_specs']} specifications agree in sign, {told['n_sure']} with p < 0.05"),
        "power": _pick(lang, f"{name}: เห็นผลได้ตั้งแต่ {seen} ขนาดที่มีความหมายคือ {smallest}", f"{name}: an effect shows from {seen}; the size that matters is {smallest}"),
    }  # fmt: skip


def balance_title(selection: Selection, lang: str) -> str:
    """Return the finding of the balance chart."""
    off, n = int((~selection.balance["balanced"]).sum()), len(selection.balance)
    return _pick(lang, f"ก่อนโครงการ จังหวัดนำร่องต่างจากจังหวัดอื่นใน {off} จาก {n} ลักษณะ", f"Before the pilot, pilots differed from the others in {off} of {n} traits")


def scale_unit(row: dict, series, lang: str) -> str:
    """Return the unit of an outcome's values on its chart."""
    unit = series[f"unit_{lang}"]
    return pick(lang, f"ลอการิทึมของ {unit}", f"logarithm of {unit}") if row["scale"] == "log" else unit


def pilot_charts(report: PilotEffect, codelists) -> tuple[list[dict], dict]:
    """Return what `figures.draw_pilot` takes: one dict per outcome with an estimate, and the balance plot's."""
    charts = []
    for outcome in estimated(report):
        series, row = codelists.series_row(outcome.rule.series), outcome.row
        own = {name: getattr(report.checks, name) for name in ("events", "specifications", "power")}
        own = {name: t[t["SERIES"] == row["SERIES"]].reset_index(drop=True) for name, t in own.items()}
        charts.append(own | {
            "series": row["SERIES"], "expected": row["effect"] - row["within_regions"], "paths": synthetic_path(outcome.panel) if not outcome.panel.staggered else pd.DataFrame(), "draws": outcome.draws, "observed": row["effect"],
            "smallest": row["smallest"], "unit": {lang: scale_unit(row, series, lang) for lang in ("th", "en")},
            "titles": {lang: chart_titles(outcome, report.checks, codelists, lang) for lang in ("th", "en")},
        })  # fmt: skip
    table = report.selection.balance
    balance = {
        "table": table, "names": {lang: [trait_name(t, codelists, lang) for t in table["trait"]] for lang in ("th", "en")},
        "title": {lang: balance_title(report.selection, lang) for lang in ("th", "en")},
    }  # fmt: skip
    return charts, balance


def province_charts(view: ProvinceEffect, codelists) -> list[dict]:
    """Return what `figures.draw_province_effect` takes: the counterparts that followed the past closely enough to be shown."""
    rows, charts = view.table.set_index("SERIES"), []
    for code, match in view.counterparts.items():
        if not match.shown:
            continue
        row, series = rows.loc[code].to_dict(), codelists.series_row(code)
        first = rows.at[code, "n_before"]
        paths = pd.DataFrame({"period": match.periods, "label": match.labels, "own": match.own, "synthetic": match.synthetic, "post": np.arange(len(match.periods)) >= first})
        charts.append({
            "series": code, "paths": paths, "unit": {lang: scale_unit(row, series, lang) for lang in ("th", "en")},
            "title": {lang: f"{series[f'name_{lang}']}: {amount(match.effect, row, series, lang)} ({p_text(match.p_value)})" for lang in ("th", "en")},
        })  # fmt: skip
    return charts
