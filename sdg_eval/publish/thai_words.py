"""Thai words that no line may end within: those that the word lists of browsers and of libthai take for several."""

from __future__ import annotations

import re

WHOLE = (
    "ตัวชี้วัด", "คณะกรรมการ", "เป้าประสงค์", "ผู้รับผิดชอบ", "ผู้ว่าราชการ", "ผู้สูงอายุ", "ขับเคลื่อน", "หน่วยงาน", "เบิกจ่าย", "แคระแกร็น",
    "ข้อค้นพบ", "ความเชื่อมั่น", "เชื่อมั่น", "เครือข่าย", "ล่าสุด", "แท้จริง", "ประจำที่", "ที่มา", "จุดร้อยละ", "ร้อยละ", "เปรียบเทียบ", "ปีรายงาน", "โครงข่าย", "ท้องถิ่น", "ดีขึ้น", "แย่ลง", "มีส่วนร่วม", "กรุงเทพมหานคร", "พระนครศรีอยุธยา", "อภิธานศัพท์", "เป้าหมาย", "ความร่วมมือ",
)  # fmt: skip
"""A longer word stands before one that it holds."""
_OUTSIDE = re.compile(r"<(?:script|style|svg|head)\b.*?</(?:script|style|svg|head)>|<[^>]*>|(" + "|".join(WHOLE) + ")", re.S)


def keep_words(page: str) -> str:
    """Return a page of HTML in whose text each word of WHOLE stays on one line; tags, scripts and drawings are left as they are.

    Examples
    --------
    >>> keep_words('<p title="ร้อยละ">ร้อยละ 95</p>')
    '<p title="ร้อยละ"><span class="keep">ร้อยละ</span> 95</p>'
    """
    return _OUTSIDE.sub(lambda m: f'<span class="keep">{m[1]}</span>' if m[1] else m[0], page)
