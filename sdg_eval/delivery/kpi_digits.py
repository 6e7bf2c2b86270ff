"""Last digits of a reporter's figures: counted things end in 0 or 5 one time in five, estimates far more often.

Every agency and every province is a reporter. Its share of figures that end in 0 or 5 is held against the share
among all others who count the same (never below one in five) by the exact binomial, and so is its share of forms in which every
figure does: a few estimated forms are everybody's habit, so both have to be too many. False discoveries are
controlled over all reporters. Things counted in batches are left out.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from sdg_eval.delivery.kpi_copies import batch_sizes
from sdg_eval.delivery.kpi_forms import COLUMNS, quarters_in
from sdg_eval.delivery.shares import ALIKE, likeness, wilson
from sdg_eval.pooling import false_discovery

BY_CHANCE = 0.2
"""Two last digits of ten."""
FORM_BY_CHANCE = 0.04
"""Two figures of a form both round by chance; the usual share of such forms is never taken as less."""
MIN_FIGURES = 15
"""Fewest figures from which a reporter's last digits are judged."""
MATERIAL = 0.5
"""Share of round figures below which nothing is said: some rounding is everybody's habit."""
LEAST_BATCH = 20
"""Batches below this are what estimates look like."""
Q = 0.01
"""False discovery rate: one wrong in a hundred reporters named."""
DIGIT_COLUMNS = ["by", "reporter", "n_forms", "n_figures", "n_round", "share", "ci_low", "ci_high", "usual", "p_value", "q_value", "heaped", "reason"]


def read_digits(forms: pd.DataFrame) -> pd.DataFrame:
    """Return per form how many of its figures can be judged (`n`) and how many of these end in 0 or 5 (`k`).

    A figure is judged by its whole part, if that has two digits or more (decimals end in 0 wherever one was not
    measured), if it is not the target and does not repeat an earlier one of the form. Shares, and families
    counted in batches, have none.
    """
    values = quarters_in(forms)
    ticks = np.floor(values + 1e-9)
    judged = np.isfinite(values) & (ticks >= 10) & (values != forms["target_value"].to_numpy()[:, None])
    judged &= ~forms["is_share"].to_numpy()[:, None] & (batch_sizes(forms, values, least=LEAST_BATCH) == 0)[:, None]
    for q in range(1, 4):
        judged[:, q] &= ~(values[:, :q] == values[:, [q]]).any(axis=1)
    round_ones = judged & (np.mod(np.where(judged, ticks, 1), 5) == 0)
    return forms[["kpi_id", "agency_id", "REF_AREA", "kin"]].assign(n=judged.sum(axis=1), k=round_ones.sum(axis=1))


def digit_heaping(forms: pd.DataFrame) -> pd.DataFrame:
    """Return one row per agency and per province: share of figures ending in 0 or 5, its interval, and whether that is heaping."""
    from scipy.stats import binom

    digits = read_digits(forms)
    kin, kins = pd.factorize(digits["kin"], sort=True)
    figures = digits[["k", "n"]].to_numpy()
    whole = _whole_forms(figures)
    sums, whole_sums = _by_kin(figures, kin, len(kins)), _by_kin(whole, kin, len(kins))
    rows = []
    for by in ("agency_id", "REF_AREA"):
        alike = likeness(digits["k"], digits["n"], digits[by])
        alike = ALIKE if np.isnan(alike) else alike
        places = digits.groupby(by, sort=True).indices
        for reporter in (name for name in places if name != ""):
            own = places[reporter]
            k, n = (int(total) for total in figures[own].sum(axis=0))
            of_kin = _by_kin(figures[own], kin[own], len(kins))
            usual = _usual(of_kin, sums - of_kin, BY_CHANCE)
            effect = max(1.0, 1 + ((figures[own, 1] ** 2).sum() / n - 1) * alike) if n else 1.0
            told = wilson(k, n, n_eff=n / effect)
            of_figures = binom.sf(k - 1, n, usual)
            whole_of_kin = _by_kin(whole[own], kin[own], len(kins))
            habit = _usual(whole_of_kin, whole_sums - whole_of_kin, FORM_BY_CHANCE)
            p = float(max(of_figures, binom.sf(whole[own, 0].sum() - 1, whole[own, 1].sum(), habit))) if n >= MIN_FIGURES else np.nan
            rows.append({
                "by": by, "reporter": reporter, "n_forms": int((figures[own, 1] > 0).sum()), "n_figures": n, "n_round": k, "share": told.share,
                "ci_low": told.ci_low, "ci_high": told.ci_high, "usual": usual, "p_value": p, "reason": "" if n >= MIN_FIGURES else "few_figures",
            })  # fmt: skip
    table = pd.DataFrame(rows, columns=[c for c in DIGIT_COLUMNS if c not in ("q_value", "heaped")])
    table["q_value"] = false_discovery(table["p_value"], Q) if len(table) else np.nan
    table["heaped"] = (table["q_value"] <= Q) & (table["share"] >= MATERIAL)
    return table[DIGIT_COLUMNS]


def _by_kin(figures: np.ndarray, kin: np.ndarray, kins: int) -> np.ndarray:
    """Sums of (k, n) by kin, one row each; forms without a kin in none."""
    known = kin >= 0
    return np.column_stack([np.bincount(kin[known], figures[known, j], kins) for j in range(2)])


def _whole_forms(figures: np.ndarray) -> np.ndarray:
    """(k, n) per form: whether it has two judged figures or more (n), and whether then every one is round (k)."""
    several = figures[:, 1] >= 2
    return np.column_stack([several & (figures[:, 1] == figures[:, 0]), several]).astype(int)


def _usual(own: np.ndarray, rest: np.ndarray, least: float) -> float:
    """The share that others have who count the same, in the mixture of the reporter; all others where too few count the same."""
    given, (k, n) = own[:, 1], rest.sum(axis=0)
    everywhere = k / n if n >= MIN_FIGURES else least
    shares = np.full(len(rest), everywhere)
    np.divide(rest[:, 0], rest[:, 1], out=shares, where=rest[:, 1] >= MIN_FIGURES)
    return float((np.maximum(shares, least) * given).sum() / given.sum()) if given.sum() else float(max(least, everywhere))


def heaping_flags(forms: pd.DataFrame) -> list[dict]:
    """Return one flag per reporter whose figures heap; `kpi_id` lists its forms (`;` between)."""
    table, digits = digit_heaping(forms), read_digits(forms)
    flags = []
    for line in table[table["heaped"]].to_dict("records"):
        own = digits[(digits[line["by"]] == line["reporter"]) & (digits["n"] > 0)]
        agency = line["by"] == "agency_id"
        flags.append(dict.fromkeys(COLUMNS, "") | {
            "table": "kpi", "key": line["reporter"], "kpi_id": ";".join(own["kpi_id"]), "agency_id": line["reporter"] if agency else "",
            "REF_AREA": "" if agency else line["reporter"], "fiscal_year": np.nan, "check": "digit_heaping", "column": "q1-q4", "value": line["share"],
            "expected": line["usual"], "power": np.nan, "n": line["n_figures"], "chance": line["q_value"], "other": f"{line['n_round']}/{line['n_figures']}",
            "strength": "strong" if line["q_value"] < Q / 100 else "moderate",
        })  # fmt: skip
    return flags
