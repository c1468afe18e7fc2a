"""What is made of a set: nbgrader's source notebook, the students' release, the page of the book.

The same source gives the same bytes: cells are named after what they are, and nothing holds a date.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from nbformat.notebooknode import NotebookNode

from .judge import prelude
from .source import Cell, ProblemSet

ROOT = Path(__file__).parents[1]
BUILD = ROOT / "_build" / "coursework"
PAGES = ROOT / "chapters" / "coursework"
ROLE = re.compile(r"\{(?:prf:ref|ref)\}`([\w-]+)`")
HIDDEN = ("### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS")
WORDS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
KERNEL = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}


def titles() -> dict[str, str]:
    """What each label of the book's pages is called: chapters, and statements."""
    found: dict[str, str] = {}
    for page in sorted((ROOT / "chapters").rglob("*.md")):
        text = page.read_text("utf8")
        found.update(re.findall(r"^\(([\w-]+)\)=\n# (.+)$", text, re.M))
        found.update(
            (label, title) for title, label in re.findall(r"^```\{prf:\w+\} (.+)\n:label: ([\w-]+)$", text, re.M)
        )
    return found


def worded(text: str, names: dict[str, str]) -> str:
    """The text with names in the place of links into the book, which a notebook by itself cannot follow."""
    return ROLE.sub(lambda link: f"*{names[link[1]]}*", text)


def release(whole: ProblemSet, salt: str = "") -> NotebookNode:
    """The notebook that students get: stubs, visible checks, titles of the others."""
    return _notebook(whole, salt, answers=False)


def source(whole: ProblemSet, salt: str = "") -> NotebookNode:
    """nbgrader's source notebook: with the reference's answers, and hidden checks between nbgrader's marks."""
    return _notebook(whole, salt, answers=True)


def _notebook(whole: ProblemSet, salt: str, *, answers: bool) -> NotebookNode:
    names = titles()
    first = Cell("given", "helpers", True, prelude(salt).rstrip("\n"))
    cells = [_cell(cell, names, answers) for cell in whole.cells if cell.kind not in ("mutant", "rubric")]
    place = next(number for number, cell in enumerate(cells) if cell.cell_type == "code")
    cells.insert(place, _cell(first, names, answers))
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=KERNEL)
    nbformat.validate(notebook)
    return notebook


def _cell(cell: Cell, names: dict[str, str], answers: bool) -> NotebookNode:
    """One cell with nbgrader's metadata; its id is its name, which a copy of the notebook keeps."""
    text = text_of(cell, answers)
    if cell.code:
        made = nbformat.v4.new_code_cell(text, id=cell.name)
    else:
        made = nbformat.v4.new_markdown_cell(worded(text, names), id=cell.name)
    if cell.kind in ("text", "identity"):
        return made
    graded, answered = cell.kind in ("check", "written"), cell.kind in ("answer", "written")
    marks: dict[str, Any] = {
        "schema_version": 3,
        "grade_id": cell.name,
        "cell_type": made.cell_type,
        "grade": graded,
        "solution": answered,
        "locked": not answered,
        "task": False,
    }
    made.metadata["nbgrader"] = marks | ({"points": cell.points} if graded else {})
    if cell.name == "helpers":
        made.metadata["jupyter"] = {"source_hidden": True}
    return made


def text_of(cell: Cell, answers: bool) -> str:
    """A cell's text, with the answers or as students see it."""
    if cell.kind == "check":
        unit = "point" if cell.points == 1 else "points"
        head = f"# {cell.title} ({cell.points:g} {unit})"
        rest = cell.source.partition("\n")[2]
        if not cell.hidden:
            return f"{head}\n{rest}"
        if not answers:
            return head + "\n# It runs when you have handed in."
        return f"{head}\n# It runs when you have handed in.\n{HIDDEN[0]}\n{rest}\n{HIDDEN[1]}"
    if cell.kind == "written" and not answers:
        return f"{cell.stub}\n\n({WORDS[int(cell.points)]} points)"
    if cell.kind == "written":
        return f"{cell.source}\n\n({WORDS[int(cell.points)]} points)"
    return cell.source if answers or cell.kind != "answer" else cell.stub


def page(whole: ProblemSet) -> str:
    """The page of the book: what students see, with links; it runs up to what they have to write."""
    shown = []
    for cell in whole.cells:
        if cell.kind in ("mutant", "rubric"):
            continue
        if not cell.code:
            shown.append(nbformat.v4.new_markdown_cell(text_of(cell, False)))
            continue
        made = nbformat.v4.new_code_cell(text_of(cell, False))
        if cell.kind != "identity":
            made.metadata["tags"] = ["hide-input"] if cell.kind == "given" else ["skip-execution"]
        shown.append(made)
    first = next(number for number, cell in enumerate(shown) if cell.cell_type == "code")
    helpers = nbformat.v4.new_code_cell(prelude("").rstrip("\n"))
    helpers.metadata["tags"] = ["hide-input"]
    shown.insert(first, helpers)
    head, rest = shown[0].source.split("\n\n", 1)
    shown[0].source = (
        f"(coursework-{whole.name})=\n{head}\n\n*Take it with you*: {{download}}`{whole.name}.ipynb "
        f"</_build/coursework/release/{whole.name}.ipynb>`, a notebook with the stubs and the checks.\n\n{rest}"
    )
    for number, cell in enumerate(shown):
        cell["id"] = f"cell-{number}"
    text: str = jupytext.writes(nbformat.v4.new_notebook(cells=shown, metadata=KERNEL), "md:myst")
    body = text.split("---\n", 2)[2].lstrip("\n").replace("```{code-cell}\n", "```{code-cell} ipython3\n")
    return (
        "---\njupytext:\n  text_representation: {extension: .md, format_name: myst}\n"
        "kernelspec: {display_name: Python 3, language: python, name: python3}\n---\n\n"
        f"% Made from coursework/sources/{whole.name}.md by `make coursework`; change that.\n\n{body}"
    )


def write(whole: ProblemSet, salt: str = "", folder: Path = BUILD) -> list[Path]:
    """Write the source notebook and the release; return what students may see."""
    made = {
        folder / "source" / whole.name / f"{whole.name}.ipynb": nbformat.writes(source(whole, salt)) + "\n",
        folder / "release" / f"{whole.name}.ipynb": nbformat.writes(release(whole, salt)) + "\n",
    }
    for file, text in made.items():
        settle(file, text)
    return [file for file in made if file.parent.name == "release"]


def settle(file: Path, text: str) -> bool:
    """Write a file unless it holds this text already; whether it was written."""
    if file.exists() and file.read_text("utf8") == text:
        return False
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf8")
    return True
