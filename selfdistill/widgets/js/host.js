/* The static host: gives each explorable on the page the model object that anywidget would give it. */
import { make } from "./ink.js";
import { complain } from "./stage.js";

/** @typedef {{render: (context: import("./stage.js").Context) => unknown}} Explorable */
/** @typedef {(...heard: any[]) => void} Listener */

/** @type {Map<string, Explorable>} */
export const explorables = new Map();

class Model {
  constructor(/** @type {import("./stage.js").State} */ state) {
    this.state = state;
    /** @type {Map<string, Set<Listener>>} */
    this.listeners = new Map();
  }
  get(/** @type {string} */ key) {
    return this.state[key];
  }
  set(/** @type {string} */ key, /** @type {unknown} */ value) {
    if (Object.is(this.state[key], value)) return;
    this.state[key] = value;
    for (const name of [`change:${key}`, "change"]) {
      for (const call of [...(this.listeners.get(name) ?? [])]) {
        call(this, value);
      }
    }
  }
  on(/** @type {string} */ name, /** @type {Listener} */ call) {
    this.listeners.set(name, (this.listeners.get(name) ?? new Set()).add(call));
  }
  off(/** @type {string} */ name, /** @type {Listener} */ call) {
    this.listeners.get(name)?.delete(call);
  }
  save_changes() {} // no kernel to tell
}

async function enliven(/** @type {HTMLElement} */ node) {
  if (node.dataset.sdState) return;
  node.dataset.sdState = "loading";
  const el = make("div", {});
  const still = /** @type {HTMLElement | null} */ (node.querySelector(".sdw-still"));
  try {
    const explorable = explorables.get(node.dataset.sdWidget ?? "");
    if (!explorable) throw new Error(`no explorable is called ${node.dataset.sdWidget}`);
    const shipped = node.querySelector('script[type="application/json"]')?.textContent;
    const model = new Model(JSON.parse(shipped ?? "null"));
    node.append(el);
    if (still) still.hidden = true;
    await explorable.render({ model, el });
    node.dataset.sdState = "live";
  } catch (error) {
    if (still) still.hidden = false;
    node.dataset.sdState = "error";
    complain(node, error);
  }
}

function start() {
  for (const node of document.querySelectorAll("[data-sd-widget]")) {
    if (node instanceof HTMLElement) enliven(node);
  }
}
if (document.readyState === "loading") addEventListener("DOMContentLoaded", start);
else queueMicrotask(start);
