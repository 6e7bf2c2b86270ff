"""Synthetic partners, participation, training, surveys, mechanisms, meetings and decisions.

Nothing here is official: numbers of people, scores and dates are invented. Persons are pseudonyms from the start.
"""

from __future__ import annotations

import zlib

import numpy as np
import pandas as pd

from sdg_eval.delivery.simulated_programme import (
    BANGKOK,
    END,
    MARK_EN,
    MARK_TH,
    QUARTERS,
    START,
    THEMES,
    World,
    blank_where,
    iso,
    office_of,
    quarter_start,
    short,
)

NETWORK_REACH = {"government": 0.92, "people": 0.55, "academia": 0.35, "civil_society": 0.3, "private": 0.28, "religious": 0.22, "media": 0.2}
"""Share of projects in which a network takes part; more in the pilots."""
GROUP_SHARE = {"women": 0.51, "men": 0.49, "youth": 0.13, "older": 0.20, "disability": 0.033, "ethnic": 0.02, "migrant": 0.045, "poor": 0.09}
"""Share of a group in the population; ethnic groups are 0.15 of a northern border province."""
GROUP_TURNOUT = {"women": 1.12, "men": 0.875, "youth": 0.65, "older": 1.35, "disability": 0.8, "ethnic": 0.85, "migrant": 0.7, "poor": 0.8}
"""True ratio of a group's share in the room to its share in the population."""
ALIKE = 100
"""Rooms differ beyond chance: the correlation within a room is 1 / (1 + ALIKE)."""
ADOPTED, ANSWERED = 0.35, 0.7
"""True share of proposals adopted and answered; the pilots have 0.1 more."""
SURVEYED = {"TH-50": "random", "TH-30": "random", "TH-90": "random", "TH-10": "convenience"}
"""Provinces with a survey of priorities, and how persons were chosen."""
ANSWERS = 400
GAIN_BASE, GAIN_PER_HOUR, GAIN_KEPT = 6.0, 1.1, 0.8
"""True change of score at a training: points, points per hour, and the part still there half a year later."""
AGE_GROUPS = ("15-24", "25-44", "45-59", "60+")
FINDINGS = (
    ("pace", "การเบิกจ่ายช้ากว่าแผน", "Disbursement is behind plan", "เร่งรัดการเบิกจ่าย"),
    ("network_missing", "บางโครงการขาดภาคีเครือข่าย", "Some projects lack a network", "เชิญภาคีที่ขาดร่วมโครงการ"),
    ("group_silent", "บางกลุ่มเข้าร่วมน้อย", "Some groups take little part", "จัดเวทีให้กลุ่มที่เข้าร่วมน้อย"),
    ("need_uncovered", "มีปัญหาที่ยังไม่อยู่ในแผน", "A need is in no plan", "เพิ่มรายการในแผน"),
)  # fmt: skip
"""What invented earlier reports said (id, Thai, English), and the decision that answers it."""


def partner_table(world: World) -> pd.DataFrame:
    """Return the registered partners and three invented members of each network."""
    own = [
        (f"{network}-{at}", f"{name_th} {at} {MARK_TH}", f"{name_en} {at} {MARK_EN}", "network", network, "area")
        for network, name_th, name_en in world.registers["networks"][["network_id", "name_th", "name_en"]].itertuples(index=False)
        for at in (1, 2, 3)
    ]
    table = world.registers["partners"]
    return pd.concat([table, pd.DataFrame(own, columns=table.columns)], ignore_index=True)


def agreement_table(world: World) -> pd.DataFrame:
    """Return the agreements with GIZ, planned as the press release says, and the window of UNDP."""
    table = world.registers["agreements"]
    undp = ("moi-undp", "moi", "undp", "การขับเคลื่อน SDGs ในระดับพื้นที่ 15 จังหวัด", "2022-12-01", "2024-04-30", "ended")
    return pd.concat([table, pd.DataFrame([undp], columns=table.columns)], ignore_index=True)


def project_partner_table(world: World, projects: pd.DataFrame) -> pd.DataFrame:
    """Return the networks of each project; every province has each of the seven at least once."""
    rng, n = world.rng("project partners"), len(projects)
    pilot, parts = world.is_pilot(projects["REF_AREA"]), []
    for network, reach in NETWORK_REACH.items():
        joins = rng.random(n) < np.where(pilot, min(1, 1.25 * reach), reach)
        first = ~projects.assign(joins=joins).groupby("REF_AREA")["joins"].transform("any") & ~projects["REF_AREA"].duplicated()
        own = projects[joins | first.to_numpy()]
        parts.append(pd.DataFrame({
            "project_id": own["project_id"], "network_id": network, "partner_id": [f"{network}-{i}" for i in rng.integers(1, 4, len(own))],
            "role": rng.choice(["plan", "fund", "deliver", "monitor"], len(own), p=[0.2, 0.15, 0.5, 0.15]),
        }))  # fmt: skip
    return pd.concat(parts).sort_values(["project_id", "network_id"], kind="stable", ignore_index=True)


def body_table(world: World) -> pd.DataFrame:
    """Return the ministry's committee and one committee per province."""
    rows = [("C00", "คณะกรรมการขับเคลื่อนเป้าหมายการพัฒนาที่ยั่งยืน กระทรวงมหาดไทย", "SDG steering committee, Ministry of Interior", "global", "ปลัดกระทรวงมหาดไทย")]
    rows += [(f"C{short(a)}", "คณะกรรมการ SDGs ระดับจังหวัด", "Provincial SDG committee", "provincial_admin", "ผู้ว่าราชการจังหวัด") for a in world.areas]
    return pd.DataFrame(rows, columns=["body_id", "name_th", "name_en", "level", "chair_role"])


def population_group_table(world: World) -> pd.DataFrame:
    """Return people by group and province; the groups overlap."""
    rng, n = world.rng("population"), len(world.areas)
    total = np.exp(rng.normal(np.log(650_000), 0.55, n))
    total[world.areas.index(BANGKOK)] = 5_500_000
    share = np.tile(list(GROUP_SHARE.values()), (n, 1)) * rng.normal(1, 0.06, (n, len(GROUP_SHARE)))
    hill = np.array([a in world.border and a in ("TH-50", "TH-55", "TH-57", "TH-58", "TH-63") for a in world.areas])
    names = list(GROUP_SHARE)
    share[hill, names.index("ethnic")] = 0.15
    share[:, names.index("men")] = 1 - share[:, names.index("women")]
    return pd.DataFrame({
        "REF_AREA": np.repeat(world.areas, len(names)), "group": np.tile(names, n), "people": (total[:, None] * share).round().astype(int).ravel(), "year": 2566,
    })  # fmt: skip


def participation_table(world: World, projects: pd.DataFrame) -> pd.DataFrame:
    """Return at least three events per province, more in the pilots, with proposals, adopted and answered."""
    rng, rows = world.rng("participation"), []
    projects = projects.groupby("REF_AREA")["project_id"].agg(list)
    for area in world.areas:
        pilot = area in world.pilots
        count = max(3, rng.poisson(12 if pilot else 5))
        days = np.sort(rng.integers(20, int((END - START).astype(int)), count))
        for at, day in enumerate(days):
            proposals = int(rng.poisson(9))
            adopted = int(rng.binomial(proposals, ADOPTED + 0.1 * pilot))
            # an adopted proposal has been answered; the others are answered so often that the share over all is ANSWERED
            answered = adopted + int(rng.binomial(proposals - adopted, (ANSWERED - ADOPTED) / (1 - ADOPTED - 0.1 * pilot)))
            kind = str(rng.choice(["hearing", "forum", "survey", "workshop", "online"], p=[0.3, 0.3, 0.1, 0.2, 0.1]))
            rows.append((f"V{short(area)}-{at + 1:02d}", area, str(START + day), kind, str(rng.choice(projects[area])) if rng.random() < 0.4 else "",
                         proposals, adopted, answered))  # fmt: skip
    return pd.DataFrame(rows, columns=["event_id", "REF_AREA", "event_date", "kind", "project_id", "proposals", "adopted", "answered"])


def participation_group_table(world: World, events: pd.DataFrame, population: pd.DataFrame) -> pd.DataFrame:
    """Return participants by group: each group's share of the people times its turnout, more varied than by chance alone."""
    rng, n = world.rng("participants"), len(events)
    people = population.pivot(index="REF_AREA", columns="group", values="people")
    share = people.div(people["women"] + people["men"], axis=0).loc[events["REF_AREA"], list(GROUP_SHARE)].to_numpy()
    room = rng.integers(35, 160, n)
    mean = np.clip(share * list(GROUP_TURNOUT.values()), 0, 0.95)
    odds = rng.beta(ALIKE * mean, ALIKE * (1 - mean))
    counts = rng.binomial(room[:, None], odds)
    counts[:, 1] = room - counts[:, 0]
    seen = pd.DataFrame(counts).groupby(events["REF_AREA"].to_numpy()).transform("sum").to_numpy()
    first = ~events["REF_AREA"].duplicated().to_numpy()
    counts = np.where((seen == 0) & first[:, None], 2, counts)  # no group is silent unless a fact says so
    return pd.DataFrame({"event_id": np.repeat(events["event_id"].to_numpy(), len(GROUP_SHARE)), "group": np.tile(list(GROUP_SHARE), n), "participants": counts.ravel()})


def training_table(world: World) -> pd.DataFrame:
    """Return six trainings per pilot province and two elsewhere, some with the United Nations as host."""
    rng, rows = world.rng("trainings"), []
    for area in world.areas:
        pilot = area in world.pilots
        days = np.sort(rng.integers(30, 640, 6 if pilot else 2))
        for at, day in enumerate(days):
            host = str(rng.choice(["moi", "un", "province", "academia"], p=[0.3, 0.35, 0.2, 0.15] if pilot else [0.35, 0.05, 0.5, 0.1]))
            invited = int(rng.integers(30, 81))
            agency = str(rng.choice(["dopa", "cdd", "dla", "ddpm", "dpt", "dol", office_of(area)]))
            rows.append((f"W{short(area)}-{at + 1}", str(START + day), host, agency, area, "ความรู้ SDGs", int(rng.choice([3, 6, 12])), invited,
                         int(rng.binomial(invited, 0.78))))  # fmt: skip
    return pd.DataFrame(rows, columns=["event_id", "event_date", "host", "agency_id", "REF_AREA", "topic", "hours", "invited", "attended"])


def pseudonym(*parts) -> str:
    """Return eight letters that stand for an invented person."""
    return f"p{zlib.crc32('|'.join(map(str, parts)).encode()):08x}"


def training_score_table(world: World, trainings: pd.DataFrame) -> pd.DataFrame:
    """Return scores before, after and half a year later in the first three trainings of each pilot province."""
    rng, parts = world.rng("scores"), []
    own = trainings[world.is_pilot(trainings["REF_AREA"])].groupby("REF_AREA").head(3)
    for event in own.to_dict("records"):
        n = min(30, event["attended"])
        before = rng.normal(52, 12, n).clip(5, 95).round()
        after = (before + GAIN_BASE + GAIN_PER_HOUR * event["hours"] + rng.normal(0, 8, n)).clip(0, 100).round()
        later = (before + GAIN_KEPT * (after - before) + rng.normal(0, 6, n)).clip(0, 100).round()
        when = np.datetime64(event["event_date"]) + 180
        there = (rng.random(n) < 0.7) & (when <= END)
        parts.append(pd.DataFrame({
            "event_id": event["event_id"], "person": [pseudonym(event["event_id"], at) for at in range(n)], "pre_score": before,
            "post_score": np.where(rng.random(n) < 0.93, after, np.nan), "follow_up_score": np.where(there, later, np.nan), "follow_up_date": blank_where(~there, [str(when)] * n),
        }))  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def survey_margin_table(world: World, population: pd.DataFrame) -> pd.DataFrame:
    """Return people by sex, age group and urbanisation for the surveyed provinces."""
    rng, rows = world.rng("margins"), []
    people = population[population["group"].isin(["women", "men"])].groupby("REF_AREA")["people"].sum()
    for area in SURVEYED:
        adults = int(0.83 * people[area])
        urban = 1.0 if area == BANGKOK else float(rng.uniform(0.3, 0.55))
        parts = {"sex": {"M": 0.485, "F": 0.515}, "age_group": dict(zip(AGE_GROUPS, (0.15, 0.35, 0.27, 0.23), strict=True)), "urbanisation": {"U": urban, "R": 1 - urban}}
        for margin, shares in parts.items():
            counts = [round(adults * s) for s in list(shares.values())[:-1]]
            rows += [(area, margin, category, count) for category, count in zip(shares, [*counts, adults - sum(counts)], strict=True)]
    return pd.DataFrame(rows, columns=["REF_AREA", "margin", "category", "people"])


def survey_answer_table(world: World, margins: pd.DataFrame) -> pd.DataFrame:
    """Return priorities of 400 persons per surveyed province: older persons and women answer more often than they are.

    The young care for work (goal 8), the old for health (3); a convenience sample found them in town, at a fair.
    """
    rng, parts = world.rng("survey"), []
    for area, sampling in SURVEYED.items():
        own = margins[margins["REF_AREA"] == area]
        drawn = {margin: _drawn(rng, own[own["margin"] == margin], skew) for margin, skew in
                 (("sex", (0.8, 1.2)), ("age_group", (0.5, 0.8, 1.1, 1.6)), ("urbanisation", (1.3, 0.8)))}  # fmt: skip
        age = np.array([AGE_GROUPS.index(a) for a in drawn["age_group"]])
        appeal = np.tile(np.array([6, 3, 5, 3, 1, 3, 1, 5, 2, 3, 4, 1, 3, 0.5, 1.5, 3, 0.5]), (ANSWERS, 1))
        appeal[:, 7] *= np.array([2.2, 1.4, 0.8, 0.4])[age]
        appeal[:, 2] *= np.array([0.5, 0.8, 1.2, 2.0])[age]
        if sampling == "convenience":
            appeal[:, 10] *= 3
        order = np.argsort(-(np.log(appeal) + rng.gumbel(size=appeal.shape)), axis=1)[:, :3] + 1
        parts.append(pd.DataFrame({
            "person": [pseudonym("survey", area, at) for at in range(ANSWERS)], "REF_AREA": area, "fiscal_year": 2567, **drawn,
            **{f"priority_{k + 1}": order[:, k].astype(str) for k in range(3)}, "sampling": sampling,
        }))  # fmt: skip
    table = pd.concat(parts, ignore_index=True)
    return table[["person", "REF_AREA", "fiscal_year", "sex", "age_group", "urbanisation", "priority_1", "priority_2", "priority_3", "sampling"]]


def _drawn(rng, margin: pd.DataFrame, skew: tuple[float, ...]) -> np.ndarray:
    odds = margin["people"].to_numpy() * np.array(skew)
    return rng.choice(margin["category"].to_numpy(), ANSWERS, p=odds / odds.sum())


def mechanism_table(world: World) -> pd.DataFrame:
    """Return the state of each province's mechanism per quarter: it grows, in the pilots sooner, and stays."""
    rng, n = world.rng("mechanism"), len(world.areas)
    pilot = world.is_pilot(world.areas)
    begins = np.where(pilot, rng.integers(0, 2, n), rng.integers(1, 8, n))
    begins = np.where(~pilot & (rng.random(n) < 0.12), 99, begins)
    quarter = np.tile(np.arange(8), n)
    begin = np.repeat(begins, 8)
    exists = quarter >= begin
    grown = {part: exists & (quarter >= begin + np.repeat(rng.integers(0, wait, n), 8)) for part, wait in (("has_workplan", 3), ("has_secretariat", 4), ("has_data_officer", 6))}
    ordered = quarter_start(np.where(begins > 8, 0, begins)) + rng.integers(5, 80, n)
    meetings = np.where(exists, 1 + rng.binomial(2, np.repeat(np.where(pilot, 0.4, 0.2), 8)), 0)
    return pd.DataFrame({
        "REF_AREA": np.repeat(world.areas, 8), "fiscal_quarter": np.tile(QUARTERS, n), "committee_exists": exists.astype(int),
        "order_no": blank_where(~exists, np.repeat([f"{number}/{year}" for number, year in zip(rng.integers(100, 5000, n), 2566 + begins // 4, strict=True)], 8)),
        "order_date": blank_where(~exists, np.repeat(iso(ordered), 8)), "chair_role": blank_where(~exists, np.repeat([_chair(a) for a in world.areas], 8)),
        "meetings_held": meetings, **{part: has.astype(int) for part, has in grown.items()},
        "reports_on_time": (exists & (rng.random(8 * n) < np.repeat(np.where(pilot, 0.85, 0.65), 8))).astype(int),
    })  # fmt: skip


def _chair(area: str) -> str:
    return "ผู้ว่าราชการกรุงเทพมหานคร" if area == BANGKOK else "ผู้ว่าราชการจังหวัด"


def milestone_table(world: World) -> pd.DataFrame:
    """Return planned and actual dates of the four steps; many provinces have not reached the later ones."""
    rng, n = world.rng("milestones"), len(world.areas)
    pilot = world.is_pilot(world.areas)[:, None]
    planned = np.array([60, 200, 330, 560]) + np.where(pilot, 0, 90) + rng.integers(-20, 20, (n, 4))
    waits = rng.gamma(4, np.where(pilot, [55, 105, 130, 160], [110, 160, 190, 220]) / 4, (n, 4))
    actual = np.where(pilot, 30, 60) + np.cumsum(waits, axis=1).astype(int)
    actual = np.where(START + actual <= END, START + actual, np.datetime64("NaT"))
    return pd.DataFrame({
        "REF_AREA": np.repeat(world.areas, 4), "step_no": np.tile(["1", "2", "3", "4"], n), "planned_date": iso(START + planned).ravel(), "actual_date": iso(actual).ravel(),
    })  # fmt: skip


def meeting_table(world: World, mechanism: pd.DataFrame) -> pd.DataFrame:
    """Return one meeting of the ministry's committee a quarter, and the meetings that the mechanisms held."""
    rng, rows = world.rng("meetings"), []
    held = [("TH", q, 1) for q in range(8)]
    held += [(area, QUARTERS.index(q), count) for area, q, count in zip(mechanism["REF_AREA"], mechanism["fiscal_quarter"], mechanism["meetings_held"], strict=True)]
    for area, quarter, count in held:
        for at, day in enumerate(np.sort(rng.integers(8, 85, count))):
            mode = str(rng.choice(["room", "online", "both"], p=[0.5, 0.2, 0.3]))
            rows.append((f"M{short(area)}-{quarter + 1}{'abc'[at]}", f"C{short(area)}", area, str(quarter_start(quarter) + day), "" if mode == "online" else "ห้องประชุม", mode))
    return pd.DataFrame(rows, columns=["meeting_id", "body_id", "REF_AREA", "meeting_date", "place", "mode"])


def quarter_of(dates) -> np.ndarray:
    """Return the Thai fiscal quarter of ISO dates."""
    months = np.asarray(dates, dtype="datetime64[M]").astype(int) - np.datetime64("2022-10").astype(int)
    return np.array(QUARTERS)[np.clip(months // 3, 0, 7)]


def decision_table(world: World, meetings: pd.DataFrame, said: pd.DataFrame) -> pd.DataFrame:
    """Return one decision per meeting: done, dropped, or open and at most 45 days over its date.

    Seven in ten answer a finding of the quarter before, where the last report said any.
    """
    rng, n = world.rng("decisions"), len(meetings)
    met = meetings["meeting_date"].to_numpy(dtype="datetime64[D]")
    due = met + rng.integers(40, 110, n)
    closed = met + rng.gamma(3, np.where(world.is_pilot(meetings["REF_AREA"]), 20, 30), n).astype(int) + 5
    done = (closed <= END) & (rng.random(n) < 0.9)
    dropped = ~done & ((END - due).astype(int) > 45)
    ended = np.where(dropped, np.minimum(due + 30, END), closed)
    quarter, finding = quarter_of(met), _answered(rng, meetings["REF_AREA"], quarter_of(met), said)
    text = {code: told for code, _, _, told in FINDINGS}
    topic = rng.choice(THEMES["th"].to_numpy(), n)
    owner = np.where(rng.random(n) < 0.5, [("moi" if a == "TH" else office_of(a)) for a in meetings["REF_AREA"]], rng.choice(["dopa", "cdd", "dla", "ddpm", "dpt"], n))
    return pd.DataFrame({
        "decision_id": ["D" + m[1:] for m in meetings["meeting_id"]], "meeting_id": meetings["meeting_id"].to_numpy(), "REF_AREA": meetings["REF_AREA"].to_numpy(), "fiscal_quarter": quarter,
        "text_th": [text.get(code, f"เร่งรัด{t}") for code, t in zip(finding, topic, strict=True)], "owner_agency_id": owner.astype(object), "due_date": iso(due),
        "status": np.select([done, dropped], ["done", "dropped"], "open"), "closed_date": blank_where(~(done | dropped), iso(ended)), "finding_id": finding,
    })  # fmt: skip


def _answered(rng, areas, quarters, said: pd.DataFrame) -> list[str]:
    """A finding of the quarter before each decision, or none."""
    told = said.groupby(["REF_AREA", "fiscal_quarter"])["finding_id"].agg(list).to_dict()
    chosen = []
    for area, quarter, answers in zip(areas, quarters, rng.random(len(areas)) < 0.7, strict=True):
        before = QUARTERS.index(quarter) - 1
        found = told.get((area, QUARTERS[before])) if before >= 0 else None
        chosen.append(str(rng.choice(found)) if found and answers else "")
    return chosen


def adjustment_table(world: World, decisions: pd.DataFrame) -> pd.DataFrame:
    """Return what was changed after six in ten of the decisions that were done."""
    rng = world.rng("adjustments")
    own = decisions[(decisions["status"] == "done") & (rng.random(len(decisions)) < 0.6)]
    return pd.DataFrame({
        "adjustment_id": ["J" + d[1:] for d in own["decision_id"]], "REF_AREA": own["REF_AREA"].to_numpy(), "fiscal_quarter": quarter_of(own["closed_date"]), "decision_id": own["decision_id"].to_numpy(),
        "action_th": "ปรับแผนงาน", "done_date": own["closed_date"].to_numpy(), "result_th": blank_where(rng.random(len(own)) < 0.3, ["ทำงานเร็วขึ้น"] * len(own)),
    })  # fmt: skip


def said_table(world: World) -> pd.DataFrame:
    """Return two findings per pilot province and quarter up to the last but one, as an earlier report would have left them."""
    rng, rows = world.rng("said"), []
    for area in sorted(world.pilots):
        for quarter in QUARTERS[:-1]:
            for at in np.sort(rng.choice(len(FINDINGS), 2, replace=False)):
                rows.append((area, quarter, FINDINGS[at][0], f"{FINDINGS[at][1]} {MARK_TH}", f"{FINDINGS[at][2]} {MARK_EN}"))
    return pd.DataFrame(rows, columns=["REF_AREA", "fiscal_quarter", "finding_id", "text_th", "text_en"])


def local_group_table(world: World) -> pd.DataFrame:
    """Return groups of people: six per pilot province, two or three elsewhere; some have ended."""
    rng = world.rng("groups")
    count = np.where(world.is_pilot(world.areas), 6, rng.integers(2, 4, len(world.areas)))
    area, n = np.repeat(world.areas, count), int(count.sum())
    start = START + rng.integers(0, 600, n)
    lasted = (rng.weibull(1.2, n) * np.where(world.is_pilot(area), 1500, 1000)).astype(int) + 30
    end = np.where(start + lasted <= END, start + lasted, np.datetime64("NaT"))
    at = np.arange(n) - np.repeat(np.cumsum(count) - count, count) + 1
    return pd.DataFrame({
        "group_id": [f"G{short(a)}-{i}" for a, i in zip(area, at, strict=True)], "REF_AREA": area, "name_th": [f"กลุ่ม{t} {MARK_TH}" for t in rng.choice(THEMES["th"].to_numpy(), n)],
        "start_date": iso(start), "end_date": iso(end), "members": rng.integers(8, 60, n),
    })  # fmt: skip


def leadership_table(world: World) -> pd.DataFrame:
    """Return events that the governor led per quarter, and when the post changed hands (in October)."""
    rng, n = world.rng("leadership"), len(world.areas)
    quarter = np.tile(np.arange(8), n)
    area = np.repeat(world.areas, 8)
    changed = np.isin(quarter, [0, 4]) & (rng.random(8 * n) < 0.3) & (area != BANGKOK)
    return pd.DataFrame({
        "REF_AREA": area, "fiscal_quarter": np.tile(QUARTERS, n), "governor_led_events": rng.poisson(np.where(world.is_pilot(area), 2.5, 1.2)),
        "role_change_date": blank_where(~changed, iso(quarter_start(quarter))),
    })  # fmt: skip


def request_table(world: World) -> pd.DataFrame:
    """Return four requests for data or help per province; one in eight is not answered."""
    rng, n = world.rng("requests"), 4 * len(world.areas)
    area, when = np.repeat(world.areas, 4), START + rng.integers(0, 660, 4 * len(world.areas))
    answered = np.where(rng.random(n) < 0.88, when + 1 + rng.gamma(2, 9, n).astype(int), np.datetime64("NaT"))
    return pd.DataFrame({
        "request_id": [f"Q{short(a)}-{i % 4 + 1}" for i, a in enumerate(area)], "REF_AREA": area, "topic": rng.choice(["ข้อมูลครัวเรือน", "แผนที่เสี่ยงภัย", "งบประมาณ", "ข้อมูลสุขภาพ"], n),
        "request_date": iso(when), "answered_date": iso(np.where(answered <= END, answered, np.datetime64("NaT"))),
    })  # fmt: skip


def resource_table(world: World) -> pd.DataFrame:
    """Return what UNDP's window is imagined to have given the pilots; GIZ is planned, so it has given nothing."""
    rng, pilots = world.rng("resources"), sorted(world.pilots)
    area, n = np.repeat(pilots, 3), 3 * len(pilots)
    kind = np.tile(["software", "hardware", "people"], len(pilots))
    return pd.DataFrame({
        "resource_id": [f"R{short(a)}-{i % 3 + 1}" for i, a in enumerate(area)], "kind": kind, "donor": "undp", "quantity": rng.integers(1, 6, n), "REF_AREA": area,
        "delivered_date": iso(START + rng.integers(90, 500, n)), "in_use": (rng.random(n) < 0.8).astype(int),
    })  # fmt: skip


def process_metric_table(world: World) -> pd.DataFrame:
    """Return hours, delay and rework per step and quarter in the pilots; all fall as the work settles."""
    rng, pilots = world.rng("process"), sorted(world.pilots)
    area, quarter, step = (a.ravel() for a in np.meshgrid(pilots, np.arange(8), ["1", "2", "3", "4"], indexing="ij"))
    fall = 1 - 0.05 * quarter
    return pd.DataFrame({
        "step": step, "fiscal_quarter": np.array(QUARTERS)[quarter], "REF_AREA": area, "hours": (rng.gamma(20, 2, len(area)) * fall).round(1),
        "latency_days": (rng.gamma(9, 3, len(area)) * fall).round(), "rework": rng.poisson(3 * fall),
    })  # fmt: skip


def framework_table() -> pd.DataFrame:
    """Return the three frameworks between which indicators are traced."""
    rows = [
        ("un", "องค์การสหประชาชาติ", "United Nations", "กรอบตัวชี้วัดสากล", "Global indicator framework"),
        ("gps", "กพย.", "National Committee for Sustainable Development", "ตัวชี้วัดระดับประเทศ", "National indicators"),
        ("moi-kpi", "กระทรวงมหาดไทย", "Ministry of Interior", "แบบรายงานตัวชี้วัดรายไตรมาส", "Quarterly KPI form"),
    ]
    return pd.DataFrame(rows, columns=["framework_id", "owner_th", "owner_en", "name_th", "name_en"])


def crosswalk_table(indicators: pd.DataFrame) -> pd.DataFrame:
    """Return which target and indicator each output of the KPI form serves; some lead to no national indicator yet."""
    first = indicators.drop_duplicates("target").set_index("target")["indicator"]
    rows = []
    for at, (target, th) in enumerate(zip(THEMES["target"], THEMES["th"], strict=True)):
        rows += [(th, "moi-kpi", target, ""), (th, "un", target, first.get(target, ""))]
        rows += [(th, "gps", target, first.get(target, ""))] if at % 5 else []
    return pd.DataFrame(rows, columns=["local_indicator", "framework_id", "target", "indicator"])
