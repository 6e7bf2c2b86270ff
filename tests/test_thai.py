"""Eras, fiscal calendar, digits, months and names of Thai administrative text."""

import datetime as dt
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdg_eval.errors import DataError
from sdg_eval.thai import (
    MONTHS_EN,
    MONTHS_TH,
    MONTHS_TH_SHORT,
    clean_text,
    fiscal_quarter,
    fiscal_year_bounds,
    format_period,
    month_number,
    normalise_province_name,
    parse_year,
    to_ce,
)


def test_the_fiscal_calendar_equals_the_reference(reference):
    for case in reference("thai_fiscal_calendar_a")["cases"]:
        given_, expected = case["input"], case["expected"]
        got = fiscal_quarter(given_["fiscal_year_be"], given_["fiscal_quarter"])
        assert got.start.isoformat() == expected["start"]
        assert got.end.isoformat() == expected["end"]
        assert got.fiscal_year_ce == expected["fiscal_year_ce"]
        assert got.calendar_quarter == expected["calendar_quarter"]


@given(st.integers(2500, 2700))
def test_the_four_quarters_tile_the_fiscal_year(year):
    first, last = fiscal_year_bounds(year)
    quarters = [fiscal_quarter(year, q) for q in (1, 2, 3, 4)]
    assert (quarters[0].start, quarters[-1].end) == (first, last)
    for before, after in zip(quarters, quarters[1:], strict=False):
        assert after.start - before.end == dt.timedelta(days=1)


@pytest.mark.parametrize(
    "text", [2566, 2023, "2566", "๒๕๖๖", "พ.ศ. ๒๕๖๖", "พ.ศ.2566", "B.E. 2566", "ค.ศ. 2023", " 2023 ", 2566.0, "ปี 2566"]
)
def test_every_way_to_write_a_year_means_2023(text):
    assert parse_year(text) == 2023


@pytest.mark.parametrize("text", ["66", "256", "25666", "2566-2567", "พ.ศ. 2023", "ค.ศ. 2566", "", "year", 0, 1200, 2566.5])
def test_what_is_not_one_year_is_refused(text):
    with pytest.raises(DataError):
        parse_year(text)


@given(st.integers(1941, 2200))
def test_eras_do_not_overlap(year):
    assert to_ce(year) == to_ce(year + 543) == year


def test_months_in_every_writing():
    for names in (MONTHS_TH, MONTHS_TH_SHORT, MONTHS_EN, [m[:3] for m in MONTHS_EN]):
        assert [month_number(name) for name in names] == list(range(1, 13))
    assert month_number("มค") == month_number(" JAN. ") == 1
    assert month_number("รวม") is None


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("จังหวัดเชียงใหม่", "เชียงใหม่"),
        ("จ. เชียงใหม่ ", "เชียงใหม่"),
        ("เเพร่", "แพร่"),
        ("ลํา\u200bพูน", "ลำพูน"),
        ("นํ้า", "น้ำ"),
        ("น้ํา", "น้ำ"),
        ("CHIANG-MAI Province", "Chiang Mai"),
        ("Changwat Chiang Mai", "chiangmai"),
    ],
)
def test_writings_of_one_name_fold_to_one_form(written, meant):
    assert normalise_province_name(written) == normalise_province_name(meant)


def test_names_that_differ_stay_different():
    assert normalise_province_name("เลย") != normalise_province_name("เลิง")
    assert normalise_province_name("Nan") != normalise_province_name("Nakhon Nayok")


@given(st.text())
def test_folding_again_changes_nothing_and_never_fails(text):
    assert clean_text(clean_text(text)) == clean_text(text)
    assert unicodedata.is_normalized("NFC", clean_text(text)) or "เ" in text


def test_periods_as_read():
    assert format_period("2023", "th") == "พ.ศ. 2566"
    assert format_period("2023-Q1", "th") == "ไตรมาส 1/2566"
    assert format_period("2023-05", "th") == "พ.ค. 2566"
    assert format_period("2022-10-01/P1Y", "th") == "ปีงบประมาณ 2566"
    assert format_period("2022-10-01/P1Y", "en") == "FY 2023 (Oct 2022 - Sep 2023)"
    assert [format_period(p, "en") for p in ("2023", "2023-Q1", "2023-05")] == ["2023", "Q1 2023", "May 2023"]
    with pytest.raises(DataError):
        format_period("2566/1", "th")
