r"""The linear systems behind `solve`: L g(·, s) = δ_s by Chebyshev collocation on pieces, cut at s.

The domain is scaled to length one and cut at s, at breakpoints, and at points of conditions. On each piece the
unknowns are the values of u = g^{(n)} at Chebyshev points and the n numbers g^{(j)} at the left end of that piece.
Integrating u gives every lower derivative, so all equations are linear in them; and because one integrates instead of
differentiating, the linear system stays well conditioned.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import factorial
from typing import NamedTuple

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import NDArray

from ..kernel import Array
from .conditions import Coefficient, Condition, values

BATCH = 2**21  # entries of the dense systems that are solved at once: 16 MB


class Side(NamedTuple):
    """The integration matrices of one piece, on the Chebyshev points t of [−1, 1]."""

    nodes: Array  # (m,)
    integrals: Array  # (n + 1, m, m): [k] maps values of u to values of its k-fold integral from t = −1
    powers: Array  # (n, m): [k] = (t + 1)^k / k!
    coefficients: Array  # (m, m): values at the nodes to Chebyshev coefficients


def side(order: int, degree: int) -> Side:
    """The integration matrices for an operator of this order and polynomials of this degree."""
    nodes = -np.cos(np.pi * np.arange(degree + 1) / degree)
    to_coefficients: Array = np.asarray(np.linalg.inv(chebyshev.chebvander(nodes, degree)), dtype=np.float64)
    integrals = [
        chebyshev.chebvander(nodes, degree + k) @ chebyshev.chebint(np.eye(degree + 1), m=k, lbnd=-1) @ to_coefficients
        for k in range(max(order, 1) + 1)
    ]
    powers = [(nodes + 1.0) ** k / factorial(k) for k in range(order)]
    return Side(nodes, np.array(integrals), np.array(powers), to_coefficients)


@dataclass(frozen=True, eq=False)
class Pieces:
    """The pieces of a batch of S sources: P of them, with m nodes and m + n unknowns each."""

    edges: Array  # (S, P + 1), on the scaled domain
    nodes: Array  # (P, S, m), on the scaled domain, moved off the edges into their piece
    derivatives: Array  # (P, n + 1, S, m, m + n): values of g^{(j)} at the nodes, from the unknowns
    areas: Array  # (P, S, m): what a node counts in an integral over the domain


@dataclass(frozen=True, eq=False)
class Collocation:
    """The equations of one problem; see `selfdistill.greens.solve` for what its fields mean."""

    coefficients: tuple[Coefficient, ...]
    conditions: tuple[Condition, ...]
    domain: tuple[float, float]
    degree: int
    breakpoints: Mapping[float, tuple[int, ...]]
    orthogonal_to: tuple[Coefficient, ...]

    @property
    def order(self) -> int:
        """n, the order of L."""
        return len(self.coefficients) - 1

    @cached_property
    def side(self) -> Side:
        """The integration matrices of a piece."""
        return side(self.order, self.degree)

    @cached_property
    def cuts(self) -> dict[float, tuple[int, ...]]:
        """The fixed points between pieces, ascending, each with the derivatives that are continuous there."""
        inner = {term.point for condition in self.conditions for term in condition.terms} - set(self.domain)
        cuts = {point: tuple(range(self.order)) for point in inner} | dict(self.breakpoints)
        return dict(sorted(cuts.items()))

    @cached_property
    def condition_number(self) -> float:
        """Of the linear system with s in the middle, its rows and columns scaled to maximum one."""
        matrix = self.systems(np.array([0.5]))[0][0]
        matrix = matrix / _positive(np.max(np.abs(matrix), axis=1, keepdims=True))
        return float(np.linalg.cond(matrix / _positive(np.max(np.abs(matrix), axis=0))))

    def edges(self, sigma: Array) -> Array:
        """The ends of the pieces of each source, shape (S, P + 1), on the scaled domain; s goes before an equal cut."""
        a, b = self.domain
        cuts = (np.array([a, *self.cuts, b]) - a) / (b - a)
        return np.sort(np.column_stack([np.tile(cuts, (len(sigma), 1)), sigma]), axis=1)

    def ratios(self, xi: Array) -> tuple[Array, Array]:
        """p_j/p_n for j < n, and p_n, at points of the scaled domain, shapes (n, ...) and (...)."""
        a, b = self.domain
        x, scaled = self._unscaled(xi), []
        for j, coefficient in enumerate(self.coefficients):
            value = values(coefficient, x) * (b - a) ** -float(j)  # d/dx = (1/width) d/dξ
            if not np.isfinite(value).all():
                where = float(x[~np.isfinite(value)].flat[0])
                raise ValueError(f"coefficients[{j}] must be finite; at x = {where!r} it is not")
            scaled.append(value)
        leading = scaled[-1]
        small = np.abs(leading) <= 1e-13 * np.max(np.abs(leading))
        if small.any() or leading.min() < 0.0 < leading.max():
            where = float(x.flat[int(np.argmin(np.abs(leading)))])
            raise ValueError(
                f"coefficients[{self.order}], the leading one, vanishes near x = {where:.3g}; there the operator "
                "loses its order, and this solver needs it non-zero on the whole domain"
            )
        return np.array(scaled[:-1]) / leading, leading

    def systems(self, sigma: Array) -> tuple[Array, Array]:
        """The matrices and right-hand sides for sources sigma (S,): shapes (S, M, M) and (S, M)."""
        (a, b), n, m = self.domain, self.order, len(self.side.nodes)
        pieces, each = self._pieces(sigma), np.arange(len(sigma))
        count, unknowns = len(pieces.nodes), m + n
        size = count * unknowns + len(self.orthogonal_to)
        matrix, rhs = np.zeros((len(sigma), size, size)), np.zeros((len(sigma), size))
        own = matrix[:, :, : count * unknowns]
        for k in range(count):  # L g = 0 at the nodes, less the reactions of what g must be orthogonal to
            ratios, leading = self.ratios(pieces.nodes[k])
            rows = pieces.derivatives[k]
            equations = slice(k * m, (k + 1) * m)
            equation = rows[n] + np.einsum("jsm,jsmu->smu", ratios, rows[:n])
            own[:, equations, k * unknowns : (k + 1) * unknowns] = equation
            for i, weight in enumerate(self.orthogonal_to):
                reaction = values(weight, self._unscaled(pieces.nodes[k])) / leading
                matrix[:, equations, count * unknowns + i] = reaction
        row = count * m
        held = [Condition(densities=(weight,)) for weight in self.orthogonal_to]
        for condition in (*self.conditions, *held):
            functional = self._functional(condition, pieces, sigma).reshape(len(sigma), -1)
            own[:, row] = functional / _positive(np.max(np.abs(functional), axis=1, keepdims=True))
            row += 1
        load = self._load(pieces.edges, sigma)
        everything = tuple(range(n))
        for edge, continuous in ((load, everything), *zip(self._at_cuts(sigma), self.cuts.values(), strict=True)):
            for j in continuous:  # what g^{(j)} gains at this edge
                for piece, node, sign in ((edge, 0, 1.0), (edge - 1, -1, -1.0)):
                    columns = piece[:, None] * unknowns + np.arange(unknowns)
                    matrix[each[:, None], row, columns] = sign * pieces.derivatives[piece, j, each, node]
                row += 1
            if edge is load:  # δ(x − s) = δ(ξ − σ)/width
                rhs[:, row - 1] = 1.0 / (self._leading(pieces, load, sigma) * (b - a))
        return matrix, rhs

    def solutions(self, sigma: Array) -> Array:
        """The Chebyshev coefficients of g(·, s) on the pieces of each source, shape (P, S, m)."""
        n, m, count = self.order, len(self.side.nodes), len(self.cuts) + 2
        unknowns = m + n
        pieces = np.empty((count, len(sigma), m))
        size = max(1, BATCH // (count * unknowns) ** 2)
        for first in range(0, len(sigma), size):
            batch = slice(first, first + size)
            matrix, rhs = self.systems(sigma[batch])
            solution = np.linalg.solve(matrix, rhs[..., None])[..., 0]
            half = np.diff(self.edges(sigma[batch])) / 2.0
            for k in range(count):
                own = solution[:, k * unknowns : (k + 1) * unknowns]
                g = half[:, k, None] ** n * (own[:, :m] @ self.side.integrals[n].T)
                for i in range(n):
                    g += own[:, m + i, None] * half[:, k, None] ** i * self.side.powers[i]
                pieces[k, batch] = g @ self.side.coefficients.T
        return pieces

    # -- parts of a system

    def _unscaled(self, xi: Array) -> Array:
        a, b = self.domain
        return np.clip(a + (b - a) * xi, a, b)

    def _pieces(self, sigma: Array) -> Pieces:
        n, side, edges = self.order, self.side, self.edges(sigma)
        m = len(side.nodes)
        half = np.diff(edges).T[:, :, None] / 2.0  # (P, S, 1)
        derivatives = np.zeros((len(half), n + 1, len(sigma), m, m + n))
        for j in range(n + 1):
            derivatives[:, j, :, :, :m] = half[..., None] ** (n - j) * side.integrals[n - j]
            for i in range(j, n):
                derivatives[:, j, :, :, m + i] = half ** (i - j) * side.powers[i - j]
        start, stop = edges.T[:-1, :, None], edges.T[1:, :, None]
        inner = np.minimum(self._margin, (stop - start) / 4.0)  # a coefficient may jump at an edge
        low, high = (np.where((end > 0.0) & (end < 1.0), inner, 0.0) for end in (start, stop))
        nodes = np.clip(start + half * (side.nodes + 1.0), start + low, stop - high)
        return Pieces(edges, nodes, derivatives, half * side.integrals[1, -1])

    @property
    def _margin(self) -> float:
        """A step on the scaled domain that no rounding of x swallows."""
        a, b = self.domain
        return float(8.0 * np.finfo(np.float64).eps * max(1.0, abs(a), abs(b)) / min(1.0, b - a))

    def _load(self, edges: Array, sigma: Array) -> NDArray[np.intp]:
        """The number of the edge at which the load stands."""
        return np.clip(np.sum(edges[:, :-1] < sigma[:, None], axis=1), 1, edges.shape[1] - 2)

    def _at_cuts(self, sigma: Array) -> list[NDArray[np.intp]]:
        """The number of the edge at which each cut stands; a load at the same point stands left of it."""
        a, b = self.domain
        return [k + 1 + (sigma <= (point - a) / (b - a)) for k, point in enumerate(self.cuts)]

    def _leading(self, pieces: Pieces, load: NDArray[np.intp], sigma: Array) -> Array:
        """p_n at the load, left of a cut that stands at the same point."""
        nodes = pieces.nodes[load - 1, np.arange(len(sigma)), -1]
        at_cut = pieces.edges[np.arange(len(sigma)), load + 1] == sigma
        return self.ratios(np.where(at_cut & (sigma < 1.0), nodes, sigma))[1]

    def _functional(self, condition: Condition, pieces: Pieces, sigma: Array) -> Array:
        """The row of a condition, shape (S, P, unknowns): what it makes of the unknowns."""
        (a, b), each = self.domain, np.arange(len(sigma))
        row = np.zeros((len(sigma), len(pieces.nodes), pieces.derivatives.shape[-1]))
        places = dict(zip(self.cuts, self._at_cuts(sigma), strict=True))
        for point, order, weight, side in condition.terms:
            edge = places.get(point, np.full(len(sigma), 0 if point == a else len(pieces.nodes)))
            right = point == a or (side == "right" and point != b)
            piece, node = (edge, 0) if right else (edge - 1, -1)
            row[each, piece] += weight * (b - a) ** -float(order) * pieces.derivatives[piece, order, each, node]
        for density in condition.densities:
            weights = (b - a) * pieces.areas * values(density, self._unscaled(pieces.nodes))
            row += np.einsum("psm,psmu->spu", weights, pieces.derivatives[:, 0])
        return row


def _positive(numbers: Array) -> Array:
    """The numbers, with one for zero: a row of zeros stays one."""
    return np.where(numbers > 0.0, numbers, 1.0)
