"""The runs of a batch: what is not done yet, several at a time; each outcome told as it comes."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import statistics
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from sdg_eval.batch.execute import Outcome, is_done, read_record, run_job
from sdg_eval.batch.limits import Limits
from sdg_eval.batch.plan import FOLDERS, NOTEBOOKS, Job
from sdg_eval.batch.screen import Progress
from sdg_eval.batch.warm import warm_kernels
from sdg_eval.batch.workers import Pool

UNKNOWN_SECONDS = 60.0
"""Expected of a notebook that never ran: begun early, so that one that takes long does not end last and alone."""
GRACE_SECONDS = 300.0
"""Over the time a notebook may take: starting, saving and showing it."""


def count_workers(jobs: int | None) -> int:
    """Return how many notebooks run at a time: as asked, else one for each core that this process may use."""
    return jobs or max(1, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


def run_all(
    planned: list[Job], folder: Path, key_of: Callable[[Job], str], pool: Pool, say, *, again: bool = False, synthetic: bool = False,
    limits: Limits | None = None, notebooks: Path = NOTEBOOKS, scheduler: str = "local",
) -> list[Outcome]:  # fmt: skip
    """Run what is not done yet, as many at a time as the pool has workers, the longest first; outcomes come back in the order of the plan.

    What Ctrl-C, SIGTERM or SIGHUP kept from being done is `interrupted`.

    Parameters
    ----------
    key_of
        Gives what the result of a job depends on; a folder that was made with the same key is kept.
    again
        Run also what is done.
    scheduler
        `local`, or the address of a Dask scheduler; then its workers decide how many run at a time.
    """
    keys = {job.name: key_of(job) for job in planned}
    with ThreadPoolExecutor(pool.count) as threads:  # every file of what is kept is read: hashing leaves other threads free
        done = list(threads.map(lambda job: not again and is_done(job, folder, keys[job.name]), planned))
    kept = {job.name for job, stands in zip(planned, done, strict=True) if stands}
    outcomes = {job.name: Outcome(job.notebook, job.area, job.folder, "kept", 0.0) for job in planned if job.name in kept}
    expected = expected_seconds(planned, folder)
    todo = sorted((job for job in planned if job.name not in kept), key=lambda job: -expected[job.name])
    remove_temporary(folder)
    with Progress(len(planned), say, sys.stderr, expected={job.name: expected[job.name] for job in todo}, workers=min(pool.count, len(todo))) as progress:
        progress.keep(len(kept))
        try:
            with stopped_by_signals(), warm_kernels() if todo and scheduler == "local" else contextlib.nullcontext("") as kernel:
                options = {"synthetic": synthetic, "limits": limits or Limits()} | ({"notebooks": notebooks} if notebooks != NOTEBOOKS else {})
                if scheduler == "local":
                    calls = [(run_job, (job, folder, keys[job.name]), options | {"kernel": kernel}) for job in todo]
                    patience = options["limits"].notebook_seconds + GRACE_SECONDS
                    ending = pool.run(calls, seconds=patience, started=lambda w, t: progress.start(w, todo[t].name))
                else:
                    from sdg_eval.batch.cluster import run_on_cluster

                    ending = run_on_cluster(scheduler, todo, folder, keys, options) if todo else (_ for _ in ())
                with contextlib.closing(ending) as results:
                    for number, result in results:
                        outcome = _outcome(todo[number], result)
                        outcomes[outcome.name] = outcome
                        progress.tell(outcome)
        except KeyboardInterrupt:
            say("interrupted: what is complete is kept; the same command goes on from here")
    remove_temporary(folder)
    return [outcomes.get(job.name, Outcome(job.notebook, job.area, job.folder, "interrupted", 0.0)) for job in planned]


def _outcome(job: Job, result) -> Outcome:
    """What a worker gave back; a worker that was lost makes its job a failed one."""
    if isinstance(result, Outcome):
        return result
    return Outcome(job.notebook, job.area, job.folder, "failed", 0.0, f"{type(result).__name__}: {result}")


@contextmanager
def stopped_by_signals() -> Iterator[None]:
    """Let SIGTERM and SIGHUP stop the batch as Ctrl-C does. A signal that is ignored, as under nohup, stays ignored."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number, frame):
        raise KeyboardInterrupt

    names = [name for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in (getattr(signal, name) for name in names)}
    taken = {number for number, handler in before.items() if handler == signal.SIG_DFL}
    for number in taken:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number in taken:
            signal.signal(number, before[number])


def expected_seconds(planned: list[Job], folder: Path) -> dict[str, float]:
    """Return {job name: seconds it will likely take}: as its last run here or in the last complete run, else as others of its notebook."""
    known = {}
    for place in (folder.parent / "latest", folder):
        for job in planned:
            seconds = read_record(place / job.folder).get("seconds")
            if isinstance(seconds, int | float):
                known[job.name] = float(seconds)
    means = {}
    for notebook in {job.notebook for job in planned}:
        own = [known[job.name] for job in planned if job.notebook == notebook and job.name in known]
        means[notebook] = statistics.fmean(own) if own else UNKNOWN_SECONDS
    return {job.name: known.get(job.name, means[job.notebook]) for job in planned}


def remove_others(folder: Path, areas: list[str]) -> None:
    """Drop province folders of an earlier call with the same name."""
    for part in FOLDERS.values():
        for path in (folder / part).glob("*"):
            if path.name not in areas:
                shutil.rmtree(path, ignore_errors=True)


def remove_temporary(folder: Path) -> None:
    """Drop what a run that was killed left half-made. Only the holder of the run's lock may do this."""
    for part in ("national", *FOLDERS.values()):
        for path in (folder / part).glob(".*.tmp"):
            shutil.rmtree(path, ignore_errors=True)
