"""A folder of submissions: each is run in a jail, judged outside it, and written into the gradebook."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict
from pathlib import Path
from typing import Any

import nbformat

from . import jail, tables
from .collect import RosterError, SubmissionError, assemble, find, load, roster
from .judge import Verdict, judge, prelude, reference
from .source import ProblemSet, sets

PERSON = 3  # the status of a run that needs a person: neither 1, which is Python's after a fault, nor make's 2
ROUND = "1"  # results of another way to grade are made anew


def fingerprint(whole: ProblemSet, salt: str, student: str, raw: bytes) -> str:
    """What the results of a submission depend on."""
    parts = (ROUND, repr(whole), prelude(salt), student)
    return hashlib.sha256("\0".join(parts).encode() + raw).hexdigest()


def mark(whole: ProblemSet, file: Path, student: str, salt: str, limits: jail.Limits) -> dict[str, Any]:
    """The results of one submission: verdicts, what cells printed, and what a person has to look at.

    Raises
    ------
    SubmissionError, jail.JailError
        If it cannot be read, or could not be run: then there are no marks, rather than none.
    """
    handed, notes = load(file)
    ready = assemble(whole, handed, student, salt)
    ran = jail.run(ready.run, limits, slot=os.getpid() % 1000)
    checks, person = {}, broken(ready.run, ran)
    names = reference(whole, salt, student)
    for check in whole.of("check"):
        verdict = _verdict(check, ran, names)
        checks[check.name] = asdict(verdict)
        if verdict.broken:
            person.append(f"{check.name}: {verdict.message}")
    person += [f"the cell {name}: {why}" for name, why in ran.stopped.items()]
    told = {name: message for name, message in ran.messages.items() if name not in checks}
    return {
        "student": student,
        "checks": checks,
        "printed": {name: message["printed"] for name, message in told.items() if message.get("printed")},
        "errors": {name: message["error"] for name, message in told.items() if message.get("error")} | ran.stopped,
        "notes": notes + ready.notes,
        "person": person,
        "notebook": nbformat.writes(ready.notebook),
    }


def broken(cells: list[dict[str, str]], ran: jail.Ran) -> list[str]:
    """Given cells that failed after student's code: a person has to see whether that is why.

    Raises
    ------
    jail.JailError
        If one failed before any of it: then the fault is ours, and no mark would mean anything.
    """
    found, theirs = [], False
    for cell in cells:
        error = ran.messages.get(cell["name"], {}).get("error")
        if cell["kind"] == "given" and error:
            words = f"the cell {cell['name']}, which is ours, failed: {error}"
            if not theirs:
                raise jail.JailError(words)
            found.append(words)
        theirs = theirs or cell["kind"] == "code"
    return found


def _verdict(check: Any, ran: jail.Ran, names: dict[str, Any]) -> Verdict:
    message = ran.messages.get(check.name)
    if message is None:
        return Verdict(False, ran.stopped.get(check.name, "it was not reached"))
    if "got" not in message:
        return Verdict(False, message.get("error") or "there was no answer")
    return judge(check, names, message["got"])


def grade(
    submissions: Path,
    name: str,
    *,
    roster: Path | None = None,
    course: Path,
    salt: str = "",
    workers: int = 2,
) -> int:
    """Grade a folder and print what was done; 0 if nothing needs a person but the derivations, 3 if something does."""
    if not submissions.is_dir():
        print(f"no folder {submissions}: it should hold a notebook or a folder for each student", file=sys.stderr)
        return 2
    if course.resolve() in submissions.resolve().parents:
        print(f"{submissions} is where the course keeps copies of its own: grade another folder", file=sys.stderr)
        return 2
    try:
        jail.command()
        return grade_set(
            submissions, sets()[name], roster or submissions / "roster.csv", course, salt, jail.Limits(), workers
        )
    except (jail.JailError, RosterError) as problem:
        print(problem, file=sys.stderr)
        return 2
    except KeyError:
        print(f"no problem set {name!r}; there are {', '.join(sets())}", file=sys.stderr)
        return 2


def grade_set(
    submissions: Path, whole: ProblemSet, listed: Path, folder: Path, salt: str, limits: jail.Limits, workers: int
) -> int:
    """Grade the submissions of a set; see `grade`."""
    from .course import Course, CourseError, results_file

    students = roster(listed)
    found, person = find(submissions, students, whole.name)
    course = Course(folder)
    course.set_up(whole, salt, students)
    kept: dict[str, dict[str, Any]] = {}
    with ProcessPoolExecutor(workers) as pool:
        waiting = {}
        for student, file in found.items():
            kept_file = results_file(course.folder, whole.name, student)
            raw = file.read_bytes() if file.is_file() and not file.is_symlink() else b""
            print_of = fingerprint(whole, salt, student, raw)
            old = json.loads(kept_file.read_text("utf8")) if kept_file.exists() else {}
            if old.get("fingerprint") == print_of:
                kept[student] = old
            else:
                waiting[pool.submit(mark, whole, file, student, salt, limits)] = (student, kept_file, print_of)
        for number, done in enumerate(as_completed(waiting), 1):
            student, kept_file, print_of = waiting[done]
            try:
                result = done.result() | {"fingerprint": print_of, "recorded": False}
                save(kept_file, result)
                kept[student] = result
            except (SubmissionError, jail.JailError) as problem:
                person[student] = [str(problem)]
            except Exception as problem:
                person[student] = [f"the grader failed: {type(problem).__name__}: {problem}"]
            progress(number, len(waiting), student)
    for student, result in sorted(kept.items()):
        if not result["recorded"]:
            try:
                course.record(whole, student, nbformat.reads(result["notebook"], as_version=4))
            except CourseError as problem:
                person[student] = [str(problem)]
                continue
            save(results_file(course.folder, whole.name, student), result | {"recorded": True})
        elif any(cell.kind == "written" for cell in whole.cells):
            course.feedback(whole, student)  # a person may have marked a derivation since
        if result["person"]:
            person[student] = result["person"]
    table = {
        student: course.marks(whole, student) for student in kept if student not in person or kept[student]["person"]
    }
    pending = tables.write(course.folder, whole.name, whole.title, students, table, person)
    report(kept, table, person, sorted(set(students) - set(found) - set(person)), course.folder)
    if pending:
        print(f"not yet in the tables for Canvas and Moodle: {', '.join(pending)}")
    return PERSON if person else 0


def save(file: Path, result: dict[str, Any]) -> None:
    """Write results at once or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(f".{os.getpid()}.part")
    part.write_text(json.dumps(result), "utf8")
    part.replace(file)


def progress(done: int, total: int, student: str) -> None:
    """One line that grows on a terminal, one line a submission elsewhere."""
    width = 30 * done // total
    line = f"[{'#' * width}{'.' * (30 - width)}] {done}/{total} {student}"
    print(
        f"\r{line:<70}" if sys.stderr.isatty() else line,
        end="\n" if done == total or not sys.stderr.isatty() else "",
        file=sys.stderr,
    )


def report(
    kept: dict[str, Any],
    table: dict[str, dict[str, Any]],
    person: dict[str, list[str]],
    missing: list[str],
    folder: Path,
) -> None:
    """What was done, and what is left for a person."""
    for student in sorted(table):
        row, notes = table[student], kept[student]["notes"]
        print(f"{student}: {row['score']:g} of {row['max_score']:g}" + ", derivations to mark" * row["unmarked"])
        for note in notes:
            print(f"    {note}")
    if missing:
        print(f"nothing handed in: {', '.join(missing)}")
    if person:
        print("needs a person:")
        for student, reasons in sorted(person.items()):
            for reason in reasons:
                print(f"    {student + ': ' if student else ''}{reason}")
    print(f"marks: {folder}; derivations: start `jupyter lab` there and open Formgrader")
