"""Archives judged before anything in them is parsed: size, members, paths, macros, passwords, entities.

A file from outside is hostile until judged: the libraries that read workbooks unpack whatever they
are given. Everything here reads at most a bounded number of bytes.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from xml.parsers import expat

from sdg_eval.errors import DataError
from sdg_eval.grid.cells import Limits, column_number

CHUNK = 1 << 16
AGAIN = "Download or save the file again."
_REFERENCE = re.compile(r"([A-Z]{1,4})(\d{1,8})")
_TEXT_PARTS = re.compile(r"xl/(comments|threadedComments|drawings|persons)[^.]*\.xml|docProps/.*\.xml")
_TAGS = re.compile(rb"<[^>]*>")
_CELLS = re.compile(rb"<(?:\w{1,20}:)?c[\s/>]")
MAX_EXTRA_BYTES = 2_000_000
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError, ValueError)
"""What the reading of a damaged or locked part raises."""


@dataclass
class SheetFacts:
    """What the XML of one sheet says beyond values."""

    hidden_rows: set = field(default_factory=set)
    hidden_columns: set = field(default_factory=set)
    merged: list = field(default_factory=list)
    unsaved: set = field(default_factory=set)
    cells: int = 0
    texts: list = field(default_factory=list)


def open_archive(name: str, content: bytes, limits: Limits) -> zipfile.ZipFile:
    """Return the archive after checking, without unpacking, that it can be unpacked safely.

    Raises DataError (`zip_damaged`, `zip_bomb`, `zip_path`, `password`, `macros`).
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise DataError(f"{name}: the archive is cut off or damaged ({error}). Download the file again.", code="zip_damaged") from error
    members = archive.infolist()
    unpacked = sum(m.file_size for m in members)
    if len(members) > limits.members or unpacked > limits.unpacked_bytes or unpacked > limits.ratio * len(content) + 10**7:
        raise DataError(
            f"{name}: unpacks to {unpacked / 1e6:,.0f} MB in {len(members)} parts from {len(content) / 1e6:.1f} MB, unpacked size over "
            "the limit: more than any table needs. Save the table as a new file.",
            code="zip_bomb", found=f"{unpacked / 1e6:,.0f} MB",
        )  # fmt: skip
    for member in members:
        parts = PurePosixPath(member.filename.replace("\\", "/"))
        if parts.is_absolute() or ".." in parts.parts or (member.external_attr >> 16) & 0o170000 == 0o120000:
            raise DataError(
                f"{name}: the part {member.filename!r} points outside the archive. Pack the table alone.",
                code="zip_path", found=member.filename,
            )  # fmt: skip
        if member.flag_bits & 1:
            raise DataError(f"{name}: locked with a password. Save it without one.", code="password")
        if member.filename.lower().endswith(("vbaproject.bin", "xlmacrosheet.xml")) or "/macrosheets/" in member.filename.lower():
            raise DataError(f"{name}: holds macros. Save it as a workbook without macros (.xlsx).", code="macros", found=member.filename)
    return archive


def read_member(name: str, archive: zipfile.ZipFile, member: str) -> bytes:
    """Return one unpacked part. Raises DataError when it is damaged."""
    try:
        return archive.read(member)
    except (*_DAMAGED, KeyError) as error:
        raise DataError(f"{name}, part {member}: damaged or locked ({error}). Download the file again.", code="zip_damaged", found=member) from error


def _refuse_dtd(name: str, member: str) -> DataError:
    return DataError(
        f"{name}, part {member}: holds a document type declaration; DTD and entities are not allowed. "
        "Save it anew from the spreadsheet program.",
        code="dtd", found=member,
    )  # fmt: skip


class _Stop(Exception):
    """The root element is reached: a document type can no longer come."""


def _parser(name: str, member: str):
    parser = expat.ParserCreate(namespace_separator=None)

    def forbid(*_):
        raise _refuse_dtd(name, member)

    parser.StartDoctypeDeclHandler = forbid
    parser.EntityDeclHandler = forbid
    parser.ExternalEntityRefHandler = forbid
    return parser


def _feed(name: str, archive: zipfile.ZipFile, member: str, parser) -> None:
    try:
        with archive.open(member) as stream:
            while chunk := stream.read(CHUNK):
                parser.Parse(chunk, False)
        parser.Parse(b"", True)
    except _Stop:
        return
    except DataError:
        raise
    except expat.ExpatError as error:
        raise DataError(f"{name}, part {member}: not readable as a workbook ({error}). {AGAIN}", code="workbook_damaged", found=member) from error
    except _DAMAGED as error:
        raise DataError(f"{name}, part {member}: damaged or locked ({error}). Download the file again.", code="zip_damaged", found=member) from error


def refuse_entities(name: str, archive: zipfile.ZipFile) -> None:
    """Raise DataError (`dtd`) when a part of a workbook declares a document type, in any encoding."""
    for member in archive.namelist():
        if member.lower().endswith((".xml", ".rels", ".vml")):
            parser = _parser(name, member)

            def stop(*_):
                raise _Stop

            parser.StartElementHandler = stop
            _feed(name, archive, member, parser)


def scan_sheet(name: str, archive: zipfile.ZipFile, member: str, limits: Limits) -> SheetFacts:
    """Return what the XML of a sheet says beyond values, refusing it as soon as a limit is passed.

    Raises DataError (`too_many_cells`, `too_many_columns`, `too_many_merges`, `workbook_damaged`, `dtd`).
    """
    facts, state = SheetFacts(), {"row": 0, "column": 0, "formula": False, "saved": False, "text": False, "kind": "", "depth": None}
    parser = _parser(name, member)

    def too_many(code: str, what: str, limit: int):
        return DataError(f"{name}, part {member}: more than {limit:,} {what}. Delete the empty rows and columns, or split the file.", code=code)

    def start(tag, attributes):
        tag = tag.rpartition(":")[2]
        if tag == "c":
            facts.cells += 1
            if facts.cells > limits.cells:
                raise too_many("too_many_cells", "cells", limits.cells)
            reference = _REFERENCE.fullmatch(attributes.get("r", ""))
            state["column"] = column_number(reference[1]) if reference else state["column"] + 1
            state["row"] = int(reference[2]) if reference else state["row"]
            if state["column"] > limits.columns:
                raise too_many("too_many_columns", "columns", limits.columns)
            if state["row"] > 1_048_576:
                raise too_many("too_many_cells", "rows", 1_048_576)
            state.update(formula=False, saved=False, kind=attributes.get("t", ""))
        elif tag == "f":
            state["formula"] = True
        elif tag in ("v", "is"):
            state["text"] = True
            state["saved"] = state["kind"] in ("str", "inlineStr")
        elif tag == "row":
            state["row"], state["column"] = int(attributes.get("r") or state["row"] + 1), 0
            if attributes.get("hidden") in ("1", "true"):
                facts.hidden_rows.add(state["row"])
        elif tag == "col" and attributes.get("hidden") in ("1", "true"):
            first, last = int(attributes.get("min", 0)), int(attributes.get("max", 0))
            facts.hidden_columns.update(range(first, min(last, limits.columns) + 1))
        elif tag == "mergeCell":
            if len(facts.merged) >= limits.merges:
                raise too_many("too_many_merges", "merged ranges", limits.merges)
            corners = [_REFERENCE.fullmatch(c) for c in attributes.get("ref", "").replace("$", "").split(":")]
            if len(corners) == 2 and all(corners):
                (a, b) = corners
                facts.merged.append((int(a[2]), column_number(a[1]), int(b[2]), column_number(b[1])))
        elif tag in ("oddHeader", "oddFooter", "evenHeader", "evenFooter", "firstHeader", "firstFooter"):
            state["depth"] = tag

    def characters(text):
        if state["text"] and text.strip():
            state["saved"] = True
        elif state["depth"]:
            facts.texts.append(text)

    def end(tag):
        tag = tag.rpartition(":")[2]
        if tag in ("v", "is"):
            state["text"] = False
        elif tag == "c" and state["formula"] and not state["saved"]:
            facts.unsaved.add((state["row"], state["column"]))
        elif tag == state["depth"]:
            state["depth"] = None

    if _many_cells(archive, member, limits.cells):  # the parser counts exactly, but takes seconds to come to the limit
        raise too_many("too_many_cells", "cells", limits.cells)
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, characters
    _feed(name, archive, member, parser)
    return facts


def _many_cells(archive: zipfile.ZipFile, member: str, limit: int) -> bool:
    """Whether the bytes of a sheet open more cells than `limit`; one cut in two by a chunk is not seen, nor one in UTF-16."""
    seen = 0
    try:
        with archive.open(member) as stream:
            while seen <= limit and (chunk := stream.read(1 << 20)):
                seen += len(_CELLS.findall(chunk))
    except _DAMAGED:
        return False  # told by the parser, with its remedy
    return seen > limit


def extra_texts(name: str, archive: zipfile.ZipFile) -> list[tuple[str, str]]:
    """Return (part, text) of comments, text boxes and document properties of a workbook."""
    from html import unescape

    found = []
    for member in archive.namelist():
        if _TEXT_PARTS.fullmatch(member) and archive.getinfo(member).file_size <= MAX_EXTRA_BYTES:
            text = unescape(_TAGS.sub(b" ", read_member(name, archive, member)).decode("utf-8", "replace"))
            if text.strip():
                found.append((member, " ".join(text.split())))
    return found
