"""Deliberate faults: for each, the claim it names must fail. One file a chapter; each is found by itself.

A fault replaces one piece of source text of the package (it must occur exactly once) by a wrong one: one index, sign,
factor, exponent or boundary. A claim that no fault can break is no claim. `tests/book/fault_harness.py` runs them.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from .fault import Fault

__all__ = ["FAULTS", "Fault"]

FAULTS: list[Fault] = [
    fault
    for module in sorted(module.name for module in iter_modules(__path__))
    if module != "fault"
    for fault in import_module(f"{__name__}.{module}").FAULTS
]
