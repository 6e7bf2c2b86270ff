"""Break this finding: the choices of one evaluation as controls, the verdict before and after, every choice at once.

Controls and words only; what they show comes from `case`, `curve` and `reviews`.
"""

from __future__ import annotations

from html import escape

import anywidget
import ipywidgets as widgets

from sdg_eval.concepts import SYNTHETIC
from sdg_eval.errors import SdgEvalError
from sdg_eval.explore.choices import CHOICES, official
from sdg_eval.explore.curve import multiverse
from sdg_eval.explore.desk import Desk
from sdg_eval.explore.doubt import run_specifications, used_values
from sdg_eval.explore.drawing import draw_before_after, draw_curve, plain_number
from sdg_eval.explore.widget import font_style
from sdg_eval.explore.words import choice_name, dimension_name, question_name, verdict_name
from sdg_eval.reviews import (
    VERDICTS,
    challenge,
    default_folder,
    judge_run,
    read_reviews,
    verdict,
    word,
    write_review,
)
from sdg_eval.wording import p_text

OWN = {"years": "2012-2020", "base_year": "2016", "target": "10", "target_year": "2030"}
"""Choices for which an adviser may write an own value, with an example."""
CE = ("years", "base_year", "target_year")
"""Those that are years: of the Common Era, which has to be said where every other year is of the Buddhist Era."""
STYLE = (
    ".sdg-bench{font-family:SarabunExplorer,'Noto Sans Thai',sans-serif;color:#1b2733;line-height:1.55}.sdg-bench table{border-collapse:collapse;width:100%}"
    ".sdg-bench th,.sdg-bench td{padding:.2rem .6rem;border-bottom:1px solid #d9e0e7;text-align:left;vertical-align:top}.sdg-bench .official{color:#7a4a00;font-weight:700}"
    ".sdg-bench .turns{color:#a8321e;font-weight:700}.sdg-bench .holds{color:#1f6f43;font-weight:700}.sdg-bench .synthetic{background:#7a1f5c;color:#fff;text-align:center;font-weight:700;padding:.3rem}"
    ".sdg-controls .widget-label,.sdg-controls button,.sdg-controls select,.sdg-controls textarea,.sdg-controls input{font-family:SarabunExplorer,'Noto Sans Thai',sans-serif}"
)
TEXT = {
    "area": ("จังหวัด", "Province"), "series": ("ตัวชี้วัด", "Indicator"), "question": ("คำถาม", "Question"), "own": ("ค่าของท่านเอง", "own value"), "reset": ("กลับไปใช้ค่าทางการ", "back to official"),
    "curve": ("ทดสอบทุกวิธีที่สมเหตุผล", "Run every defensible choice"), "official": ("ทางการ", "official"), "yours": ("ทางเลือกของท่าน", "your choice"), "role": ("บทบาท", "Role"), "reason": ("เหตุผล", "Reason"),
    "dissent": ("ความเห็นแย้ง", "Dissent"), "keep": ("บันทึกข้อท้าทาย", "Save the challenge"), "verdict": ("ความเห็นต่อรอบประเมิน", "Verdict on the run"), "give": ("บันทึกความเห็น", "Save the verdict"), "found": ("ข้อค้นพบ", "verdict"),
    "pace": ("เปลี่ยนต่อปี", "change per year"), "ratio": ("อัตราเทียบที่ต้องการ", "pace over required"), "interval": ("ช่วงเชื่อมั่น", "interval"), "chance": ("โอกาสทันเป้าหมาย", "P(on track)"), "adjusted": ("p ปรับแล้ว", "adjusted p"),
    "same": ("ข้อค้นพบยังคงเดิม", "the verdict stands"), "turned": ("ข้อค้นพบเปลี่ยน", "the verdict turns"), "status": ("สถานะการเผยแพร่", "Release status"), "waiting": ("รอความเห็นจาก", "waiting for"), "none": ("ยังไม่มี", "none yet"), "working": ("กำลังคำนวณทุกวิธี…", "running every choice…"), "nothing": ("ไม่มีข้อสรุปให้ทดสอบ: ไม่มีเป้าหมายหรือทิศทาง", "There is no verdict to doubt: no target, or no better and worse."),
    "saved": ("บันทึกแล้ว", "saved"), "names": ("เขียนบทบาท ไม่เขียนชื่อบุคคลหรือข้อมูลส่วนบุคคล", "write roles, no names or personal data"),
}  # fmt: skip


class OwnKeys(anywidget.AnyWidget):
    """Shows nothing; keys pressed in a control of the workbench are for it.

    In a list, the notebook would take the arrows to move to another cell, and letters to add or delete one.
    """

    _esm = """
    export default { render({ el }) {
      const hold = (e) => { if (!e.ctrlKey && !e.altKey && !e.metaKey) e.stopPropagation(); };
      let box = null, looks = 600; // it is put into the page after it was made
      const look = () => { box = el.closest(".sdg-controls"); if (box) box.addEventListener("keydown", hold); else if (looks--) requestAnimationFrame(look); };
      look();
      return () => { looks = 0; box?.removeEventListener("keydown", hold); };
    } };
    """


class Workbench(widgets.VBox):
    """The workbench of one desk. Every control is an attribute; `specification` is what is chosen beside the official."""

    def __init__(self, desk: Desk, area: str = "TH-50", series: str = "", *, lang: str = "th", reviews=None):
        self.desk, self.lang, self.folder = desk, lang, default_folder() if reviews is None else reviews
        self._busy = False
        wide = widgets.Layout(width="26rem")
        style = {"description_width": "9rem"}
        lists = desk.codelists
        self.area = widgets.Dropdown(options=[(lists.area_name(a, lang), a) for a in lists.provinces], value=area, description=self.say("area"), layout=wide, style=style)
        self.series = widgets.Dropdown(options=[(lists.series_name(s, lang), s) for s in desk.series], value=series or desk.series[0], description=self.say("series"), layout=widgets.Layout(width="40rem"), style=style)
        self.question = widgets.ToggleButtons(options=[(question_name(q, lang), q) for q in CHOICES], description=self.say("question"), style={"description_width": "9rem", "button_width": "14rem"})
        self.choices: dict[str, widgets.Dropdown] = {}
        self.own: dict[str, widgets.Text] = {}
        self.controls = widgets.GridBox(layout=widgets.Layout(grid_template_columns="repeat(auto-fit, minmax(32rem, 1fr))"))
        self.reset = widgets.Button(description=self.say("reset"), icon="undo", layout=widgets.Layout(width="14rem"))
        self.refusal, self.result, self.curve, self.gate, self.message = (widgets.HTML() for _ in range(5))
        self.run_all = widgets.Button(description=self.say("curve"), button_style="primary", layout=widgets.Layout(width="16rem"))
        roles = [(r[f"name_{lang}"], r["role"]) for r in lists.review_roles.to_dict("records")]
        box = widgets.Layout(width="48rem", height="4.5rem")
        self.role = widgets.Dropdown(options=roles, description=self.say("role"), layout=wide, style=style)
        # Told when the field is left: letter by letter, a busy kernel gets the last ones after the press of the button that keeps them.
        self.reason, self.dissent = (
            widgets.Textarea(description=self.say(name), placeholder=self.say("names"), layout=box, style=style, continuous_update=False) for name in ("reason", "dissent")
        )
        self.keep = widgets.Button(description=self.say("keep"), layout=widgets.Layout(width="14rem"))
        said = [(word(v, lang), v) for kind in ("verdict", "release") for v in VERDICTS[kind]]
        self.verdict = widgets.Dropdown(options=said, description=self.say("verdict"), layout=wide, style=style)
        self.give = widgets.Button(description=self.say("give"), layout=widgets.Layout(width="14rem"))
        super().__init__(
            [
                widgets.HTML(f"<style>{font_style()}{STYLE}</style>" + (f'<div class="sdg-bench"><div class="synthetic">{SYNTHETIC[lang]}</div></div>' if desk.synthetic else "")),
                self.area, self.series, self.question, self.controls, self.reset, self.refusal, self.result, self.run_all, self.curve,
                self.role, self.reason, self.dissent, widgets.HBox([self.keep]), widgets.HBox([self.verdict, self.give]), self.message, self.gate, OwnKeys(),
            ],
            layout=widgets.Layout(max_width="76rem"),
        )  # fmt: skip
        self.add_class("sdg-controls")
        for control in (self.area, self.series):
            control.observe(self._changed, "value")
        self.question.observe(self._ask, "value")
        self.reset.on_click(lambda _: self._build())
        self.run_all.on_click(lambda _: self._told(self.show_curve, self.refusal))
        self.keep.on_click(lambda _: self._told(self.save_challenge, self.message))
        self.give.on_click(lambda _: self._told(self.save_verdict, self.message))
        self._build()
        self._show_gate()

    def say(self, key: str) -> str:
        """Return a word of the workbench."""
        return TEXT[key][0 if self.lang == "th" else 1]

    # ------------------------------------------------------------ choices

    @property
    def specification(self) -> dict[str, str]:
        """The choices that differ from the official ones; an own value goes before the list."""
        base = official(self.question.value)
        chosen = {name: (self.own[name].value.strip() if name in self.own and self.own[name].value.strip() else box.value) for name, box in self.choices.items()}
        return {name: value for name, value in chosen.items() if value != base[name]}

    def _build(self) -> None:
        """Make the controls of the question, all official."""
        self._busy, question, style = True, self.question.value, {"description_width": "9rem"}
        self.choices, self.own, rows = {}, {}, []
        for name, options in CHOICES[question].items():
            labelled = [(choice_name(name, option, self.lang) + (f" ✓ {self.say('official')}" if i == 0 else ""), option) for i, option in enumerate(options)]
            self.choices[name] = widgets.Dropdown(options=labelled, description=dimension_name(name, self.lang), style=style, layout=widgets.Layout(width="31rem"))
            self.choices[name].observe(self._changed, "value")
            rows.append(self.choices[name])
            if name in OWN:
                self.own[name] = widgets.Text(placeholder=f"{self.say('own')}{' (ค.ศ.)' if self.lang == 'th' and name in CE else ''}: {OWN[name]}", tooltip=f"{dimension_name(name, self.lang)}: {self.say('own')}", layout=widgets.Layout(width="15rem", margin="2px 2px 2px 9.4rem"), continuous_update=False)
                self.own[name].observe(self._changed, "value")
                rows[-1] = widgets.VBox([self.choices[name], self.own[name]])
        self.controls.children = rows
        self._busy = False
        self._changed()

    def _ask(self, _change) -> None:
        self._build()

    def _changed(self, _change=None) -> None:
        if not self._busy:
            self.curve.value = self.result.value = ""
            self._told(self.show, self.refusal)

    def _told(self, act, where: widgets.HTML) -> None:
        """Do something; a refusal is shown in words, where the reader looks."""
        try:
            where.value = ""
            act()
        except SdgEvalError as error:
            where.value = f'<div class="sdg-bench turns" role="alert">{escape(str(error))}</div>'

    # ------------------------------------------------------------ before and after

    def show(self) -> None:
        """Show the official finding and that of the choices, side by side."""
        series, area, question, spec = self.series.value, self.area.value, self.question.value, self.specification
        both = run_specifications(self.desk, series, area, question, [{}, spec]).to_dict("records")
        names = (f"✓ {self.say('official')}", self.say("yours"))
        tables = [used_values(self.desk, series, area, question, choice) for choice in ({}, spec)]
        targets = [(row["aim"], int(row["aim_year"])) if row["aim"] == row["aim"] else None for row in both]
        picture = draw_before_after(*tables, (both[0]["pace"], both[1]["pace"]), targets, names, self.lang, synthetic=SYNTHETIC[self.lang] if self.desk.synthetic else "")
        self.result.value = f'<div class="sdg-bench" data-part="result">{self._numbers(both, names)}{picture}</div>'

    def _numbers(self, both: list[dict], names) -> str:
        trend = self.question.value == "trend"
        rows = [
            (self.say("found"), [verdict_name(r["verdict"], self.lang) for r in both]),
            (f"{self.say('pace')} ({self.desk.codelists.unit_name(self.series.value, self.lang)})", [plain_number(r["pace"], sign=True) for r in both]),
            *([(self.say("interval"), [f"{plain_number(r['ci_low'], sign=True)} … {plain_number(r['ci_high'], sign=True)}" for r in both]), ("p", [p_text(r["p_value"]).removeprefix("p = ") if r["p_value"] == r["p_value"] else "–" for r in both]),
               (self.say("adjusted"), [p_text(r["p_adjusted"]).removeprefix("p = ") if r["p_adjusted"] == r["p_adjusted"] else "–" for r in both])] if trend else
              [(self.say("ratio"), [plain_number(r["estimate"]) for r in both]), (self.say("chance"), [f"{100 * r['probability']:.0f}%" if r["probability"] == r["probability"] else "–" for r in both])]),
            ("n", [str(r["n_obs"]) for r in both]),
        ]  # fmt: skip
        head = f'<tr><th></th><th class="official">{names[0]}</th><th>{names[1]}</th></tr>'
        body = "".join(f"<tr><th>{escape(title)}</th><td>{escape(a)}</td><td>{escape(b)}</td></tr>" for title, (a, b) in rows)
        stands = both[1]["holds"]
        said = f'<p class="{"holds" if stands else "turns"}" role="status">{self.say("same" if stands else "turned")}</p>'
        return f"{said}<table>{head}{body}</table>"

    def show_curve(self) -> None:
        """Run every defensible specification and show the curve with what it says."""
        self.curve.value = f'<div class="sdg-bench" role="status">{self.say("working")}</div>'
        found = multiverse(self.desk, self.series.value, self.area.value, questions=[self.question.value])
        if found.table.empty:
            self.curve.value = f'<div class="sdg-bench">{self.say("nothing")}</div>'
            return
        text = found.text[self.lang][self.question.value]
        picture = draw_curve(found.table, found.choices, self.lang, about=text, axis=self.say("pace" if self.question.value == "trend" else "ratio"), synthetic=SYNTHETIC[self.lang] if self.desk.synthetic else "")
        self.curve.value = f'<div class="sdg-bench" data-part="curve"><p>{escape(text)}</p>{picture}</div>'

    # ------------------------------------------------------------ reviews

    def save_challenge(self) -> None:
        """Save the chosen specification as a challenge of the finding."""
        review = challenge(self.desk, self.series.value, self.area.value, self.question.value, self.specification, role=self.role.value, reason=self.reason.value, dissent=self.dissent.value)
        self._saved(review)

    def save_verdict(self) -> None:
        """Save the verdict of the role on the run."""
        self._saved(verdict(self.desk, self.verdict.value, role=self.role.value, reason=self.reason.value, dissent=self.dissent.value))

    def _saved(self, review) -> None:
        path = write_review(review, self.folder)
        self.message.value = f'<div class="sdg-bench holds" role="status">{self.say("saved")}: reviews/{escape(path.name)}</div>'
        self._show_gate()

    def _show_gate(self) -> None:
        roles = self.desk.codelists.review_roles
        gate = judge_run(read_reviews(self.folder, roles), self.desk.run_hash, roles)
        names = dict(zip(roles["role"], roles[f"name_{self.lang}"], strict=True))
        rows = "".join(
            f"<tr><th>{escape(names[r['role']])}</th><td>{word(r['verdict'], self.lang) if r['verdict'] else self.say('none')}</td><td>{escape(r['reason'])}</td><td>{escape(r['dissent'])}</td></tr>" for r in gate.table.to_dict("records")
        )
        rows += "".join(
            f"<tr><th>{escape(names[c.role])}: {word('challenge', self.lang)}</th><td>{escape(self.desk.codelists.series_name(c.SERIES, self.lang))}, {escape(self.desk.codelists.area_name(c.REF_AREA, self.lang))}: {word(c.verdict, self.lang)}</td>"
            f"<td>{escape(c.reason)}</td><td>{escape(c.dissent)}</td></tr>" for c in gate.challenges
        )  # fmt: skip
        waiting = f" ({self.say('waiting')}: {', '.join(escape(names[r]) for r in gate.waiting)})" if gate.waiting else ""
        self.gate.value = (
            f'<div class="sdg-bench" data-part="gate"><p><b>{self.say("status")}: {word(gate.status, self.lang)}</b>{waiting} · {self.desk.run_hash[:12]}</p>'
            f"<table><tr><th>{self.say('role')}</th><th>{self.say('found')}</th><th>{self.say('reason')}</th><th>{self.say('dissent')}</th></tr>{rows}</table></div>"
        )

