"""A run of a few provinces and series as a batch leaves it, made in seconds: no notebook is executed."""

from pathlib import Path

import pandas as pd

from sdg_eval.codelists import read_codelists
from sdg_eval.data_report import evaluate_data
from sdg_eval.delivery.tables import Delivery, read_delivery
from sdg_eval.derive import with_derived
from sdg_eval.evaluation import evaluate, evaluate_national, write_evaluation
from sdg_eval.quarterly_report import evaluate_quarter, prepare_quarter, write_prepared, write_quarter
from sdg_eval.quarterly_words import quarter_text
from sdg_eval.store import parquet_bytes, read_observations, write_atomic
from sdg_eval.suppression import suppress

ROOT = Path(__file__).parents[2]
AREAS = ("TH-10", "TH-50", "TH-83", "TH-90", "TH-96")
EVALUATED = ("TH-50", "TH-83")
SERIES = ("SI_POV_NAHC", "SH_H2O_SAFE", "TH_COAST_WQ")
QUARTER, REPORT_YEAR = "2567Q2", 2026


def own_delivery() -> Delivery:
    """The delivery tables of the sample, cut to the province that has a quarterly report: checks of all provinces take long."""
    whole = read_delivery(ROOT / "data" / "sample" / "delivery").tables
    return Delivery({name: frame[frame["REF_AREA"].isin([*EVALUATED[:1], ""])] if "REF_AREA" in frame else frame for name, frame in whole.items()})


def write_tiny_run(folder: Path, observations: pd.DataFrame | None = None, codelists=None) -> tuple[dict, pd.DataFrame]:
    """Write the results of a run to `folder`; return its record and its table of runs, ready for `write_site`."""
    codelists = codelists or read_codelists()
    if observations is None:
        observations = read_observations(ROOT / "data" / "sample" / "observations.csv")
        observations = observations[observations["REF_AREA"].isin([*AREAS, "TH"]) & observations["SERIES"].isin(SERIES)]
    table = suppress(with_derived(observations, codelists), codelists)
    national = evaluate_national(table, codelists, report_year=REPORT_YEAR)
    write_atomic(folder / "national" / "observations.parquet", parquet_bytes(table))
    national.write(folder / "national", synthetic=True)
    evaluate_data(table, observations, codelists, national, report_year=REPORT_YEAR).write(folder / "national", codelists, synthetic=True)
    delivery = own_delivery()
    prepared = prepare_quarter(table, delivery, codelists, QUARTER, report_year=REPORT_YEAR)
    write_prepared(prepared, folder / "national")
    rows = []
    for area in EVALUATED:
        write_evaluation(evaluate(table, codelists, area, report_year=REPORT_YEAR, national=national), folder / "provinces" / area)
        rows.append({"notebook": "10_province_evaluation", "REF_AREA": area, "status": "done", "error": ""})
    report = evaluate_quarter(table, delivery, codelists, EVALUATED[0], QUARTER, report_year=REPORT_YEAR, prepared=prepared)
    write_quarter(report, folder / "quarters" / EVALUATED[0], table, quarter_text(report, codelists))
    rows += [
        {"notebook": "20_quarterly_report", "REF_AREA": EVALUATED[0], "status": "done", "error": ""},
        {"notebook": "20_quarterly_report", "REF_AREA": EVALUATED[1], "status": "failed", "error": "DataError: nothing was sent"},
        {"notebook": "10_province_evaluation", "REF_AREA": "TH-10", "status": "failed", "error": "DataError: a value is no number"},
        {"notebook": "00_data_quality", "REF_AREA": "", "status": "failed", "error": "DataError: stopped"},
    ]
    record = {"run": "tiny", "lang": "both", "version": "0", "report_year": REPORT_YEAR, "confidence": 0.95, "data_hash": "0" * 64, "code_hash": "0" * 64, "synthetic": True, "quarter": QUARTER}
    return record, pd.DataFrame(rows)
