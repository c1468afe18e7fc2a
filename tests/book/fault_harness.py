"""Run the claims of the chapters, on the package as it is or on a package with a fault in it, in this process."""

from __future__ import annotations

import contextlib
import importlib
import io
import re
import warnings
from functools import cache
from pathlib import Path
from typing import Any

import jupytext

from faults import Fault
from selfdistill.faults import injected

ROOT = Path(__file__).parents[2]
CLAIM = re.compile(r"""sd\.claim\(\s*["']([\w-]+)["']""")
NOT_NEEDED = {"answer", "claim", "figure", "widget", "remove-cell"}  # cells that define nothing for later ones


@cache
def claim_cells() -> dict[str, tuple[Path, list[str], str]]:
    """For each claim of the book: its page, the cells it needs (in order), its own cell."""
    found: dict[str, tuple[Path, list[str], str]] = {}
    for page in sorted((ROOT / "chapters").rglob("*.md")):
        needed: list[str] = []
        for cell in jupytext.read(page).cells:
            if cell.cell_type != "code":
                continue
            for id in CLAIM.findall(cell.source):
                if id in found:
                    raise ValueError(f"two cells claim {id!r}: {found[id][0].name} and {page.name}; join them")
                found[id] = (page, list(needed), cell.source)
            if not NOT_NEEDED & set(cell.metadata.get("tags", [])):
                needed.append(cell.source)
    return found


def run_claim(id: str) -> list[Any]:
    """Run one claim after the cells it needs; return the checks that failed (empty: the claim holds)."""
    page, needed, cell = claim_cells()[id]
    namespace: dict[str, Any] = {"__name__": "__main__"}
    package = importlib.import_module("selfdistill")
    with contextlib.redirect_stdout(io.StringIO()):
        for number, source in enumerate([*needed, cell]):
            try:
                exec(compile(source, f"{page.name}[{number}]", "exec"), namespace)
            except package.ClaimFailed as failure:
                if failure.id != id:
                    raise
                return [check for check in failure.checks if not check.passed]
    return []


def run_with_fault(fault: Fault) -> list[Any]:
    """The checks of the fault's claim that fail when the fault is in the package."""
    with injected(fault.module, fault.old, fault.new), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a broken package may well divide by zero
        return run_claim(fault.claim)
