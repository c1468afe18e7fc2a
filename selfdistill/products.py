"""The Gram matrix as a product: v -> G v, without G where the kernel allows it.

`gram_product` keeps the matrix, or builds it anew a block of rows at a time where it would not fit in memory.
`Semiseparable` needs O(K) operations and O(K) memory for the one-dimensional kernels that are a short sum of products
(`selfdistill.greens.Generators`): two sums, one over the points to the left and one over those to the right.
"""

from __future__ import annotations

from collections.abc import Callable
from math import factorial

import numpy as np
import scipy.linalg.blas
from numpy.typing import NDArray

from .kernel import Array, Kernel, blocks, generators
from .spectrum import cross, gram_matrix

Product = Callable[[Array], Array]

KEPT = 2**31  # bytes of the largest Gram matrix that is kept: 16,384 points
BLOCK = 2**26  # bytes of a block of rows


def gram_product(green: Kernel, x: Array) -> Product:
    """v -> G v for any kernel, O(K²) operations; memory O(K²) up to 16,384 points, a block of rows beyond.

    Raises
    ------
    ValueError
        As `selfdistill.spectrum.gram_matrix`; a matrix that is not kept is checked by its blocks, but not for symmetry.
    """
    if 8 * len(x) ** 2 <= KEPT:
        return symmetric(gram_matrix(green, x))
    return lambda v: cross_product(green, x, x, v)


def symmetric(gram: Array) -> Product:
    """v -> G v for a symmetric matrix, of which half is read: twice as fast as ``G @ v``, which memory holds back."""
    columns = np.asarray(gram, dtype=float).T  # in the order BLAS wants, without a copy
    return lambda v: np.asarray(scipy.linalg.blas.dsymv(1.0, columns, v))


def cross_product(green: Kernel, grid: Array, x: Array, weights: Array) -> Array:
    """sum_k g(x, x_k) weights_k/K on a grid of M points, weights of shape (K,) or (K, n), in blocks of rows."""
    out = np.empty((len(grid), *weights.shape[1:]))
    for part in blocks(len(grid), len(x), BLOCK):
        out[part] = cross(green, grid[part], x) @ weights
    return out


class Line:
    """The sums of a semiseparable kernel over ascending points, (g v)_j = sum_k g(x_j, x_k) v_k, in O(r K) operations.

    The kernel is e^{−a(M − m)} Σ_n θ_n (a(M − m))^n/n! Σ_i P_i(m) Q_i(M). Point j collects Q_i(x_j) times the sum of
    P_i(x_k) v_k over the points up to it, and P_i(x_j) times the sum of Q_i(x_k) v_k over those from it on; its own
    term is then counted twice and taken off once. With a = 0 the sums are cumulative sums. With a > 0 they obey
    T_j = e^{−a(x_j − x_{j−1})} T_{j−1} + w_j, a bidiagonal system, so that nothing overflows.

    Parameters
    ----------
    green : callable
        With a method `generators`.
    x : ndarray, shape (K,)
        Ascending; repeated points are legal.
    """

    def __init__(self, green: Kernel, x: Array) -> None:
        parts = generators(green, x)
        if parts is None:
            raise ValueError(f"{green!r} states no generators for points of shape {x.shape}; use the dense product")
        self.left, self.right, self.weights = parts.left, parts.right, parts.weights
        self.diagonal = self.weights[0] * np.sum(parts.left * parts.right, axis=0)
        self.steps = parts.rate * np.diff(x, prepend=x[:1])
        self.bands: Array | None = None
        if parts.rate > 0:
            self.bands = np.empty((2, len(x)), order="F")
            self.bands[0] = 1.0
            self.bands[1, :-1], self.bands[1, -1] = -np.exp(-self.steps[1:]), 0.0

    def scale(self, weights: Array) -> None:
        """Replace the kernel by weights_j g(x_j, x_k) weights_k."""
        self.left, self.right = self.left * weights, self.right * weights
        self.diagonal = self.diagonal * weights**2

    def __call__(self, v: Array) -> Array:
        """g v, shape (K,)."""
        out = -self.diagonal * v
        for left, right in zip(self.left, self.right, strict=True):
            for near, far, backwards in ((left, right, False), (right, left, True)):
                total = self._sum(near * v, backwards)
                total *= far
                out += total
        return out

    def _sum(self, w: Array, backwards: bool) -> Array:
        """sum_k e^{−r} sum_n θ_n r^n/n! w_k, r = a|x_j − x_k|, over the points on one side of j, itself included."""
        if self.bands is None:
            total = np.cumsum(w[::-1])[::-1] if backwards else np.cumsum(w)
            return total if self.weights == (1.0,) else self.weights[0] * total
        powers: list[Array] = []  # sums with r^n/n!, n = 0, 1, ...: each follows from those before, moved by one step
        for n in range(len(self.weights)):
            source = w
            if n > 0:
                source = np.zeros_like(w)
                step = self.steps[1:]
                for below, power in enumerate(powers):
                    moved = np.exp(-step) * step ** (n - below) / factorial(n - below)
                    if backwards:
                        source[:-1] += moved * power[1:]
                    else:
                        source[1:] += moved * power[:-1]
            powers.append(scipy.linalg.blas.dtbsv(1, self.bands, source, lower=1, diag=1, trans=1 if backwards else 0))
        total = self.weights[0] * powers[0]
        for theta, power in zip(self.weights[1:], powers[1:], strict=True):
            total += theta * power
        return total


class Plain:
    """A product as it is, in the form of `Semiseparable`: no point is left out."""

    def __init__(self, product: Product) -> None:
        self._product = product

    def __call__(self, v: Array) -> Array:
        """G v."""
        return self._product(v)

    def condense(self, y: Array) -> tuple[Array, float]:
        """The labels, and nothing lost."""
        return y, 0.0

    def expand(self, values: Array) -> Array:
        """The values."""
        return values


class Semiseparable:
    """The problem of a semiseparable kernel on ascending points, each once, and none where the kernel vanishes.

    Repeated points are one point with the mean of their labels and the square root of their number as weight, so
    nothing of the null space of G is left to rounding: the energy of the labels in it is known exactly.

    Parameters
    ----------
    green : callable
        With a method `generators`.
    x : ndarray, shape (K,)
        In any order.

    Attributes
    ----------
    x : ndarray, shape (n,)
        The points that are left.
    weights : ndarray, shape (n,)
        Square roots of how often each occurs.
    """

    def __init__(self, green: Kernel, x: Array) -> None:
        self.size = len(x)
        self._place: NDArray[np.intp] | None = None  # of each given point among those left
        counts = None
        self.x = x
        if not np.all(x[1:] > x[:-1]):
            self.x, self._place, counts = np.unique(x, return_inverse=True, return_counts=True)
        self._product = Line(green, self.x)
        alive = self._product.diagonal > 0
        self.weights = np.ones(len(self.x)) if counts is None else np.sqrt(counts)
        self._alive = None if np.all(alive) else alive
        if self._alive is not None:
            self.x, self.weights = self.x[alive], self.weights[alive]
            if len(self.x):
                self._product = Line(green, self.x)
        _compare(green, self.x)
        if counts is not None:
            self._product.scale(self.weights)

    def __call__(self, v: Array) -> Array:
        """The product with the Gram matrix of the points that are left, weights_j g(x_j, x_k) weights_k/K."""
        out = self._product(v)
        out /= self.size
        return out

    def condense(self, y: Array) -> tuple[Array, float]:
        """Labels on the points that are left, weighted, and the energy of what no function reaches."""
        mean, counts = y, None
        if self._place is not None:
            counts = np.bincount(self._place)
            mean = np.bincount(self._place, y) / counts
            spread = float(np.sum((y - mean[self._place]) ** 2))
        else:
            spread = 0.0
        if self._alive is not None:
            dead = mean[~self._alive] ** 2
            spread += float(np.sum(dead if counts is None else dead * counts[~self._alive]))
            mean = mean[self._alive]
        return mean * self.weights, spread

    def expand(self, values: Array) -> Array:
        """Weighted values on the points that are left -> values at all given points."""
        out = values / self.weights
        if self._alive is not None:
            whole = np.zeros(len(self._alive))
            whole[self._alive] = out
            out = whole
        return out if self._place is None else out[self._place]


def _compare(green: Kernel, x: Array) -> None:
    """The generators are stated apart from g: a few entries show whether they belong together."""
    some = x[np.unique(np.linspace(0, len(x) - 1, 5).astype(int))] if len(x) else x
    line, true = Line(green, some), np.asarray(green(some[:, None], some), dtype=float)
    stated = np.array([line(unit) for unit in np.eye(len(some))]).reshape(true.shape)
    gap = np.abs(stated - true)
    if not np.all(gap <= 1e-9 * np.max(np.abs(true), initial=0.0)):
        j, k = np.unravel_index(np.argmax(gap), gap.shape)
        raise ValueError(
            f"the generators of {green!r} disagree with g: g({some[j]}, {some[k]}) is {true[j, k]:.6g}, and they give "
            f"{stated[j, k]:.6g}. Correct generators(x), or leave the method out."
        )


def line_values(green: Kernel, grid: Array, x: Array, weights: Array) -> Array:
    """sum_k g(x, x_k) weights_k/K of a semiseparable kernel on a grid of M points, O(K + M) operations and memory.

    The grid joins the points, with weights of zero. `weights` has shape (K,) or (K, n).
    """
    together = np.concatenate([x, grid])
    order = np.argsort(together, kind="stable")
    product = Line(green, together[order])
    out = np.empty((len(grid), *weights.shape[1:]))
    columns = weights.reshape(len(x), -1)
    for column in range(columns.shape[1]):
        padded = np.concatenate([columns[:, column], np.zeros(len(grid))])[order]
        values = np.empty(len(together))
        values[order] = product(padded)
        out.reshape(len(grid), -1)[:, column] = values[len(x) :] / len(x)
    return out
