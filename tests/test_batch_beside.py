"""What is worked out in a process beside the batch: its result or its error comes back, and it outlives nobody."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from sdg_eval import batch
from sdg_eval.__main__ import main
from sdg_eval.batch import ONE_THREAD
from sdg_eval.batch.workers import WorkerLost, begun_beside
from sdg_eval.codelists import read_codelists
from sdg_eval.errors import INTERRUPTED, DataError
from tests.conftest import ROOT


def started(before: set[int]) -> list[psutil.Process]:
    """Processes of this one that were not there before, but for multiprocessing's own tracker."""
    children = (p for p in psutil.Process().children() if p.pid not in before)
    return [p for p in children if "resource_tracker" not in " ".join(p.cmdline())]


def test_the_command_says_that_it_was_interrupted_and_ends_with_its_own_code(monkeypatch, capsys):
    def interrupted(**options):
        raise KeyboardInterrupt

    monkeypatch.setattr(batch, "evaluate_provinces", interrupted)
    monkeypatch.setattr(sys, "argv", ["sdg-eval", "evaluate"])
    for name in ONE_THREAD:
        monkeypatch.setenv(name, "7")
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == INTERRUPTED and "interrupted" in capsys.readouterr().err
    assert {os.environ[name] for name in ONE_THREAD} == {"1"}  # for whatever it imports from here on


@pytest.fixture
def before():
    return {p.pid for p in psutil.Process().children()}


def test_a_result_comes_back_from_another_process_with_one_thread(before, monkeypatch):
    for name in ONE_THREAD:
        monkeypatch.setenv(name, "7")
    with begun_beside((os.getpid, (), {}), seconds=60) as wait:
        assert wait() != os.getpid()
    with begun_beside((os.getenv, ("OPENBLAS_NUM_THREADS",), {}), seconds=60) as wait:
        assert wait() == "1"
    assert started(before) == []


def test_an_error_in_the_readers_words_comes_back_as_itself_and_a_fault_or_a_lost_process_is_told(before, tmp_path):
    with begun_beside((read_codelists, (tmp_path,), {}), seconds=60) as wait, pytest.raises(DataError, match=r"\.csv"):
        wait()
    with begun_beside((int, ("x",), {}), seconds=60) as wait, pytest.raises(WorkerLost, match="ValueError"):
        wait()
    with begun_beside((time.sleep, (60,), {}), seconds=60) as wait:
        started(before)[0].kill()
        with pytest.raises(WorkerLost, match="signal 9"):
            wait()
    with begun_beside((time.sleep, (60,), {}), seconds=0.1) as wait, pytest.raises(WorkerLost, match="timeout"):
        wait()
    assert started(before) == []


def test_whoever_leaves_does_not_wait_for_the_other_process(before):
    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt), begun_beside((time.sleep, (60,), {}), seconds=60):
        assert len(started(before)) == 1
        raise KeyboardInterrupt
    assert time.monotonic() - begun < 20 and started(before) == []


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_batch_that_is_stopped_or_killed_while_it_prepares_leaves_no_process(number):
    code = (
        "import time\n"
        "from sdg_eval.batch.run import stopped_by_signals\n"
        "from sdg_eval.batch.workers import begun_beside\n"
        "if __name__ == '__main__':\n"
        "    with stopped_by_signals(), begun_beside((time.sleep, (60,), {}), seconds=60) as wait:\n"
        "        print('begun', flush=True)\n"
        "        wait()\n"
    )
    batch = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert batch.stdout.readline() == "begun\n"
    below = psutil.Process(batch.pid).children()
    assert below
    batch.send_signal(number)
    batch.communicate(timeout=30)
    assert batch.returncode != 0
    gone, alive = psutil.wait_procs(below, timeout=15)
    assert alive == []
