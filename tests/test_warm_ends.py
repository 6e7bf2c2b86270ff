"""Warm kernels end with who wanted them, leave nothing behind, and cost little memory."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from sdg_eval.batch.warm import KERNEL_NAME, warm_kernels
from sdg_eval.batch.warm.start import SOCKET
from tests.counts import report, times
from tests.kernels import gone_within, kernel, light_server

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Elsewhere there are no warm kernels.")

SERVERS = ("sdg_eval.batch.warm.server", "light_server")
SECONDS = 5.0
"""Within which nothing may be left."""

START_CHILDREN = """
import json, os, subprocess, sys, time
DAEMON = '''
import os, sys, time
if os.fork(): os._exit(0)
os.setsid()
if os.fork(): os._exit(0)
open(sys.argv[1], "w").write(str(os.getpid()))
time.sleep(600)
'''
child = subprocess.Popen(["sleep", "600"])
own_group = subprocess.Popen(["sleep", "600"], start_new_session=True)
subprocess.run([sys.executable, "-c", DAEMON, "daemon.pid"])
while not (os.path.exists("daemon.pid") and (text := open("daemon.pid").read())):
    time.sleep(0.01)
os.remove("daemon.pid")
print(json.dumps([os.getpid(), child.pid, own_group.pid, int(text)]))
"""
"""Starts a child, a child in a session of its own, and a daemon that has cut all ties; prints the pids of all and the kernel's."""


@pytest.fixture
def light(monkeypatch, tmp_path):
    """A server that starts in a moment; which libraries it has does not matter for how kernels end."""
    with light_server(monkeypatch, tmp_path) as name:
        yield name


def parents(pid: int) -> list[int]:
    """Return the keeper and the server of a kernel; anything else is not for a test to kill."""
    keeper = psutil.Process(pid).parent()
    found = [keeper, keeper.parent()]
    assert all(process.cmdline()[2] in SERVERS for process in found), "it is not a warm kernel"
    return [process.pid for process in found]


def test_a_shut_down_kernel_leaves_nothing(light, tmp_path):
    for now in (False, True):
        with kernel(light, cwd=str(tmp_path)) as session:
            pids = session.ask(START_CHILDREN)
            pids.append(parents(session.pid)[0])
            session.manager.shutdown_kernel(now=now)
            assert gone_within(1, pids) == []


@pytest.mark.parametrize("cell", ["import os; os._exit(3)", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"])
def test_a_kernel_that_dies_leaves_nothing_and_its_end_is_told(light, tmp_path, cell):
    with kernel(light, cwd=str(tmp_path)) as session:
        pids = session.ask(START_CHILDREN)
        session.client.execute(cell)
        assert gone_within(SECONDS, pids) == []
        process = session.manager.provisioner.process
        assert process.wait(SECONDS) == (3 if "_exit" in cell else -signal.SIGKILL)
        assert not session.manager.is_alive()


CLIENT = """
import os, sys, time
from tests.kernels import kernel
from tests.test_warm_ends import START_CHILDREN
with kernel(sys.argv[1], cwd=sys.argv[2]) as session:
    pids = session.ask(START_CHILDREN)
    if len(sys.argv) > 3 and not os.fork():  # a child that has the connection open too, and outlives its parent
        time.sleep(30)
        os._exit(0)
    print(pids, flush=True)
    session.run("import time; time.sleep(600)", timeout=600)
"""


@pytest.mark.parametrize("more", [[], ["child"]])
def test_a_killed_client_takes_its_kernel_along(light, tmp_path, more):
    places = os.pathsep.join([str(Path(__file__).parents[1]), os.environ["PYTHONPATH"]])
    script = tmp_path / "client.py"
    script.write_text(CLIENT)
    # its tests folder is not on the path of the server, so the kernel keeps the environment it would have had
    code = f"import sys; sys.path[:0] = {places.split(os.pathsep)!r}; sys.argv[1:] = {[light, str(tmp_path), *more]!r}; exec(open({str(script)!r}).read())"
    client = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, start_new_session=True)
    pids = json.loads(client.stdout.readline())
    keeper, server = parents(pids[0])
    client.kill()
    client.wait()
    assert gone_within(SECONDS, [*pids, keeper]) == []
    if more:
        os.killpg(client.pid, signal.SIGKILL)
    assert psutil.pid_exists(server)


def test_a_killed_server_takes_its_kernels_along_and_normal_kernels_serve(light, tmp_path):
    with kernel(light, cwd=str(tmp_path)) as one, kernel(light, cwd=str(tmp_path)) as other:
        pids = one.ask(START_CHILDREN) + other.ask(START_CHILDREN)
        keeper, server = parents(one.pid)
        pids += [keeper, parents(other.pid)[0], server]
        os.kill(server, signal.SIGKILL)
        assert gone_within(SECONDS, pids) == []
        assert not one.manager.is_alive() and not other.manager.is_alive()
    with kernel(light) as session:
        assert not session.is_warm and session.run("6 * 7") == "42"


def test_killed_keepers_take_their_kernels_along(light, tmp_path):
    with kernel(light, cwd=str(tmp_path)) as session, kernel(light) as other:
        pids = session.ask(START_CHILDREN)
        keepers = [parents(kept.pid)[0] for kept in (session, other)]
        for keeper in keepers:
            os.kill(keeper, signal.SIGKILL)
        assert gone_within(SECONDS, [*pids, other.pid, *keepers]) == []
        assert not session.manager.is_alive() and not other.manager.is_alive()
    with kernel(light) as session:
        assert session.is_warm


def test_the_end_of_warm_kernels_is_the_end_of_all(monkeypatch, tmp_path):
    with light_server(monkeypatch, tmp_path) as name, kernel(name, cwd=str(tmp_path)) as session:
        pids = session.ask(START_CHILDREN)
        server, folder = parents(session.pid)[1], Path(os.environ[SOCKET]).parent
        monkeypatch.delenv(SOCKET)
        with light_server(monkeypatch, tmp_path):
            pass  # the end of another server is not the end of this one
        assert psutil.pid_exists(pids[0]) and folder.is_dir()
    assert gone_within(SECONDS, [*pids, server]) == [] and not folder.exists()


def test_a_killed_starter_takes_server_and_kernels_along(light, tmp_path):
    code = (
        f"import sys; sys.path[:0] = {sys.path!r}\nfrom sdg_eval.batch.warm import start\nstart.SERVER = 'light_server'\n"
        f"import os; os.environ.pop(start.SOCKET, None)\nfrom tests.kernels import kernel\nfrom tests.test_warm_ends import START_CHILDREN, parents\n"
        f"with start.warm_kernels() as name, kernel(name, cwd={str(tmp_path)!r}) as session:\n"
        f"    print(os.path.dirname(os.environ[start.SOCKET]), flush=True)\n    print(session.ask(START_CHILDREN) + parents(session.pid), flush=True)\n    session.run('import time; time.sleep(600)', timeout=600)\n"
    )
    starter = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    folder, pids = Path(starter.stdout.readline().strip()), json.loads(starter.stdout.readline())
    assert folder.is_dir()
    starter.kill()
    starter.wait()
    assert gone_within(SECONDS, pids) == [] and not folder.exists()


def test_a_server_that_still_imports_does_not_hold_up_the_end(monkeypatch, tmp_path):
    with light_server(monkeypatch, tmp_path, more="__import__('time').sleep(60)"):
        start = time.monotonic()
    assert time.monotonic() - start < 5


TYPICAL = """
from sdg_eval.codelists import read_codelists
from sdg_eval.evaluation import evaluate_areas
from sdg_eval.figures.style import new_figure, svg_bytes
from sdg_eval.observations import select_area
from sdg_eval.store import read_observations
from sdg_eval.trends import evaluate_trends
codelists = read_codelists()
observations = read_observations(OBSERVATIONS)
trends = evaluate_trends(select_area(observations, "TH-55"))
for series, part in list(observations.groupby("SERIES"))[:8]:
    figure, axes = new_figure()
    axes.scatter(part["TIME_PERIOD"].astype(str).str[:4].astype(int), part["OBS_VALUE"], label="จังหวัดน่าน")
    axes.legend()
    shown = svg_bytes(figure)
"""
"""What a province's notebook does, in small."""


def proportional_mb(pid: int) -> float:
    """Return the memory of a process, with its part of what it shares (PSS), in MB."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def own_mb(pid: int) -> float:
    """Return the memory of a process that no other shares, in MB."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private")) / 1024


def rss_mb(pid: int) -> float:
    """Return the memory of a process, shared or not, in MB."""
    return psutil.Process(pid).memory_info().rss / 2**20


def test_a_soak_leaves_memory_flat_and_each_kernel_costs_little(tmp_path, sample):
    sample.to_parquet(tmp_path / "observations.parquet")
    count = times(8, 300)
    with warm_kernels() as name:
        assert name == KERNEL_NAME
        seen, ready, ended, server = [], [], [], None
        for _ in range(count):
            start = time.monotonic()
            with kernel(name) as session:
                ready.append(time.monotonic() - start)
                assert session.is_warm
                keeper, server = parents(session.pid)
                session.run("import pandas as pd; str(pd.DataFrame({'a': [1, 2]}))")
                seen += [session.pid, keeper]
                start = time.monotonic()
                session.manager.shutdown_kernel()
                ended.append(time.monotonic() - start)
            if len(ready) == 2:
                before = rss_mb(server), len(os.listdir(f"/proc/{server}/fd"))
        after = rss_mb(server), len(os.listdir(f"/proc/{server}/fd"))
        assert gone_within(SECONDS, seen) == [] and len(set(seen)) == 2 * count
        assert psutil.Process(server).num_threads() == 1
        assert after[1] == before[1] and after[0] - before[0] < 2, f"the server had {before} MB and files, now {after}"
        with kernel(name, cwd=str(tmp_path)) as one, kernel(name, cwd=str(tmp_path)) as other:  # a batch runs one per processor
            for session in (one, other):
                session.run(TYPICAL.replace("OBSERVATIONS", "'observations.parquet'"), timeout=120)
            kept = {"kernel": one.pid, "keeper": parents(one.pid)[0], "server": server}
            mb = {who: (proportional_mb(pid), own_mb(pid)) for who, pid in kept.items()}
    half = sorted(ready)[count // 2], sorted(ended)[count // 2]
    report("warm kernels", f"{count} in a row: server {after[0] - before[0]:+.1f} MB, files {after[1] - before[1]:+d}, left behind 0 of {2 * count}")
    report("warm kernels", f"median ready in {half[0] * 1000:.0f} ms, ended in {half[1] * 1000:.0f} ms")
    report("warm kernels", ", ".join(f"{who} PSS {pss:.0f} MB of which its own {own:.0f} MB" for who, (pss, own) in mb.items()))
    assert mb["kernel"][0] <= 150
    assert mb["keeper"][1] <= 10
