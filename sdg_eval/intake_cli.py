"""The command `sdg-eval intake`: officers' files to the store, told file by file, or refused as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from sdg_eval.codelists import Codelists, read_codelists
from sdg_eval.concepts import KEY, OFFICER_SOURCE
from sdg_eval.intake import Declared, FileIntake, take_in
from sdg_eval.intake.exchange import exchange_table
from sdg_eval.intake.refusal import MAX_PROBLEMS, Problem, Refusal, make_problem, problems_json, told
from sdg_eval.store import csv_bytes, read_dated, write_atomic, write_observations, write_text

OBSERVATIONS, PROBLEMS = "observations.csv", "problems.json"


@dataclass(frozen=True)
class IntakeReport:
    """What an intake did: lines for the reader, values added, values that were there already."""

    lines: list[str]
    n_new: int
    n_known: int


def intake_files(
    paths, *, declared: Declared, store: Path | None, out: Path | None, page: Path | None = None, dry_run: bool = False,
    codelists: Codelists | None = None,
) -> IntakeReport:  # fmt: skip
    """Take files in, all or none, and return what came of it.

    `out` gets observations.csv, or problems.json and nothing else; `page` the refusal as a page in
    Thai to send back. Raises Refusal when any file has a fault; the store is then as it was.
    """
    codelists = codelists or read_codelists()
    try:
        taken = take_in(paths, codelists, declared)
        _refuse_disagreeing(taken)
        _refuse_undated(taken, store)
    except Refusal as refusal:
        if out is not None and not dry_run:
            write_text(Path(out) / PROBLEMS, problems_json(refusal.problems))
        _write_page(page, refusal.problems, dry_run)
        raise
    table = pd.concat([t.observations for t in taken], ignore_index=True)
    lines = [line for t in taken for line in _told(t, codelists)]
    n_new, n_known = len(table), 0
    if store is not None and not dry_run:
        result = write_observations(
            table, store, kind="intake", raw=[t.path for t in taken], declared=declared.record()
        )  # fmt: skip
        n_new, n_known = result.n_rows if result.is_new else 0, result.n_known
    if out is not None and not dry_run:
        write_atomic(Path(out) / OBSERVATIONS, csv_bytes(exchange_table(table, codelists)))
        (Path(out) / PROBLEMS).unlink(missing_ok=True)  # an earlier refusal of the same file is answered
    return IntakeReport(lines, n_new, n_known)


EACH_CHUNK = 20
"""Files of one load when every file is for itself: a load is a file on disk, and thousands would slow the readers."""


def intake_each(
    paths, *, declared: Declared, store: Path | None, out: Path | None, page: Path | None = None, dry_run: bool = False,
    codelists: Codelists | None = None, workers: int | None = None,
) -> IntakeReport:  # fmt: skip
    """Take in every file for itself, several at a time: the good ones come in, the others are refused together at the end.

    Raises Refusal, after the good files are in, when any file has a fault.
    """
    import concurrent.futures as futures
    import multiprocessing
    import os

    codelists, paths = codelists or read_codelists(), list(map(Path, paths))
    chunks = [paths[n : n + EACH_CHUNK] for n in range(0, len(paths), EACH_CHUNK)]
    lines, problems, parts, n_new, n_known = [], [], [], 0, 0
    with futures.ProcessPoolExecutor(workers or min(os.cpu_count() or 1, len(chunks)), mp_context=multiprocessing.get_context("spawn")) as pool:
        for good, bad in pool.map(_take_chunk, chunks, [codelists.folder] * len(chunks), [declared] * len(chunks)):
            problems += bad
            for batch in _without_overlap(good):
                try:
                    _refuse_undated(batch, store)
                except Refusal as refusal:
                    problems += refusal.problems
                    named = {p.file for p in refusal.problems}
                    batch = [t for t in batch if t.path.name not in named]
                lines += [_told(t, codelists)[0] for t in batch]
                if not batch or dry_run:
                    continue
                table = pd.concat([t.observations for t in batch], ignore_index=True)
                n_new += len(table)
                if store is not None:
                    result = write_observations(table, store, kind="intake", raw=[t.path for t in batch], declared=declared.record())
                    n_new, n_known = n_new - len(table) + (result.n_rows if result.is_new else 0), n_known + result.n_known
                if out is not None:
                    parts.append(exchange_table(table, codelists))
    if out is not None and parts:
        write_atomic(Path(out) / OBSERVATIONS, csv_bytes(pd.concat(parts, ignore_index=True)))
    if problems:
        if out is not None and not dry_run:
            write_text(Path(out) / PROBLEMS, problems_json(problems))
        _write_page(page, problems, dry_run)
        raise Refusal(problems)
    return IntakeReport(lines, n_new, n_known)


def _without_overlap(taken: list[FileIntake]) -> list[list[FileIntake]]:
    """The files in batches in which no key comes twice: a later file of the same figures is a later load."""
    batches: list[list[FileIntake]] = []
    keys: set = set()
    for one in taken:
        own = set(map(tuple, one.observations[["SERIES", "REF_AREA", "TIME_PERIOD"]].to_numpy()))
        if not batches or keys & own:
            batches.append([])
            keys = set()
        batches[-1].append(one)
        keys |= own
    return batches


def _refuse_disagreeing(taken: list[FileIntake]) -> None:
    """Two files of one call may not give one key two figures: which is right cannot be told."""
    if len(taken) < 2:
        return
    table = pd.concat([t.observations for t in taken], ignore_index=True)
    table = table[table.duplicated(KEY, keep=False)]
    differ = table.groupby(KEY)["OBS_VALUE"].transform("nunique") > 1
    problems = [
        make_problem(
            "duplicate", file=row["source_file"], sheet=row["source_sheet"], row=int(row["source_row"]), column=row["source_column"],
            found=f"{row['OBS_VALUE']:.10g}", more=", ".join(f"{v:.10g} ({f})" for v, f in others if f != row["source_file"] or v != row["OBS_VALUE"]),
        )
        for _, group in table[differ].groupby(KEY, sort=True)
        for others in [list(zip(group["OBS_VALUE"], group["source_file"], strict=True))]
        for row in group.to_dict("records")
    ]  # fmt: skip
    if problems:
        raise Refusal(problems)


def _take_chunk(paths: list[Path], codelists_folder: Path, declared: Declared) -> tuple[list[FileIntake], list[Problem]]:
    """Read some files in a process of its own."""
    codelists, good, bad = read_codelists(codelists_folder), [], []
    for path in paths:
        try:
            good += take_in([path], codelists, declared)
        except Refusal as refusal:
            bad += refusal.problems
    return good, bad


def _write_page(page: Path | None, problems: list[Problem], dry_run: bool) -> None:
    if page is not None and not dry_run:
        from sdg_eval.publish.refusal import refusal_page

        write_text(page, refusal_page(problems))


def _refuse_undated(taken: list[FileIntake], store: Path | None) -> None:
    """A file without a date may not replace other figures that have one: which is newer cannot be told."""
    undated = [t for t in taken if not t.as_of]
    if store is None or not undated:
        return
    known = read_dated(store, {s for t in undated for s in t.observations["SERIES"].unique()})
    if known.empty:
        return
    known = known[known["source"] == OFFICER_SOURCE].sort_values(["as_of", "vintage"], kind="stable").drop_duplicates(KEY, keep="last")
    problems: list[Problem] = []
    for one in undated:
        both = one.observations.merge(known[[*KEY, "OBS_VALUE", "as_of"]], on=KEY, suffixes=("", "_known"))
        for row in both[both["OBS_VALUE"] != both["OBS_VALUE_known"]].to_dict("records"):
            problems.append(
                make_problem(
                    "undated", file=row["source_file"], sheet=row["source_sheet"], row=int(row["source_row"]),
                    column=row["source_column"], more=row["as_of_known"],
                )  # fmt: skip
            )
    if problems:
        raise Refusal(problems)


def _told(taken: FileIntake, codelists: Codelists) -> list[str]:
    """What came of one file, in a few lines."""
    table = taken.observations
    periods = sorted(table["TIME_PERIOD"])
    lines = [
        f"{taken.path.name}: {len(table):,} values of {table['SERIES'].nunique()} series in {table['REF_AREA'].nunique()} provinces, "
        f"{periods[0]} to {periods[-1]}" + (f", as of {taken.as_of}" if taken.as_of else "")
    ]
    outside = sorted(set(table["SERIES"]) - set(codelists.series["SERIES"]))
    if outside:
        lines.append(f"    kept, not evaluated (no series of the codelist): {', '.join(outside)}")
    assumed = table["flags"].str.split(";").explode()
    for rule, count in assumed[assumed != ""].value_counts().sort_index().items():
        lines.append(f"    {rule.replace('assumed:', 'rule applied: ')} ({count:,} values)")
    reasons = pd.Series([a.reason for a in taken.aside], dtype="str").value_counts().sort_index()
    if len(reasons):
        lines.append("    set aside: " + ", ".join(f"{count} {reason}" for reason, count in reasons.items()))
    return lines


def refusal_lines(refusal: Refusal) -> list[str]:
    """Return a refusal as a terminal shows it: every fault in Thai, then in English."""
    shown, total = refusal.problems[:MAX_PROBLEMS], len(refusal.problems)
    files = sorted({p.file for p in refusal.problems})
    lines = [f"ไม่รับข้อมูล: พบข้อผิดพลาด {total} จุด ใน {len(files)} ไฟล์ ไม่มีการบันทึกใด ๆ", ""]
    lines += [line for p in shown for line in told(p, "th")]
    lines += ["", f"Refused: {total} fault{'s' if total != 1 else ''} in {len(files)} file{'s' if len(files) != 1 else ''}; nothing was stored.", ""]
    return lines + [line for p in shown for line in told(p, "en")]
