"""The theme's icons as a small style sheet: Font Awesome's script weighs more than a chapter, and a dozen are used.

Nor is its font fetched, for no glyph of it is left on a page: a mask draws each icon, and titles of boxes have none.
"""

from __future__ import annotations

import re

from sphinx.errors import ExtensionError

# What the theme's pages ask for: the script, and hints to fetch it.
SCRIPT = re.compile(r"\s*<(?:script|link)[^>]*fontawesome\.js[^>]*>(?:</script>)?")
ICON = re.compile(r'<(?:i|span) class="([^"]*\bfa-[^"]*)"')
KINDS = {"fa-solid", "fa-brands", "fa-lg"}
DRAWN = ":is(i, span):is(.fas, .fab, .fa-solid, .fa-brands)"
BASE = f"""{DRAWN} {{ display: inline-block; width: 1em; height: 1em; \
vertical-align: -0.125em; background: currentColor; mask: var(--icon) center / contain no-repeat; }}
{DRAWN}::before, a.reference:is(.github, .gitlab, .bitbucket, .download)::before, \
html .bd-content .admonition > .admonition-title::after {{ content: none; }}
i.fa-lg {{ font-size: 1.25em; }}
@media (forced-colors: active) {{ {DRAWN} {{ forced-color-adjust: none; background: CanvasText; }} }}
"""


def names_in(page: str) -> set[str]:
    """The icons that a page shows, such as ``fa-bars``."""
    return {word for classes in ICON.findall(page) for word in classes.split() if word.startswith("fa-")} - KINDS


def drawing(source: str, name: str) -> str:
    """An icon of Font Awesome's script as an SVG; ExtensionError if it has none of that name."""
    entry = rf'[{{,]"?{re.escape(name.removeprefix("fa-"))}"?:\[(\d+),(\d+),\[[^\]]*\],"[0-9a-f]+","([^"]+)"\]'
    found = re.findall(entry, source)
    if not found:
        raise ExtensionError(f"the theme shows an icon {name!r}, and Font Awesome's script has none of that name")
    width, height, path = found[-1]  # the solid kind stands after the regular one
    return f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}'><path d='{path}'/></svg>"


def stylesheet(source: str, names: set[str]) -> str:
    """The rules for these icons, each drawn as a mask in the colour of the text."""
    drawn = {name: drawing(source, name).replace("<", "%3C").replace(">", "%3E") for name in sorted(names)}
    rules = [f'.{name} {{ --icon: url("data:image/svg+xml,{svg}"); }}' for name, svg in drawn.items()]
    return BASE + "\n".join(rules) + "\n"
