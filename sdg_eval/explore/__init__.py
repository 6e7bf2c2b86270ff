"""For advisers: look at any series, doubt any finding, try other choices. Plain functions; the widgets stand on them.

    desk = open_desk()                                    # the sample, or open_desk("../reports/2569Q1"), or a store
    series(desk, "SI_POV_NAHC", ["TH-50", "TH-57"])       # values, each with its cell
    compare(desk, "SI_POV_NAHC", ["TH-50"])               # all 77 provinces
    multiverse(desk, "SI_POV_NAHC", "TH-50")              # every defensible choice: does the finding stand?
"""

from sdg_eval.explore.choices import CHOICES, PROGRESS, TREND, official
from sdg_eval.explore.curve import Multiverse, multiverse, multiverse_of_area
from sdg_eval.explore.desk import Desk, latest_run, open_desk
from sdg_eval.explore.doubt import run_specifications, specifications, used_values
from sdg_eval.explore.likeness import ProvinceMap, province_map
from sdg_eval.explore.state import View, cell_of, change, describe, series_payload, view_of
from sdg_eval.explore.tables import compare, series

__all__ = [
    "CHOICES", "Desk", "Multiverse", "PROGRESS", "ProvinceMap", "TREND", "View", "cell_of", "change", "compare", "describe", "latest_run", "multiverse", "multiverse_of_area",
    "official", "open_desk", "province_map", "run_specifications", "series", "series_payload", "specifications", "used_values", "view_of",
]  # fmt: skip
