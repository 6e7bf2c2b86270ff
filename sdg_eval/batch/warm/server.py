"""The process that has everything imported and forks a kernel for each who asks.

It has one thread and stays that way: after a fork only the forking thread is left, and a lock that another one held stays
locked. zmq contexts, event loops and the threads of ipykernel, Arrow and DuckDB are made in the kernel, after its fork. The
server reads nothing from clients: each connection gets a keeper (`keeper.py`), which forks the kernel and lives as long as
it does. `start.Server` starts it, and it ends with its starter.
"""

from __future__ import annotations

import atexit
import os
import select
import shutil
import signal
import socket
import sys
import time
import traceback

from sdg_eval.batch.warm.keeper import Birth, end_children, keep_kernel
from sdg_eval.batch.warm.kernel import become_kernel, end_well, leave_quickly
from sdg_eval.batch.warm.preload import preload, preload_rest
from sdg_eval.batch.warm.protocol import process_descriptor, send_line
from sdg_eval.batch.warm.refusals import Refusals
from sdg_eval.batch.warm.start import FOLDER, READY, RETIRE, SECONDS_UNASKED
from sdg_eval.batch.warm.system import PR_SET_CHILD_SUBREAPER, count_threads, open_descriptors, set_process

LOOK_MS = 1000
"""How often keepers that have ended are collected."""
SECONDS_TO_END = 5.0
"""How long keepers get to end their kernels when the server ends."""


def serve(listening: int, life: int, starter: int, first: list[str]) -> Birth:
    """Fork kernels until the starter ends. Returns only in the kernels.

    `listening` and `life` are descriptors: a socket that listens, and a pipe from process `starter`. When the pipe closes,
    the server ends with its kernels; when `RETIRE` comes through it, it takes no more requests and ends after its kernels.
    `first` are modules: with them kernels are served as soon as these are imported, and the rest follows when nobody asks.
    """
    listener = socket.socket(fileno=listening)
    folder = os.path.dirname(listener.getsockname())
    if sys.path[0] in ("", os.getcwd()):
        del sys.path[0]  # as ipykernel's launcher does
    environment = dict(os.environ)
    preloaded = preload(first)
    refusals = Refusals(environment)
    if extra := open_descriptors() - {0, 1, 2, listening, life}:
        # An open file has one position for all processes that share it.
        sys.exit(
            f"sdg_eval: a library leaves files open ({sorted(extra)}): kernels cannot share it, normal ones serve."
        )
    set_process(PR_SET_CHILD_SUBREAPER, 1)  # of kernels whose keeper was killed
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    alive, server_lives = os.pipe()
    starter_ended = process_descriptor(
        starter
    )  # a child of the starter may hold the pipe open after its death
    poll, keepers, retired = select.poll(), set(), False
    rest_due = time.monotonic() + SECONDS_UNASKED if first else None
    unfit = ""
    for fd in (listening, life, starter_ended):
        if fd is not None:
            poll.register(fd, select.POLLIN)
    open(READY, "x").close()
    while keepers or not retired:
        ready = {fd for fd, _ in poll.poll(LOOK_MS)}
        keepers = _living(keepers)
        if rest_due and not ready and time.monotonic() > rest_due:
            before, rest_due = open_descriptors(), None
            preloaded = preload_rest(preloaded)
            refusals.see_imports()
            unfit = "a library leaves files open" if open_descriptors() - before else ""
        if starter_ended in ready:
            break
        if life in ready:
            if not os.read(life, len(RETIRE)):
                break
            retired = True
            poll.unregister(listening)
            listener.close()
        elif listening in ready:
            connection, _ = listener.accept()
            rest_due = rest_due and time.monotonic() + SECONDS_UNASKED
            if why := unfit or (f"the server has {threads} threads" if (threads := count_threads()) != 1 else ""):
                send_line(connection, refused=why, stale=False)
            elif keeper := os.fork():
                keepers.add(keeper)
            else:
                listener.close()
                for fd in filter(None, (server_lives, life, starter_ended)):
                    os.close(fd)
                try:
                    return keep_kernel(connection, alive, refusals, preloaded)
                except BaseException:
                    traceback.print_exc()
                    os._exit(1)  # nothing of the server's own end is for a keeper to do
            connection.close()
    os.close(server_lives)
    _end(keepers, folder)


def _living(keepers: set[int]) -> set[int]:
    """Return the keepers that live; a killed one leaves its kernel's processes to the server, which ends them."""
    living = {pid for pid in keepers if not _ended(pid)}
    if len(living) < len(keepers):
        end_children(spared=living)
    return living


def _ended(pid: int) -> bool:
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:  # collected with what another keeper left
        return True


def _end(keepers: set[int], folder: str) -> None:
    """Let the keepers end their kernels, then end what is left, and this process; a starter that was killed leaves its folder."""
    deadline = time.monotonic() + SECONDS_TO_END
    while keepers and time.monotonic() < deadline:
        keepers = _living(keepers)
        time.sleep(0.01)
    end_children()
    if os.path.basename(folder).startswith(FOLDER):
        shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)


if __name__ == "__main__":
    atexit.register(leave_quickly)  # first to be registered, so the last to run
    # The kernel is started from here, so that its stack is no deeper than a normal kernel's.
    kernel = become_kernel(serve(*map(int, sys.argv[1:4]), sys.argv[4:]))
    kernel.start()
    end_well(kernel)
