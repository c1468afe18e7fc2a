/* Fields that say whether a number is right. A script by itself: notebooks show it with each field. */
(() => {
  /** @typedef {{question: string, step: number, whole: boolean, right: string[], hints: Record<string, string>}} Asked */

  /** FNV-1a, as in answers.py. */
  const digest = (/** @type {string} */ text) => {
    let state = 0x811c9dc5;
    for (const sign of text) {
      state = Math.imul(state ^ (sign.codePointAt(0) ?? 0), 0x01000193) >>> 0;
    }
    return state.toString(16).padStart(8, "0");
  };

  /** A number as people write it: 0.25, 0,25, 1/4, 2.5e-1, with any sign of minus. NaN for anything else. */
  const read = (/** @type {string} */ typed) => {
    const [over, under = "1", ...more] = typed.replace(/\s/g, "").replace(/[−–]/g, "-").replace(
      /,/g,
      ".",
    ).split("/");
    return more.length || !over || !under ? NaN : Number(over) / Number(under);
  };

  const verdict = (/** @type {Asked} */ asked, /** @type {number} */ found) => {
    if (!Number.isFinite(found)) return ["", "Type a number, such as 0.25, 1/4 or 2.5e-1."];
    if (asked.whole && !Number.isInteger(found)) return ["", "The answer is a whole number."];
    const of = (/** @type {number} */ number) =>
      digest(`${asked.question}/${Math.round(number / asked.step)}`);
    if (asked.right.includes(of(found))) return ["right", "Right."];
    const hint = asked.hints[of(found)];
    if (hint) return ["wrong", `Not yet. ${hint}`];
    if (asked.right.includes(of(-found))) {
      return ["wrong", "Not yet. The size is right, the sign is not."];
    }
    if (asked.right.includes(of(1 / found))) {
      return ["wrong", "Not yet. It is one over this number."];
    }
    return ["wrong", "Not yet."];
  };

  const show = () => {
    for (const form of document.querySelectorAll("form.sd-answer[hidden]")) {
      form.removeAttribute("hidden");
    }
  };
  const page = /** @type {{sdAnswers?: boolean}} */ (globalThis);
  show();
  if (page.sdAnswers) return;
  page.sdAnswers = true;
  document.addEventListener("DOMContentLoaded", show);
  document.addEventListener("submit", (event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    const asked = form.dataset?.answer;
    const [field, told] = [form.querySelector("input"), form.querySelector("output")];
    if (!asked || !field || !told) return;
    event.preventDefault();
    const [state, words] = verdict(JSON.parse(asked), read(field.value));
    form.dataset.verdict = state;
    told.textContent = words;
  });
})();
