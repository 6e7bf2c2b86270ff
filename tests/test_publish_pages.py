"""The pages of a run: complete in both languages, every link leads somewhere, counts add up, and the old site stands until the new one is whole."""

import ast
import csv
import dataclasses
import io
import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sdg_eval.errors import DataError, WriteError
from sdg_eval.evaluation import goal_status, read_evaluation
from sdg_eval.method_words import METHODS
from sdg_eval.national_status import goals_of_provinces, status_table
from sdg_eval.pairs import interval, pair_values, told_apart
from sdg_eval.publish import site as site_module
from sdg_eval.publish import swap, write_site
from sdg_eval.publish.downloads import series_files
from sdg_eval.publish.failure_pages import EXIT_CODES, RUN_ERRORS, RUN_STATUSES, entries
from sdg_eval.publish.material import STATUSES_OF_RUNS, read_material
from sdg_eval.publish.methods_page import DOCS, read_decisions, read_glossary
from sdg_eval.publish.overview import run_counts, runs_page
from sdg_eval.publish.province_pages import error_code
from sdg_eval.publish.source_pages import source_shares
from sdg_eval.publish.status_map import draw_country, read_shapes
from sdg_eval.publish.words import WORDS
from tests.browser.tiny import EVALUATED, SERIES
from tests.counts import report

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "sdg_eval"
OF_THE_BATCH = {"notebook.html", "notebook.ipynb", "runs.csv"}
"""What pages link to and the batch writes: executed notebooks and the record of runs."""


class Page(HTMLParser):
    """Ids, links, titles, headings and text of one page."""

    def __init__(self, path: Path):
        super().__init__()
        self.ids, self.links, self.sources, self.headings, self.title, self.attributes = [], [], [], [], "", []
        self.text, self._open, self._joined = [], "", 0
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.attributes += [(tag, name) for name, _ in attrs]
        if "id" in given:
            self.ids.append(given["id"])
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag in ("img", "script", "link") and (given.get("src") or given.get("href")):
            self.sources.append(given.get("src") or given["href"])
        if tag in ("h1", "h2", "h3"):
            self.headings.append(tag)
        self._open = tag
        if given.get("class") == "keep":  # within a text, to hold a word together
            self._joined = 2

    def handle_data(self, data):
        if self._open == "title" and not self.title:
            self.title = data
        if self._joined and self.text:
            self.text[-1] += data
        else:
            self.text.append(data)
        self._joined = max(self._joined - 1, 0)


@pytest.fixture(scope="module")
def results(tiny_run, tmp_path_factory):
    """Folder, record and runs of a small run, not published."""
    folder = tmp_path_factory.mktemp("pages") / "run"
    shutil.copytree(tiny_run[0], folder)
    return folder, *tiny_run[1:]


@pytest.fixture(scope="module")
def site(results, codelists):
    """The published site of the small run."""
    folder, record, runs = results
    write_site(folder, codelists, record, runs)
    return folder


@pytest.fixture(scope="module")
def pages(site):
    """Every page of the site by its address."""
    listed = json.loads((site / swap.LIST).read_text(encoding="utf-8"))
    return {name: Page(site / name) for name in listed if name.endswith(".html")}


@pytest.fixture(scope="module")
def material(results, codelists):
    folder, record, runs = results
    return read_material(folder, codelists, record, runs)


def text_of(page: Page) -> str:
    return " ".join(" ".join(page.text).split())


# ---------------------------------------------------------------- the pages together


def test_every_link_leads_to_a_page_and_a_place_in_it(site, pages):
    dead = []
    for name, page in pages.items():
        for link in [*page.links, *page.sources]:
            address, _, anchor = link.partition("#")
            path = address.partition("?")[0]
            if link.startswith("data:"):
                continue
            target = (site / name).parent / path if path else site / name
            if path.rpartition("/")[2] in OF_THE_BATCH:
                continue
            if not target.is_file():
                dead.append((name, link))
            elif anchor and target.suffix == ".html" and anchor not in pages[target.resolve().relative_to(site.resolve()).as_posix()].ids:
                if not (name.startswith("provinces/") and path.startswith("../../compare")):  # the script reads which province to show
                    dead.append((name, link))
    assert dead == []


def test_no_page_or_file_of_the_site_asks_for_an_address_elsewhere(pages):
    assert [(name, link) for name, page in pages.items() for link in [*page.links, *page.sources] if re.match(r"(?!data:)[a-z]+:|//", link)] == []


def test_each_page_stands_in_both_languages_side_by_side(pages):
    thai = {name for name in pages if not name.endswith(".en.html")}
    assert {name.removesuffix(".html") + ".en.html" for name in thai} == set(pages) - thai
    for name in thai:
        english = name.removesuffix(".html") + ".en.html"
        assert english.rpartition("/")[2] in pages[name].links and name.rpartition("/")[2] in pages[english].links


def test_titles_are_unique_and_each_page_has_one_first_heading_and_no_id_twice(pages):
    for ending in (True, False):
        own = {name: page.title for name, page in pages.items() if name.endswith(".en.html") == ending}
        assert len(set(own.values())) == len(own), sorted(own.values())
    for name, page in pages.items():
        assert page.headings.count("h1") == 1, name
        assert sorted(page.ids) == sorted(set(page.ids)), name
        assert "#content" in page.links and "content" in page.ids, name


def test_every_page_says_that_the_data_are_synthetic(site, pages):
    said = {"th": WORDS["synthetic"][0], "en": WORDS["synthetic"][1]}
    for name, page in pages.items():
        assert said["en" if name.endswith(".en.html") else "th"] in text_of(page), name


def test_today_s_addresses_stay(pages):
    wanted = {"index.html", "index.en.html", *(f"provinces/{a}/index{e}.html" for a in (*EVALUATED, "TH-10") for e in ("", ".en")), *(f"quarters/{a}/index.html" for a in EVALUATED)}
    assert wanted <= set(pages)


def test_names_of_files_come_from_codes_alone(site, codelists):
    codes = {*codelists.provinces, *codelists.series["SERIES"], *(str(g) for g in range(1, 18))}
    listed = json.loads((site / swap.LIST).read_text(encoding="utf-8"))
    assert [name for name in listed if not re.fullmatch(r"[A-Za-z0-9_./-]+", name) or ".." in name or name.startswith("/")] == []
    assert {name.split("/")[1] for name in listed if re.match(r"(provinces|quarters|goals|indicators)/.+/", name)} <= codes
    assert len({name.casefold() for name in listed}) == len(listed)


def test_no_page_is_heavy(site, pages):
    heavy = {name: (site / name).stat().st_size for name in pages if (site / name).stat().st_size > 500_000}
    assert heavy == {}


def test_nothing_on_a_page_is_styled_or_scripted_in_place(pages):
    handlers = {(name, attribute) for name, page in pages.items() for _, attribute in page.attributes if attribute == "style" or attribute.startswith("on")}
    assert handlers == set()


def test_the_same_run_gives_the_same_bytes(results, site, codelists, tmp_path):
    folder, record, runs = results
    before = {p: p.read_bytes() for p in site.rglob("*") if p.is_file()}
    write_site(folder, codelists, record, runs)
    assert {p: p.read_bytes() for p in site.rglob("*") if p.is_file()} == before


def test_every_word_is_there_in_thai_and_in_english():
    signs = {"era", "download_sdmx"}  # one has a Thai side only, the other is a name
    for key, (thai, english) in WORDS.items():
        if key in signs:
            continue
        assert english and not re.search("[ก-๙]", english) or key == "other_language", key
        assert re.search("[ก-๙]", thai) or key == "other_language", key
        assert set(re.findall(r"\{(\w+)", thai)) == set(re.findall(r"\{(\w+)", english)), key


# ---------------------------------------------------------------- the overview


def test_all_17_goals_of_all_77_provinces_stand_on_the_overview_and_every_cell_is_a_link(site, codelists):
    html = (site / "index.html").read_text(encoding="utf-8")
    cells = re.findall(r'<td class="cell ([a-z_]+)( old)?"><a href="([^"]+)" aria-label="([^"]+)">(.)</a></td>', html)
    failed = html.count('<td colspan="17" class="failed">')
    assert failed == 1  # Bangkok, whose run failed
    assert len(cells) == 17 * (len(codelists.provinces) - failed)
    assert all(label and sign.strip() for _, _, _, label, sign in cells)
    assert {c[0] for c in cells} >= {"no_data", "not_detected"}


def test_the_map_holds_all_provinces_each_a_link_with_its_status_in_words(site, codelists):
    html = (site / "index.en.html").read_text(encoding="utf-8")
    drawing = html[html.index('<svg') : html.index("</svg>")]
    links = re.findall(r'<a href="([^"]+)" class="province ([a-z_]+)" aria-label="([^"]+): ([^"]+)">', drawing)
    assert len(links) == len(codelists.provinces) and {name for _, _, name, _ in links} == set(codelists.areas["name_en"])
    assert ("provinces/TH-10/index.en.html", "no_data", "Bangkok", "failed") in links


def test_shapes_take_the_place_of_tiles_where_a_boundary_file_is_there(tmp_path, codelists):
    square = {"type": "Polygon", "coordinates": [[[98.0, 18.0], [99.0, 18.0], [99.0, 19.0], [98.0, 19.0], [98.0, 18.0]]]}
    path = tmp_path / "boundaries.geojson"
    assert read_shapes(path, codelists) is None
    path.write_text(json.dumps({"features": [{"properties": {"name": "Chiang Mai"}, "geometry": square}]}), encoding="utf-8")
    shapes = read_shapes(path, codelists)
    assert list(shapes) == ["TH-50"] and shapes["TH-50"][0].startswith("M")
    drawn = draw_country("c", {"TH-50": {"status": "improving", "label": "<b>", "href": "x"}}, codelists, "en", about="a", shapes=shapes)
    assert "<path d=" in drawn and "&lt;b&gt;" in drawn and "<rect x=" not in drawn


def test_what_was_planned_is_the_sum_of_what_became_of_it(results, codelists):
    folder, record, runs = results
    many = pd.DataFrame({"notebook": "x", "REF_AREA": "", "error": "", "status": ["done"] * 3 + ["kept", "failed", "refused", "suppressed", "interrupted", "lost"]})
    for table in (runs, many):
        counts = run_counts(read_material(folder, codelists, record, runs).__class__(folder, codelists, record, table, *[None] * 3))
        assert counts["planned"] == len(table) == sum(v for k, v in counts.items() if k != "planned")
    assert counts["other"] == 1  # a status that nobody knows is counted and named


def test_the_overview_writes_the_sum_and_links_the_page_of_runs_only_where_there_is_one(results, site, material):
    text = text_of(Page(site / "index.html"))
    assert f"{len(results[2])} = 3 + 0 + 3 + 0 + 0 + 0" in text
    assert "runs.html" not in (site / "index.html").read_text(encoding="utf-8") and runs_page(material, "th") == ""
    planned = dataclasses.replace(material, record=material.record | {"planned": []})
    assert (runs_page(planned, "th"), runs_page(planned, "en")) == ("runs.html", "runs.en.html")


def test_a_province_whose_run_failed_says_so_and_leads_to_the_remedy(site, pages):
    page = pages["provinces/TH-10/index.html"]
    assert "a value is no number" in text_of(page)
    assert "../../failures.html#failed" in page.links and "../../failures.html#DataError" in page.links
    assert {"failed", "DataError"} <= set(pages["failures.html"].ids)
    overview = text_of(pages["index.en.html"])
    assert "2 / 3" in overview and "Bangkok : failed" in overview.replace("Bangkok:", "Bangkok :")


# ---------------------------------------------------------------- status of the whole country


def test_the_status_of_the_country_is_that_of_each_evaluation(results, material, codelists):
    folder = results[0]
    table = status_table(material.national, material.totals, codelists)
    goals = goals_of_provinces(table, codelists)
    assert len(goals) == 17 * 77
    for area in EVALUATED:
        rows = read_evaluation(folder / "provinces" / area).table
        own = rows[rows["SERIES"] != ""].set_index(["SERIES", "FREQ"])
        mine = table[table["REF_AREA"] == area].set_index(["SERIES", "FREQ"]).loc[own.index]
        assert len(own) == (table["REF_AREA"] == area).sum()
        for column in ("status", "preferred", "n_obs", "stale", "last_period", "synthetic"):
            assert own[column].astype(str).tolist() == mine[column].astype(str).tolist(), (area, column)
        told, here = goal_status(rows).set_index("goal"), goals[goals["REF_AREA"] == area].set_index("goal")
        for column in ("status", "stale", "as_of"):
            assert told[column].astype(str).to_dict() == {g: str(v) for g, v in here[column].items() if g in told.index}


def test_a_province_without_any_value_has_17_goals_without_data(material, codelists):
    empty = next(a for a in codelists.provinces if a not in set(material.totals["REF_AREA"]))
    own = material.goals[material.goals["REF_AREA"] == empty]
    assert len(own) == 17 and set(own["status"]) == {"no_data"}


# ---------------------------------------------------------------- two provinces


def observation(**given) -> dict:
    empty = dict.fromkeys(["NUMERATOR", "DENOMINATOR", "STD_ERR", "LOWER_BOUND", "UPPER_BOUND", "sigma", "dispersion"], np.nan)
    return empty | {"OBS_VALUE": 50.0, "UNIT_MEASURE": "PERCENT", "n_obs": 10} | given


@pytest.mark.parametrize(
    "given, kind, expected",
    [
        ({"LOWER_BOUND": 44.0, "UPPER_BOUND": 57.0, "sigma": 1.0}, "proportion", (44.0, 57.0, "published")),
        ({"STD_ERR": 2.0}, "proportion", (46.0801, 53.9199, "published")),
        ({"NUMERATOR": 50.0, "DENOMINATOR": 100.0}, "proportion", (40.3832, 59.6168, "counted")),  # statsmodels, wilson
        ({"NUMERATOR": 50.0, "DENOMINATOR": 100.0, "dispersion": 2.0}, "proportion", (36.6446, 63.3554, "counted")),  # wilson of 25 in 50
        ({"OBS_VALUE": 100.0}, "count", (80.4004, 119.5996, "counted")),
        ({"sigma": 2.0}, "index", (46.0801, 53.9199, "scatter")),
        ({"sigma": 30.0}, "index", (0.0, 100.0, "scatter")),  # never beyond the limits of the series
        ({"sigma": 2.0, "n_obs": 5}, "index", (np.nan, np.nan, "none")),
        ({"sigma": 0.0}, "index", (np.nan, np.nan, "none")),  # rounded values that never moved tell no spread
        ({"OBS_VALUE": np.nan, "sigma": 2.0}, "index", (np.nan, np.nan, "none")),
    ],
)
def test_the_interval_of_a_value_is_the_first_that_is_known(given, kind, expected):
    low, high, basis = interval(observation(**given), {"kind": kind, "lower": "0", "upper": "" if kind == "count" else "100"})
    assert basis == expected[2] and (low, high) == pytest.approx(expected[:2], abs=1e-4, nan_ok=True)


def test_wilson_here_is_that_of_statsmodels():
    from statsmodels.stats.proportion import proportion_confint

    low, high, _ = interval(observation(OBS_VALUE=7.0, NUMERATOR=7.0, DENOMINATOR=100.0), {"kind": "proportion", "lower": "0", "upper": "100"})
    assert (low / 100, high / 100) == pytest.approx(proportion_confint(7, 100, method="wilson"), abs=1e-6)


def test_two_provinces_are_told_apart_only_where_intervals_do_not_touch():
    assert told_apart((2.0, 3.0), (3.1, 4.0)) == "lower" and told_apart((3.1, 4.0), (2.0, 3.0)) == "higher"
    assert told_apart((2.0, 3.0), (3.0, 4.0)) == told_apart((1.0, 9.0), (3.0, 4.0)) == "alike"
    assert told_apart((2.0, np.nan), (3.1, 4.0)) == told_apart((2.0, 3.0), (np.nan, np.nan)) == "unknown"


def test_provinces_that_differ_by_noise_alone_are_seldom_told_apart():
    rng = np.random.default_rng(20301231)
    noise = rng.normal(size=(2000, 2))
    said = [told_apart((a - 1.96, a + 1.96), (b - 1.96, b + 1.96)) for a, b in noise]
    assert 0.001 < np.mean([s != "alike" for s in said]) < 0.012  # about 0.0056: stricter than 0.05


def test_both_provinces_are_shown_in_the_same_period_and_suppressed_values_are_none(material, codelists):
    pairs = pair_values(material.totals, material.national, codelists)
    shown = pairs[pairs["value"].notna()]
    assert (shown.groupby("SERIES")["TIME_PERIOD"].nunique() == 1).all() and not pairs.duplicated(["SERIES", "REF_AREA"]).any()
    hidden = material.totals[material.totals["OBS_STATUS"] == "Q"][["SERIES", "REF_AREA", "FREQ", "TIME_PERIOD"]]
    assert shown.merge(hidden).empty


def test_the_comparison_has_data_of_every_province_in_both_languages(site, codelists):
    shared = json.loads(re.fullmatch(r'sdgData\("compare.th",(.*)\);\n', (site / "assets/compare.th.js").read_text(encoding="utf-8"))[1])
    assert [a[0] for a in shared["areas"]] == codelists.provinces and {"alike", "higher", "lower", "unknown"} <= set(shared["words"])
    for area in codelists.provinces:
        for lang in ("th", "en"):
            name = f"compare/{area}.{lang}"
            data = json.loads((site / f"assets/{name}.js").read_text(encoding="utf-8").removeprefix(f'sdgData("{name}",').removesuffix(");\n"))
            assert len(data["cells"]) == len(shared["series"])
            for cell in filter(None, data["cells"]):
                assert len(cell) == 13 and (cell[8] is None) == (cell[2] == "")


# ---------------------------------------------------------------- goals, indicators, downloads


def test_every_goal_has_its_page_with_un_targets_and_all_provinces(site, pages, codelists):
    for goal in codelists.goals17.to_dict("records"):
        page = pages[f"goals/{goal['goal']}/index.html"]
        text = text_of(page)
        assert goal["name_th"] in text and goal["name_en"] in text
        targets = codelists.targets_un[codelists.targets_un["goal"] == goal["goal"]]
        assert all(" ".join(t.split()) in text for t in targets["name_en"])
    listed = set(pages["goals/1/index.html"].ids)
    assert set(codelists.provinces) <= listed


def test_a_goal_without_series_says_so_and_whom_to_ask(pages):
    text = text_of(pages["goals/4/index.en.html"])
    assert WORDS["no_value_anywhere"][1] in text and "Office of the Basic Education Commission" in text


def test_every_evaluated_series_has_a_page_with_method_source_licence_and_custodian(pages, codelists):
    for code in codelists.evaluated:
        assert f"indicators/{code}/index.html" in pages
    text = text_of(pages["indicators/SI_POV_NAHC/index.en.html"])
    for wanted in ("SDSN", "Eurostat", "National Statistical Office", "Licence", "1.2.1", "lower is better", "Proportion of population living below the national poverty line, by sex and age"):
        assert wanted in text, wanted


def test_a_download_holds_exactly_the_run_s_values_with_their_origin(site, material):
    for code in SERIES:
        own = material.observations[material.observations["SERIES"] == code]
        for ending in ("csv", "sdmx.csv"):
            table = pd.read_csv(site / f"indicators/{code}/{code}.{ending}", dtype={"TIME_PERIOD": str}, keep_default_na=False, na_values={"OBS_VALUE": [""]})
            assert len(table) == len(own)
            assert table["OBS_VALUE"].to_numpy() == pytest.approx(own["OBS_VALUE"].to_numpy(), nan_ok=True)
            assert {"source", "source_file", "source_row", "source_column", "source_id", "flags", "OBS_STATUS"} <= set(table)
        assert list(table)[:4] == ["STRUCTURE", "STRUCTURE_ID", "ACTION", "SERIES"]


def test_suppressed_values_stay_blank_in_every_file(material):
    rows = material.observations.head(5).assign(OBS_STATUS="Q", OBS_VALUE=np.nan, NUMERATOR=np.nan)
    for content in series_files(rows, synthetic=False):
        table = pd.read_csv(io.BytesIO(content))
        assert table["OBS_VALUE"].isna().all() and (table["OBS_STATUS"] == "Q").all()


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "=cmd|' /C calc'!A0"])
def test_no_text_of_a_download_can_be_a_formula_and_the_text_can_be_had_back(material, text):
    rows = material.observations.head(2).assign(source_file=text, COMMENT_OBS=text, OBS_VALUE=-3.5)
    for content in series_files(rows, synthetic=False):
        table = list(csv.DictReader(io.StringIO(content.decode("utf-8"), newline="")))
        assert {row[column] for row in table for column in ("source_file", "COMMENT_OBS")} == {"'" + text.replace("\r", " ")}
        assert [row["OBS_VALUE"] for row in table] == ["-3.5", "-3.5"]  # a negative number stays a number


def test_text_of_files_is_escaped_wherever_it_is_shown(results, codelists, tmp_path):
    payload = '"><script>alert(1)</script><img src=x onerror=alert(2)>'
    folder, record, runs = results
    material = read_material(folder, codelists, record, runs)
    place = material.observations
    hostile = place.assign(source_file=payload, source_sheet=payload, COMMENT_OBS=payload, flags=place["flags"].where(place["flags"] != "", payload))
    changed = material.__class__(tmp_path, codelists, record, runs.assign(error=payload), hostile, material.national, material.data, material.evaluations)
    (tmp_path / "national").mkdir()
    for lang in ("th", "en"):
        pages = site_module.open_pages(tmp_path / "out", lang, record, codelists, ("th", "en"))
        site_module.write_indicators(pages, changed, files=True)
        for write in (site_module.write_data_page, site_module.write_sources):
            write(pages, changed)
    written = [p.read_text(encoding="utf-8") for p in (tmp_path / "out").rglob("*.html")]
    assert any("&lt;script&gt;" in text for text in written) and not any("<script>alert" in text or "<img src=x" in text for text in written)


# ---------------------------------------------------------------- data, sources, the programme


def test_the_page_on_the_data_counts_what_the_tables_hold(pages, material):
    gaps = material.data.gaps
    own = gaps[(gaps["SERIES"] != "") & (gaps["reason"] != "suppressed")]
    text = text_of(pages["data.en.html"])
    assert f"{len(own):,} values of {own['REF_AREA'].nunique()} provinces are missing" in text
    assert f"{len(material.data.suspicions):,} values are to be checked" in text
    for letter in material.letters("en").values():
        assert letter in pages["data.en.html"].links


def test_the_share_of_numbers_with_a_source_counts_every_number(material):
    shares = source_shares(material)
    assert shares["n"] == int(material.observations["OBS_VALUE"].notna().sum()) >= shares["named"] >= shares["file"] >= shares["cell"] > 0
    lost = material.observations.assign(source="nobody", source_file="", flags="")
    other = material.__class__(material.folder, material.codelists, material.record, material.runs, lost, material.national, material.data)
    assert {k: v for k, v in source_shares(other).items() if k != "n"} == {"named": 0, "file": 0, "cell": 0, "derived": 0}


def test_what_the_run_has_no_tables_of_is_said_to_be_absent(pages):
    for name in ("cascade.en.html", "partners.en.html"):
        assert WORDS["not_at_hand"][1] in text_of(pages[name])


def test_the_three_levels_and_the_partners_are_shown_from_the_run_s_tables(results, codelists, tmp_path):
    folder, record, runs = results
    copy = tmp_path / "run"
    shutil.copytree(folder, copy)
    levels = pd.DataFrame({"REF_AREA": "TH", "goal": [str(g) for g in range(1, 18)], "global": 0, "provincial_admin": 2, "area": 3, "n": 5, "broken_link": "global", "reason": "", "synthetic": True})
    chain, agencies, delivery = (copy / "national" / name for name in ("31_need_plan_money_result", "75_agency_pages", "30_delivery"))
    for place in (chain, agencies, delivery):
        place.mkdir()
    pd.concat([levels, levels.assign(REF_AREA="TH-50")]).to_parquet(chain / "cascade.parquet")
    text = {"sections": {"cascade": ["<i>line</i>", "Chiang Mai: 5 projects."], "chain": [], "source": ["Source: x"]}}
    (chain / "text.json").write_text(json.dumps({"th": text, "en": text}), encoding="utf-8")
    partners = pd.DataFrame({"partner_id": "undp", "name_th": "ยูเอ็นดีพี", "name_en": "UNDP", "partner_type": "un", "goal": range(1, 18), "n_projects": 0, "n_areas": 0, "reason": "no_project_recorded"})
    partners.to_csv(agencies / "partners.csv", index=False)
    agreement = {"a_th": "มท.", "b_th": "GIZ", "a_en": "MoI", "b_en": "GIZ", "topic": "เมือง", "status_th": "วางแผนไว้ ยังไม่เริ่ม", "status_en": "planned, not begun", "planned_start": "", "n_delivered": 0, "n_projects": 0, "doubt_th": "", "doubt_en": ""}
    pd.DataFrame([agreement]).to_csv(agencies / "partnerships.csv", index=False)
    (agencies / "text.json").write_text(json.dumps({lang: {"partnerships": [], "source": "Source: x"} for lang in ("th", "en")}), encoding="utf-8")
    resources = pd.DataFrame({"REF_AREA": ["TH-50", "TH"], "kind": "software", "share": [1.0, 0.9], "ci_low": [0.2, 0.6], "ci_high": [1.0, 0.99], "in_use": [1, 9], "n": [1, 10], "n_not_stated": 0, "n_to_come": 0, "reason": ""})
    resources.to_parquet(delivery / "resources.parquet")
    (delivery / "text.json").write_text(json.dumps({lang: {"sections": {}} for lang in ("th", "en")}), encoding="utf-8")
    rows = [{"notebook": p.name, "REF_AREA": "", "status": "done", "error": ""} for p in (chain, agencies, delivery)]
    told = read_material(copy, codelists, record, pd.concat([runs, pd.DataFrame(rows)]))
    for write in (site_module.write_cascade, site_module.write_partners):
        write(site_module.open_pages(copy, "en", record, codelists, ("th", "en")), told)
    html = (copy / "cascade.en.html").read_text(encoding="utf-8")
    country, province = html.split('<details class="more" id="area-TH-50"><summary>Chiang Mai</summary>')
    assert country.count("<tr><th scope=\"row\">") == 17 and "&lt;i&gt;line" in country and "5 projects" not in country
    assert province.partition("</details>")[0].count("<tr><th scope=\"row\">") == 17 and "<li>Chiang Mai: 5 projects.</li>" in province.partition("</details>")[0]
    text = text_of(Page(copy / "partners.en.html"))
    assert "planned, not begun" in text and "9 / 10" in text and "90% (60–99%)" in text and WORDS["partner_without"][1] in text


# ---------------------------------------------------------------- methods, glossary, failures


def test_methods_speak_both_languages_and_lead_to_their_decisions(pages):
    known = {d["number"] for d in read_decisions(DOCS / "decisions")}
    for method in METHODS:
        assert all(re.search("[ก-๙]", text[0]) and text[1] and not re.search("[ก-๙]", text[1]) for text in (method.title, method.plain, method.defaults))
        assert set(method.decisions) <= known
        assert method.ident in pages["methods.html"].ids


def test_the_glossary_has_every_word_with_its_meaning_in_both_languages(pages):
    words = read_glossary(DOCS / "glossary.md")
    assert len(words) == 79 and all(w["en"] and re.search("[ก-๙]", w["meaning_th"]) and w["meaning_en"] for w in words)
    text = text_of(pages["methods.html"])
    assert all(w["th"] in text for w in words)


def exit_codes() -> set[int]:
    import sdg_eval.errors as errors

    kinds = [k for k in vars(errors).values() if isinstance(k, type) and issubclass(k, errors.SdgEvalError)]
    return {k.exit_code for k in kinds} | {v for k, v in vars(errors).items() if k.isupper() and isinstance(v, int)}


def codes_in_the_package() -> set[str]:
    """Every literal code that an error of the package is raised with."""
    found = set()
    for text in [t for t in (p.read_text(encoding="utf-8") for p in PACKAGE.rglob("*.py")) if "code=" in t]:
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")).endswith("Error"):
                found |= {k.value.value for k in node.keywords if k.arg == "code" and isinstance(k.value, ast.Constant) and k.value.value}
    return found


def test_every_error_code_has_its_page_with_cause_and_remedy_in_both_languages(pages):
    import sdg_eval.errors as errors
    told = {lang: {row["code"]: row for group in entries(lang) for row in group["rows"]} for lang in ("th", "en")}
    names = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, errors.SdgEvalError)}
    wanted = {str(c) for c in exit_codes()} | codes_in_the_package() | set(RUN_STATUSES) | set(RUN_ERRORS)
    assert len(codes_in_the_package()) > 20 and exit_codes() == set(EXIT_CODES)
    assert names - {"SdgEvalError", "RunsFailedError"} <= set(RUN_ERRORS)  # the two that no notebook raises
    assert set(STATUSES_OF_RUNS) - {"done", "kept"} <= set(RUN_STATUSES)
    for code in wanted:
        for lang in ("th", "en"):
            row = told[lang][code]
            assert row["cause"] and row["remedy"] and "{" not in row["cause"] + row["remedy"], code
            assert row["anchor"] in pages["failures.html" if lang == "th" else "failures.en.html"].ids
        assert re.search("[ก-๙]", told["th"][code]["cause"] + told["th"][code]["remedy"]), code
    report("S33", f"{len(wanted)} of {len(wanted)} error codes have cause, remedy and Thai text on the page of failures")


def test_the_first_word_of_an_error_leads_to_its_remedy():
    assert error_code("DataError (cell 4): x") == "DataError" and error_code("ZeroDivisionError: x") == "run_failed" and error_code("") == ""


# ---------------------------------------------------------------- the old site stands until the new one is whole


def snapshot(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file() and swap.STAGING not in p.parts}


def test_a_page_that_cannot_be_made_leaves_the_old_site_as_it_was(results, site, codelists, monkeypatch):
    folder, record, runs = results
    before = snapshot(folder)

    def broken(pages, material):
        raise DataError("stopped on the last page")

    only(monkeypatch, "write_failures")
    monkeypatch.setattr(site_module, "write_overview", broken)
    with pytest.raises(DataError):
        write_site(folder, codelists, record | {"report_year": 2027}, runs)
    assert snapshot(folder) == before


def test_a_run_that_is_not_complete_is_refused_and_the_old_site_stands(results, site, codelists, tmp_path):
    folder, record, runs = results
    before = snapshot(folder)
    with pytest.raises(DataError, match="no complete evaluation"):
        write_site(folder, codelists, record, pd.concat([runs, runs.head(1).assign(REF_AREA="TH-11")]))
    assert snapshot(folder) == before


def only(monkeypatch, *writers: str) -> None:
    """Let a site hold the pages of these writers alone, so that a test is quick."""
    for name in [n for n in vars(site_module) if n.startswith("write_") and n not in (*writers, "write_site", "write_assets", "write_data", "write_overview")]:
        monkeypatch.setattr(site_module, name, lambda *given, **named: None)


def staged(folder: Path, files: dict[str, str]) -> None:
    place = swap.new_staging(folder)
    for name, text in files.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(text, encoding="utf-8")


def test_a_move_that_is_cut_short_at_any_rename_is_finished_by_the_next_call(tmp_path, monkeypatch):
    old = {"index.html": "old", "goals/1/index.html": "old", "gone/index.html": "old", "same.html": "same"}
    new = {"index.html": "new", "goals/1/index.html": "new", "assets/site.js": "new", "same.html": "same"}
    replace = swap.os.replace
    for survived in range(5):
        folder = tmp_path / str(survived)
        folder.mkdir()
        staged(folder, old)
        swap.move_into_place(folder)
        staged(folder, new)
        left = [survived]

        def dying(source, target, left=left):
            if swap.STAGING in Path(source).parts and "site" in Path(source).parts:
                if not left[0]:
                    raise KeyboardInterrupt
                left[0] -= 1
            replace(source, target)

        monkeypatch.setattr(swap.os, "replace", dying)
        try:
            swap.move_into_place(folder)
        except KeyboardInterrupt:
            assert (folder / "index.html").read_text() == "old"  # the overview comes last
            assert {(folder / n).read_text() for n in ("goals/1/index.html", "same.html")} <= {"old", "new", "same"}
        monkeypatch.setattr(swap.os, "replace", replace)
        swap.new_staging(folder)  # the next call
        assert {n: (folder / n).read_text() for n in new} == new and not (folder / "gone/index.html").exists()


def test_a_site_without_a_mark_is_never_moved(tmp_path):
    staged(tmp_path, {"index.html": "old"})
    swap.move_into_place(tmp_path)
    staged(tmp_path, {"index.html": "half"})
    swap.new_staging(tmp_path)
    assert (tmp_path / "index.html").read_text() == "old"


def test_a_list_that_was_tampered_with_takes_nothing_else_away(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    outside, kept = tmp_path / "outside.html", folder / "results.parquet"
    for path in (outside, kept):
        path.write_text("x")
    staged(folder, {"index.html": "one"})
    swap.move_into_place(folder)
    (folder / swap.LIST).write_text(json.dumps(["../outside.html", str(outside), "results.parquet", "", "a/../../outside.html", 5]))
    staged(folder, {"index.html": "two"})
    swap.move_into_place(folder)
    assert outside.exists() and kept.exists() and (folder / "index.html").read_text() == "two"


def test_a_folder_that_cannot_be_written_is_told_in_words(tmp_path):
    (tmp_path / swap.STAGING).write_text("a file where the folder should be")
    with pytest.raises(WriteError, match="Make room"):
        swap.new_staging(tmp_path)


def test_a_site_in_one_language_has_its_overview_at_the_usual_address(results, codelists, tmp_path, monkeypatch):
    only(monkeypatch, "write_goals")
    folder, record, runs = results
    copy = tmp_path / "run"
    shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("*.html", "assets"))
    write_site(copy, codelists, record | {"lang": "en"}, runs)
    assert (copy / "index.html").read_bytes() == (copy / "index.en.html").read_bytes()
    assert not (copy / "goals/1/index.html").exists() and (copy / "goals/1/index.en.html").exists()
    page = Page(copy / "goals/1/index.en.html")
    assert "index.html" not in page.links  # no switch to a language that is not there



def test_the_effects_page_shows_each_estimate_with_its_interval_and_its_provinces(codelists):
    from types import SimpleNamespace

    from sdg_eval.publish.overview import effect_cells

    row = {"SERIES": "SI_POV_NAHC", "scale": "level", "effect": -1.75, "ci_low": -5.25, "ci_high": 1.85, "n_treated": 15.0, "n_comparison": 55.0}
    blank = row | {"SERIES": "SL_TLF_UEM", "effect": float("nan"), "n_treated": float("nan")}
    material = SimpleNamespace(table=lambda *_: pd.DataFrame([row, blank]), series={code: codelists.series_row(code) for code in ("SI_POV_NAHC", "SL_TLF_UEM")})
    text = {"outcomes": [{"series": "SI_POV_NAHC", "estimated": True}, {"series": "SL_TLF_UEM", "estimated": False}]}
    english, thai = (effect_cells(material, text, lang) for lang in ("en", "th"))
    assert english["SI_POV_NAHC"]["effect"].replace("\u00a0", " ") == "−1.8 percentage points (−5.2 to +1.9)" and english["SI_POV_NAHC"]["n"] == "15 / 55"
    assert "(−5.2 ถึง +1.9)" in thai["SI_POV_NAHC"]["effect"] and english["SL_TLF_UEM"] == {"effect": "–", "n": "–"}
