"""The Sphinx extension of this book.

`cache` re-executes a page when the package changed, `kernels` sees to it that this environment does, `ahead` runs pages
side by side; `assets` serves every file from the book itself; `notebooks` offers each page as a notebook and, when the
repository's address is known, as a launch button; `repairs` mends what the theme and Sphinx leave wrong; `coursework`
makes the pages of the problem sets and looks for answers in what is published; `ledger` ties statements, claims, tests
and faults together; `finish` sets the formulas and draws the icons; `site` adds what a published site has beside the
text. `publish` makes what is put on the web of the built pages: ``python -m selfdistill_book.publish``.
"""

from __future__ import annotations

import gc
from typing import Any

from sphinx.application import Sphinx

from . import ahead, assets, cache, coursework, finish, kernels, ledger, notebooks, repairs, site

# Sphinx unpickles many objects that stay: to look for garbage among them took a fourth of a build after one word.
gc.set_threshold(200_000, 20, 20)


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect every part to its Sphinx events."""
    for part in (coursework, cache, kernels, ahead, assets, notebooks, repairs, ledger, site, finish):
        part.setup(app)
    return {"version": "1", "env_version": 1, "parallel_read_safe": False, "parallel_write_safe": False}
