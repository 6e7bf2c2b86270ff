"""Kept tables are those that would be worked out, or they are not read."""

import os
import shutil
from dataclasses import fields

import pandas as pd
import pytest

from sdg_eval import evaluation, kept
from sdg_eval.codelists import read_codelists
from sdg_eval.evaluation import National, evaluate, load_national, write_evaluation

OPTIONS = {"report_year": 2026}


@pytest.fixture(scope="module")
def few(observations):
    """Two series of all provinces."""
    return observations[observations["SERIES"].isin(["SI_POV_NAHC", "EN_ATM_PM25"])].reset_index(drop=True)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv(kept.PLACE, str(tmp_path / "kept"))
    return tmp_path / "kept"


def never(*a, **k):
    pytest.fail("worked out again")


def files(few, codelists, national, place) -> dict[str, bytes]:
    write_evaluation(evaluate(few, codelists, "TH-50", national=national, **OPTIONS), place)
    return {path.name: path.read_bytes() for path in place.iterdir()}


def test_an_evaluation_is_the_same_bytes_without_a_folder_with_an_empty_one_and_with_a_full_one(few, codelists, folder, tmp_path, monkeypatch):
    monkeypatch.setenv(kept.PLACE, kept.NOWHERE)
    without = files(few, codelists, load_national("", few, codelists, **OPTIONS), tmp_path / "without")
    assert not folder.exists()
    monkeypatch.setenv(kept.PLACE, str(folder))
    first = load_national("", few, codelists, **OPTIONS)
    assert len(list(folder.iterdir())) == 1
    monkeypatch.setattr(evaluation, "evaluate_national", never)
    again = load_national("", few, codelists, only=["quality"], **OPTIONS)
    for part in fields(National):
        pd.testing.assert_frame_equal(getattr(first, part.name), getattr(again, part.name))
    assert without == files(few, codelists, first, tmp_path / "first") == files(few, codelists, again, tmp_path / "again")
    assert len(without) == 3


def test_a_file_or_a_store_counts_with_every_byte_and_name(codelists, tmp_path):
    def name(path):
        return kept.rests_on("desk", path, codelists, 2026)

    store, one = tmp_path / "store", tmp_path / "one.csv"
    (store / "vintages").mkdir(parents=True)
    one.write_text("a\n1\n")
    (store / "vintages" / "v1.csv").write_text("a\n1\n")
    found = [name(one), name(store)]
    assert found == [name(one), name(store)]
    one.write_text("a\n2\n")
    (store / "vintages" / "v1.csv").rename(store / "vintages" / "v2.csv")
    found += [name(one), name(store)]
    one.rename(tmp_path / "other.csv")
    (store / "more.csv").touch()
    found += [name(tmp_path / "other.csv"), name(store)]
    assert len(set(found)) == len(found) == 6
    with pytest.raises(OSError):
        name(tmp_path / "absent.csv")


def test_whatever_tables_rest_on_gives_them_another_name(few, codelists, tmp_path, monkeypatch):
    def name(table=few, lists=codelists, what="national", options=(2026, 0.95)):
        return kept.rests_on(what, table, lists, *options)

    found = [name(), name(options=(2025, 0.95)), name(options=(2026, 0.9)), name(what="desk"), name(few[::-1]), name(few.drop(columns="vintage"))]
    for column, value in (("OBS_VALUE", few["OBS_VALUE"].iloc[0] + 1e-9), ("flags", "broken"), ("source_file", "other.csv"), ("OBS_STATUS", "P")):
        changed = few.copy()
        changed.loc[0, column] = value
        found.append(name(changed))
    shutil.copytree(codelists.folder, tmp_path / "codelists")
    path = tmp_path / "codelists" / "areas.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("Chiang Mai", "Chiangmai"), encoding="utf-8")
    found.append(name(lists=read_codelists(tmp_path / "codelists")))
    shutil.copytree(kept.PACKAGE, tmp_path / "package", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(kept, "PACKAGE", tmp_path / "package")
    try:
        kept._program.cache_clear()
        assert name() == found[0]  # wherever the program lies
        (tmp_path / "package" / "pooling.py").write_text("# other", encoding="utf-8")
        kept._program.cache_clear()
        found.append(name())
        (tmp_path / "site" / "numpy-99.0.dist-info").mkdir(parents=True)
        monkeypatch.syspath_prepend(str(tmp_path / "site"))
        kept._program.cache_clear()
        found.append(name())
    finally:
        kept._program.cache_clear()
    assert len(set(found)) == len(found)


def test_an_entry_that_was_damaged_or_moved_is_not_read_and_made_again(few, codelists, folder):
    load_national("", few, codelists, **OPTIONS)
    (entry,) = folder.iterdir()
    key, whole, names = entry.name.removesuffix(kept.SUFFIX), entry.read_bytes(), [part.name for part in fields(National)]
    assert kept.read_kept(folder, key, names) is not None
    assert kept.read_kept(folder, key, [*names, "unknown"]) is None
    flips = [whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :] for at in range(0, len(whole), max(1, len(whole) // 40))]
    for content in [b"", b"\n", whole[:30], whole[:-1], whole + b"x", whole[::-1], *flips]:
        entry.write_bytes(content)
        assert kept.read_kept(folder, key, names) is None
    entry.write_bytes(whole)
    other = entry.with_name("0" * 64 + kept.SUFFIX)
    shutil.copy(entry, other)
    assert kept.read_kept(folder, "0" * 64, names) is None  # of other data
    entry.write_bytes(whole[:-1])
    load_national("", few, codelists, **OPTIONS)
    assert entry.read_bytes() == whole


@pytest.mark.skipif(os.name != "posix", reason="folders of others are told by their mode")
def test_only_a_folder_and_entries_that_nobody_else_may_write_to_are_used(few, codelists, folder, tmp_path, monkeypatch):
    kept.write_kept(folder, "k", {"one": few})
    entry = folder / f"k{kept.SUFFIX}"
    assert entry.stat().st_mode & 0o777 == 0o600 and kept.read_kept(folder, "k", ["one"])["one"].equals(few)
    entry.chmod(0o666)
    assert kept.read_kept(folder, "k", ["one"]) is None
    entry.chmod(0o600)
    entry.rename(tmp_path / "elsewhere")
    entry.symlink_to(tmp_path / "elsewhere")
    assert kept.read_kept(folder, "k", ["one"]) is None
    assert kept.cache_folder() == folder
    folder.chmod(0o777)
    assert kept.cache_folder() is None
    folder.chmod(0o700)
    (tmp_path / "link").symlink_to(folder)
    monkeypatch.setenv(kept.PLACE, str(tmp_path / "link"))
    assert kept.cache_folder() is None
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv(kept.PLACE, str(tmp_path / "file" / "below"))
    assert kept.cache_folder() is None
    assert len(load_national("", few, codelists, **OPTIONS).trends)  # without any folder too


def test_the_folder_is_that_of_the_system_and_never_the_projects(tmp_path, monkeypatch):
    monkeypatch.delenv(kept.PLACE, raising=False)
    monkeypatch.setattr(kept.sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert kept.cache_folder() == tmp_path / "xdg" / "sdg_eval"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")  # as the standard says, no folder
    monkeypatch.setenv("HOME", str(tmp_path))
    assert kept.cache_folder() == tmp_path / ".cache" / "sdg_eval"


def test_the_oldest_entries_go_first_and_a_disk_that_refuses_is_no_error(tmp_path, few, monkeypatch):
    monkeypatch.setattr(kept, "MOST_KEPT", 3)
    for number in range(5):
        kept.write_kept(tmp_path, f"k{number}", {"one": few.head(number)})
        os.utime(tmp_path / f"k{number}{kept.SUFFIX}", ns=(number, number))
        if number == 3:
            assert kept.read_kept(tmp_path, "k1", ["one"]) is not None  # read again: now the newest
    assert sorted(path.stem for path in tmp_path.iterdir()) == ["k1", "k3", "k4"]
    kept.write_kept(tmp_path / f"k1{kept.SUFFIX}", "k", {"one": few})
