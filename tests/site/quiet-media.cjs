// Playwright 1.65 asks Firefox for emulation.setMediaFeaturesOverride, which the long-term release 153 does not know.
// Loaded into Playwright's Node by NODE_OPTIONS, this leaves the question out; it notices another Playwright by itself.
const Module = require("module");
const fs = require("fs");
const plain = Module._extensions[".js"];
const QUESTION = /await this\.(?:_session|_browser\._browserSession)\.send\("emulation\.setMediaFeaturesOverride"/g;
Module._extensions[".js"] = (module, file) => {
  if (!file.endsWith("coreBundle.js")) return plain(module, file);
  const text = fs.readFileSync(file, "utf8");
  if ((text.match(QUESTION) || []).length !== 2) throw new Error("another Playwright: is quiet-media.cjs still needed?");
  module._compile(text.replace(QUESTION, 'await (async () => {})("emulation.setMediaFeaturesOverride"'), file);
};
