"""One finding under other defensible choices: what may be chosen, and what each choice would have said.

The official choice gives the numbers of the report, because it is computed by the same functions.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from sdg_eval.explore import of_progress, of_trend
from sdg_eval.explore.case import case_of
from sdg_eval.explore.choices import DATA, RESULT, choices_of, official, whole_specifications
from sdg_eval.explore.desk import Desk

QUESTIONS = {"trend": of_trend, "progress": of_progress}


def specifications(desk: Desk, series: str, area: str, question: str, *, freq: str = "") -> pd.DataFrame:
    """Return every defensible specification of a finding, one row each; the official one comes first.

    Choices that would change nothing are left out, so that no verdict counts twice: those that leave the province's own values,
    correlation, group, baseline or target as they are, and those that a method does not use.
    """
    choices_of(question)
    return QUESTIONS[question].specify(case_of(desk, series, area, question, freq=freq))


def run_specifications(desk: Desk, series: str, area: str, question: str, specs, *, freq: str = "") -> pd.DataFrame:
    """Return one row per specification: its choices, and what it says.

    Parameters
    ----------
    question
        `trend` (is it moving?) or `progress` (will the target be met?).
    specs
        Choices by name, as in `CHOICES`; those not named are official. A table as `specifications` gives it, or a list of dicts.
        Beside the words, `years` takes `2012-2020`, `base_year` a year, `target` a number in the unit of the series and
        `target_year` a year.

    Returns
    -------
    pandas.DataFrame
        The choices, `official`, `holds` (the same finding as the official one) and the columns of `RESULT`. `verdict` of a trend:
        improving, worsening, changed (no better or worse), not_detected, or what data allow; of progress: on the scale that all
        published rules share.

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
    choices_of(question)
    table = specs if isinstance(specs, pd.DataFrame) else whole_specifications(question, specs)
    base = whole_specifications(question, [{}])
    case = case_of(desk, series, area, question, freq=freq)
    told = QUESTIONS[question].run(case, pd.concat([base, table], ignore_index=True))
    verdict = told["verdict"].iloc[0]
    told = told.iloc[1:].reset_index(drop=True)
    ours = (table.reset_index(drop=True) == base.iloc[0]).all(axis=1)
    holds = told["verdict"].map({other: of_trend.same_finding(verdict, other) for other in set(told["verdict"])}).astype(bool)
    return pd.concat([table.reset_index(drop=True), ours.rename("official"), holds.rename("holds"), told[RESULT]], axis=1)


def used_values(desk: Desk, series: str, area: str, question: str, spec: dict, *, freq: str = "") -> pd.DataFrame:
    """Return time (decimal years), value and `used` of every value of a province: what a specification rests on.

    Examples
    --------
    >>> from sdg_eval.explore import open_desk
    >>> table = used_values(open_desk(), "SI_POV_NAHC", "TH-50", "trend", {"covid": "left_out"})
    >>> table.loc[table["time"].between(2020, 2022), "used"].any()
    np.False_
    """
    case, whole = case_of(desk, series, area, question, freq=freq), official(question) | spec
    if case.own is None:
        return pd.DataFrame({"time": [], "value": [], "used": []})
    used, panel = case.mask(tuple(whole[name] for name in DATA))[case.own], case.panel
    if question == "progress":
        start = run_specifications(desk, series, area, question, [spec], freq=freq)["base"].iloc[0]
        used = used & (panel.years >= (start if start == start else 0))
    there = ~np.isnan(panel.values[case.own])
    return pd.DataFrame({"time": panel.times[there], "value": panel.values[case.own][there], "used": used[there]})
