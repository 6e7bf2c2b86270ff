"""What an adviser may choose otherwise for one finding. The first of every list is official."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sdg_eval.errors import UsageError
from sdg_eval.ranks import RHO_ASSUMED

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
"""What may be chosen for each question."""
DATA = ("years", "covid", "provisional", "outliers")
"""Choices of values: the others are what is done with them."""
GIVEN = {"none": 0.0, "assumed": RHO_ASSUMED, "strong": STRONG_RHO}
"""Correlations that are not pooled."""
CUTS = {"beyond_3.5": FAR, "beyond_2.5": DOUBTFUL}
RESULT = [
    "verdict", "estimate", "ci_low", "ci_high", "p_value", "p_adjusted", "probability", "pace", "n_obs", "reason", "aim", "aim_year", "base",
]  # fmt: skip
"""`estimate`: slope per year (trend) or pace ratio (progress); `pace`: change per year in the unit of the series; `probability`:
P(on track), of progress by pace alone; `aim`, `aim_year`, `base`: target value, target year and first year that progress was judged by."""


def choices_of(question: str) -> dict[str, tuple[str, ...]]:
    """Return what may be chosen for a question. Raises UsageError for one that is none."""
    if question not in CHOICES:
        raise UsageError(f"{question!r} is no question. Ask trend or progress.")
    return CHOICES[question]


def official(question: str) -> dict[str, str]:
    """Return the official choices.

    Examples
    --------
    >>> official("progress")["target"], official("trend")["test"]
    ('official', 'official')
    """
    return {name: choices[0] for name, choices in choices_of(question).items()}


def whole_specifications(question: str, specs: list[dict]) -> pd.DataFrame:
    """Return choices as a table, one row each, those not named being official. Raises UsageError for an unknown one."""
    base = official(question)
    for spec in specs:
        if unknown := sorted(set(spec) - set(base)):
            raise UsageError(f"{', '.join(unknown)}: no choice of {question}. There are: {', '.join(base)}.")
    return pd.DataFrame([base | spec for spec in specs], columns=list(base), dtype=object)


def picked(name: str, word: str, known: dict | tuple, question: str = "trend"):
    """Return what a word of a choice stands for. Raises UsageError naming those that may be written."""
    if word not in known:
        raise UsageError(f"{name} is {word!r}; write one of {', '.join(choices_of(question)[name])}.")
    return known[word] if isinstance(known, dict) else word


def blank_results(n: int, verdict: str, reason: str) -> pd.DataFrame:
    """Return `n` rows of RESULT that say nothing but why."""
    return pd.DataFrame({name: verdict if name == "verdict" else reason if name == "reason" else 0 if name == "n_obs" else np.nan for name in RESULT}, index=range(n))
