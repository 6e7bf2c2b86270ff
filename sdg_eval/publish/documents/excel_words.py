"""The words of the workbooks: sheets, headers and what each column holds, in Thai and in English side by side."""

from __future__ import annotations

from functools import lru_cache

EXCEL_WORDS = {
    "title": ("ผลการประเมินตัวชี้วัด SDGs ของจังหวัด", "Evaluation of a province's SDG indicators"),
    "subject": ("ตารางผล ข้อมูล ที่มา และวิธีคำนวณ", "Results, data, provenance and methods"),
    "sheet_readme": ("อ่านก่อน", "Read me"), "sheet_results": ("ผลการประเมิน", "Results"), "sheet_charts": ("กราฟ", "Charts"),
    "sheet_chart_data": ("ข้อมูลของกราฟ", "Data of the charts"), "sheet_observations": ("ข้อมูล", "Observations"), "sheet_provenance": ("ที่มาของข้อมูล", "Provenance"),
    "sheet_rules": ("เกณฑ์สากลเทียบกัน", "Rules side by side"), "sheet_metadata": ("คำอธิบายตัวชี้วัด", "Metadata"), "sheet_methods": ("วิธีคำนวณ", "Methods"),
    "about_results": ("หนึ่งแถวต่อหนึ่งตัวชี้วัด เป้าหมายที่ไม่มีข้อมูลมีแถวของตนพร้อมสาเหตุ", "One row for each series; a goal without data has its row, with the reason."),
    "about_charts": ("กราฟของ Excel วาดจากแผ่นงานถัดไป ปีที่ขาดเว้นว่าง", "Native charts of the next sheet's values; a missing year is a gap."),
    "about_chart_data": ("ค่าที่ใช้วาดกราฟ ครบทุกช่วงเวลา", "The values of the charts, every period from first to last."),
    "about_observations": ("ข้อมูลทุกค่าของจังหวัดที่ใช้ รวมค่าที่จำแนกตามกลุ่ม ค่าที่ปกปิดเว้นว่างและมีสถานะ Q", "Every value of the province, broken down ones too; a suppressed value is blank, with status Q."),
    "about_provenance": ("แฟ้ม แผ่นงาน แถว คอลัมน์ และรหัส SHA-256 ของแฟ้มต้นทางของแต่ละค่า", "File, sheet, row, column of each value, and the SHA-256 of its file."),
    "about_rules": ("ผลตามเกณฑ์ที่เผยแพร่แล้วทุกเกณฑ์ เกณฑ์ของระบบอยู่แถวแรกของแต่ละตัวชี้วัด", "What each published rule says; ours stands first for each series."),
    "about_metadata": ("นิยาม หน่วย ทิศทาง ตัวแทน แหล่งข้อมูล เงื่อนไขการใช้ และหน่วยงานเจ้าของข้อมูล", "Definition, unit, direction, proxy, source, licence and owner of each series."),
    "about_methods": ("สถิติทุกตัวในภาษาง่าย พร้อมค่าตั้งต้นและเอกสารอ้างอิง", "Every statistic in plain words, with defaults and where it is published."),
    "facts": ("ข้อมูลของแฟ้มนี้", "About this file"), "contents": ("แผ่นงาน", "Sheets"), "how_to_read": ("วิธีอ่าน", "How to read this"), "sources": ("แหล่งข้อมูลและเงื่อนไขการใช้", "Sources and licences"),
    "read_1": ("“ดีขึ้น” และ “แย่ลง” ใช้เฉพาะแนวโน้มที่ยืนยันได้หลังปรับตามจำนวนการทดสอบ", "“Improving” and “worsening” are said only of trends that hold after allowing for the number of tests."),
    "read_2": ("“ยังไม่พบแนวโน้ม” ไม่ได้แปลว่าไม่มีการเปลี่ยนแปลง", "“No trend detected” is not “no change”."),
    "read_3": ("แนวโน้มบอกว่าอะไรเปลี่ยน ไม่ได้บอกว่าเปลี่ยนเพราะโครงการ", "A trend says what changed, not why."),
    "read_4": ("ช่องว่างคือไม่มีค่าหรือประเมินไม่ได้ ไม่ใช่ศูนย์", "An empty cell means that there is no value, never zero."),
    "read_5": ("ตัวเลขเก็บไว้ครบทุกหลัก ที่เห็นเป็นการปัดเพื่อแสดงเท่านั้น ไม่มีสูตรในแฟ้มนี้", "Numbers are kept in full and only shown rounded; there is no formula in this file."),
    "province": ("จังหวัด", "Province"), "report_year": ("ปีรายงาน", "Report year"), "quarter": ("ไตรมาส", "Quarter"), "run": ("รอบที่รัน", "Run"), "data_hash": ("รหัสชุดข้อมูล", "Data hash"),
    "version": ("รุ่นโปรแกรม", "Version"), "period": ("ช่วงเวลา", "Period"), "year": ("ปี พ.ศ.", "Year"), "yes": ("ใช่", "yes"), "no": ("ไม่ใช่", "no"), "non_commercial": ("ห้ามใช้เพื่อการค้า", "non-commercial use only"),
    "not_evaluated": ("จังหวัดนี้ยังไม่มีผลการประเมินในรอบนี้", "This province has no evaluation in this run"),
    "obs_A": ("ปกติ", "normal"), "obs_P": ("ค่าเบื้องต้น", "provisional"), "obs_B": ("เริ่มนิยามใหม่", "new definition from here"), "obs_E": ("ค่าประมาณ", "estimated"),
    "obs_I": ("ค่าประมาณแทน", "imputed"), "obs_Q": ("ปกปิด", "suppressed"),
}  # fmt: skip
"""key -> (Thai, English)."""

COLUMNS = {
    "goal": ("เป้าหมายที่", "Goal", "year"), "indicator": ("ตัวชี้วัดสากล", "Global indicator", "text"), "SERIES": ("รหัสชุดข้อมูล (SERIES)", "SERIES", "text"), "name": ("ชื่อ", "Name", "text"),
    "unit": ("หน่วย", "Unit", "text"), "proxy": ("เป็นตัวแทน", "Proxy", "text"), "FREQ": ("ความถี่ (FREQ)", "FREQ", "text"), "status": ("ผล", "Result", "text"), "stale": ("ข้อมูลไม่เป็นปัจจุบัน", "Not up to date", "text"),
    "last_period": ("ช่วงเวลาล่าสุด", "Latest period", "text"), "last_value": ("ค่าล่าสุด", "Latest value", "value"), "n_obs": ("จำนวนค่าที่ใช้ (n)", "n", "count"), "first_period": ("ช่วงเวลาแรกที่ใช้", "First period used", "text"),
    "slope": ("เปลี่ยนต่อปี", "Change per year", "change"), "ci_low": ("ขอบล่างของช่วงความเชื่อมั่น", "Interval, low", "change"), "ci_high": ("ขอบบนของช่วงความเชื่อมั่น", "Interval, high", "change"),
    "relative_slope_pct": ("เปลี่ยนต่อปี (ร้อยละ)", "Change per year, %", "change"), "relative_ci_low_pct": ("ขอบล่าง (ร้อยละ)", "Low, %", "change"), "relative_ci_high_pct": ("ขอบบน (ร้อยละ)", "High, %", "change"),
    "p_value": ("p", "p", "p"), "p_adjusted": ("p ปรับตามจำนวนจังหวัดที่ทดสอบ", "p, adjusted for the provinces tested", "p"), "n_tests": ("จำนวนการทดสอบ", "Tests", "count"), "confidence": ("ระดับความเชื่อมั่น", "Confidence", "share"),
    "baseline_year": ("ปีฐาน (ค.ศ.)", "Baseline year", "year"), "baseline_value": ("ค่าปีฐาน", "Baseline", "value"), "target_value": ("ค่าเป้าหมาย", "Target value", "value"), "target_year": ("ปีเป้าหมาย (ค.ศ.)", "Target year", "year"),
    "target": ("เป้าหมาย", "Target", "text"), "target_kind": ("ชนิดของเป้าหมาย", "Kind of target", "text"), "progress": ("ความก้าวหน้าสู่เป้าหมาย", "Progress", "text"), "p_on_track": ("โอกาสถึงเป้าหมาย", "Chance of meeting it", "share"),
    "draws": ("จำนวนการจำลอง", "Draws", "count"), "required_pace": ("อัตราที่ต้องการต่อปี", "Pace required", "change"), "actual_pace": ("อัตราจริงต่อปี", "Actual pace", "change"),
    "forecast_year": ("ปีที่คาดการณ์ (ค.ศ.)", "Forecast year", "year"), "forecast": ("ค่าคาดการณ์", "Forecast", "value"), "forecast_low": ("ขอบล่างของค่าคาดการณ์ (ร้อยละ 80)", "Forecast, low (80%)", "value"), "forecast_high": ("ขอบบนของค่าคาดการณ์ (ร้อยละ 80)", "Forecast, high (80%)", "value"),
    "peer_period": ("ช่วงเวลาที่เทียบทุกจังหวัด", "Period of the comparison", "text"), "peer_value": ("ค่าของจังหวัดในช่วงนั้น", "The province then", "value"), "peer_median": ("ค่ากลางของทุกจังหวัด", "Median of provinces", "value"), "peer_low": ("ควอร์ไทล์ล่าง", "Lower quartile", "value"), "peer_high": ("ควอร์ไทล์บน", "Upper quartile", "value"),
    "n_peers": ("จำนวนจังหวัดที่มีค่า", "Provinces with a value", "count"), "sentence": ("ผลเป็นประโยค", "In a sentence", "text"), "synthetic": ("ข้อมูลสังเคราะห์", "Synthetic", "text"), "result_id": ("รหัสผล", "Result id", "text"),
    "REF_AREA": ("พื้นที่ (REF_AREA)", "REF_AREA", "text"), "SEX": ("เพศ (SEX)", "SEX", "text"), "AGE": ("อายุ (AGE)", "AGE", "text"), "URBANISATION": ("เขตเมือง/ชนบท (URBANISATION)", "URBANISATION", "text"), "TIME_PERIOD": ("ช่วงเวลา (TIME_PERIOD)", "TIME_PERIOD", "text"),
    "period": ("ช่วงเวลา", "Period", "text"), "OBS_VALUE": ("ค่า (OBS_VALUE)", "OBS_VALUE", "value"), "NUMERATOR": ("จำนวนที่นับ", "Counted", "value"), "DENOMINATOR": ("ฐาน", "Out of", "value"), "LOWER_BOUND": ("ขอบล่างที่เผยแพร่", "Published lower bound", "value"),
    "UPPER_BOUND": ("ขอบบนที่เผยแพร่", "Published upper bound", "value"), "STD_ERR": ("ความคลาดเคลื่อนมาตรฐาน", "Standard error", "change"), "SAMPLE_SIZE": ("ขนาดตัวอย่าง", "Sample size", "count"), "OBS_STATUS": ("สถานะ (OBS_STATUS)", "OBS_STATUS", "text"),
    "status_word": ("ความหมายของสถานะ", "Status in words", "text"), "note": ("หมายเหตุของต้นทาง", "The source's remark", "text"),
    "source": ("รหัสแหล่งข้อมูล", "Source", "text"), "source_file": ("แฟ้มตามที่ได้รับ", "File as received", "text"), "source_id": ("SHA-256 ของแฟ้ม", "SHA-256 of the file", "text"), "source_sheet": ("แผ่นงาน", "Sheet", "text"), "source_row": ("แถว", "Row", "year"),
    "source_column": ("คอลัมน์", "Column", "text"), "as_of": ("ข้อมูล ณ วันที่", "As of", "text"), "vintage": ("รับเข้าเมื่อ (UTC)", "Taken in (UTC)", "text"), "flags": ("เครื่องหมาย", "Flags", "text"), "flags_word": ("สิ่งที่ทำหรือพบ", "Flags in words", "text"),
    "method": ("เกณฑ์", "Rule", "text"), "edition": ("ฉบับ", "Edition", "text"), "verdict": ("คำของเกณฑ์นั้น", "In its own words", "text"), "common": ("ผลในคำร่วม", "In common words", "text"), "value": ("ค่าที่เกณฑ์ใช้ตัดสิน", "What it judges by", "change"),
    "yardstick": ("เทียบกับ", "Measured against", "text"), "first_year": ("ปีแรก (ค.ศ.)", "First year", "year"), "last_year": ("ปีสุดท้าย (ค.ศ.)", "Last year", "year"), "disagrees": ("ต่างจากของระบบ", "Differs from ours", "text"), "why": ("เหตุที่ต่าง", "Why it differs", "text"),
    "official_name": ("ชื่อตัวชี้วัดสากล (อังกฤษ)", "Official indicator", "text"), "name_th": ("ชื่อไทย", "Name in Thai", "text"), "name_en": ("ชื่ออังกฤษ", "Name in English", "text"), "unit_th": ("หน่วย (ไทย)", "Unit in Thai", "text"), "unit_en": ("หน่วย (อังกฤษ)", "Unit in English", "text"),
    "direction": ("ทิศทางที่ดี", "Better when", "text"), "kind": ("ชนิดของค่า", "Kind of value", "text"), "freq": ("ความถี่", "Frequency", "text"), "time_basis": ("ฐานเวลา", "Time basis", "text"), "proxy_reason": ("เหตุที่เป็นตัวแทน", "Why it is a proxy", "text"), "breaks": ("ปีที่เปลี่ยนนิยาม", "Breaks", "text"),
    "decimals": ("ทศนิยมที่แสดง", "Decimals shown", "year"), "target_text": ("ค่าเป้าหมาย (ปี)", "Target (year)", "text"), "target_source": ("ที่มาของเป้าหมาย", "Source of the target", "text"), "publisher": ("ผู้เผยแพร่", "Publisher", "text"), "source_title": ("ชุดข้อมูล", "Title", "text"),
    "licence": ("เงื่อนไขการใช้", "Licence", "text"), "owner": ("หน่วยงานเจ้าของข้อมูล", "Owner", "text"), "lag_months": ("ช้ากว่าช่วงเวลา (เดือน)", "Usual lag, months", "year"),
    "method_title": ("สถิติ", "Statistic", "text"), "method_plain": ("ในภาษาง่าย", "In plain words", "text"), "method_defaults": ("ค่าตั้งต้น", "Defaults", "text"), "method_published": ("เอกสารอ้างอิง", "Published in", "text"),
}  # fmt: skip
"""key -> (Thai header, English header, kind of its values: text, value, change, count, year, share or p)."""


@lru_cache(maxsize=2)
def excel_words(lang: str) -> dict[str, str]:
    """Return the words of a workbook in one language; the same dict each time, for reading."""
    return {key: pair[0 if lang == "th" else 1] for key, pair in EXCEL_WORDS.items()}
