"""Comparisons joined, said in two languages and drawn: the numbers of both agree, and nothing ranks alone."""

import json
import re

import numpy as np
import pandas as pd
import pytest

from sdg_eval.claims.ledger import leaves, unlike
from sdg_eval.claims.remake import MAKERS
from sdg_eval.evaluation import moved_text
from sdg_eval.figures import draw_funnels, draw_left_behind, draw_peer_view, draw_ranking
from sdg_eval.side_by_side import (
    dashboard,
    find_best_practice,
    leave_no_one_behind,
    left_text,
    list_candidates,
    local_clusters,
    peer_text,
    practice_text,
    rank_facts,
    rank_provinces,
    ranking_text,
    say_candidate,
    say_change,
    say_convergence,
    say_gap,
    say_groups,
    say_nobody,
    say_ranks,
    say_rule,
    say_space,
    score_peers,
    view_peers,
    write_tables,
)
from sdg_eval.wording import keep_together

NUMBER = re.compile(r"−?\d[\d,]*\.?\d*")


def numbers(text: str) -> list[str]:
    """Numbers without years (B.E. and C.E. differ by design) and counting words."""
    found = [n.rstrip(".,") for n in NUMBER.findall(text)]
    return sorted(n for n in found if not re.fullmatch(r"(19|20|25)\d\d", n))


@pytest.fixture(scope="module")
def ranking(observations, codelists):
    return rank_provinces(observations, codelists, report_year=2026, draws=400)


@pytest.fixture(scope="module")
def left(observations, codelists):
    return leave_no_one_behind(observations, codelists)


@pytest.fixture(scope="module")
def practice(observations, codelists):
    return find_best_practice(observations, codelists)


@pytest.fixture(scope="module")
def view(observations, codelists, national):
    return view_peers(observations, codelists, "TH-50", national.progress, national.trends, report_year=2026)


def test_the_sample_ranks_seventeen_goals_and_tells_few_neighbours_apart(ranking, codelists):
    assert len(ranking.basket.goals) == 17 and ranking.year <= 2026
    assert len(ranking.bands.table) == 77 and ranking.bands.n_pairs == 76
    assert ranking.bands.n_apart < 10 and ranking.noisy.n_apart <= ranking.bands.n_apart
    assert set(ranking.composite.goal_scores.columns) == set(map(str, range(1, 18)))


def test_every_sentence_has_the_same_numbers_in_both_languages(ranking, left, practice, view, observations, codelists, tmp_path):
    space, _ = local_clusters(observations, codelists, ranking.year)
    pairs = [(say_ranks(ranking, "th"), say_ranks(ranking, "en")), (say_change(ranking.change, "th"), say_change(ranking.change, "en"))]
    for rows, say in ((left.trends, say_gap), (left.convergence, say_convergence), (space, say_space), (practice.shortlist, say_candidate)):
        pairs += [(say(row, codelists, "th"), say(row, codelists, "en")) for row in rows.to_dict("records")]
    text = peer_text(view, codelists)
    view.write(tmp_path, observations, text)
    write_tables(tmp_path, observations, ranks=ranking.bands.table, facts=rank_facts(ranking), change=ranking.change, space=space)
    assert MAKERS["peers"](tmp_path, "TH-50", codelists) == text and MAKERS["40_provinces_side_by_side"](tmp_path, "", codelists)["en"]["ranks"] == say_ranks(ranking, "en")
    assert {len(text[lang][part]) > 0 for lang in text for part in text[lang]} == {True}
    pairs += [(a, b) for part in text["th"] for a, b in zip(text["th"][part], text["en"][part], strict=True)]
    assert len(pairs) > 60
    names = {lang: sorted({*codelists.series[f"name_{lang}"], *codelists.series[f"unit_{lang}"]}, key=len, reverse=True) for lang in ("th", "en")}

    def plain(text, lang):  # names of series and units carry numbers of their own
        for name in names[lang]:
            text = text.replace(keep_together(name), "").replace(name, "")
        return text.replace("5 ปีใด", "")

    for thai, english in pairs:
        assert numbers(plain(thai, "th")) == numbers(plain(english, "en")), (thai, english)


def test_no_changed_digit_of_what_national_notebooks_say_is_what_their_tables_say(ranking, left, practice, observations, codelists, tmp_path):
    space, _ = local_clusters(observations, codelists, ranking.year)
    moved = pd.DataFrame({"REF_AREA": ["TH-50"] * 21})
    tables = {
        "40_provinces_side_by_side": {"ranks": ranking.bands.table, "facts": rank_facts(ranking), "change": ranking.change, "space": space},
        "45_leave_no_one_behind": {
            "inequality": left.inequality, "convergence": left.convergence, "gaps": left.gaps, "gap_trends": left.trends, "groups": left.groups, "group_trends": left.group_trends,
        },
        "50_best_practice": {"shortlist": practice.shortlist}, "90_synthesis": {"moved": moved},
    }  # fmt: skip
    texts = {
        "40_provinces_side_by_side": ranking_text(ranking.bands.table, rank_facts(ranking), ranking.change, space, codelists), "45_leave_no_one_behind": left_text(left, codelists),
        "50_best_practice": practice_text(practice.shortlist, codelists), "90_synthesis": moved_text(moved),
    }  # fmt: skip
    for notebook, told in texts.items():
        write_tables(tmp_path / notebook, observations, **tables[notebook])
        made = MAKERS[notebook](tmp_path / notebook, "", codelists)
        assert unlike(told, made) == {}
        changed = 0
        for lang in ("th", "en"):
            for place, text in leaves(told[lang]):
                for found in list(re.finditer(r"\d", text))[::7]:  # each of them takes a while, and one in seven is enough
                    spoilt = json.loads(json.dumps(told).replace(json.dumps(text)[1:-1], json.dumps(text[:found.start()] + str((int(found[0]) + 3) % 10) + text[found.end():])[1:-1]))
                    assert (lang, place) in unlike(spoilt, made)
                    changed += 1
        assert changed >= 2


def test_candidates_are_listed_by_name_and_an_empty_list_says_so(practice, codelists):
    named = practice.shortlist.head(1).assign(firm=True)
    assert list_candidates(practice_text(named, codelists)["en"]) == f"- {say_candidate(named.iloc[0].to_dict(), codelists, 'en')}"
    assert list_candidates(practice_text(practice.shortlist.head(0), codelists)["en"]) == say_nobody("en")


def test_a_lead_or_a_gap_of_a_share_is_told_in_percentage_points(left, practice, codelists):
    """A share of 42 is not "better by 1.1 %" than one of 40.9: that would be 40.44."""
    shares = {row["SERIES"] for row in codelists.series.to_dict("records") if row["unit_en"] == "%"}
    told = [(say, row) for say, table in ((say_candidate, practice.shortlist), (say_gap, left.trends)) for row in table.to_dict("records") if row["SERIES"] in shares]
    assert {say for say, _ in told} == {say_candidate, say_gap}
    for say, row in told:
        assert " percentage points" in say(row, codelists, "en") and " จุดร้อยละ" in say(row, codelists, "th")
    groups = say_groups(left, codelists, "en")
    assert " percentage points. Trend of the gap" in groups and " %. Trend" not in groups


def test_a_ranking_sentence_gives_draws_bands_and_n(ranking):
    text = say_ranks(ranking, "en").replace("\xa0", " ")
    assert "400 draws" in text and "5–95% bands" in text and "n = 77 provinces" in text and "Of 76 neighbouring pairs" in text
    assert "no single rank" in text


def test_change_is_said_to_be_data_basket_or_method(ranking):
    parts = ranking.change.dropna(subset="change")
    assert np.allclose(parts["change"], parts[["data", "basket", "method"]].sum(axis=1))
    assert np.allclose(parts["method"], 0)


def test_the_dashboard_follows_the_two_worst(codelists):
    values = pd.DataFrame({"SERIES": ["SH_DYN_MORT", "SH_H2O_SAFE", "SI_POV_NAHC"], "REF_AREA": "TH-50", "year": 2024, "OBS_VALUE": [60.0, 99.0, 1.0]})
    got = dashboard(values, codelists).set_index("goal")
    assert got.loc["3", "colour"] == "red" and got.loc["6", "colour"] == "green" and "1" not in got.index  # no published threshold


def test_without_broken_down_series_the_groups_say_so(left, codelists):
    assert left.groups.empty or len(left.group_trends)
    empty = type(left)(*(getattr(left, f).head(0) for f in left.__dataclass_fields__))
    assert "Cannot be told yet" in say_groups(empty, codelists, "en") and "ยังบอกไม่ได้" in say_groups(empty, codelists, "th")


def test_the_rule_is_written_in_both_languages():
    assert "97.5%" in say_rule("th") and "97.5%" in say_rule("en") and "2 of the last 3 years" in say_rule("en")
    assert "normal answer" in say_nobody("en")


def test_the_sample_names_few_and_the_funnel_reads_counts(practice):
    assert len(practice.shortlist) <= 0.05 * len(practice.places)
    assert [f.series for f in practice.funnels] == ["TH_ROAD_DEATH_RATE"]
    funnel = practice.funnels[0]
    assert funnel.table["exposure"].min() > 10_000 and (funnel.limits["low"] < funnel.rate).all() and (funnel.rate < funnel.limits["high"]).all()


def test_peers_are_scored_on_the_bounds(view, codelists):
    got = score_peers(view, codelists)
    assert len(got) > 10 and got[["own", "low", "middle", "high"]].to_numpy().min() >= 0
    assert (got["low"] <= got["middle"]).all() and (got["middle"] <= got["high"]).all()


def test_figures_are_marked_and_the_same_bytes_twice(tmp_path, ranking, left, practice, view, observations, codelists):
    _, clusters = local_clusters(observations, codelists, ranking.year)
    # a planted cluster, so that the map is drawn whatever the sample holds
    clusters = clusters.assign(kind=np.where((clusters["SERIES"] == "SI_POV_NAHC") & clusters["REF_AREA"].isin(["TH-50", "TH-57"]), "high_high", clusters["kind"]))
    headline = {lang: say_ranks(ranking, lang) for lang in ("th", "en")}
    for folder in ("a", "b"):
        place = tmp_path / folder
        found = draw_ranking(observations, ranking, clusters, codelists, place / "ranks", "both", headline)
        found += draw_left_behind(observations, left, codelists, place / "left", "both")
        found += draw_funnels(observations, practice.funnels, codelists, place / "funnels", "both")
        found += draw_peer_view(observations, score_peers(view, codelists), codelists, "TH-50", place / "peers", "both")
    names = sorted(p.relative_to(tmp_path / "a") for p in (tmp_path / "a").rglob("*.svg"))
    assert {p.stem for p in names} >= {"rank_bands", "clusters_SI_POV_NAHC", "gaps", "spread", "funnel_TH_ROAD_DEATH_RATE", "peers"}
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name
    assert all(item["synthetic"] and len(item["alt"]) > 20 and item["source"] for item in found)
    listed = json.loads((tmp_path / "a" / "ranks" / "th" / "figures.json").read_text(encoding="utf-8"))
    assert listed[0]["alt"] == headline["th"]


def test_files_say_that_they_rest_on_synthetic_data(tmp_path, observations, practice):
    write_tables(tmp_path, observations, shortlist=practice.shortlist, guards=practice.guards)
    assert pd.read_csv(tmp_path / "guards.csv")["synthetic"].all() and (tmp_path / "shortlist.parquet").is_file()


@pytest.mark.real
def test_real_provinces_are_ranked_over_six_goals_with_bands(shared, tmp_path, codelists):
    """Must show: all 77 provinces, series of at least six goals, and how many of 76 neighbouring pairs can be told apart."""
    from sdg_eval.derive import with_derived
    from sdg_eval.ingest_cli import import_files
    from sdg_eval.store import read_observations
    from sdg_eval.suppression import suppress

    import_files([shared / "data"], tmp_path / "store", codelists)
    table = suppress(with_derived(read_observations(tmp_path / "store"), codelists), codelists)
    got = rank_provinces(table, codelists, report_year=2026)
    assert set(got.basket.goals) == {"1", "2", "3", "8", "9", "17"} and got.year == 2023
    assert got.bands.table["rank_median"].notna().sum() == 77 and got.bands.n_pairs == 76
    assert got.bands.n_apart <= 3  # nearly every rank next to another is a matter of choice
    assert "76" in say_ranks(got, "th")
