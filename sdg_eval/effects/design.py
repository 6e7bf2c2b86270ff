"""The panel of one outcome: which provinces were treated, which periods lie before, during and after.

The design is checked before anything is estimated; a panel that cannot answer gives a reason instead of a number.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from sdg_eval.effects.outcomes import OutcomeRule
from sdg_eval.errors import DataError
from sdg_eval.observations import period_bounds, select_totals
from sdg_eval.panels import build_panels, is_province

MIN_BEFORE = 3
"""Fewest years before; under it nothing is claimed."""
MIN_TREATED, MIN_COMPARISON = 2, 10
TRANSITION, TREATED = 1 / 4, 1 / 2
"""A period of which less than a quarter lies after the start is before (2022: one month of twelve), from half on it is
treated (fiscal year 2566), between them it is a transition and left out (the last quarter of 2022). METHODS 4.1."""
COVID = (2020, 2021)
JOINED = {"TH-10": "centre"}
"""Stratum of provinces that stand alone in theirs: Bangkok joins the centre."""


@dataclass(frozen=True)
class Window:
    """First and last month of the programme, `YYYY-MM`; `starts` is REF_AREA -> first month of each treated province, and `ends`
    its last month where a wave has one of its own."""

    start: str
    end: str
    starts: dict[str, str]
    ends: dict[str, str] = field(default_factory=dict)

    @property
    def staggered(self) -> bool:
        """Whether provinces began at different times."""
        return len(set(self.starts.values())) > 1

    def of(self, area: str) -> tuple[str, str]:
        """Return first and last month of one treated province."""
        if area in self.ends:
            return self.starts[area], self.ends[area]
        last = _month(self.starts[area]) + _month(self.end) - _month(self.start)  # a wave without an end of its own lasts as long
        return self.starts[area], f"{last // 12:04d}-{last % 12 + 1:02d}"


def programme_window(codelists, *, start: str = "", end: str = "", programme: str = "") -> Window:
    """Return the window of a programme (default: the first of programmes.csv).

    `start` and `end` move it for every province (a parameter, since sources differ by a month). A column `end` of
    rollout.csv gives a later wave its own end; without one it lasts as long as the programme. Raises DataError for a start after the end or a text that is no month.
    """
    rows = codelists.programmes
    row = (rows[rows["programme"] == programme] if programme else rows).iloc[0]
    units = codelists.rollout[codelists.rollout["programme"] == row["programme"]]
    begun, ended = start or row["start"], end or row["end"]
    records = units.to_dict("records")
    starts = {r["REF_AREA"]: start or r["start"] for r in records}
    ends = {r["REF_AREA"]: r["end"] for r in records if r.get("end") and not end}
    for text in (begun, ended, *starts.values(), *ends.values()):
        if not (len(text) == 7 and text[4] == "-" and text[:4].isdigit() and text[5:].isdigit() and 1 <= int(text[5:]) <= 12):
            raise DataError(f"Programme window: {text!r} is no month. Write 2022-12.")
    if begun > ended:
        raise DataError(f"Programme window: it starts ({begun}) after it ends ({ended}).")
    for area, last in ends.items():
        if starts[area] > last:
            raise DataError(f"Programme window: {area} starts ({starts[area]}) after it ends ({last}). Correct rollout.csv.")
    return Window(begun, ended, starts, ends)


def _month(text: str) -> int:
    return int(text[:4]) * 12 + int(text[5:7]) - 1


def phase_of(time_period: str, start: str, end: str) -> str:
    """Return before, transition, during or after: where an SDMX period lies against the months `start` to `end`.

    Examples
    --------
    >>> [phase_of(p, "2022-12", "2024-04") for p in ("2022", "2022-Q4", "2023", "2024", "2024-Q2", "2025", "2022-10-01/P1Y")]
    ['before', 'transition', 'during', 'during', 'after', 'after', 'during']
    """
    first, last = (day.year * 12 + day.month - 1 for day in period_bounds(time_period))
    share = (last + 1 - max(first, _month(start))) / (last + 1 - first)
    if share < TRANSITION:  # asked first: a later wave may begin after the programme's end
        return "before"
    if first >= _month(end):
        return "after"
    return "transition" if share < TREATED else "during"


@dataclass(frozen=True)
class EffectPanel:
    """Outcome values, areas x periods (NaN where there is none), and who was treated when.

    `post` marks the periods from the first treated one on; `labels` and `phases` name the periods where they are known;
    `began` and `ended` are the numbers of the first period treated and after of each area (-1: never treated), for
    staggered starts. `spread` is the standard deviation between provinces of their mean before, kept where seasons were
    taken out. `reason` is empty when the panel can be estimated.
    """

    areas: tuple[str, ...]
    periods: tuple[float, ...]
    values: np.ndarray
    treated: np.ndarray
    post: np.ndarray
    reason: str = ""
    labels: tuple[str, ...] = ()
    phases: tuple[str, ...] = ()
    freq: str = "A"
    began: tuple[int, ...] = ()
    ended: tuple[int, ...] = ()
    spread: float = float("nan")
    n_unobserved: int = 0  # provisional, estimated or imputed values left out
    conflicts: tuple[str, ...] = ()  # provinces left out for two different values of one period

    @property
    def n_before(self) -> int:
        """Periods before treatment."""
        return int((~self.post).sum())

    @property
    def n_after(self) -> int:
        """Periods from the first treated one on."""
        return int(self.post.sum())

    @property
    def years_before(self) -> int:
        """Whole years before treatment: four quarters are one."""
        return self.n_before // {"A": 1, "Q": 4}[self.freq]

    @property
    def staggered(self) -> bool:
        """Whether provinces began at different periods."""
        return len({b for b in self.began if b >= 0}) > 1

    def take(self, areas=None, periods=None) -> EffectPanel:
        """Return the panel of some areas and periods (masks; None: all), checked anew."""
        rows = np.ones(len(self.areas), dtype=bool) if areas is None else np.asarray(areas, dtype=bool)
        columns = np.ones(len(self.periods), dtype=bool) if periods is None else np.asarray(periods, dtype=bool)
        return _checked(replace(
            self, areas=_of(self.areas, rows), periods=_of(self.periods, columns), values=self.values[np.ix_(rows, columns)],
            treated=self.treated[rows], post=self.post[columns], labels=_of(self.labels, columns), phases=_of(self.phases, columns),
            began=_of(_shifted(self.began, columns), rows), ended=_of(_shifted(self.ended, columns), rows), reason="",
        ))  # fmt: skip


def _of(items: tuple, mask: np.ndarray) -> tuple:
    return tuple(item for item, kept in zip(items, mask, strict=True) if kept) if items else ()


def _shifted(began: tuple[int, ...], columns: np.ndarray) -> tuple[int, ...]:
    """Numbers of first treated periods after periods were left out."""
    if columns.all() or not began:
        return began
    return tuple(b if b < 0 else int(columns[:b].sum()) for b in began)


def effect_panel(table: pd.DataFrame, treated, *, first_treated: float) -> EffectPanel:
    """Return the panel of `table` (REF_AREA, period as a number, OBS_VALUE); `treated` are REF_AREA codes.

    Provinces without a value before or after are left out: they have no change. Periods that no comparison province or no treated
    one has are left out as well. Raises DataError for two values of one province and period.
    """
    wide = _wide(table, "period")
    periods = tuple(float(p) for p in wide.columns)
    post = np.array(periods, dtype=float) >= first_treated
    mine = np.asarray(wide.index.isin(set(treated)), dtype=bool)
    return _checked(EffectPanel(tuple(wide.index), periods, wide.to_numpy(dtype=float), mine, post))


def _wide(table: pd.DataFrame, column: str) -> pd.DataFrame:
    rows = table.dropna(subset="OBS_VALUE")
    twice = rows[rows.duplicated(["REF_AREA", column])]
    if len(twice):
        first = twice.iloc[0]
        raise DataError(f"Effect panel: {first['REF_AREA']} has two values in {first[column]}. Select the latest view first.")
    return rows.pivot(index="REF_AREA", columns=column, values="OBS_VALUE").sort_index()


def _checked(panel: EffectPanel) -> EffectPanel:
    """Leave out what has no change, and say why a panel cannot be estimated."""
    held = np.isfinite(panel.values)
    mine = panel.treated
    if not held.any() or not mine.any() or mine.all():
        return replace(panel, reason="no_data" if not held.any() else "no_treated_data" if not mine.any() else "only_pilots_report")
    both = held[mine].any(axis=0) & held[~mine].any(axis=0)
    if not held[mine].any() or not held[~mine].any():
        return replace(panel, reason="no_treated_data" if not held[mine].any() else "only_pilots_report")
    if panel.post[both].any() and (~panel.post[both]).any():
        kept = held[:, both & panel.post].any(axis=1) & held[:, both & ~panel.post].any(axis=1)
        for row, start in enumerate(panel.began):  # a later wave without a value since its own start has no change either
            kept[row] &= start < 0 or bool((held[row] & both)[start:].any())
    else:
        kept = np.ones(len(mine), dtype=bool)
    panel = replace(
        panel, areas=_of(panel.areas, kept), periods=_of(panel.periods, both), values=panel.values[np.ix_(kept, both)], treated=mine[kept],
        post=panel.post[both], labels=_of(panel.labels, both), phases=_of(panel.phases, both), began=_of(_shifted(panel.began, both), kept),
        ended=_of(_shifted(panel.ended, both), kept),
    )  # fmt: skip
    if not (kept.all() and both.all()):
        return _checked(panel)  # what was left out may leave others without a change
    return replace(panel, reason=_fault(panel))


def _fault(panel: EffectPanel) -> str:
    """Return why a panel cannot be estimated, or ''."""
    if not panel.n_after:
        return "ends_before_the_pilot"
    if not panel.n_before:
        return "begins_with_the_pilot"
    if panel.treated.sum() < MIN_TREATED:
        return "few_treated"
    if (~panel.treated).sum() < MIN_COMPARISON:
        return "few_comparisons"
    held = panel.values[np.isfinite(panel.values)]
    per_area = np.where(np.isfinite(panel.values), panel.values, np.nan)
    moves = np.nanmax(per_area, axis=1) - np.nanmin(per_area, axis=1)
    return "constant_outcome" if moves.max() <= 1e-12 * (1 + np.abs(held).max()) else ""


def outcome_rows(observations: pd.DataFrame, rule: OutcomeRule, series: pd.DataFrame | None = None, *, unobserved: bool = False) -> pd.DataFrame:
    """Return REF_AREA, TIME_PERIOD, OBS_VALUE, NUMERATOR, DENOMINATOR of the provinces' whole values, as METHODS section 1
    lets them be used, and `conflict`: the province has two different values of one period.

    Values from before the last break of a province are out, and so are provisional, estimated and imputed ones unless
    `unobserved`. `log` needs values above zero, others are left out. `series` is the codelist, None: no rules.
    """
    rows = observations[(observations["SERIES"] == rule.series) & (observations["FREQ"] == rule.freq) & observations["OBS_VALUE"].notna()]
    rows = select_totals(rows[is_province(rows["REF_AREA"])])
    rows = rows[~rows["REF_AREA"].isin(rule.exclude)]
    if series is not None:
        series = series[series["SERIES"] == rule.series].assign(direction="none")  # the value itself, not its distance to a range
    if rule.first:
        rows = rows[rows["TIME_PERIOD"].str[: len(rule.first)] >= rule.first]
    if rule.last:
        rows = rows[rows["TIME_PERIOD"].str[: len(rule.last)] <= rule.last]
    found = [pd.DataFrame(columns=["REF_AREA", "TIME_PERIOD", "OBS_VALUE", "NUMERATOR", "DENOMINATOR", "conflict"])]
    for panel in build_panels(rows, series) if len(rows) else []:
        area, period = np.nonzero(panel.held & (~panel.provisional | unobserved))
        found.append(pd.DataFrame({
            "REF_AREA": panel.keys["REF_AREA"][area], "TIME_PERIOD": panel.periods[period], "OBS_VALUE": panel.values[area, period],
            "NUMERATOR": panel.numerators[area, period], "DENOMINATOR": panel.denominators[area, period], "conflict": panel.conflict[area],
        }))  # fmt: skip
    rows = pd.concat(found[1:] or found, ignore_index=True)
    if rule.scale == "log":
        rows = rows[rows["OBS_VALUE"] > 0].assign(OBS_VALUE=lambda t: np.log(t["OBS_VALUE"].astype(float)))
    return rows.reset_index(drop=True)


def outcome_panel(observations: pd.DataFrame, rule: OutcomeRule, window: Window, series: pd.DataFrame | None = None, *, unobserved: bool = False) -> EffectPanel:
    """Return the panel of one outcome under a programme window. A transition period is left out.

    Quarterly values lose each province's own mean of the same quarter before the pilot, so that seasons cannot pose as
    an effect. With staggered starts the common `post` begins with the first of them that has values, and each later
    wave's own transition period is missing. A province with two different values of one period is left out and named in
    `conflicts`. `series` and `unobserved` as in `outcome_rows`.
    """
    rows = outcome_rows(observations, rule, series, unobserved=unobserved)
    wrong = rows["conflict"].astype(bool)
    table, out = rows[~wrong], 0 if unobserved else len(outcome_rows(observations, rule, series, unobserved=True)) - len(rows)
    conflicts = tuple(sorted(rows.loc[wrong, "REF_AREA"].unique()))
    while True:
        panel = _panel_of(table, rule, window)
        begun = [b for b in panel.began if b >= 0]
        if panel.reason or not begun or min(begun) <= panel.n_before:
            reason = "data_conflict" if conflicts and not len(table) else panel.reason
            return replace(panel, n_unobserved=out, conflicts=conflicts, reason=reason)
        # no province of the first wave was left: the next one is the first
        first = min(window.starts[a] for a in table["REF_AREA"].unique() if a in window.starts)
        table = table[[window.starts.get(a) != first for a in table["REF_AREA"]]]


def _panel_of(table: pd.DataFrame, rule: OutcomeRule, window: Window) -> EffectPanel:
    named = [a for a in sorted(table["REF_AREA"].unique()) if a in window.starts]
    first = min((window.starts[a] for a in named), default=min(window.starts.values()))
    last = max(window.of(a)[1] for a in named or window.starts)
    phase = {p: phase_of(p, first, last) for p in table["TIME_PERIOD"].unique()}
    wide = _wide(table[table["TIME_PERIOD"].map(phase) != "transition"], "TIME_PERIOD")
    labels = tuple(wide.columns)
    values = wide.to_numpy(dtype=float, copy=True)
    waves = {w: [phase_of(p, *w) for p in labels] for w in sorted({window.of(a) for a in named})}
    own = [waves[window.of(a)] if a in window.starts else [] for a in wide.index]
    for row, phases in enumerate(own):
        values[row, [at for at, name in enumerate(phases) if name == "transition"]] = np.nan
    before = np.array([phase[p] == "before" for p in labels], dtype=bool)
    spread = _spread(values[:, before])
    if rule.freq == "Q" and len(labels):
        values = _season_free(values, labels, phase)
    began = tuple(next((at for at, name in enumerate(phases) if name in ("during", "after")), -1) for phases in own)
    ended = tuple(next((at for at, name in enumerate(phases) if name == "after"), len(labels) if phases else -1) for phases in own)
    # a province whose wave has not begun in these values is a comparison; before any has begun all named are the treated ones
    begun = np.array(began, dtype=int) >= 0
    treated = begun if begun.any() else np.array([area in window.starts for area in wide.index], dtype=bool)
    return _checked(EffectPanel(
        tuple(wide.index), tuple(_time(p) for p in labels), values, treated, ~before, labels=labels, phases=tuple(phase[p] for p in labels), freq=rule.freq,
        began=began, ended=ended, spread=spread,
    ))  # fmt: skip


def _spread(before: np.ndarray) -> float:
    """Standard deviation between provinces of their mean before."""
    held = np.isfinite(before)
    some = held.any(axis=1)
    means = np.where(held, before, 0).sum(axis=1)[some] / held.sum(axis=1)[some]
    return float(means.std(ddof=1)) if len(means) > 1 else float("nan")


def _time(time_period: str) -> float:
    """A year as itself, a quarter as year and fraction: order and distance of periods."""
    first, last = period_bounds(time_period)
    return float(last.year) if last.month - first.month > 3 or last.year != first.year else first.year + (first.month - 1) / 12


def _season_free(values: np.ndarray, labels: tuple[str, ...], phase: dict[str, str]) -> np.ndarray:
    seasons, before = np.array([p[-1] for p in labels]), np.array([phase[p] == "before" for p in labels])
    free = values.copy()
    for season in sorted(set(seasons)):
        own = seasons == season
        there = np.isfinite(values[:, own & before])
        with np.errstate(invalid="ignore"):
            mean = np.where(there.any(axis=1), np.nansum(np.where(there, values[:, own & before], 0), axis=1) / np.maximum(there.sum(axis=1), 1), np.nan)
        free[:, own] = values[:, own] - (mean[:, None] if before.any() else 0)
    return free


def strata_of(codelists, areas) -> np.ndarray:
    """Return the region of each area as its stratum; Bangkok's is the centre."""
    return np.array([JOINED.get(area, codelists.area(area)["region"]) for area in areas])


def years_of(panel: EffectPanel) -> np.ndarray:
    """Return the calendar year of each period."""
    return np.array(panel.periods).astype(int)
