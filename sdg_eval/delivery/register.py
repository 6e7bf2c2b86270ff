"""The register of projects shown in the Voluntary National Review: which goals they reach, and on what evidence.

A register is counted in full, so its shares have no sampling error; what is uncertain is the tagging. Each share
is therefore given twice, with targets split by weight and with the primary target alone, and the range between
the two stands where an interval would. A project is said to contribute, never to have caused: see `vnr_words.csv`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sdg_eval.codelists import default_folder
from sdg_eval.delivery.shares import DRAWS, SEED, percentile_interval
from sdg_eval.errors import DataError

UNTAGGED = "untagged"
"""Row of the portfolio for projects whose targets are not told or do not add to one; they are not spread."""
GRADES = ("A", "B", "C", "D")
WEIGHT_SLACK = 0.005
"""How far the weights of a project may miss 1: three thirds are written as 0.33."""
VERIFIABLE = ("document", "data", "audit")
"""Kinds of evidence that say what was done; a photograph alone shows that people met."""
MIN_PROJECTS = 30
"""Projects from which an interval of the entropy is drawn: from there it held the truth in 90% of simulated
registers and more (17 goals, even to very uneven); with 20 it was 72%."""
PORTFOLIO = [
    "goal", "n_projects", "n_primary", "weight", "share", "share_primary", "range_low", "range_high", "n", "reason",
]  # fmt: skip
FAULTS = ["project_id", "total", "n_targets", "n_primary", "fault"]
EVIDENCE = [
    "project_id", "n_evidence", "n_verifiable", "n_photo", "n_photo_without_consent", "n_photo_without_alt", "n_done", "has_evidence", "has_baseline", "has_result",
    "has_comparison", "grade", "grade_stated", "agrees", "lifts_to", "missing", "reason",
]  # fmt: skip
REGISTER = [
    "place", "project_id", "name_th", "name_en", "agency_id", "REF_AREA", "level", "start_date", "end_date", "deliverable", "output_indicator",
    "targets", "goals", "primary_target", "grade", "missing", "statement_th", "statement_en", "reason",
]  # fmt: skip
CROSSWALK = ["local_indicator", "n_national", "national", "n_global", "global", "indicator", "complete", "fault"]
LOCAL = ("indicator", "target", "budget", "owner")
"""What a target needs to be at home in a province."""


def is_set(flags: pd.Series) -> pd.Series:
    """Return which cells of a flag column say yes, whether they came as 1, true or text; a blank is no."""
    return flags.map(lambda v: str(v).strip().casefold() in ("1", "1.0", "true", "yes")).astype(bool)


def is_filled(cells: pd.Series) -> pd.Series:
    """Return which cells hold anything: not missing, not blank."""
    return cells.notna() & (cells.astype("str").str.strip() != "")


def goal_of(target) -> str:
    """Return the goal of a target: 11 of 11.6."""
    return str(target).partition(".")[0]


def read_vnr_words(folder=None) -> pd.DataFrame:
    """Return the sentences of the register (key, text_th, text_en) from the codelists."""
    return _read_list("vnr_words", ["key", "text_th", "text_en"], folder)


def read_vnr_sets(folder=None) -> pd.DataFrame:
    """Return how many projects each named VNR set holds, with the source that says so."""
    table = _read_list("vnr_sets", ["vnr_set", "expected", "vnr_year", "source_th", "source_en"], folder)
    return table.assign(expected=table["expected"].astype(int))


def _read_list(name: str, columns: list[str], folder) -> pd.DataFrame:
    path = (folder or default_folder()) / f"{name}.csv"
    try:
        table = pd.read_csv(path, dtype="str", keep_default_na=False, encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: the codelist cannot be read. Restore it.") from error
    if missing := [c for c in columns if c not in table]:
        raise DataError(f"{path}, row 1: the column(s) {', '.join(missing)} are missing.")
    return table


# ---------------------------------------------------------------- is the set whole?


@dataclass(frozen=True)
class VnrSet:
    """Whether the flagged projects are the whole set: only at exactly the stated number of different ones."""

    expected: int
    found: int
    n_repeated: int
    project_ids: tuple[str, ...]

    @property
    def state(self) -> str:
        """One of complete, short, over, twice, empty."""
        if not self.found:
            return "empty"
        if self.n_repeated:
            return "twice"
        return "complete" if self.found == self.expected else "short" if self.found < self.expected else "over"

    @property
    def complete(self) -> bool:
        """True only where the set may be called complete."""
        return self.state == "complete"

    def text(self, lang: str, words: pd.DataFrame | None = None) -> str:
        """Return the sentence that says so, with the number found and the number stated."""
        apart = self.n_repeated if self.state == "twice" else abs(self.found - self.expected)
        return _say(words, self.state, lang).format(found=self.found, expected=self.expected, apart=apart)


def vnr_set(project: pd.DataFrame, *, expected: int, year=None) -> VnrSet:
    """Return whether the projects flagged for the review are the whole set of `expected`.

    Parameters
    ----------
    project
        One row per project with vnr_flag (and vnr_year).
    expected
        How many the set holds by its source: see `read_vnr_sets`.
    year
        Review for which it is asked; default all flagged projects.
    """
    flagged = project[is_set(project["vnr_flag"])]
    if year is not None:
        flagged = flagged[flagged["vnr_year"].astype("str").str.removesuffix(".0") == str(year)]
    ids = list(flagged["project_id"])
    return VnrSet(expected, len(set(ids)), len(ids) - len(set(ids)), tuple(sorted(set(ids))))


def _say(words: pd.DataFrame | None, key: str, lang: str) -> str:
    table = read_vnr_words() if words is None else words
    return table.set_index("key").at[key, f"text_{lang}"]


# ---------------------------------------------------------------- portfolio over the goals


def weight_faults(project: pd.DataFrame, project_target: pd.DataFrame) -> pd.DataFrame:
    """Return one row per fault of a project's targets: none named, weights not one, primary not one, unconfirmed.

    Only `no_target` and `weights_not_one` keep a project out of the goals' shares; the other two are told.
    """
    rows = []
    parts = dict(list(project_target.groupby("project_id", sort=True)))
    for one in dict.fromkeys(project["project_id"]):
        part = parts.get(one)
        if part is None or not is_filled(part["target"]).any():
            rows.append((one, np.nan, 0, 0, "no_target"))
            continue
        total, primary = pd.to_numeric(part["weight"]).sum(), int(is_set(part["is_primary"]).sum())
        found = [
            ("weights_not_one", abs(total - 1) > WEIGHT_SLACK * max(1, len(part) - 1) + 1e-12),
            ("primary_not_one", primary != 1),
            ("unconfirmed", not is_filled(part["confirmed_by"]).all()),
        ]
        rows += [(one, total, len(part), primary, fault) for fault, holds in found if holds]
    return pd.DataFrame(rows, columns=FAULTS)


def goal_portfolio(project: pd.DataFrame, project_target: pd.DataFrame, *, goals) -> pd.DataFrame:
    """Return one row per goal, and one `untagged`: projects that reach it, weight split over targets, primary only.

    Parameters
    ----------
    project, project_target
        The register's projects and their targets with weights.
    goals
        All goals, each listed whether reached or not.

    Returns
    -------
    DataFrame
        n_projects with any target of the goal, n_primary with their primary one there, weight (sum of split weights),
        share and share_primary of the `n` projects, range_low and range_high between the two; reason `no_project`.
    """
    ids = list(dict.fromkeys(project["project_id"]))
    own = project_target[project_target["project_id"].isin(ids)]
    own = own.assign(goal=own["target"].map(goal_of), weight=pd.to_numeric(own["weight"]), primary=is_set(own["is_primary"]))
    faults = weight_faults(project, project_target)
    out = set(faults.loc[faults["fault"].isin(["no_target", "weights_not_one"]), "project_id"])
    no_primary = out | set(faults.loc[faults["fault"] == "primary_not_one", "project_id"])
    split = own[~own["project_id"].isin(out)]
    # 0.33 three times is one third three times: the slack must not leak out of the sum of shares
    split = split.assign(weight=split["weight"] / split.groupby("project_id")["weight"].transform("sum"))
    first = own[own["primary"] & ~own["project_id"].isin(no_primary)]
    rows = [
        {
            "goal": str(goal), "n_projects": split.loc[split["goal"] == str(goal), "project_id"].nunique(),
            "n_primary": int((first["goal"] == str(goal)).sum()), "weight": split.loc[split["goal"] == str(goal), "weight"].sum(),
        }
        for goal in goals
    ]  # fmt: skip
    rows.append({"goal": UNTAGGED, "n_projects": len(out), "n_primary": len(no_primary), "weight": float(len(out))})
    table = pd.DataFrame(rows)
    n = len(ids)
    table["share"], table["share_primary"] = (table[c] / n if n else np.nan for c in ("weight", "n_primary"))
    table["range_low"], table["range_high"] = table[["share", "share_primary"]].min(axis=1), table[["share", "share_primary"]].max(axis=1)
    table["n"] = n
    table["reason"] = np.where(table["n_projects"] > 0, "", "no_project" if n else "no_register")
    table.loc[table["goal"] == UNTAGGED, "reason"] = ""
    return table[PORTFOLIO]


def goal_coverage(project: pd.DataFrame, project_target: pd.DataFrame, *, goals, draws: int = DRAWS, seed: int = SEED) -> pd.DataFrame:
    """Return how evenly the projects lie over the goals, one row per way of tagging (`weights`, `primary`).

    `entropy` is Shannon's over the log of the number of goals: 1 when all goals get the same, 0 when one gets all;
    `effective_goals` is its exponential, the number of equally served goals that would be as even. The interval
    draws projects anew and says how much hangs on single projects. Few projects always look less even than what they are
    drawn from, and draws of them less even again: the upper end is raised by that difference twice. `gaps` lists the goals that no project reaches, `;` between.
    """
    portfolio = goal_portfolio(project, project_target, goals=goals)
    faults = weight_faults(project, project_target)
    rows = []
    for method, column, bad in (
        ("weights", "weight", ["no_target", "weights_not_one"]),
        ("primary", "n_primary", ["no_target", "weights_not_one", "primary_not_one"]),
    ):
        reached = portfolio[portfolio["goal"] != UNTAGGED]
        out = set(faults.loc[faults["fault"].isin(bad), "project_id"])
        matrix = _per_project(project_target[~project_target["project_id"].isin(out)], project, list(reached["goal"]), method)
        entropy = _entropy(matrix.sum(axis=0))
        low, high = _entropy_interval(matrix, entropy, draws, seed)
        gaps = list(reached.loc[reached[column] == 0, "goal"])
        rows.append({
            "method": method, "entropy": entropy, "ci_low": low, "ci_high": high, "effective_goals": len(reached) ** entropy, "n": len(matrix),
            "n_left_out": portfolio["n"].iloc[0] - len(matrix), "n_goals_reached": len(reached) - len(gaps), "n_goals": len(reached),
            "gaps": ";".join(gaps), "reason": "no_register" if not len(matrix) else "few_projects" if len(matrix) < MIN_PROJECTS else "",
        })  # fmt: skip
    return pd.DataFrame(rows)


def _per_project(project_target: pd.DataFrame, project: pd.DataFrame, goals: list[str], method: str) -> np.ndarray:
    """Projects x goals: what of each project goes to each goal."""
    own = project_target[project_target["project_id"].isin(set(project["project_id"]))]
    weight = pd.to_numeric(own["weight"]) if method == "weights" else is_set(own["is_primary"]).astype(float)
    wide = own.assign(goal=own["target"].map(goal_of), weight=weight).pivot_table(index="project_id", columns="goal", values="weight", aggfunc="sum")
    wide = wide.reindex(columns=goals).fillna(0).to_numpy(dtype=float)
    return wide / wide.sum(axis=1, keepdims=True) if len(wide) else wide.reshape(0, len(goals))


def _entropy(weights: np.ndarray) -> float:
    """Entropy of weights over the log of their number; NaN where there is nothing."""
    total = weights.sum(axis=-1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = weights / total
        found = -np.where(share > 0, share * np.log(share), 0).sum(axis=-1) / np.log(weights.shape[-1])
    return np.where(total[..., 0] > 0, np.abs(found), np.nan)[()]


def _entropy_interval(matrix: np.ndarray, entropy: float, draws: int, seed: int) -> tuple[float, float]:
    if len(matrix) < MIN_PROJECTS:
        return np.nan, np.nan
    rng = np.random.default_rng(seed)
    drawn = _entropy(matrix[rng.integers(len(matrix), size=(draws, len(matrix)))].sum(axis=1))
    (low, high), bias = percentile_interval(drawn), entropy - drawn.mean()
    return float(np.clip(min(low + bias, entropy), 0, 1)), float(np.clip(max(high + 2 * bias, entropy), 0, 1))


# ---------------------------------------------------------------- evidence


def evidence_grades(
    project: pd.DataFrame, evidence: pd.DataFrame, *, activity=None, plan_item=None, kpi=None, practice=None, compared=()
) -> pd.DataFrame:
    """Return the grade of evidence of every project, what it rests on, and what would lift it.

    The rule, each grade asking for all of the grades below it:

    - D: nothing that can be checked.
    - C: a document, a data file or an audit; or a photograph and an activity reported as done.
    - B: a baseline (of its plan item) and a result measured against it (a total of its KPI form).
    - A: a comparison with places or groups without the project (`compared`).

    Photographs without consent or without a text for those who cannot see them are counted: neither may be shown.
    A practice's stated grade stands beside the found one and never replaces it.

    Parameters
    ----------
    activity, plan_item, kpi, practice
        Tables of those names; what is not given is treated as empty, and the grade can only be lower for it.
    compared
        project_id of projects that an evaluation with a comparison group names.
    """
    kinds = pd.crosstab(evidence["project_id"], evidence["kind"]) if len(evidence) else pd.DataFrame()
    photos = evidence[evidence["kind"] == "photo"]
    without = {"consent": ~is_set(photos["consent"]), "alt": ~is_filled(photos["alt_th"])}
    unseen = {name: photos[blank.to_numpy(dtype=bool)].groupby("project_id").size().to_dict() for name, blank in without.items()}
    done = _done_by_project(activity)
    stated = {} if practice is None else practice.drop_duplicates("project_id").set_index("project_id")["evidence_grade"].to_dict()
    baselines = set() if plan_item is None else set(plan_item.loc[is_filled(plan_item["baseline"]), "plan_item_id"])
    results = set() if kpi is None else set(kpi.loc[is_filled(kpi["total"]), "project_id"])
    rows = []
    for row in project.drop_duplicates("project_id").to_dict("records"):
        one = row["project_id"]
        counts = kinds.loc[one] if one in kinds.index else {}
        n_verifiable, n_photo = sum(int(counts.get(k, 0)) for k in VERIFIABLE), int(counts.get("photo", 0))
        holds = {
            "evidence": bool(n_verifiable or (n_photo and done.get(one, 0))),
            "baseline": row["plan_item_id"] in baselines, "result": one in results, "comparison": one in set(compared),
        }  # fmt: skip
        grade, lifts_to, missing = _grade(holds)
        rows.append({
            "project_id": one, "n_evidence": n_verifiable + n_photo, "n_verifiable": n_verifiable, "n_photo": n_photo,
            **{f"n_photo_without_{name}": unseen[name].get(one, 0) for name in without}, "n_done": int(done.get(one, 0)), **{f"has_{k}": v for k, v in holds.items()},
            "grade": grade, "grade_stated": stated.get(one, ""), "agrees": stated.get(one, grade) == grade, "lifts_to": lifts_to,
            "missing": ";".join(missing), "reason": "" if n_verifiable + n_photo else "no_evidence",
        })  # fmt: skip
    return pd.DataFrame(rows, columns=EVIDENCE)


def _done_by_project(activity) -> dict:
    """Activities reported as done, by project."""
    if activity is None or not len(activity):
        return {}
    done = activity[(pd.to_numeric(activity["done"]) > 0) | is_filled(activity["done_date"])]
    return done.groupby("project_id").size().to_dict()


def _grade(holds: dict) -> tuple[str, str, list[str]]:
    """The grade, the next one up, and what that one still asks for."""
    for grade, below, asked in (("C", "D", ["evidence"]), ("B", "C", ["baseline", "result"]), ("A", "B", ["comparison"])):
        if missing := [name for name in asked if not holds[name]]:
            return below, grade, missing
    return "A", "", []


def contribution_statement(grade: str, lang: str, words: pd.DataFrame | None = None, *, has_target: bool = True) -> str:
    """Return what may be said of a project of that grade: that it contributes, how far that is shown, and no more."""
    parts = [grade, "always"] if has_target else ["no_target"]
    return " ".join(_say(words, key, lang) for key in parts)


def vnr_register(project: pd.DataFrame, project_target: pd.DataFrame, grades: pd.DataFrame, *, words: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return the register as it is printed: a numbered row per flagged project with its targets, grade and statement.

    `goals` and `targets` are joined by `;`, the primary one first; a project without targets has the reason `no_target`.
    """
    words = read_vnr_words() if words is None else words
    flagged = project[is_set(project["vnr_flag"])].drop_duplicates("project_id").sort_values("project_id", kind="stable")
    found = grades.set_index("project_id")
    own = project_target[is_filled(project_target["target"])]
    own = own.assign(primary=is_set(own["is_primary"]), size=pd.to_numeric(own["weight"]))
    own = own.sort_values(["primary", "size", "target"], ascending=[False, False, True], kind="stable")
    rows = []
    for place, row in enumerate(flagged.to_dict("records"), start=1):
        part = own[own["project_id"] == row["project_id"]]
        targets, grade = list(part["target"]), found.at[row["project_id"], "grade"] if row["project_id"] in found.index else "D"
        first = list(part.loc[part["primary"], "target"])
        said = {f"statement_{lang}": contribution_statement(grade, lang, words, has_target=bool(targets)) for lang in ("th", "en")}
        rows.append({
            **row, "place": place, "targets": ";".join(targets), "goals": ";".join(dict.fromkeys(map(goal_of, targets))),
            "primary_target": first[0] if len(first) == 1 else "", "grade": grade,
            "missing": found.at[row["project_id"], "missing"] if row["project_id"] in found.index else "evidence",
            **said, "reason": "" if targets else "no_target",
        })  # fmt: skip
    return pd.DataFrame(rows, columns=REGISTER)


# ---------------------------------------------------------------- local, national, global


def crosswalk_check(crosswalk: pd.DataFrame, *, targets_un: pd.DataFrame, indicators: pd.DataFrame, global_frameworks=("un",)) -> pd.DataFrame:
    """Return per local indicator whether it can be followed to a national and to a global indicator.

    Parameters
    ----------
    crosswalk
        local_indicator, framework_id, target, indicator (blank where a framework has none).
    global_frameworks
        framework_id of the United Nations' own list; every other framework is national.

    Returns
    -------
    DataFrame
        `complete` where both links stand and agree on the target; else `fault`, `;` between: no_national, no_global,
        unknown_target, unknown_indicator, indicator_of_another_target, targets_differ.
    """
    known, target_of = set(targets_un["target"]), dict(zip(indicators["indicator"], indicators["target"], strict=True))
    rows = []
    for local, part in crosswalk.groupby("local_indicator", sort=True):
        top = part["framework_id"].isin(list(global_frameworks))
        world, nation = part[top & is_filled(part["indicator"])], part[~top]
        targets = set(part.loc[is_filled(part["target"]), "target"])
        world_ids = list(dict.fromkeys(world["indicator"]))
        wrong = {
            "no_national": nation.empty,
            "no_global": world.empty,
            "unknown_target": bool(targets - known) or not is_filled(part["target"]).all(),
            "unknown_indicator": any(i not in target_of for i in world_ids),
            "indicator_of_another_target": bool((world["indicator"].map(target_of).fillna(world["target"]) != world["target"]).any()),
            "targets_differ": not nation.empty and not world.empty and not set(nation["target"]) & set(world["target"]),
        }
        faults = [name for name, holds in wrong.items() if holds]
        rows.append({
            "local_indicator": local, "n_national": nation["framework_id"].nunique(), "national": ";".join(sorted(set(nation["framework_id"]))),
            "n_global": len(world_ids), "global": ";".join(sorted(set(world["framework_id"]))), "indicator": ";".join(world_ids),
            "complete": not faults, "fault": ";".join(faults),
        })  # fmt: skip
    return pd.DataFrame(rows, columns=CROSSWALK)


def local_indicators(observations: pd.DataFrame, codelists) -> pd.DataFrame:
    """Return REF_AREA and target of every province's own values: which targets have an indicator there."""
    series = codelists.series[codelists.series["indicator"] != ""]
    target = series["indicator"].map(codelists.indicators.set_index("indicator")["target"])
    lookup = dict(zip(series["SERIES"], target, strict=True))
    own = observations[(observations["REF_AREA"] != "TH") & observations["OBS_VALUE"].notna() & observations["SERIES"].isin(lookup)]
    found = pd.DataFrame({"REF_AREA": own["REF_AREA"], "target": own["SERIES"].map(lookup)})
    return found.drop_duplicates().sort_values(["REF_AREA", "target"], ignore_index=True)


def localisation_detail(
    targets, areas, *, indicators: pd.DataFrame, plan: pd.DataFrame, plan_item: pd.DataFrame, project: pd.DataFrame, project_target: pd.DataFrame,
    budget: pd.DataFrame,
) -> pd.DataFrame:  # fmt: skip
    """Return per province and target whether it has a local indicator, target value, budget and owner.

    Indicator: a value of the province's own (`local_indicators`). Target: an item of a plan of the province with a target value.
    Budget: planned money above nothing in the province for a project of that target. Owner: an agency named by such a plan item,
    or leading a project of the province for that target.
    """
    items = plan_item.merge(plan[["plan_id", "REF_AREA"]], on="plan_id") if len(plan_item) else plan_item.assign(REF_AREA="")
    links = project_target[["project_id", "target"]].drop_duplicates()
    money = budget[pd.to_numeric(budget["planned_thb"]) > 0][["project_id", "REF_AREA"]].merge(links, on="project_id")
    led = project[is_filled(project["agency_id"])][["project_id", "REF_AREA"]].merge(links, on="project_id")
    owned = pd.concat([items.loc[is_filled(items["agency_id"]), ["REF_AREA", "target"]], led[["REF_AREA", "target"]]])
    held = {"indicator": indicators, "target": items[is_filled(items["target_value"])], "budget": money, "owner": owned}
    keys = pd.MultiIndex.from_product([list(areas), list(targets)], names=["REF_AREA", "target"])
    flags = {f"has_{name}": keys.isin(pd.MultiIndex.from_frame(held[name][["REF_AREA", "target"]])) for name in LOCAL}
    return pd.DataFrame(flags, index=keys).reset_index()


def localisation_index(detail: pd.DataFrame) -> pd.DataFrame:
    """Return per province the share of targets that have each of the four, all four, and the mean of the four shares.

    Columns n_<what>, share_<what> for indicator, target, budget, owner, n_all, share_all, `index`, and `n`, the targets looked at.
    All targets are counted, none is sampled: the shares have no interval. `reason` says which of the four nobody has entered at all.
    """
    flags = [f"has_{name}" for name in LOCAL]
    rows = []
    for area, part in detail.groupby("REF_AREA", sort=True):
        n, counts = len(part), part[flags].sum()
        row = {"REF_AREA": area, "n": n}
        for name, flag in zip(LOCAL, flags, strict=True):
            row |= {f"n_{name}": int(counts[flag]), f"share_{name}": counts[flag] / n}
        row |= {"n_all": int(part[flags].all(axis=1).sum()), "share_all": part[flags].all(axis=1).mean(), "index": counts.mean() / n}
        rows.append(row | {"reason": ";".join(f"no_{name}" for name, flag in zip(LOCAL, flags, strict=True) if not counts[flag])})
    columns = ["REF_AREA", "n", *[f"{k}_{name}" for name in LOCAL for k in ("n", "share")], "n_all", "share_all", "index", "reason"]
    return pd.DataFrame(rows, columns=columns)
