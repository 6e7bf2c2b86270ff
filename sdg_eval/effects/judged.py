"""The judged outcomes of a programme as a file: worked out once over all provinces, read by every notebook that shows them."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np
import pandas as pd

from sdg_eval.effects.design import EffectPanel, Window
from sdg_eval.effects.outcomes import OutcomeRule
from sdg_eval.effects.verdict import Outcome, outcome_table
from sdg_eval.errors import DataError

JUDGED = "judged.json"


@dataclass(frozen=True)
class Judged:
    """What `judge_outcomes` returned for a window: one row per outcome, and what lies behind each."""

    window: Window
    table: pd.DataFrame
    outcomes: list[Outcome]


def judged_bytes(judged: Judged) -> bytes:
    """Return what `read_judged` reads: JSON, every number with all its digits, NaN as such."""
    found = [
        {"row": o.row, "rule": asdict(o.rule), "panel": _plain(o.panel), "events": {c: o.events[c].tolist() for c in o.events}, "draws": o.draws.tolist()}
        for o in judged.outcomes
    ]  # fmt: skip
    return json.dumps({"window": asdict(judged.window), "outcomes": found}, ensure_ascii=False, sort_keys=False, default=_number).encode()


def read_judged(path) -> Judged:
    """Return what `judged_bytes` wrote. Raises DataError for a file that is not there or is none."""
    try:
        told = json.loads(Path(path).read_text(encoding="utf-8"))
        outcomes = [
            Outcome(o["row"], _rule(o["rule"]), _panel(o["panel"]), pd.DataFrame(o["events"]), np.array(o["draws"], dtype=float))
            for o in told["outcomes"]
        ]  # fmt: skip
        return Judged(Window(**told["window"]), outcome_table([o.row for o in outcomes]), outcomes)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path}: cannot be read as judged outcomes ({error}). Run `sdg-eval evaluate` again.") from error


def _number(value):
    """Numbers of numpy as those of Python, which JSON knows."""
    return value.item()


def _plain(panel: EffectPanel) -> dict:
    return {f.name: getattr(panel, f.name) for f in fields(panel)} | {
        "values": panel.values.ravel().tolist(), "treated": panel.treated.tolist(), "post": panel.post.tolist(),
    }  # fmt: skip


def _panel(told: dict) -> EffectPanel:
    lists = {name: tuple(part) for name, part in told.items() if isinstance(part, list)}
    shape = len(told["areas"]), len(told["periods"])
    marks = {name: np.array(told[name], dtype=bool) for name in ("treated", "post")}
    return EffectPanel(**told | lists | marks | {"values": np.array(told["values"], dtype=float).reshape(shape)})


def _rule(told: dict) -> OutcomeRule:
    return OutcomeRule(**told | {"exclude": tuple(told["exclude"])})
