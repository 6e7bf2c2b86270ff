"""Honest KPI forms as officers fill them, and forms with one planted fault: what the checks are measured on.

Honest is not tidy: slow starts, one large quarter, seasons, zeros, round targets reached exactly in any quarter,
batches of 50, a few estimates rounded to tens, years half reported, projects that failed or did three times what was asked. All invented.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sdg_eval.errors import UsageError

QUARTERS = ["q1", "q2", "q3", "q4"]
YEARS = (2566, 2567)
KINDS = [
    # indicator, unit, typical size, decimals, cumulative, batch, spread of quarters (ln), season
    ("จำนวนผู้เข้ารับการฝึกอบรม", "คน", 800, 0, 0, 50, 0.35, (0.6, 1.2, 1.3, 0.9)),
    ("จำนวนครัวเรือนที่ได้รับการพัฒนา", "ครัวเรือน", 2500, 0, 1, 1, 0.3, (0.7, 1.0, 1.2, 1.1)),
    ("จำนวนผู้รับบริการ", "ราย", 12_000, 0, 0, 1, 0.15, (1.0, 1.0, 1.0, 1.0)),
    ("ปริมาณขยะที่นำกลับมาใช้", "ตัน", 350, 2, 0, 1, 0.25, (0.9, 1.0, 1.1, 1.0)),
    ("ความยาวถนนที่ซ่อมบำรุง", "กิโลเมตร", 120, 1, 0, 1, 0.6, (0.3, 1.0, 1.6, 1.1)),
    ("ผลผลิตข้าวอินทรีย์", "ตัน", 5000, 1, 0, 1, 0.4, (3.0, 0.3, 0.2, 0.5)),
    ("จำนวนครั้งที่จัดประชุม", "ครั้ง", 24, 0, 0, 1, 0.3, (1.0, 1.0, 1.0, 1.0)),
    ("ร้อยละความก้าวหน้าของงานก่อสร้าง", "ร้อยละ", 100, 1, 1, 1, 0.3, (0.6, 1.0, 1.2, 1.2)),
    ("ร้อยละความพึงพอใจของผู้รับบริการ", "ร้อยละ", 85, 2, 0, 1, 0.04, (1.0, 1.0, 1.0, 1.0)),
    ("จำนวนเรื่องร้องเรียนที่แก้ไขแล้ว", "เรื่อง", 300, 0, 0, 1, 0.4, (1.0, 1.0, 1.0, 1.0)),
    ("จำนวนต้นไม้ที่ปลูก", "ต้น", 20_000, 0, 1, 100, 0.6, (0.2, 0.3, 1.8, 1.7)),
    ("พื้นที่ที่ได้รับการฟื้นฟู", "ไร่", 900, 1, 1, 1, 0.45, (0.5, 0.9, 1.3, 1.3)),
    ("จำนวนบ้านที่ซ่อมสร้าง", "หลัง", 60, 0, 0, 1, 0.5, (0.4, 0.9, 1.3, 1.4)),
]  # fmt: skip
EVEN = 0.3
"""Spread between quarters (natural log) up to which a tenfold error is planted."""
PROJECT = " โครงการ "
"""What parts the kind of a KPI from the words that only one project uses."""
AGENCIES = ("cdd", "dla", "dopa", "ddpm", "dpt", "dol")


def clean_forms(seed: int, n: int = 300, *, wild: float = 1.0, free_text: bool = False, late: float = 0.0) -> pd.DataFrame:
    """Return about `n` honest forms (table kpi) of six KPIs, many provinces and two fiscal years.

    Parameters
    ----------
    wild
        Multiplies the spread between quarters and between provinces: 2 is a stress test, not an expectation.
    free_text
        Every project words its indicator in its own way, and persons served and persons trained have one unit.
    late
        Share of the forms of counted results that deliver mostly in the fourth quarter and end at the target.
    """
    rng = np.random.default_rng([seed, 7])
    chosen = rng.choice(len(KINDS), 6, replace=False)
    count = max(2, round(n / (len(chosen) * len(YEARS))))
    areas = [f"TH-{k}" for k in range(10, 10 + count)]
    reported = int(rng.choice([2, 3, 4], p=[0.2, 0.2, 0.6]))  # quarters of the last year that are in
    parts = [_forms_of(rng, int(kind), areas, reported, wild) for kind in chosen]
    table = pd.concat(parts, ignore_index=True)
    table["agency_id"] = rng.choice(AGENCIES, len(AGENCIES))[pd.factorize(table["indicator"])[0] % len(AGENCIES)]
    own = rng.random(len(table)) < 0.4  # the province's own office reports, not the department
    table.loc[own, "agency_id"] = "office-" + table.loc[own, "REF_AREA"]
    if late:
        table = _finish_late(table, np.random.default_rng([seed, 13]), late)
    if free_text:
        table["indicator"] += PROJECT + table["project_id"] + " ปี " + table["fiscal_year"].astype(str)
        table["unit"] = table["unit"].replace("ราย", "คน")
    return table


def _finish_late(table: pd.DataFrame, rng, share: float) -> pd.DataFrame:
    """Honest years that end at the target, a quarter of it or so before the last quarter."""
    flow = (table["cumulative"] == 0) & (table["unit"] != "ร้อยละ") & table[QUARTERS].notna().all(axis=1)
    rows = table.index[flow & (rng.random(len(table)) < share)]
    target = table.loc[rows, "target_value"].to_numpy()
    parts = target[:, None] * np.array([0.07, 0.08, 0.12]) * rng.uniform(0.7, 1.3, (len(rows), 3))
    table[QUARTERS] = table[QUARTERS].astype(float)
    table.loc[rows, QUARTERS[:3]] = np.round(parts)
    table.loc[rows, "q4"] = target - np.round(parts).sum(axis=1)
    table.loc[rows, "total"] = target
    return table


def _forms_of(rng, kind: int, areas: list[str], reported: int, wild: float) -> pd.DataFrame:
    indicator, unit, level, decimals, cumulative, batch, spread, season = KINDS[kind]
    base = np.repeat(level * np.exp(rng.normal(0, 0.7 * wild, len(areas))), len(YEARS)) * np.exp(rng.normal(0, 0.15, len(areas) * len(YEARS)))
    n = len(base)
    year = np.tile(YEARS, len(areas))
    share = unit == "ร้อยละ"
    target = np.full(n, float(level)) if share else _round_to(base, 2)
    if share:
        results = _shares(rng, n, level, cumulative, spread, season)
    else:
        results = _flows(rng, target, spread * wild, season)
        results = np.maximum(np.round(results / batch) * batch if batch > 1 else results, 0)
    results = np.round(results, decimals)
    rounded = rng.random(n) < 0.06  # an honest estimate, written as one
    if not share and level > 100:
        results[rounded] = np.round(results[rounded] / 10) * 10
    late = rng.random(n) < 0.05
    results[late, 0] = np.nan
    partial = (year == YEARS[-1]) & (reported < 4)
    results[np.ix_(partial, np.arange(4) >= reported)] = np.nan
    shown = np.where(np.isnan(results), np.nan, np.nancumsum(results, axis=1)) if cumulative and not share else results
    shown = np.round(shown, decimals)
    last = pd.DataFrame(shown).ffill(axis=1).iloc[:, -1].to_numpy()
    total = last if cumulative or share else np.round(np.nansum(results, axis=1), decimals)
    budget = _round_to(np.exp(rng.normal(13.5, 1.0, n)), 3)
    paid = np.round(budget * np.clip(rng.beta(9, 1.6, n), 0, 1) * np.where(partial, reported / 4 * rng.uniform(0.5, 1.1, n), 1))
    paid = np.where(rng.random(n) < 0.01, np.round(paid * rng.uniform(0.001, 0.1, n)), paid)  # hardly begun
    budget = np.where(rng.random(n) < 0.04, 0.0, budget)
    paid = np.where(budget == 0, 0.0, np.where(rng.random(n) < 0.003, 0.0, paid))  # carried over to the next year
    area = np.repeat(areas, len(YEARS))
    return pd.DataFrame({
        "kpi_id": [f"K{kind:02d}-{a}-{y}" for a, y in zip(area, year, strict=True)], "project_id": [f"P{kind:02d}-{a}" for a in area],
        "REF_AREA": area, "fiscal_year": year, "indicator": indicator, "unit": unit, "target_value": target,
        **{q: shown[:, k] for k, q in enumerate(QUARTERS)}, "total": np.where(rng.random(n) < 0.03, np.nan, total), "cumulative": cumulative,
        "budget_thb": budget, "disbursed_thb": np.where(rng.random(n) < 0.05, np.nan, paid),
    })  # fmt: skip


def _round_to(values, digits: int) -> np.ndarray:
    """Round to significant digits: targets are set as 1,200, not as 1,187."""
    scale = 10.0 ** (np.floor(np.log10(values)) - digits + 1)
    return np.round(values / scale) * scale


def _flows(rng, target: np.ndarray, spread: float, season) -> np.ndarray:
    """Results of each quarter: season, noise with heavy tails, and the ways in which years go."""
    n = len(target)
    noise = np.exp(spread * rng.standard_t(5, (n, 4)) / np.sqrt(5 / 3))
    parts = np.array(season) * noise
    slow = rng.random(n) < 0.15
    parts[slow, 0] *= rng.choice([0.0, 0.02, 0.1], slow.sum())
    lump = np.flatnonzero(rng.random(n) < 0.08)
    parts[lump, rng.integers(1, 4, len(lump))] += 4 * parts[lump].sum(axis=1)
    parts[rng.random((n, 4)) < 0.03] = 0
    parts /= np.maximum(parts.sum(axis=1, keepdims=True), 1e-9)
    reach = np.exp(rng.normal(-0.06, 0.18, n))
    reach = np.where(rng.random(n) < 0.03, rng.uniform(0.02, 0.3, n), reach)
    reach = np.where(rng.random(n) < 0.02, rng.uniform(1.5, 4, n), reach)
    reach = np.where(rng.random(n) < 0.003, 0.0, reach)  # nothing came of it, though paid
    results = target[:, None] * reach[:, None] * parts
    # one in seven stops exactly at the target, in the second to the fourth quarter
    exact = np.flatnonzero(rng.random(n) < 0.15)
    stop = rng.choice([1, 2, 3], len(exact), p=[0.15, 0.3, 0.55])
    for row, last in zip(exact, stop, strict=True):
        results[row, last + 1 :] = 0
        before = np.cumsum(results[row, :last])[-1]
        if before >= target[row]:
            results[row, :last] *= 0.75 * target[row] / before
        results[row, :last] = np.round(results[row, :last])
        results[row, last] = max(target[row] - results[row, :last].sum(), 0)
    return results


def _shares(rng, n: int, level: float, cumulative: int, spread: float, season) -> np.ndarray:
    """Per cents: progress that grows to at most 100, or a level that hovers."""
    if not cumulative:
        return np.clip(level + rng.normal(0, 6, (n, 1)) + rng.normal(0, 100 * spread, (n, 4)), 20, 100)
    parts = np.array(season) * np.exp(spread * rng.normal(size=(n, 4)))
    reach = np.clip(rng.normal(0.97, 0.12, n), 0.3, 1.0)
    return 100 * reach[:, None] * np.cumsum(parts, axis=1) / parts.sum(axis=1, keepdims=True)


# ---------------------------------------------------------------- planted faults


@dataclass(frozen=True)
class Planted:
    """One fault: the forms that carry it, the column, and what stood there before (NaN for many)."""

    fault: str
    kpi_ids: tuple[str, ...]
    column: str
    true: float


FAULTS = (
    "unit_up_1", "unit_up_2", "unit_up_3", "unit_down_3", "unit_row_3", "unit_budget_6", "unit_paid_3", "copied_quarter", "copied_quarters_office", "copied_province",
    "jump_to_100", "paid_without_output", "output_without_payment", "total_differs", "digit_heaping", "cumulative_falls", "above_100",
)  # fmt: skip


def plant(table: pd.DataFrame, fault: str, seed: int) -> tuple[pd.DataFrame, Planted | None]:
    """Return the forms with one fault of the kind, and what it is; None where no form could carry it visibly.

    Where a fault would look like an honest form (a thousand small values equal, a tenfold error that stays under the
    target) another form is taken: what is measured is finding, not guessing.
    """
    if fault not in FAULTS:
        raise UsageError(f"fault is {fault!r}; choose {', '.join(FAULTS)}.")
    rng, table = np.random.default_rng([seed, 11]), table.copy()
    values = table[QUARTERS].to_numpy()
    flow = (table["cumulative"] == 0) & (table["unit"] != "ร้อยละ")
    whole = table[QUARTERS].notna().all(axis=1)
    steady = pd.Series(np.nanmin(values, axis=1) > 0.3 * np.nanmedian(values, axis=1), table.index) & (np.nanmax(values, axis=1) < 2 * np.nanmedian(values, axis=1))
    return _PLANTERS[fault.rstrip("0123456").rstrip("_") if fault.startswith("unit") else fault](table, fault, rng, flow, whole, steady)


def _pick(rng, table, mask):
    rows = table.index[mask]
    return rng.choice(rows) if len(rows) else None


def _kind(table: pd.DataFrame) -> pd.Series:
    return table["indicator"].str.split(PROJECT).str[0]


def _resum(table, row) -> None:
    if table.at[row, "cumulative"] == 0 and table.at[row, "unit"] != "ร้อยละ":
        table.loc[row, "total"] = table.loc[row, QUARTERS].sum()
    else:
        table.loc[row, "total"] = table.loc[row, QUARTERS].dropna().iloc[-1]


def _unit_quarter(table, fault, rng, flow, whole, steady):
    power = int(fault[-1]) * (-1 if "down" in fault else 1)
    column = QUARTERS[int(rng.integers(0, 4))]
    big = table[column] > 0.12 * table["target_value"] if power == 1 else table[column] > 5
    if power == 1:  # a factor of ten shows only where honest quarters differ less, and the year went as planned
        even = {indicator for indicator, *_, spread, _ in KINDS if spread <= EVEN}
        big &= _kind(table).isin(even) & (table["total"] / table["target_value"]).between(0.6, 1.6)
    if power < 0:  # 3,389 written as 3.389 shows; 8,000 written as 8 is a slow quarter like any other
        big &= (table[column] % 10 != 0) & (table[column] >= 100)
    row = _pick(rng, table, flow & whole & steady & big & (table["target_value"] > 100))
    if row is None:
        return table, None
    true = table.at[row, column]
    table.loc[row, column] = true * 10.0**power
    _resum(table, row)
    return table, Planted(fault, (table.at[row, "kpi_id"],), column, true)


def _unit_row(table, fault, rng, flow, whole, steady):
    row = _pick(rng, table, whole & steady & (table["unit"] != "ร้อยละ") & (table["total"] > 0.4 * table["target_value"]))
    if row is None:
        return table, None
    true = table.at[row, "total"]
    table[[*QUARTERS, "total"]] = table[[*QUARTERS, "total"]].astype(float)
    table.loc[row, [*QUARTERS, "total"]] *= 1000.0
    return table, Planted(fault, (table.at[row, "kpi_id"],), "q1", true)


def _unit_money(table, fault, rng, flow, whole, steady):
    column = "budget_thb" if "budget" in fault else "disbursed_thb"
    row = _pick(rng, table, (table["budget_thb"] > 0) & (table["disbursed_thb"] > 0.3 * table["budget_thb"]))
    true = table.at[row, column]
    table.loc[row, column] = true / 10.0 ** int(fault[-1])
    if column == "budget_thb":
        table.loc[row, "disbursed_thb"] /= 10.0 ** int(fault[-1])
    return table, Planted(fault, (table.at[row, "kpi_id"],), column, true)


def _copied_quarter(table, fault, rng, flow, whole, steady):
    row = _pick(rng, table, flow & whole & (table["q2"] > 3000) & (table["q2"] % 10 != 0))
    if row is None:
        return table, None
    true = table.at[row, "q3"]
    table.loc[row, "q3"] = table.at[row, "q2"]
    _resum(table, row)
    return table, Planted(fault, (table.at[row, "kpi_id"],), "q3", true)


def _copied_office(table, fault, rng, flow, whole, steady):
    singly = table["unit"].isin([unit for _, unit, *_, batch, _, _ in KINDS if batch == 1])
    usable = flow & singly & table["q2"].notna() & table["q3"].notna() & (table["q2"] >= 50) & (table["q2"] != table["q3"]) & (table["q2"] != table["target_value"])
    counts = table[usable].groupby(["REF_AREA", "fiscal_year"]).size()
    if counts.empty or counts.max() < 3:
        return table, None
    area, year = counts.index[counts.to_numpy().argmax()]
    rows = table.index[usable & (table["REF_AREA"] == area) & (table["fiscal_year"] == year)]
    table.loc[rows, "q3"] = table.loc[rows, "q2"]
    for row in rows:
        _resum(table, row)
    return table, Planted(fault, tuple(table.loc[rows, "kpi_id"]), "q3", np.nan)


def _copied_province(table, fault, rng, flow, whole, steady):
    singly = table["unit"].isin([unit for _, unit, *_, batch, _, _ in KINDS if batch == 1])  # batches of 50 meet by chance
    row = _pick(rng, table, flow & whole & singly & (table[QUARTERS].min(axis=1) > 100))
    if row is None:
        return table, None
    kind = _kind(table)
    same = (kind == kind[row]) & (table["fiscal_year"] == table.at[row, "fiscal_year"]) & (table.index != row)
    other = _pick(rng, table, same)
    table.loc[other, [*QUARTERS, "total"]] = table.loc[row, [*QUARTERS, "total"]].to_numpy(dtype=float)
    return table, Planted(fault, (table.at[row, "kpi_id"], table.at[other, "kpi_id"]), "q1", np.nan)


def _jump(table, fault, rng, flow, whole, steady):
    row = _pick(rng, table, whole & (table["unit"] != "ร้อยละ") & (table["target_value"] >= 100) & steady)
    if row is None:
        return table, None
    done = np.array([0.02, 0.05, 0.08, 1.0])
    results = np.round(table.at[row, "target_value"] * (done if table.at[row, "cumulative"] else np.diff(done, prepend=0)))
    if not table.at[row, "cumulative"]:
        results[3] = table.at[row, "target_value"] - results[:3].sum()
    true = table.at[row, "q4"]
    table.loc[row, QUARTERS] = results
    _resum(table, row)
    return table, Planted(fault, (table.at[row, "kpi_id"],), "q4", true)


def _paid_for_nothing(table, fault, rng, flow, whole, steady):
    row = _pick(rng, table, whole & (table["budget_thb"] > 0) & (table["disbursed_thb"] > 0.6 * table["budget_thb"]))
    table.loc[row, [*QUARTERS, "total"]] = 0
    return table, Planted(fault, (table.at[row, "kpi_id"],), "total", np.nan)


def _nothing_paid(table, fault, rng, flow, whole, steady):
    row = _pick(rng, table, whole & (table["budget_thb"] > 0) & (table["total"] > 0.7 * table["target_value"]))
    if row is None:
        return table, None
    true = table.at[row, "disbursed_thb"]
    table.loc[row, "disbursed_thb"] = 0
    return table, Planted(fault, (table.at[row, "kpi_id"],), "disbursed_thb", true)


def _wrong_total(table, fault, rng, flow, whole, steady):
    row = _pick(rng, table, flow & whole & (table["total"] > 20))
    if row is None:
        return table, None
    true = table.at[row, "total"]
    table.loc[row, "total"] = np.round(true * rng.choice([0.7, 0.9, 1.08, 1.5]))
    return table, Planted(fault, (table.at[row, "kpi_id"],), "total", true)


def _heaped(table, fault, rng, flow, whole, steady):
    singly = table["unit"].isin([unit for _, unit, *_, batch, _, _ in KINDS if batch == 1])
    usable = (table["unit"] != "ร้อยละ") & singly & (table["target_value"] > 150)
    counts = table[usable].groupby("agency_id").size()
    counts = counts[(counts >= 12) & (counts <= 0.35 * len(table))]
    if counts.empty:
        return table, None
    agency = rng.choice(counts.index)
    rows = table.index[usable & (table["agency_id"] == agency)]
    table.loc[rows, QUARTERS] = (table.loc[rows, QUARTERS] / 5).round() * 5
    for row in rows:
        _resum(table, row)
    return table, Planted(fault, tuple(table.loc[rows, "kpi_id"]), "q1", np.nan)


def _falling(table, fault, rng, flow, whole, steady):
    row = _pick(rng, table, (table["cumulative"] == 1) & whole & (table["unit"] != "ร้อยละ") & (table["q2"] > 20))
    if row is None:
        return table, None
    true = table.at[row, "q3"]
    table.loc[row, "q3"] = np.round(0.8 * table.at[row, "q2"])
    _resum(table, row)
    return table, Planted(fault, (table.at[row, "kpi_id"],), "q3", true)


def _too_much(table, fault, rng, flow, whole, steady):
    row = _pick(rng, table, table["unit"] == "ร้อยละ")
    if row is None:
        return table, None
    true = table.at[row, "q2"]
    table.loc[row, "q2"] = 112.0
    return table, Planted(fault, (table.at[row, "kpi_id"],), "q2", true)


_PLANTERS = {
    "unit_up": _unit_quarter, "unit_down": _unit_quarter, "unit_row": _unit_row, "unit_budget": _unit_money, "unit_paid": _unit_money,
    "copied_quarter": _copied_quarter, "copied_quarters_office": _copied_office, "copied_province": _copied_province, "jump_to_100": _jump,
    "paid_without_output": _paid_for_nothing, "output_without_payment": _nothing_paid, "total_differs": _wrong_total, "digit_heaping": _heaped,
    "cumulative_falls": _falling, "above_100": _too_much,
}  # fmt: skip
