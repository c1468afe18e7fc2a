/* What stands around the pictures: sliders, buttons, a live summary, links from the prose, what failed.
   A drawing happens at most once an animation frame, and fails aloud. */

import { change, make } from "./panel.js";

/** A labelled slider. show(position, text, {max, hint, zones, absent}) displays a state; `moved` hears of the reader's hand. */
function slider(parent, { name, label, min, max, step, moved }) {
  const id = `sdw-${name}-${Math.random().toString(36).slice(2, 9)}`,
    box = make("div", { class: "sdw-slider" }, parent);
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
      if (out.textContent !== text) {
        out.textContent = text;
        range.setAttribute("aria-valuetext", text);
      }
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
  return {
    show: (current) =>
      all.forEach(([key, button]) => button.setAttribute("aria-pressed", String(key === current))),
  };
}

/** A labelled choice among items [key, label]. */
function choice(parent, label, items, chosen) {
  const box = make("label", { class: "sdw-choice" }, parent);
  make("span", { text: label }, box);
  const select = make("select", {}, box);
  for (const [value, text] of items) make("option", { value, text }, select);
  select.addEventListener("change", () => chosen(select.value));
  return {
    show: (key) => {
      if (select.value !== key) select.value = key;
    },
  };
}

/** Says on the page and in the console what failed: nothing is swallowed. */
export function complain(root, error, words = `This picture broke: ${error.message}`) {
  console.error("[selfdistill]", error);
  (root.querySelector(".sdw-error") ?? make("p", { class: "sdw-error", role: "alert" }, root))
    .textContent = words;
}

/** The same explorable, which tells in its place why it cannot begin. */
export const aloud = ({ render }) => ({
  render(context) {
    try {
      return render(context);
    } catch (error) {
      complain(context.el, error);
    }
  },
});

/** The life of one explorable in `root`: draws when the model's traits or the width change, obeys links in the text.
    `traits` are watched; `state` takes URLSearchParams of a link "#name?key=value" and applies them. */
function mount({ root, model, name, traits, draw, state }) {
  const hosted = Boolean(root.parentElement?.closest("[data-sd-widget]")); // by host.js, on the static page
  if (!hosted) {
    root.dataset.sdWidget = name;
    root.dataset.sdState = "live";
  }
  // without this JupyterLab takes the keys pressed here for its own: arrows, Enter, letters that delete cells
  for (const control of root.querySelectorAll("button, input, select")) {
    control.dataset.lmSuppressShortcuts = "true";
  }
  root.classList.add("sdw");
  let pending = 0, dirty = false, broken = false, calm = 0;
  const summary = root.querySelector(".sd-summary");
  const hush = () => root.querySelector(".sdw-error")?.remove();
  const run = () => {
    pending = 0;
    try {
      draw();
      if (broken) {
        broken = false;
        hush();
      }
      if (dirty) {
        dirty = false;
        model.save_changes();
      }
    } catch (error) {
      broken = true;
      complain(root, error);
    }
  };
  const schedule = () => {
    pending ||= requestAnimationFrame(run);
  };
  const set = (changes) => {
    hush();
    for (const key in changes) model.set(key, changes[key]);
    dirty = true;
    summary?.setAttribute("aria-busy", "true"); // a screen reader waits until the hand rests
    clearTimeout(calm);
    calm = setTimeout(() => summary?.setAttribute("aria-busy", "false"), 400);
    schedule();
  };
  const failed = ({ failed: what }) =>
    what &&
    complain(
      root,
      what,
      `A callback in Python failed: ${what} (the traceback is in Jupyter's log)`,
    );
  const prefix = `#${name}?`;
  const obey = (hash) => {
    if (!hash.startsWith(prefix)) return false;
    const query = new URLSearchParams(hash.slice(prefix.length)), marked = query.get("show");
    try {
      set(state(query));
    } catch (error) {
      console.error("[selfdistill]", `${hash}: ${error.message}`);
      return true;
    }
    for (const box of root.querySelectorAll("[data-panel]")) {
      box.classList.toggle("sdw-marked", box.dataset.panel === marked);
    }
    const seen = root.getBoundingClientRect();
    if (seen.top < 0 || seen.top > innerHeight * 0.7) root.scrollIntoView({ block: "start" });
    return true;
  };
  const click = (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link?.hash || link.pathname !== location.pathname) return;
    if (hosted) { if (link.hash === location.hash) obey(link.hash); }
    // else the address changes, and that is heard below
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

/** @typedef {object} Knob  what a slider shows beside its label
 * @property {(value: number, now: any) => string} [text] the value in words
 * @property {(now: any) => string} [hint] a line below it
 * @property {(now: any) => {max?: number, hint?: string, zones?: number[], absent?: boolean}} [more]
 */

/** What all explorables of `StoryWidget` share: choices, link and reset, stories, a place `top` for pictures, the
 * sliders, a place `below`, the summary. The payload declares the controls. `begin(draw)`: draw(state) returns the
 * summary. `set` changes the state; `point` moves a slider to the stop next to a place on its scale.
 * @param {object} parts
 * @param {HTMLElement} parts.root
 * @param {Model} parts.model
 * @param {string} parts.name
 * @param {Record<string, Knob>} parts.knobs
 * @param {Record<string, (text: string) => boolean>} [parts.words] which values a trait without control may take
 */
export function stage({ root, model, name, knobs, words = {} }) {
  const { stories, start, sliders, choices } = model.get("payload"), traits = Object.keys(start);
  const head = make("div", { class: "sdw-head sdw-tools" }, root);
  const selects = Object.entries(choices).map((
    [key, { label, items }],
  ) => /** @type {const} */ ([key, choice(head, label, items, (v) => self.set({ [key]: v }))]));
  const link = make("a", { text: "Link to this view", href: "#" }, head);
  link.hidden = !root.parentElement?.closest("[data-sd-widget]"); // a notebook has no address of its own
  make("button", { type: "button", text: "Reset" }, head).addEventListener(
    "click",
    () => self.set(start),
  );
  const row = buttons(
    root,
    "Stories",
    stories.map((s) => [s.key, s.label]),
    (key) => self.set(stories.find((s) => s.key === key).state),
  );
  const place = (key, value) => sliders[key].log ? Math.log10(value) : value;
  const value = (key, at) => sliders[key].log ? 10 ** at : at;
  const self = {
    top: make("div", {}, root),
    knobs: make("div", { class: "sdw-knobs" }, root),
    below: make("div", { class: "sdw-pair" }, root),
    /** @type {(changes: Record<string, unknown>) => void} */
    set: () => {},
    /** @type {(key: string, at: number) => void} */
    point(key, at) {
      const { min, max, step } = sliders[key];
      const stop = min + step * Math.round((Math.min(max, Math.max(min, at)) - min) / step);
      self.set({ [key]: value(key, +stop.toFixed(9)) });
    },
    /** @type {(draw: (now: any) => string) => () => void} */
    begin(draw) {
      const life = mount({ root, model, name, traits, state: read, draw: () => display(draw) });
      self.set = life.set;
      return life.stop;
    },
  };
  const summary = make("p", { class: "sd-summary", role: "status", "aria-live": "polite" }, root);
  const shown = Object.keys(sliders).map((key) => {
    const { text = String, hint, more } = knobs[key] ?? {};
    const moved = (at) => self.set({ [key]: value(key, at) });
    const one = slider(self.knobs, { name: key, ...sliders[key], moved });
    return (now) =>
      one.show(place(key, now[key]), text(now[key], now), { hint: hint?.(now), ...more?.(now) });
  });
  const fits = (key, text) => {
    const { min, max, whole } = sliders[key], at = place(key, +text);
    return text !== "" && at >= min && at <= max && (!whole || Number.isInteger(+text));
  };
  /** The changes that a link asks for; an error names what it cannot have. */
  const read = (query) => {
    const out = {};
    for (const [key, text] of query) {
      const tale = key === "story" && stories.find((s) => s.key === text);
      if (tale) Object.assign(out, tale.state);
      else if (words[key]?.(text) || choices[key]?.items.some(([item]) => item === text)) {
        out[key] = text;
      } else if (sliders[key] && fits(key, text)) out[key] = +text;
      else if (key !== "show") throw new Error(`there is no ${key} = ${text}`);
    }
    return out;
  };
  const display = (draw) => {
    const now = Object.fromEntries(traits.map((key) => [key, model.get(key)]));
    const told = (s) => Object.keys(s.state).every((key) => same(s.state[key], now[key]));
    row.show(stories.find(told)?.key);
    for (const [key, select] of selects) select.show(now[key]);
    for (const show of shown) show(now);
    const short = (v) => typeof v === "number" ? +v.toPrecision(9) : v;
    change(link, "href", `#${name}?` + traits.map((key) => `${key}=${short(now[key])}`).join("&"));
    summary.textContent = draw(now);
  };
  return self;
}
