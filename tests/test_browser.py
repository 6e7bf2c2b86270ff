"""The site in a real browser, opened from the folder: it shows, and it asks nothing of the net."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
QUIET = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-default-apps",
]  # fmt: skip

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is missing: apt-get install chromium")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """One coastal province of the sample."""
    out = tmp_path_factory.mktemp("browser")
    command = [sys.executable, "-m", "sdg_eval", "evaluate", "--provinces", "TH-83", "--out", str(out), "--run", "x", *(part for number in ("10", "20", "90") for part in ("--notebook", number))]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return out / "x"


def opened(page: Path, folder: Path, width: int, height: int = 2400):
    """Open a page; return its picture as an array and the addresses that were asked for."""
    picture, log = folder / "page.png", folder / "net.json"
    arguments = [f"--window-size={width},{height}", f"--screenshot={picture}", f"--log-net-log={log}"]
    profile = f"--user-data-dir={folder / 'profile'}"
    subprocess.run([CHROMIUM, *QUIET, *arguments, profile, page.as_uri()], check=True, capture_output=True, timeout=120)
    from matplotlib.image import imread

    text = log.read_text(encoding="utf-8", errors="replace")
    events = json.loads(text if text.rstrip().endswith("}") else text.rstrip().rstrip(",") + "]}")["events"]
    # the browser calls home by itself; what a page asks for has an origin that began it
    jobs = [e["params"] for e in events if "initiator" in e.get("params", {})]
    asked = {j["url"] for j in jobs if re.match(r"(https?|wss?):", j["url"]) and j["initiator"] != "not an origin"}
    return imread(picture), asked


def test_the_trap_catches_a_page_that_asks(tmp_path):
    page = tmp_path / "asks.html"
    page.write_text('<img src="http://fonts.example.invalid/x.png">', encoding="utf-8")
    assert opened(page, tmp_path, 400, 400)[1] == {"http://fonts.example.invalid/x.png"}


@pytest.mark.parametrize("name", ["index.html", "index.en.html", "runs.html", "provinces/TH-83/index.html", "provinces/TH-83/notebook.html", "quarters/TH-83/index.html"])
def test_a_page_asks_nothing_of_the_net(run, tmp_path, name):
    _, asked = opened(run / name, tmp_path, 1200)
    assert asked == set()


@pytest.mark.parametrize("width", [390, 1200])
def test_charts_and_styles_show_from_the_folder_at_every_width(run, tmp_path, width):
    picture, _ = opened(run / "provinces/TH-83/index.html", tmp_path, width, 4200)
    colours = {tuple(c) for c in (picture[:, :, :3].reshape(-1, 3) * 255).round().astype(int)[::7]}
    assert (122, 31, 92) in colours  # the band that says synthetic: the style sheet is read
    assert (11, 83, 148) in colours  # the trend line: the charts are shown
    edge = picture[:, -3:, :3]
    band = (np.abs(edge * 255 - [122, 31, 92]) < 3).all(axis=2)
    assert ((edge > 0.99).all(axis=2) | band).mean() > 0.97  # nothing runs out of the page
