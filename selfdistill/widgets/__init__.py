"""Explorables: pictures under the reader's fingers, one object for JupyterLab and for the static page.

An explorable is one file here with one subclass of `StoryWidget`, and one file ``js/<name>.js`` that ends in
``export default { render };``. With a kernel it is an anywidget. While the book is built (the environment variable
``SELFDISTILL_STATIC`` is 1) it opens no channel to a browser, and renders itself as HTML that holds its data and a
still picture; the script of `static_bundle` brings that alive, with the same code and no kernel. It computes in the
browser from the spectrum that Python shipped; ``tests/explorables`` holds ``js/numerics.js`` to the package.
"""

from __future__ import annotations

from . import bundle
from .base import StaticWidget, StoryWidget
from .bundle import stylesheet
from .collapse import Collapse
from .distill_it import DistillIt
from .filters import Filters
from .greens import GreenExplorer
from .secular import Secular
from .weights import Weights
from .when_it_helps import WhenItHelps
from .your_points import YourPoints

__all__ = [
    "Collapse",
    "DistillIt",
    "Filters",
    "GreenExplorer",
    "Secular",
    "StaticWidget",
    "StoryWidget",
    "Weights",
    "WhenItHelps",
    "YourPoints",
    "static_bundle",
    "stylesheet",
]


def static_bundle() -> str:
    """One classic script with every explorable, for a page without a kernel."""
    return bundle.classic(StaticWidget.scripts)
