"""How a batch runs: in which order, under which lock, and what a reader sees while it does, whatever ends it (S8, S15, S17, S18)."""

import hashlib
import json
import os
import random
import re
import secrets
import signal
import subprocess
import sys
import threading
import time

import pytest

from sdg_eval.batch import run as running
from sdg_eval.batch.execute import Outcome
from sdg_eval.batch.limits import Limits
from sdg_eval.batch.lock import run_lock
from sdg_eval.batch.screen import Progress
from sdg_eval.batch.warm import warm_kernels
from sdg_eval.errors import INTERRUPTED, LOCKED, SOME_RUNS_FAILED, LockedError, UsageError
from tests.batch_toys import AREAS, command, jobs, left_over, write_notebook
from tests.counts import FULL, report, times

PLACES = AREAS[:4]
STOPS = [getattr(signal, name) for name in ("SIGKILL", "SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


# ---------------------------------------------------------------- order, and what is told


def plan_only(monkeypatch, folder, areas, **options):
    """Run `run_all` with workers that do nothing; return (areas in the order they were begun, outcomes, lines)."""
    begun, lines = [], []

    class Workers:
        count = 2

        def run(self, calls, *, seconds, started):
            yield from told(calls, started)

    def told(calls, started):
        for number, (_, (job, *_), _) in enumerate(calls):
            started(0, number)
            begun.append(job.area)
            yield number, Outcome(job.notebook, job.area, job.folder, "done", 1.0)

    monkeypatch.setattr(running, "warm_kernels", lambda: running.contextlib.nullcontext("python3"))
    outcomes = running.run_all(jobs(areas), folder, lambda job: "key", Workers(), lines.append, **options)
    return begun, outcomes, lines


def test_a_signal_while_idle_workers_are_let_go_does_not_undo_what_is_done(monkeypatch):
    from sdg_eval.batch import workers

    def stopped(pool):
        raise KeyboardInterrupt

    monkeypatch.setattr(workers, "stop_workers", stopped)
    with workers.Pool(1):
        pass
    with pytest.raises(KeyboardInterrupt), workers.Pool(1):
        raise KeyboardInterrupt


def record(folder, area, **facts):
    place = folder / "provinces" / area
    place.mkdir(parents=True)
    (place / "run.json").write_text(json.dumps(facts))


def test_the_longest_is_begun_first_and_the_table_keeps_the_order_of_the_plan(monkeypatch, tmp_path):
    for area, seconds in (("TH-10", 5), ("TH-11", 50), ("TH-12", 20)):
        record(tmp_path, area, seconds=seconds, status="done", key="an older one")
    begun, outcomes, _ = plan_only(monkeypatch, tmp_path, ["TH-10", "TH-11", "TH-12", "TH-13"])
    assert begun == ["TH-11", "TH-13", "TH-12", "TH-10"]  # TH-13 never ran: as long as the others of its notebook, 25 s
    assert [outcome.area for outcome in outcomes] == ["TH-10", "TH-11", "TH-12", "TH-13"]


def test_what_is_done_with_the_same_key_is_kept_and_again_runs_it_too(monkeypatch, tmp_path):
    record(tmp_path, "TH-10", seconds=5, status="done", key="key")
    record(tmp_path, "TH-11", seconds=5, status="failed", key="key")
    record(tmp_path, "TH-12", seconds=5, status="done", key="other")
    (tmp_path / "provinces" / "TH-13").mkdir()
    (tmp_path / "provinces" / "TH-13" / "run.json").write_text('{"status": "done", "key": "key')  # cut off
    begun, outcomes, _ = plan_only(monkeypatch, tmp_path, PLACES)
    assert sorted(begun) == ["TH-11", "TH-12", "TH-13"]
    assert [outcome.status for outcome in outcomes] == ["kept", "done", "done", "done"]
    assert sorted(plan_only(monkeypatch, tmp_path, PLACES, again=True)[0]) == sorted(PLACES)


def test_the_time_left_follows_what_the_first_ones_took():
    lines = []
    expected = dict.fromkeys(["a", "b", "c", "d"], 100.0)
    with Progress(4, lines.append, open(os.devnull), expected=expected, workers=2) as progress:
        progress.start(0, "TH-10")
        progress.expected["TH-10"] = 100.0
        progress.tell(Outcome("10_province_evaluation", "TH-10", "", "done", 50.0))  # half of what was expected
    assert lines == ["[1/4] TH-10 done in 50 s; about 2 min left"]  # 4 x 50 s by two workers


def test_a_terminal_shows_what_each_worker_does(monkeypatch):
    class Terminal:
        text = ""
        encoding = "utf-8"

        def write(self, text):
            self.text += text

        def flush(self):
            pass

        def isatty(self):
            return True

    terminal = Terminal()
    monkeypatch.setenv("TERM", "xterm")
    with Progress(2, lambda line: pytest.fail("a line beside the bars"), terminal, expected={"TH-10": 9.0, "TH-50": 9.0}, workers=2) as progress:
        progress.start(1, "TH-50")
        progress.bar.refresh()
        progress.tell(Outcome("10_province_evaluation", "TH-50", "", "done", 9.0))
    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", terminal.text)
    assert "worker 2: TH-50" in shown and "1/2" in shown and "TH-50 done in 9 s" in shown and "about 9 s left" in shown


def test_a_batch_whose_reader_left_goes_on(tmp_path):
    code = (
        "import sys; from pathlib import Path; from sdg_eval.batch.screen import unless_closed\n"
        "say = unless_closed(lambda line: print(line, flush=True))\n"
        "for i in range(20000): say(str(i))\n"
        f"Path({str(tmp_path / 'end')!r}).write_text('reached')"
    )
    batch = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert batch.stdout.readline() == "0\n"
    batch.stdout.close()
    assert batch.wait(60) == 0 and batch.stderr.read() == ""
    assert (tmp_path / "end").read_text() == "reached"


@pytest.mark.parametrize("bounds", [{"cell_seconds": 0}, {"notebook_seconds": -1}, {"memory_mb": 50}, {"memory_mb": float("nan")}])
def test_bounds_that_no_notebook_could_keep_are_refused(bounds):
    with pytest.raises(UsageError, match="give at least"):
        Limits(**bounds)


# ---------------------------------------------------------------- the lock


def test_runs_of_two_names_go_side_by_side_and_two_of_one_name_do_not(tmp_path):
    with run_lock(tmp_path / "2567Q1"), run_lock(tmp_path / "2567Q2"):
        with pytest.raises(LockedError, match=rf"2567Q1: another run holds the lock \(pid {os.getpid()} .* since 20"):
            with run_lock(tmp_path / "2567Q1"):
                pass
    with run_lock(tmp_path / "2567Q1"):
        pass


# ---------------------------------------------------------------- whatever ends it


@pytest.fixture(scope="module")
def warm():
    """A server of warm kernels for all batches of this file; a batch finds it by its environment."""
    with warm_kernels():
        yield


@pytest.fixture
def folder(tmp_path):
    write_notebook(tmp_path / "notebooks")
    return tmp_path


class Batch:
    """A batch of toys in a process of its own."""

    def __init__(self, folder, **spec):
        self.folder, self.mark = folder, secrets.token_hex(8)
        self.process = subprocess.Popen(
            command(folder, spec), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=os.environ | {"TOY_RUN": self.mark}
        )

    def wait_for_lock(self):
        """Wait until the batch holds the lock."""
        path, end = self.folder / "run" / ".lock", time.monotonic() + 60
        while not (path.exists() and f"pid {self.process.pid} " in path.read_text()):
            assert time.monotonic() < end and self.process.poll() is None, self.process.communicate()[0]
            time.sleep(0.01)

    def end(self) -> int:
        """Wait for the end; return the exit code. Nothing may be left over."""
        self.text, _ = self.process.communicate(timeout=240)
        end = time.monotonic() + 5
        while (left := left_over(self.mark)) and time.monotonic() < end:
            time.sleep(0.1)
        assert left == [], self.text
        return self.process.returncode

    def statuses(self) -> dict[str, str]:
        return {area: status for area, status, _ in json.loads((self.folder / "outcomes.json").read_text())}


def look_at(place) -> str:
    """Return what is wrong with a province's folder as a reader finds it: '' for a complete one, and where there is none yet."""
    try:
        handle = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        return ""
    try:
        content = {}
        for name in os.listdir(handle):
            with open(os.open(name, os.O_RDONLY, dir_fd=handle), "rb") as file:
                content[name] = file.read()
        record = json.loads(content["run.json"])
        hashes = {name: hashlib.sha256(blob).hexdigest() for name, blob in content.items() if name != "run.json"}
        fault = "" if record["status"] == "done" and hashes == record["outputs"] else f"{record['status']}: {sorted(content)}"
        if str(json.loads(content["echo.json"])["REPORT_YEAR"]) not in record["key"]:
            fault = "files of two runs"
    except (OSError, KeyError, ValueError) as error:
        fault = repr(error)
    finally:
        seen = os.fstat(handle).st_ino
        os.close(handle)
    try:
        return fault if os.stat(place).st_ino == seen else ""  # what was opened has lost its name since: it was replaced whole
    except FileNotFoundError:
        return ""


class Reader(threading.Thread):
    """Looks at the provinces' folders as often as it can."""

    def __init__(self, folder):
        super().__init__(daemon=True)
        self.places, self.faults, self.looks, self.done = [folder / "run" / "provinces" / area for area in PLACES], [], 0, threading.Event()

    def run(self):
        while not self.done.is_set():
            self.faults += filter(None, map(look_at, self.places))
            self.looks += 1
            time.sleep(0.0005)


def complete(folder, key: str) -> set[str]:
    """Provinces whose folder says that it was made with `key`."""
    records = {area: folder / "run" / "provinces" / area / "run.json" for area in PLACES}
    return {area for area, path in records.items() if path.exists() and json.loads(path.read_text())["key"] == key}


def test_a_reader_sees_only_complete_results_whatever_ends_the_batch(warm, folder):
    """Killed, interrupted or stopped at random times; what is complete is kept, and the same command makes only what is missing."""
    rng, reader, waited, stopped, resumed = random.Random(15), Reader(folder), [0.0], 0, 0
    rounds = [STOPS[i % len(STOPS)] for i in range(times(len(STOPS), 30 * len(STOPS)))] + [signal.SIGKILL] * times(1, 170)
    reader.start()
    for year, number in enumerate(rounds, 2000):
        batch = Batch(folder, areas=PLACES, year=year)
        batch.wait_for_lock()
        time.sleep(rng.uniform(0.0, times(4, 3)))
        batch.process.send_signal(number)
        sent = time.monotonic()
        code = batch.end()
        waited.append(time.monotonic() - sent)
        if number == signal.SIGKILL:
            assert code in (-9, 0), batch.text
        else:
            assert code in (INTERRUPTED, 0), batch.text
            assert code == 0 or "interrupted" in batch.statuses().values()
        stopped += code != 0
        there = complete(folder, f"key {year}")
        if year == 2000 + len(rounds) - 1 or (FULL and (number != signal.SIGKILL or year % 10 == 0)):
            again = Batch(folder, areas=PLACES, year=year)
            assert again.end() == 0, again.text
            assert again.statuses() == {area: "kept" if area in there else "done" for area in PLACES}
            resumed += 1
    reader.done.set()
    reader.join()
    assert reader.faults == []
    assert complete(folder, f"key {year}") == set(PLACES)
    assert not [p for p in folder.rglob("*.tmp")]
    assert max(waited) < 10
    assert stopped >= len(rounds) // 3
    report("S15", f"{reader.looks:,} looks at {len(PLACES)} folders while {len(rounds)} batches were ended ({stopped} of them in their midst): partial or mixed seen 0")
    report("S18", f"longest wait for the end after a signal {max(waited):.1f} s; {resumed} resumed, each made only what was missing")


def test_a_second_batch_into_the_same_run_is_refused_while_the_first_lives(warm, folder):
    for year in range(2000, 2000 + times(1, 20)):
        first = Batch(folder, areas=PLACES, year=year, pause=0.5)
        first.wait_for_lock()
        second = Batch(folder, areas=PLACES, year=year + 100)
        assert second.end() == LOCKED
        assert f"pid {first.process.pid} " in second.text and " since 20" in second.text
        assert first.end() == 0
        assert complete(folder, f"key {year}") == set(PLACES)
        assert [look_at(folder / "run" / "provinces" / area) for area in PLACES] == [""] * len(PLACES)
    report("S17", f"{times(1, 20)} rounds of two batches into one run: refused {times(1, 20)}, mixed outputs 0")


def mount(folder, size: str) -> bool:
    """Put a disk of `size` bytes in memory at `folder`, or give the one there another size; False where that is not allowed."""
    words = ["mount", "-o", f"remount,size={size}", str(folder)] if os.path.ismount(folder) else ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    return subprocess.run(words, capture_output=True).returncode == 0


@pytest.mark.skipif(not FULL or os.name != "posix" or os.geteuid() != 0, reason="fills a disk, for which root must make one; the writes themselves are refused in test_batch_run_results")
def test_a_disk_that_fills_up_damages_nothing_and_the_same_command_goes_on_when_there_is_room(warm, folder):
    (folder / "run").mkdir()
    assert mount(folder / "run", "64m")
    try:
        assert Batch(folder, areas=PLACES, year=2000).end() == 0
        disk = os.statvfs(folder / "run")
        used = (disk.f_blocks - disk.f_bfree) * disk.f_bsize
        damaged = told = full = 0
        for year, share in enumerate((i / 20 for i in range(20)), 2001):
            assert mount(folder / "run", str(int(used * (1.05 + 0.6 * share))))
            batch = Batch(folder, areas=PLACES, year=year)
            code = batch.end()
            errors = [error for _, status, error in json.loads((folder / "outcomes.json").read_text()) if status == "failed"]
            assert code == (SOME_RUNS_FAILED if errors else 0), batch.text
            damaged += sum(bool(look_at(folder / "run" / "provinces" / area)) for area in PLACES)
            full, told = full + len(errors), told + sum("MB are free" in error and "needed for a run" in error for error in errors)
            assert mount(folder / "run", "64m")
            again = Batch(folder, areas=PLACES, year=year)
            assert again.end() == 0, again.text
            assert complete(folder, f"key {year}") == set(PLACES)
        assert damaged == 0 and told == full > 10
        report("S9", f"20 sizes of disk, {full} runs refused for want of room: earlier results damaged 0, told with the room needed {told}")
    finally:
        subprocess.run(["umount", str(folder / "run")], check=False)
