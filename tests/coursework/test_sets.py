"""Each problem set is fit to be set, and the proof notices when one is not."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import jupytext
import pytest

from coursework import fit, source
from coursework.judge import reference
from coursework.source import FOLDER, Cell, ProblemSet, sets

SETS = sets()
TENS = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
NUMBERS = [*f"{TENS} eighteen nineteen twenty".split(), *(f"twenty-{one}" for one in TENS.split()[1:10])]


@pytest.mark.parametrize("name", SETS)
def test_a_set_is_fit_to_be_set(name: str) -> None:
    """Reference, untouched release and every mutant, for four students; the reference for a dozen more."""
    assert fit.problems(SETS[name]) == []


@pytest.mark.parametrize("name", SETS)
def test_a_set_has_the_size_that_it_states(name: str) -> None:
    whole = SETS[name]
    code, words = (sum(cell.points for cell in whole.of(kind)) for kind in ("check", "written"))
    said = re.search(r"\*Points\*: ([\w-]+) for code, ([\w-]+) for derivations", whole.cells[0].source)
    assert said and (NUMBERS.index(said[1]), NUMBERS.index(said[2])) == (code, words)
    assert 4 <= len([cell for cell in whole.of("answer") if whole.checks_of(cell.name)]) <= 6
    assert 15 <= len(whole.of("check")) <= 25
    assert 2 <= len(whole.of("written")) <= 3
    assert {cell.name for cell in whole.of("written")} == {cell.name for cell in whole.of("rubric")}


@pytest.mark.parametrize(
    "file", [*FOLDER.glob("*.md"), Path(__file__).with_name("small.md")], ids=lambda file: file.stem
)
def test_a_source_is_as_jupytext_would_save_it(file: Path) -> None:
    """A save in JupyterLab is then no change."""
    text = file.read_text("utf8")
    written = jupytext.writes(jupytext.read(file), "md:myst")
    assert written.split("\n---\n", 1)[1] == text.split("\n---\n", 1)[1]


def test_the_small_set_is_fit(small: ProblemSet) -> None:
    assert fit.problems(small) == []


def changed(whole: ProblemSet, name: str, old: str, new: str) -> ProblemSet:
    """The set with other words in one cell."""
    cells = [replace(cell, source=cell.source.replace(old, new)) if cell.name == name else cell for cell in whole.cells]
    assert tuple(cells) != whole.cells
    return ProblemSet(whole.name, tuple(cells))


def test_the_proof_notices_a_wrong_reference(small: ProblemSet) -> None:
    found = fit.problems(changed(small, "double", "x + x", "x**2 * 2"))
    assert any("the reference loses ['double-known', 'double-own']" in line for line in found)


def test_the_proof_notices_a_check_that_some_students_cannot_pass(small: ProblemSet) -> None:
    """Numbers that end in 2: none of the four who try everything has one."""
    unlucky = changed(small, "double-own", "holds(got == 2 * x", "holds(got == 2 * x and x % 10 != 2")
    found = [line for line in fit.problems(unlucky) if "the reference loses" in line]
    assert found and all(line.startswith("student-") for line in found)


def test_the_proof_notices_a_check_that_only_compares(small: ProblemSet) -> None:
    bare = changed(small, "double-own", 'holds(got == 2 * x, "twice your number is another")', "")
    assert any("as a reference, square would pass" in line for line in fit.problems(bare))


def test_the_proof_notices_a_check_that_no_mutant_loses_and_an_idle_stub(small: ProblemSet) -> None:
    found = fit.problems(changed(small, "area-known", 'close(got, 9, "the area of a square")', "pass"))
    assert "no mutant loses area-known" in found
    idle = changed(small, "area-known", "got = area(3.0)", "got = 9.0")
    assert any("the untouched release gains ['area-known']" in line for line in fit.problems(idle))


def test_the_proof_notices_a_visible_check_that_needs_the_reference(small: ProblemSet) -> None:
    leaning = changed(small, "double-known", "close(got, 4,", "close(got, double(2),")
    assert any(
        "the visible check double-known needs what students do not have" in line for line in fit.problems(leaning)
    )


def test_students_have_different_numbers_and_keep_them() -> None:
    whole = SETS["loop"]
    one, again, two = (reference(whole, "", student)["own_labels"] for student in ("ada", "ada", "bob"))
    assert one("ada")[2] == again("ada")[2] != two("bob")[2]
    assert reference(whole, "autumn", "ada")["own_labels"]("ada")[2] != one("ada")[2]


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        (Cell("check", "double-more", True, "# Check\n### ASK\n### JUDGE"), "its name is followed by its points"),
        (Cell("check", "other-one", True, "# Check\n### ASK\n### JUDGE", ("1",)), "belongs to no answer"),
        (Cell("check", "double-more", True, "# Check\ngot = 1", ("1",)), "it needs one ### ASK"),
        (Cell("answer", "more", True, "pass"), "it needs one ### BEGIN SOLUTION"),
        (Cell("answer", "one-more", True, "pass"), "has no hyphen"),
        (Cell("mutant", "wrong", True, "pass", ("of", "double", "loses", "nothing")), "unknown: ['double-nothing']"),
        (Cell("mutant", "wrong", True, "pass", ("of", "nobody", "loses", "known")), "write: mutant NAME"),
        (Cell("given", "setup", True, "pass"), "occurs twice"),
        (Cell("given", "Set up", True, "pass"), "lower-case"),
        (Cell("riddle", "one", True, "pass"), "its kind is none of"),
        (Cell("text", "text-99", True, "pass"), "code needs a kind"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_cell_that_cannot_be_read_is_named(small: ProblemSet, cell: Cell, words: str) -> None:
    assert words in source.problem(cell, ProblemSet("small", (*small.cells, cell)))
