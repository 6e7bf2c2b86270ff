"""The log of runs: who ran what, when, with which version, from which data to which results; and whether it still holds.

It is the store's ledger again (`sdg_eval.ledger`), in `<out>/.audit`: one entry when a batch begins and one when it
ends, each with the hash of the one before. An entry of an end names every file of the run by its hash, and the run folder
names the entry: so an edit, a deletion, another order and a lost tail are seen, and what is handed out can be proved.
Whoever may write everything can also forge everything: then only a hash that was written down elsewhere tells, which
is why a batch prints its own.
"""

from __future__ import annotations

import contextlib
import getpass
import json
import os
import time
from contextlib import contextmanager
from pathlib import Path

from sdg_eval.backup import StoreFault
from sdg_eval.batch.results import (
    ANCHOR,
    MANIFEST,
    file_hash,
    hash_files,
    made_with,
    manifest_text,
    read_manifest,
    results_hash,
)
from sdg_eval.errors import DataError
from sdg_eval.ledger import LEDGER, append_entry, chain_faults, entry_paths, sha256, writer_lock
from sdg_eval.store import write_atomic

AUDIT, COMMANDS = ".audit", "commands"
"""Beside the runs; no run can have such a name."""
ROLE, USER = "SDG_EVAL_ROLE", "SDG_EVAL_AUDIT_USER"
"""Who runs is told by a role. The name of a person is personal data: it is written only where USER is 1."""
UNNAMED = "unnamed"
LONGEST_ROLE = 80
REMEDIES = {
    "log": (
        "บันทึกการรันถูกแก้ไขหรือสูญหาย: กู้คืนโฟลเดอร์ .audit จากสำเนาสำรอง และสอบถามผู้ที่เข้าถึงโฟลเดอร์นี้",
        "The log of runs was changed or lost: restore the folder .audit from a backup, and ask who had access to this folder.",
    ),
    "run": (
        "อย่าใช้ผลของรอบนี้: รันใหม่ด้วย sdg-eval runs resume --again หรือกู้คืนจากสำเนาสำรอง",
        "Do not use this run: make it again with sdg-eval runs resume --again, or restore it from a backup.",
    ),
    "note": ("ไม่ต้องทำอะไร", "There is nothing to do."),
}  # fmt: skip


@contextmanager
def logged_run(out, name: str, **facts):
    """Write down that a run begins and, however it is left, how it ended.

    To be used by the holder of the lock of the run. Yields a dict for what is known at the end (status, counts, hashes …);
    `kept`, folders below the run whose files are those of the run before, is used and not written. After the end it
    holds `entry`, the number and hash of the entry to note elsewhere.

    Raises
    ------
    WriteError
        When the log cannot be written: then nothing is run.
    """
    log, folder = Path(out) / AUDIT, Path(out) / name
    begun = _append(log, kind="begin", run=name, **made_with(), **facts)
    if folder.is_dir():
        write_atomic(folder / ANCHOR, _anchor_bytes(begun | {"results": ""}))
    ending = {"status": "stopped"}
    try:
        yield ending
    except BaseException as error:
        ending |= {
            "status": "interrupted" if isinstance(error, KeyboardInterrupt | SystemExit) else "stopped",
            "error": type(error).__name__,
        }
        # the first error is the one to tell; without an end the run counts as killed
        with contextlib.suppress(Exception):
            _end(log, folder, ending)
        raise
    _end(log, folder, ending)


def _end(log: Path, folder: Path, ending: dict) -> None:
    """Write the list of files, the entry, and in the run folder the anchor that names it."""
    kept = ending.pop("kept", ())
    files = hash_files(folder, read_manifest(folder) if kept else {}, kept) if folder.is_dir() else {}
    text = manifest_text(files).encode()
    if files:
        write_atomic(folder / MANIFEST, text)
    facts = {"results": results_hash(files), "files": sha256(text), "n_files": len(files)}
    ending |= facts | {"entry": _append(log, kind="end", run=folder.name, **facts, **ending)}
    if files:
        write_atomic(folder / ANCHOR, _anchor_bytes(ending["entry"] | {"results": facts["results"]}))


def _anchor_bytes(anchor: dict) -> bytes:
    return (json.dumps(anchor, indent=1, sort_keys=True) + "\n").encode()


def _append(log: Path, **content) -> dict:
    """Add an entry and return its number and hash; batches of other runs may write at the same time."""
    with writer_lock(log):
        append_entry(log, write_atomic, time=_now(), who=_who(), **content)
        path = entry_paths(log)[-1]
        return {"number": int(path.name[:6]), "sha256": sha256(path.read_bytes())}


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def _who() -> dict:
    said = {"role": " ".join(os.environ.get(ROLE, "").split())[:LONGEST_ROLE] or UNNAMED}
    if os.environ.get(USER) == "1":
        with contextlib.suppress(OSError, KeyError, ImportError):
            said["user"] = getpass.getuser()
    return said


# ------------------------------------------------------------------ the command, to give it again


def write_command(out, name: str, call: dict) -> None:
    """Keep the arguments of a batch, with whole paths, where only their owner reads them: not in the run, which is handed out."""
    folder = Path(out) / AUDIT / COMMANDS
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    text = json.dumps(call, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    write_atomic(folder / f"{name}.json", text.encode(), mode=0o600)


def read_command(out, name: str) -> dict:
    """Return the arguments of the last batch of a run. Raises DataError where they were not kept."""
    path = Path(out) / AUDIT / COMMANDS / f"{name}.json"
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(
            f"{path}: the command of this run was not kept. Give it again: sdg-eval evaluate --run {name} …"
        ) from error


def command_words(call: dict) -> list[str]:
    """Return a call as the words of the command line; of a path its last name alone, for folders name people and machines."""
    words, flags = ["evaluate"], {"observations": "--store", "notebooks": "--notebook", "parameters": "-p"}
    for option, value in sorted(call.items()):
        flag = flags.get(option, f"--{option.replace('_', '-')}")
        for one in value if isinstance(value, list) else [value]:
            if one not in (None, "", False):
                words += [flag] if one is True else [flag, _shortened(str(one))]
    return words


def _shortened(text: str) -> str:
    if "://" in text:  # a scheduler: what kind, not which machine
        return text.partition("://")[0]
    name, equals, value = text.rpartition("=")
    return name + equals + (Path(value).name if "/" in value or "\\" in value else value)


# ------------------------------------------------------------------ reading and proving


def read_log(out) -> list[dict]:
    """Return the entries that can be read, oldest first, each with its own `sha256`."""
    entries = []
    for path in entry_paths(Path(out) / AUDIT):
        with contextlib.suppress(OSError, ValueError):
            blob = path.read_bytes()
            entries.append(json.loads(blob) | {"sha256": sha256(blob)})
    return [e for e in entries if isinstance(e.get("run"), str) and e.get("kind") in ("begin", "end")]


def verify_runs(out) -> list[StoreFault]:
    """Return everything in a reports folder that is not as the log says; notes (`kind` note) are no faults.

    Reads every file of every run. Raises DataError when the folder holds neither a log nor a run.
    """
    out = Path(out)
    anchors = {p.parent.name: p for p in sorted(out.glob(f"[!.]*/{ANCHOR}")) if not p.parent.is_symlink()}
    if not (out / AUDIT / LEDGER).is_dir():
        if not anchors:
            raise DataError(f"{out}: holds no log of runs. Check the path, or run `sdg-eval evaluate` first.")
        return [_fault(out / AUDIT, "the log of runs is missing", "log")]
    faults = [_fault(path, what, "log") for path, what in chain_faults(out / AUDIT)]
    entries = read_log(out)
    last = {entry["run"]: entry for entry in entries}
    for name, entry in sorted(last.items()):
        folder = out / name
        if not folder.is_dir():
            faults.append(_fault(folder, "this run is in the log and is not here any more", "note"))
        elif entry["kind"] == "begin":
            faults.append(
                _fault(
                    folder,
                    f"the batch that began at {entry.get('time')} did not come to its end; its files prove nothing",
                    "note",
                )
            )
        else:
            faults += _run_faults(folder, entry)
            if entry.get("n_files") and name not in anchors:
                faults.append(
                    _fault(folder / ANCHOR, "is missing: it names this run's entry in the log", "run")
                )
    known = {(entry["number"], entry["sha256"]): entry["run"] for entry in entries}
    for name, path in anchors.items():
        faults += _anchor_faults(path, name, known, last)
    for path in sorted(p.parent for p in out.glob("[!.]*/runs.csv")):
        if path.name not in last and path.name not in anchors and not path.is_symlink():
            faults.append(
                _fault(
                    path, "this run is not in the log: it was copied here, or is older than the log", "note"
                )
            )
    return faults


def _fault(path, what: str, kind: str) -> StoreFault:
    return StoreFault(str(path), what, "note" if kind == "note" else "fault", *REMEDIES[kind])


def _run_faults(folder: Path, entry: dict) -> list[StoreFault]:
    """Every file of a run against its list, and the list against the log."""
    if not entry.get("n_files"):
        return []
    try:
        sound = file_hash(folder / MANIFEST) == entry["files"]
    except DataError:
        return [_fault(folder / MANIFEST, "the list of files is missing", "run")]
    faults = [] if sound else [_fault(folder / MANIFEST, "the list of files was changed", "run")]
    listed, found = read_manifest(folder), hash_files(folder)
    faults += [_fault(folder / p, "is missing", "run") for p in sorted(listed.keys() - found.keys())]
    faults += [
        _fault(folder / p, "was added after the run", "run") for p in sorted(found.keys() - listed.keys())
    ]
    return faults + [
        _fault(folder / p, "was changed after the run", "run")
        for p in sorted(listed.keys() & found.keys())
        if listed[p] != found[p]
    ]


def _anchor_faults(path: Path, name: str, known: dict, last: dict) -> list[StoreFault]:
    """The anchor of a run must name an entry of the log about this run: else the log lost its tail, or was written anew."""
    try:
        blob = path.read_bytes()
        anchor = json.loads(blob)
        mine, results = (anchor["number"], anchor["sha256"]), anchor["results"]
    except (OSError, ValueError, KeyError, TypeError):
        return [_fault(path, "is garbled: it names this run's entry in the log", "run")]
    if known.get(mine) != name:
        return [
            _fault(
                path,
                f"names entry {mine[0]}, which the log does not hold: entries were lost or changed",
                "log",
            )
        ]
    entry = last[name]
    same = entry["number"] == mine[0]
    if blob != _anchor_bytes(anchor) or (same and results != entry.get("results", "")):
        return [_fault(path, "was changed after the run", "run")]
    if not same:
        return [
            _fault(path, "is older than this run's entry: the batch was killed in its last moment", "note")
        ]
    return []
