"""What can go wrong, by what the caller would do about it: one kind and one exit code each."""

DONE = 0
USAGE = 2
DATA_REFUSED = 3
SOME_RUNS_FAILED = 4
INTERRUPTED = 5
LOCKED = 6
CANNOT_WRITE = 7


class SdgEvalError(Exception):
    """Base of all errors whose message is written for the reader."""

    exit_code = 1


class UsageError(SdgEvalError):
    """The call is wrong: an unknown province, parameter, word. Nothing was run or written."""

    exit_code = USAGE


class DataError(SdgEvalError):
    """A file or table is refused: the message names file, sheet, row, column and the remedy.

    `code` names the kind of fault; with it and the place (`sheet`, `row`, `column`, `found`) the same
    refusal can be told in Thai.
    """

    exit_code = DATA_REFUSED

    def __init__(self, message: str = "", *, code: str = "", sheet: str = "", row: int | None = None, column: str = "", found: str = ""):
        super().__init__(message)
        self.code, self.sheet, self.row, self.column, self.found = code, sheet, row, column, found


class RunsFailedError(SdgEvalError):
    """Some planned runs failed; the others are done and listed."""

    exit_code = SOME_RUNS_FAILED


class LockedError(SdgEvalError):
    """Another run holds the lock on the folder."""

    exit_code = LOCKED


class WriteError(SdgEvalError):
    """The disk refused: no room, no right, or a path that is not a folder."""

    exit_code = CANNOT_WRITE
