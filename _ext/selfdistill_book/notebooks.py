"""Each page with code is a notebook: a download for everyone, launch and source buttons where they lead somewhere.

The repository's address is unknown to a clone. Set ``BOOK_REPOSITORY_URL`` (and ``BOOK_REPOSITORY_BRANCH``, by default
``main``) while building, and the buttons appear; without it there are none.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import nbformat
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config

from . import plain

FOLDER = "_notebooks"
# The theme opens a download in a new tab; from a file that would show its text.
LINK = re.compile(r'(<a href="[^"]*\.ipynb") target="_blank"(\s+class="[^"]*btn-download-notebook-button)')


def configure_buttons(app: Sphinx, config: Config) -> None:
    """Turn repository and Binder buttons on if the address of the repository is known.

    Colab is not offered: it opens .ipynb files only, and the repository holds the chapters as text.
    """
    address = os.environ.get("BOOK_REPOSITORY_URL", "").strip().rstrip("/")
    known = bool(address)
    options = dict(config.html_theme_options)
    options.update(
        repository_url=address,
        repository_branch=os.environ.get("BOOK_REPOSITORY_BRANCH", "main"),
        path_to_docs="",
        use_repository_button=known,
        use_source_button=known,
        use_issues_button=known,
        launch_buttons={"binderhub_url": "https://mybinder.org", "notebook_interface": "jupyterlab"} if known else {},
    )
    config.html_theme_options = options


def is_notebook(app: Sphinx, pagename: str) -> bool:
    """Whether the page has cells."""
    return "kernelspec" in app.env.metadata.get(pagename, {})


def add_download(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Put the notebook first in the download menu."""
    if doctree is None or not is_notebook(app, pagename):
        return
    for group in context.get("header_buttons", []):
        if group.get("label") == "download-buttons":
            group["buttons"].insert(
                0,
                {
                    "type": "link",
                    "url": context["pathto"](f"{FOLDER}/{pagename}.ipynb", 1),
                    "text": ".ipynb",
                    "tooltip": "Download as a Jupyter notebook",
                    "icon": "fas fa-code",
                    "label": "download-notebook-button",
                },
            )


def write_notebooks(app: Sphinx, error: Exception | None) -> None:
    """Write the notebook of each page that this build has written beside the pages, and have its link save it."""
    if error is not None or app.builder.format != "html":
        return
    reader = plain.Reader(app)
    for pagename in sorted(app.env.found_docs):
        if is_notebook(app, pagename):
            file = Path(app.outdir) / FOLDER / f"{pagename}.ipynb"
            page = Path(app.builder.get_outfilename(pagename))  # type: ignore[attr-defined]  # builders of HTML pages have it
            text = page.read_text("utf8")
            if f'download="{file.name}"' in text and file.exists():
                continue  # this build has left the page as it was
            file.parent.mkdir(parents=True, exist_ok=True)
            notebook = reader.notebook(pagename)
            nbformat.validate(notebook)
            nbformat.write(notebook, file)
            page.write_text(LINK.sub(rf'\1 download="{file.name}"\2', text), "utf8")


def setup(app: Sphinx) -> None:
    """Connect this part, and tell the kernels that they draw for a static page."""
    os.environ["SELFDISTILL_STATIC"] = "1"
    app.connect("config-inited", configure_buttons)
    app.connect("html-page-context", add_download, priority=900)
    app.connect("build-finished", write_notebooks)
