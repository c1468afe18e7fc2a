"""What the cells of a page put out, read from its executed notebook or from the execution cache."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import nbformat
from jupyter_cache import get_cache
from sphinx.application import Sphinx


def outputs_in(notebook: Path, cache: Path) -> list[dict[str, Any]]:
    """The bundles (MIME type to content) that the cells of a page's notebook put out, in order.

    A page that comes from the execution cache leaves a notebook without outputs behind (myst-nb merges them only into
    the page), so the cache is asked for them.
    """
    if not notebook.exists():
        return []
    executed = nbformat.read(notebook, as_version=4)
    with contextlib.suppress(KeyError):  # not in the cache: it was executed without one
        _, executed = get_cache(str(cache)).merge_match_into_notebook(executed)
    return [output.get("data", {}) for cell in executed.cells for output in cell.get("outputs", [])]


def outputs_of(app: Sphinx, docname: str) -> list[dict[str, Any]]:
    """The bundles of a page, none for a page without cells."""
    if "kernelspec" not in app.env.metadata.get(docname, {}):
        return []
    notebook = Path(app.outdir).parent / "jupyter_execute" / f"{docname}.ipynb"
    return outputs_in(notebook, Path(app.config.nb_execution_cache_path))
