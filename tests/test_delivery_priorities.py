"""Citizens' priorities: raking, what it costs, what it cannot do."""

import numpy as np
import pandas as pd
import pytest

from sdg_eval.delivery.priorities import kish, priorities, rake
from sdg_eval.errors import DataError
from tests.counts import report, times

MARGINS = {"sex": {"F": 51_000, "M": 49_000}, "age_group": {"15-24": 15_000, "25-59": 60_000, "60+": 25_000}}


def margin_table(margins=MARGINS, area="TH-50") -> pd.DataFrame:
    rows = [(area, name, category, people) for name, parts in margins.items() for category, people in parts.items()]
    return pd.DataFrame(rows, columns=["REF_AREA", "margin", "category", "people"])


def answers(count, rng, *, sampling="random", area="TH-50") -> pd.DataFrame:
    """Old women answer most, and they want health (3); young men want work (8)."""
    sex = rng.choice(["F", "M"], count, p=[0.7, 0.3])
    age = rng.choice(["15-24", "25-59", "60+"], count, p=[0.1, 0.4, 0.5])
    first = np.where(rng.random(count) < np.where(age == "60+", 0.7, np.where(sex == "F", 0.4, 0.2)), "3", "8")
    return pd.DataFrame({
        "person": [f"p{k}" for k in range(count)], "REF_AREA": area, "fiscal_year": 2567, "sex": sex, "age_group": age, "urbanisation": "",
        "priority_1": first, "priority_2": "4", "priority_3": rng.choice(["1", "2", ""], count), "sampling": sampling,
    })  # fmt: skip


# share of the population of MARGINS that puts health first, sex and age independent
TRUTH = 0.7 * 0.25 + 0.75 * (0.51 * 0.4 + 0.49 * 0.2)


def test_one_margin_is_plain_post_stratification():
    sample = pd.DataFrame({"sex": ["F"] * 30 + ["M"] * 10})
    got = rake(sample, {"sex": MARGINS["sex"]})
    assert got.weights == pytest.approx([51_000 / 30] * 30 + [49_000 / 10] * 10)
    assert got.n_eff == pytest.approx(100_000**2 / (30 * 1700**2 + 10 * 4900**2)) and got.deff == pytest.approx(40 / got.n_eff)


def test_margins_hold_to_the_eighth_digit():
    sample = answers(300, np.random.default_rng(1))
    got = rake(sample, MARGINS)
    for name, people in MARGINS.items():
        sums = pd.Series(got.weights).groupby(sample[name].to_numpy()).sum()
        assert (sums - pd.Series(people)).abs().max() / 100_000 <= 1e-8
    assert got.gap <= 1e-8 and got.passes <= 200 and got.reason == ""


def test_margins_of_another_total_are_taken_as_shares():
    sample = answers(200, np.random.default_rng(2))
    thousands = {name: {k: v / 1000 for k, v in people.items()} if name == "age_group" else people for name, people in MARGINS.items()}
    assert rake(sample, thousands).weights == pytest.approx(rake(sample, MARGINS).weights)


def test_a_category_without_answers_joins_its_neighbour_and_is_reported():
    sample = answers(200, np.random.default_rng(3))
    finer = MARGINS | {"age_group": {"15-24": 15_000, "25-59": 60_000, "60+": 22_000, "80+": 3000}}
    got = rake(sample, finer)
    assert got.collapsed == ("age_group: 80+ with 60+",)
    assert got.weights == pytest.approx(rake(sample, MARGINS).weights)
    first = rake(sample, MARGINS | {"age_group": {"0-14": 5000, "15-24": 10_000, "25-59": 60_000, "60+": 25_000}})
    assert first.collapsed == ("age_group: 0-14 with 15-24",)
    women = sample[sample["sex"] == "F"]
    assert rake(women, MARGINS).collapsed == ("sex: M with F",)


def test_who_is_in_no_category_keeps_the_weight_of_the_sample():
    sample = answers(200, np.random.default_rng(4))
    sample.loc[:3, "sex"] = ["O", "O", "", None]
    got = rake(sample, {"sex": MARGINS["sex"]})
    assert got.weights[:4] == pytest.approx([500] * 4) and got.unplaced == ("sex",) and got.reason == ""
    other_words = sample.assign(sex=sample["sex"].map({"F": "หญิง", "M": "M"}))
    assert rake(other_words, {"sex": MARGINS["sex"]}).reason == "categories_differ"


def test_one_person_does_not_speak_for_thousands():
    rng = np.random.default_rng(5)
    sample = pd.DataFrame({"sex": rng.choice(["F", "M"], 300), "age_group": ["25-59"] * 297 + ["15-24"] * 3})
    got = rake(sample, {"sex": MARGINS["sex"], "age_group": {"15-24": 4000, "25-59": 96_000}})
    untrimmed = rake(sample, {"sex": MARGINS["sex"], "age_group": {"15-24": 4000, "25-59": 96_000}}, trim=1e9)
    assert untrimmed.weights.max() / np.median(untrimmed.weights) < 5 and got.n_trimmed == 0
    base = np.where(np.arange(300) == 7, 40.0, 1.0)
    loose, tight = (rake(sample, {"sex": MARGINS["sex"]}, base=base, trim=t) for t in (1e9, 5))
    assert loose.weights.max() / np.median(loose.weights) > 20
    assert tight.weights.max() / np.median(tight.weights) <= 5 * (1 + 1e-6) and tight.n_trimmed == 1 and tight.gap <= 1e-8


def test_margins_that_ask_for_the_impossible_say_so():
    # all women are young and all men old, but the population has more women than young people
    sample = pd.DataFrame({"sex": ["F"] * 20 + ["M"] * 20, "age_group": ["15-24"] * 20 + ["60+"] * 20})
    assert rake(sample, {"sex": {"F": 60, "M": 40}, "age_group": {"15-24": 30, "60+": 70}}).reason == "not_converged"
    forced = rake(pd.DataFrame({"sex": ["F"] * 99 + ["M"]}), {"sex": {"F": 50, "M": 50}})
    assert forced.reason == "trim_not_reached" and forced.gap <= 1e-8


def test_wrong_input_is_refused():
    sample = answers(20, np.random.default_rng(6))
    for bad in ({"colour": {"red": 1}}, {"sex": {"F": -1, "M": 2}}, {"sex": {"F": 0, "M": 0}}, {}):
        with pytest.raises(DataError):
            rake(sample, bad)
    with pytest.raises(DataError):
        rake(sample, MARGINS, base=np.zeros(20))
    with pytest.raises(DataError, match="18"):
        priorities(sample.assign(priority_1="18"))


def test_raked_shares_hold_the_truth_and_plain_ones_do_not():
    rng, held, plain = np.random.default_rng(20301231), [], []
    for _ in range(times(150, 2000)):
        sample = answers(300, rng)
        row, bare = (priorities(sample, m, draws=20).set_index("goal").loc["3"] for m in (margin_table(), None))
        held.append(row["ci_low"] <= TRUTH <= row["ci_high"])
        plain.append(bare["ci_low"] <= TRUTH <= bare["ci_high"])
    report("priorities", f"truth {TRUTH:.2f}: raked interval holds {np.mean(held):.1%}, unweighted {np.mean(plain):.1%}")
    assert 0.92 <= np.mean(held) <= 0.995 and np.mean(plain) < 0.2


def test_the_borda_band_holds_the_truth():
    rng, held = np.random.default_rng(8), []
    # points: goal 3 or 8 always first (3), goal 4 second (2), a third goal in two cases of three (1)
    truth = 3 * TRUTH / (3 + 2 + 2 / 3)
    for _ in range(times(120, 1500)):
        row = priorities(answers(300, rng), margin_table(), draws=300).set_index("goal").loc["3"]
        held.append(row["borda_low"] <= truth <= row["borda_high"])
    report("priorities", f"Borda band holds {np.mean(held):.1%}")
    assert 0.91 <= np.mean(held) <= 0.995


def test_all_goals_are_listed_and_the_leading_one_has_a_rank_band():
    table = priorities(answers(400, np.random.default_rng(9)), margin_table(), areas=["TH-50", "TH-51"])
    assert table.groupby("REF_AREA").size().tolist() == [17, 17]
    own = table[table["REF_AREA"] == "TH-50"].set_index("goal")
    assert own["borda"].sum() == pytest.approx(1) and own.loc["4", "share"] == pytest.approx(1)
    assert own.loc["17", "share"] == 0 and own.loc["17", "ci_high"] > 0 and own.loc["4", ["rank_low", "rank_high"]].tolist() == [1, 1]
    assert set(table.loc[table["REF_AREA"] == "TH-51", "reason"]) == {"no_answers"}


def test_a_convenience_sample_is_not_representative_whatever_the_weights():
    rng = np.random.default_rng(10)
    mixed = pd.concat([answers(200, rng), answers(1, rng, sampling="convenience")])
    for table, wanted in ((answers(200, rng), True), (answers(200, rng, sampling="convenience"), False), (mixed, False)):
        got = priorities(table, margin_table(), draws=20)
        assert set(got["representative"]) == {wanted} and set(got["weighted"]) == {True}


def test_few_people_are_not_shown_and_cannot_be_worked_out():
    rng = np.random.default_rng(11)
    assert set(priorities(answers(9, rng))["reason"]) == {"suppressed"}
    sample = answers(60, rng).assign(priority_2="4", priority_3="")
    sample.loc[:4, "priority_3"] = "5"  # five people: hidden, and so is the next smallest
    table = priorities(sample, draws=20).set_index("goal")
    assert set(table.index[table["reason"] == "suppressed"]) >= {"5"} and (table["reason"] == "suppressed").sum() >= 2
    assert table.loc[table["reason"] == "suppressed", ["n_named", "share", "borda", "rank_low"]].isna().all(axis=None)


def test_naming_a_goal_twice_counts_once():
    sample = answers(40, np.random.default_rng(12)).assign(priority_1="3", priority_2="3", priority_3="3")
    table = priorities(sample, draws=20).set_index("goal")
    assert table.loc["3", ["n_named", "share", "borda"]].tolist() == [40, 1, 1]


def test_kish_is_the_ratio_of_squares():
    assert kish([1, 1, 2]) == pytest.approx((3 * 6 / 16, 16 / 6))
