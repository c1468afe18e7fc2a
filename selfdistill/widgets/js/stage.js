/* What stands around the pictures: sliders, buttons, a live summary, links from the prose, what failed.
   A drawing happens at most once an animation frame, and fails aloud. */

import { followLinks } from "./links.js";
import { change, make } from "./ink.js";
import { player } from "./play.js";

/**
 * What anywidget gives, and host.js.
 * @typedef {object} Model
 * @property {(key: string) => any} get
 * @property {(key: string, value: unknown) => void} set
 * @property {(event: string, call: (...heard: any[]) => void) => void} on
 * @property {(event: string, call: (...heard: any[]) => void) => void} off
 * @property {() => void} save_changes
 */
/** @typedef {{model: Model, el: HTMLElement}} Context */
/** @typedef {Record<string, any>} State  the values of the traits */

/**
 * What a slider shows beside its label.
 * @typedef {object} Knob
 * @property {(value: number, now: State) => string} [text] the value in words
 * @property {(now: State) => string} [hint] a line below it
 * @property {(now: State) => Shown} [more]
 * @property {string} [play] the words of a button that walks through its values
 */
/**
 * What else a slider may show: an end for now, a hint, where it is infeasible and where collapsed, or not itself.
 * @typedef {{max?: number, hint?: string, zones?: number[], absent?: boolean}} Shown
 */
/**
 * A slider as Python declares it; ends and step are those of log10 where `log` is true.
 * @typedef {{label: string, min: number, max: number, step: number, log: boolean, whole: boolean}} Scale
 */

/**
 * A labelled slider. show(position, text, more) displays a state; `moved` hears of the reader's hand.
 * @param {Element} parent
 * @param {string} name
 * @param {Scale} scale
 * @param {(position: number) => void} moved
 */
function slider(parent, name, { label, min, max, step }, moved) {
  const id = `sdw-${name}-${Math.random().toString(36).slice(2, 9)}`;
  const box = make("div", { class: "sdw-slider" }, parent);
  make("label", { for: id, text: label }, box);
  const out = make("output", { for: id }, box);
  const range = make("input", { type: "range", id, name, min, max, step }, box);
  const hint = make("p", { class: "sdw-hint" }, box);
  range.addEventListener("input", () => moved(+range.value));
  let shown = +range.value; // exact: a state may lie between two stops of the slider
  let before = { stop: range.value, shown }; // a finger that lands here to scroll the page has not asked for a value
  range.addEventListener("pointerdown", () => before = { stop: range.value, shown });
  range.addEventListener("pointercancel", () => {
    if (range.value !== before.stop) moved(before.shown);
  });
  return {
    /** @type {(position: number, text: string, more?: Shown) => void} */
    show(position, text, more = {}) {
      shown = position;
      if (more.absent) box.remove();
      else if (!box.parentNode) parent.append(box);
      if (more.max !== undefined && +range.max !== more.max) range.max = String(more.max);
      if (Math.abs(+range.value - position) > 1e-9) range.value = String(position);
      if (out.textContent !== text) {
        out.textContent = text;
        range.setAttribute("aria-valuetext", text);
      }
      change(hint, "text", more.hint ?? "");
      (more.zones ?? []).forEach((v, i) => {
        const part = (v - +range.min) / (+range.max - +range.min), zone = `--sdw-zone${i}`;
        const at = Math.min(1.1, Math.max(-0.1, part)).toFixed(4);
        if (range.style.getPropertyValue(zone) !== at) range.style.setProperty(zone, at);
      });
    },
  };
}

/**
 * A row of buttons [key, label]; show(key) presses one.
 * @param {Element} parent
 * @param {string} label
 * @param {[key: string, text: string][]} items
 * @param {(key: string) => void} pressed
 */
function buttons(parent, label, items, pressed) {
  const row = make("div", { class: "sdw-buttons", role: "group", "aria-label": label }, parent);
  const all = items.map(([key, text]) => {
    const button = make("button", { type: "button", text, "aria-pressed": "false" }, row);
    button.addEventListener("click", () => pressed(key));
    return { key, button };
  });
  return {
    /** @param {string | undefined} current */
    show: (current) =>
      all.forEach(({ key, button }) => change(button, "aria-pressed", String(key === current))),
  };
}

/**
 * A labelled choice among items [key, label].
 * @param {Element} parent
 * @param {string} label
 * @param {[key: string, text: string][]} items
 * @param {(key: string) => void} chosen
 */
function choice(parent, label, items, chosen) {
  const box = make("label", { class: "sdw-choice" }, parent);
  make("span", { text: label }, box);
  const select = make("select", {}, box);
  for (const [value, text] of items) make("option", { value, text }, select);
  select.addEventListener("change", () => chosen(select.value));
  return {
    /** @param {string} key */
    show(key) {
      if (select.value !== key) select.value = key;
    },
  };
}

/**
 * Says on the page and in the console what failed: nothing is swallowed.
 * @param {Element} root
 * @param {unknown} error
 * @param {string} [words]
 */
export function complain(root, error, words) {
  console.error("[selfdistill]", error);
  const place = root.querySelector(".sdw-error") ??
    make("p", { class: "sdw-error", role: "alert" }, root);
  place.textContent = words ??
    `This picture broke: ${error instanceof Error ? error.message : error}`;
}

/**
 * The same explorable, which tells in its place why it cannot begin.
 * @param {{render: (context: Context) => (() => void) | void}} explorable
 */
export const aloud = ({ render }) => ({
  render(/** @type {Context} */ context) {
    try {
      return render(context);
    } catch (error) {
      complain(context.el, error);
    }
  },
});

/**
 * The life of one explorable in `root`: draws when the model's traits or the width change, obeys links in the text.
 * @param {object} parts
 * @param {HTMLElement} parts.root
 * @param {Model} parts.model
 * @param {string} parts.name
 * @param {string[]} parts.traits those that are watched
 * @param {() => void} parts.draw
 * @param {(query: URLSearchParams) => State} parts.read what a link "#name?key=value" asks for
 */
function mount({ root, model, name, traits, draw, read }) {
  const hosted = Boolean(root.parentElement?.closest("[data-sd-widget]")); // by host.js, on the static page
  if (!hosted) {
    root.dataset.sdWidget = name;
    root.dataset.sdState = "live";
  }
  // without this JupyterLab takes the keys pressed here for its own: arrows, Enter, letters that delete cells
  for (const control of root.querySelectorAll("button, input, select, textarea")) {
    change(control, "data-lm-suppress-shortcuts", "true");
  }
  root.classList.add("sdw");
  let pending = 0, dirty = false, broken = false, calm = 0;
  const summary = root.querySelector(".sd-summary");
  const hush = () => root.querySelector(".sdw-error")?.remove();
  const run = () => {
    pending = 0;
    try {
      draw();
      if (broken) hush();
      broken = false;
      if (dirty) model.save_changes();
      dirty = false;
    } catch (error) {
      broken = true;
      complain(root, error);
    }
  };
  const schedule = () => {
    pending ||= requestAnimationFrame(run);
  };
  const set = (/** @type {State} */ changes) => {
    hush();
    for (const key in changes) model.set(key, changes[key]);
    dirty = true;
    if (summary) change(summary, "aria-busy", "true"); // a screen reader waits until the hand rests
    clearTimeout(calm);
    calm = setTimeout(() => summary?.setAttribute("aria-busy", "false"), 400);
    schedule();
  };
  const failed = (/** @type {{failed?: string}} */ { failed: what }) => {
    const words = `A callback in Python failed: ${what} (the traceback is in Jupyter's log)`;
    if (what) complain(root, what, words);
  };
  for (const trait of traits) model.on(`change:${trait}`, schedule);
  model.on("msg:custom", failed);
  const watch = new ResizeObserver(schedule);
  watch.observe(root);
  run();
  const unlink = followLinks({
    root,
    name,
    hosted,
    read,
    set,
    state: () => Object.fromEntries(traits.map((key) => [key, model.get(key)])),
    refuse: (words) => complain(root, words, words),
  });
  return {
    set,
    stop() {
      cancelAnimationFrame(pending);
      clearTimeout(calm);
      watch.disconnect();
      unlink();
      for (const trait of traits) model.off(`change:${trait}`, schedule);
      model.off("msg:custom", failed);
    },
  };
}

const HELP =
  "Tab goes from control to control. On a slider the arrow keys move one step, Page Up and Page Down " +
  "several, Home and End to the ends. Enter presses a button. A finger that moves sideways drags; up and down it " +
  "scrolls the page. A link with a dashed line in the text sets a state and marks a picture.";

/** Equal, or numbers that differ by a rounding: an address has nine digits, and a slider of logarithms makes 10 ** x.
 * @type {(a: any, b: any) => boolean}
 */
const same = (a, b) => a === b || Math.abs(a - b) <= 1e-8 * Math.abs(b);

/**
 * What all explorables of `StoryWidget` share: choices, link and reset, stories, a place `top` for pictures, the
 * sliders, a place `below`, the summary. The payload declares the controls. `begin(draw)`: draw(state) returns the
 * summary. `set` changes the state; `point` moves a slider to the stop next to a place on its scale.
 * @param {object} parts
 * @param {HTMLElement} parts.root
 * @param {Model} parts.model
 * @param {string} parts.name
 * @param {Record<string, Knob>} parts.knobs
 * @param {Record<string, (text: string) => boolean>} [parts.words] which values a trait without control may take
 * @param {State} [parts.first] what a link or a choice sets besides, unless the link says otherwise
 */
export function stage({ root, model, name, knobs, words = {}, first = {} }) {
  /** @type {{start: State, stories: {key: string, label: string, state: State}[]}} */
  const { start, stories } = model.get("payload");
  /** @type {{sliders: Record<string, Scale>, choices: Record<string, {label: string, items: [string, string][]}>}} */
  const { sliders, choices } = model.get("payload");
  const traits = Object.keys(start);
  /** @type {(state: State) => void} */
  let set = () => {};
  const head = make("div", { class: "sdw-head sdw-tools" }, root);
  const selects = Object.entries(choices).map(([key, { label, items }]) => ({
    key,
    select: choice(head, label, items, (v) => set({ ...first, [key]: v })),
  }));
  const link = make("a", { text: "Link to this view", href: "#" }, head);
  link.hidden = !root.parentElement?.closest("[data-sd-widget]"); // a notebook has no address of its own
  const players = Object.entries(knobs).flatMap(([key, { play, more }]) =>
    play
      ? [player(head, root, play, () => {
        const now = Object.fromEntries(traits.map((trait) => [trait, model.get(trait)]));
        return {
          now: now[key],
          first: sliders[key].min,
          last: more?.(now).max ?? sliders[key].max,
        };
      }, (round) => set({ [key]: round }))]
      : []
  );
  make("button", { type: "button", text: "Reset" }, head).addEventListener(
    "click",
    () => set(start),
  );
  const tell = (/** @type {string} */ key) => set(stories.find((s) => s.key === key)?.state ?? {});
  const row = buttons(root, "Stories", stories.map((s) => [s.key, s.label]), tell);
  const top = make("div", {}, root);
  const shelf = make("div", { class: "sdw-knobs" }, root);
  const below = make("div", { class: "sdw-pair" }, root);
  const summary = make("p", { class: "sd-summary", role: "status", "aria-live": "polite" }, root);
  const help = make("details", { class: "sdw-help" }, root);
  make("summary", { text: "Keys and touch" }, help);
  make("p", { text: HELP }, help);

  /** @type {(key: string, value: number) => number} */
  const place = (key, value) => (sliders[key].log ? Math.log10(value) : value);
  /** @type {(key: string, at: number) => number} */
  const value = (key, at) => (sliders[key].log ? 10 ** at : at);
  const shown = Object.keys(sliders).map((key) => {
    const { text = String, hint, more } = knobs[key] ?? {};
    const one = slider(shelf, key, sliders[key], (at) => set({ [key]: value(key, at) }));
    return (/** @type {State} */ now) =>
      one.show(place(key, now[key]), text(now[key], now), { hint: hint?.(now), ...more?.(now) });
  });

  /** The value that a link gives a trait. Throws what the reader is told of one that it cannot have.
   * @type {(key: string, text: string) => string | number} */
  const parse = (key, text) => {
    if (words[key]?.(text) || choices[key]?.items.some(([item]) => item === text)) return text;
    const scale = sliders[key], at = scale && place(key, +text);
    if (scale && text !== "" && at >= scale.min && at <= scale.max) {
      if (!scale.whole || Number.isInteger(+text)) return +text;
    }
    const ends = scale && [scale.min, scale.max].map((end) => +value(key, end).toPrecision(4));
    const reach = scale ? `: it lies between ${ends[0]} and ${ends[1]}` : "";
    throw new Error(
      `there is no ${key} = ${text}${reach}${scale?.whole ? ", a whole number" : ""}`,
    );
  };
  /** @type {(query: URLSearchParams) => State} */
  const read = (query) => {
    /** @type {State} */
    const out = { ...first };
    for (const [key, text] of query) {
      const story = key === "story" ? stories.find((s) => s.key === text) : undefined;
      if (story) Object.assign(out, story.state);
      else if (key !== "show") out[key] = parse(key, text);
    }
    return out;
  };
  const draw = (/** @type {(now: any) => string} */ picture) => {
    const now = Object.fromEntries(traits.map((key) => [key, model.get(key)]));
    row.show(
      stories.find((s) => Object.keys(s.state).every((key) => same(s.state[key], now[key])))?.key,
    );
    for (const { key, select } of selects) select.show(now[key]);
    for (const show of shown) show(now);
    const short = (/** @type {any} */ v) => (typeof v === "number" ? +v.toPrecision(9) : v);
    change(link, "href", `#${name}?` + traits.map((key) => `${key}=${short(now[key])}`).join("&"));
    change(summary, "text", picture(now));
  };
  return {
    top,
    below,
    set: (/** @type {State} */ changes) => set(changes),
    /** @type {(key: string, at: number) => void} */
    point(key, at) {
      const { min, max, step } = sliders[key];
      const stop = min + step * Math.round((Math.min(max, Math.max(min, at)) - min) / step);
      set({ [key]: value(key, +stop.toFixed(9)) });
    },
    begin(/** @type {(now: any) => string} */ picture) {
      const life = mount({ root, model, name, traits, read, draw: () => draw(picture) });
      set = life.set;
      for (const one of players) one.begin();
      return () => {
        for (const one of players) one.stop();
        life.stop();
      };
    },
  };
}
