"""The batch on a Dask cluster of two workers on loopback: the same results, a worker lost mid-run, no kernel left."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time

import psutil
import pytest

from sdg_eval.batch.processes import MARK
from sdg_eval.errors import UsageError
from tests.batch_toys import AREAS, LIMITS, jobs, write_notebook

distributed = pytest.importorskip("distributed", reason="Dask is an optional extra: pip install sdg-eval[dask]")
from sdg_eval.batch.cluster import require_scheduler, run_on_cluster  # noqa: E402

QUIET = {"DASK_DISTRIBUTED__DASHBOARD__ENABLED": "False", "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "10s"}


def start(*arguments, hide: str = "") -> subprocess.Popen:
    """Start a part of the cluster; `hide` is a folder that it must not see, as on another host."""
    command = [sys.executable, "-m", "distributed.cli." + arguments[0], *arguments[1:]]
    if hide:
        command = ["unshare", "--mount", "sh", "-c", f'mount -t tmpfs none "{hide}" && exec "$@"', "sh", *command]
    return subprocess.Popen(command, env=os.environ | QUIET, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)


@pytest.fixture
def cluster(tmp_path):
    """An address, and a function that starts a worker."""
    found = []
    port = 20_000 + os.getpid() % 20_000
    address = f"tcp://127.0.0.1:{port}"
    found.append(start("dask_scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"))

    def worker(hide=""):
        found.append(start("dask_worker", address, "--nthreads", "1", "--no-dashboard", "--local-directory", str(tmp_path / "dask"), hide=hide))
        return found[-1]

    yield address, worker
    for process in reversed(found):
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
    for process in found:
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def wait_for_workers(address, count):
    with distributed.Client(address, timeout=30, set_as_default=False) as client:
        client.wait_for_workers(count, timeout=60)


def run_toys(address, folder, areas, *, pause=0.0, told=lambda outcome: None):
    """{area: outcome} of toy notebooks on the cluster."""
    planned, got = jobs(areas, pause=pause), {}
    (folder / "national").mkdir(parents=True, exist_ok=True)
    keys = {job.name: "key" for job in planned}
    options = {"synthetic": True, "limits": LIMITS, "notebooks": folder.parent / "notebooks"}
    for number, outcome in run_on_cluster(address, planned, folder, keys, options):
        got[planned[number].area] = outcome
        told(outcome)
    return got


def kernels_left():
    left = []
    for process in psutil.process_iter():
        try:
            left += [process] if MARK in process.environ() else []
        except (psutil.Error, OSError):
            continue
    return left


def test_a_worker_lost_mid_run_costs_time_and_nothing_else(tmp_path, cluster):
    address, worker = cluster
    write_notebook(tmp_path / "notebooks")
    areas = AREAS[:5]
    first, _ = worker(), worker()
    wait_for_workers(address, 2)
    killed = []

    def kill_one(outcome):
        if not killed:  # the other notebook of this moment is on a worker: one of the two goes with all it holds
            victim = psutil.Process(first.pid)
            for process in [*victim.children(recursive=True), victim]:
                with contextlib.suppress(psutil.Error):
                    if "sdg_eval" not in " ".join(process.cmdline()):  # the worker and its nanny; the server of kernels must see to itself
                        process.kill()
            killed.append(victim.pid)

    after = run_toys(address, tmp_path / "lossy", areas, pause=1.0, told=kill_one)
    assert killed and {outcome.status for outcome in after.values()} == {"done"}
    for area in areas:
        assert (tmp_path / "lossy/provinces" / area / "result.csv").read_text() == f"REF_AREA,value\n{area},1\n"
    deadline = time.monotonic() + 10
    while kernels_left() and time.monotonic() < deadline:
        time.sleep(0.2)
    assert kernels_left() == []


@pytest.mark.skipif(os.name != "posix" or not hasattr(os, "geteuid") or os.geteuid() != 0 or not shutil.which("unshare"), reason="hiding a folder from one process needs root and unshare")
def test_results_come_back_from_a_worker_that_does_not_see_the_folder(tmp_path, cluster):
    address, worker = cluster
    write_notebook(tmp_path / "notebooks")
    out = tmp_path / "out"
    out.mkdir()
    worker(hide=str(out))
    wait_for_workers(address, 1)
    planned = jobs(AREAS[:2], faults={AREAS[1]: ("raise ValueError('nothing fits')", "middle")})
    (out / "run/national").mkdir(parents=True)
    options = {"synthetic": True, "limits": LIMITS, "notebooks": tmp_path / "notebooks"}
    got = {planned[n].area: o for n, o in run_on_cluster(address, planned, out / "run", {job.name: "key" for job in planned}, options)}
    assert got[AREAS[0]].status == "done" and got[AREAS[1]].status == "failed" and "nothing fits" in got[AREAS[1]].error
    assert (out / "run/provinces" / AREAS[0] / "result.csv").read_text() == f"REF_AREA,value\n{AREAS[0]},1\n"
    assert (out / "run/provinces" / AREAS[1] / "kernel.log").exists() and not list((out / "run/provinces").glob(".*"))


def test_answers_of_persons_do_not_travel_in_the_open(tmp_path, monkeypatch):
    from sdg_eval.batch import cluster as module

    restricted = tmp_path / ".inputs/run/restricted"
    restricted.mkdir(parents=True)
    (restricted / "survey_answer.csv").write_text("respondent\n")
    with pytest.raises(UsageError, match=r"survey_answer\.csv hold answers of persons"):
        module._require_safe("tcp://10.0.0.5:8786", tmp_path / "run")
    for address in ("tls://10.0.0.5:8786", "tcp://127.0.0.1:8786"):
        module._require_safe(address, tmp_path / "run")
    shutil.rmtree(restricted)
    module._require_safe("tcp://10.0.0.5:8786", tmp_path / "run")


def test_what_is_no_scheduler_is_said_before_anything_runs(tmp_path, monkeypatch):
    monkeypatch.setattr("sdg_eval.batch.cluster.SECONDS_TO_CONNECT", 1)
    assert require_scheduler("local") == "local"
    with pytest.raises(UsageError, match="write local, or the address"):
        require_scheduler("8786")
    (tmp_path / "run").mkdir()
    with pytest.raises(UsageError, match="no Dask scheduler answers there"):
        list(run_on_cluster("tcp://127.0.0.1:9", jobs(AREAS[:1]), tmp_path / "run", {}, {}))
