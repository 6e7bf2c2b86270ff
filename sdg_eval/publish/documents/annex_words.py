"""The words of the statistical annex, in Thai and in English side by side, and what each column of its table of results holds."""

from __future__ import annotations

from functools import lru_cache

from sdg_eval.publish.documents.document_words import document_words

ANNEX_WORDS = {
    "annex_title": ("ภาคผนวกสถิติประกอบรายงาน VNR และ VLR: ตัวชี้วัด SDGs รายจังหวัด", "Statistical annex for the VNR and VLR: SDG indicators by province"),
    "annex_read": ("วิธีอ่านภาคผนวก", "How to read this annex"),
    "annex_what": (
        "ค่าทุกค่าเป็นของจังหวัด ภาคผนวกนี้ไม่ได้รวมเป็นค่าของประเทศ ค่ากลางและควอร์ไทล์บอกการกระจายของจังหวัด ไม่ใช่ค่าของประเทศไทย",
        "Every value is of a province. Nothing is added up to a national figure: median and quartiles tell how provinces spread, they are not Thailand's value.",
    ),
    "annex_levels": (
        "“สากล” คือชุดข้อมูลที่ใช้รหัสและนิยามของ UNSD “ของประเทศ” คือนิยามของไทยสำหรับตัวชี้วัดเดียวกันหรือบริบทของเป้าหมาย “ตัวแทน” คือวัดสิ่งอื่นที่ใกล้เคียง พร้อมเหตุผลกำกับ",
        "“Global”: a series with the code and definition of UNSD. “National”: a Thai definition for the same indicator, or context of the goal. “Proxy”: something near it is measured, and the reason is given.",
    ),
    "annex_blank": (
        "ขีด (–) คือไม่มีค่าหรือประเมินไม่ได้ ไม่ใช่ศูนย์ ค่าที่มาจากบุคคลน้อยกว่าสิบคนถูกปกปิด",
        "A dash (–) means that there is no value or that nothing could be estimated, never zero. Values that rest on fewer than ten persons are suppressed.",
    ),
    "annex_cause": ("แนวโน้มบอกว่าอะไรเปลี่ยน ไม่ได้บอกว่าเปลี่ยนเพราะโครงการใด", "A trend says what changed, not that a programme caused it."),
    "annex_coverage": ("ความครอบคลุมของ 17 เป้าหมาย", "Coverage of the 17 goals"),
    "annex_name": ("ชื่อชุดข้อมูล (หน่วย)", "Series (unit)"), "annex_unit": ("หน่วย", "Unit"), "annex_goal_name": ("ชื่อเป้าหมาย", "Name of the goal"),
    "annex_framework": ("ตัวชี้วัดสากล (UN)", "UN indicators"), "annex_reached": ("มีชุดข้อมูล", "With a series"), "annex_series": ("ชุดข้อมูลที่มีค่า", "Series with values"),
    "annex_proxies": ("ในจำนวนนี้เป็นตัวแทน", "Of these proxies"), "annex_provinces": ("จังหวัดที่มีค่า", "Provinces with a value"), "annex_reason": ("สาเหตุที่ว่าง", "Reason for a blank"),
    "annex_no_series": ("ยังไม่มีชุดข้อมูลที่ใช้ได้", "no series that could be used yet"), "annex_code": ("รหัสชุดข้อมูล", "Series code"), "annex_level": ("ระดับ", "Level"),
    "level_global": ("สากล", "global"), "level_national": ("ของประเทศ", "national"), "level_proxy": ("ตัวแทน", "proxy"),
    "annex_median": ("ค่ากลางของจังหวัด (ควอร์ไทล์)", "Median of provinces (quartiles)"), "annex_better": ("ดีขึ้น", "Improving"), "annex_worse": ("แย่ลง", "Worsening"), "annex_other": ("อื่น ๆ", "Other"),
    "annex_by_province": ("รายจังหวัด", "by province"), "annex_baseline": ("ค่าปีฐาน", "Baseline"), "annex_latest": ("ค่าล่าสุด", "Latest value"), "annex_interval": ("ช่วงของค่า 95%", "Interval of the value, 95%"),
    "annex_trend": ("เปลี่ยนต่อปี (ช่วงความเชื่อมั่น)", "Change a year (interval)"), "annex_p": ("p ปรับแล้ว", "p, adjusted"), "annex_target": ("เป้าหมาย", "Target"), "annex_progress": ("ความก้าวหน้า", "Progress"),
    "annex_split": ("จำแนกได้ตาม", "Can be broken down by"), "annex_no_split": ("ไม่มีข้อมูลจำแนกตามกลุ่ม", "No breakdown is available"), "split_SEX": ("เพศ", "sex"), "split_AGE": ("อายุ", "age"), "split_URBANISATION": ("เขตเมือง/ชนบท", "urban and rural"),
    "annex_wanted": ("ข้อมูลที่จะทำให้ประเมินได้", "What would allow an evaluation"), "annex_metadata": ("คำอธิบายตัวชี้วัด (metadata)", "Metadata"), "annex_official": ("ตัวชี้วัดสากล", "Global indicator"),
    "annex_source": ("แหล่งข้อมูล", "Source"), "annex_owner": ("เจ้าของข้อมูล", "Owner"), "annex_breaks": ("ปีที่เปลี่ยนนิยาม", "Breaks"), "annex_gaps": ("ข้อมูลที่ยังขาด", "Gaps"), "annex_missing": ("ค่าที่ขาด", "Values missing"),
    "annex_span": ("ช่วงเวลา", "Periods"), "annex_change": ("จะเปลี่ยนผลได้", "Would change a result"), "annex_none": ("ไม่มี", "none"), "annex_projects": ("โครงการที่เสนอใน VNR", "Projects for the VNR"),
    "annex_portfolio": ("โครงการ VNR ตาม 17 เป้าหมาย", "VNR projects over the 17 goals"), "annex_register": ("ทะเบียนโครงการ/กิจกรรมที่เสนอใน VNR", "Register of projects and activities for the VNR"),
    "annex_project": ("โครงการ/กิจกรรม (รหัส)", "Project or activity (code)"), "annex_agency": ("หน่วยงาน", "Agency"), "annex_where": ("พื้นที่", "Where"), "annex_targets": ("เป้าประสงค์ (ข้อหลักก่อน)", "Targets (primary first)"),
    "annex_rests_on": ("ระดับหลักฐานมาจาก", "What the grade rests on"), "annex_no_target": ("ไม่ระบุ", "none named"),
    "annex_may_say": ("สิ่งที่กล่าวได้ของโครงการแต่ละระดับหลักฐาน", "What may be said of a project of each grade:"),
    "annex_no_projects": ("รอบนี้ไม่มีทะเบียนโครงการ", "This run has no register of projects."), "annex_methods": ("วิธีคำนวณ", "Methods"), "annex_files": ("แฟ้มข้อมูลประกอบ", "Data files"),
    "annex_file_values": ("ข้อมูลทุกค่า แบบ SDMX-CSV 2.0 (dataflow {flow})", "every value, as SDMX-CSV 2.0 (dataflow {flow})"),
    "annex_file_results": ("ผลของทุกจังหวัดและทุกชุดข้อมูล แบบ CSVW คำอธิบายคอลัมน์อยู่ในแฟ้ม -metadata.json", "results of every province and series, as CSVW; its columns are told in the file -metadata.json"),
    "annex_of_run": ("ตารางผลของรอบนี้", "tables of this run"), "annex_fixed": ("ค่าเดียวกันทุกจังหวัด", "the same for every province"), "annex_own": ("คำนวณจากค่าปีฐานของแต่ละจังหวัด", "from each province's own baseline"),
}  # fmt: skip
"""key -> (Thai, English)."""

RESULT_COLUMNS = {
    "SERIES": ("string", "รหัสชุดข้อมูล; ไม่ขึ้นต้นด้วย TH_ คือรหัสของ UNSD", "Code of the series; without TH_ it is UNSD's"), "REF_AREA": ("string", "รหัสจังหวัด ISO 3166-2", "ISO 3166-2 code of the province"), "FREQ": ("string", "ความถี่ของข้อมูล: A รายปี Q รายไตรมาส M รายเดือน", "Frequency: A yearly, Q quarterly, M monthly"),
    "goal": ("integer", "เป้าหมาย SDG 1-17; 0 คือภาพรวม", "SDG, 1 to 17; 0 is cross-cutting"), "indicator": ("string", "หมายเลขตัวชี้วัดสากล", "Number of the global indicator"), "level": ("string", "global, national หรือ proxy", "global, national or proxy"), "unit": ("string", "รหัสหน่วย", "Code of the unit"),
    "province": ("string", "ชื่อจังหวัด (อังกฤษ)", "Name of the province"), "last_period": ("string", "ช่วงเวลาล่าสุด (SDMX)", "Latest period (SDMX)"), "last_value": ("number", "ค่าล่าสุด", "Latest value"), "value_low": ("number", "ขอบล่าง 95% ของค่า", "Lower end of the value's 95% interval"),
    "value_high": ("number", "ขอบบน 95% ของค่า", "Upper end of the value's 95% interval"), "value_basis": ("string", "ที่มาของช่วง: published, counted, scatter, none", "What the interval rests on: published, counted, scatter, none"), "baseline_year": ("integer", "ปีฐาน", "Baseline year"), "baseline_value": ("number", "ค่าปีฐาน", "Baseline value"),
    "target_value": ("number", "ค่าเป้าหมาย", "Target value"), "target_year": ("integer", "ปีเป้าหมาย", "Target year"), "target_kind": ("string", "official หรือ derived", "official or derived"), "slope": ("number", "ความชันต่อปี (Theil-Sen)", "Theil-Sen slope per year"), "ci_low": ("number", "ขอบล่างของความชัน", "Lower end of the slope's interval"),
    "ci_high": ("number", "ขอบบนของความชัน", "Upper end of the slope's interval"), "relative_slope_pct": ("number", "เปลี่ยนต่อปี ร้อยละ (ค่าที่เป็นจำนวนนับ)", "Change per year in per cent, for counts"), "relative_ci_low_pct": ("number", "ขอบล่าง ร้อยละ", "Its lower end"), "relative_ci_high_pct": ("number", "ขอบบน ร้อยละ", "Its upper end"),
    "confidence": ("number", "ระดับความเชื่อมั่นของช่วงแนวโน้ม", "Confidence of the trend's interval"), "n_obs": ("integer", "จำนวนค่าที่ใช้", "Values used"), "p_value": ("number", "p", "p value"), "p_adjusted": ("number", "p ปรับตามจำนวนจังหวัดที่ทดสอบ", "p value adjusted for the provinces tested"), "status": ("string", "ผล", "Result in one word"),
    "progress": ("string", "ความก้าวหน้าสู่เป้าหมาย", "Progress towards the target"), "p_on_track": ("number", "โอกาสถึงเป้าหมาย", "Chance of meeting the target"), "draws": ("integer", "จำนวนการจำลองของโอกาสนั้น", "Draws behind that chance"), "stale": ("boolean", "ข้อมูลไม่เป็นปัจจุบัน", "Not up to date"),
    "source": ("string", "รหัสแหล่งข้อมูล", "Keys of the sources"), "synthetic": ("boolean", "ข้อมูลสังเคราะห์", "Synthetic data"),
}  # fmt: skip
"""Column -> (CSVW datatype, meaning in Thai, meaning in English)."""


@lru_cache(maxsize=2)
def annex_words(lang: str) -> dict[str, str]:
    """Return the words of the annex and of documents in one language; the same dict each time, for reading."""
    return document_words(lang) | {key: pair[0 if lang == "th" else 1] for key, pair in ANNEX_WORDS.items()}
