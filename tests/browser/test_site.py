"""The published pages in a real browser, opened from their folder."""

import pytest

from tests.browser.conftest import READY

PAGES = (
    "index.html", "provinces/TH-50/index.html", "provinces/TH-10/index.html", "quarters/TH-50/index.html", "quarters/TH-83/index.html",
    "goals/index.html", "goals/1/index.html", "goals/17/index.html", "indicators/index.html", "indicators/SI_POV_NAHC/index.html", "indicators/TH_COAST_WQ/index.html",
    "compare.html", "data.html", "methods.html", "sources.html", "cascade.html", "partners.html", "exhibition.html", "failures.html", "decisions.html",
)  # fmt: skip
"""One page of each kind."""


def english(name: str) -> str:
    return name.replace(".html", ".en.html")


def violations(page, *rules: str) -> list[str]:
    """What axe finds on a page, of all its rules or of some."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is missing: pip install -e .[dev]")
    # Rows of a table are made by one line of a template: six of them tell as much as all. Preloading would fetch
    # the style sheet again, which the policy of the pages forbids.
    rest = {"exclude": [["tbody tr:nth-child(n+7)"], ["svg .pt:nth-of-type(n+12)"], ["svg .province:nth-of-type(n+12)"]]}
    options = {"preload": False, "resultTypes": ["violations"]} | ({"runOnly": list(rules)} if rules else {})
    found = axe.Axe().run(page, context=rest, options=options).response["violations"]
    return [f"{v['id']} ({len(v['nodes'])}): {v['nodes'][0]['html'][:160]} {v['nodes'][0].get('failureSummary', '')[:200]}" for v in found]


def test_one_page_of_each_kind_is_looked_at(site):
    kinds = {p.relative_to(site).parts[0] for p in site.rglob("*.html")}
    assert kinds == {name.partition("/")[0] for page in PAGES for name in (page, english(page))}


@pytest.mark.parametrize("name", PAGES)
def test_pages_are_accessible_and_fit_a_phone_in_thai_and_light(page_at, name):
    page = page_at(name, viewport={"width": 360, "height": 740}, color_scheme="light")
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    assert violations(page) == []


@pytest.mark.parametrize("name", ["index.html", "provinces/TH-50/index.html", "indicators/SI_POV_NAHC/index.html", "data.html"])
def test_pages_can_be_read_in_english_and_dark_with_everything_open(page_at, name):
    page = page_at(english(name), color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(18, 24, 31)"
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    assert violations(page, "color-contrast", "valid-lang", "html-has-lang") == []


def test_thai_is_set_in_sarabun_and_marks_take_no_room(page_at):
    page = page_at("index.html")
    widths = page.evaluate("""() => {
        const pen = document.createElement("canvas").getContext("2d");
        pen.font = "40px Sarabun";
        return ["ปู", "ปู่", "ทิ", "ที่", "น้ำ", "นำ", "ฐู", "ญู่", "ญ"].map((text) => pen.measureText(text).width);
    }""")
    assert page.evaluate("[...new Set([...document.fonts].filter((f) => f.status === 'loaded').map((f) => f.family + ' ' + f.weight))].sort()") == ["Sarabun 400", "Sarabun 700"]
    assert widths[0] == widths[1] and widths[2] == widths[3] and widths[4] == widths[5] and widths[7] == widths[8]


def test_the_language_switch_stays_on_the_page_and_at_the_place(page_at):
    page = page_at("goals/1/index.html")
    place = page.locator("main section h2[id]").nth(1)
    place.scroll_into_view_if_needed()
    page.evaluate("(e) => scrollBy(0, e.getBoundingClientRect().top - 100)", place.element_handle())
    wanted = place.get_attribute("id")
    page.evaluate("document.querySelector('a.language').click()")  # a click by pointer would first scroll to the top
    page.wait_for_url("**/goals/1/index.en.html**")
    assert page.url.endswith(f"#{wanted}") and page.get_attribute("html", "lang") == "en"
    page.click("a.language")
    page.wait_for_url("**/goals/1/index.html**")
    assert page.url.endswith(f"#{wanted}")


def test_dark_mode_follows_the_system_and_remembers_a_choice(page_at, site):
    page = page_at("index.html", color_scheme="dark")
    button = page.locator("#theme")
    assert button.get_attribute("aria-pressed") == "true"
    button.click()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    # the theme is there before the page is drawn: the first frame of the next page is light already
    page.goto(f"{site.as_uri()}/goals/index.html", wait_until="commit")
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    page.wait_for_selector(READY, state="attached")
    page.locator("#theme").click()
    assert page.evaluate("[document.documentElement.dataset.theme ?? '', localStorage.getItem('sdg-theme')]") == ["", None]
    page.emulate_media(color_scheme="light")
    page.wait_for_selector("#theme[aria-pressed=false]")


def test_without_a_script_every_page_reads_and_shows_no_dead_controls(page_at, watch, site):
    page = watch(java_script_enabled=False).page
    page.goto(f"{site.as_uri()}/indicators/SI_POV_NAHC/index.html")
    assert page.locator("#theme").is_hidden() and page.locator("#search").is_hidden()
    assert page.locator("figure.chart svg[role=img]").first.is_visible()
    page.locator("figure.chart summary").first.click()
    assert page.locator("figure.chart table").first.is_visible()
    page.goto(f"{site.as_uri()}/compare.html")
    assert len(page.locator("main").inner_text()) > 100


def test_on_paper_there_is_no_navigation_and_no_chart_is_cut(page_at):
    page = page_at("indicators/SI_POV_NAHC/index.html", color_scheme="dark")
    page.emulate_media(media="print")
    assert page.locator("header nav").first.is_hidden() and page.locator("#search").is_hidden() and page.locator(".slider").is_hidden()
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(27, 39, 51)"  # light also where the screen is dark
    page.set_viewport_size({"width": 688, "height": 1000})  # A4 less its margins, in CSS pixels
    cut = page.evaluate("[...document.querySelectorAll('figure svg')].filter((e) => e.getBoundingClientRect().right > innerWidth + 1).length")
    assert cut == 0
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")


def test_tables_sort_and_filter_by_keyboard(page_at):
    page = page_at("goals/1/index.html")
    table = page.locator("table.sortable").first
    head = table.locator("thead th").first
    names = lambda: table.locator("tbody th[scope=row]").all_inner_texts()  # noqa: E731
    before = names()
    head.locator("button").focus()
    page.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") == "ascending"
    rising = names()
    page.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") == "descending"
    assert sorted(before) == sorted(rising) and rising != names() and len(before) == 77
    assert rising == page.evaluate("(names) => [...names].sort((a, b) => a.localeCompare(b, 'th', { numeric: true }))", rising)
