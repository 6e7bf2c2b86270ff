"""What a batch hands out of delivery tables, and which quarter it speaks of: no raw row leaves, no quarter is guessed."""

import contextlib
import json
import os
import re
import shutil
import stat

import pandas as pd
import pytest

from sdg_eval import quarterly_report, store
from sdg_eval.batch import evaluate, slices
from sdg_eval.batch import prepare as batch
from sdg_eval.batch.plan import DELIVERY, QUARTERLY, inputs_folder, plan_jobs
from sdg_eval.codelists import read_codelists
from sdg_eval.delivery.known import as_known
from sdg_eval.delivery.restricted import access_log, add_rows, forget, open_restricted
from sdg_eval.delivery.tables import Delivery, read_delivery
from sdg_eval.errors import DataError, UsageError
from sdg_eval.people_report import read_persons
from tests.conftest import ROOT

SAMPLE = ROOT / "data" / "sample"
TABLES = SAMPLE / "delivery"


@pytest.fixture
def prepare(monkeypatch, tmp_path):
    """The step that writes what runs read, without the national statistics: what these write is looked at elsewhere."""
    for name in ("_data", "_peers", "_effects"):
        monkeypatch.setattr(batch, name, lambda *a, **k: None)
    monkeypatch.setattr(batch, "_national_begun", lambda *a, **k: contextlib.nullcontext(lambda: None))
    for name in ("prepare_quarter", "write_prepared", "read_prepared"):
        monkeypatch.setattr(quarterly_report, name, lambda *a, **k: None)
    monkeypatch.setattr(slices, "cut", lambda *a, **k: {})
    table = pd.read_csv(SAMPLE / "observations.csv", dtype="str", keep_default_na=False)
    table[table["SERIES"] == "SI_POV_NAHC"].to_csv(tmp_path / "observations.csv", index=False)

    def prepared(tables, quarter, scores=None):
        inputs = batch.Inputs(tmp_path / "observations.csv", quarter=quarter, scores=scores)
        inputs.__dict__["tables"] = tables
        wanted = [QUARTERLY, *DELIVERY] if quarter else ["00_data_quality"]
        planned = plan_jobs(["TH-50"], report_year=2026, lang="en", overrides=[], pilots=["TH-50"], quarter=quarter, scores=batch.SCORES_FILE if scores else "", notebooks=wanted, run="sample")
        return batch.prepare_run(inputs, planned, read_codelists(), tmp_path / "reports", "sample", year=2026, confidence=0.95)[0]

    return prepared


def copy_with(tmp_path, **changed):
    folder = tmp_path / "delivery"
    shutil.copytree(TABLES, folder)
    for name, change in changed.items():
        rows = pd.read_csv(folder / f"{name}.csv", dtype="str", keep_default_na=False)
        change(rows).to_csv(folder / f"{name}.csv", index=False)
    return folder


def people_store(tmp_path, monkeypatch, n=12):
    store = open_restricted(tmp_path / "delivery" / "restricted", tmp_path / "keys")
    monkeypatch.setenv("SDG_EVAL_RESTRICTED_KEYS", str(tmp_path / "keys"))
    rows = pd.DataFrame([{"event_id": "e1", "person": f"1-1020-{i:05d}", "pre_score": 40.0 + i, "post_score": 60.0 + i} for i in range(n)])
    add_rows(store, "training_score", rows, collected_on="2024-01-15")
    return store


# ---------------------------------------------------------------- nothing raw is handed out


def test_no_count_of_one_to_nine_persons_lies_in_the_run(prepare, tmp_path):
    raw = read_delivery(TABLES).participation_group["participants"]
    assert raw.between(1, 9).sum() > 1000  # the sample has what must not leave
    tables, quarter, scores = batch.delivery_inputs(TABLES, "")
    run = tmp_path / "reports" / "sample"
    (run / "national" / "delivery").mkdir(parents=True)
    (run / "national" / "delivery" / "participation_group.csv").write_text("event_id,group,participants\ne,women,3\n")  # of an earlier version
    prepare(tables, quarter, scores)
    for path in [*run.rglob("*.csv"), *run.rglob("*.parquet")]:
        table = pd.read_csv(path) if path.suffix == ".csv" else pd.read_parquet(path)
        for column in {"participants", "attended", "invited", "members", "pre_score"} & set(table):
            assert not table[column].between(1, 9).any(), path
    assert not (run / "national" / "delivery").exists()
    assert not [p for p in run.rglob("*") if p.stem in tables]


def test_the_notebooks_find_their_tables_beside_the_run_and_only_the_owner_does(prepare, tmp_path):
    tables, quarter, scores = batch.delivery_inputs(TABLES, "")
    prepare(tables, quarter, scores)
    out = tmp_path / "reports"
    inputs = inputs_folder(out, "sample")
    for job in plan_jobs(["TH-50"], report_year=2026, lang="en", overrides=[], pilots=["TH-50"], quarter=quarter, scores=batch.SCORES_FILE, notebooks=[QUARTERLY, *DELIVERY], run="sample"):
        there = out / "sample" / job.folder
        there.mkdir(parents=True)
        held = read_delivery(there / job.parameters["DELIVERY"])
        assert os.path.normpath(there / job.parameters["DELIVERY"]) == str(inputs / job.folder / "delivery") and sum(map(len, held.tables.values())) > 100
        if job.notebook == "32_partners_participation":
            assert len(held.participation_group) == len(tables["participation_group"])
        if "SCORES" in job.parameters:  # the report of a province reads what may be shown of them, worked out before
            assert len(read_persons("training_score", str(there / job.parameters["SCORES"]))) > 100 if job.notebook == "33_awareness" else job.parameters["SCORES"] == ""
        assert not re.search(r'"/', json.dumps(job.parameters)), job.parameters  # no folder of this machine
    if os.name == "posix":
        for path in [inputs, inputs.parent, *inputs.rglob("*")]:
            assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_a_run_without_delivery_leaves_no_inputs_behind_and_other_scores_are_other_data(prepare, tmp_path):
    tables, quarter, scores = batch.delivery_inputs(TABLES, "")
    with_scores, without = prepare(tables, quarter, scores), prepare(tables, quarter)
    assert with_scores["data_hash"] != without["data_hash"]
    prepare({}, "")
    assert not inputs_folder(tmp_path / "reports", "sample").exists()


def test_answers_of_persons_are_named_by_no_folder_of_the_machine(tmp_path, monkeypatch):
    answers = TABLES / "restricted" / "survey_answer.csv"
    given = [f"SURVEY={answers}"]
    jobs = plan_jobs(["TH-50"], report_year=2026, lang="en", overrides=given, pilots=[], quarter="2567Q2", notebooks=["32_partners_participation"], run="sample")
    assert jobs[0].parameters["SURVEY"] == "../../../.inputs/sample/restricted/survey_answer.csv"
    assert batch.survey_file(given) == answers and batch.survey_file(["LANG=en"]) is None
    folder = inputs_folder(tmp_path, "sample")
    batch._persons(batch.Preparation(tmp_path, "sample", {}), batch.Inputs(SAMPLE / "observations.csv", survey=answers))
    assert len(read_persons("survey_answer", str(folder / "restricted" / "survey_answer.csv"))) == len(read_persons("survey_answer", str(answers))) > 100


# ---------------------------------------------------------------- which quarter


def test_tables_without_any_quarter_stop_only_what_needs_them(tmp_path):
    folder, lines = tmp_path / "d", []
    folder.mkdir()
    shutil.copy(TABLES / "agency.csv", folder)
    assert batch.delivery_inputs(folder, "", say=lines.append) == ({}, "", None)
    assert len(lines) == 1 and "no quarter" in lines[0]
    for quarter, asked in (("2567Q2", False), ("", True)):
        with pytest.raises(DataError, match="no delivery tables with quarters"):
            batch.delivery_inputs(folder, quarter, asked=asked)


def test_a_batch_without_quarters_goes_on_with_the_others(tmp_path, monkeypatch):
    folder = tmp_path / "d"
    folder.mkdir()
    shutil.copy(TABLES / "agency.csv", folder)
    seen = {}
    monkeypatch.setattr(evaluate, "plan_jobs", lambda areas, **more: seen.update(more) or [])
    monkeypatch.setattr(store, "read_observations", lambda path: pd.DataFrame())
    call = dict(provinces="TH-50", observations=SAMPLE / "observations.csv", out=tmp_path / "r", run=None, report_year=2026, jobs=1, lang="en", parameters=[], delivery=folder, say=lambda line: None)
    with pytest.raises(DataError, match="holds no values"):  # as far as the observations
        evaluate.evaluate_provinces(**call)
    assert seen["quarter"] == "" and seen["scores"] == ""
    with pytest.raises(DataError, match="with quarters"):
        evaluate.evaluate_provinces(**call, notebooks=["20"])


def test_the_default_quarter_is_the_last_with_something_done_or_paid(tmp_path):
    def planned(rows):
        later = rows.tail(1).assign(budget_id="BZ", fiscal_quarter="2568Q4", disbursed_thb="")
        return pd.concat([rows, later])

    said = batch.delivery_inputs(TABLES, "")[1]
    folder = copy_with(tmp_path, budget=planned)
    assert batch.delivery_inputs(folder, "")[1] == said == "2567Q4"
    assert batch.delivery_inputs(folder, "2568Q4")[1] == "2568Q4"  # planned, and asked for


def test_before_anything_is_done_the_first_planned_quarter_is_meant(tmp_path):
    rows = pd.read_csv(TABLES / "budget.csv", dtype="str", keep_default_na=False).head(2)
    (tmp_path / "d").mkdir()
    rows.assign(fiscal_quarter=["2568Q1", "2568Q4"], disbursed_thb="").to_csv(tmp_path / "d" / "budget.csv", index=False)
    assert batch.delivery_inputs(tmp_path / "d", "")[1] == "2568Q1"


@pytest.mark.parametrize("asked", ["2580Q1", "2560Q1"])
def test_a_quarter_of_which_nothing_is_known_is_refused_with_the_span(asked):
    with pytest.raises(UsageError, match="speak of 2566Q1 to 2567Q4"):
        batch.delivery_inputs(TABLES, asked)


def test_a_year_of_the_common_era_is_refused_and_not_turned():
    with pytest.raises(UsageError, match="as 2567Q2"):
        batch.delivery_inputs(TABLES, "2024Q2")
    assert batch.delivery_inputs(TABLES, "2567-Q2")[1] == "2567Q2"


# ---------------------------------------------------------------- as known then


@pytest.mark.parametrize("later", [2570, 2027])
def test_a_later_count_of_the_people_of_a_group_is_not_known_yet(later):
    own = read_delivery(TABLES).population_group
    both = Delivery({"population_group": pd.concat([own, own.assign(year=later, people=own["people"] * 3)], ignore_index=True)})
    assert as_known(both, "2567Q2").population_group["year"].max() == 2566
    assert len(as_known(both, "2570Q1").population_group) == 2 * len(own)


def test_a_decision_closed_without_a_day_is_open_in_every_report_but_the_last():
    delivery = read_delivery(TABLES)
    rows = delivery.decision
    one = (rows["fiscal_quarter"] == "2566Q3").idxmax()
    rows.loc[one, ["status", "closed_date"]] = ["done", ""]
    known = {q: as_known(delivery, q).decision.set_index("decision_id")["status"][rows.loc[one, "decision_id"]] for q in ("2566Q3", "2567Q1", "2567Q4")}
    assert known == {"2566Q3": "open", "2567Q1": "open", "2567Q4": "done"}


# ---------------------------------------------------------------- the restricted store


def test_persons_are_read_from_the_restricted_store_through_its_log(tmp_path, monkeypatch):
    store = people_store(tmp_path, monkeypatch)
    rows = read_persons("training_score", str(store.folder))
    assert len(rows) == 12 and not {"row_id", "keep_until"} & set(rows) and rows["person"].str.fullmatch("[0-9a-f]{32}").all()
    last = access_log(store).iloc[-1]
    assert (last["kind"], last["purpose"], last["table"], last["n_rows"]) == ("read", "quarterly_report", "training_score", 12)
    monkeypatch.setenv("SDG_EVAL_RESTRICTED_KEYS", str(tmp_path / "elsewhere"))
    with pytest.raises(DataError, match="no key"):
        read_persons("training_score", str(store.folder))
    assert not (tmp_path / "elsewhere").exists()


def test_a_batch_reads_the_restricted_store_once_and_a_deletion_reaches_what_it_wrote(prepare, tmp_path, monkeypatch):
    store = people_store(tmp_path, monkeypatch)
    for name in ("activity", "project"):
        shutil.copy(TABLES / f"{name}.csv", tmp_path / "delivery")
    tables, quarter, scores = batch.delivery_inputs(tmp_path / "delivery", "")
    assert scores == store.folder
    prepare(tables, quarter, scores)
    written = inputs_folder(tmp_path / "reports", "sample") / batch.SCORES_FILE
    assert len(read_persons("training_score", str(written))) == 12
    assert (access_log(store)["kind"] == "read").sum() == 1
    assert forget(store, "1-1020-00003").complete and not written.exists()


def test_a_run_that_had_delivery_tables_may_go_on_without_them(tmp_path, monkeypatch):
    monkeypatch.setattr(batch, "read_state", lambda out, run: {"quarter": "2567Q4", "asked_quarter": ""})
    found = batch.find_inputs(tmp_path / "observations.csv", None, "", [], read_codelists(), tmp_path, "sample")
    assert (found.delivery, found.quarter, found.scores) == (None, "", None)
