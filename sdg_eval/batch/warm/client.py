"""The client's side: ask a server for a kernel, and hold it as one holds a process."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import time
from contextlib import suppress

from sdg_eval.batch.warm.protocol import Lines, send_line, send_request

SECONDS_TO_ASK = 5.0
SECONDS_TO_ANSWER = 60.0
"""The server may still be importing, and on a busy machine that takes long."""
LOOK_SECONDS = 0.002
LOST = -9
"""Exit code where nobody is left to tell it: server and keeper were killed."""


class Refused(Exception):
    """No warm kernel for this request; the message says why. `stale`: the server has imported files that have changed since."""

    def __init__(self, reason: str, *, stale: bool = False):
        super().__init__(reason)
        self.stale = stale


class WarmKernel:
    """A kernel that a server forked for this process: what `subprocess.Popen` is for a child of one's own.

    It lives until it ends by itself or this object's connection closes.
    """

    stdin = stdout = stderr = None

    def __init__(self, connection: socket.socket, command: list[str]):
        self.connection, self.args, self.pid, self.returncode, self.ready = (
            connection,
            command,
            None,
            None,
            False,
        )
        self._lines = Lines(connection)

    def poll(self) -> int | None:
        """Return the exit code; None while it runs. Raises Refused when the server will not fork it."""
        for line in self._lines.read() if self.returncode is None else []:
            if "refused" in line:
                raise Refused(line["refused"], stale=line["stale"])
            self.pid, self.ready = line.get("pid", self.pid), line.get("ready", self.ready)
            self.returncode = line.get("exit", self.returncode)
        if self._lines.closed and self.returncode is None:
            self.returncode = LOST
        if self.returncode is not None:
            self.connection.close()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end and return the exit code. Raises subprocess.TimeoutExpired."""
        end = time.monotonic() + timeout if timeout is not None else None
        while (code := self.poll()) is None:
            if end is not None and time.monotonic() > end:
                raise subprocess.TimeoutExpired(self.args, timeout)
            time.sleep(LOOK_SECONDS)
        return code

    async def until(self, condition, seconds: float) -> bool:
        """Look until `condition()` holds or the kernel has ended; False when neither came in time."""
        end = time.monotonic() + seconds
        while self.poll() is None and not condition():
            if time.monotonic() > end:
                return False
            await asyncio.sleep(LOOK_SECONDS)
        return True

    async def until_end(self, seconds: float) -> None:
        """Wait for the end, at most `seconds`."""
        await self.until(lambda: False, seconds)

    def send_signal(self, number: int) -> None:
        """Send a signal to the kernel's process group; SIGKILL ends all it started as well."""
        if self.poll() is None:
            send_line(self.connection, signal=int(number))

    def terminate(self) -> None:
        """Send SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL."""
        self.send_signal(signal.SIGKILL)


async def ask_for_kernel(
    path: str, command: list[str], *, env: dict[str, str], cwd, stdout, stderr
) -> WarmKernel:
    """Return a kernel that runs `command`, forked by the server at `path`, once it listens.

    `stdout` and `stderr` are what `subprocess.Popen` takes, without PIPE. Raises Refused where no kernel comes of it.
    """
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.settimeout(SECONDS_TO_ASK)
        connection.connect(path)
        with open(os.devnull, "wb") as nothing:
            out = _descriptor(stdout, 1, nothing)
            error = out if stderr == subprocess.STDOUT else _descriptor(stderr, 2, nothing)
            with suppress(BrokenPipeError):  # refused before it was read: the answer says why
                send_request(connection, _request(command, env, cwd), [out, error])
        kernel = WarmKernel(connection, command)
        if not await kernel.until(lambda: kernel.ready, SECONDS_TO_ANSWER):
            raise Refused(f"no answer within {SECONDS_TO_ANSWER:.0f} s")
        if kernel.pid is None:
            raise Refused("the server ended")
    except Refused:
        connection.close()
        raise
    except OSError as problem:
        connection.close()
        raise Refused(f"{path}: {problem}") from None
    return kernel


def _descriptor(file, inherited: int, nothing) -> int:
    if file is None:
        return inherited
    if file == subprocess.DEVNULL:
        return nothing.fileno()
    return file if isinstance(file, int) else file.fileno()


def _request(command: list[str], env: dict[str, str], cwd) -> dict:
    """What a process of our own would have inherited."""
    import resource

    names = sorted({value for name, value in vars(resource).items() if name.startswith("RLIMIT_")})
    return {
        "argv": [os.path.expanduser(word) for word in command], "env": dict(env) | {"JPY_PARENT_PID": str(os.getpid())},
        "cwd": os.path.abspath(cwd or os.getcwd()), "umask": _umask(), "limits": {name: resource.getrlimit(name) for name in names},
        "affinity": sorted(os.sched_getaffinity(0)), "nice": os.getpriority(os.PRIO_PROCESS, 0),
    }  # fmt: skip


def _umask() -> int:
    """Return the umask without setting it, which other threads would see."""
    with open("/proc/self/status", encoding="ascii") as status:
        return next(int(line.split()[1], 8) for line in status if line.startswith("Umask:"))
