"""What the explorer shows, as plain values: the view that was chosen, and all that its pictures need.

No widget is needed here and none is known: the browser draws what these functions say, and a cell with `cell_of` says it
again in a year's time.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace

import numpy as np
import pandas as pd

from sdg_eval.concepts import SYNTHETIC
from sdg_eval.errors import UsageError
from sdg_eval.evaluation import STATUSES
from sdg_eval.explore.desk import Desk
from sdg_eval.explore.likeness import province_map
from sdg_eval.explore.tables import check_areas, choose_freq, report_period, series
from sdg_eval.explore.words import rule_name, test_name
from sdg_eval.side_by_side import TRAIT_WORDS
from sdg_eval.thai import format_period, year_text
from sdg_eval.wording import label, p_text, say_flags, say_reasons

MARK = {
    "improving": "▲", "worsening": "▼", "changed": "◆", "not_detected": "–", "no_change": "=", "indicative": "?", "insufficient": "…", "no_data": "○", "mixed": "◆",
}  # fmt: skip
"""A sign for each status, as on the site, so that colour is never the only one."""
MOST_AREAS = 4
"""Provinces drawn together: more lines can no longer be told apart."""


@dataclass(frozen=True)
class View:
    """What is looked at: provinces (the first is the one asked about), series, frequency, period, language."""

    areas: tuple[str, ...]
    series: str
    freq: str
    period: str
    lang: str = "th"


def view_of(desk: Desk, areas="TH-50", series: str = "", *, freq: str = "", period: str = "", lang: str = "th") -> View:
    """Return a view with every blank filled in, or refuse it.

    Raises
    ------
    UsageError
        For a province, series, frequency, period or language that is not there, or more than four provinces.

    Examples
    --------
    >>> from sdg_eval.explore import open_desk
    >>> view_of(open_desk(), "TH-50", "SI_POV_NAHC").freq
    'A'
    """
    areas = check_areas(desk, areas)
    if not 1 <= len(areas) <= MOST_AREAS or len(set(areas)) < len(areas):
        raise UsageError(f"{len(areas)} provinces were chosen. Choose 1 to {MOST_AREAS}, each once.")
    if lang not in ("th", "en"):
        raise UsageError(f"lang is {lang!r}; write th or en.")
    series = series or desk.series[0]
    freq = choose_freq(desk, series, freq)
    period = period or report_period(desk, series, freq)
    rows = desk.rows
    periods = set(rows.loc[(rows["SERIES"] == series) & (rows["FREQ"] == freq) & rows["OBS_VALUE"].notna(), "TIME_PERIOD"])
    if period not in periods:
        raise UsageError(f"{series} has no value of {period!r}. There are: {', '.join(sorted(periods))}.")
    return View(tuple(areas), series, freq, period, lang)


def cell_of(view: View, call: str = "open_desk()") -> str:
    """Return the code of a cell that gives the tables of a view again; `call` opens the desk (`Desk.call`).

    Examples
    --------
    >>> print(cell_of(View(("TH-50",), "SI_POV_NAHC", "A", "2023")))
    from sdg_eval.explore import compare, open_desk, series
    <BLANKLINE>
    desk = open_desk()
    display(series(desk, 'SI_POV_NAHC', ['TH-50'], freq='A'))
    display(compare(desk, 'SI_POV_NAHC', ['TH-50'], freq='A', period='2023'))
    """
    areas = list(view.areas)
    return "\n".join([
        "from sdg_eval.explore import compare, open_desk, series", "", f"desk = {call}",
        f"display(series(desk, {view.series!r}, {areas!r}, freq={view.freq!r}))",
        f"display(compare(desk, {view.series!r}, {areas!r}, freq={view.freq!r}, period={view.period!r}))",
    ])  # fmt: skip


def describe(desk: Desk) -> dict:
    """Return what every view needs once: lists of provinces, goals and series, statuses of all rows, and where the data are from.

    Plain lists, numbers and texts, ready for JSON; a missing number is None. `rows` is column by column: index of the province
    and of the series, frequency, status, latest value, slope per year in the unit of the series, p, place on track.
    """
    lists = desk.codelists
    areas = lists.areas.sort_values("REF_AREA").to_dict("records")
    series_rows = [dict(lists.series_row(code)) for code in desk.series]
    return {
        "areas": [{"code": a["REF_AREA"], "col": int(a["col"]), "row": int(a["row"]), "pilot": a["pilot"] == "1"} | {k: a[k] for k in ("name_th", "name_en", "abbr_th", "abbr_en")} for a in areas],
        "goals": [{k: g[k] for k in ("goal", "colour", "short_th", "short_en")} for g in lists.goals.to_dict("records")],
        "series": [
            {"code": r["SERIES"], "decimals": int(r["decimals"] or 1), "freqs": desk.frequencies(r["SERIES"]), "proxy": r["proxy"] == "1"}
            | {k: r[k] for k in ("goal", "indicator", "name_th", "name_en", "unit_th", "unit_en", "direction")}
            for r in series_rows
        ],
        "statuses": {code: {"th": label(code, "th"), "en": label(code, "en"), "mark": MARK[code]} for code in STATUSES},
        "progress": {code: [label(code, "th"), label(code, "en")] for code in sorted(set(desk.national.progress["progress"]))},
        "alike": desk.like, "likeness": _likeness(desk), "rows": _overview(desk, [a["REF_AREA"] for a in areas]), "synthetic": SYNTHETIC if desk.synthetic else None,
        "run": desk.run, "origin": desk.origin, "run_hash": desk.run_hash, "report_year": desk.report_year, "confidence": desk.confidence, "most_areas": MOST_AREAS,
    }  # fmt: skip


def _likeness(desk: Desk) -> dict:
    found = province_map(desk)
    names = {name: list(TRAIT_WORDS[name]) for name in sorted(set(found.table["without"])) if name}
    return {
        "places": {r["REF_AREA"]: [_number(r["x"]), _number(r["y"]), _number(r["shown"]), _number(r["moves"]), r["without"]] for r in found.table.to_dict("records")},
        "shares": [_number(s) for s in found.shares], "ends": {lang: [list(e) for e in ends] for lang, ends in found.ends.items()}, "text": found.text, "traits": names,
    }  # fmt: skip


def _overview(desk: Desk, areas: list[str]) -> dict[str, list]:
    table = desk.status[desk.status["SERIES"].isin(desk.series)]
    progress = desk.national.progress.drop_duplicates(["SERIES", "REF_AREA", "FREQ"])
    table = table.merge(desk.national.trends[["SERIES", "REF_AREA", "FREQ", "last_value"]], on=["SERIES", "REF_AREA", "FREQ"], how="left")
    table = table.merge(progress[["SERIES", "REF_AREA", "FREQ", "progress", "p_on_track"]], on=["SERIES", "REF_AREA", "FREQ"], how="left")
    places, codes = ({code: i for i, code in enumerate(order)} for order in (areas, desk.series))
    periods = sorted(set(table["last_period"]))
    return {
        "area": [places[a] for a in table["REF_AREA"]], "series": [codes[s] for s in table["SERIES"]], "freq": list(table["FREQ"]), "status": list(table["status"]),
        "n": [int(n) for n in table["n_obs"]], "last": [periods.index(p) for p in table["last_period"]], "value": _numbers(table["last_value"]), "slope": _numbers(table["slope"]),
        "p": _numbers(table["p_adjusted"]), "progress": list(table["progress"].fillna("")), "on_track": _numbers(table["p_on_track"]),
        "periods": [[format_period(p, lang) if p else "" for p in periods] for lang in ("th", "en")],
    }  # fmt: skip


def series_payload(desk: Desk, series_code: str, freq: str = "") -> dict:
    """Return all that the pictures of one series need, of every province: values with their cells, trend, target, rules, quality.

    `points[area]` is a list of [period, value, low, high, open, used, file, sheet, row, column, note, base, parents]: numbers of the lists
    `periods`, `files` and `notes`; `parents` are the cells of what the value was computed from; value in the unit of the series; `open` is provisional or estimated, `used` is what the trend rests on.
    `hidden[area]` are the periods whose value is suppressed.
    """
    freq = choose_freq(desk, series_code, freq)
    provinces = desk.codelists.provinces
    table = series(desk, series_code, provinces, freq=freq)
    hidden = {area: part[["period_th", "period_en"]].to_numpy().tolist() for area, part in table[table["OBS_VALUE"].isna()].groupby("REF_AREA")}
    table = table[table["OBS_VALUE"].notna()]
    order = table.drop_duplicates("TIME_PERIOD").sort_values(["time", "TIME_PERIOD"])
    periods = {p: i for i, p in enumerate(order["TIME_PERIOD"])}
    files: dict[tuple[str, str], int] = {}
    notes: dict[tuple[str, str], int] = {("", ""): 0}
    points: dict[str, list] = {}
    needed = ["REF_AREA", "TIME_PERIOD", "OBS_VALUE", "LOWER_BOUND", "UPPER_BOUND", "OBS_STATUS", "used", "source_file", "source_id", "source_sheet", "source_row", "source_column", "flags", "NUMERATOR", "DENOMINATOR"]
    for r in table[needed].to_dict("records"):
        points.setdefault(r["REF_AREA"], []).append([
            periods[r["TIME_PERIOD"]], r["OBS_VALUE"], _number(r["LOWER_BOUND"]), _number(r["UPPER_BOUND"]), int(r["OBS_STATUS"] in ("P", "E", "I")), int(r["used"]),
            files.setdefault((r["source_file"], r["source_id"]), len(files)), r["source_sheet"], _whole(r["source_row"]), _text(r["source_column"]),
            notes.setdefault((say_flags(r["flags"], "th"), say_flags(r["flags"], "en")), len(notes)), _base(r), _parents(r["flags"]),
        ])  # fmt: skip
    row = desk.codelists.series_row(series_code)
    return {
        "series": series_code, "freq": freq, "periods": order[["TIME_PERIOD", "period_th", "period_en", "time"]].to_numpy(dtype=object).tolist(),
        "usual": periods.get(report_period(desk, series_code, freq), len(periods) - 1),
        "files": [list(f) for f in files], "hidden": hidden, "notes": [list(n) for n in notes], "points": points,
        "trends": _trends(desk, series_code, freq), "targets": _targets(desk, series_code, freq), "rules": _rules(desk, series_code, freq),
        "quality": _quality(desk, series_code, freq), "provisional": row["provisional"],
    }  # fmt: skip


def _own(table: pd.DataFrame, code: str, freq: str, columns: list[str]) -> list[dict]:
    return table.loc[(table["SERIES"] == code) & (table["FREQ"] == freq), ["REF_AREA", *columns]].to_dict("records")


def _trends(desk: Desk, code: str, freq: str) -> dict[str, dict]:
    status = {r["REF_AREA"]: r["status"] for r in _own(desk.status, code, freq, ["status"])}
    return {area: {"status": word, "n": 0} for area, word in status.items()} | {
        r["REF_AREA"]: {
            "status": status.get(r["REF_AREA"], "no_data"), "n": int(r["n_obs"]), "slope": _number(r["slope"]), "low": _number(r["ci_low"]), "high": _number(r["ci_high"]),
            "p": p_text(r["p_value"]) if r["p_value"] == r["p_value"] else "", "q": p_text(r["p_adjusted"]) if r["p_adjusted"] == r["p_adjusted"] else "",
            "method": [test_name(r["method"], lang) for lang in ("th", "en")] if r["method"] != "none" else None, "rho": _number(r["rho"]), "why": [say_reasons(r["reason"], lang) for lang in ("th", "en")],
            "firm": r["verdict"] in ("rising", "falling", "not_detected"),
        }
        for r in _own(desk.national.trends, code, freq, ["n_obs", "slope", "ci_low", "ci_high", "p_value", "p_adjusted", "method", "rho", "reason", "verdict"])
    }  # fmt: skip


def _targets(desk: Desk, code: str, freq: str) -> dict[str, dict]:
    return {
        r["REF_AREA"]: {
            "value": _number(r["target_value"]), "year": int(r["target_year"]), "year_text": [year_text(int(r["target_year"]), lang) for lang in ("th", "en")], "kind": r["target_kind"],
            "progress": r["progress"], "p": _number(r["p_on_track"]), "ratio": _number(r["pace_ratio"]), "draws": int(r["draws"] or 0),
        }
        for r in _own(desk.national.progress.drop_duplicates(["SERIES", "REF_AREA", "FREQ"]), code, freq, ["target_value", "target_year", "target_kind", "progress", "p_on_track", "pace_ratio", "draws"])
    }  # fmt: skip


def _rules(desk: Desk, code: str, freq: str) -> dict[str, list]:
    found: dict[str, list] = {}
    for r in _own(desk.national.rules, code, freq, ["method", "common", "value", "first_year", "last_year", "disagrees"]):
        if r["common"] != "not_applicable":
            years = "–".join(str(int(r[name])) for name in ("first_year", "last_year") if r[name] == r[name])
            found.setdefault(r["REF_AREA"], []).append([rule_name(r["method"]), [label(r["common"], lang) for lang in ("th", "en")], _number(r["value"]), years, int(bool(r["disagrees"]))])
    return found


def _quality(desk: Desk, code: str, freq: str) -> dict[str, dict]:
    return {
        r["REF_AREA"]: {
            "n": int(r["n_obs"]), "missing": int(r["missing"]), "gap": int(r["longest_gap"]), "stale": bool(r["stale"]), "break": [format_period(r["break_after"], lang) if r["break_after"] else "" for lang in ("th", "en")],
            "provisional": int(r["n_provisional"]), "flagged": int(r["n_flagged"]), "verdict": [label(r["verdict"], lang) for lang in ("th", "en")], "why": [say_reasons(r["reason"], lang) for lang in ("th", "en")],
        }
        for r in _own(desk.national.quality, code, freq, ["n_obs", "missing", "longest_gap", "stale", "break_after", "n_provisional", "n_flagged", "verdict", "reason"])
    }  # fmt: skip


def _number(value) -> float | None:
    """A number that JSON can hold: seven digits are more than a picture shows, and halve what is sent."""
    return None if value is None or value != value or math.isinf(value) else float(f"{value:.7g}")


def _numbers(column) -> list[float | None]:
    return [_number(v) for v in np.asarray(column, dtype=float)]


def _whole(value) -> str:
    return "" if pd.isna(value) or value == "" else str(int(value))


def _text(value) -> str:
    return "" if pd.isna(value) else str(value)


def _parents(flags: str) -> list[list[str]]:
    """Series, file, sheet, row and column of each cell that a derived value was computed from."""
    cells = [part.partition(":")[2].partition("@") for part in flags.split(";") if part.startswith(("parent:", "exposure:"))]
    return [[series, *place.rsplit(":", 3)] for series, _, place in cells]


def _base(row: dict) -> str:
    known = row["NUMERATOR"] == row["NUMERATOR"] and row["DENOMINATOR"] == row["DENOMINATOR"]
    return f"{row['NUMERATOR']:,.0f} / {row['DENOMINATOR']:,.0f}" if known else ""


def change(desk: Desk, view: View, **changes) -> View:
    """Return the view after some changes; a period or frequency that another series has not falls back to its usual one.

    Examples
    --------
    >>> from sdg_eval.explore import open_desk
    >>> desk = open_desk()
    >>> change(desk, view_of(desk, "TH-50", "SI_POV_NAHC"), areas=("TH-57", "TH-50")).areas
    ('TH-57', 'TH-50')
    """
    wanted = asdict(replace(view, **changes))
    if wanted["series"] != view.series and wanted["freq"] not in desk.frequencies(wanted["series"]):
        wanted["freq"] = ""
    periods = set(desk.rows.loc[desk.rows["SERIES"] == wanted["series"], "TIME_PERIOD"])
    if wanted["period"] not in periods or (wanted["freq"] != view.freq):
        wanted["period"] = ""
    return view_of(desk, wanted["areas"], wanted["series"], freq=wanted["freq"], period=wanted["period"], lang=wanted["lang"])
