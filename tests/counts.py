"""How often the long tests repeat: a seeded sample in CI, the full count under `make promises`."""

import os

FULL = os.environ.get("SDG_EVAL_FULL") == "1"


def times(sample: int, full: int) -> int:
    """Return the full count when SDG_EVAL_FULL=1, else the sample."""
    return full if FULL else sample


def report(promise: str, text: str) -> None:
    """Print a figure of a promise; `make promises` shows these lines."""
    print(f"{promise}: {text}")
