"""Documents of a run: they say what the run said, stand whole or not at all, and are of these results."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from sdg_eval.batch.publish import parse_document_languages
from sdg_eval.errors import DataError, UsageError
from sdg_eval.publish.documents import shelf
from sdg_eval.publish.documents.committee import committee_document
from sdg_eval.publish.documents.model import Callout, Heading, Items, Paragraph, Table
from sdg_eval.publish.documents.overall import overall_document
from sdg_eval.publish.documents.parts import run_figure
from sdg_eval.publish.documents.quarterly import FIRST_SEND, quarterly_document
from sdg_eval.publish.material import read_material
from sdg_eval.publish.site import write_site
from tests.browser.tiny import EVALUATED


@pytest.fixture(scope="module")
def results(tiny_run, tmp_path_factory):
    folder = tmp_path_factory.mktemp("documents") / "run"
    shutil.copytree(tiny_run[0], folder)
    return folder, *tiny_run[1:]


@pytest.fixture(scope="module")
def material(results, codelists):
    folder, record, runs = results
    return read_material(folder, codelists, record, runs)


def claimed(document):
    """(claim, text) of everything in a document that claims to have been said in the run."""
    for block in document.blocks:
        if isinstance(block, Paragraph) and block.claim:
            yield block.claim, block.text
        elif isinstance(block, Items | Callout):
            yield from zip(block.claims, block.texts, strict=False)


def said_at(material, claim: str, lang: str):
    """What the run's own files say at the place that a claim names."""
    folder, _, path = claim.partition("#")
    file = {"provinces": "text.json", "quarters": "text.json", "peers": "peers.json", "pilots": "effect.json", "national": "text.json"}[folder.partition("/")[0]]
    place = json.loads((material.folder / folder / file).read_text(encoding="utf-8"))[lang]
    if folder.startswith("provinces/"):
        return place[path]
    for part in path.split("/"):
        place = place[int(part)] if part.isdecimal() else place[part]
    return place["text"] if isinstance(place, dict) else place


@pytest.mark.parametrize("lang", ["th", "en"])
def test_every_sentence_stands_letter_for_letter_in_the_run(material, lang):
    found = [*claimed(quarterly_document(material, EVALUATED[0], lang)), *claimed(committee_document(material, EVALUATED[0], lang))]
    assert len(found) > 60
    assert [claim for claim, text in found if said_at(material, claim, lang) != text] == []


def test_a_quarterly_report_opens_with_the_governor_s_pages_and_lists_all_17_goals(material):
    document = quarterly_document(material, EVALUATED[0], "en")
    headings = [b for b in document.blocks if isinstance(b, Heading)]
    assert headings[0].text == "For the governor"
    wanted = ["What changed this quarter", "Outcomes", "How sure"]
    assert [h.text for h in headings[1:4]] == wanted
    assert [c.kind for c in document.blocks if isinstance(c, Callout)] == ["decide", "missing"]
    assert sum(h.text.startswith("Goal ") for h in headings) == 17
    levels = [h.level for h in headings]
    assert all(b - a <= 1 for a, b in zip(levels, levels[1:], strict=False))
    assert document.synthetic and document.name == "TH-50_quarterly_2567Q2_en"


def test_what_does_not_fit_the_governor_s_pages_is_counted_and_stands_among_the_details(material, tmp_path):
    place = tmp_path / "quarters" / EVALUATED[0]
    shutil.copytree(material.folder / "quarters" / EVALUATED[0], place)
    text = json.loads((place / "text.json").read_text(encoding="utf-8"))
    text["en"]["send"] = [{"text": f"Send table {n}."} for n in range(FIRST_SEND + 3)]
    (place / "text.json").write_text(json.dumps(text), encoding="utf-8")
    document = quarterly_document(replace(material, folder=tmp_path), EVALUATED[0], "en")
    assert any(isinstance(b, Paragraph) and b.text.startswith("3 more") for b in document.blocks)
    texts = [text for _, text in claimed(document)]
    assert [texts.count(f"Send table {n}.") for n in range(FIRST_SEND + 3)] == [2] * FIRST_SEND + [1] * 3


def test_a_province_without_a_quarterly_report_is_told_so_and_keeps_its_trends(material):
    document = quarterly_document(material, EVALUATED[1], "en")
    box = next(b for b in document.blocks if isinstance(b, Callout))
    assert box.texts == ("No quarterly report in this run: failed",)
    assert sum(isinstance(b, Heading) and b.text.startswith("Goal ") for b in document.blocks) == 17
    assert committee_document(material, EVALUATED[1], "en") is None


def test_a_province_that_failed_gets_a_report_that_says_so(material):
    document = quarterly_document(material, "TH-10", "th")
    assert any(isinstance(b, Paragraph) and "ไม่สำเร็จ" in b.text for b in document.blocks)
    assert document.blocks[0].text == "สรุปสำหรับผู้ว่าราชการกรุงเทพมหานคร"


def test_without_an_evaluation_of_the_pilot_there_is_no_overall_report(material):
    assert overall_document(material, "th") is None


def test_the_table_of_indicators_holds_numbers_behind_its_texts(material):
    table = next(b for b in quarterly_document(material, EVALUATED[0], "en").blocks if isinstance(b, Table))
    assert len(table.rows) == len(table.values) == len(table.claims) == len([r for r in material.evaluations[EVALUATED[0]].table["SERIES"] if r])
    value = table.columns.index("Value")
    row = next(i for i, r in enumerate(table.rows) if "poverty line" in r[1])
    assert float(table.rows[row][value]) == pytest.approx(table.values[row][value], abs=0.05)


def test_a_figure_without_alternative_text_or_file_is_refused(material, tmp_path):
    place = f"provinces/{EVALUATED[0]}"
    (material.folder / place / "figures" / "en").mkdir(parents=True)
    (material.folder / place / "figures" / "en" / "x.svg").write_text("<svg/>")
    try:
        with pytest.raises(DataError, match="no alternative text"):
            run_figure(material, place, "en", {"file": "x.svg", "alt": " ", "source": ""}, "")
        with pytest.raises(DataError, match="is missing"):
            run_figure(material, place, "en", {"file": "y.svg", "alt": "a", "source": ""}, "")
    finally:
        shutil.rmtree(material.folder / place / "figures")


# ---------------------------------------------------------------- on the shelf


@pytest.fixture
def run(results, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(results[0], folder)
    return folder, results[1], results[2]


@pytest.fixture
def quick(monkeypatch):
    """Documents are written as their titles: what is tested is where they stand, not how they look."""

    def write(document, form, path):
        Path(path).write_text(document.title, encoding="utf-8")

    monkeypatch.setattr(shelf, "_write", write)
    monkeypatch.setattr(shelf, "_missing_pdf", lambda formats: None)


def files_of(folder) -> set[str]:
    return {p.name for p in (folder / "documents").iterdir()}


def test_documents_are_linked_from_the_province_and_every_link_leads_to_one(run, quick, codelists):
    folder, record, runs = run
    shelf.write_documents(folder, codelists, record, runs, formats=("pdf",), languages=("th", "en"))
    write_site(folder, codelists, record, runs)
    page = (folder / "provinces" / EVALUATED[0] / "index.html").read_text(encoding="utf-8")
    assert f"../../documents/{EVALUATED[0]}_quarterly_2567Q2_th.pdf" in page
    assert f"{EVALUATED[0]}_quarterly_2567Q2_en.pdf" not in page
    assert all((folder / "documents" / d.file).is_file() for d in shelf.shelved(folder, record))


def test_an_error_on_the_way_leaves_the_old_documents(run, quick, codelists, monkeypatch):
    folder, record, runs = run
    shelf.write_documents(folder, codelists, record, runs, formats=("pdf",), languages=("th",))
    before = {p: p.read_bytes() for p in (folder / "documents").iterdir()}
    plain, count = shelf._write, []

    def fail(document, form, path):
        count.append(path)
        if len(count) == 3:
            raise DataError("the third cannot be written")
        path.write_text("half", encoding="utf-8")

    monkeypatch.setattr(shelf, "_write", fail)
    with pytest.raises(DataError, match="the third"):
        shelf.write_documents(folder, codelists, record, runs, formats=("pdf",), languages=("th",))
    assert {p: p.read_bytes() for p in (folder / "documents").iterdir()} == before
    monkeypatch.setattr(shelf, "_write", plain)
    shelf.write_documents(folder, codelists, record, runs, formats=("pdf",), languages=("th",))
    assert not (folder / shelf.STAGING).exists()


def test_another_language_is_added_and_what_is_no_more_is_taken_away(run, quick, codelists):
    folder, record, runs = run
    shelf.write_documents(folder, codelists, record, runs, formats=("pdf",), languages=("th",))
    thai = files_of(folder)
    shelf.write_documents(folder, codelists, record, runs, formats=("pdf",), languages=("en",))
    assert files_of(folder) > thai
    fewer = runs[runs["REF_AREA"].isin([EVALUATED[0], ""])]
    shelf.write_documents(folder, codelists, record, fewer, formats=("pdf",), languages=("th", "en"))
    assert {name[:5] for name in files_of(folder)} == {EVALUATED[0], "docum"}


def test_documents_of_other_results_are_neither_linked_nor_kept(run, quick, codelists):
    folder, record, runs = run
    shelf.write_documents(folder, codelists, record, runs, formats=("pdf",), languages=("th",))
    later = record | {"data_hash": "1" * 64}
    assert shelf.shelved(folder, record) and not shelf.shelved(folder, later)
    write_site(folder, codelists, later, runs)
    assert "documents/" not in (folder / "provinces" / EVALUATED[0] / "index.html").read_text(encoding="utf-8")
    shelf.drop_outdated(folder, later)
    assert not (folder / "documents").exists()


def test_a_list_that_was_tampered_with_leads_nowhere(run, quick, codelists):
    folder, record, runs = run
    shelf.write_documents(folder, codelists, record, runs, formats=("pdf",), languages=("th",))
    path = folder / "documents" / shelf.LIST
    held = json.loads(path.read_text(encoding="utf-8"))
    held["documents"] = [d | {"file": "../record.json"} for d in held["documents"]]
    path.write_text(json.dumps(held), encoding="utf-8")
    assert shelf.shelved(folder, record) == []


def test_where_pdf_cannot_be_written_the_others_are_and_the_reason_is_told_once(run, quick, codelists, monkeypatch):
    from sdg_eval.publish.documents.pdf import PdfMissingError

    folder, record, runs = run
    monkeypatch.setattr(shelf, "_missing_pdf", lambda formats: PdfMissingError("Install Pango: apt install libpango-1.0-0"))
    monkeypatch.setattr(shelf, "_writer", lambda form: None)
    said = []
    with pytest.raises(PdfMissingError):
        shelf.write_documents(folder, codelists, record, runs, formats=("pdf", "docx"), languages=("th",), say=said.append)
    assert said == ["Install Pango: apt install libpango-1.0-0"]
    assert {d.form for d in shelf.shelved(folder, record)} == {"docx"}


def test_formats_and_languages_that_are_not_there_are_refused():
    with pytest.raises(UsageError, match="odt is not known"):
        shelf.parse_formats("pdf,odt")
    with pytest.raises(UsageError, match="nothing is asked for"):
        shelf.parse_formats(" , ")
    with pytest.raises(UsageError, match="does not have en"):
        parse_document_languages("th,en", {"lang": "th"})
    assert parse_document_languages("en,th", {"lang": "both"}) == ("th", "en")
