"""A class that is made up: its marks are known beforehand, and the whole machine must find them.

The reference, the untouched release and mutants hand in, each as a student with numbers of their own. What they earn
follows from what the mutants declare; `grade` finds it by jail, judge, nbgrader and gradebook.
"""

from __future__ import annotations

import csv
import itertools
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import nbformat
from nbformat.notebooknode import NotebookNode

from .notebooks import release
from .source import Cell, ProblemSet


def filled(
    whole: ProblemSet, student: str, answers: dict[str, str] | None = None, *, salt: str = "", derived: bool = False
) -> NotebookNode:
    """The release with the reference's code in it, or other answers; with its derivations as well, if wanted."""
    notebook = release(whole, salt)
    ready = {cell.name: cell.solution for cell in whole.of("answer", *(["written"] if derived else []))}
    ready |= {"student-id": f"STUDENT = {student!r}"} | (answers or {})
    for cell in notebook.cells:
        cell.source = ready.get(cell.id, cell.source)
    return notebook


def hand_in(
    whole: ProblemSet, folder: Path, mutants: Sequence[Cell], *, count: int = 0, salt: str = ""
) -> dict[str, float]:
    """Write a roster and a notebook a student; the points for code that each earns.

    Parameters
    ----------
    count : int, optional
        How many students there are: the kinds take turns. Without it, one of each kind.
    """
    points = {check.name: check.points for check in whole.of("check")}
    kinds: list[tuple[str, Cell | None]] = [("reference", None), ("untouched", None)]
    kinds += [(mutant.name, mutant) for mutant in mutants]
    earned: dict[str, float] = {}
    folder.mkdir(parents=True, exist_ok=True)
    for number, (kind, mutant) in enumerate(itertools.islice(itertools.cycle(kinds), count or len(kinds)), 1):
        student = f"s{number:03}-{kind}"
        answers = {mutant.target: mutant.source} if mutant else {}
        notebook = filled(whole, student, answers, salt=salt, derived=True)
        lost = mutant.loses if mutant else frozenset[str]()
        if kind == "untouched":
            notebook, lost = release(whole, salt), frozenset(points)
        nbformat.write(notebook, folder / f"{student}.ipynb")
        earned[student] = sum((worth for name, worth in points.items() if name not in lost), 0.0)
    (folder / "roster.csv").write_text("\n".join(["id", *earned, ""]), "utf8")
    return earned


def differences(whole: ProblemSet, earned: dict[str, float], marks: Path) -> list[str]:
    """One line for each student whose row of the table of marks is not what was earned."""
    with marks.open(encoding="utf-8", newline="") as lines:
        rows = {row["id"]: row for row in csv.DictReader(lines)}
    found = []
    for student, points in earned.items():
        unmarked = bool(whole.of("written")) and not student.endswith("-untouched")
        wanted = [f"{points:.1f}", f"{whole.points:.1f}", str(unmarked), ""]
        got = [rows[student][column] for column in ("score", "max_score", "unmarked", "needs_a_person")]
        if got != wanted:
            found.append(f"{whole.name}, {student}: {got} instead of {wanted}")
    return found


def rehearse(
    whole: ProblemSet, folder: Path, mutants: Sequence[Cell] | None = None, *, count: int = 0, salt: str = ""
) -> list[str]:
    """Hand in, grade, compare: one line for each mark that is not what was earned. Without a choice, all mutants."""
    from .grade import grade_set
    from .jail import Limits

    handed, course = folder / "handed-in", folder / "course"
    earned = hand_in(whole, handed, whole.of("mutant") if mutants is None else mutants, count=count, salt=salt)
    begun = time.monotonic()
    grade_set(handed, whole, handed / "roster.csv", course, salt, Limits(), workers=2)
    took = time.monotonic() - begun
    print(f"{whole.name}: {len(earned)} submissions in {took:.0f} s, {os.cpu_count()} processors", file=sys.stderr)
    return differences(whole, earned, course / f"marks-{whole.name}.csv")
