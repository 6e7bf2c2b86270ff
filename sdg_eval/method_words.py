"""Every statistic in plain words, with its default and where the method is published; Thai and English side by side.

The numbers in these texts are the constants of the modules that use them, so the page cannot say another threshold than
the one that was applied.
"""

from __future__ import annotations

from dataclasses import dataclass

from sdg_eval.comparisons.composite import BOUND_SHIFT
from sdg_eval.comparisons.peers import FAR, N_PEERS
from sdg_eval.delivery.shares import CONFIDENCE as SHARE_CONFIDENCE
from sdg_eval.detectability import POWER
from sdg_eval.effects.verdict import MIN_FIRM
from sdg_eval.evaluation import MIN_PEERS
from sdg_eval.forecasts import MIN_ERRORS
from sdg_eval.pairs import MIN_SCATTER, RULE_WORDS
from sdg_eval.panels import MIN_SLOPE
from sdg_eval.progress import BASELINE_LATER_YEARS, DRAWS, UNCERTAIN_FROM
from sdg_eval.ranks import MIN_AREAS_POOLED, MIN_TEST, MIN_YEARS_SEASONAL, NULL_DRAWS, RHO_ASSUMED
from sdg_eval.side_by_side import DRAWS as RANK_DRAWS
from sdg_eval.suppression import MIN_THRESHOLD, MIN_WIDTH, THRESHOLD
from sdg_eval.suspicions import FAR_POOLED
from sdg_eval.trends import Q_FAMILY, STALE_AFTER_YEARS


@dataclass(frozen=True)
class Method:
    """One statistic: what it answers, how, from which numbers on, after whom; `decisions` are numbers of decision records."""

    ident: str
    title: tuple[str, str]
    plain: tuple[str, str]
    defaults: tuple[str, str]
    published: str
    decisions: tuple[str, ...] = ()


def _percent(share: float) -> str:
    return f"{100 * share:g}"


METHODS = (
    Method(
        "quality", ("ข้อมูลบอกอะไรได้บ้าง", "What the data can bear"),
        (
            "ก่อนคำนวณสิ่งใด ระบบนับว่ามีกี่ช่วงเวลาที่ใช้ได้ ช่วงที่ขาดจะไม่เติมค่าเอง ถ้านิยามเปลี่ยนจะใช้เฉพาะค่าหลังการเปลี่ยน และไม่นำค่าเบื้องต้นหรือค่าประมาณมาทดสอบ",
            "Before anything is computed the usable periods are counted. What is missing is never filled in; after a change of definition only later values are used; provisional and estimated values take no part in a test.",
        ),
        (
            f"ต้องมีอย่างน้อย {MIN_SLOPE} ช่วงเวลาจึงบอกทิศทาง และ {MIN_TEST} ปี (หรือ {4 * MIN_YEARS_SEASONAL} ไตรมาส หรือ {12 * MIN_YEARS_SEASONAL} เดือน) จึงทดสอบ; ค่าที่เก่ากว่าปีรายงานเกิน {STALE_AFTER_YEARS} ปี ถือว่าไม่เป็นปัจจุบัน",
            f"A direction needs {MIN_SLOPE} periods, a test {MIN_TEST} years (or {4 * MIN_YEARS_SEASONAL} quarters, or {12 * MIN_YEARS_SEASONAL} months); a last value more than {STALE_AFTER_YEARS} years before the report year is not up to date.",
        ),
        "",
    ),
    Method(
        "trend", ("แนวโน้ม", "Trend"),
        (
            "ความชันคือค่ากลางของการเปลี่ยนแปลงระหว่างทุกคู่ปี จึงไม่ถูกดึงด้วยปีที่ผิดปกติเพียงปีเดียว การทดสอบถามว่าลำดับของค่าเรียงไปทางเดียวกันชัดกว่าที่ความบังเอิญจะทำได้หรือไม่ โดยคำนึงว่าค่าของปีติดกันมักคล้ายกัน",
            "The slope is the median of the changes between all pairs of years, so that one odd year cannot pull it. The test asks whether the values run one way more clearly than chance would let them, allowing for neighbouring years being alike.",
        ),
        (
            f"ค่าสุ่ม {NULL_DRAWS:,} ชุดที่มีสหสัมพันธ์ระหว่างปีเท่ากับของทุกจังหวัดรวมกัน; มีน้อยกว่า {MIN_AREAS_POOLED} จังหวัดใช้ {RHO_ASSUMED}",
            f"{NULL_DRAWS:,} random series with the correlation pooled over the provinces; with fewer than {MIN_AREAS_POOLED} provinces it is taken as {RHO_ASSUMED}.",
        ),
        "Theil 1950; Sen 1968, J. Am. Stat. Assoc. 63; Mann 1945; Kendall 1975", ("0005",),
    ),
    Method(
        "counts", ("แนวโน้มของจำนวนนับและสัดส่วน", "Trend of counts and proportions"),
        (
            "เหตุการณ์ที่นับได้ (เช่น ผู้เสียชีวิต) และสัดส่วนที่รู้ตัวตั้งกับตัวหาร ใช้แบบจำลองที่รู้ว่าจำนวนน้อยย่อมแกว่งมากกว่า และยอมให้แกว่งกว่าทฤษฎีตามที่ข้อมูลเป็นจริง",
            "Events that are counted, and shares whose counted parts are known, get a model that knows that small numbers swing more, and lets them swing as much as the data really do.",
        ),
        ("quasi-Poisson และ quasi-binomial ความกระจายไม่ต่ำกว่า 1", "quasi-Poisson and quasi-binomial, dispersion never below 1."),
        "McCullagh & Nelder 1989, Generalized Linear Models",
    ),
    Method(
        "seasonal", ("ข้อมูลรายไตรมาสและรายเดือน", "Quarters and months"),
        (
            "เทียบเฉพาะไตรมาสเดียวกันหรือเดือนเดียวกันของแต่ละปี ฤดูกาลจึงไม่ถูกนับเป็นแนวโน้ม",
            "Only the same quarter or month of different years is compared, so that a season is not taken for a trend.",
        ),
        (f"ต้องมีอย่างน้อย {MIN_YEARS_SEASONAL} ปีเต็ม", f"At least {MIN_YEARS_SEASONAL} whole years."),
        "Hirsch, Slack & Smith 1982, Water Resources Research 18",
    ),
    Method(
        "families", ("ทดสอบหลายจังหวัดพร้อมกัน", "Testing many provinces at once"),
        (
            "เมื่อทดสอบหลายจังหวัด ย่อมมีบางจังหวัดดูเหมือนเปลี่ยนเพราะบังเอิญ คำว่า “ดีขึ้น” และ “แย่ลง” จึงใช้เฉพาะแนวโน้มที่ยังยืนยันได้หลังปรับเรื่องนี้",
            "Where many provinces are tested, some seem to change by chance. “Improving” and “worsening” are said only of trends that hold after this is allowed for.",
        ),
        (f"ยอมให้ผิดโดยเฉลี่ยไม่เกินร้อยละ {_percent(Q_FAMILY)} ของข้อค้นพบ", f"At most {_percent(Q_FAMILY)}% of the findings are false on average."),
        "Benjamini & Hochberg 1995, J. R. Stat. Soc. B 57",
    ),
    Method(
        "goals", ("สถานะของเป้าหมาย", "The status of a goal"),
        (
            "รวมผลของตัวชี้วัดหลักในเป้าหมายนั้นเป็นคำเดียว: มีทั้งดีขึ้นและแย่ลงเรียกว่า “มีทั้งดีขึ้นและแย่ลง” แนวโน้มที่ยืนยันได้มาก่อน “ยังไม่พบแนวโน้ม” ไม่มีการเฉลี่ยและไม่มีการให้คะแนน",
            "The results of the goal's series become one word: improving and worsening together are “mixed”, a trend that holds comes before “no trend detected”. Nothing is averaged, and no score is given.",
        ),
        ("ตัวชี้วัดที่ไม่มีทิศทางดีหรือแย่ไม่เป็นตัวตัดสินเมื่อมีตัวอื่น", "A series without a better side decides nothing while another is there."),
        "",
    ),
    Method(
        "detectable", ("ข้อมูลนี้จะเห็นการเปลี่ยนแปลงเล็กเพียงใด", "How small a change could be seen"),
        (
            "“ยังไม่พบแนวโน้ม” มีความหมายเมื่อรู้ว่าข้อมูลจะเห็นได้แค่ไหน จึงจำลองว่าต้องเปลี่ยนปีละเท่าใดจึงจะพบ ถ้าแม้อัตราที่เป้าหมายต้องการก็จะไม่เห็น คำตอบคือ “ยังบอกไม่ได้”",
            "“No trend detected” means something only if one knows what could have been seen. Simulation tells how much a year it would take; where even the pace that the target asks for would not be seen, the answer is “cannot be told yet”.",
        ),
        (f"โอกาสพบร้อยละ {_percent(POWER)}", f"{_percent(POWER)}% power."),
        "Cohen 1988, Statistical Power Analysis",
    ),
    Method(
        "target", ("ไปถึงเป้าหมายหรือไม่", "Towards the target"),
        (
            "เทียบอัตราที่เปลี่ยนจริงตั้งแต่ปีฐานกับอัตราที่ต้องการ แล้วจำลองอนาคตจากแนวโน้มและความแกว่งที่ผ่านมาเพื่อบอกโอกาส ระดับที่ไม่แน่นอนจะบอกไว้ ตัวชี้วัดที่ไม่มีค่าเป้าหมายซึ่งมีแหล่งที่มา ไม่ตัดสิน",
            "The pace since the baseline is set beside the pace that is needed; futures drawn from the trend and its scatter give the chance. A class that is not firm says so. Without a target that has a source, nothing is judged.",
        ),
        (
            f"เป็นไปตามเป้าตั้งแต่ 1 เท่าของอัตราที่ต้องการ ดีขึ้นแต่ช้าตั้งแต่ 0.5 เท่า; จำลอง {DRAWS:,} ครั้ง; ระดับถือว่าแน่นอนเมื่อน้อยกว่าร้อยละ {_percent(UNCERTAIN_FROM)} ของการจำลองตกนอกระดับ; ปีฐานเลื่อนได้ไม่เกิน {BASELINE_LATER_YEARS} ปี",
            f"On track from 1 times the needed pace, too slow from 0.5; {DRAWS:,} draws; a class is firm when fewer than {_percent(UNCERTAIN_FROM)}% of the draws fall outside it; the baseline may lie up to {BASELINE_LATER_YEARS} years later.",
        ),
        "UN Statistics Division, SDG Progress Chart; Eurostat, Sustainable development in the European Union",
    ),
    Method(
        "rules", ("เกณฑ์สากลอื่น", "Other published rules"),
        (
            "องค์กรต่าง ๆ ตัดสินความก้าวหน้าด้วยเกณฑ์ต่างกัน จึงแสดงผลของทุกเกณฑ์ข้างของเรา และบอกว่าต่างกันเพราะอะไร สถานะจึงไม่เปลี่ยนเพียงเพราะเปลี่ยนวิธี",
            "Organisations judge progress by different rules. Each is shown beside ours with why it differs, so that a status does not change just because a method does.",
        ),
        ("ใช้จุดตัดตามที่แต่ละองค์กรเผยแพร่", "Thresholds as each publishes them."),
        "SDSN Sustainable Development Report; UN ESCAP; Eurostat; UNSD 2022, 2023; Open SDG; ISTAT; OECD",
    ),
    Method(
        "forecast", ("คาดการณ์ถึง พ.ศ. 2573", "Forecast to 2030"),
        (
            "เลือกวิธีคาดการณ์จากความผิดพลาดที่เคยเกิดจริงเมื่อลองคาดการณ์ย้อนหลัง ช่วงของค่าคาดการณ์ก็มาจากความผิดพลาดนั้น และบอกไว้ว่าช่วงแบบนี้เคยครอบคลุมค่าจริงบ่อยเพียงใด",
            "The way to go on is chosen by the errors it made when it was tried on the past; the intervals come from the same errors, and it is told how often such intervals held.",
        ),
        (f"ไม่ให้ช่วงเมื่อมีความผิดพลาดให้ดูน้อยกว่า {MIN_ERRORS} ค่า", f"No interval from fewer than {MIN_ERRORS} errors."),
        "Hyndman & Athanasopoulos, Forecasting: Principles and Practice; Tashman 2000, Int. J. Forecasting 16", ("0006",),
    ),
    Method(
        "among", ("เทียบกับทุกจังหวัด", "Among all provinces"),
        (
            "วางค่าของจังหวัดข้างค่ากลางของทุกจังหวัดในช่วงเวลาเดียวกัน เป็นการบอกตำแหน่ง ไม่ใช่คำตัดสิน และไม่มีการจัดอันดับโดยไม่บอกความไม่แน่นอน",
            "A province's value stands beside the median of all in the same period: a place, not a verdict, and never a rank without its spread.",
        ),
        (f"ต้องมีอย่างน้อย {MIN_PEERS} จังหวัด", f"At least {MIN_PEERS} provinces."), "", ("0012",),
    ),
    Method(
        "pairs", ("เปรียบเทียบสองจังหวัด", "Two provinces"),
        RULE_WORDS,
        (
            f"ช่วงของค่าใช้ตามที่หน่วยงานเผยแพร่ก่อน ถ้าไม่มีใช้จำนวนที่นับได้ ถ้าไม่มีใช้การขึ้นลงรายปีรอบแนวโน้มของจังหวัดเอง (ต้องมีอย่างน้อย {MIN_SCATTER} ค่า)",
            f"The interval of a value is the published one; else it follows from the numbers counted; else from the scatter of single years around the province's own line (at least {MIN_SCATTER} values).",
        ),
        "Cumming & Finch 2005, American Psychologist 60; Wilson 1927, J. Am. Stat. Assoc. 22", ("0020",),
    ),
    Method(
        "peers", ("จังหวัดที่คล้ายกัน", "Provinces alike"),
        (
            "หาจังหวัดที่ใกล้ที่สุดในสิ่งที่จังหวัดเลือกไม่ได้ เช่น ประชากร ความหนาแน่น รายได้ ชายแดน ชายทะเล และภาค",
            "The nearest provinces in what a province cannot choose: population, density, income, border, coast, region.",
        ),
        (f"{N_PEERS} จังหวัด; ไกลเกิน {FAR:g} ถือว่าไม่คล้าย", f"{N_PEERS} provinces; beyond a distance of {FAR:g} none is a peer."), "",
    ),
    Method(
        "ranks", ("ช่วงลำดับของดัชนีรวม", "Rank bands of the composite index"),
        (
            "อันดับของดัชนีขึ้นกับการเลือกน้ำหนัก ขอบเขต และวิธีเฉลี่ย จึงสุ่มการเลือกเหล่านั้นแล้วแสดงเป็นช่วง จังหวัดที่ช่วงซ้อนกันแยกออกจากกันไม่ได้",
            "A rank hangs on the choice of weights, bounds and mean. These are drawn at random and the band is shown; provinces whose bands overlap cannot be told apart.",
        ),
        (f"สุ่ม {RANK_DRAWS:,} ครั้ง ขอบเขตขยับไม่เกินร้อยละ {_percent(BOUND_SHIFT)} แสดงช่วงร้อยละ 5–95", f"{RANK_DRAWS:,} draws, bounds moved by up to {_percent(BOUND_SHIFT)}%, 5–95% bands."),
        "OECD/JRC 2008, Handbook on Constructing Composite Indicators; Saisana, Saltelli & Tarantola 2005", ("0012",),
    ),
    Method(
        "inequality", ("ใครถูกทิ้งไว้ข้างหลัง", "Who is left behind"),
        (
            "วัดความเหลื่อมล้ำระหว่างจังหวัด และดูว่าจังหวัดที่ตามหลังเข้าใกล้จังหวัดอื่นหรือไม่ ต้องเห็นทั้งจังหวัดต่ำโตเร็วกว่าและความกระจายลดลง จึงเรียกว่าเข้าใกล้กัน",
            "Inequality between provinces, and whether those behind catch up: low ones must grow faster and the spread must fall before it is called convergence.",
        ),
        ("ความเชื่อมั่นร้อยละ 95", "95% confidence."), "Gini; Theil 1967; Barro & Sala-i-Martin 1992",
    ),
    Method(
        "small_cells", ("ปกปิดจำนวนน้อย", "Small numbers are hidden"),
        (
            "ค่าที่มาจากบุคคลจำนวนน้อยจะถูกปกปิด รวมทั้งค่าอื่นที่ทำให้คำนวณย้อนได้ และทดสอบด้วยการโจมตีทางคณิตศาสตร์ ค่าที่ปกปิดไม่มีอยู่ในหน้าใดหรือไฟล์ใดของเว็บนี้",
            "Values that rest on few persons are hidden, and so are others that would give them away; the result is attacked by a linear programme. What is hidden is in no page and no file of this site.",
        ),
        (f"น้อยกว่า {THRESHOLD} คน (ตั้งต่ำกว่า {MIN_THRESHOLD} ไม่ได้); ค่าที่ปกปิดต้องยังกว้างอย่างน้อย {MIN_WIDTH:g} คน", f"Fewer than {THRESHOLD} persons (never set below {MIN_THRESHOLD}); a hidden count keeps a width of at least {MIN_WIDTH:g} persons."),
        "Hundepool et al. 2012, Statistical Disclosure Control", ("0010",),
    ),
    Method(
        "suspicions", ("ค่าที่ควรตรวจสอบ", "Values to check"),
        (
            "ค่าที่ห่างจากค่าข้างเคียงมาก ตัวเลขสลับหลัก หน่วยผิดสิบเท่า หรือคัดลอกมา จะถูกชี้ให้ถามต้นทาง ระบบไม่แก้ค่าใดเอง",
            "Values far from their neighbours, exchanged digits, a unit wrong by ten, copied figures are named so that the source can be asked. Nothing is changed.",
        ),
        (f"เกิน {FAR_POOLED:g} เท่าของความกระจาย เมื่อมีจังหวัดให้เทียบพอ", f"Beyond {FAR_POOLED:g} robust standard deviations where enough provinces tell the spread."), "",
    ),
    Method(
        "effect", ("โครงการนำร่องได้ผลหรือไม่", "Did the pilot work"),
        (
            "เทียบการเปลี่ยนแปลงของจังหวัดนำร่องกับจังหวัดอื่นในภาคเดียวกัน กำหนดผลลัพธ์ไว้ล่วงหน้า และอ้างว่าได้ผลเฉพาะเมื่อผ่านการทดสอบทุกข้อที่เขียนไว้ ถ้าไม่ผ่าน คำตอบคือยังสรุปไม่ได้",
            "The change in pilot provinces beside that of others in their region, on outcomes named in advance. An effect is claimed only when every written test is passed; else the answer is that it cannot be concluded.",
        ),
        (f"จังหวัดนำร่องอย่างน้อย {MIN_FIRM} จังหวัด; p ที่ปรับแล้วน้อยกว่า 0.05", f"At least {MIN_FIRM} pilots; adjusted p below 0.05."),
        "Angrist & Pischke 2009; Fisher 1935 (randomisation); Arkhangelsky et al. 2021, Am. Econ. Rev. 111; Rambachan & Roth 2023", ("0013", "0014", "0015"),
    ),
    Method(
        "shares", ("ร้อยละของการดำเนินงาน", "Shares in delivery"),
        (
            "ทุกร้อยละมีช่วงความเชื่อมั่นและจำนวน n ที่ใช้คิด ถ้ากรณีมาเป็นกลุ่ม (เช่น ผู้เข้าร่วมเวทีเดียวกัน) จะลด n ลงตามความคล้ายกันในกลุ่ม",
            "Every per cent has its interval and its n. Where cases come in groups, such as people in one event, n is reduced by how alike they are.",
        ),
        (f"ความเชื่อมั่นร้อยละ {_percent(SHARE_CONFIDENCE)}", f"{_percent(SHARE_CONFIDENCE)}% confidence."),
        "Wilson 1927, J. Am. Stat. Assoc. 22; Kish 1965, Survey Sampling",
    ),
)  # fmt: skip
"""Everything that the site shows a result of, in the order in which a reader meets it."""
