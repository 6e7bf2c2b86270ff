"""Runs for many provinces: planned and checked first, then executed, each complete or not at all."""

from sdg_eval.batch.evaluate import evaluate_provinces

__all__ = ["evaluate_provinces"]
