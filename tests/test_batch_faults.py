"""Whatever goes wrong in a notebook: it is never told as done, and no other notebook notices (S13, S14, S16, S20)."""

import json
import os
import random
import re
import secrets
import subprocess
import time

import pytest

from sdg_eval.batch.artefacts import LOG, NOTEBOOK, RECORD
from sdg_eval.batch.warm import warm_kernels
from sdg_eval.errors import INTERRUPTED, SOME_RUNS_FAILED
from tests.batch_toys import (
    AREAS,
    FAULTS,
    LIMITS,
    MORE_FAULTS,
    PLACES,
    command,
    left_over,
    results,
    write_notebook,
)
from tests.counts import FULL, report, times

CELL = {"first": "cell 3", "middle": "cell 4", "last": "cell 5"}
STOPPED = ("batch killed", "Ctrl-C")
"""These end the batch, and not one notebook."""
REASON = {
    "exception": "ValueError.*nothing fits", "sys.exit(0)": "SystemExit", "sys.exit(3)": "SystemExit", "os._exit(0)": "killed or died",
    "kernel killed": "killed or died", "out of memory": "memory.*--memory", "hang": "longer than 6 s.*--cell-timeout",
    "disk full": "No space left.*MB are free.*MB are needed", "unwritable": "removed while it ran|No such file", "flood": "MB.*(Show less|--memory)|--cell-timeout",
    "exit()": "asked the kernel to end", "fork bomb": "processes.*allowed", "raises-exception tag": "KeyError",
    "one huge array": "memory.*--memory", "flood of pictures": "MB.*(Show less|--memory)|--cell-timeout|lost on the way",
}  # fmt: skip


@pytest.fixture(scope="module")
def warm():
    """A server of warm kernels for all batches of this file; a batch finds it by its environment."""
    with warm_kernels():
        yield


def batch(folder, spec: dict, *, timeout: float = 300):
    """Run a batch of toys in its own process; return (exit code, text, {area: (status, error)}, seconds until it ended, what was left over)."""
    mark = secrets.token_hex(8)
    if not (folder / "notebooks").exists():
        write_notebook(folder / "notebooks")
    done = subprocess.run(command(folder, spec), capture_output=True, text=True, env=os.environ | {"TOY_RUN": mark}, timeout=timeout)
    end = time.monotonic() + 10
    while (left := left_over(mark)) and time.monotonic() < end:
        time.sleep(0.1)
    path = folder / "outcomes.json"
    outcomes = {area: (status, error) for area, status, error in json.loads(path.read_text())} if path.exists() else {}
    return done.returncode, done.stdout + done.stderr, outcomes, left


@pytest.fixture(scope="module")
def clean(warm, tmp_path_factory):
    """{area: results} of a batch in which nothing goes wrong."""
    folder = tmp_path_factory.mktemp("clean")
    areas = AREAS if FULL else AREAS[:3]
    code, text, outcomes, left = batch(folder, {"areas": areas})
    assert code == 0 and left == [], text
    assert {status for status, _ in outcomes.values()} == {"done"}
    return {area: results(folder / "run" / "provinces" / area) for area in areas}


def require_failed(folder, area: str, place: str, fault: str, outcome) -> None:
    """The run is told as failed, with its cell, reason and remedy, and leaves nothing that looks like a result."""
    status, error = outcome
    assert status == "failed", (fault, place, outcome)
    assert re.search(REASON[fault], error, re.I | re.S), (fault, place, error)
    if fault == "unwritable":  # no cell fails in which the folder goes, but the one that writes into it; if that has been, none
        assert place == "last" or CELL["last"] in error, (place, error)
    else:
        assert CELL[place] in error, (fault, place, error)
    there = folder / "run" / "provinces" / area
    if there.exists():
        assert {p.name for p in there.iterdir()} <= {LOG, NOTEBOOK, RECORD}, (fault, place)
        assert json.loads((there / RECORD).read_text())["status"] == "failed"


def test_no_fault_is_told_as_done_and_the_others_are_as_if_nothing_had_been(clean, tmp_path):
    """Every fault of one notebook at once, each at a place that a seed chose; among them notebooks without any."""
    rng = random.Random(20261126)
    faults = {name: code for name, code in (FAULTS | MORE_FAULTS).items() if name in REASON}
    named = {f"TH-{90 - i}": (name, rng.choice(PLACES)) for i, name in enumerate(faults)}
    healthy = list(clean)[:3]
    spec = {"areas": [*named, *healthy], "faults": {area: (faults[name], place) for area, (name, place) in named.items()}}
    write_notebook(tmp_path / "notebooks", tags=("raises-exception",))  # for papermill, an excuse
    code, text, outcomes, left = batch(tmp_path, spec)
    assert code == SOME_RUNS_FAILED, text
    for area, (name, place) in named.items():
        require_failed(tmp_path, area, place, name, outcomes[area])
        if name == "hang":
            record = json.loads((tmp_path / "run" / "provinces" / area / RECORD).read_text())
            assert record["seconds"] <= LIMITS.cell_seconds + 10
    for area in healthy:
        assert outcomes[area] == ("done", "")
        found = results(tmp_path / "run" / "provinces" / area)
        assert found["result.csv"] == clean[area]["result.csv"]
    assert left == []
    assert not [p for p in tmp_path.rglob("*.tmp")]
    report("S13", f"{len(named)} notebooks with a fault, told as done: 0")


def stopped_batch(folder, clean, fault: str, place: str) -> None:
    """A batch that is stopped by its own notebook: nothing false stands, nothing runs on, and the same command finishes."""
    areas = list(clean)
    spec = {"areas": areas, "faults": {areas[1]: (FAULTS[fault], place)}}
    code, text, outcomes, left = batch(folder, spec)
    assert left == [], (fault, place)
    if fault == "Ctrl-C":
        assert code == INTERRUPTED and outcomes[areas[1]][0] == "interrupted", text
    else:
        assert code == -9 and outcomes == {}
    complete = [area for area in areas if (folder / "run" / "provinces" / area).exists()]
    assert areas[1] not in complete
    for area in complete:
        assert results(folder / "run" / "provinces" / area) == clean[area]
    code, text, outcomes, left = batch(folder, {"areas": areas})
    assert code == 0, text
    assert {area for area, (status, _) in outcomes.items() if status == "kept"} == set(complete)
    assert {area: results(folder / "run" / "provinces" / area) for area in areas} == clean
    assert left == [] and not [p for p in folder.rglob("*.tmp")]


@pytest.mark.parametrize("fault", STOPPED)
def test_a_batch_that_is_stopped_leaves_only_what_is_complete_and_goes_on_from_there(fault, clean, tmp_path):
    stopped_batch(tmp_path, clean, fault, random.Random(fault).choice(PLACES))


CASES = random.Random(13).sample([(fault, place) for fault in FAULTS for place in PLACES], len(FAULTS) * len(PLACES))


@pytest.mark.parametrize(("fault", "place"), CASES[: times(1, len(CASES))])
def test_one_of_many_goes_wrong(fault, place, clean, tmp_path):
    if fault in STOPPED:
        return stopped_batch(tmp_path, clean, fault, place)
    areas = list(clean)
    area = areas[len(areas) // 2]
    code, text, outcomes, left = batch(tmp_path, {"areas": areas, "faults": {area: (FAULTS[fault], place)}})
    assert code == SOME_RUNS_FAILED and left == [], text
    require_failed(tmp_path, area, place, fault, outcomes[area])
    others = [a for a in areas if a != area and outcomes[a] == ("done", "") and results(tmp_path / "run" / "provinces" / a) == clean[a]]
    assert len(others) == len(areas) - 1
    report("S13", f"{fault} in the {place} cell: told as failed; byte-identical others {len(others)} of {len(areas) - 1}")


@pytest.mark.parametrize("kernels", ["warm", "normal"] if FULL else ["warm"])
def test_one_worker_that_is_killed_costs_its_notebook_and_no_other(kernels, clean, tmp_path, monkeypatch):
    if kernels == "normal":
        monkeypatch.setenv("SDG_EVAL_WARM", "off")
    areas = list(clean)[:3]
    code, text, outcomes, left = batch(tmp_path, {"areas": areas, "faults": {areas[0]: (MORE_FAULTS["worker killed"], "middle")}, "workers": 1})
    assert code == SOME_RUNS_FAILED, text
    assert outcomes[areas[0]][0] == "failed" and "killed by signal 9" in outcomes[areas[0]][1]
    assert [outcomes[a] for a in areas[1:]] == [("done", "")] * 2
    assert left == []
