"""Green's functions: a catalogue of closed forms, and a solver for operators of your own."""

from .catalogue import (
    BrownianBridge,
    BrownianMotion,
    Cantilever,
    ClampedBeam,
    ExponentialDirichlet,
    ExponentialNeumann,
    FreeSpace,
    Gaussian,
    GreensFunction,
    Lidstone,
    Matern,
    PeriodicSobolev,
    SimplySupportedBeam,
)

__all__ = [
    "BrownianBridge",
    "BrownianMotion",
    "Cantilever",
    "ClampedBeam",
    "ExponentialDirichlet",
    "ExponentialNeumann",
    "FreeSpace",
    "Gaussian",
    "GreensFunction",
    "Lidstone",
    "Matern",
    "PeriodicSobolev",
    "SimplySupportedBeam",
]
