"""The policy in a real browser, from a folder and by http: what is planted does not run, and asks for nothing."""

import re

import pytest

from tests.browser.conftest import READY, Watched
from tests.payloads import FAR, PAYLOADS

RUNS = [p for p in PAYLOADS if "refresh" not in p]
"""A page that is sent elsewhere at once cannot be looked at; the escaping keeps out such a tag (test_hostile)."""
PLANTED = f"""
<script>document.title = "ran"</script><b id="hit" onclick="document.title = 'ran'">x</b><a id="go" href="javascript:document.title='ran'">x</a>
<form id="form" action="{FAR}/form"></form><script src="planted.js"></script><script type="module" src="planted.js"></script><iframe src="planted.html"></iframe>
<p id="styled" style="color: rgb(1, 2, 3)">x</p>""" + "".join(RUNS)
TRY = """() => {
  for (const id of ["hit", "go"]) document.getElementById(id).click();
  document.getElementById("form").submit();
  const tried = {};
  try { setTimeout("document.title = 'ran'", 0); } catch (error) { }
  try { document.createElement("p").innerHTML = "<b>x</b>"; tried.html = "set"; } catch (error) { tried.html = "refused"; }
  for (const name of ["https://far.invalid/x.js", "../x.js", "//far.invalid/x.js", "data:text/javascript,1", "compare/../x.js"]) {
    try { sdgLoad(name); tried[name] = "let in"; } catch (error) { tried[name] = "refused"; }
  }
  return tried;
}"""


@pytest.fixture
def planted(site):
    """A page of the site with live payloads in it, as if escaping had failed everywhere; removed afterwards."""
    text = (site / "goals" / "index.html").read_text(encoding="utf-8")
    pages = {"planted": text.replace("</main>", PLANTED + "</main>"), "bare": re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", text).replace("</main>", PLANTED + "</main>")}
    for name, page in pages.items():
        (site / "goals" / f"{name}.html").write_text(page, encoding="utf-8")
    (site / "goals" / "planted.js").write_text('document.title = "ran";', encoding="utf-8")
    yield
    for name in ("planted.html", "bare.html", "planted.js"):
        (site / "goals" / name).unlink()


@pytest.mark.parametrize("way", ["folder", "http"])
def test_nothing_planted_runs_and_nothing_is_asked_of_outside(browser, far, site, served, planted, way):
    home = {"folder": site.as_uri(), "http": served}[way]
    far[0].clear()
    watched = Watched(browser)
    page = watched.page
    page.goto(f"{home}/goals/planted.html")
    page.wait_for_selector(READY, state="attached")
    tried = page.evaluate(TRY)
    page.wait_for_timeout(300)
    assert watched.dialogs == [] and page.title() != "ran"
    assert set(tried.values()) == {"refused"}
    assert page.evaluate("getComputedStyle(document.getElementById('styled')).color") != "rgb(1, 2, 3)"
    assert page.evaluate("[...document.querySelectorAll('iframe')].every((f) => !f.contentDocument || !f.contentDocument.title)")
    assert page.url == f"{home}/goals/planted.html" and page.evaluate("document.baseURI").startswith(home)
    assert far[0] == []
    watched.context.close()


def test_the_traps_catch_what_the_policy_holds_back(browser, far, site, planted):
    far[0].clear()
    watched = Watched(browser)
    watched.page.goto(f"{site.as_uri()}/goals/bare.html")
    watched.page.wait_for_timeout(200)
    assert watched.dialogs and watched.page.title() == "ran"
    assert {"/x.js", "/i.png", "/c.css", "/m.css", "/p"} <= set(far[0])
    watched.context.close()


def test_from_a_server_the_pages_work_the_same(browser, served):
    watched = Watched(browser)
    page = watched.open(f"{served}/index.html")
    page.fill("#search", "เชียงใหม่")
    page.wait_for_selector("#hits [role=option]")
    assert watched.said == [] and watched.left(served) == []
    watched.context.close()
