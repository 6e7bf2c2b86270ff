"""Warm kernels: they start as normal ones do, do what normal ones do, and know nothing of each other."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import nbformat
import psutil
import pytest

from sdg_eval.batch.warm import KERNEL_NAME, NORMAL_KERNEL, start, warm_kernels
from sdg_eval.batch.warm.client import WarmKernel
from sdg_eval.batch.warm.start import KERNEL_ENVIRONMENT, SOCKET
from tests.counts import report
from tests.kernels import IMPORT, PROBE, SETTINGS, gone_within, kernel, light_server, normal_kernel

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Elsewhere normal kernels serve, as tests/test_warm_fallback.py shows.")

BY_IMPORTS = {"environment": {"KMP_INIT_AT_FORK"}, "loggers": {"charset_normalizer"}}
"""What libraries set when they are imported; a normal kernel has it after its import cell. Warning filters too."""

POLLUTE = """
import locale, logging, os, random, signal, sys, tempfile, warnings
import matplotlib, numpy as np, pandas as pd, sdg_eval.trends
pd.set_option("display.max_rows", 3, "display.precision", 1)
matplotlib.rcParams["font.size"] = 99
os.environ["POLLUTED"] = "yes"
os.environ["TZ"] = "Asia/Bangkok"
os.chdir(tempfile.mkdtemp())
np.foo = sdg_eval.trends.foo = 1
np.set_printoptions(precision=1)
np.seterr(all="ignore")
random.seed(1)
np.random.seed(1)
warnings.simplefilter("error")
locale.setlocale(locale.LC_ALL, "C")
sys.path.insert(0, "/nowhere")
sys.argv.append("more")
sys.setrecursionlimit(500)
signal.signal(signal.SIGUSR1, lambda *_: None)
logging.basicConfig(level=0)
tempfile.tempdir = "/"
os.umask(0o77)
"""


@pytest.fixture(scope="module")
def warm():
    """A server of warm kernels for these tests, with the environment of its kernel spec."""
    with warm_kernels() as name:
        assert name == KERNEL_NAME
        yield name


def states(session) -> tuple[dict, dict]:
    start = session.ask(PROBE)
    session.run(IMPORT)
    return start, session.ask(SETTINGS)


def test_a_warm_kernel_starts_as_a_normal_one(warm, tmp_path):
    with normal_kernel(cwd=str(tmp_path)) as session:
        normal, normal_settings = states(session)
    with kernel(cwd=str(tmp_path)) as session:
        assert session.is_warm
        forked, forked_settings = states(session)
    server = os.environ[SOCKET]
    assert forked["environment"].pop(SOCKET) == server and normal["environment"].pop(SOCKET) == "off"
    forked_settings["environment"].pop(SOCKET), normal_settings["environment"].pop(SOCKET)
    early = [item for item in forked["filters"] if item not in normal["filters"]]
    assert set(early) <= set(normal_settings["filters"]), "filters that no import sets"
    forked["filters"] = [item for item in forked["filters"] if item not in early]
    for part, names in BY_IMPORTS.items():
        for name in names - normal[part].keys():
            del forked[part][name]
    # IPython adds a printer for numpy's float where numpy is there first: the one of float, which serves numpy's too.
    forked["printers"]["text/plain"].remove("<class 'numpy.float64'>")
    assert forked == normal
    assert forked_settings == normal_settings


def test_no_state_crosses_from_one_kernel_to_the_next(warm, tmp_path):
    with kernel(cwd=str(tmp_path)) as session:
        before = states(session)
        session.run(POLLUTE)
        assert "POLLUTED" in session.ask("import json; print(json.dumps(dict(os.environ)))")
        assert session.ask(SETTINGS)["marks"] == [True, True]
        with kernel(cwd=str(tmp_path)) as beside:
            assert states(beside) == before
    with kernel(cwd=str(tmp_path)) as later:
        assert states(later) == before


def test_each_kernel_draws_its_own_random_numbers(warm):
    draw = "import json, random, uuid, numpy as np; print(json.dumps([random.random(), np.random.random(), str(uuid.uuid4())]))"
    drawn = []
    for _ in range(2):
        with kernel() as session:
            drawn.append(session.ask(draw))
    assert all(one != other for one, other in zip(*drawn, strict=True))


def notebook(*cells: str, name: str = "python3") -> nbformat.NotebookNode:
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell, id=f"cell-{n}") for n, cell in enumerate(cells)])
    book.metadata.kernelspec = {"name": name, "display_name": name, "language": "python"}
    return book


CELLS = (
    "AREA = 'TH-55'",
    "import sys, warnings, numpy as np, pandas as pd\nfrom sdg_eval.figures.style import new_figure, svg_bytes",
    "frame = pd.DataFrame({f'column {n}': np.arange(3) / 7 for n in range(25)}, index=[AREA, 'น่าน', 'TH-10'])\nframe",
    "print('ออก'); print('error', file=sys.stderr); np.float64(1) / 3",
    "from IPython.display import SVG\nfigure, axes = new_figure(); axes.plot([1, 2], [2560, 2565]); axes.set_title('จังหวัดน่าน'); SVG(svg_bytes(figure))",
    "import matplotlib.pyplot as plt\nplt.plot([1, 2]); plt.title('ก')",
    "warnings.warn('said once'); list(frame.columns[:2]), repr(frame.sum())",
)


def executed(path: Path, name: str, **options) -> list:
    """Run CELLS through papermill and return the outputs, without what differs from run to run anyway."""
    from papermill import execute_notebook

    source = path / "toy.ipynb"
    nbformat.write(notebook(*CELLS), source)
    book = execute_notebook(str(source), str(path / f"{name}.ipynb"), kernel_name=name, progress_bar=False, cwd=str(path), **options)
    text = json.dumps([cell.outputs for cell in book.cells], ensure_ascii=False)
    return json.loads(text, object_hook=lambda part: {k: v for k, v in part.items() if k != "metadata"})


def test_papermill_gets_the_outputs_of_a_normal_kernel(warm, tmp_path, monkeypatch):
    forked = executed(tmp_path, warm)
    for name, value in KERNEL_ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    normal = executed(tmp_path, NORMAL_KERNEL)
    without_pid = [json.loads(__import__("re").sub(r"ipykernel_\d+", "", json.dumps(outputs))) for outputs in (forked, normal)]
    assert without_pid[0] == without_pid[1]
    assert "ipykernel" in str(forked)


def test_nbval_compares_a_notebook_under_warm_kernels(warm, tmp_path):
    from nbclient import NotebookClient

    book = notebook("import numpy as np\nnp.arange(3).sum()", "print('ก')", name=warm)
    NotebookClient(book, kernel_name=warm).execute()
    nbformat.write(book, tmp_path / "kept.ipynb")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--nbval", "--nbval-kernel-name", warm, "kept.ipynb"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0 and "2 passed" in done.stdout, done.stdout + done.stderr


def test_interrupt_restart_and_shutdown(warm):
    with kernel() as session:
        timer = threading.Timer(0.3, session.manager.interrupt_kernel)
        timer.start()
        with pytest.raises(RuntimeError, match="KeyboardInterrupt"):
            session.run("import time; kept = 1; time.sleep(30)", timeout=10)
        assert session.run("kept + 1") == "2"
        first = session.pid
        session.manager.restart_kernel()
        session.client.wait_for_ready(timeout=30)
        assert session.is_warm and session.pid != first
        with pytest.raises(RuntimeError, match="NameError"):
            session.run("kept")
        session.manager.restart_kernel(now=True)
        session.client.wait_for_ready(timeout=30)
        session.manager.shutdown_kernel(now=True)
        assert not session.manager.is_alive()


def test_what_a_cell_does_at_its_end_is_done(warm, tmp_path):
    with kernel(cwd=str(tmp_path)) as session:
        session.run("import atexit; atexit.register(lambda: open('atexit', 'w').write('done')); unclosed = open('unclosed', 'w'); unclosed.write('x' * 9)")
        session.run("class Ring:\n    def __init__(self): self.ring, self.file = self, open('ring', 'w'); self.file.write('y')\nRing()")
        process = session.manager.provisioner.process
    assert process.returncode == 0
    assert [(tmp_path / name).read_text() for name in ("atexit", "unclosed", "ring")] == ["done", "x" * 9, "y"]


def test_output_below_python_goes_where_a_normal_kernel_sends_it(warm, tmp_path):
    cell = "import os, subprocess, sys\nos.write(1, b'descriptor '); subprocess.run(['echo', 'child']); print('raw', file=sys.__stderr__, flush=True)"
    said = {}
    for name, begin in {"normal": normal_kernel, "warm": kernel}.items():
        with open(tmp_path / f"{name}.out", "wb") as out, open(tmp_path / f"{name}.err", "wb") as err:
            with begin(stdout=out, stderr=err) as session:
                heard = session.run(cell + "\nimport time; time.sleep(0.3)")
        said[name] = sorted(heard.split()), *((tmp_path / f"{name}.{end}").read_bytes() for end in ("out", "err"))
    assert said["warm"] == said["normal"]
    assert said["warm"][0] == ["child", "descriptor", "raw"]


def test_processes_and_threads_work_in_a_warm_kernel(warm, tmp_path):
    (tmp_path / "squares.py").write_text("def square(x):\n    return x * x\n")
    with kernel(cwd=str(tmp_path)) as session:
        session.run("import multiprocessing, subprocess, squares")
        for method in ("fork", "spawn"):
            assert session.run(f"with multiprocessing.get_context('{method}').Pool(2) as pool: print(pool.map(squares.square, range(4)))") == "[0, 1, 4, 9]\n"
        assert session.run("from joblib import Parallel, delayed\nParallel(n_jobs=2)(delayed(squares.square)(n) for n in range(4))") == "[0, 1, 4, 9]"
        assert session.run("subprocess.run(['cat'], input='น่าน', capture_output=True, text=True).stdout") == "'น่าน'"
        session.run("import duckdb, pyarrow as pa, pyarrow.parquet as pq, numpy as np")
        session.run("table = pa.table({'a': np.arange(300_000), 'b': np.arange(300_000).astype(str)}); pq.write_table(table, 't.parquet', row_group_size=10_000)")
        assert session.run("pq.read_table('t.parquet', use_threads=True).equals(table), pa.compute.sum(table['a']).as_py()") == "(True, 44999850000)"
        assert session.run("duckdb.connect().execute(\"set threads to 4; select count(*), sum(a) from 't.parquet'\").fetchall()") == "[(300000, 44999850000)]"
        assert session.run("m = np.ones((300, 300)); (m @ m).sum()") == "np.float64(27000000.0)"


def refused(name: str, caplog, **options) -> str:
    """Start a kernel, which must be a normal one and work; return why."""
    caplog.clear()
    with caplog.at_level("INFO"), kernel(name, **options) as session:
        assert not session.is_warm
        assert session.run("print(6 * 7)") == "42\n"
    return next(record.getMessage() for record in caplog.records if "No warm kernel" in record.getMessage())


def test_a_server_with_a_second_thread_refuses_and_a_normal_kernel_serves(monkeypatch, tmp_path, caplog):
    more = "import threading, time; threading.Thread(target=time.sleep, args=(600,), daemon=True).start()"
    with light_server(monkeypatch, tmp_path, more=more) as name:
        assert "2 threads" in refused(name, caplog)


def test_a_kernel_that_would_differ_is_refused_and_a_normal_one_serves(monkeypatch, tmp_path, caplog):
    folder = tmp_path / "folder"
    folder.mkdir()
    (tmp_path / "edited.py").write_text("A = 1\n")
    with light_server(monkeypatch, tmp_path, more="import edited, numpy") as name:
        with kernel(name) as session:
            assert session.is_warm
        assert "PYTHONHASHSEED" in refused(name, caplog, env=os.environ | {"PYTHONHASHSEED": "7"})
        assert "LC_ALL" in refused(name, caplog, env=os.environ | {"LC_ALL": "C"})
        (folder / "matplotlibrc").write_text("font.size: 30\n")
        assert "matplotlibrc" in refused(name, caplog, cwd=str(folder))
        (folder / "matplotlibrc").unlink()
        (folder / "numpy.py").write_text("")
        assert "in place of" in refused(name, caplog, cwd=str(folder))
        (tmp_path / "edited.py").write_text("A = 22\n")
        assert "was changed" in refused(name, caplog)


def test_the_time_zone_and_the_backend_of_the_request_count(warm):
    with kernel(env=os.environ | {"TZ": "Asia/Bangkok", "MPLBACKEND": "agg"}) as session:
        assert session.is_warm
        assert session.run("import time, matplotlib; time.strftime('%z'), matplotlib.get_backend()") == "('+0700', 'agg')"


def test_a_memory_limit_and_a_mask_are_inherited(warm, tmp_path):
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    mask = os.umask(0o77)
    resource.setrlimit(resource.RLIMIT_CORE, (0, hard))
    try:
        with kernel(cwd=str(tmp_path)) as session:
            assert session.run("import resource; resource.getrlimit(resource.RLIMIT_CORE)[0]") == "0"
            session.run("open('mine', 'w')")
    finally:
        os.umask(mask)
        resource.setrlimit(resource.RLIMIT_CORE, (soft, hard))
    assert (tmp_path / "mine").stat().st_mode & 0o777 == 0o600


def test_the_socket_is_for_its_owner_only(warm):
    path = Path(os.environ[SOCKET])
    assert path.stat().st_mode & 0o777 == 0o600 and path.parent.stat().st_mode & 0o777 == 0o700
    with kernel() as session:
        assert session.manager.transport == "ipc" and Path(session.manager.ip).parent == path.parent


def test_a_warm_kernel_is_ready_at_once_and_ends_at_once(warm):
    ready, ended = [], []
    for _ in range(3):
        start = time.monotonic()
        with kernel() as session:
            ready.append(time.monotonic() - start)
            session.run("import pandas, matplotlib, scipy.stats")
            start = time.monotonic()
            session.manager.shutdown_kernel()
            ended.append(time.monotonic() - start)
            cpu = sum(os.times()[2:4])
    report("warm kernels", f"ready in {min(ready) * 1000:.0f} ms, ended in {min(ended) * 1000:.0f} ms, {cpu:.0f} s of children so far")
    # A normal kernel takes 0.7 s to be ready, 2.5 s to import and 1 s to end; wide margins, as others share the processors.
    assert min(ready) < 2 and min(ended) < 0.8


def test_signals_reach_the_kernel_and_its_children(warm):
    with kernel() as session:
        child = int(session.run("import subprocess; p = subprocess.Popen(['sleep', '60']); print(p.pid)"))
        session.manager.signal_kernel(signal.SIGINT)
        assert gone_within(5, [child]) == []
        assert session.run("p.wait(5)") == "-2"


def test_an_edited_module_gets_a_new_server_and_open_kernels_go_on(monkeypatch, tmp_path):
    monkeypatch.setattr("sdg_eval.batch.warm.start._own", None)
    (tmp_path / "edited.py").write_text("A = 1\n")
    with light_server(monkeypatch, tmp_path, more="import edited") as name:
        monkeypatch.delenv(SOCKET)  # a client without `warm_kernels`, as JupyterLab: it starts a server of its own
        with kernel(name) as before:
            assert before.is_warm and before.run("import edited; edited.A") == "1"
            (tmp_path / "edited.py").write_text("A = 22\n")
            with kernel(name) as meanwhile:
                assert not meanwhile.is_warm and meanwhile.run("import edited; edited.A") == "22"
            with kernel(name) as after:
                assert after.is_warm and after.run("import edited; edited.A") == "22"
            assert before.run("edited.A") == "1"
            retired = psutil.Process(before.pid).parent().parent()
        assert gone_within(5, [retired.pid]) == []
        start._own.stop()


def test_a_kernel_is_served_after_the_first_imports_and_the_rest_follows_when_nobody_asks(monkeypatch, tmp_path):
    (tmp_path / "edited.py").write_text("A = 1\n")
    (tmp_path / "later.py").write_text("B = 2\n")
    there = "import sys; [name in sys.modules for name in ('edited', 'later')]"
    with light_server(monkeypatch, tmp_path, more="import edited", rest="import later") as name:
        with kernel(name) as early:
            assert early.is_warm and early.run(there) == "[True, False]"
            end, found = time.monotonic() + 30, ""
            while found != "[True, True]" and time.monotonic() < end:
                time.sleep(2.5)  # nobody asks for a while
                with kernel(name) as late:
                    found = late.is_warm and late.run(there)
            assert found == "[True, True]"
            assert early.is_warm and early.run("import later; later.B") == "2"
        (tmp_path / "edited.py").write_text("A = 22\n")  # imported first: it counts as it was then
        with kernel(name) as outdated:
            assert not outdated.is_warm


def test_jupyterlab_s_manager_starts_restarts_and_revives_warm_kernels(warm, tmp_path):
    from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager

    async def lab():
        manager = AsyncMappingKernelManager(root_dir=str(tmp_path))
        kernel_id = await manager.start_kernel(kernel_name=warm, path="")
        one = manager.get_kernel(kernel_id)
        await one.ready
        assert isinstance(one.provisioner.process, WarmKernel)
        pids = [one.provisioner.pid]
        await manager.restart_kernel(kernel_id)
        pids.append(one.provisioner.pid)
        os.kill(pids[-1], signal.SIGKILL)
        while not one.has_kernel or one.provisioner.pid in [*pids, None] or not one.ready.done():
            await asyncio.sleep(0.05)  # JupyterLab's restarter looks every 3 s
        pids.append(one.provisioner.pid)
        assert isinstance(one.provisioner.process, WarmKernel)
        await manager.shutdown_kernel(kernel_id)
        return pids

    pids = asyncio.run(asyncio.wait_for(lab(), 60))
    assert len(set(pids)) == 3 and gone_within(5, pids) == []


def test_under_run_every_kernel_of_this_python_is_warm(tmp_path):
    code = (
        f"import sys; sys.path[:0] = {sys.path!r}\nfrom tests.kernels import kernel\n"
        "with kernel('python3') as session: print(session.is_warm, session.run('6 * 7'), session.manager.transport)\n"
        "sys.exit(5)"
    )
    done = subprocess.run([sys.executable, "-m", "sdg_eval.batch.warm", "run", sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (5, "True 42 ipc\n"), done.stderr
    assert done.stderr == ""
