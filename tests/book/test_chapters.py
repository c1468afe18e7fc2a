"""Every chapter runs as a reader runs it: a notebook, a fresh kernel, every cell from top to bottom.

The build of the book executes the chapters too, but takes unchanged ones from its cache and runs explorables in their
static form. Here nothing is cached, and explorables open their channel to the browser as in JupyterLab.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import jupytext
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]
MIME = "application/vnd.selfdistill.claim+json"


def notebooks() -> list[Path]:
    """The pages that hold cells."""
    pages = sorted((ROOT / "chapters").rglob("*.md"))
    return [page for page in pages if any(cell.cell_type == "code" for cell in jupytext.read(page).cells)]


NOTEBOOKS = notebooks()


def test_the_landing_page_and_five_chapters_are_notebooks() -> None:
    """A chapter that lost its cells would otherwise pass unseen."""
    names = {page.stem for page in NOTEBOOKS}
    assert {"index", "puzzle", "greens", "closed-form", "multiplier", "loop"} <= names


@pytest.mark.parametrize("page", NOTEBOOKS, ids=lambda page: page.stem)
def test_chapter_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In an empty folder, like a download: no cell fails, none writes to stderr, and every claim shows its checks."""
    monkeypatch.delenv("SELFDISTILL_STATIC", raising=False)
    monkeypatch.setitem(os.environ, "PYTHONWARNINGS", "default")
    # As the build does: beside another worker of the suite the threads of two kernels wait for each other, for minutes.
    monkeypatch.setitem(os.environ, "OPENBLAS_NUM_THREADS", os.environ.get("OPENBLAS_NUM_THREADS", "1"))
    notebook = jupytext.read(page)
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    claims = set()
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            assert output.get("name") != "stderr", f"stderr of the cell {cell.source[:80]!r}: {output['text']}"
            if bundle := output.get("data", {}).get(MIME):
                assert all(check["passed"] for check in bundle["checks"]), json.dumps(bundle, indent=1)
                claims.add(bundle["id"])
    tagged = [cell for cell in notebook.cells if "claim" in cell.metadata.get("tags", [])]
    assert len(claims) == len(tagged), "a cell tagged `claim` showed none, or an untagged cell claims something"
