"""Neighbours: no islands, Moran's I and its local form."""

import json

import numpy as np
import pandas as pd
import pytest

from sdg_eval.comparisons.space import (
    boundary_neighbours,
    evaluate_space,
    local_moran,
    moran,
    neighbour_lists,
    row_standardised,
)
from sdg_eval.errors import DataError


@pytest.mark.real
def test_the_tile_grid_keeps_the_order_of_the_map(shared, codelists):
    """Seen from each province every neighbour lies on the same side on the grid as on the map, and never far."""
    from scipy.stats import spearmanr
    from shapely.geometry import shape

    from sdg_eval.figures.maps import area_of

    geojson = json.loads((shared / "data" / "th-boundaries" / "th_adm1.geojson").read_text(encoding="utf-8"))
    point = {area_of(f, codelists): shape(f["geometry"]).representative_point() for f in geojson["features"]}
    grid = codelists.areas.set_index("REF_AREA")[["col", "row"]].astype(int)
    east, north = (np.array([getattr(point[a], axis) for a in grid.index]) for axis in ("x", "y"))
    assert spearmanr(grid["col"], east)[0] > 0.95 and spearmanr(grid["row"], -north)[0] > 0.95
    for area in grid.index:
        for other in codelists.neighbours(area):
            across, down = grid.loc[other] - grid.loc[area]
            assert across * (point[other].x - point[area].x) - down * (point[other].y - point[area].y) > 0, (area, other)
            assert max(abs(across), abs(down)) <= 3, (area, other)


def square(side: int) -> list[list[int]]:
    """Rook neighbours of a board."""
    at = lambda r, c: r * side + c  # noqa: E731
    return [
        sorted(at(r + a, c + b) for a, b in ((0, 1), (1, 0), (0, -1), (-1, 0)) if 0 <= r + a < side and 0 <= c + b < side)
        for r in range(side)
        for c in range(side)
    ]


def test_no_province_is_an_island(codelists):
    lists = neighbour_lists(codelists, codelists.provinces)
    assert min(map(len, lists)) >= 1
    phuket = codelists.provinces.index("TH-83")
    assert [codelists.provinces[i] for i in lists[phuket]] == ["TH-82"]  # the bridge to Phangnga


def test_an_island_is_refused_by_the_weights():
    with pytest.raises(DataError, match="position 1"):
        row_standardised([[2], [], [0]])


@pytest.mark.real
def test_the_boundary_file_gives_the_neighbours_of_the_codelist(shared, codelists):
    from sdg_eval.figures.maps import area_of

    geojson = json.loads((shared / "data" / "th-boundaries" / "th_adm1.geojson").read_text(encoding="utf-8"))
    found = boundary_neighbours(geojson, lambda feature: area_of(feature, codelists))
    assert sorted(found) == codelists.provinces and min(map(len, found.values())) >= 1
    assert found["TH-83"] == ["TH-82"]
    pairs = {frozenset((a, b)) for a, others in found.items() for b in others}
    listed = {frozenset((a, b)) for a in codelists.provinces for b in codelists.neighbours(a)}
    # corners and borders in the sea: simplified shapes and the list differ in a few
    assert len(pairs ^ listed) <= 0.08 * len(listed), sorted(map(sorted, pairs ^ listed))


def test_a_chessboard_is_negative_and_halves_are_positive():
    near = square(8)
    board = np.add.outer(np.arange(8), np.arange(8)) % 2
    halves = np.repeat([[0] * 4 + [1] * 4], 8, axis=0)
    assert moran(board.ravel(), near).value == pytest.approx(-1)
    got = moran(halves.ravel(), near, permutations=999)
    assert got.value > 0.7 and got.p_value == 0.001


def test_noise_is_called_clustered_at_the_nominal_rate(codelists):
    rng, near = np.random.default_rng(20301231), neighbour_lists(codelists, codelists.provinces)
    p = np.array([moran(rng.normal(size=77), near, permutations=999).p_value for _ in range(400)])
    assert (p < 0.05).mean() == pytest.approx(0.05, abs=0.03)
    assert (p < 0.5).mean() == pytest.approx(0.5, abs=0.07)


def test_local_clusters_are_rare_in_noise_and_found_where_planted(codelists):
    rng, areas = np.random.default_rng(20301231), codelists.provinces
    near = neighbour_lists(codelists, areas)
    false = [(local_moran(rng.normal(size=77), near, permutations=1999)["kind"] != "not_detected").any() for _ in range(60)]
    assert np.mean(false) <= 0.25  # BH at q = .10 holds the share of false finds, tails of a coarse p included
    high = np.array([codelists.area(a)["region"] == "northeast" for a in areas]) * 4.0 + rng.normal(size=77)
    kinds = local_moran(high, near)["kind"]
    inside = np.array([all(codelists.area(areas[j])["region"] == "northeast" for j in n) and codelists.area(a)["region"] == "northeast" for a, n in zip(areas, near, strict=True)])
    assert (kinds[inside] == "high_high").mean() >= 0.8
    assert not (kinds == "low_low")[inside].any()


def test_the_sum_of_local_values_is_the_global_one(codelists):
    y = np.random.default_rng(4).normal(size=77)
    near = neighbour_lists(codelists, codelists.provinces)
    assert local_moran(y, near, permutations=99)["local_i"].mean() == pytest.approx(moran(y, near, permutations=99).value)


def test_equal_values_have_no_moran():
    near = square(5)
    assert np.isnan(moran(np.ones(25), near).value)
    assert set(local_moran(np.ones(25), near)["kind"]) == {"not_detected"}


def test_missing_provinces_are_left_out_and_counted(codelists):
    areas = [a for a in codelists.provinces if a != "TH-82"]  # without Phangnga, Phuket has no neighbour left
    values = pd.DataFrame({"SERIES": "S", "REF_AREA": areas, "OBS_VALUE": np.random.default_rng(1).normal(size=76)})
    whole, local = evaluate_space(values, codelists, permutations=99)
    assert whole.loc[0, "n"] == 75 and whole.loc[0, "n_alone"] == 1 and "TH-83" not in set(local["REF_AREA"])
    few, none = evaluate_space(values.head(5), codelists)
    assert np.isnan(few.loc[0, "value"]) and none.empty


def test_same_seed_same_p():
    near, y = square(6), np.random.default_rng(1).normal(size=36)
    assert moran(y, near, permutations=199) == moran(y, near, permutations=199)
    assert local_moran(y, near, permutations=199).equals(local_moran(y, near, permutations=199))
