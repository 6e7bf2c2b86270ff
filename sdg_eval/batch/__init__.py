"""Runs for many provinces: planned and checked first, then executed, each complete or not at all."""


def evaluate_provinces(**options):
    """As `evaluate.evaluate_provinces`; imported when called, as JupyterLab loads this package for its kernels alone."""
    from sdg_eval.batch.evaluate import evaluate_provinces

    return evaluate_provinces(**options)
