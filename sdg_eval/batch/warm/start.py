"""Starting the server of warm kernels, and ending it."""

from __future__ import annotations

import atexit
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from contextlib import contextmanager, suppress
from importlib.metadata import entry_points
from pathlib import Path

from sdg_eval.batch import ONE_THREAD

KERNEL_NAME, NORMAL_KERNEL = "sdg_eval_warm", "python3"
PROVISIONER = "sdg-eval-warm"
"""Name of the entry point through which jupyter_client finds `WarmProvisioner`."""
SOCKET = "SDG_EVAL_WARM"
"""Environment variable: where the server listens; `off` turns warm kernels off."""
LAUNCHER = ["-m", "ipykernel_launcher"]
"""How a Python kernel is run: after the interpreter and its flags, before the kernel's own arguments."""
JUPYTER_DATA = Path(__file__).parent / "jupyter"
"""Holds the kernel spec, as JUPYTER_PATH wants it."""
KERNEL_ENVIRONMENT = ONE_THREAD | {"ARROW_DEFAULT_MEMORY_POOL": "system"}
"""What the kernel spec sets, for warm and normal kernels alike, as libraries read it when they are imported.

One thread: notebooks run side by side, and sums keep their order. Arrow's own memory pool keeps 40 MB that it has freed.
"""
SERVER_ENVIRONMENT = KERNEL_ENVIRONMENT | {"JE_ARROW_MALLOC_CONF": "background_thread:false"}
"""With it, importing numpy and pyarrow starts no thread. A kernel gets its client's environment instead."""
NOT_INHERITED = (SOCKET, "MPLBACKEND", "JPY_PARENT_PID", "JPY_SESSION_NAME")
LINUX = sys.platform == "linux"
SERVER = "sdg_eval.batch.warm.server"
"""The module that `python -m` runs."""
LONGEST_PATH = 100  # bytes; an address of a unix socket has 108
BACKLOG = 128
FOLDER = "sdg-eval-warm-"
"""How the name of a server's folder begins, which holds its socket and those of its kernels."""
READY = "ready"
"""A file that the server makes in its folder when it begins to serve."""
RETIRE = b"r"
"""Through the pipe to a server: serve the kernels that run, take no more."""
SECONDS_UNASKED = 10.0
"""After which a server that has imported only a part imports the rest: whoever opened JupyterLab is reading by then, not waiting."""
SECONDS_TO_END = 10.0


class Server:
    """A server of warm kernels; ends with this process, or with `stop`. `first` as in `warm_kernels`."""

    def __init__(self, first: tuple[str, ...] = ()):
        folder = tempfile.mkdtemp(prefix=FOLDER)  # for its owner only
        if len(os.fsencode(folder)) > LONGEST_PATH - len("/socket"):
            os.rmdir(folder)
            folder = tempfile.mkdtemp(prefix=FOLDER, dir="/tmp")
        self.folder, self.path, self.owner = Path(folder), f"{folder}/socket", os.getpid()
        life, self._life = os.pipe()
        # Bound here, so that who asks while the server still imports waits in the queue, and nobody waits for the server.
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(self.path)
            os.chmod(self.path, 0o600)
            listener.listen(BACKLOG)
            environment = {k: v for k, v in os.environ.items() if k not in NOT_INHERITED} | SERVER_ENVIRONMENT
            words = (listener.fileno(), life, os.getpid())
            self.process = subprocess.Popen(
                [sys.executable, "-m", SERVER, *map(str, words), *first],
                pass_fds=(listener.fileno(), life), cwd=folder, env=environment, stdin=subprocess.DEVNULL,
                start_new_session=True,  # a Ctrl-C on the terminal is for the batch to answer
            )  # fmt: skip
        os.close(life)

    def retire(self) -> None:
        """Take no more requests; the kernels that run go on, and the server ends after them."""
        with suppress(BrokenPipeError):
            os.write(self._life, RETIRE)

    def stop(self) -> None:
        """End the server and every kernel of it; nothing to do in a fork of the process that started it."""
        if self.owner != os.getpid() or self._life is None:
            return
        os.close(self._life)
        self._life = None
        if not (self.folder / READY).exists():
            self.process.kill()  # it still imports, and no kernel runs
        try:
            self.process.wait(SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def can_fork() -> bool:
    """True on Linux: elsewhere the system's own libraries do not survive a fork, or there is none."""
    return LINUX


@contextmanager
def warm_kernels(first: tuple[str, ...] = ()):
    """Run a server of warm kernels and give the kernel name to hand to papermill or nbclient.

    `first` are modules that the first kernel needs: it is served once they are imported, and the others follow later.

    The name is "python3" where warm kernels cannot be had. While it is open, processes that are started from this one find
    the server and the kernel spec by their environment. A server that serves already is used. On leaving, every kernel of
    this server ends.
    """
    if (
        not can_fork()
        or os.environ.get(SOCKET) == "off"
        or not entry_points(group="jupyter_client.kernel_provisioners", name=PROVISIONER)
    ):
        yield NORMAL_KERNEL
        return
    server = None if _listens(os.environ.get(SOCKET)) else Server(first)
    paths = os.pathsep.join(filter(None, [str(JUPYTER_DATA), os.environ.get("JUPYTER_PATH")]))
    wanted = {"JUPYTER_PATH": paths} | ({SOCKET: server.path} if server else {})
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield KERNEL_NAME
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        if server:
            server.stop()


def _listens(path: str | None) -> bool:
    """True where a server listens at `path`."""
    if not path:
        return False
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(path)
        except OSError:
            return False
    return True


_lock = threading.Lock()
_own: Server | None = None


def own_server(*, instead_of: str = "") -> str:
    """Return the socket of this process's own server, started at the first call; a server that has failed is not started again.

    For clients that were started without `warm_kernels`, such as JupyterLab. `instead_of`: the socket of a server that has got
    out of date; it serves its kernels to their end.
    """
    global _own
    with _lock:
        outdated = _own is not None and _own.path == instead_of
        if outdated:
            _own.retire()
        if _own is None or outdated or _own.owner != os.getpid():
            _own = Server()
            atexit.register(_own.stop)
        return _own.path
