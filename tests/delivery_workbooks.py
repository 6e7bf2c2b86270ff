"""A delivery workbook filled as officers fill it, once right and once with more than forty different mistakes."""

PROVINCE = "เชียงใหม่"
CDD, DPT = "กรมการพัฒนาชุมชน", "กรมโยธาธิการและผังเมือง"
NATIONAL_ID = "1-1017-00230-67-8"
PHONE = "081-234-5678"
N_VNR = 37


def _project(n: int, **changes) -> dict:
    vnr = n <= N_VNR
    return {
        "project_id": f"P-50-{n:03d}", "name_th": f"โครงการที่ {n}", "agency_id": CDD, "REF_AREA": PROVINCE, "start_date": "1 ตุลาคม 2566",
        "end_date": "30/9/2567", "level": "เชิงพื้นที่ (ภาคีในพื้นที่)", "vnr_flag": "ใช่" if vnr else "ไม่ใช่", "vnr_year": "2564" if vnr else "",
    } | changes  # fmt: skip


def clean_rows() -> dict[str, list[dict]]:
    """Return the rows of every table as typed: Thai words and digits, both ways of writing dates, baht with commas."""
    return {
        "plan": [
            {"plan_id": "PL-1", "REF_AREA": PROVINCE, "plan_type": "แผนพัฒนาจังหวัด", "version": "2", "fiscal_year_from": "2566", "fiscal_year_to": "๒๕๗๐", "approved_date": "12 ก.ค. 2565"},
            {"plan_id": "PL-2", "REF_AREA": "กรุงเทพมหานคร", "plan_type": "แผนพัฒนากรุงเทพมหานคร", "version": "1", "fiscal_year_from": "2566", "fiscal_year_to": "2570"},
        ],
        "plan_item": [{"plan_item_id": "PI-1", "plan_id": "PL-1", "text_th": "ลดขยะตกค้าง", "target": "11.6", "measure": "ตันต่อวัน", "baseline": "120", "target_value": "60.5", "unit": "ตัน", "agency_id": DPT, "budget_thb": "12,500,000"}],
        "need": [
            {"need_id": "N-1", "REF_AREA": PROVINCE, "target": "8.10", "severity": "4", "fiscal_year": "2567", "origin": "เวทีรับฟัง"},
            {"need_id": "N-2", "REF_AREA": PROVINCE, "target": "11.6", "severity": "๕", "fiscal_year": "2567", "origin": "ข้อมูลสถิติ"},
        ],
        "project": [_project(n) for n in range(1, 49)],
        "project_target": [
            {"project_id": "P-50-001", "target": "11.6", "weight": "0.6", "is_primary": "ใช่", "confirmed_by": "หัวหน้าสำนักงานจังหวัด", "confirmed_date": "5 มกราคม 2567"},
            {"project_id": "P-50-001", "target": "12.5", "weight": "0.4", "is_primary": "ไม่ใช่"},
            {"project_id": "โครงการที่ 2", "target": "1.4", "weight": "1"},
            {"project_id": "P-50-003", "target": "1.4", "weight": "1"},
            {"project_id": "P-50-004", "target": "1.4", "weight": "1"},
            {"project_id": "P-50-005", "target": "1.4", "weight": "1"},
            {"project_id": "P-50-006", "target": "1.4", "weight": "0.5", "is_primary": "ใช่"},
            {"project_id": "P-50-006", "target": "1.3", "weight": "0.5"},
        ],
        "project_agency": [{"project_id": "P-50-001", "agency_id": CDD, "role": "หน่วยงานหลัก"}, {"project_id": "P-50-001", "agency_id": "dpt", "role": "หน่วยงานร่วม"}],
        "project_partner": [
            {"project_id": "P-50-001", "network_id": "ภาคประชาชน", "role": "ร่วมดำเนินการ"}, {"project_id": "P-50-001", "network_id": "ภาคเอกชน", "role": "ร่วมออกเงิน"},
            {"project_id": "P-50-002", "network_id": "media", "partner_id": "undp", "role": "ร่วมติดตาม"},
        ],
        "activity": [
            {"activity_id": f"A-{n}", "project_id": "P-50-001", "fiscal_quarter": quarter, "planned": "10", "done": done, "unit": "ครั้ง", "planned_date": "31/3/2567", "evidence_id": "E-1"}
            for n, (quarter, done) in enumerate([("2567Q2", "8"), ("ไตรมาส 1/2567", "๑๐"), ("2567Q2", ""), ("2567Q2", "0"), ("2567Q2", "3")], 1)
        ],
        "budget": [
            {"budget_id": f"B-{n}", "project_id": "P-50-001", "REF_AREA": PROVINCE, "fiscal_quarter": "2567Q2", "source_type": "งบรัฐ", "planned_thb": planned, "disbursed_thb": paid, "unit_stated": unit}
            for n, (planned, paid, unit) in enumerate([("1,250,000", "1,400,000", "บาท"), ("2.5", "1.25", "ล้านบาท"), ("300,000 บาท", "0", "บาท"), ("๕๐๐,๐๐๐", "", "บาท"), ("900", "450.5", "พันบาท"), ("75000", "", "บาท")], 1)
        ],
        "kpi": [
            {"agency_id": CDD, "project_id": "โครงการที่ 1", "REF_AREA": PROVINCE, "fiscal_year": "2567", "indicator": "ครัวเรือนที่คัดแยกขยะ", "unit": "ร้อยละ", "target_value": "80%", "q1": "20", "q2": "45.5", "total": "45.5", "cumulative": "ใช่", "budget_thb": "1,250,000", "disbursed_thb": "600,000", "national_strategy": "ด้านที่ 5", "plan13": "หมุดหมายที่ 10", "master_plan": "ประเด็นที่ 18", "target": "12.5"},
            {"agency_id": DPT, "REF_AREA": PROVINCE, "fiscal_year": "ปีงบประมาณ 2567", "indicator": "ผังเมืองที่แล้วเสร็จ", "unit": "แห่ง", "target_value": "4", "q1": "1", "q2": "1"},
        ],
        "participation": [
            {"event_id": "EV-1", "REF_AREA": PROVINCE, "event_date": "14 ก.พ. 2567", "kind": "เวทีประชาคม", "project_id": "P-50-001", "proposals": "12", "adopted": "5", "answered": "12"},
            {"event_id": "EV-2", "REF_AREA": PROVINCE, "event_date": "2567-02-20", "kind": "ออนไลน์", "proposals": "3", "adopted": "0"},
        ],
        "participation_group": [
            {"event_id": "EV-1", "group": "หญิง", "participants": "40"}, {"event_id": "EV-1", "group": "ชาย", "participants": "35"},
            {"event_id": "EV-1", "group": "กลุ่มชาติพันธุ์", "participants": "12"}, {"event_id": "EV-2", "group": "หญิง", "participants": "9"},
        ],
        "training": [{"event_id": "T-1", "event_date": "10 มกราคม 2567", "host": "สหประชาชาติ", "agency_id": CDD, "REF_AREA": PROVINCE, "topic": "SDGs กับงานจังหวัด", "hours": "6", "invited": "60", "attended": "52"}],
        "mechanism": [{"REF_AREA": PROVINCE, "fiscal_quarter": "2567Q2", "committee_exists": "ใช่", "order_no": "1234/2566", "order_date": "1 ธันวาคม 2566", "chair_role": "ผู้ว่าราชการจังหวัด", "meetings_held": "2", "has_workplan": "มี", "has_secretariat": "มี", "has_data_officer": "ไม่มี", "reports_on_time": "ใช่"}],
        "milestone": [
            {"REF_AREA": PROVINCE, "step_no": step, "planned_date": f"30/{month}/2567"}
            for step, month in [("การสร้างการตระหนักรู้", 4), ("การปรับกระบวนงาน", 6), ("การดำเนินการพัฒนาตามแผนการขับเคลื่อน SDGs", 9), ("การติดตาม ประเมินผล", 12)]
        ],
        "leadership": [{"REF_AREA": PROVINCE, "fiscal_quarter": "2567Q2", "governor_led_events": "3"}],
        "practice": [{"practice_id": "PR-1", "project_id": "P-50-001", "REF_AREA": PROVINCE, "title_th": "ธนาคารขยะชุมชน", "evidence_grade": "B วัดก่อนและหลัง", "cost_thb": "85,000"}],
        "evidence": [{"evidence_id": "E-1", "kind": "ภาพถ่าย", "file_sha256": "ab" * 32, "project_id": "P-50-001", "evidence_date": "15/2/2567", "consent": "ใช่", "alt_th": "ชาวบ้านคัดแยกขยะ"}],
        "local_group": [{"group_id": "G-1", "REF_AREA": PROVINCE, "name_th": "กลุ่มธนาคารขยะบ้านสันทราย", "start_date": "1/5/2566", "members": "85"}],
        "meeting": [{"meeting_id": "M-1", "REF_AREA": PROVINCE, "meeting_date": "28 มีนาคม 2567", "mode": "ทั้งสองแบบ"}],
        "decision": [
            {"decision_id": "D-1", "meeting_id": "M-1", "REF_AREA": PROVINCE, "fiscal_quarter": "2567Q2", "text_th": "เร่งเบิกจ่าย", "owner_agency_id": CDD, "due_date": "30/6/2567", "status": "ยังไม่เสร็จ"},
            {"decision_id": "D-2", "meeting_id": "M-1", "REF_AREA": PROVINCE, "fiscal_quarter": "2567Q2", "text_th": "ส่งข้อมูล", "owner_agency_id": "จังหวัดเชียงใหม่", "due_date": "15/4/2567", "status": "เสร็จแล้ว", "closed_date": "10/4/2567"},
        ],
        "adjustment": [{"adjustment_id": "AD-1", "REF_AREA": PROVINCE, "fiscal_quarter": "2567Q2", "decision_id": "D-2", "action_th": "แต่งตั้งผู้ดูแลข้อมูล"}],
    }  # fmt: skip


MISTAKES = [
    # table, row of the table (from 1), column typed into, what is typed, code, column told (where it is another)
    ("plan", 2, "plan_type", "แผนพัฒนาจังหวัด", "bangkok_plan", ""),
    ("plan", 1, "fiscal_year_to", "2560", "year_order", ""),
    ("plan", 1, "version", "0", "minimum", ""),
    ("plan_item", 1, "budget_thb", "12.5", "money_small", ""),
    ("plan_item", 1, "baseline", "120 ตัน", "number", ""),
    ("need", 1, "severity", "6", "maximum", ""),
    ("need", 2, "fiscal_year", "67", "two_digit_year", ""),
    ("project", 38, "vnr_flag", "ใช่", "vnr_count", ""),
    ("project", 39, "end_date", "1 มกราคม 2565", "date_order", ""),
    ("project", 40, "agency_id", "กรมที่ไม่มีอยู่", "refers", ""),
    ("project", 41, "name_th", f"โครงการของ {NATIONAL_ID}", "personal", ""),
    ("project", 42, "start_date", "31 มีนาคม พ.ศ. 2024", "era", ""),
    ("project", 43, "end_date", "31/3/67", "two_digit_year", ""),
    ("project", 44, "REF_AREA", "เชียงใหมม่", "province_unknown", ""),
    ("project", 45, "project_id", "P-50-009", "duplicate", ""),
    ("project", 46, "level", "ระดับหมู่บ้าน", "codes", ""),
    ("project", 47, "name_th", "", "required", ""),
    ("project", 48, "end_date", "31/2/2567", "date", ""),
    ("project", 1, "deliverable", f"ติดต่อ {PHONE}", "personal", ""),
    ("practice", 1, "practice_id", "PR 1", "id_form", ""),
    ("project_target", 2, "weight", "0.7", "weights", "first"),
    ("project_target", 3, "target", "18.1", "target", ""),
    ("project_target", 4, "weight", "1.2", "maximum", ""),
    ("project_target", 5, "project_id", "P-99-999", "refers", ""),
    ("project_target", 6, "weight", "ครึ่ง", "number", ""),
    ("project_target", 8, "is_primary", "ใช่", "primary", "first"),
    ("project_agency", 1, "agency_id", "กรมการปกครอง", "lead_differs", ""),
    ("project_partner", 1, "network_id", "ภาคการเมือง", "codes", ""),
    ("activity", 1, "fiscal_quarter", "2567Q5", "quarter", ""),
    ("activity", 2, "unit", "", "unit_missing", ""),
    ("activity", 4, "done", "-3", "minimum", ""),
    ("activity", 3, "done", "-", "dash", ""),
    ("budget", 1, "planned_thb", "12.5", "money_small", ""),
    ("budget", 6, "planned_thb", "-75000", "minimum", ""),
    ("budget", 3, "planned_thb", "12.5 ล้านบาท", "money_words", ""),
    ("budget", 4, "unit_stated", "", "required", ""),
    ("budget", 3, "disbursed_thb", "1,25,000", "number_comma", ""),
    ("budget", 2, "planned_thb", "2,500,000", "money_large", ""),
    ("kpi", 2, "q2", "25%", "percent", ""),
    ("participation", 1, "adopted", "20", "adopted_over", ""),
    ("participation_group", 2, "participants", "12.5", "whole", ""),
    ("participation_group", 3, "participants", "900000", "group_over", ""),
    ("participation_group", 4, "group", "นักท่องเที่ยว", "codes", ""),
    ("training", 1, "hours", "900", "maximum", ""),
    ("mechanism", 1, "has_data_officer", "บางที", "flag", ""),
    ("milestone", 4, "step_no", "ขั้นตอนที่ 5", "codes", ""),
    ("evidence", 1, "file_sha256", "ไม่ทราบ", "sha256", ""),
    ("local_group", 1, "members", "แปดสิบห้า", "number", ""),
    ("decision", 1, "closed_date", "30/4/2567", "closed_open", ""),
    ("decision", 2, "closed_date", "", "closed_date", ""),
]
"""Each typed over the clean rows; those told elsewhere are told at the first row of their project."""
ALSO = {("project", 38): {"vnr_year": "2564"}}
"""What makes a mistake one: the thirty-eighth project of the VNR has its year."""
