/* Points as text: what a reader pastes or drops, and what stands in a link. Nothing leaves the page. */

/** @typedef {[x: number, y: number]} XY */

export const MOST = 200; // points

const ODD = "neither two numbers nor empty";

/** The number that a cell holds, NaN for anything else; none beyond 1e100, whose square float64 could not hold twice.
 * @param {string | undefined} cell
 */
function number(cell) {
  const text = (cell ?? "").trim().replace(/^"(.*)"$/, "$1").trim();
  const plain = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text);
  return plain && Math.abs(+text) <= 1e100 ? +text : NaN;
}

/** Two columns of numbers, from text with tabs, semicolons, commas or spaces between them; and all that was not read, in
    words. With tabs or semicolons a comma is a decimal one.
 * @param {string} text
 * @returns {{points: XY[], told: string}}
 */
export function readTable(text) {
  /** @type {XY[]} */
  const points = [], words = [];
  let first = true, odd = 0, more = false, decimal = false, head = "";
  text.replace(/^\uFEFF/, "").split(/\r\n|\r|\n/).forEach((line, i) => {
    if (!line.trim()) return;
    const wide = /[\t;]/.test(line), comma = !wide && line.includes(",");
    const cells = wide ? line.split(/[\t;]/) : line.trim().split(comma ? "," : /\s+/);
    const [x, y] = [0, 1].map((i) => number(wide ? cells[i]?.replace(",", ".") : cells[i]));
    if (x === x && y === y) {
      points.push([x, y]);
      more ||= cells.length > 2 && cells[2].trim() !== "";
      decimal ||= wide && cells.slice(0, 2).some((cell) => cell.includes(","));
    } else if (first && x !== x && y !== y && cells.length > 1) head = line.trim();
    else if (odd++ < 3) words.push(`line ${i + 1} is ${ODD}: “${line.trim().slice(0, 30)}”`);
    first = false;
  });
  if (odd > 3) words.push(`and ${odd - 3} more such lines`);
  if (head) words.unshift(`the first line is taken as names: “${head.slice(0, 30)}”`);
  if (more) words.push("columns beyond the second are left out");
  if (decimal) words.push("commas are read as decimal points");
  return { points, told: words.join("; ") };
}

/** @param {(readonly [number, number])[]} points */
export const writePoints = (points) =>
  points.map(([x, y]) => `${x},${y}`.replaceAll("+", "")).join(";");

/** The points of a link, or null if it is no list "x,y;x,y" of at most 200.
 * @param {string} text
 * @returns {XY[] | null}
 */
export function readPoints(text) {
  const list = text ? text.split(";").map((one) => one.split(",").map(number)) : [];
  const whole = list.length <= MOST &&
    list.every((one) => one.length === 2 && one.every((v) => v === v));
  return whole ? /** @type {XY[]} */ (list) : null;
}

/** What suits new points: the interval from 0 to 1 if they lie in it, else theirs and a little more; and whether their mean
    is taken off, as where it is larger than their scatter.
 * @param {XY[]} points
 */
export function framed(points) {
  const x = points.map((point) => point[0]), low = Math.min(...x), high = Math.max(...x);
  const pad = (high - low) / 20 || 0.5, inside = !points.length || (low >= 0 && high <= 1);
  const mean = points.reduce((sum, [, v]) => sum + v, 0) / points.length;
  const scatter = points.reduce((sum, [, v]) => sum + (v - mean) ** 2, 0);
  return {
    ends: inside ? "0,1" : `${low - pad},${high + pad}`.replaceAll("+", ""),
    centre: scatter < mean * mean * points.length ? "mean" : "zero",
  };
}
