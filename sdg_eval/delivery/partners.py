"""Who works with whom: balance of the seven networks, who is missing, the web of shared work, one team.

A register of projects is a small sample of a way of working, so each share and each balance comes with an
interval over projects. Entropy of few projects is too low (a network seen once is lost in many samples):
the plain value, its bias and the corrected value stand side by side. Networks are described, not tested.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sdg_eval.delivery.frames import GOALS, goal_of, list_areas, of_area, take
from sdg_eval.delivery.quarters import quarter_end, quarter_start
from sdg_eval.delivery.shares import (
    CONFIDENCE,
    DRAWS,
    SEED,
    area_seed,
    clustered_share,
    resample_counts,
    wilson,
)
from sdg_eval.errors import DataError

NETWORKS = ("government", "religious", "academia", "private", "civil_society", "people", "media")
"""The seven partner networks of the press release, in its order."""
MIN_PROJECTS = 5
"""Fewest projects from which a balance is told, or a network is called missing."""
MIN_BOOTSTRAP = 12
"""Fewest projects for the studentised bootstrap. Below it the interval is the jackknife's with Student's t:
[simulated: 95% intervals hold 91 to 98% from five projects on; the studentised bootstrap of 5 to 8 only 67 to 85%,
the plain percentile bootstrap of 5 to 40 projects 7 to 81%, since it carries the bias twice]"""
MAX_BOOTSTRAP = 100
"""Above it the two intervals are the same, and the bootstrap is only slower."""
MIN_TEAM = 5
"""Fewest projects of two or more agencies for which the groups among agencies are told."""

SHARE_COLUMNS = [
    "REF_AREA", "network_id", "n_projects", "n_unrecorded", "n_with", "share", "ci_low", "ci_high",
    "n_roles", "role_share", "role_ci_low", "role_ci_high", "verdict", "reason",
]  # fmt: skip
BALANCE_COLUMNS = [
    "REF_AREA", "n_projects", "n_unrecorded", "n_roles", "n_networks", "balance", "bias", "balance_corrected",
    "ci_low", "ci_high", "interval", "reason",
]  # fmt: skip
TEAM_COLUMNS = ["REF_AREA", "n_projects", "n_unrecorded", "n_single", "share", "ci_low", "ci_high", "reason"]
MODULARITY_COLUMNS = [
    "fiscal_quarter", "n_projects", "n_shared", "n_agencies", "n_ties", "n_groups", "modularity", "random_mean",
    "random_low", "random_high", "verdict", "reason",
]  # fmt: skip


# ---------------------------------------------------------------- projects of a quarter


def active_projects(project: pd.DataFrame, quarter: str | None) -> pd.DataFrame:
    """Return the projects that ran during a fiscal quarter (2567Q2); all of them for None.

    A blank start or end date excludes nobody: the project counts as begun, or as still running.
    """
    if quarter is None:
        return project
    dates = take(project, "project", dates=["start_date", "end_date"])
    start, end = dates["start_date"], dates["end_date"]
    running = (start.isna() | (start <= quarter_end(quarter))) & (end.isna() | (end >= quarter_start(quarter)))
    return project[running.to_numpy()]


# ---------------------------------------------------------------- seven networks


def role_counts(project: pd.DataFrame, project_partner: pd.DataFrame, *, networks=NETWORKS) -> pd.DataFrame:
    """Return project x network: how many different roles (plan, fund, deliver, monitor) each network holds.

    Two partners of one network in the same role count once; a record without a role counts as one.
    Projects without any record are left out. Raises DataError for a network outside the list.
    """
    own = take(project, "project", text=["project_id"])["project_id"]
    rows = take(project_partner, "project_partner", text=["project_id", "network_id", "role"])
    rows = rows[rows["project_id"].isin(own) & (rows["network_id"] != "")]
    if unknown := sorted(set(rows["network_id"]) - set(networks)):
        raise DataError(f"Unknown network {', '.join(unknown)} in project_partner. There are exactly: {', '.join(networks)}.")
    rows = rows.drop_duplicates()
    counts = rows.groupby(["project_id", "network_id"]).size().unstack(fill_value=0)
    return counts.reindex(columns=list(networks), fill_value=0)


def network_shares(project: pd.DataFrame, project_partner: pd.DataFrame, *, areas=None, quarter=None, networks=NETWORKS) -> pd.DataFrame:
    """Return seven rows per province: in how many projects each network takes part, and its share of all roles.

    Shares carry Wilson's interval (of roles: at the size that their clustering in projects leaves). `verdict`
    is present, missing (in none of five projects or more) or cannot_be_told; projects whose partners
    nobody recorded are counted apart (`n_unrecorded`), not taken for projects without partners.
    """
    project = take(active_projects(project, quarter), "project", text=["project_id", "REF_AREA"])
    counts = role_counts(project, project_partner, networks=networks)
    rows = []
    for area in list_areas(areas, project["REF_AREA"]):
        own = of_area(project, area)["project_id"].unique()
        table = counts.reindex(index=[p for p in own if p in counts.index])
        rows += [_network_row(area, name, table, len(own)) for name in networks]
    return pd.DataFrame(rows, columns=SHARE_COLUMNS)


def _network_row(area: str, name: str, table: pd.DataFrame, n_all: int) -> dict:
    n, held = len(table), table[name].to_numpy()
    taking = wilson(int((held > 0).sum()), n)
    roles = clustered_share(held, table.sum(axis=1).to_numpy())
    reason = _too_few(n, n_all) if not (held > 0).any() else ""
    verdict = "present" if (held > 0).any() else "cannot_be_told" if reason else "missing"
    return {
        "REF_AREA": area, "network_id": name, "n_projects": n, "n_unrecorded": n_all - n, "n_with": int((held > 0).sum()),
        "share": taking.share, "ci_low": taking.ci_low, "ci_high": taking.ci_high, "n_roles": int(held.sum()),
        "role_share": roles.share, "role_ci_low": roles.ci_low, "role_ci_high": roles.ci_high, "verdict": verdict, "reason": reason,
    }  # fmt: skip


def _too_few(n: int, n_all: int) -> str:
    if n_all == 0:
        return "no_project"
    if n == 0:
        return "no_partner_recorded"
    return "few_projects" if n < MIN_PROJECTS else ""


def balance(counts) -> np.ndarray:
    """Return Shannon's entropy of the shares along the last axis, 0 (one network alone) to 1 (all alike); NaN for none.

    Examples
    --------
    >>> balance([[1, 1, 1, 1], [5, 0, 0, 0]]).tolist()
    [1.0, 0.0]
    """
    counts = np.asarray(counts, dtype=float)
    total = counts.sum(axis=-1, keepdims=True)
    shares = np.divide(counts, total, out=np.full(counts.shape, np.nan), where=total > 0)
    logs = np.log(shares, out=np.zeros(counts.shape), where=shares > 0)
    return np.abs(-(shares * logs).sum(axis=-1)) / np.log(counts.shape[-1])


def _jackknife(table: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Balance, corrected balance and its standard error; rows of `weights` say how often each project is drawn."""
    n = weights.shape[-1]
    total = weights @ table
    plain = balance(total)
    without = balance(np.maximum(total[..., None, :] - table, 0))
    without = np.where(weights > 0, without, 0.0)
    mean = (weights * without).sum(axis=-1) / n
    spread = (n - 1) / n * (weights * (without - mean[..., None]) ** 2).sum(axis=-1)
    return plain, n * plain - (n - 1) * mean, np.sqrt(spread)


@dataclass(frozen=True)
class Balance:
    """Normalised entropy of roles over networks: plain, its bias, corrected, with an interval over projects."""

    n_projects: int
    balance: float
    bias: float
    balance_corrected: float
    ci_low: float
    ci_high: float
    interval: str  # bootstrap_t, jackknife_t, or empty where nothing is told
    reason: str = ""


def balance_interval(table, *, draws: int = DRAWS, rng=None, confidence: float = CONFIDENCE) -> Balance:
    """Return the balance of a project x network table of role counts.

    The bias of entropy is taken off with the jackknife over projects (Zahl 1977): roles of one project come
    together, so corrections for independent draws (Miller 1955) would take off too little. The interval is
    the studentised bootstrap over projects; below MIN_BOOTSTRAP projects and above MAX_BOOTSTRAP the jackknife's
    with Student's t. Cut to 0..1.
    """
    from scipy.stats import t as student

    table = np.asarray(table, dtype=float)
    table = table[table.sum(axis=1) > 0]
    n = len(table)
    if n < MIN_PROJECTS:
        plain = float(balance(table.sum(axis=0))) if n else np.nan
        return Balance(n, plain, np.nan, np.nan, np.nan, np.nan, "", "few_projects" if n else "no_project")
    plain, corrected, se = (float(v) for v in _jackknife(table, np.ones(n)))
    low = high = student.ppf(0.5 + confidence / 2, n - 1)
    kind = "jackknife_t"
    if MIN_BOOTSTRAP <= n <= MAX_BOOTSTRAP and se > 1e-9:
        rng = np.random.default_rng(SEED) if rng is None else rng
        _, drawn, errors = _jackknife(table, resample_counts(n, draws, rng).astype(float))
        known = errors > 1e-9
        if known.mean() > 0.5:
            t = (drawn[known] - plain) / errors[known]
            high, low = np.quantile(t, [0.5 - confidence / 2, 0.5 + confidence / 2]) * [-1, 1]
            kind = "bootstrap_t"
    ends = np.clip([corrected - low * se, corrected + high * se], 0, 1)
    return Balance(n, plain, plain - corrected, float(np.clip(corrected, 0, 1)), float(ends[0]), float(ends[1]), kind)


def partner_balance(
    project: pd.DataFrame, project_partner: pd.DataFrame, *, areas=None, quarter=None, networks=NETWORKS, draws: int = DRAWS, seed: int = SEED
) -> pd.DataFrame:
    """Return one row per province: how evenly the seven networks share the roles of its projects.

    0: one network holds all roles; 1: all seven hold equally many. `bias` is what the plain value is too low
    by (negative); the interval belongs to `balance_corrected`.
    """
    project = take(active_projects(project, quarter), "project", text=["project_id", "REF_AREA"])
    counts = role_counts(project, project_partner, networks=networks)
    rows = []
    for area in list_areas(areas, project["REF_AREA"]):
        own = of_area(project, area)["project_id"].unique()
        table = counts.reindex(index=[p for p in own if p in counts.index])
        told = balance_interval(table, draws=draws, rng=area_seed(area, seed))
        rows.append({
            "REF_AREA": area, "n_projects": len(table), "n_unrecorded": len(own) - len(table), "n_roles": int(table.to_numpy().sum()),
            "n_networks": int((table.sum(axis=0) > 0).sum()), "balance": told.balance, "bias": told.bias,
            "balance_corrected": told.balance_corrected, "ci_low": told.ci_low, "ci_high": told.ci_high, "interval": told.interval,
            "reason": _too_few(len(table), len(own)),
        })  # fmt: skip
    return pd.DataFrame(rows, columns=BALANCE_COLUMNS)


def missing_networks(project: pd.DataFrame, project_partner: pd.DataFrame, *, networks=NETWORKS) -> pd.DataFrame:
    """Return one row per project: n_networks, which are present and which are missing (`;` between).

    A project without any partner record has the reason no_partner_recorded and lists nothing as missing.
    """
    project = take(project, "project", text=["project_id", "REF_AREA"])
    counts = role_counts(project, project_partner, networks=networks)
    rows = []
    for line in project.to_dict("records"):
        known = line["project_id"] in counts.index
        held = counts.loc[line["project_id"]] > 0 if known else pd.Series(False, index=networks)
        rows.append({
            "project_id": line["project_id"], "REF_AREA": line["REF_AREA"], "n_networks": int(held.sum()),
            "present": ";".join(held.index[held]), "missing": ";".join(held.index[~held]) if known else "",
            "reason": "" if known else "no_partner_recorded",
        })  # fmt: skip
    return pd.DataFrame(rows, columns=["project_id", "REF_AREA", "n_networks", "present", "missing", "reason"])


# ---------------------------------------------------------------- the web of shared work


@dataclass(frozen=True)
class Bipartite:
    """A two-mode network and its projection on the actors (two actors are tied by the events they share)."""

    n_actors: int
    n_events: int
    n_edges: int
    density: float  # edges / (actors x events)
    projection_density: float
    transitivity: float  # of the projection
    n_components: int  # of the projection; an actor without ties is one of its own
    actors: pd.DataFrame  # actor, degree, weighted_degree, betweenness (unweighted, not normalised), component
    events: pd.DataFrame  # event, degree
    ties: pd.DataFrame  # actor, other, shared
    reason: str = ""


def bipartite(edges: pd.DataFrame, actor: str, event: str, *, actors=(), events=()) -> Bipartite:
    """Return the measures of the network of `edges` (one row per tie; repeated ties count once).

    Parameters
    ----------
    actors, events
        Names that must be listed even without a tie: the 17 goals, all provinces.
    """
    import networkx as nx

    pairs = take(edges, "edges", text=[actor, event])
    pairs = pairs[(pairs != "").all(axis=1)].drop_duplicates()
    left = sorted({*map(str, actors), *pairs[actor]})
    right = [*map(str, events), *sorted(set(pairs[event]) - set(map(str, events)))]
    linked = pd.crosstab(pairs[actor], pairs[event]).reindex(index=left, columns=right, fill_value=0).to_numpy()
    shared = linked @ linked.T
    np.fill_diagonal(shared, 0)
    graph = nx.from_numpy_array(shared)
    between = nx.betweenness_centrality(graph, normalized=False, weight=None) if left else {}
    parts = sorted(nx.connected_components(graph), key=lambda part: (-len(part), min(part)))
    part_of = {node: number for number, part in enumerate(parts, 1) for node in part}
    n, m = len(left), len(right)
    table = pd.DataFrame({
        "actor": left, "degree": linked.sum(axis=1), "weighted_degree": shared.sum(axis=1), "n_tied": (shared > 0).sum(axis=1),
        "betweenness": [between[i] for i in range(n)], "component": [part_of[i] for i in range(n)],
    })  # fmt: skip
    first, second = np.nonzero(np.triu(shared))
    ties = pd.DataFrame({"actor": [left[i] for i in first], "other": [left[i] for i in second], "shared": shared[first, second]})
    return Bipartite(
        n, m, len(pairs), len(pairs) / (n * m) if n * m else np.nan, nx.density(graph) if n > 1 else np.nan,
        nx.transitivity(graph) if len(ties) else np.nan, len(parts), table,
        pd.DataFrame({"event": right, "degree": linked.sum(axis=0)}), ties, "" if len(pairs) else "no_tie",
    )  # fmt: skip


def sdg_network(
    project: pd.DataFrame, project_target: pd.DataFrame, *, actor: str = "REF_AREA", project_agency: pd.DataFrame | None = None, actors=()
) -> Bipartite:
    """Return the network of provinces (or agencies, with `actor="agency_id"`) and the 17 goals their projects serve.

    An agency is tied to the goals of every project in which it has a role, the lead included.
    """
    goals = take(project_target, "project_target", text=["project_id", "target"])
    goals = goals.assign(goal=goal_of(goals["target"]))
    goals = goals[goals["goal"].isin(GOALS)]
    who = agencies_of(project, project_agency) if actor == "agency_id" else take(project, "project", text=["project_id", actor])
    return bipartite(who.merge(goals[["project_id", "goal"]], on="project_id"), actor, "goal", actors=actors, events=GOALS)


def partner_network(project: pd.DataFrame, project_partner: pd.DataFrame, *, actor: str = "REF_AREA", actors=(), networks=NETWORKS) -> Bipartite:
    """Return the network of provinces (or projects, or partners) and the seven partner networks."""
    own = take(project, "project", text=["project_id", "REF_AREA"])
    columns = ["project_id", "network_id"] + (["partner_id"] if actor == "partner_id" else [])
    rows = take(project_partner, "project_partner", text=columns).merge(own, on="project_id")
    rows = rows[rows[actor] != ""]
    return bipartite(rows[rows["network_id"].isin(networks)], actor, "network_id", actors=actors, events=networks)


# ---------------------------------------------------------------- one team


def agencies_of(project: pd.DataFrame, project_agency: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return project_id and agency_id of every agency with a role in a project, its lead included, each pair once."""
    parts = [take(project, "project", text=["project_id", "agency_id"])]
    if project_agency is not None:
        roles = take(project_agency, "project_agency", text=["project_id", "agency_id"])
        parts.append(roles[roles["project_id"].isin(parts[0]["project_id"])])
    pairs = pd.concat(parts, ignore_index=True)
    return pairs[pairs["agency_id"] != ""].drop_duplicates(ignore_index=True)


def one_team(project: pd.DataFrame, project_agency: pd.DataFrame, *, areas=None, quarter=None) -> pd.DataFrame:
    """Return one row per province: the share of projects that a single agency does alone, with Wilson's interval."""
    project = take(active_projects(project, quarter), "project", text=["project_id", "REF_AREA", "agency_id"])
    sizes = agencies_of(project, project_agency).groupby("project_id").size()
    rows = []
    for area in list_areas(areas, project["REF_AREA"]):
        own = of_area(project, area)["project_id"].unique()
        known = sizes.reindex(own).dropna()
        told = wilson(int((known == 1).sum()), len(known))
        reason = "no_project" if not len(own) else "no_agency_recorded" if known.empty else "few_projects" if len(known) < MIN_PROJECTS else ""
        rows.append({
            "REF_AREA": area, "n_projects": len(known), "n_unrecorded": len(own) - len(known), "n_single": int((known == 1).sum()),
            "share": told.share, "ci_low": told.ci_low, "ci_high": told.ci_high, "reason": reason,
        })  # fmt: skip
    return pd.DataFrame(rows, columns=TEAM_COLUMNS)


def team_modularity(
    project: pd.DataFrame, project_agency: pd.DataFrame, quarters, *, draws: int = 59, seed: int = SEED, confidence: float = CONFIDENCE
) -> pd.DataFrame:
    """Return one row per fiscal quarter: how far the agencies fall into groups that work among themselves.

    Agencies are tied by the projects they share in the quarter. Modularity (Newman 2004) of the groups that
    the greedy search of Clauset, Newman & Moore (2004) finds: 0, no groups. Even chance makes groups, so
    beside it stands what the same projects give when their agencies are dealt anew (each project keeps how
    many agencies it has, each agency how many projects): `verdict` walls above that band, open below, and
    as_by_chance inside it. A band, not a test.
    """
    rows = [_modularity_row(quarter, project, project_agency, draws, seed, confidence) for quarter in quarters]
    return pd.DataFrame(rows, columns=MODULARITY_COLUMNS)


def _modularity_row(quarter, project, project_agency, draws, seed, confidence) -> dict:
    running = active_projects(project, quarter)
    pairs = agencies_of(running, project_agency)
    sizes = pairs.groupby("project_id")["agency_id"].transform("size")
    teams = [sorted(part) for _, part in pairs[sizes > 1].groupby("project_id")["agency_id"]]
    row = dict.fromkeys(MODULARITY_COLUMNS, np.nan) | {
        "fiscal_quarter": quarter, "n_projects": pairs["project_id"].nunique(), "n_shared": len(teams),
        "n_agencies": len({a for team in teams for a in team}), "verdict": "cannot_be_told", "reason": "",
    }  # fmt: skip
    if len(teams) < MIN_TEAM:
        return row | {"reason": "no_project" if running.empty else "few_shared_projects"}
    value, n_groups, n_ties = _modularity(teams)
    rng = area_seed(str(quarter), seed)
    chance = []
    for _ in range(draws):
        teams = _dealt_anew(teams, rng)
        chance.append(_modularity(teams)[0])
    low, high = np.quantile(chance, [0.5 - confidence / 2, 0.5 + confidence / 2]) if chance else (np.nan, np.nan)
    verdict = "walls" if value > high else "open" if value < low else "as_by_chance" if chance else "cannot_be_told"
    return row | {
        "n_ties": n_ties, "n_groups": n_groups, "modularity": value, "random_mean": float(np.mean(chance)) if chance else np.nan,
        "random_low": float(low), "random_high": float(high), "verdict": verdict, "reason": "" if chance else "no_comparison_drawn",
    }  # fmt: skip


def _modularity(teams: list[list]) -> tuple[float, int, int]:
    """Modularity, number of groups and of ties of the co-delivery graph; a tie weighs the projects shared."""
    import networkx as nx

    names = sorted({name for team in teams for name in team})
    place = {name: k for k, name in enumerate(names)}
    takes_part = np.zeros((len(teams), len(names)), dtype=int)
    for row, team in enumerate(teams):
        takes_part[row, [place[name] for name in team]] = 1
    shared = takes_part.T @ takes_part
    np.fill_diagonal(shared, 0)
    graph = nx.from_numpy_array(shared)
    groups = nx.community.greedy_modularity_communities(graph, weight="weight")
    return float(nx.community.modularity(graph, groups, weight="weight")), len(groups), graph.number_of_edges()


def _dealt_anew(teams: list[list], rng: np.random.Generator) -> list[list]:
    """The same teams after pairs of projects have traded the agencies they do not share (Strona et al. 2014)."""
    teams = [set(team) for team in teams]
    for one, other in rng.integers(0, len(teams), (5 * len(teams), 2)).tolist():
        own, theirs = teams[one] - teams[other], teams[other] - teams[one]
        if own and theirs:  # a project paired with itself has none to trade
            pool = sorted(own | theirs)
            rng.shuffle(pool)
            both = teams[one] & teams[other]
            teams[one], teams[other] = both | set(pool[: len(own)]), both | set(pool[len(own) :])
    return [sorted(team) for team in teams]
