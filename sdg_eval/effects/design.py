"""The panel of one outcome: which provinces were treated, which periods lie before, during and after.

The design is checked before anything is estimated; a panel that cannot answer gives a reason instead of a number.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sdg_eval.errors import DataError

FIRST_TREATED, FIRST_AFTER = 2023, 2025
"""Calendar years: 2023 is the first treated one, 2024 partly treated, 2025 the first after (METHODS 4.1)."""
MIN_BEFORE = 3
"""Fewest periods before; under it nothing is claimed."""
MIN_TREATED, MIN_COMPARISON = 2, 10


@dataclass(frozen=True)
class EffectPanel:
    """Outcome values, areas x periods (NaN where there is none), and who was treated when.

    `post` marks the periods from the first treated one on; `reason` is empty when the panel can be estimated.
    """

    areas: tuple[str, ...]
    periods: tuple[float, ...]
    values: np.ndarray
    treated: np.ndarray
    post: np.ndarray
    reason: str = ""

    @property
    def n_before(self) -> int:
        """Periods before treatment."""
        return int((~self.post).sum())

    @property
    def n_after(self) -> int:
        """Periods from the first treated one on."""
        return int(self.post.sum())


def effect_panel(table: pd.DataFrame, treated, *, first_treated: float = FIRST_TREATED) -> EffectPanel:
    """Return the panel of `table` (REF_AREA, period as a number, OBS_VALUE); `treated` are REF_AREA codes.

    Provinces without a value before or after are left out: they have no change. Periods that no comparison province or no treated
    one has are left out as well. Raises DataError for two values of one province and period.
    """
    rows = table.dropna(subset="OBS_VALUE")
    twice = rows[rows.duplicated(["REF_AREA", "period"])]
    if len(twice):
        first = twice.iloc[0]
        raise DataError(f"Effect panel: {first['REF_AREA']} has two values in {first['period']}. Select the latest view first.")
    wide = rows.pivot(index="REF_AREA", columns="period", values="OBS_VALUE").sort_index()
    mine = wide.index.isin(set(treated))
    if wide.empty or not mine.any():
        return _without(wide, mine, first_treated, "no_treated_data" if len(wide) else "no_data")
    if mine.all():
        return _without(wide, mine, first_treated, "only_pilots_report")
    both = wide[mine].notna().any() & wide[~mine].notna().any()
    wide = wide.loc[:, both]
    post = np.array(wide.columns, dtype=float) >= first_treated
    held = wide.notna().to_numpy()
    wide = wide[held[:, post].any(axis=1) & held[:, ~post].any(axis=1)] if post.any() and (~post).any() else wide
    mine = wide.index.isin(set(treated))
    panel = _without(wide, mine, first_treated, "")
    return EffectPanel(panel.areas, panel.periods, panel.values, panel.treated, panel.post, _fault(panel))


def _without(wide: pd.DataFrame, mine: np.ndarray, first_treated: float, reason: str) -> EffectPanel:
    periods = tuple(float(p) for p in wide.columns)
    post = np.array(periods) >= first_treated
    return EffectPanel(tuple(wide.index), periods, wide.to_numpy(dtype=float), np.asarray(mine, dtype=bool), post, reason)


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
    return "constant_outcome" if np.ptp(held) == 0 else ""
