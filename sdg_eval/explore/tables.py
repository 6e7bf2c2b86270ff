"""One series in some provinces, and one series over all provinces: the tables behind the explorer's views."""

from __future__ import annotations

import pandas as pd

from sdg_eval.errors import UsageError
from sdg_eval.evaluation import KEY
from sdg_eval.explore.desk import Desk
from sdg_eval.observations import mid_points
from sdg_eval.thai import format_period

NOT_MEASURED = ("P", "E", "I")
SERIES_COLUMNS = [
    "SERIES", "REF_AREA", "name_th", "name_en", "FREQ", "TIME_PERIOD", "period_th", "period_en", "time", "OBS_VALUE", "LOWER_BOUND", "UPPER_BOUND", "NUMERATOR",
    "DENOMINATOR", "OBS_STATUS", "used", "flags", "source", "source_file", "source_sheet", "source_row", "source_column", "source_id", "vintage", "synthetic",
]  # fmt: skip
COMPARE_COLUMNS = [
    "SERIES", "REF_AREA", "name_th", "name_en", "FREQ", "TIME_PERIOD", "OBS_VALUE", "place", "n_provinces", "chosen", "alike", "verdict", "assessment", "significant",
    "slope", "ci_low", "ci_high", "p_value", "p_adjusted", "n_obs", "progress", "p_on_track", "stale", "reason", "synthetic",
]  # fmt: skip


def choose_freq(desk: Desk, series: str, freq: str = "") -> str:
    """Return `freq`, or the coarsest that the series has. Raises UsageError for one that it has not."""
    there = desk.frequencies(series)
    if freq and freq not in there:
        raise UsageError(f"{series} has no values of frequency {freq!r}; it has {', '.join(there)} (A year, Q quarter, M month).")
    return freq or there[0]


def check_areas(desk: Desk, areas) -> list[str]:
    """Return the codes of provinces as a list. Raises UsageError for one that is none."""
    areas = [areas] if isinstance(areas, str) else list(areas)
    for area in areas:
        desk.codelists.area(area)
    return areas


def series(desk: Desk, series: str, areas, *, freq: str = "", first: str = "", last: str = "") -> pd.DataFrame:
    """Return the values of one series in some provinces, each with the cell it comes from.

    Parameters
    ----------
    areas
        ISO code of a province, or several.
    freq
        A, Q or M; default the coarsest there is.
    first, last
        Periods between which values are given, both included (2015, 2023-Q1); '' is open.

    Returns
    -------
    pandas.DataFrame
        Values in the unit of the series. `used`: the trend rests on the value (it lies after the last break and is measured,
        not provisional or estimated). `time` is the middle of the period in decimal years. A suppressed value has its row, with
        status Q and no number; two values of one period are both there, and the trend rests on neither.

    Raises
    ------
    UsageError
        For a code that is no province, or a series or frequency without values.

    Examples
    --------
    >>> from sdg_eval.explore import open_desk
    >>> table = series(open_desk(), "SI_POV_NAHC", "TH-50", first="2019")
    >>> table[["TIME_PERIOD", "period_th"]].iloc[0].tolist()
    ['2019', 'พ.ศ. 2562']
    """
    areas, freq = check_areas(desk, areas), choose_freq(desk, series, freq)
    rows = desk.totals
    rows = rows[(rows["SERIES"] == series) & (rows["FREQ"] == freq) & rows["REF_AREA"].isin(areas)]
    rows = rows[(rows["TIME_PERIOD"] >= first) & ((rows["TIME_PERIOD"] <= last) | (not last))]
    trends = desk.national.trends
    spans = trends[(trends["SERIES"] == series) & (trends["FREQ"] == freq)].set_index("REF_AREA")
    start, end = (rows["REF_AREA"].map(spans[name]).fillna("") for name in ("segment_start", "last_period"))
    measured = ~rows["OBS_STATUS"].isin(NOT_MEASURED) & ~rows["TIME_PERIOD"].str[:4].isin(desk.codelists.series_row(series)["provisional"].split(";"))
    only = rows["REF_AREA"].map(spans["reason"]).fillna("").str.contains("provisional_only")
    told = rows.assign(
        **{f"name_{lang}": rows["REF_AREA"].map({a: desk.codelists.area_name(a, lang) for a in areas}) for lang in ("th", "en")},
        period_th=[format_period(p, "th") for p in rows["TIME_PERIOD"]], period_en=[format_period(p, "en") for p in rows["TIME_PERIOD"]],
        time=mid_points(rows["TIME_PERIOD"]) if len(rows) else [], used=(measured | only) & (start != "") & (rows["TIME_PERIOD"] >= start) & (rows["TIME_PERIOD"] <= end) & rows["OBS_VALUE"].notna(),
        synthetic=rows["source"].str.contains("synthetic"),
    )  # fmt: skip
    return told[SERIES_COLUMNS].reset_index(drop=True)


def compare(desk: Desk, series: str, areas=(), *, freq: str = "", period: str = "") -> pd.DataFrame:
    """Return one row for each of the 77 provinces: its value in a period, its place, its trend and its progress.

    Parameters
    ----------
    areas
        Provinces to be marked `chosen`; those alike to the first of them are marked `alike`.
    period
        As 2023 or 2023-Q1; default that of the report: the latest measured one that at least half of the provinces have.

    Returns
    -------
    pandas.DataFrame
        `place` is the share of provinces with a smaller value (ties count half), NaN without a value: a place, not a verdict.
        Sorted by value; provinces without one come last, none is left out.

    Examples
    --------
    >>> from sdg_eval.explore import open_desk
    >>> table = compare(open_desk(), "SI_POV_NAHC", ["TH-50"])
    >>> len(table), int(table["chosen"].sum()), int(table["alike"].sum())
    (77, 1, 5)
    """
    areas, freq = check_areas(desk, areas), choose_freq(desk, series, freq)
    rows = _values(desk, series, freq)
    period = period or report_period(desk, series, freq)
    if period not in set(rows["TIME_PERIOD"]):
        raise UsageError(f"{series} has no value of {period!r}. There are: {', '.join(sorted(set(rows['TIME_PERIOD'])))}.")
    values = rows[rows["TIME_PERIOD"] == period].drop_duplicates("REF_AREA", keep=False).set_index("REF_AREA")  # which of two values holds is not ours to say
    table = pd.DataFrame({"REF_AREA": desk.codelists.provinces}).assign(SERIES=series, FREQ=freq, TIME_PERIOD=period)
    table["name_th"], table["name_en"] = ([desk.codelists.area_name(a, lang) for a in table["REF_AREA"]] for lang in ("th", "en"))
    table["OBS_VALUE"] = table["REF_AREA"].map(values["OBS_VALUE"])
    table["synthetic"] = table["REF_AREA"].map(values["source"].str.contains("synthetic")).eq(True)
    n = int(table["OBS_VALUE"].notna().sum())
    table["place"], table["n_provinces"] = (table["OBS_VALUE"].rank(method="average") - 0.5) / max(n, 1), n
    table["chosen"] = table["REF_AREA"].isin(areas)
    table["alike"] = table["REF_AREA"].isin(desk.like[areas[0]] if areas else [])
    for part, columns in (
        (desk.national.trends, ["verdict", "assessment", "significant", "slope", "ci_low", "ci_high", "p_value", "p_adjusted", "n_obs", "stale", "reason"]),
        (desk.national.progress, ["progress", "p_on_track"]),
    ):
        own = part[(part["SERIES"] == series) & (part["FREQ"] == freq)].drop_duplicates(KEY)
        table = table.merge(own[["REF_AREA", *columns]], on="REF_AREA", how="left")
    table["n_obs"] = table["n_obs"].fillna(0).astype(int)
    for name in ("verdict", "assessment", "reason", "progress"):
        table[name] = table[name].astype("object").where(table[name].notna(), "no_data" if name == "verdict" else "")
    for name in ("significant", "stale"):
        table[name] = table[name].eq(True)
    return table.sort_values(["OBS_VALUE", "REF_AREA"], kind="stable", ignore_index=True)[COMPARE_COLUMNS]


def _values(desk: Desk, series: str, freq: str) -> pd.DataFrame:
    rows = desk.rows
    return rows[(rows["SERIES"] == series) & (rows["FREQ"] == freq) & rows["OBS_VALUE"].notna()]


def report_period(desk: Desk, series: str, freq: str) -> str:
    """Return the period in which the report compares the provinces in a series: the latest measured one that at least half of them have."""
    shown = desk.national.peers
    shown = shown[(shown["SERIES"] == series) & (shown["FREQ"] == freq)]["peer_period"]
    return str(shown.iloc[0]) if len(shown) else usual_period(_values(desk, series, freq))


def usual_period(rows: pd.DataFrame) -> str:
    """Return the latest period that at least half as many provinces have as the fullest one; '' for no rows."""
    counts = rows.groupby("TIME_PERIOD")["REF_AREA"].nunique()
    return "" if counts.empty else str(counts[counts >= counts.max() / 2].index.max())
