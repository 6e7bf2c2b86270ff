"""Is it moving, under other choices? Estimated by the report's own `trends.estimate_rows`; a least-squares line stands beside it.

The rows of all provinces under each choice of values lie one below the other in one panel, so that a series is estimated in a
few calls.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from sdg_eval.explore.case import Case
from sdg_eval.explore.choices import DATA, GIVEN, RESULT, TREND, blank_results, picked, whole_specifications
from sdg_eval.explore.straight_lines import StraightLines, weighted_lines
from sdg_eval.panels import MIN_SLOPE, Panel, SeriesRule
from sdg_eval.ranks import MIN_TEST, round_rho
from sdg_eval.trends import Q_FAMILY, estimate_rows

STILL = ("no_change", "at_bound", "no_events")
"""Verdicts of values that are all equal: three words for one finding."""
ESTIMATED = ("slope", "ci_low", "ci_high", "p_value")


class Cell(NamedTuple):
    """All choices but the test: what is estimated."""

    data: tuple
    method: str
    weights: str
    correlation: str
    group: str


def specify(case: Case) -> pd.DataFrame:
    """Return every defensible specification; the official one first, and none that would say the same by its nature."""
    if case.closed or case.panel.usable[case.own].sum() < MIN_SLOPE:
        return whole_specifications("trend", [{}])
    groups = {}
    for word in TREND["group"]:
        groups.setdefault(case.group(word).tobytes(), word)
    cells = [
        Cell(data, method, weights, correlation, group)
        for data in case.variants("trend")
        for method, weights in _methods(case)
        for correlation in TREND["correlation"]
        for group in groups.values()
        if _distinct(case, data, method, correlation, group)
    ]
    words = [[*cell.data, cell.method, cell.weights, cell.correlation, cell.group, test] for cell in cells for test in TREND["test"]]
    return pd.DataFrame(words, columns=[*DATA, *(n for n in TREND if n not in DATA)], dtype=object)[list(TREND)]


def _methods(case: Case) -> list[tuple[str, str]]:
    """Methods with their weights. Ranks know no weights, and a straight line no seasons."""
    found = [("official", "equal")] if _ranked(case) else [("official", "equal"), ("ranks", "equal")]
    return found + ([("straight_line", weights) for weights in TREND["weights"]] if case.panel.per_year == 1 else [])


def _ranked(case: Case) -> bool:
    """The official method is one of ranks, not a model of counts or proportions."""
    return str(case.official_row.get("method", "")).startswith(("mann_kendall", "theil_sen", "seasonal", "none", "end_points", "year_on_year"))


def _distinct(case: Case, data: tuple, method: str, correlation: str, group: str) -> bool:
    """False for a given correlation that is the pooled one (nulls are drawn in steps of 0.05).

    Models of counts and proportions have a dispersion of their own, and are asked for the pooled one only.
    """
    if correlation not in GIVEN:
        return True
    return (method != "official" or _ranked(case)) and round_rho(GIVEN[correlation]) != round_rho(case.pooled(data, group)[0])


def run(case: Case, specs: pd.DataFrame) -> pd.DataFrame:
    """Return what each specification says of the trend (columns RESULT)."""
    if case.closed:
        return blank_results(len(specs), case.closed, case.closed)
    data = zip(*(specs[name] for name in DATA), strict=True)
    keys = [Cell(*parts) for parts in zip(data, *(specs[name] for name in Cell._fields[1:]), strict=True)]
    numbers = {key: i for i, key in enumerate(dict.fromkeys(keys))}
    found = _estimate(case, list(numbers))
    return _judge(case, {name: column[[numbers[key] for key in keys]] for name, column in found.items()}, specs["test"].to_numpy())


def _judge(case: Case, cells: dict[str, np.ndarray], tests: np.ndarray) -> pd.DataFrame:
    """Apply the test of each specification to its cell."""
    for test in set(tests):
        picked("test", test, TREND["test"])
    alpha, p, tested = 1 - case.desk.confidence, cells["p_value"], np.maximum(cells["tested"], 1)
    harmonic = {n: np.sum(1 / np.arange(1, n + 1)) for n in set(tested)}
    own = np.select(
        [tests == "single", tests == "yekutieli", tests == "bonferroni"],
        # Benjamini-Yekutieli 2001 holds under any dependence between provinces
        [p, np.minimum(1.0, cells["adjusted"] * np.array([harmonic[n] for n in tested])), np.minimum(1.0, p * tested)], cells["adjusted"],
    )  # fmt: skip
    strict = tests == "strict"
    q = np.select([np.isin(tests, ("single", "bonferroni")), strict], [alpha, Q_FAMILY / 2], Q_FAMILY)
    with np.errstate(invalid="ignore"):
        firm = (p < np.where(strict, alpha / 5, alpha)) & (own <= q)
    verdict = cells["verdict"].astype(object)
    for word, way in (("rising", 1), ("falling", -1)):
        moved = verdict == word
        verdict[moved] = np.where(firm[moved], {1: "improving", -1: "worsening", 0: "changed"}[way * case.rule.sign], "not_detected")
    return pd.DataFrame(
        {"verdict": verdict, "estimate": cells["slope"], **{name: cells[name] for name in ESTIMATED[1:]}, "p_adjusted": own, "probability": np.nan, "pace": cells["slope"],
         "n_obs": cells["n_obs"].astype(int), "reason": "", "aim": np.nan, "aim_year": np.nan, "base": np.nan}, columns=RESULT,
    )  # fmt: skip


# ---------------------------------------------------------------- estimates


def _estimate(case: Case, cells: list[Cell]) -> dict[str, np.ndarray]:
    """Slope, interval, p, adjusted p, number of tests, verdict and n of the province in each cell."""
    for cell in cells:
        picked("method", cell.method, TREND["method"])
        picked("weights", cell.weights, TREND["weights"])
        picked("correlation", cell.correlation, TREND["correlation"])
    found = {name: np.full(len(cells), np.nan) for name in (*ESTIMATED, "adjusted")}
    found |= {"tested": np.zeros(len(cells), dtype=int), "verdict": np.full(len(cells), "", dtype=object), "n_obs": np.zeros(len(cells), dtype=int)}
    p_values = [np.empty(0)] * len(cells)
    for method in TREND["method"]:
        mine = [i for i, cell in enumerate(cells) if cell.method == method]
        if mine:
            estimate = _straight if method == "straight_line" else _stacked
            for i, told in zip(mine, estimate(case, [cells[i] for i in mine]), strict=True):
                p_values[i] = told.pop("p")
                for name, value in told.items():
                    found[name][i] = value
    for group in {cell.group for cell in cells}:
        at = [i for i, cell in enumerate(cells) if cell.group == group]
        found["adjusted"][at], found["tested"][at] = own_adjusted(np.stack([p_values[i] for i in at]), found["p_value"][at])
    return found


def own_adjusted(p: np.ndarray, own: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the Benjamini-Hochberg p of one member of each row of tests, and how many tests a row has (NaN is none).

    Examples
    --------
    >>> own_adjusted(np.array([[0.01, 0.04, 0.03, np.nan]]), np.array([0.03]))
    (array([0.04]), array([3]))
    """
    ordered = np.sort(p, axis=1)  # NaN last
    size = (~np.isnan(p)).sum(axis=1)
    scaled = np.minimum(ordered * size[:, None] / np.arange(1, p.shape[1] + 1), 1.0)
    with np.errstate(invalid="ignore"):
        adjusted = np.where(ordered >= own[:, None], scaled, np.inf).min(axis=1)
    return np.where(np.isnan(own), np.nan, adjusted), size


def _stacked(case: Case, cells: list[Cell]) -> list[dict]:
    """Estimate ranks and models of all cells of one method in one panel."""
    panel, blocks, wanted = case.panel, {}, []
    for cell in cells:
        rho = GIVEN[cell.correlation] if cell.correlation in GIVEN else case.pooled(cell.data, cell.group)[0]
        wanted.append((cell.data, float(round_rho(rho))))  # nulls are drawn at rounded correlations: equal ones need one estimate
        blocks.setdefault(wanted[-1], set()).add(cell.group)
    rows, taken, rhos, starts, n = [], [], [], {}, 0
    for (data, rho), groups in blocks.items():
        held = np.unique(np.concatenate([case.group(group) for group in groups]))
        starts[data, rho] = n, held
        rows.append(held)
        taken.append(case.mask(data)[held])
        rhos.append(np.full(len(held), rho))
        n += len(held)
    rule = replace(case.rule, kind="amount") if cells[0].method == "ranks" else case.rule
    rows = np.concatenate(rows)
    out = estimate_rows(_stack(panel, rows, rule), np.concatenate(taken), np.concatenate(rhos), np.zeros(n, dtype=bool), confidence=case.desk.confidence)
    # As in the report: what rests on provisional values alone is a direction only.
    out["verdict"][panel.only_provisional[rows] & np.isin(out["verdict"].astype(str), ("rising", "falling", "not_detected"))] = "indicative"
    found = []
    for cell, block in zip(cells, wanted, strict=True):
        start, held = starts[block]
        mine = start + int(np.searchsorted(held, case.own))
        found.append({"p": out["p_value"][start + np.searchsorted(held, case.group(cell.group))]} | {name: out[name][mine] for name in (*ESTIMATED, "verdict", "n_obs")})
    return found


def _stack(panel: Panel, rows: np.ndarray, rule: SeriesRule) -> Panel:
    """Return a panel of some rows, repeats allowed, all of one family."""
    matrices = ("values", "numerators", "denominators", "after_break", "provisional", "conflict", "broken", "changed_basis", "no_range")
    return replace(
        panel, keys={name: column[rows] for name, column in panel.keys.items()}, family=np.zeros(len(rows), dtype=int), rules=[rule],
        **{name: getattr(panel, name)[rows] for name in matrices},
    )  # fmt: skip


@dataclass(frozen=True)
class _Lines:
    lines: StraightLines
    still: bool  # all values of the province are equal


def _straight(case: Case, cells: list[Cell]) -> list[dict]:
    """Least squares with weights; the correlation widens the error by (1 + rho) / (1 - rho) (METHODS 2.11)."""
    panel, kept, found = case.panel, {}, []
    for cell in cells:
        key = (cell.data, cell.weights)
        if key not in kept:
            values = np.where(case.mask(cell.data) & ~panel.conflict[:, None], panel.values, np.nan)
            mine = values[case.own]
            kept[key] = _Lines(weighted_lines(values, panel.times, recent=cell.weights == "recent"), bool(np.nanmax(mine, initial=-np.inf) <= np.nanmin(mine, initial=np.inf)))
        line, still, members = kept[key].lines, kept[key].still, case.group(cell.group)
        rho = GIVEN[cell.correlation] if cell.correlation in GIVEN else case.pooled(cell.data, cell.group)[0]
        p, low, high = line.judged(members, rho, case.desk.confidence)
        at, n, slope = int(np.searchsorted(members, case.own)), int(line.n[case.own]), float(line.slope[case.own])
        found.append({"p": p, "slope": slope, "ci_low": low[at], "ci_high": high[at], "p_value": p[at], "n_obs": n, "verdict": _line_verdict(case, n, slope, p[at], still)})
    return found


def _line_verdict(case: Case, n: int, slope: float, p: float, still: bool) -> str:
    if n < MIN_SLOPE:
        return "insufficient_data"
    if still:
        return "no_change"
    if n < MIN_TEST or case.panel.only_provisional[case.own]:
        return "indicative"
    return ("rising" if slope > 0 else "falling") if p < 1 - case.desk.confidence else "not_detected"


def same_finding(one: str, other: str) -> bool:
    """True where two verdicts say the same: the words of values that never change are one."""
    return one == other or (one in STILL and other in STILL)
