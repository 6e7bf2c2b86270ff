"""Each kind of document of a run, in both languages and every format: seconds of processor time and bytes.

Usage: python benchmarks/bench_documents.py [RUN [AREA]]. RUN is the folder of a run that has ended; without it the latest in `reports`,
and where there is none, the pilot provinces of the sample are evaluated first. Each document is written ROUNDS times in one
process, after one that is not counted: what is read once for a process (fonts, the run) is not part of the time.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from sdg_eval.batch.history import read_run
from sdg_eval.codelists import read_codelists
from sdg_eval.publish.documents.annex import annex_document
from sdg_eval.publish.documents.committee import committee_document
from sdg_eval.publish.documents.excel import workbook_bytes
from sdg_eval.publish.documents.exhibition import exhibition_document
from sdg_eval.publish.documents.overall import overall_document
from sdg_eval.publish.documents.pdf import pdf_bytes
from sdg_eval.publish.documents.quarterly import quarterly_document
from sdg_eval.publish.documents.word import docx_bytes
from sdg_eval.publish.material import read_material

ROUNDS = 3
MAKERS = {
    "quarterly": quarterly_document, "committee": committee_document, "overall": lambda m, _, lang: overall_document(m, lang),
    "annex": lambda m, _, lang: annex_document(m, lang), "panels": lambda m, _, lang: exhibition_document(m, lang),
}  # fmt: skip


def main(folder: Path, area: str) -> None:
    """Write and tell."""
    run = read_run(folder)
    material = read_material(folder, read_codelists(), run.record, run.table)
    for kind, make in MAKERS.items():
        for lang in ("th", "en"):
            document = make(material, area, lang)
            if document:
                tell(f"{kind} {lang} pdf", lambda document=document: pdf_bytes(document))
                tell(f"{kind} {lang} docx", lambda document=document: docx_bytes(document))
    for lang in ("th", "en"):
        tell(f"workbook {lang} xlsx", lambda lang=lang: workbook_bytes(material, area, lang))


def tell(name: str, write) -> None:
    """Print the median seconds of processor time and the size of what `write` returns, a line of JSON each."""
    content, seconds = write(), []
    for _ in range(ROUNDS):
        begun = time.process_time()  # what others do on the machine is not part of it
        write()
        seconds.append(time.process_time() - begun)
    basis = f"processor time, median of {ROUNDS}, machine load {os.getloadavg()[0]:.1f}"
    print(json.dumps({"name": name, "value": round(median(seconds), 2), "unit": "s", "basis": basis}), flush=True)
    print(json.dumps({"name": f"{name}, size", "value": round(len(content) / 1e3), "unit": "kB", "basis": "the file"}), flush=True)


def evaluated(out: Path) -> Path:
    """Evaluate the pilot provinces of the sample into `out`, which takes minutes, and return the run's folder."""
    subprocess.run([sys.executable, "-m", "sdg_eval", "evaluate", "--out", str(out)], check=True, stdout=subprocess.DEVNULL)
    return out / "latest"


if __name__ == "__main__":
    latest = Path(__file__).parents[1] / "reports" / "latest"
    with tempfile.TemporaryDirectory() as place:
        asked = sys.argv[1:] or [latest if latest.is_dir() else evaluated(Path(place))]
        main(Path(asked[0]), asked[1] if len(asked) > 1 else "TH-50")
