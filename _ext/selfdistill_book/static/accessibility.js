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
  // A box that scrolls sideways must be reachable by keyboard.
  each("div.math, div.cell_output pre, div.highlight pre", (node) => {
    if (node.scrollWidth > node.clientWidth) node.tabIndex = 0;
  });
});
