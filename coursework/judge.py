"""Marks: the plain numbers that an answer gave are compared with the reference, in a process without student's code."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from . import helpers
from .source import Cell, ProblemSet


@dataclass(frozen=True)
class Verdict:
    """Whether a check was passed, and what to tell if not; `broken` if the check itself failed: a person must look."""

    passed: bool
    message: str = ""
    broken: bool = False


def namespace(salt: str, student: str) -> dict[str, Any]:
    """What the first cell of a notebook defines, for one student of one course."""
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(prelude(salt), "helpers.py", "exec"), names)
    return names | {"STUDENT": student}


def prelude(salt: str) -> str:
    """The source of `helpers`, with the course's salt in its place."""
    from pathlib import Path

    source = Path(helpers.__file__).read_text("utf8")
    return source.replace('SALT = ""', f"SALT = {salt!r}", 1)


def reference(whole: ProblemSet, salt: str, student: str, mutant: Cell | None = None) -> dict[str, Any]:
    """The names that the given cells and the reference's answers define; with a mutant in the place of one answer."""
    names = namespace(salt, student)
    for cell in whole.of("given", "answer"):
        source = cell.solution if cell.kind == "answer" else cell.source
        if mutant is not None and cell.name == mutant.target:
            source = mutant.source
        exec(compile(source, f"{whole.name}:{cell.name}", "exec"), names)
    return names


def judge(check: Cell, names: Mapping[str, Any], got: Any) -> Verdict:
    """One check, for the numbers that an answer gave."""
    failed = names["CheckFailed"]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # wild numbers may well overflow on the way to their refusal
            exec(compile(check.judged, check.name, "exec"), {**names, "got": got})
    except failed as failure:
        return Verdict(False, str(failure))
    except Exception as problem:  # a fault of the check or of the reference, or numbers that nobody thought of
        return Verdict(False, f"the check itself failed: {type(problem).__name__}: {problem}", broken=True)
    return Verdict(True)
