"""Office of Agricultural Economics: output index, and production of rice and rubber (two R files).

Production comes by month and as estimates of four kinds; for each month the firmest is taken (A1
actual, R1 revised, E2, E1 estimates). Impossible values are refused one by one, and the year of a
province that holds one has no total: a sum without a month would be a lower number, not a lesser one.
"""

from __future__ import annotations

import pandas as pd

from sdg_eval.observations import observation_table
from sdg_eval.sources.reading import RawFile, Reading, set_aside_table, units

NAME = "oae"
TITLE = "Office of Agricultural Economics: output index and production"

INDEX, FACT = "TH_AGRI_OUTPUT_INDEX", "fact"
INDEX_COLUMNS = {"PROD_CODE", "PROVINCE_CODE", "YEAR", "CI"}
FACT_COLUMNS = {"estimate_id", "prod_code", "province_code", "year", "month", "production", "productivity"}
ALL_PRODUCTS = 0
PRODUCTS = {
    "TH_RICE_PROD": (110101110, 110101199, 110101299, 110102099),  # jasmine, other, glutinous (in-season); off-season
    "TH_RUBBER_PROD": (160100099,),
}
MAX_YIELD = {"TH_RICE_PROD": 2.0, "TH_RUBBER_PROD": 1.0}
"""Tonnes per rai that no province reaches: national means are 0.4 (rice) and 0.2 (rubber)."""
PRECEDENCE = {"A1": 0, "R1": 1, "E2": 2, "E1": 3}
NOT_YET = 2022
"""In the 2021 edition this year has only begun."""
HALF_YEAR = {"TH_RICE_PROD": 2009}
"""The file starts within this year: the harvest of the season before is not in it."""
BROKEN_BROILER = 2021


def recognise(raw: RawFile) -> bool:
    """A data frame with the columns of the index or of the production facts."""
    if raw.kind != "rds":
        return False
    columns = set(raw.rds[0].columns)
    return columns >= INDEX_COLUMNS or columns >= FACT_COLUMNS


def read(raw: RawFile, codelists) -> Reading:
    """Return the output index, or rice and rubber production in tonnes a year."""
    table, file_id = raw.rds
    table = table.reset_index(drop=True).assign(source_row=range(1, len(table) + 1))
    origin = {"source": NAME, "source_file": raw.name, "source_id": file_id}
    if set(table.columns) >= INDEX_COLUMNS:
        return _read_index(table, codelists, origin)
    return _read_production(table, codelists, origin)


def _areas(codes: pd.Series, codelists) -> pd.Series:
    """REF_AREA of two-digit codes, '' for aggregates (0 the country, 1-4 regions)."""
    text = "TH-" + codes.astype(int).astype("str").str.zfill(2)
    return text.where(text.isin(codelists.provinces), "")


def _before(rows: pd.DataFrame, codelists) -> pd.Series:
    """True for years in which the province did not exist yet."""
    since = codelists.areas.set_index("REF_AREA")["valid_from"].astype(int)
    return rows["year"] < rows["REF_AREA"].map(since)


def _aside(rows: pd.DataFrame, column: str, reason: str) -> list[tuple]:
    return [("", row, column, str(found), reason) for row, found in zip(rows["source_row"], rows[column], strict=True)]


def _read_index(table: pd.DataFrame, codelists, origin: dict) -> Reading:
    rows = table[table["PROD_CODE"] == ALL_PRODUCTS].assign(year=lambda t: t["YEAR"].astype(int))
    rows["REF_AREA"] = _areas(rows["PROVINCE_CODE"], codelists)
    aggregate, early, unfinished = rows["REF_AREA"] == "", _before(rows, codelists), rows["year"] >= NOT_YET
    aside = _aside(rows[aggregate], "PROVINCE_NM_TH" if "PROVINCE_NM_TH" in rows else "PROVINCE_CODE", "not a province")
    aside += _aside(rows[early & ~aggregate], "CI", "the province did not exist yet")
    aside += _aside(rows[unfinished & ~aggregate], "CI", f"{NOT_YET} is not complete in this edition")
    kept = rows[~aggregate & ~early & ~unfinished & rows["CI"].notna()]
    status = kept["year"].map(lambda y: "P" if y >= BROKEN_BROILER - 1 else "A")
    made = pd.DataFrame(
        {
            "SERIES": INDEX, "REF_AREA": kept["REF_AREA"], "FREQ": "A", "TIME_PERIOD": kept["year"].astype("str"),
            "OBS_VALUE": kept["CI"], "UNIT_MEASURE": units(codelists, [INDEX])[INDEX], "OBS_STATUS": status,
            "flags": kept["year"].map(lambda y: "broken_broiler" if y == BROKEN_BROILER else ""),
            "source_row": kept["source_row"], "source_column": "CI",
        }  # fmt: skip
    ).assign(**origin)
    notes = [
        f"output index of all products, {made['REF_AREA'].nunique()} provinces, {kept['year'].min()}-{kept['year'].max()}; 2009 = 100",
        f"{BROKEN_BROILER} is fed by broken broiler figures: kept, provisional and flagged; {NOT_YET} is not complete and set aside",
    ]
    return Reading(observation_table(made), set_aside_table(aside), notes)


def _read_production(table: pd.DataFrame, codelists, origin: dict) -> Reading:
    parts, aside, notes = [], [], []
    for series, products in PRODUCTS.items():
        rows = table[table["prod_code"].isin(products)].assign(year=lambda t: t["year"].astype(int))
        rows["REF_AREA"] = _areas(rows["province_code"], codelists)
        rows["rank"] = rows["estimate_id"].astype("str").map(PRECEDENCE)
        made, put = _totals(rows, series, codelists)
        parts.append(made.assign(SERIES=series, UNIT_MEASURE=units(codelists, [series])[series]))
        aside += put
        notes.append(f"{series}: {made['REF_AREA'].nunique()} provinces, {made['TIME_PERIOD'].min()}-{made['TIME_PERIOD'].max()}")
    made = pd.concat(parts, ignore_index=True).assign(**origin)
    notes.append(f"{len(table) - sum(table['prod_code'].isin(p).sum() for p in PRODUCTS.values()):,} rows of other products passed over")
    return Reading(observation_table(made), set_aside_table(aside), notes)


def _totals(rows: pd.DataFrame, series: str, codelists) -> tuple[pd.DataFrame, list[tuple]]:
    """Sum the months of each province and year; the firmest estimate stands for a month."""
    foreign = (rows["REF_AREA"] == "") | _before(rows, codelists) | rows["rank"].isna()
    early = rows["year"] <= HALF_YEAR.get(series, 0)
    aside = _aside(rows[foreign], "province_code", "not a province, before it existed, or an unknown kind of estimate")
    aside += _aside(rows[~foreign & early], "production", "the harvest of the season before is not in the file")
    aside += _aside(rows[~foreign & (rows["year"] >= NOT_YET)], "production", f"{NOT_YET} is not complete in this edition")
    rows = rows[~foreign & ~early & (rows["year"] < NOT_YET)]
    key = ["prod_code", "REF_AREA", "year", "month"]
    rows = rows.sort_values([*key, "rank", "season_name" if "season_name" in rows else "source_row"], kind="stable")
    second = rows.duplicated(key)
    aside += _aside(rows[second], "production", "another estimate of the same month is firmer, or comes first")
    rows = rows[~second]
    impossible = rows["production"].isna() | (rows["production"] < 0) | ~(rows["productivity"] <= MAX_YIELD[series])
    aside += _aside(rows[impossible], "production", f"impossible: missing, negative, or more than {MAX_YIELD[series]:g} tonnes per rai")
    spoiled = impossible.groupby([rows["REF_AREA"], rows["year"]]).transform("any")
    aside += _aside(rows[spoiled & ~impossible], "production", "another month of this province and year is impossible: no total")
    groups = rows[~spoiled].groupby(["REF_AREA", "year"], sort=True)
    total = groups.agg(
        OBS_VALUE=("production", "sum"), rank=("rank", "max"), n=("production", "size"), source_row=("source_row", "min")
    ).reset_index()
    names = {rank: name for name, rank in PRECEDENCE.items()}
    return pd.DataFrame(
        {
            "REF_AREA": total["REF_AREA"], "FREQ": "A", "TIME_PERIOD": total["year"].astype("str"),
            "OBS_VALUE": total["OBS_VALUE"], "OBS_STATUS": total["rank"].map(lambda r: "A" if r == 0 else "E"),
            "flags": "sum_of_rows:" + total["n"].astype("str")
            + total["rank"].map(lambda r: f";estimate:{names[int(r)]}" if r else ""),
            "source_row": total["source_row"], "source_column": "production",
        }  # fmt: skip
    ), aside
