"""Rows of persons live apart (S31): pseudonyms, a complete log, retention and deletion that leave no byte behind."""

import os
import stat

import numpy as np
import pandas as pd
import pytest

from sdg_eval.delivery import restricted
from sdg_eval.delivery.disclosure import (
    COMPLEMENTARY,
    EARLIER,
    PRIMARY,
    Group,
    hidden_groups,
    hide_small,
)
from sdg_eval.delivery.restricted import (
    access_log,
    add_rows,
    expire,
    find_traces,
    forget,
    open_restricted,
    outputs,
    pseudonym,
    read_rows,
    register_output,
    release,
    verify_restricted,
)
from sdg_eval.errors import DataError, UsageError, WriteError
from sdg_eval.ledger import entry_paths, write_head
from tests.counts import report, times

DAY = "2024-01-15"


@pytest.fixture
def store(tmp_path):
    return open_restricted(tmp_path / "rows", tmp_path / "keys")


def scores(persons, event="e1", **change):
    """Training scores; each person's pre score is its own odd number, so that it can be looked for in the bytes."""
    return pd.DataFrame([{"event_id": event, "person": p, "pre_score": 40.0 + i + 0.123457 * (i + 1), "post_score": 60.0 + i} | change for i, p in enumerate(persons)])


def people(n, start=0):
    return [f"1-1020-{start + i:05d}-11-{i % 10}" for i in range(n)]


def files(store):
    return [p for root in (store.folder, store.keys) for p in root.rglob("*")]


# ---------------------------------------------------------------- apart, and closed


def test_everything_is_open_to_its_owner_alone_and_the_key_lies_elsewhere(store, tmp_path):
    add_rows(store, "training_score", scores(people(12)), collected_on=DAY)
    release(store, "by-event", "training_score", statistic="n", purpose="evaluation")
    for path in [store.folder, store.keys, *files(store)]:
        wanted = 0o700 if path.is_dir() else 0o600
        assert stat.S_IMODE(path.stat().st_mode) == wanted, path
    key = (store.keys / "pseudonym.key").read_bytes()
    assert len(key) == 32 and not [p for p in store.folder.rglob("*") if p.is_file() and key in p.read_bytes()]
    for inside in (tmp_path / "rows" / "k", tmp_path / "rows", tmp_path):
        with pytest.raises(UsageError, match="may not lie"):
            open_restricted(tmp_path / "rows", inside)


def test_a_store_that_others_may_open_is_refused(store):
    os.chmod(store.folder, 0o750)
    with pytest.raises(DataError, match="others may read"):
        open_restricted(store.folder, store.keys)


def test_a_lost_key_is_no_reason_for_a_new_one(store):
    add_rows(store, "training_score", scores(people(3)), collected_on=DAY)
    (store.keys / "pseudonym.key").unlink()
    with pytest.raises(DataError, match="key of this store is missing"):
        open_restricted(store.folder, store.keys)


def test_the_identifier_is_never_written_and_the_pseudonym_is_keyed_hmac(store, tmp_path):
    import hashlib
    import hmac

    raw = "1-1020-00003-11-3"
    add_rows(store, "training_score", scores(people(12)), collected_on=DAY)
    read_rows(store, "training_score", purpose="evaluation")
    forget(store, people(1)[0], today=DAY)
    spellings = [raw, raw.replace("-", ""), people(1)[0], people(1)[0].replace("-", "")]
    assert find_traces(store, spellings) == []
    key = (store.keys / "pseudonym.key").read_bytes()
    by_hand = hmac.new(key, b"person:training_score\x1f" + raw.replace("-", "").encode(), hashlib.sha256).hexdigest()[:32]
    assert pseudonym(store, "training_score", raw) == by_hand and find_traces(store, [by_hand])
    # Thai digits, spaces and hyphens make no other person; another table and another key do
    assert pseudonym(store, "training_score", "๑ ๑๐๒๐ ๐๐๐๐๓ ๑๑ ๓") == by_hand
    assert pseudonym(store, "survey_answer", raw) != by_hand
    assert pseudonym(open_restricted(tmp_path / "r2", tmp_path / "k2"), "training_score", raw) != by_hand


# ---------------------------------------------------------------- rows in


def test_what_comes_twice_is_there_once_and_a_correction_is_a_new_vintage(store):
    assert add_rows(store, "training_score", scores(people(12)), collected_on=DAY).n_rows == 12
    again = add_rows(store, "training_score", scores(people(12)), collected_on=DAY)
    assert (again.n_rows, again.n_known) == (0, 12)
    changed = scores(people(12))
    changed.loc[3, "post_score"] = 99.0
    assert add_rows(store, "training_score", changed, collected_on=DAY).n_rows == 1
    assert len(read_rows(store, "training_score", purpose="quality_check")) == 12
    every = read_rows(store, "training_score", purpose="quality_check", vintages=True)
    assert len(every) == 13 and every["post_score"].max() == 99 and every["row_id"].is_unique
    assert every.groupby("person")["row_id"].agg(lambda r: r.str.partition(".")[0].nunique()).max() == 1  # one person, one unit


def test_an_answer_of_another_year_does_not_replace_the_first(store):
    answers = pd.DataFrame({"person": ["a", "b"], "REF_AREA": "TH-50", "fiscal_year": 2566, "sex": ["F", "M"], "priority_1": ["11", "3"], "sampling": "random"})
    add_rows(store, "survey_answer", answers, collected_on=DAY)
    add_rows(store, "survey_answer", answers.assign(fiscal_year=2567), collected_on="2025-01-15")
    assert len(read_rows(store, "survey_answer", purpose="evaluation")) == 4


@pytest.mark.parametrize(
    "change, where",
    [
        ({"pre_score": 140.0}, "pre_score"),
        ({"event_id": "นายสมชาย ใจดีมาก อยู่บ้านเลขที่ 12 หมู่ 3 ตำบลในเมือง"}, "event_id"),
        ({"event_id": "1102000003113"}, "event_id"),
        ({"follow_up_date": "somchai@example.org"}, "follow_up_date"),
    ],
)
def test_a_refusal_names_the_place_and_never_repeats_the_cell(store, change, where):
    before = {p: p.read_bytes() for p in files(store) if p.is_file()}
    with pytest.raises(DataError) as refused:
        add_rows(store, "training_score", scores(people(2), **change), collected_on=DAY)
    text = str(refused.value)
    assert where in text and str(next(iter(change.values()))) not in text and "1020" not in text and not refused.value.found
    assert {p: p.read_bytes() for p in files(store) if p.is_file() and p.name != ".lock"} == {p: c for p, c in before.items() if p.name != ".lock"}


def test_a_row_without_a_person_or_with_one_twice_is_refused(store):
    with pytest.raises(DataError, match="no identifier"):
        add_rows(store, "training_score", scores(["a", " "]), collected_on=DAY)
    with pytest.raises(DataError, match="twice"):
        add_rows(store, "training_score", scores(["12-3", "1 23"]), collected_on=DAY)
    with pytest.raises(UsageError, match="no table of persons"):
        add_rows(store, "project", scores(["a"]), collected_on=DAY)
    assert add_rows(store, "training_score", scores([]).reindex(columns=["event_id", "person"]), collected_on=DAY).n_rows == 0


def test_columns_that_the_table_does_not_ask_for_are_not_kept(store):
    add_rows(store, "training_score", scores(["a"]).assign(name_th="นางสาวใจดี", phone="0812345678", source_file="รายชื่อ.xlsx"), collected_on=DAY)
    assert find_traces(store, ["ใจดี", "0812345678", "รายชื่อ"]) == []


# ---------------------------------------------------------------- the log


def test_every_reading_is_logged_before_the_rows_are_handed_over(store, monkeypatch):
    add_rows(store, "training_score", scores(people(12)), collected_on=DAY)
    n = times(20, 200)
    for _ in range(n):
        read_rows(store, "training_score", purpose="evaluation")
    log = access_log(store)
    assert (log["kind"] == "read").sum() == n and set(log.loc[log["kind"] == "read", "n_rows"]) == {12}
    assert log["number"].tolist() == list(range(1, len(log) + 1)) and (log["at"] != "").all()

    def full(*_, **__):
        raise WriteError("no room")

    monkeypatch.setattr(restricted, "write_atomic", full)
    with pytest.raises(WriteError):
        read_rows(store, "training_score", purpose="evaluation")
    report("S31", f"{n} of {n} readings in the log; a reading that cannot be logged gives no rows")


def test_a_purpose_is_a_word_of_the_list_and_no_free_text(store):
    with pytest.raises(UsageError, match="no purpose"):
        read_rows(store, "training_score", purpose="สำหรับคุณสมชาย")


def test_an_edited_removed_or_cut_log_is_seen_even_when_its_head_was_rewritten(store):
    add_rows(store, "training_score", scores(people(12)), collected_on=DAY)
    for _ in range(4):
        read_rows(store, "training_score", purpose="evaluation")
    assert verify_restricted(store) == []
    kept = {p: p.read_bytes() for p in store.folder.rglob("*") if p.is_file()}

    def restore():
        for path, content in kept.items():
            path.write_bytes(content)
            path.chmod(0o600)

    tried = found = 0
    for path in entry_paths(store.folder):
        for spoil in (lambda p: p.write_bytes(p.read_bytes().replace(b"evaluation", b"retention_")), lambda p: p.unlink()):
            spoil(path)
            tried, found = tried + 1, found + bool(verify_restricted(store) or kept[path] == path.read_bytes())
            restore()
    entry_paths(store.folder)[-1].unlink()
    write_head(store.folder, lambda path, blob: path.write_bytes(blob))
    assert [p.name for p, _ in verify_restricted(store)] == ["log_head.json"]
    restore()
    assert found == tried and verify_restricted(store) == []
    report("S31", f"edits and losses of the log seen: {found + 1} of {tried + 1}")


def test_a_changed_row_file_is_not_read(store):
    add_rows(store, "training_score", scores(people(3)), collected_on=DAY)
    path = next((store.folder / "rows").iterdir())
    path.write_bytes(path.read_bytes().replace(b"60", b"90"))
    with pytest.raises(DataError, match="was changed"):
        read_rows(store, "training_score", purpose="evaluation")
    assert verify_restricted(store)


# ---------------------------------------------------------------- deletion


def filled(store, tmp_path):
    """Thirty persons, a correction of one of them as a second vintage, a second event, two releases, a file made of the rows."""
    everyone, one = people(30), people(30)[7]
    add_rows(store, "training_score", scores(everyone), collected_on=DAY)
    add_rows(store, "training_score", scores([one], pre_score=77.654321), collected_on=DAY)
    add_rows(store, "training_score", scores([one], event="e2", pre_score=33.987654), collected_on=DAY)
    answers = pd.DataFrame({"person": everyone, "REF_AREA": "TH-50", "fiscal_year": 2567, "sex": ["F", "M"] * 15, "age_group": "Y60T", "priority_1": "11", "sampling": "random"})
    answers.loc[7, "age_group"] = "Y99T-odd"
    add_rows(store, "survey_answer", answers, collected_on=DAY)
    release(store, "change", "training_score", by=["event_id"], statistic="change", columns=["pre_score", "post_score"], purpose="quarterly_report")
    release(store, "answers", "survey_answer", by=["sex"], purpose="quarterly_report")
    rows = read_rows(store, "training_score", purpose="evaluation")
    rows.to_csv(tmp_path / "work.csv", index=False)
    register_output(store, tmp_path / "work.csv", rows, purpose="evaluation")
    others = rows[rows["person"] != pseudonym(store, "training_score", one)]
    others.to_csv(tmp_path / "others.csv", index=False)
    register_output(store, tmp_path / "others.csv", others, purpose="evaluation")
    secret = [pseudonym(store, t, one) for t in ("training_score", "survey_answer")]
    return one, [*secret, "77.654321", "33.987654", "47.98765", "Y99T-odd"]  # 40 + 7 + 0.123457 x 8 = 47.987656


def test_forgetting_leaves_no_byte_of_pseudonym_or_value_in_any_vintage_output_log_or_temporary_file(store, tmp_path):
    one, needles = filled(store, tmp_path)
    # a process that was killed left a temporary file, and a row file that no entry names
    for stray in (store.folder / "rows" / ".x1.tmp", store.folder / "ledger" / ".y.tmp", store.keys / ".z.tmp", store.folder / "rows" / "training_score-stray.csv"):
        stray.write_text(",".join(needles))
        stray.chmod(0o600)
    before = {n: len(find_traces(store, [n])) for n in needles}
    assert min(before.values()) >= 4 + 1  # every needle is there to be found: strays, and at least one real file
    done = forget(store, one, today=DAY)
    assert (done.n_rows, done.n_traces, done.complete) == (4, 0, True)
    assert done.n_files == 4  # three vintages of the scores, one of the answers
    hits = find_traces(store, needles, also=[tmp_path])
    assert hits == []
    assert set(done.outputs_removed) == {"change", "answers", str(tmp_path / "work.csv")} and set(done.outputs_recomputed) == {"change", "answers"}
    assert not (tmp_path / "work.csv").exists() and (tmp_path / "others.csv").exists()
    assert verify_restricted(store) == []
    left = read_rows(store, "training_score", purpose="quality_check", vintages=True)
    assert len(left) == 29 and left["person"].nunique() == 29
    log = access_log(store)
    assert log["kind"].value_counts().to_dict() == {"add": 4, "release": 4, "read": 2, "output": 2, "forget": 1}
    report("S31", f"residual hits after deletion: 0 of {len(needles)} texts ({sum(before.values())} places before); vintages rewritten 4; log complete")


def test_a_forgotten_person_does_not_come_back_with_an_old_file_and_may_come_back_with_a_new_one(store):
    add_rows(store, "training_score", scores(people(12)), collected_on=DAY)
    forget(store, people(12)[2], today="2024-02-01")
    again = add_rows(store, "training_score", scores(people(12)), collected_on=DAY)
    assert (again.n_rows, again.n_known, again.n_forgotten) == (0, 11, 1)
    assert add_rows(store, "training_score", scores(people(12), event="e9"), collected_on="2024-03-01").n_rows == 12


def test_forgetting_one_who_is_not_there_changes_no_rows_and_is_logged(store):
    add_rows(store, "training_score", scores(people(12)), collected_on=DAY)
    before = sorted(p.name for p in (store.folder / "rows").iterdir())
    done = forget(store, "9-9999-99999-99-9", today=DAY)
    assert (done.n_rows, done.n_files, done.complete) == (0, 0, True)
    assert sorted(p.name for p in (store.folder / "rows").iterdir()) == before and access_log(store)["kind"].iloc[-1] == "forget"


def test_rows_past_their_day_are_deleted_in_every_vintage_and_output(store):
    add_rows(store, "training_score", scores(people(12)), collected_on="2021-01-31")
    add_rows(store, "training_score", scores(people(1), pre_score=11.246813), collected_on="2021-01-31")
    add_rows(store, "training_score", scores(people(15, 50), event="new"), collected_on=DAY)
    release(store, "n", "training_score", by=["event_id"], purpose="evaluation")
    assert expire(store, "2024-01-31").n_rows == 0  # 36 months: the last day counts
    done = expire(store, "2024-02-01")
    assert (done.n_rows, done.n_files, done.outputs_removed) == (13, 2, ("n",))
    assert find_traces(store, ["11.246813", pseudonym(store, "training_score", people(1)[0])]) == []
    assert read_rows(store, "training_score", purpose="evaluation")["event_id"].unique().tolist() == ["new"]
    assert verify_restricted(store) == []


def test_a_retention_may_be_shorter_than_the_rule_and_not_longer(store):
    add_rows(store, "training_score", scores(people(3)), collected_on=DAY, retention_months=6)
    assert expire(store, "2024-07-16").n_rows == 3
    with pytest.raises(UsageError, match="months"):
        add_rows(store, "training_score", scores(people(3)), collected_on=DAY, retention_months=37)


def test_a_file_that_was_moved_is_told_and_one_that_resists_makes_the_deletion_incomplete(store, tmp_path):
    one, _ = filled(store, tmp_path)
    os.rename(tmp_path / "work.csv", tmp_path / "elsewhere.csv")
    rows = read_rows(store, "training_score", purpose="evaluation")
    (tmp_path / "folder").mkdir()
    register_output(store, tmp_path / "folder", rows, purpose="evaluation")
    done = forget(store, one, today=DAY)
    assert done.outputs_not_found == (str(tmp_path / "work.csv"),) and done.outputs_remaining == (str(tmp_path / "folder"),) and not done.complete


def test_a_deletion_that_is_broken_off_at_any_write_is_whole_when_repeated(tmp_path):
    """Every write of a deletion fails once; what was not acknowledged is repeated and leaves nothing."""
    k, broken, step = 0, 0, times(2, 1)
    while True:
        k += step
        store, work = open_restricted(tmp_path / f"r{k}", tmp_path / f"k{k}"), tmp_path / f"w{k}"
        work.mkdir()
        one, needles = filled(store, work)
        count = {"n": 0}
        real = restricted.write_atomic

        def failing(path, content, *, real=real, count=count, at=k, **options):
            count["n"] += 1
            if count["n"] == at:
                path.parent.joinpath(".torn.tmp").write_bytes(content[: len(content) // 2])
                path.parent.joinpath(".torn.tmp").chmod(0o600)
                raise WriteError("no room")
            return real(path, content, **options)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(restricted, "write_atomic", failing)
            try:
                forget(store, one, today=DAY)
                finished = True
            except WriteError:
                finished, broken = False, broken + 1
        assert forget(store, one, today=DAY).complete
        assert find_traces(store, needles, also=[work]) == [] and verify_restricted(store) == []
        assert len(read_rows(store, "training_score", purpose="evaluation")) == 29
        if finished and count["n"] < k:
            break
    assert broken >= 10 // step
    report("S31", f"deletions broken off at each of {broken} writes and repeated: 0 traces")


# ---------------------------------------------------------------- what leaves it


def test_a_mean_leaves_with_its_interval_and_n_and_agrees_with_scipy(store):
    from scipy.stats import ttest_1samp

    table = scores(people(12))
    add_rows(store, "training_score", table, collected_on=DAY)
    row = release(store, "pre", "training_score", statistic="mean", columns=["pre_score"], purpose="evaluation").iloc[0]
    interval = ttest_1samp(table["pre_score"], 0).confidence_interval(0.95)
    assert row[["n", "mean", "ci_low", "ci_high"]].tolist() == pytest.approx([12, table["pre_score"].mean(), interval.low, interval.high])
    assert row["reason"] == "" and not row["synthetic"] and outputs(store)["n_rows"].tolist() == [12]


@pytest.mark.parametrize("n, shown", [(1, False), (9, False), (10, True)])
def test_fewer_than_ten_persons_leave_no_number(store, n, shown):
    add_rows(store, "training_score", scores(people(n)), collected_on=DAY)
    row = release(store, "pre", "training_score", statistic="mean", columns=["pre_score"], purpose="evaluation").iloc[0]
    assert (row["reason"] == "") == shown and bool(pd.notna(row["mean"])) == shown and bool(pd.notna(row["n"])) == shown


def test_an_empty_table_says_that_it_is_empty_and_not_that_something_is_hidden(store):
    row = release(store, "pre", "training_score", statistic="mean", columns=["pre_score"], purpose="evaluation").iloc[0]
    assert row["n"] == 0 and np.isnan(row["mean"]) and row["reason"] == "no_rows"
    assert read_rows(store, "survey_answer", purpose="evaluation").empty and expire(store, "2030-01-01").n_rows == 0


def test_persons_count_and_not_rows_and_blanks_do_not_make_a_group_larger(store):
    for event in ("e1", "e2", "e3"):
        add_rows(store, "training_score", scores(people(4), event=event), collected_on=DAY)  # 12 rows, 4 persons
    assert release(store, "n", "training_score", purpose="evaluation")["reason"].tolist() == [PRIMARY]
    more = scores(people(12), event="e4")
    more.loc[3:, "post_score"] = np.nan  # 12 persons, three with both scores
    add_rows(store, "training_score", more, collected_on=DAY)
    found = release(store, "c", "training_score", by=["event_id"], statistic="change", columns=["pre_score", "post_score"], purpose="evaluation")
    assert found["n"].isna().all()


def test_a_person_who_left_cannot_be_worked_out_from_the_figures_before_and_after(store):
    everyone = people(40)
    add_rows(store, "training_score", pd.concat([scores(everyone[:20], event="a"), scores(everyone[20:], event="b")]), collected_on=DAY)
    make = dict(by=["event_id"], statistic="mean", columns=["pre_score"], purpose="evaluation")
    first = release(store, "pre", "training_score", **make)
    assert first["n"].tolist() == [20, 20, 40]
    forget(store, everyone[3], today=DAY)
    after = pd.read_csv(store.folder / "outputs" / "pre.csv")
    assert after["reason"].fillna("").tolist() == [EARLIER, "", EARLIER]
    assert after["n"].fillna(0).tolist() == [0, 20, 0]
    add_rows(store, "training_score", scores(people(10, 100), event="a"), collected_on=DAY)  # eleven changed: it may be shown again
    assert release(store, "pre", "training_score", **make)["n"].tolist() == [29, 20, 49]


def test_a_statistic_or_name_that_is_none_is_refused(store):
    for change in ({"statistic": "max", "columns": ["pre_score"]}, {"statistic": "mean"}, {"statistic": "change", "columns": ["pre_score"]}):
        with pytest.raises(UsageError, match="no statistic"):
            release(store, "x", "training_score", purpose="evaluation", **change)
    with pytest.raises(UsageError, match="no name"):
        release(store, "../x", "training_score", purpose="evaluation")
    with pytest.raises(UsageError, match="threshold"):
        release(store, "x", "training_score", purpose="evaluation", threshold=3)


def group(*persons, total=False):
    return Group(frozenset(f"p{i}.r" for i in persons), is_total=total)


def test_a_hidden_part_is_not_the_rest_of_the_total():
    parts = [group(*range(0, 50)), group(*range(50, 90)), group(*range(90, 93)), group(*range(93, 97))]
    total = group(*range(97), total=True)
    why = hidden_groups([*parts, total])
    assert why[2:4] == [PRIMARY, PRIMARY] and why.count(COMPLEMENTARY) == 1  # 3 + 4 persons would be left over: a shown part goes too
    assert why == ["", COMPLEMENTARY, PRIMARY, PRIMARY, ""]
    alone = hidden_groups([group(*range(50)), group(*range(50, 55)), group(*range(55), total=True)])
    assert alone == [COMPLEMENTARY, PRIMARY, ""]  # the total stays, the part from which it differs by five goes


def test_two_tables_together_do_not_reveal_what_each_hides():
    by_sex = [group(*range(0, 30)), group(*range(30, 60))]
    assert hidden_groups([*by_sex, group(*range(60), total=True)]) == ["", "", ""]
    # another table of the same rows, whose groups differ from those by four persons
    by_age = [group(*range(0, 34)), group(*range(34, 60))]
    assert hidden_groups(by_age, [g.rows for g in by_sex]) == [EARLIER, EARLIER]


def test_a_rest_of_seven_is_seen_though_an_earlier_table_tells_three_of_them_apart():
    parts = [group(*range(0, 50)), group(*range(50, 90)), group(*range(90, 93)), group(*range(93, 97)), group(*range(97), total=True)]
    earlier = [group(*range(0, 30), *range(90, 93)).rows]
    why = hidden_groups(parts, earlier)
    assert why[2:4] == [PRIMARY, PRIMARY] and "" in why and why.count("") == 2


def test_three_tables_that_are_each_harmless_are_not_all_shown():
    first, second = group(*range(0, 30), 90, 91), group(*range(30, 60), 92, 93, 94)
    assert hidden_groups([second], [first.rows]) == [""]
    # first + second - third is the sum over persons 90 to 94
    assert hidden_groups([group(*range(60))], [first.rows, second.rows]) == [EARLIER]


def test_twelve_old_people_may_be_shown_beside_a_table_by_sex_that_splits_them_in_six_and_six():
    by_sex = [group(*range(0, 36), *range(90, 96)), group(*range(36, 70), *range(96, 102))]
    old, young = group(*range(90, 102)), group(*range(70))
    assert hidden_groups([old, young], [g.rows for g in by_sex]) == ["", ""]


def test_what_was_revealed_already_hides_nothing_more():
    known = [group(*range(30)).rows, group(*range(31)).rows]  # person 30 was given away by an earlier mistake
    assert hidden_groups([group(*range(40, 60))], known) == [""]


def revealed(shown, n, threshold=10):
    """Smallest number of persons over which sums of the shown sets give a sum, among all sets of fewer than `threshold` of n persons: by trying them."""
    from itertools import combinations

    matrix = np.array([[i in s for i in range(n)] for s in shown], dtype=float)
    whole = np.linalg.matrix_rank(matrix)
    for size in range(1, threshold):
        for few in combinations(range(n), size):
            # a combination that vanishes outside `few` and not inside is there when the rest has a smaller rank
            if np.linalg.matrix_rank(np.delete(matrix, few, axis=1)) < whole:
                return size
    return None


def test_no_few_persons_can_be_worked_out_from_random_tables_by_trying_them_all():
    """Random sequences of three tables over 12 persons with a threshold of 5 (seed 20301231): every set of fewer than five persons is tried."""
    rng = np.random.default_rng(20301231)
    recoverable = unguarded = figures = 0
    runs = times(40, 400)
    for _ in range(runs):
        shown, naive = [], []
        for _ in range(3):
            kept = np.flatnonzero(rng.random(12) > rng.choice([0.0, 0.1]))
            label = rng.choice(3, size=12, p=rng.dirichlet([2, 2, 1]))
            groups = [Group(frozenset(f"p{i}.r" for i in kept if label[i] == k)) for k in range(3)] + [Group(frozenset(f"p{i}.r" for i in kept), is_total=True)]
            groups = [g for g in groups if g.rows]
            why = hidden_groups(groups, shown, threshold=5)
            shown += [g.rows for g, w in zip(groups, why, strict=True) if not w]
            naive += [g.rows for g in groups if g.persons >= 5]
        persons = [{int(row[1:].split(".")[0]) for row in s} for s in shown]
        figures += len(persons)
        recoverable += revealed(persons, 12, 5) is not None
        unguarded += revealed([{int(row[1:].split(".")[0]) for row in s} for s in naive], 12, 5) is not None
    assert recoverable == 0 and unguarded > runs / 2 and figures > runs
    report("S31", f"sequences of tables from which few persons can be worked out: {recoverable} of {runs} ({unguarded} where only small groups are hidden)")


def test_results_computed_elsewhere_are_blanked_below_ten_and_keep_their_keys():
    table = pd.DataFrame({"REF_AREA": ["a", "b", "c"], "fiscal_year": [2566, 2566, 2566], "n": [9, 10, 0], "mean": [1.0, 2.0, np.nan]})
    found = hide_small(table, keep=["fiscal_year"])
    assert found["mean"].fillna(-1).tolist() == [-1, 2, -1] and found["n"].fillna(-1).tolist() == [-1, 10, 0]
    assert found["fiscal_year"].tolist() == [2566] * 3 and found["reason"].tolist() == [PRIMARY, "", ""]
    assert table["n"].tolist() == [9, 10, 0]
    with pytest.raises(UsageError):
        hide_small(table, threshold=4)
