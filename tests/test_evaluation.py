"""The evaluation of a province: nothing missing, nothing claimed that does not hold, both languages complete."""

import re

import numpy as np
import pandas as pd
import pytest

from sdg_eval.errors import DataError, UsageError
from sdg_eval.evaluation import (
    STATUSES,
    compare_with_peers,
    evaluate,
    evaluate_areas,
    goal_status,
    load_national,
    pool_slopes,
    read_evaluation,
    status_of,
    summarise_quality,
    what_moved,
    write_evaluation,
)
from sdg_eval.observations import observation_table
from sdg_eval.simulate import simulate_panel
from sdg_eval.trends import evaluate_trends
from sdg_eval.wording import LABELS, chance_text, label, number, say_flags, small

YEAR = 2026


@pytest.fixture(scope="module")
def chiang_mai(observations, codelists, national):
    return evaluate(observations, codelists, "TH-50", report_year=YEAR, national=national)


def test_every_goal_and_every_series_has_its_row(chiang_mai, national):
    table = chiang_mai.table
    assert set(table["goal"]) >= {str(g) for g in range(1, 18)}
    inland = set(national.trends["SERIES"]) - {"TH_COAST_WQ"}
    assert set(table["SERIES"]) - {""} == inland
    assert table.loc[table["goal"] == "14", "reason"].tolist() == ["goal_needs_coast"]
    assert "no coast" in chiang_mai.text["en"]["goal.14"] and "ไม่ติดทะเล" in chiang_mai.text["th"]["goal.14"]
    assert set(table["status"]) <= set(STATUSES)
    assert not table["result_id"].duplicated().any()


def test_a_finding_whose_interval_includes_zero_says_so_and_no_other_does(observations, codelists, national):
    result = evaluate(observations, codelists, "TH-13", report_year=YEAR, national=national)
    found = result.table[result.table["significant"].fillna(False).astype(bool)]
    care = found[(found["ci_low"] <= 0) & (found["ci_high"] >= 0)]
    assert 0 < len(care) < len(found)
    for lang, words in (("th", "คร่อมศูนย์"), ("en", "includes zero")):
        assert {r for r in found["result_id"] if words in result.text[lang][r]} == set(care["result_id"])


def test_a_province_without_a_series_others_have_says_so(observations, codelists):
    gone = observations[~((observations["SERIES"] == "SE_TOT_CPLR") & (observations["REF_AREA"] == "TH-50"))]
    result = evaluate(gone, codelists, "TH-50", report_year=YEAR)
    row = result.table[result.table["SERIES"] == "SE_TOT_CPLR"].iloc[0]
    assert (row["status"], row["n_obs"], row["reason"]) == ("no_data", 0, "no_data_here")
    assert "goal.4" in set(result.table["result_id"])
    assert "Completion rate" in result.text["en"]["goal.4"]
    assert "อัตราการสำเร็จการศึกษา" in result.text["th"]["goal.4"]


def test_every_row_has_a_sentence_in_both_languages_with_n_and_interval(chiang_mai):
    for row in chiang_mai.table.to_dict("records"):
        thai, english = (chiang_mai.text[lang][row["result_id"]] for lang in ("th", "en"))
        assert re.search("[ก-ฮ]", thai) and not re.search("nan|None|_", thai + english), row["result_id"]
        assert not re.search(r"[A-Za-z]{4,}", re.sub(r"PM2|\bn = |p [<=]", "", thai)) or "PM2.5" in thai, thai
        if row["ci_low"] == row["ci_low"]:
            assert f"n = {row['n_obs']}" in thai and f"n = {row['n_obs']}" in english
            assert "95% interval" in english and "ช่วงความเชื่อมั่นร้อยละ 95" in thai


def test_only_what_survives_false_discovery_control_is_called_better_or_worse(chiang_mai):
    claimed = chiang_mai.table[chiang_mai.table["status"].isin(["improving", "worsening"])]
    assert len(claimed) > 3
    assert (claimed["p_adjusted"] <= 0.10).all() and (claimed["p_value"] < 0.05).all()
    lost = {"verdict": "rising", "significant": False, "assessment": "improving"}
    assert status_of(lost) == "not_detected"


def test_the_known_trend_is_found_and_noise_is_not_called_a_finding(codelists):
    """Known truth through the whole evaluation: false findings stay below the 10% that is promised."""
    rng_rows = []
    for seed in range(12):
        panel = simulate_panel(codelists.provinces, range(2014, 2026), slope=0.0, rho=0.3, seed=seed)
        trends = evaluate_trends(panel.assign(SERIES="SE_TOT_CPLR"), series=codelists.series)
        rng_rows.append(bool(trends["significant"].any()))
    assert np.mean(rng_rows) <= 0.25  # q = .10 per family; twelve families: at most 3 (binomial 98%)
    loud = simulate_panel(codelists.provinces, range(2014, 2026), slope=1.0, rho=0.3)
    assert evaluate_trends(loud.assign(SERIES="SE_TOT_CPLR"), series=codelists.series)["significant"].mean() > 0.9


def test_the_national_tables_survive_the_disk_and_give_the_same_evaluation(observations, codelists, national, chiang_mai, tmp_path):
    national.write(tmp_path, synthetic=True)
    loaded = load_national(tmp_path, observations, codelists, report_year=YEAR)
    again = evaluate(observations, codelists, "TH-50", report_year=YEAR, national=loaded)
    pd.testing.assert_frame_equal(again.table, chiang_mai.table)
    assert (pd.read_csv(tmp_path / "trends.csv")["synthetic"]).all()
    (tmp_path / "peers.parquet").unlink()
    with pytest.raises(DataError, match="peers.parquet"):
        load_national(tmp_path, observations, codelists, report_year=YEAR)


def test_an_evaluation_survives_the_disk(chiang_mai, tmp_path):
    write_evaluation(chiang_mai, tmp_path)
    back = read_evaluation(tmp_path)
    assert (back.area, back.text) == ("TH-50", chiang_mai.text)
    pd.testing.assert_frame_equal(back.table, chiang_mai.table)
    table = pd.read_csv(tmp_path / "evaluation.csv")
    assert table["sentence_th"].notna().all() and table["sentence_en"].notna().all()


def test_peers_are_those_of_one_firm_period(codelists):
    rows = [
        {"SERIES": "SE_TOT_CPLR", "REF_AREA": area, "FREQ": "A", "TIME_PERIOD": str(year), "OBS_VALUE": float(i + year - 2020),
         "OBS_STATUS": "P" if year == 2022 else "A"}
        for i, area in enumerate(codelists.provinces[:10]) for year in (2020, 2021, 2022)
    ]  # fmt: skip
    peers = compare_with_peers(observation_table(rows), codelists).set_index("REF_AREA")
    assert set(peers["peer_period"]) == {"2021"}
    first = peers.loc[codelists.provinces[0]]
    assert (first["peer_value"], first["peer_median"], first["n_peers"], first["peer_place"]) == (1.0, 5.5, 10, 0.05)
    four = observation_table([r for r in rows if r["REF_AREA"] in codelists.provinces[:4]])
    assert compare_with_peers(four, codelists).empty


def test_an_index_with_a_base_of_its_own_in_each_province_is_not_compared(codelists):
    rows = [{"SERIES": "TH_AGRI_OUTPUT_INDEX", "REF_AREA": a, "FREQ": "A", "TIME_PERIOD": "2019", "OBS_VALUE": 100.0} for a in codelists.provinces]
    assert compare_with_peers(observation_table(rows), codelists).empty


def test_pooling_draws_noisy_slopes_towards_the_others(codelists):
    trends = evaluate_trends(simulate_panel(codelists.provinces, range(2014, 2026), slope=0.5, noise=2.0))
    pooled = pool_slopes(trends).merge(trends, on=["SERIES", "REF_AREA", "FREQ"])
    assert pooled["shrunken_slope"].std() < 0.5 * pooled["slope"].std()
    assert ((pooled["shrunken_low"] <= 0.5) & (0.5 <= pooled["shrunken_high"])).mean() > 0.9


def test_goals_get_one_status_and_context_series_do_not_decide(chiang_mai):
    status = goal_status(chiang_mai.table).set_index("goal")
    assert len(status) == 17
    rows = chiang_mai.table.assign(direction="none")
    rows.loc[rows["SERIES"] == "SH_DYN_MORT", "direction"] = "lower"
    only = goal_status(rows[rows["goal"] == "3"])
    assert only["status"].tolist() == chiang_mai.table.loc[chiang_mai.table["SERIES"] == "SH_DYN_MORT", "status"].tolist()


def test_better_and_worse_together_are_mixed_and_stale_ones_say_so(chiang_mai):
    rows = chiang_mai.table[chiang_mai.table["SERIES"].isin(["SI_POV_NAHC", "SH_DYN_MORT"])].assign(
        goal="1", status=["improving", "worsening"], stale=True
    )
    status = goal_status(rows).iloc[0]
    assert (status["status"], bool(status["stale"]), status["as_of"]) == ("mixed", True, 2025)


def test_several_provinces_and_what_moved_among_them(observations, codelists, national):
    table = evaluate_areas(observations, codelists, ["TH-50", "TH-83"], report_year=YEAR, national=national)
    assert set(table["REF_AREA"]) == {"TH-50", "TH-83"}
    moved = what_moved(table)
    assert moved["p_adjusted"].is_monotonic_increasing and len(moved)
    assert "TH_COAST_WQ" in set(table.loc[table["REF_AREA"] == "TH-83", "SERIES"])


def test_quality_is_summarised_per_series(national):
    summary = summarise_quality(national.quality).set_index(["SERIES", "FREQ"])
    assert summary.loc[("SE_TOT_CPLR", "A"), "full"] == 77
    assert summary.loc[("SH_STA_STNT", "A"), "indicative"] == 77


def test_what_is_no_province_is_refused(observations, codelists, national):
    with pytest.raises(UsageError, match="TH-50 for Chiang Mai"):
        evaluate(observations, codelists, "TH-99", report_year=YEAR, national=national)


# ---------------------------------------------------------------- words


def test_every_status_and_verdict_has_words_in_both_languages():
    for code in STATUSES:
        assert label(code, "th") != code and label(code, "en")
    for thai, english in LABELS.values():
        assert re.search("[ก-ฮ]", thai) and not re.search("[ก-ฮ]", english)
    with pytest.raises(UsageError):
        label("rising", "fr")


def test_numbers_as_read():
    assert [number(v) for v in (1234.56, -0.04, np.nan, 0)] == ["1,234.6", "0.0", "–", "0.0"]
    assert [small(v, 1) for v in (-0.667, 12.34, 0.043)] == ["−0.67", "12.3", "0.04"]
    assert chance_text(0.0, "th") == "ต่ำกว่าร้อยละ 1"


def test_flags_in_words():
    flags = "nearest_province:3;parent:X@f.csv::2:B;denominator_carried:2"
    assert say_flags(flags, "en") == "3 lay outside the map, counted in the nearest province; population of 2 year(s) away"
    assert "ประชากรของปีที่ห่างไป 2 ปี" in say_flags(flags, "th")


def test_what_could_be_seen_is_said_and_hides_no_pace(chiang_mai):
    table = chiang_mai.table
    unseen = table[(table["verdict"] == "not_detected") & table["detectable"].notna()]
    assert len(unseen)
    for row in unseen.to_dict("records"):
        assert "80% power" in chiang_mai.text["en"][row["result_id"]]
        assert "โอกาสเห็นร้อยละ 80" in chiang_mai.text["th"][row["result_id"]]
        hidden = row["wanted_pace"] == row["wanted_pace"] and row["detectable"] > abs(row["wanted_pace"]) > 0
        assert row["status"] == ("insufficient" if hidden else "not_detected")


def test_forecasts_say_how_such_intervals_fared_or_why_there_is_none(chiang_mai):
    rows = chiang_mai.table[chiang_mai.table["forecast"].notna() & chiang_mai.table["preferred"]]
    assert len(rows) > 10
    for row in rows.to_dict("records"):
        text = chiang_mai.text["en"][row["result_id"]]
        assert ("80% interval" in text and "past values" in text) or "cannot be forecast" in text


def test_other_rules_are_counted_and_their_reasons_named(chiang_mai, national):
    row = chiang_mai.table.set_index("result_id").loc["SI_POV_NAHC.A"]
    own = national.rules.query("SERIES == 'SI_POV_NAHC' and REF_AREA == 'TH-50' and method != 'linear_pace'")
    assert row["n_rules_differ"] == own["disagrees"].sum() and row["n_rules"] == (own["common"] != "not_applicable").sum()
    assert "published rules judge otherwise" in chiang_mai.text["en"]["SI_POV_NAHC.A"]
    assert set(national.rules["method"]) >= {"linear_pace", "sdsn", "escap_api", "eurostat", "unsd_2022", "open_sdg", "istat"}
