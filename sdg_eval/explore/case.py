"""One finding under other defensible choices: what may be chosen, and what each choice would have said.

The official choice stands first in every list and gives the numbers of the report, because it is computed by the same
functions (`trends.estimate_rows`, `progress.progress_row`). All specifications of a series are estimated together: the rows
of all provinces under each choice of values lie one below the other in one panel.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import product

import numpy as np
import pandas as pd

from sdg_eval.errors import UsageError
from sdg_eval.explore.desk import Desk
from sdg_eval.explore.tables import choose_freq
from sdg_eval.panels import (
    MIN_SLOPE,
    Panel,
    Points,
    Segment,
    SeriesRule,
    annual_points,
    build_panels,
    series_rules,
)
from sdg_eval.progress import (
    Line,
    Target,
    annual_first,
    pace_line,
    progress_row,
    read_target,
    sen_line,
)
from sdg_eval.progress_rules import NONE, OURS, Course, compare
from sdg_eval.ranks import MIN_TEST, RHO_ASSUMED, rank_lines
from sdg_eval.trends import COVID_YEARS, Q_FAMILY, adjust_p, estimate_rows, family_rho

CAPITAL = "TH-10"
STRONG_RHO = 0.6
"""A lag-1 correlation stronger than most annual series have."""
FAR, DOUBTFUL = 3.5, 2.5
"""Robust standard deviations from the line beyond which a value is left out: Iglewicz and Hoaglin's 3.5, and a stricter cut."""
SHIFT = 0.10
"""Part of the target by which a stricter or easier one differs."""
LATER = 5
"""Years by which a later target year differs."""
SPAN = 10
"""Years of a short window."""
RULES = ("sdsn", "escap_csi", "escap_api", "eurostat", "unsd_2022", "unsd_2023", "open_sdg", "oecd_outlook")
"""Published rules that judge against a target (`progress_rules`), each on the scale that all share."""

TREND = {
    "years": ("all", "since_2015", "last_10", "without_first", "without_last"),
    "covid": ("kept", "left_out"),
    "provisional": ("left_out", "kept"),
    "outliers": ("kept", "beyond_3.5", "beyond_2.5"),
    "method": ("official", "ranks", "straight_line"),
    "weights": ("equal", "recent"),
    "correlation": ("pooled", "none", "assumed", "strong"),
    "group": ("all", "without_bangkok", "region", "alike"),
    "test": ("official", "single", "yekutieli", "bonferroni", "strict"),
}
PROGRESS = {
    "base_year": ("official", "first", "2016", "2017", "2018"),
    "years": ("all", "without_last"),
    "covid": ("kept", "left_out"),
    "provisional": ("left_out", "kept"),
    "outliers": ("kept", "beyond_3.5", "beyond_2.5"),
    "target": ("official", "stricter", "easier"),
    "target_year": ("official", "later"),
    "method": ("official", "end_points", "straight_line", *RULES),
    "weights": ("equal", "recent"),
}
CHOICES = {"trend": TREND, "progress": PROGRESS}
"""What may be chosen for each question; the first of each list is official."""
DATA = ("years", "covid", "provisional", "outliers")
RESULT = ["official", "verdict", "holds", "estimate", "ci_low", "ci_high", "p_value", "p_adjusted", "probability", "pace", "n_obs", "reason"]
"""`estimate`: slope per year (trend) or pace ratio (progress); `pace`: change per year in the unit of the series; `probability`: P(on track), of progress by pace alone."""


def official(question: str) -> dict[str, str]:
    """Return the official choices.

    Examples
    --------
    >>> official("progress")["target"], official("trend")["test"]
    ('official', 'official')
    """
    return {name: choices[0] for name, choices in _choices(question).items()}


def _choices(question: str) -> dict[str, tuple[str, ...]]:
    if question not in CHOICES:
        raise UsageError(f"{question!r} is no question. Ask trend or progress.")
    return CHOICES[question]


def specifications(desk: Desk, series: str, area: str, question: str, *, freq: str = "") -> list[dict]:
    """Return every defensible specification of a finding; the official one comes first.

    Choices that would change nothing are left out, so that no verdict counts twice: those that leave the province's own values
    as they are (no provisional value, no outlier), and those that a method does not use (weights of ranks).
    """
    return _case(desk, series, area, freq if question == "trend" else "").specifications(question)


def run_specifications(desk: Desk, series: str, area: str, question: str, specs: list[dict], *, freq: str = "") -> pd.DataFrame:
    """Return one row per specification: its choices, and what it says.

    Parameters
    ----------
    question
        `trend` (is it moving?) or `progress` (will the target be met?).
    specs
        Choices by name, as in `CHOICES`; those not named are official. Beside the words, `years` takes `2012-2020`, `base_year` a
        year, `target` a number in the unit of the series and `target_year` a year.

    Returns
    -------
    pandas.DataFrame
        The choices, and the columns of `RESULT`. `verdict` of a trend: improving, worsening, changed (no better or worse),
        not_detected, or what data allow; of progress: on the scale that all published rules share. `holds`: as the official one.

    Raises
    ------
    UsageError
        For an unknown question, choice or word.

    Examples
    --------
    >>> from sdg_eval.explore import open_desk
    >>> table = run_specifications(open_desk(), "SI_POV_NAHC", "TH-50", "trend", [{}, {"years": "2012-2020"}])
    >>> table["official"].tolist()
    [True, False]
    """
    names, base = list(_choices(question)), official(question)
    for spec in specs:
        if unknown := sorted(set(spec) - set(names)):
            raise UsageError(f"{', '.join(unknown)}: no choice of {question}. There are: {', '.join(names)}.")
    whole = [base | spec for spec in specs]
    case = _case(desk, series, area, freq if question == "trend" else "")  # progress is judged on years wherever there are some
    rows = (case.run_trend if question == "trend" else case.run_progress)([base, *whole])
    for row, spec in zip(rows, [base, *whole], strict=True):
        row["official"], row["holds"] = spec == base, row["verdict"] == rows[0]["verdict"]
    return pd.DataFrame([spec | row for spec, row in zip(whole, rows[1:], strict=True)], columns=names + RESULT)


def used_values(desk: Desk, series: str, area: str, question: str, spec: dict, *, freq: str = "") -> pd.DataFrame:
    """Return time (decimal years), value and `used` of every value of a province: what a specification rests on.

    Examples
    --------
    >>> from sdg_eval.explore import open_desk
    >>> table = used_values(open_desk(), "SI_POV_NAHC", "TH-50", "trend", {"covid": "left_out"})
    >>> table.loc[table["time"].between(2020, 2022), "used"].any()
    np.False_
    """
    case = _case(desk, series, area, freq if question == "trend" else "")
    if case.own is None:
        return pd.DataFrame({"time": [], "value": [], "used": []})
    whole = official(question) | spec
    used = case.mask(whole)[case.own]
    if question == "progress" and case.target is not None:
        start = case.target_of(whole).baseline_year
        used = used & (case.panel.years >= start)
    there = ~np.isnan(case.panel.values[case.own])
    return pd.DataFrame({"time": case.panel.times[there], "value": case.panel.values[case.own][there], "used": used[there]})


def target_of(desk: Desk, series: str, area: str, spec: dict) -> tuple[float, int] | None:
    """Return value and year of the target that a specification is judged by; None where there is none."""
    case = _case(desk, series, area, "")
    if case.own is None or (case.target is None and spec.get("target", "official") in PROGRESS["target"]):
        return None
    segment = annual_first([case.panel.segment(case.own)])[0]
    target = case.target_of(official("progress") | spec)
    row = progress_row(segment, case.rule, target, {}, desk.report_year, False, _no_line)
    return None if np.isnan(row["target_value"]) else (float(row["target_value"]), target.year)


# ---------------------------------------------------------------- one series in one province


def _case(desk: Desk, series: str, area: str, freq: str) -> Case:
    desk.codelists.area(area)
    freq = choose_freq(desk, series, freq)
    kept = desk.__dict__.setdefault("_cases", {})  # the workbench asks for the same one at every click
    key = (series, area, freq)
    if key not in kept:
        kept.clear()
        rows = desk.rows[(desk.rows["SERIES"] == series) & (desk.rows["FREQ"] == freq)]
        panel = build_panels(rows, desk.codelists.series)[0]
        kept[key] = Case(desk, series, area, panel, _own_rule(desk, series))
    return kept[key]


def _own_rule(desk: Desk, series: str) -> SeriesRule:
    return series_rules(desk.codelists.series).get(series, SeriesRule())


@dataclass(frozen=True)
class _Kept:
    """What several specifications of progress share, worked out once."""

    segments: dict
    lines: dict
    targets: dict
    rows: dict
    courses: dict


@dataclass(frozen=True, eq=False)
class Case:
    """One series over all provinces, and the province whose finding is doubted."""

    desk: Desk
    series: str
    area: str
    panel: Panel
    rule: SeriesRule

    @cached_property
    def own(self) -> int | None:
        """Row of the province in the panel, None where it has no value."""
        found = np.flatnonzero(self.panel.keys["REF_AREA"] == self.area)
        return int(found[0]) if len(found) else None

    # ------------------------------------------------------------ which values

    def mask(self, spec: dict) -> np.ndarray:
        """Return which values a specification takes, provinces x periods; the official one takes `panel.usable`."""
        panel = self.panel
        mask = panel.usable if spec["provisional"] == "left_out" else panel.held
        mask = mask & self._window(spec["years"], mask)
        if spec["covid"] == "left_out":
            mask = mask & ~np.isin(panel.years, COVID_YEARS)
        if spec["outliers"] != "kept":
            mask = mask & (self._distance <= _cut(spec["outliers"]))
        return mask

    def _window(self, word: str, mask: np.ndarray) -> np.ndarray:
        years = self.panel.years
        if word == "all":
            return np.ones_like(mask)
        held = np.where(mask, years, 0)
        if word == "without_last":
            return years[None] < held.max(axis=1)[:, None]
        if word == "without_first":
            return years[None] > np.where(mask, years, 9999).min(axis=1)[:, None]
        if word == f"last_{SPAN}":
            return years[None] > held.max(axis=1)[:, None] - SPAN
        if word == "since_2015":
            return np.broadcast_to(years >= 2015, mask.shape)
        first, _, last = word.partition("-")
        if not (first.isdigit() and last.isdigit()):
            raise UsageError(f"years is {word!r}; write one of {', '.join(TREND['years'])}, or a window such as 2012-2020 (Gregorian years).")
        return np.broadcast_to((years >= int(first)) & (years <= int(last)), mask.shape)

    @cached_property
    def _distance(self) -> np.ndarray:
        """Robust standard deviations of each value from its province's Theil-Sen line."""
        values = np.where(self.panel.held, self.panel.values, np.nan)
        line = rank_lines(np.where(self.panel.usable, values, np.nan), self.panel.times, period=self.panel.per_year)
        with np.errstate(invalid="ignore", divide="ignore"):
            away = np.abs(values - line.intercept[:, None] - line.slope[:, None] * self.panel.times) / line.sigma[:, None]
        return np.nan_to_num(away, nan=0.0, posinf=0.0)

    def _variants(self, question: str) -> list[dict]:
        """Choices of values that differ in the province's own values; the official one first.

        One that leaves too few for a test, where the official one has enough, answers nothing and is left out.
        """
        seen, found, choices = set(), [], _choices(question)
        fewest = MIN_TEST if question == "trend" and self.panel.usable[self.own].sum() >= MIN_TEST else MIN_SLOPE
        for words in product(*(choices[name] for name in DATA)):
            spec = dict(zip(DATA, words, strict=True))
            mask = self.mask(spec)[self.own]
            if mask.tobytes() not in seen and (not found or mask.sum() >= fewest):
                seen.add(mask.tobytes())
                found.append(spec)
        return found

    def specifications(self, question: str) -> list[dict]:
        """As the function of the module."""
        choices = _choices(question)
        if self.own is None:
            return [official(question)]
        rest = {name: words for name, words in choices.items() if name not in DATA}
        found = []
        for variant in self._variants(question):
            for words in product(*rest.values()):
                spec = {name: (variant | dict(zip(rest, words, strict=True)))[name] for name in choices}
                if self._differs(spec, question):
                    found.append(spec)
        return found

    def _differs(self, spec: dict, question: str) -> bool:
        """False for a choice that the method does not use, or that is another one under a second name."""
        if spec["weights"] == "recent" and spec["method"] != "straight_line":
            return False
        if question == "trend":
            if spec["method"] == "ranks" and self._ranked:
                return False
            if spec["method"] == "straight_line" and self.panel.per_year > 1:
                return False  # a straight line knows no seasons
            if spec["correlation"] != "pooled" and spec["method"] == "official" and not self._ranked:
                return False  # the models of counts and proportions have their own dispersion
            return not (spec["group"] == "without_bangkok" and self.area == CAPITAL)
        if self.target is None:
            return spec == official(question)
        if spec["target"] != "official" and self._moved_targets[spec["target"]] == self._moved_targets["official"]:
            return False  # at the end of the scale, or a range: there is nothing stricter or easier
        return not (spec["base_year"].isdigit() and int(spec["base_year"]) == self.target.baseline_year)

    @cached_property
    def _moved_targets(self) -> dict[str, float]:
        """Value of the official target and of those moved, as the official base year gives them."""
        segment = annual_first([self.panel.segment(self.own)])[0]
        told = {word: self._target(official("progress") | {"target": word}, segment) for word in PROGRESS["target"]}
        return {word: float(progress_row(segment, self.rule, target, {}, self.desk.report_year, False, _no_line)["target_value"]) for word, target in told.items()}

    @cached_property
    def _rhos(self) -> dict:
        """Correlations pooled so far, by choice of values and group: every method asks for them."""
        return {}

    @cached_property
    def _ranked(self) -> bool:
        """The official method is one of ranks, not a model of counts or proportions."""
        return str(self.official_row.get("method", "")).startswith(("mann_kendall", "theil_sen", "seasonal", "none", "end_points", "year_on_year"))

    @cached_property
    def official_row(self) -> dict:
        """The row of the national trend table; {} where there is none."""
        table = self.desk.national.trends
        rows = table[(table["SERIES"] == self.series) & (table["REF_AREA"] == self.area) & (table["FREQ"] == self.panel.freq)]
        return rows.iloc[0].to_dict() if len(rows) else {}

    # ------------------------------------------------------------ is it moving?

    def run_trend(self, specs: list[dict]) -> list[dict]:
        """Return what each specification says of the trend."""
        if self.own is None:
            return [_nothing("no_data_here")] * len(specs)
        cells = self._trend_cells(specs)
        return [self._trend_result(spec, cells[_cell_key(spec)]) for spec in specs]

    def group(self, word: str) -> np.ndarray:
        """Rows of the provinces with which the one is compared; itself is always among them."""
        if word not in self._groups:
            self._groups[word] = self._group(word)
        return self._groups[word]

    @cached_property
    def _groups(self) -> dict[str, np.ndarray]:
        return {}

    def _group(self, word: str) -> np.ndarray:
        areas, lists = self.panel.keys["REF_AREA"], self.desk.codelists
        if word == "all":
            return np.arange(len(areas))
        if word == "without_bangkok":
            member = areas != CAPITAL
        elif word == "region":
            region = lists.area(self.area)["region"]
            member = np.array([lists.area(a)["region"] == region for a in areas])
        elif word == "alike":
            member = np.isin(areas, self.desk.like[self.area])
        else:
            raise UsageError(f"group is {word!r}; write one of {', '.join(TREND['group'])}.")
        return np.flatnonzero(member | (areas == self.area))

    def _trend_cells(self, specs: list[dict]) -> dict[tuple, dict]:
        """Estimates of all members of each group under each choice but the test: {key: {p, own, members}}."""
        wanted = {_cell_key(spec): spec for spec in specs}
        stacks: dict[str, list[tuple]] = {"official": [], "ranks": [], "straight_line": []}
        for key, spec in wanted.items():
            if spec["method"] not in stacks:
                raise UsageError(f"method is {spec['method']!r}; write one of {', '.join(TREND['method'])}.")
            stacks[spec["method"]].append((key, spec))
        cells = {}
        for method, parts in stacks.items():
            if parts:
                cells |= self._straight(parts) if method == "straight_line" else self._stacked(parts, ranks=method == "ranks")
        return cells

    def _stacked(self, parts: list[tuple], *, ranks: bool) -> dict[tuple, dict]:
        """Estimate rank lines and models of all parts in one panel."""
        panel, masks, blocks, places = self.panel, {}, {}, {}
        rows, taken, rhos, assumed = [], [], [], []
        n = 0
        for key, spec in parts:
            data = tuple(spec[name] for name in DATA)
            mask = masks.setdefault(data, None)
            if mask is None:
                mask = masks[data] = self.mask(spec)
            members = self.group(spec["group"])
            fixed = spec["correlation"] != "pooled"
            # A correlation that is given does not depend on the group: all provinces are estimated once for it.
            block = (data, spec["correlation"], "all" if fixed else spec["group"])
            if block not in blocks:
                held = np.arange(len(panel)) if fixed else members
                if fixed:
                    rho, told = np.full(len(held), _given_rho(spec["correlation"])), np.ones(len(held), dtype=bool)
                else:
                    rho, told = self._pooled(mask, held, data, spec["group"])
                blocks[block] = (n, held)
                rows.append(held)
                taken.append(mask[held])
                rhos.append(rho)
                assumed.append(told)
                n += len(held)
            places[key] = (*blocks[block], members)
        rule = replace(self.rule, kind="amount") if ranks else self.rule
        big = _stack(panel, np.concatenate(rows), rule)
        out = estimate_rows(big, np.concatenate(taken), np.concatenate(rhos), np.concatenate(assumed), confidence=self.desk.confidence)
        # As in the report: what rests on provisional values alone is a direction only.
        only = np.concatenate([panel.only_provisional[held] for held in rows]) & np.isin(out["verdict"].astype(str), ("rising", "falling", "not_detected"))
        out["verdict"][only] = "indicative"
        cells = {}
        for key, (start, held, members) in places.items():
            at = start + np.searchsorted(held, members)
            mine = start + int(np.searchsorted(held, self.own))
            cells[key] = {"p": out["p_value"][at], "mine": int(np.flatnonzero(members == self.own)[0])} | {
                name: out[name][mine] for name in ("slope", "ci_low", "ci_high", "p_value", "verdict", "n_obs")
            }
        return cells

    def _pooled(self, mask: np.ndarray, members: np.ndarray, data: tuple, group: str) -> tuple[np.ndarray, np.ndarray]:
        """Correlation pooled over a group under one choice of values; kept, because every method asks for it."""
        if (data, group) not in self._rhos:
            self._rhos[data, group] = family_rho(_stack(self.panel, members, self.rule), mask[members])
        return self._rhos[data, group]

    def _straight(self, parts: list[tuple]) -> dict[tuple, dict]:
        """Least squares with weights; the correlation widens the error by (1 + rho) / (1 - rho) (METHODS 2.11)."""
        cells, lines = {}, {}
        for key, spec in parts:
            data = tuple(spec[name] for name in DATA)
            if (data, spec["weights"]) not in lines:
                mask = self.mask(spec) & ~self.panel.conflict[:, None]
                lines[data, spec["weights"]] = (mask, weighted_lines(np.where(mask, self.panel.values, np.nan), self.panel.times, recent=spec["weights"] == "recent"))
            mask, line = lines[data, spec["weights"]]
            members = self.group(spec["group"])
            rho = self._pooled(mask, members, data, spec["group"])[0] if spec["correlation"] == "pooled" else _given_rho(spec["correlation"])
            mine = int(np.flatnonzero(members == self.own)[0])
            p, low, high = line.judged(members, rho, self.desk.confidence)
            n, slope = int(line.n[self.own]), float(line.slope[self.own])
            up = "rising" if slope > 0 else "falling"
            verdict = "insufficient_data" if n < MIN_SLOPE else "indicative" if n < MIN_TEST or self.panel.only_provisional[self.own] else up if p[mine] < 1 - self.desk.confidence else "not_detected"
            cells[key] = {"p": p, "mine": mine, "slope": slope, "ci_low": float(low[mine]), "ci_high": float(high[mine]), "p_value": float(p[mine]), "verdict": verdict, "n_obs": n}
        return cells

    def _trend_result(self, spec: dict, cell: dict) -> dict:
        p, mine = cell["p"], cell["mine"]
        if "adjusted" not in cell:  # every test begins with it
            cell["adjusted"] = float(adjust_p(p, np.zeros(len(p), dtype=int))[0][mine])
        tested = max(int((~np.isnan(p)).sum()), 1)
        alpha, q, own = 1 - self.desk.confidence, Q_FAMILY, cell["adjusted"]
        if spec["test"] == "single":
            own, q = cell["p_value"], alpha
        elif spec["test"] == "yekutieli":  # Benjamini-Yekutieli 2001: holds under any dependence between provinces
            own = min(1.0, own * float(np.sum(1 / np.arange(1, tested + 1)))) if own == own else own
        elif spec["test"] == "bonferroni":
            own, q = min(1.0, cell["p_value"] * tested) if own == own else own, alpha
        elif spec["test"] == "strict":
            q, alpha = Q_FAMILY / 2, alpha / 5
        elif spec["test"] != "official":
            raise UsageError(f"test is {spec['test']!r}; write one of {', '.join(TREND['test'])}.")
        verdict = str(cell["verdict"])
        if verdict in ("rising", "falling"):
            good = (1 if verdict == "rising" else -1) * self.rule.sign
            firm = cell["p_value"] < alpha and own <= q
            verdict = "not_detected" if not firm else {1: "improving", -1: "worsening", 0: "changed"}[good]
        return {
            "verdict": verdict, "estimate": float(cell["slope"]), "ci_low": float(cell["ci_low"]), "ci_high": float(cell["ci_high"]), "p_value": float(cell["p_value"]),
            "p_adjusted": float(own), "probability": np.nan, "pace": float(cell["slope"]), "n_obs": int(cell["n_obs"]), "reason": "",
        }  # fmt: skip

    # ------------------------------------------------------------ will the target be met?

    @cached_property
    def target(self) -> Target | None:
        """The first target of the series, None where it has none."""
        rows = self.desk.codelists.targets
        rows = sorted(rows[rows["SERIES"] == self.series].to_dict("records"), key=lambda r: int(r["year"]))
        return read_target(rows[0]) if rows else None

    def run_progress(self, specs: list[dict]) -> list[dict]:
        """Return what each specification says of the target."""
        if self.own is None or not self.rule.sign:
            return [_nothing("no_data_here" if self.own is None else "no_direction")] * len(specs)
        whole = annual_first([self.panel.segment(self.own)])[0]
        several = (self.desk.codelists.targets["SERIES"] == self.series).sum() > 1
        kept = _Kept({}, {}, {}, {}, {})
        return [self._progress_result(spec, whole, bool(several), kept) for spec in specs]

    def _progress_result(self, spec: dict, whole: Segment, several: bool, kept: _Kept) -> dict:
        data = tuple(spec[name] for name in DATA)
        if data not in kept.segments:
            kept.segments[data] = whole if _is_official_data(spec) else self._segment(spec, whole)
        segment, rules = kept.segments[data], spec["method"] in RULES
        # A published rule takes the target, and the outlook the probability, of the official pace.
        method, weights = ("official", "equal") if rules else (spec["method"], spec["weights"])
        key = (data, spec["base_year"], spec["target"], spec["target_year"], method, weights, spec.get("correlation", "pooled"))
        if key not in kept.rows:
            aim = key[:4]
            if aim not in kept.targets:
                kept.targets[aim] = self._target(spec, segment)
            target = kept.targets[aim]
            trend = self.official_row | ({} if key[-1] == "pooled" else {"rho": _given_rho(key[-1])})
            line_of = partial(_line_of, kept.lines, method, weights)
            kept.rows[key] = target, None if target is None else progress_row(segment, self.rule, target, trend, self.desk.report_year, several, line_of)
        target, row = kept.rows[key]
        if row is None:
            return _nothing("no_target")
        told = {
            "estimate": float(row["pace_ratio"]), "probability": float(row["p_on_track"]), "n_obs": int(row["n_obs"]), "verdict": OURS.get(row["progress"], NONE),
            "reason": row["progress"], "pace": float(row["actual_pace"]), "ci_low": np.nan, "ci_high": np.nan, "p_value": np.nan, "p_adjusted": np.nan,
        }  # fmt: skip
        if not rules:
            return told
        if key not in kept.courses:
            kept.courses[key] = self._by_rules(segment, target, row)
        one = kept.courses[key][spec["method"]]
        return told | {"probability": np.nan, "pace": np.nan, "verdict": one["common"], "estimate": float(one["value"]), "reason": one["verdict"]}

    def _segment(self, spec: dict, whole: Segment) -> Segment:
        there = ~np.isnan(self.panel.values[self.own])
        mask = self.mask(spec)[self.own][there]
        # Values that are kept on purpose are no longer told apart as provisional.
        provisional = np.zeros(int(mask.sum()), dtype=bool) if spec["provisional"] == "kept" else whole.provisional[mask]
        return replace(whole, everything=whole.everything.where(mask), after_break=whole.after_break[mask], provisional=provisional)

    def _by_rules(self, segment: Segment, target: Target, row: dict) -> dict[str, dict]:
        points = annual_points(segment.usable, segment.keys["FREQ"], self.rule.aggregation)
        years, first = np.unique(points.years, return_index=True)
        course = Course(years, points.values[first], self.rule.sign, target.baseline_year, float(row["target_value"]), target.year, p_on_track=float(row["p_on_track"]))
        return {one["method"]: one for one in compare(course)}

    def target_of(self, spec: dict) -> Target | None:
        """The target of a specification, from the province's own values."""
        return self._target(spec, annual_first([self.panel.segment(self.own)])[0])

    def _target(self, spec: dict, segment: Segment) -> Target | None:
        """The target of a specification: the official one, moved, or a number of the adviser's own."""
        target, word = self.target, spec["target"]
        if target is None:
            if word in PROGRESS["target"]:
                return None
            target = Target(np.nan, 2030, 2015, "own", "fixed", "")
        base = spec["base_year"]
        if base == "first" and len(segment.usable):
            target = replace(target, baseline_year=int(segment.usable.years[0]))
        elif base.isdigit():
            target = replace(target, baseline_year=int(base))
        elif base not in ("official", "first"):
            raise UsageError(f"base_year is {base!r}; write a year such as 2016, official or first.")
        year = spec["target_year"]
        if year == "later":
            target = replace(target, year=target.year + LATER)
        elif year.isdigit():
            target = replace(target, year=int(year))
        elif year != "official":
            raise UsageError(f"target_year is {year!r}; write a year such as 2030, official or later.")
        if word == "official":
            return target
        if word not in ("stricter", "easier"):
            try:
                return replace(target, value=float(word), rule="fixed")
            except ValueError:
                raise UsageError(f"target is {word!r}; write a number in the unit of the series, official, stricter or easier.") from None
        # Both are stated against the official target; one that a rule derives from the baseline is worked out first.
        row = progress_row(segment, self.rule, target, {}, self.desk.report_year, False, _no_line)
        harder = self.rule.sign * (1 if word == "stricter" else -1)
        value = float(row["target_value"])
        moved = value + harder * SHIFT * (abs(value) or abs(float(row["baseline_value"])))
        low, high = (limit if limit == limit else other for limit, other in zip(self.rule.bounds, (-np.inf, np.inf), strict=True))
        return replace(target, value=float(np.clip(moved, low, high)), rule="fixed")


def _is_official_data(spec: dict) -> bool:
    return all(spec[name] == TREND[name][0] for name in DATA)


def _cell_key(spec: dict) -> tuple:
    return tuple(spec[name] for name in TREND if name != "test")


def _cut(word: str) -> float:
    try:
        return {"beyond_3.5": FAR, "beyond_2.5": DOUBTFUL}[word]
    except KeyError:
        raise UsageError(f"outliers is {word!r}; write one of {', '.join(TREND['outliers'])}.") from None


def _given_rho(word: str) -> float:
    try:
        return {"none": 0.0, "assumed": RHO_ASSUMED, "strong": STRONG_RHO}[word]
    except KeyError:
        raise UsageError(f"correlation is {word!r}; write one of {', '.join(TREND['correlation'])}.") from None


def _nothing(reason: str) -> dict:
    blank = dict.fromkeys(("estimate", "ci_low", "ci_high", "p_value", "p_adjusted", "probability", "pace"), np.nan)
    return blank | {"verdict": "no_data" if reason == "no_data_here" else NONE, "n_obs": 0, "reason": reason}


def _stack(panel: Panel, rows: np.ndarray, rule: SeriesRule) -> Panel:
    """Return a panel of some rows, repeats allowed, all of one family."""
    def take(name):
        return getattr(panel, name)[rows]

    return replace(
        panel, keys={name: column[rows] for name, column in panel.keys.items()}, family=np.zeros(len(rows), dtype=int), rules=[rule],
        **{name: take(name) for name in ("values", "numerators", "denominators", "after_break", "provisional", "conflict", "broken", "changed_basis", "no_range")},
    )


def _no_line(points: Points, rule: SeriesRule, horizon: float, rho: float, seed: int) -> Line:
    return Line(0.0, float(points.values[-1]), "none", np.array([]), np.array([]))


def _line_of(kept: dict, method: str, weights: str, points: Points, rule: SeriesRule, horizon: float, rho: float, seed: int) -> Line:
    """Return the pace by one method; drawn once for the same values, whatever the target."""
    key = (points.times.tobytes(), points.values.tobytes(), rho, method, weights)
    if key in kept and kept[key][0] == horizon:
        return kept[key][1]
    if key in kept:
        known, line = kept[key]
        return replace(line, projected=line.projected + line.pace * (horizon - known))
    if method == "official" or len(points) < 3:
        line = pace_line(points, rule, horizon, rho, seed)
    else:
        draws = (*key[:3], "sen")
        if draws not in kept:
            kept[draws] = (horizon, sen_line(points, horizon, rho, seed))
        line = _other_line(points, method, weights, horizon, kept[draws][1])
    kept[key] = (horizon, line)
    return line


def _other_line(points: Points, method: str, weights: str, horizon: float, sen: Line) -> Line:
    """Pace between end points, or by least squares; the draws are those of the Theil-Sen line, so that all are judged by one noise."""
    times, values = points.times, points.values
    if method == "end_points":
        pace = float((values[-1] - values[0]) / (times[-1] - times[0]))
        return replace(sen, pace=pace, projected=float(values[-1] + pace * (horizon - times[-1])), method="end_points")
    if method != "straight_line":
        raise UsageError(f"method is {method!r}; write one of {', '.join(PROGRESS['method'])}.")
    line = weighted_lines(values[None], times, recent=weights == "recent")
    pace = float(line.slope[0])
    return replace(sen, pace=pace, projected=float(line.level[0] + pace * (horizon - line.centre[0])), method="least_squares")


# ---------------------------------------------------------------- straight lines


@dataclass(frozen=True)
class StraightLines:
    """Weighted least-squares lines, one per row; `level` is the fitted value at `centre`, both in the rows' own units."""

    n: np.ndarray
    slope: np.ndarray
    se: np.ndarray
    level: np.ndarray
    centre: np.ndarray

    def judged(self, rows, rho, confidence: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return two-sided p, and the interval's ends, of `rows` by Student's t with n - 2 degrees and the error widened by `rho`.

        NaN under six values, as for ranks.
        """
        from scipy.special import stdtr, stdtrit

        degrees, slope = np.maximum(self.n[rows] - 2, 1), self.slope[rows]
        se = self.se[rows] * np.sqrt((1 + rho) / (1 - rho))
        with np.errstate(invalid="ignore", divide="ignore"):
            p = 2 * stdtr(degrees, -np.abs(slope / se))
        few = self.n[rows] < MIN_TEST
        reach = stdtrit(degrees, 0.5 + confidence / 2) * se
        p = np.where(se > 0, p, np.where(slope == 0, 1.0, 0.0))  # values that lie on the line exactly
        return tuple(np.where(few, np.nan, part) for part in (p, slope - reach, slope + reach))


def weighted_lines(values: np.ndarray, times: np.ndarray, *, recent: bool = False, until: float = 2030.5) -> StraightLines:
    """Return least-squares lines of every row of `values` (NaN left out), over `times` in years.

    `recent` weighs by (T - t_first) / (T - t) with T = `until`, as UN ESCAP does (METHODS 3.3), so that the latest years count
    several times as much as the first.

    Examples
    --------
    >>> weighted_lines(np.array([[1.0, 2.0, 3.0]]), np.array([2019.5, 2020.5, 2021.5])).slope.tolist()
    [1.0]
    """
    held = ~np.isnan(values)
    first = np.where(held, times, np.inf).min(axis=1)
    latest = max(until, float(times.max()) + 1)
    with np.errstate(invalid="ignore"):
        weight = np.where(held, (latest - np.where(np.isfinite(first), first, 0)[:, None]) / (latest - times), 0.0) if recent else held.astype(float)
    n, total = held.sum(axis=1), np.maximum(weight.sum(axis=1), 1e-300)
    y = np.where(held, values, 0.0)
    centre, level = (weight * times).sum(axis=1) / total, (weight * y).sum(axis=1) / total
    apart = np.where(held, times - centre[:, None], 0.0)
    squares = (weight * apart**2).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        slope = np.where(squares > 0, (weight * apart * y).sum(axis=1) / squares, np.nan)
        residual = np.where(held, values - level[:, None] - slope[:, None] * apart, 0.0)
        spread = (weight * residual**2).sum(axis=1) / np.maximum(n - 2, 1)
        # Weights say how much a year counts, not how exact it is: the sandwich keeps the error honest.
        scale = (weight**2 * apart**2).sum(axis=1) / squares**2 if recent else 1 / squares
        se = np.sqrt(np.where(recent, (residual**2).sum(axis=1) / np.maximum(n - 2, 1), spread) * scale)
    return StraightLines(n, slope, np.where(n >= 3, se, np.nan), level, centre)
