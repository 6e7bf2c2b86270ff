"""Our numbers against outside implementations (mostly R and its packages), at the stated tolerance.

One parametrised test runs over the files of the shared folder; a file that has no check here fails it.
"""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from sdg_eval.comparisons.best_practice import funnel_limits, funnel_z, over_dispersion
from sdg_eval.comparisons.composite import Basket, compose
from sdg_eval.comparisons.inequality import convergence, inequality, yearly_spread
from sdg_eval.comparisons.sensitivity import sobol_indices
from sdg_eval.comparisons.space import local_moran, moran
from sdg_eval.delivery.awareness import paired_change
from sdg_eval.delivery.partners import bipartite
from sdg_eval.delivery.priorities import rake
from sdg_eval.effects.design import effect_panel
from sdg_eval.effects.did import did, event_study
from sdg_eval.effects.power import minimum_detectable, power_of, standard_error
from sdg_eval.effects.randomisation import randomise
from sdg_eval.effects.synthetic import classic_control, synthetic_did
from sdg_eval.interruptions import find_breaks, interrupted
from sdg_eval.least_squares import ols_newey_west
from sdg_eval.mixed import mixed_slopes
from sdg_eval.pooling import false_discovery, heterogeneity, shrink
from sdg_eval.ranks import mann_kendall, rank_lines, theil_sen
from sdg_eval.rates import count_trend, proportion_trend
from sdg_eval.trend_options import negative_binomial_trend, option_test
from tests.conftest import ROOT, shared_folder


def close(file: dict, expected):
    """pytest.approx with the tolerance of the reference file."""
    return pytest.approx(expected, rel=file["tolerance"]["rel"], abs=file["tolerance"]["abs"], nan_ok=True)


def mann_kendall_short(file, _):
    for case in file["cases"]:
        got, expected = mann_kendall(case["input"]["y"]), case["expected"]
        assert (got.n_obs, got.s) == (expected["n"], expected["S"]), case["case"]
        assert got.tau == close(file, expected["tau_b"])
        assert got.var_s == close(file, expected["var_S"])
        assert got.z == close(file, expected["z_continuity"])
        assert got.p_normal == close(file, expected["p_normal_two_sided"])
        assert got.p_exact == close(file, expected.get("p_exact_two_sided", np.nan))


NAMES = {
    "original_test": "original", "hamed_rao_modification_test": "hamed_rao", "yue_wang_modification_test": "yue_wang",
    "pre_whitening_modification_test": "pre_whitening", "trend_free_pre_whitening_modification_test": "trend_free_pre_whitening",
    "hamed_rao_lag3": "hamed_rao", "seasonal_test": "seasonal", "correlated_seasonal_test": "correlated_seasonal",
}  # fmt: skip


def mann_kendall_family(file, _):
    for case in file["cases"]:
        values, period, expected = np.array(case["input"]["y"]), case["input"]["period"], dict(case["expected"])
        for name in ("separate", "joint"):
            wanted = expected.pop(f"scipy_theilslopes_{name}")
            got = theil_sen(np.arange(len(values)), values)
            assert (got.slope, got.ci_low, got.ci_high) == close(file, (wanted["slope"], wanted["low95"], wanted["high95"]))
            if name == "separate":  # ours; `joint` puts the line elsewhere
                assert got.intercept == close(file, wanted["intercept"])
        if wanted := expected.pop("seasonal_sens_slope", None):
            line = rank_lines(values, np.arange(len(values)) / period, period=period)
            assert line.slope[0] == close(file, wanted["slope"])  # theirs is per year as well
        for name, wanted in expected.items():
            lag = 3 if name == "hamed_rao_lag3" else None
            got = option_test(values, NAMES[name], period=period, lag=lag, force=True)
            if wanted.get("z") is None or np.isnan(wanted["z"]):
                assert got.verdict == "not_applicable" and got.reason == "negative_variance"
                continue
            own = {"p": got.p_value, "z": got.z, "Tau": got.tau, "s": got.s, "var_s": got.var_s, "slope": got.slope,
                   "intercept": got.intercept}  # fmt: skip
            given = [key for key in own if key in wanted]
            assert {"p", "z", "var_s"} & set(given), (case["case"], name)
            assert [own[key] for key in given] == close(file, [wanted[key] for key in given]), (case["case"], name)


def least_squares(file, _):
    for case in file["cases"]:
        values, expected = np.array(case["input"]["y"], dtype=float), case["expected"]
        got = ols_newey_west(values, np.arange(1, len(values) + 1), lags=case["input"]["maxlags"], min_periods=3)
        corrected = expected["hac_small_sample_n_over_n_minus_k"]
        assert got.slope[0] == close(file, expected["slope"])
        assert got.intercept[0] == close(file, expected["intercept"])
        assert got.se[0] == close(file, corrected["se_slope"])
        assert got.p_value[0] == close(file, corrected["p_slope_t_dist"])


def interrupted_series(file, _):
    for case in file["cases"]:
        given, expected = case["input"], case["expected"]
        times = np.arange(1, len(given["y"]) + 1)
        got = interrupted(times, given["y"], given["t0"], seasons=given.get("season"), lags=given["maxlags"])
        names = ["intercept", "t", "post", "ts", *(f"season_{k}" for k in (2, 3, 4) if given.get("season"))]
        assert [term[0] for term in got.coefficients] == names
        for position, key in ((1, "coef"), (2, "hac_se"), (3, "p_t")):
            wanted = list(expected[key].values())
            assert [term[position] for term in got.coefficients] == close(file, wanted), (case["case"], key)
        assert got.p_value < 0.1  # seat belts: slow cycles in the residuals make even t = -8.5 less than sure


def structural_break(file, _):
    for case in file["cases"]:
        got, expected = find_breaks(case["input"]["y"], share=case["input"]["h"]), case["expected"]
        assert list(got.last_before) == expected["break_index_last_obs_before_break"]
        assert list(got.rss) == close(file, expected["rss_by_m"])
        assert list(got.bic) == close(file, expected["bic_by_m"])
        assert got.sup_f == close(file, expected["supF"])
        assert got.sup_f_p == close(file, expected["supF_p"])


def counts(file, _):
    for case in file["cases"]:
        values, exposure = case["input"]["y"], case["input"]["exposure"]
        times = np.arange(1, len(values) + 1)
        got = count_trend(values, exposure, times)
        poisson, quasi = case["expected"]["poisson"], case["expected"]["quasipoisson"]
        assert got.intercept == close(file, poisson["intercept"])
        assert got.slope == close(file, poisson["slope"])
        assert np.exp(got.slope) == close(file, poisson["annual_rate_ratio"])
        assert got.se_model == close(file, poisson["se_slope"])
        assert got.dispersion == close(file, poisson["pearson_dispersion"])
        assert got.se == close(file, quasi["se_slope"])
        assert got.p_value == close(file, quasi["p_slope_t"])
        if negbin := case["expected"].get("negbin_NB2_ML"):
            nb = negative_binomial_trend(values, exposure, times, dispersion=got.dispersion)
            wanted = [negbin[k] for k in ("intercept", "slope", "alpha", "loglik")]
            assert [nb.intercept, nb.slope, nb.alpha, nb.loglik] == pytest.approx(wanted, rel=1e-4)  # the file's own tolerance


def proportions(file, _):
    from scipy.stats import norm
    from scipy.stats import t as student

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


def adjusted_p(file, _):
    for case in file["cases"]:
        p = np.array(case["input"]["p"], dtype=float)
        for method in ("BH", "BY"):
            expected = np.array(case["expected"][method], dtype=float)
            assert false_discovery(p, method=method) == close(file, expected), (case["case"], method)
        assert (false_discovery(p) <= 0.05).sum() == case["expected"]["n_reject_BH_05"]


def shrinkage(file, _):
    for case in file["cases"]:
        y, v = case["input"]["y"], case["input"]["v"]
        for method in ("REML", "DL", "PM"):
            got, expected, own = shrink(y, v, method=method), case["expected"][method], file
            if method == "PM":
                # metafor finds this root with R's default tolerance, machine epsilon ^ .25 = 1.2e-4 (absolute);
                # ours solves the equation: the generalised Q equals its degrees of freedom
                own = file | {"tolerance": {"rel": 1e-3, "abs": 1.3e-4}}
                weights = 1 / (np.array(v) + got["tau2"].iloc[0])
                mean = np.average(y, weights=weights)
                assert np.sum(weights * (y - mean) ** 2) == pytest.approx(len(y) - 1, rel=1e-9)
            assert got["tau2"].iloc[0] == close(own, expected["tau2"])
            assert got["mu"].iloc[0] == close(own, expected["mu"])
            assert got["se_mu"].iloc[0] == close(own, expected["se_mu"])
            assert got["shrunken"].to_numpy() == close(own, np.array(expected["shrunken"]))
            between = heterogeneity(y, v, method=method)
            assert between.q == close(own, expected["Q"])
            assert between.i2 == close(own, expected["I2"])


def mixed_model(file, folder):
    for case in file["cases"]:
        given, expected = case["input"], case["expected"]
        table = pd.read_csv(folder / given["csv"])
        got = mixed_slopes(table[given["group"]], table[given["t"]], table[given["y"]], force=True)
        assert (got.intercept, got.slope) == close(file, tuple(expected["fixef"]))
        assert (got.se_intercept, got.se_slope) == close(file, tuple(expected["se_fixef"]))
        assert (got.sd_intercept, got.sd_slope, got.sd_residual) == close(
            file, tuple(expected[k] for k in ("sd_intercept", "sd_slope", "sd_resid"))
        )
        assert got.correlation == close(file, expected["corr"]) and got.loglik == close(file, expected["reml_loglik"])
        for column in ("intercept", "slope"):
            wanted = expected[f"group_{column}"]
            assert [got.groups.loc[k, column] for k in wanted] == close(file, list(wanted.values()))


def human_development(file, _):
    """Our composite on UNDP's goalposts: education is the mean of two, the index their geometric mean."""
    for case in file["cases"]:
        given = case["input"]
        posts = Basket(
            ("life", "expected", "mean", "income"), ("3", "4", "4", "8"), np.array([20, 0, 0, np.log(100)]), np.array([85, 18, 15, np.log(75_000)])
        )
        values = [[given["life_expectancy"], given["expected_schooling"], given["mean_schooling"], np.log(given["gni_per_capita"])]]
        got = compose(values, posts, ["X"], mean="geometric").index["X"] / 100
        assert got == close(file, case["expected"]["hdi_published"]), case["case"]


def inequalities(file, _):
    for case in file["cases"]:
        got, expected = inequality(case["input"]["y"], case["input"]["group"]), case["expected"]
        own = {"gini": got.gini, "theil_T": got.theil_t, "theil_T_between": got.theil_t_between, "theil_T_within": got.theil_t_within,
               "theil_L_mld": got.theil_l, "theil_L_between": got.theil_l_between, "theil_L_within": got.theil_l_within}  # fmt: skip
        assert set(own) == set(expected)
        assert [own[k] for k in expected] == close(file, list(expected.values())), case["case"]


def converging(file, folder):
    for case in file["cases"]:
        given, expected = case["input"], case["expected"]
        table = pd.read_csv(folder / given["csv"]).rename(columns={given["unit"]: "REF_AREA", given["time"]: "year", given["y"]: "OBS_VALUE"})
        got = convergence(table)
        assert [got.beta, got.beta_se, got.beta_p] == close(file, [expected[k] for k in ("beta", "se_hc3", "p_t_hc3")])
        assert got.half_life == close(file, expected["half_life"])
        spread = yearly_spread(table)
        assert spread["sd_log"].to_dict() == close(file, {int(k): v for k, v in expected["sigma_sd_log"].items()})
        assert spread["cv"].to_dict() == close(file, {int(k): v for k, v in expected["cv"].items()})
        assert (got.sigma_first, got.sigma_last) == close(file, (spread["sd_log"].iloc[0], spread["sd_log"].iloc[-1]))


def funnels(file, _):
    for case in file["cases"]:
        counts, exposure, expected = case["input"]["count"], case["input"]["exposure"], case["expected"]
        theta = sum(counts) / sum(exposure)
        assert theta == close(file, expected["theta"])
        low, high = funnel_limits(exposure, theta)
        assert low == close(file, np.array(expected["lower95_exact_chisq_rate"]))
        assert high == close(file, np.array(expected["upper95_exact_chisq_rate"]))
        z = funnel_z(counts, exposure)
        assert z == close(file, np.array(expected["z_naive"]))
        assert over_dispersion(z, winsorise=0) == close(file, expected["overdispersion_phi"])


def neighbours_alike(file, _):
    for case in file["cases"]:
        values, near, expected = case["input"]["x"], case["input"]["neighbours_zero_based"], case["expected"]
        got = moran(values, near)
        assert [got.value, got.expected, got.sd**2, got.z] == close(file, [expected[k] for k in ("I", "EI", "VI_randomisation", "z")])
        assert got.p_value == 1e-4  # theirs is the normal 9e-8; 9,999 permutations can say no less
        assert local_moran(values, near, permutations=99)["local_i"].to_numpy() == close(file, np.array(expected["local_Ii"]))


def sobol(file, _):
    for case in file["cases"]:
        a, b, expected = case["input"]["a"], case["input"]["b"], case["expected"]
        got = sobol_indices(
            lambda x, a=a, b=b: np.sin(x[:, 0]) + a * np.sin(x[:, 1]) ** 2 + b * x[:, 2] ** 4 * np.sin(x[:, 0]),
            {name: (-np.pi, np.pi) for name in ("x1", "x2", "x3")}, base=4096,
        )  # fmt: skip
        assert got["first"].to_numpy() == close(file, np.array(expected["S1"]))
        assert got["total"].to_numpy() == close(file, np.array(expected["ST"]))


def two_way(file, folder):
    for case in file["cases"]:
        given, expected = case["input"], case["expected"]
        table = pd.read_csv(folder / given["csv"])
        pilots = set(table.loc[table[given["treated"]] == 1, given["unit"]])
        table = table.rename(columns={given["unit"]: "REF_AREA", given["time"]: "period", given.get("outcome", "y"): "OBS_VALUE"})
        panel = effect_panel(table, pilots, first_treated=given["first_treated_period"])
        got = did(panel)
        assert got.effect == close(file, expected["att"])
        assert got.se == close(file, expected["se_cluster_G_over_Gm1_only"])
        assert got.se_jackknife == pytest.approx(expected["CR2"]["se"], rel=0.05)  # METHODS 4.2: 4-5% larger than CR2
        events, wanted = event_study(panel), expected["event_study"]
        own = events.table.set_index("lead")
        for lead, value in wanted["coef"].items():
            assert own.loc[int(lead), "effect"] == close(file, value)
            assert own.loc[int(lead), "se"] == close(file, wanted["se_cluster_G_over_Gm1"][lead])
        assert (events.pretrend_f, events.pretrend_df, events.pretrend_p) == close(
            file, (wanted["pretrend_F"], wanted["pretrend_df"], wanted["pretrend_p_F_GminusOne"])
        )


def randomised(file, _):
    for case in file["cases"]:
        got, expected = randomise(case["input"]["change"], case["input"]["treated"])[0], case["expected"]
        assert got.enumerated and got.n_assignments == expected["n_permutations"]
        assert [got.statistic, got.p_value, got.p_greater] == close(
            file, [expected["diff_means"], expected["p_two_sided_exact"], expected["p_one_sided_greater"]]
        )


def detectable_effects(file, _):
    for case in file["cases"]:
        given, expected = case["input"], case["expected"]
        sizes = (given["sd_change"], given["n_treated"], given["n_control"])
        options = {"alpha": given["alpha"], "power": given["power"]}
        normal = minimum_detectable(*sizes, **options)
        assert standard_error(*sizes) == close(file, expected["se"])
        assert normal == close(file, expected["mde_normal"])
        assert minimum_detectable(*sizes, student=True, **options) == close(file, expected["mde_t"])
        assert power_of(normal, *sizes, alpha=given["alpha"]) == close(file, expected["power_at_mde_normal_exact_t"])


def synthetic_differences(file, folder):
    for case in file["cases"]:
        given, expected = case["input"], case["expected"]
        table = pd.read_csv(folder / given["csv"])
        on = given.get("treated") or given["treat"]
        post = given.get("post")
        pilots = set(table.loc[table[on] == 1, given["unit"]])
        first = table.loc[table[post or on] == 1, given["time"]].min()
        table = table.rename(columns={given["unit"]: "REF_AREA", given["time"]: "period", given["outcome"]: "OBS_VALUE"})
        wide = table.pivot(index="REF_AREA", columns="period", values="OBS_VALUE")
        # California is one treated state: our design asks for two, so the estimator is called below that gate
        panel = replace(effect_panel(table, pilots, first_treated=first), reason="")
        assert panel.values.shape == wide.shape
        got = synthetic_did(panel, fewest=(1, 10))
        assert got.effect == close(file, expected["sdid"])
        for name, weight in expected["sdid_unit_weights"].items():
            assert got.unit_weights.get(name, 0.0) == pytest.approx(weight, abs=0.01)
        for name, weight in expected["sdid_time_weights"].items():
            assert got.time_weights.get(float(name), 0.0) == pytest.approx(weight, abs=0.01)
        if expected["jackknife_se"] is not None:
            assert got.se == close(file, expected["jackknife_se"])
        changes = wide.loc[:, [c for c in wide if c >= first]].mean(axis=1) - wide.loc[:, [c for c in wide if c < first]].mean(axis=1)
        mine = changes.index.isin(pilots)
        assert changes[mine].mean() - changes[~mine].mean() == close(file, expected["did"])


def synthetic_controls(file, folder):
    for case in file["cases"]:
        given, expected = case["input"], case["expected"]
        table = pd.read_csv(folder / given["csv"])
        known = table[given["unit_variable"]].isin([given["treatment_identifier"], *given["controls_identifier"]])
        table = table[known & (table[given["time_variable"]] >= min(given["time_optimize_ssr"]))].astype({given["time_variable"]: int})
        weights, effect, gap = classic_control(
            table, given["treatment_identifier"], outcome=given["dependent"], unit=given["unit_variable"], time=given["time_variable"],
            first_treated=min(given["att_period"]), predictors=given["predictors"], window=given["time_predictors_prior"], special=given["special_predictors"],
        )  # fmt: skip
        for name, weight in expected["weights"].items():
            assert weights.get(name, 0.0) == pytest.approx(weight, abs=0.02)
        assert effect == pytest.approx(expected["att"], rel=0.02)
        before = gap[gap.index.isin(given["time_optimize_ssr"])]
        assert (before**2).mean() == pytest.approx(expected["mspe_pre"], rel=0.02)


def partnerships(file, folder):
    for case in file["cases"]:
        given, expected = case["input"], case["expected"]
        web = bipartite(pd.read_csv(folder / given["csv"]), given["actor"], given["event"])
        assert (web.n_actors, web.n_events, web.n_edges) == tuple(expected[k] for k in ("n_actors", "n_events", "n_edges"))
        assert web.density == close(file, expected["bipartite_density"])
        assert web.projection_density == close(file, expected["projection_density"])
        assert web.transitivity == close(file, expected["projection_transitivity_global"])
        assert web.n_components == expected["projection_components"]
        own = web.actors.set_index("actor")
        for column, key in (("degree", "actor_degree"), ("weighted_degree", "projection_weighted_degree"), ("betweenness", "projection_betweenness_unweighted")):
            assert own[column].to_dict() == close(file, expected[key])


def before_and_after(file, _):
    for case in file["cases"]:
        got, expected = paired_change(case["input"]["pre"], case["input"]["post"]), case["expected"]
        assert (got.n, got.n_zero, got.wilcoxon_v) == tuple(expected[k] for k in ("n", "n_zero_diffs", "wilcoxon_V"))
        assert [got.change, got.t, got.df, got.p_value, got.dz, got.g] == close(
            file, [expected[k] for k in ("mean_diff", "t", "df", "p_t", "cohens_dz", "hedges_gz")]
        )
        assert [got.ci_low, got.ci_high] == close(file, expected["ci95"])
        assert got.wilcoxon_method == "normal"  # both cases have ties
        assert [got.p_wilcoxon, got.rank_biserial] == close(file, [expected["p_wilcoxon_normal_corrected"], expected["rank_biserial_matched"]])


def raked_sample(file, folder):
    for case in file["cases"]:
        given, expected = case["input"], case["expected"]
        table = pd.read_csv(folder / given["csv"])
        got = rake(table, given["margins"], base=table[given["base_weight"]])
        assert got.weights == close(file, np.array(expected["weights"]))
        assert got.gap <= 1e-8 and got.passes <= 200 and got.n_trimmed == 0
        mean = np.average(table[given["outcome"]], weights=got.weights)
        assert [got.weights.sum(), got.deff, got.n_eff, mean] == close(file, [expected[k] for k in ("sum_w", "kish_deff", "n_eff", "weighted_mean")])


CHECKS = {
    "trend_mk_short_a": mann_kendall_short, "trend_mk_family_a": mann_kendall_family, "trend_hac_a": least_squares,
    "its_segmented_a": interrupted_series, "structural_break_a": structural_break, "trend_counts_a": counts,
    "trend_proportion_a": proportions, "fdr_a": adjusted_p, "eb_shrinkage_a": shrinkage, "mixed_slopes_a": mixed_model,
    "composite_hdi_a": human_development, "inequality_a": inequalities, "convergence_a": converging, "funnel_limits_a": funnels,
    "spatial_moran_a": neighbours_alike, "sobol_ishigami": sobol,
    "did_twfe_a": two_way, "randomisation_inference_a": randomised, "mde_a": detectable_effects, "sdid_a": synthetic_differences,
    "sdid_c": synthetic_differences, "synthetic_control_a": synthetic_controls,
    "network_bipartite_a": partnerships, "paired_tests_a": before_and_after,
    "survey_raking_a": raked_sample,
}  # fmt: skip
ELSEWHERE = {
    "cagr_rules_a": "test_progress_rules", "sdsn_escap_a": "test_progress_rules", "open_sdg_progress_a": "test_progress_rules",
    "sdsn_dashboard_a": "test_progress_rules", "thai_fiscal_calendar_a": "test_thai",
}  # fmt: skip
"""Files that a test of their own module checks."""


def reference_names() -> list[str]:
    found = sorted(path.stem for path in (shared_folder() / "reference").glob("*.json"))
    return found or sorted(CHECKS)


@pytest.mark.parametrize("name", reference_names())
def test_every_reference_file_passes(name, shared):
    folder = shared / "reference"
    if name in CHECKS:
        CHECKS[name](json.loads((folder / f"{name}.json").read_text(encoding="utf-8")), folder)
    elif name in ELSEWHERE:
        text = (ROOT / "tests" / f"{ELSEWHERE[name]}.py").read_text(encoding="utf-8")
        assert f'"{name}"' in text
    else:
        pytest.fail(f"{name}.json has no check: add one to CHECKS.")
