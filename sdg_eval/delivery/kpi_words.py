"""What a flag on a KPI form says, and what to do about it, in Thai and English: words around the numbers of its row.

A flag is a question to the office that filled the form, never a verdict: every text leaves room for a true figure.
"""

from __future__ import annotations

CHECKS = {
    "power_of_ten": ("หน่วยอาจผิดสิบเท่า ร้อยเท่า หรือมากกว่า", "unit wrong by a power of ten"),
    "copied_quarter": ("ตัวเลขซ้ำกับไตรมาสก่อน", "quarter repeated"),
    "copied_province": ("ตัวเลขซ้ำกับจังหวัดอื่น", "same as another province"),
    "jump_to_100": ("พุ่งถึงเป้าพอดีในไตรมาสสุดท้าย", "jump to exactly 100% in Q4"),
    "paid_without_output": ("เบิกจ่ายแล้วแต่ไม่มีผลงาน", "paid, no output"),
    "output_without_payment": ("มีผลงานแต่ไม่มีการเบิกจ่าย", "output, nothing paid"),
    "total_differs": ("ผลรวมไม่ตรงกับรายไตรมาส", "total does not match quarters"),
    "digit_heaping": ("ตัวเลขลงท้ายด้วย 0 หรือ 5 มากผิดปกติ", "too many figures end in 0 or 5"),
    "cumulative_falls": ("ค่าสะสมลดลง", "cumulative figure falls"),
    "above_100": ("ร้อยละเกิน 100", "share above 100%"),
}  # fmt: skip
"""Every check and its name."""
COLUMN_WORDS = {
    "q1": ("ไตรมาส 1", "Q1"), "q2": ("ไตรมาส 2", "Q2"), "q3": ("ไตรมาส 3", "Q3"), "q4": ("ไตรมาส 4", "Q4"), "q1-q4": ("ทุกไตรมาส", "all quarters"),
    "total": ("ผลรวม", "the total"), "target_value": ("ค่าเป้าหมาย", "the target"), "budget_thb": ("งบประมาณ", "the budget"),
    "disbursed_thb": ("ยอดเบิกจ่าย", "the amount paid"), "planned_thb": ("งบตามแผน", "the planned amount"), "done": ("ผลงาน", "what was done"),
}  # fmt: skip


def figure(value) -> str:
    """Return a number as read: 1,234.5; a dash for a missing one.

    Examples
    --------
    >>> figure(1234.50), figure(2.0e6), figure(float("nan"))
    ('1,234.5', '2,000,000', '–')
    """
    if value is None or value != value:
        return "–"
    text = f"{value:,.4f}".rstrip("0").rstrip(".")
    return text.replace("-", "−") if text not in ("0", "-0") or value == 0 else f"{value:.1e}"


def per_cent(share) -> str:
    """Return a share as per cent without decimals."""
    return "–" if share != share else f"{100 * share:.0f}"


RAREST = 1_000_000
"""A smaller chance than one in so many is not told: the honest forms that it was reckoned from are fewer."""


def seldom(chance: float) -> tuple[str, str]:
    """Return a chance as readers say it, as less than one in a power of ten; in Thai and English.

    Examples
    --------
    >>> seldom(2.6e-17), seldom(0.0004), seldom(0.3)
    (('น้อยกว่า 1 ใน 1,000,000', 'less than 1 in 1,000,000'), ('น้อยกว่า 1 ใน 1,000', 'less than 1 in 1,000'), ('1 ใน 10 หรือมากกว่า', '1 in 10 or more'))
    """
    times = 10
    if chance >= 1 / times:
        return f"1 ใน {times} หรือมากกว่า", f"1 in {times} or more"
    while times < RAREST and chance < 1 / (10 * times):
        times *= 10
    return f"น้อยกว่า 1 ใน {times:,}", f"less than 1 in {times:,}"


def words(flag: dict) -> dict:
    """Return explanation_th, explanation_en, suggested_fix_th and suggested_fix_en of a flag."""
    th, en = COLUMN_WORDS.get(flag["column"], (flag["column"], flag["column"]))
    texts = _TEXTS[flag["check"]](flag, th, en)
    return dict(zip(("explanation_th", "explanation_en", "suggested_fix_th", "suggested_fix_en"), texts, strict=True))


def _power(f, th, en):
    times = f"{10 ** abs(f['power']):,.0f}"
    more = f["power"] > 0
    return (
        f"{th} เขียนว่า {figure(f['value'])} {'มากกว่า' if more else 'น้อยกว่า'}ที่ตัวเลขอื่นบอกราว {times} เท่า (เทียบจาก {figure(f['n'])} ค่า)",
        f"{en}: {figure(f['value'])} is about {times} times {'more' if more else 'less'} than the other figures say ({figure(f['n'])} compared)",
        f"ตรวจหน่วยกับหลักฐาน ถ้าหน่วยผิด ค่าที่ถูกน่าจะใกล้ {figure(f['expected'])} ถ้าถูกแล้วให้เขียนหมายเหตุ",
        f"Check the unit against the record. If it is wrong, the figure is near {figure(f['expected'])}; if it is right, add a note.",
    )


def _repeated(f, th, en):
    before, _, together = str(f["other"]).partition("; ")
    rare_th, rare_en = seldom(f["chance"])
    b_th, b_en = COLUMN_WORDS.get(before, (before, before))
    also_th = f" และซ้ำแบบเดียวกัน {together} แบบฟอร์มของหน่วยเดียวกัน" if together else ""
    also_en = f", as in {together} forms of the same office" if together else ""
    return (
        f"{th} เท่ากับ{b_th} คือ {figure(f['value'])}{also_th} โอกาสที่จะตรงกันโดยบังเอิญ{rare_th}",
        f"{en} equals {b_en}, {figure(f['value'])}{also_en}; by chance this happens {rare_en} times",
        f"ใส่ผลของ{th} จากหลักฐาน ถ้าตรงกันจริงให้เขียนหมายเหตุ",
        f"Enter the result of {en} from the record. If it really is the same, add a note.",
    )


def _other_form(f, th, en):
    rare_th, rare_en = seldom(f["chance"])
    return (
        f"ตัวเลข {figure(f['n'])} ไตรมาสตรงกับแบบฟอร์ม {f['other']} ของอีกจังหวัด เริ่มที่ {th} = {figure(f['value'])} โอกาสบังเอิญ{rare_th}",
        f"{figure(f['n'])} quarters equal those of form {f['other']} of another province, from {en} = {figure(f['value'])} on; by chance {rare_en} times",
        "เทียบทั้งสองแบบฟอร์มกับหลักฐานของแต่ละจังหวัด แบบใดถูกคัดลอกมา ระบบบอกไม่ได้",
        "Compare both forms with each province's records; which one was copied cannot be told from here.",
    )


def _jump(f, th, en):
    return (
        f"สิ้นไตรมาส 3 ได้ร้อยละ {per_cent(f['power'])} ของเป้า แล้วไตรมาส 4 ถึง {figure(f['value'])} เท่าเป้าพอดี",
        f"{per_cent(f['power'])}% of the target by the end of Q3, then exactly the target, {figure(f['value'])}, in Q4",
        "แนบหลักฐานผลงานของไตรมาส 4 ถ้างานส่งมอบครั้งเดียวปลายปีให้เขียนหมายเหตุ",
        "Attach evidence of the Q4 work. If all of it is delivered at year end, add a note.",
    )


def _paid(f, th, en):
    return (
        f"เบิกจ่าย {figure(f['expected'])} บาท (ร้อยละ {per_cent(f['power'])} ของงบ) แต่{th}เป็น {figure(f['value'])}",
        f"{figure(f['expected'])} baht paid ({per_cent(f['power'])}% of the budget), but {en} is {figure(f['value'])}",
        "ตรวจว่าลืมรายงานผลงาน หรือจ่ายล่วงหน้า แล้วแก้ไขหรือเขียนหมายเหตุ",
        "Check whether the output was not reported or the money was paid in advance; correct it or add a note.",
    )


def _unpaid(f, th, en):
    return (
        f"ผลงานได้ {figure(f['expected'])} (ร้อยละ {per_cent(f['power'])} ของเป้า) แต่ยอดเบิกจ่ายเป็น {figure(f['value'])} บาท",
        f"output is {figure(f['expected'])} ({per_cent(f['power'])}% of the target), but {figure(f['value'])} baht were paid",
        "ตรวจว่าลืมกรอกยอดเบิกจ่าย เบิกเหลื่อมปี หรือใช้เงินแหล่งอื่น แล้วแก้ไขหรือเขียนหมายเหตุ",
        "Check whether the payment is missing, carried over to next year or from another source; correct it or add a note.",
    )


def _total(f, th, en):
    hint_th, hint_en = ("", "")
    if f["other"] == "equals_last":
        hint_th, hint_en = " แต่เท่ากับไตรมาสล่าสุด จึงอาจเป็นค่าสะสม", " but equals the latest quarter: the form may be cumulative"
    elif f["other"] == "equals_sum":
        hint_th, hint_en = " แต่เท่ากับผลบวกทุกไตรมาส จึงอาจไม่ใช่ค่าสะสม", " but equals the sum of the quarters: the form may not be cumulative"
    return (
        f"{th}เป็น {figure(f['value'])} แต่รายไตรมาสให้ {figure(f['expected'])}{hint_th}",
        f"{en} is {figure(f['value'])}, the quarters give {figure(f['expected'])}{hint_en}",
        f"ถ้ารายไตรมาสถูก ผลรวมคือ {figure(f['expected'])} มิฉะนั้นให้แก้ไตรมาสที่ผิดหรือช่อง “ผลเป็นค่าสะสม”",
        f"If the quarters are right, the total is {figure(f['expected'])}; otherwise correct the quarter or the cell “cumulative”.",
    )


def _heaped(f, th, en):
    return (
        f"ตัวเลขที่ลงท้ายด้วย 0 หรือ 5 มี {f['other']} ค่า (ร้อยละ {per_cent(f['value'])}) หน่วยอื่นราวร้อยละ {per_cent(f['expected'])}",
        f"{f['other']} figures end in 0 or 5 ({per_cent(f['value'])}%; elsewhere about {per_cent(f['expected'])}%)",
        "ตรวจว่าตัวเลขนับจริงหรือประมาณ ถ้าประมาณให้ระบุ และส่งจำนวนนับจากทะเบียน",
        "Check whether the figures were counted or estimated. If estimated, say so and send counts from the register.",
    )


def _falls(f, th, en):
    return (
        f"{th} เป็น {figure(f['value'])} น้อยกว่าก่อนหน้าที่สะสมไว้ {figure(f['expected'])}",
        f"{en} is {figure(f['value'])}, less than the {figure(f['expected'])} reached before",
        f"ค่าสะสมต้องไม่ต่ำกว่า {figure(f['expected'])} ถ้าไม่ใช่ค่าสะสมให้แก้ช่อง “ผลเป็นค่าสะสม” ถ้าแก้ยอดเดิมให้เขียนหมายเหตุ",
        f"A cumulative figure is at least {figure(f['expected'])}. If the form is not cumulative, correct that cell; if an earlier figure was corrected, add a note.",
    )


def _above(f, th, en):
    return (
        f"{th} เป็นร้อยละ {figure(f['value'])} เกิน {figure(f['expected'])}",
        f"{en} is {figure(f['value'])}%, above {figure(f['expected'])}%",
        "ตรวจตัวตั้งและตัวหาร ถ้าเป็นร้อยละของเป้าหมายหรืออัตราเพิ่ม ให้เขียนไว้ในหน่วยนับ",
        "Check numerator and denominator. If it is per cent of a target or a growth rate, say so in the unit.",
    )


_TEXTS = {
    "power_of_ten": _power, "copied_quarter": _repeated, "copied_province": _other_form, "jump_to_100": _jump, "paid_without_output": _paid,
    "output_without_payment": _unpaid, "total_differs": _total, "digit_heaping": _heaped, "cumulative_falls": _falls, "above_100": _above,
}  # fmt: skip
