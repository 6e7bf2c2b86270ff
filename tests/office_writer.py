"""Turn a Word file into PDF by LibreOffice Writer, as a reader's program would draw it."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.office import office_or_skip


def to_pdf(path: Path, folder: Path) -> Path:
    """Return the PDF that LibreOffice makes of `path`; without Writer the test fails in CI and is skipped elsewhere."""
    command = [office_or_skip(), f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless", "--convert-to", "pdf:writer_pdf_Export", "--outdir", folder, path]
    ran = subprocess.run(list(map(str, command)), capture_output=True, timeout=180, text=True)
    made = folder / f"{path.stem}.pdf"
    if not made.exists() and "could not be loaded" in ran.stdout + ran.stderr:  # what an office without Writer says
        if os.environ.get("CI"):
            pytest.fail("LibreOffice Writer is absent, and CI must run it.")
        pytest.skip("LibreOffice Writer is absent: apt-get install libreoffice-writer")
    assert made.exists(), ran.stdout + ran.stderr
    return made
