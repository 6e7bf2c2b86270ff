"""How a forked process becomes a kernel: everything a new process would have of its own, then ipykernel as always."""

from __future__ import annotations

import gc
import importlib.util
import multiprocessing.process
import os
import random
import resource
import signal
import sys
import tempfile
import time
from contextlib import contextmanager
from types import ModuleType

from sdg_eval.batch.warm.keeper import Birth
from sdg_eval.batch.warm.start import LAUNCHER
from sdg_eval.batch.warm.system import PR_SET_PDEATHSIG, set_process

INLINE = "module://matplotlib_inline.backend_inline"
"""What ipykernel puts into MPLBACKEND where it is not set."""
SECONDS_TO_ANSWER = 1.0
"""How long ipykernel's threads may take to answer a request to shut down; they take milliseconds."""


def become_kernel(birth: Birth):
    """Make this process the kernel that was asked for and return its application, ready to `start()`."""
    os.setsid()
    set_process(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != birth.keeper:
        os._exit(1)
    _renew_signals()
    _renew_files(birth)
    for name, limits in birth.request["limits"].items():
        resource.setrlimit(int(name), tuple(limits))
    _renew_state(birth.request)
    from ipykernel.kernelapp import IPKernelApp

    # In a normal kernel this is JPY_PARENT_PID, read at import.
    application = IPKernelApp.instance(parent_handle=birth.keeper)
    with _only_kernel_modules(birth.kernel_modules):
        application.initialize()
    os.close(birth.ready)
    return application


@contextmanager
def _only_kernel_modules(modules: dict[str, ModuleType]):
    """Let ipykernel see `modules` alone when it lists what is imported, all of which its debugger takes for its own.

    Otherwise nobody could step into pandas or this package, and the look at 2,500 modules would cost the kernel 15 MB.
    """
    from ipykernel import ipkernel

    class Early(ModuleType):
        def __getattr__(self, name):
            return getattr(sys, name)

    ipkernel.sys = Early("sys")
    ipkernel.sys.modules = modules
    try:
        yield
    finally:
        ipkernel.sys = sys


_ended_well = False


def end_well(application) -> None:
    """After `start()`: let ipykernel's threads answer the request to shut down before its sockets close.

    Otherwise the control thread may wait for an output thread that has ended, and the process for the control thread: 10 s.
    """
    global _ended_well
    for thread in (application.control_thread, application.shell_channel_thread):
        thread.join(SECONDS_TO_ANSWER)
    _ended_well = True


def leave_quickly() -> None:
    """End the process when all it had to do at its end is done.

    What Python would do now, freeing every object of every library one by one, is the second that a normal kernel takes to
    end. Objects of the notebook that close or write a file when they are freed are freed.
    """
    if _ended_well:
        gc.collect()
        sys.__stdout__.flush()
        sys.__stderr__.flush()
        os._exit(0)


def _renew_signals() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, set())


def _renew_files(birth: Birth) -> None:
    """stdin is empty, stdout and stderr are the client's."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (birth.stdout, 1), (birth.stderr, 2)):
        os.dup2(source, target)
        os.close(source)
    sys.stdout.reconfigure(line_buffering=os.isatty(1))


def _renew_state(request: dict) -> None:
    """What Python and the libraries set when they start, from this request's words."""
    arguments = request["argv"]
    sys.executable = arguments[0]
    sys.orig_argv[:] = arguments
    start = arguments.index(LAUNCHER[0]) + len(LAUNCHER)
    sys.argv[:] = [importlib.util.find_spec(LAUNCHER[1]).origin, *arguments[start:]]
    time.tzset()
    tempfile.tempdir = None
    multiprocessing.process.ORIGINAL_DIR = os.getcwd()  # where spawned processes look for modules
    random.seed()
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed()
    if matplotlib := sys.modules.get("matplotlib"):
        matplotlib.rcParams["backend"] = os.environ.get("MPLBACKEND") or INLINE
