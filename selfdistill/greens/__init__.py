"""Green's functions: a catalogue of closed forms, and a solver for operators of your own."""

from ..kernel import Generators
from .base import GreensFunction
from .bernoulli import Lidstone, PeriodicSobolev
from .interval import (
    BrownianBridge,
    BrownianMotion,
    Cantilever,
    ClampedBeam,
    ExponentialDirichlet,
    ExponentialNeumann,
    SimplySupportedBeam,
)
from .line import FreeSpace, Gaussian, Matern
from .nodal import NodalGreensFunction, finite_differences, hermite_cubic
from .numerical import (
    BoundaryCondition,
    NumericalGreensFunction,
    at,
    solve,
)
from .radial import Radial, median_distance

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
    "Radial",
    "SimplySupportedBeam",
    "at",
    "finite_differences",
    "hermite_cubic",
    "median_distance",
    "solve",
]
