"""The store at ten million observations: one series, and the whole view, as of a date.

Forty loads, of which four revise the first ones. Checked before timing: the view of one series equals
`select_latest` over all its vintages, and the view of everything has one row a key.
"""

import json
import os
import tempfile
import time

import numpy as np
import pandas as pd

from sdg_eval.observations import select_latest
from sdg_eval.store import as_of_arrow, read_as_of, read_vintages, write_observations

N, LOADS, REVISING = int(os.environ.get("BENCH_ROWS", "10000000")), 40, 4
AREAS = [f"TH-{n}" for n in range(10, 87)]
MONTHS = [f"{y}-{m:02d}" for y in range(2015, 2025) for m in range(1, 13)]
DAY = "2024-01-25"


def load(n: int, rng) -> pd.DataFrame:
    rows = N // LOADS
    place = n if n < LOADS - REVISING else n - (LOADS - REVISING)
    count = rows // (len(AREAS) * len(MONTHS)) + 1
    keys = pd.MultiIndex.from_product([[f"S_{place}_{i:04d}" for i in range(count)], AREAS, MONTHS], names=["SERIES", "REF_AREA", "TIME_PERIOD"])
    return keys.to_frame(index=False)[:rows].assign(
        FREQ="M", OBS_VALUE=rng.normal(size=rows).round(4), UNIT_MEASURE="PERCENT", source="nesdc-gpp", source_file=f"f{n}.csv",
        source_id=f"{n:064d}", source_row=2, source_column="B",
    )  # fmt: skip


def say(name: str, seconds: list[float], basis: str) -> None:
    print(json.dumps({"name": name, "value": round(sorted(seconds)[len(seconds) // 2], 3), "unit": "s", "basis": basis}), flush=True)


def timed(call, times: int) -> list[float]:
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        taken.append(time.perf_counter() - start)
    return taken


def main() -> None:
    rng = np.random.default_rng(10)
    with tempfile.TemporaryDirectory() as store:
        start = time.perf_counter()
        for n in range(LOADS):
            write_observations(load(n, rng), store, vintage=f"2024-01-{1 + n // 2:02d}T{n % 2:02d}:00:00.000000Z")
        say("writing", [time.perf_counter() - start], f"{N:,} observations in {LOADS} loads, validated, hashed, synced")
        series = "S_2_0001"
        everything = read_vintages(store)
        wanted = select_latest(everything[everything["SERIES"] == series])
        n_keys = N - REVISING * (N // LOADS)
        del everything
        one = read_as_of(store, DAY, series=[series])
        pd.testing.assert_frame_equal(one[["REF_AREA", "TIME_PERIOD", "OBS_VALUE"]], wanted[["REF_AREA", "TIME_PERIOD", "OBS_VALUE"]])
        assert as_of_arrow(store, DAY, columns=["OBS_VALUE"]).num_rows == n_keys
        basis = f"{N:,} observations in {LOADS} loads, {REVISING} of them revisions; {os.cpu_count()} cores"
        say("one series as of a date", timed(lambda: read_as_of(store, DAY, series=[series]), 5), basis + "; all columns, a pandas table")
        say("the whole view as of a date", timed(lambda: as_of_arrow(store, DAY), 3), basis + "; key, value, status, unit, source and vintage as an Arrow table")


if __name__ == "__main__":
    main()
