"""No submission gains a mark that its numbers do not earn, and none costs the rest of the notebook its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest

from coursework.grade import mark
from coursework.jail import Limits
from coursework.rehearse import filled
from coursework.source import ProblemSet
from hostile import BREAK_THEMSELVES, CODE, HARMLESS

SHORT = Limits(cell=1.0, grace=1.5, total=90.0)


def points(whole: ProblemSet, result: dict[str, Any]) -> float:
    """The points for code."""
    return sum(check.points for check in whole.of("check") if result["checks"][check.name]["passed"])


@pytest.mark.parametrize("name", [*CODE, *HARMLESS])
def test_an_answer_gains_what_its_numbers_earn(
    name: str, small: ProblemSet, tmp_path: Path, record_property: Any
) -> None:
    wanted = 4.0 if name in HARMLESS else 0.0 if name in BREAK_THEMSELVES else 1.0
    file = tmp_path / "ada.ipynb"
    nbformat.write(filled(small, "ada", {"double": (CODE | HARMLESS)[name]}), file)
    result = mark(small, file, "ada", "", SHORT if name in CODE else Limits())
    record_property("submission", (name, wanted, points(small, result)))
    assert points(small, result) == wanted, result["checks"]
