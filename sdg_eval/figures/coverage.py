"""How many provinces have a value, series by year: the first thing to see of any data."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sdg_eval.figures.style import INK, add_boxes, name_rows, title
from sdg_eval.thai import year_text

WORDS = {
    "title": ("จำนวนจังหวัดที่มีข้อมูล รายอนุกรมและรายปี", "Provinces with a value, by series and year"),
    "bar": ("จำนวนจังหวัด", "provinces"),
}


def draw_coverage(axes, counts: pd.DataFrame, codelists, lang: str):
    """Draw `counts` (one row per SERIES, one column per year, number of provinces) and return `axes`; none is an empty cell."""
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    pick, most, blues = 0 if lang == "th" else 1, len(codelists.provinces), colormaps["Blues"]
    boxes = {}
    for (y, x), count in np.ndenumerate(counts.to_numpy()):
        if count:
            boxes.setdefault((to_hex(blues(count / most)), "white", 0.5), []).append((x, y, 1, 1))
    add_boxes(axes, boxes)
    name_rows(axes, [codelists.series_name(code, lang) for code in counts.index], size=9)
    axes.set_xticks(range(counts.shape[1]), [year_text(int(year), lang) for year in counts.columns])
    axes.tick_params(axis="x", labelrotation=90, labelsize=9, length=0, labelcolor=INK)
    axes.set(xlim=(-0.5, counts.shape[1] - 0.5), ylim=(len(counts) - 0.5, -0.5))
    axes.grid(visible=False)
    axes.spines[["left", "bottom"]].set_visible(False)
    left, bottom, wide, high = axes.get_position().bounds
    axes.set_position((left, bottom, 0.8 * wide, high))
    scale = axes.figure.add_axes((left + 0.845 * wide, bottom + 0.2 * high, 0.035 * wide, 0.6 * high))
    add_boxes(scale, {(to_hex(blues(count / most)), "none", 0): [(0.5, count - 0.5, 1, 1.02)] for count in range(1, most + 1)})
    scale.set(xlim=(0, 1), ylim=(0, most), xticks=[])
    scale.set_ylabel(WORDS["bar"][pick])
    scale.yaxis.tick_right()
    scale.yaxis.set_label_position("right")
    scale.grid(visible=False)
    scale.spines[["left", "bottom"]].set_visible(False)
    title(axes, WORDS["title"][pick])
    return axes
