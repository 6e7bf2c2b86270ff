"""Copied figures: a quarter that repeats the one before, a form that repeats another province's.

Equal figures also meet by chance, and often where they are small or round. So each match is weighed: how likely two
honest figures of this size, written in these steps, would be equal. Round figures, zeros, targets and their quarters,
and figures that stand for a level all year, are no evidence.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd

from sdg_eval.delivery.kpi_forms import flag, place_value, quarters_in

CHANCE = 0.002
"""A form is flagged when its matches would happen by chance in fewer than two of a thousand honest forms."""
CHANCE_OFFICE = 1e-4
"""The same for matches over several forms of one office, of which there are many."""
MIN_TOGETHER = 3
"""Fewest forms of one office with the same two quarters equal, for these to be taken together."""
LEAST_SPREAD = 0.02
"""Standard deviation (natural log) between honest quarters below which none is believed."""
BATCHES = np.array([5, 20, 25, 50, 200, 250, 500, 1000])
"""Steps in which things are counted in batches: courses of 50, trees by the hundred."""
IN_BATCHES = 0.95
MIN_FIGURES, MIN_ALONE = 8, 2
"""Fewest figures of many forms, and of one form asked alone: two are both multiples of 20 by chance in one of 400."""
TRIVIAL = (1.0, 0.25, 0.5, 0.75)
"""Parts of the target that plans give to a quarter."""


def copy_flags(forms: pd.DataFrame) -> list[dict]:
    """Return the flags copied_quarter and copied_province; cumulative forms, whose quarters may honestly stand still, are looked at between provinces only."""
    values = quarters_in(forms)
    telling = _telling(forms, values)
    spread = _spread_inside(forms, values)
    step = np.fmax(place_value(values), batch_sizes(forms, values)[:, None])
    chance = _met_by_chance(values, step, np.sqrt(2) * spread[:, None])
    quarters = {}
    for one in _repeated(forms, values, telling, chance) + _repeated_together(forms, values, telling, chance):
        key = (one["kpi_id"], one["column"])
        if key not in quarters or one["chance"] < quarters[key]["chance"]:
            quarters[key] = one
    return list(quarters.values()) + _other_province(forms, values, telling, chance, step)


def _met_by_chance(values: np.ndarray, step: np.ndarray, spread) -> np.ndarray:
    """Chance that a second figure equals this one: its step over the width in which it may fall; 1 where there is no figure."""
    wide = np.sqrt(2 * np.pi) * np.abs(values) * spread
    return np.clip(np.divide(step, wide, out=np.ones(np.shape(values)), where=wide > 0), 0, 1)


def _telling(forms: pd.DataFrame, values: np.ndarray) -> np.ndarray:
    """Forms x 4: figures whose equality with another would say something."""
    target = forms["target_value"].to_numpy()[:, None]
    planned = np.zeros(values.shape, dtype=bool)
    for part in TRIVIAL:
        planned |= np.isclose(values, part * target, rtol=1e-9) | np.isclose(values, np.round(part * target), rtol=1e-9)
    given = np.isfinite(values)
    level = (np.where(given, values, -np.inf).max(axis=1) == np.where(given, values, np.inf).min(axis=1)) & (given.sum(axis=1) >= 3)
    level &= np.isclose(forms["total"], np.nanmax(np.where(given, values, 0), axis=1))  # the total repeats it too: a level, not results
    return given & (values > 0) & ~planned & ~level[:, None]


def _spread_inside(forms: pd.DataFrame, values: np.ndarray) -> np.ndarray:
    """Per form: the standard deviation between quarters (natural log) that is usual among its kin."""
    logs = np.log(values, out=np.full(values.shape, np.nan), where=values > 0)
    steps = pd.DataFrame(np.abs(np.diff(logs, axis=1))).where(lambda s: s > 0)  # equal ones may be the copies sought
    by_kin = steps.stack().groupby(forms["kin"].to_numpy()[steps.stack().index.get_level_values(0)]).median()
    usual = by_kin.median() if len(by_kin) else np.nan
    found = forms["kin"].map(by_kin).fillna(usual).fillna(1.0).to_numpy(dtype=float)
    return np.maximum(LEAST_SPREAD, 1.4826 * found / np.sqrt(2))


def batch_sizes(forms: pd.DataFrame, values: np.ndarray, *, least: int = 0) -> np.ndarray:
    """Return per form the largest batch, from `least` up, of which nearly all figures of its kin are multiples; 0 for none.

    A form whose words few others share is also asked alone: persons may be trained by fifties and served one by one.
    """
    some = values > 0
    fits = some[:, :, None] & (np.abs(values[:, :, None] / BATCHES - np.round(values[:, :, None] / BATCHES)) < 1e-9)
    alone = (forms["kin"] != forms["family"]).to_numpy()
    found = np.zeros(len(forms))
    for by, least_figures in (("kin", np.full(len(forms), MIN_FIGURES)), ("family", np.where(alone, MIN_ALONE, MIN_FIGURES))):
        counts = pd.DataFrame(np.column_stack([some.sum(axis=1), fits.sum(axis=1)])).groupby(forms[by].to_numpy()).transform("sum").to_numpy()
        n = np.maximum(counts[:, [0]], 1)
        batch = np.where((counts[:, 1:] >= IN_BATCHES * n) & (BATCHES >= least), BATCHES, 0).max(axis=1)
        found = np.where(counts[:, 0] >= least_figures, np.maximum(found, batch), found)
    return found


def _flows(forms: pd.DataFrame) -> np.ndarray:
    return (forms["cumulative"] != 1).to_numpy()


def _equal_next(values: np.ndarray, telling: np.ndarray) -> np.ndarray:
    return (values[:, 1:] == values[:, :-1]) & telling[:, 1:] & telling[:, :-1]


def _repeated(forms, values, telling, chance) -> list[dict]:
    equal = _equal_next(values, telling) & _flows(forms)[:, None]
    # any of the pairs of neighbours might have met
    pairs = np.maximum(np.isfinite(values).sum(axis=1) - 1, 1)
    met = pairs * np.where(equal, chance[:, 1:], 1.0).prod(axis=1)
    flags = []
    for i in np.flatnonzero(equal.any(axis=1) & (met < CHANCE)):
        for q in np.flatnonzero(equal[i]) + 1:
            flags.append(flag(
                forms, i, "copied_quarter", f"q{q + 1}", values[i, q], np.nan, n=int(equal[i].sum()), chance=float(met[i]), other=f"q{q}",
                strength="strong" if met[i] < CHANCE / 10 else "moderate",
            ))  # fmt: skip
    return flags


def _repeated_together(forms, values, telling, chance) -> list[dict]:
    """The same two quarters equal in many forms of one office: of an agency in a province, an agency, or a province."""
    both = telling[:, 1:] & telling[:, :-1] & _flows(forms)[:, None]
    equal = _equal_next(values, telling) & both
    flags = []
    for keys in (["agency_id", "REF_AREA", "fiscal_year"], ["REF_AREA", "fiscal_year"], ["agency_id", "fiscal_year"]):
        for rows in forms.groupby(keys, sort=True).indices.values():
            for q in range(3):
                usable = rows[both[rows, q]]
                hits = usable[equal[usable, q]]
                if len(hits) < MIN_TOGETHER:
                    continue
                met = _at_least(chance[usable, q + 1], len(hits))
                if met >= CHANCE_OFFICE:
                    continue
                for i in hits:
                    flags.append(flag(
                        forms, i, "copied_quarter", f"q{q + 2}", values[i, q + 1], np.nan, n=len(hits), chance=float(met),
                        other=f"q{q + 1}; {len(hits)}/{len(usable)}", strength="strong" if met < CHANCE_OFFICE / 100 else "moderate",
                    ))  # fmt: skip
    return flags


def _at_least(chances: np.ndarray, hits: int) -> float:
    """Probability that `hits` or more of independent events with these chances happen."""
    ways = np.zeros(len(chances) + 1)
    ways[0] = 1.0
    for p in chances:
        ways[1:] = ways[1:] * (1 - p) + ways[:-1] * p
        ways[0] *= 1 - p
    return float(ways[hits:].sum())


def _other_province(forms, values, telling, chance, step) -> list[dict]:
    """Two provinces with two or more equal quarters of the same indicator and year."""
    flags = []
    for (_, _), rows in forms.groupby(["kin", "fiscal_year"], sort=True).indices.items():
        areas = forms["REF_AREA"].to_numpy()[rows]
        if len(set(areas)) < 2:
            continue
        logs = np.log(values[rows][telling[rows]])
        if not len(logs):
            continue
        between = max(LEAST_SPREAD, 1.4826 * float(np.median(np.abs(logs - np.median(logs)))))
        for i, j in _meeting(values, telling, rows, forms["REF_AREA"].to_numpy()):
            equal = (values[i] == values[j]) & telling[i] & telling[j]
            if equal.sum() < 2:
                continue
            first = _met_by_chance(values[i], step[i], between)
            # one quarter finds the other province among many; the rest then have to agree with it
            possible = telling[i] & telling[j]
            met = (len(rows) - 1) * 2 ** int(possible.sum()) * np.min(first[equal]) * np.prod(chance[i][equal]) / np.min(chance[i][equal])
            if met < CHANCE:
                for own, other in ((i, j), (j, i)):
                    at = int(np.flatnonzero(equal)[0])
                    flags.append(flag(
                        forms, own, "copied_province", f"q{at + 1}", values[own, at], np.nan, n=int(equal.sum()), chance=float(met),
                        other=forms["kpi_id"].iloc[other], strength="strong" if met < CHANCE / 10 else "moderate",
                    ))  # fmt: skip
    return flags


def _meeting(values, telling, rows, areas) -> list[tuple[int, int]]:
    """Pairs of forms of different provinces that share a telling figure in some quarter."""
    pairs = set()
    for q in range(4):
        own = rows[telling[rows, q]]
        for same in pd.Series(own).groupby(values[own, q]).groups.values():
            if len(same) > 1:
                pairs |= {(i, j) for i, j in combinations(sorted(own[same]), 2) if areas[i] != areas[j]}
    return sorted(pairs)
