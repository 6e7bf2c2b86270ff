"""The official files: what each must give, and the spoiled twin that must be refused."""

import json
import zipfile

import numpy as np
import pytest

from sdg_eval.errors import DataError
from sdg_eval.observations import validate_observations
from sdg_eval.sources import SOURCES, import_paths, read, recognise, source_modules
from sdg_eval.sources.doh_road import place_points
from sdg_eval.sources.nso_gpp import cross_check


@pytest.fixture(scope="module")
def outcomes(shared, codelists):
    """Every file of the shared data folder, read once; by file name (the last of a name)."""
    return {o.path.name: o for o in import_paths([shared / "data"], codelists)}


def values(outcomes, name, series, freq="A"):
    table = outcomes[name].reading.observations
    return table[(table["SERIES"] == series) & (table["FREQ"] == freq)]


def one(table, area, period):
    rows = table[(table["REF_AREA"] == area) & (table["TIME_PERIOD"] == period)]
    return rows["OBS_VALUE"].item()


def test_every_module_has_its_row_in_the_list_of_sources(codelists):
    assert len(source_modules()) == len(SOURCES)
    for module in source_modules():
        if module.NAME != "reference":
            assert codelists.source_row(module.NAME)["publisher_en"], module.NAME


def test_every_file_of_the_folder_is_known_and_keeps_the_contract(outcomes):
    assert [name for name, o in outcomes.items() if o.source is None or o.error] == []
    for name, outcome in outcomes.items():
        table = validate_observations(outcome.reading.observations, where=name)
        assert (table["source_file"] == name).all()
        assert (table["source_id"].str.len() == 64).all()
        assert (table["source_column"] != "").all()
        assert outcome.reading.notes


def test_no_value_is_older_than_its_province(outcomes, codelists):
    since = codelists.areas.set_index("REF_AREA")["valid_from"].astype(int)
    for name, outcome in outcomes.items():
        table = outcome.reading.observations
        if len(table):
            assert (table["TIME_PERIOD"].str[:4].astype(int) >= table["REF_AREA"].map(since)).all(), name


def test_gpp_duplicates_are_set_aside_and_two_copies_agree_value_by_value(outcomes):
    import pandas as pd

    aside = outcomes["tha_gpp.csv"].reading.set_aside["reason"]
    assert aside.str.contains("duplicate").sum() == 206
    both = pd.concat([outcomes[n].reading.observations for n in ("tha_gpp.csv", "gpp.csv")])
    assert len(both[both["SERIES"] == "TH_GPP_CP_NSO"]) == 77 * 8
    assert cross_check(both).empty
    rounded = cross_check(both, tolerance=1e-3)  # two provinces stand in whole million baht in the copy
    assert set(rounded["REF_AREA"]) == {"TH-15", "TH-27"}
    assert (rounded["copy"] == rounded["nesdc"].round()).all()
    spoiled = both.copy()
    spoiled.loc[(spoiled["SERIES"] == "TH_GPP_CP_NSO") & (spoiled["TIME_PERIOD"] == "2015"), "OBS_VALUE"] *= 1.01
    assert len(cross_check(spoiled)) == 77


def test_tourism_gives_24_months_and_known_years_of_chiang_mai(outcomes):
    months = values(outcomes, "Tourism_Data_year_2567.xlsx", "TH_TOUR_VISITORS", "M")
    assert len(months) == 24 * 77
    years = values(outcomes, "Tourism_Data_year_2567.xlsx", "TH_TOUR_VISITORS")
    assert one(years, "TH-50", "2023") == pytest.approx(11.00e6, abs=0.005e6)
    assert one(years, "TH-50", "2024") == pytest.approx(11.47e6, abs=0.005e6)
    before = values(outcomes, "tha_mots_annual_by_province.csv", "TH_TOUR_VISITORS")
    assert one(before, "TH-50", "2022") == pytest.approx(8.77e6, abs=0.005e6)
    assert values(outcomes, "Tourism_Data_year_2567.xlsx", "TH_TOUR_OCC").empty  # a rate is never summed


def test_dengue_gives_27024_province_months_of_77_provinces_under_78_spellings(outcomes):
    table = values(outcomes, "Spatial_extract_SEARO_V1_3.zip", "TH_DENGUE_CASES", "M")
    assert (len(table), table["REF_AREA"].nunique()) == (27_024, 77)
    prachin_buri = table[table["REF_AREA"] == "TH-25"]
    assert len(prachin_buri) == 30 * 12


def test_household_files_are_told_apart_and_prices_keep_their_base(outcomes):
    assert one(values(outcomes, "income_TH.csv", "TH_HH_INCOME"), "TH-50", "2011") == pytest.approx(18_323, abs=1)
    assert one(values(outcomes, "expense_TH.csv", "TH_HH_EXPEND"), "TH-10", "2012") == pytest.approx(33_956.98)
    yearly = values(outcomes, "cpi_TH.csv", "TH_CPI")
    assert yearly.loc[yearly["TIME_PERIOD"] == "2019", "OBS_VALUE"].tolist() == pytest.approx([100] * 77, abs=0.6)
    assert "TH-10" in set(yearly["REF_AREA"])
    monthly = values(outcomes, "CPIP_2566_2568.csv", "TH_CPI_2023", "M")
    assert (monthly["REF_AREA"].nunique(), len(monthly)) == (76, 76 * 36)
    assert "TH-10" not in set(monthly["REF_AREA"])


def test_births_are_counts_from_the_b_e_table(outcomes):
    assert one(values(outcomes, "birthrate_TH.csv", "TH_BIRTHS"), "TH-10", "1993") == 144_823


def test_farm_output_takes_the_firmest_estimate_and_refuses_the_impossible(outcomes):
    index = values(outcomes, "oae_index_y.rds", "TH_AGRI_OUTPUT_INDEX")
    assert index["TIME_PERIOD"].max() == "2021"
    assert (index.loc[index["TIME_PERIOD"] == "2021", "flags"] == "broken_broiler").all()
    rice = values(outcomes, "oae_fact.rds", "TH_RICE_PROD")
    national = rice.groupby("TIME_PERIOD")["OBS_VALUE"].sum()
    assert national["2015"] == pytest.approx(28.2e6, rel=0.01)  # sum of the four kinds of rice in the file
    # jasmine rice of Nong Khai, November 2021: 45 tonnes per rai, 100 times what any field bears
    assert rice[(rice["REF_AREA"] == "TH-43") & (rice["TIME_PERIOD"] == "2021")].empty
    aside = outcomes["oae_fact.rds"].reading.set_aside
    assert aside["reason"].str.contains("impossible").sum() >= 1
    assert (rice.loc[rice["TIME_PERIOD"] == "2021", "OBS_STATUS"] == "E").all()


def test_broadband_keeps_the_missing_quarter_missing_and_the_number_of_tests(outcomes):
    speed = values(outcomes, "ookla_province_quarterly.csv", "TH_NET_SPEED", "Q")
    assert (len(speed), speed["REF_AREA"].nunique()) == (847, 77)
    assert "2025-Q3" not in set(speed["TIME_PERIOD"])
    assert (speed["SAMPLE_SIZE"] > 0).all()
    assert one(speed, "TH-37", "2023-Q1") == pytest.approx(185.48, abs=0.01)


def test_population_sets_aside_bueng_kan_before_it_was(outcomes):
    reading = outcomes["PopulationByProvinces.csv"].reading
    bueng_kan = reading.observations[reading.observations["REF_AREA"] == "TH-38"]
    assert bueng_kan["TIME_PERIOD"].min() == "2011"
    assert reading.set_aside["reason"].str.contains("TH-38").sum() == 9


# ---------------------------------------------------------------- without the official files


def square(x, y):
    from shapely.geometry import box

    return box(x, y, x + 1, y + 1)


def test_points_outside_go_to_the_nearest_and_points_on_a_border_to_the_lower_code():
    areas, polygons = ["TH-57", "TH-50"], [square(98, 18), square(97, 18)]
    points = np.array([[97.5, 18.5], [98.0, 18.5], [99.4, 18.5], [96.9, 18.2]]) / [np.cos(np.radians(13.5)), 1]
    found, inside = place_points(points, areas, polygons)
    assert found.tolist() == ["TH-50", "TH-50", "TH-57", "TH-50"]
    assert inside.tolist() == [True, True, False, False]


def test_the_road_file_needs_boundaries_and_says_where_to_put_them(tmp_path, codelists):
    point = {"type": "Feature", "properties": {"d": 1, "y": 2021}, "geometry": {"type": "Point", "coordinates": [100.5, 13.7]}}
    path = tmp_path / "in" / "points.json"
    path.parent.mkdir()
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [point]}))
    with pytest.raises(DataError, match=r"points\.json.*boundaries.*SDG_EVAL_BOUNDARIES"):
        read(path, codelists)
    point["geometry"]["coordinates"] = [13.7, 100.5]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [point]}))
    with pytest.raises(DataError, match="row 1.*no place in Thailand"):
        read(path, codelists)


WIDE = "ภาค,จังหวัด,2547,2549\nทั่วราชอาณาจักร,ทั่วราชอาณาจักร,1,1\nเหนือ,เชียงใหม่,10000,11000\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (WIDE + "เหนือ,เชียงใหญ่,1,2\n", ["row 4", "จังหวัด", "เชียงใหญ่", "area_names.csv"]),
        (WIDE + "เหนือ,จ.เชียงใหม่,1,2\n", ["row 4", "twice", "row 3"]),
        (WIDE + "เหนือ,ลำพูน,ประมาณ 9000,2\n", ["row 4", "column C", "ประมาณ 9000"]),
    ],
)
def test_a_spoiled_survey_table_is_refused_at_its_cell(tmp_path, codelists, text, words):
    path = tmp_path / "income.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError) as refusal:
        read(path, codelists)
    for word in ["income.csv", *words]:
        assert word in str(refusal.value)


def test_a_survey_table_gives_each_value_its_cell(tmp_path, codelists):
    path = tmp_path / "renamed beyond recognition.csv"
    path.write_text(WIDE, encoding="utf-8")
    table = read(path, codelists).observations
    assert table[["SERIES", "REF_AREA", "TIME_PERIOD", "OBS_VALUE", "source_row", "source_column"]].values.tolist() == [
        ["TH_HH_INCOME", "TH-50", "2004", 10000.0, 3, "C"],
        ["TH_HH_INCOME", "TH-50", "2006", 11000.0, 3, "D"],
    ]


def test_births_that_do_not_add_up_are_refused(tmp_path, codelists):
    path = tmp_path / "births.csv"
    path.write_text("จังหวัด,ปี,ชาย (คน),หญิง (คน),รวม (คน)\nเชียงใหม่,2560,10,11,22\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"births\.csv.*row 2, column E.*10 \+ 11 is not 22"):
        read(path, codelists)


def test_an_index_of_an_unknown_base_is_refused(tmp_path, codelists):
    path = tmp_path / "cpi.csv"
    path.write_text("ระยะเวลา,\nปีฐาน (2562 = 100),\n,\n,\nจังหวัด,ม.ค. 2566\nเชียงใหม่,100\n", encoding="utf-8")
    with pytest.raises(DataError, match="base year is 2019"):
        read(path, codelists)


def test_a_stranger_is_refused_with_the_list_of_what_is_known(tmp_path, codelists):
    path = tmp_path / "stranger.csv"
    path.write_text("a,b\n1,2\n")
    assert recognise(path) is None
    with pytest.raises(DataError, match=r"stranger\.csv: no source recognises.*OpenDengue"):
        read(path, codelists)


def test_a_cut_archive_is_refused_not_called_unknown(tmp_path, codelists):
    whole = tmp_path / "whole.zip"
    with zipfile.ZipFile(whole, "w") as archive:
        archive.writestr("extract.csv", "adm_0_name,adm_1_name\n" * 100)
    cut = tmp_path / "cut.zip"
    cut.write_bytes(whole.read_bytes()[:150])
    with pytest.raises(DataError, match=r"cut\.zip.*Download the file again"):
        import_paths([cut], codelists)
