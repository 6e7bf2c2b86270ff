"""Runs for many provinces: planned and checked first, then executed, each complete or not at all."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
"""Environment of every process that computes for a batch, set before numpy is imported. Provinces run side by side already, and a
sum that threads share changes its last digits with the number of cores: the same run would have other bytes on another computer."""


def evaluate_provinces(**options):
    """As `evaluate.evaluate_provinces`; imported when called, as JupyterLab loads this package for its kernels alone."""
    with _kernels_ahead(**options):
        from sdg_eval.batch.evaluate import evaluate_provinces

        return evaluate_provinces(**options)


def _kernels_ahead(*, out, run: str | None, again: bool = False, scheduler: str = "local", **_):
    """The server of warm kernels, begun before everything else: it imports for seconds, and so does the batch, beside it.

    Where a run of that name is there already, most likely little or nothing is due, and the batch starts the server when it
    knows that something is.
    """
    from sdg_eval.batch.warm.start import warm_kernels

    return warm_kernels() if scheduler == "local" and begins_anew(out, run, again) else nullcontext()


def begins_anew(out, run: str | None, again: bool) -> bool:
    """True where every notebook is due: all are asked for, or no run of that name has ended here."""
    return again or not ((Path(out) / run / "runs.csv").exists() if run else any(Path(out).glob("*/runs.csv")))
