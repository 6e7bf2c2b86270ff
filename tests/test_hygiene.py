"""Nothing that is handed out names a machine, a folder of it, or a person: committed notebooks, and the folders of runs."""

import json
import re
import sys
import tempfile
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from sdg_eval.batch.execute import run_job
from sdg_eval.batch.hygiene import HOME, PYTHON, SUITE, TEMPORARY, clean_outputs, without_machine
from sdg_eval.batch.plan import Job
from tests.conftest import ROOT
from tests.machine_names import FOLDERS, machine_words, told_of_machine

NOTEBOOKS = sorted(p for p in (ROOT / "notebooks").rglob("*.ipynb") if ".ipynb_checkpoints" not in p.parts)
SECRETS = r"(?i)(?<![a-z])(?:ghp_\w{20,}|glpat-[\w-]{15,}|sk-[a-z0-9]{20,}|AKIA[0-9A-Z]{16}|xox[bp]-[\w-]{10,}|-----BEGIN [A-Z ]*PRIVATE KEY|(?:password|passwd|secret|token|api_?key)\s*[=:]\s*['\"][^'\"]{6,})"


# ---------------------------------------------------------------- committed notebooks


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_a_committed_notebook_names_no_machine_no_person_and_no_secret(path):
    text = path.read_text(encoding="utf-8")
    assert not re.search(FOLDERS, text) and not re.search(SECRETS, text)
    assert not [word for word in machine_words() if word in text]
    book = json.loads(text)
    assert set(book["metadata"]) <= {"kernelspec", "language_info", "title"} and book["metadata"]["kernelspec"]["name"] == "python3"
    assert not any(set(cell["metadata"]) - {"tags"} for cell in book["cells"])  # no times, no papermill, no widgets


@pytest.mark.parametrize("text", ["/home/somchai/x.csv", "see /Users/nok", 'open("/tmp/a")', "C:\\\\Users\\\\nok", "at /mnt/reports/notebooks"])
def test_a_folder_of_a_machine_is_seen(text):
    assert re.search(FOLDERS, text)


@pytest.mark.parametrize("text", ["../../national", "https://www.w3.org/TR/home/x", "a/tmp/b", "<home>/x", "provinces/TH-50/usr/x"])
def test_a_relative_path_or_an_address_is_none(text):
    assert not re.search(FOLDERS, text)


@pytest.mark.parametrize("text", ["token = 'abcdefgh12'", "ghp_" + "a" * 30, "-----BEGIN RSA PRIVATE KEY"])
def test_a_secret_is_seen(text):
    assert re.search(SECRETS, text)


# ---------------------------------------------------------------- words for folders


def test_folders_become_words_and_the_nearer_one_wins(monkeypatch, tmp_path):
    job, run = tmp_path / "r" / "x" / ".TH-50.a1.tmp", tmp_path / "r" / "x"
    text = f"{ROOT}/sdg_eval/trends.py:12: {job}/figures, {run}/national; {Path.home()}/notes '{tempfile.gettempdir()}' {sys.prefix}/lib"
    said = without_machine(text, {job: ".", run: "<run>"})
    assert said.startswith(f"{SUITE}/sdg_eval/trends.py:12: ./figures, <run>/national; {HOME}/notes '{TEMPORARY}' {PYTHON}/lib")
    assert without_machine(f"{ROOT}more/x", {}) == f"{ROOT}more/x" or str(ROOT).startswith(tempfile.gettempdir())  # another folder, whose name begins alike


def test_every_kind_of_output_is_cleaned():
    place = f"{ROOT}/sdg_eval/a.py"
    outputs = [
        new_output("stream", name="stderr", text=f"{place}:1: RuntimeWarning"),
        new_output("error", ename="E", evalue=place, traceback=["one", f"File {place}:3"]),
        new_output("display_data", data={"text/plain": place, "text/html": f"<p>{place}</p>", "image/png": "iVBOR"}),
    ]
    book = new_notebook(cells=[new_markdown_cell("x"), new_code_cell("y", outputs=outputs)])
    clean_outputs(book)
    assert str(ROOT) not in nbformat.writes(book) and nbformat.writes(book).count(f"{SUITE}/sdg_eval/a.py") == 5


# ---------------------------------------------------------------- run folders

LOUD = """import json, os, sys, warnings
import pandas as pd
from sdg_eval.thai import to_ce
print(os.getcwd(), to_ce.__code__.co_filename, os.path.expanduser('~'))
warnings.warn_explicit('odd', RuntimeWarning, to_ce.__code__.co_filename, 12)
os.write(2, f'the kernel says {os.getcwd()} {sys.prefix}\\n'.encode())"""
WRITE = """pd.DataFrame({'REF_AREA': [REF_AREA], 'slope': [1.0]}).to_csv('result.csv', index=False)
with open('echo.json', 'w') as file: json.dump({'REF_AREA': REF_AREA}, file)"""


@pytest.fixture(scope="module")
def loud_runs(tmp_path_factory):
    """Two runs of a notebook that tells everything it knows of the machine: one is done, one fails with a traceback through the package."""
    place = tmp_path_factory.mktemp("loud")
    for name, last in (("good", WRITE), ("bad", "from sdg_eval.store import read_observations\nread_observations(os.path.join(os.getcwd(), 'absent'))")):
        cells = [
            new_markdown_cell("# Loud\n\nFor tests. Reads nothing; writes `result.csv`."),
            new_code_cell('REF_AREA: str = "TH-50"  # province', metadata={"tags": ["parameters"]}),
            new_code_cell(LOUD), new_code_cell(last),
        ]  # fmt: skip
        (place / "notebooks").mkdir(exist_ok=True)
        nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}), place / "notebooks" / f"{name}.ipynb")
    outcomes = {
        name: run_job(Job(name, "TH-50", f"{name}/TH-50", {"REF_AREA": "TH-50"}), place / "run", "key", notebooks=place / "notebooks") for name in ("good", "bad")
    }
    return place / "run", outcomes


def test_a_notebook_that_prints_its_folders_hands_none_of_them_out(loud_runs):
    run, outcomes = loud_runs
    assert [o.status for o in outcomes.values()] == ["done", "refused"], outcomes
    assert told_of_machine(run, [*machine_words(), str(run)]) == []
    page = (run / "good/TH-50/notebook.html").read_text(encoding="utf-8")
    assert "&lt;sdg_eval&gt;/sdg_eval/thai.py:12: RuntimeWarning: odd" in page  # the warning stays; where the suite lies does not


def test_a_failure_tells_where_in_the_package_and_not_where_on_the_machine(loud_runs):
    run, outcomes = loud_runs
    record = json.loads((run / "bad/TH-50/run.json").read_text(encoding="utf-8"))
    assert record["error"] == outcomes["bad"].error and "absent: there are no observations here" in record["error"]
    book = (run / "bad/TH-50/notebook.ipynb").read_text(encoding="utf-8")
    assert f"{SUITE}/sdg_eval/store.py" in re.sub(r"\\u001b\[[0-9;]*m", "", book)
    assert "the kernel says" in (run / "bad/TH-50/kernel.log").read_text(encoding="utf-8")


def test_the_check_of_a_run_folder_can_fail(tmp_path):
    for name, content in (("a.csv", b"x\n/home/somchai/data.csv\n"), ("b.html", b"<p>desk-of-nok</p>"), ("c.json", b'{"a": "../../national"}')):
        (tmp_path / name).write_bytes(content)
    pd.DataFrame({"source_file": ["C:\\Users\\nok\\x.xlsx"]}).to_parquet(tmp_path / "d.parquet")
    assert told_of_machine(tmp_path, ["desk-of-nok"]) == [("a.csv", "/home/somchai"), ("b.html", "desk-of-nok"), ("d.parquet", "C:\\Users")]
