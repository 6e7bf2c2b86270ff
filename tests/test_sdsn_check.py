"""Published SDSN arrows, goal arrows and scores, recomputed from the report's own workbook."""

import numpy as np
import openpyxl
import pandas as pd
import pytest

from sdg_eval.errors import DataError
from sdg_eval.progress_rules import SDSN_WORDS
from sdg_eval.sdsn_check import (
    SHEETS,
    SHORTFALL,
    agreement,
    confusion,
    explain,
    held_out_agreement,
    read_sdr,
    recompute_arrows,
    recompute_goal_arrows,
    recompute_scores,
    refine_declines,
    try_hypotheses,
)

STAGNATING, DECREASING = SDSN_WORDS[2:]
FILE = "SDR 2021 - Database.xlsx"


@pytest.fixture(scope="module")
def workbook(shared):
    path = shared / "data" / "sdsn-sdr-2021" / FILE
    if not path.is_file():
        pytest.skip(f"The SDR 2021 workbook is absent from {path.parent.name}.")
    return read_sdr(path)


@pytest.fixture(scope="module")
def arrows(workbook):
    return recompute_arrows(workbook)


# ---------------------------------------------------------------- the official workbook


@pytest.mark.real
def test_published_arrows_are_reproduced(arrows):
    assert len(arrows) == 10_855  # arrows of countries whose codebook row is complete
    known = arrows[arrows["recomputed"] != "not_applicable"]
    assert len(known) == 10_726
    assert (known["published"] == known["recomputed"]).sum() == 10_442
    assert agreement(arrows) >= 0.97


@pytest.mark.real
def test_arrows_of_thailand_are_reproduced_but_for_three(arrows):
    thailand = arrows[(arrows["country"] == "THA") & (arrows["recomputed"] != "not_applicable")]
    differing = thailand[thailand["published"] != thailand["recomputed"]]
    assert len(thailand) == 61
    assert set(differing["indicator"]) == {"sdg2_undernsh", "sdg5_edat", "sdg13_co2gcp"}
    assert set(differing["published"]) == {STAGNATING} and set(differing["recomputed"]) == {DECREASING}


@pytest.mark.real
def test_most_disagreements_are_declines_published_as_stagnating(arrows):
    table, kinds = confusion(arrows), explain(arrows)
    assert table.loc[STAGNATING, DECREASING] == 250
    assert table.to_numpy().sum() == len(arrows)
    kinds = kinds[kinds["recomputed"] != "not_applicable"]
    assert kinds["kind"].iloc[0] == "decline published as stagnating"
    assert kinds["n"].sum() == 284


@pytest.mark.real
@pytest.mark.slow
def test_no_published_column_explains_the_declines_but_nearness_to_green_describes_them(arrows, workbook):
    tried = try_hypotheses(arrows, workbook).set_index("hypothesis")
    assert tried.loc["scores clipped to 0-100", "agreement"] == pytest.approx(0.962, abs=0.001)
    assert tried.loc["optimum instead of green threshold", "agreement"] == pytest.approx(0.841, abs=0.001)
    simple = [name for name in tried.index if "imputed" in name or "poverty" in name or "rounded" in name]
    assert len(simple) == 5 and (tried.loc[simple, "gain"] < 0).all()
    slightness = ["pace ratio just below zero up to", "score points lost per year up to"]
    assert (tried.loc[slightness, "gain"] < 0.001).all()  # it is not that the decline is slight
    before, after = held_out_agreement(arrows, SHORTFALL)
    assert after - before > 0.008  # on countries that did not set the cut
    refined = refine_declines(arrows)
    assert agreement(refined) > 0.984
    assert agreement(refined[refined["country"] == "THA"]) >= agreement(arrows[arrows["country"] == "THA"])


@pytest.mark.real
def test_goal_arrows_agree_in_nine_of_ten_and_never_by_three_classes(arrows, workbook):
    goals = recompute_goal_arrows(workbook, arrows)
    assert len(goals) == 2_707
    assert agreement(goals) > 0.89
    steps = (goals["published"].map(SDSN_WORDS.index) - goals["recomputed"].map(SDSN_WORDS.index)).abs()
    assert steps.max() <= 2 and (steps == 2).sum() <= 3


@pytest.mark.real
def test_published_scores_follow_from_raw_values_and_codebook_bounds(workbook):
    scores = recompute_scores(workbook)
    assert scores["n"].sum() > 13_000
    assert scores["within"].sum() == scores["n"].sum()


# ---------------------------------------------------------------- a workbook of our own


def specimen() -> dict[str, pd.DataFrame]:
    """Three countries, one indicator of which less is better: green 10, worst 50."""
    results = pd.DataFrame({
        "Country Code ISO3": ["AAA", "BBB", "CCC", "_LAC"], "Country": ["A", "B", "C", "Region"],
        "Regions used for the SDR": ["OECD", "LAC", "LAC", np.nan],
        "Goal 1 Trend": ["↑", "→", np.nan, "↑"],
        "Headcount": [9.0, 29.0, 40.0, 1.0], "Year: sdg1_x": [2020] * 4,
        "Normalized Score: sdg1_x": [82.0, 42.0, 20.0, 98.0], "Trend: sdg1_x": ["↑", "→", "↓", "↑"],
    })  # fmt: skip
    series = pd.DataFrame({
        "id": ["AAA", "AAA", "BBB", "BBB", "CCC", "CCC"], "Country": list("AABBCC"),
        "Year": [2015, 2020, 2015, 2019, 2015, 2020], "sdg1_x": [12.0, 9, 30, 29, 30, 40],
    })  # fmt: skip
    codebook = pd.DataFrame({
        "IndCode": ["sdg1_x"], "SDG": [1], "Indicator": ["Headcount"],
        "Trend_Global": ["yes"], "Trend_OECD": ["yes"],
        "Years Used for Trend Evaluation": ["2015 - 2020"], "Optimum (= 100)": [0.0],
        "Green threshold": [10.0],
        "Red threshold": [20.0], "Lower Bound (=0)": [50.0],
    })  # fmt: skip
    return dict(zip(SHEETS, (results, series, codebook), strict=True))


def write(path, tables: dict[str, pd.DataFrame]):
    with pd.ExcelWriter(path) as writer:
        for sheet, table in tables.items():
            table.to_excel(writer, sheet_name=sheet, index=False)
    return path


def test_arrows_take_the_nearest_year_and_leave_regions_out(tmp_path):
    table = recompute_arrows(read_sdr(write(tmp_path / "s.xlsx", specimen())))
    assert explain(table).empty
    arrows = table.set_index("country")
    assert list(arrows["recomputed"]) == ["on_track_or_maintaining", STAGNATING, DECREASING]
    assert list(arrows["published"]) == list(arrows["recomputed"])
    assert arrows.loc["BBB", "end_year"] == 2019 and not arrows.loc["BBB", "exact_years"]
    assert arrows.loc["BBB", "pace_ratio"] == pytest.approx((1 / 4) / (20 / 15))


def test_goals_and_scores_of_the_specimen(tmp_path):
    workbook = read_sdr(write(tmp_path / "s.xlsx", specimen()))
    goals = recompute_goal_arrows(workbook, recompute_arrows(workbook))
    assert list(goals["country"]) == ["AAA", "BBB"]
    assert agreement(goals) == 1
    scores = recompute_scores(workbook).iloc[0]
    assert (scores["n"], scores["share"]) == (3, 1)


@pytest.mark.parametrize("sheet", list(SHEETS))
def test_a_workbook_without_a_sheet_is_refused_by_its_name(tmp_path, sheet):
    tables = specimen()
    tables.pop(sheet)
    with pytest.raises(
        DataError, match=rf"s\.xlsx: sheet '{sheet}' is missing; found .*Give the complete database"
    ):
        read_sdr(write(tmp_path / "s.xlsx", tables))


@pytest.mark.parametrize("sheet", list(SHEETS))
def test_a_sheet_without_a_column_is_refused_by_its_name(tmp_path, sheet):
    tables = specimen()
    column = SHEETS[sheet][-1]
    tables[sheet] = tables[sheet].drop(columns=column)
    with pytest.raises(DataError) as refusal:
        read_sdr(write(tmp_path / "s.xlsx", tables))
    for word in ("s.xlsx", sheet, column, "missing"):
        assert word in str(refusal.value)


def test_a_sheet_without_rows_or_arrows_is_refused(tmp_path):
    tables = specimen()
    no_rows = tables | {"Codebook": tables["Codebook"].iloc[:0]}
    with pytest.raises(DataError, match="no rows"):
        read_sdr(write(tmp_path / "s.xlsx", no_rows))
    results = tables["SDR2021 Data"].drop(columns="Trend: sdg1_x")
    with pytest.raises(DataError, match="published arrows"):
        read_sdr(write(tmp_path / "s.xlsx", tables | {"SDR2021 Data": results}))


def test_a_cut_off_file_and_a_missing_one_are_refused(tmp_path):
    path = write(tmp_path / "s.xlsx", specimen())
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(DataError, match=r"s\.xlsx: cannot be read as an Excel workbook"):
        read_sdr(path)
    with pytest.raises(DataError, match="no such file"):
        read_sdr(tmp_path / "absent.xlsx")


def test_an_empty_workbook_is_refused(tmp_path):
    path = tmp_path / "s.xlsx"
    openpyxl.Workbook().save(path)
    with pytest.raises(DataError, match="found 'Sheet'"):
        read_sdr(path)


def test_an_unknown_target_is_refused(tmp_path):
    with pytest.raises(DataError, match="green"):
        recompute_arrows(read_sdr(write(tmp_path / "s.xlsx", specimen())), target="blue")
