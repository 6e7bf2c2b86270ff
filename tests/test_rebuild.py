"""An old quarter rebuilt from what the store held then: the same tables and figures, byte for byte."""

import hashlib
import json
import shutil
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from sdg_eval.batch import evaluate as batch
from sdg_eval.batch.prepare import delivery_inputs
from sdg_eval.batch.results import compare_results, hash_files, made_with, result_files, results_hash
from sdg_eval.delivery.archive import read_stored_delivery, write_delivery_load
from sdg_eval.delivery.tables import read_delivery
from sdg_eval.errors import DataError, UsageError
from sdg_eval.runs_cli import app
from sdg_eval.store import read_as_of, read_observations, read_vintages, write_observations
from tests.conftest import ROOT

SERIES = ["SI_POV_NAHC"]
AREAS = ["TH-10", "TH-50", "TH-57", "TH-83", "TH-90"]
THEN, BEFORE, LATER = "2026-01-10", "2026-01-10T03:00:00.000000Z", "2026-02-20T03:00:00.000000Z"


@pytest.fixture(scope="module")
def some():
    """One series of five provinces."""
    table = read_observations(ROOT / "data" / "sample" / "observations.csv")
    return table[table["SERIES"].isin(SERIES) & table["REF_AREA"].isin(AREAS)].reset_index(drop=True)


def revised(table):
    """The last two years as a later publication gives them."""
    late = table[table["TIME_PERIOD"] >= sorted(table["TIME_PERIOD"].unique())[-2]]
    return late.assign(OBS_VALUE=late["OBS_VALUE"] * 1.5 + 1, as_of="2026-02-15", source_file="second.csv")


def evaluate(store, out, **more):
    given = dict(
        provinces="TH-50", observations=store, out=out, run=None, report_year=2026, jobs=1, lang="en", parameters=[], notebooks=["10"], say=lambda line: None,
    )  # fmt: skip
    return batch.evaluate_provinces(**given | more)


@pytest.fixture(scope="module")
def quarters(some, tmp_path_factory):
    """(folder of reports): `then` before a revision, `now` after it, `again` as of the day before, from the revised store."""
    place = tmp_path_factory.mktemp("rebuild")
    write_observations(some, place / "store", vintage=BEFORE)
    evaluate(place / "store", place / "r", run="then")
    write_observations(revised(some), place / "store", vintage=LATER)
    evaluate(place / "store", place / "r", run="now")
    evaluate(place / "store", place / "r", run="again", as_of=THEN, expect=json.loads((place / "r/then/audit.json").read_text())["results"])
    return place / "r"


def test_an_old_quarter_is_rebuilt_byte_for_byte_after_a_revision(quarters):
    found = compare_results(quarters / "then", quarters / "again")
    assert found.is_equal and found.hashes[0] == found.hashes[1]
    assert found.different == found.only_first == found.only_second == []
    kinds = {name.rpartition(".")[2] for name in result_files(hash_files(quarters / "then"))}
    assert {"csv", "parquet", "json", "svg"} <= kinds and found.n_same > 30


def test_the_revision_itself_changes_the_results(quarters):
    """Without it the test above would show nothing."""
    found = compare_results(quarters / "then", quarters / "now")
    assert not found.is_equal
    assert "provinces/TH-50/evaluation.csv" in found.different and any(name.endswith(".svg") for name in found.different)


def test_the_record_says_what_is_needed_to_rebuild(quarters):
    record = json.loads((quarters / "again" / "record.json").read_text())
    assert record["as_of"] == THEN and record["python"] == ".".join(map(str, sys.version_info[:3]))
    assert record["data_hash"] == json.loads((quarters / "then" / "record.json").read_text())["data_hash"]
    assert record["commit"].removesuffix("-dirty") == subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout.strip()
    assert record["lock_hash"] == hashlib.sha256((ROOT / "requirements.lock").read_bytes()).hexdigest()
    assert len(made_with()["packages_hash"]) == 64


def test_the_comparing_command_names_what_differs_and_why(quarters):
    same = CliRunner().invoke(app, ["compare", "then", "again", "--out", str(quarters)])
    assert same.exit_code == 0 and same.stdout.startswith("Equal: ")
    other = CliRunner().invoke(app, ["compare", "then", "now", "--out", str(quarters)])
    assert isinstance(other.exception, DataError) and "differs: provinces/TH-50/evaluation.csv" in other.stdout and "data hash" in str(other.exception)


# ---------------------------------------------------------------- the parts


def test_a_file_added_changed_or_lost_is_another_result(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name / "national").mkdir(parents=True)
        (tmp_path / name / "national" / "gaps.csv").write_text("x\n1\n")
        (tmp_path / name / "index.html").write_text(name)  # pages carry times, and are no results
        (tmp_path / name / "record.json").write_text(name)
        (tmp_path / name / "slices").mkdir()
        (tmp_path / name / "slices" / "TH-50.parquet").write_text(name)  # what a run was made from, with the time it was taken in
    assert compare_results(tmp_path / "a", tmp_path / "b").is_equal
    (tmp_path / "b" / "national" / "sums.csv").write_text("y\n")
    found = compare_results(tmp_path / "a", tmp_path / "b")
    assert not found.is_equal and found.only_second == ["national/sums.csv"] and found.n_same == 1
    shutil.rmtree(tmp_path / "b" / "national")
    with pytest.raises(DataError, match="no tables and figures"):
        compare_results(tmp_path / "a", tmp_path / "b")
    assert results_hash({"x.csv": "1", "y.csv": "2"}) != results_hash({"x.csv": "2", "y.csv": "1"})


def test_both_views_of_the_store_end_on_the_day(some, tmp_path):
    write_observations(some, tmp_path / "s", vintage=BEFORE)
    write_observations(revised(some), tmp_path / "s", vintage=LATER)
    assert sorted(read_as_of(tmp_path / "s", THEN)["OBS_VALUE"]) == sorted(some["OBS_VALUE"])
    assert set(read_as_of(tmp_path / "s", THEN)["vintage"]) == set(read_vintages(tmp_path / "s", THEN)["vintage"]) == {BEFORE}
    assert set(read_vintages(tmp_path / "s")["vintage"]) == {BEFORE, LATER}


def test_delivery_tables_end_on_the_day_too(tmp_path):
    sample = read_delivery(ROOT / "data" / "sample" / "delivery")
    first = {name: getattr(sample, name) for name in ("project", "budget")}
    write_delivery_load(first, tmp_path, vintage=BEFORE)
    more = first["budget"].tail(1).assign(disbursed_thb=123456.0)
    write_delivery_load({"budget": more}, tmp_path, vintage=LATER)

    def paid(delivery):
        rows = delivery.budget
        return rows.loc[rows["budget_id"] == more["budget_id"].iloc[0], "disbursed_thb"].tolist()

    assert paid(read_stored_delivery(tmp_path)) == [123456.0]
    assert paid(read_stored_delivery(tmp_path, THEN)) == paid(read_delivery(tmp_path, THEN)) == first["budget"]["disbursed_thb"].tail(1).tolist()
    assert len(read_stored_delivery(tmp_path, "2026-01-09").budget) == 0
    tables, quarter, _ = delivery_inputs(tmp_path, "", as_of=THEN, say=lambda line: None)
    assert tables["budget"]["disbursed_thb"].sum() == first["budget"]["disbursed_thb"].sum() and quarter
    with pytest.raises(UsageError, match="do not know what was known"):
        read_delivery(ROOT / "data" / "sample" / "delivery", THEN)


@pytest.mark.parametrize(
    "given, what",
    [
        (dict(observations=ROOT / "data/sample/observations.csv", as_of=THEN), "is no store"),
        (dict(as_of="March"), "is no date"),
        (dict(as_of="2999-01-01"), "lies in the future"),
    ],
)
def test_a_day_that_cannot_be_rebuilt_is_refused_before_anything_is_written(some, tmp_path, given, what):
    write_observations(some, tmp_path / "store", vintage=BEFORE)
    with pytest.raises(UsageError, match=what):
        evaluate(**dict(store=given.pop("observations", tmp_path / "store"), out=tmp_path / "r") | given)
    assert not (tmp_path / "r").exists()


def test_before_the_first_load_there_is_nothing_to_rebuild(some, tmp_path):
    write_observations(some, tmp_path / "store", vintage=BEFORE)
    with pytest.raises(DataError, match="holds no values on 2025-12-31"):
        evaluate(tmp_path / "store", tmp_path / "r", as_of="2025-12-31")


def test_a_rebuilt_run_has_its_own_name_and_the_year_of_its_day(some, tmp_path, monkeypatch):
    write_observations(some, tmp_path / "store", vintage="2024-03-01T00:00:00.000000Z")
    seen = {}

    def stop(areas, **more):
        seen.update(more)
        raise DataError("enough")

    monkeypatch.setattr(batch, "plan_jobs", stop)
    with pytest.raises(DataError, match="enough"):
        evaluate(tmp_path / "store", tmp_path / "r", as_of="2024-03-31", report_year=None)
    assert (seen["run"], seen["report_year"]) == ("store-2024-03-31", 2024)
