"""`sdg-eval runs`, and the page of a run: counts that agree with the plan, reasons, what to do next."""

import io
import json
import os
import re
import time

import pandas as pd
import pytest
from typer.testing import CliRunner

from sdg_eval import runs_cli
from sdg_eval.batch import evaluate as batch
from sdg_eval.batch.audit import COMMANDS, command_words, read_command, read_log, verify_runs
from sdg_eval.batch.execute import Outcome
from sdg_eval.batch.history import explain_failures, find_run, list_runs, read_run
from sdg_eval.batch.lock import run_lock
from sdg_eval.batch.results import ANCHOR
from sdg_eval.codelists import read_codelists
from sdg_eval.errors import DataError, RunsFailedError, UsageError
from sdg_eval.publish.pages import address, open_pages
from sdg_eval.publish.run_page import RunMaterial, write_run_page
from sdg_eval.run_table import NEXT, STATUSES, next_step, reconcile, totals
from sdg_eval.wording import label
from tests.conftest import ROOT
from tests.run_folders import EVALUATION, PEERS, QUALITY, STARTED, failed_notebook, folder_of, make_run

MIXED = {
    (EVALUATION, "TH-50"): "done", (EVALUATION, "TH-83"): "failed", (PEERS, "TH-50"): "kept", (PEERS, "TH-83"): "refused",
    (QUALITY, ""): "suppressed", (EVALUATION, "TH-10"): "interrupted",
}  # fmt: skip
ERRORS = {(EVALUATION, "TH-83"): "KeyError: cell 3 (`quality = …`): 'nobody'", (PEERS, "TH-83"): "DataError: budget.csv, row 12: 'five' is not a number."}


@pytest.fixture
def mixed(tmp_path):
    """A run with one of every status."""
    folder = make_run(tmp_path, "q2", MIXED, errors=ERRORS)
    failed_notebook(folder / "provinces" / "TH-83")
    return folder


def call(*words):
    """Output and exception of a command under `sdg-eval runs`."""
    result = CliRunner().invoke(runs_cli.app, [str(w) for w in words])
    return result.stdout, result.exception


# ---------------------------------------------------------------- planned = the sum


def test_every_planned_run_is_counted_once_per_province(mixed):
    table = read_run(mixed).planned.pipe(reconcile, read_run(mixed).table).set_index("REF_AREA")
    assert table["planned"].to_dict() == {"TH-50": 2, "TH-83": 2, "": 1, "TH-10": 1}
    assert table.loc["TH-83", ["failed", "refused"]].tolist() == [1, 1] and table.loc["TH-50", ["done", "kept"]].tolist() == [1, 1]
    assert table["agrees"].all() and (table[list(STATUSES)].sum(axis=1) == table["planned"]).all()


@pytest.mark.parametrize("case", ["lost", "unknown word", "twice", "not planned"])
def test_what_does_not_add_up_is_told_and_never_passes_for_success(tmp_path, case):
    planned = pd.DataFrame([(EVALUATION, "TH-50"), (EVALUATION, "TH-83")], columns=["notebook", "REF_AREA"])
    runs = planned.assign(status="done")
    if case == "lost":
        runs = runs.head(1)
    elif case == "unknown word":
        runs.loc[1, "status"] = "fine"
    elif case == "twice":
        runs = pd.concat([runs, runs.tail(1)])
    else:
        runs = pd.concat([runs, runs.tail(1).assign(REF_AREA="TH-10")])
    counted = totals(reconcile(planned, runs))
    assert not counted["agrees"]
    assert (counted["unaccounted"], counted["unplanned"]) == {"lost": (1, 0), "unknown word": (1, 0), "twice": (0, 1), "not planned": (0, 1)}[case]
    folder = make_run(tmp_path, "x", {(EVALUATION, "TH-50"): "done", (EVALUATION, "TH-83"): "done"})
    runs.assign(seconds=1, error="", recorded="2026-04-01T03:00:00Z").to_csv(folder / "runs.csv", index=False)
    text, error = call("show", "x", "--out", tmp_path)
    assert isinstance(error, DataError) and "does not add up" in str(error) and "≠" in text
    assert not read_run(folder).is_complete


# ---------------------------------------------------------------- list and show


def test_the_list_says_what_when_where_and_how_it_went(mixed, tmp_path):
    make_run(tmp_path, "q1", {(EVALUATION, "TH-50"): "done"}, started="2026-01-01T02:00:00Z", quarter="2567Q1")
    (tmp_path / "latest").symlink_to("q1")
    text, _ = call("list", "--out", tmp_path)
    lines = [line.split() for line in text.splitlines()]
    assert [line[:2] for line in lines] == [["run", "state"], ["q2", "incomplete"], ["q1", "complete"]]
    found = json.loads(call("list", "--out", tmp_path, "--json")[0])
    assert [(f["run"], f["provinces"], f["planned"], f["complete"]) for f in found] == [("q2", 3, 6, False), ("q1", 1, 1, True)]
    assert found[0]["quarter"] == "2567Q2" and found[0]["data_hash"] == "d" * 64 and [found[0][s] for s in STATUSES] == [1] * 6


def test_show_has_a_row_per_province_and_the_sum(mixed, tmp_path):
    text, error = call("show", "q2", "--out", tmp_path)
    assert error is None
    row = next(line.split() for line in text.splitlines() if line.startswith("TH-83"))
    assert row[:3] == ["TH-83", "failed", "refused"] and row[-1] == "="
    assert "6 planned = 1 done + 1 kept + 1 failed + 1 refused + 1 suppressed + 1 interrupted" in text
    shown = json.loads(call("show", "q2", "--out", tmp_path, "--json")[0])
    assert shown["totals"]["planned"] == 6 and len(shown["runs"]) == 6 and shown["command"] == "sdg-eval evaluate --run q2"


def test_a_terminal_gets_a_table_and_a_file_gets_plain_text(mixed, tmp_path, monkeypatch):
    plain = call("list", "--out", tmp_path)[0]
    assert "─" not in plain and "\x1b" not in plain
    screen = io.StringIO()
    screen.isatty = lambda: True
    monkeypatch.setattr(runs_cli.sys, "stdout", screen)
    runs_cli.list_command(out=tmp_path, as_json=False)
    assert "─" in screen.getvalue() and "q2" in screen.getvalue()


def test_a_run_is_found_by_name_by_latest_and_by_its_folder(mixed, tmp_path):
    (tmp_path / "latest").write_text("q2\n")  # where links are not allowed
    assert {find_run(tmp_path, text).name for text in ("q2", "latest", str(mixed))} == {"q2"}
    with pytest.raises(UsageError, match="There are: q2"):
        find_run(tmp_path, "q3")
    with pytest.raises(DataError, match="no such folder"):
        list_runs(tmp_path / "nowhere")


def test_a_batch_that_was_killed_counts_only_what_was_written_since_it_began(tmp_path):
    folder = make_run(tmp_path, "x", {(EVALUATION, "TH-50"): "done", (EVALUATION, "TH-83"): "done", (PEERS, "TH-50"): "failed"})
    record = json.loads((folder / "record.json").read_text())
    (folder / "record.json").write_text(json.dumps(record | {"started": "2026-05-01T00:00:00Z"}))  # the same command once more, and killed
    before, after = time.mktime((2026, 4, 1, 0, 0, 0, 0, 0, 0)), time.mktime((2026, 5, 2, 0, 0, 0, 0, 0, 0))
    os.utime(folder / "provinces/TH-50/run.json", (after, after))
    os.utime(folder / "provinces/TH-83/run.json", (before, before))
    os.utime(folder / "peers/TH-50/run.json", (after, after))
    run = read_run(folder)
    assert not run.ended and not run.is_complete
    assert run.table.set_index("folder")["status"].to_dict() == {"provinces/TH-50": "done", "provinces/TH-83": "interrupted", "peers/TH-50": "failed"}
    assert run.totals["agrees"]
    assert json.loads(call("list", "--out", tmp_path, "--json")[0])[0]["state"] == "interrupted"
    with run_lock(folder):
        assert json.loads(call("list", "--out", tmp_path, "--json")[0])[0]["state"] == "running"


def test_runs_made_before_there_was_a_plan_are_still_read(tmp_path):
    folder = make_run(tmp_path, "old", {(EVALUATION, "TH-50"): "done", (QUALITY, ""): "failed"})
    (folder / "record.json").write_text(json.dumps({"version": "0.1.0", "quarter": ""}))
    run = read_run(folder)
    assert run.ended and run.totals["planned"] == 2 and list(run.table["folder"]) == ["provinces/TH-50", "national/00_data_quality"]
    (folder / "runs.csv").unlink()
    with pytest.raises(DataError, match="neither a plan nor"):
        read_run(folder)


# ---------------------------------------------------------------- why


def test_why_names_notebook_cell_source_error_log_and_the_next_step(mixed, tmp_path):
    text, _ = call("why", "q2", "TH-83", "--out", tmp_path)
    for part in (EVALUATION, "cell 3", "What the data can bear", "evaluate_quality(observations)", "KeyError: 'nobody'", "line 99", "line 80", NEXT["fault"][0], NEXT["fault"][1], NEXT["refused"][1]):
        assert part in text, part
    assert "line 79" not in text and "\x1b" not in text and "TH-50" not in text
    assert "TH-10" in call("why", "q2", "--out", tmp_path)[0]
    found = json.loads(call("why", "q2", "ภูเก็ต", "--out", tmp_path, "--json")[0])
    assert [(f["notebook"], f["cell"]) for f in found] == [(EVALUATION, 3), (PEERS, 0)]
    with pytest.raises(UsageError, match="TH-90"):
        explain_failures(find_run(tmp_path, "q2"), "TH-90")


def test_a_kernel_that_died_is_placed_by_the_run_s_own_error(tmp_path):
    error = {(EVALUATION, "TH-83"): "KernelDied: cell 3 (`quality = …`): the kernel was killed or died in the cell; run again with --jobs 1."}
    folder = make_run(tmp_path, "x", {(EVALUATION, "TH-83"): "failed"}, errors=error)
    failed_notebook(folder / "provinces" / "TH-83", executed=2)
    (failure,) = explain_failures(read_run(folder))
    assert (failure.cell, failure.heading, failure.source) == (3, "What the data can bear", "quality = evaluate_quality(observations)")
    assert failure.next_en == NEXT["memory"][1] and failure.trace == ""


def test_a_run_without_failures_has_nothing_to_explain(tmp_path):
    make_run(tmp_path, "x", {(EVALUATION, "TH-50"): "done", (QUALITY, ""): "suppressed"})
    assert "nothing to explain" in call("why", "x", "--out", tmp_path)[0]


@pytest.mark.parametrize(
    "status, error, kind",
    [
        ("refused", "DataError: x", "refused"), ("interrupted", "", "interrupted"), ("suppressed", "", "suppressed"), ("unaccounted", "", "unaccounted"),
        ("failed", "CellTimeoutError: cell 2: took more than 600 s", "time"), ("failed", "MemoryError: cell 2: 2,000 MB are allowed", "memory"),
        ("failed", "KernelDied: cell 1", "memory"), ("failed", "OSError: [Errno 28] No space left on device", "disk"), ("failed", "ValueError: cell 4: odd", "fault"),
    ],
)  # fmt: skip
def test_each_kind_of_failure_has_its_own_next_step_in_both_languages(status, error, kind):
    assert (next_step(status, error, "th"), next_step(status, error, "en")) == NEXT[kind]
    assert re.search("[ก-๙]", NEXT[kind][0]) and next_step("done", "", "en") == next_step("kept", "", "th") == ""


def test_the_page_for_the_analyst_has_every_status_in_thai_and_every_command():
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    for status in (*STATUSES, "unaccounted"):
        assert f"| {status} | {label(status, 'th')} |" in text, status
    commands = {c.name or c.callback.__name__ for c in runs_cli.app.registered_commands}
    assert commands == set(re.findall(r"`sdg-eval runs (\w+)", text))


# ---------------------------------------------------------------- the page


def page(folder, lang, **changed):
    run = read_run(folder)
    codelists, record = read_codelists(), run.record | changed
    write_run_page(open_pages(folder, lang, record, codelists, ("th", "en")), RunMaterial(folder, codelists, record, run.table))
    return (folder / address("runs", lang)).read_text(encoding="utf-8")


@pytest.mark.parametrize("lang, headline, done", [("th", "แผน 6 =", "เสร็จสมบูรณ์ 1"), ("en", "6 planned =", "1 done")])
def test_the_page_shows_the_sum_the_reasons_and_the_way_to_each_notebook(mixed, lang, headline, done):
    text = page(mixed, lang)
    told = re.sub("<[^>]+>", "", text)
    assert headline in told and done in told and "alert" not in text
    for part in ("&#39;five&#39; is not a number", next_step("refused", "", lang), "d" * 64, "2569" if lang == "th" else "2026"):
        assert part in text, part
    for link in re.findall(r'href="((?:provinces|peers|national)/[^"]+)"', text):
        assert (mixed / link).is_file(), link
    assert len(re.findall(r'href="(?:provinces|peers)/[^"]+notebook.html"', text)) == 2  # what is done and what is kept
    anchors = set(re.findall(r'href="#(why-[^"]+)"', text))
    assert anchors and anchors <= set(re.findall(r'id="(why-[^"]+)"', text))
    rows = re.findall(r"<tr><th scope=\"row\">.+?</th>.*?</tr>", text, re.S)
    sums = [[int(n) for n in re.findall(r'<td class="num">(\d+)</td>', row)] for row in rows]
    sums = [n for n in sums if len(n) == 1 + len(STATUSES)]
    assert len(sums) == 4 and all(n[0] == sum(n[1:]) for n in sums) and sum(n[0] for n in sums) == 6


def test_a_page_whose_sums_do_not_agree_says_so_first(mixed):
    more = {"planned": [*read_run(mixed).record["planned"], {"notebook": PEERS, "REF_AREA": "TH-10", "folder": folder_of(PEERS, "TH-10")}]}
    text = page(mixed, "en", **more)
    assert 'role="alert"' in text and "≠" in text and "Do not use these results" in text


def test_a_rebuilt_run_says_for_which_day(mixed):
    assert "31 มี.ค. 2567" in page(mixed, "th", as_of="2024-03-31") and "31 March 2024" in page(mixed, "en", as_of="2024-03-31")


def test_text_from_errors_is_escaped(tmp_path):
    folder = make_run(tmp_path, "x", {(EVALUATION, "TH-50"): "failed"}, errors={(EVALUATION, "TH-50"): "<script>alert(1)</script>"})
    text = page(folder, "th")
    assert "<script>alert" not in text and "&lt;script&gt;alert" in text


# ---------------------------------------------------------------- the batch leaves what these commands read


PREPARED = {"version": "0.1.0", "data_hash": "d" * 64, "code_hash": "c" * 64, "synthetic": True, "quarter": "", "report_year": 2026}


@pytest.fixture
def quick(monkeypatch, tmp_path):
    """The batch without its computing: every run writes one result, but for those in `bad`; returns (evaluate, bad, executed)."""
    bad, executed = {}, []

    def run_all(planned, folder, *args, **kwargs):
        outcomes = []
        for job in planned:
            place = folder / job.folder
            if (place / "result.csv").is_file() and not kwargs.get("again"):
                outcomes.append(Outcome(job.notebook, job.area, job.folder, "kept", 0.0))
                continue
            if job.name in bad and isinstance(bad[job.name], BaseException):
                raise bad[job.name]
            status = bad.get(job.name, "done")
            executed.append(job.name)
            place.mkdir(parents=True, exist_ok=True)
            (place / "run.json").write_text(json.dumps({"status": status}))
            if status == "done":
                (place / "result.csv").write_text("SERIES,slope\nX,1\n")
            outcomes.append(Outcome(job.notebook, job.area, job.folder, status, 1.0, "" if status == "done" else "KeyError: 'x'"))
        return outcomes

    monkeypatch.setattr(batch, "prepare_run", lambda inputs, planned, *a, **k: (dict(PREPARED), {job.name: "key" for job in planned}))
    monkeypatch.setattr(batch, "run_all", run_all)
    monkeypatch.setattr(batch, "remove_others", lambda *a: None)
    monkeypatch.setattr(batch, "write_pages", lambda out, codelists, record, *a, **k: (tmp_path / "r" / record["run"] / "index.html").write_text("page"))
    lines = []

    def evaluate(**changed):
        given = dict(
            provinces="TH-50,TH-83", observations=ROOT / "data/sample/observations.csv", out=tmp_path / "r", run="x", report_year=2026, jobs=1, lang="en",
            parameters=[], notebooks=["10"], say=lines.append,
        )  # fmt: skip
        return batch.evaluate_provinces(**given | changed)

    evaluate.lines = lines
    return evaluate, bad, executed


def test_resume_gives_the_same_command_and_runs_only_what_is_missing(quick, tmp_path):
    evaluate, bad, executed = quick
    bad["TH-83"] = "failed"
    with pytest.raises(RunsFailedError, match="runs why x"):
        evaluate(quarter="", lang="th")
    assert executed == ["TH-50", "TH-83"]
    bad.clear()
    text, error = call("resume", "x", "--out", tmp_path / "r")
    assert error is None, error
    assert executed == ["TH-50", "TH-83", "TH-83"]
    run = find_run(tmp_path / "r", "latest")
    assert run.is_complete and run.record["lang"] == "th" and run.provinces == ["TH-50", "TH-83"]
    assert verify_runs(tmp_path / "r") == []


def test_resume_refuses_a_run_whose_command_was_not_kept(quick, tmp_path):
    quick[0]()
    (tmp_path / "r/.audit" / COMMANDS / "x.json").unlink()
    assert "was not kept" in str(call("resume", "x", "--out", tmp_path / "r")[1])
    assert "lies outside" in str(call("resume", tmp_path / "r" / "x", "--out", tmp_path)[1])


def test_the_command_of_a_run_names_no_folder_where_others_read_it(quick, tmp_path):
    evaluate, _, _ = quick
    answers = tmp_path / "somebody" / "answers.csv"
    evaluate(parameters=[])
    record = json.loads((tmp_path / "r/x/record.json").read_text())
    assert str(ROOT) not in json.dumps(record) and "observations.csv" in record["command"]
    assert read_command(tmp_path / "r", "x")["observations"] == str((ROOT / "data/sample/observations.csv").resolve())
    words = command_words({"parameters": [f"SURVEY={answers}", "CONFIDENCE=0.9"], "delivery": str(answers), "jobs": None, "notebooks": ["10", "20"]})
    assert words == ["evaluate", "--delivery", "answers.csv", "--notebook", "10", "--notebook", "20", "-p", "SURVEY=answers.csv", "-p", "CONFIDENCE=0.9"]
    assert command_words({"scheduler": "tcp://desk-of-somebody:8786"}) == ["evaluate", "--scheduler", "tcp"]
    if os.name == "posix":
        assert (tmp_path / "r/.audit" / COMMANDS / "x.json").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("raised, status", [(KeyboardInterrupt(), "interrupted"), (DataError("no"), "stopped"), (MemoryError(), "stopped")])
def test_the_log_says_how_a_batch_ended_that_did_not_come_to_its_end(quick, tmp_path, raised, status):
    evaluate, bad, _ = quick
    bad["TH-83"] = raised
    with pytest.raises(type(raised)):
        evaluate()
    entries = read_log(tmp_path / "r")
    assert [(e["kind"], e.get("status"), e.get("error")) for e in entries] == [("begin", None, None), ("end", status, type(raised).__name__)]
    assert verify_runs(tmp_path / "r") == []  # what lies there is what the log says lies there
    run = find_run(tmp_path / "r", "x")
    assert not run.ended and run.totals["agrees"] and run.totals["interrupted"] == 1
    bad.clear()
    evaluate()
    assert find_run(tmp_path / "r", "x").is_complete and verify_runs(tmp_path / "r") == []


def test_a_batch_tells_its_entry_and_its_results_and_refuses_others_than_expected(quick, tmp_path):
    evaluate, _, _ = quick
    evaluate()
    anchor = json.loads((tmp_path / "r/x" / ANCHOR).read_text())
    assert anchor["sha256"][:16] in evaluate.lines[-1] and anchor["results"][:16] in evaluate.lines[-1]
    evaluate(expect=anchor["results"])
    evaluate(expect=anchor["results"][:12].upper())
    with pytest.raises(DataError, match="expected was 000000000000"):
        evaluate(expect="0" * 12)
    for wrong in ("abc", "z" * 64):
        with pytest.raises(UsageError, match="no hash of results"):
            evaluate(expect=wrong)


def test_started_is_written_before_anything_is_computed(quick, tmp_path, monkeypatch):
    """A batch killed while it prepares must not pass for the one before it."""
    evaluate, _, _ = quick
    evaluate()
    assert find_run(tmp_path / "r", "x").ended
    seen = []
    monkeypatch.setattr(batch, "_now", lambda: "2999-01-01T00:00:00Z")
    monkeypatch.setattr(batch, "prepare_run", lambda inputs, planned, *a, **k: seen.append(read_run(tmp_path / "r/x")) or (dict(PREPARED), {job.name: "key" for job in planned}))
    evaluate()
    assert len(seen) == 1 and not seen[0].ended and seen[0].record["started"] > STARTED
