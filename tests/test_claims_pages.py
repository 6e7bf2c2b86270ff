"""The numbers of the overview, of data, goal, indicator, source, partner and comparison pages: a sound run has no fault, and a wrong digit of each kind is found."""

import json
import random
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest

from sdg_eval.claims.page_counts import count_faults, require_counts
from sdg_eval.claims.page_numbers import agrees, compared_faults, number_faults, page_faults, read_rows, same
from sdg_eval.claims.run_numbers import RunNumbers
from sdg_eval.errors import DataError
from sdg_eval.publish import write_site
from sdg_eval.wording import number

DRAWN_AND_TOLD = re.compile(r"<(script|style|head)\b.*?</\1>|<[^>]*>|&#?\w+;", re.S)
MARKED = re.compile(r'<(\w+) data-(?:of|from)="([^"]*)"[^>]*>(.*?)</\1>', re.S)


def national_notebooks(folder: Path) -> list[dict]:
    """What the notebooks on delivery, the chain and the partners leave for the pages, a few rows each; return their rows in the table of runs."""
    tables = {
        "75_agency_pages/partners.csv": [{"partner_id": "un-x", "name_th": "ก", "name_en": "X", "partner_type": "un", "goal": str(g), "n_projects": str(g), "n_areas": str(g + 20), "reason": ""} for g in range(1, 18)],
        "75_agency_pages/partnerships.csv": [{"a_th": "ก", "a_en": "A", "b_th": "ข", "b_en": "B", "topic": "เมือง", "status_th": "มีผล", "status_en": "in force", "planned_start": "", "n_delivered": "4", "n_projects": "12", "doubt_th": "", "doubt_en": ""}],
        "31_need_plan_money_result/cascade.csv": [{"REF_AREA": "TH-50", "goal": str(g), "global": str(g), "provincial_admin": "", "area": "35", "broken_link": "", "reason": ""} for g in range(1, 18)],
    }  # fmt: skip
    for place, rows in tables.items():
        (folder / "national" / place).parent.mkdir(parents=True, exist_ok=True)
        pd.DataFrame(rows).to_csv(folder / "national" / place, index=False)
    (folder / "national" / "30_delivery").mkdir()
    resources = [{"REF_AREA": area, "kind": kind, "n": 30, "in_use": 21, "share": 0.7, "ci_low": 0.52, "ci_high": 0.83, "n_to_come": 5, "n_not_stated": 2, "reason": ""} for area in ("TH", "TH-50") for kind in ("software", "people")]
    pd.DataFrame(resources).to_parquet(folder / "national" / "30_delivery" / "resources.parquet")
    said = {
        "30_delivery": {"sections": {"support": ["Delivered in time: 71 of 94."], "source": ["Register of 2024-09-30."]}},
        "31_need_plan_money_result": {"sections": {"cascade": ["Projects on all levels: 38."], "chain": ["Planned 14.8, paid 9.6 million baht."], "source": ["Plans of 2024."]}},
        "75_agency_pages": {"partnerships": [], "source": "Agreements of 2023."},
    }  # fmt: skip
    for name, texts in said.items():
        (folder / "national" / name / "text.json").write_text(json.dumps({"th": texts, "en": texts}), encoding="utf-8")
    return [{"notebook": name, "REF_AREA": "", "status": "done", "error": ""} for name in said]


@pytest.fixture(scope="module")
def clean(tiny_run, codelists, tmp_path_factory):
    """(folder of a published run, its numbers)."""
    folder = tmp_path_factory.mktemp("pages") / "tiny"
    shutil.copytree(tiny_run[0], folder)
    (folder / "record.json").write_text(json.dumps(tiny_run[1]), encoding="utf-8")
    runs = pd.concat([tiny_run[2], pd.DataFrame(national_notebooks(folder))], ignore_index=True)
    runs.to_csv(folder / "runs.csv", index=False)
    write_site(folder, codelists, tiny_run[1], runs)
    return folder, RunNumbers(folder, codelists)


def read(folder: Path, place: str) -> tuple[str, str]:
    return (folder / place).read_text(encoding="utf-8"), "en" if place.endswith(".en.html") else "th"


def other_digit(text: str, at: int) -> str:
    return text[:at] + str((int(text[at]) + 3) % 10) + text[at + 1:]


def visible_digits(html: str) -> list[int]:
    """Places of the digits that a reader sees, drawings included."""
    return [m.start() for m in re.finditer(r"\d", DRAWN_AND_TOLD.sub(lambda m: "\x01" * len(m[0]), html))]


def test_a_sound_run_has_no_fault_on_any_of_its_pages(clean):
    folder, _ = clean
    assert number_faults(folder, folder) == [] == count_faults(folder, folder)


MARKS = {
    "index": {"balance", "findings", "provinces", "others", "year", "quarter", "record"},
    "data": {"provinces", "coverage", "bears", "gaps", "lacking", "year", "record"},
    "goals/index": {"provinces.goals", "goals", "year", "record"},
    "goals/1/index": {"goal.1", "trends.SI_POV_NAHC", "year", "record"},
    "indicators/index": {"provinces", "indicators.1", "indicators.6", "year"},
    "indicators/SI_POV_NAHC/index": {"held.SI_POV_NAHC", "spread.SI_POV_NAHC", "found.SI_POV_NAHC", "rows.SI_POV_NAHC", "provinces.SI_POV_NAHC", "rules.SI_POV_NAHC", "lag.SI_POV_NAHC", "dots.SI_POV_NAHC", "map.SI_POV_NAHC", "file.synthetic.SI_POV_NAHC.0"},
    "indicators/TH_COAST_WQ/index": {"held.TH_COAST_WQ", "bounds.TH_COAST_WQ", "provinces.TH_COAST_WQ"},
    "sources": {"shares", "derived", "values.synthetic", "files.synthetic", "file.synthetic.-.0", "30_delivery 31_need_plan_money_result 75_agency_pages"},
    "partners": {"agreements", "partner.un-x", "resources", "30_delivery", "75_agency_pages"},
    "cascade": {"cascade.TH-50", "31_need_plan_money_result"},
    "compare": {"unseen"},
}  # fmt: skip
"""Sentences and tables that the tiny run must name, by page."""


@pytest.mark.parametrize("place", MARKS)
@pytest.mark.parametrize("ending", [".html", ".en.html"])
def test_a_wrong_digit_of_each_sentence_and_table_is_found(clean, place, ending):
    folder, known = clean
    html, lang = read(folder, place + ending)
    assert list(page_faults(html, known, lang)) == []
    found, drawn, missed = {}, random.Random(20261127), []
    seen = set(visible_digits(html))
    for mark in MARKED.finditer(html):
        own = [at for at in range(mark.start(3), mark.end(3)) if at in seen and not in_a_name(html, at, mark)]
        found.setdefault(mark[2], []).extend(own)
    for name, digits in found.items():
        for at in drawn.sample(digits, min(len(digits), 5)):
            if not list(page_faults(other_digit(html, at), known, lang)):
                missed.append((name, html[max(0, at - 60):at + 20]))
    assert missed == []
    assert {name for name, digits in found.items() if digits} >= MARKS[place]


def in_a_name(html: str, at: int, mark: re.Match) -> bool:
    """True inside a link, the name of a row, or a cell of a column that is not named: codes and words of code lists, which are no counts."""
    if mark[1] != "table":
        return "<a href" in html[max(0, html.rfind("<", 0, at)):at]
    row = html.rfind("<tr", 0, at)
    cells = re.findall(r"<t[hd][ >]", html[row:at])
    if "</thead>" not in html[mark.start():at]:
        return not re.match(r'<th[^>]*data-c="\d{4}', html[html.rfind("<th", row, at):at])
    columns = next(iter(read_rows(mark[3])))[1]
    return len(cells) == 1 or not columns[len(cells) - 1]


def test_a_wrong_digit_in_a_chart_is_found_in_its_words_its_key_and_its_drawing(clean):
    folder, known = clean
    for place in ("indicators/SI_POV_NAHC/index.html", "indicators/SI_POV_NAHC/index.en.html"):
        html, lang = read(folder, place)
        seen, missed = visible_digits(html), []
        for kind in ("dots", "map"):
            start = html.index(f'<figure id="{kind}-SI_POV_NAHC"')
            figure = html[start:html.index("</figure>", start)]
            parts = {"desc": r"<desc[^>]*>(.*?)</desc>", "summary": r"<summary>(.*?)</summary>", "key": r'<ul class="legend".*?</ul>', "drawn": r'<g class="pt .*?</g>', "title": r"<figcaption><strong>(.*?)</strong>"}
            for what, pattern in parts.items():
                own = [at for m in re.finditer(pattern, figure, re.S) for at in seen if start + m.start() <= at < start + m.end()]
                assert own or (kind, what) == ("map", "title"), (kind, what)
                missed += [(place, kind, what, html[at - 40:at + 10]) for at in random.Random(7).sample(own, min(6, len(own))) if not list(page_faults(other_digit(html, at), known, lang))]
            brief = [start + m.start(1) for m in re.finditer(r'data-short="[^"]*?(\d)', figure)]
            missed += [(place, kind, "tile", at) for at in brief[:5] if not list(page_faults(other_digit(html, at), known, lang))]
        assert missed == []


@pytest.mark.parametrize(("place", "ident", "name"), [("goals/1/index.html", "map-1", "country.1"), ("index.en.html", "country", "country.country")])
def test_the_words_of_a_map_of_the_country_are_counted(clean, place, ident, name):
    folder, known = clean
    html, lang = read(folder, place)
    for pattern in (rf' id="{ident}"[^>]* aria-label="[^"]*?(\d)', rf'id="{ident}"[^>]*><title>[^<]*?(\d)'):
        at = re.search(pattern, html).start(1)
        assert [what for what, *_ in page_faults(other_digit(html, at), known, lang)] == [name]


def test_a_row_that_is_lost_told_twice_or_of_another_province_is_found(clean):
    folder, known = clean
    html, lang = read(folder, "indicators/SI_POV_NAHC/index.en.html")
    row = re.search(r'<tr id="TH-50">.*?</tr>\n', html, re.S)[0]
    for spoiled in (html.replace(row, ""), html.replace(row, row * 2), html.replace('id="TH-50"', 'id="TH-57"', 1)):
        assert list(page_faults(spoiled, known, lang))
    start = html.index('<figure id="map-SI_POV_NAHC"')  # its rows go by the name of the province
    swapped = html[:start] + html[start:].replace(">Phuket<", ">Phuket!<").replace(">Chiang Mai<", ">Phuket<").replace(">Phuket!<", ">Chiang Mai<")
    assert list(page_faults(swapped, known, lang))


def test_what_no_table_is_known_for_is_a_fault(clean):
    _, known = clean
    for text in ('<p data-of="nothing.known">3</p>', '<table data-of="nothing.known"><thead></thead></table>', '<p data-of="file.synthetic.SI_POV_NAHC.99">3</p>', '<p data-from="30_delivery">Never said.</p>'):
        assert len(list(page_faults(text, known, "en"))) == 1


@pytest.mark.parametrize("lang", ["th", "en"])
def test_a_wrong_number_in_the_data_of_the_comparison_is_found(clean, lang):
    folder, known = clean
    text = (folder / "assets" / "compare" / f"TH-50.{lang}.js").read_text(encoding="utf-8")
    shared = (folder / "assets" / f"compare.{lang}.js").read_text(encoding="utf-8")
    codes = [row[0] for row in json.loads(shared[shared.index(",") + 1:shared.rindex(")")])["series"]]
    cells = json.loads(text[text.index(",") + 1:text.rindex(")")])["cells"]
    assert list(compared_faults(cells, codes, "TH-50", known, lang)) == []
    k = next(k for k, cell in enumerate(cells) if cell and cell[2] and cell[11] is not None)
    for place in (0, 1, 2, 3, 10):
        for at in (m.start() for m in re.finditer(r"\d", cells[k][place])):
            spoiled = [*cells[:k], [*cells[k][:place], other_digit(cells[k][place], at), *cells[k][place + 1:]], *cells[k + 1:]]
            assert list(compared_faults(spoiled, codes, "TH-50", known, lang)), (place, at)
    for place, value in ((5, "no_data"), (7, cells[k][7][1:]), (7, [[cells[k][7][0][0], 0.5], *cells[k][7][1:]]), *((p, cells[k][p] + 0.01) for p in (8, 9, 11, 12)), (8, None)):
        spoiled = [*cells[:k], [*cells[k][:place], value, *cells[k][place + 1:]], *cells[k + 1:]]
        assert list(compared_faults(spoiled, codes, "TH-50", known, lang)), place
    assert list(compared_faults([*cells[:k], None, *cells[k + 1:]], codes, "TH-50", known, lang)) and list(compared_faults(cells[1:], codes, "TH-50", known, lang))


def test_a_number_that_is_not_that_of_the_run_is_not_published(clean, tmp_path):
    folder, _ = clean
    html, _ = read(folder, "sources.en.html")
    at = re.search(r'data-of="values.synthetic">(\d)', html).start(1)
    (tmp_path / "sources.en.html").write_text(other_digit(html, at), encoding="utf-8")
    with pytest.raises(DataError, match=r"sources\.en\.html, values\.synthetic.*The old pages stand"):
        require_counts(tmp_path, folder)
    assert all(fault.decides for fault in number_faults(tmp_path, folder))


def test_a_changed_table_is_found_by_the_pages(clean, tmp_path):
    folder, _ = clean
    shutil.copytree(folder, tmp_path / "run")
    path = tmp_path / "run" / "national" / "trends.parquet"
    table = pd.read_parquet(path)
    table.loc[table["n_obs"].idxmax(), "n_obs"] += 1
    table.to_parquet(path)
    assert {fault.file.split("/")[0] for fault in number_faults(tmp_path / "run", tmp_path / "run")} >= {"goals", "indicators", "assets"}


def test_a_number_agrees_as_far_as_it_is_written():
    for value, decimals in ((10.94, 1), (-0.045, 2), (1234.5, 0), (0.0, 1)):
        text = number(value, decimals)
        assert agrees(text, value)
        digits = [m.start() for m in re.finditer(r"\d", text)]
        assert not any(agrees(other_digit(text, at), value) for at in digits)
    assert same(("1,200", "2567"), [1200, "2567"]) and not same(("1,200",), [1200, 3]) and not agrees("1,201", 1200) and not agrees("2568", "2567")
