"""Fixtures that more than one test needs."""

import json
import os
import tempfile
from pathlib import Path

import pytest

from sdg_eval.batch import ONE_THREAD

os.environ.update(ONE_THREAD)  # as a batch computes, before numpy is imported; also, threads of several workers on few cores take twice the time
ROOT = Path(__file__).parents[1]
PLACE = "SDG_EVAL_CACHE"
LONG = ("test_end_to_end.py", "test_batch_keys.py", "test_batch_faults.py", "test_batch_run.py", "test_effects.py", "test_effect_checks.py", "test_rebuild.py")


def pytest_collection_modifyitems(items):
    """Files that take minutes come first, so that no worker is left alone with one of them at the end."""
    items.sort(key=lambda item: item.path.name not in LONG)


def pytest_configure(config):
    """Kept tables of the user are neither read nor written: those of the tests are worked out anew every time, and shared by its workers."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        config.kept_tables = tempfile.TemporaryDirectory(prefix="sdg-eval-kept-")
        os.environ[PLACE] = config.kept_tables.name


def pytest_unconfigure(config):
    if hasattr(config, "kept_tables"):
        config.kept_tables.cleanup()


def shared_folder() -> Path:
    """The team's shared folder: SDG_EVAL_SHARED, else ../shared beside the project."""
    return Path(os.environ.get("SDG_EVAL_SHARED", ROOT.parent / "shared"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of official files and reference cases; in CI its absence is a failure, not a skip."""
    folder = shared_folder()
    if not (folder / "data").is_dir():
        if os.environ.get("CI"):
            pytest.fail(f"The shared folder {folder} is absent, and CI must read it.")
        pytest.skip(f"The shared folder {folder} is absent: set SDG_EVAL_SHARED to run this test.")
    return folder


@pytest.fixture(scope="session")
def reference(shared):
    """Return a function: name of a reference case -> its JSON as a dict."""

    def read(name: str) -> dict:
        return json.loads((shared / "reference" / f"{name}.json").read_text(encoding="utf-8"))

    return read


@pytest.fixture(scope="session")
def codelists():
    """The committed codelists."""
    from sdg_eval.codelists import read_codelists

    return read_codelists()


@pytest.fixture(scope="session")
def sample():
    """The committed synthetic observations."""
    from sdg_eval.store import read_observations

    return read_observations(ROOT / "data" / "sample" / "observations.csv")


@pytest.fixture(scope="session")
def observations(sample, codelists):
    """The synthetic observations with their derived series."""
    from sdg_eval.derive import with_derived

    return with_derived(sample, codelists)


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory):
    """(folder, record, runs) of a small run, made once without notebooks; read-only: publish from a copy."""
    from tests.browser.tiny import write_tiny_run

    folder = tmp_path_factory.mktemp("tiny") / "run"
    return folder, *write_tiny_run(folder)


@pytest.fixture(scope="session")
def national(observations, codelists, tmp_path_factory):
    """The national tables of the sample: worked out by the first worker that needs them, and read by the others."""
    import pickle

    from sdg_eval.evaluation import evaluate_national
    from sdg_eval.ledger import writer_lock

    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    kept = folder / "national.pickle"
    with writer_lock(folder, wait=600):
        if not kept.exists():
            kept.write_bytes(pickle.dumps(evaluate_national(observations, codelists, report_year=2026)))
    return pickle.loads(kept.read_bytes())


@pytest.fixture(scope="session")
def evaluated(observations, codelists, national):
    """(observations, national, evaluation) of TH-50 in the sample, whose figures are drawn."""
    from sdg_eval.evaluation import evaluate

    return observations, national, evaluate(observations, codelists, "TH-50", report_year=2026, national=national)
