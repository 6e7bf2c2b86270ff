"""Values that look wrong: told with what their neighbours suggest, and never changed.

A value is held against the middle of its two neighbours in time, on the scale on which such series
vary evenly (square root for counts, logarithm for amounts). How far is far is calibrated so that of a
thousand honest values about one is named; what a named value may be follows: digits exchanged, a unit
wrong by a power of ten, or a jump that is real and has a reason.
"""

from __future__ import annotations

import re
from functools import lru_cache

import numpy as np
import pandas as pd

from sdg_eval.concepts import KEY
from sdg_eval.derive import break_years

COLUMNS = [*KEY, "OBS_VALUE", "kind", "expected", "source_file", "source_sheet", "source_row", "source_column"]
FAR = {8: 22.0, 10: 13.3, 12: 9.6, 15: 6.7, 20: 5.6, 30: 4.5}
"""Distance in robust standard deviations that one clean value in a thousand passes, by number of periods.
[simulated: Gaussian AR(1), rho 0 to .6, with trends, 20,000 series each]"""
FAR_POOLED = 5.0
"""The same where the spread is known from ten or more provinces: then eight periods are not few."""
MIN_POOL = 10
MIN_PERIODS = 4
"""Fewer periods give no middle of neighbours to hold a value against."""
MATERIAL = 0.05
"""A jump of less than a twentieth of what neighbours suggest is left alone: smooth series have tiny spreads."""
COINCIDENCE = 0.002
"""Share of equal pairs above which equal figures are chance: coarse figures meet often."""
COPIED = 3
"""Values in a row that two provinces share, or one repeats, before they are taken for copied."""
KIND_WORDS = {
    "jump": ("ต่างจากปีข้างเคียงมาก", "far from its neighbours in time"),
    "digit_slip": ("ตัวเลขอาจสลับหลัก", "digits may be exchanged"),
    "power_of_ten": ("หน่วยอาจผิดสิบ ร้อย หรือพันเท่า", "the unit may be wrong by a power of ten"),
    "share_for_percent": ("อาจเป็นสัดส่วน 0–1 แทนร้อยละ", "may be a share of 1 where per cent belongs"),
    "copied": ("อาจคัดลอกมาจากปีหรือจังหวัดอื่น", "may be copied from another year or province"),
    "rate_mismatch": ("ค่าไม่ตรงกับตัวตั้งหารตัวหาร", "does not agree with its numerator and denominator"),
}  # fmt: skip


def find_suspicions(observations: pd.DataFrame, codelists) -> pd.DataFrame:
    """Return one row per suspicious value: its key, `kind` (see KIND_WORDS), `expected`, and its cell.

    Jumps at declared breaks (codelist, OBS_STATUS B) are not named. Derived series are left out: their
    parents are looked at.
    """
    table = observations[observations["OBS_VALUE"].notna()]
    series = codelists.series.set_index("SERIES")
    derived = set(series.index[series["derived"] != ""])
    table = table[~table["SERIES"].isin(derived)]
    found = []
    for (code, _), family in table[[*KEY, "OBS_VALUE", "OBS_STATUS"]].groupby(["SERIES", "FREQ"], sort=True):
        row = series.loc[code] if code in series.index else None
        kind = row["kind"] if row is not None else "amount"
        breaks = break_years(codelists, code) if row is not None else set()
        found += _jumps(family, kind, breaks)
        found += _copied(family)
    found += _mismatched(table, series)
    if not found:
        return pd.DataFrame(columns=COLUMNS)
    result = table.loc[[place for place, *_ in found]].assign(
        kind=[kind for _, kind, _ in found], expected=[expected for *_, expected in found]
    )
    return result[COLUMNS].drop_duplicates([*KEY, "kind"]).sort_values([*KEY, "kind"], kind="stable", ignore_index=True)


def _scale(values: np.ndarray, kind: str) -> tuple[np.ndarray, float]:
    """(values on the scale on which they vary evenly, least standard deviation possible on it)."""
    if kind == "count" and (values >= 0).all():
        return 2 * np.sqrt(values + 0.375), 1.0  # a Poisson count has a standard deviation of one here
    if kind == "amount" and (values > 0).all():
        return np.log(values), 1e-9
    return values, 1e-9


def residuals(values: np.ndarray) -> np.ndarray:
    """Return how far each value lies from the middle of its neighbours (at the ends, from the line through the next two).

    Examples
    --------
    >>> residuals(np.array([1.0, 2.0, 9.0, 4.0]))
    array([ 3., -3.,  6., -6.])
    """
    inner = values[1:-1] - (values[:-2] + values[2:]) / 2
    return np.concatenate([[(values[0] - 2 * values[1] + values[2]) / 2], inner, [(values[-1] - 2 * values[-2] + values[-3]) / 2]])


def spreads(distance: np.ndarray) -> np.ndarray:
    """Return for each value the robust standard deviation of the distances that it does not itself enter."""
    n = len(distance)
    size = np.abs(distance)
    found = np.full(n, np.inf)
    for places, left in _apart(n):
        if left.shape[1]:
            found[places] = 1.4826 * np.median(size[left], axis=1)
    return found


@lru_cache(maxsize=256)
def _apart(n: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """(places, for each of them the places at least two away) of `n` in a row, those with as many together."""
    apart = np.abs(np.arange(n)[:, None] - np.arange(n)[None, :]) >= 2
    counts = apart.sum(axis=1)
    return [(np.flatnonzero(counts == c), np.array([np.flatnonzero(apart[t]) for t in np.flatnonzero(counts == c)], dtype=int)) for c in np.unique(counts)]


def far(n: int) -> float:
    """Return the distance from which a value of a single series of `n` periods is named."""
    known = sorted(FAR)
    return float("inf") if n < known[0] else float(np.interp(n, known, [FAR[k] for k in known]))


def _jumps(family: pd.DataFrame, kind: str, breaks: set) -> list[tuple]:
    parts = []
    for keys, own in family.sort_values("TIME_PERIOD", kind="stable").groupby([c for c in KEY if c != "TIME_PERIOD"], sort=True):
        if len(own) < MIN_PERIODS or len(set(own["TIME_PERIOD"])) < len(own):
            continue
        scaled, least = _scale(own["OBS_VALUE"].to_numpy(dtype=float), kind)
        distance = residuals(scaled)
        parts.append((keys, own, scaled, distance, spreads(distance), least))
    if not parts:
        return []
    medians = [s[np.isfinite(s)].mean() for *_, s, _ in parts if np.isfinite(s).any() and s[np.isfinite(s)].mean() > 0]
    pooled = float(np.median(medians)) if len(medians) >= MIN_POOL else None
    found = []
    for keys, own, scaled, distance, spread, least in parts:
        limit = FAR_POOLED if pooled else far(len(own))
        floor = max(least, pooled or 0.0)
        spread = np.maximum(np.where(np.isfinite(spread), spread, floor), floor)
        size = np.abs(distance)
        named = (size > limit * spread) & _local_peak(size)
        if named.any():  # hardly any series has one
            named &= ~_at_break(own, keys, breaks)
        for place in np.flatnonzero(named):
            others = np.delete(scaled, place)
            what, expected = _explain(own["OBS_VALUE"].to_numpy(), place, scaled, distance, spread[place], limit, kind)
            if len(others) and abs(own["OBS_VALUE"].iloc[place] - expected) > MATERIAL * abs(expected):
                found.append((own.index[place], what, expected))
    return found


def _local_peak(size: np.ndarray) -> np.ndarray:
    """A wrong value also moves its neighbours' middles by half: only the largest of them is named."""
    left, right = np.concatenate([[0], size[:-1]]), np.concatenate([size[1:], [0]])
    return (size >= left) & (size >= right)


def _at_break(own: pd.DataFrame, keys, breaks: set) -> np.ndarray:
    area, years = keys[1], own["TIME_PERIOD"].str[:4].astype(int)
    declared = {y for a, y in breaks if a in ("", area)} | set(years[own["OBS_STATUS"] == "B"])
    near = declared | {y - 1 for y in declared}
    return years.isin(near).to_numpy()


def _back(value: float, kind: str, values: np.ndarray) -> float:
    """The value on its own scale again."""
    if kind == "count" and (values >= 0).all():
        return max(0.0, (value / 2) ** 2 - 0.375)
    return float(np.exp(value)) if kind == "amount" and (values > 0).all() else float(value)


def _explain(values, place: int, scaled, distance, spread: float, limit: float, kind: str) -> tuple[str, float]:
    """(kind, expected value) of a jump."""
    at_end = place in (0, len(values) - 1)
    middle = scaled[place] - distance[place] * (2 if at_end else 1)
    expected, value = _back(middle, kind, values), float(values[place])

    def fits(other: float) -> bool:
        tried = values.astype(float).copy()
        tried[place] = other
        return abs(residuals(_scale(tried, kind)[0])[place]) <= min(limit, 3.0) * spread

    if value > 0:
        for power in (1, -1, 2, -2, 3, -3):
            other = value * 10.0**power
            if fits(other):
                rest = np.delete(values, place)
                small = power == 2 and value <= 1 and np.median(rest) > 2 and rest.max() <= 100
                return ("share_for_percent" if small else "power_of_ten"), other
    for other in _slips(value):
        if fits(other):
            return "digit_slip", other
    return "jump", expected


def _slips(value: float) -> list[float]:
    """The numbers that a slip of the keyboard turns into this one: two neighbouring digits exchanged, one typed twice."""
    text = f"{value:.10f}".rstrip("0").rstrip(".")
    found = []
    for n in range(len(text) - 1):
        a, b = text[n], text[n + 1]
        if a.isdigit() and b.isdigit():
            found.append(text[:n] + b + a + text[n + 2 :] if a != b else text[:n] + text[n + 1 :])
    return [float(t) for t in dict.fromkeys(found) if re.fullmatch(r"-?\d+(\.\d+)?", t) and float(t) != value]


def _significant(value: float) -> int:
    return len(f"{value:.10g}".replace(".", "").replace("-", "").strip("0"))


def _copied(family: pd.DataFrame) -> list[tuple]:
    """Runs that repeat one figure of three or more digits, and triples that two provinces share."""
    found, seen = [], {}
    meet, stay = _coincidences(family)
    for keys, own in family.sort_values("TIME_PERIOD", kind="stable").groupby([c for c in KEY if c != "TIME_PERIOD"], sort=True):
        values, periods, places = own["OBS_VALUE"].to_numpy(), own["TIME_PERIOD"].to_numpy(), own.index.to_numpy()
        telling = np.array([_significant(v) >= 3 for v in values])
        for n in range(len(values) - COPIED + 1):
            window = values[n : n + COPIED]
            if not telling[n : n + COPIED].all():
                continue
            if (window == window[0]).all():
                if stay > 10 * COINCIDENCE or len(set(values)) == 1:
                    continue
                found += [(place, "copied", float("nan")) for place in places[n + 1 : n + COPIED]]
            elif len(set(window)) > 1 and meet <= COINCIDENCE:
                mark = (tuple(periods[n : n + COPIED]), tuple(window), keys[2:])
                first = seen.setdefault(mark, keys[1])
                if first != keys[1]:
                    found += [(place, "copied", float("nan")) for place in places[n : n + COPIED]]
    return found


def _coincidences(family: pd.DataFrame) -> tuple[float, float]:
    """(share of pairs of provinces equal in a period, share of steps in time without change), one pair left out.

    Of each the median over periods or provinces is taken, so that copies do not excuse themselves.
    """
    meets = []
    for _, part in family.groupby("TIME_PERIOD"):
        counts, n = part["OBS_VALUE"].value_counts(), len(part)
        if n > 1:
            meets.append(max(0, (counts * (counts - 1)).sum() - 2) / (n * (n - 1)))  # one pair may be the copy itself
    ordered = family.sort_values("TIME_PERIOD", kind="stable").groupby([c for c in KEY if c != "TIME_PERIOD"])["OBS_VALUE"]
    stays = ordered.agg(lambda v: float((np.diff(v.to_numpy()) == 0).mean()) if len(v) > 1 else 0.0)
    return (float(np.median(meets)) if len(meets) >= MIN_POOL // 2 else 0.0), (float(stays.median()) if len(stays) >= MIN_POOL else 0.0)


def _mismatched(table: pd.DataFrame, series: pd.DataFrame) -> list[tuple]:
    """Values that their own numerator and denominator do not give, beyond the rounding of the digits shown."""
    own = table[table["NUMERATOR"].notna() & (table["DENOMINATOR"] > 0)]
    found, listed = [], series.to_dict("index")
    for place, row in zip(own.index, own[["SERIES", "UNIT_MEASURE", "NUMERATOR", "DENOMINATOR", "OBS_VALUE"]].to_dict("records"), strict=True):
        known = listed.get(row["SERIES"])
        factor = 100.0 if row["UNIT_MEASURE"] == "PERCENT" else float(known["per"]) if known is not None and known["kind"] == "rate" and known["per"] else None
        if factor is None:
            continue
        given = row["NUMERATOR"] / row["DENOMINATOR"] * factor
        shown = len(f"{row['OBS_VALUE']:.10f}".rstrip("0").partition(".")[2])
        if abs(given - row["OBS_VALUE"]) > 0.5 * 10.0**-shown + 1e-6 * abs(given):
            found.append((place, "rate_mismatch", given))
    return found
