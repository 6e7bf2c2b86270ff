"""The fixed words of the pages, in Thai and in English side by side, so that neither can lag behind."""

from __future__ import annotations

WORDS = {
    "site_title": ("การประเมินแนวโน้มตัวชี้วัด SDGs รายจังหวัด", "SDG indicator trends, province by province"),
    "index": ("หน้ารวม", "Overview"),
    "other_language": ("English", "ภาษาไทย"),
    "report_year": ("ปีรายงาน", "Report year"),
    "era": ("พ.ศ.", ""),
    "synthetic": (
        "ข้อมูลสังเคราะห์ ไม่ใช่ข้อมูลจริง: สร้างขึ้นเพื่อสาธิตและทดสอบ ห้ามนำไปอ้างอิง",
        "Synthetic data, not real: made to demonstrate and to test. Do not cite.",
    ),
    "synthetic_short": ("ข้อมูลสังเคราะห์", "synthetic data"),
    "of_provinces": ("จังหวัดที่ประเมินเสร็จ", "provinces evaluated"),
    "provinces": ("จังหวัด", "Provinces"),
    "province": ("จังหวัด", "Province"),
    "pilot": ("จังหวัดนำร่อง", "pilot province"),
    "not_pilot": ("จังหวัดเปรียบเทียบ", "comparison province"),
    "result": ("ผลการประเมิน", "Result"),
    "findings": ("ข้อค้นพบที่ยืนยันได้", "Findings that hold"),
    "no_findings": (
        "ยังไม่มีรายการใดที่ยืนยันแนวโน้มได้ ซึ่งเป็นคำตอบปกติเมื่อข้อมูลยังสั้น",
        "No trend holds yet, which is a normal answer while series are short.",
    ),
    "goals": ("ผลตามเป้าหมายทั้ง 17", "Results by the 17 goals"),
    "goal": ("เป้าหมายที่", "Goal"),
    "at_a_glance": ("ภาพรวม 17 เป้าหมาย", "The 17 goals at a glance"),
    "indicator": ("ตัวชี้วัด", "Indicator"),
    "no_indicator": ("ไม่มีรหัสตัวชี้วัดทางการ", "no official indicator"),
    "proxy": ("ตัวแทน", "proxy"),
    "target": ("เป้าหมาย", "Target"),
    "target_source": ("ที่มาของค่าเป้าหมาย", "Source of the target"),
    "values": ("ตารางข้อมูลของกราฟ", "The values behind the chart"),
    "period": ("ช่วงเวลา", "Period"),
    "value": ("ค่า", "Value"),
    "numbers": ("จำนวนที่นับ / ฐาน", "Counted / out of"),
    "note": ("หมายเหตุ", "Note"),
    "origin": ("ไฟล์ แถว คอลัมน์", "File, row, column"),
    "source": ("แหล่งข้อมูล", "Source"),
    "licence": ("เงื่อนไขการใช้", "Licence"),
    "non_commercial": ("ห้ามใช้เพื่อการค้า", "non-commercial use only"),
    "among": ("เทียบกับทุกจังหวัด", "Among all provinces"),
    "also": ("ความถี่อื่นของข้อมูลเดียวกัน", "The same series at other frequencies"),
    "unknown": ("สิ่งที่ยังบอกไม่ได้ และข้อมูลที่ควรส่ง", "What cannot be told yet, and what to send"),
    "nothing_unknown": ("ทุกเป้าหมายมีข้อมูลพอให้บอกทิศทางได้", "Every goal has enough data for a direction."),
    "how_to_read": ("วิธีอ่าน", "How to read this"),
    "how_1": (
        "“ดีขึ้น” และ “แย่ลง” ใช้เฉพาะแนวโน้มที่ยืนยันได้หลังปรับเพราะทดสอบหลายจังหวัดพร้อมกัน (ยอมให้ผิดพลาดเฉลี่ยไม่เกินร้อยละ 10)",
        "“Improving” and “worsening” are said only of trends that hold after allowing for the many provinces tested (at most 10% false on average).",
    ),
    "how_2": (
        "“ยังไม่พบแนวโน้ม” ไม่ได้แปลว่าไม่มีการเปลี่ยนแปลง ข้อมูลไม่กี่ปีเห็นได้เฉพาะแนวโน้มที่ชัด",
        "“No trend detected” is not “no change”: a few years of data show only strong trends.",
    ),
    "how_3": (
        "ข้อมูลน้อยกว่า 6 ปีเป็นเพียงข้อบ่งชี้ น้อยกว่า 3 ปียังบอกไม่ได้",
        "Fewer than 6 years are an indication only; fewer than 3 say nothing yet.",
    ),
    "how_4": (
        "ความชันและช่วงความเชื่อมั่นคำนวณด้วยวิธี Theil–Sen การทดสอบใช้ Mann–Kendall ที่คำนึงถึงความสัมพันธ์ระหว่างปี",
        "Slopes and intervals are Theil–Sen; the test is Mann–Kendall with the correlation between years allowed for.",
    ),
    "how_5": (
        "แนวโน้มบอกว่าอะไรเปลี่ยน ไม่ได้บอกว่าเปลี่ยนเพราะโครงการนำร่อง",
        "A trend says what changed, not that the pilot caused it.",
    ),
    "audit": ("หลักฐานการคำนวณ", "Audit record"),
    "notebook": ("สมุดคำนวณที่รันแล้ว", "executed notebook"),
    "table": ("ตารางผลทั้งหมด (CSV)", "full table of results (CSV)"),
    "quality": ("คุณภาพข้อมูล", "Data quality"),
    "synthesis": ("ภาพรวมทุกจังหวัด", "All provinces together"),
    "runs": ("บันทึกการรันทุกครั้ง (runs.csv)", "record of every run (runs.csv)"),
    "data_hash": ("รหัสชุดข้อมูล", "Data hash"),
    "version": ("รุ่นโปรแกรม", "Version"),
    "status": ("สถานะ", "Status"),
    "goals_without": ("เป้าหมายที่ไม่มีข้อมูล", "Goals without data"),
    "not_evaluated": ("จังหวัดนี้ยังไม่มีผลการประเมินในรอบนี้", "This province has no evaluation in this run"),
    "why": ("สาเหตุ", "Reason"),
    "what_to_do": (
        "แก้สาเหตุแล้วรันคำสั่งเดิมอีกครั้ง ระบบจะรันเฉพาะจังหวัดที่ยังไม่เสร็จ จังหวัดอื่นไม่ได้รับผลกระทบ",
        "Correct the cause and give the same command again: only what is not done runs. Other provinces are not affected.",
    ),
    "provisional": ("ค่าเบื้องต้น", "provisional"),
    "estimated": ("ค่าประมาณ", "estimated"),
    "break": ("เริ่มนิยามใหม่", "new definition from here"),
    "moved": ("รายการที่เปลี่ยนแปลงชัด", "What moved"),
    "goals_empty": (
        "เป้าหมายต่อไปนี้ยังไม่มีข้อมูลของจังหวัดนี้ ข้อมูลที่ควรส่ง (รายปีอย่างน้อย 6 ปีจึงทดสอบได้):",
        "These goals have no values of this province yet. What to send (six yearly values allow a test):",
    ),
    "until": ("ถึง พ.ศ.", "until"),
    "stale": ("ข้อมูลไม่เป็นปัจจุบัน", "not up to date"),
    "stale_findings": ("ในจำนวนนี้ข้อมูลไม่เป็นปัจจุบัน", "of these not up to date"),
    "skip": ("ข้ามไปยังเนื้อหา", "Skip to content"),
    "heat_map_alt": ("แผนภาพสถานะ 17 เป้าหมายของแต่ละจังหวัด", "Heat map of the 17 goals by province"),
    "map_alt": ("แผนที่จังหวัด", "Map of provinces"),
    "chart_missing": ("ไม่มีกราฟ", "no chart"),
}
"""key -> (Thai, English)."""


def words_of(lang: str) -> dict[str, str]:
    """Return the page words of one language."""
    return {key: pair[0 if lang == "th" else 1] for key, pair in WORDS.items()}
