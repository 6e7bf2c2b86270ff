"""Parameters of notebooks: of known names and the right types, or refused before anything runs; never code, never guessed (S19)."""

import ast
from pathlib import Path

import nbformat
import pytest

from sdg_eval.batch.cells import execute
from sdg_eval.batch.ledger import Ledger
from sdg_eval.batch.limits import Limits
from sdg_eval.batch.plan import (
    PROVINCE,
    SET_BY_BATCH,
    known_parameters,
    parse_parameters,
    parse_provinces,
    plan_jobs,
    require_parameters,
)
from sdg_eval.errors import UsageError
from tests.counts import report

KNOWN = {"REF_AREA": "str", "REPORT_YEAR": "int", "CONFIDENCE": "float", "SHOW_RANKS": "bool", "NOTE": "str"}
REFUSED = {
    "a typo": "CONFIDANCE=0.9", "unknown": "COLOUR=red", "no value": "CONFIDENCE", "no name": "=0.9", "lower case": "confidence=0.9",
    "a word for a number": "CONFIDENCE=high", "a comma for a point": "CONFIDENCE=0,95", "a float for an int": "REPORT_YEAR=2026.5",
    "a date for an int": "REPORT_YEAR=2026-01-01", "nothing for an int": "REPORT_YEAR=", "a word for yes": "SHOW_RANKS=yes", "a number for yes": "SHOW_RANKS=1",
    "set by the batch": "REF_AREA=TH-10", "code in the name": "import os; os.system('touch /tmp/x') #=1", "code after the name": "CONFIDENCE;print(1)=0.9",
    "a line break in the name": "CONFIDENCE\nX=0.9", "dunder": "__builtins__=1", "an index": "CONFIDENCE[0]=0.9", "a blank": " CONFIDENCE=0.9",
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_a_parameter_that_is_not_exactly_right_is_refused_by_name(case):
    with pytest.raises(UsageError) as refused:
        parse_parameters([REFUSED[case]], KNOWN)
    assert REFUSED[case].partition("=")[0] in str(refused.value)


def test_values_keep_what_was_written():
    given = parse_parameters(["NOTE=00123", "CONFIDENCE=0.9", "SHOW_RANKS=true"], KNOWN)
    assert given == {"NOTE": "00123", "CONFIDENCE": 0.9, "SHOW_RANKS": True}
    assert parse_parameters(["NOTE=a=b"], KNOWN) == {"NOTE": "a=b"}
    assert parse_parameters(["NOTE=2026-01-01"], KNOWN) == {"NOTE": "2026-01-01"}


WRONG = {
    "missing": ({"REF_AREA": "TH-10"}, "REPORT_YEAR"), "unknown": ({"COLOUR": "red"}, "COLOUR"), "text for an int": ({"REPORT_YEAR": "2026"}, "REPORT_YEAR"),
    "int for text": ({"REF_AREA": 10}, "REF_AREA"), "yes for an int": ({"REPORT_YEAR": True}, "REPORT_YEAR"), "int for yes": ({"SHOW_RANKS": 1}, "SHOW_RANKS"),
    "None": ({"REF_AREA": None}, "REF_AREA"), "a list": ({"REF_AREA": ["TH-10"]}, "REF_AREA"), "bytes": ({"REF_AREA": b"TH-10"}, "REF_AREA"),
    "int key": ({1: "TH-10"}, "1"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_a_notebook_would_be_given_must_fit_it_exactly(case):
    given, named = WRONG[case]
    whole = {"REF_AREA": "TH-10", "REPORT_YEAR": 2026, "CONFIDENCE": 0.95, "SHOW_RANKS": False, "NOTE": ""}
    assert require_parameters("toy", whole, KNOWN) == whole
    with pytest.raises(UsageError, match=named):
        require_parameters("toy", given if case == "missing" else whole | given, KNOWN)


@pytest.mark.parametrize("text", ["TH-99", "99", "TH-10;TH-50", "TH-1", "TH-٥٠", "", ",", "TH-10\n__import__('os')"])
def test_a_province_is_a_code_or_a_name_and_nothing_like_it(text, codelists):
    with pytest.raises(UsageError):
        parse_provinces(text, codelists)
    assert parse_provinces("TH-50,10", codelists) == ["TH-10", "TH-50"]  # the Ministry's code of a province, as text again


def test_every_job_of_the_suite_gets_every_parameter_of_its_notebook_in_its_type_and_a_province_as_text(codelists):
    planned = plan_jobs(codelists.provinces, report_year=2026, lang="en", overrides=[], pilots=codelists.pilots, quarter="2567Q2", run="x")
    kinds = {"str": str, "int": int, "float": float, "bool": bool}
    for job in planned:
        known = known_parameters(job.notebook)
        assert set(job.parameters) == set(known)
        assert all(type(value) is kinds[known[name]] for name, value in job.parameters.items()), job
        assert job.parameters.get("REF_AREA", "") == job.area
    assert {job.area for job in planned} - {""} == set(codelists.provinces)
    report("S19", f"{len(planned)} jobs, {sum(len(job.parameters) for job in planned)} parameters: each known, of its type; silently accepted 0")


def test_a_value_reaches_the_notebook_as_a_value_and_is_never_executed(tmp_path):
    """papermill writes parameters as code: whatever a text holds, it must come out as that text."""
    from papermill.translators import papermill_translators

    nasty = ["'; open('hacked', 'w') #", '"""', "\\", "\\'", "{REF_AREA}", "$(touch hacked)", "00123", "a\nb = 1", "ก\u200bข", "\u2028x", "True", "None", "1e5"]
    for text in nasty:
        code = papermill_translators.find_translator("python3", "python").codify({"NOTE": text}, "Parameters")
        tree = ast.parse(code)
        assert [type(node) for node in tree.body] == [ast.Assign], code
        assert ast.literal_eval(tree.body[0].value) == text
    source = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell("NOTE: str = ''", metadata={"tags": ["parameters"]}),
            nbformat.v4.new_code_cell("open('note.txt', 'w', newline='').write(NOTE)"),
        ],
        metadata={"kernelspec": {"name": "python3", "display_name": "x", "language": "python"}},
    )
    with open(tmp_path / "log", "wb") as log:
        execute(source, {"NOTE": nasty[0]}, ledger=Ledger(), folder=tmp_path, kernel="python3", limits=Limits(), log=log.fileno())
    assert (tmp_path / "note.txt").read_text() == nasty[0]
    assert not (tmp_path / "hacked").exists() and not Path("hacked").exists()


def test_what_the_batch_sets_cannot_be_set_beside_it():
    known = known_parameters(PROVINCE)
    for name in set(SET_BY_BATCH) & set(known):
        with pytest.raises(UsageError, match=name):
            parse_parameters([f"{name}=x"], known)
