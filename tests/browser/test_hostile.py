"""Fifty payloads in every text that comes from outside, through the real templates: they stay text (S24)."""

import json
import shutil
from dataclasses import fields, replace
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

from sdg_eval.publish import write_site
from tests.browser.conftest import Watched
from tests.browser.test_site import PAGES
from tests.browser.tiny import SERIES
from tests.payloads import FAR, PAYLOADS

ALL = " ".join(PAYLOADS)
ADDRESS = "javascript:alert(16)"
"""Alone: it is dangerous only as the very beginning of an address."""
FEW = {"areas": ("REF_AREA", ["TH-10", "TH-50", "TH-83"]), "series": ("SERIES", list(SERIES)), "targets": ("SERIES", list(SERIES)), "indicators": ("indicator", ["1.2.1", "6.1.1"])}
"""Rows whose text is replaced, where a codelist is long: fifty payloads in each of 77 names would make pages of megabytes."""
LOADS = ("href", "src", "srcset", "data", "poster", "action", "formaction", "xlink:href", "background", "content", "ping", "manifest")


def hostile_codelists(codelists, text: str):
    """The codelists with `text` in every name, title, unit, publisher, licence, and reason."""
    changed = {}
    for part in fields(codelists):
        table = getattr(codelists, part.name)
        if not isinstance(table, pd.DataFrame):
            continue
        table = table.copy()
        key, some = FEW.get(part.name, (None, None))
        rows = table[key].isin(some) if key else slice(None)
        for column in table.columns:
            if column.endswith(("_th", "_en")) or column in ("note", "spelling"):
                table.loc[rows, column] = text
        changed[part.name] = table
    return replace(codelists, **changed)


def say(value, text: str):
    """The same JSON with every sentence replaced."""
    if isinstance(value, dict):
        return {key: (item if key in ("id", "arrow", "status", "lang") else say(item, text)) for key, item in value.items()}
    return [say(item, text) for item in value] if isinstance(value, list) else text if isinstance(value, str) else value


def spoil(run: Path, text: str) -> None:
    """Put `text` into what a run keeps of files, officers and failures."""
    columns = {
        "national/observations.parquet": ["source_file", "source_sheet", "source_column", "source_id", "as_of", "flags", "COMMENT_OBS"],
        "national/suspicions.parquet": ["source_file", "source_sheet", "source_column", "note"], "national/gaps.parquet": ["note", "owner_name"], "national/reconciliation.parquet": ["source_file"],
    }  # fmt: skip
    for area in ("TH-50", "TH-83"):
        columns[f"provinces/{area}/evaluation.parquet"] = ["target_set_by", "sources", "files"]
    for name, wanted in columns.items():
        table = pd.read_parquet(run / name)
        for column in set(wanted) & set(table.columns):
            table[column] = text
        table.to_parquet(run / name)
    for path in [*run.glob("provinces/*/text.json"), *run.glob("quarters/*/text.json")]:
        path.write_text(json.dumps(say(json.loads(path.read_text(encoding="utf-8")), text), ensure_ascii=False), encoding="utf-8")
    for lang in ("th", "en"):
        place = run / "provinces" / "TH-50" / "figures" / lang
        place.mkdir(parents=True)
        figure = {"series": "SI_POV_NAHC", "freq": "A", "file": "x.svg", "alt": text, "peers_file": "x.svg", "peers_alt": text, "source": text, "lang": lang, "synthetic": True}
        (place / "figures.json").write_text(json.dumps([figure]), encoding="utf-8")
        (place / "x.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 4"/>', encoding="utf-8")


@pytest.fixture(scope="module")
def hostile(run_results, codelists, tmp_path_factory):
    """Return a function: (text, language) -> folder of the site whose every text is that text."""
    folder, record, runs = run_results

    def publish(text: str, lang: str) -> Path:
        run = tmp_path_factory.mktemp("hostile") / "run"
        shutil.copytree(folder, run, ignore=shutil.ignore_patterns("*.html", "assets", "goals", "indicators"))
        spoil(run, text)
        write_site(run, hostile_codelists(codelists, text), record | {"lang": lang, "version": text}, runs.assign(error=text))
        return run

    return publish


class Page(HTMLParser):
    """Elements, attributes and addresses of a page."""

    def __init__(self, path: Path):
        super().__init__()
        self.elements, self.attributes, self.addresses = set(), set(), set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        self.elements.add(tag)
        for name, value in attributes:
            self.attributes.add((tag, name))
            if name in LOADS and (tag, name) != ("meta", "content"):
                self.addresses.add(value)


def pages_of(folder: Path) -> list[Page]:
    return [Page(path) for path in sorted(folder.rglob("*.html"))]


@pytest.fixture(scope="module")
def clean(site):
    """Elements and attributes of the site of the same run without payloads."""
    pages = pages_of(site)
    return {e for p in pages for e in p.elements}, {a for p in pages for a in p.attributes}


@pytest.mark.parametrize(("text", "lang", "opened"), [(ALL, "th", PAGES), (ADDRESS, "en", PAGES[:2])], ids=["all fifty", "an address"])
def test_payloads_in_every_text_stay_text(browser, hostile, clean, text, lang, opened):
    folder = hostile(text, lang)
    pages = pages_of(folder)
    assert len(pages) > 60
    for page in pages:
        assert page.elements <= clean[0] | {"img"}
        assert page.attributes <= clean[1] | {("img", name) for name in ("src", "alt", "loading")} | {("td", "data-short")}
        for address in page.addresses:
            assert FAR not in address and not address.strip().lower().startswith(("javascript", "vbscript", "data:text", "http")), address
    watched = Watched(browser)
    for name in opened:
        page = watched.open(folder / (name if lang == "th" else name.replace(".html", ".en.html")))
        assert page.evaluate("[...document.scripts].filter((s) => !s.src).length") == 1  # the loader
        assert page.evaluate("document.querySelectorAll('iframe, object, embed, base, style, [style]:not(.tip)').length") == 0
        assert page.evaluate("[...document.querySelectorAll('*')].flatMap((e) => e.getAttributeNames()).filter((n) => n.startsWith('on')).length") == 0
        assert text[:12] in page.text_content("body")
    page.fill("#search", "alert")
    page.wait_for_selector("#hits [role=option]")
    assert page.locator("#hits .name").first.inner_text().startswith(text[:12])
    page = watched.open(folder / ("indicators/SI_POV_NAHC/index.html" if lang == "th" else "indicators/SI_POV_NAHC/index.en.html"))
    for plot in page.locator(".plot").all():
        plot.focus()
        page.keyboard.press("ArrowDown")
    page = watched.open(folder / ("compare.html" if lang == "th" else "compare.en.html"))
    page.wait_for_selector("#compare table")
    assert watched.dialogs == [] and watched.said == [] and watched.left(folder.as_uri()) == []
    watched.context.close()
