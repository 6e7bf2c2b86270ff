"""What became of the runs of a batch, in six words, and totals that must agree with the plan.

planned = done + kept + failed + refused + suppressed + interrupted, province by province. The plan is written down
before anything runs; so a run that nobody accounts for is seen, and is never taken for one that went well.
"""

from __future__ import annotations

import re

import pandas as pd

from sdg_eval.wording import pick

STATUSES = ("done", "kept", "failed", "refused", "suppressed", "interrupted")
GOOD = ("done", "kept", "suppressed")
"""Nothing is left to do: where all that would be shown rests on too few persons, running again shows no more."""
UNKNOWN = "unaccounted"
"""Word for a planned run that nothing says anything of, and for a status that is none of ours."""
RUN = ["notebook", "REF_AREA"]
"""What names a run; REF_AREA is '' for a notebook about all provinces."""

NEXT = {
    "refused": (
        "ข้อมูลถูกปฏิเสธ: แก้ไขตามข้อความข้างต้นที่ไฟล์ต้นทาง นำเข้าใหม่ แล้วรันคำสั่งเดิมอีกครั้ง",
        "The data were refused: correct the source that the message names, take it in again, then give the same command again.",
    ),
    "interrupted": (
        "ถูกหยุดก่อนเสร็จ: รันคำสั่งเดิมอีกครั้ง (sdg-eval runs resume) ส่วนที่เสร็จแล้วจะไม่รันซ้ำ",
        "It was stopped before its end: give the same command again (sdg-eval runs resume); what is done is kept.",
    ),
    "suppressed": (
        "ทุกค่าที่จะแสดงมาจากบุคคลน้อยเกินไป จึงไม่แสดง: ไม่ต้องทำอะไร",
        "All that it would show rests on too few persons: there is nothing to do.",
    ),
    "time": (
        "ใช้เวลานานเกินกำหนด: รันอีกครั้งเมื่อเครื่องว่าง หรือด้วย --jobs 1 ถ้ายังไม่เสร็จ ให้ส่งบันทึก (kernel.log) ให้ผู้ดูแลระบบ",
        "It took longer than is allowed: run it again while the machine is idle, or with --jobs 1; if that does not help, send the log to the maintainers.",
    ),
    "memory": (
        "หน่วยความจำไม่พอ หรือเคอร์เนลถูกปิด: ปิดโปรแกรมอื่น แล้วรันอีกครั้งด้วย --jobs 1",
        "Memory ran out, or the kernel was ended from outside: close other programs and run again with --jobs 1.",
    ),
    "disk": (
        "ดิสก์เต็ม หรือเขียนไม่ได้: เพิ่มพื้นที่ว่าง หรือเลือกโฟลเดอร์อื่นด้วย --out แล้วรันคำสั่งเดิมอีกครั้ง",
        "The disk is full or refuses: make room, or give another folder with --out, then give the same command again.",
    ),
    "fault": (
        "เป็นข้อบกพร่องของสมุดคำนวณหรือของข้อมูลที่ไม่คาดไว้: ส่งข้อความนี้ kernel.log และ notebook.ipynb ให้ผู้ดูแลระบบ จังหวัดอื่นไม่ได้รับผลกระทบ",
        "A fault of the notebook, or data nobody expected: send this message, kernel.log and notebook.ipynb to the maintainers. Other provinces are not affected.",
    ),
    UNKNOWN: (
        "ไม่มีบันทึกผลของรายการนี้: รันคำสั่งเดิมอีกครั้ง (sdg-eval runs resume)",
        "Nothing says what became of it: give the same command again (sdg-eval runs resume).",
    ),
}  # fmt: skip
"""What to do next, in Thai and in English, by status; for `failed` by kind of failure."""

_KINDS = (
    ("time", r"timeout|timed out|longer than|time limit|took more than"),
    ("memory", r"memory|kernel ?died|deadkernel|brokenprocesspool|out of memory|killed|exit code -9|signal 9"),
    ("disk", r"no space left|disk|read-only file system|writeerror|cannot be written|permission denied|input/output error"),
)  # fmt: skip


def reconcile(planned: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """Return planned against accounted for, one row per REF_AREA in order of the plan.

    Parameters
    ----------
    planned
        notebook, REF_AREA: one row per run that was planned.
    runs
        notebook, REF_AREA, status: one row per run that something is said of.

    Returns
    -------
    DataFrame
        REF_AREA, planned, one count per status, unaccounted (planned, and nothing or nothing known is said of it),
        unplanned (said, and not in the plan, or said twice), agrees.
    """
    every = (
        planned[RUN]
        .drop_duplicates()
        .merge(runs[[*RUN, "status"]], on=RUN, how="outer", indicator=True, sort=False)
    )
    every["twice"] = every.duplicated(RUN)
    every["status"] = every["status"].where(every["status"].isin(STATUSES), UNKNOWN)
    wanted = every["_merge"] != "right_only"
    rows = []
    for area in dict.fromkeys([*planned["REF_AREA"], *runs["REF_AREA"]]):
        mine = every["REF_AREA"] == area
        counted = every.loc[mine & wanted & ~every["twice"], "status"].value_counts()
        row = {
            "REF_AREA": area,
            "planned": int(planned.loc[planned["REF_AREA"] == area, RUN].drop_duplicates().shape[0]),
        }
        row |= {status: int(counted.get(status, 0)) for status in (*STATUSES, UNKNOWN)}
        row["unplanned"] = int((mine & (~wanted | every["twice"])).sum())
        row["agrees"] = (
            row["planned"] == sum(row[s] for s in STATUSES) and not row["unplanned"] and not row[UNKNOWN]
        )
        rows.append(row)
    return pd.DataFrame(rows, columns=["REF_AREA", "planned", *STATUSES, UNKNOWN, "unplanned", "agrees"])


def totals(table: pd.DataFrame) -> dict:
    """Return the sums over the rows of `reconcile`, and whether every row agrees."""
    counts = {c: int(table[c].sum()) for c in ("planned", *STATUSES, UNKNOWN, "unplanned")}
    return counts | {"agrees": bool(table["agrees"].all())}


def next_step(status: str, error: str, lang: str) -> str:
    """Return what to do about a run that is not done; '' for one that is."""
    if status in ("done", "kept"):
        return ""
    kind = status if status in NEXT else UNKNOWN
    if status == "failed":
        kind = next((name for name, words in _KINDS if re.search(words, error, re.I)), "fault")
    return pick(lang, *NEXT[kind])
