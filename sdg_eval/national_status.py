"""The status of every series and goal in every province, read off the national tables.

An evaluation is made for the provinces that were asked for. Maps and pages that speak of the whole country need the
status of the others too; it follows from the same rows by the same words, so the two can never differ.
"""

from __future__ import annotations

import pandas as pd

from sdg_eval.evaluation import KEY, National, goal_status, status_of

COLUMNS = [
    "REF_AREA", "goal", "SERIES", "FREQ", "direction", "n_obs", "first_period", "last_period", "slope", "ci_low", "ci_high",
    "relative_slope_pct", "relative_ci_low_pct", "relative_ci_high_pct", "p_value", "p_adjusted", "verdict", "status", "preferred", "stale", "synthetic",
]  # fmt: skip


def status_table(national: National, observations: pd.DataFrame, codelists) -> pd.DataFrame:
    """Return one row (COLUMNS) per province and per series and frequency that any province has.

    Parameters
    ----------
    observations
        What `national` was computed from; read only for whether a row is synthetic.

    Returns
    -------
    A series without a value in a province has its row there, with status `no_data` and n_obs 0; a series of the sea has
    none in a province without coast.
    """
    trends = national.trends.merge(national.detectability[[*KEY, "tells"]].drop_duplicates(KEY), on=KEY, how="left")
    families = trends[["SERIES", "FREQ"]].drop_duplicates()
    families = families.merge(codelists.series[["SERIES", "goal", "direction", "coastal_only"]], on="SERIES", how="left")
    areas = codelists.areas.sort_values("REF_AREA")[["REF_AREA", "coast"]]
    table = areas.merge(families, how="cross")
    table = table[(table["coastal_only"] != "1") | (table["coast"] == "1")]
    table = table.merge(trends.drop(columns=["SEX", "AGE", "URBANISATION"]), on=KEY, how="left")
    absent = table["verdict"].isna()
    table["verdict"] = table["verdict"].fillna("no_data")
    for column in ("stale", "significant", "preferred"):
        table[column] = table[column].astype("object").fillna(False).astype(bool)
    # a series that the province lacks is shown once, at its lowest frequency
    table["preferred"] |= absent & (table["FREQ"] == table.groupby(["REF_AREA", "SERIES"])["FREQ"].transform("min"))
    table["n_obs"] = table["n_obs"].fillna(0).astype(int)
    for column in ("first_period", "last_period", "assessment", "tells", "reason"):
        table[column] = table[column].astype("object").fillna("")
    columns = ["verdict", "tells", "significant", "assessment"]
    table["status"] = [status_of(dict(zip(columns, row, strict=True))) for row in table[columns].itertuples(index=False)]
    invented = observations.loc[observations["source"] == "synthetic", KEY].drop_duplicates().assign(synthetic=True)
    table = table.merge(invented, on=KEY, how="left")
    table["synthetic"] = table["synthetic"].astype("object").fillna(False).astype(bool)
    return table[COLUMNS].reset_index(drop=True)


def goals_of_provinces(table: pd.DataFrame, codelists) -> pd.DataFrame:
    """Return one row per province and goal, all 17 in each: status, stale, as_of (0 where nothing is told), synthetic."""
    told = goal_status(table)
    every = pd.MultiIndex.from_product([codelists.provinces, codelists.goals17["goal"]], names=["REF_AREA", "goal"]).to_frame(index=False)
    full = every.merge(told, on=["REF_AREA", "goal"], how="left")
    return full.assign(
        status=full["status"].fillna("no_data"), as_of=full["as_of"].fillna(0).astype(int),
        **{flag: full[flag].astype("object").fillna(False).astype(bool) for flag in ("stale", "synthetic")},
    )  # fmt: skip
