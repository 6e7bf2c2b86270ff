"""The page of a province: findings, unknowns, peers, effect, data, and every series under its goal."""

from __future__ import annotations

from pathlib import Path

from sdg_eval.data_report import say_gaps, say_suspicions
from sdg_eval.publish.documents.shelf import FOLDER
from sdg_eval.publish.material import DONE, PEERS, PILOT, QUARTERLY, Material, records
from sdg_eval.publish.pages import Pages
from sdg_eval.publish.review_box import review_box
from sdg_eval.publish.series_chart import SHOWN, series_chart
from sdg_eval.publish.words import words_of
from sdg_eval.thai import format_fiscal_quarter, format_period, year_text
from sdg_eval.wording import (
    keep_together,
    number,
    say_false_alarms,
    say_flags,
    say_parts,
    say_reasons,
    say_target,
    say_trend,
)

FOUND = ("improving", "worsening", "changed")
RULE_NAMES = {
    "linear_pace": "sdg_eval", "sdsn": "SDSN", "escap_csi": "UN ESCAP (status)", "escap_api": "UN ESCAP (anticipated)",
    "eurostat": "Eurostat", "eurostat_long": "Eurostat (15)", "eurostat_short": "Eurostat (5)", "unsd_2022": "UNSD 2022",
    "unsd_2023": "UNSD 2023", "open_sdg": "Open SDG", "istat": "ISTAT", "oecd_trend": "OECD (trend)",
    "oecd_outlook": "OECD (outlook)",
}  # fmt: skip
FIRST_LINES = 3
"""Lines of the quarterly report that stand on the province's page; the report itself is linked."""


def write_provinces(pages: Pages, material: Material, areas=None) -> None:
    """Write the pages of the provinces of the run, or of `areas`: an evaluation, or what became of it."""
    for area in material.provinces if areas is None else areas:
        run, context = material.provinces[area], _context(material, area, pages.lang)
        if area in material.evaluations:
            pages.write(f"provinces/{area}/", "province.html.j2", **context, **_evaluated(material, area, pages))
        else:
            pages.write(f"provinces/{area}/", "not_done.html.j2", **context, run=run, error_code=error_code(run["error"]), evaluated=False)


def write_quarters(pages: Pages, material: Material, areas=None) -> None:
    """Write the quarterly reports, or what became of them."""
    statuses = material.statuses(QUARTERLY)
    for area in statuses if areas is None else areas:
        said = material.said(f"quarters/{area}", "text.json", statuses[area], pages.lang)
        context = {"area": dict(material.codelists.area(area)), "evaluated": area in material.provinces}
        if said["text"]:
            quarter = format_fiscal_quarter(material.record["quarter"], pages.lang)
            pages.write(f"quarters/{area}/", "quarter.html.j2", text=said["text"], figures=said["figures"], quarter=quarter, documents=documents_of(material, area, pages.lang), **context)
        else:
            run = {"status": statuses[area], "error": _error(material, area)}
            pages.write(f"quarters/{area}/", "not_done.html.j2", run=run, error_code=error_code(run["error"]), **context)


def _error(material: Material, area: str) -> str:
    own = material.runs[(material.runs["notebook"] == QUARTERLY) & (material.runs["REF_AREA"] == area)]
    return str(own["error"].iloc[0])


def error_code(error: str) -> str:
    """Return the anchor, on the page of failures, of what a run's error begins with; '' for none.

    Examples
    --------
    >>> error_code("DataError (cell 4): nothing here"), error_code("")
    ('DataError', '')
    """
    from sdg_eval.publish.failure_pages import RUN_ERRORS

    name = error.partition(":")[0].partition(" ")[0]
    if name in RUN_ERRORS:
        return name
    return "run_failed" if error else ""


def _context(material: Material, area: str, lang: str) -> dict:
    """What the page of a province has whether it is evaluated or not."""
    return {
        "area": dict(material.codelists.area(area)),
        "peers": material.said(f"peers/{area}", "peers.json", material.statuses(PEERS).get(area, ""), lang),
        "effect": material.said(f"pilots/{area}", "effect.json", material.statuses(PILOT).get(area, ""), lang),
        "quarterly": _quarterly(material, area, lang), "documents": documents_of(material, area, lang),
    }


def documents_of(material: Material, area: str, lang: str) -> list[dict]:
    """The documents of an area in one language, and data that have none, each with what it is called and its address from the site's root."""
    words, found = words_of(lang), [d for d in material.documents if d.area == area and d.lang in (lang, "")]
    more = {d.file: f" {d.file.split('_')[3]}" for d in found if d.kind == "panels"}  # TH_panels_2567Q4_A1_th.pdf
    more |= {d.file: f" {Path(d.file).stem}" for d in found if d.kind == "annex_data"}
    return [{"name": words[f"document_{d.kind}"] + more.get(d.file, ""), "form": Path(d.file).suffix[1:].upper(), "href": f"{FOLDER}/{d.file}"} for d in found]


def _quarterly(material: Material, area: str, lang: str) -> dict:
    """The first lines of what to do and what to send, where there is a quarterly report."""
    said = material.said(f"quarters/{area}", "text.json", material.statuses(QUARTERLY).get(area, ""), lang)
    if not said["text"]:
        return {"status": said["status"], "do": [], "send": [], "quarter": ""}
    text = said["text"]
    return {
        "status": said["status"], "quarter": format_fiscal_quarter(material.record["quarter"], lang, months=False),
        "do": [a["text"] for a in text["actions"][:FIRST_LINES]], "send": [s["text"] for s in text["send"][:FIRST_LINES]],
        "more": max(0, len(text["actions"]) - FIRST_LINES) + max(0, len(text["send"]) - FIRST_LINES),
    }  # fmt: skip


def _evaluated(material: Material, area: str, pages: Pages) -> dict:
    """What the page shows of an evaluation."""
    lang, evaluation = pages.lang, material.evaluations[area]
    figures = {(f["series"], f["freq"]): f for f in material.figures(f"provinces/{area}", lang)}
    rows = records(evaluation.table)
    cards = [_card(material, area, row, figures, lang) for row in rows if row["SERIES"]]
    text = evaluation.text[lang]
    goals = [
        {
            "goal": goal, **_goal_of(material, area, goal["goal"], lang), "cards": [c for c in cards if c["row"]["goal"] == goal["goal"]],
            "wanted": _wanted(material, area, goal["goal"], lang), "empty": text.get(f"goal.{goal['goal']}", ""),
        }
        for goal in _goals(material, rows)
    ]  # fmt: skip
    findings = [c for c in cards if c["row"]["status"] in FOUND and c["row"]["preferred"]]
    own = material.values[area]
    return {
        "headline": evaluation.sentence(lang), "review": review_box(material, lang, area), "goals": goals, "findings": findings, "false_alarms": say_false_alarms(len(findings), lang),
        "unknown": [c for c in cards if c["row"]["status"] in ("insufficient", "no_data") and c["row"]["preferred"]],
        "empty_goals": [g for g in goals if g["empty"] and g["wanted"]],
        "sources": sources_of(material, [v for values in own.values() for v in values]),
        "synthetic": any(bool(r["synthetic"]) for r in rows) or material.record["synthetic"],
        "gaps": say_gaps(material.gaps[area], material.codelists, lang) if area in material.gaps else [],
        "suspicions": say_suspicions(material.suspicions[area], material.codelists, lang) if area in material.suspicions else [],
    }  # fmt: skip


def _goals(material: Material, rows: list[dict]) -> list[dict]:
    """The 17 goals, then the cross-cutting series where there are any."""
    goals = material.codelists.goals17.to_dict("records")
    return goals + ([dict(material.codelists.goal_row("0"))] if any(r["goal"] == "0" for r in rows) else [])


def _goal_of(material: Material, area: str, goal: str, lang: str) -> dict:
    told = material.goal_cells.get((area, goal), {"status": "", "stale": False, "as_of": 0})
    return {"status": told["status"], "stale": told["stale"], "as_of": year_text(told["as_of"], lang) if told["as_of"] else ""}


def _wanted(material: Material, area: str, goal: str, lang: str) -> list[str]:
    rows = material.wanted[goal, material.codelists.area(area)["coast"]]
    return [f"{r[f'name_{lang}']}{' (' + r['indicator'] + ')' if r['indicator'] else ''}" for r in rows]


def _card(material: Material, area: str, row: dict, figures: dict, lang: str) -> dict:
    """Everything the page shows of one series."""
    key, series = (row["SERIES"], row["FREQ"]), material.series[row["SERIES"]]
    values = material.values[area].get(key, [])
    target = material.targets.get(row["SERIES"])
    told = [value_row(v, series, lang) for v in values[:SHOWN]]
    forecasts = material.forecasts.get((row["REF_AREA"], *key), []) if row["preferred"] else []
    chart = series_chart(row, values, told, forecasts, series, material.codelists.area_name(area, lang), lang, synthetic=bool(row["synthetic"])) if values else ""
    return {
        "row": row, "series": series, "name": series[f"name_{lang}"], "unit": series[f"unit_{lang}"],
        "parts": [keep_together(part) for part in say_parts(row, material.codelists, lang)], "short": keep_together(say_trend(row, series, lang)),
        "figure": figures.get(key), "chart": chart, "n_shown": len(told), "n_values": len(values),
        "sources": sources_of(material, values), "target": say_target(row, series, lang),
        "target_source": target[f"source_{lang}"] if target else "", "rules": _rules(material, area, row, lang),
        "proxy_reason": series[f"proxy_reason_{lang}"] if series["proxy"] == "1" else "",
    }  # fmt: skip


def _rules(material: Material, area: str, row: dict, lang: str) -> list[dict]:
    """Rows of the table of published rules: ours first; empty for a series without a direction or a judgement."""
    own = material.rules[area].get((row["SERIES"], row["FREQ"]), []) if row["preferred"] else []
    if not any(r["common"] != "not_applicable" for r in own):
        return []

    def years(rule):
        known = [year_text(int(rule[c]), lang) for c in ("first_year", "last_year") if rule[c] == rule[c]]
        return "–".join(known) if len(known) == 2 else ""

    return [
        {
            "name": RULE_NAMES.get(r["method"], r["method"]), "common": r["common"], "verdict": r["verdict"].replace("_", " "),
            "value": number(r["value"], 3), "years": years(r), "why": say_reasons(r["why"], lang) if r["method"] != "linear_pace" else "",
        }
        for r in own
    ]  # fmt: skip


def value_row(row: dict, series: dict, lang: str) -> dict:
    """One observation as the row of a table: period, value, base, note, cell, proof."""
    words = words_of(lang)
    status = {"P": words["provisional"], "E": words["estimated"], "I": words["estimated"], "B": words["break"], "Q": words["suppressed"]}
    base = ""
    if row["NUMERATOR"] == row["NUMERATOR"] and row["DENOMINATOR"] == row["DENOMINATOR"]:
        base = f"{number(row['NUMERATOR'], 0)} / {number(row['DENOMINATOR'], 0)}"
    notes = [status.get(row["OBS_STATUS"], ""), say_flags(row["flags"], lang)]
    line = row["source_row"]
    place = [row["source_file"], row["source_sheet"], str(line) if line == line and line is not None else "", row["source_column"]]
    return {
        "period": format_period(row["TIME_PERIOD"], lang), "value": number(row["OBS_VALUE"], int(series["decimals"] or 1)), "base": base,
        "note": "; ".join(filter(None, notes)), "origin": " ".join(filter(None, place)),
        "proof": " · ".join(filter(None, [f"sha256 {row['source_id'][:12]}" if row["source_id"] else "", row["vintage"][:10], row["as_of"]])),
    }  # fmt: skip


def sources_of(material: Material, values: list[dict]) -> list[dict]:
    """Rows of sources.csv that observations come from, each once."""
    keys = {key for row in values for key in row["source"].split(";")}
    return [material.sources[key] for key in sorted(keys) if key in material.sources]


def is_done(status: str) -> bool:
    """True when a run is complete: done now, or kept from before."""
    return status in DONE
