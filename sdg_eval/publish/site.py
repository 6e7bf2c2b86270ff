"""The site of a run: every page in Thai and in English, made aside and moved into place when it is whole."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from sdg_eval.publish.assets import write_assets, write_data
from sdg_eval.publish.compare import write_compare
from sdg_eval.publish.data_page import write_data_page
from sdg_eval.publish.delivery_pages import write_cascade, write_partners
from sdg_eval.publish.exhibition_page import write_exhibition
from sdg_eval.publish.failure_pages import write_failures
from sdg_eval.publish.goal_pages import write_goals
from sdg_eval.publish.indicator_pages import write_indicators
from sdg_eval.publish.material import PROVINCE, QUARTERLY, Material, read_material
from sdg_eval.publish.methods_page import write_methods
from sdg_eval.publish.overview import write_effects, write_overview
from sdg_eval.publish.pages import Pages, address, open_pages
from sdg_eval.publish.province_pages import write_provinces, write_quarters
from sdg_eval.publish.run_page import RunMaterial, write_run_page
from sdg_eval.publish.search import search_index
from sdg_eval.publish.source_pages import write_sources
from sdg_eval.publish.swap import move_into_place, new_staging
from sdg_eval.publish.words import WORDS
from sdg_eval.wording import LANGUAGES

FONTS = Path(__file__).parents[1] / "figures" / "fonts"
SIDE_BY_SIDE_FROM = 8
"""Provinces from which two processes are worth their start."""
OTHER_PAGES = ("goals/", "indicators/", "compare", "data", "methods", "sources", "cascade", "partners", "exhibition", "failures")
"""Pages that the search names beside provinces, goals and indicators."""


def write_site(
    folder, codelists, record: dict, runs: pd.DataFrame, *, only: set[tuple[str, str]] | None = None, several: Callable[[list[tuple]], list] | None = None,
    proof: Callable[[Path], None] | None = None,
) -> None:  # fmt: skip
    """Write the pages of a run into `folder`; the old ones stand until all new ones are there.

    Parameters
    ----------
    record
        run, lang, report_year, data_hash, version, synthetic, quarter.
    runs
        The table of runs; a run that is not done gets a page that says so.
    only
        (notebook, REF_AREA) of the runs whose own pages are written, beside the page of the run and the overview, as for a batch
        that was stopped and must end soon; None: the whole site.
    several
        Does (function, arguments, options) of each language, side by side, and returns their results, an Exception for what was not
        done. Without it, or where it could not, one language follows the other in this process.
    proof
        Given the folder of the new pages before they move into place; raises DataError where they must not.

    Raises
    ------
    DataError
        When the run's national tables or a finished evaluation are not complete.
    WriteError
        When the disk refuses; the old site stands.
    """
    folder = Path(folder)
    material = read_material(folder, codelists, record, runs)
    languages = LANGUAGES if record["lang"] == "both" else (record["lang"],)
    staging = new_staging(folder)
    write_assets(staging / "assets")
    for font in sorted(FONTS.glob("*.ttf")):  # the executed notebooks name these
        (staging / "assets" / font.name).write_bytes(font.read_bytes())
    write_data(staging / "assets", "search", _search(material))
    worth = several and only is None and len(languages) > 1 and len(material.provinces) >= SIDE_BY_SIDE_FROM
    done = several([(_read_and_write, (folder, staging, codelists, record, runs, lang, languages), {}) for lang in languages]) if worth else []
    if any(isinstance(result, Exception) for result in done) or not done:
        for lang in languages:  # where the disk refused a process of its own, it does so again here, and says why
            _write_language(open_pages(staging, lang, record, codelists, languages), material, only, files=lang == languages[0])
    if languages == ("en",):  # the address told at the end is index.html in every language
        (staging / "index.html").write_bytes((staging / "index.en.html").read_bytes())
    if proof:
        proof(staging)
    move_into_place(folder, whole=only is None)


def _read_and_write(folder: Path, staging: Path, codelists, record: dict, runs: pd.DataFrame, lang: str, languages: tuple[str, ...]) -> str:
    """Write the whole site in one language, in a process of its own; return the language."""
    pages = open_pages(staging, lang, record, codelists, languages)
    _write_language(pages, read_material(folder, codelists, record, runs), None, files=lang == languages[0])
    return lang


def _write_language(pages: Pages, material: Material, only: set[tuple[str, str]] | None, *, files: bool) -> None:
    """The pages of one language; `files` also writes what has no language."""
    if only is None:
        _write_pages(pages, material, files=files)
    else:
        write_provinces(pages, material, sorted(area for notebook, area in only if notebook == PROVINCE))
        write_quarters(pages, material, sorted(area for notebook, area in only if notebook == QUARTERLY))
    if "planned" in material.record:  # the plan as it was written down before anything ran; runs of an earlier version have none
        write_run_page(pages, material)
    write_overview(pages, material)


def write_run_pages(folder, codelists, record: dict, runs: pd.DataFrame) -> None:
    """Write the page of the run alone, in each language: what became of it this time. Parameters as in `write_site`."""
    folder, languages = Path(folder), LANGUAGES if record["lang"] == "both" else (record["lang"],)
    staging = new_staging(folder)
    for lang in languages:
        write_run_page(open_pages(staging, lang, record, codelists, languages), RunMaterial(folder, codelists, record, runs))
    move_into_place(folder, whole=False)


def _write_pages(pages: Pages, material: Material, *, files: bool) -> None:
    """Write the pages of one language but for the overview; `files` also writes what has no language."""
    write_provinces(pages, material)
    write_quarters(pages, material)
    write_effects(pages, material)
    write_goals(pages, material)
    write_indicators(pages, material, files=files)
    write_compare(pages, material)
    write_data_page(pages, material)
    write_sources(pages, material)
    write_cascade(pages, material)
    write_partners(pages, material)
    write_exhibition(pages, material)
    write_methods(pages)
    write_failures(pages)


def _search(material: Material) -> list:
    hrefs = {("province", area): address(f"provinces/{area}/", "th") for area in material.provinces}
    hrefs |= {("goal", g): address(f"goals/{g}/", "th") for g in material.codelists.goals17["goal"]}
    hrefs |= {("indicator", code): address(f"indicators/{code}/", "th") for code in material.shown}
    names = {place: WORDS[f"nav_{place.strip('/')}"] for place in OTHER_PAGES}
    return search_index(material.codelists, hrefs, [(place.strip("/"), *names[place], address(place, "th")) for place in OTHER_PAGES])
