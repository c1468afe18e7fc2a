"""Whether a set is fit to be set: the reference, the untouched release and every mutant, through the same checks.

Nothing of a student's runs here, so no jail is needed, and a run takes a second.
"""

from __future__ import annotations

import contextlib
import io
import re
import sys
from typing import Any

from .judge import Verdict, judge, namespace, reference
from .source import Cell, ProblemSet
from .worker import plain

MORE = 12  # students more for the reference: a check that only some numbers fail was found by a hundred of them
DEFINED = re.compile(r"^(?:def|class) (\w+)|^(\w+) =", re.M)


def concerned(whole: ProblemSet, answer: str) -> set[str]:
    """The checks that an answer can change: its own, and those of answers and checks that mention what it defines."""
    names, grown = {answer}, True
    while grown:
        words = [
            word
            for cell in whole.of("answer")
            if cell.name in names
            for pair in DEFINED.findall(cell.source)
            for word in pair
            if word
        ]
        using = re.compile(rf"\b({'|'.join(words)})\b")
        more = {cell.name for cell in whole.of("answer") if using.search(cell.source)} - names
        names, grown = names | more, bool(more)
    return {check.name for check in whole.of("check") if check.name.split("-")[0] in names or using.search(check.ask)}


def ran(
    whole: ProblemSet, salt: str, student: str, mutant: Cell | None = None, untouched: bool = False
) -> dict[str, Any]:
    """What each check is told by a notebook with the reference, a mutant or the stubs in it: numbers, or an exception.

    With a mutant, only the checks that it concerns are asked.
    """
    names = namespace(salt, student)
    asked = {check.name for check in whole.of("check")} if mutant is None else concerned(whole, mutant.target)
    told: dict[str, Any] = {}
    for cell in whole.of("given", "answer", "check"):
        if cell.kind == "check" and cell.name not in asked:
            continue
        source = {"given": cell.source, "answer": cell.stub if untouched else cell.solution, "check": cell.ask}[
            cell.kind
        ]
        if mutant is not None and cell.name == mutant.target:
            source = mutant.source
        names.pop("got", None)
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                exec(compile(source, f"{whole.name}:{cell.name}", "exec"), names)
            if cell.kind == "check":
                told[cell.name] = plain(names["got"])
        except Exception as problem:
            told[cell.name] = problem
    return told


def verdicts(whole: ProblemSet, told: dict[str, Any], names: dict[str, Any]) -> dict[str, Verdict]:
    """The verdict of each check on what it was told."""
    found: dict[str, Verdict] = {}
    for check in whole.of("check"):
        if check.name not in told:
            continue
        got = told[check.name]
        found[check.name] = Verdict(False, repr(got)) if isinstance(got, Exception) else judge(check, names, got)
    return found


def lost(whole: ProblemSet, salt: str, student: str, mutant: Cell | None = None, untouched: bool = False) -> set[str]:
    """The checks that this notebook loses."""
    told = ran(whole, salt, student, mutant, untouched)
    found = verdicts(whole, told, reference(whole, salt, student))
    return {name for name, verdict in found.items() if not verdict.passed}


def unnoticed(whole: ProblemSet, salt: str, student: str) -> list[str]:
    """The mutants that would pass as a reference: with one in its place, no check fails its own answers."""
    quiet = []
    for mutant in whole.of("mutant"):
        told = ran(whole, salt, student, mutant)
        found = verdicts(whole, told, reference(whole, salt, student, mutant))
        if all(verdict.passed for verdict in found.values()):
            quiet.append(mutant.name)
    return quiet


def problems(
    whole: ProblemSet, salt: str = "", students: tuple[str, ...] = ("ada", "blaise", "carl", "dorothea")
) -> list[str]:
    """One line for each reason why the set is not fit to be set."""
    found = []
    every = {check.name for check in whole.of("check")}
    caught: set[str] = set()
    for student in students:
        if missed := lost(whole, salt, student):
            found.append(f"{student}: the reference loses {sorted(missed)}")
        for mutant in whole.of("mutant"):
            missed = lost(whole, salt, student, mutant)
            caught |= missed
            if missed != mutant.loses:
                found.append(
                    f"{student}: the mutant {mutant.name} loses {sorted(missed)}, declared {sorted(mutant.loses)}"
                )
        found += [f"{student}: as a reference, {name} would pass" for name in unnoticed(whole, salt, student)]
    for student in (f"student-{number}" for number in range(MORE)):
        if missed := lost(whole, salt, student):
            found.append(f"{student}: the reference loses {sorted(missed)}")
    alone = namespace(salt, students[0])
    for cell in whole.of("given"):
        exec(compile(cell.source, cell.name, "exec"), alone)
    told = ran(whole, salt, students[0])
    for check in whole.of("check"):
        if not check.hidden and (verdict := judge(check, alone, told[check.name])).broken:
            found.append(f"the visible check {check.name} needs what students do not have: {verdict.message}")
    if kept := every - lost(whole, salt, students[0], untouched=True):
        found.append(f"the untouched release gains {sorted(kept)}")
    found += [f"no mutant loses {name}" for name in sorted(every - caught)]
    for answer in whole.of("answer"):
        if sum(mutant.target == answer.name for mutant in whole.of("mutant")) < 2 and whole.checks_of(answer.name):
            found.append(f"the answer {answer.name} has fewer than two mutants")
    return found


if __name__ == "__main__":
    from .source import sets

    lines = [f"{name}: {line}" for name, whole in sets().items() for line in problems(whole)]
    sys.exit("\n".join(lines) or None)
