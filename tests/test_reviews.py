"""Reviews by role: what is refused, what they mean for a run, and that the next report prints them."""

import dataclasses

import pandas as pd
import pytest
import yaml

from sdg_eval import reviews
from sdg_eval.codelists import read_codelists
from sdg_eval.errors import DataError
from sdg_eval.explore import open_desk, run_specifications
from sdg_eval.reviews import Review, judge_run, read_reviews, validate_review, write_review
from tests.conftest import ROOT

HASH, OTHER = "a" * 64, "b" * 64


@pytest.fixture(scope="module")
def roles():
    return read_codelists().review_roles


def one(**changes) -> Review:
    whole = {"kind": "verdict", "role": "adviser", "run_hash": HASH, "verdict": "accepted", "reason": "ข้อมูลพอสำหรับข้อสรุป", "date": "2026-11-26"}
    return Review(**(whole | changes))


def challenge(**changes) -> Review:
    return one(**({"kind": "challenge", "verdict": "turns", "REF_AREA": "TH-50", "SERIES": "SI_POV_NAHC", "FREQ": "A", "question": "trend", "specification": {"test": "bonferroni"}, "share_holds": 0.87, "n_specifications": 2880} | changes))


def test_a_review_is_read_as_it_was_written_and_none_is_overwritten(tmp_path, roles):
    both = [one(), one(reason="มีข้อสังเกต", verdict="accepted_with_reservations", dissent="ปีฐานควรเป็น 2560")]
    paths = [write_review(r, tmp_path) for r in both]
    assert len({p.name for p in paths}) == 2 and read_reviews(tmp_path, roles) == both
    path = write_review(challenge(), tmp_path)
    assert challenge() in read_reviews(tmp_path, roles) and path.name == "aaaaaaaaaaaa-challenge-adviser-TH-50-SI_POV_NAHC-trend-01.yml"
    assert read_reviews(tmp_path / "absent", roles) == []
    (tmp_path / f"{path.name[:-6]}02.yml").touch()  # another adviser is writing: the name is taken, and an empty file is no review yet
    assert write_review(challenge(), tmp_path).name.endswith("-03.yml") and len(read_reviews(tmp_path, roles)) == 4


@pytest.mark.parametrize(
    "changes, said",
    [
        ({"kind": "praise"}, "kind"), ({"verdict": "turns"}, "accepted"), ({"role": "somchai"}, "never a name"), ({"kind": "release", "verdict": "released"}, "cannot release"), ({"reason": "  "}, "reason: it is empty"),
        ({"run_hash": "abc"}, "run_hash"), ({"date": "2026-02-30"}, "no day"), ({"reason": "โทร 081-234-5678"}, "telephone"), ({"dissent": "นายสมชาย ใจดี ไม่เห็นด้วย"}, "name of a person"), ({"reason": "x@example.org เห็นต่าง"}, "e-mail"),
        ({"kind": "challenge", "verdict": "turns", "REF_AREA": "TH-50", "SERIES": "X", "question": "trend", "specification": {"target": "<b>โทร 081</b>"}}, "no choice, verdict or number"), ({"share_holds": 1.5}, "no share"),
        ({"reason": "ก" * 3000}, "at most"), ({"kind": "challenge", "verdict": "turns"}, "REF_AREA, SERIES and question"), ({"SERIES": "../x"}, "SERIES"), ({"REF_AREA": "TH-๕๐"}, "REF_AREA"),
    ],
)  # fmt: skip
def test_what_is_no_review_is_refused_with_its_field_and_without_the_data(roles, changes, said):
    with pytest.raises(DataError, match=said) as refused:
        validate_review(one(**changes), roles)
    assert "081-234" not in str(refused.value) and "สมชาย" not in str(refused.value)


@pytest.mark.parametrize(
    "text, said",
    [
        ("!!python/object/apply:os.system ['touch executed']", "no plain YAML"), ("- a\n- b", "list of fields"), ("kind: verdict\nsecret: 1", "unknown field"), ("kind: verdict", "are missing"), ("a: [", "no plain YAML"), ("x" * 30_000, "larger than"),
        ("kind: verdict\nrole: adviser\nrun_hash: " + HASH + "\nverdict: accepted\ndate: 2026-11-26\nreason: [1]", "reason: list"),
    ],
)  # fmt: skip
def test_a_hostile_or_broken_file_is_refused_and_nothing_runs(tmp_path, roles, monkeypatch, text, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "r.yml").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=rf"r\.yml.*{said}"):
        read_reviews(tmp_path, roles)
    assert not (tmp_path / "executed").exists()


def test_a_run_is_a_draft_until_every_required_role_has_accepted_these_numbers(roles):
    required = list(roles.loc[roles["required"] == "1", "role"])
    assert len(required) == 2
    told = [one(role=role) for role in required]
    assert judge_run([], HASH, roles).waiting == required
    assert judge_run(told[:1], HASH, roles).status == "draft" and judge_run(told, HASH, roles).status == "reviewed"
    assert judge_run(told, OTHER, roles).status == "draft"  # a verdict on other numbers is none on these
    assert judge_run([*told, one(role=required[0], verdict="rejected", date="2026-11-27")], HASH, roles).status == "draft"
    release = one(kind="release", verdict="released", role="committee", date="2026-11-28")
    assert judge_run([*told, release], HASH, roles).status == "released" and judge_run([release], HASH, roles).status == "draft"
    late = one(role=required[1], verdict="accepted_with_reservations", date="2026-11-29")
    assert judge_run([*told, release, late], HASH, roles).status == "reviewed"  # the release did not know it


def test_challenges_are_counted_and_those_of_other_numbers_still_wait(roles):
    gate = judge_run([challenge(), challenge(verdict="stands"), challenge(run_hash=OTHER)], HASH, roles)
    assert gate.share_turned == 0.5 and len(gate.earlier) == 1 and gate.earlier[0].run_hash == OTHER
    told = [one(), one(role="statistician"), one(role="province", verdict="rejected")]
    assert judge_run(told, HASH, roles).agreement == pytest.approx(1 / 3)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    table = pd.read_csv(ROOT / "data" / "sample" / "observations.csv", dtype=str, keep_default_na=False)
    path = tmp_path_factory.mktemp("desk") / "o.csv"
    table[table["SERIES"] == "SI_POV_NAHC"].to_csv(path, index=False)
    return open_desk(path)


def test_a_challenge_holds_the_numbers_of_both_specifications(small, tmp_path):
    made = reviews.challenge(small, "SI_POV_NAHC", "TH-50", "trend", {"test": "bonferroni", "covid": "left_out"}, role="adviser", reason="ทดสอบหลายจังหวัด", date="2026-11-26")
    ran = run_specifications(small, "SI_POV_NAHC", "TH-50", "trend", [{}, {"test": "bonferroni", "covid": "left_out"}])
    assert made.run_hash == small.run_hash and made.specification == {"covid": "left_out", "test": "bonferroni"}
    assert (made.official["verdict"], made.found["verdict"]) == tuple(ran["verdict"]) and made.verdict == ("stands" if ran["holds"].iloc[1] else "turns")
    assert made.found["estimate"] == pytest.approx(ran["estimate"].iloc[1], rel=1e-9) and 0 <= made.share_holds <= 1 and made.n_specifications >= 500
    assert yaml.safe_load(write_review(made, tmp_path).read_text(encoding="utf-8"))["found"]["n_obs"] == int(ran["n_obs"].iloc[1])
    assert reviews.verdict(small, "released", role="committee", reason="เผยแพร่ได้").kind == "release"


def test_the_next_report_prints_verdicts_dissent_and_challenges(tmp_path, monkeypatch):
    from sdg_eval.publish import write_site
    from tests.browser.tiny import write_tiny_run

    folder, place = tmp_path / "run", tmp_path / "reviews"
    record, runs = write_tiny_run(folder)
    monkeypatch.setenv(reviews.FOLDER_VARIABLE, str(place))
    own = reviews.run_hash(folder)
    for made in (
        one(run_hash=own, dissent="<b>ปีฐาน</b> ควรเป็น 2560"), challenge(run_hash=own, reason="เพราะทดสอบ 77 จังหวัดพร้อมกัน"), challenge(run_hash=OTHER, reason="ของรอบก่อน", REF_AREA="TH-50"), challenge(run_hash=own, REF_AREA="TH-83", reason="ของภูเก็ต"),
    ):  # fmt: skip
        write_review(made, place)
    write_site(folder, read_codelists(), record, runs)
    page, index = ((folder / name).read_text(encoding="utf-8") for name in ("provinces/TH-50/index.html", "index.html"))
    for text in (page, index):
        assert "สถานะการเผยแพร่: ฉบับร่าง" in text and "นักสถิติ" in text and "&lt;b&gt;ปีฐาน&lt;/b&gt; ควรเป็น 2560" in text
        assert "เพราะทดสอบ 77 จังหวัดพร้อมกัน" in text and "ของรอบก่อน" in text and "ยังต้องตอบ" in text and "87%" in text
    assert "ของภูเก็ต" in index and "ของภูเก็ต" not in page
    assert "Release status: draft" in (folder / "index.en.html").read_text(encoding="utf-8")
    write_review(dataclasses.replace(one(run_hash=own), role="statistician"), place)
    lists = read_codelists()
    assert judge_run(read_reviews(place, lists.review_roles), own, lists.review_roles).status == "reviewed" and reviews.word("reviewed", "th") == "ผ่านการทบทวนแล้ว"
