"""The sample: deterministic, marked, complete, and holding the truth that it says it holds."""

import numpy as np
import pytest

from sdg_eval.observations import validate_observations
from sdg_eval.simulate import SEED, TRUTHS, sample_csv, simulate_panel, simulate_sample
from sdg_eval.trends import evaluate_trends

from .conftest import ROOT


def test_the_committed_sample_is_what_the_simulation_makes(codelists):
    assert (ROOT / "data/sample/observations.csv").read_bytes() == sample_csv(codelists)


def test_another_seed_gives_another_sample(codelists):
    assert sample_csv(codelists, SEED + 1) != sample_csv(codelists)


def test_the_sample_covers_77_provinces_17_goals_two_frequencies_and_says_synthetic(codelists, sample):
    validate_observations(sample)
    assert sample["REF_AREA"].nunique() == 77
    goals = {codelists.series_row(s)["goal"] for s in sample["SERIES"].unique()}
    assert {str(g) for g in range(1, 18)} <= goals
    assert set(sample["FREQ"]) == {"A", "Q"}
    assert set(sample["source"]) == {"synthetic"}


def test_values_keep_their_natural_bounds(codelists, sample):
    for code, values in sample.groupby("SERIES")["OBS_VALUE"]:
        series = codelists.series_row(code)
        assert values.min() >= float(series["lower"] or -np.inf), code
        assert values.max() <= float(series["upper"] or np.inf), code


def test_the_declared_pilot_effect_is_in_the_sample(codelists):
    truth = next(t for t in TRUTHS if t.series == "TH_WASTE_RECYC")
    table = simulate_sample(codelists)
    table = table[table["SERIES"] == truth.series].assign(year=lambda t: t["TIME_PERIOD"].astype(int))
    change = table.pivot(index="REF_AREA", columns="year", values="OBS_VALUE")
    after, before = change[2025] - change[2022], change[2022] - change[2019]
    pilot = after.index.isin(codelists.pilots)
    difference = (after - before)[pilot].mean() - (after - before)[~pilot].mean()
    # from 2023.0 to the middle of 2025 the effect runs 2.5 years
    assert difference == pytest.approx(2.5 * truth.pilot_effect, abs=1.0)


@pytest.mark.parametrize("slope", [-0.5, 0.0, 0.8])
def test_a_panel_has_the_slope_it_was_given(codelists, slope):
    panel = simulate_panel(codelists.provinces, range(2014, 2026), slope=slope, noise=0.5)
    assert evaluate_trends(panel)["slope"].median() == pytest.approx(slope, abs=0.03)
