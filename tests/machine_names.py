"""What names the machine a run was made on: its folders, its name, its user."""

import getpass
import re
import socket
import sys
import tempfile
from pathlib import Path

from tests.conftest import ROOT

FOLDERS = r"(?<![\w./<>-])(?:/(?:home|root|Users|tmp|work|opt|usr|var|private|mnt|builds|github)/[\w.@-]+|[A-Z]:\\\\?(?:Users|Documents)\b)"
"""Folders of a machine as they begin on Linux, macOS and Windows; a link within a site begins otherwise."""


def machine_words() -> list[str]:
    """Folders and names of this machine, where they are long enough to be names and no common words."""
    names = [socket.gethostname(), getpass.getuser()]
    places = [ROOT, Path.home(), sys.prefix, tempfile.gettempdir() + "/"]
    return [str(p) for p in places if len(str(p)) > 3] + [n for n in names if len(n) > 4]


def texts(folder: Path):
    """(path, text) of every file of a run, hidden ones too; of Parquet, its values and what stands beside them."""
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        if path.suffix == ".parquet":
            import pyarrow.parquet as pq

            table = pq.read_table(path)
            yield path, table.to_pandas().to_csv() + str(table.schema.metadata)
        elif path.suffix not in (".ttf", ".png"):
            yield path, path.read_bytes().decode("utf-8", "replace")


def told_of_machine(folder: Path, words) -> list[tuple[str, str]]:
    """(file, what it says) for every file of a run that names the machine."""
    pattern = re.compile("|".join([FOLDERS, *map(re.escape, words)]))
    return [(path.relative_to(folder).as_posix(), found[0]) for path, text in texts(folder) if (found := pattern.search(text))]
