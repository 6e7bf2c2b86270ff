"""The codelists are whole, agree with the UN and with each other, and refuse faults by file and row."""

import shutil
import zipfile

import pandas as pd
import pytest

from sdg_eval.codelists import COLUMNS, FOLDER_VARIABLE, default_folder, read_codelists
from sdg_eval.errors import DataError, UsageError
from sdg_eval.grid import read_grid

PILOTS = "TH-10 TH-30 TH-34 TH-41 TH-50 TH-57 TH-58 TH-63 TH-76 TH-83 TH-84 TH-90 TH-94 TH-95 TH-96".split()


@pytest.fixture
def copy(tmp_path):
    """A copy of the codelists that a test may spoil: `copy(file, old, new)` returns its folder."""
    folder = tmp_path / "codelists"
    shutil.copytree(default_folder(), folder)

    def spoil(file: str, old: str, new: str):
        path = folder / file
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {file}: the test spoils nothing"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return folder

    return spoil


# ---------------------------------------------------------------- provinces


def test_there_are_77_provinces_and_15_pilots(codelists):
    assert len(codelists.provinces) == len(set(codelists.provinces)) == 77
    assert codelists.pilots == PILOTS


def test_regions_have_their_official_numbers_of_provinces(codelists):
    # Royal Society of Thailand: six regions of 9, 20, 22, 7, 5 and 14 provinces.
    counts = codelists.areas["region"].value_counts().to_dict()
    assert counts == {"north": 9, "northeast": 20, "centre": 22, "east": 7, "west": 5, "south": 14}
    nso = codelists.areas["nso_region"].value_counts().to_dict()
    assert nso == {"bangkok": 1, "central": 25, "north": 17, "northeast": 20, "south": 14}


def test_31_provinces_lie_on_a_border_and_23_on_the_sea(codelists):
    assert (codelists.areas["border"] == "1").sum() == 31
    assert (codelists.areas["coast"] == "1").sum() == 23


def test_only_bueng_kan_is_younger_than_the_data(codelists):
    young = codelists.areas[codelists.areas["valid_from"] != "1900"]
    assert list(zip(young["REF_AREA"], young["valid_from"], strict=True)) == [("TH-38", "2011")]


def test_neighbours_are_mutual_and_phuket_has_its_bridge(codelists):
    for area in codelists.provinces:
        neighbours = codelists.neighbours(area)
        assert neighbours, area
        assert all(area in codelists.neighbours(other) for other in neighbours)
    assert codelists.neighbours("TH-83") == ["TH-82"]


@pytest.mark.real
def test_tiles_are_unique_and_keep_north_and_east(codelists, shared):
    areas = codelists.areas.astype({"col": int, "row": int})
    assert not areas.duplicated(["col", "row"]).any()
    sheet = read_grid(shared / "data" / "th-population-names" / "province_geo.xlsx")[0]
    head = sheet.values[0]
    place = {
        row[head.index("ISO3166")]: (row[head.index("Latitude")], row[head.index("Longtitude")])
        for row in sheet.values[1:]
    }
    lat, lon = (areas["REF_AREA"].map(lambda a, i=i: place[a][i]).astype(float) for i in (0, 1))
    assert lat.corr(-areas["row"]) > 0.95
    assert lon.corr(areas["col"]) > 0.9


@pytest.mark.real
def test_official_names_are_those_of_the_boundary_file(codelists, shared):
    import json

    text = (shared / "data" / "th-boundaries" / "th_adm1.geojson").read_text(encoding="utf-8")
    named = {
        f["properties"]["ADM1_PCODE"].replace("TH", "TH-"): (f["properties"]["ADM1_TH"], f["properties"]["ADM1_EN"])
        for f in json.loads(text)["features"]
    }
    ours = codelists.areas.set_index("REF_AREA")[["name_th", "name_en"]].apply(tuple, axis=1).to_dict()
    assert ours == named


@pytest.mark.parametrize(
    ("text", "area"),
    [
        ("เชียงใหม่", "TH-50"), ("จ.เชียงใหม่", "TH-50"), ("จังหวัดเชียงใหม่", "TH-50"), ("Changwat Yala", "TH-95"),
        ("SURIN province", "TH-32"), ("Khonkaen", "TH-40"), ("TH-50", "TH-50"), ("50", "TH-50"), (50, "TH-50"),
        ("PHACHINBURI", "TH-25"), ("ศรีษะเกษ", "TH-33"), ("ประจวบศิรีขันธ์", "TH-77"), ("BANGKOK METROPOLIS", "TH-10"),
        ("กรุงเทพฯ", "TH-10"), ("หนองบัวลำภู", "TH-39"), ("หนองบัวลําภู", "TH-39"), ("เเพร่", "TH-54"),
    ],
)  # fmt: skip
def test_known_spellings_find_their_province(codelists, text, area):
    assert codelists.find_area(text) == area


@pytest.mark.parametrize(
    "text",
    ["", "NA", "Whole Kingdom", "ทั่วราชอาณาจักร", "ภาคใต้", "Northeastern", "Chiang", "Chiang Mia", "../TH-50", "99"],
)
def test_anything_else_is_no_province_and_never_a_near_match(codelists, text):
    assert codelists.find_area(text) is None


@pytest.mark.real
@pytest.mark.parametrize(
    ("file", "column"),
    [("province_Windows874.csv", 2), ("province_tis.csv", 2), ("province_BOM.csv", 2), ("province_utf8.csv", 2),
     ("province_info.csv", 2), ("province_geo.xlsx", 2), ("PopulationByProvinces.csv", 1)],
)  # fmt: skip
def test_one_list_in_every_encoding_names_the_same_77_provinces(codelists, shared, file, column):
    sheet = read_grid(shared / "data" / "th-population-names" / file)[0]
    rows = [row for row in sheet.values[1:] if len(row) > 1 and row[column - 1]]  # some end in a line of blanks
    found = [codelists.find_area(row[column - 1]) for row in rows]
    assert sorted(found) == codelists.provinces
    if column == 2:  # the English name stands beside the Thai one
        assert [codelists.find_area(row[2]) for row in rows] == found


@pytest.mark.real
@pytest.mark.parametrize(
    ("file", "columns"),
    [("th-boundaries/provinces.csv", ["name_th", "name_en"]),
     ("mots-tourism-monthly/ProvinceThailandList.csv", ["ProvinceThai", "ProvinceEN"]),
     ("nso-ses-dopa-cpi/gpp.csv", ["จังหวัด"]), ("nso-ses-dopa-cpi/birthrate_TH.csv", ["จังหวัด"]),
     ("ookla-broadband/province_reference.csv", ["province_en", "province_th"])],
)  # fmt: skip
def test_every_spelling_of_the_official_files_is_known(codelists, shared, file, columns):
    table = pd.read_csv(shared / "data" / file, dtype=str, encoding="utf-8-sig")
    areas = [table[column].map(codelists.find_area) for column in columns]
    assert all(sorted(found.unique()) == codelists.provinces for found in areas)
    assert all(found.equals(areas[0].rename(found.name)) for found in areas), "columns disagree on a province"


@pytest.mark.real
def test_the_rename_list_of_nesdc_swaps_two_provinces_and_we_do_not(codelists, shared):
    path = shared / "data" / "nesdc-econvis" / "rename_nesdc_provinces.csv"
    table = pd.read_csv(path, dtype=str, encoding="utf-8-sig").map(codelists.find_area)
    wrong = table[table["province_en_nesdc"] != table["province_en"]]
    assert wrong.to_numpy().tolist() == [["TH-33", "TH-17"], ["TH-17", "TH-33"]]  # Si Sa Ket, Sing Buri
    # The accounts themselves say which is which: about a million people live in Si Sa Ket.
    accounts = pd.read_csv(path.with_name("tha_gpp.csv"), encoding="utf-8-sig")
    people = accounts[accounts["sector"].str.startswith("Population")].set_index("province_nesdc_en")["2020"]
    assert people["SI SA KET"] > 800 > 300 > people["SINGBURI"]


@pytest.mark.real
def test_dengue_spellings_agree_with_the_files_own_codes(codelists, shared):
    path = shared / "data" / "opendengue" / "Spatial_extract_SEARO_V1_3.zip"
    with zipfile.ZipFile(path) as archive:
        table = pd.read_csv(archive.open(archive.namelist()[0]), dtype=str)
    names = table[(table["adm_0_name"] == "THAILAND") & (table["S_res"] == "Admin1")]
    names = names.drop_duplicates(["adm_1_name", "RNE_iso_code"])
    assert len(names) == 78  # two spellings of Prachin Buri
    assert list(names["adm_1_name"].map(codelists.find_area)) == list(names["RNE_iso_code"])


# ---------------------------------------------------------------- goals, UN framework, series


def test_un_framework_is_complete(codelists):
    # Agenda 2030 has 17 goals and 169 targets.
    assert list(codelists.goals17["goal"]) == [str(g) for g in range(1, 18)]
    assert len(codelists.targets_un) == 169
    assert codelists.goal_name(0, "en") == "Cross-cutting"


@pytest.mark.real
def test_un_wording_is_the_un_s(codelists, shared):
    text = (shared / "data" / "un-sdg-framework" / "global_indicators.yml").read_text(encoding="utf-8")
    keys = [line.partition("-title:")[0] for line in text.splitlines() if "-title:" in line]
    assert {key.replace("-", ".") for key in keys} == set(codelists.indicators["indicator"])
    joined = " ".join(text.split())
    name = codelists.indicators.set_index("indicator").at["3.6.1", "name_en"]
    assert name == "Death rate due to road traffic injuries" and f"3-6-1-title: {name}" in joined


def test_every_series_speaks_both_languages(codelists):
    thai = codelists.series[["name_th", "unit_th"]].apply(lambda c: c.str.contains("[ก-๙]"))
    assert thai.all(axis=None)
    assert not codelists.series[["name_en", "unit_en"]].apply(lambda c: c.str.contains("[ก-๙]")).any(axis=None)
    assert codelists.series_name("TH_HAI", "th") == "ดัชนีความก้าวหน้าของคน"


def test_every_goal_has_a_series_with_an_official_code_in_the_sample(codelists):
    sample = codelists.series[codelists.series["source"] == "synthetic"]
    assert set(sample["goal"]) == set(codelists.goals17["goal"])
    assert (sample["indicator"] != "").all()


def test_births_have_no_direction_and_real_names_no_synthetic_source(codelists):
    assert codelists.series_row("TH_BIRTHS")["direction"] == "none"
    assert codelists.source_row("synthetic")["synthetic"] == "1"
    assert list(codelists.sources.loc[codelists.sources["non_commercial"] == "1", "source"]) == ["ookla"]


def test_a_series_without_indicator_that_is_judged_says_why(codelists):
    # Composite and cross-cutting series (goal 0) stand for no indicator at all.
    judged = codelists.series[(codelists.series["evaluate"] == "1") & (codelists.series["indicator"] == "")]
    assert set(judged.loc[judged["proxy"] == "0", "goal"]) <= {"0"}


def test_nong_khai_breaks_in_every_series_of_the_provincial_accounts(codelists):
    accounts = codelists.series[codelists.series["source"] == "nesdc-gpp"]
    assert accounts["breaks"].str.contains("@TH-43").all()


# ---------------------------------------------------------------- target values


def test_no_target_stands_without_its_source(codelists):
    assert (codelists.targets[["source_th", "source_en", "set_by_th", "set_by_en"]] != "").all(axis=None)
    for _, row in codelists.targets.iterrows():
        if row["kind"] == "official":
            assert "UN global indicator framework" in row["source_en"] or row["level"] == "national"
        else:
            assert "derived" in row["source_en"] and "คำนวณ" in row["source_th"]


def test_official_targets_quote_the_un_text(codelists):
    texts = codelists.targets_un.set_index("target")["name_en"]
    for _, row in codelists.targets.iterrows():
        quoted = row["source_en"].partition("“")[2].partition("”")[0]
        assert quoted in set(texts), row["SERIES"]
        target = codelists.series_row(row["SERIES"])["indicator"].rpartition(".")[0]
        assert quoted == texts[target]


def test_targets_lie_within_the_bounds_of_their_series(codelists):
    for _, row in codelists.targets[codelists.targets["value"] != ""].iterrows():
        series = codelists.series_row(row["SERIES"])
        assert float(series["lower"]) <= float(row["value"]) <= float(series["upper"])


def test_under_five_mortality_target_is_25(codelists):
    row = codelists.targets.set_index("SERIES").loc["SH_DYN_MORT"]
    assert (row["value"], row["year"], row["kind"]) == ("25", "2030", "official")


# ---------------------------------------------------------------- refusals and lookups


@pytest.mark.parametrize(
    ("file", "old", "new", "names"),
    [
        ("areas.csv", "TH-50,50,", "TH-5O,50,", ["areas.csv", "REF_AREA", "TH-5O"]),
        ("areas.csv", "TH-50,50,", "TH-51,50,", ["areas.csv", "twice"]),
        ("areas.csv", "TH-83,83,ภูเก็ต,Phuket,south,south,0,1,1,1900,TH-82",
         "TH-83,83,ภูเก็ต,Phuket,south,south,0,1,1,1900,TH-81", ["areas.csv", "row", "neighbour"]),
        ("areas.csv", "name_th,", "nameth,", ["areas.csv", "row 1", "name_th"]),
        ("area_names.csv", "TH-10,Bangkok Metropolis", "TH-11,Bangkok Metropolis", ["area_names.csv", "row", "TH-11"]),
        ("area_names.csv", "TH-10,Bangkok Metropolis", "TH-10,Phuket", ["area_names.csv", "TH-83 as well as TH-10"]),
        ("goals.csv", "#E5243B", "red", ["goals.csv", "row 3", "colour", "red"]),
        ("series.csv", "TH_HAI,,0,", "TH_HAI,,19,", ["series.csv", "row 10", "goal", "19"]),
        ("series.csv", "TH_ROAD_DEATHS,3.6.1,3,", "TH_ROAD_DEATHS,3.6.9,3,", ["series.csv", "indicator", "3.6.9"]),
        ("series.csv", "lower,A,calendar,count,sum,TH_POP_DOPA", "lower,A,calendar,count,sum,TH_POP",
         ["series.csv", "denominator", "'TH_POP'"]),
        ("series.csv", "TH_BIRTHS,,3,", "TH_HAI,,3,", ["series.csv", "TH_HAI", "twice"]),
        ("targets.csv", "SH_DYN_MORT,25,", "SH_DYN_MORT,,", ["targets.csv", "row 4", "value"]),
        ("targets.csv", "SH_DYN_MORT,25,2030,2015,official", "SH_DYN_MORT,25,2030,2015,ours", ["targets.csv", "kind"]),
        ("derivations.csv", "NV_IND_MANF,share", "NV_IND_MANF,rate", ["series.csv", "derived", "rate"]),
        ("sources.csv", "ookla,", "oookla,", ["series.csv", "source", "ookla"]),
    ],
)  # fmt: skip
def test_a_faulty_codelist_is_refused_by_file_and_row(copy, file, old, new, names):
    with pytest.raises(DataError) as error:
        read_codelists(copy(file, old, new))
    for name in names:
        assert name in str(error.value)
    assert "row" in str(error.value)


def test_a_target_without_source_is_refused(copy):
    folder = copy("targets.csv", "SERIES", "SERIES")
    table = pd.read_csv(folder / "targets.csv", dtype=str, keep_default_na=False)
    table.loc[2, "source_en"] = ""
    table.to_csv(folder / "targets.csv", index=False)
    with pytest.raises(DataError, match="targets.csv, row 4, column source_en: '' must not be empty"):
        read_codelists(folder)


@pytest.mark.parametrize("name", sorted(COLUMNS))
def test_a_missing_file_is_named_with_the_remedy(copy, name):
    folder = copy("areas.csv", "TH-50", "TH-50")
    (folder / f"{name}.csv").unlink()
    with pytest.raises(DataError, match=f"{name}.csv.*{FOLDER_VARIABLE}"):
        read_codelists(folder)


def test_a_codelist_saved_by_a_spreadsheet_still_reads(copy, monkeypatch):
    folder = copy("areas.csv", "TH-50", "TH-50")
    path = folder / "areas.csv"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    monkeypatch.setenv(FOLDER_VARIABLE, str(folder))
    codelists = read_codelists()
    assert codelists.folder == folder
    assert codelists.area_name("TH-50", "en") == "Chiang Mai"


def test_blanks_are_empty_text_and_every_cell_is_text(codelists):
    for name in COLUMNS:
        table = getattr(codelists, name)
        assert not table.isna().any(axis=None), name
        assert table.map(lambda cell: isinstance(cell, str)).all(axis=None), name


def test_unknown_codes_are_answered_with_the_valid_form(codelists):
    with pytest.raises(UsageError, match="TH-50"):
        codelists.area("Atlantis")
    with pytest.raises(UsageError, match="Did you mean TH-57"):
        codelists.area("เชียงราย")
    with pytest.raises(UsageError, match="series.csv"):
        codelists.series_row("NO_SUCH")
    with pytest.raises(UsageError, match="1 to 17"):
        codelists.goal_name("18", "th")
    with pytest.raises(UsageError, match="ookla"):
        codelists.source_row("nobody")
    with pytest.raises(UsageError, match="th or en"):
        codelists.area_name("TH-50", "fr")


def test_the_country_has_a_name_but_is_no_province(codelists):
    assert codelists.area_name("TH", "th") == "ประเทศไทย"
    assert "TH" not in codelists.provinces
