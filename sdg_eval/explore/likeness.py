"""Which provinces are alike, on one plane: the map of `comparisons.likeness` with names, and the sentence that says how far to trust it."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from sdg_eval.comparisons.likeness import WELL, likeness_map
from sdg_eval.explore.desk import Desk
from sdg_eval.explore.words import trait_name
from sdg_eval.side_by_side import TRAIT_WORDS

NAMED = 0.45
"""Part of an axis's largest weight from which a trait names the axis."""
COLUMNS = ["REF_AREA", "name_th", "name_en", "region", "pilot", "x", "y", "shown", "well_shown", "moves", "without", "chosen", "alike"]


@dataclass(frozen=True)
class ProvinceMap:
    """`table` has one row per province (COLUMNS), `axes` one per trait and axis; `ends` names both ends of each axis by language, `text` says what the map holds."""

    table: pd.DataFrame
    axes: pd.DataFrame
    shares: tuple[float, float]
    ends: dict[str, list[tuple[str, str]]]
    text: dict[str, str]


def province_map(desk: Desk, areas=()) -> ProvinceMap:
    """Return the 77 provinces on the plane of what they cannot choose (people, density, income, border, coast, region).

    Parameters
    ----------
    areas
        Provinces to be marked `chosen`; the five alike to the first are marked `alike`: alike in all traits, not on the plane alone.

    Examples
    --------
    >>> from sdg_eval.explore import open_desk
    >>> found = province_map(open_desk(), ["TH-50"])
    >>> len(found.table), int(found.table["pilot"].sum()), 0 < sum(found.shares) <= 1
    (77, 15, True)
    """
    areas = [areas] if isinstance(areas, str) else list(areas)
    found, lists = likeness_map(desk.traits), desk.codelists
    rows = lists.areas.set_index("REF_AREA").loc[found.places.index]
    table = found.places.assign(
        REF_AREA=found.places.index, name_th=rows["name_th"], name_en=rows["name_en"], region=rows["region"], pilot=rows["pilot"] == "1",
        well_shown=found.places["shown"] >= WELL, chosen=found.places.index.isin(areas), alike=found.places.index.isin(desk.like[areas[0]] if areas else []),
    )[COLUMNS].reset_index(drop=True)  # fmt: skip
    ends = {lang: [(_end(found.axes, axis, -1, lang), _end(found.axes, axis, 1, lang)) for axis in (1, 2)] for lang in ("th", "en")}
    return ProvinceMap(table, found.axes, found.shares, ends, _say(table, found.shares, desk.traits.missing))


def _end(axes: pd.DataFrame, axis: int, side: int, lang: str) -> str:
    """What one end of an axis stands for, the weightiest first."""
    own = axes[axes["axis"] == axis]
    own = own[own["loading"].abs() >= NAMED * own["loading"].abs().max()].sort_values("loading", key=lambda w: -w.abs(), kind="stable")
    return ", ".join(filter(None, (trait_name(r["trait"], lang, much=r["loading"] * side > 0) for r in own.to_dict("records"))))


def _say(table: pd.DataFrame, shares: tuple[float, float], missing: tuple[str, ...]) -> dict[str, str]:
    held, well, n = round(100 * sum(shares)), int(table["well_shown"].sum()), len(table)
    moved = table["moves"].median()
    absent = [", ".join(TRAIT_WORDS[name][i] for name in missing) for i in (0, 1)]
    return {
        "th": f"แผนที่นี้แสดงความต่างได้ {held}% ของทั้งหมด และแสดงตำแหน่งได้ดี {well} จาก {n} จังหวัด (จุดโปร่ง: แสดงได้ไม่ดี) ถ้าตัดลักษณะใดออกหนึ่งอย่าง จังหวัดกลาง ๆ เลื่อนไม่เกิน {moved:.1f} หน่วย (วงกลมจาง) "
              f"จังหวัดที่คล้ายกันเลือกจากทุกลักษณะ ไม่ใช่จากแผนที่" + (f" ไม่มีข้อมูล: {absent[0]}" if missing else ""),
        "en": f"This map holds {held}% of all differences and shows {well} of {n} provinces well (hollow dots: not well). Leaving one trait out moves the median province by at most {moved:.1f} units (faint circle). "
              f"Provinces alike are chosen by all traits, not by the map." + (f" No data: {absent[1]}." if missing else ""),
    }  # fmt: skip
