"""Quality of plans and what a revision changed."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from sdg_eval.delivery.plans import (
    CRITERIA,
    expected_types,
    likeness,
    match_items,
    newcombe,
    plan_diff,
    plan_presence,
    plan_quality,
    plan_revision,
)
from sdg_eval.errors import DataError

ITEM = ["plan_item_id", "plan_id", "text_th", "target", "measure", "baseline", "target_value", "unit", "agency_id", "budget_thb"]
FULL = ("จำนวนครัวเรือน", 10, 20, "ครัวเรือน", "cdd", 1000)
BARE = ("", None, None, "", "", None)


def plans(*rows) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["plan_id", "REF_AREA", "plan_type", "version", "approved_date"])


def items(*rows) -> pd.DataFrame:
    return pd.DataFrame([(f"I{i}", *row) for i, row in enumerate(rows)], columns=ITEM)


TWO = plans(("L1", "TH-50", "provincial_dev", 1, "2022-09-01"), ("L2", "TH-50", "provincial_dev", 2, "2023-09-01"))


# ---------------------------------------------------------------- quality


def test_the_share_of_items_that_meet_a_criterion_has_wilsons_interval():
    table = plan_quality(TWO, items(*[("L2", f"งาน{i}", "1.2", *(FULL if i < 7 else BARE)) for i in range(10)]))
    own = table[(table["REF_AREA"] == "TH-50") & (table["plan_type"] == "provincial_dev")].set_index("criterion")
    assert own.loc["measurable", ["k", "n", "share"]].tolist() == [7, 10, 0.7]
    assert own.loc["measurable", ["ci_low", "ci_high"]].tolist() == pytest.approx(proportion_confint(7, 10, method="wilson"))
    assert own.loc["target_tagged", "share"] == 1 and own.loc["all_six", "share"] == 0.7
    assert own.index.tolist() == [*CRITERIA, "all_six"]


@pytest.mark.parametrize(
    ("blank", "criterion"),
    [("measure", "measurable"), ("unit", "measurable"), ("baseline", "baseline"), ("target_value", "target_value"), ("agency_id", "owner"), ("target", "target_tagged")],
)  # fmt: skip
def test_one_blank_fails_its_own_criterion_and_no_other(blank, criterion):
    one = items(("L2", "งาน", "1.2", *FULL)).astype(object)
    one.loc[0, blank] = None
    own = plan_quality(TWO, one).query("plan_id == 'L2'").set_index("criterion")["k"]
    assert {c for c in CRITERIA if own[c] == 0} == {criterion} and own["all_six"] == 0


def test_a_budget_of_nothing_is_no_budget_and_a_baseline_of_nothing_is_one():
    one = items(("L2", "งาน", "1.2", "จำนวน", 0, 0, "ครั้ง", "cdd", 0))
    own = plan_quality(TWO, one).query("plan_id == 'L2'").set_index("criterion")["k"]
    assert own["budget"] == 0 and own["baseline"] == own["target_value"] == 1


def test_plans_that_are_missing_or_empty_are_listed():
    table = plan_presence(TWO, items(), areas=["TH-50", "TH-10"]).set_index(["REF_AREA", "plan_type"])["reason"]
    assert table.to_dict() == {
        ("TH-10", "bangkok_dev"): "no_plan", ("TH-10", "sdg_drive"): "no_plan", ("TH-50", "provincial_dev"): "no_items", ("TH-50", "sdg_drive"): "no_plan",
    }  # fmt: skip
    quality = plan_quality(plans(), items(), areas=["TH-50"])
    assert set(quality["reason"]) == {"no_plan", "no_items"} and quality["share"].isna().all()


def test_bangkok_is_asked_for_its_own_plan_and_nobody_else_is():
    assert expected_types("TH-10") == ("bangkok_dev", "sdg_drive") and "bangkok_dev" not in expected_types("TH-50")
    for wrong in (("L1", "TH-10", "provincial_dev", 1, ""), ("L1", "TH-50", "bangkok_dev", 1, "")):
        with pytest.raises(DataError, match="The development plan of this area is"):
            plan_quality(plans(wrong), items())
    with pytest.raises(DataError, match="is not one of"):
        plan_presence(plans(("L1", "TH-50", "five_year", 1, "")), items())


# ---------------------------------------------------------------- differences of shares


def test_the_difference_of_two_shares_is_newcombes_published_example():
    # Newcombe (1998), Statistics in Medicine 17:873, table II: 56/70 - 48/80, method 10: 0.0524 to 0.3339
    got = newcombe(48, 80, 56, 70)
    assert (got.difference, got.ci_low, got.ci_high) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)


def test_the_difference_equals_statsmodels():
    for k1, n1, k2, n2 in ((3, 9, 8, 10), (0, 5, 4, 6), (7, 7, 2, 8)):
        low, high = confint_proportions_2indep(k2, n2, k1, n1, method="newcomb", compare="diff")
        got = newcombe(k1, n1, k2, n2)
        assert (got.ci_low, got.ci_high) == pytest.approx((low, high), abs=1e-9)
    assert np.isnan(newcombe(0, 0, 3, 5).ci_low)


def test_the_interval_of_the_difference_covers_it_and_more_so_when_items_are_kept():
    rng = np.random.default_rng(20301231)
    alone, kept = 0, 0
    for _ in range(600):
        got = newcombe(rng.binomial(12, 0.5), 12, rng.binomial(15, 0.7), 15)
        alone += got.ci_low <= 0.2 <= got.ci_high
        luck = rng.random(12)
        got = newcombe((luck < 0.5).sum(), 12, (luck < 0.7).sum(), 12)
        kept += got.ci_low <= 0.2 <= got.ci_high
    assert 0.93 <= alone / 600 <= 0.985 and kept >= alone


# ---------------------------------------------------------------- versions


def test_each_item_of_two_versions_has_its_fate():
    table = plan_diff(TWO, items(
        ("L1", "โครงการส่งเสริมการปลูกป่าต้นน้ำ", "15.2", *FULL), ("L1", "โครงการพัฒนาระบบประปาหมู่บ้าน", "6.1", *FULL),
        ("L1", "โครงการลดอุบัติเหตุทางถนน", "3.6", *FULL), ("L1", "โครงการตลาดชุมชน", "8.3", *FULL),
        ("L2", "โครงการปรับปรุงระบบประปาหมู่บ้านให้ได้มาตรฐาน", "6.1", *FULL), ("L2", "โครงการส่งเสริมการปลูกป่าต้นน้ำ", "15.2", "จำนวนไร่", 10, 99, "ไร่", "rfd", 5),
        ("L2", "โครงการลดอุบัติเหตุทางถนน", "11.2", *FULL), ("L2", "โครงการศูนย์เด็กเล็กคุณภาพ", "4.2", *FULL),
    ))  # fmt: skip
    fate = {row.item_before or row.item_after: row.change for row in table.itertuples()}
    assert fate == {"I0": "kept", "I1": "reworded", "I2": "retargeted", "I3": "dropped", "I7": "added"}
    own = table.set_index("item_before")
    assert own.loc["I0", "value_changed"] and own.loc["I0", "similarity"] == 1 and not own.loc["I1", "value_changed"]
    assert own.loc["I2", ["target_before", "target_after"]].tolist() == ["3.6", "11.2"]


def test_equal_texts_are_matched_first_and_by_target_among_equals():
    before = items(("L1", "อบรม", "1.2", *BARE), ("L1", "อบรม", "4.1", *BARE))
    after = items(("L2", "อบรม", "4.1", *BARE), ("L2", "อบรม", "1.2", *BARE), ("L2", "อบรมอาชีพ", "1.2", *BARE))
    assert sorted((i, j) for i, j, _ in match_items(before, after)) == [(0, 1), (1, 0)]
    assert match_items(before.iloc[:0], after) == []


def test_what_all_titles_say_does_not_make_them_alike():
    titles = ["โครงการส่งเสริมอาชีพในพื้นที่จังหวัด", "โครงการส่งเสริมสุขภาพในพื้นที่จังหวัด", "โครงการส่งเสริมการอ่านในพื้นที่จังหวัด"]
    scores = likeness(titles, ["โครงการส่งเสริมสุขภาพผู้สูงอายุในพื้นที่จังหวัด", *titles[1:]])
    assert scores[1, 0] > 2 * max(scores[0, 0], scores[2, 0]) and np.allclose(np.diag(scores)[1:], 1)
    assert likeness(["ก"], [""]).shape == (1, 1)


def test_reworded_titles_are_found_and_new_ones_are_not_taken_for_them():
    pairs = [
        ("โครงการส่งเสริมอาชีพครัวเรือนยากจนในพื้นที่จังหวัด", "โครงการส่งเสริมอาชีพสำหรับครัวเรือนยากจนและเปราะบาง"),
        ("โครงการพัฒนาระบบบำบัดน้ำเสียชุมชน", "โครงการก่อสร้างระบบบำบัดน้ำเสียชุมชน"), ("โครงการพัฒนาศูนย์เด็กเล็กคุณภาพ", "โครงการยกระดับคุณภาพศูนย์พัฒนาเด็กเล็ก"),
        ("โครงการอบรมผู้นำชุมชนด้านการจัดการขยะ", "โครงการอบรมแกนนำชุมชนด้านการคัดแยกและจัดการขยะ"),
        ("โครงการลดอุบัติเหตุทางถนนในช่วงเทศกาล", "โครงการป้องกันและลดอุบัติเหตุทางถนน"), ("โครงการจัดทำฐานข้อมูลกลางของจังหวัด", "โครงการพัฒนาฐานข้อมูลกลางระดับจังหวัด"),
        ("โครงการส่งเสริมการท่องเที่ยวเชิงนิเวศ", "โครงการท่องเที่ยวเชิงนิเวศโดยชุมชน"), ("โครงการเสริมสร้างความเข้มแข็งของวิสาหกิจชุมชน", "โครงการสร้างความเข้มแข็งวิสาหกิจชุมชน"),
    ]  # fmt: skip
    rng = np.random.default_rng(8)
    right = wrong = true = 0
    for _ in range(60):
        fate = rng.choice(["reworded", "dropped", "added"], len(pairs), p=[0.5, 0.25, 0.25])
        old = [i for i in range(len(pairs)) if fate[i] != "added"]
        new = [i for i in rng.permutation(len(pairs)) if fate[i] != "dropped"]
        before = pd.DataFrame({"text_th": [pairs[i][0] for i in old], "target": ""})
        after = pd.DataFrame({"text_th": [pairs[i][1] for i in new], "target": ""})
        found = {(old[a], new[b]) for a, b, _ in match_items(before, after)}
        true += (fate == "reworded").sum()
        right += sum(a == b for a, b in found)
        wrong += sum(a != b for a, b in found)
    assert right / true >= 0.95 and wrong / true <= 0.05


def test_a_revision_tells_targets_gained_and_lost_and_the_measurable_share():
    table = plan_revision(TWO, items(
        ("L1", "งานป่า", "15.2", *BARE), ("L1", "งานน้ำ", "6.1", *FULL), ("L1", "งานถนน", "11.2", *BARE),
        ("L2", "งานป่า", "15.2", *FULL), ("L2", "งานน้ำ", "6.1", *FULL), ("L2", "งานทะเล", "14.1", *FULL), ("L2", "งานเกษตร", "2.a", *BARE), ("L2", "งานคน", "2.4", *FULL),
    ))  # fmt: skip
    row = table.set_index("plan_type").loc["provincial_dev"]
    assert (row["n_before"], row["n_after"], row["kept"], row["dropped"], row["added"]) == (3, 5, 2, 1, 3)
    assert row["targets_added"] == "2.4;2.a;14.1" and row["targets_dropped"] == "11.2"
    low, high = confint_proportions_2indep(4, 5, 1, 3, method="newcomb", compare="diff")
    assert (row["difference"], row["ci_low"], row["ci_high"]) == pytest.approx((4 / 5 - 1 / 3, low, high))
    assert table.set_index("plan_type").loc["sdg_drive", "reason"] == "no_plan"


def test_one_version_or_none_is_listed_with_its_reason():
    table = plan_revision(plans(("L1", "TH-50", "sdg_drive", 1, "")), items(("L1", "งาน", "1.2", *FULL)), areas=["TH-50", "TH-96"])
    assert table.set_index(["REF_AREA", "plan_type"])["reason"].to_dict() == {
        ("TH-50", "provincial_dev"): "no_plan", ("TH-50", "sdg_drive"): "one_version", ("TH-96", "provincial_dev"): "no_plan", ("TH-96", "sdg_drive"): "no_plan",
    }  # fmt: skip
