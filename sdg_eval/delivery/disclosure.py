"""What may be shown of groups of persons: at least ten behind every figure, and behind every difference of figures.

A figure over a group gives its sum away, so any two of them give away the sum over what lies in one and not in the
other: last quarter's and this quarter's, the whole and its parts, one table and another. Each group is therefore held
against everything that was shown before, as a set of rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sdg_eval.errors import UsageError
from sdg_eval.suppression import MIN_THRESHOLD, THRESHOLD

PRIMARY, COMPLEMENTARY, EARLIER = "suppressed:primary", "suppressed:complementary", "suppressed:earlier_release"
"""Why a group is blank: few persons; it would reveal few persons; with what was shown earlier it would."""
REASON_WORDS = {
    PRIMARY: ("ปกปิด: มาจากบุคคลน้อยกว่าเกณฑ์", "suppressed: rests on too few persons"),
    COMPLEMENTARY: ("ปกปิด: ทำให้คำนวณย้อนถึงกลุ่มเล็กได้", "suppressed: would reveal a group of too few persons"),
    EARLIER: ("ปกปิด: ต่างจากที่เคยเผยแพร่เพียงไม่กี่คน", "suppressed: differs from what was shown earlier by too few persons"),
}  # fmt: skip


@dataclass(frozen=True)
class Group:
    """Rows of one group; a row's id is `person.row`, so that persons can be counted."""

    rows: frozenset[str]
    is_total: bool = False

    @property
    def persons(self) -> int:
        """How many persons the rows are of."""
        return count_persons(self.rows)


def count_persons(rows) -> int:
    """Return how many different persons a set of row ids is of."""
    return len({row.partition(".")[0] for row in rows})


def hidden_groups(groups: list[Group], shown_before=(), *, threshold: int = THRESHOLD) -> list[str]:
    """Return for each group "" where it may be shown, else why not.

    Parameters
    ----------
    groups
        The groups of one table; parts do not overlap, and `is_total` marks the row of all.
    shown_before
        Sets of row ids of every figure of the same rows that anyone may have seen.
    threshold
        Persons that a figure, and a difference of figures, must rest on.

    Raises
    ------
    UsageError
        For a threshold below the smallest that any run may use.
    """
    if threshold < MIN_THRESHOLD:
        raise UsageError(f"A threshold of {threshold} persons is not allowed. Give {MIN_THRESHOLD} or more.")
    why = [PRIMARY if 0 < group.persons < threshold else "" for group in groups]  # nobody is nobody to reveal
    earlier = list(dict.fromkeys(frozenset(rows) for rows in shown_before if rows))
    while any(not w for w in why):
        found = _revealing(groups, why, earlier, threshold)
        if found is None:
            break
        place, reason = found
        why[place] = reason
    return why


def _revealing(groups: list[Group], why: list[str], earlier: list[frozenset], threshold: int) -> tuple[int, str] | None:
    """The group to hide next, and why; None where nothing small can be worked out."""
    shown = [i for i, w in enumerate(why) if not w]
    # a part is given up before the whole, a small one before a large one
    shown.sort(key=lambda i: (groups[i].is_total, len(groups[i].rows), i))
    for i in shown:
        if any(0 < count_persons(groups[i].rows ^ rows) < threshold for rows in earlier):
            return i, EARLIER
    for i in shown:
        if any(i != j and 0 < count_persons(groups[i].rows ^ groups[j].rows) < threshold for j in shown):
            return i, COMPLEMENTARY
    known = [groups[i].rows for i in shown] + earlier
    for target in _small_sets(groups, why, known, threshold):
        weights = _combination(known, target)
        if weights is not None:
            used = [i for place, i in enumerate(shown) if abs(weights[place]) > 1e-6]
            if used:
                return used[0], EARLIER if np.abs(weights[len(shown) :]).max(initial=0) > 1e-6 else COMPLEMENTARY
    return None


def _small_sets(groups: list[Group], why: list[str], known: list[frozenset], threshold: int):
    """Sets of few persons that someone might try to work out: hidden groups, what the parts leave over, rows alike in what shows them."""
    parts = [g.rows for g, w in zip(groups, why, strict=True) if not w and not g.is_total]
    candidates = [g.rows for g, w in zip(groups, why, strict=True) if w]
    candidates += [rows.difference(*[p for p in parts if p <= rows]) for rows in known]
    atoms: dict = {}
    for row in frozenset().union(*known):
        atoms.setdefault(tuple(row in rows for rows in known), set()).add(row)
    candidates += [frozenset(a) for a in atoms.values()]
    return [c for c in dict.fromkeys(candidates) if c and count_persons(c) < threshold]


def _combination(known: list[frozenset], target: frozenset) -> np.ndarray | None:
    """Weights with which the known sums add up to the sum over `target`; None where they do not."""
    rows = sorted(frozenset().union(*known) | target)
    signatures: dict = {}
    for row in rows:  # rows that nothing tells apart are one unknown
        signatures.setdefault((*(row in k for k in known), row in target), row)
    kinds = list(signatures)
    matrix = np.array([k[:-1] for k in kinds], dtype=float)
    wanted = np.array([k[-1] for k in kinds], dtype=float)
    weights = np.linalg.lstsq(matrix, wanted, rcond=None)[0]
    return weights if np.abs(matrix @ weights - wanted).max() < 1e-8 else None


def hide_small(table: pd.DataFrame, *, n: str = "n", keep=(), threshold: int = THRESHOLD) -> pd.DataFrame:
    """Return a table of results in which rows of 1 to `threshold` - 1 persons hold no number; `reason` says so.

    For results computed elsewhere from person-level rows. It knows no row sets, so it guards single rows only: where
    parts and their total are shown together, `hidden_groups` is needed.

    Parameters
    ----------
    n
        Column with the persons behind a row; it is blanked too.
    keep
        Numeric columns that are keys (a fiscal year, a step) and stay.
    """
    if threshold < MIN_THRESHOLD:
        raise UsageError(f"A threshold of {threshold} persons is not allowed. Give {MIN_THRESHOLD} or more.")
    out = table.copy()
    few = (out[n] > 0) & (out[n] < threshold)
    if "reason" not in out:
        out["reason"] = ""
    numbers = [c for c in out.select_dtypes("number").columns if c not in keep]
    out[numbers] = out[numbers].astype(float).mask(few, np.nan) if few.any() else out[numbers]
    out.loc[few, "reason"] = PRIMARY
    return out
