"""Partners, participation and awareness as their readers meet them: tables, sentences, figures, and nobody's scores."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sdg_eval.claims.remake import remake
from sdg_eval.delivery.partners import NETWORKS
from sdg_eval.delivery.tables import Delivery, read_delivery
from sdg_eval.errors import DataError
from sdg_eval.figures.delivery import paint
from sdg_eval.people_report import (
    CHANGE_SHOWN,
    evaluate_awareness,
    evaluate_people,
    read_persons,
    write_report,
)
from sdg_eval.people_words import (
    awareness_charts,
    awareness_text,
    faded_trainings,
    people_charts,
    people_text,
)

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "data" / "sample"
SURVEY, SCORES = (str(SAMPLE / "delivery" / "restricted" / f"{name}.csv") for name in ("survey_answer", "training_score"))
RUN = "TH-10,TH-50,TH-57"
QUARTER = "2567Q2"
CAUSES = r"effect|\bcaus|because of|due to|\bled to|impact|ทำให้|ส่งผล|เกิดจาก|เป็นผลของ|เป็นผลจาก"


@pytest.fixture(scope="module")
def delivery():
    return read_delivery(SAMPLE / "delivery")


@pytest.fixture(scope="module")
def truth():
    facts = json.loads((SAMPLE / "delivery_truth.json").read_text(encoding="utf-8"))["facts"]
    return {fact["fact"]: fact for fact in facts}


@pytest.fixture(scope="module")
def people(delivery, codelists):
    return evaluate_people(delivery, codelists, quarter=QUARTER, areas=RUN, survey=SURVEY)


@pytest.fixture(scope="module")
def awareness(delivery, codelists):
    return evaluate_awareness(delivery, codelists, quarter=QUARTER, areas=RUN, scores=SCORES)


def only(delivery, areas, **changed):
    """The delivery with the projects and events of some provinces alone: small enough to evaluate in a moment."""
    tables = {name: frame[frame["REF_AREA"].isin(areas)].reset_index(drop=True) if "REF_AREA" in frame else frame for name, frame in delivery.tables.items()}
    groups = tables["participation_group"]
    tables["participation_group"] = groups[groups["event_id"].isin(tables["participation"]["event_id"])].reset_index(drop=True)
    return Delivery(tables | changed)


def scores_of(path, people: dict[str, int]) -> str:
    """A file of invented scores: training -> persons, each 10 points up and 5 kept."""
    rows = [
        {"event_id": event, "person": f"q{event}{k:03d}".lower().replace("-", ""), "pre_score": 40 + k % 7, "post_score": 50 + k % 5, "follow_up_score": 45 + k % 6,
         "follow_up_date": "2023-11-01", "source": "synthetic"}
        for event, n in people.items() for k in range(n)
    ]  # fmt: skip
    pd.DataFrame(rows).to_csv(path, index=False)
    return str(path)


def trainings(people: dict[str, int], area="TH-50") -> pd.DataFrame:
    frame = pd.DataFrame({
        "event_id": list(people), "event_date": "2023-05-01", "host": "un", "agency_id": "cdd", "REF_AREA": area, "topic": "SDGs", "hours": 6.0,
        "invited": 40.0, "attended": 35.0, "source": "synthetic",
    })  # fmt: skip
    return frame


# ---------------------------------------------------------------- partners and participation


def test_the_missing_network_the_silo_and_the_silent_group_are_named_in_both_languages(people, truth, codelists):
    text = people_text(people, codelists)
    for fact, thai, english in (
        ("missing_network", "เพชรบุรี (ภาคผู้นำศาสนา", "Phetchaburi (Religious leaders"), ("silo", "แม่ฮ่องสอน 11 จาก 11", "Mae Hong Son 11 of 11"),
        ("silent_group", "คนพิการ ในภูเก็ต", "Persons with disabilities in Phuket"),
    ):  # fmt: skip
        assert codelists.area_name(truth[fact]["REF_AREA"], "th") in thai and codelists.area_name(truth[fact]["REF_AREA"], "en") in english
        assert any(thai in line for line in text["th"]["lines"]) and any(english in line for line in text["en"]["lines"])
    assert "1 จังหวัดขาดภาคี" in text["th"]["headline"] and "1 province lacks a network" in text["en"]["headline"]


def test_every_province_has_seven_networks_and_eight_groups_and_a_blank_has_its_reason(people, codelists):
    assert (people.shares.groupby("REF_AREA").size() == 7).all() and people.shares["REF_AREA"].nunique() == len(codelists.provinces) + 1
    assert (people.representation.groupby("REF_AREA").size() == 8).all()
    assert (people.priorities.groupby("REF_AREA").size() == 17).all() and set(people.areas) <= set(people.priorities["REF_AREA"])
    for table, value in ((people.shares, "share"), (people.representation, "ratio"), (people.balance, "balance_corrected"), (people.priorities, "share")):
        assert (table.loc[table[value].isna(), "reason"] != "").all()


def test_no_share_of_the_country_is_said_without_its_interval_and_n(people, codelists):
    for lang in ("th", "en"):
        for line in people_text(people, codelists)[lang]["lines"]:
            if re.search(r"ร้อยละ \d+|\d+%", line):
                assert re.search(r"ช่วงความเชื่อมั่นร้อยละ 95|95% CI", line), line


def test_a_convenience_sample_is_called_not_representative_and_a_random_one_is_not(people, codelists):
    text = people_text(people, codelists)["en"]["priorities"]
    said = {line.split(":")[0]: "Not representative" in line for line in text}
    assert said["Bangkok"] and not said["Chiang Mai"]
    assert "n_eff" in text[0] and "deff" in text[0]


def test_without_the_restricted_file_the_priorities_are_left_out_and_it_is_said(delivery, codelists):
    report = evaluate_people(only(delivery, ["TH-50"]), codelists, quarter=QUARTER, areas="TH-50")
    assert set(report.priorities["reason"]) == {"no_person_rows"} and len(report.priorities) == 17
    text = people_text(report, codelists)
    assert "ไม่ได้ให้ไฟล์" in text["th"]["priorities"][0] and "was not given" in text["en"]["priorities"][0]
    assert not any(chart.name.startswith("priorities") for chart in people_charts(report, codelists))


def test_what_comes_after_the_quarter_changes_nothing(delivery, codelists):
    small = only(delivery, ["TH-50", "TH-58"])
    changed = dict(small.tables)
    later = changed["participation"]["event_date"] > "2024-03-31"
    changed["participation"] = changed["participation"].assign(adopted=changed["participation"]["adopted"].mask(later, 0.0))
    told = [people_text(evaluate_people(Delivery(t), codelists, quarter=QUARTER, areas="TH-50"), codelists) for t in (small.tables, changed)]
    assert later.any() and told[0] == told[1]


def test_empty_tables_give_reasons_in_words(codelists):
    report = evaluate_people(Delivery({}), codelists, quarter=QUARTER, areas=RUN)
    assert set(report.shares["reason"]) == {"no_project"} and set(report.representation["reason"]) == {"no_event"}
    text = people_text(report, codelists)
    assert "ยังบอกไม่ได้" in text["th"]["headline"] and "cannot be told yet" in text["en"]["headline"]
    assert sum("cannot be told yet" in line for line in text["en"]["lines"]) >= 4
    assert paint(people_charts(report, codelists)[0], codelists, "th")


def test_one_project_is_too_few_to_call_a_network_missing(delivery, codelists):
    small = only(delivery, ["TH-50"])
    one = Delivery(dict(small.tables) | {"project": small.project.head(1)})
    report = evaluate_people(one, codelists, quarter="2567Q4", areas="TH-50")
    assert "missing" not in set(report.shares["verdict"]) and report.balance.set_index("REF_AREA").at["TH-50", "reason"] == "few_projects"
    assert people_text(report, codelists)["en"]["lines"]


# ---------------------------------------------------------------- awareness


def test_the_training_whose_gain_faded_is_found_and_named(delivery, truth, codelists):
    report = evaluate_awareness(delivery, codelists, quarter="2567Q4", areas=RUN, scores=SCORES)
    assert list(faded_trainings(report.decay, report.change)["name"]) == [truth["awareness_decay"]["key"]]
    for lang, name in (("th", "กรุงเทพมหานคร"), ("en", "Bangkok")):
        assert any(truth["awareness_decay"]["key"] in line and name in line for line in awareness_text(report, codelists)[lang]["decay"])


def test_every_province_is_listed_and_one_without_scores_says_so(awareness, codelists):
    areas = awareness.change[awareness.change["by"] == "REF_AREA"]
    assert set(areas["name"]) == {*codelists.provinces, "TH"} and (areas.loc[areas["change"].isna(), "reason"] != "").all()


def test_a_mean_has_its_interval_and_its_n(awareness):
    shown = awareness.change[awareness.change["change"].notna()]
    assert (shown["n"] >= 10).all() and shown[["ci_low", "ci_high"]].notna().all().all()
    later = awareness.decay[awareness.decay["kept"].notna()]
    assert (later["n_three"] >= 10).all() and later[["kept_low", "kept_high"]].notna().all().all()


def test_nine_persons_are_shown_nowhere_nor_by_difference(tmp_path, codelists):
    persons = {"W50-A": 9, "W50-B": 30}
    report = evaluate_awareness(Delivery({"training": trainings(persons)}), codelists, quarter=QUARTER, areas="TH-50", scores=scores_of(tmp_path / "s.csv", persons))
    numbers = [c for c in CHANGE_SHOWN if c in report.change and pd.api.types.is_numeric_dtype(report.change[c]) and c != "n_events"]
    events = report.change[report.change["by"] == "event_id"].set_index("name")
    assert events.loc["W50-A", numbers].isna().all()
    # 39 of the province less 30 of the other training would be the nine
    assert report.change.set_index(["by", "name"]).at[("REF_AREA", "TH-50"), "n"] == 39 and events.loc["W50-B", numbers].isna().all()
    assert set(events["reason"]) == {"suppressed"}
    later = report.decay[report.decay["by"] == "event_id"].set_index("name")
    assert later["kept"].isna().all()


def test_where_few_did_not_come_back_their_gain_cannot_be_worked_out(tmp_path, codelists):
    persons = {"W50-B": 30}
    path = tmp_path / "s.csv"
    scores_of(path, persons)
    rows = pd.read_csv(path, dtype=str)
    rows.loc[:3, ["follow_up_score", "follow_up_date"]] = ""
    rows.to_csv(path, index=False)
    report = evaluate_awareness(Delivery({"training": trainings(persons)}), codelists, quarter=QUARTER, areas="TH-50", scores=str(path))
    row = report.decay.set_index(["by", "name"]).loc[("REF_AREA", "TH-50")]
    assert row["n_three"] == 26 and np.isfinite(row["kept"]) and np.isnan(row[["gain", "decay", "kept_share", "attrition", "returned_less_lost"]].astype(float)).all()


def test_follow_up_after_the_quarter_is_not_known_yet(delivery, codelists):
    report = evaluate_awareness(delivery, codelists, quarter="2566Q2", areas=RUN, scores=SCORES)
    assert report.decay["kept"].isna().all() and "no_follow_up" in set(report.decay["reason"])


def test_without_scores_the_reach_is_still_told(delivery, codelists):
    report = evaluate_awareness(delivery, codelists, quarter=QUARTER, areas=RUN)
    text = awareness_text(report, codelists)
    assert set(report.change["reason"]) == {"no_person_rows"} and "was not given" in text["en"]["headline"]
    assert report.reach.set_index(["by", "name"]).at[("REF_AREA", "TH"), "attended"] > 0 and any("invited" in line for line in text["en"]["reach"])


def test_empty_trainings_give_reasons_in_words(codelists):
    report = evaluate_awareness(Delivery({}), codelists, quarter=QUARTER, areas=RUN)
    assert awareness_text(report, codelists)["th"]["lines"] and paint(awareness_charts(report, codelists)[0], codelists, "en")


def test_an_unreadable_restricted_file_is_refused_without_its_cells(tmp_path):
    (tmp_path / "s.csv").write_text("event_id,person,pre_score,post_score,follow_up_score,follow_up_date,source\nW1,pabc,sixty,70,,,synthetic\n", encoding="utf-8")
    with pytest.raises(DataError, match="row 2, column pre_score") as refused:
        read_persons("training_score", str(tmp_path / "s.csv"))
    assert "pabc" not in str(refused.value)
    with pytest.raises(DataError, match="leave it out"):
        read_persons("training_score", str(tmp_path / "absent.csv"))


# ---------------------------------------------------------------- words


def figures(line: str) -> list[str]:
    """The numbers of a sentence, whatever its language: years, days and counted words apart."""
    line = re.sub(r"ไตรมาส.*?\d{4}|Q\d of fiscal year \d{4}", "", line).replace("seven", "7")
    return sorted(re.findall(r"[−+]?\d[\d,.]*\d|\d", line))


def test_both_languages_have_the_same_numbers_in_every_line(people, awareness, codelists):
    for text in (people_text(people, codelists), awareness_text(awareness, codelists)):
        assert len(text["th"]["lines"]) == len(text["en"]["lines"])
        for thai, english in zip(text["th"]["lines"][:-1], text["en"]["lines"][:-1], strict=True):
            assert figures(thai) == figures(english), (thai, english)


def test_no_line_names_a_cause(people, awareness, codelists):
    for text in (people_text(people, codelists), awareness_text(awareness, codelists)):
        for lang in ("th", "en"):
            assert [line for line in text[lang]["lines"] if re.search(CAUSES, line, re.I)] == []


def test_thai_lines_say_the_buddhist_year_and_english_ones_the_gregorian(people, codelists):
    text = people_text(people, codelists)
    assert "2567" in text["th"]["lines"][-1] and "2024" not in text["th"]["lines"][-1] and "2024" in text["en"]["lines"][-1]


def test_the_same_tables_give_the_same_words(delivery, awareness, codelists):
    again = evaluate_awareness(delivery, codelists, quarter=QUARTER, areas=RUN, scores=SCORES)
    assert awareness_text(again, codelists) == awareness_text(awareness, codelists)
    small = only(delivery, ["TH-50"])
    assert people_text(evaluate_people(small, codelists, quarter=QUARTER, areas="TH-50"), codelists) == people_text(evaluate_people(small, codelists, quarter=QUARTER, areas="TH-50"), codelists)


def test_figures_list_all_seven_networks_and_carry_the_synthetic_mark(people, codelists):
    charts = {chart.name: chart for chart in people_charts(people, codelists)}
    assert list(charts["networks"].table["network_id"]) == list(NETWORKS) and all(chart.synthetic for chart in charts.values())
    texts = [t.get_text() for t in paint(charts["ties"], codelists, "th").findobj(match=lambda o: hasattr(o, "get_text"))]
    assert any("ภาคสื่อสารมวลชน" in t for t in texts) and any("สังเคราะห์" in t for t in texts)


def test_every_file_is_marked_synthetic_and_holds_no_pseudonym(people, awareness, codelists, tmp_path):
    places = {tmp_path / "32_partners_participation": (people, people_text(people, codelists)), tmp_path / "33_awareness": (awareness, awareness_text(awareness, codelists))}
    for place, (report, text) in places.items():
        write_report(report, place, text)
        assert remake(place, "", codelists) == text  # what was written is enough to say it again
    files = list(tmp_path.rglob("*.*"))
    assert len(files) > 15
    for path in files:
        content = content_of(path)
        assert pseudonyms_in(content) == set(), path
        if path.suffix == ".csv" and content.count("\n") > 1:
            assert set(pd.read_csv(path)["synthetic"]) == {True}


def content_of(path) -> str:
    return pd.read_parquet(path).to_csv() if path.suffix == ".parquet" else path.read_text(encoding="utf-8")


def pseudonyms_in(text: str) -> set[str]:
    known = {person for path in (SURVEY, SCORES) for person in pd.read_csv(path)["person"]}
    return {word for word in re.findall(r"p[0-9a-f]{8}", text) if word in known}


def test_the_executed_notebook_of_scores_shows_no_person(tmp_path):
    from papermill import execute_notebook

    folder = tmp_path / "out"
    execute_notebook(str(ROOT / "notebooks" / "33_awareness.ipynb"), str(tmp_path / "33.ipynb"), {"OUTPUT_DIR": str(folder), "DELIVERY": str(SAMPLE / "delivery"), "SCORES": SCORES, "LANG": "th"}, kernel_name="python3", progress_bar=False)
    for path in [tmp_path / "33.ipynb", *folder.rglob("*.*")]:
        assert pseudonyms_in(content_of(path)) == set(), path
    text = json.loads((folder / "text.json").read_text(encoding="utf-8"))
    assert text["th"]["headline"] and text["en"]["lines"] and (folder / "echo.json").exists()
