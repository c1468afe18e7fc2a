"""Self-distillation in Hilbert space: the package behind the book.

Read it from the bottom up: `kernel` (what a kernel is, and what may be given), `greens` (which functions are smooth),
`spectrum` (the Gram matrix, decomposed once), `secular` (the multiplier), `recursion` (the loop in an eigenbasis),
`distillation` (the loop for the user), `bounds` (what the theorems promise), `filters` (other methods, side by side),
`equivalent` (one kernel that does what many rounds do), `statistics` and `choice` (what a round gains, and which to
take), `claims` (the tests embedded in the chapters), `datasets`. Between `recursion` and `distillation` stand the rooms
for many points, which a first reading can pass by: `products`, `krylov`, `sine`, and `paths`, which chooses among them;
`sweeps` runs many problems. `figures` and `widgets` draw; they load when first used.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version
from typing import Any

from . import (
    bounds,
    choice,
    claims,
    datasets,
    distillation,
    equivalent,
    filters,
    greens,
    kernel,
    krylov,
    paths,
    products,
    recursion,
    secular,
    sine,
    spectrum,
    statistics,
    sweeps,
)
from .choice import Choice, ChoiceWarning, choose
from .claims import ClaimFailed, claim
from .distillation import AccuracyWarning, Distillation, distill
from .spectrum import InfeasibleError, Spectrum
from .sweeps import sweep

__version__ = version("selfdistill")

__all__ = [
    "AccuracyWarning",
    "Choice",
    "ChoiceWarning",
    "ClaimFailed",
    "Distillation",
    "InfeasibleError",
    "Spectrum",
    "bounds",
    "choice",
    "choose",
    "claim",
    "claims",
    "datasets",
    "distill",
    "distillation",
    "equivalent",
    "figures",
    "filters",
    "greens",
    "kernel",
    "krylov",
    "paths",
    "products",
    "recursion",
    "secular",
    "sine",
    "spectrum",
    "statistics",
    "sweep",
    "sweeps",
    "widgets",
]


def __getattr__(name: str) -> Any:
    """Load what draws (matplotlib, anywidget) at first use, so that the numerics need numpy and scipy alone."""
    if name in ("figures", "widgets"):
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
