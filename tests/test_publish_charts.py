"""Charts of the site without a browser: what stands in them, what can be read, and that data stay text."""

import base64
import hashlib
import json
import math
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path

import pytest

from sdg_eval.publish import assets
from sdg_eval.publish.charts import line_chart, trend_shape
from sdg_eval.publish.client_words import WORDS, client_words, script_words
from sdg_eval.publish.country_charts import dot_chart, tile_map
from sdg_eval.publish.search import search_index
from sdg_eval.publish.series_chart import SHOWN, series_chart
from sdg_eval.publish.svg import ticks
from tests.payloads import PAYLOADS

TEMPLATES = Path(assets.__file__).parent / "templates"
CSS = (TEMPLATES / "style.css").read_text(encoding="utf-8")
SCRIPT = (TEMPLATES / "site.js").read_text(encoding="utf-8")
AREAS = [
    {"REF_AREA": "TH-10", "name": "กรุงเทพมหานคร", "abbr": "กทม", "col": 1, "row": 4},
    {"REF_AREA": "TH-50", "name": "เชียงใหม่", "abbr": "ชม", "col": 1, "row": 0},
    {"REF_AREA": "TH-83", "name": "ภูเก็ต", "abbr": "ภก", "col": 0, "row": 9},
]


def point(year, value, **more):
    return {"time": year + 0.5, "period": f"พ.ศ. {year + 543}", "value": value} | more


def forecast(year, value, half):
    return {"time": year + 0.5, "period": str(year), "value": value} | {f"{side}_{level}": value + sign * half * level / 50 for level in (50, 80, 95) for side, sign in (("low", -1), ("high", 1))}


def own_series(**more):
    points = [point(2018, 12.0, n="1,204", origin="nso.csv 5 C"), point(2019, 11.0, low=9.5, high=12.5), point(2020, None, note="ปกปิด"), point(2021, 9.0, open=True)]
    return {"name": "เชียงใหม่", "points": points} | more


def tree(figure):
    return ET.fromstring(str(figure).replace("&#34;", "&quot;"))


def with_class(node, name):
    return [e for e in node.iter() if name in e.get("class", "").split()]


# ---------------------------------------------------------------- what is drawn


@pytest.mark.parametrize(("low", "high"), [(3.2, 18.9), (0, 0), (-7, -1), (99.5, 100), (278_050, 279_900), (0.001, 0.002)])
def test_ticks_are_round_and_enclose_the_values(low, high):
    marks = ticks(low, high)
    assert marks[0] <= low and marks[-1] >= high and 2 <= len(marks) <= 7
    steps = {round(b - a, 9) for a, b in zip(marks, marks[1:], strict=False)}
    assert len(steps) == 1
    step = marks[1] - marks[0]
    assert f"{step / 10 ** math.floor(math.log10(step) + 1e-9):.4g}" in ("1", "2", "2.5", "5")


def test_every_value_is_a_point_and_a_row_and_a_missing_one_breaks_the_line():
    figure = tree(line_chart("c1", [own_series()], title="คนจน", unit="ร้อยละ", lang="th"))
    points, rows = with_class(figure, "pt"), list(figure.iter("tbody"))[0].findall("tr")
    assert [p.get("data-row") for p in points] == ["0", "1", "3"] and len(rows) == 4
    assert len(with_class(figure, "run")) == 1  # 2018-2019; nothing joins 2019 and 2021
    assert len(with_class(figure, "open")) == 2  # the point and its entry in the key
    assert ["".join(c.itertext()) for c in rows[1]] == ["พ.ศ. 2562", "11.0", "9.5 ถึง 12.5", "", "", ""]
    assert ["".join(c.itertext()) for c in rows[2]] == ["พ.ศ. 2563", "–", "", "", "ปกปิด", ""]


def test_a_higher_value_stands_higher_and_a_later_one_further_right():
    figure = tree(line_chart("c1", [{"name": "x", "points": [point(2018, 1.0), point(2019, 3.0)]}], title="t", unit="", lang="en"))
    first, second = [(float(p.get("cx")), float(p.get("cy"))) for p in with_class(figure, "pt")]
    assert second[0] > first[0] and second[1] < first[1]


def test_the_alternative_text_is_made_of_the_values():
    series = own_series(forecast=[forecast(2022, 8.0, 1.0), forecast(2030, 5.0, 2.0)])
    figure = tree(line_chart("c1", [series], title="คนจน", unit="ร้อยละ", lang="th", target={"value": 6.0, "time": 2030.5, "label": "เป้าหมายทางการ"}))
    drawing = next(e for e in figure.iter("svg") if e.get("role"))
    assert drawing.get("role") == "img" and drawing.get("aria-labelledby") == "c1-t c1-d"
    assert drawing.find("title").text == "คนจน (ร้อยละ)"
    assert drawing.find("desc").text == "เชียงใหม่: จาก 12.0 ใน พ.ศ. 2561 เป็น 9.0 ใน พ.ศ. 2564; 3 ค่า; เป้าหมายทางการ: 6.0; คาดการณ์ ช่วงร้อยละ 80 2030: 5.0 (1.8 ถึง 8.2)"


def test_what_is_drawn_can_be_switched_by_its_key():
    series = own_series(trend=trend_shape([2018.5, 2019.5, 2021.5], [12.0, 11.0, 9.0], -1.0, -1.5, -0.5), forecast=[forecast(2022, 8.0, 1.0), forecast(2023, 7.0, 1.0)])
    other = {"name": "ภูเก็ต", "points": [point(2018, 5.0), point(2019, 6.0)]}
    figure = tree(line_chart("c1", [series, other], title="t", unit="", lang="th", target={"value": 6.0, "time": 2030.5, "label": "เป้า"}))
    named = {e.get("data-layer") for e in figure.iter("li")} - {None}
    assert named == {e.get("data-layer") for e in figure.iter("g")} == {"s0", "s1", "trend", "target", "forecast"}
    assert len([p for p in with_class(figure, "pt") if p.get("data-row")]) == 3 + 2 + 2 + 0 * 2
    rows = list(figure.iter("tbody"))[0].findall("tr")
    assert len(rows) == 4 + 2 + 2 and "คาดการณ์" in "".join(rows[-1].itertext())


def test_a_series_without_a_value_says_so():
    text = str(line_chart("c1", [{"name": "x", "points": [point(2018, None, note="suppressed")]}], title="t", unit="", lang="en", synthetic=True))
    assert text.count("no value to show") == 2 and "suppressed" in text and "Synthetic data, not real" in text


def test_provinces_keep_their_order_and_one_without_a_value_is_hatched_with_its_reason():
    rows = [{"name": "ข", "value": 9.0, "low": 8.0, "high": 10.5, "chosen": True}, {"name": "ก", "value": None, "note": "ปกปิด"}, {"name": "ค", "value": 2.0}]
    figure = tree(dot_chart("d1", rows, title="t", unit="ร้อยละ", lang="th", references=[{"value": 5.0, "label": "ค่ากลาง"}]))
    drawn = with_class(figure, "pt")
    assert ["".join(p.find("text").itertext()) for p in drawn] == ["ข", "ก", "ค"]
    assert "chosen" in drawn[0].get("class") and len(with_class(figure, "whisker")) == 1
    assert [e.text for e in drawn[1].findall("text")] == ["ก", "ปกปิด"] and with_class(drawn[1], "hatched")
    assert "ข 9.0 (8.0 ถึง 10.5)" in next(figure.iter("desc")).text


def test_a_tile_shows_its_value_and_the_table_holds_every_period():
    cells = {("TH-10", "2020"): {"value": 1.0}, ("TH-50", "2020"): {"value": 2.0}, ("TH-10", "2021"): {"value": 3.0}, ("TH-50", "2021"): {"value": None, "note": "ปกปิด"}}
    figure = tree(tile_map("m1", AREAS, [("2020", "2563"), ("2021", "2564")], cells, title="t", unit="", lang="th", chosen=("TH-50",)))
    tiles = [e for e in with_class(figure, "pt")]
    assert ["".join(e.itertext()) for e in tiles] == ["กทม3.0", "ชม–", "ภก–"]
    assert "nodata" in tiles[1].get("class") and "chosen" in tiles[1].get("class") and "nodata" in tiles[2].get("class")
    body = [[("".join(c.itertext()), c.get("class")) for c in row] for row in list(figure.iter("tbody"))[0]]
    assert body[1] == [("เชียงใหม่", None), ("2.0", "num q3"), ("ปกปิด", "num nodata")]
    assert "มีข้อมูล 1 จาก 3 จังหวัด" in next(figure.iter("desc")).text


def test_the_class_of_a_value_is_the_same_in_every_period():
    cells = {(a["REF_AREA"], p): {"value": v} for p, values in (("2020", (1, 2, 3)), ("2021", (3, 8, 9))) for a, v in zip(AREAS, values, strict=True)}
    figure = tree(tile_map("m1", AREAS, [("2020", "2020"), ("2021", "2021")], cells, title="t", unit="", lang="en"))
    classes = {}
    for row in list(figure.iter("tbody"))[0]:
        for cell in row.findall("td"):
            classes.setdefault(cell.text, set()).add(cell.get("class"))
    assert all(len(found) == 1 for found in classes.values())
    assert [c for _, c in sorted((float(v), c.pop()) for v, c in classes.items())] == [f"num q{i}" for i in (1, 2, 3, 4, 4)]


def test_large_values_are_shortened_in_tiles_and_the_key_says_so():
    cells = {("TH-10", "x"): {"value": 5_600_000.0}, ("TH-50", "x"): {"value": 1_790_000.0}, ("TH-83", "x"): {"value": 420_000.0}}
    text = str(tile_map("m1", AREAS, [("x", "2024")], cells, title="t", unit="persons", lang="en", decimals=0))
    assert 'data-short="5,600"' in text and "Figures in the tiles are in thousands" in text and ">5,600,000<" in text


# ---------------------------------------------------------------- data stay text


class Seen(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes = set(), set()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attributes}


def test_payloads_in_every_text_field_of_every_chart_add_no_element_and_no_attribute():
    def charts(text):
        series = {"name": text, "points": [point(2018, 1.0, n=text, note=text, origin=text) | {"period": text}, point(2019, None, note=text)]}
        rows = [{"name": text, "value": 1.0, "n": text, "period": text, "note": text, "origin": text}, {"name": text, "value": None, "note": text}]
        areas = [a | {"name": text, "abbr": text} for a in AREAS]
        common = {"title": text, "unit": text, "lang": "th", "source": text, "synthetic": True}
        return str(
            line_chart("a", [series, series | {"name": text}], breaks=[{"time": 2018.7, "label": text}], target={"value": 2.0, "time": 2030.5, "label": text}, **common)
            + dot_chart("b", rows, references=[{"value": 1.5, "label": text}], **common)
            + tile_map("c", areas, [("x", text)], {("TH-10", "x"): {"value": 1.0}, ("TH-50", "x"): {"value": None, "note": text}}, **common)
            + tile_map("d", areas, [("x", text)], {("TH-10", "x"): {"value": None, "cls": "improving", "text": text}}, legend=[("improving", text, text)], **common)
        )

    plain = Seen(charts("x"))
    for payload in PAYLOADS:
        hostile = Seen(charts(payload))
        assert hostile.tags == plain.tags and hostile.attributes == plain.attributes | ({"data-short"} & hostile.attributes), payload


@pytest.mark.parametrize("value", ["</script><script>alert(1)</script>", "\u2028\u2029", "<!--", {"ก": [1.5, None]}])
def test_a_data_file_is_one_call_with_json(tmp_path, value):
    assets.write_data(tmp_path, "compare/TH-50.th", {"cells": [value]})
    text = (tmp_path / "compare" / "TH-50.th.js").read_text(encoding="utf-8")
    assert "<" not in text and "\u2028" not in text
    call = re.fullmatch(r'sdgData\("compare/TH-50\.th",(.*)\);\n', text, re.S)
    assert json.loads(call[1]) == {"cells": [value]}


def test_the_policies_let_in_the_loader_by_its_hash_and_nothing_inline():
    network, scripts = assets.policies()
    digest = base64.b64encode(hashlib.sha256(str(assets.page_globals("th", "x")["loader"]).encode()).digest()).decode()
    assert network.startswith(f"default-src 'none'; script-src 'self' 'sha256-{digest}';")
    assert scripts.startswith(f"script-src 'strict-dynamic' 'sha256-{digest}';") and "trusted-types sdg" in scripts
    assert "base-uri 'none'" in network and "form-action 'none'" in network
    for policy in (network, scripts):
        assert "unsafe" not in policy and "http" not in policy and "*" not in policy


@pytest.mark.parametrize("template", sorted(p.name for p in TEMPLATES.glob("*.j2") if p.name not in ("refusal.html.j2", "document.html.j2")))  # a page of its own, with its own policy; what WeasyPrint reads, no browser
def test_templates_hold_no_inline_style_script_or_handler(template):
    text = (TEMPLATES / template).read_text(encoding="utf-8")
    assert text.count("<script") == (template == "base.html.j2")
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=|javascript:", text)


def test_the_script_sets_text_only_and_lets_in_scripts_by_the_loader_only():
    for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "fetch(", "XMLHttpRequest", 'make("script"', ".srcdoc"):
        assert word not in SCRIPT, word


def test_words_of_the_script_are_those_it_asks_for():
    asked = set(re.findall(r'words\("(\w+)"', SCRIPT)) | set(re.findall(r'"(kind_\w+)"', SCRIPT))
    assert asked == set(script_words("th")) == set(script_words("en"))
    assert all(pair[0] and pair[1] for pair in WORDS.values())
    for thai, english in WORDS.values():
        assert set(re.findall(r"\{(\w+)\}", thai)) == set(re.findall(r"\{(\w+)\}", english))


# ---------------------------------------------------------------- search


def test_the_index_has_both_names_of_every_page_and_only_those(codelists):
    hrefs = {("province", "TH-30"): "provinces/TH-30/index.html", ("goal", "10"): "g10.html", ("goal", "2"): "g2.html", ("indicator", "SI_POV_NAHC"): "i.html"}
    entries = search_index(codelists, hrefs, [("methods", "วิธีการ", "Methods", "m.html")])
    assert [e[1] for e in entries] == ["TH-30", "2", "10", "SI_POV_NAHC", "methods"]
    province = entries[0]
    assert province[2:4] == ["นครราชสีมา", "Nakhon Ratchasima"] and "โคราช" in province[4] and province[5] == "provinces/TH-30/index.html"
    assert "1.2.1" in entries[3][4]


# ---------------------------------------------------------------- colours and letters


def variables(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z0-9]+): (#[0-9a-f]{6});", block))


def themes() -> dict[str, dict[str, str]]:
    system = re.search(r'\(prefers-color-scheme: dark\) \{\s*:root:not\(\[data-theme="light"\]\) \{(.*?)\}', CSS, re.S)[1]
    chosen = re.search(r':root\[data-theme="dark"\] \{(.*?)\}', CSS, re.S)[1]
    assert variables(system) == variables(chosen)
    return {"light": variables(re.search(r"\n:root \{(.*?)\}", CSS, re.S)[1]), "dark": variables(system)}


def contrast(first: str, second: str) -> float:
    def light(colour):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        return sum(w * (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4) for w, c in zip((0.2126, 0.7152, 0.0722), parts, strict=True))

    high, low = sorted((light(first), light(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_and_signs_can_be_read_in_both_themes(theme):
    colour = themes()[theme]
    assert set(colour) == set(themes()["light"])
    for text in ("ink", "soft", "link", "better", "worse", "flat", "early"):
        assert min(contrast(colour[text], colour[ground]) for ground in ("paper", "wash")) >= 4.5, text
    for sign in ("trend", "target", "forecast", "s0", "s1", "s2", "s3", "edge", "focus"):
        assert contrast(colour[sign], colour["paper"]) >= 3, sign
    for level in range(1, 6):
        assert contrast(colour[f"q{level}"], colour[f"q{level}t"]) >= 4.5, level
    assert contrast(colour["mark"], "#ffffff") >= 4.5


def test_filled_cells_and_goal_numbers_can_be_read():
    full = {"#fff": "#ffffff", "#000": "#000000"}
    pairs = re.findall(r"\.(\w+) \{ --fill: (#[0-9a-f]{6}); --text: (#[0-9a-f]{3,6}); \}", CSS)
    assert len(pairs) == 8
    for status, fill, text in pairs:
        assert contrast(fill, full.get(text, text)) >= 4.5, status
    dark_text = set(re.search(r"((?:\.g\d+,? ?)+)\{ --ongoal: #000; \}", CSS)[1].replace(",", "").split())
    goals = dict(re.findall(r"\.(g\d+) \{ --goal: (#[0-9A-F]{6}); \}", CSS))
    assert len(goals) == 17
    for goal, colour in goals.items():
        assert contrast(colour, "#000000" if f".{goal}" in dark_text else "#ffffff") >= 4.5, goal


def test_the_font_has_every_letter_of_the_names_and_places_tone_marks(codelists):
    ttf = pytest.importorskip("fontTools.ttLib")
    pytest.importorskip("brotli")
    text = "".join(thai + english for thai, english in WORDS.values()) + "0123456789−–—…“”‘’·×≥≤±▲▼◆○"
    for table in (codelists.areas, codelists.goals, codelists.series, codelists.sources):
        text += "".join(table[[c for c in table if c.endswith(("_th", "_en"))]].to_numpy().ravel())
    for weight in ("Regular", "Bold"):
        path = Path(assets.__file__).parent / "fonts" / f"Sarabun-{weight}.woff2"
        font = ttf.TTFont(path)
        missing = {letter for letter in text if ord(letter) not in font.getBestCmap()} - {"○", "\n"}  # the font has no ○ in full either
        assert missing == set()
        assert {r.FeatureTag for r in font["GPOS"].table.FeatureList.FeatureRecord} >= {"mark", "mkmk"}
        assert "ccmp" in {r.FeatureTag for r in font["GSUB"].table.FeatureList.FeatureRecord}
        assert path.stat().st_size < 25_000


def test_both_languages_have_all_words():
    assert set(client_words("th")) == set(client_words("en"))


# ---------------------------------------------------------------- one series of one province


def observed(year, value, **more):
    return {"TIME_PERIOD": str(year), "OBS_VALUE": value, "LOWER_BOUND": float("nan"), "UPPER_BOUND": float("nan"), "OBS_STATUS": "A"} | more


def series_figure(values, forecasts=(), **row):
    row = {
        "SERIES": "SI_POV_NAHC", "FREQ": "A", "slope": -1.0, "ci_low": -1.5, "ci_high": -0.5, "first_period": "2018", "last_period": "2021", "segment_start": "", "verdict": "falling",
        "reason": "", "target_kind": "official", "target_value": 6.0, "target_year": 2030,
    } | row  # fmt: skip
    told = [{"period": v["TIME_PERIOD"], "base": "", "note": "", "origin": "nso.csv 5", "proof": "sha256 abc"} for v in values]
    series = {"name_en": "Poverty", "unit_en": "%", "decimals": "1"}
    return tree(series_chart(row, values, told, list(forecasts), series, "Chiang Mai", "en", synthetic=False))


def test_a_provinces_chart_goes_forward_in_time_and_tells_where_the_values_come_from():
    figure = series_figure([observed(2021, 8.0), observed(2020, 9.0), observed(2019, 10.0), observed(2018, 11.0, OBS_STATUS="P")])
    rows = ["".join(r.itertext()) for r in list(figure.iter("tbody"))[0]]
    assert rows == ["201811.0nso.csv 5", "201910.0nso.csv 5", "20209.0nso.csv 5", "20218.0nso.csv 5"]
    points = with_class(figure, "pt")
    assert [float(p.get("cx")) for p in points] == sorted(float(p.get("cx")) for p in points) and "open" in points[0].get("class")
    assert "sha256 abc" in "".join(with_class(figure, "source")[0].itertext())
    assert {e.get("data-layer") for e in figure.iter("g")} == {"s0", "trend", "target"}


def test_the_line_breaks_at_a_new_definition_and_over_missing_years():
    values = [observed(year, 10.0 + year % 3) for year in (2021, 2020, 2016, 2015, 2014, 2013)]
    assert len(with_class(series_figure(values), "run")) == 2  # 2017-2019 are missing
    broken = series_figure(values, reason="break_segment", segment_start="2015")
    assert len(with_class(broken, "run")) == 3
    assert [e.text for e in broken.iter("text") if e.text == "new definition or area"] == ["new definition or area"]


def test_forecasts_without_an_interval_are_not_drawn():
    sure = {"year": 2022, "forecast": 7.0} | {f"{s}_{level}": 7.0 for s in ("low", "high") for level in (50, 80, 95)}
    unsure = {"year": 2023, "forecast": 6.0} | {f"{s}_{level}": float("nan") for s in ("low", "high") for level in (50, 80, 95)}
    figure = series_figure([observed(2021, 8.0), observed(2020, 9.0), observed(2019, 10.0)], [unsure, sure])
    rows = ["".join(r.itertext()) for r in list(figure.iter("tbody"))[0]]
    assert len(rows) == 4 and rows[-1].startswith("2022")


def test_a_long_series_shows_its_latest_values_and_its_line_only_there():
    values = [observed(year, float(year % 7)) for year in range(2021, 1949, -1)]
    figure = series_figure(values, first_period="1950", last_period="2021")
    assert len(list(figure.iter("tbody"))[0]) == SHOWN
    left = min(float(p.get("cx")) for p in with_class(figure, "pt"))
    line = next(e for e in figure.iter("path") if "slope" in e.get("class", "").split())
    assert float(re.match(r"M([\d.]+)", line.get("d"))[1]) == pytest.approx(left, abs=0.2)
