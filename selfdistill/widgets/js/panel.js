/* Pictures with axes: elements, figures for people, paths, panels. Drawing is retained: a mark keeps its element. */

/** A new element; tags that begin with "svg:" are SVG; the attribute `text` is its text. */
export function make(tag, attributes, parent) {
  const node = tag.startsWith("svg:")
    ? document.createElementNS("http://www.w3.org/2000/svg", tag.slice(4))
    : document.createElement(tag);
  for (const name in attributes) change(node, name, attributes[name]);
  parent?.append(node);
  return node;
}

/** Sets one attribute; in text, "B_t" has a subscript t (in SVG) or stands as it is (in HTML). */
export function change(node, name, value) {
  if (name !== "text") node.setAttribute(name, value);
  else if (!(node instanceof SVGElement) || !value.includes("_")) node.textContent = value;
  else {
    node.textContent = "";
    value.split(/_(\w+)/).forEach((part, i) => {
      const piece = make(
        "svg:tspan",
        i % 2 ? { dy: 3, "font-size": "75%" } : i ? { dy: -3 } : {},
        node,
      );
      piece.textContent = part;
    });
  }
}

const SMALL = (digits, text) =>
  [...text].map((sign) => digits["-0123456789".indexOf(sign)]).join("");
export const superscript = (n) => SMALL("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", String(n));
export const subscript = (n) => SMALL("₋₀₁₂₃₄₅₆₇₈₉", String(n));
export const power10 = (n) => (n ? `10${superscript(n)}` : "1");

/** A number for people: `digits` significant ones, powers of ten written as such. */
export function figure(value, digits = 3) {
  if (value === 0 || (Math.abs(value) >= 1e-3 && Math.abs(value) < 1e5)) {
    return String(+value.toPrecision(digits)).replace("-", "−");
  }
  const [head, power] = value.toExponential(digits - 1).split("e");
  return `${head.replace("-", "−")}·10${superscript(+power)}`;
}

/** About `count` round numbers from low to high. */
export function ticks(low, high, count, whole = false) {
  const raw = (high - low) / count, unit = 10 ** Math.floor(Math.log10(raw));
  let step = unit * [1, 2, 5, 10].find((m) => m * unit >= raw * 0.999);
  if (whole) step = Math.max(1, Math.round(step));
  const out = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; i++) {
    out.push(+(i * step).toPrecision(12));
  }
  return out;
}

/** Path through groups of four samples, each the cubic through them: exact for cubic splines with knots at every third x. */
export function cubicPath(x, y, sx, sy) {
  const at = (u, v) => `${sx(u).toFixed(2)} ${sy(v).toFixed(2)}`;
  let d = `M${at(x[0], y[0])}`;
  for (let i = 0; i + 3 < x.length; i += 3) {
    const [a, b, c, e] = [y[i], y[i + 1], y[i + 2], y[i + 3]];
    d += `C${at(x[i + 1], (18 * b - 5 * a - 9 * c + 2 * e) / 6)} ${
      at(x[i + 2], (2 * a - 9 * b + 18 * c - 5 * e) / 6)
    } ${at(x[i + 3], e)}`;
  }
  return d;
}

/** A function of the state that remembers its last value. */
export const remember =
  (f, key, value) => (now) => (key === (key = JSON.stringify(now)) ? value : (value = f(now)));

/** Path along points [x, y]. */
const linePath = (points) =>
  points.map(([x, y], i) => `${i ? "L" : "M"}${x.toFixed(2)} ${y.toFixed(2)}`).join("");

/** Elements under `parent` by key: put() makes or updates one, sweep() drops those not put since the last sweep. */
function retain(parent) {
  const kept = new Map();
  let seen = new Set();
  return {
    put(key, tag, attributes) {
      let entry = kept.get(key);
      if (entry?.tag !== tag) {
        entry?.node.remove();
        kept.set(key, entry = { tag, node: make(`svg:${tag}`, {}, parent), old: {} });
      }
      seen.add(key);
      for (const name in attributes) {
        if (entry.old[name] !== attributes[name]) {
          change(entry.node, name, entry.old[name] = attributes[name]);
        }
      }
    },
    sweep() {
      for (const [key, entry] of kept) {
        if (!seen.has(key)) {
          entry.node.remove();
          kept.delete(key);
        }
      }
      seen = new Set();
    },
  };
}

const DOT = /dot|blue|here/; // marks that a legend shows as a dot

/** How wide a text of a legend stands in this picture; measured once. */
const widths = new Map();
function width(svg, text) {
  if (widths.has(text)) return widths.get(text);
  const node = make("svg:text", { class: "sdw-tick", text }, svg),
    found = node.getComputedTextLength();
  node.remove();
  if (found) widths.set(text, found); // nothing has a width before it is shown
  return found || 6.5 * text.length;
}

/** Places [x, row] of a legend's items: in the row of the label (`lines` is 0) where `beside` has room, else below it. */
function legendRows(sizes, beside, below) {
  const used = sizes.reduce((a, b) => a + b, 0);
  let x = 0, row = used > beside ? 1 : 0;
  const places = sizes.map((size) => {
    if (row && x && x + size - 17 > below) {
      x = 0;
      row++;
    } // the last 17 px part it from the next
    x += size;
    return [x - size, row];
  });
  return { places, used: used - 17, lines: row };
}

/** A picture with axes. begin(axes) fixes the scales; put(layer, key, tag, attributes) draws; end(description) ends;
    `pointed` hears the x at which a pointer presses or drags. */
export function panel(parent, { name, height, layers, pointed }) {
  const box = make("div", { class: "sdw-panel", "data-panel": name }, parent);
  const svg = make("svg:svg", { role: "img", class: "sdw-svg" }, box);
  const notice = make("p", { class: "sdw-notice", hidden: "" }, box);
  const frame = retain(make("svg:g", {}, svg));
  const plot = make("svg:svg", {}, svg); // an inner svg clips what leaves the axes, without an id
  const layer = Object.fromEntries(layers.map((key) => [key, retain(make("svg:g", {}, plot))]));
  const self = {
    box,
    svg,
    begin({ x, y, xTicks, yTicks, xLabel, yLabel, legend = [], xText = figure, yText = figure }) {
      const W = Math.max(240, box.clientWidth || 640), H = Math.round(height(W));
      const L = 44,
        R = W - 10,
        rows = legendRows(
          legend.map(([mark, text]) => (DOT.test(mark) ? 32 : 46) + width(svg, text)),
          R - width(svg, yLabel) * 1.1 - 20,
          R - L,
        ),
        T = 26 + 20 * rows.lines,
        B = H - 40;
      self.sx = (v) => L + ((v - x[0]) / (x[1] - x[0])) * (R - L);
      self.sy = (v) => B - ((v - y[0]) / (y[1] - y[0])) * (B - T);
      self.x = x;
      self.left = L;
      self.right = R;
      self.top = T;
      self.bottom = B;
      change(svg, "viewBox", `0 0 ${W} ${H}`);
      const clip = { x: L - 6, y: T - 6, width: R - L + 12, height: B - T + 14 };
      for (const key in clip) change(plot, key, clip[key]);
      change(plot, "viewBox", `${clip.x} ${clip.y} ${clip.width} ${clip.height}`);
      for (const v of yTicks) {
        const at = self.sy(v).toFixed(1);
        frame.put(`y${v}`, "line", { x1: L, x2: R, y1: at, y2: at, class: "sdw-grid" });
        frame.put(`Y${v}`, "text", {
          x: L - 7,
          y: +at + 4,
          class: "sdw-tick sdw-end",
          text: yText(v),
        });
      }
      for (const v of xTicks) {
        const at = self.sx(v).toFixed(1);
        frame.put(`x${v}`, "line", { x1: at, x2: at, y1: B, y2: B + 4, class: "sdw-axis" });
        frame.put(`X${v}`, "text", { x: at, y: B + 17, class: "sdw-tick sdw-mid", text: xText(v) });
      }
      frame.put("axis", "path", { d: `M${L} ${T}V${B}H${R}`, class: "sdw-axis" });
      frame.put("xlabel", "text", {
        x: (L + R) / 2,
        y: H - 6,
        class: "sdw-label sdw-mid",
        text: xLabel,
      });
      frame.put("ylabel", "text", { x: 4, y: 14, class: "sdw-label", text: yLabel });
      legend.forEach(([mark, text], i) => {
        const at = rows.places[i][0] + (rows.lines ? L : R - rows.used),
          y = 14 + 20 * rows.places[i][1];
        const from = at + (DOT.test(mark) ? 15 : 29);
        if (/band/.test(mark)) {
          frame.put(`l${i}`, "rect", { x: at, y: y - 10, width: 24, height: 12, class: mark });
        } else if (DOT.test(mark)) {
          frame.put(`l${i}`, "circle", { cx: at + 5, cy: y - 4, r: 4, class: mark });
        } else frame.put(`l${i}`, "path", { d: `M${at} ${y - 4}h24`, class: mark });
        frame.put(`L${i}`, "text", { x: from, y, class: "sdw-tick", text });
      });
    },
    put: (key, ...mark) => layer[key].put(...mark),
    /** A line along points, a dot, a level line and an upright one, all in the units of the axes. */
    line: (key, id, points, mark) =>
      layer[key].put(id, "path", {
        d: linePath(points.map(([x, y]) => [self.sx(x), self.sy(y)])),
        class: mark,
      }),
    dot: (key, id, x, y, r, mark) =>
      layer[key].put(id, "circle", {
        cx: self.sx(x).toFixed(2),
        cy: self.sy(y).toFixed(2),
        r,
        class: mark,
      }),
    level: (key, id, y, mark) =>
      layer[key].put(id, "path", {
        d: `M${self.left} ${self.sy(y).toFixed(2)}H${self.right}`,
        class: mark,
      }),
    upright: (key, id, x, mark) =>
      layer[key].put(id, "path", {
        d: `M${self.sx(x).toFixed(2)} ${self.top}V${self.bottom}`,
        class: mark,
      }),
    end(description, message = "") {
      frame.sweep();
      for (const key of layers) layer[key].sweep();
      change(svg, "aria-label", description);
      notice.textContent = message;
      notice.hidden = !message;
    },
  };
  if (pointed) {
    change(box, "class", "sdw-panel sdw-pointed");
    for (const type of ["pointerdown", "pointermove"]) {
      svg.addEventListener(type, (event) => {
        if (!event.buttons) return;
        const seen = svg.getBoundingClientRect(),
          at = ((event.clientX - seen.left) / seen.width) * svg.viewBox.baseVal.width;
        pointed(
          self.x[0] + ((at - self.left) / (self.right - self.left)) * (self.x[1] - self.x[0]),
        );
      });
    }
  }
  return self;
}

/** `count` + 1 equally spaced numbers. */
export const steps = (low, high, count) =>
  Array.from({ length: count + 1 }, (_, i) => low + ((high - low) * i) / count);

/** A panel of filters h(d) against the logarithm of d: start(legend), curve(id, h, class), modes(d, h). */
export function keptPanel(parent) {
  const self = panel(parent, {
    name: "kept",
    height: (W) => Math.min(300, Math.max(240, W * 0.44)),
    layers: ["line", "dots"],
  });
  return Object.assign(self, {
    start: (legend) =>
      self.begin({
        x: [-6.5, -1.5],
        y: [0, 1],
        xTicks: [-6, -5, -4, -3, -2],
        yTicks: steps(0, 1, 4),
        xText: power10,
        xLabel: "eigenvalue d",
        yLabel: "kept, h(d)",
        legend,
      }),
    curve: (id, h, mark) =>
      self.line("line", id, steps(-6.5, -1.5, 180).map((u) => [u, h(10 ** u)]), mark),
    modes: (d, h) => d.forEach((v) => self.dot("dots", v, Math.log10(v), h(v), 4, "sdw-blue")),
  });
}
