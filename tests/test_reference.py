"""Our numbers against outside implementations (R 4.2.2 and its packages), at the stated tolerance."""

import numpy as np
import pytest

from sdg_eval.pooling import false_discovery, heterogeneity, shrink
from sdg_eval.ranks import mann_kendall
from sdg_eval.rates import count_trend, proportion_trend


def close(case: dict, expected):
    """pytest.approx with the tolerance of the reference file."""
    return pytest.approx(expected, rel=case["tolerance"]["rel"], abs=case["tolerance"]["abs"], nan_ok=True)


def test_mann_kendall_equals_r_on_short_series(reference):
    file = reference("trend_mk_short_a")
    for case in file["cases"]:
        got, expected = mann_kendall(case["input"]["y"]), case["expected"]
        assert (got.n_obs, got.s) == (expected["n"], expected["S"]), case["case"]
        assert got.tau == close(file, expected["tau_b"])
        assert got.var_s == close(file, expected["var_S"])
        assert got.z == close(file, expected["z_continuity"])
        assert got.p_normal == close(file, expected["p_normal_two_sided"])
        assert got.p_exact == close(file, expected.get("p_exact_two_sided", np.nan))


def test_count_trend_equals_r_quasipoisson(reference):
    file = reference("trend_counts_a")
    for case in file["cases"]:
        counts = case["input"]["y"]
        got = count_trend(counts, case["input"]["exposure"], np.arange(1, len(counts) + 1))
        poisson, quasi = case["expected"]["poisson"], case["expected"]["quasipoisson"]
        assert got.intercept == close(file, poisson["intercept"])
        assert got.slope == close(file, poisson["slope"])
        assert np.exp(got.slope) == close(file, poisson["annual_rate_ratio"])
        assert got.se_model == close(file, poisson["se_slope"])
        assert got.dispersion == close(file, poisson["pearson_dispersion"])
        assert got.se == close(file, quasi["se_slope"])
        assert got.p_value == close(file, quasi["p_slope_t"])


def test_proportion_trend_equals_r_binomial_and_quasibinomial(reference):
    from scipy.stats import norm
    from scipy.stats import t as student

    file = reference("trend_proportion_a")
    for case in file["cases"]:
        successes, expected = case["input"]["successes"], case["expected"]
        got = proportion_trend(successes, case["input"]["trials"], np.arange(1, len(successes) + 1))
        assert got.intercept == close(file, expected["intercept"])
        assert got.slope == close(file, expected["slope_logit"])
        assert got.se_model == close(file, expected["se_slope"])
        assert 2 * norm.sf(abs(got.slope / got.se_model)) == close(file, expected["p_slope"])
        assert np.exp(got.slope) == close(file, expected["odds_ratio_per_period"])
        quasi = got.se_model * np.sqrt(got.dispersion)
        assert quasi == close(file, expected["quasi_se_slope"])
        assert 2 * student.sf(abs(got.slope / quasi), got.n_obs - 2) == close(file, expected["quasi_p_t"])
        assert got.se == max(got.se_model, quasi)  # our choice: dispersion below 1 counts as 1
        projected = expected["projected_share_at"]
        assert 1 / (1 + np.exp(-got.linear(projected["t"]))) == close(file, projected["share"])


def test_adjusted_p_equal_r_p_adjust(reference):
    file = reference("fdr_a")
    for case in file["cases"]:
        p = np.array(case["input"]["p"], dtype=float)
        for method in ("BH", "BY"):
            expected = np.array(case["expected"][method], dtype=float)
            assert false_discovery(p, method=method) == close(file, expected), (case["case"], method)
        assert (false_discovery(p) <= 0.05).sum() == case["expected"]["n_reject_BH_05"]


@pytest.mark.parametrize("method", ["REML", "DL", "PM"])
def test_shrinkage_equals_metafor(reference, method):
    file = reference("eb_shrinkage_a")
    for case in file["cases"]:
        y, v = case["input"]["y"], case["input"]["v"]
        got, expected = shrink(y, v, method=method), case["expected"][method]
        if method == "PM":
            # metafor finds this root with R's default tolerance, machine epsilon ^ .25 = 1.2e-4 (absolute);
            # ours solves the equation: the generalised Q equals its degrees of freedom
            file = file | {"tolerance": {"rel": 1e-3, "abs": 1.3e-4}}
            weights = 1 / (np.array(v) + got["tau2"].iloc[0])
            mean = np.average(y, weights=weights)
            assert np.sum(weights * (y - mean) ** 2) == pytest.approx(len(y) - 1, rel=1e-9)
        assert got["tau2"].iloc[0] == close(file, expected["tau2"])
        assert got["mu"].iloc[0] == close(file, expected["mu"])
        assert got["se_mu"].iloc[0] == close(file, expected["se_mu"])
        assert got["shrunken"].to_numpy() == close(file, np.array(expected["shrunken"]))
        between = heterogeneity(y, v, method=method)
        assert between.q == close(file, expected["Q"])
        assert between.i2 == close(file, expected["I2"])
