"""What the store promises when it is killed, filled, corrupted, shared and copied (S6, S8-S12)."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from sdg_eval.backup import backup, restore, verify
from sdg_eval.concepts import KEY
from sdg_eval.errors import DataError, LockedError, WriteError
from sdg_eval.ledger import read_entries, sha256, writer_lock
from sdg_eval.observations import observation_table, select_latest
from sdg_eval.store import (
    data_hash,
    raw_path,
    read_as_of,
    read_latest,
    read_observations,
    read_vintages,
    revisions,
    write_observations,
)
from tests.counts import report, times

ROOT = Path(__file__).parents[1]
SEED = 20261124


def table(values, *, file="f1.csv", source="province-file", area="TH-50", **change):
    """Annual values of one series, from one file."""
    return observation_table(
        [
            {"SERIES": "SI_POV_NAHC", "REF_AREA": area, "FREQ": "A", "TIME_PERIOD": str(year), "OBS_VALUE": float(v), "source": source,
             "source_file": file, "source_id": sha256(file.encode()), "source_row": 2, "source_column": "B"} | change
            for year, v in values.items()
        ]
    )  # fmt: skip


def tree(folder) -> dict:
    """{relative path: bytes} of everything but the lock."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(Path(folder).rglob("*")) if p.is_file() and p.name != ".lock"}


def sound(store) -> list:
    return [f for f in verify(store) if f.kind == "fault"]


# ---------------------------------------------------------------- S6


def test_the_same_file_ten_times_is_one_load_and_a_correction_is_a_new_vintage(tmp_path):
    raw = tmp_path / "a.csv"
    raw.write_text("x")
    first = write_observations(table({2020: 1, 2021: 2}), tmp_path / "s", vintage="2024-01-01T00:00:00.000000Z", raw=[raw])
    assert first.is_new and first.n_rows == 2
    for _ in range(9):
        again = write_observations(table({2020: 1, 2021: 2}), tmp_path / "s", raw=[raw])
        assert not again.is_new and again.n_known == 2
    write_observations(table({2020: 1, 2021: 5}), tmp_path / "s", vintage="2024-02-01T00:00:00.000000Z")
    assert read_latest(tmp_path / "s")["OBS_VALUE"].to_list() == [1, 5]
    assert read_as_of(tmp_path / "s", "2024-01-15")["OBS_VALUE"].to_list() == [1, 2]
    told = revisions(tmp_path / "s", "SI_POV_NAHC").query("TIME_PERIOD == '2021'")
    assert told["OBS_VALUE"].to_list() == [2, 5] and told["change"].iloc[1] == 3
    assert len(read_vintages(tmp_path / "s")) == 3  # what did not change is not written again
    assert raw_path(tmp_path / "s", read_entries(tmp_path / "s")[0]["raw"][0]["sha256"]).read_text() == "x"
    report("S6", "same file 10 times: 1 load, 0 duplicates, 0 overwritten values")


def test_an_old_file_that_arrives_again_does_not_bring_its_figures_back(tmp_path):
    old, new = tmp_path / "old.csv", tmp_path / "new.csv"
    old.write_text("1")
    new.write_text("2")
    def load(path, value):
        write_observations(table({2020: value}, source_id=sha256(path.read_bytes()), file=path.name), tmp_path / "s", raw=[path])

    load(old, 1)
    load(new, 2)
    load(old, 1)
    assert read_latest(tmp_path / "s")["OBS_VALUE"].to_list() == [2]


def test_any_order_of_delivery_gives_the_same_store_view(tmp_path):
    rng = random.Random(SEED)
    files = [table({2015 + n: n}, file=f"f{n}.csv", area=a) for n in range(6) for a in ("TH-50", "TH-10")]
    dated = [table({2020: 7.0}, file="d1", as_of="2024-01-01"), table({2020: 8.0}, file="d2", as_of="2024-05-01")]
    hashes = set()
    for n in range(5):
        order = files + dated
        rng.shuffle(order)
        for part in order:
            write_observations(part, tmp_path / str(n))
        hashes.add(data_hash(read_latest(tmp_path / str(n))))
    assert len(hashes) == 1


def test_a_published_figure_goes_before_an_officers_and_a_later_date_before_a_later_load(tmp_path):
    store = tmp_path / "s"
    write_observations(table({2020: 1.0}, source="nso-ses"), store)
    write_observations(table({2020: 2.0, 2021: 3.0}, as_of="2024-06-01"), store)
    write_observations(table({2021: 4.0}, as_of="2024-01-01", file="older.csv"), store)
    assert read_latest(store)["OBS_VALUE"].to_list() == [1.0, 3.0]


@pytest.mark.parametrize("seed", range(6))
def test_the_view_through_duckdb_is_that_of_select_latest(tmp_path, seed):
    rng = random.Random(seed)
    for load in range(6):
        rows = pd.concat(
            [
                table({rng.randint(2015, 2020): rng.randint(1, 3)}, area=rng.choice(["TH-50", "TH-10"]), source=rng.choice(["nso-ses", "province-file"]),
                      as_of=rng.choice(["", "2024-01-01", "2024-02-01"]), file=rng.choice("ab"))
                for _ in range(8)
            ]
        )  # fmt: skip
        write_observations(rows, tmp_path / "s", vintage=f"2024-0{load + 1}-01T00:00:00.000000Z")
    pd.testing.assert_frame_equal(_sorted(read_latest(tmp_path / "s")), _sorted(select_latest(read_vintages(tmp_path / "s"))))
    early = read_vintages(tmp_path / "s")
    early = early[early["vintage"] <= "2024-03-01T23"]
    pd.testing.assert_frame_equal(_sorted(read_as_of(tmp_path / "s", "2024-03-01")), _sorted(select_latest(early)))


def _sorted(frame):
    return frame.sort_values([*KEY, "OBS_VALUE"], kind="stable", ignore_index=True).drop(columns=["source_file", "source_id"])


def test_a_store_from_before_the_ledger_is_read_and_entered_at_the_next_load(tmp_path):
    folder = tmp_path / "s" / "observations"
    folder.mkdir(parents=True)
    table({2020: 1.0}).assign(vintage="2023-01-01T00:00:00.000000Z").drop(columns="as_of").to_parquet(folder / "20230101-abc.parquet")
    assert read_observations(tmp_path / "s")["OBS_VALUE"].to_list() == [1.0]
    write_observations(table({2021: 2.0}), tmp_path / "s")
    assert len(read_entries(tmp_path / "s")) == 2 and sound(tmp_path / "s") == []


# ---------------------------------------------------------------- S5


def test_a_table_that_breaks_its_contract_leaves_the_store_as_it_was(tmp_path):
    write_observations(table({2020: 1.0}), tmp_path / "s")
    before = tree(tmp_path / "s")
    with pytest.raises(DataError):
        write_observations(table({2020: float("inf")}), tmp_path / "s")
    assert tree(tmp_path / "s") == before


# ---------------------------------------------------------------- S8

CHILD = """
import os, signal, sys
sys.path.insert(0, {root!r})
from tests.test_store_promises import table
from sdg_eval import store as module
import sdg_eval.ledger
stop, n = int(sys.argv[2]), 0
if stop >= 0:
    def counted(name):
        real = getattr(os, name)
        def call(*a, **k):
            global n
            n += 1
            if n == stop:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*a, **k)
        setattr(os, name, call)
    for name in ("open", "write", "fsync", "replace", "chmod", "ftruncate", "fdopen", "close"):
        counted(name)
from pathlib import Path
raw = Path(sys.argv[1]).parent / "raw.csv"
for load in range(3):
    result = module.write_observations(table({{2020 + load: float(load)}}, file=f"f{{load}}.csv"), sys.argv[1], raw=[], declared={{"load": load}})
    print(f"ack {{load}} {{result.n_rows}} {{result.is_new}}", flush=True)
print("calls", n, flush=True)
"""


def run_child(store, stop=-1, kill_after=None):
    process = subprocess.Popen(
        [sys.executable, "-c", CHILD.format(root=str(ROOT)), str(store), str(stop)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    if kill_after is not None:
        time.sleep(kill_after)
        process.kill()
    out, _ = process.communicate(timeout=120)
    return process.returncode, [int(line.split()[1]) for line in out.splitlines() if line.startswith("ack")], out


def check_after_kill(store, acknowledged):
    """Nothing acknowledged is lost, nothing is corrupt, and a second run does only what is missing."""
    if (store / "ledger").is_dir():
        assert sound(store) == []
        held = set(read_observations(store)["TIME_PERIOD"]) if read_entries(store) else set()
    else:
        held = set()
    assert not held or (store / "ledger").is_dir()
    assert {str(2020 + load) for load in acknowledged} <= held
    code, again, out = run_child(store)
    assert code == 0 and again == [0, 1, 2]
    done = {int(line.split()[1]) for line in out.splitlines() if line.startswith("ack") and line.endswith("True")}
    assert {str(2020 + load) for load in done} | held == {"2020", "2021", "2022"} and not ({str(2020 + load) for load in done} & held)
    assert sound(store) == [] and len(read_vintages(store)) == 3


@pytest.mark.slow
def test_a_kill_at_every_write_point_loses_nothing(tmp_path):
    code, acknowledged, out = run_child(tmp_path / "whole", stop=0)
    calls = int(out.split("calls")[1])
    assert code == 0 and acknowledged == [0, 1, 2] and calls > 30
    points = range(1, calls + 1, times(9, 1))
    for stop in points:
        store = tmp_path / f"s{stop}"
        code, acknowledged, _ = run_child(store, stop=stop)
        assert code == -signal.SIGKILL
        check_after_kill(store, acknowledged)
    report("S8", f"kill at {len(points)} of {calls} write points: acknowledged lost 0, corrupt 0")


@pytest.mark.slow
def test_kills_at_random_moments_lose_nothing(tmp_path):
    rng, n, killed = random.Random(SEED), times(6, 200), 0
    for k in range(n):
        store = tmp_path / f"s{k}"
        code, acknowledged, _ = run_child(store, kill_after=rng.uniform(0.5, 1.3))
        killed += code != 0
        check_after_kill(store, acknowledged)
    report("S8", f"{killed} of {n} random kills struck: acknowledged lost 0/{n}, corrupt artefacts 0")


# ---------------------------------------------------------------- S9


def failing_writes(fdopen, failing, left):
    """An os.fdopen whose files fail at the n-th write."""

    class Failing:
        def __init__(self, *args, **options):
            self.file = fdopen(*args, **options)
            self.write, self.flush, self.fileno = failing(self.file.write, left), self.file.flush, self.file.fileno

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self.file.close()

    return Failing


@pytest.mark.parametrize("kind", ["ENOSPC", "EROFS", "EIO"])
@pytest.mark.parametrize("call", ["fsync", "replace", "mkstemp", "write"])
def test_a_disk_that_refuses_damages_nothing_and_is_told(tmp_path, monkeypatch, kind, call):
    import errno
    import tempfile

    store = tmp_path / "s"
    write_observations(table({2020: 1.0}), store)
    before = tree(store)
    number = getattr(errno, kind)
    for nth in range(1, 4):
        def failing(real, left=None):
            left = left if left is not None else [nth]  # noqa: B023

            def wrapped(*args, **options):
                left[0] -= 1
                if left[0] == 0:
                    raise OSError(number, os.strerror(number))
                return real(*args, **options)

            return wrapped

        with monkeypatch.context() as patch:
            if call == "mkstemp":
                patch.setattr(tempfile, "mkstemp", failing(tempfile.mkstemp))
            elif call == "write":
                patch.setattr(os, "fdopen", failing_writes(os.fdopen, failing, [nth]))
            else:
                patch.setattr(os, call, failing(getattr(os, call)))
            try:
                write_observations(table({2021: 2.0}), store)
            except WriteError as error:
                message = str(error)
                assert "Make room" in message
                assert ("are free" in message and "are needed" in message) or kind != "ENOSPC"
        assert sound(store) == []
        assert all(tree(store).get(name) == content for name, content in before.items() if not name.endswith("HEAD"))
    write_observations(table({2021: 2.0}), store)
    assert set(read_latest(store)["TIME_PERIOD"]) == {"2020", "2021"} and sound(store) == []


@pytest.mark.slow
def test_a_disk_that_is_full_at_twenty_sizes_keeps_what_was_good(tmp_path):
    """A small file system in memory, of a size that fails at another place each time."""
    mount = tmp_path / "disk"
    mount.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(mount)], capture_output=True)
    if made.returncode:
        pytest.skip("a file system of limited size cannot be mounted here (needs root)")
    refused = 0
    try:
        for n in range(times(5, 20)):
            subprocess.run(["umount", str(mount)], check=True)
            subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={40 + 12 * n * times(4, 1)}k", "tmpfs", str(mount)], check=True)
            store, done = mount / "s", 0
            try:
                for load in range(12):
                    write_observations(table({2000 + load: 1.0}, file=f"f{load}"), store)
                    done += 1
            except WriteError as error:
                refused += 1
                assert "are free" in str(error)
            if done:
                assert sound(store) == [] and len(read_latest(store)) == done
                subprocess.run(["mount", "-o", "remount,size=4m", str(mount)], check=True)
                write_observations(table({1990: 1.0}), store)  # recovers once there is room
                assert sound(store) == [] and len(read_latest(store)) == done + 1
    finally:
        subprocess.run(["umount", str(mount)], check=False)
    assert refused > 0
    report("S9", f"full disk at {times(5, 20)} sizes, refused {refused} times: good artefacts damaged 0")


# ---------------------------------------------------------------- S10


def test_every_corruption_is_seen(tmp_path):
    store, rng = tmp_path / "s", random.Random(SEED)
    for n in range(3):
        raw = tmp_path / f"raw{n}.csv"
        raw.write_text(f"จังหวัด,256{n}\nยะลา,{n}.5\n")
        write_observations(table({2020 + n: float(n)}, file=raw.name), store, raw=[raw])
    assert verify(store) == []
    files = [p for p in sorted(store.rglob("*")) if p.is_file() and p.name != ".lock"]
    flips, cuts, missed = times(60, 200), times(15, 50), []
    for k in range(flips + cuts):
        path = rng.choice(files)
        content = path.read_bytes()
        if k < flips:
            at = rng.randrange(len(content))
            path.write_bytes(content[:at] + bytes([content[at] ^ (1 << rng.randrange(8))]) + content[at + 1 :])
        elif rng.random() < 0.5:
            path.write_bytes(content[: rng.randrange(len(content))])
        else:
            path.unlink()
        if not sound(store):
            missed.append((path.name, k))
        path.write_bytes(content)
    assert sound(store) == [] and missed == []
    report("S10", f"{flips} byte flips and {cuts} truncations or losses: undetected {len(missed)}/{flips + cuts}")


def test_a_lost_newest_entry_and_a_reordered_ledger_are_seen(tmp_path):
    store = tmp_path / "s"
    for n in range(3):
        write_observations(table({2020 + n: float(n)}), store)
    entries = sorted((store / "ledger").glob("*.json"))
    newest = entries[-1].read_bytes()
    entries[-1].unlink()
    assert sound(store)
    entries[-1].write_bytes(newest)
    edited = json.loads(entries[0].read_bytes()) | {"rows": 99}
    entries[0].write_text(json.dumps(edited))
    assert sound(store)
    with pytest.raises(DataError, match="no store"):
        verify(tmp_path / "nothing")


# ---------------------------------------------------------------- S11


def test_two_writers_take_turns_and_readers_never_wait(tmp_path):
    store, rounds = tmp_path / "s", times(4, 20)
    write_observations(table({1999: 1.0}), store)
    writer = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
        "from tests.test_store_promises import table\nfrom sdg_eval.store import write_observations\n"
        f"for k in range({rounds}):\n    write_observations(table({{2000 + k: 1.0}}, area=sys.argv[2], file=sys.argv[2] + str(k)), sys.argv[1])\n"
    )
    reader = (
        f"import sys, time; sys.path.insert(0, {str(ROOT)!r})\nfrom sdg_eval.store import read_latest\n"
        f"n = 0\nfor k in range({rounds}):\n    m = len(read_latest(sys.argv[1])); assert m >= n, (m, n); n = m\n"
    )
    running = [subprocess.Popen([sys.executable, "-c", writer, str(store), area], cwd=ROOT) for area in ("TH-50", "TH-10")]
    running += [subprocess.Popen([sys.executable, "-c", reader, str(store)], cwd=ROOT) for _ in range(times(2, 4))]
    assert [p.wait(timeout=300) for p in running] == [0] * len(running)
    assert len(read_latest(store)) == 2 * rounds + 1 and sound(store) == []
    report("S11", f"2 writers and {times(2, 4)} readers over {rounds} rounds: lost 0 of {2 * rounds}")


def test_a_writer_that_must_wait_too_long_is_told_who_holds_the_store(tmp_path):
    with writer_lock(tmp_path / "s"), pytest.raises(LockedError, match=f"pid {os.getpid()}"), writer_lock(tmp_path / "s", wait=0.1):
        pass
    with writer_lock(tmp_path / "s", wait=0.1):
        pass


# ---------------------------------------------------------------- S12


def test_a_backup_taken_during_loads_is_restored_elsewhere_equal(tmp_path):
    store = tmp_path / "s"
    for n in range(3):
        write_observations(table({2000 + n: float(n)}, file=f"f{n}"), store)
    writer = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
        "from tests.test_store_promises import table\nfrom sdg_eval.store import write_observations\n"
        "for k in range(12):\n    write_observations(table({2010 + k: 1.0}, file=str(k)), sys.argv[1])\n"
    )
    running = subprocess.Popen([sys.executable, "-c", writer, str(store)], cwd=ROOT)
    copies = 0
    while running.poll() is None:
        loads = backup(store, tmp_path / f"b{copies}")
        assert restore(tmp_path / f"b{copies}", tmp_path / f"r{copies}") == loads
        again, whole = read_vintages(tmp_path / f"r{copies}"), read_vintages(store)
        then = whole[whole["vintage"] <= again["vintage"].max()]
        assert len(again) == loads and data_hash(again) == data_hash(then)
        copies += 1
    assert running.returncode == 0
    backup(store, tmp_path / "last")
    restore(tmp_path / "last", tmp_path / "restored")
    assert tree(tmp_path / "restored") == tree(store)
    report("S12", f"{copies + 1} backups, {copies} during loads: rows and hashes equal")


def test_a_damaged_backup_is_not_restored_and_nothing_is_overwritten(tmp_path):
    write_observations(table({2020: 1.0}), tmp_path / "s")
    backup(tmp_path / "s", tmp_path / "b")
    with pytest.raises(WriteError, match="there already"):
        backup(tmp_path / "s", tmp_path / "b")
    with pytest.raises(WriteError, match="not empty"):
        restore(tmp_path / "b", tmp_path / "s")
    (parquet,) = (tmp_path / "b" / "observations").glob("*.parquet")
    parquet.write_bytes(parquet.read_bytes()[:-1])
    with pytest.raises(DataError, match="damaged"):
        restore(tmp_path / "b", tmp_path / "r")
