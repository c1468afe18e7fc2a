/* The explorable "Collapse": spectrum, epsilon -> r_t between its bounds, and N against epsilon between its bounds. */

import { collapseBounds, decode, distill } from "./numerics.js";
import { change, figure, power10 } from "./ink.js";
import { entries } from "./legend.js";
import { pair, panel, steps, ticks } from "./panel.js";
import { stage } from "./stage.js";

/** @typedef {{d: Float64Array, z: Float64Array}} Spectrum */

/** @param {import("./stage.js").Context} context */
function render({ model, el: root }) {
  const { sets: packed, sliders: { epsilon: { min: low, max: high, step } } } = model.get(
    "payload",
  );
  /** @type {Record<string, Spectrum>} */
  const sets = {};
  for (const key in packed) sets[key] = { d: decode(packed[key].d), z: decode(packed[key].z) };
  const page = stage({
    root,
    model,
    name: "collapse",
    knobs: {
      epsilon: {
        text: (v) => figure(v),
        hint: () => "or drag in the picture of N",
      },
    },
  });
  const walk = panel(page.top, {
    name: "ratio",
    height: (W) => Math.min(310, Math.max(240, W * 0.44)),
    layers: ["line", "dots"],
  });
  const stairs = panel(page.below, {
    name: "rounds",
    height: () => 230,
    layers: ["line", "dots"],
    pointed: (x) => page.point("epsilon", x),
  });
  change(page.below, "class", ""); // one picture, the whole width

  /** The loop of one spectrum at one epsilon, with its bounds. */
  const solve = (/** @type {Spectrum} */ { d, z }, /** @type {number} */ epsilon) => {
    const path = distill(d, z, epsilon), Keps = d.length * epsilon;
    const bounds = collapseBounds(d, z, Keps);
    return {
      ...path,
      ...bounds,
      N: path.multipliers.length,
      ratios: path.z.map((v) => Math.hypot(...v) / Math.sqrt(Keps)),
      finite: bounds.kappa < 1e12 && bounds.r > 1,
    };
  };
  const places = steps(low, high, Math.round((high - low) / step));
  /** All stops of the slider with a fit, computed once.
   * @type {Record<string, (ReturnType<typeof solve> & {at: number})[]>} */
  const scanned = {};
  const scan = (/** @type {string} */ preset) =>
    scanned[preset] ??= places
      .map((at) => ({ at, ...solve(sets[preset], 10 ** at) })).filter((one) => one.N);

  return page.begin(({ preset, epsilon }) => {
    const set = sets[preset],
      { feasible, floor, ceiling, N, ratios, r, kappa, rounds, usual, lower, finite } = solve(
        set,
        epsilon,
      ),
      eps = figure(epsilon);
    const message = feasible ? "" : `Infeasible: the smallest ε is ${figure(floor, 5)}`,
      sum = entries(finite, "sdw-sum", "usual bound");

    const last = feasible ? Math.max(2, Math.ceil(Math.min(1.5 * N + 1, r * r))) : Math.ceil(r * r),
      tall = Math.max(1.6, r * 1.1);
    walk.begin({
      x: [-0.02 * last, last],
      y: [0, tall],
      xTicks: ticks(0, last, 8, true),
      yTicks: ticks(0, tall, 5),
      xLabel: "round t",
      yLabel: "ratio r_t",
      legend: [["sdw-band", "universal bounds"], ...sum],
      ends: [["sdw-zero", "collapse", 1]],
    });
    const grid = steps(0, last, 120);
    if (feasible) {
      const upper = grid.map((t) => pair(t, Math.sqrt(Math.max(0, r * r - t))));
      const below = grid.map((t) => pair(t, Math.max(0, r - t)));
      walk.line("line", "band", [...upper, ...below.reverse()], "sdw-band");
    }
    walk.level("line", "one", 1, "sdw-zero");
    if (finite) {
      walk.line("line", "usual", grid.map((t) => [t, Math.max(-tall, lower(t))]), "sdw-sum");
    }
    walk.line("line", "r", feasible ? ratios.map((v, t) => [t, v]) : [], "sd-curve sdw-now");
    if (feasible) {
      ratios.forEach((v, t) =>
        walk.dot("dots", t, t, v, N > 30 ? 3 : 4.5, t < N ? "sdw-blue" : "sdw-here")
      );
    }
    walk.end(
      feasible
        ? `The ratio by round: ${
          ratios.map((v) => v.toFixed(2)).join(", ")
        }; from 1 on downwards the fit is zero`
        : message,
      message,
    );

    const all = scan(preset),
      most = Math.log10(Math.max(10, ...all.map((one) => one.rounds[1]))) + 0.1,
      line = (/** @type {(one: any) => number} */ f) =>
        all.map((one) => pair(one.at, Math.max(-0.3, Math.log10(f(one)))));
    stairs.begin({
      x: [low, high],
      y: [-0.22, most],
      xTicks: [-3, -2, -1, 0],
      xText: power10,
      yTicks: [1, 2, 5, 10, 20, 50, 100, 200, 500].map(Math.log10).filter((v) => v < most),
      yText: (v) => String(Math.round(10 ** v)),
      xLabel: "ε",
      yLabel: "number of fits N",
      legend: [["sdw-band", "bounds"], ...(all.some((one) => one.usual > 0.5) ? sum : [])],
    });
    stairs.line("line", "band", [
      ...line((one) => one.rounds[1]),
      ...line((one) => one.rounds[0]).reverse(),
    ], "sdw-band");
    stairs.line("line", "usual", line((one) => one.usual).filter(([, v]) => v > -0.3), "sdw-sum");
    stairs.line("line", "N", line((one) => one.N), "sdw-now");
    stairs.upright("line", "at", Math.log10(epsilon), "sdw-zero");
    if (N) stairs.dot("dots", "here", Math.log10(epsilon), Math.log10(N), 7, "sdw-here");
    stairs.end("The number of fits against ε, both logarithmic, between its bounds");

    if (!feasible) {
      return `Infeasible: no function comes within a mean squared residual of ε = ${eps} of these labels. The smallest ε is ${
        figure(floor, 5)
      }.`;
    }
    if (!N) {
      return `Collapsed at once: ε = ${eps} is at least the mean square of the labels, ${
        figure(ceiling)
      }, so r₀ = ${figure(r)} and N = 0.`;
    }
    return `ε = ${eps}, r₀ = ${figure(r, 4)}: N = ${N} non-zero fit${N > 1 ? "s" : ""}, ${
      rounds[0] < rounds[1] ? "between " + rounds.join(" and ") : "where both bounds meet"
    }. The last ratio above one is ${figure(ratios[N - 1], 5)}, then comes ${figure(ratios[N])}. ` +
      (kappa < Infinity
        ? `With the condition number κ = ${figure(kappa)}, the usual guarantee is N ≥ ${
          figure(usual)
        }.`
        : "κ is infinite, so the usual guarantee says nothing.");
  });
}

export default { render };
