/* Points of a picture under the hand: by mouse, by finger, by key. One of them is chosen, and a handle stands on it. */

import { change, make } from "./ink.js";

/** @typedef {import("./panel.js").Point} Point */

/**
 * A finger that swipes over points scrolls the page: it drags the handle of the point that it tapped before, and nothing
 * else. Returns the handle's `show(place, words)`, `focus()`, and whether a drag goes on.
 * @param {HTMLElement} box a panel; places are in its pixels
 * @param {object} parts
 * @param {() => Point[]} parts.places of all points
 * @param {() => number} parts.at the chosen one
 * @param {(k: number) => void} parts.choose
 * @param {(place: Point) => void} parts.move the chosen one is dragged there
 * @param {() => void} parts.rest a drag has ended
 * @param {(k: number) => void} parts.twice a point was clicked twice
 * @param {(place: Point) => void} [parts.add] a click where no point is
 * @param {(event: KeyboardEvent) => boolean} parts.key a key for the chosen one; false if it means nothing
 */
export function grip(box, { places, at, choose, move, rest, twice, add, key }) {
  /** @type {{x: number, y: number, moved: boolean, drag: boolean, met: number} | null} */
  let press = null;
  let dragging = false;
  const handle = make("button", { type: "button", class: "sdw-grip" }, box);
  /** @type {(event: MouseEvent) => Point} */
  const where = (event) => {
    const seen = box.getBoundingClientRect();
    return [event.clientX - seen.left, event.clientY - seen.top];
  };
  /** The point that a pointer means, or -1. */
  const meant = (/** @type {MouseEvent} */ event, /** @type {number} */ reach) => {
    const [x, y] = where(event), far = places().map(([px, py]) => Math.hypot(px - x, py - y));
    const near = far.indexOf(Math.min(...far));
    return far[near] <= reach ? near : -1;
  };
  box.addEventListener("pointerdown", (event) => {
    if (event.button || !event.isPrimary) return;
    const touch = event.pointerType === "touch", held = event.target === handle;
    const met = held ? at() : meant(event, touch ? 22 : 12), drag = met >= 0 && (held || !touch);
    press = { x: event.clientX, y: event.clientY, moved: false, drag, met };
    if (!drag) return;
    if (met !== at()) choose(met);
    dragging = true;
    box.setPointerCapture(event.pointerId);
  });
  box.addEventListener("pointermove", (event) => {
    if (!press) return;
    press.moved ||= Math.hypot(event.clientX - press.x, event.clientY - press.y) > 3;
    if (press.drag && press.moved) move(where(event));
  });
  box.addEventListener("pointerup", (event) => {
    if (press && !press.moved && !press.drag) {
      const { met } = press;
      if (met >= 0) choose(met);
      else add?.(where(event));
      if (met >= 0 || add) {
        handle.hidden = false;
        handle.focus({ preventScroll: true });
      }
    }
    press = null;
    if (dragging) rest();
    dragging = false;
  });
  box.addEventListener("pointercancel", () => {
    press = null; // the page scrolls
    dragging = false;
  });
  box.addEventListener("dblclick", (event) => {
    const met = meant(event, 12);
    if (met >= 0) twice(met);
  });
  handle.addEventListener("keydown", (event) => {
    if (event.key === "PageUp") choose(at() - 1);
    else if (event.key === "PageDown") choose(at() + 1);
    else if (!key(event)) return;
    event.preventDefault();
  });
  return {
    handle,
    dragging: () => dragging,
    /** @type {(place: Point | undefined, words: string) => void} */
    show(place, words) {
      handle.hidden = !place;
      if (!place) return;
      handle.style.left = `${place[0]}px`;
      handle.style.top = `${place[1]}px`;
      change(handle, "aria-label", words);
    },
  };
}
