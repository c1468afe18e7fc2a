"""Problem sets: their pages and releases are made before Sphinx reads, and what it wrote is searched for answers."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

SOURCES = Path("coursework") / "sources"


def make(root: Path) -> list[str]:
    """Write pages and releases that are not up to date; return the answers found in them, one line each."""
    sys.path.insert(0, str(root))
    from coursework import leaks, notebooks, source

    seen, every = [], source.sets().values()
    for whole in every:
        seen += notebooks.write(whole, os.environ.get("COURSEWORK_SALT", ""))
        page = notebooks.PAGES / f"{whole.name}.md"
        notebooks.settle(page, notebooks.page(whole))
        seen.append(page)
    return leaks.leaks(seen, every)


def search(app: Sphinx, error: Exception | None) -> None:
    """Fail the build if an answer, a hidden check, a rubric or a mutant stands in a published file."""
    if error is not None or app.builder.format != "html":
        return
    from coursework import leaks, source

    refuse(leaks.leaks(leaks.published(Path(app.outdir)), source.sets().values()))


def refuse(found: list[str]) -> None:
    """Fail with the first few answers found."""
    if found:
        raise ExtensionError("answers of problem sets in what students see:\n" + "\n".join(found[:10]))


def setup(app: Sphinx) -> None:
    """Make the pages now, before Sphinx lists them, and search the site when it is written."""
    if (Path(app.srcdir) / SOURCES).is_dir():
        refuse(make(Path(app.srcdir)))
        app.connect("build-finished", search, priority=900)
