"""What one notebook run leaves behind: whole and promised, put in place in one step, the same bytes again, and kept when the disk refuses (S9, S15, S20, S21)."""

import errno
import json
import os
import re
import threading
import time
from dataclasses import replace
from itertools import product
from pathlib import Path

import nbformat
import pytest
from jupyter_client.session import Session
from nbclient import client
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from sdg_eval.batch import artefacts, execute
from sdg_eval.batch.arrivals import Arrivals
from sdg_eval.batch.artefacts import Incomplete, promised_files, put_in_place, require_results
from sdg_eval.batch.cells import join_streams
from sdg_eval.batch.execute import is_done, run_job
from sdg_eval.batch.plan import NOTEBOOKS, Job
from sdg_eval.batch.warm import warm_kernels
from tests.batch_toys import LIMITS, results

JOB = Job("toy", "TH-50", "provinces/TH-50", {"REF_AREA": "TH-50", "REPORT_YEAR": 2026})
ECHO = "import json\nfile = open('echo.json', 'w')\njson.dump({'REF_AREA': REF_AREA, 'REPORT_YEAR': REPORT_YEAR}, file)\nfile.close()"
RESULT = "open('result.csv', 'w').write('a,b\\n1,2\\n')"


@pytest.fixture(scope="module")
def kernel():
    with warm_kernels() as name:
        yield name


def notebook(folder: Path, *cells: str, tags=()) -> Path:
    """Write a notebook of these cells behind the parameters; return its folder."""
    first = [
        new_markdown_cell("# A toy\n\nReads nothing; writes `result.csv`.", id="a"),
        new_code_cell("REF_AREA: str = 'TH-10'\nREPORT_YEAR: int = 2020", id="b", metadata={"tags": ["parameters"]}),
    ]
    more = [new_code_cell(source, id=f"c{i}", metadata={"tags": list(tags)}) for i, source in enumerate(cells)]
    spec = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    (folder / "notebooks").mkdir(parents=True, exist_ok=True)
    nbformat.write(new_notebook(cells=first + more, metadata={"kernelspec": spec}), folder / "notebooks" / "toy.ipynb")
    return folder / "notebooks"


CASES = {
    "warnings only": (["import warnings, sys; warnings.warn('gaps'); print('gaps', file=sys.stderr)", RESULT, ECHO], "done", ""),
    "stdout closed": (["import sys; sys.stdout.close()", "print('lost')", RESULT, ECHO], "failed", r"ValueError: cell 4"),
    "descriptor 1 closed": (["import os; os.close(1)", "print('heard')", RESULT, ECHO], "done", ""),
    "no echo": ([RESULT], "failed", "did not say for which province"),
    "echo of another": ([RESULT, ECHO.replace("REF_AREA,", "'TH-51',")], "failed", "answered for .*TH-51.*asked was .*TH-50"),
    "echo of another year": ([RESULT, ECHO.replace("REPORT_YEAR}", "2025}")], "failed", "answered for .*2025"),
    "echo garbled": ([RESULT, "open('echo.json', 'w').write('{')"], "failed", "did not say for which province"),
    "promise not kept": ([ECHO, "open('other.csv', 'w').write('a\\n')"], "failed", "did not write result.csv"),
    "nothing in it": ([ECHO, "open('result.csv', 'w').close()"], "failed", "result.csv is empty"),
    "picture cut off": ([RESULT, ECHO, "open('a.svg', 'w').write('<svg><path d=')"], "failed", "a.svg is cut off"),
    "refused data": (["class DataError(Exception): pass\nraise DataError('row 3 holds two years')", RESULT, ECHO], "refused", "DataError: cell 3.*row 3"),
    "no code at all": (["# only a comment"], "failed", "did not say"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_is_missing_empty_or_another_ones_is_a_failure_and_a_warning_is_not(case, kernel, tmp_path):
    cells, status, words = CASES[case]
    outcome = run_job(JOB, tmp_path, "key", kernel=kernel, limits=LIMITS, notebooks=notebook(tmp_path, *cells))
    assert outcome.status == status, outcome
    assert re.search(words, outcome.error)
    assert is_done(JOB, tmp_path, "key") == (status == "done")
    there = {path.name for path in (tmp_path / JOB.folder).iterdir()}
    assert "result.csv" in there if status == "done" else there == {"run.json", "kernel.log", "notebook.ipynb"}


def test_a_kernel_that_is_not_there_is_told_with_the_remedy(tmp_path):
    outcome = run_job(JOB, tmp_path, "key", kernel="no_such", limits=LIMITS, notebooks=notebook(tmp_path, RESULT, ECHO))
    assert outcome.status == "failed" and "no kernel 'no_such' on this machine" in outcome.error and "README" in outcome.error


def test_what_a_notebook_left_running_ends_with_it(kernel, tmp_path):
    daemon = (
        "import os, subprocess, sys, threading, time\n"
        "if os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        open('pid', 'w').write(str(os.getpid()))\n        time.sleep(600)\n    os._exit(0)\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'], start_new_session=True)\n"
        "threading.Thread(target=time.sleep, args=(600,)).start()\n"
        "while not os.path.exists('pid'): time.sleep(0.01)\n"
        "open('child', 'w').write(str(child.pid))"
    )
    outcome = run_job(JOB, tmp_path, "key", kernel=kernel, limits=LIMITS, notebooks=notebook(tmp_path, daemon, RESULT, ECHO))
    assert outcome.status == "done", outcome
    for name in ("pid", "child"):
        assert not Path(f"/proc/{(tmp_path / JOB.folder / name).read_text()}").exists(), name


def test_the_same_inputs_give_the_same_bytes_under_warm_and_normal_kernels(kernel, tmp_path):
    shown = ["import os, warnings; warnings.warn('gap'); print(os.getpid() > 0)", "import pandas as pd\npd.DataFrame({'a': [1.5]})", RESULT, ECHO]
    found = []
    for name, run in ((kernel, "one"), (kernel, "two"), ("python3", "three")):
        outcome = run_job(JOB, tmp_path / run, "key", kernel=name, notebooks=notebook(tmp_path, *shown))
        assert outcome.status == "done", outcome
        found.append(results(tmp_path / run / JOB.folder))
    assert found[0] == found[1] == found[2]
    text = (tmp_path / "one" / JOB.folder / "notebook.ipynb").read_text()
    assert not re.search(r"duration|start_time|input_path|ipykernel_\d", text) and str(tmp_path) not in text


def test_an_output_that_was_lost_on_the_way_is_a_failure(kernel, tmp_path, monkeypatch):
    """A kernel drops outputs for a reader who is too slow; nbclient and papermill do not notice."""
    shown = notebook(tmp_path, "from IPython.display import display\nfor i in range(5): display(i)", RESULT, ECHO)
    assert run_job(JOB, tmp_path, "key", kernel=kernel, notebooks=shown).status == "done"
    monkeypatch.setattr("sdg_eval.batch.cells.LATE_SECONDS", 0.1)
    read, lost = Session.deserialize, []

    def lose_the_third(self, *args, **options):
        message = read(self, *args, **options)
        if message["msg_type"] == "display_data" and message["content"]["data"]["text/plain"] == "2":
            lost.append(message["header"]["msg_id"])
            message["header"]["msg_id"], message["parent_header"] = "nobody's", {}
        return message

    monkeypatch.setattr(Session, "deserialize", lose_the_third)
    outcome = run_job(JOB, tmp_path, "key", kernel=kernel, notebooks=shown)
    assert lost and outcome.status == "failed"
    assert re.search("OutputLost: cell 3 .*some were lost on the way. Show fewer", outcome.error)


LONG_LINE = 2_000_000


def test_a_line_of_two_million_letters_is_shown_and_takes_no_hours(kernel, tmp_path):
    """nbclient's pattern for carriage returns would need hours for it, and holds the process so that no limit can end it."""
    shown = notebook(tmp_path, f"print('x' * {LONG_LINE}); import sys; print('so', end='', file=sys.stderr); print('far\\rnear')", RESULT, ECHO)
    assert run_job(JOB, tmp_path, "key", kernel=kernel, notebooks=shown).status == "done"
    outputs = nbformat.read(tmp_path / JOB.folder / "notebook.ipynb", as_version=4).cells[-3].outputs
    assert [(o.name, len(o.text), o.text[-6:]) for o in outputs] == [("stdout", LONG_LINE + 6, "\nnear\n"), ("stderr", 2, "so")]


def test_streams_are_joined_as_nbclient_joins_them():
    """Every text of up to six of the signs that matter, in pieces; between the pieces stand outputs of other kinds."""
    overwritten = client._RGX_CARRIAGERETURN
    for length in range(7):
        for signs in product("a\r\n", repeat=length):
            text = "".join(signs)
            pieces = [new_output("stream", name="stdout", text=text[:2]), new_output("display_data", {"text/plain": "1"}), new_output("stream", name="stdout", text=text[2:])]
            first, shown = join_streams(pieces)
            assert (first.text, shown.output_type) == (overwritten.sub("", text), "display_data"), repr(text)
    errors, out = new_output("stream", name="stderr", text="e"), new_output("stream", name="stdout", text="o")
    assert [o.name for o in join_streams([errors, out])] == ["stdout", "stderr"]
    assert join_streams([]) == []


def test_numbers_of_messages_may_come_in_any_order_and_from_others_too():
    class Numbers:
        def deserialize(self, text):
            return {"header": {"msg_id": text}}

    session = Numbers()
    arrivals = Arrivals(session)
    reply = session.deserialize("a_1_7")
    session.deserialize("a_1_8")
    arrivals.begin(reply)
    for text in ("a_1_10", "a_2_99", "b_1_50", "no number"):
        session.deserialize(text)
    assert arrivals.count_lost() == 1
    session.deserialize("a_1_9")
    assert arrivals.count_lost() == 0
    session.deserialize("a_1_14")
    assert arrivals.count_lost() == 3
    for text in ("a_1_12", "a_1_12", "a_1_11"):  # two threads took 12, and 13 is nobody's
        session.deserialize(text)
    assert arrivals.count_lost() == 0


def test_every_notebook_of_the_suite_says_what_it_writes():
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        assert promised_files(nbformat.read(path, as_version=4)), path.name


# ---------------------------------------------------------------- whole, or not taken


@pytest.mark.parametrize("name, whole", [("a.svg", b"<svg></svg>\n"), ("a.html", b"<html></html>"), ("a.json", b'{"a": [1]}'), ("a.parquet", b"PAR1....PAR1"), ("a.csv", b"a\n1\n")])
def test_a_result_that_was_cut_off_is_seen_wherever_it_was_cut(name, whole, tmp_path):
    (tmp_path / name).write_bytes(whole)
    require_results(tmp_path, [name])
    for length in range(len(whole.rstrip())):
        if name == "a.csv" and length == 2:
            continue  # a whole table without rows
        (tmp_path / name).write_bytes(whole[:length])
        with pytest.raises(Incomplete, match=name):
            require_results(tmp_path, [name])


def test_a_figure_that_is_listed_and_not_there_is_seen(tmp_path):
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "figures.json").write_text('[{"file": "a.svg"}]')
    with pytest.raises(Incomplete, match="names a.svg, which is not there"):
        require_results(tmp_path, [])


@pytest.mark.parametrize("can_exchange", [True, False])
def test_a_folder_is_replaced_whole(can_exchange, monkeypatch, tmp_path):
    """Who looks while a folder is replaced sees the old or the new one; without an exchange of names, for a moment none."""
    if not can_exchange:
        monkeypatch.setattr(artefacts, "_exchange", lambda first, second: False)
    final, seen, done = tmp_path / "final", set(), threading.Event()

    def look():
        while not done.is_set():
            try:
                seen.add(tuple(sorted(os.listdir(final))))
            except FileNotFoundError:
                seen.add(None)

    def new(content):
        folder = tmp_path / ".new.tmp"
        folder.mkdir()
        for name in "ab":
            (folder / f"{name}{content}").touch()
        return folder

    put_in_place(new(0), final)
    reader = threading.Thread(target=look)
    reader.start()
    for content in range(1, 200):
        put_in_place(new(content), final)
    done.set()
    reader.join()
    assert sorted(path.name for path in final.iterdir()) == ["a199", "b199"]
    assert [path.name for path in tmp_path.iterdir()] == ["final"]
    whole = {(f"a{i}", f"b{i}") for i in range(200)}
    if can_exchange and os.uname().sysname == "Linux":
        assert None not in seen
    # a folder that lost its name is emptied while it is still being listed
    assert all(names is None or set(names) <= {n for pair in whole for n in pair} and len({n[1:] for n in names}) <= 1 for names in seen)


# ---------------------------------------------------------------- the disk refuses


REFUSALS = {
    "full": OSError(errno.ENOSPC, "No space left on device"), "broken": OSError(errno.EIO, "Input/output error"),
    "read-only": OSError(errno.EROFS, "Read-only file system"),
}  # fmt: skip


@pytest.mark.parametrize("at", ["_write", "flush", "put_in_place", "mkdtemp"])
@pytest.mark.parametrize("refusal", REFUSALS)
def test_what_was_there_stays_when_the_disk_refuses_and_the_message_names_the_room(refusal, at, monkeypatch, tmp_path):
    def attempt(job, folder, *_):
        (folder / "result.csv").write_text("a\n2\n")
        (folder / "notebook.ipynb").write_text("{}")
        return "done", "", []

    def refuse(*_, **__):
        raise REFUSALS[refusal]

    monkeypatch.setattr(execute, "_attempt", attempt)
    assert run_job(JOB, tmp_path, "old").status == "done"
    before = results(tmp_path / JOB.folder)
    with monkeypatch.context() as patched:
        patched.setattr(execute.tempfile if at == "mkdtemp" else execute, at, refuse)
        outcome = run_job(JOB, tmp_path, "new")
    assert outcome.status == "failed"
    assert re.search(r"TH-50: cannot be written .* MB are free on this disk, about [\d.]+ MB are needed for a run\. Make room", outcome.error)
    assert results(tmp_path / JOB.folder) == before
    assert [path.name for path in (tmp_path / "provinces").iterdir()] == ["TH-50"]
    assert run_job(JOB, tmp_path, "new").status == "done" and is_done(JOB, tmp_path, "new")  # as soon as there is room


def test_a_notebook_that_finds_the_disk_full_leaves_the_earlier_results(kernel, tmp_path):
    notebooks = notebook(tmp_path, RESULT, ECHO)
    assert run_job(JOB, tmp_path, "old", kernel=kernel, notebooks=notebooks).status == "done"
    notebook(tmp_path, "with open('/dev/full', 'w') as file: file.write('x' * 100_000)", RESULT, ECHO)
    outcome = run_job(JOB, tmp_path, "new", kernel=kernel, notebooks=notebooks)
    assert outcome.status == "failed" and "cell 3" in outcome.error and "MB are needed for a run" in outcome.error
    assert is_done(JOB, tmp_path, "old") and not is_done(JOB, tmp_path, "new")


@pytest.mark.parametrize("harm", [lambda path: path.unlink(), lambda path: path.write_bytes(path.read_bytes()[:-1]), lambda path: path.write_text("a\n2\n")])
def test_a_result_that_was_lost_or_changed_since_is_made_again(harm, kernel, tmp_path):
    notebooks = notebook(tmp_path, RESULT, ECHO)
    run_job(JOB, tmp_path, "key", kernel=kernel, notebooks=notebooks)
    assert is_done(JOB, tmp_path, "key")
    harm(tmp_path / JOB.folder / "result.csv")
    assert not is_done(JOB, tmp_path, "key")


# ---------------------------------------------------------------- the page


def test_the_page_is_nbconverts_own_in_less_time(kernel, tmp_path):
    from bs4 import BeautifulSoup
    from nbconvert import HTMLExporter

    from sdg_eval.batch.notebook_html import notebook_page

    picture = "from IPython.display import Image, Markdown, display\ndisplay(Image(b'\\x89PNG', format='png'), Markdown('a *b* $x$'))\nprint('<div class=\"jp-OutputArea-output\">')"
    assert run_job(JOB, tmp_path, "key", kernel=kernel, notebooks=notebook(tmp_path, picture, RESULT, ECHO)).status == "done"
    executed = nbformat.read(tmp_path / JOB.folder / "notebook.ipynb", as_version=4)
    options = dict.fromkeys(("mathjax_url", "require_js_url", "jquery_url", "widget_renderer_url", "html_manager_semver_range", "mermaid_js_url"), "")
    theirs, _ = HTMLExporter(template_name="lab", sanitize_html=False, **options).from_notebook_node(executed, {"metadata": {"name": "TH-50"}})
    notebook_page(executed, title="TH-50", synthetic=False)
    started = time.process_time()
    ours = notebook_page(executed, title="TH-50", synthetic=False)
    assert time.process_time() - started < 0.5
    ours = re.sub(r"<style>\s*@font-face.*?</style>", "", ours, count=1, flags=re.S)
    assert str(BeautifulSoup(ours, "html.parser")) == str(BeautifulSoup(theirs, "html.parser"))
    assert ours.count('tabindex="0"') == theirs.count('tabindex="0"') > 4
    assert "ข้อมูลสังเคราะห์" in notebook_page(executed, title="TH-50", synthetic=True)


def test_a_job_can_be_sent_to_another_process():
    import pickle

    call = (run_job, (JOB, Path("run"), "key"), {"limits": replace(LIMITS, cell_seconds=5), "kernel": "python3", "notebooks": NOTEBOOKS, "synthetic": True})
    assert pickle.loads(pickle.dumps(call)) == call
    assert json.loads(json.dumps(JOB.parameters)) == JOB.parameters
