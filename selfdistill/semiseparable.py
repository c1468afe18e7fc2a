"""Kernels on the line that are a short sum of products: G v in O(K) operations, fits on a grid in O(K + M).

Two sums, one over the points to the left and one over those to the right (`selfdistill.kernel.Generators`).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
from scipy.linalg.blas import dtbsv

from .gram import Product
from .kernel import Array, Kernel, blocks, generators
from .sites import Sites

WIDTH = 16  # points in a block: to sum them costs no more than to multiply them
NEAR = 2.0  # length scales that a block may span: so its products are at most e^{2·NEAR} times what is left of them
CHUNK = 2**19  # bytes of the products of some blocks: with their sums they stay in the second-level cache


class Line:
    """The sums of a semiseparable kernel over ascending points, (g v)_j = sum_k g(x_j, x_k) v_k, in O(r K) operations.

    The kernel is e^{−a(M − m)} Σ_n θ_n (a(M − m))^n/n! Σ_i P_i(m) Q_i(M). Point j collects Q_i(x_j) times the sum of
    P_i(x_k) v_k over the points up to it, and P_i(x_j) times the sum of Q_i(x_k) v_k over those behind it.

    A long sum is slow because each addition waits for the one before. So the points stand in blocks: a product with a
    triangle of ones sums within all of them at once, and only what one block hands on to the next has to wait. With
    u = a(x − x_0) from the first point x_0 of its block, the exponential is a sum of products, too:

        e^{−(u' − u)} (u' − u)^n/n! = Σ_{l <= n} [e^u (−u)^l/l!] [e^{−u'} u'^{n−l}/(n−l)!].

    From the start of a block to that of the next, s farther, a sum T_l with the l-th of the first brackets becomes
    e^{−s} Σ_k s^k/k! T_{l−k}, and, the other way, one with the second brackets e^{−s} Σ_k s^k/k! T_{l+k}. So nothing
    overflows, however long the line is.

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
        self.size, self.width = len(x), WIDTH
        while np.max(u := parts.rate * (x - self._at_starts(x)), initial=0.0) > NEAR:
            self.width //= 2  # down to blocks of one point, where u is zero
        starts = x[:: self.width]
        steps = parts.rate * np.diff(starts, prepend=starts[:1], append=starts[-1:])
        orders = range(len(parts.weights))
        self.moved = np.exp(-steps) * _taylor(steps, len(orders))
        self.bands = np.ones((2, len(starts)), order="F")  # T_b - e^{−s} T_{b−1}, a bidiagonal system
        self.bands[1] = -self.moved[0, 1:]
        powers, growth = _taylor(u, len(orders)), np.exp(u)
        first = [(-1.0) ** i * powers[i] * growth for i in orders]
        second = [sum(parts.weights[n] * powers[n - i] for n in orders[i:]) / growth for i in orders]
        self.left, self.right = self._in_blocks(first, parts.left), self._in_blocks(second, parts.right)

    def _at_starts(self, x: Array) -> Array:
        """For each point the first of its block."""
        return np.repeat(x[:: self.width], self.width)[: len(x)]

    def _in_blocks(self, brackets: Sequence[Array], factors: Array) -> Array:
        """The products of brackets and factors, of shape (products, blocks, points of a block); zeros fill the last."""
        count = -(-self.size // self.width)
        out = np.zeros((len(brackets) * len(factors), count * self.width))
        for row, (bracket, factor) in zip(out, product(brackets, factors), strict=True):
            np.multiply(bracket, factor, out=row[: self.size])
        return out.reshape(len(out), count, self.width)

    def scale(self, weights: Array) -> None:
        """Replace the kernel by weights_j g(x_j, x_k) weights_k."""
        for side in (self.left, self.right):
            side.reshape(len(side), -1)[:, : self.size] *= weights

    def __call__(self, v: Array) -> Array:
        """g v, shape (K,)."""
        out = np.zeros(self.left.shape[1:])
        self._add(out, v, self.left, self.right, backwards=False)
        self._add(out, v, self.right, self.left, backwards=True)
        return out.reshape(-1)[: self.size]

    def _add(self, out: Array, v: Array, near: Array, far: Array, *, backwards: bool) -> None:
        """Add the sums from one side to `out`: those up to each point, or, backwards, those behind it."""
        width, ones = self.width, np.ones((self.width, self.width))
        triangle = np.tril(ones, -1) if backwards else np.triu(ones)
        carry, parts = np.zeros(len(near)), blocks(len(out), len(near) * width, CHUNK)
        largest = parts[0].stop if parts else 0
        work = np.empty((2, len(near), largest, width))  # one array for all parts: memory asked for anew is slow
        for part in reversed(parts) if backwards else parts:
            terms, sums = work[:, :, : part.stop - part.start]
            np.multiply(near[:, part], _rows(v[part.start * width : part.stop * width], width), out=terms)
            np.matmul(terms, triangle, out=sums)
            whole = sums[:, :, 0] + terms[:, :, 0] if backwards else sums[:, :, -1]
            reached, carry = self._handed_on(whole, carry, part, backwards)
            sums += reached[:, :, None]
            sums *= far[:, part]
            for one in sums:
                out[part] += one

    def _handed_on(self, whole: Array, carry: Array, part: slice, backwards: bool) -> tuple[Array, Array]:
        """What reaches each block of a part and what the part hands on, from the sums of its blocks, (products, n)."""
        first, last, way = (-1, 0, -1) if backwards else (0, -1, 1)
        moved, bands = self.moved[:, part.start + backwards : part.stop + backwards], self.bands[:, part]
        shape = (len(moved), -1, whole.shape[1])
        sums, carries = whole.copy().reshape(shape), carry.reshape(shape[:2])
        before: dict[int, Array] = {}  # the sums up to the block before
        for i in range(len(moved))[::way]:
            for k, lower in before.items():
                sums[i] += moved[abs(i - k)] * lower
            sums[i, :, first] += moved[0, first] * carries[i]
            for row in sums[i]:
                row[:] = dtbsv(1, bands, row, lower=1, diag=1, trans=1 if backwards else 0, overwrite_x=1)
            if len(moved) > 1:
                before[i] = np.roll(sums[i], way, axis=-1)
                before[i][:, first] = carries[i]
        upto = sums.reshape(whole.shape)
        return upto - whole, upto[:, last]


def _taylor(s: Array, count: int) -> Array:
    """s^k/k! for k = 0, ..., count - 1, one a row."""
    out = np.ones((count, len(s)))
    for k in range(1, count):
        out[k] = out[k - 1] * s / k
    return out


def _rows(v: Array, width: int) -> Array:
    """A vector in rows of so many; zeros fill the last."""
    short = -len(v) % width
    return (np.append(v, np.zeros(short)) if short else v).reshape(-1, width)


def line_product(green: Kernel, sites: Sites) -> Product:
    """v -> G v with G[i, j] = w_i g(s_i, s_j) w_j/K on ascending sites, w² how much each counts."""
    check_generators(green, sites.points)
    line = Line(green, sites.points)
    size = len(sites.mass) if sites.place is None else len(sites.place)
    line.scale(sites.weights / np.sqrt(size))
    return line


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
