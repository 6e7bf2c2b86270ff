"""Personal data is found by its form, and statistics are not taken for it. All persons are invented."""

import random

import pytest

from sdg_eval.intake.personal import KINDS, find_personal, scan_cells, valid_national_id

SEED = 25671124
FIRST = ["สมชาย", "วิชัย", "มีชัย", "กมล", "พลอย", "ประเสริฐ", "รุ่งนภา", "ไพโรจน์", "สุดา", "จันทร์เพ็ญ"]
LAST = ["ใจดี", "รักไทย", "ศรีสุข", "ทองดี", "วงศ์สวัสดิ์", "แก้วมณี"]
THAI = str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙")
CLEAN = [
    "นายอำเภอเมือง", "นายกเทศมนตรีตำบลแม่ริม", "นายกองค์การบริหารส่วนจังหวัด", "นายก อบจ.", "นายทะเบียนอำเภอ", "อำเภอนางรอง จังหวัดบุรีรัมย์",
    "นางรอง จังหวัดบุรีรัมย์", "นางเลิ้ง", "นายายอาม", "นายูง", "เด็กชายอายุ 0-5 ปี", "เด็กหญิงที่ได้รับวัคซีน ครบตามเกณฑ์", "นายจ้าง ลูกจ้าง และผู้ทำงานส่วนตัว",
    "ร้อยละของครัวเรือนที่มีโทรศัพท์", "จำนวนผู้ใช้โทรศัพท์เคลื่อนที่ (คน)", "จำนวนเลขหมายโทรศัพท์", "ที่อยู่อาศัยมั่นคง", "อัตราป่วยด้วยโรคไข้เลือดออก",
    "จังหวัด", "พ.ศ. 2561-2564", "2561", "ไตรมาส 1/2566", "1/2561", "0.812345678", "1,234,567.89", "ISO 3166-2:TH", "ที่มา: สำนักงานสถิติแห่งชาติ",
    "กองสารนิเทศ สป.มท. ครั้งที่ 293/2566", "แพทย์ พยาบาล นายสัตวแพทย์", "ม.ค.-มี.ค. 2566", "ปีงบประมาณ 2566", "TH_GPP_TOTAL_CP", "ร้อยละ 12.5",
    "ผู้ประกันตนมาตรา 33, 39 และ 40", "ค่าเฉลี่ย 12.3 ± 0.4", "2566-10-01/P1Y", "เขตสุขภาพที่ 10", "กลุ่มอายุ 15-24 ปี", "บ้านมั่นคง 12 โครงการ",
]  # fmt: skip


def identity_number(rng) -> str:
    """Check digit by the published rule, worked from the right: weights 2, 3, … 13."""
    digits = [rng.randint(1, 8), *map(int, str(rng.randint(10, 96))), *[rng.randint(0, 9) for _ in range(9)]]
    weighted = sum(weight * digit for weight, digit in zip(range(2, 14), reversed(digits), strict=True))
    return "".join(map(str, digits)) + str((11 - weighted % 11) % 10)


def planted(rng) -> str:
    """One piece of personal data, bare or among words, in any digits."""
    number = identity_number(rng)
    dashed = f"{number[0]}-{number[1:5]}-{number[5:10]}-{number[10:12]}-{number[12]}"
    name = f"{rng.choice(['นาย', 'นาง', 'นางสาว', 'น.ส.', 'ด.ช.', 'ด.ญ.'])}{rng.choice(['', ' '])}{rng.choice(FIRST)} {rng.choice(LAST)}"
    mobile = rng.choice(["081-234-5678", "0912345678", "06 1234 5678", "+66 81 234 5678", "+66812345678"])
    text = rng.choice([
        number, dashed, dashed.replace("-", " "), number.translate(THAI), dashed.translate(THAI), name, mobile, "02-123-4567", "053-123456",
        "somchai.j@moi.example.go.th", "บ้านเลขที่ 12 หมู่ 4", "99/12 หมู่ 5 ต.ในเมือง", "Mr. Somchai Jaidee", "ชื่อ-สกุล", "เลขประจำตัวประชาชน", "เบอร์โทร",
    ])  # fmt: skip
    alone = text in ("ชื่อ-สกุล", "เลขประจำตัวประชาชน", "เบอร์โทร")
    return text if alone or rng.random() < 0.5 else f"ผู้ประสานงาน {text} (งานข้อมูล)"


def test_a_hundred_planted_pieces_are_all_found():
    rng = random.Random(SEED)
    missed = [text for text in (planted(rng) for _ in range(100)) if not find_personal(text)]
    print(f"planted 100, detected {100 - len(missed)}")
    assert missed == []


def test_two_hundred_clean_texts_raise_at_most_two_alarms():
    rng = random.Random(SEED + 1)
    texts = CLEAN + [f"{rng.uniform(0, 1e9):,.2f}" for _ in range(60)] + [str(rng.randint(0, 10**9)) for _ in range(101)]
    alarms = [text for text in texts if find_personal(text)]
    print(f"clean {len(texts)}, false alarms {len(alarms)}")
    assert len(texts) == 200 and len(alarms) <= 2, alarms


def test_the_check_digit_is_that_of_the_civil_registration():
    rng = random.Random(SEED + 2)
    number = identity_number(rng)
    assert valid_national_id(number)
    assert [d for d in "0123456789" if valid_national_id(number[:12] + d)] == [number[12]]
    assert not valid_national_id("0" + number[1:]) and not valid_national_id(number[:12])


def test_amounts_of_thirteen_digits_are_told_from_identity_numbers_by_their_company():
    """One amount in ten passes the checksum; a column of amounts holds others that fail it."""
    rng = random.Random(SEED + 3)
    amounts = [str(rng.randint(10**12, 8 * 10**12)) for _ in range(77)]
    column = [((0, row, 2), amount, True) for row, amount in enumerate(amounts, 2)]
    assert sum(valid_national_id(a) for a in amounts) >= 3  # the trap is there
    assert scan_cells(column) == []
    people = [((0, row, 2), identity_number(rng), True) for row in range(2, 12)]
    assert len(scan_cells(people)) == 10


def test_a_diagnosis_beside_a_name_is_health_data():
    cells = [((0, 1, 1), "ชื่อ-สกุล", False), ((0, 1, 2), "การวินิจฉัย", False)]
    assert {f["kind"] for f in scan_cells(cells)} == {"personal_column", "health"}
    assert scan_cells([((0, 1, 1), "จังหวัด", False), ((0, 1, 2), "การวินิจฉัยที่ถูกต้อง (ร้อยละ)", False)]) == []


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_has_a_thai_and_an_english_name(kind):
    assert all(KINDS[kind])


def test_the_hash_of_a_file_is_no_telephone_number():
    digest = "a2c41b0812345678fe" + "0b" * 23
    assert len(digest) == 64 and find_personal(digest) == [] and find_personal(digest[:60]) == ["phone"]
