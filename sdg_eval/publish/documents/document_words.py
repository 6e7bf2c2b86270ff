"""The fixed words of documents, in Thai and in English side by side; what pages say in the same words is taken from theirs."""

from __future__ import annotations

from functools import lru_cache

from sdg_eval.publish.words import WORDS

DOCUMENT_WORDS = {
    "doc_quarterly": ("รายงานรายไตรมาส", "Quarterly report"),
    "doc_committee": ("เอกสารประกอบการประชุมคณะกรรมการ SDGs ระดับจังหวัด", "Pack for the provincial SDG committee"),
    "doc_overall": ("รายงานการประเมินผลการดำเนินงานในภาพรวม", "Overall evaluation"),
    "doc_country": ("ทั้งประเทศ", "The country"),
    "doc_ministry": ("กระทรวงมหาดไทย", "Ministry of Interior"),
    "doc_governor": ("สรุปสำหรับผู้ว่าราชการจังหวัด", "For the governor"),
    "doc_governor_of_bangkok": ("สรุปสำหรับผู้ว่าราชการกรุงเทพมหานคร", "For the governor"),
    "doc_details": ("รายละเอียดการติดตามผล", "The monitoring in detail"),
    "doc_trends": ("แนวโน้มตัวชี้วัด SDGs ของจังหวัด", "Trends of the province's SDG indicators"),
    "doc_trends_note": (
        "แนวโน้มบอกว่าอะไรเปลี่ยน ไม่ได้บอกว่าเปลี่ยนเพราะโครงการ ผลของโครงการอยู่ในรายงานการประเมินภาพรวม",
        "A trend says what changed, not why. What the programme caused is asked in the overall evaluation.",
    ),
    "doc_all_series": ("ตัวชี้วัดทั้งหมดของจังหวัด", "All indicators of the province"),
    "doc_all_outcomes": ("ผลลัพธ์ทุกตัวชี้วัดในไตรมาสนี้", "All outcomes of this quarter"),
    "doc_all_send": ("ข้อมูลที่ต้องส่งทั้งหมด", "All data to send"),
    "doc_see_details": ("ดูรายการทั้งหมดในส่วนรายละเอียด", "The whole list is among the details."),
    "doc_province": ("จังหวัด", "Province"),
    "doc_quarter": ("ไตรมาส", "Quarter"),
    "doc_group": ("กลุ่ม", "Group"),
    "doc_change": ("เปลี่ยนเฉลี่ยต่อปี", "Change a year"),
    "doc_interval": ("ช่วงความเชื่อมั่น", "Interval"),
    "doc_n": ("n", "n"),
    "doc_results_file": ("ตารางผลของรอบนี้", "table of results of this run"),
    "doc_figure": ("ภาพที่", "Figure"),
    "doc_table": ("ตารางที่", "Table"),
    "doc_sources": ("แหล่งข้อมูล", "Sources"),
    "doc_as_of": ("ข้อมูล ณ", "as of"),
    "doc_page": ("หน้า", "Page"),
    "doc_of": ("จาก", "of"),
    "doc_to_decide": ("เรื่องเสนอเพื่อพิจารณา", "For decision"),
    "doc_decisions_asked": ("เรื่องที่ขอให้คณะกรรมการพิจารณา", "What the committee is asked to decide"),
    "doc_item": ("ลำดับ", "No."),
    "doc_finding": ("ข้อค้นพบ", "Finding"),
    "doc_owner": ("ผู้รับผิดชอบ", "Owner"),
    "doc_due": ("ภายใน", "By"),
    "doc_decision": ("มติ", "Decision"),
    "doc_open_questions": ("เรื่องที่ยังไม่มีข้อสรุป", "Open questions"),
    "doc_not_told_apart": ("การเปลี่ยนแปลงที่ยังบอกไม่ได้", "Changes that cannot be told yet"),
    "doc_reviews": ("เรื่องเพื่อทบทวน", "For review"),
    "doc_pilots_beside": ("จังหวัดนำร่องเทียบกับจังหวัดเปรียบเทียบ", "Pilots beside comparison provinces"),
    "doc_processes": ("กระบวนการและการดำเนินงาน", "Processes and delivery"),
    "doc_lessons": ("บทเรียน: อะไรคงอยู่ และขยายผลได้ที่ใด", "Lessons: what lasts, and where it can be taken"),
    "doc_limits": ("ข้อจำกัด", "Limits"),
    "doc_not_done": ("จังหวัดที่ยังไม่มีผลในรอบนี้", "Provinces without a result in this run"),
    "doc_exhibition": ("นิทรรศการผลงานที่เป็นเลิศด้าน SDGs", "Exhibition of SDG best practices"),
    "doc_exhibits": ("ผลงานที่จัดแสดง", "The exhibits"),
    "doc_no_award": ("ไม่ใช่การจัดอันดับและไม่ใช่รางวัล เป็นข้อชวนให้ไปเรียนรู้", "No ranking and no award: an invitation to visit and learn."),
    "doc_named": ("จังหวัดที่เกณฑ์เลือกอย่างมั่นคง", "Provinces that the rule names firmly"),
    "doc_lead": ("ดีกว่าที่คาด", "Better than expected by"),
    "doc_lead_interval": ("ช่วงความเชื่อมั่น 95%", "95% interval"),
    "doc_to": ("ถึง", "to"),
    "doc_lasts": ("ส่วนที่คงอยู่", "Lasts"),
    "doc_variants": ("เกณฑ์แบบอื่นที่เลือกด้วย", "Variants that agree"),
    "doc_put_forward": ("แนวปฏิบัติที่จังหวัดเสนอ", "Practices put forward by provinces"),
    "doc_practice": ("แนวปฏิบัติ", "Practice"),
    "doc_grade": ("ระดับหลักฐาน", "Grade of evidence"),
    "doc_grade_by": ("ใครให้ระดับ", "Graded by"),
    "doc_grade_found": ("ตรวจจากทะเบียนหลักฐาน", "found in the register of evidence"),
    "doc_grade_stated": ("จังหวัดแจ้งเอง ยังไม่ได้ตรวจ", "as the province states, not checked"),
    "doc_no_practices": (
        "รอบนี้ไม่มีตารางแนวปฏิบัติของจังหวัด จึงแสดงเฉพาะจังหวัดที่เกณฑ์เลือก",
        "This run has no table of practices, so only provinces that the rule names are shown.",
    ),
    "doc_reviewed": ("ความเห็นและข้อท้าทายของที่ปรึกษา ณ วันที่จัดทำเอกสาร", "Reviews and challenges by advisers when this was written"),
    "doc_numbers": ("รหัสตัวเลข", "numbers"),
    "doc_in_thai": ("ภาษาไทยตามที่ได้รับ", "in Thai, as received"),
    "doc_visit": (
        "เป็นสมมติฐานที่ควรไปดู: ต้องหาว่าจังหวัดทำอะไร ก่อนนำไปใช้ที่อื่น",
        "A hypothesis to visit: find out what the province did before taking it elsewhere.",
    ),
    "doc_guard": (
        "กันการถดถอยเข้าหาค่าเฉลี่ย: กลุ่มที่เคยนำ ปีถัดมายังนำอยู่เป็นสัดส่วน",
        "Guard against regression to the mean: share of their lead that earlier leaders kept a year later",
    ),
    "doc_done": ("สิ่งที่ทำ", "What was done"),
    "doc_conditions": ("เงื่อนไขของความสำเร็จ", "Conditions"),
    "doc_transfer": ("การนำไปใช้ที่อื่น", "Transfer"),
    "doc_cost": ("ค่าใช้จ่าย (บาท)", "Cost (baht)"),
    "doc_not_stated": ("ไม่ได้ระบุ", "not stated"),
    "doc_contribution": (
        "บอกการมีส่วนร่วม ไม่ได้อ้างว่าเป็นผลของแนวปฏิบัติ",
        "A contribution is stated; no effect is claimed.",
    ),
}
"""key -> (Thai, English)."""


@lru_cache(maxsize=2)
def document_words(lang: str) -> dict[str, str]:
    """Return the words of documents and of pages in one language; the same dict each time, for reading."""
    return {key: pair[0 if lang == "th" else 1] for key, pair in (WORDS | DOCUMENT_WORDS).items()}
