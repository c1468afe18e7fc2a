"""A class of known marks goes through the whole grading, and the tables of marks that come out."""

from __future__ import annotations

import csv
from pathlib import Path

from coursework import tables
from coursework.rehearse import differences, hand_in, rehearse
from coursework.source import ProblemSet, sets

REAL = sets()["round"]
ONE_A_QUESTION = list({mutant.target: mutant for mutant in REAL.of("mutant")}.values())


def test_each_kind_of_student_gets_what_was_earned(tmp_path: Path) -> None:
    """Reference, untouched release, and a mutant of each question, by jail and nbgrader."""
    assert len(ONE_A_QUESTION) >= 4
    assert rehearse(REAL, tmp_path, ONE_A_QUESTION) == []


def test_a_mark_that_was_not_earned_is_noticed(small: ProblemSet, tmp_path: Path) -> None:
    mutants = small.of("mutant")
    earned = hand_in(small, tmp_path, mutants, count=8)
    assert list(earned)[::6] == ["s001-reference", "s007-reference"] and len(list(tmp_path.glob("*.ipynb"))) == 8
    assert [earned[name] for name in earned] == [4, 0, 2, 1, 3, 3, 4, 0]
    marks = {
        name: {"score": points, "max_score": 7.0, "unmarked": "untouched" not in name}
        for name, points in earned.items()
    }
    marks["s003-square"]["score"] = 3.0
    marks["s008-untouched"]["unmarked"] = True
    tables.write(tmp_path, "small", small.title, {name: {} for name in earned}, marks, {"s001-reference": ["look"]})
    found = differences(small, earned, tmp_path / "marks-small.csv")
    assert [line.split(":")[0] for line in found] == [
        "small, s001-reference",
        "small, s003-square",
        "small, s008-untouched",
    ]


def test_tables_for_other_systems_hold_final_marks_alone(tmp_path: Path) -> None:
    """Their columns as the importers of Canvas and of Moodle read them."""
    students = {
        "ada": {"first_name": "Ada", "last_name": "King, of Lovelace", "email": "ada@example.org"},
        "bob": {"first_name": "Bób", "last_name": ""},
        "carl": {},
        "dora": {},
    }
    marks = {
        "ada": {"score": 6.5, "max_score": 7.0, "unmarked": False},
        "bob": {"score": 0.0, "max_score": 7.0, "unmarked": False},
        "carl": {"score": 4.0, "max_score": 7.0, "unmarked": True},
    }
    person = {"": ["no student"], "dora": ["no notebook"]}
    pending = tables.write(tmp_path, "small", "A small set", students, marks, person)
    assert pending == ["carl", "dora"]

    def rows(end: str) -> list[list[str]]:
        with (tmp_path / f"marks-small{end}.csv").open(encoding="utf-8", newline="") as lines:
            return list(csv.reader(lines))

    assert rows("-canvas") == [
        ["Student", "ID", "SIS Login ID", "Section", "A small set"],
        ["    Points Possible", "", "", "", "7.0"],
        ["King, of Lovelace, Ada", "", "ada", "", "6.5"],
        ["Bób", "", "bob", "", "0.0"],
    ]
    assert rows("-moodle") == [
        ["username", "email", "A small set"],
        ["ada", "ada@example.org", "6.5"],
        ["bob", "", "0.0"],
    ]
    assert rows("") == [
        list(tables.COLUMNS),
        ["ada", "Ada", "King, of Lovelace", "ada@example.org", "6.5", "7.0", "False", ""],
        ["bob", "Bób", "", "", "0.0", "7.0", "False", ""],
        ["carl", "", "", "", "4.0", "7.0", "True", ""],
        ["dora", "", "", "", "", "", "", "no notebook"],
    ]
