"""Green's functions: a catalogue of closed forms, and a solver for operators of your own."""

from . import catalogue, numerical
from .catalogue import (
    BrownianBridge,
    BrownianMotion,
    Cantilever,
    ClampedBeam,
    ExponentialDirichlet,
    ExponentialNeumann,
    FreeSpace,
    Gaussian,
    Generators,
    GreensFunction,
    Lidstone,
    Matern,
    PeriodicSobolev,
    SimplySupportedBeam,
)
from .numerical import (
    BoundaryCondition,
    NodalGreensFunction,
    NumericalGreensFunction,
    at,
    finite_differences,
    hermite_cubic,
    solve,
)

__all__ = [
    "BoundaryCondition",
    "BrownianBridge",
    "BrownianMotion",
    "Cantilever",
    "ClampedBeam",
    "ExponentialDirichlet",
    "ExponentialNeumann",
    "FreeSpace",
    "Gaussian",
    "Generators",
    "GreensFunction",
    "Lidstone",
    "Matern",
    "NodalGreensFunction",
    "NumericalGreensFunction",
    "PeriodicSobolev",
    "SimplySupportedBeam",
    "at",
    "catalogue",
    "finite_differences",
    "hermite_cubic",
    "numerical",
    "solve",
]
