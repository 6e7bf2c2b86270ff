"""Speedtest by Ookla, aggregated to provinces: mean download speed and latency per quarter.

Self-selected tests, not a sample; the number of tests stands beside each value. The licence allows
no commercial use, and every chart says so.
"""

from __future__ import annotations

import re

from sdg_eval.observations import observation_table
from sdg_eval.sources.reading import (
    RawFile,
    Reading,
    as_text,
    find_columns,
    find_province,
    observation,
    read_number,
    refuse,
    set_aside_table,
    units,
)

NAME = "ookla"
TITLE = "Ookla Speedtest open data: fixed broadband by province and quarter (non-commercial licence)"

HEADER = ["province", "quarter", "avg_d_mbps", "avg_lat_ms_wt", "total_tests"]
SERIES = {"TH_NET_SPEED": "avg_d_mbps", "TH_NET_LATENCY": "avg_lat_ms_wt"}


def recognise(raw: RawFile) -> bool:
    """The header of the quarterly export."""
    return raw.kind in ("text", "xlsx", "xls", "zip") and set(HEADER) <= set(raw.first_row)


def read(raw: RawFile, codelists) -> Reading:
    """Return TH_NET_SPEED (Mbit/s) and TH_NET_LATENCY (ms). `quarter` is there twice; the first is the label."""
    sheet = raw.sheets[0]
    at, unit = find_columns(sheet, HEADER, file=raw.name), units(codelists, SERIES)
    rows = []
    for number, values in enumerate(sheet.values[1:], 2):
        line = [as_text(v) for v in values]
        if not any(line):
            continue
        period = line[at["quarter"] - 1]
        if not re.fullmatch(r"20\d\d-Q[1-4]", period):
            raise refuse(raw.name, sheet.name, number, "quarter", f"{period!r} is not a quarter", "Write 2023-Q1.")
        area = find_province(line[at["province"] - 1], codelists, sheet=sheet, row=number, column="province", file=raw.name)
        tests = read_number(sheet, number, at["total_tests"], file=raw.name)
        for code, column in SERIES.items():
            value = read_number(sheet, number, at[column], file=raw.name)
            if value is not None:
                rows.append(observation(raw, sheet, number, at[column], SERIES=code, REF_AREA=area, FREQ="Q",
                                        TIME_PERIOD=period, OBS_VALUE=value, SAMPLE_SIZE=tests,
                                        UNIT_MEASURE=unit[code], source=NAME))
    periods = sorted({r["TIME_PERIOD"] for r in rows})
    absent = [f"{y}-Q{q}" for y in range(int(periods[0][:4]), int(periods[-1][:4]) + 1) for q in range(1, 5)
              if periods[0] < f"{y}-Q{q}" < periods[-1] and f"{y}-Q{q}" not in periods]  # fmt: skip
    notes = [f"{len({r['REF_AREA'] for r in rows})} provinces, {len(periods)} quarters; missing between: {', '.join(absent) or 'none'}",
             "speed tests are taken by whoever wants to: not a sample of households"]
    return Reading(observation_table(rows), set_aside_table([]), notes)
