"""The whole site of 77 provinces in two languages, from results to pages: seconds, pages, and the heaviest page.

Usage: python benchmarks/bench_site.py [FOLDER]. The results are made first, from the sample, without notebooks and without
figures; only the writing of the site is timed, in two processes as `sdg-eval publish` does it. Publishing twice shows what unchanged
pages cost.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd

from sdg_eval.batch.pages import side_by_side
from sdg_eval.batch.workers import Pool
from sdg_eval.codelists import read_codelists
from sdg_eval.data_report import evaluate_data
from sdg_eval.derive import with_derived
from sdg_eval.evaluation import evaluate, evaluate_national, write_evaluation
from sdg_eval.publish import write_site
from sdg_eval.store import parquet_bytes, read_observations, write_atomic
from sdg_eval.suppression import suppress

SAMPLE = Path(__file__).parents[1] / "data" / "sample" / "observations.csv"
YEAR, WORKERS = 2026, 2


def write_results(folder: Path, codelists) -> tuple[dict, pd.DataFrame]:
    """Write what a batch leaves of all provinces, but notebooks and figures."""
    raw = read_observations(SAMPLE)
    table = suppress(with_derived(raw, codelists), codelists)
    national = evaluate_national(table, codelists, report_year=YEAR)
    write_atomic(folder / "national" / "observations.parquet", parquet_bytes(table))
    national.write(folder / "national", synthetic=True)
    evaluate_data(table, raw, codelists, national, report_year=YEAR).write(folder / "national", codelists, synthetic=True)
    for area in codelists.provinces:
        write_evaluation(evaluate(table, codelists, area, report_year=YEAR, national=national), folder / "provinces" / area)
    runs = pd.DataFrame({"notebook": "10_province_evaluation", "REF_AREA": codelists.provinces, "status": "done", "error": ""})
    return {"run": "bench", "lang": "both", "version": "0", "report_year": YEAR, "data_hash": "0" * 64, "synthetic": True, "quarter": ""}, runs


def main(folder: Path) -> None:
    codelists = read_codelists()
    record, runs = write_results(folder, codelists)
    for what in ("first", "again"):
        wall = time.perf_counter()
        with Pool(WORKERS) as pool:
            write_site(folder, codelists, record, runs, several=side_by_side(pool))
        basis = f"{len(codelists.provinces)} provinces, 2 languages, from results, {WORKERS} processes, load of the machine {os.getloadavg()[0]:.1f}"
        say(f"site, {what}", time.perf_counter() - wall, "s", basis)
    pages = sorted(folder.rglob("*.html"), key=lambda p: -p.stat().st_size)
    for kind, found in (("page", pages), ("page of a province", [p for p in pages if p.relative_to(folder).parts[0] == "provinces"])):
        say(f"site, heaviest {kind}", found[0].stat().st_size / 1e3, "kB", f"{found[0].relative_to(folder)}, of {len(found)}")


def say(name: str, value: float, unit: str, basis: str) -> None:
    """Print one figure as a line of JSON."""
    print(json.dumps({"name": name, "value": round(value, 1), "unit": unit, "basis": basis}), flush=True)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as place:
            main(Path(place))
