"""Provinces like mine, and whether a pace was ever kept."""

import numpy as np
import pandas as pd
import pytest

from sdg_eval.comparisons.likeness import coordinates, likeness_map
from sdg_eval.comparisons.peers import (
    FAR,
    balance,
    beside_peers,
    distances,
    ever_kept,
    find_peers,
    window_paces,
)
from sdg_eval.comparisons.traits import Traits, traits_of
from sdg_eval.errors import UsageError
from sdg_eval.observations import observation_table


def small() -> Traits:
    table = pd.DataFrame(
        {"border": [0.0, 0, 0, 1], "coast": [0.0, 0, 1, 0], "region": ["north", "north", "south", "north"], "capital": False, "log_population": [1.0, 1.1, 1.0, 3.0]},
        ["A", "B", "C", "D"],
    )
    return Traits(table, (), {"log_population": ("TH_POP_DOPA", 2022)})


def test_the_nearest_is_alike_in_number_and_kind():
    got = find_peers(small(), "A", count=3)
    assert got["REF_AREA"].tolist() == ["B", "C", "D"]
    first, second = got.iloc[0], got.iloc[1]
    assert first["differs"] == "" and set(first["alike"].split(";")) == {"log_population", "border", "coast", "region"}
    assert second["distance"] == pytest.approx(np.sqrt(0.5**2 + 1.0**2)) and set(second["differs"].split(";")) == {"coast", "region"}
    assert not got.iloc[2]["near"] and "log_population:more" in got.iloc[2]["differs"]


def test_distance_is_symmetric_and_zero_to_itself(codelists, observations):
    table = distances(traits_of(observations, codelists))
    assert np.allclose(table, table.T) and np.allclose(np.diag(table), 0)


def test_peers_are_closer_in_traits_than_chance(codelists, observations):
    traits = traits_of(observations, codelists)
    rng, gain = np.random.default_rng(1), []
    for area in codelists.provinces:
        peers = find_peers(traits, area)
        own = balance(traits, area, peers["REF_AREA"])["difference_sd"].abs().mean()
        chance = balance(traits, area, rng.choice([a for a in codelists.provinces if a != area], 5, replace=False))["difference_sd"].abs().mean()
        gain.append(chance - own)
    assert np.mean(gain) > 0.4


def test_no_province_is_its_own_peer_and_a_stranger_is_refused(codelists, observations):
    traits = traits_of(observations, codelists)
    assert "TH-50" not in set(find_peers(traits, "TH-50")["REF_AREA"])
    with pytest.raises(UsageError, match="TH-50"):
        find_peers(traits, "XX")


def test_a_far_province_is_no_peer_and_is_not_compared(codelists):
    traits = small()
    assert (find_peers(traits, "D")["distance"] > FAR).all()
    values = pd.DataFrame({"SERIES": "SI_POV_NAHC", "REF_AREA": list("ABCD"), "year": 2020, "OBS_VALUE": [10.0, 8.0, 12.0, 9.0]})
    assert beside_peers(values, traits, "D", codelists).empty
    row = beside_peers(values, traits, "A", codelists).iloc[0]
    assert (row["own"], row["peers_low"], row["peers_high"], row["n_peers"], row["better"]) == (10, 8, 12, 2, 1)


# ---------------------------------------------------------------- a pace that anyone has kept?


def paths(lines: dict, first=2010) -> pd.DataFrame:
    return observation_table(
        [{"SERIES": "S", "REF_AREA": a, "FREQ": "A", "TIME_PERIOD": str(first + i), "OBS_VALUE": v} for a, line in lines.items() for i, v in enumerate(line) if v is not None]
    )


def test_windows_have_all_their_years():
    got = window_paces(paths({"TH-10": [0, 1, 2, 3, 4, 5, 16], "TH-11": [0, 1, None, 3, 4, 5, 6]}), window=5)
    assert got[["REF_AREA", "first_year", "last_year"]].values.tolist() == [["TH-10", 2010, 2015], ["TH-10", 2011, 2016]]
    assert got["slope"].iloc[0] == 1


def trends(rows) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["SERIES", "REF_AREA", "FREQ", "ci_low", "ci_high"])


def test_a_pace_nobody_kept_is_called_so():
    lines = {f"TH-{10 + i}": list(-0.1 * i * np.arange(8.0)) for i in range(10)}
    paces = window_paces(paths(lines))
    wanted = pd.DataFrame({"SERIES": "S", "REF_AREA": "TH-10", "required_pace": [-0.5, -0.9, -2.0, 0.5, 0.0]})
    record = trends([["S", f"TH-{10 + i}", "A", -0.1 * i - 0.05, -0.1 * i + 0.05] for i in range(10)])
    got = ever_kept(wanted, paces, record)
    assert got["n_kept"].tolist()[:4] == [5, 1, 0, 0] and got["verdict"].tolist() == ["often", "rarely", "never", "never", "not_needed"]
    assert got["n_surely"].tolist()[:3] == [4, 0, 0] and got["n_always"].tolist()[0] == 5
    best = got.iloc[0]
    assert (best["best_area"], best["n_provinces"], best["n_windows"]) == ("TH-19", 10, 30) and best["best_pace"] == pytest.approx(-0.9)


def test_a_series_without_a_record_says_so():
    wanted = pd.DataFrame({"SERIES": ["S"], "REF_AREA": ["TH-10"], "required_pace": [1.0]})
    got = ever_kept(wanted, window_paces(paths({"TH-10": [1.0, 2.0]})), trends([]))
    assert got["verdict"].tolist() == ["no_record"]


def test_luck_makes_a_record_that_the_sure_count_does_not_share():
    """Provinces that stand still: some five-year window moves fast by luck, and no whole interval does."""
    from sdg_eval.trends import evaluate_trends

    rng = np.random.default_rng(20301231)
    table = paths({f"TH-{10 + i}": list(rng.normal(size=12)) for i in range(77)})
    record = evaluate_trends(table, report_year=2022)
    got = ever_kept(pd.DataFrame({"SERIES": ["S"], "REF_AREA": ["TH-10"], "required_pace": [0.3]}), window_paces(table), record).iloc[0]
    assert got["n_kept"] > 30 and got["n_surely"] == 0 and got["verdict"] == "rarely"


# ---------------------------------------------------------------- all provinces on one plane


def test_the_map_is_made_of_the_distances_that_name_the_peers(codelists, observations):
    traits = traits_of(observations, codelists)
    points = coordinates(traits).to_numpy()
    assert np.allclose(np.sqrt(((points[:, None] - points[None]) ** 2).sum(axis=-1)), distances(traits))


def test_the_map_is_classical_scaling_of_those_distances(codelists, observations):
    """Gower 1966: double-centred squared distances have the components' variances as eigenvalues, and their places as vectors."""
    traits = traits_of(observations, codelists)
    found, square = likeness_map(traits), distances(traits).to_numpy() ** 2
    centre = np.eye(len(square)) - 1 / len(square)
    sizes, vectors = np.linalg.eigh(-centre @ square @ centre / 2)
    for axis, name in ((1, "x"), (2, "y")):
        known = vectors[:, -axis] * np.sqrt(sizes[-axis])
        assert abs(np.corrcoef(known, found.places[name])[0, 1]) == pytest.approx(1) and known.std() == pytest.approx(found.places[name].std(ddof=0))
        assert found.shares[axis - 1] == pytest.approx(sizes[-axis] / sizes.sum())
        weights = found.axes.loc[found.axes["axis"] == axis, "loading"]
        assert weights.abs().max() == weights.max() and (weights**2).sum() == pytest.approx(1)
    assert found.places["shown"].between(0, 1 + 1e-9).all() and (found.places["moves"] >= 0).all()


def test_how_far_a_province_moves_is_the_largest_step_when_one_trait_is_left_out(codelists, observations):
    from scipy.linalg import orthogonal_procrustes

    traits = traits_of(observations, codelists)
    points, found = coordinates(traits), likeness_map(traits)
    here, steps = found.places[["x", "y"]].to_numpy(), {}
    for trait in (*traits.numbers, "border", "coast", "region"):
        kept = points[[c for c in points if c != trait and not c.startswith(f"{trait}_")]]
        assert kept.shape[1] == points.shape[1] - (6 if trait == "region" else 1)
        kept = kept - kept.mean()
        other = kept.to_numpy() @ np.linalg.eigh(kept.cov())[1][:, [-1, -2]]
        steps[trait] = np.linalg.norm(other @ orthogonal_procrustes(other, here)[0] - here, axis=1)
    steps = pd.DataFrame(steps, points.index)
    assert np.allclose(steps.max(axis=1), found.places["moves"]) and (steps.idxmax(axis=1) == found.places["without"]).mean() > 0.97


def test_a_plane_of_two_traits_shows_everything():
    found = likeness_map(Traits(small().table.assign(border=0.0, coast=0.0, region="north", log_income=[0.0, 2.0, 1.0, 5.0]), (), {}))
    assert np.allclose(found.places["shown"], 1) and sum(found.shares) == pytest.approx(1)
