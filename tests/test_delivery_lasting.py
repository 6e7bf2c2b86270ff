"""Did it last: survival of groups and mechanisms, gains kept, who began, what went with a change of leader."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from sdg_eval.delivery.lasting import (
    CAUTION_EN,
    CAUTION_TH,
    INITIATORS,
    community_hours,
    community_share,
    group_curve,
    group_formation,
    group_survival,
    kept_by_noise,
    leadership_context,
    mean_ends,
    mechanism_fates,
    mechanism_survival,
    order_of_events,
    order_share,
    process_change,
    requests_answered,
    resources_in_use,
    share_kept,
    sustained_gain,
    turnover_and_pace,
    two_way_difference,
)
from sdg_eval.delivery.quarters import quarters_between
from sdg_eval.errors import DataError, UsageError

QUARTERS = quarters_between("2566Q1", "2567Q4")


def groups(*rows) -> pd.DataFrame:
    return pd.DataFrame([(f"G{i}", *row) for i, row in enumerate(rows)], columns=["group_id", "REF_AREA", "start_date", "end_date", "members"])


# ---------------------------------------------------------------- groups


def test_groups_survive_as_the_textbook_patients_do():
    # Freireich et al. (1963), 6-mercaptopurine, a week as a day; the censored ones are still active at the end of 2567Q2
    weeks, ended = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35], [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
    end = pd.Timestamp(2024, 3, 31)
    rows = []
    for w, e in zip(weeks, ended, strict=True):
        start = pd.Timestamp(2024, 1, 1) if e else end - pd.Timedelta(days=w)
        rows.append(("TH-50", start.date().isoformat(), (start + pd.Timedelta(days=w)).date().isoformat() if e else None, 10))
    table = group_survival(groups(*rows), as_of="2567Q2", days=(10, 23, 36)).set_index(["REF_AREA", "days"])
    assert table.loc[("TH-50", 10), "survival"] == pytest.approx(0.753, abs=5e-4) and table.loc[("TH-50", 10), "n"] == 21
    assert table.loc[("TH", 23), "survival"] == pytest.approx(0.448, abs=5e-4)
    assert table.loc[("TH-50", 36), "reason"] == "not_watched_so_long"
    assert group_curve(groups(*rows), as_of="2567Q2")["survival"].to_numpy() == pytest.approx([0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448], abs=5e-4)


def test_few_groups_are_counted_and_none_are_listed():
    table = group_survival(groups(("TH-50", "2023-01-01", "2023-06-01", 5)), as_of="2567Q2", areas=["TH-50", "TH-96"])
    assert table.groupby("REF_AREA")["reason"].agg(set).to_dict() == {"TH-50": {"few_cases"}, "TH-96": {"no_rows"}, "TH": {"few_cases"}}
    assert table["survival"].isna().all() and table.loc[0, "n_ended"] == 1


def test_groups_are_counted_in_the_quarter_in_which_they_form_and_end():
    table = group_formation(groups(("TH-50", "2022-11-01", "2023-02-15", 5), ("TH-50", "2023-02-01", None, None), ("TH-50", "2023-05-01", None, 8)), as_of="2566Q3")
    own = table[table["REF_AREA"] == "TH-50"]
    assert own[["formed", "ended", "active"]].to_numpy().tolist() == [[1, 0, 1], [1, 1, 1], [1, 0, 2]]
    assert own["members"].iloc[0] == 5 and np.isnan(own["members"].iloc[1]) and own["members"].iloc[2] == 8
    with pytest.raises(DataError, match="ends before it starts"):
        group_formation(groups(("TH-50", "2023-02-01", "2023-01-01", 5)), as_of="2566Q3")


# ---------------------------------------------------------------- the mechanism


def reports(area: str, marks: str) -> list[tuple]:
    """A letter per quarter from 2566Q1: m committee and meeting, q committee and no meeting, x no committee, . no report."""
    return [(area, q, float(m in "mq"), 2.0 if m == "m" else 0.0) for q, m in zip(QUARTERS, marks, strict=False) if m != "."]


def mechanisms(**marks) -> pd.DataFrame:
    rows = [row for area, letters in marks.items() for row in reports(area.replace("_", "-"), letters)]
    return pd.DataFrame(rows, columns=["REF_AREA", "fiscal_quarter", "committee_exists", "meetings_held"])


def test_a_mechanism_lapses_without_committee_or_after_two_quiet_quarters():
    table = mechanism_fates(
        mechanisms(TH_10="mmmmmmmm", TH_11="mmmmmmxx", TH_12="mmmmqqmm", TH_13="mmmmqmq.", TH_14="mmmx....", TH_15="........", TH_16="mmmm....", TH_17="mmm.m.x."),
        programme_end="2566Q4", as_of="2567Q4", areas=[f"TH-{i}" for i in range(10, 18)],
    ).set_index("REF_AREA")  # fmt: skip
    assert table["state"].to_dict() == {
        "TH-10": "alive", "TH-11": "lapsed", "TH-12": "lapsed", "TH-13": "alive", "TH-14": "not_alive_at_end", "TH-15": "not_reported", "TH-16": "not_reported",
        "TH-17": "lapsed",
    }  # fmt: skip
    assert table.loc["TH-11", "lapsed_quarter"] == "2567Q3" and table.loc["TH-12", "quarters_after"] == 2 and table.loc["TH-13", "quarters_after"] == 3
    assert table.loc["TH-17", "lapsed_quarter"] == "2567Q3"


def test_survival_of_mechanisms_is_kaplan_meiers_by_hand():
    marks = {f"TH_{i}": "mmmmmmmm" for i in range(10, 16)} | {"TH_20": "mmmmxxxx", "TH_21": "mmmmmxxx", "TH_22": "mmmmm...", "TH_23": "xxxxxxxx"}
    table = mechanism_survival(mechanisms(**marks), programme_end="2566Q4", as_of="2567Q4").set_index("quarters_after")
    # nine at risk, one lapses at 1; of the eight left one leaves unseen after 1 and one lapses at 2: 8/9 and 8/9 * 6/7
    assert table["survival"].tolist() == pytest.approx([8 / 9, 8 / 9 * 6 / 7, 8 / 9 * 6 / 7, 8 / 9 * 6 / 7])
    assert table["n_risk"].tolist() == [9, 7, 6, 6] and table["n_lapsed"].tolist() == [1, 1, 0, 0]
    assert (table["n"] == 9).all() and (table["n_not_alive"] == 1).all()


def test_a_programme_that_runs_is_not_asked_whether_it_lasted():
    table = mechanism_survival(mechanisms(TH_10="mmmm"), programme_end="2567Q3", as_of="2566Q4")
    assert table["reason"].tolist() == ["not_over"] and table["survival"].isna().all()
    assert set(mechanism_survival(mechanisms(), programme_end="2566Q1", as_of="2566Q3", areas=["TH-50"])["reason"]) == {"no_rows"}


# ---------------------------------------------------------------- gains kept


def series(*values, area="TH-50", name="S1", first=2020, direction="higher") -> pd.DataFrame:
    return pd.DataFrame({"REF_AREA": area, "SERIES": name, "period": range(first, first + len(values)), "value": values, "direction": direction})


def test_the_part_of_a_gain_that_is_left_is_counted_from_the_baseline():
    for direction, values in (("higher", [10, 12, 20, 18, 13]), ("lower", [-10, -12, -20, -18, -13])):
        row = sustained_gain(series(*values, direction=direction), start=2020, end=2022, k=1).iloc[0]
        assert (row["gain"], row["kept_part"], row["kept"]) == (10, 0.8, 1)
        later = sustained_gain(series(*values, direction=direction), start=2020, end=2022, k=2).iloc[0]
        assert later["kept_part"] == pytest.approx(0.3) and later["kept"] == 0 and later["kept_throughout"] == 0


@pytest.mark.parametrize(
    ("values", "reason"), [([10, 9, 8, 9], "no_gain"), ([10, 11, 12], "not_yet"), ([10, None, None, 12], "no_value_at_end"), ([None, 10, 12, 12], "no_baseline")]
)  # fmt: skip
def test_why_a_gain_is_not_judged(values, reason):
    assert sustained_gain(series(*values), start=2020, end=2022, k=1)["reason"].tolist() == [reason]


def test_a_series_without_direction_is_not_judged_and_k_is_at_least_one():
    assert sustained_gain(series(1, 2, 3, 4, direction="none"), start=2020, end=2022)["reason"].tolist() == ["no_direction"]
    with pytest.raises(UsageError, match="no time after"):
        sustained_gain(series(1, 2, 3), start=2020, end=2022, k=0)


@pytest.mark.parametrize("keep", [0.25, 0.5, 0.8])
def test_noise_alone_keeps_the_share_that_the_formula_says(keep):
    before, end, after = np.random.default_rng(20301231).normal(size=(3, 200_000))
    gained = end > before
    part = (after - before)[gained] / (end - before)[gained]
    assert np.mean(part >= keep) == pytest.approx(kept_by_noise(keep), abs=0.005)


def test_noise_is_seldom_called_kept_or_lost_and_a_lasting_gain_is_called_kept():
    rng = np.random.default_rng(6)
    called = []
    for _ in range(200):
        values = rng.normal(size=(60, 3))
        gains = pd.DataFrame({"REF_AREA": [f"TH-{i}" for i in range(100, 160)], "gain": values[:, 1] - values[:, 0]})
        part = (values[:, 2] - values[:, 0]) / gains["gain"]
        gains["kept"] = np.where(gains["gain"] > 0, (part >= 0.5).astype(float), np.nan)
        gains["reason"] = np.where(gains["gain"] > 0, "", "no_gain")
        called.append(share_kept(gains, areas=[]).iloc[-1]["verdict"])
    assert np.mean([c in ("kept", "lost") for c in called]) <= 0.08
    lasting = pd.concat([series(0, 0, 5, 5 + e, area=f"TH-{i}") for i, e in enumerate(rng.normal(0, 0.5, 20), 10)])
    row = share_kept(sustained_gain(lasting, start=2020, end=2022), areas=[]).iloc[-1]
    assert row["verdict"] == "kept" and row["n"] == 20 and row["by_noise"] == 0.5


def test_the_share_of_gains_kept_has_wilsons_interval_and_counts_the_rest():
    gains = pd.concat([series(0, 1, 2, 2, name="A"), series(0, 1, 2, 0, name="B"), series(0, 1, 2, name="C"), series(2, 1, 0, 0, name="D"), series(0, 1, 2, 3, name="E", direction="")])
    row = share_kept(sustained_gain(gains, start=2020, end=2022)).set_index("REF_AREA").loc["TH-50"]
    assert (row["kept"], row["n"], row["n_no_gain"], row["n_not_yet"], row["n_unknown"]) == (1, 2, 1, 1, 1)
    assert (row["ci_low"], row["ci_high"]) == pytest.approx(proportion_confint(1, 2, method="wilson"))
    assert share_kept(sustained_gain(series(), start=2020, end=2022), areas=["TH-50"])["reason"].tolist() == ["no_gains"] * 2


# ---------------------------------------------------------------- the community


def test_the_community_initiated_share_is_of_projects_that_say_who_began():
    project = pd.DataFrame({"project_id": list("abcdef"), "REF_AREA": "TH-50", "initiator": ["community", "community", "state", "joint", "", "private"]})
    own = community_share(project, areas=["TH-50", "TH-96"]).set_index(["REF_AREA", "initiator"])
    assert own.loc["TH-50"].index.tolist() == list(INITIATORS)
    row = own.loc[("TH-50", "community")]
    assert (row["k"], row["n"], row["n_not_stated"]) == (2, 5, 1) and (row["ci_low"], row["ci_high"]) == pytest.approx(proportion_confint(2, 5, method="wilson"))
    assert set(own.loc["TH-96", "reason"]) == {"no_rows"}
    with pytest.raises(DataError, match="'ngo' is not one of"):
        community_share(project.assign(initiator="ngo"))


def test_hours_that_nobody_stated_are_not_zero():
    activity = pd.DataFrame({"project_id": ["a", "a", "b"], "community_hours": [5, 0, None], "fiscal_quarter": ["2567Q1", "2567Q2", "2567Q1"]})
    project = pd.DataFrame({"project_id": ["a", "b"], "REF_AREA": ["TH-50", "TH-10"]})
    table = community_hours(activity, project, as_of="2567Q2").set_index("REF_AREA")
    assert table.loc["TH-50", ["hours", "activities_with", "n"]].tolist() == [5, 1, 2]
    assert np.isnan(table.loc["TH-10", "hours"]) and table.loc["TH-10", "reason"] == "not_stated"
    assert community_hours(activity, project, as_of="2567Q1").set_index("REF_AREA").loc["TH-50", "n"] == 1


# ---------------------------------------------------------------- leaders


def leaders(rng, areas, chance) -> pd.DataFrame:
    rows = [(a, q, 1, "2023-10-01" if q == "2567Q1" and rng.random() < chance else None) for a in areas for q in QUARTERS]
    return pd.DataFrame(rows, columns=["REF_AREA", "fiscal_quarter", "governor_led_events", "role_change_date"])


def pace_of(rng, areas, led, effect=0.0) -> pd.DataFrame:
    """Pace with provinces of their own level and quarters of their own season, slower after a change by `effect`."""
    moved = set(led.loc[led["role_change_date"].notna(), "REF_AREA"])
    season = dict(zip(QUARTERS, [-0.3, 0, 0.1, 0.3] * 2, strict=True))
    level = dict(zip(areas, rng.normal(0, 0.2, len(areas)), strict=True))
    rows = [(a, q, 0.7 + season[q] + level[a] + rng.normal(0, 0.1) + effect * (a in moved and q in ("2567Q1", "2567Q2"))) for a in areas for q in QUARTERS]
    return pd.DataFrame(rows, columns=["REF_AREA", "fiscal_quarter", "pace"])


def test_the_season_is_not_taken_for_a_change_of_leader():
    rng = np.random.default_rng(20301231)
    areas = [f"TH-{i}" for i in range(10, 50)]
    covered, found, runs = 0, 0, 80
    for _ in range(runs):
        led = leaders(rng, areas, 0.4)
        row = turnover_and_pace(led, pace_of(rng, areas, led)).iloc[0]
        covered += row["ci_low"] <= 0 <= row["ci_high"]
        found += turnover_and_pace(led, pace_of(rng, areas, led, effect=-0.15)).iloc[0]["ci_high"] < 0
    assert covered / runs >= 0.90 and found / runs >= 0.85


def test_the_difference_and_its_error_are_those_of_statsmodels():
    import statsmodels.formula.api as smf

    rng = np.random.default_rng(2)
    areas = [f"TH-{i}" for i in range(10, 30)]
    led = leaders(rng, areas, 0.5)
    table = pace_of(rng, areas, led, effect=-0.2).drop(index=[3, 17, 40])
    moved = set(led.loc[led["role_change_date"].notna(), "REF_AREA"])
    table["flag"] = (table["REF_AREA"].isin(moved) & table["fiscal_quarter"].isin(["2567Q1", "2567Q2"])).astype(float)
    fit = smf.ols("pace ~ flag + C(REF_AREA) + C(fiscal_quarter)", table).fit(cov_type="cluster", cov_kwds={"groups": pd.factorize(table["REF_AREA"])[0]})
    got = two_way_difference(table["pace"], table["flag"], table["REF_AREA"], table["fiscal_quarter"])
    assert got == pytest.approx((fit.params["flag"], fit.bse["flag"]), rel=1e-8)
    assert np.isnan(two_way_difference([1, 2, 3, 4], [0, 1, 0, 1], list("aabb"), list("1212"))).all()


def test_a_difference_with_a_change_of_leader_is_a_description_with_n():
    rng = np.random.default_rng(1)
    areas = [f"TH-{i}" for i in range(10, 40)]
    led = leaders(rng, areas, 0.5)
    row = turnover_and_pace(led, pace_of(rng, areas, led, effect=-0.2)).iloc[0]
    assert row["difference"] == pytest.approx(-0.2, abs=0.1) and row["caution"] == "described_not_caused"
    assert row["n"] == led["role_change_date"].notna().sum() and row["n_quarters"] == 2 * row["n"]
    assert "ไม่ใช่ผล" in CAUTION_TH and "not an effect" in CAUTION_EN


def test_no_or_few_changes_of_leader_say_so():
    rng = np.random.default_rng(1)
    areas = [f"TH-{i}" for i in range(10, 40)]
    never = leaders(rng, areas, 0.0)
    assert turnover_and_pace(never, pace_of(rng, areas, never))["reason"].tolist() == ["no_changes"]
    few = leaders(rng, areas[:3], 1.0)
    assert turnover_and_pace(few, pace_of(rng, areas, few))["reason"].tolist() == ["few_areas"]


def test_the_context_line_counts_quarters_since_the_change():
    led = pd.DataFrame({"REF_AREA": "TH-50", "fiscal_quarter": ["2566Q4", "2567Q1", "2567Q2"], "governor_led_events": [1, 0, 3], "role_change_date": [None, "2023-10-01", None]})
    row = leadership_context(led, as_of="2567Q2", areas=["TH-50", "TH-96"]).set_index("REF_AREA")
    assert row.loc["TH-50", ["governor_led_events", "changes", "quarters_since_change"]].tolist() == [3, 1, 1]
    assert row.loc["TH-96", "reason"] == "not_reported" and np.isnan(row.loc["TH-96", "governor_led_events"])


def test_the_order_of_events_is_read_off_their_first_quarters():
    led = pd.DataFrame({"REF_AREA": ["TH-50", "TH-50", "TH-10", "TH-11"], "fiscal_quarter": ["2566Q1", "2566Q2", "2566Q3", "2566Q1"], "governor_led_events": [0, 2, 1, 1]})
    taught = pd.DataFrame({"REF_AREA": ["TH-50", "TH-10"], "event_date": ["2023-05-01", "2023-01-15"]})
    heard = pd.DataFrame({"REF_AREA": ["TH-50", "TH-10"], "event_date": ["2023-12-01", "2024-01-01"]})
    formed = pd.DataFrame({"REF_AREA": ["TH-50"], "start_date": ["2023-08-01"]})
    table = order_of_events(led, taught, heard, formed, as_of="2567Q2").set_index("REF_AREA")
    assert table.loc["TH-50", ["leader", "team", "citizens", "lag_team", "lag_citizens", "order"]].tolist() == ["2566Q2", "2566Q3", "2566Q4", 1, 1, "as_told"]
    assert table["order"].to_dict() == {"TH-10": "other", "TH-11": "incomplete", "TH-50": "as_told"}
    share = order_share(table.reset_index())
    assert (share.n, share.share) == (2, 0.5)
    nothing = order_of_events(led.iloc[:0], taught.iloc[:0], heard.iloc[:0], formed.iloc[:0], as_of="2567Q2", areas=["TH-50"])
    assert nothing["order"].tolist() == ["incomplete"] and np.isnan(order_share(nothing).share)


# ---------------------------------------------------------------- inputs, effort, answers


def test_resources_count_once_delivered_and_by_kind():
    table = resources_in_use(
        pd.DataFrame({
            "REF_AREA": "TH-50", "kind": ["software", "software", "hardware", "hardware", "people"], "quantity": [1, 2, 5, 5, 1],
            "delivered_date": ["2023-10-01", "2023-11-01", "2024-02-01", "2024-06-01", "2024-01-01"], "in_use": [1, 0, 1, 1, None],
        }), as_of="2567Q2",
    ).set_index(["REF_AREA", "kind"]).loc["TH-50"]  # fmt: skip
    assert table["share"].tolist()[:2] == [0.5, 1.0] and table.loc["hardware", "n_to_come"] == 1 and table.loc["people", "reason"] == "not_stated"
    assert (table.loc["software", "ci_low"], table.loc["software", "ci_high"]) == pytest.approx(proportion_confint(1, 2, method="wilson"))
    assert table.loc["hardware", ["quantity", "quantity_in_use"]].tolist() == [5, 5]


def metrics(rng, n, effect) -> pd.DataFrame:
    season = {"1": 8, "2": 0, "3": 3, "4": -5}
    rows = []
    for a in range(n):
        own = rng.normal(30, 5)
        rows += [("1", q, f"TH-{a + 10}", max(0, own + season[q[-1]] + rng.normal(0, 3) + effect * (q >= "2567Q1")), 5, 1) for q in QUARTERS[1:]]
    return pd.DataFrame(rows, columns=["step", "fiscal_quarter", "REF_AREA", "hours", "latency_days", "rework"])


def test_effort_is_compared_within_province_and_season():
    rng = np.random.default_rng(3)
    covered, runs = 0, 60
    for _ in range(runs):
        # the first quarter is missing before, so plain means would mix a change with the season
        row = process_change(metrics(rng, 15, -4.0), change_quarter="2567Q1").iloc[0]
        covered += row["ci_low"] <= -4 <= row["ci_high"]
    assert covered / runs >= 0.88
    assert row["caution"] == "change_not_effect" and row["n"] == 15 and row["change_pct"] == pytest.approx(-13, abs=6)


def test_every_step_and_metric_is_listed_with_the_reason_for_a_blank():
    table = process_change(metrics(np.random.default_rng(3), 3, 0.0), change_quarter="2567Q1")
    assert len(table) == 12 and table["reason"].tolist()[:3] == ["few_areas"] * 3 and set(table["reason"].tolist()[3:]) == {"no_rows"}


def test_the_interval_of_a_mean_is_scipys():
    values = np.array([1.0, 2, 4, 7, 7, 9])
    expected = stats.t.interval(0.95, 5, loc=values.mean(), scale=stats.sem(values))
    assert mean_ends(values) == pytest.approx(expected)


def test_answers_count_once_their_time_is_up():
    request = pd.DataFrame({
        "request_id": list("abcde"), "REF_AREA": "TH-50", "request_date": ["2024-01-01", "2024-01-10", "2024-02-01", "2024-03-20", "2024-03-25"],
        "answered_date": ["2024-01-11", "2024-02-29", None, "2024-03-22", None],
    })  # fmt: skip
    row = requests_answered(request, as_of="2567Q2", days=30).set_index("REF_AREA").loc["TH-50"]
    # due: a in time, b after 50 days, c never; d was quick and e waits, but their thirty days are not up
    assert (row["in_time"], row["n"], row["n_open"], row["oldest_open_days"]) == (1, 3, 2, 59)
    assert (row["ci_low"], row["ci_high"]) == pytest.approx(proportion_confint(1, 3, method="wilson"))
    # Kaplan-Meier by hand: 2 days 4/5, cut at 6, 10 days 4/5 * 2/3, 50 days half of that
    assert row["median_days"] == 50 and row["n_waits"] == 5
    assert requests_answered(request.iloc[:0], as_of="2567Q2", areas=["TH-50"])["reason"].tolist() == ["no_rows"] * 2
    assert requests_answered(request.iloc[3:], as_of="2567Q2").iloc[0]["reason"] == "none_due"
    with pytest.raises(DataError, match="answered before it was asked"):
        requests_answered(request.assign(answered_date="2020-01-01"), as_of="2567Q2")
