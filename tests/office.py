"""Fill a workbook in LibreOffice as a person would: open it, type into cells, save it."""

import os
import shutil
import subprocess

import pytest

_MODULE = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE script:module PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "module.dtd">
<script:module xmlns:script="http://openoffice.org/2000/script" script:name="Module1" script:language="StarBasic">
Sub Fill
  Dim hidden(0) As New com.sun.star.beans.PropertyValue
  Dim saving(0) As New com.sun.star.beans.PropertyValue
  Dim book, sheet, parts, lines
  hidden(0).Name = &quot;Hidden&quot; : hidden(0).Value = True
  saving(0).Name = &quot;FilterName&quot; : saving(0).Value = &quot;Calc MS Excel 2007 XML&quot;
  book = StarDesktop.loadComponentFromURL(Environ(&quot;FILL_FROM&quot;), &quot;_blank&quot;, 0, hidden())
  lines = CreateUnoService(&quot;com.sun.star.io.TextInputStream&quot;)
  lines.setInputStream(CreateUnoService(&quot;com.sun.star.ucb.SimpleFileAccess&quot;).openFileRead(Environ(&quot;FILL_CELLS&quot;)))
  lines.setEncoding(&quot;UTF-8&quot;)
  Do While Not lines.isEOF()
    parts = Split(lines.readLine(), Chr(9))
    If UBound(parts) = 3 Then
      sheet = book.Sheets.getByName(parts(0))
      sheet.getCellByPosition(CInt(parts(2)) - 1, CLng(parts(1)) - 1).FormulaLocal = parts(3)
    End If
  Loop
  book.storeToURL(Environ(&quot;FILL_TO&quot;), saving())
  book.close(True)
End Sub
</script:module>
"""


def office_or_skip() -> str:
    """The path of soffice; in CI its absence is a failure, not a skip."""
    office = shutil.which("soffice")
    if office is None:
        if os.environ.get("CI"):
            pytest.fail("LibreOffice is absent, and CI must run it.")
        pytest.skip("LibreOffice is absent: apt-get install libreoffice-calc")
    return office


def fill_in_libreoffice(content: bytes, cells, path, folder) -> None:
    """Type `cells`, (sheet, row, column, text) each, into a workbook and save it at `path`."""
    base = [
        office_or_skip(),
        f"-env:UserInstallation={(folder / 'profile').as_uri()}",
        "--headless",
        "--norestore",
    ]
    # the first start lays an empty module into the new profile; ours takes its place
    subprocess.run([*base, "--terminate_after_init"], check=True, capture_output=True, timeout=180)
    (folder / "profile" / "user" / "basic" / "Standard" / "Module1.xba").write_text(_MODULE, encoding="utf-8")
    (folder / "empty.xlsx").write_bytes(content)
    (folder / "cells.tsv").write_text(
        "\n".join("\t".join(map(str, cell)) for cell in cells), encoding="utf-8"
    )
    names = {"FILL_FROM": folder / "empty.xlsx", "FILL_CELLS": folder / "cells.tsv", "FILL_TO": path}
    environment = os.environ | {k: v.as_uri() for k, v in names.items()}
    subprocess.run(
        [*base, "macro:///Standard.Module1.Fill"],
        check=True,
        capture_output=True,
        timeout=180,
        env=environment,
    )
    assert path.exists(), "LibreOffice saved nothing"
