/* The explorable "Your own points": points under the hand, kernel, epsilon, round -> the loop, eigenvalues included. */

import { decompose, distillSites, weigh } from "./eigen.js";
import { grip } from "./grip.js";
import { evaluate, KERNELS } from "./numerics.js";
import { figure, make, power10, subscript } from "./ink.js";
import { entries } from "./legend.js";
import { ofRound, pair, panel, remember, steps, ticks } from "./panel.js";
import { stage } from "./stage.js";
import { framed, MOST, readPoints, readTable, writePoints } from "./table.js";

/** @typedef {import("./table.js").XY} XY */
/** @typedef {{points: string, ends: string, kernel: string, centre: string, share: number, round: number}} Now */

/** The sites of points in [0, 1], and the kernel between them and a grid. They change with x and the kernel alone.
 * @param {{u: number[], kernel: string, rate: number}} one
 */
function place({ u, kernel, rate }) {
  const { g } = KERNELS[kernel],
    wrap = (/** @type {number} */ v) => (kernel === "periodic" ? v % 1 : v);
  const k = (/** @type {number} */ x, /** @type {number} */ s) =>
    g(Math.min(x, s), Math.max(x, s), rate);
  const sites = decompose(k, u.map(wrap));
  const grid = [...new Set([...steps(0, 1, 200), ...sites.sites])].sort((a, b) => a - b);
  return {
    ...sites,
    grid,
    rows: Float64Array.from(grid.flatMap((x) => sites.sites.map((s) => k(x, s)))),
  };
}

/** Everything the pictures show but the fits.
 * @param {Omit<Now, "round">} now
 * @param {(u: number[]) => ReturnType<typeof place>} placed
 */
function solve({ points: text, ends, centre, share }, placed) {
  const points = readPoints(text) ?? [], K = points.length, x = points.map(([v]) => v);
  const [from, to] = ends.split(",").map(Number);
  const low = Math.min(from, ...x), high = Math.max(to, ...x); // the interval of the kernel
  const mean = centre === "mean" && K ? points.reduce((sum, [, v]) => sum + v, 0) / K : 0;
  const y = points.map(([, v]) => v - mean),
    square = y.reduce((sum, v) => sum + v * v, 0) / (K || 1);
  const sites = placed(x.map((v) => (v - low) / (high - low)));
  const path = distillSites(sites, y, share < 1 ? share * square : Infinity),
    N = path.multipliers.length;
  /** The fit of a round, on the grid. */
  const fit = (/** @type {number} */ t) =>
    Array.from(
      t < N ? evaluate(sites.rows, weigh(sites, path.z[t], path.multipliers[t])) : sites.grid,
      (v, i) => pair(low + sites.grid[i] * (high - low), mean + (t < N ? v : 0)),
    );
  return { ...path, points, K, N, x, low, high, mean, square, epsilon: share * square, sites, fit };
}

/** The summary in words; `freedom` is the trace of B.
 * @type {(path: ReturnType<typeof solve>, round: number, freedom: number) => string}
 */
function told(path, round, freedom) {
  const { K, N, feasible, lost, floor, sites: { d, unresolved } } = path, beyond = K - d.length;
  const eps = figure(path.epsilon);
  if (!K) return "0 points: the fit is the zero function. Click in the picture to add a point.";
  const zeros = beyond
    ? ` ${beyond} of ${K} modes ${
      beyond > 1 ? "are" : "is"
    } out of reach, for points coincide or every function vanishes there: smallest ε ${
      figure(floor, 5)
    }.`
    : "";
  const hidden = unresolved
    ? ` ${unresolved} of ${K} eigenvalues cannot be told from zero in float64.`
    : "";
  const begin = `${K} point${K > 1 ? "s" : ""}`;
  if (lost) {
    return `Infeasible in float64: a fit with ε = ${eps} exists, but it hangs on eigenvalues that rounding hides.${hidden}${zeros} Take a larger ε.`;
  }
  if (!feasible) {
    return `Infeasible: no function comes within a mean squared residual of ε = ${eps} of these ${begin}.${zeros}`;
  }
  if (!N) {
    return `${begin}: collapsed at once, every fit is ${
      path.mean ? "the mean" : "zero"
    }. ε = ${eps}.${zeros}${hidden}`;
  }
  const at0 = Math.min(round, N - 1), t = subscript(at0);
  return `${begin}, ε = ${eps}: N = ${N} non-zero fit${N > 1 ? "s" : ""}. Round t = ${round}: ` +
    (round < N
      ? `multiplier c${t} = ${figure(path.multipliers[round])}, tr B${t} = ${
        freedom.toFixed(2)
      } of ${K}.`
      : `collapsed, the fit is ${path.mean ? "the mean" : "zero"}.`) +
    zeros + hidden +
    (path.error > 1e-9
      ? ` The fits are accurate to about ${figure(path.error, 1)} of the labels.`
      : "");
}

/** A number at a tick: all its digits, for small steps may stand far from zero. */
const plain = (/** @type {number} */ v) => {
  const text = String(v).replace("-", "−");
  return text.length < 8 ? text : figure(v);
};

/** @param {import("./stage.js").Context} context */
function render({ model, el: root }) {
  const placed = remember(place), { rate } = model.get("payload");
  const solved = remember((/** @type {Omit<Now, "round">} */ now) =>
    solve(now, (u) => placed({ u, kernel: now.kernel, rate }))
  );
  const present = () => {
    const [points, ends, kernel, centre, share] = ["points", "ends", "kernel", "centre", "share"]
      .map((key) => model.get(key));
    return solved({ points, ends, kernel, centre, share });
  };
  const page = stage({
    root,
    model,
    name: "your-points",
    words: {
      points: (text) => readPoints(text) !== null,
      ends: (text) =>
        /^[^;]+$/.test(text) && (readPoints(text) ?? []).some(([low, high]) => low < high),
    },
    knobs: {
      share: {
        text: (v) => `${figure(100 * v)} %`,
        more: () => {
          const { floor, square, epsilon } = present();
          return {
            zones: [floor > 1e-12 * square ? Math.log10(floor / square) : -9, 0],
            hint: `ε = ${figure(epsilon)}` +
              (floor > 1e-12 * square ? `; floor ${figure(floor, 5)}` : ""),
          };
        },
      },
      round: {
        play: "Play rounds",
        text: (v) => `${v}${present().feasible && v >= present().N ? ", collapsed" : ""}`,
        more: (now) => ({ max: Math.min(99, Math.max(present().N, now.round, 1)) }),
      },
    },
  });
  const view = panel(page.top, {
    name: "points",
    height: (W) => Math.min(380, Math.max(280, W * 0.5)),
    layers: ["past", "data", "now"],
  });
  const box = /** @type {HTMLElement} */ (page.top.querySelector("[data-panel]"));
  const bars = panel(page.below, { name: "shrinkage", height: () => 220, layers: ["past", "now"] }),
    spectrum = panel(page.below, { name: "spectrum", height: () => 220, layers: ["line", "dots"] });

  // --- the points under the hand: `at` is the chosen one
  let at = 0;
  /** @type {[number, number]} */
  let tall = [-1, 1];
  const shown = () => readPoints(model.get("points")) ?? [];
  const put = (/** @type {XY[]} */ points, more = {}) =>
    page.set({ points: writePoints(points), ...more });
  /** A point rounded to a thousandth of the picture, and kept in it. */
  const rounded = (/** @type {number} */ v, /** @type {number[]} */ [low, high]) => {
    const unit = 10 ** Math.floor(Math.log10((high - low) / 500));
    return +(Math.round(Math.min(high, Math.max(low, v)) / unit) * unit).toPrecision(12);
  };
  const inside = (/** @type {number} */ x, /** @type {number} */ y) => {
    const { low, high } = present();
    return /** @type {XY} */ ([rounded(x, [low, high]), rounded(y, tall)]);
  };
  const move = (/** @type {XY} */ place) =>
    put(shown().map((point, k) => (k === at ? place : point)));
  const remove = () => {
    put(shown().filter((_, k) => k !== at));
    at = Math.max(0, at - 1);
  };
  const add = (/** @type {XY} */ place) => {
    const points = shown();
    if (points.length >= MOST) return tell(`${MOST} points are the most that this picture takes`);
    at = points.length;
    put([...points, place]);
  };
  const choose = (/** @type {number} */ k) => {
    at = Math.max(0, Math.min(shown().length - 1, k));
    page.set({});
  };
  const tell = (/** @type {string} */ words) => {
    note.textContent = words;
  };
  /** A place in the picture, in the units of the data.
   * @type {(place: import("./panel.js").Point) => XY}
   */
  const there = ([x, y]) => {
    const { low, high } = present(), { left, right, top, bottom } = view.at;
    return inside(
      low + (x - left) / (right - left) * (high - low),
      tall[0] + (bottom - y) / (bottom - top) * (tall[1] - tall[0]),
    );
  };
  const hand = grip(box, {
    places: () => shown().map(([x, y]) => pair(view.sx(x), view.sy(y))),
    at: () => at,
    choose,
    move: (place) => move(there(place)),
    rest: () => page.set({}), // the axis follows now
    twice(k) {
      at = k;
      remove();
    },
    add: (place) => add(there(place)),
    key(event) {
      const step = event.shiftKey ? 0.1 : 1, { low, high } = present();
      const by = /** @type {Record<string, number[]>} */ ({
        ArrowLeft: [-1, 0],
        ArrowRight: [1, 0],
        ArrowDown: [0, -1],
        ArrowUp: [0, 1],
      })[event.key];
      if (by) {
        const [x, y] = shown()[at], wide = (high - low) / 50, high1 = (tall[1] - tall[0]) / 50;
        move(inside(x + by[0] * step * wide, y + by[1] * step * high1));
      } else if (event.key === "Delete" || event.key === "Backspace") remove();
      else return false;
      return true;
    },
  });

  // --- the same by words: numbers of the chosen point, a table, a file
  const tools = make("div", { class: "sdw-own" }, page.top);
  const field = (/** @type {string} */ text, /** @type {(value: number) => void} */ changed) => {
    const label = make("label", { text: `${text} ` }, tools);
    const input = make("input", { type: "number", step: "any" }, label);
    input.addEventListener("change", () => {
      if (input.value !== "" && Math.abs(+input.value) <= 1e100) changed(+input.value);
      else page.set({});
    });
    return input;
  };
  const which = field("Point", (v) => choose(Math.round(v) - 1));
  const fields = [0, 1].map((axis) =>
    field("xy"[axis], (v) => {
      const point = shown()[at];
      if (point) move(axis ? [point[0], v] : [v, point[1]]);
    })
  );
  const press1 = (/** @type {string} */ text, /** @type {() => void} */ done) =>
    make("button", { type: "button", text }, tools).addEventListener("click", done);
  press1("Add a point", () => {
    const { low, high } = present();
    add(inside((low + high) / 2, (tall[0] + tall[1]) / 2));
  });
  press1("Remove it", remove);
  press1("Clear", () => put([]));
  const own = make("div", { class: "sdw-own" }, page.top);
  const sheet = make("label", {
    text: "All points, x and y in a line: edit, paste, or drop a CSV file ",
  }, own);
  const table = make("textarea", { rows: 4, spellcheck: "false" }, sheet);
  const file = make(
    "input",
    {
      type: "file",
      accept: ".csv,.tsv,.txt",
      "aria-label": "A file with two columns; it stays on this page",
    },
    own,
  );
  const note = make("p", {
    class: "sdw-hint",
    role: "status",
    text:
      "Click to add a point, drag to move it, double-click or Delete to remove it. Nothing leaves this page.",
  }, own);
  /** Takes a table over, or says why not; `fresh`: the interval and the mean follow it. */
  const load = (/** @type {string} */ text, fresh = true) => {
    const { points, told: odd } = readTable(text);
    if (points.length > MOST) {
      return tell(
        `${points.length} rows: this picture takes ${MOST}. For more call selfdistill.distill.`,
      );
    }
    if (!points.length && text.trim()) return tell(`No row with two numbers was found; ${odd}.`);
    const frame = framed(points);
    at = Math.min(at, Math.max(0, points.length - 1));
    put(points, fresh ? frame : {});
    tell(
      `${points.length} point${points.length === 1 ? "" : "s"} read` + (odd ? `; ${odd}` : "") +
        (fresh && frame.centre === "mean"
          ? "; their mean is taken off, for the fits pull towards zero"
          : "") +
        ".",
    );
  };
  table.addEventListener("input", () => load(table.value, false));
  table.addEventListener("paste", () => setTimeout(() => load(table.value)));
  root.addEventListener("paste", (event) => {
    if (event.target instanceof HTMLTextAreaElement || event.target instanceof HTMLInputElement) {
      return;
    }
    load(event.clipboardData?.getData("text") ?? "");
  });
  const open = (/** @type {FileList | null | undefined} */ files) =>
    files?.[0]?.text().then((text) => load(text));
  file.addEventListener("change", () => open(file.files));
  root.addEventListener("dragover", (event) => event.preventDefault());
  root.addEventListener("drop", (event) => {
    event.preventDefault();
    if (event.dataTransfer?.files.length) open(event.dataTransfer.files);
    else load(event.dataTransfer?.getData("text") ?? "");
  });

  return page.begin((/** @type {Now} */ { round }) => {
    const path = present(),
      { points, K, N, low, high, feasible, lost, sites, floor } = path;
    const { d, place: home, unresolved } = sites, n = d.length, beyond = K - n;
    const message = feasible
      ? ""
      : lost
      ? "Infeasible in float64: the fit hangs on eigenvalues that rounding hides"
      : `Infeasible: the smallest ε is ${figure(floor, 5)}`;
    at = Math.min(at, Math.max(0, K - 1));

    // picture 1: the points, the fits up to this round
    if (!hand.dragging()) {
      const y = points.map(([, v]) => v),
        most = Math.max(...y, path.mean),
        least = Math.min(...y, path.mean);
      const room = (most - least) * 0.18;
      tall = K && room > 0 ? [least - room, most + room] : [path.mean - 1, path.mean + 1];
    }
    const odd = points.map((_, k) => home[k] < 0 || sites.counts[home[k]] > 1);
    view.begin({
      x: [low, high],
      y: tall,
      xTicks: ticks(low, high, 5).filter((v) => v < high || String(v).length < 4),
      yTicks: ticks(tall[0], tall[1], 5),
      xText: plain,
      yText: plain,
      xLabel: "x",
      yLabel: "label, fit",
      legend: [
        ["sdw-dot", "labels"],
        ...entries(odd.includes(true), "sdw-ring", "out of reach"),
        ...entries(round > 0, `sdw-past ${ofRound(0)}`, "earlier fits"),
        [`sdw-now ${ofRound(round)}`, `fit f_${round}`],
      ],
    });
    if (feasible) {
      const every = Math.ceil(Math.min(round, N) / 12) || 1; // a dozen earlier fits
      for (let t = 0; t < Math.min(round, N); t += every) {
        view.line("past", t, path.fit(t), `sdw-past ${ofRound(t)}`);
      }
    }
    points.forEach(([x, y], k) =>
      view.dot("data", k, x, y, k === at ? 6.5 : 4.5, odd[k] ? "sdw-ring" : "sdw-dot")
    );
    view.line("now", "fit", feasible ? path.fit(round) : [], `sd-curve sdw-now ${ofRound(round)}`);
    view.end(`${K} points and the fit of round ${round}`, message);
    hand.show(
      K ? pair(view.sx(points[at][0]), view.sy(points[at][1])) : undefined,
      K
        ? `Point ${at + 1} of ${K}: x ${figure(points[at][0], 4)}, y ${
          figure(points[at][1], 4)
        }. Arrows move it, Delete removes it, Page Up and Page Down choose another.`
        : "",
    );
    if (K) {
      const [x, y] = points[at];
      [at + 1, x, y].forEach((v, i) => {
        const input = [which, ...fields][i];
        if (+input.value !== v || !input.value) input.value = String(v);
      });
    }
    if (document.activeElement !== table) {
      table.value = points.map((point) => point.join("\t")).join("\n");
    }

    // picture 2: what is kept of each mode; picture 3: the eigenvalues
    const axes = {
      x: pair(0.3, Math.max(2, K) + 0.7),
      xTicks: [1, ...ticks(2, Math.max(2, K), 5, true)].filter((
        v,
      ) => (K > 20 ? v === 1 || v > 4 : true)),
      xLabel: "eigenmode, smoothest first",
    };
    const kept = (
      /** @type {number} */ t,
    ) => (t < N ? path.logB[t].map(Math.exp) : new Float64Array(n));
    const [first, B] = [kept(0), kept(round)];
    bars.begin({
      ...axes,
      y: [0, 1],
      yTicks: steps(0, 1, 4),
      yLabel: `kept of each mode, B_${round}`,
      legend: [
        ...entries(round > 0, `sdw-ghost ${ofRound(0)}`, "B_0"),
        ...entries(n < K, "sdw-null sdw-cross", "out of reach"),
      ],
    });
    const wide = (bars.sx(2) - bars.sx(1)) * 0.72, size = Math.min(5, wide / 2);
    const top = Math.log10(d[n - 1] || 1), foot = top - 16;
    spectrum.begin({
      ...axes,
      y: [foot, top + 1],
      yTicks: ticks(foot, top, 4, true),
      yText: power10,
      yLabel: "eigenvalue of G",
      legend: [
        ...entries(unresolved > 0, "sdw-hollow sdw-dot", "unresolved"),
        ...entries(n < K, "sdw-null sdw-cross", "exact zero"),
      ],
    });
    if (n) spectrum.level("line", "clip", top - 14, "sdw-zero");
    for (let k = 0; k < K; k++) {
      const mode = K - k, own = k - beyond;
      if (own < 0) {
        bars.cross("now", k, mode, size, "sdw-null");
        spectrum.cross("dots", k, mode, size, "sdw-null");
      } else {
        if (feasible && round > 0) {
          bars.bar("past", k, mode, first[own], wide, `sdw-ghost ${ofRound(0)}`);
        }
        if (feasible) bars.bar("now", k, mode, B[own], wide, `sdw-bar ${ofRound(round)}`);
        const out = own < unresolved;
        spectrum.dot(
          "dots",
          k,
          mode,
          out ? top - 15 : Math.log10(d[own]),
          4,
          out ? "sdw-hollow" : "sdw-blue",
        );
      }
    }
    bars.end(
      `What ${round + 1} round${round ? "s leave" : " leaves"} of each of ${K} modes`,
      message,
    );
    spectrum.end(
      `The eigenvalues of the Gram matrix, logarithmic: ${beyond} of ${K} are exact zeros, ${unresolved} unresolved`,
    );

    return told(path, round, B.reduce((sum, v) => sum + v, 0));
  });
}

export default { render };
