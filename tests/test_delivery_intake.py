"""Cells, sheets and the store of delivery tables: what is read, what is asked about, what a newer load replaces."""

import datetime as dt

import openpyxl
import pandas as pd
import pytest

from sdg_eval.backup import backup, restore, verify
from sdg_eval.delivery.archive import (
    latest_view,
    read_load,
    read_stored_delivery,
    stored_loads,
    write_delivery_load,
)
from sdg_eval.delivery.columns import delivery_tables, read_list, table_columns
from sdg_eval.delivery.contract import typed
from sdg_eval.delivery.tables import Delivery, read_delivery
from sdg_eval.delivery_forms.cells import CellFault, baht_in, read_cell
from sdg_eval.delivery_forms.cli import load_workbooks
from sdg_eval.delivery_forms.intake import take_in_workbooks
from sdg_eval.delivery_forms.sheets import fold, headers_of
from sdg_eval.delivery_forms.template import header
from sdg_eval.errors import DataError
from sdg_eval.intake.refusal import Refusal


def spec(table, column):
    return next(c for c in table_columns(table) if c.column == column)


def frame(table, *rows):
    return typed(table, pd.DataFrame(list(rows)).assign(source="province-file"))[0]


PROJECT = {"project_id": "P-1", "name_th": "ธนาคารขยะ", "agency_id": "cdd", "REF_AREA": "TH-50", "start_date": "2023-10-01"}
STORED = Delivery({"project": frame("project", PROJECT)})

# ------------------------------------------------------------ one cell


@pytest.mark.parametrize(
    ("typed_text", "date"),
    [
        ("31/3/2567", "2024-03-31"), ("๓๑/๓/๒๕๖๗", "2024-03-31"), ("31 มีนาคม 2567", "2024-03-31"), ("31 มี.ค. 2567", "2024-03-31"),
        ("วันที่ 1 ตุลาคม พ.ศ. 2566", "2023-10-01"), ("2567-03-31", "2024-03-31"), ("2024-03-31", "2024-03-31"), ("31/3/2024", "2024-03-31"),
        ("31-03-2567", "2024-03-31"), (dt.datetime(2024, 3, 31), "2024-03-31"), (dt.datetime(2567, 3, 31), "2024-03-31"), ("29/2/2567", "2024-02-29"),
    ],
)  # fmt: skip
def test_dates_of_both_eras_are_read(codelists, typed_text, date):
    assert read_cell(spec("project", "start_date"), typed_text, codelists) == date


@pytest.mark.parametrize(
    ("typed_text", "code"),
    [
        ("31/3/67", "two_digit_year"), ("31 มีนาคม พ.ศ. 2024", "era"), ("31 มีนาคม ค.ศ. 2567", "era"), ("31/2/2567", "date"), ("31/13/2567", "date"),
        ("31/3/3110", "date"), ("31/3/1481", "date"), ("สิ้นเดือนมีนาคม", "date"), ("ไตรมาส 2/2567", "date"), ("29/2/2566", "date"), (45000.0, "date"), ("-", "dash"),
    ],
)  # fmt: skip
def test_a_date_that_could_be_another_is_asked_about(codelists, typed_text, code):
    with pytest.raises(CellFault) as fault:
        read_cell(spec("project", "start_date"), typed_text, codelists)
    assert fault.value.code == code


@pytest.mark.parametrize(
    ("typed_text", "quarter"),
    [("2567Q2", "2567Q2"), ("2567-Q2", "2567Q2"), ("๒๕๖๗Q๒", "2567Q2"), ("2/2567", "2567Q2"), ("ไตรมาส 2/2567", "2567Q2"), ("ไตรมาสที่ 2 ปีงบประมาณ 2567", "2567Q2"), ("2567Q5", "2567Q5"), ("ไตรมาสที่สอง", "ไตรมาสที่สอง")],
)  # fmt: skip
def test_quarters_are_read_and_what_is_none_is_left_for_the_contract(codelists, typed_text, quarter):
    assert read_cell(spec("activity", "fiscal_quarter"), typed_text, codelists) == quarter


def test_a_number_has_lost_what_tells_target_8_10_from_8_1(codelists):
    target = spec("need", "target")
    assert [read_cell(target, text, codelists) for text in ("8.10", "8.1", "SDG 11.6", "11.6: ลดผลกระทบของเมือง", 11.6, "17.A")] == ["8.10", "8.1", "11.6", "11.6", "11.6", "17.a"]
    for number in (8.1, 16.1, 17.1):
        with pytest.raises(CellFault) as fault:
            read_cell(target, number, codelists)
        assert fault.value.code == "target_ambiguous" and f"{number}0" in fault.value.more


@pytest.mark.parametrize(
    ("typed_text", "wanted"),
    [("1,250,000", 1_250_000), ("๑,๒๕๐,๐๐๐", 1_250_000), ("1,250,000 บาท", 1_250_000), (5e5, 5e5), ("", None), ("1,25", "number_comma"), ("12.5 ล้าน", "money_words"), ("ห้าแสน", "money_words"), ("สิบ", "number"), ("-", "dash"), ("12%", "percent"), ("#REF!", "error_cell")],
)  # fmt: skip
def test_amounts_are_digits_or_a_fault(codelists, typed_text, wanted):
    money = spec("budget", "planned_thb")
    if not isinstance(wanted, str):
        assert read_cell(money, typed_text, codelists) == wanted
        return
    with pytest.raises(CellFault) as fault:
        read_cell(money, typed_text, codelists)
    assert fault.value.code == wanted


def test_words_of_lists_are_known_by_code_thai_and_english(codelists):
    network, flag, area = spec("project_partner", "network_id"), spec("project", "vnr_flag"), spec("project", "REF_AREA")
    assert {read_cell(network, text, codelists) for text in ("media", "ภาคสื่อสารมวลชน", "Mass media", "ภาค สื่อสารมวลชน")} == {"media"}
    assert read_cell(network, "ภาคการเมือง", codelists) == "ภาคการเมือง"  # for the contract to refuse
    assert [read_cell(flag, v, codelists) for v in ("ใช่", "มี", True, 1, "ไม่ใช่", "no", 0.0)] == [1, 1, 1, 1, 0, 0, 0]
    assert [read_cell(area, text, codelists) for text in ("จ.เชียงใหม่", "TH-50", "Chiang Mai", "ประเทศไทย")] == ["TH-50", "TH-50", "TH-50", "TH"]
    assert [read_cell(spec("milestone", "step_no"), v, codelists) for v in ("ขั้นตอนที่ 2", 2.0, "การปรับกระบวนงาน")] == ["2", "2", "2"]
    assert read_cell(spec("plan", "fiscal_year_to"), "ปีงบประมาณ พ.ศ. 2570", codelists) == 2570
    assert read_cell(spec("project", "project_id"), 101.0, codelists) == "101"
    assert [baht_in(t) for t in ("ล้านบาท", "พันบาท", "บาท", "ตัน")] == [1e6, 1e3, 1.0, None]


# ------------------------------------------------------------ the ministry's form


def kpi_form(path, *, money="(ล้านบาท)", title="แบบรายงานผลการดำเนินงานตามตัวชี้วัด ปีงบประมาณ พ.ศ. 2567 จังหวัดเชียงใหม่"):
    """A form of our own making with what such forms have: a title, a header of two rows, merged cells, a total, a note."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "รายงาน"
    sheet["A1"] = title
    sheet.append([])
    sheet.append(["ที่", "หน่วยงาน", "โครงการ/กิจกรรม", "ตัวชี้วัด", "หน่วยนับ", "ค่าเป้าหมาย", "ผลการดำเนินงาน", None, None, None, None, f"งบประมาณ {money}", None, "ยุทธศาสตร์ชาติ", "แผน 13", "แผนแม่บท", "SDGs"])
    sheet.append([None] * 6 + ["ไตรมาส 1", "ไตรมาส 2", "ไตรมาส 3", "ไตรมาส 4", "รวม", "ได้รับจัดสรร", "เบิกจ่าย"])
    sheet.append([1, "กรมการพัฒนาชุมชน", "ธนาคารขยะ", "ครัวเรือนที่คัดแยกขยะ", "ร้อยละ", 80, 20, 45, None, None, 45, 1.25, 0.6, "ด้านที่ 5", "หมุดหมายที่ 10", "ประเด็นที่ 18", "12.5"])
    sheet.append([2, None, "ธนาคารขยะ", "กลุ่มที่จัดตั้ง", "กลุ่ม", 12, 3, 4, None, None, 7, 0.3, 0.1, None, None, None, "11.6"])
    sheet.append(["รวม", None, None, None, None, None, None, None, None, None, None, 1.55, 0.7])
    sheet.append(["หมายเหตุ: ข้อมูล ณ วันที่ 31 มีนาคม 2567"])
    for merged in ("A1:Q1", "B5:B6", "G3:K3", "L3:M3", *(f"{c}3:{c}4" for c in "ABCDEFNOPQ")):
        sheet.merge_cells(merged)
    book.save(path)
    return path


def test_the_ministrys_kpi_form_comes_in_as_it_is(codelists, tmp_path):
    kpi = take_in_workbooks([kpi_form(tmp_path / "form.xlsx")], codelists, STORED)[0].tables["kpi"]
    assert kpi[["agency_id", "project_id", "REF_AREA"]].to_numpy().tolist() == [["cdd", "P-1", "TH-50"]] * 2
    assert kpi["fiscal_year"].tolist() == [2567, 2567] and kpi["target"].tolist() == ["12.5", "11.6"]
    assert kpi[["target_value", "q1", "q2", "total"]].to_numpy().tolist() == [[80, 20, 45, 45], [12, 3, 4, 7]]
    assert kpi["budget_thb"].tolist() == [1_250_000, 300_000] and kpi["disbursed_thb"].tolist() == [600_000, 100_000]
    assert kpi["q3"].isna().all() and kpi["source_row"].tolist() == [5, 6] and kpi["kpi_id"].nunique() == 2
    again = take_in_workbooks([kpi_form(tmp_path / "again.xlsx")], codelists, STORED)[0].tables["kpi"]
    assert again["kpi_id"].tolist() == kpi["kpi_id"].tolist()  # the same row of the form keeps its code


def test_millions_under_a_header_of_baht_are_asked_about(codelists, tmp_path):
    with pytest.raises(Refusal) as refused:
        take_in_workbooks([kpi_form(tmp_path / "form.xlsx", money="(บาท)")], codelists, STORED)
    assert [(p.row, p.column, p.code) for p in refused.value.problems] == [(5, "L", "money_small"), (5, "M", "money_small"), (6, "L", "money_small"), (6, "M", "money_small")]


def test_a_form_that_does_not_say_its_province_or_year_is_asked_for_it(codelists, tmp_path):
    form = kpi_form(tmp_path / "form.xlsx", title="แบบรายงานผลการดำเนินงานตามตัวชี้วัด")
    with pytest.raises(Refusal) as refused:
        take_in_workbooks([form], codelists, STORED)
    assert {(p.row, p.code) for p in refused.value.problems} == {(4, "title_missing")} and len(refused.value.problems) == 2
    said = kpi_form(tmp_path / "said.xlsx", title="แบบรายงานตัวชี้วัด ปีงบประมาณ 2567")
    assert set(take_in_workbooks([said], codelists, STORED, area="TH")[0].tables["kpi"]["REF_AREA"]) == {"TH"}


# ------------------------------------------------------------ a workbook that is not as it was

MONEY_HEADERS = ["รหัสรายการเงิน", "รหัสโครงการ", "จังหวัด", "ไตรมาสของปีงบประมาณ", "แหล่งเงิน", "เงินตามแผน", "หน่วยเงิน"]
LINE = ["B-1", "P-1", "เชียงใหม่", "2567Q2", "งบรัฐ", 1_250_000, "บาท"]


def workbook(path, *rows, sheet="งบประมาณและการเบิกจ่าย", headers=MONEY_HEADERS, change=None):
    book = openpyxl.Workbook()
    book.active.title = sheet
    for row in (headers, *rows):
        book.active.append(row)
    if change:
        change(book)
    book.save(path)
    return path


def problems(codelists, *paths, stored=STORED):
    with pytest.raises(Refusal) as refused:
        take_in_workbooks(paths, codelists, stored)
    return [(p.sheet, p.row, p.column, p.code) for p in refused.value.problems]


def hide_row(book):
    book.active.row_dimensions[2].hidden = True


def hide_column(book):
    book.active.column_dimensions["F"].hidden = True


def add_sheet(book):
    book.create_sheet("ร่าง").append(["อะไรสักอย่าง", 5])


def hide_sheet(book):
    other = book.create_sheet("เก่า")
    other.append(["x", 1])
    other.sheet_state = "hidden"


def formula(book):
    book.active["F2"] = "=1000*1250"


M = "งบประมาณและการเบิกจ่าย"


@pytest.mark.parametrize(
    ("change", "wanted"),
    [(hide_row, [(M, 2, "", "hidden_row")]), (hide_column, [(M, 1, "F", "hidden_column")]), (add_sheet, [("ร่าง", 1, "", "sheet_unknown")]), (hide_sheet, [("เก่า", 1, "", "hidden_sheet")]), (formula, [(M, 2, "F", "formula")])],
)  # fmt: skip
def test_what_a_workbook_hides_or_adds_is_asked_about(codelists, tmp_path, change, wanted):
    assert problems(codelists, workbook(tmp_path / "b.xlsx", LINE, change=change)) == wanted


def test_a_header_that_is_changed_lost_or_twice_is_told(codelists, tmp_path):
    changed = workbook(tmp_path / "a.xlsx", LINE, headers=[*MONEY_HEADERS[:5], "เงินอะไร", "หน่วยเงิน"])
    assert problems(codelists, changed) == [(M, 1, "F", "column_unknown")]
    lost = workbook(tmp_path / "b.xlsx", LINE[:6], headers=MONEY_HEADERS[:6])
    assert problems(codelists, lost) == [(M, 1, "A", "column_missing")]
    twice = workbook(tmp_path / "c.xlsx", [*LINE, 5], headers=[*MONEY_HEADERS, "เงินตามแผน"])
    assert problems(codelists, twice) == [(M, 1, "H", "header_twice")]


def test_a_sheet_of_another_name_is_known_by_its_headers(codelists, tmp_path):
    taken = take_in_workbooks([workbook(tmp_path / "b.xlsx", LINE, sheet="Sheet1")], codelists, STORED)[0]
    assert taken.tables["budget"]["planned_thb"].tolist() == [1_250_000]


def test_two_workbooks_of_one_call_may_refer_to_each_other_but_not_contradict(codelists, tmp_path):
    project = workbook(tmp_path / "p.xlsx", ["P-1", "ธนาคารขยะ", "cdd", "เชียงใหม่", "1/10/2566"], sheet="โครงการ", headers=["รหัสโครงการ", "ชื่อโครงการ (ไทย)", "รหัสหน่วยงานหลัก", "จังหวัด", "วันที่เริ่ม"])
    money = workbook(tmp_path / "m.xlsx", LINE)
    assert problems(codelists, money, stored=None) == [(M, 2, "B", "refers")]
    assert len(take_in_workbooks([money, project], codelists, None)) == 2
    other = workbook(tmp_path / "o.xlsx", [*LINE[:5], 2_000_000, "บาท"])
    assert problems(codelists, money, other) == [(M, 2, "A", "twice_sent")]


def test_persons_are_never_named_in_a_refusal_even_as_a_key(codelists, tmp_path):
    spoiled = workbook(tmp_path / "b.xlsx", ["1101700230678", *LINE[1:]], ["1101700230678", "P-9", *LINE[2:]], ["B-3", "P-1", "เชียงใหม่", "2567Q2", "นายสมชาย ใจดีมาก", 9, "บาท"])
    with pytest.raises(Refusal) as refused:
        take_in_workbooks([spoiled], codelists, STORED)
    found = {(p.row, p.column, p.code) for p in refused.value.problems}
    assert found == {(2, "A", "personal"), (3, "A", "personal"), (3, "B", "refers"), (4, "E", "personal"), (4, "F", "money_small")}
    said = " ".join(str(vars(p)) for p in refused.value.problems)
    assert "1101700230678" not in said and "สมชาย" not in said


def test_a_file_that_is_no_workbook_is_refused_as_every_officers_file_is(codelists, tmp_path):
    (tmp_path / "x.xlsx").write_bytes(b"%PDF-1.7 no table")
    with pytest.raises(Refusal) as refused:
        take_in_workbooks([tmp_path / "x.xlsx", tmp_path / "none.xlsx"], codelists)
    assert [p.code for p in refused.value.problems] == ["not_a_table", "unreadable"]


# ------------------------------------------------------------ the store


def weights(*pairs):
    return {"project_target": frame("project_target", *({"project_id": p, "target": t, "weight": w} for p, t, w in pairs))}


def test_the_newest_row_of_a_key_counts_and_a_whole_is_replaced_as_a_whole():
    loads = [
        {"project": frame("project", PROJECT, PROJECT | {"project_id": "P-2"})} | weights(("P-1", "11.6", 0.5), ("P-1", "12.5", 0.5), ("P-2", "1.4", 1)),
        {"project": frame("project", PROJECT | {"name_th": "ชื่อใหม่"})} | weights(("P-1", "11.6", 1)),
    ]
    view = latest_view(loads)
    assert dict(zip(view.project["project_id"], view.project["name_th"], strict=True)) == {"P-2": "ธนาคารขยะ", "P-1": "ชื่อใหม่"}
    # Rows of the old weighting must not linger beside the new one: it would sum to 1.5.
    assert view.project_target.groupby("project_id")["weight"].sum().to_dict() == {"P-1": 1, "P-2": 1}


def test_an_old_workbook_that_comes_again_does_not_undo_its_correction(tmp_path):
    store, old, new = tmp_path / "store", workbook(tmp_path / "old.xlsx", LINE), workbook(tmp_path / "new.xlsx", [*LINE[:5], 2_000_000, "บาท"])
    write_delivery_load({"project": frame("project", PROJECT)}, store)
    for path in (old, new, old):
        load_workbooks([path], store=store)
    assert read_delivery(store).budget["planned_thb"].tolist() == [2_000_000] and len(stored_loads(store)) == 3
    both = load_workbooks([old, workbook(tmp_path / "more.xlsx", ["B-2", *LINE[1:]])], store=store)
    assert (both.n_rows, both.n_known) == (1, 1)
    assert sorted(read_delivery(store).budget["planned_thb"]) == [1_250_000, 2_000_000]


def test_nothing_is_written_on_a_dry_run(tmp_path):
    path = workbook(tmp_path / "p.xlsx", ["P-1", "ธนาคารขยะ", "cdd", "เชียงใหม่", "1/10/2566"], sheet="project", headers=["project_id", "name_th", "agency_id", "REF_AREA", "start_date"])
    report = load_workbooks([path], store=tmp_path / "store", out=tmp_path / "out", dry_run=True)
    assert report.n_rows == 1 and not (tmp_path / "store").exists() and not (tmp_path / "out").exists()


def test_loads_keep_their_order_within_a_clocks_tick(tmp_path):
    for number in range(5):
        write_delivery_load({"project": frame("project", PROJECT | {"name_th": f"ชื่อ {number}"})}, tmp_path)
    assert read_delivery(tmp_path).project["name_th"].tolist() == ["ชื่อ 4"]


def test_a_killed_load_is_passed_over_and_a_damaged_one_refused(tmp_path):
    load = write_delivery_load({"project": frame("project", PROJECT)}, tmp_path).path
    (tmp_path / "delivery" / ".20990101T000000000000Z-abc").mkdir()
    (tmp_path / "delivery" / "20990101T000000000000Z-abc").mkdir()  # no entry: never finished
    assert stored_loads(tmp_path) == [load] and len(read_load(load)["project"]) == 1
    (load / "project.parquet").write_bytes(b"spoiled")
    with pytest.raises(DataError, match="damaged or missing"):
        read_stored_delivery(tmp_path)


def test_a_store_without_delivery_tables_gives_the_registers(tmp_path):
    delivery = read_stored_delivery(tmp_path)
    assert len(delivery.project) == 0 and len(delivery.network) == 7 and set(delivery.agency["source"]) == {"register"}


def test_a_backup_holds_the_delivery_tables_and_verify_reads_every_byte_of_them(tmp_path):
    store = tmp_path / "store"
    load = write_delivery_load({"project": frame("project", PROJECT)}, store, raw=[workbook(tmp_path / "p.xlsx", LINE)]).path
    assert verify(store) == [] and backup(store, tmp_path / "copy") == 1 and restore(tmp_path / "copy", tmp_path / "again") == 1
    pd.testing.assert_frame_equal(read_delivery(tmp_path / "again").project, read_delivery(store).project)
    for path in (p for p in load.rglob("*") if p.is_file()):
        content = path.read_bytes()
        path.write_bytes(content[:-1] + b"?")
        assert [f.path for f in verify(store)] == [str(path)]
        with pytest.raises(DataError):
            backup(store, tmp_path / "spoiled")
        path.write_bytes(content)
    assert verify(store) == []


def test_no_spelling_of_a_header_means_two_columns():
    for table in delivery_tables():
        known = headers_of(table)
        for spec in table_columns(table):
            for text in (spec.label_th, spec.label_en, spec.column, header(spec)):
                assert known[fold(text)] is spec, (table, text)
    spellings = read_list("delivery_headers")
    for row in spellings.to_dict("records"):
        assert headers_of(row["table"])[fold(row["spelling"])].column == row["column"], row
