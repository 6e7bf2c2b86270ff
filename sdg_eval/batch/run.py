"""The runs of a batch: what is not done yet, several at a time; each outcome told as it comes."""

from __future__ import annotations

import concurrent.futures as futures
import hashlib
import os
import shutil
import sys
from pathlib import Path

from sdg_eval.batch.execute import Outcome, is_done, run_job
from sdg_eval.batch.plan import FOLDERS, Job, parameters_json


def count_workers(jobs: int | None) -> int:
    return jobs or max(1, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


def run_key(job: Job, record: dict) -> str:
    text = f"{job.notebook} {parameters_json(job)} {record['data_hash']} {record['code_hash']}"
    return hashlib.sha256(text.encode()).hexdigest()


def run_all(planned: list[Job], folder: Path, record: dict, workers: int, again: bool, say) -> list[Outcome]:
    """Run what is not done yet, `workers` at a time; Ctrl-C keeps what is complete."""
    from sdg_eval.batch.screen import Progress

    outcomes, open_jobs = {}, []
    for job in planned:
        if not again and is_done(job, folder, run_key(job, record)):
            outcomes[job.name] = Outcome(job.notebook, job.area, job.folder, "kept", 0.0)
        else:
            open_jobs.append(job)
    with Progress(len(planned), say, stream=sys.stderr) as progress:
        for outcome in outcomes.values():
            progress.tell(outcome)
        try:
            for outcome in _run_open(open_jobs, folder, record, workers):
                outcomes[outcome.name] = outcome
                progress.tell(outcome)
        except KeyboardInterrupt:
            say("interrupted: finished provinces are kept")
    return [
        outcomes.get(job.name, Outcome(job.notebook, job.area, job.folder, "interrupted", 0.0)) for job in planned
    ]


def _run_open(open_jobs: list[Job], folder: Path, record: dict, workers: int):
    """Yield outcomes as they end."""
    import multiprocessing

    if not open_jobs:
        return
    context = multiprocessing.get_context("spawn")
    pool = futures.ProcessPoolExecutor(min(workers, len(open_jobs)), mp_context=context)
    started = {pool.submit(run_job, job, folder, run_key(job, record), record["synthetic"]): job for job in open_jobs}
    try:
        for done in futures.as_completed(started):
            job, problem = started[done], done.exception()
            if problem is None:
                yield done.result()
            else:  # the worker itself was killed: memory, or a crash below Python
                yield Outcome(job.notebook, job.area, job.folder, "failed", 0.0, f"{type(problem).__name__}: {problem}")
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def remove_others(folder: Path, areas: list[str]) -> None:
    """Drop province folders of an earlier call with the same name, and what a killed run left behind."""
    for part in FOLDERS.values():
        for path in (folder / part).glob("*"):
            if path.name not in areas:
                shutil.rmtree(path, ignore_errors=True)
    for path in (folder / "national").glob(".*.tmp"):
        shutil.rmtree(path, ignore_errors=True)
