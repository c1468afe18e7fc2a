// Sets formulas: reads [[TeX, display], ...] as JSON, writes {formulas: [HTML, ...], style: CSS}.
// Arguments: the folder of MathJax, and where its fonts stand as seen from the style sheet.
const { readFileSync, writeSync } = require("node:fs");
const { argv, stdout } = require("node:process");
const [folder, fonts] = argv.slice(2);
const asked = JSON.parse(readFileSync(0, "utf8"));

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
  for (const [tex, display] of asked) formulas.push(adaptor.outerHTML(await MathJax.tex2chtmlPromise(tex, { display })));
  const answer = new TextEncoder().encode(JSON.stringify({ formulas, style: adaptor.textContent(MathJax.chtmlStylesheet()) }));
  for (let sent = 0; sent < answer.length;) sent += writeSync(stdout.fd, answer, sent);
}
main();
