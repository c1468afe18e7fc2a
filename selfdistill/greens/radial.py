"""Kernels of the distance between points in any number of dimensions, and a length scale to begin with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import ArrayLike
from scipy.spatial.distance import cdist, pdist

from ..kernel import Array, as_points, positive

__all__ = ["Radial", "median_distance"]


def _gaussian(r: Array) -> Array:
    r *= r
    r *= -0.5
    return np.asarray(np.exp(r, out=r))


def _matern(order: int) -> Callable[[Array], Array]:
    """e^{−z} times 1, 1 + z or 1 + z + z²/3 for order 1, 2 or 3, z = √(2·order − 1) r."""

    def profile(z: Array) -> Array:
        z *= sqrt(2 * order - 1)
        decay = np.exp(-z)
        if order == 3:
            z += z**2 / 3
        if order > 1:
            z += 1
            decay *= z
        return np.asarray(decay)

    return profile


#: Each overwrites the distances: a pass over memory costs as much as an exponential.
_PROFILES = {"gaussian": _gaussian, **{f"matern{2 * p - 1}2": _matern(p) for p in (1, 2, 3)}}
_FAR = 1e8  # length scales: every profile is zero in float64 there, and its square has not left float64
_SOME = 1000  # points whose distances are measured


@dataclass(frozen=True)
class Radial:
    r"""A kernel of the distance, g(x, s) = κ(\|x − s\|/ℓ) with κ(0) = 1, for points of shape (K, p), p >= 1.

    The profiles κ are those of `Gaussian` and `Matern`, in the units that are usual in p dimensions:

    - "gaussian": e^{−r²/2};
    - "matern12": e^{−r};
    - "matern32": (1 + √3 r) e^{−√3 r};
    - "matern52": (1 + √5 r + 5r²/3) e^{−√5 r}.

    Up to a factor, the Matérn kernels are the Green's functions of (2ν/ℓ² − Δ)^{ν + p/2} in p dimensions, with
    ν = 1/2, 3/2, 5/2. Source: Rasmussen and Williams (2006), section 4.2.

    Parameters
    ----------
    profile : {"gaussian", "matern12", "matern32", "matern52"}
    length : float
        Length scale ℓ, positive.

    Raises
    ------
    ValueError
        For an unknown profile, or a length that is not positive.

    Examples
    --------
    >>> float(Radial("gaussian", 5.0)([0.0, 0.0], [3.0, 4.0]).round(3))  # at one length scale, e^{-1/2}
    0.607
    """

    profile: str
    length: float = 1.0

    symmetric = True

    def __post_init__(self) -> None:
        if self.profile not in _PROFILES:
            raise ValueError(f"the profile must be one of {', '.join(_PROFILES)}; it is {self.profile!r}")
        object.__setattr__(self, "length", positive(self.length, "length"))

    def __call__(self, x: ArrayLike, s: ArrayLike) -> Array:
        """g(x, s) for points of shapes (..., p), which broadcast except for the last axis."""
        x, s = np.asarray(x, dtype=float) / self.length, np.asarray(s, dtype=float) / self.length
        r = _distance(x, s)
        return _PROFILES[self.profile](np.minimum(r, _FAR, out=r))


def _distance(x: Array, s: Array) -> Array:
    """|x - s|, with the differences taken one by one: a matrix product would lose the distances of close points."""
    if x.ndim == s.ndim == 3 and x.shape[1] == s.shape[0] == 1:  # a Gram matrix
        return np.asarray(cdist(x[:, 0], s[0]))
    with np.errstate(over="ignore"):
        return np.asarray(np.sqrt(np.sum((x - s) ** 2, axis=-1)))


def median_distance(x: ArrayLike) -> float:
    """The median distance between different points: a length scale to begin with, in the units of x.

    Of more than 1,000 different points, sorted by their coordinates, it takes 1,000 at equal steps. It is 1 if all
    points are equal. How often a point is repeated does not matter.
    """
    sites = np.unique(as_points(x).reshape(len(np.asarray(x)), -1), axis=0)
    if len(sites) == 1:
        return 1.0
    rows = np.unique(np.linspace(0, len(sites) - 1, _SOME).astype(int)) if len(sites) > _SOME else slice(None)
    return float(np.median(pdist(sites[rows])))
