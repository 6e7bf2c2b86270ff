"""What may be shown of groups of persons: at least ten behind every figure, and behind every difference of figures.

A figure over a group gives its sum away, so several together give away sums over what lies in one and not in the
other: last quarter's and this quarter's, the whole and its parts, one table and another. Each group is therefore held
against everything that was shown before, as a set of rows; no sum or difference may rest on fewer than ten persons.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sdg_eval.errors import UsageError
from sdg_eval.suppression import MIN_THRESHOLD, THRESHOLD

PRIMARY, COMPLEMENTARY, EARLIER = "suppressed:primary", "suppressed:complementary", "suppressed:earlier_release"
"""Why a group is blank: few persons; it would reveal few persons; with what was shown earlier it would."""
NOTHING = 1e-8
"""A weight or singular value below this is rounding."""
MANY_UNKNOWNS = 14
"""With more small unknowns in play not every choice of them is looked through; then any combination of them counts as small."""
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
    """The group to hide next, and why; None where nothing small can be worked out that was not known already."""
    shown = [i for i, w in enumerate(why) if not w and groups[i].rows and groups[i].rows not in earlier]
    # a part is given up before the whole, a small one before a large one
    shown.sort(key=lambda i: (groups[i].is_total, len(groups[i].rows), i))
    weights = _small_combination([groups[i].rows for i in shown], earlier, threshold)
    if weights is None:
        return None
    new, old = weights[: len(shown)], weights[len(shown) :]
    place = int(np.flatnonzero(np.abs(new) > NOTHING)[0])
    return shown[place], EARLIER if np.abs(old).max(initial=0) > NOTHING else COMPLEMENTARY


def _small_combination(new: list[frozenset], earlier: list[frozenset], threshold: int) -> np.ndarray | None:
    """Weights with which sums that are known give a sum over fewer than `threshold` persons and over nobody else; None where none do.

    Rows that no set tells apart are one unknown. A sum over few persons can only hold unknowns of few persons, so the
    combinations that vanish on all the large ones are looked through, one choice of small ones after the other. What the
    earlier sets alone give away is passed over: it cannot be taken back.
    """
    known = new + earlier
    within: dict = {}
    for place, rows in enumerate(known):
        for row in rows:
            within.setdefault(row, []).append(place)
    kinds: dict = {}
    for row, places in within.items():
        kinds.setdefault(tuple(places), set()).add(row)
    matrix = np.zeros((len(kinds), len(known)))
    for line, places in enumerate(kinds):
        matrix[line, list(places)] = 1.0
    size = np.array([count_persons(rows) for rows in kinds.values()], dtype=int)
    free = _null_space(matrix[size >= threshold], len(known))
    small = matrix[size < threshold] @ free
    held = np.abs(small).max(axis=1, initial=0) > NOTHING
    small, sizes = small[held], size[size < threshold][held]
    rank = _rank(small)
    if not rank:
        return None
    for chosen in _choices(sizes, threshold):
        others = small[~chosen]
        if _rank(others) == rank:
            continue
        for part in (free @ _null_space(others, small.shape[1])).T:
            sum_over = matrix @ part
            if np.abs(sum_over).max() > NOTHING and np.abs(part[: len(new)]).max(initial=0) > NOTHING:
                return part
    return None


def _choices(sizes: np.ndarray, threshold: int):
    """Every largest choice of unknowns of fewer than `threshold` persons together; all of them where there are too many choices."""
    n = len(sizes)
    if n > MANY_UNKNOWNS:
        yield np.ones(n, dtype=bool)
        return
    masks = (np.arange(2**n)[:, None] >> np.arange(n)) & 1 == 1
    total = masks @ sizes
    fits = total < threshold
    # largest: nothing more fits in
    least_left = np.where(masks, np.iinfo(int).max // 2, sizes).min(axis=1)
    yield from masks[fits & (total + least_left >= threshold)]


def _rank(matrix: np.ndarray) -> int:
    return int(np.linalg.matrix_rank(matrix, tol=NOTHING)) if matrix.size else 0


def _null_space(matrix: np.ndarray, n: int) -> np.ndarray:
    """Columns that the matrix (of n columns) sends to nothing."""
    if not matrix.size:
        return np.eye(n)
    _, values, right = np.linalg.svd(matrix, full_matrices=len(matrix) < n)  # of a tall matrix the large left side is not asked for
    return right[(values > NOTHING).sum() :].T


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
