// Sets formulas: reads [[TeX, display], ...] as JSON, writes {formulas: [HTML, ...], style: CSS}.
// Arguments: the folder of MathJax, and where its fonts stand as seen from the style sheet.
const { readFileSync, writeSync } = require("node:fs");
const { argv, stdout } = require("node:process");
const [folder, fonts] = argv.slice(2);
const asked = JSON.parse(readFileSync(0, "utf8"));

// Where a long formula in a line of text may be broken on a narrow screen: after these, and before a sum. In brackets
// only after an operator, and there and after a slash only where much stands before.
const RELATIONS = new Set([..."=<>≤≥≠≈≡∼∝∈⊂⊆→↦⇒⟹⟺,"]);
const OPERATORS = new Set([..."+−×⋅±"]);
const SUMS = new Set([..."∑∏∫"]);
const OPENING = new Set([..."([{⟨⌊⌈"]);
const CLOSING = new Set([...")]}⟩⌋⌉"]);
const LONG = 14; // glyphs of a formula that may be broken
const MUCH = 6; // glyphs
const SOME = 5; // glyphs, before a sum

/** The glyphs of a node, one string each. */
function glyphs(adaptor, node) {
  const codes = adaptor.outerHTML(node).matchAll(/<mjx-c class="mjx-c([0-9A-F]+)/g);
  return [...codes].map(([, code]) => String.fromCodePoint(parseInt(code, 16)));
}

/** The nodes of a formula in pieces that are not broken. */
function cut(nodes) {
  const pieces = [[]];
  let depth = 0; // of brackets
  let before = 0; // glyphs of this piece
  let operand = false; // stands before an operator: else it is a sign
  const next = () => {
    pieces.push([]);
    before = 0;
  };
  for (const { node, all } of nodes) {
    const glyph = all.length === 1 ? all[0] : "";
    if (SUMS.has(all[0]) && depth === 0 && before >= SOME) next();
    for (const one of all) depth += OPENING.has(one) - CLOSING.has(one); // a bracket with an exponent is within a node
    pieces.at(-1).push(node);
    before += all.length;
    const operator = OPERATORS.has(glyph) && operand;
    operand = !operator && !RELATIONS.has(glyph) && !OPENING.has(glyph);
    const outside = depth === 0 && (operator || RELATIONS.has(glyph));
    if (outside || (before >= MUCH && ((depth === 0 && glyph === "/") || (depth === 1 && operator)))) next();
  }
  return pieces.filter((piece) => piece.length);
}

/** Puts what may not be broken into spans: book.css lets them follow each other on several lines. */
function inPieces(adaptor, formula) {
  const math = adaptor.tags(formula, "mjx-math")[0];
  if (glyphs(adaptor, math).length < LONG) return;
  const nodes = adaptor.childNodes(math).map((node) => ({ node, all: glyphs(adaptor, node) }));
  const pieces = cut(nodes);
  if (pieces.length < 2) return;
  for (const { node } of nodes) adaptor.remove(node);
  for (const piece of pieces) adaptor.append(math, adaptor.node("span", { class: "sd-piece" }, piece));
}

async function main() {
  const MathJax = await require(`${folder}/node-main.js`).init({
    loader: {
      load: ["input/tex", "output/chtml", "adaptors/liteDOM", "a11y/assistive-mml"],
      paths: { mathjax: folder },
      versionWarnings: false,
      require,
    },
    startup: { typeset: false },
    chtml: { adaptiveCSS: false, fontURL: fonts },
  });
  const { adaptor } = MathJax.startup;
  const formulas = [];
  for (const [tex, display] of asked) {
    const formula = await MathJax.tex2chtmlPromise(tex, { display });
    if (!display) inPieces(adaptor, formula);
    formulas.push(adaptor.outerHTML(formula));
  }
  const answer = new TextEncoder().encode(JSON.stringify({ formulas, style: adaptor.textContent(MathJax.chtmlStylesheet()) }));
  for (let sent = 0; sent < answer.length;) sent += writeSync(stdout.fd, answer, sent);
}
main();
