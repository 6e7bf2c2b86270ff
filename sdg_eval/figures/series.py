"""One series of one province: values, the line that was estimated, its interval, breaks, target."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sdg_eval.figures.style import (
    BAND,
    FAN,
    INK,
    LEGEND_COLUMNS,
    LINE,
    NOTED,
    SOFT,
    TARGET,
    add_bands,
    add_dots,
    add_key,
    place_labels,
    text_points,
    title,
)
from sdg_eval.observations import mid_points
from sdg_eval.thai import year_text

WORDS = {
    "official": ("เป้าหมายทางการ", "official target"),
    "derived": ("เป้าหมายที่โครงการคำนวณ", "derived target"),
    "provisional": ("ค่าเบื้องต้น", "provisional"),
    "break": ("นิยามหรือเขตใหม่", "new definition or area"),
    "line": ("เส้นแนวโน้มและช่วงความเชื่อมั่น", "trend and interval"),
    "direction": ("ทิศทางเบื้องต้น", "direction only"),
    "values": ("ค่าที่รายงาน", "reported values"),
    "noted": ("มีหมายเหตุ", "with a note"),
    "forecast": ("คาดการณ์", "forecast"),
}
ROUTINE_FLAGS = ("parent", "exposure", "sum_of_rows", "sum_of_months")
"""Flags that say how every value of a series is made; a mark on each point would tell nothing."""


TICK_SIZE = 10.5
"""Points, as rcParams say it for tick labels."""


def word(key: str, lang: str) -> str:
    """Return a fixed word of the charts."""
    return WORDS[key][lang != "th"]


@dataclass(frozen=True)
class Shown:
    """What a chart of a series shows, for the words around it."""

    times: np.ndarray
    provisional: bool
    noted: bool
    forecast: bool
    break_at: float | None
    widest: float  # points of the longest number on the value axis


def draw_series(axes, observations: pd.DataFrame, row: dict, codelists, lang: str, forecasts: pd.DataFrame | None = None):
    """Draw one series on `axes`, with its words in one language, and return `axes`.

    Parameters
    ----------
    observations
        Rows of one SERIES, REF_AREA and FREQ.
    row
        The row of the evaluation: slope, ci_low, ci_high, segment_start, verdict, target_*.
    forecasts
        Rows of the forecasts of the same key: year, forecast, low_50 … high_95; those without interval are left out.
    """
    return name_series(axes, draw_values(axes, observations, row, codelists, forecasts), row, codelists, lang)


def draw_values(axes, observations: pd.DataFrame, row: dict, codelists, forecasts: pd.DataFrame | None = None) -> Shown:
    """Draw what needs no words, as `draw_series` takes it, and return what `name_series` has to name."""
    series = codelists.series_row(row["SERIES"])
    rows = observations.sort_values("TIME_PERIOD", kind="stable")
    times, values = mid_points(rows["TIME_PERIOD"]), rows["OBS_VALUE"].to_numpy(dtype=float)
    open_ = rows["OBS_STATUS"].isin(["P", "E", "I"]).to_numpy()
    broken = row["segment_start"] if {"break_segment", "basis_change"} & set(row["reason"].split(";")) else ""
    _draw_points(axes, times, values, open_, (rows["TIME_PERIOD"] >= broken).to_numpy(), dense=len(rows) > 40)
    noted = rows["flags"].map(_is_noted).to_numpy(dtype=bool)
    if noted.any():
        add_dots(axes, times[noted], values[noted], 95, "none", NOTED, 1.3, zorder=5)
    _draw_line(axes, rows, row)
    break_at = _draw_break(axes, rows, row)
    _draw_target(axes, row, times)
    fan = _draw_forecast(axes, forecasts)
    axes.set_xlim(axes.get_xlim())  # ticks widen limits that are free
    axes.grid(axis="x", visible=False)
    return Shown(times, bool(open_.any()), bool(noted.any()), fan, break_at, _value_axis(axes, series))


def name_series(axes, shown: Shown, row: dict, codelists, lang: str):
    """Write years, unit, title and key in one language, and return `axes`."""
    series = codelists.series_row(row["SERIES"])
    if shown.break_at is not None:
        axes.annotate(word("break", lang), (shown.break_at, 0.985), xycoords=("data", "axes fraction"), xytext=(4, 0),
                      textcoords="offset points", fontsize=9, color=SOFT, va="top")  # fmt: skip
    _years(axes, row, lang)
    axes.set_ylabel(series[f"unit_{lang}"].partition(" (")[0], fontsize=9.5)
    place_labels(axes, shown.widest, TICK_SIZE)
    title(axes, f"{series[f'name_{lang}']} · {codelists.area_name(row['REF_AREA'], lang)}")
    _key(axes, shown, row, lang)
    return axes


def _is_noted(flags: str) -> bool:
    """True when a value's flags tell more than how the whole series is made."""
    return any(flag.partition(":")[0] not in ROUTINE_FLAGS for flag in flags.split(";") if flag)


def _draw_points(axes, times, values, open_, after_break, *, dense: bool) -> None:
    # A line joins neighbours only: over a gap or a break it would claim what was not seen.
    step = np.median(np.diff(times)) if len(times) > 1 else 1
    apart = (np.diff(times) > 1.6 * step) | (np.diff(after_break.astype(int)) != 0)
    pieces = np.split(np.arange(len(times)), np.flatnonzero(apart) + 1)
    for piece in pieces:
        axes.plot(times[piece], values[piece], color=SOFT, linewidth=0.9, alpha=0.55, zorder=2)
    size = 10 if dense else 30
    add_dots(axes, times[~open_], values[~open_], size, INK, zorder=4)
    if open_.any():
        add_dots(axes, times[open_], values[open_], size, "white", INK, 1.2, zorder=4)


def _used(rows: pd.DataFrame, row: dict) -> pd.DataFrame:
    """Rows from the first to the last period that the estimate used."""
    if not row.get("first_period"):
        return rows.head(0)
    return rows[(rows["TIME_PERIOD"] >= row["first_period"]) & (rows["TIME_PERIOD"] <= row["last_period"])]


def _draw_line(axes, rows: pd.DataFrame, row: dict) -> None:
    """The slope through the median point, with the interval of the slope as a fan around it."""
    used = _used(rows, row)
    if not np.isfinite(row["slope"]) or len(used) < 3:
        return
    times, values = mid_points(used["TIME_PERIOD"]), used["OBS_VALUE"].to_numpy(dtype=float)
    centre, level = np.median(times), np.median(values)
    ends = np.array([times.min(), times.max()])
    if np.isfinite(row["ci_low"]) and np.isfinite(row["ci_high"]):
        corners = np.array([ends[0], centre, ends[1]])  # both ends of the interval pass through the median point
        low, high = level + row["ci_low"] * (corners - centre), level + row["ci_high"] * (corners - centre)
        add_bands(axes, corners, [(np.minimum(low, high), np.maximum(low, high))], BAND, [0.15])
    style = "-" if row["verdict"] in ("rising", "falling", "not_detected") else (0, (4, 3))
    axes.plot(ends, level + row["slope"] * (ends - centre), color=LINE, linewidth=2, linestyle=style, zorder=3)


def _draw_forecast(axes, forecasts: pd.DataFrame | None) -> bool:
    """The forecasts with their intervals, lighter the less sure; returns whether any was drawn."""
    if forecasts is None:
        return False
    known = forecasts.dropna(subset=["low_95"]).sort_values("year")
    if known.empty:
        return False
    times = known["year"].to_numpy(dtype=float) + 0.5
    low, high = axes.get_ylim()
    ends = [(known[f"low_{level}"].to_numpy(dtype=float), known[f"high_{level}"].to_numpy(dtype=float)) for level in (95, 80, 50)]
    add_bands(axes, times, ends, FAN, (0.10, 0.16, 0.22), autolim=False)
    axes.plot(times, known["forecast"], color=FAN, linewidth=1.6, linestyle=(0, (1, 1.5)), zorder=3)
    # Wide 95% bands would flatten the values themselves: the axis follows the 80% band at most.
    axes.set_ylim(min(low, known["low_80"].min()), max(high, known["high_80"].max()))
    return True


def _draw_break(axes, rows: pd.DataFrame, row: dict) -> float | None:
    """The line between two definitions; returns its place."""
    if "break_segment" not in row["reason"] and "basis_change" not in row["reason"]:
        return None
    later = rows[rows["TIME_PERIOD"] >= row["segment_start"]]
    before = rows[rows["TIME_PERIOD"] < row["segment_start"]]
    if later.empty or before.empty:
        return None
    at = (mid_points(before["TIME_PERIOD"])[-1] + mid_points(later["TIME_PERIOD"])[0]) / 2
    axes.axvline(at, color=SOFT, linestyle=(0, (1, 2)), linewidth=1.2)
    return at


def _draw_target(axes, row: dict, times) -> None:
    if not row.get("target_kind") or not np.isfinite(row["target_value"]):
        return
    at = row["target_year"] + 0.5
    # A long way to the target year would squeeze the values: the line then ends with them.
    at = at if at - times.max() < 1.2 * max(np.ptp(times), 5) else times.max()
    axes.plot([times.min(), at], [row["target_value"]] * 2, color=TARGET, linewidth=1.3, linestyle=(0, (6, 3)), zorder=2)
    axes.plot([at], [row["target_value"]], marker="D", color=TARGET, markersize=5, zorder=4)


def _years(axes, row: dict, lang: str) -> None:
    """Whole years on the axis, in the era of the language; as many as fit."""
    low, high = axes.get_xlim()
    first, last = int(np.floor(low + 0.25)), int(np.floor(high))
    step = max(1, int(np.ceil((last - first + 1) / 9)))
    years = np.arange(first, last + 1, step)
    annual = row["FREQ"] == "A"
    axes.set_xticks(years + (0.5 if annual else 0.0), [year_text(int(y), lang) for y in years])
    axes.set_xlim(low, high)
    axes.set_xlabel({"th": "พ.ศ.", "en": ""}[lang], fontsize=9.5)


def _value_axis(axes, series) -> float:
    """Limits and numbers of the value axis; returns the points of the longest number."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    low, high = axes.get_ylim()
    if series["lower"] and low < float(series["lower"]):
        axes.set_ylim(bottom=float(series["lower"]) - 0.02 * (high - float(series["lower"])))
    if series["upper"] and high > float(series["upper"]):
        axes.set_ylim(top=float(series["upper"]) + 0.02 * (float(series["upper"]) - low))
    axes.yaxis.set_major_locator(MaxNLocator(6))
    axes.yaxis.set_major_formatter(FuncFormatter(_tick))
    low, high = axes.get_ylim()
    widest = max((text_points(_tick(v, 0), TICK_SIZE) for v in axes.get_yticks() if low <= v <= high), default=0)
    _make_room_for_numbers(axes, widest)
    return widest


def _make_room_for_numbers(axes, widest: float) -> None:
    """Move the left end of the axes so that millions and the unit beside them stay inside the figure."""
    left, bottom, wide, high = axes.get_position().bounds
    # beside the numbers: tick and pads 11 points, the unit's line 16, free edge 4
    needed = max(left, (widest + 31) / 72 / axes.figure.get_figwidth())
    axes.set_position((needed, bottom, left + wide - needed, high))


def _tick(value, _position) -> str:
    text = f"{value:,.0f}" if abs(value) >= 1000 or float(value).is_integer() else f"{value:,.4g}"
    return text.replace("-", "−")


def _key(axes, shown: Shown, row: dict, lang: str) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles = [Line2D([], [], marker="o", color=SOFT, markerfacecolor=INK, markeredgecolor=INK, markersize=5, linewidth=0.9, label=word("values", lang))]
    if shown.provisional:
        handles.append(Line2D([], [], marker="o", linestyle="", markerfacecolor="white", markeredgecolor=INK, markersize=5, label=word("provisional", lang)))
    if shown.noted:
        handles.append(Line2D([], [], marker="o", linestyle="", markerfacecolor="none", markeredgecolor=NOTED, markersize=9, label=word("noted", lang)))
    if np.isfinite(row["slope"]) and row["n_obs"] >= 3:
        tested = np.isfinite(row["ci_low"])
        style = "-" if row["verdict"] in ("rising", "falling", "not_detected") else (0, (4, 3))
        handles.append(Line2D([], [], color=LINE, linewidth=2, linestyle=style, label=word("line" if tested else "direction", lang)))
    if row.get("target_kind") and np.isfinite(row["target_value"]):
        name = f"{word(row['target_kind'], lang)} {year_text(int(row['target_year']), lang)}"
        handles.append(Line2D([], [], color=TARGET, marker="D", markersize=5, linestyle=(0, (6, 3)), label=name))
    if shown.forecast:
        handles.append(Patch(facecolor=FAN, alpha=0.3, label=word("forecast", lang)))
    rows = 1 if len(handles) <= LEGEND_COLUMNS else 2  # more names do not fit side by side
    add_key(axes.figure, handles, -(-len(handles) // rows))
