"""The simply supported beam on a uniform grid: the discrete sine transform diagonalises its Gram matrix.

On the points x_j = j/(n + 1), j = 1, ..., n, the natural cubic splines that vanish at 0 and 1 are sums of sines, and
their energies are known in closed form. So are the eigenvalues of G, each with full relative accuracy, and a change of
basis costs O(n log n). It serves as a fast path and as an oracle for the others.

Source: the tridiagonal matrices of spline interpolation (C. Reinsch, 1967), diagonalised by sines.
"""

from __future__ import annotations

import numpy as np
import scipy.fft

from .greens import SimplySupportedBeam
from .kernel import Array, Kernel


def applies(green: Kernel, x: Array) -> bool:
    """True for the simply supported beam on the points j/(n + 1), ascending, to rounding."""
    if not isinstance(green, SimplySupportedBeam) or x.ndim != 1:
        return False
    n = len(x)
    return bool(np.max(np.abs(x - np.arange(1, n + 1) / (n + 1))) <= 4 * np.finfo(float).eps)


def eigenvalues(n: int, size: int) -> Array:
    """Eigenvalues of the matrix g(x_j, x_k)/size on the grid of n points, shape (n,), in the order of the sines.

    h³ (1 - (2/3) s)/(16 s² size) with s = sin²(j pi h/2), h = 1/(n + 1): descending.
    """
    h = 1.0 / (n + 1)
    s = np.sin(0.5 * np.pi * h * np.arange(1, n + 1)) ** 2
    return h**3 * (1.0 - 2.0 * s / 3.0) / (16.0 * s**2 * size)


def transform(v: Array) -> Array:
    """Values at the points -> coordinates on sqrt(2h) sin(j pi x), along the last axis; it is its own inverse."""
    return np.asarray(scipy.fft.dst(v, type=1, norm="ortho", axis=-1))
