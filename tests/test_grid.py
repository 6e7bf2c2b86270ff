"""The one reader: cells that know their place, four encodings, refusals before anything is unpacked."""

import io
import zipfile

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdg_eval.errors import DataError
from sdg_eval.grid import (
    column_letter,
    find_header,
    parse_number,
    read_grid,
    read_json,
    read_rds,
    require_sheet,
)

THAI = "จังหวัด,2565,2566\nเชียงใหม่,1.5,2\nภูเก็ต,,3\n"


def written(tmp_path, content: bytes, name="table.csv"):
    path = tmp_path / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp874", "utf-16"])
def test_four_encodings_give_the_same_cells(tmp_path, encoding):
    (sheet,) = read_grid(written(tmp_path, THAI.encode(encoding)))
    assert sheet.values == [row.split(",") for row in THAI.splitlines()]
    cell = sheet.cell(2, 3)
    assert (cell.value, cell.where) == ("2", "table.csv, sheet -, row 2, column C")


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_the_delimiter_is_found(tmp_path, mark):
    (sheet,) = read_grid(written(tmp_path, THAI.replace(",", mark).encode()))
    assert sheet.field_counts == [3, 3, 3]


def test_a_short_or_long_row_shows_in_the_field_counts(tmp_path):
    (sheet,) = read_grid(written(tmp_path, b"a,b,c\n1,2,3\n1,2\n1,2,3,4\n"))
    assert sheet.field_counts == [3, 3, 2, 4]


def test_the_kind_is_told_from_the_content_not_the_name(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["ปี", 2566])
    book.create_sheet("ซ่อน").sheet_state = "hidden"
    stream = io.BytesIO()
    book.save(stream)
    sheets = read_grid(written(tmp_path, stream.getvalue(), "really.csv"))
    assert [s.hidden for s in sheets] == [False, True]
    assert sheets[0].values == [["ปี", 2566]]
    assert require_sheet(sheets, "ซ่อน").hidden
    with pytest.raises(DataError, match="'2567' is missing; found Sheet, ซ่อน"):
        require_sheet(sheets, "2567")


def test_a_zip_of_one_table_is_that_table(tmp_path):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("inside.csv", THAI)
        archive.writestr("readme.txt", "about")
    (sheet,) = read_grid(written(tmp_path, stream.getvalue(), "t.zip"))
    assert (sheet.name, sheet.n_rows, sheet.n_cols) == ("inside.csv", 3, 3)


def pack(**members) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf  \n", "empty"),
        (b"PK\x03\x04 cut", "Download the file again"),
        (pack(**{"a.csv": THAI * 50})[:120], "Download the file again"),
        (pack(**{"../a.csv": THAI}), "outside the archive"),
        (pack(**{"a.csv": THAI, "b.csv": THAI}), "must hold one csv"),
        (pack(**{"a.csv": b"0" * 60_000_000}), "Save the table as a new file"),
        ("เชียงใหม่\n".encode() + b"\xff\xfe\xff", "CSV UTF-8"),
        (b"a,b\n1,caf\xe9\n", "CSV UTF-8"),
        (b'a,b\n1,"open\n', "quotation mark"),
        (b"\x00\x01\x02\x03binary", "Give csv, xlsx or xls"),
        (b"\xd0\xcf\x11\xe0 not really", "Save it as xlsx"),
        (pack(**{"xl/workbook.xml": "<x/>"}), "not readable as a workbook"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_file_and_the_remedy(tmp_path, content, word):
    with pytest.raises(DataError) as refusal:
        read_grid(written(tmp_path, content, "officer.bin"))
    assert "officer.bin" in str(refusal.value)
    assert word in str(refusal.value)


def test_broken_json_and_r_files_are_refused_by_name(tmp_path):
    with pytest.raises(DataError, match=r"x\.json.*Download"):
        read_json(written(tmp_path, b'{"a": ', "x.json"))
    with pytest.raises(DataError, match=r"x\.rds.*Download"):
        read_rds(written(tmp_path, b"\x1f\x8b\x08broken", "x.rds"))
    with pytest.raises(DataError, match="cannot be read"):
        read_grid(tmp_path / "absent.csv")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1,234.5", 1234.5), ("๑,๒๓๔", 1234), ("-3", -3), (" 7 ", 7), (".5", 0.5), ("1e3", 1000), ("−2", -2), (4, 4),
        ("-", None), ("n/a", None), ("ไม่มีข้อมูล", None), ("", None), (None, None), (float("nan"), None), ("0", 0),
    ],
)  # fmt: skip
def test_numbers_as_officers_write_them(text, number):
    assert parse_number(text, where="here") == number


@pytest.mark.parametrize("text", ["1,5", "1.234,5", "12,34,567", "12%", "3 4", "ประมาณ 5", "1-2", "=1+1", True, float("inf"), "5*"])
def test_what_can_mean_two_things_is_refused_at_its_place(text):
    with pytest.raises(DataError, match="officer.xlsx, sheet 1, row 3, column B"):
        parse_number(text, where="officer.xlsx, sheet 1, row 3, column B")


@given(st.integers(1, 18_278))
def test_column_letters_are_those_of_a_spreadsheet(number):
    assert column_letter(number) == openpyxl.utils.get_column_letter(number)


def test_a_header_is_found_below_title_rows(tmp_path):
    (sheet,) = read_grid(written(tmp_path, ("รายงาน\n\n" + THAI).encode()))
    assert find_header(sheet, ["จังหวัด", "2566"]) == 3
    assert find_header(sheet, ["absent"]) is None


@pytest.mark.parametrize("name", ["d03_bad_bytes.csv", "d19_zip_bomb.xlsx", "d20_dtd.xlsx"])
def test_dangerous_files_are_refused(shared, name):
    with pytest.raises(DataError, match=name):
        read_grid(shared / "badinputs" / name)
