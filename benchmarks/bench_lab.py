"""How long advisers wait, from `make lab` to the first view, for a change of province or series, and for every choice of a finding.

Usage: python benchmarks/bench_lab.py [--no-browser]. `make lab` is started as an adviser starts it, five times, and Debian's
Chromium is driven through it; the parts are told, and their sum. What is shown is compared with the functions beneath before
anything is timed, nothing may be asked of another machine, and no console error may come. One JSON line per figure.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from sdg_eval.explore import describe, multiverse, multiverse_of_area, open_desk, series_payload, view_of

ROOT = Path(__file__).parents[1]
AREA, SERIES = "TH-50", "SI_POV_NAHC"
TIMES = 5
STARTED = re.compile(r"http://(?:localhost|127\.0\.0\.1):\d+/lab/\S*token=\w+")
SHOWN = ".sdg-explorer[data-shown]"
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
REDRAW = """async ([selector, value]) => {
  const root = document.querySelector('.sdg-explorer'), control = root.querySelector(selector), before = root.dataset.draws, start = performance.now();
  if (value === null) control.dispatchEvent(new MouseEvent('click', { bubbles: true }));
  else { control.value = value; control.dispatchEvent(new Event('change', { bubbles: true })); }
  while (root.dataset.draws === before) await new Promise((done) => setTimeout(done, 1));
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)));
  return performance.now() - start;
}"""
"""Milliseconds from a click or a choice until the browser has painted what follows from it, the kernel's answer included."""


def seconds(act, times: int = TIMES) -> list[float]:
    """Return how long `act` took, each time."""
    found = []
    for _ in range(times):
        start = time.perf_counter()
        act()
        found.append(time.perf_counter() - start)
    return found


def tell(figure: str, times: list[float], basis: str = "") -> None:
    """Print the median of some times, and the 95th percentile where there are many."""
    ordered, n = sorted(times), len(times)
    spread = f"{ordered[0]:.3f} to {ordered[-1]:.3f}"
    say(figure, statistics.median(times), "s", f"{f'{basis}; ' if basis else ''}median of {n}, {spread}" if n > 1 else basis or "once")
    if n >= 12:
        say(f"{figure}, 95th percentile", ordered[int(0.95 * (n - 1) + 0.999)], "s", f"of {n}")


def say(name: str, value: float, unit: str, basis: str) -> None:
    print(json.dumps({"name": f"lab: {name}", "value": round(value, 4), "unit": unit, "basis": basis}), flush=True)


# ---------------------------------------------------------------- the browser


@contextmanager
def make_lab(config: Path, notebook: str):
    """Run `make lab` and yield the address it tells; what it started is ended with it."""
    log = config / "log"
    with log.open("w") as out:
        environment = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")}  # the browser is ours
        process = subprocess.Popen(["make", "lab", f"NOTEBOOK={notebook}"], cwd=ROOT, stdout=out, stderr=out, env=environment | {"JUPYTER_CONFIG_DIR": str(config)}, start_new_session=True)
    try:
        while not (found := STARTED.search(log.read_text())):
            if process.poll() is not None:
                raise SystemExit(f"make lab ended: {log.read_text()}")
            time.sleep(0.01)
        yield found[0]
    finally:
        os.killpg(process.pid, signal.SIGINT)
        time.sleep(0.3)
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def first_view(browser, config: Path, notebook: str, watch, use) -> dict[str, float]:
    """Return seconds of each part from `make lab` to the first view; `use(page)` goes on with the page."""
    start = time.perf_counter()
    with make_lab(config, notebook) as address:
        server = time.perf_counter()
        context = browser.new_context(viewport={"width": 1500, "height": 1200})
        context.set_default_timeout(120_000)
        page = context.new_page()
        watch(page, address)
        page.goto(address)
        page.wait_for_selector(".jp-Notebook .jp-Cell")
        opened = time.perf_counter()
        page.wait_for_selector("text=| Idle")
        ready = time.perf_counter()
        if page.locator(".jp-Dialog, .Toastify__toast").count() or page.locator(".sdg-explorer").count():
            raise SystemExit("a dialog or a message was shown, or something ran before it was asked to")
        page.click(".lm-MenuBar-item:has-text('Run')")
        page.wait_for_selector(".lm-Menu-item:has-text('Run All Cells')")
        run = time.perf_counter()
        page.locator(".lm-Menu-item", has_text="Run All Cells").first.click()
        page.wait_for_selector(SHOWN)
        page.wait_for_function("document.fonts.check('16px SarabunExplorer')")
        shown = time.perf_counter()
        use(page)
        context.close()
    return {"server": server - start, "page": opened - server, "kernel": ready - opened, "run_all_to_view": shown - run, "sum": (ready - start) + (shown - run)}


def check_view(page, desk) -> None:
    """Compare what the browser shows with the functions beneath; end the benchmark where they differ."""
    shown = page.get_attribute(".sdg-explorer", "data-shown")
    view = view_of(desk, AREA)
    payload = series_payload(desk, view.series, view.freq)
    rows = [r for r in desk.status[(desk.status["SERIES"] == view.series) & (desk.status["FREQ"] == view.freq)].itertuples()]
    counts = (page.locator("svg.trend circle.pt").count(), page.locator("[data-box=table] tbody tr").count(), page.locator(".tiles g").count())
    wanted = (len(payload["points"][AREA]), len(rows), len(desk.codelists.provinces))
    value = f"{payload['points'][AREA][-1][1]:,.{int(desk.codelists.series_row(view.series)['decimals'] or 1)}f}"
    if shown != f"{view.series}.{view.freq} {AREA} {view.period} th" or counts != wanted or value not in page.inner_text("[data-box=point]"):
        raise SystemExit(f"the view is wrong: {shown}, {counts} instead of {wanted}, {value}")


def browser_figures(desk) -> None:
    """Print the times of JupyterLab and of the explorer in Chromium."""
    from playwright.sync_api import sync_playwright

    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    place = ROOT / "reports" / "bench_lab"  # as deep as notebooks/explore: the notebook's own paths hold, and the tracked one is not saved over
    parts, redraws, faults, asked = [], {}, [], []

    def watch(page, address):
        own = address.split("/lab")[0]
        page.on("console", lambda m: faults.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda e: faults.append(str(e)))
        page.on("request", lambda r: asked.append(r.url) if not r.url.startswith((own, own.replace("http", "ws"), "data:", "blob:")) else None)

    def use(page):
        check_view(page, desk)
        if len(parts) == TIMES - 1:  # the last one goes on: every province and every series once, then every series again
            redraws["province"] = [page.evaluate(REDRAW, [f".tiles [data-area={code}]", None]) for code in desk.codelists.provinces]
            for name in ("series_first", "series_again"):
                redraws[name] = [page.evaluate(REDRAW, ["[data-control=series]", code]) for code in [*desk.series[1:], desk.series[0]]]
            check_series(page, desk)

    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    shutil.copy(ROOT / "notebooks" / "explore" / "explorer.ipynb", place)
    try:
        with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
            browser = playwright.chromium.launch(executable_path=chromium, args=QUIET)
            config = Path(folder)
            (config / "jupyter_server_config.py").write_text("c.ServerApp.allow_root = True\n")  # in a container there is no other user
            for _ in range(TIMES):
                parts.append(first_view(browser, config, "reports/bench_lab/explorer.ipynb", watch, use))
            browser.close()
    finally:
        shutil.rmtree(place)
    if faults or asked:
        raise SystemExit(f"console errors {faults}, requests elsewhere {asked}")
    for part in parts[0]:
        tell(f"make_lab_{part}", [p[part] for p in parts])
    for name, times in redraws.items():
        tell(f"redraw_{name}", [t / 1000 for t in times])
    say("console errors", len(faults), "errors", "all of the above")
    say("requests to elsewhere", len(asked), "requests", "all of the above")


def check_series(page, desk) -> None:
    """After all changes the browser shows the first series again, with its points."""
    code = desk.series[0]
    payload = series_payload(desk, code)
    areas = page.get_attribute(".sdg-explorer", "data-shown").split(" ")[1].split(",")
    if page.locator("svg.trend circle.pt").count() != sum(len(payload["points"].get(a, [])) for a in areas):
        raise SystemExit(f"{code}: the points shown are not those of {areas}")


# ---------------------------------------------------------------- the functions beneath


def main(arguments: list[str]) -> None:
    """Print every figure."""
    with tempfile.TemporaryDirectory() as keep:
        tell("open_desk_first", seconds(lambda: open_desk(keep=keep), 1))
        tell("open_desk_kept", seconds(lambda: open_desk(keep=keep)))
        desk = open_desk(keep=keep)
    tell("first_payload", seconds(lambda: (describe(desk), series_payload(desk, SERIES))))
    for question in ("trend", "progress"):
        found = multiverse(desk, SERIES, AREA, questions=[question]).table
        row = desk.national.trends if question == "trend" else desk.national.progress
        row = row[(row["SERIES"] == SERIES) & (row["REF_AREA"] == AREA)].iloc[0]
        ours = found[found["official"]].iloc[0]
        if ours["estimate"] != row["slope" if question == "trend" else "pace_ratio"] or len(found) < 500:
            raise SystemExit(f"{question}: the official specification is not the report's, or there are fewer than 500")
        tell(f"multiverse_{question}", seconds(lambda question=question: multiverse(desk, SERIES, AREA, questions=[question])), f"{len(found)} specifications")
    start = time.process_time()
    tell("multiverse_of_area", seconds(lambda: multiverse_of_area(desk, AREA), 1), f"{len(desk.series)} series; {time.process_time() - start:.1f} s of processor time")
    if "--no-browser" not in arguments:
        os.chdir(ROOT / "notebooks" / "explore")  # `latest` and the kept tables as the notebook sees them
        browser_figures(open_desk("latest", keep="../../reports/.desk"))


if __name__ == "__main__":
    main(sys.argv[1:])
