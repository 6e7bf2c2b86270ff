"""Does a finding stand under every defensible choice, and which choice turns it?

Nobody's choice is the only one that could be defended. So all of them are made, and the share in which the verdict holds is
told beside it: a finding that stands in half of them is a finding about a choice (Steegen et al. 2016, Perspect. Psychol.
Sci. 11; Simonsohn et al. 2020, Nat. Hum. Behav. 4). The share is no probability: specifications are not independent.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sdg_eval.explore.case import case_of
from sdg_eval.explore.choices import CHOICES, official
from sdg_eval.explore.desk import Desk
from sdg_eval.explore.doubt import run_specifications, specifications
from sdg_eval.explore.words import choice_name, dimension_name, verdict_name
from sdg_eval.progress_rules import NONE

QUESTIONS = tuple(CHOICES)
CHOICE_COLUMNS = ["question", "choice", "option", "official", "n", "n_hold", "share", "alone", "flips"]
FIRM, FRAIL = 0.9, 0.5
"""Shares from which a finding is called firm, and below which it is called a matter of choice. Our own cuts."""


@dataclass(frozen=True)
class Multiverse:
    """Every specification of one finding.

    `table` has one row per specification (`run_specifications`, with `question` before), sorted by question and estimate;
    `choices` one row per option of each choice: in how many specifications with it the verdict holds (`share`), what it says
    where it alone is changed (`alone`), and whether that turns the verdict (`flips`).
    """

    SERIES: str
    REF_AREA: str
    FREQ: str
    table: pd.DataFrame
    choices: pd.DataFrame
    text: dict[str, dict[str, str]]  # language -> question -> sentence

    def share(self, question: str) -> float:
        """Return the share of specifications in which the official verdict holds, NaN where the question was not asked."""
        own = self.table[self.table["question"] == question]
        return float(own["holds"].mean()) if len(own) else float("nan")

    def flips(self, question: str) -> list[tuple[str, str]]:
        """Return (choice, option) of each single change that turns the verdict."""
        own = self.choices[(self.choices["question"] == question) & self.choices["flips"]]
        return list(zip(own["choice"], own["option"], strict=True))


def multiverse(desk: Desk, series: str, area: str, *, freq: str = "", questions=QUESTIONS) -> Multiverse:
    """Return every defensible specification of one series in one province.

    Parameters
    ----------
    questions
        `trend`, `progress` or both. A series without a target or a direction has no specifications of progress.

    Notes
    -----
    The verdict of a trend is that of its test; that the data could not have shown the pace a target asks for
    (`detectability`) is told beside it in the report, and is no choice.

    Raises
    ------
    UsageError
        For a code that is no province, or a series or frequency without values.

    Examples
    --------
    >>> from sdg_eval.explore import open_desk
    >>> found = multiverse(open_desk(), "SI_POV_NAHC", "TH-50", questions=["trend"])
    >>> len(found.table) >= 500, int(found.table["official"].sum())
    (True, 1)
    """
    parts, choices = [], []
    for question in questions:
        specs = specifications(desk, series, area, question, freq=freq)
        table = run_specifications(desk, series, area, question, specs, freq=freq)
        if table.loc[table["official"], "verdict"].iloc[0] == NONE:
            continue  # no target, or no better and worse: there is no verdict to doubt
        table = table[table["verdict"] != NONE]  # a rule that cannot be used here (growth from zero) says nothing against it
        table = table.sort_values(["estimate", "p_value"], kind="stable", ignore_index=True)
        parts.append(table.assign(question=question))
        choices.append(count_choices(table, question))
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["question", "official", "holds", "verdict"])
    table = table[["question", *[c for c in table if c != "question"]]]
    told = pd.concat(choices, ignore_index=True) if choices else pd.DataFrame(columns=CHOICE_COLUMNS)
    text = {lang: {q: say_multiverse(table[table["question"] == q], told[told["question"] == q], lang) for q in dict.fromkeys(table["question"])} for lang in ("th", "en")}
    return Multiverse(series, area, case_of(desk, series, area, questions[0], freq=freq).panel.freq, table, told, text)


def multiverse_of_area(desk: Desk, area: str, *, questions=QUESTIONS) -> pd.DataFrame:
    """Return per series of a province in how many specifications its verdict holds, the frailest first.

    Columns SERIES, FREQ, question, verdict, n, n_hold, share, flips (`choice=option`, `;` between). Series that the province
    has no value of are listed with n = 1 and verdict no_data.
    """
    rows = []
    for series in desk.series:
        found = multiverse(desk, series, area, questions=questions)
        for question, own in found.table.groupby("question", sort=False):
            turning = ";".join(f"{choice}={option}" for choice, option in found.flips(question))
            rows.append({
                "SERIES": series, "FREQ": found.FREQ, "question": question, "verdict": own.loc[own["official"], "verdict"].iloc[0], "n": len(own),
                "n_hold": int(own["holds"].sum()), "share": float(own["holds"].mean()), "flips": turning,
            })  # fmt: skip
    return pd.DataFrame(rows).sort_values(["share", "SERIES", "question"], kind="stable", ignore_index=True)


def count_choices(table: pd.DataFrame, question: str) -> pd.DataFrame:
    """Return one row per option of each choice that is among the specifications (columns CHOICE_COLUMNS)."""
    base, rows = official(question), []
    words, verdicts, holds = table[list(base)].to_numpy(dtype=object), table["verdict"].to_numpy(dtype=object), table["holds"].to_numpy(dtype=bool)
    differs = words != np.array(list(base.values()), dtype=object)
    others = differs.sum(axis=1)
    for column, name in enumerate(base):
        for option in CHOICES[question][name]:
            own = words[:, column] == option
            if not own.any():
                continue
            single = np.flatnonzero(own & (others == differs[:, column]))  # nothing else was changed
            alone = str(verdicts[single[0]]) if len(single) else ""
            rows.append({
                "question": question, "choice": name, "option": option, "official": option == base[name], "n": int(own.sum()), "n_hold": int(holds[own].sum()),
                "share": float(holds[own].mean()), "alone": alone, "flips": bool(len(single) and not holds[single[0]]),
            })  # fmt: skip
    return pd.DataFrame(rows, columns=CHOICE_COLUMNS)


def say_multiverse(table: pd.DataFrame, choices: pd.DataFrame, lang: str) -> str:
    """Return the finding about the finding: how many specifications hold, and which single choices turn it."""
    if table.empty:
        return ""
    own = table[table["official"]].iloc[0]
    n, held = len(table), int(table["holds"].sum())
    verdict = verdict_name(own["verdict"], lang)
    turning = choices[choices["flips"]]
    named = [f"{dimension_name(r['choice'], lang)}: {choice_name(r['choice'], r['option'], lang)} → {verdict_name(r['alone'], lang)}" for r in turning.to_dict("records")]
    if lang == "th":
        grade = "มั่นคง" if held / n >= FIRM else "เปราะบาง ขึ้นกับทางเลือกของผู้วิเคราะห์" if held / n < FRAIL else "มั่นคงเพียงบางส่วน"
        end = f" เปลี่ยนทางเลือกเดียวแล้วข้อค้นพบเปลี่ยน {len(named)} ทาง: {'; '.join(named)}" if named else " ไม่มีทางเลือกเดียวใดที่ทำให้ข้อค้นพบเปลี่ยน"
        return f"ข้อค้นพบ “{verdict}” ยังคงเดิมใน {held:,} จาก {n:,} วิธีคำนวณที่สมเหตุผล ({100 * held / n:.0f}%): {grade}.{end}"
    grade = "firm" if held / n >= FIRM else "a matter of choice" if held / n < FRAIL else "firm in part"
    end = f" Single choices that turn it ({len(named)}): {'; '.join(named)}." if named else " No single choice turns it."
    return f"The verdict “{verdict}” holds in {held:,} of {n:,} defensible specifications ({100 * held / n:.0f}%): {grade}.{end}"
