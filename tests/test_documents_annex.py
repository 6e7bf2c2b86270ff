"""The statistical annex: every goal is there, what is a proxy says so, and its data files read back to what was computed."""

import csv
import io
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sdg_eval.codelists import read_codelists
from sdg_eval.concepts import KEY
from sdg_eval.delivery.register import evidence_grades, vnr_register
from sdg_eval.publish.documents.annex import (
    RESULTS_FILE,
    VALUES_FILE,
    _register,
    annex_document,
    annex_files,
    csvw_metadata,
    level_of,
    results_table,
    write_annex,
)
from sdg_eval.publish.documents.model import Callout, Heading, Table
from sdg_eval.publish.documents.word import docx_bytes
from sdg_eval.publish.material import read_material
from sdg_eval.register_words import with_reasons
from tests.payloads import PAYLOADS

INHERITED, TABLE_WORDS = {"datatype", "null", "lang", "required", "propertyUrl", "aboutUrl", "valueUrl", "separator", "default", "ordered", "textDirection"}, {"@context", "@id", "@type", "url", "notes", "dialect", "tableSchema", "transformations", "tableDirection", "suppressOutput"}
COLUMN_WORDS, SCHEMA_WORDS = {"name", "titles", "suppressOutput", "virtual", "@id", "@type"}, {"columns", "foreignKeys", "primaryKey", "rowTitles", "@id", "@type"}
"""Properties that the Metadata Vocabulary for Tabular Data (W3C, 2015, sections 5.3 to 5.7) knows; others must have a prefix."""
READERS = {"string": str, "number": float, "integer": int, "boolean": lambda text: {"true": True, "false": False}[text]}


@pytest.fixture(scope="module")
def material(tiny_run):
    folder, record, runs = tiny_run
    return read_material(folder, read_codelists(), record, runs)


@pytest.fixture(scope="module")
def files(material):
    return annex_files(material)


@pytest.fixture(scope="module", params=["th", "en"])
def document(request, material):
    return annex_document(material, request.param)


def test_all_17_goals_have_a_row_and_a_part_and_a_blank_has_its_reason(document):
    coverage = next(b for b in document.blocks if isinstance(b, Table))
    assert [row[0] for row in coverage.rows] == [str(g) for g in range(1, 18)]
    assert all(bool(row[-1]) == (row[4] == "0") for row in coverage.rows) and any(row[-1] for row in coverage.rows)
    parts, goal = {}, ""
    for block in document.blocks:
        if isinstance(block, Heading) and block.level == 1:
            found = re.match(r"(?:เป้าหมายที่|Goal) (\d+) ", block.text)
            goal = found[1] if found else ""
        elif goal:
            parts.setdefault(goal, []).append(block)
    assert list(parts) == [str(g) for g in range(1, 18)]
    for row in coverage.rows:
        assert any(isinstance(b, Table) for b in parts[row[0]]) == (row[4] != "0")
        assert any(isinstance(b, Table | Callout) for b in parts[row[0]])


def test_a_proxy_is_flagged_with_its_reason_and_levels_follow_from_the_codelist(document, material):
    assert {level_of(material.series[c]) for c in ("SI_POV_NAHC", "TH_COAST_WQ", "TH_WASTE_RECYC")} == {"global", "proxy", "national"}
    reason = material.series["TH_COAST_WQ"][f"proxy_reason_{document.lang}"]
    assert reason and any(isinstance(b, Callout) and b.kind == "caution" and b.texts == (reason,) for b in document.blocks)


def test_numbers_of_the_tables_are_those_of_the_run_and_each_row_names_its_result(document, material):
    name = material.series["SI_POV_NAHC"][f"name_{document.lang}"]
    table = next(b for b in document.blocks if isinstance(b, Table) and b.caption.startswith(name))
    assert len(table.rows) == len(material.areas) == len(table.claims)
    for area, values, claim in zip(material.areas, table.values, table.claims, strict=True):
        progress = material.progress[area, "SI_POV_NAHC", "A"]
        newest = next(v for v in material.values[area]["SI_POV_NAHC", "A"] if v["OBS_VALUE"] == v["OBS_VALUE"])
        assert (values[1], values[2], values[5]) == (progress["baseline_value"], newest["OBS_VALUE"], material.series_status[area, "SI_POV_NAHC"]["n_obs"])
        assert claim == (f"provinces/{area}#SI_POV_NAHC.A" if area in material.evaluations else "")
    assert document.synthetic and len(document.sources) >= 1


@pytest.mark.parametrize("lang", ["th", "en"])
def test_the_register_of_vnr_projects_is_listed_whole_with_what_each_grade_allows_to_say(material, lang):
    sample = Path(__file__).parents[1] / "data" / "sample" / "delivery"
    project, target, evidence = (pd.read_csv(sample / f"{name}.csv", dtype=str, keep_default_na=False) for name in ("project", "project_target", "evidence"))
    rows = with_reasons(vnr_register(project, target, evidence_grades(project, evidence))).to_dict("records")
    table, _, statements = _register(material, rows, lang)
    assert len(table.rows) == len(set(table.claims)) == 37
    wanted = project[project["vnr_flag"] == "1"].sort_values("project_id")
    assert [row[1] for row in table.rows] == [f"{p[f'name_{lang}']} ({p['project_id']})" for p in wanted.to_dict("records")]
    for row in table.rows:
        assert row[5] in "ABCD" and row[6] and all(row)
        assert any(text.startswith(f"{row[5]}: ") for text in statements.texts)


def test_sdmx_csv_has_the_columns_of_the_standard_and_its_values_unchanged(files, material):
    text = files[VALUES_FILE].decode("utf-8")
    header = next(csv.reader(io.StringIO(text, newline="")))
    assert header[:3] == ["STRUCTURE", "STRUCTURE_ID", "ACTION"] and header[3:10] == KEY and header[10] == "OBS_VALUE" and len(set(header)) == len(header)
    read = pd.read_csv(io.StringIO(text), keep_default_na=False, na_values={"OBS_VALUE": [""]}, dtype=dict.fromkeys(KEY, str))
    assert set(read["STRUCTURE"]) == {"dataflow"} and set(read["ACTION"]) == {"I"} and set(read["SYNTHETIC"]) == {True}
    assert all(re.fullmatch(r"[A-Za-z][\w-]*(\.[A-Za-z][\w-]*)*:[\w@$-]+\(\d+(\.\d+)*\)", text) for text in set(read["STRUCTURE_ID"]))
    wanted = material.observations.sort_values(KEY, kind="stable")
    assert read[KEY].to_numpy().tolist() == wanted[KEY].to_numpy().tolist()
    assert np.array_equal(read["OBS_VALUE"].to_numpy(), wanted["OBS_VALUE"].to_numpy(), equal_nan=True)


def test_csvw_metadata_is_of_the_vocabulary_and_names_the_columns_of_the_file(files, material):
    told = json.loads(files[f"{RESULTS_FILE}-metadata.json"])
    assert told["@context"][0] == "http://www.w3.org/ns/csvw" and told["url"] == RESULTS_FILE
    known = lambda words, keys: {k for k in keys if k not in words and ":" not in k}  # noqa: E731
    assert not known(TABLE_WORDS | INHERITED, told) and not known(SCHEMA_WORDS | INHERITED, told["tableSchema"])
    columns = told["tableSchema"]["columns"]
    assert not [known(COLUMN_WORDS | INHERITED, c) for c in columns if known(COLUMN_WORDS | INHERITED, c)]
    header = next(csv.reader(io.StringIO(files[RESULTS_FILE].decode("utf-8"), newline="")))
    assert header == [c["name"] for c in columns] == [c["titles"]["und"] for c in columns]
    assert set(told["tableSchema"]["primaryKey"]) <= set(header) and all({"th", "en"} <= set(c["dc:description"]) for c in columns)
    assert told["dc:description"]["th"] and csvw_metadata(material) == told


def test_the_table_of_results_reads_back_by_its_own_metadata(files, material):
    columns = json.loads(files[f"{RESULTS_FILE}-metadata.json"])["tableSchema"]["columns"]
    rows = list(csv.DictReader(io.StringIO(files[RESULTS_FILE].decode("utf-8"), newline="")))
    wanted = results_table(material)
    assert len(rows) == len(wanted) and len({(r["SERIES"], r["REF_AREA"], r["FREQ"]) for r in rows}) == len(rows)
    for column in columns:
        for row, value in zip(rows, wanted[column["name"]], strict=True):
            text = row[column["name"]]
            if text == "":
                assert not column["required"] and (pd.isna(value) or value == ""), column["name"]
            else:
                assert READERS[column["datatype"]](text) == value, (column["name"], text)


def test_payloads_are_inert_in_the_data_files(tiny_run):
    folder, record, runs = tiny_run
    material = read_material(folder, read_codelists(), record, runs)
    every = [*PAYLOADS, "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"]
    material.observations.loc[material.observations.index[: len(every)], "COMMENT_OBS"] = every
    rows = list(csv.DictReader(io.StringIO(annex_files(material)[VALUES_FILE].decode("utf-8"), newline="")))
    texts = [value for row in rows for name, value in row.items() if name not in ("OBS_VALUE", "NUMERATOR", "DENOMINATOR", "STD_ERR", "LOWER_BOUND", "UPPER_BOUND")]
    assert not [t for t in texts if t[:1] in ("=", "+", "-", "@", "\t", "\r")] and sum(row["COMMENT_OBS"] != "" for row in rows) >= len(every)


def test_the_annex_is_written_in_the_languages_asked_for_its_data_have_none_and_its_bytes_stay(material, tmp_path):
    told = {path.name: lang for path, lang in write_annex(material, tmp_path, ("en",))}
    assert told == {f"TH_annex_2567Q2_en.{form}": "en" for form in ("docx", "pdf")} | dict.fromkeys((VALUES_FILE, RESULTS_FILE, f"{RESULTS_FILE}-metadata.json"), "")
    again = annex_files(material) | {"TH_annex_2567Q2_en.docx": docx_bytes(annex_document(material, "en"))}
    for name, content in again.items():
        assert (tmp_path / name).read_bytes() == content, name
