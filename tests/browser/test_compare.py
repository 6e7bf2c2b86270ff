"""The page that compares two provinces judges as Python does."""

import json
import math

from sdg_eval.pairs import told_apart


def cells_of(site, area: str) -> list:
    name = f"compare/{area}.th"
    return json.loads((site / f"assets/{name}.js").read_text(encoding="utf-8").removeprefix(f'sdgData("{name}",').removesuffix(");\n"))["cells"]


def ends(cell: list, at: int) -> tuple[float, float]:
    return tuple(math.nan if end is None else end for end in cell[at : at + 2])


def test_the_script_tells_provinces_apart_by_the_rule_of_the_package(page_at, site):
    page = page_at("compare.html#TH-90")
    page.wait_for_selector("#compare table")
    one, other = page.locator("#compare select").evaluate_all("all => all.map((select) => select.value)")
    assert one == "TH-90" and other != one  # one code in the address sets the first province
    shown = page.locator("#compare tbody tr:not(.group)").evaluate_all("rows => rows.map((row) => { const cell = row.querySelector('td.apart'); return cell && [cell.dataset.value, cell.dataset.pace, cell.textContent]; })")
    wanted = []
    for first, second in zip(cells_of(site, one), cells_of(site, other), strict=True):
        if first and second:
            value = told_apart(ends(first, 8), ends(second, 8)) if first[0] == second[0] else "unknown"
            wanted.append([value, told_apart(ends(first, 11), ends(second, 11))])
        else:
            wanted.append(None)
    assert [row and row[:2] for row in shown] == wanted and any(wanted)
    assert all("แยกออกจากกันไม่ได้" in row[2] for row in shown if row and row[0] == "alike")
