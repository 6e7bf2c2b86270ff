"""One series of one province as a chart: values, the estimated line, target, forecast. Nothing is estimated here."""

from __future__ import annotations

from statistics import median

from markupsafe import Markup

from sdg_eval.observations import mid_points
from sdg_eval.publish.charts import line_chart, trend_shape
from sdg_eval.publish.client_words import client_words
from sdg_eval.publish.svg import known
from sdg_eval.thai import year_text

SHOWN = 48
"""Latest values that are drawn and listed: four years of months. The whole series is one link away, and the page stays light on
a phone."""
OPEN = ("P", "E", "I")
GAP = 1.6
"""Steps apart from which two values are no neighbours, as in the figures of the notebooks."""
TESTED = ("rising", "falling", "not_detected")


def series_chart(row: dict, values: list[dict], told: list[dict], forecasts: list[dict], series: dict, area_name: str, lang: str, *, synthetic: bool) -> Markup:
    """Return the chart of a row of an evaluation.

    Parameters
    ----------
    row
        slope, ci_low, ci_high, first_period, last_period, segment_start, verdict, reason, target_* of the evaluation.
    values, told
        Observations, the latest first, and the same as texts (`value_row`); both may be longer than what is drawn.
    forecasts
        year, forecast, low_50 ... high_95 of the same key; those without an interval are left out.
    """
    times = list(mid_points([v["TIME_PERIOD"] for v in values])) if values else []
    step = median(b - a for b, a in zip(times, times[1:], strict=False)) if len(times) > 1 else 1.0
    start = row["segment_start"] if {"break_segment", "basis_change"} & set(str(row["reason"]).split(";")) else ""
    points, breaks = [], []
    for index in reversed(range(min(len(values), SHOWN))):
        value, text, at = values[index], told[index], float(times[index])
        before = float(times[index + 1]) if index + 1 < len(values) else at
        broken = bool(start) and index + 1 < len(values) and values[index + 1]["TIME_PERIOD"] < start <= value["TIME_PERIOD"]
        if broken:
            breaks.append({"time": (at + before) / 2, "label": client_words(lang)["break"]})
        points.append({
            "time": at, "period": text["period"], "value": value["OBS_VALUE"] if known(value["OBS_VALUE"]) else None, "low": value["LOWER_BOUND"],
            "high": value["UPPER_BOUND"], "n": text["base"], "note": text["note"], "origin": text["origin"],
            "open": value["OBS_STATUS"] in OPEN, "gap": broken or at - before > GAP * step,
        })  # fmt: skip
    own = {
        "name": area_name, "points": points, "trend": _trend(row, values, times, since=points[0]["time"] if points else 0.0), "firm": row["verdict"] in TESTED,
        "forecast": [_forecast_point(f, lang) for f in sorted(forecasts, key=lambda f: f["year"]) if known(f["low_95"])] if row["FREQ"] == "A" else [],
    }  # fmt: skip
    return line_chart(
        f"c-{row['SERIES']}-{row['FREQ']}", [own], title=series[f"name_{lang}"], unit=series[f"unit_{lang}"], lang=lang, decimals=int(series["decimals"] or 1),
        target=_target(row, lang), breaks=breaks, synthetic=synthetic, source="; ".join(dict.fromkeys(t["proof"] for t in told[:SHOWN] if t["proof"])),
    )


def _trend(row: dict, values: list[dict], times: list, *, since: float) -> dict | None:
    used = [
        (float(t), v["OBS_VALUE"]) for t, v in zip(times, values, strict=True)
        if row["first_period"] and row["first_period"] <= v["TIME_PERIOD"] <= row["last_period"] and known(v["OBS_VALUE"])
    ]  # fmt: skip
    return trend_shape([t for t, _ in used], [v for _, v in used], row["slope"], row["ci_low"], row["ci_high"], since=since)


def _forecast_point(forecast: dict, lang: str) -> dict:
    levels = {f"{side}_{level}": forecast[f"{side}_{level}"] for side in ("low", "high") for level in (50, 80, 95)}
    return {"time": forecast["year"] + 0.5, "period": f"พ.ศ. {year_text(int(forecast['year']), lang)}" if lang == "th" else str(int(forecast["year"])), "value": forecast["forecast"]} | levels


def _target(row: dict, lang: str) -> dict | None:
    if not row.get("target_kind") or not known(row["target_value"]):
        return None
    kind = client_words(lang)[f"target_{row['target_kind']}"]
    return {"value": row["target_value"], "time": row["target_year"] + 0.5, "label": f"{kind} {year_text(int(row['target_year']), lang)}"}
