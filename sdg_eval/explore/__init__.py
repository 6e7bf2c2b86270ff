"""For advisers: look at any series, doubt any finding, try other choices. Plain functions; the widgets stand on them.

    desk = open_desk()                                    # the sample, or open_desk("../reports/2569Q1")
    series(desk, "SI_POV_NAHC", ["TH-50", "TH-57"])       # values, each with its cell
    compare(desk, "SI_POV_NAHC", ["TH-50"])               # all 77 provinces
    multiverse(desk, "SI_POV_NAHC", "TH-50")              # every defensible choice: does the finding stand?
"""

from sdg_eval.explore.case import CHOICES, PROGRESS, TREND, official, run_specifications, specifications
from sdg_eval.explore.curve import Multiverse, multiverse, multiverse_of_area
from sdg_eval.explore.desk import Desk, latest_run, open_desk
from sdg_eval.explore.state import View, cell_of, change, describe, series_payload, view_of
from sdg_eval.explore.tables import compare, series

__all__ = [
    "CHOICES", "Desk", "Multiverse", "PROGRESS", "TREND", "View", "cell_of", "change", "compare", "describe", "latest_run", "multiverse", "multiverse_of_area",
    "official", "open_desk", "run_specifications", "series", "series_payload", "specifications", "view_of",
]  # fmt: skip
