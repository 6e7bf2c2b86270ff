"""The adviser's desk without a browser: tables, specifications, the multiverse, views."""

import json

import numpy as np
import pandas as pd
import pytest

from sdg_eval import explore
from sdg_eval.errors import DataError, UsageError
from sdg_eval.explore import (
    choices,
    curve,
    desk,
    doubt,
    drawing,
    of_trend,
    run_specifications,
    specifications,
    state,
    straight_lines,
    tables,
    used_values,
    words,
)
from sdg_eval.explore.choices import CHOICES, official
from sdg_eval.explore.straight_lines import weighted_lines
from sdg_eval.progress_rules import OURS
from sdg_eval.reviews import run_hash
from sdg_eval.store import parquet_bytes
from sdg_eval.trends import adjust_p
from tests.conftest import ROOT

SERIES = ("SI_POV_NAHC", "SH_DYN_MORT", "TH_ROAD_DEATHS", "SL_TLF_UEM_Q", "SL_TLF_UEM", "TH_POP_DOPA", "TH_HH_INCOME_REAL")
"""An amount or a proportion with a target, a rate, a count, quarters, and what likeness is measured on."""


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """The desk of a few series of the sample, all provinces."""
    table = pd.read_csv(ROOT / "data" / "sample" / "observations.csv", dtype=str, keep_default_na=False)
    path = tmp_path_factory.mktemp("desk") / "observations.csv"
    table[table["SERIES"].isin(SERIES)].to_csv(path, index=False)
    return explore.open_desk(path)


@pytest.fixture(scope="module")
def found(small):
    return explore.multiverse(small, "SI_POV_NAHC", "TH-50")


def national(table: pd.DataFrame, series: str, area: str) -> dict:
    return table[(table["SERIES"] == series) & (table["REF_AREA"] == area)].iloc[0].to_dict()


# ---------------------------------------------------------------- the official specification is the report


@pytest.mark.parametrize("series", ["SI_POV_NAHC", "SH_DYN_MORT", "TH_ROAD_DEATHS", "SL_TLF_UEM"])
def test_the_official_specification_gives_the_numbers_of_the_national_tables(small, series):
    for area in ("TH-50", "TH-10", "TH-96", "TH-83"):
        row, report = run_specifications(small, series, area, "trend", [{}]).iloc[0], national(small.national.trends, series, area)
        for name, column in (("estimate", "slope"), ("ci_low", "ci_low"), ("ci_high", "ci_high"), ("p_value", "p_value"), ("n_obs", "n_obs")):
            assert row[name] == report[column] or (np.isnan(row[name]) and np.isnan(report[column])), (series, area, name)
        # Families are adjusted together in the report: the last bit depends on how many stand beside.
        assert row["p_adjusted"] == pytest.approx(report["p_adjusted"], rel=1e-13, nan_ok=True)
        word = (report["assessment"] or "changed" if report["significant"] else "not_detected") if report["verdict"] in ("rising", "falling") else report["verdict"]
        assert row["verdict"] == word
        goal = small.national.progress
        if series in set(goal["SERIES"]):
            row, report = run_specifications(small, series, area, "progress", [{}]).iloc[0], national(goal, series, area)
            for name, column in (("estimate", "pace_ratio"), ("probability", "p_on_track"), ("pace", "actual_pace")):
                assert row[name] == report[column] or (np.isnan(row[name]) and np.isnan(report[column])), (series, area, name)
            assert row["verdict"] == OURS.get(report["progress"], "not_applicable") and row["reason"] == report["progress"]


def test_a_multiverse_has_one_official_specification_and_at_least_500(found):
    for question in CHOICES:
        own = found.table[found.table["question"] == question]
        assert len(own) >= 500 and own["official"].sum() == 1 and own.loc[own["official"], "holds"].all()
        assert not own.duplicated(list(CHOICES[question])).any()
        assert found.share(question) == pytest.approx(own["holds"].mean())


def test_the_share_and_the_choices_are_counted_from_the_specifications(found):
    own = found.table[found.table["question"] == "trend"]
    row = found.choices[(found.choices["choice"] == "test") & (found.choices["option"] == "bonferroni")].iloc[0]
    with_it = own[own["test"] == "bonferroni"]
    assert (row["n"], row["n_hold"]) == (len(with_it), int((with_it["verdict"] == own.loc[own["official"], "verdict"].iloc[0]).sum()))
    alone = own[(own["test"] == "bonferroni") & own[[c for c in CHOICES["trend"] if c != "test"]].eq([v for c, v in official("trend").items() if c != "test"]).all(axis=1)]
    assert row["alone"] == alone["verdict"].iloc[0] and row["flips"] == (not alone["holds"].iloc[0])
    held, n = int(own["holds"].sum()), len(own)
    assert f"{held:,} จาก {n:,}" in found.text["th"]["trend"] and f"{held:,} of {n:,}" in found.text["en"]["trend"]


def test_a_stronger_correlation_and_a_stricter_test_never_make_a_trend_surer(found):
    own = found.table[(found.table["question"] == "trend") & (found.table["method"] != "straight_line")]
    rest = [c for c in CHOICES["trend"] if c != "correlation"]
    none, strong = (own[own["correlation"] == word].set_index(rest)["p_value"] for word in ("none", "strong"))
    assert (strong.reindex(none.index) >= none).mean() > 0.99  # both nulls are simulated
    rest = [c for c in CHOICES["trend"] if c != "test"]
    usual, other = (own[own["test"] == word].set_index(rest)["p_adjusted"] for word in ("official", "yekutieli"))
    assert (other.reindex(usual.index) >= usual - 1e-12).all()


def test_every_target_that_is_easier_is_at_least_as_likely(found):
    own = found.table[(found.table["question"] == "progress") & found.table["probability"].notna()]
    rest = [c for c in CHOICES["progress"] if c != "target"]
    easier, usual, stricter = (own[own["target"] == word].set_index(rest)["probability"] for word in ("easier", "official", "stricter"))
    assert (easier.reindex(usual.index) >= usual - 1e-12).all() and (stricter.reindex(usual.index) <= usual + 1e-12).all()


def test_choices_that_change_nothing_of_the_province_are_no_specifications(small):
    specs = specifications(small, "SH_DYN_MORT", "TH-50", "trend").to_dict("records")
    seen = {tuple(used_values(small, "SH_DYN_MORT", "TH-50", "trend", spec)["used"]) for spec in ({k: s[k] for k in choices.DATA} for s in specs)}
    assert len(seen) == len({tuple(s[k] for k in choices.DATA) for s in specs})
    assert not any(s["weights"] == "recent" and s["method"] != "straight_line" for s in specs)
    assert "without_bangkok" not in set(specifications(small, "SH_DYN_MORT", "TH-10", "trend")["group"])


def test_a_series_without_values_here_says_so(small):
    assert "TH-50" not in set(small.rows.loc[small.rows["SERIES"] == "TH_COAST_WQ", "REF_AREA"])
    with pytest.raises(UsageError, match="TH_COAST_WQ.*no value of a province here"):
        specifications(small, "TH_COAST_WQ", "TH-50", "trend")


@pytest.mark.parametrize(
    "question, spec, said",
    [
        ("trend", {"window": "all"}, "no choice of trend"), ("trend", {"years": "soon"}, "2012-2020"), ("trend", {"test": "luck"}, "bonferroni"), ("trend", {"group": "friends"}, "region"), ("trend", {"method": "magic"}, "straight_line"),
        ("trend", {"outliers": "some"}, "beyond_3.5"), ("trend", {"correlation": "much"}, "pooled"), ("progress", {"target": "high"}, "number in the unit"), ("progress", {"base_year": "early"}, "2016"), ("progress", {"target_year": "soon"}, "2030"),
        ("progress", {"method": "magic"}, "end_points"), ("luck", {}, "trend or progress"),
    ],
)  # fmt: skip
def test_a_choice_that_is_none_is_refused_with_what_there_is(small, question, spec, said):
    with pytest.raises(UsageError, match=said):
        run_specifications(small, "SI_POV_NAHC", "TH-50", question, [spec])


def test_own_windows_targets_and_years_are_taken(small):
    used = used_values(small, "SI_POV_NAHC", "TH-50", "trend", {"years": "2016-2021"})
    assert set(np.floor(used.loc[used["used"], "time"])) <= set(range(2016, 2022))
    own = run_specifications(small, "SI_POV_NAHC", "TH-50", "progress", [{"target": "3.5", "target_year": "2028"}]).iloc[0]
    assert (own["aim"], own["aim_year"]) == (3.5, 2028)
    easy, hard = (run_specifications(small, "SI_POV_NAHC", "TH-50", "progress", [{"target": t}])["probability"].iloc[0] for t in ("30", "0.01"))
    assert easy >= hard


def test_the_adjusted_p_of_one_province_is_that_of_the_report(small):
    rng = np.random.default_rng(20261126)
    p = np.round(rng.uniform(size=(40, 12)), 2)  # ties
    p[rng.uniform(size=p.shape) < 0.2] = np.nan
    own = rng.integers(12, size=40)
    found, tested = of_trend.own_adjusted(p, p[np.arange(40), own])
    for row, mine, adjusted, n in zip(p, own, found, tested, strict=True):
        report, _ = adjust_p(row, np.zeros(12, dtype=int))
        assert adjusted == report[mine] or (np.isnan(adjusted) and np.isnan(report[mine]))
        assert n == (~np.isnan(row)).sum()


def test_no_specification_of_progress_rests_on_the_same_values_and_target_as_another(found):
    own = found.table[(found.table["question"] == "progress") & ~found.table["method"].isin(choices.RULES)]
    told = own[["method", "weights", "aim", "aim_year", "base", "estimate", "probability", "n_obs"]]
    assert not told[told["estimate"].notna()].duplicated().any()


def test_a_region_of_few_provinces_does_not_count_its_assumed_correlation_twice(small):
    table = specifications(small, "SI_POV_NAHC", "TH-50", "trend")
    assert set(table.loc[table["group"] == "region", "correlation"]) == {"pooled", "none", "strong"}  # pooled over fewer than 20 is the assumed one
    assert set(table.loc[table["group"] == "all", "correlation"]) >= {"pooled", "strong"}


def test_the_probability_of_another_method_is_that_of_its_own_line(found):
    own = found.table[(found.table["question"] == "progress") & (found.table["method"].isin(["end_points", "straight_line"]))]
    rest = [c for c in CHOICES["progress"] if c not in ("method", "weights")]
    wide = own[own["weights"] == "equal"].pivot_table(index=rest, columns="method", values=["probability", "pace"]).dropna()
    faster = wide["pace"]["end_points"] < wide["pace"]["straight_line"]  # poverty: lower is better
    assert len(wide) > 20 and faster.any() and (wide["probability"]["end_points"] >= wide["probability"]["straight_line"])[faster].mean() > 0.8  # where the lines begin counts too


def test_weighted_lines_are_those_of_numpy():
    rng = np.random.default_rng(20260401)
    times, values = np.arange(2010, 2022) + 0.5, rng.normal(size=(3, 12)).cumsum(axis=1)
    values[1, 3] = np.nan
    for recent in (False, True):
        lines = weighted_lines(values, times, recent=recent)
        for i, row in enumerate(values):
            held = ~np.isnan(row)
            weights = (2030.5 - times[held][0]) / (2030.5 - times[held]) if recent else np.ones(held.sum())
            assert lines.slope[i] == pytest.approx(np.polyfit(times[held], row[held], 1, w=np.sqrt(weights))[0])


def test_the_error_of_a_straight_line_is_that_of_scipy():
    from scipy.stats import linregress

    rng = np.random.default_rng(1)
    times, values = np.arange(10.0), rng.normal(size=10).cumsum()
    p, low, high = weighted_lines(values[None], times, until=50).judged(np.array([0]), 0.0, 0.95)
    known = linregress(times, values)
    assert p[0] == pytest.approx(known.pvalue) and (low[0] + high[0]) / 2 == pytest.approx(known.slope)


# ---------------------------------------------------------------- tables and views


def test_a_value_names_its_cell_and_whether_the_trend_rests_on_it(small):
    table = explore.series(small, "SI_POV_NAHC", ["TH-50", "TH-57"])
    assert list(table.columns) == tables.SERIES_COLUMNS and set(table["REF_AREA"]) == {"TH-50", "TH-57"}
    for area in ("TH-50", "TH-57"):
        assert int(table.loc[table["REF_AREA"] == area, "used"].sum()) == national(small.national.trends, "SI_POV_NAHC", area)["n_obs"]
    assert table["synthetic"].all() and table["source_file"].str.len().gt(0).all()
    cut = explore.series(small, "SI_POV_NAHC", "TH-50", first="2018", last="2020")
    assert cut["TIME_PERIOD"].min() >= "2018" and cut["TIME_PERIOD"].max() <= "2020"


def test_all_77_provinces_are_compared_and_those_without_a_value_come_last(small):
    table = explore.compare(small, "SH_DYN_MORT", ["TH-50", "TH-57"])
    assert len(table) == 77 and table["chosen"].sum() == 2 and table["alike"].sum() == 5
    held = table["OBS_VALUE"].dropna()
    assert held.is_monotonic_increasing and table["OBS_VALUE"].notna().to_numpy()[: len(held)].all()
    assert table["place"].mean() == pytest.approx(0.5) and (table["n_provinces"] == len(held)).all()
    with pytest.raises(UsageError, match="no value of '1800'"):
        explore.compare(small, "SH_DYN_MORT", period="1800")


def test_a_view_is_filled_in_changed_and_refused(small):
    view = explore.view_of(small, "TH-50", "SI_POV_NAHC")
    assert view.freq == "A" and view.period == explore.compare(small, "SI_POV_NAHC")["TIME_PERIOD"].iloc[0]
    quarterly = explore.change(small, view, series="SL_TLF_UEM")
    assert quarterly.freq == small.frequencies("SL_TLF_UEM")[0] and quarterly.areas == view.areas
    for wrong, said in (({"areas": ["TH-50"] * 2}, "each once"), ({"areas": "TH-99"}, "TH-99"), ({"lang": "de"}, "th or en"), ({"areas": "TH-50", "freq": "M"}, "frequency 'M'"), ({"areas": "TH-50", "period": "1800"}, "1800")):
        with pytest.raises(UsageError, match=said):
            explore.view_of(small, wrong.pop("areas", "TH-50"), "SI_POV_NAHC", **wrong)


def test_the_cell_of_a_view_gives_its_tables_again(small, monkeypatch):
    view = explore.view_of(small, ["TH-50", "TH-57"], "SI_POV_NAHC")
    shown = []
    monkeypatch.setattr(explore, "open_desk", lambda: small)
    exec(compile(explore.cell_of(view), "cell", "exec"), {"display": shown.append})  # noqa: S102 - our own text, made from checked codes
    pd.testing.assert_frame_equal(shown[0], explore.series(small, "SI_POV_NAHC", ["TH-50", "TH-57"], freq="A"))
    assert shown[1]["chosen"].sum() == 2


def test_what_the_browser_gets_is_plain_json_and_says_where_each_value_is_from(small):
    told, payload = explore.describe(small), explore.series_payload(small, "SI_POV_NAHC")
    again = json.loads(json.dumps([told, payload], allow_nan=False))
    assert again == [told, payload] and len(told["areas"]) == 77 and told["synthetic"]
    points = payload["points"]["TH-50"]
    table = explore.series(small, "SI_POV_NAHC", "TH-50")
    assert [payload["periods"][p[0]][0] for p in points] == list(table["TIME_PERIOD"]) and [p[1] for p in points] == list(table["OBS_VALUE"])
    assert [payload["files"][p[6]][0] for p in points] == list(table["source_file"])
    rows = told["rows"]
    own = [i for i, (a, s) in enumerate(zip(rows["area"], rows["series"], strict=True)) if told["areas"][a]["code"] == "TH-50" and told["series"][s]["code"] == "SI_POV_NAHC"]
    status = small.status[(small.status["REF_AREA"] == "TH-50") & (small.status["SERIES"] == "SI_POV_NAHC")]
    assert [rows["status"][i] for i in own] == list(status["status"])


# ---------------------------------------------------------------- the desk


def test_kept_tables_are_those_that_were_made_and_data_make_new_ones(small, tmp_path, monkeypatch):
    table = small.observations[small.observations["SERIES"] == "SI_POV_NAHC"]
    path = tmp_path / "o.csv"
    table.to_csv(path, index=False)
    first = explore.open_desk(path, keep=tmp_path / "kept")
    monkeypatch.setattr(desk, "evaluate_trends", lambda *a, **k: pytest.fail("made again"))
    again = explore.open_desk(path, keep=tmp_path / "kept")
    assert again.run_hash == first.run_hash
    table.assign(OBS_VALUE=table["OBS_VALUE"] + 1).to_csv(path, index=False)
    with pytest.raises(pytest.fail.Exception, match="made again"):
        explore.open_desk(path, keep=tmp_path / "kept")


def test_a_folder_that_is_no_run_is_refused_and_the_latest_run_is_found(small, tmp_path, monkeypatch):
    with pytest.raises(DataError):
        explore.open_desk(tmp_path)
    (tmp_path / "cut" / "national").mkdir(parents=True)
    with pytest.raises(DataError, match="no complete run"):
        explore.open_desk(tmp_path / "cut")
    assert explore.latest_run(tmp_path) == ""
    for name, started in (("a", "2026-01-02"), ("b", "2026-01-01")):
        folder = tmp_path / name / "national"
        folder.mkdir(parents=True)
        for part in ("observations", *desk.NEEDED):
            (folder / f"{part}.parquet").write_bytes(parquet_bytes(small.observations if part == "observations" else getattr(small.national, part)))
        (tmp_path / name / "record.json").write_text(json.dumps({"started": started, "run": name, "report_year": 2026, "confidence": 0.95}))
    monkeypatch.chdir(tmp_path)
    assert explore.latest_run(tmp_path) == "a"
    opened = explore.open_desk(tmp_path / "a")
    # a verdict given at the desk names the numbers by which the next report looks for it
    assert opened.run == "a" and opened.run_hash == small.run_hash == run_hash(tmp_path / "a") and opened.call == f"open_desk({str(tmp_path / 'a')!r})"


# ---------------------------------------------------------------- odd data


@pytest.fixture(scope="module")
def odd(tmp_path_factory):
    """One series in which a province never changes, one has two values of a year, and one has a suppressed value."""
    table = pd.read_csv(ROOT / "data" / "sample" / "observations.csv", dtype=str, keep_default_na=False)
    table = table[table["SERIES"] == "SI_POV_NAHC"].copy()
    own = {area: table["REF_AREA"] == area for area in ("TH-50", "TH-57", "TH-55")}
    table.loc[own["TH-50"], ["OBS_VALUE", "NUMERATOR", "DENOMINATOR"]] = ["12.5", "", ""]
    last = table[own["TH-55"]]["TIME_PERIOD"].max()
    table.loc[own["TH-55"] & (table["TIME_PERIOD"] == last), ["OBS_VALUE", "OBS_STATUS", "flags"]] = ["", "Q", "suppressed:primary"]
    twice = table[own["TH-57"]].tail(1).assign(OBS_VALUE="77.7")
    path = tmp_path_factory.mktemp("odd") / "observations.csv"
    pd.concat([table, twice]).to_csv(path, index=False)
    return explore.open_desk(path)


def test_a_series_that_never_changes_is_found_so_by_every_method(odd):
    found = explore.multiverse(odd, "SI_POV_NAHC", "TH-50", questions=["trend"])
    assert {"official", "straight_line"} <= set(found.table["method"])
    assert set(found.table["verdict"]) <= set(of_trend.STILL) and found.share("trend") == 1.0
    assert of_trend.same_finding("no_events", "at_bound") and not of_trend.same_finding("no_change", "not_detected")


def test_two_values_of_one_year_leave_nothing_to_choose_and_both_are_shown(odd):
    assert len(specifications(odd, "SI_POV_NAHC", "TH-57", "trend")) == 1
    told = run_specifications(odd, "SI_POV_NAHC", "TH-57", "trend", [{}, {"method": "straight_line"}])
    assert set(told["verdict"]) == {"data_conflict"} and told["holds"].all()
    values = explore.series(odd, "SI_POV_NAHC", "TH-57")
    last = values["TIME_PERIOD"].max()
    assert (values["TIME_PERIOD"] == last).sum() == 2 and not values["used"].any()
    beside = explore.compare(odd, "SI_POV_NAHC", ["TH-57"], period=last).set_index("REF_AREA")
    assert np.isnan(beside.at["TH-57", "OBS_VALUE"]) and beside.at["TH-57", "n_provinces"] == beside["OBS_VALUE"].notna().sum()


def test_a_suppressed_value_is_listed_without_its_number(odd):
    values = explore.series(odd, "SI_POV_NAHC", "TH-55")
    last = values.iloc[-1]
    assert last["OBS_STATUS"] == "Q" and np.isnan(last["OBS_VALUE"]) and not last["used"] and values["used"].sum() == national(odd.national.trends, "SI_POV_NAHC", "TH-55")["n_obs"]
    payload = explore.series_payload(odd, "SI_POV_NAHC")
    assert payload["hidden"] == {"TH-55": [[last["period_th"], last["period_en"]]]} and len(payload["points"]["TH-55"]) == len(values) - 1


# ---------------------------------------------------------------- provinces on one plane


def test_the_map_holds_all_provinces_and_names_its_axes_and_what_it_leaves_out(small):
    found = explore.province_map(small, ["TH-50"])
    assert len(found.table) == 77 and found.table["pilot"].sum() == 15 and list(found.table.loc[found.table["alike"], "REF_AREA"]) == sorted(small.like["TH-50"])
    for lang, share in (("th", "แสดงความต่างได้"), ("en", "holds")):
        assert f"{round(100 * sum(found.shares))}%" in found.text[lang] and share in found.text[lang]
        assert all(any(ends) for ends in found.ends[lang])
    assert "urban_share" in small.traits.missing and "urban share" in found.text["en"] and "สัดส่วนคนเมือง" in found.text["th"]


# ---------------------------------------------------------------- pictures and words


def test_the_curve_marks_the_official_one_and_every_choice_has_words(found, small):
    for lang in ("th", "en"):
        own, choices = (part[part["question"] == "trend"] for part in (found.table, found.choices))
        picture = drawing.draw_curve(own, choices, lang, about="a < b")
        assert picture.count(drawing.OFFICIAL) >= 2 and 'aria-label="a &lt; b"' in picture
        varied = choices[choices.groupby("choice")["option"].transform("size") > 1]
        assert len(varied) > 15
        for option in varied.to_dict("records"):
            assert words.choice_name(option["choice"], option["option"], lang) in picture.replace("&lt;", "<")
    both = [used_values(small, "SI_POV_NAHC", "TH-50", "trend", spec) for spec in ({}, {"covid": "left_out"})]
    picture = drawing.draw_before_after(*both, (-0.1, float("nan")), (None, (5.0, 2030)), ("✓", "<b>"), "th", synthetic="ข้อมูลสังเคราะห์")
    assert "&lt;b&gt;" in picture and picture.count("<circle") == 2 * len(both[0]) and "ข้อมูลสังเคราะห์" in picture
    for question, choices in CHOICES.items():
        assert all(words.choice_name(name, option, "th") != option or not option.islower() for name, options in choices.items() for option in options), question


def test_every_series_of_a_province_is_told_the_frailest_first(small, monkeypatch):
    monkeypatch.setitem(small.__dict__, "series", ["SI_POV_NAHC", "SL_TLF_UEM"])
    table = curve.multiverse_of_area(small, "TH-50", questions=["trend"])
    assert set(table["SERIES"]) == {"SI_POV_NAHC", "SL_TLF_UEM"} and table["share"].is_monotonic_increasing and table["share"].between(0, 1).all()


@pytest.mark.parametrize("module", [choices, curve, desk, doubt, drawing, of_trend, state, straight_lines, tables, words])
def test_the_examples_run(module, small, monkeypatch):
    import doctest

    monkeypatch.setattr(explore, "open_desk", lambda: small)
    failed, tried = doctest.testmod(module, extraglobs={"open_desk": lambda: small} if module is desk else None)
    assert tried and not failed
