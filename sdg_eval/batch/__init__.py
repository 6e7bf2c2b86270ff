"""Runs for many provinces: planned and checked first, then executed, each complete or not at all."""

ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
"""Environment of every process that computes for a batch, set before numpy is imported. Provinces run side by side already, and a
sum that threads share changes its last digits with the number of cores: the same run would have other bytes on another computer."""


def evaluate_provinces(**options):
    """As `evaluate.evaluate_provinces`; imported when called, as JupyterLab loads this package for its kernels alone."""
    from sdg_eval.batch.evaluate import evaluate_provinces

    return evaluate_provinces(**options)
