"""The workbook for officers: filled in and sent back, it loads without a question."""

import io
import os
import shutil
import subprocess

import openpyxl
import pytest

from sdg_eval.errors import UsageError
from sdg_eval.intake import Declared, take_in_file
from sdg_eval.intake.template import (
    DATA_SHEET,
    GUIDE_SHEET,
    HEADERS,
    LIST_SHEET,
    parse_quarter,
    template_bytes,
    wanted_periods,
    write_template,
)

AT = {"area": "TH-50", "quarter": "2567Q2"}


@pytest.fixture(scope="module")
def template(codelists, sample):
    return template_bytes(codelists, known=sample, **AT)


def filled(content, path, date="2024-04-05"):
    book = openpyxl.load_workbook(io.BytesIO(content))
    sheet = book[DATA_SHEET]
    for row in range(2, sheet.max_row + 1):
        sheet.cell(row, 7).value = 0.5 + row / 1000
    for row in book[GUIDE_SHEET].iter_rows():
        if str(row[0].value or "").startswith("ข้อมูล ณ"):
            row[1].value = date
    book.save(path)
    return {(sheet.cell(r, 1).value, sheet.cell(r, 6).value): sheet.cell(r, 7).value for r in range(2, sheet.max_row + 1)}


def test_the_same_arguments_give_the_same_bytes(template, codelists, sample):
    assert template_bytes(codelists, known=sample, **AT) == template


def test_headers_lists_protection_and_last_known_values(template, sample):
    book = openpyxl.load_workbook(io.BytesIO(template))
    assert book.sheetnames == [GUIDE_SHEET, DATA_SHEET, LIST_SHEET] and all(s.sheet_state == "visible" for s in book)
    sheet = book[DATA_SHEET]
    assert [c.value for c in sheet[1]] == list(HEADERS.values())
    assert sheet.protection.sheet and sheet["A2"].protection.locked and not sheet["G2"].protection.locked
    known = sample[(sample["SERIES"] == "SI_POV_NAHC") & (sample["REF_AREA"] == "TH-50")].sort_values("TIME_PERIOD").iloc[-1]
    rows = [r for r in sheet.iter_rows(min_row=2, values_only=True) if r[0] == "SI_POV_NAHC"]
    assert [r[5] for r in rows] == ["2564", "2565", "2566"] and {r[12] for r in rows} == {known["OBS_VALUE"]}
    assert {r[6] for r in rows} == {None}  # the last known value is shown beside the cell, never in it
    kinds = {v.type for v in sheet.data_validations.dataValidation}
    assert kinds == {"decimal", "list"}
    first = next(r for r in range(2, sheet.max_row + 1) if sheet.cell(r, 1).value == "SI_POV_NAHC")
    poverty = next(v for v in sheet.data_validations.dataValidation if f"G{first}" in v.sqref)
    assert (float(poverty.formula1), float(poverty.formula2)) == (0, 100) and "ตั้งแต่ 0 ถึง 100" in poverty.error
    assert not any(isinstance(c.value, str) and c.value.startswith("=") for row in sheet.iter_rows() for c in row)


def test_filled_in_it_loads_without_a_question(template, codelists, tmp_path):
    wanted = filled(template, tmp_path / "back.xlsx")
    taken = take_in_file(tmp_path / "back.xlsx", codelists, Declared())
    assert len(taken.observations) == len(wanted) > 40 and taken.as_of == "2024-04-05"
    table = taken.observations.set_index(["SERIES", "TIME_PERIOD"])["OBS_VALUE"]
    assert table["SI_POV_NAHC", "2023"] == wanted["SI_POV_NAHC", "2566"]
    assert table["SL_TLF_UEM", "2024-Q1"] == wanted["SL_TLF_UEM", "2567-Q1"]
    assert not taken.observations["flags"].str.contains("unit_from_codelist").any()


def test_an_empty_template_is_told_to_hold_no_values(template, codelists, tmp_path):
    (tmp_path / "t.xlsx").write_bytes(template)
    with pytest.raises(Exception, match="not a single value"):
        take_in_file(tmp_path / "t.xlsx", codelists, Declared())


def test_libreoffice_keeps_it_whole(template, codelists, tmp_path):
    office = shutil.which("soffice")
    if office is None:
        if os.environ.get("CI"):
            pytest.fail("LibreOffice is absent, and CI must run it.")
        pytest.skip("LibreOffice is absent: apt-get install libreoffice-calc")
    wanted = filled(template, tmp_path / "back.xlsx")
    (tmp_path / "out").mkdir()
    command = [office, f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless", "--convert-to", "xlsx", "--outdir", tmp_path / "out", tmp_path / "back.xlsx"]
    subprocess.run(list(map(str, command)), check=True, capture_output=True, timeout=180)
    taken = take_in_file(tmp_path / "out" / "back.xlsx", codelists, Declared())
    assert sorted(taken.observations["OBS_VALUE"]) == sorted(wanted.values()) and taken.as_of == "2024-04-05"


def test_periods_are_those_complete_by_the_end_of_the_quarter():
    quarter = parse_quarter("2567Q2")
    assert (quarter.start.isoformat(), quarter.end.isoformat()) == ("2024-01-01", "2024-03-31")
    assert wanted_periods("A", quarter.end) == ["2564", "2565", "2566"]
    assert wanted_periods("Q", quarter.end) == ["2566-Q3", "2566-Q4", "2567-Q1"]
    assert wanted_periods("M", quarter.end) == ["2567-01", "2567-02", "2567-03"]
    assert wanted_periods("A", parse_quarter("2567Q1").end) == ["2564", "2565", "2566"]


@pytest.mark.parametrize("change", [{"quarter": "2567"}, {"area": "TH-99"}, {"set_name": "money"}, {"series": ["NOPE"]}, {"quarter": "9999Q1"}])
def test_what_does_not_exist_is_refused_by_name(codelists, change):
    with pytest.raises(UsageError):
        template_bytes(codelists, **(AT | change))


def test_text_that_looks_like_a_formula_stays_text(codelists, tmp_path):
    import dataclasses

    series = codelists.series.copy()
    series.loc[series["SERIES"] == "TH_HAI", "name_th"] = "=1+1"
    odd = dataclasses.replace(codelists, series=series)
    sheet = openpyxl.load_workbook(write_template(tmp_path / "t.xlsx", odd, series=["TH_HAI"], **AT))[DATA_SHEET]
    assert sheet["C2"].value == "=1+1" and sheet["C2"].data_type == "s"
