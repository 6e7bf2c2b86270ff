"""Delivery workbooks: what is asked for is what is taken; every mistake is named with its cell and its remedy at once."""

import io
import json
import subprocess
import sys
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from sdg_eval.delivery.columns import delivery_tables, words_of
from sdg_eval.delivery.contract import typed
from sdg_eval.delivery.tables import Delivery, read_delivery, validate_delivery
from sdg_eval.delivery_forms.cli import load_workbooks
from sdg_eval.delivery_forms.intake import take_in_workbooks
from sdg_eval.delivery_forms.page import refusals_section, tables_page
from sdg_eval.delivery_forms.template import asked_columns, delivery_template_bytes, header, template_sets
from sdg_eval.errors import DataError, UsageError
from sdg_eval.grid import column_letter
from sdg_eval.intake.refusal import Refusal
from sdg_eval.intake.template import GUIDE_SHEET, LIST_SHEET
from sdg_eval.intake_cli import refusal_lines
from sdg_eval.thai import MONTHS_TH
from tests.delivery_workbooks import ALSO, MISTAKES, NATIONAL_ID, PHONE, clean_rows
from tests.office import fill_in_libreoffice

SAMPLE = Path(__file__).parents[1] / "data" / "sample" / "delivery"
AT = {"area": "TH-50", "quarter": "2567Q2"}


@pytest.fixture(scope="module")
def template(codelists):
    return delivery_template_bytes(codelists, set_name="all", **AT)


@pytest.fixture(scope="module")
def columns(template):
    """Column number by (table, column), found under its Thai header in the workbook itself."""
    book = openpyxl.load_workbook(io.BytesIO(template))
    found = {}
    for table in template_sets()["all"]:
        headers = [cell.value for cell in book[table.name_th][1]]
        found |= {
            (table.table, spec.column): headers.index(header(spec)) + 1 for spec in asked_columns(table.table)
        }
    return found


@pytest.fixture(scope="module")
def people():
    """The population that participants are held against."""
    rows = pd.DataFrame(
        [{"REF_AREA": "TH-50", "group": "ethnic", "people": 300_000, "year": 2566, "source": "synthetic"}]
    )
    return Delivery({"population_group": typed("population_group", rows)[0]})


def typed_cells(rows, columns):
    """(sheet, row, column, text) of every cell to type; row 1 of a table is row 2 of its sheet."""
    for table, lines in rows.items():
        for number, line in enumerate(lines, 2):
            for column, text in line.items():
                yield delivery_tables()[table].name_th, number, columns[table, column], text


def spoiled_rows():
    rows = clean_rows()
    for table, number, column, text, _, _ in MISTAKES:
        rows[table][number - 1] |= {column: text} | ALSO.get((table, number), {})
    return rows


def fill_with_openpyxl(content, cells, path):
    book = openpyxl.load_workbook(io.BytesIO(content))
    for sheet, row, column, text in cells:
        book[sheet].cell(row, column).value = text or None
    book.save(path)
    return path


# ------------------------------------------------------------ the workbook


@pytest.mark.parametrize("name", list(template_sets()))
def test_every_set_has_its_sheets_headers_lists_and_notes(codelists, name):
    content = delivery_template_bytes(codelists, set_name=name, **AT)
    assert content == delivery_template_bytes(codelists, set_name=name, **AT)  # same arguments, same bytes
    book = openpyxl.load_workbook(io.BytesIO(content))
    tables = template_sets()[name]
    assert book.sheetnames == [GUIDE_SHEET, *(t.name_th for t in tables), LIST_SHEET]
    assert all(sheet.sheet_state == "visible" for sheet in book)
    for table in tables:
        sheet, asked = book[table.name_th], asked_columns(table.table)
        assert [c.value for c in sheet[1]] == [header(spec) for spec in asked]
        assert all(
            cell.comment and spec.remedy_th in cell.comment.text
            for cell, spec in zip(sheet[1], asked, strict=True)
        )
        assert (
            sheet.protection.sheet
            and sheet["A1"].protection.locked
            and not sheet.column_dimensions["A"].protection.locked
        )
        rules = {str(r.sqref).split(":")[0]: r for r in sheet.data_validations.dataValidation}
        for number, spec in enumerate(asked, 1):
            rule = rules[f"{column_letter(number)}2"]
            wanted = {
                "code": "list",
                "area": "list",
                "flag": "list",
                "target": "list",
                "count": "whole",
                "share": "decimal",
            }.get(spec.kind)
            assert (
                wanted in (None, rule.type) and len(rule.error) <= 255 and rule.error == spec.remedy_th[:255]
            )
    guide = [[c.value for c in row] for row in book[GUIDE_SHEET].iter_rows()]
    assert sum(row[0] in [t.name_th for t in tables] for row in guide) == sum(
        len(asked_columns(t.table)) for t in tables
    )


def test_lists_hold_the_words_that_officers_choose(codelists):
    book = openpyxl.load_workbook(io.BytesIO(delivery_template_bytes(codelists, set_name="projects", **AT)))
    lists = {c[0].value: [x.value for x in c[1:] if x.value] for c in book[LIST_SHEET].iter_cols()}
    assert lists["ภาคีเครือข่าย"] == [
        "ภาคราชการ",
        "ภาคผู้นำศาสนา",
        "ภาควิชาการ",
        "ภาคเอกชน",
        "ภาคประชาสังคม",
        "ภาคประชาชน",
        "ภาคสื่อสารมวลชน",
    ]
    assert (
        len(lists["จังหวัด"]) == 78
        and len(lists["เป้าประสงค์ SDG"]) == 169
        and "กรมการพัฒนาชุมชน" in lists["หน่วยงาน"]
    )
    assert "2567Q2" in lists["ไตรมาส"] and not any(q.endswith("Q5") for q in lists["ไตรมาส"])


def test_an_empty_workbook_is_told_to_hold_nothing(template, codelists, tmp_path):
    (tmp_path / "empty.xlsx").write_bytes(template)  # province and quarter stand in many rows already
    with pytest.raises(Refusal) as refused:
        take_in_workbooks([tmp_path / "empty.xlsx"], codelists)
    assert [p.code for p in refused.value.problems] == ["no_values"]


@pytest.mark.parametrize("change", [{"quarter": "2567"}, {"area": "TH-99"}, {"set_name": "training_score"}])
def test_what_does_not_exist_is_refused_by_name(codelists, change):
    with pytest.raises(UsageError):
        delivery_template_bytes(codelists, **(AT | {"set_name": "money"} | change))


# ------------------------------------------------------------ filled in LibreOffice


@pytest.fixture(scope="module")
def clean_book(template, columns, tmp_path_factory):
    folder = tmp_path_factory.mktemp("clean")
    fill_in_libreoffice(template, typed_cells(clean_rows(), columns), folder / "good.xlsx", folder)
    return folder / "good.xlsx"


def test_more_than_forty_mistakes_are_all_named_at_once(template, columns, codelists, people, tmp_path):
    fill_in_libreoffice(template, typed_cells(spoiled_rows(), columns), tmp_path / "bad.xlsx", tmp_path)
    with pytest.raises(Refusal) as refused:
        take_in_workbooks([tmp_path / "bad.xlsx"], codelists, people)
    first = {"weights": 1, "primary": 7}  # told at the first row of the project
    wanted = {
        (
            delivery_tables()[table].name_th,
            first.get(code, number) + 1,
            column_letter(columns[table, column]),
            code,
        )
        for table, number, column, _, code, _ in MISTAKES
    }
    found = {(p.sheet, p.row, p.column, p.code) for p in refused.value.problems}
    assert found == wanted and len(found) == len(MISTAKES) >= 40
    assert len({code for *_, code in found}) >= 30  # different mistakes, not forty of a kind
    for problem in refused.value.problems:
        assert any("ก" <= letter <= "๙" for letter in problem.message_th) and problem.message_en
        assert any("ก" <= letter <= "๙" for letter in problem.remedy_th) and problem.remedy_en, problem
    said = "\n".join(refusal_lines(refused.value))
    assert all(secret not in said for secret in (NATIONAL_ID, NATIONAL_ID.replace("-", ""), PHONE))


def test_its_clean_twin_loads_and_reads_back(clean_book, codelists, people, tmp_path):
    store = tmp_path / "store"
    taken = take_in_workbooks([clean_book], codelists, people)[0]
    assert {name: len(frame) for name, frame in taken.tables.items()} == {
        name: len(rows) for name, rows in clean_rows().items()
    }
    load_workbooks([clean_book], store=store)
    delivery = read_delivery(store)
    for name, frame in taken.tables.items():
        pd.testing.assert_frame_equal(getattr(delivery, name), frame)
    assert validate_delivery(delivery).empty and not delivery.synthetic
    budget = delivery.budget.set_index("budget_id")
    assert budget["planned_thb"].to_dict() == {
        "B-1": 1_250_000,
        "B-2": 2_500_000,
        "B-3": 300_000,
        "B-4": 500_000,
        "B-5": 900_000,
        "B-6": 75_000,
    }
    assert budget.loc["B-5", ["disbursed_thb", "unit_stated", "source_row"]].tolist() == [
        450_500,
        "thousand_baht",
        6,
    ]
    project = delivery.project.iloc[0]
    assert project[["agency_id", "REF_AREA", "start_date", "end_date", "level"]].tolist() == [
        "cdd",
        "TH-50",
        "2023-10-01",
        "2024-09-30",
        "area",
    ]
    assert delivery.need["target"].tolist() == ["8.10", "11.6"] and delivery.need["severity"].tolist() == [
        4,
        5,
    ]
    assert delivery.activity["fiscal_quarter"].tolist()[:2] == ["2567Q2", "2567Q1"]
    assert delivery.kpi["target_value"].tolist() == [80, 4] and delivery.kpi["project_id"].tolist() == [
        "P-50-001",
        "",
    ]
    assert delivery.decision["owner_agency_id"].tolist() == ["cdd", "prov-50"]


def test_the_same_workbook_twice_is_one_load(clean_book, tmp_path):
    first = load_workbooks([clean_book], store=tmp_path)
    second = load_workbooks([clean_book], store=tmp_path)
    assert (first.n_rows > 60, first.n_known, second.n_rows, second.n_known) == (True, 0, 0, 1)
    assert len(list((tmp_path / "delivery").iterdir())) == 1


def test_a_refused_workbook_leaves_the_store_as_it_was_and_its_page_says_why(template, columns, tmp_path):
    bad = fill_with_openpyxl(template, typed_cells(spoiled_rows(), columns), tmp_path / "bad.xlsx")
    with pytest.raises(Refusal):
        load_workbooks([bad], store=tmp_path / "store", out=tmp_path / "out", page=tmp_path / "page.html")
    assert not (tmp_path / "store" / "delivery").exists()
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "ไม่ตรง" in page and NATIONAL_ID not in page and PHONE not in page
    assert (
        len(json.loads((tmp_path / "out" / "problems.json").read_text(encoding="utf-8"))) >= len(MISTAKES) - 1
    )


def test_the_commands_work_together_and_their_exit_codes_tell(columns, codelists, tmp_path):
    def run(*words):
        return subprocess.run([sys.executable, "-m", "sdg_eval", *map(str, words)], capture_output=True, text=True)

    assert run("template", "--set", "all", "--area", "เชียงใหม่", "--quarter", "2567Q2", "--out", tmp_path / "t.xlsx").returncode == 0
    content = (tmp_path / "t.xlsx").read_bytes()
    good = fill_with_openpyxl(content, typed_cells(clean_rows(), columns), tmp_path / "good.xlsx")
    bad = fill_with_openpyxl(content, typed_cells(spoiled_rows(), columns), tmp_path / "bad.xlsx")
    refused = run("delivery", bad, "--store", tmp_path / "store")
    assert refused.returncode == 3 and refused.stderr.startswith("ไม่รับข้อมูล") and "แผ่นงาน โครงการ, แถว 39, คอลัมน์ M" in refused.stderr
    taken = run("delivery", good, "--store", tmp_path / "store")
    assert taken.returncode == 0 and "โครงการ 48 แถว / Projects: 48 rows" in taken.stdout
    known = run("template", "--set", "money", "--area", "TH-50", "--quarter", "2567Q3", "--store", tmp_path / "store", "--out", tmp_path / "m.xlsx")
    lists = {c[0].value: [x.value for x in c[1:] if x.value] for c in openpyxl.load_workbook(tmp_path / "m.xlsx")[LIST_SHEET].iter_cols()}
    assert known.returncode == 0 and len(lists["โครงการที่มีอยู่"]) == 48


def test_what_a_quarter_said_is_kept_for_the_next_one(tmp_path):
    """R47: the report of the next quarter asks what was decided and done about it; synthetic words stay out of a real store."""
    from sdg_eval.delivery.archive import write_delivery_load
    from sdg_eval.delivery.decisions import what_was_said
    from sdg_eval.delivery_forms.cli import keep_said

    for area in ("TH-50", "TH-94"):
        folder = tmp_path / "run" / "quarters" / area
        folder.mkdir(parents=True)
        (folder / "said.csv").write_text(
            f"REF_AREA,fiscal_quarter,finding_id,text_th,text_en,source\n{area},2567Q2,need_uncovered:3.6,ปัญหายังไม่อยู่ในแผน,A need is in no plan,synthetic\n", encoding="utf-8"
        )
    assert keep_said(tmp_path / "run", tmp_path / "store") == (2, 2)
    assert keep_said(tmp_path / "run", tmp_path / "store") == (2, 2)  # the latest view has one row of each key
    delivery = read_delivery(tmp_path / "store")
    assert delivery.said["REF_AREA"].tolist() == ["TH-50", "TH-94"]
    loop = what_was_said(delivery.said, delivery.decision, delivery.adjustment, delivery.activity, "TH-94", "2567Q3", project=delivery.project)
    assert loop["finding_id"].tolist() == ["need_uncovered:3.6"]
    real = delivery.said.assign(source="report")
    write_delivery_load({"said": real}, tmp_path / "real")
    with pytest.raises(DataError, match="synthetic"):
        keep_said(tmp_path / "run", tmp_path / "real")
    with pytest.raises(DataError, match="no quarterly reports"):
        keep_said(tmp_path, tmp_path / "store")


def test_the_documentation_is_the_contract():
    docs = Path(__file__).parents[1] / "docs"
    assert (docs / "delivery_tables.md").read_text(encoding="utf-8") == tables_page()
    assert (docs / "refusals.md").read_text(encoding="utf-8").endswith(refusals_section())


# ------------------------------------------------------------ the sample, sent as officers would


def as_typed(spec, value, codelists):
    """A stored value as an officer types it: Thai words, the Buddhist Era."""
    if value is pd.NA or value != value or value == "":
        return ""
    if spec.kind == "code":
        return words_of(spec)[value][0]
    if spec.kind == "area":
        return codelists.area_name(value, "th")
    if spec.kind == "flag":
        return "ใช่" if value else "ไม่ใช่"
    if spec.kind == "date":
        year, month, day = map(int, value.split("-"))
        return f"{day} {MONTHS_TH[month - 1]} {year + 543}"
    return value if isinstance(value, float) else str(value)


def rows_of_area(delivery, area):
    """The rows of each table that belong to a province: its own, and those of its projects, plans and events."""
    rows = {}
    for table in template_sets()["all"]:
        frame = getattr(delivery, table.table)
        for key, parent in (("plan_id", "plan"), ("project_id", "project"), ("event_id", "participation")):
            if key in frame and parent in rows and (table.table == "kpi" or "REF_AREA" not in frame):
                frame = frame[frame[key].isin(rows[parent][key])]
        rows[table.table] = (frame[frame["REF_AREA"] == area] if "REF_AREA" in frame else frame).reset_index(drop=True)
    rows["budget"]["unit_stated"] = "baht"  # its amounts are stored in baht
    return rows


@pytest.mark.parametrize("area", ["TH-10", "TH-50", "TH-94"])
def test_the_sample_of_a_province_survives_the_way_through_the_workbook(template, columns, codelists, tmp_path, area):
    whole = read_delivery(SAMPLE)
    sent, book = rows_of_area(whole, area), openpyxl.load_workbook(io.BytesIO(template))
    for table in template_sets()["all"]:
        for row, line in enumerate(sent[table.table].to_dict("records"), 2):
            for spec in asked_columns(table.table):
                text = as_typed(spec, line[spec.column], codelists)
                book[table.name_th].cell(row, columns[table.table, spec.column]).value = None if text == "" else text
    book.save(tmp_path / "sent.xlsx")
    taken = take_in_workbooks([tmp_path / "sent.xlsx"], codelists, whole)[0].tables
    assert len(sent["project"]) > 5 and len(sent["budget"]) > 20
    for table, frame in sent.items():
        names = [c.column for c in asked_columns(table)]
        pd.testing.assert_frame_equal(taken[table][names] if table in taken else frame.head(0)[names], frame[names])
