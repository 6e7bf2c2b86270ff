"""The checker: every number that a run says, held against the tables of the run.

`check_run` reads a run folder; `check_text` reads what came out of a PDF or a Word file.
"""

from __future__ import annotations

import re
from dataclasses import asdict, fields
from pathlib import Path

import pandas as pd

from sdg_eval.claims.ledger import (
    AS_SAID,
    AS_TOLD,
    CLAIMS,
    FOLDER,
    PARTS,
    SIDE_BY_SIDE_FROM,
    Fault,
    Ledger,
    area_of,
    bind_run,
    first_difference,
    leaves,
    plain,
    read_ledger,
    read_texts,
    text_files,
)
from sdg_eval.claims.page_counts import count_faults
from sdg_eval.claims.prose import SHORTEST, Known, Skeleton, compare, pieces, read_blocks, skeleton, squeezed
from sdg_eval.claims.rules import causal_words
from sdg_eval.errors import DataError
from sdg_eval.store import csv_bytes, write_atomic
from sdg_eval.wording import LANGUAGES

FAULTS = "faults.csv"
"""What was found when the ledger was made; no row where every number is that of its cell."""
_DIGIT = re.compile(r"\d")
OWN_PAGES = {"provinces": "10_province_evaluation", "quarters": "20_quarterly_report"}
"""Folders whose index pages show every sentence of the text file beside them, and the notebook that made it."""


def check_run(run, codelists, *, again: bool = True) -> list[Fault]:
    """Return what is wrong with the numbers and words of a run: its text files, its pages and its executed notebooks.

    `again` as in `bind_run`. Sentences are bound anew to the tables, and held against the ledger that was written with the run, where there is one.
    Raises DataError when a file of the run cannot be read.
    """
    run = Path(run)
    ledger, faults = bind_run(run, codelists, again=again)
    if (run / FOLDER / CLAIMS).is_file():
        written = read_ledger(run)
        faults += compare_ledgers(written, ledger)
        ledger = written
    return faults + check_pages(run, ledger)


def make_ledger(run, codelists, *, several=None) -> tuple[Ledger, list[Fault]]:
    """Write the ledger of a run that has just been made; return it and what is wrong with the run. `several` as in `bind_run`."""
    (Path(run) / FOLDER / FAULTS).unlink(missing_ok=True)  # until the check has ended, nothing vouches for the run
    ledger, faults = bind_run(run, codelists, several=several)
    ledger.write(run)
    faults += check_pages(run, ledger, several=several)
    write_atomic(Path(run) / FOLDER / FAULTS, csv_bytes(pd.DataFrame([asdict(f) for f in faults], columns=[f.name for f in fields(Fault)])))
    return ledger, faults


def standing_faults(run) -> list[Fault] | None:
    """Return the faults that were found when the ledger was made, for a run that stands as it was; None where no check has ended."""
    try:
        rows = pd.read_csv(Path(run) / FOLDER / FAULTS, dtype=str, keep_default_na=False)
    except OSError:
        return None
    return [Fault(**row) for row in rows.to_dict("records")]


def compare_ledgers(written: Ledger, found: Ledger) -> list[Fault]:
    """Return the sentences and cells that are no longer what they were when the ledger was written."""
    key = ["file", "sentence", "lang"]
    both = written.sentences.merge(found.sentences, on=key, how="outer", suffixes=("_then", "_now"), indicator=True)
    faults = []
    for row in both[(both["_merge"] != "both") | (both["text_then"] != both["text_now"])].sort_values(key).to_dict("records"):
        then, now = (row[c] if isinstance(row[c], str) else "" for c in ("text_then", "text_now"))
        token, expected = first_difference(now, then)
        faults.append(Fault(row["file"], f"{row['lang']} {row['sentence']}", token, f"{expected or 'no such sentence'}, as in the ledger"))
    place = ["file", "sentence", "lang", "at"]
    cells = written.claims.drop_duplicates(place).merge(found.claims.drop_duplicates(place), on=[*place, "token"], suffixes=("_then", "_now"))
    own = cells[(cells["table_then"] == "evaluation") & (cells["column_then"] == cells["column_now"]) & (cells["value_then"] != cells["value_now"])]
    for row in own.to_dict("records"):
        faults.append(Fault(row["file"], f"{row['lang']} {row['sentence']}", row["token"], f"{row['column_then']} = {row['value_then']}, as in the ledger; the table holds {row['value_now']}"))
    return faults


def check_text(text: str, ledger: Ledger, *, file: str = "text", lang: str | None = None, whole: bool = False) -> list[Fault]:
    """Return the faults of a text as it was extracted from a PDF, a Word file or a page.

    Parameters
    ----------
    text
        Plain text; where lines end does not matter.
    ledger
        Of the run, or `ledger.of(area)` for a document of one province: the fewer sentences, the sharper.
    file
        What the faults name as their place.
    lang
        Only the sentences of this language; None: both.
    whole
        True: every sentence of the ledger must be there, in its own words.
    """
    said = ledger.sentences if lang is None else ledger.sentences[ledger.sentences["lang"] == lang]
    known, read, faults = Known(said["text"]), skeleton(text), []
    for words, allowed in known.whole.items():
        faults += _wrong(file, words, allowed, compare(read, words, allowed))
    sure = [words for words in known.whole if words in read.words]
    for words, allowed in known.parts.items():
        if not any(words in sentence for sentence in sure):
            faults += _wrong(file, words, allowed, [f for f in compare(read, words, allowed) if not known.stands(words, f[1])])
    if whole:
        faults += _missing(file, said, read)
    return list(dict.fromkeys(faults))


def _missing(file: str, said: pd.DataFrame, read: Skeleton) -> list[Fault]:
    """Sentences of which a part does not stand in a text in its own words; a finding that opens a sentence here may stand within one there."""
    faults, words = [], read.words.casefold()
    for row in said.to_dict("records"):
        for part in pieces(row["text"]):
            own = skeleton(part)
            if len(own.words) >= SHORTEST and own.words.casefold() not in words:
                faults.append(Fault(file, f"{row['lang']} {row['sentence']}", part, "this part of the sentence, in the words of the ledger", AS_TOLD))
    return faults


def _wrong(file: str, words: str, allowed: set, found: list) -> list[Fault]:
    """Faults of sentences whose numbers are those of no sentence of the ledger: the nearest one says what was expected."""
    faults = []
    for _, numbers in found:
        nearest = max(sorted(allowed), key=lambda own: sum(a == b for a, b in zip(own, numbers, strict=True)))
        wrong = [(a, b) for a, b in zip(numbers, nearest, strict=True) if a != b]
        faults += [Fault(file, words, a, b, AS_TOLD) for a, b in wrong]
    return faults


def check_pages(run, ledger: Ledger, *, several=None) -> list[Fault]:
    """Return the faults of the pages and executed notebooks of a run: numbers, and on a province's own pages also words. `several` as in `bind_run`."""
    run, paths = Path(run), _pages(Path(run))
    dealt = [paths[k::PARTS] for k in range(PARTS)] if several and len(paths) >= SIDE_BY_SIDE_FROM else [paths]
    calls = [(count_faults, (run, run)), *((_faults_by_page, (run, ledger.sentences, part)) for part in dealt)]  # the longest first
    told = several([(*call, {}) for call in calls]) if len(dealt) > 1 else [None] * len(calls)
    # what could not be done beside is done here, where what is wrong is told
    counted, *parts = [call[0](*call[1]) if result is None or isinstance(result, Exception) else result for call, result in zip(calls, told, strict=True)]
    found = {path: faults for part in parts for path, faults in part.items()}
    return [fault for path in paths for fault in found[path]] + counted


def _faults_by_page(run: Path, sentences: pd.DataFrame, paths: list[Path]) -> dict[Path, list[Fault]]:
    """Return the faults of each of some pages."""
    languages, found = sorted(set(sentences["lang"])), {}
    of_area = dict(list(sentences.groupby("REF_AREA")["text"]))
    national, everywhere = Known(of_area.pop("", ())), Known(sentences["text"])
    owned, undone = {area: Known(own, national) for area, own in of_area.items()}, _undone(run)
    for path in paths:
        file = path.relative_to(run).as_posix()
        area = area_of(file)
        blocks = [plain(block) for block in read_blocks(path)]
        told = [block for block in blocks if len(block) >= SHORTEST and _DIGIT.search(block)]
        faults = found[path] = _block_faults(file, told, owned.get(area, everywhere), parts=bool(area))
        kind = file.split("/")[0]
        if area and path.name.startswith("index") and kind in OWN_PAGES and (OWN_PAGES[kind], area) not in undone:
            lang = "en" if path.name.endswith(".en.html") or languages == ["en"] else "th"
            own = sentences[(sentences["file"] == f"{Path(file).parent.as_posix()}/text.json") & (sentences["lang"] == lang)]
            faults += unsaid(file, own, blocks)
            faults += [Fault(file, "", words, "no word for a cause", AS_TOLD) for block in told for words in _new_causes(block, own)]
    return found


def require_pages(pages, run) -> None:
    """Raise DataError for the first sentence of a run that does not stand on its page in `pages`, new pages that have not moved into place yet."""
    run, undone = Path(run), _undone(Path(run))
    for path in text_files(run):
        kind, area = path.parts[-3:-1]
        if kind not in OWN_PAGES or (OWN_PAGES[kind], area) in undone:
            continue
        for page in sorted((Path(pages) / kind / area).glob("index*.html")):
            lang = "en" if page.name.endswith(".en.html") else "th"
            said = pd.DataFrame([(lang, place, text) for place, text in leaves(read_texts(path)[lang])], columns=["lang", "sentence", "text"])
            if faults := unsaid(f"{kind}/{area}/{page.name}", said, read_blocks(page)):
                raise DataError(f"{faults[0]} The old pages stand.")


def _undone(run: Path) -> set[tuple[str, str]]:
    """(notebook, province) of what is not done, whose page says that and no sentence, whatever lies there from before."""
    path = run / "runs.csv"
    rows = pd.read_csv(path, dtype=str, keep_default_na=False) if path.is_file() else pd.DataFrame(columns=["notebook", "REF_AREA", "status"])
    rows = rows[~rows["status"].isin(["done", "kept"])]
    return set(zip(rows["notebook"], rows["REF_AREA"], strict=True))


def unsaid(file: str, said: pd.DataFrame, blocks: list[str]) -> list[Fault]:
    """Return the sentences that do not stand on a page letter for letter; a finding that opens a sentence here may stand within one there."""
    there = squeezed("".join(blocks))
    lost = [row for row in said.to_dict("records") if len(own := squeezed(row["text"])) >= SHORTEST and own not in there]
    return [Fault(file, f"{row['lang']} {row['sentence']}", row["text"][:80], "this sentence, as the run said it", AS_SAID) for row in lost]


def _new_causes(block: str, own: pd.DataFrame) -> list[str]:
    """Words for a cause that stand in a block with numbers and in no sentence of the ledger."""
    found = [words for lang in LANGUAGES for words in causal_words(block, lang)]
    return [words for words in found if not own["text"].str.contains(words, regex=False).any()]


def _pages(run: Path) -> list[Path]:
    """Pages and executed notebooks of a run; a notebook's page is the notebook again, and what it is made from is read."""
    return sorted(p for p in [*run.rglob("*.html"), *run.rglob("notebook.ipynb")] if p.name != "notebook.html" and "slices" not in p.relative_to(run).parts)


def _block_faults(file: str, blocks: list[str], known: Known, *, parts: bool) -> list[Fault]:
    faults = []
    for block in blocks:
        if squeezed(block) in known.exact:
            continue
        own = skeleton(block)
        allowed = known.whole.get(own.words)
        if allowed is not None:
            if own.numbers not in allowed:
                faults += _wrong(file, own.words, allowed, [(0, own.numbers)])
            continue
        for part in pieces(block) if parts else ():
            own = skeleton(part)
            allowed = known.parts.get(own.words) if own.numbers else None
            if allowed is not None and own.numbers not in allowed and not known.stands(own.words, own.numbers):
                faults += _wrong(file, own.words, allowed, [(0, own.numbers)])
    return faults

