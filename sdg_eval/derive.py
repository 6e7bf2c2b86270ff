"""Series that follow from others: rates, deflated amounts, shares, per head, growth.

The rules stand in data/codelists/derivations.csv. Every derived value names the cells it came from,
and takes the most careful status of its parents: provisional in, provisional out.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from sdg_eval.concepts import KEY
from sdg_eval.errors import DataError
from sdg_eval.observations import observation_table

MAX_CARRY_YEARS = 3
"""A denominator stands in for a year at most this far away, and says so (docs/decisions/0003)."""
MONTHS = 12
NO_YEARS = np.array([], dtype=int)
AT = ["REF_AREA", "SEX", "AGE", "URBANISATION", "FREQ", "TIME_PERIOD"]
STATUS_ORDER = ["A", "B", "E", "I", "P"]
"""The later one wins when parents differ."""


def derive(observations: pd.DataFrame, codelists) -> pd.DataFrame:
    """Return the derived rows of every rule whose parents are there, as an observation table.

    Rows that a source publishes itself are never replaced: a derived key that exists is left out.
    """
    table, parts = observations, []
    for rule in codelists.derivations.to_dict("records"):
        rows = _RULES.get(rule["rule"], _unknown)(table, rule, codelists)
        if rows.empty:
            continue
        rows = observation_table(rows.assign(SERIES=rule["SERIES"], UNIT_MEASURE=codelists.series_row(rule["SERIES"])["unit"]))
        parts.append(rows)
        table = pd.concat([table, rows], ignore_index=True)  # a later rule may build on it
    if not parts:
        return observation_table([])
    derived = pd.concat(parts, ignore_index=True)
    known = pd.MultiIndex.from_frame(observations.loc[observations["SERIES"].isin(derived["SERIES"].unique()), KEY])
    return observation_table(derived[~pd.MultiIndex.from_frame(derived[KEY]).isin(known)])


def with_derived(observations: pd.DataFrame, codelists) -> pd.DataFrame:
    """Return observations with the derived rows added and exposures attached to counts."""
    table = pd.concat([observations, derive(observations, codelists)], ignore_index=True)
    return observation_table(attach_denominators(table, codelists))


def _unknown(table, rule, codelists):
    raise DataError(
        f"derivations.csv, series {rule['SERIES']}: the rule {rule['rule']!r} does not exist. Choose {', '.join(_RULES)}."
    )


def nearest_years(have: np.ndarray, wanted: int) -> int | None:
    """Return the year of `have` nearest to `wanted` within MAX_CARRY_YEARS (the earlier of two), or None."""
    if not len(have):
        return None
    distance = np.abs(have - wanted)
    best = have[distance == distance.min()].min()
    return int(best) if abs(int(best) - wanted) <= MAX_CARRY_YEARS else None


def carried(rows: pd.DataFrame, denominators: pd.DataFrame) -> pd.DataFrame:
    """Return annual `rows` with the columns den, den_cell, den_status, den_year of the same area, nearest year.

    Rows whose nearest denominator is further than MAX_CARRY_YEARS are left out.
    """
    own = denominators[denominators["REF_AREA"].isin(rows["REF_AREA"])].drop_duplicates(["REF_AREA", "TIME_PERIOD"])
    own = own.assign(den_year=own["TIME_PERIOD"].str[:4].astype(int), den=own["OBS_VALUE"], den_cell=cells(own), den_status=own["OBS_STATUS"])
    have = {area: years.to_numpy() for area, years in own.groupby("REF_AREA")["den_year"]}
    rows = rows.iloc[np.argsort(pd.factorize(rows["REF_AREA"])[0], kind="stable")]  # one area after the other
    wanted = list(zip(rows["REF_AREA"], rows["TIME_PERIOD"].str[:4].astype(int), strict=True))
    nearest = {(area, year): nearest_years(have.get(area, NO_YEARS), year) for area, year in set(wanted)}
    rows = rows.assign(den_year=pd.array([nearest[key] for key in wanted], dtype="Int64"))
    rows = rows[rows["den_year"].notna()].astype({"den_year": int})
    return rows.merge(own[["REF_AREA", "den_year", "den", "den_cell", "den_status"]], on=["REF_AREA", "den_year"], how="left", validate="many_to_one")


def cells(rows: pd.DataFrame) -> pd.Series:
    """Return `SERIES@file:sheet:row:column` of each row: how a derived value names a parent."""
    row = rows["source_row"].astype("str").replace("<NA>", "")
    return rows["SERIES"] + "@" + rows["source_file"] + ":" + rows["source_sheet"] + ":" + row + ":" + rows["source_column"]


def _flags(rows: pd.DataFrame) -> pd.Series:
    """Flags of a derived row: those of the numerator, what was carried, and both parents."""
    away = (rows["den_year"] - rows["TIME_PERIOD"].str[:4].astype(int)).abs()
    note = pd.Series(np.where(away > 0, "denominator_carried:" + away.astype(str), ""), index=rows.index)
    return _join(rows["flags"], note, "parent:" + cells(rows), "parent:" + rows["den_cell"])


def _join(*parts: pd.Series) -> pd.Series:
    joined = [";".join(p for p in values if p) for values in zip(*parts, strict=True)]
    return pd.Series(joined, index=parts[0].index, dtype="str")


def _status(first: pd.Series, second: pd.Series) -> pd.Series:
    rank = {status: place for place, status in enumerate(STATUS_ORDER)}
    worst = np.maximum(first.map(rank).fillna(0), second.map(rank).fillna(0)).astype(int)
    return worst.map(dict(enumerate(STATUS_ORDER)))


def _ratio(rows: pd.DataFrame, factor: float, *, keep_parts: bool) -> pd.DataFrame:
    rows = rows[rows["den"] > 0]
    return rows.assign(
        OBS_VALUE=rows["OBS_VALUE"] / rows["den"] * factor,
        NUMERATOR=rows["OBS_VALUE"] if keep_parts else np.nan,
        DENOMINATOR=rows["den"] if keep_parts else np.nan,
        STD_ERR=np.nan, LOWER_BOUND=np.nan, UPPER_BOUND=np.nan,
        OBS_STATUS=_status(rows["OBS_STATUS"], rows["den_status"]),
        flags=_flags(rows),
    )  # fmt: skip


def _annual(table: pd.DataFrame, series: str) -> pd.DataFrame:
    return table[(table["SERIES"] == series) & (table["FREQ"] == "A")].drop_duplicates(KEY)


def _year_total(table, rule, codelists):
    """Sum of the twelve months of a year; a year with a month missing has no total."""
    own = table[table["SERIES"] == rule["numerator"]]
    monthly = own[own["FREQ"] == "M"].drop_duplicates(KEY)
    if monthly.empty:
        return monthly
    groups = monthly.assign(year=monthly["TIME_PERIOD"].str[:4]).sort_values("TIME_PERIOD").groupby(["REF_AREA", "year"])
    total = groups["OBS_VALUE"].agg(["sum", "count"])
    first = groups.nth(0).set_index(["REF_AREA", "year"]).sort_index()
    rows = first.assign(OBS_VALUE=total["sum"], FREQ="A", flags="sum_of_months:12")[total["count"] == MONTHS].reset_index()
    rows["TIME_PERIOD"] = rows.pop("year")
    return rows


def _rate(table, rule, codelists):
    """count / population x factor; the count and the population stay beside the rate."""
    rows = carried(_annual(table, rule["numerator"]), _annual(table, rule["denominator"]))
    return _ratio(rows, float(rule["factor"]), keep_parts=True)


def _same_period(table, rule) -> pd.DataFrame:
    """Annual numerators with the denominator of exactly the same year: nothing is carried."""
    rows = carried(_annual(table, rule["numerator"]), _annual(table, rule["denominator"]))
    return rows[rows["den_year"] == rows["TIME_PERIOD"].str[:4].astype(int)]


def _share(table, rule, codelists):
    """part / whole x factor, of one year; both stay beside the share."""
    return _ratio(_same_period(table, rule), float(rule["factor"]), keep_parts=True)


def _per_capita(table, rule, codelists):
    """amount / persons x factor, of one year."""
    return _ratio(_same_period(table, rule), float(rule["factor"]), keep_parts=False)


def _deflate(table, rule, codelists):
    """Nominal amount / price index x factor, of one year and the area's own index."""
    return _ratio(_same_period(table, rule), float(rule["factor"]), keep_parts=False)


def _growth(table, rule, codelists):
    """Change to the year before, times factor (100 gives per cent); none over a gap or a break."""
    rows = _annual(table, rule["numerator"]).copy()
    rows["year"] = rows["TIME_PERIOD"].astype(int)
    before = rows.assign(year=rows["year"] + 1)[["REF_AREA", "year", "OBS_VALUE", "OBS_STATUS", "flags"]]
    rows = rows.merge(before, on=["REF_AREA", "year"], suffixes=("", "_before"))
    breaks = break_years(codelists, rule["numerator"])
    at_break = [(a, y) in breaks or ("", y) in breaks for a, y in zip(rows["REF_AREA"], rows["year"], strict=True)]
    keep = ~(pd.Series(at_break, index=rows.index, dtype=bool) | (rows["OBS_STATUS"] == "B"))
    rows = rows[keep & (rows["OBS_VALUE_before"] > 0)]
    return rows.assign(
        OBS_VALUE=(rows["OBS_VALUE"] / rows["OBS_VALUE_before"] - 1) * float(rule["factor"]),
        OBS_STATUS=_status(rows["OBS_STATUS"], rows["OBS_STATUS_before"].replace("B", "A")),
    ).drop(columns=["year", "OBS_VALUE_before", "OBS_STATUS_before", "flags_before"])


_RULES = {"year_total": _year_total, "rate": _rate, "share": _share, "per_capita": _per_capita, "deflate": _deflate, "growth": _growth}


def break_years(codelists, series: str) -> set[tuple[str, int]]:
    """Return (REF_AREA or '', first year of the new regime) of each break of a series."""
    found = set()
    for text in filter(None, codelists.series_row(series)["breaks"].split(";")):
        year, _, area = text.partition("@")
        found.add((area, int(year)))
    return found


def attach_denominators(observations: pd.DataFrame, codelists) -> pd.DataFrame:
    """Return observations where annual counts carry their exposure in DENOMINATOR (persons).

    Only where the source gave none and the series names a denominator series.
    """
    table = observations.copy()
    for code in codelists.series.loc[(codelists.series["kind"] == "count") & (codelists.series["denominator"] != ""), "SERIES"]:
        mine = (table["SERIES"] == code) & (table["FREQ"] == "A") & table["DENOMINATOR"].isna()
        rows = table[mine]
        if rows.empty:
            continue
        found = carried(rows.assign(place=rows.index), _annual(table, codelists.series_row(code)["denominator"]))
        found = found.set_index("place")
        table.loc[found.index, "DENOMINATOR"] = found["den"]
        away = (found["den_year"] - found["TIME_PERIOD"].str[:4].astype(int)).abs()
        note = pd.Series(np.where(away > 0, "denominator_carried:" + away.astype(str), ""), index=found.index)
        table.loc[found.index, "flags"] = _join(found["flags"], note, "exposure:" + found["den_cell"])
    return table


