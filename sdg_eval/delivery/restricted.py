"""Rows of single persons, kept apart from everything else: scores of trainings, answers of surveys.

Four rules. A person stands there under a pseudonym whose key lies in another folder; the identifier itself is never
written. Every reading is in a chained log before the rows are handed over. Rows have a day until which they may be kept.
A person who asks is forgotten in every vintage and every output, and stays forgotten when an old file comes again.

What this cannot do: blocks that a disk has freed, snapshots and copies that someone else made are out of its reach, and a
figure that people have read is not unread. Files are plain CSV so that "no trace is left" can be checked byte by byte.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hmac
import io
import json
import os
import re
import secrets
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from sdg_eval.delivery.columns import key_of, table_columns
from sdg_eval.delivery.contract import contract_faults, typed
from sdg_eval.delivery.disclosure import Group, hidden_groups
from sdg_eval.delivery.tables import SYNTHETIC
from sdg_eval.errors import DataError, UsageError, WriteError
from sdg_eval.ledger import (
    append_entry,
    chain_faults,
    ensure_head,
    entry_paths,
    read_entries,
    sha256,
    writer_lock,
)
from sdg_eval.store import csv_bytes, write_atomic
from sdg_eval.suppression import THRESHOLD
from sdg_eval.thai import clean_text, thai_digits_to_arabic

RETENTION_MONTHS = {"training_score": 36, "survey_answer": 24}
"""Months from the day of collection that rows may be kept: long enough for a follow-up and the next plan; our
choice, to be set by the ministry."""
PURPOSES = ("collection", "quarterly_report", "evaluation", "quality_check", "person_request", "retention")
"""Why rows are touched. A closed list: free text in a log ends up holding names."""
ROWS, OUTPUTS, MANIFEST = "rows", "outputs", "manifest.json"
KEY, FORGOTTEN, ANCHOR = "pseudonym.key", "forgotten.json", "log_head.json"
KEY_BYTES = 32
OWN = ["row_id", "collected_on", "keep_until", "vintage"]
"""Columns that the store adds: `row_id` is `person.row`, both drawn at random and tied to nothing outside."""
SHORT = r"[A-Za-z0-9ก-๙ ._:/+–-]{0,40}"
"""Form of the text that is allowed: codes and groups, no sentences."""
STATISTICS = ("n", "mean", "change")


@dataclass(frozen=True)
class RestrictedStore:
    """A restricted folder and the folder of its key, both open to their owner alone."""

    folder: Path
    keys: Path


@dataclass(frozen=True)
class Added:
    """What an intake of person-level rows did: added, there already, and left out because the person asked to be forgotten."""

    n_rows: int
    n_known: int
    n_forgotten: int


@dataclass(frozen=True)
class Removed:
    """What a deletion reached: rows, files rewritten (vintages), outputs removed, computed anew, not removable, not found."""

    n_rows: int
    n_files: int
    outputs_removed: tuple[str, ...] = ()
    outputs_recomputed: tuple[str, ...] = ()
    outputs_remaining: tuple[str, ...] = ()
    outputs_not_found: tuple[str, ...] = ()
    """Registered files that are no longer where they were: deleted by someone, or moved out of reach."""
    n_traces: int = 0
    """Places where the pseudonym was still found afterwards, in the store and the registered outputs."""

    @property
    def complete(self) -> bool:
        """True when nothing is left that the store knows of."""
        return not self.outputs_remaining and not self.n_traces


# ---------------------------------------------------------------- opening


def open_restricted(folder, keys) -> RestrictedStore:
    """Return the restricted store of a folder, made if it is not there, with its key in `keys`.

    Raises UsageError when one folder lies in the other, DataError when others may open either, or when a store with
    rows has lost its key (a new key would make strangers of the same persons).
    """
    folder, keys = Path(folder).resolve(), Path(keys).resolve()
    if folder == keys or folder in keys.parents or keys in folder.parents:
        raise UsageError(f"{keys}: the key may not lie in the folder of the rows, nor around it. Give another folder for it.")
    store = RestrictedStore(folder, keys)
    for path in (folder, keys, folder / ROWS, folder / OUTPUTS, folder / "ledger"):
        _private_folder(path)
    if not (keys / KEY).exists():
        if entry_paths(folder):
            raise DataError(f"{keys / KEY}: the key of this store is missing. Restore it; a new one would not know the persons.")
        _create_private(keys / KEY, secrets.token_bytes(KEY_BYTES))
    _create_private(folder / ".lock", b"")
    if loose := _loose(store):
        raise DataError(f"{loose[0]}: others may read or write here. Set the rights to the owner alone (700 for folders, 600 for files).")
    return store


KEYS_FOLDER = "SDG_EVAL_RESTRICTED_KEYS"
"""Environment variable with the folder of the key; without it the key lies beside the rows, in `<folder>-keys`."""


def is_restricted(folder) -> bool:
    """Return whether a folder is a restricted store that holds something."""
    return (Path(folder) / ROWS).is_dir() and bool(entry_paths(Path(folder)))


def open_beside(folder) -> RestrictedStore:
    """Return the restricted store of a folder whose key lies where it is looked for: KEYS_FOLDER says where.

    Raises DataError where there is no store or no key: a reader makes neither.
    """
    folder = Path(folder).resolve()
    keys = Path(os.environ.get(KEYS_FOLDER) or folder.with_name(f"{folder.name}-keys"))
    if not is_restricted(folder):
        raise DataError(f"{folder}: is no restricted store with rows.")
    if not (keys / KEY).is_file():
        raise DataError(f"{keys}: holds no key of the restricted store. Say in {KEYS_FOLDER} where it is.")
    return open_restricted(folder, keys)


def _private_folder(path: Path) -> None:
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise WriteError(f"{path}: cannot be made ({error.strerror}). Give another folder.") from error


def _create_private(path: Path, content: bytes) -> None:
    """Write a new file that only its owner can open; one that is there stays."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    except OSError as error:
        raise WriteError(f"{path}: cannot be written ({error.strerror}). Give another folder.") from error
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _loose(store: RestrictedStore) -> list[Path]:
    """Everything of the store and its keys that others than the owner may touch."""
    if os.name != "posix":  # rights of Windows are not in the mode
        return []
    return [p for root in (store.folder, store.keys) for p in [root, *sorted(root.rglob("*"))] if p.lstat().st_mode & 0o077 or p.is_symlink()]


def _write(path: Path, content: bytes) -> None:
    write_atomic(path, content, mode=0o600)


def _key(store: RestrictedStore) -> bytes:
    try:
        key = (store.keys / KEY).read_bytes()
    except OSError as error:
        raise DataError(f"{store.keys / KEY}: the key cannot be read ({error.strerror}). Restore it.") from error
    if len(key) != KEY_BYTES:
        raise DataError(f"{store.keys / KEY}: this is no key of {KEY_BYTES} bytes. Restore it.")
    return key


def _mac(store: RestrictedStore, what: str, content: bytes) -> str:
    return hmac.new(_key(store), what.encode() + b"\x1f" + content, "sha256").hexdigest()


def _folded(identifier) -> bytes:
    """An identifier as it is compared: no spaces or hyphens, Arabic digits, one case."""
    text = re.sub(r"[\s-]", "", thai_digits_to_arabic(clean_text("" if pd.isna(identifier) else str(identifier)))).casefold()
    if not text:
        raise DataError("A row has no identifier of its person. Fill in the column `person`.")
    return text.encode()


def pseudonym(store: RestrictedStore, table: str, identifier) -> str:
    """Return the pseudonym of a person in one table: keyed HMAC-SHA256, 32 hex digits.

    It differs from table to table, so that scores and answers of one person cannot be put together.
    """
    return _mac(store, f"person:{table}", _folded(identifier))[:32]


# ---------------------------------------------------------------- the log, and which files count


def _log(store: RestrictedStore, kind: str, purpose: str, **content) -> dict:
    """Add an entry to the chained log, and note its head beside the key; to be called under the lock."""
    if purpose not in PURPOSES:
        raise UsageError(f"{purpose!r} is no purpose. Write one of {', '.join(PURPOSES)}.")
    entry = append_entry(store.folder, _write, kind=kind, purpose=purpose, at=_now(), **content)
    _write(store.keys / ANCHOR, _head(store))
    return entry


def _head(store: RestrictedStore) -> bytes:
    paths = entry_paths(store.folder)
    return (json.dumps({"number": len(paths), "sha256": sha256(paths[-1].read_bytes()) if paths else ""}, sort_keys=True) + "\n").encode()


def _now() -> str:
    return dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def access_log(store: RestrictedStore) -> pd.DataFrame:
    """Return the log, oldest first: number, at, who, kind, purpose, table, n_rows. Reading it is not an access to rows."""
    columns = ["number", "at", "who", "kind", "purpose", "table", "n_rows"]
    return pd.DataFrame([{c: e.get(c, "") for c in columns} for e in read_entries(store.folder)], columns=columns)


def _current_files(entries: list[dict]) -> dict[str, dict]:
    """The row files that count: those added and not replaced since."""
    files: dict[str, dict] = {}
    for entry in entries:
        for name in entry.get("replaced", []):
            files.pop(name, None)
        files |= {f["name"]: f for f in entry.get("files", [])}
    return files


@contextlib.contextmanager
def _writing(store: RestrictedStore):
    """Hold the store and clear what a killed process left: temporary files and row files that no entry names."""
    with writer_lock(store.folder):
        if entry_paths(store.folder):
            ensure_head(store.folder, _write)
        _sweep(store)
        yield


def _leftovers(store: RestrictedStore) -> list[Path]:
    """Temporary files anywhere, row files without an entry, outputs that the manifest does not name."""
    counted = set(_current_files(read_entries(store.folder)))
    named = {f"{o['name']}.csv" for o in _manifest(store)["outputs"] if o["kind"] == "release"}
    temporary = [p for root in (store.folder, store.keys) for p in root.rglob(".*.tmp")]
    rows = [p for p in (store.folder / ROWS).iterdir() if p.name not in counted]
    outputs = [p for p in (store.folder / OUTPUTS).iterdir() if p.name not in named | {MANIFEST}]
    return sorted({*temporary, *rows, *outputs})


def _sweep(store: RestrictedStore) -> None:
    for path in _leftovers(store):
        path.unlink(missing_ok=True)


# ---------------------------------------------------------------- rows in


def add_rows(store: RestrictedStore, table: str, rows: pd.DataFrame, *, collected_on, retention_months: int | None = None) -> Added:
    """Add person-level rows as one vintage; `person` holds the identifier and is replaced by the pseudonym before anything is written.

    Parameters
    ----------
    table
        `training_score` or `survey_answer`.
    rows
        Columns of the delivery contract. Text longer than a code is refused: sentences hold names.
    collected_on
        Day of collection; the retention counts from it.
    retention_months
        Default: RETENTION_MONTHS of the table; it may be made shorter, not longer.

    Raises
    ------
    DataError
        For a row against its contract; the message names row and column and never the cell's content.
    """
    months, longest = retention_months, _retention(table)
    if months is not None and not 0 < months <= longest:
        raise UsageError(f"{months} months are no retention for {table}. Give 1 to {longest}.")
    day = pd.Timestamp(collected_on)
    keep_until = (day + pd.DateOffset(months=months or longest)).strftime("%Y-%m-%d")
    clean = _checked(table, rows)
    with _writing(store):
        forgotten = _forgotten(store)
        gone = [day.strftime("%Y-%m-%d") <= forgotten.get(_mac(store, "forgotten", _folded(p)), "") for p in clean["person"]]
        clean["person"] = [pseudonym(store, table, p) for p in clean["person"]]
        clean = clean[~np.array(gone, dtype=bool)].reset_index(drop=True)
        held = _read(store, table)
        new = _unknown(table, clean, held)
        if len(new):
            units = dict(zip(held["person"], held["row_id"].str.split(".").str[0], strict=True))
            for person in new["person"]:
                units.setdefault(person, secrets.token_hex(8))
            new = new.assign(
                row_id=[f"{units[p]}.{secrets.token_hex(8)}" for p in new["person"]], collected_on=day.strftime("%Y-%m-%d"), keep_until=keep_until, vintage=_now()
            )
            _log(store, "add", "collection", table=table, n_rows=len(new), files=[_store_file(store, table, new)])
        else:
            _log(store, "add", "collection", table=table, n_rows=0)
    return Added(len(new), len(clean) - len(new), int(sum(gone)))


def _retention(table: str) -> int:
    if table not in RETENTION_MONTHS:
        raise UsageError(f"{table!r} is no table of persons. Write one of {', '.join(RETENTION_MONTHS)}.")
    return RETENTION_MONTHS[table]


def _checked(table: str, rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with the types of their contract, nothing but its columns; refused without repeating any cell."""
    frame = rows.reset_index(drop=True)
    persons = frame["person"] if "person" in frame else pd.Series(dtype="object")
    # the identifier is judged by nobody: it may be a name or a number, and is about to vanish
    clean, faults = typed(table, frame.assign(person=[f"p{i}" for i in range(len(frame))]))
    faults = faults + contract_faults(table, clean)
    if faults:
        first = faults[0]
        raise DataError(
            f"{table}, row {first['row']}, column {first['column']}: is not as the table asks ({len(faults)} faults in all). The cell is not repeated here: it may be personal.",
            code="restricted", sheet=table, row=int(first["row"]), column=str(first["column"]),
        )  # fmt: skip
    clean["person"] = list(persons)
    kept = [c for c in clean.columns if c in _columns(table)]
    for column in kept:
        if column != "person" and pd.api.types.is_string_dtype(clean[column]):
            wrong = ~clean[column].str.fullmatch(SHORT) | clean[column].str.contains(r"\d{9,}", regex=True)
            if wrong.any():
                row = int(np.flatnonzero(wrong)[0]) + 2
                raise DataError(f"{table}, row {row}, column {column}: holds more than a code. Personal data or remarks do not belong here.", code="restricted", sheet=table, row=row, column=column)
    if clean.assign(person=[_folded(p) for p in persons]).duplicated(_key_columns(table)).any():
        raise DataError(f"{table}: a person is there twice with the same key. Keep one row.", code="restricted", sheet=table)
    return clean[kept]


def _columns(table: str) -> list[str]:
    return [*(spec.column for spec in table_columns(table)), "source"]


def _key_columns(table: str) -> list[str]:
    """What makes a row one row: its key, and the year where a person may answer every year."""
    return [*key_of(table), *(c for c in ["fiscal_year"] if c in _columns(table) and c not in key_of(table))]


def _unknown(table: str, rows: pd.DataFrame, held: pd.DataFrame) -> pd.DataFrame:
    """The rows that say something new: other than the newest vintage of their key."""
    if held.empty or rows.empty:
        return rows
    columns, latest = list(rows.columns), _latest(table, held)
    known = {tuple(r) for r in _as_text(latest[columns]).to_numpy()}
    return rows[[tuple(r) not in known for r in _as_text(rows).to_numpy()]]


def _as_text(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.read_csv(io.BytesIO(csv_bytes(frame)), dtype="str", keep_default_na=False)


def _store_file(store: RestrictedStore, table: str, rows: pd.DataFrame) -> dict:
    """Write rows under a random name and return how the log names them; the digest is keyed, for a plain one of a short file can be guessed."""
    content = csv_bytes(rows.sort_values("row_id", kind="stable"))
    name = f"{table}-{secrets.token_hex(8)}.csv"
    _write(store.folder / ROWS / name, content)
    return {"name": name, "table": table, "mac": _mac(store, "file", content), "rows": len(rows)}


def _forgotten(store: RestrictedStore) -> dict[str, str]:
    """Keyed marks of persons who asked to be forgotten, with the day up to which."""
    path = store.keys / FORGOTTEN
    return json.loads(path.read_text()) if path.exists() else {}


# ---------------------------------------------------------------- rows out


def _read(store: RestrictedStore, table: str) -> pd.DataFrame:
    """Every vintage of a table, typed, oldest first. Raises DataError for a file that was changed or lost."""
    parts = []
    for name, about in _current_files(read_entries(store.folder)).items():
        if about["table"] != table:
            continue
        path = store.folder / ROWS / name
        try:
            content = path.read_bytes()
        except OSError as error:
            raise DataError(f"{path}: is missing. Restore a copy of the folder.") from error
        if _mac(store, "file", content) != about["mac"]:
            raise DataError(f"{path}: was changed after it was written. Restore a copy of the folder.")
        parts.append(pd.read_csv(io.BytesIO(content), dtype="str", keep_default_na=False))
    raw = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=[*_columns(table), *OWN], dtype="str")
    clean = typed(table, raw)[0][_columns(table)]
    clean["person"] = raw["person"]
    return clean.join(raw[OWN]).sort_values(["vintage", "row_id"], kind="stable", ignore_index=True)


def _latest(table: str, rows: pd.DataFrame) -> pd.DataFrame:
    return rows.drop_duplicates(_key_columns(table), keep="last").reset_index(drop=True)


def read_rows(store: RestrictedStore, table: str, *, purpose: str, vintages: bool = False) -> pd.DataFrame:
    """Return the person-level rows of a table, newest of each key; the log has the reading before the caller has the rows.

    A file that is made from them must be registered with `register_output`, or a deletion cannot reach it.
    """
    _retention(table)
    with _writing(store):
        rows = _read(store, table)
        rows = rows if vintages else _latest(table, rows)
        _log(store, "read", purpose, table=table, n_rows=len(rows))
    return rows


# ---------------------------------------------------------------- outputs


def _manifest(store: RestrictedStore) -> dict:
    path = store.folder / OUTPUTS / MANIFEST
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"outputs": [], "shown": []}


def _write_manifest(store: RestrictedStore, manifest: dict) -> None:
    _write(store.folder / OUTPUTS / MANIFEST, (json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode())


def register_output(store: RestrictedStore, path, rows: pd.DataFrame, *, purpose: str) -> None:
    """Note that a file was made from these rows (as `read_rows` gave them), so that a deletion removes it too."""
    with _writing(store):
        manifest, path = _manifest(store), str(Path(path).resolve())
        outputs = [o for o in manifest["outputs"] if o["name"] != path]
        outputs.append({"name": path, "kind": "file", "rows": sorted(rows["row_id"])})
        _write_manifest(store, manifest | {"outputs": outputs})
        _log(store, "output", purpose, n_rows=len(rows))


def outputs(store: RestrictedStore) -> pd.DataFrame:
    """Return what was made from the rows: name, kind (release, file), how many rows it used."""
    return pd.DataFrame([{"name": o["name"], "kind": o["kind"], "n_rows": len(o["rows"])} for o in _manifest(store)["outputs"]], columns=["name", "kind", "n_rows"])


def release(store: RestrictedStore, name: str, table: str, *, by=(), statistic: str = "n", columns=(), purpose: str, threshold: int = THRESHOLD) -> pd.DataFrame:
    """Return a statistic per group and over all, with everything blank that would give fewer than ten persons away; kept as an output.

    Parameters
    ----------
    name
        Name of the output: a code.
    by
        Columns that make the groups; the row over all has `_T` in them. None: only the row over all.
    statistic
        `n` (persons), `mean` of one column, `change` from the first of two columns to the second, in pairs. Persons with a blank there are left out.
    threshold
        Persons that every figure must rest on, and every difference to what was shown before.

    Returns
    -------
    DataFrame
        The `by` columns, n (persons), mean, sd, ci_low, ci_high (Student's t over persons; a person's rows are averaged first), reason, synthetic.
    """
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,60}", name):
        raise UsageError(f"{name!r} is no name for an output. Write lower-case letters, digits, dots and hyphens.")
    _retention(table)
    recipe = {"table": table, "by": list(by), "statistic": statistic, "columns": list(columns), "threshold": threshold}
    if statistic not in STATISTICS or len(recipe["columns"]) != STATISTICS.index(statistic):
        raise UsageError(f"{statistic!r} of {len(recipe['columns'])} columns is no statistic. Write n of none, mean of one, change of two.")
    with _writing(store):
        result, n_rows = _release(store, name, recipe)
        _log(store, "release", purpose, table=table, n_rows=n_rows, output=name)
    return result


def _release(store: RestrictedStore, name: str, recipe: dict) -> tuple[pd.DataFrame, int]:
    """Compute, guard, write and note one output."""
    rows = _latest(recipe["table"], _read(store, recipe["table"]))
    used = rows.dropna(subset=recipe["columns"]) if recipe["columns"] else rows
    by = recipe["by"]
    parts = [((k if isinstance(k, tuple) else (k,)), part) for k, part in used.groupby(by, sort=True)] if by else []
    parts.append((("_T",) * len(by), used))
    groups = [Group(frozenset(part["row_id"]), is_total=i == len(parts) - 1) for i, (_, part) in enumerate(parts)]
    manifest = _manifest(store)
    before = [frozenset(s["rows"]) for s in manifest["shown"] if s["table"] == recipe["table"]]
    why = hidden_groups(groups, before, threshold=recipe["threshold"])
    table = pd.DataFrame([
        dict(zip(by, key, strict=True)) | (_statistic(part, recipe) if not reason else dict.fromkeys(FIGURES, np.nan)) | {"reason": reason if len(part) else "no_rows"}
        for (key, part), reason in zip(parts, why, strict=True)
    ], columns=[*by, *FIGURES, "reason"])  # fmt: skip
    table["synthetic"] = bool((used["source"] == SYNTHETIC).any())
    shown = [g.rows for g, reason in zip(groups, why, strict=True) if not reason and g.rows not in before]
    outputs = [o for o in manifest["outputs"] if o["name"] != name]
    outputs.append({"name": name, "kind": "release", "rows": sorted(used["row_id"]), "recipe": recipe})
    manifest = {"outputs": outputs, "shown": manifest["shown"] + [{"table": recipe["table"], "rows": sorted(s)} for s in shown]}
    _write_manifest(store, manifest)  # first: what is shown must be known as shown
    _write(store.folder / OUTPUTS / f"{name}.csv", csv_bytes(table))
    return table, len(used)


FIGURES = ["n", "mean", "sd", "ci_low", "ci_high"]


def _statistic(part: pd.DataFrame, recipe: dict) -> dict:
    """n persons, mean over persons with Student's interval."""
    from scipy.stats import t

    n = part["person"].nunique()
    if recipe["statistic"] == "n":
        return dict.fromkeys(FIGURES, np.nan) | {"n": n}
    columns = recipe["columns"]
    values = part[columns[-1]] - (part[columns[0]] if recipe["statistic"] == "change" else 0)
    values = values.groupby(part["person"]).mean()
    mean, sd = values.mean(), values.std(ddof=1)
    half = t.ppf(0.975, n - 1) * sd / np.sqrt(n) if n > 1 else np.nan
    return {"n": n, "mean": mean, "sd": sd, "ci_low": mean - half, "ci_high": mean + half}


# ---------------------------------------------------------------- deletion


def forget(store: RestrictedStore, identifier, *, today=None) -> Removed:
    """Delete a person from every table, every vintage and every output, and keep old files from bringing the person back.

    Outputs that used the rows are removed; the store's own are computed anew from what is left, and blank where the
    difference to what was shown would give the person away. Rows collected after `today` (default: now) may be added again.
    """
    day = pd.Timestamp(today or dt.date.today()).strftime("%Y-%m-%d")
    names = {table: pseudonym(store, table, identifier) for table in RETENTION_MONTHS}
    with _writing(store):
        marks = _forgotten(store) | {_mac(store, "forgotten", _folded(identifier)): day}
        _write(store.keys / FORGOTTEN, (json.dumps(marks, indent=1, sort_keys=True) + "\n").encode())
        return _remove(store, "forget", "person_request", lambda table, rows: rows["person"] == names[table], traces=list(names.values()))


def expire(store: RestrictedStore, today) -> Removed:
    """Delete every row whose day is past, in every vintage and output, as `forget` does."""
    day = pd.Timestamp(today).strftime("%Y-%m-%d")
    with _writing(store):
        return _remove(store, "expire", "retention", lambda table, rows: rows["keep_until"] < day, traces=[])


def _remove(store: RestrictedStore, kind: str, purpose: str, chosen, *, traces: list[str]) -> Removed:
    """Rewrite the files without the chosen rows, remove and recompute outputs; to be called under the lock.

    Order: new files, outputs away, the entry that makes it so, old files away. Killed before the entry nothing counts as done;
    killed after it the next writer clears what was left.
    """
    replaced, files, gone = [], [], set()
    for name, about in _current_files(read_entries(store.folder)).items():
        path = store.folder / ROWS / name
        rows = pd.read_csv(path, dtype="str", keep_default_na=False)
        drop = chosen(about["table"], rows)
        if drop.any():
            replaced.append(name)
            gone |= set(rows.loc[drop, "row_id"])
            if not drop.all():
                files.append(_store_file(store, about["table"], rows[~drop]))
    removed, recipes, remaining, absent = _remove_outputs(store, gone)
    _log(store, kind, purpose, n_rows=len(gone), replaced=replaced, files=files, outputs_removed=len(removed))
    for name in replaced:
        (store.folder / ROWS / name).unlink(missing_ok=True)
    for name, recipe in recipes.items():
        _, n_rows = _release(store, name, recipe)
        _log(store, "release", purpose, table=recipe["table"], n_rows=n_rows, output=name)
    return Removed(len(gone), len(replaced), tuple(removed), tuple(recipes), tuple(remaining), tuple(absent), len(find_traces(store, traces)))


def _remove_outputs(store: RestrictedStore, gone: set[str]) -> tuple[list[str], dict, list[str], list[str]]:
    """Delete every output that used a row; return their names, the recipes of our own, the files that resisted, and those not found."""
    manifest = _manifest(store)
    used = [o for o in manifest["outputs"] if gone & set(o["rows"])]
    removed, remaining, absent = [], [], []
    for output in used:
        path = store.folder / OUTPUTS / f"{output['name']}.csv" if output["kind"] == "release" else Path(output["name"])
        try:
            path.unlink()
            removed.append(output["name"])
        except FileNotFoundError:
            absent.append(output["name"])
        except OSError:
            remaining.append(output["name"])
    kept = [o for o in manifest["outputs"] if o["name"] not in {*removed, *absent}]
    _write_manifest(store, manifest | {"outputs": kept})
    return removed, {o["name"]: o["recipe"] for o in used if o["kind"] == "release"}, remaining, absent


def find_traces(store: RestrictedStore, needles, *, also=()) -> list[Path]:
    """Return every file whose bytes hold one of the texts: rows, vintages, temporary files, log, outputs, keys, and `also` (files or folders)."""
    wanted = [str(n).encode() for n in dict.fromkeys(needles) if str(n)]
    files = [p for root in (store.folder, store.keys) for p in root.rglob("*")]
    files += [Path(o["name"]) for o in _manifest(store)["outputs"] if o["kind"] == "file"]
    for extra in map(Path, also):
        files += [extra, *extra.rglob("*")] if extra.is_dir() else [extra]
    return sorted({p for p in files if p.is_file() and any(n in p.read_bytes() for n in wanted)})


def verify_restricted(store: RestrictedStore) -> list[tuple[Path, str]]:
    """Return (path, what) of everything that is not as it should be: the chain, the head noted beside the key, files, rights, leftovers."""
    faults = chain_faults(store.folder)
    faults += [(path, "others may open it") for path in _loose(store)]
    paths = entry_paths(store.folder)
    try:
        anchor = json.loads((store.keys / ANCHOR).read_text()) if paths or (store.keys / ANCHOR).exists() else {"number": 0}
        number = anchor["number"]
        if number > len(paths) or len(paths) > number + 1 or (number and sha256(paths[number - 1].read_bytes()) != anchor["sha256"]):
            faults.append((store.keys / ANCHOR, f"the log should have {number} entries and the last one noted; it has {len(paths)}"))
    except (OSError, ValueError, KeyError):
        faults.append((store.keys / ANCHOR, "is missing or garbled"))
    if faults:
        return faults
    for name, about in _current_files(read_entries(store.folder)).items():
        path = store.folder / ROWS / name
        if not path.is_file():
            faults.append((path, "is missing"))
        elif _mac(store, "file", path.read_bytes()) != about["mac"]:
            faults.append((path, "was changed after it was written"))
    return faults + [(path, "was left by a process that was killed") for path in _leftovers(store)]
