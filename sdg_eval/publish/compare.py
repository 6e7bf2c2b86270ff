"""The page that puts two provinces side by side, and the data files that its script reads.

The layout of the files is told in `charts`; this module fills them. A cell ends with the numbers that the rule of `pairs`
needs (low, high, then pace, pace_low, pace_high), so that the script judges by the same intervals as Python does.
"""

from __future__ import annotations

import math

from sdg_eval.pairs import RULE_WORDS
from sdg_eval.publish.assets import write_data
from sdg_eval.publish.indicator_pages import pace_text
from sdg_eval.publish.material import Material
from sdg_eval.publish.pages import Pages, address
from sdg_eval.publish.province_pages import value_row
from sdg_eval.publish.svg import interval_text
from sdg_eval.thai import format_period
from sdg_eval.wording import label, pick

POINTS = 24
"""Values of the small chart beside a figure."""
VERDICTS = ("higher", "lower", "alike", "unknown")


def write_compare(pages: Pages, material: Material) -> None:
    """Write the page and, into `assets`, the data of every province in the language of `pages`."""
    lang, codelists = pages.lang, material.codelists
    regions = [(key, pages.words()[f"region_{key}"]) for key in ("north", "northeast", "centre", "east", "west", "south")]
    areas = codelists.areas.sort_values("REF_AREA").to_dict("records")
    listed = [
        {"region": name, "areas": [{"area": a["REF_AREA"], "name": a[f"name_{lang}"], "href": address(f"provinces/{a['REF_AREA']}/", lang) if a["REF_AREA"] in material.provinces else ""} for a in areas if a["region"] == key]}
        for key, name in regions
    ]  # fmt: skip
    first = [*material.evaluations, *codelists.provinces]
    pair = list(dict.fromkeys(first))[:2]
    unseen = [{"code": c, "name": material.series[c][f"name_{lang}"]} for c in material.shown if c not in material.held]
    pages.write("compare", "compare.html.j2", regions=listed, rule=pick(lang, *RULE_WORDS), pair=pair, unseen=unseen)
    codes = [code for code in material.shown if code in material.held and material.series[code]["evaluate"] == "1"]
    assets = pages.folder / "assets"
    write_data(assets, f"compare.{lang}", _shared(material, codes, pages))
    for area in codelists.provinces:
        write_data(assets, f"compare/{area}.{lang}", {"cells": [_cell(material, area, code, lang) for code in codes]})


def _shared(material: Material, codes: list[str], pages: Pages) -> dict:
    lang, words = pages.lang, pages.words()
    series = []
    for code in codes:
        row = material.series[code]
        # a sum over people or places is larger where there are more of them: told apart, and still no finding
        unit = row[f"unit_{lang}"] + (f" ({words['depends_on_size']})" if row["aggregation"] == "sum" else "")
        series.append([code, row[f"name_{lang}"], unit, row["goal"], material.codelists.goal_name(row["goal"], lang), address(f"indicators/{code}/", lang)])
    return {
        "areas": [[area, material.codelists.area_name(area, lang)] for area in material.codelists.provinces], "series": series,
        "words": {verdict: words[f"apart_{verdict}"] for verdict in VERDICTS} | {"head_apart": words["told_apart"], "head_pace": words["pace_of_change"], "head_pace_apart": words["paces_apart"]},
    }  # fmt: skip


def _cell(material: Material, area: str, code: str, lang: str) -> list | None:
    """One series of one province; None where nothing was published."""
    pair, series = material.pair_rows.get((area, code)), material.series[code]
    values = material.values[area].get((code, pair["FREQ"]), []) if pair else []
    if not values:
        return None
    at = next((v for v in values if v["TIME_PERIOD"] == pair["TIME_PERIOD"]), None)
    shown = value_row(at or values[0], series, lang)
    status = material.series_status.get((area, code), {"status": "no_data", "n_obs": 0})
    decimals = int(series["decimals"] or 1)
    known = [v for v in values[:POINTS] if v["OBS_VALUE"] == v["OBS_VALUE"]][::-1]
    times = [material.times[v["TIME_PERIOD"]] for v in known]
    source = "; ".join(dict.fromkeys(material.sources[k][f"publisher_{lang}"] for v in values for k in v["source"].split(";") if k in material.sources))
    has = at is not None and pair["low"] == pair["low"]
    spread = interval_text(pair["low"], pair["high"], decimals, lang) if has else ""
    return [
        format_period((at or values[0])["TIME_PERIOD"], lang), shown["value"], spread, str(status["n_obs"]), label(status["status"], lang), status["status"], source,
        [[round(t, 3), v["OBS_VALUE"]] for t, v in zip(times, known, strict=True)],
        *(_number(pair[k] if at is not None else math.nan) for k in ("low", "high")), pace_text(status, series, lang), *(_number(pair[k]) for k in ("pace_low", "pace_high")),
    ]  # fmt: skip


def _number(value: float) -> float | None:
    """A number as JSON holds it, as fine as any figure that is shown."""
    return float(f"{value:.6g}") if value == value else None

