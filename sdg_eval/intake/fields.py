"""The words of headers: what a column holds when its header is one of these, in Thai or English."""

from __future__ import annotations

import re

from sdg_eval.thai import clean_text

_WORDS = {
    "area": "จังหวัด ชื่อจังหวัด รายจังหวัด รายชื่อจังหวัด จังหวัด/province province changwat provincename nameofprovince province_th province_en ref_area พื้นที่ provincethai",
    "area_code": "รหัสจังหวัด province_code provincecode areacode iso",
    "period": "ปี พศ คศ ปีพศ ปีคศ ปี(พศ) year years period ช่วงเวลา เวลา time_period timeperiod ปีข้อมูล ปีปฏิทิน ปีที่สำรวจ ประจำปี ปีงบประมาณ ปีการศึกษา ไตรมาส/ปี เดือน/ปี",
    "quarter": "ไตรมาส ไตรมาสที่ quarter",
    "month": "เดือน month",
    "series": "รหัสชุดข้อมูล series seriescode",
    "indicator": "ตัวชี้วัด รหัสตัวชี้วัด ตัวชี้วัดที่ indicator indicatorcode sdgindicator",
    "series_name": "ชื่อชุดข้อมูล ชื่อตัวชี้วัด รายการ seriesname indicatorname",
    "value": "ค่า ค่าตัวชี้วัด ผล ผลการดำเนินงาน ค่าจริง ข้อมูล value obs_value obsvalue จำนวน อัตรา",
    "numerator": "ตัวตั้ง numerator",
    "denominator": "ตัวหาร denominator ฐาน จำนวนตัวอย่าง",
    "unit": "หน่วย หน่วยนับ หน่วยวัด unit units unit_measure",
    "source": "แหล่งที่มา ที่มา แหล่งข้อมูล source",
    "note": "หมายเหตุ note notes remark remarks comment เหตุผล",
    "sex": "เพศ sex gender",
    "age": "อายุ กลุ่มอายุ ช่วงอายุ age agegroup",
    "urban": "เขต เขตการปกครอง เขตที่อยู่อาศัย urbanisation urbanization",
    "aside": "ลำดับ ลำดับที่ ที่ no # ภาค region regions level ระดับ regionth regionen ค่าล่าสุดที่มี ช่วงเวลาของค่าล่าสุด rank อันดับ",
    "change": "การเปลี่ยนแปลง %การเปลี่ยนแปลง เปลี่ยนแปลง change %change ผลต่าง เพิ่ม/ลด เพิ่มลด growth ร้อยละการเปลี่ยนแปลง",
}
FIELDS = {word: name for name, words in _WORDS.items() for word in words.split()}
SEX = {"ชาย": "M", "หญิง": "F", "เพศชาย": "M", "เพศหญิง": "F", "male": "M", "female": "F", "m": "M", "f": "F", "men": "M", "women": "F"}
BOTH = {"รวม", "รวมทั้งหมด", "ทั้งหมด", "รวมชายหญิง", "ทั้งสองเพศ", "total", "both", "both sexes", "all", "_t", "ทุกกลุ่ม"}
URBAN = {"เมือง": "U", "ในเขตเทศบาล": "U", "ในเมือง": "U", "urban": "U", "ชนบท": "R", "นอกเขตเทศบาล": "R", "นอกเมือง": "R", "rural": "R"}
_TOTAL = re.compile(
    r"(รวม|ยอดรวม|เฉลี่ย|ค่าเฉลี่ย|ทั้งประเทศ|ทั่วประเทศ|ทั่วราชอาณาจักร|ประเทศไทย|ประเทศ|ราชอาณาจักร|ระดับประเทศ|ค่าประเทศ|มัธยฐาน)(\s*(ทั้งหมด|ทั้งสิ้น|ทั้งประเทศ|ทั่วประเทศ|ประเทศ|ภาค.*|จังหวัด|\d+ จังหวัด.*))?"
    r"|(grand )?total|sum|average|mean|thailand|whole kingdom|national|country|kingdom"
)
_REGION = re.compile(
    r"ภาค.+|กรุงเทพและปริมณฑล|กรุงเทพมหานครและปริมณฑล|ปริมณฑล|กลุ่มจังหวัด.*|เขตสุขภาพ.*|เขตตรวจราชการ.*|regions?|"
    r"(north|northern|north ?east|northeastern|central|east|eastern|west|western|south|southern)( ?region)?|"
    r"\d+ จังหวัด.*|\d+ southernmost provinces|"
    r"bangkok (and|&) vicinit(y|ies)|.*\bregion|central \(.*\)|กลุ่มภาค.*"
)
_NOTE = re.compile(r"(ที่มา|แหล่งที่มา|แหล่งข้อมูล|หมายเหตุ|source|note|remark|ข้อมูล\s*ณ|จัดทำโดย|ปรับปรุง|\*|\d+/\s|\(\d+\)|คำอธิบาย|นิยาม|data as of)", re.I)


def fold_header(text: str) -> str:
    """Return a header as it is looked up: no spaces or full stops, small letters."""
    return re.sub(r"[\s.]", "", clean_text(text)).casefold()


def split_unit(text: str) -> tuple[str, str]:
    """Return (text, unit in parentheses at its end): "ชาย (คน)" gives ("ชาย", "คน")."""
    found = re.fullmatch(r"(.*?)\s*[(\[]([^()\[\]]+)[)\]]", clean_text(text))
    return (found[1], found[2]) if found else (clean_text(text), "")


def is_total(text: str) -> bool:
    """True for a row or column of totals or averages."""
    return bool(_TOTAL.fullmatch(clean_text(text).casefold()))


def is_region(text: str) -> bool:
    """True for the name of a region or a group of provinces."""
    return bool(_REGION.fullmatch(clean_text(text).casefold()))


def is_note(text: str) -> bool:
    """True for the beginning of a source line or a footnote."""
    return bool(_NOTE.match(clean_text(text)))
