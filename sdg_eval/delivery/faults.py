"""Every reason for which a row of a delivery table is refused, in Thai and in English, with its remedy.

A code is (reason_th, reason_en, remedy_th, remedy_en); an empty remedy is the column's own.
`{value}` is what stood there, `{label}` the column, `{more}` what it was held against.
"""

from __future__ import annotations

import re

import pandas as pd

from sdg_eval.thai import BE_OFFSET

FAULT_COLUMNS = [
    "table",
    "row",
    "column",
    "value",
    "reason_th",
    "reason_en",
    "remedy_th",
    "remedy_en",
    "code",
]

REASONS: dict[str, tuple[str, str, str, str]] = {
    # ---- one cell
    "required": ("ต้องกรอก “{label_th}”", "“{label_en}” must be given", "", ""),
    "id_form": ("รหัส {value} ยาวหรือมีอักขระที่ใช้ไม่ได้", "the code {value} is too long or holds letters that are not allowed", "ใช้ตัวอักษร ตัวเลข ขีด หรือจุด ไม่เกิน 40 ตัว ไม่เว้นวรรค", "Use letters, digits, hyphens or dots, at most 40, without spaces."),
    "codes": ("{value} ไม่อยู่ในรายการที่เลือกได้ ({more_th})", "{value} is not in the list ({more_en})", "", ""),
    "target": ("ไม่มีเป้าประสงค์ SDG รหัส {value}", "there is no SDG target {value}", "", ""),
    "area": ("ไม่รู้จักจังหวัด {value}", "unknown province {value}", "", ""),
    "quarter": ("{value} ไม่ใช่ไตรมาสของปีงบประมาณ", "{value} is no quarter of a fiscal year", "", ""),
    "fiscal_year": ("{value} ไม่ใช่ปี พ.ศ.", "{value} is no Buddhist Era year", "", ""),
    "date": ("{value} ไม่ใช่วันที่ที่เป็นไปได้", "{value} is no possible date", "", ""),
    "number": ("{value} ไม่ใช่ตัวเลข", "{value} is not a number", "", ""),
    "whole": ("{value} ไม่ใช่จำนวนเต็ม", "{value} is not a whole number", "", ""),
    "flag": ("ไม่เข้าใจ {value}: ต้องเป็น ใช่ หรือ ไม่ใช่", "{value} is neither yes nor no", "", ""),
    "minimum": ("{value} น้อยกว่าค่าต่ำสุด {more}", "{value} is below the least, {more}", "แก้เป็นค่าตั้งแต่ {more} ขึ้นไป", "Give {more} or more."),
    "maximum": ("{value} มากกว่าค่าสูงสุด {more}", "{value} is above the most, {more}", "แก้เป็นค่าไม่เกิน {more}", "Give {more} or less."),
    "duplicate": ("ซ้ำกับแถว {more}: {value}", "the same as row {more}: {value}", "เหลือไว้แถวเดียว หรือแก้รหัสให้ต่างกัน", "Keep one of the rows, or give them different codes."),
    "refers": ("ไม่พบ {value} ใน {more_th}", "{value} is not found in {more_en}", "", ""),
    "column_missing": ("ไม่มีคอลัมน์ “{label_th}”", "the column “{label_en}” is missing", "ใส่คอลัมน์กลับคืนตามแบบ", "Put the column back as in the template."),
    "dash": ("“{value}” ตีความได้สองแบบ: ไม่มีข้อมูล หรือศูนย์", "'{value}' is ambiguous: no value, or zero", "เว้นว่างถ้าไม่มีข้อมูล เขียน 0 ถ้าเป็นศูนย์", "Leave the cell empty, or write 0."),
    "percent": ("{value} มีเครื่องหมายร้อยละ แต่ช่องนี้ไม่ใช่ร้อยละ", "a per cent sign where none belongs: {value}", "", ""),
    "money_words": ("มีคำในช่องจำนวนเงิน: {value}", "words in an amount: {value}", "", ""),
    "two_digit_year": ("ปีสองหลักใน {value} ตีความได้หลายแบบ", "the two-digit year of {value} can mean two things", "เขียนปี พ.ศ. สี่หลัก เช่น 2567", "Write the Buddhist Era year in four digits, as 2567."),
    "target_ambiguous": ("{value} อาจหมายถึง {more}", "{value} may mean {more}", "เลือกรหัสจากรายการในช่อง หรือจัดรูปแบบช่องเป็นข้อความแล้วพิมพ์ใหม่", "Choose the code from the list, or format the cell as text and type it again."),
    # ---- the workbook
    "sheet_unknown": ("ไม่รู้จักแผ่นงาน {value}", "unknown sheet {value}", "ใช้แผ่นงานตามแบบเดิม: {more}", "Use the sheets of the template: {more}"),
    "header_missing": ("ไม่พบหัวตารางในแผ่นงานนี้", "no header is found on this sheet", "คัดลอกแถวหัวตารางจากแบบเดิม", "Copy the header row from the template."),
    "title_missing": ("แบบนี้ไม่ได้ระบุ “{label_th}”", "this form does not say its “{label_en}”", "เขียนไว้ในหัวเรื่อง เช่น จังหวัดเชียงใหม่ ปีงบประมาณ 2567 หรือใส่เป็นคอลัมน์", "Write it in the title, as จังหวัดเชียงใหม่ ปีงบประมาณ 2567, or give it a column."),
    "column_unknown": ("ไม่รู้จักหัวคอลัมน์ {value}", "unknown column header {value}", "ใช้หัวคอลัมน์ตามแบบเดิม หรือลบคอลัมน์นี้", "Use the headers of the template, or delete the column."),
    "hidden_sheet": ("แผ่นงาน {value} ถูกซ่อนไว้และมีข้อมูล", "the sheet {value} is hidden and holds data", "เลิกซ่อนหรือลบแผ่นงาน", "Show the sheet or delete it."),
    "hidden_row": ("แถวนี้ถูกซ่อนไว้และมีข้อมูล", "this row is hidden and holds data", "เลิกซ่อนหรือลบแถว", "Show the row or delete it."),
    "hidden_column": ("คอลัมน์นี้ถูกซ่อนไว้และมีข้อมูล", "this column is hidden and holds data", "เลิกซ่อนหรือลบคอลัมน์", "Show the column or delete it."),
    "twice_sent": ("แถวนี้อยู่ใน {more} ด้วย และไม่เหมือนกัน: {value}", "this row stands in {more} too, and differs: {value}", "เหลือแถวที่ถูกต้องไว้ในไฟล์เดียว", "Keep the right one in one of the files."),
    # ---- cells of one row
    "date_order": ("“{label_th}” {value} อยู่ก่อน {more}", "“{label_en}” {value} lies before {more}", "ตรวจวันเริ่มและวันสิ้นสุด แล้วแก้ไข", "Check the first and the last date."),
    "year_order": ("“{label_th}” {value} อยู่ก่อนปีเริ่มต้น {more}", "“{label_en}” {value} lies before the first year {more}", "ตรวจปีเริ่มต้นและปีสิ้นสุด แล้วแก้ไข", "Check the first and the last year."),
    "unit_missing": ("มีแผนหรือผล {more} แต่ไม่มีหน่วยนับ", "planned or done is {more}, but the unit is missing", "", ""),
    "adopted_over": ("“{label_th}” {value} มากกว่าข้อเสนอทั้งหมด {more}", "“{label_en}” {value} is more than all proposals, {more}", "ตรวจจำนวนข้อเสนอทั้งสองช่อง", "Check both numbers of proposals."),
    "bangkok_plan": ("กรุงเทพมหานครไม่มีแผนพัฒนาจังหวัด", "Bangkok has no provincial development plan", "เลือก แผนพัฒนากรุงเทพมหานคร หรือ แผนขับเคลื่อน SDGs", "Choose แผนพัฒนากรุงเทพมหานคร or แผนขับเคลื่อน SDGs."),
    "bangkok_only": ("แผนพัฒนากรุงเทพมหานครใช้กับกรุงเทพมหานครเท่านั้น", "the Bangkok development plan belongs to Bangkok alone", "เลือก แผนพัฒนาจังหวัด หรือแก้จังหวัด", "Choose แผนพัฒนาจังหวัด, or correct the province."),
    "network_missing": ("ภาคีเป็นสมาชิกเครือข่าย แต่ไม่ระบุว่าเครือข่ายใด", "a member of a network, but the network is not said", "เลือกหนึ่งใน 7 ภาคีเครือข่ายจากรายการ", "Choose one of the seven networks from the list."),
    "network_extra": ("หน่วยงาน UN และผู้ให้ทุนไม่อยู่ใน 7 ภาคีเครือข่าย", "UN agencies and donors belong to none of the seven networks", "เว้นว่างช่องภาคีเครือข่าย หรือแก้ประเภทภาคี", "Leave the network empty, or correct the kind of partner."),
    "giz_planned": ("ความร่วมมือกับ GIZ เป็นแผนในอนาคต จึงต้องมีสถานะ วางแผน", "the cooperation with GIZ lies in the future: its status is planned", "เลือก วางแผน เว้นแต่มีวันที่เริ่มแล้ว", "Choose วางแผน, unless it has a start date."),
    "vnr_year": ("โครงการอยู่ใน VNR แต่ไม่ระบุปี", "a project of the VNR, but the year is not said", "ใส่ปี พ.ศ. ของ VNR เช่น 2564", "Give the year of the VNR, such as 2564."),
    "closed_date": ("มติมีสถานะ {more_th} แต่ไม่มีวันที่ปิด", "the decision is {more_en}, but has no date closed", "ใส่วันที่ปิด หรือเลือก ยังไม่เสร็จ", "Give the date closed, or choose ยังไม่เสร็จ."),
    "closed_open": ("มติยังไม่เสร็จ แต่มีวันที่ปิด {value}", "the decision is open, but was closed on {value}", "ลบวันที่ปิด หรือเลือก เสร็จแล้ว", "Delete the date, or choose เสร็จแล้ว."),
    "sha256": ("{value} ไม่ใช่ลายนิ้วมือไฟล์ SHA-256", "{value} is no SHA-256", "", ""),
    "money_small": ("{value} บาท น้อยผิดปกติ อาจเป็นล้านบาท", "{value} baht is oddly little; it may be millions", "", ""),
    "money_large": ("{value} บาท มากผิดปกติ อาจใส่หน่วยซ้ำ", "{value} baht is oddly much; the unit may be counted twice", "ตรวจจำนวนเงินและหน่วยเงิน", "Check the amount and its unit."),
    # ---- tables together
    "weights": ("น้ำหนักของโครงการ {more} รวมได้ {value} ไม่เท่ากับ 1", "the weights of project {more} sum to {value}, not to 1", "แก้น้ำหนักของโครงการนี้ให้รวมเท่ากับ 1", "Correct the project's weights so that they sum to 1."),
    "primary": ("โครงการ {more} มีเป้าประสงค์หลัก {value} รายการ", "project {more} has {value} primary targets", "เลือกเป้าประสงค์หลักเพียงรายการเดียว", "Choose one primary target."),
    "networks": ("ภาคีเครือข่ายต้องมีครบ {more} พบ {value}", "there must be exactly {more} networks; found {value}", "ใช้รายชื่อ 7 ภาคีตามทะเบียนกลาง", "Use the seven networks of the central register."),
    "vnr_count": ("โครงการ VNR ต้องมี {more} โครงการ พบ {value}", "the VNR has {more} projects; found {value}", "ตรวจรายชื่อ แล้วเลือก ใช่ เฉพาะโครงการที่อยู่ใน VNR", "Check the list, and choose ใช่ only for projects of the VNR."),
    "group_over": ("ผู้เข้าร่วม {value} คน มากกว่าประชากรกลุ่มนี้ในจังหวัด ({more} คน)", "{value} participants are more than the people of this group in the province ({more})", "ตรวจจำนวนผู้เข้าร่วม", "Check the number of participants."),
    "group_above": ("ผู้เข้าร่วม {value} คน มากกว่าหญิงและชายรวมกัน ({more} คน)", "{value} participants are more than women and men together ({more})", "ตรวจจำนวนของกลุ่มนี้ และจำนวนหญิงกับชายของกิจกรรมเดียวกัน", "Check the number of this group, and those of women and men of the same event."),
    "lead_differs": ("หน่วยงานหลัก {value} ไม่ตรงกับแผ่นงานโครงการ ({more})", "the lead agency {value} is not that of the project ({more})", "แก้หน่วยงานหลักให้ตรงกันทั้งสองแผ่นงาน", "Make the lead agency the same in both sheets."),
}  # fmt: skip

_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
MAX_SHOWN = 60
"""Letters of a cell that a message repeats."""


def shown(value, lang: str = "th") -> str:
    """Return a value as a message repeats it: short, amounts in digits, dates in Thai of the Buddhist Era, nothing for a blank."""
    if value is None or value is pd.NA or value != value:
        return ""
    if isinstance(value, float):
        return f"{value:,.2f}".rstrip("0").rstrip(".") if abs(value) >= 1e6 else f"{value:,.10g}"
    text = " ".join(str(value).split())
    if lang == "th" and (date := _DATE.fullmatch(text)):
        return f"{int(date[3])}/{int(date[2])}/{int(date[1]) + BE_OFFSET}"
    return text if len(text) <= MAX_SHOWN else text[:MAX_SHOWN] + "…"


def fault(
    code: str, *, table: str, row: int, spec=None, column: str = "", value="", more="", more_th="", more_en=""
) -> dict:
    """Return one fault as a row of FAULT_COLUMNS; `spec` is the column's ColumnSpec where it has one."""
    reason_th, reason_en, remedy_th, remedy_en = REASONS[code]
    label = (spec.label_th, spec.label_en) if spec else (column, column)
    own_th, own_en = label
    english = {"value": shown(value, "en"), "more": more_en or shown(more, "en"), "more_en": more_en or shown(more, "en"), "label_en": own_en}
    thai = {"value": shown(value), "more": more_th or shown(more), "more_th": more_th or shown(more), "label_th": own_th}
    return {
        "table": table, "row": int(row), "column": spec.column if spec else column, "value": english["value"],
        "reason_th": reason_th.format(**thai), "reason_en": reason_en.format(**english),
        "remedy_th": remedy_th.format(**thai) or (spec.remedy_th if spec else ""),
        "remedy_en": remedy_en.format(**english) or (spec.remedy_en if spec else ""), "code": code,
    }  # fmt: skip


def fault_table(faults) -> pd.DataFrame:
    """Return faults as a table, one row each; the same fault at the same place counts once."""
    table = pd.DataFrame(list(faults), columns=FAULT_COLUMNS)
    return table.drop_duplicates(["table", "row", "column", "code"], ignore_index=True)
