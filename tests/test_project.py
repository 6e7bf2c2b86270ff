"""What the project promises about itself: dependencies, layers, cleanliness."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import yaml

from tests.counts import report
from tests.machine_names import FOLDERS, machine_words

ROOT = Path(__file__).parents[1]
CONDA_NAMES = {"matplotlib-base": "matplotlib", "python-duckdb": "duckdb", "jupyter_client": "jupyter-client", "jupyter_core": "jupyter-core", "jupyter_server": "jupyter-server"}
LAYER = {
    "errors": 0, "concepts": 0, "thai": 0,
    "codelists": 1, "grid": 1, "observations": 1, "store": 1, "derive": 1, "simulate": 1, "suppression": 1, "charts": 1, "ledger": 1, "backup": 1, "shown": 1, "kept": 1,
    "ranks": 2.1, "rates": 2.1, "least_squares": 2.1, "panels": 2.1, "trends": 2.1, "progress_rules": 2.1, "mixed": 2.1, "pooling": 2.1,
    "sources": 2.2, "quality": 2.2, "progress": 2.2, "detectability": 2.2, "forecasts": 2.2, "trend_options": 2.2, "interruptions": 2.2, "monitoring": 2.2, "intake": 2.2, "comparisons": 2.2, "effects": 2.2, "delivery": 2.2, "suspicions": 2.2, "reconciliation": 2.2,
    "evaluation": 3, "wording": 3, "claims": 3, "report_files": 3, "national_status": 3, "pairs": 3, "method_words": 3, "sdsn_check": 3, "side_by_side": 3, "effect_report": 3, "effect_words": 3, "changes": 3, "trace": 3, "run_table": 3, "gap_register": 3, "data_report": 3, "quarterly_report": 3, "quarterly_words": 3, "programme_report": 3, "programme_words": 3, "people_report": 3, "people_words": 3, "register_report": 3, "register_words": 3, "delivery_report": 3, "delivery_words": 3, "explore": 3, "reviews": 3,
    "figures": 4,
    "ingest_cli": 6, "intake_cli": 6, "runs_cli": 6, "supply_chain": 6, "delivery_forms": 6, "batch": 6, "publish": 6, "__main__": 6,
}  # fmt: skip
ALLOWED = {
    0: {0}, 1: {0, 1}, 2.1: {0, 1, 2.1}, 2.2: {0, 1, 2.1}, 3: {0, 1, 2.1, 2.2, 3}, 4: {0, 1, 4},
    6: {0, 1, 2.2, 3, 4, 6},
}  # fmt: skip


def module_of(path: Path) -> str:
    return path.relative_to(ROOT / "sdg_eval").parts[0].removesuffix(".py")


def imported_modules(path: Path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("sdg_eval"):
            tail = node.module.split(".")[1:]
            yield from [tail[0]] if tail else [alias.name for alias in node.names]
        elif isinstance(node, ast.Import):
            yield from (a.name.split(".")[1] for a in node.names if a.name.startswith("sdg_eval."))


def test_every_module_imports_only_from_the_layers_below():
    faults = []
    for path in sorted((ROOT / "sdg_eval").rglob("*.py")):
        here = module_of(path)
        if here == "__init__":
            continue
        for other in imported_modules(path):
            if other in ("__version__", here):
                continue
            # siblings of 2b do not import each other; the other layers may
            if LAYER[other] not in ALLOWED[LAYER[here]]:
                faults.append(f"{path.relative_to(ROOT)} imports {other}")
    assert faults == []


def test_conda_users_get_the_same_direct_dependencies():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = set(project["dependencies"] + project["optional-dependencies"]["dev"])
    conda = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    found = {d for d in conda if isinstance(d, str) and not d.startswith("python>")}
    found |= {d for part in conda if isinstance(part, dict) for d in part["pip"] if not d.startswith("-e")}  # not on conda-forge
    for conda_name, pypi_name in CONDA_NAMES.items():
        found = {re.sub(rf"^{conda_name}(?=\W)", pypi_name, d) for d in found}
    assert found == wanted


def test_the_lock_has_a_hash_for_every_package_and_no_address():
    text = (ROOT / "requirements.lock").read_text()
    pinned = re.findall(r"^[a-z0-9][^\n]*==[^\n]*(?:\n    --hash=sha256:[0-9a-f]{64}[^\n]*)+", text, re.M)
    assert len(pinned) == len(re.findall(r"^[a-z0-9]", text, re.M)) > 50
    assert "://" not in text


def test_committed_notebooks_carry_no_output_token_folder_or_name():
    """S32. Worked examples keep their outputs, which are compared cell by cell; the rest holds for them too."""
    secret, faults = re.compile(r"token=\w|[0-9a-f]{48}|\bghp_\w{20}|api[_-]?key\s*[=:]", re.I), []
    paths = [path for path in sorted((ROOT / "notebooks").rglob("*.ipynb")) if ".ipynb_checkpoints" not in path.parts]
    for path in paths:
        book = json.loads(path.read_text(encoding="utf-8"))
        for number, cell in enumerate(book["cells"], 1):
            kept = "methods" not in path.parts and (cell.get("outputs") or cell.get("execution_count") is not None)
            text = json.dumps(cell, ensure_ascii=False)
            told = re.search(FOLDERS, text) or secret.search(text) or [word for word in machine_words() if word in text] or {"collapsed", "scrolled", "ExecuteTime", "execution"} & set(cell.get("metadata", {}))
            faults += [f"{path.relative_to(ROOT)}, cell {number}"] if kept or told else []
        faults += [f"{path.relative_to(ROOT)}: {extra}" for extra in set(book["metadata"]) - {"kernelspec", "language_info"}]
    report("S32", f"notebooks {len(paths)}, with output, token, folder or name {len(faults)}")
    assert faults == [] and len(paths) > 20


RUNS_CODE = {"eval", "exec", "compile", "__import__", "os.system", "os.popen", "yaml.load", "yaml.full_load", "yaml.unsafe_load", "yaml.load_all", "pd.read_pickle", "pd.eval", "runpy.run_path", "code.interact"}
"""Calls that would run what a file says."""
UNPICKLES = {"pickle", "cPickle", "dill", "cloudpickle", "shelve", "marshal", "joblib"}


def what_runs_data(tree: ast.AST) -> list[str]:
    """Calls and imports of a module by which a file could run as a program (S27)."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            found += [name for name in names if name.partition(".")[0] in UNPICKLES]
        elif isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            loose = {k.arg for k in node.keywords if isinstance(k.value, ast.Constant) and k.value.value is True} & {"shell", "allow_pickle"}
            found += [name] if name in RUNS_CODE or loose or name.endswith(".read_pickle") else []
    return found


def test_no_module_runs_what_a_file_says():
    for planted in ("import pickle", "from joblib import load", "yaml.load(x)", "eval(x)", "np.load(x, allow_pickle=True)", "subprocess.run(x, shell=True)", "pandas.read_pickle(x)"):
        assert what_runs_data(ast.parse(planted)), planted
    files = sorted((ROOT / "sdg_eval").rglob("*.py"))
    found = [f"{path.relative_to(ROOT)}: {name}" for path in files for name in what_runs_data(ast.parse(path.read_text(encoding="utf-8")))]
    report("S27", f"modules {len(files)}, calls that would run data {len(found)}")
    assert found == [] and len(files) > 100


def test_help_answers_without_the_heavy_libraries():
    code = (
        "import sys, sdg_eval.__main__; "
        "print([m for m in ('matplotlib', 'statsmodels', 'scipy', 'pandas', 'papermill') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
