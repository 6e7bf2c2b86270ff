"""Worker processes: each executes one notebook after another, and none outlives the batch.

A worker is started once, and imports what it will need before it is asked to do something. It ignores Ctrl-C, which a terminal sends to
everyone: the batch alone decides, and tells its workers through a pipe that reads as closed when the batch is gone, however
it went. Then a worker ends its kernel with all that started from it, and itself.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from multiprocessing.connection import Connection, wait
from typing import Any

import psutil

from sdg_eval.batch import ONE_THREAD
from sdg_eval.batch.processes import GONE, end_processes, tree
from sdg_eval.errors import SdgEvalError

SECONDS_TO_STOP = 4.0
"""How long workers get to end their kernels before they are killed; a batch stops within 10 s."""


class Worker:
    """One worker process, and the task it has; None while it waits."""

    def __init__(self, number: int, first: Callable[[], None] | None = None):
        context = multiprocessing.get_context("spawn")
        self.number, self.task, self.deadline = number, None, None
        self.pipe, theirs = context.Pipe()
        watched, self.life = context.Pipe(duplex=False)
        self.process = context.Process(target=_serve, args=(theirs, watched, first), name=f"sdg_eval worker {number}", daemon=True)
        self.process.start()
        theirs.close()
        watched.close()

    def give(self, task: int, call: tuple, seconds: float) -> None:
        """Hand over a task: its number, (function, arguments, options), and when it has gone on for too long."""
        self.task, self.deadline = task, time.monotonic() + seconds
        with contextlib.suppress(OSError):  # it is dead: then its end is seen, and the task told as failed
            self.pipe.send(call)

    def stop(self) -> None:
        """Tell the worker to end its kernel and itself; returns at once."""
        self.life.close()

    def kill(self) -> None:
        """Kill the worker and everything below it."""
        with contextlib.suppress(*GONE):
            end_processes(tree(psutil.Process(self.process.pid)))
        self.process.join(1.0)


class Pool:
    """Workers that stay from one part of a batch to the next: notebooks, pages and claims need the same imports, seconds each.

    A context manager; at its end no worker is left. A worker is started when there is something to do, or with `start`.

    Parameters
    ----------
    count
        How many workers there are at most.
    first
        What each worker calls when it starts: imports of what it will be asked to do.
    """

    def __init__(self, count: int, first: Callable[[], None] | None = None):
        self.count, self.first = count, first
        self._workers: dict[int, Worker] = {}

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, problem, *_) -> None:
        try:
            self.close()
        except KeyboardInterrupt:
            if problem:
                raise
            # else the work is done: workers with nothing left to do are let go, and end by themselves

    def start(self, tasks: int) -> None:
        """Start the workers that so many tasks need: they get ready while something else is done here."""
        for number in range(min(self.count, tasks)):
            if number not in self._workers:
                self._workers[number] = Worker(number, self.first)

    def run(self, calls: list[tuple], *, seconds: float, started: Callable[[int, int], None] = lambda worker, task: None) -> Iterator[tuple[int, Any]]:
        """Yield (task number, result) as tasks end; for a task that could not be finished an Exception in place of the result.

        Parameters
        ----------
        calls
            (function, arguments, options) of each task, all of which can be pickled; begun in this order.
        seconds
            The longest a task may take before its worker is taken for stuck and killed.
        started
            Told (worker number, task number) when a task begins.
        """
        workers, todo = self._workers, list(enumerate(calls))[::-1]
        try:
            while todo or any(worker.task is not None for worker in workers.values()):
                for number in range(min(self.count, len(calls))):
                    if todo and (number not in workers or workers[number].task is None):
                        task, call = todo.pop()
                        if number not in workers:
                            workers[number] = Worker(number, self.first)
                        workers[number].give(task, call, seconds)
                        started(number, task)
                for number, task, result, ended in _results(workers):
                    if ended:
                        workers.pop(number).kill()
                    yield task, result
        finally:
            if todo or any(worker.task is not None for worker in workers.values()):  # stopped before its end: so are they
                self.close()

    def do_all(self, calls: list[tuple], *, seconds: float) -> list:
        """Return the result of each call in the order of the calls, an Exception in place of one that could not be had; parameters as in `run`."""
        found = dict(self.run(calls, seconds=seconds))
        return [found[task] for task in range(len(calls))]

    def close(self) -> None:
        """End workers and their kernels."""
        workers, self._workers = list(self._workers.values()), {}
        stop_workers(workers)


@contextlib.contextmanager
def begun_beside(call: tuple, *, seconds: float) -> Iterator[Callable[[], Any]]:
    """Begin one call in a process of its own and give a function that waits for its result; the process ends with the block.

    The function raises what the call raised in the reader's words, and WorkerLost where there is no result; `seconds` as in
    `run_in_workers`.
    """
    worker = Worker(0)
    try:
        worker.give(0, call, seconds)
        yield partial(_only_result, worker)
    finally:
        stop_workers([worker])


def _only_result(worker: Worker) -> Any:
    while True:
        for _, _, result, _ in _results({0: worker}):
            if isinstance(result, Exception):
                raise result
            return result


def _results(workers: dict[int, Worker]) -> Iterator[tuple[int, int, Any, bool]]:
    """Wait for something to happen; yield (worker, task, result, whether the worker is no more)."""
    busy = {n: w for n, w in workers.items() if w.task is not None}
    patience = max(0.0, min(w.deadline for w in busy.values()) - time.monotonic())
    ready = wait([w.pipe for w in busy.values()] + [w.process.sentinel for w in busy.values()], timeout=min(patience, 60.0))
    for number, worker in busy.items():
        result: Any = None
        if worker.pipe in ready:
            with contextlib.suppress(EOFError, OSError):
                result = worker.pipe.recv()
        if result is not None:
            task, worker.task = worker.task, None
            yield number, task, result, False
        elif worker.pipe in ready or worker.process.sentinel in ready:
            worker.process.join(1.0)
            yield number, worker.task, WorkerLost(_say_end(worker.process.exitcode)), True
        elif time.monotonic() > worker.deadline:
            yield number, worker.task, WorkerLost("the process that ran it did not end in time (timeout), and was killed. Run it again."), True


class WorkerLost(Exception):
    """A worker process ended or was ended before its task was done."""


def _say_end(code: int | None) -> str:
    how = f"was killed by signal {-code}" if code is not None and code < 0 else f"ended with code {code}"
    return f"the process that ran it {how}. The system may have run out of memory: close other programs and run again with --jobs 1."


def stop_workers(workers: list[Worker]) -> None:
    """End workers and their kernels, within `SECONDS_TO_STOP` and a little."""
    for worker in workers:
        worker.stop()
    end = time.monotonic() + SECONDS_TO_STOP
    for worker in workers:
        worker.process.join(max(0.0, end - time.monotonic()))
        if worker.process.is_alive():
            worker.kill()
        worker.pipe.close()
        with contextlib.suppress(ValueError):  # the system has not yet let it go
            worker.process.close()


# ------------------------------------------------------------------ in the worker


def _serve(pipe: Connection, life: Connection, first: Callable[[], None] | None) -> None:
    """Do tasks until there are no more. Runs in the worker."""
    os.environ.update(ONE_THREAD)  # nothing that computes is imported yet
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    threading.Thread(target=_end_with_batch, args=(life,), daemon=True, name="life").start()
    if first:
        with contextlib.suppress(Exception):  # what is wrong is wrong again with the first task, and told there
            first()
    while True:
        try:
            function, arguments, options = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            result = function(*arguments, **options)
        except SdgEvalError as problem:  # in the reader's words: handed on as it is
            result = problem
        except Exception as problem:  # a fault of ours: told as this task's, and the worker goes on
            result = WorkerLost(f"{type(problem).__name__}: {problem}. A fault of the batch itself: send this to the maintainers.")
        with contextlib.suppress(OSError):
            pipe.send(result)


def _end_with_batch(life: Connection) -> None:
    """Wait for the batch to close the pipe or to die; then end this process's kernels, and this process."""
    from sdg_eval.batch.limits import end_running

    with contextlib.suppress(EOFError, OSError):
        life.recv_bytes()
    try:
        end_running()
        end_processes(psutil.Process().children())  # a kernel that was being started
    finally:
        os._exit(0)
