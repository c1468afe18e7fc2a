"""The small set, and the table of hostile submissions at the end of a report."""

from __future__ import annotations

from pathlib import Path

import pytest

from coursework import source
from tabs import browser

__all__ = ["browser"]


@pytest.fixture(scope="session")
def small() -> source.ProblemSet:
    """A set of two questions, for tests of the machine."""
    return source.read(Path(__file__).with_name("small.md"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Submission, points wanted, points got."""
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.getreports(kind)]
    rows = [value for report in reports for key, value in report.user_properties if key == "submission"]
    if rows and terminalreporter.config.get_verbosity() > 0:
        terminalreporter.section("submissions: points wanted, points got")
        for name, wanted, got in sorted(rows):
            terminalreporter.line(f"{name:<50} {wanted:g} {got:g}")
