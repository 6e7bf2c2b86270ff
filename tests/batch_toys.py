"""A batch of toy notebooks for the tests of the batch: small, quick, and each can go wrong where it is told to.

`python -m tests.batch_toys FOLDER SPEC` runs one in a process of its own, so that it can be killed, and ends as `sdg-eval evaluate` does.
"""

import hashlib
import json
import os
import sys
from pathlib import Path

from sdg_eval.batch.limits import Limits
from sdg_eval.batch.plan import Job
from sdg_eval.errors import INTERRUPTED, SOME_RUNS_FAILED, LockedError

PLACES = ("first", "middle", "last")
AREAS = [f"TH-{number}" for number in (10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24)]
FAULTS = {
    "exception": "raise ValueError('nothing fits')",
    "sys.exit(0)": "import sys; sys.exit(0)",
    "sys.exit(3)": "import sys; sys.exit(3)",
    "os._exit(0)": "import os; os._exit(0)",
    "kernel killed": "import os; os.kill(os.getpid(), 9)",
    "batch killed": "import os, time; os.kill(int(os.environ['TOY_BATCH']), 9); time.sleep(60)",
    "out of memory": "import time\nhoard = []\nwhile True: hoard.append(bytearray(b'x' * 20_000_000)); time.sleep(0.01)",
    "hang": "import time; time.sleep(600)",
    "disk full": "with open('/dev/full', 'w') as file: file.write('x' * 100_000)",
    "unwritable": "import shutil, os; shutil.rmtree(os.getcwd())",
    "Ctrl-C": "import os, time; os.kill(int(os.environ['TOY_BATCH']), 2); time.sleep(60)",
    "flood": "while True: print('x' * 100_000)",
}
"""The twelve of S13. `unwritable`: the folder that the results go to is not there any more."""
MORE_FAULTS = {
    "exit()": "exit()",
    "fork bomb": "import os, time\nwhile True:\n    if os.fork() == 0: time.sleep(600)\n    time.sleep(0.001)",
    "raises-exception tag": "raise KeyError('a tag does not excuse it')",
    "worker killed": "import os, psutil; [p.kill() for p in psutil.Process(int(os.environ['TOY_BATCH'])).children() if 'multiprocessing' in ' '.join(p.cmdline()) and 'resource_tracker' not in ' '.join(p.cmdline())]",
    "one huge array": "import time\nblock = bytearray(3_000_000_000)\ntime.sleep(60)",
    "flood of pictures": "from IPython.display import display\nwhile True: display({'image/png': 'A' * 1_000_000}, raw=True)",
}
LIMITS = Limits(cell_seconds=6, notebook_seconds=60, memory_mb=300, output_mb=5, processes=20)


def write_notebook(folder: Path, name: str = "toy", tags: tuple[str, ...] = ()) -> None:
    """Write the toy: three cells that each can go wrong, then the results of the last."""
    import nbformat
    from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

    folder.mkdir(parents=True, exist_ok=True)
    cells = [
        new_markdown_cell("# A toy\n\nFor tests. Reads nothing; writes `result.csv`.", id="t0"),
        new_code_cell("REF_AREA: str = 'TH-50'\nREPORT_YEAR: int = 2026\nFAULT: str = ''\nPLACE: str = ''\nPAUSE: float = 0.0", id="t1", metadata={"tags": ["parameters"]}),
        new_code_cell("import json, time\nif PLACE == 'first': exec(FAULT)", id="t2", metadata={"tags": list(tags)}),
        new_code_cell("time.sleep(PAUSE)\nprint(REF_AREA)\nif PLACE == 'middle': exec(FAULT)", id="t3", metadata={"tags": list(tags)}),
        new_code_cell(
            "with open('result.csv', 'w') as file: print(f'REF_AREA,value\\n{REF_AREA},1', file=file)\n"
            "with open('echo.json', 'w') as file: json.dump({'REF_AREA': REF_AREA, 'REPORT_YEAR': REPORT_YEAR}, file)\n"
            "if PLACE == 'last': exec(FAULT)", id="t4", metadata={"tags": list(tags)},
        ),
    ]  # fmt: skip
    spec = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": spec}), folder / f"{name}.ipynb")


def jobs(areas, *, faults: dict[str, tuple[str, str]] | None = None, pause: float = 0.0, year: int = 2026) -> list[Job]:
    """One job for each area; `faults` is {area: (code, place)}."""
    planned = []
    for area in areas:
        fault, place = (faults or {}).get(area, ("", ""))
        parameters = {"REF_AREA": area, "REPORT_YEAR": year, "PAUSE": pause, "FAULT": fault, "PLACE": place}
        planned.append(Job("toy", area, f"provinces/{area}", parameters))
    return planned


def run(folder: Path, spec: dict) -> int:
    """Run a batch into `folder`/run as `spec` says, write outcomes.json, and return the exit code of `sdg-eval evaluate`."""
    from sdg_eval.batch.lock import run_lock  # not by the workers, which import this module too
    from sdg_eval.batch.run import run_all, stopped_by_signals
    from sdg_eval.batch.workers import Pool

    os.environ["TOY_BATCH"] = str(os.getpid())
    planned = jobs(spec["areas"], faults=spec.get("faults"), pause=spec.get("pause", 0.0), year=spec.get("year", 2026))
    outcomes, say = folder / "outcomes.json", lambda line: print(line, flush=True)
    try:
        with stopped_by_signals(), run_lock(folder / "run"):
            outcomes.unlink(missing_ok=True)
            with Pool(spec.get("workers", 2)) as pool:
                done = run_all(planned, folder / "run", lambda job: f"key {spec.get('year', 2026)}", pool, say, limits=LIMITS, notebooks=folder / "notebooks")
            outcomes.write_text(json.dumps([[o.area, o.status, o.error] for o in done]))
    except LockedError as error:
        say(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        if not outcomes.exists():  # it came before or after the part that tells of each run
            outcomes.write_text(json.dumps([[area, "interrupted", ""] for area in spec["areas"]]))
        return INTERRUPTED
    statuses = {outcome.status for outcome in done}
    return INTERRUPTED if "interrupted" in statuses else 0 if statuses <= {"done", "kept"} else SOME_RUNS_FAILED


def command(folder: Path, spec: dict) -> list[str]:
    """Return the words that run a batch in a process of its own."""
    return [sys.executable, "-m", "tests.batch_toys", str(folder), json.dumps(spec)]


def results(folder: Path) -> dict[str, str]:
    """Return {file: sha256} of a province's folder; of its record without the seconds, the one thing that may differ."""
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir()) if path.name != "run.json"}
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    del record["seconds"]
    record["cells"] = [{k: v for k, v in cell.items() if k != "seconds"} for cell in record["cells"]]
    return found | {"run.json": json.dumps(record, sort_keys=True)}


def left_over(mark: str) -> list[str]:
    """Return the processes that still live of the batch that was started with TOY_RUN=`mark` in its environment."""
    import psutil

    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("TOY_RUN") == mark:
                found.append(f"{process.pid} {' '.join(process.cmdline())[-80:]}")
        except (psutil.Error, OSError):
            continue
    return found


if __name__ == "__main__":
    sys.exit(run(Path(sys.argv[1]), json.loads(sys.argv[2])))
