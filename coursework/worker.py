"""Runs a student's cells in the jail, and tells the plain numbers that the checks ask for.

It reads one JSON document from its standard input and writes one JSON document a line to its standard output: which
cell begins, what it printed, what an `ask` left in `got`. Whoever reads them trusts none of it. Student's code shares
this process, and may write such lines itself: it gains nothing, for what counts are numbers that are judged elsewhere.

This file runs alone: it imports nothing of its package, which the jail does not show.
"""

from __future__ import annotations

import io
import json
import os
import resource
import signal
import sys
from typing import Any

LONGEST = 20_000  # characters kept of what a cell prints
GIVEN = 60.0  # seconds for a cell of ours: it imports libraries, and the machine may be busy


class Bounded(io.StringIO):
    """A text that stops growing."""

    def write(self, text: str) -> int:
        """Keep what fits."""
        room = LONGEST - self.tell()
        if room > 0:
            super().write(str(text)[:room])
        return len(text)


def plain(value: Any, depth: int = 0) -> Any:
    """Numbers, words and lists of them, as JSON has them; TypeError for anything else."""
    if value is None or isinstance(value, (bool, str)):
        return value if not isinstance(value, str) else str(value)[:1000]
    if hasattr(value, "tolist"):
        return plain(value.tolist(), depth)
    if isinstance(value, (int, float)):
        return value
    if isinstance(value, (list, tuple)) and depth < 6:
        return [plain(entry, depth + 1) for entry in value]
    raise TypeError(f"numbers, or lists of numbers, are wanted, not {type(value).__name__}")


class TooLong(BaseException):
    """A cell took longer than it may; no `except Exception` of the student's stops it."""


def _too_long(*_: object) -> None:
    raise TooLong("it took longer than a cell may")


def run(cells: list[dict[str, str]], tell: Any, seconds: float) -> None:
    """Run the cells in order, each for some seconds at most; `tell` is called with each message."""
    from IPython.core.interactiveshell import InteractiveShell

    class Shell(InteractiveShell):
        def enable_gui(self, gui: Any = None) -> None:
            """`%matplotlib inline` asks for it; there is no screen."""

    shell = Shell()
    shell.colors = "nocolor"
    if shell.history_manager is not None:
        shell.history_manager.enabled = False
    for cell in cells:
        tell({"begin": cell["name"]})
        signal.signal(signal.SIGALRM, _too_long)
        signal.setitimer(signal.ITIMER_REAL, GIVEN if cell["kind"] == "given" else seconds)
        kept = Bounded()
        outer = sys.stdout, sys.stderr
        sys.stdout = sys.stderr = kept
        try:
            shell.user_ns.pop("got", None)
            result = shell.run_cell(cell["source"], store_history=False)
            error = result.error_before_exec or result.error_in_exec
            message: dict[str, Any] = {"name": cell["name"], "error": _words(error) if error else ""}
            if cell["kind"] == "ask" and not error:
                try:
                    message["got"] = plain(shell.user_ns["got"])
                except Exception as problem:
                    message["error"] = _words(problem)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            sys.stdout, sys.stderr = outer
        message["printed"] = kept.getvalue()
        tell(message)
    tell({"end": True})


def _words(error: BaseException) -> str:
    try:
        return f"{type(error).__name__}: {error}"[:500]
    except Exception:
        return "an error that cannot be printed"


def _confine(task: dict[str, Any]) -> None:
    """Take another user's id, where root started this, and limits that only root could lift."""
    if os.getuid() == 0:
        os.setgroups([])
        os.setgid(task["uid"])
        os.setuid(task["uid"])
    for name, value in task["limits"].items():
        resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (value, value))


def main() -> None:
    """The process in the jail."""
    task = json.load(sys.stdin)
    lines = os.fdopen(os.dup(1), "w")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    _confine(task)

    def tell(message: dict[str, Any]) -> None:
        lines.write("\n" + json.dumps(message) + "\n")  # a line of its own, whatever a cell has written here
        lines.flush()

    run(task["cells"], tell, task["seconds"])


if __name__ == "__main__":
    main()
