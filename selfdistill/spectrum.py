"""The Gram matrix of a Green's function at the data points, decomposed once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg
from numpy.typing import ArrayLike, NDArray

from .kernel import Array, Kernel, as_points, blocks

LARGEST = 32_768  # points whose Gram matrix is built: 8.6 GB
CACHE = 2**19  # bytes of a block of rows of a kernel matrix
CLIP = 1e-14  # eigenvalues below CLIP·d_max are rounding: LAPACK's error is a small multiple of 2.2e-16·d_max


class InfeasibleError(ValueError):
    """No function meets the constraint: epsilon lies below the floor.

    Attributes
    ----------
    floor : float
        The smallest feasible epsilon, ||P_0 y||²/K.
    """

    def __init__(self, epsilon: float, floor: float) -> None:
        self.epsilon, self.floor = epsilon, floor
        super().__init__(
            f"epsilon = {epsilon!r} is below the floor {floor:.6g}: no admissible function comes that close "
            f"to y, because "
            f"points coincide, or because every admissible function vanishes there. "
            f"Take epsilon >= {floor!r}, or drop those points."
        )

    def __reduce__(self) -> tuple[type[InfeasibleError], tuple[float, float]]:
        return type(self), (self.epsilon, self.floor)  # an exception from a worker process must arrive whole


@dataclass(frozen=True)
class Spectrum:
    """The eigendecomposition G = U diag(d) U^T of the Gram matrix G[j, k] = g(x_j, x_k)/K.

    Attributes
    ----------
    gram : ndarray, shape (K, K)
        The Gram matrix G.
    eigenvalues : ndarray, shape (K,)
        d, ascending; those below 1e-14·d_max are exact zeros.
    eigenvectors : ndarray, shape (K, K)
        U, one eigenvector a **column** (the paper's V is U^T).
    """

    gram: Array
    eigenvalues: Array
    eigenvectors: Array

    @property
    def null(self) -> NDArray[np.bool_]:
        """Which eigenvalues are exact zeros, shape (K,)."""
        return self.eigenvalues == 0

    @property
    def condition(self) -> float:
        """kappa = d_max/d_min, infinite if G is singular."""
        d = self.eigenvalues
        return float(d[-1] / d[0]) if d[0] > 0 else np.inf

    def coordinates(self, y: ArrayLike) -> Array:
        """z = U^T y, shape (K,) or (K, m)."""
        return self.eigenvectors.T @ np.asarray(y, dtype=float)

    def floor(self, y: ArrayLike) -> float:
        """The smallest feasible epsilon: ||P_0 y||²/K, with P_0 the projector on the null space of G.

        Several outputs, y of shape (K, m), share one constraint in the Frobenius norm.
        """
        z = self.coordinates(y)[self.null]
        return float(np.sum(z**2)) / len(self.eigenvalues)


def cross(green: Kernel, x: Array, s: Array) -> Array:
    """The matrix g(x_j, s_k)/len(s), shape (len(x), len(s)): row j is the paper's g_x^T at x = x_j if s are the data.

    `green` is called with x[:, None] and s[None, :] (points in p dimensions keep their last axis), a block of rows at a
    time, so that what it computes on the way stays in the cache.
    """
    if x.ndim != s.ndim or x.shape[1:] != s.shape[1:]:
        raise ValueError(f"points of shapes {x.shape} and {s.shape} do not live in one space")
    domain = getattr(green, "domain", None)
    if domain is not None:
        for points in (x, s):
            outside = (points < domain[0]) | (points > domain[1])
            if np.any(outside):
                raise ValueError(
                    f"the point {points[outside][0]} lies outside the domain [{domain[0]}, {domain[1]}] of {green!r}"
                )
    out = np.empty((len(x), len(s)))
    _fill(out, green, x, s, len(s))
    return out


def _fill(out: Array, green: Kernel, x: Array, s: Array, size: int) -> None:
    """Write g(x_j, s_k)/size into out."""
    for part in blocks(len(x), len(s), CACHE):
        values = np.asarray(green(x[part, None], s[None, :]), dtype=float)
        if values.shape != out[part].shape:
            raise ValueError(
                f"green(x[:, None], s[None, :]) must have shape {out[part].shape}; it has shape {values.shape}. "
                "Write g(x, s) so that it broadcasts (for points in p dimensions, reduce the last axis)."
            )
        np.divide(values, size, out=out[part])


def gram_matrix(green: Kernel, points: Array) -> Array:
    """G[j, k] = g(x_j, x_k)/K, shape (K, K), symmetric to the last bit.

    Raises
    ------
    ValueError
        If K > 32,768, an entry is not finite, or the matrix not symmetric beyond rounding.
    """
    if len(points) > LARGEST:
        raise ValueError(
            f"the Gram matrix of {len(points):,} points needs {8e-9 * len(points) ** 2:,.0f} GB; the limit is "
            f"{LARGEST:,} points. Distil with method='auto', which needs no matrix, or take fewer points."
        )
    symmetric = getattr(green, "symmetric", False)
    if symmetric:
        gram = np.empty((len(points), len(points)))
        for part in blocks(len(points), len(points), CACHE):
            _fill(gram[part, part.start :], green, points[part], points[part.start :], len(points))
            gram[part.stop :, part] = gram[part, part.stop :].T
    else:
        gram = cross(green, points, points)
    if not np.isfinite(np.sum(gram)) and not np.all(np.isfinite(gram)):  # the sum is one quick pass
        j, k = np.argwhere(~np.isfinite(gram))[0]
        raise ValueError(
            f"g(x, s) must be finite; g({points[j]}, {points[k]}) is {gram[j, k] * len(points)}: "
            f"point evaluation is not bounded there"
        )
    if symmetric or np.array_equal(gram, gram.T):
        return gram
    gap = gram - gram.T
    if float(np.max(gap)) > 1e-10 * float(np.max(np.abs(gram))):
        j, k = np.unravel_index(np.argmax(gap), gap.shape)
        raise ValueError(
            f"g must be symmetric; g({points[j]}, {points[k]}) and g({points[k]}, {points[j]}) "
            f"differ by {gap[j, k] * len(points):.3g}. "
            "Is the operator self-adjoint under its boundary conditions?"
        )
    return (gram + gram.T) / 2


def decompose(green: Kernel, x: ArrayLike) -> Spectrum:
    """Gram matrix G[j, k] = g(x_j, x_k)/K and its eigendecomposition.

    Parameters
    ----------
    green : callable
        g(x, s), broadcasting; symmetric and positive semidefinite on the points.
    x : array_like, shape (K,) or (K, p)
        The points. Repeated points, and points where every admissible function vanishes, are legal: they give zeros.

    Returns
    -------
    Spectrum

    Raises
    ------
    ValueError
        If x is empty, not finite, or outside green's domain; if G is not finite, not symmetric or not positive
        semidefinite beyond rounding.
    """
    points = as_points(x)
    gram = gram_matrix(green, points)
    scale = float(np.max(np.abs(gram)))
    # scaled to entries of at most one, so that kernels of any physical unit stay clear of overflow inside LAPACK
    d, u = scipy.linalg.eigh(gram / scale if scale > 0 else gram, driver="evd", check_finite=False)
    largest = float(np.max(np.abs(d)))
    if d[0] < -1e-10 * largest:
        raise ValueError(
            f"g must be positive semidefinite; its Gram matrix has the eigenvalue {d[0] * scale:.3g} "
            f"beside the largest {d[-1] * scale:.3g}. "
            "A conditionally positive definite kernel needs its null space handled separately."
        )
    d = np.where(d < CLIP * largest, 0.0, d * (scale if scale > 0 else 1.0))
    return Spectrum(gram, d, u)
