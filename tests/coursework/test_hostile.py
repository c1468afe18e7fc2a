"""No submission gains a mark that its numbers do not earn, and none costs the rest of the notebook its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest

from coursework.grade import mark
from coursework.jail import Limits, memory
from coursework.rehearse import filled
from coursework.source import ProblemSet
from hostile import BREAK_THEMSELVES, CODE, HARMLESS, first

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


def test_processes_that_share_the_work_do_not_get_more_memory(small: ProblemSet, tmp_path: Path) -> None:
    """Each stays within the limit for one; together they are stopped, and the other answer keeps its point."""
    share = first("for _ in range(8):\n    if os.fork() == 0: break\nkept = b'1' * 10**8\ntime.sleep(1000)")
    file = tmp_path / "ada.ipynb"
    nbformat.write(filled(small, "ada", {"double": share}), file)
    result = mark(small, file, "ada", "", Limits(cell=60.0, together=500_000_000))
    assert points(small, result) == 1.0
    assert result["errors"]["double-known"] == "its processes took too much memory together"


def test_the_memory_of_a_process_and_its_children_is_counted() -> None:
    child = "import sys; kept = b'1' * 50_000_000; print(flush=True); sys.stdin.read()"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    with subprocess.Popen([sys.executable, "-c", parent], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin and process.stdout
        process.stdout.readline()
        assert 50_000_000 < memory(process.pid) < 150_000_000
        process.stdin.close()
    assert memory(process.pid) == 0
