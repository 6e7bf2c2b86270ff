"""Money beside need: sums are kept to the baht, distances equal hand computation, and intervals cover what they should."""

import numpy as np
import pandas as pd
import pytest

from sdg_eval.delivery.frames import GOALS, UNTAGGED
from sdg_eval.delivery.money import (
    CATEGORIES,
    budget_alignment,
    concentration,
    disbursement_pace,
    dissimilarity,
    dissimilarity_interval,
    hellinger,
    latest_needs,
    mean_interval,
    money_by_goal,
    money_by_source,
    need_shares,
    private_share,
    ratio_interval,
    ratio_share,
    spend_against_gap,
    split_money,
    tag_weights,
)
from sdg_eval.errors import DataError, UsageError

BUDGET_COLUMNS = ["project_id", "REF_AREA", "fiscal_quarter", "source_type", "planned_thb", "disbursed_thb"]


def budget(*rows) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=BUDGET_COLUMNS)


def tags(*rows) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["project_id", "target", "weight", "is_primary"])


def needs(*rows) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["REF_AREA", "target", "severity", "fiscal_year"])


MONEY = budget(
    ("P1", "TH-50", "2567Q1", "public", 600, 300), ("P1", "TH-50", "2567Q2", "public", 400, 400), ("P2", "TH-50", "2567Q1", "private", 500, 100),
    ("P3", "TH-50", "2567Q2", "local", 500, None), ("P4", "TH-10", "2567Q1", "donor", 200, 200),
)  # fmt: skip
TAGS = tags(("P1", "1.2", 0.7, 1), ("P1", "13.1", 0.3, 0), ("P2", "4.1", 1, 1), ("P4", "11.6", 1, 1))


# ---------------------------------------------------------------- tagging


def test_money_is_split_by_weight_and_nothing_is_lost_or_spread():
    split = split_money(MONEY, tag_weights(TAGS)).set_index(["REF_AREA", "project_id", "goal"])["planned_thb"]
    assert split.to_dict() == pytest.approx({
        ("TH-50", "P1", "1"): 700, ("TH-50", "P1", "13"): 300, ("TH-50", "P2", "4"): 500, ("TH-50", "P3", UNTAGGED): 500, ("TH-10", "P4", "11"): 200,
    })  # fmt: skip
    assert split.sum() == MONEY["planned_thb"].sum()


def test_equal_and_primary_tagging_move_the_same_baht():
    for tagging, wanted in (("equal", {"1": 0.5, "13": 0.5}), ("primary", {"1": 1.0})):
        weights = tag_weights(TAGS, tagging=tagging)
        assert weights[weights["project_id"] == "P1"].set_index("goal")["weight"].to_dict() == wanted
        assert split_money(MONEY, weights)["planned_thb"].sum() == 2200
    with pytest.raises(UsageError, match="tagging"):
        tag_weights(TAGS, tagging="guess")


def test_weights_that_miss_one_and_two_primaries_are_untagged_not_guessed():
    spoiled = tags(("A", "1.1", 0.5, 1), ("A", "2.1", 0.2, 1), ("B", "1.1", 0.33, 0), ("B", "2.1", 0.33, 0), ("B", "3.1", 0.33, 1), ("C", "5.1", None, 0))
    by_weight = tag_weights(spoiled).groupby("project_id")["goal"].agg(list).to_dict()
    assert by_weight == {"A": [UNTAGGED], "B": ["1", "2", "3"], "C": ["5"]}
    assert tag_weights(spoiled)["weight"].sum() == pytest.approx(3)
    primary = tag_weights(spoiled, tagging="primary").set_index("project_id")["goal"].to_dict()
    assert primary == {"A": UNTAGGED, "B": "3", "C": "5"}


# ---------------------------------------------------------------- need


def test_need_counts_the_latest_year_and_the_highest_severity_of_each_target():
    table = needs(("TH-50", "1.2", 2, 2566), ("TH-50", "1.2", 4, 2566), ("TH-50", "4.1", 5, 2565), ("TH-50", "4.1", 1, 2566))
    got = latest_needs(table).set_index("target")
    assert got["severity"].to_dict() == {"1.2": 4, "4.1": 1} and got.at["1.2", "n_needs"] == 2
    shares = need_shares(table, areas=["TH-50", "TH-96"]).set_index(["REF_AREA", "goal"])["share"]
    assert shares["TH-50"].sum() == pytest.approx(1) and shares["TH-50", "1"] == pytest.approx(0.8) and len(shares) == 3 * 17
    assert shares["TH-96"].isna().all()
    with pytest.raises(DataError, match="scale of 1 to 5"):
        latest_needs(needs(("TH-50", "1.2", 6, 2566)))


# ---------------------------------------------------------------- distances


def test_distances_equal_hand_computation():
    assert dissimilarity([0.6, 0.4, 0], [0.2, 0.3, 0.5]) == pytest.approx(0.5)
    # sqrt(((sqrt .6 - sqrt .2)^2 + (sqrt .4 - sqrt .3)^2 + .5) / 2) = sqrt((0.107180 + 0.007180 + 0.5) / 2)
    assert hellinger([0.6, 0.4, 0], [0.2, 0.3, 0.5]) == pytest.approx(0.554238, abs=1e-6)
    assert dissimilarity([1, 0], [0, 1]) == hellinger([1, 0], [0, 1]) == 1
    assert dissimilarity([0.5, 0.5], [0.5, 0.5]) == 0


def test_the_concentration_index_is_the_covariance_formula_and_the_gini_when_ordered_by_itself():
    rng = np.random.default_rng(2)
    amounts, order = rng.gamma(1, 1, 17), rng.permutation(17)
    rank = (order + 0.5) / 17
    assert concentration(amounts, order) == pytest.approx(2 * np.cov(amounts, rank, bias=True)[0, 1] / amounts.mean())
    # Gini of 1..10 is 0.3 (mean difference 3.3 over twice the mean 5.5)
    assert concentration(np.arange(1, 11), np.arange(1, 11)) == pytest.approx(0.3)
    assert concentration([1, 1, 1, 1], [5, 2, 2, 9]) == pytest.approx(0) and np.isnan(concentration([0, 0], [1, 2]))


def test_an_interval_that_knows_of_lumps_covers_where_the_bootstrap_does_not():
    rng = np.random.default_rng(20301231)
    need = np.append(np.random.default_rng(1).dirichlet(np.full(17, 1.5)), 0.0)
    far = np.append(np.random.default_rng(2).dirichlet(np.ones(17)), 0.0)
    for true in (need, 0.5 * need + 0.5 * far):
        covered, boot, off = 0, 0, 0
        for _ in range(120):
            sizes, goals = rng.lognormal(0, 1, 25), rng.choice(18, 25, p=true)
            pieces = np.zeros((25, 18))
            pieces[np.arange(25), goals] = sizes
            low, high, _, chance_high = dissimilarity_interval(pieces, need, rng, draws=300)
            covered += low - 1e-3 <= dissimilarity(true, need) <= high
            observed = pieces.sum(axis=0) / pieces.sum()
            off += dissimilarity(observed, need) > chance_high
            drawn = rng.multinomial(25, np.full(25, 1 / 25), 200) @ pieces
            ends = np.quantile(0.5 * np.abs(drawn / drawn.sum(axis=1, keepdims=True) - need).sum(axis=1), [0.025, 0.975])
            boot += ends[0] <= dissimilarity(true, need) <= ends[1]
        assert covered / 120 >= 0.88 > 0.5 > boot / 120
        if true is need:
            assert off / 120 <= 0.07  # false alarms: programmes that follow the need, called off it


def test_shares_of_money_cover_the_truth_over_projects_of_very_unequal_size():
    rng = np.random.default_rng(11)

    def programme(n):
        size = rng.lognormal(0, 1, n)
        return size * np.where(rng.random(n) < 0.5, 0, rng.beta(1.2, 1.5, n)), size

    truth = 0.5 * 1.2 / 2.7
    for n, least in ((10, 0.88), (40, 0.90)):
        hits = [(s := ratio_share(*programme(n))).ci_low <= truth <= s.ci_high for _ in range(500)]
        assert np.mean(hits) >= least


def test_the_interval_of_a_share_of_equal_projects_is_wilsons_with_students_quantile():
    from scipy.stats import t

    parts, wholes = np.repeat([1.0, 0.0], [7, 13]), np.ones(20)
    p, z = 7 / 20, t.ppf(0.975, 19)
    # equal projects, all or nothing: the variance over projects is p(1-p)/(n-1), so 19 are what they are worth
    n = 19
    centre, half = (p + z**2 / (2 * n)) / (1 + z**2 / n), z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    got = ratio_share(parts, wholes)
    assert (got.ci_low, got.ci_high) == pytest.approx((centre - half, centre + half), abs=1e-9)


def test_ratios_and_weighted_means_cover_the_truth():
    rng = np.random.default_rng(12)
    ratio, mean, runs = 0, 0, 300
    for _ in range(runs):
        planned = rng.lognormal(0, 1, 30)
        spent = planned * rng.beta(4, 1.5, 30) * 1.2
        low, high = ratio_interval(spent, planned, rng, draws=400)
        ratio += low <= 1.2 * 4 / 5.5 <= high
        scores = rng.normal(0.1, 0.4, 30)
        low, high = mean_interval(planned * scores, planned, limit=9)
        mean += low <= 0.1 <= high
    assert ratio / runs >= 0.88 and mean / runs >= 0.88


# ---------------------------------------------------------------- tables


def test_every_goal_is_listed_with_untagged_and_the_reason_for_a_blank():
    table = money_by_goal(MONEY, TAGS, needs=needs(("TH-50", "1.2", 5, 2566)), areas=["TH-50", "TH-96"])
    assert list(dict.fromkeys(table["REF_AREA"])) == ["TH-50", "TH-96", "TH"] and len(table) == 3 * len(CATEGORIES)
    own = table[table["REF_AREA"] == "TH-50"].set_index("goal")
    assert own.at["1", "share"] == pytest.approx(0.35) and own.at["1", "difference"] == pytest.approx(0.35 - 1)
    assert own.at[UNTAGGED, "thb"] == 500 and own.at[UNTAGGED, "difference"] == pytest.approx(0.25)
    assert (own["reason"] == "few_projects").all() and own["ci_low"].isna().all()
    assert (table[table["REF_AREA"] == "TH-96"]["reason"] == "no_money").all()
    assert table[table["REF_AREA"] == "TH"]["thb"].sum() == 2200


def _province(rng, n, goals, area="TH-50"):
    """n projects of a province, each with one target of the given goals."""
    rows = [(f"P{i}", area, "2567Q1", "public", float(rng.lognormal(10, 1)), 1.0) for i in range(n)]
    marks = [(f"P{i}", f"{goals[i % len(goals)]}.1", 1, 1) for i in range(n)]
    return budget(*rows), tags(*marks)


def test_money_on_one_goal_while_need_is_on_all_is_off_need():
    money, marks = _province(np.random.default_rng(1), 20, ["9"])
    table = budget_alignment(money, marks, needs=needs(*[("TH-50", f"{g}.1", 3, 2566) for g in GOALS]))
    own = table[(table["REF_AREA"] == "TH-50") & (table["amount"] == "planned_thb")].set_index("tagging")
    assert own.loc["weights", "dissimilarity"] == pytest.approx(16 / 17)
    assert own.loc["weights", "verdict"] == "off_need" and own.loc["weights", "ci_low"] > 0.5
    assert own.loc["weights", "n"] == 20 and set(own.index) == {"weights", "equal", "primary"}
    assert own.loc["equal", "dissimilarity"] == pytest.approx(16 / 17) and np.isnan(own.loc["equal", "ci_low"])


def test_untagged_money_is_a_mismatch_of_its_own_and_shown():
    money, marks = _province(np.random.default_rng(1), 20, GOALS)
    half = marks[marks["project_id"].isin([f"P{i}" for i in range(10)])]
    table = budget_alignment(money.assign(planned_thb=1.0), half, needs=needs(*[("TH-50", f"{g}.1", 3, 2566) for g in GOALS]), amounts=["planned_thb"], taggings=["weights"])
    row = table[table["REF_AREA"] == "TH-50"].iloc[0]
    assert row["untagged_share"] == 0.5
    # ten goals hold 1/20 each (need 1/17), seven hold none, untagged holds 1/2: half the sum of differences
    assert row["dissimilarity"] == pytest.approx(0.5 * (10 * (1 / 17 - 1 / 20) + 7 / 17 + 0.5))
    assert row["dissimilarity_tagged"] == pytest.approx(7 / 17)


def test_alignment_without_money_need_or_projects_says_which():
    money, marks = _province(np.random.default_rng(1), 3, ["1", "2"])
    table = budget_alignment(money, marks, needs=needs(("TH-50", "1.1", 3, 2566)), areas=["TH-50", "TH-96"])
    reasons = table[table["tagging"] == "weights"].groupby("REF_AREA")["reason"].agg(set).to_dict()
    assert reasons["TH-50"] == {"few_projects"} and reasons["TH-96"] == {"no_money"}
    empty = budget_alignment(budget(), tags(), needs=needs(), areas=["TH-50"])
    assert set(empty["reason"]) == {"no_money"} and set(empty["verdict"]) == {"cannot_tell"}
    no_need = budget_alignment(money, marks, needs=needs(), amounts=["planned_thb"])
    assert set(no_need["reason"]) == {"no_needs"}


def test_shares_of_need_can_come_from_citizens_and_must_sum_to_one():
    money, marks = _province(np.random.default_rng(1), 8, ["1"])
    wish = pd.DataFrame({"REF_AREA": "TH-50", "goal": ["1", "2"], "share": [0.25, 0.75]})
    row = budget_alignment(money, marks, needs=wish, amounts=["planned_thb"], taggings=["weights"]).set_index("REF_AREA").loc["TH-50"]
    assert row["dissimilarity"] == pytest.approx(0.75)
    with pytest.raises(DataError, match="do not sum to 1"):
        budget_alignment(money, marks, needs=wish.assign(share=[0.25, 0.5]))


def test_money_is_refused_when_negative_and_columns_when_missing():
    with pytest.raises(DataError, match="below 0"):
        money_by_source(budget(("P1", "TH-50", "2567Q1", "public", -1, 0)))
    with pytest.raises(DataError, match="lacks the column"):
        money_by_source(MONEY.drop(columns="source_type"))
    with pytest.raises(DataError, match="'ngo' is not one of"):
        money_by_source(budget(("P1", "TH-50", "2567Q1", "ngo", 1, 0)))
    with pytest.raises(UsageError, match="amount"):
        money_by_source(MONEY, amount="total")


# ---------------------------------------------------------------- pace and sources


def test_running_totals_are_those_of_the_fiscal_year_and_every_quarter_is_listed():
    table = disbursement_pace(MONEY, as_of="2567Q2", areas=["TH-50"])
    own = table[table["REF_AREA"] == "TH-50"].set_index("fiscal_quarter")
    assert own.index.tolist() == ["2567Q1", "2567Q2", "2567Q3", "2567Q4"]
    assert own.loc["2567Q1", ["cum_planned_thb", "cum_disbursed_thb", "pace"]].tolist() == pytest.approx([1100, 400, 400 / 1100])
    # the project that has not reported is left out of both sides of the pace, and counted
    second = own.loc["2567Q2"]
    assert second["pace"] == pytest.approx(800 / 1500) and second["n_missing"] == 1 and second["reason"] == "partly_reported"
    assert second["cum_planned_thb"] == 2000 and second["year_share"] == pytest.approx(800 / 2000)
    assert own.loc["2567Q3", "reason"] == "not_yet" and np.isnan(own.loc["2567Q3", "pace"])


def test_a_quarter_that_nobody_reported_is_not_a_zero():
    rows = [(f"P{i}", "TH-50", q, "public", 100, 90 if q == "2567Q1" else None) for i in range(8) for q in ("2567Q1", "2567Q2")]
    own = disbursement_pace(budget(*rows), as_of="2567Q2").set_index(["REF_AREA", "fiscal_quarter"]).loc["TH-50"]
    assert own.loc["2567Q2", "reason"] == "not_reported" and np.isnan(own.loc["2567Q2", "disbursed_thb"])
    assert own.loc["2567Q2", "pace"] == pytest.approx(0.9) and own.loc["2567Q2", "n_missing"] == 8
    assert own.loc["2567Q1", ["ci_low", "ci_high"]].tolist() == pytest.approx([0.9, 0.9])  # eight alike
    nothing = disbursement_pace(budget(), as_of="2567Q2", areas=["TH-50"])
    assert set(nothing["reason"]) == {"no_rows", "not_yet"} and len(nothing) == 8


def test_the_private_share_is_private_over_all_money_with_all_four_sources_listed():
    table = money_by_source(MONEY, areas=["TH-50", "TH-96"])
    own = table[table["REF_AREA"] == "TH-50"].set_index("source_type")
    assert own["share"].to_dict() == pytest.approx({"public": 0.5, "private": 0.25, "donor": 0, "local": 0.25})
    assert (own["n"] == 3).all() and own.at["private", "n_with"] == 1 and own.at["private", "reason"] == "few_projects"
    private = private_share(MONEY, areas=["TH-50", "TH-96"]).set_index("REF_AREA")
    assert private.at["TH", "share"] == pytest.approx(500 / 2200) and private.at["TH-96", "reason"] == "no_rows"


def test_no_private_money_still_has_an_upper_end():
    rows = [(f"P{i}", "TH-50", "2567Q1", "public", 100, 90) for i in range(10)]
    row = private_share(budget(*rows)).set_index("REF_AREA").loc["TH-50"]
    assert row["share"] == 0 == row["ci_low"] and 0.2 < row["ci_high"] < 0.45


def test_money_that_follows_the_gap_is_told_with_n():
    money, marks = _province(np.random.default_rng(1), 17, GOALS)
    money["disbursed_thb"] = np.arange(1, 18) ** 2.0
    gaps = pd.DataFrame({"REF_AREA": "TH-50", "goal": GOALS, "gap": [*range(1, 16), None, None]})
    row = spend_against_gap(money, marks, gaps).set_index("REF_AREA").loc["TH-50"]
    assert row["n"] == 15 and row["rho"] == 1 and row["reason"] == "same_order" and row["concentration"] > 0.4
    assert spend_against_gap(money, marks, gaps.head(4)).iloc[0]["reason"] == "few_pairs"


def test_the_concentration_of_the_table_lies_in_its_interval_beside_that_of_the_need():
    rng = np.random.default_rng(4)
    money, marks = _province(rng, 34, GOALS)
    severity = {g: 1 + int(g) % 5 for g in GOALS}
    money["planned_thb"] = [1e5 * severity[GOALS[i % 17]] * rng.lognormal(0, 0.2) for i in range(34)]
    want = needs(*[("TH-50", f"{g}.1", s, 2566) for g, s in severity.items()])
    row = budget_alignment(money, marks, needs=want, amounts=["planned_thb"], taggings=["weights"]).set_index("REF_AREA").loc["TH-50"]
    shares = money.groupby(marks["target"].str.split(".").str[0])["planned_thb"].sum().reindex(GOALS)
    rank = pd.Series(severity).reindex(GOALS).rank().to_numpy() / 17 - 0.5 / 17
    assert row["concentration"] == pytest.approx(2 * np.cov(shares, rank, bias=True)[0, 1] / shares.mean())
    assert row["concentration_low"] < row["concentration"] < row["concentration_high"]
    assert row["concentration"] == pytest.approx(row["concentration_of_need"], abs=0.1) and row["verdict"] == "not_told_apart"
