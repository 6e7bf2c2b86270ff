"""One notebook run: into a temporary folder, checked, then renamed; a failure stays a failure.

Runs in a worker process, so that a province that goes wrong takes no other with it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from sdg_eval.batch.plan import Job, notebook_path, run_name
from sdg_eval.figures.style import SYNTHETIC
from sdg_eval.store import write_json

CELL_TIMEOUT_SECONDS = 600
RECORD = "run.json"
LOG = "kernel.log"
AUDIT_STYLE = """
@font-face { font-family: Sarabun; src: url(../../assets/Sarabun-Regular.ttf); }
@font-face { font-family: Sarabun; src: url(../../assets/Sarabun-Bold.ttf); font-weight: bold; }
:root { --jp-content-font-family: Sarabun, sans-serif; --jp-ui-font-family: Sarabun, sans-serif; }
body, .jp-RenderedHTMLCommon, .jp-RenderedHTMLCommon table { font-family: Sarabun, sans-serif; }
.synthetic { background: #7a1f5c; color: #fff; font-weight: bold; text-align: center; padding: .5rem; margin: 0; }
"""
"""Thai must show on a machine without Thai fonts; the fonts are those of the site."""
ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
"""Provinces run side by side already, and sums keep their order."""


@dataclass(frozen=True)
class Outcome:
    """What became of a run: done, kept, failed, refused or interrupted."""

    notebook: str
    area: str
    folder: str
    status: str
    seconds: float
    error: str = ""

    @property
    def name(self) -> str:
        """As `Job.name`."""
        return run_name(self.notebook, self.area)


def is_done(job: Job, run_folder: Path, fingerprint: str) -> bool:
    """True when the job's folder is complete and was made from the same data, code and parameters."""
    try:
        record = json.loads((run_folder / job.folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return record.get("fingerprint") == fingerprint and record.get("status") == "done"


def run_job(job: Job, run_folder: Path, fingerprint: str, synthetic: bool = False) -> Outcome:
    """Execute one job; never raises for what the notebook did, the Outcome says it.

    `synthetic` marks the audit page as made from data that are not real.
    """
    started, final = time.monotonic(), run_folder / job.folder
    temporary = final.parent / f".{final.name}.{os.getpid()}.tmp"
    os.environ.update(ONE_THREAD)
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    status, error = "done", ""
    try:
        with _log_of(temporary):
            _execute(job, temporary)
        _check_echo(job, temporary)
        _export_html(temporary, synthetic)
    except KeyboardInterrupt:
        status = "interrupted"
    except Exception as problem:  # whatever the notebook raised is this province's result
        status, error = _told(problem)
    seconds = time.monotonic() - started
    if status == "done":
        (temporary / LOG).unlink(missing_ok=True)
    if status == "interrupted":
        shutil.rmtree(temporary, ignore_errors=True)
        return Outcome(job.notebook, job.area, job.folder, status, seconds)
    outcome = Outcome(job.notebook, job.area, job.folder, status, round(seconds, 1), error)
    write_json(temporary / RECORD, {k: v for k, v in asdict(outcome).items() if k != "seconds"} | {"fingerprint": fingerprint})
    shutil.rmtree(final, ignore_errors=True)
    os.replace(temporary, final)
    return outcome


@contextmanager
def _log_of(folder: Path):
    """Send what the kernel says on the side to a file, which stays only when the run fails."""
    screen = os.dup(2)
    try:
        with open(folder / LOG, "ab") as log:
            os.dup2(log.fileno(), 2)
            yield
    finally:
        os.dup2(screen, 2)
        os.close(screen)


def _execute(job: Job, folder: Path) -> None:
    from papermill import execute_notebook

    options = {
        "parameters": job.parameters, "kernel_name": "python3", "progress_bar": False, "cwd": str(folder),
        "execution_timeout": CELL_TIMEOUT_SECONDS, "start_timeout": 120, "config": _kernel_config(),
    }  # fmt: skip
    target = str(folder / "notebook.ipynb")
    try:
        execute_notebook(str(notebook_path(job.notebook)), target, **options)
    except RuntimeError as error:
        # Kernels started side by side can reach for one port (papermill #511): once more, then it counts.
        if "Kernel died" not in str(error) and "didn't respond" not in str(error):
            raise
        execute_notebook(str(notebook_path(job.notebook)), target, **options)


def _kernel_config():
    """Local sockets instead of TCP ports: no race for ports, and nothing for other users to listen to."""
    from traitlets.config import Config

    return Config() if os.name == "nt" else Config({"ConnectionFileMixin": {"transport": "ipc"}})


def _check_echo(job: Job, folder: Path) -> None:
    """The notebook must say which province, year and quarter it ran for: the requested ones."""
    echo = json.loads((folder / "echo.json").read_text(encoding="utf-8"))
    wanted = {"REF_AREA": job.area} | {name: job.parameters[name] for name in ("REPORT_YEAR", "QUARTER") if name in job.parameters}
    if echo != wanted:
        raise ValueError(f"the notebook answered for {echo}, asked was {wanted}")


def _told(problem: Exception) -> tuple[str, str]:
    """Return (status, one line) for an exception: our own data errors are refusals."""
    name, text = getattr(problem, "ename", type(problem).__name__), getattr(problem, "evalue", str(problem))
    cell = getattr(problem, "exec_count", None)
    where = f" (cell {cell})" if cell else ""
    return ("refused" if name == "DataError" else "failed"), f"{name}{where}: {text}".replace("\n", " ")[:500]


def _export_html(folder: Path, synthetic: bool) -> None:
    """Write notebook.html: the audit record, readable without Jupyter, with no request to anywhere."""
    from nbconvert import HTMLExporter

    from sdg_eval.store import write_text

    exporter = HTMLExporter(
        template_name="lab", mathjax_url="", require_js_url="", jquery_url="", widget_renderer_url="",
        html_manager_semver_range="", mermaid_js_url="", sanitize_html=False,
    )  # fmt: skip
    body, _ = exporter.from_filename(str(folder / "notebook.ipynb"))
    banner = f'<p class="synthetic">{SYNTHETIC["th"]} · {SYNTHETIC["en"]}</p>' if synthetic else ""
    body = body.replace("</head>", f"<style>{AUDIT_STYLE}</style></head>", 1)
    write_text(folder / "notebook.html", re.sub(r"(<body[^>]*>)", lambda m: m[1] + banner, body, count=1))
