"""Run folders written by hand, as a batch leaves them, so that what reads them is tested without kernels."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from sdg_eval.batch.plan import FOLDERS

EVALUATION, PEERS, QUALITY = "10_province_evaluation", "41_peers", "00_data_quality"
STARTED, ENDED = "2026-04-01T02:00:00Z", "2026-04-01T02:09:00Z"


def folder_of(notebook: str, area: str) -> str:
    """Where a run of a notebook lies below the run folder."""
    return f"{FOLDERS[notebook]}/{area}" if area else f"national/{notebook}"


def make_run(out: Path, name: str, statuses: dict, *, errors: dict | None = None, planned=None, **record) -> Path:
    """Write record.json, runs.csv and a folder per run. `statuses` and `errors` are by (notebook, area)."""
    folder = out / name
    planned = list(planned or statuses)
    about = {
        "run": name, "lang": "both", "version": "0.1.0", "report_year": 2026, "data_hash": "d" * 64, "code_hash": "c" * 64, "synthetic": True,
        "quarter": "2567Q2", "started": STARTED, "as_of": None, "command": ["evaluate", "--run", name],
        "planned": [{"notebook": n, "REF_AREA": a, "folder": folder_of(n, a)} for n, a in planned],
    }  # fmt: skip
    folder.mkdir(parents=True)
    (folder / "record.json").write_text(json.dumps(about | record), encoding="utf-8")
    rows = []
    for (notebook, area), status in statuses.items():
        place = folder / folder_of(notebook, area)
        place.mkdir(parents=True, exist_ok=True)
        error = (errors or {}).get((notebook, area), "")
        (place / "run.json").write_text(json.dumps({"notebook": notebook, "area": area, "status": status, "error": error}), encoding="utf-8")
        if status in ("done", "kept"):
            (place / "result.csv").write_text(f"SERIES,slope\nSI_POV_NAHC,{len(area) + len(notebook)}\n")
            (place / "figures" / "th").mkdir(parents=True, exist_ok=True)
            (place / "figures" / "th" / "a.svg").write_text(f"<svg>{area}{notebook}</svg>")
            (place / "notebook.html").write_text("<html></html>")
        rows.append({"notebook": notebook, "REF_AREA": area, "status": status, "seconds": 2.5, "error": error, "parameters": "{}", "recorded": ENDED})
    pd.DataFrame(rows).to_csv(folder / "runs.csv", index=False)
    return folder


def failed_notebook(place: Path, *, executed: int = 3) -> None:
    """Write notebook.ipynb of a run whose last executed code cell raised, and what the kernel said on the side."""
    cells = [
        {"cell_type": "markdown", "source": "# Trends of one province\n"},
        {"cell_type": "code", "source": "import pandas as pd", "execution_count": 1, "outputs": []},
        {"cell_type": "code", "source": "REF_AREA = 'TH-83'", "execution_count": 2, "outputs": []},
        {"cell_type": "markdown", "source": "## What the data can bear\n"},
        {"cell_type": "code", "source": "quality = evaluate_quality(observations)", "execution_count": 3, "outputs": [
            {"output_type": "error", "ename": "KeyError", "evalue": "'nobody'", "traceback": ["\x1b[31mKeyError\x1b[0m", "  in codelists.py", "KeyError: 'nobody'"]},
        ]},
        {"cell_type": "code", "source": "quality", "execution_count": None, "outputs": []},
    ]  # fmt: skip
    if executed < 3:
        cells[4]["outputs"], cells[4]["execution_count"] = [], None
    place.mkdir(parents=True, exist_ok=True)
    (place / "notebook.ipynb").write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}), encoding="utf-8")
    (place / "kernel.log").write_text("".join(f"line {i}\n" for i in range(100)), encoding="utf-8")
