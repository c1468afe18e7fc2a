"""The last touch to each page: formulas set, captions numbered, icons as styles, no index of the search; styles."""

from __future__ import annotations

import itertools
import re
import shutil
from pathlib import Path

from sphinx.application import Sphinx

from . import formulas, icons

# The theme could search while one types; this book's search has a page of its own, which alone needs the index.
SEARCH = re.compile(r'\s*<script src="[^"]*(?:searchtools|language_data|searchindex)\.js[^"]*"></script>')
# Without a checksum in their addresses: what they hold is known when the pages have been written.
STYLES = ("selfdistill/formulas.css", "selfdistill/icons.css")


CHAPTER = re.compile(r'<h1><span class="section-number">(\d+)\. ')
CAPTION, NUMBER = "<figcaption>", '<span class="sd-number">'


def number_captions(page: str) -> str:
    """The page with a number before each caption, as *Figure 5.2.*; a page that has its numbers stays as it is."""
    if NUMBER in page:
        return page
    found = CHAPTER.search(page)
    chapter = f"{found[1]}." if found else ""
    count = itertools.count(1)
    return re.sub(CAPTION, lambda _: f"{CAPTION}{NUMBER}Figure {chapter}{next(count)}.</span> ", page)


def short_paths(page: str) -> str:
    """The page with the paths of its pictures written without needless zeros and spaces: a twentieth of a long page."""

    def short(path: re.Match[str]) -> str:
        bare = re.sub(r"\s*([MLHVCSQTAZ])\s*", r"\1", path[0].removeprefix(" "), flags=re.I)
        return " " + re.sub(r"\.(\d*?)0+(?!\d)", lambda zeros: f".{zeros[1]}" if zeros[1] else "", bare)

    return re.sub(r' d="[^"]*"', short, page)


def announce(app: Sphinx) -> None:
    """Name the style sheets, which will be written at the end."""
    if app.builder.format == "html":
        for name in STYLES:
            app.add_css_file(name)


def finish(app: Sphinx, error: Exception | None) -> None:
    """Finish every page that this build has written; the others are finished already."""
    if error is not None or app.builder.format != "html":
        return
    out = Path(app.outdir)
    pages = {file: file.read_text("utf8") for file in sorted(out.rglob("*.html"))}
    fresh = {file: page for file, page in pages.items() if icons.SCRIPT.search(page)}  # a finished page has it no more
    asked = dict.fromkeys(formula for page in fresh.values() for formula in formulas.formulas_of(page))
    found, style = formulas.typeset(list(asked), "fonts")
    for file, page in fresh.items():
        finished = icons.SCRIPT.sub("", short_paths(number_captions(formulas.put(page, found))))
        if file.name != "search.html":
            finished = SEARCH.sub("", finished)
        pages[file] = finished
        file.write_text(finished, "utf8")
    glyphs, names = set(), set()
    for page in pages.values():
        glyphs |= set(formulas.GLYPH.findall(page))
        names |= icons.names_in(page)
    own = out / "_static" / "selfdistill"
    shutil.copytree(formulas.mathjax_folder() / formulas.FONTS, own / "fonts", dirs_exist_ok=True)
    (own / "formulas.css").write_text(formulas.needed(style, glyphs), "utf8")
    script = next(out.glob("_static/scripts/fontawesome.js"), None)
    source = script.read_text("utf8") if script else ""
    (own / "icons.css").write_text(icons.stylesheet(source, names), "utf8")


def setup(app: Sphinx) -> None:
    """Connect this part: after all that writes pages."""
    app.connect("builder-inited", announce, priority=100)
    app.connect("build-finished", finish, priority=900)
