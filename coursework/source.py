"""A problem set as its author writes it: a MyST notebook whose cells say what they are.

A cell's metadata `cw` holds one line: its kind, its name, and what belongs to the kind.

    given NAME                        code that students get and must not change
    identity NAME                     the one line in which students type their id
    answer NAME                       code between ### BEGIN SOLUTION and ### END SOLUTION
    check NAME POINTS                 what is asked of an answer, and how that is judged; `hidden` after the points
    mutant NAME of ANSWER loses A B   a realistic wrong answer, and the checks ANSWER-A, ANSWER-B that it must lose
    written NAME POINTS               a derivation in words, marked by a person
    rubric NAME                       how to mark it

Cells without `cw` are text. A check belongs to the answer whose name its own begins with.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import jupytext

FOLDER = Path(__file__).parent / "sources"
KINDS = ("text", "given", "identity", "answer", "check", "mutant", "written", "rubric")
BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
ASK, JUDGE = "### ASK", "### JUDGE"


class SourceError(ValueError):
    """A problem set that cannot be read: which cell, and what is missing."""


@dataclass(frozen=True)
class Cell:
    """One cell of a set; `words` is what its line of metadata says after the name."""

    kind: str
    name: str
    code: bool
    source: str
    words: tuple[str, ...] = ()

    @property
    def points(self) -> float:
        """Points of a check or a written answer."""
        return float(self.words[0]) if self.kind in ("check", "written") else 0.0

    @property
    def hidden(self) -> bool:
        """Whether students see nothing of a check but its title."""
        return "hidden" in self.words

    @property
    def title(self) -> str:
        """The first line of a check without its mark: what it looks at."""
        return self.source.splitlines()[0].lstrip("# ").strip()

    @property
    def ask(self) -> str:
        """What runs beside the student's code: the shared part, and the question; it leaves `got`."""
        return self.source.partition(JUDGE)[0]

    @property
    def judged(self) -> str:
        """What runs where no student's code is: the shared part, and the judgement of `got`."""
        return self.source.partition(ASK)[0] + self.source.partition(JUDGE)[2]

    @property
    def target(self) -> str:
        """The answer that a mutant replaces."""
        return self.words[1]

    @property
    def loses(self) -> frozenset[str]:
        """The checks that a mutant must lose."""
        return frozenset(f"{self.target}-{word}" for word in self.words[3:])

    @property
    def stub(self) -> str:
        """What students see of an answer: its solution replaced by a place for theirs."""
        place = (
            r"\1# your code here\n\1raise NotImplementedError('write your answer in place of this line')"
            if self.code
            else "*Your answer here, in place of this line.*"
        )
        return re.sub(rf"^([ ]*){BEGIN}\n.*?{END}", place, self.source, flags=re.S | re.M)

    @property
    def solution(self) -> str:
        """An answer without the marks around its solution."""
        return re.sub(rf"^[ ]*({BEGIN}|{END})\n?", "", self.source, flags=re.M).strip("\n")


@dataclass(frozen=True)
class ProblemSet:
    """A set: its name (that of its file), its title, and its cells in order."""

    name: str
    cells: tuple[Cell, ...]

    def of(self, *kinds: str) -> tuple[Cell, ...]:
        """The cells of some kinds, in order."""
        return tuple(cell for cell in self.cells if cell.kind in kinds)

    @cached_property
    def title(self) -> str:
        """The first heading."""
        return next(line[2:] for cell in self.cells for line in cell.source.splitlines() if line.startswith("# "))

    @property
    def points(self) -> float:
        """All points there are."""
        return sum(cell.points for cell in self.cells)

    def checks_of(self, answer: str) -> tuple[Cell, ...]:
        """The checks that belong to an answer."""
        return tuple(cell for cell in self.of("check") if cell.name.startswith(answer + "-"))


def read(file: Path) -> ProblemSet:
    """Read a set.

    Raises
    ------
    SourceError
        If a cell is of no known kind, a name occurs twice, or a part that its kind needs is missing.
    """
    notebook = jupytext.read(file)
    cells = []
    for number, cell in enumerate(notebook.cells):
        line = str(cell.metadata.get("cw", "")).split() or ["text", f"text-{number}"]
        cells.append(
            Cell(line[0], line[1] if len(line) > 1 else "", cell.cell_type == "code", cell.source, tuple(line[2:]))
        )
    found = ProblemSet(file.stem, tuple(cells))
    for one in cells:
        if wrong := problem(one, found):
            raise SourceError(f"{file.name}, cell {one.kind} {one.name!r}: {wrong}")
    return found


def problem(cell: Cell, whole: ProblemSet) -> str:
    """What is wrong with a cell, or nothing."""
    answers, checks = ({one.name for one in whole.of(kind)} for kind in ("answer", "check"))
    names = [one.name for one in whole.cells if one.kind != "rubric"]
    if cell.kind not in KINDS:
        return f"its kind is none of {', '.join(KINDS)}"
    if cell.kind == "text" and cell.code:
        return "code needs a kind, in the cell's metadata `cw`"
    if not re.fullmatch(r"[a-z][a-z0-9-]*", cell.name):
        return "a name is made of lower-case letters, digits and hyphens"
    if names.count(cell.name) > 1:
        return "this name occurs twice"
    if cell.kind == "answer" and "-" in cell.name:
        return "the name of an answer has no hyphen, for its checks are called ANSWER-WHAT"
    if cell.kind in ("answer", "written") and not (cell.source.count(BEGIN) == cell.source.count(END) == 1):
        return f"it needs one {BEGIN} and one {END}"
    if cell.kind in ("check", "written") and not (cell.words and re.fullmatch(r"\d+(\.5)?", cell.words[0])):
        return "its name is followed by its points"
    if cell.kind == "check" and not (cell.source.count(ASK) == cell.source.count(JUDGE) == 1):
        return f"it needs one {ASK} and one {JUDGE}"
    if cell.kind == "check" and not any(cell.name.startswith(name + "-") for name in answers):
        return f"it belongs to no answer; the answers are {sorted(answers)}"
    if cell.kind == "mutant" and (cell.words[:1] + cell.words[2:3] != ("of", "loses") or cell.target not in answers):
        return "write: mutant NAME of ANSWER loses CHECK ..."
    if cell.kind == "mutant" and not (cell.loses and cell.loses <= checks):
        return f"it must lose checks of this set; unknown: {sorted(cell.loses - checks)}"
    return ""


def sets() -> dict[str, ProblemSet]:
    """All sets of the book, by name."""
    return {file.stem: read(file) for file in sorted(FOLDER.glob("*.md"))}
