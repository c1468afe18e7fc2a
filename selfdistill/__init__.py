"""Self-distillation in Hilbert space: the package behind the book.

Read it from the bottom up: `kernel` (what a kernel is, and what may be given), `greens` (which functions are smooth),
`gram` (their values at the points), `spectrum` (the Gram matrix, decomposed once), `secular` (the multiplier),
`recursion` (the loop in an eigenbasis), `distillation` (the loop for the user), `batch` (many problems at once),
`bounds` (what the theorems promise), `filters` (other methods, side by side), `equivalent` (one kernel that does what
many rounds do), `statistics` and `choice` (what a round gains, and which to take), `weighted` and `imitation` (labels
mixed in, and which weights are best), `networks` (small networks, and the kernel of wide ones), `labels` (wrong ones),
`generations` (new noise or points in each round), `neighbours` (students of gradient flow, Gaussian processes),
`claims` (the tests embedded in the chapters), `datasets`. A first reading can pass by `values` (results that cannot be
changed), `sites` (points that coincide, or where every function vanishes), `nullspace` (functions that cost nothing),
`accuracy` (what float64 can tell), the rooms for many points, `semiseparable`, `krylov`, `tridiagonal`, `lowrank`,
`sine`, and `paths`, the one door to every way to compute (`problem` has what goes in and what comes out). `sweeps` runs
many problems. `estimator` speaks scikit-learn's language, `figures` and `widgets` draw; they load when first used.
``python -m selfdistill`` goes from a file to a plot.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version
from typing import Any

from . import (
    accuracy,
    answers,
    batch,
    bounds,
    choice,
    claims,
    datasets,
    distillation,
    equivalent,
    filters,
    generations,
    gram,
    greens,
    imitation,
    kernel,
    krylov,
    labels,
    lowrank,
    neighbours,
    networks,
    nullspace,
    paths,
    problem,
    recursion,
    secular,
    semiseparable,
    sine,
    sites,
    spectrum,
    statistics,
    sweeps,
    tridiagonal,
    values,
    weighted,
)
from .accuracy import UnresolvedError
from .choice import Choice, ChoiceWarning, choose
from .claims import ClaimFailed, claim
from .distillation import AccuracyWarning, Distillation, distill
from .spectrum import InfeasibleError, Spectrum
from .sweeps import sweep
from .weighted import WeightedDistillation, distill_weighted

__version__ = version("selfdistill")

__all__ = [
    "AccuracyWarning",
    "Choice",
    "ChoiceWarning",
    "ClaimFailed",
    "Distillation",
    "InfeasibleError",
    "Spectrum",
    "UnresolvedError",
    "WeightedDistillation",
    "accuracy",
    "answers",
    "batch",
    "bounds",
    "choice",
    "choose",
    "claim",
    "claims",
    "datasets",
    "distill",
    "distill_weighted",
    "distillation",
    "equivalent",
    "estimator",
    "figures",
    "filters",
    "generations",
    "gram",
    "greens",
    "imitation",
    "kernel",
    "krylov",
    "labels",
    "lowrank",
    "neighbours",
    "networks",
    "nullspace",
    "paths",
    "problem",
    "recursion",
    "secular",
    "semiseparable",
    "sine",
    "sites",
    "spectrum",
    "statistics",
    "sweep",
    "sweeps",
    "tridiagonal",
    "values",
    "weighted",
    "widgets",
]


_LATER = {"estimator": "sklearn", "figures": "book", "widgets": "book"}  # and the extra that each of them needs


def __getattr__(name: str) -> Any:
    """Load what needs other libraries at first use, so that the numerics need numpy and scipy alone."""
    if name in _LATER:
        try:
            return import_module(f"{__name__}.{name}")
        except ModuleNotFoundError as missing:
            raise ImportError(
                f"selfdistill.{name} needs {missing.name}, which is not installed: "
                f"pip install 'selfdistill[{_LATER[name]}]'"
            ) from missing
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
