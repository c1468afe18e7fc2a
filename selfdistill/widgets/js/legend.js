/* What names the curves of a picture: a legend above it, or, where there is room, words at their ends beside it. */

import { ink } from "./ink.js";

/** @typedef {import("./ink.js").Layer} Layer */
/** @typedef {[mark: string, words: string]} Entry  of a legend: a class of marks, and what they are */
/** @typedef {[mark: string, words: string, y: number]} End  of a curve: its class, its name, and where it ends */

const SPOT = /dot|blue|here|cross|ring/; // marks that a legend shows as a dot, a cross or a ring
const GAP = 17; // px that part an entry from the next
const LINE = 15; // px from one name at the ends to the next, at least

/** How wide a text of a legend stands; measured once, for figures have equal widths there.
 * @type {Map<string, number>}
 */
const widths = new Map();

/** @param {SVGElement} svg  @param {string} words */
export function width(svg, words) {
  const text = words.replace(/\d/g, "0"), known = widths.get(text);
  if (known) return known;
  const node = ink("text", { class: "sdw-tick", text }, svg), found = node.getComputedTextLength();
  node.remove();
  if (found) widths.set(text, found); // nothing has a width before it is shown
  return found || 6.5 * text.length;
}

/** An entry of a legend where it is wanted, else none.
 * @type {(wanted: boolean, mark: string, words: string) => Entry[]}
 */
export const entries = (wanted, mark, words) => (wanted ? [[mark, words]] : []);

/** Path of a cross.
 * @type {(x: number, y: number, r: number) => string}
 */
export const crossPath = (x, y, r) =>
  `M${(x - r).toFixed(2)} ${(y - r).toFixed(2)}l${2 * r} ${2 * r}m0 ${-2 * r}l${-2 * r} ${2 * r}`;

/**
 * Places [x, row] of a legend's items: in the row of the label (`lines` is 0) where `beside` has room, else below it.
 * @param {number[]} sizes
 * @param {number} beside
 * @param {number} below
 */
function legendRows(sizes, beside, below) {
  const used = sizes.reduce((a, b) => a + b, 0);
  let x = 0, row = used > beside ? 1 : 0;
  const places = sizes.map((size) => {
    if (row && x && x + size - GAP > below) {
      x = 0;
      row++;
    }
    x += size;
    return [x - size, row];
  });
  return { places, used: used - GAP, lines: row };
}

/**
 * The mark of a legend's entry, at the left end x of its place and in the middle y of its line.
 * @param {Layer} frame
 * @param {string} key
 * @param {string} mark
 * @param {number} x
 * @param {number} y
 */
function legendMark(frame, key, mark, x, y) {
  if (/band/.test(mark)) {
    frame.put(key, "rect", { x, y: y - 6, width: 24, height: 12, class: mark });
  } else if (/cross/.test(mark)) {
    frame.put(key, "path", { d: crossPath(x + 5, y, 4), class: mark });
  } else if (SPOT.test(mark)) {
    frame.put(key, "circle", { cx: x + 5, cy: y, r: /ring/.test(mark) ? 5 : 4, class: mark });
  } else frame.put(key, "path", { d: `M${x} ${y}h24`, class: mark });
}

/**
 * Draws a legend between left and right, beside the label of the y-axis or below it; returns its height.
 * @param {SVGElement} svg
 * @param {Layer} frame
 * @param {{left: number, right: number}} at
 * @param {Entry[]} legend
 * @param {string} yLabel
 */
export function drawLegend(svg, frame, { left, right }, legend, yLabel) {
  const sizes = legend.map(([mark, words]) => (SPOT.test(mark) ? 32 : 46) + width(svg, words));
  const beside = right - width(svg, yLabel) * 1.1 - 20;
  const { places, used, lines } = legendRows(sizes, beside, right - left);
  legend.forEach(([mark, text], i) => {
    const x = places[i][0] + (lines ? left : right - used), y = 14 + 20 * places[i][1];
    legendMark(frame, `l${i}`, mark, x, y - 4);
    frame.put(`L${i}`, "text", { x: x + (SPOT.test(mark) ? 15 : 29), y, class: "sdw-tick", text });
  });
  return 26 + 20 * lines;
}

/** What stands beside the plane of the axes to name the ends of curves needs so many pixels; none in a narrow picture,
 * where the legend has them.
 * @type {(svg: SVGElement, ends: End[], wide: number) => number}
 */
export const roomForEnds = (svg, ends, wide) =>
  wide < 520 ? 0 : Math.max(0, ...ends.map(([, words]) => width(svg, words) + 26));

/**
 * Heights near the given ones, in the same order, that leave each name a line, between top and bottom.
 * @param {number[]} heights
 * @param {number} top
 * @param {number} bottom
 */
function spread(heights, top, bottom) {
  const order = heights.map((_, i) => i).sort((a, b) => heights[a] - heights[b]);
  const out = [...heights];
  order.forEach((i, rank) => out[i] = Math.max(out[i], rank ? out[order[rank - 1]] + LINE : top));
  order.reverse().forEach((i, rank) => {
    out[i] = Math.min(out[i], rank ? out[order[rank - 1]] - LINE : bottom);
  });
  return out;
}

/**
 * Names the curves where they end, each with a piece of its line.
 * @param {Layer} frame
 * @param {{right: number, top: number, bottom: number}} at
 * @param {End[]} ends
 * @param {(y: number) => number} sy
 */
export function drawEnds(frame, { right, top, bottom }, ends, sy) {
  const heights = spread(ends.map(([, , y]) => sy(y)), top, bottom);
  ends.forEach(([mark, text], i) => {
    const y = +heights[i].toFixed(1), from = sy(ends[i][2]).toFixed(1);
    frame.put(`e${i}`, "path", { d: `M${right} ${from}L${right + 6} ${y}h12`, class: mark });
    frame.put(`E${i}`, "text", { x: right + 22, y: y + 4, class: "sdw-tick", text });
  });
}
