"""Why did a figure change between two reports? The change in parts that add up exactly.

Between two states of the data five kinds of thing can differ: new periods (real movement), revised
values, values that came or went within the old span, series or provinces that entered or left (basket),
and targets, breaks and options (method). Each part is its Shapley value: the average effect of
switching that kind from old to new over every order of switching, so no order is favoured and the sum
is the whole change (Shapley 1953; used for decompositions by Shorrocks 2013, J. Econ. Inequality 11).
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sdg_eval.codelists import Codelists
from sdg_eval.concepts import KEY
from sdg_eval.derive import with_derived
from sdg_eval.evaluation import evaluate_national, status_of
from sdg_eval.observations import select_totals
from sdg_eval.trends import evaluate_trends
from sdg_eval.wording import change_unit, number, pick

KINDS = ("real_movement", "revision", "missing_data", "basket", "target_method")
KIND_WORDS = {
    "real_movement": ("ข้อมูลช่วงเวลาใหม่", "new periods"), "revision": ("การปรับปรุงค่าเดิม", "revised values"),
    "missing_data": ("ค่าที่เพิ่มหรือหายไปในช่วงเดิม", "values that came or went within the old span"),
    "basket": ("ชุดข้อมูลหรือจังหวัดที่เพิ่มหรือหายไป", "series or provinces that entered or left"),
    "target_method": ("เป้าหมายหรือวิธีคำนวณ", "target or method"),
}  # fmt: skip


@dataclass(frozen=True)
class State:
    """What a report was computed from: observations (latest view of its day), codelists, report year, options."""

    observations: pd.DataFrame
    codelists: Codelists
    report_year: int
    confidence: float = 0.95


def classify_rows(old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """Return one row per key that differs between two tables: `kind`, `old_value`, `new_value`, and the new cell.

    A key of a series and area that only one table knows is `basket`; a later period than the old last one
    is `real_movement`; a key in both with other numbers is `revision`; the rest came or went within the
    span: `missing_data`.
    """
    measured = ["OBS_VALUE", "NUMERATOR", "DENOMINATOR", "OBS_STATUS"]
    columns = [*KEY, *measured]
    both = old[columns].drop_duplicates(KEY).merge(
        new[[*columns, "source_file", "source_row", "source_column", "vintage"]].drop_duplicates(KEY), on=KEY, how="outer",
        suffixes=("_old", "_new"), indicator=True,
    )  # fmt: skip
    same = both["_merge"] == "both"
    for column in measured:
        a, b = both[f"{column}_old"], both[f"{column}_new"]
        same &= (a == b) | (a.isna() & b.isna())
    rows = both[~same].copy()
    family = ["SERIES", "REF_AREA", "FREQ"]
    last = old.groupby(family)["TIME_PERIOD"].max()
    known = {name: set(map(tuple, table[family].drop_duplicates().to_numpy())) for name, table in (("old", old), ("new", new))}
    kinds = []
    for row in rows.to_dict("records"):
        name = tuple(row[c] for c in family)
        if name not in known["old"] or name not in known["new"]:
            kinds.append("basket")
        elif row["_merge"] == "both":
            kinds.append("revision")
        else:
            kinds.append("real_movement" if row["_merge"] == "right_only" and row["TIME_PERIOD"] > last[name] else "missing_data")
    rows = rows.assign(kind=kinds).rename(columns={"OBS_VALUE_old": "old_value", "OBS_VALUE_new": "new_value"})
    return rows[[*KEY, "kind", "old_value", "new_value", "source_file", "source_row", "source_column", "vintage"]].reset_index(drop=True)


class Mixture:
    """The states between old and new in which only some kinds of change have happened."""

    def __init__(self, old: State, new: State):
        self.old, self.new = old, new
        self.rows = classify_rows(old.observations, new.observations)
        places = {kind: pd.MultiIndex.from_frame(part[KEY]) for kind, part in self.rows.groupby("kind")}
        self.kinds = [k for k in KINDS if k in places] + (["target_method"] if self._method_differs() else [])
        self._old_rows = {k: pd.MultiIndex.from_frame(old.observations[KEY]).isin(p) for k, p in places.items()}
        self._new_rows = {k: pd.MultiIndex.from_frame(new.observations[KEY]).isin(p) for k, p in places.items()}

    def _method_differs(self) -> bool:
        old, new = self.old, self.new
        return (old.report_year, old.confidence) != (new.report_year, new.confidence) or any(
            not getattr(old.codelists, t).equals(getattr(new.codelists, t)) for t in ("series", "targets", "derivations", "areas")
        )

    def state(self, switched: frozenset) -> State:
        """Return the state in which the kinds in `switched` are new and the others old."""
        table, added = self.old.observations, []
        keep = np.ones(len(table), dtype=bool)
        for kind in switched & set(self._old_rows):
            keep &= ~self._old_rows[kind]
            added.append(self.new.observations[self._new_rows[kind]])
        table = pd.concat([table[keep], *added], ignore_index=True) if added else table[keep]
        base = self.new if "target_method" in switched else self.old
        return State(table.sort_values(KEY, kind="stable", ignore_index=True), base.codelists, base.report_year, base.confidence)


def shapley(kinds, value) -> dict[str, float]:
    """Return each kind's average effect on `value(frozenset of switched kinds)` over all orders of switching.

    Examples
    --------
    >>> shapley(["a", "b"], lambda s: 3.0 * ("a" in s) + 1.0 * ("b" in s) + 2.0 * (len(s) == 2))
    {'a': 4.0, 'b': 2.0}
    """
    known = {frozenset(s): float(value(frozenset(s))) for r in range(len(kinds) + 1) for s in itertools.combinations(kinds, r)}
    parts, n = {}, len(kinds)
    for kind in kinds:
        others = [k for k in kinds if k != kind]
        total = 0.0
        for r in range(n):
            weight = math.factorial(r) * math.factorial(n - r - 1) / math.factorial(n)
            for s in itertools.combinations(others, r):
                total += weight * (known[frozenset(s) | {kind}] - known[frozenset(s)])
        parts[kind] = total
    return parts


def explain_value(old: State, new: State, metric) -> dict:
    """Return why `metric(State) -> float` changed: `old`, `new`, `change`, one part per kind, and `note`.

    The parts add up to the change within 1e-9 of its size. Where the number appears or disappears (it
    cannot be told in one of the states) there are no parts, and `note` says appeared or disappeared;
    where it cannot be told in a state between, the parts are not defined and `note` says between.
    """
    mixture = Mixture(old, new)
    before, after = float(metric(old)), float(metric(new))
    result = {"old": before, "new": after, "change": after - before, **dict.fromkeys(KINDS, 0.0), "note": ""}
    if np.isnan(before) or np.isnan(after):
        note = "" if np.isnan(before) and np.isnan(after) else "appeared" if np.isnan(before) else "disappeared"
        return result | dict.fromkeys(KINDS, float("nan")) | {"note": note}
    parts = shapley(mixture.kinds, lambda switched: metric(mixture.state(switched)))
    if any(np.isnan(p) for p in parts.values()):
        return result | dict.fromkeys(KINDS, float("nan")) | {"note": "between"}
    return result | parts


def _family(state: State, series: str, freq: str) -> pd.DataFrame:
    """Observations of one series in all provinces, derived where it is derived."""
    rules = state.codelists.derivations.set_index("SERIES")
    wanted = [series]
    for code in wanted:
        if code in rules.index:
            wanted += [p for p in (rules.at[code, "numerator"], rules.at[code, "denominator"]) if p and p not in wanted]
    denominator = state.codelists.series_row(series)["denominator"]
    own = state.observations[state.observations["SERIES"].isin({*wanted, denominator} - {""})]
    table = with_derived(own, state.codelists)
    return select_totals(table[(table["SERIES"] == series) & (table["FREQ"] == freq)])


def latest_value(series: str, area: str, freq: str = "A"):
    """Return the metric "latest value of a series in an area", NaN where there is none."""

    def metric(state: State) -> float:
        own = _family(state, series, freq)
        own = own[(own["REF_AREA"] == area) & own["OBS_VALUE"].notna()]
        return float(own.sort_values("TIME_PERIOD", kind="stable")["OBS_VALUE"].iloc[-1]) if len(own) else float("nan")

    return metric


def slope_of(series: str, area: str, freq: str = "A"):
    """Return the metric "Sen slope per year", NaN where none is estimated; rho is pooled over all provinces as in the report."""

    def metric(state: State) -> float:
        rows = _trend(state, series, freq)
        rows = rows[rows["REF_AREA"] == area]
        return float(rows["slope"].iloc[0]) if len(rows) else float("nan")

    return metric


def _trend(state: State, series: str, freq: str) -> pd.DataFrame:
    own = _family(state, series, freq)
    return evaluate_trends(own, series=state.codelists.series, report_year=state.report_year, confidence=state.confidence)


def explain_verdict(old: State, new: State, series: str, area: str, freq: str = "A") -> dict:
    """Return the trend verdict and status, old and new, and the smallest sets of kinds that alone turn the verdict.

    `turned_by` lists those sets (each a tuple of KINDS), from which every other turning set follows.
    """
    mixture = Mixture(old, new)

    def verdict(state: State) -> str:
        rows = _trend(state, series, freq)
        rows = rows[rows["REF_AREA"] == area]
        return str(rows["verdict"].iloc[0]) if len(rows) else "no_data"

    before, after = verdict(old), verdict(new)
    turned: list[tuple] = []
    if before != after:
        for size in range(1, len(mixture.kinds) + 1):
            for kinds in itertools.combinations(mixture.kinds, size):
                if not any(set(t) <= set(kinds) for t in turned) and verdict(mixture.state(frozenset(kinds))) == after:
                    turned.append(kinds)
    return {"old": before, "new": after, "turned_by": turned}


def explain_province(old: State, new: State, area: str) -> pd.DataFrame:
    """Return one row per series and frequency of a province whose latest value, slope or status changed, with the parts.

    Columns: SERIES, FREQ, `what` (value or slope), old, new, change, the five parts, note, status_old, status_new.
    """
    statuses = [_statuses(state, area) for state in (old, new)]
    rows = []
    for series, freq in sorted(set(statuses[0]) | set(statuses[1])):
        sides = [_only(state, series) for state in (old, new)]
        told = [s.get((series, freq), "no_data") for s in statuses]
        for what, metric in (("value", latest_value(series, area, freq)), ("slope", slope_of(series, area, freq))):
            if classify_rows(sides[0].observations, sides[1].observations).empty and not Mixture(*sides).kinds and told[0] == told[1]:
                continue
            found = explain_value(*sides, metric)
            moved = found["note"] in ("appeared", "disappeared") or abs(found["change"]) > 1e-12
            if moved or (what == "slope" and told[0] != told[1]):
                rows.append({"SERIES": series, "FREQ": freq, "what": what} | found | {"status_old": told[0], "status_new": told[1]})
    columns = ["SERIES", "FREQ", "what", "old", "new", "change", *KINDS, "note", "status_old", "status_new"]
    return pd.DataFrame(rows, columns=columns)


def _only(state: State, series: str) -> State:
    """The state with the observations that bear on one series: it and all its parents."""
    rules, wanted = state.codelists.derivations.set_index("SERIES"), [series, state.codelists.series_row(series)["denominator"]]
    for code in wanted:
        if code in rules.index:
            wanted += [p for p in (rules.at[code, "numerator"], rules.at[code, "denominator"]) if p and p not in wanted]
    own = state.observations[state.observations["SERIES"].isin(set(wanted) - {""})]
    return State(own.reset_index(drop=True), state.codelists, state.report_year, state.confidence)


def _statuses(state: State, area: str) -> dict[tuple[str, str], str]:
    national = evaluate_national(
        with_derived(state.observations, state.codelists), state.codelists, report_year=state.report_year, confidence=state.confidence
    )
    rows = national.trends[national.trends["REF_AREA"] == area]
    tells = national.detectability.set_index(["SERIES", "REF_AREA", "FREQ"])["tells"].to_dict()
    return {
        (r["SERIES"], r["FREQ"]): status_of(r | {"tells": tells.get((r["SERIES"], area, r["FREQ"]), "")}) for r in rows.to_dict("records")
    }


def say_change(row: dict, codelists: Codelists, lang: str) -> str:
    """Return a row of `explain_province` as a sentence in Thai or English."""
    series = codelists.series_row(row["SERIES"])
    decimals = int(series["decimals"] or 1) + (1 if row["what"] == "slope" else 0)
    name, unit = series[f"name_{lang}"], change_unit(dict(series), lang) if row["what"] == "slope" else series[f"unit_{lang}"]
    what = pick(lang, "ค่าล่าสุด", "latest value") if row["what"] == "value" else pick(lang, "การเปลี่ยนแปลงต่อปี", "change per year")
    if row["note"] == "appeared":
        return pick(lang, f"{name}: {what} บอกได้แล้ว {number(row['new'], decimals)} {unit}", f"{name}: the {what} can now be told, {number(row['new'], decimals)} {unit}")
    if row["note"] == "disappeared":
        return pick(lang, f"{name}: {what} บอกไม่ได้แล้ว (เดิม {number(row['old'], decimals)} {unit})", f"{name}: the {what} can no longer be told (was {number(row['old'], decimals)} {unit})")
    parts = [f"{pick(lang, *KIND_WORDS[k])} {_signed(row[k], decimals)}" for k in KINDS if row[k] == row[k] and abs(row[k]) > 1e-12]
    why = pick(lang, "มาจาก ", "from ") + ", ".join(parts) if parts else pick(lang, "แยกส่วนไม่ได้", "the parts cannot be told")
    return f"{name}: {what} {number(row['old'], decimals)} → {number(row['new'], decimals)} {unit}; {why}"


def _signed(value: float, decimals: int) -> str:
    return ("+" if value > 0 else "") + number(value, decimals)
