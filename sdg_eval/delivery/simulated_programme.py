"""Synthetic agencies, needs, plans, projects, money, activities and KPI forms.

Nothing here is official: which agency owns which target, and every project and amount, is invented. Tables are made clean;
`simulate` plants the faults afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sdg_eval.simulate import rng_of

QUARTERS = tuple(f"{year}Q{q}" for year in (2566, 2567) for q in (1, 2, 3, 4))
FISCAL_YEARS = (2566, 2567)
START = np.datetime64("2022-10-01")
END = np.datetime64("2024-09-30")
"""First and last day of the eight quarters."""
VNR_PROJECTS, VNR_YEAR = 37, 2568
MARK_TH, MARK_EN = "(ตัวอย่างสังเคราะห์)", "(synthetic example)"
BANGKOK = "TH-10"
REGISTERS = ("moi_agencies", "networks", "partners", "agreements", "steps")

THEMES = pd.DataFrame(
    [  # target, what it is about, unit of output, lead agency, money relative to others
        ("1.2", "อาชีพครัวเรือนยากจน", "Work for poor households", "ครัวเรือน", "cdd", 0.7),
        ("1.4", "ที่ดินทำกิน", "Land to live on", "ราย", "dol", 0.8),
        ("2.1", "ครัวอาหารชุมชน", "Community food", "ครัวเรือน", "cdd", 0.5),
        ("2.4", "เกษตรปลอดภัย", "Safe farming", "ไร่", "moac", 0.8),
        ("3.4", "หมู่บ้านสุขภาพดี", "Healthy villages", "คน", "moph", 0.6),
        ("3.6", "ถนนปลอดภัย", "Safe roads", "จุด", "ddpm", 1.6),
        ("4.2", "ศูนย์เด็กเล็ก", "Child centres", "คน", "dla", 0.9),
        ("4.4", "ทักษะอาชีพเยาวชน", "Skills of youth", "คน", "dla", 0.6),
        ("5.2", "ยุติความรุนแรงต่อสตรี", "No violence against women", "คน", "cdd", 0.3),
        ("5.5", "สตรีร่วมตัดสินใจ", "Women deciding", "คน", "cdd", 0.3),
        ("6.1", "น้ำสะอาดชุมชน", "Clean water", "ครัวเรือน", "dla", 1.2),
        ("6.3", "บำบัดน้ำเสีย", "Waste water", "ครัวเรือน", "wma", 1.3),
        ("7.2", "พลังงานสะอาด", "Clean energy", "กิโลวัตต์", "pea", 1.2),
        ("8.3", "วิสาหกิจชุมชน", "Community enterprise", "ราย", "cdd", 0.7),
        ("8.9", "ท่องเที่ยวชุมชน", "Community tourism", "คน", "cdd", 0.7),
        ("9.1", "ถนนท้องถิ่น", "Local roads", "เมตร", "dla", 3.5),
        ("10.2", "สิทธิผู้เปราะบาง", "Rights of the vulnerable", "คน", "dopa", 0.4),
        ("11.1", "บ้านมั่นคง", "Sound housing", "หลัง", "dpt", 1.6),
        ("11.6", "ขยะและฝุ่น", "Waste and dust", "ตัน", "dla", 1.4),
        ("11.7", "สวนสาธารณะ", "Public green space", "ตารางเมตร", "dpt", 1.5),
        ("12.5", "ขยะเปียกครัวเรือน", "Household food waste", "ครัวเรือน", "dla", 0.6),
        ("12.8", "วิถีพอเพียง", "Living with enough", "คน", "cdd", 0.3),
        ("13.1", "พร้อมรับภัยพิบัติ", "Ready for disasters", "คน", "ddpm", 1.8),
        ("13.3", "รู้ทันโลกร้อน", "Climate knowledge", "คน", "ddpm", 0.3),
        ("14.1", "ลดขยะทะเล", "Less marine litter", "ตัน", "dla", 0.6),
        ("15.2", "ป่าชุมชน", "Community forest", "ไร่", "mnre", 0.6),
        ("16.6", "บริการโปร่งใส", "Open services", "เรื่อง", "dopa", 0.5),
        ("16.9", "สถานะบุคคล", "Legal identity", "คน", "dopa", 0.4),
        ("17.17", "ภาคีเครือข่าย", "Partnerships", "ครั้ง", "cdd", 0.3),
        ("17.18", "ข้อมูลจังหวัด", "Provincial data", "ชุด", "dopa", 0.4),
    ],
    columns=["target", "th", "en", "unit", "lead", "money"],
)
OUTSIDE = pd.DataFrame(
    [
        ("moac", "กระทรวงเกษตรและสหกรณ์", "Ministry of Agriculture and Cooperatives", "ministry", "", "0"),
        ("moph", "กระทรวงสาธารณสุข", "Ministry of Public Health", "ministry", "", "0"),
        ("moe", "กระทรวงศึกษาธิการ", "Ministry of Education", "ministry", "", "0"),
        ("mnre", "กระทรวงทรัพยากรธรรมชาติและสิ่งแวดล้อม", "Ministry of Natural Resources and Environment", "ministry", "", "0"),
        ("msdhs", "กระทรวงการพัฒนาสังคมและความมั่นคงของมนุษย์", "Ministry of Social Development and Human Security", "ministry", "", "0"),
        ("nesdc", "สำนักงานสภาพัฒนาการเศรษฐกิจและสังคมแห่งชาติ", "Office of the National Economic and Social Development Council", "other", "", "0"),
    ],
    columns=["agency_id", "name_th", "name_en", "agency_type", "parent_id", "moi"],
)
"""Agencies that work with the ministry and are not in its register (moi_agencies.csv)."""
DEPARTMENTS = ("dopa", "cdd", "dol", "ddpm", "dpt", "dla", "pea", "pwa", "wma", "moac", "moph", "moe", "mnre", "msdhs")
"""Agencies that lead or join projects."""
GOAL_OWNER = dict(zip(
    map(str, range(1, 18)),
    "cdd moac moph moe msdhs mnre pea cdd dpt msdhs dpt dla ddpm mnre mnre dopa nesdc".split(), strict=True,
))  # fmt: skip


@dataclass(frozen=True)
class World:
    """Where and from what seed a synthetic delivery is made."""

    areas: tuple[str, ...]
    pilots: frozenset[str]
    coastal: frozenset[str]
    border: frozenset[str]
    targets: tuple[tuple[str, str], ...]  # (target, goal), all 169
    registers: dict[str, pd.DataFrame]  # agencies, networks, partners and agreements as the codelists have them
    seed: int

    def rng(self, part: str) -> np.random.Generator:
        """Return the generator of one named part, so that another table changes no other."""
        return rng_of(f"delivery {part}", self.seed)

    def is_pilot(self, areas) -> np.ndarray:
        """Return which of `areas` are pilot provinces."""
        return np.isin(np.asarray(areas), list(self.pilots))


def read_world(codelists, seed: int) -> World:
    """Return the provinces, targets and registers of the codelists as a world to simulate in."""
    areas = codelists.areas
    return World(
        tuple(codelists.provinces), frozenset(codelists.pilots), frozenset(areas.loc[areas["coast"] == "1", "REF_AREA"]),
        frozenset(areas.loc[areas["border"] == "1", "REF_AREA"]),
        tuple(zip(codelists.targets_un["target"], codelists.targets_un["goal"], strict=True)),
        {name: pd.read_csv(codelists.folder / f"{name}.csv", dtype="str", keep_default_na=False) for name in REGISTERS}, seed,
    )  # fmt: skip


def short(area: str) -> str:
    """Return the two digits of a province, 00 for the country."""
    return area[3:] or "00"


def quarter_start(index) -> np.ndarray:
    """Return the first day of quarter 0 (October 2022) to 7 and beyond."""
    months = np.datetime64("2022-10") + 3 * np.asarray(index)
    return months.astype("datetime64[D]")


def iso(dates) -> np.ndarray:
    """Return dates as ISO text, empty where there is none."""
    text = np.datetime_as_string(np.asarray(dates, dtype="datetime64[D]"))
    return np.where(text == "NaT", "", text).astype(object)


def blank_where(missing, values) -> np.ndarray:
    """Return text values with an empty cell where `missing`."""
    return np.where(missing, "", np.asarray(values, dtype=object))


def agency_table(world: World) -> pd.DataFrame:
    """Return the ministry's register and the six agencies beside it."""
    return pd.concat([world.registers["moi_agencies"], OUTSIDE], ignore_index=True)


def office_of(area: str) -> str:
    """Return the agency that is the province itself."""
    return "bma" if area == BANGKOK else f"prov-{short(area)}"


def responsibility_table(world: World) -> pd.DataFrame:
    """Return an owner for each of the 169 targets and supporters for the targets of the themes."""
    rng, leads = world.rng("responsibility"), dict(zip(THEMES["target"], THEMES["lead"], strict=True))
    owners = [(leads.get(target, GOAL_OWNER[goal]), target, "owner") for target, goal in world.targets]
    support = []
    for target, lead in leads.items():
        for other in rng.choice([d for d in DEPARTMENTS if d != lead], rng.integers(0, 4), replace=False):
            support.append((str(other), target, "support"))
    return pd.DataFrame(owners + support, columns=["agency_id", "target", "role"])


def need_table(world: World) -> pd.DataFrame:
    """Return ten needs per province, each with a severity of 1 to 5, some severer than others everywhere."""
    rng, rows = world.rng("needs"), []
    weight = 0.5 + rng.random(len(THEMES))
    for area in world.areas:
        inland = (THEMES["target"] != "14.1") | (area in world.coastal)
        odds = (weight * inland).to_numpy()
        chosen = rng.choice(THEMES["target"], 10, replace=False, p=odds / odds.sum())
        severity = np.clip(rng.binomial(4, 0.55, 10) + 1, 1, 5)
        origin = rng.choice(["survey", "hearing", "statistics", "complaint"], 10, p=[0.3, 0.35, 0.25, 0.1])
        for at, target in enumerate(chosen):
            rows.append((f"N{short(area)}-{at + 1:02d}", area, str(target), int(severity[at]), 2566 if at < 7 else 2567, str(origin[at])))
    return pd.DataFrame(rows, columns=["need_id", "REF_AREA", "target", "severity", "fiscal_year", "origin"])


def plan_table(world: World) -> pd.DataFrame:
    """Return two versions of each provincial plan and an SDG drive plan; Bangkok has its own kind of plan."""
    rng, rows = world.rng("plans"), []
    for area in world.areas:
        kind = "bangkok_dev" if area == BANGKOK else "provincial_dev"
        days = rng.integers(0, 60, 3)
        for version, approved in ((1, "2022-08-15"), (2, "2023-08-15")):
            date = np.datetime64(approved) + days[version]
            rows.append((f"L{short(area)}-{version}", area, kind, version, 2566, 2570, str(date)))
        if area in world.pilots or rng.random() < 0.6:
            rows.append((f"L{short(area)}-S", area, "sdg_drive", 1, 2566, 2567, str(np.datetime64("2023-01-10") + days[0])))
    return pd.DataFrame(rows, columns=["plan_id", "REF_AREA", "plan_type", "version", "fiscal_year_from", "fiscal_year_to", "approved_date"])


def plan_item_table(world: World, plans: pd.DataFrame, needs: pd.DataFrame) -> pd.DataFrame:
    """Return the items of each plan: severe needs always, others often, two without a need; a later version adds and completes."""
    rng = world.rng("plan items")
    wanted = needs.groupby("REF_AREA")
    kept: dict[str, list[str]] = {}
    parts = []
    for plan in plans.to_dict("records"):
        area = plan["REF_AREA"]
        own = wanted.get_group(area)
        sure = list(own.loc[own["severity"] == 5, "target"])
        if plan["plan_type"] == "sdg_drive":
            chosen = kept[area][:5]
        elif plan["version"] == 1:
            often = own.loc[(own["severity"] < 5) & (rng.random(len(own)) < 0.25 + 0.14 * own["severity"]), "target"]
            rest = THEMES.loc[~THEMES["target"].isin([*own["target"], "14.1"]), "target"]
            chosen = kept[area] = [*sure, *often, *rng.choice(rest, 2, replace=False)]
        else:
            missing = [t for t in own["target"] if t not in kept[area]]
            chosen = kept[area] = [*kept[area], *missing[: rng.integers(1, 3)]]
        parts.append(_items_of(rng, plan, [str(t) for t in chosen], area in world.pilots))
    return pd.concat(parts, ignore_index=True)


def _items_of(rng, plan: dict, targets: list[str], pilot: bool) -> pd.DataFrame:
    """Items of one plan; the second version and the pilots state baseline, target value, owner and budget more often."""
    n, theme = len(targets), THEMES.set_index("target").loc[targets]
    better = (plan["version"] == 2 or plan["plan_type"] == "sdg_drive") + pilot
    says = {part: rng.random(n) < base + 0.15 * better for part, base in (("measure", 0.55), ("baseline", 0.4), ("owner", 0.65), ("budget", 0.6))}
    baseline = rng.integers(20, 2000, n)
    budget = (rng.lognormal(13.5, 0.8, n) * theme["money"].to_numpy()).round(-3)
    untagged = (rng.random(n) < 0.08) & (plan["version"] == 1) & (plan["plan_type"] != "sdg_drive") & (np.arange(n) >= n - 2)
    return pd.DataFrame({
        "plan_item_id": [f"I{plan['plan_id'][1:]}-{at + 1:02d}" for at in range(n)], "plan_id": plan["plan_id"],
        "text_th": theme["th"].to_numpy(), "target": blank_where(untagged, targets), "measure": blank_where(~says["measure"], "จำนวน" + theme["unit"].to_numpy()),
        "baseline": np.where(says["baseline"], baseline, np.nan), "target_value": np.where(says["measure"], (baseline * rng.uniform(1.1, 2, n)).round(), np.nan),
        "unit": theme["unit"].to_numpy(), "agency_id": blank_where(~says["owner"], theme["lead"]), "budget_thb": np.where(says["budget"], budget, np.nan),
    })  # fmt: skip


def project_table(world: World, needs: pd.DataFrame, plans: pd.DataFrame, items: pd.DataFrame) -> pd.DataFrame:
    """Return 8 to 12 projects per province (pilots 10 to 12) and six of the ministry; `target` is the primary one.

    Exactly 37 carry the VNR flag. Columns `first` and `last` are quarter indices and leave before the table is used.
    """
    rng, rows = world.rng("projects"), []
    latest = items.merge(plans.loc[plans["version"].eq(2) & plans["plan_type"].ne("sdg_drive"), ["plan_id", "REF_AREA"]], on="plan_id")
    latest = {(area, target): item for area, target, item in zip(latest["REF_AREA"], latest["target"], latest["plan_item_id"], strict=True)}
    severity = needs.set_index(["REF_AREA", "target"])["severity"].to_dict()
    for area in ("TH", *world.areas):
        pilot = area in world.pilots
        odds = np.array([1.0 if area == "TH" else 0.4 + severity.get((area, t), 0) + 2 * ((area, t) in latest) for t in THEMES["target"]])
        odds *= (THEMES["target"] != "14.1").to_numpy() | (area in world.coastal)
        count = 6 if area == "TH" else int(rng.integers(10 if pilot else 8, 13))
        for at, choice in enumerate(rng.choice(len(THEMES), count, p=odds / odds.sum())):
            theme, first = THEMES.iloc[choice], int(rng.choice(6, p=[0.25, 0.2, 0.15, 0.1, 0.2, 0.1]))
            last = first + int(rng.integers(2, 8))
            level = "global" if area == "TH" else str(rng.choice(["provincial_admin", "area"], p=[0.4, 0.6]))
            initiator = str(rng.choice(["state", "community", "private", "joint"], p=[0.45, 0.25, 0.08, 0.22] if pilot else [0.62, 0.16, 0.07, 0.15]))
            rows.append((f"P{short(area)}-{at + 1:02d}", f"{theme['th']} {MARK_TH}", f"{theme['en']} {MARK_EN}", theme["lead"], area,
                         latest.get((area, theme["target"]), ""), level, first, last, theme["unit"], initiator, theme["target"]))  # fmt: skip
    table = pd.DataFrame(rows, columns=["project_id", "name_th", "name_en", "agency_id", "REF_AREA", "plan_item_id", "level", "first", "last", "unit", "initiator", "target"])
    chosen = np.isin(np.arange(len(table)), rng.choice(len(table), VNR_PROJECTS, replace=False, p=_vnr_odds(world, table)))
    return table.assign(
        start_date=iso(quarter_start(table["first"]) + rng.integers(0, 40, len(table))), end_date=iso(quarter_start(table["last"] + 1) - rng.integers(1, 30, len(table))),
        deliverable=np.where(rng.random(len(table)) < 0.85, "จำนวน" + table["unit"], ""), output_indicator="จำนวน" + table["unit"],
        vnr_flag=chosen.astype(int), vnr_year=np.where(chosen, VNR_YEAR, np.nan),
    )  # fmt: skip


def _vnr_odds(world: World, table: pd.DataFrame) -> np.ndarray:
    """Pilots and the ministry more often, and nothing of goals 14 and 16: a portfolio has gaps."""
    odds = np.where(table["REF_AREA"].eq("TH") | world.is_pilot(table["REF_AREA"]), 4.0, 1.0)
    odds = np.where(table["target"].str.startswith(("14.", "16.")), 0, odds)
    return odds / odds.sum()


PROJECT_COLUMNS = ["project_id", "name_th", "name_en", "agency_id", "REF_AREA", "plan_item_id", "level", "start_date", "end_date",
                   "deliverable", "output_indicator", "initiator", "vnr_flag", "vnr_year"]  # fmt: skip


def project_target_table(world: World, projects: pd.DataFrame) -> pd.DataFrame:
    """Return one or two targets per project, weights summing to 1; who confirmed them is a role, never a name."""
    rng, n = world.rng("project targets"), len(projects)
    second = rng.choice(THEMES["target"], n)
    has = (rng.random(n) < 0.4) & (second != projects["target"]) & (second != "14.1")
    confirmed = rng.random(n) < np.where(world.is_pilot(projects["REF_AREA"]), 0.85, 0.6)
    when = iso(projects["start_date"].to_numpy(dtype="datetime64[D]") + rng.integers(5, 60, n))
    both = []
    for rank, target, weight, rows in ((0, projects["target"], np.where(has, 0.7, 1.0), np.full(n, True)), (1, second, np.full(n, 0.3), has)):
        part = pd.DataFrame({
            "project_id": projects["project_id"], "target": target, "weight": weight, "is_primary": int(rank == 0),
            "confirmed_by": blank_where(~confirmed, "เจ้าหน้าที่วิเคราะห์นโยบายและแผน"), "confirmed_date": blank_where(~confirmed, when), "rank": rank,
        })  # fmt: skip
        both.append(part[rows])
    return pd.concat(both).sort_values(["project_id", "rank"], kind="stable", ignore_index=True).drop(columns="rank")


def project_agency_table(world: World, projects: pd.DataFrame) -> pd.DataFrame:
    """Return the lead of each project and, in about half, one or two more agencies."""
    rng, n = world.rng("project agencies"), len(projects)
    more = np.where(rng.random(n) < np.where(world.is_pilot(projects["REF_AREA"]), 0.6, 0.4), rng.integers(1, 3, n), 0)
    more = np.where(projects["REF_AREA"].duplicated(), more, np.maximum(more, 1))  # no province works alone unless a fact says so
    rows = []
    for project, lead, area, count in zip(projects["project_id"], projects["agency_id"], projects["REF_AREA"], more, strict=True):
        rows.append((project, lead, "lead"))
        others = [d for d in (*DEPARTMENTS, *([] if area == "TH" else [office_of(area)])) if d != lead]
        rows += [(project, str(other), role) for other, role in zip(rng.choice(others, count, replace=False), ("co", "support"), strict=False)]
    return pd.DataFrame(rows, columns=["project_id", "agency_id", "role"])


def _runs(projects: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """(row of the project, quarter index) for every quarter in which a project runs."""
    first, last = projects["first"].to_numpy(), np.minimum(projects["last"].to_numpy(), len(QUARTERS) - 1)
    counts = last - first + 1
    rows = np.repeat(np.arange(len(projects)), counts)
    return rows, np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts) + first[rows]


def activity_table(world: World, projects: pd.DataFrame) -> pd.DataFrame:
    """Return one activity per project and quarter: planned, done, how late, hours given by the community."""
    rng = world.rng("activities")
    row, quarter = _runs(projects)
    own, n = projects.iloc[row], len(row)
    pilot = world.is_pilot(own["REF_AREA"])
    planned = rng.integers(1, 9, n)
    whole = rng.random(n) < np.where(pilot, 0.8, 0.7)
    done = np.where(whole, planned, rng.binomial(planned, 0.5))
    planned_date = quarter_start(quarter) + rng.integers(45, 89, n)
    late = np.where(rng.random(n) < 0.45, 0, rng.exponential(np.where(pilot, 14, 24), n)).astype(int)
    done_date = np.where(done > 0, planned_date + late, np.datetime64("NaT"))
    done = np.where(done_date > END, 0, done)
    done_date = np.where(done > 0, done_date, np.datetime64("NaT"))
    activity = [f"A{p[1:]}-{q + 1}" for p, q in zip(own["project_id"], quarter, strict=True)]
    seen = (done > 0) & (rng.random(n) < np.where(pilot, 0.55, 0.25))
    given = own["initiator"].isin(["community", "joint"]).to_numpy() & (done > 0)
    return pd.DataFrame({
        "activity_id": activity, "project_id": own["project_id"].to_numpy(), "fiscal_quarter": np.array(QUARTERS)[quarter], "planned": planned, "done": done,
        "unit": "ครั้ง", "planned_date": iso(planned_date), "done_date": iso(done_date), "evidence_id": blank_where(~seen, ["E" + a[1:] for a in activity]),
        "community_hours": np.where(given, rng.integers(8, 240, n), 0),
    })  # fmt: skip


def budget_table(world: World, projects: pd.DataFrame) -> pd.DataFrame:
    """Return baht planned and disbursed per project, quarter and kind of source; money goes out slowly at first."""
    rng = world.rng("budgets")
    row, quarter = _runs(projects)
    pilot = world.is_pilot(projects["REF_AREA"])
    money = dict(zip(THEMES["target"], THEMES["money"], strict=True))
    size = rng.lognormal(12.6, 0.7, len(projects)) * projects["target"].map(money).to_numpy()
    pace = rng.normal(0.93, 0.08, len(projects)).clip(0.6, 1)
    has = {"public": np.full(len(projects), True), "local": rng.random(len(projects)) < 0.25,
           "private": rng.random(len(projects)) < np.where(pilot, 0.4, 0.22), "donor": rng.random(len(projects)) < np.where(pilot, 0.15, 0.03)}  # fmt: skip
    part = {"public": 1.0, "local": 0.25, "private": 0.3, "donor": 0.2}
    funder = {"local": "อปท.", "private": "เอกชน", "donor": "ผู้ให้ทุน"}
    season = np.array([0.75, 0.88, 0.95, 1.02])
    tables = []
    for source, letter in (("public", "u"), ("local", "l"), ("private", "v"), ("donor", "d")):
        rows, q = row[has[source][row]], quarter[has[source][row]]
        planned = (size[rows] * part[source] * rng.uniform(0.6, 1.4, len(rows))).round(-2)
        disbursed = (planned * (pace[rows] * season[q % 4] * rng.normal(1, 0.07, len(rows))).clip(0, 1.05)).round()
        own = projects.iloc[rows]
        tables.append(pd.DataFrame({
            "budget_id": [f"B{p[1:]}-{i + 1}{letter}" for p, i in zip(own["project_id"], q, strict=True)], "project_id": own["project_id"].to_numpy(),
            "REF_AREA": own["REF_AREA"].to_numpy(), "fiscal_quarter": np.array(QUARTERS)[q], "source_type": source, "funder": own["agency_id"].to_numpy() if source == "public" else funder[source],
            "planned_thb": planned, "disbursed_thb": disbursed, "unit_stated": "baht",
        }))  # fmt: skip
    return pd.concat(tables).sort_values("budget_id", kind="stable", ignore_index=True)


def quarterly_results(rng, n: int, active: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return target values and n x 4 results of honest forms: growing over the year, no two quarters alike by design.

    `active` (n x 4) says in which quarters a project ran; the others are missing.
    """
    size = np.exp(rng.uniform(np.log(120), np.log(9000), n))
    target = np.where(size < 1000, size.round(-1), size.round(-2))
    share = rng.gamma(np.array([8.0, 12.0, 14.0, 16.0]), size=(n, 4)) * active
    share = share / share.sum(axis=1, keepdims=True)
    reached = rng.normal(0.93, 0.12, (n, 1)).clip(0.5, 1.3)
    return target, np.where(active, (target[:, None] * reached * share).round(), np.nan)


def kpi_table(world: World, projects: pd.DataFrame, budgets: pd.DataFrame) -> pd.DataFrame:
    """Return the ministry's KPI form per project and fiscal year with at least two quarters of work."""
    rng, rows = world.rng("kpi"), []
    for year_no, year in enumerate(FISCAL_YEARS):
        index = np.arange(4) + 4 * year_no
        active = (index >= projects["first"].to_numpy()[:, None]) & (index <= projects["last"].to_numpy()[:, None])
        keep = active.sum(axis=1) >= 2
        own = projects[keep]
        target, results = quarterly_results(rng, len(own), active[keep])
        rows.append(_forms(rng, own, year, target, results))
    table = pd.concat(rows, ignore_index=True)
    spent = budgets.assign(fiscal_year=budgets["fiscal_quarter"].str[:4].astype(int)).groupby(["project_id", "fiscal_year"])[["planned_thb", "disbursed_thb"]].sum()
    spent = spent.reindex(pd.MultiIndex.from_frame(table[["project_id", "fiscal_year"]]))
    table["budget_thb"], table["disbursed_thb"] = spent["planned_thb"].to_numpy(), spent["disbursed_thb"].to_numpy()
    return table.sort_values("kpi_id", kind="stable", ignore_index=True)


def _forms(rng, own: pd.DataFrame, year: int, target: np.ndarray, results: np.ndarray) -> pd.DataFrame:
    """Forms of one year; a cumulative form repeats what came before and its total is the last quarter."""
    cumulative = rng.random(len(own)) < 0.35
    running = np.where(np.isnan(results), np.nan, np.nancumsum(results, axis=1))
    values = np.where(cumulative[:, None], running, results)
    total = np.nansum(results, axis=1)
    return pd.DataFrame({
        "kpi_id": [f"K{p[1:]}-{year % 100}" for p in own["project_id"]], "agency_id": own["agency_id"].to_numpy(), "project_id": own["project_id"].to_numpy(),
        "REF_AREA": own["REF_AREA"].to_numpy(), "fiscal_year": year, "indicator": own["output_indicator"].to_numpy(), "unit": own["unit"].to_numpy(), "target_value": target,
        "q1": values[:, 0], "q2": values[:, 1], "q3": values[:, 2], "q4": values[:, 3], "total": total, "cumulative": cumulative.astype(int),
        "budget_thb": np.nan, "disbursed_thb": np.nan, "national_strategy": rng.integers(1, 7, len(own)).astype(str), "plan13": rng.integers(1, 14, len(own)).astype(str),
        "master_plan": rng.integers(1, 24, len(own)).astype(str), "target": own["target"].to_numpy(),
    })  # fmt: skip


def evidence_table(world: World, activities: pd.DataFrame) -> pd.DataFrame:
    """Return one row per activity that shows evidence; the checksum is made from its id, there is no file."""
    import hashlib

    rng, own = world.rng("evidence"), activities[activities["evidence_id"] != ""]
    kind = rng.choice(["photo", "document", "data", "audit"], len(own), p=[0.5, 0.3, 0.15, 0.05])
    return pd.DataFrame({
        "evidence_id": own["evidence_id"].to_numpy(), "kind": kind, "file_sha256": [hashlib.sha256(e.encode()).hexdigest() for e in own["evidence_id"]],
        "project_id": own["project_id"].to_numpy(), "evidence_date": own["done_date"].to_numpy(), "consent": (rng.random(len(own)) < 0.9).astype(int),
        "alt_th": np.where(kind == "photo", "ภาพกิจกรรม (สังเคราะห์)", ""),
    })  # fmt: skip


def practice_table(world: World, projects: pd.DataFrame) -> pd.DataFrame:
    """Return two candidate practices per pilot province, most with weak evidence."""
    rng = world.rng("practices")
    own = projects[world.is_pilot(projects["REF_AREA"])].groupby("REF_AREA").head(2)
    n = len(own)
    return pd.DataFrame({
        "practice_id": ["T" + p[1:] for p in own["project_id"]], "project_id": own["project_id"].to_numpy(), "REF_AREA": own["REF_AREA"].to_numpy(), "title_th": own["name_th"].to_numpy(), "title_en": own["name_en"].to_numpy(),
        "evidence_grade": rng.choice(list("ABCD"), n, p=[0.05, 0.2, 0.4, 0.35]), "conditions_th": "มีคณะทำงานระดับตำบล", "cost_thb": rng.lognormal(13, 0.6, n).round(-3),
        "transfer_th": "ขยายผลระดับอำเภอ",
    })  # fmt: skip
