"""Green's functions: a catalogue of closed forms, and a solver for operators of your own."""

from ..kernel import Generators
from .base import GreensFunction
from .bernoulli import Lidstone, PeriodicSobolev
from .conditions import Condition, at, integral, periodic
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
from .numerical import NumericalGreensFunction, solve
from .radial import Radial, median_distance

__all__ = [
    "BrownianBridge",
    "BrownianMotion",
    "Cantilever",
    "ClampedBeam",
    "Condition",
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
    "integral",
    "median_distance",
    "periodic",
    "solve",
]
