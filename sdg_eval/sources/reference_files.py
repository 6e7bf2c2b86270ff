"""Helper files among the downloads: name lists, boundaries, licences, the UN framework.

They give no observations; the reading says what each is used for, so that no file of a folder is
left unexplained. Name lists are checked: every name must be a province we know.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sdg_eval.observations import observation_table
from sdg_eval.sources.reading import (
    RawFile,
    Reading,
    as_text,
    find_columns,
    find_province,
    set_aside_table,
)

NAME = "reference"
TITLE = "reference files (names, boundaries, licences, UN framework)"


@dataclass(frozen=True)
class Table:
    """A helper table: the header names that give it away, what it is used for, its column of names."""

    header: frozenset[str]
    use: str
    names: str = ""
    exact: bool = False


TABLES = [
    Table(frozenset({"abbr", "province_th", "province_en"}), "province names: checked against the codelist", "province_th"),
    Table(frozenset({"p_id", "name", "name_en", "area_km2"}), "province names: checked against the codelist", "name"),
    Table(frozenset({"region", "name_th", "name_en", "population", "abbr3", "iso"}),
          "province names: checked against the codelist; its population carries no year and is not used", "name_th"),
    Table(frozenset({"province_en_nesdc", "province_en"}), "NESDC spellings: in area_names.csv", "province_en_nesdc"),
    Table(frozenset({"region_en_nesdc", "region_en"}), "NESDC region spellings: regions are not evaluated"),
    Table(frozenset({"id", "name_th", "name_en", "geography_id"}), "province list and its six regions: in areas.csv", "name_th"),
    Table(frozenset({"id", "name"}), "names of the six regions: in areas.csv", exact=True),
    Table(frozenset({"ProvinceThai", "ProvinceEN", "City_type_EN"}), "province names: checked against the codelist", "ProvinceThai"),
    Table(frozenset({"province_en", "province_th", "internet_tier"}),
          "province reference beside the broadband file; its population and income are not used", "province_th"),
    Table(frozenset({"ProvinceID", "DescrTh", "ISO3166"}), "province names: checked against the codelist", "DescrTh"),
    Table(frozenset({"adm1_pcode", "adm1_name_th_regex", "code_oae"}), "area codes of the Office of Agricultural Economics"),
    Table(frozenset({"number_of_projects", "total_investment", "registered_capital"}),
          "Board of Investment applications: not used yet"),
]  # fmt: skip

TEXTS = [
    (re.compile(r"MIT License|Permission is hereby granted|Creative Commons|Apache License|CC0 1\.0"), "a licence"),
    (re.compile(r"^# .*\n(.*\n){0,6}- (Repository|Licence|Original|Source)\b", re.M), "a note on where the files beside it come from"),
    (re.compile(r"\A\W*1-(short|title):", re.M), "UN framework, goals: in goals.csv"),
    (re.compile(r"\A\W*1-\d-title:", re.M), "UN framework, targets: in targets_un.csv"),
    (re.compile(r"\A\W*1-\d-\d-title:", re.M), "UN framework, indicators: in indicators.csv"),
    (re.compile(r"\A(\W*[A-Z][A-Za-z ]+ -> [A-Z][A-Za-z ,]+\s*\n){3}"), "neighbours of each province: in areas.csv"),
    (re.compile(r"\A# [a-z0-9-]+: .*\n(?=[\s\S]*[Ll]icen[cs]e)"), "a note on where the files beside it come from"),
    (re.compile(r"\A(?=[\s\S]*^publisher:)(?=[\s\S]*^licen[cs]e:)", re.M), "a note on where the file beside it comes from"),
]

JSONS = [
    ({"type", "features"}, "boundaries: used to place points in provinces and to draw maps"),
    ({"crashes_total", "deaths_mapped"}, "totals of the road deaths file: cross-check only"),
    ({"total_crashes", "total_deaths", "unassigned"}, "ranked totals of the road deaths file: cross-check only"),
]

WORKBOOKS = [({"SDR2021 Data", "Codebook"}, "Sustainable Development Report 2021, countries: reference for trend arrows")]


def recognise(raw: RawFile) -> bool:
    """A file whose head is one of the known helper files."""
    return _use(raw) is not None


def _use(raw: RawFile) -> tuple[str, Table | None] | None:
    """Return (what the file is used for, its Table if it is one), or None for any other file."""
    if raw.kind == "json":
        keys = set(raw.json) if isinstance(raw.json, dict) else set()
        return next(((use, None) for wanted, use in JSONS if wanted <= keys), None)
    if raw.kind == "text":
        for pattern, use in TEXTS:
            if pattern.search(raw.text_head):
                return use, None
    for wanted, use in WORKBOOKS:
        if wanted <= set(raw.sheet_names):
            return use, None
    # a big archive or an R file is never one of our lists: leave it to its own module, unread
    if raw.kind in ("zip", "rds", "empty"):
        return None
    header = set(raw.first_row)
    return next(
        ((t.use, t) for t in TABLES if (header - {""} == t.header if t.exact else t.header <= header)), None
    )


def read(raw: RawFile, codelists) -> Reading:
    """Return no observations and a note on the file's use. An unknown name in a name list is refused."""
    use, table = _use(raw)
    notes = [use]
    if table and table.names:
        areas = read_names(raw, table.names, codelists)
        notes.append(f"{len(areas)} provinces, every name known")
    return Reading(observation_table([]), set_aside_table([]), notes)


def read_names(raw: RawFile, column: str, codelists) -> list[str]:
    """Return the sorted REF_AREA codes that the names in `column` mean; DataError for an unknown one."""
    sheet = raw.sheets[0]
    at = find_columns(sheet, [column], file=raw.name)[column]
    areas = set()
    for number, values in enumerate(sheet.values[1:], 2):
        name = as_text(values[at - 1]) if at <= len(values) else ""
        if name:
            areas.add(find_province(name, codelists, sheet=sheet, row=number, column=column, file=raw.name))
    return sorted(areas)
