"""The page on the data: coverage, what is old, what looks wrong, where sources disagree, what is missing and whom to ask."""

from __future__ import annotations

from sdg_eval.data_report import say_suspicions
from sdg_eval.evaluation import count_provinces, summarise_quality
from sdg_eval.publish.counted import Counted
from sdg_eval.publish.material import Material
from sdg_eval.publish.pages import Pages, address
from sdg_eval.suppression import STATUS, THRESHOLD
from sdg_eval.thai import year_text
from sdg_eval.wording import number

LISTED = 60
"""Rows of a list on the page; the whole list is the CSV beside it."""
BEARS = ("full", "indicative", "two_points", "insufficient", "none")
"""What the data of a series can bear, from most to least."""
AGREE = ("equal", "rounding", "differs", "power_of_ten", "only_province")
"""How a provincial figure stands to the central one."""


def write_data_page(pages: Pages, material: Material) -> None:
    """Write the page on the data."""
    lang, data = pages.lang, material.data
    gaps = data.gaps
    own = gaps[(gaps["SERIES"] != "") & (gaps["reason"] != "suppressed")]
    suspicions = data.suspicions.sort_values(["SERIES", "REF_AREA", "TIME_PERIOD"], kind="stable")
    listed = [line | {"area": area} for line, area in zip(say_suspicions(suspicions.head(LISTED), material.codelists, lang), suspicions["REF_AREA"], strict=False)]
    pages.write(
        "data", "data.html.j2", coverage=_coverage(material, lang), quality=_quality(material, lang), n=len(material.codelists.provinces),
        missing=material.missing(lang), n_missing=Counted("gaps.values", len(own)), n_missing_areas=Counted("gaps.provinces", own["REF_AREA"].nunique()), n_lift=Counted("gaps.lift", own["would_change"].str.contains("->").sum()),
        empty_goals=[dict(material.codelists.goal_row(g)) for g in gaps.loc[gaps["reason"] == "no_series_at_all", "goal"]], by_area=_by_area(material, own, lang),
        suspicions=[line | {"place": material.codelists.area_name(line["area"], lang), "href": _link(material, line["area"], lang)} for line in listed], n_suspicions=Counted("values.suspicious", len(suspicions)),
        reconciled=[(verdict, Counted(f"sent.{verdict}", k)) for verdict, k in _counts(data.reconciliation, AGREE)], n_reconciled=Counted("sent.all", len(data.reconciliation)), differing=_differing(material, lang), sums=_counts(data.sums, ()), n_sums=len(data.sums),
        suppressed=Counted("values.suppressed", (material.observations["OBS_STATUS"] == STATUS).sum()), n_values=Counted("values.all", len(material.observations)), threshold=THRESHOLD, bears=BEARS, agree=AGREE,
        letters=[{"file": file, "name": material.codelists.agencies.set_index("agency").at[code, f"name_{lang}"]} for code, file in material.letters(lang).items()],
    )  # fmt: skip


def _link(material: Material, area: str, lang: str) -> str:
    return f"{address(f'provinces/{area}/', lang)}#data" if area in material.evaluations else ""


def _coverage(material: Material, lang: str) -> dict:
    """How many provinces have a value, per evaluated series and year."""
    counts = count_provinces(material.totals, material.codelists)
    rows = []
    for code in _evaluated(material):
        own = counts.loc[code].to_dict() if code in counts.index else {}
        wanted = sum(material.series[code]["coastal_only"] != "1" or a == "1" for a in material.codelists.areas["coast"])
        rows.append({"code": code, "name": material.series[code][f"name_{lang}"], "goal": material.series[code]["goal"], "wanted": wanted, "counts": [int(own.get(y, 0)) for y in counts.columns]})
    return {"years": [year_text(y, lang) for y in counts.columns], "rows": rows}


def _evaluated(material: Material) -> list[str]:
    return [code for code in material.shown if material.series[code]["evaluate"] == "1"]


def _quality(material: Material, lang: str) -> list[dict]:
    """What the data of each series can bear, in how many provinces."""
    table = summarise_quality(material.national.quality)
    order = {code: i for i, code in enumerate(_evaluated(material))}
    return sorted(
        ({"code": row["SERIES"], "name": material.series[row["SERIES"]][f"name_{lang}"], "freq": row["FREQ"], **{k: int(row[k]) for k in (*BEARS, "stale", "n_flagged")}} for row in table.to_dict("records")),
        key=lambda row: (order.get(row["code"], len(order)), row["freq"]),
    )  # fmt: skip


def _by_area(material: Material, gaps, lang: str) -> list[dict]:
    """How many values each province lacks, and how many of them would change a verdict."""
    count, lift = gaps["REF_AREA"].value_counts(), gaps.loc[gaps["would_change"].str.contains("->"), "REF_AREA"].value_counts()
    return [
        {"area": a, "name": material.codelists.area_name(a, lang), "missing": int(count.get(a, 0)), "lift": int(lift.get(a, 0)), "href": _link(material, a, lang)}
        for a in material.codelists.provinces
    ]  # fmt: skip


def _counts(table, order) -> list[tuple[str, int]]:
    """(verdict, rows), in `order` first."""
    found = table["verdict"].value_counts().to_dict() if len(table) else {}
    return [(verdict, int(found[verdict])) for verdict in [*order, *sorted(set(found) - set(order))] if verdict in found]


def _differing(material: Material, lang: str) -> list[dict]:
    """Provincial figures that are not those of the centre, the largest difference first."""
    rows = material.data.reconciliation
    rows = rows[rows["verdict"].isin(["differs", "power_of_ten"])]
    rows = rows.assign(size=(rows["ratio"].astype(float) - 1).abs()).sort_values(["size", "SERIES", "REF_AREA"], ascending=[False, True, True], kind="stable")
    found = []
    for row in rows.head(LISTED).to_dict("records"):
        series = material.series.get(row["SERIES"])
        decimals = int(series["decimals"] or 1) if series else 1
        found.append({
            "name": series[f"name_{lang}"] if series else row["SERIES"], "place": material.codelists.area_name(row["REF_AREA"], lang) if row["REF_AREA"] in set(material.codelists.provinces) else row["REF_AREA"],
            "period": row["TIME_PERIOD"], "province": number(row["province"], decimals), "central": number(row["central"], decimals), "verdict": row["verdict"],
        })  # fmt: skip
    return found
