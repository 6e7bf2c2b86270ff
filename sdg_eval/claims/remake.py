"""Texts made again from the tables that a run stored beside them, by the functions that made them.

A text must be what its tables say, to the letter: whatever was changed in either, a digit, a province or a word, is found. It proves
that text and tables agree and nothing more, so what a sentence may say is checked beside it, by rules that know no word module.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd

from sdg_eval.errors import DataError
from sdg_eval.report_files import read_report, read_tables, read_told


def _evaluation(folder: Path, area: str, codelists) -> dict:
    from sdg_eval.evaluation import say_table

    return say_table(read_tables(folder, ["evaluation"])["evaluation"], codelists, area)


def _peers(folder: Path, area: str, codelists) -> dict:
    from sdg_eval.side_by_side import PEER_TABLES, PeerView, peer_text

    return peer_text(PeerView(area, missing=tuple(read_told(folder)["values"]["missing"]), **read_tables(folder, PEER_TABLES)), codelists)


def _province_effect(folder: Path, area: str, codelists) -> dict:
    from sdg_eval.effect_report import ProvinceEffect
    from sdg_eval.effect_words import province_text

    tables = read_tables(folder, ("effect", "peers"))
    return province_text(ProvinceEffect(area, tables["effect"], {}, tuple(tables["peers"]["REF_AREA"])), codelists)


def _pilot(folder: Path, area: str, codelists) -> dict:
    from sdg_eval.effect_report import Checks, PilotEffect, Selection
    from sdg_eval.effect_words import pilot_text
    from sdg_eval.effects.design import Window

    checks = ("specifications", "placebo_dates", "left_out", "power", "events", "matched")
    told, tables = read_told(folder)["values"], read_tables(folder, ("effects", "balance", "overlap", *checks))
    selection = Selection(tables["balance"], tables["overlap"], tuple(told["missing"]))
    return pilot_text(PilotEffect(Window(**told["window"]), tables["effects"], [], selection, Checks(**{name: tables[name] for name in checks})), codelists)


def _overall(folder: Path, area: str, codelists) -> dict:
    from sdg_eval.effect_report import Overall
    from sdg_eval.effect_words import overall_text
    from sdg_eval.effects.design import Window
    from sdg_eval.effects.overall import Pooled

    tables = read_tables(folder, ("overall", "by_outcome", "pooled", "provinces_alike", "interrupted"))
    pooled = tables["pooled"].drop(columns="synthetic").iloc[0].to_dict()
    p_value = pooled.pop("p_value")
    return overall_text(
        Overall(Window(**read_told(folder)["values"]["window"]), tables["overall"], tables["by_outcome"], Pooled(**pooled), p_value, tables["provinces_alike"], tables["interrupted"]), codelists,
    )  # fmt: skip


def _ranking(folder: Path, area: str, codelists) -> dict:
    from sdg_eval.side_by_side import ranking_text

    return ranking_text(**read_tables(folder, ("ranks", "facts", "change", "space")), codelists=codelists)


def _left(folder: Path, area: str, codelists) -> dict:
    from sdg_eval.side_by_side import LeftBehind, left_text

    tables = read_tables(folder, ("inequality", "convergence", "gaps", "gap_trends", "groups", "group_trends"))
    return left_text(LeftBehind(trends=tables.pop("gap_trends"), **tables), codelists)


def _practice(folder: Path, area: str, codelists) -> dict:
    from sdg_eval.side_by_side import practice_text

    return practice_text(read_tables(folder, ["shortlist"])["shortlist"], codelists)


def _moved(folder: Path, area: str, codelists) -> dict:
    from sdg_eval.evaluation import moved_text

    try:
        return moved_text(pd.read_csv(folder / "moved.csv"))
    except (OSError, ValueError) as error:
        raise DataError(f"{folder}/moved.csv: cannot be read ({error}). Run `sdg-eval evaluate` again.") from error


def _of(report: str, words: str) -> Callable:
    """A text made by the function `words` of `module.function` from the report of the class `report`, as it was written."""

    def remake(folder: Path, area: str, codelists) -> dict:
        from importlib import import_module

        kind, say = (getattr(import_module(f"sdg_eval.{name.rpartition('.')[0]}"), name.rpartition(".")[2]) for name in (report, words))
        held = read_report(kind, folder)
        return say(replace(held, area=area) if area else held, codelists)  # of the province whose folder this is, whatever was stored

    return remake


MAKERS: dict[str, Callable] = {
    "provinces": _evaluation, "quarters": _of("quarterly_report.QuarterReport", "quarterly_words.quarter_text"), "peers": _peers, "pilots": _province_effect,
    "30_delivery": _of("programme_report.DeliveryReport", "programme_words.delivery_text"), "31_need_plan_money_result": _of("programme_report.NeedReport", "programme_words.needs_text"),
    "32_partners_participation": _of("people_report.PeopleReport", "people_words.people_text"), "33_awareness": _of("people_report.AwarenessReport", "people_words.awareness_text"),
    "34_city_sdg11": _of("programme_report.CityReport", "programme_words.city_text"), "40_provinces_side_by_side": _ranking, "45_leave_no_one_behind": _left, "50_best_practice": _practice, "60_pilot_effect": _pilot, "65_overall_evaluation": _overall,
    "70_vnr_register": _of("register_report.RegisterReport", "register_words.register_text"), "75_agency_pages": _of("register_report.AgencyReport", "register_words.agency_text"),
    "90_synthesis": _moved,
}  # fmt: skip
"""What makes the text of a folder again, by the name of the folder, or of the one that it lies in: (folder, province, code lists) -> {lang: text}."""


def remake(folder: Path, area: str, codelists) -> dict | None:
    """Return the text of a folder of a run, made again from its tables, by language; None where nothing makes it again.

    Raises DataError when a table or told.json cannot be read.
    """
    make = MAKERS.get(folder.parent.name) or MAKERS.get(folder.name)
    return None if make is None else make(folder, area, codelists)
