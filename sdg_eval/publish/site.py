"""The pages of a run: an index and one page per province, in Thai (`index.html`) and English (`index.en.html`)."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from sdg_eval.data_report import read_data_report, say_gaps, say_suspicions
from sdg_eval.evaluation import STATUSES, goal_status, read_evaluation
from sdg_eval.observations import select_totals
from sdg_eval.publish.assets import page_globals, write_assets
from sdg_eval.publish.words import words_of
from sdg_eval.store import write_text
from sdg_eval.thai import format_fiscal_quarter, format_period, year_text
from sdg_eval.wording import (
    LANGUAGES,
    keep_together,
    label,
    number,
    say_false_alarms,
    say_flags,
    say_parts,
    say_reasons,
    say_target,
    say_trend,
    wanted_names,
)

HERE = Path(__file__).parent
PAGE = {"th": "index.html", "en": "index.en.html"}
DONE = ("done", "kept")
PROVINCE, PEERS, SIDE_BY_SIDE = "10_province_evaluation", "41_peers", "40_provinces_side_by_side"
PILOT, EFFECT, OVERALL = "61_province_effect", "60_pilot_effect", "65_overall_evaluation"
QUARTERLY = "20_quarterly_report"
EFFECTS_PAGE = {"th": "effects.html", "en": "effects.en.html"}
FOUND = ("improving", "worsening", "changed")
RULE_NAMES = {
    "linear_pace": "sdg_eval", "sdsn": "SDSN", "escap_csi": "UN ESCAP (status)", "escap_api": "UN ESCAP (anticipated)",
    "eurostat": "Eurostat", "eurostat_long": "Eurostat (15)", "eurostat_short": "Eurostat (5)", "unsd_2022": "UNSD 2022",
    "unsd_2023": "UNSD 2023", "open_sdg": "Open SDG", "istat": "ISTAT", "oecd_trend": "OECD (trend)",
    "oecd_outlook": "OECD (outlook)",
}  # fmt: skip
MARK = {
    "improving": "▲", "worsening": "▼", "changed": "◆", "mixed": "◆", "not_detected": "–", "no_change": "=",
    "indicative": "?", "insufficient": "…", "no_data": "○",
}  # fmt: skip
"""A sign for each status, so that colour is never the only one."""


def write_site(folder, codelists, record: dict, runs: pd.DataFrame) -> None:
    """Write index and province pages of a run into `folder`.

    Parameters
    ----------
    record
        run, lang, report_year, data_hash, version, synthetic.
    runs
        The table of runs; a run that is not done gets a page that says so.
    """
    folder = Path(folder)
    write_assets(folder / "assets")
    observations = pd.read_parquet(folder / "national" / "observations.parquet")
    data = read_data_report(folder / "national")
    rules = dict(list(pd.read_parquet(folder / "national" / "rules.parquet").groupby("REF_AREA")))
    languages = LANGUAGES if record["lang"] == "both" else (record["lang"],)
    provinces = runs[runs["notebook"] == PROVINCE].to_dict("records")
    beside, piloted, quarters = (runs[runs["notebook"] == name].set_index("REF_AREA")["status"].to_dict() for name in (PEERS, PILOT, QUARTERLY))
    national = dict(zip(runs.loc[runs["REF_AREA"] == "", "notebook"], runs.loc[runs["REF_AREA"] == "", "status"], strict=True))
    evaluations = {r["REF_AREA"]: read_evaluation(folder / "provinces" / r["REF_AREA"]) for r in provinces if r["status"] in DONE}
    for lang in languages:
        environment = _environment(lang, record, codelists, languages)
        for run in provinces:
            area = run["REF_AREA"]
            context = {"area": codelists.area(area), "root": "../../", "run": run, "peers": _said(folder / "peers" / area, "peers.json", beside.get(area, ""), lang)}
            context["effect"] = _said(folder / "pilots" / area, "effect.json", piloted.get(area, ""), lang)
            if area in evaluations:
                own = select_totals(observations[observations["REF_AREA"] == area])
                context |= {
                    "rules": rules.get(area), "gaps": say_gaps(data.gaps[data.gaps["REF_AREA"] == area], codelists, lang),
                    "suspicions": say_suspicions(data.suspicions[data.suspicions["REF_AREA"] == area], codelists, lang),
                }  # fmt: skip
                page = _province(environment, evaluations[area], own, codelists, folder, lang, context)
            else:
                page = environment.get_template("not_done.html.j2").render(context)
            write_text(folder / "provinces" / area / PAGE[lang], page)
        for area, status in quarters.items():
            write_text(folder / "quarters" / area / PAGE[lang], _quarter(environment, folder, codelists.area(area), status, lang))
        effects = _effects(environment, folder, national, lang)
        for stale in [] if effects else [folder / EFFECTS_PAGE[lang]]:
            stale.unlink(missing_ok=True)
        if effects:
            write_text(folder / EFFECTS_PAGE[lang], effects)
        write_text(folder / PAGE[lang], _index(environment, evaluations, provinces, runs, codelists, folder, lang))
    if languages == ("en",):  # the address told at the end is index.html in every language
        write_text(folder / "index.html", (folder / PAGE["en"]).read_text(encoding="utf-8"))


def _said(place: Path, name: str, status: str, lang: str) -> dict:
    """What a run wrote in `place`: the sentences of the file `name` and its figures, or only the status where it is not done."""
    if status not in DONE:
        return {"status": status, "figures": [], "text": None}
    text = json.loads((place / name).read_text(encoding="utf-8"))[lang]
    return {"status": status, "figures": _read_figures(place, lang), "text": text}


def _quarter(environment, folder: Path, area: dict, status: str, lang: str) -> str:
    """Return a province's quarterly report as a page, or the page that says it is not done."""
    said = _said(folder / "quarters" / area["REF_AREA"], "text.json", status, lang)
    if not said["text"]:
        return environment.get_template("not_done.html.j2").render(area=area, root="../../", run={"status": status, "error": ""})
    return environment.get_template("quarter.html.j2").render(
        area=area, root="../../", text=said["text"], figures=said["figures"], quarter=format_fiscal_quarter(environment.globals["record"]["quarter"], lang),
    )


def _quarter_text(record: dict, lang: str) -> str:
    return format_fiscal_quarter(record["quarter"], lang, months=False) if record.get("quarter") else ""


def _effects(environment, folder: Path, national: dict[str, str], lang: str) -> str:
    """Return the page on the programme's effect; '' where its run is not done."""
    said = _said(folder / "national" / EFFECT, "text.json", national.get(EFFECT, ""), lang)
    if not said["text"]:
        return ""
    overall = _said(folder / "national" / OVERALL, "text.json", national.get(OVERALL, ""), lang)
    page = {other: EFFECTS_PAGE[other] for other in LANGUAGES}
    return environment.get_template("effects.html.j2").render(
        root="", text=said["text"], overall=overall["text"], figures=[f for f in said["figures"] if f["series"]], other_page=page,
        balance=next((f for f in said["figures"] if f["kind"] == "balance"), None),
    )


def _environment(lang: str, record: dict, codelists, languages):
    """Return the template environment: everything that comes from data is escaped."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.globals |= {
        "w": words_of(lang), "lang": lang, "record": record, "codelists": codelists, "mark": MARK, "page": PAGE, "other_page": None,
        "other": next((other for other in languages if other != lang), None), "statuses": STATUSES,
        "report_year": year_text(record["report_year"], lang), "label": lambda code: label(code, lang),
    } | page_globals(lang, record["data_hash"])  # fmt: skip
    return environment


def _province(environment, evaluation, observations, codelists, folder: Path, lang: str, context: dict) -> str:
    """Return the page of a province that has an evaluation."""
    place = folder / "provinces" / evaluation.area
    figures = {(f["series"], f["freq"]): f for f in _read_figures(place, lang)}
    text, rows = evaluation.text[lang], evaluation.table.to_dict("records")
    cards = [_card(row, figures, observations, codelists, lang) for row in rows if row["SERIES"]]
    for card in cards:
        card["rules"] = _rules(context["rules"], card["row"], card["series"], lang)
    by_goal = [
        {
            "goal": goal,
            "status": status["status"],
            "stale": status["stale"],
            "as_of": year_text(status["as_of"], lang) if status["as_of"] else "",
            "cards": [c for c in cards if c["row"]["goal"] == goal["goal"]],
            "wanted": wanted_names(goal["goal"], codelists, evaluation.area, lang),
            "empty": text.get(f"goal.{goal['goal']}", ""),
        }
        for goal, status in _goals(evaluation.table, codelists)
    ]
    findings = [c for c in cards if c["row"]["status"] in FOUND and c["row"]["preferred"]]
    context |= {
        "headline": evaluation.sentence(lang), "goals": by_goal, "findings": findings,
        "false_alarms": say_false_alarms(len(findings), lang),
        "unknown": [c for c in cards if c["row"]["status"] in ("insufficient", "no_data") and c["row"]["preferred"]],
        "empty_goals": [g for g in by_goal if g["empty"] and g["wanted"]],
        "sources": _sources(observations, codelists),
        "synthetic": bool((evaluation.table["synthetic"].fillna(False)).any()),
    }  # fmt: skip
    return environment.get_template("province.html.j2").render(context)


def _goals(table: pd.DataFrame, codelists) -> list[tuple[dict, dict]]:
    """The 17 goals with their status, then the cross-cutting series where there are any."""
    status = goal_status(table).set_index("goal")[["status", "stale", "as_of"]].to_dict("index")
    none = {"status": "no_data", "stale": False, "as_of": 0}
    goals = [(g, status.get(g["goal"], none)) for g in codelists.goals17.to_dict("records")]
    if (table["goal"] == "0").any():
        goals.append((dict(codelists.goal_row("0")), none | {"status": ""}))
    return goals


def _read_figures(place: Path, lang: str) -> list[dict]:
    path = place / "figures" / lang / "figures.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []


def _card(row: dict, figures: dict, observations: pd.DataFrame, codelists, lang: str) -> dict:
    """Everything the page shows of one series."""
    series = dict(codelists.series_row(row["SERIES"]))
    own = observations[(observations["SERIES"] == row["SERIES"]) & (observations["FREQ"] == row["FREQ"])]
    targets = codelists.targets[codelists.targets["SERIES"] == row["SERIES"]]
    return {
        "row": row, "series": series, "name": series[f"name_{lang}"], "unit": series[f"unit_{lang}"],
        "parts": [keep_together(part) for part in say_parts(row, codelists, lang)], "short": keep_together(say_trend(row, series, lang)),
        "figure": figures.get((row["SERIES"], row["FREQ"])),
        "values": _values(own, series, lang), "sources": _sources(own, codelists),
        "target": say_target(row, series, lang),
        "target_source": targets[f"source_{lang}"].iloc[0] if len(targets) else "",
        "proxy_reason": series[f"proxy_reason_{lang}"] if series["proxy"] == "1" else "",
    }  # fmt: skip


def _rules(rules: pd.DataFrame | None, row: dict, series: dict, lang: str) -> list[dict]:
    """Rows of the table of published rules: ours first; empty for a series without a direction or a judgement."""
    if rules is None or not row["preferred"]:
        return []
    own = rules[(rules["SERIES"] == row["SERIES"]) & (rules["FREQ"] == row["FREQ"])]
    own = own.drop_duplicates("method").to_dict("records")
    if not any(r["common"] != "not_applicable" for r in own):
        return []

    def years(rule):
        known = [year_text(int(rule[c]), lang) for c in ("first_year", "last_year") if rule[c] == rule[c]]
        return "–".join(known) if len(known) == 2 else ""

    return [
        {
            "name": RULE_NAMES.get(r["method"], r["method"]), "common": r["common"], "verdict": r["verdict"].replace("_", " "),
            "value": number(r["value"], 3), "years": years(r),
            "why": say_reasons(r["why"], lang) if r["method"] != "linear_pace" else "",
        }  # fmt: skip
        for r in own
    ]


def _values(rows: pd.DataFrame, series: dict, lang: str) -> list[dict]:
    """Rows of the table under a chart, latest first; the text of the period, value, base, note and cell."""
    decimals = int(series["decimals"] or 1)
    words = words_of(lang)
    status = {"P": words["provisional"], "E": words["estimated"], "I": words["estimated"], "B": words["break"], "Q": words["suppressed"]}
    shown = []
    for row in rows.sort_values("TIME_PERIOD", ascending=False, kind="stable").to_dict("records"):
        base = ""
        if row["NUMERATOR"] == row["NUMERATOR"] and row["DENOMINATOR"] == row["DENOMINATOR"]:
            base = f"{number(row['NUMERATOR'], 0)} / {number(row['DENOMINATOR'], 0)}"
        notes = [status.get(row["OBS_STATUS"], ""), say_flags(row["flags"], lang)]
        place = [row["source_file"], row["source_sheet"], str(row["source_row"] if pd.notna(row["source_row"]) else ""), row["source_column"]]
        shown.append({
            "period": format_period(row["TIME_PERIOD"], lang), "value": number(row["OBS_VALUE"], decimals),
            "base": base, "note": "; ".join(filter(None, notes)), "origin": " ".join(filter(None, place)),
            "proof": " · ".join(filter(None, [f"sha256 {row['source_id'][:12]}" if row["source_id"] else "", row["vintage"][:10], row["as_of"]])),
        })  # fmt: skip
    return shown


def _sources(rows: pd.DataFrame, codelists) -> list[dict]:
    return [dict(codelists.source_row(key)) for key in sorted(set(rows["source"])) if key]


def _index(environment, evaluations: dict, provinces: list[dict], runs: pd.DataFrame, codelists, folder: Path, lang: str) -> str:
    """Return the overview of the run."""
    lines = []
    reported = runs[runs["notebook"] == QUARTERLY].set_index("REF_AREA")["status"].to_dict()
    own = {run["REF_AREA"]: run for run in provinces}
    for area in dict.fromkeys([*own, *reported]):
        evaluation, run = evaluations.get(area), own.get(area, {"status": "not_asked"})
        line = {"area": area, "name": codelists.area_name(area, lang), "pilot": codelists.area(area)["pilot"] == "1", "run": run, "quarter": reported.get(area, "")}
        if evaluation is not None:
            shown = evaluation.table[evaluation.table["preferred"] & (evaluation.table["n_obs"] > 0)]
            counts = shown["status"].value_counts()
            line |= {
                "counts": {s: int(counts.get(s, 0)) for s in STATUSES},
                "stale": int(shown.loc[shown["status"].isin(FOUND), "stale"].sum()),
                "empty": ", ".join(sorted(evaluation.table.loc[evaluation.table["SERIES"] == "", "goal"], key=int)),
            }
        lines.append(line)
    done = [line for line in lines if line["run"]["status"] in DONE]
    evaluated = [line for line in lines if line["run"]["status"] != "not_asked"]
    found = sum(line["counts"][status] for line in lines if "counts" in line for status in FOUND)
    national = [
        {"name": row["notebook"], "done": row["status"] in DONE, "error": row["error"], "status": row["status"]}
        for row in runs[runs["REF_AREA"] == ""].to_dict("records")
    ]
    place = folder / "national" / "90_synthesis"
    figures = [f | {"folder": "national/90_synthesis/figures"} for f in _read_figures(place, lang)]
    ranks = folder / "national" / SIDE_BY_SIDE
    effect = _said(folder / "national" / EFFECT, "text.json", {n["name"]: n["status"] for n in national}.get(EFFECT, ""), lang)["text"]
    side = {"figures": [f | {"folder": f"national/{SIDE_BY_SIDE}/figures"} for f in _read_figures(ranks, lang)], "text": ""}
    if (ranks / "text.json").is_file():
        side["text"] = json.loads((ranks / "text.json").read_text(encoding="utf-8"))[lang]
    letters = sorted(p.name for p in (folder / "national" / "letters").glob(f"*.{lang}.txt"))
    names = codelists.agencies.set_index("agency")[f"name_{lang}"]
    return environment.get_template("index.html.j2").render(
        letters=[{"file": f"national/letters/{name}", "name": names[name.partition(".")[0]]} for name in letters],
        root="", lines=lines, n_done=len(done), n_all=len(evaluated), n_reported=sum(s in DONE for s in reported.values()), n_quarters=len(reported), national=national, figures=figures,
        false_alarms=say_false_alarms(found, lang), side=side, effect=effect, effects_page=EFFECTS_PAGE[lang],
        not_beside=[codelists.area_name(a, lang) for a in runs.loc[(runs["notebook"] == PEERS) & ~runs["status"].isin(DONE), "REF_AREA"]],
        synthetic=environment.globals["record"]["synthetic"], quarter=_quarter_text(environment.globals["record"], lang),
    )
