"""The words of what can be handled on a page: search, themes, tables, charts; in Thai and in English side by side."""

from __future__ import annotations

WORDS = {
    "menu": ("เมนูหลัก", "Main menu"),
    "search": ("ค้นหาจังหวัด เป้าหมาย หรือตัวชี้วัด", "Search provinces, goals or indicators"),
    "search_short": ("ค้นหา", "Search"),
    "search_none": ("ไม่พบรายการที่ตรงกับคำค้น", "Nothing matches"),
    "search_count": ("พบ {n} รายการ", "{n} found"),
    "search_failed": ("เปิดดัชนีค้นหาไม่ได้", "The search index could not be opened"),
    "kind_province": ("จังหวัด", "Province"),
    "kind_goal": ("เป้าหมาย", "Goal"),
    "kind_indicator": ("ตัวชี้วัด", "Indicator"),
    "kind_page": ("หน้า", "Page"),
    "dark": ("โหมดมืด", "Dark mode"),
    "sort": ("เรียงตาม", "Sort by"),
    "filter": ("กรองตาราง", "Filter the table"),
    "filter_count": ("แสดง {n} จาก {all} แถว", "{n} of {all} rows shown"),
    "table": ("ตาราง เลื่อนดูด้านข้างได้", "Table, scrolls sideways"),
    "chart": ("กราฟ", "Chart"),
    "chart_help": (
        "ใช้ปุ่มลูกศรซ้ายขวาเพื่อเลื่อนดูทีละค่า ลูกศรขึ้นลงเพื่อเปลี่ยนชุดข้อมูล และ Esc เพื่อออก",
        "Left and right arrows walk the values, up and down change the series, Esc leaves.",
    ),
    "chart_data": ("ตารางข้อมูลของกราฟ", "The values behind the chart"),
    "series": ("ชุดข้อมูล", "Series"),
    "show_series": ("เลือกชุดข้อมูลที่แสดง", "Choose the series shown"),
    "period": ("ช่วงเวลา", "Period"),
    "choose_period": ("เลือกช่วงเวลา", "Choose a period"),
    "value": ("ค่า", "Value"),
    "interval": ("ช่วงความเชื่อมั่น", "Interval"),
    "n": ("จำนวน (n)", "n"),
    "note": ("หมายเหตุ", "Note"),
    "origin": ("ไฟล์ แถว คอลัมน์", "File, row, column"),
    "province": ("จังหวัด", "Province"),
    "no_data": ("ไม่มีข้อมูล", "no data"),
    "no_value": ("ไม่มีค่าให้แสดง", "no value to show"),
    "forecast": ("คาดการณ์", "forecast"),
    "forecast_80": ("คาดการณ์ ช่วงร้อยละ 80", "forecast, 80% interval"),
    "trend": ("แนวโน้ม", "trend"),
    "interval_of": ("ช่วงร้อยละ {level}", "{level}% interval"),
    "target_official": ("เป้าหมายทางการ", "official target"),
    "target_derived": ("เป้าหมายที่โครงการคำนวณ", "derived target"),
    "break": ("นิยามหรือเขตใหม่", "new definition or area"),
    "provisional": ("ค่าเบื้องต้นหรือค่าประมาณ", "provisional or estimated"),
    "chosen": ("จังหวัดที่เลือก", "chosen"),
    "from_to": ("จาก {first} ใน {start} เป็น {last} ใน {end}", "from {first} in {start} to {last} in {end}"),
    "only_one": ("{first} ใน {start}", "{first} in {start}"),
    "of_which": ("{n} ค่า", "{n} values"),
    "with_data": ("มีข้อมูล {n} จาก {all} จังหวัด", "{n} of {all} provinces have data"),
    "in_tiles": ("ตัวเลขในช่องเป็น{word}", "Figures in the tiles are in {word}s"),
    "synthetic": ("ข้อมูลสังเคราะห์ ไม่ใช่ข้อมูลจริง", "Synthetic data, not real"),
    "compare_first": ("จังหวัดแรก", "First province"),
    "compare_second": ("จังหวัดที่สอง", "Second province"),
    "compare_failed": ("เปิดข้อมูลของจังหวัดนี้ไม่ได้", "The data of this province could not be opened"),
    "compare_done": ("กำลังแสดง {first} กับ {second}", "Showing {first} and {second}"),
    "status": ("ผล", "Result"),
    "over_time": ("ค่าตามเวลา", "Over time"),
    "goal": ("เป้าหมายที่", "Goal"),
}
"""key -> (Thai, English)."""
IN_SCRIPT = (
    "search_none", "search_count", "search_failed", "kind_province", "kind_goal", "kind_indicator", "kind_page", "sort", "filter", "filter_count", "chart_help",
    "compare_first", "compare_second", "compare_failed", "compare_done", "interval", "over_time", "goal", "no_data",
)  # fmt: skip
"""Words that `site.js` writes itself; they stand in each page as attributes of one element."""


def client_words(lang: str) -> dict[str, str]:
    """Return the words of one language."""
    return {key: pair[0 if lang == "th" else 1] for key, pair in WORDS.items()}


def script_words(lang: str) -> dict[str, str]:
    """Return the words that `site.js` needs, in one language."""
    return {key: text for key, text in client_words(lang).items() if key in IN_SCRIPT}
