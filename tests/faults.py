"""Deliberate faults: for each, the claim it names must fail.

A fault replaces one piece of source text of the package (it must occur exactly once) by a wrong one: one index, sign,
factor, exponent or boundary. A claim that no fault can break is no claim. `tests/fault_harness.py` runs them.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One mutation of the package: in `module`, replace `old` by `new`; `claim` must then fail."""

    claim: str
    module: str
    old: str
    new: str
    why: str

    @property
    def name(self) -> str:
        """The fault in one phrase, as the ledger prints it."""
        return f"{self.module.removesuffix('.py').replace('/', '.')}: {self.why}"


FAULTS: list[Fault] = [
    # chapter 2: Green's functions
    # chapter 3: the closed form
    # chapter 4: the multiplier
    # chapter 5: the loop
]
