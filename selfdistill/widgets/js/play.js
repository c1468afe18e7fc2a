/* A button that plays the rounds, one after the other. */

import { change, make } from "./ink.js";

/**
 * A button that walks a slider of rounds to its end, one round after the other. It rests where the last round is shown,
 * where a hand does anything else, and where the picture has left the window; with less motion asked for it is away.
 * @param {Element} parent
 * @param {HTMLElement} root
 * @param {string} words
 * @param {() => {now: number, first: number, last: number}} where
 * @param {(round: number) => void} move
 */
export function player(parent, root, words, where, move) {
  const button = make("button", {
    type: "button",
    class: "sdw-play",
    text: words,
    "aria-pressed": "false",
  }, parent);
  let timer = 0, shown = NaN;
  const rest = () => {
    clearTimeout(timer);
    timer = 0;
    change(button, "aria-pressed", "false");
  };
  const beat = () => {
    const { now, first, last } = where();
    if (!root.isConnected || (timer && now !== shown)) return rest(); // gone, or set by another: a link, a kernel
    shown = !timer && now >= last ? first : Math.min(now + 1, last);
    move(shown);
    if (shown >= last) return rest();
    change(button, "aria-pressed", "true");
    timer = setTimeout(beat, Math.max(120, 700 - 20 * (last - first))); // many rounds go by faster
  };
  button.addEventListener("click", () => (timer ? rest() : beat()));
  const elsewhere = (/** @type {Event} */ event) => {
    if (timer && !event.composedPath().includes(button)) rest();
  };
  const watch = new IntersectionObserver((seen) => {
    if (timer && !seen.some((one) => one.isIntersecting)) rest();
  });
  const acts = ["pointerdown", "keydown"];
  return {
    begin() {
      for (const act of acts) addEventListener(act, elsewhere, true);
      watch.observe(root);
    },
    stop() {
      rest();
      for (const act of acts) removeEventListener(act, elsewhere, true);
      watch.disconnect();
    },
  };
}
