"""docs/requirements.md: all 56 requirements, and no reference that leads nowhere."""

import importlib
import re
from pathlib import Path

import pandas as pd
import pytest

from sdg_eval.codelists import COLUMNS
from sdg_eval.delivery.columns import delivery_tables

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "requirements.md"
HEADER = ["no.", "requirement", "data", "function", "notebook, page", "test", "state"]
STATE = r"(done|partly: .+|not done: .+|issue (8|9|10): .+)"
"""`partly` and `not done` say what is missing; `issue N` says which other issue does all of it."""


def read_rows(text: str) -> pd.DataFrame:
    """The rows of the table of requirements."""
    lines = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in text.splitlines() if re.match(r"\| *(R\d\d|no\.) ", line)]
    assert lines and lines[0] == HEADER, f"the header of the table must be {HEADER}"
    assert all(len(line) == len(HEADER) for line in lines), [line[0] for line in lines if len(line) != len(HEADER)]
    return pd.DataFrame(lines[1:], columns=HEADER)


def tokens(cell: str) -> list[str]:
    """The machine-readable references of a cell: what stands between backticks."""
    return re.findall(r"`([^`]+)`", cell)


def data_names() -> set[str]:
    """Names of delivery tables, codelists, and the columns of observations."""
    from sdg_eval.concepts import COLUMNS as OBSERVED

    lists = {p.stem for p in (ROOT / "data" / "codelists").glob("*.csv")}
    return set(delivery_tables()) | set(COLUMNS) | lists | {"observations"} | {c for c in OBSERVED}


def pages() -> str:
    """The text of everything that writes pages, in which a page's file name must stand."""
    return "".join(p.read_text(encoding="utf-8") for p in (ROOT / "sdg_eval" / "publish").rglob("*") if p.suffix in (".py", ".j2"))


def fault_of(reference: str) -> str:
    """What is wrong with a reference; "" where it leads somewhere."""
    if reference.startswith("tests/"):
        path, _, name = reference.partition("::")
        if not (ROOT / path).is_file():
            return "no such file"
        found = re.search(rf"^def {re.escape(name)}\(", (ROOT / path).read_text(encoding="utf-8"), re.M)
        return "" if name and found else "no such test"
    if reference.startswith("sdg_eval."):
        module, _, name = reference.rpartition(".")
        try:
            owner = importlib.import_module(module)
        except ModuleNotFoundError:
            return "no such module"
        if hasattr(owner, name):
            return ""
        try:
            importlib.import_module(reference)
        except ModuleNotFoundError:
            return "no such name in the module"
        return ""
    if "/" in reference or reference.endswith(".md"):
        return "" if (ROOT / reference).exists() else "no such file"
    if reference.endswith(".html"):
        return "" if reference in pages() else "no such page"
    return "" if reference in data_names() else "neither a table, a codelist, a file, a function nor a test"


@pytest.fixture(scope="module")
def requirements():
    return read_rows(PAGE.read_text(encoding="utf-8"))


def test_all_56_requirements_are_there_once_and_in_order(requirements):
    assert list(requirements["no."]) == [f"R{i:02d}" for i in range(1, 57)]


def test_no_reference_is_dead(requirements):
    dead = [(row["no."], ref, why) for _, row in requirements.iterrows() for column in HEADER[2:6] for ref in tokens(row[column]) if (why := fault_of(ref))]
    assert dead == []


def test_every_row_says_its_state_and_what_is_missing(requirements):
    assert [row["no."] for _, row in requirements.iterrows() if not re.fullmatch(STATE, row["state"])] == []


def test_a_row_without_a_test_belongs_to_another_issue(requirements):
    bare = requirements[[not any(t.startswith("tests/") for t in tokens(cell)) for cell in requirements["test"]]]
    assert [row["no."] for _, row in bare.iterrows() if not re.match(r"issue (8|9|10)", row["state"])] == []


def test_a_notebook_that_is_there_is_not_called_unwritten(requirements):
    said = {(row["no."], number) for _, row in requirements.iterrows() for number in re.findall(r"notebook (\d\d) is not written", row["state"])}
    assert [(no, number) for no, number in sorted(said) if list((ROOT / "notebooks").glob(f"{number}_*.ipynb"))] == []


def test_what_is_done_names_a_function_and_data(requirements):
    done = requirements[requirements["state"].str.match(r"done|partly")]
    assert [r["no."] for _, r in done.iterrows() if not tokens(r["data"]) or not any(t.startswith("sdg_eval.") for t in tokens(r["function"]))] == []


@pytest.mark.parametrize(
    "reference, fault",
    [
        ("sdg_eval.delivery.register.vnr_set", ""),
        ("sdg_eval.delivery.register.no_such", "no such name in the module"),
        ("sdg_eval.nowhere.at_all", "no such module"),
        ("tests/test_requirements.py::test_no_reference_is_dead", ""),
        ("tests/test_requirements.py::test_of_nothing", "no such test"),
        ("tests/test_requirements.py", "no such test"),
        ("tests/test_nothing.py::test_x", "no such file"),
        ("notebooks/99_nothing.ipynb", "no such file"),
        ("effects.html", ""),
        ("nothing.html", "no such page"),
        ("project_target", ""),
        ("nonsense", "neither a table, a codelist, a file, a function nor a test"),
    ],
)
def test_a_dead_reference_is_seen(reference, fault):
    assert fault_of(reference) == fault
