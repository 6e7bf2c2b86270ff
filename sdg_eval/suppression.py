"""Small cells: what rests on fewer than ten persons is not shown, nor what would give it away.

Primary: a value whose base, count, or rest (base less count) is 1 to 9 persons. Complementary: where
a total and its other parts are shown the hidden part could be worked out, so another part is hidden too,
the smallest that suffices. Figures that a publisher has already put before the public are exempt from
the count rules: hiding them here would protect nobody and blind the evaluation; a per cent of fewer
than ten persons is hidden whatever its source.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from sdg_eval.concepts import KEY, SPLITS, TOTAL
from sdg_eval.errors import UsageError

THRESHOLD = 10
"""Persons a shown value must rest on: the number usual in official statistics for health and poverty tables."""
MIN_THRESHOLD = 5
"""Below five a single family can be told; no run may go there."""
STATUS = "Q"
"""SDMX OBS_STATUS: missing value, suppressed."""
HIDDEN = ["OBS_VALUE", "NUMERATOR", "DENOMINATOR", "STD_ERR", "SAMPLE_SIZE", "LOWER_BOUND", "UPPER_BOUND"]
PERSON_UNITS = {"PERSONS", "CASES", "DEATHS", "BIRTHS"}
COUNTRY = "TH"
MIN_WIDTH = 3.0
"""Persons between which a hidden count must stay uncertain: less would be as good as showing it."""


def suppress(observations: pd.DataFrame, codelists, *, threshold: int = THRESHOLD) -> pd.DataFrame:
    """Return observations of the same rows in which small cells, and what would reveal them, are blank.

    A suppressed row keeps its key and its cell; its numbers are NaN, its comment is empty (it may hold
    the number), OBS_STATUS is Q, and `flags` says `suppressed:primary` or `suppressed:complementary`.

    Raises
    ------
    UsageError
        For a threshold below MIN_THRESHOLD.
    """
    if threshold < MIN_THRESHOLD:
        raise UsageError(f"A threshold of {threshold} persons is not allowed. Give {MIN_THRESHOLD} or more.")
    table = observations.copy()
    primary = small_cells(table, codelists, threshold)
    if not primary.any():
        return table
    hidden = primary | _same_key(table, primary)
    while True:
        more = _partners(table, hidden) | _derived(table, hidden, codelists) | _same_key(table, hidden)
        if not (more & ~hidden).any():
            more = _against_attack(table, hidden)
        if not (more & ~hidden).any():
            break
        hidden |= more
    table.loc[hidden, HIDDEN] = np.nan
    table.loc[hidden, "COMMENT_OBS"] = ""
    table.loc[hidden, "OBS_STATUS"] = STATUS
    flag = pd.Series(np.where(primary, "suppressed:primary", "suppressed:complementary"), index=table.index)
    table.loc[hidden, "flags"] = [";".join(filter(None, pair)) for pair in zip(table.loc[hidden, "flags"], flag[hidden], strict=True)]
    return table


def small_cells(table: pd.DataFrame, codelists, threshold: int) -> pd.Series:
    """Return which rows rest on fewer than `threshold` persons (a zero is no person and is shown)."""
    public = set(codelists.sources.loc[codelists.sources["published"] == "1", "source"])
    kinds = dict(zip(codelists.series["SERIES"], codelists.series["kind"], strict=True))
    unpublished = ~table["source"].isin(public)
    top, base, respondents = table["NUMERATOR"], table["DENOMINATOR"], table["SAMPLE_SIZE"]
    on_few = _few(base, threshold) | _few(respondents, threshold)
    count = _few(top, threshold)
    share = table["UNIT_MEASURE"].isin(["PERCENT", "SHARE"])
    rest = share & _few(base - top, threshold)
    persons = table["UNIT_MEASURE"].isin(PERSON_UNITS) & table["SERIES"].map(kinds).fillna("count").isin(["count", "amount"])
    return on_few | (unpublished & (count | rest | (persons & _few(table["OBS_VALUE"], threshold))))


def _few(values: pd.Series, threshold: int) -> pd.Series:
    return (values > 0) & (values < threshold)


def _same_key(table: pd.DataFrame, hidden: pd.Series) -> pd.Series:
    """Other rows of a hidden key: an earlier vintage or another source would show what is hidden."""
    keys = pd.MultiIndex.from_frame(table[KEY])
    return pd.Series(keys.isin(keys[hidden.to_numpy()]), index=table.index)


def _weight(table: pd.DataFrame) -> pd.Series:
    """How much a row says: the count of persons behind it where known, else its value."""
    return table["NUMERATOR"].fillna(table["DENOMINATOR"]).fillna(table["OBS_VALUE"].abs()).fillna(np.inf)


def _partners(table: pd.DataFrame, hidden: pd.Series) -> pd.Series:
    """Rows to hide so that no total less its shown parts leaves one hidden part (or a hidden total) alone."""
    chosen = pd.Series(False, index=table.index)
    touched = set(table.loc[hidden, "SERIES"])
    own = table[table["SERIES"].isin(touched)]
    weight = _weight(own)
    for column in (*SPLITS, "REF_AREA", "TIME_PERIOD"):
        for _, cells in _relations(own, column):
            shown = cells[~hidden[cells].to_numpy() & ~chosen[cells].to_numpy()]
            n_hidden = len(cells) - len(shown)
            if n_hidden == 1 and len(shown):
                total = own.loc[shown, column] == (COUNTRY if column == "REF_AREA" else TOTAL)
                if column == "TIME_PERIOD":
                    total = own.loc[shown, "FREQ"] == "A"
                parts = shown[~total.to_numpy()]
                pick = parts if len(parts) else shown
                order = pd.DataFrame({"weight": weight[pick], "key": own.loc[pick, KEY].astype(str).agg("|".join, axis=1)})
                chosen[order.sort_values(["weight", "key"], kind="stable").index[0]] = True
    return chosen


def _relations(table: pd.DataFrame, column: str):
    """Yield (name, index of the rows) of every relation total = sum of parts along one column that has its total."""
    if column == "TIME_PERIOD":
        others = [c for c in KEY if c not in ("TIME_PERIOD", "FREQ")]
        table = table.assign(year=table["TIME_PERIOD"].str[:4])
        several = table.groupby([*others, "year"])["FREQ"].transform("nunique") > 1
        for name, part in table[several].groupby([*others, "year"], sort=True):
            for freq in sorted(set(part["FREQ"]) - {"A"}):
                yield name, part.index[part["FREQ"].isin(["A", freq])]
        return
    others, is_whole = [c for c in KEY if c != column], table[column] == (COUNTRY if column == "REF_AREA" else TOTAL)
    number = table.groupby(others).ngroup()
    wanted = number.isin(set(number[is_whole])) & (number.map(number.value_counts()) > 2)
    for name, part in table[wanted].groupby(others, sort=True):
        yield name, part.index


def _derived(table: pd.DataFrame, hidden: pd.Series, codelists) -> pd.Series:
    """Rows of series derived from a hidden cell, and parents of a hidden derived cell: one gives the other away."""
    at = [c for c in KEY if c != "SERIES"]
    places = pd.MultiIndex.from_frame(table[at])
    found = pd.Series(False, index=table.index)
    for rule in codelists.derivations.to_dict("records"):
        if rule["rule"] not in ("rate", "share", "year_total") or not rule["numerator"]:
            continue
        for one, other in ((rule["numerator"], rule["SERIES"]), (rule["SERIES"], rule["numerator"])):
            source = places[(hidden & (table["SERIES"] == one)).to_numpy()]
            if len(source):
                found |= (table["SERIES"] == other) & places.isin(source)
    return found


def suppressed_note(lang: str, threshold: int = THRESHOLD) -> str:
    """Return the sentence that stands where a value is suppressed."""
    if lang == "th":
        return f"ปกปิด: มาจากบุคคลน้อยกว่า {threshold} คน หรือทำให้คำนวณย้อนถึงค่าที่ปกปิดได้"
    return f"suppressed: rests on fewer than {threshold} persons, or would reveal a value that does"


def _against_attack(table: pd.DataFrame, hidden: pd.Series) -> pd.Series:
    """Rows to hide because several relations together leave a hidden value too little room."""
    chosen = pd.Series(False, index=table.index)
    weight = _weight(table)
    for rows in _systems(table, hidden):
        intervals = _solve(table, hidden, rows)
        tight = intervals[intervals["high"] - intervals["low"] < MIN_WIDTH]["row"]
        for row in tight:
            shown = sorted({c for cells, _ in rows if row in cells for c in cells if not hidden[c]}, key=lambda c: (weight[c], c))
            if shown:
                chosen[shown[0]] = True
                break  # one more may loosen all of the system
    return chosen


def feasible_intervals(before: pd.DataFrame, hidden: pd.Series) -> pd.DataFrame:
    """Return for each hidden row of an additive system the interval (low, high) that an attacker can work out.

    The attacker knows every shown value, that counts are not negative, and that totals are the sums of
    their parts (groups; provinces and the country; quarters or months and the year). A linear
    programme per connected system; rows without additive partners are not constrained and not listed.
    """
    parts = [_solve(before, hidden, rows) for rows in _systems(before, hidden)]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["row", "low", "high", "true"])


def _systems(table: pd.DataFrame, hidden: pd.Series) -> list[list]:
    """Relations (cells, signs) that touch hidden rows, grouped where they share one."""
    own = table[table["SERIES"].isin(set(table.loc[hidden, "SERIES"]))]
    relations = []
    for column in (*SPLITS, "REF_AREA", "TIME_PERIOD"):
        whole = COUNTRY if column == "REF_AREA" else TOTAL
        for _, cells in _relations(own, column):
            if hidden[cells].any():
                total = own.loc[cells, "FREQ"] == "A" if column == "TIME_PERIOD" else own.loc[cells, column] == whole
                relations.append((list(cells), np.where(total, -1.0, 1.0)))
    group: dict = {}

    def root(x):
        while group.setdefault(x, x) != x:
            x = group[x]
        return x

    for cells, _ in relations:
        own_hidden = [c for c in cells if hidden[c]]
        for other in own_hidden[1:]:
            group[root(other)] = root(own_hidden[0])
    systems: dict = {}
    for cells, signs in relations:
        systems.setdefault(root(next(c for c in cells if hidden[c])), []).append((cells, signs))
    return [systems[key] for key in sorted(systems)]


def _solve(table: pd.DataFrame, hidden: pd.Series, relations: list) -> pd.DataFrame:
    """Least and greatest feasible value of each hidden row of one system."""
    from scipy.optimize import linprog
    from scipy.sparse import lil_matrix

    unknown = {row: place for place, row in enumerate(sorted({c for cells, _ in relations for c in cells if hidden[c]}))}
    matrix, right = lil_matrix((len(relations), len(unknown))), np.zeros(len(relations))
    values = table["OBS_VALUE"]
    for line, (cells, signs) in enumerate(relations):
        for cell, sign in zip(cells, signs, strict=True):
            if cell in unknown:
                matrix[line, unknown[cell]] += sign
            else:
                right[line] -= sign * values[cell]
    found = []
    for row, place in unknown.items():
        aim = np.zeros(len(unknown))
        aim[place] = 1.0
        ends = [linprog(sign * aim, A_eq=matrix.tocsr(), b_eq=right, method="highs") for sign in (1, -1)]
        low = ends[0].fun if ends[0].status == 0 else 0.0
        high = -ends[1].fun if ends[1].status == 0 else np.inf
        found.append({"row": row, "low": low, "high": high, "true": values[row]})
    return pd.DataFrame(found)
