/* The static host: gives each explorable on the page the model object that anywidget would give it. */
import { make } from "./panel.js";
import { complain } from "./stage.js";

export const explorables = new Map();

class Model {
  constructor(state) {
    this.state = state;
    this.listeners = new Map();
  }
  get(key) {
    return this.state[key];
  }
  set(key, value) {
    if (Object.is(this.state[key], value)) return;
    this.state[key] = value;
    for (const name of [`change:${key}`, "change"]) {
      for (const call of [...(this.listeners.get(name) ?? [])]) {
        call(this, value);
      }
    }
  }
  on(name, call) {
    this.listeners.set(name, (this.listeners.get(name) ?? new Set()).add(call));
  }
  off(name, call) {
    this.listeners.get(name)?.delete(call);
  }
  save_changes() {} // no kernel to tell
}

async function enliven(node) {
  if (node.dataset.sdState) return;
  node.dataset.sdState = "loading";
  const el = make("div", {}, null), still = node.querySelector(".sdw-still");
  try {
    const explorable = explorables.get(node.dataset.sdWidget);
    if (!explorable) throw new Error(`no explorable is called ${node.dataset.sdWidget}`);
    const model = new Model(
      JSON.parse(node.querySelector('script[type="application/json"]').textContent),
    );
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
  document.querySelectorAll("[data-sd-widget]").forEach(enliven);
}
if (document.readyState === "loading") addEventListener("DOMContentLoaded", start);
else queueMicrotask(start);
