"""What people asked for first: priorities of a survey, weighted to the population where that can help.

Weights make a sample match the population by sex, age and area (raking); what they cannot do is turn
people who happened to answer into a sample of everyone. A convenience survey is called not representative
whatever its weights. Weighting costs precision, and n_eff says how much: intervals rest on it, not on n.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sdg_eval.delivery.frames import GOALS, take
from sdg_eval.delivery.shares import CONFIDENCE, SEED, area_seed, resample_counts, wilson
from sdg_eval.errors import DataError
from sdg_eval.suppression import THRESHOLD

TOLERANCE = 1e-8
"""Largest difference between a weighted margin and the population's, as a share of the whole."""
MAX_PASSES = 200
TRIM = 5.0
"""Largest weight, in medians: one person may not speak for very many."""
MAX_TRIMS = 25
MANY_UNPLACED = 0.05
"""Share of answers outside the categories of a margin above which the two lists are taken for different ones."""
POINTS = (3.0, 2.0, 1.0)
"""Borda points of a first, second and third priority."""
DRAWS = 1000

COLUMNS = [
    "REF_AREA", "goal", "n", "n_blank", "n_named", "share", "ci_low", "ci_high", "borda", "borda_low", "borda_high",
    "rank_low", "rank_high", "n_eff", "deff", "weighted", "representative", "sampling", "collapsed", "n_trimmed", "reason",
]  # fmt: skip


# ---------------------------------------------------------------- raking


@dataclass(frozen=True)
class Raked:
    """Weights that match the margins, what had to be done for it, and what it costs."""

    weights: np.ndarray  # sum to the population
    n_eff: float  # persons that an unweighted sample of the same precision would have
    deff: float  # Kish's design effect, n / n_eff
    passes: int
    gap: float  # largest difference from a margin, as a share of the whole
    n_trimmed: int
    collapsed: tuple[str, ...] = ()  # as "age_group: 80+ with 60-79"
    unplaced: tuple[str, ...] = ()  # margins with answers outside their categories
    reason: str = ""  # not_converged, trim_not_reached, categories_differ, or empty


def kish(weights) -> tuple[float, float]:
    """Return Kish's design effect and effective n of weights (Kish 1965).

    Examples
    --------
    >>> kish([1, 1, 1, 1])
    (1.0, 4.0)
    """
    weights = np.asarray(weights, dtype=float)
    n_eff = float(weights.sum() ** 2 / np.sum(weights**2))
    return len(weights) / n_eff, n_eff


def rake(sample: pd.DataFrame, margins: dict, *, base=None, trim: float = TRIM) -> Raked:
    """Return weights under which the sample has the population's margins (iterative proportional fitting, Deming & Stephan 1940).

    Parameters
    ----------
    sample
        One row per person, a column per margin.
    margins
        Column -> {category: people}, categories in their order. Margins of different totals are taken as shares
        of the first one's.
    base
        Weights to start from; equal if not given.

    Notes
    -----
    A category with people and no answers is put together with its neighbour and reported. An answer outside the
    categories (blank, or a sex that the register does not count) keeps the weight that it would have without this
    margin: nobody is dropped. Weights above `trim` medians are cut and the rest raked again until both hold;
    margins go first where they cannot.

    Raises
    ------
    DataError
        For an empty sample, a missing column, a negative or all-zero margin, or weights that are not above 0.
    """
    base = np.ones(len(sample)) if base is None else np.array(base, dtype=float)
    if not len(sample) or not margins:
        raise DataError("Raking needs at least one answer and one margin.")
    if len(base) != len(sample) or not (base > 0).all() or not np.isfinite(base).all():
        raise DataError("Each person needs one base weight above 0.")
    collapsed, unplaced, limits, lost = [], [], [], 0.0
    population = None
    for name, people in margins.items():
        if name not in sample.columns:
            raise DataError(f"The sample has no column {name!r}, which a margin names. It has: {', '.join(map(str, sample.columns))}.")
        people = pd.Series(people, dtype=float)
        if (people < 0).any() or people.isna().any() or not people.sum() > 0:
            raise DataError(f"Margin {name} must count people: 0 or more in each category, and some in all.")
        population = people.sum() if population is None else population
        codes, wanted, merged, outside = _placed(sample[name], people / people.sum(), base)
        collapsed += [f"{name}: {pair}" for pair in merged]
        if outside > 0:
            unplaced.append(name)
            lost = max(lost, outside)
        if len(wanted) > 1:
            limits.append((codes, wanted * population))
    weights, passes, gap, n_trimmed, too_large = _fit(base * population / base.sum(), limits, population, trim)
    deff, n_eff = kish(weights)
    reason = "not_converged" if gap > TOLERANCE else "categories_differ" if lost > MANY_UNPLACED else "trim_not_reached" if too_large else ""
    return Raked(weights, n_eff, deff, passes, gap, n_trimmed, tuple(collapsed), tuple(unplaced), reason)


def _placed(answers: pd.Series, shares: pd.Series, base: np.ndarray) -> tuple[np.ndarray, np.ndarray, list[str], float]:
    """Codes per person, wanted share per code, the categories put together, and the share of answers outside them."""
    text = answers.astype("object").where(answers.notna(), "").map(lambda v: str(v).strip())
    names = [str(n).strip() for n in shares.index]
    known = set(text)
    groups = [[name] for name in names]
    share = dict(zip(names, shares, strict=True))
    merged = []
    while len(groups) > 1:
        # zero people and zero answers need no neighbour
        empty = [k for k, g in enumerate(groups) if not known & set(g) and sum(share[n] for n in g) > 0]
        if not empty:
            break
        k = empty[0]
        other = k + 1 if k + 1 < len(groups) else k - 1
        merged.append(f"{'+'.join(groups[k])} with {'+'.join(groups[other])}")
        low, high = min(k, other), max(k, other)
        groups[low : high + 1] = [groups[low] + groups[high]]
    code_of = {name: k for k, group in enumerate(groups) for name in group if sum(share[n] for n in group) > 0}
    codes = text.map(lambda v: code_of.get(v, len(groups))).to_numpy()
    outside = codes == len(groups)
    left = float(base[outside].sum() / base.sum())
    wanted = np.array([sum(share[n] for n in g) for g in groups]) * (1 - left)
    used, codes = np.unique(codes, return_inverse=True)
    return codes, np.append(wanted, left)[used], merged, left


def _fit(weights: np.ndarray, limits: list, population: float, trim: float) -> tuple:
    passes = 0
    cut = np.zeros(len(weights), dtype=bool)
    for _ in range(MAX_TRIMS + 1):
        weights, more, gap = _iterate(weights, limits, population)
        passes = max(passes, more)
        top = trim * np.median(weights)
        over = weights > top * (1 + 1e-6)
        if not over.any() or gap > TOLERANCE:
            break
        cut |= over
        weights = np.minimum(weights, top)
    else:
        weights, more, gap = _iterate(weights, limits, population)
        passes = max(passes, more)
    return weights, passes, gap, int(cut.sum()), bool((weights > trim * np.median(weights) * (1 + 1e-6)).any())


def _iterate(weights: np.ndarray, limits: list, population: float) -> tuple[np.ndarray, int, float]:
    """Proportional fitting to each margin in turn; at most MAX_PASSES passes."""
    passes, gap = 0, np.inf
    while passes < MAX_PASSES and gap > TOLERANCE / 100:
        for codes, wanted in limits:
            weights = weights * (wanted / np.bincount(codes, weights, len(wanted)))[codes]
        gap = max((np.abs(np.bincount(codes, weights, len(wanted)) - wanted).max() / population for codes, wanted in limits), default=0.0)
        passes += 1
    return weights, passes, float(gap)


# ---------------------------------------------------------------- priorities


def priorities(
    survey_answer: pd.DataFrame, survey_margin: pd.DataFrame | None = None, *, areas=None, fiscal_year: int | None = None, draws: int = DRAWS,
    seed: int = SEED, threshold: int = THRESHOLD, confidence: float = CONFIDENCE,
) -> pd.DataFrame:  # fmt: skip
    """Return 17 rows per province: the share of people who name each goal among their three, and its Borda share.

    Parameters
    ----------
    survey_margin
        People by sex, age group and area, per province; without it answers count alike (`weighted` is false).
    fiscal_year
        Only answers of this B.E. fiscal year.

    Returns
    -------
    DataFrame
        share with Wilson's interval at n_eff; borda (3, 2, 1 points for first to third, as a share of all points)
        with its bootstrap band over persons, and the ranks that the band allows. `representative` is true only
        if every answer is of a random sample. What rests on fewer than ten persons is blank with the reason
        suppressed, and so is a second goal where one alone could be worked out.
    """
    wanted = ["sex", "age_group", "urbanisation"]
    named = ["priority_1", "priority_2", "priority_3"]
    answers = take(survey_answer, "survey_answer", text=["REF_AREA", "sampling", *wanted, *named], numbers=["fiscal_year"])
    if fiscal_year is not None:
        answers = answers[answers["fiscal_year"] == fiscal_year]
    if wrong := sorted(set(answers[named].to_numpy().ravel()) - {"", *GOALS}):
        raise DataError(f"Priority {wrong[0]!r} is none of the 17 goals. Write a number from 1 to 17.", code="bad_cell", sheet="survey_answer")
    margins = _margins(survey_margin)
    parts = []
    for area in sorted(set(answers["REF_AREA"]) - {""}) if areas is None else areas:
        own = answers[answers["REF_AREA"] == area]
        parts.append(_area_priorities(area, own, margins.get(area, {}), named, draws, area_seed(area, seed), threshold, confidence))
    return pd.concat(parts, ignore_index=True)[COLUMNS] if parts else pd.DataFrame(columns=COLUMNS)


def _margins(survey_margin) -> dict:
    if survey_margin is None or not len(survey_margin):
        return {}
    table = take(survey_margin, "survey_margin", text=["REF_AREA", "margin", "category"], money=["people"])
    table = table[table["people"].notna()]
    return {
        area: {name: dict(zip(rows["category"], rows["people"], strict=True)) for name, rows in own.groupby("margin", sort=True)}
        for area, own in table.groupby("REF_AREA")
    }


def _area_priorities(area, own, margins, named, draws, rng, threshold, confidence) -> pd.DataFrame:
    given = (own[named] != "").any(axis=1)
    people = own[given]
    n = len(people)
    rows = pd.DataFrame({"REF_AREA": area, "goal": GOALS, "n": n, "n_blank": len(own) - n}).reindex(columns=COLUMNS).astype({"collapsed": object})
    kinds = sorted(set(people["sampling"]))
    rows["sampling"], rows["representative"], rows["weighted"] = ";".join(kinds), kinds == ["random"], False
    rows["collapsed"], rows["reason"] = "", ""
    if n < threshold:
        # fewer than the threshold: even how many there were is not told
        return rows.assign(reason="no_answers" if n == 0 else "suppressed", n=0 if n == 0 else np.nan, n_blank=np.nan)
    raked = rake(people, margins) if margins else None
    # weights that could not be made to fit are not used at all: half-way ones fit nothing
    usable = raked is not None and raked.reason not in ("not_converged", "categories_differ")
    weights = raked.weights if usable else np.ones(n)
    deff, n_eff = kish(weights)
    points = _points(people, named)
    mentions = points > 0
    naming = np.minimum(weights @ mentions / weights.sum(), 1.0)
    shares = [wilson(float(share) * n, n, n_eff=n_eff, confidence=confidence) for share in naming]
    totals = weights[:, None] * points
    drawn = resample_counts(n, draws, rng) @ totals
    drawn = drawn / drawn.sum(axis=1, keepdims=True)
    ranks = pd.DataFrame(-drawn).rank(axis=1, method="min").to_numpy()
    ends = [0.5 - confidence / 2, 0.5 + confidence / 2]
    band, places = np.quantile(drawn, ends, axis=0), np.quantile(ranks, ends, axis=0, method="nearest")
    rows = rows.assign(
        n_named=mentions.sum(axis=0), share=[s.share for s in shares], ci_low=[s.ci_low for s in shares], ci_high=[s.ci_high for s in shares],
        borda=totals.sum(axis=0) / totals.sum(), borda_low=band[0], borda_high=band[1], rank_low=places[0], rank_high=places[1],
        n_eff=n_eff, deff=deff, weighted=usable, n_trimmed=raked.n_trimmed if usable else 0,
        collapsed="; ".join(raked.collapsed) if raked else "", reason="no_margins" if raked is None else raked.reason,
    )  # fmt: skip
    return _hide_few(rows, threshold)


def _points(people: pd.DataFrame, named: list[str]) -> np.ndarray:
    """Person x goal Borda points; a goal that a person names twice counts once, at its best place."""
    points = np.zeros((len(people), len(GOALS)))
    place = {goal: k for k, goal in enumerate(GOALS)}
    for column, value in zip(named, POINTS, strict=True):
        for row, goal in enumerate(people[column]):
            if goal:
                points[row, place[goal]] = max(points[row, place[goal]], value)
    return points


def _hide_few(rows: pd.DataFrame, threshold: int) -> pd.DataFrame:
    """Blank what rests on 1 to 9 persons who did, or did not, name a goal; never one goal alone."""
    named, rest = rows["n_named"], rows["n"] - rows["n_named"]
    hidden = ((named > 0) & (named < threshold)) | ((rest > 0) & (rest < threshold))
    if hidden.sum() == 1:
        shown = named[~hidden & (named > 0)]
        if len(shown):
            hidden[shown.sort_values(kind="stable").index[0]] = True
    blank = ["n_named", "share", "ci_low", "ci_high", "borda", "borda_low", "borda_high", "rank_low", "rank_high"]
    rows[blank] = rows[blank].astype(float)
    rows.loc[hidden, blank] = np.nan
    rows.loc[hidden, "reason"] = "suppressed"
    return rows
