"""A figure leads back to its cell, also through a derived series."""

import pytest

from sdg_eval.errors import DataError
from sdg_eval.ingest_cli import import_files
from sdg_eval.trace import trace_lines, trace_value


def test_an_officers_value_shows_its_vintages_and_the_raw_text(tmp_path, codelists):
    from sdg_eval.intake import Declared
    from sdg_eval.intake_cli import intake_files

    for n, value in enumerate(("28.40", "29.1")):
        path = tmp_path / f"f{n}.csv"
        path.write_text(f"จังหวัด,2564\nยะลา,{value}\n", encoding="utf-8")
        intake_files([path], declared=Declared(indicator="1.2.1"), store=tmp_path / "s", out=None)
    trace = trace_value(tmp_path / "s", codelists, "TH-95", "SI_POV_NAHC", "2021")
    (origin,) = trace.origins
    assert (origin.file, origin.row, origin.column, origin.raw_text, trace.value) == ("f1.csv", "2", "B", "29.1", 29.1)
    assert [v for _, v, _ in trace.history] == [28.4, 29.1]
    assert "rule applied: unit_from_codelist" in trace.steps
    assert any("29.1" in line for line in trace_lines(trace, codelists))


def test_a_derived_value_names_the_cells_of_all_its_parents(tmp_path, codelists, shared):
    import_files([shared / "data/nesdc-econvis/tha_gpp.csv"], tmp_path / "s", codelists)
    trace = trace_value(tmp_path / "s", codelists, "TH-50", "TH_GPP_PCAP_REAL", "2019")
    parents = {o.series: o for o in trace.origins}
    assert {"TH_GPP_CVM", "TH_POP_NESDC"} <= set(parents)
    share = float(parents["TH_GPP_CVM"].raw_text) / float(parents["TH_POP_NESDC"].raw_text)
    assert trace.value == pytest.approx(share * 1e6 / (1000 if parents["TH_POP_NESDC"].value > 1e6 * share else 1), rel=1) and trace.steps
    assert parents["TH_GPP_CVM"].value == pytest.approx(float(parents["TH_GPP_CVM"].raw_text))


def test_a_period_that_is_not_there_is_answered_with_those_that_are(tmp_path, codelists, shared):
    import_files([shared / "data/nesdc-econvis/tha_human_achievement_index.csv"], tmp_path / "s", codelists)
    with pytest.raises(DataError, match="2015, 2016"):
        trace_value(tmp_path / "s", codelists, "TH-50", "TH_HAI", "1999")
