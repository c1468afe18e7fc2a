"""For instructors: each set with every answer, hidden check, rubric and mutant, as text and as private pages."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from . import notebooks
from .source import Cell, ProblemSet

SETTINGS = """project = html_title = "Solutions"
extensions = ["myst_parser", "sphinx-mathjax-offline"]
myst_enable_extensions = ["amsmath", "dollarmath"]
html_theme = "sphinx_book_theme"
html_copy_source = False
"""
FIRST = """# Solutions

For instructors. Keep these pages to yourself.
"""
OWN = notebooks.BUILD / "solutions"  # ignored by git, and linked from no page


class PlaceError(ValueError):
    """A folder whose files may be published."""


def text(whole: ProblemSet) -> str:
    """The whole set as MyST, each part under what it is; nothing of it runs."""
    names = notebooks.titles()
    return "\n\n".join(_part(cell, names) for cell in whole.cells) + "\n"


def _part(cell: Cell, names: dict[str, str]) -> str:
    if cell.kind == "text":
        return notebooks.worded(cell.source, names)
    heads = {
        "given": "Given",
        "identity": "Whose numbers",
        "answer": "Answer",
        "check": f"{'Hidden check' if cell.hidden else 'Check'}, {cell.points:g} points: *{cell.title}*",
        "mutant": f"Mutant *{cell.name}*, which must lose {', '.join(sorted(cell.loses)) if cell.loses else ''}",
        "written": f"Derivation, {cell.points:g} points",
        "rubric": "How to mark it",
    }
    body = cell.solution if cell.kind in ("answer", "written") else cell.source
    body = f"```python\n{body}\n```" if cell.code else notebooks.worded(body, names)
    return f"**{heads[cell.kind]}** (`{cell.name}`)\n\n{body}"


def build(every: Iterable[ProblemSet], folder: Path) -> Path:
    """Write the pages of all sets; the file to open first.

    Raises
    ------
    PlaceError
        If the folder is in the repository, and another one than that for the solutions.
    """
    place = folder.resolve()
    if notebooks.ROOT in (place, *place.parents) and OWN not in (place, *place.parents):
        raise PlaceError(f"{folder} is in the book, which is published: name a folder outside of {notebooks.ROOT}")
    with tempfile.TemporaryDirectory() as scratch:
        pages = {f"{whole.name}.md": text(whole) for whole in every}
        listed = "\n".join(name.removesuffix(".md") for name in pages)
        pages["index.md"] = (
            f"# Solutions\n\nFor instructors. Keep these pages to yourself.\n\n```{{toctree}}\n{listed}\n```\n"
        )
        for name, content in (pages | {"conf.py": SETTINGS}).items():
            (Path(scratch) / name).write_text(content, "utf8")
        command = [sys.executable, "-m", "sphinx", "-b", "html", "-W", "-q", "-d", f"{scratch}/doctrees", scratch]
        subprocess.run([*command, str(place)], check=True, env=os.environ | {"PYTHONWARNINGS": "ignore"})
    return place / "index.html"
