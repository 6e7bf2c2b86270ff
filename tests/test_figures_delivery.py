"""Figures of delivery: each draws on full, thin and empty tables, is marked, says its n, and leaves its table as it was."""

import json

import numpy as np
import pandas as pd
import pytest

from sdg_eval.errors import UsageError
from sdg_eval.figures.delivery import KINDS, Chart, alt_text, caption, draw_delivery, paint
from sdg_eval.figures.delivery_grids import _wrap_thai
from sdg_eval.figures.delivery_time import day_label, quarter_label
from sdg_eval.figures.style import SYNTHETIC, svg_bytes

GOALS = [str(g) for g in range(1, 18)]
QUARTERS = ["2566Q4", "2567Q1", "2567Q2"]
NETWORKS = {"government": "ภาคราชการ", "religious": "ภาคผู้นำศาสนา", "media": "ภาคสื่อสารมวลชน"}


def money():
    rows = [{"goal": g, "share": 0.05, "ci_low": 0.01, "ci_high": 0.2, "need_share": 0.06, "private_share": 0.01, "reason": ""} for g in [*GOALS, "untagged"]]
    return pd.DataFrame(rows)


def chain():
    rows = [{"REF_AREA": "TH-50", "goal": g, "severity": 3.0, "plan_items": 1, "planned_thb": 2e6, "disbursed_thb": 1e6, "activities": 4, "activities_done": 3, "n_results": 0, "broken_link": "result", "reason": ""} for g in GOALS]
    return pd.DataFrame(rows)


TABLES = {
    "need_plan": (chain(), {}),
    "chain": (chain(), {}),
    "money_goals": (money(), {}),
    "money_sources": (pd.DataFrame([{"fiscal_year": 2567, "source_type": s, "share": v, "ci_low": v / 2, "ci_high": v * 1.2} for s, v in (("public", 0.7), ("private", 0.2), ("local", 0.1))]), {}),
    "pace": (pd.DataFrame([{"fiscal_quarter": q, "planned_thb": 1e6, "cum_planned_thb": 2e6, "cum_disbursed_thb": 1.5e6, "pace": 0.75, "ci_low": 0.6, "ci_high": 0.9} for q in QUARTERS]), {}),
    "quarter_shares": (pd.DataFrame([{"fiscal_quarter": q, "share": 0.75, "ci_low": 0.6, "ci_high": 0.9, "n": 12} for q in QUARTERS]), {"options": {"label": {"th": "ร้อยละ", "en": "%"}}}),
    "share_rows": (pd.DataFrame([{"network_id": k, "share": v, "ci_low": v / 2, "ci_high": min(1, v + 0.2), "n_with": 10 * v, "n_projects": 10} for k, v in zip(NETWORKS, (1.0, 0.0, 0.3), strict=True)]),
                   {"names": {"th": NETWORKS}, "options": {"key": "network_id", "counts": ("n_with", "n_projects")}}),
    "bipartite": (pd.DataFrame({"left": ["P1", "P1", "P2"], "right": ["government", "media", "government"]}), {"names": {"th": NETWORKS}}),
    "tracker": (pd.DataFrame([{"REF_AREA": "TH-50", "step_no": k, "planned_date": "2023-01-31", "actual_date": "2023-02-10" if k == 1 else "", "state": s} for k, s in enumerate(("done", "late", "due", "not_reported"), 1)]), {}),
    "curves": (pd.DataFrame([{"step_no": k, "time": t, "survival": 1 - t / 500, "ci_low": 0.9 - t / 500, "ci_high": min(1, 1.05 - t / 500)} for k in (1, 2) for t in (100, 200, 300)]), {}),
    "representation": (pd.DataFrame([{"group": g, "ratio": r, "ci_low": r / 2, "ci_high": max(0.2, 2 * r), "participants": 10} for g, r in (("women", 1.1), ("disability", 0.0), ("youth", 0.5))]), {}),
    "awareness": (pd.DataFrame([{"event_id": "W1", "n": 28, "mean_pre": 50.0, "mean_post": 65.0, "change": 15.0, "ci_low": 12.0, "ci_high": 18.0, "kept": 10.0, "kept_low": 6.0, "kept_high": 14.0}]), {}),
    "checklist": (pd.DataFrame([{"criterion": c, "version": v, "k": 4 + v, "n": 9, "share": (4 + v) / 9, "ci_low": 0.2, "ci_high": 0.9} for c in ("measurable", "owner") for v in (1, 2)]), {}),
    "portfolio": (pd.DataFrame([{"goal": g, "n_projects": int(g) % 4, "share": int(g) / 200, "range_low": 0.01, "range_high": 0.1} for g in GOALS]), {}),
    "matrix": (pd.DataFrame([{"agency_id": a, "goal": g, "n_owned": int(a == "cdd" and g != "14"), "n_supported": int(a == "dla")} for a in ("cdd", "dla") for g in GOALS]), {}),
    "maturity": (pd.DataFrame([{"REF_AREA": "TH-63", "fiscal_quarter": q, "maturity": m} for q, m in zip(QUARTERS, (4.0, 2.0, np.nan), strict=True)]), {}),
    "decisions": (pd.DataFrame([{"decision_id": f"D{k}", "text_th": "เร่งรัดถนนปลอดภัย", "decided_on": "2023-01-05", "due_date": "2023-06-30", "closed_date": c, "state": s} for k, (c, s) in enumerate((("2023-05-01", "done"), ("", "overdue"), ("", "open")))]),
                  {"options": {"as_of": "2024-09-30"}}),
    "flags": (pd.DataFrame([{"form": f"K{k}", "quarter": "3/2567", "found": "q3 is 1000 times the other quarters", "fix": "ask which unit was meant"} for k in range(15)]), {}),
}  # fmt: skip


def chart(kind, table=None, *, synthetic=False):
    full, more = TABLES[kind]
    return Chart(kind, kind, full if table is None else table, {"th": "ข้อค้นพบ", "en": "Finding"}, {"th": "n = 10 โครงการ", "en": "n = 10 projects"}, synthetic, **more)


def blank(table):
    """The same rows with nothing measured: numbers missing, dates and states empty; what names a row stays."""
    keys = {"REF_AREA", "goal", "network_id", "group", "event_id", "criterion", "version", "agency_id", "fiscal_quarter", "step_no", "source_type", "fiscal_year", "left", "right", "decision_id", "form", "text_th"}
    return table.assign(**{c: np.nan if pd.api.types.is_numeric_dtype(table[c]) else "" for c in table.columns if c not in keys})


def texts(figure):
    return " ".join(t.get_text() for t in [*figure.texts, *(t for axes in figure.axes for t in (*axes.texts, *axes.get_yticklabels(), *axes.get_xticklabels()))])


def test_every_kind_of_figure_has_a_table_to_be_tried_with():
    assert set(TABLES) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("thin", "lang"), [("full", "en"), ("one_row", "th"), ("empty", "en"), ("all_missing", "th")])
def test_every_figure_draws_however_thin_its_data_and_leaves_them_alone(kind, thin, lang, codelists):
    full = TABLES[kind][0]
    table = {"full": full, "one_row": full.head(1), "empty": full.head(0), "all_missing": blank(full)}[thin]
    before = table.copy(deep=True)
    figure = paint(chart(kind, table), codelists, lang)
    pd.testing.assert_frame_equal(table, before)
    shown = texts(figure)
    assert {"th": "n = 10 โครงการ", "en": "n = 10 projects"}[lang] in shown and "nan" not in shown.lower().replace("finance", "")


@pytest.mark.parametrize("kind", KINDS)
def test_synthetic_data_are_marked_and_real_data_are_not(kind, codelists):
    assert SYNTHETIC["th"] in texts(paint(chart(kind, synthetic=True), codelists, "th"))
    assert SYNTHETIC["th"] not in texts(paint(chart(kind), codelists, "th"))


@pytest.mark.parametrize("kind", ["bipartite", "curves", "decisions", "tracker"])
def test_the_same_table_gives_the_same_bytes(kind, codelists):
    assert svg_bytes(paint(chart(kind), codelists, "th")) == svg_bytes(paint(chart(kind), codelists, "th"))


@pytest.mark.parametrize("kind", ["money_goals", "portfolio", "chain", "need_plan", "matrix"])
def test_seventeen_goals_are_always_there(kind, codelists):
    table = TABLES[kind][0]
    shown = texts(paint(chart(kind, table[table["goal"].isin(["3", "4"])]), codelists, "en"))
    names = codelists.goals17.set_index("goal")["short_en"]
    assert all(f"{goal} {names[goal]}" in shown for goal in GOALS)


def test_all_four_steps_are_always_there(codelists):
    table = TABLES["tracker"][0]
    figure = paint(chart("tracker", table.head(1)), codelists, "en")
    above = [t.get_text() for t in figure.axes[0].texts if t.get_position()[1] == 1 and t.get_va() == "bottom"]
    assert [text[0] for text in above] == ["1", "2", "3", "4"]
    assert texts(figure).count("not reported") >= 3


def test_a_quarter_that_was_not_sent_is_no_zero(codelists):
    table = TABLES["pace"][0].copy()
    table.loc[2, ["planned_thb"]] = np.nan
    figure = paint(chart("pace", table), codelists, "en")
    assert "not sent" in texts(figure)
    assert len([p for p in figure.axes[0].patches if p.get_height() > 0]) == 4


def test_a_network_or_group_that_nobody_saw_is_named(codelists):
    assert "0/10 ไม่มี" in texts(paint(chart("share_rows"), codelists, "th"))
    assert "ภาคผู้นำศาสนา (ไม่มี)" in texts(paint(chart("bipartite"), codelists, "th"))
    assert "0 (10)" in texts(paint(chart("representation"), codelists, "en"))


def test_a_need_in_no_plan_is_crossed_although_another_target_of_its_goal_is_planned(codelists):
    rows = pd.DataFrame({"REF_AREA": "TH-95", "goal": "3", "target": ["3.4", "3.6"], "severity": [5.0, 2.0], "plan_items": [0, 4]})
    crosses = [line for line in paint(chart("need_plan", rows), codelists, "th").axes[0].lines if line.get_marker() == "X"]
    assert [round(line.get_xdata()[0]) for line in crosses] == [2]
    covered = rows.assign(plan_items=[1, 4])
    assert not [line for line in paint(chart("need_plan", covered), codelists, "th").axes[0].lines if line.get_marker() == "X"]


def test_why_a_row_is_blank_is_said_in_words(codelists):
    table = TABLES["representation"][0].assign(reason=["", "suppressed", "unheard_of"], ratio=[1.1, np.nan, np.nan])
    shown = texts(paint(chart("representation", table), codelists, "en"))
    assert "not shown: under 10 persons" in shown and "cannot be told yet" in shown


def test_days_late_are_counted_from_the_day_it_was_due(codelists):
    # 30 June 2023 to 30 September 2024 is 458 days
    assert "458 days late" in texts(paint(chart("decisions"), codelists, "en"))


def test_a_long_list_of_flags_says_how_many_it_leaves_to_the_table(codelists):
    assert "and 3 more in the table" in texts(paint(chart("flags"), codelists, "en"))
    assert "Nothing was flagged" in texts(paint(chart("flags", TABLES["flags"][0].head(0)), codelists, "en"))


@pytest.mark.parametrize("lang", ["th", "en"])
@pytest.mark.parametrize("kind", KINDS)
def test_labels_stay_inside_the_figure_and_rows_do_not_run_into_each_other(kind, lang, codelists):
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure = paint(chart(kind), codelists, lang)
    renderer = FigureCanvasAgg(figure).get_renderer()
    wide, high = figure.get_figwidth() * figure.dpi, figure.get_figheight() * figure.dpi
    labels = [t for axes in figure.axes if axes.axison for t in axes.get_yticklabels()] + [t for t in figure.axes[0].texts]
    boxes = [t.get_window_extent(renderer) for t in labels if t.get_text().strip()]
    assert all(-2 <= b.x0 and b.x1 <= wide + 2 and -2 <= b.y0 and b.y1 <= high + 2 for b in boxes)
    names = [t for t in labels if t.get_ha() == "right" and (t.get_position()[0] == 0 or t not in figure.axes[0].texts)]
    rows = sorted((t.get_window_extent(renderer) for t in names if t.get_text().strip()), key=lambda b: b.y0)
    assert rows or kind in ("bipartite", "flags")  # which have lists instead of rows
    assert all(low.y1 <= above.y0 + 3 for low, above in zip(rows, rows[1:], strict=False))


def test_files_come_with_their_words(codelists, tmp_path):
    found = draw_delivery([chart("share_rows", synthetic=True), chart("pace")], codelists, tmp_path, "both")
    assert [(f["lang"], f["file"], f["synthetic"]) for f in found] == [
        ("th", "share_rows.svg", True), ("th", "pace.svg", False), ("en", "share_rows.svg", True), ("en", "pace.svg", False),
    ]  # fmt: skip
    assert json.loads((tmp_path / "th" / "figures.json").read_text(encoding="utf-8")) == found[:2]
    assert (tmp_path / "en" / "pace.svg").read_bytes().startswith(b"<?xml")


def test_an_alternative_text_holds_finding_and_numbers(codelists):
    told = alt_text(chart("share_rows"), codelists, "th")
    assert told.startswith("ข้อค้นพบ") and "ภาคราชการ 100%" in told and "ภาคผู้นำศาสนา 0%" in told
    assert "2/2024 75%" in alt_text(chart("pace"), codelists, "en")


def test_the_caption_names_source_and_n_and_knows_what_is_synthetic(codelists):
    frame = pd.DataFrame({"source": ["synthetic", "synthetic"]})
    text, synthetic = caption([frame, pd.DataFrame()], codelists, {"th": "n = 2", "en": "n = 2"})
    assert synthetic and text["en"].startswith("n = 2 · Source: ") and "Synthetic data" in text["en"]
    other, real = caption([pd.DataFrame({"source": ["province-file", "nobody"]})], codelists, {"en": "n = 2"})
    assert not real and "nobody (not in sources.csv)" in other["en"]


def test_an_unknown_kind_is_refused_with_the_known_ones(codelists):
    with pytest.raises(UsageError, match="money_goals"):
        paint(Chart("pie", "pie", pd.DataFrame(), {"th": ""}, {"th": ""}, False), codelists, "th")


def test_quarters_and_days_are_read_in_their_era():
    assert (quarter_label("2567Q2", "th"), quarter_label("2567Q2", "en")) == ("2/2567", "2/2024")
    assert (day_label("2023-06-30", "th"), day_label("2023-06-30", "en")) == ("30 มิ.ย. 66", "30 Jun 2023")


def test_a_long_thai_name_breaks_at_its_joints_and_shows_none_where_it_does_not():
    assert _wrap_thai("1 การสร้างการตระหนักรู้", 1000, 9) == "1 การสร้างการตระหนักรู้"
    broken = _wrap_thai("3 การดำเนินการพัฒนาตามแผนการขับเคลื่อน SDGs", 118, 9)
    assert "\n" in broken and broken.replace("\n", "") == "3 การดำเนินการพัฒนาตามแผนการขับเคลื่อน SDGs"
