"""The quarterly report of a province: two pages for the governor, the monitoring in detail, the trends of its indicators.

It tells what is and what moved. What the programme caused is asked elsewhere (`overall`): the two are never mixed.
"""

from __future__ import annotations

from sdg_eval.data_report import say_gaps, say_suspicions
from sdg_eval.publish.documents.document_words import document_words
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
from sdg_eval.publish.documents.parts import (
    listed,
    review_box,
    run_figure,
    section,
    sentences,
    source_text,
    title_facts,
)
from sdg_eval.publish.material import PEERS, QUARTERLY, Material
from sdg_eval.publish.province_pages import FOUND, sources_of
from sdg_eval.thai import format_fiscal_quarter, format_period, year_text
from sdg_eval.wording import label, number, say_false_alarms, say_trend, small

FIRST_SEND = 3
"""How many data to send stand on the governor's pages, which are two also where many forms ask for something; the others stand among the details."""
BANGKOK = "TH-10"


def quarterly_document(material: Material, area: str, lang: str) -> Document:
    """Return the quarterly report of a province.

    A province without an evaluation, or without a quarterly report in this run, gets what there is and is told what is missing.
    """
    words, record = document_words(lang), material.record
    said = material.said(f"quarters/{area}", "text.json", material.statuses(QUARTERLY).get(area, ""), lang)
    evaluation = material.evaluations.get(area)
    blocks = [*_governor(material, area, lang, said), *_details(material, area, lang, said), *_trends(material, area, lang), review_box(material, lang, area)]
    quarter = record.get("quarter") or ""
    sources = sources_of(material, [v for values in material.values[area].values() for v in values])
    return Document(
        name=f"{area}_quarterly_{quarter or record['report_year']}_{lang}", kind="quarterly", lang=lang,
        title=f"{words['doc_quarterly']}: {material.codelists.area_name(area, lang)}",
        subtitle=format_fiscal_quarter(quarter, lang) if quarter else f"{words['report_year']} {year_text(record['report_year'], lang)}",
        facts=title_facts(material, lang, area), blocks=tuple(blocks),
        synthetic=bool(record["synthetic"]) or (evaluation is not None and bool(evaluation.table["synthetic"].any())),
        sources=tuple(source_text(source, material, lang) for source in sources),
    )  # fmt: skip


def _governor(material: Material, area: str, lang: str, said: dict) -> list[Block]:
    """The first two pages: what changed, how sure, what to do, what we said last, what data to send."""
    words = document_words(lang)
    title = words["doc_governor_of_bangkok" if area == BANGKOK else "doc_governor"]
    if not said["text"]:
        return [Heading(1, title), *_governor_of_trends(material, area, lang, said["status"])]
    text, place = said["text"], f"quarters/{area}"
    fresh = [(i, o) for i, o in enumerate(text["outcomes"]) if o["new"]]
    new = Items(tuple(o["text"] for _, o in fresh), tuple(f"{place}#outcomes/{i}" for i, _ in fresh))
    actions = [a["text"] for a in text["actions"]]
    send = [s["text"] for s in text["send"]]
    more = len(send) - FIRST_SEND
    return [
        Heading(1, title), Paragraph(text["headline"], f"{place}#headline", "lead"),
        *section(2, words["changed_now"], listed([c["text"] for c in text["changed"]], f"{place}#changed")),
        *section(2, words["outcomes_now"], [new] if fresh else [], empty=words["nothing_new"]),
        *section(2, words["how_sure"], listed(text["sure"], f"{place}#sure")),
        Callout("decide", words["to_do"], tuple(actions) or (words["nothing_to_do"],), tuple(f"{place}#actions/{i}" for i in range(len(actions)))),
        *section(2, words["said_last"], listed([line["text"] for line in text["loop"]], f"{place}#loop")),
        Callout("missing", words["to_send"], tuple(send[:FIRST_SEND]) or (words["nothing_to_send"],), tuple(f"{place}#send/{i}" for i in range(len(send[:FIRST_SEND])))),
        *([Paragraph(f"{words['more_lines'].format(n=more)}: {words['doc_see_details']}", kind="note")] if more > 0 else []),
    ]  # fmt: skip


def _governor_of_trends(material: Material, area: str, lang: str, status: str) -> list[Block]:
    """The first pages where the run has no quarterly report: findings that hold, how sure, what data are missing."""
    words, evaluation = document_words(lang), material.evaluations.get(area)
    note = Callout("missing", words["doc_quarterly"], (f"{words['no_quarterly']}{': ' + label(status, lang) if status else ''}",))
    if evaluation is None:
        return [note, Paragraph(f"{words['not_evaluated']}: {label(material.provinces[area]['status'], lang)}" if area in material.provinces else words["not_evaluated"])]
    place, rows = f"provinces/{area}", [r for r in evaluation.table.to_dict("records") if r["SERIES"] and r["preferred"]]
    found = [r for r in rows if r["status"] in FOUND]
    told = Items(
        tuple(f"{material.codelists.series_name(r['SERIES'], lang)}: {say_trend(r, material.series[r['SERIES']], lang)}" for r in found),
        tuple(f"{place}#{r['result_id']}" for r in found),
    )
    return [
        Paragraph(evaluation.sentence(lang), f"{place}#headline", "lead"),
        *section(2, words["findings"], [told] if found else [], empty=words["no_findings"]),
        *section(2, words["how_sure"], [Paragraph(say_false_alarms(len(found), lang), f"{place}#findings")] if found else []),
        note, *_missing(material, area, lang),
    ]


def _missing(material: Material, area: str, lang: str) -> list[Block]:
    """What data the register of gaps asks for, and values to check with their source."""
    words, blocks, columns = document_words(lang), [], ("missing", "period", "why_missing", "would_change", "owner")
    gaps = say_gaps(material.gaps[area], material.codelists, lang) if area in material.gaps else []
    if gaps:
        rows = tuple((g["name"], g["periods"], g["reason"], g["change"], g["owner"]) for g in gaps)
        blocks.append(Table(words["gaps_lead"], tuple(words[c] for c in columns), rows, f"{words['gaps_table']} (national/gaps.csv)", claims=tuple(f"national/gaps#{area}/{g['series']}" for g in gaps)))
    suspicions = say_suspicions(material.suspicions[area], material.codelists, lang) if area in material.suspicions else []
    if suspicions:
        rows = tuple((s["name"], s["period"], s["value"], s["kind"], s["expected"], s["origin"]) for s in suspicions)
        columns = ("suspicious", "period", "value", "may_be", "neighbours", "origin")
        blocks.append(Table(
            words["suspicions_lead"], tuple(words[c] for c in columns), rows, f"{words['suspicions_table']} (national/suspicions.csv)",
            numeric=(words["value"], words["neighbours"]), claims=tuple(f"national/suspicions#{area}/{i}" for i in range(len(rows))),
        ))  # fmt: skip
    return section(2, words["data"], blocks)


def _details(material: Material, area: str, lang: str, said: dict) -> list[Block]:
    """The sections of the quarterly report with their figures, every outcome, and everything to send."""
    if not said["text"]:
        return []
    words, text, place = document_words(lang), said["text"], f"quarters/{area}"
    blocks: list[Block] = [PageBreak(), Heading(1, words["doc_details"])]
    for i, part in enumerate(text["sections"]):
        figures = [run_figure(material, place, lang, item, part["title"]) for item in said["figures"] if item["kind"] == part["id"]]
        blocks += section(2, part["title"], [*sentences(part["text"], f"{place}#sections/{i}/text"), *figures])
    blocks += section(2, words["doc_all_outcomes"], listed([o["text"] for o in text["outcomes"]], f"{place}#outcomes"))
    if len(text["send"]) > FIRST_SEND:
        blocks += section(2, words["doc_all_send"], listed([s["text"] for s in text["send"]], f"{place}#send"))
    return blocks


def _trends(material: Material, area: str, lang: str) -> list[Block]:
    """The trends of the province's indicators: one table, then the 17 goals, each series with its figure."""
    evaluation = material.evaluations.get(area)
    if evaluation is None:
        return []
    words, place, text = document_words(lang), f"provinces/{area}", evaluation.text[lang]
    rows = evaluation.table.to_dict("records")
    shown = [r for r in rows if r["SERIES"] and r["preferred"]]
    said = material.said(f"peers/{area}", "peers.json", material.statuses(PEERS).get(area, ""), lang)
    figures = {(f["series"], f["freq"]): f for f in material.figures(place, lang)}
    blocks: list[Block] = [
        PageBreak(), Heading(1, words["doc_trends"]), Paragraph(text["headline"], f"{place}#headline", "lead"), Paragraph(words["doc_trends_note"], kind="note"),
        _table_of_series(material, area, shown, lang),
    ]  # fmt: skip
    for goal in material.codelists.goals17["goal"].tolist() + ["0"]:
        own = [r for r in shown if r["goal"] == goal]
        empty = text.get(f"goal.{goal}", "")
        if goal == "0" and not own:
            continue
        name = material.codelists.goal_name(goal, lang)
        blocks.append(Heading(2, name if goal == "0" else f"{words['goal']} {goal} {name}"))
        if empty:
            blocks.append(Paragraph(empty, f"{place}#goal.{goal}"))
        for row in own:
            if empty and not row["n_obs"]:
                continue
            blocks += _series(material, area, row, figures.get((row["SERIES"], row["FREQ"])), text[row["result_id"]], lang)
    if said["text"]:
        peers = [run_figure(material, f"peers/{area}", lang, item, words["like_yours"]) for item in said["figures"]]
        blocks += section(2, words["like_yours"], [*listed(said["text"]["peers"], f"peers/{area}#peers"), *peers])
    told = not material.said(f"quarters/{area}", "text.json", material.statuses(QUARTERLY).get(area, ""), lang)["text"]  # then the first pages have it
    return blocks if told else blocks + _missing(material, area, lang)


def _series(material: Material, area: str, row: dict, figure: dict | None, said: str, lang: str) -> list[Block]:
    """One series: its status, what is said of it, why it stands in for another, its chart."""
    words, series = document_words(lang), material.series[row["SERIES"]]
    name = series[f"name_{lang}"]
    head = f"{name} ({series['indicator']})" if series["indicator"] else name
    blocks: list[Block] = [Heading(3, head), Paragraph(said, f"provinces/{area}#{row['result_id']}")]
    if series["proxy"] == "1":
        blocks.append(Paragraph(f"{words['proxy']}: {series[f'proxy_reason_{lang}']}", kind="note"))
    if figure:
        blocks.append(run_figure(material, f"provinces/{area}", lang, figure, name))
    return blocks


def _table_of_series(material: Material, area: str, rows: list[dict], lang: str) -> Table:
    """Every indicator of the province: status, last value, change a year with its interval, n."""
    words = document_words(lang)
    texts, values = [], []
    for row in rows:
        series = material.series[row["SERIES"]]
        relative = row["relative_slope_pct"] == row["relative_slope_pct"]
        centre, low, high = (row[c] for c in (("relative_slope_pct", "relative_ci_low_pct", "relative_ci_high_pct") if relative else ("slope", "ci_low", "ci_high")))
        decimals = 1 if relative else int(series["decimals"] or 1)
        known = centre == centre
        change = f"{small(centre, decimals)}{'%' if relative else ''}" if known else "–"
        interval = f"{small(low, decimals)} {words['doc_to']} {small(high, decimals)}{'%' if relative else ''}" if low == low else "–"
        held = row["last_value"] == row["last_value"]
        texts.append((
            row["goal"] if row["goal"] != "0" else "–", f"{series[f'name_{lang}']} ({series[f'unit_{lang}']})", label(row["status"], lang), format_period(row["last_period"], lang) if row["last_period"] else "–",
            number(row["last_value"], int(series["decimals"] or 1)), change, interval, number(row["n_obs"], 0),
        ))  # fmt: skip
        values.append((int(row["goal"]), None, None, None, row["last_value"] if held else None, centre if known else None, None, int(row["n_obs"])))
    columns = (words["goal"], words["indicator"], words["result"], words["period"], words["value"], words["doc_change"], words["doc_interval"], words["doc_n"])
    share = f" {rows[0]['confidence']:.0%}" if rows else ""
    return Table(
        words["doc_all_series"], tuple(c + share if c == words["doc_interval"] else c for c in columns), tuple(texts),
        f"{words['doc_results_file']} (provinces/{area}/evaluation.csv)", tuple(values),
        (words["value"], words["doc_change"], words["doc_interval"] + share, words["doc_n"]), tuple(f"provinces/{area}#{r['result_id']}" for r in rows),
    )  # fmt: skip
