"""Where numbers stand in the sentences of a province's evaluation, in both languages, and what must stand beside what."""

from __future__ import annotations

import re

from sdg_eval.detectability import POWER
from sdg_eval.panels import MIN_SLOPE
from sdg_eval.ranks import MIN_TEST, MIN_YEARS_SEASONAL
from sdg_eval.trends import COVID_YEARS, MIN_SPAN_YEARS, STALE_AFTER_YEARS
from sdg_eval.wording import FORECAST_LEVEL

CONSTANTS = {
    "constant_power": POWER, "constant_level": FORECAST_LEVEL / 100, "constant_min_slope": MIN_SLOPE, "constant_min_test": MIN_TEST,
    "constant_min_span": MIN_SPAN_YEARS, "constant_covid_first": COVID_YEARS[0], "constant_covid_last": COVID_YEARS[1],
    "constant_covid_last_short": COVID_YEARS[1] % 100, "constant_goals": 17, "constant_years_wanted": MIN_TEST,
}  # fmt: skip
"""Numbers of the rules, by name: a sentence may say them, and the ledger says which rule they are of."""

_FORECAST_EN = "Forecast for {forecast_year:year}: {forecast:value}~({constant_level:share}% interval {forecast_low:value} to {forecast_high:value}; "
_FORECAST_TH = "คาดการณ์ พ.ศ. {forecast_year:year}: ~{forecast:value}~(ช่วงร้อยละ {constant_level:share} คือ {forecast_low:value} ถึง {forecast_high:value}; "
TREND_SLOTS = {
    "en": [
        _FORECAST_EN + "checked on {forecast_checked:count} past values, such intervals held {forecast_coverage:share}%)",
        _FORECAST_EN + "not yet checked",
        ", with a {forecast_p_target:chance} chance of meeting the target",
        "The value of {forecast_year:year} cannot be forecast",
        "Target {target_value:target}~ by {target_year:year} (",
        "{p_on_track:chance} chance of reaching it if the trend goes on ({draws:count} simulated draws)",
        "{n_rules_differ:count} of {n_rules:count} other published rules judge otherwise",
        "In {peer_period:period} it stands at {peer_value:value}~; the median of {n_peers:count} provinces is {peer_median:value}~, and half of them lie between {peer_low:value} and {peer_high:value}.",
        "a change of about {detectable:change} ~ a year or more (with {constant_power:share}% power)",
        "the target asks for {wanted_pace:pace} ~ a year",
        "it would be seen by about {wanted_from:year}",
        "Without {constant_covid_first:year}–{constant_covid_last_short:count} the verdict would be",
        "The last value is of {last_period:period}: it speaks of then, not of today (report year {report_year:year})",
        "only values from {segment_start:period} on are used",
        "{n_provisional:count} provisional or estimated value",
        "The values span less than {constant_min_span:count} years",
        "a test is possible from {verdict_from:period}",
        "Only {n_obs:count} ~ (a test needs {needed:count})",
        "Only {n_obs:count} ~, provisional or within less than {constant_min_span:count} years",
        "n = {n_obs:count} usable period~; a direction needs {constant_min_slope:count}, a test needs {constant_min_test:count}",
        "Two periods only: {first_value:value}~ in {first_period:period}, {last_value:value}~ in {last_period:period}.",
        "{last_value:value}~ in every period from {first_period:period} to {last_period:period} (n = {n_obs:count})",
        "from {first_period:period} to {last_period:period}",
        "{confidence:share}% interval {low:slope} to {high:slope}",
        "{centre:slope}~ a year",
        "n = {n_obs:count}",
        "p {p_adjusted:p} adjusted for {n_tests:count} provinces tested",
        "p {p_value:p}",
    ],
    "th": [
        _FORECAST_TH + "ตรวจย้อนหลัง {forecast_checked:count} ค่า ช่วงเช่นนี้ครอบคลุมค่าจริงร้อยละ {forecast_coverage:share})",
        _FORECAST_TH + "ยังตรวจสอบย้อนหลังไม่ได้",
        "โอกาสถึงเป้าหมายตามการคาดการณ์{forecast_p_target:chance}",
        "ยังคาดการณ์ พ.ศ. {forecast_year:year} ไม่ได้",
        "เป้าหมาย ~{target_value:target}~ ภายใน พ.ศ. {target_year:year} (",
        "โอกาสถึงเป้าหากแนวโน้มคงเดิม{p_on_track:chance} (จำลอง {draws:count} ครั้ง)",
        "เกณฑ์สากลอื่น {n_rules_differ:count} จาก {n_rules:count} วิธีตัดสินต่างออกไป",
        "ใน~{peer_period:period} มีค่า ~{peer_value:value}~ ขณะที่ค่ากลางของ {n_peers:count} จังหวัดคือ ~{peer_median:value}~ (ครึ่งหนึ่งของจังหวัดอยู่ระหว่าง {peer_low:value} ถึง {peer_high:value})",
        "ต่อเมื่อเปลี่ยนแปลงราวปีละ {detectable:change} ~ขึ้นไป (โอกาสเห็นร้อยละ {constant_power:share})",
        "การไปให้ถึงเป้าหมายต้องการเพียงปีละ {wanted_pace:pace} ",
        "จะเห็นได้ราว พ.ศ. {wanted_from:year}",
        "หากไม่รวม พ.ศ. {constant_covid_first:year}–{constant_covid_last:year} ผลจะเป็น",
        "ข้อมูลล่าสุดเป็นของ~{last_period:period} จึงบอกสภาพ ณ เวลานั้น ไม่ใช่ปัจจุบัน (ปีรายงาน {report_year:year})",
        "ใช้เฉพาะค่าตั้งแต่~{segment_start:period} เป็นต้นมา",
        "ไม่นำค่าเบื้องต้นหรือค่าประมาณ {n_provisional:count} ค่ามาทดสอบ",
        "ข้อมูลครอบคลุมไม่ถึง {constant_min_span:count} ปี",
        "จะทดสอบได้ตั้งแต่~{verdict_from:period}",
        "มีข้อมูลเพียง {n_obs:count} ~ (การทดสอบต้องมี {needed:count} ",
        "มีข้อมูลเพียง {n_obs:count} ~ ซึ่งเป็นค่าเบื้องต้นหรือครอบคลุมไม่ถึง {constant_min_span:count} ปี",
        "มีข้อมูลที่ใช้ได้เพียง {n_obs:count} ช่วงเวลา ต้องมีอย่างน้อย {constant_min_slope:count} ช่วงเวลาจึงบอกทิศทางได้ และ {constant_min_test:count} ช่วงเวลาจึงทดสอบได้",
        "มีเพียงสองช่วงเวลา: {first_period:period} ~{first_value:value}~ และ {last_period:period} ~{last_value:value}",
        "ทุกช่วงเวลาระหว่าง~{first_period:period} ถึง~{last_period:period} มีค่า ~{last_value:value}~ (n = {n_obs:count})",
        "ระหว่าง~{first_period:period} ถึง~{last_period:period}",
        "ช่วงความเชื่อมั่นร้อยละ {confidence:share} คือ {low:slope} ถึง {high:slope}",
        "เฉลี่ยปีละ~{centre:slope}",
        "n = {n_obs:count}",
        "p {p_adjusted:p} เมื่อปรับตามการทดสอบ {n_tests:count} จังหวัด",
        "p {p_value:p}",
    ],
}  # fmt: skip
GOAL_SLOTS = {"en": ["yearly values, {constant_years_wanted:count} years or more"], "th": ["รายปีอย่างน้อย {constant_years_wanted:count} ปี"]}
HEADLINE_SLOTS = {
    "en": [
        "has values of {n_series:count} series: {improving:count} improving, {worsening:count} worsening, {unseen:count} without a detected trend, "
        "{indicative:count} indicative only, {open:count} that cannot be told yet",
        ", {changed:count} changed without a better or worse",
        "Of the findings, {old:count} rest on series that end before {old_before:year}",
        "All {constant_goals:count} goals have data",
    ],
    "th": [
        "มีข้อมูล {n_series:count} รายการ: ดีขึ้น {improving:count} แย่ลง {worsening:count} ยังไม่พบแนวโน้ม {unseen:count} บ่งชี้เบื้องต้น {indicative:count} ยังบอกไม่ได้ {open:count}",
        "เปลี่ยนแปลงโดยไม่มีทิศทางดีหรือแย่ {changed:count}",
        "หรือเปลี่ยนแปลง มี {old:count} รายการที่ข้อมูลสิ้นสุดก่อน พ.ศ. {old_before:year}",
        "มีข้อมูลครบทั้ง {constant_goals:count} เป้าหมาย",
    ],
}  # fmt: skip
EMPTY_GOALS = {"en": re.compile(r"Goals without data: ([\d, ]+)"), "th": re.compile(r"เป้าหมายที่ไม่มีข้อมูล: ([\d, ]+)")}


def row_of(row: dict) -> dict:
    """Return the cells that the sentence of a row may speak of: the row, the numbers of the rules, and which slope is told."""
    relative = row.get("relative_slope_pct", float("nan"))
    told = ("relative_slope_pct", "relative_ci_low_pct", "relative_ci_high_pct") if relative == relative else ("slope", "ci_low", "ci_high")
    return CONSTANTS | row | dict(zip(("centre", "low", "high"), (row.get(c) for c in told), strict=True)) | {
        "told": told, "told_decimals": 1 if relative == relative else int(row.get("decimals") or 1),
        "needed": {"A": MIN_TEST, "Q": 4 * MIN_YEARS_SEASONAL, "M": 12 * MIN_YEARS_SEASONAL}.get(row.get("FREQ", ""), float("nan")),
    }  # fmt: skip


def headline_row(table) -> dict:
    """Return the counts that open a province's page, counted anew from its table."""
    rows = table[table["preferred"] & (table["n_obs"] > 0)]
    status = rows["status"]
    held = rows[status.isin(["improving", "worsening", "changed"])]
    year = int(rows["report_year"].max()) if len(rows) else float("nan")
    return CONSTANTS | {
        "n_series": len(rows), "improving": int((status == "improving").sum()), "worsening": int((status == "worsening").sum()),
        "unseen": int(status.isin(["not_detected", "no_change"]).sum()), "indicative": int((status == "indicative").sum()),
        "open": int(status.isin(["insufficient", "no_data"]).sum()), "changed": int((status == "changed").sum()),
        "old": int(held["stale"].sum()), "old_before": year - STALE_AFTER_YEARS,
        "empty_goals": sorted(int(g) for g in table.loc[table["SERIES"] == "", "goal"]),
    }  # fmt: skip
