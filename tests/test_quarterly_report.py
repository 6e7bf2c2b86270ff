"""The quarterly report: planted facts are found, silence is no zero, no new data no arrow, two languages with the same numbers."""

import json
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from sdg_eval.delivery.columns import delivery_tables
from sdg_eval.delivery.known import as_known
from sdg_eval.delivery.plans import difference_interval, newcombe
from sdg_eval.delivery.quarters import quarters_of
from sdg_eval.delivery.shares import wilson
from sdg_eval.delivery.tables import Delivery, empty_table, read_delivery, validate_table
from sdg_eval.errors import DataError, UsageError
from sdg_eval.observations import observation_table
from sdg_eval.quarterly_report import (
    KIND_ORDER,
    LATER,
    MOST_ACTIONS,
    QuarterReport,
    _still,
    all_flags,
    arrivals,
    choose_actions,
    evaluate_quarter,
    prepare_quarter,
    read_prepared,
    said_table,
    what_was_sent,
    with_scores,
    write_prepared,
    write_quarter,
)
from sdg_eval.quarterly_words import (
    ACTION_WORDS,
    FIGURED,
    SECTIONS,
    by_months,
    quarter_charts,
    quarter_text,
    say_loop,
    say_page,
    say_quarter,
    say_sections,
    short_quarter,
)
from sdg_eval.report_files import report_tables
from tests.conftest import ROOT

SAMPLE = ROOT / "data" / "sample"
LAST = "2567Q4"
FEW = ["SI_POV_NAHC", "SL_TLF_UEM", "VC_DSR_AFFCT", "TH_COAST_WQ"]


@pytest.fixture(scope="module")
def delivery():
    return with_scores(read_delivery(SAMPLE / "delivery"), SAMPLE / "delivery" / "restricted" / "training_score.csv")


@pytest.fixture(scope="module")
def truth():
    return json.loads((SAMPLE / "delivery_truth.json").read_text(encoding="utf-8"))["facts"]


@pytest.fixture(scope="module")
def few(sample):
    """Four outcome series of all provinces: enough for a report, and quick."""
    return sample[sample["SERIES"].isin(FEW)].reset_index(drop=True)


@pytest.fixture(scope="module")
def make(few, delivery, codelists):
    """Return a function: province, quarter -> report on the sample, each made once."""
    made, prepared = {}, {}

    def of(area="TH-50", quarter=LAST) -> QuarterReport:
        if quarter not in prepared:
            prepared[quarter] = prepare_quarter(few, delivery, codelists, quarter, report_year=2026)
        if (area, quarter) not in made:
            made[area, quarter] = evaluate_quarter(few, delivery, codelists, area, quarter, report_year=2026, prepared=prepared[quarter])
        return made[area, quarter]

    return of


def lines(text, key) -> list[str]:
    return [item if isinstance(item, str) else item["text"] for item in text[key]]


def everything(text) -> list[str]:
    parts = [text["headline"], text["quarter"]]
    for key in ("loop", "changed", "outcomes", "actions", "send", "sure"):
        parts += lines(text, key)
    return parts + [line for section in text["sections"] for line in section["text"]]


def numbers(text: str) -> list[float]:
    """The figures of a text, Buddhist years made Gregorian, in rising order."""
    text = re.sub(r"\[(ที่มา|source): [^]]*\]|[A-Z]\d\d-[\w-]+", "", text)  # names of tables, ids
    found = [float(n.replace(",", "")) for n in re.findall(r"\d+(?:,\d{3})*(?:\.\d+)?", text)]
    return sorted(n - 543 if 2500 <= n <= 2600 and n.is_integer() else n for n in found)


# ---------------------------------------------------------------- planted facts


EXPECTED = {
    "unit_error": lambda f: {"kpi:power_of_ten"}, "unit_error_budget": lambda f: {"kpi:power_of_ten"}, "copied_quarter": lambda f: {"kpi:copied_quarter"},
    "jump_q4": lambda f: {"kpi:jump_to_100"}, "paid_no_output": lambda f: {"kpi:paid_without_output"}, "digit_heaping": lambda f: {"kpi:digit_heaping"},
    "silent_group": lambda f: {"group_silent:disability"}, "missing_network": lambda f: {"network_missing:religious"}, "uncovered_need": lambda f: {"need_uncovered:3.4"},
    "dropped_target": lambda f: {"target_dropped:16.6"}, "mechanism_lapsed": lambda f: {"mechanism_lapsed"}, "silo": lambda f: {"silo"},
    "decision_overdue": lambda f: {f"decision_overdue:{f['key']}"}, "awareness_decay": lambda f: {f"awareness_decay:{f['key']}"}, "sent_nothing": lambda f: {"data_missing"},
}  # fmt: skip


def test_every_fact_planted_in_a_province_is_found_by_its_report(make, truth):
    facts = [f for f in truth if f["REF_AREA"] != "TH"]
    assert {f["fact"] for f in facts} == set(EXPECTED)
    missed = [f["fact"] for f in facts if not EXPECTED[f["fact"]](f) <= set(make(f["REF_AREA"]).findings["finding_id"])]
    assert missed == []


OTHER_FLAGS = 1
"""Forms beside the planted ones that a province of a dozen a year may have flagged: 2% of 25 is half a form."""


def test_flagged_forms_are_the_planted_ones(make, truth):
    for fact in (f for f in truth if f["table"] in ("kpi", "budget")):
        keys = {k for text in make(fact["REF_AREA"]).flags["kpi_id"].astype(str) for k in text.split(";")} | set(make(fact["REF_AREA"]).flags["key"].astype(str))
        planted = set(fact["key"].split(";"))
        assert planted <= keys, fact["fact"]
        assert len(keys - planted - {"", fact["REF_AREA"]}) <= OTHER_FLAGS, (fact["fact"], sorted(keys - planted))


def test_what_is_planted_in_one_province_is_not_found_in_chiang_rai(make):
    kinds = set(make("TH-57").findings["kind"])
    assert not kinds & {"group_silent", "network_missing", "mechanism_lapsed", "target_dropped", "silo", "data_missing"}


def test_the_worst_uncovered_need_leads_the_actions_of_its_province_after_what_is_overdue(make):
    actions = make("TH-95").actions
    assert "need_uncovered:3.4" in set(actions["finding_id"])
    assert set(actions["kind"].iloc[: list(actions["finding_id"]).index("need_uncovered:3.4")]) <= {"decision_overdue"}


# ---------------------------------------------------------------- nothing sent


def test_a_province_that_sent_nothing_is_told_so_and_gets_no_zeros(make, codelists):
    report = make("TH-96")
    assert report.nothing_sent
    rows = report.changed[report.changed["measure"] != "step"]
    assert rows["value"].isna().all() and set(rows["reason"]) == {"not_sent"}
    text = quarter_text(report, codelists)
    assert "ยังไม่ได้ส่งข้อมูลของไตรมาสนี้" in text["th"]["headline"] and "no data of this quarter were sent" in text["en"]["headline"]
    assert any("ไม่ใช่ศูนย์" in line for line in text["th"]["sure"])
    assert not any(re.search(r"\b0 (จาก|ครั้ง|รายการ)", line) for line in lines(text["th"], "changed"))
    asked = {s["subject"] for s in text["th"]["send"] if s["reason"] == "not_sent"}
    assert asked == {"activity", "budget", "mechanism", "kpi"}


def test_last_quarters_findings_of_a_silent_province_cannot_be_called_gone(make):
    loop = make("TH-96").loop
    assert not (loop["still_found"] == 0).any()


# ---------------------------------------------------------------- two speeds


def test_an_outcome_without_new_data_has_no_arrow_and_says_so(make, codelists):
    report = make("TH-50", "2567Q2")
    old = report.outcomes[(report.outcomes["SERIES"] != "") & ~report.outcomes["new"]]
    assert len(old) and set(old["status"]) == {"no_new_value"}
    assert not set(old["SERIES"]) & set(report.trends["SERIES"])
    for lang, words in (("th", "ไตรมาสนี้ยังไม่มีข้อมูลใหม่"), ("en", "no new value this quarter")):
        told = [o for o in quarter_text(report, codelists)[lang]["outcomes"] if o["series"] in set(old["SERIES"])]
        assert len(told) == len(old) and all(o["arrow"] == "" and words in o["text"] for o in told)


def test_a_new_value_gets_its_verdict(make, codelists):
    report = make("TH-50", "2567Q2")
    new = report.outcomes[report.outcomes["new"]]
    # disasters lag 3 months: the last calendar quarter of 2023 is out on the last day of March 2024
    assert "2023-Q4" in set(new.loc[new["SERIES"] == "VC_DSR_AFFCT", "last_period"])
    told = {o["series"]: o for o in quarter_text(report, codelists)["en"]["outcomes"]}
    assert told["VC_DSR_AFFCT"]["arrow"] == new.set_index("SERIES").at["VC_DSR_AFFCT", "status"] and "n = 20" in told["VC_DSR_AFFCT"]["text"].replace("\u00a0", " ")


def test_annual_values_are_new_in_the_quarter_in_which_they_are_usually_out(make):
    # poverty lags 12 months: the value of 2022 is out on 31 December 2023, in the first fiscal quarter of 2567
    new = {q: set(make("TH-50", q).outcomes.query("new")["SERIES"]) for q in ("2567Q1", "2567Q2")}
    assert "SI_POV_NAHC" in new["2567Q1"] and "SI_POV_NAHC" not in new["2567Q2"]


def test_nothing_that_came_after_the_quarter_is_in_its_report(make, few, delivery, codelists):
    report = make("TH-50", "2567Q2")
    assert (report.outcomes.loc[report.outcomes["SERIES"] != "", "arrived"] <= "2024-03-31").all()
    cut = few[few["TIME_PERIOD"].str[:4] < "2025"]
    earlier = Delivery({n: f[~f["fiscal_quarter"].isin(["2567Q3", "2567Q4"])] if "fiscal_quarter" in f and n != "budget" else f for n, f in delivery.tables.items()})
    again = evaluate_quarter(cut, earlier, codelists, "TH-50", "2567Q2", report_year=2026)
    assert quarter_text(again, codelists) == quarter_text(report, codelists)


def test_a_file_that_states_its_day_corrects_the_usual_lag(codelists):
    rows = pd.DataFrame([{"SERIES": "SI_POV_NAHC", "REF_AREA": "TH-50", "FREQ": "A", "TIME_PERIOD": str(y), "OBS_VALUE": 1.0, "as_of": "2024-02-15"} for y in (2020, 2022)])
    came = arrivals(observation_table(rows), codelists)
    # 2020 was out by its usual day; 2022 would be out on 31 December 2023, and the file was new for it
    assert list(came.dt.strftime("%Y-%m-%d")) == ["2021-12-31", "2024-02-15"]


def test_all_seventeen_goals_seven_networks_four_steps_and_eight_groups_are_listed(make, codelists):
    for area in ("TH-50", "TH-96"):
        report = make(area)
        assert {str(g) for g in range(1, 18)} <= set(report.outcomes["goal"]) and set(report.goals["goal"]) == {str(g) for g in range(1, 18)}
        assert len(report.networks) == 7 and len(report.steps) == 4 and len(report.groups) == 8 and len(report.sources) == 4


def test_what_a_batch_computes_once_gives_the_same_report(few, delivery, codelists, tmp_path):
    write_prepared(prepare_quarter(few, delivery, codelists, "2567Q2", report_year=2026), tmp_path)
    with_it, without = (evaluate_quarter(few, delivery, codelists, "TH-50", "2567Q2", report_year=2026, prepared=p) for p in (read_prepared(tmp_path), None))
    for name in ("outcomes", "flags", "changed", "to_send", "findings"):
        pd.testing.assert_frame_equal(getattr(with_it, name), getattr(without, name), check_dtype=False)
    assert read_prepared("") is None and read_prepared(tmp_path / "nothing") is None


# ---------------------------------------------------------------- the loop


def test_the_first_quarter_has_nothing_said_before(make, codelists):
    report = make("TH-50", "2566Q1")
    assert list(report.loop["loop"]) == ["nothing_said"]
    assert "No finding of Q4 FY2022 is on record" in lines(quarter_text(report, codelists)["en"], "loop")[0]
    assert report.changed["before"].isna().all()


def test_what_a_report_says_is_what_the_next_one_asks_about(make, few, delivery, codelists):
    report = make("TH-76", "2567Q3")
    said = said_table(report, quarter_text(report, codelists))
    assert list(said["finding_id"]) == list(report.actions["finding_id"]) and "network_missing:religious" in set(said["finding_id"])
    table = pd.concat([delivery.said.loc[delivery.said["fiscal_quarter"] != "2567Q3"], said], ignore_index=True)
    decision = pd.DataFrame([{"decision_id": "DX", "meeting_id": "", "REF_AREA": "TH-76", "fiscal_quarter": LAST, "text_th": "เชิญผู้นำศาสนา", "owner_agency_id": "dopa", "due_date": "2024-12-31", "status": "open", "closed_date": "", "finding_id": "network_missing:religious", "source": "synthetic"}])
    tables = delivery.tables | {"said": table, "decision": pd.concat([delivery.decision, decision], ignore_index=True)}
    after = evaluate_quarter(few, Delivery(tables), codelists, "TH-76", LAST, report_year=2026)
    row = after.loop[after.loop["finding_id"] == "network_missing:religious"].iloc[0]
    assert (row["decision_id"], row["loop"], row["still_found"]) == ("DX", "decided", 1.0)
    line = next(item["text"] for item in quarter_text(after, codelists)["th"]["loop"] if item["finding_id"] == "network_missing:religious")
    assert "เชิญผู้นำศาสนา" in line and "ไตรมาสนี้ยังพบเรื่องนี้" in line


def test_said_keeps_the_contract_of_its_table(make, codelists):
    report = make("TH-10")
    said = said_table(report, quarter_text(report, codelists))
    assert len(validate_table("said", said)) == 0 and set(said["source"]) == {"synthetic"}


# ---------------------------------------------------------------- actions


@pytest.mark.parametrize("area", ["TH-50", "TH-10", "TH-63", "TH-94", "TH-96"])
def test_at_most_five_actions_each_with_finding_owner_and_due_quarter(make, codelists, area):
    report = make(area)
    actions = quarter_text(report, codelists)["th"]["actions"]
    assert 1 <= len(actions) <= MOST_ACTIONS
    for action in actions:
        assert action["finding_id"] in set(report.findings["finding_id"]) and action["owner"] and action["due"] > LAST


def test_the_planted_network_and_group_are_missing_in_their_province_alone(make):
    found = {area: {f for f in make(area).findings["finding_id"] if f.startswith(("network_missing", "group_silent"))} for area in ("TH-76", "TH-83", "TH-30", "TH-41", "TH-50", "TH-90")}
    assert {a: f for a, f in found.items() if f} == {"TH-76": {"network_missing:religious"}, "TH-83": {"group_silent:disability"}}


def test_every_kind_of_finding_has_its_words_and_place():
    assert set(ACTION_WORDS) == set(KIND_ORDER) and set(LATER) < set(KIND_ORDER)


def test_actions_take_one_of_each_kind_before_a_second():
    kinds = ["decision_overdue"] * 4 + ["pace", "silo"]
    table = pd.DataFrame({"finding_id": [f"{k}:{i}" for i, k in enumerate(kinds)], "kind": kinds, "place": [KIND_ORDER.index(k) for k in kinds]})
    assert list(choose_actions(table)["finding_id"]) == ["decision_overdue:0", "pace:4", "silo:5", "decision_overdue:1", "decision_overdue:2"]


def test_a_finding_without_enough_cases_is_none(few, delivery, codelists):
    """Four projects without a network are too few to call it missing; four paid late too few to say behind."""
    ids = list(delivery.project.loc[delivery.project["REF_AREA"] == "TH-76", "project_id"][:4])
    tables = delivery.tables | {n: f[f["project_id"].isin(ids)] for n, f in delivery.tables.items() if n in ("project", "project_partner", "project_agency", "project_target", "activity", "budget")}
    report = evaluate_quarter(few, Delivery(tables), codelists, "TH-76", "2567Q2", report_year=2026)
    assert not set(report.findings["kind"]) & {"network_missing", "pace", "silo"}


# ---------------------------------------------------------------- thin data


def test_a_report_of_empty_tables_says_that_nothing_is_known(few, codelists):
    report = evaluate_quarter(few.head(0), Delivery({}), codelists, "TH-50", "2567Q2", report_year=2026)
    text = quarter_text(report, codelists)
    assert report.nothing_sent and not report.synthetic
    assert report.changed.loc[report.changed["measure"] != "step", "value"].isna().all()
    assert len(report.outcomes) == 17 and set(report.outcomes["status"]) == {"no_data"}
    assert not any("nan" in line.lower().split() for lang in ("th", "en") for line in everything(text[lang]))


def test_one_row_of_each_table_makes_a_report(few, delivery, codelists):
    one = Delivery({name: _first(getattr(delivery, name)) for name in delivery_tables()})
    own = few[(few["REF_AREA"] == "TH-50")].head(1)
    report = evaluate_quarter(own, one, codelists, "TH-50", "2567Q2", report_year=2026)
    text = quarter_text(report, codelists)
    assert len(text["th"]["changed"]) == len(text["en"]["changed"]) == 10
    assert not any(re.search(r"\bnan\b", line) for lang in ("th", "en") for line in everything(text[lang]))


def _first(frame: pd.DataFrame) -> pd.DataFrame:
    own = frame[frame["REF_AREA"] == "TH-50"] if "REF_AREA" in frame else frame
    if "fiscal_quarter" in own:
        own = own[own["fiscal_quarter"] == "2567Q2"]
    return own.head(1)


def test_figures_of_thin_reports_are_drawn(few, codelists):
    from sdg_eval.figures.delivery import paint

    report = evaluate_quarter(few.head(0), Delivery({}), codelists, "TH-10", "2567Q2", report_year=2026)
    charts = quarter_charts(report, codelists)
    assert [c.name for c in charts] == list(FIGURED)
    for chart in charts:
        paint(chart, codelists, "th")


# ---------------------------------------------------------------- Bangkok


def test_bangkok_is_no_province_and_is_asked_for_its_own_plan(make, codelists):
    report = make("TH-10")
    assert set(report.plans["plan_type"]) == {"bangkok_dev", "sdg_drive"}
    text = quarter_text(report, codelists)["th"]
    assert text["headline"].startswith("กรุงเทพมหานคร ") and "จังหวัดกรุงเทพ" not in " ".join(everything(text))
    leaders = next(s for s in text["sections"] if s["id"] == "leadership")["text"]
    assert any("ผู้ว่าราชการกรุงเทพมหานคร" in line for line in leaders) and not any("ผู้ว่าราชการจังหวัด" in line for line in leaders)


# ---------------------------------------------------------------- words


@pytest.mark.parametrize(("area", "quarter"), [("TH-50", "2567Q2"), ("TH-10", LAST), ("TH-96", LAST), ("TH-83", LAST), ("TH-84", LAST), ("TH-63", LAST), ("TH-30", LAST)])
def test_both_languages_say_the_same_numbers(make, codelists, area, quarter):
    text = quarter_text(make(area, quarter), codelists)
    for thai, english in zip(everything(text["th"]), everything(text["en"]), strict=True):
        assert numbers(thai) == numbers(english), (thai, english)


@pytest.mark.parametrize("area", ["TH-50", "TH-10", "TH-96"])
def test_no_word_of_cause(make, codelists, area):
    text = quarter_text(make(area), codelists)
    caution = ("ไม่ใช่ผลของการเปลี่ยนผู้นำ", "not an effect of the change", "not why", "ต่างเพราะอะไร")
    for lang, words in (("th", ("ส่งผลให้", "ทำให้", "เนื่องจาก", "เพราะ", "เป็นผลจาก")), ("en", ("because", "caused", "led to", "due to", "thanks to", "effect", "impact"))):
        told = [line for line in everything(text[lang]) if not any(c in line for c in caution) and "persons and not shown" not in line]
        found = [(w, line) for line in told for w in words if re.search(rf"\b{w}\b" if lang == "en" else w, line) and "affected" not in line]
        assert [f for f in found if "ไม่แสดง" not in f[1] and "กำหนดทิศทาง" not in f[1]] == []


def test_shares_stand_with_interval_and_n(make, codelists):
    for row in quarter_text(make("TH-50", "2567Q2"), codelists)["en"]["changed"]:
        if row["measure"] in ("activities", "money", "adoption", "decisions"):
            assert "95% interval" in row["text"] and "n\u00a0=\u00a0" in row["text"] and "[source:" in row["text"]


def test_quarters_are_said_with_their_months():
    assert say_quarter("2567Q2", "th") == "ไตรมาส 2 ปีงบประมาณ 2567 (ม.ค.–มี.ค. 2567)"
    assert say_quarter("2567Q1", "th") == "ไตรมาส 1 ปีงบประมาณ 2567 (ต.ค.–ธ.ค. 2566)"
    assert say_quarter("2567Q1", "en") == "Q1 of FY 2024 (Oct–Dec 2023)"


def test_synthetic_data_are_called_so(make, codelists):
    text = quarter_text(make("TH-50", "2567Q2"), codelists)
    assert any("สังเคราะห์" in line for line in text["th"]["sure"]) and any("Synthetic" in line for line in text["en"]["sure"])


def test_every_section_has_words_in_both_languages(make, codelists):
    text = quarter_text(make("TH-50", "2567Q2"), codelists)
    for lang in ("th", "en"):
        assert [s["id"] for s in text[lang]["sections"]] == [code for code, _, _ in SECTIONS]
        assert all(s["text"] and all(s["text"]) for s in text[lang]["sections"])
        assert text[lang]["headline"] in say_page(text, 1, lang) and text[lang]["actions"][0]["text"] in say_page(text, 2, lang)
        assert all(s["title"] in say_sections(text, lang) for s in text[lang]["sections"])


# ---------------------------------------------------------------- numbers


def test_activities_are_counted_as_the_table_holds_them(make, delivery):
    own = delivery.activity.merge(delivery.project[["project_id", "REF_AREA"]], on="project_id")
    own = own[(own["REF_AREA"] == "TH-50") & (own["fiscal_quarter"] == "2567Q2") & (own["planned"] > 0)]
    row = make("TH-50", "2567Q2").changed.set_index("measure").loc["activities"]
    done = (own["done"] >= own["planned"]) & (own["done_date"] <= "2024-03-31")
    assert (row["n"], row["k"]) == (len(own), done.sum())


def test_money_is_summed_to_the_baht(make, delivery):
    own = delivery.budget[(delivery.budget["REF_AREA"] == "TH-50") & delivery.budget["fiscal_quarter"].isin(["2567Q1", "2567Q2"])]
    row = make("TH-50", "2567Q2").changed.set_index("measure").loc["money"]
    assert (row["thb"], row["thb_plan"]) == (own["disbursed_thb"].sum(), own["planned_thb"].sum())


def test_the_interval_of_a_difference_of_wilson_shares_is_newcombes():
    before, after = wilson(48, 80), wilson(56, 70)
    ends = difference_interval(before.share, before.ci_low, before.ci_high, after.share, after.ci_low, after.ci_high)
    expected = newcombe(48, 80, 56, 70)
    assert ends == pytest.approx((expected.ci_low, expected.ci_high))


def test_forms_of_the_running_year_keep_only_quarters_that_have_come(delivery):
    known = as_known(delivery, "2567Q2").kpi
    now = known[known["fiscal_year"] == 2567]
    assert now[["q3", "q4", "total"]].isna().all().all() and now["q1"].notna().any()
    assert known.loc[known["fiscal_year"] == 2566, "q4"].notna().any()


def test_scores_of_few_persons_are_not_shown(make, delivery, few, codelists):
    few_people = delivery.training_score[delivery.training_score["event_id"] == "W50-1"].head(8)
    report = evaluate_quarter(few, Delivery(delivery.tables | {"training_score": few_people}), codelists, "TH-50", "2567Q2", report_year=2026)
    row = report.awareness.set_index("event_id").loc["W50-1"]
    assert np.isnan(row["change"]) and row["reason"] == "suppressed"


# ---------------------------------------------------------------- disclosure


def test_scores_are_blank_wherever_the_national_report_on_awareness_blanks_them(make, delivery, codelists):
    from sdg_eval.people_report import evaluate_awareness

    national = evaluate_awareness(delivery, codelists, quarter="2567Q2", areas="TH-83", scores=str(SAMPLE / "delivery" / "restricted" / "training_score.csv"))
    for area in ("TH-83", "TH-50"):
        report = make(area, "2567Q2")
        for own, theirs in ((report.awareness, national.change), (report.decay, national.decay)):
            theirs = theirs[theirs["by"] == "event_id"].rename(columns={"name": "event_id"}).set_index("event_id")
            own = own.set_index("event_id")
            assert set(own.index[~own.index.isin(theirs.index)]) <= set(own.index[own["reason"] == "no_scores"])
            own = own[own.index.isin(theirs.index)]
            pd.testing.assert_frame_equal(own[list(theirs.columns.drop("by"))], theirs.loc[own.index].drop(columns="by"), check_dtype=False)
        assert not {"n_scored", "n_pre_only", "n_post_only"} & set(report.awareness.columns)
    lost = make("TH-83", "2567Q2").decay.eval("n_pairs - n_three")
    assert not lost.between(1, 9).any()


def test_equal_changes_of_few_persons_are_hidden_whatever_the_reason(delivery, few, codelists):
    own = delivery.training_score[delivery.training_score["event_id"] == "W50-1"].head(7).assign(pre_score=40.0, post_score=60.0)
    report = evaluate_quarter(few, Delivery(delivery.tables | {"training_score": own}), codelists, "TH-50", "2567Q2", report_year=2026)
    row = report.awareness.set_index("event_id").loc["W50-1"]
    assert row["reason"] == "suppressed" and row[["n", "mean_pre", "mean_post", "change"]].isna().all()


def test_a_room_of_under_ten_people_is_not_counted_out(delivery, few, codelists):
    events = quarters_of(delivery.participation["event_date"].replace("", None)) == "2567Q2"
    ids = list(delivery.participation.loc[events & (delivery.participation["REF_AREA"] == "TH-50"), "event_id"])
    rooms = delivery.participation_group.copy()
    rooms.loc[rooms["event_id"].isin(ids), "participants"] = 0.0
    rooms.loc[(rooms["event_id"] == ids[0]) & (rooms["group"] == "women"), "participants"] = 4.0
    report = evaluate_quarter(few, Delivery(delivery.tables | {"participation_group": rooms}), codelists, "TH-50", "2567Q2", report_year=2026)
    assert np.isnan(report.changed.set_index("measure").at["events", "k"])
    text = quarter_text(report, codelists)
    for lang, words in (("th", "น้อยกว่า 10 คน"), ("en", "under 10 people")):
        assert any(words in line.replace("\u00a0", " ") for line in lines(text[lang], "changed"))


def test_no_count_of_a_group_leaves_that_two_quarters_could_be_subtracted_from(make):
    groups = make("TH-83", "2567Q2").groups
    assert not {"participants", "n_participants", "n_eff"} & set(groups.columns)
    shares = groups[["share", "ratio", "ci_low", "ci_high"]].astype(float)
    assert np.allclose(shares, shares.round(2), equal_nan=True)


# ---------------------------------------------------------------- what may and may not be concluded


def changed_tables(delivery, **tables) -> Delivery:
    return Delivery(delivery.tables | tables)


def test_a_committee_without_an_order_number_is_asked_for_it_and_not_called_absent(delivery, few, codelists):
    table = delivery.mechanism.copy()
    own = table["REF_AREA"] == "TH-50"
    table.loc[own, ["order_no", "order_date"]] = ""
    table.loc[own, "committee_exists"] = 1.0
    report = evaluate_quarter(few, changed_tables(delivery, mechanism=table), codelists, "TH-50", "2567Q2", report_year=2026)
    kinds = set(report.findings["kind"])
    assert "mechanism_order" in kinds and not kinds & {"mechanism_absent", "mechanism_lapsed"}
    text = quarter_text(report, codelists)
    assert not any("ยังไม่มีคณะกรรมการ" in line for line in everything(text["th"]))
    assert any("เลขที่และวันที่ของคำสั่ง" in line for line in lines(text["th"], "changed"))


def test_a_finding_is_called_gone_only_where_the_figures_exclude_it(make):
    report = make("TH-50", "2567Q2")
    none = report.findings.head(0)
    parts = {"team": report.team, "decisions": report.decisions, "chain": report.chain, "groups": report.groups, "networks": report.networks, "plans": report.plans, "steps": report.steps, "decay": report.decay}
    empty = Delivery({})

    def still(said, changed=report.changed, **tables):
        return _still(said, none, parts | tables, changed, report.sent, empty, "2567Q2")

    def pace(low):
        return report.changed.assign(ci_low=report.changed["ci_low"].where(report.changed["measure"] != "money", low))

    assert still("pace", pace(0.85)) == 0 and np.isnan(still("pace", pace(0.6))) and np.isnan(still("pace", pace(np.nan)))
    for verdict, answer in (("as_expected", 0), ("over", 0), ("cannot_be_told", np.nan)):
        groups = pd.DataFrame([{"group": "youth", "verdict": verdict, "ci_low": 0.2}])
        assert np.array_equal(still("group_silent:youth", groups=groups), answer, equal_nan=True)
    networks = pd.DataFrame([{"network_id": "media", "n_with": 1}, {"network_id": "people", "n_with": 0}])
    assert still("network_missing:media", networks=networks) == 0 and np.isnan(still("network_missing:people", networks=networks))
    assert np.isnan(still("step_late:2", steps=pd.DataFrame([{"step_no": 2, "state": "not_reported"}]))) and np.isnan(still("awareness_decay:none"))


def test_planned_rows_without_a_figure_are_not_sent_in_either_report(delivery, few, codelists):
    area, quarter = "TH-83", "2567Q2"
    mine = delivery.project.loc[delivery.project["REF_AREA"] == area, "project_id"]
    events = (delivery.participation["REF_AREA"] == area) & (quarters_of(delivery.participation["event_date"].replace("", None)) == quarter)
    gone = set(delivery.participation.loc[events, "event_id"])
    tables = {n: f[~((f["REF_AREA"] == area) & (f["fiscal_quarter"] == quarter))] for n, f in delivery.tables.items() if n in ("mechanism", "leadership", "decision")}
    tables |= {"participation": delivery.participation[~events], "participation_group": delivery.participation_group[~delivery.participation_group["event_id"].isin(gone)]}
    act, budget, kpi = delivery.activity.copy(), delivery.budget.copy(), delivery.kpi.copy()
    act.loc[act["project_id"].isin(mine) & (act["fiscal_quarter"] == quarter), "done"] = np.nan
    act.loc[act["project_id"].isin(mine) & (act["fiscal_quarter"] == quarter), ["done_date", "evidence_id"]] = ""
    budget.loc[(budget["REF_AREA"] == area) & (budget["fiscal_quarter"] == quarter), "disbursed_thb"] = np.nan
    kpi.loc[(kpi["REF_AREA"] == area) & (kpi["fiscal_year"] == 2567), "q2"] = np.nan
    silent = changed_tables(delivery, **tables, activity=act, budget=budget, kpi=kpi)
    report = evaluate_quarter(few, silent, codelists, area, quarter, report_year=2026)
    assert report.nothing_sent and set(report.changed.loc[report.changed["measure"] != "step", "reason"]) == {"not_sent"}
    sent = what_was_sent(silent, quarter, [area])
    assert set(sent["reason"]) == {"nothing_sent"} and sent["n_rows"].sum() > 0


def test_activities_are_tested_against_the_same_quarter_of_the_year_before(delivery, few, codelists):
    """By season 4 of 20 are done in every first quarter and 18 of 20 in every second: nothing has changed."""
    mine = list(delivery.project.loc[delivery.project["REF_AREA"] == "TH-50", "project_id"])[:10]
    first = delivery.activity[delivery.activity["project_id"].isin(mine)].iloc[0].to_dict()
    rows = []
    for quarter, day, done in (("2566Q1", "2022-12-10", 4), ("2566Q2", "2023-03-10", 18), ("2567Q1", "2023-12-10", 4), ("2567Q2", "2024-03-10", 18)):
        rows += [first | {"activity_id": f"AX{quarter}{k}", "project_id": mine[k % 10], "fiscal_quarter": quarter, "planned": 1.0, "done": float(k < done), "planned_date": day, "done_date": day if k < done else ""} for k in range(20)]
    own = set(delivery.project.loc[delivery.project["REF_AREA"] == "TH-50", "project_id"])
    table = pd.concat([delivery.activity[~delivery.activity["project_id"].isin(own)], pd.DataFrame(rows)], ignore_index=True)
    report = evaluate_quarter(few, changed_tables(delivery, activity=table), codelists, "TH-50", "2567Q2", report_year=2026)
    row = report.changed.set_index("measure").loc["activities"]
    assert (row["sure"], row["before"], row["year_before"], row["change"]) == ("not_told_apart", 0.2, 0.9, 0.0)
    assert row["change_low"] < 0 < row["change_high"]
    said = next(c["text"] for c in quarter_text(report, codelists)["en"]["changed"] if c["measure"] == "activities")
    assert "not tested" in said and "whether it differs from the year before cannot be told" in said


def test_fiscal_and_calendar_quarters_are_never_said_alike(make, codelists):
    assert short_quarter("2567Q1", "th") == "ไตรมาส 1 ปีงบฯ 2567" and short_quarter("2567Q1", "en") == "Q1 FY2024"
    assert by_months("ไตรมาส 1/2567", "th") == "ม.ค.–มี.ค. 2567" and by_months("Q1 2024", "en") == "Jan–Mar 2024"
    text = quarter_text(make("TH-50", "2567Q2"), codelists)
    assert any("Oct–Dec 2023" in line for line in lines(text["en"], "outcomes"))
    for key in ("outcomes", "changed", "send"):
        assert not any(re.search(r"ไตรมาส \d/\d{4}", line) for line in lines(text["th"], key))
        assert not any(re.search(r"\bQ\d[ /]\d{4}", line) for line in lines(text["en"], key))


def test_a_decision_closed_without_a_word_on_how_is_not_called_both_done_and_unreported(make):
    row = {
        "finding_id": "pace", "text_th": "ก", "text_en": "a", "decision_id": "D1", "decision_th": "เร่งรัด", "due_date": "2024-03-01", "loop": "done_no_result",
        "action_th": "", "result_th": "", "closed_date": "2024-02-10", "still_found": np.nan,
    }  # fmt: skip
    thai, english = (say_loop([row], make("TH-50", "2567Q2"), lang) for lang in ("th", "en"))
    assert "ดำเนินการแล้ว (ปิดมติเมื่อ 10 ก.พ. 2567) แต่ไม่ได้รายงานวิธีดำเนินการ" in thai and "ดำเนินการ: ยังไม่มีรายงาน" not in thai
    assert "Decided (in Thai): “เร่งรัด”" in english and "Done (closed on 10 Feb 2024), but how was not reported" in english


def test_a_later_file_does_not_change_on_which_day_an_earlier_one_came(codelists):
    rows = [{"SERIES": "SI_POV_NAHC", "REF_AREA": "TH-50", "FREQ": "A", "TIME_PERIOD": str(y), "OBS_VALUE": 1.0, "vintage": "2024-02-10"} for y in (2020, 2022)]
    later = {"SERIES": "SI_POV_NAHC", "REF_AREA": "TH-50", "FREQ": "A", "TIME_PERIOD": "2023", "OBS_VALUE": 1.0, "vintage": "2025-01-15"}
    then, now = (observation_table(pd.DataFrame(r)) for r in (rows, [*rows, later]))
    days = [arrivals(t, codelists).groupby(t["TIME_PERIOD"]).first().dt.strftime("%Y-%m-%d").to_dict() for t in (then, now)]
    assert days[0] == {"2020": "2021-12-31", "2022": "2024-02-10"} and days[1] == days[0] | {"2023": "2025-01-15"}


# ---------------------------------------------------------------- files, refusals


def test_the_same_tables_give_the_same_bytes(make, few, delivery, codelists, tmp_path):
    report = make("TH-83")
    again = evaluate_quarter(few, delivery, codelists, "TH-83", LAST, report_year=2026)
    for place, one in (("a", report), ("b", again)):
        write_quarter(one, tmp_path / place, few, quarter_text(one, codelists))
    files = sorted(p.name for p in (tmp_path / "a").iterdir())
    assert {"said.csv", "text.json", "changed.csv", "actions.parquet"} <= set(files)
    for name in files:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name
    assert all(pd.read_csv(tmp_path / "a" / f"{name}.csv")["synthetic"].all() for name in ("changed", "chain", "outcomes"))


def test_a_report_leaves_its_tables_as_they_were(few, delivery, codelists):
    before = {name: frame.copy(deep=True) for name, frame in delivery.tables.items()}
    evaluate_quarter(few, delivery, codelists, "TH-83", LAST, report_year=2026)
    for name, frame in before.items():
        pd.testing.assert_frame_equal(frame, delivery.tables[name])


def test_a_report_is_tables_that_cannot_be_swapped(make):
    report = make("TH-50", "2567Q2")
    assert all(isinstance(t, pd.DataFrame) for t in report_tables(report).values())
    with pytest.raises(AttributeError):
        report.area = "TH-10"
    assert replace(report, quarter=LAST).quarter == LAST


@pytest.mark.parametrize(("area", "quarter"), [("TH-99", "2567Q2"), ("TH", "2567Q2"), ("TH-50", "2567Q5"), ("TH-50", "2024Q2"), ("TH-50", "")])
def test_a_place_or_quarter_that_does_not_exist_is_refused(few, codelists, area, quarter):
    with pytest.raises(UsageError):
        evaluate_quarter(few, Delivery({}), codelists, area, quarter, report_year=2026)


def test_scores_that_cannot_be_read_are_refused(delivery, tmp_path):
    assert with_scores(delivery, "") is delivery
    with pytest.raises(DataError, match="cannot be read"):
        with_scores(delivery, tmp_path / "none.csv")


def test_empty_tables_have_no_flags():
    assert all_flags(Delivery({"kpi": empty_table("kpi")}), LAST).empty
