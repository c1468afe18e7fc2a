"""Run the claims of the chapters, on the package as it is or on a package with a fault in it, in this process."""

from __future__ import annotations

import contextlib
import importlib
import importlib.machinery
import importlib.util
import io
import re
import sys
import warnings
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jupytext

from faults import Fault

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "selfdistill"
CLAIM = re.compile(r"""sd\.claim\(\s*["']([\w-]+)["']""")
NOT_NEEDED = {"claim", "figure", "widget"}  # cells that define nothing for later ones


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


@contextlib.contextmanager
def injected(fault: Fault) -> Iterator[None]:
    """The package, imported afresh from sources with the fault in them; afterwards the healthy one is back."""
    path = PACKAGE / fault.module
    source = path.read_text("utf8")
    if source.count(fault.old) != 1:
        raise ValueError(
            f"{fault.module} holds {fault.old!r} {source.count(fault.old)} times; a fault needs a text that occurs once"
        )
    parts = ["selfdistill", *Path(fault.module).with_suffix("").parts]
    name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    class FaultyLoader(importlib.machinery.SourceFileLoader):
        def get_code(self, fullname: str) -> Any:
            return compile(source.replace(fault.old, fault.new), str(path), "exec")

    class Finder(importlib.machinery.PathFinder):
        @classmethod
        def find_spec(cls, fullname: str, path: Any = None, target: Any = None) -> Any:
            spec = super().find_spec(fullname, path, target) if fullname == name else None
            if spec is not None and spec.origin is not None:
                spec.loader = FaultyLoader(fullname, spec.origin)
            return spec

    healthy = {key: sys.modules.pop(key) for key in list(sys.modules) if key.split(".")[0] == "selfdistill"}
    sys.meta_path.insert(0, Finder)
    try:
        yield
    finally:
        sys.meta_path.remove(Finder)
        for key in [key for key in sys.modules if key.split(".")[0] == "selfdistill"]:
            del sys.modules[key]
        sys.modules.update(healthy)


def run_with_fault(fault: Fault) -> list[Any]:
    """The checks of the fault's claim that fail when the fault is in the package."""
    with injected(fault), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a broken package may well divide by zero
        return run_claim(fault.claim)
