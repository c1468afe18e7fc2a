/* Links from the prose, "#name?trait=value&show=panel": they set the state, mark a panel and bring it into view.
   On a static page each is a step of the browser's history: Back returns to the sentence and to the state. */

import { make } from "./ink.js";

/** @typedef {Record<string, any>} State */

/**
 * Brings a box into view whole, with as little scrolling as that takes; its top where the window is too low for it.
 * The room it keeps from the edges is its scroll-margin, for the page may have a bar above.
 * @param {Element} box
 */
function reveal(box) {
  const style = getComputedStyle(box), { height } = box.getBoundingClientRect();
  const room = innerHeight - parseFloat(style.scrollMarginTop) -
    parseFloat(style.scrollMarginBottom);
  box.scrollIntoView({ block: height > room ? "start" : "nearest", behavior: "instant" });
}

/** @param {Element} node */
function inSight(node) {
  const { top, bottom } = node.getBoundingClientRect();
  return bottom > 0 && top < innerHeight;
}

/** Whether the browser itself brings this page back to where it was.
 * @returns {boolean}
 */
function returning() {
  const [entry] = performance.getEntriesByType("navigation");
  return /** @type {any} */ (entry)?.type === "reload" || /** @type {any} */
    (entry)?.type === "back_forward";
}

/**
 * Obeys the links to one explorable until the returned function is called.
 * @param {object} parts
 * @param {HTMLElement} parts.root
 * @param {string} parts.name
 * @param {boolean} parts.hosted whether the page is ours, with an address that names a state
 * @param {(query: URLSearchParams) => State} parts.read what a link asks for; throws what it cannot have
 * @param {(state: State) => void} parts.set
 * @param {() => State} parts.state the present one
 * @param {(words: string) => void} parts.refuse tells the reader what a link cannot have
 */
export function followLinks({ root, name, hosted, read, set, state, refuse }) {
  const prefix = `#${name}?`, panels = [...root.querySelectorAll("[data-panel]")];
  const back = make("button", { type: "button", class: "sdw-return", text: "Back to the text" });
  let marked = "";

  /** Marks the panel of this name, if there is one. */
  const mark = (/** @type {string} */ wanted) => {
    marked = wanted;
    const of = (/** @type {Element} */ box) => box.getAttribute("data-panel") === wanted;
    for (const box of panels) box.classList.toggle("sdw-marked", of(box));
    back.remove();
    return panels.find(of);
  };
  /** @type {(hash: string, from?: Element | null) => void} */
  const obey = (hash, from) => {
    const query = new URLSearchParams(hash.slice(prefix.length)), wanted = query.get("show") ?? "";
    try {
      set(read(query));
      if (wanted && !panels.some((box) => box.getAttribute("data-panel") === wanted)) {
        throw new Error(`there is no picture ${wanted}`);
      }
    } catch (error) {
      refuse(`The link ${hash} does not fit: ${error instanceof Error ? error.message : error}.`);
      reveal(root.querySelector(".sdw-error") ?? root);
      return;
    }
    const box = mark(wanted);
    reveal(box ?? root);
    if (!from || inSight(from)) return;
    (box ?? root).append(back);
    back.onclick = () => {
      back.remove();
      from.scrollIntoView({ block: "center", behavior: "instant" });
      if (from instanceof HTMLElement) from.focus({ preventScroll: true });
    };
  };

  /** The place of this explorable in an entry of the history. */
  const remembered = () => history.state?.sd?.[name];
  const remember = () => {
    const sd = { ...history.state?.sd, [name]: { state: state(), marked } };
    history.replaceState({ ...history.state, sd }, "");
  };
  /** @param {MouseEvent} event */
  const click = (event) => {
    const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
    if (!(link instanceof HTMLAnchorElement) || !link.hash.startsWith(prefix)) return;
    if (link.pathname !== location.pathname) return;
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return; // a new tab or window
    event.preventDefault();
    if (hosted) {
      remember(); // what the entry that is left behind will come back to
      history.pushState({}, "", link.hash);
    }
    obey(link.hash, link);
    if (hosted) remember();
  };
  const travel = () => {
    const entry = remembered();
    if (!entry) return;
    set(entry.state);
    mark(entry.marked);
  };
  const address = () => {
    if (location.hash.startsWith(prefix) && !remembered()) obey(location.hash);
  };

  document.addEventListener("click", click);
  if (hosted) {
    addEventListener("popstate", travel);
    addEventListener("hashchange", address);
    if (remembered() && returning()) travel();
    else if (location.hash.startsWith(prefix)) settle(() => obey(location.hash));
  }
  return () => {
    document.removeEventListener("click", click);
    removeEventListener("popstate", travel);
    removeEventListener("hashchange", address);
  };
}

/** Calls now, and once more when formulas and fonts have come and moved the page, unless the reader has begun to read.
 * @param {() => void} call
 */
function settle(call) {
  let busy = false;
  for (const type of ["wheel", "touchstart", "keydown", "pointerdown"]) {
    addEventListener(type, () => busy = true, { once: true, passive: true });
  }
  call();
  const typeset = /** @type {any} */ (globalThis).MathJax?.startup?.promise;
  Promise.allSettled([document.fonts.ready, typeset]).then(() => {
    if (!busy) call();
  });
}
