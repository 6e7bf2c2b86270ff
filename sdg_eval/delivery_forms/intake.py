"""Filled workbooks to delivery tables: every fault of every sheet with its cell and remedy at once, or the tables.

Nothing is repaired in silence. A workbook with one fault gives nothing at all; personal data is named by its
kind and place, and never repeated.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from sdg_eval.codelists import Codelists
from sdg_eval.concepts import OFFICER_SOURCE
from sdg_eval.delivery.archive import latest_view
from sdg_eval.delivery.columns import ColumnSpec, delivery_tables, key_of, table_columns
from sdg_eval.delivery.contract import typed
from sdg_eval.delivery.faults import REASONS, fault
from sdg_eval.delivery.tables import PROVENANCE, Delivery, validate_table, with_registers
from sdg_eval.delivery_forms.sheets import SheetReader, SheetTable, find_header
from sdg_eval.delivery_forms.template import GENERATED
from sdg_eval.errors import DataError
from sdg_eval.grid import OFFICER, Book, Sheet, column_letter, column_number, read_book
from sdg_eval.intake import Declared, personal_problems
from sdg_eval.intake.meaning import Meanings
from sdg_eval.intake.refusal import Problem, Refusal, make_problem, refusal_of
from sdg_eval.intake.template import GUIDE_SHEET, LIST_SHEET
from sdg_eval.thai import clean_text

LEAST_RECOGNISED = 4
"""Headers by which a sheet of another name is taken for a table; fewer fit too many."""


@dataclass
class Workbook:
    """One workbook as read: its sheets as tables, and what is wrong so far."""

    path: Path
    file_id: str
    sheets: list[SheetTable]
    problems: list[Problem]
    order: list[str]


@dataclass(frozen=True)
class TakenIn:
    """What one workbook gave: its path, its sha256 and its tables by name."""

    path: Path
    file_id: str
    tables: dict[str, pd.DataFrame]


def take_in_workbooks(
    paths, codelists: Codelists, stored: Delivery | None = None, *, area: str = ""
) -> list[TakenIn]:
    """Return the tables of filled workbooks, one TakenIn each, in the order given.

    Parameters
    ----------
    stored
        Tables taken in before: what the workbooks may refer to.
    area
        Province (TH for the whole country) of a form that does not say it.

    Raises
    ------
    Refusal
        When any workbook has a fault: it lists every fault of every one, and nothing is returned.
    """
    books = [_read_workbook(Path(p), codelists, area) for p in paths]
    stored, meanings = stored or Delivery({}), Meanings(codelists, Declared())
    _name_codes(books, stored)
    frames = [(book, sheet, _typed(book, sheet)) for book in books for sheet in book.sheets]
    # Every workbook may refer to what another one of the same call brings.
    known = with_registers(
        latest_view([stored.tables, *({sheet.table: frame} for _, sheet, frame in frames)])
    )
    for book, sheet, frame in frames:
        book.problems += _problems(book, sheet, frame, known, meanings)
    _twice_sent(frames)
    for book in books:
        if not book.problems and not any(len(s.frame) for s in book.sheets):
            book.problems.append(make_problem("no_values", file=book.path.name, row=1))
    if any(book.problems for book in books):
        raise Refusal([p for book in books for p in _in_order(book)])
    return [
        TakenIn(book.path, book.file_id, _joined([(s, f) for b, s, f in frames if b is book]))
        for book in books
    ]


def _joined(frames: list[tuple[SheetTable, pd.DataFrame]]) -> dict[str, pd.DataFrame]:
    tables: dict[str, list] = {}
    for sheet, frame in frames:
        if len(frame):
            tables.setdefault(sheet.table, []).append(frame)
    return {name: pd.concat(parts, ignore_index=True) for name, parts in tables.items()}


# ------------------------------------------------------------ reading


def _read_workbook(path: Path, codelists: Codelists, area: str) -> Workbook:
    try:
        book = read_book(path, OFFICER)
    except DataError as error:
        return Workbook(path, "", [], [refusal_of(error, path.name)], [])
    problems = personal_problems(book)
    out = Workbook(path, book.file_id, [], problems, [s.name for s in book.sheets])
    for sheet in book.sheets:
        if clean_text(sheet.name) in (GUIDE_SHEET, LIST_SHEET) or not any(
            v not in (None, "") for row in sheet.values for v in row
        ):
            continue
        if sheet.hidden:
            out.problems.append(_problem(book.file, sheet.name, 1, 0, "hidden_sheet", sheet.name))
        elif table := _table_of(sheet, book):
            cells = {
                (p.row, column_number(p.column))
                for p in problems
                if p.sheet == sheet.name and p.row and p.column
            }
            out.sheets.append(SheetReader(sheet, table, codelists, personal=cells, area=area).read())
        else:
            names = ", ".join(t.name_th for t in delivery_tables().values() if t.set)
            out.problems.append(_problem(book.file, sheet.name, 1, 0, "sheet_unknown", sheet.name, names))
    return out


def _table_of(sheet: Sheet, book: Book) -> str:
    """The table that a sheet holds: by its name, else by its headers; '' for none. Tables of persons are never taken."""
    open_tables = [t for t in delivery_tables().values() if t.set and not t.restricted]
    name = clean_text(sheet.name).casefold()
    for table in open_tables:
        if name in (table.name_th.casefold(), table.name_en.casefold(), table.table):
            return table.table
    scores = {t.table: find_header(sheet, t.table)[1] for t in open_tables}
    best = max(scores, key=scores.get)
    return best if scores[best] >= max(LEAST_RECOGNISED, len(table_columns(best)) / 2) else ""


def _name_codes(books: list[Workbook], stored: Delivery) -> None:
    """Put codes where officers wrote names that mean one thing, and make the codes that forms do not have."""
    sheets = [s for book in books for s in book.sheets if len(s.frame)]
    known = with_registers(stored)
    for sheet in sheets:
        for spec in table_columns(sheet.table):
            if spec.refers:
                lookup = _names(spec, known, sheets)
                sheet.frame[spec.column] = sheet.frame[spec.column].map(
                    lambda v, look=lookup: look.get(_fold(v), v) if v is not None else None
                )
        if made := GENERATED.get(sheet.table):
            code, parts = made
            texts = sheet.frame[list(parts)].map(lambda v: "" if v is None else str(v)).agg("|".join, axis=1)
            own = texts.map(
                lambda text, table=sheet.table: f"{table}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"
            )
            sheet.frame[code] = sheet.frame[code].where(sheet.frame[code].notna(), own)


def _names(spec: ColumnSpec, known: Delivery, sheets: list[SheetTable]) -> dict[str, str]:
    """Code by folded name, of what a column refers to; a code always means itself, a name of two things nothing."""
    codes: dict[str, str] = {}
    named: dict[str, set[str]] = {}
    for target in spec.refers:
        other, column = target.split(".")
        for frame in (getattr(known, other), *(s.frame for s in sheets if s.table == other)):
            for row in frame.to_dict("records"):
                if code := row[column]:
                    codes[_fold(code)] = code
                    for name in filter(None, (row.get("name_th"), row.get("name_en"))):
                        named.setdefault(_fold(name), set()).add(code)
    return {name: next(iter(found)) for name, found in named.items() if len(found) == 1} | codes


def _fold(text) -> str:
    return "".join(clean_text(str(text)).split()).casefold()


def _typed(book: Workbook, sheet: SheetTable) -> pd.DataFrame:
    frame = sheet.frame.assign(source=OFFICER_SOURCE, source_file=book.path.name, source_sheet=sheet.sheet)
    return typed(sheet.table, frame)[0] if len(frame) else typed(sheet.table, pd.DataFrame())[0]


# ------------------------------------------------------------ faults


def _problem(
    file: str,
    sheet: str,
    row: int,
    column: int,
    code: str,
    value="",
    more="",
    *,
    table: str = "",
    spec: ColumnSpec | None = None,
) -> Problem:
    """One fault as the refusal shows it; the codes of our tables first, then those of every officer's file."""
    letter = column_letter(column) if column else ""
    if code not in REASONS:
        return make_problem(code, file=file, sheet=sheet, row=row, column=letter, found=value, more=more)
    told = fault(code, table=table, row=row, spec=spec, value=value, more=more)
    return Problem(
        file,
        sheet,
        row,
        letter,
        told["value"],
        code,
        *(told[c] for c in ("reason_th", "reason_en", "remedy_th", "remedy_en")),
    )


def _problems(
    book: Workbook, sheet: SheetTable, frame: pd.DataFrame, known: Delivery, meanings: Meanings
) -> list[Problem]:
    """Every fault of one sheet: of its cells, then of its rows and of the tables together."""
    file, by_column = book.path.name, {number: name for name, number in sheet.columns.items()}
    specs, found = {c.column: c for c in table_columns(sheet.table)}, []
    for row, column, code, value, more in sheet.faults:
        spec = specs.get(more if code in ("column_missing", "title_missing") else by_column.get(column, ""))
        if code == "province_unknown":
            more = meanings.near(str(value))
        found.append(
            _problem(file, sheet.sheet, row, column, code, value, more, table=sheet.table, spec=spec)
        )
    for told in validate_table(sheet.table, frame, known, entering=True).to_dict("records"):
        if (told["row"], told["column"]) not in sheet.unread:
            letter = column_letter(sheet.columns.get(told["column"], 1))
            found.append(Problem(file, sheet.sheet, told["row"], letter, told["value"], told["code"],
                                 *(told[c] for c in ("reason_th", "reason_en", "remedy_th", "remedy_en"))))  # fmt: skip
    return found


def _twice_sent(frames: list[tuple[Workbook, SheetTable, pd.DataFrame]]) -> None:
    """One key with two different rows in two sheets or files of one call: which is right cannot be told."""
    first: dict[tuple, tuple] = {}
    for book, sheet, frame in frames:
        key, said = key_of(sheet.table), [c for c in frame.columns if c not in PROVENANCE]
        for row in frame.to_dict("records"):
            identity, content = (sheet.table, *(row[c] for c in key)), tuple(str(row[c]) for c in said)
            place = (book.path.name, sheet.sheet, int(row["source_row"]))
            other = first.setdefault(identity, (content, place))
            # Twice in one sheet is the contract's to tell.
            if other[1][:2] != place[:2] and other[0] != content:
                spec = next(c for c in table_columns(sheet.table) if c.key)
                more = f"{other[1][0]} {other[1][1]} แถว {other[1][2]}"
                book.problems.append(
                    _problem(
                        *place,
                        sheet.columns.get(spec.column, 1),
                        "twice_sent",
                        ", ".join(map(str, identity[1:])),
                        more,
                        spec=spec,
                    )
                )


def _in_order(book: Workbook) -> list[Problem]:
    """The faults as a reader meets them: by sheet, row, column; of a cell with personal data only that."""
    places = {name: n for n, name in enumerate(book.order)}
    personal = {(p.sheet, p.row, p.column) for p in book.problems if p.code == "personal"}
    kept = [
        p
        for p in book.problems
        if p.code == "personal" or (p.sheet, p.row, p.column) not in personal or not p.column
    ]
    unique = {(p.sheet, p.row, p.column, p.code, p.message_en): p for p in reversed(kept)}
    ordered = sorted(
        unique.values(), key=lambda p: (places.get(p.sheet, -1), p.row or 0, len(p.column), p.column, p.code)
    )
    return [replace(p, sheet=p.sheet or "-") if p.code == "personal" else p for p in ordered]
