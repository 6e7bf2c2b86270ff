"""What can go wrong, each with cause and remedy in both languages: the page that every failure links to."""

from __future__ import annotations

import re

from sdg_eval.delivery.faults import REASONS
from sdg_eval.intake.messages import MESSAGES
from sdg_eval.publish.pages import Pages

# Each entry: (cause in Thai, cause in English, remedy in Thai, remedy in English).
EXIT_CODES: dict[int, tuple[str, str, str, str]] = {
    0: ("ทำเสร็จครบทุกงาน", "Everything that was planned is done.", "ไม่ต้องทำอะไร", "Nothing to do."),
    1: (
        "เกิดข้อผิดพลาดที่โปรแกรมไม่ได้คาดไว้", "An error that the program did not foresee.",
        "คัดลอกข้อความทั้งหมดส่งให้ผู้ดูแลระบบ พร้อมคำสั่งที่ใช้", "Send the whole message and the command that was given to the maintainers.",
    ),
    2: (
        "คำสั่งไม่ถูกต้อง เช่น รหัสจังหวัด ชื่อสมุดคำนวณ หรือพารามิเตอร์ที่ไม่รู้จัก ยังไม่มีการคำนวณหรือบันทึกใด ๆ",
        "The call is wrong: an unknown province, notebook or parameter. Nothing was run or written.",
        "แก้คำที่ข้อความชี้ แล้วสั่งใหม่ ดูคำที่ใช้ได้ด้วย --help", "Correct the word that the message names and call again; --help lists what is allowed.",
    ),
    3: (
        "ไม่รับข้อมูล: ไฟล์หรือตารางไม่เป็นไปตามข้อกำหนด ไม่มีค่าใดในไฟล์ถูกบันทึก",
        "Data refused: a file or table does not keep its contract. Nothing of it was stored.",
        "แก้ทุกจุดที่ข้อความชี้ (ไฟล์ แผ่นงาน แถว คอลัมน์) แล้วส่งไฟล์เดิมอีกครั้ง", "Correct every place that the message names (file, sheet, row, column) and send the same file again.",
    ),
    4: (
        "งานบางส่วนไม่สำเร็จ ผลของจังหวัดอื่นใช้ได้ตามปกติ", "Some of the planned runs failed; the results of the others stand.",
        "ดูสาเหตุในหน้ารวมหรือ runs.csv แก้ไข แล้วสั่งคำสั่งเดิม ระบบจะทำเฉพาะงานที่ยังไม่เสร็จ",
        "Read the reason on the overview or in runs.csv, correct it, and give the same command again: only what is not done runs.",
    ),
    5: (
        "ถูกหยุดกลางคัน งานที่เสร็จแล้วยังอยู่ครบ", "Interrupted. What was finished is kept.",
        "สั่งคำสั่งเดิมอีกครั้งเพื่อทำต่อ", "Give the same command again; it goes on where it stopped.",
    ),
    6: (
        "มีการรันอื่นใช้โฟลเดอร์นี้อยู่", "Another run holds the lock on this folder.",
        "รอให้การรันนั้นเสร็จ หรือใช้โฟลเดอร์อื่นด้วย --out", "Wait until it has ended, or give another folder with --out.",
    ),
    7: (
        "เขียนลงดิสก์ไม่ได้: พื้นที่เต็ม ไม่มีสิทธิ์ หรือที่อยู่ไม่ใช่โฟลเดอร์ ไฟล์เดิมไม่เสียหาย",
        "The disk refused: no room, no right, or a path that is no folder. What was there is unharmed.",
        "เพิ่มพื้นที่หรือขอสิทธิ์เขียน แล้วสั่งคำสั่งเดิม", "Make room or get the right to write, then give the same command again.",
    ),
}  # fmt: skip
"""Exit code of the command -> what it means. A test holds the list against `errors.py`."""
RUN_STATUSES: dict[str, tuple[str, str, str, str]] = {
    "failed": (
        "สมุดคำนวณของจังหวัดนี้หยุดเพราะข้อผิดพลาด จังหวัดอื่นไม่ได้รับผลกระทบ", "The notebook of this province stopped at an error. Other provinces are not affected.",
        "ดูข้อความและหมายเลขเซลล์ในบันทึกการรัน แก้สาเหตุ แล้วสั่งคำสั่งเดิม", "Read the message and the number of the cell in the record of runs, correct the cause, and give the same command again.",
    ),
    "refused": (
        "ข้อมูลของจังหวัดนี้ไม่เป็นไปตามข้อกำหนด จึงไม่คำนวณ", "The data of this province do not keep their contract, so nothing was computed.",
        "แก้ข้อมูลตามข้อความ นำเข้าใหม่ แล้วสั่งคำสั่งเดิม", "Correct the data as the message says, take them in again, and give the same command again.",
    ),
    "suppressed": (
        "ผลของงานนี้มาจากบุคคลน้อยเกินกว่าจะเผยแพร่ได้ จึงปกปิดทั้งงาน", "The result rests on too few persons to be shown, so the whole of it is withheld.",
        "ไม่ใช่ข้อผิดพลาด: รวมพื้นที่หรือช่วงเวลาให้ใหญ่ขึ้นหากจำเป็นต้องใช้ผล", "No fault: join areas or periods where a result is needed.",
    ),
    "interrupted": (
        "ถูกหยุดก่อนถึงงานนี้ หรือระหว่างทำ ไม่มีผลครึ่ง ๆ กลาง ๆ เหลืออยู่", "The run was stopped before or during this part. Nothing half done was left.",
        "สั่งคำสั่งเดิมอีกครั้งเพื่อทำต่อ", "Give the same command again; it goes on where it stopped.",
    ),
    "not_asked": (
        "ไม่ได้ขอให้ประเมินจังหวัดนี้ในรอบนี้", "This province was not asked for in this run.",
        "เพิ่มรหัสจังหวัดใน --provinces แล้วสั่งใหม่", "Add its code to --provinces and run again.",
    ),
}  # fmt: skip
"""What can become of a planned run, beside done and kept."""
RUN_ERRORS: dict[str, tuple[str, str, str, str]] = {
    "run_failed": (
        "ข้อผิดพลาดอื่นในสมุดคำนวณ", "Another error in a notebook.",
        "เปิดสมุดคำนวณที่ตำแหน่งเซลล์ในข้อความ ถ้าแก้เองไม่ได้ ส่งข้อความทั้งหมดให้ผู้ดูแลระบบ", "Open the notebook at the cell that the message names; if it cannot be mended, send the whole message to the maintainers.",
    ),
    "DataError": ("ข้อมูลไม่เป็นไปตามข้อกำหนด", "Data do not keep their contract.", "แก้ตามไฟล์ แถว และคอลัมน์ในข้อความ แล้วนำเข้าใหม่", "Correct file, row and column as the message says, and take the file in again."),
    "UsageError": ("พารามิเตอร์ของสมุดคำนวณไม่ถูกต้อง", "A parameter of the notebook is wrong.", "แก้ค่าหลัง -p ให้อยู่ในคำที่ใช้ได้", "Correct the value after -p to one that is allowed."),
    "WriteError": ("เขียนผลลงดิสก์ไม่ได้", "The result could not be written.", "เพิ่มพื้นที่หรือขอสิทธิ์เขียน", "Make room, or get the right to write."),
    "LockedError": ("มีงานอื่นเขียนคลังข้อมูลอยู่", "Another process is writing to the store.", "รอแล้วสั่งใหม่", "Wait and run again."),
    "CellTimeoutError": ("เซลล์ทำงานนานเกินกำหนด", "A cell ran longer than its limit.", "ลดจำนวนจังหวัดที่ทำพร้อมกัน (--jobs) หรือตรวจข้อมูลที่ใหญ่ผิดปกติ", "Run fewer provinces side by side (--jobs), or look for data that are far too large."),
    "TimeoutError": ("งานใช้เวลานานเกินกำหนด", "A step took longer than its limit.", "สั่งใหม่เมื่อเครื่องว่าง หรือลด --jobs", "Run again on a free machine, or lower --jobs."),
    "DeadKernelError": ("ตัวประมวลผลของสมุดคำนวณหยุดทำงาน มักเพราะหน่วยความจำไม่พอ", "The notebook's process died, mostly for want of memory.", "ปิดโปรแกรมอื่น ลด --jobs แล้วสั่งใหม่", "Close other programs, lower --jobs, and run again."),
    "RuntimeError": ("ตัวประมวลผลของสมุดคำนวณหยุดหรือไม่ตอบ", "The notebook's process died or did not answer.", "ลด --jobs แล้วสั่งใหม่ ถ้าเกิดซ้ำให้แจ้งผู้ดูแลระบบ", "Lower --jobs and run again; tell the maintainers if it comes back."),
    "BrokenProcessPool": ("กระบวนการย่อยถูกระบบปฏิบัติการยุติ มักเพราะหน่วยความจำไม่พอ", "A worker was ended by the operating system, mostly for want of memory.", "ลด --jobs แล้วสั่งใหม่", "Lower --jobs and run again."),
    "MemoryError": ("หน่วยความจำไม่พอ", "There was not enough memory.", "ปิดโปรแกรมอื่น ลด --jobs แล้วสั่งใหม่", "Close other programs, lower --jobs, and run again."),
    "SystemExit": ("สมุดคำนวณสั่งหยุดตัวเองก่อนจบ นับว่าไม่สำเร็จ", "The notebook ended itself before its last cell; that counts as a failure.", "ลบคำสั่งหยุดออกจากสมุดคำนวณ", "Take the exit out of the notebook."),
    "FileNotFoundError": ("ไม่พบไฟล์ที่งานต้องใช้", "A file that the run needs is not there.", "ตรวจที่อยู่ของไฟล์ในข้อความ แล้วสั่งใหม่ตั้งแต่ต้น", "Check the path in the message and run the whole again."),
    "OSError": ("ระบบปฏิบัติการไม่ยอมอ่านหรือเขียนไฟล์", "The operating system refused to read or write a file.", "ตรวจพื้นที่ว่าง สิทธิ์ และการเชื่อมต่อของดิสก์", "Check free room, rights, and that the disk is connected."),
    "ValueError": ("ค่าที่ได้ไม่ตรงกับที่ขอ เช่น สมุดคำนวณตอบคนละจังหวัดหรือคนละปี", "A value is not what was asked for, such as a notebook that answers for another province or year.", "อย่าแก้ REF_AREA หรือ REPORT_YEAR ในสมุดคำนวณ แล้วสั่งใหม่", "Leave REF_AREA and REPORT_YEAR in the notebook as they are, and run again."),
    "KeyError": ("ตารางขาดคอลัมน์หรือรหัสที่ต้องใช้", "A table lacks a column or code that is needed.", "ตรวจว่าไฟล์รายการรหัส (data/codelists) เป็นรุ่นเดียวกับโปรแกรม", "See that the codelists (data/codelists) are those of this version."),
    "CellExecutionError": ("เซลล์หนึ่งของสมุดคำนวณทำงานไม่สำเร็จ", "A cell of the notebook failed.", "ดูข้อความของเซลล์นั้นในสมุดคำนวณที่รันแล้ว", "Read the message of that cell in the executed notebook."),
}  # fmt: skip
"""First word of a run's error -> what it means."""
TABLE_ERRORS: dict[str, tuple[str, str, str, str]] = {
    "restricted": ("ตารางรายบุคคลมีสิ่งที่ไม่ใช่รหัส หรือบุคคลซ้ำกัน", "A table of persons holds more than codes, or a person twice.", "ลบชื่อและข้อความอิสระ เหลือเฉพาะรหัส และเหลือคนละหนึ่งแถว", "Take out names and free text, keep codes, and keep one row a person."),
    "unknown_id": ("อ้างรหัสที่ไม่มีในตารางหลัก", "A row names an id that its main table does not have.", "เพิ่มแถวในตารางหลัก หรือแก้รหัส", "Add the row to the main table, or correct the id."),
    "unknown_code": ("ใช้รหัสที่ไม่อยู่ในรายการ", "A code is not in its list.", "เลือกรหัสจากรายการ", "Choose a code of the list."),
    "bad_cell": ("ค่าในช่องไม่อยู่ในรูปแบบที่กำหนด", "A cell does not have the form that is asked for.", "แก้ค่าตามแถวและคอลัมน์ในข้อความ", "Correct the cell at the row and column of the message."),
    "bad_quarter": ("ไม่ใช่ไตรมาสของปีงบประมาณไทย", "This is no quarter of a Thai fiscal year.", "เขียนปีงบประมาณ พ.ศ. และไตรมาส เช่น 2567Q2", "Write the B.E. fiscal year and the quarter, as 2567Q2."),
    "twice": ("แถวเดียวกันมีมากกว่าหนึ่งครั้ง", "The same row is there more than once.", "เหลือไว้แถวเดียว", "Keep one of them."),
    "vnr_count": REASONS["vnr_count"],
}  # fmt: skip
"""Codes that tables of the programme are refused with, beside those of `delivery.faults`."""


def _open_slots(text: str) -> str:
    return re.sub(r"\{\w+\}", "…", text)


def entries(lang: str) -> list[dict]:
    """Return the groups of the page: title key and rows of code, anchor, cause, remedy."""
    cause, remedy = (0, 2) if lang == "th" else (1, 3)

    def rows(found: dict, prefix: str = "", own: str = "") -> list[dict]:
        return [
            {"code": str(code), "anchor": f"{prefix}{code}", "cause": _open_slots(texts[cause]), "remedy": _open_slots(texts[remedy]) or own}
            for code, texts in found.items()
        ]

    by_column = "ตามคำอธิบายของคอลัมน์นั้นในแบบฟอร์ม" if lang == "th" else "As the template says beside the column."
    other = {code: texts for code, texts in TABLE_ERRORS.items() if code not in REASONS}
    return [
        {"title": "fail_status", "rows": rows(RUN_STATUSES)},
        {"title": "fail_error", "rows": rows(RUN_ERRORS)},
        {"title": "fail_exit", "rows": rows(EXIT_CODES, "exit-")},
        {"title": "fail_intake", "rows": rows(MESSAGES, "intake-")},
        {"title": "fail_delivery", "rows": rows(REASONS, "delivery-", by_column) + rows(other, "table-")},
    ]


def write_failures(pages: Pages) -> None:
    """Write the page of failures."""
    pages.write("failures", "failures.html.j2", groups=entries(pages.lang))
