"""Figures: Thai letters whole, the same bytes twice, intervals and synthetic marks where they belong."""

import re

import numpy as np
import pytest

from sdg_eval.evaluation import evaluate_areas, goal_status
from sdg_eval.figures import draw_overview, draw_province
from sdg_eval.figures.peers import draw_peers
from sdg_eval.figures.render import balance
from sdg_eval.figures.series import draw_series
from sdg_eval.figures.style import FONTS, finish, keys_of, new_figure, svg_bytes, wrap_at_spaces
from sdg_eval.observations import select_totals

SHAPES = ["ที่", "น้ำ", "ปู่", "ผู้", "กู้", "ก๋วยเตี๋ยว", "เชียงใหม่", "ญี่ปุ่น", "ฐานข้อมูล", "จัดทำ"]


@pytest.fixture(scope="module")
def world(evaluated):
    return evaluated


def test_every_letter_and_sign_we_use_is_in_the_font():
    from matplotlib.ft2font import FT2Font

    from sdg_eval.figures.heatmap import LABELS
    from sdg_eval.publish.words import WORDS
    from sdg_eval.wording import LABELS as VERDICTS

    text = "".join(a + b for words in (LABELS, VERDICTS, WORDS) for a, b in words.values()) + "".join(SHAPES) + "−–·µ³×▲▼◆…○"
    for font in FONTS.glob("*.ttf"):
        known = FT2Font(str(font)).get_charmap()
        missing = {c for c in text if ord(c) not in known} - set("▲▼◆○＝")
        assert missing == set(), font.name


def outline_height(text: str) -> float:
    """Height of the drawn text in points, from the vector outline."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    return TextPath((0, 0), text, size=100, prop=FontProperties(family="Sarabun")).get_extents().height


def test_tone_marks_stand_above_vowels_and_not_in_them():
    figure, _ = new_figure()
    svg_bytes(figure)
    assert outline_height("ที่") > outline_height("ที") + 8
    assert outline_height("ปั๊") > outline_height("ปั") + 8


def test_text_is_drawn_as_paths_and_loads_nothing(world, codelists, tmp_path):
    observations, _, evaluation = world
    figures = draw_province(observations, evaluation.table.head(3), codelists, "TH-50", tmp_path, "both")
    for item in figures:
        text = (tmp_path / item["lang"] / item["file"]).read_text(encoding="utf-8")
        assert "<text" not in text and "<image" not in text and "http" not in text.replace("http://www.w3.org", "").replace("http://purl.org", "").replace("http://creativecommons.org", "")
        assert "<dc:date>" not in text


def test_the_same_table_gives_the_same_bytes(world, codelists, tmp_path):
    observations, _, evaluation = world
    for name in ("one", "two"):
        draw_province(observations, evaluation.table.head(4), codelists, "TH-50", tmp_path / name, "th")
    files = sorted(p.name for p in (tmp_path / "one/th").iterdir())
    assert len(files) == 2 * len(evaluation.table.head(4)) + 1
    for name in files:
        assert (tmp_path / "one/th" / name).read_bytes() == (tmp_path / "two/th" / name).read_bytes()


def axes_of(world, codelists, series, lang="th", **changes):
    observations, _, evaluation = world
    row = evaluation.table[evaluation.table["SERIES"] == series].iloc[0].to_dict() | changes
    own = select_totals(observations[(observations["SERIES"] == series) & (observations["REF_AREA"] == "TH-50")])
    figure, axes = new_figure()
    return draw_series(axes, own, row, codelists, lang), own, row


def points_of(axes):
    """The lines that are points only, in the order drawn."""
    return [li for li in axes.lines if li.get_linestyle() == "None" and li.get_marker() == "o"]


def test_the_chart_shows_every_value_the_line_and_its_interval(world, codelists):
    axes, own, row = axes_of(world, codelists, "SI_POV_NAHC")
    filled, hollow = points_of(axes)
    points = np.vstack([filled.get_xydata(), hollow.get_xydata()])
    assert sorted(points[:, 1]) == pytest.approx(sorted(own["OBS_VALUE"]))
    assert len(hollow.get_xydata()) == 1 and hollow.get_markerfacecolor() == "white"  # the last year is provisional
    line = next(li for li in axes.lines if li.get_linewidth() == 2)
    (x0, x1), (y0, y1) = line.get_xdata(), line.get_ydata()
    assert (y1 - y0) / (x1 - x0) == pytest.approx(row["slope"])
    assert len(axes.collections) == 1  # the interval's band


def test_values_of_groups_are_in_no_chart_of_the_whole(world, codelists, tmp_path):
    """The sample has poverty by place: charts, places among provinces and tables speak of all people."""
    observations, _, evaluation = world
    groups = observations[(observations["SERIES"] == "SI_POV_NAHC") & (observations["URBANISATION"] != "_T")]
    assert len(groups) > 1000
    table = evaluation.table[evaluation.table["SERIES"] == "SI_POV_NAHC"]
    draw_province(observations, table, codelists, "TH-50", tmp_path / "all", "th")
    draw_province(select_totals(observations), table, codelists, "TH-50", tmp_path / "whole", "th")
    for path in sorted((tmp_path / "all/th").iterdir()):
        assert path.read_bytes() == (tmp_path / "whole/th" / path.name).read_bytes()


def test_years_are_buddhist_in_thai_and_common_in_english(world, codelists):
    for lang, low, high in (("th", 2556, 2575), ("en", 2013, 2032)):
        axes, _, _ = axes_of(world, codelists, "SI_POV_NAHC", lang)
        labels = [int(t.get_text()) for t in axes.get_xticklabels()]
        assert low <= min(labels) and max(labels) <= high
        assert axes.get_xticks()[0] + (543 if lang == "th" else 0) == pytest.approx(labels[0] + 0.5)


def test_no_line_runs_across_a_break_and_few_values_get_no_band(world, codelists):
    axes, own, _ = axes_of(world, codelists, "EN_ATM_PM25")
    thin = [li for li in axes.lines if li.get_linewidth() == 0.9]
    assert [len(li.get_xdata()) for li in thin] == [4, 8]  # 2014-2017 and 2018-2025
    axes, _, _ = axes_of(world, codelists, "SH_STA_STNT")
    assert len(points_of(axes)) >= 1 and len(axes.collections) == 0  # points only, no band from four values


def test_peers_show_every_province_once_with_this_one_marked(world, codelists):
    observations, _, evaluation = world
    row = evaluation.table[evaluation.table["SERIES"] == "SH_DYN_MORT"].iloc[0].to_dict()
    latest = observations[(observations["SERIES"] == "SH_DYN_MORT") & (observations["TIME_PERIOD"] == row["peer_period"])]
    values = dict(zip(latest["REF_AREA"], latest["OBS_VALUE"], strict=True))
    axes = draw_peers(new_figure()[1], values, row, codelists, "en")
    assert [len(li.get_xydata()) for li in points_of(axes)] == [62, 15, 1]
    assert axes.texts[0].get_text() == "Chiang Mai"


def test_synthetic_data_are_marked_on_every_figure_and_real_ones_are_not(world, codelists, tmp_path):
    observations, _, evaluation = world
    rows = evaluation.table.head(2)
    made = draw_province(observations, rows, codelists, "TH-50", tmp_path / "a", "en")
    real = draw_province(observations.assign(source="nesdc-gpp"), rows, codelists, "TH-50", tmp_path / "b", "en")
    assert all(f["synthetic"] for f in made) and not any(f["synthetic"] for f in real)
    sizes = [[(tmp_path / d / "en" / f["file"]).stat().st_size for f in fs] for d, fs in (("a", made), ("b", real))]
    assert all("synthetic" in f["source"].lower() or "Synthetic" in f["source"] for f in made)
    assert sizes[0] != sizes[1]


def test_alt_texts_carry_the_numbers(world, codelists, tmp_path):
    observations, _, evaluation = world
    for item in draw_province(observations, evaluation.table.head(2), codelists, "TH-50", tmp_path, "both"):
        assert len(re.findall(r"\d", item["alt"])) >= 8 and len(re.findall(r"\d", item["peers_alt"])) >= 6


def test_the_overview_has_a_cell_for_each_goal_and_draws_tiles_or_shapes(world, codelists, tmp_path):
    observations, national, _ = world
    table = evaluate_areas(observations, codelists, ["TH-50", "TH-83"], report_year=2026, national=national)
    goals = goal_status(table)
    square = {"type": "Polygon", "coordinates": [[[98, 18], [99, 18], [99, 19], [98, 19], [98, 18]]]}
    import json

    (tmp_path / "b.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": {"ADM1_EN": "Chiang Mai"}, "geometry": square}]}))  # fmt: skip
    for name, boundaries in (("tiles", ""), ("shapes", str(tmp_path / "b.geojson"))):
        found = draw_overview(table, goals, codelists, tmp_path / name, "both", boundaries=boundaries)
        assert [f["file"] for f in found] == ["goals.svg", "map.svg"] * 2
    assert (tmp_path / "tiles/th/map.svg").read_bytes() != (tmp_path / "shapes/th/map.svg").read_bytes()
    assert set(balance(goals)) == {"TH-50", "TH-83"}


def test_lines_break_at_spaces_only():
    text = "สำนักงานสถิติแห่งชาติ การสำรวจภาวะเศรษฐกิจและสังคมของครัวเรือน ทั่วราชอาณาจักร"
    lines = wrap_at_spaces(text, 200, 9).split("\n")
    assert " ".join(lines) == text and len(lines) > 1


@pytest.mark.parametrize("lang", ["th", "en"])
def test_the_forecast_is_a_fan_to_2030_and_every_name_of_the_legend_fits(world, codelists, lang):
    observations, national, evaluation = world
    row = evaluation.table.set_index("result_id", drop=False).loc["SI_POV_NAHC.A"].to_dict()
    own = observations[(observations["SERIES"] == "SI_POV_NAHC") & (observations["REF_AREA"] == "TH-50")]
    ahead = national.forecasts[national.forecasts["SERIES"] == "SI_POV_NAHC"]
    figure, axes = new_figure()
    draw_series(axes, own, row, codelists, lang, ahead[ahead["REF_AREA"] == "TH-50"])
    finish(figure, axes, "source", lang=lang, synthetic=True)
    assert axes.get_xlim()[1] > 2030 and [len(c.get_paths()) for c in axes.collections] == [1, 3]  # the interval, three bands
    svg_bytes(figure)
    (legend,) = keys_of(figure)
    box = legend.get_window_extent()
    assert box.x1 <= figure.bbox.x1 and len(legend.get_texts()) == 5
    assert box.y1 <= axes.xaxis.get_label().get_window_extent().y0 + 1
