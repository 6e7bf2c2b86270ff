// What can be handled on a page: search, theme, language, tables, charts, two provinces side by side.
// Every page reads whole without it. Text is only ever set as text; the one script that lets in others is the loader.
"use strict";
(() => {
  const page = document.documentElement;
  const lang = page.lang === "en" ? "en" : "th";
  const find = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];

  /** An element with attributes and children; text becomes text nodes. */
  function make(name, attributes = {}, ...children) {
    const drawn = ["svg", "path", "circle", "rect"].includes(name);
    const element = drawn ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (value === true) element.setAttribute(key, "");
      else if (value !== false && value != null) element.setAttribute(key, value);
    }
    element.append(...children.filter((child) => child != null));
    return element;
  }

  const words = (key, values = {}) =>
    find("#words").getAttribute(`data-${key}`).replace(/\{(\w+)\}/g, (_, name) => values[name]);

  // ---------------------------------------------------------------- data files
  const data = {};
  window.sdgData = (name, value) => { data[name] = value; };

  /** Load `assets/<name>.js` once, then call `done` with what it holds. */
  function load(name, done, failed) {
    if (name in data) done(data[name]);
    else window.sdgLoad(`${name}.js`, () => done(data[name]), failed);
  }

  // ---------------------------------------------------------------- search
  const KINDS = ["kind_province", "kind_goal", "kind_indicator", "kind_page"];
  const HITS = 12, ALIKE = 0.6;
  const digits = (text) => text.replace(/[๐-๙]/g, (d) => d.charCodeAt(0) - 0x0e50);

  /** Letters as they are compared: no case, tone marks, silencing marks, spaces or hyphens. */
  function fold(text) {
    return digits(text.normalize("NFC").toLowerCase()).replace(/[\u0e47-\u0e4c\s\u200b'’\-–]/g, "").replace(/\u0e4d\u0e32/g, "\u0e33").replace(/เเ/g, "แ");
  }

  const pairs = (text) => new Set([...text].slice(1).map((letter, i) => [...text][i] + letter));

  function score(query, field) {
    if (!field) return 0;
    const at = field.indexOf(query);
    if (at === 0) return field === query ? 100 : 80;
    if (at > 0) return 60;
    if (query.length < 4) return 0;
    const asked = pairs(query), there = pairs(field);
    const share = [...asked].filter((pair) => there.has(pair)).length / asked.size;
    return share >= ALIKE ? 40 * share : 0;
  }

  /** Best entries for a query, best first. */
  function matches(index, text) {
    const plain = text.trim().replace(/^(จังหวัด|จ\.|จว\.)\s*/, "");
    const query = fold(/\d/.test(digits(plain)) ? plain : plain.replaceAll(".", ""));
    if (!query) return [];
    const parts = plain.split(/\s+/).map(fold).filter(Boolean);
    const found = [];
    for (const entry of index) {
      entry.folded ??= entry.slice(1, 5).map(fold);
      const [code, thai, english, more] = entry.folded;
      let best = Math.max(score(query, code), score(query, thai), score(query, english), more.includes(query) ? 50 : 0);
      if (!best && parts.length > 1 && parts.every((part) => entry.folded.some((field) => field.includes(part)))) best = 45;
      if (best) found.push([best, entry]);
    }
    return found.sort((a, b) => b[0] - a[0]).slice(0, HITS).map(([, entry]) => entry);
  }

  /** Address of an entry from this page, in its language. */
  const address = (href) => page.dataset.root + (lang === "en" ? href.replace(".html", ".en.html") : href);

  function search() {
    const box = find("#search"), list = find("#hits"), found = find("#found");
    if (!box) return;
    let hits = [], at = -1;

    const close = () => { list.hidden = true; at = -1; box.setAttribute("aria-expanded", "false"); box.removeAttribute("aria-activedescendant"); };
    const go = (entry) => { close(); location.href = address(entry[5]); };

    function mark(index) {
      at = index;
      all("[role=option]", list).forEach((option, i) => option.setAttribute("aria-selected", String(i === at)));
      if (at < 0) return box.removeAttribute("aria-activedescendant");
      box.setAttribute("aria-activedescendant", `hit-${at}`);
      list.children[at].scrollIntoView({ block: "nearest" });
    }

    function show(index) {
      hits = matches(index, box.value);
      list.replaceChildren(...hits.map((entry, i) => {
        const [own, other] = lang === "en" ? [entry[3], entry[2]] : [entry[2], entry[3]];
        const option = make("li", { role: "option", id: `hit-${i}`, "aria-selected": "false" },
          make("span", { class: "name" }, own), make("span", { class: "kind" }, `${words(KINDS[entry[0]])} ${entry[0] < 3 ? entry[1] : ""}`.trim()),
          make("span", { class: "other", lang: lang === "en" ? "th" : "en" }, other));
        option.addEventListener("mousedown", (event) => { event.preventDefault(); go(entry); });
        return option;
      }));
      const none = Boolean(box.value.trim()) && !hits.length;
      if (none) list.replaceChildren(make("li", { role: "option", "aria-disabled": "true", class: "none" }, words("search_none")));
      list.hidden = !hits.length && !none;
      box.setAttribute("aria-expanded", String(!list.hidden));
      found.textContent = none ? words("search_none") : hits.length ? words("search_count", { n: hits.length }) : "";
      mark(-1);
    }

    const ask = () => load("search", show, () => { found.textContent = words("search_failed"); found.classList.remove("unseen"); });
    box.addEventListener("focus", () => load("search", () => {}, () => {}), { once: true });
    box.addEventListener("input", ask);
    box.addEventListener("blur", close);
    box.addEventListener("keydown", (event) => {
      if (event.key === "Escape") { box.value = ""; close(); }
      else if (event.key === "Enter" && hits.length && !list.hidden) { event.preventDefault(); go(hits[Math.max(at, 0)]); }
      else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && list.hidden) ask();
      else if (event.key === "ArrowDown") { event.preventDefault(); mark(Math.min(at + 1, hits.length - 1)); }
      else if (event.key === "ArrowUp") { event.preventDefault(); mark(Math.max(at - 1, -1)); }
    });
    document.addEventListener("keydown", (event) => {
      // On a Thai keyboard the key of "/" writes another letter.
      const slash = event.key === "/" || (event.code === "Slash" && !event.shiftKey);
      if (!slash || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
      event.preventDefault();
      box.focus();
      box.select();
    });
  }

  // ---------------------------------------------------------------- theme and language
  function theme() {
    const button = find("#theme"), system = matchMedia("(prefers-color-scheme: dark)");
    if (!button) return;
    const dark = () => (page.dataset.theme ? page.dataset.theme === "dark" : system.matches);
    const tell = () => button.setAttribute("aria-pressed", String(dark()));
    const keep = (value) => { try { value ? localStorage.setItem("sdg-theme", value) : localStorage.removeItem("sdg-theme"); } catch (error) { /* a folder may keep nothing */ } };
    button.addEventListener("click", () => {
      const wanted = dark() ? "light" : "dark";
      // The system's own theme again: follow the system from here.
      const followed = (wanted === "dark") === system.matches;
      if (followed) delete page.dataset.theme; else page.dataset.theme = wanted;
      keep(followed ? "" : wanted);
      tell();
    });
    system.addEventListener("change", tell);
    tell();
  }

  /** The other language opens at the place that is being read. */
  function language() {
    const link = find("a.language");
    if (!link) return;
    const here = link.getAttribute("href");
    link.addEventListener("click", () => {
      const above = all("main :is(section, article, figure, h2, h3)[id]").filter((e) => e.getBoundingClientRect().top < 120).pop();
      const place = location.hash || (scrollY > 120 && above ? `#${above.id}` : "");
      link.setAttribute("href", here + place);
    });
  }

  // ---------------------------------------------------------------- tables
  const plainNumber = (text) => { const found = text.replace(/,/g, "").replace("−", "-").match(/-?\d+(\.\d+)?/); return found ? Number(found[0]) : NaN; };

  function sortable(table) {
    const heads = all("thead tr:last-child th", table), body = table.tBodies[0];
    heads.forEach((head, column) => {
      if (!head.textContent.trim() || head.colSpan > 1) return;
      const link = find("a", head); // a button must not hold a link: it then stands beside it
      const button = make("button", { type: "button", class: "sort", "aria-label": link && `${words("sort")}: ${head.textContent.trim()}` }, ...(link ? [] : head.childNodes));
      if (link) head.append(" ", button);
      else head.replaceChildren(button);
      button.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") === "ascending";
        const value = (row) => row.cells[column]?.dataset.sort ?? row.cells[column]?.textContent.trim() ?? "";
        const numeric = head.classList.contains("num");
        const rows = [...body.rows].map((row) => [numeric ? plainNumber(value(row)) : value(row), row]);
        rows.sort(([a], [b]) => {
          if (numeric && (isNaN(a) || isNaN(b))) return isNaN(a) - isNaN(b); // what is missing stays at the end
          return (down ? -1 : 1) * (numeric ? a - b : a.localeCompare(b, lang, { numeric: true }));
        });
        body.append(...rows.map(([, row]) => row));
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
      });
    });
  }

  function filterable(table) {
    const rows = [...table.tBodies[0].rows], count = make("span", { role: "status", class: "small" });
    const box = make("input", { type: "search", autocomplete: "off" });
    const tell = (shown) => { count.textContent = words("filter_count", { n: shown, all: rows.length }); };
    box.addEventListener("input", () => {
      const wanted = fold(box.value);
      rows.forEach((row) => { row.hidden = !fold(row.textContent).includes(wanted); });
      tell(rows.filter((row) => !row.hidden).length);
    });
    (table.closest(".scroll") ?? table).before(make("p", { class: "filter" }, make("label", {}, words("filter"), " ", box), " ", count));
    tell(rows.length);
  }

  // ---------------------------------------------------------------- charts
  /** Let the points of a chart be walked and its series be switched; what is shown is read from its table. */
  function chart(figure) {
    const plot = find(".plot", figure), svg = find("svg", plot), rows = all("tbody tr", figure);
    const heads = all("thead th", figure).map((head) => head.textContent);
    const tiles = figure.dataset.chart === "tiles";
    const tip = make("div", { class: "tip", "aria-hidden": "true", hidden: true }), said = make("p", { class: "unseen", role: "status" });
    const help = make("p", { class: "unseen", id: `${figure.id}-h` }, words("chart_help"));
    const name = find("title", svg).textContent, about = find("desc", svg).textContent;
    let now = null, column = heads.length - 1;

    // The browser's own tooltip would cover ours.
    svg.removeAttribute("aria-labelledby");
    svg.setAttribute("aria-label", `${name}. ${about}`);
    find("title", svg).remove();
    Object.entries({ tabindex: "0", role: "application", "aria-label": name, "aria-describedby": help.id }).forEach(([k, v]) => plot.setAttribute(k, v));
    plot.append(tip, help, said);

    const points = () => all(".pt", svg).filter((point) => !point.closest(".off"));
    const box = (point) => { const r = (find("circle", point) ?? point).getBoundingClientRect(); return [r.left + r.width / 2, r.top + r.height / 2]; };
    const nearest = (among, x, y, weight = 1) => among.map((p) => [Math.hypot(box(p)[0] - x, weight * (box(p)[1] - y)), p]).sort((a, b) => a[0] - b[0])[0]?.[1];

    function hide() {
      now?.classList.remove("now");
      now = null;
      tip.hidden = true;
    }

    function lines(point) {
      const cells = [...rows[point.dataset.row].cells];
      const shown = tiles ? [cells[0], cells[column]] : cells;
      return shown.map((cell, i) => [i ? heads[tiles ? column : i] : "", cell.textContent.trim()]).filter(([, text]) => text);
    }

    function show(point, aloud) {
      hide();
      now = point;
      point.classList.add("now");
      const content = lines(point);
      tip.replaceChildren(...content.map(([head, text], i) => make(i ? "div" : "strong", {}, head ? `${head}: ` : "", text)));
      tip.hidden = false;
      const frame = plot.getBoundingClientRect(), [x, y] = box(point), r = tip.getBoundingClientRect();
      const left = Math.min(Math.max(x - frame.left - r.width / 2, 0), frame.width - r.width);
      const above = y - frame.top - r.height - 12;
      tip.style.left = `${Math.max(left, 0)}px`;
      tip.style.top = `${above > -frame.top ? above : y - frame.top + 14}px`;
      if (aloud) said.textContent = content.map(([head, text]) => (head ? `${head} ${text}` : text)).join("; ");
    }

    /** The point that an arrow key leads to. */
    function next(key) {
      const among = points(), side = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -1, ArrowDown: 1 }[key];
      if (key === "Home") return among[0];
      if (key === "End") return among.at(-1);
      const [x, y] = box(now), upright = key === "ArrowUp" || key === "ArrowDown";
      if (tiles) {
        const ahead = among.filter((p) => side * (box(p)[upright ? 1 : 0] - (upright ? y : x)) > 4);
        return nearest(ahead, x, y, upright ? 0.4 : 2.5);
      }
      if (figure.dataset.chart === "dots" || !upright) {
        const own = among.filter((p) => p.parentNode === now.parentNode);
        const layer = own.length > 1 || figure.dataset.chart === "dots" ? own : among;
        return layer[layer.indexOf(now) + side] ?? (upright ? null : beyond(among, side));
      }
      const layers = [...new Set(among.map((p) => p.parentNode))];
      const layer = layers[(layers.indexOf(now.parentNode) + side + layers.length) % layers.length];
      return nearest(among.filter((p) => p.parentNode === layer), x, y, 0.01);
    }

    /** Past the last value the forecast goes on. */
    function beyond(among, side) {
      const x = box(now)[0];
      return nearest(among.filter((p) => side * (box(p)[0] - x) > 1), x, box(now)[1], 0.1);
    }

    plot.addEventListener("keydown", (event) => {
      if (event.key === "Escape") return hide();
      if (!/^(Arrow|Home$|End$)/.test(event.key) || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      const point = now && !now.closest(".off") ? next(event.key) : points()[0];
      if (point) show(point, true);
    });
    plot.addEventListener("blur", hide);
    svg.addEventListener("pointermove", (event) => {
      const point = nearest(points(), event.clientX, event.clientY, figure.dataset.chart === "dots" ? 8 : 1);
      if (point && point !== now) show(point, false);
    });
    svg.addEventListener("pointerleave", () => { if (document.activeElement !== plot) hide(); });

    all(".legend li[data-layer]", figure).forEach((item) => {
      const layers = all(`.layer[data-layer="${item.dataset.layer}"]`, svg);
      if (!layers.length) return;
      const button = make("button", { type: "button", "aria-pressed": "true" }, ...item.childNodes);
      item.replaceChildren(button);
      button.addEventListener("click", () => {
        const on = button.getAttribute("aria-pressed") !== "true";
        button.setAttribute("aria-pressed", String(on));
        layers.forEach((layer) => layer.classList.toggle("off", !on));
        hide();
      });
    });

    if (tiles && heads.length > 2) slider();

    function slider() {
      const range = make("input", { type: "range", min: 1, max: heads.length - 1, step: 1 });
      const shown = make("output", {}, heads[column]);
      range.value = column;
      const tell = () => { shown.textContent = heads[column]; range.setAttribute("aria-valuetext", heads[column]); };
      range.addEventListener("input", () => {
        column = Number(range.value);
        hide();
        all(".tile", svg).forEach((tile) => {
          const cell = rows[tile.dataset.row].cells[column];
          const kind = [...cell.classList].filter((part) => part !== "num").join(" ");
          tile.setAttribute("class", `pt tile ${kind}${tile.classList.contains("chosen") ? " chosen" : ""}`);
          find(".val", tile).textContent = cell.dataset.short ?? cell.textContent;
        });
        tell();
      });
      plot.before(make("p", { class: "slider" }, make("label", {}, `${figure.dataset.choose} `, range), " ", shown));
      tell();
    }
  }

  // ---------------------------------------------------------------- two provinces
  function compare(place) {
    load(`compare.${lang}`, ({ areas, series, words: told }) => {
      const asked = decodeURIComponent(location.hash.slice(1)).split(","), known = areas.map(([code]) => code);
      const offered = place.dataset.pair.split(",");
      const wanted = asked.length < 3 && asked.every((code) => known.includes(code)) ? asked : offered;
      const pair = wanted.length === 2 ? wanted : [wanted[0], offered.find((code) => code !== wanted[0])];
      const result = make("div"), status = make("p", { role: "status", class: "small" });
      const choice = (label, index) => {
        const select = make("select", {}, ...areas.map(([code, name]) => make("option", { value: code, selected: code === pair[index] }, name)));
        select.addEventListener("change", () => {
          pair[index] = select.value;
          history.replaceState(null, "", `#${pair.join(",")}`);
          draw();
        });
        return make("label", { class: `side${index}` }, `${label} `, select);
      };
      const names = () => pair.map((code) => areas.find(([own]) => own === code)[1]);
      function draw() {
        const failed = () => { status.textContent = words("compare_failed"); result.replaceChildren(); };
        load(`compare/${pair[0]}.${lang}`, (first) => load(`compare/${pair[1]}.${lang}`, (second) => {
          result.replaceChildren(sideBySide(series, first.cells, second.cells, names(), told));
          status.textContent = words("compare_done", { first: names()[0], second: names()[1] });
        }, failed), failed);
      }
      place.replaceChildren(make("div", { class: "choices" }, choice(words("compare_first"), 0), choice(words("compare_second"), 1)), status, result);
      draw();
    }, () => { place.textContent = words("compare_failed"); });
  }

  function sideBySide(series, first, second, names, told) {
    const head = make("thead", {}, make("tr", {}, ...[words("kind_indicator"), ...names, told.head_apart, words("over_time")].map((text, i) => make("th", { scope: "col", class: i === 1 || i === 2 ? `side${i - 1}` : null }, text))));
    const bodies = [];
    let goal = null;
    series.forEach(([, name, unit, number, goalName, href], i) => {
      if (number !== goal) {
        goal = number;
        const title = number === "0" ? goalName : `${words("goal")} ${number} ${goalName}`;
        bodies.push(make("tbody", {}, make("tr", { class: "group" }, make("th", { scope: "rowgroup", colspan: 5, class: `g${number}` }, title))));
      }
      const label = make("th", { scope: "row" }, href ? make("a", { href: address(href) }, name) : name, " ", make("span", { class: unit.length > 12 ? "unit" : "unit keep" }, unit));
      bodies.at(-1).append(make("tr", {}, label, side(first[i], told), side(second[i], told), apart(first[i], second[i], names, told), make("td", { class: "spark" }, spark(first[i], second[i], names))));
    });
    return make("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": names.join(" · ") }, make("table", { class: "pair" }, head, ...bodies));
  }

  /** The rule of sdg_eval/pairs.py: told apart where the intervals (low at `from`, high behind it) do not overlap. */
  function verdict(first, second, from) {
    const ends = [first[from], first[from + 1], second[from], second[from + 1]];
    if (ends.some((end) => end === null)) return "unknown";
    return ends[0] > ends[3] ? "higher" : ends[1] < ends[2] ? "lower" : "alike";
  }

  function apart(first, second, names, told) {
    if (!first || !second) return make("td", {}, told.unknown);
    const say = (kind) => told[kind].replace("{a}", names[0]).replace("{b}", names[1]);
    const value = first[0] === second[0] ? verdict(first, second, 8) : "unknown";
    return make("td", { class: "apart", "data-value": value, "data-pace": verdict(first, second, 11) }, make("strong", {}, say(value)), make("span", { class: "small" }, `${told.head_pace_apart} ${say(verdict(first, second, 11))}`));
  }

  function side(cell, told) {
    if (!cell) return make("td", { class: "nodata" }, words("no_data"));
    const [period, value, interval, n, status, kind, source] = cell, pace = cell[10];
    const facts = [interval && `${words("interval")} ${interval}`, period, n && `n = ${n}`].filter(Boolean);
    const line = facts.flatMap((fact, i) => [i ? " · " : "", make("span", { class: "keep" }, fact)]);
    return make("td", {}, make("strong", {}, value), make("span", { class: "small" }, ...line), status ? make("span", { class: `how ${kind}` }, status) : null, pace ? make("span", { class: "small" }, `${told.head_pace} `, make("span", { class: "keep" }, pace)) : null, source ? make("span", { class: "source" }, source) : null);
  }

  /** Both provinces over time on one scale: the first as a line with dots, the second broken with squares. */
  function spark(first, second, names) {
    const runs = [first, second].map((cell) => (cell ? cell[7] : []));
    const points = runs.flat();
    if (points.length < 2) return null;
    const range = (k) => [Math.min(...points.map((p) => p[k])), Math.max(...points.map((p) => p[k]))];
    const [[left, right], [low, high]] = [range(0), range(1)];
    const at = ([time, value]) => [6 + (148 * (time - left)) / (right - left || 1), 42 - (36 * (value - low)) / (high - low || 1)].map((v) => Math.round(v * 10) / 10);
    const drawn = runs.flatMap((run, i) => [
      run.length > 1 ? make("path", { class: `run side${i}`, d: `M${run.map((p) => at(p).join(" ")).join("L")}` }) : null,
      ...run.map((p) => { const [x, y] = at(p); return i ? make("rect", { class: "side1", x: x - 2, y: y - 2, width: 4, height: 4 }) : make("circle", { class: "side0", cx: x, cy: y, r: 2.2 }); }),
    ]);
    const about = runs.map((run, i) => (run.length ? `${names[i]} ${run[0][1]} – ${run.at(-1)[1]}` : `${names[i]} ${words("no_data")}`)).join("; ");
    return make("svg", { viewBox: "0 0 160 48", role: "img", "aria-label": about }, ...drawn);
  }

  function start() {
    theme();
    search();
    language();
    all("table.sortable").forEach(sortable);
    all("table.filterable").forEach(filterable);
    all("figure[data-chart]").forEach(chart);
    const place = find("#compare");
    if (place) compare(place);
    page.dataset.ready = "";
  }
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
