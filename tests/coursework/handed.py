"""Notebooks as students hand them in."""

from __future__ import annotations

from nbformat.notebooknode import NotebookNode

from coursework import notebooks, source


def handed_in(whole: source.ProblemSet, student: str, answers: dict[str, str] | None = None) -> NotebookNode:
    """The release with the reference's answers in it, or others."""
    notebook = notebooks.release(whole)
    ready = {cell.name: cell.solution for cell in whole.of("answer")} | {"student-id": f"STUDENT = {student!r}"}
    for cell in notebook.cells:
        cell.source = (ready | (answers or {})).get(cell.id, cell.source)
    return notebook
