"""Every sub-district of the country: 1,800,000 quarterly series from Parquet, in chunks, verdicts included.

Synthetic: 7,200 areas x 250 series x 60 quarters, a tenth of the cells empty. Written once (not timed),
then read row group by row group, evaluated and written again. One process, one thread. A number of
series as argument makes it smaller.
"""

import json
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
import pyarrow as pa  # noqa: E402
import pyarrow.parquet as pq  # noqa: E402

from sdg_eval.trends import evaluate_trends  # noqa: E402

AREAS, QUARTERS, IN_CHUNK, GAPS, SEED = 7_200, 60, 3, 0.10, 20301231
ALL = 1_800_000


def chunk(rng: np.random.Generator, first: int, series: int) -> pa.Table:
    """Observations of some series in all areas."""
    s, a, p = np.meshgrid(np.arange(series), np.arange(AREAS), np.arange(QUARTERS), indexing="ij")
    values = rng.normal(size=s.shape) + rng.normal(scale=0.05, size=(series, AREAS, 1)) * p
    kept = rng.random(s.shape) >= GAPS
    names = {
        "SERIES": [f"SIM_{first + k:04d}" for k in range(series)],
        "REF_AREA": [f"TH-{10 + k % 77}{k:04d}" for k in range(AREAS)],
        "TIME_PERIOD": [f"{2010 + k // 4}-Q{k % 4 + 1}" for k in range(QUARTERS)],
    }
    codes = {"SERIES": s, "REF_AREA": a, "TIME_PERIOD": p}
    columns = {n: pa.DictionaryArray.from_arrays(codes[n][kept].astype(np.int32), names[n]) for n in names}
    return pa.table(columns | {"OBS_VALUE": values[kept]})


def write(path: Path, total: int) -> None:
    """Write all observations, one row group per chunk."""
    rng, writer = np.random.default_rng(SEED), None
    for first in range(0, total // AREAS, IN_CHUNK):
        table = chunk(rng, first, min(IN_CHUNK, total // AREAS - first))
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table, row_group_size=len(table))
    writer.close()


def evaluate(path: Path, target: Path) -> tuple[int, dict]:
    """Evaluate row group by row group and write the trends; return the number of series and the verdicts."""
    file, writer, count, verdicts = pq.ParquetFile(path), None, 0, {}
    for group in range(file.num_row_groups):
        trends = evaluate_trends(file.read_row_group(group).to_pandas(), report_year=2025)
        table = pa.Table.from_pandas(trends, preserve_index=False)
        writer = writer or pq.ParquetWriter(target, table.schema)
        writer.write_table(table.cast(writer.schema))
        count += len(trends)
        for verdict, n in trends["verdict"].value_counts().items():
            verdicts[verdict] = verdicts.get(verdict, 0) + int(n)
    writer.close()
    return count, verdicts


def main(total: int) -> None:
    """Print CPU minutes, peak memory and the share of each verdict."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "observations.parquet", Path(folder) / "trends.parquet"
        pid = os.fork()  # so that writing counts neither as time nor as memory
        if not pid:
            write(source, total)
            os._exit(0)
        os.waitpid(pid, 0)
        started = time.process_time()
        count, verdicts = evaluate(source, target)
        spent = time.process_time() - started
        assert count == total // AREAS * AREAS == pq.ParquetFile(target).metadata.num_rows
        one = pd.read_parquet(target, filters=[("SERIES", "==", "SIM_0000")])
        again = evaluate_trends(pq.ParquetFile(source).read_row_group(0).to_pandas(), report_year=2025)
        pd.testing.assert_frame_equal(
            one.reset_index(drop=True), again[again["SERIES"] == "SIM_0000"].reset_index(drop=True), check_dtype=False
        )
    basis = f"{count:,} series x {QUARTERS} quarters from Parquet in chunks of {IN_CHUNK * AREAS:,}, one thread, verdicts: {verdicts}"
    for name, value, unit in (
        ("country_cpu_minutes", spent / 60, "CPU minutes"),
        ("country_microseconds_per_series", 1e6 * spent / count, "microseconds per series"),
        ("country_peak_memory", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, "GiB"),
    ):
        print(json.dumps({"name": name, "value": float(f"{value:.4g}"), "unit": unit, "basis": basis}), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ALL)
