"""Kernels for the tests of warm kernels: started through jupyter_client, asked by cells that print JSON."""

import json
import os
import time
from contextlib import contextmanager

import psutil
from jupyter_client.manager import KernelManager

from sdg_eval.batch.warm import KERNEL_NAME, warm_kernels
from sdg_eval.batch.warm.client import WarmKernel
from sdg_eval.batch.warm.start import SOCKET

PROBE = r"""
import asyncio, gc, inspect, json, locale, logging, os, resource, signal, sys, tempfile, threading, time, warnings

def called(thing):
    thing = thing if hasattr(thing, "__qualname__") else type(thing)
    return f"{thing.__module__}.{thing.__qualname__}"

def words(arguments):
    return ["CONNECTION FILE" if word.endswith(".json") else word for word in arguments]

shell, main, stderr = get_ipython(), sys.modules["__main__"], sys.__stderr__
print(json.dumps({
    "argv": words(sys.argv), "orig_argv": words(sys.orig_argv), "executable": sys.executable, "path": sys.path,
    "flags": str(sys.flags), "warnoptions": sys.warnoptions, "xoptions": sys._xoptions, "pycache": sys.pycache_prefix,
    "meta_path": list(map(called, sys.meta_path)), "cwd": os.getcwd(), "umask": [line for line in open("/proc/self/status") if "Umask" in line],
    "environment": {k: v for k, v in os.environ.items() if k != "JPY_PARENT_PID"},
    "parent": os.environ.get("JPY_PARENT_PID") == str(os.getppid()), "parent poller": bool(shell.kernel.parent.parent_handle),
    "signals": {number.name: called(signal.getsignal(number)) if callable(signal.getsignal(number)) else str(signal.getsignal(number)) for number in signal.Signals},
    "signal masks": [line for line in open("/proc/self/status") if line.startswith(("SigBlk", "SigIgn", "SigCgt"))],
    "locale": locale.setlocale(locale.LC_ALL), "time zone": time.tzname, "encodings": [sys.getfilesystemencoding(), locale.getpreferredencoding()],
    "filters": [str(item) for item in warnings.filters], "showwarning": called(warnings.showwarning),
    "root handlers": [called(type(handler)) for handler in logging.root.handlers], "root level": logging.root.level,
    "loggers": {name: [log.level, [called(type(handler)) for handler in log.handlers], log.propagate, log.disabled]
                for name, log in logging.root.manager.loggerDict.items() if isinstance(log, logging.Logger) and (log.level or log.handlers)},
    "main": [sorted(vars(main)), getattr(main, "__file__", None), str(main.__spec__), __name__],
    "streams": [[called(type(stream)), stream.encoding] for stream in (sys.stdin, sys.stdout, sys.stderr, sys.__stdin__, sys.__stdout__, stderr)],
    "buffering": [sys.__stdout__.line_buffering, sys.__stdout__.write_through, stderr.line_buffering, stderr.errors],
    "gc": [gc.isenabled(), gc.get_threshold()], "threads": sorted(thread.name.split("-")[0] for thread in threading.enumerate()),
    "limits": {name: resource.getrlimit(getattr(resource, name)) for name in dir(resource) if name.startswith("RLIMIT_")},
    "nice": os.nice(0), "processors": sorted(os.sched_getaffinity(0)), "session": [os.getsid(0) == os.getpid(), os.getpgid(0) == os.getpid()],
    "recursion": sys.getrecursionlimit(), "profile": [str(sys.gettrace()), str(sys.getprofile())], "stdin": os.read(0, 1).decode(),
    "hooks": [called(sys.excepthook), called(type(sys.displayhook)), called(threading.excepthook), called(sys.unraisablehook)],
    "builtins": sorted(vars(__import__("builtins"))), "policy": called(type(asyncio.get_event_loop_policy())), "temporary": tempfile.gettempdir(),
    "events": {name: list(map(called, functions)) for name, functions in shell.events.callbacks.items()},
    "magics": sorted(shell.magics_manager.magics["line"]), "history": str(shell.history_manager.hist_file),
    "debugger's own": [any(part in path for path in shell.kernel._kernel_modules) for part in ("ipykernel", "traitlets", "pandas", "sdg_eval", "matplotlib/")],
    "printers": {name: sorted(map(str, formatter.type_printers)) for name, formatter in shell.display_formatter.formatters.items()},
}))
"""
"""What a kernel starts with."""

IMPORT = """
import importlib, pkgutil
import sdg_eval
from sdg_eval.batch.warm.preload import LIBRARIES, NOT_FOR_NOTEBOOKS
for name in LIBRARIES + tuple(m.name for m in pkgutil.walk_packages(sdg_eval.__path__, "sdg_eval.") if not m.name.startswith(NOT_FOR_NOTEBOOKS)):
    importlib.import_module(name)
"""
"""All that a warm kernel has imported."""

SETTINGS = """
import decimal, json, multiprocessing.process, os, random, sys, warnings
filters = sorted(str(item) for item in warnings.filters)
warnings.simplefilter("ignore")  # pandas warns of options that it will drop
import matplotlib, numpy, pandas
from matplotlib import font_manager
from pandas._config import config
print(json.dumps({
    "pandas": {name: repr(pandas.get_option(name)) for name in config._registered_options},
    "rcParams": {name: repr(value) for name, value in dict.items(matplotlib.rcParams)},
    "fonts": sorted(font.fname for font in font_manager.fontManager.ttflist), "filters": filters, "decimal": str(decimal.getcontext()),
    "numpy": [repr(numpy.get_printoptions()), numpy.geterr()], "environment": {k: v for k, v in os.environ.items() if k != "JPY_PARENT_PID"},
    "folder": multiprocessing.process.ORIGINAL_DIR, "marks": [hasattr(numpy, "foo"), hasattr(sys.modules.get("sdg_eval.trends"), "foo")],
}))
"""
"""The settings of the libraries."""


class Session:
    """A running kernel with its client."""

    def __init__(self, manager: KernelManager, client):
        self.manager, self.client = manager, client

    @property
    def is_warm(self) -> bool:
        """True for a kernel that was forked."""
        return isinstance(self.manager.provisioner.process, WarmKernel)

    @property
    def pid(self) -> int:
        """Process id of the kernel."""
        return self.manager.provisioner.pid

    def run(self, code: str, timeout: float = 60) -> str:
        """Run a cell; return what it printed and showed, stdout and stderr in order. Raises RuntimeError with its traceback."""
        said = []

        def hear(message):
            content = message["content"]
            said.append(content.get("text") or content.get("data", {}).get("text/plain", ""))

        reply = self.client.execute_interactive(code, output_hook=hear, timeout=timeout)["content"]
        if reply["status"] != "ok":
            raise RuntimeError("\n".join(reply.get("traceback", [reply["status"]])))
        return "".join(said)

    def ask(self, code: str):
        """Run a cell that prints JSON last; return it."""
        return json.loads(self.run(code).strip().splitlines()[-1])


@contextmanager
def kernel(name: str = KERNEL_NAME, **options):
    """Run a kernel as jupyter_client does, and shut it down."""
    manager = KernelManager(kernel_name=name)
    env = dict(options.pop("env", os.environ))
    env.pop("PYTEST_CURRENT_TEST", None)  # with it ipykernel leaves out part of what it does
    manager.start_kernel(env=env, **options)
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        yield Session(manager, client)
    finally:
        if manager.is_alive():
            manager.shutdown_kernel()
        client.stop_channels()
        manager.cleanup_resources()


@contextmanager
def normal_kernel(**options):
    """Run the same kernel spec without a server: what serves where a warm kernel cannot be had."""
    before = os.environ.get(SOCKET)
    os.environ[SOCKET] = "off"
    try:
        with kernel(**options) as session:
            assert not session.is_warm
            yield session
    finally:
        os.environ.pop(SOCKET)
        if before:
            os.environ[SOCKET] = before


@contextmanager
def light_server(monkeypatch, tmp_path, *, more: str = "", rest: str = ""):
    """A server that has only ipykernel imported; the lines `more` run as it preloads, `rest` a second after. Gives the kernel name."""
    (tmp_path / "light_server.py").write_text(
        f"import os, runpy, sys\nfrom sdg_eval.batch.warm import preload, start\n"
        f"def light(first):\n    os.environ[preload.NO_WARNING] = '1'\n    preload._import(preload.IPYTHON)\n    {more}\n    return preload.Preloaded({{}}, dict(sys.modules))\n"
        f"def last(so_far):\n    {rest or 'raise SystemExit'}\n    return so_far\n"
        f"preload.preload, preload.preload_rest, start.SECONDS_UNASKED = light, last, 1.0\nrunpy.run_module('sdg_eval.batch.warm.server', run_name='__main__', alter_sys=True)\n"
    )
    places = [str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(places))
    monkeypatch.setattr("sdg_eval.batch.warm.start.SERVER", "light_server")
    monkeypatch.delenv(SOCKET, raising=False)
    with warm_kernels(("os",) if rest else ()) as name:
        yield name


def gone_within(seconds: float, pids: list[int]) -> list[int]:
    """Wait for processes to end; return those that have not."""
    end = time.monotonic() + seconds
    while (left := [pid for pid in pids if _runs(pid)]) and time.monotonic() < end:
        time.sleep(0.02)
    return left


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
