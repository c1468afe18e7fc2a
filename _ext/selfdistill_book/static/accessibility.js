// Repairs accessible names that the theme, its search field and the fold buttons leave wrong or missing.
// A visible label must be part of the accessible name, and every part of the page must lie in a landmark.
addEventListener("DOMContentLoaded", () => {
  const each = (selector, repair) => document.querySelectorAll(selector).forEach(repair);
  each('summary[aria-label="Toggle hidden content"]', (node) => node.removeAttribute("aria-label"));
  each(".search-button__kbd-shortcut", (node) => node.setAttribute("aria-hidden", "true"));
  each(".search-button-field", (node) => node.removeAttribute("aria-label"));
  each(".theme-switch-button", (node) => node.setAttribute("aria-label", "Color mode: Light, Dark or System Settings"));
  each("#pst-primary-sidebar", (node) => {
    node.setAttribute("role", "complementary");
    node.setAttribute("aria-label", "Site sidebar");
  });
  // A box that scrolls sideways is reachable by keyboard, and says on which sides it goes on (book.css fades it there).
  // Fonts come and windows change, so the boxes are watched.
  const tell = (node) => {
    const beyond = node.scrollWidth - node.clientWidth, sides = [];
    if (beyond > 1 && node.scrollLeft > 1) sides.push("left");
    if (beyond > 1 && node.scrollLeft < beyond - 1) sides.push("right");
    if (beyond > 0) node.tabIndex = 0; // one pixel, by rounding, is enough for a browser to scroll
    else node.removeAttribute("tabindex");
    if (sides.length) node.dataset.sdMore = sides.join(" ");
    else delete node.dataset.sdMore;
  };
  const watch = new ResizeObserver((entries) => entries.forEach(({target}) => tell(target)));
  const adopt = (node) => {
    watch.observe(node);
    node.addEventListener("scroll", () => tell(node), {passive: true});
  };
  each("div.math, mjx-container[display=true], div.cell_output pre, div.highlight pre, table.docutils, .sd-wide", adopt);
});
