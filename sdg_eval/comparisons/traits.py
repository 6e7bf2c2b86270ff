"""What a province cannot choose: people, room, income before the pilot, towns, border, coast, region.

Values are taken no later than the year before the pilot, so that nothing the pilot did can change who is whose
peer. A trait that no series has (urban share has none yet) is left out and named.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sdg_eval.comparisons.composite import values_at

BEFORE_PILOT = 2022
OLDEST = 12
"""Years that a trait may be older: the registered population of the official files ends in 2013 and 2022."""
POPULATION = ("TH_POP_DOPA", "TH_POP_NESDC")
INCOME = ("TH_GPP_PCAP_REAL", "TH_HH_INCOME_REAL")
URBAN = ("TH_URBAN_SHARE",)
NUMBERS = ("log_population", "log_density", "log_income", "urban_share")
CAPITAL = "TH-10"


@dataclass(frozen=True)
class Traits:
    """`table` by REF_AREA: the numbers that are known, and border, coast, region, capital. `missing` names the
    traits without data, `origin` gives series and year of each number."""

    table: pd.DataFrame
    missing: tuple[str, ...]
    origin: dict[str, tuple[str, int]]

    @property
    def numbers(self) -> list[str]:
        """The traits that are numbers and known."""
        return [name for name in NUMBERS if name in self.table]


def traits_of(observations: pd.DataFrame, codelists, *, year: int = BEFORE_PILOT) -> Traits:
    """Return the traits of all 77 provinces, from values of `year` or before."""
    areas = codelists.areas.set_index("REF_AREA").sort_index()
    table = pd.DataFrame(
        {
            "border": (areas["border"] == "1").astype(float), "coast": (areas["coast"] == "1").astype(float),
            "region": areas["region"], "capital": areas.index == CAPITAL,
        }  # fmt: skip
    )
    origin, missing = {}, []
    named = (("log_population", POPULATION, np.log), ("log_income", INCOME, np.log), ("urban_share", URBAN, np.asarray))
    for name, series, scale in named:
        found = _first(observations, series, year, areas.index)
        if found is None:
            missing.append(name)
            continue
        values, origin[name] = found
        table[name] = scale(values)
    if "log_population" in table:
        table["log_density"] = table["log_population"] - np.log(areas["area_km2"].astype(float))
        origin["log_density"] = origin["log_population"]
    else:
        missing.append("log_density")
    return Traits(table, tuple(missing), origin)


def _first(observations, series: tuple[str, ...], year: int, areas) -> tuple[pd.Series, tuple[str, int]] | None:
    """The first of `series` with a positive value in every province, and its year."""
    for code in series:
        values = values_at(observations[observations["SERIES"] == code], year, max_age=OLDEST)
        values = values.set_index("REF_AREA")["OBS_VALUE"].reindex(areas) if len(values) else pd.Series(np.nan, areas)
        if values.notna().all() and (values > 0).all():
            used = values_at(observations[observations["SERIES"] == code], year, max_age=OLDEST)["year"].iloc[0]
            return values, (code, int(used))
    return None


def design_of(traits: Traits, areas, *, extra: pd.DataFrame | None = None, without: str = "") -> pd.DataFrame:
    """Return a regression design by REF_AREA: constant, standardised numbers, border, coast, regions.

    The largest region is the base; a region of one or two areas joins the base, since it would fit itself. `extra`
    adds columns (a baseline), standardised too. A number that comes from the series `without` is left out: a series
    would explain itself.
    """
    table = traits.table.loc[list(areas)]
    names = [name for name in traits.numbers if traits.origin.get(name, ("",))[0] != without]
    numbers = table[names] if extra is None else table[names].join(extra)
    columns = {"constant": pd.Series(1.0, table.index)}
    for name in numbers:
        spread = numbers[name].std(ddof=0)
        if spread > 0:
            columns[name] = (numbers[name] - numbers[name].mean()) / spread
    for name in ("border", "coast"):
        if 2 < table[name].sum() < len(table) - 2:
            columns[name] = table[name]
    counts = table["region"].value_counts()
    for region in sorted(counts.index[counts > 2]):
        if region != counts.index[0]:
            columns[f"region_{region}"] = (table["region"] == region).astype(float)
    return pd.DataFrame(columns)
