"""One browser and one tiny published site for all browser tests; every page opened is watched.

A page that logs an error, asks for anything outside its folder, or opens a dialog fails its test.
"""

import functools
import http.server
import shutil
import threading
from pathlib import Path

import pytest

from tests.browser.tiny import write_tiny_run

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
READY = "html[data-ready]"
"""Set by the site's script when it has run. (A condition in words would be evaluated, which the policy refuses.)"""
BIG_STEP = 15_000
"""Milliseconds after which a step has hung: well above what a busy machine needs."""


@pytest.fixture(scope="package")
def far():
    """A server that plays the host that payloads call; returns the list of what arrived there."""
    arrived = []

    class Far(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            arrived.append(self.path)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *arguments):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Far)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield arrived, server.server_port
    server.shutdown()


@pytest.fixture(scope="package")
def browser(far):
    """A headless Chromium of the system, shared by all tests here; the host of the payloads is the server above."""
    if CHROMIUM is None:
        pytest.skip("Chromium is missing: apt-get install chromium")
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is missing: pip install -e .[dev]")
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=CHROMIUM, args=[*QUIET, f"--host-resolver-rules=MAP far.invalid 127.0.0.1:{far[1]}"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="package")
def run_results(tmp_path_factory):
    """Folder, record and runs of a tiny run, before anything is published from it."""
    folder = tmp_path_factory.mktemp("browser") / "run"
    return folder, *write_tiny_run(folder)


@pytest.fixture(scope="package")
def site(run_results, codelists) -> Path:
    """The published site of the tiny run."""
    from sdg_eval.publish import write_site

    folder, record, runs = run_results
    write_site(folder, codelists, record, runs)
    return folder


@pytest.fixture(scope="package")
def served(site):
    """Return the address under which the site is served by http."""
    handler = functools.partial(_Quiet, directory=str(site))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


class Watched:
    """A page with what it said and asked for."""

    def __init__(self, browser, **options):
        self.context = browser.new_context(**({"viewport": {"width": 1200, "height": 900}} | options))
        self.context.set_default_timeout(BIG_STEP)
        self.page = self.context.new_page()
        self.said, self.asked, self.dialogs = [], [], []
        self.page.on("console", lambda message: self.said.append(message.text) if message.type in ("error", "warning") else None)
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("dialog", self._dismiss)

    def _dismiss(self, dialog):
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def open(self, address):
        """Go to a page and wait until its script has run and its font is there."""
        self.page.goto(address if isinstance(address, str) else address.as_uri())
        self.page.wait_for_selector(READY, state="attached")
        self.page.evaluate("document.fonts.ready")
        return self.page

    def left(self, home: str) -> list[str]:
        """Requests that went elsewhere than below `home`."""
        return [url for url in self.asked if not url.startswith((home, "data:"))]


@pytest.fixture
def watch(browser, site):
    """Return a function that opens a watched page; afterwards none may have complained, called or asked."""
    opened = []

    def start(**options) -> Watched:
        opened.append(Watched(browser, **options))
        return opened[-1]

    yield start
    for watched in opened:
        watched.context.close()
        assert watched.said == []
        assert watched.dialogs == []
        assert watched.left(site.as_uri()) == []


@pytest.fixture
def page_at(watch, site):
    """Return a function: address within the site -> page, opened from its folder."""
    return lambda name, **options: watch(**options).open(f"{site.as_uri()}/{name}")
