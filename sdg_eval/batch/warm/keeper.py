"""The process between server and kernel: it forks one kernel, waits for its end, and then leaves nothing of it behind.

Processes that a kernel started and that lost their parent become children of the keeper (it is their "subreaper"), so
everything a kernel ever started can be found and ended from here, daemons too.
"""

from __future__ import annotations

import os
import resource
import select
import signal
import socket
import time
from dataclasses import dataclass
from types import ModuleType

import psutil

from sdg_eval.batch.warm.preload import Preloaded
from sdg_eval.batch.warm.protocol import Lines, process_descriptor, receive_request, send_line
from sdg_eval.batch.warm.refusals import Refusals
from sdg_eval.batch.warm.system import PR_SET_CHILD_SUBREAPER, set_process

SECONDS_TO_ASK = 30.0
"""How long a client may take to say what it wants after it has connected."""
PEER_CREDENTIALS = 12  # bytes of struct ucred: process, user, group
LOOK_MS, LOOK_OFTEN_MS = 1000, 20
"""How often ended processes are collected that are not the kernel; the kernel too where its end is not told (before Linux 5.3)."""


@dataclass(frozen=True)
class Birth:
    """What a new process needs to become a kernel."""

    request: dict
    stdout: int
    stderr: int
    ready: int  # closed when the kernel listens
    keeper: int  # process id
    kernel_modules: dict[str, ModuleType]  # as in `Preloaded`


def keep_kernel(connection: socket.socket, alive: int, refusals: Refusals, preloaded: Preloaded) -> Birth:
    """Fork the kernel that is asked for on `connection` and keep it. Returns only in the kernel.

    `alive` reads as closed when the server is gone; then the kernel ends too, as when the client closes the connection.
    """
    for ignored in (
        signal.SIGTERM,
        signal.SIGINT,
        signal.SIGHUP,
    ):  # whoever ends a keeper leaves its kernel's children behind
        signal.signal(ignored, signal.SIG_IGN)
    set_process(PR_SET_CHILD_SUBREAPER, 1)
    connection.settimeout(SECONDS_TO_ASK)
    try:
        request, (stdout, stderr) = receive_request(connection, 2)
    except (OSError, ValueError):
        os._exit(1)
    stale = refusals.changed_source()
    if reason := stale or refusals.reason(request) or _take_over(request, preloaded.environment):
        send_line(connection, refused=reason, stale=bool(stale))
        os._exit(0)
    listens, ready = os.pipe()
    keeper, kernel = os.getpid(), os.fork()
    if not kernel:
        connection.close()
        os.close(alive)
        os.close(listens)
        return Birth(request, stdout, stderr, ready, keeper, preloaded.kernel_modules)
    for fd in (stdout, stderr, ready):
        os.close(fd)
    send_line(connection, pid=kernel)
    code = _watch(connection, alive, listens, kernel)
    send_line(connection, exit=code)
    os._exit(0)


def _take_over(request: dict, set_by_imports: dict[str, str]) -> str:
    """Take the client's environment, folder, mask, processors and nice value, which the kernel inherits; say what one may not."""
    environment = set_by_imports | request["env"]
    if "JPY_PARENT_PID" in environment:
        environment["JPY_PARENT_PID"] = str(os.getpid())
    os.environ.clear()
    os.environ.update(environment)
    os.umask(request["umask"])
    for name, (_, hard) in request["limits"].items():
        if not _may_have(hard, resource.getrlimit(int(name))[1]):
            return f"resource limit {name} is above the server's"
    try:
        os.chdir(request["cwd"])
        os.sched_setaffinity(0, request["affinity"])
        os.setpriority(os.PRIO_PROCESS, 0, request["nice"])
    except OSError as error:
        return str(error)
    return ""


def _may_have(hard: int, own: int) -> bool:
    """True where a process with the hard limit `own` may set it to `hard`."""
    return (
        own == resource.RLIM_INFINITY or hard != resource.RLIM_INFINITY and hard <= own or os.geteuid() == 0
    )


def _watch(connection: socket.socket, alive: int, listens: int, kernel: int) -> int:
    """Pass signals on until the kernel ends, or who wanted it is gone; end all it started; return its exit code."""
    lines, poll = Lines(connection), select.poll()
    client = process_descriptor(_peer(connection))  # its children may hold the connection open after it
    ended = process_descriptor(kernel)
    for fd in (connection.fileno(), alive, listens, client, ended):
        if fd is not None:
            poll.register(fd, select.POLLIN)
    while True:
        ready = {fd for fd, _ in poll.poll(LOOK_MS if ended is not None else LOOK_OFTEN_MS)}
        if (code := _collect(kernel)) is not None:
            break
        if listens in ready:
            poll.unregister(listens)
            send_line(connection, ready=True)
        wanted = [line["signal"] for line in lines.read()]
        if signal.SIGKILL in wanted or lines.closed or {alive, client} & ready:
            _signal_group(kernel, signal.SIGKILL)
            code = os.waitstatus_to_exitcode(os.waitpid(kernel, 0)[1])
            break
        for number in wanted:
            _signal_group(kernel, number)
    end_children()
    return code


def _collect(kernel: int) -> int | None:
    """Collect children that have ended; return the kernel's exit code if it is one of them."""
    while True:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == kernel:
            return os.waitstatus_to_exitcode(status)
        if not pid:
            return None


def _signal_group(kernel: int, number: int) -> None:
    try:
        os.killpg(kernel, number)
    except ProcessLookupError:  # it has not yet made its group: it was forked a moment ago
        os.kill(kernel, number)


def end_children(spared: set[int] = frozenset()) -> None:
    """Kill what this process has for children, with everything below them, and collect them; `spared` stay."""
    while True:
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        doomed = [child for child in psutil.Process().children() if child.pid not in spared]
        if not doomed:
            return
        for process in [below for child in doomed for below in child.children(recursive=True)] + doomed:
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue
        time.sleep(0.005)


def _peer(connection: socket.socket) -> int:
    """Return the process id of the client."""
    return int.from_bytes(
        connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, PEER_CREDENTIALS)[:4], "little"
    )
