/* The explorable "Weights": labels mixed in (alpha), imitation weight (xi) at a fixed ridge c -> filters, held-out error. */

import { imitate, spectral } from "./numerics.js";
import { figure } from "./ink.js";
import { keptPanel, pair, panel, steps, ticks } from "./panel.js";
import { stage } from "./stage.js";

/** @typedef {import("./panel.js").Point} Point */

/** @param {import("./stage.js").Context} context */
function render({ model, el: root }) {
  const { data, sliders } = model.get("payload"), { d, loss } = spectral(data);
  const last = sliders.rounds.max, reach = pair(sliders.xi.min, sliders.xi.max);
  const signed = (/** @type {number} */ v) => v.toFixed(2).replace("-", "−");
  const page = stage({
    root,
    model,
    name: "weights",
    knobs: {
      alpha: {
        text: signed,
        hint: ({ alpha }) => (alpha > 0 ? "limit: one fit with ridge c/α" : "limit: zero"),
      },
      rounds: {
        play: "Play rounds",
        hint: () => "each fits (1 − α)·(the last fit) + α·labels",
      },
      xi: {
        text: signed,
        hint: () => "one step: −1 twicing, 0 one fit, 1 two rounds",
      },
      c: { text: (v) => figure(v, 2) },
    },
  });
  const kept = keptPanel(page.top),
    [byRound, byXi] = ["rounds", "xi"].map((name) =>
      panel(page.below, { name, height: () => 230, layers: ["line", "dots"] })
    );
  /** The held-out error along one knob, with the present place and a level to compare it with.
   * @param {typeof byRound} at
   * @param {{ends: Point, xLabel: string, values: Point[], here: Point, mark: string, level: number, legend: string}} what
   */
  const graph = (at, { ends, xLabel, values, here, mark, level, legend }) => {
    const top = 1.15 * Math.max(0.1, level, ...values.map(([, v]) => v));
    at.begin({
      x: ends,
      y: [0, top],
      xTicks: ticks(ends[0], ends[1], 5),
      yTicks: ticks(0, top, 4),
      xLabel,
      yLabel: "held-out error",
      legend: [["sdw-zero", legend]],
    });
    at.level("line", "level", level, "sdw-zero");
    at.line("line", "", values, `sdw-line ${mark}`);
    at.dot("dots", "", here[0], here[1], 6, `sdw-spot ${mark}`);
  };

  return page.begin(({ alpha, rounds, xi, c }) => {
    const mixed = (/** @type {number} */ tau) => (/** @type {number} */ v) =>
        imitate(v, c, 1 - alpha, tau - 1),
      step = (/** @type {number} */ w) => (/** @type {number} */ v) => imitate(v, c, w, 1),
      limit = (/** @type {number} */ v) => (alpha > 0 ? v / (v + c / alpha) : 0);
    const course = steps(1, last, last - 1).map((tau) => pair(tau, loss(mixed(tau)))),
      best = course.reduce((a, b) => (b[1] < a[1] ? b : a))[0];
    const [less, one, more, now, here, end] = [
      step(-1),
      step(0),
      step(1),
      mixed(rounds),
      step(xi),
      limit,
    ].map(loss);
    const bottom = (less - more) / (less + more - 2 * one) / 2; // the fit is affine in xi, so the error is a parabola
    kept.start([
      ["sdw-line sdw-ridge", "one fit"],
      ["sdw-limit", "limit c/α"],
      ["sdw-now", "mixed, α"],
      ["sdw-line sdw-heat", "one step, ξ"],
    ]);
    kept.curve("one", step(0), "sdw-line sdw-ridge");
    kept.curve("mixed", mixed(rounds), "sd-curve sdw-now");
    kept.curve("limit", limit, "sdw-limit"); // its dots are seen on the line where the two meet
    kept.curve("step", step(xi), "sdw-line sdw-heat");
    kept.modes(d, mixed(rounds));
    kept.end(
      `What is kept of a mode, against its eigenvalue: one fit, ${rounds} rounds with α = ${alpha}, their limit, one step with ξ = ${xi}`,
    );
    graph(byRound, {
      ends: [1, last],
      xLabel: "rounds n",
      values: course,
      here: [rounds, now],
      mark: "sdw-now",
      level: end,
      legend: "limit",
    });
    byRound.end(
      `Held-out mean squared error after 1 to ${last} rounds: ${
        course.map(([, v]) => v.toFixed(3)).join(", ")
      }`,
    );
    graph(byXi, {
      ends: reach,
      xLabel: "imitation weight ξ",
      values: steps(reach[0], reach[1], 60).map((w) => pair(w, loss(step(w)))),
      here: [xi, here],
      mark: "sdw-heat",
      level: one,
      legend: "one fit",
    });
    byXi.end(`Held-out mean squared error against ξ: a parabola, lowest at ${signed(bottom)}`);
    return `One fit with ridge c = ${figure(c, 2)}: held-out mean squared error ${
      one.toFixed(4)
    }. ${rounds} round${rounds > 1 ? "s" : ""} with α = ${signed(alpha)}: ${now.toFixed(4)} ` +
      `(lowest of ${last} rounds at n = ${best}; in the limit ${
        end.toFixed(4)
      }). One step with ξ = ${signed(xi)}: ${here.toFixed(4)} (best weight: ${signed(bottom)}).` +
      (rounds === 2 && Math.abs(xi + alpha - 1) < 1e-9 ? " The two are the same filter." : "");
  });
}

export default { render };
