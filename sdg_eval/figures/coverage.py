"""How many provinces have a value, series by year: the first thing to see of any data."""

from __future__ import annotations

import pandas as pd

from sdg_eval.figures.style import INK, title
from sdg_eval.thai import year_text

WORDS = {
    "title": ("จำนวนจังหวัดที่มีข้อมูล รายอนุกรมและรายปี", "Provinces with a value, by series and year"),
    "bar": ("จำนวนจังหวัด", "provinces"),
}


def draw_coverage(axes, counts: pd.DataFrame, codelists, lang: str):
    """Draw `counts` (one row per SERIES, one column per year, number of provinces) and return `axes`."""
    import seaborn

    pick = 0 if lang == "th" else 1
    names = [codelists.series_name(code, lang) for code in counts.index]
    shown = counts.set_axis(names).set_axis([year_text(int(year), lang) for year in counts.columns], axis=1)
    seaborn.heatmap(
        shown, ax=axes, cmap="Blues", vmin=0, vmax=len(codelists.provinces), linewidths=0.5, linecolor="white",
        mask=(shown == 0).to_numpy(), cbar_kws={"label": WORDS["bar"][pick], "shrink": 0.6},
    )  # fmt: skip
    axes.set(xlabel="", ylabel="")
    axes.grid(visible=False)
    axes.tick_params(axis="y", labelrotation=0, labelsize=9, length=0)
    axes.tick_params(axis="x", labelrotation=90, labelsize=9, length=0, labelcolor=INK)
    title(axes, WORDS["title"][pick])
    return axes
