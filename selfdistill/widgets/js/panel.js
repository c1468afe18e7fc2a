/* Pictures with axes: round numbers, paths, panels. Drawing is retained: a mark keeps its element. */

import { change, figure, ink, make, power10, retain } from "./ink.js";
import { crossPath, drawEnds, drawLegend, roomForEnds, width } from "./legend.js";

/** @typedef {import("./ink.js").Layer} Layer */
/** @typedef {import("./legend.js").Entry} Entry */
/** @typedef {import("./legend.js").End} End */
/** @typedef {readonly [x: number, y: number]} Point */

/**
 * About `count` round numbers from low to high.
 * @param {number} low
 * @param {number} high
 * @param {number} count
 */
export function ticks(low, high, count, whole = false) {
  const raw = (high - low) / count, unit = 10 ** Math.floor(Math.log10(raw));
  const step = unit *
    (raw <= 1.001 * unit ? 1 : raw <= 2.002 * unit ? 2 : raw <= 5.005 * unit ? 5 : 10);
  const by = whole ? Math.max(1, Math.round(step)) : step;
  const out = [];
  for (let i = Math.ceil(low / by - 1e-9); i * by <= high + 1e-9 * by; i++) {
    out.push(+(i * by).toPrecision(12));
  }
  return out;
}

/** `count` + 1 equally spaced numbers.
 * @type {(low: number, high: number, count: number) => number[]}
 */
export const steps = (low, high, count) =>
  Array.from({ length: count + 1 }, (_, i) => low + ((high - low) * i) / count);

/**
 * Path through groups of four samples, each the cubic through them: exact for cubic splines with knots at every third x.
 * @param {ArrayLike<number>} x
 * @param {ArrayLike<number>} y
 * @param {(x: number) => number} sx
 * @param {(y: number) => number} sy
 */
export function cubicPath(x, y, sx, sy) {
  const at = (/** @type {number} */ u, /** @type {number} */ v) =>
    sx(u).toFixed(2) + " " + sy(v).toFixed(2);
  let d = `M${at(x[0], y[0])}`;
  for (let i = 0; i + 3 < x.length; i += 3) {
    const [a, b, c, e] = [y[i], y[i + 1], y[i + 2], y[i + 3]];
    const first = at(x[i + 1], (18 * b - 5 * a - 9 * c + 2 * e) / 6);
    const second = at(x[i + 2], (2 * a - 9 * b + 18 * c - 5 * e) / 6);
    d += `C${first} ${second} ${at(x[i + 3], e)}`;
  }
  return d;
}

/** A point, for the type checker.
 * @type {(x: number, y: number) => Point}
 */
export const pair = (x, y) => [x, y];

/** Path along points.
 * @param {Point[]} points
 */
const linePath = (points) =>
  points.map(([x, y], i) => (i ? "L" : "M") + x.toFixed(2) + " " + y.toFixed(2)).join("");

/**
 * A function of the state that remembers its last value.
 * @template N, V
 * @param {(now: N) => V} f
 * @returns {(now: N) => V}
 */
export function remember(f) {
  /** @type {{key: string, value: V} | undefined} */
  let last;
  return (now) => {
    const key = JSON.stringify(now);
    if (last?.key !== key) last = { key, value: f(now) };
    return last.value;
  };
}

/** The class of what belongs to round t: its colour, as `round_colour` of figures.py gives it.
 * @param {number} t
 */
export const ofRound = (t) => `sdw-r${5 - [10, 5, 3, 2, 1, 0].findIndex((first) => t >= first)}`;

/**
 * Tells `moved` where a mouse, a pen or a finger presses or drags. A finger that swipes up or down scrolls the page, and
 * means nothing else; so a finger is heard when it has gone sideways, or has tapped.
 * @param {SVGSVGElement} svg
 * @param {(event: PointerEvent) => void} moved
 */
function follow(svg, moved) {
  const slack = 8; // px that a tap may tremble
  /** @type {{x: number, y: number, dragging: boolean} | null} */
  let start = null;
  svg.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    start = { x: event.clientX, y: event.clientY, dragging: event.pointerType !== "touch" };
    if (start.dragging) moved(event);
  });
  svg.addEventListener("pointermove", (event) => {
    if (!start || !event.buttons) return;
    const across = Math.abs(event.clientX - start.x), along = Math.abs(event.clientY - start.y);
    start.dragging ||= across > slack && across > along;
    if (start.dragging) moved(event);
  });
  svg.addEventListener("pointerup", (event) => {
    if (start && Math.hypot(event.clientX - start.x, event.clientY - start.y) <= slack) {
      moved(event);
    }
    start = null;
  });
  svg.addEventListener("pointercancel", () => start = null); // the page scrolls
}

/**
 * @typedef {object} Axes
 * @property {Point} x the ends of the axis
 * @property {Point} y
 * @property {number[]} xTicks
 * @property {number[]} yTicks
 * @property {string} xLabel
 * @property {string} yLabel
 * @property {Entry[]} [legend]
 * @property {End[]} [ends] curves named where they end, at the right; in a narrow picture the legend names them
 * @property {(x: number) => string} [xText] what stands at a tick
 * @property {(y: number) => string} [yText]
 */

/**
 * A picture with axes. begin(axes) fixes the scales; put(layer, key, tag, attributes) draws; end(description) ends;
 * `pointed` hears the x at which a pointer presses or drags.
 * @param {Element} parent
 * @param {object} options
 * @param {string} options.name
 * @param {(width: number) => number} options.height
 * @param {string[]} options.layers
 * @param {(x: number) => void} [options.pointed]
 */
export function panel(parent, { name, height, layers, pointed }) {
  const box = make("div", { class: "sdw-panel", "data-panel": name }, parent);
  const svg = ink("svg", { role: "img", class: "sdw-svg" }, box);
  const notice = make("p", { class: "sdw-notice", hidden: "" }, box);
  const frame = retain(ink("g", {}, svg));
  const plot = ink("svg", {}, svg); // an inner svg clips what leaves the axes, without an id
  const layer = Object.fromEntries(layers.map((key) => [key, retain(ink("g", {}, plot))]));
  let wide = 0; // of the box, heard of and not asked for: to ask in the midst of a drawing costs a layout each time
  new ResizeObserver(([{ contentRect }]) => wide = contentRect.width).observe(box);
  /** The plane of the axes, in pixels of the picture. */
  const at = { left: 44, right: 0, top: 0, bottom: 0 };
  /** @type {Point} */
  let xEnds = [0, 1];
  /** @type {Point} */
  let yEnds = [0, 1];
  const sx = (/** @type {number} */ v) =>
    at.left + ((v - xEnds[0]) / (xEnds[1] - xEnds[0])) * (at.right - at.left);
  const sy = (/** @type {number} */ v) =>
    at.bottom - ((v - yEnds[0]) / (yEnds[1] - yEnds[0])) * (at.bottom - at.top);

  /** @type {(axes: Axes) => void} */
  function drawAxes({ xTicks, yTicks, xLabel, yLabel, xText = figure, yText = figure }) {
    const { left, right, top, bottom } = at;
    for (const v of yTicks) {
      const y = +sy(v).toFixed(1), text = yText(v);
      frame.put(`y${v}`, "line", { x1: left, x2: right, y1: y, y2: y, class: "sdw-grid" });
      frame.put(`Y${v}`, "text", { x: left - 7, y: y + 4, class: "sdw-tick sdw-end", text });
    }
    let reached = -Infinity; // a text that would touch the one before is left out
    for (const v of xTicks) {
      const x = +sx(v).toFixed(1), text = xText(v), half = width(svg, text) / 2;
      frame.put(`x${v}`, "line", { x1: x, x2: x, y1: bottom, y2: bottom + 4, class: "sdw-axis" });
      if (x - half < reached + 6) continue;
      frame.put(`X${v}`, "text", { x, y: bottom + 17, class: "sdw-tick sdw-mid", text });
      reached = x + half;
    }
    frame.put("axis", "path", { d: `M${left} ${top}V${bottom}H${right}`, class: "sdw-axis" });
    const middle = { x: (left + right) / 2, y: bottom + 34 };
    frame.put("xlabel", "text", { ...middle, class: "sdw-label sdw-mid", text: xLabel });
    frame.put("ylabel", "text", { x: 4, y: 14, class: "sdw-label", text: yLabel });
  }

  if (pointed) {
    box.classList.add("sdw-pointed");
    follow(svg, (event) => {
      const seen = svg.getBoundingClientRect();
      const x = ((event.clientX - seen.left) / seen.width) * svg.viewBox.baseVal.width;
      pointed(xEnds[0] + ((x - at.left) / (at.right - at.left)) * (xEnds[1] - xEnds[0]));
    });
  }

  return {
    at,
    sx,
    sy,
    /** @param {Axes} axes */
    begin(axes) {
      const W = Math.max(240, wide || box.clientWidth || 640), H = Math.round(height(W));
      [xEnds, yEnds] = [axes.x, axes.y];
      const { ends = [], legend = [], yLabel } = axes, room = roomForEnds(svg, ends, W);
      const inside = room ? [] : ends.map(([mark, words]) => /** @type {Entry} */ ([mark, words]));
      at.right = W - 10 - room;
      at.bottom = H - 40;
      at.top = drawLegend(svg, frame, at, [...inside, ...legend], yLabel);
      change(svg, "viewBox", `0 0 ${W} ${H}`);
      const clip = [at.left - 6, at.top - 6, at.right - at.left + 12, at.bottom - at.top + 14];
      ["x", "y", "width", "height"].forEach((key, i) => change(plot, key, clip[i]));
      change(plot, "viewBox", clip.join(" "));
      drawAxes(axes);
      if (room) drawEnds(frame, at, ends, sy);
    },
    /** @type {(key: string, ...mark: Parameters<Layer["put"]>) => void} */
    put: (key, ...mark) => layer[key].put(...mark),
    /** A line along points, in the units of the axes; so are those below.
     * @type {(key: string, id: string | number, points: Point[], mark: string) => void} */
    line(key, id, points, mark) {
      const d = linePath(points.map(([x, y]) => [sx(x), sy(y)]));
      layer[key].put(id, "path", { d, class: mark });
    },
    /** @type {(key: string, id: string | number, x: number, y: number, r: number, mark: string) => void} */
    dot(key, id, x, y, r, mark) {
      const place = { cx: sx(x).toFixed(2), cy: sy(y).toFixed(2) };
      layer[key].put(id, "circle", { ...place, r, class: mark });
    },
    /** A cross on the foot of the picture.
     * @type {(key: string, id: string | number, x: number, r: number, mark: string) => void} */
    cross(key, id, x, r, mark) {
      const d = crossPath(sx(x), at.bottom - r - 4, r);
      layer[key].put(id, "path", { d, class: `${mark} sdw-cross` });
    },
    /** @type {(key: string, id: string | number, y: number, mark: string) => void} */
    level(key, id, y, mark) {
      layer[key].put(id, "path", { d: `M${at.left} ${sy(y).toFixed(2)}H${at.right}`, class: mark });
    },
    /** @type {(key: string, id: string | number, x: number, mark: string) => void} */
    upright(key, id, x, mark) {
      layer[key].put(id, "path", { d: `M${sx(x).toFixed(2)} ${at.top}V${at.bottom}`, class: mark });
    },
    /** A bar from the foot of the picture up to y, of a width in pixels.
     * @type {(key: string, id: string | number, x: number, y: number, wide: number, mark: string) => void} */
    bar(key, id, x, y, wide, mark) {
      const top = sy(y), place = { x: (sx(x) - wide / 2).toFixed(2), y: top.toFixed(2) };
      const size = { width: wide.toFixed(2), height: Math.max(0, at.bottom - top).toFixed(2) };
      layer[key].put(id, "rect", { ...place, ...size, class: mark });
    },
    /** What a screen reader hears of the picture, and a message across it.
     * @param {string} description */
    end(description, message = "") {
      frame.sweep();
      for (const key of layers) layer[key].sweep();
      change(svg, "aria-label", description);
      change(notice, "text", message);
      if (notice.hidden === Boolean(message)) notice.hidden = !message;
    },
  };
}

/**
 * A panel of filters h(d) against the logarithm of d: start(legend), curve(id, h, class), modes(d, h).
 * @param {Element} parent
 */
export function keptPanel(parent) {
  const height = (/** @type {number} */ W) => Math.min(300, Math.max(240, W * 0.44));
  const self = panel(parent, { name: "kept", height, layers: ["line", "dots"] });
  /** @type {Axes} */
  const axes = {
    x: [-6.5, -1.5],
    y: [0, 1],
    xTicks: [-6, -5, -4, -3, -2],
    yTicks: steps(0, 1, 4),
    xText: power10,
    xLabel: "eigenvalue d",
    yLabel: "kept, h(d)",
  };
  return {
    ...self,
    /** @param {Entry[]} legend */
    start: (legend) => self.begin({ ...axes, legend }),
    /** @type {(id: string, h: (d: number) => number, mark: string) => void} */
    curve: (id, h, mark) =>
      self.line("line", id, steps(-6.5, -1.5, 180).map((u) => [u, h(10 ** u)]), mark),
    /** @type {(d: Float64Array, h: (d: number) => number) => void} */
    modes: (d, h) => d.forEach((v) => self.dot("dots", v, Math.log10(v), h(v), 4, "sdw-blue")),
  };
}
