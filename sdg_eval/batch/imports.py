"""Importing what reads notebooks, without a part that costs more than all the rest."""

from __future__ import annotations

import sys

GRAMMAR = "rfc3987_syntax"
"""Builds a grammar of web addresses when jsonschema imports it, in 1.7 s; nothing here checks web addresses against a schema."""


def import_jsonschema() -> None:
    """Import jsonschema, which nbformat, papermill and nbconvert bring along, without its grammar; where it is imported, nothing happens."""
    if "jsonschema" in sys.modules or GRAMMAR in sys.modules:
        return
    sys.modules[GRAMMAR] = None  # makes its import fail, which jsonschema is ready for: the grammar is an extra
    try:
        import jsonschema  # noqa: F401
    finally:
        del sys.modules[GRAMMAR]
