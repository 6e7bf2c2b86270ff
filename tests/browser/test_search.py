"""Search in a real browser: Thai and English, with marks missing, by keyboard alone."""

import pytest


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("เชียงใหม่", "เชียงใหม่"), ("เชียงใหม", "เชียงใหม่"), ("เชยงใหม่", "เชียงใหม่"), ("CHIANG MAI", "เชียงใหม่"), ("chiangmai", "เชียงใหม่"), ("จังหวัดภูเก็ต", "ภูเก็ต"), ("จ.ภูเกต", "ภูเก็ต"),
        ("กทม", "กรุงเทพมหานคร"), ("TH-83", "ภูเก็ต"), ("th83", "ภูเก็ต"), ("เป้าหมายที่ 13", "การรับมือการเปลี่ยนแปลงสภาพภูมิอากาศ"), ("goal 13", "การรับมือการเปลี่ยนแปลงสภาพภูมิอากาศ"), ("sdg13", "การรับมือการเปลี่ยนแปลงสภาพภูมิอากาศ"), ("๑๓", "การรับมือการเปลี่ยนแปลงสภาพภูมิอากาศ"),
        ("1.2.1", "สัดส่วนประชากรที่อยู่ต่ำกว่าเส้นความยากจนของประเทศ"), ("เส้นความยากจน", "สัดส่วนประชากรที่อยู่ต่ำกว่าเส้นความยากจนของประเทศ"), ("drinking water", "สัดส่วนประชากรที่ใช้บริการน้ำดื่มที่ได้รับการจัดการอย่างปลอดภัย"), ("นํ้าดื่ม", "สัดส่วนประชากรที่ใช้บริการน้ำดื่มที่ได้รับการจัดการอย่างปลอดภัย"),
    ],
)  # fmt: skip
def test_what_is_meant_comes_first(page_at, searcher, query, first):
    assert searcher(query)[0] == first


@pytest.fixture(scope="module")
def searcher(browser, site):
    """Return a function: query -> names found; one page serves all queries."""
    from tests.browser.conftest import Watched

    watched = Watched(browser)
    page = watched.open(f"{site.as_uri()}/goals/index.html")
    assert not any("search.js" in url for url in watched.asked)  # the index is loaded on first use only
    page.focus("#search")

    def find(query: str) -> list[str]:
        page.fill("#search", "")
        page.fill("#search", query)
        page.locator("#found:not(:empty)").wait_for(state="attached")
        return page.locator("#hits .name").all_inner_texts()

    yield find
    assert watched.said == [] and any("search.js" in url for url in watched.asked) and watched.left(site.as_uri()) == []
    watched.context.close()


def test_what_is_nowhere_is_said_to_be_nowhere(searcher):
    assert searcher("ฮฮฮฮฮฮ") == [] and searcher("zzzzqq") == []


def test_search_by_keyboard_alone(page_at):
    page = page_at("index.html")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "search"
    page.keyboard.type("เป้าหมาย")
    page.wait_for_selector("#hits [role=option]")
    box = page.locator("#search")
    assert box.get_attribute("aria-expanded") == "true" and box.get_attribute("aria-activedescendant") is None
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    active = box.get_attribute("aria-activedescendant")
    assert page.locator(f"#{active}").get_attribute("aria-selected") == "true"
    assert page.locator("#hits [aria-selected=true]").count() == 1
    page.keyboard.press("ArrowUp")
    assert box.get_attribute("aria-activedescendant") == "hit-0"
    page.keyboard.press("Escape")
    assert page.locator("#hits").is_hidden() and box.input_value() == "" and box.get_attribute("aria-expanded") == "false"
    page.keyboard.type("ภูเก็ต")
    page.wait_for_selector("#hits [role=option]")
    page.keyboard.press("Enter")
    page.wait_for_url("**/provinces/TH-83/index.html")


def test_an_english_page_finds_thai_words_and_opens_english_pages(page_at):
    page = page_at("goals/1/index.en.html")
    page.fill("#search", "ภูเก็ต")
    page.wait_for_selector("#hits [role=option]")
    assert page.locator("#hits .name").first.inner_text() == "Phuket"
    page.locator("#hits [role=option]").first.click()
    page.wait_for_url("**/provinces/TH-83/index.en.html")


def test_a_letter_typed_into_a_field_stays_there(page_at):
    page = page_at("compare.html")
    page.locator("#compare select").first.focus()
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") != "search"
