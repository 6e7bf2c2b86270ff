"""Do intervals and probabilities hold what they say on real series? All 77 provinces, held-out origins.

Reads the official files from the folder in SDG_EVAL_SHARED (default ../shared). Three checks:
the forecasts' 80% and 95% intervals at origins that had no part in choosing or calibrating; their
probabilities of passing thresholds around the last value; and `linear_pace`: P(on track) at each origin against whether the target of five years later was met.
Targets there are derived by a stated rule, since few official ones lie in the past: the fitted value of
the baseline moved along the Sen line so far, at half, once and one and a half times its pace.
"""

import json
import os
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from sdg_eval.codelists import read_codelists
from sdg_eval.derive import with_derived
from sdg_eval.forecasts import (
    choose_candidate,
    choose_scale,
    evaluate_forecasts,
    event_probabilities,
    fit_spread,
    origins_of,
    rolling_errors,
    split_origins,
)
from sdg_eval.ingest_cli import import_files
from sdg_eval.panels import Points, build_panels
from sdg_eval.progress import sen_line
from sdg_eval.ranks import pooled_rho, rank_lines
from sdg_eval.store import read_observations

SERIES = ["TH_DENGUE_RATE", "TH_GPP_PCAP_REAL", "NV_IND_MANF", "TH_TOUR_VISITORS", "TH_HH_INCOME_REAL", "TH_AGRI_OUTPUT_INDEX", "TH_RICE_PROD"]
AHEAD, PACES, YEAR = 5, (0.5, 1.0, 1.5), 2026


def say(name: str, value: float, unit: str, basis: str) -> None:
    """Print one figure as a line of JSON."""
    print(json.dumps({"name": name, "value": None if value != value else round(float(value), 4), "unit": unit, "basis": basis}))


def read_real(codelists) -> pd.DataFrame:
    """The official files of the shared folder as observations."""
    shared = Path(os.environ.get("SDG_EVAL_SHARED", "../shared"))
    with tempfile.TemporaryDirectory() as store:
        import_files([shared / "data"], Path(store), codelists)
        return with_derived(read_observations(store), codelists)


def forecasts(observations: pd.DataFrame, codelists) -> None:
    """Coverage per series and over all."""
    _, scores = evaluate_forecasts(observations, codelists, report_year=YEAR)
    for level in (80, 95):
        known = scores.dropna(subset=f"coverage_{level}")
        for row in known.to_dict("records"):
            basis = f"{row['SERIES']}: {row['n_checked']:.0f} held-out values, {row['n_held_out']} origins, {row['model']} ({row['scale']})"
            say(f"coverage_{level}", row[f"coverage_{level}"], "share", basis)
        mean = np.average(known[f"coverage_{level}"], weights=known["n_checked"])
        say(f"coverage_{level}_all", mean, "share", f"{len(known)} series, weighted by held-out values")


def forecast_reliability(observations: pd.DataFrame, codelists) -> None:
    """Deciles of the forecasts' probabilities at held-out origins against the share of events."""
    parts = []
    for panel in build_panels(observations[observations["FREQ"] == "A"], codelists.series):
        for number, rule in enumerate(panel.rules):
            own = np.where(panel.usable, panel.values, np.nan)[panel.family == number]
            scaled = choose_scale(own, rule).forward(own)
            choosing, judging = split_origins(origins_of(scaled))
            if len(judging):
                candidate = choose_candidate(scaled, choosing)
                learned, errors = (rolling_errors(scaled, candidate, o) for o in (choosing, judging))
                parts.append(event_probabilities(scaled, candidate, errors, fit_spread(learned)))
    deciles("events", *(np.concatenate(column).astype(float) for column in zip(*parts, strict=True)), "forecast probability")


def deciles(name: str, p: np.ndarray, met: np.ndarray, what: str) -> None:
    """Print the share that came true for each decile of the probability, and the Brier score."""
    for decile in range(10):
        inside = (p >= decile / 10) & ((p < (decile + 1) / 10) | (decile == 9))
        if inside.any():
            basis = f"{what} {decile / 10:.1f} to {(decile + 1) / 10:.1f}, mean {p[inside].mean():.2f}, n {inside.sum()}"
            say(f"{name}_true", met[inside].mean(), "share", basis)
    basis = f"{what}, n {len(p)}; {met.mean():.2f} came true, base {met.mean() * (1 - met.mean()):.3f}"
    say(f"{name}_brier", np.mean((p - met) ** 2), "score", basis)


def on_track(values: np.ndarray, rho: float, origin: int, seed: int) -> list[tuple[float, bool]]:
    """P(on track) at one origin of one province, and whether the target was met, for each derived target."""
    known = np.flatnonzero(~np.isnan(values[: origin + 1]))
    line = rank_lines(values[: origin + 1], np.arange(origin + 1.0))
    slope, start = float(line.slope[0]), float(line.intercept[0] + line.slope[0] * known[0])
    if not slope:
        return []
    nothing = np.full(len(known), np.nan)
    points = Points(known.astype(str), known + 0.5, known, np.zeros(len(known), int), values[known], nothing, nothing)
    horizon, sign = origin + AHEAD + 0.5, int(np.sign(slope))
    draws = sen_line(points, horizon, rho, seed)
    found = []
    for pace in PACES:
        goal = start + pace * slope * (origin + AHEAD - known[0])
        reached = sign * (draws.starts + draws.paces * (horizon - points.times[0]) - goal) >= 0
        found.append((float(np.mean(reached)), bool(sign * (values[origin + AHEAD] - goal) >= 0)))
    return found


def reliability(observations: pd.DataFrame, codelists) -> None:
    """Deciles of P(on track) against the share of targets met."""
    pairs = []
    annual = observations[(observations["FREQ"] == "A") & observations["SERIES"].isin(SERIES)]
    for panel in build_panels(annual, codelists.series):
        for number in range(len(panel.rules)):
            own = np.where(panel.usable, panel.values, np.nan)[panel.family == number]
            rho, _ = pooled_rho(own)
            for origin in origins_of(own):
                if origin + AHEAD < own.shape[1]:
                    ready = ~np.isnan(own[:, origin + AHEAD]) & (np.sum(~np.isnan(own[:, : origin + 1]), axis=1) >= 6)
                    for row in np.flatnonzero(ready):
                        pairs += on_track(own[row], rho, origin, seed=row)
    p, met = (np.array(column, dtype=float) for column in zip(*pairs, strict=True))
    deciles("on_track", p, met, f"P(on track), targets {AHEAD} years ahead,")


def main() -> None:
    """Run both checks."""
    if not (Path(os.environ.get("SDG_EVAL_SHARED", "../shared")) / "data").is_dir():
        print("check_calibration: no official files here. Set SDG_EVAL_SHARED to the folder that holds data/.")
        return
    codelists = read_codelists()
    observations = read_real(codelists)
    wanted = observations[observations["SERIES"].isin(SERIES)]
    forecasts(wanted, codelists)
    forecast_reliability(wanted, codelists)
    reliability(wanted, codelists)


if __name__ == "__main__":
    main()
