/* The explorable "Filters": methods with equal degrees of freedom -> h(d), weak against strong modes, held-out error. */

import { FILTERS, matchFreedom, spectral } from "./numerics.js";
import { change, figure, ink, make, power10 } from "./ink.js";
import { keptPanel, pair, panel, steps, ticks } from "./panel.js";
import { stage } from "./stage.js";

/** @param {import("./stage.js").Context} context */
function render({ model, el: root }) {
  const { data, labels } = model.get("payload"),
    { d, K, loss } = spectral(data),
    [first, ...others] = Object.keys(labels),
    span = pair(Math.log10(d[0]), Math.log10(d[K - 1]));
  const page = stage({
    root,
    model,
    name: "filters",
    words: { shown: (text) => text.split(",").every((key) => !key || others.includes(key)) },
    knobs: {
      freedom: {
        text: (v) => `${v.toFixed(1)} of ${K}`,
        hint: () => "the same for every method",
      },
      n: {
        hint: () => "of self-distillation, and of fitting residuals",
      },
    },
  });
  const keys = make("div", {
    class: "sdw-buttons sdw-keys",
    role: "group",
    "aria-label": "Methods shown",
  }, page.top); // switches and legend
  const switches = [first, ...others].map((key) => {
    const one = make(
      key === first ? "span" : "button",
      key === first ? {} : { type: "button" },
      keys,
    );
    const picture = ink("svg", { width: 28, height: 12, "aria-hidden": "true" }, one);
    ink("path", { d: "M1 6h26", class: `sdw-line sdw-${key}` }, picture);
    make("span", { text: labels[key] }, one);
    if (key !== first) {
      one.addEventListener("click", () => {
        const on = model.get("shown").split(",");
        page.set({
          shown: others.filter((other) => on.includes(other) !== (other === key)).join(","),
        });
      });
    }
    return /** @type {const} */ ([key, one]);
  });
  const kept = keptPanel(page.top), layers = ["line", "dots"];
  const ratio = panel(page.below, { name: "ratio", height: () => 230, layers }),
    error = panel(page.below, { name: "error", height: () => 230, layers });
  /** @type {(key: string, freedom: number, n: number) => number} */
  const lossAt = (key, freedom, n) => {
    const c = matchFreedom(key, d, freedom, n);
    return loss((v) => FILTERS[key](v, c, n));
  };
  /** @type {Record<string, import("./panel.js").Point[]>} */
  const known = {};
  /** The held-out error along all degrees of freedom, computed once. */
  const course = (/** @type {string} */ key, /** @type {number} */ n) =>
    known[key + n] ??= steps(1, K - 1, key === "cutoff" ? K - 2 : 28)
      .map((f) => [f, lossAt(key, f, n)]);

  return page.begin(({ freedom, n, shown }) => {
    const list = [first, ...others.filter((key) => shown.split(",").includes(key))],
      whole = Math.round(freedom),
      told = [];
    for (const [key, one] of switches) {
      if (key !== first) change(one, "aria-pressed", String(list.includes(key)));
    }
    kept.start([["sdw-blue", `the ${K} modes`]]);
    ratio.begin({
      x: span,
      y: [-6, 0],
      xTicks: [-5, -4, -3, -2],
      yTicks: [-6, -4, -2, 0],
      xText: power10,
      yText: power10,
      xLabel: "eigenvalue d",
      yLabel: "h(d) / h(d_max)",
      legend: [["sdw-band", "no single fit"]],
    });
    error.begin({
      x: [1, K - 1],
      y: [0, 0.45],
      xTicks: ticks(1, K - 1, K - 2, true),
      yTicks: ticks(0, 0.4, 4),
      xLabel: "degrees of freedom",
      yLabel: "held-out error",
    });
    const [weak, strong] = span;
    const shade = [pair(weak, weak - strong), pair(strong, 0), pair(strong, -6), pair(weak, -6)];
    ratio.line("line", "", shade, "sdw-band");
    for (const key of [...list].reverse()) { // self-distillation last, on top
      const c = matchFreedom(key, d, freedom, n),
        h = (/** @type {number} */ v) => FILTERS[key](v, c, n),
        e = loss(h),
        mark = `sdw-line sdw-${key}`,
        main = key === first;
      kept.curve(key, h, main ? `sd-curve ${mark}` : mark);
      ratio.line(
        "line",
        key,
        steps(...span, 180).map((u) => [u, Math.max(-9, Math.log10(h(10 ** u) / h(d[K - 1])))]),
        mark,
      );
      error.line("line", key, course(key, n), mark);
      error.dot(
        "dots",
        key,
        key === "cutoff" ? whole : freedom,
        e,
        main ? 6 : 4.5,
        `sdw-spot sdw-${key}`,
      );
      if (main) kept.modes(d, h);
      const name = labels[key] + (key === "cutoff" ? ` (${whole} whole modes)` : "");
      told.unshift({ name, e, under: 10 ** (weak - strong) * h(d[K - 1]) / h(d[0]) });
    }
    const names = told.map(({ name, e }) => `${name} ${e.toFixed(4)}`).join("; ");
    const under = told[0].under;
    kept.end(
      `What methods with ${
        freedom.toFixed(1)
      } degrees of freedom keep of a mode, against its eigenvalue`,
    );
    ratio.end(
      "The same curves, divided by what is kept of the strongest mode; the shaded part lies under the ceiling of one fit and of early stopping, d/d_max",
    );
    error.end(`Held-out mean squared error against degrees of freedom, now ${names}`);
    return `${
      freedom.toFixed(1)
    } degrees of freedom of ${K}, n = ${n}. Held-out mean squared error: ${names}` +
      (told[1] ? "; lowest: " + told.reduce((a, b) => (b.e < a.e ? b : a)).name : "") +
      `. Self-distillation keeps the weakest mode, against the strongest, ` +
      (under > 1.0001
        ? `${figure(under)} times below the ceiling of a single fit.`
        : `at ${figure(1 / under)} times the ceiling of a single fit: within it.`);
  });
}

export default { render };
