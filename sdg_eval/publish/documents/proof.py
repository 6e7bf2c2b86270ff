"""Whether a document says what its run said: held against the run's texts before it is written, and against its file after.

A file is held against the blocks that it was made from, one after the other: none may be missing, changed or added. Of a PDF that is
the page of HTML that it is printed from (docs/decisions/0027); of a Word file it is the file.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterable, Iterator
from functools import lru_cache
from html import unescape
from itertools import zip_longest
from pathlib import Path

from sdg_eval.claims.ledger import TEXT_FILES
from sdg_eval.errors import DataError
from sdg_eval.publish.documents.document_words import document_words
from sdg_eval.publish.documents.model import Callout, Document, Figure, Heading, Items, Paragraph, Table
from sdg_eval.publish.material import Material


def require_said(document: Document, material: Material) -> None:
    """Raise DataError for the first sentence of a document that is not, letter for letter, what its run said in that place.

    It may be the beginning of what was said, after the name of a series or a word of the document and a colon.
    """
    for claim, text in claimed(document):
        said = said_at(material.folder, claim, document.lang)
        if said not in (None, text) and not any(_begins(said, text.removeprefix(f"{name}: ")) for name in _names(material, document.lang) if text.startswith(f"{name}: ")):
            raise DataError(f"{document.name}: {text[:200]!r} is not what {claim} of the run says: {said[:200]!r}. Nothing was published. Correct what builds the document.")


def _begins(said: str, part: str) -> bool:
    """Whether a sentence begins with a part that ends where a word of it does: half a number is another number."""
    return bool(part) and (said == part or said.startswith(part + " "))


def _names(material: Material, lang: str) -> list[str]:
    return [*(material.codelists.series_name(code, lang) for code in material.series), *document_words(lang).values()]


def claimed(document: Document) -> Iterator[tuple[str, str]]:
    """Yield (claim, text) of every sentence of a document that says where the run said it."""
    for block in document.blocks:
        if isinstance(block, Paragraph) and block.claim:
            yield block.claim, block.text
        elif isinstance(block, Items | Callout):
            yield from ((claim, text) for claim, text in zip(block.claims, block.texts, strict=False) if claim)


def said_at(folder: Path, claim: str, lang: str) -> str | None:
    """Return what the text files of a run say at the place that a claim names; None where that place is a table or a rule."""
    place, _, path = claim.partition("#")
    texts = _texts(folder / place)
    if texts is None:
        return None
    if path in texts[lang]:  # a result, whose name may hold a slash
        return texts[lang][path]
    held = texts[lang]
    for part in path.split("/"):
        try:
            held = held[int(part)] if isinstance(held, list) else held[part]
        except (KeyError, IndexError, ValueError, TypeError):
            return None
    return held["text"] if isinstance(held, dict) else held


@lru_cache(maxsize=8)
def _read(path: Path, changed: int) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


def _texts(folder: Path) -> dict | None:
    found = [folder / name for name in TEXT_FILES if (folder / name).is_file()]
    return _read(found[0], found[0].stat().st_mtime_ns) if found else None


# ---------------------------------------------------------------- the file


def require_printed(document: Document, printed: Iterable[str], form: str) -> None:
    """Raise DataError where the blocks of text of a file are not those of its document, in their order. `form`: html or docx."""
    wanted = [_squeezed(text) for text in texts_of(document, form)]
    found = [_squeezed(text) for text in printed]
    for due, there in zip_longest(filter(None, wanted), filter(None, found), fillvalue=""):
        if due != there:
            raise DataError(f"{document.name}.{form}: {there[:200]!r} stands where {due[:200]!r} was to be written. Nothing was published. Correct what writes the file.")


def texts_of(document: Document, form: str) -> Iterator[str]:
    """Yield every text of a document as a file of the form `html` or `docx` holds it, in its order."""
    words, tables, figures = document_words(document.lang), 0, 0
    if document.synthetic and form == "html":
        yield words["synthetic"]
    yield from (document.title, document.subtitle)
    if form == "html":
        yield " · ".join(f"{name}: {value}" for name, value in document.facts)
    else:
        yield from (text for fact in document.facts for text in fact)
    for block in document.blocks:
        if isinstance(block, Heading | Paragraph):
            yield block.text
        elif isinstance(block, Items):
            yield from block.texts
        elif isinstance(block, Callout):
            yield from (block.title, *block.texts)
        elif isinstance(block, Table):
            tables += 1
            yield f"{words['doc_table']} {tables} {block.caption}"
            yield from (text for row in (block.columns, *block.rows) for text in row)
            yield f"{words['source']}: {block.source}" if block.source or form == "html" else ""
        elif isinstance(block, Figure):
            figures += 1
            yield from (f"{words['doc_figure']} {figures} {block.caption}", block.source)
    if document.sources:
        yield from (words["doc_sources"], *document.sources)


def word_texts(content: bytes) -> list[str]:
    """Return the text of each paragraph of a Word file, those in the cells of tables too, in their order."""
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        body = file.read("word/document.xml").decode("utf-8")
    paragraphs = re.findall(r"<w:p[ >].*?</w:p>", body, re.S)
    return [unescape(" ".join(re.findall(r"<w:t(?: [^>]*)?>(.*?)</w:t>", paragraph, re.S))) for paragraph in paragraphs]


def _squeezed(text: str) -> str:
    """A text without white space, which layout makes, and without the signs that no file can hold."""
    return re.sub(r"[\s\x00-\x1f\ufffe\uffff\ud800-\udfff]+", "", text)
