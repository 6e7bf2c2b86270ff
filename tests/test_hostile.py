"""Hostile containers: judged before they are parsed, in a process of its own without network, within stated limits (S7, S26)."""

import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import openpyxl
import pytest

from tests.counts import report

ROOT = Path(__file__).parents[1]
SECONDS, MEGABYTES = 2.0, 200
CHILD = """
import json, socket, sys, time
sys.path.insert(0, {root!r})
def no_network(*a, **k):
    raise RuntimeError("network")
socket.socket.connect = no_network
def peak():  # of this program alone: the usual counter still holds what the test runner had before it started this one
    return int(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1]) / 1024
from sdg_eval.codelists import read_codelists
from sdg_eval.intake import Declared, take_in_file
from sdg_eval.intake.refusal import Refusal
codelists = read_codelists()
start = time.process_time()
try:
    take_in_file(sys.argv[1], codelists, Declared(indicator="1.2.1", unit="ร้อยละ"))
    out = []
except Refusal as refusal:
    out = [p.code for p in refusal.problems]
print(json.dumps({{"codes": out, "seconds": time.process_time() - start, "mb": peak()}}))
"""


def book_bytes() -> bytes:
    book = openpyxl.Workbook()
    for row in (["จังหวัด", 2564], ["ยะลา", 5.5]):
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def changed(**parts) -> bytes:
    """The good workbook with parts replaced or added ('/' in names is written as '__')."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book_bytes())) as source, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as target:
        new = {name.replace("__", "/"): content for name, content in parts.items()}
        for item in source.namelist():
            if item not in new:
                target.writestr(item, source.read(item))
        for name, content in new.items():
            target.writestr(name, content)
    return stream.getvalue()


def damaged() -> bytes:
    """The good workbook with the beginning of its sheet's compressed bytes overwritten; directory and lengths stay true."""
    content = book_bytes()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        part = archive.getinfo(MAIN.replace("__", "/"))
    start = part.header_offset + 30 + len(part.filename)
    return content[:start] + b"\xff" * 8 + content[start + 8 :]


SHEET = '<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{}</worksheet>'
MAIN = "xl__worksheets__sheet1.xml"


def zip_of(**members) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def link() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        info = zipfile.ZipInfo("a.csv")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    return stream.getvalue()


def locked() -> bytes:
    content = bytearray(zip_of(**{"a.csv": "x"}))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + at] |= 1
    return bytes(content)


CASES = {
    "bomb of zeros": (lambda: changed(**{"xl__media__a.bin": b"\0" * 200_000_000}), "zip_bomb"),
    "bomb in the sheet": (lambda: changed(**{MAIN: SHEET.format("<!--" + " " * 100_000_000 + "-->")}), "zip_bomb"),
    "a hundred thousand members": (lambda: zip_of(**{f"{n}.csv": "" for n in range(3000)}), "zip_bomb"),
    "a DTD in the book": (lambda: changed(**{"xl__workbook.xml": '<?xml version="1.0"?><!DOCTYPE workbook><workbook/>'}), "dtd"),
    "a billion laughs": (lambda: changed(**{MAIN: '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><worksheet>&b;</worksheet>'}), "dtd"),
    "a DTD after a long comment": (lambda: changed(**{MAIN: '<?xml version="1.0"?><!--' + "x" * 9000 + "--><!DOCTYPE x><worksheet/>"}), "dtd"),
    "a DTD in UTF-16": (lambda: changed(**{MAIN: '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE x><worksheet/>'.encode("utf-16")}), "dtd"),
    "an external entity": (lambda: changed(**{"xl__sharedStrings.xml": '<?xml version="1.0"?><!DOCTYPE x SYSTEM "http://127.0.0.1/x"><sst/>'}), "dtd"),
    "a path that leaves": (lambda: zip_of(**{"../../evil.csv": "จังหวัด,2564\nยะลา,1\n"}), "zip_path"),
    "an absolute path": (lambda: zip_of(**{"/tmp/evil.csv": "x"}), "zip_path"),
    "a link": (link, "zip_path"),
    "macros": (lambda: changed(**{"xl__vbaProject.bin": b"x"}), "macros"),
    "a password on the archive": (locked, "password"),
    "an encrypted workbook": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"), "password"),
    "macros in an old workbook": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "_VBA_PROJECT".encode("utf-16-le"), "macros"),
    "a million columns": (lambda: ",".join(["จังหวัด", *["2564"] * 1_000_000]).encode(), "too_many_columns"),
    "a cell in column XFD": (lambda: changed(**{MAIN: SHEET.format('<sheetData><row r="1"><c r="XFD1"><v>1</v></c></row></sheetData>')}), "too_many_columns"),
    "a million merged ranges": (lambda: changed(**{MAIN: SHEET.format("<sheetData/><mergeCells>" + "".join(f'<mergeCell ref="A{n}:B{n}"/>' for n in range(1, 400_000)) + "</mergeCells>")}), "too_many_merges"),
    "a million cells": (lambda: changed(**{MAIN: SHEET.format("<sheetData>" + "".join(f'<row r="{n}"><c r="A{n}"><v>{n}</v></c><c r="B{n}"><v>{n}</v></c></row>' for n in range(1, 200_000)) + "</sheetData>")}), "too_many_cells"),
    "cells far apart": (lambda: changed(**{MAIN: SHEET.format('<sheetData><row r="1048576"><c r="AAA1048576"><v>1</v></c></row></sheetData>')}), "too_many_cells"),
    "a damaged part": (damaged, "zip_damaged"),
    "a pickle": (lambda: b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00", "not_a_table"),
    "a notebook": (lambda: json.dumps({"cells": [{"cell_type": "code", "source": ["import os"]}]}).encode(), "no_table"),
    "a program": (lambda: b"MZ\x90\x00" + b"\0" * 100, "not_a_table"),
    "a table of tables": (lambda: b"<table>" * 100_000, "workbook_damaged"),
    "HTML of wide spans": (lambda: b"<table>" + b"<tr><td colspan=2000 rowspan=1000>1</td></tr>" * 50 + b"</table>", "too_many_cells"),
}  # fmt: skip


def tried(path):
    network = ["unshare", "-n"] if os.geteuid() == 0 and subprocess.run(["unshare", "-n", "true"], capture_output=True).returncode == 0 else []
    done = subprocess.run([*network, sys.executable, "-c", CHILD.format(root=str(ROOT)), str(path)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("name", sorted(CASES))
def test_a_hostile_container_is_refused_within_its_limits(tmp_path, name):
    make, code = CASES[name]
    folder = tmp_path / "in"
    folder.mkdir()
    path = folder / "officer.xlsx"
    path.write_bytes(make())
    result = tried(path)
    assert result["codes"] and (code is None or code in result["codes"]), result
    assert result["seconds"] < SECONDS and result["mb"] < MEGABYTES, result
    assert [p.name for p in tmp_path.rglob("*") if p.is_file()] == ["officer.xlsx"]  # nothing is unpacked beside it
    report("S7", f"{name}: {result['seconds']:.2f} s, {result['mb']:.0f} MB")


def test_a_gigabyte_of_text_is_refused_by_its_size(tmp_path):
    path = tmp_path / "big.csv"
    with open(path, "wb") as file:
        file.truncate(1_000_000_000)
    result = tried(path)
    assert result["codes"] == ["too_large"] and result["seconds"] < 0.5 and result["mb"] < MEGABYTES
    report("S7", f"1 GB CSV: refused by size in {result['seconds']:.2f} s, {result['mb']:.0f} MB")
