"""No name of a machine or a person in what is handed out: the folders that a run happened to lie in become words."""

from __future__ import annotations

import re
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # importing it takes longer than all that this module does
    from nbformat import NotebookNode

SUITE, PYTHON, TEMPORARY, HOME = "<sdg_eval>", "<python>", "<temporary>", "<home>"
"""What stands for the folder of the suite, of Python, of temporary files, and of the person who ran it."""


@cache
def _known_places() -> tuple[tuple[str, str], ...]:
    places = {
        str(Path(__file__).parents[2]): SUITE,
        sys.prefix: PYTHON,
        sys.base_prefix: PYTHON,
        tempfile.gettempdir(): TEMPORARY,
    }
    try:
        places[str(Path.home())] = HOME
    except RuntimeError:  # nobody's home
        pass
    return tuple(places.items())


def without_machine(text: str, folders: dict | None = None) -> str:
    """Return `text` with the folders of this machine replaced by words; `folders` are more of them, as {folder: word}.

    Longer folders go first, so what lies in a folder of a folder keeps the nearer word.
    """
    places = {str(place): word for place, word in (*_known_places(), *(folders or {}).items())}
    for place in sorted(places, key=len, reverse=True):
        if len(place) > 1:  # the root of a disk is no name
            text = re.sub(
                rf"{re.escape(place)}(?=[\\/\"'\s:,;)\]]|$)", lambda m, word=places[place]: word, text
            )
    return text


def clean_outputs(notebook: NotebookNode, folders: dict | None = None) -> None:
    """Take the folders of this machine out of what the cells of an executed notebook printed: warnings and tracebacks name files."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.output_type == "stream":
                output.text = without_machine(output.text, folders)
            elif output.output_type == "error":
                output.evalue = without_machine(output.evalue, folders)
                output.traceback = [without_machine(line, folders) for line in output.traceback]
            else:
                for kind in [kind for kind in output.get("data", {}) if kind.startswith("text/") and isinstance(output.data[kind], str)]:
                    output.data[kind] = without_machine(output.data[kind], folders)
