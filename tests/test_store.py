"""The store: complete or absent, same content once, old vintages kept, damage named."""

import os

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdg_eval.concepts import COLUMNS
from sdg_eval.errors import DataError, WriteError
from sdg_eval.observations import observation_table
from sdg_eval.store import (
    data_hash,
    read_observations,
    read_vintages,
    store_status,
    stored_files,
    write_atomic,
    write_observations,
    write_sdmx_csv,
)


def rows(value=1.5, area="TH-50", period="2023"):
    return observation_table([{
        "SERIES": "X", "REF_AREA": area, "FREQ": "A", "TIME_PERIOD": period, "OBS_VALUE": value,
        "source": "synthetic", "source_file": "ก.csv", "source_row": 2, "source_column": "C",
    }])  # fmt: skip


def test_what_is_written_is_read_back_with_its_cell(tmp_path):
    assert write_observations(rows(), tmp_path, vintage="2026-01-01").is_new
    back = read_observations(tmp_path)
    assert list(back.columns) == COLUMNS
    assert back.loc[0, ["OBS_VALUE", "source_file", "source_row", "source_column", "vintage"]].tolist() == [
        1.5, "ก.csv", 2, "C", "2026-01-01",
    ]  # fmt: skip


def test_the_same_content_ten_times_is_one_file(tmp_path):
    new = [write_observations(rows(), tmp_path).is_new for _ in range(10)]
    assert new == [True] + [False] * 9
    assert len(stored_files(tmp_path)) == 1


def test_a_revision_wins_and_the_old_value_stays(tmp_path):
    write_observations(rows(1.0), tmp_path, vintage="2026-01-01")
    write_observations(rows(2.0), tmp_path, vintage="2026-02-01")
    assert read_observations(tmp_path)["OBS_VALUE"].tolist() == [2.0]
    assert sorted(read_vintages(tmp_path)["OBS_VALUE"]) == [1.0, 2.0]


@settings(max_examples=25, deadline=None)
@given(st.permutations(range(6)))
def test_the_data_hash_does_not_see_the_order_or_the_vintage(order):
    table = pd.concat([rows(v, f"TH-{50 + v}") for v in range(6)], ignore_index=True)
    assert data_hash(table.iloc[list(order)].assign(vintage="later")) == data_hash(table)
    assert data_hash(table.assign(OBS_VALUE=table["OBS_VALUE"] + 1e-6)) != data_hash(table)


def test_a_broken_table_is_refused_and_nothing_is_written(tmp_path):
    with pytest.raises(DataError, match="TH-50 for Chiang Mai"):
        write_observations(rows(area="Chiang Mai"), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_leaves_what_was_there(tmp_path, monkeypatch):
    path = tmp_path / "result.csv"
    write_atomic(path, b"good")

    def full(*_):
        raise OSError(28, "No space left on device")

    for call in ("fsync", "replace"):
        with monkeypatch.context() as patch:
            patch.setattr(os, call, full)
            with pytest.raises(WriteError, match=r"result\.csv.*No space left"):
                write_atomic(path, b"new")
        assert path.read_bytes() == b"good"
        assert [p.name for p in tmp_path.iterdir()] == ["result.csv"]


def test_a_folder_where_nothing_can_be_made_is_told(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(WriteError, match="another folder"):
        write_atomic(tmp_path / "file" / "x.csv", b"")


def test_damage_and_absence_are_named(tmp_path):
    with pytest.raises(DataError, match="sdg-eval import"):
        read_observations_of_nothing(tmp_path)
    result = write_observations(rows(), tmp_path)
    result.path.write_bytes(result.path.read_bytes()[:-20])
    with pytest.raises(DataError, match=f"{result.path.name}.*import its files again"):
        read_observations(tmp_path)
    with pytest.raises(DataError, match="no observations here"):
        read_observations(tmp_path / "absent.csv")


def read_observations_of_nothing(folder):
    (folder / "empty").mkdir()
    return read_observations(folder / "empty")


def test_a_hand_made_csv_is_its_own_source(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("SERIES,REF_AREA,FREQ,TIME_PERIOD,OBS_VALUE\nX,TH-50,A,2023,1\nX,TH-50,A,2024,\n", encoding="utf-8")
    table = read_observations(path)
    assert table["source_file"].unique().tolist() == ["mine.csv"]
    assert table["source_row"].tolist() == [2, 3]
    assert table["source_column"].tolist() == ["E", "E"]
    assert table["OBS_VALUE"].isna().tolist() == [False, True]


def test_status_counts_and_sdmx_export_round_trips(tmp_path, sample):
    status = store_status(sample).set_index(["SERIES", "FREQ"])
    assert status.loc[("SE_TOT_CPLR", "A"), "provinces"] == 77
    assert status.loc[("SE_TOT_CPLR", "A"), "first_period"] == "2014"
    write_sdmx_csv(sample.head(50), tmp_path / "out.csv")
    text = (tmp_path / "out.csv").read_text(encoding="utf-8")
    assert text.startswith("STRUCTURE,STRUCTURE_ID,ACTION,SERIES,REF_AREA")
    back = read_observations(tmp_path / "out.csv")
    assert data_hash(back) == data_hash(sample.head(50))
