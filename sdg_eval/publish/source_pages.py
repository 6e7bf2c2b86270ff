"""Where the figures come from: sources with licence and files, and the share of numbers that have one."""

from __future__ import annotations

from sdg_eval.publish.material import AGENCIES, CHAIN, DELIVERY, Material
from sdg_eval.publish.pages import Pages


def write_sources(pages: Pages, material: Material) -> None:
    """Write the page of sources."""
    lang = pages.lang
    programmes = [{"name": p[f"name_{lang}"], "source": p[f"source_{lang}"]} for p in material.codelists.programmes.to_dict("records")]
    targets = [{"code": t["SERIES"], "name": material.series[t["SERIES"]][f"name_{lang}"], "set_by": t[f"set_by_{lang}"], "source": t[f"source_{lang}"], "kind": t["kind"]} for t in material.codelists.targets.to_dict("records")]
    delivery = []
    for notebook in (DELIVERY, CHAIN, AGENCIES):
        text = material.said(f"national/{notebook}", "text.json", material.statuses(notebook).get("", ""), lang)["text"] or {}
        delivery += text.get("sections", {}).get("source", []) + ([text["source"]] if text.get("source") else [])
    pages.write("sources", "sources.html.j2", shares=source_shares(material), sources=_sources(material, lang), programmes=programmes, targets=targets, delivery=list(dict.fromkeys(delivery)))


def source_shares(material: Material) -> dict[str, int]:
    """Count the numbers of this run, and how many name their source: all are counted, so there is no interval.

    `named`: a source of sources.csv; `file`: the file as received and its hash; `cell`: sheet, row or column in it, or for
    a computed value the cells of all its parents.
    """
    rows = material.observations[material.observations["OBS_VALUE"].notna()]
    known = set(material.sources)
    named = rows["source"].str.split(";").map(lambda keys: all(k in known for k in keys if k) and any(keys))
    file = (rows["source_file"] != "") & (rows["source_id"] != "")
    derived = rows["flags"].str.contains("parent:", regex=False)
    cell = (file & (rows["source_row"].notna() | (rows["source_column"] != ""))) | derived
    return {"n": len(rows), "named": int(named.sum()), "file": int((file | derived).sum()), "cell": int(cell.sum()), "derived": int(derived.sum())}


def _sources(material: Material, lang: str) -> list[dict]:
    """Every source of sources.csv: what it is of, how many values came from it, the files they came in."""
    rows = material.observations[material.observations["OBS_VALUE"].notna()]
    parts = rows.assign(source=rows["source"].str.split(";")).explode("source")
    counts = parts.groupby("source")
    sizes, series = counts.size().to_dict(), counts["SERIES"].unique().to_dict()
    found = []
    for key, source in material.sources.items():
        codes = sorted(c for c in series.get(key, []) if c in material.series)
        found.append({
            "source": source, "n": int(sizes.get(key, 0)), "series": [{"code": c, "name": material.series[c][f"name_{lang}"], "page": c in material.shown} for c in codes],
            "files": [f for f in material.files.get(key, {}).get("", []) if f["source_file"]],
        })  # fmt: skip
    return sorted(found, key=lambda line: (line["n"] == 0, line["source"]["source"]))
