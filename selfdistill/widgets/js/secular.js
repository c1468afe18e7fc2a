/* The explorable "The secular equation": epsilon -> the residual against c, psi with Newton's tangents, proved widths. */

import { decode, secular } from "./numerics.js";
import { figure, power10 } from "./ink.js";
import { pair, panel, remember, steps, ticks } from "./panel.js";
import { stage } from "./stage.js";

/** @param {import("./stage.js").Context} context */
function render({ model, el: root }) {
  const { sets } = model.get("payload"),
    solve = remember(({ preset, epsilon }) => {
      return secular(decode(sets[preset].d), decode(sets[preset].z), epsilon);
    });
  const count = (/** @type {import("./stage.js").State} */ now) =>
    solve(now).newton?.list.length ?? 0;
  const page = stage({
    root,
    model,
    name: "secular",
    knobs: {
      epsilon: {
        text: (v) => figure(v),
        hint: (now) => {
          const { K, lost, energy } = solve(now);
          return (lost > 1e-12 * energy ? `floor ${figure(lost / K, 5)}; ` : "") +
            `zero fit from ${figure((lost + energy) / K)}`;
        },
      },
      step: {
        play: "Play steps",
        text: (v, now) => `${Math.min(v, count(now))} of ${count(now)}`,
        hint: () => "tangents drawn",
        more: (now) => ({ max: Math.max(1, count(now)) }),
      },
    },
  });
  const residual = panel(page.top, {
    name: "residual",
    height: (W) => Math.min(270, Math.max(220, W * 0.38)),
    layers: ["bands", "line", "dots"],
  });
  const layers = ["bands", "line", "dots"],
    concave = panel(page.below, { name: "psi", height: () => 240, layers }),
    proof = panel(page.below, { name: "proof", height: () => 240, layers });
  /** @type {(panel: typeof residual, key: string, ends: number[], mark: string) => void} */
  const band = ({ at, sx, put }, key, ends, mark) => {
    const [x0, x1] = ends.map((v) => Math.min(at.right, Math.max(at.left, sx(v))));
    const height = at.bottom - at.top, width = Math.max(2, x1 - x0).toFixed(2);
    put("bands", key, "rect", { x: x0.toFixed(2), width, y: at.top, height, class: mark });
  };

  return page.begin((now) => {
    const { K, d, z, energy, lost, budget, newton } = solve(now),
      list = newton?.list ?? [],
      n = list.length,
      step = Math.min(now.step, n);
    const floor = figure(lost / K, 5),
      eps = figure(now.epsilon),
      feasible = budget > 0,
      one = list[step - 1],
      last = list[n - 1]?.low;
    const message = newton
      ? ""
      : feasible
      ? "Collapsed: c is infinite"
      : `Infeasible: the smallest ε is ${floor}`;
    const kept = (/** @type {number} */ lam) =>
        z.reduce((total, v, k) => total + (v / (1 + lam * d[k])) ** 2, 0),
      psi = (/** @type {number} */ lam) => kept(lam) ** -0.5;

    // picture 1: the residual in c, with both brackets
    const low = Math.floor(Math.log10(Math.min(...d)) - 2),
      high = Math.ceil(Math.log10(Math.max(...d)) + 1.6),
      goal = Math.sqrt(K * now.epsilon),
      tall = Math.max(Math.sqrt(lost + energy), goal) * 1.12;
    residual.begin({
      x: [low, high],
      y: [0, tall],
      xTicks: ticks(low, high, 9, true),
      xText: power10,
      yTicks: ticks(0, tall, 4),
      xLabel: "multiplier c",
      yLabel: "norm of the residual",
      legend: [["sdw-band", "from the spectrum"], ["sdw-band2", "from the labels"]],
      ends: [["sdw-sum", "√(Kε)", goal]],
    });
    if (newton) {
      band(residual, "wide", newton.wide.map(Math.log10), "sdw-band");
      band(residual, "sharp", newton.sharp.map(Math.log10), "sdw-band2");
    }
    residual.level("line", "goal", goal, "sdw-sum");
    const curve = steps(low, high, 160).map((v) => pair(v, Math.sqrt(lost + kept(10 ** -v))));
    residual.line("line", "out", feasible ? [] : curve, "sdw-past");
    residual.line("line", "in", feasible ? curve : [], "sd-curve sdw-now");
    if (newton) residual.dot("dots", "root", -Math.log10(last), goal, 7, "sdw-here");
    residual.end(
      message || `The residual grows with c and meets the target at c = ${figure(1 / last)}`,
      message,
    );

    // picture 2: psi and its tangents; picture 3: what is proved after each step
    const reach = 1.3 * (last ?? 1),
      target = newton ? budget ** -0.5 : 1,
      power = Math.abs(Math.log10(reach)) < 2 ? 0 : Math.floor(Math.log10(reach)),
      clip = (/** @type {number} */ v) => Math.log10(Math.min(1e8, Math.max(1e-16, v)));
    concave.begin({
      x: [0, reach],
      y: [0, 1.25 * target],
      xTicks: ticks(0, reach, 4),
      xText: (v) => figure(v / 10 ** power),
      yTicks: ticks(0, 1.25 * target, 4),
      xLabel: "λ = 1/c" + (power ? `, in ${power10(power)}` : ""),
      yLabel: "ψ(λ)",
      legend: [["sdw-tangent", "tangent"], ["sdw-proved sdw-band", "proved"]],
    });
    proof.begin({
      x: [-0.3, Math.max(1, n) + 0.3],
      y: [-16.5, 8],
      xTicks: ticks(0, Math.max(1, n), 6, true),
      yTicks: [-16, -12, -8, -4, 0, 4, 8],
      yText: power10,
      xLabel: "Newton step",
      yLabel: "proved width of c, relative",
    });
    // before the first tangent the brackets prove what they share; its upper end for c is that of the first tangent
    const widths = newton ? [list[0].width, ...list.map((v) => v.width)] : [];
    if (newton) {
      const { low: near, high: far } = one ?? list[0];
      band(concave, "proved", [near, far], "sdw-proved sdw-band");
      concave.level("line", "goal", target, "sdw-sum");
      concave.line(
        "line",
        "psi",
        steps(0, 1, 120).map((v) => [reach * v * v, psi(reach * v * v)]),
        "sdw-now",
      );
      list.slice(0, step).forEach((at, i) => {
        concave.line("line", i, [[at.lam, at.psi], [at.low, target]], "sdw-tangent");
        concave.line("line", `drop${i}`, [[at.low, target], [at.low, psi(at.low)]], "sdw-zero");
        concave.dot("dots", i, at.lam, at.psi, 4, "sdw-dot");
      });
      concave.dot("dots", "here", one?.low ?? 0, psi(one?.low ?? 0), 6.5, "sdw-here");
      proof.line("line", "", widths.map((v, j) => [j, clip(v)]), "sdw-thin");
      widths.forEach((v, j) =>
        proof.dot(
          "dots",
          j,
          j,
          clip(v),
          j === step ? 7 : 4,
          j === step ? "sdw-here" : j < step ? "sdw-blue" : "sdw-hollow",
        )
      );
    }
    concave.end(message || `The concave curve ψ with ${step} of ${n} tangents`, message);
    proof.end(
      message ||
        `Relative width of the interval proved after each step: ${
          widths.map((v) => figure(v, 2)).join(", ")
        }`,
      message,
    );

    if (!feasible) {
      return `Infeasible: no function comes within a mean squared residual of ε = ${eps}, so no c solves the equation. The smallest ε is ${floor}.`;
    }
    if (!newton) {
      return `Collapsed: ε = ${eps} is at least the mean square of the labels, ${
        figure((lost + energy) / K)
      }. The fit is zero and c is infinite.`;
    }
    const c = (/** @type {number[]} */ [a, b], digits = 3) =>
      `[${figure(a, digits)}, ${figure(b, digits)}]`;
    return `ε = ${eps}` + (d.length < K
      ? ` (floor ${floor}; the ${K - d.length} labels out of reach are taken off first)`
      : "") +
      `: c = ${figure(1 / last, 6)}. Bracket from the spectrum ${c(newton.wide)}, from the labels ${
        c(newton.sharp)
      }. ` +
      (one
        ? `Step ${step} of ${n} reaches λ = ${figure(one.low, 6)} and proves that c lies in ${
          c([1 / one.high, 1 / one.low], 6)
        }, relative width ${figure(one.width, 2)}.`
        : `Step 0 of ${n}: Newton starts at λ = 0, and what both brackets prove has the relative width ${
          figure(widths[0], 2)
        }.`);
  });
}

export default { render };
