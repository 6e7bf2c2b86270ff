"""Outcomes named in advance: what is asked of each, and whether it was registered before its effect was looked at.

`effect_outcomes.csv` says what is expected, the smallest effect that matters and why, scale, periods, weights and
exclusions. `effect_register.csv` holds the hash of each row and the day it was registered. A row that is not there as it
stands, or came later than the first, is exploratory: it is shown, and can claim no effect.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import pandas as pd

SIGN = {"up": 1, "down": -1, "either": 0}


@dataclass(frozen=True)
class OutcomeRule:
    """One row of effect_outcomes.csv: `expected` +1, -1 or 0; `smallest` in the unit of the scale (log: 0.1 is 10%)."""

    series: str
    expected: int = 0
    scale: str = "level"
    smallest: float = 0.0
    freq: str = "A"
    first: str = ""
    last: str = ""
    weights: str = "none"
    exclude: tuple[str, ...] = ()
    exploratory: bool = False
    registered_on: str = ""
    row_sha256: str = ""


def row_hash(row: dict) -> str:
    """Return the sha256 of one row: every column by name, so that no change of it goes unseen."""
    text = "\n".join(f"{column}={row[column]}" for column in sorted(row))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def plan_hash(rules: list[OutcomeRule]) -> str:
    """Return one hash over all rules, written into every result."""
    return hashlib.sha256("\n".join(sorted(r.row_sha256 for r in rules)).encode()).hexdigest()


def outcome_rules(outcomes: pd.DataFrame, register: pd.DataFrame) -> list[OutcomeRule]:
    """Return the rules of effect_outcomes.csv in its order; `register` is effect_register.csv."""
    known = {row["SERIES"]: row for row in register.to_dict("records")}
    first_day = register["registered_on"].min() if len(register) else ""
    rules = []
    for row in outcomes.to_dict("records"):
        entry, digest = known.get(row["SERIES"], {}), row_hash(row)
        rules.append(OutcomeRule(
            row["SERIES"], SIGN[row["expected"]], row["scale"], float(row["smallest"]), row["freq"], row["first"], row["last"], row["weights"],
            tuple(part for part in row["exclude"].split(";") if part),
            exploratory=entry.get("row_sha256") != digest or entry.get("registered_on", "") > first_day,
            registered_on=entry.get("registered_on", ""), row_sha256=digest,
        ))  # fmt: skip
    return rules
