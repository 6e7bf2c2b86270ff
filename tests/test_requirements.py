"""docs/requirements.md: all 56 requirements, and no reference that leads nowhere."""

import ast
import importlib
import json
import re
from functools import cache
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


# ---------------------------------------------------------------- what a notebook reaches


def file_of(module: str) -> Path | None:
    """The file of a module of the suite, or None."""
    path = ROOT.joinpath(*module.split("."))
    return next((p for p in (path.with_suffix(".py"), path / "__init__.py") if p.is_file()), None)


@cache
def imported(source: str) -> set[str]:
    """Names under sdg_eval that a source imports: modules, and what is taken from them."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{name.name}" for name in node.names}
    return {name for name in found if name.split(".")[0] == "sdg_eval"}


def code_of(notebook: Path) -> str:
    """The Python of a notebook, without magics."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    lines = [line for cell in cells if cell["cell_type"] == "code" for line in [*"".join(cell["source"]).splitlines()]]
    return "\n".join(line for line in lines if not line.lstrip().startswith(("%", "!")))


def reached(source: str) -> set[str]:
    """Modules of the suite that a source imports, directly or through others."""
    waiting, seen = list(imported(source)), set()
    while waiting:
        module = waiting.pop()
        if module not in seen and file_of(module):
            seen.add(module)
            waiting += imported(file_of(module).read_text(encoding="utf-8"))
    return seen


def module_of(function: str) -> str:
    return function if file_of(function) else function.rpartition(".")[0]


def mentions(source: str) -> set[str]:
    """Names and attributes that a source uses."""
    tree = ast.walk(ast.parse(source))
    return {n.id if isinstance(n, ast.Name) else n.attr for n in tree if isinstance(n, ast.Name | ast.Attribute)}


def is_used(function: str, elsewhere: dict[Path, set[str]]) -> bool:
    """Whether a function is used outside its module and the tests, or by a function of its module that is."""
    module, name = module_of(function), function.rpartition(".")[2]
    own = file_of(module)
    outside = set().union(*(names for path, names in elsewhere.items() if path != own))
    if module == function:
        return True  # a module: reached or not
    callers = {part.name: mentions(ast.unparse(part)) for part in ast.parse(own.read_text(encoding="utf-8")).body if isinstance(part, ast.FunctionDef | ast.ClassDef)}
    wanted, waiting = set(), [name]
    while waiting:
        one = waiting.pop()
        if one in outside:
            return True
        if one not in wanted:
            wanted.add(one)
            waiting += [caller for caller, used in callers.items() if one in used and caller != one]
    return False


@pytest.fixture(scope="module")
def elsewhere():
    """The names that every module and notebook uses."""
    return {p: mentions(p.read_text(encoding="utf-8")) for p in (ROOT / "sdg_eval").rglob("*.py")} | {
        p: mentions(code_of(p)) for p in (ROOT / "notebooks").rglob("*.ipynb")
    }


def test_a_function_beside_a_notebook_is_reached_from_it(requirements):
    far = []
    for _, row in requirements.iterrows():
        notebooks = [ROOT / ref for ref in tokens(row["notebook, page"]) if ref.endswith(".ipynb")]
        modules = set().union(*(reached(code_of(p)) for p in notebooks))
        far += [(row["no."], f) for f in tokens(row["function"]) if notebooks and module_of(f) not in modules]
    assert far == []


def test_a_named_function_is_used_by_more_than_its_tests_unless_the_row_says_so(requirements, elsewhere):
    idle = [
        (row["no."], f) for _, row in requirements.iterrows() for f in tokens(row["function"])
        if not is_used(f, elsewhere) and f"{f.rpartition('.')[2]} is called by no page" not in row["state"]
    ]  # fmt: skip
    assert idle == []


def test_a_function_that_only_its_own_module_names_is_idle(elsewhere):
    assert is_used("sdg_eval.delivery.steps.step_tracker", elsewhere)
    assert not is_used("sdg_eval.delivery.partners.sdg_network", {})
