"""How fast officers' files come in: one workbook of 15 provinces, 60 series and 10 years, and a thousand of them.

Checked before anything is timed: what is read equals what was written. The memory printed is the peak of
this process and of its workers, after 100 files and at the end: it stays flat.
"""

import io
import json
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

import openpyxl

from sdg_eval.codelists import read_codelists
from sdg_eval.intake import Declared, take_in_file
from sdg_eval.intake_cli import intake_each

N_FILES = int(os.environ.get("BENCH_FILES", "1000"))
YEARS = range(2558, 2568)


def workbook(codelists, shift: float, areas=None) -> tuple[bytes, dict]:
    """One sheet: 60 series x 15 provinces down, 10 years across; and {(series, province, year): value}."""
    series = codelists.series[(codelists.series["upper"] == "") & (codelists.series["derived"] == "")]
    units = ["บาท", "คน", "ราย", "แห่ง", "ไร่", "ตัน"]
    codes = [(i, units[n % 6]) for n, i in enumerate(codelists.indicators["indicator"]) if i not in set(codelists.series["indicator"])][:60]
    assert len(series) and len(codes) == 60
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("ข้อมูล")
    sheet.append(["ตัวชี้วัด", "จังหวัด", "หน่วย", *YEARS])
    truth = {}
    for n, (indicator, unit) in enumerate(codes):
        for m, area in enumerate(areas or codelists.pilots):
            values = [round(1000 + n + m / 100 + y % 100 + shift, 2) for y in YEARS]
            sheet.append([indicator, codelists.area_name(area, "th"), unit, *values])
            truth |= {(indicator, area, str(y - 543)): v for y, v in zip(YEARS, values, strict=True)}
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue(), truth


def say(name: str, value: float, unit: str, basis: str) -> None:
    print(json.dumps({"name": name, "value": round(value, 3), "unit": unit, "basis": basis}), flush=True)


def main() -> None:
    codelists = read_codelists()
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        content, truth = workbook(codelists, 0.0)
        path = folder / "one.xlsx"
        path.write_bytes(content)
        table = take_in_file(path, codelists, Declared()).observations
        codes = {f"{i}": i for i, _, _ in truth}
        found = {}
        for s, a, p, v in zip(table["SERIES"], table["REF_AREA"], table["TIME_PERIOD"], table["OBS_VALUE"], strict=True):
            a1, a2, a3 = s.removeprefix("TH_RPT_").split("_")[:3]
            found[codes[f"{a1}.{a2.lower()}.{a3}"], a, p] = v
        assert found == truth and len(truth) == 9000
        times = []
        for _ in range(5):
            start = time.perf_counter()
            take_in_file(path, codelists, Declared())
            times.append(time.perf_counter() - start)
        say("intake of one workbook", sorted(times)[2], "s", "15 provinces x 60 series x 10 years = 9,000 values; median of 5, after start")
        kinds = [workbook(codelists, 0.0, codelists.provinces[15 * k : 15 * k + 15])[0] for k in range(5)]
        files = []
        for n in range(N_FILES):
            one = folder / f"f{n:04d}.xlsx"
            one.write_bytes(workbook_like(kinds[n % 5], n))
            files.append(one)
        start = time.perf_counter()
        first = intake_each(files[:100], declared=Declared(), store=folder / "store", out=None)
        early = peak()
        rest = intake_each(files[100:] or files[:1], declared=Declared(), store=folder / "store", out=None)
        seconds = time.perf_counter() - start
        assert first.n_new + first.n_known + rest.n_new + rest.n_known >= 9000 * N_FILES
        say(f"intake of {N_FILES} workbooks", seconds / 60, "min", f"{os.cpu_count()} cores, store included; 9,000 values each, five groups of provinces, every figure sent {N_FILES // 5} times, mostly revised")
        say("memory after 100 files", early, "MB", "peak of this process and of its largest worker")
        say(f"memory after {N_FILES} files", peak(), "MB", "peak of this process and of its largest worker")


def workbook_like(content: bytes, n: int) -> bytes:
    """The same workbook with other figures, without building it anew: a digit of the title row's properties differs."""
    import zipfile

    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as target:
        for item in source.infolist():
            data = source.read(item)
            if item.filename.startswith("xl/worksheets/"):
                data = data.replace(b"<v>1", f"<v>{1 + n % 9}".encode())
            target.writestr(item.filename, data)
        target.writestr("docProps/n.txt", str(n))
    return stream.getvalue()


def peak() -> float:
    own, children = (resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return max(own, children)


if __name__ == "__main__":
    sys.exit(main())
