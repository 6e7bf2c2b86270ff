"""The effect evaluation as its readers meet it: tables, sentences, charts and pages."""

import json
import re
from dataclasses import fields, replace

import numpy as np
import pandas as pd
import pytest

from sdg_eval.claims.remake import MAKERS
from sdg_eval.effect_report import (
    evaluate_overall,
    evaluate_pilot,
    judge_programme,
    load_judged,
    synthetic_path,
    view_province_effect,
    write_overall,
    write_pilot,
    write_province_effect,
)
from sdg_eval.effect_words import (
    LASTING_WORDS,
    REASON_WORDS,
    SETTLE_WORDS,
    VERDICT_WORDS,
    amount,
    overall_text,
    pilot_charts,
    pilot_text,
    province_charts,
    province_text,
    say_effect,
    say_headline,
)
from sdg_eval.effects.judged import JUDGED, judged_bytes
from sdg_eval.effects.verdict import SETTLE, VERDICTS
from sdg_eval.errors import DataError, UsageError
from sdg_eval.figures import draw_pilot, draw_province_effect


@pytest.fixture(scope="module")
def judged(observations, codelists):
    return judge_programme(observations, codelists)


@pytest.fixture(scope="module")
def report(observations, codelists, judged):
    return evaluate_pilot(observations, codelists, judged=judged)


@pytest.fixture(scope="module")
def overall(observations, codelists, judged):
    return evaluate_overall(observations, codelists, judged=judged)


def test_judged_outcomes_are_the_same_after_a_file(judged, observations, codelists, tmp_path):
    (tmp_path / JUDGED).write_bytes(judged_bytes(judged))
    held = load_judged(tmp_path, observations, codelists)
    pd.testing.assert_frame_equal(held.table, judged.table)
    for one, other in zip(held.outcomes, judged.outcomes, strict=True):
        assert one.rule == other.rule and repr(one.row) == repr(other.row) and np.array_equal(one.draws, other.draws)
        pd.testing.assert_frame_equal(one.events, other.events)
        for part in fields(one.panel):
            ours, theirs = getattr(one.panel, part.name), getattr(other.panel, part.name)
            same = np.array_equal(ours, theirs, equal_nan=True) if part.name == "values" else np.array_equal(ours, theirs) or ours != ours
            assert same, part.name


def test_judged_outcomes_of_another_window_are_not_taken(judged, observations, codelists, tmp_path):
    few = replace(codelists, effect_outcomes=codelists.effect_outcomes.head(1))
    (tmp_path / JUDGED).write_bytes(judged_bytes(judged))
    assert load_judged(tmp_path, observations, few, start="2022-06").window.start == "2022-06"
    (tmp_path / JUDGED).write_text('{"window": {}}', encoding="utf-8")
    with pytest.raises(DataError, match=JUDGED):
        load_judged(tmp_path, observations, few)


def test_every_named_outcome_has_a_row_a_verdict_and_the_hash_of_the_plan(report, codelists):
    assert report.table["SERIES"].tolist() == codelists.effect_outcomes["SERIES"].tolist()
    assert set(report.table["verdict"]) <= set(VERDICTS) and report.table["plan_sha256"].nunique() == 1
    assert (report.table["row_sha256"].str.len() == 64).all()


def test_the_known_effect_of_the_sample_is_found_and_the_others_are_not_made_up(report):
    """In the sample recycling gains one point a year in the pilots (mean 1.5); women in councils, completion and road deaths nothing."""
    table = report.table.set_index("SERIES")
    assert table.loc["TH_WASTE_RECYC", "verdict"] == "effect_detected" and table.loc["TH_WASTE_RECYC", "sdid"] == pytest.approx(1.5, abs=0.8)
    for series in ("SG_GEN_LOCGELS", "SE_TOT_CPLR", "TH_ROAD_DEATH_RATE", "SL_TLF_UEM"):
        assert table.loc[series, "verdict"] not in ("effect_detected", "effect_indicated")


def test_every_code_has_its_words():
    from sdg_eval.effects import verdict

    source = open(verdict.__file__, encoding="utf-8").read()
    reasons = set(re.findall(r'return "\w+", "(\w+)"', source)) | {"interval_holds_both", "design_too_weak"} | set(SETTLE)
    assert len(reasons) > 15 and reasons <= set(REASON_WORDS)
    assert set(SETTLE.values()) | {"more_years", "luck_of_the_draw", "more_provinces", "out_of_reach", "replication"} <= set(SETTLE_WORDS)
    assert set(VERDICTS) == set(VERDICT_WORDS) and {"kept", "faded", "cannot_be_told", "nothing_yet", "no_periods_after"} == set(LASTING_WORDS)
    for words in (REASON_WORDS, SETTLE_WORDS, VERDICT_WORDS, LASTING_WORDS):
        assert all(re.search(r"[ก-๙]", thai) and not re.search(r"[ก-๙]", english) for thai, english in words.values())


def test_no_causal_word_stands_outside_a_detected_effect(report, codelists):
    text = pilot_text(report, codelists)
    causal = {"th": r"ทำให้ดีขึ้น|ส่งผลให้|เพราะโครงการ", "en": r"\bcaused?\b|\bbecause of the (pilot|programme)\b|\bthanks to\b"}
    for lang in ("th", "en"):
        for outcome in text[lang]["outcomes"]:
            if outcome["verdict"] != "effect_detected":
                assert not re.search(causal[lang], outcome["text"]), outcome["text"]


def test_both_languages_hold_the_same_numbers(report, codelists):
    text = pilot_text(report, codelists)

    def numbers(line):  # years differ by era
        line = re.sub(r"\d+/\d{4}|\b(19|20|25)\d\d\b", "", line)
        return sorted(re.findall(r"[−+]?\d[\d,]*\.\d+", line))

    for thai, english in zip(text["th"]["outcomes"], text["en"]["outcomes"], strict=True):
        for part in ("text", "pretrend", "robust", "specs"):
            assert numbers(thai[part]) == numbers(english[part])


def test_each_estimate_comes_with_interval_p_n_and_what_could_have_been_seen(report, codelists):
    row = report.table[report.table["SERIES"] == "SH_H2O_SAFE"].iloc[0].to_dict()
    said = say_effect(row, codelists, "en")
    for part in ("95% interval", "p = ", "adjusted", "15 pilots, 55 others of their regions", "periods before", "80% power", "as if assigned at random"):
        assert part in said.replace("\u00a0", " ")
    assert "of the same region" in said and "over all regions" in pilot_text(report, codelists)["en"]["outcomes"][1]["robust"]


def test_a_log_effect_is_said_in_per_cent(codelists):
    series = codelists.series_row("TH_TOUR_VISITORS")
    assert amount(np.log(1.1), {"scale": "log"}, series, "en") == "+10.0%"
    assert amount(-0.5, {"scale": "level"}, codelists.series_row("SI_POV_NAHC"), "en").replace("\u00a0", " ") == "−0.50 percentage points"


def test_an_outcome_that_cannot_answer_says_what_would_settle_it(report, codelists):
    text = pilot_text(report, codelists)
    for row, said in zip(report.table.to_dict("records"), text["en"]["outcomes"], strict=True):
        assert bool(said["settle"]) == (row["verdict"] not in ("effect_detected", "no_effect_detected"))
        assert bool(said["reason"]) == bool(row["reason"])


def test_the_weighted_path_lies_on_the_pilots_before(report):
    panel = next(o.panel for o in report.outcomes if o.rule.series == "TH_WASTE_RECYC")
    path = synthetic_path(panel)
    before = ~path["post"].to_numpy()
    assert np.abs(path["pilots"] - path["weighted"])[before].mean() < np.abs(path["pilots"] - path["others"])[before].mean()
    row = report.table[report.table["SERIES"] == "TH_WASTE_RECYC"].iloc[0]
    assert (path["pilots"] - path["weighted"])[~before].mean() == pytest.approx(row["sdid"], abs=1e-6)


def test_charts_are_written_in_both_languages_with_their_finding_and_the_same_bytes(report, observations, codelists, tmp_path):
    charts, balance = pilot_charts(report, codelists)
    charts = [c for c in charts if c["series"] in ("TH_WASTE_RECYC", "SL_TLF_UEM")]
    for name in ("one", "two"):
        found = draw_pilot(observations, charts, balance, codelists, tmp_path / name, "both")
    assert len(found) == 2 * (2 * 5 + 1) and all(item["synthetic"] for item in found)
    for item in found:
        one = (tmp_path / "one" / item["lang"] / item["file"]).read_bytes()
        assert one == (tmp_path / "two" / item["lang"] / item["file"]).read_bytes() and b"<text" not in one
        assert len(item["alt"]) > 25 and re.search(r"\d", item["alt"])


def test_a_province_sees_its_own_path_and_no_verdict_of_its_own(observations, codelists, tmp_path):
    view = view_province_effect(observations, codelists, "TH-50")
    text = province_text(view, codelists)
    assert len(view.table) == len(text["th"]["lines"]) == len(codelists.effect_outcomes)
    assert all(codelists.area_name(a, "th") in text["th"]["peers"] for a in view.peers) and view.peers
    assert "national" in text["en"]["lines"][0].lower() and not set(view.peers) & set(codelists.pilots)
    charts = province_charts(view, codelists)
    assert charts and all(view.counterparts[c["series"]].shown for c in charts)
    write_province_effect(view, tmp_path, observations, text)
    assert MAKERS["pilots"](tmp_path, "TH-50", codelists) == text
    draw_province_effect(observations, charts, codelists, tmp_path / "figures", "both")
    assert json.loads((tmp_path / "effect.json").read_text(encoding="utf-8"))["th"]["lead"]
    assert pd.read_csv(tmp_path / "effect.csv")["synthetic"].all()
    with pytest.raises(UsageError, match="no pilot"):
        view_province_effect(observations, codelists, "TH-11")


def test_the_overall_evaluation_pools_and_says_how_outcomes_differ(overall, observations, codelists, tmp_path):
    text = overall_text(overall, codelists)
    assert (overall.by_outcome["left_out"] == "").sum() == 7 and len(overall.by_outcome) == 12 and overall.pooled.n == 7 and 0 < overall.p_value <= 1
    assert "Not pooled, 5 (cannot be evaluated yet)" in text["en"]["lines"][2]
    assert "I²" in text["th"]["lines"][1] and len(text["en"]["lasting"]) == 7
    write_overall(overall, tmp_path, observations, text)
    assert MAKERS["65_overall_evaluation"](tmp_path, "", codelists) == text
    assert pd.read_csv(tmp_path / "pooled.csv")["n"].item() == 7


def test_the_headline_counts_no_effect_on_the_wrong_side_and_no_exploratory_one(report):
    table = report.table.copy()
    found = table["verdict"] == "effect_detected"
    assert "detected in 1 (" in say_headline(table, "en")
    table.loc[found, "effect"] *= -1
    assert "none shows an effect on the side hoped for, and 1 show one on the other side" in say_headline(table, "en").replace("\u00a0", " ")
    table.loc[found, "exploratory"] = True
    assert say_headline(table, "en").replace("\u00a0", " ").startswith("No effect of the pilot is established in any of the 11") and "1 more are exploratory" in say_headline(table, "en").replace("\u00a0", " ")


def test_tables_are_written_whole(report, observations, codelists, tmp_path):
    write_pilot(report, tmp_path, observations, pilot_text(report, codelists))
    assert MAKERS["60_pilot_effect"](tmp_path, "", codelists) == pilot_text(report, codelists)
    assert len(pd.read_csv(tmp_path / "effects.csv")) == 12
    assert pd.read_csv(tmp_path / "specifications.csv")["SERIES"].nunique() == 7
    assert not set(pd.read_csv(tmp_path / "matched.csv")["REF_AREA"]) & set(codelists.pilots)


@pytest.mark.parametrize("rows", ["none", "pilots", "gaps", "no_pilot_values"])
def test_thin_data_give_rows_with_reasons_and_text_in_both_languages(observations, codelists, rows):
    rng = np.random.default_rng(20301231)
    own = observations[observations["SERIES"].isin(["SI_POV_NAHC", "TH_POP_DOPA", "SL_TLF_UEM"])]
    keep = {"none": own["SERIES"] == "", "pilots": own["REF_AREA"].isin(codelists.pilots), "gaps": rng.random(len(own)) > 0.3, "no_pilot_values": ~own["REF_AREA"].isin(codelists.pilots)}[rows]
    few = replace(codelists, effect_outcomes=codelists.effect_outcomes[codelists.effect_outcomes["SERIES"].isin(["SI_POV_NAHC", "SL_TLF_UEM"])])
    report = evaluate_pilot(own[keep], few)
    text = pilot_text(report, few)
    draw = pilot_charts(report, few)
    assert len(report.table) == len(text["th"]["outcomes"]) == 2 and (rows == "gaps") == bool(draw[0])
    wanted = {"none": "no_data", "pilots": "only_pilots_report", "no_pilot_values": "no_treated_data"}.get(rows)
    if wanted:
        assert (report.table["reason"] == wanted).all() and (report.table["verdict"] == "not_evaluable").all()
    overall_text(evaluate_overall(own[keep], few), few)
    province_text(view_province_effect(own[keep], few, "TH-50"), few)


def test_a_second_wave_goes_through_the_whole_report(codelists):
    from tests.test_effect_checks import staggered_world

    table, later = staggered_world(codelists, 3)
    later = replace(later, effect_outcomes=later.effect_outcomes.head(1))
    torn = evaluate_pilot(table[np.random.default_rng(1).random(len(table)) > 0.25], later).table.iloc[0]
    assert (torn["verdict"], torn["reason"], torn["settle"]) == ("inconclusive", "trends_unchecked", "missing_values")
    assert np.isfinite(torn["effect"])  # provinces with gaps stay in the estimate
    report = evaluate_pilot(table, later)
    text = pilot_text(report, later)
    assert "different times" in text["en"]["outcomes"][0]["text"] and report.table["staggered"].all()
    assert {"did", "plain"} == set(report.checks.specifications["estimator"]) and len(report.checks.left_out) == 30
    assert "no weighted comparison" in text["en"]["outcomes"][0]["robust"] and "in 2 waves" in text["en"]["design"]
    pilot_charts(report, later)
    whole = overall_text(evaluate_overall(table, later), later)
    assert "different times" in whole["en"]["lines"][-1]  # left out of the pooled mean, and said
    province_text(view_province_effect(table, later, "TH-50"), later)
