"""Did the pilot work: the effect tables of one run joined, national, for one pilot province, and over all outcomes.

`effect_words` says them in Thai and English.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from sdg_eval.comparisons.peers import distances, find_peers
from sdg_eval.comparisons.traits import Traits, traits_of
from sdg_eval.effects.design import EffectPanel, Window, programme_window, strata_of
from sdg_eval.effects.judged import JUDGED, Judged, read_judged
from sdg_eval.effects.overall import Pooled, pool_outcomes, pool_provinces, province_effects
from sdg_eval.effects.power import power_curve
from sdg_eval.effects.randomisation import unit_changes
from sdg_eval.effects.selection import baseline_balance, matched_areas, overlap
from sdg_eval.effects.sensitivity import (
    leave_one_out,
    neighbours_of_pilots,
    placebo_dates,
    specifications,
)
from sdg_eval.effects.synthetic import Counterpart, counterparts, synthetic_did
from sdg_eval.effects.verdict import Outcome, begun_areas, judge_outcomes
from sdg_eval.errors import UsageError
from sdg_eval.interruptions import interrupted
from sdg_eval.observations import select_totals
from sdg_eval.panels import is_province
from sdg_eval.report_files import write_told
from sdg_eval.side_by_side import read_view, view_files, write_tables
from sdg_eval.store import write_json

# ---------------------------------------------------------------- tables


@dataclass(frozen=True)
class Selection:
    """How the pilots differed before they were pilots: `balance` per trait and outcome, `overlap` per pilot, traits without data."""

    balance: pd.DataFrame
    overlap: pd.DataFrame
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Checks:
    """What would break a finding: one row per outcome and specification, placebo date, pilot left out, effect size, and
    comparison province of the matched set."""

    specifications: pd.DataFrame
    placebo_dates: pd.DataFrame
    left_out: pd.DataFrame
    power: pd.DataFrame
    events: pd.DataFrame
    matched: pd.DataFrame


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


def judge_programme(observations: pd.DataFrame, codelists, *, start: str = "", end: str = "") -> Judged:
    """Return the judged outcomes of a programme, which all notebooks on effects rest on: a batch works them out once.

    `start` and `end` (months, `2022-12`) move the programme's window; empty takes programmes.csv.
    """
    window = programme_window(codelists, start=start, end=end)
    people = people_of(traits_of(whole_provinces(observations), codelists))
    return Judged(window, *judge_outcomes(observations, codelists, window=window, population=people))


def load_judged(national, observations: pd.DataFrame, codelists, *, start: str = "", end: str = "") -> Judged:
    """Return the judged outcomes that a batch wrote to its folder of national tables; works them out where it wrote none, or
    none of this window."""
    path = Path(national) / JUDGED if national else None
    if path and path.is_file():
        held = read_judged(path)
        if held.window == programme_window(codelists, start=start, end=end):
            return held
    return judge_programme(observations, codelists, start=start, end=end)


def evaluate_pilot(observations: pd.DataFrame, codelists, *, start: str = "", end: str = "", judged: Judged | None = None) -> PilotEffect:
    """Return the evaluation of the outcomes named in advance, with everything that could break it.

    `judged` is what `judge_programme` returned for the same observations and window; None works it out.
    """
    found = judged or judge_programme(observations, codelists, start=start, end=end)
    traits = traits_of(whole_provinces(observations), codelists)
    return PilotEffect(found.window, found.table, found.outcomes, evaluate_selection(traits, found.outcomes, codelists, found.window), run_checks(found.outcomes, traits, codelists))


def evaluate_selection(traits: Traits, outcomes: list[Outcome], codelists, window: Window) -> Selection:
    """Return balance and overlap of the pilots over what a province cannot choose, and over each outcome's level and slope before."""
    table = traits.table[traits.numbers + ["border", "coast"]].astype(float)
    for region in sorted(traits.table["region"].unique()):
        table[f"region_{region}"] = (traits.table["region"] == region).astype(float)
    for outcome in outcomes:
        panel = outcome.panel
        if panel.n_before >= 2 and not panel.staggered:
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


def run_checks(outcomes: list[Outcome], traits: Traits, codelists) -> Checks:
    """Return specifications, placebo dates, left-out pilots, power and event studies of every outcome that can be estimated."""
    strata = dict(zip(codelists.provinces, strata_of(codelists, codelists.provinces), strict=True))
    people = people_of(traits)
    parts: dict[str, list[pd.DataFrame]] = {name: [] for name in ("specifications", "placebo_dates", "left_out", "power", "events", "matched")}
    for outcome in outcomes:
        panel, series = outcome.panel, outcome.rule.series
        if panel.reason:
            continue
        near = neighbours_of_pilots(codelists, begun_areas(panel))
        found = {
            "specifications": specifications(panel, strata, near, people, weighted=outcome.rule.weights == "population"), "placebo_dates": placebo_dates(panel, strata),
            "left_out": leave_one_out(panel, strata), "events": outcome.events, "power": pd.DataFrame(),
            "matched": pd.DataFrame({"REF_AREA": [a for a, near, own in zip(panel.areas, matched_areas(panel), panel.treated, strict=True) if near and not own]}),
        }  # fmt: skip
        if not panel.staggered:
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
    weighted = synthetic_did(panel, judge_fit=False)
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
        **{name: getattr(report.checks, name) for name in ("specifications", "placebo_dates", "left_out", "power", "events", "matched")},
    )  # fmt: skip
    write_told(folder, {"window": report.window, "missing": report.selection.missing})
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

    def files(self) -> dict[str, bytes]:
        """Return the files from which `load_province_effect` reads the view."""
        # a list, not a mapping: the order of the outcomes is that of the charts
        matches = [[series, asdict(match) | {"own": match.own.tolist(), "synthetic": match.synthetic.tolist()}] for series, match in self.counterparts.items()]
        return view_files({"effect": self.table}, {"counterparts": matches, "peers": self.peers})


def view_province_effect(observations: pd.DataFrame, codelists, area: str, *, start: str = "", end: str = "") -> ProvinceEffect:
    """Return what can be said of one pilot province. Raises UsageError for a province that is no pilot.

    One province is one case: its interval is that of one province against many, and nothing here is a verdict on it.
    `vs_peers` is its change less the mean change of the comparison provinces among its ten nearest peers.
    """
    return view_province_effects(observations, codelists, [area], start=start, end=end)[area]


def view_province_effects(observations: pd.DataFrame, codelists, areas, *, start: str = "", end: str = "", judged: Judged | None = None) -> dict[str, ProvinceEffect]:
    """Return the view of each of `areas`, as `view_province_effect` does, with what all pilots share worked out once. `judged` as in `evaluate_pilot`."""
    window = programme_window(codelists, start=start, end=end)
    if others := [area for area in areas if area not in window.starts]:
        raise UsageError(f"{', '.join(others)} is no pilot province. Pilots are {', '.join(sorted(window.starts))}.")
    traits = traits_of(whole_provinces(observations), codelists)
    if judged is None:
        judged = Judged(window, *judge_outcomes(observations, codelists, window=window, population=people_of(traits), only_verdict=True))
    table, outcomes = judged.table, judged.outcomes
    begun = {a for outcome in outcomes for a in begun_areas(outcome.panel)} or set(window.starts)
    near = {area: find_peers(traits, area, count=10) for area in areas}
    peers = {area: tuple(a for a in own.loc[own["near"], "REF_AREA"] if a not in begun) for area, own in near.items()}
    rows, found = {area: [] for area in areas}, {area: {} for area in areas}
    for row, outcome in zip(table.to_dict("records"), outcomes, strict=True):
        panel = outcome.panel
        common = {"SERIES": row["SERIES"], "scale": row["scale"], "freq": row["freq"], "verdict": row["verdict"], "reason": row["reason"], "expected": row["expected"], "smallest": row["smallest"], "national_reason": panel.reason, "staggered": panel.staggered}
        effects = province_effects(panel, strata_of(codelists, panel.areas))
        changes = dict(zip(panel.areas, unit_changes(panel), strict=True)) if len(effects) else {}
        matches = {match.area: match for match in counterparts(panel, areas)} if not panel.staggered else {}
        for area in areas:
            line, own = dict(common), effects[effects["REF_AREA"] == area]
            if len(own):
                line |= {f"own_{c}" if c in ("effect", "se") else c: own.iloc[0][c] for c in ("effect", "ci_low", "ci_high", "p_value", "n_comparison")}
                held = [changes[a] for a in peers[area] if a in changes]
                line |= {"vs_peers": changes[area] - np.mean(held) if held else np.nan, "n_peers": len(held)}
            if match := matches.get(area):
                found[area][row["SERIES"]] = match
                line |= {"synthetic_effect": match.effect, "synthetic_p": match.p_value, "synthetic_shown": match.shown, "n_donors": match.n_donors, "rmspe_before": match.rmspe_before}
            line |= {"n_before": row["n_before"], "n_during": row["n_during"], "n_after": row["n_after"], "first_period": row["first_period"], "last_period": row["last_period"]}
            rows[area].append(line | own_change(observations, outcome, area))
    return {area: ProvinceEffect(area, pd.DataFrame(rows[area]), found[area], peers[area]) for area in areas}


def load_province_effect(folder, observations, codelists, area: str, *, start: str = "", end: str = "") -> ProvinceEffect:
    """Return the view that a batch wrote to `folder`, or work it out when `folder` is empty (an adviser's notebook)."""
    if not folder:
        return view_province_effect(observations, codelists, area, start=start, end=end)
    tables, told = read_view(folder, ("effect",))
    matches = {
        series: Counterpart(**match | {name: tuple(match[name]) for name in ("periods", "labels")} | {name: np.array(match[name]) for name in ("own", "synthetic")})
        for series, match in told["counterparts"]
    }  # fmt: skip
    return ProvinceEffect(area, tables["effect"], matches, tuple(told["peers"]))


def own_change(observations: pd.DataFrame, outcome: Outcome, area: str) -> dict:
    """The province's own series before and after, without any comparison: change after, never effect (METHODS 2.6)."""
    panel = outcome.panel
    if panel.reason or area not in panel.areas:
        return {"its_verdict": "insufficient_data", "its_reason": panel.reason}
    row = panel.areas.index(area)
    values, times = panel.values[row], np.array(panel.periods)
    since = panel.began[row] if panel.staggered and panel.treated[row] else panel.n_before
    found = interrupted(times, values, times[since], seasons=seasons_of(panel))
    return {"its_verdict": found.verdict, "its_reason": found.reason, "its_level": found.level, "its_slope": found.slope, "its_p": found.p_value}


def seasons_of(panel: EffectPanel) -> np.ndarray | None:
    """Return the quarter of each period, None for years."""
    return None if panel.freq == "A" else np.array([label[-1] for label in panel.labels])


# ---------------------------------------------------------------- overall


@dataclass(frozen=True)
class Overall:
    """All outcomes together: `by_outcome` in standard deviations between provinces (better side up) or why left out, `pooled`
    with its randomisation p, `provinces` per outcome (do pilots move alike), `lasting` per outcome, `its` (pilots' mean less the others')."""

    window: Window
    table: pd.DataFrame
    by_outcome: pd.DataFrame
    pooled: Pooled
    p_value: float
    provinces: pd.DataFrame
    its: pd.DataFrame


def evaluate_overall(observations: pd.DataFrame, codelists, *, start: str = "", end: str = "", judged: Judged | None = None) -> Overall:
    """Return the overall evaluation (R48, R56). It fills itself as periods after the programme arrive. `judged` as in `evaluate_pilot`."""
    found = judged or judge_programme(observations, codelists, start=start, end=end)
    window, table, outcomes = found.window, found.table, found.outcomes
    by_outcome, pooled, p = pool_outcomes(table, [o.panel for o in outcomes], [strata_of(codelists, o.panel.areas) for o in outcomes])
    provinces, its = [], []
    for outcome in outcomes:
        panel = outcome.panel
        if panel.reason or panel.staggered:
            continue
        provinces.append({"SERIES": outcome.rule.series} | asdict(pool_provinces(panel, strata_of(codelists, panel.areas))))
        gap = np.nanmean(panel.values[panel.treated], axis=0) - np.nanmean(panel.values[~panel.treated], axis=0)
        times = np.array(panel.periods)
        change = interrupted(times, gap, times[panel.post][0], seasons=seasons_of(panel))
        its.append({"SERIES": outcome.rule.series, "n_before": change.n_before, "n_after": change.n_after, "level": change.level, "slope": change.slope, "p_value": change.p_value, "verdict": change.verdict, "reason": change.reason})
    return Overall(window, table, by_outcome, pooled, p, pd.DataFrame(provinces), pd.DataFrame(its))


def write_overall(overall: Overall, folder, observations: pd.DataFrame, text: dict) -> None:
    """Write the tables and text.json of the overall evaluation."""
    pooled = pd.DataFrame([asdict(overall.pooled) | {"p_value": overall.p_value}])
    write_tables(folder, observations, overall=overall.table, by_outcome=overall.by_outcome, pooled=pooled, provinces_alike=overall.provinces, interrupted=overall.its)
    write_told(folder, {"window": overall.window})
    write_json(Path(folder) / "text.json", text)


def write_province_effect(view: ProvinceEffect, folder, observations: pd.DataFrame, text: dict) -> None:
    """Write the table, the weights of the counterparts, the comparison provinces like it and effect.json of one pilot province."""
    weights = pd.DataFrame(
        [{"SERIES": s, "REF_AREA": a, "weight": w} for s, match in view.counterparts.items() for a, w in sorted(match.weights.items())], columns=["SERIES", "REF_AREA", "weight"]
    )
    write_tables(folder, observations, effect=view.table, counterparts=weights, peers=pd.DataFrame({"REF_AREA": view.peers}, dtype="str"))
    write_json(Path(folder) / "effect.json", text)


def left_out_table(checks: Checks) -> pd.DataFrame:
    """Return p by pilot left out and outcome."""
    return checks.left_out.pivot(index="REF_AREA", columns="SERIES", values="p_value") if len(checks.left_out) else checks.left_out
