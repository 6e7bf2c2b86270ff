"""What people knew before a training, after it, and half a year on: change, never effect.

Nobody is left untrained on purpose here, so a rise may have other causes, and the word is change. People
are paired by pseudonym; the n of every figure is the number of pairs. At one training people are the
sample; over several, trainings are, and the interval is drawn over them where there are enough.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from sdg_eval.delivery.frames import list_areas, of_area, one_per, take
from sdg_eval.delivery.shares import CONFIDENCE, MIN_CLUSTERS, clustered_share, wilson
from sdg_eval.errors import DataError, UsageError
from sdg_eval.suppression import THRESHOLD

MIN_PAIRS = 6
"""Fewest pairs for a statistic; below it persons are only counted (METHODS 6.1)."""
MIN_EVENTS_DOSE = 6
"""Fewest trainings for a slope on hours: everybody at a training has the same hours."""
EXACT_UP_TO = 50
"""Pairs without ties up to which the signed-rank p is exact, as in R's wilcox.test."""
GROUPINGS = ("event_id", "REF_AREA", "agency_id", "host", "topic")

SCORES = ["pre_score", "post_score", "follow_up_score"]
REACH_COLUMNS = ["n_events", "n_events_no_invited", "hours", "invited", "attended", "rate", "ci_low", "ci_high", "reason"]
DECAY_COLUMNS = [
    "n_pairs", "n_three", "n_events", "attrition", "attrition_low", "attrition_high", "days_median", "gain", "gain_low", "gain_high",
    "decay", "decay_low", "decay_high", "kept", "kept_low", "kept_high", "kept_share", "kept_share_low", "kept_share_high",
    "returned_less_lost", "returned_less_lost_low", "returned_less_lost_high", "publishable", "reason",
]  # fmt: skip


@dataclass(frozen=True)
class Change:
    """Mean change from before to after with its interval, its size in standard deviations, and the rank test."""

    n: int
    mean_pre: float = np.nan
    mean_post: float = np.nan
    change: float = np.nan
    ci_low: float = np.nan
    ci_high: float = np.nan
    t: float = np.nan
    df: float = np.nan
    p_value: float = np.nan
    dz: float = np.nan  # mean change / standard deviation of changes
    g: float = np.nan  # dz with Hedges' correction for small n
    g_low: float = np.nan
    g_high: float = np.nan
    n_zero: int = 0  # pairs without change, dropped by the rank test
    wilcoxon_v: float = np.nan
    p_wilcoxon: float = np.nan
    wilcoxon_method: str = ""  # exact or normal
    rank_biserial: float = np.nan
    method: str = ""  # paired_t or welch_unpaired
    reason: str = ""


# ---------------------------------------------------------------- one group of people


def hedges_factor(df: float) -> float:
    """Return the factor that takes the small-sample bias off a standardised mean (Hedges 1981, exact).

    Examples
    --------
    >>> round(hedges_factor(9), 4)
    0.9139
    """
    from scipy.special import gammaln

    return float(np.exp(gammaln(df / 2) - gammaln((df - 1) / 2)) / np.sqrt(df / 2))


def paired_change(pre, post, *, confidence: float = CONFIDENCE) -> Change:
    """Return the change of people scored twice; pairs with a missing score are left out, fewer than six only counted.

    t interval; dz and Hedges' g with the exact interval of the noncentral t; Wilcoxon's signed-rank test
    (zeros dropped; normal with continuity correction where changes tie, exact otherwise) with the matched
    rank-biserial correlation as its size (METHODS 6.1).
    """
    pre, post = np.asarray(pre, dtype=float), np.asarray(post, dtype=float)
    if pre.shape != post.shape:
        raise DataError(f"{len(pre)} scores before and {len(post)} after are no pairs.")
    paired = np.isfinite(pre) & np.isfinite(post)
    pre, post = pre[paired], post[paired]
    n = len(pre)
    if n < MIN_PAIRS:
        return Change(n, reason="few_pairs" if n else "no_pairs")
    difference = _plain(post - pre)
    change, spread = float(difference.mean()), float(difference.std(ddof=1))
    known = dict(n=n, mean_pre=float(pre.mean()), mean_post=float(post.mean()), change=change, df=n - 1, method="paired_t")
    known |= dict(n_zero=int((difference == 0).sum())) | _signed_ranks(difference)
    if spread <= 1e-12 * max(1.0, abs(change)):
        return Change(**known, reason="all_changes_equal")
    t = change / (spread / np.sqrt(n))
    return Change(**known, **_t_interval(change, spread / np.sqrt(n), n - 1, confidence), t=t, **_sizes(t, n, confidence))


def _plain(values: np.ndarray) -> np.ndarray:
    """Differences without the dust of binary fractions, which would hide ties: 1.1 - (-0.2) is 1.3."""
    return np.round(values, 9)


def _t_interval(mean: float, se: float, df: float, confidence: float) -> dict:
    from scipy.stats import t as student

    half = student.ppf(0.5 + confidence / 2, df) * se
    return {"ci_low": mean - half, "ci_high": mean + half, "p_value": float(2 * student.sf(abs(mean / se), df))}


def _sizes(t: float, n: int, confidence: float) -> dict:
    from scipy.special import nctdtrinc

    factor = hedges_factor(n - 1)
    # nctdtrinc falls in p: the high probability gives the low end
    ends = [float(nctdtrinc(n - 1, 0.5 + sign * confidence / 2, t)) / np.sqrt(n) for sign in (1, -1)]
    dz = t / np.sqrt(n)
    return {"dz": dz, "g": factor * dz, "g_low": factor * ends[0], "g_high": factor * ends[1]}


def _signed_ranks(difference: np.ndarray) -> dict:
    from scipy.stats import rankdata, wilcoxon

    moved = difference[difference != 0]
    if not len(moved):
        return {"p_wilcoxon": 1.0, "wilcoxon_method": "exact"}
    ranks = rankdata(np.abs(moved))
    up = float(ranks[moved > 0].sum())
    ties = len(np.unique(np.abs(moved))) < len(moved)
    method = "normal" if ties or len(moved) > EXACT_UP_TO else "exact"
    found = wilcoxon(moved, zero_method="wilcox", correction=True, method="asymptotic" if method == "normal" else "exact")
    return {
        "wilcoxon_v": up, "p_wilcoxon": float(found.pvalue), "wilcoxon_method": method,
        "rank_biserial": 2 * up / float(ranks.sum()) - 1,
    }  # fmt: skip


def unpaired_change(pre, post, *, confidence: float = CONFIDENCE) -> Change:
    """Return the difference of means of people who cannot be paired (Welch 1947); `n` is the smaller group.

    Weaker than pairs: different people may have come. `method` says so, and no size within persons is given.
    """
    pre, post = (np.asarray(v, dtype=float) for v in (pre, post))
    pre, post = pre[np.isfinite(pre)], post[np.isfinite(post)]
    n = min(len(pre), len(post))
    if n < MIN_PAIRS:
        return Change(n, reason="few_persons")
    parts = pre.var(ddof=1) / len(pre), post.var(ddof=1) / len(post)
    change, se = float(post.mean() - pre.mean()), float(np.sqrt(sum(parts)))
    known = dict(n=n, mean_pre=float(pre.mean()), mean_post=float(post.mean()), change=change, method="welch_unpaired")
    if se == 0:
        return Change(**known, reason="all_scores_equal")
    df = sum(parts) ** 2 / (parts[0] ** 2 / (len(pre) - 1) + parts[1] ** 2 / (len(post) - 1))
    return Change(**known, df=float(df), t=change / se, **_t_interval(change, se, df, confidence))


def clustered_mean(values, clusters, *, confidence: float = CONFIDENCE) -> tuple[float, float, float, int]:
    """Return mean, ci_low, ci_high and the number of clusters; the interval is over clusters (t, clusters - 1).

    NaN ends for fewer than MIN_CLUSTERS clusters.
    """
    from scipy.stats import t as student

    values = np.asarray(values, dtype=float)
    mean, groups = float(values.mean()), pd.Series(values - values.mean()).groupby(np.asarray(clusters)).sum()
    count = len(groups)
    if count < MIN_CLUSTERS:
        return mean, np.nan, np.nan, count
    half = student.ppf(0.5 + confidence / 2, count - 1) * np.sqrt(count / (count - 1) * np.sum(groups**2)) / len(values)
    return mean, mean - half, mean + half, count


# ---------------------------------------------------------------- tables


def read_scores(training: pd.DataFrame, training_score: pd.DataFrame) -> pd.DataFrame:
    """Return the scores with what is known of their training; raises DataError for a score of an unknown training."""
    events = one_per(take(training, "training", text=list(GROUPINGS), numbers=["hours"], dates=["event_date"]), "training", ["event_id"])
    scores = take(training_score, "training_score", text=["event_id", "person"], numbers=SCORES, dates=["follow_up_date"])
    one_per(scores, "training_score", ["event_id", "person"])
    if unknown := sorted(set(scores["event_id"]) - set(events["event_id"])):
        raise DataError(f"Scores name the training {unknown[0]}, which table training does not have.", code="unknown_id", sheet="training_score")
    return scores.merge(events, on="event_id", validate="many_to_one")


def _groups(scores: pd.DataFrame, by: str, listed) -> list[tuple[str, pd.DataFrame]]:
    if by not in GROUPINGS:
        raise UsageError(f"by is {by!r}; choose {', '.join(GROUPINGS)}.")
    if by == "REF_AREA":
        return [(area, of_area(scores, area)) for area in list_areas(listed, scores["REF_AREA"])]
    names = sorted(set(scores[by]) - {""}) if listed is None else list(listed)
    return [(name, scores[scores[by] == name]) for name in names]


def awareness_change(training: pd.DataFrame, training_score: pd.DataFrame, *, by: str = "event_id", listed=None, confidence: float = CONFIDENCE) -> pd.DataFrame:
    """Return one row per training (or province, agency, host, topic): the change of score from before to after.

    Parameters
    ----------
    by
        What a row is; over provinces the last row is the country.
    listed
        Names that must be listed; those without scores have a reason.

    Returns
    -------
    DataFrame
        `by`, n_scored, n_pre_only, n_post_only, n_events, then the fields of `Change`; `n` is the number of pairs.
        `ci_kind` says over what the interval is drawn: persons, or trainings (clustered, from five trainings on).
        Where hardly anyone can be paired, Welch's difference of the rest, and `method` says so. `publishable`
        is false where fewer than ten persons stand behind the row.
    """
    rows = []
    for name, part in _groups(read_scores(training, training_score), by, listed):
        rows.append({by: name} | _change_row(part, by, confidence))
    columns = [by, "n_scored", "n_pre_only", "n_post_only", "n_events", *Change.__dataclass_fields__, "ci_kind", "publishable"]
    return pd.DataFrame(rows, columns=columns)


def _change_row(part: pd.DataFrame, by: str, confidence: float) -> dict:
    before, after = part["pre_score"].notna(), part["post_score"].notna()
    pairs = part[before & after]
    told = asdict(paired_change(pairs["pre_score"], pairs["post_score"], confidence=confidence))
    counts = {
        "n_scored": int((before | after).sum()), "n_pre_only": int((before & ~after).sum()), "n_post_only": int((after & ~before).sum()),
        "n_events": part.loc[before | after, "event_id"].nunique(), "ci_kind": "persons" if told["method"] else "",
    }  # fmt: skip
    if not told["method"]:
        loose = unpaired_change(part.loc[~after, "pre_score"], part.loc[~before, "post_score"], confidence=confidence)
        if loose.method:
            told, counts["ci_kind"] = asdict(loose), "persons"
    elif by != "event_id":
        _, low, high, count = clustered_mean(pairs["post_score"] - pairs["pre_score"], pairs["event_id"], confidence=confidence)
        if np.isfinite(low):
            # the rank test and p over persons would promise what the trainings do not bear
            told |= {"ci_low": low, "ci_high": high, "p_value": np.nan, "p_wilcoxon": np.nan, "g_low": np.nan, "g_high": np.nan, "t": np.nan, "df": count - 1}
            counts["ci_kind"] = "trainings"
    return counts | told | {"publishable": told["n"] >= THRESHOLD}


def awareness_decay(training: pd.DataFrame, training_score: pd.DataFrame, *, by: str = "REF_AREA", listed=None, confidence: float = CONFIDENCE) -> pd.DataFrame:
    """Return per province (or training, agency...) what was left at follow-up, among people with all three scores.

    gain: before to after; decay: after to follow-up; kept: before to follow-up; kept_share: kept / gain with
    Fieller's interval, where the gain itself is sure. attrition is the share of pairs that did not come back;
    returned_less_lost says whether those who came back had gained more than those who did not.
    """
    rows = []
    for name, part in _groups(read_scores(training, training_score), by, listed):
        rows.append({by: name} | _decay_row(part, by, confidence))
    return pd.DataFrame(rows, columns=[by, *DECAY_COLUMNS])


def _decay_row(part: pd.DataFrame, by: str, confidence: float) -> dict:
    pairs = part[part["pre_score"].notna() & part["post_score"].notna()]
    back = pairs["follow_up_score"].notna()
    three = pairs[back]
    row = dict.fromkeys(DECAY_COLUMNS, np.nan) | {"n_pairs": len(pairs), "n_three": len(three), "n_events": three["event_id"].nunique()}
    row |= {"publishable": len(three) >= THRESHOLD, "reason": ""}
    lost = wilson(len(pairs) - len(three), len(pairs))
    row |= {"attrition": lost.share, "attrition_low": lost.ci_low, "attrition_high": lost.ci_high}
    if len(three) < MIN_PAIRS:
        return row | {"reason": "no_follow_up" if len(three) == 0 else "few_followed_up"}
    row["days_median"] = (three["follow_up_date"] - three["event_date"]).dt.days.median()
    gain, kept = _plain(three["post_score"] - three["pre_score"]), _plain(three["follow_up_score"] - three["pre_score"])
    for key, values in (("gain", gain), ("decay", kept - gain), ("kept", kept)):
        row |= _mean_with_interval(key, np.asarray(values), three["event_id"], by, confidence)
    if row["gain_low"] > 0 or row["gain_high"] < 0:
        row |= _kept_share(np.asarray(gain), np.asarray(kept), three["event_id"].to_numpy(), by, confidence)
    all_gains = _plain(pairs["post_score"] - pairs["pre_score"])
    told = unpaired_change(all_gains[~back], all_gains[back], confidence=confidence)
    return row | {"returned_less_lost": told.change, "returned_less_lost_low": told.ci_low, "returned_less_lost_high": told.ci_high}


def _mean_with_interval(key: str, values: np.ndarray, events, by: str, confidence: float) -> dict:
    from scipy.stats import t as student

    mean, low, high, _ = clustered_mean(values, events, confidence=confidence)
    if by == "event_id" or not np.isfinite(low):
        half = student.ppf(0.5 + confidence / 2, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
        low, high = mean - half, mean + half
    return {key: mean, f"{key}_low": low, f"{key}_high": high}


def _kept_share(gain: np.ndarray, kept: np.ndarray, events: np.ndarray, by: str, confidence: float) -> dict:
    """Ratio of two paired means with Fieller's interval (1954), over trainings where there are enough of them.

    Open ends (NaN) where the gain is too unsure.
    """
    from scipy.stats import t as student

    n = len(gain)
    a, b = gain.mean(), kept.mean()
    apart = pd.DataFrame({"a": gain - a, "b": kept - b})
    sums = apart if by == "event_id" else apart.groupby(events).sum()
    sums = sums if len(sums) >= MIN_CLUSTERS else apart
    count = len(sums)
    vaa, vab, vbb = (count / (count - 1) * (sums.T @ sums)).to_numpy()[np.triu_indices(2)] / n**2
    q = student.ppf(0.5 + confidence / 2, count - 1) ** 2
    # |b - R a| <= t sd(b - R a)  <=>  A R^2 - 2 B R + C <= 0
    A, B, C = a * a - q * vaa, a * b - q * vab, b * b - q * vbb
    root = B * B - A * C
    ends = (B + np.array([-1, 1]) * np.sqrt(root)) / A if A > 0 and root >= 0 else (np.nan, np.nan)
    return {"kept_share": b / a, "kept_share_low": float(ends[0]), "kept_share_high": float(ends[1])}


@dataclass(frozen=True)
class Dose:
    """Change of score per hour of training: a straight line over persons, its interval over trainings."""

    n: int
    n_events: int
    hours_low: float = np.nan
    hours_high: float = np.nan
    slope: float = np.nan
    se: float = np.nan
    ci_low: float = np.nan
    ci_high: float = np.nan
    reason: str = ""


def dose_slope(change, hours, events, *, confidence: float = CONFIDENCE) -> Dose:
    """Return the least-squares slope of persons' change on hours; jackknife over trainings, t with trainings - 2.

    All people of one training share its hours, so trainings are what varies: leaving out one at a time keeps
    intervals honest from six trainings on (Cameron & Miller 2015). Longer trainings also differ otherwise.
    """
    from scipy.stats import t as student

    table = pd.DataFrame({"y": np.asarray(change, dtype=float), "x": np.asarray(hours, dtype=float), "event": np.asarray(events)}).dropna()
    sums = table.assign(n=1.0, xx=table["x"] ** 2, xy=table["x"] * table["y"]).groupby("event")[["n", "x", "y", "xx", "xy"]].sum()
    count = len(sums)
    if len(table) == 0 or table["x"].nunique() < 2 or count < MIN_EVENTS_DOSE:
        reason = "no_scores" if len(table) == 0 else "few_trainings" if count < MIN_EVENTS_DOSE else "hours_all_equal"
        return Dose(len(table), count, reason=reason)

    def slope(total) -> np.ndarray:
        n, x, y, xx, xy = np.moveaxis(np.asarray(total), -1, 0)
        spread = n * xx - x * x
        return np.divide(n * xy - x * y, spread, out=np.full(np.shape(spread), np.nan), where=spread > 1e-9 * n * xx)

    value = float(slope(sums.sum().to_numpy()))
    without = slope(sums.sum().to_numpy() - sums.to_numpy())
    known = dict(n=len(table), n_events=count, hours_low=float(table["x"].min()), hours_high=float(table["x"].max()), slope=value)
    if np.isnan(without).any():
        return Dose(**known, reason="one_training_decides")
    se = float(np.sqrt((count - 1) / count * np.sum((without - value) ** 2)))
    half = student.ppf(0.5 + confidence / 2, count - 2) * se
    return Dose(**known, se=se, ci_low=value - half, ci_high=value + half)


def awareness_dose(training: pd.DataFrame, training_score: pd.DataFrame, *, by: str = "REF_AREA", listed=None) -> pd.DataFrame:
    """Return per province (the country last), agency, host or topic the change of score per hour of training."""
    rows = []
    for name, part in _groups(read_scores(training, training_score), by, listed):
        pairs = part[part["pre_score"].notna() & part["post_score"].notna()]
        rows.append({by: name} | asdict(dose_slope(pairs["post_score"] - pairs["pre_score"], pairs["hours"], pairs["event_id"])))
    return pd.DataFrame(rows, columns=[by, *Dose.__dataclass_fields__])


def awareness_reach(training: pd.DataFrame, *, by: str = "agency_id", listed=None) -> pd.DataFrame:
    """Return per agency (or province, host, topic) its trainings, hours, invited, attended and the share who came.

    The share counts trainings that say both numbers and where no more came than were invited (the others:
    n_events_no_invited); Wilson's interval at the size that the clustering in trainings leaves.
    """
    events = one_per(take(training, "training", text=list(GROUPINGS), numbers=["hours"], money=["invited", "attended"]), "training", ["event_id"])
    rows = []
    for name, part in _groups(events, by, listed):
        usable = part[part["invited"].notna() & part["attended"].notna() & (part["attended"] <= part["invited"])]
        told = clustered_share(usable["attended"], usable["invited"])
        rows.append({by: name} | dict(zip(REACH_COLUMNS, (
            len(part), len(part) - len(usable), part["hours"].sum(), part["invited"].sum(), part["attended"].sum(), told.share, told.ci_low, told.ci_high,
            "no_training" if part.empty else "no_invited_number" if usable.empty else "",
        ), strict=True)))  # fmt: skip
    return pd.DataFrame(rows, columns=[by, *REACH_COLUMNS])
