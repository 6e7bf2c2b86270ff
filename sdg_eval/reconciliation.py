"""Do two sources, a whole and its parts, a rate and its count say the same?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from sdg_eval.concepts import KEY, OFFICER_SOURCE, TOTAL

ROUNDING = 0.005
"""Relative difference that is put down to rounding: two figures of three digits can differ by it."""
COUNTRY = "TH"


def latest_by_source(table: pd.DataFrame) -> pd.DataFrame:
    """Return one row per key and source: its newest date, then vintage."""
    order = table.sort_values([*KEY, "source", "as_of", "vintage"], kind="stable")
    return order.drop_duplicates([*KEY, "source"], keep="last").reset_index(drop=True)


def reconcile(table: pd.DataFrame) -> pd.DataFrame:
    """Return the published and the provincial figure of every key side by side.

    Parameters
    ----------
    table
        Observations of all sources (`latest_by_source`); synthetic rows count as published.

    Returns
    -------
    One row per key that a province reported: `central`, `province`, `difference`, `ratio`, `verdict` (equal,
    rounding, power_of_ten, differs, only_province) and both cells.
    """
    provincial = table[table["source"] == OFFICER_SOURCE]
    central = table[table["source"] != OFFICER_SOURCE].sort_values([*KEY, "source"], kind="stable").drop_duplicates(KEY, keep="last")
    columns = [*KEY, "OBS_VALUE", "source", "source_file", "source_row", "source_column"]
    both = provincial[columns].merge(central[columns], on=KEY, how="left", suffixes=("_province", "_central"))
    both = both.rename(columns={"OBS_VALUE_province": "province", "OBS_VALUE_central": "central"})
    both["difference"] = both["province"] - both["central"]
    with np.errstate(divide="ignore", invalid="ignore"):
        both["ratio"] = both["province"] / both["central"]
    both["verdict"] = [_verdict(c, p) for c, p in zip(both["central"], both["province"], strict=True)]
    return both.sort_values(KEY, kind="stable", ignore_index=True)


def _verdict(central: float, province: float) -> str:
    if central != central:
        return "only_province"
    if province == central:
        return "equal"
    if abs(province - central) <= ROUNDING * max(abs(central), abs(province)):
        return "rounding"
    if central and province / central > 0:
        power = np.log10(province / central)
        if abs(power) > 0.5 and abs(power - round(power)) < 0.01:
            return "power_of_ten"
    return "differs"


def summarise_reconciliation(rows: pd.DataFrame) -> pd.DataFrame:
    """Return per SERIES and REF_AREA: values reported, with a central one, equal or rounded, largest relative difference."""
    if rows.empty:
        return pd.DataFrame(columns=["SERIES", "REF_AREA", "n_province", "n_both", "n_agree", "largest_pct"])
    rows = rows.assign(
        both=rows["central"].notna(), agree=rows["verdict"].isin(["equal", "rounding"]),
        pct=100 * (rows["difference"] / rows["central"].where(rows["central"] != 0)).abs(),
    )  # fmt: skip
    groups = rows.groupby(["SERIES", "REF_AREA"], sort=True)
    return pd.DataFrame(
        {"n_province": groups.size(), "n_both": groups["both"].sum(), "n_agree": groups["agree"].sum(), "largest_pct": groups["pct"].max()}
    ).reset_index()


def check_sums(table: pd.DataFrame, codelists) -> pd.DataFrame:
    """Return every total beside the sum of its parts: groups to `_T`, provinces to the country.

    Only of series that add up (aggregation `sum`). `verdict`: adds_up, rounding, does_not_add_up, or
    incomplete where a part is missing, which is never called wrong.
    """
    adding = set(codelists.series.loc[codelists.series["aggregation"] == "sum", "SERIES"])
    own = table[table["SERIES"].isin(adding) & table["OBS_VALUE"].notna()].drop_duplicates(KEY)
    n_provinces, rows = len(codelists.provinces), []
    for column, whole, needed in (("SEX", TOTAL, 2), ("REF_AREA", COUNTRY, n_provinces)):
        others = [c for c in KEY if c != column]
        number, is_whole = own.groupby(others).ngroup(), own[column] == whole
        has_both = number.isin(set(number[is_whole]) & set(number[~is_whole]))
        for name, part in own[has_both].groupby(others, sort=True):
            total, parts = part[part[column] == whole], part[part[column] != whole]
            rows.append(dict(zip(others, name, strict=True)) | {
                "along": column, "total": float(total["OBS_VALUE"].iloc[0]), "sum_of_parts": float(parts["OBS_VALUE"].sum()),
                "n_parts": len(parts), "n_wanted": needed,
            })  # fmt: skip
    columns = [*[c for c in KEY if c not in ("SEX",)], "along", "total", "sum_of_parts", "difference", "n_parts", "n_wanted", "verdict"]
    if not rows:
        return pd.DataFrame(columns=columns)
    found = pd.DataFrame(rows)
    found["difference"] = found["sum_of_parts"] - found["total"]
    found["verdict"] = [_sum_verdict(r) for r in found.to_dict("records")]
    return found.reindex(columns=[*columns, "SEX"])


def _sum_verdict(row: dict) -> str:
    if row["n_parts"] < row["n_wanted"]:
        return "incomplete"
    if row["difference"] == 0:
        return "adds_up"
    close = abs(row["difference"]) <= max(0.5 * row["n_parts"], 1e-9 * abs(row["total"]))
    return "rounding" if close else "does_not_add_up"
