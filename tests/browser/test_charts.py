"""Charts and the comparison in a real browser: by keyboard, by pointer, and by what is read aloud."""

import pytest

INDICATOR = "indicators/SI_POV_NAHC/index.html"


def row_text(page, figure, index):
    return [t for t in page.locator(f"{figure} tbody tr").nth(index).locator("th, td").all_text_contents() if t.strip()]


def chart_id(page, kind):
    return "#" + page.locator(f"figure.chart.{kind}").first.get_attribute("id")


def test_provinces_are_walked_by_arrow_keys_and_read_from_the_table(page_at):
    page = page_at(INDICATOR)
    figure = chart_id(page, "dots")
    page.focus(f"{figure} .plot")
    page.keyboard.press("ArrowDown")
    first = page.text_content(f"{figure} [role=status]")
    assert first.startswith(row_text(page, figure, 0)[0])
    page.keyboard.press("ArrowDown")
    second = row_text(page, figure, 1)
    assert all(text.strip() in page.text_content(f"{figure} [role=status]") for text in second)
    assert page.locator(f"{figure} .tip").is_visible() and page.locator(f"{figure} .now").count() == 1
    page.keyboard.press("End")
    assert page.text_content(f"{figure} [role=status]").startswith(row_text(page, figure, 76)[0])
    page.keyboard.press("Escape")
    assert page.locator(f"{figure} .tip").is_hidden() and page.locator(f"{figure} .now").count() == 0


def test_the_tooltip_follows_the_pointer_and_stays_inside(page_at):
    page = page_at(INDICATOR, viewport={"width": 360, "height": 740})
    figure = chart_id(page, "dots")
    point = page.locator(f"{figure} .pt.row:not(.nodata) circle").first
    point.scroll_into_view_if_needed()
    point.hover()
    tip = page.locator(f"{figure} .tip")
    assert tip.is_visible()
    box = tip.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 360
    page.mouse.move(5, 5)
    assert tip.is_hidden()


def test_the_map_shows_the_chosen_year(page_at):
    page = page_at(INDICATOR)
    figure = chart_id(page, "tiles")
    heads = page.locator(f"{figure} thead th").all_text_contents()
    slider = page.locator(f"{figure} input[type=range]")
    assert page.text_content(f"{figure} output") == heads[-1] == slider.get_attribute("aria-valuetext")
    slider.focus()
    page.keyboard.press("ArrowLeft")
    assert page.text_content(f"{figure} output") == heads[-2] == slider.get_attribute("aria-valuetext")
    shown = {int(t.get_attribute("data-row")): t.locator(".val").text_content() for t in page.locator(f"{figure} .pt.tile").all()}
    for index in (0, 38, 76):
        cell = page.locator(f"{figure} tbody tr").nth(index).locator("td").nth(-2)
        assert shown[index] == (cell.get_attribute("data-short") or cell.text_content())
    page.keyboard.press("Home")
    assert page.text_content(f"{figure} output") == heads[1]
    page.focus(f"{figure} .plot")
    for key in ("End", "ArrowUp", "ArrowLeft"):
        page.keyboard.press(key)
        assert heads[1] in page.text_content(f"{figure} [role=status]")


def test_series_are_switched_off_and_on_by_the_key(page_at):
    page = page_at(INDICATOR)
    button = page.locator("figure.chart .legend button").first
    figure = "#" + button.locator("xpath=ancestor::figure").get_attribute("id")
    layer = button.locator("xpath=..").get_attribute("data-layer")
    shown = lambda: page.evaluate("(s) => getComputedStyle(document.querySelector(s)).display !== 'none'", f'{figure} .layer[data-layer="{layer}"]')  # noqa: E731
    button.focus()
    page.keyboard.press("Space")
    assert button.get_attribute("aria-pressed") == "false" and not shown()
    page.keyboard.press("Space")
    assert button.get_attribute("aria-pressed") == "true" and shown()


@pytest.mark.parametrize("lang", ["th", "en"])
def test_two_provinces_are_compared_and_the_address_keeps_the_pair(page_at, lang):
    page = page_at({"th": "compare.html", "en": "compare.en.html"}[lang])
    page.wait_for_selector("#compare table")
    chosen = page.locator("#compare select")
    assert chosen.count() == 2
    other = chosen.nth(1).locator("option").first
    chosen.nth(1).select_option(other.get_attribute("value"))
    name = other.text_content()
    page.locator("#compare thead th").nth(2).get_by_text(name, exact=True).wait_for()
    first, second = page.locator("#compare thead th").all_inner_texts()[1:3]
    assert second == name and name in page.text_content("#compare [role=status]")
    assert page.locator("#compare tbody tr:not(.group)").count() >= 3
    pair = page.url.rpartition("#")[2]
    page.click("a.language")
    page.wait_for_selector("#compare table")
    assert page.url.endswith(f"#{pair}") and first != page.locator("#compare thead th").nth(1).inner_text()


def test_values_of_a_province_are_walked_into_the_forecast_and_layers_switched(page_at):
    page = page_at("provinces/TH-50/index.html")
    figure = chart_id(page, "line")
    page.focus(f"{figure} .plot")
    page.keyboard.press("ArrowRight")
    first = row_text(page, figure, 0)
    said = page.text_content(f"{figure} [role=status]")
    assert said.startswith(first[0]) and all(text.strip() in said for text in first)
    page.keyboard.press("ArrowRight")
    assert page.text_content(f"{figure} [role=status]").startswith(row_text(page, figure, 1)[0])
    page.keyboard.press("Home")
    assert page.text_content(f"{figure} [role=status]") == said
    button = page.locator(f"{figure} .legend li.trend button")
    button.focus()
    page.keyboard.press("Enter")
    assert button.get_attribute("aria-pressed") == "false"
    assert page.locator(f"{figure} .layer.trend.off").count() == 1
