/* The explorable "Distill it": data, labels moved by hand, noise, epsilon, round -> fits, bars of B_t, held-out error. */

import { grip } from "./grip.js";
import { decode, distill, evaluate, heldOut } from "./numerics.js";
import { figure, subscript } from "./ink.js";
import { entries } from "./legend.js";
import { cubicPath, ofRound, pair, panel, remember, steps, ticks } from "./panel.js";
import { stage } from "./stage.js";
import { readPoints, writePoints } from "./table.js";

/** @typedef {Record<"x"|"signal"|"residual"|"d"|"U"|"a"|"b"|"grid"|"truth"|"map"|"Q"|"q", Float64Array> & {s: number}} Data */
/** @typedef {ReturnType<typeof solve>} Path */

/** @returns {Data} */
function unpack(/** @type {Record<string, any>} */ set) {
  const out = /** @type {any} */ ({ ...set });
  for (
    const key of ["x", "signal", "residual", "d", "U", "a", "b", "grid", "truth", "map", "Q", "q"]
  ) {
    out[key] = decode(set[key]);
  }
  return out;
}

const FARTHEST = 2; // that a label can be moved

/** How far each of K labels is moved, from `moves`: "k,shift;k,shift", labels counted from 0.
 * @param {string} moves
 * @param {number} K
 */
function shifts(moves, K) {
  const out = new Float64Array(K);
  for (const [k, shift] of readPoints(moves) ?? []) if (k < K) out[k] = shift;
  return out;
}

/** Everything the pictures show, from one state. Beyond the collapse every fit is zero. */
function solve(
  /** @type {Data} */ set,
  /** @type {import("./stage.js").State} */ { noise, epsilon, round, moves },
) {
  const K = set.d.length, z0 = set.a.map((v, k) => v + noise * set.b[k]);
  shifts(moves, K).forEach((shift, i) => {
    if (shift) { for (let k = 0; k < K; k++) z0[k] += shift * set.U[i * K + k]; }
  });
  const path = distill(set.d, z0, epsilon), N = path.multipliers.length;
  const zero = new Float64Array(z0.length),
    at = (/** @type {number} */ t) => (t < N ? path.z[t + 1] : zero);
  const errors = Array.from({ length: N + 1 }, (_, t) => heldOut(set.Q, set.q, set.s, at(t)));
  const B = Array.from(zero, (_, k) => (round < N ? Math.exp(path.logB[round][k]) : 0));
  const floored = path.floor > 1e-12 * path.ceiling; // else zero, but for rounding
  return {
    ...path,
    N,
    errors,
    B,
    floored,
    best: errors.indexOf(Math.min(...errors)),
    trace: B.reduce((p, v) => p + v, 0),
    fit: (/** @type {number} */ t) => evaluate(set.map, at(t)),
  };
}

/** @param {import("./stage.js").Context} context */
function render({ model, el: root }) {
  const { sets: packed } = model.get("payload");
  /** @type {Record<string, Data>} */
  const sets = {};
  for (const key in packed) sets[key] = unpack(packed[key]);
  const solved = remember((now) => solve(sets[now.preset], now));
  const page = stage({
    root,
    model,
    name: "distill-it",
    words: {
      moves: (text) =>
        readPoints(text)?.every(([k, v]) =>
          Number.isInteger(k) && k >= 0 && Math.abs(v) <= FARTHEST
        ) ??
          false,
    },
    first: { moves: "" },
    knobs: {
      noise: {
        text: (v) => `${v.toFixed(2)} ×`,
        hint: () => "0: noise-free labels",
      },
      epsilon: {
        text: (v) => figure(v),
        more: (now) => {
          const { floored, floor, ceiling } = solved(now);
          return {
            zones: [floored ? Math.log10(floor) : -9, Math.log10(ceiling)],
            hint: (floored ? `floor ${figure(floor, 5)}; ` : "") +
              `zero fit from ${figure(ceiling)}`,
          };
        },
      },
      round: {
        play: "Play rounds",
        text: (v, now) => `${v}${solved(now).feasible && v >= solved(now).N ? ", collapsed" : ""}`,
        more: (now) => {
          const { N, feasible } = solved(now);
          return {
            max: Math.max(N, now.round, 1),
            hint: feasible ? `N = ${N} non-zero fit${N === 1 ? "" : "s"}` : "",
          };
        },
      },
    },
  });
  const fit = panel(page.top, {
    name: "fit",
    height: (W) => Math.min(320, Math.max(240, W * 0.46)),
    layers: ["past", "truth", "data", "now"],
  });
  const bars = panel(page.below, { name: "shrinkage", height: () => 210, layers: ["past", "now"] });
  const curve = panel(page.below, {
    name: "error",
    height: () => 210,
    layers: ["line", "dots", "now"],
    pointed: (x) => page.point("round", Math.min(count, x)),
  });
  let count = 0;

  // --- the labels under the hand, up and down: `at` is the chosen one
  let at = 0, tall = 1;
  const box = /** @type {HTMLElement} */ (page.top.querySelector("[data-panel]"));
  const labels = () => {
    const set = sets[model.get("preset")], moved = shifts(model.get("moves"), set.d.length);
    const plain = set.signal.map((v, k) => v + model.get("noise") * set.residual[k]);
    return { x: set.x, moved, plain, y: plain.map((v, k) => v + moved[k]) };
  };
  const choose = (/** @type {number} */ k) => {
    at = Math.max(0, Math.min(labels().x.length - 1, k));
    page.set({});
  };
  /** Puts the chosen label at a height, or back where it was published. */
  const put = (/** @type {number | null} */ height) => {
    const { moved, plain } = labels();
    const shift = height === null ? 0 : Math.round(100 * (height - plain[at])) / 100;
    moved[at] = Math.min(FARTHEST, Math.max(-FARTHEST, shift));
    const list = Array.from(moved, (v, k) => pair(k, v)).filter(([, v]) => v);
    page.set({ moves: writePoints(list) });
  };
  const hand = grip(box, {
    places: () => {
      const { x, y } = labels();
      return Array.from(x, (v, k) => pair(fit.sx(v), fit.sy(y[k])));
    },
    at: () => at,
    choose,
    move: ([, height]) => {
      const { top, bottom } = fit.at;
      put(tall * (2 * (bottom - height) / (bottom - top) - 1));
    },
    rest: () => page.set({}), // the axis follows now
    twice(k) {
      at = k;
      put(null);
    },
    key(event) {
      const step = (event.shiftKey ? 0.01 : 0.1) *
        ({ ArrowUp: 1, ArrowDown: -1 }[event.key] ?? 0);
      if (step) put(labels().y[at] + step);
      else if (event.key === "ArrowLeft") choose(at - 1);
      else if (event.key === "ArrowRight") choose(at + 1);
      else if (event.key === "Delete" || event.key === "Backspace") put(null);
      else return false;
      return true;
    },
  });
  hand.handle.classList.add("sdw-quiet");

  return page.begin((state) => {
    const set = sets[state.preset],
      { epsilon, round } = state,
      path = solved(state),
      { N, feasible, errors } = path;
    const K = set.d.length, { y, moved } = labels();
    const eps = figure(epsilon), floor = figure(path.floor, 5);
    const message = feasible ? "" : `Infeasible: the smallest ε is ${floor}`;
    count = N;

    // picture 1: labels, truth, earlier fits, the fit
    const reach = Math.max(1.25, ...y.map((v) => Math.abs(v) * 1.08));
    if (!hand.dragging()) tall = Math.ceil(reach * 4) / 4;
    fit.begin({
      x: [0, 1],
      y: [-tall, tall],
      xTicks: steps(0, 1, 5),
      yTicks: ticks(-tall, tall, 5),
      xLabel: "x",
      yLabel: "label, fit",
      legend: [
        ["sdw-dot", "labels"],
        ...entries(moved.some((v) => v !== 0), "sdw-here", "moved"),
        ["sdw-truth", "truth"],
        ...entries(round > 0, `sdw-past ${ofRound(0)}`, "earlier fits"),
        [`sdw-now ${ofRound(round)}`, `fit f_${round}`],
      ],
    });
    const trace = (/** @type {Float64Array} */ values) =>
      cubicPath(set.grid, values, fit.sx, fit.sy);
    fit.put("truth", "truth", "path", { d: trace(set.truth), class: "sdw-truth" });
    if (feasible) {
      for (let t = 0; t < Math.min(round, N); t++) {
        fit.put("past", t, "path", { d: trace(path.fit(t)), class: `sdw-past ${ofRound(t)}` });
      }
    }
    y.forEach((v, k) =>
      fit.dot("data", k, set.x[k], v, K > 20 ? 3 : 4.5, moved[k] ? "sdw-here" : "sdw-dot")
    );
    fit.put("now", "fit", "path", {
      d: feasible ? trace(path.fit(round)) : "",
      class: `sd-curve sdw-now ${ofRound(round)}`,
    });
    fit.end(
      feasible
        ? `${K} labels, the truth, and the fit of round ${round}`
        : `${K} labels and the truth; no fit exists`,
      message,
    );
    at = Math.min(at, K - 1);
    hand.show(
      pair(fit.sx(set.x[at]), fit.sy(y[at])),
      `Label ${at + 1} of ${K}: ${figure(y[at])} at x ${
        figure(set.x[at])
      }. Up and Down move it, Delete puts it back, Left and Right choose another.`,
    );

    // picture 2: the diagonal of B_t, smoothest mode first
    bars.begin({
      x: [0.3, K + 0.7],
      y: [0, 1],
      xTicks: [1, ...ticks(2, K, 5, true)].filter((v) => K > 20 ? v === 1 || v > 4 : true),
      yTicks: steps(0, 1, 4),
      xLabel: "eigenmode, smoothest first",
      yLabel: `kept of each mode, B_${round}`,
      legend: [
        ...entries(round > 0, `sdw-ghost ${ofRound(0)}`, "B_0"),
        ...entries(path.floored, "sdw-null sdw-cross", "out of reach"),
      ],
    });
    const wide = (bars.sx(2) - bars.sx(1)) * 0.72;
    for (let k = 0; k < K; k++) {
      const mode = K - k;
      if (!(set.d[k] > 0)) bars.cross("now", k, mode, Math.min(5, wide / 2), "sdw-null");
      else if (feasible) {
        if (round > 0 && N > 0) {
          bars.bar("past", k, mode, Math.exp(path.logB[0][k]), wide, `sdw-ghost ${ofRound(0)}`);
        }
        bars.bar("now", k, mode, path.B[k], wide, `sdw-bar ${ofRound(round)}`);
      }
    }
    const nulls = set.d.filter((v) => !(v > 0)).length;
    bars.end(
      `Bars: what ${round + 1} round${round ? "s leave" : " leaves"} of each of ${K} modes` +
        (nulls ? `; ${nulls} modes marked with a cross are out of reach of every function` : ""),
      message,
    );

    // picture 3: held-out error against the round
    const last = Math.max(N, round, 1), top = feasible ? Math.max(...errors, set.s) : set.s;
    curve.begin({
      x: [-0.25, last + 0.25],
      y: [0, top * 1.16],
      xTicks: ticks(0, last, 6, true),
      yTicks: ticks(0, top * 1.16, 4),
      xLabel: "round t",
      yLabel: "held-out error",
      legend: [["sdw-ring", "lowest"], ["sdw-zero", "zero fit"]],
    });
    curve.level("line", "zero", set.s, "sdw-zero");
    if (feasible) {
      curve.line("line", "u", errors.map((v, t) => [t, v]), "sdw-thin");
      errors.forEach((v, t) =>
        curve.dot("dots", t, t, v, 3.5, `${t < N ? "sdw-blue" : "sdw-hollow"} ${ofRound(t)}`)
      );
      curve.dot("now", "lowest", path.best, errors[path.best], 10, "sdw-ring");
      const error = errors[Math.min(round, N)], x = curve.sx(round);
      curve.dot("now", "here", round, error, 7, "sdw-here");
      const side = x > (curve.at.left + curve.at.right) / 2 ? "sdw-end" : "";
      curve.put("now", "value", "text", {
        x: x.toFixed(2),
        y: (curve.sy(error) - 15).toFixed(2),
        class: `sdw-value ${side}`,
        text: error.toFixed(4),
      });
    }
    curve.end(
      feasible
        ? `Held-out mean squared error by round: ${errors.map((e) => e.toFixed(3)).join(", ")}`
        : "No error: no fit exists",
      message,
    );

    const many = moved.filter((v) => v).length;
    return tell(state, path, K, eps, floor) +
      (many ? ` ${many} label${many > 1 ? "s" : ""} moved by hand.` : "");
  });
}

/**
 * The summary in words.
 * @type {(state: import("./stage.js").State, path: Path, K: number, eps: string, floor: string) => string}
 */
function tell({ round }, path, K, eps, floor) {
  const { N, errors, best } = path;
  if (!path.feasible) {
    return `Infeasible: no function comes within a mean squared residual of ε = ${eps} of these labels. The smallest ε is ${floor}.`;
  }
  const error = errors[Math.min(round, N)].toFixed(4),
    room = path.floored ? `ε = ${eps} (smallest feasible: ${floor})` : `ε = ${eps}`;
  if (N === 0) {
    return `Collapsed at once: ${room} is at least the mean square of the labels, ${
      figure(path.ceiling)
    }, so N = 0 and every fit is the zero function; held-out mean squared error ${error}.`;
  }
  const lowest = round === best
    ? ", the lowest of all rounds"
    : ` (lowest: ${errors[best].toFixed(4)} at t = ${best})`;
  if (round >= N) {
    return `Round t = ${round}: collapsed. After N = ${N} non-zero fit${
      N === 1 ? "" : "s"
    } the fit is the zero function; held-out mean squared error ${error}${lowest}. ${room}.`;
  }
  const t = subscript(round);
  return `Round t = ${round}; N = ${N} non-zero fit${
    N === 1 ? "" : "s"
  } before the collapse. Held-out mean squared error ${error}${lowest}. ` +
    `${room}, multiplier c${t} = ${
      figure(path.multipliers[round])
    }. Effective number of basis functions: tr B${t} = ${path.trace.toFixed(2)} of ${K}.`;
}

export default { render };
