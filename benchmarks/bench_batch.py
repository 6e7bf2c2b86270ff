"""The batch against papermill: the same notebooks, parameters, kernels' threads and figure code, on the same data.

Three ways to run one notebook for every pilot province: our batch (two workers, warm kernels, checks and the HTML page
included; until its notebooks are done, from the command's start, and the whole command with its site); two papermill processes side by side (no HTML); papermill's and nbconvert's command lines, one after the other. Before
anything is timed, tables and figures of all three are compared byte for byte. Then: what a batch costs for 15, 30 and 77
provinces, what a rerun costs when nothing changed, and which runs are redone when one observation changed.

BENCH_TIMES (5) is how often each way is run, BENCH_LOOPS how often the command lines; BENCH_NOTEBOOK (10) which notebook; BENCH_PROVINCES (pilot);
BENCH_SIZES (15,30,77), of which the last is rerun.
"""

import hashlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd

from sdg_eval.batch.plan import NOTEBOOKS, parse_notebooks
from sdg_eval.codelists import read_codelists

TIMES, WORKERS = int(os.environ.get("BENCH_TIMES", "5")), 2
NOTEBOOK = parse_notebooks([os.environ.get("BENCH_NOTEBOOK", "10")])[0]
PROVINCES = os.environ.get("BENCH_PROVINCES", "pilot")
SIZES = [int(text) for text in os.environ.get("BENCH_SIZES", "15,30,77").split(",")]
RESULTS = (".csv", ".parquet", ".svg", ".png", ".json")
OURS_ALONE = ("run.json",)
BIN = Path(sys.executable).parent
ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
LOOP = """
import json, sys
from papermill import execute_notebook
for source, folder, parameters in json.loads(sys.stdin.read()):
    execute_notebook(source, folder + "/notebook.ipynb", parameters=parameters, kernel_name="python3", cwd=folder, progress_bar=False)
"""


def say(name: str, value: float, unit: str, basis: str) -> None:
    print(json.dumps({"name": name, "value": round(value, 3), "unit": unit, "basis": basis}), flush=True)


def evaluate(out: Path, *more: str, provinces: str = PROVINCES, run: str = "bench", observations: Path | None = None) -> tuple[float, float]:
    """Run `sdg-eval evaluate` and return its seconds: until the notebooks are done, whose table is written then, and of the whole."""
    store = ["--store", str(observations)] if observations else []
    command = [str(BIN / "python"), "-m", "sdg_eval", "evaluate", "--provinces", provinces, "--out", str(out), "--run", run, "--jobs", str(WORKERS), "--notebook", NOTEBOOK, *store, *more]
    begun, started = time.time(), time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True)
    seconds = time.perf_counter() - started
    assert done.returncode == 0, done.stdout + done.stderr
    return (out / run / "runs.csv").stat().st_mtime - begun, seconds


def runs_of(out: Path, run: str = "bench") -> pd.DataFrame:
    return pd.read_csv(out / run / "runs.csv", dtype=str, keep_default_na=False)


def calls_of(out: Path, beside: str) -> list[tuple[str, str, dict]]:
    """(notebook, folder, parameters) of each run; the folders lie beside the batch's own and see the same national tables."""
    place = out / beside
    place.mkdir()
    for name in ("national", "slices", "assets"):
        (place / name).symlink_to(out / "bench" / name)
    inputs = out / ".inputs"
    if (inputs / "bench").is_dir():
        (inputs / beside).symlink_to(inputs / "bench")
    calls = []
    for row in runs_of(out).to_dict("records"):
        folder = place / "provinces" / row["REF_AREA"]
        folder.mkdir(parents=True)
        calls.append((str(NOTEBOOKS / f"{row['notebook']}.ipynb"), str(folder), json.loads(row["parameters"])))
    return calls


def two_papermills(calls) -> float:
    started = time.perf_counter()
    processes = []
    for n in range(WORKERS):
        process = subprocess.Popen([sys.executable, "-c", LOOP], stdin=subprocess.PIPE, env=os.environ | ONE_THREAD, text=True, **QUIET)
        process.stdin.write(json.dumps(calls[n::WORKERS]))
        process.stdin.close()
        processes.append(process)
    assert [process.wait() for process in processes] == [0] * WORKERS
    return time.perf_counter() - started


def command_lines(calls) -> float:
    started = time.perf_counter()
    for source, folder, parameters in calls:
        target = folder + "/notebook.ipynb"
        subprocess.run([str(BIN / "papermill"), source, target, "-k", "python3", "--cwd", folder, "-y", json.dumps(parameters)], check=True, env=os.environ | ONE_THREAD, **QUIET)
        subprocess.run([str(BIN / "jupyter"), "nbconvert", "--to", "html", target], check=True, **QUIET)
    return time.perf_counter() - started


def results(folder: Path) -> dict[str, str]:
    """{file: sha256} of the tables, texts and figures that notebooks wrote below `folder`."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted((folder / "provinces").rglob("*"))
        if path.suffix in RESULTS and path.name not in OURS_ALONE
    }


def against_papermill(out: Path) -> None:
    evaluate(out)
    beside, alone = calls_of(out, "beside"), calls_of(out, "alone")
    two_papermills(beside)
    command_lines(alone)
    wanted = results(out / "bench")
    for name in ("beside", "alone"):
        got = results(out / name)
        assert got == wanted, sorted(k for k in got.keys() | wanted.keys() if got.get(k) != wanted.get(k))[:5]
    n, taken = len(beside), {"ours": [], "ours, until the notebooks are done": [], "ours, the part of the notebooks": [], "two papermills": [], "command lines": []}
    for _ in range(TIMES):
        notebooks, whole = evaluate(out, "--force")
        taken["ours"].append(whole)
        taken["ours, until the notebooks are done"].append(notebooks)
        taken["ours, the part of the notebooks"].append(json.loads((out / "bench" / "record.json").read_text())["seconds"]["notebooks"])
        taken["two papermills"].append(two_papermills(beside))
    for _ in range(min(TIMES, int(os.environ.get("BENCH_LOOPS", str(TIMES))))):
        taken["command lines"].append(command_lines(alone))
    basis = f"{n} x {NOTEBOOK}, {WORKERS} workers, median of {TIMES}; {len(wanted)} tables and figures equal before timing"
    for name, seconds in taken.items():
        say(f"batch: {name}", statistics.median(seconds), "s", basis if name != "command lines" else f"{basis}; of {len(seconds)}")
    middle = {name: statistics.median(seconds) for name, seconds in taken.items()}
    done, note = middle["ours, until the notebooks are done"], "ours from the command's start, with the preparation read back, checks, flushes, and each notebook as HTML"
    say("batch: two papermills / ours, the part of the notebooks", middle["two papermills"] / middle["ours, the part of the notebooks"], "ratio", f"{basis}; by the run's record: without the command's imports and the reading back")
    say("batch: two papermills / ours, until the notebooks are done", middle["two papermills"] / done, "ratio", f"{basis}; {note}")
    say("batch: command lines / ours, until the notebooks are done", middle["command lines"] / done, "ratio", f"{basis}; {note}")
    say("batch: two papermills / ours", middle["two papermills"] / middle["ours"], "ratio", f"{basis}; ours is the whole command, with the preparation read back and the site of {n} provinces in two languages")
    say("batch: command lines / ours", middle["command lines"] / middle["ours"], "ratio", basis)
    records = [json.loads((out / "bench" / "provinces" / area / "run.json").read_text()) for area in sorted(runs_of(out)["REF_AREA"])]
    idle = [record["seconds"] - sum(cell["seconds"] for cell in record["cells"]) for record in records]
    say("batch: time outside the cells of a notebook", statistics.median(idle), "s", f"start, echo, saving, HTML, flush, ending; {len(idle)} notebooks, two side by side; largest {max(idle):.2f}")


def by_size(out: Path) -> None:
    areas = read_codelists().provinces
    for size in SIZES:
        _, seconds = evaluate(out, "--force", provinces=",".join(areas[:size]), run=f"size{size}")
        say(f"batch: {size} provinces", seconds, "s", f"{NOTEBOOK}, whole command, {WORKERS} workers; {seconds / size:.2f} s a province")


def unchanged(out: Path) -> None:
    size = SIZES[-1]
    areas = ",".join(read_codelists().provinces[:size])
    seconds = [evaluate(out, provinces=areas, run=f"size{size}")[1] for _ in range(TIMES)]
    assert set(runs_of(out, f"size{size}")["status"]) == {"kept"}
    say("batch: rerun with no change", statistics.median(seconds), "s", f"{size} x {NOTEBOOK}, whole command, median of {TIMES}")


def one_value_changed(out: Path) -> None:
    """Which runs are redone when one value of one province changes; those whose results differ must be among them."""
    size = SIZES[-1]
    areas = read_codelists().provinces[:size]
    table = pd.read_csv(Path(__file__).parents[1] / "data/sample/observations.csv", dtype=str, keep_default_na=False)
    row = table.index[(table["REF_AREA"] == "TH-50") & (table["SERIES"] == "TH_ROAD_DEATHS")][-1]
    table.loc[row, "OBS_VALUE"] = str(float(table.loc[row, "OBS_VALUE"]) * 1.01)
    if table.loc[row, "NUMERATOR"]:
        table.loc[row, "NUMERATOR"] = ""
    changed = out / "changed.csv"
    table.to_csv(changed, index=False)
    before = results(out / f"size{size}")
    _, seconds = evaluate(out, provinces=",".join(areas), run=f"size{size}", observations=changed)
    redone = set(runs_of(out, f"size{size}").query("status == 'done'")["REF_AREA"])
    after = results(out / f"size{size}")
    differ = {name.split("/")[1] for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    assert differ <= redone, differ - redone
    say("batch: runs redone after one changed value", len(redone), "runs", f"of {size}; results differ in {len(differ)}; one value of one province's series; {seconds:.1f} s")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        against_papermill(out)
        by_size(out)
        unchanged(out)
        one_value_changed(out)


if __name__ == "__main__":
    main()
