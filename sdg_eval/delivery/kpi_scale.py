"""Figures wrong by a power of ten: thousands written as units, baht as millions.

A figure is held, on a log scale, against the form's other quarters (less the season of its family), its target
and its other years. How far is far follows from how much such figures vary, in the family and in the form itself:
where honest quarters differ tenfold, a tenfold error cannot be told and is not called one.
"""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd

from sdg_eval.delivery.kpi_forms import flag, place_value, quarters_in, year_result

FAR = 4.5
"""Distance in robust standard deviations. [simulated on honest forms of heavy-tailed quarters]"""
MIN_FAMILY = 8
"""Fewest whole forms from which a family's season is taken; smaller families share one."""
LEAST_SPREAD = 0.06
"""Robust standard deviation on the log10 scale below which none is believed: 15 per cent."""
NEAR = 0.4
"""Most that a figure may miss a factor of ten by, on the log10 scale: a factor of 2.5; a hundred and more is far from anything."""
AGREE = 0.25
"""The other quarters are what the target leads to expect within this, a factor of 1.8: then the figure is the odd one."""
TIMES_TARGET = 5
"""Honest years reach two, three, even four times a low target."""
ABOVE_TARGET = 1.5
"""One quarter at 1.5 times the target of the year is more than a large quarter."""
DOWN_HONEST = -3
"""Low figures are mostly slow quarters. One is called a unit error if it is written finer than its family ever is
(3.389 where all have one decimal), or is a thousandth and yet has three digits."""
MONEY_POWERS = np.array([-6, -3, 3, 6])
"""Money is miswritten in thousands or millions."""
LEAST_MONEY = 0.4
SATANG = 0.01
EXACT = 0.004
"""Two figures that should be equal are a power of ten apart within one per cent."""


def _median(values, axis) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.nanmedian(values, axis=axis)


def _spread(residuals: np.ndarray) -> float:
    found = np.abs(residuals[np.isfinite(residuals)])
    return max(LEAST_SPREAD, 1.4826 * float(np.median(found))) if len(found) >= 4 else np.nan


def _logs(values) -> np.ndarray:
    values = np.asarray(values, dtype=float)
    return np.log10(values, out=np.full(values.shape, np.nan), where=values > 0)


def season(logs: np.ndarray, cumulative: bool) -> np.ndarray:
    """Return by how much each quarter usually differs from the form's middle one, on the log10 scale."""
    whole = logs[np.isfinite(logs).all(axis=1)]
    if len(whole) < MIN_FAMILY:
        return np.log10([0.4, 0.8, 1.2, 1.6]) if cumulative else np.zeros(4)
    return np.median(whole - np.median(whole, axis=1, keepdims=True), axis=0)


class _Group:
    """Forms judged together: sizes seen through each quarter, and sizes that target and other years lead to expect."""

    def __init__(self, forms: pd.DataFrame):
        values = quarters_in(forms)
        logs, target = _logs(values), _logs(forms["target_value"])
        self.season = season(logs, bool((forms["cumulative"] == 1).any()))
        self.values, self.sizes = values, logs - self.season
        self.size = _median(self.sizes, axis=1)
        self.by_target = target + _median(self.size - target, axis=0)
        self.by_years = _other_years(self.size, forms["series"])


def _other_years(size: np.ndarray, series: pd.Series) -> np.ndarray:
    """Median size of the other forms of the same series; NaN for a series of one form."""
    found = np.full(len(size), np.nan)
    for rows in pd.Series(np.arange(len(size))).groupby(series.to_numpy()).groups.values():
        for row in rows if len(rows) > 1 else ():
            others = size[[r for r in rows if r != row]]
            found[row] = np.median(others[np.isfinite(others)]) if np.isfinite(others).any() else np.nan
    return found


def scale_flags(forms: pd.DataFrame) -> list[dict]:
    """Return the flags power_of_ten on quarters and targets; shares have a check of their own."""
    counted = (~forms["is_share"]).to_numpy()
    flags = []
    for rows in _groups(forms, counted):
        own = forms.iloc[rows]
        group = _Group(own)
        flags += _cells(forms, rows, own, group) + _rows(forms, rows, own, group)
    return flags


def _groups(forms: pd.DataFrame, counted: np.ndarray):
    """Positions of the forms judged together: a family with enough whole forms, else all small families of a unit, else all small units."""
    whole = np.isfinite(quarters_in(forms)).all(axis=1) & counted
    running = (forms["cumulative"] == 1).to_numpy()
    keys = pd.DataFrame({"family": forms["family"].to_numpy(), "running": running})
    for wider in ("|" + forms["family"].str.rsplit("|", n=1).str[-1].to_numpy(), ""):
        enough = keys.assign(whole=whole).groupby(["family", "running"])["whole"].transform("sum").to_numpy() >= MIN_FAMILY
        keys["family"] = np.where(enough, keys["family"], wider)
    for _, rows in keys[counted].groupby(["family", "running"], sort=True).groups.items():
        yield np.asarray(rows)


def _cells(forms, rows, own, group) -> list[dict]:
    n = len(own)
    refs = np.column_stack([group.sizes, group.by_target, group.by_years])
    distance, spread_row, counts = np.full((n, 4), np.nan), np.full((n, 4), np.nan), np.zeros((n, 4))
    for q in range(4):
        others = np.delete(refs, q, axis=1)
        middle = _median(others, axis=1)
        distance[:, q] = group.sizes[:, q] - middle
        spread_row[:, q] = 1.4826 * _median(np.abs(others - middle[:, None]), axis=1)
        counts[:, q] = np.isfinite(others).sum(axis=1)
    common = _spread(distance)
    if np.isnan(common):
        return []
    expected = 10 ** (group.sizes - distance + group.season)
    # a count of 9 varies by a third by chance alone
    chance = 0.434**2 / np.maximum(expected, 1)
    spread = np.sqrt(np.fmax(spread_row, common) ** 2 + chance)
    power = np.round(distance)
    near = (np.abs(power) > 1) | (np.abs(distance - power) <= np.clip(2.5 * spread, 0.15, NEAR))
    target = own["target_value"].to_numpy()[:, None]
    agree, beyond = _others_agree(group), ~(group.values <= ABOVE_TARGET * target)
    too_high = np.where(power == 1, agree, (power > 1) & (beyond | agree)) & ~_in_order(group.values, own)
    long = group.values / place_value(group.values, 6) >= 100
    too_low = (power <= -1) & (_finer(group.values) | ((power <= DOWN_HONEST) & long))
    found = (np.abs(distance) > FAR * spread) & near & (too_high | too_low) & (counts >= 2)
    return [
        flag(forms, rows[i], "power_of_ten", f"q{q + 1}", group.values[i, q], group.values[i, q] / 10 ** power[i, q], power=power[i, q],
             n=counts[i, q], other="quarters, target and other years of the form", strength="strong" if abs(distance[i, q]) > 2 * FAR * spread[i, q] else "moderate")
        for i, q in zip(*np.nonzero(found), strict=True)
    ]  # fmt: skip


def _others_agree(group) -> np.ndarray:
    """Forms x 4: whether two or more other quarters are as large as the target leads to expect."""
    agree = np.zeros(group.sizes.shape, dtype=bool)
    for q in range(4):
        others = np.delete(group.sizes, q, axis=1)
        agree[:, q] = (np.abs(_median(others, axis=1) - group.by_target) <= AGREE) & (np.isfinite(others).sum(axis=1) >= 2)
    return agree


def _finer(values: np.ndarray) -> np.ndarray:
    """Whether a figure has more decimals than nine in ten of its family."""
    step = place_value(values, 6)
    usual = np.nanquantile(step, 0.1) if np.isfinite(step).any() else np.nan
    return step < 0.5 * min(usual, 1.0)


def _in_order(values: np.ndarray, own: pd.DataFrame) -> np.ndarray:
    """Forms x 4: figures of cumulative forms that a later one confirms, since it is as large."""
    later = np.fmax.accumulate(np.nan_to_num(values, nan=-np.inf)[:, ::-1], axis=1)[:, ::-1]
    after = np.column_stack([later[:, 1:], np.full(len(values), -np.inf)])
    return (own["cumulative"] == 1).to_numpy()[:, None] & (values <= after)


def _rows(forms, rows, own, group) -> list[dict]:
    """Forms whose quarters agree with each other and are all a power of ten away from the target."""
    distance = group.size - group.by_target
    spread = _spread(distance)
    if np.isnan(spread):
        return []
    power, counts = np.round(distance), np.isfinite(group.sizes).sum(axis=1)
    inside = 1.4826 * _median(np.abs(group.sizes - group.size[:, None]), axis=1)
    near = (np.abs(power) > 1) | (np.abs(distance - power) <= np.clip(2.5 * spread, 0.15, NEAR))
    above = ~(year_result(own) <= TIMES_TARGET * own["target_value"].to_numpy())
    fine = (_finer(group.values) | ~np.isfinite(group.sizes)).all(axis=1)
    telling = ((power >= 1) & above) | ((power <= -1) & fine) | (power <= DOWN_HONEST)
    found = (np.abs(distance) > FAR * np.fmax(spread, inside)) & near & telling & (counts >= 2)
    flags = []
    for i in np.flatnonzero(found):
        by_years = group.size[i] - group.by_years[i]
        of_target = abs(by_years) < 0.5  # other years agree with the quarters: the target is the odd one
        column, value = ("target_value", own["target_value"].iloc[i]) if of_target else ("q1-q4", year_result(own.iloc[[i]])[0])
        power_of = -power[i] if of_target else power[i]
        flags.append(flag(
            forms, rows[i], "power_of_ten", column, value, value / 10**power_of, power=power_of, n=counts[i],
            other="target" if not of_target else "quarters and other years", strength="moderate" if np.isnan(by_years) else "strong",
        ))  # fmt: skip
    return flags


# ---------------------------------------------------------------- money


def money_flags(forms: pd.DataFrame, budget: pd.DataFrame | None = None) -> list[dict]:
    """Return the flags power_of_ten on budget_thb and disbursed_thb of the forms, and on rows of table budget.

    A form's money is held against the same project's rows of table budget, its disbursement against its budget,
    and the budget against all budgets.
    """
    flags = _against_all(forms) + _paid_against_budget(forms)
    if budget is not None and len(budget):
        flags += _against_table(forms, budget) + budget_row_flags(budget)
    seen = {}
    for one in flags:  # the later tests are the surer ones
        seen[(one["table"], one["key"], one["column"])] = one
    return list(seen.values())


def _against_all(forms: pd.DataFrame) -> list[dict]:
    logs = _logs(forms["budget_thb"])
    known = logs[np.isfinite(logs)]
    if len(known) < MIN_FAMILY:
        return []
    middle = np.median(known)
    spread = max(LEAST_MONEY, 1.4826 * float(np.median(np.abs(known - middle))))
    distance = logs - middle
    power = MONEY_POWERS[np.argmin(np.abs(np.nan_to_num(distance)[:, None] - MONEY_POWERS), axis=1)]
    found = (np.abs(distance) > FAR * spread) & (np.abs(distance - power) <= 3 * spread)
    return [
        flag(forms, i, "power_of_ten", "budget_thb", forms["budget_thb"].iloc[i], forms["budget_thb"].iloc[i] / 10.0 ** power[i], power=float(power[i]),
             n=len(known), other="budgets of all forms", strength="moderate")
        for i in np.flatnonzero(found)
    ]  # fmt: skip


def _paid_against_budget(forms: pd.DataFrame) -> list[dict]:
    ratio = _logs(forms["disbursed_thb"]) - _logs(forms["budget_thb"])
    # before the year is over little may honestly be paid, but never a thousandth of a baht
    telling = np.isfinite(quarters_in(forms)[:, 3]) | (place_value(forms["disbursed_thb"].to_numpy(), 6) < SATANG)
    flags = []
    for power in (-6.0, -3.0, 1.0, 2.0, 3.0, 6.0):
        rest = ratio - power
        # once the power is taken out, between a fifth of the budget and a tenth more than it
        found = (rest > -0.7) & (rest < 0.045) & ((ratio > 0.2) if power > 0 else telling)
        flags += [
            flag(forms, i, "power_of_ten", "disbursed_thb", forms["disbursed_thb"].iloc[i], forms["disbursed_thb"].iloc[i] / 10**power, power=power,
                 n=1, other="budget of the form", strength="moderate")
            for i in np.flatnonzero(found)
        ]  # fmt: skip
    return flags


def _against_table(forms: pd.DataFrame, budget: pd.DataFrame) -> list[dict]:
    from sdg_eval.delivery.frames import take

    rows = take(budget, "budget", text=["project_id", "fiscal_quarter"], money=["planned_thb", "disbursed_thb"])
    rows["fiscal_year"] = pd.to_numeric(rows["fiscal_quarter"].str[:4], errors="coerce")
    sums = rows.groupby(["project_id", "fiscal_year"])[["planned_thb", "disbursed_thb"]].sum()
    sums = sums.reindex(pd.MultiIndex.from_frame(forms[["project_id", "fiscal_year"]]))
    flags = []
    for column, there in (("budget_thb", "planned_thb"), ("disbursed_thb", "disbursed_thb")):
        wanted = sums[there].to_numpy()
        distance = _logs(forms[column]) - _logs(wanted)
        power = np.round(distance)
        found = (np.abs(distance - power) < EXACT) & (np.abs(power) >= 1)
        flags += [
            flag(forms, i, "power_of_ten", column, forms[column].iloc[i], wanted[i], power=float(power[i]), n=1, other="table budget", strength="strong")
            for i in np.flatnonzero(found)
        ]  # fmt: skip
    return flags


def budget_row_flags(budget: pd.DataFrame) -> list[dict]:
    """Return the flags power_of_ten on rows of table budget: a quarter against the project's others of the same source."""
    from sdg_eval.delivery.frames import take
    from sdg_eval.delivery.kpi_forms import COLUMNS

    table = take(budget, "budget", text=["budget_id", "project_id", "REF_AREA", "fiscal_quarter", "source_type"], money=["planned_thb", "disbursed_thb"])
    flags = []
    places = list(table.groupby(["project_id", "source_type"], sort=False).indices.values())
    for column in ("planned_thb", "disbursed_thb"):
        logs = np.asarray(_logs(table[column]))
        distance, inside, counts = (np.full(len(table), np.nan) for _ in range(3))
        for rows in places:
            known = rows[np.isfinite(logs[rows])]
            if len(known) >= 3:
                own = logs[known]
                others = np.broadcast_to(own, (len(own), len(own)))[~np.eye(len(own), dtype=bool)].reshape(len(own), -1)  # a row per figure
                middle = np.median(others, axis=1)
                distance[known], counts[known] = own - middle, len(own) - 1
                inside[known] = 1.4826 * np.median(np.abs(others - middle[:, None]), axis=1)
        spread = _spread(distance)
        if np.isnan(spread):
            continue
        power = MONEY_POWERS[np.argmin(np.abs(np.nan_to_num(distance)[:, None] - MONEY_POWERS), axis=1)]
        limit = np.fmax(inside, spread)
        found = (np.abs(distance) > FAR * limit) & (np.abs(distance - power) <= np.clip(2.5 * limit, 0.3, 1.0))
        for i in np.flatnonzero(found):
            value = table[column].iloc[i]
            flags.append(dict.fromkeys(COLUMNS, "") | {
                "table": "budget", "key": table["budget_id"].iloc[i], "REF_AREA": table["REF_AREA"].iloc[i],
                "fiscal_year": float(table["fiscal_quarter"].iloc[i][:4] or "nan"), "check": "power_of_ten", "column": column, "value": value,
                "expected": value / 10.0 ** power[i], "power": float(power[i]), "n": counts[i], "chance": np.nan,
                "other": "other quarters of the project", "strength": "strong" if abs(distance[i]) > 2 * FAR * limit[i] else "moderate",
            })  # fmt: skip
    return flags
