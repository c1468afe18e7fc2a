/* The explorable "Green's functions": operator, source s, n -> g(., s) and n terms of its series, mode n, all shares. */

import { expand, KERNELS } from "./numerics.js";
import { figure, power10, subscript, superscript } from "./ink.js";
import { pair, panel, steps, ticks } from "./panel.js";
import { stage } from "./stage.js";

/** @param {import("./stage.js").Context} context */
function render({ model, el: root }) {
  const { operators } = model.get("payload"),
    about = (/** @type {import("./stage.js").State} */ { operator }) =>
      operators.find((/** @type {string[]} */ [key]) => key === operator);
  const page = stage({
    root,
    model,
    name: "greens",
    knobs: {
      source: {
        text: (v) => v.toFixed(2),
        hint: () => "or drag in the picture",
      },
      terms: { hint: () => "eigenfunctions summed" },
      a: {
        text: (v) => v.toFixed(1),
        hint: ({ a }) => `reach 1/a = ${figure(1 / a)}`,
        more: (now) => ({ absent: !about(now)[4] }),
      },
    },
  });
  const shape = panel(page.top, {
    name: "green",
    height: (W) => Math.min(300, Math.max(230, W * 0.42)),
    layers: ["g", "dot"],
    pointed: (x) => page.point("source", x),
  });
  const wave = panel(page.below, { name: "mode", height: () => 210, layers: ["wave"] }),
    bars = panel(page.below, { name: "share", height: () => 210, layers: ["bars"] });
  const xTicks = steps(0, 1, 5), percent = (/** @type {number} */ v) => `${figure(100 * v)} %`;

  return page.begin((now) => {
    const { operator, source: s, terms: n, a } = now, [, label, symbol, ends, rated] = about(now);
    const { modes, g, sum } = expand(operator, s, a, 30), own = g(s), reached = sum(s, n) / own;
    const grid = [...steps(0, s, 120), ...steps(s, 1, 120).slice(1)]; // s is on it: g may have a kink
    const most = Math.max(...grid.map((x) => KERNELS[operator].g(x, x, a))),
      top = 1.12 * most,
      low = Math.min(-0.06 * top, 1.3 * Math.min(...grid.map(g)));
    const power = Math.floor(Math.log10(top)),
      unit = power < -2 ? 10 ** power : 1,
      trace = (/** @type {(x: number) => number} */ f) => grid.map((x) => pair(x, f(x)));

    shape.begin({
      x: [0, 1],
      y: [low, top],
      xTicks,
      yTicks: ticks(low / unit, top / unit, 4).map((v) => v * unit),
      yText: (v) => figure(v / unit),
      xLabel: "x",
      yLabel: unit < 1 ? `g(x, s), in 10${superscript(power)}` : "g(x, s)",
      legend: [["sdw-now", "g(x, s)"], ["sdw-sum", `sum of ${n}`], ["sdw-dot", "source"]],
    });
    shape.upright("g", "s", s, "sdw-zero");
    shape.line("g", "g", trace(g), "sd-curve sdw-now");
    shape.line("g", "sum", trace((x) => sum(x, n)), "sdw-sum");
    shape.dot("dot", "s", s, own, 7, "sdw-dot");
    shape.end(
      `The Green's function for a source at ${
        s.toFixed(2)
      }, and the sum of ${n} terms of its series`,
    );

    const [price, phi] = modes[n - 1], height = figure(phi(s));
    wave.begin({
      x: [0, 1],
      y: [-2.15, 2.15],
      xTicks,
      yTicks: [-2, -1, 0, 1, 2],
      xLabel: "x",
      yLabel: `eigenfunction φ_${n}`,
    });
    wave.upright("wave", "s", s, "sdw-zero");
    wave.line("wave", "phi", trace(phi), "sdw-now");
    wave.dot("wave", "dot", s, phi(s), 6, "sdw-dot");
    wave.end(`Eigenfunction ${n}; at the source it is ${height}`);

    const shares = modes.map(([value, f]) => f(s) ** 2 / value / own),
      share = shares[n - 1],
      t = subscript(n);
    bars.begin({
      x: [0.2, 30.8],
      y: [-10, 0],
      xTicks: [1, 5, 10, 15, 20, 25, 30],
      yTicks: [-10, -8, -6, -4, -2, 0],
      yText: power10,
      xLabel: "mode",
      yLabel: "share of g(s, s)",
      legend: [["sdw-blue", "summed"], ["sdw-here", `mode ${n}`], [
        "sdw-silent sdw-cross",
        "silent",
      ]],
    });
    const wide = (bars.sx(2) - bars.sx(1)) * 0.72;
    shares.forEach((v, k) => {
      const mark = k + 1 === n ? "sdw-here" : k < n ? "sdw-bar" : "sdw-ghost";
      const cross = k + 1 === n ? "sdw-null" : "sdw-silent";
      if (v < 1e-10) bars.cross("bars", `x${k}`, k + 1, Math.min(4, wide / 2), cross);
      else bars.bar("bars", k, k + 1, Math.log10(v), wide, mark);
    });
    bars.end(
      `What each of thirty modes contributes to g(s, s), logarithmic; mode ${n}: ${percent(share)}`,
    );

    return `${label[0].toUpperCase()}${label.slice(1)}: L = ${
      rated ? symbol.replace("a²", figure(a * a, 5)) : symbol
    }, ${ends}. Source s = ${s.toFixed(2)}: g(s, s) = ${figure(own, 4)}. ` +
      `${n} term${n > 1 ? "s" : ""} of the series reach${n > 1 ? "" : "es"} ${
        percent(reached)
      } of it; anywhere the sum misses g by at most ${
        percent(Math.max(...grid.map((x) => Math.abs(g(x) - sum(x, n)))) / most)
      } of the largest g. ` +
      `Mode ${n}: eigenvalue λ${t} = ${figure(price)}, ${
        share < 1e-10
          ? "silent, for it is zero at the source"
          : "φ" + t + "(s) = " + height + ", share " + percent(share)
      }.`;
  });
}

export default { render };
