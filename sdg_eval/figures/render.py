"""All figures of a province, or of the overview, written as SVG with their texts beside them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from sdg_eval.figures.coverage import WORDS as COVERAGE_WORDS
from sdg_eval.figures.coverage import draw_coverage
from sdg_eval.figures.heatmap import LABELS, draw_goals
from sdg_eval.figures.maps import MAP_LABELS, draw_map, draw_tiles
from sdg_eval.figures.peers import draw_places, name_peers
from sdg_eval.figures.series import draw_values, name_series
from sdg_eval.figures.style import (
    clear_words,
    finish,
    is_synthetic,
    lend_figure,
    mark_synthetic,
    new_figure,
    save_svg,
    source_text,
    title,
)
from sdg_eval.grid import read_json
from sdg_eval.observations import select_totals
from sdg_eval.store import write_json
from sdg_eval.thai import format_period

LANGUAGES = ("th", "en")


def languages_of(lang: str) -> tuple[str, ...]:
    """Return the languages that `th`, `en` or `both` means."""
    return LANGUAGES if lang == "both" else (lang,)


def draw_province(
    observations: pd.DataFrame, table: pd.DataFrame, codelists, area: str, folder, lang: str, forecasts: pd.DataFrame | None = None
) -> list[dict]:
    """Write two figures per series with values: the series, and the province among all.

    Returns what is also written as `<folder>/<lang>/figures.json`: per figure series, freq, file, alt,
    source, synthetic, peers_file, peers_alt, lang.
    """
    rows = [row for row in table.to_dict("records") if row["SERIES"] and row["n_obs"] > 0]
    known = select_totals(observations)
    known = known[known["OBS_VALUE"].notna()]
    own, all_areas = _by_key(known[known["REF_AREA"] == area]), _by_key(known[["SERIES", "FREQ", "REF_AREA", "TIME_PERIOD", "OBS_VALUE"]])
    ahead = {} if forecasts is None else _by_key(forecasts[forecasts["REF_AREA"] == area])
    found = [_series_figures(own[_key(r)], all_areas[_key(r)], r, codelists, Path(folder), languages_of(lang), ahead.get(_key(r))) for r in rows]
    written = []
    for language in languages_of(lang):
        mine = [each[language] for each in found]
        write_json(Path(folder) / language / "figures.json", mine)
        written += mine
    return written


def _by_key(table: pd.DataFrame) -> dict[tuple[str, str], pd.DataFrame]:
    return {key: part for key, part in table.groupby(["SERIES", "FREQ"], sort=True)}


def _key(row: dict) -> tuple[str, str]:
    return row["SERIES"], row["FREQ"]


def _series_figures(own: pd.DataFrame, all_areas: pd.DataFrame, row: dict, codelists, folder: Path, languages, forecasts) -> dict[str, dict]:
    """Write the figures of one series; its marks are drawn once, the words once per language."""
    name = row["SERIES"] if row["FREQ"] == "A" else f"{row['SERIES']}_{row['FREQ']}"
    synthetic, sources = is_synthetic(own, codelists), {lang: source_text(own, codelists, lang) for lang in languages}
    result = {lang: {
        "series": row["SERIES"], "freq": row["FREQ"], "file": f"{name}.svg", "alt": alt_text(own, row, codelists, lang),
        "source": sources[lang], "synthetic": synthetic, "peers_file": "", "peers_alt": "", "lang": lang,
    } for lang in languages}  # fmt: skip

    def write(figure, axes, file: str, name_marks) -> None:
        for lang in languages:
            clear_words(figure, axes)
            name_marks(lang)
            finish(figure, axes, sources[lang], lang=lang, synthetic=synthetic)
            save_svg(figure, folder / lang / file)

    with lend_figure("series") as (figure, axes):
        shown = draw_values(axes, own, row, codelists, forecasts if row["FREQ"] == "A" else None)
        write(figure, axes, f"{name}.svg", lambda lang: name_series(axes, shown, row, codelists, lang))
    if row["peer_period"] and row["n_peers"] == row["n_peers"] and row["peer_value"] == row["peer_value"]:
        latest = all_areas[all_areas["TIME_PERIOD"] == row["peer_period"]]
        values = dict(zip(latest["REF_AREA"], latest["OBS_VALUE"], strict=True))
        with lend_figure("peers") as (figure, axes):
            axes.set_position((0.04, 0.26, 0.92, 0.58))
            place = draw_places(axes, values, row, codelists)
            write(figure, axes, f"{name}_peers.svg", lambda lang: name_peers(axes, place, row, codelists, lang))
        for lang in languages:
            result[lang] |= {"peers_file": f"{name}_peers.svg", "peers_alt": peers_alt(row, codelists, lang)}
    return result


def alt_text(rows: pd.DataFrame, row: dict, codelists, lang: str) -> str:
    """Return the chart in one sentence, with its numbers."""
    series, rows = codelists.series_row(row["SERIES"]), rows.sort_values("TIME_PERIOD", kind="stable")
    first, last = rows.iloc[0], rows.iloc[-1]
    digits = int(series["decimals"] or 1)
    start, end = f"{first['OBS_VALUE']:,.{digits}f}", f"{last['OBS_VALUE']:,.{digits}f}"
    unit, area = series[f"unit_{lang}"], codelists.area_name(row["REF_AREA"], lang)
    begun, ended = format_period(first["TIME_PERIOD"], lang), format_period(last["TIME_PERIOD"], lang)
    if lang == "th":
        return f"กราฟ{series['name_th']} {area}: จาก {start} ใน {begun} เป็น {end} ใน {ended} ({unit}) รวม {len(rows)} ค่า"
    return f"Chart of {series['name_en']}, {area}: from {start} in {begun} to {end} in {ended} ({unit}), {len(rows)} values."


def peers_alt(row: dict, codelists, lang: str) -> str:
    """Return the peers chart in one sentence, with its numbers."""
    series = codelists.series_row(row["SERIES"])
    digits, area = int(series["decimals"] or 1), codelists.area_name(row["REF_AREA"], lang)
    value, median = f"{row['peer_value']:,.{digits}f}", f"{row['peer_median']:,.{digits}f}"
    period, count = format_period(row["peer_period"], lang), int(row["n_peers"])
    if lang == "th":
        return f"กราฟเทียบ {count} จังหวัดใน {period}: {area} {value} ค่ากลาง {median} ({series['unit_th']})"
    return f"Chart of {count} provinces in {period}: {area} {value}, median {median} ({series['unit_en']})."


def read_boundaries(path) -> dict | None:
    """Return the GeoJSON of a boundary file, or None where there is none."""
    return read_json(path)[0] if path and Path(path).is_file() else None


def draw_overview(table: pd.DataFrame, goals: pd.DataFrame, codelists, folder, lang: str, boundaries: str = "") -> list[dict]:
    """Write the heat map of goals and the map of how many goals improve; returns what figures.json holds.

    `table` are evaluation rows of all provinces, `goals` one status per REF_AREA and goal. Provinces
    are drawn in their shapes when the file `boundaries` exists, else as tiles.
    """
    geojson = read_boundaries(boundaries)
    synthetic = bool(table["synthetic"].fillna(False).astype(bool).any())
    written = []
    for language in languages_of(lang):
        place = Path(folder) / language
        found = [
            _heatmap(goals, codelists, place, language, synthetic),
            _map(balance(goals), codelists, place, language, synthetic, geojson),
        ]
        write_json(place / "figures.json", found)
        written += found
    return written


def draw_data_coverage(counts: pd.DataFrame, codelists, folder, lang: str, *, synthetic: bool) -> list[dict]:
    """Write how many provinces have a value per series and year; returns what figures.json holds."""
    written = []
    for language in languages_of(lang):
        height = 1.6 + 0.27 * len(counts)
        figure, axes = new_figure((9.6, height))
        axes.set_position((0.47, 0.75 / height, 0.5, (height - 1.25) / height))
        draw_coverage(axes, counts, codelists, language)
        if synthetic:
            mark_synthetic(figure, language)
        save_svg(figure, Path(folder) / language / "coverage.svg")
        full = int((counts == len(codelists.provinces)).sum().sum())
        alt = f"{COVERAGE_WORDS['title'][language != 'th']}: {len(counts)} x {counts.shape[1]}, {full} = {len(codelists.provinces)}"
        found = [{"file": "coverage.svg", "alt": alt, "series": "", "freq": "", "lang": language, "synthetic": synthetic, "source": ""}]
        write_json(Path(folder) / language / "figures.json", found)
        written += found
    return written


def balance(goals: pd.DataFrame) -> dict[str, str]:
    """Return per province whether more goals improve than worsen, as one status."""
    result = {}
    for area, status in goals.groupby("REF_AREA")["status"]:
        better, worse = int((status == "improving").sum()), int((status == "worsening").sum())
        if better == worse:
            result[area] = "mixed" if better else "not_detected"
        else:
            result[area] = "improving" if better > worse else "worsening"
    return result


def _heatmap(goals: pd.DataFrame, codelists, folder: Path, lang: str, synthetic: bool) -> dict:
    count = goals["REF_AREA"].nunique()
    height = 2.6 + 0.27 * count
    figure, axes = new_figure((9.6, height))
    axes.set_position((0.19, 0.75 / height, 0.74, (height - 2.45) / height))
    draw_goals(axes, goals, codelists, lang)
    name = {"th": "สถานะ 17 เป้าหมายรายจังหวัด", "en": "The 17 goals, province by province"}[lang]
    title(axes, name)
    if synthetic:
        mark_synthetic(figure, lang)
    save_svg(figure, folder / "goals.svg")
    told = goals["status"].value_counts()
    counts = ", ".join(f"{LABELS[s][lang != 'th']} {told[s]}" for s in LABELS if s in told)
    return {"file": "goals.svg", "alt": f"{name}: {counts}", "series": "", "freq": "", "lang": lang, "synthetic": synthetic, "source": ""}


def _map(values: dict[str, str], codelists, folder: Path, lang: str, synthetic: bool, geojson: dict | None) -> dict:
    figure, axes = new_figure((6.4, 8.2))
    axes.set_position((0.05, 0.12, 0.9, 0.79))
    if geojson is None:
        draw_tiles(axes, values, codelists, lang)
        axes.set_aspect("equal")
    else:
        draw_map(axes, geojson, values, codelists, lang)
    name = {
        "th": "ในแต่ละจังหวัด เป้าหมายที่ดีขึ้นมากกว่าหรือน้อยกว่าที่แย่ลง",
        "en": "Do more goals improve or worsen in a province?",
    }[lang]
    title(axes, name)
    if synthetic:
        mark_synthetic(figure, lang)
    save_svg(figure, folder / "map.svg")
    counts = {status: sum(v == status for v in values.values()) for status in LABELS}
    told = ", ".join(f"{MAP_LABELS[s][lang != 'th']} {n}" for s, n in counts.items() if n)
    return {"file": "map.svg", "alt": f"{name} {told}", "series": "", "freq": "", "lang": lang, "synthetic": synthetic, "source": ""}


def show_figures(figures: list[dict], folder) -> None:
    """Show written figures in a notebook, each with its text, in one output; it holds links, not copies.

    A link is relative to the notebook, where JupyterLab and the page made of the notebook look for it: the file that the
    site shows is the one that is seen, and 70 figures add 25 kB to a notebook instead of 3 MB.
    """
    from html import escape

    from IPython.display import HTML, display

    shown = []
    for item in figures:
        source = f"{Path(folder).as_posix()}/{item['lang']}/{item['file']}"
        shown.append(f'<img src="{escape(source)}" alt="{escape(item["alt"])}" loading="lazy" style="max-width:46rem;width:100%">')
    if shown:
        display(HTML("\n".join(shown)))
