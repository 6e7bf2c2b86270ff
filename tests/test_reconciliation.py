"""Central against provincial, wholes against parts."""

import pytest

from sdg_eval.observations import observation_table
from sdg_eval.reconciliation import check_sums, latest_by_source, reconcile, summarise_reconciliation


def row(value, source="province-file", year="2023", area="TH-50", series="TH_BIRTHS", **change):
    return {"SERIES": series, "REF_AREA": area, "FREQ": "A", "TIME_PERIOD": year, "OBS_VALUE": value, "source": source} | change


@pytest.mark.parametrize(
    ("central", "province", "verdict"),
    [(1200, 1200, "equal"), (1200, 1203, "rounding"), (1200, 12000, "power_of_ten"), (1200, 1.2, "power_of_ten"), (1200, 1300, "differs"), (0, 5, "differs")],
)
def test_two_figures_of_one_key_are_set_side_by_side(central, province, verdict):
    (found,) = reconcile(observation_table([row(central, "dopa-births"), row(province)])).to_dict("records")
    assert (found["central"], found["province"], found["verdict"]) == (central, province, verdict)
    assert found["difference"] == province - central


def test_what_only_the_province_has_is_listed_and_what_only_the_centre_has_is_not():
    found = reconcile(observation_table([row(5.0, year="2022"), row(6.0, "dopa-births", year="2023")]))
    assert list(found["verdict"]) == ["only_province"]
    summary = summarise_reconciliation(reconcile(observation_table([row(5.0), row(10.0, "dopa-births"), row(3.0, year="2022")])))
    assert summary.to_dict("records") == [{"SERIES": "TH_BIRTHS", "REF_AREA": "TH-50", "n_province": 2, "n_both": 1, "n_agree": 0, "largest_pct": 50.0}]
    assert summarise_reconciliation(reconcile(observation_table([]))).empty


def test_each_source_speaks_with_its_newest_figure():
    table = observation_table([row(1.0, vintage="1"), row(2.0, vintage="2"), row(9.0, "dopa-births", vintage="1")])
    assert sorted(latest_by_source(table)["OBS_VALUE"]) == [2.0, 9.0]


def test_parts_are_added_up_and_missing_parts_are_not_called_wrong(codelists):
    sexes = [row(100.0, SEX="_T"), row(60.0, SEX="M"), row(40.0, SEX="F")]
    assert check_sums(observation_table(sexes), codelists)["verdict"].to_list() == ["adds_up"]
    assert check_sums(observation_table([*sexes[:2], row(30.0, SEX="F")]), codelists)["verdict"].to_list() == ["does_not_add_up"]
    assert check_sums(observation_table(sexes[:2]), codelists)["verdict"].to_list() == ["incomplete"]
    country = [row(77.0, area="TH"), *[row(1.0, area=a) for a in codelists.provinces]]
    assert check_sums(observation_table(country), codelists)["verdict"].to_list() == ["adds_up"]
    assert check_sums(observation_table(country[:40]), codelists)["verdict"].to_list() == ["incomplete"]
    assert check_sums(observation_table([row(1.0, series="TH_HAI", SEX=s) for s in ("_T", "M", "F")]), codelists).empty
