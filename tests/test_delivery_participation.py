"""Who was in the room: representation against the population, silent groups, what became of proposals."""

import numpy as np
import pandas as pd
import pytest

from sdg_eval.delivery.participation import (
    GROUPS,
    adoption,
    population_shares,
    read_rooms,
    representativeness,
    silent_groups,
)
from sdg_eval.errors import DataError
from tests.conftest import ROOT
from tests.counts import report, times

SHARES = {"women": 0.51, "men": 0.49, "youth": 0.14, "older": 0.2, "disability": 0.03, "ethnic": 0.04, "migrant": 0.05, "poor": 0.1}


def events(count, area="TH-50", **columns) -> pd.DataFrame:
    return pd.DataFrame({
        "event_id": [f"{area}-{k}" for k in range(count)], "REF_AREA": area, "event_date": "2024-02-01", "kind": "hearing",
        "proposals": 10, "adopted": 4, "answered": 8,
    }).assign(**columns)  # fmt: skip


def people(table, **groups) -> pd.DataFrame:
    rows = [(event, group, n) for group, numbers in groups.items() for event, n in zip(table["event_id"], np.broadcast_to(numbers, len(table)), strict=True)]
    return pd.DataFrame(rows, columns=["event_id", "group", "participants"])


def population(areas=("TH-50",), shares=SHARES, total=1_000_000) -> pd.DataFrame:
    return pd.DataFrame([(a, g, round(s * total), 2566) for a in areas for g, s in shares.items()], columns=["REF_AREA", "group", "people", "year"])


def room(rng, table, *, alike=0.1, turnout=None) -> pd.DataFrame:
    """Rooms of 15 to 80 in which each group comes with its share of the population times its turnout."""
    everyone = rng.integers(15, 80, len(table))
    turnout = turnout or {}
    counts = {}
    for group, share in SHARES.items():
        p = share * turnout.get(group, 1.0)
        own = rng.beta(p * (1 / alike - 1), (1 - p) * (1 / alike - 1), len(table)) if p > 0 else np.zeros(len(table))
        counts[group] = rng.binomial(everyone, own)
    counts["men"] = everyone - counts["women"]
    return people(table, **counts)


def test_groups_are_those_of_the_codelist():
    table = pd.read_csv(ROOT / "data" / "codelists" / "groups.csv")
    assert dict(zip(table["group"], table["family"], strict=True)) == GROUPS


def test_a_ratio_by_hand():
    table = events(6)
    rows = representativeness(table, people(table, women=30, men=20, youth=[10, 10, 0, 0, 10, 0]), population())
    own = rows[rows["REF_AREA"] == "TH-50"].set_index("group")
    assert own.loc["women", "share"] == 0.6 and own.loc["women", "ratio"] == pytest.approx(0.6 / 0.51)
    assert own.loc["youth", ["participants", "n_participants"]].tolist() == [30, 300]
    # older people: no row, but the youth were counted at each event, so nobody of them came
    assert own.loc["older", ["participants", "n_events"]].tolist() == [0, 6]
    # the other family was not counted at all
    assert set(own.loc[["disability", "ethnic", "migrant", "poor"], "reason"]) == {"not_recorded"}
    assert len(rows) == 16 and rows["REF_AREA"].tolist()[-1] == "TH"


def test_what_nobody_counted_is_not_zero():
    table = events(2)
    rows = people(table, women=[5, 5], men=[5, np.nan], youth=[np.nan, 3])
    rooms = read_rooms(table, rows)
    assert rooms["everyone"].isna().tolist() == [False, True] and rooms["youth"].isna().tolist() == [True, False]
    assert rooms["older"].isna().tolist() == [True, False] and rooms["poor"].isna().all()


def test_the_population_is_of_its_latest_year_and_the_country_sums_provinces():
    table = pd.concat([population(["TH-50", "TH-51"]), population(["TH-50"], SHARES | {"older": 0.3}).assign(year=2567)])
    got = population_shares(table)
    assert got.loc["TH-50", "older"] == pytest.approx(0.3) and got.loc["TH", "older"] == pytest.approx(0.25)


def test_thin_data_have_a_reason():
    table = events(3)
    rows = representativeness(table, people(table, women=30, men=20, youth=10), population(), areas=["TH-50", "TH-51"])
    by = rows.set_index(["REF_AREA", "group"])
    assert by.loc[("TH-50", "women"), ["verdict", "reason"]].tolist() == ["cannot_be_told", "few_events"]
    assert by.loc[("TH-51", "women"), "reason"] == "no_event" and not rows["silent"].any()
    none = representativeness(events(6), people(events(6), women=30, men=20), population(["TH-51"])).set_index(["REF_AREA", "group"])
    assert none.loc[("TH-50", "women"), ["verdict", "reason"]].tolist() == ["cannot_be_told", "no_population"]


def test_few_people_are_not_shown_but_the_verdict_stays():
    table = events(20)
    rows = representativeness(table, people(table, women=30, men=20, youth=[4] + [0] * 19), population())
    youth = rows.set_index(["REF_AREA", "group"]).loc[("TH-50", "youth")]
    assert youth["silent"] and youth["verdict"] == "under" and youth["reason"] == "suppressed" and np.isnan(youth["ratio"])
    one_man = representativeness(table, people(table, women=30, men=[1] * 5 + [0] * 15), population()).set_index(["REF_AREA", "group"])
    assert one_man.loc[[("TH-50", "men"), ("TH-50", "women")], "share"].isna().all()


def test_wrong_numbers_are_refused():
    table = events(1)
    with pytest.raises(DataError, match="Unknown group"):
        read_rooms(table, people(table, women=3, robots=2))
    with pytest.raises(DataError, match="which table participation does not have"):
        read_rooms(table, people(events(2), women=3))


def test_one_event_that_contradicts_itself_is_left_out_and_named_and_stops_no_other_province():
    table = pd.concat([events(6), events(6, "TH-51")], ignore_index=True)
    sound = people(table, women=30, men=20, youth=10)
    bad = sound.assign(participants=sound["participants"].mask((sound["event_id"] == "TH-50-2") & (sound["group"] == "youth"), 51))
    rooms = read_rooms(table, bad)
    assert rooms.loc["TH-50-2", "wrong"] == "youth" and np.isnan(rooms.loc["TH-50-2", "everyone"]) and (rooms["wrong"] != "").sum() == 1
    got, before = (representativeness(table, t, population(["TH-50", "TH-51"])).set_index(["REF_AREA", "group"]) for t in (bad, sound))
    row = got.loc[("TH-50", "youth")]
    assert row[["n_events", "n_events_unrecorded", "n_events_wrong", "events_wrong", "participants"]].tolist() == [5, 1, 1, "TH-50-2", 50]
    pd.testing.assert_frame_equal(got.loc[["TH-51"]], before.loc[["TH-51"]])
    assert got.loc[("TH-51", "youth"), ["n_events_wrong", "events_wrong"]].tolist() == [0, ""]
    only = representativeness(events(1), people(events(1), women=3, men=2, youth=9), population()).set_index(["REF_AREA", "group"])
    assert only.loc[("TH-50", "women"), ["verdict", "reason", "n_events_wrong"]].tolist() == ["cannot_be_told", "not_recorded", 1]


@pytest.mark.parametrize("column", ["adopted", "answered"])
def test_more_adopted_or_answered_than_proposed_is_left_out_and_named(column):
    table = pd.concat([events(3), events(3, "TH-51")], ignore_index=True)
    table.loc[1, column] = 12
    row = adoption(table).set_index("REF_AREA")
    assert row.loc["TH-50", ["n_events", "n_events_wrong", "events_wrong", "proposals", "adopted"]].tolist() == [3, 1, "TH-50-1", 20, 8]
    assert row.loc["TH-51", ["n_events_wrong", "proposals"]].tolist() == [0, 30] and row.loc["TH", "events_wrong"] == "TH-50-1"


def test_a_group_nobody_saw_is_silent_only_where_it_should_have_been_seen():
    table = events(8)
    seldom = representativeness(table, people(table, women=12, men=10, migrant=0), population(), areas=["TH-50"]).set_index(["REF_AREA", "group"])
    # 176 people, 5% migrants: 9 expected; disability 3%: 5 expected, and the interval reaches past 1
    assert not seldom.loc[("TH-50", "disability"), "silent"] and seldom.loc[("TH-50", "disability"), "reason"] == "interval_too_wide"
    many = events(30)
    often = representativeness(many, people(many, women=30, men=30, migrant=0), population()).set_index(["REF_AREA", "group"])
    assert often.loc[("TH-50", "migrant"), "silent"] and often.loc[("TH-50", "migrant"), "participants"] == 0


def test_fair_rooms_are_rarely_called_unfair_and_never_silent():
    rng, rows = np.random.default_rng(20301231), []
    areas = [f"TH-{k}" for k in range(10, 40)]
    for _ in range(times(3, 40)):
        table = pd.concat([events(int(rng.integers(6, 25)), a) for a in areas], ignore_index=True)
        got = representativeness(table, room(rng, table), population(areas))
        rows.append(got[got["REF_AREA"] != "TH"])
    got = pd.concat(rows)
    unfair = got["verdict"].isin(["over", "under"]).groupby(got["group"]).mean()
    held = ((got["ci_low"] <= 1) & (got["ci_high"] >= 1))[got["ratio"].notna()].mean()
    report("participation", f"fair rooms: called over or under {unfair.mean():.1%} (worst group {unfair.max():.1%}), silent {got['silent'].mean():.2%}; interval holds {held:.1%}")
    assert unfair.mean() < 0.06 and unfair.max() < 0.12 and got["silent"].mean() < 0.01


def test_a_group_kept_out_is_found_silent():
    rng, found = np.random.default_rng(7), []
    areas = [f"TH-{k}" for k in range(10, 30)]
    for _ in range(times(4, 40)):
        table = pd.concat([events(20, a) for a in areas], ignore_index=True)
        got = representativeness(table, room(rng, table, alike=0.05, turnout={"youth": 0.1, "older": 0.0}), population(areas))
        silent = silent_groups(got)
        assert set(silent["group"]) <= {"youth", "older"}
        found.append(len(silent[silent["REF_AREA"] != "TH"]) / 40)
    report("participation", f"silent groups found in 20 events: {np.mean(found):.1%}")
    assert np.mean(found) > 0.95


def test_a_quarter_counts_its_own_events():
    table = events(12, event_date=["2024-02-01"] * 6 + ["2024-05-01"] * 6)
    rows = people(table, women=[30] * 6 + [10] * 6, men=20)
    got = representativeness(table, rows, population(), quarters=["2567Q2"]).set_index(["REF_AREA", "group"])
    assert got.loc[("TH-50", "women"), "share"] == 0.6 and got.loc[("TH-50", "women"), "n_events"] == 6


# ---------------------------------------------------------------- proposals


def test_adoption_counts_what_was_counted():
    table = events(6, proposals=[10, 10, 0, "", 10, 10], adopted=[4, 6, 0, "", "", 5], answered=[10, 8, 0, "", 9, 9])
    row = adoption(table, areas=["TH-50", "TH-51"]).set_index("REF_AREA").loc["TH-50"]
    assert (row["proposals"], row["adopted"], row["adoption_rate"]) == (30, 15, 0.5) and row["n_events_unrecorded"] == 2
    assert row["answered_rate"] == pytest.approx(36 / 40) and row["ci_low"] < 0.5 < row["ci_high"]
    assert adoption(events(2, proposals=0, adopted=0, answered=0)).iloc[0]["reason"] == "no_proposal"
    assert adoption(table, areas=["TH-51"]).iloc[0]["reason"] == "no_event"


def test_the_interval_of_adoption_holds_the_truth_though_forums_differ():
    rng, held = np.random.default_rng(20301231), []
    for _ in range(times(15, 200)):
        table = pd.concat([events(int(rng.integers(5, 20)), f"TH-{k}") for k in range(10, 40)], ignore_index=True)
        size = rng.integers(2, 25, len(table))
        own = rng.beta(0.35 * 4, 0.65 * 4, len(table))  # correlation 0.2
        table = table.assign(proposals=size, adopted=rng.binomial(size, own))
        got = adoption(table.assign(answered=table["adopted"]))
        held += ((got["ci_low"] <= 0.35) & (got["ci_high"] >= 0.35)).tolist()
    report("participation", f"adoption rate: interval holds {np.mean(held):.1%}")
    assert 0.925 <= np.mean(held) <= 0.99
