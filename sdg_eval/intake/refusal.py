"""A refusal: every fault of a file at once, each with its place and its remedy, in Thai and in English."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import asdict, dataclass, field

from sdg_eval.errors import DataError
from sdg_eval.intake.messages import MESSAGES

MAX_SHOWN = 60
"""Letters of a cell that a message repeats."""
MAX_PROBLEMS = 500
"""A file with more faults than this is told the first ones: nobody reads more."""


@dataclass(frozen=True)
class Problem:
    """One fault: where it is (rows and columns as a spreadsheet counts them), what it is, what to do."""

    file: str
    sheet: str
    row: int | None
    column: str
    found: str
    code: str
    message_th: str
    message_en: str
    remedy_th: str
    remedy_en: str

    def where(self, lang: str) -> str:
        """Return the place in words."""
        sheet, row, column = ("แผ่นงาน", "แถว", "คอลัมน์") if lang == "th" else ("sheet", "row", "column")
        parts = [self.file, f"{sheet} {self.sheet}" if self.sheet else "", f"{row} {self.row}" if self.row else ""]
        return ", ".join(filter(None, [*parts, f"{column} {self.column}" if self.column else ""]))


def shown(value) -> str:
    """Return a cell's content as a message repeats it: one line, not long."""
    if isinstance(value, dt.datetime):
        value = value.date() if value.time() == dt.time() else value
    text = " ".join(str("" if value is None else value).split())
    return text if len(text) <= MAX_SHOWN else text[:MAX_SHOWN] + "…"


def make_problem(code: str, *, file: str, sheet: str = "", row: int | None = None, column: str = "", found="", more="") -> Problem:
    """Return the Problem of a code with its words filled in."""
    words = {"found": shown(found), "more": str(more)}
    return Problem(file, sheet, row, column, words["found"], code, *(text.format(**words) for text in MESSAGES[code]))


@dataclass
class Faults:
    """The faults of one file, collected while it is read; the same fault in the same place counts once."""

    file: str
    problems: list[Problem] = field(default_factory=list)
    _seen: set = field(default_factory=set)

    def add(self, code: str, *, sheet: str = "", row: int | None = None, column: str = "", found="", more="") -> None:
        """Note one fault."""
        key = (code, sheet, row, column)
        if key not in self._seen:
            self._seen.add(key)
            self.problems.append(make_problem(code, file=self.file, sheet=sheet, row=row, column=column, found=found, more=more))

    def __bool__(self) -> bool:
        return bool(self.problems)


class Refusal(DataError):
    """Files are refused; `problems` holds every fault of every one of them."""

    def __init__(self, problems: list[Problem]):
        self.problems = problems
        super().__init__("\n".join(line for p in problems[:MAX_PROBLEMS] for line in told(p, "en")))


def told(problem: Problem, lang: str) -> list[str]:
    """Return a fault as the lines that a terminal shows."""
    message, remedy = (problem.message_th, problem.remedy_th) if lang == "th" else (problem.message_en, problem.remedy_en)
    return [f"{problem.where(lang)}: {message}", f"    → {remedy}"]


def refusal_of(error: DataError, file: str) -> Problem:
    """Return the Problem of an error that the reader of containers and text raised."""
    code = error.code if error.code in MESSAGES else "workbook_damaged"
    found = error.found or ("" if "{found}" not in "".join(MESSAGES[code]) else "-")
    return make_problem(code, file=file, sheet=error.sheet, row=error.row, column=error.column, found=found)


def problems_json(problems: list[Problem]) -> str:
    """Return the faults as the JSON list that is handed on."""
    return json.dumps([asdict(p) for p in problems], ensure_ascii=False, indent=1) + "\n"
