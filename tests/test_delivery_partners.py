"""Seven networks, the web of shared work, one team."""

import numpy as np
import pandas as pd
import pytest

from sdg_eval.delivery.partners import (
    NETWORKS,
    agencies_of,
    balance,
    balance_interval,
    bipartite,
    missing_networks,
    network_shares,
    one_team,
    partner_balance,
    partner_network,
    sdg_network,
    team_modularity,
)
from sdg_eval.errors import DataError
from tests.conftest import ROOT
from tests.counts import report, times


def projects(count: int, area: str = "TH-50", **columns) -> pd.DataFrame:
    return pd.DataFrame({
        "project_id": [f"{area}-{k}" for k in range(count)], "REF_AREA": area, "agency_id": "dopa", "start_date": "", "end_date": "",
    }).assign(**columns)  # fmt: skip


def partners(table: pd.DataFrame, networks: dict) -> pd.DataFrame:
    """One row for each project number of each network."""
    rows = [(table["project_id"].iloc[k], name, "deliver") for name, numbers in networks.items() for k in numbers]
    return pd.DataFrame(rows, columns=["project_id", "network_id", "role"])


def test_the_seven_networks_are_those_of_the_codelist():
    assert list(pd.read_csv(ROOT / "data" / "codelists" / "networks.csv")["network_id"]) == list(NETWORKS)


def test_balance_is_the_entropy_that_scipy_gives():
    from scipy.stats import entropy

    counts = np.array([9, 1, 3, 2, 0, 4, 1])
    assert balance(counts) == pytest.approx(entropy(counts / counts.sum()) / np.log(7))
    assert balance([3] * 7) == pytest.approx(1) and balance([5, 0, 0, 0, 0, 0, 0]) == 0 and np.isnan(balance([0] * 7))


def test_every_province_has_seven_rows_and_a_blank_has_its_reason():
    table = projects(6)
    rows = network_shares(table, partners(table, {"government": range(6), "people": [0, 1]}), areas=["TH-50", "TH-51"])
    assert list(rows.groupby("REF_AREA").size()) == [7, 7, 7]
    own = rows[rows["REF_AREA"] == "TH-50"].set_index("network_id")
    assert own.loc["media", ["verdict", "n_with", "n_projects"]].tolist() == ["missing", 0, 6]
    assert own.loc["people", "share"] == pytest.approx(1 / 3) and own.loc["people", "role_share"] == pytest.approx(2 / 8)
    # Wilson 2 of 6, hand computed: (2/6 + z2/12 ± z sqrt(2/54 + z2/144)) / (1 + z2/6), z2 = 3.8415
    assert own.loc["people", ["ci_low", "ci_high"]].tolist() == pytest.approx([0.0968, 0.7000], abs=5e-5)
    other = rows[rows["REF_AREA"] == "TH-51"]
    assert set(other["verdict"]) == {"cannot_be_told"} and set(other["reason"]) == {"no_project"}


def test_partners_that_nobody_wrote_down_are_not_missing_networks():
    table = projects(6)
    rows = network_shares(table, partners(table, {}))
    assert set(rows["reason"]) == {"no_partner_recorded"} and (rows["n_unrecorded"] == 6).all()
    three = network_shares(table, partners(table, {"government": range(3)})).set_index(["REF_AREA", "network_id"])
    assert three.loc[("TH-50", "media"), ["verdict", "reason"]].tolist() == ["cannot_be_told", "few_projects"]


def test_an_eighth_network_is_refused():
    table = projects(1)
    with pytest.raises(DataError, match="army"):
        network_shares(table, partners(table, {"army": [0]}))


def test_each_project_says_which_networks_it_lacks():
    table = projects(2)
    rows = missing_networks(table, partners(table, {"government": [0], "media": [0]}))
    assert rows.loc[0, "present"] == "government;media" and rows.loc[0, "missing"].split(";") == [n for n in NETWORKS if n not in ("government", "media")]
    assert rows.loc[1, ["missing", "reason"]].tolist() == ["", "no_partner_recorded"]


def test_a_planted_missing_network_is_found_and_no_other():
    rng = np.random.default_rng(7)
    table = projects(30)
    held = {name: [k for k in range(30) if rng.random() < 0.35] for name in NETWORKS if name != "religious"}
    rows = network_shares(table, partners(table, held))
    assert set(rows.loc[rows["verdict"] == "missing", "network_id"]) == {"religious"}


def test_a_quarter_counts_the_projects_that_ran_in_it():
    table = projects(3, start_date=["2024-01-15", "2023-05-01", ""], end_date=["", "2023-12-31", ""])
    # 2567Q2 is January to March 2024: the second ended before it
    rows = network_shares(table, partners(table, {"government": range(3)}), quarter="2567Q2")
    assert set(rows["n_projects"]) == {2}


# ---------------------------------------------------------------- entropy of few projects


def drawn(rng, count: int, reach) -> np.ndarray:
    """Project x network roles: projects differ in how open they are, a network may hold two roles."""
    odds = np.log(reach / (1 - reach)) + 0.5 * rng.normal(size=(count, 1))
    roles = (rng.random((count, 7)) < 1 / (1 + np.exp(-odds))) * (1 + (rng.random((count, 7)) < 0.3))
    roles[:, 0] = np.maximum(roles[:, 0], 1)
    return roles


FEW, MANY = np.array([0.99, 0.03, 0.1, 0.1, 0.15, 0.2, 0.02]), np.array([0.99, 0.1, 0.3, 0.3, 0.4, 0.5, 0.1])


@pytest.mark.parametrize("reach", [FEW, MANY])
@pytest.mark.parametrize("count", [6, 14, 40])
def test_the_interval_of_the_balance_holds_the_truth_and_the_correction_takes_the_bias_off(count, reach):
    rng = np.random.default_rng(20301231)
    truth = float(balance(drawn(rng, 200_000, reach).sum(axis=0)))
    runs = [balance_interval(drawn(rng, count, reach), draws=300, rng=rng) for _ in range(times(150, 2000))]
    held = np.mean([r.ci_low <= truth <= r.ci_high for r in runs])
    bias, left = np.mean([r.balance for r in runs]) - truth, np.mean([r.balance_corrected for r in runs]) - truth
    report("balance", f"{count} projects, truth {truth:.2f}: interval holds {held:.1%}; bias {bias:+.3f}, corrected {left:+.3f}")
    assert 0.88 <= held <= 0.995
    assert bias < 0 and abs(left) < 0.5 * abs(bias) + 0.02


def test_thin_registers_give_a_reason_and_even_ones_no_false_width():
    assert balance_interval(np.zeros((0, 7))).reason == "no_project"
    four = balance_interval(np.eye(7)[[0, 0, 1, 2]])
    assert four.reason == "few_projects" and np.isnan(four.ci_low) and four.balance > 0
    alike = balance_interval(np.ones((20, 7)))
    assert alike.balance == pytest.approx(1) and alike.ci_low == pytest.approx(1) and alike.interval == "jackknife_t"


def test_balances_do_not_depend_on_which_other_provinces_are_listed():
    both = pd.concat([projects(15), projects(15, "TH-51")], ignore_index=True)
    rng = np.random.default_rng(3)
    held = partners(both, {name: [k for k in range(30) if rng.random() < 0.4] for name in NETWORKS})
    alone = both[both["REF_AREA"] == "TH-51"]
    one, two = (partner_balance(t, held, draws=200).set_index("REF_AREA").loc["TH-51"] for t in (both, alone))
    assert one.equals(two) and one["interval"] == "bootstrap_t"


# ---------------------------------------------------------------- the web


def test_a_small_web_by_hand():
    edges = pd.DataFrame({"area": list("AABBCD"), "goal": ["1", "2", "2", "3", "3", "9"]})
    web = bipartite(edges, "area", "goal", events=[str(g) for g in range(1, 18)])
    assert (web.n_actors, web.n_events, web.n_edges) == (4, 17, 6) and web.density == 6 / 68
    # projection: A-B (goal 2), B-C (goal 3), D alone; only B lies between two others
    assert web.ties.to_numpy().tolist() == [["A", "B", 1], ["B", "C", 1]]
    assert web.actors["betweenness"].tolist() == [0, 1, 0, 0] and web.n_components == 2
    assert web.projection_density == 2 / 6 and web.actors["component"].tolist() == [1, 1, 1, 2]


def test_goals_that_nobody_serves_stay_in_the_list():
    table = projects(2)
    target = pd.DataFrame({"project_id": table["project_id"], "target": ["11.6", "1.2"]})
    web = sdg_network(table, target, actors=["TH-50", "TH-51"])
    assert len(web.events) == 17 and web.events.loc[web.events["degree"] > 0, "event"].tolist() == ["1", "11"]
    assert web.actors.set_index("actor").loc["TH-51", "degree"] == 0
    by_agency = sdg_network(table, target, actor="agency_id", project_agency=pd.DataFrame({"project_id": ["TH-50-0"], "agency_id": ["dla"]}))
    assert by_agency.actors.set_index("actor")["degree"].to_dict() == {"dla": 1, "dopa": 2}


def test_an_empty_web_says_so():
    web = partner_network(projects(0), partners(projects(0), {}))
    assert web.reason == "no_tie" and len(web.events) == 7 and np.isnan(web.density)


# ---------------------------------------------------------------- one team


def teams(groups) -> tuple[pd.DataFrame, pd.DataFrame]:
    table = projects(len(groups), agency_id=[g[0] for g in groups])
    rows = [(table["project_id"].iloc[k], name, "co") for k, group in enumerate(groups) for name in group[1:]]
    return table, pd.DataFrame(rows, columns=["project_id", "agency_id", "role"])


def test_the_lead_counts_as_an_agency_once():
    table, roles = teams([["a"], ["a", "a"], ["a", "b"], ["b"], ["c", "a", "b"], [""]])
    assert agencies_of(table, roles).groupby("project_id").size().tolist() == [1, 1, 2, 1, 3]
    row = one_team(table, roles).iloc[0]
    assert (row["n_projects"], row["n_unrecorded"], row["n_single"], row["share"]) == (5, 1, 3, 0.6)


def test_modularity_of_two_walled_groups_is_what_the_formula_gives():
    # two triangles of equal weight, no tie between: Q = sum over groups of (1/2 - (1/2)^2) = 1/2
    table, roles = teams([["a", "b", "c"], ["d", "e", "f"]] * 6)
    row = team_modularity(table, roles, ["2567Q1"]).iloc[0]
    assert (row["modularity"], row["n_groups"], row["n_ties"], row["n_agencies"]) == (pytest.approx(0.5), 2, 6, 6)
    assert row["verdict"] == "walls" and row["random_high"] < 0.3


def test_agencies_that_meet_by_chance_are_not_called_walled():
    rng, walls = np.random.default_rng(11), []
    names = [f"a{k:02d}" for k in range(14)]
    for _ in range(times(60, 400)):
        groups = [list(rng.choice(names, rng.integers(2, 5), replace=False)) for _ in range(30)]
        walls.append(team_modularity(*teams(groups), ["2567Q1"], draws=39).iloc[0]["verdict"] == "walls")
    report("one team", f"chance teams called walled: {np.mean(walls):.1%}")
    assert np.mean(walls) < 0.10


def test_a_quarter_without_shared_projects_cannot_be_told():
    row = team_modularity(*teams([["a"], ["b"]]), ["2567Q1"]).iloc[0]
    assert row["verdict"] == "cannot_be_told" and row["reason"] == "few_shared_projects" and np.isnan(row["modularity"])
