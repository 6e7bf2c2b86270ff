"""Synthetic observations with known truth: the sample that ships, and panels for tests.

Nothing here is official. Every row says `synthetic` as its source, and everything drawn from it is
marked.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sdg_eval.derive import break_years
from sdg_eval.observations import observation_table

SEED = 20301231
YEARS = range(2014, 2026)
QUARTERS = [f"{year}-Q{q}" for year in range(2019, 2027) for q in (1, 2, 3, 4) if (year, q) <= (2026, 2)]
PILOT_FROM = 2023
"""First full year of the pilot (December 2022 on)."""
SOURCE = "synthetic"
SAMPLE_COLUMNS = ["SERIES", "REF_AREA", "URBANISATION", "FREQ", "TIME_PERIOD", "OBS_VALUE", "NUMERATOR", "DENOMINATOR",
                  "UNIT_MEASURE", "OBS_STATUS", "source", "flags"]  # fmt: skip


@dataclass(frozen=True)
class Truth:
    """How one synthetic series is made; units are those of the series, times are years."""

    series: str
    level: float  # national mean in the first year
    spread: float  # standard deviation of provinces around it
    slope: float  # mean change per year
    slope_spread: float
    noise: float
    rho: float = 0.3  # lag-1 correlation of the noise, per period
    pilot_effect: float = 0.0  # extra change per year in the pilot provinces from PILOT_FROM on
    season: float = 0.0  # half the swing within a year (quarterly series)
    jump: float = 0.0  # change of level at a declared break
    trials: int = 0  # persons counted behind a proportion
    every: int = 1  # years between surveys
    gaps: float = 0.0  # share of values missing
    decimals: int = 1


TRUTHS = (
    Truth("SI_POV_NAHC", 12.0, 4.0, -0.45, 0.25, 0.9, pilot_effect=-0.4),
    Truth("SH_STA_STNT", 14.0, 3.0, -0.30, 0.15, 1.0, every=3),
    Truth("SH_DYN_MORT", 9.5, 1.5, -0.22, 0.08, 0.6),
    Truth("SE_TOT_CPLR", 84.0, 4.0, 0.50, 0.30, 0.8, trials=3000),
    Truth("SG_GEN_LOCGELS", 12.0, 3.0, 0.35, 0.40, 1.2, gaps=0.1),
    Truth("SH_H2O_SAFE", 93.0, 3.5, 0.55, 0.35, 0.4, trials=2500, pilot_effect=0.3),
    Truth("EG_EGY_CLEAN", 88.0, 6.0, 0.9, 0.4, 0.8),
    Truth("SL_TLF_UEM", 1.3, 0.3, 0.02, 0.04, 0.15, rho=0.5, season=0.25, decimals=2),
    Truth("TH_MANF_EMP", 16.0, 8.0, 0.0, 0.30, 0.7, rho=0.5),
    Truth("SI_POV_50MI", 11.0, 2.0, -0.15, 0.20, 0.8, gaps=0.15),
    Truth("EN_ATM_PM25", 26.0, 6.0, -0.40, 0.40, 2.0, rho=0.2, jump=5.0),
    Truth("TH_WASTE_RECYC", 18.0, 5.0, 0.9, 0.5, 1.5, pilot_effect=1.0, gaps=0.05),
    Truth("VC_DSR_AFFCT", 620.0, 150.0, 0.0, 12.0, 120.0, rho=0.1, season=180.0, decimals=0),
    Truth("TH_COAST_WQ", 62.0, 7.0, 0.2, 0.6, 3.0),
    Truth("AG_LND_FRST", 32.0, 18.0, -0.02, 0.06, 0.08, rho=0.6, decimals=2),
    Truth("VC_IHR_PSRC", 4.2, 1.5, -0.08, 0.10, 0.5),
    Truth("IT_NET_BBND", 9.0, 3.0, 1.25, 0.30, 0.3, rho=0.4, pilot_effect=0.3),
)
RURAL_GAP, RURAL_GAP_CHANGE, RURAL_SHARE = 4.0, 0.12, 0.6
"""Poverty outside towns less that within, in points: at first, and more per year; the share of people outside towns."""
ROAD_DEATHS_PER_100000 = 30.0
ROAD_CHANGE = -0.03  # per year, of the rate
ROAD_DISPERSION = 1.6  # variance / mean


def rng_of(name: str, seed: int = SEED) -> np.random.Generator:
    """Return the generator of one named part, so that adding a series changes no other."""
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


def ar1(rng, shape: tuple[int, int], rho: float) -> np.ndarray:
    """Return rows of stationary AR(1) noise with standard deviation 1."""
    noise = rng.standard_normal(shape)
    for step in range(1, shape[1]):
        noise[:, step] = rho * noise[:, step - 1] + np.sqrt(1 - rho**2) * noise[:, step]
    return noise


def simulate_panel(areas, years, *, level=50.0, slope=0.0, noise=1.0, rho=0.0, seed=SEED) -> pd.DataFrame:
    """Return observations of one series `SIM` over `areas` x `years` with a known slope per year."""
    areas, years = list(areas), list(years)
    values = level + slope * np.arange(len(years)) + noise * ar1(rng_of("panel", seed), (len(areas), len(years)), rho)
    rows = [
        {"SERIES": "SIM", "REF_AREA": area, "FREQ": "A", "TIME_PERIOD": str(year), "OBS_VALUE": value, "source": SOURCE}
        for area, line in zip(areas, values, strict=True)
        for year, value in zip(years, line, strict=True)
    ]
    return observation_table(rows)


def simulate_sample(codelists, seed: int = SEED) -> pd.DataFrame:
    """Return the sample: 77 provinces, all 17 goals, annual and quarterly, as an observation table.

    In it are known trends, a known pilot effect, gaps, a declared break, values at their bound, a
    survey every third year and provisional last values (`TRUTHS`; data/sample/README.md).
    """
    parts = [_series(truth, codelists, seed) for truth in TRUTHS]
    parts.append(_people_and_deaths(codelists, seed))
    parts.append(_town_and_country(parts[0], seed))
    return observation_table(pd.concat(parts, ignore_index=True))


def _series(truth: Truth, codelists, seed: int) -> pd.DataFrame:
    meta, rng = codelists.series_row(truth.series), rng_of(truth.series, seed)
    areas = codelists.areas
    if meta["coastal_only"] == "1":
        areas = areas[areas["coast"] == "1"]
    quarterly = meta["freq"] == "Q"
    periods = QUARTERS if quarterly else [str(y) for y in YEARS][:: truth.every]
    years = np.array([int(p[:4]) + (int(p[-1]) * 2 - 1) / 8 if quarterly else int(p) + 0.5 for p in periods])
    shape = (len(areas), len(periods))
    slopes = truth.slope + truth.slope_spread * rng.standard_normal((shape[0], 1))
    values = truth.level + truth.spread * rng.standard_normal((shape[0], 1)) + slopes * (years - YEARS[0] - 0.5)
    values = values + truth.noise * ar1(rng, shape, truth.rho)
    if quarterly:
        values = values + truth.season * np.cos(2 * np.pi * (years % 1 - 0.125))
    for _, year in sorted(break_years(codelists, truth.series)):
        values = values + truth.jump * (years >= year)
    pilot = (areas["pilot"] == "1").to_numpy()[:, None]
    values = values + truth.pilot_effect * np.clip(years - PILOT_FROM, 0, None) * pilot
    values = np.clip(values, float(meta["lower"] or -np.inf), float(meta["upper"] or np.inf))
    rows = _long(truth, meta, areas["REF_AREA"], periods, values, rng)
    keep = rng.random(len(rows)) >= truth.gaps
    rows = rows[keep | (rows["TIME_PERIOD"] == periods[0])]
    provisional = (rows["TIME_PERIOD"] == periods[-1]) & bool(truth.series in ("SI_POV_NAHC", "IT_NET_BBND"))
    return rows.assign(OBS_STATUS=np.where(provisional, "P", "A"))


def _long(truth, meta, areas, periods, values, rng) -> pd.DataFrame:
    rows = pd.DataFrame(
        {
            "SERIES": truth.series,
            "REF_AREA": np.repeat(areas.to_numpy(), len(periods)),
            "FREQ": meta["freq"],
            "TIME_PERIOD": np.tile(periods, len(areas)),
            "OBS_VALUE": values.ravel().round(truth.decimals),
            "UNIT_MEASURE": meta["unit"],
            "source": SOURCE,
            "flags": "",
        }
    )
    if truth.trials:
        people = np.repeat(rng.integers(truth.trials // 2, truth.trials * 2, len(areas)), len(periods))
        rows["NUMERATOR"] = rng.binomial(people, np.clip(values.ravel() / 100, 0, 1)).astype(float)
        rows["DENOMINATOR"] = people.astype(float)
        rows["OBS_VALUE"] = (100 * rows["NUMERATOR"] / rows["DENOMINATOR"]).round(truth.decimals)
    return rows


def _town_and_country(poverty: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Poverty within and outside towns: its mean by people is the total, and the gap between the two widens."""
    rng = rng_of("town and country", seed)
    years = poverty["TIME_PERIOD"].astype(int) - YEARS[0]
    gap = RURAL_GAP + RURAL_GAP_CHANGE * years + rng.normal(0, 0.3, len(poverty))
    gap = np.minimum(gap, poverty["OBS_VALUE"] / RURAL_SHARE)  # nothing below zero within towns
    rural = poverty.assign(URBANISATION="R", OBS_VALUE=(poverty["OBS_VALUE"] + (1 - RURAL_SHARE) * gap).round(1))
    urban = poverty.assign(URBANISATION="U", OBS_VALUE=(poverty["OBS_VALUE"] - RURAL_SHARE * gap).clip(lower=0).round(1))
    return pd.concat([rural, urban], ignore_index=True)


def _people_and_deaths(codelists, seed: int) -> pd.DataFrame:
    """Registered population and road deaths: overdispersed counts with a known yearly ratio."""
    rng, areas, years = rng_of("people", seed), codelists.areas["REF_AREA"], np.array(YEARS)
    start = np.exp(rng.normal(np.log(650_000), 0.6, (len(areas), 1)))
    people = (start * (1 + rng.normal(0.002, 0.004, (len(areas), 1))) ** (years - years[0])).round()
    rate = ROAD_DEATHS_PER_100000 * np.exp(rng.normal(0, 0.25, (len(areas), 1))) * (1 + ROAD_CHANGE) ** (years - years[0])
    mean = people * rate / 1e5
    deaths = rng.poisson(rng.gamma(mean / (ROAD_DISPERSION - 1), ROAD_DISPERSION - 1)).astype(float)
    periods = [str(y) for y in years]
    parts = []
    for code, values in (("TH_POP_DOPA", people), ("TH_ROAD_DEATHS", deaths)):
        truth = Truth(code, 0, 0, 0, 0, 0, decimals=0)
        parts.append(_long(truth, dict(codelists.series_row(code)) | {"freq": "A"}, areas, periods, values, rng))
    return pd.concat(parts, ignore_index=True).assign(OBS_STATUS="A")


def simulate_effect(
    codelists, rng, *, series="SI_POV_NAHC", years=range(2015, 2025), effect=0.0, noise=1.0, rho=0.3, differing_trend=0.0, shock=0.0, regional=0.0,
    gaps=0.0,
) -> pd.DataFrame:  # fmt: skip
    """Return observations of one outcome in 77 provinces with a known effect on the pilots from 2023 on.

    `effect` in units of the outcome; `differing_trend` per year, in the pilots, before and after: selection on a rising trend;
    `shock` hits one pilot province from 2023 on, `regional` is the standard deviation of shocks that hit whole regions from then
    on, `gaps` the share of values missing. Provinces differ in level (sd 4) and share year effects.
    """
    areas, years = codelists.provinces, np.array(list(years))
    pilot = np.isin(areas, codelists.pilots)[:, None]
    values = 40 + 4 * rng.standard_normal((77, 1)) + rng.standard_normal((1, len(years))) + noise * ar1(rng, (77, len(years)), rho)
    values = values + pilot * (effect * (years >= PILOT_FROM) + differing_trend * (years - years[0]))
    values[int(np.flatnonzero(pilot[:, 0])[0]), years >= PILOT_FROM] += shock
    regions = np.unique(codelists.areas["region"], return_inverse=True)[1]
    if regional:
        values += regional * rng.standard_normal(regions.max() + 1)[regions][:, None] * (years >= PILOT_FROM)
    if gaps:
        values[rng.random(values.shape) < gaps] = np.nan
    table = pd.DataFrame({
        "SERIES": series, "REF_AREA": np.repeat(areas, len(years)), "FREQ": "A", "TIME_PERIOD": np.tile(years.astype(str), 77), "OBS_VALUE": values.ravel(),
        "source": SOURCE,
    })  # fmt: skip
    return observation_table(table.dropna(subset="OBS_VALUE"))


def sample_csv(codelists, seed: int = SEED) -> bytes:
    """Return the sample as CSV: only the columns that say something; the reader fills in the rest."""
    table = simulate_sample(codelists, seed)[SAMPLE_COLUMNS]
    text = table.to_csv(index=False, lineterminator="\n", float_format="%.10g")
    return text.encode("utf-8")
