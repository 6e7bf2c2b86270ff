"""What may be used of a series: METHODS section 1 applied to an observation table.

A `Panel` holds many series on one grid of periods, with masks that say which values lie after the
last break and which are provisional; a `Segment` is one row of it as numbers in time order.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from sdg_eval.concepts import KEY, TOTAL
from sdg_eval.errors import DataError
from sdg_eval.observations import FREQUENCIES, frequency_of, mid_points, period_year

MIN_TWO = 2
MIN_SLOPE = 3
"""Fewest periods for a slope; with two there is only a change between end points."""
PERIODS_PER_YEAR = {"A": 1, "Q": 4, "M": 12}
NOT_OBSERVED = ("P", "E", "I")
"""OBS_STATUS of provisional, estimated and imputed values: tests leave them out."""
DIMENSIONS = [c for c in KEY if c != "TIME_PERIOD"]
FAMILY = [c for c in DIMENSIONS if c != "REF_AREA"]
NEEDED = ["SERIES", "REF_AREA", "TIME_PERIOD", "OBS_VALUE"]


# ---------------------------------------------------------------- what the codelist says


@dataclass(frozen=True)
class SeriesRule:
    """What the codelist says about a series, as far as statistics need it."""

    kind: str = "amount"
    direction: str = "none"
    breaks: tuple[tuple[int, str], ...] = ()  # (first year of the new regime, area or "" for all)
    provisional: frozenset[int] = frozenset()
    bounds: tuple[float, float] = (np.nan, np.nan)  # natural bounds
    wanted: tuple[float, float] = (np.nan, np.nan)  # low and high of direction `range`
    aggregation: str = "none"

    @property
    def sign(self) -> int:
        """+1 where higher is better, -1 where lower is, 0 where neither. A range looks at distance."""
        if self.direction == "range" and np.isnan(self.wanted).any():
            return 0
        return {"higher": 1, "lower": -1, "range": -1}.get(self.direction, 0)


def _number(text) -> float:
    return float(text) if str(text).strip() not in ("", "nan", "None", "<NA>") else np.nan


def _break(text: str) -> tuple[int, str]:
    year, _, area = text.strip().partition("@")
    return int(year), area.strip()


def series_rules(series: pd.DataFrame | None) -> dict[str, SeriesRule]:
    """Return the rules by SERIES from the codelist's table (None: no rules, all defaults)."""
    if series is None:
        return {}
    rules = {}
    for row in series.to_dict("records"):
        def listed(column, row=row):
            return [part for part in str(row.get(column, "") or "").split(";") if part.strip()]

        rules[row["SERIES"]] = SeriesRule(
            kind=row.get("kind") or "amount",
            direction=row.get("direction") or "none",
            breaks=tuple(_break(part) for part in listed("breaks")),
            provisional=frozenset(int(part) for part in listed("provisional")),
            bounds=(_number(row.get("lower", "")), _number(row.get("upper", ""))),
            wanted=(_number(row.get("range_low", "")), _number(row.get("range_high", ""))),
            aggregation=row.get("aggregation") or "none",
        )
    return rules


def is_province(codes) -> np.ndarray:
    """True for ISO codes of provinces (TH-10 … TH-96), not for the country or regions."""
    return pd.Series(codes, dtype="str").str.match(r"^TH-\d\d$").to_numpy(dtype=bool)


# ---------------------------------------------------------------- panels and segments


@dataclass(frozen=True)
class Points:
    """Time-ordered numbers of one series in one area."""

    periods: np.ndarray
    times: np.ndarray  # decimal years, middle of the period
    years: np.ndarray
    seasons: np.ndarray
    values: np.ndarray
    numerators: np.ndarray
    denominators: np.ndarray

    def __len__(self) -> int:
        return len(self.times)

    def where(self, mask) -> Points:
        """Return the points where `mask` holds."""
        return Points(**{name: getattr(self, name)[mask] for name in self.__dataclass_fields__})


@dataclass(frozen=True)
class Segment:
    """A series in one area, with what METHODS section 1 allows to be used of it."""

    keys: dict
    everything: Points
    after_break: np.ndarray  # bool per point of `everything`
    provisional: np.ndarray
    conflict: bool
    reasons: tuple[str, ...]

    @property
    def break_period(self) -> str:
        """First period after the last break, '' where no point lies before it."""
        return "" if self.after_break.all() else str(self.everything.periods[self.after_break][0])

    @cached_property
    def with_provisional(self) -> Points:
        """All points after the last break."""
        return self.everything.where(self.after_break)

    @cached_property
    def observed(self) -> Points:
        """Points after the last break without provisional, estimated and imputed ones."""
        return self.everything.where(self.after_break & ~self.provisional)

    @cached_property
    def only_provisional(self) -> bool:
        """Too little was observed for a slope, while all points together would give one."""
        return len(self.observed) < MIN_SLOPE <= len(self.with_provisional)

    @cached_property
    def usable(self) -> Points:
        """What statistics use: the observed points, or all where hardly any were observed."""
        return self.with_provisional if self.only_provisional else self.observed


@dataclass(frozen=True)
class Panel:
    """Series of one frequency whose families have the same periods: rows are keys, columns periods.

    Quarters and months stand on a regular grid without holes; years only where some area has one.
    """

    freq: str
    keys: dict[str, np.ndarray]  # dimension -> one text per row
    family: np.ndarray  # number of the family (series and breakdown) of each row
    rules: list[SeriesRule]  # by family
    periods: np.ndarray
    times: np.ndarray  # decimal years, middle of the period
    years: np.ndarray
    values: np.ndarray  # rows x periods; a range's values are distances to it
    numerators: np.ndarray
    denominators: np.ndarray
    after_break: np.ndarray  # bool, rows x periods
    provisional: np.ndarray
    conflict: np.ndarray  # bool per row: one period has two values
    broken: np.ndarray  # bool per row: a break lies between its points
    changed_basis: np.ndarray  # bool per row: fiscal years follow calendar years, or the reverse
    no_range: np.ndarray

    def __len__(self) -> int:
        return len(self.values)

    @property
    def per_year(self) -> int:
        """Periods in a year."""
        return PERIODS_PER_YEAR[self.freq]

    @cached_property
    def held(self) -> np.ndarray:
        """Whether there is a value after the last break."""
        return ~np.isnan(self.values) & self.after_break

    @cached_property
    def only_provisional(self) -> np.ndarray:
        """Too little was observed for a slope, while all values together would give one."""
        observed = (self.held & ~self.provisional).sum(axis=1)
        return (observed < MIN_SLOPE) & (self.held.sum(axis=1) >= MIN_SLOPE)

    @cached_property
    def usable(self) -> np.ndarray:
        """What statistics use: the observed values, or all where hardly any were observed."""
        return self.held & (~self.provisional | self.only_provisional[:, None])

    def segment(self, row: int) -> Segment:
        """Return one row as numbers in time order."""
        there = ~np.isnan(self.values[row])
        points = Points(
            self.periods[there], self.times[there], self.years[there], self.seasons[there], self.values[row, there],
            self.numerators[row, there], self.denominators[row, there],
        )  # fmt: skip
        flags = {"no_range": self.no_range[row], "break_segment": self.broken[row], "basis_change": self.changed_basis[row]}
        return Segment(
            {name: str(column[row]) for name, column in self.keys.items()}, points, self.after_break[row, there],
            self.provisional[row, there], bool(self.conflict[row]), tuple(name for name, on in flags.items() if on),
        )  # fmt: skip

    @cached_property
    def seasons(self) -> np.ndarray:
        """Quarter or month of each period from 0; 0 for years."""
        return np.floor(self.times % 1 * self.per_year).astype(int) if self.per_year > 1 else np.zeros(len(self.times), int)


def segments(observations: pd.DataFrame, series: pd.DataFrame | None = None) -> list[Segment]:
    """Split an observation table into one Segment per series, area, breakdown and frequency, in key order.

    Later vintages replace earlier ones; rows without a value are dropped, never filled. Two values
    of one period and vintage mark the segment as `conflict`. Raises DataError as `build_panels` does.
    """
    found = [panel.segment(row) for panel in build_panels(observations, series) for row in range(len(panel))]
    return sorted(found, key=lambda s: tuple(s.keys.values()))


def exposures(denominators: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Denominator of each count, 1 where any of the row is missing or not above 0; and whether they are known."""
    known = (~mask | (np.isfinite(denominators) & (denominators > 0))).all(axis=1) & mask.any(axis=1)
    return np.where(mask, np.where(known[:, None], denominators, 1.0), np.nan), known


def exposure_of(points: Points) -> np.ndarray | None:
    """The DENOMINATOR of each count, or None where any is missing or not above 0."""
    exposure, known = exposures(points.denominators[None], np.ones((1, len(points)), dtype=bool))
    return exposure[0] if known[0] else None


def annual_points(points: Points, freq: str, aggregation: str) -> Points:
    """Return years out of quarters or months, complete years only; with aggregation `none` there are none.

    `sum` for flows, `mean` for rates, `last` for stocks (METHODS 2.12). A mean over periods that
    know their denominators is weighted by them.
    """
    per_year = PERIODS_PER_YEAR[freq]
    if per_year == 1:
        return points
    complete = [y for y in np.unique(points.years) if (points.years == y).sum() == per_year]
    if aggregation not in ("sum", "mean", "last"):
        complete = []
    rows = [_year_of(points.where(points.years == year), aggregation) for year in complete]
    values, numerators, denominators = np.array(rows, dtype=float).reshape(-1, 3).T
    years = np.array(complete, dtype=int)
    return Points(
        years.astype(str).astype(object), years + 0.5, years, np.zeros(len(years), dtype=int),
        values, numerators, denominators,
    )  # fmt: skip


def _year_of(year: Points, aggregation: str) -> tuple[float, float, float]:
    if aggregation == "sum":
        return year.values.sum(), np.nan, year.denominators.mean()
    if aggregation == "last":
        return year.values[-1], year.numerators[-1], year.denominators[-1]
    weights = exposure_of(year)
    return float(np.average(year.values, weights=weights)), year.numerators.sum(), year.denominators.sum()


# ---------------------------------------------------------------- building panels


def _fault(table: pd.DataFrame, mask, what: str, remedy: str) -> None:
    """Refuse the rows of `mask`, naming series, area and period of the first five."""
    if mask.any():
        rows = table.loc[mask, ["SERIES", "REF_AREA", "TIME_PERIOD"]].head(5).itertuples(index=False)
        named = "; ".join(f"series {s}, area {a}, period {p}" for s, a, p in rows)
        raise DataError(f"{int(mask.sum())} row(s): {what} ({named}). {remedy}")


def _checked(observations: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with a value. Missing breakdowns count as totals; a missing FREQ is read off the period."""
    if missing := [c for c in NEEDED if c not in observations.columns]:
        raise DataError(
            f"Observations lack the column(s) {', '.join(missing)}. Found: {', '.join(map(str, observations.columns))}."
        )
    for column in [c for c in KEY if c in observations.columns]:
        empty = observations[column].isna().to_numpy()
        _fault(observations, empty, f"{column} is empty", "Every value needs its series, area and period.")
    values = observations["OBS_VALUE"].to_numpy(dtype=float, na_value=np.nan)
    _fault(observations, np.isinf(values), "the value is infinite", "Leave the cell empty where there is no value.")
    return observations[~np.isnan(values)] if np.isnan(values).any() else observations


def _codes(table: pd.DataFrame, column: str) -> tuple[np.ndarray, np.ndarray]:
    """Integer code of each row and the texts behind the codes, in alphabetical order."""
    if column not in table:
        return np.zeros(len(table), dtype=np.int64), np.array([TOTAL], dtype=object)
    codes, found = pd.factorize(table[column])
    found = np.asarray(found, dtype=object).astype(str).astype(object)
    order = np.argsort(found, kind="stable")
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return rank[codes], found[order]


def _frequencies(table: pd.DataFrame, period: np.ndarray, names: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Code of each row's frequency; refuses periods that are not of the row's FREQ, or two kinds in one key."""
    own = np.array([frequency_of(name) for name in names], dtype=object)
    known = np.array(sorted(FREQUENCIES), dtype=object)
    of_period = np.searchsorted(known, own).astype(np.int64)[period]
    if "FREQ" in table:
        codes, found = _codes(table, "FREQ")
        _fault(table, ~np.isin(found, known)[codes], "FREQ is not A, Q or M", "Write A, Q or M.")
        given = np.searchsorted(known, found).astype(np.int64)[codes]
        _fault(table, given != of_period, "the period is not of the row's frequency", "Years go with A, quarters with Q, months with M.")
        return given, known
    same = [table[c] for c in DIMENSIONS if c in table]
    first = pd.Series(of_period, index=table.index).groupby(same, sort=False).transform("first").to_numpy()
    _fault(table, first != of_period, "one series mixes frequencies", "Add a column FREQ (A, Q, M), or keep one frequency.")
    return of_period, known


def build_panels(observations: pd.DataFrame, series: pd.DataFrame | None = None) -> list[Panel]:
    """Return the table as panels; together they hold every key once.

    Parameters
    ----------
    observations
        Needs SERIES, REF_AREA, TIME_PERIOD and OBS_VALUE; further columns of the observation table are
        used where they are there (breakdowns, FREQ, NUMERATOR, DENOMINATOR, OBS_STATUS, vintage).
    series
        The codelist of series.

    Raises
    ------
    DataError
        For missing columns, empty keys, infinite values, an unreadable period, or two frequencies in
        one key; with series, area and period.
    """
    table = _checked(observations)
    if table.empty:
        return []
    period, names = _codes(table, "TIME_PERIOD")
    coded = {c: _codes(table, c) for c in DIMENSIONS if c != "FREQ"}
    coded["FREQ"] = _frequencies(table, period, names)
    family, families = _combine([coded[c] for c in FAMILY])
    area = coded["REF_AREA"][0]
    row_of = family * len(coded["REF_AREA"][1]) + area
    times = mid_points(names)
    labels = {c: coded[c][1] for c in FAMILY}
    data = _Data(
        row_of, area, family, period, table["OBS_VALUE"].to_numpy(dtype=float, na_value=np.nan),
        *(_column(table, c) for c in ("NUMERATOR", "DENOMINATOR")), *_statuses(table),
        table["vintage"] if "vintage" in table else None,
    )  # fmt: skip
    grid = _Grid(names, times, np.array([period_year(n) for n in names]), np.array(["/" in n for n in names]))
    rules = series_rules(series)
    panels = []
    for freq, members, columns in _groups(family, families, period, grid):
        keys = {c: labels[c][families[members][:, k]] for k, c in enumerate(FAMILY)}
        own = [rules.get(name, SeriesRule()) for name in keys["SERIES"]]
        panels.append(_panel(freq, members, keys, own, columns, grid, data, coded["REF_AREA"][1]))
    return panels


@dataclass(frozen=True)
class _Data:
    """Columns of the table as arrays, one entry per row of the table."""

    row: np.ndarray
    area: np.ndarray
    family: np.ndarray
    period: np.ndarray
    values: np.ndarray
    numerators: np.ndarray | None
    denominators: np.ndarray | None
    provisional: np.ndarray | None
    starts: np.ndarray | None  # status B
    vintage: pd.Series | None


@dataclass(frozen=True)
class _Grid:
    """The periods of the table."""

    names: np.ndarray
    times: np.ndarray
    years: np.ndarray
    fiscal: np.ndarray


def _column(table: pd.DataFrame, name: str) -> np.ndarray | None:
    """A numeric column, None where it is not there or says nothing."""
    if name not in table:
        return None
    values = table[name].to_numpy(dtype=float, na_value=np.nan)
    return None if np.isnan(values).all() else values


def _statuses(table: pd.DataFrame) -> tuple[np.ndarray | None, np.ndarray | None]:
    if "OBS_STATUS" not in table:
        return None, None
    codes, found = _codes(table, "OBS_STATUS")
    flags = [np.isin(found, wanted) for wanted in (NOT_OBSERVED, ("B",))]
    return tuple(flag[codes] if flag.any() else None for flag in flags)


def _combine(parts: list[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """Number of each row's combination, and the codes of every combination."""
    total = np.zeros(len(parts[0][0]), dtype=np.int64)
    for codes, found in parts:
        total = total * len(found) + codes
    numbers, found = pd.factorize(total, sort=True)
    columns = []
    for _, names in reversed(parts):
        found, rest = np.divmod(found, len(names))
        columns.append(rest)
    return numbers.astype(np.int64), np.column_stack(columns[::-1])


def _groups(family, families, period, grid: _Grid):
    """Yield (frequency, numbers of the families, column of each period or -1 ...) of families with equal periods."""
    known = np.array(sorted(FREQUENCIES), dtype=object)
    freqs = known[families[:, FAMILY.index("FREQ")]]
    present = np.zeros((len(families), len(grid.names)), dtype=bool)
    present[family, period] = True
    found: dict[tuple, list[int]] = {}
    for number, freq in enumerate(freqs):
        if freq == "A":
            signature = present[number].tobytes()
        else:
            steps = _steps(grid.times[present[number]], PERIODS_PER_YEAR[freq])
            signature = (steps.min(), steps.max())
        found.setdefault((freq, signature), []).append(number)
    for (freq, _), members in found.items():
        yield freq, np.array(members), _columns(freq, present[members].any(axis=0), grid)


def _steps(times: np.ndarray, per_year: int) -> np.ndarray:
    return np.floor(times * per_year + 1e-6).astype(int)


def _columns(freq: str, used: np.ndarray, grid: _Grid) -> tuple[_Grid, np.ndarray]:
    """The grid of a panel, and the column of each period of the table (-1: not in this panel)."""
    column = np.full(len(grid.names), -1)
    index = np.flatnonzero(used)
    if freq == "A":
        times, place = np.unique(grid.times[index], return_inverse=True)
        first = np.array([index[np.flatnonzero(place == k)[0]] for k in range(len(times))])
        column[index] = place
        return _Grid(grid.names[first], times, grid.years[first], grid.fiscal[first]), column
    per_year = PERIODS_PER_YEAR[freq]
    steps = _steps(grid.times[index], per_year)
    column[index] = steps - steps.min()
    every = np.arange(steps.min(), steps.max() + 1)
    years, part = np.divmod(every, per_year)
    names = [f"{y}-Q{p + 1}" if freq == "Q" else f"{y}-{p + 1:02d}" for y, p in zip(years, part, strict=True)]
    return _Grid(np.array(names, dtype=object), (every + 0.5) / per_year, years, np.zeros(len(every), bool)), column


def _panel(freq, members, keys, rules, columns, whole: _Grid, data: _Data, areas: np.ndarray) -> Panel:
    """Fill one panel."""
    grid, column = columns
    n_all = len(areas)
    local = np.full(int(data.family.max()) + 1, -1)
    local[members] = np.arange(len(members))
    mine = np.flatnonzero(local[data.family] >= 0) if len(local) != len(members) else np.arange(len(data.row))
    keys_here = np.unique(data.row[mine])
    row = np.searchsorted(keys_here, data.row[mine])
    shape = (len(keys_here), len(grid.names))
    flat = row * shape[1] + column[data.period[mine]]
    mine, flat, conflict = _one_per_cell(mine, flat, shape, data)
    family = local[keys_here // n_all]

    def fill(source, blank, dtype):
        matrix = np.full(shape[0] * shape[1], blank, dtype=dtype)
        if source is not None:
            matrix[flat] = source[mine]
        return matrix.reshape(shape)

    values = fill(data.values, np.nan, float)
    provisional = fill(data.provisional, False, bool)
    area_names = areas[keys_here % n_all]
    for number, rule in enumerate(rules):
        if rule.provisional:
            provisional |= (family == number)[:, None] & np.isin(grid.years, list(rule.provisional))
    no_range = np.array([rule.direction == "range" and bool(np.isnan(rule.wanted).any()) for rule in rules])[family]
    for number, rule in enumerate(rules):
        if rule.direction == "range" and not np.isnan(rule.wanted).any():
            own = family == number
            values[own] = np.maximum(0, np.maximum(rule.wanted[0] - values[own], values[own] - rule.wanted[1]))
    starts = fill(data.starts, False, bool)
    after, broken, basis = _after_break(values, starts, grid, family, rules, area_names)
    return Panel(
        freq, {c: keys[c][family] for c in FAMILY[:1]} | {"REF_AREA": area_names} | {c: keys[c][family] for c in FAMILY[1:]},
        family, rules, grid.names, grid.times, grid.years, values, fill(data.numerators, np.nan, float),
        fill(data.denominators, np.nan, float), after, provisional, conflict, broken, basis, no_range,
    )  # fmt: skip


def _one_per_cell(mine, flat, shape, data: _Data):
    """Keep the latest vintage of each cell; two different values of it make the row a conflict (METHODS 1.4)."""
    conflict = np.zeros(shape[0], dtype=bool)
    if len(flat) <= shape[0] * shape[1] and not (np.bincount(flat, minlength=1) > 1).any():
        return mine, flat, conflict
    cells = pd.DataFrame({"flat": flat, "mine": mine, "value": data.values[mine]})
    if data.vintage is not None:
        cells["vintage"] = data.vintage.iloc[mine].to_numpy()
        cells = cells[cells["vintage"] == cells.groupby("flat")["vintage"].transform("max")]
    cells = cells.sort_values(["flat", "value"], kind="stable").drop_duplicates(["flat", "value"])
    twice = cells.loc[cells["flat"].duplicated(), "flat"].to_numpy()
    conflict[twice // shape[1]] = True
    cells = cells.drop_duplicates("flat")
    return cells["mine"].to_numpy(), cells["flat"].to_numpy(), conflict


def _after_break(values, starts, grid: _Grid, family, rules, areas):
    """Mask of the values after the last break, and why: declared or marked, or a change of basis."""
    there = ~np.isnan(values)
    places = np.arange(values.shape[1])
    start = np.zeros(len(values), dtype=int)
    marked = starts & there
    if marked.any():
        start = np.where(marked.any(axis=1), values.shape[1] - 1 - np.argmax(marked[:, ::-1], axis=1), start)
    for number, rule in enumerate(rules):
        for year, where in rule.breaks:
            own = (family == number) & ((areas == where) if where else True)
            later = there & (grid.years >= year)
            own &= later.any(axis=1)
            start = np.where(own, np.maximum(start, np.argmax(later, axis=1)), start)
    basis = np.zeros(len(values), dtype=bool)
    if grid.fiscal.any() and not grid.fiscal.all():
        for row in np.flatnonzero((there & grid.fiscal).any(axis=1) & (there & ~grid.fiscal).any(axis=1)):
            own = places[there[row]]
            last = own[1:][grid.fiscal[own[1:]] != grid.fiscal[own[:-1]]].max()
            if last > start[row]:
                start[row], basis[row] = last, True
    before = (there & (places < start[:, None])).any(axis=1)
    return places >= start[:, None], before & ~basis, before & basis
