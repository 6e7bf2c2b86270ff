"""Figures of a province: our way against matplotlib's own, on the same charts in both languages.

Ours draws the marks of a chart once, on axes that are used again, and writes them with the renderer of svg.py. Theirs makes a
figure for each chart and language and writes it with matplotlib's SVG writer, plain (as the suite did before) or with tight
bounding boxes. Both show the same artists. Before any time is taken, every pair is drawn by a browser and compared pixel by
pixel. Then the formats: the same finished charts as SVG and PNG, with their time and size. Times are CPU seconds of one
process; the median of paired rounds is printed.
"""

import base64
import gzip
import io
import json
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import numpy as np  # noqa: E402

from sdg_eval.codelists import read_codelists  # noqa: E402
from sdg_eval.derive import with_derived  # noqa: E402
from sdg_eval.evaluation import evaluate, evaluate_national  # noqa: E402
from sdg_eval.figures import draw_province  # noqa: E402
from sdg_eval.figures.peers import draw_peers  # noqa: E402
from sdg_eval.figures.series import draw_series  # noqa: E402
from sdg_eval.figures.style import FONTS, finish, is_synthetic, new_figure, source_text, svg_bytes  # noqa: E402
from sdg_eval.observations import select_totals  # noqa: E402
from sdg_eval.store import read_observations  # noqa: E402

SAMPLE = Path(__file__).parents[1] / "data" / "sample" / "observations.csv"
AREA, SERIES = "TH-50", ("SI_POV_NAHC", "EN_ATM_PM25", "TH_MANF_EMP", "SL_TLF_UEM", "SH_DYN_MORT", "SH_STA_STNT")
ROUNDS = 5
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FAR, SHARE = 96, 0.004
"""A pixel is another one when a channel differs by more than FAR of 255; so may at most SHARE of them: edges of letters that
lie a hundredth of a point apart, and the white edge around one name, which matplotlib's writer does not draw."""


def say(name: str, value: float, unit: str, basis: str) -> None:
    """Print one figure as a line of JSON."""
    print(json.dumps({"name": name, "value": float(f"{value:.4g}"), "unit": unit, "basis": basis}), flush=True)


def seconds(function, *arguments) -> float:
    """CPU seconds of one call."""
    started = time.process_time()
    function(*arguments)
    return time.process_time() - started


class World:
    """The sample, and what its charts are drawn from."""

    def __init__(self):
        self.codelists = read_codelists()
        self.observations = with_derived(read_observations(SAMPLE), self.codelists)
        national = evaluate_national(self.observations, self.codelists, report_year=2026)
        table = evaluate(self.observations, self.codelists, AREA, report_year=2026, national=national).table
        self.table = table[table["SERIES"].isin(SERIES)]
        self.forecasts = national.forecasts[national.forecasts["REF_AREA"] == AREA]

    def ours(self, folder: Path) -> None:
        """Write all charts as the notebook does."""
        draw_province(self.observations, self.table, self.codelists, AREA, folder, "both", forecasts=self.forecasts)

    def figures(self):
        """Yield (language/name, figure) of the same charts, each on a figure of its own."""
        totals = select_totals(self.observations)
        totals = totals[totals["OBS_VALUE"].notna()]
        for lang in ("th", "en"):
            for row in self.table.to_dict("records"):
                family = totals[(totals["SERIES"] == row["SERIES"]) & (totals["FREQ"] == row["FREQ"])]
                own, name = family[family["REF_AREA"] == AREA], row["SERIES"] if row["FREQ"] == "A" else f"{row['SERIES']}_{row['FREQ']}"
                ahead = self.forecasts[(self.forecasts["SERIES"] == row["SERIES"]) & (self.forecasts["FREQ"] == row["FREQ"])]
                latest = family[family["TIME_PERIOD"] == row["peer_period"]]
                values = dict(zip(latest["REF_AREA"], latest["OBS_VALUE"], strict=True))
                for suffix in ("", "_peers"):
                    figure, axes = new_figure()
                    if suffix:
                        axes.set_position((0.04, 0.26, 0.92, 0.58))
                        draw_peers(axes, values, row, self.codelists, lang)
                    else:
                        draw_series(axes, own, row, self.codelists, lang, ahead if row["FREQ"] == "A" and len(ahead) else None)
                    finish(figure, axes, source_text(own, self.codelists, lang), lang=lang, synthetic=is_synthetic(own, self.codelists))
                    yield f"{lang}/{name}{suffix}.svg", figure

    def theirs(self, folder: Path, **options) -> None:
        """Write all charts as matplotlib does."""
        for name, figure in self.figures():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(matplotlib_svg(figure, **options))


def matplotlib_svg(figure, **options) -> bytes:
    """The figure by matplotlib's SVG writer; with bbox_inches, through print_figure, which draws it twice."""
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    buffer, metadata = io.BytesIO(), {"Date": None, "Creator": None}
    if options:
        FigureCanvasSVG(figure).print_figure(buffer, format="svg", metadata=metadata, **options)
    else:
        FigureCanvasSVG(figure).print_svg(buffer, metadata=metadata)
    return buffer.getvalue()


def png(figure, dpi: int) -> bytes:
    """The figure as PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    buffer, figure.dpi = io.BytesIO(), dpi
    FigureCanvasAgg(figure).print_png(buffer, metadata={"Software": None})
    return buffer.getvalue()


def svg_with_font(figure) -> bytes:
    """The figure by matplotlib's SVG writer with text as text, and the letters it needs of both fonts inside."""
    from fontTools import subset
    from matplotlib import rc_context

    with rc_context({"svg.fonttype": "none"}):
        text = matplotlib_svg(figure).decode()
    faces = []
    for weight, file in (("normal", "Sarabun-Regular.ttf"), ("bold", "Sarabun-Bold.ttf")):
        options = subset.Options(layout_features=["*"])
        font = subset.load_font(str(FONTS / file), options)
        letters = subset.Subsetter(options)
        letters.populate(text="".join(sorted(set(text))))
        letters.subset(font)
        buffer = io.BytesIO()
        subset.save_font(font, buffer, options)
        faces.append(f"@font-face{{font-family:Sarabun;font-weight:{weight};src:url(data:font/ttf;base64,{base64.b64encode(buffer.getvalue()).decode()})}}")
    return text.replace("<defs>", f"<defs><style>{''.join(faces)}</style>", 1).encode()


def picture(folder: Path, names: list[str], place: Path) -> np.ndarray:
    """The files side by side as a browser shows them: one row of pixels per chart and line."""
    from matplotlib.image import imread

    images = "".join(f'<img src="{(folder / name).as_uri()}" style="display:block;width:640px;height:400px">' for name in names)
    (place / "page.html").write_text(f'<body style="margin:0">{images}', encoding="utf-8")
    arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={place / 'profile'}", f"--window-size=640,{400 * len(names)}"]
    subprocess.run([CHROMIUM, *arguments, f"--screenshot={place / 'page.png'}", (place / "page.html").as_uri()], check=True, capture_output=True, timeout=300)
    return (255 * imread(place / "page.png")[..., :3]).astype(int).reshape(len(names), 400, 640, 3)


def compare(world: World, place: Path) -> None:
    """Check that both ways show the same charts."""
    world.ours(place / "ours")
    world.theirs(place / "theirs")
    names = sorted(path.relative_to(place / "ours").as_posix() for path in (place / "ours").rglob("*.svg"))
    assert names == sorted(path.relative_to(place / "theirs").as_posix() for path in (place / "theirs").rglob("*.svg")), "other charts"
    ours, theirs = (picture(place / side, names, place) for side in ("ours", "theirs"))
    shares = (np.abs(ours - theirs).max(axis=-1) > FAR).mean(axis=(1, 2))
    assert (ours < 250).any(axis=-1).mean(axis=(1, 2)).min() > 0.01, "a chart is empty"
    assert shares.max() < SHARE, f"{names[shares.argmax()]} looks different: {shares.max():.2%} of its pixels"
    say("figures_pixels_apart_most", 100 * shares.max(), "% of pixels", f"most of {len(names)} charts in a browser at 640 x 400; a channel differs by more than {FAR} of 255")


def speed(world: World, place: Path) -> None:
    """Print the ratio of CPU time and of bytes."""
    count = len(list((place / "ours").rglob("*.svg")))
    first = seconds(world.ours, place / "again")
    rounds = [
        (seconds(world.theirs, place / "theirs"), seconds(lambda: world.theirs(place / "tight", bbox_inches="tight")), seconds(world.ours, place / "ours"))
        for _ in range(ROUNDS)
    ]
    basis = f"{count} charts of one province in two languages, pixels compared, CPU time, median of {ROUNDS} paired rounds"
    say("figures_matplotlib_over_ours", statistics.median(a / c for a, _, c in rounds), "ratio", basis)
    say("figures_tight_over_ours", statistics.median(b / c for _, b, c in rounds), "ratio", basis + "; print_figure with bbox_inches='tight'")
    say("figures_ours", 1000 * statistics.median(c for _, _, c in rounds) / count, "ms per chart", basis)
    say("figures_ours_again", 1000 * first / count, "ms per chart", basis.replace(f"median of {ROUNDS} paired rounds", "once more in the same process"))
    sizes = [sum(path.stat().st_size for path in (place / side).rglob("*.svg")) for side in ("theirs", "ours")]
    say("figures_bytes_matplotlib_over_ours", sizes[0] / sizes[1], "ratio", f"{count} charts as SVG")


def formats(world: World) -> None:
    """Print time and size of the same finished charts in each format."""
    ways = {
        "svg_paths_ours": svg_bytes, "svg_paths_matplotlib": matplotlib_svg, "svg_text_and_font": svg_with_font,
        "png_100_dpi": lambda figure: png(figure, 100), "png_200_dpi": lambda figure: png(figure, 200),
    }  # fmt: skip
    figures = [figure for _, figure in world.figures()]
    for name, way in ways.items():
        for figure in figures[:2]:
            way(figure)
        made: list[bytes] = []
        spent = statistics.median(seconds(lambda way=way, made=made: made.extend(way(figure) for figure in figures)) for _ in range(3)) / len(figures)
        made = made[: len(figures)]
        basis = f"{len(figures)} finished charts of 6.4 x 4 inches, mean; CPU time, median of 3"
        say(f"figures_{name}", 1000 * spent, "ms per chart", basis)
        say(f"figures_{name}_bytes", sum(map(len, made)) / len(made), "bytes per chart", basis.partition(";")[0])
        say(f"figures_{name}_gzip", sum(len(gzip.compress(each, mtime=0)) for each in made) / len(made), "bytes per chart", "the same, compressed as a zip archive would")


if __name__ == "__main__":
    if CHROMIUM is None:
        raise SystemExit("A browser is needed to compare the charts: apt-get install chromium.")
    with tempfile.TemporaryDirectory() as scratch:
        sample = World()
        compare(sample, Path(scratch))
        speed(sample, Path(scratch))
        formats(sample)
