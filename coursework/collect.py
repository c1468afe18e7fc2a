"""What was handed in, put into our own release: of a submission nothing is taken but the answers and cells added.

Checks, given cells and points are ours, whatever was done to them. What can be mended without a guess is mended and
said: marks of encodings, stripped metadata, renamed files, copied or split cells, the name of the kernel.
"""

from __future__ import annotations

import csv
import json
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from nbformat.notebooknode import NotebookNode

from .judge import prelude
from .notebooks import release
from .source import Cell, ProblemSet

LARGEST = 20_000_000  # bytes of a notebook
RUNS = {"check": "ask", "given": "given", "identity": "given"}
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]*")


class SubmissionError(ValueError):
    """A submission that cannot be read; the message is for the person who has to look at it."""


class RosterError(ValueError):
    """A list of students that cannot be used."""


@dataclass
class Submission:
    """The notebook to grade, the cells to run, and what was mended."""

    notebook: NotebookNode
    run: list[dict[str, str]]
    notes: list[str] = field(default_factory=list)


def roster(file: Path) -> dict[str, dict[str, str]]:
    """The students by id: a CSV file with a column ``id``, and perhaps ``first_name``, ``last_name``, ``email``.

    Raises
    ------
    RosterError
        If there is no such file or column, or an id occurs twice or cannot be the name of a folder.
    """
    if not file.is_file():
        raise RosterError(f"no roster at {file}: write a CSV file with a column id, one line a student")
    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    if not rows or "id" not in rows[0]:
        raise RosterError(
            f"{file} needs a column id and a line a student; its columns are {list(rows[0]) if rows else []}"
        )
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        name = (row["id"] or "").strip()
        if not ID.fullmatch(name):
            raise RosterError(f"{file}: the id {name!r} has other signs than letters, digits and _ . @ -")
        if name.casefold() in {other.casefold() for other in found}:
            raise RosterError(f"{file}: the id {name!r} occurs twice")
        found[name] = {
            key: (value or "").strip() for key, value in row.items() if key in ("first_name", "last_name", "email")
        }
    return found


def find(folder: Path, students: Iterable[str], name: str) -> tuple[dict[str, Path], dict[str, list[str]]]:
    """Each student's notebook: ``ID.ipynb``, ``ID_anything.ipynb``, or one notebook in the folder ``ID``.

    Where ``ID`` has a folder with the name of the set, as nbgrader collects them, only that one counts.

    Returns
    -------
    found : dict
    unclear : dict
        What a person has to look at, by student: more than one notebook, or none in a folder; under an empty name
        what belongs to nobody.
    """
    known = {name.casefold(): name for name in students}
    found: dict[str, list[Path]] = {}
    unclear: dict[str, list[str]] = {}
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith(".") or entry.suffix == ".csv":
            continue
        called = unicodedata.normalize("NFC", entry.name if entry.is_dir() else entry.stem).casefold()
        owners = [known[one] for one in known if called == one or re.match(re.escape(one) + r"[_ ,]", called)]
        if len(owners) != 1:
            words = f"{entry.name!r}: the name belongs to {' and '.join(owners) or 'no student of the roster'}"
            unclear.setdefault("", []).append(words)
            continue
        inside = [entry]
        if entry.is_dir() and not entry.is_symlink():
            place = entry / name if (entry / name).is_dir() else entry
            inside = [file for file in sorted(place.rglob("*.ipynb")) if ".ipynb_checkpoints" not in file.parts]
        found.setdefault(owners[0], []).extend(inside)
        if not inside:
            unclear.setdefault(owners[0], []).append(f"no notebook in the folder {entry.name!r}")
    for one, files in found.items():
        if len(files) > 1:
            unclear.setdefault(one, []).append(f"{len(files)} notebooks, which one counts?")
    return {one: files[0] for one, files in found.items() if len(files) == 1}, unclear


def load(file: Path) -> tuple[NotebookNode, list[str]]:
    """A notebook of a student's, without its outputs, and what was mended to read it.

    Raises
    ------
    SubmissionError
        If it is no regular file, too large, or no notebook.
    """
    if file.is_symlink() or any(parent.is_symlink() for parent in file.parents) or not file.is_file():
        raise SubmissionError(f"{file.name} is a link or no regular file")
    if file.stat().st_size > LARGEST:
        raise SubmissionError(f"{file.name} has {file.stat().st_size} bytes; more than {LARGEST} are not read")
    text, notes = _decoded(file.read_bytes())
    try:
        content = json.loads(text)
        for cell in content["cells"]:
            cell.pop("outputs", None)
            cell.pop("attachments", None)
            if cell["cell_type"] == "code":
                cell |= {"outputs": [], "execution_count": None}
            if not isinstance(cell.get("metadata"), dict):
                cell["metadata"] = {}
        content["metadata"] = {}
        notebook = nbformat.from_dict(content)
        sources = [_text(cell["source"]) for cell in notebook.cells]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as problem:
        raise SubmissionError(f"{file.name} is no notebook: {type(problem).__name__}: {problem}"[:300]) from None
    for cell, source in zip(notebook.cells, sources, strict=True):
        cell.source = source
    return notebook, notes


def _text(source: Any) -> str:
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        return "".join(source)
    if not isinstance(source, str):
        raise TypeError("the source of a cell is no text")
    return source


def _decoded(raw: bytes) -> tuple[str, list[str]]:
    """The text of a file in any of the encodings that editors write."""
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if raw.startswith(mark):
            return raw.decode(encoding, errors="replace"), [f"the file was read as {encoding}"]
    try:
        return raw.decode("utf-8"), []
    except UnicodeDecodeError:
        return raw.decode("latin-1"), ["the file was read as latin-1"]


def assemble(whole: ProblemSet, handed: NotebookNode, student: str, salt: str = "") -> Submission:
    """Our release with the student's answers and added cells in it, in our order."""
    ours = release(whole, salt)
    kinds = {cell.name: cell.kind for cell in whole.cells if cell.kind not in ("mutant", "rubric")} | {
        "helpers": "given"
    }
    recognise = _Recogniser(whole, ours)
    answers: dict[str, list[str]] = {}
    added: dict[str, list[NotebookNode]] = {}
    notes: list[str] = []
    last = ""
    for cell in handed.cells:
        name, how = recognise(cell)
        if not name:
            added.setdefault(last, []).append(cell)
            continue
        last = name
        if how:
            notes.append(f"the cell {name} was recognised by {how}")
        if kinds[name] in ("answer", "written", "identity"):
            answers.setdefault(name, []).append(cell.source)
        elif cell.source.strip() != recognise.text[name].strip():
            notes.append(f"the cell {name} was changed; ours counts")
    return Submission(*_joined(whole, ours, kinds, answers, added, student, salt, notes), notes)


TAG = re.compile(r"<(?=[A-Za-z/!?])")


def harmless(text: str) -> str:
    """Words without HTML, which would run in the browser of whoever marks them: a space after each opening bracket."""
    return TAG.sub("< ", text)


def _joined(
    whole: ProblemSet,
    ours: NotebookNode,
    kinds: dict[str, str],
    answers: dict[str, list[str]],
    added: dict[str, list[NotebookNode]],
    student: str,
    salt: str,
    notes: list[str],
) -> tuple[NotebookNode, list[dict[str, str]]]:
    """The notebook for the gradebook, and the cells to run; notes are added to."""
    asks = {cell.name: cell.ask for cell in whole.of("check")}
    cells: list[NotebookNode] = []
    run: list[dict[str, str]] = []

    def extra(after: str) -> None:
        for cell in added.get(after, []):
            name = f"added-{len(cells)}"
            if cell.cell_type != "code":
                cells.append(nbformat.v4.new_markdown_cell(harmless(cell.source), id=name))
            else:
                cells.append(nbformat.v4.new_code_cell(cell.source, id=name))
                run.append({"name": name, "kind": "code", "source": cell.source})

    extra("")
    for cell in ours.cells:
        name, kind = cell.id, kinds[cell.id]
        if kind in ("answer", "written", "identity"):
            if name not in answers:
                notes.append(f"the cell {name} is missing; it counts as not answered")
            elif len(answers[name]) > 1:
                notes.append(f"the cell {name} was split or copied; its {len(answers[name])} parts were joined")
            cell.source = "\n\n".join(answers.get(name, [cell.source]))
        if kind == "written" and harmless(cell.source) != cell.source:
            notes.append(f"the cell {name} holds HTML; it is shown as words")
            cell.source = harmless(cell.source)
        if kind == "identity":
            typed = re.search(r"^STUDENT\s*=\s*[\"'](.*?)[\"']", cell.source, re.M)
            if typed is None or typed[1] != student:
                notes.append(
                    f"the notebook says the id {typed[1] if typed else ''!r}; graded with the numbers of {student!r}"
                )
            cell.source = f"STUDENT = {student!r}"
        cells.append(cell)
        if cell.cell_type == "code":
            source = prelude(salt) if name == "helpers" else asks.get(name, cell.source)
            run.append({"name": name, "kind": RUNS.get(kind, "code"), "source": source})
        extra(name)
    ours.cells = cells
    return ours, run


class _Recogniser:
    """Which of our cells one of theirs is: by nbgrader's mark, by its id, by its words."""

    def __init__(self, whole: ProblemSet, ours: NotebookNode) -> None:
        self.text = {cell.id: cell.source for cell in ours.cells}
        self.type = {cell.id: cell.cell_type for cell in ours.cells}
        self.unmarked = {cell.id for cell in ours.cells if "nbgrader" not in cell.metadata}
        self.heads = {cell.name: _head(cell) for cell in whole.of("answer", "written", "identity", "check")}

    def __call__(self, cell: Any) -> tuple[str, str]:
        """The name, or nothing; and how it was recognised, if not by its mark."""
        marks = cell.metadata.get("nbgrader")
        marked = marks.get("grade_id") if isinstance(marks, dict) else None
        if isinstance(marked, str) and self.type.get(marked) == cell.cell_type:
            return marked, ""
        own = cell.get("id")
        if isinstance(own, str) and self.type.get(own) == cell.cell_type:
            return own, "" if own in self.unmarked else "its id"
        for name, text in self.text.items():
            if self.type[name] == cell.cell_type and text.strip() == cell.source.strip():
                return name, ""
        for name, head in self.heads.items():
            if self.type[name] == cell.cell_type and head and head in cell.source:
                return name, "its words"
        return "", ""


def _head(cell: Cell) -> str:
    """Words of a cell that survive an answer: its first line, up to the points of a check."""
    lines = [line for line in cell.source.splitlines() if line.strip()]
    if cell.kind == "identity":
        return "STUDENT ="
    return lines[0][:60].rstrip() if lines else ""
