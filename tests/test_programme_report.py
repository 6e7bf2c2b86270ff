"""The national notebooks on delivery, on need to result and on cities: what was planted is found and said, in both languages alike."""

import dataclasses
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sdg_eval.claims.remake import MAKERS
from sdg_eval.delivery.columns import delivery_tables
from sdg_eval.delivery.known import as_known
from sdg_eval.delivery.quarters import quarter_end, up_to
from sdg_eval.delivery.tables import Delivery, read_delivery
from sdg_eval.evaluation import evaluate_national
from sdg_eval.figures.delivery import chart_of
from sdg_eval.programme_report import (
    chain_breaks,
    city_missing,
    maturity_levels,
    report_city,
    report_delivery,
    report_needs,
    revision_totals,
    urban_rural,
    write_report,
)
from sdg_eval.programme_words import (
    REASONS,
    city_charts,
    city_text,
    delivery_charts,
    delivery_text,
    needs_charts,
    needs_text,
    percent,
    share_text,
)
from sdg_eval.quarterly_report import what_was_sent
from sdg_eval.report_files import report_tables

SAMPLE = Path(__file__).parents[1] / "data" / "sample"
PLACES = "TH-50,TH-30,TH-57,TH-34,TH-41,TH-90,TH-95,TH-84,TH-63,TH-94,TH-96"
LAST = "2567Q4"
CAUSAL = ("because of", "led to", "caused by", "thanks to", "ทำให้เกิด", "ส่งผลให้", "เป็นผลมาจาก")


@pytest.fixture(scope="module")
def delivery():
    return read_delivery(SAMPLE / "delivery")


@pytest.fixture(scope="module")
def truth():
    facts = json.loads((SAMPLE / "delivery_truth.json").read_text(encoding="utf-8"))["facts"]
    return {fact["fact"]: fact for fact in facts}


@pytest.fixture(scope="module")
def done(delivery, codelists):
    return report_delivery(delivery, codelists, provinces=PLACES, quarter=LAST)


@pytest.fixture(scope="module")
def needs(delivery, codelists):
    return report_needs(delivery, codelists, provinces=PLACES, quarter=LAST)


@pytest.fixture(scope="module")
def city(delivery, codelists, sample):
    return report_city(sample, delivery, codelists, provinces="TH-10,TH-50", quarter="2567Q2", report_year=2026)


@pytest.fixture(scope="module")
def empty():
    return Delivery({})


@pytest.fixture(scope="module")
def texts(done, needs, city, codelists):
    return {"delivery": delivery_text(done, codelists), "needs": needs_text(needs, codelists), "city": city_text(city, codelists)}


# ---------------------------------------------------------------- planted facts


@pytest.mark.parametrize("fact,check", [
    ("unit_error", "power_of_ten"), ("unit_error_budget", "power_of_ten"), ("copied_quarter", "copied_quarter"), ("jump_q4", "jump_to_100"), ("paid_no_output", "paid_without_output"),
    ("digit_heaping", "digit_heaping"),
])  # fmt: skip
def test_a_planted_fault_of_reporting_is_flagged_with_what_to_do_and_left_as_it_is(fact, check, done, truth, delivery):
    planted = truth[fact]
    own = done.flags[(done.flags["check"] == check) & (done.flags["REF_AREA"] == planted["REF_AREA"])]
    found = {one for row in own.to_dict("records") for one in (*str(row["key"]).split(";"), *str(row["kpi_id"]).split(";"))}
    assert set(planted["key"].split(";")) <= found
    assert (own[["explanation_th", "explanation_en", "suggested_fix_th", "suggested_fix_en"]] != "").all().all()
    pd.testing.assert_frame_equal(done.known.kpi, delivery.kpi.reset_index(drop=True))


def test_the_uncovered_need_heads_the_list_and_is_said(needs, truth, texts):
    first = needs.mismatch.iloc[0]
    assert (first["REF_AREA"], first["kind"], first["target"], first["severity"]) == (truth["uncovered_need"]["REF_AREA"], "need_uncovered", "3.4", 5)
    assert any("ยะลา" in line and "3.4" in line and "ไม่มีในแผน" in line for line in texts["needs"]["th"]["sections"]["mismatch"])


def test_the_dropped_target_is_the_only_one_that_revisions_lost(needs, truth, texts):
    assert needs.revised.iloc[0]["lost"] == f"{truth['dropped_target']['REF_AREA']}:16.6"
    assert any("Surat Thani 16.6" in line for line in texts["needs"]["en"]["sections"]["plans"])


def test_the_lapsed_mechanism_is_named_in_the_quarter_in_which_it_went(delivery, codelists, truth):
    report = report_delivery(delivery, codelists, provinces="TH-63", quarter=truth["mechanism_lapsed"]["key"])
    assert report.levels.loc[report.levels["maturity"] == 0, "areas"].iloc[0] == truth["mechanism_lapsed"]["REF_AREA"]
    assert "ตาก" in delivery_text(report, codelists)["th"]["sections"]["mechanism"][-1]


def test_a_mechanism_that_lapsed_before_is_still_named(done, truth, texts):
    assert done.levels["lapsed"].iloc[0] == truth["mechanism_lapsed"]["REF_AREA"]
    assert "Tak" in texts["delivery"]["en"]["sections"]["mechanism"][-1]


def test_the_longest_overdue_decision_comes_first(done, truth, texts):
    first = done.decisions.iloc[0]
    assert (first["decision_id"], first["REF_AREA"]) == (truth["decision_overdue"]["key"], truth["decision_overdue"]["REF_AREA"])
    days = (pd.Timestamp("2024-09-30") - pd.Timestamp("2023-06-30")).days
    assert any("D94-1a" in line and str(days) in line and "30 มิ.ย. 2566" in line for line in texts["delivery"]["th"]["sections"]["decisions"])


def test_only_the_province_that_sent_nothing_is_called_silent(done, truth, texts):
    silent = done.sent[done.sent["reason"] == "nothing_sent"]
    assert set(silent["REF_AREA"]) == {truth["sent_nothing"]["REF_AREA"]}
    assert "นราธิวาส" in texts["delivery"]["th"]["sections"]["sent"][0]


# ---------------------------------------------------------------- one cut


def test_the_share_of_the_years_plan_is_the_same_in_the_programme_and_the_quarterly_report(delivery, sample, codelists):
    from sdg_eval.quarterly_report import evaluate_quarter

    few = sample[sample["SERIES"] == "SI_POV_NAHC"]
    ours = report_delivery(delivery, codelists, provinces="TH-83", quarter="2567Q2").pace
    theirs = evaluate_quarter(few, delivery, codelists, "TH-83", "2567Q2", report_year=2026).pace
    a, b = (t[(t["REF_AREA"] == "TH-83") & (t["fiscal_quarter"] == "2567Q2")].iloc[0] for t in (ours, theirs))
    own = delivery.budget[(delivery.budget["REF_AREA"] == "TH-83") & (delivery.budget["fiscal_quarter"].str[:4] == "2567")]
    paid = own.loc[own["fiscal_quarter"] <= "2567Q2", "disbursed_thb"].sum()
    assert a["year_share"] == b["year_share"] == pytest.approx(paid / own["planned_thb"].sum())


# ---------------------------------------------------------------- no peeking


def test_nothing_of_a_later_quarter_enters(delivery):
    known = as_known(delivery, "2566Q3")
    end = quarter_end("2566Q3")
    for name in ("activity", "budget", "mechanism", "decision", "process_metric", "said"):
        assert up_to(getattr(known, name)["fiscal_quarter"], "2566Q3").all() and len(getattr(known, name))
    assert (pd.to_datetime(known.project["start_date"]) <= end).all()
    assert set(known.project_target["project_id"]) <= set(known.project["project_id"])
    assert set(known.plan["version"]) == {1.0} and set(known.plan_item["plan_id"]) <= set(known.plan["plan_id"])
    forms = known.kpi[known.kpi["fiscal_year"] == 2566]
    assert set(known.kpi["fiscal_year"]) == {2566} and forms[["q4", "total", "disbursed_thb"]].isna().all().all() and forms["q3"].notna().any()


def test_a_report_of_an_earlier_quarter_does_not_change_when_later_rows_come(delivery, codelists):
    cut = as_known(delivery, "2567Q3", year_plan=True)
    a, b = (report_delivery(d, codelists, provinces="TH-50,TH-57", quarter="2567Q2") for d in (delivery, cut))
    for name, table in report_tables(a).items():
        pd.testing.assert_frame_equal(table, getattr(b, name), obj=name)


def test_values_of_after_the_quarter_are_no_value_of_a_city(city):
    assert city.trends["last_period"].max() < "2024"


@pytest.fixture(scope="module")
def national(tmp_path_factory, sample, codelists):
    folder = tmp_path_factory.mktemp("national")
    few = sample[sample["REF_AREA"].isin(["TH-50", "TH-57", "TH-58", "TH-10", "TH-30", "TH-34"]) & sample["SERIES"].isin(["EN_ATM_PM25", "SH_H2O_SAFE"])]
    few = few[(few["SERIES"] == "EN_ATM_PM25") | (few["TIME_PERIOD"] < "2023")].reset_index(drop=True)
    evaluate_national(few, codelists, report_year=2026).write(folder)
    return folder, few


def test_results_rest_on_nothing_after_the_quarter(delivery, codelists, national):
    folder, few = national
    report = report_needs(delivery, codelists, provinces="TH-50", quarter="2567Q2", national=str(folder))
    last = few.groupby("SERIES")["TIME_PERIOD"].max()
    assert last["SH_H2O_SAFE"] < "2024" <= last["EN_ATM_PM25"]  # the one is used, the other not
    assert report.compared and report.unused == 6
    goals = report.breaks.set_index("goal")
    assert goals.loc["6", "measured"] > 0 and goals.loc["11", "measured"] == 0
    assert report.localisation.iloc[0]["n_indicator"] == 2
    text = needs_text(report, codelists)
    assert any("6" in line and "หลังสิ้นไตรมาส" in line for line in text["th"]["sections"]["chain"])
    assert [figures_of(a, "th") for a in text["th"]["sections"]["chain"]] == [figures_of(b, "en") for b in text["en"]["sections"]["chain"]]


# ---------------------------------------------------------------- tables


def test_sent_counts_rows_that_say_something(delivery):
    table = pd.DataFrame({"REF_AREA": ["TH-50", "TH-57"], "fiscal_quarter": "2567Q1", "governor_led_events": [2.0, np.nan], "role_change_date": "", "source": "synthetic"})
    sent = what_was_sent(Delivery({"leadership": table}), "2567Q1", ["TH-50", "TH-57", "TH-58"]).set_index(["REF_AREA", "table"])
    assert sent.loc[("TH-50", "leadership"), ["n_rows", "n_filled", "sent"]].tolist() == [1, 1, True]
    assert sent.loc[("TH-50", "budget"), "reason"] == "not_sent"
    assert sent.loc[("TH-57", "leadership"), ["n_rows", "n_filled", "sent", "reason"]].tolist() == [1, 0, False, "nothing_sent"]
    assert set(sent.loc["TH-58", "reason"]) == {"nothing_sent"}


def test_levels_count_every_province_once(done):
    assert done.levels["n"].sum() == done.levels["of"].iloc[0] == 77


def test_a_fall_to_a_level_names_who_fell():
    table = pd.DataFrame({"REF_AREA": ["TH-50", "TH-57", "TH-58"], "fiscal_quarter": "2567Q1", "maturity": [0.0, 0.0, np.nan], "change": [-3.0, np.nan, np.nan]})
    before = pd.DataFrame({"REF_AREA": ["TH-50"], "fiscal_quarter": "2566Q4", "maturity": [3.0], "change": [np.nan]})
    table = pd.concat([before, table], ignore_index=True)
    levels = maturity_levels(table, "2567Q1")
    assert levels.iloc[0][["n", "n_fell", "areas", "lapsed"]].tolist() == [2, 1, "TH-50", "TH-50"]
    assert levels.iloc[-1][["n", "reason"]].tolist() == [1, "not_reported"]


def test_breaks_are_counted_at_the_first_missing_link_and_the_country_row_is_not():
    chain = pd.DataFrame({"REF_AREA": ["TH-50", "TH-50", "TH-57", "TH"], "goal": ["3", "3", "3", "3"], "broken_link": ["plan", "result", "", "plan"], "result": ["no_result_data", "no_result_data", "improving", "mixed"]})
    row = chain_breaks(chain).set_index("goal").loc["3"]
    assert row[["n", "plan", "result", "whole", "n_early", "measured", "improving", "worsening"]].tolist() == [3, 1, 1, 1, 1, 1, 1, 0]
    assert row["share"] == pytest.approx(1 / 3) and row["ci_low"] < 1 / 3 < row["ci_high"]
    assert chain_breaks(chain)["goal"].tolist() == [str(g) for g in range(1, 18)]


def test_all_seventeen_goals_seventy_seven_provinces_and_four_steps_are_listed(done, needs):
    assert set(needs.goals.loc[needs.goals["REF_AREA"] == "TH", "goal"]) == {str(g) for g in range(1, 18)}
    assert needs.readiness["REF_AREA"].nunique() == 77 and needs.readiness["pilot"].sum() == 15
    assert done.waiting["step_no"].tolist() == [1, 2, 3, 4]


def test_readiness_says_what_is_missing_and_never_more_than_it_knows(needs):
    table = needs.readiness.set_index("REF_AREA")
    assert table.loc["TH-96", "sends"] == "no" and table.loc["TH-96", "mechanism"] == "unknown"  # it sent nothing for the quarter
    assert table.loc["TH-95", "needs"] == "no"  # its most severe need is in no plan
    assert ((table[["mechanism", "sdg_plan", "steps", "needs", "sends"]] == "yes").sum(axis=1) == table["n_met"]).all()
    assert all(("needs" in row["missing"]) == (row["needs"] != "yes") for row in table.to_dict("records"))


def test_urban_and_rural_are_set_side_by_side_per_province(codelists):
    rows = [
        {"SERIES": "SI_POV_NAHC", "REF_AREA": f"TH-{10 + k}", "TIME_PERIOD": str(year), "FREQ": "A", "URBANISATION": place, "SEX": "_T", "AGE": "_T", "OBS_VALUE": value}
        for k in range(9) for year in (2020, 2021) for place, value in (("U", 5.0), ("R", 5.0 + k + year - 2020))
    ]  # fmt: skip
    split, summary = urban_rural(pd.DataFrame(rows), codelists)
    first = summary.iloc[0]
    # differences of the last year are 1 to 9: median 5, and the exact interval for nine values is the 2nd to the 8th
    assert (first["year"], first["n"], first["difference"], first["ci_low"], first["ci_high"]) == (2021, 9, 5.0, 2.0, 8.0)
    assert first["n_rural_worse"] == 9 and len(split) == 18
    assert summary.iloc[-1][["goal", "reason"]].tolist() == ["11", "no_split"]


def test_what_a_city_page_lacks_follows_from_the_tables(city, codelists):
    table = city_missing(city.indicators, city.split_summary, codelists).set_index("what")
    assert table.loc["indicators", ["k", "n"]].tolist() == [1, 15]  # of the fifteen indicators of goal 11 the sample has PM2.5
    assert len(city.indicators) == 15 and (city.indicators["reason"] == "no_series").sum() == 14


def test_the_cooperation_with_giz_is_called_planned(city, texts):
    own = city.partnership[(city.partnership["partner_a"] == "giz") | (city.partnership["partner_b"] == "giz")]
    assert set(own["status"]) == {"planned"} and len(own) == 2
    assert all("วางแผนไว้" in line for line in texts["city"]["th"]["sections"]["giz"])


def test_no_plan_revised_is_a_reason():
    row = revision_totals(pd.DataFrame({"reason": ["one_version"], "targets_dropped": [""], **dict.fromkeys(("n_before", "n_after", "kept", "reworded", "retargeted", "dropped", "added"), 0)})).iloc[0]
    assert (row["n"], row["lost"], row["n_not_revised"], row["reason"]) == (0, "", 1, "one_version")


# ---------------------------------------------------------------- words


def figures_of(text, lang):
    """The numbers in a text; years of the Buddhist Era become Gregorian, so that both languages can be held against each other."""
    found = [n.replace(",", "") for n in re.findall(r"(?<![A-PR-Za-z\d-])[−]?\d[\d,]*(?:\.\d+)?", text)]
    return sorted(str(int(n) - 543) if lang == "th" and re.fullmatch(r"25[5-9]\d", n) else n for n in found)


@pytest.mark.parametrize("which", ["delivery", "needs", "city"])
def test_both_languages_have_the_same_numbers(which, texts):
    text = texts[which]
    assert figures_of(text["th"]["headline"], "th") == figures_of(text["en"]["headline"], "en")
    for name in text["th"]["sections"]:
        th, en = text["th"]["sections"][name], text["en"]["sections"][name]
        assert len(th) == len(en)
        for a, b in zip(th, en, strict=True):
            assert name in ("kpi", "source") or figures_of(a, "th") == figures_of(b, "en"), (a, b)


@pytest.mark.parametrize("which", ["delivery", "needs", "city"])
def test_no_blank_figure_and_no_causal_word_reaches_the_reader(which, texts):
    for lang in ("th", "en"):
        said = " ".join([texts[which][lang]["headline"], *texts[which][lang]["lines"]])
        assert not re.search(r"\b(nan|NaN|None|NaT|inf)\b", said)
        assert not [word for word in CAUSAL if word in said]
        assert "[" not in said and "{" not in said


def test_synthetic_data_are_marked_in_the_headline_and_in_every_file(done, texts, codelists, tmp_path):
    assert "ข้อมูลสังเคราะห์" in texts["delivery"]["th"]["headline"] and "synthetic" in texts["delivery"]["en"]["headline"]
    write_report(done, tmp_path, texts["delivery"])
    assert MAKERS["30_delivery"](tmp_path, "", codelists) == texts["delivery"]
    written = sorted(tmp_path.glob("*.csv"))
    assert {p.stem for p in written} == set(report_tables(done))
    assert all(pd.read_csv(p)["synthetic"].all() for p in written)
    told = json.loads((tmp_path / "text.json").read_text(encoding="utf-8"))
    assert told["th"]["headline"] and isinstance(told["en"]["lines"], list)


def test_a_share_is_never_said_without_interval_and_n():
    row = {"share": 0.637, "ci_low": 0.52, "ci_high": 0.73, "n": 77, "reason": ""}
    assert share_text(row, "th", "provinces").replace("\u00a0", " ") == "ร้อยละ 64 (ช่วงความเชื่อมั่น 95%: 52–73; n = 77 จังหวัด)"
    blank = row | {"share": np.nan, "n": 0, "reason": "nothing_due"}
    assert share_text(blank, "en", "decisions").replace("\u00a0", " ") == "cannot be told yet (n = 0 decisions: nothing is due yet)"
    few = row | {"ci_low": np.nan, "ci_high": np.nan, "n": 3}
    assert "too few for an interval" in share_text(few, "en", "projects")


def test_small_shares_keep_a_digit():
    assert [percent(x) for x in (0.0, 0.0139, 0.5, 0.982, 1.0, np.nan)] == ["0", "1.4", "50", "98.2", "100", "–"]


def test_every_reason_in_the_tables_has_words(done, needs, city):
    found = {
        code
        for report in (done, needs, city) for name, table in report_tables(report).items() if "reason" in table and name not in ("trends", "localisation", "fates", "partnership")
        for codes in table["reason"].dropna() for code in str(codes).split(";") if code
    }  # fmt: skip
    assert found <= set(REASONS) | {"complete_count"}, found - set(REASONS)


# ---------------------------------------------------------------- thin data


@pytest.mark.parametrize("thin", ["empty", "one_row"])
def test_nothing_or_one_row_of_each_table_gives_reasons_and_whole_sentences(thin, delivery, empty, codelists, sample):
    tables = {"empty": empty, "one_row": Delivery({name: getattr(delivery, name).head(1) for name in delivery_tables()})}[thin]
    reports = [
        (report_delivery(tables, codelists, provinces="TH-50", quarter="2567Q2"), delivery_text, delivery_charts),
        (report_needs(tables, codelists, provinces="TH-50", quarter="2567Q2"), needs_text, needs_charts),
        (report_city(sample.head(0), tables, codelists, provinces="TH-50", quarter="2567Q2", report_year=2026), city_text, city_charts),
    ]  # fmt: skip
    for report, say, draw in reports:
        text = say(report, codelists)
        for lang in ("th", "en"):
            assert text[lang]["headline"] and text[lang]["lines"]
            assert not re.search(r"\b(nan|NaN|None|NaT)\b", " ".join([text[lang]["headline"], *text[lang]["lines"]]))
        assert all(chart_of(chart, codelists).title["th"] for chart in draw(report, codelists))


def test_the_same_tables_give_the_same_report(delivery, codelists):
    first, second = (report_needs(delivery, codelists, provinces="TH-50", quarter="2567Q2") for _ in range(2))
    for name, table in report_tables(first).items():
        pd.testing.assert_frame_equal(table, getattr(second, name), obj=name)
    assert needs_text(first, codelists) == needs_text(second, codelists)


def test_every_chart_says_its_finding_n_and_source(done, needs, city, codelists):
    for chart in [*delivery_charts(done, codelists), *needs_charts(needs, codelists), *city_charts(city, codelists)]:
        made = chart_of(chart, codelists)
        assert made.synthetic and "n" in made.caption["th"] and "sdg_eval" in made.caption["en"]
        assert made.title["th"] and made.title["en"] and "nan" not in made.title["en"]
    assert dataclasses.is_dataclass(made)
