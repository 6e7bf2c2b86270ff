"""What is missing, who owns it, by when, and which verdict it would change: the list that letters are written from.

A gap is listed only where data should be out by now (the end of the period plus the owner's usual lag)
and where the series exists somewhere: what nobody has is one line per goal, not one per province.
"""

from __future__ import annotations

import datetime as dt
from functools import lru_cache

import pandas as pd

from sdg_eval.observations import frequency_of, period_bounds, select_totals
from sdg_eval.panels import MIN_SLOPE, PERIODS_PER_YEAR
from sdg_eval.quality import data_verdict
from sdg_eval.ranks import MIN_TEST, MIN_YEARS_SEASONAL
from sdg_eval.suppression import STATUS
from sdg_eval.thai import format_period, year_text
from sdg_eval.trends import STALE_AFTER_YEARS
from sdg_eval.wording import pick

COLUMNS = [
    "rank", "SERIES", "REF_AREA", "FREQ", "TIME_PERIOD", "goal", "reason", "owner", "due_date", "would_change", "points_short",
    "n_obs", "verdict", "has_target",
]  # fmt: skip
REASON_WORDS = {
    "no_series_at_all": ("ยังไม่มีชุดข้อมูลของเป้าหมายนี้", "no series of this goal is at hand"),
    "province_missing": ("ไม่มีข้อมูลของจังหวัดนี้เลย", "nothing of this province"),
    "began_late": ("ยังไม่มีค่าในช่วงแรก", "the province begins later than others"),
    "gap_inside": ("ขาดช่วงระหว่างปี", "a gap between years"),
    "ended_early": ("ไม่มีข้อมูลใหม่", "no newer data"),
    "suppressed": ("ปกปิดเพราะจำนวนบุคคลน้อย", "suppressed: few persons"),
    "conflict": ("มีค่าสองค่าที่ขัดแย้งกัน", "two figures that conflict"),
}  # fmt: skip
CHANGE_WORDS = {
    "none->insufficient": ("จากไม่มีข้อมูล เป็นมีค่าแรก", "from nothing to a first value"),
    "insufficient->two_points": ("บอกการเปลี่ยนแปลงระหว่างสองปีได้", "a change between two years can be told"),
    "two_points->indicative": ("บอกทิศทางเบื้องต้นได้", "a direction can be told"),
    "insufficient->indicative": ("บอกทิศทางเบื้องต้นได้", "a direction can be told"),
    "indicative->full": ("ทดสอบแนวโน้มได้", "a trend can be tested"),
    "stale->current": ("ผลประเมินเป็นปัจจุบัน", "the result becomes current"),
    "conflict->told": ("ตัดสินค่าที่ขัดแย้งได้", "the conflict is settled"),
    "": ("เพิ่มความมั่นใจของผล", "the result becomes surer"),
}  # fmt: skip


def usual_due(period: str, lag_months: int) -> dt.date:
    """Return the day by which a period's figure is usually out: its last day plus the owner's lag.

    Examples
    --------
    >>> usual_due("2023", 12)
    datetime.date(2024, 12, 31)
    """
    return (period_bounds(period)[1] + pd.DateOffset(months=lag_months)).date()


@lru_cache(maxsize=16384)
def _step(period: str, freq: str) -> int:
    start = period_bounds(period)[0]
    return start.year * PERIODS_PER_YEAR[freq] + (start.month - 1) * PERIODS_PER_YEAR[freq] // 12


def _period(step: int, freq: str) -> str:
    per_year = PERIODS_PER_YEAR[freq]
    year, part = divmod(step, per_year)
    return {1: f"{year}", 4: f"{year}-Q{part + 1}", 12: f"{year}-{part + 1:02d}"}[per_year]


def next_level(n: int, freq: str) -> int | None:
    """Return the number of periods at which more can be said than with `n`; None when everything can."""
    levels = [1, 2, MIN_SLOPE, MIN_TEST] if freq == "A" else [1, PERIODS_PER_YEAR[freq] + 1, MIN_YEARS_SEASONAL * PERIODS_PER_YEAR[freq]]
    return next((level for level in levels if level > n), None)


def gap_register(observations: pd.DataFrame, codelists, national, *, report_year: int, on: dt.date | None = None) -> pd.DataFrame:
    """Return one row per missing value that should be there, those that would change a verdict first.

    Parameters
    ----------
    observations
        Observations of all provinces, derived series included, after suppression.
    national
        What `evaluate_national` returned for them.
    on
        Day on which it is asked what is out; default the last day of the year before the report year.
    """
    on = on or dt.date(report_year - 1, 12, 31)
    quality = national.quality
    targets = set(codelists.targets["SERIES"])
    series = codelists.series.set_index("SERIES")
    own = select_totals(observations[observations["SERIES"].isin(codelists.evaluated)])
    hidden = own[own["OBS_STATUS"] == STATUS].groupby(["SERIES", "REF_AREA", "FREQ"])["TIME_PERIOD"].agg(set).to_dict()
    held = own[own["OBS_VALUE"].notna()].groupby(["SERIES", "REF_AREA", "FREQ"])["TIME_PERIOD"].agg(set).to_dict()
    since = codelists.areas.set_index("REF_AREA")["valid_from"].astype(int).to_dict()
    rules = codelists.derivations.set_index("SERIES")["numerator"].to_dict()
    rows = []
    for (code, freq), family in quality[quality["n_obs"] > 0].groupby(["SERIES", "FREQ"], sort=True):
        if not family["first_period"].str.fullmatch(r"\d{4}(-Q\d|-\d\d)?").all():
            continue
        if rules.get(code) != code and rules.get(code) in codelists.evaluated:
            continue  # what is missing is its parent
        owner = codelists.owner_of(code)
        lag = int(owner["usual_lag_months"])
        last = _last_due(max(_step(p, freq) for p in family["last_period"]), freq, lag, on)
        known = sorted({_step(p, freq) for key, periods in held.items() if key[0] == code and key[2] == freq for p in periods})
        wanted = [_period(s, freq) for s in _wanted_steps(known, last)]
        everyone = quality[(quality["SERIES"] == code) & (quality["FREQ"] == freq)]
        common = {"SERIES": code, "FREQ": freq, "goal": series.at[code, "goal"], "owner": owner["agency"], "has_target": code in targets}
        for row in everyone.to_dict("records"):
            rows += _gaps_of(row, wanted, held, hidden, since, lag, report_year, common)
    rows += _empty_goals(codelists, {r["goal"] for r in rows} | set(series.loc[list({k[0] for k in held}), "goal"]) if held else set(), on)
    register = pd.DataFrame(rows, columns=COLUMNS[1:])
    order = register.assign(weight=[_weight(r) for r in rows]).sort_values(["weight", "SERIES", "REF_AREA", "FREQ", "TIME_PERIOD"], kind="stable")
    return order.assign(rank=range(1, len(order) + 1))[COLUMNS].reset_index(drop=True)


def _last_due(newest: int, freq: str, lag: int, on: dt.date) -> int:
    """The last period that should be out: never before the newest that anyone has."""
    step = newest
    while usual_due(_period(step + 1, freq), lag) <= on:
        step += 1
    return step


def _wanted_steps(known: list[int], last: int) -> list[int]:
    """The periods that some province has, and those due since, in the rhythm of the series: a survey of every third year is wanted every third."""
    gaps = sorted(b - a for a, b in zip(known, known[1:], strict=False))
    rhythm = gaps[len(gaps) // 2] if gaps else 1
    return known + list(range(known[-1] + rhythm, last + 1, rhythm))


def _gaps_of(row: dict, wanted: list[str], held: dict, hidden: dict, since: dict, lag: int, report_year: int, common: dict) -> list[dict]:
    """Missing periods of one series in one province."""
    key = (row["SERIES"], row["REF_AREA"], row["FREQ"])
    there, freq = held.get(key, set()), row["FREQ"]
    inside = sorted(there)
    n = row["n_after_break"] if row["break_after"] else row["n_obs"]
    level, found = next_level(n, freq), []
    short = level - n if level else 0
    if "conflict" in row["reason"].split(";"):
        found.append((row["last_period"], "conflict", "conflict->told"))
    for period in wanted:
        if period in there or int(period[:4]) < since[row["REF_AREA"]]:
            continue
        if period in hidden.get(key, set()):
            reason = "suppressed"
        elif not there:
            reason = "province_missing"
        elif period < inside[0]:
            reason = "began_late"
        else:
            reason = "gap_inside" if period < inside[-1] else "ended_early"
        if reason == "began_late" and (level is None or row["break_after"] > period):
            continue  # history that no verdict waits for
        counts = not row["break_after"] or period >= row["break_after"]
        lifts = f"{data_verdict(n, freq)}->{data_verdict(n + 1, freq)}" if counts and short == 1 else ""
        if not lifts and row["stale"] and report_year - int(period[:4]) <= STALE_AFTER_YEARS:
            lifts = "stale->current"
        found.append((period, reason, lifts))
    return [
        common | {
            "REF_AREA": row["REF_AREA"], "TIME_PERIOD": period, "reason": reason, "due_date": usual_due(period, lag).isoformat(),
            "would_change": lifts, "points_short": short, "n_obs": n, "verdict": row["verdict"],
        }
        for period, reason, lifts in found
    ]  # fmt: skip


def _empty_goals(codelists, covered: set[str], on: dt.date) -> list[dict]:
    """One row for each goal of which no series has any value."""
    return [
        {
            "SERIES": "", "REF_AREA": "", "FREQ": "", "TIME_PERIOD": "", "goal": goal, "reason": "no_series_at_all", "owner": "unknown",
            "due_date": "", "would_change": "none->insufficient", "points_short": 1, "n_obs": 0, "verdict": "none", "has_target": False,
        }
        for goal in codelists.goals17["goal"] if goal not in covered
    ]  # fmt: skip


def _weight(row: dict) -> int:
    """0 lifts a verdict alone, 1 makes it current, 2 has a target, 3 the others, 4 what is hidden on purpose."""
    if row["reason"] == "suppressed":
        return 4
    if "->" in row["would_change"]:
        return 1 if row["would_change"] == "stale->current" else 0
    return 2 if row["has_target"] else 3


def summarise_gaps(register: pd.DataFrame, codelists) -> pd.DataFrame:
    """Return per owner and series: missing values, provinces, periods, and how many would change a verdict."""
    own = register[(register["SERIES"] != "") & (register["reason"] != "suppressed")]
    groups = own.groupby(["owner", "SERIES", "FREQ"], sort=True)
    table = pd.DataFrame(
        {
            "missing": groups.size(), "provinces": groups["REF_AREA"].nunique(), "first": groups["TIME_PERIOD"].min(),
            "last": groups["TIME_PERIOD"].max(), "would_change": groups["would_change"].agg(lambda c: int(c.str.contains("->").sum())),
        }
    )  # fmt: skip
    return table.reset_index().sort_values(["would_change", "missing"], ascending=False, kind="stable", ignore_index=True)


LISTED = 15
"""Provinces that a line of a letter names; more are counted, and the register goes with the letter."""


def letters(register: pd.DataFrame, codelists, lang: str) -> dict[str, str]:
    """Return for each owner a list that can be put into a letter, in Thai or English; no names of officials."""
    own = register[(register["SERIES"] != "") & (register["reason"] != "suppressed")]
    return {agency: _letter(agency, part, codelists, lang) for agency, part in own.groupby("owner", sort=True)}


def _letter(agency: str, part: pd.DataFrame, codelists, lang: str) -> str:
    name = codelists.agencies.set_index("agency").at[agency, f"name_{lang}"]
    lines = []
    for (series, freq), rows in part.groupby(["SERIES", "FREQ"], sort=True):
        for period, wanted in rows.groupby("TIME_PERIOD", sort=True):
            areas = [codelists.area_name(a, lang) for a in sorted(set(wanted["REF_AREA"]))]
            who = ", ".join(areas) if len(areas) <= LISTED else ""
            changes = wanted.loc[wanted["would_change"] != "", "would_change"]
            why = CHANGE_WORDS[changes.mode().iloc[0]] if len(changes) else CHANGE_WORDS[""]
            lines.append((series, freq, period, len(areas), who, pick(lang, *why), wanted["due_date"].iloc[0]))
    folded: dict[tuple, list] = {}
    for series, _, period, count, who, why, due in lines:
        folded.setdefault((series, count, who, why), []).append((period, due))
    items = []
    for number, ((series, count, who, why), periods) in enumerate(folded.items(), 1):
        spans = say_span([p for p, _ in periods], lang)
        title = codelists.series_name(series, lang)
        code = codelists.series_row(series)["indicator"]
        code = f" ({pick(lang, 'ตัวชี้วัด', 'indicator')} {code})" if code else ""
        where = who or pick(lang, f"{count} จังหวัด (รายชื่อตามบัญชีแนบ)", f"{count} provinces (listed in the register)")
        items.append(f"{number}. {title}{code}: {spans}; {where}; {pick(lang, 'ประโยชน์', 'what it would settle')}: {why}")
    body = "\n".join(items)
    if lang == "th":
        return (
            f"เรียน {name}\n\nเรื่อง ขอความอนุเคราะห์ข้อมูลตัวชี้วัดการพัฒนาที่ยั่งยืนระดับจังหวัด\n\n"
            f"ด้วยการติดตามและประเมินผลการขับเคลื่อนเป้าหมายการพัฒนาที่ยั่งยืนรายไตรมาส ยังขาดข้อมูลรายจังหวัดดังต่อไปนี้\n\n{body}\n\n"
            "จึงเรียนมาเพื่อโปรดพิจารณาให้ความอนุเคราะห์ข้อมูลดังกล่าว พร้อมวันที่ของข้อมูลและหน่วยนับ\n"
        )
    return (
        f"To: {name}\n\nSubject: request for provincial data on SDG indicators\n\n"
        f"The quarterly monitoring of SDG localisation lacks the following provincial figures.\n\n{body}\n\n"
        "We would be grateful for these figures, with their date and unit.\n"
    )


def say_span(periods: list[str], lang: str) -> str:
    """Periods in a row as spans: "พ.ศ. 2564–2566", "ม.ค. 2565 – ธ.ค. 2566"."""
    parts: list[list[str]] = []
    freqs = {p: frequency_of(p) for p in periods}
    for period in sorted(periods, key=lambda p: (freqs[p], p)):
        last = parts[-1][1] if parts else None
        if last and freqs[last] == freqs[period] and _step(period, freqs[period]) == _step(last, freqs[last]) + 1:
            parts[-1][1] = period
        else:
            parts.append([period, period])
    years = [p for p in parts if p[0].isdigit()]
    told = [year_text(int(a), lang) if a == b else f"{year_text(int(a), lang)}–{year_text(int(b), lang)}" for a, b in years]
    text = pick(lang, "พ.ศ. ", "") + ", ".join(told) if told else ""
    others = [format_period(a, lang) if a == b else f"{format_period(a, lang)} – {format_period(b, lang)}" for a, b in parts if not a.isdigit()]
    return ", ".join(filter(None, [text, *others]))
