"""The package with a fault in it, on purpose: what a claim must notice, or it proves nothing."""

from __future__ import annotations

import contextlib
import importlib
import importlib.machinery
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

PACKAGE = Path(__file__).parent


@contextlib.contextmanager
def injected(module: str, old: str, new: str) -> Iterator[ModuleType]:
    """The package imported afresh with one piece of its source replaced; afterwards the healthy one is back.

    Parameters
    ----------
    module : str
        The file within the package, ``recursion.py``.
    old, new : str
        The piece of its source, which must occur exactly once, and what stands in its place.

    Yields
    ------
    module
        The faulty package. Nothing else can import the healthy one meanwhile.

    Raises
    ------
    ValueError
        If `old` does not occur exactly once.
    """
    path = PACKAGE / module
    source = path.read_text("utf8")
    if source.count(old) != 1:
        raise ValueError(f"{module} holds {old!r} {source.count(old)} times; a fault needs a text that occurs once")
    parts = [PACKAGE.name, *Path(module).with_suffix("").parts]
    name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    class FaultyLoader(importlib.machinery.SourceFileLoader):
        def get_code(self, fullname: str) -> Any:
            return compile(source.replace(old, new), str(path), "exec")

    class Finder(importlib.machinery.PathFinder):
        @classmethod
        def find_spec(cls, fullname: str, path: Any = None, target: Any = None) -> Any:
            spec = super().find_spec(fullname, path, target) if fullname == name else None
            if spec is not None and spec.origin is not None:
                spec.loader = FaultyLoader(fullname, spec.origin)
            return spec

    healthy = {key: sys.modules.pop(key) for key in list(sys.modules) if key.split(".")[0] == PACKAGE.name}
    sys.meta_path.insert(0, Finder)
    try:
        yield importlib.import_module(PACKAGE.name)
    finally:
        sys.meta_path.remove(Finder)
        for key in [key for key in sys.modules if key.split(".")[0] == PACKAGE.name]:
            del sys.modules[key]
        sys.modules.update(healthy)
