"""Files that officers send: either exactly the right table, or a refusal with every fault and its remedy.

Nothing is misread in silence. A file goes through bytes, text, grid, layout, names, periods, numbers and
units; each step either is certain, or applies a rule that was declared and records it in `flags`
(`assumed:…`), or notes a fault. A file with a fault gives nothing at all.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import gc
from dataclasses import dataclass, field
from pathlib import Path

from sdg_eval.codelists import Codelists
from sdg_eval.concepts import OFFICER_SOURCE
from sdg_eval.errors import DataError, UsageError
from sdg_eval.grid import OFFICER, Book, Sheet, column_letter, read_book
from sdg_eval.intake.checks import check_records
from sdg_eval.intake.layout import Layout
from sdg_eval.intake.meaning import Meanings, SeriesResolver
from sdg_eval.intake.numbers import looks_like_value
from sdg_eval.intake.periods import find_as_of
from sdg_eval.intake.personal import KINDS, scan_cells
from sdg_eval.intake.refusal import Faults, Problem, Refusal, make_problem, refusal_of, shown
from sdg_eval.intake.rows import Aside, Record, TableReader
from sdg_eval.intake.template import GUIDE_SHEET, LIST_SHEET

SHORTEST_NUMBER = 1e10
"""A number of fewer digits than eleven can neither be an identity number nor tell that its column holds amounts of that size."""
CHOICES = {"dash": ("missing", "zero"), "quarters": ("calendar", "fiscal"), "hidden": ("include", "leave-out"), "two_digit_years": ("BE", "CE")}


@dataclass(frozen=True)
class Declared:
    """What the sender or the analyst declares of a file; '' leaves the question open, and then it is a fault.

    Raises UsageError for a word that is no choice.
    """

    series: str = ""
    indicator: str = ""
    unit: str = ""
    sheet: str = ""
    as_of: str = ""
    allow_negative: bool = False
    dash: str = ""
    quarters: str = ""
    hidden: str = ""
    two_digit_years: str = ""
    today: dt.date = field(default_factory=dt.date.today)

    def __post_init__(self):
        for name, choices in CHOICES.items():
            if (value := getattr(self, name)) and value not in choices:
                raise UsageError(f"--{name.replace('_', '-')} {value}: write {' or '.join(choices)}.")
        if self.as_of:
            try:
                dt.date.fromisoformat(self.as_of)
            except ValueError:
                raise UsageError(f"--as-of {self.as_of}: write a date as 2024-05-01.") from None

    def record(self) -> dict:
        """What was declared, without what was left open: it is part of the load's identity."""
        return {k: v for k, v in vars(self).items() if k != "today" and v}


@dataclass(frozen=True)
class FileIntake:
    """What one file gave: `observations` (an observation table), what was set aside, and its identity."""

    path: Path
    file_id: str
    observations: object
    aside: list[Aside]
    as_of: str
    notes: list[str] = field(default_factory=list)


def take_in(paths, codelists: Codelists, declared: Declared | None = None) -> list[FileIntake]:
    """Return what the files hold, one FileIntake each, in the order given.

    Raises
    ------
    Refusal
        When any file has a fault: it lists every fault of every file, and nothing is returned.
    """
    taken, problems = [], []
    for path in map(Path, paths):
        try:
            taken.append(take_in_file(path, codelists, declared))
        except Refusal as refusal:
            problems += refusal.problems
    if problems:
        raise Refusal(problems)
    return taken


def take_in_file(path, codelists: Codelists, declared: Declared | None = None) -> FileIntake:
    """Return what one file holds. Raises Refusal with all its faults."""
    path, declared = Path(path), declared or Declared()
    with _collector_paused():
        try:
            book = read_book(path, OFFICER)
        except DataError as error:
            raise Refusal([refusal_of(error, path.name)]) from error
        if personal := personal_problems(book):
            raise Refusal(personal)
        reader = BookReader(book, codelists, declared)
        return FileIntake(path, book.file_id, reader.read(), reader.aside, reader.as_of)


@contextlib.contextmanager
def _collector_paused():
    """Pause the garbage collector: a workbook is many small lasting objects, and looking through them again and again takes a quarter of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def personal_problems(book: Book) -> list[Problem]:
    """Return the places of personal data in cells, hidden ones too, in names of sheets, comments and properties; never the data."""
    cells = []
    for number, sheet in enumerate(book.sheets):
        cells.append(((number, None, None), sheet.name, False))
        for r, row in enumerate(sheet.values, 1):
            for c, value in enumerate(row, 1):
                if isinstance(value, str) and value:
                    cells.append(((number, r, c), value, False))
                elif isinstance(value, int | float) and not isinstance(value, bool) and abs(value) >= SHORTEST_NUMBER:
                    cells.append(((number, r, c), str(int(value)) if float(value).is_integer() else str(value), True))
    cells += [((part, None, None), text, False) for part, text in book.extras]
    problems = []
    for found in scan_cells(cells):
        place, row, column = found["where"]
        sheet = book.sheets[place].name if isinstance(place, int) else place
        sheet = "-" if row is None and isinstance(place, int) else sheet  # the name of the sheet is itself what was found
        letter = column_letter(column) if column else ""
        problems.append(make_problem("personal", file=book.file, sheet=sheet, row=row, column=letter, more=" / ".join(KINDS[found["kind"]])))
    return problems


class BookReader:
    """Reads the sheets of one file into observations."""

    def __init__(self, book: Book, codelists: Codelists, declared: Declared):
        self.book, self.codelists, self.declared = book, codelists, declared
        self.faults, self.aside, self.as_of = Faults(book.file), [], declared.as_of
        self.meanings, self.resolver = Meanings(codelists, declared), SeriesResolver(codelists)

    def read(self):
        """Return the observation table. Raises Refusal."""
        records: list[Record] = []
        for sheet in self.book.sheets:
            if not sheet.hidden:
                self._find_as_of(sheet)
        for sheet in self._sheets():
            records += self._read_sheet(sheet)
        records = check_records(records, self.codelists, self.declared, self.faults)
        if not records and not self.faults:
            self.faults.add("no_values", row=1)
        if self.faults:
            raise Refusal(_in_order(self.faults.problems, self.book))
        return self._table(records)

    def _sheets(self) -> list[Sheet]:
        """The sheets to read: the one declared, or all visible ones; a hidden one with data is a fault."""
        if self.declared.sheet:
            chosen = [s for s in self.book.sheets if s.name == self.declared.sheet]
            if not chosen:
                self.faults.add("no_sheet", sheet=self.declared.sheet, found=", ".join(s.name for s in self.book.sheets))
            return chosen
        for sheet in self.book.sheets:
            if sheet.hidden and any(v not in (None, "") for row in sheet.values for v in row):
                self.faults.add("hidden_sheet", sheet=sheet.name, row=1, found=sheet.name)
        return [s for s in self.book.sheets if not s.hidden and s.name not in (GUIDE_SHEET, LIST_SHEET)]

    def _read_sheet(self, sheet: Sheet) -> list[Record]:
        self._check_hidden(sheet)
        layout = Layout(sheet, self.meanings, self.faults, self.declared.hidden == "leave-out")
        tables = layout.tables()
        if not tables:
            self._without_table(sheet)
            return []
        records = []
        for table in tables:
            reader = TableReader(table, layout, self.meanings, self.resolver, self.declared, self.faults)
            reader.read()
            records += reader.records
            self.aside += reader.aside
        return records

    def _find_as_of(self, sheet: Sheet) -> None:
        """Take the date that a line such as "ข้อมูล ณ วันที่ 31 มีนาคม 2567" gives, wherever it stands."""
        if self.as_of:
            return
        for row in sheet.values:
            for place, value in enumerate(row):
                if not isinstance(value, str) or "ณ" not in value and "as of" not in value.lower():
                    continue
                beside = next((shown(v) for v in row[place + 1 :] if v not in (None, "")), "")
                for text in (value, f"ข้อมูล ณ วันที่ {beside}"):
                    if found := find_as_of(text, self.declared.today):
                        self.as_of = found
                        return

    def _check_hidden(self, sheet: Sheet) -> None:
        if self.declared.hidden:
            return
        for row in sorted(sheet.hidden_rows):
            if row <= sheet.n_rows and any(v not in (None, "") for v in sheet.values[row - 1]):
                self.faults.add("hidden_rows", sheet=sheet.name, row=row)
        for column in sorted(sheet.hidden_columns):
            rows = [r for r in range(1, sheet.n_rows + 1) if sheet.value(r, column) not in (None, "")]
            if rows:
                self.faults.add("hidden_columns", sheet=sheet.name, row=rows[0], column=column_letter(column))

    def _without_table(self, sheet: Sheet) -> None:
        """A sheet without a header: text alone is set aside, figures without a header are a fault."""
        for r, row in enumerate(sheet.values, 1):
            if sum(looks_like_value(v) for v in row) >= 1 and len(row) > 1 or (len(self.book.sheets) == 1 and any(v not in (None, "") for v in row)):
                self.faults.add("no_table", sheet=sheet.name, row=r)
                return
        if any(v not in (None, "") for row in sheet.values for v in row):
            self.aside.append(Aside(sheet.name, 1, "A", "", "no table on this sheet"))
        elif len(self.book.sheets) == 1:
            self.faults.add("no_table", sheet=sheet.name, row=1)

    def _table(self, records: list[Record]):
        from sdg_eval.observations import observation_table

        plain = self.book.kind in ("text",)
        return observation_table(
            [
                {
                    "SERIES": r.series, "REF_AREA": r.area, "SEX": r.sex, "AGE": r.age, "URBANISATION": r.urban,
                    "FREQ": r.period.freq, "TIME_PERIOD": r.period.time_period, "OBS_VALUE": r.values["OBS_VALUE"],
                    "NUMERATOR": r.values.get("NUMERATOR"), "DENOMINATOR": r.values.get("DENOMINATOR"),
                    "UNIT_MEASURE": r.unit, "OBS_STATUS": r.period.status or "A", "COMMENT_OBS": r.comment,
                    "source": OFFICER_SOURCE, "source_file": self.book.file, "source_id": self.book.file_id,
                    "source_sheet": "" if plain else r.sheet, "source_row": r.row, "source_column": column_letter(r.column),
                    "as_of": self.as_of, "flags": ";".join(f"assumed:{a}" for a in dict.fromkeys(r.assumed)),
                }  # fmt: skip
                for r in records
            ]
        )


def _in_order(problems: list[Problem], book: Book) -> list[Problem]:
    """The faults as a reader meets them: by sheet, row, column."""
    place = {s.name: n for n, s in enumerate(book.sheets)}
    return sorted(problems, key=lambda p: (place.get(p.sheet, -1), p.row or 0, len(p.column), p.column, p.code))
