/* The explorable "When it helps": noise, signal, c, round -> bias, variance and risk; modes that gain; rounds chosen. */

import { decode } from "./numerics.js";
import { figure } from "./ink.js";
import { pair, panel, remember, steps, ticks } from "./panel.js";
import { stage } from "./stage.js";
import { along, gain, SCORES, wiener } from "./statistics.js";

/** @typedef {Record<"noise" | "decay" | "c" | "round", number>} Now */

/** @param {import("./stage.js").Context} context */
function render({ model, el: root }) {
  const { d: packed, draws: shipped, sliders } = model.get("payload"),
    d = decode(packed),
    draws = decode(shipped),
    K = d.length,
    count = draws.length / K,
    last = sliders.round.max,
    rules = Object.keys(SCORES);

  const solve = remember((/** @type {Omit<Now, "round">} */ { noise, decay, c }) =>
    along(d, draws, { sigma: noise, decay, c }, last)
  );
  const page = stage({
    root,
    model,
    name: "when-it-helps",
    knobs: {
      noise: { text: (v) => v.toFixed(2), hint: () => "the signal has mean square 1" },
      decay: {
        text: (v) => v.toFixed(1),
        hint: ({ decay }) => (decay ? "coordinates fall like k⁻ᵖ" : "all coordinates alike"),
      },
      c: { text: (v) => figure(v, 2), hint: () => "the same in every round" },
      round: { play: "Play rounds", hint: () => "or drag in the picture of the risk" },
    },
  });
  const layers = ["line", "dots"],
    curves = panel(page.top, {
      name: "risk",
      height: (W) => Math.min(300, Math.max(240, W * 0.42)),
      layers,
      pointed: (x) => page.point("round", x),
    }),
    modes = panel(page.below, { name: "modes", height: () => 230, layers }),
    picks = panel(page.below, { name: "rules", height: () => 230, layers });
  picks.at.left = 76; // the names of the rules

  return page.begin((/** @type {Now} */ { noise: sigma, decay, c, round }) => {
    const now = solve({ noise: sigma, decay, c }),
      { m, kept, parts, risk, single, best } = now,
      noise = sigma * sigma;

    const top = 1.12 * Math.max(...risk, single[0]);
    curves.begin({
      x: [-0.2, last + 0.2],
      y: [0, top],
      xTicks: ticks(0, last, 8, true),
      yTicks: ticks(0, top, 4),
      xLabel: "round t",
      yLabel: "mean over the points",
      legend: [["sdw-ring", "lowest risk"]],
      ends: [
        ["sdw-now", "risk", risk[last]],
        ["sdw-sum", "squared bias", parts[last][0]],
        ["sdw-tangent", "variance", parts[last][1]],
        ["sdw-zero", "best single fit", single[0]],
      ],
    });
    curves.level("line", "single", single[0], "sdw-zero");
    parts[0].forEach((_, i) => {
      const line = parts.map((part, t) => pair(t, part[i]));
      curves.line("line", i, line, i ? "sdw-tangent" : "sdw-sum");
    });
    curves.line("line", "risk", risk.map((v, t) => [t, v]), "sd-curve sdw-now");
    risk.forEach((v, t) => curves.dot("dots", t, t, v, 3.5, "sdw-blue"));
    curves.dot("dots", "lowest", best, risk[best], 10, "sdw-ring");
    curves.dot("dots", "here", round, risk[round], 7, "sdw-here");
    curves.end(
      `Risk by round: ${risk.map((v) => v.toFixed(3)).join(", ")}; dotted: the best single fit`,
    );

    const gains = Array.from(m, (v, k) => gain(kept[round][k], kept[round + 1][k], v, noise)),
      helped = gains.filter((v) => v > 0).length,
      total = gains.reduce((a, b) => a + b, 0) / K;
    modes.begin({
      x: [0.3, K + 0.7],
      y: [0, 1],
      xTicks: [1, ...ticks(2, K, 5, true).filter((v) => v > 4)],
      yTicks: steps(0, 1, 4),
      xLabel: "mode, smoothest first",
      yLabel: "mean of old and new factor",
      legend: [["sdw-blue", "gains"], ["sdw-here", "loses"], [
        "sdw-silent sdw-cross",
        "Wiener weight",
      ]],
    });
    const wide = (modes.sx(2) - modes.sx(1)) * 0.72, r = Math.min(4, wide / 2);
    gains.forEach((v, k) => {
      const mean = (kept[round][k] + kept[round + 1][k]) / 2, mode = K - k;
      modes.bar("line", k, mode, mean, wide, v > 0 ? "sdw-bar" : "sdw-here");
      const x = modes.sx(mode) - r, y = modes.sy(wiener(m[k], noise)) - r;
      modes.put("dots", k, "path", {
        d: `M${x.toFixed(2)} ${y.toFixed(2)}l${2 * r} ${2 * r}m0 ${-2 * r}l${-2 * r} ${2 * r}`,
        class: "sdw-silent sdw-cross",
      });
    });
    modes.end(
      `What is kept of each mode, the mean before and after round ${
        round + 1
      }, beside its Wiener weight; ${helped} modes gain, ${K - helped} lose`,
    );

    const names = ["lowest risk", ...rules];
    picks.begin({
      x: [-0.6, last + 0.6],
      y: [-3.6, 0.6],
      xTicks: ticks(0, last, 5, true),
      yTicks: [0, -1, -2, -3],
      yText: (v) => names[-v],
      xLabel: "round chosen",
      yLabel: `in ${count} draws of the labels`,
    });
    picks.upright("line", "t", round, "sdw-zero");
    picks.dot("dots", "best", best, 0, 8, "sdw-ring");
    now.chosen.forEach((counts, i) =>
      counts.forEach((/** @type {number} */ n, /** @type {number} */ t) => {
        if (n) picks.dot("dots", `${i} ${t}`, t, -1 - i, 1.4 * Math.sqrt(n), "sdw-blue");
      })
    );
    const told = now.chosen.map((counts, i) => {
      const most = Math.max(...counts);
      return `${rules[i]} ${counts.indexOf(most)} (${most} times)`;
    }).join(", ");
    picks.end(`How often each rule chooses a round; most often ${told}`);

    const [bias, variance] = parts[round];
    return `Noise σ = ${sigma.toFixed(2)}, p = ${decay.toFixed(1)}, c = ${
      figure(c, 2)
    }. Round t = ${round}: squared bias ${bias.toFixed(4)} and variance ${
      variance.toFixed(4)
    }, risk ${risk[round].toFixed(4)} a point` +
      (round === best
        ? ", the lowest of all rounds"
        : ` (lowest: ${risk[best].toFixed(4)} at t = ${best})`) +
      `. Round ${round + 1} helps ${helped} of ${K} modes; it ${
        total > 0 ? "lowers" : "raises"
      } the risk by ${figure(Math.abs(total), 2)}. The best single fit, c = ${
        figure(single[1], 2)
      }, has ${single[0].toFixed(4)}. Round chosen most often in ${count} draws: ${told}.`;
  });
}

export default { render };
