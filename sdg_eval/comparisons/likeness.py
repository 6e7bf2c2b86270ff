"""All provinces on one plane by what they cannot choose: the two directions in which they differ most.

Principal components (Pearson 1901, Phil. Mag. 2; Jolliffe 2002) of the very coordinates whose distances name the peers
(`peers.distances`), so that map and peers speak of one likeness. A plane cannot hold all of it: it is told how much it holds, of
each province too, and how far a province would move if one trait had not been asked about. Provinces are all there are and no
sample; what is uncertain is the choice of traits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sdg_eval.comparisons.peers import WEIGHT
from sdg_eval.comparisons.traits import Traits

WELL = 0.5
"""Part of a province's difference from the mean that the plane must hold for its place to be called well shown."""


@dataclass(frozen=True)
class LikenessMap:
    """Provinces on the plane of the first two components.

    places
        By REF_AREA: x, y (standard deviations of a number), `shown` (part of the province's squared difference from the mean province
        that the plane holds), `moves` (how far it moves at most when one trait is left out), `without` (that trait).
    axes
        One row per trait and axis (1, 2): `loading`, the weight of the trait; for kinds with several values one row per value.
    shares
        Part of all differences that each axis holds.
    """

    places: pd.DataFrame
    axes: pd.DataFrame
    shares: tuple[float, float]


def coordinates(traits: Traits) -> pd.DataFrame:
    """Return area x column coordinates whose Euclidean distances are those of `peers.distances`.

    Columns are named `trait`, or `trait_value` for a kind of several values.
    """
    table = traits.table
    numbers = table[traits.numbers].astype(float)
    spread = numbers.std(ddof=0)
    columns = {name: (numbers[name] - numbers[name].mean()) / (spread[name] or 1.0) for name in traits.numbers}
    for name, weight in WEIGHT.items():
        values = sorted(table[name].unique())
        if len(values) == 2 and set(values) == {0.0, 1.0}:
            columns[name] = weight * table[name]
        elif len(values) > 1:  # two areas of different kind differ in two columns
            columns |= {f"{name}_{value}": weight / np.sqrt(2) * (table[name] == value) for value in values}
    return pd.DataFrame(columns, table.index, dtype=float)


def likeness_map(traits: Traits) -> LikenessMap:
    """Return the provinces on one plane, with what the plane holds and how much it depends on each trait.

    The side of an axis has no meaning of its own: its largest weight is made positive.
    """
    points = coordinates(traits)
    centred, scores, weights, variances = _components(points)
    total = variances.sum() or 1.0
    square = (centred**2).sum(axis=1)
    shown = np.divide((scores**2).sum(axis=1), square, out=np.ones(len(points)), where=square > 0)
    moves, without = np.zeros(len(points)), np.full(len(points), "", dtype=object)
    traits_of_columns = np.array([name.partition("_")[0] if name.partition("_")[0] in WEIGHT else name for name in points])
    for trait in dict.fromkeys(traits_of_columns):
        kept = points.loc[:, traits_of_columns != trait]
        if kept.shape[1] >= 2:
            step = np.hypot(*(_turned_onto(_components(kept)[1], scores) - scores).T)
            without[step > moves], moves = trait, np.maximum(moves, step)
    places = pd.DataFrame({"x": scores[:, 0], "y": scores[:, 1], "shown": shown, "moves": moves, "without": without}, points.index)
    axes = [{"axis": axis + 1, "trait": name, "loading": weights[axis, i]} for axis in range(2) for i, name in enumerate(points)]
    return LikenessMap(places, pd.DataFrame(axes), (float(variances[0] / total), float(variances[1] / total)))


def _components(points: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Centred points, their places on the first two components, the weights of those, and the variance of every component."""
    centred = points.to_numpy() - points.to_numpy().mean(axis=0)
    _, sizes, weights = np.linalg.svd(centred, full_matrices=False)
    weights, sizes = np.vstack([weights, np.zeros((2, centred.shape[1]))]), np.append(sizes, [0.0, 0.0])
    largest = weights[np.arange(2), np.abs(weights[:2]).argmax(axis=1)]
    plane = weights[:2] * np.where(largest < 0, -1.0, 1.0)[:, None]
    return centred, centred @ plane.T, plane, sizes**2


def _turned_onto(scores: np.ndarray, onto: np.ndarray) -> np.ndarray:
    """Places turned or mirrored so that they lie as near as can be to others (orthogonal Procrustes, Schönemann 1966)."""
    left, _, right = np.linalg.svd(scores.T @ onto)
    return scores @ left @ right
