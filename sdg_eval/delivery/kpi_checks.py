"""Forensic checks on self-reported KPI forms: what looks wrong, what it may be, what to do. Nothing is ever corrected.

A flag asks the office that filled the form; it accuses nobody. Each check is silent where an honest form could look
the same: at most one honest form in fifty may be flagged, and what that costs in faults not found is measured.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from sdg_eval.delivery.frames import list_areas, of_area, take
from sdg_eval.delivery.kpi_copies import copy_flags
from sdg_eval.delivery.kpi_digits import digit_heaping, heaping_flags
from sdg_eval.delivery.kpi_forms import (
    COLUMNS,
    flag,
    last_given,
    place_value,
    quarters_in,
    read_forms,
    year_result,
)
from sdg_eval.delivery.kpi_scale import EXACT, money_flags, scale_flags
from sdg_eval.delivery.kpi_words import CHECKS, words
from sdg_eval.delivery.shares import wilson

FLAG_COLUMNS = [*COLUMNS, "explanation_th", "explanation_en", "suggested_fix_th", "suggested_fix_en"]
LATE = 0.35
"""Share of the target reached by the end of the third quarter, up to which a finish at exactly 100% is a jump."""
USUAL_BY_Q3 = 0.5
"""Kin that usually have less than half done by then deliver late, and are not asked."""
OFTEN_LATE = 0.1
"""Share of others' forms that are as late and still arrive, from which finishing late is how such work goes."""
ARRIVED = 0.8
"""Share of the target from which a late year counts as arrived."""
SMALLEST_TARGET = 20
"""One report or three bridges are delivered when they are done; from 20 units on, work shows on the way."""
MIN_OTHERS = 5
MIN_QUARTERS, MIN_PLANNED = 3, 5
"""Fewest quarters and planned activities of a project's year for which nothing done is strange."""
PAID = 0.5
"""Share of the budget paid from which output is expected, and share of the target from which payment is."""
NOT_BOUNDED = ("เป้า", "เพิ่ม", "เติบโต", "เทียบ", "target", "growth", "increase", "change")
"""Words of indicators whose per cent may pass 100: of a target, of last year."""
POWERS = (1, 2, 3, 6, -1, -2, -3, -6)


def check_kpis(kpi: pd.DataFrame, *, budget: pd.DataFrame | None = None, activity: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return one row per flag on the KPI forms (and on rows of budget and activity): see FLAG_COLUMNS.

    Parameters
    ----------
    budget, activity
        With them, money is also held against the projects' own rows, and what was paid against what was done.

    Returns
    -------
    DataFrame
        `check` is one of kpi_words.CHECKS; `value` what stands in `column`, `expected` what it is held against (NaN
        where only the office can know), `power` the power of ten or the share that the text names, `strength`
        strong or moderate. The texts are made from these numbers. A flag on a reporter lists its forms in `kpi_id`.
    """
    forms = read_forms(kpi)
    flags = total_flags(forms)
    exact = {(f["kpi_id"], f["column"]) for f in flags if f["check"] == "power_of_ten"}
    flags += [f for f in scale_flags(forms) + money_flags(forms, budget) if (f["kpi_id"], f["column"]) not in exact]
    flags += copy_flags(forms) + jump_flags(forms) + payment_flags(forms, activity, budget) + falling_flags(forms) + share_flags(forms)
    flags += heaping_flags(forms)
    if budget is not None and activity is not None:
        flags += project_flags(forms, activity, budget, {f["kpi_id"] for f in flags if f["check"] in ("paid_without_output", "output_without_payment")})
    table = pd.DataFrame([f | words(f) for f in flags], columns=FLAG_COLUMNS)
    order = {name: place for place, name in enumerate(CHECKS)}
    return table.assign(order=table["check"].map(order)).sort_values(["order", "REF_AREA", "key", "column"], kind="stable", ignore_index=True)[FLAG_COLUMNS]


def flagged_forms(flags: pd.DataFrame) -> set[str]:
    """Return the kpi_id of every form with a flag, those of a flagged reporter included."""
    return {one for ids in flags["kpi_id"] for one in str(ids).split(";") if one}


def check_summary(kpi: pd.DataFrame, flags: pd.DataFrame, *, areas=None) -> pd.DataFrame:
    """Return one row per province (the country last): forms, forms flagged with Wilson's interval, and flags of each check."""
    forms, hit = take(kpi, "kpi", text=["kpi_id", "REF_AREA"]), flagged_forms(flags)
    of_check = flags.assign(kpi_id=flags["kpi_id"].astype(str).str.split(";")).explode("kpi_id")
    rows = []
    for area in list_areas(areas, forms["REF_AREA"]):
        own = of_area(forms, area)
        told = wilson(int(own["kpi_id"].isin(hit).sum()), len(own))
        counts = of_check[of_check["kpi_id"].isin(own["kpi_id"])].groupby("check")["kpi_id"].nunique()
        rows.append({
            "REF_AREA": area, "n_forms": len(own), "n_flagged": int(own["kpi_id"].isin(hit).sum()), "share": told.share, "ci_low": told.ci_low,
            "ci_high": told.ci_high, **{name: int(counts.get(name, 0)) for name in CHECKS}, "reason": "" if len(own) else "no_form",
        })  # fmt: skip
    return pd.DataFrame(rows)


def last_digits(kpi: pd.DataFrame) -> pd.DataFrame:
    """Return for every agency and province the share of its figures that end in 0 or 5, with interval, p and adjusted p."""
    return digit_heaping(read_forms(kpi))


# ---------------------------------------------------------------- sums


def total_flags(forms: pd.DataFrame) -> list[dict]:
    """Return the flags total_differs, and power_of_ten where one power explains the difference exactly.

    A form that does not say whether it is cumulative may be either. Shares are only asked to lie between their
    lowest and highest quarter. A blank between two quarters leaves the total open.
    """
    values, total = quarters_in(forms), forms["total"].to_numpy()
    given = np.isfinite(values)
    n, last = given.sum(axis=1), last_given(values)
    first_at, last_at = np.argmax(given, axis=1), 3 - np.argmax(given[:, ::-1], axis=1)
    usable = (n > 0) & (n == last_at - first_at + 1) & np.isfinite(total)
    usable &= ~np.isclose(total, year_result(forms), rtol=1e-9, atol=1e-9)  # the common case, and quick
    flags = []
    for i in np.flatnonzero(usable):
        own = values[i][given[i]]
        slack = _slack(own, total[i])
        if forms["is_share"].iloc[i]:
            if not own.min() - slack <= total[i] <= own.max() + slack:
                flags.append(flag(forms, i, "total_differs", "total", total[i], last[i], n=n[i], strength="moderate"))
            continue
        running = forms["cumulative"].iloc[i]
        wanted = {"equals_sum": own.sum(), "equals_last": last[i]}
        right = wanted["equals_last"] if running == 1 else wanted["equals_sum"]
        fits = [name for name, v in wanted.items() if abs(total[i] - v) <= slack]
        if abs(total[i] - right) <= slack or (np.isnan(running) and fits):
            continue
        flags.append(_power_in_sum(forms, i, own, total[i], right, running, slack) or flag(
            forms, i, "total_differs", "total", total[i], right, n=n[i], other=fits[0] if fits else "", strength="moderate" if fits or n[i] == 1 else "strong",
        ))  # fmt: skip
    return flags


def _slack(quarters: np.ndarray, total: float) -> float:
    """How far sum and total may differ because each was rounded: nothing for whole numbers."""
    steps = place_value(np.append(quarters, total), 6)
    finest = np.nanmin(steps[:-1]) if np.isfinite(steps[:-1]).any() else 1.0
    if finest >= 1:
        return 1e-6
    return 0.5 * max(len(quarters) * finest, min(1.0, steps[-1] if np.isfinite(steps[-1]) else 1.0)) + 1e-9


def _power_in_sum(forms, i, own, total, right, running, slack) -> dict | None:
    if total > 0 and right > 0:
        distance = np.log10(total / right)
        power = np.round(distance)
        if abs(power) >= 1 and abs(distance - power) < EXACT:
            return flag(forms, i, "power_of_ten", "total", total, right, power=power, n=len(own), other="sum of the quarters", strength="strong")
    if running == 1 or len(own) < 2:
        return None
    columns = np.flatnonzero(np.isfinite(quarters_in(forms.iloc[[i]])[0]))
    for at, value in enumerate(own):
        for power in POWERS:
            true = value / 10.0**power
            fits = value > 0 and abs(right - value + true - total) <= slack and abs(value - true) > 10 * slack
            if fits and _nearer(true, value, np.delete(own, at)):
                return flag(forms, i, "power_of_ten", f"q{columns[at] + 1}", value, true, power=power, n=len(own), other="total of the form", strength="strong")
    return None


def _nearer(true: float, value: float, others: np.ndarray) -> bool:
    """Whether the figure that would mend the sum is also more like the other quarters than the one written."""
    others = others[others > 0]
    if not len(others):
        return False
    middle = np.median(np.log(others))
    return abs(np.log(true) - middle) < abs(np.log(value) - middle)


def falling_flags(forms: pd.DataFrame) -> list[dict]:
    """Return the flags cumulative_falls: a quarter of a cumulative form below an earlier one; shares may fall."""
    values = quarters_in(forms)
    running = (forms["cumulative"] == 1).to_numpy() & ~forms["is_share"].to_numpy()
    flags = []
    for i in np.flatnonzero(running):
        highest = np.fmax.accumulate(values[i])
        for q in range(1, 4):
            lost = highest[q - 1] - values[i, q]
            if lost > 1e-9 * abs(highest[q - 1]):
                strength = "strong" if lost > 0.02 * abs(highest[q - 1]) else "moderate"
                flags.append(flag(forms, i, "cumulative_falls", f"q{q + 1}", values[i, q], highest[q - 1], n=q, strength=strength))
    return flags


def share_flags(forms: pd.DataFrame) -> list[dict]:
    """Return the flags above_100, save where the target or the indicator's words allow more."""
    values = np.column_stack([quarters_in(forms), forms["total"]])
    open_ended = forms["family"].str.contains("|".join(NOT_BOUNDED), regex=True).to_numpy() | (forms["target_value"] > 100).to_numpy()
    above = (values > 100 + 1e-9) & (forms["is_share"].to_numpy() & ~open_ended)[:, None]
    columns = ["q1", "q2", "q3", "q4", "total"]
    return [flag(forms, i, "above_100", columns[c], values[i, c], 100.0, n=1, strength="strong") for i, c in zip(*np.nonzero(above), strict=True)]


# ---------------------------------------------------------------- pace and money


def jump_flags(forms: pd.DataFrame) -> list[dict]:
    """Return the flags jump_to_100: little by the third quarter, exactly the target in the fourth; `power` is the share before."""
    values, target = quarters_in(forms), forms["target_value"].to_numpy()
    running = (forms["cumulative"] == 1).to_numpy() | forms["is_share"].to_numpy()
    summed = np.where(np.isfinite(values[:, :3]).any(axis=1), np.nansum(values[:, :3], axis=1), np.nan)
    before = np.where(running, last_given(values[:, :3]), summed)
    done = np.divide(before, target, out=np.full(len(forms), np.nan), where=target > 0)
    final = year_result(forms)
    level = forms["is_share"].to_numpy() & (forms["cumulative"] != 1).to_numpy()
    exact = np.isfinite(values[:, 3]) & (np.abs(final - target) <= 0.0005 * target) & ~level
    small = target / np.fmin(1.0, np.fmax(place_value(values[:, 3]), 1e-3)) < SMALLEST_TARGET
    hits = np.flatnonzero(exact & ~small & (done > 0) & (done <= LATE))
    usable = np.isfinite(done) & np.isfinite(values[:, 3]) & ~level
    late = (done <= LATE) & (final >= ARRIVED * target)
    flags = []
    for i in hits:
        others = _others(forms, i, usable, "kin")
        colleagues = _others(forms, i, usable, "agency_id")
        if any(len(alike) >= MIN_OTHERS and late[alike].mean() >= OFTEN_LATE for alike in (others, colleagues)):
            continue
        others = done[others]
        if len(others) >= MIN_OTHERS and np.median(others) < USUAL_BY_Q3:
            continue
        flags.append(flag(
            forms, i, "jump_to_100", "q4", final[i], float(np.median(others) * target[i]) if len(others) >= MIN_OTHERS else np.nan, power=float(done[i]),
            n=len(others), strength="strong" if done[i] <= LATE / 2 and len(others) >= MIN_OTHERS else "moderate",
        ))  # fmt: skip
    return flags


def _others(forms: pd.DataFrame, row: int, usable: np.ndarray, by: str) -> np.ndarray:
    """Positions of other provinces' usable forms of the same kin (those of the unit where these are few) or agency: nobody is measured by the own habit."""
    elsewhere = usable & (forms["REF_AREA"] != forms["REF_AREA"].iloc[row]).to_numpy()
    same = elsewhere & (forms[by] == forms[by].iloc[row]).to_numpy()
    if by == "kin" and same.sum() < MIN_OTHERS:
        same = elsewhere & (forms["unit"] == forms["unit"].iloc[row]).to_numpy()
    return np.flatnonzero(same)


def payment_flags(forms: pd.DataFrame, activity=None, budget=None) -> list[dict]:
    """Return the flags paid_without_output and output_without_payment of forms whose year is over.

    A zero counts only where it was written. Where the project's own rows tell otherwise (work was done, money was
    paid), the form is not asked.
    """
    values, result, target = quarters_in(forms), year_result(forms), forms["target_value"].to_numpy()
    over = np.isfinite(values[:, 3])
    budget_thb, paid = forms["budget_thb"].to_numpy(), forms["disbursed_thb"].to_numpy()
    part = np.divide(paid, budget_thb, out=np.full(len(forms), np.nan), where=budget_thb > 0)
    reached = np.divide(result, target, out=np.full(len(forms), np.nan), where=target > 0)
    worked = _project_sum(forms, activity, "activity", "done") > 0
    paid_there = _project_sum(forms, budget, "budget", "disbursed_thb") > 0
    nothing = over & (result == 0) & ~(forms["total"] > 0).to_numpy() & (part >= PAID) & ~worked
    unpaid = over & (paid == 0) & (budget_thb > 0) & (reached >= PAID) & ~paid_there
    return [
        flag(forms, i, "paid_without_output", "total", 0.0, paid[i], power=float(part[i]), n=int(np.isfinite(values[i]).sum()), strength="strong")
        for i in np.flatnonzero(nothing)
    ] + [
        flag(forms, i, "output_without_payment", "disbursed_thb", 0.0, result[i], power=float(reached[i]), n=int(np.isfinite(values[i]).sum()), strength="moderate")
        for i in np.flatnonzero(unpaid)
    ]  # fmt: skip


def _by_project(table, name: str, columns: list[str]) -> pd.DataFrame:
    rows = take(table, name, text=["project_id", "fiscal_quarter"], money=columns)
    rows["fiscal_year"] = pd.to_numeric(rows["fiscal_quarter"].str[:4], errors="coerce")
    return rows.groupby(["project_id", "fiscal_year"])[columns].sum(min_count=1)


def _project_sum(forms: pd.DataFrame, table, name: str, column: str) -> np.ndarray:
    if table is None or not len(table):
        return np.full(len(forms), np.nan)
    return _by_project(table, name, [column])[column].reindex(pd.MultiIndex.from_frame(forms[["project_id", "fiscal_year"]])).to_numpy()


def project_flags(forms: pd.DataFrame, activity: pd.DataFrame, budget: pd.DataFrame, seen: set) -> list[dict]:
    """Return the same two flags from the project's own rows: a year of activities against a year of money.

    Only years whose last quarter is in; a project whose KPI form was asked already is not asked again.
    """
    work, money = _by_project(activity, "activity", ["planned", "done"]), _by_project(budget, "budget", ["planned_thb", "disbursed_thb"])
    quarters = take(activity, "activity", text=["project_id", "fiscal_quarter"])
    counts = quarters.assign(fiscal_year=pd.to_numeric(quarters["fiscal_quarter"].str[:4])).groupby(["project_id", "fiscal_year"])["fiscal_quarter"].nunique()
    over = set(quarters.loc[quarters["fiscal_quarter"].str.endswith("Q4"), ["project_id", "fiscal_quarter"]].itertuples(index=False, name=None))
    areas = take(budget, "budget", text=["project_id", "REF_AREA"]).drop_duplicates("project_id").set_index("project_id")["REF_AREA"]
    ids = forms.groupby(["project_id", "fiscal_year"])["kpi_id"].agg(";".join).to_dict()
    flags = []
    for (project, year), row in work.join(money, how="inner").iterrows():
        kpis = ids.get((project, year), "")
        enough = counts[(project, year)] >= MIN_QUARTERS and row["planned"] >= MIN_PLANNED and row["planned_thb"] > 0
        if (project, f"{year:.0f}Q4") not in over or set(kpis.split(";")) & seen or not enough:
            continue
        part, done = row["disbursed_thb"] / row["planned_thb"], row["done"] / row["planned"]
        check = "paid_without_output" if row["done"] == 0 and part >= PAID else "output_without_payment" if row["disbursed_thb"] == 0 and done >= PAID else ""
        if check:
            paid = check == "paid_without_output"
            flags.append(dict.fromkeys(COLUMNS, "") | {
                "table": "activity" if paid else "budget", "key": project, "kpi_id": kpis, "REF_AREA": areas.get(project, ""), "fiscal_year": year, "check": check,
                "column": "done" if paid else "disbursed_thb", "value": 0.0, "expected": row["disbursed_thb"] if paid else row["done"],
                "power": part if paid else done, "n": 1, "chance": np.nan, "strength": "moderate",
            })  # fmt: skip
    return flags
