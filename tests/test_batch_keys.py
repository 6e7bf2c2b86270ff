"""Which runs are done again: those whose rows changed and no others; and a run's slice is all that it needs.

The notebooks are run cell by cell in this process, without their figures where only a few seconds are allowed. What must be done
again is told by an oracle that knows no key: everything is run in both states, and the files that came out are compared.
"""

import io
import json
import os
import re
import shutil
import stat
from pathlib import Path

import pandas as pd
import pytest

from sdg_eval.batch import keys, plan, prepare, slices
from sdg_eval.batch.plan import DELIVERY, NATIONAL, PEERS, PILOT, PROVINCE, QUARTERLY, plan_jobs
from sdg_eval.batch.prepare import find_inputs, prepare_run, private_slice, run_slice
from sdg_eval.codelists import read_codelists
from sdg_eval.errors import DataError
from sdg_eval.evaluation import read_national
from sdg_eval.shown import read_shown, show, shown_arrow
from sdg_eval.store import parquet_bytes, read_observations
from tests.conftest import ROOT
from tests.counts import FULL, report
from tests.test_project import LAYER

SAMPLE = ROOT / "data" / "sample"
FEW = ["TH-10", "TH-50"]
SERIES = {"SI_POV_NAHC", "TH_ROAD_DEATHS", "AG_LND_FRST", "EN_ATM_PM25"}
"""One with a split and a target, counts of which a rate is derived, one without a target, one of goal 11."""
QUARTER = "2567Q4"
EVERY = [PROVINCE, PEERS, PILOT, QUARTERLY, *NATIONAL, *DELIVERY]
QUICK = [PROVINCE, PEERS, PILOT, "15_targets_and_forecasts", "45_leave_no_one_behind", "33_awareness", "70_vnr_register"]


@pytest.fixture(scope="module")
def codelists():
    return read_codelists()


@pytest.fixture(scope="module")
def small(tmp_path_factory, codelists):
    """A store folder's worth of files: few series of the pilots and some others, and what four provinces sent."""
    folder = tmp_path_factory.mktemp("small")
    table = pd.read_csv(SAMPLE / "observations.csv", dtype="str", keep_default_na=False)
    areas = sorted({*codelists.pilots, *codelists.provinces[::4]})
    table = table[(table["SERIES"] == "TH_POP_DOPA") | (table["SERIES"].isin(SERIES) & table["REF_AREA"].isin(areas))]
    table.to_csv(folder / "observations.csv", index=False)
    sent = {path.stem: pd.read_csv(path, dtype="str", keep_default_na=False) for path in [*(SAMPLE / "delivery").glob("*.csv"), *(SAMPLE / "delivery" / "restricted").glob("*.csv")]}
    sent = {name: rows[rows["REF_AREA"].isin([*FEW, "TH-57", "TH-83", "TH", ""])] if "REF_AREA" in rows else rows for name, rows in sent.items()}
    for owner, key, names in (
        ("project", "project_id", ("activity", "evidence", "project_target", "project_agency", "project_partner")), ("plan", "plan_id", ("plan_item",)),
        ("participation", "event_id", ("participation_group",)), ("training", "event_id", ("training_score",)),
    ):  # fmt: skip
        sent |= {name: sent[name][sent[name][key].isin(sent[owner][key])] for name in names}
    (folder / "delivery" / "restricted").mkdir(parents=True)
    for name, rows in sent.items():
        rows.to_csv(folder / "delivery" / ("restricted" if name in ("training_score", "survey_answer") else "") / f"{name}.csv", index=False)
    return folder


class State:
    """A batch prepared from some data: its jobs, keys and the files of each run."""

    def __init__(self, data, out, codelists, *, areas=tuple(FEW), notebooks=None, parameters=(), run="sample", workers=1):
        self.data, self.out, self.run = data, out, run
        inputs = find_inputs(data / "observations.csv", data / "delivery", "", list(parameters), codelists, out, run)
        self.jobs = plan_jobs(
            list(areas), report_year=2026, lang="en", overrides=list(parameters), pilots=sorted(codelists.rollout["REF_AREA"]), quarter=inputs.quarter,
            scores=prepare.SCORES_FILE if inputs.scores else "", notebooks=notebooks, run=run,
        )  # fmt: skip
        self.record, self.keys = prepare_run(inputs, self.jobs, codelists, out, run, year=2026, confidence=0.95, workers=workers)

    def rows(self, job) -> dict:
        """What a run was given, as tables: rows of each file of its slice, and the rest of it."""
        found = {}
        for place in (run_slice(self.run, job), private_slice(self.run, job)):
            for path in sorted((self.out / place).rglob("*")):
                if path.suffix == ".parquet":
                    found[path.name] = pd.read_parquet(path).to_csv()
                elif path.is_file():
                    found[path.name] = path.read_text(encoding="utf-8")
        for name in ("SCORES", "SURVEY"):
            if job.parameters.get(name):
                found[name] = Path(os.path.normpath(self.out / self.run / job.folder / job.parameters[name])).read_text(encoding="utf-8")
        return found

    def outputs(self, job, *, figures: bool = False) -> dict[str, bytes]:
        """Run the cells of a job where a batch would, and return the files that they wrote."""
        folder = self.out / self.run / job.folder
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        run_cells(job.notebook, job.parameters, folder, figures=figures)
        return files_below(folder)


def run_cells(notebook: str, parameters: dict, folder, *, figures: bool = False) -> None:
    """Run a notebook's code cells in this process, in `folder`; drawing is left out unless `figures`."""
    cells = json.loads(plan.notebook_path(notebook).read_text(encoding="utf-8"))["cells"]
    names, here = {}, os.getcwd()
    os.chdir(folder)
    try:
        for cell in (c for c in cells if c["cell_type"] == "code"):
            exec(compile("".join(cell["source"]), notebook, "exec"), names)
            names.update(parameters if "parameters" in cell["metadata"].get("tags", []) else {})
            for name in [n for n in names if n.startswith("draw_") or n == "show_figures"]:
                names[name] = names[name] if figures else lambda *a, **k: []
    finally:
        os.chdir(here)


def files_below(folder) -> dict[str, bytes]:
    """Content by name; a Parquet file by its rows, for it holds the names of types that no reader sees."""
    return {p.relative_to(folder).as_posix(): pd.read_parquet(p).to_csv().encode() if p.suffix == ".parquet" else p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def changed(folder, target, **tables):
    """A copy of the data in which some tables were changed; `observations`, or the name of a delivery table."""
    shutil.copytree(folder, target)
    for name, change in tables.items():
        path = next(p for p in (target / f"{name}.csv", target / "delivery" / f"{name}.csv", target / "delivery" / "restricted" / f"{name}.csv") if p.exists())
        rows = pd.read_csv(path, dtype="str", keep_default_na=False)
        change(rows)
        rows.to_csv(path, index=False)
    return target


def at(rows, **where):
    """The first row that has these values."""
    held = pd.Series(True, rows.index)
    for column, value in where.items():
        held &= rows[column] == value
    return held.idxmax()


# ---------------------------------------------------------------- a slice is enough


@pytest.fixture(scope="module")
def state(small, tmp_path_factory, codelists):
    return State(small, tmp_path_factory.mktemp("reports"), codelists)


def whole_parameters(job, state) -> dict:
    """Parameters of a run that reads everything: all observations, all national tables, all delivery tables, the scores."""
    national, delivery = state.out / state.run / "national", state.data / "delivery"
    return job.parameters | {
        "OBSERVATIONS": str(state.data / "observations.csv"), "DELIVERY": str(delivery), "SCORES": str(delivery / "restricted" / "training_score.csv"),
        # views of one province are worked out by the notebook itself
        "NATIONAL": "" if job.notebook in (PEERS, PILOT, QUARTERLY, "60_pilot_effect", "65_overall_evaluation") else str(national),
    }  # fmt: skip


@pytest.mark.parametrize("notebook", EVERY)
def test_a_run_that_sees_only_its_slice_says_the_same_as_one_that_sees_everything(notebook, state, tmp_path):
    jobs = [job for job in state.jobs if job.notebook == notebook]
    assert jobs
    for job in jobs if FULL else jobs[-1:]:
        sliced = state.outputs(job, figures=FULL)
        known = set(job.parameters)
        (tmp_path / job.area).mkdir(exist_ok=True)
        run_cells(notebook, {k: v for k, v in whole_parameters(job, state).items() if k in known}, tmp_path / job.area, figures=FULL)
        whole = files_below(tmp_path / job.area)
        assert list(sliced) == list(whole) and len(sliced) > 2
        assert [name for name in whole if whole[name] != sliced[name]] == []


def test_a_slice_holds_no_other_province_than_those_beside_which_it_is_set(state):
    job = next(j for j in state.jobs if j.name == "TH-50")
    rows = {name: pd.read_parquet(state.out / run_slice("sample", job) / f"{name}.parquet") for name in ("observations", *slices.NATIONAL_TABLES[PROVINCE])}
    others = rows["observations"][rows["observations"]["REF_AREA"] != "TH-50"]
    assert len(others) and (others[["source", "source_file", "flags", "vintage"]] == "").all(axis=None)
    compared = rows["peers"][["SERIES", "FREQ", "peer_period"]].rename(columns={"peer_period": "TIME_PERIOD"})
    assert len(others.merge(compared)) == len(others)
    assert {area for name, table in rows.items() if name != "observations" and "REF_AREA" in table for area in table["REF_AREA"]} <= {"TH-50", "TH"}
    blank = rows["trends"][rows["trends"]["REF_AREA"] == "TH"]
    assert (blank["n_obs"] == 0).all() and blank["slope"].isin([0]).all()
    own = next(j for j in state.jobs if j.name == f"TH-50 {QUARTERLY}")
    private = state.out / private_slice("sample", own)
    for path in private.rglob("*.csv"):
        table = pd.read_csv(path, dtype="str", keep_default_na=False)
        if "REF_AREA" in table and path.stem != "project":  # of another province where money is spent here
            assert set(table["REF_AREA"]) == {"TH-50"}, path
    assert not list(private.rglob("training_score.csv")) and own.parameters["SCORES"] == ""
    if os.name == "posix":
        assert {stat.S_IMODE(p.stat().st_mode) for p in private.rglob("*")} == {0o600, 0o700}


def test_a_delivery_table_that_a_run_was_not_given_is_unknown_and_not_empty(state):
    from sdg_eval.delivery.known import as_known
    from sdg_eval.delivery.tables import read_delivery

    job = next(j for j in state.jobs if j.name == "33_awareness")
    delivery = read_delivery(os.path.normpath(state.out / "sample" / job.folder / job.parameters["DELIVERY"]))
    assert len(delivery.training) > 0
    for tables in (delivery, as_known(delivery, QUARTER)):
        with pytest.raises(DataError, match="meeting is not among those"):
            _ = tables.meeting


def test_rows_that_are_ready_are_read_as_they_are_and_others_are_made_ready(codelists, tmp_path):
    table = read_observations(SAMPLE / "observations.csv")
    table = table[table["SERIES"].isin(SERIES | {"TH_POP_DOPA"}) & table["REF_AREA"].isin(FEW)].reset_index(drop=True)
    ready = show(table, codelists)
    assert len(ready) > len(table)
    (tmp_path / "ready.parquet").write_bytes(slices.parquet(shown_arrow(ready)))
    (tmp_path / "raw.parquet").write_bytes(parquet_bytes(table))
    pd.testing.assert_frame_equal(read_shown(tmp_path / "ready.parquet", codelists), ready)
    pd.testing.assert_frame_equal(read_shown(tmp_path / "raw.parquet", codelists), ready)
    (tmp_path / "torn.parquet").write_bytes((tmp_path / "ready.parquet").read_bytes()[:-20])
    with pytest.raises(DataError, match="torn.parquet"):
        read_shown(tmp_path / "torn.parquet", codelists)


# ---------------------------------------------------------------- exactly what changed


def a_value(rows):
    rows.loc[at(rows, SERIES="SI_POV_NAHC", REF_AREA="TH-50", TIME_PERIOD="2017", URBANISATION="_T"), "OBS_VALUE"] = "9.9"


def a_flag(rows):
    """How a value was come by: told of its own province, and in no statistic."""
    rows.loc[at(rows, SERIES="AG_LND_FRST", REF_AREA="TH-50", TIME_PERIOD="2015"), "flags"] = "nearest_2014"


def a_group(rows):
    rows.loc[at(rows, SERIES="SI_POV_NAHC", REF_AREA="TH-10", URBANISATION="R"), "OBS_VALUE"] = "77.7"


def a_done_activity(rows):
    rows.loc[at(rows, fiscal_quarter="2567Q3"), ["done", "done_date"]] = ["0", ""]


def a_score(rows):
    rows.loc[rows.index[0], "post_score"] = "3"


CHANGES = {
    "a value": {"observations": a_value}, "a flag": {"observations": a_flag}, "a value of a group": {"observations": a_group},
    "an activity": {"activity": a_done_activity}, "a score": {"training_score": a_score},
}  # fmt: skip


@pytest.fixture(scope="module")
def before(small, tmp_path_factory, codelists):
    """The batch as it was, and what came out of each run."""
    state = State(small, tmp_path_factory.mktemp("before"), codelists, notebooks=None if FULL else QUICK)
    return state, {job.name: (state.rows(job), state.outputs(job)) for job in state.jobs}


@pytest.mark.parametrize("what", CHANGES if FULL else ["a value", "a flag", "a score"])
def test_exactly_the_runs_whose_rows_changed_are_done_again(what, before, small, tmp_path, codelists):
    state, was = before
    shutil.copytree(state.out, tmp_path / "out")  # prepared before, as at a user's
    now = State(changed(small, tmp_path / "data", **CHANGES[what]), tmp_path / "out", codelists, notebooks=None if FULL else QUICK)
    anew = {job.name for job in now.jobs if now.keys[job.name] != state.keys[job.name]}
    other_rows = {job.name for job in now.jobs if now.rows(job) != was[job.name][0]}
    other_results = {job.name for job in now.jobs if now.outputs(job) != was[job.name][1]}
    report("S8", f"{what}: {len(anew)} of {len(now.jobs)} runs are done again ({', '.join(sorted(anew))}); of these {len(other_results & anew)} say something else")
    assert anew == other_rows
    assert other_results <= anew and anew
    assert len(anew) < len(now.jobs)
    if what == "a flag":
        assert "TH-50" in {job.area for job in now.jobs if job.name in anew}
    if what == "a score":
        assert anew <= {"33_awareness", f"TH-10 {QUARTERLY}", f"TH-50 {QUARTERLY}"}
    cold = State(tmp_path / "data", tmp_path / "cold", codelists, notebooks=None if FULL else QUICK)
    assert cold.keys == now.keys  # whatever of the preparation was kept


def test_nothing_is_done_again_when_nothing_changed_and_taking_a_file_in_again_changes_nothing(before, small, tmp_path, codelists, monkeypatch):
    state, _ = before
    shutil.copytree(state.out, tmp_path / "out")
    state_file = prepare.state_path(tmp_path / "out", "sample")
    written = state_file.stat().st_mtime_ns
    for name in ("_prepare", "delivery_inputs"):
        monkeypatch.setattr(prepare, name, lambda *a, **k: pytest.fail("prepared again"))
    same = State(small, tmp_path / "out", codelists, notebooks=None if FULL else QUICK)
    assert same.keys == state.keys and same.record == state.record and state_file.stat().st_mtime_ns == written


def test_a_preparation_that_was_killed_or_damaged_is_made_whole(before, small, tmp_path, codelists):
    state, _ = before
    notebooks = None if FULL else QUICK
    shutil.copytree(state.out, tmp_path / "out")
    victim = tmp_path / "out" / run_slice("sample", state.jobs[0]) / "trends.parquet"
    whole = victim.read_bytes()
    for damage in (lambda: victim.write_bytes(whole[:100]), victim.unlink, lambda: victim.write_bytes(whole + b"x")):
        damage()
        assert State(small, tmp_path / "out", codelists, notebooks=notebooks).keys == state.keys
        assert victim.read_bytes() == whole
    state_file = prepare.state_path(tmp_path / "out", "sample")
    known = json.loads(state_file.read_text())
    # killed after some stages: these stand, and the others follow
    state_file.write_text(json.dumps({"stages": {name: known["stages"][name] for name in ("shown", "national")}}))
    (tmp_path / "out" / "sample" / "national" / "gaps.parquet").write_bytes(b"torn")
    assert State(small, tmp_path / "out", codelists, notebooks=notebooks).keys == state.keys
    read_national(tmp_path / "out" / "sample" / "national")
    pd.read_parquet(tmp_path / "out" / "sample" / "national" / "gaps.parquet")


def prepared_files(state) -> dict[str, str]:
    return {p.relative_to(state.out).as_posix(): keys.file_digest(p) for p in sorted(state.out.rglob("*")) if p.is_file() and p != prepare.state_path(state.out, state.run)}


def test_a_preparation_in_two_processes_is_the_same_bytes_and_one_that_is_lost_is_made_up_for(before, small, tmp_path, codelists, monkeypatch):
    state, _ = before
    shutil.copytree(state.out, tmp_path / "out")
    for job in state.jobs:
        shutil.rmtree(tmp_path / "out" / "sample" / job.folder, ignore_errors=True)  # what notebooks wrote
    State(small, tmp_path / "out", codelists, notebooks=None if FULL else QUICK)  # as it was; what lay in a folder of a notebook is whole again
    calls, real, worked_out = [], prepare.begun_beside, prepare.national_files
    monkeypatch.setattr(prepare, "begun_beside", lambda call, **options: (calls.append(call), real(call, **options))[1])
    monkeypatch.setattr(prepare, "national_files", lambda *a, **k: pytest.fail("worked out in the first process"))
    two = State(small, tmp_path / "two", codelists, notebooks=None if FULL else QUICK, workers=2)
    assert len(calls) == 1 and two.keys == state.keys and two.record == state.record
    one = prepared_files(State(small, tmp_path / "out", codelists, notebooks=None if FULL else QUICK))
    assert prepared_files(two) == one and len(one) > 50
    again = State(small, tmp_path / "two", codelists, notebooks=None if FULL else QUICK, workers=2)
    assert len(calls) == 1 and again.keys == state.keys  # what stands is not begun
    # the second process is killed, as by a system without memory
    monkeypatch.setattr(prepare, "national_files", worked_out)
    monkeypatch.setattr(prepare, "begun_beside", lambda call, **options: real((os._exit, (9,), {}), **options))
    prepare.state_path(tmp_path / "two", "sample").unlink()
    shutil.rmtree(tmp_path / "two" / "sample" / "national")
    lost = State(small, tmp_path / "two", codelists, notebooks=None if FULL else QUICK, workers=2)
    assert lost.keys == state.keys and prepared_files(lost) == one


def test_another_province_adds_its_own_runs_and_a_parameter_changes_the_notebooks_that_have_it(before, small, tmp_path, codelists):
    state, _ = before
    notebooks = EVERY if FULL else [*QUICK, "40_provinces_side_by_side"]
    shutil.copytree(state.out, tmp_path / "out")
    first = State(small, tmp_path / "out", codelists, notebooks=notebooks)
    assert {name: key for name, key in first.keys.items() if name in state.keys} == state.keys
    more = State(small, tmp_path / "out", codelists, areas=[*FEW, "TH-57"], notebooks=notebooks)
    listed = {job.name for job in more.jobs if "PROVINCES" in job.parameters}
    again = {name for name in first.keys if more.keys[name] != first.keys[name]}
    assert again == listed == {job.name for job in first.jobs if "PROVINCES" in job.parameters} and not any(job.area for job in more.jobs if job.name in again)
    drawn = State(small, tmp_path / "out", codelists, areas=[*FEW, "TH-57"], notebooks=notebooks, parameters=["DRAWS=200"])
    assert {name for name in more.keys if drawn.keys[name] != more.keys[name]} == {"40_provinces_side_by_side"}
    fewer = State(small, tmp_path / "out", codelists, notebooks=notebooks)
    assert fewer.keys == first.keys
    assert not [p for p in (tmp_path / "out").rglob("*") if "TH-57" in p.parts and p.is_file()]  # nothing of a province that is not asked for stays


# ---------------------------------------------------------------- code


def test_a_notebook_that_is_edited_is_run_again_and_no_other(before, small, tmp_path, codelists, monkeypatch):
    state, _ = before
    shutil.copytree(plan.NOTEBOOKS, tmp_path / "notebooks")
    monkeypatch.setattr(plan, "NOTEBOOKS", tmp_path / "notebooks")
    shutil.copytree(state.out, tmp_path / "out")
    path = tmp_path / "notebooks" / f"{PEERS}.ipynb"
    path.write_text(path.read_text(encoding="utf-8").replace("view.balance", "view.balance.head(3)", 1), encoding="utf-8")
    now = State(small, tmp_path / "out", codelists, notebooks=None if FULL else QUICK)
    assert {name for name in now.keys if now.keys[name] != state.keys[name]} == {job.name for job in now.jobs if job.notebook == PEERS}


def test_the_code_of_pages_and_of_the_batch_changes_no_result_and_any_other_does(tmp_path, codelists, monkeypatch):
    package = tmp_path / "sdg_eval"
    shutil.copytree(keys.PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(keys, "PACKAGE", package)
    was = keys.result_hash(codelists), keys.preparation_hash(codelists), keys.code_hash(codelists)
    for name, changes in (("publish/site.py", (False, True, True)), ("batch/run.py", (False, True, True)), ("trends.py", (True, True, True)), ("figures/style.py", (True, True, True))):
        text = (package / name).read_text(encoding="utf-8")
        (package / name).write_text(text + "\n# a word more\n", encoding="utf-8")
        now = keys.result_hash(codelists), keys.preparation_hash(codelists), keys.code_hash(codelists)
        assert tuple(a != b for a, b in zip(was, now, strict=True)) == changes, name
        (package / name).write_text(text, encoding="utf-8")
    shutil.copytree(codelists.folder, tmp_path / "codelists")
    path = tmp_path / "codelists" / "areas.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("Chiang Mai", "Chiangmai"), encoding="utf-8")
    assert keys.result_hash(read_codelists(tmp_path / "codelists")) != was[0]


def test_no_notebook_imports_what_its_key_leaves_out():
    assert {name.removesuffix(".py") for name in keys.AROUND} == {name for name, layer in LAYER.items() if layer == 6}
    for path in plan.NOTEBOOKS.glob("*.ipynb"):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "code":
                assert not re.search(rf"sdg_eval\.({'|'.join(name.removesuffix('.py') for name in keys.AROUND)})\b", "".join(cell["source"])), path
    for path in keys.PACKAGE.rglob("*.py"):  # nothing is imported by a name that only running it would tell
        assert "__import__" not in path.read_text(encoding="utf-8"), path


def test_parameters_are_those_that_papermill_finds():
    from papermill import inspect_notebook

    for name in EVERY:
        inspected = {key: value["inferred_type_name"] for key, value in inspect_notebook(str(plan.notebook_path(name))).items()}
        assert plan.known_parameters(name) == inspected and len(inspected) > 3


def test_libraries_of_the_lock_are_part_of_the_key_and_others_are_not(tmp_path, monkeypatch):
    (tmp_path / "site").mkdir()
    monkeypatch.setattr(keys.sys, "path", [str(tmp_path / "site")])
    lock = tmp_path / "requirements.lock"
    lock.write_text("some-library==1.0 \\\n    --hash=sha256:00\n")
    monkeypatch.setattr(keys, "LOCK", lock)

    def now():
        keys.libraries.cache_clear()
        return list(keys.libraries())

    found = [now()]
    for name, step in (("Some_Library-1.0", "mkdir"), ("unrelated-3.1", "mkdir"), ("Some_Library-1.0", "rmdir"), ("Some_Library-1.1", "mkdir")):
        getattr(tmp_path / "site" / f"{name}.dist-info", step)()
        found.append(now())
    keys.libraries.cache_clear()
    assert found[1] != found[0] and found[2] == found[1] and found[3] == found[0] and found[4] not in found[:4]


def test_what_tells_data_apart_is_cheap_and_sees_every_change(small, tmp_path):
    from sdg_eval.store import write_observations

    store = tmp_path / "store"
    table = read_observations(small / "observations.csv").head(200)
    write_observations(table, store)
    seen = [keys.data_identity(store)]
    write_observations(table, store)  # nothing new
    assert keys.data_identity(store) == seen[0]
    write_observations(table.assign(OBS_VALUE=table["OBS_VALUE"] + 1), store)
    seen.append(keys.data_identity(store))
    (store / "boundaries.geojson").write_text("{}")
    seen += [keys.data_identity(store), keys.data_identity(store, "2024-03-31"), keys.data_identity(small / "observations.csv")]
    assert len(set(seen)) == len(seen)
    folder = tmp_path / "delivery"
    shutil.copytree(small / "delivery", folder)
    was = keys.delivery_identity(folder)
    with open(folder / "activity.csv", "a") as file:
        file.write("\n")
    assert keys.delivery_identity(folder) != was


def test_no_digest_of_rows_of_persons_stands_in_the_run(state):
    """A hash of a short file can be guessed; the state of the preparation, which has hashes, is its owner's alone."""
    persons = (state.data / "delivery" / "restricted" / "training_score.csv").read_bytes()
    path = prepare.state_path(state.out, "sample")
    held = json.loads(path.read_text())
    assert held["stages"]["persons"]["files"] == {} and len(held["stages"]["persons"]["private"]) == 1
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600 and stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    wanted = keys.file_digest(state.data / "delivery" / "restricted" / "training_score.csv")
    assert len(pd.read_csv(io.BytesIO(persons))) > 10
    for file in (state.out / "sample").rglob("*"):
        assert not file.is_file() or wanted.encode() not in file.read_bytes()
