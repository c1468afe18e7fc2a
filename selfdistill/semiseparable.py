"""Kernels on the line that are a short sum of products: G v in O(K) operations, fits on a grid in O(K + M).

Two sums, one over the points to the left and one over those to the right (`selfdistill.kernel.Generators`).
"""

from __future__ import annotations

from math import factorial

import numpy as np
import scipy.linalg.blas

from .gram import Product
from .kernel import Array, Kernel, generators
from .sites import Sites


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


def line_product(green: Kernel, sites: Sites) -> Product:
    """v -> G v with G[i, j] = w_i g(s_i, s_j) w_j/K on ascending sites, w² how much each counts."""
    check_generators(green, sites.points)
    line = Line(green, sites.points)
    size = len(sites.mass) if sites.place is None else len(sites.place)
    line.scale(sites.weights)

    def product(v: Array) -> Array:
        out = line(v)
        out /= size
        return out

    return product


def check_generators(green: Kernel, x: Array) -> None:
    """The generators are stated apart from g: a few entries show whether they belong together.

    Raises
    ------
    ValueError
        If they differ by more than 1e-9 of the largest entry.
    """
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
