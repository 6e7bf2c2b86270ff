"""The workbook of a province: values as they were computed, each with its cell of origin, and no cell that computes."""

import io
import json
import re
import shutil
import zipfile

import openpyxl
import pytest

from sdg_eval.codelists import read_codelists
from sdg_eval.concepts import SYNTHETIC
from sdg_eval.errors import DataError
from sdg_eval.publish.documents.excel import (
    FIRST_ROW,
    RESULT_COLUMNS,
    all_periods,
    workbook_bytes,
    write_workbook,
)
from sdg_eval.publish.documents.excel_words import COLUMNS, EXCEL_WORDS
from sdg_eval.publish.documents.workbook_proof import workbook_faults
from sdg_eval.publish.material import read_material
from tests.payloads import PAYLOADS

AREA = "TH-50"
LIVE = ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "=cmd|' /C calc'!A0", "http://far.invalid", "mailto:a@b.invalid"]


@pytest.fixture(scope="module")
def material(tiny_run):
    folder, record, runs = tiny_run
    return read_material(folder, read_codelists(), record, runs)


@pytest.fixture(scope="module", params=["th", "en"])
def book(request, material):
    return request.param, openpyxl.load_workbook(io.BytesIO(workbook_bytes(material, AREA, request.param)))


@pytest.mark.parametrize("lang", ["th", "en"])
def test_every_changed_number_and_sentence_of_the_results_is_found(material, lang):
    content = workbook_bytes(material, AREA, lang)
    assert workbook_faults(content, material.folder, AREA, lang, "x.xlsx") == []
    table, planted = material.evaluations[AREA].table, []
    for column, key in enumerate(RESULT_COLUMNS, 1):
        if key != "sentence" and (COLUMNS[key][2] == "text" or key not in table.columns):
            continue
        spoilt = openpyxl.load_workbook(io.BytesIO(content))
        sheet = spoilt[EXCEL_WORDS["sheet_results"][lang != "th"]]
        cell = next((c for c in (sheet.cell(row, column) for row in range(FIRST_ROW + 1, sheet.max_row + 1)) if c.value not in (None, "")), None)
        if cell is None:
            continue
        cell.value = f"{cell.value}1" if key == "sentence" else cell.value * 1.001 + 1e-6
        stream = io.BytesIO()
        spoilt.save(stream)
        faults = workbook_faults(stream.getvalue(), material.folder, AREA, lang, "x.xlsx")
        assert [f.sentence.rpartition(", ")[2] for f in faults] == [key]
        planted.append(key)
    assert {"slope", "ci_low", "ci_high", "p_value", "n_obs", "last_value", "sentence"} <= set(planted) and len(planted) > 20


OTHER_SHEETS = {
    "observations": {"SERIES", "TIME_PERIOD", "OBS_VALUE", "OBS_STATUS"}, "provenance": {"source", "SERIES", "TIME_PERIOD"}, "rules": {"verdict", "value", "first_year", "last_year", "n_obs"},
    "chart_data": {"TIME_PERIOD", "OBS_VALUE"}, "metadata": {"goal", "decimals", "lag_months", "name_th", "unit_en"}, "readme": {"run", "data_hash", "version", "report_year"},
}  # fmt: skip
"""Columns, or facts, of which a wrong one must be found."""


def test_every_changed_cell_of_the_other_sheets_is_found(material, tmp_path):
    run, lang = tmp_path / "run", "th"
    shutil.copytree(material.folder, run)
    (run / "record.json").write_text(json.dumps(material.record), encoding="utf-8")
    spoilt = openpyxl.load_workbook(io.BytesIO(workbook_bytes(material, AREA, lang)))

    def faults():
        stream = io.BytesIO()
        spoilt.save(stream)
        return [(f.file.rpartition(", ")[2], f.sentence) for f in workbook_faults(stream.getvalue(), run, AREA, lang, "x.xlsx")]

    assert faults() == []
    for key, columns in OTHER_SHEETS.items():
        sheet = spoilt[EXCEL_WORDS[f"sheet_{key}"][lang != "th"]]
        for column in sorted(columns):
            if key == "readme":
                cell = next(row[1] for row in sheet.iter_rows() if row[0].value == EXCEL_WORDS[column][lang != "th"])
            else:
                place = next(c.column for c in sheet[FIRST_ROW] if c.value == COLUMNS[column][lang != "th"])
                cell = next(c for c in (sheet.cell(row, place) for row in range(sheet.max_row, FIRST_ROW, -1)) if c.value not in (None, ""))
            before = cell.value
            cell.value = f"{before}1" if isinstance(before, str) else before * 1.001 + 1e-6
            found = faults()
            assert found and {name for name, _ in found} == {key}, (key, column)
            cell.value = before
    for key in ("observations", "provenance", "rules"):
        sheet = spoilt[EXCEL_WORDS[f"sheet_{key}"][lang != "th"]]
        sheet.append([c.value for c in sheet[sheet.max_row]])
        assert (key, "") in faults()
        sheet.delete_rows(sheet.max_row)


def test_a_result_that_is_gone_or_stands_twice_is_found_and_nothing_is_written(material, tmp_path, monkeypatch):
    import sdg_eval.publish.documents.excel as excel

    rows = excel._results(material, AREA, "en")
    for spoilt in (rows[1:], [*rows, rows[0]], [rows[0] | {"result_id": "no.such.result"}, *rows[1:]], [rows[0] | {"n_obs": rows[0]["n_obs"] + 1}, *rows[1:]]):
        monkeypatch.setattr(excel, "_results", lambda *_, spoilt=spoilt: spoilt)
        with pytest.raises(DataError, match="Nothing was published"):
            write_workbook(material, AREA, "en", tmp_path / "book.xlsx")
        assert list(tmp_path.iterdir()) == []


def sheet_rows(book, lang: str, key: str, columns) -> list[dict]:
    """The rows of a sheet by the keys of its columns."""
    side = lang != "th"
    sheet = book[EXCEL_WORDS[key][side]]
    rows = list(sheet.iter_rows(min_row=FIRST_ROW, values_only=True))
    assert list(rows[0]) == [COLUMNS[c][side] for c in columns]
    return [dict(zip(columns, row, strict=True)) for row in rows[1:]]


def test_every_result_is_there_with_the_number_that_was_computed(book, material):
    lang, file = book
    told, table = sheet_rows(file, lang, "sheet_results", RESULT_COLUMNS), material.evaluations[AREA].table
    assert [row["result_id"] for row in told] == list(table["result_id"]) and len({row["goal"] for row in told} - {0}) == 17
    for row, wanted in zip(told, table.to_dict("records"), strict=True):
        for column in ("last_value", "slope", "ci_low", "ci_high", "p_value", "p_adjusted", "n_obs", "baseline_value", "target_value", "p_on_track", "peer_median"):
            if wanted[column] != wanted[column] or wanted[column] is None:
                assert row[column] is None, (row["result_id"], column)
            else:  # a workbook holds 16 digits
                assert row[column] == pytest.approx(wanted[column], rel=1e-15, abs=0), (row["result_id"], column)
        assert row["sentence"] == material.evaluations[AREA].text[lang][row["result_id"]]


def test_a_forecast_stands_only_with_its_interval(book):
    lang, file = book
    for row in sheet_rows(file, lang, "sheet_results", RESULT_COLUMNS):
        assert (row["forecast"] is None) == (row["forecast_low"] is None) == (row["forecast_high"] is None)


def test_each_observation_names_file_row_column_and_hash(book, material):
    from sdg_eval.publish.documents.excel import OBSERVATION_COLUMNS, PROVENANCE_COLUMNS

    lang, file = book
    own = material.observations[material.observations["REF_AREA"] == AREA]
    values, origins = sheet_rows(file, lang, "sheet_observations", OBSERVATION_COLUMNS), sheet_rows(file, lang, "sheet_provenance", PROVENANCE_COLUMNS)
    assert len(values) == len(origins) == len(own) > 20
    at = own.set_index(["SERIES", "SEX", "AGE", "URBANISATION", "FREQ", "TIME_PERIOD"])
    for value, origin in zip(values, origins, strict=True):
        key = tuple(value[c] for c in at.index.names)
        wanted = at.loc[key]
        assert key == tuple(origin[c] for c in at.index.names)
        assert value["OBS_VALUE"] == wanted["OBS_VALUE"] or (value["OBS_VALUE"] is None and wanted["OBS_VALUE"] != wanted["OBS_VALUE"])
        assert (origin["source_file"], origin["source_row"], origin["source_id"]) == (wanted["source_file"], wanted["source_row"], wanted["source_id"])
        assert re.fullmatch(r"[0-9a-f]{64}", origin["source_id"])


def test_charts_are_native_with_title_axes_and_text_and_their_lines_show_gaps(material):
    with zipfile.ZipFile(io.BytesIO(workbook_bytes(material, AREA, "th"))) as file:
        charts = [file.read(n).decode() for n in file.namelist() if re.fullmatch(r"xl/charts/chart\d+\.xml", n)]
        drawing = "".join(file.read(n).decode() for n in file.namelist() if n.startswith("xl/drawings/drawing"))
    assert len(charts) == len(re.findall(r'<xdr:cNvPr [^>]*descr="[^"]{20,}"', drawing)) >= 2
    for chart in charts:
        assert chart.count("<c:title>") == 3 and SYNTHETIC["th"] in chart
        assert not re.search('dispBlanksAs val="(zero|span)"', chart)  # without the element a spreadsheet leaves a gap
        assert set(re.findall(r'<a:latin typeface="([^"]+)"', chart)) == {"Sarabun"}


def test_headers_stay_in_sight_and_synthetic_data_are_marked_on_every_sheet(book):
    lang, file = book
    for sheet in file.worksheets:
        assert any(SYNTHETIC[lang] in str(cell.value) for row in sheet.iter_rows(max_row=2) for cell in row), sheet.title
        assert SYNTHETIC[lang] in (sheet.oddHeader.center.text or ""), sheet.title
        if sheet.auto_filter.ref:
            assert sheet.freeze_panes == f"A{FIRST_ROW + 1}"
    assert sum(bool(sheet.auto_filter.ref) for sheet in file.worksheets) == 7
    fonts = {cell.font.name for sheet in file.worksheets for row in sheet.iter_rows() for cell in row if cell.value is not None}
    assert fonts == {"Sarabun"}


def test_payloads_stay_text_and_negative_numbers_stay_numbers(tiny_run):
    folder, record, runs = tiny_run
    material = read_material(folder, read_codelists(), record, runs)
    own = material.observations.index[material.observations["REF_AREA"] == AREA]
    every = [*PAYLOADS, *LIVE]
    assert len(every) == 58 < 2 * len(own)
    for column, part in (("COMMENT_OBS", every[:30]), ("source_file", every[28:]), ("source_sheet", every[28:])):
        material.observations.loc[own[: len(part)], column] = part
    material.observations.loc[own[0], "OBS_VALUE"] = -12.5
    content = workbook_bytes(material, AREA, "en")
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        sheets = [file.read(n).decode() for n in file.namelist() if n.startswith("xl/worksheets/") and n.endswith(".xml")]
        assert not any(n.startswith("xl/externalLinks") for n in file.namelist())
        assert not [n for n in file.namelist() if n.endswith(".rels") and b"External" in file.read(n)]
    assert not [s for s in sheets if re.search(r"<f[ >]|<hyperlink|ddeLink", s)]
    cells = [c for sheet in openpyxl.load_workbook(io.BytesIO(content)).worksheets for row in sheet.iter_rows() for c in row if c.value is not None]
    assert not [c for c in cells if c.data_type == "f"]
    texts, numbers = {c.value for c in cells if c.data_type == "s"}, {c.value for c in cells if c.data_type == "n"}
    # openpyxl gives back a control sign as the workbook writes it
    assert {p.replace("\x01", "_x0001_") for p in every} <= {t.replace("\x01", "_x0001_") for t in texts} and -12.5 in numbers


def test_a_province_without_an_evaluation_says_so_and_the_same_run_has_the_same_bytes(material, tmp_path):
    rows = sheet_rows(openpyxl.load_workbook(io.BytesIO(workbook_bytes(material, "TH-10", "en"))), "en", "sheet_results", RESULT_COLUMNS)
    assert [row["sentence"] for row in rows] == [EXCEL_WORDS["not_evaluated"][1]]
    write_workbook(material, AREA, "th", tmp_path / "a.xlsx")
    assert (tmp_path / "a.xlsx").read_bytes() == workbook_bytes(material, AREA, "th")


def test_missing_periods_have_their_row():
    assert all_periods(["2016", "2013"]) == ["2013", "2014", "2015", "2016"]
    assert all_periods(["2023-11", "2024-02"]) == ["2023-11", "2023-12", "2024-01", "2024-02"]
    assert all_periods(["2022-10-01/P1Y", "2020-10-01/P1Y"]) == ["2020-10-01/P1Y", "2022-10-01/P1Y"]
