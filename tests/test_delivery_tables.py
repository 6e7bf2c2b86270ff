"""The delivery tables: one contract for all, every fault named at once, a sound sample without any."""

from pathlib import Path

import pandas as pd
import pytest

from sdg_eval.delivery.columns import (
    KINDS,
    delivery_tables,
    groups,
    key_of,
    networks,
    read_list,
    steps,
    table_columns,
    words_of,
)
from sdg_eval.delivery.faults import REASONS
from sdg_eval.delivery.tables import (
    Delivery,
    empty_table,
    read_delivery,
    validate_delivery,
    validate_table,
    vnr_complete,
    with_registers,
)
from sdg_eval.errors import DataError, UsageError

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "data" / "sample" / "delivery"
PROJECT = {
    "project_id": "p1",
    "name_th": "ก",
    "agency_id": "cdd",
    "REF_AREA": "TH-50",
    "start_date": "2024-01-01",
    "source": "province-file",
}
NOTHING = Delivery({})


def faults(table, *rows, delivery=None, **options):
    return validate_table(table, pd.DataFrame(list(rows)), delivery, **options)


def codes(*args, **options):
    found = faults(*args, **options)
    return sorted(zip(found["row"], found["column"], found["code"], strict=True))


# ------------------------------------------------------------ the contract as data


def test_every_table_has_a_key_and_every_column_its_words_in_two_languages():
    for table in delivery_tables():
        assert key_of(table), table
        for spec in table_columns(table):
            assert (
                spec.kind in KINDS and spec.label_th and spec.label_en and spec.remedy_th and spec.remedy_en
            ), spec
            assert any("ก" <= letter <= "๙" for letter in spec.remedy_th), spec
            assert bool(spec.codes) == (spec.kind == "code"), spec
            if spec.codes:
                assert all(thai and english for thai, english in words_of(spec).values()), spec


def test_references_lead_to_columns_that_exist():
    for table in delivery_tables():
        for spec in table_columns(table):
            for other, column in (target.split(".") for target in spec.refers):
                assert column in [c.column for c in table_columns(other)], spec


def test_the_seven_networks_and_four_steps_are_those_of_the_press_release():
    text = (
        "โดย 7 ภาคีเครือข่าย ทั้งภาคราชการ ภาคผู้นำศาสนา ภาควิชาการ ภาคเอกชน ภาคประชาสังคม ภาคประชาชน และภาคสื่อสารมวลชน"
    )
    assert len(networks()) == 7 and all(name in text for name in networks()["name_th"])
    assert list(steps()["step_no"]) == list("1234") and steps()["name_th"].iloc[0] == "การสร้างการตระหนักรู้"
    assert set(groups()["family"]) == {"sex", "age", "other"} and len(groups()) == 8


def test_another_number_of_networks_is_refused(monkeypatch):
    monkeypatch.setattr("sdg_eval.delivery.columns.read_list", lambda name: read_list("networks").head(6))
    with pytest.raises(DataError, match="exactly 7"):
        networks()


def test_the_registers_are_sound_and_giz_is_planned():
    known = with_registers(NOTHING)
    assert validate_delivery(known).empty
    assert set(known.agreement.loc[known.agreement["partner_b"] == "giz", "status"]) == {"planned"}
    departments = set(known.agency.loc[known.agency["agency_type"] == "department", "agency_id"])
    assert {"ddpm", "dopa", "cdd", "dol", "dla", "dpt"} <= departments and len(known.agency) == 14 + 77


def test_every_reason_is_told_in_thai_and_english():
    for code, (thai, english, remedy_th, remedy_en) in REASONS.items():
        assert (
            any("ก" <= letter <= "๙" for letter in thai) and english and bool(remedy_th) == bool(remedy_en)
        ), code


# ------------------------------------------------------------ reading


def test_absent_tables_are_empty_with_their_columns():
    assert (
        list(NOTHING.milestone.columns[:4]) == ["REF_AREA", "step_no", "planned_date", "actual_date"]
        and len(NOTHING.milestone) == 0
    )
    assert (
        empty_table("plan")["fiscal_year_from"].dtype == "Int64"
        and empty_table("budget")["planned_thb"].dtype == "float64"
    )
    assert not NOTHING.synthetic
    with pytest.raises(AttributeError):
        NOTHING.no_such_table  # noqa: B018
    with pytest.raises(UsageError, match="no delivery table"):
        validate_table("no_such_table", pd.DataFrame())


def test_a_table_reads_back_as_it_was_written(tmp_path):
    rows = pd.DataFrame([PROJECT | {"vnr_flag": 1.0, "vnr_year": 2564}, PROJECT | {"project_id": "007"}])
    rows.to_csv(tmp_path / "project.csv", index=False)
    project = read_delivery(tmp_path).project
    assert list(project["project_id"]) == ["p1", "007"] and list(project["vnr_year"].dropna()) == [2564]
    assert project["end_date"].tolist() == ["", ""] and project["vnr_flag"].isna().tolist() == [False, True]
    project.to_csv(tmp_path / "project.csv", index=False)
    pd.testing.assert_frame_equal(read_delivery(tmp_path).project, project)


def test_a_number_that_is_none_is_refused_with_its_place(tmp_path):
    pd.DataFrame([PROJECT | {"vnr_flag": "maybe"}]).to_csv(tmp_path / "project.csv", index=False)
    with pytest.raises(DataError, match=r"row 2, column vnr_flag: maybe is neither yes nor no"):
        read_delivery(tmp_path)


def test_the_synthetic_sample_is_sound_and_says_that_it_is_synthetic():
    delivery = read_delivery(SAMPLE)
    assert delivery.synthetic and len(delivery.project) > 500
    assert validate_delivery(delivery).to_dict("records") == []


# ------------------------------------------------------------ faults


def test_all_faults_of_a_table_are_told_at_once_each_with_its_remedy():
    found = faults(
        "project",
        PROJECT | {"REF_AREA": "TH-99", "start_date": "2567-01-01", "vnr_year": "25x"},
        PROJECT | {"level": "everywhere", "vnr_flag": "maybe", "name_th": "", "end_date": "2023-12-31"},
    )
    assert sorted(zip(found["row"], found["column"], found["code"], strict=True)) == [
        (2, "REF_AREA", "area"), (2, "start_date", "date"), (2, "vnr_year", "fiscal_year"),
        (3, "end_date", "date_order"), (3, "level", "codes"), (3, "name_th", "required"), (3, "project_id", "duplicate"),
        (3, "vnr_flag", "flag"),
    ]  # fmt: skip
    assert (found[["reason_th", "reason_en", "remedy_th", "remedy_en"]] != "").all(axis=None)


def test_rows_are_named_as_the_officer_sees_them():
    assert codes("project", PROJECT | {"REF_AREA": "", "source_row": 17}) == [(17, "REF_AREA", "required")]


@pytest.mark.parametrize(
    ("table", "row", "wanted"),
    [
        ("plan", {"plan_id": "a", "REF_AREA": "TH-10", "plan_type": "provincial_dev", "version": 1, "fiscal_year_from": 2566, "fiscal_year_to": 2570}, ("plan_type", "bangkok_plan")),
        ("plan", {"plan_id": "a", "REF_AREA": "TH-50", "plan_type": "bangkok_dev", "version": 1, "fiscal_year_from": 2566, "fiscal_year_to": 2570}, ("plan_type", "bangkok_only")),
        ("plan", {"plan_id": "a", "REF_AREA": "TH-50", "plan_type": "sdg_drive", "version": 1, "fiscal_year_from": 2570, "fiscal_year_to": 2566}, ("fiscal_year_to", "year_order")),
        ("plan", {"plan_id": "a", "REF_AREA": "TH-50", "plan_type": "sdg_drive", "version": 1.5, "fiscal_year_from": 2566, "fiscal_year_to": 2570}, ("version", "whole")),
        ("need", {"need_id": "n", "REF_AREA": "TH-50", "target": "18.1", "severity": 3, "fiscal_year": 2567, "origin": "hearing"}, ("target", "target")),
        ("need", {"need_id": "n", "REF_AREA": "TH-50", "target": "1.1", "severity": 6, "fiscal_year": 2567, "origin": "hearing"}, ("severity", "maximum")),
        ("need", {"need_id": "n", "REF_AREA": "TH-50", "target": "1.1", "severity": 3, "fiscal_year": 2024, "origin": "hearing"}, ("fiscal_year", "fiscal_year")),
        ("activity", {"activity_id": "a", "project_id": "p1", "fiscal_quarter": "2567Q2", "done": 3}, ("unit", "unit_missing")),
        ("activity", {"activity_id": "a", "project_id": "p1", "fiscal_quarter": "2567Q5", "done": 3, "unit": "ครั้ง"}, ("fiscal_quarter", "quarter")),
        ("activity", {"activity_id": "a b", "project_id": "p1", "fiscal_quarter": "2567Q2"}, ("activity_id", "id_form")),
        ("milestone", {"REF_AREA": "TH-50", "step_no": "5"}, ("step_no", "codes")),
        ("partner", {"partner_id": "x", "name_th": "ก", "partner_type": "network"}, ("network_id", "network_missing")),
        ("partner", {"partner_id": "x", "name_th": "ก", "partner_type": "un", "network_id": "media"}, ("network_id", "network_extra")),
        ("agreement", {"agreement_id": "x", "partner_a": "moi", "partner_b": "giz", "topic": "ก", "status": "active"}, ("status", "giz_planned")),
        ("participation", {"event_id": "e", "REF_AREA": "TH-50", "event_date": "2024-02-01", "kind": "forum", "proposals": 3, "adopted": 4}, ("adopted", "adopted_over")),
        ("project_target", {"project_id": "p1", "target": "1.1", "weight": 1.2}, ("weight", "maximum")),
        ("budget", {"budget_id": "b", "project_id": "p1", "REF_AREA": "TH-50", "fiscal_quarter": "2567Q2", "source_type": "public", "planned_thb": -5, "unit_stated": "baht"}, ("planned_thb", "minimum")),
        ("evidence", {"evidence_id": "e", "kind": "photo", "project_id": "p1", "evidence_date": "2024-02-01", "file_sha256": "xyz"}, ("file_sha256", "sha256")),
        ("decision", {"decision_id": "d", "REF_AREA": "TH-50", "fiscal_quarter": "2567Q2", "text_th": "ก", "owner_agency_id": "cdd", "status": "done"}, ("closed_date", "closed_date")),
    ],
)  # fmt: skip
def test_each_rule_names_its_own_cell(table, row, wanted):
    assert codes(table, row) == [(2, *wanted)]


def test_more_paid_than_planned_is_no_fault():
    line = {
        "budget_id": "b",
        "project_id": "p1",
        "REF_AREA": "TH-50",
        "fiscal_quarter": "2567Q2",
        "source_type": "public",
        "unit_stated": "baht",
    }
    assert faults("budget", line | {"planned_thb": 10_000, "disbursed_thb": 30_000}, entering=True).empty


def test_millions_written_as_baht_are_asked_about_on_entry_only():
    line = {
        "budget_id": "b",
        "project_id": "p1",
        "REF_AREA": "TH-50",
        "fiscal_quarter": "2567Q2",
        "source_type": "public",
        "unit_stated": "baht",
        "planned_thb": 12.5,
    }
    assert faults("budget", line).empty
    assert codes("budget", line, entering=True) == [(2, "planned_thb", "money_small")]
    assert codes("budget", line | {"planned_thb": 2e12}, entering=True) == [(2, "planned_thb", "money_large")]


def test_references_are_held_against_tables_and_registers():
    known = with_registers(Delivery({"project": read_frame("project", PROJECT)}))
    row = {"project_id": "p1", "agency_id": "cdd", "role": "lead"}
    assert codes("project_agency", row, delivery=known) == []
    assert codes("project_agency", row | {"project_id": "p2", "agency_id": "nobody"}, delivery=known) == [
        (2, "agency_id", "refers"),
        (2, "project_id", "refers"),
    ]
    assert codes("project_agency", row | {"agency_id": "dpt"}, delivery=known) == [
        (2, "agency_id", "lead_differs")
    ]


def read_frame(table, *rows):
    from sdg_eval.delivery.contract import typed

    return typed(table, pd.DataFrame(list(rows)))[0]


@pytest.mark.parametrize(
    ("weights", "sound"),
    [((1,), True), ((0.6, 0.4), True), ((0.33, 0.33, 0.33), True), ((0.6, 0.5), False), ((0.3,), False)],
)
def test_weights_of_a_project_sum_to_one(weights, sound):
    known = with_registers(Delivery({"project": read_frame("project", PROJECT)}))
    rows = [{"project_id": "p1", "target": f"1.{n}", "weight": w} for n, w in enumerate(weights, 1)]
    assert codes("project_target", *rows, delivery=known) == ([] if sound else [(2, "weight", "weights")])


def vnr(count):
    return [PROJECT | {"project_id": f"v{n}", "vnr_flag": 1, "vnr_year": 2564} for n in range(count)]


def test_the_thirty_eighth_project_of_a_vnr_is_a_fault_where_it_stands():
    known = with_registers(NOTHING)
    assert codes("project", *vnr(37), delivery=known) == []
    assert codes("project", *vnr(38), delivery=known) == [(39, "vnr_flag", "vnr_count")]
    stored = with_registers(Delivery({"project": read_frame("project", *vnr(37))}))
    assert codes("project", PROJECT | {"vnr_flag": 1, "vnr_year": 2564}, delivery=stored) == [
        (2, "vnr_flag", "vnr_count")
    ]
    assert codes("project", *vnr(37), delivery=stored) == []  # the same projects again


@pytest.mark.parametrize("count", [0, 36, 38])
def test_a_vnr_set_is_complete_at_thirty_seven_only(count):
    assert len(vnr_complete(read_frame("project", *vnr(37)))) == 37
    with pytest.raises(DataError, match=f"found {count} projects, expected 37"):
        vnr_complete(read_frame("project", *vnr(count)) if count else empty_table("project"))
    assert len(vnr_complete(read_frame("project", *vnr(3)), year=2564, expected=3)) == 3


def test_more_participants_than_people_of_the_group_is_a_fault():
    known = with_registers(Delivery({
        "participation": read_frame("participation", {"event_id": "e", "REF_AREA": "TH-50", "event_date": "2024-02-01", "kind": "forum"}),
        "population_group": read_frame("population_group", {"REF_AREA": "TH-50", "group": "ethnic", "people": 300, "year": 2566}),
    }))  # fmt: skip
    assert (
        codes(
            "participation_group", {"event_id": "e", "group": "ethnic", "participants": 300}, delivery=known
        )
        == []
    )
    assert codes(
        "participation_group", {"event_id": "e", "group": "ethnic", "participants": 301}, delivery=known
    ) == [(2, "participants", "group_over")]


def test_the_network_table_holds_exactly_seven():
    rows = read_list("networks")
    assert validate_table("network", rows, NOTHING).empty
    assert list(validate_table("network", rows.head(6), NOTHING)["code"]) == ["networks"]


def test_a_group_larger_than_women_and_men_together_is_told_at_its_cell():
    event = pd.DataFrame({"event_id": ["e", "f"], "REF_AREA": "TH-50", "event_date": "2024-02-01", "kind": "forum"})
    rows = pd.DataFrame([("e", "women", 3), ("e", "men", 2), ("e", "youth", 9), ("e", "poor", 5), ("f", "women", 3), ("f", "youth", 9)], columns=["event_id", "group", "participants"])
    known = with_registers(Delivery({"participation": event}))
    found = validate_table("participation_group", rows, known)
    # the men of f were not counted: nothing says that nine are too many
    assert list(found[["row", "column", "code"]].itertuples(index=False, name=None)) == [(4, "participants", "group_above")]
    assert "(5)" in found["reason_en"].iloc[0] and "หญิงและชาย" in found["reason_th"].iloc[0]
