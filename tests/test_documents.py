"""Documents of a run: they say what the run said, stand whole or not at all, and are of these results."""

import json
import pickle
import re
import shutil
from dataclasses import asdict, replace
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pypdf
import pytest

from sdg_eval.batch import publish
from sdg_eval.batch.audit import logged_run, read_log, verify_runs
from sdg_eval.batch.publish import parse_document_languages
from sdg_eval.batch.workers import WorkerLost
from sdg_eval.claims.ledger import Fault
from sdg_eval.claims.prose import html_blocks
from sdg_eval.errors import DataError, UsageError, WriteError
from sdg_eval.publish.documents import shelf
from sdg_eval.publish.documents.annex import annex_document
from sdg_eval.publish.documents.columns import column_widths, letters
from sdg_eval.publish.documents.committee import committee_document
from sdg_eval.publish.documents.exhibition import BEST, REGISTER, exhibition_document, write_panels
from sdg_eval.publish.documents.model import Callout, Heading, Items, Paragraph, Table
from sdg_eval.publish.documents.overall import overall_document
from sdg_eval.publish.documents.parts import run_figure
from sdg_eval.publish.documents.pdf import _html
from sdg_eval.publish.documents.proof import claimed, require_printed, require_said, said_at, word_texts
from sdg_eval.publish.documents.quarterly import FIRST_SEND, quarterly_document
from sdg_eval.publish.documents.word import docx_bytes
from sdg_eval.publish.exhibition_page import write_exhibition
from sdg_eval.publish.material import read_material
from sdg_eval.publish.pages import open_pages
from sdg_eval.publish.province_pages import write_provinces
from sdg_eval.publish.thai_words import WHOLE
from sdg_eval.register_report import graded_practices
from sdg_eval.store import csv_bytes, write_atomic
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


@pytest.mark.parametrize("lang", ["th", "en"])
def test_every_sentence_stands_letter_for_letter_in_the_run(material, lang):
    found = [*claimed(quarterly_document(material, EVALUATED[0], lang)), *claimed(committee_document(material, EVALUATED[0], lang))]
    assert len(found) > 60
    assert [claim for claim, text in found if said_at(material.folder, claim, lang) != text] == []


def test_a_document_that_cuts_a_number_or_changes_a_word_of_its_run_is_refused(material):
    """What the run said may be shortened at the end of a word, after the name of a series, and in no other way."""
    document = quarterly_document(material, EVALUATED[0], "en")
    claim, said = next((c, t) for c, t in claimed(document) if t.count(" ") > 8 and t[-1] in ".)")
    name, cut = material.codelists.series_name("SI_POV_NAHC", "en"), said.index(" ", 40)
    for text, stands in (
        (said, True), (f"{name}: {said[:cut]}", True), (f"{name}: {said[: cut - 1]}", False), (f"{name}: ", False), (said[:cut], False), (f"Another name: {said}", False), (f"9{said}", False),
    ):  # fmt: skip
        changed = replace(document, blocks=(Paragraph(text, claim),))
        if stands:
            require_said(changed, material)
        else:
            with pytest.raises(DataError, match="is not what"):
                require_said(changed, material)


def test_a_quarterly_report_opens_with_the_governor_s_pages_and_lists_all_17_goals(material):
    document = quarterly_document(material, EVALUATED[0], "en")
    headings = [b for b in document.blocks if isinstance(b, Heading)]
    assert headings[0].text == "For the governor"
    wanted = ["What changed this quarter", "Outcomes", "How sure"]
    assert [h.text for h in headings[1:4]] == wanted
    assert [c.kind for c in document.blocks if isinstance(c, Callout)] == ["decide", "missing", "review"]
    assert sum(h.text.startswith("Goal ") for h in headings) == 17
    levels = [h.level for h in headings]
    assert all(b - a <= 1 for a, b in zip(levels, levels[1:], strict=False))
    assert document.synthetic and document.name == "TH-50_quarterly_2567Q2_en"


def test_what_does_not_fit_the_governor_s_pages_is_counted_and_stands_among_the_details(material, tmp_path):
    place = tmp_path / "quarters" / EVALUATED[0]
    shutil.copytree(material.folder / "quarters" / EVALUATED[0], place)
    shutil.copytree(material.folder / "national", tmp_path / "national")
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


def test_columns_hold_their_numbers_and_leave_long_text_room_to_be_read():
    long, narrow = "สัดส่วนประชากรที่อยู่ต่ำกว่าเส้นความยากจนของประเทศ", 9_000
    table = Table("t", ("ตัวชี้วัด", "ค่า", "ช่วง", "มติ"), ((long, "1,234,567", "−0.92 ถึง −0.43", " "),), "s", numeric=("ค่า", "ช่วง"))
    text, number, interval, empty = widths = column_widths(table, narrow)
    assert sum(widths) == narrow
    assert number >= 9 * 90 and interval >= 14 * 90 and text >= 20 * 100 and empty >= 18 * 100
    assert column_widths(replace(table, rows=((long, "1", "2", "มีมติ"),)), narrow)[3] < empty


def test_a_column_holds_a_thai_word_that_is_kept_whole():
    """กรุงเทพมหานคร ran into the next column of a panel: no line ends within it, and the column was reckoned for half of it."""
    longest = max(WHOLE, key=letters)
    others = tuple("สัดส่วนประชากรที่อยู่ต่ำกว่าเส้นความยากจนของประเทศ" for _ in range(4))
    table = Table("t", ("จังหวัด", "ก", "ข", "ค", "ง"), ((f"ก {longest}", *others),), "s")
    assert column_widths(table, 12_000)[0] >= letters(longest) * 100


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


def write_province(folder, codelists, record, runs) -> None:
    """Write the page of one province as the site has it."""
    write_provinces(open_pages(folder, "th", record, codelists, ("th", "en")), read_material(folder, codelists, record, runs), [EVALUATED[0]])


def files_of(folder) -> set[str]:
    return {p.name for p in (folder / "documents").iterdir()}


def test_documents_are_linked_from_the_province_and_every_link_leads_to_one(run, quick, codelists):
    folder, record, runs = run
    shelf.write_documents(folder, codelists, record, runs, formats=("pdf",), languages=("th", "en"))
    write_province(folder, codelists, record, runs)
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


def other(text: str) -> str:
    """A text in which the last digit is another one."""
    at = max(m.start() for m in re.finditer(r"\d", text))
    return text[:at] + str((int(text[at]) + 3) % 10) + text[at + 1:]


def test_a_document_that_says_other_than_its_run_stops_publishing_and_the_old_ones_stand(run, quick, codelists, monkeypatch):
    folder, record, runs = run
    shelf.write_documents(folder, codelists, record, runs, formats=("pdf",), languages=("th",))
    before = {p: p.read_bytes() for p in (folder / "documents").iterdir()}

    def spoiled(material, area, lang):
        document = quarterly_document(material, EVALUATED[0], lang)
        at, lead = next((k, b) for k, b in enumerate(document.blocks) if isinstance(b, Paragraph) and b.claim)
        return [replace(document, blocks=(*document.blocks[:at], replace(lead, text=other(lead.text)), *document.blocks[at + 1:]))]

    monkeypatch.setattr(shelf, "_documents", spoiled)
    with pytest.raises(DataError, match=r"quarters/TH-50#headline of the run says"):
        shelf.write_documents(folder, codelists, record, runs, formats=("pdf",), languages=("th",))
    assert {p: p.read_bytes() for p in (folder / "documents").iterdir()} == before


@pytest.mark.parametrize("lang", ["th", "en"])
def test_a_file_says_its_document_block_by_block(material, lang):
    document = quarterly_document(material, EVALUATED[0], lang)
    for form, printed in (("html", html_blocks(_html(document))), ("docx", word_texts(docx_bytes(document)))):
        require_printed(document, printed, form)
        place = max(k for k, text in enumerate(printed) if re.search(r"\d", text))
        for wrong in ([*printed[:place], other(printed[place]), *printed[place + 1:]], printed[:-1], [*printed, "And 12 more."]):
            with pytest.raises(DataError, match="was to be written"):
                require_printed(document, wrong, form)


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
    write_province(folder, codelists, later, runs)
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


def test_areas_are_written_side_by_side_and_an_error_there_is_told_in_its_own_words(run, quick, codelists, monkeypatch):
    """A real worker process is tested with the batch; here the calls are done where they are made, as pickled there."""
    folder, record, runs = run
    monkeypatch.setattr("sdg_eval.batch.history.read_run", lambda _: SimpleNamespace(record=record, table=runs))
    shelf._material.cache_clear()
    asked = []

    def several(calls):
        asked.extend(calls)
        return [function(*arguments, **options) for function, arguments, options in pickle.loads(pickle.dumps(calls))]

    shelf.write_documents(folder, codelists, record, runs, formats=("pdf",), languages=("th",), several=several)
    assert len(asked) == len(set(runs["REF_AREA"]))
    beside = files_of(folder)
    shutil.rmtree(folder / "documents")
    shelf.write_documents(folder, codelists, record, runs, formats=("pdf",), languages=("th",))
    assert files_of(folder) == beside
    for problem, kind, told in ((DataError("row 3 of b.svg"), DataError, "^row 3 of b.svg$"), (WorkerLost("was killed by signal 9"), WriteError, "TH-10 were not written: was killed")):
        with pytest.raises(kind, match=told):
            shelf.write_documents(folder, codelists, record, runs, formats=("pdf",), languages=("th",), several=lambda calls, problem=problem: [[], problem, *[[]] * (len(calls) - 2)])
        assert files_of(folder) == beside and not (folder / shelf.STAGING).exists()


def test_formats_and_languages_that_are_not_there_are_refused():
    with pytest.raises(UsageError, match="odt is not known"):
        shelf.parse_formats("pdf,odt")
    with pytest.raises(UsageError, match="nothing is asked for"):
        shelf.parse_formats(" , ")
    with pytest.raises(UsageError, match="does not have en"):
        parse_document_languages("th,en", {"lang": "th"})
    assert parse_document_languages("en,th", {"lang": "both"}) == ("th", "en")


def test_publishing_is_logged_and_refuses_results_that_were_changed(run, quick, monkeypatch):
    folder, record, runs = run
    (folder / "record.json").write_text(json.dumps(record | {"started": "2026-01-01T00:00:00Z"}), encoding="utf-8")
    runs.assign(seconds=1, recorded="2026-01-01T00:01:00Z").to_csv(folder / "runs.csv", index=False)
    with logged_run(folder.parent, "run", planned=len(runs)) as ending:
        ending["status"] = "incomplete"
    monkeypatch.setattr(publish, "write_site", lambda *args, **options: None)
    documents = publish.publish_run("run", out=folder.parent, formats="html,pdf", lang="th", jobs=1, say=lambda line: None)
    assert {d.lang for d in documents} == {"th"} and {d.form for d in documents} == {"pdf"}
    assert [fault for fault in verify_runs(folder.parent) if fault.kind == "fault"] == []
    assert [e["kind"] for e in read_log(folder.parent)] == ["begin", "end"] * 2
    results = {e["results"] for e in read_log(folder.parent) if e["kind"] == "end"}
    assert len(results) == 1  # documents are no results
    found = folder / "claims" / "faults.csv"
    write_atomic(found, csv_bytes(pd.DataFrame([asdict(Fault("peers/TH-50/peers.json", "en peers/0", "Nan", "Nan Province, as the tables say"))])))
    with pytest.raises(DataError, match="1 numbers or words of the run.*Nothing is published"):
        publish.publish_run("run", out=folder.parent, formats="pdf", say=lambda line: None)
    found.unlink()
    (folder / "national" / "gaps.csv").write_text("changed", encoding="utf-8")
    with pytest.raises(DataError, match="gaps.csv: was changed after the run"):
        publish.publish_run("run", out=folder.parent, formats="pdf", say=lambda line: None)


def test_what_advisers_said_of_the_numbers_stands_in_every_document(material, tmp_path, monkeypatch):
    held = {
        "kind": "verdict", "role": "statistician", "run_hash": material.run_hash, "verdict": "accepted_with_reservations", "date": "2026-05-04", "reason": "<b>Check</b> the breaks of TH-50.",
        "dissent": "Too early to say.",
    }  # fmt: skip
    (tmp_path / "one.yml").write_text(json.dumps(held), encoding="utf-8")
    monkeypatch.setenv("SDG_EVAL_REVIEWS", str(tmp_path))
    reviewed = replace(material)  # as the next one that reads the run
    for document in (quarterly_document(reviewed, EVALUATED[0], "th"), committee_document(reviewed, EVALUATED[0], "th"), annex_document(reviewed, "th")):
        (box,) = [b for b in document.blocks if isinstance(b, Callout) and b.kind == "review"]
        assert material.run_hash[:12] in box.texts[0] and "สถานะการเผยแพร่: ฉบับร่าง" in box.texts[0]
        assert box.texts[1] == "นักสถิติ: รับรองโดยมีข้อสังเกต (4/5/2569): <b>Check</b> the breaks of TH-50. ความเห็นแย้ง: Too early to say."


# ---------------------------------------------------------------- the exhibition


@pytest.fixture
def exhibited(material, tmp_path):
    """The small run with a shortlist of two provinces, one of them firm, and three practices of which one was graded."""
    folder = tmp_path / "exhibited"
    best, register = folder / "national" / BEST, folder / "national" / REGISTER
    best.mkdir(parents=True)
    register.mkdir()
    common = {"SERIES": "SI_POV_NAHC", "goal": "1", "n_years": 3, "n_beyond": 3, "z_mean": 3.0, "residual": 2.0, "skill": 0.9, "candidate": True, "n_variants": 9, "years": "2023;2024;2025", "projects": ""}
    pd.DataFrame([
        common | {"REF_AREA": "TH-83", "shrunken": 1.9, "shrunken_low": 1.1, "shrunken_high": 2.7, "named_in": 8, "firm": True},
        common | {"REF_AREA": "TH-96", "shrunken": 0.9, "shrunken_low": 0.1, "shrunken_high": 1.7, "named_in": 2, "firm": False},
    ]).to_parquet(best / "shortlist.parquet")  # fmt: skip
    pd.DataFrame([{"SERIES": "SI_POV_NAHC", "n_top": 4, "then": 2.0, "after": 1.5, "kept": 0.75, "reason": ""}]).to_parquet(best / "guards.parquet")
    (register / "grades.csv").write_text("project_id,grade\nP1,B\n", encoding="utf-8")
    (register / "register.csv").write_text("project_id,statement_th,statement_en,grade_reason_th,grade_reason_en\nP1,มีส่วน,It contributes.,วัดแล้ว,measured\n", encoding="utf-8")
    practice = pd.DataFrame(
        [(f"T{n}", f"P{n}", "TH-50", f"แนว {n}", f"<b>Way {n}</b>", grade, "มีคณะทำงาน", 1000.0, "ขยายผล", "s") for n, grade in ((1, "A"), (2, "D"), (3, "A"))],
        columns=["practice_id", "project_id", "REF_AREA", "title_th", "title_en", "evidence_grade", "conditions_th", "cost_thb", "transfer_th", "source"],
    )  # fmt: skip
    project = pd.DataFrame([{"project_id": "P1", "deliverable": "ฝาย 3 แห่ง", "output_indicator": "จำนวนฝาย"}])
    graded_practices(practice, project, pd.DataFrame([{"project_id": "P1", "grade": "B"}])).to_csv(register / "practices.csv", index=False)
    runs = pd.concat([material.runs, pd.DataFrame([{"notebook": name, "REF_AREA": "", "status": "done", "error": ""} for name in (BEST, REGISTER)])], ignore_index=True)
    return replace(material, folder=folder, runs=runs)


def test_a_panel_tells_the_interval_what_lasts_the_guard_and_the_conditions(exhibited):
    document = exhibition_document(exhibited, "en")
    pages = [b.text for b in document.blocks if isinstance(b, Heading)]
    poverty = exhibited.series["SI_POV_NAHC"]["name_en"]
    assert pages == ["The exhibits", f"Phuket: {poverty}", "<b>Way 1</b>: Chiang Mai", "<b>Way 3</b>: Chiang Mai"]
    said = " ".join(b.text for b in document.blocks if isinstance(b, Paragraph)) + " ".join(t for b in document.blocks if isinstance(b, Items) for t in b.texts)
    assert "better than expected by 1.9" in said and "95% interval 1.1 to 2.7" in said and "8 of 9 variants" in said
    assert "earlier leaders kept a year later: 75% (n = 4)" in said
    assert "Grade of evidence: B (found in the register of evidence)" in said and "Grade of evidence: A (as the province states, not checked)" in said
    assert "Conditions: มีคณะทำงาน (in Thai, as received)" in said and "Transfer: ขยายผล (in Thai, as received)" in said and "Cost (baht): 1,000" in said and "ฝาย 3 แห่ง" in said


def test_a_practice_with_weak_evidence_gets_no_panel_and_is_listed_with_its_grade(exhibited):
    tables = [b for b in exhibition_document(exhibited, "en").blocks if isinstance(b, Table)]
    assert [row[0] for row in tables[0].rows] == ["Phuket"]
    assert [(row[0], row[2]) for row in tables[1].rows] == [("<b>Way 1</b>", "B"), ("<b>Way 2</b>", "D"), ("<b>Way 3</b>", "A")]


def test_a_run_without_a_table_of_practices_says_so(exhibited):
    (exhibited.folder / "national" / REGISTER / "practices.csv").unlink()
    document = exhibition_document(exhibited, "en")
    assert any(isinstance(b, Paragraph) and b.text.startswith("This run has no table of practices") for b in document.blocks)


def test_panels_have_the_size_of_their_sheet_and_one_exhibit_on_each(exhibited, tmp_path):
    files = write_panels(exhibited, "th", tmp_path)
    sizes = {}
    for file in files:
        pages = pypdf.PdfReader(tmp_path / file).pages
        sizes[file.split("_")[3]] = tuple(round(float(n) / 72 * 25.4) for n in pages[0].mediabox[2:])
        assert len(pages) == 4
    assert sizes == {"A4": (210, 297), "A3": (297, 420), "A1": (594, 840)}


def test_the_gallery_shows_both_lists_and_escapes_what_provinces_wrote(exhibited, codelists):
    pages = open_pages(exhibited.folder, "en", exhibited.record, codelists, ("th", "en"))
    write_exhibition(pages, exhibited)
    page = (exhibited.folder / "exhibition.en.html").read_text(encoding="utf-8")
    assert "&lt;b&gt;Way 2&lt;/b&gt;" in page and "<b>Way" not in page and "Phuket" in page
