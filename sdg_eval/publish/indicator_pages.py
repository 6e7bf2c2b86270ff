"""The page of a series: every province's latest value and trend, the published rules, what it is and where it comes from."""

from __future__ import annotations

import pandas as pd

from sdg_eval.evaluation import STATUSES
from sdg_eval.publish.country_charts import dot_chart, tile_map
from sdg_eval.publish.downloads import series_files
from sdg_eval.publish.material import Material
from sdg_eval.publish.pages import Pages, address
from sdg_eval.publish.province_pages import RULE_NAMES, value_row
from sdg_eval.thai import format_period, year_text
from sdg_eval.wording import (
    chance_text,
    change_unit,
    p_text,
    quantity,
    say_false_alarms,
    say_target,
    small,
)

PERIODS_SHOWN = {"A": 20, "Q": 12, "M": 12}
"""Periods on the map and in the table of values: what a screen can hold; the files hold all."""
CLASSES = ("on_track", "improving_slowly", "stagnating", "moving_away", "not_applicable")


def write_indicators(pages: Pages, material: Material, *, files: bool) -> None:
    """Write the list of series and the page of each; `files` writes the downloads too (they have no language)."""
    pages.write("indicators/", "indicators.html.j2", groups=_groups(material, pages.lang), n=len(material.codelists.provinces))
    for code in material.shown:
        pages.write(f"indicators/{code}/", "indicator.html.j2", here="indicators/", **_indicator(material, code, pages))
        if files:
            place = pages.folder / "indicators" / code
            for name, content in zip((f"{code}.csv", f"{code}.sdmx.csv"), series_files(_shown_rows(material, code), synthetic=material.record["synthetic"]), strict=True):
                (place / name).write_bytes(content)


def _shown_rows(material: Material, code: str) -> pd.DataFrame:
    """The observations of a series, broken down ones too; the run's own table, in which small cells are blank."""
    return material.of_series.get(code, material.observations.iloc[:0])


def _groups(material: Material, lang: str) -> list[dict]:
    """Series by goal, the cross-cutting ones last."""
    goals = [*material.codelists.goals17.to_dict("records"), dict(material.codelists.goal_row("0"))]
    lines = {code: _line(material, code, lang) for code in material.shown}
    return [{"goal": g, "lines": [line for line in lines.values() if line["series"]["goal"] == g["goal"]]} for g in goals]


def _line(material: Material, code: str, lang: str) -> dict:
    series = material.series[code]
    counts = {s: material.series_counts[code][s] for s in STATUSES}
    last = material.last_period.get(code, "")
    return {
        "code": code, "series": series, "name": series[f"name_{lang}"], "unit": series[f"unit_{lang}"], "last": format_period(last, lang) if last else "–",
        "counts": counts, "held": sum(counts.values()) - counts["no_data"], "evaluated": series["evaluate"] == "1",
    }  # fmt: skip


def _indicator(material: Material, code: str, pages: Pages) -> dict:
    lang, series = pages.lang, material.series[code]
    freq, facts = material.frequency[code], material.series_facts.get(code, {"n_rows": 0, "suppressed": 0, "splits": []})
    rows = [_row(material, area, code, freq, series, lang) for area in material.codelists.provinces if series["coastal_only"] != "1" or material.codelists.area(area)["coast"] == "1"]
    held = [r for r in rows if r["held"]]
    statuses = [r["status"] for r in rows]
    peers = material.peer_groups.get((code, freq))
    found = sum(s in ("improving", "worsening", "changed") for s in statuses)
    owner = material.owners[code]
    return {
        "series": series, "name": series[f"name_{lang}"], "unit": series[f"unit_{lang}"], "goal": dict(material.codelists.goal_row(series["goal"])), "rows": rows,
        "n": len(rows), "n_held": len(held), "counts": {s: statuses.count(s) for s in STATUSES}, "evaluated": series["evaluate"] == "1",
        "spread": _spread(peers, series, lang),
        "false_alarms": say_false_alarms(found, lang) if found else "", "pace_unit": _pace_unit(rows, series, lang),
        "charts": _charts(material, code, freq, series, rows, peers, pages), "rules": _rules(material, code, freq),
        "target": material.targets.get(code), "target_text": next((r["target"] for r in rows if r["target"]), "") if material.targets.get(code, {}).get("rule") == "fixed" else "", "owner": owner[f"name_{lang}"], "lag": owner["usual_lag_months"],
        "gaps": [m for m in material.missing(lang) if m["series"] == code], "files": [{"source": material.sources[k], "files": material.files[k][code]} for k in _source_keys(material, code)],
        "official": _official(material, series), "derivation": _derivation(material, code, lang), "breaks": _breaks(series, material, lang),
        "bounds": next((b for b in material.codelists.bounds.to_dict("records") if b["SERIES"] == code), None), "freq": freq,
        **facts,
    }  # fmt: skip


def _spread(peers: dict | None, series: dict, lang: str) -> dict | None:
    """The middle of the provinces and the half of them around it, in the latest period that most of them have."""
    if peers is None:
        return None
    told = {k: quantity(peers[f"peer_{k}"], series, lang) for k in ("median", "low", "high")}
    return told | {"period": format_period(peers["peer_period"], lang), "n": int(peers["n_peers"])}


def _row(material: Material, area: str, code: str, freq: str, series: dict, lang: str) -> dict:
    """One province's line of the table."""
    values = material.values[area].get((code, freq), [])
    latest = value_row(values[0], series, lang) if values else None
    trend = material.series_status.get((area, code))
    progress = material.progress.get((area, code, freq), {})
    told = trend or {"status": "", "n_obs": 0, "stale": False}
    return {
        "area": area, "name": material.codelists.area_name(area, lang), "pilot": material.codelists.area(area)["pilot"] == "1",
        "held": bool(values), "latest": latest, "status": told["status"] or ("" if values else "no_data"),
        "stale": told["stale"], "n_obs": told["n_obs"], "pace": pace_text(told, series, lang), "relative": told.get("relative_slope_pct", float("nan")) == told.get("relative_slope_pct", float("nan")),
        "p": p_text(told["p_adjusted"]) if told.get("p_adjusted", float("nan")) == told.get("p_adjusted", float("nan")) else "",
        "progress": progress.get("progress", ""), "chance": chance_text(progress["p_on_track"], lang) if progress.get("p_on_track", float("nan")) == progress.get("p_on_track", float("nan")) and progress.get("draws", 0) > 0 else "",
        "target": _target_text(material, code, progress, series, lang),
        "href": _result(material, area, code, freq, lang),
    }  # fmt: skip


def _result(material: Material, area: str, code: str, freq: str, lang: str) -> str:
    """Where the province's own page speaks of the series; '' where the province has no evaluation."""
    if area not in material.evaluations:
        return ""
    place = f"{code}.{freq}" if f"{code}.{freq}" in material.results[area] else f"goal-{material.series[code]['goal']}"
    return address(f"provinces/{area}/", lang) + ("" if place == "goal-0" else f"#{place}")


def _target_text(material: Material, code: str, progress: dict, series: dict, lang: str) -> str:
    """The target in words; its value alone where each province has its own."""
    if not progress or progress["target_value"] != progress["target_value"]:
        return ""
    fixed = material.targets[code]["rule"] == "fixed" if code in material.targets else False
    return say_target(progress, series, lang) if fixed else quantity(progress["target_value"], series, lang)


def pace_text(row: dict, series: dict, lang: str) -> str:
    """Return a trend's change per year with its interval in brackets, in the unit of `_pace_unit`; '' where none was estimated."""
    relative = row.get("relative_slope_pct", float("nan"))
    keys = ("relative_slope_pct", "relative_ci_low_pct", "relative_ci_high_pct") if relative == relative else ("slope", "ci_low", "ci_high")
    centre, low, high = (row.get(k, float("nan")) for k in keys)
    if centre != centre or not row.get("n_obs"):
        return ""
    decimals = 1 if relative == relative else int(series["decimals"] or 1)
    if low != low:
        return small(centre, decimals)
    to = "ถึง" if lang == "th" else "to"
    return f"{small(centre, decimals)} ({small(low, decimals)} {to} {small(high, decimals)})"


def _pace_unit(rows: list[dict], series: dict, lang: str) -> str:
    if any(r["relative"] for r in rows):
        return "ร้อยละ" if lang == "th" else "%"
    return change_unit(series, lang)


def _charts(material: Material, code: str, freq: str, series: dict, rows: list[dict], peers: dict | None, pages: Pages) -> list:
    """The provinces side by side, and the country over time."""
    lang, words, decimals = pages.lang, pages.words(), int(series["decimals"] or 1)
    name, unit, synthetic = series[f"name_{lang}"], series[f"unit_{lang}"], material.record["synthetic"]
    source = "; ".join(f"{s[f'publisher_{lang}']}, {s[f'title_{lang}']}" for s in map(material.sources.get, _source_keys(material, code)))
    if not any(r["held"] for r in rows):
        return []
    intervals = material.pair_rows
    lines = []
    for r in rows:
        pair = intervals.get((r["area"], code), {})
        value = pair.get("value", float("nan"))
        has = value == value
        line = {"name": r["name"], "value": value if has else None, "period": format_period(pair["TIME_PERIOD"], lang) if has and pair["TIME_PERIOD"] else "", "note": ""}
        if has and pair["low"] == pair["low"]:
            line |= {"low": pair["low"], "high": pair["high"], "n": str(int(pair["n"])) if pair["n"] == pair["n"] else "", "note": words[f"basis_{pair['basis']}"]}
        elif not has:
            line["note"] = (r["latest"] or {}).get("note", "") or words["no_value"]
        lines.append(line)
    charts = []
    if any(line["value"] is not None for line in lines):
        references = [{"value": peers["peer_median"], "label": words["median_of_provinces"]}] if peers else []
        period = next((line["period"] for line in lines if line["period"]), "")
        charts.append(dot_chart(f"dots-{code}", lines, title=f"{name}, {period}" if period else name, unit=unit, lang=lang, decimals=decimals, references=references, source=source, synthetic=synthetic))
    own = [v for area in material.codelists.provinces for v in material.values[area].get((code, freq), [])]
    periods = sorted({v["TIME_PERIOD"] for v in own})[-PERIODS_SHOWN.get(freq, 12) :]
    shown = set(periods)
    cells = {
        (v["REF_AREA"], v["TIME_PERIOD"]): {"value": v["OBS_VALUE"] if v["OBS_VALUE"] == v["OBS_VALUE"] else None, "note": words["suppressed_short"] if v["OBS_STATUS"] == "Q" else ""}
        for v in own if v["TIME_PERIOD"] in shown
    }  # fmt: skip
    if periods:
        areas = [{"REF_AREA": a["REF_AREA"], "name": a[f"name_{lang}"], "abbr": a[f"abbr_{lang}"], "col": int(a["col"]), "row": int(a["row"])} for a in material.codelists.areas.sort_values("REF_AREA").to_dict("records")]
        charts.append(tile_map(f"map-{code}", areas, [(p, format_period(p, lang)) for p in periods], cells, title=name, unit=unit, lang=lang, decimals=decimals, source=source, synthetic=synthetic))
    return charts


def _source_keys(material: Material, code: str) -> list[str]:
    """Keys of the sources that values of a series come from."""
    return [key for key in sorted(material.files) if key in material.sources and code in material.files[key]]


def _official(material: Material, series: dict) -> str:
    rows = material.codelists.indicators
    return next(iter(rows.loc[rows["indicator"] == series["indicator"], "name_en"]), "") if series["indicator"] else ""


def _derivation(material: Material, code: str, lang: str) -> dict | None:
    row = next((d for d in material.codelists.derivations.to_dict("records") if d["SERIES"] == code), None)
    if row is None:
        return None
    def names(text):
        return [material.series[c][f"name_{lang}"] if c in material.series else c for c in text.split(";") if c]

    return {"rule": row["rule"], "numerator": names(row["numerator"]), "denominator": names(row["denominator"]), "factor": row["factor"]}


def _breaks(series: dict, material: Material, lang: str) -> list[str]:
    """Years from which a definition is new, with the province where it is of one alone."""
    found = []
    for text in filter(None, series["breaks"].split(";")):
        year, _, area = text.partition("@")
        found.append(year_text(int(year), lang) + (f" ({material.codelists.area_name(area, lang)})" if area else ""))
    return found


def _rules(material: Material, code: str, freq: str) -> list[dict]:
    """How many provinces each published progress rule puts in which class, ours first."""
    own = material.rule_counts.get((code, freq), {})
    if not any(counts[c] for counts in own.values() for c in CLASSES if c != "not_applicable"):
        return []
    order = list(RULE_NAMES)
    return [
        {"method": m, "name": RULE_NAMES.get(m, m), "ours": m == order[0], "counts": {c: own[m][c] for c in CLASSES}, "differ": own[m]["differ"]}
        for m in sorted(own, key=lambda m: order.index(m) if m in RULE_NAMES else len(order))
    ]
