"""Personal data in a file that should hold totals: found by form, named by kind and place, never repeated.

The rules are plain forms (a checksum, a title before a name, a telephone number), so that an officer
can see why a cell was found. What they cannot find is told in docs/assumptions.md.
"""

from __future__ import annotations

import re

from sdg_eval.thai import clean_text, thai_digits_to_arabic

KINDS = {
    "national_id": ("เลขประจำตัวประชาชน", "national ID number"),
    "phone": ("หมายเลขโทรศัพท์", "telephone number"),
    "email": ("อีเมล", "e-mail address"),
    "person_name": ("ชื่อบุคคล", "name of a person"),
    "address": ("ที่อยู่", "address"),
    "personal_column": ("คอลัมน์ข้อมูลส่วนบุคคล", "column of personal data"),
    "health": ("ข้อมูลสุขภาพรายบุคคล", "health data of persons"),
}
"""Each kind in Thai and in English."""

_WORDS = (
    "เลขประจำตัวประชาชน เลขบัตรประชาชน เลขบัตรประจำตัวประชาชน หมายเลขบัตรประชาชน เลข13หลัก บัตรประชาชน ชื่อสกุล ชื่อนามสกุล ชื่อและนามสกุล นามสกุล "
    "ชื่อผู้ป่วย ชื่อผู้ตอบ ชื่อผู้ตอบแบบสอบถาม ชื่อผู้ให้ข้อมูล ชื่อหัวหน้าครัวเรือน ชื่อเด็ก ชื่อบิดา ชื่อมารดา เบอร์โทร เบอร์โทรศัพท์ เบอร์มือถือ หมายเลขโทรศัพท์ โทรศัพท์ โทร มือถือ "
    "อีเมล อีเมล์ ที่อยู่ บ้านเลขที่ วันเกิด วันเดือนปีเกิด hn เลขประจำตัวผู้ป่วย หมายเลขผู้ป่วย lineid ไลน์ไอดี nationalid citizenid idcard fullname firstname lastname surname "
    "patientname nameofrespondent respondentname phone phonenumber telephone mobile email emailaddress address homeaddress dateofbirth birthdate passport"
)
COLUMN_WORDS = frozenset(_WORDS.split())
"""Headers that stand over personal data and nothing else; "ผู้ใช้โทรศัพท์" or "ครัวเรือนที่มีโทรศัพท์" are not among them."""
HEALTH_WORDS = ("โรคประจำตัว", "วินิจฉัย", "ผลเลือด", "hiv", "diagnosis", "ผลตรวจ", "อาการ", "การรักษา", "ยาที่ใช้", "ตั้งครรภ์", "สุขภาพจิต")
_BESIDE = frozenset("ชื่อสกุล ชื่อนามสกุล ชื่อและนามสกุล ชื่อผู้ป่วย เลขประจำตัวประชาชน เลขบัตรประชาชน hn เลขประจำตัวผู้ป่วย nationalid fullname patientname".split())

_ID = re.compile(r"(?<![\d.,])(\d)([ -]?)(\d{4})\2(\d{5})\2(\d{2})\2(\d)(?![\d,]|\.\d)")
_PHONE = re.compile(r"(?<![\d.,/])(?:\+66[ -]?\(?0?\)?[ -]?|0)(?:[689][ -]?\d|2|[3457][ -]?\d)(?:[ -]?\d){6,7}(?!\d|[.,]\d)")
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}")
_TITLE = r"(?:นางสาว|นาง|นาย|น\.\s?ส\.|ด\.\s?ช\.|ด\.\s?ญ\.|เด็กชาย|เด็กหญิง|พระครู|พ\.ต\.[ทอต]\.|ร\.ต\.[ทอต]\.|ดร\.|ผศ\.|รศ\.)"
_NAMED = re.compile(rf"(?<![ก-๙]){_TITLE}\s*(?P<first>[ก-ฮเ-ไ][ก-๙]{{1,25}})\s+(?P<last>[ก-ฮเ-ไ][ก-๙]{{2,30}})")
_ALONE = re.compile(r"(?:นางสาว|นาง|นาย|น\.\s?ส\.|ด\.\s?ช\.|ด\.\s?ญ\.)\s*(?P<first>[ก-ฮเ-ไ][ก-๙]{2,25})")
_ENGLISH = re.compile(r"\b(?:Mr|Mrs|Ms|Miss)\.?\s+[A-Z][a-z]+(?:\s+[A-Z][a-z]+)?")
_OFFICE = re.compile(
    r"อำเภอ|ทะเบียน|จ้าง|หน้า|สัตว|แพทย์|ช่าง|ตรวจ|ด่าน|ท่า|ทหาร|ตำรวจ|พลเรือน|ร้อย|ประกัน|ยาม|อายุ|พยาบาล|ผดุง"
    r"|ก(?:$|[^ก-๙]|เทศ|อบ|รัฐ|องค์|สมา|เมือง|สภา|หอ|ฯ)|(?:รอง|เลิ้ง|แดด|บวช|ายอาม|ูง|พิมพ์|งาม|สาว)$"
)
"""What follows นาย or นาง in offices, districts and headings; a name is not begun by it."""
_CHILDREN = re.compile(r"ที่|ใน|แรก|ต่ำ|และ|ไทย|ซึ่ง|มี|ได้|วัย|เรียน|ทั้งหมด|อายุ|ประถม|มัธยม|ก่อน")
"""What follows เด็กชาย or เด็กหญิง in the headings of statistics."""
_ADDRESS = re.compile(r"บ้านเลขที่\s*\d+|(?<!\d)\d{1,4}/\d{1,4}\s*(?:หมู่|ม\.|ซอย|ซ\.|ถนน|ถ\.)|เลขที่\s*\d+(?:/\d+)?\s*(?:หมู่|ม\.|ซอย|ถนน)")
_LIKELY = re.compile(r"\d(?:[ -]?\d){8}|@|นาย|นาง|น\.|ด\.|เด็ก|พระครู|ผศ|รศ|\bM(?:r|s|iss)|เลขที่|\d/\d")
_HASH = re.compile(r"[0-9a-f]{64}")
"""The SHA-256 of a file: one in sixty holds digits that look like a telephone number."""
_PROVINCE_DIGITS = range(10, 97)


def valid_national_id(digits: str) -> bool:
    """True for 13 digits with the check digit of the civil registration, a category 1-8 and a province 10-96.

    The check digit is (11 - sum of (13 - i) x digit i mod 11) mod 10, of the first twelve.
    """
    if len(digits) != 13 or digits[0] not in "12345678" or int(digits[1:3]) not in _PROVINCE_DIGITS:
        return False
    total = sum((13 - place) * int(digit) for place, digit in enumerate(digits[:12]))
    return (11 - total % 11) % 10 == int(digits[12])


def fold_header(text: str) -> str:
    """Return a header as it is compared with COLUMN_WORDS."""
    return re.sub(r"[\s.\-_/()*:]", "", clean_text(text)).casefold()


def find_personal(text: str, *, is_number: bool = False) -> list[str]:
    """Return the kinds (keys of KINDS) of personal data in one text; never the data.

    A cell that is a number can only be an ID: a telephone number loses its 0 there, and nobody can
    tell what is left from an amount.
    """
    plain = thai_digits_to_arabic(clean_text(text))
    if _HASH.fullmatch(plain):
        return []
    if not _LIKELY.search(plain):
        return ["personal_column"] if not is_number and fold_header(plain) in COLUMN_WORDS else []
    found = []
    if any(valid_national_id("".join(m.group(1, 3, 4, 5, 6))) for m in _ID.finditer(plain)):
        found.append("national_id")
    if is_number:
        return found
    if not found and _PHONE.search(plain):
        found.append("phone")
    if _EMAIL.search(plain):
        found.append("email")
    if _has_name(plain):
        found.append("person_name")
    if _ADDRESS.search(plain):
        found.append("address")
    if fold_header(plain) in COLUMN_WORDS:
        found.append("personal_column")
    return found


def _has_name(text: str) -> bool:
    for match in _NAMED.finditer(text):
        office = _CHILDREN if match[0].startswith("เด็ก") else _OFFICE
        if not office.match(match["first"]):
            return True
    alone = _ALONE.fullmatch(text)
    return bool(alone and not _OFFICE.match(alone["first"])) or bool(_ENGLISH.search(text))


def scan_cells(cells) -> list[dict]:
    """Return {kind, where} of every piece of personal data, in the order of the cells.

    Parameters
    ----------
    cells
        (where, text, is_number); `where` is (sheet, row, column), or anything for text outside cells.

    A plain run of 13 digits that passes the checksum is taken for an amount when its column holds other
    numbers of eleven or more digits that fail it: identity numbers never come with such company.
    """
    cells = list(cells)
    found, bare = [], []
    headers: dict = {}
    for where, text, is_number in cells:
        for kind in find_personal(text, is_number=is_number):
            if kind == "national_id" and re.fullmatch(r"\d{13}", thai_digits_to_arabic(clean_text(text))):
                bare.append(len(found))
            found.append({"kind": kind, "where": where})
        if not is_number and where[1] is not None and len(text) < 60:
            folded = fold_header(text)
            if folded in _BESIDE:
                headers.setdefault((where[0], where[1]), {})["name"] = where
            elif any(word in folded for word in HEALTH_WORDS):
                headers.setdefault((where[0], where[1]), {})["health"] = where
    amounts = _amount_columns(cells) if bare else set()
    dropped = {n for n in bare if found[n]["where"][1] is not None and (found[n]["where"][0], found[n]["where"][2]) in amounts}
    kept = [f for n, f in enumerate(found) if n not in dropped]
    return kept + [{"kind": "health", "where": row["health"]} for row in headers.values() if len(row) == 2]


def _amount_columns(cells) -> set:
    """(sheet, column) of columns that hold numbers of eleven or more digits that are no identity numbers."""
    columns = set()
    for where, text, _ in cells:
        digits = re.sub(r"[,\s]", "", thai_digits_to_arabic(clean_text(text)))
        if where[1] is not None and re.fullmatch(r"\d{11,16}(\.\d+)?", digits) and not valid_national_id(digits):
            columns.add((where[0], where[2]))
    return columns
