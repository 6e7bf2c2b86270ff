"""Are neighbours alike? Moran's I over all provinces and its local form, by permutation.

Neighbours are those of the codelist, or of a boundary file; no province is an island, because a province without
neighbours would drop out unseen. Seventy-seven local tests are adjusted for false discovery.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sdg_eval.errors import DataError
from sdg_eval.pooling import false_discovery

PERMUTATIONS, SEED = 9999, 20301231
MIN_AREAS = 20
Q = 0.10
"""Share of false finds accepted among local clusters (METHODS 2.10)."""
TOUCH_DEGREES = 0.02
"""Borders of a simplified boundary file that come this near, some two kilometres, touch."""
_BLOCK = 2000


@dataclass(frozen=True)
class Moran:
    """Moran's I, its expectation and spread under randomisation, the two-sided p by permutation, and n."""

    n: int
    value: float
    expected: float
    sd: float
    z: float
    p_value: float


def neighbour_lists(codelists, areas) -> list[list[int]]:
    """Return positions of the neighbours of each area, by the codelist; an area that lost all its neighbours to
    missing values has none."""
    areas = list(areas)
    at = {area: i for i, area in enumerate(areas)}
    return [sorted(at[n] for n in codelists.neighbours(area) if n in at) for area in areas]


def boundary_neighbours(geojson: dict, area_of) -> dict[str, list[str]]:
    """Return the neighbours of each area of a boundary file: shapes that touch; an island joins the nearest shape.

    `area_of(feature)` gives the REF_AREA. Raises DataError for a feature that is no province.
    """
    from shapely import STRtree
    from shapely.geometry import shape

    areas, shapes = [], []
    for number, feature in enumerate(geojson["features"], start=1):
        area = area_of(feature)
        if area is None:
            raise DataError(f"boundary file, feature {number}: names no province. Give a name or an ISO code in its properties.")
        areas.append(area)
        shapes.append(shape(feature["geometry"]).buffer(0))
    tree = STRtree(shapes)
    found: dict[str, set[str]] = {area: set() for area in areas}
    for i, own in enumerate(shapes):
        for j in tree.query(own.buffer(TOUCH_DEGREES)):
            if i != j and own.distance(shapes[j]) <= TOUCH_DEGREES:
                found[areas[i]].add(areas[j])
                found[areas[j]].add(areas[i])
    for i, own in enumerate(shapes):
        if not found[areas[i]]:
            j = min((k for k in range(len(shapes)) if k != i), key=lambda k: (own.distance(shapes[k]), areas[k]))
            found[areas[i]].add(areas[j])
            found[areas[j]].add(areas[i])
    return {area: sorted(others) for area, others in sorted(found.items())}


def row_standardised(neighbours: list[list[int]]) -> np.ndarray:
    """Return the weights matrix: 1 / number of neighbours. Raises DataError for an area without any."""
    if alone := [i for i, n in enumerate(neighbours) if not n]:
        raise DataError(f"Space: area(s) at position {', '.join(map(str, alone))} have no neighbour. Join each to its nearest.")
    weights = np.zeros((len(neighbours), len(neighbours)))
    for i, n in enumerate(neighbours):
        weights[i, n] = 1 / len(n)
    return weights


def moran(values, neighbours: list[list[int]], *, permutations: int = PERMUTATIONS, seed: int = SEED) -> Moran:
    """Return Moran's I with moments under randomisation (Cliff & Ord 1981) and the p by permutation.

    p = (1 + draws at least as far from the expectation) / (draws + 1). All values equal: NaN.
    """
    return _moran_many(np.atleast_2d(np.asarray(values, dtype=float)), neighbours, permutations, seed)[0]


def _moments(z: np.ndarray, w: np.ndarray) -> tuple[float, float]:
    """Expectation and variance of I under randomisation."""
    n = len(z)
    s0, s1 = w.sum(), ((w + w.T) ** 2).sum() / 2
    s2 = ((w.sum(axis=1) + w.sum(axis=0)) ** 2).sum()
    b2 = n * (z**4).sum() / (z**2).sum() ** 2
    upper = n * ((n**2 - 3 * n + 3) * s1 - n * s2 + 3 * s0**2) - b2 * ((n**2 - n) * s1 - 2 * n * s2 + 6 * s0**2)
    expected = -1 / (n - 1)
    return expected, upper / ((n - 1) * (n - 2) * (n - 3) * s0**2) - expected**2


def _moran_many(panel: np.ndarray, neighbours, permutations: int, seed: int) -> list[Moran]:
    """Moran of each row; the same permutations serve every row, so that rows can be compared."""
    w, n = row_standardised(neighbours), panel.shape[1]
    order = _orders(n, permutations, seed)
    results = []
    for values in panel:
        z = values - values.mean()
        total = (z**2).sum()
        if total == 0 or n < 4:
            results.append(Moran(n, *[np.nan] * 5))
            continue
        observed = float(z @ w @ z / total) * n / w.sum()
        expected, variance = _moments(z, w)
        far, distance = 0, abs(observed - expected) - 1e-12
        for start in range(0, permutations, _BLOCK):
            drawn = z[order[start : start + _BLOCK]]
            simulated = np.einsum("ij,ij->i", drawn @ w.T, drawn) / total * (n / w.sum())
            far += int((np.abs(simulated - expected) >= distance).sum())
        sd = float(np.sqrt(variance))
        results.append(Moran(n, observed, expected, sd, (observed - expected) / sd, (1 + far) / (permutations + 1)))
    return results


_ORDERS: dict[tuple[int, int, int], np.ndarray] = {}


def _orders(n: int, permutations: int, seed: int) -> np.ndarray:
    """Permutations of n places, drawn once per size."""
    key = (n, permutations, seed)
    if key not in _ORDERS:
        rng = np.random.default_rng([seed, n])
        _ORDERS.clear()  # one size at a time: a table of 9,999 x 77 is 3 MB, and sizes seldom alternate
        _ORDERS[key] = rng.permuted(np.broadcast_to(np.arange(n, dtype=np.int32), (permutations, n)), axis=1)
    return _ORDERS[key]


def local_moran(values, neighbours: list[list[int]], *, permutations: int = PERMUTATIONS, seed: int = SEED) -> pd.DataFrame:
    """Return per area local I (Anselin 1995), the p by conditional permutation, adjusted p and the kind of cluster.

    The area's own value stays, the others are drawn anew as its neighbours. I_i = z_i lag_i / m2, m2 = sum z^2 / n
    (the scaling of R's spdep). `kind`: high_high, low_low, high_low, low_high, or not_detected above q = 10%.
    """
    y = np.asarray(values, dtype=float)
    w, n = row_standardised(neighbours), len(y)
    z = y - y.mean()
    m2 = (z**2).sum() / n
    if m2 == 0:
        return pd.DataFrame({"local_i": np.nan, "lag": 0.0, "p_value": np.nan, "p_adjusted": np.nan, "kind": "not_detected"}, index=range(n))
    lag = w @ z
    # Places 0..n-2 mean "the others": one table of draws serves every area, k neighbours take the first k places
    order = _orders(n - 1, permutations, seed)
    p = np.empty(n)
    for size in sorted({len(k) for k in neighbours}):
        places = order[:, :size].T.copy()
        for i in np.flatnonzero([len(k) == size for k in neighbours]):
            others = np.delete(z, i)
            drawn = others[places[0]]
            for place in places[1:]:
                drawn = drawn + others[place]
            above = int((drawn >= lag[i] * size - 1e-12).sum())
            below = int((drawn <= lag[i] * size + 1e-12).sum())
            p[i] = min(1.0, 2 * (1 + min(above, below)) / (permutations + 1))
    adjusted = false_discovery(p, Q)
    words = np.where(z > 0, np.where(lag > 0, "high_high", "high_low"), np.where(lag > 0, "low_high", "low_low"))
    return pd.DataFrame(
        {"local_i": z * lag / m2, "lag": lag + y.mean(), "p_value": p, "p_adjusted": adjusted, "kind": np.where(adjusted <= Q, words, "not_detected")}
    )


def evaluate_space(values: pd.DataFrame, codelists, *, permutations: int = PERMUTATIONS, seed: int = SEED) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return (one row of Moran's I per SERIES, one row of local I per SERIES and REF_AREA) of `values`.

    `values` holds one value per SERIES and REF_AREA. Provinces without a value are left out of both, and a
    province whose neighbours all lack one too (`n_alone` counts them). p of Moran's I are adjusted over series.
    """
    whole, local = [], []
    for series, part in values.groupby("SERIES", sort=True):
        part = part.sort_values("REF_AREA").dropna(subset="OBS_VALUE")
        areas = list(part["REF_AREA"])
        listed = neighbour_lists(codelists, areas)
        kept = [a for a, n in zip(areas, listed, strict=True) if n]
        if len(kept) < MIN_AREAS:
            whole.append({"SERIES": series, **vars(Moran(len(kept), *[np.nan] * 5)), "n_alone": len(areas) - len(kept)})
            continue
        near = neighbour_lists(codelists, kept)
        y = part.set_index("REF_AREA")["OBS_VALUE"].loc[kept].to_numpy(dtype=float)
        options = {"permutations": permutations, "seed": seed}
        whole.append({"SERIES": series, **vars(moran(y, near, **options)), "n_alone": len(areas) - len(kept)})
        local.append(local_moran(y, near, **options).assign(SERIES=series, REF_AREA=kept, OBS_VALUE=y))
    table = pd.DataFrame(whole, columns=["SERIES", *Moran.__dataclass_fields__, "n_alone"])
    table["p_adjusted"] = false_discovery(table["p_value"].to_numpy(dtype=float), Q) if len(table) else []
    columns = ["SERIES", "REF_AREA", "OBS_VALUE", "local_i", "lag", "p_value", "p_adjusted", "kind"]
    return table, pd.concat(local, ignore_index=True)[columns] if local else pd.DataFrame(columns=columns)
