"""Green's functions on [0, 1] by the two classical discretisations: finite differences and Hermite cubics."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..kernel import Array, as_numbers, inside, whole

__all__ = ["NodalGreensFunction", "finite_differences", "hermite_cubic"]


@dataclass(frozen=True, eq=False)
class NodalGreensFunction:
    r"""g_h(x, s) = φ(x)^T C φ(s): a discretised Green's function. Symmetric, positive semidefinite, of finite rank.

    Attributes
    ----------
    nodes : ndarray, shape (N,)
        Ascending, from 0 to 1.
    matrix : ndarray, shape (P, P)
        C, the inverse of the discretised operator.
    basis : callable
        φ: points of shape (...) to (..., P).
    """

    nodes: Array
    matrix: Array
    basis: Callable[[Array], Array]
    domain: ClassVar[tuple[float, float]] = (0.0, 1.0)

    @property
    def rank(self) -> int:
        """P, the dimension of the space of functions; Gram matrices of more points are singular."""
        return len(self.matrix)

    def __call__(self, x: ArrayLike, s: ArrayLike) -> Array:
        """Evaluate g_h(x, s), broadcasting; ValueError for points outside [0, 1]."""
        left = self.basis(inside(x, self.domain, "x", self))
        right = self.basis(inside(s, self.domain, "s", self))
        return np.asarray(np.sum((left @ self.matrix) * right, axis=-1), dtype=np.float64)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} on {len(self.nodes)} nodes>"


def finite_differences(
    cells: int, *, conductivity: Callable[[Array], ArrayLike] | None = None, power: int = 1
) -> NodalGreensFunction:
    r"""Discretise −(p f')' (or its square) with f = 0 at both ends by central differences, and invert.

    With h = 1/cells and p at the midpoints, (L_h f)_i = [−p_{i−½} f_{i−1} + (p_{i−½} + p_{i+½}) f_i − p_{i+½}
    f_{i+1}]/h². A point source is 1/h at its node, so g ≈ L_h^{−1}/h. Between nodes the values are interpolated
    linearly.

    Parameters
    ----------
    cells : int
        Number of equal cells, at least 2.
    conductivity : callable, optional
        p, positive; 1 if left out.
    power : int
        1 for −(p f')'; 2 applies L_h twice, which for p = 1 is f'''' with f = f'' = 0 at both ends.

    Raises
    ------
    ValueError
        If cells < 2, power is not 1 or 2, or p is not positive.

    Examples
    --------
    The string, whose kernel at the nodes is m(1 − M):

    >>> green = finite_differences(8)
    >>> round(float(green(0.25, 0.5)), 12)
    0.125
    """
    cells, power = whole(cells, "cells", least=2), whole(power, "power", most=2)
    h = 1.0 / cells
    nodes = np.arange(cells + 1) / cells
    middle = (np.arange(cells) + 0.5) / cells
    p = np.broadcast_to(np.asarray(1.0 if conductivity is None else conductivity(middle), dtype=np.float64), cells)
    if not (np.isfinite(p) & (p > 0.0)).all():
        raise ValueError("conductivity must be positive and finite on [0, 1]")
    operator = (np.diag(p[:-1] + p[1:]) - np.diag(p[1:-1], 1) - np.diag(p[1:-1], -1)) / h**2
    inverse = np.linalg.matrix_power(np.linalg.inv(operator), power) / h
    matrix = (inverse + inverse.T) / 2.0  # symmetric to the last bit

    def hats(x: Array) -> Array:
        """The piecewise linear functions that are one at one interior node, shape (..., cells − 1)."""
        return np.maximum(0.0, 1.0 - np.abs(x[..., None] - nodes[1:-1]) / h)

    return NodalGreensFunction(nodes, matrix, hats)


def hermite_cubic(
    nodes: ArrayLike, *, held_left: Sequence[int] = (0,), held_right: Sequence[int] = (0,)
) -> NodalGreensFunction:
    r"""Discretise R(f) = ∫ (f'')² by Hermite cubic elements, with the inverse of the stiffness matrix.

    The trial functions are piecewise cubic with continuous slope; their parameters are the value and the slope at each
    node, A[i, j] = ∫ φ_i'' φ_j'' and g_h(x, s) = φ(x)^T A^{−1} φ(s). If s is a node, g(·, s) itself is such a function,
    so g_h(·, s) = g(·, s) up to rounding.

    A divides by the cube of the distance of neighbours, and its inverse by elimination loses all digits where two nodes
    nearly coincide. So A^{−1} is not found by elimination. On an element of length h the curvature of a trial function
    is f'' = (α + β √3 (2t − 1))/√h, with the energy α² + β². Integrating it from the left gives the parameters v = T q
    of a beam clamped at 0, for which A^{−1} = T T^T, without a division by h. For other ends the two straight lines are
    added, and the held parameters are brought back to zero by at most four forces: a system of at most six unknowns.

    Parameters
    ----------
    nodes : array_like, shape (N,)
        Strictly ascending from 0 to 1; put the data points among them.
    held_left, held_right : sequence of int
        Which of f (0) and f' (1) vanish at each end. What is not held is free: its natural condition (f''' = 0 for a
        free value, f'' = 0 for a free slope) follows from minimising R. (0,) and (0,): simply supported; (0, 1) and
        (0, 1): clamped; (0, 1) and (): cantilever.

    Raises
    ------
    ValueError
        If the nodes do not ascend from 0 to 1, or a held derivative is not 0 or 1, or too little is held (a straight
        line of zero energy would remain).

    Examples
    --------
    A beam clamped at 0 and free at 1, pressed at its free end, bends by 1/3:

    >>> green = hermite_cubic([0, 0.4, 1], held_left=(0, 1), held_right=())
    >>> round(float(green(1, 1)), 12)
    0.333333333333
    """
    points = as_numbers(nodes, "nodes")
    if points.ndim != 1 or len(points) < 2 or points[0] != 0.0 or points[-1] != 1.0 or not (np.diff(points) > 0).all():
        raise ValueError(f"nodes must ascend strictly from 0 to 1, got {points!r}")
    if not set(held_left) | set(held_right) <= {0, 1}:
        raise ValueError(f"held_left and held_right may contain 0 (f) and 1 (f'), got {held_left!r}, {held_right!r}")
    lines = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [0.0, 1.0]])  # f(0), f'(0), f(1), f'(1) of 1 and of x
    held = [0 if j == 0 else 1 for j in held_left] + [2 if j == 0 else 3 for j in held_right]
    if np.linalg.matrix_rank(lines[held]) < 2:
        raise ValueError(
            f"held_left = {held_left!r} and held_right = {held_right!r} leave a straight line free at no cost"
        )
    size = 2 * len(points)
    locked = np.array([*held_left, *(size - 2 + j for j in held_right)], dtype=int)
    free = np.setdiff1d(np.arange(size), locked)
    matrix = _inverse_stiffness(points, locked)[np.ix_(free, free)]

    def cubics(x: Array) -> Array:
        """The Hermite cubics of the free parameters, shape (..., len(free))."""
        cell = np.clip(np.searchsorted(points, x, side="right") - 1, 0, len(points) - 2)
        h = np.diff(points)[cell]
        t = (x - points[cell]) / h
        shapes = [(1 + 2 * t) * (1 - t) ** 2, h * t * (1 - t) ** 2, t**2 * (3 - 2 * t), -h * t**2 * (1 - t)]
        values = np.zeros((*x.shape, size))
        for k, shape in enumerate(shapes):
            np.put_along_axis(values, (2 * cell + k)[..., None], shape[..., None], axis=-1)
        return values[..., free]

    return NodalGreensFunction(points, matrix, cubics)


def _inverse_stiffness(points: Array, locked: NDArray[np.int_]) -> Array:
    """Return A^{−1} of the values and slopes at the nodes, zero in the locked rows and columns."""
    h = np.diff(points)
    size, after = 2 * len(points), points[:, None] >= points[1:]
    bent = np.zeros((size, 2 * len(h)))  # T: from the curvatures (α, β) of the elements to values and slopes
    bent[0::2, 0::2] = np.where(after, np.sqrt(h) * (points[:, None] - points[1:] + h / 2.0), 0.0)
    bent[0::2, 1::2] = np.where(after, -(h**1.5) / sqrt(12.0), 0.0)
    bent[1::2, 0::2] = np.where(after, np.sqrt(h), 0.0)
    lines = np.zeros((size, 2))  # of the functions 1 and x
    lines[0::2, 0], lines[0::2, 1], lines[1::2, 1] = 1.0, points, 1.0
    clamped = bent @ bent.T
    held = lines[locked]
    # v = C (F − forces) + lines·ρ with v = 0 where locked, and forces that balance F on the two straight lines
    balance = np.block([[clamped[np.ix_(locked, locked)], -held], [held.T, np.zeros((2, 2))]])
    answer = np.linalg.solve(balance, np.vstack([clamped[locked], lines.T]))
    inverse = clamped - clamped[:, locked] @ answer[:-2] + lines @ answer[-2:]
    return np.asarray((inverse + inverse.T) / 2.0, dtype=np.float64)  # symmetric to the last bit
