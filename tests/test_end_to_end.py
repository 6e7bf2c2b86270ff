"""The main job as its users meet it: commands in, exit codes, files and messages out."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from tests.counts import FULL, report
from tests.machine_names import machine_words, told_of_machine
from tests.official import compare_with_report

ROOT = Path(__file__).parents[1]


SOME = [part for number in ("10", "20", "40", "41", "60", "61", "90") for part in ("--notebook", number)]
"""One notebook of each kind: `.ci/run` evaluates with all of them, on the sample and on the real files."""


def sdg_eval(*arguments, cwd=ROOT, env=None):
    command = [sys.executable, "-m", "sdg_eval", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, env=os.environ | (env or {}))


def fingerprint(folder: Path) -> dict:
    return {
        str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


@pytest.fixture(scope="module")
def small_store(shared, tmp_path_factory):
    """A store that holds one real file."""
    store = tmp_path_factory.mktemp("small") / "store"
    done = sdg_eval("import", shared / "data/nesdc-econvis/tha_human_achievement_index.csv", "--store", store)
    assert done.returncode == 0, done.stderr
    return store


@pytest.fixture(scope="module")
def real_store(shared, tmp_path_factory):
    """All real files, imported as `make evaluate RAW=` does."""
    store = tmp_path_factory.mktemp("real") / "store"
    done = sdg_eval("import", shared / "data", "--store", store)
    assert done.returncode == 0, done.stderr
    return store


@pytest.fixture(scope="module")
def sample_run(tmp_path_factory):
    """Two provinces of the synthetic sample, evaluated as `make evaluate` does."""
    out = tmp_path_factory.mktemp("sample") / "reports"
    done = sdg_eval("evaluate", "--provinces", "TH-50,TH-83", "--out", out, "--run", "one", "--report-year", "2569", "--quarter", "2567Q2", *SOME)
    assert done.returncode == 0, done.stdout + done.stderr
    return out, done


def test_a_run_ends_with_its_count_and_the_address_of_the_index(sample_run):
    out, done = sample_run
    assert "2 of 2 provinces" in done.stdout
    assert (out / "one" / "index.html").resolve().as_uri() in done.stdout
    assert (out / "latest" / "index.html").read_bytes() == (out / "one" / "index.html").read_bytes()
    runs = pd.read_csv(out / "one" / "runs.csv")
    assert set(runs["status"]) == {"done"}
    assert set(runs["data_hash"].str.len()) == {64}
    assert runs["parameters"].str.contains('"REPORT_YEAR": 2026').all()


def test_every_page_says_synthetic_asks_nothing_of_the_net_and_has_text_for_every_picture(sample_run):
    run = sample_run[0] / "one"
    pages = [p for p in run.rglob("*.html")]
    listed = {name for name in json.loads((run / "assets/pages.json").read_text(encoding="utf-8")) if name.endswith(".html")}
    audit = {p.relative_to(run).as_posix() for p in pages if p.name == "notebook.html"}
    assert {p.relative_to(run).as_posix() for p in pages} == listed | audit and len(audit) == 2 + 2 + 2 + 2 + 3  # provinces, quarters, peers, pilots, national
    assert {"index.html", "effects.html", "provinces/TH-50/index.html", "quarters/TH-83/index.en.html", "goals/17/index.html", "indicators/SI_POV_NAHC/index.html"} <= listed
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert ("ข้อมูลสังเคราะห์" in text) or ("Synthetic data" in text), page
        loads = re.findall(r"""(?:src|href)\s*=\s*["']([^"']+)["']""", re.sub(r"<a [^>]*>", "", text))
        assert [a for a in loads if re.match(r"(https?:)?//", a)] == [], page
    for page in [*run.glob("provinces/*/index*.html"), *run.glob("quarters/*/index*.html")]:
        text = page.read_text(encoding="utf-8")
        assert "default-src 'none'" in text
        for image in re.findall(r"<img [^>]*>", text):
            assert re.search(r'alt="[^"]{20,}"', image), image
            assert (page.parent / re.search(r'src="([^"]+)"', image)[1]).is_file(), image
        assert "quarters" in page.parts or len(re.findall("<details>", text)) >= 17


def test_a_finished_run_is_proved_adds_up_and_names_no_machine(sample_run):
    out, _ = sample_run
    done = sdg_eval("verify", "--out", out)
    assert done.returncode == 0 and "Sound: " in done.stdout, done.stdout
    shown = json.loads(sdg_eval("runs", "show", "one", "--out", out, "--json").stdout)
    assert shown["complete"] and shown["totals"]["planned"] == shown["totals"]["done"] == len(pd.read_csv(out / "one" / "runs.csv"))
    page = (out / "one" / "runs.html").read_text(encoding="utf-8")
    links = re.findall(r'href="([^"#]+notebook.html)"', page)
    assert len(links) == shown["totals"]["planned"] and all((out / "one" / link).is_file() for link in links)
    assert told_of_machine(out / "one", [*machine_words(), str(out)]) == []


def test_a_year_stands_once_in_a_table_of_values(sample_run):
    """Groups (poverty in and out of towns) have the same years; the table under a chart is of all people."""
    page = (sample_run[0] / "one/provinces/TH-50/index.html").read_text(encoding="utf-8")
    card = page[page.index('id="SI_POV_NAHC.A"') :]
    table = card[card.index('<details class="data">') : card.index("</figure>")]
    rows = re.findall(r'<tr><th scope="row">([^<]*\d{4})</th>(.*?)</tr>', table)
    years = [year for year, rest in rows if "observations.csv" in rest]  # a forecast names no file
    assert len(rows) > len(years)
    assert len(years) >= 8 and len(years) == len(set(years))


def test_thai_and_english_pages_hold_the_same_numbers(sample_run):
    place = sample_run[0] / "one" / "provinces" / "TH-50"
    text = json.loads((place / "text.json").read_text(encoding="utf-8"))
    assert set(text["th"]) == set(text["en"])
    for result, thai in text["th"].items():
        if result == "headline" or result.startswith("goal."):
            continue
        slopes = [set(re.findall(r"−?\d[\d,]*\.\d+", t)) for t in (thai, text["en"][result])]
        assert slopes[0] == slopes[1], result


def test_the_same_command_again_keeps_what_is_done(sample_run):
    out, _ = sample_run
    before = fingerprint(out / "one" / "provinces")
    done = sdg_eval("evaluate", "--provinces", "TH-50,TH-83", "--out", out, "--run", "one", "--report-year", "2026", "--quarter", "2567Q2", *SOME)
    assert done.returncode == 0
    assert set(pd.read_csv(out / "one" / "runs.csv")["status"]) == {"kept"}
    assert fingerprint(out / "one" / "provinces") == before


def test_the_same_inputs_give_the_same_tables_and_figures(sample_run, tmp_path):
    """With another number of workers, order, time zone, locale and order of hashes; the full count takes every notebook of five provinces."""
    one, areas, some = sample_run[0] / "one", ["TH-83"], [part for number in ("10", "20", "41", "61") for part in ("--notebook", number)]
    if FULL:
        one, areas, some = tmp_path / "one", ["TH-10", "TH-38", "TH-50", "TH-83", "TH-96"], []
        done = sdg_eval("evaluate", "--provinces", ",".join(areas), "--out", tmp_path, "--run", "one", "--report-year", "2026", "--jobs", "1", "--quarter", "2567Q2")
        assert done.returncode == 0, done.stdout + done.stderr
    done = sdg_eval(
        "evaluate", "--provinces", ",".join(areas[::-1]), "--out", tmp_path, "--run", "two", "--report-year", "2026", "--jobs", 8 if FULL else 1, "--quarter", "2567Q2", *some,
        env={"TZ": "Asia/Bangkok", "PYTHONHASHSEED": "7", "LC_ALL": "C.UTF-8"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    kinds = ("provinces", "quarters", "peers", "pilots")
    pairs = [(one / kind / area, tmp_path / "two" / kind / area) for area in areas for kind in kinds] + ([(one / "national", tmp_path / "two" / "national")] if FULL else [])
    compared = sum(same_results(*pair) for pair in pairs if any(place.exists() for place in pair))
    for area in areas:
        assert (one / "provinces" / area / "index.html").read_bytes() == (tmp_path / "two/provinces" / area / "index.html").read_bytes(), area
    report("S21", f"{compared} tables, texts and figures of {len(areas)} provinces are the same bytes with other workers, order, time zone, locale and hash seed")


def same_results(one: Path, other: Path) -> int:
    """How many tables, texts and figures both folders hold; they must be the same files with the same bytes."""
    found = [{name: digest for name, digest in fingerprint(place).items() if name.endswith((".csv", ".parquet", ".svg", "text.json", "peers.json", "effect.json"))} for place in (one, other)]
    assert found[0] == found[1], sorted(name for name in found[0].keys() | found[1].keys() if found[0].get(name) != found[1].get(name))[:5]
    assert found[0]
    return len(found[0])


def test_a_province_that_fails_gets_a_page_and_the_others_stand(tmp_path):
    table = pd.read_csv(ROOT / "data/sample/observations.csv", dtype=str)
    table = table[table["SERIES"].isin(["SE_TOT_CPLR", "SI_POV_NAHC", "EN_ATM_PM25", "TH_POP_DOPA"])]
    mine = (table["REF_AREA"] == "TH-57") & (table["SERIES"] == "SE_TOT_CPLR")
    # a source that no codelist knows: this province's page cannot name it, so its run must fail
    table.loc[mine, "source"] = "nobody"
    table.to_csv(tmp_path / "observations.csv", index=False)
    done = sdg_eval("evaluate", "--store", tmp_path / "observations.csv", "--provinces", "TH-57,TH-50", "--out", tmp_path / "r", "--run", "x", "--notebook", "10", "--notebook", "90")
    assert done.returncode == 4, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    runs = pd.read_csv(tmp_path / "r/x/runs.csv")
    own = runs[runs["notebook"] == "10_province_evaluation"].set_index("REF_AREA")["status"]
    assert own.to_dict() == {"TH-50": "done", "TH-57": "failed"}
    assert set(runs.loc[runs["notebook"] != "10_province_evaluation", "status"]) == {"done"}  # what is about all goes on
    page = (tmp_path / "r/x/provinces/TH-57/index.html").read_text(encoding="utf-8")
    assert "nobody" in page
    assert "ยังไม่มีผลการประเมิน" in page
    assert "1 / 2" in re.sub("<[^>]+>", "", (tmp_path / "r/x/index.html").read_text(encoding="utf-8"))
    assert not (tmp_path / "r/latest").exists()


def test_a_second_run_in_the_same_folder_is_refused_by_the_lock(tmp_path):
    from sdg_eval.batch.lock import run_lock

    with run_lock(tmp_path / "r" / "sample"):
        done = sdg_eval("evaluate", "--provinces", "TH-50", "--out", tmp_path / "r")
    assert done.returncode == 6
    assert "another run holds the lock" in done.stderr


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("in the way")
    done = sdg_eval("evaluate", "--provinces", "TH-50", "--out", tmp_path / "file" / "r")
    assert done.returncode == 7
    assert "Give another folder" in done.stderr


def refused(done, name):
    message = done.stderr + done.stdout
    assert done.returncode == 3, message
    assert name in " ".join(message.split())
    assert "Traceback" not in message
    return " ".join(message.split())


def test_an_unknown_file_is_refused_by_name_and_the_store_stays(small_store, tmp_path):
    before = fingerprint(small_store)
    file = tmp_path / "unknown.csv"
    file.write_text("colour,shape\nred,round\n")
    refused(sdg_eval("import", file, "--store", small_store), "unknown.csv")
    assert fingerprint(small_store) == before


def test_a_truncated_zip_is_refused_with_the_remedy_and_the_store_stays(small_store, shared, tmp_path):
    before = fingerprint(small_store)
    file = tmp_path / "dengue.zip"
    whole = (shared / "data/opendengue/Spatial_extract_SEARO_V1_3.zip").read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    message = refused(sdg_eval("import", file, "--store", small_store), "dengue.zip")
    assert "download" in message.lower()
    assert fingerprint(small_store) == before


def test_a_workbook_with_a_missing_sheet_is_refused_and_the_store_stays(small_store, shared, tmp_path):
    before = fingerprint(small_store)
    file = tmp_path / "tourism.xlsx"
    book = openpyxl.load_workbook(shared / "data/mots-tourism-monthly/Tourism_Data_year_2567.xlsx")
    del book[book.sheetnames[3]]
    book.save(file)
    message = refused(sdg_eval("import", file, "--store", small_store), "tourism.xlsx")
    assert "sheet" in message.lower()
    assert fingerprint(small_store) == before


def test_importing_the_same_file_again_adds_nothing(small_store, shared):
    before = fingerprint(small_store)
    done = sdg_eval("import", shared / "data/nesdc-econvis/tha_human_achievement_index.csv", "--store", small_store)
    assert done.returncode == 0
    assert fingerprint(small_store) == before


def test_a_folder_with_a_stranger_goes_on_and_lists_it(shared, tmp_path):
    folder = tmp_path / "downloads"
    folder.mkdir()
    shutil.copy(shared / "data/nesdc-econvis/tha_human_achievement_index.csv", folder)
    (folder / "holiday.txt").write_text("see you")
    with zipfile.ZipFile(folder / "photos.zip", "w") as archive:
        archive.writestr("photo.jpg", b"\xff\xd8\xff")
    done = sdg_eval("import", folder, "--store", tmp_path / "store")
    assert done.returncode == 0, done.stderr
    assert "holiday.txt" in done.stdout + done.stderr
    assert "photos.zip" in done.stdout + done.stderr


def test_facts_of_the_real_files_stand_in_the_store(real_store, codelists):
    from sdg_eval.derive import with_derived
    from sdg_eval.store import read_observations

    table = with_derived(read_observations(real_store), codelists)
    deaths = table[table["SERIES"] == "TH_ROAD_DEATHS"]
    assert len(deaths) == 77 * 5
    moved = deaths["flags"].str.extract(r"nearest_province:(\d+)")[0].astype(float).fillna(0)
    inside = (deaths["OBS_VALUE"] - moved).groupby(deaths["TIME_PERIOD"]).sum()
    assert inside.tolist() == [2704, 2595, 2799, 2954, 2750]
    assert (moved.sum(), deaths["OBS_VALUE"].sum()) == (88, 13_890)
    rates = table[table["SERIES"] == "TH_ROAD_DEATH_RATE"]
    assert len(rates) == 77 * 5  # population of 2022, carried to 2021-2025
    assert rates.loc[rates["TIME_PERIOD"] == "2025", "flags"].str.contains("denominator_carried:3").all()
    dengue = table[(table["SERIES"] == "TH_DENGUE_CASES") & (table["FREQ"] == "M")]
    assert len(dengue) == 27_024
    share = table[(table["SERIES"] == "NV_IND_MANF") & (table["TIME_PERIOD"] == "2020")].set_index("REF_AREA")
    assert share.loc["TH-83", "OBS_VALUE"] == pytest.approx(2.8, abs=0.05)
    assert share.loc["TH-25", "OBS_VALUE"] == pytest.approx(75.0, abs=0.05)
    months = table[(table["SERIES"] == "TH_TOUR_VISITORS") & (table["FREQ"] == "M")]
    assert len(months) == 24 * 77
    bueng_kan = table[(table["REF_AREA"] == "TH-38") & (table["TIME_PERIOD"].str[:4].astype(int) < 2011)]
    assert bueng_kan.empty, bueng_kan[["SERIES", "TIME_PERIOD"]].drop_duplicates().to_string()


@pytest.fixture(scope="module")
def real_run(real_store, tmp_path_factory):
    """Two provinces of the real files, evaluated."""
    out = tmp_path_factory.mktemp("real_run") / "reports"
    done = sdg_eval(
        "evaluate", "--store", real_store, "--provinces", "TH-50,TH-38", "--out", out,
        "--run", "real", "--jobs", "2", "--notebook", "10", "--notebook", "90",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return out / "real"


def test_real_provinces_are_evaluated_in_thai_and_english(real_run):
    run = real_run
    status = pd.read_csv(run / "runs.csv")
    assert set(status["status"]) == {"done"}
    for page, word in [("index.html", "เชียงใหม่"), ("index.en.html", "Chiang Mai")]:
        text = (run / "provinces/TH-50" / page).read_text(encoding="utf-8")
        assert word in text
        assert "http://" not in text.replace("http://www.w3.org", "")
    assert (run.parent / "latest" / "index.html").exists()


def test_explorer_and_workbench_say_of_official_data_what_the_report_says(real_run):
    """Every evaluated series of a province: shown by the explorer, and as the official choice of the workbench."""
    counts = compare_with_report(real_run, "TH-50")
    report("official specification", f"series of TH-50 equal to the report: trend {counts['trend']}, progress {counts['progress']}, shown {counts['shown']}")
    assert counts["trend"] == counts["shown"] >= 20 and counts["progress"] >= 2


def test_a_wrong_province_or_parameter_stops_before_anything_is_written(tmp_path):
    for arguments in (["--provinces", "TH-99"], ["-p", "CONFIDANCE=0.9"], ["-p", "CONFIDENCE=high"]):
        done = sdg_eval("evaluate", *arguments, "--out", tmp_path / "reports")
        assert done.returncode == 2, done.stdout + done.stderr
        assert not (tmp_path / "reports").exists()
