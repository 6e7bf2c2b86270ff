"""Provinces like mine: nearest on what a province cannot choose, and whether a pace was ever kept by anyone.

Two questions an officer asks: with whom may I be compared, and is what the target asks of me something that any
Thai province has ever done? Peers say the first, with the balance shown; the record of all provinces the second.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from sdg_eval.comparisons.traits import Traits
from sdg_eval.errors import UsageError
from sdg_eval.ranks import rank_lines

N_PEERS = 5
WEIGHT = {"border": 0.5, "coast": 0.5, "region": 1.0}
"""Distance, in standard deviations of a number, that a difference in kind counts for."""
FAR = 2.0
"""Beyond this distance a nearest province is no peer, and we say so."""
OUT_OF_BALANCE = 0.5
"""Difference from the mean of its peers, in standard deviations over all provinces, that is told."""
WINDOW = 5
"""Years over which a pace must be kept to count as kept; shorter ones are mostly noise."""
CONFIDENCE = 0.95


def distances(traits: Traits) -> pd.DataFrame:
    """Return area x area distances: Euclidean over standardised numbers, and fixed steps for differences in kind.

    The capital is like no other: its distance to all is still given, and is large.
    """
    table = traits.table
    numbers = table[traits.numbers].to_numpy(dtype=float)
    spread = numbers.std(axis=0)
    z = (numbers - numbers.mean(axis=0)) / np.where(spread > 0, spread, 1)
    square = ((z[:, None, :] - z[None, :, :]) ** 2).sum(axis=-1)
    for name, weight in WEIGHT.items():
        kind = table[name].to_numpy()
        square = square + (weight * (kind[:, None] != kind[None, :])) ** 2
    return pd.DataFrame(np.sqrt(square), table.index, table.index)


def find_peers(traits: Traits, area: str, *, count: int = N_PEERS) -> pd.DataFrame:
    """Return the `count` nearest provinces: REF_AREA, distance, near, and what is alike and what is not.

    `alike` and `differs` list traits (`;` between): a number is alike within half a standard deviation.
    """
    if area not in traits.table.index:
        raise UsageError(f"{area!r} is not a province. Write the ISO code, as TH-50 for Chiang Mai.")
    own = distances(traits).loc[area].drop(area)
    nearest = own.sort_values(kind="stable").index[:count]
    spread = traits.table[traits.numbers].std(ddof=0)
    rows = []
    for other in nearest:
        apart = ((traits.table.loc[other, traits.numbers] - traits.table.loc[area, traits.numbers]).astype(float) / spread).to_dict()
        alike = [name for name, step in apart.items() if abs(step) <= OUT_OF_BALANCE]
        differs = [f"{name}:{'more' if step > 0 else 'less'}" for name, step in apart.items() if abs(step) > OUT_OF_BALANCE]
        for name in WEIGHT:
            (alike if traits.table.at[other, name] == traits.table.at[area, name] else differs).append(name)
        rows.append({
            "REF_AREA": other, "distance": own[other], "near": bool(own[other] <= FAR), "alike": ";".join(alike), "differs": ";".join(differs),
        })  # fmt: skip
    return pd.DataFrame(rows)


def balance(traits: Traits, area: str, peers) -> pd.DataFrame:
    """Return per number the province's value, the mean of its peers, of all, and the difference in standard deviations."""
    rows = []
    for name in traits.numbers:
        column = traits.table[name].astype(float)
        mean, spread = column[list(peers)].mean(), column.std(ddof=0)
        step = (column[area] - mean) / spread if spread > 0 else 0.0
        rows.append({
            "trait": name, "own": column[area], "peers": mean, "all": column.mean(), "difference_sd": step, "balanced": bool(abs(step) <= OUT_OF_BALANCE),
            "SERIES": traits.origin[name][0], "year": traits.origin[name][1],
        })  # fmt: skip
    return pd.DataFrame(rows)


def beside_peers(values: pd.DataFrame, traits: Traits, area: str, codelists, *, count: int = N_PEERS) -> pd.DataFrame:
    """Return per SERIES the province's value beside its peers' (only near ones): own, peers_low, peers_median, peers_high.

    `better`: how many of the peers with a value do better, where better is known. No test: five are too few.
    """
    peers = find_peers(traits, area, count=count)
    near = list(peers.loc[peers["near"], "REF_AREA"])
    rows = []
    for series, part in values.groupby("SERIES", sort=False):
        part = part.set_index("REF_AREA")["OBS_VALUE"]
        others = part.reindex(near).dropna()
        if area not in part.index or others.empty:
            continue
        sign = {"higher": 1, "lower": -1}.get(codelists.series_row(series)["direction"], 0)
        rows.append({
            "SERIES": series, "year": int(values.loc[values["SERIES"] == series, "year"].iloc[0]), "own": part[area], "peers_low": others.min(),
            "peers_median": others.median(), "peers_high": others.max(), "n_peers": len(others),
            "better": int((sign * others > sign * part[area]).sum()) if sign else pd.NA, "peers": ";".join(others.index),
        })  # fmt: skip
    columns = ["SERIES", "year", "own", "peers_low", "peers_median", "peers_high", "n_peers", "better", "peers"]
    return pd.DataFrame(rows, columns=columns).astype({"better": "Int64"})


# ---------------------------------------------------------------- a pace that anyone has kept?


def window_paces(observations: pd.DataFrame, *, window: int = WINDOW) -> pd.DataFrame:
    """Return the Sen slope of every province over every run of `window` years (window + 1 yearly values, no gap).

    Columns SERIES, REF_AREA, first_year, last_year, slope (per year).
    """
    rows = observations[(observations["FREQ"] == "A") & observations["OBS_VALUE"].notna()]
    rows = rows.assign(year=rows["TIME_PERIOD"].str[:4].astype(int)).drop_duplicates(["SERIES", "REF_AREA", "year"])
    parts = []
    for series, table in rows.groupby("SERIES", sort=True):
        wide = table.pivot(index="REF_AREA", columns="year", values="OBS_VALUE")
        wide = wide.reindex(columns=range(int(wide.columns.min()), int(wide.columns.max()) + 1))
        for start in range(wide.shape[1] - window):
            part = wide.iloc[:, start : start + window + 1].dropna()
            if len(part):
                lines = rank_lines(part.to_numpy(), np.arange(window + 1.0))
                first = int(part.columns[0])
                parts.append(pd.DataFrame({"SERIES": series, "REF_AREA": part.index, "first_year": first, "last_year": first + window, "slope": lines.slope}))
    columns = ["SERIES", "REF_AREA", "first_year", "last_year", "slope"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def ever_kept(wanted: pd.DataFrame, paces: pd.DataFrame, trends: pd.DataFrame) -> pd.DataFrame:
    """Return, per row of `wanted` (SERIES, REF_AREA, required_pace), how many provinces ever kept that pace.

    Parameters
    ----------
    wanted
        Required pace per year, signed: the target asks for at least that much in its direction.
    paces
        From `window_paces`.
    trends
        Whole-series slopes with ci_low and ci_high: the record that noise alone does not make.

    Returns
    -------
    DataFrame
        n_provinces and n_windows looked at, n_kept provinces with at least one window as fast, n_always (every window),
        best area, years and pace, n_surely (whole-series interval wholly as fast), n_intervals, verdict: `often`
        (a tenth of the provinces or more, and surely by one), `rarely`, `never`, `no_record`. A best window is partly luck, so
        n_kept is an upper bound; n_surely is not.
    """
    rows = []
    families = dict(list(paces.groupby("SERIES")))
    lines = dict(list(trends[trends["FREQ"] == "A"].dropna(subset="ci_low").groupby("SERIES")))
    for row in wanted.to_dict("records"):
        sign = np.sign(row["required_pace"])
        record, whole = families.get(row["SERIES"]), lines.get(row["SERIES"])
        told = {"SERIES": row["SERIES"], "REF_AREA": row["REF_AREA"], "required_pace": row["required_pace"]}
        if record is None or not sign or row["required_pace"] != row["required_pace"]:
            rows.append(told | {"n_provinces": 0, "n_windows": 0, "verdict": "no_record" if sign else "not_needed"})
            continue
        # differences of fourteen decimals are no difference of pace
        fast = sign * record["slope"] >= sign * row["required_pace"] * (1 - 1e-9)
        kept = record[fast]["REF_AREA"].nunique()
        always = record.assign(fast=fast).groupby("REF_AREA")["fast"].all().sum()
        best = record.loc[(sign * record["slope"]).idxmax()]
        near = None if whole is None else whole["ci_low" if sign > 0 else "ci_high"]
        surely = 0 if near is None else int((sign * near >= sign * row["required_pace"]).sum())
        n = record["REF_AREA"].nunique()
        verdict = "never" if not kept else "often" if kept >= n / 10 and surely else "rarely"
        rows.append(told | {
            "n_provinces": n, "n_windows": len(record), "n_kept": kept, "n_always": int(always), "best_area": best["REF_AREA"],
            "best_first": int(best["first_year"]), "best_last": int(best["last_year"]), "best_pace": best["slope"],
            "n_surely": surely, "n_intervals": 0 if whole is None else len(whole), "verdict": verdict,
        })  # fmt: skip
    columns = ["SERIES", "REF_AREA", "required_pace", "n_provinces", "n_windows", "n_kept", "n_always", "best_area", "best_first", "best_last",
               "best_pace", "n_surely", "n_intervals", "verdict"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)
