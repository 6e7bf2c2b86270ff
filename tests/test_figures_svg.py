"""The SVG of figures: text where matplotlib puts it, the same bytes whatever was drawn before, nothing cut, nothing missing."""

import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from sdg_eval.figures import draw_delivery, draw_pilot, draw_province, render, show_figures, style, svg
from sdg_eval.figures.delivery import KINDS, paint
from sdg_eval.figures.style import SYNTHETIC, add_key, keys_of, lend_figure, new_figure, svg_bytes
from tests.test_figures import SHAPES
from tests.test_figures_delivery import chart

ROOT = Path(__file__).parents[1]
LINES = [*SHAPES, "บุรีรัมย์", "จำนวนผู้เสียชีวิต (ราย)", "พ.ศ. 2568", "Proportion of seats held by women, 1,234.5", "−12.5 µg/m³", "ฎีกา ญี่ปุ่น ฐานะ", "T. AVATAR To"]


@pytest.fixture(scope="module")
def world(evaluated):
    observations, national, evaluation = evaluated
    return observations, evaluation.table, national.forecasts[national.forecasts["REF_AREA"] == "TH-50"]


def draw(world, codelists, folder, lang="both", table=None):
    observations, whole, forecasts = world
    return draw_province(observations, whole if table is None else table, codelists, "TH-50", folder, lang, forecasts=forecasts)


def files(folder) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*.svg"))}


# ---------------------------------------------------------------- text


@pytest.mark.parametrize("weight", ["normal", "bold"])
@pytest.mark.parametrize("text", LINES)
def test_glyphs_lie_where_matplotlib_lays_them(text, weight):
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    style.use_style()
    prop = FontProperties(family=style.FAMILY, size=100, weight=weight)
    placed, outlines, _ = text_to_path.get_glyphs_with_font(text_to_path._get_font(prop), text)
    theirs = [(x, y) for name, x, y, _ in placed if len(outlines[name][0])]
    line = svg._line(text, svg._face(prop))
    ours = [(x / 10, -y / 10) for _, x, y in line.glyphs]
    assert len(ours) == len(theirs) > 0
    assert np.abs(np.array(ours) - theirs).max() < 0.3  # hundredths of the size
    width, height, descent = text_to_path.get_text_width_height_descent(text, prop, False)
    assert -0.1 < line.width / 10 - width < 5  # ours holds the end of a mark that leans out
    assert [(line.top + line.descent) / 10, line.descent / 10] == pytest.approx([height, descent], abs=0.1)


def points_of(data: str) -> list[tuple[float, float]]:
    """End and control points of an outline in steps, as a reader of SVG decodes them; contours start with None."""
    found, here, control, start = [], (0, 0), None, (0, 0)
    for letter, rest in re.findall(r"([mlhvqtz])([^mlhvqtz]*)", data):
        steps = [int(n) for n in re.findall(r"-?\d+", rest)]
        if letter == "z":
            here, control = start, None
            continue
        if letter in "hv":
            steps = [steps[0], 0] if letter == "h" else [0, steps[0]]
        if letter == "t":
            control = (2 * here[0] - control[0], 2 * here[1] - control[1])
        elif letter == "q":
            control = (here[0] + steps[0], here[1] + steps[1])
        here = (here[0] + steps[-2], here[1] + steps[-1])
        found += [control, here] if letter in "qt" else [here]
        if letter == "m":
            start = here
        if letter not in "qt":
            control = None
    return found


def test_outlines_are_those_of_the_font_to_one_thousandth():
    from matplotlib.font_manager import FontProperties, get_font
    from matplotlib.ft2font import LoadFlags
    from matplotlib.path import Path as Outline

    style.use_style()
    font, checked = get_font(svg._font_file(svg._face(FontProperties(family=style.FAMILY)))), 0
    for text in LINES:
        svg._line(text, svg._face(FontProperties(family=style.FAMILY)))
    for name, data in svg._outlines.items():
        if not data or not name.startswith("r"):
            continue
        font.set_size(1000, 72)
        font.load_glyph(int(name[1:], 16), flags=LoadFlags.NO_HINTING)
        vertices, codes = font.get_path()
        wanted = vertices[codes != Outline.CLOSEPOLY] * [1, -1]
        assert np.abs(np.array(points_of(data)) - wanted).max() <= 1.5, name
        checked += 1
    assert checked > 60


def test_a_word_is_the_same_in_whatever_line_it_comes_first(monkeypatch):
    face = (style.FAMILY,), "normal", "normal", "bold", "normal", None
    style.use_style()

    def lay_out(text):
        monkeypatch.setattr(svg, "_words", {})
        svg._line.cache_clear()
        svg._line(text, face)
        return svg._words["น้ำ", face]

    assert lay_out("น้ำ") == lay_out("To น้ำ ที่") == lay_out("ที่\u00a0นี่ น้ำ") == lay_out("น้ำ \u200b")
    svg._line.cache_clear()
    assert svg._line("  ", face).glyphs == () and svg._line("  ", face).width > 0


# ---------------------------------------------------------------- the same bytes


def test_a_chart_carries_nothing_over_from_the_one_before_nor_from_the_other_language(world, codelists, tmp_path, monkeypatch):
    draw(world, codelists, tmp_path / "both")
    monkeypatch.setattr(style, "_lent", {})
    draw(world, codelists, tmp_path / "turned", "en", world[1].iloc[::-1])
    draw(world, codelists, tmp_path / "turned", "th", world[1].iloc[::-1])
    one = world[1][world[1]["SERIES"] == "SI_POV_NAHC"]
    monkeypatch.setattr(style, "_lent", {})
    draw(world, codelists, tmp_path / "alone", "th", one)
    both, turned, alone = (files(tmp_path / name) for name in ("both", "turned", "alone"))
    assert len(both) >= 60 and both == turned
    assert len(alone) == 2 and alone.items() <= both.items()


@pytest.mark.parametrize("kind", KINDS)
def test_a_chart_of_delivery_is_the_same_in_a_second_language_as_alone(kind, codelists, tmp_path):
    own = replace(chart(kind, synthetic=True), name="own")
    draw_delivery([own, chart("pace")], codelists, tmp_path / "both", "both")
    draw_delivery([own], codelists, tmp_path / "alone", "en")
    assert files(tmp_path / "alone").items() <= files(tmp_path / "both").items()


def outcome(series: str, shift: float) -> dict:
    """A made-up outcome for draw_pilot."""
    years = np.arange(2014, 2024)
    frame = pd.DataFrame({"period": years.astype(float), "label": years.astype(str), "lead": years - 2020, "post": years >= 2020})
    events = frame.assign(effect=shift, ci_low=shift - 1, ci_high=shift + 1, plain=shift + 0.2)
    words = {name: f"{series} {name}" for name in ("paths", "events", "randomisation", "specifications", "power")}
    return {
        "series": series, "unit": {"th": "ร้อยละ", "en": "%"}, "titles": {"th": words, "en": words}, "events": events,
        "paths": frame.assign(pilots=shift + frame["period"] / 100, weighted=0.0, others=1.0), "draws": np.linspace(-1, 1 + shift, 500), "observed": 0.3,
        "specifications": pd.DataFrame([{"areas": a, "periods": "all", "weights": "none", "estimator": e, "effect": shift, "ci_low": -1, "ci_high": 1, "p_value": 0.01 if a == "all" else 0.5, "official": a == "all" and e == "did"}
                                        for a in ("all", "matched") for e in ("did", "sdid")]),
        "power": pd.DataFrame({"effect": [0.0, 1.0, 2.0], "power": [0.05, 0.5, 0.9], "mc_error": 0.02, "detectable": 2.0}), "smallest": 1.0 + shift,
    }  # fmt: skip


def test_figures_of_the_pilot_carry_nothing_over(sample, codelists, tmp_path, monkeypatch):
    first, second = outcome("SI_POV_NAHC", 0.0), outcome("SH_DYN_MORT", 40.0)
    none = {"table": pd.DataFrame()}
    draw_pilot(sample, [first, second], none, codelists, tmp_path / "two", "both")
    monkeypatch.setattr(style, "_lent", {})
    draw_pilot(sample, [second], none, codelists, tmp_path / "one", "en")
    two, one = files(tmp_path / "two"), files(tmp_path / "one")
    assert len(two) == 20 and len(one) == 5 and one.items() <= two.items()


def test_a_chart_that_fails_keeps_its_figure():
    with lend_figure("tried") as (used, _):
        pass
    with pytest.raises(ValueError), lend_figure("tried") as (figure, axes):
        assert figure is used
        axes.plot([1, 2])
        raise ValueError
    with lend_figure("tried") as (figure, axes):
        assert figure is not used and not axes.lines


def test_another_process_writes_the_same_bytes(codelists):
    program = """
import sys
from sdg_eval.codelists import read_codelists
from sdg_eval.figures.delivery import paint
from sdg_eval.figures.style import svg_bytes
from tests.test_figures_delivery import chart
sys.stdout.buffer.write(svg_bytes(paint(chart("decisions"), read_codelists(), "th")))
"""
    place = os.environ | {"PYTHONHASHSEED": "7", "TZ": "Asia/Bangkok", "LC_ALL": "C", "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    made = subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=place, capture_output=True, check=True, timeout=120)
    paint(chart("chain"), codelists, "en")
    assert made.stdout == svg_bytes(paint(chart("decisions"), codelists, "th"))


# ---------------------------------------------------------------- whole


def ink_at_the_edges(figure) -> bool:
    """True where anything but white touches the edge of the figure."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas, figure.dpi = FigureCanvasAgg(figure), 110
    with rc_context({"text.hinting": "none"}):  # which would make letters wider than those of the SVG
        canvas.draw()
    figure.dpi = 72
    picture = np.asarray(canvas.buffer_rgba())[..., :3]
    return min(edge.min() for edge in (picture[:1], picture[-1:], picture[:, :1], picture[:, -1:])) < 255


def test_nothing_is_cut_at_the_edges(world, codelists, tmp_path, monkeypatch):
    """The charts with the longest names, units and numbers; a title wraps before the edge, however near it comes."""
    table = world[1][world[1]["n_obs"] > 0]
    names = codelists.series.set_index("SERIES")
    lengths = pd.DataFrame({column: table["SERIES"].map(names[column]).str.len() for column in ("name_th", "name_en", "unit_th", "unit_en")})
    chosen = {row for column in lengths for row in lengths[column].nlargest(3).index} | {table["peer_value"].idxmax(), table["peer_value"].idxmin()}
    seen = []

    def look(figure, path):
        seen.append(path.name)
        assert not ink_at_the_edges(figure), path

    monkeypatch.setattr(render, "save_svg", look)
    draw(world, codelists, tmp_path, "both", table.loc[sorted(chosen)])
    assert lengths["name_th"].max() > 45 and len(seen) >= 20


def test_the_look_at_the_edges_sees_ink():
    figure, _ = new_figure()
    assert not ink_at_the_edges(figure)
    figure.text(0.99, 0.5, "cut off here")
    assert ink_at_the_edges(figure)


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_is_whole_and_refers_to_what_it_holds(kind, codelists):
    content = svg_bytes(paint(chart(kind, synthetic=True), codelists, "th"))
    tree = ElementTree.fromstring(content)
    ids = [element.get("id") for element in tree.iter() if element.get("id")]
    used = re.findall(rb'(?:href="#|url\(#)([^")]+)', content)
    assert len(ids) == len(set(ids)) and {name.decode() for name in used} <= set(ids)
    assert content.startswith(b"<?xml") and content.endswith(b"</svg>\n") and b"nan" not in content


def test_the_same_id_is_the_same_thing_in_every_file(codelists):
    known = {}
    for kind in KINDS:
        text = svg_bytes(paint(chart(kind), codelists, "en")).decode()
        for name, rest in re.findall(r'id="([^"]+)"([^\n]*)', text):
            assert known.setdefault(name, rest) == rest


def test_a_chart_of_a_series_is_small_and_marked(world, codelists, tmp_path):
    draw(world, codelists, tmp_path)
    made = files(tmp_path)
    assert max(map(len, made.values())) < 60_000
    style.use_style()
    for lang, text in SYNTHETIC.items():
        glyphs = svg._line(text, ((style.FAMILY,), "normal", "normal", "bold", "normal", None)).glyphs
        mark = "".join(f'<use xlink:href="#{name}" x="{x}"{f" y={chr(34)}{y}{chr(34)}" if y else ""}/>' for name, x, y in glyphs).encode()
        assert all(mark in content for name, content in made.items() if name.startswith(lang))


# ---------------------------------------------------------------- ticks


def _plain(axes):
    axes.set(xlim=(0, 10), ylim=(-3, 47))


def _outside(axes):
    axes.set(xlim=(2.5, 7.2), ylim=(47, -3))
    axes.set_xticks([1, 2.5, 4, 7.2, 9], ["ก", "ข", "", "ง", "จ"])


def _turned(axes):
    _plain(axes)
    axes.grid(axis="x", visible=False)
    axes.tick_params(axis="x", labelrotation=90, labelsize=8, length=0, labelcolor="#1b2733")


def _other_side(axes):
    _plain(axes)
    axes.tick_params(axis="y", right=True, labelright=True, labelleft=False, left=False)
    axes.tick_params(axis="x", direction="in", width=2, length=9)


def _log(axes):
    axes.set(xscale="log", xlim=(0.5, 300), ylim=(0, 1))


def _offset(axes):
    axes.set(xlim=(1e9, 1e9 + 3), ylim=(0, 1e-7))


def _no_ticks(axes):
    axes.set_xticks([])
    axes.set_yticks([])


def _things(content: bytes) -> dict[str, set]:
    """The lines, marks and texts of an SVG by kind: {kind: {(place, style)}}."""
    root, found = ElementTree.fromstring(content), {"line": set(), "mark": set(), "text": set()}
    for element in root:
        if element.tag.endswith("path") and element.get("d"):
            look = (element.get("stroke"), element.get("stroke-width"), element.get("clip-path"))
            found["line"] |= {(piece, look) for piece in element.get("d").split("M")[1:]}
        elif element.tag.endswith("}g") and element.get("transform"):
            found["text"].add((element.get("transform"), element.get("fill"), tuple(use.get("{http://www.w3.org/1999/xlink}href") for use in element)))
        elif element.tag.endswith("}g"):
            found["mark"] |= {(use.get("x"), use.get("y"), use.get("{http://www.w3.org/1999/xlink}href"), element.get("stroke")) for use in element}
    return found


@pytest.mark.parametrize("placed", [True, False])
@pytest.mark.parametrize("look", [_plain, _outside, _turned, _other_side, _log, _offset, _no_ticks])
def test_ticks_drawn_together_are_those_that_matplotlib_draws_alone(look, placed, monkeypatch):
    from matplotlib.axis import XAxis, YAxis

    drawn = []
    for alone in (False, True):
        figure, axes = new_figure()
        look(axes)
        axes.set(xlabel="พ.ศ.", ylabel="ร้อยละ")
        if placed:  # else matplotlib measures all ticks to place the labels
            style.place_labels(axes, 30, 9)
        if alone:
            monkeypatch.setattr(type(axes.xaxis), "draw", XAxis.draw)
            monkeypatch.setattr(type(axes.yaxis), "draw", YAxis.draw)
        drawn.append(_things(svg_bytes(figure)))
    ours, theirs = drawn
    assert ours == theirs
    assert look is _no_ticks or all(ours.values())


# ---------------------------------------------------------------- key and notebook


def test_the_key_stands_where_a_legend_would():
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    def handles():
        return [Line2D([], [], marker="o", label="ค่าที่รายงาน"), Line2D([], [], label="trend"), Patch(label="fan"), Line2D([], [], label="a longer name"), Line2D([], [], label="x")]

    figure, _ = new_figure()
    legend = figure.legend(
        handles=handles(), loc="lower left", bbox_to_anchor=(0.006, 0.075), ncols=3, fontsize=9, handlelength=1.8, columnspacing=1.2, handletextpad=0.5, borderaxespad=0
    )
    key = add_key(figure, handles(), 3)
    svg_bytes(figure)
    theirs, ours = ([t.get_transform().transform(t.get_position()) for t in each.get_texts()] for each in (legend, key))
    assert [t.get_text() for t in legend.get_texts()] == [t.get_text() for t in key.get_texts()]
    assert np.abs(np.array(theirs) - ours).max() < 1.5
    assert keys_of(figure) == [key]


def test_a_notebook_links_to_its_figures_in_one_output(world, codelists, tmp_path, monkeypatch):
    import IPython.display

    shown = []
    monkeypatch.setattr(IPython.display, "display", shown.append)
    monkeypatch.chdir(tmp_path)
    figures = draw(world, codelists, Path("figures"), "both", world[1].head(2))
    figures[0]["alt"] = 'less than <5 "and so on"'
    show_figures(figures, Path("figures"))
    (output,) = shown
    sources = re.findall(r'src="([^"]+)"', output.data)
    assert len(sources) == 4 and all(Path(source).is_file() for source in sources)
    assert "&lt;5 &quot;and" in output.data and len(output.data) < 600 * len(sources)
    show_figures([], Path("figures"))
    assert len(shown) == 1
