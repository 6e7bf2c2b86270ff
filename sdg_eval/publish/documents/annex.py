"""The statistical annex for a voluntary national or local review: tables by goal and indicator, metadata, gaps, and data files.

A review is read by people who know the global framework: every series carries its indicator and code, says whether it is the global
series, a national definition or a proxy, and no province's value is passed off as the country's. The data files are the whole run:
every value as SDMX-CSV 2.0, and every result as a CSV that CSVW describes. Their numbers are written in full, so that what is read
back is what was computed.
"""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from sdg_eval.concepts import SYNTHETIC
from sdg_eval.method_words import METHODS
from sdg_eval.publish.documents.annex_words import RESULT_COLUMNS, annex_words
from sdg_eval.publish.documents.model import (
    Block,
    Callout,
    Document,
    Heading,
    Items,
    PageBreak,
    Paragraph,
    Table,
)
from sdg_eval.publish.documents.parts import listed, review_box, run_figure, source_text, title_facts
from sdg_eval.publish.documents.proof import require_said
from sdg_eval.publish.downloads import TEXTS, line
from sdg_eval.publish.indicator_pages import pace_text
from sdg_eval.publish.material import AGENCIES, Material
from sdg_eval.store import SDMX_DATAFLOW, sdmx_table, write_atomic
from sdg_eval.thai import format_fiscal_quarter, format_period, year_text
from sdg_eval.wording import LANGUAGES, label, number, p_text, quantity

REGISTER = "70_vnr_register"
CSVW_CONTEXT = "http://www.w3.org/ns/csvw"
RESULT_KEY = ["SERIES", "REF_AREA", "FREQ"]
VALUES_FILE, RESULTS_FILE = "TH_annex_values.sdmx.csv", "TH_annex_results.csv"
NATIONAL_PREFIX = "TH_"
"""Of series that are not UNSD's."""


def write_annex(material: Material, folder, languages) -> list[tuple[Path, str]]:
    """Write the annex in `languages`, and its data files, into `folder`; return each file with its language, '' for data.

    Files: a Word file for each language; PDF too where this computer can write it; TH_annex_values.sdmx.csv (every observation);
    TH_annex_results.csv with its -metadata.json (every province and series).

    Raises
    ------
    WriteError
        When the disk refuses.
    """
    from sdg_eval.publish.documents.pdf import PdfMissingError, require_pdf, write_pdf
    from sdg_eval.publish.documents.word import write_docx

    folder, written = Path(folder), []
    for lang in languages:
        document = annex_document(material, lang)
        require_said(document, material)
        written.append((folder / f"{document.name}.docx", lang))
        write_docx(document, written[-1][0])
        try:
            require_pdf()
        except PdfMissingError:  # the Word file says the same; `--formats pdf` tells what is missing
            continue
        written.append((folder / f"{document.name}.pdf", lang))
        write_pdf(document, written[-1][0])
    for name, content in annex_files(material).items():
        written.append((folder / name, ""))
        write_atomic(written[-1][0], content)
    return written


# ---------------------------------------------------------------- the data files


def annex_files(material: Material) -> dict[str, bytes]:
    """Return the data files of the annex by name; the same run gives the same bytes."""
    table = results_table(material)
    return {
        VALUES_FILE: exact_csv(_inert(sdmx_table(material.observations), TEXTS).assign(SYNTHETIC=material.record["synthetic"])),
        RESULTS_FILE: exact_csv(_inert(table, [c for c, (kind, *_) in RESULT_COLUMNS.items() if kind == "string"])),
        f"{RESULTS_FILE}-metadata.json": (json.dumps(csvw_metadata(material), ensure_ascii=False, indent=1) + "\n").encode("utf-8"),
    }


def exact_csv(table: pd.DataFrame) -> bytes:
    """Return a table as RFC 4180 CSV in UTF-8; a number has as many digits as it takes to read it back unchanged."""
    shown = table.copy()
    for column in shown.select_dtypes("bool"):
        shown[column] = shown[column].map({True: "true", False: "false"})
    return shown.to_csv(index=False, lineterminator="\r\n").encode("utf-8")


def _inert(table: pd.DataFrame, columns) -> pd.DataFrame:
    """Texts that no spreadsheet computes."""
    held = [c for c in columns if c in table.columns]
    return table.assign(**{c: table[c].map({text: line(text) if isinstance(text, str) else text for text in table[c].unique()}) for c in held})


def results_table(material: Material) -> pd.DataFrame:
    """Return one row (RESULT_COLUMNS) per province, series and frequency that any province has, those without a value too."""
    progress = material.progress
    latest = {(area, *key): rows for area, own in material.values.items() for key, rows in own.items()}
    rows = []
    for status in material.status.to_dict("records"):
        area, code, freq = status["REF_AREA"], status["SERIES"], status["FREQ"]
        series, values = material.series[code], latest.get((area, code, freq), [])
        told = next((v for v in values if v["OBS_VALUE"] == v["OBS_VALUE"]), None)
        aim, pair = progress.get((area, code, freq), {}), _pair(material, area, code, freq, told)
        rows.append({
            **{c: status[c] for c in RESULT_COLUMNS if c in status}, "goal": int(series["goal"]), "indicator": series["indicator"], "level": level_of(series), "unit": series["unit"],
            "province": material.codelists.area_name(area, "en"), "last_period": told["TIME_PERIOD"] if told else "", "last_value": told["OBS_VALUE"] if told else float("nan"),
            "value_low": pair.get("low", float("nan")), "value_high": pair.get("high", float("nan")), "value_basis": pair.get("basis", "none" if told else ""),
            **{c: aim.get(c, float("nan")) for c in ("baseline_year", "baseline_value", "target_value", "target_year", "p_on_track", "draws")},
            **{c: aim.get(c) or "" for c in ("target_kind", "progress")}, "confidence": material.record.get("confidence", float("nan")), "source": told["source"] if told else "",
        })  # fmt: skip
    table = pd.DataFrame(rows, columns=list(RESULT_COLUMNS)).sort_values(RESULT_KEY, kind="stable").reset_index(drop=True)
    whole = [c for c, (kind, *_) in RESULT_COLUMNS.items() if kind == "integer"]
    return table.assign(**{c: table[c].astype("Int64") for c in whole}, **{c: table[c].astype(bool) for c in ("stale", "synthetic")})


def _pair(material: Material, area: str, code: str, freq: str, told: dict | None) -> dict:
    """Value and interval of the period that most provinces have; {} where the latest value is of another period."""
    pair = material.pair_rows.get((area, code), {})
    return pair if told and pair.get("FREQ") == freq and pair.get("TIME_PERIOD") == told["TIME_PERIOD"] else {}


def level_of(series: dict) -> str:
    """Return `proxy`, `national` (a Thai definition) or `global` (a series of UNSD) for a row of series.csv."""
    return "proxy" if series["proxy"] == "1" else "national" if series["SERIES"].startswith(NATIONAL_PREFIX) else "global"


def csvw_metadata(material: Material) -> dict:
    """Return what CSVW (W3C, Metadata Vocabulary for Tabular Data, 2015) says of the table of results."""
    mark = {"dc:description": {lang: SYNTHETIC[lang] for lang in LANGUAGES}} if material.record["synthetic"] else {}
    sources = [s for key, s in material.sources.items() if key in material.files]
    columns = [
        {"name": name, "titles": {"und": name}, "dc:description": {"th": thai, "en": english}, "datatype": kind, "required": name in RESULT_KEY}
        for name, (kind, thai, english) in RESULT_COLUMNS.items()
    ]  # fmt: skip
    return {
        "@context": [CSVW_CONTEXT, {"@language": "en"}], "url": RESULTS_FILE, "dc:title": {lang: annex_words(lang)["annex_title"] for lang in LANGUAGES}, **mark,
        "dc:publisher": {lang: annex_words(lang)["doc_ministry"] for lang in LANGUAGES}, "dc:identifier": material.record["data_hash"], "dc:license": sorted({s["licence_en"] for s in sources}),
        "dc:source": [f"{s['publisher_en']}, {s['title_en']}" for s in sources], "dialect": {"encoding": "utf-8", "lineTerminators": ["\r\n"], "header": True},
        "tableSchema": {"columns": columns, "primaryKey": RESULT_KEY},
    }  # fmt: skip


# ---------------------------------------------------------------- the document


def annex_document(material: Material, lang: str) -> Document:
    """Return the annex as a document in `lang` (th or en)."""
    words, record = annex_words(lang), material.record
    quarter = record.get("quarter") or ""
    blocks: list[Block] = [
        review_box(material, lang), Heading(1, words["annex_read"]), Items(tuple(words[f"annex_{k}"] for k in ("what", "levels", "blank", "cause"))),
        Heading(1, words["annex_coverage"]), _coverage(material, lang),
    ]  # fmt: skip
    for goal in material.codelists.goals17.to_dict("records"):
        blocks += _goal(material, goal, lang)
    blocks += [PageBreak(), Heading(1, words["annex_metadata"]), _metadata(material, lang), Heading(1, words["annex_gaps"]), *_gaps(material, lang)]
    blocks += [Heading(1, words["annex_projects"]), *_projects(material, lang), Heading(1, words["annex_methods"]), _methods(lang), Heading(1, words["annex_files"])]
    blocks.append(Items((f"{VALUES_FILE}: {words['annex_file_values'].format(flow=SDMX_DATAFLOW)}", f"{RESULTS_FILE}: {words['annex_file_results']}")))
    return Document(
        name=f"TH_annex_{quarter or record['report_year']}_{lang}", kind="annex", lang=lang, title=words["annex_title"],
        subtitle=format_fiscal_quarter(quarter, lang) if quarter else f"{words['report_year']} {year_text(record['report_year'], lang)}",
        facts=title_facts(material, lang), blocks=tuple(blocks), synthetic=bool(record["synthetic"]) or bool(material.status["synthetic"].any()),
        sources=tuple(source_text(s, material, lang) for key, s in material.sources.items() if key in material.files),
    )  # fmt: skip


def _series_of(material: Material, goal: str) -> list[dict]:
    """Rows of series.csv of a goal that are evaluated and that some province has."""
    return [material.series[c] for c in material.shown if material.series[c]["goal"] == goal and material.series[c]["evaluate"] == "1" and c in material.held]


def _coverage(material: Material, lang: str) -> Table:
    words, official = annex_words(lang), material.codelists.indicators
    rows, values = [], []
    for goal in material.codelists.goals17.to_dict("records"):
        series = _series_of(material, goal["goal"])
        asked = official.loc[official["goal"] == goal["goal"], "indicator"].unique()
        reached = {s["indicator"] for s in series} & set(asked)
        areas = {row["REF_AREA"] for (_, code), row in material.series_status.items() if row["status"] != "no_data" and code in {s["SERIES"] for s in series}}
        counts = (int(goal["goal"]), None, len(asked), len(reached), len(series), sum(s["proxy"] == "1" for s in series), len(areas), None)
        values.append(counts)
        rows.append((goal["goal"], goal[f"name_{lang}"], *(number(c, 0) for c in counts[2:7]), "" if series else words["annex_no_series"]))
    columns = (words["goal"], words["annex_goal_name"], words["annex_framework"], words["annex_reached"], words["annex_series"], words["annex_proxies"], words["annex_provinces"], words["annex_reason"])
    return Table(words["annex_coverage"], columns, tuple(rows), f"{words['annex_of_run']} (national/trends.csv; indicators.csv)", tuple(values), columns[2:7])


def _goal(material: Material, goal: dict, lang: str) -> list[Block]:
    words, series = annex_words(lang), _series_of(material, goal["goal"])
    blocks: list[Block] = [Heading(1, f"{words['goal']} {goal['goal']} {goal[f'name_{lang}']}")]
    missing = [s for s in material.wanted[goal["goal"], "1"] if s["SERIES"] not in material.held]
    if series:
        blocks.append(_overview(material, goal, series, lang))
    if missing:
        texts = tuple(f"{s[f'name_{lang}']}{' (' + s['indicator'] + ')' if s['indicator'] else ''}: {material.owners[s['SERIES']][f'name_{lang}']}" for s in missing)
        blocks.append(Callout("missing", words["annex_wanted"], texts))
    elif not series:
        blocks.append(Callout("missing", words["annex_wanted"], (words["annex_no_series"],)))
    for one in series:
        blocks += _series(material, one, lang)
    return blocks


def _overview(material: Material, goal: dict, series: list[dict], lang: str) -> Table:
    """The series of a goal over all provinces."""
    words = annex_words(lang)
    rows, values = [], []
    for one in series:
        code, counts = one["SERIES"], material.series_counts[one["SERIES"]]
        held = sum(counts.values()) - counts["no_data"]
        peers = material.peer_groups.get((code, material.frequency[code]))
        spread, period = "–", material.last_period.get(code, "")
        if peers is not None and peers["peer_median"] == peers["peer_median"]:
            decimals, period = int(one["decimals"] or 1), peers["peer_period"]
            spread = f"{number(peers['peer_median'], decimals)} ({number(peers['peer_low'], decimals)} {words['doc_to']} {number(peers['peer_high'], decimals)})"
        other = held - counts["improving"] - counts["worsening"]
        numbers = (held, counts["improving"], counts["worsening"], other)
        rows.append((
            one["indicator"] or "–", code, f"{one[f'name_{lang}']} ({one[f'unit_{lang}']})", words[f"level_{level_of(one)}"], format_period(period, lang) if period else "–",
            spread, *(number(n, 0) for n in numbers), _target(material, code, lang),
        ))  # fmt: skip
        values.append((None, None, None, None, None, peers["peer_median"] if spread != "–" else None, *numbers, None))
    columns = (
        words["indicator"], words["annex_code"], words["annex_name"], words["annex_level"], words["period"], words["annex_median"],
        words["annex_provinces"], words["annex_better"], words["annex_worse"], words["annex_other"], words["annex_target"],
    )  # fmt: skip
    return Table(f"{words['goal']} {goal['goal']} {goal[f'name_{lang}']}", columns, tuple(rows), f"{words['annex_of_run']} (national/trends.csv, national/peers.csv)", tuple(values), columns[5:10])


def _target(material: Material, code: str, lang: str) -> str:
    """The target of a series: its value where it is the same everywhere, else from what it follows; with its year and kind."""
    words, target = annex_words(lang), material.targets.get(code)
    if target is None:
        return label("no_target", lang)
    said = quantity(float(target["value"]), material.series[code], lang) if target["rule"] == "fixed" and target["value"] else words["annex_own"]
    return f"{said} ({year_text(int(target['year']), lang)}; {label(target['kind'], lang)})"


def _series(material: Material, series: dict, lang: str) -> list[Block]:
    """A series: what it is, how it can be broken down, and its values in the provinces of this run."""
    words, code = annex_words(lang), series["SERIES"]
    splits = material.series_facts[code]["splits"] if code in material.series_facts else []
    told = f"{words['annex_split']}: {', '.join(words[f'split_{s}'] for s in splits)}" if splits else words["annex_no_split"]
    facts = [f"{words['annex_code']}: {code}", f"{words['indicator']}: {series['indicator'] or words['no_indicator']}", f"{words['annex_level']}: {words[f'level_{level_of(series)}']}", told]
    blocks: list[Block] = [Heading(2, f"{series[f'name_{lang}']} ({series['indicator']})" if series["indicator"] else series[f"name_{lang}"]), Paragraph(" · ".join(facts), kind="note")]
    if series["proxy"] == "1":
        blocks.append(Callout("caution", words["level_proxy"], (series[f"proxy_reason_{lang}"],)))
    return [*blocks, _provinces(material, series, lang)]


def _provinces(material: Material, series: dict, lang: str) -> Table:
    words, code, decimals = annex_words(lang), series["SERIES"], int(series["decimals"] or 1)
    rows, values, claims = [], [], []
    for area in material.areas:
        if series["coastal_only"] == "1" and material.codelists.area(area)["coast"] != "1":
            continue
        status = material.series_status.get((area, code))
        freq = status["FREQ"] if status else material.frequency[code]
        held = [v for v in material.values[area].get((code, freq), []) if v["OBS_VALUE"] == v["OBS_VALUE"]]
        told, aim = held[0] if held else None, material.progress.get((area, code, freq), {})
        pair = _pair(material, area, code, freq, told)
        has_low = pair.get("low", float("nan")) == pair.get("low", float("nan"))
        baseline, target = aim.get("baseline_value", float("nan")), aim.get("target_value", float("nan"))
        adjusted = status["p_adjusted"] if status else float("nan")
        rows.append((
            material.codelists.area_name(area, lang), f"{number(baseline, decimals)} ({year_text(int(aim['baseline_year']), lang)})" if baseline == baseline else "–",
            f"{number(told['OBS_VALUE'], decimals)} ({format_period(told['TIME_PERIOD'], lang)})" if told else "–", f"{number(pair['low'], decimals)} {words['doc_to']} {number(pair['high'], decimals)}" if has_low else "–",
            _pace(status, series, lang), number(status["n_obs"] if status else 0, 0), p_text(adjusted).removeprefix("p = ").removeprefix("p ") if adjusted == adjusted else "–",
            label(status["status"] if status else "no_data", lang), number(target, decimals), label(aim["progress"], lang) if aim.get("progress") else "–",
        ))  # fmt: skip
        values.append((None, baseline if baseline == baseline else None, told["OBS_VALUE"] if told else None, None, None, int(status["n_obs"]) if status else 0, adjusted if adjusted == adjusted else None, None, target if target == target else None, None))
        claims.append(f"provinces/{area}#{code}.{freq}" if area in material.evaluations and f"{code}.{freq}" in material.results[area] else "")
    columns = (words["province"], *(words[f"annex_{k}"] for k in ("baseline", "latest", "interval", "trend")), words["doc_n"], words["annex_p"], words["result"], words["annex_target"], words["annex_progress"])
    keys = sorted({key for area in material.areas for v in material.values[area].get((code, material.frequency[code]), []) for key in v["source"].split(";") if key in material.sources})
    source = "; ".join(f"{material.sources[k][f'publisher_{lang}']}, {material.sources[k][f'title_{lang}']}" for k in keys) or words["annex_none"]
    caption = f"{series[f'name_{lang}']} ({series[f'unit_{lang}']}) {words['annex_by_province']}"
    return Table(caption, columns, tuple(rows), source, tuple(values), (*columns[1:7], columns[8]), tuple(claims))


def _pace(status: dict | None, series: dict, lang: str) -> str:
    """Change a year with its interval; in per cent for counts."""
    told = pace_text(status, series, lang) if status else ""
    relative = bool(status) and status["relative_slope_pct"] == status["relative_slope_pct"]
    return f"{told}{' %' if relative else ''}" if told else "–"


def _metadata(material: Material, lang: str) -> Table:
    words = annex_words(lang)
    indicators = material.codelists.indicators  # whose names are the UN's, in English; the Thai edition has the numbers
    official = dict(zip(indicators["indicator"], indicators["name_en"], strict=True)) if lang == "en" else {}
    rows = []
    for code in material.shown:
        series = material.series[code]
        if series["evaluate"] != "1":
            continue
        keys = [k for k in sorted(material.files) if k in material.sources and code in material.files[k]]
        sources = "; ".join(f"{material.sources[k][f'title_{lang}']} ({material.sources[k][f'licence_{lang}']})" for k in keys) or words["annex_none"]
        owner = material.owners[code]
        breaks = ", ".join(year_text(int(text.partition("@")[0]), lang) + (f" ({material.codelists.area_name(text.partition('@')[2], lang)})" if "@" in text else "") for text in series["breaks"].split(";") if text)
        rows.append((
            code, f"{series['indicator']} {official.get(series['indicator'], '')}".strip() or words["no_indicator"], series[f"name_{lang}"], series[f"unit_{lang}"], words[f"level_{level_of(series)}"],
            sources, owner[f"name_{lang}"], breaks or "–",
        ))  # fmt: skip
    columns = (words["annex_code"], words["annex_official"], words["indicator"], words["annex_unit"], words["annex_level"], words["annex_source"], words["annex_owner"], words["annex_breaks"])
    return Table(words["annex_metadata"], columns, tuple(rows), "series.csv, indicators.csv, sources.csv, agencies.csv")


def _gaps(material: Material, lang: str) -> list[Block]:
    words, lines = annex_words(lang), material.missing(lang)
    if not lines:
        return [Paragraph(words["annex_none"])]
    rows = tuple((m["goal"], m["name"], m["owner"], number(m["missing"], 0), number(m["provinces"], 0), f"{m['first']} – {m['last']}", number(m["would_change"], 0)) for m in lines)
    values = tuple((int(m["goal"]), None, None, int(m["missing"]), int(m["provinces"]), None, int(m["would_change"])) for m in lines)
    columns = (words["goal"], words["indicator"], words["annex_owner"], words["annex_missing"], words["provinces"], words["annex_span"], words["annex_change"])
    return [Table(words["annex_gaps"], columns, rows, f"{words['annex_of_run']} (national/gaps.csv)", values, (columns[3], columns[4], columns[6]))]


def _projects(material: Material, lang: str) -> list[Block]:
    """What the register of VNR projects says: the set, its spread over the goals, the evidence."""
    words, place = annex_words(lang), f"national/{REGISTER}"
    text = material.said(place, "text.json", material.statuses(REGISTER).get("", ""), lang)["text"]
    if not text:
        return [Callout("missing", words["annex_projects"], (words["annex_no_projects"],))]
    said = {key: listed(text.get(key, []), f"{place}#{key}") for key in ("set", "portfolio", "evidence", "crosswalk")}
    figures = [run_figure(material, place, lang, item, words["annex_portfolio"]) for item in material.figures(place, lang)]
    register = material.table(REGISTER, "register", as_text=True)
    listing = _register(material, register.to_dict("records"), lang) if register is not None and len(register) else []
    return [*said["set"], *said["portfolio"], *figures, *said["evidence"], *listing, *said["crosswalk"]]


def _register(material: Material, rows: list[dict], lang: str) -> list[Block]:
    """The register itself, a row for each project, and what may be said of projects of each grade."""
    words, place = annex_words(lang), f"national/{REGISTER}"
    agencies = material.table(AGENCIES, "agency", as_text=True)
    lists = [material.codelists.agencies.rename(columns={"agency": "agency_id"}), *([] if agencies is None else [agencies])]
    names = {code: name for table in lists for code, name in zip(table["agency_id"], table[f"name_{lang}"], strict=True)}
    columns = ("doc_item", "annex_project", "annex_agency", "annex_where", "annex_targets", "doc_grade", "annex_rests_on")
    told = tuple(
        (
            str(i), f"{r[f'name_{lang}'] or r['name_th']} ({r['project_id']})", names.get(r["agency_id"], r["agency_id"].upper()) or "–", material.codelists.area_name(r["REF_AREA"], lang),
            r["targets"].replace(";", ", ") or words["annex_no_target"], r["grade"], r[f"grade_reason_{lang}"],
        )
        for i, r in enumerate(rows, 1)
    )  # fmt: skip
    statements = dict(sorted({(r["grade"], r[f"statement_{lang}"]): r["project_id"] for r in reversed(rows)}.items()))
    return [
        Table(words["annex_register"], tuple(words[c] for c in columns), told, f"{words['annex_of_run']} ({place}/register.csv)", claims=tuple(f"{place}#register/{r['project_id']}" for r in rows)),
        Paragraph(words["annex_may_say"]),
        Items(tuple(f"{grade}: {said}" for grade, said in statements), tuple(f"{place}#register/{project}" for project in statements.values())),
    ]


def _methods(lang: str) -> Items:
    side = 0 if lang == "th" else 1
    return Items(tuple(f"{m.title[side]}: {m.plain[side]} {m.defaults[side]}" + (f" [{m.published}]" if m.published else "") for m in METHODS))
