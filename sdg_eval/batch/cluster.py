"""The same plan on a Dask cluster: a warm server on each worker, results put in place here or in a shared folder.

A worker that is lost loses nothing but time: Dask gives its notebooks to the others, and its kernels end with it, for each
hangs on the process that asked for it (`warm`, `processes`). What this module adds to Dask is what a notebook run needs: the
same code on both sides, inputs where they are not shared, complete folders brought back, kernels ended when we stop.
"""

from __future__ import annotations

import contextlib
import io
import os
import secrets
import shutil
import tempfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sdg_eval.batch.artefacts import put_in_place
from sdg_eval.batch.execute import Outcome, run_job
from sdg_eval.batch.keys import code_hash
from sdg_eval.batch.plan import SLICES, Job, inputs_folder
from sdg_eval.batch.warm import warm_kernels
from sdg_eval.codelists import read_codelists
from sdg_eval.errors import UsageError

SECONDS_TO_CONNECT = 15
LOSSES_ALLOWED = 3
"""Workers that one notebook may lose before it counts as failed: a notebook that kills its worker must not kill them all."""
SAFE = ("tls://", "inproc://", "tcp://127.0.0.1:", "tcp://localhost:", "tcp://[::1]:")
"""Addresses over which answers of persons may travel."""
_PLACES: dict[str, Path] = {}
"""On a worker: where the inputs of a run were unpacked, by token."""
_unpacking = threading.Lock()


class WorkersLost(Exception):
    """A notebook's workers went away, or none is left."""


def require_scheduler(address: str) -> str:
    """Return `address` if it is `local` or can be one of a Dask scheduler. Raises UsageError otherwise, also without Dask."""
    if address == "local":
        return address
    if not address.startswith(("tcp://", "tls://", "ws://", "wss://", "inproc://")):
        raise UsageError(f"--scheduler {address}: write local, or the address of a Dask scheduler such as tcp://host:8786.")
    try:
        import distributed  # noqa: F401
    except ImportError:
        raise UsageError("--scheduler needs Dask: pip install sdg-eval[dask].") from None
    return address


def run_on_cluster(
    address: str, jobs: list[Job], folder: Path, keys: dict[str, str], options: dict, *, started: Callable[[int, int], None] = lambda worker, task: None
) -> Iterator[tuple[int, Any]]:  # fmt: skip
    """Yield (number of the job, Outcome) as notebooks end on the cluster; for a job that could not be finished an Exception.

    Parameters
    ----------
    address
        Of the Dask scheduler.
    folder
        The run's folder here. Workers that see it write into it; to the others the inputs are sent, and their results come back.
    keys
        By `Job.name`, as for `run_job`.
    options
        synthetic and limits for `run_job`, and notebooks where they are not the suite's; the kernel is the worker's own.

    Raises
    ------
    UsageError
        When there is no scheduler or worker there, a worker has other code, or answers of persons would travel unprotected.
    """
    from distributed import Client, as_completed

    folder, token = Path(folder).resolve(), secrets.token_hex(8)
    try:
        client = Client(address, timeout=SECONDS_TO_CONNECT, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise UsageError(f"--scheduler {address}: no Dask scheduler answers there ({type(error).__name__}). Start one with `dask scheduler`.") from error
    with client, client.as_current():
        bundle = _meet_workers(client, address, folder, token, {f"{folder.name}/{job.folder}" for job in jobs})
        futures = {}
        try:
            for number, job in enumerate(jobs):
                future = client.submit(
                    _run_there, job, keys[job.name], options, str(folder), token, bundle,
                    key=f"sdg_eval-{token}-{job.name}", pure=False, retries=0, priority=-number,
                )  # fmt: skip
                futures[future] = number
                started(0, number)
            for future in as_completed(list(futures)):
                yield futures[future], _brought_back(future, jobs[futures[future]], folder)
                future.release()
        finally:
            unfinished = [future for future in futures if not future.done()]
            client.cancel(unfinished)
            with contextlib.suppress(Exception):  # a cluster that is gone has nothing left to end
                client.run(_leave, token, bool(unfinished))
                client.unregister_worker_plugin(_plugin_name(token))


def _meet_workers(client, address: str, folder: Path, token: str, results: set[str]):
    """Look every worker over and prepare it; return the inputs as a future where some worker does not see the run's folder."""
    if not client.scheduler_info(n_workers=-1)["workers"]:
        raise UsageError(f"--scheduler {address}: it has no worker. Start some with `dask worker {address} --nthreads 1`.")
    ours = _code()
    for worker, theirs in client.run(_code).items():
        if theirs != ours:
            raise UsageError(f"--scheduler {address}: worker {worker} has other code or notebooks of sdg_eval. Install the same on every host.")
    sign = folder / f".cluster-{token}"
    sign.write_text(token, encoding="utf-8")
    try:
        blind = [worker for worker, sees in client.run(_sees, str(sign), token).items() if not sees]
    finally:
        sign.unlink()
    bundle = None
    if blind:
        _require_safe(address, folder)
        bundle = client.scatter(_pack_inputs(folder, results), hash=False, broadcast=False)
    client.register_plugin(_warm_plugin(), name=_plugin_name(token))
    return bundle


def _plugin_name(token: str) -> str:
    return f"sdg_eval-warm-{token}"


def _require_safe(address: str, folder: Path) -> None:
    """Raise UsageError where rows of persons would leave this host in the open."""
    persons = [p.name for p in sorted((inputs_folder(folder.parent, folder.name) / "restricted").glob("*"))]
    if persons and not address.startswith(SAFE):
        raise UsageError(
            f"--scheduler {address}: {', '.join(persons)} hold answers of persons, which do not travel over an open connection. "
            "Use a tls:// scheduler, or put --out in a folder that every worker sees."
        )  # fmt: skip


def _pack_inputs(folder: Path, results: set[str]) -> bytes:
    """What notebooks read of a run, as one archive: all of `national` but the results of notebooks, and the inputs beside the run."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for root in (folder / "national", folder / SLICES, inputs_folder(folder.parent, folder.name)):
            for path in sorted(root.rglob("*")):
                if path.is_file() and not results & {parent.as_posix() for parent in path.relative_to(folder.parent).parents}:
                    archive.write(path, path.relative_to(folder.parent))
    return packed.getvalue()


def _brought_back(future, job: Job, folder: Path):
    """The outcome of a finished future; a folder that came with it is put in place here."""
    from distributed import CancelledError, KilledWorker

    try:
        outcome, content = future.result()
    except KilledWorker:
        return WorkersLost(f"{LOSSES_ALLOWED} workers were lost over it. Look at their logs for memory; run again with --jobs 1 and without --scheduler.")
    except CancelledError:
        return WorkersLost("the cluster let go of it; no worker is left, or the scheduler was restarted. Run again.")
    except Exception as problem:  # what the worker could not do is this notebook's result
        return WorkersLost(f"{type(problem).__name__}: {problem}")
    if content is not None:
        final = folder / job.folder
        final.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{final.name}.", suffix=".tmp", dir=final.parent))
        os.chmod(temporary, 0o755)
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                archive.extractall(temporary)  # the standard library keeps every member inside
            put_in_place(temporary, final)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    return outcome


# ------------------------------------------------------------------ on a worker


def _code() -> str:
    """What the package, the notebooks and the codelists of this host are."""
    return code_hash(read_codelists())


def _warm_plugin():
    """A plugin that keeps a server of warm kernels beside each worker process."""
    from distributed import WorkerPlugin

    class WarmKernels(WorkerPlugin):
        idempotent = True

        def setup(self, worker):
            self.stack = contextlib.ExitStack()
            worker.sdg_eval_kernel = self.stack.enter_context(warm_kernels())

        def teardown(self, worker):
            self.stack.close()

    return WarmKernels()


def _sees(sign: str, token: str) -> bool:
    """True where this worker reads the file that the batch has just written: the folder is shared."""
    try:
        return Path(sign).read_text(encoding="utf-8") == token
    except OSError:
        return False


def _run_there(job: Job, key: str, options: dict, folder: str, token: str, bundle: bytes | None) -> tuple[Outcome, bytes | None]:
    """Execute one job on a worker. Returns the outcome, and the job's folder as an archive where the run's folder is not shared."""
    from distributed import get_worker

    options = options | {"kernel": get_worker().sdg_eval_kernel}
    if bundle is None or (Path(folder) / "national").is_dir():
        return run_job(job, Path(folder), key, **options), None
    place = _unpacked(bundle, token) / Path(folder).name
    outcome = run_job(job, place, key, **options)
    return outcome, _packed(place / job.folder)


def _unpacked(bundle: bytes, token: str) -> Path:
    """Where the inputs of the run lie on this worker; unpacked once, readable for its owner alone."""
    with _unpacking:  # a worker may have several threads
        if token not in _PLACES:
            place = Path(tempfile.mkdtemp(prefix="sdg-eval-cluster-"))
            with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
                archive.extractall(place)
            _PLACES[token] = place
    return _PLACES[token]


def _packed(folder: Path) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
            if path.is_file():
                archive.write(path, path.relative_to(folder))
    return content.getvalue()


def _leave(token: str, stop: bool) -> None:
    """End what still runs here for a batch that stopped, and remove its inputs."""
    from sdg_eval.batch.limits import end_running

    if stop:
        end_running()
    if place := _PLACES.pop(token, None):
        shutil.rmtree(place, ignore_errors=True)
