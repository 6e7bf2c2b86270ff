"""How often the default test calls noise a trend, and how often it finds one: 77 provinces, ties and gaps too.

Noise is AR(1); correlation is estimated from each panel, as in use. One line per setting, then the worst.
Power is for a slope of half an innovation standard deviation a year, as in docs/methods.md.
"""

import json

import numpy as np
import pandas as pd

from sdg_eval.ranks import ar1_series
from sdg_eval.trends import evaluate_trends

PANELS, AREAS, SEED, LEVEL = 60, 77, 20301231, 0.05
RHOS, LENGTHS, SHAPES = (0.0, 0.2, 0.4, 0.6), (6, 8, 10, 15, 20), ("plain", "ties", "gaps")


def observations(rng: np.random.Generator, rho: float, n: int, shape: str, slope: float) -> pd.DataFrame:
    """Panels of 77 provinces with the slope, in innovation standard deviations a year."""
    years = n if shape != "gaps" else int(round(n / 0.9))  # a tenth is taken out below
    values = ar1_series(rng, PANELS * AREAS, years, rho) / np.sqrt(1 - rho**2) + slope * np.arange(years)
    if shape == "ties":
        values = np.round(values)
    kept = np.ones(values.shape, dtype=bool)
    if shape == "gaps":
        kept = rng.random(values.shape) >= 0.1
    row, year = np.nonzero(kept)
    return pd.DataFrame({
        "SERIES": np.char.add("S", (row // AREAS).astype(str)).astype(object),
        "REF_AREA": np.char.add("TH-", (row % AREAS + 10).astype(str)).astype(object),
        "TIME_PERIOD": (year + 2000).astype(str).astype(object), "OBS_VALUE": values[kept],
    })  # fmt: skip


def share_called(table: pd.DataFrame) -> tuple[float, float]:
    """Share of tested series that are called a trend, and the standard error of that share over panels."""
    trends = evaluate_trends(table)
    tested = trends[trends["p_value"].notna()]
    called = tested["verdict"].isin(["rising", "falling"]).groupby(tested["SERIES"]).mean()
    return float(called.mean()), float(called.std(ddof=1) / np.sqrt(len(called)))


def main() -> None:
    """Print the size and power of every setting."""
    worst = (0.0, "")
    for shape in SHAPES:
        for rho in RHOS:
            for n in LENGTHS:
                rng = np.random.default_rng([SEED, n, int(100 * rho), SHAPES.index(shape)])
                size, error = share_called(observations(rng, rho, n, shape, 0.0))
                power, _ = share_called(observations(rng, rho, n, shape, 0.5))
                basis = f"{shape}, rho {rho}, n {n}: {PANELS} panels of {AREAS}, nominal {LEVEL:.0%}, standard error {error:.4f}"
                worst = max(worst, (size - 2 * error, basis))
                print(json.dumps({"name": "false_alarms", "value": round(size, 4), "unit": "share", "basis": basis, "power": round(power, 3)}))
    print(json.dumps({"name": "false_alarms_worst_less_two_errors", "value": round(worst[0], 4), "unit": "share", "basis": worst[1]}))


if __name__ == "__main__":
    main()
