"""The log of runs: whatever is changed, lost, put elsewhere or cut off afterwards is found."""

import json
import os
import random
import shutil
import subprocess
import sys
from collections import Counter

import pytest
from typer.testing import CliRunner

from sdg_eval.__main__ import app
from sdg_eval.batch import audit
from sdg_eval.batch.audit import AUDIT, ROLE, USER, logged_run, read_log, verify_runs
from sdg_eval.batch.results import ANCHOR, MANIFEST, read_manifest
from sdg_eval.errors import DataError, WriteError
from sdg_eval.ledger import HEAD, LEDGER, entry_paths, sha256
from tests.conftest import ROOT
from tests.counts import report, times
from tests.run_folders import EVALUATION, PEERS, QUALITY, make_run

EDITS = times(100, 500)


def log_run(out, name, statuses=None, **ending):
    """Make a run folder within the log, as the batch does."""
    folder = out / name
    folder.mkdir(parents=True, exist_ok=True)
    with logged_run(out, name, command=["evaluate", "--run", name]) as told:
        shutil.rmtree(folder)
        make_run(out, name, statuses or {(EVALUATION, "TH-50"): "done", (PEERS, "TH-50"): "done", (QUALITY, ""): "done"})
        (folder / ANCHOR).write_text("{}")
        told |= {"status": "complete", "data_hash": "d" * 64, "code_hash": "c" * 64} | ending
    return told


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """Three runs, one of them twice, and one that was killed after it began."""
    out = tmp_path_factory.mktemp("audit") / "r"
    for name in ("q1", "q2", "q3", "q2"):
        log_run(out, name)
    (out / "q4").mkdir()
    code = f"import os; from sdg_eval.batch.audit import logged_run\nwith logged_run({str(out)!r}, 'q4'): os._exit(9)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 9
    return out


def faults(out):
    return [f for f in verify_runs(out) if f.kind == "fault"]


# ---------------------------------------------------------------- what is written


def test_an_entry_says_who_what_when_with_which_version_from_what_to_what(sound):
    entries = read_log(sound)
    assert [(e["number"], e["kind"], e["run"]) for e in entries] == [
        (1, "begin", "q1"), (2, "end", "q1"), (3, "begin", "q2"), (4, "end", "q2"), (5, "begin", "q3"), (6, "end", "q3"), (7, "begin", "q2"), (8, "end", "q2"), (9, "begin", "q4"),
    ]  # fmt: skip
    begin, end = entries[:2]
    assert begin["command"] == ["evaluate", "--run", "q1"] and begin["who"] == {"role": "unnamed"}
    assert {"time", "version", "commit", "lock_hash", "packages_hash", "python"} <= begin.keys() and len(begin["lock_hash"]) == 64
    assert end["data_hash"] == "d" * 64 and len(end["results"]) == len(end["files"]) == 64 and end["status"] == "complete"
    assert end["n_files"] == len(read_manifest(sound / "q1")) == 14
    assert [e["previous"] for e in entries[1:]] == [e["sha256"] for e in entries[:-1]]


def test_a_person_is_named_only_where_the_operator_allows_it(tmp_path, monkeypatch):
    monkeypatch.setattr(audit.getpass, "getuser", lambda: "somchai")
    monkeypatch.setenv(ROLE, "  SDG desk,\n Chiang Mai ")
    log_run(tmp_path, "x")
    assert read_log(tmp_path)[0]["who"] == {"role": "SDG desk, Chiang Mai"}
    assert not any(b"somchai" in p.read_bytes() for p in tmp_path.rglob("*") if p.is_file())
    monkeypatch.setenv(USER, "1")
    log_run(tmp_path, "x")
    assert read_log(tmp_path)[-1]["who"] == {"role": "SDG desk, Chiang Mai", "user": "somchai"}


def test_the_list_of_files_is_what_sha256sum_reads(sound):
    lines = (sound / "q1" / MANIFEST).read_text().splitlines()
    assert len(lines) == 14 and lines == sorted(lines, key=lambda line: line[66:])
    for line in lines:
        assert sha256((sound / "q1" / line[66:]).read_bytes()) == line[:64] and line[64:66] == "  "


def test_what_is_kept_has_the_hash_of_the_run_that_made_it(tmp_path):
    """A result changed by hand does not become true because the next batch keeps it."""
    log_run(tmp_path, "x")
    (tmp_path / "x/peers/TH-50/result.csv").write_text("SERIES,slope\nSI_POV_NAHC,-99\n")
    (tmp_path / "x/provinces/TH-50/figures/th/a.svg").unlink()
    with logged_run(tmp_path, "x") as told:
        told |= {"status": "complete", "kept": ["peers/TH-50", "provinces/TH-50"]}
    assert "kept" not in read_log(tmp_path)[-1]
    assert sorted(f.path[len(str(tmp_path)) :] + " " + f.what for f in faults(tmp_path)) == [
        "/x/peers/TH-50/result.csv was changed after the run", "/x/provinces/TH-50/figures/th/a.svg is missing",
    ]  # fmt: skip


def test_nothing_is_run_that_cannot_be_logged(tmp_path, monkeypatch):
    def refuse(path, content, **_):
        raise WriteError(f"{path}: cannot be written")

    monkeypatch.setattr(audit, "write_atomic", refuse)
    with pytest.raises(WriteError), logged_run(tmp_path, "x"):
        pytest.fail("was run")


# ---------------------------------------------------------------- what is found


def test_a_sound_folder_has_no_faults_and_a_killed_batch_is_told(sound):
    found = verify_runs(sound)
    assert [(f.kind, f.path) for f in found] == [("note", str(sound / "q4"))] and "did not come to its end" in found[0].what


def rechained(out, number, change):
    """Write entry `number` anew and every later one after it, names and head too: a forgery by somebody who knows how."""
    previous = None
    for path in entry_paths(out / AUDIT):
        entry = json.loads(path.read_bytes())
        if entry["number"] >= number:
            entry = change(entry) if entry["number"] == number else entry | {"previous": previous}
            path.unlink()
            blob = (json.dumps(entry, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()
            path = path.with_name(f"{entry['number']:06d}-{sha256(blob)[:16]}.json")
            path.write_bytes(blob)
        previous = sha256(path.read_bytes())
    set_head(out)


def set_head(out):
    last = entry_paths(out / AUDIT)[-1]
    (out / AUDIT / LEDGER / HEAD).write_text(json.dumps({"number": int(last.name[:6]), "sha256": sha256(last.read_bytes())}, sort_keys=True) + "\n")


def flip(path, rng):
    blob = bytearray(path.read_bytes())
    place = rng.randrange(len(blob))
    blob[place] ^= 1 << rng.randrange(8)
    path.write_bytes(bytes(blob))


def some_edit(out, rng):
    """Do one thing that should not be done; return its kind."""
    entries = entry_paths(out / AUDIT)
    runs = [out / name for name in ("q1", "q2", "q3")]
    files = [p for run in runs for p in run.rglob("*") if p.is_file() and p.name not in (MANIFEST, ANCHOR)]
    one, other = rng.sample(entries, 2)
    kind = rng.choice(
        ["entry edited", "entry deleted", "entries exchanged", "entry renamed", "entry copied", "tail cut", "tail cut and head set", "head edited", "head deleted", "log deleted",
         "forged and chained anew", "file edited", "file deleted", "file added", "files exchanged", "list edited", "list and file edited", "anchor edited", "anchor deleted"]
    )  # fmt: skip
    if kind == "entry edited":
        flip(one, rng)
    elif kind == "entry deleted":
        one.unlink()
    elif kind == "entries exchanged":
        a, b = one.read_bytes(), other.read_bytes()
        one.write_bytes(b), other.write_bytes(a)
    elif kind == "entry renamed":
        one.rename(one.with_name(f"{rng.randrange(100, 999):06d}{one.name[6:]}"))
    elif kind == "entry copied":
        shutil.copy(one, one.with_name(f"{len(entries) + 1:06d}{one.name[6:]}"))
    elif kind.startswith("tail cut"):
        for path in entries[-rng.randrange(1, len(entries)) :]:
            path.unlink()
        if kind.endswith("set"):
            set_head(out)
    elif kind == "head edited":
        flip(out / AUDIT / LEDGER / HEAD, rng)
    elif kind == "head deleted":
        (out / AUDIT / LEDGER / HEAD).unlink()
    elif kind == "log deleted":
        shutil.rmtree(out / AUDIT)
    elif kind == "forged and chained anew":
        rechained(out, rng.randrange(1, len(entries) + 1), lambda entry: entry | {"who": {"role": "somebody else"}})
    elif kind == "file edited":
        flip(rng.choice(files), rng)
    elif kind == "file deleted":
        rng.choice(files).unlink()
    elif kind == "file added":
        (rng.choice(files).parent / "more.csv").write_text("x\n")
    elif kind == "files exchanged":
        a, b = rng.sample([p for p in files if p.suffix == ".svg" and p.parts[-5] != "national"], 2)
        left, right = a.read_bytes(), b.read_bytes()
        if left == right:
            return some_edit(out, rng)
        a.write_bytes(right), b.write_bytes(left)
    elif kind == "list edited":
        flip(rng.choice(runs) / MANIFEST, rng)
    elif kind == "list and file edited":
        path = rng.choice(files)
        run = next(r for r in runs if r in path.parents)
        old = sha256(path.read_bytes())
        flip(path, rng)
        (run / MANIFEST).write_text((run / MANIFEST).read_text().replace(old, sha256(path.read_bytes())))
    elif kind == "anchor edited":
        flip(rng.choice(runs) / ANCHOR, rng)
    else:
        (rng.choice(runs) / ANCHOR).unlink()
    return kind


def test_every_edit_deletion_exchange_and_cut_is_found(sound, tmp_path):
    rng, found, kinds = random.Random(20240331), 0, Counter()
    missed = []
    for number in range(EDITS):
        out = tmp_path / str(number)
        shutil.copytree(sound, out)
        kind = some_edit(out, rng)
        kinds[kind] += 1
        if faults(out):
            found += 1
        else:
            missed.append((number, kind))
        shutil.rmtree(out)
    report("S34", f"{found} of {EDITS} edits of log and runs found, {len(kinds)} kinds")
    assert missed == [] and found == EDITS and len(kinds) == 19


def test_the_lost_tail_of_a_killed_batch_is_found_too(sound, tmp_path):
    out = tmp_path / "r"
    shutil.copytree(sound, out)
    entry_paths(out / AUDIT)[-1].unlink()
    set_head(out)
    assert [f.path for f in faults(out)] == [str(out / "q4" / ANCHOR)]


def test_a_kill_between_entry_and_anchor_is_no_fault(sound, tmp_path, monkeypatch):
    out = tmp_path / "r"
    shutil.copytree(sound, out)
    write = audit.write_atomic

    def killed(path, content, **more):
        if path.name == ANCHOR and json.loads(content)["results"]:
            raise KeyboardInterrupt
        write(path, content, **more)

    monkeypatch.setattr(audit, "write_atomic", killed)
    with pytest.raises(KeyboardInterrupt):
        log_run(out, "q3")
    monkeypatch.undo()
    # make_run's stand-in was in the way of the anchor that the beginning wrote
    begun = read_log(out)[-2]
    (out / "q3" / ANCHOR).write_bytes(audit._anchor_bytes({"number": begun["number"], "sha256": begun["sha256"], "results": ""}))
    assert faults(out) == [] and any("last moment" in f.what for f in verify_runs(out))
    log_run(out, "q3")
    assert faults(out) == [] and not any("last moment" in f.what for f in verify_runs(out))


def test_a_run_that_was_deleted_or_brought_from_elsewhere_is_told_and_no_fault(sound, tmp_path):
    out = tmp_path / "r"
    shutil.copytree(sound, out)
    shutil.rmtree(out / "q1")
    make_run(out, "stranger", {(EVALUATION, "TH-50"): "done"})
    assert faults(out) == []
    assert {(f.path.rpartition("/")[2] if os.sep == "/" else "", f.what.partition(":")[0]) for f in verify_runs(out)} >= {
        ("q1", "this run is in the log and is not here any more"), ("stranger", "this run is not in the log"),
    }  # fmt: skip


def test_hidden_files_of_the_system_are_no_additions(sound, tmp_path):
    out = tmp_path / "r"
    shutil.copytree(sound, out)
    (out / "q1" / ".DS_Store").write_text("x")
    (out / "q1" / "provinces" / ".ipynb_checkpoints").mkdir()
    (out / "q1" / "provinces" / ".ipynb_checkpoints" / "n.ipynb").write_text("x")
    assert faults(out) == []


def test_the_command_says_sound_or_names_the_fault_with_its_remedy(sound, tmp_path):
    out = tmp_path / "r"
    shutil.copytree(sound, out)
    result = CliRunner().invoke(app, ["verify", "--out", str(out)])
    assert result.exit_code == 0 and "Sound: 9 entries, 3 runs, 42 files." in result.stdout
    (out / "q1/peers/TH-50/result.csv").write_text("x")
    result = CliRunner().invoke(app, ["verify", "--out", str(out)])
    assert isinstance(result.exception, DataError) and "result.csv: was changed after the run" in result.stdout and "อย่าใช้ผล" in result.stdout
    with pytest.raises(DataError, match="no log of runs"):
        verify_runs(tmp_path)
