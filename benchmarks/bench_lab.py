"""How long advisers wait: opening the desk, every choice of one series, of all series of a province. One JSON line per figure.

The times of JupyterLab itself (page, first view, redraw) are those of tests/browser/test_lab.py; they need a browser.
"""

import json
import statistics
import tempfile
import time

from sdg_eval.explore import describe, multiverse, multiverse_of_area, open_desk, series_payload

AREA, SERIES = "TH-50", "SI_POV_NAHC"
TIMES = 5


def seconds(act, times: int = TIMES) -> list[float]:
    """Return how long `act` took, each time."""
    found = []
    for _ in range(times):
        start = time.perf_counter()
        act()
        found.append(time.perf_counter() - start)
    return found


def tell(figure: str, times: list[float], **more) -> None:
    """Print one figure: the median of its times, and all of them."""
    print(json.dumps({"bench": "lab", "figure": figure, "median_s": round(statistics.median(times), 3), "times_s": [round(t, 3) for t in times]} | more))


def main() -> None:
    """Print every figure."""
    with tempfile.TemporaryDirectory() as keep:
        tell("open_desk_first", seconds(lambda: open_desk(keep=keep), 1))
        tell("open_desk_kept", seconds(lambda: open_desk(keep=keep)))
        desk = open_desk(keep=keep)
    tell("first_payload", seconds(lambda: (describe(desk), series_payload(desk, SERIES))))
    for question in ("trend", "progress"):
        n = len(multiverse(desk, SERIES, AREA, questions=[question]).table)
        tell(f"multiverse_{question}", seconds(lambda question=question: multiverse(desk, SERIES, AREA, questions=[question])), specifications=n)
    tell("multiverse_of_area", seconds(lambda: multiverse_of_area(desk, AREA), 1), series=len(desk.series))


if __name__ == "__main__":
    main()
