"""Faults of the landing page: as far as it may."""

from __future__ import annotations

from .fault import Fault

FAULTS = [
    Fault(
        "as-far",
        "recursion.py",
        "secular.solve(d, size, residual)",
        "secular.solve(d, size, 1.0001 * residual)",
        "a tolerance a hundredth of a per cent too large",
    ),
    Fault(
        "as-far",
        "recursion.py",
        "return 1.0 / (1.0 + _relative(d, lam))",
        "return 1.0 / (1.0 + 0.5 * _relative(d, lam))",
        "half the shrinkage",
    ),
]
