"""The documentation of the delivery tables and of their refusals, made of the contract itself."""

from __future__ import annotations

import re

from sdg_eval.delivery.columns import delivery_tables, table_columns
from sdg_eval.delivery.faults import REASONS

_INTRODUCTION = """# The delivery tables

What officers send about the programme itself, table by table: made of `data/codelists/delivery_columns.csv`, which is
also the contract and the template of every workbook (`sdg-eval template --set NAME --area TH-50 --quarter 2567Q2`,
then `sdg-eval delivery FILE --store data/store`). A test compares this page with it. Columns in bold are the key, `*` must be given.
Every table also has `source`, `source_file`, `source_sheet`, `source_row`. Dates are ISO, money is baht, years and
quarters are those of the Thai fiscal year, flags are 1 and 0. Tables without a set are not sent by officers: rows of
persons are kept apart, the seven networks are a codelist, `said` is written by the quarterly report.
"""


def tables_page() -> str:
    """Return docs/delivery_tables.md."""
    parts = [_INTRODUCTION]
    for table in delivery_tables().values():
        where = f"set `{table.set}`" if table.set else "no set"
        parts.append(f"\n## `{table.table}`: {table.name_th} / {table.name_en}\n\n{table.purpose_th} · {table.purpose_en} ({where})\n")
        parts.append("| column | kind | label | codes, reference, limits | วิธีกรอก |\n|---|---|---|---|---|")
        parts += [_line(spec) for spec in table_columns(table.table)]
    return "\n".join(parts) + "\n"


def _line(spec) -> str:
    name = f"**{spec.column}**" if spec.key else spec.column + ("*" if spec.required else "")
    limits = "–".join("" if v is None else f"{v:g}" for v in (spec.minimum, spec.maximum))
    rules = [spec.codes.replace(";", ", "), " or ".join(f"→ {r}" for r in spec.refers), limits if limits != "–" else "", spec.unit]
    return f"| {name} | {spec.kind} | {spec.label_th} / {spec.label_en} | {'; '.join(filter(None, rules))} | {spec.remedy_th} |"


def refusals_section() -> str:
    """Return the part of docs/refusals.md on delivery workbooks."""
    lines = [
        "## Delivery workbooks",
        "",
        "What `sdg-eval delivery` refuses beside the above. Where a remedy is “of the column”, it is the one that",
        "[delivery_tables.md](delivery_tables.md) gives for the column.",
        "",
        "| code | สาเหตุ | แก้ไข | cause | remedy |",
        "|---|---|---|---|---|",
    ]
    for code, texts in REASONS.items():
        thai, english, remedy_th, remedy_en = (re.sub(r"\{\w+\}", "…", t) for t in texts)
        lines.append(f"| `{code}` | {thai} | {remedy_th or 'ตามคอลัมน์'} | {english} | {remedy_en or 'of the column'} |")
    return "\n".join(lines) + "\n"
