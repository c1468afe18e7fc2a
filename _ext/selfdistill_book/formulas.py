"""Formulas are set while the book is built: pages need no MathJax, and nothing moves once it is seen.

MathJax runs in deno, for all formulas of the pages that were written, and leaves HTML, a style sheet and its fonts. The
HTML carries the formula as MathML too, for screen readers.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sysconfig
from html import unescape
from importlib.util import find_spec
from pathlib import Path

from sphinx.errors import ExtensionError

SCRIPT = Path(__file__).parent / "static" / "formulas.cjs"
FONTS = "output/chtml/fonts/woff-v2"
# With what stands right before it, like a bracket, and right after it, like a comma: no line ends between them.
INLINE = re.compile(
    r'([(\[“‘]?)(<span class="math notranslate nohighlight">)\\\((.+?)\\\)</span>((?:[^\s<]{1,12}(?=[\s<]))?)', re.S
)
DISPLAY = re.compile(
    r'(<div class="(?:output text_latex |amsmath )?math notranslate nohighlight"[^>]*>\s*'
    r'(?:<span class="eqno">.*?</span>)?\s*)\\\[(.+?)\\\]\s*(?=</div>)',
    re.S,
)
LEFT = re.compile(
    r'class="[\w ]*math notranslate nohighlight"(?: id="[^"]*")?>\s*+'
    r'(?:<span class="eqno">.*?</span>\s*+)?+(?!<mjx-)[^<]*'
)
RULE = re.compile(r'([^{}]+)\{((?:[^{}"]|"(?:\\.|[^"\\])*")*)\}')  # a glyph may be a brace, in quotes
GLYPH = re.compile(r"mjx-c[0-9A-F]+")
# Says nothing to a browser in HTML, or is said once in book.css.
IDLE = re.compile(r' (?:(?:data-mjx-texclass|xmlns|unselectable)="[^"]*"|style="position: relative;")')
WRONG = re.compile(r'data-mjx-error="([^"]*)"|style="color: red;?"')

Formula = tuple[str, bool]  # its TeX, and whether it stands on a line of its own


def mathjax_folder() -> Path:
    """The folder of MathJax in the wheel sphinx-mathjax-offline."""
    spec = find_spec("sphinx-mathjax-offline")
    if spec is None or not spec.submodule_search_locations:
        raise ExtensionError("sphinx-mathjax-offline is not installed: pip install -r requirements.txt")
    return Path(spec.submodule_search_locations[0]) / "static" / "mathjax"


def typeset(formulas: list[Formula], fonts: str) -> tuple[dict[Formula, str], str]:
    """The formulas as HTML, and the style sheet for all of MathJax's glyphs.

    Raises
    ------
    ExtensionError
        If there is no deno, or MathJax does not understand a formula.
    """
    deno = shutil.which("deno", path=sysconfig.get_path("scripts")) or shutil.which("deno")
    if deno is None:
        raise ExtensionError("deno, which sets the formulas, is not installed: pip install -r requirements.txt")
    folder = mathjax_folder()
    command = [deno, "run", "--quiet", "--no-prompt", "--allow-read", "--allow-env", str(SCRIPT), str(folder), fonts]
    ran = subprocess.run(command, input=json.dumps(formulas), capture_output=True, text=True, encoding="utf8")
    if ran.returncode:
        raise ExtensionError(f"the formulas cannot be set:\n{ran.stderr}")
    answer = json.loads(ran.stdout)
    found = {formula: IDLE.sub("", html) for formula, html in zip(formulas, answer["formulas"], strict=True)}
    for (tex, _), html in found.items():
        if wrong := WRONG.search(html):
            raise ExtensionError(f"the formula {tex!r} is wrong: {wrong[1] or 'it has a command that is not known'}")
    return found, answer["style"]


def formulas_of(page: str) -> list[Formula]:
    """The formulas of a page that are not set yet."""
    found = [(unescape(one[3]), False) for one in INLINE.finditer(page)]
    return found + [(unescape(one[2]), True) for one in DISPLAY.finditer(page)]


def put(page: str, found: dict[Formula, str]) -> str:
    """The page with its formulas set; ExtensionError if a formula stands there in another form than Sphinx writes."""

    def inline(one: re.Match[str]) -> str:
        before, span, tex, after = one.groups()
        formula = f"{before}{span}{found[unescape(tex), False]}</span>{after}"
        return f'<span class="sd-kept">{formula}</span>' if before or after else formula

    page = INLINE.sub(inline, page)
    page = DISPLAY.sub(lambda one: one[1] + found[unescape(one[2]), True], page)
    if left := LEFT.search(page):
        raise ExtensionError(f"a formula that is not set: {left[0][:200]!r}")
    return page


def needed(style: str, glyphs: set[str]) -> str:
    """The rules of the style sheet, without those for glyphs that nobody uses."""
    rules = RULE.findall(style)
    kept = [
        (selector.strip(), " ".join(body.split()))
        for selector, body in rules
        if not (named := set(GLYPH.findall(selector))) or named & glyphs
    ]
    return "\n".join(f"{selector} {{ {body} }}" for selector, body in kept) + "\n"
