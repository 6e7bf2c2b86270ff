"""Observations as they may be shown: derived series added, small cells hidden.

A batch does this once over all provinces and marks the file (`shown_bytes`), so that a run that reads a part of them takes the
rows as they are: which cell must be hidden can only be told over all of them.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from sdg_eval.derive import with_derived
from sdg_eval.observations import observation_table
from sdg_eval.store import read_observations
from sdg_eval.suppression import suppress

MARK = b"sdg_eval.shown"
"""Key in the metadata of a Parquet file whose rows are ready."""


def show(observations: pd.DataFrame, codelists) -> pd.DataFrame:
    """Return observations with the derived series added, and blank where fewer than ten persons could be told."""
    return suppress(with_derived(observations, codelists), codelists)


def read_shown(path, codelists) -> pd.DataFrame:
    """Return the observations of a store folder, a Parquet or a CSV file as they may be shown; rows that are ready are only read.

    Raises DataError when there are none, or they are not readable.
    """
    ready = _read_ready(Path(path)) if Path(path).suffix == ".parquet" else None
    return show(read_observations(path), codelists) if ready is None else ready


def _read_ready(path: Path) -> pd.DataFrame | None:
    """The rows of a marked file; None for any other, and for one that cannot be read: the reader of observations says why."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            if MARK not in (file.schema_arrow.metadata or {}):
                return None
            return observation_table(file.read(use_threads=False).to_pandas())
    except (pa.ArrowException, OSError):
        return None


def shown_arrow(observations: pd.DataFrame):
    """Return what `show` returned as a marked Arrow table: its rows, or some of them, can be written and read again as they are."""
    import pyarrow as pa

    table = pa.Table.from_pandas(observations, preserve_index=False)
    return table.replace_schema_metadata(table.schema.metadata | {MARK: b"1"})
