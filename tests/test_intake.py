"""Officers' files: exactly the right table, or a refusal that names every place and its remedy."""

import csv
import datetime as dt
import io
import json
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest

from sdg_eval.errors import UsageError
from sdg_eval.grid import read_grid
from sdg_eval.intake import Declared, take_in, take_in_file
from sdg_eval.intake.exchange import EXCHANGE_COLUMNS, exchange_table, inert
from sdg_eval.intake.messages import MESSAGES
from sdg_eval.intake.refusal import Refusal, problems_json, told
from sdg_eval.intake_cli import intake_each, intake_files, refusal_lines
from sdg_eval.publish.refusal import refusal_page
from sdg_eval.store import read_latest
from sdg_eval.suppression import suppress
from tests.counts import report, times
from tests.mutants import DEFECTS, TODAY, clean, mutant

ROOT = Path(__file__).parents[1]
POVERTY = {"indicator": "1.2.1", "unit": "ร้อยละ"}


def written(tmp_path, content, name="officer.csv"):
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def values(table):
    return {(a, s, p, v) for a, s, p, v in zip(table["REF_AREA"], table["SEX"], table["TIME_PERIOD"], table["OBS_VALUE"], strict=True)}


def taken(tmp_path, codelists, content, **declared):
    return take_in_file(written(tmp_path, content), codelists, Declared(**(POVERTY | declared), today=TODAY)).observations


def refused(tmp_path, codelists, content, **declared):
    with pytest.raises(Refusal) as refusal:
        taken(tmp_path, codelists, content, **declared)
    return [(p.code, p.row, p.column) for p in refusal.value.problems]


# ---------------------------------------------------------------- the files of badinputs


def bad_files(shared_folder):
    with open(shared_folder / "badinputs" / "index.csv", encoding="utf-8") as file:
        return list(csv.DictReader(file))


PLACES = {  # refusal_must_name of index.csv, as sheet, row, columns
    "d03_bad_bytes.csv": ("", 5, [""]), "d04_missing_marks.csv": ("", 2, ["B"]), "d06_extra_field_row.csv": ("", 3, [""]),
    "d07_short_row.csv": ("", 4, [""]), "d08_province_na.csv": ("", 5, ["A"]), "d10_dup_conflict.csv": ("", 6, ["D"]),
    "d11_year_typo.csv": ("", 1, ["D"]), "d13_over_100.csv": ("", 5, ["D"]), "d15_formula.xlsx": ("Sheet1", 4, ["C"]),
    "d16_hidden_sheet.xlsx": ("ร่าง", 1, [""]), "d17_date_heads.xlsx": ("Sheet", 1, ["B", "C", "D", "E"]), "d19_zip_bomb.xlsx": ("", None, [""]),
    "d20_dtd.xlsx": ("", None, [""]), "d22_path_province.csv": ("", 2, ["B"]),
}  # fmt: skip


def test_the_bad_inputs_have_the_only_acceptable_outcome(shared, codelists, tmp_path):
    done = 0
    for case in bad_files(shared):
        path, loaded = shared / "badinputs" / case["file"], None
        declared = Declared(**dict(a.strip().split("=") for a in case["loader_args"].split(";") if a.strip()))
        try:
            loaded = exchange_table(take_in_file(path, codelists, declared).observations, codelists)
            assert case["accept"] != "refuse", case["file"]
        except Refusal as refusal:
            assert case["accept"] in ("refuse", "exact_or_refuse"), case["file"]
            sheet, row, columns = PLACES[case["file"]]
            named = {(p.sheet, p.row, p.column) for p in refusal.problems}
            assert {(sheet, row, c) for c in columns} <= named, (case["file"], named)
            if case["file"] == "d10_dup_conflict.csv":
                assert ("", 4, "D") in named
            for problem in refusal.problems:
                assert problem.file == case["file"] and problem.message_th and problem.message_en and problem.remedy_th and problem.remedy_en
        else:
            with open(shared / "badinputs" / case["expected_table"], encoding="utf-8") as file:
                wanted = {(r["indicator"], r["province_code"], r["period"], float(r["value"]), r["unit"]) for r in csv.DictReader(file)}
            found = set(loaded[["indicator", "province_code", "period", "value", "unit"]].itertuples(index=False, name=None))
            assert found == wanted, case["file"]
        done += 1
    assert done == 22
    report("S1", f"badinputs {done} of 22")


def test_four_respondents_load_and_are_suppressed_where_they_would_be_shown(shared, codelists):
    table = take_in_file(shared / "badinputs" / "d21_small_n.csv", codelists).observations
    assert set(table["DENOMINATOR"]) == {4, 100}
    shown = suppress(table, codelists).set_index("REF_AREA")["OBS_STATUS"]
    assert (shown["TH-95"], shown["TH-92"]) == ("Q", "A")


def test_formula_and_script_text_is_inert_where_it_goes_out(shared, codelists):
    table = take_in_file(shared / "badinputs" / "d18_injection.csv", codelists).observations
    assert "<script>" in table["COMMENT_OBS"].iloc[0]
    assert inert("=1+1") == "'=1+1" and inert("ยะลา") == "ยะลา"
    out = exchange_table(table.assign(COMMENT_OBS="=1+1"), codelists)
    assert out["note"].iloc[0] == "'=1+1"


# ---------------------------------------------------------------- mutants


def outcome(made, tmp_path, codelists):
    """exact, refused, or what went wrong."""
    path = written(tmp_path, made.content, made.name)
    try:
        table = take_in_file(path, codelists, Declared(**made.declared, today=TODAY)).observations
    except Refusal as refusal:
        if not made.code:
            return "false refusal"
        right = any(
            (p.row or 0) == made.row and p.column in (made.column, p.column if not made.column else made.column)
            and (not made.sheet or p.sheet == made.sheet) and made.code in ("any", p.code)
            for p in refusal.problems
        )  # fmt: skip
        return "refused" if right else "wrong place"
    return "silent" if made.code or values(table) != made.expected else "exact"


def test_mutants_are_never_misread_and_refusals_name_the_place(tmp_path, codelists):
    count = times(300, 2000)
    found = {seed: outcome(mutant(seed), tmp_path, codelists) for seed in range(count)}
    wrong = {seed: what for seed, what in found.items() if what not in ("exact", "refused")}
    report("S1", f"{count} mutants of {len(DEFECTS)} defects: silent misreads {sum(w == 'silent' for w in wrong.values())}/{count}")
    n_refused = sum(w == "refused" for w in found.values())
    report("S2", f"{n_refused} refused, places right {n_refused}/{n_refused + sum(w == 'wrong place' for w in wrong.values())}")
    assert wrong == {}


def test_clean_variants_are_not_refused(tmp_path, codelists):
    count = times(60, 200)
    found = [outcome(clean(seed), tmp_path, codelists) for seed in range(count)]
    report("S3", f"clean variants refused {count - found.count('exact')}/{count}")
    assert set(found) == {"exact"}


# ---------------------------------------------------------------- real files


@pytest.mark.parametrize(
    ("name", "series", "source"),
    [
        ("nso-ses-dopa-cpi/expense_TH.csv", "TH_HH_EXPEND", "nso_ses"), ("nso-ses-dopa-cpi/income_TH.csv", "TH_HH_INCOME", "nso_ses"),
        ("nso-ses-dopa-cpi/cpi_TH.csv", "TH_CPI", "moc_cpi"), ("nso-ses-dopa-cpi/gpp.csv", "TH_GPP_CP_NSO", "nso_gpp"),
        ("nesdc-econvis/tha_human_achievement_index.csv", "TH_HAI", "nesdc_hai"), ("nso-ses-dopa-cpi/birthrate_TH.csv", "TH_BIRTHS", "dopa_births"),
        ("mots-tourism-monthly/CPIP_2566_2568.csv", "TH_CPI_2023", "moc_cpi"),
    ],
)  # fmt: skip
def test_real_files_agree_with_their_source_module_value_by_value(shared, codelists, name, series, source):
    from sdg_eval.sources import read

    path = shared / "data" / name
    mine = take_in_file(path, codelists, Declared(series=series)).observations
    theirs = read(path, codelists).observations
    mine, theirs = mine[mine["SEX"] == "_T"], theirs[(theirs["SERIES"] == series) & (theirs["SEX"] == "_T")]
    own = {(a, p): v for a, p, v in zip(mine["REF_AREA"], mine["TIME_PERIOD"], mine["OBS_VALUE"], strict=True)}
    other = {(a, p): v for a, p, v in zip(theirs["REF_AREA"], theirs["TIME_PERIOD"], theirs["OBS_VALUE"], strict=True)}
    assert len(set(own) & set(other)) > 500
    assert [k for k in other if k in own and own[k] != other[k]] == []
    missing = sorted(set(other) - set(own))
    assert missing == []


@pytest.mark.parametrize(
    ("name", "declared", "code"),
    [
        ("th-population-names/PopulationByProvinces.csv", {"series": "TH_POP_DOPA"}, "province_not_yet"),
        ("mots-tourism-monthly/Tourism_Data_year_2567.xlsx", {}, "column_unknown"),
        ("nesdc-econvis/tha_mots_annual_by_province.csv", {}, "column_unknown"),
        ("nesdc-econvis/tha_gpp.csv", {}, "no_table"),
    ],
)
def test_other_real_files_are_refused_for_a_stated_reason(shared, codelists, name, declared, code):
    with pytest.raises(Refusal) as refusal:
        take_in_file(shared / "data" / name, codelists, Declared(**declared))
    assert code in {p.code for p in refusal.value.problems}


# ---------------------------------------------------------------- rules, one by one

HEAD = "จังหวัด,2564,2565\n"


def test_all_faults_are_told_at_once(tmp_path, codelists):
    found = refused(tmp_path, codelists, "จังหวัด,2653,2565\nยะลา,1,-\nNA,2,3\nตรัง,550,9%%\n")
    assert found == [("year_range", 1, "B"), ("dash", 2, "C"), ("province_unknown", 3, "A"), ("number", 4, "C")]


@pytest.mark.parametrize(("dash", "expected"), [("missing", set()), ("zero", {("TH-95", "_T", "2021", 0.0)})])
def test_a_dash_means_what_was_declared_and_the_rule_is_recorded(tmp_path, codelists, dash, expected):
    table = taken(tmp_path, codelists, HEAD + "ยะลา,-,2\n", dash=dash)
    assert values(table) == expected | {("TH-95", "_T", "2022", 2.0)}
    assert dash == "missing" or "assumed:dash_declared:zero" in table.set_index("TIME_PERIOD").at["2021", "flags"]


@pytest.mark.parametrize(
    ("head", "period"),
    [
        ("2566", "2023"), ("๒๕๖๖", "2023"), ("พ.ศ. 2566", "2023"), ("ค.ศ. 2023", "2023"), ("ปี 2566", "2023"), ("ปีงบประมาณ 2566", "2022-10-01/P1Y"),
        ("FY2566", "2022-10-01/P1Y"), ("ปีการศึกษา 2566", "2023-05-01/P1Y"), ("2566-Q1", "2023-Q1"), ("2023-Q1", "2023-Q1"), ("Q1 2023", "2023-Q1"),
        ("ไตรมาส 1 ปีงบประมาณ 2566", "2022-Q4"), ("ไตรมาสที่ 2 ปีงบประมาณ พ.ศ. 2566", "2023-Q1"), ("ม.ค. 2566", "2023-01"), ("มกราคม 2566", "2023-01"),
        ("2566-05", "2023-05"), ("2561-2563", "2018-01-01/P3Y"), ("2561 ถึง 2563", "2018-01-01/P3Y"), ("2022-10-01/P1Y", "2022-10-01/P1Y"),
    ],
)  # fmt: skip
def test_periods_as_officers_write_them(tmp_path, codelists, head, period):
    assert taken(tmp_path, codelists, f"จังหวัด,{head}\nยะลา,1.5\n")["TIME_PERIOD"].to_list() == [period]


@pytest.mark.parametrize(
    ("head", "code"),
    [
        ("2653", "year_range"), ("2461", "year_range"), ("2580", "year_range"), ("พ.ศ. 2023", "era"), ("ค.ศ. 2566", "era"), ("ปี 66", "two_digit_year"),
        ("66", "two_digit_year"), ("ไตรมาส 1/2566", "quarter_basis"), ("Q1/2566", "quarter_basis"), ("2566-01-01", "date_period"), ("1/1/2566", "date_period"),
        ("ม.ค. 66", "two_digit_year"), ("2561-2580", "year_range"), ("25611", "column_unknown"),
    ],
)  # fmt: skip
def test_periods_that_may_mean_two_things_are_refused_where_they_stand(tmp_path, codelists, head, code):
    assert (code, 1, "B") in refused(tmp_path, codelists, f"จังหวัด,{head},2565\nยะลา,1.5,2\n")


def test_what_was_declared_settles_quarters_and_two_digit_years(tmp_path, codelists):
    assert taken(tmp_path, codelists, "จังหวัด,ไตรมาส 1/2566\nยะลา,1\n", quarters="fiscal")["TIME_PERIOD"].to_list() == ["2022-Q4"]
    assert taken(tmp_path, codelists, "จังหวัด,ไตรมาส 1/2566\nยะลา,1\n", quarters="calendar")["TIME_PERIOD"].to_list() == ["2023-Q1"]
    table = taken(tmp_path, codelists, "จังหวัด,ปี 66\nยะลา,1\n", two_digit_years="BE")
    assert table["TIME_PERIOD"].to_list() == ["2023"] and "two_digit_years:BE" in table["flags"].iloc[0]
    with pytest.raises(UsageError, match="calendar or fiscal"):
        Declared(quarters="both")


def test_a_title_that_says_fiscal_years_makes_bare_years_fiscal(tmp_path, codelists):
    table = taken(tmp_path, codelists, "สัดส่วนคนจน ปีงบประมาณ 2564-2565\n" + HEAD + "ยะลา,1,2\n")
    assert sorted(table["TIME_PERIOD"]) == ["2020-10-01/P1Y", "2021-10-01/P1Y"]
    assert table["flags"].str.contains("assumed:fiscal_from_title").all()


@pytest.mark.parametrize(
    ("content", "code", "row", "column"),
    [
        (HEAD + "ยะลา,1,2\nยะลา,1,3\n", "duplicate", 3, "C"), (HEAD + "ยะลา,-5,2\n", "bounds", 2, "B"), (HEAD + "ยะลา,101,2\n", "bounds", 2, "B"),
        ("จังหวัด,2564,2563,2562,2565\nยะลา,1,2,3,4\n", "year_order", 1, "E"), ("จังหวัด,2564,2564\nยะลา,1,2\n", "header_twice", 1, "C"),
        ("จังหวัด,2564,2021\nยะลา,1,2\n", "header_twice", 1, "C"), ("จังหวัด,อำเภอ,2564\nยะลา,เมือง,2\n", "column_unknown", 1, "B"),
        ("รหัสจังหวัด,จังหวัด,2564\n50,ยะลา,2\n", "province_code", 2, "A"), ("จังหวัด,2564\n,2\n", "province_missing", 2, "A"),
        ("หน่วย: ล้านบาท\nจังหวัด,2564\nยะลา,2\n", "two_meanings", 1, ""), ("จังหวัด,ปี,ค่า,ตัวตั้ง,ตัวหาร\nยะลา,2564,40,30,100\n", "parts", 2, "C"),
        ("จังหวัด,ปี,ค่า,ตัวตั้ง,ตัวหาร\nยะลา,2564,40,200,100\n", "parts_order", 2, "D"), ("จังหวัด,ปี,ค่า,ตัวตั้ง,ตัวหาร\nยะลา,2564,,4,10\n", "", 0, ""),
        ("จังหวัด,ปี,ค่า,หน่วย\nยะลา,2564,40,บาท\n", "two_meanings", 2, "C"), ("จังหวัด,ปี,เพศ,ค่า\nยะลา,2564,อื่น,4\n", "breakdown_unknown", 2, "C"),
        ("บึงกาฬ,1\n", "no_table", 1, ""), (HEAD, "no_values", 1, ""), (HEAD + "บึงกาฬ,1,2\n", "", 0, ""),
        ("จังหวัด,2553\nบึงกาฬ,1\n", "province_not_yet", 2, "B"), (HEAD + "ยะลา,1.5E+01,2\n", "rounded", 2, "B"), (HEAD + "ยะลา,5-ม.ค.,2\n", "date_value", 2, "B"),
        (HEAD + "ยะลา,#N/A,2\n", "error_cell", 2, "B"), (HEAD + 'ยะลา,"6,15",2\n', "number_comma", 2, "B"),
    ],
)  # fmt: skip
def test_rules_one_by_one(tmp_path, codelists, content, code, row, column):
    if code:
        assert (code, row, column) in refused(tmp_path, codelists, content)
    elif "ตัวตั้ง" in content:
        with pytest.raises(Refusal):
            taken(tmp_path, codelists, content)
    else:
        assert len(taken(tmp_path, codelists, content)) == 2


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("จังหวัด,ปี,1.2.1,8.5.2\nยะลา,2564,2,3\n", {("SI_POV_NAHC", "TH-95", "2021", 2.0), ("SL_TLF_UEM", "TH-95", "2021", 3.0)}),
        ("จังหวัดยะลา\nตัวชี้วัด,2564,2565\n1.2.1,2,3\n8.5.2,4,5\n", {("SI_POV_NAHC", "TH-95", "2021", 2.0), ("SI_POV_NAHC", "TH-95", "2022", 3.0),
                                                             ("SL_TLF_UEM", "TH-95", "2021", 4.0), ("SL_TLF_UEM", "TH-95", "2022", 5.0)}),
        (",ตัวชี้วัด 1.2.1,,ตัวชี้วัด 8.5.2,\nจังหวัด,2564,2565,2564,2565\nยะลา,1,2,3,4\n",
         {("SI_POV_NAHC", "TH-95", "2021", 1.0), ("SI_POV_NAHC", "TH-95", "2022", 2.0), ("SL_TLF_UEM", "TH-95", "2021", 3.0), ("SL_TLF_UEM", "TH-95", "2022", 4.0)}),
        ("จังหวัด,ปี,เดือน,1.2.1\nยะลา,2566,ม.ค.,2\n", {("SI_POV_NAHC", "TH-95", "2023-01", 2.0)}),
    ],
)  # fmt: skip
def test_several_indicators_in_columns_rows_and_groups(tmp_path, codelists, content, expected):
    table = take_in_file(written(tmp_path, content), codelists, Declared(today=TODAY)).observations
    assert set(table[["SERIES", "REF_AREA", "TIME_PERIOD", "OBS_VALUE"]].itertuples(index=False, name=None)) == expected


def test_a_value_of_several_years_is_stored_as_such_and_is_no_point_of_a_trend(tmp_path, codelists):
    from sdg_eval.evaluation import evaluate_national
    from sdg_eval.thai import format_period

    path = written(tmp_path, "จังหวัด,2561-2563,ปีการศึกษา 2565,2566\nยะลา,3,4,5\n")
    intake_files([path], declared=Declared(**POVERTY), store=tmp_path / "s", out=None)
    table = read_latest(tmp_path / "s")
    assert dict(zip(table["TIME_PERIOD"], table["FREQ"], strict=True)) == {"2018-01-01/P3Y": "A3", "2022-05-01/P1Y": "A", "2023": "A"}
    assert [format_period(p, "th") for p in table["TIME_PERIOD"]] == ["ปีการศึกษา 2565", "พ.ศ. 2566", "พ.ศ. 2561–2563"]
    assert set(evaluate_national(table, codelists, report_year=2026).trends["FREQ"]) == {"A"}


def test_negative_values_load_where_they_are_declared_possible(tmp_path, codelists):
    assert taken(tmp_path, codelists, HEAD + "ยะลา,-5,2\n", allow_negative=True)["OBS_VALUE"].min() == -5


def test_a_series_is_found_by_its_unit_or_kept_as_reported_and_units_are_never_converted(tmp_path, codelists):
    jobless = taken(tmp_path, codelists, HEAD + "ยะลา,1,2\n", indicator="8.5.2", unit="ร้อยละ")
    assert set(jobless["SERIES"]) == {"SL_TLF_UEM"} and "assumed:series_of_indicator:8.5.2" in jobless["flags"].iloc[0]
    proxy = taken(tmp_path, codelists, HEAD + "ยะลา,50,60\n", indicator="3.6.1", unit="ราย")
    assert set(proxy["SERIES"]) == {"TH_RPT_3_6_1_CASES"}  # the codelist's series is a proxy: it counts state roads alone
    other = taken(tmp_path, codelists, HEAD + "ยะลา,50,60\n", indicator="8.1.1", unit="บาท")
    assert set(other["SERIES"]) == {"TH_RPT_8_1_1_BAHT"}
    path = written(tmp_path, HEAD + "ยะลา,50,60\n")
    for declared, code in (({"series": "TH_HAI", "unit": "บาท"}, "unit_mismatch"), ({"indicator": "9.9.9", "unit": "บาท"}, "series_unknown"),
                           ({"indicator": "4.7.1"}, "unit_missing"), ({}, "series_missing"),
                           ({"indicator": "1.2.1", "unit": "ฟุต"}, "unit_unknown")):  # fmt: skip
        with pytest.raises(Refusal) as refusal:
            take_in_file(path, codelists, Declared(**declared, today=TODAY))
        assert code in {p.code for p in refusal.value.problems}, declared


def test_a_date_of_the_figures_is_found_in_a_footnote(tmp_path, codelists):
    table = taken(tmp_path, codelists, HEAD + "ยะลา,1,2\nข้อมูล ณ วันที่ 31 มีนาคม 2567\n")
    assert set(table["as_of"]) == {"2024-03-31"}


def workbook(tmp_path, fill, name="officer.xlsx"):
    book = openpyxl.Workbook()
    fill(book, book.active)
    stream = io.BytesIO()
    book.save(stream)
    return written(tmp_path, stream.getvalue(), name)


def test_what_a_workbook_hides_or_formats_is_decided_not_guessed(tmp_path, codelists):
    def fill(book, sheet):
        for row in (["จังหวัด", 2564, 2565], ["ยะลา", 0.125, 14.0], ["ตรัง", 0.061, 5.5]):
            sheet.append(row)
        sheet["B2"].number_format = sheet["B3"].number_format = "0.0%"
        sheet.row_dimensions[3].hidden = True

    path = workbook(tmp_path, fill)
    with pytest.raises(Refusal) as refusal:
        take_in_file(path, codelists, Declared(**POVERTY))
    assert [(p.code, p.sheet, p.row) for p in refusal.value.problems] == [("hidden_rows", "Sheet", 3)]
    shown = take_in_file(path, codelists, Declared(**POVERTY, hidden="leave-out")).observations
    assert values(shown) == {("TH-95", "_T", "2021", 12.5), ("TH-95", "_T", "2022", 14.0)}
    whole = take_in_file(path, codelists, Declared(**POVERTY, hidden="include")).observations
    assert ("TH-92", "_T", "2021", 6.1) in values(whole) and whole["flags"].str.contains("percent_format").sum() == 2


def test_personal_data_anywhere_is_refused_without_being_repeated(tmp_path, codelists):
    number = "1100500012341"
    from sdg_eval.intake.personal import valid_national_id

    number = next(n for n in (f"11005000123{k:02d}" for k in range(100)) if valid_national_id(n))

    def fill(book, sheet):
        sheet.append(["จังหวัด", 2564])
        sheet.append(["ยะลา", 5.5])
        sheet["B2"].comment = openpyxl.comments.Comment("โทร 081-234-5678", "x")
        hidden = book.create_sheet("ซ่อน")
        hidden["A1"] = f"ผู้ตอบ {number}"
        hidden.sheet_state = "hidden"
        book.properties.description = "somchai@example.go.th"

    with pytest.raises(Refusal) as refusal:
        take_in_file(workbook(tmp_path, fill), codelists, Declared(**POVERTY))
    text = problems_json(refusal.value.problems) + str(refusal.value) + refusal_page(refusal.value.problems)
    assert {p.code for p in refusal.value.problems} == {"personal"} and len(refusal.value.problems) == 3
    assert number not in text and "081-234" not in text and "somchai" not in text


# ---------------------------------------------------------------- the command


def test_a_refusal_leaves_the_store_byte_identical_and_writes_only_its_problems(tmp_path, codelists):
    store, out = tmp_path / "store", tmp_path / "out"
    good = written(tmp_path, HEAD + "ยะลา,1,2\n", "good.csv")
    bad = written(tmp_path, HEAD + "ยะลา,1,x\n", "bad.csv")
    intake_files([good], declared=Declared(**POVERTY), store=store, out=None)
    before = {p: p.read_bytes() for p in store.rglob("*") if p.is_file()}
    second = written(tmp_path, HEAD + "ตรัง,1,2\n", "second.csv")
    with pytest.raises(Refusal):
        intake_files([second, bad], declared=Declared(**POVERTY), store=store, out=out, page=tmp_path / "page.html")
    assert {p: p.read_bytes() for p in store.rglob("*") if p.is_file()} == before
    assert [p.name for p in out.iterdir()] == ["problems.json"]
    (problem,) = json.loads((out / "problems.json").read_text(encoding="utf-8"))
    assert set(problem) == {"file", "sheet", "row", "column", "found", "code", "message_th", "message_en", "remedy_th", "remedy_en"}
    assert (problem["file"], problem["row"], problem["column"], problem["found"]) == ("bad.csv", 2, "C", "x")
    assert "bad.csv" in (tmp_path / "page.html").read_text(encoding="utf-8")
    report("S5", "refused call: partial loads 0, store byte-identical")


def test_two_files_of_one_call_that_disagree_are_both_refused(tmp_path, codelists):
    paths = [written(tmp_path, HEAD + f"ยะลา,1,{n}\n", f"f{n}.csv") for n in (2, 3)]
    with pytest.raises(Refusal) as refusal:
        intake_files(paths, declared=Declared(**POVERTY), store=tmp_path / "s", out=None)
    assert [(p.code, p.file, p.row, p.column) for p in refusal.value.problems] == [("duplicate", "f2.csv", 2, "C"), ("duplicate", "f3.csv", 2, "C")]
    intake_each(paths, declared=Declared(**POVERTY), store=tmp_path / "s", out=None, workers=1)
    assert sorted(read_latest(tmp_path / "s")["OBS_VALUE"]) == [1.0, 3.0]  # each for itself: the later file is the later load


def test_good_files_come_in_when_each_is_for_itself(tmp_path, codelists):
    good = written(tmp_path, HEAD + "ยะลา,1,2\n", "good.csv")
    bad = written(tmp_path, HEAD + "ตรัง,1,x\n", "bad.csv")
    with pytest.raises(Refusal):
        intake_each([good, bad], declared=Declared(**POVERTY), store=tmp_path / "s", out=tmp_path / "o", workers=1)
    assert set(read_latest(tmp_path / "s")["REF_AREA"]) == {"TH-95"}
    assert {p.name for p in (tmp_path / "o").iterdir()} == {"observations.csv", "problems.json"}


def test_an_undated_file_does_not_replace_dated_figures(tmp_path, codelists):
    dated = written(tmp_path, HEAD + "ยะลา,1,2\nข้อมูล ณ วันที่ 31 มีนาคม 2567\n", "dated.csv")
    undated = written(tmp_path, HEAD + "ยะลา,1,3\n", "undated.csv")
    intake_files([dated], declared=Declared(**POVERTY), store=tmp_path / "s", out=None)
    with pytest.raises(Refusal) as refusal:
        intake_files([undated], declared=Declared(**POVERTY), store=tmp_path / "s", out=None)
    assert [(p.code, p.row, p.column) for p in refusal.value.problems] == [("undated", 2, "C")]
    intake_files([undated], declared=Declared(**POVERTY, as_of="2024-06-30"), store=tmp_path / "s", out=None)
    assert sorted(read_latest(tmp_path / "s")["OBS_VALUE"]) == [1.0, 3.0]


def test_the_command_line_takes_in_traces_and_refuses_with_its_code(tmp_path):
    def run(*args):
        return subprocess.run([sys.executable, "-m", "sdg_eval", *map(str, args)], capture_output=True, text=True, cwd=ROOT)

    path = written(tmp_path, "ตัวชี้วัด 1.2.1 สัดส่วนคนจน (ร้อยละ)\n" + HEAD + "ยะลา,28.4,30.25\n")
    done = run("intake", path, "--store", tmp_path / "s", "--out", tmp_path / "o")
    assert done.returncode == 0, done.stderr
    with open(tmp_path / "o" / "observations.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0])[: len(EXCHANGE_COLUMNS)] == EXCHANGE_COLUMNS
    assert [(r["province"], r["province_code"], r["period"], r["value"], r["unit"]) for r in rows] == [("ยะลา", "95", "2021", "28.4", "ร้อยละ"), ("ยะลา", "95", "2022", "30.25", "ร้อยละ")]
    traced = run("trace", "TH-95", "SI_POV_NAHC", "2565", "--store", tmp_path / "s")
    assert "officer.csv, row 3, column C: '30.25'" in traced.stdout and "sha256" in traced.stdout
    assert run("verify", "--store", tmp_path / "s").stdout.startswith("Sound: 1 loads, 2 values, 1 raw files")
    refusal = run("intake", written(tmp_path, HEAD + "ยะลา,1,x\n", "bad.csv"), "--indicator", "1.2.1")
    assert refusal.returncode == 3 and "แถว 2, คอลัมน์ C" in refusal.stderr and "row 2, column C" in refusal.stderr
    assert run("trace", "TH-95", "SI_POV_NAHC", "1999", "--store", tmp_path / "s").returncode == 3
    assert run("intake", path, "--dry-run", "--store", tmp_path / "s2").returncode == 0 and not (tmp_path / "s2").exists()


def test_every_refusal_code_is_complete_in_both_languages_and_has_its_page():
    page = (ROOT / "docs" / "refusals.md").read_text(encoding="utf-8")
    for code, texts in MESSAGES.items():
        assert len(texts) == 4 and all(texts), code
        assert any("ก" <= ch <= "๙" for ch in texts[0] + texts[2]) and f"`{code}`" in page, code
    report("S33", f"{len(MESSAGES)} of {len(MESSAGES)} refusal codes have cause, remedy and Thai text")


def test_the_page_that_goes_back_to_the_province_is_thai_first_and_inert(tmp_path, codelists):
    with pytest.raises(Refusal) as refusal:
        take_in([written(tmp_path, "จังหวัด,2565\n<script>alert(1)</script>,2\n")], codelists, Declared(**POVERTY))
    page = refusal_page(refusal.value.problems)
    assert "<script>" not in page and "&lt;script&gt;" in page and 'lang="th"' in page and "http" not in page.replace("http-equiv", "")
    assert page.index("ไม่รู้จักจังหวัด") < page.index("unknown province")
    lines = refusal_lines(refusal.value)
    assert lines[0].startswith("ไม่รับข้อมูล") and told(refusal.value.problems[0], "en")[0] in lines


def test_grid_values_equal_openpyxls_own_in_every_real_workbook(shared):
    for path in sorted((shared / "data").rglob("*.xlsx")):
        if path.stat().st_size > 2_000_000:
            continue
        book = openpyxl.load_workbook(path, data_only=True)
        for sheet in read_grid(path):
            assert sheet.values == [list(r) for r in book[sheet.name].iter_rows(values_only=True)]


def test_a_1904_workbook_keeps_its_dates(tmp_path):
    def fill(book, sheet):
        book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
        sheet.append([dt.datetime(2020, 5, 17)])

    (sheet,) = read_grid(workbook(tmp_path, fill))
    assert sheet.values == [[dt.datetime(2020, 5, 17)]]
