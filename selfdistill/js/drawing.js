/* What every explorable is made of: panels with axes, sliders, buttons, a live summary, links from the prose.
   Drawing is retained (a mark keeps its element), happens at most once an animation frame, and fails aloud. */

/** A new element; tags that begin with "svg:" are SVG; the attribute `text` is its text. */
function make(tag, attributes, parent) {
  const node = tag.startsWith("svg:") ? document.createElementNS("http://www.w3.org/2000/svg", tag.slice(4)) : document.createElement(tag);
  for (const name in attributes) change(node, name, attributes[name]);
  parent?.append(node);
  return node;
}

/** Sets one attribute; in text, "B_t" has a subscript t (in SVG) or stands as it is (in HTML). */
function change(node, name, value) {
  if (name !== "text") node.setAttribute(name, value);
  else if (!(node instanceof SVGElement) || !value.includes("_")) node.textContent = value;
  else {
    node.textContent = "";
    value.split(/_(\w+)/).forEach((part, i) => {
      const piece = make("svg:tspan", i % 2 ? { dy: 3, "font-size": "75%" } : i ? { dy: -3 } : {}, node);
      piece.textContent = part;
    });
  }
}

const SMALL = (digits, text) => [...text].map((sign) => digits["-0123456789".indexOf(sign)]).join("");
const superscript = (n) => SMALL("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", String(n));
const subscript = (n) => SMALL("₋₀₁₂₃₄₅₆₇₈₉", String(n));
const power10 = (n) => (n ? `10${superscript(n)}` : "1");

/** A number for people: `digits` significant ones, powers of ten written as such. */
function figure(value, digits = 3) {
  if (value === 0 || (Math.abs(value) >= 1e-3 && Math.abs(value) < 1e5)) return String(+value.toPrecision(digits)).replace("-", "−");
  const [head, power] = value.toExponential(digits - 1).split("e");
  return `${head.replace("-", "−")}·10${superscript(+power)}`;
}

/** About `count` round numbers from low to high. */
function ticks(low, high, count, whole = false) {
  const raw = (high - low) / count, unit = 10 ** Math.floor(Math.log10(raw));
  let step = unit * [1, 2, 5, 10].find((m) => m * unit >= raw * 0.999);
  if (whole) step = Math.max(1, Math.round(step));
  const out = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; i++) out.push(+(i * step).toPrecision(12));
  return out;
}

/** Path through groups of four samples, each the cubic through them: exact for cubic splines with knots at every third x. */
function cubicPath(x, y, sx, sy) {
  const at = (u, v) => `${sx(u).toFixed(2)} ${sy(v).toFixed(2)}`;
  let d = `M${at(x[0], y[0])}`;
  for (let i = 0; i + 3 < x.length; i += 3) {
    const [a, b, c, e] = [y[i], y[i + 1], y[i + 2], y[i + 3]];
    d += `C${at(x[i + 1], (18 * b - 5 * a - 9 * c + 2 * e) / 6)} ${at(x[i + 2], (2 * a - 9 * b + 18 * c - 5 * e) / 6)} ${at(x[i + 3], e)}`;
  }
  return d;
}

/** A function of the state that remembers its last value. */
const remember = (f, key, value) => (now) => (key === (key = JSON.stringify(now)) ? value : (value = f(now)));

/** Path along points [x, y]. */
const linePath = (points) => points.map(([x, y], i) => `${i ? "L" : "M"}${x.toFixed(2)} ${y.toFixed(2)}`).join("");

/** Elements under `parent` by key: put() makes or updates one, sweep() drops those not put since the last sweep. */
function retain(parent) {
  const kept = new Map();
  let seen = new Set();
  return {
    put(key, tag, attributes) {
      let entry = kept.get(key);
      if (entry?.tag !== tag) {
        entry?.node.remove();
        kept.set(key, (entry = { tag, node: make(`svg:${tag}`, {}, parent), old: {} }));
      }
      seen.add(key);
      for (const name in attributes) {
        if (entry.old[name] !== attributes[name]) change(entry.node, name, (entry.old[name] = attributes[name]));
      }
    },
    sweep() {
      for (const [key, entry] of kept) if (!seen.has(key)) { entry.node.remove(); kept.delete(key); }
      seen = new Set();
    },
  };
}

const DOT = /dot|blue|here/; // marks that a legend shows as a dot

/** How wide a text of a legend stands in this picture; measured once. */
const widths = new Map();
function width(svg, text) {
  if (widths.has(text)) return widths.get(text);
  const node = make("svg:text", { class: "sdw-tick", text }, svg), found = node.getComputedTextLength();
  node.remove();
  if (found) widths.set(text, found); // nothing has a width before it is shown
  return found || 6.5 * text.length;
}

/** Places [x, row] of a legend's items: in the row of the label (`lines` is 0) where `beside` has room, else below it. */
function legendRows(sizes, beside, below) {
  const used = sizes.reduce((a, b) => a + b, 0);
  let x = 0, row = used > beside ? 1 : 0;
  const places = sizes.map((size) => {
    if (row && x && x + size - 17 > below) { x = 0; row++; } // the last 17 px part it from the next
    x += size;
    return [x - size, row];
  });
  return { places, used: used - 17, lines: row };
}

/** A picture with axes. begin(axes) fixes the scales; put(layer, key, tag, attributes) draws; end(description) ends;
    `pointed` hears the x at which a pointer presses or drags. */
function panel(parent, { name, height, layers, pointed }) {
  const box = make("div", { class: "sdw-panel", "data-panel": name }, parent);
  const svg = make("svg:svg", { role: "img", class: "sdw-svg" }, box);
  const notice = make("p", { class: "sdw-notice", hidden: "" }, box);
  const frame = retain(make("svg:g", {}, svg));
  const plot = make("svg:svg", {}, svg); // an inner svg clips what leaves the axes, without an id
  const layer = Object.fromEntries(layers.map((key) => [key, retain(make("svg:g", {}, plot))]));
  const self = {
    box, svg,
    begin({ x, y, xTicks, yTicks, xLabel, yLabel, legend = [], xText = figure, yText = figure }) {
      const W = Math.max(240, box.clientWidth || 640), H = Math.round(height(W));
      const L = 44, R = W - 10, rows = legendRows(legend.map(([mark, text]) => (DOT.test(mark) ? 32 : 46) + width(svg, text)), R - width(svg, yLabel) * 1.1 - 20, R - L), T = 26 + 20 * rows.lines, B = H - 40;
      self.sx = (v) => L + ((v - x[0]) / (x[1] - x[0])) * (R - L);
      self.sy = (v) => B - ((v - y[0]) / (y[1] - y[0])) * (B - T);
      self.x = x; self.left = L; self.right = R; self.top = T; self.bottom = B;
      change(svg, "viewBox", `0 0 ${W} ${H}`);
      const clip = { x: L - 6, y: T - 6, width: R - L + 12, height: B - T + 14 };
      for (const key in clip) change(plot, key, clip[key]);
      change(plot, "viewBox", `${clip.x} ${clip.y} ${clip.width} ${clip.height}`);
      for (const v of yTicks) {
        const at = self.sy(v).toFixed(1);
        frame.put(`y${v}`, "line", { x1: L, x2: R, y1: at, y2: at, class: "sdw-grid" });
        frame.put(`Y${v}`, "text", { x: L - 7, y: +at + 4, class: "sdw-tick sdw-end", text: yText(v) });
      }
      for (const v of xTicks) {
        const at = self.sx(v).toFixed(1);
        frame.put(`x${v}`, "line", { x1: at, x2: at, y1: B, y2: B + 4, class: "sdw-axis" });
        frame.put(`X${v}`, "text", { x: at, y: B + 17, class: "sdw-tick sdw-mid", text: xText(v) });
      }
      frame.put("axis", "path", { d: `M${L} ${T}V${B}H${R}`, class: "sdw-axis" });
      frame.put("xlabel", "text", { x: (L + R) / 2, y: H - 6, class: "sdw-label sdw-mid", text: xLabel });
      frame.put("ylabel", "text", { x: 4, y: 14, class: "sdw-label", text: yLabel });
      legend.forEach(([mark, text], i) => {
        const at = rows.places[i][0] + (rows.lines ? L : R - rows.used), y = 14 + 20 * rows.places[i][1];
        const from = at + (DOT.test(mark) ? 15 : 29);
        if (/band/.test(mark)) frame.put(`l${i}`, "rect", { x: at, y: y - 10, width: 24, height: 12, class: mark });
        else if (DOT.test(mark)) frame.put(`l${i}`, "circle", { cx: at + 5, cy: y - 4, r: 4, class: mark });
        else frame.put(`l${i}`, "path", { d: `M${at} ${y - 4}h24`, class: mark });
        frame.put(`L${i}`, "text", { x: from, y, class: "sdw-tick", text });
      });
    },
    put: (key, ...mark) => layer[key].put(...mark),
    /** A line along points, a dot, a level line and an upright one, all in the units of the axes. */
    line: (key, id, points, mark) => layer[key].put(id, "path", { d: linePath(points.map(([x, y]) => [self.sx(x), self.sy(y)])), class: mark }),
    dot: (key, id, x, y, r, mark) => layer[key].put(id, "circle", { cx: self.sx(x).toFixed(2), cy: self.sy(y).toFixed(2), r, class: mark }),
    level: (key, id, y, mark) => layer[key].put(id, "path", { d: `M${self.left} ${self.sy(y).toFixed(2)}H${self.right}`, class: mark }),
    upright: (key, id, x, mark) => layer[key].put(id, "path", { d: `M${self.sx(x).toFixed(2)} ${self.top}V${self.bottom}`, class: mark }),
    end(description, message = "") {
      frame.sweep();
      for (const key of layers) layer[key].sweep();
      change(svg, "aria-label", description);
      notice.textContent = message;
      notice.hidden = !message;
    },
  };
  if (pointed) {
    change(box, "class", "sdw-panel sdw-pointed");
    for (const type of ["pointerdown", "pointermove"]) svg.addEventListener(type, (event) => {
      if (!event.buttons) return;
      const seen = svg.getBoundingClientRect(), at = ((event.clientX - seen.left) / seen.width) * svg.viewBox.baseVal.width;
      pointed(self.x[0] + ((at - self.left) / (self.right - self.left)) * (self.x[1] - self.x[0]));
    });
  }
  return self;
}

/** A labelled slider. show(position, text, {max, hint, zones, absent}) displays a state; `moved` hears of the reader's hand. */
function slider(parent, { name, label, min, max, step, moved }) {
  const id = `sdw-${name}-${Math.random().toString(36).slice(2, 9)}`, box = make("div", { class: "sdw-slider" }, parent);
  make("label", { for: id, text: label }, box);
  const out = make("output", { for: id }, box);
  const range = make("input", { type: "range", id, name, min, max, step }, box);
  const hint = make("p", { class: "sdw-hint" }, box);
  range.addEventListener("input", () => moved(+range.value));
  return {
    show(position, text, more = {}) {
      if (more.absent) box.remove();
      else if (!box.parentNode) parent.append(box);
      if (more.max !== undefined && +range.max !== more.max) range.max = more.max;
      if (Math.abs(+range.value - position) > 1e-9) range.value = position;
      if (out.textContent !== text) { out.textContent = text; range.setAttribute("aria-valuetext", text); }
      hint.textContent = more.hint ?? "";
      (more.zones ?? []).forEach((v, i) => {
        const part = (v - +range.min) / (+range.max - +range.min);
        range.style.setProperty(`--sdw-zone${i}`, Math.min(1.1, Math.max(-0.1, part)));
      });
    },
  };
}

/** A row of buttons [key, label]; show(key) presses one. */
function buttons(parent, label, items, pressed) {
  const row = make("div", { class: "sdw-buttons", role: "group", "aria-label": label }, parent);
  const all = items.map(([key, text]) => {
    const button = make("button", { type: "button", text, "aria-pressed": "false" }, row);
    button.addEventListener("click", () => pressed(key));
    return [key, button];
  });
  return { show: (current) => all.forEach(([key, button]) => button.setAttribute("aria-pressed", String(key === current))) };
}

/** A labelled choice among items [key, label]. */
function choice(parent, label, items, chosen) {
  const box = make("label", { class: "sdw-choice" }, parent);
  make("span", { text: label }, box);
  const select = make("select", {}, box);
  for (const [value, text] of items) make("option", { value, text }, select);
  select.addEventListener("change", () => chosen(select.value));
  return { show: (key) => { if (select.value !== key) select.value = key; } };
}

/** Says on the page and in the console what failed: nothing is swallowed. */
function complain(root, error, words = `This picture broke: ${error.message}`) {
  console.error("[selfdistill]", error);
  (root.querySelector(".sdw-error") ?? make("p", { class: "sdw-error", role: "alert" }, root)).textContent = words;
}

/** The same explorable, which tells in its place why it cannot begin. */
const aloud = ({ render }) => ({ render(context) {
  try { return render(context); } catch (error) { complain(context.el, error); }
} });

/** The life of one explorable in `root`: draws when the model's traits or the width change, obeys links in the text.
    `traits` are watched; `state` takes URLSearchParams of a link "#name?key=value" and applies them. */
function mount({ root, model, name, traits, draw, state }) {
  const hosted = Boolean(root.parentElement?.closest("[data-sd-widget]")); // by host.js, on the static page
  if (!hosted) { root.dataset.sdWidget = name; root.dataset.sdState = "live"; }
  // without this JupyterLab takes the keys pressed here for its own: arrows, Enter, letters that delete cells
  for (const control of root.querySelectorAll("button, input, select")) control.dataset.lmSuppressShortcuts = "true";
  root.classList.add("sdw");
  let pending = 0, dirty = false, broken = false, calm = 0;
  const summary = root.querySelector(".sd-summary");
  const hush = () => root.querySelector(".sdw-error")?.remove();
  const run = () => {
    pending = 0;
    try {
      draw();
      if (broken) { broken = false; hush(); }
      if (dirty) { dirty = false; model.save_changes(); }
    } catch (error) { broken = true; complain(root, error); }
  };
  const schedule = () => { pending ||= requestAnimationFrame(run); };
  const set = (changes) => {
    hush();
    for (const key in changes) model.set(key, changes[key]);
    dirty = true;
    summary?.setAttribute("aria-busy", "true"); // a screen reader waits until the hand rests
    clearTimeout(calm);
    calm = setTimeout(() => summary?.setAttribute("aria-busy", "false"), 400);
    schedule();
  };
  const failed = ({ failed: what }) => what && complain(root, what, `A callback in Python failed: ${what} (the traceback is in Jupyter's log)`);
  const prefix = `#${name}?`;
  const obey = (hash) => {
    if (!hash.startsWith(prefix)) return false;
    const query = new URLSearchParams(hash.slice(prefix.length)), marked = query.get("show");
    try { set(state(query)); } catch (error) { console.error("[selfdistill]", `${hash}: ${error.message}`); return true; }
    for (const box of root.querySelectorAll("[data-panel]")) box.classList.toggle("sdw-marked", box.dataset.panel === marked);
    const seen = root.getBoundingClientRect();
    if (seen.top < 0 || seen.top > innerHeight * 0.7) root.scrollIntoView({ block: "start" });
    return true;
  };
  const click = (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link?.hash || link.pathname !== location.pathname) return;
    if (hosted) { if (link.hash === location.hash) obey(link.hash); } // else the address changes, and that is heard below
    else if (obey(link.hash)) event.preventDefault();
  };
  const address = () => obey(location.hash);
  document.addEventListener("click", click);
  if (hosted) addEventListener("hashchange", address);
  for (const trait of traits) model.on(`change:${trait}`, schedule);
  model.on("msg:custom", failed);
  const watch = new ResizeObserver(schedule);
  watch.observe(root);
  run();
  if (hosted) address();
  return {
    set,
    stop() {
      cancelAnimationFrame(pending);
      clearTimeout(calm);
      watch.disconnect();
      document.removeEventListener("click", click);
      removeEventListener("hashchange", address);
      for (const trait of traits) model.off(`change:${trait}`, schedule);
      model.off("msg:custom", failed);
    },
  };
}

/** Equal, or numbers that differ by a rounding: an address has nine digits, and a slider of logarithms makes 10 ** x. */
const same = (a, b) => a === b || Math.abs(a - b) <= 1e-8 * Math.abs(b);

/** What all explorables of `StoryWidget` share: link and reset, stories, a place `top` for pictures, sliders, a place
    `below`, the summary. `knobs`: {trait: {label, text(value, state), hint(state), log}} of the traits that the payload
    gives a range, and more(state) for what else `show` of a slider takes; `choices`: {trait: [label, items]}; `words`:
    {trait: allowed(text)} for the others. begin(draw): draw(state) returns the summary. */
function stage({ root, model, name, knobs, choices = {}, words = {} }) {
  const { stories, start, ranges } = model.get("payload"), traits = Object.keys(start);
  const head = make("div", { class: "sdw-head sdw-tools" }, root);
  const selects = Object.entries(choices).map(([key, [label, items]]) => [key, choice(head, label, items, (v) => self.set({ [key]: v }))]);
  const link = make("a", { text: "Link to this view", href: "#" }, head);
  link.hidden = !root.parentElement?.closest("[data-sd-widget]"); // a notebook has no address of its own
  make("button", { type: "button", text: "Reset" }, head).addEventListener("click", () => self.set(start));
  const row = buttons(root, "Stories", stories.map((s) => [s.key, s.label]), (key) => self.set(stories.find((s) => s.key === key).state));
  const self = { top: make("div", {}, root), knobs: make("div", { class: "sdw-knobs" }, root), below: make("div", { class: "sdw-pair" }, root) };
  const summary = make("p", { class: "sd-summary", role: "status", "aria-live": "polite" }, root);
  const sliders = Object.entries(knobs).map(([key, { label, log, text = String, hint, more }]) => {
    const [min, max, step] = ranges[key];
    const one = slider(self.knobs, { name: key, label, min, max, step, moved: (v) => self.set({ [key]: log ? 10 ** v : v }) });
    return (now) => one.show(log ? Math.log10(now[key]) : now[key], text(now[key], now), { hint: hint?.(now), ...more?.(now) });
  });
  const state = (query) => {
    const out = {};
    for (const [key, text] of query) {
      const tale = key === "story" && stories.find((s) => s.key === text), [low, high, step] = ranges[key] ?? [];
      const value = +text, place = knobs[key]?.log ? Math.log10(value) : value;
      if (tale) Object.assign(out, tale.state);
      else if (words[key]?.(text) || choices[key]?.[1].some(([item]) => item === text)) out[key] = text;
      else if (text !== "" && place >= low && place <= high && (step !== 1 || Number.isInteger(value))) out[key] = value;
      else if (key !== "show") throw new Error(`there is no ${key} = ${text}`);
    }
    return out;
  };
  self.begin = (draw) => {
    const life = mount({ root, model, name, traits, state, draw() {
      const now = Object.fromEntries(traits.map((key) => [key, model.get(key)]));
      row.show(stories.find((s) => Object.keys(s.state).every((key) => same(s.state[key], now[key])))?.key);
      for (const [key, select] of selects) select.show(now[key]);
      for (const show of sliders) show(now);
      change(link, "href", `#${name}?` + traits.map((key) => `${key}=` + (typeof now[key] === "number" ? +now[key].toPrecision(9) : now[key])).join("&"));
      summary.textContent = draw(now);
    } });
    self.set = life.set;
    return life.stop;
  };
  return self;
}

/** `count` + 1 equally spaced numbers. */
const steps = (low, high, count) => Array.from({ length: count + 1 }, (_, i) => low + ((high - low) * i) / count);

/** A panel of filters h(d) against the logarithm of d: start(legend), curve(id, h, class), modes(d, h). */
function keptPanel(parent) {
  const self = panel(parent, { name: "kept", height: (W) => Math.min(300, Math.max(240, W * 0.44)), layers: ["line", "dots"] });
  return Object.assign(self, {
    start: (legend) => self.begin({ x: [-6.5, -1.5], y: [0, 1], xTicks: [-6, -5, -4, -3, -2], yTicks: steps(0, 1, 4), xText: power10, xLabel: "eigenvalue d", yLabel: "kept, h(d)", legend }),
    curve: (id, h, mark) => self.line("line", id, steps(-6.5, -1.5, 180).map((u) => [u, h(10 ** u)]), mark),
    modes: (d, h) => d.forEach((v) => self.dot("dots", v, Math.log10(v), h(v), 4, "sdw-blue")),
  });
}
