"""What is handed in: harmless damage is mended and told, and nothing but answers is taken."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.notebooknode import NotebookNode

from coursework import collect, fit, notebooks
from coursework.collect import RosterError, SubmissionError, assemble, find, load
from coursework.judge import judge, reference
from coursework.rehearse import filled
from coursework.source import ProblemSet


def points(whole: ProblemSet, ready: collect.Submission) -> float:
    """The points for code; the answers are ours here, so they run without a jail."""
    names: dict[str, Any] = {}
    told: dict[str, Any] = {}
    for cell in ready.run:
        try:
            exec(compile(cell["source"], cell["name"], "exec"), names)
            if cell["kind"] == "ask":
                told[cell["name"]] = fit.plain(names.pop("got"))
        except Exception as problem:
            told[cell["name"]] = problem
    truth = reference(whole, "", "ada")
    right = [check for check in whole.of("check") if not isinstance(told[check.name], Exception)]
    return sum(check.points for check in right if judge(check, truth, told[check.name]).passed)


def stripped(notebook: NotebookNode, *, ids: bool) -> NotebookNode:
    for cell in notebook.cells:
        cell.metadata = {}
        if ids:
            cell.id = "x" + cell.id[::-1]
    return notebook


def split(notebook: NotebookNode) -> NotebookNode:
    """As JupyterLab splits a cell: both parts carry the mark."""
    place = next(number for number, cell in enumerate(notebook.cells) if cell.id == "double")
    part = nbformat.from_dict(dict(notebook.cells[place]))
    notebook.cells[place].source = "def double(x):\n    return 0"
    part.id, part.source = "other", "def double(x):\n    return x + x"
    notebook.cells.insert(place + 1, part)
    return notebook


def with_helper(notebook: NotebookNode) -> NotebookNode:
    """A cell that the student has added, on which an answer leans."""
    place = next(number for number, cell in enumerate(notebook.cells) if cell.id == "double")
    notebook.cells.insert(place, nbformat.v4.new_code_cell("def sum_of(a, b):\n    return a + b"))
    notebook.cells[place + 1].source = "def double(x):\n    return sum_of(x, x)"
    return notebook


def edited(notebook: NotebookNode) -> NotebookNode:
    """Checks that always pass, wrong answers, and a great many points."""
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade"):
            cell.metadata.nbgrader.points = 100
            cell.source = "pass" if cell.cell_type == "code" else cell.source
        if cell.id == "double":
            cell.source = "def double(x):\n    return 3 * x"
    return notebook


def without(*names: str) -> Callable[[NotebookNode], NotebookNode]:
    def cut(notebook: NotebookNode) -> NotebookNode:
        notebook.cells = [cell for cell in notebook.cells if cell.id not in names]
        return notebook

    return cut


def forged(notebook: NotebookNode) -> NotebookNode:
    """Outputs and scores as nbgrader would write them, and another's marks on a cell."""
    for cell in notebook.cells:
        cell.metadata["score"] = 100
        if cell.id == "double":
            cell.source = "def double(x):\n    return 3 * x"
            cell.metadata.nbgrader = {"grade_id": ["double"], "grade": True, "points": 7}
        if cell.cell_type == "code":
            cell.outputs = [nbformat.v4.new_output("execute_result", data={"text/plain": "100.0"})]
    return notebook


def backwards(notebook: NotebookNode) -> NotebookNode:
    notebook.cells = notebook.cells[::-1]
    return notebook


@pytest.mark.parametrize(
    ("change", "wanted", "told"),
    [
        (lambda notebook: notebook, 4, ""),
        (lambda notebook: stripped(notebook, ids=False), 4, "the cell double was recognised by its id"),
        (lambda notebook: stripped(notebook, ids=True), 4, "the cell double was recognised by its words"),
        (split, 4, "the cell double was split or copied"),
        (with_helper, 4, ""),
        (backwards, 4, ""),
        (without("setup", "helpers", "double-own", "text-0"), 4, ""),
        (without("area"), 3, "the cell area is missing"),
        (edited, 1, "the cell double-own was changed; ours counts"),
        (forged, 1, ""),
    ],
    ids=[
        "as it is",
        "no metadata",
        "no ids",
        "split",
        "helper",
        "backwards",
        "cells deleted",
        "answer deleted",
        "edited",
        "forged",
    ],
)
def test_only_answers_count(
    change: Callable[[NotebookNode], NotebookNode], wanted: float, told: str, small: ProblemSet, tmp_path: Path
) -> None:
    file = tmp_path / "ada.ipynb"
    file.write_text(json.dumps(change(filled(small, "ada"))), "utf8")
    ready = assemble(small, load(file)[0], "ada")
    assert points(small, ready) == wanted
    assert told in " / ".join(ready.notes)
    nbformat.validate(ready.notebook)
    ours = {cell.id: cell.metadata for cell in notebooks.release(small).cells}
    assert {cell.id: cell.metadata for cell in ready.notebook.cells if not cell.id.startswith("added")} == ours


def test_another_students_numbers_are_replaced(small: ProblemSet) -> None:
    ready = assemble(small, filled(small, "bob"), "ada")
    assert "the notebook says the id 'bob'" in ready.notes[0]
    assert next(cell["source"] for cell in ready.run if cell["name"] == "student-id") == "STUDENT = 'ada'"


def test_words_hold_no_html_that_would_run_where_they_are_marked(small: ProblemSet) -> None:
    words = "A <script>x</script> and <!-- y --> where $a<b$ and $2 < 3$."
    notebook = filled(small, "ada", {"why": words})
    notebook.cells.insert(3, nbformat.v4.new_raw_cell("<img src=x onerror=alert(1)>"))
    ready = assemble(small, notebook, "ada")
    shown = [cell.source for cell in ready.notebook.cells if cell.cell_type != "code"]
    assert "A < script>x< /script> and < !-- y --> where $a< b$ and $2 < 3$." in shown
    assert "< img src=x onerror=alert(1)>" in shown and {cell.cell_type for cell in ready.notebook.cells} == {
        "markdown",
        "code",
    }
    assert "the cell why holds HTML; it is shown as words" in ready.notes


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_encodings_of_editors_are_read(encoding: str, small: ProblemSet, tmp_path: Path) -> None:
    words = filled(small, "ada", {"double": "# naïve, für Ångström\ndef double(x):\n    return x + x"})
    file = tmp_path / "ada.ipynb"
    file.write_bytes(json.dumps(words, ensure_ascii=False).encode(encoding))
    notebook, notes = load(file)
    assert "naïve, für Ångström" in next(cell.source for cell in notebook.cells if cell.id == "double")
    assert bool(notes) == (encoding != "utf-8")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{}",
        b"\x00\xff\xfe",
        b'{"cells": [1]}',
        b'{"cells": [{"cell_type": "code", "source": 7}]}',
        b"[" * 10**5,
    ],
    ids=["empty", "list", "no cells", "bytes", "number", "no text", "deep"],
)
def test_what_is_no_notebook_is_refused(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "ada.ipynb"
    file.write_bytes(content)
    with pytest.raises(SubmissionError, match="is no notebook"):
        load(file)


def test_links_and_huge_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link, file, folder = tmp_path / "ada.ipynb", tmp_path / "bob.ipynb", tmp_path / "carl"
    link.symlink_to("/etc/passwd")
    file.write_bytes(b" " * 101)
    monkeypatch.setattr(collect, "LARGEST", 100)
    with pytest.raises(SubmissionError, match="is a link"):
        load(link)
    with pytest.raises(SubmissionError, match="101 bytes"):
        load(file)
    folder.symlink_to("/etc")
    with pytest.raises(SubmissionError, match="is a link"):
        load(folder / "passwd")


def test_names_of_files_lead_to_students(tmp_path: Path) -> None:
    for name in ("ADA_12_file.ipynb", "bob.ipynb", "bob_again.ipynb", "nobody.ipynb", "anna-lena.ipynb"):
        (tmp_path / name).write_text("{}")
    (tmp_path / "carl").mkdir()
    (tmp_path / "dora" / ".ipynb_checkpoints").mkdir(parents=True)
    (tmp_path / "dora" / ".ipynb_checkpoints" / "set-checkpoint.ipynb").write_text("{}")
    (tmp_path / "dora" / "set.ipynb").write_text("{}")
    for name in ("round", "loop"):  # as nbgrader collects them
        (tmp_path / "eve" / name).mkdir(parents=True)
        (tmp_path / "eve" / name / f"{name}.ipynb").write_text("{}")
    found, unclear = find(tmp_path, ["ada", "bob", "carl", "dora", "anna", "anna-lena", "eve"], "loop")
    assert {name: file.name for name, file in found.items()} == {
        "ada": "ADA_12_file.ipynb",
        "dora": "set.ipynb",
        "anna-lena": "anna-lena.ipynb",
        "eve": "loop.ipynb",
    }
    assert unclear == {
        "": ["'nobody.ipynb': the name belongs to no student of the roster"],
        "bob": ["2 notebooks, which one counts?"],
        "carl": ["no notebook in the folder 'carl'"],
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "needs a column id"),
        ("name\nada\n", "needs a column id"),
        ("id\nada\nAda\n", "twice"),
        ("id\n../x\n", "other signs"),
    ],
    ids=["empty", "no id", "twice", "path"],
)
def test_a_roster_that_cannot_be_used_is_refused(text: str, words: str, tmp_path: Path) -> None:
    file = tmp_path / "roster.csv"
    file.write_text(text)
    with pytest.raises(RosterError, match=words):
        collect.roster(file)
    with pytest.raises(RosterError, match="no roster at"):
        collect.roster(tmp_path / "other.csv")
