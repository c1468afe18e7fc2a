"""Tables of marks: one for people, and one for each system that reads marks from a CSV file.

Canvas (`lib/gradebook_importer.rb` of instructure/canvas-lms) wants the columns Student, ID, SIS Login ID and Section
in this order, then a column an assignment, and reads the most points from a row *Points Possible*. It finds a student
by ID, else by login, else by name. Moodle (`grade/import/csv` of moodle/moodle) asks which column says who somebody
is, and which holds a grade; a value that is no number stops the whole import.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Any

Rows = dict[str, dict[str, Any]]
COLUMNS = ("id", "first_name", "last_name", "email", "score", "max_score", "unmarked", "needs_a_person")


def write(folder: Path, name: str, title: str, students: Rows, marks: Rows, person: dict[str, list[str]]) -> list[str]:
    """Write the tables of a set; the students whose mark is not final, who are left out of those for other systems.

    Parameters
    ----------
    students, marks : dict
        What the roster says of each student, and what the gradebook holds of those who have a mark.
    person : dict
        What a person has to look at, by student.
    """
    final = {student: row["score"] for student, row in marks.items() if not row["unmarked"] and student not in person}
    rows = {student: about | marks.get(student, {}) for student, about in students.items()}
    for student, row in rows.items():
        row |= {"id": student, "needs_a_person": "; ".join(person.get(student, []))}
    plain = [[row.get(column, "") for column in COLUMNS] for row in rows.values()]
    most = next((row["max_score"] for row in marks.values()), "")
    canvas = [["    Points Possible", "", "", "", most]]
    canvas += [[_full_name(students[student]), "", student, "", score] for student, score in sorted(final.items())]
    moodle = [[student, students[student].get("email", ""), score] for student, score in sorted(final.items())]
    _save(folder / f"marks-{name}.csv", COLUMNS, plain)
    _save(folder / f"marks-{name}-canvas.csv", ("Student", "ID", "SIS Login ID", "Section", title), canvas)
    _save(folder / f"marks-{name}-moodle.csv", ("username", "email", title), moodle)
    return sorted(set(students) - set(final))


def _full_name(about: dict[str, str]) -> str:
    """Last name, first name: as Canvas sorts."""
    return ", ".join(part for part in (about.get("last_name"), about.get("first_name")) if part)


def _save(file: Path, columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines)
        writer.writerow(columns)
        writer.writerows(rows)
