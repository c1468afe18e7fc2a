"""What a fault is."""

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
