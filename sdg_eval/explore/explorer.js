// The explorer's front end: draws what the kernel said (explore/state.py) and asks it for a series once. It estimates nothing,
// loads nothing, and every text of the data goes through textContent.

const SVG = "http://www.w3.org/2000/svg";
const WORDS = {
  th: {
    goal: "เป้าหมาย", all_goals: "ทุกเป้าหมาย", series: "ตัวชี้วัด", freq: "ความถี่", period: "ช่วงเวลา", province: "เพิ่มจังหวัด", language: "English", chosen: "จังหวัดที่เลือก",
    remove: "เอาออก", A: "รายปี", Q: "รายไตรมาส", M: "รายเดือน", trend: "แนวโน้ม", map: "แผนที่ 77 จังหวัด", distribution: "การกระจายของ 77 จังหวัด", peers: "จังหวัดที่คล้ายกัน", likeness: "77 จังหวัดตามลักษณะที่เลือกไม่ได้", axis: "แกน", walk: "ลูกศรเลื่อนไปยังจังหวัดใกล้เคียง Enter เพื่อเลือก", shown: "แผนที่แสดงได้", moves: "เลื่อนได้ถึง", less: "ถ้าไม่นับ", pilots: "จังหวัดนำร่อง", others: "จังหวัดอื่น",
    quality: "คุณภาพข้อมูล", rules: "วิธีตัดสินที่เผยแพร่", point: "ที่มาของค่า", table: "ตาราง", search: "ค้นหาในตาราง", only: "เฉพาะสถานะ", every: "ทุกสถานะ", by_series: "ทุกจังหวัดของตัวชี้วัดนี้",
    by_area: "ทุกตัวชี้วัดของจังหวัดนี้", save: "บันทึก", cell: "เซลล์สมุดงาน", copied: "คัดลอกแล้ว วางในเซลล์ใหม่ได้ทันที", name: "จังหวัด", status: "สถานะ", value: "ค่า", last: "ล่าสุด", slope: "เปลี่ยนต่อปี",
    p: "p ปรับแล้ว", progress: "เทียบเป้าหมาย", on_track: "โอกาสทันเป้าหมาย", n: "n", method: "วิธี", years: "ปี", target: "เป้าหมาย", used: "ใช้ประมาณแนวโน้ม", unused: "ไม่ใช้ประมาณแนวโน้ม",
    open: "ค่าเบื้องต้นหรือประมาณ", band: "ช่วงเชื่อมั่นของแนวโน้ม", median: "มัธยฐาน", no_value: "ไม่มีค่า", hint: "ชี้ที่จุด หรือเลือกกราฟด้วยปุ่ม Tab แล้วใช้ลูกศร: ซ้ายขวาเลื่อนปี ขึ้นลงเลื่อนจังหวัด", differs: "ต่างจากของเรา", no_rules: "ไม่มีวิธีใดตัดสินได้ (ไม่มีเป้าหมายหรือทิศทาง)",
    missing: "ขาด", gap: "ช่องว่างยาวสุด", stale: "ข้อมูลเก่า", brk: "เปลี่ยนนิยามก่อน", prov: "ค่าเบื้องต้น", flagged: "มีหมายเหตุ", file: "ไฟล์", note: "หมายเหตุ", base: "ตัวตั้ง/ตัวหาร", rows: "แถว", waiting: "กำลังอ่าน…", silent: "เคอร์เนลไม่ตอบ: สั่ง Run → Run All Cells อีกครั้ง", sheet: "ชีต", row: "แถว", column: "คอลัมน์", parents: "คำนวณจาก", hidden: "ปกปิด (บุคคลน้อยกว่า 10 คน)",
    none: "ไม่พบจังหวัดนี้", most: "แทนจังหวัดสุดท้าย เพราะเลือกได้ไม่เกิน", run: "รอบประเมิน", no_run: "คำนวณจากข้อมูลโดยตรง ไม่ใช่รอบประเมิน:", test: "การทดสอบ", draws: "การสุ่ม", ranked: "เรียงตามค่า ไม่ใช่อันดับความสามารถ", map_hint: "คลิกหรือกด Enter เพื่อเลือกจังหวัด ลูกศรเพื่อเลื่อน",
  },
  en: {
    goal: "Goal", all_goals: "all goals", series: "Indicator", freq: "Frequency", period: "Period", province: "Add a province", language: "ภาษาไทย", chosen: "Chosen provinces",
    remove: "remove", A: "yearly", Q: "quarterly", M: "monthly", trend: "Trend", map: "Map of 77 provinces", distribution: "Distribution over 77 provinces", peers: "Provinces like this one", likeness: "77 provinces by what they cannot choose", axis: "axis", walk: "Arrows walk to the next province, Enter chooses it", shown: "shown to", moves: "moves up to", less: "without", pilots: "pilot provinces", others: "other provinces",
    quality: "Quality of the data", rules: "Published rules", point: "Where the value comes from", table: "Table", search: "Search the table", only: "Only status", every: "every status", by_series: "all provinces of this indicator",
    by_area: "all indicators of this province", save: "Save", cell: "Notebook cell", copied: "Copied: paste it into a new cell", name: "Province", status: "Status", value: "Value", last: "Latest", slope: "Change per year",
    p: "adjusted p", progress: "Against the target", on_track: "P(on track)", n: "n", method: "Rule", years: "Years", target: "target", used: "used for the trend", unused: "not used for the trend",
    open: "provisional or estimated", band: "interval of the trend", median: "median", no_value: "no value", hint: "Point at a dot, or focus the chart: left and right arrows go through the years, up and down through the provinces", differs: "differs from ours", no_rules: "no rule can judge this (no target, or no better and worse)",
    missing: "missing", gap: "longest gap", stale: "stale", brk: "definition changed before", prov: "provisional", flagged: "with notes", file: "file", note: "note", base: "count / base", rows: "rows", waiting: "reading…", silent: "The kernel does not answer: Run → Run All Cells again", sheet: "sheet", row: "row", column: "column", parents: "computed from", hidden: "suppressed (fewer than 10 persons)",
    none: "No such province", most: "Took the place of the last one: at most", run: "Run", no_run: "worked out from observations, no run:", test: "test", draws: "draws", ranked: "sorted by value; not a ranking of merit", map_hint: "click or press Enter to choose, arrows to move",
  },
};
const LINES = ["#0b5394", "#b8500a", "#8a3f87", "#00735a"];
const FILL = { improving: "#1f7a4d", worsening: "#c2412d", changed: "#5b5ea6", mixed: "#b58900", not_detected: "#b8c2cc", no_change: "#d5dbe1", indicative: "#f1dfa8", insufficient: "#f7f1e1", no_data: "#ffffff" };
const DARK = new Set(["improving", "worsening", "changed", "mixed"]);
const TILE = 27;

function html(name, attributes = {}, ...children) { return grow(document.createElement(name), attributes, children); }
function svg(name, attributes = {}, ...children) { return grow(document.createElementNS(SVG, name), attributes, children); }
function grow(node, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.flat().filter((c) => c !== null && c !== undefined).map((c) => (c instanceof Node ? c : String(c))));
  return node;
}

function median(list) {
  const sorted = [...list].sort((a, b) => a - b), middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
function ticks(low, high, wanted = 5) {
  const room = high - low || Math.abs(high) || 1, base = 10 ** Math.floor(Math.log10(room / (wanted - 1)));
  const step = [1, 2, 2.5, 5, 10].map((m) => m * base).find((s) => s * (wanted - 1) >= room * 0.999);
  const found = [];
  for (let i = Math.floor(low / step + 1e-9); i <= Math.ceil(high / step - 1e-9); i++) found.push(+(i * step).toPrecision(12));
  return found;
}
function plain(value, decimals) {
  if (value === null || value === undefined) return "–";
  return value.toLocaleString("en-US", { minimumFractionDigits: decimals, maximumFractionDigits: decimals }).replace("-", "−");
}
const MARKS = /[\u0e31\u0e34-\u0e3a\u0e47-\u0e4e]/g; // Thai marks above and below take no room
function wide(text) { return text.replace(MARKS, "").length; }
function fold(text, most) {
  const lines = [];
  for (const word of text.split(" ")) {
    if (lines.length && wide(lines.at(-1)) + 1 + wide(word) <= most) lines.push(`${lines.pop()} ${word}`);
    else lines.push(word);
  }
  return lines;
}
function slopeText(value, decimals) {
  if (value === null || value === undefined) return "–";
  const size = Math.abs(value), digits = size && size < 10 ** -decimals ? Math.min(6, Math.ceil(-Math.log10(size)) + 1) : decimals + 1;
  return (value > 0 ? "+" : "") + plain(value, digits);
}

class Explorer {
  constructor(model, root) {
    this.model = model; this.root = root; this.all = model.get("overview"); this.kept = new Map();
    // Keys pressed in a list or a picture are for it: the notebook would move to another cell, or delete one. Those with Ctrl, Alt or Cmd are JupyterLab's.
    root.addEventListener("keydown", (e) => { if (!e.ctrlKey && !e.altKey && !e.metaKey) e.stopPropagation(); });
    this.areas = new Map(this.all.areas.map((a, i) => [a.code, { ...a, index: i }]));
    this.series = new Map(this.all.series.map((s, i) => [s.code, { ...s, index: i }]));
    this.view = { ...model.get("view") }; this.goal = ""; this.at = null; this.mode = "series"; this.sort = ["value", 1]; this.search = ""; this.only = "";
    this.keep(model.get("first"));
    this.heard = (content) => this.hear(content);
    this.moved = () => { const told = model.get("view"); if (JSON.stringify(told) !== JSON.stringify(this.view)) { this.view = { ...told }; this.need(); } };
    model.on("msg:custom", this.heard); model.on("change:view", this.moved);
    this.build(); this.show();
  }
  hear(content) {
    if (content.kind === "series") { this.keep(content.payload); this.show(); }
    else if (this.data) { this.settle(); Object.assign(this.view, { series: this.data.series, freq: this.data.freq }); this.show(); this.part.said.textContent = content.reason; }
  }
  settle() { clearTimeout(this.patience); this.waiting = null; this.root.classList.remove("waiting"); }
  leave() { clearTimeout(this.patience); this.model.off("msg:custom", this.heard); this.model.off("change:view", this.moved); }
  keep(payload) { if (payload && payload.series) this.kept.set(`${payload.series}.${payload.freq}`, payload); }
  w(key) { return WORDS[this.view.lang][key]; }
  word(pair) { return this.view.lang === "th" ? pair[0] : pair[1]; }
  nameOf(code) { return this.areas.get(code)[`name_${this.view.lang}`]; }
  status(code) { return this.all.statuses[code][this.view.lang]; }

  // ---------------------------------------------------------------- changes

  set(changes) {
    this.began = performance.now();
    Object.assign(this.view, changes);
    const own = this.series.get(this.view.series);
    if (!own.freqs.includes(this.view.freq)) { this.view.freq = own.freqs[0]; }
    if ("series" in changes || "freq" in changes) { this.view.period = ""; this.at = null; }
    this.need();
  }
  need() {
    const key = `${this.view.series}.${this.view.freq}`;
    if (this.kept.has(key)) return this.show();
    this.waiting = key; this.root.classList.add("waiting"); this.part.said.textContent = this.w("waiting");
    clearTimeout(this.patience); this.patience = setTimeout(() => { this.part.said.textContent = this.w("silent"); }, 8000);
    this.model.send({ kind: "series", series: this.view.series, freq: this.view.freq });
  }
  toggle(code) {
    const areas = [...this.view.areas], place = areas.indexOf(code);
    if (place >= 0) { if (areas.length > 1) areas.splice(place, 1); }
    else if (areas.length < this.all.most_areas) areas.push(code);
    else areas[areas.length - 1] = code;
    const full = place < 0 && this.view.areas.length >= this.all.most_areas;
    this.at = null; this.set({ areas });
    if (full) this.part.said.textContent = `${this.w("most")} ${this.all.most_areas}`;
  }

  // ---------------------------------------------------------------- the page

  build() {
    this.root.replaceChildren(); this.root.className = "sdg-explorer"; this.root.lang = this.view.lang;
    const id = (name) => `${this.root.dataset.id}-${name}`;
    const field = (name, control) => html("label", { class: "field" }, html("span", {}, this.w(name)), control);
    this.part = {};
    const p = this.part;
    p.goal = html("select", { "data-control": "goal", onchange: (e) => this.pickGoal(e.target.value) });
    p.series = html("select", { "data-control": "series", onchange: (e) => this.set({ series: e.target.value }) });
    p.freq = html("select", { "data-control": "freq", onchange: (e) => this.set({ freq: e.target.value }) });
    p.period = html("select", { "data-control": "period", onchange: (e) => this.set({ period: e.target.value }) });
    p.names = html("datalist", { id: id("names") }, this.all.areas.map((a) => html("option", { value: a[`name_${this.view.lang}`] })));
    p.province = html("input", { "data-control": "province", list: id("names"), size: 16, autocomplete: "off", onchange: (e) => this.addNamed(e.target) });
    p.chips = html("ul", { class: "chips", "aria-label": this.w("chosen") });
    p.said = html("p", { class: "said", role: "status", "aria-live": "polite" });
    const save = (name, act) => html("button", { type: "button", "data-save": name, onclick: act }, name === "cell" ? this.w("cell") : name.toUpperCase());
    p.code = html("textarea", { class: "code", readonly: true, hidden: true, rows: 6, "aria-label": this.w("cell") });
    this.root.append(
      this.all.synthetic ? html("p", { class: "synthetic" }, this.all.synthetic[this.view.lang]) : "",
      html("div", { class: "bar" }, field("goal", p.goal), field("series", p.series), field("freq", p.freq), field("period", p.period), field("province", p.province), p.names,
        html("button", { type: "button", "data-control": "lang", lang: this.view.lang === "th" ? "en" : "th", onclick: () => this.turn() }, this.w("language"))),
      p.chips,
      html("div", { class: "bar saves" }, html("span", {}, this.w("save")), save("png", () => this.savePng()), save("svg", () => this.saveSvg()), save("csv", () => this.saveCsv()), save("cell", () => this.showCell()), p.said),
      p.code,
      html("div", { class: "boxes" }, this.box("trend", "wide"), this.box("map", "tall"), this.box("point"), this.box("quality"), this.box("distribution", "wide"), this.box("peers"), this.box("likeness", "half"), this.box("rules", "half"), this.tableBox()),
      p.foot = html("p", { class: "foot" }),
    );
    this.fillGoals(); this.fillSeries();
  }
  box(name, size = "") {
    const body = html("div", { class: "body" });
    this.part[name] = body;
    return html("section", { class: `box ${size}`, "data-box": name, "aria-label": this.w(name) }, html("h3", {}, this.w(name)), body);
  }
  tableBox() {
    const p = this.part, pick = (value, key) => html("option", { value }, this.w(key));
    p.search = html("input", { type: "search", "data-control": "search", value: this.search, oninput: (e) => { this.search = e.target.value; this.drawTable(); } });
    p.mode = html("select", { "data-control": "mode", onchange: (e) => { this.mode = e.target.value; this.sort = this.mode === "series" ? ["value", 1] : ["goal", 1]; this.drawTable(); } }, pick("series", "by_series"), pick("area", "by_area"));
    p.only = html("select", { "data-control": "only", onchange: (e) => { this.only = e.target.value; this.drawTable(); } }, pick("", "every"), Object.keys(this.all.statuses).map((code) => html("option", { value: code }, this.status(code))));
    p.mode.value = this.mode; p.only.value = this.only;
    p.rows = html("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": this.w("table") });
    p.counted = html("span", { class: "counted", "aria-live": "polite" });
    const field = (name, control) => html("label", { class: "field" }, html("span", {}, this.w(name)), control);
    return html("section", { class: "box full", "data-box": "table", "aria-label": this.w("table") }, html("h3", {}, this.w("table")), html("div", { class: "bar" }, field("table", p.mode), field("search", p.search), field("only", p.only), p.counted), p.rows);
  }
  turn() { this.view.lang = this.view.lang === "th" ? "en" : "th"; this.began = performance.now(); this.build(); this.show(); this.root.querySelector("[data-control=lang]").focus(); }
  fillGoals() {
    const held = new Set(this.all.series.map((s) => s.goal));
    this.part.goal.replaceChildren(html("option", { value: "" }, this.w("all_goals")), ...this.all.goals.filter((g) => held.has(g.goal)).map((g) => html("option", { value: g.goal }, (g.goal === "0" ? "" : `${g.goal} `) + g[`short_${this.view.lang}`])));
    this.part.goal.value = this.goal;
  }
  fillSeries() {
    const shown = this.all.series.filter((s) => !this.goal || s.goal === this.goal);
    this.part.series.replaceChildren(...shown.map((s) => html("option", { value: s.code }, s[`name_${this.view.lang}`] + (s.indicator ? ` (${s.indicator})` : ""))));
    this.part.series.value = this.view.series;
  }
  pickGoal(goal) {
    this.goal = goal; this.fillSeries();
    if (goal && this.series.get(this.view.series).goal !== goal) this.set({ series: this.part.series.options[0].value });
    else { this.part.series.value = this.view.series; }
  }
  addNamed(input) {
    const text = input.value.trim().toLowerCase();
    if (!text) return;
    const found = this.all.areas.find((a) => [a.name_th, a.name_en, a.code, a.abbr_th, a.abbr_en, `จังหวัด${a.name_th}`].some((n) => n.toLowerCase() === text));
    if (!found) { this.part.said.textContent = `${this.w("none")}: ${input.value}`; return; }
    input.value = "";
    if (!this.view.areas.includes(found.code)) this.toggle(found.code);
  }

  // ---------------------------------------------------------------- drawing

  show() {
    const data = this.kept.get(`${this.view.series}.${this.view.freq}`);
    if (!data || (this.waiting && this.waiting !== `${data.series}.${data.freq}`)) return;
    this.settle(); this.data = data;
    const p = this.part, own = this.series.get(this.view.series);
    if (!data.periods.some((x) => x[0] === this.view.period)) this.view.period = data.periods[data.usual][0];
    this.now = data.periods.findIndex((x) => x[0] === this.view.period);
    if (p.series.value !== this.view.series) { this.goal = ""; this.fillGoals(); this.fillSeries(); }
    p.freq.replaceChildren(...own.freqs.map((f) => html("option", { value: f }, this.w(f)))); p.freq.value = this.view.freq; p.freq.disabled = own.freqs.length < 2;
    p.period.replaceChildren(...data.periods.map((x) => html("option", { value: x[0] }, this.word([x[1], x[2]]))).reverse()); p.period.value = this.view.period;
    p.chips.replaceChildren(...this.view.areas.map((code, i) => html("li", { style: `--c:${LINES[i]}` }, html("span", { class: "dot" }), `${this.nameOf(code)} `, html("button", { type: "button", "aria-label": `${this.w("remove")} ${this.nameOf(code)}`, disabled: this.view.areas.length < 2, onclick: () => this.toggle(code) }, "×"))));
    p.code.hidden = true; p.said.textContent = "";
    this.drawTrend(); this.drawMap(); this.drawDistribution(); this.drawPeers(); this.drawLikeness(); this.drawQuality(); this.drawRules(); this.drawPoint(); this.drawTable();
    p.foot.textContent = `${this.w(this.all.run ? "run" : "no_run")} ${this.all.run || this.all.origin} · ${this.all.run_hash.slice(0, 12)} · ${this.all.report_year}`;
    this.root.lang = this.view.lang;
    this.model.set("view", { ...this.view, areas: [...this.view.areas] }); this.model.save_changes();
    this.root.dataset.shown = `${this.view.series}.${this.view.freq} ${this.view.areas.join(",")} ${this.view.period} ${this.view.lang}`;
    if (this.began !== undefined) { this.root.dataset.ms = (performance.now() - this.began).toFixed(1); this.began = undefined; }
    this.root.dataset.draws = String(+(this.root.dataset.draws || 0) + 1);
  }
  valueAt(code) { const point = (this.data.points[code] || []).find((x) => x[0] === this.now); return point ? point[1] : null; }
  decimals() { return this.series.get(this.view.series).decimals; }
  unit() { return this.series.get(this.view.series)[`unit_${this.view.lang}`]; }
  title() { return this.series.get(this.view.series)[`name_${this.view.lang}`]; }

  trendPicture(wide = 620, high = 300) {
    const data = this.data, left = 58, right = 16, top = 12, bottom = 34;
    const times = data.periods.map((x) => x[3]), target = data.targets[this.view.areas[0]], first = data.trends[this.view.areas[0]];
    const lines = this.view.areas.map((code) => ({ code, points: data.points[code] || [] }));
    const shown = lines.flatMap((l) => l.points);
    let values = shown.flatMap((x) => [x[1], x[2] ?? x[1], x[3] ?? x[1]]);
    const until = Math.max(...times), from = Math.min(...(shown.length ? shown.map((x) => times[x[0]]) : times));
    let fan = null;
    const used = (data.points[this.view.areas[0]] || []).filter((x) => x[5]);
    if (first && first.slope !== null && first.slope !== undefined && used.length >= 3) {
      const centre = median(used.map((x) => times[x[0]])), level = median(used.map((x) => x[1])), ends = [times[used[0][0]], times[used.at(-1)[0]]];
      const at = (slope, t) => level + slope * (t - centre);
      fan = { centre, level, ends, at };
      values = values.concat(ends.map((t) => at(first.slope, t)));
    }
    const aim = target && target.value !== null ? target.value : null, far = aim === null ? until : Math.max(until, target.year + 0.5);
    if (aim !== null) values.push(aim);
    if (!values.length) values = [0, 1];
    const marks = ticks(Math.min(...values), Math.max(...values)), low = marks[0], top_value = marks.at(-1);
    const x = (t) => left + ((t - from) / (far - from || 1)) * (wide - left - right), y = (v) => top + ((top_value - v) / (top_value - low || 1)) * (high - top - bottom);
    const node = svg("svg", { viewBox: `0 0 ${wide} ${high}`, role: "img", tabindex: 0, class: "trend", "aria-label": this.about() });
    for (const m of marks) node.append(svg("line", { x1: left, x2: wide - right, y1: y(m), y2: y(m), class: "grid" }), svg("text", { x: left - 6, y: y(m) + 4, class: "tick end" }, m.toLocaleString("en-US")));
    const years = []; for (let t = Math.ceil(from - 0.5); t <= far; t++) years.push(t);
    const each = Math.ceil(years.length / 9);
    years.filter((_, i) => i % each === 0).forEach((t) => node.append(svg("text", { x: x(t + 0.5), y: high - 12, class: "tick mid" }, this.view.lang === "th" ? t + 543 : t)));
    if (fan && first.low !== null) {
      const path = [fan.ends[0], fan.centre, fan.ends[1]].filter((t, i, all) => i === 0 || t > all[i - 1]);
      const edges = path.map((t) => [fan.at(first.low, t), fan.at(first.high, t)].sort((a, b) => a - b));
      const clip = (v) => Math.max(top, Math.min(high - bottom, y(v)));
      node.append(svg("path", { class: "band", d: `M${path.map((t, i) => `${x(t)} ${clip(edges[i][0])}`).join("L")}L${path.map((t, i) => `${x(t)} ${clip(edges[i][1])}`).reverse().join("L")}Z` }));
    }
    if (fan) node.append(svg("line", { class: first.firm ? "fit" : "fit loose", x1: x(fan.ends[0]), x2: x(fan.ends[1]), y1: y(fan.at(first.slope, fan.ends[0])), y2: y(fan.at(first.slope, fan.ends[1])) }));
    if (aim !== null) node.append(svg("line", { class: "aim", x1: left, x2: x(target.year + 0.5), y1: y(aim), y2: y(aim) }), svg("path", { class: "aimed", d: `M${x(target.year + 0.5)} ${y(aim) - 6}l6 6l-6 6l-6-6Z` }), svg("text", { x: Math.min(x(target.year + 0.5), wide - right), y: y(aim) + (y(aim) < top + 20 ? 18 : -9), class: "tick end aimtext" }, `${this.w("target")} ${this.word(target.year_text)}: ${plain(aim, this.decimals())}`));
    const step = times.length > 1 ? median(times.slice(1).map((t, i) => t - times[i])) : 1;
    lines.map((l, i) => [l, i]).reverse().forEach(([line, i]) => {
      let d = "", before = null;
      for (const point of line.points) { const t = times[point[0]]; d += `${before === null || t - before > 1.6 * step ? "M" : "L"}${x(t)} ${y(point[1])}`; before = t; }
      node.append(svg("path", { class: "way", d: d || "M0 0", stroke: LINES[i], "stroke-width": i ? 1.6 : 2.2 }));
      for (const point of line.points) {
        const t = times[point[0]];
        if (point[2] !== null && point[3] !== null) node.append(svg("line", { x1: x(t), x2: x(t), y1: y(point[2]), y2: y(point[3]), stroke: LINES[i], class: "range" }));
        node.append(svg("circle", { cx: x(t), cy: y(point[1]), r: i ? 3 : 4, fill: point[4] ? "#fff" : LINES[i], stroke: LINES[i], class: point[5] ? "pt" : "pt unused", "data-area": line.code, "data-at": point[0], onpointerenter: () => this.pointAt(line.code, point[0]) }));
      }
    });
    const cross = svg("circle", { r: 8, class: "cross", cx: -50, cy: -50 });
    node.append(cross);
    this.mark = (code, index) => { const point = (data.points[code] || []).find((q) => q[0] === index); cross.setAttribute("cx", point ? x(times[index]) : -50); cross.setAttribute("cy", point ? y(point[1]) : -50); };
    node.addEventListener("keydown", (e) => {
      const along = { ArrowLeft: -1, ArrowRight: 1 }[e.key] || 0, across = { ArrowUp: -1, ArrowDown: 1 }[e.key] || 0;
      if (!along && !across) return;
      e.preventDefault();
      const drawn = this.view.areas, at = this.at ? drawn.indexOf(this.at[0]) : 0;
      const code = drawn[(at + across + drawn.length) % drawn.length], list = data.points[code] || [];
      if (!list.length) return;
      const place = !this.at ? list.length : along < 0 ? list.findIndex((q) => q[0] >= this.at[1]) : list.findLastIndex((q) => q[0] <= this.at[1]);
      this.pointAt(code, list[Math.max(0, Math.min(list.length - 1, place + along))][0]);
    });
    if (this.all.synthetic) node.append(svg("text", { x: wide / 2, y: high / 2, class: "synth", transform: `rotate(-12 ${wide / 2} ${high / 2})` }, this.all.synthetic[this.view.lang]));
    return node;
  }
  about() {
    const code = this.view.areas[0], trend = this.data.trends[code] || { status: "no_data", n: 0 }, d = this.decimals();
    const gap = trend.low === null || trend.low === undefined ? "" : ` (${slopeText(trend.low, d)} … ${slopeText(trend.high, d)})`;
    return `${this.nameOf(code)}: ${this.status(trend.status)}, n = ${trend.n}` + (trend.slope === null || trend.slope === undefined ? "" : `, ${this.w("slope")} ${slopeText(trend.slope, d)}${gap} ${this.unit()}${trend.p ? `, ${trend.p}` : ""}${trend.q ? ` (${this.w("p")} ${trend.q.replace(/^p = /, "")})` : ""}`);
  }
  legend() {
    const items = this.view.areas.map((code, i) => html("li", { style: `--c:${LINES[i]}` }, html("span", { class: "dot" }), this.nameOf(code)));
    items.push(html("li", {}, html("span", { class: "dot hollow" }), this.w("open")), html("li", {}, html("span", { class: "swatch" }), this.w("band")));
    return html("ul", { class: "legend" }, items);
  }
  drawTrend() {
    const target = this.data.targets[this.view.areas[0]];
    const aim = target && target.progress ? html("p", { class: "claim" }, `${this.w("progress")}: ${this.word(this.all.progress[target.progress] || ["", ""])}` + (target.p !== null ? ` · ${this.w("on_track")} ${Math.round(100 * target.p)}% (${target.draws.toLocaleString("en-US")} ${this.w("draws")})` : "")) : null;
    this.part.trend.replaceChildren(html("p", { class: "what" }, html("strong", {}, this.title()), ` (${this.unit()})`), html("p", { class: "claim", "data-claim": "trend" }, this.about()), aim || "", this.trendPicture(), this.legend(), html("p", { class: "hint" }, this.w("hint")));
  }
  pointAt(code, index) { this.at = [code, index]; this.mark(code, index); this.drawPoint(); }
  drawPoint() {
    const code = this.at ? this.at[0] : this.view.areas[0], list = this.data.points[code] || [];
    const point = this.at ? list.find((x) => x[0] === this.at[1]) : list.at(-1);
    if (!point) return this.part.point.replaceChildren(html("p", {}, this.w("no_value")));
    const period = this.data.periods[point[0]], file = this.data.files[point[6]], d = this.decimals(), row = (key, value) => (value ? [html("dt", {}, key), html("dd", {}, value)] : []);
    this.part.point.replaceChildren(html("dl", {},
      row(this.nameOf(code), `${this.word([period[1], period[2]])}: ${plain(point[1], d)} ${this.unit()}`), row(this.w("status"), `${point[5] ? this.w("used") : this.w("unused")}${point[4] ? `; ${this.w("open")}` : ""}`),
      row(this.w("base"), point[11]), row(this.w("file"), this.place(file[0], ...point.slice(7, 10))), row(this.w("parents"), point[12].map(([series, ...cell]) => `${series}: ${this.place(...cell)}`).join("; ")), row("sha256", file[1] ? file[1].slice(0, 16) : ""), row(this.w("note"), this.word(this.data.notes[point[10]]))));
  }
  place(file, sheet, row, column) { return [file, sheet && `${this.w("sheet")} ${sheet}`, row && `${this.w("row")} ${row}`, column && `${this.w("column")} ${column}`].filter(Boolean).join(", "); }
  drawMap() {
    const cols = this.all.areas.map((a) => a.col), rows = this.all.areas.map((a) => a.row), left = Math.min(...cols), top = Math.min(...rows);
    const node = svg("svg", { viewBox: `0 0 ${(Math.max(...cols) - left + 1) * TILE + 4} ${(Math.max(...rows) - top + 1) * TILE + 4}`, class: "tiles", role: "group", "aria-label": `${this.w("map")}. ${this.w("map_hint")}` });
    const focus = this.mapAt || this.view.areas[0], tiles = new Map();
    for (const a of this.all.areas) {
      const status = (this.data.trends[a.code] || { status: "no_data" }).status, x = (a.col - left) * TILE + 2, y = (a.row - top) * TILE + 2, chosen = this.view.areas.indexOf(a.code), ink = DARK.has(status) ? "#fff" : "#1b2733";
      const tile = svg("g", { role: "button", tabindex: a.code === focus ? 0 : -1, "aria-pressed": chosen >= 0 ? "true" : "false", "aria-label": `${a[`name_${this.view.lang}`]}: ${this.status(status)}`, "data-area": a.code, onclick: () => { this.mapAt = a.code; this.toggle(a.code); } },
        svg("title", {}, `${a[`name_${this.view.lang}`]}: ${this.status(status)}, ${plain(this.valueAt(a.code), this.decimals())}`),
        svg("rect", { x, y, width: TILE - 3, height: TILE - 3, rx: 3, fill: FILL[status], stroke: chosen >= 0 ? LINES[chosen] : "#9aa7b2", "stroke-width": chosen >= 0 ? 3.2 : 0.7 }),
        svg("text", { x: x + (TILE - 3) / 2, y: y + 11, class: "abbr", style: `fill:${ink}` }, a[`abbr_${this.view.lang}`]), svg("text", { x: x + (TILE - 3) / 2, y: y + 21, class: "sign", style: `fill:${ink}` }, this.all.statuses[status].mark));
      tiles.set(`${a.col}.${a.row}`, tile); node.append(tile);
      tile.addEventListener("keydown", (e) => {
        if (e.key === "Enter" || e.key === " ") { e.preventDefault(); this.mapAt = a.code; this.toggle(a.code); this.root.querySelector(`.tiles [data-area="${a.code}"]`).focus(); return; }
        const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[e.key];
        if (!move) return;
        e.preventDefault();
        for (let i = 1; i < 25; i++) { const next = tiles.get(`${a.col + i * move[0]}.${a.row + i * move[1]}`); if (next) { tile.setAttribute("tabindex", -1); next.setAttribute("tabindex", 0); next.focus(); this.mapAt = next.dataset.area; return; } }
      });
    }
    const counts = {}; for (const a of this.all.areas) { const s = (this.data.trends[a.code] || { status: "no_data" }).status; counts[s] = (counts[s] || 0) + 1; }
    this.part.map.replaceChildren(node, html("ul", { class: "legend" }, Object.keys(this.all.statuses).filter((s) => counts[s]).map((s) => html("li", {}, html("span", { class: "swatch", style: `background:${FILL[s]};color:${DARK.has(s) ? "#fff" : "#1b2733"}` }, this.all.statuses[s].mark), `${this.status(s)} ${counts[s]}`))), html("p", { class: "hint" }, this.w("map_hint")));
  }
  distributionPicture(wide = 620, high = 128) {
    const found = this.all.areas.map((a) => [a.code, this.valueAt(a.code)]).filter((x) => x[1] !== null).sort((a, b) => a[1] - b[1]);
    const node = svg("svg", { viewBox: `0 0 ${wide} ${high}`, role: "img", class: "spread" });
    if (!found.length) return node;
    const marks = ticks(found[0][1], found.at(-1)[1]), left = 20, right = 20, x = (v) => left + ((v - marks[0]) / (marks.at(-1) - marks[0] || 1)) * (wide - left - right);
    for (const m of marks) node.append(svg("line", { x1: x(m), x2: x(m), y1: 30, y2: high - 24, class: "grid" }), svg("text", { x: x(m), y: high - 8, class: "tick mid" }, m.toLocaleString("en-US")));
    const heights = new Map(), slots = new Map();
    for (const [, value] of found) { const slot = Math.round(x(value) / 8); slots.set(slot, (slots.get(slot) || 0) + 1); }
    const rise = Math.min(8, (high - 66) / Math.max(1, ...slots.values()) - 0.01); // however many fall together, each is seen
    const alike = new Set(this.all.alike[this.view.areas[0]] || []);
    const middle = median(found.map((f) => f[1]));
    node.append(svg("line", { x1: x(middle), x2: x(middle), y1: 30, y2: high - 24, class: "middle" }), svg("text", { x: x(middle), y: 10, class: "tick mid" }, `${this.w("median")} ${plain(middle, this.decimals())}`));
    for (const [code, value] of found) {
      const slot = Math.round(x(value) / 8), level = heights.get(slot) || 0, chosen = this.view.areas.indexOf(code); heights.set(slot, level + 1);
      const y = high - 32 - level * rise;
      node.append(svg("circle", { cx: slot * 8, cy: y, r: chosen >= 0 ? 5 : 3.2, fill: chosen >= 0 ? LINES[chosen] : alike.has(code) ? "#e3b23c" : "#9aa7b2", class: "all", "data-area": code, onclick: () => this.toggle(code) }, svg("title", {}, `${this.nameOf(code)} ${plain(value, this.decimals())}`)));
    }
    this.view.areas.forEach((code, i) => { const value = this.valueAt(code); if (value !== null) node.append(svg("path", { d: `M${x(value)} 28l-5-8h10Z`, fill: LINES[i] })); });
    const place = (code) => { const v = this.valueAt(code); return v === null ? this.w("no_value") : plain(v, this.decimals()); };
    node.setAttribute("aria-label", `n = ${found.length}, ${this.w("median")} ${plain(middle, this.decimals())}; ${this.view.areas.map((c) => `${this.nameOf(c)} ${place(c)}`).join("; ")}`);
    return node;
  }
  drawDistribution() {
    const period = this.data.periods[this.now], n = this.all.areas.filter((a) => this.valueAt(a.code) !== null).length;
    this.part.distribution.replaceChildren(html("p", { class: "what" }, `${this.word([period[1], period[2]])}, n = ${n} (${this.unit()}). ${this.w("ranked")}.`), this.distributionPicture(),
      html("ul", { class: "legend" }, this.view.areas.map((code, i) => html("li", { style: `--c:${LINES[i]}` }, html("span", { class: "dot" }), `${this.nameOf(code)} ${plain(this.valueAt(code), this.decimals())}`)), html("li", { style: "--c:#e3b23c" }, html("span", { class: "dot" }), this.w("peers"))));
  }
  small(heads, rows, kind = "") {
    return html("table", { class: kind }, html("thead", {}, html("tr", {}, heads.map((h) => html("th", { scope: "col" }, h)))), html("tbody", {}, rows.map((r) => html("tr", {}, r.map((c, i) => html(i ? "td" : "th", i ? {} : { scope: "row" }, c))))));
  }
  drawPeers() {
    const own = [this.view.areas[0], ...(this.all.alike[this.view.areas[0]] || [])];
    this.part.peers.replaceChildren(this.small([this.w("name"), this.w("value"), this.w("status")], own.map((code) => {
      const status = (this.data.trends[code] || { status: "no_data" }).status;
      return [html("button", { type: "button", class: "link", onclick: () => { this.at = null; this.set({ areas: [code] }); } }, this.nameOf(code)), plain(this.valueAt(code), this.decimals()), `${this.all.statuses[status].mark} ${this.status(status)}`];
    })));
  }
  likenessPicture(wide = 460, high = 330) {
    const { places, shares, ends, traits } = this.all.likeness, lang = this.view.lang, all = this.all.areas.map((a) => ({ ...a, at: places[a.code] }));
    const side = (i) => all.map((a) => a.at[i]), [left, right, low, top] = [Math.min(...side(0)), Math.max(...side(0)), Math.min(...side(1)), Math.max(...side(1))];
    const unit = Math.min((wide - 60) / (right - left || 1), (high - 104) / (top - low || 1)), x = (v) => wide / 2 + (v - (left + right) / 2) * unit, y = (v) => (high - 40) / 2 - (v - (low + top) / 2) * unit;
    const node = svg("svg", { viewBox: `0 0 ${wide} ${high}`, role: "group", tabindex: 0, class: "likeness", "aria-label": `${this.w("likeness")}. ${this.w("walk")}` });
    const percent = (v) => `${Math.round(100 * v)}%`, axis = (i) => `${this.w("axis")} ${i + 1}: ${percent(shares[i])}`;
    node.append(svg("line", { x1: 20, x2: wide - 20, y1: y(0), y2: y(0), class: "grid" }), svg("line", { x1: x(0), x2: x(0), y1: 14, y2: high - 54, class: "grid" }));
    const texts = [[16, high - 25, ends[lang][0][0] && `← ${ends[lang][0][0]}`, ""], [wide - 16, high - 25, ends[lang][0][1] && `${ends[lang][0][1]} →`, "end"], [x(0), 11, ends[lang][1][1] && `↑ ${ends[lang][1][1]}`, "mid"], [x(0), high - 42, ends[lang][1][0] && `↓ ${ends[lang][1][0]}`, "mid"]];
    for (const [tx, ty, text, how] of texts) if (text) node.append(svg("text", { x: tx, y: ty, class: `tick ${how}` }, text));
    const alike = new Set(this.all.alike[this.view.areas[0]] || []), rank = (a) => (this.view.areas.includes(a.code) ? 2 : alike.has(a.code) ? 1 : 0);
    const said = svg("text", { x: wide / 2, y: high - 8, class: "tick mid" }, `${axis(0)}, ${axis(1)}`);
    const cross = svg("circle", { r: 9, class: "cross", cx: -50, cy: -50 });
    const point = (a) => { this.likeAt = a.code; cross.setAttribute("cx", x(a.at[0])); cross.setAttribute("cy", y(a.at[1])); said.textContent = this.likeText(a.code); };
    for (const a of [...all].sort((p, q) => rank(p) - rank(q))) {
      const chosen = this.view.areas.indexOf(a.code), colour = chosen >= 0 ? LINES[chosen] : alike.has(a.code) ? "#e3b23c" : "#9aa7b2", [cx, cy] = [x(a.at[0]), y(a.at[1])], size = chosen >= 0 ? 6 : 4, fill = a.at[2] >= 0.5 ? colour : "#fff";
      if (chosen >= 0) node.append(svg("circle", { cx, cy, r: a.at[3] * unit, fill: colour, opacity: 0.12, "pointer-events": "none" }));
      const look = { fill, stroke: colour, "stroke-width": 1.6, class: "all", "data-area": a.code, onclick: () => this.toggle(a.code), onpointerenter: () => point(a) };
      node.append(a.pilot ? svg("path", { d: `M${cx} ${cy - size - 1.5}l${size + 1.5} ${size + 1.5}l${-size - 1.5} ${size + 1.5}l${-size - 1.5} ${-size - 1.5}Z`, ...look }) : svg("circle", { cx, cy, r: size, ...look }));
      if (chosen >= 0) node.append(svg("text", { x: cx, y: cy - 9, class: "tick mid" }, a[`name_${lang}`]));
    }
    node.append(cross, said);
    node.addEventListener("keydown", (e) => {
      const here = all.find((a) => a.code === (this.likeAt || this.view.areas[0]));
      if (e.key === "Enter" || e.key === " ") { e.preventDefault(); this.toggle(here.code); this.part.likeness.querySelector("svg").focus(); return; }
      const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[e.key];
      if (!way) return;
      e.preventDefault();
      let best = null, least = Infinity;
      for (const a of all) { // the nearest one that way; what lies aside counts double
        const dx = a.at[0] - here.at[0], dy = a.at[1] - here.at[1], along = dx * way[0] + dy * way[1], aside = Math.abs(dx * way[1]) + Math.abs(dy * way[0]);
        if (along > 1e-9 && along + 2 * aside < least) { least = along + 2 * aside; best = a; }
      }
      if (best) point(best);
    });
    return node;
  }
  likeText(code) {
    const [, , shown, moves, without] = this.all.likeness.places[code], name = this.all.likeness.traits[without];
    return `${this.nameOf(code)}: ${this.w("shown")} ${Math.round(100 * shown)}%${name ? `, ${this.w("moves")} ${moves.toFixed(1)} (${this.w("less")} ${this.word(name)})` : ""}`;
  }
  drawLikeness() {
    const swatch = (text, mark) => html("li", {}, `${mark} ${text}`);
    this.part.likeness.replaceChildren(this.likenessPicture(), html("ul", { class: "legend" }, swatch(this.w("pilots"), "◆"), swatch(this.w("others"), "●"), html("li", { style: "--c:#e3b23c" }, html("span", { class: "dot" }), this.w("peers"))), html("p", { class: "hint" }, this.all.likeness.text[this.view.lang]), html("p", { class: "hint" }, this.w("walk")));
  }
  drawQuality() {
    const q = this.data.quality[this.view.areas[0]], trend = this.data.trends[this.view.areas[0]];
    const hidden = this.data.hidden[this.view.areas[0]] || [];
    if (!q) return this.part.quality.replaceChildren(html("p", {}, this.w("no_value")));
    const item = (on, text) => (on ? html("li", {}, text) : null);
    this.part.quality.replaceChildren(html("ul", { class: "flags" }, html("li", {}, `${this.word(q.verdict)}, n = ${q.n}`), item(q.missing, `${this.w("missing")} ${q.missing}`), item(q.gap, `${this.w("gap")} ${q.gap}`), item(q.stale, this.w("stale")),
      item(this.word(q.break), `${this.w("brk")} ${this.word(q.break)}`), item(q.provisional, `${this.w("prov")} ${q.provisional}`), item(q.flagged, `${this.w("flagged")} ${q.flagged}`), item(hidden.length, `${this.w("hidden")}: ${hidden.map((h) => this.word(h)).join(", ")}`), item(this.word(q.why), this.word(q.why)),
      item(trend && trend.method, trend ? `${this.w("test")}: ${trend.method ? this.word(trend.method) : ""}${trend.rho === null || trend.rho === undefined ? "" : `, rho ${trend.rho.toFixed(2)}`}` : "")));
  }
  drawRules() {
    const rows = this.data.rules[this.view.areas[0]] || [];
    const shift = (years) => (this.view.lang === "th" ? years.replace(/\d{4}/g, (y) => +y + 543) : years);
    this.part.rules.replaceChildren(rows.length ? this.small([this.w("method"), this.w("status"), this.w("value"), this.w("years"), ""], rows.map((r) => [r[0], this.word(r[1]), r[2] === null ? "–" : String(+r[2].toPrecision(3)), shift(r[3]), r[4] && r[0] !== "sdg_eval" ? this.w("differs") : ""])) : html("p", {}, this.w("no_rules")));
  }

  // ---------------------------------------------------------------- the table

  lines() {
    const o = this.all.rows, found = [], own = this.series.get(this.view.series).index, me = this.areas.get(this.view.areas[0]).index;
    for (let i = 0; i < o.area.length; i++) {
      if (this.mode === "series" ? o.series[i] !== own || o.freq[i] !== this.view.freq : o.area[i] !== me) continue;
      const s = this.all.series[o.series[i]], a = this.all.areas[o.area[i]];
      found.push({
        code: this.mode === "series" ? a.code : s.code, freq: o.freq[i], goal: +s.goal || 99, name: this.mode === "series" ? a[`name_${this.view.lang}`] : `${s.goal === "0" ? "" : `${s.goal} · `}${s[`name_${this.view.lang}`]}${o.freq[i] === "A" ? "" : ` (${this.w(o.freq[i])})`}`,
        status: o.status[i], n: o.n[i], last: this.word([o.periods[0][o.last[i]], o.periods[1][o.last[i]]]), value: o.value[i], slope: o.slope[i], p: o.p[i], progress: this.word(this.all.progress[o.progress[i]] || ["", ""]), on_track: o.on_track[i], d: s.decimals,
        other: this.mode === "series" ? `${a.name_th} ${a.name_en} ${a.code}` : `${s.name_th} ${s.name_en} ${s.code}`,
      });
    }
    const sought = this.search.trim().toLowerCase(), [key, way] = this.sort;
    const order = new Intl.Collator("th");
    return found.filter((r) => (!sought || `${r.name} ${r.other} ${this.status(r.status)} ${r.progress}`.toLowerCase().includes(sought)) && (!this.only || r.status === this.only)).sort((a, b) => {
      const [x, y] = [a[key], b[key]];
      if (x === y) return 0;
      if (x === null || x === "" || x === undefined) return 1;
      if (y === null || y === "" || y === undefined) return -1;
      return way * (typeof x === "string" ? order.compare(key === "status" ? this.status(x) : x, key === "status" ? this.status(y) : y) : x - y);
    });
  }
  drawTable() {
    const rows = this.lines(), heads = ["name", "status", "last", "value", "slope", "p", "n", "progress", "on_track"];
    const head = heads.map((key) => html("th", { scope: "col", "aria-sort": this.sort[0] === key ? (this.sort[1] > 0 ? "ascending" : "descending") : null },
      html("button", { type: "button", "data-sort": key, onclick: () => { this.sort = [key, this.sort[0] === key ? -this.sort[1] : 1]; this.drawTable(); this.part.rows.querySelector(`[data-sort=${key}]`).focus(); } }, (key === "name" && this.mode === "area" ? this.w("series") : this.w(key)) + (this.sort[0] === key ? (this.sort[1] > 0 ? " ▲" : " ▼") : ""))));
    const body = rows.map((r) => html("tr", { class: this.view.areas.includes(r.code) || r.code === this.view.series ? "chosen" : null },
      html("th", { scope: "row" }, html("button", { type: "button", class: "link", onclick: () => (this.mode === "series" ? this.toggle(r.code) : this.set({ series: r.code, freq: r.freq })) }, r.name)),
      html("td", {}, `${this.all.statuses[r.status].mark} ${this.status(r.status)}`), html("td", {}, r.last), html("td", { class: "num" }, plain(r.value, r.d)), html("td", { class: "num" }, slopeText(r.slope, r.d)), html("td", { class: "num" }, r.p === null ? "" : r.p < 0.001 ? "< 0.001" : r.p.toFixed(3)), html("td", { class: "num" }, r.n), html("td", {}, r.progress), html("td", { class: "num" }, r.on_track === null ? "" : `${Math.round(100 * r.on_track)}%`)));
    this.part.rows.replaceChildren(html("table", {}, html("thead", {}, html("tr", {}, head)), html("tbody", {}, body)));
    this.part.counted.textContent = `${rows.length} ${this.w("rows")}`;
  }

  // ---------------------------------------------------------------- saving

  fileName(ending) { return `${this.view.series}_${this.view.areas.join("_")}_${this.view.freq}.${ending}`; }
  save(blob, ending) {
    const url = URL.createObjectURL(blob), link = html("a", { href: url, download: this.fileName(ending) });
    this.root.append(link); link.click(); link.remove(); setTimeout(() => URL.revokeObjectURL(url), 10000);
    this.part.said.textContent = this.fileName(ending);
  }
  picture() {
    const about = fold(`${this.unit()} · ${this.about()}`, 100), down = 16 * (about.length - 1), title = this.title();
    const broad = 660, tall = 560 + down, trend = this.trendPicture(620, 300), spread = this.distributionPicture(620, 128), put = (node, x, y, w, h) => { for (const [k, v] of Object.entries({ x, y, width: w, height: h })) node.setAttribute(k, v); return node; };
    const period = this.data.periods[this.now];
    const whole = svg("svg", { xmlns: SVG, viewBox: `0 0 ${broad} ${tall}`, width: broad, height: tall }, svg("style", {}, this.model.get("picture_style")), svg("rect", { width: broad, height: tall, fill: "#fff" }),
      svg("text", { x: 20, y: 28, class: "head", style: wide(title) > 66 ? `font-size:${(17 * 66) / wide(title)}px` : null }, title), about.map((line, i) => svg("text", { x: 20, y: 48 + 16 * i, class: "tick" }, line)));
    this.view.areas.forEach((code, i) => whole.append(svg("circle", { cx: 26 + i * 155, cy: 66 + down, r: 5, fill: LINES[i] }), svg("text", { x: 36 + i * 155, y: 70 + down, class: "tick" }, this.nameOf(code))));
    whole.append(put(trend, 20, 78 + down, 620, 300), svg("text", { x: 20, y: 400 + down, class: "tick" }, `${this.w("distribution")}: ${this.word([period[1], period[2]])}`), put(spread, 20, 406 + down, 620, 128));
    const files = [...new Set((this.data.points[this.view.areas[0]] || []).map((q) => this.data.files[q[6]][0]))].slice(0, 3).join("; ");
    whole.append(svg("text", { x: 20, y: tall - 8, class: "tick" }, `${files} · ${this.all.run_hash.slice(0, 12)}${this.all.synthetic ? ` · ${this.all.synthetic[this.view.lang]}` : ""}`));
    this.drawTrend(); // the chart that was moved into the picture is drawn again in its place
    return new XMLSerializer().serializeToString(whole);
  }
  saveSvg() { this.save(new Blob([this.picture()], { type: "image/svg+xml" }), "svg"); }
  async savePng() {
    const image = new Image(), text = this.picture();
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
    await image.decode();
    const canvas = html("canvas", { width: 2 * image.naturalWidth, height: 2 * image.naturalHeight });
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    canvas.toBlob((blob) => this.save(blob, "png"), "image/png");
  }
  saveCsv() {
    // A text that a spreadsheet would take for a formula gets an apostrophe; numbers stay numbers.
    const text = (v) => `"${String(v).replace(/^([=+\-@\t\r])/, "'$1").replaceAll('"', '""')}"`;
    const rows = [["SERIES", "REF_AREA", "name_th", "FREQ", "TIME_PERIOD", "OBS_VALUE", "LOWER_BOUND", "UPPER_BOUND", "unit_th", "used", "source_file", "source_sheet", "source_row", "source_column", "source_id", "synthetic"].join(",")];
    for (const code of this.view.areas) for (const x of this.data.points[code] || []) {
      const file = this.data.files[x[6]];
      rows.push([text(this.view.series), text(code), text(this.areas.get(code).name_th), text(this.view.freq), text(this.data.periods[x[0]][0]), x[1], x[2] ?? "", x[3] ?? "", text(this.series.get(this.view.series).unit_th), x[5] ? "True" : "False", text(file[0]), text(x[7]), text(x[8]), text(x[9]), text(file[1]), this.all.synthetic ? "True" : "False"].join(","));
    }
    this.save(new Blob([`\ufeff${rows.join("\r\n")}\r\n`], { type: "text/csv;charset=utf-8" }), "csv");
  }
  code() {
    const q = (s) => `'${s}'`, areas = `[${this.view.areas.map(q).join(", ")}]`;
    return ["from sdg_eval.explore import compare, open_desk, series", "", `desk = ${this.model.get("call")}`, `display(series(desk, ${q(this.view.series)}, ${areas}, freq=${q(this.view.freq)}))`, `display(compare(desk, ${q(this.view.series)}, ${areas}, freq=${q(this.view.freq)}, period=${q(this.view.period)}))`].join("\n");
  }
  showCell() {
    this.part.code.value = this.code(); this.part.code.hidden = false; this.part.code.focus(); this.part.code.select();
    navigator.clipboard?.writeText(this.part.code.value).catch(() => {}); // refused where the page may not write: the text is selected
    this.part.said.textContent = this.w("copied");
  }
}

let made = 0;
export default {
  render({ model, el }) {
    const root = html("div", { "data-id": `sdg-${++made}` });
    el.append(root);
    const explorer = new Explorer(model, root);
    return () => explorer.leave();
  },
};
