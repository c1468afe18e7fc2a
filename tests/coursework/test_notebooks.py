"""What is made of a set holds no answer, is the same every time, and is what nbgrader makes of it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import pytest

from coursework import leaks, notebooks, solutions
from coursework.course import Course
from coursework.grade import PERSON, grade_set, mark
from coursework.jail import JailError, Limits
from coursework.rehearse import filled
from coursework.source import ProblemSet, sets

SETS = sets()
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", SETS)
def test_releases_and_pages_are_the_same_twice_and_hold_no_answer(name: str, tmp_path: Path) -> None:
    whole = SETS[name]
    seen = [file for part in ("one", "two") for file in notebooks.write(whole, "", tmp_path / part)]
    assert seen[0].read_bytes() == seen[1].read_bytes()
    page = ROOT / "chapters" / "coursework" / f"{name}.md"
    assert page.read_text("utf8") == notebooks.page(whole), "run make coursework"
    assert leaks.leaks([*seen, page], SETS.values()) == []


@pytest.mark.parametrize("name", SETS)
def test_the_leak_check_finds_each_kind_of_secret(name: str, tmp_path: Path) -> None:
    """In a notebook, a page, and a search index, as those formats write it."""
    whole = SETS[name]
    full = tmp_path / "full.ipynb"
    nbformat.write(notebooks.source(whole), full)
    found = "\n".join(leaks.leaks([full], [whole]))
    assert found.count("a line of the set") >= len(whole.of("answer"))
    secret = {
        kind: [line for line in leaks.secrets(whole) for cell in whole.of(kind) if line in leaks.squeezed(cell.source)]
        for kind in ("answer", "check", "mutant", "written", "rubric")
    }
    assert all(secret.values()), {kind: len(lines) for kind, lines in secret.items()}
    mutant = whole.of("mutant")[0].source
    html, index = tmp_path / "page.html", tmp_path / "index.js"
    html.write_text(
        "<pre>" + mutant.replace("&", "&amp;").replace("<", "&lt;").replace("return", "<b>return</b>") + "</pre>"
    )
    index.write_text(json.dumps({"text": mutant}))
    for file in (html, index):
        assert leaks.leaks([file], [whole]), file


@pytest.mark.parametrize("name", SETS)
def test_the_solutions_hold_all_that_students_must_not_see(name: str, tmp_path: Path) -> None:
    whole, file = SETS[name], tmp_path / "solutions.md"
    file.write_text(solutions.text(whole), "utf8")
    found = leaks.readable(file)
    names = notebooks.titles()
    bare = {leaks.squeezed(notebooks.worded(line, names)) for line in leaks.secrets(whole)}
    assert [line for line in bare if line not in found] == []


def test_private_pages_show_formulas_and_code_and_stay_out_of_the_book(small: ProblemSet, tmp_path: Path) -> None:
    first = solutions.build([small], tmp_path / "private")
    page = leaks.readable(first.with_name("small.html"))
    for kept in ("multiplication distributes over the sum", "the distributive law is named", "return 4 * x"):
        assert leaks.squeezed(kept) in page
    assert leaks.leaks([first.with_name("small.html")], [small]) and "small.html" in first.read_text("utf8")
    for published in (ROOT, ROOT / "chapters" / "x", ROOT / "_build" / "html" / "x", notebooks.BUILD / "release"):
        with pytest.raises(solutions.PlaceError, match="is in the book"):
            solutions.build([small], published)


def test_the_built_site_holds_no_answer() -> None:
    site = ROOT / "_build" / "html"
    files = leaks.published(site)
    offered = {file.stem for file in files if "_downloads" in file.parts}
    assert set(SETS) <= offered, "each release is offered for download"
    assert leaks.leaks(files, SETS.values()) == []


@pytest.fixture(scope="module")
def graded(small: ProblemSet, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Six submissions through the whole machine, and nbgrader."""
    folder = tmp_path_factory.mktemp("unit")
    handed, course = folder / "submissions", folder / "course"
    handed.mkdir()
    roster = 'id,first_name,last_name\nada,Ada,Lovelace\nbob,Bób,"O\'Neil, the ⅔rd"\n'
    roster += "".join(f"{name},,\n" for name in ("carl", "dora", "emmy", "frank", "gina"))
    (handed / "roster.csv").write_text(roster, "utf8")
    wrong = {"double": small.of("mutant")[0].source, "why": filled(small, "bob").cells[-1].source + "\n\nBecause."}
    nbformat.write(filled(small, "ada"), handed / "ada.ipynb")
    nbformat.write(filled(small, "bob", wrong), handed / "Bob_42_assignment.ipynb")
    nbformat.write(notebooks.release(small), handed / "carl.ipynb")
    nbformat.write(filled(small, "dora", {"area": "import os\nos._exit(1)"}), handed / "dora.ipynb")
    (handed / "emmy.ipynb").write_text("this is no notebook")
    nbformat.write(filled(small, "zoe"), handed / "zoe.ipynb")
    status = grade_set(handed, small, handed / "roster.csv", course, "", Limits(), 2)
    return {"folder": folder, "course": course, "status": status, "handed": handed}


def marks(graded: dict[str, Any]) -> dict[str, list[str]]:
    lines = (graded["course"] / "marks-small.csv").read_text("utf8").splitlines()[1:]
    return {line.split(",")[0]: line.rsplit(",", 4)[1:] for line in lines}


def test_marks_are_those_of_each_kind_of_submission(graded: dict[str, Any]) -> None:
    """Reference, mutant with words, untouched, one that ends its process, one that is no notebook, nothing."""
    found = marks(graded)
    assert found["ada"][:3] == ["4.0", "7.0", "False"], "all of the code; untouched words are zero without a person"
    assert found["bob"][:3] == ["2.0", "7.0", "True"]
    assert found["carl"][:3] == ["0.0", "7.0", "False"]
    assert found["dora"][:2] == ["3.0", "7.0"] and "area: the process died" in found["dora"][3]
    assert found["emmy"][:3] == ["", "", ""] and "no notebook" in found["emmy"][3]
    assert found["frank"] == ["", "", "", ""]
    assert graded["status"] == PERSON


def test_feedback_says_what_was_missed_and_shows_nothing_hidden(graded: dict[str, Any], small: ProblemSet) -> None:
    page = graded["course"] / "feedback" / "bob" / "small" / "small.html"
    text = leaks.readable(page)
    assert leaks.squeezed("Not passed") in text and leaks.squeezed("# Check: your own number (2 points)") in text
    assert leaks.squeezed("holds(got == 2 * x") not in text


def test_a_second_run_repeats_nothing_and_keeps_what_a_person_marked(
    graded: dict[str, Any], small: ProblemSet, capsys: pytest.CaptureFixture[str]
) -> None:
    from nbgrader.api import Gradebook

    course = Course(graded["course"])
    with Gradebook(course.database, "selfdistill") as book:
        grade = book.find_grade("why", "small", "small", "bob")
        grade.manual_score, grade.needs_manual_grade = 2.5, False
        book.db.commit()
    nbformat.write(filled(small, "frank"), graded["handed"] / "frank.ipynb")
    grade_set(graded["handed"], small, graded["handed"] / "roster.csv", graded["course"], "", Limits(), 2)
    told = capsys.readouterr()
    assert "2/2" in told.err and "3/3" not in told.err, "frank, and emmy who has no results"
    assert "'zoe.ipynb': the name belongs to no student of the roster" in told.out
    assert marks(graded)["bob"][:3] == ["4.5", "7.0", "False"]
    assert marks(graded)["frank"][0] == "4.0"


def test_what_an_instructor_sets_for_a_hub_is_kept(tmp_path: Path) -> None:
    settings = Course(tmp_path).folder / "nbgrader_config.py"
    settings.write_text(settings.read_text("utf8") + "c.Exchange.root = '/srv/exchange'\n", "utf8")
    Course(tmp_path)
    assert "/srv/exchange" in settings.read_text("utf8")


def test_nbgrader_makes_the_same_release(graded: dict[str, Any]) -> None:
    whole = SETS["loop"]
    Course(graded["course"]).set_up(whole, "", {})
    theirs = nbformat.read(graded["course"] / "release" / "loop" / "loop.ipynb", as_version=4)
    ours = notebooks.release(whole)
    assert [cell.source.strip() for cell in theirs.cells] == [cell.source.strip() for cell in ours.cells]
    assert [cell.id for cell in theirs.cells] == [cell.id for cell in ours.cells]


def test_nbgrader_by_itself_runs_no_submission(graded: dict[str, Any], small: ProblemSet, tmp_path: Path) -> None:
    """A click on *Autograde* in formgrader, for a submission that was not graded here, does nothing."""
    course = Course(graded["course"])
    folder = course.folder / "submitted" / "gina" / "small"
    folder.mkdir(parents=True)
    nbformat.write(
        filled(small, "gina", {"double": f"open({str(tmp_path / 'planted')!r}, 'w')"}), folder / "small.ipynb"
    )
    told = course.api.autograde("small", "gina")
    assert not told["success"] and not (tmp_path / "planted").exists()


def test_a_folder_that_is_not_one_of_submissions_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from coursework.grade import grade

    (tmp_path / "course" / "submitted").mkdir(parents=True)
    for folder, words in ((tmp_path / "none", "no folder"), (tmp_path / "course" / "submitted", "copies of its own")):
        assert grade(folder, "loop", course=tmp_path / "course") == 2
        assert words in capsys.readouterr().err


def test_a_broken_grader_gives_no_marks_rather_than_bad_ones(small: ProblemSet, tmp_path: Path) -> None:
    """A given cell that fails before any of the student's code is our fault; after it, a person has to look."""
    here = "open('/etc/passwd').close()\n"  # a file that is missing in the jail
    cells = [replace(cell, source=here + cell.source) if cell.name == "setup" else cell for cell in small.cells]
    nbformat.write(filled(small, "ada"), tmp_path / "ada.ipynb")
    with pytest.raises(JailError, match="the cell setup, which is ours, failed: FileNotFoundError"):
        mark(replace(small, cells=tuple(cells)), tmp_path / "ada.ipynb", "ada", "", Limits())
    early = filled(small, "ada")
    early.cells.insert(0, nbformat.v4.new_code_cell("mine = 3"))
    nbformat.write(early, tmp_path / "ada.ipynb")
    result = mark(replace(small, cells=tuple(cells)), tmp_path / "ada.ipynb", "ada", "", Limits())
    assert any("the cell setup, which is ours, failed" in line for line in result["person"])


def test_without_bubblewrap_nothing_is_run(
    graded: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    from coursework.grade import grade

    monkeypatch.setenv("PATH", str(tmp_path))
    assert grade(graded["handed"], "loop", course=tmp_path / "course") == 2
    assert "apt-get install bubblewrap" in capsys.readouterr().err
    assert not (tmp_path / "course").exists()


@pytest.mark.parametrize("name", [name for name in SETS if name != "round"])  # which test_rehearsal has
def test_the_jail_gives_the_reference_all_points(name: str, tmp_path: Path) -> None:
    whole = SETS[name]
    nbformat.write(filled(whole, "ada"), tmp_path / "ada.ipynb")
    result = mark(whole, tmp_path / "ada.ipynb", "ada", "", Limits())
    assert {verdict["passed"] for verdict in result["checks"].values()} == {True}, result["checks"]
    assert result["person"] == []
