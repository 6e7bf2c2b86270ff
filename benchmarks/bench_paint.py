"""First paint of the pages on a throttled phone: CPU four times slower, and by http on a slow mobile network.

A tiny published run (`tests/browser/tiny.py`) is opened with an empty cache, 360 pixels wide. From a folder there is no
network to slow down: only the CPU is. Over http a round trip takes 150 ms and a second carries 200 kB, as Lighthouse's phone; once
from a server that sends files as they are, and once from one that compresses text (gzip), as web servers are set up to.
Medians of `ROUNDS`; needs Chromium and Playwright, and says so where they are missing.
"""

import functools
import gzip
import http.server
import io
import json
import shutil
import sys
import tempfile
import threading
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1]))

ROUNDS, SLOWER = 5, 4
NETWORK = {"offline": False, "latency": 150, "downloadThroughput": 1.6e6 / 8, "uploadThroughput": 750e3 / 8}
PAGES = ("index.html", "provinces/TH-50/index.html", "indicators/SI_POV_NAHC/index.html", "compare.html")
WATCH = """() => { window.seen = {shift: 0};
  new PerformanceObserver((list) => list.getEntries().forEach((e) => { seen[e.name] = e.startTime; })).observe({type: "paint", buffered: true});
  new PerformanceObserver((list) => list.getEntries().forEach((e) => { seen.largest = e.startTime; })).observe({type: "largest-contentful-paint", buffered: true});
  new PerformanceObserver((list) => list.getEntries().forEach((e) => { seen.shift += e.value; })).observe({type: "layout-shift", buffered: true}); }"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves without a line per request."""

    def log_message(self, *arguments):
        pass


class Compressing(Quiet):
    """Sends text compressed."""

    def send_head(self):
        path = Path(self.translate_path(self.path))
        if path.suffix not in (".html", ".css", ".js"):
            return super().send_head()
        sent = gzip.compress(path.read_bytes(), 6)
        self.send_response(200)
        for name, value in (("Content-Type", self.guess_type(str(path))), ("Content-Encoding", "gzip"), ("Content-Length", str(len(sent)))):
            self.send_header(name, value)
        self.end_headers()
        return io.BytesIO(sent)


def tell(name: str, value: float, unit: str, basis: str) -> None:
    """Print one figure as a line of JSON."""
    print(json.dumps({"name": name, "value": round(value, 3), "unit": unit, "basis": basis}))


def look(chromium, address: str, *, network: bool) -> dict:
    """Open a page once with an empty cache; return its times (ms) and its layout shift."""
    context = chromium.new_context(viewport={"width": 360, "height": 740}, device_scale_factor=2, is_mobile=True)
    page = context.new_page()
    tools = context.new_cdp_session(page)
    tools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    if network:
        tools.send("Network.enable")
        tools.send("Network.emulateNetworkConditions", NETWORK)
    page.add_init_script(f"({WATCH})()")
    page.goto(address)
    page.wait_for_selector("html[data-ready]", state="attached")
    page.evaluate("document.fonts.ready")
    page.wait_for_timeout(300)
    seen = page.evaluate("window.seen")
    context.close()
    return seen


def main() -> None:
    """Publish, open, tell."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        sys.exit("Chromium is missing: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    from sdg_eval.codelists import read_codelists
    from sdg_eval.publish import write_site
    from tests.browser.tiny import write_tiny_run

    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        folder = Path(place) / "run"
        record, runs = write_tiny_run(folder)
        write_site(folder, read_codelists(), record, runs)
        servers = [http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(kind, directory=str(folder))) for kind in (Quiet, Compressing)]
        for server in servers:
            threading.Thread(target=server.serve_forever, daemon=True).start()
        plain, compressed = (f"http://127.0.0.1:{server.server_port}" for server in servers)
        chromium = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu", "--disable-quic"])
        for way, home, network in (("folder", folder.as_uri(), False), ("http", plain, True), ("http, compressed", compressed, True)):
            for name in PAGES:
                rounds = [look(chromium, f"{home}/{name}", network=network) for _ in range(ROUNDS)]
                basis = f"median of {ROUNDS}, empty cache, CPU x{SLOWER} slower" + (", 150 ms and 1.6 Mbit/s" if network else ", no network")
                tell(f"first paint of {name} from {way}", median(r["first-contentful-paint"] for r in rounds) / 1000, "s", basis)
                tell(f"layout shift of {name} from {way}", median(r["shift"] for r in rounds), "score", basis)
        chromium.close()
        for server in servers:
            server.shutdown()


if __name__ == "__main__":
    main()
