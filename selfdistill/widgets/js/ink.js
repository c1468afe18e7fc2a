/* Elements of HTML and SVG, their text, and layers of marks that keep their elements from drawing to drawing. */

/** @typedef {Record<string, string | number>} Attributes */
/** @typedef {ReturnType<typeof retain>} Layer */

/**
 * A new HTML element; the attribute `text` is its text.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Attributes} attributes
 * @param {Element | null} [parent]
 */
export function make(tag, attributes, parent) {
  return dress(document.createElement(tag), attributes, parent);
}

/**
 * A new SVG element.
 * @template {keyof SVGElementTagNameMap} T
 * @param {T} tag
 * @param {Attributes} attributes
 * @param {Element | null} [parent]
 */
export function ink(tag, attributes, parent) {
  return dress(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, parent);
}

/**
 * @template {Element} E
 * @param {E} node
 * @param {Attributes} attributes
 * @param {Element | null} [parent]
 */
function dress(node, attributes, parent) {
  for (const name in attributes) change(node, name, attributes[name]);
  parent?.append(node);
  return node;
}

/**
 * Sets one attribute; in text, "B_t" has a subscript t (in SVG) or stands as it is (in HTML). What stands so already is
 * not set again: a browser would lay out and paint anew (a viewBox, every text under it).
 * @param {Element} node
 * @param {string} name
 * @param {string | number} value
 */
export function change(node, name, value) {
  const text = String(value), old = name === "text" ? node.textContent : node.getAttribute(name);
  if (text === old) return;
  if (name !== "text") node.setAttribute(name, text);
  else if (!(node instanceof SVGElement) || !text.includes("_")) node.textContent = text;
  else {
    node.textContent = "";
    text.split(/_(\w+)/).forEach((part, i) => {
      const piece = ink("tspan", { text: part }, node);
      if (i) change(piece, "dy", i % 2 ? 3 : -3);
      if (i % 2) change(piece, "font-size", "75%");
    });
  }
}

/** @param {string} digits  @param {string} text */
const raised = (digits, text) =>
  [...text].map((sign) => digits["-0123456789".indexOf(sign)]).join("");
/** @param {number} n */
export const superscript = (n) => raised("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", String(n));
/** @param {number} n */
export const subscript = (n) => raised("₋₀₁₂₃₄₅₆₇₈₉", String(n));
/** @param {number} n */
export const power10 = (n) => (n ? `10${superscript(n)}` : "1");

/** A number for people: `digits` significant ones, powers of ten written as such. */
export function figure(/** @type {number} */ value, digits = 3) {
  if (value === 0 || (Math.abs(value) >= 1e-3 && Math.abs(value) < 1e5)) {
    return String(+value.toPrecision(digits)).replace("-", "−");
  }
  const [head, power] = value.toExponential(digits - 1).split("e");
  return `${head.replace("-", "−")}·10${superscript(+power)}`;
}

/**
 * Elements under `parent` by key: put() makes or updates one, sweep() drops those not put since the last sweep.
 * @param {Element} parent
 */
export function retain(parent) {
  /** @type {Map<string | number, {tag: string, node: Element, old: Attributes}>} */
  const kept = new Map();
  const seen = new Set();
  return {
    /**
     * @param {string | number} key
     * @param {keyof SVGElementTagNameMap} tag
     * @param {Attributes} attributes
     */
    put(key, tag, attributes) {
      let entry = kept.get(key);
      if (entry?.tag !== tag) {
        entry?.node.remove();
        kept.set(key, entry = { tag, node: ink(tag, {}, parent), old: {} });
      }
      seen.add(key);
      for (const name in attributes) {
        const value = attributes[name];
        if (entry.old[name] !== value) change(entry.node, name, entry.old[name] = value);
      }
    },
    sweep() {
      for (const [key, { node }] of kept) {
        if (!seen.has(key)) {
          node.remove();
          kept.delete(key);
        }
      }
      seen.clear();
    },
  };
}
