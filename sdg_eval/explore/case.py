"""One finding that is doubted: a series over all provinces, the province in question, and which values a choice takes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np

from sdg_eval.errors import UsageError
from sdg_eval.explore.choices import CUTS, DATA, SPAN, TREND, choices_of, picked
from sdg_eval.explore.desk import Desk
from sdg_eval.explore.tables import choose_freq
from sdg_eval.panels import MIN_SLOPE, Panel, SeriesRule, build_panels, series_rules
from sdg_eval.progress import Target, read_target
from sdg_eval.ranks import MIN_TEST, pooled_rho, rank_lines
from sdg_eval.trends import COVID_YEARS, year_grid

CAPITAL = "TH-10"


def case_of(desk: Desk, series: str, area: str, question: str, *, freq: str = "") -> Case:
    """Return the case of a finding; the same one while the same finding is asked about.

    Progress is judged on years wherever the province has some, as the report does; a trend at `freq`, by default at the
    coarsest frequency that the province has.
    """
    desk.codelists.area(area)
    there = desk.frequencies(series, area) or desk.frequencies(series)
    freq = choose_freq(desk, series, freq) if freq and question == "trend" else there[0]
    key = (series, area, freq)
    if key not in desk.cases:
        desk.cases.clear()
        rows = desk.rows[(desk.rows["SERIES"] == series) & (desk.rows["FREQ"] == freq)]
        rule = series_rules(desk.codelists.series).get(series, SeriesRule())
        desk.cases[key] = Case(desk, series, area, build_panels(rows, desk.codelists.series)[0], rule)
    return desk.cases[key]


@dataclass(frozen=True, eq=False)
class Case:
    """One series over all provinces, and the province whose finding is doubted."""

    desk: Desk
    series: str
    area: str
    panel: Panel
    rule: SeriesRule

    @cached_property
    def own(self) -> int | None:
        """Row of the province in the panel, None where it has no value."""
        found = np.flatnonzero(self.panel.keys["REF_AREA"] == self.area)
        return int(found[0]) if len(found) else None

    @property
    def closed(self) -> str:
        """Why there is nothing to choose: `no_data`, `data_conflict` (a period has two values), or '' where there is."""
        return "no_data" if self.own is None else "data_conflict" if self.panel.conflict[self.own] else ""

    @cached_property
    def official_row(self) -> dict:
        """The row of the national trend table; {} where there is none."""
        table = self.desk.national.trends
        rows = table[(table["SERIES"] == self.series) & (table["REF_AREA"] == self.area) & (table["FREQ"] == self.panel.freq)]
        return rows.iloc[0].to_dict() if len(rows) else {}

    @cached_property
    def targets(self) -> list[Target]:
        """Targets of the series, the earliest first: that one is judged by."""
        rows = self.desk.codelists.targets
        return [read_target(r) for r in sorted(rows[rows["SERIES"] == self.series].to_dict("records"), key=lambda r: int(r["year"]))]

    # ------------------------------------------------------------ which values

    @cached_property
    def _masks(self) -> dict[tuple, np.ndarray]:
        return {}

    def mask(self, data: tuple) -> np.ndarray:
        """Return which values a choice (words of DATA) takes, provinces x periods; the official one takes `panel.usable`."""
        if data not in self._masks:
            years, covid, provisional, outliers = data
            panel = self.panel
            mask = panel.usable if picked("provisional", provisional, TREND["provisional"]) == "left_out" else panel.held
            mask = mask & self._window(years, mask)
            if picked("covid", covid, TREND["covid"]) == "left_out":
                mask = mask & ~np.isin(panel.years, COVID_YEARS)
            if outliers != "kept":
                mask = mask & (self._distance <= picked("outliers", outliers, CUTS))
            self._masks[data] = mask
        return self._masks[data]

    def _window(self, word: str, mask: np.ndarray) -> np.ndarray:
        years = self.panel.years
        if word == "all":
            return np.ones_like(mask)
        held = np.where(mask, years, 0)
        if word == "without_last":
            return years[None] < held.max(axis=1)[:, None]
        if word == "without_first":
            return years[None] > np.where(mask, years, 9999).min(axis=1)[:, None]
        if word == f"last_{SPAN}":
            return years[None] > held.max(axis=1)[:, None] - SPAN
        if word == "since_2015":
            return np.broadcast_to(years >= 2015, mask.shape)
        first, _, last = word.partition("-")
        if not (first.isdigit() and last.isdigit()):
            raise UsageError(f"years is {word!r}; write one of {', '.join(TREND['years'])}, or a window such as 2012-2020 (Gregorian years).")
        return np.broadcast_to((years >= int(first)) & (years <= int(last)), mask.shape)

    @cached_property
    def _distance(self) -> np.ndarray:
        """Robust standard deviations of each value from its province's Theil-Sen line."""
        values = np.where(self.panel.held, self.panel.values, np.nan)
        line = rank_lines(np.where(self.panel.usable, values, np.nan), self.panel.times, period=self.panel.per_year)
        with np.errstate(invalid="ignore", divide="ignore"):
            away = np.abs(values - line.intercept[:, None] - line.slope[:, None] * self.panel.times) / line.sigma[:, None]
        return np.nan_to_num(away, nan=0.0, posinf=0.0)

    def variants(self, question: str) -> list[tuple]:
        """Choices of values that differ in the province's own values; the official one first.

        One that leaves too few for a test, where the official one has enough, answers nothing and is left out.
        """
        seen, found, choices = set(), [], choices_of(question)
        fewest = MIN_TEST if question == "trend" and self.panel.usable[self.own].sum() >= MIN_TEST else MIN_SLOPE
        for data in product(*(choices[name] for name in DATA)):
            mask = self.mask(data)[self.own]
            if mask.tobytes() not in seen and (not found or mask.sum() >= fewest):
                seen.add(mask.tobytes())
                found.append(data)
        return found

    # ------------------------------------------------------------ beside whom

    @cached_property
    def _groups(self) -> dict[str, np.ndarray]:
        return {}

    def group(self, word: str) -> np.ndarray:
        """Rows of the provinces with which the one is compared; itself is always among them."""
        if word not in self._groups:
            areas, lists = self.panel.keys["REF_AREA"], self.desk.codelists
            word = picked("group", word, TREND["group"])
            member = {
                "all": lambda: np.ones(len(areas), dtype=bool), "without_bangkok": lambda: areas != CAPITAL,
                "region": lambda: np.array([lists.area(a)["region"] == lists.area(self.area)["region"] for a in areas]),
                "alike": lambda: np.isin(areas, self.desk.like[self.area]),
            }[word]()  # fmt: skip
            self._groups[word] = np.flatnonzero(member | (areas == self.area))
        return self._groups[word]

    @cached_property
    def _rhos(self) -> dict[tuple, tuple[float, bool]]:
        return {}

    def pooled(self, data: tuple, group: str) -> tuple[float, bool]:
        """Correlation pooled over a group under one choice of values, as `trends.family_rho` pools it; and whether it was assumed."""
        if (data, group) not in self._rhos:
            if data not in self._grids:
                mask = self.mask(data)
                self._grids[data] = year_grid(self.panel, np.where(mask, self.panel.values, np.nan)), ~self.panel.conflict & mask.any(axis=1)
            grid, speaks = self._grids[data]
            members = self.group(group)
            self._rhos[data, group] = pooled_rho(grid[members[speaks[members]]], self.panel.per_year)
        return self._rhos[data, group]

    @cached_property
    def _grids(self) -> dict[tuple, tuple[np.ndarray, np.ndarray]]:
        return {}
