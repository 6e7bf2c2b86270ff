"""The explorer and the workbench beside a report: the official choices must say what the report says, for every series."""

import numpy as np
import pytest

from sdg_eval.evaluation import read_evaluation
from sdg_eval.explore import open_desk, run_specifications, series_payload
from sdg_eval.progress_rules import OURS

TREND = {"estimate": "slope", "pace": "slope", "ci_low": "ci_low", "ci_high": "ci_high", "p_value": "p_value", "n_obs": "n_obs"}
PROGRESS = {"estimate": "pace_ratio", "pace": "actual_pace", "probability": "p_on_track", "aim": "target_value", "aim_year": "target_year"}
SHOWN = {"n": "n_obs", "slope": "slope", "low": "ci_low", "high": "ci_high", "rho": "rho"}


def _same(ours, report) -> bool:
    return bool(ours == report or (np.isnan(ours) and np.isnan(report)))


def compare_with_report(run, area: str) -> dict[str, int]:
    """Hold every evaluated series of `area` in the folder `run` against its report; return how many of each question were compared."""
    desk, counts = open_desk(run), {"trend": 0, "progress": 0, "shown": 0}
    for row in read_evaluation(run / "provinces" / area).table.to_dict("records"):
        code, freq = row["SERIES"], row["FREQ"]
        if freq == "" or code not in desk.series:  # the report lists a series without data too, and says why it is blank
            assert not row["n_obs"] > 0, code
            continue
        shown = series_payload(desk, code, freq)
        trend = shown["trends"].get(area)
        assert trend is not None and trend["status"] == row["status"], code
        if not row["n_obs"] > 0:
            continue
        for name, column in SHOWN.items():  # the browser is sent seven digits
            assert (trend[name] is None and np.isnan(row[column])) or trend[name] == float(f"{row[column]:.7g}"), (area, code, freq, name)
        counts["shown"] += 1
        own = run_specifications(desk, code, area, "trend", [{}], freq=freq).iloc[0]
        for name, column in TREND.items():
            assert _same(own[name], row[column]), (area, code, freq, name, own[name], row[column])
        assert own["p_adjusted"] == pytest.approx(row["p_adjusted"], rel=1e-13, nan_ok=True), (area, code, freq)  # families are adjusted together
        word = (row["assessment"] or "changed" if row["significant"] else "not_detected") if row["verdict"] in ("rising", "falling") else row["verdict"]
        assert own["verdict"] == word and own["official"] and own["holds"], (area, code, freq)
        counts["trend"] += 1
        if row["progress"]:
            own = run_specifications(desk, code, area, "progress", [{}], freq=freq).iloc[0]
            for name, column in PROGRESS.items():
                assert _same(own[name], row[column]), (area, code, freq, name, own[name], row[column])
            assert own["verdict"] == OURS.get(row["progress"], "not_applicable") and own["reason"] == row["progress"], (area, code, freq)
            counts["progress"] += 1
    return counts
